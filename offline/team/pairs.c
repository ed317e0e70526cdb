/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret two devices share since their pairing, hashed on from window to window so that the
 * windows before it stay closed once it was erased. It is mixed into each seal between the two: who
 * recorded everything and breaks X25519 one day still lacks it, unless he has the join and the
 * invite file too.
 *
 * Devices that were never paired use one that follows from the charter key the operation stands
 * under: both read that, a stranger to the team never did.
 */
#include <string.h>

#include "team-int.h"

void pair_wipe(struct pairing *p)
{
    wipe(p, sizeof *p);
}

static void step(struct key *k)
{
    struct id next;
    hash_domain("valise/psk", BYTES_OF(k->b), BYTES(NULL, 0), &next);
    memcpy(k->b, next.b, sizeof k->b);
    wipe(&next, sizeof next);
}

void pair_make(const struct key *secret, uint64_t window, struct pairing *ret)
{
    *ret = (struct pairing){
        .window = window, .key = *secret, .start = *secret, .there = true, .has_start = true};
    step(&ret->key);
}

bool pair_secret_at(const struct pairing *p, uint64_t window, struct key *ret)
{
    if (!p->there || (window == 0 ? !p->has_start : window < p->window || window > WINDOW_MAX)) {
        return false;
    }
    *ret = window == 0 ? p->start : p->key;
    for (uint64_t at = p->window; window != 0 && at < window; at++) {
        step(ret);
    }
    return true;
}

static bool take(struct stmt *s, int column, struct key *ret)
{
    bytes b = stmt_bytes(s, column);
    if (b.len == sizeof ret->b) {
        memcpy(ret->b, b.ptr, sizeof ret->b);
    }
    return b.len == sizeof ret->b;
}

enum status pair_load(struct ctx *cx, struct team *t, const struct device *d, struct pairing *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    memset(ret, 0, sizeof *ret);
    TRY(stmt_use(cx, t->v, STMT_TEAM_PAIR_GET, &s));
    stmt_bind_int(s, 1, d->pub.ix);
    TRY(stmt_step(cx, s, &row));
    if (row) {
        ret->window = (uint64_t)stmt_int(s, 0);
        ret->there = take(s, 1, &ret->key);
        ret->has_start = take(s, 2, &ret->start);
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status pair_store(struct ctx *cx, struct team *t, const struct device *d,
                       const struct pairing *p)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, t->v, STMT_TEAM_PAIR_PUT, &s));
    stmt_bind_int(s, 1, d->pub.ix);
    stmt_bind_int(s, 2, (int64_t)p->window);
    stmt_bind_bytes(s, 3, BYTES_OF(p->key.b));
    stmt_bind_bytes(s, 4, BYTES(p->start.b, p->has_start ? sizeof p->start.b : 0));
    TRY(stmt_run(cx, s));
out:
    return status;
}

static enum status pair_erase(struct ctx *cx, struct team *t, const struct device *d,
                              uint64_t lowest, bool box_gone)
{
    enum status status = STATUS_OK;
    struct pairing p;
    struct key at;

    TRY(pair_load(cx, t, d, &p));
    bool starts_done = p.has_start && box_gone && prekeys_of(t, d)->prekeys.len > 0;
    if (!p.there || (p.window >= lowest && !starts_done)) {
        goto out;
    }
    if (pair_secret_at(&p, lowest, &at)) {
        p.key = at;
        p.window = lowest;
    }
    p.has_start = p.has_start && !starts_done;
    TRY(pair_store(cx, t, d, &p));
out:
    pair_wipe(&p);
    key_wipe(&at);
    return status;
}

enum status pairs_erase(struct ctx *cx, struct team *t, uint64_t lowest, bool box_gone)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < t->devices.count; i++) {
        TRY(pair_erase(cx, t, t->devices.at[i], lowest, box_gone));
    }
out:
    return status;
}

void introduced_secret(const struct epoch *under, const struct id *author,
                       const struct id *receiver, struct key *ret)
{
    uint8_t ids[64];

    memset(ret, 0, sizeof *ret);
    if (under != NULL && under->key != NULL) {
        memcpy(ids, author->b, 32);
        memcpy(ids + 32, receiver->b, 32);
        key_derive(secret_key(under->key), "valise/introduced", BYTES_OF(ids), ret);
    }
}
