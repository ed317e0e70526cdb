/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Piece chains as they are kept (AUTHORITY 2.8). For every sender and control epoch: the state at
 * `base`, the next step not used yet, and at `top`, the next step not looked ahead to; between them
 * the tags wait in a table, so that a piece is found by one look-up. Steps below base that were
 * never seen are "skipped": kept bounded in number and age. The key of a piece that was opened is
 * overwritten at once; base moves only over pieces that a signed manifest lists, because every
 * member can make a piece of a colleague's chain, and one far ahead would push out the keys of all
 * the honest ones before it.
 *
 * The state at base gives nothing the tags' keys do not: everything below it is used or skipped. It
 * is what a newcomer is handed.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

/* tags kept ahead over all senders: more would not fit the database's page cache */
enum { AHEAD_TOTAL = 1 << 16, AHEAD_MIN = 64 };
enum { SEARCH_TOTAL = 1 << 20 }; /* steps of one search over all senders, about 2 CPU s */

struct kept {
    int64_t number, ix;
    struct id epoch;
    struct chain base, top;
};

static void kept_wipe(struct kept *k)
{
    wipe(k, sizeof *k);
}

static bool take_key(bytes from, struct key *ret)
{
    if (from.len != sizeof ret->b) {
        return false;
    }
    memcpy(ret->b, from.ptr, sizeof ret->b);
    return true;
}

static enum status kept_load(struct ctx *cx, struct team *t, int64_t number, struct kept *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, t->v, STMT_CHAIN_BY_NUMBER, &s));
    stmt_bind_int(s, 1, number);
    TRY(stmt_step(cx, s, &row));
    if (!row || stmt_bytes(s, 1).len != 32 || !take_key(stmt_bytes(s, 3), &ret->base.ck) ||
        !take_key(stmt_bytes(s, 5), &ret->top.ck)) {
        FAIL(cx, STATUS_INTEGRITY, "a stored piece chain is damaged");
    }
    ret->number = number;
    ret->ix = stmt_int(s, 0);
    memcpy(ret->epoch.b, stmt_bytes(s, 1).ptr, 32);
    ret->base.next = (uint64_t)stmt_int(s, 2);
    ret->top.next = (uint64_t)stmt_int(s, 4);
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status kept_store(struct ctx *cx, struct team *t, const struct kept *k)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, t->v, STMT_CHAIN_UPDATE, &s));
    stmt_bind_int(s, 1, k->number);
    stmt_bind_int(s, 2, (int64_t)k->base.next);
    stmt_bind_bytes(s, 3, BYTES_OF(k->base.ck.b));
    stmt_bind_int(s, 4, (int64_t)k->top.next);
    stmt_bind_bytes(s, 5, BYTES_OF(k->top.ck.b));
    TRY(stmt_run(cx, s));
out:
    return status;
}

static enum status step_store(struct ctx *cx, struct team *t, int64_t chain,
                              const struct chain_step *step, bool own)
{
    static const enum stmt_id ways[] = {STMT_CHAIN_STEP_INSERT, STMT_CHAIN_STEP_TAKE_OVER};
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    for (size_t i = 0; i < 2 && (i == 0 || vault_changes(t->v) == 0); i++) {
        TRY(stmt_use(cx, t->v, ways[i], &s));
        stmt_bind_bytes(s, 1, BYTES_OF(step->tag));
        stmt_bind_int(s, 2, chain);
        stmt_bind_int(s, 3, (int64_t)step->number);
        stmt_bind_bytes(s, 4, BYTES(step->key.b, own ? 0 : sizeof step->key.b));
        TRY(stmt_run(cx, s));
    }
out:
    return status;
}

/* Looks ahead up to and without `end`; the caller stores the state. */
static enum status fill(struct ctx *cx, struct team *t, struct kept *k, uint64_t end)
{
    enum status status = STATUS_OK;
    struct chain_step step = {0};
    while (k->top.next < end) {
        chain_next(&k->top, &step);
        TRY(step_store(cx, t, k->number, &step, false));
    }
out:
    wipe(&step, sizeof step);
    return status;
}

/* ---- the list of chains ---- */

struct numbers {
    int64_t *at;
    size_t count;
};

static enum status numbers_load(struct ctx *cx, struct team *t, struct numbers *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    size_t cap = 0;
    bool row = false;

    TRY(stmt_use(cx, t->v, STMT_CHAIN_LIST, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    while (row) {
        TRY(MEM_GROW(cx, ret->at, cap, ret->count + 1));
        ret->at[ret->count++] = stmt_int(s, 0);
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status chain_each(struct ctx *cx, struct team *t,
                       enum status (*visit)(void *self, struct ctx *cx,
                                            const struct chain_state *s),
                       void *self)
{
    enum status status = STATUS_OK;
    struct numbers n = {0};
    struct kept k;

    TRY(numbers_load(cx, t, &n));
    for (size_t i = 0; i < n.count; i++) {
        TRY(kept_load(cx, t, n.at[i], &k));
        struct chain_state state = {.ix = k.ix, .epoch = k.epoch, .chain = k.base};
        status = visit(self, cx, &state);
        key_wipe(&state.chain.ck);
        TRY(status);
    }
out:
    kept_wipe(&k);
    free(n.at);
    return status;
}

enum status chain_keep(struct ctx *cx, struct team *t, const struct device *d,
                       const struct id *epoch, const struct chain *state)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    struct id seed;
    uint8_t number[8];
    bool row = false;

    put_u64le(number, state->next);
    hash_domain("valise/chain-state", BYTES_OF(state->ck.b), BYTES_OF(number), &seed);
    TRY(stmt_use(cx, t->v, STMT_CHAIN_KNOWN, &s));
    stmt_bind_int(s, 1, d->pub.ix);
    stmt_bind_bytes(s, 2, BYTES_OF(epoch->b));
    stmt_bind_bytes(s, 3, BYTES_OF(seed.b));
    TRY(stmt_step(cx, s, &row));
    bool keep = stmt_int(s, 0) < CHAINS_PER_EPOCH_MAX && stmt_int(s, 1) == 0;
    stmt_reset(s);
    if (!keep) {
        goto out;
    }
    TRY(stmt_use(cx, t->v, STMT_CHAIN_INSERT, &s));
    stmt_bind_int(s, 1, d->pub.ix);
    stmt_bind_bytes(s, 2, BYTES_OF(epoch->b));
    stmt_bind_int(s, 3, (int64_t)state->next);
    stmt_bind_bytes(s, 4, BYTES_OF(state->ck.b));
    stmt_bind_bytes(s, 5, BYTES_OF(seed.b));
    TRY(stmt_run(cx, s));
    t->chains_ready = false;
out:
    return status;
}

static enum status first_number(struct ctx *cx, struct team *t, int64_t ix, const struct id *epoch,
                                int64_t *ret_number)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    *ret_number = 0;
    TRY(stmt_use(cx, t->v, STMT_CHAIN_GET, &s));
    stmt_bind_int(s, 1, ix);
    stmt_bind_bytes(s, 2, BYTES_OF(epoch->b));
    TRY(stmt_step(cx, s, &row));
    *ret_number = row ? stmt_int(s, 0) : 0;
    stmt_reset(s);
out:
    return status;
}

static enum status own_number(struct ctx *cx, struct team *t, const struct id *epoch,
                              int64_t *ret_number)
{
    return first_number(cx, t, t->self->pub.ix, epoch, ret_number);
}

enum status chain_known(struct ctx *cx, struct team *t, const struct device *d,
                        const struct id *epoch, bool *ret)
{
    int64_t number = 0;
    enum status status = first_number(cx, t, d->pub.ix, epoch, &number);
    *ret = number != 0;
    return status;
}

enum status chain_own(struct ctx *cx, struct team *t, const struct id *epoch, struct chain *ret,
                      bool *ret_there)
{
    enum status status = STATUS_OK;
    struct kept k = {0};
    int64_t number = 0;

    TRY(own_number(cx, t, epoch, &number));
    *ret_there = number != 0;
    if (*ret_there) {
        TRY(kept_load(cx, t, number, &k));
        *ret = k.base;
    }
out:
    kept_wipe(&k);
    return status;
}

/* ---- sending ---- */

enum status chain_send_next(struct ctx *cx, struct team *t, struct chain_step *ret)
{
    enum status status = STATUS_OK;
    struct id epoch;
    TRY(chain_send_epoch(cx, t, 0, BYTES(NULL, 0), &epoch));
    TRY(chain_send_under(cx, t, &epoch, ret));
out:
    return status;
}

enum status chain_send_under(struct ctx *cx, struct team *t, const struct id *epoch,
                             struct chain_step *ret)
{
    enum status status = STATUS_OK;
    struct kept k = {0};
    struct chain_step step = {0};
    int64_t number = 0;
    struct stmt *s = NULL;

    TRY(team_sync(cx, t));
    TRY(own_number(cx, t, epoch, &number));
    if (number == 0) {
        FAIL(cx, STATUS_NOT_FOUND, "this device has no piece chain yet: log_sign_head() makes it");
    }
    TRY(kept_load(cx, t, number, &k));
    chain_next(&k.base, &step);
    k.top = k.base;
    TRY(kept_store(cx, t, &k));
    TRY(step_store(cx, t, k.number, &step, true));
    if (step.number % 1024 == 0) {
        TRY(stmt_use(cx, t->v, STMT_CHAIN_STEP_TRIM, &s));
        stmt_bind_int(s, 1, k.number);
        stmt_bind_int(s, 2, (int64_t)k.base.next);
        stmt_bind_int(s, 3, OWN_TAGS_MAX);
        TRY(stmt_run(cx, s));
    }
    *ret = step;
out:
    wipe(&step, sizeof step);
    kept_wipe(&k);
    return status;
}

/* ---- receiving ---- */

/* How far to look ahead of each of `senders`. */
static uint64_t ahead_of(size_t senders)
{
    uint64_t ahead = AHEAD_TOTAL / (senders + 1);
    return ahead > CHAIN_AHEAD_MAX ? CHAIN_AHEAD_MAX : ahead < AHEAD_MIN ? AHEAD_MIN : ahead;
}

static enum status look_ahead(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct numbers n = {0};
    struct kept k = {0};
    bool changed = false;

    if (t->chains_ready) {
        return STATUS_OK;
    }
    TRY(vault_begin(cx, t->v));
    status = numbers_load(cx, t, &n);
    t->ahead = ahead_of(n.count);
    for (size_t i = 0; i < n.count && status == STATUS_OK; i++) {
        status = kept_load(cx, t, n.at[i], &k);
        if (status == STATUS_OK && k.ix != t->self->pub.ix && k.top.next < k.base.next + t->ahead) {
            changed = true;
            status = fill(cx, t, &k, k.base.next + t->ahead);
            status = status == STATUS_OK ? kept_store(cx, t, &k) : status;
        }
    }
    if (status == STATUS_OK && changed) { /* a rollback must be noticed: the tags would be gone */
        status = team_touch(cx, t);
    }
    TRY(vault_end(cx, t->v, status));
    t->chains_ready = true;
out:
    kept_wipe(&k);
    free(n.at);
    return status;
}

enum status chain_find(struct ctx *cx, struct team *t, const uint8_t tag[static 32],
                       struct chain_hit *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(team_sync(cx, t));
    TRY(look_ahead(cx, t));
    TRY(stmt_use(cx, t->v, STMT_CHAIN_STEP_FIND, &s));
    stmt_bind_bytes(s, 1, BYTES(tag, 32));
    stmt_bind_int(s, 2, t->key);
    TRY(stmt_step(cx, s, &row));
    if (!row) {
        FAIL(cx, STATUS_NOT_FOUND, "no sender of this team is expected to use this tag");
    }
    if (stmt_int(s, 0) == t->self->pub.ix) {
        FAIL(cx, STATUS_FOREIGN, "the piece is this device's own");
    }
    if (!take_key(stmt_bytes(s, 2), &ret->key)) {
        FAIL(cx, STATUS_INTEGRITY, "a stored piece key is damaged");
    }
    ret->device_ix = stmt_int(s, 0);
    ret->number = (uint64_t)stmt_int(s, 1);
    memcpy(ret->tag, tag, sizeof ret->tag);
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* Steps below the new base that were not seen: dated, then bounded in age and number. */
static enum status skip_steps(struct ctx *cx, struct team *t, const struct kept *k, uint64_t old)
{
    enum status status = STATUS_OK;
    int64_t now = cx->system->now(cx->system->self);
    struct stmt *s = NULL;

    TRY(stmt_use(cx, t->v, STMT_CHAIN_STEP_SKIP, &s));
    stmt_bind_int(s, 1, k->number);
    stmt_bind_int(s, 2, (int64_t)old);
    stmt_bind_int(s, 3, (int64_t)k->base.next);
    stmt_bind_int(s, 4, now);
    TRY(stmt_run(cx, s));
    TRY(stmt_use(cx, t->v, STMT_CHAIN_STEP_EXPIRE, &s));
    stmt_bind_int(s, 1, k->number);
    stmt_bind_int(s, 2, (int64_t)k->base.next);
    stmt_bind_int(s, 3, now - SKIPPED_SECONDS_MAX);
    TRY(stmt_run(cx, s));
    TRY(stmt_use(cx, t->v, STMT_CHAIN_STEP_TRIM, &s));
    stmt_bind_int(s, 1, k->number);
    stmt_bind_int(s, 2, (int64_t)k->base.next);
    stmt_bind_int(s, 3, CHAIN_SKIPPED_MAX);
    TRY(stmt_run(cx, s));
out:
    return status;
}

/* How far ahead of base anything is computed: a bundle of the largest size, and what a search adds.
 */
static uint64_t end_of(const struct kept *k)
{
    return k->base.next + 2 * (uint64_t)CHAIN_SEARCH_MAX;
}

enum status chain_spend(struct ctx *cx, struct team *t, const struct chain_hit *hit,
                        const struct id *piece)
{
    enum status status = STATUS_OK;
    struct kept k = {0};
    struct stmt *s = NULL;
    bool row = false;

    TRY(team_sync(cx, t));
    TRY(look_ahead(cx, t));
    TRY(stmt_use(cx, t->v, STMT_CHAIN_OF_TAG, &s));
    stmt_bind_bytes(s, 1, BYTES_OF(hit->tag));
    TRY(stmt_step(cx, s, &row));
    int64_t chain = row ? stmt_int(s, 0) : 0;
    uint64_t end = row ? (uint64_t)stmt_int(s, 1) + 1 + CHAIN_AHEAD_MAX : 0;
    stmt_reset(s);
    if (!row) {
        goto out; /* used before */
    }
    TRY(kept_load(cx, t, chain, &k));
    end = end < end_of(&k) ? end : end_of(&k);
    TRY(vault_begin(cx, t->v));
    status = stmt_use(cx, t->v, STMT_CHAIN_STEP_SPEND, &s);
    if (status == STATUS_OK) {
        stmt_bind_bytes(s, 1, BYTES_OF(hit->tag));
        stmt_bind_bytes(s, 2, BYTES_OF(piece->b));
        status = stmt_run(cx, s);
    }
    if (status == STATUS_OK && k.top.next < end) {
        status = fill(cx, t, &k, end);
        status = status == STATUS_OK ? kept_store(cx, t, &k) : status;
    }
    TRY(vault_end(cx, t->v, status));
out:
    kept_wipe(&k);
    return status;
}

/* base moves behind this step; what was spent below it needs no memory any more. */
static enum status base_move(struct ctx *cx, struct team *t, int64_t number, uint64_t step)
{
    enum status status = STATUS_OK;
    struct kept k = {0};
    struct chain_step passed = {0};
    struct stmt *s = NULL;

    TRY(kept_load(cx, t, number, &k));
    uint64_t old = k.base.next;
    while (k.base.next <= step) {
        chain_next(&k.base, &passed);
    }
    TRY(stmt_use(cx, t->v, STMT_CHAIN_STEP_SPENT_DELETE, &s));
    stmt_bind_int(s, 1, number);
    stmt_bind_int(s, 2, (int64_t)k.base.next);
    TRY(stmt_run(cx, s));
    if (k.base.next > old) {
        TRY(fill(cx, t, &k, k.base.next + t->ahead));
        TRY(kept_store(cx, t, &k));
        TRY(skip_steps(cx, t, &k, old));
    }
out:
    wipe(&passed, sizeof passed);
    kept_wipe(&k);
    return status;
}

/* ---- what a manifest lists ---- */

static int compare_tags(const void *a, const void *b)
{
    return memcmp(a, b, PIECE_TAG_BYTES);
}

struct confirmed {
    const uint8_t *sorted; /* hashes */
    size_t n;
    struct {
        int64_t chain;
        uint64_t step;
    } at[CHAINS_PER_EPOCH_MAX]; /* the furthest listed step of each chain */
    size_t count;
};

static enum status confirmed_steps(struct ctx *cx, struct team *t, int64_t device_ix,
                                   struct confirmed *c)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, t->v, STMT_CHAIN_STEP_SPENT, &s));
    stmt_bind_int(s, 1, device_ix);
    TRY(stmt_step(cx, s, &row));
    while (row) {
        bytes piece = stmt_bytes(s, 2);
        int64_t chain = stmt_int(s, 0);
        bool listed = piece.len == PIECE_HASH_BYTES &&
                      bsearch(piece.ptr, c->sorted, c->n, PIECE_HASH_BYTES, compare_tags) != NULL;
        if (listed && c->count > 0 && c->at[c->count - 1].chain == chain) {
            c->at[c->count - 1].step = (uint64_t)stmt_int(s, 1);
        } else if (listed && c->count < CHAINS_PER_EPOCH_MAX) {
            c->at[c->count].chain = chain;
            c->at[c->count++].step = (uint64_t)stmt_int(s, 1);
        }
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status chain_confirm(struct ctx *cx, struct team *t, int64_t device_ix, bytes hashes)
{
    enum status status = STATUS_OK;
    struct confirmed c = {.n = hashes.len / PIECE_HASH_BYTES};
    void *sorted = NULL;

    TRY(team_sync(cx, t));
    TRY(look_ahead(cx, t));
    if (c.n == 0) {
        goto out;
    }
    TRY(mem_new(cx, c.n, PIECE_HASH_BYTES, &sorted));
    memcpy(sorted, hashes.ptr, c.n * PIECE_HASH_BYTES);
    qsort(sorted, c.n, PIECE_HASH_BYTES, compare_tags);
    c.sorted = sorted;
    TRY(confirmed_steps(cx, t, device_ix, &c));
    TRY(vault_begin(cx, t->v));
    for (size_t i = 0; i < c.count && status == STATUS_OK; i++) {
        status = base_move(cx, t, c.at[i].chain, c.at[i].step);
    }
    TRY(vault_end(cx, t->v, status));
out:
    free(sorted);
    return status;
}

/* ---- searching further ---- */

/* One past the last step whose tag is wanted; the chain's own top when there is none. */
static uint64_t find_last(const struct kept *k, const uint8_t *sorted, size_t n, size_t steps)
{
    struct chain ahead = k->top;
    struct chain_step step;
    uint64_t last = k->top.next;

    for (size_t i = 0; i < steps; i++) {
        chain_next(&ahead, &step);
        if (bsearch(step.tag, sorted, n, PIECE_TAG_BYTES, compare_tags) != NULL) {
            last = ahead.next;
        }
    }
    wipe(&step, sizeof step);
    wipe(&ahead, sizeof ahead);
    return last;
}

static enum status search_all(struct ctx *cx, struct team *t, const uint8_t *sorted, size_t n)
{
    enum status status = STATUS_OK;
    struct numbers numbers = {0};
    struct kept k = {0};

    TRY(numbers_load(cx, t, &numbers));
    size_t steps = SEARCH_TOTAL / (numbers.count + 1); /* a large team must not wait for ever */
    steps = steps < CHAIN_AHEAD_MAX ? CHAIN_AHEAD_MAX : steps;
    steps = steps > CHAIN_SEARCH_MAX ? CHAIN_SEARCH_MAX : steps;
    for (size_t i = 0; i < numbers.count; i++) {
        TRY(kept_load(cx, t, numbers.at[i], &k));
        if (k.ix == t->self->pub.ix) {
            continue;
        }
        uint64_t room = k.top.next < end_of(&k) ? end_of(&k) - k.top.next : 0;
        uint64_t last = find_last(&k, sorted, n, steps < room ? steps : (size_t)room);
        if (last > k.top.next) {
            TRY(fill(cx, t, &k, last));
            TRY(kept_store(cx, t, &k));
        }
    }
out:
    kept_wipe(&k);
    free(numbers.at);
    return status;
}

enum status chain_search(struct ctx *cx, struct team *t, const uint8_t *tags, size_t n)
{
    enum status status = STATUS_OK;
    void *sorted = NULL;

    if (n == 0) {
        return STATUS_OK;
    }
    TRY(team_sync(cx, t));
    TRY(look_ahead(cx, t));
    TRY(mem_new(cx, n, PIECE_TAG_BYTES, &sorted));
    memcpy(sorted, tags, n * PIECE_TAG_BYTES);
    qsort(sorted, n, PIECE_TAG_BYTES, compare_tags);
    TRY(vault_begin(cx, t->v));
    TRY(vault_end(cx, t->v, search_all(cx, t, sorted, n)));
out:
    free(sorted);
    return status;
}
