/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table: the parts of light_table. A display is another program on a pipe (display.c); what is
 * read of it is held against what stood there, byte by byte (truth.c).
 */
#ifndef TABLE_H
#define TABLE_H

#include "camera.h"
#include "frames.h"
#include "picture.h"

_Noreturn void table_give_up(const char *what, const char *why);
#define TABLE_OK(cx, expr)                                                                         \
    do {                                                                                           \
        if ((expr) != STATUS_OK) {                                                                 \
            table_give_up(#expr, (cx)->fault.what);                                                \
        }                                                                                          \
    } while (0)

/* ---- the display ------------------------------------------------------------------------------
 */

struct display {
    int pipe;
    int pid;
    struct canvas canvas;
    unsigned scale;      /* dots of the screen for a module: whole ones */
    uint64_t shown;      /* canvases read from the pipe */
    struct grey squares; /* the newest, a dot a module */
};
enum { SCREEN_WIDTH = 1920, SCREEN_HEIGHT = 1080 };
/* Starts `program` (light_display); the canvas is as large as whole dots a module allow. */
void display_open(struct display *d, const char *program, const char *layout,
                  const struct profile *profile, uint16_t pieces, uint64_t seed);
void display_close(struct display *d);
struct grey display_picture(const struct display *d); /* a new picture of its size */
/* A camera_draw: the next canvas, large. self: a struct display. */
void display_draw(void *self, uint64_t number, struct grey *picture);

/* ---- what stood there -------------------------------------------------------------------------
 */

enum { TRUTH_KEPT = 256 };
struct truth {
    struct ctx *cx;
    struct fountain *fountain;
    uint32_t next;               /* number of the symbol that is written next */
    struct buf kept[TRUTH_KEPT]; /* number % TRUTH_KEPT, as if in cell 0 */
    uint64_t right, wrong, beacons;
};
void truth_open(struct truth *t, struct ctx *cx, bytes parcel, const struct transfer_id *transfer,
                const struct profile *profile);
void truth_close(struct truth *t);
/* Counts what was read of one of the last canvases, `shown` canvases until now; true: right. */
bool truth_check(struct truth *t, bytes read, uint64_t shown, unsigned cells);

#endif
