/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choose: which codes for which screen, and the steps of the keys.
 */
#include "press.h"

/* By bytes on a canvas. Those of the profiles are among them; more than std is only for those who
 * ask for it, because it needs a better camera. */
static const struct layout ladder[] = {
    {1, 1, 4, 5},   {1, 1, 6, 5},   {1, 1, 10, 5},  {1, 1, 15, 5},  {1, 1, 20, 10}, {1, 1, 25, 10},
    {2, 1, 19, 15}, {2, 1, 23, 15}, {2, 1, 25, 20}, {2, 1, 30, 20}, {3, 2, 20, 20}, {3, 2, 25, 20},
    {3, 2, 28, 20}, {3, 2, 30, 20}, {3, 2, 33, 20}, {4, 2, 30, 20},
};
enum { LADDER = sizeof(ladder) / sizeof(ladder[0]), LADDER_STD = 11 };

static const uint8_t speeds[] = {1, 2, 3, 5, 8, 10, 12, 15, 20, 24, 30, 40, 50, 60};
enum { SPEEDS = sizeof(speeds) / sizeof(speeds[0]) };

static size_t bytes_on(const struct layout *l)
{
    return (size_t)l->cols * l->rows * code_capacity(l->version);
}

static bool fits(const struct layout *l, unsigned width, unsigned height, unsigned dots)
{
    struct ctx cx;
    struct canvas canvas;
    ctx_init(&cx, system_real());
    return frames_canvas(&cx, l->cols, l->rows, l->version, &canvas) == STATUS_OK &&
           canvas.width * dots <= width && canvas.height * dots <= height;
}

bool layout_fits(const struct layout *l, unsigned width, unsigned height)
{
    return fits(l, width, height, 1);
}

enum status layout_choose(struct ctx *cx, unsigned width, unsigned height, unsigned dots_min,
                          struct layout *ret)
{
    enum status status = STATUS_OK;
    for (unsigned dots = dots_min; dots >= 1; dots--) {
        for (size_t i = LADDER_STD + 1; i-- > 0;) {
            if (fits(&ladder[i], width, height, dots)) {
                *ret = ladder[i];
                goto out;
            }
        }
    }
    (void)fault_set(cx, STATUS_LIMIT, __FILE__, __LINE__,
                    "codes do not fit a screen of %u x %u dots", width, height);
    status = fault_hint(cx, "make the window or the terminal larger, or its letters smaller");
out:
    return status;
}

bool layout_bigger(const struct layout *l, unsigned width, unsigned height, struct layout *ret)
{
    for (size_t i = LADDER; i-- > 0;) {
        if (bytes_on(&ladder[i]) < bytes_on(l) && fits(&ladder[i], width, height, 1)) {
            *ret = ladder[i];
            ret->fps = l->fps;
            return true;
        }
    }
    return false;
}

bool layout_smaller(const struct layout *l, unsigned width, unsigned height, struct layout *ret)
{
    for (size_t i = 0; i < LADDER; i++) {
        if (bytes_on(&ladder[i]) > bytes_on(l) && fits(&ladder[i], width, height, 1)) {
            *ret = ladder[i];
            ret->fps = l->fps;
            return true;
        }
    }
    return false;
}

uint8_t speed_faster(uint8_t fps)
{
    for (size_t i = 0; i < SPEEDS; i++) {
        if (speeds[i] > fps) {
            return speeds[i];
        }
    }
    return fps;
}

uint8_t speed_slower(uint8_t fps)
{
    for (size_t i = SPEEDS; i-- > 0;) {
        if (speeds[i] < fps) {
            return speeds[i];
        }
    }
    return fps;
}
