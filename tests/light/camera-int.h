/* SPDX-License-Identifier: Apache-2.0 */
/*
 * camera-int: the parts of the simulator for each other. camera.c: where each dot comes from;
 * camera-optics.c: what happens to its grey; camera-stream.c: when.
 */
#ifndef CAMERA_INT_H
#define CAMERA_INT_H

#include "camera.h"

#define CAMERA_MUST(cond) ((cond) ? (void)0 : camera_must_fail(#cond, __FILE__, __LINE__))
_Noreturn void camera_must_fail(const char *cond, const char *file, int line);
void *camera_new(size_t count, size_t size); /* zeroed; never NULL */
void sine_cosine(double degrees, double *ret_sine, double *ret_cosine);

double camera_fade(double x); /* exp(-x), x >= 0; 0 beyond 16 */

/* A symmetric filter: tap[0] is the middle's weight, tap[1] both neighbours', … of 256 together. */
enum { FILTER_TAPS = 24 };
struct filter {
    unsigned reach; /* how many neighbours on each side; 0 does nothing */
    unsigned tap[FILTER_TAPS];
};
struct filter filter_gauss(double sigma);
struct filter filter_box(double width); /* dots; at most 1 does nothing */
/* Across and down, edges repeated; `spare` is of the same size, and left with garbage. */
void filter_apply(const struct filter *f, struct grey *g, struct grey *spare);

/* Rows of noise of one sigma, made once; each row of a picture begins somewhere else in it. */
enum { NOISE_DOTS = 1 << 16, NOISE_SPARE = 1 << 14 };
struct noise {
    int8_t *dots;
};
void noise_open(struct noise *n, double sigma, uint64_t *seed); /* dots NULL when there is none */
void noise_add(const struct noise *n, struct grey *g, uint64_t *seed);

void jpeg_round_trip(struct grey *g, int quality);

/* Dots x dots of a homography, row by row. */
struct homography {
    double m[9];
};
void homography_apply(const struct homography *h, double x, double y, double *ret_x, double *ret_y);
struct homography homography_inverse(const struct homography *h);

/* Where a camera dot finds its grey in the framed display. */
struct sight {
    uint32_t at;    /* upper left of four dots */
    uint8_t fx, fy; /* 256ths towards right, down */
};

struct camera {
    unsigned width, height;
    struct camera_level level;
    struct camera_pose pose;
    uint64_t seed;               /* of the noise that comes next */
    struct homography see, back; /* display to picture without a lens, and back */
    double half;                 /* half the picture's diagonal */
    double scale;

    unsigned display_width, display_height, frame; /* frame: the display's edge around it, dots */
    struct grey framed, framed_spare; /* the display with its edge and a bit of the room */
    struct filter shrink, blur;
    struct sight *sight;
    struct noise noise;
    struct grey spare;
    uint8_t *glare;  /* NULL: none; added */
    uint8_t *finger; /* NULL: none; how much of it, of 255 */
};

#endif
