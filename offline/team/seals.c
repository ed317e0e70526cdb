/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals to one device: the context that keeps every seal to its one purpose, and the secret two
 * devices share since their pairing, which is mixed into each seal between them. Without a pairing
 * the secret is zero and the seal stands on X25519 alone.
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

enum status pair_load(struct ctx *cx, struct team *t, const struct device *d, struct key *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    memset(ret, 0, sizeof *ret);
    TRY(stmt_use(cx, t->v, STMT_TEAM_PAIR_GET, &s));
    stmt_bind_int(s, 1, d->pub.ix);
    TRY(stmt_step(cx, s, &row));
    if (row && stmt_bytes(s, 0).len == sizeof ret->b) {
        memcpy(ret->b, stmt_bytes(s, 0).ptr, sizeof ret->b);
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status pair_store(struct ctx *cx, struct team *t, const struct device *d,
                       const struct key *psk)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, t->v, STMT_TEAM_PAIR_PUT, &s));
    stmt_bind_int(s, 1, d->pub.ix);
    stmt_bind_bytes(s, 2, BYTES_OF(psk->b));
    TRY(stmt_run(cx, s));
out:
    return status;
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

enum status seal_to(struct ctx *cx, struct team *t, const struct sealing *s,
                    const struct receiver *to, bytes payload, struct buf *ret, uint64_t *ret_window)
{
    enum status status = STATUS_OK;
    struct seal_context context;
    struct key psk = {{0}};

    if (to->device != NULL) {
        TRY(pair_load(cx, t, to->device, &psk));
    } else {
        psk = *to->psk;
    }
    seal_context_make(t, s->kind, &s->subject, &s->about, &to->id, &context);
    TRY(key_seal(cx, s->eph_sk, s->eph_pk, to->box_pk, &psk, BYTES_OF(context.b), payload, ret));
    *ret_window = 0;
out:
    key_wipe(&psk);
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

enum status seal_open_own(struct ctx *cx, struct team *t, const struct sealed *s, struct buf *ret,
                          bool *ret_there)
{
    struct key psk;

    *ret_there = false;
    enum status status = pair_load(cx, t, s->by->author, &psk);
    if (status == STATUS_OK && s->window == 0) {
        status = key_unseal(cx, secret_ptr(t->box_sk), t->self->box_pk, s->eph_pk, &psk,
                            BYTES_OF(s->context.b), s->seal, ret);
        *ret_there = status == STATUS_OK;
    }
    if (status == STATUS_FORGED || status == STATUS_MALFORMED) {
        fault_clear(cx);
        status = STATUS_OK;
    }
    key_wipe(&psk);
    return status;
}
