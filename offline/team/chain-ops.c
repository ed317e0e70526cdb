/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CHAIN operations and the chains an EPOCH starts: who is told from where on a sender's pieces can
 * be opened, and what this device knows of who holds its own chain (heal.c hands it to the rest).
 */
#include <string.h>

#include "team-int.h"

/* rows: epoch id, short id, ix and seq of the entry that gave it */
enum { REACHED_KEY = 32 + SHORT_ID_BYTES, REACHED_BYTES = REACHED_KEY + 16, REACHED_MAX = 65536 };

/* ---- who holds this device's chain ---- */

static uint8_t *reached_row(const struct team *t, const struct id *epoch,
                            const uint8_t short_id[static SHORT_ID_BYTES])
{
    for (size_t at = 0; at + REACHED_BYTES <= t->reached.len; at += REACHED_BYTES) {
        uint8_t *row = t->reached.ptr + at;
        if (memcmp(row, epoch->b, 32) == 0 && memcmp(row + 32, short_id, SHORT_ID_BYTES) == 0) {
            return row;
        }
    }
    return NULL;
}

bool reached_has(const struct team *t, const struct id *epoch,
                 const uint8_t short_id[static SHORT_ID_BYTES])
{
    return reached_row(t, epoch, short_id) != NULL;
}

bool reached_place(const struct team *t, const struct id *epoch,
                   const uint8_t short_id[static SHORT_ID_BYTES], struct place *ret)
{
    const uint8_t *row = reached_row(t, epoch, short_id);
    if (row != NULL) {
        ret->ix = (int64_t)get_u64le(row + REACHED_KEY);
        ret->seq = get_u64le(row + REACHED_KEY + 8);
    }
    return row != NULL;
}

void reached_drop(struct team *t, const struct id *epoch,
                  const uint8_t short_id[static SHORT_ID_BYTES])
{
    uint8_t *row = reached_row(t, epoch, short_id);
    if (row != NULL) {
        memmove(row, t->reached.ptr + t->reached.len - REACHED_BYTES, REACHED_BYTES);
        t->reached.len -= REACHED_BYTES;
    }
}

/* The oldest epoch's rows give way: nobody sends with its chains any more. */
static void reached_make_room(struct team *t)
{
    const struct epoch *oldest = NULL;
    struct id id;
    size_t kept = 0;

    for (size_t at = 0; at + REACHED_BYTES <= t->reached.len; at += REACHED_BYTES) {
        memcpy(id.b, t->reached.ptr + at, sizeof id.b);
        const struct epoch *e = epoch_by_id(t, &id);
        oldest = e != NULL && (oldest == NULL || e->number < oldest->number) ? e : oldest;
    }
    for (size_t at = 0; oldest != NULL && at + REACHED_BYTES <= t->reached.len;
         at += REACHED_BYTES) {
        if (memcmp(t->reached.ptr + at, oldest->id.b, sizeof id.b) != 0) {
            memmove(t->reached.ptr + kept, t->reached.ptr + at, REACHED_BYTES);
            kept += REACHED_BYTES;
        }
    }
    t->reached.len = kept;
}

enum status reached_add(struct ctx *cx, struct team *t, const struct id *epoch,
                        const uint8_t short_id[static SHORT_ID_BYTES], struct place by)
{
    enum status status = STATUS_OK;
    uint8_t *at = reached_row(t, epoch, short_id);

    if (at != NULL && by.ix == 0) { /* the invite brought it: nothing has to come before */
        memset(at + REACHED_KEY, 0, REACHED_BYTES - REACHED_KEY);
    }
    if (at != NULL || device_by_short(t, BYTES(short_id, SHORT_ID_BYTES)) == NULL) {
        return STATUS_OK;
    }
    if (t->reached.len >= (size_t)REACHED_BYTES * REACHED_MAX) {
        reached_make_room(t);
    }
    TRY(buf_extend(cx, &t->reached, REACHED_BYTES, &at));
    memcpy(at, epoch->b, 32);
    memcpy(at + 32, short_id, SHORT_ID_BYTES);
    put_u64le(at + REACHED_KEY, (uint64_t)by.ix);
    put_u64le(at + REACHED_KEY + 8, by.seq);
out:
    return status;
}

/* ---- CHAIN, and the chains an EPOCH starts ---- */

static bool seals_have(bytes seals, const struct id *device)
{
    struct rows rows;
    struct seal_row row;
    rows_read(&rows, seals);
    while (rows_next_seal(&rows, &row)) {
        if (memcmp(row.device, device->b, SHORT_ID_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static enum status start_one(struct ctx *cx, struct team *t, const struct epoch_op *op,
                             const struct key *transport, const struct device *d)
{
    struct chain start;
    chain_start(transport, &d->pub.id, &start);
    enum status status = chain_keep(cx, t, d, &op->id, &start);
    key_wipe(&start.ck);
    return status;
}

enum status chain_apply_epoch(struct ctx *cx, struct team *t, const struct authored *a,
                              const struct epoch_op *op, const struct key *transport)
{
    enum status status = STATUS_OK;
    struct rows rows;
    struct seal_row row;

    if (t->self == NULL || (a->author != t->self && !seals_have(op->seals, &t->self->pub.id))) {
        return STATUS_OK;
    }
    rows_read(&rows, op->seals);
    while (rows_next_seal(&rows, &row)) {
        const struct device *d = device_by_short(t, BYTES_OF(row.device));
        if (transport == NULL) {
            TRY(reached_add(cx, t, &op->id, row.device, a->place));
        } else if (d != NULL) {
            TRY(start_one(cx, t, op, transport, d));
        }
    }
    if (transport == NULL) {
        TRY(reached_add(cx, t, &op->id, a->author->pub.id.b, (struct place){0, 0}));
    } else {
        TRY(start_one(cx, t, op, transport, a->author));
    }
out:
    return status;
}

static enum status chain_unseal(struct ctx *cx, struct team *t, const struct authored *a,
                                const struct chain_op *op, const struct device *about)
{
    enum status status = STATUS_OK;
    struct sealed s = {.by = a, .eph_pk = op->eph_pk};
    struct chain chain = {.next = op->step};
    struct rows rows;
    struct seal_row row;
    struct buf payload;
    bool there = false;

    buf_init(&payload, 64);
    seal_context_make(t, SEAL_CHAIN, &op->epoch, &op->device, &t->self->pub.id, &s.context);
    rows_read(&rows, op->seals);
    while (!there && rows_next_seal(&rows, &row)) {
        if (memcmp(row.device, t->self->pub.id.b, SHORT_ID_BYTES) == 0) {
            buf_clear(&payload);
            s.window = row.window;
            s.seal = row.seal;
            TRY(seal_open_own(cx, t, &s, &payload, &there));
        }
    }
    if (there && payload.len == sizeof chain.ck.b) {
        memcpy(chain.ck.b, payload.ptr, sizeof chain.ck.b);
        TRY(chain_keep(cx, t, about, &op->epoch, &chain));
    }
out:
    key_wipe(&chain.ck);
    buf_finish(&payload);
    return status;
}

/* True when the operation hands on the chain this device sends with: its own word, or the seed of
 * the invite it used (two colleagues may have answered one join file with two seeds). */
static enum status own_chain_meant(struct ctx *cx, struct team *t, const struct authored *a,
                                   const struct chain_op *op, bool *ret)
{
    enum status status = STATUS_OK;
    struct pairing pair;

    *ret = false;
    if (id_equal(&op->device, &t->self->pub.id)) {
        TRY(pair_load(cx, t, a->author, &pair));
        *ret = a->author == t->self || pair.there;
        pair_wipe(&pair);
    }
out:
    return status;
}

/* Learns who holds this device's chain. */
static enum status chain_reached(struct ctx *cx, struct team *t, const struct authored *a,
                                 const struct chain_op *op)
{
    enum status status = STATUS_OK;
    struct rows rows;
    struct seal_row row;
    uint8_t short_id[SHORT_ID_BYTES];
    bool own = false;

    TRY(own_chain_meant(cx, t, a, op, &own));
    if (own) {
        TRY(reached_add(cx, t, &op->epoch, a->author->pub.id.b, (struct place){0, 0}));
        rows_read(&rows, op->seals);
        while (rows_next_seal(&rows, &row)) {
            TRY(reached_add(cx, t, &op->epoch, row.device, a->place));
        }
    }
    rows_read(&rows, op->handed);
    while (rows_next_fixed(&rows, short_id, sizeof short_id)) {
        if (memcmp(short_id, t->self->pub.id.b, SHORT_ID_BYTES) == 0) {
            TRY(reached_add(cx, t, &op->epoch, op->device.b, (struct place){0, 0}));
        }
    }
out:
    return status;
}

static bool let_in_by(const struct device *d, const struct device *author)
{
    for (size_t i = 0; i < d->links.count; i++) {
        if (d->links.at[i].ix == author->pub.ix) {
            return true;
        }
    }
    return d == author;
}

enum status chain_apply(struct ctx *cx, struct team *t, struct authored *a,
                        const struct chain_op *op)
{
    enum status status = STATUS_OK;
    const struct device *about = device_by_id(t, &op->device);
    const struct epoch *e = epoch_by_id(t, &op->epoch);

    if (!t->trusted) {
        if (about == NULL || !device_linked_in(t, a->past, about)) {
            charter_refuse(a, "[AUTH-17] the chain of a device that is not known");
        } else if (!let_in_by(about, a->author)) {
            charter_refuse(a, "[AUTH-17] only a device itself and who let it in hand on its chain");
        }
        if (e == NULL || !epoch_known(t, a->past, e) ||
            !compartment_is_control(t, e->compartment)) {
            charter_refuse(a, "[AUTH-17] a chain of an epoch that is not known");
        }
    }
    if (a->reason[0] != '\0' || t->self == NULL) {
        return STATUS_OK;
    }
    TRY(chain_reached(cx, t, a, op));
    if (!t->trusted && !t->readonly && a->author != t->self && about != t->self) {
        TRY(chain_unseal(cx, t, a, op, about));
    }
out:
    return status;
}

enum status chain_write(struct ctx *cx, struct team *t, const struct chain_gift *g,
                        const struct epoch *under, struct buf *out)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_CHAIN};
    struct sealing s;
    struct buf rows, seals;

    buf_init(&rows, BODY_PLAIN_MAX);
    buf_init(&seals, BODY_PLAIN_MAX);
    sealing_start(cx, &s, SEAL_CHAIN, under);
    s.subject = *g->epoch;
    s.about = *g->about;
    memcpy(op.u.chain.eph_pk, s.eph_pk, sizeof op.u.chain.eph_pk);
    op.u.chain.device = *g->about;
    op.u.chain.epoch = *g->epoch;
    op.u.chain.step = g->state->next;
    op.u.chain.handed = g->handed;
    for (size_t i = 0; i < g->count; i++) {
        const struct receiver to = receiver_of(g->to[i]);
        TRY(seal_row_to(cx, t, &s, &to, BYTES_OF(g->state->ck.b), &rows));
    }
    TRY(rows_write(cx, g->count, buf_view(&rows), &seals));
    op.u.chain.seals = buf_view(&seals);
    TRY(charter_op_write(cx, &op, out));
out:
    sealing_finish(&s);
    buf_finish(&rows);
    buf_finish(&seals);
    return status;
}
