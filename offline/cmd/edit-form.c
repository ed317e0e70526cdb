/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edit-form: a record as a text that a person edits, and back. Secrets, logs, workflow states and
 * counted numbers are not in it: they have verbs of their own.
 */
#include "edit.h"
#include "schema.h"

#include <string.h>

bool form_has(const struct field *f)
{
    return !f->hidden && !f->retired && f->kind != FIELD_LOG && f->kind != FIELD_SECRET &&
           f->kind != FIELD_STATE && f->kind != FIELD_EXT && f->merge != MERGE_SUM;
}

/* The next line of *rest without its end; false at the end of the text. */
static bool line_next(text *rest, text *ret)
{
    const char *end;

    if (rest->len == 0) {
        return false;
    }
    end = memchr(rest->ptr, '\n', rest->len);
    ret->ptr = rest->ptr;
    ret->len = end == NULL ? rest->len : (size_t)(end - rest->ptr);
    size_t used = ret->len + (end == NULL ? 0 : 1);
    rest->ptr += used;
    rest->len -= used;
    if (ret->len > 0 && ret->ptr[ret->len - 1] == '\r') {
        ret->len--;
    }
    return true;
}

static enum status block_write(struct ctx *cx, struct buf *out, text value)
{
    enum status status = STATUS_OK;
    text line;

    TRY(buf_add_text(cx, out, TEXT("|\n")));
    while (line_next(&value, &line)) {
        TRY(buf_printf(cx, out, "    %.*s\n", TEXT_ARG(line)));
    }
out:
    return status;
}

enum status form_write(struct session *s, int64_t record, const struct record_type *type,
                       struct buf *out)
{
    enum status status = STATUS_OK;
    struct buf value;
    struct buf id;
    bool empty;

    buf_init(&value, DOC_BYTES_MAX + 1024);
    buf_init(&id, 256);
    TRY(record_id_write(s->cx, s->records, record, &id));
    TRY(buf_printf(
        s->cx, out,
        "# %.*s.%.*s %.*s\n# An empty value clears a field; a long text is indented below "
        "'field: |'.\n# Passwords, comments and workflow steps have verbs of their own.\n",
        TEXT_ARG(type->kit), TEXT_ARG(type->name), TEXT_ARG(buf_text(&id))));
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *f = &type->fields[i];
        if (!form_has(f)) {
            continue;
        }
        buf_clear(&value);
        TRY(record_field_text(s->cx, s->records, record, f, false, &value, &empty));
        TRY(buf_printf(s->cx, out, "%.*s: ", TEXT_ARG(f->name)));
        if (f->kind == FIELD_DOC) {
            TRY(block_write(s->cx, out, buf_text(&value)));
        } else {
            TRY(buf_printf(s->cx, out, "%.*s\n", TEXT_ARG(buf_text(&value))));
        }
    }
out:
    buf_finish(&id);
    buf_finish(&value);
    return status;
}

struct form_field {
    const struct field *field;
    bool given;
    size_t at, len; /* of the value in scratch */
};
struct form {
    struct form_field fields[FIELDS_PER_TYPE_MAX];
    size_t count;
};

static text trimmed(text t)
{
    while (t.len > 0 && (t.ptr[0] == ' ' || t.ptr[0] == '\t')) {
        t = (text){t.ptr + 1, t.len - 1};
    }
    while (t.len > 0 && (t.ptr[t.len - 1] == ' ' || t.ptr[t.len - 1] == '\t')) {
        t.len--;
    }
    return t;
}

/* Lines of a long text until the next one that is not indented. */
static enum status block_read(struct ctx *cx, text *rest, size_t *number, struct buf *scratch)
{
    enum status status = STATUS_OK;
    size_t start = scratch->len;
    text ahead = *rest;
    text line;

    while (line_next(&ahead, &line)) {
        bool blank = trimmed(line).len == 0;
        if (!blank && line.ptr[0] != ' ' && line.ptr[0] != '\t') {
            break;
        }
        size_t skip = 0;
        if (line.len > 0 && line.ptr[0] == '\t') {
            skip = 1;
        }
        while (skip < 4 && skip < line.len && line.ptr[skip] == ' ' && line.ptr[0] == ' ') {
            skip++;
        }
        TRY(buf_add_text(cx, scratch, (text){line.ptr + skip, line.len - skip}));
        TRY(buf_add_byte(cx, scratch, '\n'));
        *rest = ahead;
        ++*number;
    }
    while (scratch->len > start && scratch->ptr[scratch->len - 1] == '\n') {
        scratch->len--;
    }
    if (scratch->len > start) {
        TRY(buf_add_byte(cx, scratch, '\n'));
    }
out:
    return status;
}

static struct form_field *form_field_of(struct form *form, text name)
{
    for (size_t i = 0; i < form->count; i++) {
        if (text_equal(form->fields[i].field->name, name)) {
            return &form->fields[i];
        }
    }
    return NULL;
}

static enum status form_parse(struct session *s, const struct record_type *type, text in,
                              struct buf *scratch, struct form *ret)
{
    enum status status = STATUS_OK;
    size_t number = 0;
    text line;

    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; i < type->field_count; i++) {
        if (form_has(&type->fields[i])) {
            ret->fields[ret->count++].field = &type->fields[i];
        }
    }
    while (line_next(&in, &line)) {
        number++;
        if (trimmed(line).len == 0 || line.ptr[0] == '#') {
            continue;
        }
        const char *colon = memchr(line.ptr, ':', line.len);
        struct form_field *f =
            colon == NULL
                ? NULL
                : form_field_of(ret, trimmed((text){line.ptr, (size_t)(colon - line.ptr)}));
        if (f == NULL || f->given) {
            FAIL(s->cx, STATUS_USAGE, "line %zu is no 'field: value' of this record: '%.*s'",
                 number, (int)(line.len < 60 ? line.len : 60), line.ptr);
        }
        text value = trimmed((text){colon + 1, line.len - (size_t)(colon - line.ptr) - 1});
        f->given = true;
        f->at = scratch->len;
        if (f->field->kind == FIELD_DOC && text_equal(value, TEXT("|"))) {
            TRY(block_read(s->cx, &in, &number, scratch));
        } else {
            TRY(buf_add_text(s->cx, scratch, value));
        }
        f->len = scratch->len - f->at;
    }
out:
    return status;
}

enum status form_changes(struct session *s, const struct record_type *type, text before, text after,
                         struct buf *scratch, struct assigns *ret)
{
    enum status status = STATUS_OK;
    struct form old;
    struct form new;

    memset(ret, 0, sizeof *ret);
    TRY(form_parse(s, type, before, scratch, &old));
    TRY(form_parse(s, type, after, scratch, &new));
    for (size_t i = 0; i < new.count; i++) {
        struct form_field *n = &new.fields[i];
        struct form_field *o = &old.fields[i];
        const char *base = (const char *)scratch->ptr;
        if (!n->given || text_equal((text){base + n->at, n->len}, (text){base + o->at, o->len})) {
            continue; /* a field whose line was taken out stays as it is */
        }
        MUST(ret->count < ASSIGN_MAX);
        ret->list[ret->count++] = (struct assignment){n->field, {base + n->at, n->len}};
    }
out:
    return status;
}
