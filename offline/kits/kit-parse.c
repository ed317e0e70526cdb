/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit-parse: a kit file as a whole: its kit line, its types, what belongs to each. A statement that
 * is wrong is reported and left out, so that one run shows every mistake; what a type's parts say
 * of each other is checked when the type ends. Grammar: docs/kits.md.
 */
#include "kit-int.h"

#include <stdlib.h>
#include <string.h>

/* ---- what all statements need -------------------------------------------------------------- */

bool kit_name_good(text name)
{
    bool good = name.len > 0 && name.len <= 31 && name.ptr[0] >= 'a' && name.ptr[0] <= 'z';

    for (size_t i = 1; i < name.len && good; i++) {
        char c = name.ptr[i];
        good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    }
    return good;
}

enum status kit_keep(struct kit_parser *p, text t, text *ret)
{
    enum status status = STATUS_OK;
    void *copy = NULL;

    if (t.len == 0) {
        *ret = (text){0};
        return STATUS_OK;
    }
    TRY(kit_memory_take(p->cx, &p->owner->memory, t.len, 1, &copy));
    char *kept = copy;
    for (size_t i = 0; i < t.len; i++) {
        kept[i] = t.ptr[i] == '\n' || t.ptr[i] == '\r' ? ' ' : t.ptr[i];
    }
    *ret = (text){.ptr = kept, .len = t.len};
out:
    return status;
}

enum status kit_take_label(struct kit_parser *p, text name, text *ret)
{
    enum status status = STATUS_OK;
    text label = name;

    if (p->token.kind == KIT_TEXT) {
        if (p->token.word.len == 0 || p->token.word.len > NAME_BYTES_MAX) {
            kit_problem(p, p->token.at, "a label has 1 to %u bytes", NAME_BYTES_MAX);
        } else {
            label = p->token.word;
        }
        kit_advance(p);
        return kit_keep(p, label, ret);
    }
    TRY(kit_keep(p, label, ret));
    char *kept = NULL;
    memcpy(&kept, &ret->ptr, sizeof kept); /* our own fresh copy */
    for (size_t i = 0; i < ret->len; i++) {
        kept[i] = kept[i] == '_' ? ' ' : kept[i];
    }
    if (ret->len > 0 && kept[0] >= 'a' && kept[0] <= 'z') {
        kept[0] = (char)(kept[0] - 'a' + 'A');
    }
out:
    return status;
}

enum status kit_take_words(struct kit_parser *p, const char *sign, const char *what,
                           const text **ret_list, size_t *ret_count, bool *ret_good)
{
    enum status status = STATUS_OK;
    text words[KIT_LIST_MAX];
    size_t count = 0;
    void *memory = NULL;

    *ret_good = false;
    do {
        if (p->token.kind != KIT_WORD && p->token.kind != KIT_TEXT) {
            kit_expected(p, what);
            return STATUS_OK;
        }
        if (count == KIT_LIST_MAX) {
            kit_problem(p, p->token.at, "a list has at most %d words", KIT_LIST_MAX);
            return STATUS_OK;
        }
        for (size_t i = 0; i < count; i++) {
            if (text_equal(words[i], p->token.word)) {
                kit_problem(p, p->token.at, "'%.*s' stands twice in the list",
                            KIT_SHOW(p->token.word));
                return STATUS_OK;
            }
        }
        TRY(kit_keep(p, p->token.word, &words[count]));
        count++;
        kit_advance(p);
    } while (kit_take(p, sign));
    TRY(kit_memory_take(p->cx, &p->owner->memory, count, sizeof(text), &memory));
    memcpy(memory, words, count * sizeof(text));
    *ret_list = memory;
    *ret_count = count;
    *ret_good = true;
out:
    return status;
}

size_t kit_field_words(const struct record_type *t, text *words)
{
    size_t count = 0;

    for (size_t i = 0; i < t->field_count; i++) {
        if (!t->fields[i].retired) {
            words[count++] = t->fields[i].name;
        }
    }
    return count;
}

/* ---- kit and type lines -------------------------------------------------------------------- */

/* "v3" */
static bool version_of(text word, uint32_t *ret)
{
    int64_t n;

    if (word.len < 2 || word.ptr[0] != 'v' ||
        !parse_i64((text){.ptr = word.ptr + 1, .len = word.len - 1}, 1, 1000000, &n)) {
        return false;
    }
    *ret = (uint32_t)n;
    return true;
}

static enum status kit_line(struct kit_parser *p)
{
    enum status status = STATUS_OK;
    struct kit *k = &p->owner->kit;
    size_t at;

    if (p->has_kit) {
        kit_problem(p, p->statement.start, "a file has one kit line");
        return STATUS_OK;
    }
    p->has_kit = true;
    if (p->token.kind != KIT_WORD || !kit_name_good(p->token.word)) {
        kit_expected(p, "the kit's name: a lower case letter, then letters, digits or _");
        return STATUS_OK;
    }
    TRY(kit_keep(p, p->token.word, &k->name));
    kit_advance(p);
    if (p->token.kind != KIT_WORD || !version_of(p->token.word, &k->version)) {
        kit_expected(p, "the version, like v1");
        return STATUS_OK;
    }
    kit_advance(p);
    TRY(kit_take_label(p, k->name, &k->label));
    if (!kit_take(p, "for:")) {
        kit_expected(p, "for: and what the kit is for");
        return STATUS_OK;
    }
    TRY(kit_keep(p, kit_take_raw(p, NULL, 0, &at), &k->purpose));
    if (k->purpose.len == 0) {
        kit_problem(p, p->token.at, "expected what the kit is for behind for:");
    }
out:
    return status;
}

static void type_reset(struct kit_parser *p)
{
    memset(p->fields, 0, sizeof p->fields);
    memset(p->transitions, 0, sizeof p->transitions);
    memset(p->views, 0, sizeof p->views);
    p->field_count = 0;
    p->transition_count = 0;
    p->view_count = 0;
    p->arrow_count = 0;
    p->title_at = 0;
}

static enum status type_line(struct kit_parser *p)
{
    enum status status = STATUS_OK;
    size_t at = p->token.at;

    type_reset(p);
    /* the spare place takes the parts of a type that is left out */
    p->type = &p->types[TYPES_PER_KIT_MAX];
    *p->type = (struct record_type){0};
    p->type_at = p->statement.start;
    if (p->token.kind != KIT_WORD || !kit_name_good(p->token.word)) {
        kit_expected(p, "the type's name: a lower case letter, then letters, digits or _");
        return STATUS_OK;
    }
    for (size_t i = 0; i < p->type_count; i++) {
        if (text_equal(p->types[i].name, p->token.word)) {
            kit_problem(p, at, "there is a type '%.*s' already", KIT_SHOW(p->token.word));
        }
    }
    if (p->type_count == TYPES_PER_KIT_MAX) {
        kit_problem(p, at, "a kit has at most %u types", TYPES_PER_KIT_MAX);
        return STATUS_OK;
    }
    p->type = &p->types[p->type_count++];
    p->type->kit = p->owner->kit.name;
    p->type->version = p->owner->kit.version;
    TRY(kit_keep(p, p->token.word, &p->type->name));
    kit_advance(p);
    TRY(kit_take_label(p, p->type->name, &p->type->label));
    if (p->token.kind != KIT_END) {
        kit_expected(p, "the type's label in quotes or the end of the line");
    }
out:
    return status;
}

static enum status title_line(struct kit_parser *p)
{
    enum status status = STATUS_OK;

    if (p->token.kind != KIT_WORD) {
        kit_expected(p, "the field that names a record");
        return STATUS_OK;
    }
    p->title_at = p->token.at;
    TRY(kit_keep(p, p->token.word, &p->type->title_field));
    kit_advance(p);
    if (p->token.kind != KIT_END) {
        kit_expected(p, "the end of the statement");
    }
out:
    return status;
}

/* ---- the end of a type --------------------------------------------------------------------- */

/* Named, or the first line of the type. */
static void title_check(struct kit_parser *p)
{
    struct record_type *t = p->type;
    text words[FIELDS_PER_TYPE_MAX];

    if (t->title_field.len > 0) {
        const struct field *f = type_field_exact(t, t->title_field);
        if (f == NULL) {
            kit_unknown(p, p->title_at, "field", t->title_field, words, kit_field_words(t, words));
        } else if (f->kind != FIELD_LINE) {
            kit_problem(p, p->title_at, "a record is named by a line, not by a %s",
                        field_kind_name(f->kind));
        }
        return;
    }
    for (size_t i = 0; i < t->field_count; i++) {
        if (t->fields[i].kind == FIELD_LINE && !t->fields[i].retired) {
            t->title_field = t->fields[i].name;
            return;
        }
    }
    kit_problem(p, p->type_at, "type '%.*s' has no line that can name a record", KIT_SHOW(t->name));
}

static enum status type_end(struct kit_parser *p)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    if (p->type == NULL || p->type == &p->types[TYPES_PER_KIT_MAX]) {
        p->type = NULL;
        return STATUS_OK;
    }
    if (p->field_count == 0) {
        kit_problem(p, p->type_at, "type '%.*s' has no fields", KIT_SHOW(p->type->name));
    }
    /* the fields first: everything else points into them */
    TRY(kit_memory_take(p->cx, &p->owner->memory, p->field_count, sizeof(struct field), &memory));
    memcpy(memory, p->fields, p->field_count * sizeof(struct field));
    p->type->fields = memory;
    p->type->field_count = p->field_count;
    TRY(kit_fields_end(p));
    title_check(p);
    TRY(kit_workflow_end(p));
    TRY(kit_views_end(p));
    p->type = NULL;
out:
    return status;
}

/* ---- the file ------------------------------------------------------------------------------ */

static const char *const statement_words[] = {
    "line", "doc",    "num", "flag", "when",  "choice",     "state", "tags",
    "who",  "secret", "log", "ext",  "title", "transition", "view",
};

static enum status indented_statement(struct kit_parser *p)
{
    enum field_kind kind;
    text words[sizeof statement_words / sizeof *statement_words];
    struct kit_token word = p->token;

    if (p->type == NULL) {
        kit_problem(p, word.at, "expected a type line at the left margin first");
        return STATUS_OK;
    }
    kit_advance(p);
    if (word.kind == KIT_WORD && kit_field_kind(word.word, &kind)) {
        return kit_field(p, kind);
    }
    if (word.kind == KIT_WORD && text_equal(word.word, TEXT("transition"))) {
        return kit_transition(p);
    }
    if (word.kind == KIT_WORD && text_equal(word.word, TEXT("view"))) {
        return kit_view(p);
    }
    if (word.kind == KIT_WORD && text_equal(word.word, TEXT("title"))) {
        return title_line(p);
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        words[i] = text_of(statement_words[i]);
    }
    kit_unknown(p, word.at, "statement", word.word, words, sizeof words / sizeof *words);
    return STATUS_OK;
}

static enum status one_statement(struct kit_parser *p)
{
    enum status status = STATUS_OK;

    if (!p->statement.margin) {
        return indented_statement(p);
    }
    if (kit_take(p, "kit")) {
        return kit_line(p);
    }
    if (kit_take(p, "type")) {
        if (!p->has_kit) {
            kit_problem(p, p->statement.start, "expected the kit line before the first type");
            p->has_kit = true;
        }
        TRY(type_end(p));
        return type_line(p);
    }
    static const text words[] = {{"kit", 3}, {"type", 4}};
    kit_unknown(p, p->token.at, "statement at the left margin", p->token.word, words, 2);
out:
    return status;
}

static enum status parse_all(struct kit_parser *p)
{
    enum status status = STATUS_OK;
    void *types = NULL;

    if (p->file.len > KIT_FILE_MAX) {
        FAIL(p->cx, STATUS_LIMIT, "%.*s: a kit file is at most %d bytes", KIT_SHOW(p->file_name),
             KIT_FILE_MAX);
    }
    if (!utf8_valid(p->file)) {
        kit_problem(p, 0, "the file is not UTF-8 text");
        return STATUS_OK;
    }
    while (!kit_full(p) && kit_next_statement(p)) {
        TRY(one_statement(p));
    }
    TRY(type_end(p));
    if (!p->has_kit) {
        kit_problem(p, p->file.len, "expected a kit line, but the file ends");
    } else if (p->type_count == 0) {
        kit_problem(p, p->file.len, "expected a type, but the file ends");
    }
    TRY(kit_memory_take(p->cx, &p->owner->memory, p->type_count, sizeof(struct record_type),
                        &types));
    memcpy(types, p->types, p->type_count * sizeof(struct record_type));
    p->owner->kit.types = types;
    p->owner->kit.type_count = p->type_count;
out:
    return status;
}

enum status kit_parse(struct ctx *cx, bytes file, text file_name,
                      void (*problem)(void *self, const struct kit_problem *p), void *self,
                      struct kit_owner **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    void *owner = NULL;
    void *types = NULL;

    TRY(mem_new(cx, 1, sizeof(struct kit_parser), &memory));
    struct kit_parser *p = memory;
    *p = (struct kit_parser){
        .cx = cx, .file = file, .file_name = file_name, .problem = problem, .self = self};
    TRY(mem_new(cx, 1, sizeof(struct kit_owner), &owner));
    TRY(mem_new(cx, TYPES_PER_KIT_MAX + 1, sizeof(struct record_type), &types));
    p->owner = owner;
    p->types = types;
    TRY(parse_all(p));
    if (p->problem_count > 0) {
        fault_set(cx, STATUS_MALFORMED, __FILE__, __LINE__, "%s", p->first);
        status = fault_hint(cx, "docs/kits.md shows how a kit is written");
        goto out;
    }
    *ret = p->owner;
    owner = NULL;
out:
    if (owner != NULL) {
        struct kit_owner *unfinished = owner;
        kit_free(&unfinished);
    }
    free(types);
    free(memory);
    return status;
}

const struct kit *kit_get(const struct kit_owner *k)
{
    return &k->kit;
}

void kit_free(struct kit_owner **k)
{
    if (*k == NULL) {
        return;
    }
    for (size_t i = 0; i < (*k)->guard_count; i++) {
        l0_free(&(*k)->guards[i]);
    }
    free((*k)->guards);
    kit_memory_finish(&(*k)->memory);
    free(*k);
    *k = NULL;
}
