/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spots: the squares within squares by which a QR code is found: along every line through their
 * middle dark, light, dark, light, dark stand 1:1:3:1:1. Rows are searched in whole dots; what
 * passes is measured along both axes to parts of a dot, where the grey crosses the local level.
 */
#include <math.h>
#include <stdlib.h>

#include "pixels.h"

enum {
    WINDOW = 2,
    CONTRAST_MIN = 40,
    ROW_STEP = 2,
    RUNS = 5,
    CIRCLE = 16,
    CIRCLE_WRONG = 2
}; /* blocks on each side that say what is dark */

void shade_free(struct shade *s)
{
    free(s->level);
    free(s->ends);
    *s = (struct shade){.level = NULL};
}

static bool shade_size(struct shade *s, const struct picture *p)
{
    unsigned columns = (p->width + SHADE_BLOCK - 1) / SHADE_BLOCK;
    unsigned rows = (p->height + SHADE_BLOCK - 1) / SHADE_BLOCK;
    size_t need = (size_t)columns * rows;
    if (need > s->blocks_max) {
        shade_free(s);
        s->level = malloc(need);
        s->ends = malloc(need * sizeof(*s->ends));
        s->blocks_max = s->level != NULL && s->ends != NULL ? need : 0;
    }
    s->columns = columns;
    s->rows = rows;
    return s->blocks_max > 0;
}

/* The darkest and the lightest dot of a block; those at the edge may be smaller. */
static struct shade_ends block_ends(const struct picture *p, unsigned column, unsigned row)
{
    unsigned left = column * SHADE_BLOCK, top = row * SHADE_BLOCK;
    unsigned wide = p->width - left < SHADE_BLOCK ? p->width - left : SHADE_BLOCK;
    unsigned high = p->height - top < SHADE_BLOCK ? p->height - top : SHADE_BLOCK;
    struct shade_ends e = {255, 0};
    for (unsigned y = 0; y < high; y++) {
        const uint8_t *at = p->dots + (size_t)(top + y) * p->width + left;
        for (unsigned x = 0; x < wide; x++) {
            e.dark = at[x] < e.dark ? at[x] : e.dark;
            e.light = at[x] > e.light ? at[x] : e.light;
        }
    }
    return e;
}

/* Half way between the ends of the blocks around; nothing is dark where all is alike. */
static uint8_t level_of(const struct shade *s, unsigned x, unsigned y)
{
    unsigned top = y < WINDOW ? 0 : y - WINDOW, left = x < WINDOW ? 0 : x - WINDOW;
    unsigned end = y + WINDOW + 1 > s->rows ? s->rows : y + WINDOW + 1;
    unsigned right = x + WINDOW + 1 > s->columns ? s->columns : x + WINDOW + 1;
    struct shade_ends all = {255, 0};
    for (unsigned row = top; row < end; row++) {
        for (unsigned column = left; column < right; column++) {
            const struct shade_ends *e = &s->ends[(size_t)row * s->columns + column];
            all.dark = e->dark < all.dark ? e->dark : all.dark;
            all.light = e->light > all.light ? e->light : all.light;
        }
    }
    return all.light - all.dark < CONTRAST_MIN ? 0 : (uint8_t)((all.dark + all.light) / 2);
}

bool shade_measure(struct shade *s, const struct picture *p)
{
    if (!shade_size(s, p)) {
        return false;
    }
    for (unsigned y = 0; y < s->rows; y++) {
        for (unsigned x = 0; x < s->columns; x++) {
            s->ends[(size_t)y * s->columns + x] = block_ends(p, x, y);
        }
    }
    for (unsigned y = 0; y < s->rows; y++) {
        for (unsigned x = 0; x < s->columns; x++) {
            s->level[(size_t)y * s->columns + x] = level_of(s, x, y);
        }
    }
    return true;
}

struct spotter {
    const struct picture *p;
    const struct shade *shade;
    struct spots *found;
};

static uint8_t level_at(const struct spotter *s, int x, int y)
{
    return s->shade
        ->level[(size_t)(y / SHADE_BLOCK) * s->shade->columns + (size_t)(x / SHADE_BLOCK)];
}

/* From the middle outwards: where dark ends, light ends, dark ends; at most `reach` dots away. The
 * lightest dot of the ring and of what comes behind say how sharp it is. */
struct arm {
    double edge[3];
    int ring, outside;
};
static bool arm_measure(const struct spotter *s, const int from[static 2], const int step[static 2],
                        int reach, struct arm *ret)
{
    int x = from[0], y = from[1], edges = 0;
    int before = s->p->dots[(size_t)y * s->p->width + (size_t)x];
    bool dark = before < level_at(s, x, y);
    *ret = (struct arm){.ring = 0};
    if (!dark) {
        return false;
    }
    for (int i = 1; i <= reach; i++) {
        x += step[0];
        y += step[1];
        if (x < 0 || y < 0 || x >= (int)s->p->width || y >= (int)s->p->height) {
            return false;
        }
        int now = s->p->dots[(size_t)y * s->p->width + (size_t)x];
        int level = level_at(s, x, y);
        if ((now < level) != dark) {
            double part = now == before ? 0.5 : (double)(level - before) / (now - before);
            ret->edge[edges++] = i - 1 + fmin(fmax(part, 0), 1);
            dark = !dark;
        }
        if (edges == 1 && now > ret->ring) {
            ret->ring = now;
        }
        if (edges == 3) {
            int further = now;
            for (int k = 0; k < 2; k++) {
                int ax = x + step[0] * (k + 1), ay = y + step[1] * (k + 1);
                if (ax >= 0 && ay >= 0 && ax < (int)s->p->width && ay < (int)s->p->height) {
                    int v = s->p->dots[(size_t)ay * s->p->width + (size_t)ax];
                    further = v > further ? v : further;
                }
            }
            ret->outside = further;
            return true;
        }
        before = now;
    }
    return false;
}

/* One line through the middle. */
struct line {
    double off; /* of the real middle, from where it was measured */
    double unit;
    int ring, outside;
};
static bool near(double value, double wanted, double by)
{
    return fabs(value - wanted) <= by;
}

static bool line_measure(const struct spotter *s, const int at[static 2], bool down, int reach,
                         struct line *ret)
{
    const int forward[2] = {down ? 0 : 1, down ? 1 : 0};
    const int back[2] = {-forward[0], -forward[1]};
    struct arm a, b;
    if (!arm_measure(s, at, back, reach, &a) || !arm_measure(s, at, forward, reach, &b)) {
        return false;
    }
    double core = a.edge[0] + b.edge[0], ring = a.edge[1] + b.edge[1], all = a.edge[2] + b.edge[2];
    /* ink spreads or shrinks all edges alike: dark widths and light ones together do not */
    double unit = (ring + all) / 12;
    double slack = 0.35 * unit + 0.4;
    *ret = (struct line){
        .off = ((b.edge[0] - a.edge[0]) + (b.edge[1] - a.edge[1]) + (b.edge[2] - a.edge[2])) / 6,
        .unit = unit,
        .ring = a.ring < b.ring ? a.ring : b.ring,
        .outside = a.outside > b.outside ? a.outside : b.outside,
    };
    return unit >= 1.5 && near(core, 3 * unit, 2 * slack) && near(ring, 5 * unit, 2 * slack) &&
           near(a.edge[1] - a.edge[0], unit, slack) && near(b.edge[1] - b.edge[0], unit, slack) &&
           near(a.edge[2] - a.edge[1], unit, slack) && near(b.edge[2] - b.edge[1], unit, slack);
}

static bool known(const struct spots *found, double x, double y)
{
    for (size_t i = found->count; i-- > 0;) {
        const struct spot *s = &found->spot[i];
        double reach = 2.5 * s->unit;
        if (fabs(s->at.x - x) < reach && fabs(s->at.y - y) < reach) {
            return true;
        }
    }
    return false;
}

static bool inside(const struct spotter *s, const int at[static 2])
{
    return at[0] >= 0 && at[1] >= 0 && at[0] < (int)s->p->width && at[1] < (int)s->p->height;
}

/* How many of the dots on a circle are not as they should be; all when it leaves the picture. */
static unsigned circle_wrong(const struct spotter *s, struct point at, double radius, bool dark)
{
    unsigned wrong = 0;
    for (unsigned i = 0; i < CIRCLE; i++) {
        double angle = 2 * M_PI * i / CIRCLE;
        int x = (int)lround(at.x + radius * cos(angle)),
            y = (int)lround(at.y + radius * sin(angle));
        if (x < 0 || y < 0 || x >= (int)s->p->width || y >= (int)s->p->height) {
            return CIRCLE;
        }
        wrong += (s->p->dots[(size_t)y * s->p->width + (size_t)x] < level_at(s, x, y)) != dark;
    }
    return wrong;
}

/* On a circle that stays in the core, however it is turned, nearly all is dark, and on one that
 * stays in the ring nearly all is light: codes are full of lines that look right on two axes. The
 * axes of one that is turned by 45 degrees are longer by 1.41: which circle fits tells the unit. */
static bool circles_fit(const struct spotter *s, struct point at, double *unit)
{
    static const double shorter[] = {1, 0.93, 0.86, 0.79, 0.73};
    unsigned best = CIRCLE_WRONG + 1;
    double best_unit = 0;
    for (unsigned i = 0; i < sizeof(shorter) / sizeof(shorter[0]); i++) {
        double here = *unit * shorter[i];
        /* in units: the core is round up to 1.5, the ring from 2.12 to 2.5 */
        unsigned wrong = circle_wrong(s, at, 2.25 * here, false);
        if (wrong < best && circle_wrong(s, at, 1.1 * here, true) <= CIRCLE_WRONG) {
            best = wrong;
            best_unit = here;
        }
    }
    *unit = best_unit;
    return best <= CIRCLE_WRONG;
}

/* (x, y) is about the middle of something as wide as seven units. */
static void spot_try(const struct spotter *s, double x, int y, int width)
{
    struct line across, down;
    int at[2] = {(int)lround(x), y};
    int reach = width + 4;
    if (s->found->count == SPOTS_MAX || known(s->found, x, y) || !inside(s, at) ||
        !line_measure(s, at, true, reach, &down)) {
        return;
    }
    at[1] = (int)lround(at[1] + down.off);
    if (!inside(s, at) || !line_measure(s, at, false, reach, &across)) {
        return;
    }
    double middle_x = at[0] + across.off;
    at[0] = (int)lround(middle_x);
    if (!inside(s, at) || !line_measure(s, at, true, reach, &down)) {
        return;
    }
    double middle_y = at[1] + down.off;
    double unit = (across.unit + down.unit) / 2;
    if (across.unit > 1.4 * down.unit || down.unit > 1.4 * across.unit ||
        !circles_fit(s, (struct point){middle_x, middle_y}, &unit) ||
        known(s->found, middle_x, middle_y)) {
        return;
    }
    int dark = s->p->dots[(size_t)at[1] * s->p->width + (size_t)at[0]];
    int outside = across.outside > down.outside ? across.outside : down.outside;
    double sharp = outside <= dark
                       ? 0
                       : (double)(across.ring + down.ring - 2 * dark) / (2.0 * (outside - dark));
    s->found->spot[s->found->count++] = (struct spot){{middle_x, middle_y}, unit, sharp};
}

/* Runs of a row, the newest last, of which the newest is dark. */
static bool runs_fit(const int runs[static RUNS])
{
    int all = runs[0] + runs[1] + runs[2] + runs[3] + runs[4];
    if (all < 12) { /* under 1.8 dots a unit */
        return false;
    }
    for (int i = 0; i < RUNS; i++) {
        int wanted = i == 2 ? 3 * all : all;
        int off = 7 * runs[i] - wanted;
        int slack = i == 2 ? (13 * all) / 10 : (7 * all) / 10 + 4;
        if (off > slack || off < -slack) {
            return false;
        }
    }
    return true;
}

static void row_search(const struct spotter *s, unsigned y)
{
    const uint8_t *row = s->p->dots + (size_t)y * s->p->width;
    const uint8_t *level = s->shade->level + (size_t)(y / SHADE_BLOCK) * s->shade->columns;
    int runs[RUNS] = {0};
    bool dark = false;
    unsigned began = 0;
    for (unsigned left = 0; left < s->p->width; left += SHADE_BLOCK) {
        unsigned end = left + SHADE_BLOCK < s->p->width ? left + SHADE_BLOCK : s->p->width;
        uint8_t here = level[left / SHADE_BLOCK];
        for (unsigned x = left; x < end; x++) {
            if ((row[x] < here) == dark) {
                continue;
            }
            runs[0] = runs[1];
            runs[1] = runs[2];
            runs[2] = runs[3];
            runs[3] = runs[4];
            runs[4] = (int)(x - began);
            began = x;
            if (dark && runs_fit(runs)) {
                double middle = (double)x - runs[4] - runs[3] - (double)runs[2] / 2 - 0.5;
                int all = runs[0] + runs[1] + runs[2] + runs[3] + runs[4];
                spot_try(s, middle, (int)y, all);
            }
            dark = !dark;
        }
    }
}

void spots_find(const struct picture *p, const struct shade *shade, struct spots *ret)
{
    const struct spotter s = {p, shade, ret};
    ret->count = 0;
    for (unsigned y = ROW_STEP; y < p->height; y += ROW_STEP) {
        row_search(&s, y);
    }
}
