/* SPDX-License-Identifier: Apache-2.0 */
/*
 * squares: the bytes of one code of a canvas, once each of its squares is known to be dark or
 * light. On a canvas nothing is left to look for: the version is known, the level is L, the mode is
 * byte. A general reader would search the drawn picture for corners again, at ten times the cost.
 */
#ifndef SQUARES_H
#define SQUARES_H

#include "codes.h"

enum {
    SQUARES_SIDE_MAX = 177,
    SQUARES_WORDS_MAX = 3706, /* ISO/IEC 18004 table 1: codewords of version 40 */
    SQUARES_BITS_MAX = SQUARES_WORDS_MAX * 8 + 7,
};

/* What is worked out once for a version; all zero before the first. */
struct squares {
    unsigned version;
    size_t bits;                    /* squares that hold codewords, in their order */
    uint16_t at[SQUARES_BITS_MAX];  /* row * side + column */
    uint8_t tile[SQUARES_BITS_MAX]; /* where in the 12 x 12 by which all masks repeat */
    uint8_t taken[SQUARES_SIDE_MAX * SQUARES_SIDE_MAX]; /* by corners, lines and other signs */
    uint8_t power[510], exponent[256];                  /* of 2, modulo x^8 + x^4 + x^3 + x^2 + 1 */
    uint8_t raw[SQUARES_WORDS_MAX], words[SQUARES_WORDS_MAX + 1];
};

/* dark: side * side squares, 0 is light. The bytes into `out`; *ret_len says how many. False: not
 * a code of level L whose content is one run of bytes, or more squares are wrong than can be put
 * right. */
bool squares_read(struct squares *s, const uint8_t *dark, unsigned side,
                  uint8_t out[static CODE_BYTES_MAX], size_t *ret_len);

#endif
