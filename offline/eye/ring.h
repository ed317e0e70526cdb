/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring: memory that the keeper and its children share: places for pictures on their way to a
 * worker. A child may write anything there at any time: whoever reads a place copies its head first
 * and trusts nothing in it.
 */
#ifndef RING_H
#define RING_H

#include "base.h"
#include "picture.h"

enum { RING_SLOTS_MAX = 40 };
struct ring_head {
    uint32_t format, width, height, stride, len; /* as in struct frame */
    uint32_t preview;                            /* wanted */
};
struct ring {
    unsigned slots;
    size_t bytes_max; /* of one picture */
    uint8_t *at;
    size_t len;
};
/* NO_MEMORY. Memory is taken when it is written to. */
enum status ring_open(struct ctx *cx, unsigned slots, size_t bytes_max, struct ring *ret) MUST_USE;
void ring_close(struct ring *r); /* safe on a zeroed one */
struct ring_head *ring_head(const struct ring *r, unsigned slot);
uint8_t *ring_data(const struct ring *r, unsigned slot);
/* The frame in a slot, if what its head says can be true. */
bool ring_frame(const struct ring *r, unsigned slot, struct frame *ret, bool *ret_preview);

#endif
