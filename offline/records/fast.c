/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fast: the short ways. Most operations that arrive are the newest of their record and touch a
 * field nobody else touched: then the row of the wide table can be changed in place. Each short way
 * holds only where rec_judge() and rec_store() would give the same; tests/property compares them.
 */
#include <string.h>

#include "records-int.h"

/* Newest in the total order, on a record that is here, of the same compartment and not deleted. */
static enum status is_newest(struct ctx *cx, struct records *r, const struct table *t,
                             const struct op *op, bool *ret)
{
    enum status status = STATUS_OK;
    const struct standing *by = NULL;
    struct stmt *s = NULL;
    bool row = false;

    TRY(standing_get(cx, r, op->standing, &by));
    int64_t place = by->place;
    TRY(stmt_prepare(cx, r->vault, t->tip_sql, &s));
    stmt_bind_int(s, 1, op->record);
    TRY(stmt_step(cx, s, &row));
    *ret = row && op->lamport > stmt_int(s, 0) && stmt_int(s, 1) == 0 && stmt_int(s, 2) == place;
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* Some operation set this field, or moved the state and may have set it too. */
static enum status is_touched(struct ctx *cx, struct records *r, const struct op *op, bool *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    TRY(stmt_use(cx, r->vault, STMT_RECORDS_OP_TOUCHES, &s));
    stmt_bind_int(s, 1, op->record);
    stmt_bind_int(s, 2, op->field);
    TRY(stmt_step(cx, s, ret));
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static bool base_is_empty(bytes base)
{
    return base.len == 1 && base.ptr[0] == 0x80; /* an array of nothing */
}

static enum status row_update(struct ctx *cx, struct records *r, const struct table *t,
                              const struct op *op, size_t field, const struct value *v, bool *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool counts = op->verb != OP_SET;

    TRY(stmt_prepare(cx, r->vault, counts ? t->count_sql[field] : t->set_sql[field], &s));
    stmt_bind_int(s, 1, op->record);
    TRY(row_bind(cx, r, s, 2, &t->type->fields[field], v));
    stmt_bind_int(s, 3, op->time);
    stmt_bind_int(s, 4, op->lamport);
    TRY(stmt_run(cx, s));
    *ret = vault_changes(r->vault) == 1;
out:
    return status;
}

static bool has_short_way(const struct op *op)
{
    return op->fate == FATE_APPLIED && ((op->verb == OP_SET && base_is_empty(op->base)) ||
                                        op->verb == OP_ADD || op->verb == OP_LOG);
}

enum status apply_fast(struct ctx *cx, struct records *r, const struct table *t,
                       const struct op *op, bool *ret_done, bool *ret_stored)
{
    enum status status = STATUS_OK;
    struct value v = {.kind = VALUE_INT, .n = 1}; /* a line counts as one */
    bool newest = false, touched = false, is_new = false;

    *ret_done = false;
    *ret_stored = false;
    if (!has_short_way(op) || (op->verb != OP_LOG && !value_decode(op->value, &v))) {
        goto out;
    }
    if (op->verb == OP_ADD && (v.kind != VALUE_INT || v.n > INT64_MAX / 2 || v.n < INT64_MIN / 2)) {
        goto out;
    }
    TRY(is_newest(cx, r, t, op, &newest));
    if (newest && op->verb == OP_SET) {
        TRY(is_touched(cx, r, op, &touched));
    }
    if (!newest || touched) {
        goto out;
    }
    size_t field = table_field_by_word(t, op->field);
    TRY(op_insert(cx, r, op, &is_new));
    *ret_stored = true;
    if (!is_new) {
        *ret_done = true;
        goto out;
    }
    TRY(row_update(cx, r, t, op, field, &v, ret_done));
    if (*ret_done && t->found[field]) {
        TRY(find_pending_add(cx, r, op->record));
    }
out:
    return status;
}
