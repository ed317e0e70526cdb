/* SPDX-License-Identifier: Apache-2.0 */
/*
 * picture: grey pictures, a byte a dot, 0 black and 255 white, and what is done to them here.
 */
#ifndef PICTURE_H
#define PICTURE_H

#include "base.h"

struct picture {
    unsigned width, height;
    uint8_t *dots; /* width * height */
};
enum { PICTURE_SIDE_MAX = 16384 };
/* White. STATUS_LIMIT: a side is 0 or too long. */
enum status picture_new(struct ctx *cx, unsigned width, unsigned height,
                        struct picture *ret) MUST_USE;
void picture_free(struct picture *p);
/* A rectangle in one grey; what lies outside is cut. */
void picture_fill(struct picture *p, int x, int y, unsigned width, unsigned height, uint8_t grey);
/* `from`, each dot scale x scale; what lies outside is cut. */
void picture_place(struct picture *p, const struct picture *from, int x, int y, unsigned scale);
/* A smaller one that fits width x height: boxes of n x n dots become one, n as small as it can be.
 * STATUS_LIMIT: width or height is 0. */
enum status picture_shrink(struct ctx *cx, const struct picture *from, unsigned width,
                           unsigned height, struct picture *ret) MUST_USE;
/* The outline of a code that a camera saw: its four corners in turn; thick when it was read. */
void picture_box(struct picture *p, const uint16_t x[static 4], const uint16_t y[static 4],
                 bool thick);

/* ---- letters: our own, 5 x 7 dots in a box of 6 x 9 ---- */
enum { FONT_WIDTH = 6, FONT_HEIGHT = 9 };
/* Black, each dot scale x scale; letters that the font lacks are "?". Returns the dots across. */
unsigned picture_text(struct picture *p, int x, int y, unsigned scale, text line);

/* ---- PNG: one bit a dot (dark is < 128), each dot scale x scale, no date and no name ---- */
enum { PNG_FILE_MAX = 64 * 1024 * 1024 };
enum status png_write(struct ctx *cx, const struct picture *p, unsigned scale,
                      struct buf *out) MUST_USE;
/* Grey of eight bits, each dot one. */
enum status png_write_grey(struct ctx *cx, const struct picture *p, struct buf *out) MUST_USE;
/* A moving one (APNG): the frames are known by number before the first is there. It goes round for
 * ever, each frame shown for 1/fps of a second. All frames are of one size. */
struct png_movie {
    unsigned frames, fps, scale;
    unsigned done; /* frames added */
    uint32_t sequence;
    unsigned width, height;
};
enum status png_movie_add(struct ctx *cx, struct png_movie *m, const struct picture *p,
                          struct buf *out) MUST_USE;
/* The end; only after the last frame. */
enum status png_movie_end(struct ctx *cx, struct png_movie *m, struct buf *out) MUST_USE;

#endif
