/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing arrays and a hash from 64-bit numbers to indexes: the only memory this room takes.
 *
 * Invariants: a table is at most half full, so that a search ends soon; nothing depends on the
 * order of slots.
 */
#include "authority-int.h"

#include <stdlib.h>
#include <string.h>

enum { ARRAY_CAP_FIRST = 8, TABLE_CAP_FIRST = 16 };

enum status array_reserve(struct ctx *cx, struct array *a, size_t wanted, size_t size)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    if (wanted <= a->cap) {
        return STATUS_OK;
    }
    size_t cap = a->cap < ARRAY_CAP_FIRST ? ARRAY_CAP_FIRST : a->cap * 2;
    cap = cap < wanted ? wanted : cap;
    if (cap >= NONE) {
        FAIL(cx, STATUS_LIMIT, "more facts about authority than can be counted");
    }
    TRY(mem_new(cx, cap, size, &memory));
    if (a->count > 0) {
        memcpy(memory, a->items, a->count * size);
    }
    free(a->items);
    a->items = memory;
    a->cap = cap;
out:
    return status;
}

enum status array_copy(struct ctx *cx, const struct array *from, size_t size, struct array *ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    if (from->count > 0) {
        TRY(mem_new(cx, from->count, size, &memory));
        memcpy(memory, from->items, from->count * size);
    }
    *ret = (struct array){.items = memory, .count = from->count, .cap = from->count};
out:
    return status;
}

void array_finish(struct array *a)
{
    free(a->items);
    *a = (struct array){0};
}

/* splitmix64's last step */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* The slot that holds the key, or the free one where it belongs. cap is not 0. */
static size_t slot_of(const struct table *t, uint64_t key)
{
    size_t i = (size_t)mix(key) & (t->cap - 1);
    while (t->slots[i].value != NONE && t->slots[i].key != key) {
        i = (i + 1) & (t->cap - 1);
    }
    return i;
}

uint32_t table_find(const struct table *t, uint64_t key)
{
    return t->cap == 0 ? NONE : t->slots[slot_of(t, key)].value;
}

enum status table_reserve(struct ctx *cx, struct table *t)
{
    enum status status = STATUS_OK;
    struct table fresh = {.cap = t->cap == 0 ? TABLE_CAP_FIRST : t->cap * 2};
    void *memory = NULL;

    if ((t->count + 1) * 2 <= t->cap) {
        return STATUS_OK;
    }
    TRY(mem_new(cx, fresh.cap, sizeof *fresh.slots, &memory));
    fresh.slots = memory;
    for (size_t i = 0; i < fresh.cap; i++) {
        fresh.slots[i].value = NONE;
    }
    for (size_t i = 0; i < t->cap; i++) {
        if (t->slots[i].value != NONE) {
            table_put(&fresh, t->slots[i].key, t->slots[i].value);
        }
    }
    free(t->slots);
    *t = fresh;
out:
    return status;
}

void table_put(struct table *t, uint64_t key, uint32_t value)
{
    size_t i = slot_of(t, key);
    t->count += t->slots[i].value == NONE ? 1 : 0;
    t->slots[i] = (struct table_slot){.key = key, .value = value};
}

enum status table_copy(struct ctx *cx, const struct table *from, struct table *ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    if (from->cap > 0) {
        TRY(mem_new(cx, from->cap, sizeof *from->slots, &memory));
        memcpy(memory, from->slots, from->cap * sizeof *from->slots);
    }
    *ret = (struct table){.slots = memory, .cap = from->cap, .count = from->count};
out:
    return status;
}

void table_finish(struct table *t)
{
    free(t->slots);
    *t = (struct table){0};
}
