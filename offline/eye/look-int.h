/* SPDX-License-Identifier: Apache-2.0 */
/*
 * look-int: what is measured on the way, and the advice that follows from it.
 */
#ifndef LOOK_INT_H
#define LOOK_INT_H

#include "look.h"
#include "pixels.h"

struct measure {
    unsigned levels; /* copies whose spots were measured */
    unsigned spots;  /* in the first copy that has three of them */
    double unit;     /* their middle unit, in dots of the picture */
    double sharp;    /* their middle sharpness */
    unsigned bright; /* grey that only one block of twenty exceeds: a lit screen, or none */
    double steep;    /* of the contrast around, the share that one dot's step makes, at most */
    unsigned failed, drowned; /* cells that were not read; those of them that glare drowns */
};
void measure_spots(struct measure *m, const struct spots *spots, const struct shade *shade,
                   unsigned level);
void measure_edges(struct measure *m, const struct picture *p, const struct shade *shade);
void measure_failed_cell(struct measure *m, const struct contrast *cell);
enum light_advice measure_advice(const struct measure *m, const struct look *look);

#endif
