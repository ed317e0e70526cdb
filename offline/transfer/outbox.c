/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one bundle that is being written, kept so that a crash, a full or a yanked stick costs
 * nothing and never leads to one tag or key under two different pieces.
 *
 * What is kept is the plan, not the pieces: a large bundle would otherwise pass twice through the
 * encrypted database. A plan fixes everything the bytes depend on: what the receivers have (base),
 * what this device had (top), the heads as they were, the number of pieces, and for each piece its
 * chain step and, by a seed, its nonce. All of it is committed before the first byte is sealed. The
 * log only grows, so cutting it again between base and top gives the same payloads, and sealing
 * them again the same pieces. And because "the same" is a promise others rely on, the hash of each
 * piece is committed before the piece is written anywhere: a piece that comes out different later
 * is never written, the bundle is given up and its steps are never used again.
 *
 * When the bundle stands whole on a stick, plan, keys and seed are erased.
 */
#include <string.h>

#include "transfer-int.h"

void plan_init(struct plan *p)
{
    memset(p, 0, sizeof *p);
    buf_init(&p->base, FRONTIER_MAX);
    buf_init(&p->top, FRONTIER_MAX);
    buf_init(&p->heads, HEADS_MAX);
}

void plan_finish(struct plan *p)
{
    buf_finish(&p->base);
    buf_finish(&p->top);
    buf_finish(&p->heads);
    key_wipe(&p->seed);
}

static enum status take_fixed(struct ctx *cx, struct stmt *s, int column, uint8_t *out, size_t len)
{
    enum status status = STATUS_OK;
    bytes b = stmt_bytes(s, column);
    if (b.len != len) {
        FAIL(cx, STATUS_INTEGRITY, "the outbox holds %zu bytes where %zu belong", b.len, len);
    }
    memcpy(out, b.ptr, len);
out:
    return status;
}

enum status outbox_load(struct ctx *cx, struct team *t, struct plan *ret, bool *ret_open)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, team_vault(t), STMT_OUTBOX_GET, &s));
    stmt_bind_int(s, 1, team_key(t));
    TRY(stmt_step(cx, s, ret_open));
    if (!*ret_open) {
        goto out;
    }
    ret->number = (uint64_t)stmt_int(s, 0);
    TRY(take_fixed(cx, s, 1, ret->prev.b, sizeof ret->prev.b));
    TRY(take_fixed(cx, s, 2, ret->epoch.b, sizeof ret->epoch.b));
    ret->time = stmt_int(s, 3);
    TRY(buf_add(cx, &ret->base, stmt_bytes(s, 4)));
    TRY(buf_add(cx, &ret->top, stmt_bytes(s, 5)));
    TRY(buf_add(cx, &ret->heads, stmt_bytes(s, 6)));
    ret->content_len = (uint64_t)stmt_int(s, 7);
    ret->piece_size = (uint64_t)stmt_int(s, 8);
    ret->pieces = (uint64_t)stmt_int(s, 9);
    ret->entries = (uint64_t)stmt_int(s, 10);
    TRY(take_fixed(cx, s, 11, ret->seed.b, sizeof ret->seed.b));
    if (!piece_size_valid(ret->piece_size) || ret->pieces > BUNDLE_PIECES_MAX) {
        FAIL(cx, STATUS_INTEGRITY, "the outbox holds an impossible bundle");
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* ---- reserving ------------------------------------------------------------------------------ */

enum status outbox_last(struct ctx *cx, struct team *t, uint64_t *ret_number, struct id *ret_hash,
                        struct buf *ret_top)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;
    *ret_number = 0;
    memset(ret_hash, 0, sizeof *ret_hash);
    TRY(stmt_use(cx, team_vault(t), STMT_OUTBOX_LAST_GET, &s));
    stmt_bind_int(s, 1, team_key(t));
    TRY(stmt_step(cx, s, &row));
    if (row) {
        *ret_number = (uint64_t)stmt_int(s, 0);
        TRY(take_fixed(cx, s, 1, ret_hash->b, sizeof ret_hash->b));
        if (ret_top != NULL) {
            TRY(buf_add(cx, ret_top, stmt_bytes(s, 2)));
        }
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status last_store(struct ctx *cx, struct team *t, const struct plan *p,
                              const struct id *hash)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, team_vault(t), STMT_OUTBOX_LAST_PUT, &s));
    stmt_bind_int(s, 1, team_key(t));
    stmt_bind_int(s, 2, (int64_t)p->number);
    stmt_bind_bytes(s, 3, BYTES_OF(hash->b));
    stmt_bind_bytes(s, 4, buf_view(&p->top));
    TRY(stmt_run(cx, s));
out:
    return status;
}

static enum status plan_store(struct ctx *cx, struct team *t, const struct plan *p)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, team_vault(t), STMT_OUTBOX_PUT, &s));
    stmt_bind_int(s, 1, team_key(t));
    stmt_bind_int(s, 2, (int64_t)p->number);
    stmt_bind_bytes(s, 3, BYTES_OF(p->prev.b));
    stmt_bind_bytes(s, 4, BYTES_OF(p->epoch.b));
    stmt_bind_int(s, 5, p->time);
    stmt_bind_bytes(s, 6, buf_view(&p->base));
    stmt_bind_bytes(s, 7, buf_view(&p->top));
    stmt_bind_bytes(s, 8, buf_view(&p->heads));
    stmt_bind_int(s, 9, (int64_t)p->content_len);
    stmt_bind_int(s, 10, (int64_t)p->piece_size);
    stmt_bind_int(s, 11, (int64_t)p->pieces);
    stmt_bind_int(s, 12, (int64_t)p->entries);
    stmt_bind_bytes(s, 13, BYTES_OF(p->seed.b));
    TRY(stmt_run(cx, s));
out:
    return status;
}

static enum status steps_store(struct ctx *cx, struct team *t, const struct plan *p)
{
    enum status status = STATUS_OK;
    struct chain_step step = {0};
    struct stmt *s = NULL;
    for (uint64_t i = 0; i <= p->pieces; i++) {
        TRY(chain_send_under(cx, t, &p->epoch, &step));
        TRY(stmt_use(cx, team_vault(t), STMT_OUTBOX_PIECE_PUT, &s));
        stmt_bind_int(s, 1, team_key(t));
        stmt_bind_int(s, 2, (int64_t)i);
        stmt_bind_bytes(s, 3, BYTES_OF(step.tag));
        stmt_bind_bytes(s, 4, BYTES_OF(step.key.b));
        TRY(stmt_run(cx, s));
        stmt_reset(s);
        TRY(tag_note(cx, t, step.tag, 0, p->number));
    }
out:
    wipe(&step, sizeof step);
    return status;
}

static enum status reserve_inside(struct ctx *cx, struct team *t, struct plan *p)
{
    enum status status = STATUS_OK;
    uint64_t last = 0;
    if (team_control_epoch(t) == NULL) {
        FAIL(cx, STATUS_GAP, "the team's keys have not come yet");
    }
    TRY(outbox_last(cx, t, &last, &p->prev, NULL));
    p->number = last + 1;
    p->time = cx->system->now(cx->system->self);
    cx->system->random(cx->system->self, p->seed.b, sizeof p->seed.b);
    TRY(plan_store(cx, t, p));
    TRY(steps_store(cx, t, p));
out:
    return status;
}

enum status outbox_reserve(struct ctx *cx, struct team *t, struct plan *p)
{
    struct vault *v = team_vault(t);
    enum status status = vault_begin(cx, v);
    if (status != STATUS_OK) {
        return status;
    }
    return vault_end(cx, v, reserve_inside(cx, t, p));
}

/* ---- sealing -------------------------------------------------------------------------------- */

/* A machine whose random bytes come from the plan's seed, so that a piece sealed again after a
 * crash is the same piece. Only ever asked for one nonce under one key. */
struct seeded {
    const struct key *seed;
    uint64_t index;
    uint64_t calls;
};

static void seeded_random(void *self, void *out, size_t len)
{
    struct seeded *s = self;
    uint8_t *to = out;
    for (size_t at = 0; at < len;) {
        struct key block;
        uint8_t context[16];
        size_t part = len - at < sizeof block.b ? len - at : sizeof block.b;
        put_u64le(context, s->index);
        put_u64le(context + 8, s->calls++);
        key_derive(s->seed, "valise/outbox-nonce", BYTES_OF(context), &block);
        memcpy(to + at, block.b, part);
        key_wipe(&block);
        at += part;
    }
}

static enum status step_load(struct ctx *cx, struct team *t, uint64_t index, struct chain_step *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;
    TRY(stmt_use(cx, team_vault(t), STMT_OUTBOX_PIECE_GET, &s));
    stmt_bind_int(s, 1, team_key(t));
    stmt_bind_int(s, 2, (int64_t)index);
    TRY(stmt_step(cx, s, &row));
    if (!row) {
        FAIL(cx, STATUS_INTEGRITY, "the outbox lacks the key of piece %llu",
             (unsigned long long)index);
    }
    TRY(take_fixed(cx, s, 0, ret->tag, sizeof ret->tag));
    TRY(take_fixed(cx, s, 1, ret->key.b, sizeof ret->key.b));
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status outbox_seal(struct ctx *cx, struct team *t, const struct plan *p, uint64_t index,
                        bytes payload, struct buf *out)
{
    enum status status = STATUS_OK;
    struct chain_step step = {0};
    struct seeded seeded = {.seed = &p->seed, .index = index};
    const struct system *real = cx->system;
    const struct system fixed = {.random = seeded_random, .now = real->now, .self = &seeded};
    const struct piece_inner inner = {.bundle = p->number, .index = index, .payload = payload};

    TRY(step_load(cx, t, index, &step));
    cx->system = &fixed;
    status = piece_seal(cx, &step, &inner, (size_t)p->piece_size, out);
    cx->system = real;
out:
    wipe(&step, sizeof step);
    return status;
}

enum status outbox_record(struct ctx *cx, struct team *t, uint64_t index, bytes piece)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    struct id hash;
    struct id there = {0};
    uint64_t found = 0;
    bool known = false;

    piece_hash(piece, hash.b);
    TRY(outbox_find(cx, t, piece.ptr, &found, &there, &known));
    if (!known || found != index || (!id_is_zero(&there) && !id_equal(&there, &hash))) {
        FAIL(cx, STATUS_INTEGRITY, "piece %llu came out different from the one written before",
             (unsigned long long)index);
    }
    if (id_is_zero(&there)) {
        TRY(stmt_use(cx, team_vault(t), STMT_OUTBOX_PIECE_HASH, &s));
        stmt_bind_int(s, 1, team_key(t));
        stmt_bind_int(s, 2, (int64_t)index);
        stmt_bind_bytes(s, 3, BYTES_OF(hash.b));
        TRY(stmt_run(cx, s));
        if (index == 0) {
            TRY(tag_set_hash(cx, t, piece.ptr, &hash));
        }
    }
out:
    return status;
}

/* ---- looking -------------------------------------------------------------------------------- */

enum status outbox_find(struct ctx *cx, struct team *t, const uint8_t tag[static PIECE_TAG_BYTES],
                        uint64_t *ret_index, struct id *ret_hash, bool *ret_found)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, team_vault(t), STMT_OUTBOX_PIECE_FIND, &s));
    stmt_bind_int(s, 1, team_key(t));
    stmt_bind_bytes(s, 2, BYTES(tag, PIECE_TAG_BYTES));
    TRY(stmt_step(cx, s, ret_found));
    if (!*ret_found) {
        goto out;
    }
    *ret_index = (uint64_t)stmt_int(s, 0);
    memset(ret_hash, 0, sizeof *ret_hash);
    if (!stmt_is_null(s, 1)) {
        TRY(take_fixed(cx, s, 1, ret_hash->b, sizeof ret_hash->b));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status outbox_hashes(struct ctx *cx, struct team *t, const struct plan *p, struct buf *out)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;
    uint64_t next = 1;
    TRY(stmt_use(cx, team_vault(t), STMT_OUTBOX_PIECE_HASHES, &s));
    stmt_bind_int(s, 1, team_key(t));
    for (;;) {
        TRY(stmt_step(cx, s, &row));
        if (!row) {
            break;
        }
        bytes hash = stmt_bytes(s, 1);
        if ((uint64_t)stmt_int(s, 0) != next || hash.len != PIECE_HASH_BYTES) {
            FAIL(cx, STATUS_INTEGRITY, "the outbox lacks piece %llu", (unsigned long long)next);
        }
        TRY(buf_add(cx, out, hash));
        next++;
    }
    if (next != p->pieces + 1) {
        FAIL(cx, STATUS_INTEGRITY, "the outbox lacks piece %llu", (unsigned long long)next);
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* ---- closing -------------------------------------------------------------------------------- */

static enum status erase(struct ctx *cx, struct team *t)
{
    static const enum stmt_id statements[] = {STMT_OUTBOX_PIECE_DELETE, STMT_OUTBOX_DELETE};
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        TRY(stmt_use(cx, team_vault(t), statements[i], &s));
        stmt_bind_int(s, 1, team_key(t));
        TRY(stmt_run(cx, s));
    }
out:
    return status;
}

static enum status close_inside(struct ctx *cx, struct team *t, const struct plan *p,
                                const struct id *manifest)
{
    enum status status = STATUS_OK;
    TRY(last_store(cx, t, p, manifest));
    TRY(erase(cx, t));
out:
    return status;
}

enum status outbox_close(struct ctx *cx, struct team *t, const struct plan *p,
                         const struct id *manifest)
{
    struct vault *v = team_vault(t);
    enum status status = vault_begin(cx, v);
    if (status != STATUS_OK) {
        return status;
    }
    return vault_end(cx, v, close_inside(cx, t, p, manifest));
}

enum status outbox_abandon(struct ctx *cx, struct team *t, const struct plan *p)
{
    /* Nobody will see this bundle's manifest; the next one still needs a predecessor [F-57], and
     * receivers compare it only with a manifest they hold. */
    struct id hash;
    hash_domain("valise/outbox-abandoned", BYTES_OF(p->seed.b), BYTES(NULL, 0), &hash);
    return outbox_close(cx, t, p, &hash);
}
