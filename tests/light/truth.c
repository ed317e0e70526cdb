/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stood on the display, made again by a fountain of our own from the same parcel, to hold
 * every byte that is read against it: a symbol's own tag is not asked.
 */
#include <string.h>

#include "table.h"

enum { CELL_AT = 23 }; /* of a symbol's head: where it stood, which is not the symbol's own */

void truth_open(struct truth *t, struct ctx *cx, bytes parcel, const struct transfer_id *transfer,
                const struct profile *profile)
{
    const struct fountain_plan plan = {
        .transfer = *transfer,
        .symbol_data = (uint16_t)code_symbol_data(profile->version),
        .cols = profile->cols,
        .rows = profile->rows,
    };
    t->cx = cx;
    TABLE_OK(cx, fountain_new(cx, &plan, parcel, &t->fountain));
    for (unsigned i = 0; i < TRUTH_KEPT; i++) {
        buf_init(&t->kept[i], SYMBOL_BYTES_MAX);
    }
}

void truth_close(struct truth *t)
{
    for (unsigned i = 0; i < TRUTH_KEPT && t->fountain != NULL; i++) {
        buf_finish(&t->kept[i]);
    }
    fountain_free(&t->fountain);
}

static bool same(const struct truth *t, bytes read)
{
    uint32_t oldest = t->next < TRUTH_KEPT ? 0 : t->next - TRUTH_KEPT;
    for (uint32_t n = t->next; n-- > oldest;) {
        const struct buf *k = &t->kept[n % TRUTH_KEPT];
        if (k->len == read.len && memcmp(k->ptr, read.ptr, CELL_AT) == 0) {
            return memcmp(k->ptr + CELL_AT + 1, read.ptr + CELL_AT + 1,
                          k->len - CELL_AT - 1 - SYMBOL_TAG_BYTES) == 0;
        }
    }
    return false;
}

bool truth_check(struct truth *t, bytes read, uint64_t shown, unsigned cells)
{
    struct symbol symbol;
    while (t->next < shown * cells) { /* a beacon takes the place of one: the rest comes later */
        struct buf *k = &t->kept[t->next % TRUTH_KEPT];
        buf_clear(k);
        TABLE_OK(t->cx, fountain_symbol(t->cx, t->fountain, t->next, 0, k));
        t->next++;
    }
    if (symbol_read(t->cx, read, NULL, &symbol) != STATUS_OK) {
        fault_clear(t->cx);
        t->wrong++;
        return false;
    }
    if (symbol.type == SYMBOL_BEACON) {
        t->beacons++;
        return true;
    }
    bool right = same(t, read);
    *(right ? &t->right : &t->wrong) += 1;
    return right;
}
