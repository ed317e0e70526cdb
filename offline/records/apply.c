/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apply: admitted entries flow into the tables. Each operation is kept first; a record whose state
 * it may change is computed again at the end of the entry (or by the short way of fast.c). Nothing
 * a stranger can write into an operation is an error here: it is kept with the reason why it does
 * not count.
 */
#include <string.h>

#include "records-int.h"

/* A row is there only for a record whose OP_CREATE is here and of this type. */
static enum status has_row(struct ctx *cx, struct records *r, const struct table *t, int64_t record,
                           bool *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    TRY(stmt_prepare(cx, r->vault, t->tip_sql, &s));
    stmt_bind_int(s, 1, record);
    TRY(stmt_step(cx, s, ret));
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* Most operations follow one of the same type, and the row is needed next anyway: its OP_CREATE
 * stands on another page, which would have to be decrypted for this alone. */
static enum status type_of(struct ctx *cx, struct records *r, int64_t record, bool *ret_here,
                           const struct table **ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    *ret = NULL;
    if (r->likely != NULL) {
        TRY(has_row(cx, r, r->likely, record, ret_here));
        if (*ret_here) {
            *ret = r->likely;
            goto out;
        }
    }
    TRY(stmt_use(cx, r->vault, STMT_RECORDS_OP_TYPE, &s));
    stmt_bind_int(s, 1, record);
    TRY(stmt_step(cx, s, ret_here));
    if (*ret_here) {
        *ret = table_by_word(r, stmt_int(s, 0));
        r->likely = *ret;
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status op_take_form(struct ctx *cx, struct records *r, const struct op_form *form,
                         bytes encoded, struct op *op, const struct table **ret_table)
{
    enum status status = STATUS_OK;
    bool here = false;

    op->verb = form->verb;
    op->base = form->base;
    op->value = form->value;
    op->fate = FATE_APPLIED;
    op->standing |= form->joined ? STANDING_JOINED : 0;
    if (form->verb == OP_CREATE) {
        op->record = op->key;
        TRY(word_id(cx, r, form->name, &op->field));
        *ret_table = table_by_word(r, op->field);
        op->fate = *ret_table == NULL ? FATE_TYPE : FATE_APPLIED;
        goto out;
    }
    *ret_table = NULL;
    op->record = ref_key(r, OP_DEVICE(op->key), &form->record);
    op->field = 0;
    if (op->record == 0) { /* kept whole until its record's device is known */
        op->fate = FATE_RECORD;
        op->base = (bytes){0};
        op->value = encoded;
        goto out;
    }
    TRY(type_of(cx, r, op->record, &here, ret_table));
    size_t at = SIZE_MAX;
    if (*ret_table != NULL && form->name.len > 0) {
        at = table_field_by_name(*ret_table, form->name);
    }
    if (at != SIZE_MAX) {
        op->field = (*ret_table)->words[at];
    } else if (form->name.len > 0) {
        TRY(word_id(cx, r, form->name, &op->field));
    }
    op->fate = !here ? FATE_RECORD : *ret_table == NULL ? FATE_TYPE : FATE_APPLIED;
out:
    return status;
}

/* ---- records to be computed again ------------------------------------------------------------ */

enum status dirty_flush(struct ctx *cx, struct records *r)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < r->dirty_count; i++) {
        TRY(rec_load(cx, &r->rec, r->dirty[i], false));
        TRY(rec_judge(cx, &r->rec));
        TRY(rec_store(cx, &r->rec));
    }
out:
    r->dirty_count = 0;
    return status;
}

static bool is_dirty(const struct records *r, int64_t record)
{
    for (size_t i = r->dirty_count; i > 0; i--) {
        if (r->dirty[i - 1] == record) {
            return true;
        }
    }
    return false;
}

enum status dirty_add(struct ctx *cx, struct records *r, int64_t record)
{
    enum status status = STATUS_OK;

    if (is_dirty(r, record)) {
        return STATUS_OK;
    }
    if (r->dirty_count == DIRTY_MAX) {
        TRY(dirty_flush(cx, r));
    }
    r->dirty[r->dirty_count++] = record;
out:
    return status;
}

/* ---- one operation --------------------------------------------------------------------------- */

enum status someone_waits(struct ctx *cx, struct records *r, int64_t record, bool *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    TRY(stmt_use(cx, r->vault, STMT_RECORDS_OP_WAITS, &s));
    stmt_bind_int(s, 1, record);
    TRY(stmt_step(cx, s, ret));
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* A new record that nothing was said about yet: no need to load what was just read. */
static enum status apply_create(struct ctx *cx, struct records *r, const struct table *t,
                                struct op *op)
{
    enum status status = STATUS_OK;
    bool is_new = false, waited = false;

    TRY(check_alone(cx, r, t, op, &op->fate));
    op->stored_fate = op->fate;
    TRY(op_insert(cx, r, op, &is_new));
    if (!is_new) {
        goto out;
    }
    TRY(someone_waits(cx, r, op->key, &waited));
    if (waited) {
        TRY(dirty_add(cx, r, op->key));
        goto out;
    }
    rec_reset(&r->rec, op->key);
    r->rec.table = t;
    TRY(rec_append(cx, &r->rec, op));
    TRY(rec_judge(cx, &r->rec));
    TRY(rec_store(cx, &r->rec));
out:
    return status;
}

static enum status apply_op(struct ctx *cx, struct records *r, const struct table *t, struct op *op)
{
    enum status status = STATUS_OK;
    bool done = false, stored = false, is_new = false;

    if (op->verb == OP_CREATE && t != NULL) {
        return apply_create(cx, r, t, op);
    }
    if (t == NULL) {
        TRY(op_insert(cx, r, op, &is_new));
        r->strays |= op->record == 0;
        goto out;
    }
    TRY(check_alone(cx, r, t, op, &op->fate));
    if (!is_dirty(r, op->record)) {
        TRY(apply_fast(cx, r, t, op, &done, &stored));
    }
    if (!stored) {
        TRY(op_insert(cx, r, op, &is_new));
        done = !is_new;
    }
    if (!done) {
        TRY(dirty_add(cx, r, op->record));
    }
out:
    return status;
}

/* Verbs of other rooms are theirs. */
static bool is_ours(bytes encoded)
{
    struct wire_reader r;
    wire_reader_init(&r, encoded);
    (void)wire_get_array(&r, 1, SIZE_MAX);
    return wire_get_uint(&r, UINT64_MAX) <= OP_VERB_LAST;
}

enum status op_read(struct ctx *cx, struct records *r, const struct origin *from, size_t index,
                    bytes encoded, struct op *ret, const struct table **ret_table, bool *ret_ours)
{
    enum status status = STATUS_OK;
    struct op_form form;

    *ret_table = NULL;
    *ret_ours = true;
    *ret = (struct op){.key = OP_KEY(from->device, from->seq, index),
                       .lamport = from->lamport,
                       .standing = from->standing,
                       .time = from->time,
                       .fate = FATE_MALFORMED,
                       .value = encoded};
    if (!op_parse(encoded, &form)) {
        *ret_ours = is_ours(encoded);
        goto out;
    }
    if (!add_i64(from->time, form.seconds, &ret->time)) {
        ret->time = from->time;
    }
    TRY(op_take_form(cx, r, &form, encoded, ret, ret_table));
out:
    return status;
}

enum status origin_of(struct ctx *cx, struct records *r, const struct entry_info *info,
                      struct origin *ret)
{
    enum status status = STATUS_OK;

    *ret =
        (struct origin){.device = team_device_home(r->team, info->device_ix),
                        .seq = info->seq,
                        .lamport = info->lamport > INT64_MAX ? INT64_MAX : (int64_t)info->lamport};
    TRY(standing_of(cx, r, info, &ret->standing));
out:
    return status;
}

static enum status apply_encoded(struct ctx *cx, struct records *r, const struct origin *from,
                                 size_t index, bytes encoded)
{
    enum status status = STATUS_OK;
    const struct table *t = NULL;
    bool ours = false;
    struct op op;

    TRY(op_read(cx, r, from, index, encoded, &op, &t, &ours));
    if (ours) {
        TRY(apply_op(cx, r, t, &op));
    }
out:
    return status;
}

/* A device became known: operations that named its records may find them now. */
static enum status adopt_strays(struct ctx *cx, struct records *r)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    struct buf encoded;
    bool row = false;
    const struct table *t = NULL;

    buf_init(&encoded, BODY_PLAIN_MAX);
    for (struct op op = {0};;) {
        TRY(stmt_use(cx, r->vault, STMT_RECORDS_OP_STRAY, &s));
        stmt_bind_int(s, 1, op.key);
        TRY(stmt_step(cx, s, &row));
        if (!row) {
            break;
        }
        struct op_form form;
        op.key = stmt_int(s, 0);
        op.standing = stmt_int(s, 3);
        buf_clear(&encoded);
        TRY(buf_add(cx, &encoded, stmt_bytes(s, 4)));
        stmt_reset(s);
        if (!op_parse(buf_view(&encoded), &form)) {
            continue;
        }
        TRY(op_take_form(cx, r, &form, buf_view(&encoded), &op, &t));
        if (op.record == 0) {
            continue;
        }
        TRY(stmt_use(cx, r->vault, STMT_RECORDS_OP_ADOPT, &s));
        stmt_bind_int(s, 1, op.key);
        stmt_bind_int(s, 2, op.record);
        stmt_bind_int(s, 3, op.field);
        stmt_bind_bytes(s, 4, op.base);
        stmt_bind_bytes(s, 5, op.value);
        TRY(stmt_run(cx, s));
        TRY(dirty_add(cx, r, op.record));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    buf_finish(&encoded);
    return status;
}

static enum status apply_body(struct ctx *cx, struct records *r, const struct entry_info *info,
                              bytes body)
{
    enum status status = STATUS_OK;
    struct body_reader reader;
    struct origin from;
    bytes encoded;

    TRY(origin_of(cx, r, info, &from));
    TRY(body_read_start(cx, body, &reader));
    from.time = reader.time;
    while (body_read_next(&reader, &encoded)) {
        TRY(apply_encoded(cx, r, &from, reader.index, encoded));
    }
    TRY(body_read_done(cx, &reader));
    TRY(dirty_flush(cx, r));
out:
    return status;
}

enum status records_apply(void *self, struct ctx *cx, const struct entry_info *info, bytes body)
{
    enum status status = STATUS_OK;
    struct records *r = self;
    int64_t home = team_device_home(r->team, info->device_ix);

    if (r->strays && team_device_count(r->team) != r->devices_known) {
        r->devices_known = team_device_count(r->team);
        TRY(adopt_strays(cx, r));
    }
    if (team_device_lane(r->team, home, 1) != 0) { /* another branch may stand in its place */
        TRY(records_changed(self, cx, info->device_ix, info->seq, info->seq));
    } else {
        TRY(apply_body(cx, r, info, body));
    }
out:
    if (status != STATUS_OK) {
        r->dirty_count = 0;
    }
    rec_reset(&r->rec, 0); /* secrets go with it */
    return status;
}
