/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHARE: an epoch's key handed to one more device. Readers who came in elsewhere while an epoch was
 * made, and those whom its author left out, get it from its author or, when he neglects it, from
 * anybody who has it.
 *
 * A SHARE stands under a control epoch that its receiver reads: he needs it to read the next ones.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

enum { SHARES_PER_ENTRY = 128, SHARE_OP_MAX = 256 };

/* ---- giving ---- */

struct gift {
    struct epoch *epoch, *under;
    struct device *to;
};
struct gifts {
    struct gift *at;
    size_t count, cap;
};

enum status share_write(struct ctx *cx, struct team *t, const struct epoch *e,
                        const struct epoch *under, const struct receiver *to, struct buf *out)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_SHARE, .u.share = {.epoch = e->id, .device = to->id}};
    struct sealing s;
    struct buf seal;

    buf_init(&seal, 64);
    sealing_start(cx, &s, SEAL_SHARE, under);
    s.subject = e->id;
    TRY(seal_to(cx, t, &s, to, secret_view(e->key), &seal, &op.u.share.window));
    memcpy(op.u.share.eph_pk, s.eph_pk, sizeof op.u.share.eph_pk);
    op.u.share.seal = buf_view(&seal);
    TRY(charter_op_write(cx, &op, out));
out:
    sealing_finish(&s);
    buf_finish(&seal);
    return status;
}

/* The newest control epoch this device is known to read, or NULL. */
static struct epoch *readable_by(const struct team *t, const struct device *d)
{
    struct epoch *best = NULL;
    for (size_t i = 0; i < t->epochs.count; i++) {
        struct epoch *e = t->epochs.at[i];
        if (e->key != NULL && compartment_is_control(t, e->compartment) && epoch_usable(t, e) &&
            readers_have(e, &d->pub.id) && ask_open(e, &d->pub.id) == NULL &&
            (best == NULL || e->number > best->number)) {
            best = e;
        }
    }
    return best;
}

/* Where the device said that it reads, when it asked; else where the log says so. */
static struct epoch *gift_under(const struct team *t, const struct epoch *e,
                                const struct device *to)
{
    const struct question *q = ask_open(e, &to->pub.id);
    struct epoch *under = q == NULL ? NULL : epoch_by_id(t, &q->under);
    return under != NULL && under->key != NULL && epoch_usable(t, under) ? under
                                                                         : readable_by(t, to);
}

static enum status gifts_add(struct ctx *cx, struct team *t, struct gifts *l, struct epoch *e,
                             struct device *to)
{
    enum status status = STATUS_OK;
    struct gift g = {.epoch = e, .under = gift_under(t, e, to), .to = to};

    if (g.under == NULL || !places_followed(t, &to->links)) {
        return STATUS_OK; /* who let it in has to */
    }
    TRY(MEM_GROW(cx, l->at, l->cap, l->count + 1));
    l->at[l->count++] = g;
out:
    return status;
}

static int compare_gifts(const void *a, const void *b)
{
    const struct gift *x = a, *y = b;
    return id_compare(&x->under->id, &y->under->id);
}

/* One entry of gifts that stand under one epoch. */
static enum status gifts_say(struct ctx *cx, struct team *t, const struct gift *at, size_t count)
{
    enum status status = STATUS_OK;
    bytes list[SHARES_PER_ENTRY];
    size_t ends[SHARES_PER_ENTRY + 1] = {0};
    struct buf ops;

    buf_init(&ops, (size_t)SHARE_OP_MAX * SHARES_PER_ENTRY);
    for (size_t i = 0; i < count; i++) {
        const struct receiver to = receiver_of(at[i].to);
        TRY(share_write(cx, t, at[i].epoch, at[i].under, &to, &ops));
        ends[i + 1] = ops.len;
    }
    for (size_t i = 0; i < count; i++) {
        list[i] = BYTES(ops.ptr + ends[i], ends[i + 1] - ends[i]);
    }
    TRY(log_control_under(cx, t, at[0].under, list, count));
out:
    buf_finish(&ops);
    return status;
}

static enum status gifts_give(struct ctx *cx, struct team *t, struct gifts *l)
{
    enum status status = STATUS_OK;

    if (l->count > 1) {
        qsort(l->at, l->count, sizeof *l->at, compare_gifts);
    }
    for (size_t i = 0, n = 0; i < l->count; i += n) {
        for (n = 1; i + n < l->count && n < SHARES_PER_ENTRY; n++) {
            if (l->at[i + n].under != l->at[i].under) {
                break;
            }
        }
        TRY(gifts_say(cx, t, l->at + i, n));
    }
out:
    free(l->at);
    *l = (struct gifts){0};
    return status;
}

static bool lacks(const struct team *t, const struct device *d, const struct epoch *e)
{
    return d != t->self && device_reads(t, d, e->compartment) && !readers_have(e, &d->pub.id);
}

/* Of the charter a device gets all it lacks, or nothing: the entry that declares an epoch stands
 * under the one before, so the newest key alone, with its links back, would never be found. */
static enum status gifts_add_charter(struct ctx *cx, struct team *t, struct gifts *l,
                                     struct device *to)
{
    enum status status = STATUS_OK;
    uint64_t reached = epochs_mark_reached(t, to, t->control);

    for (size_t i = 0; i < t->epochs.count; i++) {
        struct epoch *e = t->epochs.at[i];
        if (e->key != NULL && e->mark != reached && compartment_is_control(t, e->compartment) &&
            e->declared) {
            TRY(gifts_add(cx, t, l, e, to));
        }
    }
out:
    return status;
}

enum status shares_complete(struct ctx *cx, struct team *t, struct epoch *e, bool *ret_barred)
{
    enum status status = STATUS_OK;
    struct gifts gifts = {0};
    bool barred = false;

    for (size_t i = 0; i < t->devices.count && epoch_usable(t, e); i++) {
        struct device *d = t->devices.at[i];
        if (!lacks(t, d, e)) {
            continue;
        }
        barred = barred || !epoch_allowed(t, d, e);
        if (compartment_is_control(t, e->compartment)) {
            TRY(gifts_add_charter(cx, t, &gifts, d));
        } else {
            TRY(gifts_add(cx, t, &gifts, e, d));
        }
    }
    if (!barred) {
        TRY(gifts_give(cx, t, &gifts));
    }
    *ret_barred = barred;
out:
    free(gifts.at);
    return status;
}

/* ---- healing ---- */

enum status epoch_neglected(struct ctx *cx, struct team *t, const struct epoch *e,
                            const struct device *d, bool *ret)
{
    enum status status = STATUS_OK;
    struct device *author = device_by_ix(t, e->place.ix);

    *ret = author == NULL || !device_reads(t, author->of, e->compartment);
    if (!*ret) {
        TRY(clock_load(cx, t, author));
        *ret = places_known(t, &author->clock, &d->links);
    }
out:
    return status;
}

/* Leaves out what others of these gifts lead back to. */
static void gifts_thin(struct team *t, struct gifts *l, size_t start)
{
    uint64_t mark = ++t->walks;
    size_t kept = start;

    for (size_t i = start; i < l->count; i++) {
        epoch_mark_led_to(t, l->at[i].epoch, mark);
    }
    for (size_t i = start; i < l->count; i++) {
        if (l->at[i].epoch->seen != mark) {
            l->at[kept++] = l->at[i];
        }
    }
    l->count = kept;
}

/* What the device lacks and this one is to give. */
static enum status heal_device(struct ctx *cx, struct team *t, struct device *d,
                               const uint8_t compartment[static COMPARTMENT_BYTES],
                               struct gifts *gifts)
{
    enum status status = STATUS_OK;
    uint64_t reached = epochs_mark_reached(t, d, compartment);
    size_t start = gifts->count, kept = start;
    struct gifts asked = {0};
    bool mine = false;

    for (size_t i = 0; i < t->epochs.count; i++) {
        struct epoch *e = t->epochs.at[i];
        if (e->key == NULL || !e->declared ||
            memcmp(e->compartment, compartment, COMPARTMENT_BYTES) != 0 ||
            (e->mark == reached && ask_open(e, &d->pub.id) == NULL)) {
            continue;
        }
        if (ask_open(e, &d->pub.id) != NULL) { /* whoever can answers */
            TRY(gifts_add(cx, t, &asked, e, d));
            continue;
        }
        mine = e->place.ix == t->self->pub.ix;
        if (!mine) {
            TRY(epoch_neglected(cx, t, e, d, &mine));
        }
        if (mine) {
            TRY(gifts_add(cx, t, gifts, e, d));
        }
    }
    for (size_t i = start; i < gifts->count; i++) { /* a walk of its own */
        if (epoch_allowed(t, d, gifts->at[i].epoch)) {
            gifts->at[kept++] = gifts->at[i];
        }
    }
    gifts->count = kept;
    gifts_thin(t, gifts, start);
    if (gifts->count > start && compartment_is_control(t, compartment)) {
        gifts->count = start;
        TRY(gifts_add_charter(cx, t, gifts, d));
    }
    for (size_t i = 0; i < asked.count; i++) {
        if (epoch_allowed(t, d, asked.at[i].epoch)) {
            TRY(gifts_add(cx, t, gifts, asked.at[i].epoch, d));
        }
    }
out:
    free(asked.at);
    return status;
}

/* Changes with everything that shares_heal() looks at. */
static uint64_t known_by_now(const struct team *t)
{
    uint64_t known = t->standing + 1;
    for (size_t i = 0; i < t->lanes.count; i++) {
        known += ((const struct device *)t->lanes.at[i])->pub.head_seq;
    }
    return known;
}

enum status shares_heal(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct gifts gifts = {0};

    if (t->healed == known_by_now(t)) {
        return STATUS_OK;
    }
    for (size_t c = 0; c < compartment_count(t); c++) {
        const uint8_t *compartment = compartment_tag(t, c);
        for (size_t i = 0; i < t->devices.count; i++) {
            struct device *d = t->devices.at[i];
            if (d != t->self && device_reads(t, d, compartment)) {
                TRY(heal_device(cx, t, d, compartment, &gifts));
            }
        }
    }
    TRY(gifts_give(cx, t, &gifts));
    t->healed = known_by_now(t);
out:
    free(gifts.at);
    return status;
}

/* ---- taking ---- */

enum status share_take(struct ctx *cx, struct team *t, const struct authored *a,
                       const struct share *op)
{
    enum status status = STATUS_OK;
    struct epoch *e = epoch_by_id(t, &op->epoch);
    struct sealed s = {.by = a, .eph_pk = op->eph_pk, .window = op->window, .seal = op->seal};
    struct key k = {{0}};
    struct buf payload;
    bool there = false;

    buf_init(&payload, 64);
    if (e == NULL || e->key != NULL || !id_equal(&op->device, &t->self->pub.id)) {
        goto out;
    }
    seal_context_make(t, SEAL_SHARE, &op->epoch, NULL, &op->device, &s.context);
    TRY(seal_open_own(cx, t, &s, &payload, &there));
    if (there && payload.len == 32) {
        memcpy(k.b, payload.ptr, 32);
        if (epoch_key_fits(t, e, &k)) { /* another key is as good as none */
            TRY(epoch_take_key(cx, t, e, &k));
        }
    }
out:
    key_wipe(&k);
    buf_finish(&payload);
    return status;
}

/* How far its author knew the receiver's log: which questions it answers. Kept with the operation,
 * so that no old clock has to be. */
static enum status share_known(struct ctx *cx, const struct team *t, struct authored *a,
                               const struct id *device, uint64_t *ret)
{
    enum status status = STATUS_OK;
    uint8_t *at = NULL;

    if (a->past == NULL) {
        *ret = a->fact.len == sizeof *ret ? get_u64le(a->fact.ptr) : 0;
        return STATUS_OK;
    }
    *ret = clock_seq(a->past, device);
    if (*ret > 0 && !t->trusted) {
        TRY(buf_extend(cx, &a->fact, sizeof *ret, &at));
        put_u64le(at, *ret);
    }
out:
    return status;
}

enum status share_apply(struct ctx *cx, struct team *t, struct authored *a, const struct share *op)
{
    enum status status = STATUS_OK;
    uint64_t known = 0;
    struct epoch *e = epoch_by_id(t, &op->epoch);
    const struct device *d = device_by_id(t, &op->device);

    if (!t->trusted) {
        if (e == NULL || !e->declared) {
            charter_refuse(a, "[AUTH-07] shares an epoch that is not held");
        }
        if (d == NULL || !device_linked_in(t, a->past, d)) {
            charter_refuse(a, "[AUTH-07] shares with a device that is not known");
        }
    }
    if (a->reason[0] != '\0') {
        return STATUS_OK;
    }
    TRY(share_known(cx, t, a, &op->device, &known));
    TRY(readers_share(cx, e, &a->author->pub.id, &op->device));
    ask_answered(e, &op->device, known);
    standing_changed(t);
    if (!t->trusted && !t->readonly) {
        TRY(share_take(cx, t, a, op));
    }
out:
    return status;
}
