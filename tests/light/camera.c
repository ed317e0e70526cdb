/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where each dot of the picture comes from: pose and lens as one map from camera dots to display
 * dots, made once per camera. A display picture then costs one pass of four-point sampling.
 */
#include "camera-int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLACK = 20,  /* what a black dot of the display becomes on the sensor: room light on glass */
    WHITE = 235, /* and a white one: exposed well */
    EDGE = 30,   /* the display's plastic frame */
    ROOM = 100,
};

/* ---- numbers ----------------------------------------------------------------------------------
 */

_Noreturn void camera_must_fail(const char *cond, const char *file, int line)
{
    (void)fprintf(stderr, "camera: %s:%d: %s does not hold\n", file, line, cond);
    abort();
}

void *camera_new(size_t count, size_t size)
{
    void *made = calloc(count, size);
    CAMERA_MUST(made != NULL);
    return made;
}

struct grey grey_new(unsigned width, unsigned height)
{
    struct grey g = {width, height, camera_new((size_t)width * height, 1)};
    return g;
}

void grey_free(struct grey *g)
{
    free(g->dots);
    *g = (struct grey){0};
}

uint64_t dice(uint64_t *seed)
{
    uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double dice_between(uint64_t *seed, double low, double high)
{
    return low + (high - low) * (double)(dice(seed) >> 11) * 0x1p-53;
}

/* By series: the last digit of libm's differs between its versions. |x| <= pi. */
void sine_cosine(double degrees, double *ret_sine, double *ret_cosine)
{
    double x = degrees * 3.14159265358979323846 / 180, term = 1, sine = 0, cosine = 0;
    for (int n = 0; n < 32; n++) {
        *(n % 2 == 0 ? &cosine : &sine) += n % 4 < 2 ? term : -term;
        term *= x / (n + 1);
    }
    *ret_sine = sine;
    *ret_cosine = cosine;
}

void homography_apply(const struct homography *h, double x, double y, double *ret_x, double *ret_y)
{
    const double *m = h->m;
    double w = m[6] * x + m[7] * y + m[8];
    *ret_x = (m[0] * x + m[1] * y + m[2]) / w;
    *ret_y = (m[3] * x + m[4] * y + m[5]) / w;
}

struct homography homography_inverse(const struct homography *h)
{
    const double *m = h->m;
    struct homography r = {{
        m[4] * m[8] - m[5] * m[7],
        m[2] * m[7] - m[1] * m[8],
        m[1] * m[5] - m[2] * m[4],
        m[5] * m[6] - m[3] * m[8],
        m[0] * m[8] - m[2] * m[6],
        m[2] * m[3] - m[0] * m[5],
        m[3] * m[7] - m[4] * m[6],
        m[1] * m[6] - m[0] * m[7],
        m[0] * m[4] - m[1] * m[3],
    }};
    return r;
}

/* ---- the pose ---------------------------------------------------------------------------------
 */

struct camera_pose camera_pose_draw(const struct camera_level *level, uint64_t *seed)
{
    struct camera_pose p = {.fill = level->fill};
    p.turn = dice_between(seed, -level->turn, level->turn);
    p.tilt_x = dice_between(seed, -level->tilt, level->tilt);
    p.tilt_y = dice_between(seed, -level->tilt, level->tilt);
    p.shift_x = level->fill < 1 ? dice_between(seed, -0.5, 0.5) : 0;
    p.shift_y = level->fill < 1 ? dice_between(seed, -0.5, 0.5) : 0;
    p.lens = dice(seed) % 2 == 0 ? level->lens : -level->lens;
    sine_cosine(dice_between(seed, -180, 180), &p.light_y, &p.light_x);
    return p;
}

/* Display dots to picture dots without a lens: turned, tilted, its middle at (x, y). */
static void pose_set(struct camera *c, double x, double y)
{
    const struct camera_pose *p = &c->pose;
    double s = 0, k = 0;
    double mx = (c->display_width - 1) / 2.0, my = (c->display_height - 1) / 2.0;
    double g = p->tilt_x / (c->display_width / 2.0), h = p->tilt_y / (c->display_height / 2.0);
    sine_cosine(p->turn, &s, &k);
    s *= c->scale;
    k *= c->scale;
    /* first about the middle: [k -s 0; s k 0; g h 1], then moved to (x, y), then from (mx, my) */
    double m[9] = {k + x * g, -s + x * h, x, s + y * g, k + y * h, y, g, h, 1};
    for (int row = 0; row < 3; row++) {
        m[3 * row + 2] -= m[3 * row] * mx + m[3 * row + 1] * my;
    }
    memcpy(c->see.m, m, sizeof(m));
    c->back = homography_inverse(&c->see);
}

/* A lens maps a dot at distance r of the middle to where without it r(1 + lens r²) would be. */
void camera_point(const struct camera *c, double x, double y, double *ret_x, double *ret_y)
{
    double mx = (c->width - 1) / 2.0, my = (c->height - 1) / 2.0, ux = 0, uy = 0;
    homography_apply(&c->see, x, y, &ux, &uy);
    ux -= mx;
    uy -= my;
    double dx = ux, dy = uy;
    for (int i = 0; i < 30; i++) { /* contracts by 3 * lens, so it is exact long before */
        double f = 1 + c->pose.lens * (dx * dx + dy * dy) / (c->half * c->half);
        dx = ux / f;
        dy = uy / f;
    }
    *ret_x = dx + mx;
    *ret_y = dy + my;
}

double camera_scale(const struct camera *c)
{
    return c->scale;
}

struct box {
    double left, right, top, bottom;
};

static struct box box_seen(const struct camera *c)
{
    struct box b = {1e9, -1e9, 1e9, -1e9};
    for (int corner = 0; corner < 4; corner++) {
        double x = 0, y = 0;
        camera_point(c, corner % 2 == 0 ? 0 : c->display_width - 1.0,
                     corner / 2 == 0 ? 0 : c->display_height - 1.0, &x, &y);
        b.left = x < b.left ? x : b.left;
        b.right = x > b.right ? x : b.right;
        b.top = y < b.top ? y : b.top;
        b.bottom = y > b.bottom ? y : b.bottom;
    }
    return b;
}

/* The person who holds the camera sees its picture, and brings all of the display into it. */
static void pose_fit(struct camera *c)
{
    double wide = (double)c->width / c->display_width;
    double high = (double)c->height / c->display_height;
    double fit = wide < high ? wide : high, mx = (c->width - 1) / 2.0, my = (c->height - 1) / 2.0;
    double x = mx, y = my;
    c->scale = fit * c->pose.fill;
    for (int round = 0; round < 6; round++) {
        pose_set(c, x, y);
        struct box b = box_seen(c);
        x += mx - (b.left + b.right) / 2;
        y += my - (b.top + b.bottom) / 2;
        double over_x = (b.right - b.left) / (c->width - 1.0);
        double over_y = (b.bottom - b.top) / (c->height - 1.0);
        double over = over_x > over_y ? over_x : over_y;
        c->scale /= over > 1 ? over : 1;
    }
    c->pose.fill = c->scale / fit;
    pose_set(c, x, y);
    struct box b = box_seen(c);
    double sx = c->pose.shift_x, sy = c->pose.shift_y;
    double room_x = sx > 0 ? c->width - 1.0 - b.right : b.left;
    double room_y = sy > 0 ? c->height - 1.0 - b.bottom : b.top;
    pose_set(c, x + sx * (room_x > 0 ? room_x : 0), y + sy * (room_y > 0 ? room_y : 0));
}

/* ---- the map ----------------------------------------------------------------------------------
 */

static struct sight sight_at(const struct camera *c, double x, double y)
{
    double right = c->framed.width - 1.01, low = c->framed.height - 1.01;
    x += c->frame;
    y += c->frame;
    x = x < 0 ? 0 : x > right ? right : x; /* beyond is the room, the same everywhere */
    y = y < 0 ? 0 : y > low ? low : y;
    uint32_t fx = (uint32_t)(x * 256), fy = (uint32_t)(y * 256);
    return (struct sight){(fy >> 8) * c->framed.width + (fx >> 8), (uint8_t)fx, (uint8_t)fy};
}

static void sight_make(struct camera *c)
{
    const double *m = c->back.m;
    double mx = (c->width - 1) / 2.0, my = (c->height - 1) / 2.0;
    double bend = c->pose.lens / (c->half * c->half);
    c->sight = camera_new((size_t)c->width * c->height, sizeof(*c->sight));
    for (unsigned row = 0; row < c->height; row++) {
        struct sight *out = c->sight + (size_t)row * c->width;
        double dy = row - my;
        for (unsigned column = 0; column < c->width; column++) {
            double dx = column - mx, f = 1 + bend * (dx * dx + dy * dy);
            double ux = mx + dx * f, uy = my + dy * f, w = m[6] * ux + m[7] * uy + m[8];
            out[column] =
                sight_at(c, (m[0] * ux + m[1] * uy + m[2]) / w, (m[3] * ux + m[4] * uy + m[5]) / w);
        }
    }
}

static void framed_make(struct camera *c)
{
    unsigned edge = c->display_width / 50 + 2;
    c->frame = edge + 4;
    c->framed = grey_new(c->display_width + 2 * c->frame, c->display_height + 2 * c->frame);
    c->framed_spare = grey_new(c->framed.width, c->framed.height);
}

struct camera *camera_open(unsigned width, unsigned height, const struct camera_level *level,
                           const struct camera_pose *pose, unsigned display_width,
                           unsigned display_height, uint64_t seed)
{
    CAMERA_MUST(width >= 16 && height >= 16 && width <= 8192 && height <= 8192);
    CAMERA_MUST(display_width >= 16 && display_height >= 16 && display_width <= 8192 &&
                display_height <= 8192);
    CAMERA_MUST(pose->fill > 0 && pose->fill <= 1 && pose->lens > -0.1 && pose->lens < 0.1);
    struct camera *c = camera_new(1, sizeof(*c));
    c->width = width;
    c->height = height;
    c->level = *level;
    c->pose = *pose;
    c->seed = seed;
    c->half = sqrt((double)width * width + (double)height * height) / 2;
    c->display_width = display_width;
    c->display_height = display_height;
    pose_fit(c);
    framed_make(c);
    sight_make(c);
    c->shrink = filter_box(1 / c->scale);
    c->blur = filter_gauss(level->blur);
    c->spare = grey_new(width, height);
    noise_open(&c->noise, level->noise, &c->seed);
    return c;
}

void camera_close(struct camera **c)
{
    struct camera *k = *c;
    if (k == NULL) {
        return;
    }
    grey_free(&k->framed);
    grey_free(&k->framed_spare);
    grey_free(&k->spare);
    free(k->sight);
    free(k->noise.dots);
    free(k->glare);
    free(k->finger);
    free(k);
    *c = NULL;
}

/* ---- a display picture through it -------------------------------------------------------------
 */

static void framed_fill(struct camera *c, const struct grey *display)
{
    struct grey *f = &c->framed;
    uint8_t light[256];
    for (int v = 0; v < 256; v++) {
        light[v] = (uint8_t)(BLACK + ((WHITE - BLACK) * v + 127) / 255);
    }
    memset(f->dots, ROOM, (size_t)f->width * f->height);
    for (unsigned y = 4; y < f->height - 4; y++) {
        memset(f->dots + (size_t)y * f->width + 4, EDGE, f->width - 8);
    }
    for (unsigned y = 0; y < display->height; y++) {
        const uint8_t *in = display->dots + (size_t)y * display->width;
        uint8_t *out = f->dots + (size_t)(y + c->frame) * f->width + c->frame;
        for (unsigned x = 0; x < display->width; x++) {
            out[x] = light[in[x]];
        }
    }
}

static void framed_sample(const struct camera *c, struct grey *ret)
{
    const uint8_t *in = c->framed.dots;
    size_t dots = (size_t)c->width * c->height;
    unsigned next = c->framed.width;
    for (size_t i = 0; i < dots; i++) {
        struct sight s = c->sight[i];
        const uint8_t *p = in + s.at;
        unsigned fx = s.fx, fy = s.fy;
        unsigned up = p[0] * (256 - fx) + p[1] * fx;
        unsigned down = p[next] * (256 - fx) + p[next + 1] * fx;
        ret->dots[i] = (uint8_t)((up * (256 - fy) + down * fy + (1U << 15)) >> 16);
    }
}

void camera_project(struct camera *c, const struct grey *display, struct grey *ret)
{
    CAMERA_MUST(display->width == c->display_width && display->height == c->display_height);
    CAMERA_MUST(ret->width == c->width && ret->height == c->height);
    framed_fill(c, display);
    filter_apply(&c->shrink, &c->framed, &c->framed_spare);
    framed_sample(c, ret);
    filter_apply(&c->blur, ret, &c->spare);
}

void camera_see(struct camera *c, const struct grey *display, struct grey *ret)
{
    camera_project(c, display, ret);
    camera_develop(c, ret);
    camera_pack(c, ret);
}
