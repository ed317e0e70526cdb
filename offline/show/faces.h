/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faces: the files that face foreign libraries: libqrencode (qr.c), zlib (pack.c), SDL2
 * (window.c). Includes nothing of ours: our limits.h would stand in the way of the libraries' own.
 */
#ifndef FACES_H
#define FACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- codes -------------------------------------------------------------------------------- */

enum { QR_VERSION_MAX = 40, QR_SIDE_MAX = 177, QR_BYTES_MAX = 2953 };
enum qr_level { QR_LOW, QR_MEDIUM, QR_QUARTILE };
/* The squares of a code in byte mode, without ECI or structured append: side * side bytes into
 * `room`, 1 is dark. Version 0 takes the smallest that holds the bytes; another is taken exactly.
 * False: they do not fit, or no memory. */
bool qr_draw(const uint8_t *content, size_t len, unsigned version, enum qr_level level,
             uint8_t room[static QR_SIDE_MAX * QR_SIDE_MAX], unsigned *ret_side);

/* ---- packing ------------------------------------------------------------------------------ */

size_t pack_bound(size_t len); /* never more than this */
/* A zlib stream of what comes in runs, each at most what is left of the announced whole. */
struct pack;
struct pack *pack_new(uint8_t *room, size_t max); /* NULL: no memory */
bool pack_add(struct pack *p, const uint8_t *data, size_t len);
bool pack_end(struct pack *p, size_t *ret_len);
void pack_free(struct pack *p);                                     /* NULL is fine */
uint32_t pack_crc(uint32_t start, const uint8_t *data, size_t len); /* PNG's, start 0 */

/* ---- a window ------------------------------------------------------------------------------ */

/* A grey picture of a byte a dot, each shown as scale x scale dots of the screen. */
struct layer {
    const uint8_t *dots;
    unsigned width, height, scale;
    int x, y; /* where its corner stands on the screen */
};
enum { LAYERS_MAX = 3 };
struct window;
/* As large as the desktop less one of `part` parts, or full. NULL: *ret_why says what SDL says; it
 * stays good until the next call. */
struct window *window_open(const char *title, bool full, unsigned part, const char **ret_why);
void window_size(struct window *w, unsigned *ret_width, unsigned *ret_height);
/* White, then the layers in their order; returns when the screen has taken it. */
bool window_show(struct window *w, const struct layer *layers, size_t count);
/* The letter of a key within wait_ms, or 0: Escape and a closed window are 'q'. *ret_exposed: what
 * is shown has to be shown again (another size, or the system lost it). */
int window_key(struct window *w, int wait_ms, bool *ret_exposed);
void window_turn_full(struct window *w);
void window_close(struct window *w); /* NULL is fine */

#endif
