/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frames-int: what the files of this room share behind the door. Nothing outside may include it.
 */
#ifndef FRAMES_INT_H
#define FRAMES_INT_H

#include "frames.h"

/* Refuses with the clause in front, as every refusal of this room does. */
#define REFUSE(cx, code, clause, ...) FAIL(cx, code, "frames: [" clause "] " __VA_ARGS__)

/* ---- shape: what follows from total and S alone ---------------------------------------------- */

enum {
    GENERATION_WINDOW = 512, /* symbols of a generation where there are several */
    GENERATION_STEP = 128,   /* from the start of one generation to the next */
    WANTED_BITS = 64,
    ANCHORS = 64,              /* dense symbols behind those of large transfers */
    ANCHOR_GENERATION = 0xffff /* names their coefficients, and no symbol */
};
#define ESI_REPAIR 0x80000000U /* */

struct shape {
    uint32_t k;       /* source symbols */
    uint32_t total;   /* bytes */
    uint16_t data;    /* S */
    uint16_t window;  /* symbols of a generation: k, or GENERATION_WINDOW */
    uint16_t anchors; /* 0, or ANCHORS where there are several generations */
    uint16_t generations;
    bool paper;
};
/* LIMIT for bombs, MALFORMED for sizes that cannot be. */
enum status shape_of(struct ctx *cx, uint32_t total, size_t data, bool paper,
                     struct shape *ret) MUST_USE;
/* Is there such a symbol? */
bool shape_has(const struct shape *shape, uint16_t generation, uint32_t esi);
bool shape_is_source(const struct shape *shape, uint32_t esi);
/* Source symbols that one bit of an acknowledgement's `wanted` stands for. */
uint32_t shape_range(const struct shape *shape);
/* First source symbol of a generation. */
uint32_t shape_start(const struct shape *shape, uint16_t generation);

/* ---- GF(256), polynomial 0x11d [Q-11] -------------------------------------------------------- */

enum {
    ROW_STEP = 64,       /* rows of bytes are padded with zeros to a multiple of this */
    ROW_BYTES_MAX = 3008 /* the longest one, SYMBOL_DATA_MAX padded */
};
static inline size_t row_padded(size_t len)
{
    return (len + ROW_STEP - 1) / ROW_STEP * ROW_STEP;
}
uint8_t gf_mul(uint8_t a, uint8_t b);
uint8_t gf_inverse(uint8_t a); /* 0 for 0 */
/* to += sum of factors[i] * rows[i], each of `len` bytes, which is a padded length. */
void gf_combine(uint8_t *to, size_t len, const uint8_t *factors, const uint8_t *const *rows,
                size_t count);
/* The same bytes on every machine, without ISA-L. */
void gf_combine_portable(uint8_t *to, size_t len, const uint8_t *factors,
                         const uint8_t *const *rows, size_t count);
bool gf_is_isal(void); /* whether gf_combine() is ISA-L's */

/* ---- coefficients to [Q-15] ----------------------------------------------------------- */

enum { COEFFICIENTS_MAX = GENERATION_SYMBOLS + ANCHORS };
/* Of a repair symbol: shape.window for the source of its generation, then shape.anchors. */
void coefficients_repair(const struct transfer_id *transfer, const struct shape *shape,
                         uint16_t generation, uint32_t esi, uint8_t ret[static COEFFICIENTS_MAX]);
/* Of an anchor: k, for the whole source. Takes room for k rounded up to 8. */
void coefficients_anchor(const struct transfer_id *transfer, const struct shape *shape,
                         unsigned anchor, uint8_t *ret);

/* ---- content: a parcel with its length, padding and hash [Q-07] ------------------------------ */

enum { CONTENT_HASH_BYTES = 16 };
enum status transfer_wrap(struct ctx *cx, const struct transfer_id *transfer, bytes parcel,
                          struct buf *out) MUST_USE;
bool transfer_holds(const struct transfer_id *transfer, bytes content);
enum status transfer_unwrap(struct ctx *cx, bytes content, bytes *ret_parcel) MUST_USE;

/* ---- two bytes ------------------------------------------------------------------------------- */

static inline void put_u16le(uint8_t out[static 2], uint16_t value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

static inline uint16_t get_u16le(const uint8_t in[static 2])
{
    return (uint16_t)(in[0] | in[1] << 8);
}

#endif
