/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charter read back: operations that were judged when they came are applied again with the
 * facts kept then, in the log's order, each time a team is opened.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

enum { REFUSED_HERE_MAX = CONTROL_OPS_MAX };
struct refused_ops {
    int64_t op[REFUSED_HERE_MAX];
    size_t count;
};

static enum status refused_load(struct ctx *cx, struct team *t, int64_t key,
                                struct refused_ops *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    ret->count = 0;
    TRY(stmt_use(cx, t->v, STMT_LOG_REFUSED_GET, &s));
    stmt_bind_int(s, 1, key);
    TRY(stmt_step(cx, s, &row));
    while (row && ret->count < REFUSED_HERE_MAX) {
        ret->op[ret->count++] = stmt_int(s, 0);
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static bool refused_has(const struct refused_ops *r, size_t index)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->op[i] == (int64_t)index) {
            return true;
        }
    }
    return false;
}

/* What operation `index` of the entry learned of the past; empty when nothing was kept. */
static enum status fact_load(struct ctx *cx, struct team *t, int64_t key, struct authored *a)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    buf_clear(&a->fact);
    buf_clear(&a->seen);
    TRY(stmt_use(cx, t->v, STMT_LOG_FACT_GET, &s));
    stmt_bind_int(s, 1, key);
    stmt_bind_int(s, 2, (int64_t)a->index);
    TRY(stmt_step(cx, s, &row));
    if (row) {
        TRY(buf_add(cx, &a->fact, stmt_bytes(s, 0)));
        TRY(buf_add(cx, &a->seen, stmt_bytes(s, 1)));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status fact_store(struct ctx *cx, struct team *t, const struct authored *a)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    if ((a->fact.len == 0 && a->seen.len == 0) || t->readonly || t->trusted) {
        return STATUS_OK;
    }
    TRY(stmt_use(cx, t->v, STMT_LOG_FACT_INSERT, &s));
    stmt_bind_int(s, 1, ENTRY_KEY(a->place.ix, a->place.seq));
    stmt_bind_int(s, 2, (int64_t)a->index);
    stmt_bind_bytes(s, 3, buf_view(&a->fact));
    stmt_bind_bytes(s, 4, buf_view(&a->seen));
    TRY(stmt_run(cx, s));
out:
    return status;
}

/* The same fact is stored: log_check asks. */
enum status fact_same(struct ctx *cx, struct team *t, const struct authored *a, bool *ret)
{
    enum status status = STATUS_OK;
    struct authored stored;

    authored_init(&stored);
    stored.index = a->index;
    TRY(fact_load(cx, t, ENTRY_KEY(a->place.ix, a->place.seq), &stored));
    *ret = bytes_compare(buf_view(&stored.fact), buf_view(&a->fact)) == 0 &&
           bytes_compare(buf_view(&stored.seen), buf_view(&a->seen)) == 0;
out:
    authored_finish(&stored);
    return status;
}

/* SHAREs and ASKs of epochs that stand later in this order: of another history, where their author
 * held them but did not build on them [AUTH-40]. */
struct late {
    struct late_op {
        int64_t key;
        size_t index;
    } * at;
    size_t count, cap;
};

static enum status late_add(struct ctx *cx, struct late *l, int64_t key, size_t index)
{
    enum status status = STATUS_OK;
    TRY(MEM_GROW(cx, l->at, l->cap, l->count + 1));
    l->at[l->count++] = (struct late_op){key, index};
out:
    return status;
}

static bool is_late(struct ctx *cx, const struct team *t, bytes encoded)
{
    struct charter_op op;
    const struct epoch *e;

    if (charter_op_parse(cx, encoded, &op) != STATUS_OK) {
        fault_clear(cx); /* charter_apply() says so */
        return false;
    }
    if (op.verb != CHARTER_SHARE && op.verb != CHARTER_ASK) {
        return false;
    }
    e = epoch_by_id(t, op.verb == CHARTER_SHARE ? &op.u.share.epoch : &op.u.ask.epoch);
    return e == NULL || !e->declared;
}

/* only: one operation that was late; NULL: all that are not. */
static enum status load_entry(struct ctx *cx, struct team *t, int64_t key,
                              const struct late_op *only, struct late *late, struct log_row *row,
                              struct buf *plain)
{
    enum status status = STATUS_OK;
    struct body_reader b;
    struct entry_header h;
    struct refused_ops skip;
    struct epoch *e;
    bytes op;
    struct authored a;

    authored_init(&a);
    a.place = (struct place){ENTRY_IX(key), ENTRY_SEQ(key)};
    TRY(log_row_load(cx, t, key, row));
    if (row->state != ENTRY_GOOD) {
        goto out;
    }
    TRY(refused_load(cx, t, key, &skip));
    TRY(entry_header_parse(cx, buf_view(&row->header), &h));
    a.author = device_by_ix(t, a.place.ix);
    a.author = a.author == NULL ? NULL : a.author->of;
    a.entry = row->id;
    a.lamport = row->lamport;
    e = epoch_by_id(t, &h.epoch);
    a.under = e;
    if (e == NULL || e->key == NULL || a.author == NULL) {
        FAIL(cx, STATUS_INTEGRITY, "a control entry of the log has no key any more");
    }
    if (!id_is_zero(&h.via)) {
        a.via = appointment_by_id(t, &h.via, &a.author->pub.member);
    }
    buf_clear(plain);
    TRY(body_open(cx, secret_key(e->key), &t->id, &h, buf_view(&row->body), plain));
    TRY(body_read_start(cx, buf_view(plain), &b));
    a.entry_time = b.time;
    while (body_read_next(&b, &op)) {
        bool applies = only == NULL ? !refused_has(&skip, a.index) : a.index == only->index;
        if (applies && only == NULL && is_late(cx, t, op)) {
            TRY(late_add(cx, late, key, a.index));
        } else if (applies && only != NULL && is_late(cx, t, op)) {
            status = log_damage(cx, key, "the epoch it names is not there");
            goto out;
        } else if (applies) {
            TRY(fact_load(cx, t, key, &a));
            TRY(charter_apply(cx, t, &a, op));
        }
        a.index++;
    }
    TRY(body_read_done(cx, &b));
out:
    authored_finish(&a);
    return status;
}

enum status charter_load(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct log_order order = {0};
    struct late late = {.at = NULL};
    struct log_row row;
    struct buf plain;

    log_row_init(&row);
    buf_init(&plain, BODY_PLAIN_MAX);
    t->trusted = true;
    TRY(log_order_load(cx, t, PICK_CONTROL, &order));
    for (size_t i = 0; i < order.count; i++) {
        int64_t key = order.items[i].key;
        TRY(log_as_damage(cx, key, load_entry(cx, t, key, NULL, &late, &row, &plain)));
    }
    for (size_t i = 0; i < late.count; i++) {
        const struct late_op *op = &late.at[i]; /* of a log that is whole: its epoch has come */
        TRY(log_as_damage(cx, op->key, load_entry(cx, t, op->key, op, NULL, &row, &plain)));
    }
    TRY(members_refresh(cx, t));
out:
    t->trusted = false;
    free(late.at);
    buf_finish(&plain);
    log_row_finish(&row);
    log_order_finish(&order);
    return status;
}
