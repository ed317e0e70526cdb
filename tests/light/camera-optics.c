/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to the grey of a picture: blur, light, things in the way, noise, JPEG; and the named
 * conditions. Integers throughout, so that a seed gives the same picture on every machine (JPEG is
 * as equal as the libraries are).
 */
#include "camera-int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

/* C0..C3 of our research into QR codes, so that its tables can be compared with ours. It names no
 * gradient and lens for its worst conditions: they are those of the fair ones. */
const struct camera_level camera_levels[CAMERA_LEVELS] = {
    {"ideal", 1, 0, 0, 0, 0, 0, 0, 0},
    {"good", 0.92, 2, 0.02, 0, 0.6, 3, 0, 90},
    {"fair", 0.85, 4, 0.05, 0.015, 0.9, 6, 0.15, 80},
    {"poor", 0.75, 8, 0.10, 0.015, 1.2, 10, 0.15, 70},
};

/* Exposure and readout of the same research: an office in the evening, cheap sensors. */
const struct camera_kind camera_kinds[CAMERA_KINDS] = {
    {"720p30", 1280, 720, 30, 10000, 20000},
    {"1080p30", 1920, 1080, 30, 10000, 20000},
    {"1080p60", 1920, 1080, 60, 6000, 12000},
    {"photo", 3000, 4000, 30, 10000, 20000},
};

const struct camera_level *camera_level_named(const char *name)
{
    for (size_t i = 0; i < CAMERA_LEVELS; i++) {
        if (strcmp(camera_levels[i].name, name) == 0) {
            return &camera_levels[i];
        }
    }
    return NULL;
}

const struct camera_kind *camera_kind_named(const char *name)
{
    for (size_t i = 0; i < CAMERA_KINDS; i++) {
        if (strcmp(camera_kinds[i].name, name) == 0) {
            return &camera_kinds[i];
        }
    }
    return NULL;
}

/* ---- blur -------------------------------------------------------------------------------------
 */

/* Weights to 256ths that are 256 together: the middle takes what rounding left. */
static void filter_weigh(struct filter *f, const double weight[static FILTER_TAPS])
{
    double sum = weight[0];
    unsigned rest = 256;
    for (unsigned i = 1; i <= f->reach; i++) {
        sum += 2 * weight[i];
    }
    for (unsigned i = 1; i <= f->reach; i++) {
        f->tap[i] = (unsigned)(256 * weight[i] / sum + 0.5);
        rest -= 2 * f->tap[i];
    }
    f->tap[0] = rest;
    while (f->reach > 0 && f->tap[f->reach] == 0) {
        f->reach--;
    }
}

/* As the 16th power of a short series. */
double camera_fade(double x)
{
    double part = 0, term = 1;
    if (x > 16) {
        return 0;
    }
    for (int n = 0; n < 24; n++) {
        part += term;
        term *= -x / 16 / (n + 1);
    }
    for (int i = 0; i < 4; i++) {
        part *= part;
    }
    return part;
}

struct filter filter_gauss(double sigma)
{
    struct filter f = {0, {256}};
    double weight[FILTER_TAPS] = {1};
    if (sigma <= 0) {
        return f;
    }
    CAMERA_MUST(3.5 * sigma < FILTER_TAPS);
    f.reach = (unsigned)(3.5 * sigma);
    for (unsigned i = 1; i <= f.reach; i++) {
        weight[i] = camera_fade(i * i / (2 * sigma * sigma));
    }
    filter_weigh(&f, weight);
    return f;
}

struct filter filter_box(double width)
{
    struct filter f = {0, {256}};
    double weight[FILTER_TAPS] = {1}, side = (width - 1) / 2;
    if (width <= 1) {
        return f;
    }
    CAMERA_MUST(side + 1 < FILTER_TAPS);
    f.reach = (unsigned)side + 1;
    for (unsigned i = 1; i < f.reach; i++) {
        weight[i] = 1;
    }
    weight[f.reach] = side - (f.reach - 1);
    filter_weigh(&f, weight);
    return f;
}

/* One row: near[k] and far[k] are the rows, or the same row moved, that lie k away on each side.
 * The reach is a constant wherever this is called, so that the taps stand in one loop without
 * memory between them. */
static inline __attribute__((always_inline)) void
row_filter_by(unsigned reach, const struct filter *f, const uint8_t *const *near,
              const uint8_t *const *far, uint8_t *restrict out, unsigned width)
{
    const uint8_t *n[FILTER_TAPS], *r[FILTER_TAPS]; /* of its own, so that out changes none */
    uint16_t tap[FILTER_TAPS];
    for (unsigned k = 0; k <= reach; k++) {
        n[k] = near[k];
        r[k] = far[k];
        tap[k] = (uint16_t)f->tap[k];
    }
    for (unsigned x = 0; x < width; x++) {
        uint16_t sum = (uint16_t)(128 + tap[0] * n[0][x]);
        for (unsigned k = 1; k <= reach; k++) {
            sum = (uint16_t)(sum + (uint16_t)(tap[k] * (uint16_t)(n[k][x] + r[k][x])));
        }
        out[x] = (uint8_t)(sum >> 8);
    }
}

static void row_filter(const struct filter *f, const uint8_t *const near[static FILTER_TAPS],
                       const uint8_t *const far[static FILTER_TAPS], uint8_t *out, unsigned width)
{
    switch (f->reach) {
    case 1:
        row_filter_by(1, f, near, far, out, width);
        break;
    case 2:
        row_filter_by(2, f, near, far, out, width);
        break;
    case 3:
        row_filter_by(3, f, near, far, out, width);
        break;
    case 4:
        row_filter_by(4, f, near, far, out, width);
        break;
    default:
        row_filter_by(f->reach, f, near, far, out, width);
        break;
    }
}

void filter_apply(const struct filter *f, struct grey *g, struct grey *spare)
{
    if (f->reach == 0) {
        return;
    }
    unsigned width = g->width, reach = f->reach, last = g->height - 1;
    const uint8_t *near[FILTER_TAPS] = {NULL}, *far[FILTER_TAPS] = {NULL};
    uint8_t *padded = camera_new(width + 2 * reach, 1);
    for (unsigned k = 0; k <= reach; k++) {
        near[k] = padded + reach - k;
        far[k] = padded + reach + k;
    }
    for (unsigned y = 0; y <= last; y++) {
        const uint8_t *row = g->dots + (size_t)y * width;
        memset(padded, row[0], reach);
        memcpy(padded + reach, row, width);
        memset(padded + reach + width, row[width - 1], reach);
        row_filter(f, near, far, spare->dots + (size_t)y * width, width);
    }
    for (unsigned y = 0; y <= last; y++) {
        for (unsigned k = 0; k <= reach; k++) {
            near[k] = spare->dots + (size_t)(y < k ? 0 : y - k) * width;
            far[k] = spare->dots + (size_t)(y + k > last ? last : y + k) * width;
        }
        row_filter(f, near, far, g->dots + (size_t)y * width, width);
    }
    free(padded);
}

/* ---- noise ------------------------------------------------------------------------------------
 */

/* Twelve even numbers in [0, 1) less 6 are as good as normal, out to 4 sigma. */
void noise_open(struct noise *n, double sigma, uint64_t *seed)
{
    n->dots = NULL;
    if (sigma <= 0) {
        return;
    }
    CAMERA_MUST(6 * sigma <= 127);
    n->dots = camera_new(NOISE_DOTS + NOISE_SPARE, 1);
    for (unsigned i = 0; i < NOISE_DOTS; i++) {
        double sum = -6;
        for (int k = 0; k < 12; k++) {
            sum += dice_between(seed, 0, 1);
        }
        double grey = sum * sigma;
        n->dots[i] = (int8_t)(grey < 0 ? grey - 0.5 : grey + 0.5);
    }
    memcpy(n->dots + NOISE_DOTS, n->dots, NOISE_SPARE);
}

void noise_add(const struct noise *n, struct grey *g, uint64_t *seed)
{
    if (n->dots == NULL) {
        return;
    }
    CAMERA_MUST(g->width <= NOISE_SPARE);
    for (unsigned y = 0; y < g->height; y++) {
        const int8_t *noise = n->dots + dice(seed) % NOISE_DOTS;
        uint8_t *row = g->dots + (size_t)y * g->width;
        for (unsigned x = 0; x < g->width; x++) {
            int16_t v = (int16_t)(row[x] + noise[x]);
            v = v < 0 ? 0 : v;
            row[x] = (uint8_t)(v > 255 ? 255 : v);
        }
    }
}

/* ---- light, and what is in the way ------------------------------------------------------------
 */

void camera_glare(struct camera *c, double x, double y, double wide, double high, double strength)
{
    if (c->glare == NULL) {
        c->glare = camera_new((size_t)c->width * c->height, 1);
    }
    for (unsigned row = 0; row < c->height; row++) {
        for (unsigned column = 0; column < c->width; column++) {
            double dx = (column - x * c->width) / (wide * c->height);
            double dy = (row - y * c->height) / (high * c->height);
            double r2 = dx * dx + dy * dy, edge = r2 < 1 ? (1 - r2) * (1 - r2) : 0;
            uint8_t *at = &c->glare[(size_t)row * c->width + column];
            double sum = *at + strength * edge;
            *at = (uint8_t)(sum > 255 ? 255 : sum);
        }
    }
}

static void glare_add(const struct camera *c, struct grey *g)
{
    size_t dots = (size_t)g->width * g->height;
    for (size_t i = 0; c->glare != NULL && i < dots; i++) {
        unsigned sum = g->dots[i] + c->glare[i];
        g->dots[i] = (uint8_t)(sum > 255 ? 255 : sum);
    }
}

enum { SKIN = 125 };

/* A stick with a round end from beyond the edge to the tip, out of focus. */
void camera_finger(struct camera *c, double angle, double reach, double width)
{
    double s = 0, k = 0, mx = c->width / 2.0, my = c->height / 2.0;
    sine_cosine(angle, &s, &k);
    double out_x = k == 0 ? 1e9 : mx / (k < 0 ? -k : k),
           out_y = s == 0 ? 1e9 : my / (s < 0 ? -s : s);
    double tip = (out_x < out_y ? out_x : out_y) * (1 - reach), thick = width * c->height / 2;
    if (c->finger == NULL) {
        c->finger = camera_new((size_t)c->width * c->height, 1);
    }
    for (unsigned row = 0; row < c->height; row++) {
        for (unsigned column = 0; column < c->width; column++) {
            double along = (column - mx) * k + (row - my) * s;
            double across = (row - my) * k - (column - mx) * s;
            double before = along < tip ? tip - along : 0;
            double far = (across * across + before * before) / (thick * thick);
            double share = far < 0.8 ? 255 : far < 1.2 ? 255 * (1.2 - far) / 0.4 : 0;
            uint8_t *at = &c->finger[(size_t)row * c->width + column];
            *at = share > *at ? (uint8_t)share : *at;
        }
    }
}

static void finger_add(const struct camera *c, struct grey *g)
{
    size_t dots = (size_t)g->width * g->height;
    for (size_t i = 0; c->finger != NULL && i < dots; i++) {
        unsigned share = c->finger[i];
        g->dots[i] = (uint8_t)((g->dots[i] * (255 - share) + SKIN * share + 127) / 255);
    }
}

static void light_dim(const struct camera *c, struct grey *g)
{
    double most = c->level.gradient;
    if (most <= 0) {
        return;
    }
    double across = -most / 2 * c->pose.light_x / c->half,
           along = -most / 2 * c->pose.light_y / c->half;
    double start = 1 - most / 2 - across * (c->width / 2.0) - along * (c->height / 2.0);
    int32_t step = (int32_t)(across * (1 << 22));
    for (unsigned y = 0; y < g->height; y++) {
        int32_t light = (int32_t)((start + along * y) * (1 << 22));
        uint8_t *row = g->dots + (size_t)y * g->width;
        for (unsigned x = 0; x < g->width; x++) {
            row[x] = (uint8_t)(((uint32_t)(light + (int32_t)x * step) * row[x] + (1U << 21)) >> 22);
        }
    }
}

void camera_develop(struct camera *c, struct grey *picture)
{
    CAMERA_MUST(picture->width == c->width && picture->height == c->height);
    light_dim(c, picture);
    glare_add(c, picture);
    finger_add(c, picture);
    noise_add(&c->noise, picture, &c->seed);
}

/* ---- JPEG -------------------------------------------------------------------------------------
 */

static unsigned char *jpeg_write(const struct grey *g, int quality, unsigned long *ret_len)
{
    struct jpeg_compress_struct j;
    struct jpeg_error_mgr errors; /* its error_exit ends the program, which is what we want */
    unsigned char *out = NULL;
    j.err = jpeg_std_error(&errors);
    jpeg_create_compress(&j);
    jpeg_mem_dest(&j, &out, ret_len);
    j.image_width = g->width;
    j.image_height = g->height;
    j.input_components = 1;
    j.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&j);
    jpeg_set_quality(&j, quality, TRUE);
    jpeg_start_compress(&j, TRUE);
    while (j.next_scanline < j.image_height) {
        JSAMPROW row = g->dots + (size_t)j.next_scanline * g->width;
        (void)jpeg_write_scanlines(&j, &row, 1);
    }
    jpeg_finish_compress(&j);
    jpeg_destroy_compress(&j);
    return out;
}

static void jpeg_read(const unsigned char *in, unsigned long len, struct grey *g)
{
    struct jpeg_decompress_struct j;
    struct jpeg_error_mgr errors;
    j.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&j);
    jpeg_mem_src(&j, in, len);
    (void)jpeg_read_header(&j, TRUE);
    (void)jpeg_start_decompress(&j);
    CAMERA_MUST(j.output_width == g->width && j.output_height == g->height &&
                j.output_components == 1);
    while (j.output_scanline < j.output_height) {
        JSAMPROW row = g->dots + (size_t)j.output_scanline * g->width;
        (void)jpeg_read_scanlines(&j, &row, 1);
    }
    (void)jpeg_finish_decompress(&j);
    jpeg_destroy_decompress(&j);
}

void jpeg_round_trip(struct grey *g, int quality)
{
    unsigned long len = 0;
    if (quality > 0) {
        unsigned char *bytes = jpeg_write(g, quality, &len);
        jpeg_read(bytes, len, g);
        free(bytes);
    }
}

uint8_t *camera_file(const struct camera *c, const struct grey *picture, size_t *ret_len)
{
    unsigned long len = 0;
    CAMERA_MUST(c->level.jpeg > 0);
    uint8_t *file = jpeg_write(picture, c->level.jpeg, &len);
    *ret_len = len;
    return file;
}

void camera_pack(const struct camera *c, struct grey *picture)
{
    jpeg_round_trip(picture, c->level.jpeg);
}
