/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Old piece chains, and which one to send with. A control epoch's chains are in use until a newer
 * one is known; colleagues' chains of older epochs are erased a window and a grace later, and what
 * still comes under them is sent again under newer ones. This device's own chains open nothing of
 * the past; they are kept until every receiver is known to hold a newer one.
 *
 * A piece is sent under the newest epoch whose chain its receiver is known to hold: the EPOCH
 * that brings a new one has to be readable before it is there.
 */
#include <string.h>

#include "lanes-int.h"

static bool larger(const struct epoch *a, const struct epoch *b)
{
    if (b == NULL || a->number != b->number) {
        return b == NULL || a->number > b->number;
    }
    return id_compare(&a->id, &b->id) > 0;
}

/* ---- sending ---- */

/* The entry that gave the device this chain is among what it holds. */
static bool told(const struct team *t, bytes frontier, struct place place)
{
    const struct device *d = device_by_ix(t, place.ix);
    const struct branch *b = d == NULL ? NULL : branch_at(d, place.seq);
    return place.ix == 0 ||
           (d != NULL && frontier_seq(frontier, b == NULL ? &d->pub.id : &b->id) >= place.seq);
}

/* Epochs this device has a chain of its own in. */
enum { OWN_EPOCHS_MAX = 64 };
static enum status own_epochs(struct ctx *cx, struct team *t, struct epoch **ret, size_t *ret_count)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;
    struct id id;

    *ret_count = 0;
    TRY(stmt_use(cx, t->v, STMT_CHAIN_OWN_EPOCHS, &s));
    stmt_bind_int(s, 1, t->self->pub.ix);
    TRY(stmt_step(cx, s, &row));
    while (row && *ret_count < OWN_EPOCHS_MAX) {
        if (stmt_bytes(s, 0).len == sizeof id.b) {
            memcpy(id.b, stmt_bytes(s, 0).ptr, sizeof id.b);
            ret[*ret_count] = epoch_by_id(t, &id);
            *ret_count += ret[*ret_count] != NULL;
        }
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status chain_send_epoch(struct ctx *cx, struct team *t, int64_t device_ix, bytes frontier,
                             struct id *ret)
{
    enum status status = STATUS_OK;
    const struct epoch *best = NULL, *newest = NULL;
    struct epoch *own[OWN_EPOCHS_MAX];
    struct place place;
    size_t count = 0;

    TRY(team_sync(cx, t));
    const struct device *to = device_by_ix(t, device_ix);
    TRY(own_epochs(cx, t, own, &count));
    for (size_t i = 0; i < count; i++) {
        newest = larger(own[i], newest) ? own[i] : newest;
        if (to != NULL && larger(own[i], best) &&
            reached_place(t, &own[i]->id, to->pub.id.b, &place) && told(t, frontier, place)) {
            best = own[i];
        }
    }
    best = best != NULL ? best : newest; /* it gets this device's chain by others' bundles */
    if (best == NULL) {
        FAIL(cx, STATUS_NOT_FOUND, "this device has no piece chain yet: log_sign_head() makes it");
    }
    *ret = best->id;
out:
    return status;
}

static enum status own_delete(struct ctx *cx, struct team *t, const struct id *epoch)
{
    static const enum stmt_id ways[] = {STMT_CHAIN_OWN_STEPS_DELETE, STMT_CHAIN_OWN_DELETE};
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    for (size_t k = 0; k < 2; k++) {
        TRY(stmt_use(cx, t->v, ways[k], &s));
        stmt_bind_int(s, 1, t->self->pub.ix);
        stmt_bind_bytes(s, 2, BYTES_OF(epoch->b));
        TRY(stmt_run(cx, s));
    }
out:
    return status;
}

enum status chain_forget_before(struct ctx *cx, struct team *t, const struct id *epochs,
                                size_t count)
{
    enum status status = STATUS_OK;
    const struct epoch *oldest = NULL;
    struct epoch *own[OWN_EPOCHS_MAX];
    size_t own_count = 0;

    for (size_t i = 0; i < count; i++) {
        const struct epoch *e = epoch_by_id(t, &epochs[i]);
        oldest = e != NULL && (oldest == NULL || e->number < oldest->number) ? e : oldest;
    }
    TRY(own_epochs(cx, t, own, &own_count));
    for (size_t i = 0; i < own_count && oldest != NULL; i++) {
        if (own[i]->number < oldest->number) {
            TRY(own_delete(cx, t, &own[i]->id));
        }
    }
out:
    return status;
}

/* ---- age ---- */

/* Epochs of chains that are in use though a newer epoch is known; at most 64 at a time. */
enum { OUTDATED_MAX = 64 };
struct outdated {
    struct id epoch[OUTDATED_MAX];
    size_t count;
};

static enum status outdated_load(struct ctx *cx, struct team *t, struct outdated *ret)
{
    enum status status = STATUS_OK;
    const struct epoch *newest = epoch_for_keys(t), *e;
    struct stmt *s = NULL;
    bool row = false;
    struct id id;

    ret->count = 0;
    TRY(stmt_use(cx, t->v, STMT_CHAIN_EPOCHS, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    while (row) {
        if (stmt_bytes(s, 0).len == sizeof id.b && ret->count < OUTDATED_MAX && newest != NULL) {
            memcpy(id.b, stmt_bytes(s, 0).ptr, sizeof id.b);
            e = epoch_by_id(t, &id);
            if (e != NULL && newest->declared && e->number < newest->number) {
                ret->epoch[ret->count++] = id;
            }
        }
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status chains_due(struct ctx *cx, struct team *t, int64_t grace, bool *ret)
{
    enum status status = STATUS_OK;
    int64_t now = cx->system->now(cx->system->self);
    struct outdated old;
    struct stmt *s = NULL;
    bool row = false;

    TRY(outdated_load(cx, t, &old));
    TRY(stmt_use(cx, t->v, STMT_CHAIN_OLD_COUNT, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_int(s, 2, t->self->pub.ix);
    stmt_bind_int(s, 3, now - WINDOW_SECONDS - grace);
    TRY(stmt_step(cx, s, &row));
    *ret = old.count > 0 || stmt_int(s, 0) > 0;
    stmt_reset(s);
out:
    return status;
}

enum status chains_erase(struct ctx *cx, struct team *t, int64_t grace)
{
    static const enum stmt_id ways[] = {STMT_CHAIN_OLD_STEPS_DELETE, STMT_CHAIN_OLD_DELETE};
    enum status status = STATUS_OK;
    int64_t now = cx->system->now(cx->system->self);
    struct outdated old;
    struct stmt *s = NULL;

    TRY(outdated_load(cx, t, &old));
    for (size_t i = 0; i < old.count; i++) {
        TRY(stmt_use(cx, t->v, STMT_CHAIN_RETIRE, &s));
        stmt_bind_int(s, 1, t->key);
        stmt_bind_bytes(s, 2, BYTES_OF(old.epoch[i].b));
        stmt_bind_int(s, 3, now);
        TRY(stmt_run(cx, s));
    }
    for (size_t i = 0; i < 2; i++) {
        TRY(stmt_use(cx, t->v, ways[i], &s));
        stmt_bind_int(s, 1, t->key);
        stmt_bind_int(s, 2, t->self->pub.ix);
        stmt_bind_int(s, 3, now - WINDOW_SECONDS - grace);
        TRY(stmt_run(cx, s));
    }
    t->chains_ready = false;
out:
    return status;
}
