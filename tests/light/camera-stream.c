/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When each row of a picture collects its light, and from which pictures of the display: a rolling
 * shutter in front of a display that goes its own pace, and may be slow to change. Each display
 * picture is projected once; rows that see several are mixed by time.
 */
#include "camera-int.h"

#include <stdlib.h>
#include <string.h>

struct seen {
    uint64_t number;
    bool full;
    struct grey sensor;
};

struct camera_stream {
    struct camera *camera;
    struct camera_clock clock;
    camera_draw *draw;
    void *self;
    struct grey display;
    uint64_t drawn;                   /* the display picture to be drawn next */
    uint64_t taken;                   /* the camera picture to be taken next */
    struct seen seen[CAMERA_MIX_MAX]; /* number % CAMERA_MIX_MAX */
};

/* When display picture `number` appears, on the display's own clock, microseconds. */
static int64_t appears(const struct camera_clock *k, uint64_t number)
{
    double at = (double)number / k->display_fps;
    if (k->refresh_hz != 0) {
        double tick = at * k->refresh_hz;
        uint64_t whole = (uint64_t)tick;
        whole += tick - (double)whole > 1e-6 ? 1 : 0;
        at = (double)whole / k->refresh_hz;
    }
    return (int64_t)(at * 1e6 + 0.5);
}

/* How much of the light between from and until is of what the display shows from `since` on: its
 * dots go there by e^-(t / response). */
static double turned_by(const struct camera_clock *k, int64_t since, int64_t from, int64_t until)
{
    double length = (double)(until - from), slow = k->response_us;
    double early = since > from ? 0 : (double)(from - since);
    double late = (double)(until - since);
    if (late <= 0) {
        return 0;
    }
    double lit = since > from ? late : length;
    if (slow > 0) { /* what is missing of it: the integral of the exponential */
        lit -= slow * (camera_fade(early / slow) - camera_fade(late / slow));
    }
    return lit / length;
}

unsigned camera_mix(const struct camera_clock *clock, int64_t from_us, uint64_t *ret_first,
                    unsigned ret_share[static CAMERA_MIX_MAX])
{
    int64_t from = from_us + clock->phase_us, until = from + clock->exposure_us;
    uint64_t number = (uint64_t)((double)from * 1e-6 * clock->display_fps) + 1;
    unsigned n = 0, given = 0;
    CAMERA_MUST(until > from);
    while (number > 0 && turned_by(clock, appears(clock, number), from, until) < 1 - 1.0 / 512) {
        number--;
    }
    while (turned_by(clock, appears(clock, number + 1), from, until) >= 1 - 1.0 / 512) {
        number++;
    }
    *ret_first = number;
    while (given < 256) { /* all that is not of a later one is of this one */
        double later = turned_by(clock, appears(clock, ++number), from, until);
        unsigned until_now = 256 - (unsigned)(later * 256 + 0.5);
        CAMERA_MUST(n < CAMERA_MIX_MAX);
        ret_share[n++] = until_now - given;
        given = until_now;
    }
    return n;
}

struct camera_stream *camera_stream_open(struct camera *c, const struct camera_clock *clock,
                                         camera_draw *draw, void *self)
{
    CAMERA_MUST(clock->display_fps > 0 && clock->camera_fps > 0 && clock->exposure_us > 0);
    struct camera_stream *s = camera_new(1, sizeof(*s));
    s->camera = c;
    s->clock = *clock;
    s->draw = draw;
    s->self = self;
    s->display = grey_new(c->display_width, c->display_height);
    return s;
}

void camera_stream_close(struct camera_stream **s)
{
    if (*s == NULL) {
        return;
    }
    grey_free(&(*s)->display);
    for (size_t i = 0; i < CAMERA_MIX_MAX; i++) {
        grey_free(&(*s)->seen[i].sensor);
    }
    free(*s);
    *s = NULL;
}

int64_t camera_stream_now(const struct camera_stream *s)
{
    return (int64_t)(s->taken * 1000000 / s->clock.camera_fps);
}

/* Display picture `number` on the sensor; pictures between are drawn, because a show goes on
 * whether it is seen or not. */
static const struct grey *sensor_of(struct camera_stream *s, uint64_t number)
{
    struct seen *slot = &s->seen[number % CAMERA_MIX_MAX];
    if (slot->full && slot->number == number) {
        return &slot->sensor;
    }
    while (s->drawn <= number) {
        s->draw(s->self, s->drawn++, &s->display);
    }
    CAMERA_MUST(s->drawn == number + 1);
    if (!slot->full) {
        slot->sensor = grey_new(s->camera->width, s->camera->height);
    }
    camera_project(s->camera, &s->display, &slot->sensor);
    slot->full = true;
    slot->number = number;
    return &slot->sensor;
}

static void row_mix(struct camera_stream *s, unsigned y, int64_t from, uint16_t *sum, uint8_t *out)
{
    unsigned share[CAMERA_MIX_MAX] = {0}, width = s->camera->width;
    uint64_t first = 0;
    unsigned n = camera_mix(&s->clock, from, &first, share);
    memset(sum, 0, width * sizeof(*sum));
    for (unsigned i = 0; i < n; i++) {
        const uint8_t *in = sensor_of(s, first + i)->dots + (size_t)y * width;
        uint16_t weight = (uint16_t)share[i];
        if (weight == 256) {
            memcpy(out, in, width);
            return;
        }
        for (unsigned x = 0; x < width; x++) {
            sum[x] = (uint16_t)(sum[x] + weight * in[x]);
        }
    }
    for (unsigned x = 0; x < width; x++) {
        out[x] = (uint8_t)((sum[x] + 128) >> 8);
    }
}

void camera_stream_next(struct camera_stream *s, struct grey *ret)
{
    unsigned width = s->camera->width, height = s->camera->height;
    CAMERA_MUST(ret->width == width && ret->height == height);
    uint16_t *sum = camera_new(width, sizeof(*sum));
    int64_t start = camera_stream_now(s);
    for (unsigned y = 0; y < height; y++) {
        int64_t from = start + (int64_t)s->clock.readout_us * y / height;
        row_mix(s, y, from, sum, ret->dots + (size_t)y * width);
    }
    free(sum);
    s->taken++;
    camera_develop(s->camera, ret);
}
