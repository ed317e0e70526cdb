/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves: UTF-8 is decoded strictly; no code point that could fool a terminal, an eye or a JSON
 * parser gets past the escapes, bad bytes included; widths match what the escape shows; hex,
 * base32 and decimals have one spelling each.
 */
#include "check.h"
#include "limits.h"

#include <stdio.h>
#include <string.h>

static struct machine machine;
static struct ctx cx;
static struct buf out;

static int start(void **state)
{
    (void)state;
    machine_init(&machine, test_seed());
    ctx_init(&cx, &machine.system);
    buf_init(&out, 64 * KIB);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    buf_finish(&out);
    return 0;
}

/* Encodes a code point by the book, surrogates too, so that the decoder has something to refuse. */
static size_t encode(uint32_t c, char to[static 4])
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        to[i] = (char)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    to[0] = (char)((0xF00U >> len & 0xFF) | c);
    return len;
}

/* Written from the list of the promise, not from the table of the code. */
static bool must_be_hidden(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {0x00, 0x1F},       {0x7F, 0x9F},       {0x202A, 0x202E}, {0x2066, 0x2069},
        {0x200E, 0x200F},   {0x061C, 0x061C},   {0x200B, 0x200D}, {0x2060, 0x2064},
        {0xFEFF, 0xFEFF},   {0x00AD, 0x00AD},   {0x180E, 0x180E}, {0xFE00, 0xFE0F},
        {0xE0100, 0xE01EF}, {0xE0000, 0xE007F}, {0x2028, 0x2029}, {0x115F, 0x1160},
        {0x3164, 0x3164},   {0xFFA0, 0xFFA0},   {0xFDD0, 0xFDEF},
    };

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (c >= ranges[i][0] && c <= ranges[i][1]) {
            return true;
        }
    }
    return (c & 0xFFFF) >= 0xFFFE;
}

static void every_code_point_decodes_to_itself(void **state)
{
    char t[4];

    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        size_t len = encode(c, t);
        bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        if (utf8_valid(BYTES(t, len)) == surrogate) {
            fail_msg("U+%04X", (unsigned)c);
        }
        size_t pos = 0;
        if (!surrogate && (utf8_next((text){t, len}, &pos) != c || pos != len)) {
            fail_msg("U+%04X", (unsigned)c);
        }
        if (len > 1 && utf8_valid(BYTES(t, len - 1))) {
            fail_msg("cut U+%04X", (unsigned)c);
        }
    }
}

static void bad_utf8_is_refused(void **state)
{
    static const char *const bad[] = {
        "\x80",
        "\xBF",
        "\xC0\x80",
        "\xC1\xBF",
        "\xE0\x80\x80",
        "\xE0\x9F\xBF",
        "\xED\xA0\x80",
        "\xED\xBF\xBF",
        "\xF0\x80\x80\x80",
        "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xF8\x88\x80\x80\x80",
        "\xFE",
        "\xFF",
        "\xC3",
        "\xC3(",
        "\xE6\xB0",
        "\xE6(\xB4",
        "\xF0\x9F\x8E",
        "a\xC3",
        "\xC3\xA9\xA9",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(utf8_valid(BYTES(bad[i], strlen(bad[i]))));
    }
    assert_true(utf8_valid(BYTES(NULL, 0)));
    for (size_t at = 0; at < 40; at++) { /* ASCII is skipped in strides: none may be jumped over */
        char line[48];
        memset(line, 'a', sizeof line);
        line[at] = '\xC3';
        assert_false(utf8_valid(BYTES(line, sizeof line)));
        assert_false(utf8_valid(BYTES(line, at + 1)));
        line[at + 1] = '\xA9';
        assert_true(utf8_valid(BYTES(line, sizeof line)));
        assert_true(utf8_valid(BYTES(line, at + 2)));
    }
    size_t pos = 0;
    assert_int_equal(utf8_next((text){"\xC3", 1}, &pos), 0xFFFD);
    assert_int_equal(pos, 1);
}

static void hidden_characters_are_spelled_out(void **state)
{
    char t[4];
    char expected[32];

    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        if (c >= 0xD800 && c <= 0xDFFF) {
            continue;
        }
        size_t len = encode(c, t);
        buf_clear(&out);
        check_ok(&cx, escape_terminal(&cx, &out, (text){t, len}, false));
        bool plain = bytes_equal(buf_view(&out), BYTES(t, len));
        int width = utf8_width(c);
        if (!plain && c != '\n') {
            int n = snprintf(expected, sizeof expected, "\\u{%02X}", (unsigned)c);
            check_bytes(buf_view(&out), BYTES(expected, (size_t)n));
            assert_int_equal(width, n); /* a column counts what is shown */
        }
        if ((plain && must_be_hidden(c)) || (plain && (width < 0 || width > 2))) {
            fail_msg("U+%04X", (unsigned)c);
        }
        buf_clear(&out);
        check_ok(&cx, escape_json(&cx, &out, (text){t, len}));
        if (plain == false || c == '"' || c == '\\') {
            assert_true(out.len > len + 2 && out.ptr[1] == '\\');
        } else {
            check_bytes(BYTES(out.ptr + 1, out.len - 2), BYTES(t, len));
        }
    }
}

static void escapes_read_as_promised(void **state)
{
    static const struct {
        const char *in;
        const char *terminal;
        const char *lines;
        const char *json;
    } rows[] = {
        {"", "", "", "\"\""},
        {"caf\xC3\xA9 \xE6\xB0\xB4", "caf\xC3\xA9 \xE6\xB0\xB4", "caf\xC3\xA9 \xE6\xB0\xB4",
         "\"caf\xC3\xA9 \xE6\xB0\xB4\""},
        {"a\x1B[2Jb", "a\\u{1B}[2Jb", "a\\u{1B}[2Jb", "\"a\\u001B[2Jb\""},
        {"a\nb\r\n", "a\\nb\\u{0D}\\n", "a\nb\\u{0D}\n", "\"a\\u000Ab\\u000D\\u000A\""},
        {"\xC2\x9B"
         "2J",
         "\\u{9B}2J", "\\u{9B}2J", "\"\\u009B2J\""},
        {"x\xE2\x80\xAEgpj.exe", "x\\u{202E}gpj.exe", "x\\u{202E}gpj.exe", "\"x\\u202Egpj.exe\""},
        {"\xF3\xA0\x81\x81", "\\u{E0041}", "\\u{E0041}", "\"\\uDB40\\uDC41\""},
        {"\xFF\xC3", "\\x{FF}\\x{C3}", "\\x{FF}\\x{C3}", "\"\\\\x{FF}\\\\x{C3}\""},
        {"\xED\xA0\x80", "\\x{ED}\\x{A0}\\x{80}", "\\x{ED}\\x{A0}\\x{80}",
         "\"\\\\x{ED}\\\\x{A0}\\\\x{80}\""},
        {"\"\\/", "\"\\/", "\"\\/", "\"\\\"\\\\/\""},
        /* a bad byte must not swallow the ESC behind it */
        {"\xE2\x80\x1B[m", "\\x{E2}\\x{80}\\u{1B}[m", "\\x{E2}\\x{80}\\u{1B}[m",
         "\"\\\\x{E2}\\\\x{80}\\u001B[m\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        text t = {.ptr = rows[i].in, .len = strlen(rows[i].in)};
        buf_clear(&out);
        check_ok(&cx, escape_terminal(&cx, &out, t, false));
        check_bytes(buf_view(&out), BYTES(rows[i].terminal, strlen(rows[i].terminal)));
        buf_clear(&out);
        check_ok(&cx, escape_terminal(&cx, &out, t, true));
        check_bytes(buf_view(&out), BYTES(rows[i].lines, strlen(rows[i].lines)));
        buf_clear(&out);
        check_ok(&cx, escape_json(&cx, &out, t));
        check_bytes(buf_view(&out), BYTES(rows[i].json, strlen(rows[i].json)));
    }
}

static void a_full_buffer_keeps_what_it_had(void **state)
{
    struct buf small;

    (void)state;
    buf_init(&small, 8);
    check_ok(&cx, buf_add_text(&cx, &small, TEXT("ab")));
    check_status(&cx, STATUS_LIMIT, escape_terminal(&cx, &small, TEXT("cd\x1B"), false));
    check_text(buf_text(&small), "ab");
    check_status(&cx, STATUS_LIMIT, escape_json(&cx, &small, TEXT("cd\x1B")));
    check_text(buf_text(&small), "ab");
    buf_finish(&small);
}

static void random_bytes_come_out_harmless(void **state)
{
    uint8_t some[64];

    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t len = (size_t)machine_below(&machine, sizeof some);
        machine_fill(&machine, some, sizeof some);
        buf_clear(&out);
        check_ok(&cx, escape_terminal(&cx, &out, (text){(const char *)some, len}, false));
        assert_true(utf8_valid(buf_view(&out)));
        for (size_t pos = 0; pos < out.len;) {
            assert_false(must_be_hidden(utf8_next(buf_text(&out), &pos)));
        }
    }
}

static void widths_fit_the_terminal(void **state)
{
    static const struct {
        uint32_t code_point;
        int width;
    } rows[] = {
        {'a', 1},     {0xE9, 1},   {0x0301, 0},    {0x20DD, 0}, {0x1100, 2}, {0x1161, 0},
        {0x3042, 2},  {0x6C34, 2}, {0xFF21, 2},    {0xFF71, 1}, {0xAC00, 2}, {0x1F392, 2},
        {0x20000, 2}, {0x05D0, 1}, {0x303F, 2},    {0x2028, 8}, {0x1B, 6},   {'\n', 2},
        {0xE0041, 9}, {'"', 1},    {0x10FFFE, 10},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (utf8_width(rows[i].code_point) != rows[i].width) {
            fail_msg("U+%04X", (unsigned)rows[i].code_point);
        }
    }
}

static void hex_and_base32_have_one_spelling(void **state)
{
    static const char *const good32[][2] = {
        {"", ""},
        {"f", "my"},
        {"fo", "mzxq"},
        {"foo", "mzxw6"},
        {"foob", "mzxw6yq"},
        {"fooba", "mzxw6ytb"},
        {"foobar", "mzxw6ytboi"}, /* RFC 4648 §10 */
    };
    static const char *const bad32[] = {"m",  "mzx",  "mzxw6y",   "MY",  "m1", "m8",   "m0",
                                        "mz", "mzxr", "my======", " my", "m=", "m\x80"};
    static const char *const bad16[] = {"0",  "0g", "AB", "aB", "0x",
                                        " 0", "a`", "/0", ":0", "\xFFx"};

    (void)state;
    for (size_t i = 0; i < sizeof good32 / sizeof good32[0]; i++) {
        buf_clear(&out);
        check_ok(&cx, base32_encode(&cx, &out, BYTES(good32[i][0], strlen(good32[i][0]))));
        check_bytes(buf_view(&out), BYTES(good32[i][1], strlen(good32[i][1])));
        buf_clear(&out);
        check_ok(&cx, base32_decode(&cx, &out, text_of(good32[i][1])));
        check_bytes(buf_view(&out), BYTES(good32[i][0], strlen(good32[i][0])));
    }
    buf_clear(&out);
    check_ok(&cx, hex_encode(&cx, &out, BYTES("\x00\x09\x0a\x9f\xff", 5)));
    check_text(buf_text(&out), "00090a9fff");
    for (size_t i = 0; i < sizeof bad32 / sizeof bad32[0]; i++) {
        text t = {.ptr = bad32[i], .len = strlen(bad32[i])};
        check_status(&cx, STATUS_MALFORMED, base32_decode(&cx, &out, t));
    }
    for (size_t i = 0; i < sizeof bad16 / sizeof bad16[0]; i++) {
        text t = {.ptr = bad16[i], .len = strlen(bad16[i])};
        check_status(&cx, STATUS_MALFORMED, hex_decode(&cx, &out, t));
    }
    check_text(buf_text(&out), "00090a9fff"); /* untouched by every failure */
}

static void random_bytes_survive_hex_and_base32(void **state)
{
    uint8_t some[70];
    struct buf back;

    (void)state;
    buf_init(&back, KIB);
    for (int round = 0; round < 2000; round++) {
        size_t len = (size_t)machine_below(&machine, sizeof some);
        machine_fill(&machine, some, sizeof some);
        buf_clear(&out);
        buf_clear(&back);
        check_ok(&cx, hex_encode(&cx, &out, BYTES(some, len)));
        check_ok(&cx, hex_decode(&cx, &back, buf_text(&out)));
        check_bytes(buf_view(&back), BYTES(some, len));
        buf_clear(&out);
        buf_clear(&back);
        check_ok(&cx, base32_encode(&cx, &out, BYTES(some, len)));
        check_ok(&cx, base32_decode(&cx, &back, buf_text(&out)));
        check_bytes(buf_view(&back), BYTES(some, len));
    }
    buf_finish(&back);
}

static void decimals_have_one_spelling(void **state)
{
    static const struct {
        const char *in;
        int64_t value;
    } good[] = {{"0", 0},
                {"7", 7},
                {"-7", -7},
                {"10", 10},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}};
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      "-0",
                                      "00",
                                      "01",
                                      "-01",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "0x1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999",
                                      "1\n",
                                      "\xD9\xA1"};
    int64_t got = 42;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(parse_i64(text_of(good[i].in), INT64_MIN, INT64_MAX, &got));
        assert_true(got == good[i].value);
    }
    got = 42;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(parse_i64(text_of(bad[i]), INT64_MIN, INT64_MAX, &got));
    }
    assert_false(parse_i64(TEXT("5"), 6, 9, &got));
    assert_false(parse_i64(TEXT("10"), 6, 9, &got));
    assert_int_equal(got, 42);
    assert_true(parse_i64(TEXT("9"), 6, 9, &got));
    assert_int_equal(got, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_code_point_decodes_to_itself, start, stop),
        cmocka_unit_test_setup_teardown(bad_utf8_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(hidden_characters_are_spelled_out, start, stop),
        cmocka_unit_test_setup_teardown(escapes_read_as_promised, start, stop),
        cmocka_unit_test_setup_teardown(a_full_buffer_keeps_what_it_had, start, stop),
        cmocka_unit_test_setup_teardown(random_bytes_come_out_harmless, start, stop),
        cmocka_unit_test_setup_teardown(widths_fit_the_terminal, start, stop),
        cmocka_unit_test_setup_teardown(hex_and_base32_have_one_spelling, start, stop),
        cmocka_unit_test_setup_teardown(random_bytes_survive_hex_and_base32, start, stop),
        cmocka_unit_test_setup_teardown(decimals_have_one_spelling, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
