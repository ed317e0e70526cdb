/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value-parse: from the words of a person or a file to the stored form. Forgiving where only one
 * reading is possible, and refusing with the expected form where two are: a date that means
 * another day to someone else is worse than an error.
 */
#include "schema-int.h"

#include <string.h>

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool is_gap(char c)
{
    return c == ' ' || c == '\t' || c == '-' || c == '_' || c == '/';
}

/* Equal but for ASCII case, blanks, dashes and underscores: "In Progress" fits in_progress. */
static bool loosely_equal(text a, text b)
{
    size_t i = 0;
    size_t j = 0;

    for (;;) {
        while (i < a.len && is_gap(a.ptr[i])) {
            i++;
        }
        while (j < b.len && is_gap(b.ptr[j])) {
            j++;
        }
        if (i == a.len || j == b.len) {
            return i == a.len && j == b.len;
        }
        if (lower(a.ptr[i++]) != lower(b.ptr[j++])) {
            return false;
        }
    }
}

static enum status parse_choice(struct ctx *cx, const struct field *f, text in, struct value *ret)
{
    text near = nearest_word(in, f->choices, f->choice_count);

    for (size_t i = 0; i < f->choice_count; i++) {
        if (loosely_equal(in, f->choices[i])) {
            *ret = (struct value){.kind = VALUE_TEXT, .s = f->choices[i]};
            return STATUS_OK;
        }
    }
    if (near.len > 0) {
        return fault_set(cx, STATUS_USAGE, __FILE__, __LINE__,
                         "'%.*s' cannot be '%.*s'; the nearest is '%.*s'", SHOW(f->name), SHOW(in),
                         SHOW(near));
    }
    char list[FAULT_TEXT_MAX / 2] = "";
    size_t used = 0;
    for (size_t i = 0; i < f->choice_count; i++) {
        size_t more = f->choices[i].len + 2;
        if (used + more >= sizeof list) {
            break;
        }
        memcpy(list + used, i == 0 ? "" : ", ", i == 0 ? 0 : 2);
        used += i == 0 ? 0 : 2;
        memcpy(list + used, f->choices[i].ptr, f->choices[i].len);
        used += f->choices[i].len;
    }
    return fault_set(cx, STATUS_USAGE, __FILE__, __LINE__,
                     "'%.*s' cannot be '%.*s'; it is one of: %.*s", SHOW(f->name), SHOW(in),
                     (int)used, list);
}

static enum status parse_flag(struct ctx *cx, const struct field *f, text in, struct value *ret)
{
    static const struct {
        const char *word;
        bool yes;
    } words[] = {
        {"yes", true}, {"no", false}, {"true", true}, {"false", false}, {"1", true}, {"0", false},
        {"y", true},   {"n", false},  {"on", true},   {"off", false},   {"x", true},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (loosely_equal(in, text_of(words[i].word))) {
            *ret = (struct value){.kind = VALUE_BOOL, .n = words[i].yes ? 1 : 0};
            return STATUS_OK;
        }
    }
    return fault_set(cx, STATUS_USAGE, __FILE__, __LINE__, "'%.*s': expected yes or no, not '%.*s'",
                     SHOW(f->name), SHOW(in));
}

/* Takes the field's own unit off the end: "12 h", "30€". */
static text without_unit(text in, text unit)
{
    text t = schema_trim(in);

    if (unit.len > 0 && t.len > unit.len &&
        memcmp(t.ptr + t.len - unit.len, unit.ptr, unit.len) == 0) {
        t.len -= unit.len;
    }
    return schema_trim(t);
}

static enum status parse_num(struct ctx *cx, const struct field *f, text in, struct value *ret)
{
    struct value v = {.kind = VALUE_INT};

    switch (num_read(without_unit(in, f->unit), f->scale, &v.n)) {
    case NUM_OK:
        *ret = v;
        return STATUS_OK;
    case NUM_AMBIGUOUS:
        return fault_set(
            cx, STATUS_USAGE, __FILE__, __LINE__,
            "'%.*s': '%.*s' can be read in two ways; write 1234.5 or 1.5, with a point",
            SHOW(f->name), SHOW(in));
    case NUM_TOO_FINE:
        return fault_set(cx, STATUS_USAGE, __FILE__, __LINE__,
                         "'%.*s': '%.*s' has more than %u digits after the point", SHOW(f->name),
                         SHOW(in), f->scale);
    case NUM_TOO_BIG:
        return fault_set(cx, STATUS_LIMIT, __FILE__, __LINE__, "'%.*s': '%.*s' is too large",
                         SHOW(f->name), SHOW(in));
    case NUM_NOT:
        break;
    }
    return fault_set(cx, STATUS_USAGE, __FILE__, __LINE__,
                     "'%.*s': expected a number like 1234.5, not '%.*s'", SHOW(f->name), SHOW(in));
}

static enum status parse_when(struct ctx *cx, const struct field *f, text in, struct buf *scratch,
                              struct value *ret)
{
    char out[WHEN_TEXT_MAX];
    size_t len = when_read(f->when, in, out);
    enum status status = STATUS_OK;

    if (len == 0) {
        FAIL(cx, STATUS_USAGE, "'%.*s': expected %s, not '%.*s'", SHOW(f->name),
             when_expected(f->when), SHOW(in));
    }
    size_t start = scratch->len;
    TRY(buf_add(cx, scratch, BYTES(out, len)));
    *ret = (struct value){.kind = VALUE_TEXT,
                          .s = {.ptr = (const char *)scratch->ptr + start, .len = len}};
out:
    return status;
}

/* CR LF and a lone CR become LF. */
static enum status parse_lines(struct ctx *cx, text in, struct buf *scratch, struct value *ret)
{
    enum status status = STATUS_OK;
    size_t start = scratch->len;
    size_t from = 0;

    *ret = (struct value){.kind = VALUE_TEXT, .s = in};
    if (memchr(in.ptr, '\r', in.len) == NULL) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < in.len; i++) {
        if (in.ptr[i] != '\r') {
            continue;
        }
        TRY(buf_add(cx, scratch, BYTES(in.ptr + from, i - from)));
        TRY(buf_add_byte(cx, scratch, '\n'));
        from = i + 1 < in.len && in.ptr[i + 1] == '\n' ? i + 2 : i + 1;
        i = from - 1;
    }
    TRY(buf_add(cx, scratch, BYTES(in.ptr + from, in.len - from)));
    ret->s = (text){.ptr = (const char *)scratch->ptr + start, .len = scratch->len - start};
out:
    return status;
}

static enum status parse_by_kind(struct ctx *cx, const struct field *f, text in,
                                 struct buf *scratch, struct value *ret)
{
    switch (f->kind) {
    case FIELD_NUM:
        return parse_num(cx, f, in, ret);
    case FIELD_FLAG:
        return parse_flag(cx, f, in, ret);
    case FIELD_WHEN:
        return parse_when(cx, f, in, scratch, ret);
    case FIELD_CHOICE:
    case FIELD_STATE:
        return parse_choice(cx, f, in, ret);
    case FIELD_DOC:
    case FIELD_LOG:
        return parse_lines(cx, in, scratch, ret);
    case FIELD_TAGS:
        *ret = (struct value){.kind = VALUE_TEXT, .s = schema_trim(in)};
        return STATUS_OK;
    case FIELD_LINE:
    case FIELD_SECRET:
    case FIELD_EXT:
        *ret = (struct value){.kind = VALUE_TEXT, .s = in};
        return STATUS_OK;
    case FIELD_WHO:
        break;
    }
    return fault_set(cx, STATUS_BUG, __FILE__, __LINE__,
                     "'%.*s': a member's name needs the member list", SHOW(f->name));
}

enum status value_parse(struct ctx *cx, const struct field *f, text in, struct buf *scratch,
                        struct value *ret)
{
    enum status status = STATUS_OK;
    struct value v = {.kind = VALUE_NULL};
    bool blank_is_empty = f->kind != FIELD_LINE && f->kind != FIELD_DOC && f->kind != FIELD_LOG &&
                          f->kind != FIELD_SECRET && f->kind != FIELD_EXT;

    if (in.len == 0 || (blank_is_empty && schema_trim(in).len == 0)) {
        *ret = v;
        return STATUS_OK;
    }
    TRY(parse_by_kind(cx, f, in, scratch, &v));
    TRY(value_check(cx, f, &v));
    *ret = v;
out:
    return status;
}
