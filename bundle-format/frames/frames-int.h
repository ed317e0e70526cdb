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
    GENERATION_STEP = 512,     /* from the start of one generation to the next */
    ANCHORS = 64,              /* dense symbols behind those of large transfers */
    ANCHOR_GENERATION = 0xffff /* names their coefficients, and no symbol */
};
#define ESI_REPAIR 0x80000000U /* */

struct shape {
    uint32_t k;       /* source symbols */
    uint32_t total;   /* bytes */
    uint16_t data;    /* S */
    uint16_t window;  /* symbols of a generation: k, or GENERATION_SYMBOLS */
    uint16_t anchors; /* 0, or ANCHORS when k is larger than a generation */
    uint8_t generations;
    bool paper;
};
/* LIMIT for bombs, MALFORMED for sizes that cannot be. */
enum status shape_of(struct ctx *cx, uint32_t total, size_t data, bool paper,
                     struct shape *ret) MUST_USE;
/* Is there such a symbol? */
bool shape_has(const struct shape *shape, uint16_t generation, uint32_t esi);
bool shape_is_source(const struct shape *shape, uint32_t esi);
/* First source symbol of a generation. */
uint32_t shape_start(const struct shape *shape, uint16_t generation);

/* ---- content: a parcel with its length, padding and hash [Q-07] ------------------------------ */

enum { CONTENT_HASH_BYTES = 16 };
enum status content_write(struct ctx *cx, const struct transfer_id *transfer, bytes parcel,
                          struct buf *out) MUST_USE;
bool content_holds(const struct transfer_id *transfer, bytes content);
enum status content_read(struct ctx *cx, bytes content, bytes *ret_parcel) MUST_USE;

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
