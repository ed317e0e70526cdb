/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw: what does not change while a parcel is shown, and single codes.
 */
#include <stdlib.h>

#include "press.h"

enum { QUIET = 4 }; /* ISO 18004 */

enum status canvas_draw(struct ctx *cx, const struct canvas *canvas, struct picture *ret)
{
    enum status status = STATUS_OK;
    TRY(picture_new(cx, canvas->width, canvas->height, ret));
    for (unsigned i = 0; i < 4 * 49; i++) {
        const struct canvas_point *marker = &canvas->markers[i / 49];
        unsigned x = i % 7, y = i / 7 % 7;
        if (canvas_marker_dark(x, y)) {
            picture_fill(ret, (int)(marker->x + x * CANVAS_MARKER_UNIT),
                         (int)(marker->y + y * CANVAS_MARKER_UNIT), CANVAS_MARKER_UNIT,
                         CANVAS_MARKER_UNIT, 0);
        }
    }
out:
    return status;
}

static void place(struct picture *p, unsigned left, unsigned top, const uint8_t *squares,
                  unsigned side)
{
    for (unsigned i = 0; i < side * side; i++) {
        if (squares[i] != 0) {
            p->dots[(size_t)(top + i / side) * p->width + left + i % side] = 0;
        }
    }
}

static enum status squares_of(struct ctx *cx, bytes content, enum qr_level level, uint8_t **ret,
                              unsigned *ret_side)
{
    enum status status = STATUS_OK;
    void *room = NULL;
    TRY(mem_new(cx, QR_SIDE_MAX, QR_SIDE_MAX, &room));
    *ret = room;
    if (!qr_draw(content.ptr, content.len, 0, level, *ret, ret_side)) {
        FAIL(cx, STATUS_LIMIT, "%zu bytes do not go into one code", content.len);
    }
out:
    return status;
}

enum status code_draw(struct ctx *cx, bytes content, enum qr_level level, struct picture *ret)
{
    enum status status = STATUS_OK;
    uint8_t *squares = NULL;
    unsigned side = 0;
    TRY(squares_of(cx, content, level, &squares, &side));
    TRY(picture_new(cx, side + 2 * QUIET, side + 2 * QUIET, ret));
    place(ret, QUIET, QUIET, squares, side);
out:
    free(squares);
    return status;
}

enum status code_draw_marked(struct ctx *cx, bytes content, struct picture *ret)
{
    enum status status = STATUS_OK;
    uint8_t *squares = NULL;
    unsigned side = 0;
    struct canvas canvas;
    TRY(squares_of(cx, content, QR_LOW, &squares, &side));
    TRY(frames_canvas(cx, 1, 1, (side - 17) / 4, &canvas));
    TRY(canvas_draw(cx, &canvas, ret));
    place(ret, canvas.first.x, canvas.first.y, squares, side);
out:
    free(squares);
    return status;
}
