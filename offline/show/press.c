/* SPDX-License-Identifier: Apache-2.0 */
/*
 * press: one fountain at a time, for the size of symbols that is shown now; of the other sizes it
 * only remembers how far it was.
 */
#include "press.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { SIZES_MAX = 64 };

struct press {
    struct transfer_id transfer;
    struct link_key key;
    bool keyed;
    struct buf parcel;
    struct layout layout;
    struct canvas canvas;
    struct fountain *fountain;
    uint32_t next;
    struct {
        uint16_t symbol_data;
        uint32_t next;
    } left[SIZES_MAX];
    size_t left_count;
    struct buf symbol;
    uint8_t squares[QR_SIDE_MAX * QR_SIDE_MAX];
};

enum status press_new(struct ctx *cx, const struct press_job *job, struct press **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    struct press *p = NULL;
    TRY(mem_new(cx, 1, sizeof(struct press), &memory));
    p = memory;
    p->transfer = job->transfer;
    p->keyed = job->key != NULL;
    if (p->keyed) {
        p->key = *job->key;
    }
    buf_init(&p->parcel, PARCEL_BYTES_MAX);
    buf_init(&p->symbol, SYMBOL_BYTES_MAX);
    TRY(buf_add(cx, &p->parcel, job->parcel));
    *ret = p;
    p = NULL;
out:
    press_free(&p);
    return status;
}

void press_free(struct press **p)
{
    if (*p != NULL) {
        fountain_free(&(*p)->fountain);
        buf_finish(&(*p)->parcel);
        buf_finish(&(*p)->symbol);
        wipe(*p, sizeof(**p));
        free(*p);
        *p = NULL;
    }
}

static struct transfer_id transfer_of_size(const struct press *p, uint16_t symbol_data)
{
    struct transfer_id id;
    uint8_t both[TRANSFER_ID_BYTES + 2];
    uint8_t hash[crypto_generichash_BYTES_MIN];
    memcpy(both, p->transfer.b, TRANSFER_ID_BYTES);
    both[TRANSFER_ID_BYTES] = (uint8_t)symbol_data;
    both[TRANSFER_ID_BYTES + 1] = (uint8_t)(symbol_data >> 8);
    (void)crypto_generichash(hash, sizeof(hash), both, sizeof(both), NULL, 0);
    memcpy(id.b, hash, sizeof(id.b));
    return id;
}

/* Where the showing of this size stands; a new entry is at 0. */
static uint32_t *left_of(struct press *p, uint16_t symbol_data)
{
    size_t i = 0;
    while (i < p->left_count && p->left[i].symbol_data != symbol_data) {
        i++;
    }
    MUST(i < SIZES_MAX);
    if (i == p->left_count) {
        p->left_count++;
        p->left[i].symbol_data = symbol_data;
        p->left[i].next = 0;
    }
    return &p->left[i].next;
}

static uint16_t symbol_data_of(const struct layout *l)
{
    return (uint16_t)code_symbol_data(l->version);
}

enum status press_set(struct ctx *cx, struct press *p, const struct layout *layout)
{
    enum status status = STATUS_OK;
    struct fountain *fountain = NULL;
    struct canvas canvas;
    uint16_t size = symbol_data_of(layout);
    TRY(frames_canvas(cx, layout->cols, layout->rows, layout->version, &canvas));
    const struct fountain_plan plan = {
        .transfer = transfer_of_size(p, size),
        .symbol_data = size,
        .cols = layout->cols,
        .rows = layout->rows,
        .key = p->keyed ? &p->key : NULL,
    };
    TRY(fountain_new(cx, &plan, buf_view(&p->parcel), &fountain));
    if (p->fountain != NULL) {
        *left_of(p, symbol_data_of(&p->layout)) = p->next;
    }
    fountain_free(&p->fountain);
    p->fountain = fountain;
    p->layout = *layout;
    p->canvas = canvas;
    p->next = *left_of(p, size);
out:
    return status;
}

struct transfer_id press_transfer(const struct press *p)
{
    return transfer_of_size(p, symbol_data_of(&p->layout));
}

uint32_t press_symbols(const struct press *p)
{
    return fountain_symbols(p->fountain);
}

uint32_t press_next(const struct press *p)
{
    return p->next;
}

const struct canvas *press_canvas(const struct press *p)
{
    return &p->canvas;
}

void press_speed(struct press *p, uint8_t fps)
{
    p->layout.fps = fps;
}

bool press_got(struct press *p, const struct transfer_id *transfer, uint64_t wanted)
{
    struct transfer_id own = press_transfer(p);
    if (!transfer_equal(&own, transfer)) {
        return false;
    }
    fountain_want(p->fountain, wanted);
    return true;
}

static enum status beacon_bytes(struct ctx *cx, struct press *p, struct buf *out)
{
    const struct symbol head = {
        .type = SYMBOL_BEACON,
        .cols = p->layout.cols,
        .rows = p->layout.rows,
        .total = fountain_total(p->fountain),
        .transfer = press_transfer(p),
    };
    const struct beacon beacon = {symbol_data_of(&p->layout), p->layout.version, p->layout.fps};
    return beacon_write(cx, &head, &beacon, p->keyed ? &p->key : NULL, out);
}

static void place(const struct press *p, unsigned cell, struct picture *into)
{
    const struct canvas_point at = canvas_cell(&p->canvas, cell);
    const unsigned side = p->canvas.side;
    for (unsigned y = 0; y < side; y++) {
        uint8_t *dots = into->dots + (size_t)(at.y + y) * into->width + at.x;
        for (unsigned x = 0; x < side; x++) {
            dots[x] = p->squares[y * side + x] != 0 ? 0 : 255;
        }
    }
}

enum status press_frame(struct ctx *cx, struct press *p, bool beacon, struct picture *into)
{
    enum status status = STATUS_OK;
    unsigned side = 0, cells = (unsigned)p->canvas.cols * p->canvas.rows;
    MUST(into->width == p->canvas.width && into->height == p->canvas.height);
    for (unsigned cell = 0; cell < cells; cell++) {
        buf_clear(&p->symbol);
        if (beacon && cell == 0) {
            TRY(beacon_bytes(cx, p, &p->symbol));
        } else {
            TRY(fountain_symbol(cx, p->fountain, p->next, (uint8_t)cell, &p->symbol));
            p->next++;
        }
        if (!qr_draw(p->symbol.ptr, p->symbol.len, p->layout.version, QR_LOW, p->squares, &side) ||
            side != p->canvas.side) {
            FAIL(cx, STATUS_NO_MEMORY, "a code of version %u could not be drawn",
                 p->layout.version);
        }
        place(p, cell, into);
    }
out:
    return status;
}
