/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pixels: from a grey picture to the squares of its codes. Spots (the 1:1:3:1:1 squares: three in
 * every QR code, four larger ones around a canvas) are found and measured to parts of a dot; a view
 * says where each point of the canvas is seen; and every square of a code is dark or light by one
 * look at its middle.
 */
#ifndef PIXELS_H
#define PIXELS_H

#include "picture.h"

struct point {
    double x, y; /* in pictures: dots, 0 is the middle of the first */
};

/* ---- spots ----------------------------------------------------------------------------------- */

enum { SPOTS_MAX = 512, SHADE_BLOCK = 16 };

struct spot {
    struct point at;
    double unit; /* a seventh of its side, in dots */
    /* How much of the contrast is left over one unit: the light ring against the light outside; 1
     * is sharp, 0 all blurred. */
    double sharp;
};

/* What counts as dark, for each block of SHADE_BLOCK x SHADE_BLOCK dots. */
struct shade {
    unsigned columns, rows;
    uint8_t *level;
    struct shade_ends {
        uint8_t dark, light; /* the darkest and the lightest dot of a block */
    } * ends;
    size_t blocks_max;
};
void shade_free(struct shade *s);
bool shade_measure(struct shade *s, const struct picture *p); /* false: no memory */

struct spots {
    size_t count;
    struct spot spot[SPOTS_MAX];
};
/* All spots of the picture whose units are of 1.8 dots to 1/40 of its height. Beyond SPOTS_MAX the
 * rest is left out. */
void spots_find(const struct picture *p, const struct shade *shade, struct spots *ret);

/* ---- view ------------------------------------------------------------------------------------ */

/* From canvas to picture: a homography (9 numbers, the last is 1), then a radial bend. */
struct view {
    double h[8];
    double bend; /* by how much of its distance a corner of the picture is moved */
    double middle_x, middle_y, reach; /* the picture's middle and half its diagonal */
    double scale;                     /* canvas modules that count as 1 inside */
};
/* From four points on the canvas, in order, and where they are seen; false when they are in line.
 */
bool view_from_points(struct view *v, const struct point canvas[static 4],
                      const struct point seen[static 4], double canvas_width,
                      const struct picture *p);
struct point view_map(const struct view *v, double x, double y);
/* Least squares over pairs, from what v is; ret_error: the root of the mean square, in dots. */
bool view_refine(struct view *v, size_t count, const struct point *canvas, const struct point *seen,
                 double *ret_error);

/* ---- squares of a code ------------------------------------------------------------------------
 */

/* Of a code's modules: the grey that one of five is darker than, and that one of ten is lighter
 * than; and of its tiles of TILE x TILE modules the hundredths in which nothing is dark. */
enum { TILE = 8, TILE_DARK = 180 };
struct contrast {
    uint8_t dark, light, drowned;
};
/* Says of the code of `side` modules whose corner is at `corner` on the canvas which are dark,
 * every module decided by itself: a picture of a dot a module, 1 dark and 0 light. False: no
 * memory. */
bool modules_read(const struct picture *from, const struct view *v, struct point corner,
                  unsigned side, struct picture *ret, struct contrast *ret_contrast);

#endif
