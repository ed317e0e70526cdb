/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves that the simulated camera does what camera.h says: each distortion alone against numbers
 * worked out by hand, what is drawn lies where camera_point() says, the rows of a picture mix the
 * display's pictures by the time they were lit, and a seed gives the same dots everywhere.
 */
/* cmocka wants these before its own header */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera-int.h"

static const struct camera_level clear_level = {.name = "clear", .fill = 1};
static const struct camera_pose straight = {.fill = 1, .light_x = 1};

static void near_to(double got, double expected, double slack)
{
    if (fabs(got - expected) > slack) {
        fail_msg("%f is not within %f of %f", got, slack, expected);
    }
}

static struct grey even_grey(unsigned width, unsigned height, uint8_t v)
{
    struct grey g = grey_new(width, height);
    memset(g.dots, v, (size_t)width * height);
    return g;
}

static double mean_of(const struct grey *g)
{
    double sum = 0;
    for (size_t i = 0; i < (size_t)g->width * g->height; i++) {
        sum += g->dots[i];
    }
    return sum / ((double)g->width * g->height);
}

/* ---- where ------------------------------------------------------------------------------------
 */

static void point_is(const struct camera_pose *pose, double x, double y, double seen_x,
                     double seen_y)
{
    double gx = 0, gy = 0;
    struct camera *c = camera_open(640, 360, &clear_level, pose, 320, 180, 1);
    camera_point(c, x, y, &gx, &gy);
    near_to(gx, seen_x, 1e-6);
    near_to(gy, seen_y, 1e-6);
    camera_close(&c);
}

static void points_lie_where_geometry_says(void **state)
{
    (void)state;
    struct camera_pose p = straight;
    double mx = 319.5, my = 179.5; /* the picture's middle; the display's is (159.5, 89.5) */
    point_is(&p, 159.5, 89.5, mx, my);
    point_is(&p, 0, 0, mx - 159.5 * 2, my - 89.5 * 2);
    p.fill = 0.5;
    point_is(&p, 0, 89.5, mx - 159.5, my);
    p.turn = 90; /* a point to the right goes below */
    point_is(&p, 159.5 + 50, 89.5, mx, my + 50);
    p.turn = 0;
    p.lens = 0.02; /* without it the point would lie at 1 + 0.02 r² of where it is seen */
    double half = sqrt(640.0 * 640 + 360.0 * 360) / 2, r = 100 / half,
           bent = 100 * (1 + 0.02 * r * r);
    point_is(&p, 159.5 + bent, 89.5, mx + 100, my);
}

static void tilt_makes_the_far_edge_smaller(void **state)
{
    (void)state;
    struct camera_pose p = straight;
    double x = 0, top = 0, low = 0, left = 0, right = 0;
    p.fill = 0.7;
    p.tilt_x = 0.1;
    struct camera *c = camera_open(640, 360, &clear_level, &p, 320, 180, 1);
    camera_point(c, -0.5, 0, &x, &top);
    camera_point(c, -0.5, 179, &x, &low);
    left = low - top;
    camera_point(c, 319.5, 0, &x, &top);
    camera_point(c, 319.5, 179, &x, &low);
    right = low - top;
    near_to(left / right, 1.1 / 0.9, 1e-6);
    camera_close(&c);
}

/* A white disc on the display; where the picture is bright is where its middle should be. */
static void check_disc(struct camera *c, struct grey *display, struct grey *seen, double x,
                       double y)
{
    double sum = 0, sx = 0, sy = 0, px = 0, py = 0;
    memset(display->dots, 0, (size_t)display->width * display->height);
    for (unsigned row = 0; row < display->height; row++) {
        for (unsigned column = 0; column < display->width; column++) {
            double d = hypot(column - x, row - y);
            if (d < 7) {
                display->dots[row * display->width + column] =
                    (uint8_t)(d < 6 ? 255 : 255 * (7 - d));
            }
        }
    }
    camera_project(c, display, seen);
    camera_point(c, x, y, &px, &py);
    for (int row = (int)py - 14; row < (int)py + 15; row++) {
        for (int column = (int)px - 14; column < (int)px + 15; column++) {
            if (row < 0 || column < 0 || row >= (int)seen->height || column >= (int)seen->width) {
                continue;
            }
            double w = seen->dots[row * (int)seen->width + column];
            w = w > 60 ? w - 60 : 0; /* the frame and the black are darker */
            sum += w;
            sx += w * column;
            sy += w * row;
        }
    }
    assert_true(sum > 1000);
    near_to(sx / sum, px, 0.3);
    near_to(sy / sum, py, 0.3);
}

static void what_is_drawn_lies_where_points_lie(void **state)
{
    (void)state;
    uint64_t seed = 7;
    struct grey display = grey_new(800, 450), seen = grey_new(640, 480);
    for (int n = 0; n < 6; n++) {
        struct camera_level level = camera_levels[1 + n % 3];
        level.noise = 0;
        level.jpeg = 0;
        level.lens = 0.03;
        struct camera_pose pose = camera_pose_draw(&level, &seed);
        struct camera *c = camera_open(640, 480, &level, &pose, 800, 450, seed);
        for (int k = 0; k < 6; k++) {
            double x = dice_between(&seed, 20, 780), y = dice_between(&seed, 20, 430);
            check_disc(c, &display, &seen, x, y);
        }
        camera_close(&c);
    }
    grey_free(&display);
    grey_free(&seen);
}

static void all_of_the_display_stays_in_the_picture(void **state)
{
    (void)state;
    for (size_t l = 0; l < CAMERA_LEVELS; l++) {
        uint64_t seed = l;
        double least = 1;
        for (int n = 0; n < 100; n++) {
            struct camera_pose pose = camera_pose_draw(&camera_levels[l], &seed);
            struct camera *c = camera_open(160, 90, &camera_levels[l], &pose, 320, 180, seed);
            for (int corner = 0; corner < 4; corner++) {
                double x = 0, y = 0;
                camera_point(c, corner % 2 * 319, corner / 2 * 179, &x, &y);
                assert_true(x > -1 && x < 160 && y > -1 && y < 90);
            }
            assert_true(c->pose.fill <= camera_levels[l].fill);
            least = c->pose.fill < least ? c->pose.fill : least;
            camera_close(&c);
        }
        assert_true(least > camera_levels[l].fill * 0.85); /* and not much smaller than asked */
    }
}

/* ---- grey -------------------------------------------------------------------------------------
 */

static void filters_have_the_width_asked_for(void **state)
{
    (void)state;
    for (double sigma = 0.6; sigma < 4; sigma += 0.3) {
        struct filter f = filter_gauss(sigma);
        double spread = 0, sum = f.tap[0];
        for (unsigned i = 1; i <= f.reach; i++) {
            spread += 2.0 * f.tap[i] * i * i;
            sum += 2.0 * f.tap[i];
        }
        near_to(sum, 256, 0);
        near_to(sqrt(spread / sum), sigma, 0.05 * sigma);
    }
    struct filter box = filter_box(4); /* 1/8 1/4 1/4 1/4 1/8 */
    assert_int_equal(box.reach, 2);
    assert_int_equal(box.tap[0], 64);
    assert_int_equal(box.tap[1], 64);
    assert_int_equal(box.tap[2], 32);
    assert_int_equal(filter_box(0.8).reach, 0);
    struct grey g = grey_new(31, 31), spare = grey_new(31, 31);
    g.dots[15 * 31 + 15] = 255;
    filter_apply(&box, &g, &spare);
    assert_int_equal(g.dots[15 * 31 + 15], 16); /* 255 / 4 / 4, both times to the nearest */
    assert_int_equal(g.dots[13 * 31 + 17], 4);
    assert_int_equal(g.dots[15 * 31 + 18], 0);
    memset(g.dots, 255, 31 * 31); /* edges do not get darker */
    filter_apply(&box, &g, &spare);
    near_to(mean_of(&g), 255, 0);
    grey_free(&g);
    grey_free(&spare);
}

static void noise_has_its_sigma_and_never_comes_twice(void **state)
{
    (void)state;
    struct grey a = grey_new(1280, 720), b = grey_new(1280, 720);
    for (int sigma = 3; sigma <= 10; sigma += 7) {
        uint64_t seed = 5;
        struct noise n;
        double sum = 0, squares = 0, both = 0;
        size_t dots = (size_t)1280 * 720;
        noise_open(&n, sigma, &seed);
        memset(a.dots, 128, dots);
        memset(b.dots, 128, dots);
        noise_add(&n, &a, &seed);
        noise_add(&n, &b, &seed);
        for (size_t i = 0; i < dots; i++) {
            double x = a.dots[i] - 128.0, y = b.dots[i] - 128.0;
            sum += x;
            squares += x * x;
            both += x * y;
        }
        near_to(sum / (double)dots, 0, 0.05 * sigma);
        near_to(sqrt(squares / (double)dots), sigma, 0.03 * sigma);
        near_to(both / squares, 0, 0.03);
        free(n.dots);
    }
    grey_free(&a);
    grey_free(&b);
}

static void light_fades_by_its_gradient(void **state)
{
    (void)state;
    struct camera_level level = clear_level;
    struct camera_pose pose = straight; /* dimmer to the right */
    level.gradient = 0.15;
    struct camera *c = camera_open(640, 360, &level, &pose, 320, 180, 1);
    struct grey g = even_grey(640, 360, 200);
    camera_develop(c, &g);
    double span = 0.15 * 640 / (2 * c->half); /* the whole of it lies along the diagonal */
    near_to(g.dots[0], 200 * (1 - 0.075 + span / 2), 1);
    near_to(g.dots[639], 200 * (1 - 0.075 - span / 2), 1);
    near_to(g.dots[359 * 640 + 320], 200 * (1 - 0.075), 1);
    camera_close(&c);
    grey_free(&g);
}

static void finger_and_glare_hide_what_they_cover(void **state)
{
    (void)state;
    struct camera *c = camera_open(640, 360, &clear_level, &straight, 320, 180, 1);
    struct grey g = even_grey(640, 360, 200);
    camera_finger(c, 0, 0.5, 0.2); /* from the right, half way to the middle: tip at 480 */
    camera_glare(c, 0.25, 0.5, 0.2, 0.1, 120);
    camera_develop(c, &g);
    assert_int_equal(g.dots[180 * 640 + 639], 125);
    assert_int_equal(g.dots[180 * 640 + 490], 125);
    assert_int_equal(g.dots[180 * 640 + 425], 200);
    assert_int_equal(g.dots[100 * 640 + 600], 200);
    assert_int_equal(g.dots[180 * 640 + 160], 255); /* white and no more */
    assert_int_equal(g.dots[180 * 640 + 160 + 80], 200);
    assert_int_equal(g.dots[(180 + 40) * 640 + 160], 200);
    camera_close(&c);
    grey_free(&g);
}

static double jpeg_error(int quality)
{
    uint64_t seed = 3;
    struct grey g = grey_new(256, 256), was = grey_new(256, 256);
    double squares = 0;
    for (size_t i = 0; i < 65536; i++) {
        was.dots[i] = g.dots[i] = dice(&seed) % 2 == 0 ? 40 : 215;
    }
    jpeg_round_trip(&g, quality);
    for (size_t i = 0; i < 65536; i++) {
        squares += (g.dots[i] - was.dots[i]) * (g.dots[i] - was.dots[i]);
    }
    grey_free(&g);
    grey_free(&was);
    return sqrt(squares / 65536);
}

static void jpeg_loses_more_at_lower_quality(void **state)
{
    (void)state;
    assert_true(jpeg_error(0) <= 0); /* none */
    double fine = jpeg_error(90), coarse = jpeg_error(70);
    assert_true(fine > 1 && fine < 10);
    assert_true(coarse > 1.5 * fine && coarse < 40);
}

static void a_seed_gives_the_same_dots_everywhere(void **state)
{
    (void)state;
    uint64_t sum[2] = {0};
    for (int run = 0; run < 2; run++) {
        uint64_t seed = 11;
        struct camera_level level = *camera_level_named("fair");
        level.jpeg = 0; /* the library's own affair */
        struct camera_pose pose = camera_pose_draw(&level, &seed);
        struct camera *c = camera_open(320, 180, &level, &pose, 200, 120, seed);
        struct grey display = grey_new(200, 120), seen = grey_new(320, 180);
        for (size_t i = 0; i < (size_t)200 * 120; i++) {
            display.dots[i] = (i / 5 + i / 1000) % 2 == 0 ? 0 : 255;
        }
        camera_see(c, &display, &seen);
        sum[run] = UINT64_C(0xcbf29ce484222325);
        for (size_t i = 0; i < (size_t)320 * 180; i++) {
            sum[run] = (sum[run] ^ seen.dots[i]) * UINT64_C(0x100000001b3);
        }
        camera_close(&c);
        grey_free(&display);
        grey_free(&seen);
    }
    assert_true(sum[0] == sum[1]);
    assert_true(sum[0] ==
                UINT64_C(0xae59929a0ddcfe61)); /* gcc and clang, with and without optimisation */
}

/* ---- when -------------------------------------------------------------------------------------
 */

static void rows_mix_pictures_by_time(void **state)
{
    (void)state;
    unsigned share[CAMERA_MIX_MAX] = {0};
    uint64_t first = 9;
    struct camera_clock k = {.display_fps = 10, .camera_fps = 30, .exposure_us = 10000};
    assert_int_equal(camera_mix(&k, 0, &first, share), 1);
    assert_true(first == 0 && share[0] == 256);
    assert_int_equal(camera_mix(&k, 95000, &first, share), 2); /* half of it after 100 ms */
    assert_true(first == 0 && share[0] == 128 && share[1] == 128);
    assert_int_equal(camera_mix(&k, 99000, &first, share), 2);
    assert_true(first == 0 && share[0] == 26 && share[1] == 230);
    assert_int_equal(camera_mix(&k, 100000, &first, share), 1);
    assert_true(first == 1);
    k.phase_us = 5000;
    assert_int_equal(camera_mix(&k, 90000, &first, share), 2);
    assert_true(first == 0 && share[0] == 128);
    k = (struct camera_clock){.display_fps = 60, .camera_fps = 30, .exposure_us = 33333};
    assert_int_equal(camera_mix(&k, 8333, &first, share), 3); /* 1/4, 1/2, 1/4 */
    assert_true(share[0] == 64 && share[1] == 128 && share[2] == 64);
}

static void a_slow_display_leaves_a_ghost(void **state)
{
    (void)state;
    unsigned share[CAMERA_MIX_MAX] = {0};
    uint64_t first = 9;
    struct camera_clock k = {
        .display_fps = 10, .camera_fps = 30, .exposure_us = 10, .response_us = 10000};
    assert_int_equal(camera_mix(&k, 110000, &first, share), 2); /* e^-1 of the old one is left */
    assert_true(first == 0);
    near_to(share[0], 256 * 0.3679, 1);
    assert_int_equal(camera_mix(&k, 130000, &first, share), 2); /* e^-3 */
    near_to(share[0], 256 * 0.0498, 1);
    assert_int_equal(camera_mix(&k, 190000, &first, share), 1);
    assert_true(first == 1);
    k.exposure_us = 10000; /* 1 - 1/e in the mean over the first 10 ms */
    (void)camera_mix(&k, 100000, &first, share);
    near_to(share[0], 256 * 0.6321, 1);
    k.response_us = 100000; /* so slow that three are there at once */
    (void)camera_mix(&k, 250000, &first, share);
    assert_true(first == 0);
    near_to(share[2], 256 * (1 - 10 * (camera_fade(0.5) - camera_fade(0.6))), 1);
    near_to(share[0], 256 * 10 * (camera_fade(1.5) - camera_fade(1.6)), 1);
    assert_int_equal(share[0] + share[1] + share[2], 256);
    near_to(camera_fade(1), 0.36787944, 1e-8);
}

static void a_display_changes_only_at_its_ticks(void **state)
{
    (void)state;
    unsigned share[CAMERA_MIX_MAX] = {0};
    uint64_t first = 0;
    struct camera_clock k = {
        .display_fps = 40, .refresh_hz = 60, .camera_fps = 60, .exposure_us = 2};
    const int64_t changes[] = {33333, 50000, 83333, 100000}; /* 2, 3, 5, 6 ticks */
    for (uint64_t i = 0; i < 4; i++) {
        (void)camera_mix(&k, changes[i] - 10, &first, share);
        assert_true(first == i);
        (void)camera_mix(&k, changes[i] + 10, &first, share);
        assert_true(first == i + 1);
    }
}

struct drawn {
    uint64_t next;
};

static void draw_alternating(void *self, uint64_t number, struct grey *display)
{
    struct drawn *d = self;
    assert_true(number == d->next);
    d->next++;
    memset(display->dots, number % 2 == 0 ? 0 : 255, (size_t)display->width * display->height);
}

static uint8_t row_middle(const struct grey *g, unsigned row)
{
    return g->dots[row * g->width + g->width / 2];
}

static void a_rolling_shutter_tears(void **state)
{
    (void)state;
    struct drawn d = {0};
    struct camera *c = camera_open(320, 200, &clear_level, &straight, 320, 200, 1);
    struct grey seen = grey_new(320, 200);
    /* Display pictures change at 100 ms; camera picture 2 begins at 80 ms, and row y collects from
     * 80 + y/10 ms for 4 ms: rows up to 160 see only black, rows from 200 only white. */
    struct camera_clock k = {
        .display_fps = 10, .camera_fps = 25, .exposure_us = 4000, .readout_us = 20000};
    struct camera_stream *s = camera_stream_open(c, &k, draw_alternating, &d);
    camera_stream_next(s, &seen);
    assert_int_equal(row_middle(&seen, 100), 20);
    camera_stream_next(s, &seen);
    assert_true(camera_stream_now(s) == 80000);
    camera_stream_next(s, &seen);
    assert_int_equal(row_middle(&seen, 10), 20);
    assert_int_equal(row_middle(&seen, 159), 20);
    near_to(row_middle(&seen, 180), (20 + 235) / 2.0, 2);
    near_to(row_middle(&seen, 190), 20 + 215 * 0.75, 2);
    camera_stream_next(s, &seen);
    assert_int_equal(row_middle(&seen, 100), 235);
    for (int i = 0; i < 20; i++) {
        camera_stream_next(s, &seen);
    }
    assert_true(d.next == 10); /* 24 pictures end at 964 ms */
    camera_stream_close(&s);
    camera_close(&c);
    grey_free(&seen);
}

/* Pictures the camera sleeps through are drawn all the same. */
static void no_picture_is_left_out(void **state)
{
    (void)state;
    struct drawn d = {0};
    struct camera *c = camera_open(64, 64, &clear_level, &straight, 64, 64, 1);
    struct grey seen = grey_new(64, 64);
    struct camera_clock k = {.display_fps = 100, .camera_fps = 10, .exposure_us = 1000};
    struct camera_stream *s = camera_stream_open(c, &k, draw_alternating, &d);
    for (int i = 0; i < 10; i++) {
        camera_stream_next(s, &seen);
        assert_int_equal(row_middle(&seen, 32), 20); /* 0, 10, 20 … are black */
    }
    assert_true(d.next == 91);
    camera_stream_close(&s);
    camera_close(&c);
    grey_free(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_lie_where_geometry_says),
        cmocka_unit_test(tilt_makes_the_far_edge_smaller),
        cmocka_unit_test(what_is_drawn_lies_where_points_lie),
        cmocka_unit_test(all_of_the_display_stays_in_the_picture),
        cmocka_unit_test(filters_have_the_width_asked_for),
        cmocka_unit_test(noise_has_its_sigma_and_never_comes_twice),
        cmocka_unit_test(light_fades_by_its_gradient),
        cmocka_unit_test(finger_and_glare_hide_what_they_cover),
        cmocka_unit_test(jpeg_loses_more_at_lower_quality),
        cmocka_unit_test(a_seed_gives_the_same_dots_everywhere),
        cmocka_unit_test(rows_mix_pictures_by_time),
        cmocka_unit_test(a_slow_display_leaves_a_ghost),
        cmocka_unit_test(a_display_changes_only_at_its_ticks),
        cmocka_unit_test(a_rolling_shutter_tears),
        cmocka_unit_test(no_picture_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
