/* SPDX-License-Identifier: Apache-2.0 */
/*
 * picture: grey pictures and everything they come from. Runs in the jail only. Includes nothing of
 * ours: our limits.h would stand in the way of the libraries' own.
 */
#ifndef PICTURE_H
#define PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Grey, a byte a dot, 255 is white, rows without gaps. */
struct picture {
    unsigned width, height;
    uint8_t *dots;    /* picture_free() */
    size_t bytes_max; /* room behind dots; a picture_size() that fits in it asks for no memory */
};

enum {
    PICTURE_SIDE_MAX = 16384,            /* A4 at 1,200 dots an inch is 14,032 high */
    PICTURE_DOTS_MAX = 64 * 1024 * 1024, /* A4 at 600 dots an inch is 35 million */
    PICTURE_FILE_MAX = 64 * 1024 * 1024, /* bytes of a picture's file */
};

bool picture_fits(unsigned width, unsigned height);
/* Gives it this size, keeping its memory when that is enough; what is in it is undefined. False
 * over the limits or without memory. */
bool picture_size(struct picture *p, unsigned width, unsigned height);
void picture_free(struct picture *p); /* safe on a zeroed one */
/* Boxes of 2 x 2 dots become one: half as large, with half the grain. False when nothing is left.
 */
bool picture_halve(const struct picture *from, struct picture *ret);
/* Each dot with its neighbours, 1:2:1 both ways: four tenths of the grain are left. */
bool picture_smooth(const struct picture *from, struct picture *ret);
/* Boxes of n x n dots become one, n >= 1. */
bool picture_shrink(const struct picture *from, unsigned n, struct picture *ret);

/* A file: PNG, JPEG or binary PGM of 8 bits, by its first bytes. False: none of these, broken at
 * its head, or over the limits; a JPEG cut short is as white or grey where nothing came. */
bool picture_read(const uint8_t *image, size_t len, struct picture *ret);
bool picture_read_png(const uint8_t *image, size_t len, struct picture *ret);
bool picture_read_jpeg(const uint8_t *image, size_t len, struct picture *ret);
bool picture_read_pgm(const uint8_t *image, size_t len, struct picture *ret);

/* What cameras give. */
enum frame_format {
    FRAME_GREY = 1, /* a byte a dot */
    FRAME_YUYV = 2, /* luma in the even bytes */
    FRAME_NV12 = 3, /* luma, then half as many bytes of colour */
    FRAME_MJPEG = 4,
};
struct frame {
    enum frame_format format;
    unsigned width, height;
    unsigned stride; /* bytes from row to row; 0 for MJPEG */
    const uint8_t *data;
    size_t len;
};
/* The luma of a camera's frame. A frame that is shorter than its rows is refused; a JPEG of another
 * size than was agreed too. */
bool frame_luma(const struct frame *f, struct picture *ret);

/* A film: Y4M, or PGM files one after the other, through `read`, which gives at most max bytes, 0
 * at the end. */
struct film {
    size_t (*read)(void *self, uint8_t *out, size_t max);
    void *self;
    enum { FILM_UNKNOWN = 0, FILM_Y4M, FILM_PGM } kind;
    unsigned width, height; /* Y4M: of every frame */
    size_t skip;            /* Y4M: bytes of colour behind a frame's luma */
    uint8_t ahead[2];       /* read, not used yet */
    size_t ahead_len;
};
enum film_next { FILM_FRAME, FILM_END, FILM_BROKEN };
/* The next frame, its size into *ret_width and *ret_height and its luma into dots, max bytes. */
enum film_next film_next(struct film *film, uint8_t *dots, size_t max, unsigned *ret_width,
                         unsigned *ret_height);

#endif
