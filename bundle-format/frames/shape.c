/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape: what the two numbers of a transfer, its bytes and the bytes of a symbol, say about all of
 * its symbols. Every limit against bombs is held here, before a byte of memory is taken.
 */
#include "frames-int.h"

enum status shape_of(struct ctx *cx, uint32_t total, size_t data, bool paper, struct shape *ret)
{
    enum status status = STATUS_OK;
    struct shape s = {.total = total, .paper = paper};

    if (total > TRANSFER_BYTES_MAX) {
        REFUSE(cx, STATUS_LIMIT, "Q-03", "a transfer of %u bytes", total);
    }
    if (total < TRANSFER_OVERHEAD || data < SYMBOL_DATA_MIN || data > SYMBOL_DATA_MAX) {
        REFUSE(cx, STATUS_MALFORMED, "Q-03", "a transfer of %u bytes in symbols of %zu", total,
               data);
    }
    s.data = (uint16_t)data;
    s.k = (total + s.data - 1) / s.data;
    if (s.k > TRANSFER_SYMBOLS_MAX) {
        REFUSE(cx, STATUS_LIMIT, "Q-03", "a transfer of %u symbols", s.k);
    }
    if (paper && s.k > PAPER_SYMBOLS_MAX) {
        REFUSE(cx, STATUS_LIMIT, "Q-15", "%u codes on paper", s.k);
    }
    s.window = (uint16_t)s.k;
    s.generations = 1;
    if (s.k > GENERATION_SYMBOLS) {
        s.window = GENERATION_WINDOW;
        s.anchors = ANCHORS;
        s.generations =
            (uint16_t)((s.k - GENERATION_WINDOW + GENERATION_STEP - 1) / GENERATION_STEP + 1);
    }
    *ret = s;
out:
    return status;
}

bool shape_is_source(const struct shape *shape, uint32_t esi)
{
    return esi < shape->k;
}

bool shape_has(const struct shape *shape, uint16_t generation, uint32_t esi)
{
    if (shape->paper) {
        return generation == 0 && esi < PAPER_SYMBOLS_MAX;
    }
    if (esi < ESI_REPAIR) {
        return generation == 0 && esi < shape->k;
    }
    return generation < shape->generations;
}

uint32_t shape_start(const struct shape *shape, uint16_t generation)
{
    uint32_t start = (uint32_t)generation * GENERATION_STEP;

    return start > shape->k - shape->window ? shape->k - shape->window : start;
}

uint32_t shape_range(const struct shape *shape)
{
    return (shape->k + WANTED_BITS - 1) / WANTED_BITS;
}
