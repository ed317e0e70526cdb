/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene: a canvas of codes as a display shows it, drawn without any code of the programs that show
 * or see: only the codes themselves are libqrencode's.
 */
#ifndef SCENE_H
#define SCENE_H

#include "camera.h"
#include "frames.h"

enum { SCENE_CELLS_MAX = CANVAS_COLS_MAX * CANVAS_ROWS_MAX };
struct scene {
    struct canvas canvas;
    unsigned cells;
    size_t len; /* of each payload */
    uint8_t payload[SCENE_CELLS_MAX][SYMBOL_BYTES_MAX];
    struct grey display;
    unsigned dots;      /* display dots of a module */
    unsigned left, top; /* of the canvas on the display */
};
/* The capacity of each code in random bytes; they begin as symbols do and say where they stand. */
void scene_fill(struct scene *s, unsigned cols, unsigned rows, unsigned version, uint64_t *seed);
/* Draws the payloads as they are now, as large as the display allows in whole dots. */
void scene_draw(struct scene *s, unsigned width, unsigned height);
void scene_free(struct scene *s);
/* One code of any bytes, `dots` a module, four modules of white around. */
struct grey scene_code(const void *data, size_t len, unsigned dots);
/* What was read, checked off: cells whose payload it was, and bytes that are nobody's. */
struct scene_read {
    const struct scene *scene;
    bool cell[SCENE_CELLS_MAX];
    unsigned count, strange;
};
void scene_visit(void *self, const uint8_t *data, size_t len); /* self: struct scene_read */

#endif
