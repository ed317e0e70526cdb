/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sight: guesses and their proof. A guess is a canvas, four markers and a turn; it predicts where
 * every corner square of every code is seen. The guess whose predictions are found, and that leaves
 * least unexplained, is refined by least squares; of guesses alike (one version more or less) the
 * one that fits best. Wrong guesses cost time only: what is read proves itself.
 */
#include <math.h>
#include <string.h>

#include "sight.h"

enum { BIG_MAX = 10, FINALISTS = 8, COLUMNS_TRY = CANVAS_COLS_MAX, ROWS_TRY = CANVAS_ROWS_MAX };

static const double COARSE = 3.5;    /* modules a lens may move a square from where it should be */
static const double FINE = 1.2;      /* and after the lens is known */
static const double ENOUGH = 0.6;    /* share of squares found among found and wanted */
static const double GOOD = 0.85;     /* share that needs no other guess */
static const double ERROR_MAX = 0.6; /* modules */

struct pairs {
    size_t count;
    struct point canvas[SIGHT_PAIRS_MAX], seen[SIGHT_PAIRS_MAX];
};

/* Four markers in a circle, clockwise as one looks at the picture. */
struct quad {
    struct point at[4];
    double unit;
};

struct guess {
    struct canvas canvas;
    struct view view;
    const struct quad *quad; /* NULL: none */
    unsigned turn;
    double module;
    double share;
};

static struct point marker_middle(const struct canvas *c, unsigned i)
{
    return (struct point){c->markers[i].x + CANVAS_MARKER / 2.0,
                          c->markers[i].y + CANVAS_MARKER / 2.0};
}

/* Canvas markers in a circle: top left, top right, bottom right, bottom left. */
static const unsigned circle[4] = {0, 1, 3, 2};

static const struct spot *nearest(const struct spots *spots, struct point at, double reach,
                                  double module)
{
    const struct spot *best = NULL;
    for (size_t i = 0; i < spots->count; i++) {
        const struct spot *s = &spots->spot[i];
        double far = hypot(s->at.x - at.x, s->at.y - at.y);
        if (far < reach && s->unit > 0.55 * module && s->unit < 1.5 * module) {
            reach = far;
            best = s;
        }
    }
    return best;
}

static void add_pair(struct pairs *pairs, struct point canvas, struct point seen)
{
    pairs->canvas[pairs->count] = canvas;
    pairs->seen[pairs->count] = seen;
    pairs->count++;
}

/* Squares of codes that are found within `reach` modules of where the view puts them. */
static size_t match(const struct spots *spots, const struct guess *g, double reach,
                    struct pairs *ret)
{
    unsigned cells = (unsigned)g->canvas.cols * g->canvas.rows;
    double far = g->canvas.side - 3.5;
    const struct point corner[3] = {{3.5, 3.5}, {far, 3.5}, {3.5, far}};
    ret->count = 0;
    for (unsigned cell = 0; cell < cells && cell < SIGHT_CELLS_MAX; cell++) {
        struct canvas_point at = canvas_cell(&g->canvas, cell);
        for (unsigned i = 0; i < 3; i++) {
            struct point canvas = {at.x + corner[i].x, at.y + corner[i].y};
            struct point there = view_map(&g->view, canvas.x, canvas.y);
            const struct spot *s = nearest(spots, there, reach * g->module, g->module);
            if (s != NULL) {
                add_pair(ret, canvas, s->at);
            }
        }
    }
    size_t found = ret->count;
    for (unsigned i = 0; i < 4 && g->quad != NULL; i++) {
        add_pair(ret, marker_middle(&g->canvas, circle[i]), g->quad->at[(i + g->turn) % 4]);
    }
    return found;
}

/* Spots of a code's size inside the quad, or anywhere without one. */
static size_t explained_by(const struct spots *spots, const struct guess *g)
{
    size_t count = 0;
    for (size_t i = 0; i < spots->count; i++) {
        const struct spot *s = &spots->spot[i];
        bool in = s->unit > 0.55 * g->module && s->unit < 1.5 * g->module;
        for (unsigned k = 0; k < 4 && in && g->quad != NULL; k++) {
            struct point a = g->quad->at[k], b = g->quad->at[(k + 1) % 4];
            in = (b.x - a.x) * (s->at.y - a.y) - (b.y - a.y) * (s->at.x - a.x) > 0;
        }
        count += in;
    }
    return count;
}

static double share(size_t found, size_t wanted, size_t spots)
{
    size_t all = wanted + (spots > found ? spots - found : 0);
    return (double)found / (double)all;
}

static unsigned wanted_of(const struct guess *g)
{
    return 3U * g->canvas.cols * g->canvas.rows;
}

/* Refines twice, the second time with what only then was found; false when it does not fit. */
static bool prove(const struct spots *spots, struct guess *g, struct sighting *ret)
{
    struct pairs pairs;
    double error = 0;
    for (int round = 0; round < 3; round++) {
        (void)match(spots, g, round == 0 ? COARSE : FINE, &pairs);
        if (pairs.count < 5 ||
            !view_refine(&g->view, pairs.count, pairs.canvas, pairs.seen, &error)) {
            return false;
        }
    }
    size_t found = match(spots, g, FINE, &pairs);
    g->share = share(found, wanted_of(g), explained_by(spots, g));
    error /= g->module;
    if (g->share < ENOUGH || error > ERROR_MAX) {
        return false;
    }
    *ret = (struct sighting){true,  g->canvas,       g->view,     g->module,
                             error, (unsigned)found, wanted_of(g)};
    return true;
}

/* ---- markers ----------------------------------------------------------------------------------
 */

static double cross(struct point a, struct point b, struct point c)
{
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/* Brings four points into a circle; false when one lies among the others. */
static bool in_circle(struct point at[static 4])
{
    static const unsigned orders[3][4] = {{0, 1, 2, 3}, {0, 1, 3, 2}, {0, 2, 1, 3}};
    for (unsigned o = 0; o < 3; o++) {
        struct point p[4];
        unsigned right = 0, left = 0;
        for (unsigned i = 0; i < 4; i++) {
            p[i] = at[orders[o][i]];
        }
        for (unsigned i = 0; i < 4; i++) {
            double turn = cross(p[i], p[(i + 1) % 4], p[(i + 2) % 4]);
            right += turn > 0;
            left += turn < 0;
        }
        if (right == 4 || left == 4) {
            for (unsigned i = 0; i < 4; i++) {
                at[i] = right == 4 ? p[i] : p[3 - i];
            }
            return true;
        }
    }
    return false;
}

static double area(const struct point at[static 4])
{
    return fabs(cross(at[0], at[1], at[2])) + fabs(cross(at[0], at[2], at[3]));
}

/* The largest four-cornered figure of these spots. */
static bool quad_of(const struct spot *const *big, size_t count, struct quad *ret)
{
    double largest = 0;
    for (size_t a = 0; a < count; a++) {
        for (size_t b = a + 1; b < count; b++) {
            for (size_t c = b + 1; c < count; c++) {
                for (size_t d = c + 1; d < count; d++) {
                    struct quad q = {{big[a]->at, big[b]->at, big[c]->at, big[d]->at},
                                     (big[a]->unit + big[b]->unit + big[c]->unit + big[d]->unit) /
                                         4};
                    if (in_circle(q.at) && area(q.at) > largest) {
                        largest = area(q.at);
                        *ret = q;
                    }
                }
            }
        }
    }
    return largest > 0;
}

/* ---- guesses ----------------------------------------------------------------------------------
 */

struct search {
    const struct spots *spots;
    const struct picture *picture;
    struct quad quad;
    struct guess best[FINALISTS];
    size_t best_count;
};

static bool guess_make(const struct search *s, const struct canvas *canvas, unsigned turn,
                       struct guess *ret)
{
    struct point from[4], to[4];
    *ret = (struct guess){
        .canvas = *canvas,
        .quad = &s->quad,
        .turn = turn,
        .module = s->quad.unit / CANVAS_MARKER_UNIT,
    };
    for (unsigned i = 0; i < 4; i++) {
        from[i] = marker_middle(canvas, circle[i]);
        to[i] = s->quad.at[(i + turn) % 4];
    }
    return view_from_points(&ret->view, from, to, canvas->width, s->picture);
}

static void consider(struct search *s, const struct canvas *canvas, unsigned turn)
{
    struct guess g;
    struct pairs pairs;
    if (!guess_make(s, canvas, turn, &g)) {
        return;
    }
    size_t found = match(s->spots, &g, COARSE, &pairs);
    g.share = share(found, wanted_of(&g), explained_by(s->spots, &g));
    size_t at = s->best_count < FINALISTS ? s->best_count++ : FINALISTS - 1;
    if (at == FINALISTS - 1 && s->best[at].share >= g.share && s->best_count == FINALISTS) {
        return;
    }
    while (at > 0 && s->best[at - 1].share < g.share) {
        s->best[at] = s->best[at - 1];
        at--;
    }
    s->best[at] = g;
}

static double length(struct point a, struct point b)
{
    return hypot(a.x - b.x, a.y - b.y);
}

static bool within(double value, const double bounds[static 2])
{
    return value >= bounds[0] && value <= bounds[1];
}

/* Every canvas whose markers stand as far apart as these. */
static void consider_all(struct search *s, unsigned turn)
{
    struct ctx cx;
    struct canvas c;
    double module = s->quad.unit / CANVAS_MARKER_UNIT;
    const struct point *q = s->quad.at;
    double across =
        (length(q[turn], q[(turn + 1) % 4]) + length(q[(turn + 2) % 4], q[(turn + 3) % 4])) /
        (2 * module);
    double down =
        (length(q[(turn + 1) % 4], q[(turn + 2) % 4]) + length(q[(turn + 3) % 4], q[turn])) /
        (2 * module);
    const double wide[2] = {0.87 * across, 1.15 * across}, high[2] = {0.87 * down, 1.15 * down};
    ctx_init(&cx, system_real());
    for (unsigned version = 1; version <= CODE_VERSION_MAX; version++) {
        for (unsigned cols = 1; cols <= COLUMNS_TRY; cols++) {
            for (unsigned rows = 1; rows <= ROWS_TRY; rows++) {
                if (frames_canvas(&cx, cols, rows, version, &c) != STATUS_OK) {
                    fault_clear(&cx);
                    continue;
                }
                if (within(c.markers[1].x - c.markers[0].x, wide) &&
                    within(c.markers[2].y - c.markers[0].y, high)) {
                    consider(s, &c, turn);
                }
            }
        }
    }
}

/* The best of the finalists after their proof. */
static bool best_of(struct search *s, struct sighting *ret)
{
    bool any = false;
    double best_share = 0;
    for (size_t i = 0; i < s->best_count; i++) {
        struct sighting here;
        struct guess *g = &s->best[i];
        if (prove(s->spots, g, &here) &&
            (!any || g->share > best_share + 0.05 ||
             (g->share > best_share - 0.05 && here.error < ret->error))) {
            any = true;
            best_share = g->share;
            *ret = here;
        }
    }
    return any;
}

/* With four markers: the canvas we know, else all. */
static bool search_quad(struct search *s, struct sighting *ret)
{
    struct sighting found;
    s->best_count = 0;
    for (unsigned turn = 0; turn < 4 && ret->known; turn++) {
        consider(s, &ret->canvas, turn);
    }
    if (ret->known && best_of(s, &found) && (double)found.seen >= GOOD * found.wanted) {
        *ret = found;
        return true;
    }
    s->best_count = 0;
    for (unsigned turn = 0; turn < 4; turn++) {
        consider_all(s, turn);
    }
    if (!best_of(s, &found)) {
        return false;
    }
    *ret = found;
    return true;
}

static bool search_last(const struct spots *spots, struct sighting *s)
{
    struct sighting found;
    struct guess g = {.canvas = s->canvas, .view = s->view, .module = s->module};
    if (!s->known || !prove(spots, &g, &found)) {
        return false;
    }
    *s = found;
    return true;
}

/* Indices of spots, the largest first. */
static size_t by_size(const struct spots *spots, const struct spot *ret[static SPOTS_MAX])
{
    for (size_t i = 0; i < spots->count; i++) {
        size_t at = i;
        while (at > 0 && ret[at - 1]->unit < spots->spot[i].unit) {
            ret[at] = ret[at - 1];
            at--;
        }
        ret[at] = &spots->spot[i];
    }
    return spots->count;
}

bool sight_find(const struct spots *spots, const struct picture *p, struct sighting *s)
{
    const struct spot *order[SPOTS_MAX];
    struct search search = {.spots = spots, .picture = p};
    size_t count = by_size(spots, order);
    for (size_t first = 0; first + 4 <= count && first < BIG_MAX; first++) {
        size_t big = 0;
        while (big < BIG_MAX && first + big < count &&
               order[first + big]->unit > 0.62 * order[first]->unit) {
            big++;
        }
        if (big >= 4 && quad_of(order + first, big, &search.quad) && search_quad(&search, s)) {
            return true;
        }
    }
    return search_last(spots, s);
}

bool sight_from_code(const struct spots *spots, const struct picture *p,
                     const struct canvas *canvas, unsigned cell,
                     const struct point corner[static 4], struct sighting *s)
{
    struct guess g = {.canvas = *canvas};
    struct canvas_point at = canvas_cell(canvas, cell);
    struct point from[4];
    for (unsigned i = 0; i < 4; i++) {
        from[i] = (struct point){at.x + (i & 1) * (double)canvas->side,
                                 at.y + (i >> 1) * (double)canvas->side};
    }
    g.module = (length(corner[0], corner[1]) + length(corner[0], corner[2])) / (2.0 * canvas->side);
    return view_from_points(&g.view, from, corner, canvas->width, p) && prove(spots, &g, s);
}

void sight_scale(struct sighting *s, double by)
{
    s->view.middle_x = (s->view.middle_x + 0.5) * by - 0.5;
    s->view.middle_y = (s->view.middle_y + 0.5) * by - 0.5;
    s->view.reach *= by;
    s->module *= by;
}
