/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority-int: what the files of the authority room share.
 *
 * Everything is kept in growing arrays and named by its index in them (lane, family, op, ...), so
 * that a copy is a copy of arrays. NONE is no index.
 */
#ifndef AUTHORITY_INT_H
#define AUTHORITY_INT_H

#include "authority.h"

#define NONE UINT32_MAX

/* ---- table.c: growing arrays, and numbers found by hash
 * ------------------------------------------ */

/* Makes *array hold at least `wanted` items of `size`; fresh memory is zero. Unchanged on failure.
 */
enum status array_reserve(struct ctx *cx, void **array, size_t *cap, size_t wanted,
                          size_t size) MUST_USE;
/* A heap copy of count items; NULL for none. */
enum status array_copy(struct ctx *cx, const void *from, size_t count, size_t size,
                       void **ret) MUST_USE;

/* Number to index. Open addressing; key 0 is allowed. */
struct table {
    struct table_slot {
        uint64_t key;
        uint32_t value; /* NONE: free */
    } * slots;
    size_t cap; /* a power of two, or 0 */
    size_t count;
};
uint32_t table_find(const struct table *t, uint64_t key);
/* Room for one more, so that the next table_put() cannot fail. */
enum status table_reserve(struct ctx *cx, struct table *t) MUST_USE;
void table_put(struct table *t, uint64_t key, uint32_t value);
enum status table_copy(struct ctx *cx, const struct table *from, struct table *ret) MUST_USE;
void table_finish(struct table *t);

#endif
