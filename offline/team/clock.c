/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device knew: for its latest entry, every device's head with the entry's name. An entry
 * declares only what changed since the device's previous one, so the clock is carried along; its
 * hash is the header's `view`, and "in the causal past" means nothing else than "in this clock".
 *
 * Invariant: items ascend strictly by device id. A clock is as old as the entry, never newer: the
 * latest clock of another device must not be used for what an older entry of it knew.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

enum { ITEM_BYTES = 72 }; /* device id, seq, entry id */

void clock_finish(struct clock *c)
{
    free(c->items);
    *c = (struct clock){0};
}

static size_t find(const struct clock *c, const struct id *device, bool *ret_there)
{
    size_t low = 0, high = c->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = id_compare(&c->items[middle].device, device);
        if (order == 0) {
            *ret_there = true;
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *ret_there = false;
    return low;
}

uint64_t clock_seq(const struct clock *c, const struct id *device)
{
    bool there;
    size_t i = find(c, device, &there);
    return there ? c->items[i].seq : 0;
}

static enum status reserve(struct ctx *cx, struct clock *c, size_t count)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    if (count <= c->cap) {
        return STATUS_OK;
    }
    size_t cap = c->cap < 8 ? 8 : c->cap * 2;
    cap = cap < count ? count : cap;
    TRY(mem_new(cx, cap, sizeof *c->items, &memory));
    if (c->count > 0) {
        memcpy(memory, c->items, c->count * sizeof *c->items);
    }
    free(c->items);
    c->items = memory;
    c->cap = cap;
out:
    return status;
}

enum status clock_set(struct ctx *cx, struct clock *c, const struct id *device, uint64_t seq,
                      const struct id *id)
{
    enum status status = STATUS_OK;
    bool there;
    size_t i = find(c, device, &there);
    if (!there) {
        TRY(reserve(cx, c, c->count + 1));
        memmove(c->items + i + 1, c->items + i, (c->count - i) * sizeof *c->items);
        c->count++;
    }
    c->items[i] = (struct view_item){.device = *device, .seq = seq, .id = *id};
out:
    return status;
}

enum status clock_copy(struct ctx *cx, struct clock *to, const struct clock *from)
{
    enum status status = STATUS_OK;
    TRY(reserve(cx, to, from->count));
    if (from->count > 0) {
        memcpy(to->items, from->items, from->count * sizeof *to->items);
    }
    to->count = from->count;
out:
    return status;
}

bool clock_knows(const struct team *t, const struct clock *c, struct place place)
{
    const struct device *d = device_by_ix(t, place.ix);
    if (place.ix == 0) {
        return true; /* what the team was founded with */
    }
    return d != NULL && clock_seq(c, &d->pub.id) >= place.seq;
}

/* The lane a clock's item stands on. */
int64_t clock_lane(const struct team *t, const struct view_item *item)
{
    const struct device *d = device_by_id(t, &item->device);
    return d == NULL ? 0 : d->pub.ix;
}

uint64_t lane_first(const struct device *d)
{
    (void)d;
    return 1;
}

const struct device *lane_in_force(const struct team *t, const struct device *d)
{
    (void)t;
    return d;
}

enum status held_point(struct ctx *cx, struct team *t, const struct point_row *p,
                       struct authority_point *ret, bool *ret_there)
{
    enum status status = STATUS_OK;
    const struct device *d = device_by_id(t, &p->device);
    struct id name;
    uint64_t unused;

    *ret_there = false;
    if (d == NULL || p->seq > d->pub.head_seq) {
        return STATUS_OK;
    }
    *ret = (struct authority_point){.ix = d->pub.ix, .seq = p->seq};
    if (p->seq == 0) {
        *ret_there = true;
        return STATUS_OK;
    }
    TRY(log_name(cx, t, d, p->seq, &name, &unused));
    *ret_there = id_equal(&name, &p->entry);
out:
    return status;
}

enum status places_add(struct ctx *cx, struct places *l, struct place place)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    for (size_t i = 0; i < l->count; i++) {
        if (l->at[i].ix == place.ix && l->at[i].seq == place.seq) {
            return STATUS_OK;
        }
    }
    if (l->count == l->cap) {
        size_t cap = l->cap == 0 ? 2 : l->cap * 2;
        TRY(mem_new(cx, cap, sizeof *l->at, &memory));
        if (l->count > 0) {
            memcpy(memory, l->at, l->count * sizeof *l->at);
        }
        free(l->at);
        l->at = memory;
        l->cap = cap;
    }
    l->at[l->count++] = place;
out:
    return status;
}

bool places_known(const struct team *t, const struct clock *past, const struct places *l)
{
    for (size_t i = 0; i < l->count; i++) {
        if (past == NULL || clock_knows(t, past, l->at[i])) {
            return true;
        }
    }
    return false;
}

enum status clock_load(struct ctx *cx, struct team *t, struct device *d)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    if (d->clock_loaded) {
        return STATUS_OK;
    }
    d->clock.count = 0;
    if (!t->readonly) {
        TRY(stmt_use(cx, t->v, STMT_TEAM_CLOCK_GET, &s));
        stmt_bind_int(s, 1, d->pub.ix);
        TRY(stmt_step(cx, s, &row));
    }
    bytes items = row ? stmt_bytes(s, 0) : BYTES(NULL, 0);
    if (items.len % ITEM_BYTES != 0) {
        FAIL(cx, STATUS_INTEGRITY, "the stored clock of device %lld is cut short",
             (long long)d->pub.ix);
    }
    TRY(reserve(cx, &d->clock, items.len / ITEM_BYTES));
    for (size_t at = 0; at < items.len; at += ITEM_BYTES) {
        struct view_item *item = &d->clock.items[d->clock.count++];
        memcpy(item->device.b, items.ptr + at, 32);
        item->seq = get_u64le(items.ptr + at + 32);
        memcpy(item->id.b, items.ptr + at + 40, 32);
    }
    d->clock_loaded = true;
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status clock_store(struct ctx *cx, struct team *t, struct device *d)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    struct buf items;
    uint8_t *at = NULL;

    buf_init(&items, (size_t)ITEM_BYTES * (DEVICES_MAX + 1) * 4);
    TRY(buf_extend(cx, &items, d->clock.count * ITEM_BYTES, &at));
    for (size_t i = 0; i < d->clock.count; i++, at += ITEM_BYTES) {
        memcpy(at, d->clock.items[i].device.b, 32);
        put_u64le(at + 32, d->clock.items[i].seq);
        memcpy(at + 40, d->clock.items[i].id.b, 32);
    }
    TRY(stmt_use(cx, t->v, STMT_TEAM_CLOCK_PUT, &s));
    stmt_bind_int(s, 1, d->pub.ix);
    stmt_bind_bytes(s, 2, buf_view(&items));
    TRY(stmt_run(cx, s));
out:
    buf_finish(&items);
    return status;
}
