/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit-field: a field statement. What each kind may have is a row of a table, so a message can say
 * which words fit and a new option is one row more.
 */
#include "kit-int.h"

#include <stdio.h>
#include <string.h>

#define KIND(k) (1U << (k))
enum { ALL_KINDS = (1U << (FIELD_EXT + 1)) - 1 };

bool kit_field_kind(text word, enum field_kind *ret)
{
    for (unsigned k = FIELD_LINE; k <= FIELD_EXT; k++) {
        if (text_equal(word, text_of(field_kind_name((enum field_kind)k)))) {
            *ret = (enum field_kind)k;
            return true;
        }
    }
    return false;
}

static enum merge_rule usual_merge(enum field_kind kind)
{
    switch (kind) {
    case FIELD_DOC:
        return MERGE_THREE_WAY;
    case FIELD_STATE:
        return MERGE_PRECEDENCE;
    case FIELD_TAGS:
        return MERGE_SET;
    case FIELD_LOG:
        return MERGE_GROW;
    case FIELD_SECRET:
        return MERGE_KEEP_ALL;
    case FIELD_LINE:
    case FIELD_NUM:
    case FIELD_FLAG:
    case FIELD_WHEN:
    case FIELD_CHOICE:
    case FIELD_WHO:
    case FIELD_EXT:
        return MERGE_LAST;
    }
    return MERGE_LAST;
}

/* ---- options: words alone ------------------------------------------------------------------ */

enum option {
    OPTION_REQUIRED,
    OPTION_INDEX,
    OPTION_FIND,
    OPTION_HIDDEN,
    OPTION_RETIRED,
    OPTION_KEEP_ALL,
    OPTION_SUM,
    OPTION_MAX,
    OPTION_MIN,
    OPTION_TRUE_WINS,
    OPTION_RANK_MAX,
    OPTION_KIND,
    OPTION_SCALE,
    OPTION_UNIT,
    OPTION_USE,
    OPTION_PRESET,
};

/* A condition stands on a plain column; long and closed kinds have none. */
#define INDEX_KINDS                                                                                \
    (KIND(FIELD_LINE) | KIND(FIELD_NUM) | KIND(FIELD_FLAG) | KIND(FIELD_WHEN) |                    \
     KIND(FIELD_CHOICE) | KIND(FIELD_STATE) | KIND(FIELD_WHO))
#define FIND_KINDS                                                                                 \
    (KIND(FIELD_LINE) | KIND(FIELD_DOC) | KIND(FIELD_CHOICE) | KIND(FIELD_TAGS) | KIND(FIELD_LOG))

static const struct {
    const char *word;
    enum option option;
    unsigned kinds;
    bool valued; /* word=value */
} options[] = {
    {"required", OPTION_REQUIRED,
     ALL_KINDS & ~(KIND(FIELD_LOG) | KIND(FIELD_EXT) | KIND(FIELD_TAGS)), false},
    {"index", OPTION_INDEX, INDEX_KINDS, false},
    {"find", OPTION_FIND, FIND_KINDS, false},
    {"hidden", OPTION_HIDDEN, ALL_KINDS, false},
    {"retired", OPTION_RETIRED, ALL_KINDS & ~KIND(FIELD_STATE), false},
    {"keep-all", OPTION_KEEP_ALL,
     KIND(FIELD_LINE) | KIND(FIELD_NUM) | KIND(FIELD_WHEN) | KIND(FIELD_CHOICE) |
         KIND(FIELD_SECRET),
     false},
    {"sum", OPTION_SUM, KIND(FIELD_NUM), false},
    {"max", OPTION_MAX, KIND(FIELD_NUM), false},
    {"min", OPTION_MIN, KIND(FIELD_NUM), false},
    {"true-wins", OPTION_TRUE_WINS, KIND(FIELD_FLAG), false},
    {"rank-max", OPTION_RANK_MAX, KIND(FIELD_CHOICE), false},
    {"kind", OPTION_KIND, KIND(FIELD_WHEN), true},
    {"scale", OPTION_SCALE, KIND(FIELD_NUM), true},
    {"unit", OPTION_UNIT, KIND(FIELD_NUM), true},
    {"use", OPTION_USE, KIND(FIELD_SECRET), true},
    {"preset", OPTION_PRESET,
     ALL_KINDS & ~(KIND(FIELD_LOG) | KIND(FIELD_EXT) | KIND(FIELD_SECRET) | KIND(FIELD_STATE)),
     true},
};
enum { OPTION_COUNT = sizeof options / sizeof *options };

static void set_word(struct field *f, enum option option)
{
    switch (option) {
    case OPTION_REQUIRED:
        f->required = true;
        break;
    case OPTION_INDEX:
        f->index = true;
        break;
    case OPTION_FIND:
        f->find = true;
        break;
    case OPTION_HIDDEN:
        f->hidden = true;
        break;
    case OPTION_RETIRED:
        f->retired = true;
        break;
    case OPTION_KEEP_ALL:
        f->merge = MERGE_KEEP_ALL;
        break;
    case OPTION_SUM:
        f->merge = MERGE_SUM;
        break;
    case OPTION_MAX:
        f->merge = MERGE_MAX;
        break;
    case OPTION_MIN:
        f->merge = MERGE_MIN;
        break;
    case OPTION_TRUE_WINS:
        f->merge = MERGE_TRUE_WINS;
        break;
    case OPTION_RANK_MAX:
        f->merge = MERGE_RANK_MAX;
        break;
    case OPTION_KIND:
    case OPTION_SCALE:
    case OPTION_UNIT:
    case OPTION_USE:
    case OPTION_PRESET:
        MUST(false); /* these have values */
        break;
    }
}

/* One of a few fixed words as a value; its place in the list, or count after a problem. */
static size_t value_among(struct kit_parser *p, const char *what, const text *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (p->token.kind == KIT_WORD && text_equal(p->token.word, words[i])) {
            return i;
        }
    }
    kit_unknown(p, p->token.at, what, p->token.word, words, count);
    return count;
}

static enum status set_value(struct kit_parser *p, struct field *f, enum option option,
                             size_t *ret_preset_at)
{
    static const text kinds[] = {{"date", 4}, {"instant", 7}, {"floating", 8}};
    static const text uses[] = {{"password", 8}, {"totp", 4}, {"text", 4}};
    enum status status = STATUS_OK;
    int64_t scale;
    size_t i;

    if (option == OPTION_KIND) {
        i = value_among(p, "kind of time", kinds, 3);
        f->when = i < 3 ? (enum when_kind)i : WHEN_DATE;
    } else if (option == OPTION_USE) {
        i = value_among(p, "use of a secret", uses, 3);
        f->secret_use = uses[i < 3 ? i : 2];
    } else if (option == OPTION_SCALE) {
        if (!parse_i64(p->token.word, 0, 9, &scale)) {
            kit_expected(p, "0 to 9 digits after the point");
            scale = 0;
        }
        f->scale = (uint32_t)scale;
    } else if (option == OPTION_UNIT) {
        TRY(kit_keep(p, p->token.word, &f->unit));
    } else {
        *ret_preset_at = p->token.at;
        TRY(kit_keep(p, p->token.word, &f->preset));
    }
    kit_advance(p);
out:
    return status;
}

/* Words that fit this kind, for a message. */
static size_t option_words(enum field_kind kind, text *words)
{
    size_t count = 0;

    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if ((options[i].kinds & KIND(kind)) != 0) {
            words[count++] = text_of(options[i].word);
        }
    }
    return count;
}

/* One option at the current token. *ret_good false: the rest of the statement is left alone. */
static enum status take_option(struct kit_parser *p, struct field *f, size_t *ret_preset_at,
                               bool *ret_good)
{
    struct kit_token word = p->token;
    text words[OPTION_COUNT];
    char what[48];

    *ret_good = true;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (word.kind != KIT_WORD || !text_equal(word.word, text_of(options[i].word))) {
            continue;
        }
        kit_advance(p);
        if ((options[i].kinds & KIND(f->kind)) == 0) {
            kit_problem(p, word.at, "a %s cannot be '%s'", field_kind_name(f->kind),
                        options[i].word);
        }
        if (!options[i].valued) {
            set_word(f, options[i].option);
            return STATUS_OK;
        }
        if (!kit_take(p, "=") || (p->token.kind != KIT_WORD && p->token.kind != KIT_TEXT)) {
            kit_expected(p, "'=' and a value");
            *ret_good = false;
            return STATUS_OK;
        }
        return set_value(p, f, options[i].option, ret_preset_at);
    }
    *ret_good = false;
    if (word.kind == KIT_WORD) {
        size_t count = option_words(f->kind, words);
        (void)snprintf(what, sizeof what, "option of a %s", field_kind_name(f->kind));
        kit_unknown(p, word.at, what, word.word, words, count);
    } else {
        kit_expected(p, "an option of the field or the end of the statement");
    }
    return STATUS_OK;
}

/* ---- the statement ------------------------------------------------------------------------- */

/* [low < normal < high], or with commas when there is no rank. */
static enum status take_choices(struct kit_parser *p, struct field *f, bool *ret_good)
{
    enum status status = STATUS_OK;
    size_t at = p->token.at;

    *ret_good = false;
    if (!kit_take(p, "[")) {
        kit_expected(p, "the choices in [ ], from low to high");
        return STATUS_OK;
    }
    /* the sign behind the first word decides which parts the list */
    struct kit_token first = p->token;
    kit_advance(p);
    bool ranked = kit_is(p, "<");
    p->pos = first.at;
    kit_advance(p);
    TRY(kit_take_words(p, ranked ? "<" : ",", "a choice", &f->choices, &f->choice_count, ret_good));
    if (*ret_good && !kit_take(p, "]")) {
        kit_expected(p, ranked ? "'<' or ']'" : "',', '<' or ']'");
        *ret_good = false;
    }
    for (size_t i = 0; *ret_good && i < f->choice_count; i++) {
        if (f->choices[i].len > LINE_BYTES_MAX || f->choices[i].len == 0) {
            kit_problem(p, at, "a choice has 1 to %u bytes", LINE_BYTES_MAX);
        }
    }
out:
    return status;
}

/* A name that is free in this type; false after a problem. */
static bool name_free(struct kit_parser *p, text name, size_t at)
{
    const char *why = "";

    if (!field_name_valid(name, &why)) {
        kit_problem(p, at, "'%.*s' cannot be a field: %s", KIT_SHOW(name), why);
        return false;
    }
    for (size_t i = 0; i < p->field_count; i++) {
        if (text_equal(p->fields[i].name, name)) {
            kit_problem(p, at, "there is a field '%.*s' already", KIT_SHOW(name));
            return false;
        }
    }
    return true;
}

static enum status add_field(struct kit_parser *p, const struct field *f, text name, size_t at,
                             size_t preset_at)
{
    enum status status = STATUS_OK;

    if (!name_free(p, name, at)) {
        return STATUS_OK;
    }
    if (p->field_count == FIELDS_PER_TYPE_MAX) {
        kit_problem(p, at, "a type has at most %u fields", FIELDS_PER_TYPE_MAX);
        return STATUS_OK;
    }
    bool one_only = f->kind == FIELD_STATE || f->kind == FIELD_EXT;
    for (size_t i = 0; one_only && i < p->field_count; i++) {
        if (p->fields[i].kind == f->kind) {
            kit_problem(p, at, "a type has one %s at most", field_kind_name(f->kind));
            return STATUS_OK;
        }
    }
    struct field *added = &p->fields[p->field_count];
    *added = *f;
    TRY(kit_keep(p, name, &added->name));
    if (f->label.len == 0) {
        struct kit_token kept = p->token;
        p->token.kind = KIT_END; /* no label of its own: made from the name */
        status = kit_take_label(p, name, &added->label);
        p->token = kept;
    }
    p->field_at[p->field_count] = at;
    p->preset_at[p->field_count] = preset_at;
    p->field_count++;
out:
    return status;
}

enum status kit_field(struct kit_parser *p, enum field_kind kind)
{
    enum status status = STATUS_OK;
    struct field f = {.kind = kind, .merge = usual_merge(kind)};
    struct kit_token names[FIELDS_PER_TYPE_MAX];
    size_t count = 0;
    size_t preset_at = 0;
    bool good = true;

    do {
        if (p->token.kind != KIT_WORD || count == FIELDS_PER_TYPE_MAX) {
            kit_expected(p, "the field's name");
            return STATUS_OK;
        }
        names[count++] = p->token;
        kit_advance(p);
    } while (kit_take(p, ","));
    if (kind == FIELD_SECRET) {
        f.secret_use = TEXT("text");
    }
    if (p->token.kind == KIT_TEXT) {
        if (count > 1) {
            kit_problem(p, p->token.at, "several fields cannot share one label");
        }
        TRY(kit_take_label(p, names[0].word, &f.label));
    }
    if (kind == FIELD_CHOICE) {
        TRY(take_choices(p, &f, &good));
    } else if (kind == FIELD_STATE) {
        TRY(kit_state_list(p, &f));
        good = f.choice_count > 0;
    }
    while (good && p->token.kind != KIT_END) {
        TRY(take_option(p, &f, &preset_at, &good));
    }
    for (size_t i = 0; i < count; i++) {
        TRY(add_field(p, &f, names[i].word, names[i].at, preset_at));
    }
out:
    return status;
}

/* ---- presets ------------------------------------------------------------------------------- */

static bool preset_word_fits(const struct field *f)
{
    return (f->kind == FIELD_WHEN && f->when == WHEN_DATE &&
            text_equal(f->preset, TEXT("today"))) ||
           (f->kind == FIELD_WHEN && f->when == WHEN_INSTANT &&
            text_equal(f->preset, TEXT("now"))) ||
           (f->kind == FIELD_WHO && text_equal(f->preset, TEXT("me")));
}

enum status kit_fields_end(struct kit_parser *p)
{
    enum status status = STATUS_OK;
    struct buf scratch;
    struct value v;

    buf_init(&scratch, KIT_FILE_MAX);
    for (size_t i = 0; i < p->field_count; i++) {
        const struct field *f = &p->fields[i];
        bool broken = f->kind == FIELD_CHOICE && f->choice_count == 0; /* reported already */
        if (f->preset.len == 0 || broken || preset_word_fits(f)) {
            continue;
        }
        if (f->kind == FIELD_WHO) {
            kit_problem(p, p->preset_at[i], "the preset of a who can only be me");
            continue;
        }
        TRY(kit_blame(p, p->preset_at[i], value_parse(p->cx, f, f->preset, &scratch, &v)));
    }
out:
    buf_finish(&scratch);
    return status;
}
