/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Healing: what concurrent invitations leave open. Two colleagues who each let somebody in did not
 * know of the other's newcomer, so neither newcomer has the other's chain, and an epoch minted
 * meanwhile may lack a reader. Whoever has what is missing hands it over in its next bundle; each
 * thing has one device that is to do it, so that nothing is done twice.
 */
#include <string.h>

#include "team-int.h"

static enum status heal_shares(struct ctx *cx, struct team *t, struct buf *ops, size_t *count)
{
    enum status status = STATUS_OK;
    struct key psk;

    for (size_t i = 0; i < t->epochs.count; i++) {
        struct epoch *e = t->epochs.at[i];
        if (e->key == NULL || !e->declared || e->place.ix != t->self->pub.ix) {
            continue; /* its author shares it */
        }
        for (size_t j = 0; j < t->devices.count && *count < CONTROL_OPS_MAX / 2; j++) {
            const struct device *d = t->devices.at[j];
            if (device_reads(t, d, e->compartment) && !readers_have(e, &d->pub.id)) {
                TRY(pair_load(cx, t, d, &psk));
                TRY(share_write(cx, t, e, &d->pub.id, d->box_pk, &psk, ops));
                (*count)++;
            }
        }
    }
out:
    key_wipe(&psk);
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
    struct buf ops;
    size_t count = 0, at = 0;
    bytes list[CONTROL_OPS_MAX];
    struct wire_reader r;

    buf_init(&ops, BODY_PLAIN_MAX - KIB);
    if (team_me(t) == NULL) {
        goto out;
    }
    TRY(heal_shares(cx, t, &ops, &count));
    TRY(heal_chain(cx, t, &ops, &count));
    wire_reader_init(&r, buf_view(&ops));
    while (at < count) {
        list[at++] = wire_get_any(&r);
    }
    if (count > 0) {
        TRY(wire_reader_done(cx, &r, "own charter operations"));
        TRY(log_control(cx, t, list, count));
    }
out:
    buf_finish(&ops);
    return status;
}
