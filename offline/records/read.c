/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read: one record for people: its id, its fields as text, its lines. Plain fields come from the
 * wide table; secrets only from the operations, and only when asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "records-int.h"

#define SHOW(t) (int)(t).len, (t).ptr

/* ---- ids ------------------------------------------------------------------------------------- */

enum status record_id_write(struct ctx *cx, struct records *r, int64_t record, struct buf *out)
{
    enum status status = STATUS_OK;
    text tag = team_device_tag(r->team, OP_DEVICE(record));

    if (tag.len == 0) {
        FAIL(cx, STATUS_NOT_FOUND, "there is no such record");
    }
    TRY(buf_printf(cx, out, "%.*s-%llu-%llu", SHOW(tag), (unsigned long long)OP_SEQ(record),
                   (unsigned long long)OP_INDEX(record)));
out:
    return status;
}

static bool is_number(text t)
{
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] < '0' || t.ptr[i] > '9') {
            return false;
        }
    }
    return t.len > 0;
}

static text part_of(text *rest)
{
    const char *dash = rest->len == 0 ? NULL : memchr(rest->ptr, '-', rest->len);
    size_t len = dash == NULL ? rest->len : (size_t)(dash - rest->ptr);
    text part = {.ptr = rest->ptr, .len = len};
    size_t step = dash == NULL ? len : len + 1;
    rest->ptr += step;
    rest->len -= step;
    return part;
}

/* "k7-12-3"; *ret_is false when it has another form. */
static enum status id_parse(struct ctx *cx, struct records *r, text id, bool *ret_is, int64_t *ret)
{
    enum status status = STATUS_OK;
    text rest = id;
    text tag = part_of(&rest), seq_part = part_of(&rest), index_part = part_of(&rest);
    int64_t seq = 0, index = 0;

    *ret_is = false;
    if (rest.len > 0 || tag.len < 2 || !is_number(seq_part) || !is_number(index_part) ||
        !parse_i64(seq_part, 1, OP_SEQ_MAX, &seq) ||
        !parse_i64(index_part, 0, OP_INDEX_MAX, &index)) {
        return STATUS_OK;
    }
    int64_t ix = team_device_by_tag(r->team, tag);
    if (ix == 0) {
        return STATUS_OK;
    }
    *ret_is = true;
    if (ix < 0) {
        (void)fault_set(cx, STATUS_AMBIGUOUS, __FILE__, __LINE__, "'%.*s' fits several devices",
                        SHOW(tag));
        status = fault_hint(cx, "write more of the part before the first '-'");
        goto out;
    }
    *ret = OP_KEY(ix, seq, index);
out:
    return status;
}

enum status record_find_id(struct ctx *cx, struct records *r, text id, int64_t *ret_record,
                           const struct record_type **ret_type)
{
    enum status status = STATUS_OK;
    const struct table *t = NULL;
    int64_t record = 0;
    bool is_id = false;

    TRY(id_parse(cx, r, id, &is_id, &record));
    if (!is_id) {
        TRY(find_by_title(cx, r, id, &record));
    }
    status = record_table(cx, r, record, &t);
    if (status == STATUS_NOT_FOUND && is_id && t == NULL) {
        fault_clear(cx);
        FAIL(cx, STATUS_NOT_FOUND, "there is no record '%.*s'", SHOW(id));
    }
    TRY(status);
    *ret_record = record;
    *ret_type = t->type;
out:
    return status;
}

/* ---- fields ---------------------------------------------------------------------------------- */

enum status row_open(struct ctx *cx, struct records *r, const struct table *t, int64_t record,
                     struct stmt **ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_prepare(cx, r->vault, t->row_sql, &s));
    stmt_bind_int(s, 1, record);
    TRY(stmt_step(cx, s, &row));
    if (!row) {
        stmt_reset(s);
        FAIL(cx, STATUS_NOT_FOUND, "there is no such record");
    }
    *ret = s;
out:
    return status;
}

enum status record_info_get(struct ctx *cx, struct records *r, int64_t record,
                            struct record_info *ret)
{
    enum status status = STATUS_OK;
    const struct standing *standing = NULL;
    const struct table *t = NULL;
    struct stmt *s = NULL;

    TRY(record_table(cx, r, record, &t));
    TRY(row_open(cx, r, t, record, &s));
    *ret = (struct record_info){
        .record = record,
        .type = t->type,
        .created = stmt_int(s, COLUMN_CREATED),
        .changed = stmt_int(s, COLUMN_CHANGED),
        .deleted = stmt_int(s, COLUMN_DELETED) != 0,
        .conflicts = (size_t)stmt_int(s, COLUMN_CONFLICTS),
    };
    int64_t place = stmt_int(s, COLUMN_IN);
    stmt_reset(s);
    TRY(standing_get(cx, r, STANDING(place, false), &standing));
    ret->compartment = team_compartment_by_tag(r->team, standing->info.compartment);
    const struct id *member = device_member(r, OP_DEVICE(record));
    if (member != NULL) {
        ret->created_by = *member;
    }
out:
    return status;
}

enum status cell_text_write(struct ctx *cx, const struct field *f, struct stmt *s, int column,
                            struct buf *out)
{
    struct value v = {.kind = VALUE_TEXT};

    if (stmt_is_null(s, column)) {
        return STATUS_OK;
    }
    switch (f->kind) {
    case FIELD_SECRET:
        return buf_add_text(cx, out, TEXT(SECRET_MASK));
    case FIELD_LOG:
        return stmt_int(s, column) == 0
                   ? STATUS_OK
                   : buf_printf(cx, out, "%lld", (long long)stmt_int(s, column));
    case FIELD_NUM:
        v = (struct value){.kind = VALUE_INT, .n = stmt_int(s, column)};
        break;
    case FIELD_FLAG:
        v = (struct value){.kind = VALUE_BOOL, .n = stmt_int(s, column)};
        break;
    case FIELD_WHO:
    case FIELD_TAGS:
        return buf_add_text(cx, out, stmt_text(s, column));
    case FIELD_LINE:
    case FIELD_DOC:
    case FIELD_WHEN:
    case FIELD_CHOICE:
    case FIELD_STATE:
    case FIELD_EXT:
        v.s = stmt_text(s, column);
        break;
    }
    return value_format(cx, f, &v, out);
}

static enum status secret_text(struct ctx *cx, struct records *r, int64_t record,
                               const struct table *t, const struct field *f, struct buf *out)
{
    enum status status = STATUS_OK;
    struct outcome o;

    TRY(record_load(cx, r, record));
    TRY(field_resolve(cx, &r->rec, table_field_index(t, f), NULL, &o));
    TRY(value_to_text(cx, r, f, &o.value, true, out));
out:
    rec_reset(&r->rec, 0); /* the secret goes with the arena */
    return status;
}

enum status record_field_text(struct ctx *cx, struct records *r, int64_t record,
                              const struct field *f, bool reveal, struct buf *out, bool *ret_empty)
{
    enum status status = STATUS_OK;
    const struct table *t = NULL;
    struct stmt *s = NULL;
    size_t start = out->len;

    TRY(record_table(cx, r, record, &t));
    TRY(row_open(cx, r, t, record, &s));
    int column = (int)(COLUMN_FIELDS + table_field_index(t, f));
    *ret_empty = stmt_is_null(s, column) || (f->kind == FIELD_LOG && stmt_int(s, column) == 0);
    if (f->kind == FIELD_LOG || *ret_empty) {
        goto out;
    }
    if (f->kind == FIELD_SECRET && reveal) {
        TRY(secret_text(cx, r, record, t, f, out));
    } else {
        TRY(cell_text_write(cx, f, s, column, out));
    }
    *ret_empty = out->len == start;
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* The record's scratch is copied first: the visitor may call the door again. */
enum status
record_log_each(struct ctx *cx, struct records *r, int64_t record, const struct field *f,
                enum status (*visit)(void *self, struct ctx *cx, const struct log_line *l),
                void *self)
{
    enum status status = STATUS_OK;
    struct rec own = {.r = r};
    struct outcome o;
    struct value v;

    TRY(record_load(cx, r, record));
    own = r->rec;
    r->rec = (struct rec){.r = r};
    TRY(field_resolve(cx, &own, table_field_index(own.table, f), NULL, &o));
    for (size_t i = 0; i < o.live && f->kind == FIELD_LOG; i++) {
        uint32_t cell = own.live[i];
        const struct op *op = &own.ops[own.cells[cell].op];
        const struct id *member = device_member(r, OP_DEVICE(op->key));
        TRY(cell_value(cx, &own, cell, &v));
        struct log_line line = {.op = op->key, .time = op->time, .line = v.s};
        if (member != NULL) {
            line.member = *member;
        }
        TRY(visit(self, cx, &line));
    }
out:
    rec_finish(&own);
    return status;
}

enum status title_write(struct ctx *cx, struct records *r, const struct table *t, int64_t record,
                        struct buf *out)
{
    enum status status = STATUS_OK;
    bool empty = false;
    size_t at = table_field_by_name(t, t->type->title_field);

    if (at != SIZE_MAX) {
        TRY(record_field_text(cx, r, record, &t->type->fields[at], false, out, &empty));
    }
out:
    return status;
}

enum status records_count(struct ctx *cx, struct records *r, const struct record_type *type,
                          uint64_t *ret)
{
    enum status status = STATUS_OK;
    const struct table *t = table_of_type(r, type);
    const char *line = NULL;
    struct stmt *s = NULL;
    struct buf sql;
    bool row = false;

    MUST(t != NULL);
    buf_init(&sql, 4 * KIB);
    TRY(buf_printf(cx, &sql, "SELECT count(*) FROM %s WHERE _deleted = 0", t->name));
    TRY(buf_cstr(cx, &sql, &line));
    TRY(stmt_prepare(cx, r->vault, line, &s));
    TRY(stmt_step(cx, s, &row));
    *ret = (uint64_t)stmt_int(s, 0);
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    buf_finish(&sql);
    return status;
}
