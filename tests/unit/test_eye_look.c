/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what look.h and sight.h promise, against a simulated camera that knows where every point
 * of the display is seen: the view is right to a fraction of a module, all codes of a canvas are
 * read in conditions good, fair and poor, turned anyhow, large or small, half hidden; bytes come
 * out as they went in; what is wrong with a picture is named; a picture of nothing says nothing.
 */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "look.h"
#include "scene.h"
#include "sight.h"

enum { DISPLAY_WIDTH = 1920, DISPLAY_HEIGHT = 1080 };

static struct picture picture_of(const struct grey *g)
{
    return (struct picture){.width = g->width, .height = g->height, .dots = g->dots};
}

static struct camera *point_camera(const struct scene *s, const char *kind, const char *level,
                                   const struct camera_pose *pose, uint64_t *seed)
{
    const struct camera_kind *k = camera_kind_named(kind);
    const struct camera_level *l = camera_level_named(level);
    assert_non_null(k);
    assert_non_null(l);
    struct camera_pose drawn = camera_pose_draw(l, seed);
    return camera_open(k->width, k->height, l, pose == NULL ? &drawn : pose, s->display.width,
                       s->display.height, dice(seed));
}

/* Takes a picture and looks at it; the looker is a new one, or `l`. */
static struct look see(struct scene *s, struct camera *c, const char *kind, struct looker *l,
                       struct scene_read *ret_read)
{
    struct look look;
    const struct camera_kind *k = camera_kind_named(kind);
    struct grey seen = grey_new(k->width, k->height);
    struct looker *own = l == NULL ? looker_new() : NULL;
    *ret_read = (struct scene_read){.scene = s};
    camera_see(c, &s->display, &seen);
    struct picture p = picture_of(&seen);
    assert_true(looker_see(l == NULL ? own : l, &p, false, scene_visit, ret_read, &look));
    assert_int_equal(ret_read->strange, 0);
    looker_free(&own);
    grey_free(&seen);
    return look;
}

/* ---- the view ----------------------------------------------------------------------------------
 */

static double view_error(const struct scene *s, const struct camera *c, const struct view *v)
{
    double worst = 0;
    const double xs[] = {0, s->canvas.width / 2.0, s->canvas.width};
    const double ys[] = {0, s->canvas.height / 2.0, s->canvas.height};
    for (size_t i = 0; i < 9; i++) {
        double x = xs[i % 3], y = ys[i / 3], seen_x, seen_y;
        struct point there = view_map(v, x, y);
        camera_point(c, s->left + x * s->dots - 0.5, s->top + y * s->dots - 0.5, &seen_x, &seen_y);
        worst = fmax(worst, hypot(there.x - seen_x, there.y - seen_y));
    }
    return worst;
}

static void view_is_right_to_a_fraction_of_a_module(void **state)
{
    static const struct {
        unsigned cols, rows, version;
        const char *level;
        double modules; /* the worst of nine points of the canvas, its corners among them */
    } cases[] = {
        {3, 2, 25, "ideal", 0.05}, {3, 2, 25, "good", 0.1},  {3, 2, 25, "fair", 0.2},
        {3, 2, 25, "poor", 0.4},   {1, 1, 40, "fair", 0.25}, {1, 1, 10, "good", 0.1},
        {4, 2, 22, "fair", 0.25},  {2, 1, 30, "poor", 0.4},
    };
    uint64_t seed = test_seed();
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene s;
        struct sighting sight = {.known = false};
        struct picture smooth = {.dots = NULL};
        struct shade shade = {.level = NULL};
        static struct spots spots;
        scene_fill(&s, cases[i].cols, cases[i].rows, cases[i].version, &seed);
        scene_draw(&s, DISPLAY_WIDTH, DISPLAY_HEIGHT);
        struct camera *c = point_camera(&s, "1080p30", cases[i].level, NULL, &seed);
        struct grey seen = grey_new(1920, 1080);
        camera_see(c, &s.display, &seen);
        struct picture p = picture_of(&seen);
        double half = 1;
        if (camera_scale(c) * s.dots > 10) { /* what look.c does with large squares */
            assert_true(picture_halve(&p, &smooth));
            memcpy(seen.dots, smooth.dots, (size_t)smooth.width * smooth.height);
            p.width = smooth.width;
            p.height = smooth.height;
            half = 2;
        }
        assert_true(picture_smooth(&p, &smooth));
        assert_true(shade_measure(&shade, &smooth));
        spots_find(&smooth, &shade, &spots);
        assert_true(sight_find(&spots, &smooth, &sight));
        assert_int_equal(sight.canvas.cols, cases[i].cols);
        assert_int_equal(sight.canvas.rows, cases[i].rows);
        assert_int_equal(sight.canvas.version, cases[i].version);
        sight_scale(&sight, half);
        double modules = view_error(&s, c, &sight.view) / sight.module;
        if (modules > cases[i].modules) {
            fail_msg("%ux%u v%u %s: off by %.3f modules", cases[i].cols, cases[i].rows,
                     cases[i].version, cases[i].level, modules);
        }
        picture_free(&smooth);
        shade_free(&shade);
        grey_free(&seen);
        camera_close(&c);
        scene_free(&s);
    }
}

/* ---- reading -----------------------------------------------------------------------------------
 */

static void canvases_are_read_in_all_conditions(void **state)
{
    static const struct {
        unsigned cols, rows, version;
        const char *kind, *level;
        unsigned percent; /* of cells, at least */
    } cases[] = {
        {1, 1, 15, "720p30", "poor", 100},  {2, 1, 25, "720p30", "fair", 100},
        {2, 1, 25, "720p30", "poor", 90},   {1, 1, 40, "720p30", "fair", 90},
        {3, 2, 25, "1080p30", "good", 100}, {3, 2, 25, "1080p30", "fair", 100},
        {3, 2, 25, "1080p30", "poor", 90},  {1, 1, 40, "1080p30", "fair", 100},
        {1, 1, 40, "1080p30", "poor", 90},  {3, 2, 33, "1080p30", "good", 98},
        {3, 2, 30, "1080p60", "fair", 98},  {4, 2, 30, "1080p60", "good", 98},
        {1, 1, 4, "1080p30", "poor", 100},  {8, 4, 10, "1080p30", "good", 98},
    };
#ifdef VALISE_SANITIZED
    enum { ROUNDS = 1 }; /* ten times slower */
#else
    enum { ROUNDS = 4 };
#endif
    uint64_t seed = test_seed();
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned count = 0, all = 0;
        for (unsigned round = 0; round < ROUNDS; round++) {
            struct scene s;
            struct scene_read r;
            scene_fill(&s, cases[i].cols, cases[i].rows, cases[i].version, &seed);
            scene_draw(&s, DISPLAY_WIDTH, DISPLAY_HEIGHT);
            struct camera *c = point_camera(&s, cases[i].kind, cases[i].level, NULL, &seed);
            struct look look = see(&s, c, cases[i].kind, NULL, &r);
            assert_true(look.box_count == 0 || look.box_count >= look.cells);
            count += r.count;
            all += s.cells;
            camera_close(&c);
            scene_free(&s);
        }
        if (count * 100 < all * cases[i].percent) {
            fail_msg("%ux%u v%u %s %s: %u of %u", cases[i].cols, cases[i].rows, cases[i].version,
                     cases[i].kind, cases[i].level, count, all);
        }
    }
}

static void a_canvas_is_read_however_it_is_turned(void **state)
{
    uint64_t seed = test_seed();
    (void)state;
    for (int turn = 0; turn < 360; turn += 15) {
        struct scene s;
        struct scene_read r;
        struct camera_pose pose = {
            .fill = 0.8, .turn = turn, .tilt_x = 0.06, .tilt_y = -0.05, .lens = 0.01};
        scene_fill(&s, 2, 2, 10, &seed);
        scene_draw(&s, DISPLAY_HEIGHT, DISPLAY_HEIGHT);
        struct camera *c = point_camera(&s, "1080p30", "good", &pose, &seed);
        (void)see(&s, c, "1080p30", NULL, &r);
        if (r.count != s.cells) {
            fail_msg("turned by %d degrees: %u of %u", turn, r.count, s.cells);
        }
        camera_close(&c);
        scene_free(&s);
    }
}

/* A marker is hidden: plain reading finds a code, the code tells where the canvas is. */
static void a_hidden_marker_hides_no_code(void **state)
{
    uint64_t seed = test_seed();
    (void)state;
    for (int round = 0; round < 4; round++) {
        struct scene s;
        struct scene_read r;
        scene_fill(&s, 3, 2, 15, &seed);
        scene_draw(&s, DISPLAY_WIDTH, DISPLAY_HEIGHT);
        struct canvas_point at = s.canvas.markers[round];
        for (unsigned y = 0; y < CANVAS_MARKER * s.dots; y++) {
            memset(s.display.dots + (size_t)(s.top + at.y * s.dots + y) * DISPLAY_WIDTH + s.left +
                       at.x * s.dots,
                   120, (size_t)CANVAS_MARKER * s.dots);
        }
        struct camera *c = point_camera(&s, "1080p30", "good", NULL, &seed);
        struct look look = see(&s, c, "1080p30", NULL, &r);
        assert_true(look.canvas);
        assert_int_equal(r.count, s.cells);
        camera_close(&c);
        scene_free(&s);
    }
}

/* Once seen, a canvas is found again by what is left of it: no markers at all. */
static void a_canvas_once_seen_needs_no_markers(void **state)
{
    uint64_t seed = test_seed();
    struct scene s;
    struct scene_read r;
    struct looker *l = looker_new();
    (void)state;
    assert_non_null(l);
    scene_fill(&s, 3, 2, 25, &seed);
    scene_draw(&s, DISPLAY_WIDTH, DISPLAY_HEIGHT);
    struct camera *c = point_camera(&s, "1080p30", "fair", NULL, &seed);
    (void)see(&s, c, "1080p30", l, &r);
    assert_int_equal(r.count, s.cells);
    for (unsigned m = 0; m < 4; m++) {
        for (unsigned y = 0; y < CANVAS_MARKER * s.dots; y++) {
            memset(s.display.dots +
                       (size_t)(s.top + s.canvas.markers[m].y * s.dots + y) * DISPLAY_WIDTH +
                       s.left + s.canvas.markers[m].x * s.dots,
                   255, (size_t)CANVAS_MARKER * s.dots);
        }
    }
    struct look look = see(&s, c, "1080p30", l, &r);
    assert_true(look.canvas);
    assert_int_equal(r.count, s.cells);
    camera_close(&c);
    scene_free(&s);
    looker_free(&l);
}

/* ---- bytes -------------------------------------------------------------------------------------
 */

/* What character sets make of bytes is where other readers go wrong. */
static void bytes_come_out_as_they_went_in(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } starts[] = {{"\0\0\0\0", 4}, {"\xff\xff\xff\xff", 4}, {"\xef\xbb\xbf", 3},
                  {"\xff\xfe", 2}, {"\x82\xa0\x82\xa2", 4}, {"\xc3\xa9\xc3\x28", 4},
                  {"\x1b$B", 3},   {"\x80\x81\xfe\xff", 4}, {"\r\n\x1a", 3},
                  {"]Q1", 3},      {"\xf0\x9f\x92\xbc", 4}, {"", 0}};
    enum { STARTS = sizeof(starts) / sizeof(starts[0]) };
    uint64_t seed = test_seed();
    unsigned codes = 0;
    (void)state;
    for (unsigned version = 10; version <= 40; version++) {
        struct scene s;
        struct scene_read r = {.scene = &s};
        struct look look;
        struct looker *l = looker_new();
        scene_fill(&s, 4, 3, version, &seed);
        for (unsigned cell = 0; cell < s.cells; cell++) { /* no symbols of ours: just bytes */
            for (size_t i = 0; i < s.len; i++) {
                s.payload[cell][i] = (uint8_t)dice(&seed);
            }
            memcpy(s.payload[cell], starts[cell % STARTS].bytes, starts[cell % STARTS].len);
            if (cell == 0) {
                memset(s.payload[cell], 0, s.len);
            } else if (cell == 1) {
                memset(s.payload[cell], 0xff, s.len);
            }
        }
        scene_draw(&s, 3 * s.canvas.width, 3 * s.canvas.height);
        struct picture p = picture_of(&s.display);
        assert_true(looker_see(l, &p, false, scene_visit, &r, &look));
        assert_int_equal(r.strange, 0);
        assert_int_equal(r.count, s.cells);
        codes += r.count;
        looker_free(&l);
        scene_free(&s);
    }
    assert_int_equal(codes, 31 * 12);
}

static void codes_of_others_are_read_as_they_stand(void **state)
{
    static const char *const texts[] = {
        "otpauth://totp/Desk:ana?secret=JBSWY3DPEHPK3PXP&issuer=Desk",
        "VALISE-SHEET:0123456789ABCDEF", "K7-2", "\xf0\x9f\x92\xbc Zo\xc3\xa9"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (unsigned dots = 2; dots <= 24; dots += dots < 8 ? 2 : 8) {
            struct look look;
            struct scene s = {.cells = 1, .len = strlen(texts[i])};
            struct scene_read r = {.scene = &s};
            struct looker *l = looker_new();
            memcpy(s.payload[0], texts[i], s.len);
            struct grey g = scene_code(texts[i], s.len, dots);
            struct picture p = picture_of(&g);
            assert_true(looker_see(l, &p, true, scene_visit, &r, &look));
            assert_int_equal(r.count, 1);
            assert_int_equal(r.strange, 0);
            assert_false(look.canvas);
            assert_int_equal(look.box_count, 1);
            assert_int_equal(look.advice, LIGHT_ADVICE_NONE);
            looker_free(&l);
            grey_free(&g);
        }
    }
}

/* ---- advice ------------------------------------------------------------------------------------
 */

static enum light_advice advice_for(struct scene *s, const struct camera_level *level,
                                    const struct camera_pose *pose, bool glare, uint64_t *seed)
{
    struct look look;
    struct scene_read r = {.scene = s};
    struct looker *l = looker_new();
    struct grey seen = grey_new(1920, 1080);
    struct camera *c =
        camera_open(1920, 1080, level, pose, DISPLAY_WIDTH, DISPLAY_HEIGHT, dice(seed));
    if (glare) {
        camera_glare(c, 0.5, 0.5, 0.62, 0.4, 900);
    }
    camera_see(c, &s->display, &seen);
    struct picture p = picture_of(&seen);
    assert_true(looker_see(l, &p, false, scene_visit, &r, &look));
    assert_int_equal(r.strange, 0);
    camera_close(&c);
    grey_free(&seen);
    looker_free(&l);
    return look.advice;
}

/* The grain of a sensor that gets no light. */
static enum light_advice advice_in_the_dark(uint64_t *seed)
{
    struct look look;
    struct scene s = {.cells = 0};
    struct scene_read r = {.scene = &s};
    struct looker *l = looker_new();
    struct grey g = grey_new(640, 480);
    for (size_t i = 0; i < 640 * 480; i++) {
        g.dots[i] = (uint8_t)(20 + dice(seed) % 40);
    }
    struct picture p = picture_of(&g);
    assert_true(looker_see(l, &p, false, scene_visit, &r, &look));
    grey_free(&g);
    looker_free(&l);
    return look.advice;
}

static void what_is_wrong_is_named(void **state)
{
    uint64_t seed = test_seed();
    struct scene s;
    struct camera_level level = *camera_level_named("good");
    struct camera_pose pose = {.fill = 0.9};
    (void)state;
    scene_fill(&s, 3, 2, 25, &seed);
    scene_draw(&s, DISPLAY_WIDTH, DISPLAY_HEIGHT);
    assert_int_equal(advice_for(&s, &level, &pose, false, &seed), LIGHT_ADVICE_NONE);

    pose.fill = 0.32; /* 1.3 dots a module */
    assert_int_equal(advice_for(&s, &level, &pose, false, &seed), LIGHT_ADVICE_TOO_FAR);
    pose.fill = 0.9;

    level.blur = 3.4; /* nearly a module */
    assert_int_equal(advice_for(&s, &level, &pose, false, &seed), LIGHT_ADVICE_BLUR);
    level = *camera_level_named("good");

    assert_int_equal(advice_for(&s, &level, &pose, true, &seed), LIGHT_ADVICE_GLARE);

    struct grey shown = s.display;
    s.display = grey_new(DISPLAY_WIDTH, DISPLAY_HEIGHT);
    memset(s.display.dots, 200, (size_t)DISPLAY_WIDTH * DISPLAY_HEIGHT);
    assert_int_equal(advice_for(&s, &level, &pose, false, &seed), LIGHT_ADVICE_NO_CODE);
    grey_free(&s.display);
    s.display = shown;
    assert_int_equal(advice_in_the_dark(&seed), LIGHT_ADVICE_TOO_DARK);

    /* two frames in one: markers and corners stand, nothing between them is right */
    struct scene other;
    scene_fill(&other, 3, 2, 25, &seed);
    scene_draw(&other, DISPLAY_WIDTH, DISPLAY_HEIGHT);
    for (size_t i = 0; i < (size_t)DISPLAY_WIDTH * DISPLAY_HEIGHT; i++) {
        s.display.dots[i] = (uint8_t)((s.display.dots[i] + other.display.dots[i]) / 2);
    }
    assert_int_equal(advice_for(&s, &level, &pose, false, &seed), LIGHT_ADVICE_TOO_FAST);
    scene_free(&other);
    scene_free(&s);
}

/* ---- nothing to see ----------------------------------------------------------------------------
 */

static void nothing_is_read_where_nothing_is(void **state)
{
    static const unsigned sizes[][2] = {{1, 1},  {2, 2},   {1, 500},   {500, 1},   {3, 3},
                                        {17, 9}, {64, 64}, {640, 480}, {1280, 720}};
    uint64_t seed = test_seed();
    struct looker *l = looker_new();
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (int kind = 0; kind < 4; kind++) {
            struct look look;
            struct scene s = {.cells = 0};
            struct scene_read r = {.scene = &s};
            struct grey g = grey_new(sizes[i][0], sizes[i][1]);
            for (size_t d = 0; d < (size_t)g.width * g.height; d++) {
                g.dots[d] = kind == 0   ? 255
                            : kind == 1 ? (uint8_t)dice(&seed)
                            : kind == 2 ? (uint8_t)((d / 3 + d / g.width) % 2 * 255)
                                        : (uint8_t)(d % 7 < 3 ? 0 : 255);
            }
            struct picture p = picture_of(&g);
            assert_true(looker_see(l, &p, i % 2 == 0, scene_visit, &r, &look));
            assert_int_equal(r.strange, 0);
            assert_int_equal(look.codes_read, 0);
            assert_int_not_equal(look.advice, LIGHT_ADVICE_NONE);
            grey_free(&g);
        }
    }
    looker_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(view_is_right_to_a_fraction_of_a_module),
        cmocka_unit_test(canvases_are_read_in_all_conditions),
        cmocka_unit_test(a_canvas_is_read_however_it_is_turned),
        cmocka_unit_test(a_hidden_marker_hides_no_code),
        cmocka_unit_test(a_canvas_once_seen_needs_no_markers),
        cmocka_unit_test(bytes_come_out_as_they_went_in),
        cmocka_unit_test(codes_of_others_are_read_as_they_stand),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(nothing_is_read_where_nothing_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
