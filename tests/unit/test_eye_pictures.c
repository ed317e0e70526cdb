/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what picture.h promises: every format gives the dots that went in, and what is broken, cut
 * short, absurd in its size or made to waste time is refused, with nothing read beyond its end.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera.h"
#include "encode.h"
#include "picture.h"

enum { WIDTH = 61, HEIGHT = 43 };

static void pattern(uint8_t dots[static WIDTH * HEIGHT], bool smooth)
{
    for (unsigned y = 0; y < HEIGHT; y++) {
        for (unsigned x = 0; x < WIDTH; x++) {
            dots[y * WIDTH + x] = (uint8_t)(smooth ? 3 * x + y : (x * 37 + y * 101) % 256);
        }
    }
}

static void expect_dots(const struct picture *p, const uint8_t *dots, int by)
{
    assert_int_equal(p->width, WIDTH);
    assert_int_equal(p->height, HEIGHT);
    for (size_t i = 0; i < WIDTH * HEIGHT; i++) {
        assert_true(abs((int)p->dots[i] - (int)dots[i]) <= by);
    }
}

/* In a block of exactly its size, so that a sanitizer sees the smallest step beyond. */
static bool reads(const uint8_t *file, size_t len, struct picture *p)
{
    uint8_t *exact = malloc(len == 0 ? 1 : len);
    assert_non_null(exact);
    memcpy(exact, file, len);
    bool read = picture_read(exact, len, p);
    free(exact);
    return read;
}

static void files_give_the_dots_that_went_in(void **state)
{
    uint8_t dots[WIDTH * HEIGHT], smooth[WIDTH * HEIGHT];
    struct picture p = {.dots = NULL};
    size_t len = 0;
    size_t jpeg_len = 0;
    (void)state;
    pattern(dots, false);
    pattern(smooth, true);
    uint8_t *png = png_of(dots, WIDTH, HEIGHT, &len);
    assert_true(reads(png, len, &p));
    expect_dots(&p, dots, 0);
    free(png);
    char head[64];
    int head_len = snprintf(head, sizeof(head), "P5\n# a comment\n%d %d\n255\n", WIDTH, HEIGHT);
    uint8_t pgm[sizeof(head) + sizeof(dots)];
    memcpy(pgm, head, (size_t)head_len);
    memcpy(pgm + head_len, dots, sizeof(dots));
    assert_true(reads(pgm, (size_t)head_len + sizeof(dots), &p));
    expect_dots(&p, dots, 0);
    assert_false(reads(pgm, (size_t)head_len + sizeof(dots) - 1, &p));
    for (int kind = 0; kind < 4; kind++) {
        uint8_t *jpeg = jpeg_of(smooth, WIDTH, HEIGHT, (kind & 1) != 0, (kind & 2) != 0, &jpeg_len);
        assert_true(reads(jpeg, jpeg_len, &p));
        expect_dots(&p, smooth, 4);
        free(jpeg);
    }
    picture_free(&p);
}

/* Webcams leave out the tables that all of them share. */
static void camera_jpegs_without_tables_are_read(void **state)
{
    static uint8_t dots[640 * 480];
    struct picture p = {.dots = NULL};
    size_t len = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(dots); i++) {
        dots[i] = (uint8_t)(i % 640 / 4 + i / 640 / 8);
    }
    uint8_t *jpeg = jpeg_of(dots, 640, 480, true, false, &len);
    size_t at = 2, out = 2;
    while (jpeg[at + 1] != 0xda) { /* segments up to the scan */
        size_t segment = 2 + ((size_t)jpeg[at + 2] << 8 | jpeg[at + 3]);
        if (jpeg[at + 1] != 0xc4) {
            memmove(jpeg + out, jpeg + at, segment);
            out += segment;
        }
        at += segment;
    }
    memmove(jpeg + out, jpeg + at, len - at);
    struct frame f = {FRAME_MJPEG, 640, 480, 0, jpeg, out + len - at};
    assert_true(frame_luma(&f, &p));
    for (size_t i = 0; i < sizeof(dots); i++) {
        assert_true(abs((int)p.dots[i] - (int)dots[i]) <= 6);
    }
    f.width = 320; /* not what was agreed */
    assert_false(frame_luma(&f, &p));
    free(jpeg);
    picture_free(&p);
}

static void camera_formats_give_their_luma(void **state)
{
    uint8_t dots[WIDTH * HEIGHT];
    enum { STRIDE = 3 * WIDTH };
    uint8_t raw[STRIDE * HEIGHT];
    struct picture p = {.dots = NULL};
    static const struct {
        enum frame_format format;
        unsigned step;
    } formats[] = {{FRAME_GREY, 1}, {FRAME_NV12, 1}, {FRAME_YUYV, 2}};
    (void)state;
    pattern(dots, false);
    for (size_t i = 0; i < 3; i++) {
        memset(raw, 0xa5, sizeof(raw));
        for (unsigned y = 0; y < HEIGHT; y++) {
            for (unsigned x = 0; x < WIDTH; x++) {
                raw[y * STRIDE + x * formats[i].step] = dots[y * WIDTH + x];
            }
        }
        size_t need = STRIDE * (HEIGHT - 1) + WIDTH * formats[i].step;
        struct frame f = {formats[i].format, WIDTH, HEIGHT, STRIDE, raw, need};
        assert_true(frame_luma(&f, &p));
        expect_dots(&p, dots, 0);
        f.len = need - 1;
        assert_false(frame_luma(&f, &p));
        f.len = need;
        f.stride = WIDTH * formats[i].step - 1;
        assert_false(frame_luma(&f, &p));
        f = (struct frame){formats[i].format, 0, HEIGHT, STRIDE, raw, need};
        assert_false(frame_luma(&f, &p));
        f = (struct frame){formats[i].format, 60000, 60000, 240000, raw, need};
        assert_false(frame_luma(&f, &p));
    }
    picture_free(&p);
}

/* ---- films -------------------------------------------------------------------------------------
 */

struct tape {
    const uint8_t *at;
    size_t len, part;
};
static size_t tape_read(void *self, uint8_t *out, size_t max)
{
    struct tape *t = self;
    size_t n = t->part < max ? t->part : max;
    n = n < t->len ? n : t->len;
    if (n > 0) {
        memcpy(out, t->at, n);
        t->at += n;
    }
    t->len -= n;
    return n;
}

static void films_give_frame_after_frame(void **state)
{
    uint8_t dots[WIDTH * HEIGHT], out[WIDTH * HEIGHT];
    static const struct {
        const char *head;
        size_t colour; /* bytes behind the luma */
    } kinds[] = {
        {"YUV4MPEG2 W61 H43 F30:1 Ip A1:1 C420jpeg XYSCSS=420JPEG\n", 2 * 31 * 22},
        {"YUV4MPEG2 W61 H43 F25:1\n", 2 * 31 * 22},
        {"YUV4MPEG2 W61 H43 C422\n", 2 * 31 * 43},
        {"YUV4MPEG2 W61 H43 C444\n", 2 * 61 * 43},
        {"YUV4MPEG2 H43 W61 Cmono\n", 0},
        {NULL, 0}, /* PGM files */
    };
    enum { FRAMES = 3, ROOM = 64 * 1024 };
    uint8_t *stream = malloc(ROOM);
    (void)state;
    assert_non_null(stream);
    pattern(dots, false);
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        size_t len = 0;
        if (kinds[k].head != NULL) {
            memcpy(stream, kinds[k].head, strlen(kinds[k].head));
            len = strlen(kinds[k].head);
        }
        for (int i = 0; i < FRAMES; i++) {
            const char *head = kinds[k].head == NULL ? "P5 #x\n61 43\n255\n"
                               : i == 1              ? "FRAME Ip\n"
                                                     : "FRAME\n";
            memcpy(stream + len, head, strlen(head));
            len += strlen(head);
            memcpy(stream + len, dots, sizeof(dots));
            stream[len] = (uint8_t)i;
            len += sizeof(dots);
            memset(stream + len, 0x80, kinds[k].colour);
            len += kinds[k].colour;
        }
        for (size_t part = 1; part < 4000; part = part * 7 + 1) {
            struct tape t = {stream, len, part};
            struct film f = {.read = tape_read, .self = &t};
            unsigned width = 0, height = 0;
            for (int i = 0; i < FRAMES; i++) {
                assert_int_equal(film_next(&f, out, sizeof(out), &width, &height), FILM_FRAME);
                assert_int_equal(width, WIDTH);
                assert_int_equal(height, HEIGHT);
                assert_int_equal(out[0], i);
                assert_memory_equal(out + 1, dots + 1, sizeof(dots) - 1);
            }
            assert_int_equal(film_next(&f, out, sizeof(out), &width, &height), FILM_END);
        }
        for (size_t cut = 1; cut < 300; cut += 13) { /* it ends within a frame */
            struct tape t = {stream, len - cut, 4096};
            struct film f = {.read = tape_read, .self = &t};
            unsigned width = 0, height = 0;
            enum film_next next = FILM_FRAME;
            for (int i = 0; i <= FRAMES && next == FILM_FRAME; i++) {
                next = film_next(&f, out, sizeof(out), &width, &height);
            }
            assert_int_equal(next, FILM_BROKEN);
        }
    }
    free(stream);
}

static void films_of_nonsense_are_refused(void **state)
{
    static const char *const cases[] = {
        "Y",
        "YUV4MPEG2\nFRAME\n",
        "YUV4MPEG2 W0 H10\nFRAME\n",
        "YUV4MPEG2 W99999999999 H10\nFRAME\n",
        "YUV4MPEG2 W16384 H16384\nFRAME\n",
        "YUV4MPEG2 W200 H200\nFRAME\n", /* larger than the room */
        "YUV4MPEG2 W4 H4 C420p10\nFRAME\n0123456789012345678901234567890123456789",
        "YUV4MPEG2 W4 H4 Cwhatever-is-this-and-why\nFRAME\n01234567890123456789012345",
        "YUV4MPEG2 W4 H4 Cmono\nFRAMES\n0123456789012345",
        "YUV4MPEG2 W4 H4 Cmono\nFRAMX\n0123456789012345",
        "P5 4 4 65535 0123456789012345",
        "P5 4 -4 255 0123456789012345",
        "P5 4 4 255x0123456789012345",
        "P5 4444444444 4 255 0123456789012345",
        "P6 4 4 255 0123456789012345",
        "RIFFAVI ",
    };
    uint8_t out[128 * 128];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tape t = {(const uint8_t *)cases[i], strlen(cases[i]), 5};
        struct film f = {.read = tape_read, .self = &t};
        unsigned width = 0, height = 0;
        assert_int_equal(film_next(&f, out, sizeof(out), &width, &height), FILM_BROKEN);
    }
    struct tape empty = {NULL, 0, 5};
    struct film f = {.read = tape_read, .self = &empty};
    unsigned width = 0, height = 0;
    assert_int_equal(film_next(&f, out, sizeof(out), &width, &height), FILM_END);
}

/* ---- hostile files -----------------------------------------------------------------------------
 */

static void put_be32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

static void absurd_sizes_are_refused_before_memory_is_taken(void **state)
{
    static uint8_t dots[64 * 64];
    struct picture p = {.dots = NULL};
    size_t len = 0;
    size_t jpeg_len = 0;
    (void)state;
    uint8_t *jpeg = jpeg_of(dots, 64, 64, false, false, &jpeg_len);
    for (size_t at = 2; at + 9 < jpeg_len; at++) {
        if (jpeg[at] == 0xff && jpeg[at + 1] == 0xc0) { /* start of frame: height, width */
            memset(jpeg + at + 5, 0xff, 4);
        }
    }
    assert_false(reads(jpeg, jpeg_len, &p));
    free(jpeg);
    uint8_t *png = png_of(dots, 64, 64, &len);
    put_be32(png + 16, 1000000); /* its checksum is wrong now too: refused either way */
    assert_false(reads(png, len, &p));
    free(png);
    assert_false(reads((const uint8_t *)"P5 16384 16384 255\nxxx", 22, &p));
    assert_false(reads((const uint8_t *)"P5 16385 1 255\nxxxxxxx", 22, &p));
    assert_null(p.dots);
    picture_free(&p);
}

/* A JPEG of a thousand passes over the same picture. */
static void endless_passes_end(void **state)
{
    static uint8_t dots[256 * 256];
    struct picture p = {.dots = NULL};
    size_t len = 0;
    size_t last = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(dots); i++) {
        dots[i] = (uint8_t)(i * 7 + i / 256 * 3);
    }
    uint8_t *jpeg = jpeg_of(dots, 256, 256, false, true, &len);
    assert_true(reads(jpeg, len, &p));
    for (size_t at = 2; at + 1 < len; at++) {
        last = jpeg[at] == 0xff && jpeg[at + 1] == 0xda ? at : last;
    }
    size_t pass = len - 2 - last;
    uint8_t *bomb = malloc(last + 1000 * pass);
    assert_non_null(bomb);
    memcpy(bomb, jpeg, last);
    for (size_t i = 0; i < 1000; i++) {
        memcpy(bomb + last + i * pass, jpeg + last, pass);
    }
    assert_false(picture_read(bomb, last + 1000 * pass, &p));
    free(bomb);
    free(jpeg);
    picture_free(&p);
}

/* Whatever is cut or changed: an answer, and nothing read beyond the end. */
static void damaged_files_do_no_harm(void **state)
{
    static uint8_t dots[96 * 96];
    uint64_t seed = test_seed();
    struct picture p = {.dots = NULL};
    (void)state;
    for (size_t i = 0; i < sizeof(dots); i++) {
        dots[i] = (uint8_t)dice(&seed);
    }
    for (int kind = 0; kind < 3; kind++) {
        size_t jpeg_len = 0;
        size_t len = 0;
        uint8_t *file = kind == 0 ? png_of(dots, 96, 96, &len)
                                  : jpeg_of(dots, 96, 96, true, kind == 2, &jpeg_len);
        len = kind == 0 ? len : jpeg_len;
        for (size_t cut = 0; cut < len; cut += 1 + len / 97) {
            (void)reads(file, cut, &p);
        }
        for (int round = 0; round < 300; round++) {
            size_t at = dice(&seed) % len;
            uint8_t was = file[at];
            file[at] ^= (uint8_t)(1U << dice(&seed) % 8);
            (void)reads(file, len, &p);
            file[at] = was;
        }
        assert_true(reads(file, len, &p));
        free(file);
    }
    picture_free(&p);
}

static void smaller_copies_are_means(void **state)
{
    uint8_t dots[6 * 4] = {0,  10, 20, 30, 40, 50, 10, 20, 30, 40, 50, 60,
                           20, 30, 40, 50, 60, 70, 30, 40, 50, 60, 70, 80};
    const struct picture p = {6, 4, dots, 0};
    struct picture half = {.dots = NULL};
    const uint8_t expected[] = {10, 30, 50, 30, 50, 70};
    (void)state;
    assert_true(picture_halve(&p, &half));
    assert_int_equal(half.width, 3);
    assert_int_equal(half.height, 2);
    assert_memory_equal(half.dots, expected, sizeof(expected));
    assert_true(picture_shrink(&p, 2, &half));
    assert_memory_equal(half.dots, expected, sizeof(expected));
    assert_true(picture_smooth(&p, &half));
    assert_int_equal(half.dots[7], 20); /* a plane stays a plane */
    assert_false(picture_shrink(&p, 5, &half));
    picture_free(&half);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_give_the_dots_that_went_in),
        cmocka_unit_test(camera_jpegs_without_tables_are_read),
        cmocka_unit_test(camera_formats_give_their_luma),
        cmocka_unit_test(films_give_frame_after_frame),
        cmocka_unit_test(films_of_nonsense_are_refused),
        cmocka_unit_test(absurd_sizes_are_refused_before_memory_is_taken),
        cmocka_unit_test(endless_passes_end),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(smaller_copies_are_means),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
