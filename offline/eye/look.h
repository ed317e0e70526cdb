/* SPDX-License-Identifier: Apache-2.0 */
/*
 * look: everything that is done to one picture. Canvas first: markers, view, each code drawn anew
 * and read. What is no canvas of ours is read as it stands: other people's codes, labels, sheets.
 */
#ifndef LOOK_H
#define LOOK_H

#include "frames.h"
#include "picture.h"

enum { LOOK_BOXES_MAX = LIGHT_BOXES_MAX };

/* What was seen, in the picture's dots. */
struct look {
    unsigned codes_read;
    unsigned cells, cells_read; /* of a canvas; 0 when there is none */
    bool canvas;
    double module; /* dots; 0 when nothing was found */
    enum light_advice advice;
    uint16_t box_count;
    struct light_box boxes[LOOK_BOXES_MAX];
};

struct looker; /* keeps memory, and where the canvas was, from picture to picture */
struct looker *looker_new(void); /* NULL: no memory */
void looker_free(struct looker **l);
/* patient: time does not count (a still); also smaller copies are searched, row by row. visit is
 * called with each code's bytes, maybe more than once with the same. False: no memory. */
bool looker_see(struct looker *l, const struct picture *p, bool patient,
                void (*visit)(void *self, const uint8_t *data, size_t len), void *self,
                struct look *ret);

#endif
