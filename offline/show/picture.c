/* SPDX-License-Identifier: Apache-2.0 */
/*
 * picture: rectangles and enlarged copies in a grey picture.
 */
#include <stdlib.h>
#include <string.h>

#include "picture.h"

enum status picture_new(struct ctx *cx, unsigned width, unsigned height, struct picture *ret)
{
    enum status status = STATUS_OK;
    void *dots = NULL;
    if (width < 1 || height < 1 || width > PICTURE_SIDE_MAX || height > PICTURE_SIDE_MAX) {
        FAIL(cx, STATUS_LIMIT, "a picture of %u x %u dots", width, height);
    }
    TRY(mem_new(cx, width, height, &dots));
    memset(dots, 255, (size_t)width * height);
    *ret = (struct picture){width, height, dots};
out:
    return status;
}

void picture_free(struct picture *p)
{
    free(p->dots);
    *p = (struct picture){0};
}

/* The part of [at, at + len) inside [0, max). */
static void cut(int at, unsigned len, unsigned max, unsigned *ret_from, unsigned *ret_to)
{
    int64_t from = at, to = (int64_t)at + len;
    from = from < 0 ? 0 : from > max ? max : from;
    to = to < from ? from : to > max ? max : to;
    *ret_from = (unsigned)from;
    *ret_to = (unsigned)to;
}

void picture_fill(struct picture *p, int x, int y, unsigned width, unsigned height, uint8_t grey)
{
    unsigned left, right, top, bottom;
    cut(x, width, p->width, &left, &right);
    cut(y, height, p->height, &top, &bottom);
    for (unsigned row = top; row < bottom; row++) {
        memset(p->dots + (size_t)row * p->width + left, grey, right - left);
    }
}

void picture_place(struct picture *p, const struct picture *from, int x, int y, unsigned scale)
{
    for (unsigned row = 0; row < from->height; row++) {
        const uint8_t *dots = from->dots + (size_t)row * from->width;
        for (unsigned column = 0; column < from->width; column++) {
            picture_fill(p, x + (int)(column * scale), y + (int)(row * scale), scale, scale,
                         dots[column]);
        }
    }
}

enum status picture_shrink(struct ctx *cx, const struct picture *from, unsigned width,
                           unsigned height, struct picture *ret)
{
    enum status status = STATUS_OK;
    unsigned n = 1;
    if (width < 1 || height < 1) {
        FAIL(cx, STATUS_LIMIT, "a picture of %u x %u dots", width, height);
    }
    while (from->width / n > width || from->height / n > height) {
        n++;
    }
    unsigned wide = from->width / n, high = from->height / n;
    TRY(picture_new(cx, wide < 1 ? 1 : wide, high < 1 ? 1 : high, ret));
    for (unsigned i = 0; i < wide * high; i++) {
        uint64_t sum = 0;
        for (unsigned row = 0; row < n; row++) {
            const uint8_t *dots = from->dots + (size_t)(i / wide * n + row) * from->width;
            for (unsigned column = 0; column < n; column++) {
                sum += dots[i % wide * n + column];
            }
        }
        ret->dots[i] = (uint8_t)(sum / ((uint64_t)n * n));
    }
out:
    return status;
}

/* White with a black core is seen on any ground. */
static void line(struct picture *p, const int from[static 2], const int to[static 2], unsigned wide)
{
    int dx = to[0] - from[0], dy = to[1] - from[1];
    int steps = abs(dx) > abs(dy) ? abs(dx) : abs(dy);
    for (int pass = 0; pass < 2; pass++) {
        unsigned size = pass == 0 ? wide + 2 : wide;
        for (int i = 0; i <= steps; i++) {
            int x = from[0] + (steps == 0 ? 0 : (int)((int64_t)dx * i / steps));
            int y = from[1] + (steps == 0 ? 0 : (int)((int64_t)dy * i / steps));
            picture_fill(p, x - (int)size / 2, y - (int)size / 2, size, size, pass == 0 ? 255 : 0);
        }
    }
}

void picture_box(struct picture *p, const uint16_t x[static 4], const uint16_t y[static 4],
                 bool thick)
{
    for (int i = 0; i < 4; i++) {
        const int from[2] = {x[i], y[i]}, to[2] = {x[(i + 1) % 4], y[(i + 1) % 4]};
        line(p, from, to, thick ? 4 : 1);
    }
}
