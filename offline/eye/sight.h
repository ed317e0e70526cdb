/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sight: which canvas is before the camera, and where. Needs no hint: the four markers give the
 * plane, the codes' own corners tell how many there are and how large.
 */
#ifndef SIGHT_H
#define SIGHT_H

#include "frames.h"
#include "pixels.h"

enum {
    SIGHT_CELLS_MAX = CANVAS_COLS_MAX * CANVAS_ROWS_MAX,
    SIGHT_PAIRS_MAX = 3 * SIGHT_CELLS_MAX + 4,
};

struct sighting {
    bool known;
    struct canvas canvas;
    struct view view;
    double module;         /* dots of one module, in the mean */
    double error;          /* of the view, in modules */
    unsigned seen, wanted; /* corner squares of codes that were found, and all that there are */
};

/* Looks for a canvas among the spots of p. What is in *s is tried first, then anything; without
 * four markers only what is in *s. False: none, and *s is as before. */
bool sight_find(const struct spots *spots, const struct picture *p, struct sighting *s);
/* The same from one code that was read: where its corners are seen (top left, top right, bottom
 * left, bottom right) and what canvas and cell it says it is of. */
bool sight_from_code(const struct spots *spots, const struct picture *p,
                     const struct canvas *canvas, unsigned cell,
                     const struct point corner[static 4], struct sighting *s);
/* The same sight in a picture whose sides are multiplied by `by`: a half for picture_halve(). */
void sight_scale(struct sighting *s, double by);

#endif
