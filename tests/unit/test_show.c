/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves the pure parts of valise-show: each dot of a canvas lies where frames_canvas() says, each
 * code's bytes are the fountain's and are read by a foreign reader; what a terminal shows are the
 * same squares; PNG and moving PNG unpack to the same dots; any of enough codes on paper give the
 * parcel back; sizes and speeds step as the keys promise.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "seen.h"
#include "sheet.h"
#include "show.h"
#include "terminal.h"

/* Below n, as small as the machine's other numbers here. */
static unsigned below(struct machine *m, unsigned n)
{
    return (unsigned)machine_below(m, n);
}

struct fixture {
    struct ctx cx;
    struct machine machine;
    struct buf parcel, out;
    struct seen_code codes[SEEN_CODES_MAX];
};

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    machine_init(&f->machine, test_seed());
    ctx_init(&f->cx, &f->machine.system);
    buf_init(&f->parcel, PARCEL_BYTES_MAX);
    buf_init(&f->out, 64 << 20);
    *state = f;
    return 0;
}

static int finish(void **state)
{
    struct fixture *f = *state;
    buf_finish(&f->parcel);
    buf_finish(&f->out);
    free(f);
    return 0;
}

static void make_parcel(struct fixture *f, enum parcel_kind kind, size_t len)
{
    uint8_t *body = malloc(len);
    assert_non_null(body);
    f->machine.system.random(f->machine.system.self, body, len);
    const struct parcel parcel = {.kind = kind,
                                  .small = kind == PARCEL_PIECES ? (uint16_t)(len / 16384) : 0,
                                  .body = BYTES(body, len)};
    buf_clear(&f->parcel);
    check_ok(&f->cx, parcel_write(&f->cx, &parcel, &f->parcel));
    free(body);
}

static const struct transfer_id some_id = {{1, 2, 3, 4, 5, 6, 7, 8}};

static struct press *make_press(struct fixture *f, const struct layout *layout,
                                const struct link_key *key)
{
    struct press *press = NULL;
    const struct press_job job = {some_id, buf_view(&f->parcel), key};
    check_ok(&f->cx, press_new(&f->cx, &job, &press));
    check_ok(&f->cx, press_set(&f->cx, press, layout));
    return press;
}

/* ---- canvases ---- */

static bool in_marker(const struct canvas *c, unsigned x, unsigned y, bool *ret_dark)
{
    for (int i = 0; i < 4; i++) {
        unsigned dx = x - c->markers[i].x, dy = y - c->markers[i].y;
        if (dx < CANVAS_MARKER && dy < CANVAS_MARKER) {
            *ret_dark = canvas_marker_dark(dx / CANVAS_MARKER_UNIT, dy / CANVAS_MARKER_UNIT);
            return true;
        }
    }
    return false;
}

static bool in_cell(const struct canvas *c, unsigned x, unsigned y, unsigned *ret_cell)
{
    for (unsigned cell = 0; cell < (unsigned)c->cols * c->rows; cell++) {
        const struct canvas_point at = canvas_cell(c, cell);
        if (x - at.x < c->side && y - at.y < c->side) {
            *ret_cell = cell;
            return true;
        }
    }
    return false;
}

static const struct layout layouts[] = {{1, 1, 4, 5},   {1, 1, 15, 5},  {2, 1, 25, 20},
                                        {3, 2, 25, 20}, {3, 2, 33, 20}, {4, 2, 30, 40}};
enum { LAYOUTS = sizeof(layouts) / sizeof(layouts[0]) };

/* Every dot of the frame is a marker's, a code's or white; each code says what the fountain said.
 */
static void canvas_holds_the_fountains_symbols_where_geometry_says(void **state)
{
    struct fixture *f = *state;
    make_parcel(f, PARCEL_PIECES, 16384);
    for (size_t i = 0; i < LAYOUTS; i++) {
        struct press *press = make_press(f, &layouts[i], NULL);
        const struct canvas *c = press_canvas(press);
        struct picture frame;
        struct symbol symbol;
        struct fountain *fountain = NULL;
        check_ok(&f->cx, canvas_draw(&f->cx, c, &frame));
        check_ok(&f->cx, press_frame(&f->cx, press, true, &frame));
        check_ok(&f->cx, press_frame(&f->cx, press, false, &frame));
        assert_int_equal(frame.width, c->width);
        assert_int_equal(frame.height, c->height);
        for (unsigned y = 0; y < frame.height; y++) {
            for (unsigned x = 0; x < frame.width; x++) {
                unsigned cell = 0;
                bool dark = false;
                if (in_marker(c, x, y, &dark) || !in_cell(c, x, y, &cell)) {
                    assert_int_equal(frame.dots[y * frame.width + x], dark ? 0 : 255);
                }
            }
        }
        const struct fountain_plan plan = {.transfer = press_transfer(press),
                                           .symbol_data =
                                               (uint16_t)code_symbol_data(layouts[i].version),
                                           .cols = layouts[i].cols,
                                           .rows = layouts[i].rows};
        check_ok(&f->cx, fountain_new(&f->cx, &plan, buf_view(&f->parcel), &fountain));
        struct picture large;
        check_ok(&f->cx, picture_new(&f->cx, frame.width * 4, frame.height * 4, &large));
        picture_place(&large, &frame, 0, 0, 4);
        for (unsigned cell = 0; cell < (unsigned)c->cols * c->rows; cell++) {
            const struct canvas_point at = canvas_cell(c, cell);
            size_t seen = seen_codes_in(large.dots, large.width, 4U * at.x, 4U * at.y, 4U * c->side,
                                        4U * c->side, f->codes, SEEN_CODES_MAX);
            assert_int_equal(seen, 1);
            buf_clear(&f->out);
            uint32_t number = (uint32_t)(c->cols * c->rows - 1) + cell;
            check_ok(&f->cx, fountain_symbol(&f->cx, fountain, number, (uint8_t)cell, &f->out));
            check_bytes(BYTES(f->codes[0].bytes, f->codes[0].len), buf_view(&f->out));
            check_ok(&f->cx, symbol_read(&f->cx, buf_view(&f->out), NULL, &symbol));
            assert_int_equal(symbol.cell, cell);
        }
        fountain_free(&fountain);
        picture_free(&large);
        picture_free(&frame);
        press_free(&press);
    }
}

static void beacon_says_what_is_shown(void **state)
{
    struct fixture *f = *state;
    const struct layout layout = {1, 1, 20, 12};
    struct link_key key = {{7}};
    struct symbol symbol;
    struct beacon beacon;
    struct picture frame, large;
    make_parcel(f, PARCEL_PIECES, 16384);
    struct press *press = make_press(f, &layout, &key);
    press_speed(press, 15);
    check_ok(&f->cx, canvas_draw(&f->cx, press_canvas(press), &frame));
    check_ok(&f->cx, press_frame(&f->cx, press, true, &frame));
    assert_int_equal(press_next(press), 0);
    check_ok(&f->cx, picture_new(&f->cx, frame.width * 4, frame.height * 4, &large));
    picture_place(&large, &frame, 0, 0, 4);
    const struct canvas_point at = canvas_cell(press_canvas(press), 0);
    assert_int_equal(seen_codes_in(large.dots, large.width, 4U * at.x, 4U * at.y, 4U * 97, 4U * 97,
                                   f->codes, SEEN_CODES_MAX),
                     1);
    bytes seen = BYTES(f->codes[0].bytes, f->codes[0].len);
    check_status(&f->cx, STATUS_FOREIGN, symbol_read(&f->cx, seen, NULL, &symbol));
    check_ok(&f->cx, symbol_read(&f->cx, seen, &key, &symbol));
    assert_int_equal(symbol.type, SYMBOL_BEACON);
    check_ok(&f->cx, beacon_read(&f->cx, &symbol, &beacon));
    assert_int_equal(beacon.fps, 15);
    assert_int_equal(beacon.version, 20);
    assert_int_equal(beacon.symbol_data, code_symbol_data(20));
    picture_free(&frame);
    picture_free(&large);
    press_free(&press);
}

static void coming_back_to_a_size_goes_on_where_it_was(void **state)
{
    struct fixture *f = *state;
    const struct layout small = {1, 1, 10, 5}, large = {2, 1, 20, 5}, same_size = {1, 1, 20, 9};
    struct picture frame;
    make_parcel(f, PARCEL_PIECES, 16384);
    struct press *press = make_press(f, &small, NULL);
    struct transfer_id first = press_transfer(press);
    check_ok(&f->cx, canvas_draw(&f->cx, press_canvas(press), &frame));
    for (int i = 0; i < 5; i++) {
        check_ok(&f->cx, press_frame(&f->cx, press, false, &frame));
    }
    picture_free(&frame);
    assert_int_equal(press_next(press), 5);
    check_ok(&f->cx, press_set(&f->cx, press, &large));
    struct transfer_id second = press_transfer(press);
    assert_false(transfer_equal(&first, &second));
    assert_int_equal(press_next(press), 0);
    assert_false(press_got(press, &first, 0));
    assert_true(press_got(press, &second, 1));
    check_ok(&f->cx, canvas_draw(&f->cx, press_canvas(press), &frame));
    check_ok(&f->cx, press_frame(&f->cx, press, false, &frame));
    picture_free(&frame);
    check_ok(&f->cx, press_set(&f->cx, press, &same_size)); /* the same symbols, elsewhere */
    struct transfer_id third = press_transfer(press);
    assert_true(transfer_equal(&third, &second));
    assert_int_equal(press_next(press), 2);
    check_ok(&f->cx, press_set(&f->cx, press, &small));
    third = press_transfer(press);
    assert_true(transfer_equal(&third, &first));
    assert_int_equal(press_next(press), 5);
    press_free(&press);
    press_free(&press);
}

static void layout_that_takes_too_many_symbols_changes_nothing(void **state)
{
    struct fixture *f = *state;
    const struct layout good = {3, 2, 25, 20}, tiny = {1, 1, 4, 5};
    make_parcel(f, PARCEL_PIECES, 16384 * 256); /* 4 MiB / 46 bytes is over 2^15 */
    struct press *press = make_press(f, &good, NULL);
    struct transfer_id before = press_transfer(press);
    check_status(&f->cx, STATUS_LIMIT, press_set(&f->cx, press, &tiny));
    struct transfer_id after = press_transfer(press);
    assert_true(transfer_equal(&before, &after));
    assert_int_equal(press_canvas(press)->cols, 3);
    press_free(&press);
}

/* ---- choosing ---- */

static void screens_get_what_they_can_show(void **state)
{
    struct fixture *f = *state;
    static const struct {
        unsigned width, height, dots;
        struct layout expected;
    } cases[] = {
        {1920, 1050, 3, {3, 2, 25, 20}}, /* full HD less the words */
        {3840, 2130, 3, {3, 2, 25, 20}}, /* denser only for those who ask */
        {1366, 738, 3, {3, 2, 25, 20}},  /* 403 * 3 = 1209, 246 * 3 = 738: just */
        {1366, 737, 3, {3, 2, 20, 20}},  {1280, 690, 3, {3, 2, 20, 20}},
        {1024, 570, 3, {2, 1, 30, 20}},  {240, 130, 1, {2, 1, 19, 15}},
        {80, 44, 1, {1, 1, 4, 5}},       {200, 100, 3, {1, 1, 6, 5}},
        {132, 85, 1, {1, 1, 15, 5}},
    };
    struct layout got;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_ok(&f->cx,
                 layout_choose(&f->cx, cases[i].width, cases[i].height, cases[i].dots, &got));
        if (memcmp(&got, &cases[i].expected, sizeof(got)) != 0) {
            fail_msg("%u x %u gets %ux%u version %u", cases[i].width, cases[i].height, got.cols,
                     got.rows, got.version);
        }
    }
    check_status(&f->cx, STATUS_LIMIT, layout_choose(&f->cx, 76, 44, 1, &got));
    check_status(&f->cx, STATUS_LIMIT, layout_choose(&f->cx, 0, 0, 3, &got));
    assert_true(layout_fits(&(struct layout){3, 2, 25, 20}, 403, 246));
    assert_false(layout_fits(&(struct layout){3, 2, 25, 20}, 402, 246));
}

static size_t bytes_of(const struct layout *l)
{
    return (size_t)l->cols * l->rows * code_capacity(l->version);
}

static void size_keys_step_through_all_that_fits(void **state)
{
    (void)state;
    struct layout at = {1, 1, 4, 17}, next;
    unsigned steps = 0;
    while (layout_smaller(&at, 1920, 1050, &next)) {
        assert_true(bytes_of(&next) > bytes_of(&at));
        assert_int_equal(next.fps, 17);
        at = next;
        steps++;
    }
    assert_int_equal(steps, 15);
    assert_int_equal(bytes_of(&at), 8 * code_capacity(30));
    while (layout_bigger(&at, 1920, 1050, &next)) {
        assert_true(bytes_of(&next) < bytes_of(&at));
        at = next;
        steps--;
    }
    assert_int_equal(steps, 0);
    assert_int_equal(at.version, 4);
    at = (struct layout){1, 1, 15, 5};
    assert_false(layout_smaller(&at, 130, 90, &next)); /* the next ones do not fit */
}

static void speed_keys_step_between_1_and_60(void **state)
{
    (void)state;
    uint8_t fps = 1, steps = 0;
    while (speed_faster(fps) != fps) {
        assert_int_equal(speed_slower(speed_faster(fps)), fps);
        fps = speed_faster(fps);
        steps++;
    }
    assert_int_equal(fps, 60);
    assert_int_equal(steps, 13);
    assert_int_equal(speed_slower(1), 1);
    assert_int_equal(speed_faster(17), 20);
    assert_int_equal(speed_slower(17), 15);
}

/* ---- terminal ---- */

static void halfblocks_show_the_same_squares(void **state)
{
    struct fixture *f = *state;
    static struct seen_tty tty;
    for (int round = 0; round < 40; round++) {
        unsigned columns = 20 + below(&f->machine, 60);
        unsigned rows = 10 + below(&f->machine, 20);
        struct picture p;
        check_ok(&f->cx, picture_new(&f->cx, 1 + below(&f->machine, columns),
                                     1 + below(&f->machine, 2 * rows), &p));
        for (size_t i = 0; i < (size_t)p.width * p.height; i++) {
            p.dots[i] = below(&f->machine, 2) != 0 ? 255 : 0;
        }
        buf_clear(&f->out);
        check_ok(&f->cx, terminal_halfblocks(&f->cx, &p, columns, rows, &f->out));
        seen_tty_init(&tty, columns, rows);
        assert_int_equal(seen_tty_take(&tty, f->out.ptr, f->out.len), f->out.len);
        assert_false(tty.confused);
        unsigned left = (columns - p.width) / 2, top = (2 * rows - p.height) / 4 * 2;
        for (unsigned y = 0; y < 2 * rows; y++) {
            for (unsigned x = 0; x < columns; x++) {
                bool inside = x - left < p.width && y - top < p.height;
                uint8_t expected = inside ? p.dots[(y - top) * p.width + x - left] : 255;
                assert_int_equal(tty.dots[y * columns + x], expected);
            }
        }
        seen_tty_finish(&tty);
        picture_free(&p);
    }
}

static void greys_come_close(void **state)
{
    struct fixture *f = *state;
    static struct seen_tty tty;
    struct picture p;
    check_ok(&f->cx, picture_new(&f->cx, 16, 16, &p));
    for (unsigned i = 0; i < 256; i++) {
        p.dots[i] = (uint8_t)i;
    }
    check_ok(&f->cx, terminal_greys(&f->cx, &p, 16, 8, &f->out));
    seen_tty_init(&tty, 16, 8);
    assert_int_equal(seen_tty_take(&tty, f->out.ptr, f->out.len), f->out.len);
    assert_false(tty.confused);
    for (unsigned i = 0; i < 256; i++) {
        assert_in_range(tty.dots[i] + 12, i, i + 24);
    }
    seen_tty_finish(&tty);
    picture_free(&p);
}

/* A title is a stranger's text: it moves no cursor and stays in its line. */
static void words_stay_in_their_place(void **state)
{
    struct fixture *f = *state;
    static struct seen_tty tty;
    struct words w = {.count = 0, .permille = 500};
    words_add(&w, "%s", "\x1b[2J\x1b]0;title\x07 Desk \xe2\x80\xae");
    words_add(&w, "%s", "a line that is longer than forty columns are wide, by far");
    check_ok(&f->cx, terminal_words(&f->cx, &w, 40, 3, &f->out));
    seen_tty_init(&tty, 40, 6);
    assert_int_equal(seen_tty_take(&tty, f->out.ptr, f->out.len), f->out.len);
    assert_false(tty.confused);
    assert_memory_equal(tty.letters + 2 * 40, "\\u{1B}[2J\\u{1B}]0;title\\u{07} Desk \\u{202E", 40);
    assert_memory_equal(tty.letters + 3 * 40, "a line that is longer than forty columns", 40);
    assert_int_equal(tty.dots[(2 * 4) * 40 + 19], 0); /* the bar: half of it */
    assert_int_equal(tty.dots[(2 * 4) * 40 + 20], 255);
    seen_tty_finish(&tty);
    struct words cut = {.count = 0};
    char longest[400];
    memset(longest, 'x', sizeof(longest));
    memcpy(longest + WORDS_LINE_BYTES - 2, "\xc3\xa9", 2); /* a letter across the end */
    longest[399] = '\0';
    words_add(&cut, "%s", longest);
    assert_int_equal(strlen(cut.lines[0]), WORDS_LINE_BYTES - 2);
}

static void kitty_gets_the_same_file(void **state)
{
    struct fixture *f = *state;
    static struct seen_tty tty;
    static const size_t sizes[] = {1, 2, 3, 3071, 3072, 3073, 20000};
    uint8_t png[20000];
    f->machine.system.random(f->machine.system.self, png, sizeof(png));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        buf_clear(&f->out);
        check_ok(&f->cx, terminal_kitty(&f->cx, BYTES(png, sizes[i]), &f->out));
        seen_tty_init(&tty, 10, 10);
        assert_int_equal(seen_tty_take(&tty, f->out.ptr, f->out.len), f->out.len);
        assert_false(tty.confused);
        assert_true(tty.kitty_done);
        check_bytes(BYTES(tty.kitty, tty.kitty_len), BYTES(png, sizes[i]));
        seen_tty_finish(&tty);
    }
    assert_true(terminal_kitty_answer(BYTES("x\x1b_Gi=31;OK\x1b\\", 13)));
    assert_false(terminal_kitty_answer(BYTES("\x1b_Gi=31;ENODATA\x1b\\", 17)));
    assert_true(terminal_kitty_answered(BYTES("\x1b[?62;4c", 8)));
    assert_false(terminal_kitty_answered(BYTES("\x1b[?62;4", 7)));
    assert_false(terminal_kitty_answered(BYTES(NULL, 0)));
}

static void keys_are_told_from_what_a_terminal_sends(void **state)
{
    (void)state;
    static const struct {
        const char *sent;
        size_t used;
        int key;
    } cases[] = {
        {"", 0, 0},         {"q", 1, 'q'},         {"+", 1, '+'},
        {"\x1b", 1, 'q'},   {"\x03", 1, 'q'},      {"\n", 1, '\r'},
        {"\r", 1, '\r'},    {"\x1b[A", 3, ']'},    {"\x1bOB", 3, '['},
        {"\x1b[C", 3, '+'}, {"\x1b[D-", 3, '-'},   {"\x1b[15~", 5, 0},
        {"\x1b[", 2, 0},    {"\x1b[?62;c", 7, 0},  {"\x1b_Gi=31;OK\x1b\\q", 12, 0},
        {"\x1b_Gi", 4, 0},  {"\x1b[1;5C", 6, '+'}, {"\x1b\x1b", 1, 'q'},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t used = 99;
        int key = terminal_key(BYTES(cases[i].sent, strlen(cases[i].sent)), &used);
        if (key != cases[i].key || used != cases[i].used) {
            fail_msg("case %zu: key %d, used %zu", i, key, used);
        }
    }
}

/* ---- pictures ---- */

struct png_reader {
    const uint8_t *at;
    size_t left;
    const uint8_t *data;
    uint32_t len;
    char name[5];
};

static uint32_t get_u32be(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool next_chunk(struct png_reader *r)
{
    if (r->left == 0) {
        return false;
    }
    assert_true(r->left >= 12);
    r->len = get_u32be(r->at);
    assert_true(r->left - 12 >= r->len);
    memcpy(r->name, r->at + 4, 4);
    r->name[4] = '\0';
    r->data = r->at + 8;
    assert_int_equal(seen_crc(r->at + 4, r->len + 4), get_u32be(r->data + r->len));
    r->at += 12 + r->len;
    r->left -= 12 + r->len;
    return true;
}

static void expect_chunk(struct png_reader *r, const char *name, uint32_t len)
{
    assert_true(next_chunk(r));
    assert_string_equal(r->name, name);
    assert_true(len == UINT32_MAX || r->len == len);
}

static struct png_reader read_png(bytes file)
{
    assert_memory_equal(file.ptr, "\x89PNG\r\n\x1a\n", 8);
    return (struct png_reader){.at = file.ptr + 8, .left = file.len - 8};
}

/* The rows of one-bit dots, each dot scale x scale, are these. */
static void expect_bits(const uint8_t *data, size_t len, const struct picture *p, unsigned scale)
{
    size_t row = (p->width * scale + 7) / 8 + 1;
    uint8_t *rows = malloc(row * p->height * scale);
    assert_non_null(rows);
    assert_true(seen_unpack(data, len, rows, row * p->height * scale));
    for (unsigned y = 0; y < p->height * scale; y++) {
        uint8_t *now = rows + y * row;
        assert_true(now[0] == 0 || (now[0] == 2 && y > 0));
        for (size_t i = 1; now[0] == 2 && i < row; i++) {
            now[i] = (uint8_t)(now[i] + rows[(y - 1) * row + i]);
        }
        for (unsigned x = 0; x < p->width * scale; x++) {
            bool white = (now[1 + x / 8] >> (7 - x % 8) & 1) != 0;
            assert_int_equal(white, p->dots[y / scale * p->width + x / scale] >= 128);
        }
    }
    free(rows);
}

static void random_dots(struct fixture *f, struct picture *p)
{
    for (size_t i = 0; i < (size_t)p->width * p->height; i++) {
        p->dots[i] = (uint8_t)below(&f->machine, 256);
    }
}

static void png_holds_the_same_dots(void **state)
{
    struct fixture *f = *state;
    for (unsigned scale = 1; scale <= 5; scale++) {
        struct picture p;
        check_ok(&f->cx,
                 picture_new(&f->cx, 1 + below(&f->machine, 90), 1 + below(&f->machine, 90), &p));
        random_dots(f, &p);
        buf_clear(&f->out);
        check_ok(&f->cx, png_write(&f->cx, &p, scale, &f->out));
        struct png_reader r = read_png(buf_view(&f->out));
        expect_chunk(&r, "IHDR", 13);
        assert_int_equal(get_u32be(r.data), p.width * scale);
        assert_int_equal(get_u32be(r.data + 4), p.height * scale);
        assert_memory_equal(r.data + 8, "\1\0\0\0\0", 5);
        expect_chunk(&r, "IDAT", UINT32_MAX);
        expect_bits(r.data, r.len, &p, scale);
        expect_chunk(&r, "IEND", 0);
        assert_false(next_chunk(&r));
        buf_clear(&f->out);
        check_ok(&f->cx, png_write_grey(&f->cx, &p, &f->out));
        r = read_png(buf_view(&f->out));
        expect_chunk(&r, "IHDR", 13);
        assert_memory_equal(r.data + 8, "\10\0\0\0\0", 5);
        expect_chunk(&r, "IDAT", UINT32_MAX);
        uint8_t *rows = malloc((size_t)(p.width + 1) * p.height);
        assert_true(seen_unpack(r.data, r.len, rows, (size_t)(p.width + 1) * p.height));
        for (unsigned y = 0; y < p.height; y++) {
            assert_int_equal(rows[y * (p.width + 1)], 0);
            assert_memory_equal(rows + y * (p.width + 1) + 1, p.dots + y * p.width, p.width);
        }
        free(rows);
        picture_free(&p);
    }
}

static void moving_png_holds_each_frame_for_its_time(void **state)
{
    struct fixture *f = *state;
    enum { FRAMES = 5 };
    struct picture frames[FRAMES];
    struct png_movie movie = {.frames = FRAMES, .fps = 20, .scale = 2};
    uint32_t sequence = 0;
    for (int i = 0; i < FRAMES; i++) {
        check_ok(&f->cx, picture_new(&f->cx, 33, 21, &frames[i]));
        random_dots(f, &frames[i]);
        check_ok(&f->cx, png_movie_add(&f->cx, &movie, &frames[i], &f->out));
    }
    check_ok(&f->cx, png_movie_end(&f->cx, &movie, &f->out));
    struct png_reader r = read_png(buf_view(&f->out));
    expect_chunk(&r, "IHDR", 13);
    assert_memory_equal(r.data + 8, "\1\3\0\0\0", 5);
    expect_chunk(&r, "acTL", 8);
    assert_int_equal(get_u32be(r.data), FRAMES);
    assert_int_equal(get_u32be(r.data + 4), 0);
    expect_chunk(&r, "PLTE", 6);
    assert_memory_equal(r.data, "\0\0\0\xff\xff\xff", 6);
    for (int i = 0; i < FRAMES; i++) {
        expect_chunk(&r, "fcTL", 26);
        assert_int_equal(get_u32be(r.data), sequence++);
        assert_int_equal(get_u32be(r.data + 4), 66);
        assert_int_equal(get_u32be(r.data + 8), 42);
        assert_memory_equal(r.data + 12, "\0\0\0\0\0\0\0\0\0\1\0\x14\0\0", 14);
        expect_chunk(&r, i == 0 ? "IDAT" : "fdAT", UINT32_MAX);
        size_t skip = i == 0 ? 0 : 4;
        assert_true(i == 0 || get_u32be(r.data) == sequence++);
        expect_bits(r.data + skip, r.len - skip, &frames[i], 2);
        picture_free(&frames[i]);
    }
    expect_chunk(&r, "IEND", 0);
    assert_false(next_chunk(&r));
}

static void pictures_are_cut_at_their_edges(void **state)
{
    struct fixture *f = *state;
    struct picture p, small;
    check_status(&f->cx, STATUS_LIMIT, picture_new(&f->cx, 0, 5, &p));
    check_status(&f->cx, STATUS_LIMIT, picture_new(&f->cx, 5, PICTURE_SIDE_MAX + 1, &p));
    check_ok(&f->cx, picture_new(&f->cx, 10, 10, &p));
    check_ok(&f->cx, picture_new(&f->cx, 2, 2, &small));
    memset(small.dots, 9, 4);
    picture_fill(&p, -5, -5, 6, 6, 7);
    picture_fill(&p, 9, 9, UINT16_MAX, UINT16_MAX, 8);
    picture_fill(&p, 50, 50, 5, 5, 1);
    picture_fill(&p, -50, -50, 5, 5, 1);
    picture_place(&p, &small, 4, 4, 3);
    for (unsigned i = 0; i < 100; i++) {
        unsigned x = i % 10, y = i / 10;
        uint8_t expected = x == 0 && y == 0 ? 7 : x >= 4 && y >= 4 ? 9 : 255;
        assert_int_equal(p.dots[i], expected);
    }
    const uint16_t corners[4] = {0, 65535, 3, 9};
    picture_box(&p, corners, corners, true); /* only that it stays inside */
    assert_int_equal(picture_text(&p, -3, 8, 2, TEXT("\xc3\xa9Q")), 2 * 2 * FONT_WIDTH);
    picture_free(&p);
    picture_free(&small);
}

static void pictures_shrink_to_the_mean_of_their_boxes(void **state)
{
    struct fixture *f = *state;
    struct picture p, small;
    check_ok(&f->cx, picture_new(&f->cx, 320, 181, &p));
    random_dots(f, &p);
    check_status(&f->cx, STATUS_LIMIT, picture_shrink(&f->cx, &p, 0, 9, &small));
    check_ok(&f->cx, picture_shrink(&f->cx, &p, 120, 200, &small));
    assert_int_equal(small.width, 106);
    assert_int_equal(small.height, 60);
    for (unsigned i = 0; i < 106 * 60; i++) {
        unsigned sum = 0;
        for (unsigned k = 0; k < 9; k++) {
            sum += p.dots[(i / 106 * 3 + k / 3) * 320 + i % 106 * 3 + k % 3];
        }
        assert_int_equal(small.dots[i], sum / 9);
    }
    picture_free(&small);
    check_ok(&f->cx, picture_shrink(&f->cx, &p, 320, 181, &small));
    assert_memory_equal(small.dots, p.dots, 320 * 181);
    picture_free(&small);
    check_ok(&f->cx, picture_shrink(&f->cx, &p, 1, 400, &small));
    assert_int_equal(small.width, 1);
    picture_free(&small);
    picture_free(&p);
}

/* ---- single codes ---- */

static void one_code_holds_any_bytes(void **state)
{
    struct fixture *f = *state;
    uint8_t content[800];
    for (size_t len = 1; len < sizeof(content); len += 1 + len / 2) {
        struct picture p, large;
        for (size_t i = 0; i < len; i++) {
            content[i] = (uint8_t)(255 - i);
        }
        for (int marked = 0; marked < 2; marked++) {
            check_ok(&f->cx, marked != 0 ? code_draw_marked(&f->cx, BYTES(content, len), &p)
                                         : code_draw(&f->cx, BYTES(content, len), QR_MEDIUM, &p));
            check_ok(&f->cx, picture_new(&f->cx, p.width * 3, p.height * 3, &large));
            picture_place(&large, &p, 0, 0, 3);
            unsigned edge = marked != 0 ? 3 * (CANVAS_MARKER + CANVAS_GAP) : 0; /* no markers */
            size_t seen = seen_codes_in(large.dots, large.width, edge, 0, large.width - 2 * edge,
                                        large.height, f->codes, SEEN_CODES_MAX);
            assert_int_equal(seen, 1);
            check_bytes(BYTES(f->codes[0].bytes, f->codes[0].len), BYTES(content, len));
            picture_free(&p);
            picture_free(&large);
        }
    }
    struct picture p;
    uint8_t *huge = calloc(1, 3000);
    check_status(&f->cx, STATUS_LIMIT, code_draw(&f->cx, BYTES(huge, 2954), QR_LOW, &p));
    check_status(&f->cx, STATUS_LIMIT, code_draw(&f->cx, BYTES(huge, 0), QR_LOW, &p));
    free(huge);
}

static void what_fits_one_code_is_one(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum parcel_kind kind;
        size_t len;
        bool one;
    } cases[] = {{PARCEL_JOIN, 700, true},     {PARCEL_INVITE, 100, true},
                 {PARCEL_INVITE, 3000, false}, {PARCEL_PIECES, 16384, false},
                 {PARCEL_TICKET, 1240, false}, {PARCEL_PROPOSAL, 1, true}};
    bool one = false, marked = false;
    struct symbol symbol;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make_parcel(f, cases[i].kind, cases[i].len);
        struct show_job job = {
            .first = {.kind = LIGHT_PARCEL, .transfer = some_id, .body = buf_view(&f->parcel)}};
        buf_clear(&f->out);
        check_ok(&f->cx, show_one_code(&f->cx, &job, &f->out, &one, &marked));
        assert_int_equal(one, cases[i].one);
        if (one) {
            assert_true(marked);
            check_ok(&f->cx, symbol_read(&f->cx, buf_view(&f->out), NULL, &symbol));
            assert_int_equal(symbol.type, SYMBOL_PAIR);
        }
    }
    struct show_job ack = {.first = {.kind = LIGHT_ACK,
                                     .transfer = some_id,
                                     .rank = 3,
                                     .symbols = 9,
                                     .wanted = 1,
                                     .body = BYTES("frontier", 8)}};
    struct ack read;
    buf_clear(&f->out);
    check_ok(&f->cx, show_one_code(&f->cx, &ack, &f->out, &one, &marked));
    assert_true(one && marked);
    check_ok(&f->cx, symbol_read(&f->cx, buf_view(&f->out), NULL, &symbol));
    check_ok(&f->cx, ack_read(&f->cx, &symbol, &read));
    assert_int_equal(read.rank, 3);
    check_bytes(read.body, BYTES("frontier", 8));
    struct show_job text_job = {.first = {.kind = LIGHT_TEXT, .body = BYTES("otpauth://x", 11)}};
    buf_clear(&f->out);
    check_ok(&f->cx, show_one_code(&f->cx, &text_job, &f->out, &one, &marked));
    assert_true(one && !marked);
    check_bytes(buf_view(&f->out), BYTES("otpauth://x", 11));
}

/* ---- paper ---- */

/* Paper that reads each code at once and loses some of them. */
struct reading_paper {
    struct sheet_paper paper;
    struct fixture *f;
    struct reception *reception;
    unsigned codes, pages, lost, lose_of_ten;
    bool complete;
    int x, y;
    char words[4096];
};

static enum status reading_begin(struct ctx *cx, struct sheet_paper *s)
{
    (void)cx;
    ((struct reading_paper *)s)->pages++;
    return STATUS_OK;
}

static enum status reading_text(struct ctx *cx, struct sheet_paper *s, int x, int y, bool title,
                                text line)
{
    struct reading_paper *p = (struct reading_paper *)s;
    (void)cx;
    (void)title;
    assert_true(x >= 0 && x + (int)line.len * 5 < 560 && y > 50 && y < 790);
    size_t at = strlen(p->words);
    if (p->pages == 1 && at + line.len + 2 < sizeof(p->words)) {
        memcpy(p->words + at, line.ptr, line.len);
        memcpy(p->words + at + line.len, "\n", 2);
    }
    return STATUS_OK;
}

static enum status reading_code(struct ctx *cx, struct sheet_paper *s, int x, int y,
                                const uint8_t *squares, unsigned side)
{
    struct reading_paper *p = (struct reading_paper *)s;
    enum { DOTS = 4 };
    struct picture small = {side, side, malloc((size_t)side * side)}, large;
    assert_true(x >= 0 && x + SHEET_CODE_POINTS < 560 && y < 790 && y - SHEET_CODE_POINTS > 50);
    for (size_t i = 0; i < (size_t)side * side; i++) {
        small.dots[i] = squares[i] != 0 ? 0 : 255;
    }
    check_ok(cx, picture_new(cx, side * DOTS, side * DOTS, &large));
    picture_place(&large, &small, 0, 0, DOTS);
    assert_int_equal(seen_codes_in(large.dots, large.width, 0, 0, large.width, large.height,
                                   p->f->codes, SEEN_CODES_MAX),
                     1);
    picture_free(&small);
    picture_free(&large);
    p->codes++;
    struct reception_event event = {0};
    if (below(&p->f->machine, 10) < p->lose_of_ten && p->lost < p->codes) {
        p->lost++;
    } else if (p->reception != NULL && !p->complete) {
        check_ok(cx, reception_take(cx, p->reception,
                                    BYTES(p->f->codes[0].bytes, p->f->codes[0].len), &event));
        if (event.news == RECEPTION_PARCEL) {
            check_bytes(event.parcel, buf_view(&p->f->parcel));
            p->complete = true;
        }
    }
    return STATUS_OK;
}

static enum status reading_end(struct ctx *cx, struct sheet_paper *s)
{
    (void)cx;
    (void)s;
    return STATUS_OK;
}

static const struct sheet_paper_kind reading_kind = {reading_begin, reading_text, reading_code,
                                                     reading_end};

static void paper_gives_the_parcel_back_from_any_codes(void **state)
{
    struct fixture *f = *state;
    for (size_t pieces = 1; pieces <= 3; pieces += 2) {
        struct sheet_plan plan;
        make_parcel(f, PARCEL_PIECES, 16384 * pieces);
        check_ok(&f->cx, sheet_plan(&f->cx, buf_view(&f->parcel), &plan));
        assert_true(plan.codes >= plan.needed + plan.needed * 3 / 7 && plan.codes <= 255);
        assert_int_equal(plan.pages, (plan.codes + 5) / 6);
        for (unsigned lose = 0; lose <= 2; lose++) {
            struct reading_paper paper = {.paper = {&reading_kind}, .f = f, .lose_of_ten = lose};
            const struct sheet_job job = {"Desk", some_id, buf_view(&f->parcel), NULL};
            check_ok(&f->cx, reception_new(&f->cx, RECEPTION_MEMORY_DEFAULT, &paper.reception));
            check_ok(&f->cx, sheet_write(&f->cx, &job, &plan, &paper.paper));
            assert_int_equal(paper.codes, plan.codes);
            assert_int_equal(paper.pages, plan.pages);
            assert_int_equal(paper.complete, paper.codes - paper.lost >= plan.needed);
            char said[128];
            (void)snprintf(said, sizeof(said),
                           "Page 1 of %u. Any %u of the %u codes on all pages suffice.\n",
                           plan.pages, plan.needed, plan.codes);
            assert_non_null(strstr(paper.words, said));
            assert_non_null(strstr(paper.words, "valise qr scan"));
            reception_free(&paper.reception);
        }
    }
}

static void paper_says_when_a_parcel_is_too_large(void **state)
{
    struct fixture *f = *state;
    struct sheet_plan plan;
    make_parcel(f, PARCEL_JOIN, 900);
    check_ok(&f->cx, sheet_plan(&f->cx, buf_view(&f->parcel), &plan));
    assert_int_equal(plan.version, 15);
    assert_int_equal(plan.pages, 1);
    make_parcel(f, PARCEL_PIECES, 16384 * 10);
    check_ok(&f->cx, sheet_plan(&f->cx, buf_view(&f->parcel), &plan));
    assert_true(plan.codes <= 255);
    make_parcel(f, PARCEL_PIECES, 16384 * 11);
    check_fault(&f->cx, STATUS_LIMIT, "paper", sheet_plan(&f->cx, buf_view(&f->parcel), &plan));
}

/* ---- messages and arguments ---- */

static void messages_come_whole_or_not_yet(void **state)
{
    struct fixture *f = *state;
    int ends[2], back[2];
    struct mail mail;
    struct light_message m;
    bool any = true;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pipe(back), 0);
    mail_init(&mail, ends[0], back[1]);
    const struct light_message title = {.kind = LIGHT_TITLE, .body = BYTES("Desk", 4)};
    check_ok(&f->cx, light_message_write(&f->cx, &title, &f->out));
    for (size_t i = 0; i + 1 < f->out.len; i++) {
        assert_int_equal(write(ends[1], f->out.ptr + i, 1), 1);
        check_ok(&f->cx, mail_next(&f->cx, &mail, 0, &m, &any));
        assert_false(any);
    }
    assert_int_equal(write(ends[1], f->out.ptr + f->out.len - 1, 1), 1);
    assert_int_equal(write(ends[1], f->out.ptr, f->out.len), f->out.len);
    for (int i = 0; i < 2; i++) {
        check_ok(&f->cx, mail_next(&f->cx, &mail, 0, &m, &any));
        assert_true(any);
        check_bytes(m.body, BYTES("Desk", 4));
    }
    (void)fault_set(&f->cx, STATUS_LIMIT, __FILE__, __LINE__, "what");
    (void)fault_hint(&f->cx, "next");
    mail_send_fault(&f->cx, &mail);
    fault_clear(&f->cx);
    buf_clear(&f->out);
    uint8_t *room = NULL;
    check_ok(&f->cx, buf_extend(&f->cx, &f->out, 100, &room));
    f->out.len = (size_t)read(back[0], room, 100);
    size_t used = 0;
    check_ok(&f->cx, light_message_read(&f->cx, buf_view(&f->out), &m, &used, NULL));
    assert_int_equal(m.kind, LIGHT_ERROR);
    assert_int_equal(m.code, STATUS_LIMIT);
    check_bytes(m.body, BYTES("what\nnext", 9));
    assert_int_equal(write(ends[1], "\xff\0\0\0\0", 5), 5);
    check_status(&f->cx, STATUS_UNSUPPORTED, mail_next(&f->cx, &mail, 0, &m, &any));
    mail_finish(&mail);
    mail_init(&mail, ends[0], back[1]);
    (void)close(ends[1]);
    check_status(&f->cx, STATUS_CANCELLED, mail_next(&f->cx, &mail, -1, &m, &any));
    mail_finish(&mail);
    (void)close(ends[0]);
    (void)close(back[0]);
    (void)close(back[1]);
}

static void arguments_say_what_they_may(void **state)
{
    struct fixture *f = *state;
    struct show_options o = {.fps = 99};
    static const char *const good[] = {"valise-show", "--to", "apng",    "--profile", "fast60",
                                       "--fps",       "30",   "--calm",  "--full",    "--start",
                                       "--frames",    "7",    "--scale", "3"};
    check_ok(&f->cx, show_options_read(&f->cx, 14, (char *const *)(uintptr_t)good, &o));
    assert_true(o.to == SHOW_APNG && o.fps == 30 && o.calm && o.full && o.start && o.frames == 7 &&
                o.scale == 3);
    assert_string_equal(o.profile->name, "fast60");
    static const char *const bad[][3] = {
        {"x", "--to", "paper"}, {"x", "--to", NULL},       {"x", "--fps", "0"},
        {"x", "--fps", "61"},   {"x", "--fps", "1x"},      {"x", "--profile", "no"},
        {"x", "--scale", "17"}, {"x", "--frames", "-1"},   {"x", "a-file", NULL},
        {"x", "--loud", NULL},  {"x", "--profile", "\xff"}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check_status(&f->cx, STATUS_USAGE,
                     show_options_read(&f->cx, bad[i][2] == NULL ? 2 : 3,
                                       (char *const *)(uintptr_t)bad[i], &o));
    }
}

#define SHOW_TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOW_TEST(canvas_holds_the_fountains_symbols_where_geometry_says),
        SHOW_TEST(beacon_says_what_is_shown),
        SHOW_TEST(coming_back_to_a_size_goes_on_where_it_was),
        SHOW_TEST(layout_that_takes_too_many_symbols_changes_nothing),
        SHOW_TEST(screens_get_what_they_can_show),
        cmocka_unit_test(size_keys_step_through_all_that_fits),
        cmocka_unit_test(speed_keys_step_between_1_and_60),
        SHOW_TEST(halfblocks_show_the_same_squares),
        SHOW_TEST(greys_come_close),
        SHOW_TEST(words_stay_in_their_place),
        SHOW_TEST(kitty_gets_the_same_file),
        cmocka_unit_test(keys_are_told_from_what_a_terminal_sends),
        SHOW_TEST(png_holds_the_same_dots),
        SHOW_TEST(moving_png_holds_each_frame_for_its_time),
        SHOW_TEST(pictures_are_cut_at_their_edges),
        SHOW_TEST(pictures_shrink_to_the_mean_of_their_boxes),
        SHOW_TEST(one_code_holds_any_bytes),
        SHOW_TEST(what_fits_one_code_is_one),
        SHOW_TEST(paper_gives_the_parcel_back_from_any_codes),
        SHOW_TEST(paper_says_when_a_parcel_is_too_large),
        SHOW_TEST(messages_come_whole_or_not_yet),
        SHOW_TEST(arguments_say_what_they_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
