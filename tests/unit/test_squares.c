/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves that the reader of a canvas' codes reads what libqrencode draws, in every version and at
 * every length; puts right as many wrong words as the standard allows, in each block, and no more;
 * and never hands out other bytes, whatever else is before it. Seeded.
 */
#include "check.h"

#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "squares.h"

struct fixture {
    struct machine machine;
    struct squares squares;
    uint8_t content[CODE_BYTES_MAX], out[CODE_BYTES_MAX];
    size_t len;
    uint8_t dark[SQUARES_SIDE_MAX * SQUARES_SIDE_MAX];
    unsigned side;
};

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    machine_init(&f->machine, test_seed());
    *state = f;
    return 0;
}

static int finish(void **state)
{
    free(*state);
    return 0;
}

/* Draws the first len bytes of the content, or other things with `mode`. */
static void draw(struct fixture *f, unsigned version, QRecLevel level, QRencodeMode mode,
                 size_t len)
{
    QRinput *input = QRinput_new2((int)version, level);
    assert_non_null(input);
    assert_int_equal(QRinput_append(input, mode, (int)len, f->content), 0);
    QRcode *code = QRcode_encodeInput(input);
    assert_non_null(code);
    assert_int_equal(code->version, version);
    f->len = len;
    f->side = (unsigned)code->width;
    for (size_t i = 0; i < (size_t)f->side * f->side; i++) {
        f->dark[i] = code->data[i] & 1;
    }
    QRcode_free(code);
    QRinput_free(input);
}

static void draw_bytes(struct fixture *f, unsigned version, size_t len)
{
    machine_fill(&f->machine, f->content, sizeof(f->content));
    draw(f, version, QR_ECLEVEL_L, QR_MODE_8, len);
}

static bool read_it(struct fixture *f, size_t *ret_len)
{
    return squares_read(&f->squares, f->dark, f->side, f->out, ret_len);
}

static void reads_right(struct fixture *f)
{
    size_t len = 0;
    assert_true(read_it(f, &len));
    check_bytes(BYTES(f->out, len), BYTES(f->content, f->len));
}

static void reads_every_version_and_length(void **state)
{
    struct fixture *f = *state;
    for (unsigned version = 1; version <= CODE_VERSION_MAX; version++) {
        size_t most = code_capacity(version);
        size_t lengths[] = {1, 1 + machine_below(&f->machine, most), most - 1, most};
        for (size_t i = 0; i < 4; i++) {
            draw_bytes(f, version, lengths[i]);
            reads_right(f);
        }
    }
}

/* ISO/IEC 18004 table 9, level L. */
static const struct blocks {
    unsigned version, shorter, longer, data, checks; /* longer ones have a data word more */
} block_table[] = {
    {1, 1, 0, 19, 7},    {7, 2, 0, 78, 20},    {10, 2, 2, 68, 18},   {15, 5, 1, 87, 22},
    {25, 8, 4, 106, 26}, {30, 5, 10, 115, 30}, {40, 19, 6, 118, 30},
};

/* Which word of the picture is word `i` of block `b`. */
static unsigned word_at(const struct blocks *k, unsigned b, unsigned i)
{
    unsigned all = k->shorter + k->longer, data = k->data + (b >= k->shorter ? 1 : 0);
    if (i < k->data) {
        return i * all + b;
    }
    if (i < data) {
        return k->data * all + b - k->shorter;
    }
    return k->data * all + k->longer + (i - data) * all + b;
}

/* Makes `count` words of block b wrong. */
static void spoil(struct fixture *f, const struct blocks *k, unsigned b, unsigned count)
{
    uint8_t done[256] = {0};
    unsigned len = k->data + (b >= k->shorter ? 1 : 0) + k->checks;
    while (count > 0) {
        unsigned i = (unsigned)machine_below(&f->machine, len);
        unsigned flip = 1 + (unsigned)machine_below(&f->machine, 255);
        if (done[i]) {
            continue;
        }
        done[i] = 1;
        count--;
        for (unsigned bit = 0; bit < 8; bit++) {
            f->dark[f->squares.at[word_at(k, b, i) * 8 + bit]] ^= flip >> bit & 1;
        }
    }
}

static void mends_as_much_as_can_be(void **state)
{
    struct fixture *f = *state;
    for (size_t n = 0; n < sizeof(block_table) / sizeof(block_table[0]); n++) {
        const struct blocks *k = &block_table[n];
        unsigned all = k->shorter + k->longer;
        size_t len = 0;
        for (int round = 0; round < 5; round++) {
            draw_bytes(f, k->version, code_capacity(k->version));
            reads_right(f); /* so that the order of words is known */
            for (unsigned b = 0; b < all; b++) {
                spoil(f, k, b, k->checks / 2);
            }
            reads_right(f);
            draw_bytes(f, k->version, code_capacity(k->version));
            spoil(f, k, (unsigned)machine_below(&f->machine, all), k->checks / 2 + 1);
            assert_true(k->checks < 18 || !read_it(f, &len));
        }
    }
}

static void flips_format_squares_away(void **state)
{
    struct fixture *f = *state;
    draw_bytes(f, 12, 200);
    f->dark[8 * f->side + 0] ^= 1; /* both copies, three squares each */
    f->dark[8 * f->side + 2] ^= 1;
    f->dark[1 * f->side + 8] ^= 1;
    f->dark[8 * f->side + f->side - 1] ^= 1;
    f->dark[8 * f->side + f->side - 4] ^= 1;
    f->dark[(f->side - 2) * f->side + 8] ^= 1;
    reads_right(f);
}

static void refuses_what_no_canvas_holds(void **state)
{
    struct fixture *f = *state;
    size_t len = 0;
    const QRecLevel levels[] = {QR_ECLEVEL_M, QR_ECLEVEL_Q, QR_ECLEVEL_H};
    for (size_t i = 0; i < 3; i++) {
        machine_fill(&f->machine, f->content, sizeof(f->content));
        draw(f, 20, levels[i], QR_MODE_8, 100);
        assert_false(read_it(f, &len));
    }
    memset(f->content, '7', sizeof(f->content));
    draw(f, 20, QR_ECLEVEL_L, QR_MODE_NUM, 100);
    assert_false(read_it(f, &len));
    draw(f, 20, QR_ECLEVEL_L, QR_MODE_AN, 100);
    assert_false(read_it(f, &len));
    draw_bytes(f, 5, 50);
    f->side--; /* no code has such a side */
    assert_false(read_it(f, &len));
    f->side = 17;
    assert_false(read_it(f, &len));
}

/* Noise, and one picture laid over another, as a camera sees two at once. */
static void gives_no_other_bytes(void **state)
{
    struct fixture *f = *state;
    size_t len = 0;
    for (int round = 0; round < 1000; round++) {
        f->side = 21 + 4 * (unsigned)machine_below(&f->machine, CODE_VERSION_MAX);
        for (size_t i = 0; i < (size_t)f->side * f->side; i++) {
            f->dark[i] = (uint8_t)machine_below(&f->machine, 2);
        }
        assert_false(read_it(f, &len));
    }
    for (int round = 0; round < 100; round++) {
        draw_bytes(f, 25, 1200);
        uint8_t first[SQUARES_SIDE_MAX * SQUARES_SIDE_MAX], content[CODE_BYTES_MAX];
        memcpy(first, f->dark, sizeof(first));
        memcpy(content, f->content, sizeof(content));
        draw_bytes(f, 25, 1200);
        size_t tear = f->side * machine_below(&f->machine, f->side);
        memcpy(f->dark, first, tear);
        bool read = read_it(f, &len);
        assert_true(!read || memcmp(f->out, f->content, len) == 0 ||
                    memcmp(f->out, content, len) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_every_version_and_length, start, finish),
        cmocka_unit_test_setup_teardown(mends_as_much_as_can_be, start, finish),
        cmocka_unit_test_setup_teardown(flips_format_squares_away, start, finish),
        cmocka_unit_test_setup_teardown(refuses_what_no_canvas_holds, start, finish),
        cmocka_unit_test_setup_teardown(gives_no_other_bytes, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
