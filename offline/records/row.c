/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row: from a judged record to the tables: its new operations, changed fates, its row of the wide
 * table, and the note that its words have to be indexed again.
 */
#include <string.h>

#include "records-int.h"

enum status op_insert(struct ctx *cx, struct records *r, const struct op *op, bool *ret_new)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    TRY(stmt_use(cx, r->vault, STMT_RECORDS_OP_ADD, &s));
    stmt_bind_int(s, 1, op->key);
    stmt_bind_int(s, 2, op->record);
    stmt_bind_int(s, 3, (int64_t)op->verb);
    stmt_bind_int(s, 4, op->field);
    stmt_bind_int(s, 5, op->lamport);
    stmt_bind_int(s, 6, op->time);
    stmt_bind_int(s, 7, op->standing);
    stmt_bind_int(s, 8, (int64_t)op->fate);
    if (op->base.len > 0) {
        stmt_bind_bytes(s, 9, op->base);
    }
    stmt_bind_bytes(s, 10, op->value);
    TRY(stmt_run(cx, s));
    *ret_new = vault_changes(r->vault) == 1;
out:
    return status;
}

enum status find_pending_add(struct ctx *cx, struct records *r, int64_t record)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    TRY(stmt_use(cx, r->vault, STMT_RECORDS_FIND_PENDING, &s));
    stmt_bind_int(s, 1, record);
    TRY(stmt_run(cx, s));
out:
    return status;
}

static enum status person_unknown(struct ctx *cx, struct records *r, bytes member,
                                  struct buf *scratch, text *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    size_t start = scratch->len;

    TRY(buf_add_text(cx, scratch, TEXT("?")));
    TRY(hex_encode(cx, scratch, BYTES(member.ptr, member.len < 4 ? member.len : 4)));
    *ret = (text){.ptr = (const char *)scratch->ptr + start, .len = scratch->len - start};
    /* when the name comes, the next records_open() shows it */
    TRY(stmt_use(cx, r->vault, STMT_RECORDS_PERSON_PUT, &s));
    stmt_bind_int(s, 1, team_key(r->team));
    stmt_bind_bytes(s, 2, member);
    stmt_bind_text(s, 3, TEXT(""));
    TRY(stmt_run(cx, s));
out:
    return status;
}

enum status person_name(struct ctx *cx, struct records *r, bytes member, struct buf *scratch,
                        text *ret)
{
    struct id id;
    if (member.len == sizeof(id.b)) {
        memcpy(id.b, member.ptr, sizeof(id.b));
        text name = team_member_name(r->team, &id); /* people who left keep their names */
        if (!text_equal(name, TEXT("?"))) {
            *ret = name;
            return STATUS_OK;
        }
    }
    return person_unknown(cx, r, member, scratch, ret);
}

enum status row_bind(struct ctx *cx, struct records *r, struct stmt *s, int column,
                     const struct field *f, const struct value *v)
{
    enum status status = STATUS_OK;
    text name;

    if (f->kind == FIELD_SECRET) {
        if (v->kind != VALUE_NULL) {
            stmt_bind_int(s, column, 1);
        }
        return STATUS_OK;
    }
    switch (v->kind) {
    case VALUE_INT:
    case VALUE_BOOL:
        stmt_bind_int(s, column, v->n);
        break;
    case VALUE_TEXT:
        stmt_bind_text(s, column, v->s);
        break;
    case VALUE_BYTES:
        buf_clear(&r->scratch);
        TRY(person_name(cx, r, v->b, &r->scratch, &name));
        stmt_bind_text(s, column, name);
        break;
    case VALUE_NULL:
        break;
    }
out:
    return status;
}

static enum status bind_field(struct ctx *cx, struct rec *rec, struct stmt *s, size_t field,
                              int64_t *conflicts)
{
    enum status status = STATUS_OK;
    struct records *r = rec->r;
    const struct field *f = &rec->table->type->fields[field];
    int column = (int)(COLUMN_FIELDS + field + 1);
    struct outcome o;

    TRY(field_resolve(cx, rec, field, NULL, &o));
    *conflicts += o.conflict ? 1 : 0;
    if (f->kind == FIELD_TAGS) {
        if (o.live > 0) {
            buf_clear(&r->scratch);
            TRY(tags_join(cx, rec, &o, &r->scratch));
            stmt_bind_text(s, column, buf_text(&r->scratch));
        }
        goto out;
    }
    TRY(row_bind(cx, r, s, column, f, &o.value));
out:
    return status;
}

static enum status put_row(struct ctx *cx, struct rec *rec)
{
    enum status status = STATUS_OK;
    struct records *r = rec->r;
    struct stmt *s = NULL;
    int64_t lamport = 0, changed = 0, conflicts = 0, deletion = 0;
    const struct standing *standing = NULL;
    size_t deletions = 0;
    text by;

    for (size_t i = 0; i < rec->op_count; i++) {
        lamport = rec->ops[i].lamport > lamport ? rec->ops[i].lamport : lamport;
        changed = rec->ops[i].fate == FATE_APPLIED ? rec->ops[i].time : changed;
    }
    TRY(rec_deletions(cx, rec, &deletion, 1, &deletions));
    TRY(standing_get(cx, r, rec->ops[0].standing, &standing));
    int64_t place = standing->place;
    const struct id *member = device_member(r, OP_DEVICE(rec->key));
    buf_clear(&r->scratch);
    TRY(stmt_prepare(cx, r->vault, rec->table->put_sql, &s));
    TRY(person_name(cx, r, member == NULL ? (bytes){0} : BYTES_OF(member->b), &r->scratch, &by));
    stmt_bind_int(s, COLUMN_ID + 1, rec->key);
    stmt_bind_int(s, COLUMN_CREATED + 1, rec->ops[0].time);
    stmt_bind_int(s, COLUMN_CHANGED + 1, changed);
    stmt_bind_text(s, COLUMN_BY + 1, by);
    stmt_bind_int(s, COLUMN_DELETED + 1, deletions > 0 ? 1 : 0);
    stmt_bind_int(s, COLUMN_LAMPORT + 1, lamport);
    stmt_bind_int(s, COLUMN_IN + 1, place);
    for (size_t i = 0; i < rec->table->type->field_count; i++) {
        TRY(bind_field(cx, rec, s, i, &conflicts));
    }
    stmt_bind_int(s, COLUMN_CONFLICTS + 1, conflicts);
    TRY(stmt_run(cx, s));
out:
    return status;
}

static enum status put_ops(struct ctx *cx, struct rec *rec)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool is_new = false;

    for (size_t i = 0; i < rec->op_count; i++) {
        struct op *op = &rec->ops[i];
        if (op->fresh) {
            TRY(op_insert(cx, rec->r, op, &is_new));
            op->fresh = false;
        } else if (op->fate != op->stored_fate) {
            TRY(stmt_use(cx, rec->r->vault, STMT_RECORDS_OP_FATE, &s));
            stmt_bind_int(s, 1, op->key);
            stmt_bind_int(s, 2, (int64_t)op->fate);
            TRY(stmt_run(cx, s));
        }
        op->stored_fate = op->fate;
    }
out:
    return status;
}

enum status rec_store(struct ctx *cx, struct rec *rec)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    TRY(put_ops(cx, rec));
    if (rec->table == NULL) {
        goto out;
    }
    if (rec_alive(rec)) {
        TRY(put_row(cx, rec));
    } else {
        TRY(stmt_prepare(cx, rec->r->vault, rec->table->drop_sql, &s));
        stmt_bind_int(s, 1, rec->key);
        TRY(stmt_run(cx, s));
    }
    if (rec->table->finds) {
        TRY(find_pending_add(cx, rec->r, rec->key));
    }
out:
    return status;
}
