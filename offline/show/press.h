/* SPDX-License-Identifier: Apache-2.0 */
/*
 * press: from a parcel to pictures of canvases full of codes, one after the other. No screen, no
 * clock: who shows them decides when.
 */
#ifndef PRESS_H
#define PRESS_H

#include "faces.h"
#include "frames.h"
#include "picture.h"

/* How many codes of which version stand on a canvas, and how fast (a beacon says it). */
struct layout {
    uint8_t cols, rows, version, fps;
};

/* ---- choosing (choose.c) ---- */

/* The most of the ladder, up to std, that fits width x height dots with at least dots_min for a
 * square, or with fewer when nothing does. STATUS_LIMIT: nothing fits with one. */
enum status layout_choose(struct ctx *cx, unsigned width, unsigned height, unsigned dots_min,
                          struct layout *ret) MUST_USE;
bool layout_fits(const struct layout *l, unsigned width, unsigned height);
/* The next larger or smaller codes of the ladder that fit, at the same speed; false: none. */
bool layout_bigger(const struct layout *l, unsigned width, unsigned height, struct layout *ret);
bool layout_smaller(const struct layout *l, unsigned width, unsigned height, struct layout *ret);
/* The next speed of 1, 2, 3, 5 … 60 changes a second; the same at the end. */
uint8_t speed_faster(uint8_t fps);
uint8_t speed_slower(uint8_t fps);
enum { CALM_FPS = 3 }; /* fewer flashes a second than ISO 9241-391 and WCAG 2.3.1 allow */

/* ---- drawing ---- */

/* The canvas' picture: white, its markers, no codes. */
enum status canvas_draw(struct ctx *cx, const struct canvas *canvas, struct picture *ret) MUST_USE;
/* One code with its white around, without markers. */
enum status code_draw(struct ctx *cx, bytes content, enum qr_level level,
                      struct picture *ret) MUST_USE;
/* One code of ours on a canvas of its own, of the smallest version that holds it. */
enum status code_draw_marked(struct ctx *cx, bytes content, struct picture *ret) MUST_USE;

/* ---- the press ---- */

struct press;
struct press_job {
    struct transfer_id transfer; /* of the showing; what is seen is press_transfer() */
    bytes parcel;                /* copied */
    const struct link_key *key;  /* NULL: not paired; copied */
};
enum status press_new(struct ctx *cx, const struct press_job *job, struct press **ret) MUST_USE;
void press_free(struct press **p); /* NULL is fine */
/* From the next frame on. Symbols of another size are another transfer: its id is made of the
 * showing's and the size alone, so that who comes back to a size goes on where it was left.
 * STATUS_LIMIT, and all stays as it was: too many symbols of that size. */
enum status press_set(struct ctx *cx, struct press *p, const struct layout *layout) MUST_USE;
struct transfer_id press_transfer(const struct press *p);
uint32_t press_symbols(const struct press *p); /* k of the layout */
uint32_t press_next(const struct press *p);    /* symbols shown in this size until now */
/* What beacons say of the speed. */
void press_speed(struct press *p, uint8_t fps);
/* The next canvas; with a beacon in place of its first symbol. *ret is made by canvas_draw() or
 * picture_new() of its size. */
enum status press_frame(struct ctx *cx, struct press *p, bool beacon,
                        struct picture *into) MUST_USE;
const struct canvas *press_canvas(const struct press *p);
/* An acknowledgement: false when it is of another transfer. wanted 0: all of it arrived. */
bool press_got(struct press *p, const struct transfer_id *transfer, uint64_t wanted);

#endif
