/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals to one device: the context that keeps every seal to its one purpose, and what it stands on:
 * a key of the receiver's that is erased after its window (prekeys.c), and a secret the two share
 * (pairs.c).
 */
#include <sodium.h>
#include <string.h>

#include "team-int.h"

void seal_context_make(const struct team *t, enum seal_kind kind, const struct id *subject,
                       const struct id *about, const struct id *receiver, struct seal_context *ret)
{
    memset(ret->b, 0, sizeof ret->b);
    ret->b[0] = (uint8_t)kind;
    memcpy(ret->b + 1, t->id.b, 32);
    memcpy(ret->b + 33, subject->b, 32);
    if (about != NULL) {
        memcpy(ret->b + 65, about->b, 32);
    }
    memcpy(ret->b + 97, receiver->b, 32);
}

/* ---- sealing ---- */

struct receiver receiver_of(const struct device *d)
{
    return (struct receiver){.id = d->pub.id, .device = d, .box_pk = d->box_pk};
}

void sealing_start(struct ctx *cx, struct sealing *s, enum seal_kind kind,
                   const struct epoch *under)
{
    *s = (struct sealing){.kind = kind, .under = under};
    cx->system->random(cx->system->self, s->eph_sk, sizeof s->eph_sk);
    crypto_scalarmult_curve25519_base(s->eph_pk, s->eph_sk);
}

void sealing_finish(struct sealing *s)
{
    wipe(s, sizeof *s);
}

/* What one seal stands on besides the exchange. */
struct footing {
    uint64_t window;
    const uint8_t *pk;
    struct key psk;
};

/* The receiver's key of the present window, by this device's clock or by what the receiver said
 * when that is later: a clock that is behind would name keys erased long ago. Before it published
 * any, the box key. Of windows it does not open, or the pairing is past, the nearest. */
static enum status footing_find(struct ctx *cx, struct team *t, const struct sealing *s,
                                const struct device *d, struct footing *ret)
{
    enum status status = STATUS_OK;
    uint64_t window = window_of(cx->system->now(cx->system->self));
    const struct device *lane = prekeys_of(t, d);
    struct pairing pair;

    *ret = (struct footing){.window = 0, .pk = d->box_pk};
    TRY(pair_load(cx, t, d, &pair));
    if (lane->prekeys.len > 0) {
        window = window < window_of(d->of->told) ? window_of(d->of->told) : window;
        window = window < lane->prekey_first ? lane->prekey_first : window;
        window = pair.there && window < pair.window ? pair.window : window;
        window = window > prekeys_last(lane) ? prekeys_last(lane) : window;
        ret->window = window;
        ret->pk = prekey_at(lane, window);
    }
    if (!pair_secret_at(&pair, ret->window, &ret->psk)) {
        introduced_secret(s->under, &t->self->pub.id, &d->pub.id, &ret->psk);
    }
out:
    pair_wipe(&pair);
    return status;
}

enum status seal_to(struct ctx *cx, struct team *t, const struct sealing *s,
                    const struct receiver *to, bytes payload, struct buf *ret, uint64_t *ret_window)
{
    enum status status = STATUS_OK;
    struct seal_context context;
    struct footing on = {.window = 0, .pk = to->box_pk};

    if (to->device != NULL) {
        TRY(footing_find(cx, t, s, to->device, &on));
    } else {
        on.psk = *to->psk;
    }
    seal_context_make(t, s->kind, &s->subject, &s->about, &to->id, &context);
    TRY(key_seal(cx, s->eph_sk, s->eph_pk, on.pk, &on.psk, BYTES_OF(context.b), payload, ret));
    *ret_window = on.window;
out:
    wipe(&on, sizeof on);
    return status;
}

enum status seal_row_to(struct ctx *cx, struct team *t, const struct sealing *s,
                        const struct receiver *to, bytes payload, struct buf *rows)
{
    enum status status = STATUS_OK;
    struct seal_row row = {.window = 0};
    struct buf seal;

    buf_init(&seal, 128);
    TRY(seal_to(cx, t, s, to, payload, &seal, &row.window));
    memcpy(row.device, to->id.b, SHORT_ID_BYTES);
    row.seal = buf_view(&seal);
    TRY(seal_row_write(cx, &row, rows));
out:
    buf_finish(&seal);
    return status;
}

/* ---- opening ---- */

/* One exchange key of this device's, with the pairing's secret and with that of an introduction:
 * the author may have lost the first. */
static enum status try_key(struct ctx *cx, struct team *t, const struct sealed *s,
                           const uint8_t sk[static 32], const uint8_t pk[static 32],
                           struct buf *ret, bool *ret_there)
{
    enum status status = STATUS_OK;
    struct key psk[2];
    size_t count = 0;
    struct pairing pair;

    TRY(pair_load(cx, t, s->by->author, &pair));
    count += pair_secret_at(&pair, s->window, &psk[0]);
    introduced_secret(s->by->under, &s->by->author->pub.id, &t->self->pub.id, &psk[count++]);
    for (size_t i = 0; i < count && !*ret_there; i++) {
        status = key_unseal(cx, sk, pk, s->eph_pk, &psk[i], BYTES_OF(s->context.b), s->seal, ret);
        *ret_there = status == STATUS_OK;
        if (status == STATUS_FORGED || status == STATUS_MALFORMED) {
            fault_clear(cx);
            status = STATUS_OK;
        }
        TRY(status);
    }
out:
    pair_wipe(&pair);
    wipe(psk, sizeof psk);
    return status;
}

enum status seal_open_own(struct ctx *cx, struct team *t, const struct sealed *s, struct buf *ret,
                          bool *ret_there)
{
    enum status status = STATUS_OK;
    struct stmt *list = NULL;
    bool row = false;

    *ret_there = false;
    if (s->window == 0) {
        return t->box_sk == NULL
                   ? STATUS_OK
                   : try_key(cx, t, s, secret_ptr(t->box_sk), t->self->box_pk, ret, ret_there);
    }
    TRY(stmt_use(cx, t->v, STMT_TEAM_PREKEY_LIST, &list));
    stmt_bind_int(list, 1, t->key);
    stmt_bind_int(list, 2, (int64_t)s->window);
    TRY(stmt_step(cx, list, &row));
    while (row && !*ret_there) {
        if (stmt_bytes(list, 0).len != 32 || stmt_bytes(list, 1).len != 32) {
            FAIL(cx, STATUS_INTEGRITY, "a stored window prekey is damaged");
        }
        TRY(try_key(cx, t, s, stmt_bytes(list, 1).ptr, stmt_bytes(list, 0).ptr, ret, ret_there));
        TRY(stmt_step(cx, list, &row));
    }
out:
    if (list != NULL) {
        stmt_reset(list);
    }
    return status;
}
