/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: the stored form of every field kind: its checks, its encoding, its text for people.
 * What value_check() lets pass is the only spelling of that value; parsing is in value-parse.c.
 */
#include "schema-int.h"

#include "limits.h"

#include <string.h>

/* ---- checks -------------------------------------------------------------------------------- */

static enum status refuse(struct ctx *cx, const struct field *f, const char *why)
{
    return fault_set(cx, STATUS_MALFORMED, __FILE__, __LINE__, "'%.*s': %s", SHOW(f->name), why);
}

static bool has_byte(text t, char c)
{
    return t.len > 0 && memchr(t.ptr, c, t.len) != NULL;
}

static size_t text_max(const struct field *f)
{
    switch (f->kind) {
    case FIELD_DOC:
    case FIELD_EXT:
        return DOC_BYTES_MAX;
    case FIELD_LOG:
        return LOG_LINE_BYTES_MAX;
    case FIELD_SECRET:
        return text_equal(f->secret_use, TEXT("text")) ? SECRET_TEXT_BYTES_MAX
                                                       : SECRET_LINE_BYTES_MAX;
    case FIELD_LINE:
    case FIELD_NUM:
    case FIELD_FLAG:
    case FIELD_WHEN:
    case FIELD_CHOICE:
    case FIELD_STATE:
    case FIELD_TAGS:
    case FIELD_WHO:
        return LINE_BYTES_MAX;
    }
    return LINE_BYTES_MAX;
}

static enum status check_text(struct ctx *cx, const struct field *f, text t)
{
    bool feeds = f->kind == FIELD_DOC || f->kind == FIELD_LOG || f->kind == FIELD_SECRET ||
                 f->kind == FIELD_EXT;
    bool returns = f->kind == FIELD_SECRET || f->kind == FIELD_EXT;

    if (t.len == 0) {
        return refuse(cx, f, "an empty text is stored as no value");
    }
    if (t.len > text_max(f)) {
        return fault_set(cx, STATUS_LIMIT, __FILE__, __LINE__, "'%.*s' is longer than %zu bytes",
                         SHOW(f->name), text_max(f));
    }
    if (has_byte(t, '\0')) {
        return refuse(cx, f, "holds a NUL byte");
    }
    if (!feeds && has_byte(t, '\n')) {
        return refuse(cx, f, "holds a line break; this field is one line");
    }
    if (!returns && has_byte(t, '\r')) {
        return refuse(cx, f, "holds a carriage return");
    }
    return STATUS_OK;
}

static enum status check_tag(struct ctx *cx, const struct field *f, text t)
{
    text trimmed = schema_trim(t);

    if (trimmed.len != t.len || has_byte(t, ',')) {
        return refuse(cx, f, "a tag has no comma and no blank at its ends");
    }
    return check_text(cx, f, t);
}

static enum status check_choice(struct ctx *cx, const struct field *f, text t)
{
    for (size_t i = 0; i < f->choice_count; i++) {
        if (text_equal(f->choices[i], t)) {
            return STATUS_OK;
        }
    }
    return fault_set(cx, STATUS_MALFORMED, __FILE__, __LINE__,
                     "'%.*s': '%.*s' is not one of its choices", SHOW(f->name), SHOW(t));
}

static enum status check_when(struct ctx *cx, const struct field *f, text t)
{
    if (when_canonical(f->when, t)) {
        return STATUS_OK;
    }
    return fault_set(cx, STATUS_MALFORMED, __FILE__, __LINE__,
                     "'%.*s': '%.*s' is not %s in its one form", SHOW(f->name), SHOW(t),
                     when_expected(f->when));
}

static enum value_kind stored_kind(enum field_kind kind)
{
    switch (kind) {
    case FIELD_NUM:
        return VALUE_INT;
    case FIELD_FLAG:
        return VALUE_BOOL;
    case FIELD_WHO:
        return VALUE_BYTES;
    case FIELD_LINE:
    case FIELD_DOC:
    case FIELD_WHEN:
    case FIELD_CHOICE:
    case FIELD_STATE:
    case FIELD_TAGS:
    case FIELD_LOG:
    case FIELD_SECRET:
    case FIELD_EXT:
        return VALUE_TEXT;
    }
    return VALUE_TEXT;
}

enum status value_check(struct ctx *cx, const struct field *f, const struct value *v)
{
    if (v->kind == VALUE_NULL) {
        return STATUS_OK;
    }
    if (v->kind != stored_kind(f->kind)) {
        return fault_set(cx, STATUS_MALFORMED, __FILE__, __LINE__,
                         "'%.*s': the value is of another kind than '%s'", SHOW(f->name),
                         field_kind_name(f->kind));
    }
    switch (f->kind) {
    case FIELD_NUM:
        return STATUS_OK;
    case FIELD_FLAG:
        return v->n == 0 || v->n == 1 ? STATUS_OK : refuse(cx, f, "neither yes nor no");
    case FIELD_WHO:
        return v->b.len == sizeof(struct id) ? STATUS_OK : refuse(cx, f, "not a member id");
    case FIELD_WHEN:
        return check_when(cx, f, v->s);
    case FIELD_CHOICE:
    case FIELD_STATE:
        return check_choice(cx, f, v->s);
    case FIELD_TAGS:
        return check_tag(cx, f, v->s);
    case FIELD_LINE:
    case FIELD_DOC:
    case FIELD_LOG:
    case FIELD_SECRET:
    case FIELD_EXT:
        return check_text(cx, f, v->s);
    }
    return refuse(cx, f, "of an unknown kind");
}

/* ---- for people ---------------------------------------------------------------------------- */

enum status value_format(struct ctx *cx, const struct field *f, const struct value *v,
                         struct buf *out)
{
    switch (v->kind) {
    case VALUE_NULL:
        return STATUS_OK;
    case VALUE_INT:
        return num_write(cx, out, v->n, f->kind == FIELD_NUM ? f->scale : 0);
    case VALUE_BOOL:
        return buf_add_text(cx, out, v->n != 0 ? TEXT("yes") : TEXT("no"));
    case VALUE_TEXT:
        return buf_add_text(cx, out, v->s);
    case VALUE_BYTES:
        return hex_encode(cx, out, v->b); /* the caller knows members by name, we do not */
    }
    return STATUS_OK;
}

/* ---- encoding ------------------------------------------------------------------------------ */

enum status value_write(struct wire_writer *w, const struct value *v)
{
    switch (v->kind) {
    case VALUE_NULL:
        wire_put_null(w);
        break;
    case VALUE_INT:
        wire_put_int(w, v->n);
        break;
    case VALUE_BOOL:
        wire_put_bool(w, v->n != 0);
        break;
    case VALUE_TEXT:
        wire_put_text(w, v->s);
        break;
    case VALUE_BYTES:
        wire_put_bytes(w, v->b);
        break;
    }
    return w->status;
}

void value_read(struct wire_reader *r, struct value *ret)
{
    struct value v = {.kind = VALUE_NULL};

    switch (wire_peek(r)) {
    case WIRE_NULL:
        wire_get_null(r);
        break;
    case WIRE_UINT:
    case WIRE_NINT:
        v.n = wire_get_int(r);
        v.kind = VALUE_INT;
        break;
    case WIRE_BOOL:
        v.n = wire_get_bool(r) ? 1 : 0;
        v.kind = VALUE_BOOL;
        break;
    case WIRE_TEXT:
        v.s = wire_get_text(r, 0, BODY_PLAIN_MAX);
        v.kind = VALUE_TEXT;
        break;
    case WIRE_BYTES:
        v.b = wire_get_bytes(r, 0, BODY_PLAIN_MAX);
        v.kind = VALUE_BYTES;
        break;
    case WIRE_NONE:
    case WIRE_ARRAY:
    case WIRE_MAP:
        wire_fail(r, "a value is null, a number, a boolean, text or bytes");
        break;
    }
    *ret = r->status == STATUS_OK ? v : (struct value){.kind = VALUE_NULL};
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind) {
        return false;
    }
    switch (a->kind) {
    case VALUE_NULL:
        return true;
    case VALUE_INT:
        return a->n == b->n;
    case VALUE_BOOL:
        return (a->n != 0) == (b->n != 0);
    case VALUE_TEXT:
        return text_equal(a->s, b->s);
    case VALUE_BYTES:
        return bytes_equal(a->b, b->b);
    }
    return false;
}
