/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view: where on the picture a point of the canvas is seen, and the least squares that find it. A
 * plane through a lens is a homography; what real lenses add is, in the main, one radial term.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "pixels.h"

enum { UNKNOWNS = 9, ROUNDS = 6 };

/* Solves a * x = b in place, with pivots; false when there is no one answer. */
static bool solve(size_t n, double a[static UNKNOWNS][UNKNOWNS + 1], double x[static UNKNOWNS])
{
    for (size_t i = 0; i < n; i++) {
        size_t best = i;
        for (size_t k = i + 1; k < n; k++) {
            if (fabs(a[k][i]) > fabs(a[best][i])) {
                best = k;
            }
        }
        if (fabs(a[best][i]) < 1e-12) {
            return false;
        }
        for (size_t c = 0; c <= n && best != i; c++) {
            double other = a[i][c];
            a[i][c] = a[best][c];
            a[best][c] = other;
        }
        for (size_t k = i + 1; k < n; k++) {
            double part = a[k][i] / a[i][i];
            for (size_t c = i; c <= n; c++) {
                a[k][c] -= part * a[i][c];
            }
        }
    }
    for (size_t i = n; i-- > 0;) {
        x[i] = a[i][n];
        for (size_t c = i + 1; c < n; c++) {
            x[i] -= a[i][c] * x[c];
        }
        x[i] /= a[i][i];
        if (!isfinite(x[i])) {
            return false;
        }
    }
    return true;
}

static struct point inwards(const struct view *v, struct point seen)
{
    return (struct point){(seen.x - v->middle_x) / v->reach, (seen.y - v->middle_y) / v->reach};
}

bool view_from_points(struct view *v, const struct point canvas[static 4],
                      const struct point seen[static 4], double canvas_width,
                      const struct picture *p)
{
    double a[UNKNOWNS][UNKNOWNS + 1] = {{0}};
    double x[UNKNOWNS];
    *v = (struct view){
        .middle_x = (p->width - 1) / 2.0,
        .middle_y = (p->height - 1) / 2.0,
        .reach = hypot(p->width, p->height) / 2,
        .scale = canvas_width,
    };
    for (size_t i = 0; i < 4; i++) {
        double cx = canvas[i].x / v->scale, cy = canvas[i].y / v->scale;
        struct point to = inwards(v, seen[i]);
        const double across[] = {cx, cy, 1, 0, 0, 0, -cx * to.x, -cy * to.x, to.x};
        const double down[] = {0, 0, 0, cx, cy, 1, -cx * to.y, -cy * to.y, to.y};
        memcpy(a[2 * i], across, sizeof(across));
        memcpy(a[2 * i + 1], down, sizeof(down));
    }
    if (!solve(8, a, x)) {
        return false;
    }
    memcpy(v->h, x, sizeof(v->h));
    return true;
}

struct point view_map(const struct view *v, double x, double y)
{
    x /= v->scale;
    y /= v->scale;
    double w = v->h[6] * x + v->h[7] * y + 1;
    double u = (v->h[0] * x + v->h[1] * y + v->h[2]) / w;
    double t = (v->h[3] * x + v->h[4] * y + v->h[5]) / w;
    double bent = 1 + v->bend * (u * u + t * t);
    return (struct point){v->middle_x + v->reach * u * bent, v->middle_y + v->reach * t * bent};
}

/* Adds a pair to the normal equations: how both of its coordinates change with each unknown. */
static double pair_add(const struct view *v, struct point canvas, struct point seen,
                       double a[static UNKNOWNS][UNKNOWNS + 1])
{
    double x = canvas.x / v->scale, y = canvas.y / v->scale;
    struct point to = inwards(v, seen);
    double w = v->h[6] * x + v->h[7] * y + 1;
    double u = (v->h[0] * x + v->h[1] * y + v->h[2]) / w;
    double t = (v->h[3] * x + v->h[4] * y + v->h[5]) / w;
    double r2 = u * u + t * t, bent = 1 + v->bend * r2;
    const double du[8] = {x / w, y / w, 1 / w, 0, 0, 0, -u * x / w, -u * y / w};
    const double dt[8] = {0, 0, 0, x / w, y / w, 1 / w, -t * x / w, -t * y / w};
    double across[UNKNOWNS], down[UNKNOWNS];
    for (size_t i = 0; i < 8; i++) {
        double turn = 2 * v->bend * (u * du[i] + t * dt[i]);
        across[i] = du[i] * bent + u * turn;
        down[i] = dt[i] * bent + t * turn;
    }
    across[8] = u * r2;
    down[8] = t * r2;
    double off_x = to.x - u * bent, off_y = to.y - t * bent;
    for (size_t i = 0; i < UNKNOWNS; i++) {
        for (size_t k = 0; k < UNKNOWNS; k++) {
            a[i][k] += across[i] * across[k] + down[i] * down[k];
        }
        a[i][UNKNOWNS] += across[i] * off_x + down[i] * off_y;
    }
    return off_x * off_x + off_y * off_y;
}

bool view_refine(struct view *v, size_t count, const struct point *canvas, const struct point *seen,
                 double *ret_error)
{
    struct view now = *v;
    double error = 0;
    for (int round = 0; round <= ROUNDS; round++) {
        double a[UNKNOWNS][UNKNOWNS + 1] = {{0}};
        double x[UNKNOWNS];
        double sum = 0;
        for (size_t i = 0; i < count; i++) {
            sum += pair_add(&now, canvas[i], seen[i], a);
        }
        error = sqrt(sum / (double)count) * now.reach;
        if (round == ROUNDS || !isfinite(error)) {
            break;
        }
        /* few points say little about the lens: it is straight until they say otherwise */
        a[8][8] += 1e-4;
        a[8][UNKNOWNS] -= 1e-4 * now.bend;
        if (!solve(UNKNOWNS, a, x)) {
            return false;
        }
        for (size_t i = 0; i < 8; i++) {
            now.h[i] += x[i];
        }
        now.bend += x[8];
    }
    if (!isfinite(error)) {
        return false;
    }
    *v = now;
    *ret_error = error;
    return true;
}
