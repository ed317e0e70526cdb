/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codes: what QR codes in a picture hold, by zbar. Includes nothing of ours: our limits.h would
 * stand in the way of the library's own.
 */
#ifndef CODES_H
#define CODES_H

#include "pixels.h"

enum { CODE_BYTES_MAX = 2953 }; /* version 40, level L */

struct code {
    const uint8_t *data;
    size_t len; /* 1 to CODE_BYTES_MAX */
    struct point corner[4];
};

struct codes;                  /* the reader; it keeps memory from picture to picture */
struct codes *codes_new(void); /* NULL: no memory */
void codes_free(struct codes **c);
/* Calls visit for each code; returns how many there were. every: each row and column is looked at,
 * else every second: half the time. */
size_t codes_read(struct codes *c, const struct picture *p, bool every,
                  void (*visit)(void *self, const struct code *code), void *self);

#endif
