/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decoder: Gaussian elimination as the symbols come. Each row is kept by its leading source symbol;
 * a new symbol walks along the rows from the start of its generation until it leads where nobody
 * does. Rows are never longer than a generation, since adding a row that starts earlier and is no
 * longer cannot lengthen one. What has anchors only goes to the tail.
 *
 * While it walks, only coefficients are worked on; the data follows in one combination at the end,
 * so a symbol that says nothing new costs no data at all.
 */
#include "decoder.h"

#include <stdlib.h>
#include <string.h>

bool purse_has(const struct purse *purse, size_t length)
{
    return length <= purse->max - purse->used;
}

enum status decoder_take(struct ctx *cx, struct decoder *d, size_t length, void **ret)
{
    enum status status = STATUS_OK;

    if (!purse_has(d->purse, length)) {
        REFUSE(cx, STATUS_LIMIT, "Q-20", "transfers take more than %zu bytes of memory",
               d->purse->max);
    }
    TRY(mem_new(cx, length, 1, ret));
    d->purse->used += length;
    d->own += length;
out:
    return status;
}

void decoder_give(struct decoder *d, void *memory, size_t length)
{
    if (memory != NULL) {
        free(memory);
        d->purse->used -= length;
        d->own -= length;
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

static size_t coefficient_bytes(const struct row *row, uint32_t lead)
{
    return row->coefficients == NULL ? 0 : row_padded(row->end - lead);
}

/* Data is a block of its own: anchors and coefficients go back as soon as the transfer is solved.
 */
static enum status row_new(struct ctx *cx, struct decoder *d, uint32_t lead, uint32_t end,
                           struct row *ret)
{
    enum status status = STATUS_OK;
    struct row row = {.end = end};
    void *memory = NULL;
    void *data = NULL;
    size_t side = d->shape.anchors + row_padded(end - lead);

    TRY(decoder_take(cx, d, row_padded(d->shape.data), &data));
    if (end > lead + 1 || d->shape.anchors > 0) {
        TRY(decoder_take(cx, d, side, &memory));
        row.anchors = d->shape.anchors > 0 ? memory : NULL;
        row.coefficients = (uint8_t *)memory + d->shape.anchors;
    }
    row.data = data;
    data = NULL;
    *ret = row;
out:
    if (data != NULL) {
        decoder_give(d, data, row_padded(d->shape.data));
    }
    return status;
}

void decoder_give_side(struct decoder *d, struct row *row, uint32_t lead)
{
    if (row->coefficients != NULL) {
        decoder_give(d, row->coefficients - d->shape.anchors,
                     d->shape.anchors + coefficient_bytes(row, lead));
        row->coefficients = NULL;
        row->anchors = NULL;
    }
}

static void row_give(struct decoder *d, struct row *row, uint32_t lead)
{
    decoder_give_side(d, row, lead);
    decoder_give(d, row->data, row_padded(d->shape.data));
    *row = (struct row){0};
}

/* ---- one transfer ---------------------------------------------------------------------------- */

/* What the largest moment takes: all rows with a generation of coefficients, or all data twice; and
 * beside it what is kept for each row here and by the solver, and the solver's own rows. */
static size_t worst_bytes(const struct shape *s)
{
    const size_t data = row_padded(s->data);
    const size_t side = row_padded(s->window) + s->anchors;
    const size_t lists = sizeof(struct row) + sizeof(uint8_t *) + 4U + 2U * ANCHORS;

    return s->k * (lists + data + (side > data ? side : data)) +
           4U * ANCHORS * (data + side + sizeof(struct row)) + ((size_t)1 << 16);
}

static enum status decoder_fill(struct ctx *cx, struct decoder *d)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    const size_t all = (size_t)d->shape.k + d->shape.anchors + 1;

    TRY(decoder_take(cx, d, d->shape.k * sizeof *d->lead, &memory));
    d->lead = memory;
    TRY(decoder_take(cx, d, (size_t)d->shape.k + COEFFICIENTS_MAX + ROW_STEP, &memory));
    d->work = memory;
    TRY(decoder_take(cx, d, all * sizeof *d->taken, &memory));
    d->taken = memory;
    TRY(decoder_take(cx, d, all, &memory));
    d->factors = memory;
out:
    return status;
}

enum status decoder_new(struct ctx *cx, const struct symbol *first, const struct shape *shape,
                        struct purse *purse, struct decoder **ret)
{
    enum status status = STATUS_OK;
    struct decoder *d = NULL;
    void *memory = NULL;

    if (worst_bytes(shape) > purse->max) {
        REFUSE(cx, STATUS_LIMIT, "Q-20",
               "a transfer of %u symbols, for which %zu bytes of memory "
               "are too few",
               shape->k, purse->max);
    }
    TRY(mem_new(cx, 1, sizeof *d, &memory));
    d = memory;
    d->shape = *shape;
    d->transfer = first->transfer;
    d->purse = purse;
    TRY(decoder_fill(cx, d));
    *ret = d;
    d = NULL;
out:
    decoder_free(&d);
    return status;
}

void decoder_free(struct decoder **d)
{
    struct decoder *x = *d;
    size_t all;

    if (x == NULL) {
        return;
    }
    all = (size_t)x->shape.k + x->shape.anchors + 1;
    for (uint32_t i = 0; x->lead != NULL && i < x->shape.k; i++) {
        row_give(x, &x->lead[i], i);
    }
    for (uint32_t j = 0; j < ANCHORS; j++) {
        row_give(x, &x->tail[j], 0);
    }
    decoder_give(x, x->lead, x->shape.k * sizeof *x->lead);
    decoder_give(x, x->work, (size_t)x->shape.k + COEFFICIENTS_MAX + ROW_STEP);
    decoder_give(x, (void *)x->taken, all * sizeof *x->taken);
    decoder_give(x, x->factors, all);
    decoder_give(x, x->content, x->shape.total);
    MUST(x->own == 0);
    free(x);
    *d = NULL;
}

uint32_t decoder_rank(const struct decoder *d)
{
    uint32_t rank = d->band + d->tails;

    return rank >= d->shape.k ? d->shape.k - 1 : rank;
}

uint64_t decoder_wanted(const struct decoder *d)
{
    const uint32_t range = shape_range(&d->shape);
    uint64_t wanted = 0;

    for (uint32_t i = 0; i < d->shape.k; i++) {
        if (d->lead[i].data == NULL) {
            wanted |= (uint64_t)1 << i / range;
        }
    }
    /* when every source symbol leads a row and an anchor is missing, anything helps */
    return wanted != 0 ? wanted : UINT64_MAX;
}

void decoder_drop(struct decoder *d)
{
    const bool all = d->dropped || d->sources == d->shape.k || d->sources == 0;

    for (uint32_t i = 0; i < d->shape.k; i++) {
        if (d->lead[i].data != NULL && (all || !d->lead[i].source)) {
            row_give(d, &d->lead[i], i);
        }
    }
    for (uint32_t j = 0; j < ANCHORS; j++) {
        row_give(d, &d->tail[j], 0);
    }
    decoder_give(d, d->content, d->shape.total);
    d->content = NULL;
    d->waits = false;
    d->dropped = !all;
    d->tails = 0;
    d->sources = all ? 0 : d->sources;
    d->band = d->sources;
}

/* ---- a symbol's way through the rows --------------------------------------------------------- */

struct walk {
    uint32_t at;   /* the first source symbol that is not 0 in it, or end */
    uint32_t end;  /* behind the last */
    size_t count;  /* rows taken */
    uint32_t tail; /* at == end: the first anchor, or ANCHORS when nothing is left */
    uint8_t anchors[ANCHORS];
    const uint8_t *data; /* padded: what came */
};

static void walk_take(struct decoder *d, struct walk *w, uint8_t factor, const uint8_t *data)
{
    d->factors[w->count] = factor;
    d->taken[w->count] = data;
    w->count++;
}

static void walk_band(struct decoder *d, struct walk *w)
{
    for (; w->at < w->end; w->at++) {
        const uint8_t factor = d->work[w->at];
        const struct row *row = &d->lead[w->at];

        if (factor == 0) {
            continue;
        }
        if (row->data == NULL) {
            return;
        }
        walk_take(d, w, factor, row->data);
        if (row->coefficients == NULL) {
            d->work[w->at] = 0;
            continue;
        }
        gf_combine(d->work + w->at, row_padded(row->end - w->at), &factor,
                   (const uint8_t *const *)&row->coefficients, 1);
        if (row->anchors != NULL) {
            gf_combine(w->anchors, ANCHORS, &factor, (const uint8_t *const *)&row->anchors, 1);
        }
        w->end = row->end > w->end ? row->end : w->end;
    }
}

static void walk_tail(struct decoder *d, struct walk *w)
{
    for (w->tail = 0; w->tail < d->shape.anchors; w->tail++) {
        const uint8_t factor = w->anchors[w->tail];
        const struct row *row = &d->tail[w->tail];

        if (factor == 0) {
            continue;
        }
        if (row->data == NULL) {
            return;
        }
        walk_take(d, w, factor, row->data);
        gf_combine(w->anchors, ANCHORS, &factor, (const uint8_t *const *)&row->anchors, 1);
    }
    w->tail = ANCHORS;
}

/* Divides by the leading coefficient and keeps the row. */
static enum status walk_keep(struct ctx *cx, struct decoder *d, struct walk *w)
{
    enum status status = STATUS_OK;
    bool tail = w->at == w->end;
    uint8_t inverse = gf_inverse(tail ? w->anchors[w->tail] : d->work[w->at]);
    struct row row = {0};
    const uint8_t *from = NULL;

    TRY(row_new(cx, d, tail ? 0 : w->at, tail ? 0 : w->end, &row));
    walk_take(d, w, 1, w->data);
    for (size_t i = 0; i < w->count; i++) {
        d->factors[i] = gf_mul(d->factors[i], inverse);
    }
    gf_combine(row.data, row_padded(d->shape.data), d->factors, d->taken, w->count);
    if (row.anchors != NULL) {
        from = w->anchors;
        gf_combine(row.anchors, ANCHORS, &inverse, &from, 1);
    }
    if (row.coefficients != NULL && !tail) {
        from = d->work + w->at;
        gf_combine(row.coefficients, row_padded(row.end - w->at), &inverse, &from, 1);
    }
    if (tail) {
        d->tail[w->tail] = row;
        d->tails++;
    } else {
        d->lead[w->at] = row;
        d->band++;
    }
out:
    return status;
}

/* d->work and w->anchors hold the coefficients; clean again when it returns. */
static enum status walk_all(struct ctx *cx, struct decoder *d, struct walk *w, bool *ret_rose)
{
    enum status status = STATUS_OK;
    uint32_t start = w->at;
    bool rose = false;

    walk_band(d, w);
    if (w->at == w->end) {
        walk_tail(d, w);
    }
    if (w->at < w->end || w->tail < d->shape.anchors) {
        TRY(walk_keep(cx, d, w));
        rose = true;
    }
    *ret_rose = rose;
out:
    memset(d->work + start, 0, row_padded(w->end - start));
    return status;
}

/* A source symbol always leads its row. What led there before walks on without it. */
static enum status add_source(struct ctx *cx, struct decoder *d, uint32_t esi, const uint8_t *data,
                              bool *ret_rose)
{
    enum status status = STATUS_OK;
    struct row old = d->lead[esi];
    struct row row = {0};
    struct walk w = {.at = esi, .end = old.end, .data = old.data};
    void *memory = NULL;

    if (old.data != NULL && old.coefficients == NULL) {
        *ret_rose = false;
        goto out;
    }
    TRY(decoder_take(cx, d, row_padded(d->shape.data), &memory));
    row = (struct row){.end = esi + 1, .data = memory, .source = true};
    memcpy(row.data, data, d->shape.data);
    d->lead[esi] = row;
    d->sources++;
    if (old.data == NULL) {
        d->band++;
        *ret_rose = true;
        goto out;
    }
    memcpy(d->work + esi, old.coefficients, old.end - esi);
    if (old.anchors != NULL) {
        memcpy(w.anchors, old.anchors, ANCHORS);
    }
    status = walk_all(cx, d, &w, ret_rose);
    if (status != STATUS_OK) { /* no memory for what follows: as it was */
        d->lead[esi] = old;
        d->sources--;
        row_give(d, &row, esi);
        goto out;
    }
    row_give(d, &old, esi);
out:
    return status;
}

enum status decoder_add(struct ctx *cx, struct decoder *d, const struct symbol *symbol,
                        bool *ret_rose)
{
    enum status status = STATUS_OK;
    const struct shape *s = &d->shape;
    uint8_t data[ROW_BYTES_MAX] = {0};
    uint8_t coefficients[COEFFICIENTS_MAX];
    struct walk w = {.data = data};

    memcpy(data, symbol->data.ptr, s->data);
    if (shape_is_source(s, symbol->esi)) {
        TRY(add_source(cx, d, symbol->esi, data, ret_rose));
        goto out;
    }
    coefficients_repair(&d->transfer, s, symbol->generation, symbol->esi, coefficients);
    w.at = s->paper ? 0 : shape_start(s, symbol->generation);
    w.end = w.at + s->window;
    memcpy(d->work + w.at, coefficients, s->window);
    if (s->anchors > 0) {
        memcpy(w.anchors, coefficients + s->window, ANCHORS);
    }
    TRY(walk_all(cx, d, &w, ret_rose));
out:
    return status;
}
