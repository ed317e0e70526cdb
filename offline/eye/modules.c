/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules: a code's squares from one measurement a module. The view is exact to a few hundredths
 * of a module, so each is looked up in its middle; what its neighbours spill into it is taken off;
 * what is lighter than the mean around it is light. A reader gets black and white squares.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pixels.h"

enum { AROUND = 7, STEP = 8 };
static const double SPILL = 0.12; /* of a module's light, into each of its four neighbours */

struct sampler {
    const struct picture *from;
    const struct view *view;
    struct point corner;
    unsigned side;
};

/* The grey between four dots; beyond the picture its edge goes on. */
static float grey_at(const struct picture *p, double x, double y)
{
    double right = p->width - 1.001, bottom = p->height - 1.001;
    x = x < 0 ? 0 : x > right ? right : x;
    y = y < 0 ? 0 : y > bottom ? bottom : y;
    unsigned left = (unsigned)x, top = (unsigned)y;
    float across = (float)(x - left), down = (float)(y - top);
    const uint8_t *at = p->dots + (size_t)top * p->width + left;
    float upper = (float)at[0] + across * (float)(at[1] - at[0]);
    float lower = (float)at[p->width] + across * (float)(at[p->width + 1] - at[p->width]);
    return upper + down * (lower - upper);
}

/* Every module's grey. The view is asked at every STEPth, between them it is as good as flat. */
static void sample(const struct sampler *s, float *grey)
{
    for (unsigned top = 0; top < s->side; top += STEP) {
        for (unsigned left = 0; left < s->side; left += STEP) {
            double x = s->corner.x + left + 0.5, y = s->corner.y + top + 0.5;
            struct point a = view_map(s->view, x, y), b = view_map(s->view, x + STEP, y);
            struct point c = view_map(s->view, x, y + STEP);
            struct point d = view_map(s->view, x + STEP, y + STEP);
            for (unsigned row = 0; row < STEP && top + row < s->side; row++) {
                double down = (double)row / STEP;
                struct point from = {a.x + (c.x - a.x) * down, a.y + (c.y - a.y) * down};
                struct point to = {b.x + (d.x - b.x) * down, b.y + (d.y - b.y) * down};
                for (unsigned column = 0; column < STEP && left + column < s->side; column++) {
                    double across = (double)column / STEP;
                    grey[(size_t)(top + row) * s->side + left + column] =
                        grey_at(s->from, from.x + (to.x - from.x) * across,
                                from.y + (to.y - from.y) * across);
                }
            }
        }
    }
}

/* Takes off what the neighbours spill; at the edge the neighbour is white. */
static void sharpen(const float *grey, unsigned side, float *ret)
{
    for (unsigned y = 0; y < side; y++) {
        for (unsigned x = 0; x < side; x++) {
            const float *at = grey + (size_t)y * side + x;
            float middle = *at;
            float around = (x > 0 ? at[-1] : 255) + (x + 1 < side ? at[1] : 255) +
                           (y > 0 ? at[-(ptrdiff_t)side] : 255) + (y + 1 < side ? at[side] : 255);
            ret[(size_t)y * side + x] = middle - (float)SPILL * around;
        }
    }
}

/* sums: of all modules left of and above a corner, a line of side + 1 each. */
static void add_up(const float *grey, unsigned side, double *sums)
{
    size_t line = side + 1U;
    for (size_t x = 0; x < line; x++) {
        sums[x] = 0;
    }
    for (unsigned y = 0; y < side; y++) {
        double sum = 0;
        sums[(y + 1) * line] = 0;
        for (unsigned x = 0; x < side; x++) {
            sum += (double)grey[(size_t)y * side + x];
            sums[(y + 1) * line + x + 1] = sums[y * line + x + 1] + sum;
        }
    }
}

static double mean_around(const double *sums, unsigned side, unsigned x, unsigned y)
{
    size_t line = side + 1U;
    size_t left = x < AROUND ? 0 : x - AROUND, top = y < AROUND ? 0 : y - AROUND;
    size_t right = x + AROUND + 1 > side ? side : x + AROUND + 1;
    size_t end = y + AROUND + 1 > side ? side : y + AROUND + 1;
    double sum = sums[end * line + right] - sums[top * line + right] - sums[end * line + left] +
                 sums[top * line + left];
    return sum / (double)((right - left) * (end - top));
}

static uint8_t percentile(const uint32_t counts[static 256], size_t all, unsigned percent)
{
    size_t wanted = all * percent / 100, sum = 0;
    unsigned grey = 0;
    while (grey < 255 && (sum += counts[grey]) <= wanted) {
        grey++;
    }
    return (uint8_t)grey;
}

static bool tile_drowned(const float *grey, unsigned side, unsigned left, unsigned top)
{
    for (unsigned y = top; y < top + TILE; y++) {
        for (unsigned x = left; x < left + TILE; x++) {
            if (grey[(size_t)y * side + x] < TILE_DARK) {
                return false;
            }
        }
    }
    return true;
}

static struct contrast contrast_of(const float *grey, unsigned side)
{
    uint32_t counts[256] = {0};
    size_t all = (size_t)side * side;
    unsigned tiles = 0, drowned = 0;
    for (size_t i = 0; i < all; i++) {
        counts[(uint8_t)grey[i]]++;
    }
    for (unsigned y = 0; y + TILE <= side; y += TILE) {
        for (unsigned x = 0; x + TILE <= side; x += TILE) {
            tiles++;
            drowned += tile_drowned(grey, side, x, y);
        }
    }
    return (struct contrast){percentile(counts, all, 20), percentile(counts, all, 90),
                             (uint8_t)(tiles == 0 ? 0 : 100 * drowned / tiles)};
}

static void decide(const float *sharp, const double *sums, unsigned side, uint8_t *ret)
{
    for (unsigned y = 0; y < side; y++) {
        for (unsigned x = 0; x < side; x++) {
            size_t at = (size_t)y * side + x;
            ret[at] = (double)sharp[at] < mean_around(sums, side, x, y);
        }
    }
}

bool modules_read(const struct picture *from, const struct view *v, struct point corner,
                  unsigned side, struct picture *ret, struct contrast *ret_contrast)
{
    bool read = false;
    size_t all = (size_t)side * side;
    const struct sampler s = {from, v, corner, side};
    float *grey = calloc(2 * all, sizeof(*grey));
    double *sums = malloc((side + 1U) * (side + 1U) * sizeof(*sums));
    if (grey == NULL || sums == NULL || from->width < 2 || from->height < 2 ||
        !picture_size(ret, side, side)) {
        goto out;
    }
    sample(&s, grey);
    *ret_contrast = contrast_of(grey, side);
    sharpen(grey, side, grey + all);
    add_up(grey + all, side, sums);
    decide(grey + all, sums, side, ret->dots);
    read = true;
out:
    free(grey);
    free(sums);
    return read;
}
