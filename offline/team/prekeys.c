/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Window prekeys: every device publishes an X25519 key for each of the next 26 windows, so that
 * what is sealed to it in a window becomes unopenable when that key was erased. A PREKEYS operation
 * holds all that its device can open from then on and replaces what it published before: after a
 * clock went wrong and keys were erased early, the others learn of it by the next one.
 */
#include <sodium.h>
#include <string.h>

#include "lanes-int.h"

const struct device *prekeys_of(const struct team *t, const struct device *d)
{
    const struct device *lane = lane_in_force(t, d);

    while (lane->prekeys.len == 0 && lane->parent != NULL &&
           (lane->parent->prekeys.len == 0 || lane->parent->prekey_seq <= lane->fork_seq)) {
        lane = lane->parent;
    }
    return lane;
}

const uint8_t *prekey_at(const struct device *lane, uint64_t window)
{
    uint64_t count = lane->prekeys.len / 32;
    bool there = window >= lane->prekey_first && window - lane->prekey_first < count;
    return there ? lane->prekeys.ptr + (window - lane->prekey_first) * 32 : NULL;
}

uint64_t prekeys_last(const struct device *lane)
{
    return lane->prekeys.len == 0 ? 0 : lane->prekey_first + lane->prekeys.len / 32 - 1;
}

enum status prekeys_apply(struct ctx *cx, struct team *t, struct authored *a,
                          const struct prekeys *op)
{
    enum status status = STATUS_OK;
    struct device *lane = device_by_ix(t, a->place.ix);
    struct rows rows;
    uint8_t pk[32];

    MUST(lane != NULL);
    rows_read(&rows, op->keys);
    while (!t->trusted && rows_next_fixed(&rows, pk, sizeof pk)) {
        if (!box_key_valid(pk)) {
            charter_refuse(a, "[F-16] one of its keys is not valid"); /* nobody could seal to it */
        }
    }
    if (op->first == 0) {
        charter_refuse(a, "[AUTH-34] windows count from 1");
    }
    if (a->reason[0] != '\0') {
        return STATUS_OK;
    }
    lane->prekey_first = op->first;
    lane->prekey_seq = a->place.seq;
    buf_clear(&lane->prekeys);
    rows_read(&rows, op->keys);
    while (rows_next_fixed(&rows, pk, sizeof pk)) {
        TRY(buf_add(cx, &lane->prekeys, BYTES_OF(pk)));
    }
out:
    return status;
}

/* ---- publishing ---- */

static enum status secret_held(struct ctx *cx, struct team *t, uint64_t window, const uint8_t *pk,
                               bool *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    *ret = false;
    TRY(stmt_use(cx, t->v, STMT_TEAM_PREKEY_LIST, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_int(s, 2, (int64_t)window);
    TRY(stmt_step(cx, s, &row));
    while (row && !*ret) {
        *ret = stmt_bytes(s, 0).len == 32 && memcmp(stmt_bytes(s, 0).ptr, pk, 32) == 0;
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status prekey_make(struct ctx *cx, struct team *t, uint64_t window,
                               uint8_t ret_pk[static 32])
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    uint8_t sk[32];

    cx->system->random(cx->system->self, sk, sizeof sk);
    crypto_scalarmult_curve25519_base(ret_pk, sk);
    TRY(stmt_use(cx, t->v, STMT_TEAM_PREKEY_PUT, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_int(s, 2, (int64_t)window);
    stmt_bind_bytes(s, 3, BYTES(ret_pk, 32));
    stmt_bind_bytes(s, 4, BYTES_OF(sk));
    TRY(stmt_run(cx, s));
out:
    wipe(sk, sizeof sk);
    return status;
}

/* The published key of a window when this device can still open it, else a new one. */
static enum status prekey_row(struct ctx *cx, struct team *t, uint64_t window,
                              struct wire_writer *w)
{
    enum status status = STATUS_OK;
    const uint8_t *published = prekey_at(t->self, window);
    uint8_t pk[32];
    bool held = false;

    if (published != NULL) {
        TRY(secret_held(cx, t, window, published, &held));
    }
    if (held) {
        memcpy(pk, published, sizeof pk);
    } else {
        TRY(prekey_make(cx, t, window, pk));
    }
    wire_put_bytes(w, BYTES_OF(pk));
out:
    return status;
}

static enum status publish(struct ctx *cx, struct team *t, uint64_t first, struct windows *w)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_PREKEYS, .u.prekeys = {.first = first}};
    struct wire_writer out;
    struct buf keys, encoded;

    buf_init(&keys, 4 * KIB);
    buf_init(&encoded, 8 * KIB);
    wire_writer_init(&out, cx, &keys);
    wire_put_array(&out, PREKEYS_MAX);
    for (uint64_t i = 0; i < PREKEYS_MAX; i++) {
        TRY(prekey_row(cx, t, first + i, &out));
    }
    TRY(wire_writer_done(&out));
    op.u.prekeys.keys = buf_view(&keys);
    TRY(charter_op_write(cx, &op, &encoded));
    const bytes list[] = {buf_view(&encoded)};
    TRY(log_control_under(cx, t, epoch_for_keys(t), list, 1));
    if (w->published == 0) {
        w->published = cx->system->now(cx->system->self);
        TRY(windows_store(cx, t, w));
    }
out:
    buf_finish(&keys);
    buf_finish(&encoded);
    return status;
}

enum status prekeys_tend(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    uint64_t now = window_of(cx->system->now(cx->system->self)), first = now;
    const uint8_t *present = NULL;
    struct windows w;
    bool held = false;

    if (epoch_for_keys(t) == NULL) {
        return STATUS_OK;
    }
    TRY(windows_load(cx, t, &w));
    first = first < w.lowest ? w.lowest : first;
    present = prekey_at(t->self, first);
    if (present != NULL) {
        TRY(secret_held(cx, t, first, present, &held));
    }
    uint64_t last = prekeys_last(t->self);
    /* after the clock was set back, those of later windows will do */
    bool ahead = last >= now + PREKEYS_AHEAD && (held || first < t->self->prekey_first);
    if (ahead) {
        return STATUS_OK;
    }
    TRY(vault_begin(cx, t->v));
    TRY(vault_end(cx, t->v, publish(cx, t, first, &w)));
out:
    t->stale = t->stale || status != STATUS_OK;
    return status;
}
