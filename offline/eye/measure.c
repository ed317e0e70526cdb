/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure: why nothing is read, from what is seen. Each answer rests on a number of the picture,
 * none on a guess: dots a module, contrast left over one module, how light the lightest part is,
 * and how much of a code's place is white.
 */
#include <string.h>

#include "look-int.h"

/* bounds, from the simulated camera: below them fewer than half of the codes are read */
static const double MODULE_MIN = 2.6; /* dots */
static const double SHARP_MIN = 0.3;
static const double STEEP_MIN = 0.16; /* an edge through a blur of sigma 2.5 dots */
enum {
    DARK = 80, /* of the lightest dots, noise included */
    CONTRAST_MIN = 64,
    DROWNED_MIN = 7, /* hundredths: what level L makes good */
    SPOTS_FEW = 3,
    EDGES_MAX = 1024,
    EDGES_FEW = 64
};

/* The middle one of a list; the list gets sorted. */
static double middle_of(double *list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        double value = list[i];
        size_t at = i;
        while (at > 0 && list[at - 1] > value) {
            list[at] = list[at - 1];
            at--;
        }
        list[at] = value;
    }
    return count == 0 ? 0 : list[count / 2];
}

/* The grey under which `percent` of the counted values lie. */
static unsigned percentile(const uint32_t counts[static 256], uint32_t all, unsigned percent)
{
    uint64_t wanted = (uint64_t)all * percent / 100, sum = 0;
    unsigned grey = 0;
    while (grey < 255 && (sum += counts[grey]) <= wanted) {
        grey++;
    }
    return grey;
}

void measure_spots(struct measure *m, const struct spots *spots, const struct shade *shade,
                   unsigned level)
{
    if (level == 0) {
        uint32_t counts[256] = {0};
        uint32_t blocks = shade->columns * shade->rows;
        for (uint32_t i = 0; i < blocks; i++) {
            counts[shade->ends[i].light]++;
        }
        m->bright = percentile(counts, blocks, 95);
    }
    m->levels = level + 1;
    if (m->spots >= SPOTS_FEW || spots->count < m->spots) {
        return;
    }
    double units[SPOTS_MAX], sharps[SPOTS_MAX];
    for (size_t i = 0; i < spots->count; i++) {
        units[i] = spots->spot[i].unit * (1U << level);
        sharps[i] = spots->spot[i].sharp;
    }
    m->spots = (unsigned)spots->count;
    m->unit = middle_of(units, spots->count);
    m->sharp = middle_of(sharps, spots->count);
}

/* The steepest step in a block's middle row, as a share of the block's own contrast. */
static double block_steep(const struct picture *p, unsigned column, unsigned row,
                          const struct shade_ends *ends)
{
    unsigned y = row * SHADE_BLOCK + SHADE_BLOCK / 2, left = column * SHADE_BLOCK;
    unsigned end = left + SHADE_BLOCK < p->width ? left + SHADE_BLOCK : p->width - 1;
    int most = 0;
    if (y >= p->height) {
        return 0;
    }
    for (unsigned x = left; x < end; x++) {
        const uint8_t *at = p->dots + (size_t)y * p->width + x;
        int step = at[1] > at[0] ? at[1] - at[0] : at[0] - at[1];
        most = step > most ? step : most;
    }
    return (double)most / (ends->light - ends->dark);
}

void measure_edges(struct measure *m, const struct picture *p, const struct shade *shade)
{
    double steep[EDGES_MAX];
    size_t count = 0;
    size_t all = (size_t)shade->columns * shade->rows, step = all / EDGES_MAX + 1;
    for (size_t i = 0; i < all && count < EDGES_MAX; i += step) {
        const struct shade_ends *ends = &shade->ends[i];
        if (ends->light - ends->dark >= CONTRAST_MIN) {
            steep[count++] = block_steep(p, (unsigned)(i % shade->columns),
                                         (unsigned)(i / shade->columns), ends);
        }
    }
    m->steep = count < EDGES_FEW ? 1 : middle_of(steep, count);
}

void measure_failed_cell(struct measure *m, const struct contrast *cell)
{
    m->failed++;
    m->drowned += cell->drowned >= DROWNED_MIN;
}

enum light_advice measure_advice(const struct measure *m, const struct look *look)
{
    if (look->codes_read > 0 && look->cells_read * 2 >= look->cells) {
        return LIGHT_ADVICE_NONE;
    }
    if (m->bright < DARK) {
        return LIGHT_ADVICE_TOO_DARK;
    }
    if (m->drowned * 2 >= m->failed && m->failed > 0) {
        return LIGHT_ADVICE_GLARE;
    }
    if (m->spots >= SPOTS_FEW && (look->canvas ? look->module : m->unit) < MODULE_MIN) {
        return LIGHT_ADVICE_TOO_FAR;
    }
    if (m->steep < STEEP_MIN || (m->spots >= SPOTS_FEW && m->sharp < SHARP_MIN)) {
        return LIGHT_ADVICE_BLUR;
    }
    return look->canvas ? LIGHT_ADVICE_TOO_FAST : LIGHT_ADVICE_NO_CODE;
}
