/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seeded: the parcel that the display and the table both know, from a number.
 */
#ifndef SEEDED_H
#define SEEDED_H

#include "frames.h"

/* Appends a parcel of `pieces` small pieces of noise. */
enum status seeded_parcel(struct ctx *cx, uint64_t seed, uint16_t pieces, struct buf *out) MUST_USE;
/* The id of its showing. */
struct transfer_id seeded_transfer(uint64_t seed);
/* A layout as a profile's name, or as 3x2v25@20: columns, rows, version, pictures a second. False:
 * neither. */
bool seeded_layout(const char *word, struct profile *ret);

#endif
