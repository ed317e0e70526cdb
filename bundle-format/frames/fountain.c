/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fountain: symbols of a parcel, as many as anybody could want. The first k are the source itself;
 * each later one is a random combination over GF(256), so that any k of all of them nearly always
 * suffice, whichever they are.
 *
 * A large transfer has generations that overlap: a repair symbol combines 512 source symbols and 64
 * anchors. An anchor is a combination of the whole source. It is never shown; through it every
 * repair symbol helps with whatever is missing, wherever that is, at the price of 576 rows and not
 * of all of them. The sweep over the source strides, so that a stretch that nobody saw is
 * missing a little everywhere and not all in one generation.
 */
#include "frames-int.h"

#include <stdlib.h>
#include <string.h>

struct fountain {
    struct shape shape;
    struct transfer_id transfer;
    struct link_key key;
    bool keyed;
    bool anchored; /* the anchors are computed */
    uint8_t cols, rows;
    uint32_t stride; /* of the sweep, without a common factor with k */
    uint64_t wanted;
    size_t row;            /* bytes of a source row, padded */
    uint8_t *source;       /* k rows, then the anchors */
    const uint8_t **taken; /* rows of one combination */
    uint8_t *factors;      /* of one combination; of an anchor: k, rounded up to 8 */
};

static uint32_t common_factor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* near the golden section of k. */
static uint32_t stride_of(const struct shape *shape)
{
    uint32_t stride = 1;

    if (shape->anchors > 0) {
        stride = (uint32_t)((uint64_t)shape->k * 618 / 1000);
        while (common_factor(stride, shape->k) != 1) {
            stride++;
        }
    }
    return stride;
}

static enum status fountain_fill(struct ctx *cx, struct fountain *f, bytes content)
{
    enum status status = STATUS_OK;
    size_t all = (size_t)f->shape.k + f->shape.anchors;
    void *memory = NULL;

    f->row = row_padded(f->shape.data);
    TRY(mem_new(cx, all, f->row, &memory));
    f->source = memory;
    TRY(mem_new(cx, all, sizeof *f->taken, &memory));
    f->taken = memory;
    TRY(mem_new(cx, f->shape.k + COEFFICIENTS_MAX, 1, &memory));
    f->factors = memory;
    for (size_t i = 0, at = 0; at < content.len; i++, at += f->shape.data) {
        size_t n = content.len - at < f->shape.data ? content.len - at : f->shape.data;
        memcpy(f->source + i * f->row, content.ptr + at, n);
    }
out:
    return status;
}

enum status fountain_new(struct ctx *cx, const struct fountain_plan *plan, bytes parcel,
                         struct fountain **ret)
{
    enum status status = STATUS_OK;
    struct fountain *f = NULL;
    struct buf content;
    void *memory = NULL;

    buf_init(&content, TRANSFER_BYTES_MAX);
    TRY(transfer_wrap(cx, &plan->transfer, parcel, &content));
    TRY(mem_new(cx, 1, sizeof *f, &memory));
    f = memory;
    f->transfer = plan->transfer;
    f->cols = plan->cols;
    f->rows = plan->rows;
    f->keyed = plan->key != NULL;
    if (plan->key != NULL) {
        f->key = *plan->key;
    }
    status = shape_of(cx, (uint32_t)content.len, plan->symbol_data, plan->paper, &f->shape);
    if (status == STATUS_LIMIT) {
        size_t most = plan->paper ? PAPER_SYMBOLS_MAX : TRANSFER_SYMBOLS_MAX;
        (void)fault_hint(cx, "larger codes, with %zu bytes in each, would do",
                         (content.len + most - 1) / most);
    }
    TRY(status);
    f->stride = stride_of(&f->shape);
    TRY(fountain_fill(cx, f, buf_view(&content)));
    *ret = f;
    f = NULL;
out:
    fountain_free(&f);
    buf_finish(&content);
    return status;
}

void fountain_free(struct fountain **f)
{
    if (*f != NULL) {
        if ((*f)->source != NULL) {
            wipe((*f)->source, ((size_t)(*f)->shape.k + (*f)->shape.anchors) * (*f)->row);
        }
        free((*f)->source);
        free((void *)(*f)->taken);
        free((*f)->factors);
        wipe(*f, sizeof **f);
        free(*f);
        *f = NULL;
    }
}

uint32_t fountain_symbols(const struct fountain *f)
{
    return f->shape.k;
}

uint32_t fountain_total(const struct fountain *f)
{
    return f->shape.total;
}

void fountain_want(struct fountain *f, uint64_t wanted)
{
    uint32_t ranges = (f->shape.k + shape_range(&f->shape) - 1) / shape_range(&f->shape);

    f->wanted = wanted & UINT64_MAX >> (WANTED_BITS - ranges);
}

/* y_j is a combination of the whole source. */
static void fountain_anchor(struct fountain *f)
{
    for (uint32_t i = 0; i < f->shape.k; i++) {
        f->taken[i] = f->source + i * f->row;
    }
    for (unsigned j = 0; j < f->shape.anchors; j++) {
        coefficients_anchor(&f->transfer, &f->shape, j, f->factors);
        gf_combine(f->source + (f->shape.k + j) * f->row, f->row, f->factors, f->taken, f->shape.k);
    }
    f->anchored = true;
}

/* Where a repair symbol has the middle of its generation: spread evenly over the source, or over
 * those ranges of it that are wanted. Which codes a camera loses has nothing to do with it. */
static uint32_t middle_of(const struct fountain *f, uint32_t repair)
{
    uint32_t point = repair * 0x9e3779b9U;
    uint32_t range = shape_range(&f->shape);
    uint64_t rest = f->wanted;
    uint64_t place;

    if (f->wanted == 0) {
        return (uint32_t)((uint64_t)point * f->shape.k >> 32);
    }
    place = (uint64_t)point * (unsigned)__builtin_popcountll(rest);
    for (uint64_t skip = place >> 32; skip > 0; skip--) {
        rest &= rest - 1;
    }
    return (uint32_t)__builtin_ctzll(rest) * range + (uint32_t)((place & 0xffffffff) * range >> 32);
}

/* */
static uint16_t generation_of(const struct fountain *f, uint32_t repair)
{
    const struct shape *s = &f->shape;
    uint32_t middle = middle_of(f, repair);
    uint32_t half = s->window / 2;
    uint32_t start = middle < half ? 0 : middle - half;

    if (start > s->k - s->window) {
        start = s->k - s->window;
    }
    return (uint16_t)((start + GENERATION_STEP - 1) / GENERATION_STEP);
}

static void repair_data(struct fountain *f, uint16_t generation, uint32_t esi,
                        uint8_t row[static ROW_BYTES_MAX])
{
    const struct shape *s = &f->shape;
    uint32_t start = s->paper ? 0 : shape_start(s, generation);
    size_t count = (size_t)s->window + s->anchors;

    if (s->anchors > 0 && !f->anchored) {
        fountain_anchor(f);
    }
    coefficients_repair(&f->transfer, s, generation, esi, f->factors);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t from = i < s->window ? start + i : s->k + i - s->window;
        f->taken[i] = f->source + from * f->row;
    }
    memset(row, 0, f->row);
    gf_combine(row, f->row, f->factors, f->taken, count);
}

enum status fountain_symbol(struct ctx *cx, struct fountain *f, uint32_t number, uint8_t cell,
                            struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t row[ROW_BYTES_MAX];
    struct symbol s = {
        .type = SYMBOL_DATA,
        .flags = f->shape.paper ? SYMBOL_FLAG_PAPER : 0,
        .cols = f->cols,
        .rows = f->rows,
        .cell = cell,
        .total = f->shape.total,
        .transfer = f->transfer,
    };

    if (number < f->shape.k) {
        s.esi = (uint32_t)((uint64_t)number * f->stride % f->shape.k);
        s.data = BYTES(f->source + s.esi * f->row, f->shape.data);
    } else {
        uint32_t repair = number - f->shape.k;

        if (repair >= ESI_REPAIR || (f->shape.paper && number >= PAPER_SYMBOLS_MAX)) {
            REFUSE(cx, STATUS_LIMIT, "Q-04", "no symbol %u of this transfer", number);
        }
        s.esi = f->shape.paper ? number : ESI_REPAIR + repair;
        s.generation = f->shape.anchors > 0 ? generation_of(f, repair) : 0;
        repair_data(f, s.generation, s.esi, row);
        s.data = BYTES(row, f->shape.data);
    }
    TRY(symbol_write(cx, &s, f->keyed ? &f->key : NULL, out));
out:
    return status;
}

enum status pair_write(struct ctx *cx, const struct fountain_plan *plan, bytes parcel,
                       struct buf *out)
{
    enum status status = STATUS_OK;
    struct symbol s = {
        .type = SYMBOL_PAIR, .cols = plan->cols, .rows = plan->rows, .transfer = plan->transfer};
    struct buf content;

    buf_init(&content, TRANSFER_BYTES_MAX);
    TRY(transfer_wrap(cx, &plan->transfer, parcel, &content));
    if (content.len > plan->symbol_data) {
        REFUSE(cx, STATUS_LIMIT, "Q-18", "%zu bytes in a code that holds %u", content.len,
               plan->symbol_data);
    }
    s.total = (uint32_t)content.len;
    s.data = buf_view(&content);
    TRY(symbol_write(cx, &s, plan->key, out));
out:
    buf_finish(&content);
    return status;
}
