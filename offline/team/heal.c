/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Healing, before every export: what concurrent invitations and removals leave open. Two colleagues
 * who each let somebody in did not know of the other's newcomer, so neither newcomer has the
 * other's chain, and an epoch minted meanwhile may lack a reader. Whoever has what is missing hands
 * it over in its next bundle. And a charter without a clean key gets a new one.
 */
#include <string.h>

#include "team-int.h"

static enum status heal_chain(struct ctx *cx, struct team *t, struct buf *ops, size_t *count)
{
    enum status status = STATUS_OK;
    const struct epoch *e = epoch_current(t, t->control);
    struct device *to[RECIPIENTS_MAX];
    struct chain chain = {{{0}}, 0};
    size_t missing = 0;
    bool there = false;

    if (e == NULL || !epoch_usable(t, e)) {
        return STATUS_OK;
    }
    TRY(chain_own(cx, t, &e->id, &chain, &there));
    for (size_t i = 0; i < t->devices.count && missing < RECIPIENTS_MAX; i++) {
        struct device *d = t->devices.at[i];
        if (device_reads(t, d, t->control) && d != t->self &&
            (!there || !reached_has(t, &e->id, d->pub.id.b))) {
            to[missing++] = d;
        }
    }
    if (!there) {
        cx->system->random(cx->system->self, chain.ck.b, sizeof chain.ck.b);
        TRY(chain_keep(cx, t, t->self, &e->id, &chain));
    }
    if (missing > 0) {
        const struct chain_gift gift = {&t->self->pub.id, &e->id,        &chain, to,
                                        missing,          BYTES(NULL, 0)};
        TRY(chain_write(cx, t, &gift, e, ops));
        (*count)++;
    }
out:
    key_wipe(&chain.ck);
    return status;
}

/* A clean key for the charter, made in this window: fresh randomness heals what was seized before.
 */
static enum status heal_epoch(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    uint64_t now = window_of(cx->system->now(cx->system->self));
    struct epoch *e = NULL;
    bool awaited = false;

    TRY(epoch_awaited(cx, t, t->control, &awaited));
    if (awaited) {
        goto out; /* a newer one is on its way */
    }
    TRY(epoch_for_writing(cx, t, t->control, &e));
    /* its author may claim any time; when its key came is this device's own knowledge */
    int64_t made = e->time < e->since ? e->time : e->since;
    if (window_of(made) < now) {
        TRY(epoch_begin(cx, t, t->control, false, &e));
    }
out:
    return status;
}

enum status team_heal(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct buf op;
    size_t count = 0;

    buf_init(&op, BODY_PLAIN_MAX - KIB);
    if (team_me(t) == NULL || !device_writes(t, t->self, t->control)) {
        goto out; /* removed, suspended or unlinked: what was said before still travels */
    }
    TRY(windows_erase(cx, t));
    TRY(asks_say(cx, t));
    TRY(prekeys_tend(cx, t));
    TRY(shares_heal(cx, t));
    TRY(heal_epoch(cx, t));
    TRY(heal_chain(cx, t, &op, &count));
    if (count > 0) {
        const bytes list[] = {buf_view(&op)};
        TRY(log_control(cx, t, list, 1));
    }
out:
    buf_finish(&op);
    return status;
}
