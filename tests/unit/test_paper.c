/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what paper.h promises: what is drawn is read back, at many sizes, turned, stained and
 * grainy; what is no image or a hostile one is refused and the next request still works as far as
 * the reader lives; a page holds its text and its code, no date, and fits one sheet.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paper.h"

static const char code_text[] =
    "VALISE-SHEET:0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123";

struct fixture {
    struct ctx cx;
    struct machine machine;
    struct paper *paper;
    struct buf modules, image, found;
    size_t side;
};

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    machine_init(&f->machine, test_seed());
    ctx_init(&f->cx, &f->machine.system);
    buf_init(&f->modules, 64 * 1024);
    buf_init(&f->image, 16 * 1024 * 1024);
    buf_init(&f->found, PAPER_FOUND_MAX);
    check_ok(&f->cx, paper_start(&f->cx, &f->paper));
    *state = f;
    return 0;
}

static int finish(void **state)
{
    struct fixture *f = *state;
    paper_stop(&f->paper);
    paper_stop(&f->paper);
    buf_finish(&f->modules);
    buf_finish(&f->image);
    buf_finish(&f->found);
    free(f);
    return 0;
}

static void encode(struct fixture *f)
{
    check_ok(&f->cx, paper_encode(&f->cx, f->paper, text_of(code_text), &f->modules, &f->side));
    assert_int_equal(f->modules.len, f->side * f->side);
}

/* The code as a grey picture, `dots` a square, turned by quarters, with noise and white around. */
static void draw(struct fixture *f, size_t dots, unsigned turn, unsigned noise)
{
    size_t wide = (f->side + 8) * dots;
    uint8_t *at = NULL;
    buf_clear(&f->image);
    check_ok(&f->cx, buf_printf(&f->cx, &f->image, "P5\n# a comment\n%zu %zu\n255\n", wide, wide));
    check_ok(&f->cx, buf_extend(&f->cx, &f->image, wide * wide, &at));
    for (size_t y = 0; y < wide; y++) {
        for (size_t x = 0; x < wide; x++) {
            size_t row = y / dots, column = x / dots;
            bool dark = false;
            if (row >= 4 && column >= 4 && row < f->side + 4 && column < f->side + 4) {
                size_t r = row - 4, c = column - 4, last = f->side - 1;
                size_t tr = turn == 0 ? r : turn == 1 ? c : last - r;
                size_t tc = turn == 0 ? c : turn == 1 ? last - r : last - c;
                dark = f->modules.ptr[tr * f->side + tc] != 0;
            }
            int grey = dark ? 40 : 215;
            grey += noise == 0 ? 0 : (int)machine_below(&f->machine, 2 * noise) - (int)noise;
            at[y * wide + x] = (uint8_t)(grey < 0 ? 0 : grey > 255 ? 255 : grey);
        }
    }
}

static enum status scan(struct fixture *f)
{
    buf_clear(&f->found);
    return paper_scan(&f->cx, f->paper, buf_view(&f->image), &f->found);
}

static void expect_found(struct fixture *f)
{
    check_ok(&f->cx, scan(f));
    assert_int_equal(f->found.len, strlen(code_text) + 1);
    assert_memory_equal(f->found.ptr, code_text, strlen(code_text));
    assert_int_equal(f->found.ptr[f->found.len - 1], '\n');
}

static void drawn_code_is_read_back(void **state)
{
    struct fixture *f = *state;
    encode(f);
    for (size_t dots = 2; dots <= 12; dots += 2) {
        for (unsigned turn = 0; turn < 3; turn++) {
            draw(f, dots, turn, 0);
            expect_found(f);
        }
    }
}

static void grain_and_stains_are_read_over(void **state)
{
    struct fixture *f = *state;
    encode(f);
    for (unsigned noise = 10; noise <= 70; noise += 20) {
        draw(f, 8, 0, noise);
        expect_found(f);
    }
    draw(f, 6, 0, 0);
    uint8_t *dots = f->image.ptr + f->image.len - (f->side + 8) * 6 * (f->side + 8) * 6;
    for (size_t y = 0; y < 48; y++) { /* a stain of 8 x 8 squares in the middle */
        memset(dots + ((f->side / 2) * 6 + y) * (f->side + 8) * 6 + (f->side / 2) * 6, 30, 48);
    }
    expect_found(f);
}

static void empty_page_has_no_code(void **state)
{
    struct fixture *f = *state;
    uint8_t *at = NULL;
    check_ok(&f->cx, buf_printf(&f->cx, &f->image, "P5 800 600 255\n"));
    check_ok(&f->cx, buf_extend(&f->cx, &f->image, 800 * 600, &at));
    memset(at, 255, 800 * 600);
    check_status(&f->cx, STATUS_NOT_FOUND, scan(f));
    for (size_t i = 0; i < 800 * 600; i++) {
        at[i] = (uint8_t)machine_below(&f->machine, 256);
    }
    check_status(&f->cx, STATUS_NOT_FOUND, scan(f));
}

static void what_is_no_image_is_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        {"", 0},
        {"P5", 2},
        {"P5 10 10 255\n", 13},
        {"P5 0 10 255\nxxxxxxxxxxxxxxx", 27},
        {"P5 99999999999999999999 1 255\nx", 31},
        {"P5 16385 1 255\nx", 16},
        {"P5 16384 16384 255\nx", 20},
        {"P5 2 2 65535\nxxxxxxxx", 21},
        {"P6 2 2 255\nxxxxxxxxxxxxxxxx", 27},
        {"\x89PNG\r\n\x1a\n", 8},
        {"\x89PNG\r\n\x1a\n\0\0\0\rIHDRxxxxxxxxxxxxxxx", 31},
        {"\xff\xd8\xff\xe0 a JPEG", 11},
        {"%PDF-1.4 no image", 17},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        buf_clear(&f->image);
        check_ok(&f->cx, buf_add(&f->cx, &f->image, BYTES(cases[i].bytes, cases[i].len)));
        enum status status = scan(f);
        assert_int_equal(status, STATUS_MALFORMED);
        assert_string_not_equal(f->cx.fault.hint, "");
        fault_clear(&f->cx);
    }
    encode(f); /* it lives */
    draw(f, 4, 0, 0);
    expect_found(f);
}

/* Random damage to the picture of a code: never anything but the text, or a word that it failed. */
static void damaged_pictures_do_no_harm(void **state)
{
    struct fixture *f = *state;
    encode(f);
    for (int round = 0; round < 60; round++) {
        draw(f, 3, 0, 0);
        for (int i = 0; i < 2000; i++) {
            f->image.ptr[20 + machine_below(&f->machine, f->image.len - 20)] ^=
                (uint8_t)machine_below(&f->machine, 256);
        }
        if (scan(f) == STATUS_OK) {
            assert_memory_equal(f->found.ptr, "VALISE-SHEET:", 13);
        }
        fault_clear(&f->cx);
    }
    draw(f, 4, 0, 0);
    expect_found(f);
}

static void content_that_no_code_holds_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const cases[] = {"", "lower case", "A\nB", "\xc3\x89"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_not_equal(
            paper_encode(&f->cx, f->paper, text_of(cases[i]), &f->modules, &f->side), STATUS_OK);
        fault_clear(&f->cx);
        assert_int_equal(f->modules.len, 0);
    }
    encode(f);
}

static void page_holds_text_and_code_and_no_date(void **state)
{
    struct fixture *f = *state;
    struct buf pdf, again;
    text page = TEXT("TITLE (1) \\ 2\n\nZo\xc3\xa9, \xd0\x90\xd0\xb7\nthe last line");
    buf_init(&pdf, 1 << 20);
    buf_init(&again, 1 << 20);
    encode(f);
    check_ok(&f->cx,
             paper_page(&f->cx, page, buf_view(&f->modules), f->side, TEXT("scan me"), &pdf));
    check_ok(&f->cx,
             paper_page(&f->cx, page, buf_view(&f->modules), f->side, TEXT("scan me"), &again));
    check_bytes(buf_view(&pdf), buf_view(&again));
    static const char *const there[] = {"%PDF-1.4\n",       "(TITLE \\(1\\) \\\\ 2)",
                                        "(Zo\\351, __)",    "(the last line)",
                                        "write it by hand", "(scan me)",
                                        "%%EOF\n"};
    for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
        assert_non_null(memmem(pdf.ptr, pdf.len, there[i], strlen(there[i])));
    }
    static const char *const not_there[] = {"Date", "Producer", "Creator", "/ID", "/Info"};
    for (size_t i = 0; i < sizeof(not_there) / sizeof(not_there[0]); i++) {
        assert_null(memmem(pdf.ptr, pdf.len, not_there[i], strlen(not_there[i])));
    }
    buf_clear(&pdf);
    check_ok(&f->cx, paper_page(&f->cx, TEXT("T\n"), BYTES(NULL, 0), 0, TEXT(""), &pdf));
    char lines[128] = "";
    memset(lines, '\n', 70);
    check_status(&f->cx, STATUS_LIMIT,
                 paper_page(&f->cx, text_of(lines), BYTES(NULL, 0), 0, TEXT(""), &again));
    lines[42] = '\0';
    check_status(
        &f->cx, STATUS_LIMIT,
        paper_page(&f->cx, text_of(lines), buf_view(&f->modules), f->side, TEXT(""), &again));
    buf_finish(&pdf);
    buf_finish(&again);
}

static void pages_hold_what_was_put_on_them(void **state)
{
    struct fixture *f = *state;
    struct paper_pages *pages = NULL;
    struct buf pdf;
    buf_init(&pdf, 1 << 20);
    encode(f);
    check_ok(&f->cx, paper_pages_new(&f->cx, &pages));
    for (int i = 0; i < PAPER_PAGES_MAX; i++) {
        check_ok(&f->cx, paper_pages_begin(&f->cx, pages));
        check_ok(&f->cx, paper_pages_text(&f->cx, pages, (struct paper_place){60, 700},
                                          PAPER_FONT_TEXT, 9, TEXT("(a page)")));
    }
    assert_false(paper_pages_replaced(pages));
    check_status(&f->cx, STATUS_LIMIT, paper_pages_begin(&f->cx, pages));
    check_ok(&f->cx, paper_pages_code(&f->cx, pages, (struct paper_place){60, 600}, 100,
                                      buf_view(&f->modules), f->side));
    check_ok(&f->cx, paper_pages_end(&f->cx, pages, &pdf));
    assert_non_null(memmem(pdf.ptr, pdf.len, "/Count 64 ", 10));
    const uint8_t *at = pdf.ptr;
    size_t left = pdf.len, seen = 0;
    while ((at = memmem(at, left, "(\\(a page\\)) Tj", 15)) != NULL) {
        at++;
        left = pdf.len - (size_t)(at - pdf.ptr);
        seen++;
    }
    assert_int_equal(seen, PAPER_PAGES_MAX);
    paper_pages_free(&pages);
    paper_pages_free(&pages);
    buf_finish(&pdf);
}

static void names_tell_what_a_file_is(void **state)
{
    (void)state;
    assert_true(paper_is_page("/a/b.pdf") && paper_is_page("x.PDF"));
    assert_false(paper_is_page(".pdf") || paper_is_page("pdf") || paper_is_page("a.pdf.txt"));
    assert_true(paper_is_scan("a.png") && paper_is_scan("a.PGM"));
    assert_false(paper_is_scan("a.jpg") || paper_is_scan("a.txt") || paper_is_scan(""));
}

#define PAPER_TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAPER_TEST(drawn_code_is_read_back),
        PAPER_TEST(grain_and_stains_are_read_over),
        PAPER_TEST(empty_page_has_no_code),
        PAPER_TEST(what_is_no_image_is_refused),
        PAPER_TEST(damaged_pictures_do_no_harm),
        PAPER_TEST(content_that_no_code_holds_is_refused),
        PAPER_TEST(page_holds_text_and_code_and_no_date),
        PAPER_TEST(pages_hold_what_was_put_on_them),
        cmocka_unit_test(names_tell_what_a_file_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
