/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codes: the files that face foreign libraries, and what they and the program say to each other.
 * Includes nothing of ours: our limits.h would stand in the way of the libraries' own.
 */
#ifndef CODES_H
#define CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum paper_how { PAPER_DONE = 0, PAPER_NO_CODE = 1, PAPER_NO_IMAGE = 2, PAPER_FAILED = 3 };

/* The result goes into room of `max` bytes; *ret_len says how much. */
enum paper_how code_draw(const uint8_t *content, size_t len, uint8_t *room, size_t max,
                         size_t *ret_len);
enum paper_how code_find(const uint8_t *image, size_t len, uint8_t *room, size_t max,
                         size_t *ret_len);

/* A picture in grey, a byte a dot, 255 is white. */
enum { PICTURE_SIDE_MAX = 16384, PICTURE_DOTS_MAX = 64 * 1024 * 1024 };
struct picture {
    unsigned width, height;
    uint8_t *dots; /* free() */
};
/* PNG or binary PGM; false when it is neither, or over the limits: then dots may still be there. */
bool picture_read(const uint8_t *image, size_t len, struct picture *ret);

#endif
