/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit-sql: the SQL of a view, looked at word by word before any database sees it. Only names of
 * the type's fields, a short list of words and of functions that compute, and three parameters
 * pass; so a kit cannot reach another table, and its mistakes have a line and a column.
 * rank(FIELD) of a choice or a state is written out as the place in its list.
 */
#include "kit-int.h"

#include <string.h>

/* Those of vault's foreign.c that take single values. */
static const text functions[] = {
    {"abs", 3},    {"coalesce", 8}, {"date", 4},  {"datetime", 8}, {"fold", 4},     {"ifnull", 6},
    {"instr", 5},  {"length", 6},   {"lower", 5}, {"ltrim", 5},    {"max", 3},      {"min", 3},
    {"nullif", 6}, {"rank", 4},     {"round", 5}, {"rtrim", 5},    {"strftime", 8}, {"substr", 6},
    {"time", 4},   {"trim", 4},     {"upper", 5},
};
static const text where_words[] = {
    {"and", 3},  {"or", 2},      {"not", 3},  {"in", 2},   {"is", 2},   {"null", 4}, {"like", 4},
    {"glob", 4}, {"between", 7}, {"case", 4}, {"when", 4}, {"then", 4}, {"else", 4}, {"end", 3},
};
static const text order_words[] = {
    {"asc", 3},     {"desc", 4},   {"case", 4}, {"when", 4}, {"then", 4},
    {"else", 4},    {"end", 3},    {"is", 2},   {"not", 3},  {"null", 4},
    {"collate", 7}, {"nocase", 6}, {"and", 3},  {"or", 2},   {"in", 2},
};
static const text parameters[] = {{":today", 6}, {":now", 4}, {":me", 3}};
/* Columns the engine keeps of every record, Unix seconds. */
static const text engine_columns[] = {{"_created", 8}, {"_changed", 8}};

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct sql {
    struct kit_parser *p;
    const struct record_type *type;
    text in;
    size_t base; /* byte of the file where `in` starts */
    size_t pos;
    struct buf out;
    bool order, good;
    size_t open; /* parentheses */
};

static bool is_among(text word, const text *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(word, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

static text take_name(struct sql *s)
{
    size_t start = s->pos;

    while (s->pos < s->in.len && is_name(s->in.ptr[s->pos])) {
        s->pos++;
    }
    return (text){.ptr = s->in.ptr + start, .len = s->pos - start};
}

static void skip_blanks(struct sql *s)
{
    while (s->pos < s->in.len && (s->in.ptr[s->pos] == ' ' || s->in.ptr[s->pos] == '\t')) {
        s->pos++;
    }
}

/* The next character that is not a blank, without moving. */
static bool next_is(const struct sql *s, char c)
{
    struct sql ahead = {.in = s->in, .pos = s->pos};

    skip_blanks(&ahead);
    return ahead.pos < ahead.in.len && ahead.in.ptr[ahead.pos] == c;
}

#define WRONG(s, at, ...)                                                                          \
    do {                                                                                           \
        (s)->good = false;                                                                         \
        kit_problem((s)->p, (s)->base + (at), __VA_ARGS__);                                        \
    } while (0)

/* A text literal with doubled quotes. */
static enum status quoted(struct sql *s, text t)
{
    enum status status = STATUS_OK;

    TRY(buf_add_byte(s->p->cx, &s->out, '\''));
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == '\'') {
            TRY(buf_add_byte(s->p->cx, &s->out, '\''));
        }
        TRY(buf_add_byte(s->p->cx, &s->out, (uint8_t)t.ptr[i]));
    }
    TRY(buf_add_byte(s->p->cx, &s->out, '\''));
out:
    return status;
}

/* rank ( FIELD ): "rank" was taken. */
static enum status take_rank(struct sql *s, size_t at)
{
    enum status status = STATUS_OK;
    struct ctx *cx = s->p->cx;

    skip_blanks(s);
    s->pos++; /* the parenthesis that was seen */
    skip_blanks(s);
    size_t name_at = s->pos;
    text name = take_name(s);
    const struct field *f = type_field_exact(s->type, name);
    if (f == NULL || (f->kind != FIELD_CHOICE && f->kind != FIELD_STATE)) {
        WRONG(s, name_at, "rank() needs a choice or a state, not '%.*s'", KIT_SHOW(name));
        return STATUS_OK;
    }
    if (!next_is(s, ')')) {
        WRONG(s, at, "rank() takes one field");
        return STATUS_OK;
    }
    skip_blanks(s);
    s->pos++;
    TRY(buf_printf(cx, &s->out, "(CASE %.*s", (int)f->name.len, f->name.ptr));
    for (size_t i = 0; i < f->choice_count; i++) {
        TRY(buf_add_text(cx, &s->out, TEXT(" WHEN ")));
        TRY(quoted(s, f->choices[i]));
        TRY(buf_printf(cx, &s->out, " THEN %zu", i));
    }
    TRY(buf_add_text(cx, &s->out, TEXT(" ELSE -1 END)")));
out:
    return status;
}

static void unknown_name(struct sql *s, text name, size_t at)
{
    text words[FIELDS_PER_TYPE_MAX + COUNT(functions) + COUNT(order_words)];
    size_t count = kit_field_words(s->type, words);

    for (size_t i = 0; i < COUNT(functions); i++) {
        words[count++] = functions[i];
    }
    for (size_t i = 0; s->order && i < COUNT(order_words); i++) {
        words[count++] = order_words[i];
    }
    for (size_t i = 0; !s->order && i < COUNT(where_words); i++) {
        words[count++] = where_words[i];
    }
    s->good = false;
    kit_unknown(s->p, s->base + at, "field or function", name, words, count);
}

static enum status take_word(struct sql *s)
{
    size_t at = s->pos;
    text name = take_name(s);
    char low[32];
    text word = {.ptr = low, .len = name.len};

    if (name.len > sizeof low) {
        unknown_name(s, name, at);
        return STATUS_OK;
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        low[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    bool keyword = s->order ? is_among(word, order_words, COUNT(order_words))
                            : is_among(word, where_words, COUNT(where_words));
    if (!keyword && next_is(s, '(')) {
        if (text_equal(word, TEXT("rank"))) {
            return take_rank(s, at);
        }
        if (!is_among(word, functions, COUNT(functions))) {
            unknown_name(s, name, at);
        }
        return buf_add_text(s->p->cx, &s->out, word);
    }
    if (keyword || is_among(name, engine_columns, COUNT(engine_columns))) {
        return buf_add_text(s->p->cx, &s->out, word);
    }
    const struct field *f = type_field_exact(s->type, name);
    if (f == NULL || f->retired) {
        unknown_name(s, name, at);
    } else if (f->kind == FIELD_SECRET || f->kind == FIELD_LOG || f->kind == FIELD_EXT) {
        WRONG(s, at, "'%.*s' is a %s: conditions and orders do not see it", KIT_SHOW(name),
              field_kind_name(f->kind));
    }
    return buf_add_text(s->p->cx, &s->out, name);
}

static enum status take_parameter(struct sql *s)
{
    size_t at = s->pos++;
    text name = take_name(s);

    name = (text){.ptr = s->in.ptr + at, .len = name.len + 1};
    if (!is_among(name, parameters, COUNT(parameters))) {
        s->good = false;
        kit_unknown(s->p, s->base + at, "parameter", name, parameters, COUNT(parameters));
    }
    return buf_add_text(s->p->cx, &s->out, name);
}

static enum status take_text(struct sql *s)
{
    size_t at = s->pos++;

    while (s->pos < s->in.len) {
        bool quote = s->in.ptr[s->pos++] == '\'';
        if (quote && (s->pos == s->in.len || s->in.ptr[s->pos] != '\'')) {
            return buf_add(s->p->cx, &s->out, BYTES(s->in.ptr + at, s->pos - at));
        }
        s->pos += quote ? 1 : 0;
    }
    WRONG(s, at, "a text without its closing '");
    return STATUS_OK;
}

/* Digits with a point. */
static enum status take_number(struct sql *s)
{
    size_t at = s->pos;

    while (s->pos < s->in.len && (is_digit(s->in.ptr[s->pos]) || s->in.ptr[s->pos] == '.')) {
        s->pos++;
    }
    if (s->pos < s->in.len && is_name(s->in.ptr[s->pos])) {
        WRONG(s, at, "a number that ends in letters");
    }
    return buf_add(s->p->cx, &s->out, BYTES(s->in.ptr + at, s->pos - at));
}

static enum status take_sign(struct sql *s)
{
    static const text signs[] = {{"<>", 2}, {"!=", 2}, {"<=", 2}, {">=", 2}, {"||", 2}, {"=", 1},
                                 {"<", 1},  {">", 1},  {"+", 1},  {"-", 1},  {"*", 1},  {"/", 1},
                                 {"%", 1},  {"(", 1},  {")", 1},  {",", 1}};
    size_t at = s->pos;
    text rest = {.ptr = s->in.ptr + at, .len = s->in.len - at};

    for (size_t i = 0; i < COUNT(signs); i++) {
        bool comment = text_starts(rest, TEXT("--")) || text_starts(rest, TEXT("/*"));
        if (comment || !text_starts(rest, signs[i])) {
            continue;
        }
        s->pos += signs[i].len;
        s->open += signs[i].ptr[0] == '(' ? 1 : 0;
        if (signs[i].ptr[0] == ')' && s->open-- == 0) {
            s->open = 0;
            WRONG(s, at, "a ')' without its '('");
        }
        return buf_add_text(s->p->cx, &s->out, signs[i]);
    }
    (void)utf8_next(s->in, &s->pos);
    WRONG(s, at, "'%.*s' cannot stand in a condition or an order",
          KIT_SHOW(((text){.ptr = rest.ptr, .len = s->pos - at})));
    return STATUS_OK;
}

static enum status take_next(struct sql *s)
{
    enum status status = STATUS_OK;
    char c = s->in.ptr[s->pos];

    if (c == ' ' || c == '\t') {
        skip_blanks(s);
        return buf_add_byte(s->p->cx, &s->out, ' ');
    }
    if (is_digit(c)) {
        TRY(take_number(s));
    } else if (is_name(c)) {
        TRY(take_word(s));
    } else if (c == ':') {
        TRY(take_parameter(s));
    } else if (c == '\'') {
        TRY(take_text(s));
    } else {
        TRY(take_sign(s));
    }
out:
    return status;
}

enum status kit_sql(struct kit_parser *p, const struct record_type *t, text sql, size_t at,
                    bool order, text *ret)
{
    enum status status = STATUS_OK;
    struct sql s = {.p = p, .type = t, .in = sql, .base = at, .order = order, .good = true};

    if (sql.len == 0) {
        return STATUS_OK;
    }
    buf_init(&s.out, 256 * KIB);
    while (s.good && s.pos < s.in.len) {
        TRY(kit_blame(p, at, take_next(&s)));
    }
    if (s.good && s.open > 0) {
        WRONG(&s, 0, "a '(' without its ')'");
    }
    if (s.good) {
        TRY(kit_memory_text(p->cx, &p->owner->memory, buf_text(&s.out), ret));
    }
out:
    buf_finish(&s.out);
    return status;
}
