/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carrying a clock from one entry to the next. deps name (device, seq) and no entry: where a device
 * has several branches they may mean any of them that goes on from what the author knew before. The
 * header's view is the hash over what it does mean, so the combinations are tried; where none fits,
 * a branch that is not held here is meant, and the entry waits for it.
 *
 * A clock follows one branch of each device for ever: what an author once built on he cannot take
 * back.
 */
#include <stdlib.h>

#include "lanes-int.h"

enum {
    COMBINATIONS_MAX = 4096, /* views hashed for one entry: two devices of 64 branches each */
    CHOICES_MAX = 12,        /* 2^12: of more than these the entry waits */
};

struct option {
    const struct device *lane;
    struct id name;
    uint64_t lamport;
};
/* The entries of one number that go on from what the clock holds of the device. */
struct choice {
    struct option *of;
    size_t count, cap;
    uint64_t seq;
};

static enum status choices(struct ctx *cx, struct team *t, const struct device *d,
                           const struct clock *past, uint64_t seq, struct choice *ret)
{
    enum status status = STATUS_OK;
    const struct device *known = NULL;
    uint64_t known_seq = 0;
    size_t i;

    ret->count = 0;
    ret->seq = seq;
    if (clock_find(past, &d->pub.id, &i)) {
        known = clock_lane(t, past, i);
        known_seq = past->items[i].seq;
    }
    for (const struct device *l = d->of; l != NULL; l = l->next) {
        if (l->pub.head_seq < seq || lane_at(l, seq) != l ||
            (known != NULL && !lane_before(known, known_seq, l, seq))) {
            continue;
        }
        TRY(MEM_GROW(cx, ret->of, ret->cap, ret->count + 1));
        struct option *o = &ret->of[ret->count];
        o->lane = l;
        TRY(log_name(cx, t, l, seq, &o->name, &o->lamport));
        ret->count++;
    }
out:
    return status;
}

static enum status choose(struct ctx *cx, const struct choice *c, size_t which, struct clock *past,
                          uint64_t *lamport)
{
    if (c->of[which].lamport > *lamport) {
        *lamport = c->of[which].lamport;
    }
    return clock_put(cx, past, c->of[which].lane, c->seq, &c->of[which].name);
}

static enum status try_all(struct ctx *cx, const struct choice *list, size_t count,
                           const struct id *view, struct clock *past, uint64_t *lamport,
                           bool *ret_found)
{
    enum status status = STATUS_OK;
    size_t combinations = 1;
    struct id hash;

    for (size_t i = 0; i < count; i++) {
        combinations *= list[i].count;
    }
    *ret_found = false;
    for (size_t k = 0; k < combinations && !*ret_found; k++) {
        uint64_t largest = *lamport;
        size_t rest = k;
        for (size_t i = 0; i < count; i++) {
            TRY(choose(cx, &list[i], rest % list[i].count, past, &largest));
            rest /= list[i].count;
        }
        view_hash(past->items, past->count, &hash);
        if (id_equal(&hash, view)) {
            *ret_found = true;
            *lamport = largest;
        }
    }
out:
    return status;
}

enum status clock_carry(struct ctx *cx, struct team *t, const struct entry_header *h,
                        struct clock *past, uint64_t *lamport, enum carried *ret)
{
    enum status status = STATUS_OK;
    struct choice list[CHOICES_MAX + 1] = {{.of = NULL}};
    size_t count = 0, combinations = 1, pos = 0, named = 0;
    struct entry_dep dep;
    bool found = false, all = true;

    while (entry_dep_next(h->deps, &pos, &dep)) {
        const struct device *d = device_by_id(t, &dep.device);
        named++;
        if (dep.seq <= clock_seq(past, &dep.device)) {
            *ret = CARRY_BEFORE;
            goto out;
        }
        if (d == NULL || !all || combinations > COMBINATIONS_MAX) {
            all = false;
            continue;
        }
        struct choice *c = &list[count];
        TRY(choices(cx, t, d, past, dep.seq, c));
        if (c->count == 1) {
            TRY(choose(cx, c, 0, past, lamport));
        } else {
            all = c->count > 0;
            combinations *= all ? c->count : 1;
            count += combinations <= COMBINATIONS_MAX;
        }
    }
    if (all && combinations <= COMBINATIONS_MAX) {
        TRY(try_all(cx, list, count, &h->view, past, lamport, &found));
    }
    *ret = found ? CARRIED : named > 0 ? CARRY_WAITS : CARRY_VIEW;
out:
    for (size_t i = 0; i <= CHOICES_MAX; i++) {
        free(list[i].of);
    }
    return status;
}
