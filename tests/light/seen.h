/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seen: what somebody else's reader sees, so that our drawing is not judged by our own eyes: codes
 * by zbar, zlib streams by zlib, and a terminal's picture by a small terminal. Includes nothing of
 * the product.
 */
#ifndef SEEN_H
#define SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* A test's own mistake; the release build has no assert(). */
static inline void seen_must(bool holds)
{
    if (!holds) {
        abort();
    }
}

enum { SEEN_BYTES_MAX = 2953, SEEN_CODES_MAX = 64 };
struct seen_code {
    size_t len;
    uint8_t bytes[SEEN_BYTES_MAX];
};
/* The codes in a grey picture of a byte a dot, rows of `width`; how many. */
size_t seen_codes(const uint8_t *dots, unsigned width, unsigned height, struct seen_code *ret,
                  size_t max);
/* A part of it, with white around it. */
size_t seen_codes_in(const uint8_t *dots, unsigned width, unsigned x, unsigned y, unsigned wide,
                     unsigned high, struct seen_code *ret, size_t max);

/* All of a zlib stream that gives exactly len bytes. */
bool seen_unpack(const uint8_t *data, size_t data_len, uint8_t *out, size_t len);
uint32_t seen_crc(const uint8_t *data, size_t len);

/* A terminal of columns x rows places, as grey dots: each place is 1 x 2. It knows what we send:
 * places, colours of the 256, half blocks, clearing; letters are shown as their ground. Anything
 * else makes `confused` true. Text is kept too. */
struct seen_tty {
    unsigned columns, rows;
    uint8_t *dots; /* columns * (2 * rows) */
    char *letters; /* columns * rows; '?' for what is no ASCII */
    unsigned x, y; /* from 0 */
    uint8_t ink, ground;
    bool confused, alternate, cursor_hidden, synchronised;
    size_t frames; /* ends of synchronised output */
    size_t kitty_len;
    uint8_t kitty[1 << 20]; /* the last picture's file, whole when kitty_done */
    bool kitty_done;
    char base64[1 << 20];
    size_t base64_len;
};
void seen_tty_init(struct seen_tty *t, unsigned columns, unsigned rows);
void seen_tty_finish(struct seen_tty *t);
/* Takes whole sequences; returns the bytes taken, the rest is to come again with more. */
size_t seen_tty_take(struct seen_tty *t, const uint8_t *data, size_t len);

#endif
