/* SPDX-License-Identifier: Apache-2.0 */
/*
 * camera: a camera in front of a display, simulated. A grey picture of the display goes in, what
 * the camera sees comes out: perspective, rotation, lens, blur, exposure, uneven light, glare, a
 * finger, noise, JPEG; and a stream of both, each with its own clock. The tests of everything that
 * reads codes, and the tables of docs/figures.md, rest on it.
 *
 * Pure: same arguments and seed, same bytes (all randomness is SplitMix64; no libm). Not simulated:
 * colour, gamma, autofocus, moving hands, slow crystals, moiré of pixel grids.
 *
 * Memory: what an _open returns is the caller's to _close; running out of it aborts, as do
 * arguments that make no sense: this is a tool for tests.
 */
#ifndef CAMERA_H
#define CAMERA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A picture, a byte a dot, rows without gaps, 0 is black. The caller owns `dots`. */
struct grey {
    unsigned width, height;
    uint8_t *dots;
};
struct grey grey_new(unsigned width, unsigned height); /* black */
void grey_free(struct grey *g);

uint64_t dice(uint64_t *seed);                                /* SplitMix64 */
double dice_between(uint64_t *seed, double low, double high); /* uniform, high not reached */

/* The numbers of one set of conditions; how far each reaches in one picture is drawn evenly. */
struct camera_level {
    const char *name;
    double fill;  /* share of the picture, in the tighter direction, that the display takes */
    double turn;  /* degrees, +- */
    double tilt;  /* +-, across and along each: the near edge is larger by this, the far smaller */
    double lens;  /* how far a corner of the picture is moved, share of half its diagonal, +- */
    double blur;  /* sigma of the Gaussian, camera dots */
    double noise; /* sigma, grey levels */
    double gradient; /* how much less light at the dim side */
    int jpeg;        /* quality; 0 is no JPEG */
};
/* ideal, good, fair, poor: C0..C3 of the research (their numbers are in camera-optics.c). */
enum { CAMERA_LEVELS = 4 };
extern const struct camera_level camera_levels[CAMERA_LEVELS];
const struct camera_level *camera_level_named(const char *name); /* NULL when there is none */

struct camera_kind {
    const char *name;
    unsigned width, height;
    unsigned fps;
    unsigned exposure_us; /* how long each row collects light */
    unsigned readout_us;  /* from the first row to the last; 0 is a global shutter */
};
/* 720p30, 1080p30, 1080p60; photo: a telephone held upright. */
enum { CAMERA_KINDS = 4 };
extern const struct camera_kind camera_kinds[CAMERA_KINDS];
const struct camera_kind *camera_kind_named(const char *name);

/* How the camera stands. */
struct camera_pose {
    double fill;             /* less where all of the display would not be in the picture */
    double turn;             /* degrees, clockwise */
    double tilt_x, tilt_y;   /* the display's right (lower) edge is farther by this, if positive */
    double shift_x, shift_y; /* +-1: all of the room that is left on that side */
    double lens;
    double light_x, light_y; /* direction in which it gets dimmer, length 1 */
};
/* Somebody puts the camera there: all of the display stays in the picture, if it can. */
struct camera_pose camera_pose_draw(const struct camera_level *level, uint64_t *seed);

struct camera;
/* A camera of width x height, looking at displays of exactly display_width x display_height. */
struct camera *camera_open(unsigned width, unsigned height, const struct camera_level *level,
                           const struct camera_pose *pose, unsigned display_width,
                           unsigned display_height, uint64_t seed);
void camera_close(struct camera **c);

/* Where a point of the display is seen (camera dots; both measured to the middle of dot 0). */
void camera_point(const struct camera *c, double x, double y, double *ret_x, double *ret_y);
/* How many camera dots a display dot takes in the middle of the display. */
double camera_scale(const struct camera *c);

/* A finger in front of the lens: from the edge of the picture at `angle` degrees, of this width,
 * its tip `reach` towards the middle (1: the middle itself); width is a share of the height. */
void camera_finger(struct camera *c, double angle, double reach, double width);
/* A lamp mirrored in the display: an ellipse at this share of the picture, its half-axes as shares
 * of the picture's height, adding `strength` grey levels in its middle. */
void camera_glare(struct camera *c, double x, double y, double wide, double high, double strength);

/* The optics alone: display in, picture on the sensor out (blurred, no noise). ret is of the
 * camera's size. */
void camera_project(struct camera *c, const struct grey *display, struct grey *ret);
/* What happens to a picture on the sensor: light, glare, finger, noise; in place. */
void camera_develop(struct camera *c, struct grey *picture);
/* A picture as the file that a camera with MJPEG hands over; free() it. The level has JPEG. */
uint8_t *camera_file(const struct camera *c, const struct grey *picture, size_t *ret_len);
/* That file, read again into `picture`; nothing happens at a level without JPEG. */
void camera_pack(const struct camera *c, struct grey *picture);
/* All of it: a still. */
void camera_see(struct camera *c, const struct grey *display, struct grey *ret);

/* ---- a display and a camera, each with its own clock ------------------------------------------
 */

/* Draws display picture `number` (0, 1, 2 …; each once, in order) into `display`. */
typedef void camera_draw(void *self, uint64_t number, struct grey *display);

struct camera_clock {
    double display_fps;
    unsigned refresh_hz; /* the display changes only at these ticks; 0: whenever it wants to */
    unsigned camera_fps;
    unsigned exposure_us, readout_us;
    unsigned phase_us;    /* the display is this much older than the camera */
    unsigned response_us; /* its dots are 63 % at their new grey after so long; 0: at once */
};

struct camera_stream;
/* Borrows the camera, until camera_stream_close(). */
struct camera_stream *camera_stream_open(struct camera *c, const struct camera_clock *clock,
                                         camera_draw *draw, void *self);
void camera_stream_close(struct camera_stream **s);
/* The camera's next picture, not packed yet. */
void camera_stream_next(struct camera_stream *s, struct grey *ret);
/* When the picture that comes next begins to be taken, in microseconds from the first. */
int64_t camera_stream_now(const struct camera_stream *s);

/* What share (of 256) each display picture has in a row that collects light from `from` on:
 * at most `max` of them, beginning with *ret_first; returns how many. */
enum { CAMERA_MIX_MAX = 16 };
unsigned camera_mix(const struct camera_clock *clock, int64_t from_us, uint64_t *ret_first,
                    unsigned ret_share[static CAMERA_MIX_MAX]);

#endif
