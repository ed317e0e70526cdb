/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Healing: what concurrent invitations leave open. Two colleagues who each let somebody in did not
 * know of the other's newcomer, so neither newcomer has the other's chain, and an epoch minted
 * meanwhile may lack a reader. Whoever has what is missing hands it over in its next bundle; each
 * thing has one device that is to do it, so that nothing is done twice.
 */
#include <string.h>

#include "team-int.h"

/* The newest control epoch this device is known to read, or NULL. */
static struct epoch *readable_by(const struct team *t, const struct device *d)
{
    struct epoch *best = NULL;
    for (size_t i = 0; i < t->epochs.count; i++) {
        struct epoch *e = t->epochs.at[i];
        if (e->declared && e->key != NULL && readers_have(e, &d->pub.id) &&
            memcmp(e->compartment, t->control, COMPARTMENT_BYTES) == 0 &&
            (best == NULL || e->number > best->number)) {
            best = e;
        }
    }
    return best;
}

/* In an entry of its own, under an epoch its receiver reads: he needs it to read the next ones. */
static enum status heal_share(struct ctx *cx, struct team *t, struct epoch *e,
                              const struct device *d)
{
    enum status status = STATUS_OK;
    struct epoch *under = readable_by(t, d);
    struct key psk = {{0}};
    struct buf op;

    buf_init(&op, KIB);
    if (under == NULL) {
        goto out; /* who let it in has to */
    }
    TRY(pair_load(cx, t, d, &psk));
    TRY(share_write(cx, t, e, &d->pub.id, d->box_pk, &psk, &op));
    const bytes list[] = {buf_view(&op)};
    TRY(log_control_under(cx, t, under, list, 1));
out:
    key_wipe(&psk);
    buf_finish(&op);
    return status;
}

static enum status heal_shares(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < t->epochs.count; i++) {
        struct epoch *e = t->epochs.at[i];
        if (e->key == NULL || !e->declared || e->place.ix != t->self->pub.ix) {
            continue; /* its author shares it */
        }
        for (size_t j = 0; j < t->devices.count; j++) {
            const struct device *d = t->devices.at[j];
            if (device_reads(t, d, e->compartment) && !readers_have(e, &d->pub.id)) {
                TRY(heal_share(cx, t, e, d));
            }
        }
    }
out:
    return status;
}

static enum status heal_chain(struct ctx *cx, struct team *t, struct buf *ops, size_t *count)
{
    enum status status = STATUS_OK;
    const struct epoch *e = epoch_current(t, t->control);
    struct device *to[DEVICES_MAX];
    struct chain chain = {{{0}}, 0};
    size_t missing = 0;
    bool there = false;

    if (e == NULL || !e->declared) {
        return STATUS_OK;
    }
    TRY(chain_own(cx, t, &e->id, &chain, &there));
    for (size_t i = 0; i < t->devices.count && missing < DEVICES_MAX; i++) {
        struct device *d = t->devices.at[i];
        if (d->linked && d != t->self && (!there || !reached_has(t, &e->id, d->pub.id.b))) {
            to[missing++] = d;
        }
    }
    if (!there) {
        cx->system->random(cx->system->self, chain.ck.b, sizeof chain.ck.b);
        TRY(chain_keep(cx, t, t->self, &e->id, &chain));
    }
    if (missing > 0) {
        TRY(chain_write(cx, t, &t->self->pub.id, &e->id, &chain, to, missing, BYTES(NULL, 0), ops));
        (*count)++;
    }
out:
    key_wipe(&chain.ck);
    return status;
}

enum status team_heal(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct buf op;
    size_t count = 0;

    buf_init(&op, BODY_PLAIN_MAX - KIB);
    if (team_me(t) == NULL) {
        goto out;
    }
    TRY(heal_shares(cx, t));
    TRY(heal_chain(cx, t, &op, &count));
    if (count > 0) {
        const bytes list[] = {buf_view(&op)};
        TRY(log_control(cx, t, list, 1));
    }
out:
    buf_finish(&op);
    return status;
}
