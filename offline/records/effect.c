/* SPDX-License-Identifier: Apache-2.0 */
/*
 * effect: entries that count differently than they did. Their operations are marked (they stay, so
 * that what others made on top of them still knows what it was made on), and the records they touch
 * are derived again from their operations, those records only. What comes out is what a replay of
 * everything would give; tests/unit/test_records_void.c compares the two.
 *
 * Of a forked device at most one branch counts at any place. The operations of that one stand under
 * the device's own number; where no branch counts there is nothing, because what is said of such a
 * place by others could mean either branch.
 */
#include <stdlib.h>
#include <string.h>

#include "records-int.h"

struct effect {
    struct records *r;
    int64_t *touched; /* records */
    size_t count, cap;
    struct buf body;
};

static void effect_init(struct effect *e, struct records *r)
{
    *e = (struct effect){.r = r};
    buf_init(&e->body, BODY_PLAIN_MAX);
}

static void effect_finish(struct effect *e)
{
    free(e->touched);
    buf_finish(&e->body);
    rec_reset(&e->r->rec, 0); /* secrets go with it */
}

static enum status touch(struct ctx *cx, struct effect *e, int64_t record)
{
    enum status status = STATUS_OK;

    if (record == 0 || (e->count > 0 && e->touched[e->count - 1] == record)) {
        return STATUS_OK;
    }
    TRY(mem_grow(cx, (void **)&e->touched, &e->cap, e->count + 1, sizeof(*e->touched)));
    e->touched[e->count++] = record;
out:
    return status;
}

static int compare_keys(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x == y ? 0 : x < y ? -1 : 1;
}

/* In the order of the tables, each once. */
static enum status derive(struct ctx *cx, struct effect *e)
{
    enum status status = STATUS_OK;
    struct rec *rec = &e->r->rec;

    if (e->count > 1) {
        qsort(e->touched, e->count, sizeof(*e->touched), compare_keys);
    }
    for (size_t i = 0; i < e->count; i++) {
        if (i > 0 && e->touched[i] == e->touched[i - 1]) {
            continue;
        }
        TRY(rec_load(cx, rec, e->touched[i], false));
        TRY(rec_judge(cx, rec));
        TRY(rec_store(cx, rec));
    }
out:
    return status;
}

/* ---- one operation --------------------------------------------------------------------------- */

/* *ret_same: the row stands as it should. */
static enum status row_stands(struct ctx *cx, struct effect *e, const struct op *op, bool *ret_row,
                              bool *ret_same, int64_t *ret_record)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    TRY(stmt_use(cx, e->r->vault, STMT_RECORDS_OP_STANDS, &s));
    stmt_bind_int(s, 1, op->key);
    TRY(stmt_step(cx, s, ret_row));
    if (*ret_row) {
        *ret_record = stmt_int(s, 0);
        *ret_same = (stmt_int(s, 1) == FATE_VOID) == (op->fate == FATE_VOID) &&
                    stmt_int(s, 2) == op->standing;
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status row_restand(struct ctx *cx, struct effect *e, const struct op *op)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    TRY(stmt_use(cx, e->r->vault, STMT_RECORDS_OP_RESTAND, &s));
    stmt_bind_int(s, 1, op->key);
    stmt_bind_int(s, 2, op->standing);
    stmt_bind_int(s, 3, (int64_t)op->fate);
    TRY(stmt_run(cx, s));
out:
    return status;
}

static enum status effect_op(struct ctx *cx, struct effect *e, struct op *op, const struct table *t,
                             bool counts)
{
    enum status status = STATUS_OK;
    bool row = false, same = false, is_new = false;
    int64_t record = op->record;

    op->fate = counts ? op->fate : FATE_VOID;
    TRY(row_stands(cx, e, op, &row, &same, &record));
    if (row && same) {
        goto out;
    }
    if (counts && t != NULL) {
        TRY(check_alone(cx, e->r, t, op, &op->fate));
    }
    if (row) {
        TRY(row_restand(cx, e, op));
    } else {
        TRY(op_insert(cx, e->r, op, &is_new));
        e->r->strays |= op->record == 0;
    }
    TRY(touch(cx, e, record));
out:
    return status;
}

/* ---- one entry ------------------------------------------------------------------------------- */

static enum status effect_body(struct ctx *cx, struct effect *e, const struct entry_info *info,
                               bool counts)
{
    enum status status = STATUS_OK;
    struct entry_info as = *info;
    const struct table *t = NULL;
    struct body_reader reader;
    struct origin from;
    bool ours = false;
    struct op op;
    bytes encoded;

    if (!counts) {
        as.role_count = 0; /* by nobody's right */
    }
    TRY(origin_of(cx, e->r, &as, &from));
    TRY(body_read_start(cx, buf_view(&e->body), &reader));
    from.time = reader.time;
    while (body_read_next(&reader, &encoded)) {
        TRY(op_read(cx, e->r, &from, reader.index, encoded, &op, &t, &ours));
        if (ours) {
            TRY(effect_op(cx, e, &op, t, counts));
        }
    }
    TRY(body_read_done(cx, &reader));
out:
    return status;
}

/* *ret_held false: the lane has no data entry there. */
static enum status lane_load(struct ctx *cx, struct effect *e, int64_t lane, uint64_t seq,
                             struct entry_info *info, bool *ret_held, bool *ret_counts,
                             bool *ret_readable)
{
    enum status status =
        log_entry_load(cx, e->r->team, lane, seq, info, &e->body, ret_counts, ret_readable);
    *ret_held = status == STATUS_OK;
    if (status == STATUS_NOT_FOUND) {
        fault_clear(cx);
        status = STATUS_OK;
    }
    return status;
}

/* A create goes, and with it the row of its type; what the record is then is derived after. */
static enum status drop_wide(struct ctx *cx, struct effect *e, int64_t record, int64_t type)
{
    enum status status = STATUS_OK;
    const struct table *t = table_by_word(e->r, type);
    struct stmt *s = NULL;

    if (t == NULL) {
        return STATUS_OK;
    }
    TRY(stmt_prepare(cx, e->r->vault, t->drop_sql, &s));
    stmt_bind_int(s, 1, record);
    TRY(stmt_run(cx, s));
    TRY(find_pending_add(cx, e->r, record));
out:
    return status;
}

static enum status drop_rows(struct ctx *cx, struct effect *e, int64_t home, uint64_t seq)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, e->r->vault, STMT_RECORDS_OP_AT, &s));
    stmt_bind_int(s, 1, OP_KEY(home, seq, 0));
    stmt_bind_int(s, 2, OP_KEY(home, seq, OP_INDEX_MAX));
    for (;;) {
        TRY(stmt_step(cx, s, &row));
        if (!row) {
            break;
        }
        TRY(touch(cx, e, stmt_int(s, 0)));
        if (stmt_int(s, 1) == OP_CREATE) {
            TRY(drop_wide(cx, e, stmt_int(s, 0), stmt_int(s, 2)));
        }
    }
    TRY(stmt_use(cx, e->r->vault, STMT_RECORDS_OP_DROP, &s));
    stmt_bind_int(s, 1, OP_KEY(home, seq, 0));
    stmt_bind_int(s, 2, OP_KEY(home, seq, OP_INDEX_MAX));
    TRY(stmt_run(cx, s));
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* The branch that counts there, or none. */
static enum status effect_forked(struct ctx *cx, struct effect *e, int64_t home, uint64_t seq)
{
    enum status status = STATUS_OK;
    struct entry_info info;
    bool held = false, counts = false, readable = false;
    int64_t counting = 0, only = 0;
    size_t lanes = 0;

    for (size_t i = 0; team_device_lane(e->r->team, home, i) != 0; i++) {
        int64_t lane = team_device_lane(e->r->team, home, i);
        TRY(lane_load(cx, e, lane, seq, &info, &held, &counts, &readable));
        lanes += held ? 1 : 0;
        only = held ? lane : only;
        counting = held && counts ? lane : counting;
    }
    if (lanes == 0) {
        goto out;
    }
    if (lanes > 1) {
        TRY(drop_rows(cx, e, home, seq));
        only = counting;
    }
    if (only != 0) {
        TRY(lane_load(cx, e, only, seq, &info, &held, &counts, &readable));
        if (held && readable) {
            TRY(effect_body(cx, e, &info, counts));
        }
    }
out:
    return status;
}

static enum status effect_entry(struct ctx *cx, struct effect *e, int64_t home, uint64_t seq)
{
    enum status status = STATUS_OK;
    struct entry_info info;
    bool held = false, counts = false, readable = false;

    if (team_device_lane(e->r->team, home, 1) != 0) {
        return effect_forked(cx, e, home, seq);
    }
    TRY(lane_load(cx, e, home, seq, &info, &held, &counts, &readable));
    if (held && readable) {
        TRY(effect_body(cx, e, &info, counts));
    }
out:
    return status;
}

enum status records_changed(void *self, struct ctx *cx, int64_t device_ix, uint64_t from,
                            uint64_t to)
{
    enum status status = STATUS_OK;
    struct records *r = self;
    const struct team_device *d = team_device_by_ix(r->team, device_ix);
    struct effect e;

    effect_init(&e, r);
    uint64_t end = d == NULL ? 0 : d->head_seq + 1; /* the open entry included */
    int64_t home = team_device_home(r->team, device_ix);
    for (uint64_t seq = from; seq <= to && seq <= end; seq++) {
        TRY(effect_entry(cx, &e, home, seq));
    }
    TRY(derive(cx, &e));
out:
    effect_finish(&e);
    return status;
}

enum status voids_replay(struct ctx *cx, struct records *r)
{
    enum status status = STATUS_OK;
    struct void_list voids = {.count = 0};
    struct effect e;

    effect_init(&e, r);
    TRY(voids_load(cx, r, &voids));
    for (size_t i = 0; i < voids.count; i++) {
        int64_t home = team_device_home(r->team, voids.at[i].device_ix);
        TRY(effect_entry(cx, &e, home, voids.at[i].seq));
    }
    TRY(derive(cx, &e));
out:
    voids_finish(&voids);
    effect_finish(&e);
    return status;
}
