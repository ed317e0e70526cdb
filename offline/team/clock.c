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

#include "lanes-int.h"

enum { ITEM_BYTES = 80 }; /* device id, seq, entry id, local number of the lane */

void clock_finish(struct clock *c)
{
    free(c->items);
    free(c->lanes);
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

bool clock_find(const struct clock *c, const struct id *device, size_t *ret)
{
    bool there;
    *ret = find(c, device, &there);
    return there;
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
    void *items = NULL, *lanes = NULL;
    if (count <= c->cap) {
        return STATUS_OK;
    }
    size_t cap = c->cap < 8 ? 8 : c->cap * 2;
    cap = cap < count ? count : cap;
    TRY(mem_new(cx, cap, sizeof *c->items, &items));
    TRY(mem_new(cx, cap, sizeof *c->lanes, &lanes));
    if (c->count > 0) {
        memcpy(items, c->items, c->count * sizeof *c->items);
        memcpy(lanes, c->lanes, c->count * sizeof *c->lanes);
    }
    free(c->items);
    free(c->lanes);
    c->items = items;
    c->lanes = lanes;
    c->cap = cap;
    items = NULL;
out:
    free(items);
    return status;
}

static enum status set(struct ctx *cx, struct clock *c, const struct view_item *item, int64_t lane)
{
    enum status status = STATUS_OK;
    bool there;
    size_t i = find(c, &item->device, &there);
    if (!there) {
        TRY(reserve(cx, c, c->count + 1));
        memmove(c->items + i + 1, c->items + i, (c->count - i) * sizeof *c->items);
        memmove(c->lanes + i + 1, c->lanes + i, (c->count - i) * sizeof *c->lanes);
        c->count++;
    }
    c->items[i] = *item;
    c->lanes[i] = lane;
out:
    return status;
}

enum status clock_set(struct ctx *cx, struct clock *c, const struct id *device, uint64_t seq,
                      const struct id *id)
{
    const struct view_item item = {.device = *device, .seq = seq, .id = *id};
    return set(cx, c, &item, 0);
}

enum status clock_put(struct ctx *cx, struct clock *c, const struct device *lane, uint64_t seq,
                      const struct id *id)
{
    const struct view_item item = {.device = lane->pub.id, .seq = seq, .id = *id};
    return set(cx, c, &item, lane_at(lane, seq)->lane_ix);
}

const struct device *clock_lane(const struct team *t, const struct clock *c, size_t i)
{
    return c->lanes[i] == 0 ? device_by_id(t, &c->items[i].device) : device_by_ix(t, c->lanes[i]);
}

enum status clock_copy(struct ctx *cx, struct clock *to, const struct clock *from)
{
    enum status status = STATUS_OK;
    TRY(reserve(cx, to, from->count));
    if (from->count > 0) {
        memcpy(to->items, from->items, from->count * sizeof *to->items);
        memcpy(to->lanes, from->lanes, from->count * sizeof *to->lanes);
    }
    to->count = from->count;
out:
    return status;
}

bool clock_knows(const struct team *t, const struct clock *c, struct place place)
{
    const struct device *d = device_by_ix(t, place.ix), *known;
    size_t i;

    if (place.ix == 0) {
        return true; /* what the team was founded with */
    }
    if (d == NULL || !clock_find(c, &d->pub.id, &i)) {
        return false;
    }
    known = clock_lane(t, c, i);
    return known != NULL && lane_before(d, place.seq, known, c->items[i].seq);
}

enum status places_add(struct ctx *cx, struct places *l, struct place place)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < l->count; i++) {
        if (l->at[i].ix == place.ix && l->at[i].seq == place.seq) {
            return STATUS_OK;
        }
    }
    TRY(MEM_GROW(cx, l->at, l->cap, l->count + 1));
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
        d->clock.lanes[d->clock.count] = (int64_t)get_u64le(items.ptr + at + 72);
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
        put_u64le(at + 72, (uint64_t)d->clock.lanes[i]);
    }
    TRY(stmt_use(cx, t->v, STMT_TEAM_CLOCK_PUT, &s));
    stmt_bind_int(s, 1, d->pub.ix);
    stmt_bind_bytes(s, 2, buf_view(&items));
    TRY(stmt_run(cx, s));
out:
    buf_finish(&items);
    return status;
}
