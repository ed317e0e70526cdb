/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves: each value has one encoding. What the reader accepts, the writer gives back byte for
 * byte; every other spelling is refused and the fault names the clause; a fault latches.
 */
#include "check.h"
#include "limits.h"
#include "walk.h"
#include "wire.h"

#include <string.h>

static struct machine machine;
static struct ctx cx;
static struct buf in;
static struct buf out;

static int start(void **state)
{
    (void)state;
    machine_init(&machine, test_seed());
    ctx_init(&cx, &machine.system);
    buf_init(&in, 64 * KIB);
    buf_init(&out, 64 * KIB);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    buf_finish(&in);
    buf_finish(&out);
    return 0;
}

/* A reader over the bytes of a hex string, kept in `in`. */
static struct wire_reader reader_of(const char *hex)
{
    struct wire_reader r;

    buf_clear(&in);
    check_ok(&cx, hex_decode(&cx, &in, text_of(hex)));
    wire_reader_init(&r, buf_view(&in));
    return r;
}

/* The reader and the walk must agree; an accepted input must come out as it went in. */
static bool accepted(bytes input)
{
    struct wire_reader any;
    struct wire_reader walked;
    struct wire_writer w;

    wire_reader_init(&any, input);
    bytes taken = wire_get_any(&any);
    bool ok = wire_reader_done(&cx, &any, "value") == STATUS_OK;
    fault_clear(&cx);

    buf_clear(&out);
    wire_reader_init(&walked, input);
    wire_writer_init(&w, &cx, &out);
    walk_value(&walked, &w);
    assert_int_equal(ok, wire_reader_done(&cx, &walked, "value") == STATUS_OK);
    fault_clear(&cx);
    if (ok) {
        check_ok(&cx, wire_writer_done(&w));
        check_bytes(taken, input);
        check_bytes(buf_view(&out), input);
    }
    return ok;
}

static void good_encodings_come_back(void **state)
{
    /* from RFC 8949 appendix A, and the edges of each width */
    static const char *const good[] = {
        "00",
        "01",
        "0a",
        "17",
        "1818",
        "18ff",
        "190100",
        "19ffff",
        "1a00010000",
        "1affffffff",
        "1b0000000100000000",
        "1bffffffffffffffff",
        "20",
        "37",
        "3818",
        "38ff",
        "390100",
        "3b7fffffffffffffff",
        "40",
        "4401020304",
        "60",
        "6161",
        "6449455446",
        "62225c",
        "62c3bc",
        "63e6b0b4",
        "64f0908591",
        "80",
        "83010203",
        "8301820203820405",
        "a0",
        "a201020304",
        "a201187b18ff6161",
        "f4",
        "f5",
        "f6",
        "a1008181a0",
        "8181818181818180",
        "a11bffffffffffffffff00",
        "8300f6f5",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        (void)reader_of(good[i]);
        if (!accepted(buf_view(&in))) {
            fail_msg("%s was refused", good[i]);
        }
    }
}

static void other_spellings_are_refused(void **state)
{
    static const struct {
        const char *hex;
        const char *clause;
    } bad[] = {
        {"", "[F-01]"},
        {"18", "[F-01]"},
        {"19ff", "[F-01]"},
        {"1bffffffffffffff", "[F-01]"},
        {"41", "[F-01]"},
        {"5bffffffffffffffff00", "[F-01]"},
        {"9bffffffffffffffff00", "[F-01]"},
        {"bb800000000000000000", "[F-01]"},
        {"82", "[F-01]"},
        {"8200", "[F-01]"},
        {"a100", "[F-01]"},
        {"c000", "[F-01]"},
        {"d81845", "[F-01]"},
        {"e0", "[F-01]"},
        {"f3", "[F-01]"},
        {"f7", "[F-01]"},
        {"f820", "[F-01]"},
        {"f90000", "[F-01]"},
        {"fa00000000", "[F-01]"},
        {"fb0000000000000000", "[F-01]"},
        {"ff", "[F-01]"},
        {"3b8000000000000000", "[F-01]"},
        {"1800", "[F-02]"},
        {"1817", "[F-02]"},
        {"190000", "[F-02]"},
        {"1900ff", "[F-02]"},
        {"1a0000ffff", "[F-02]"},
        {"1b00000000ffffffff", "[F-02]"},
        {"3817", "[F-02]"},
        {"580100", "[F-02]"},
        {"780161", "[F-02]"},
        {"980100", "[F-02]"},
        {"b8010000", "[F-02]"},
        {"1c", "[F-03]"},
        {"1f", "[F-03]"},
        {"5f41ff", "[F-03]"},
        {"7f6161ff", "[F-03]"},
        {"9f00ff", "[F-03]"},
        {"bf0000ff", "[F-03]"},
        {"a201000100", "[F-04]"},
        {"a202000100", "[F-04]"},
        {"a1200a", "[F-04]"},
        {"a1616100", "[F-04]"},
        {"a1410000", "[F-04]"},
        {"a1f500", "[F-04]"},
        {"61ff", "[F-05]"},
        {"62c080", "[F-05]"},
        {"63eda080", "[F-05]"},
        {"64f4908080", "[F-05]"},
        {"818181818181818180", "[F-06]"},
        {"a100a100a100a100a100a100a100a100a0", "[F-06]"},
        {"0000", "[F-07]"},
        {"8000", "[F-07]"},
        {"f5f5", "[F-07]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct wire_reader r = reader_of(bad[i].hex);
        (void)wire_get_any(&r);
        check_fault(&cx, STATUS_MALFORMED, bad[i].clause, wire_reader_done(&cx, &r, bad[i].hex));
        assert_false(accepted(buf_view(&in)));
    }
}

static void a_record_reads_like_its_schema(void **state)
{
    struct wire_reader r = reader_of("a7000501200241ff0363616263048201f505f60643010203");
    uint8_t fixed[3];

    (void)state;
    assert_int_equal(wire_peek(&r), WIRE_MAP);
    assert_int_equal(wire_get_map(&r, 1, 8), 7);
    wire_need_key(&r, 0);
    assert_int_equal(wire_get_uint(&r, 5), 5);
    wire_need_key(&r, 1);
    assert_int_equal(wire_get_int(&r), -1);
    wire_need_key(&r, 2);
    check_bytes(wire_get_bytes(&r, 1, 1), BYTES("\xff", 1));
    assert_false(wire_have_key(&r, 4));
    assert_true(wire_have_key(&r, 3));
    check_text(wire_get_text(&r, 0, 3), "abc");
    wire_need_key(&r, 4);
    assert_int_equal(wire_get_array(&r, 2, 2), 2);
    assert_int_equal(wire_get_int(&r), 1);
    assert_int_equal(wire_peek(&r), WIRE_BOOL);
    assert_true(wire_get_bool(&r));
    wire_need_key(&r, 5);
    assert_int_equal(wire_peek(&r), WIRE_NULL);
    wire_get_null(&r);
    wire_need_key(&r, 6);
    assert_false(wire_at_end(&r));
    wire_get_fixed(&r, fixed, sizeof fixed);
    check_bytes(BYTES_OF(fixed), BYTES("\x01\x02\x03", 3));
    assert_true(wire_at_end(&r));
    assert_int_equal(wire_peek(&r), WIRE_NONE);
    check_ok(&cx, wire_reader_done(&cx, &r, "record"));
}

enum ask {
    ASK_UINT,
    ASK_INT,
    ASK_BOOL,
    ASK_NULL,
    ASK_BYTES,
    ASK_TEXT,
    ASK_FIXED,
    ASK_ARRAY,
    ASK_MAP,
    ASK_KEY
};

/* Asks for limits of 2 to 4; a fault must leave zeros. */
static void ask_in_vain(struct wire_reader *r, enum ask ask)
{
    uint8_t fixed[2] = {0xAA, 0xAA};

    switch (ask) {
    case ASK_UINT:
        assert_int_equal(wire_get_uint(r, 4), 0);
        break;
    case ASK_INT:
        assert_int_equal(wire_get_int(r), 0);
        break;
    case ASK_BOOL:
        assert_false(wire_get_bool(r));
        break;
    case ASK_NULL:
        wire_get_null(r);
        break;
    case ASK_BYTES:
        assert_int_equal(wire_get_bytes(r, 2, 4).len, 0);
        break;
    case ASK_TEXT:
        assert_int_equal(wire_get_text(r, 2, 4).len, 0);
        break;
    case ASK_FIXED:
        wire_get_fixed(r, fixed, sizeof fixed);
        check_bytes(BYTES_OF(fixed), BYTES("\0\0", 2));
        break;
    case ASK_ARRAY:
        assert_int_equal(wire_get_array(r, 2, 4), 0);
        break;
    case ASK_MAP:
        assert_int_equal(wire_get_map(r, 2, 4), 0);
        break;
    case ASK_KEY:
        wire_need_key(r, 3);
        break;
    }
}

static void what_the_schema_does_not_ask_for_is_refused(void **state)
{
    static const struct {
        enum ask ask;
        const char *hex;
        const char *clause;
    } bad[] = {
        {ASK_UINT, "05", "[F-08]"},
        {ASK_UINT, "20", "[F-08]"},
        {ASK_UINT, "1804", "[F-02]"},
        {ASK_INT, "1b8000000000000000", "[F-08]"},
        {ASK_INT, "3b8000000000000000", "[F-01]"},
        {ASK_INT, "60", "[F-08]"},
        {ASK_INT, "", "[F-01]"},
        {ASK_BOOL, "f6", "[F-08]"},
        {ASK_BOOL, "01", "[F-08]"},
        {ASK_NULL, "f4", "[F-08]"},
        {ASK_NULL, "00", "[F-08]"},
        {ASK_BYTES, "4100", "[F-08]"},
        {ASK_BYTES, "450000000000", "[F-08]"},
        {ASK_BYTES, "6161", "[F-08]"},
        {ASK_BYTES, "4200", "[F-01]"},
        {ASK_TEXT, "6161", "[F-08]"},
        {ASK_TEXT, "656161616161", "[F-08]"},
        {ASK_TEXT, "4100", "[F-08]"},
        {ASK_TEXT, "62c328", "[F-05]"},
        {ASK_FIXED, "4101", "[F-08]"},
        {ASK_FIXED, "43010101", "[F-08]"},
        {ASK_FIXED, "4201", "[F-01]"},
        {ASK_ARRAY, "8100", "[F-08]"},
        {ASK_ARRAY, "850000000000", "[F-08]"},
        {ASK_ARRAY, "a0", "[F-08]"},
        {ASK_ARRAY, "8200", "[F-01]"},
        {ASK_MAP, "a10000", "[F-08]"},
        {ASK_MAP, "80", "[F-08]"},
        {ASK_MAP, "a2000001", "[F-01]"},
        {ASK_KEY, "02", "[F-04]"},
        {ASK_KEY, "04", "[F-04]"},
        {ASK_KEY, "6103", "[F-04]"},
        {ASK_KEY, "1803", "[F-02]"},
        {ASK_KEY, "", "[F-01]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct wire_reader r = reader_of(bad[i].hex);
        ask_in_vain(&r, bad[i].ask);
        if (r.status == STATUS_OK) {
            fail_msg("row %zu: %s was taken", i, bad[i].hex);
        }
        check_fault(&cx, STATUS_MALFORMED, bad[i].clause, wire_reader_done(&cx, &r, bad[i].hex));
    }
}

static void the_first_fault_latches(void **state)
{
    struct wire_reader r = reader_of("820500");

    (void)state;
    assert_int_equal(wire_get_array(&r, 0, 4), 2);
    wire_fail(&r, "[F-33] seq is 0");
    wire_fail(&r, "[F-34] later");
    assert_true(wire_at_end(&r));
    assert_int_equal(wire_peek(&r), WIRE_NONE);
    assert_false(wire_have_key(&r, 5));
    for (int ask = ASK_UINT; ask <= ASK_KEY; ask++) {
        ask_in_vain(&r, (enum ask)ask);
    }
    assert_int_equal(wire_get_any(&r).len, 0);
    check_fault(&cx, STATUS_MALFORMED, "entry: [F-33] seq is 0 (at byte 1)",
                wire_reader_done(&cx, &r, "entry"));
    check_fault(&cx, STATUS_MALFORMED, "[F-33]", wire_reader_done(&cx, &r, "entry"));
}

static void integers_reach_their_ends(void **state)
{
    static const int64_t ends[] = {INT64_MIN, INT64_MIN + 1, -257, -256,     -25, -24, -1, 0, 23,
                                   24,        255,           256,  INT64_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct wire_writer w;
        struct wire_reader r;
        buf_clear(&out);
        wire_writer_init(&w, &cx, &out);
        wire_put_int(&w, ends[i]);
        check_ok(&cx, wire_writer_done(&w));
        wire_reader_init(&r, buf_view(&out));
        assert_true(wire_get_int(&r) == ends[i]);
        check_ok(&cx, wire_reader_done(&cx, &r, "int"));
    }
}

static void the_writer_latches(void **state)
{
    struct wire_writer w;
    struct buf small;

    (void)state;
    buf_init(&small, 4);
    wire_writer_init(&w, &cx, &small);
    wire_put_uint(&w, 1);
    wire_put_bytes(&w, BYTES("12345", 5));
    wire_put_null(&w);
    check_status(&cx, STATUS_LIMIT, wire_writer_done(&w));
    assert_in_range(small.len, 1, 2); /* nothing follows the fault */
    buf_finish(&small);

    buf_clear(&out);
    wire_writer_init(&w, &cx, &out);
    wire_put_text(&w, (text){.ptr = "\xff", .len = 1});
    check_status(&cx, STATUS_BUG, wire_writer_done(&w));
    assert_int_equal(out.len, 0);
}

static void put_text(struct wire_writer *w, struct machine *m)
{
    static const char *const pieces[] = {"", "a", "\xC3\xA9", "\xE6\xB0\xB4", "\xF0\x9F\x8E\x92"};
    struct buf t;

    buf_init(&t, KIB);
    for (uint64_t n = machine_below(m, 40); n > 0; n--) {
        check_ok(&cx, buf_add_text(&cx, &t, text_of(pieces[machine_below(m, 5)])));
    }
    wire_put_text(w, buf_text(&t));
    buf_finish(&t);
}

static void put_plain(struct wire_writer *w, struct machine *m)
{
    uint8_t some[300];
    uint64_t number = machine_below(m, UINT64_MAX) >> machine_below(m, 64);

    switch (machine_below(m, 6)) {
    case 0:
        wire_put_uint(w, number);
        break;
    case 1:
        wire_put_int(w, -1 - (int64_t)(number >> 1));
        break;
    case 2:
        machine_fill(m, some, sizeof some);
        wire_put_bytes(w, BYTES(some, machine_below(m, sizeof some)));
        break;
    case 3:
        put_text(w, m);
        break;
    case 4:
        wire_put_bool(w, machine_below(m, 2) == 1);
        break;
    default:
        wire_put_null(w);
        break;
    }
}

/* Appends a random value to `in`: what is still owed to each open array or map is on a stack. */
static void put_random(struct machine *m)
{
    struct wire_writer w;
    struct {
        uint64_t left;
        uint64_t key; /* of a map: the last one written, plus 1; 0 for an array */
    } open[WIRE_DEPTH_MAX];
    size_t depth = 0;

    wire_writer_init(&w, &cx, &in);
    do {
        if (depth > 0) {
            open[depth - 1].left--;
            if (open[depth - 1].key > 0) {
                open[depth - 1].key += machine_below(m, 300);
                wire_put_uint(&w, open[depth - 1].key++);
            }
        }
        uint64_t count = machine_below(m, 5);
        if (depth == WIRE_DEPTH_MAX || machine_below(m, 3) == 0) {
            put_plain(&w, m);
        } else if (machine_below(m, 2) == 0) {
            wire_put_array(&w, count);
            open[depth].left = count;
            open[depth++].key = 0;
        } else {
            wire_put_map(&w, count);
            open[depth].left = count;
            open[depth++].key = 1;
        }
        while (depth > 0 && open[depth - 1].left == 0) {
            depth--;
        }
    } while (depth > 0 && in.len < 32 * KIB);
    while (depth > 0) { /* too long: owe nothing any more, and start again */
        depth = 0;
        buf_clear(&in);
        wire_put_null(&w);
    }
    check_ok(&cx, wire_writer_done(&w));
}

static void random_values_come_back(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        buf_clear(&in);
        put_random(&machine);
        assert_true(accepted(buf_view(&in)));
        /* every proper prefix is refused, and so is anything behind the value */
        for (size_t cut = 0; cut < in.len && in.len < 200; cut++) {
            assert_false(accepted(BYTES(in.ptr, cut)));
        }
        check_ok(&cx, buf_add_byte(&cx, &in, 0));
        assert_false(accepted(buf_view(&in)));
    }
}

static void random_bytes_are_refused_or_come_back(void **state)
{
    /* heads and small numbers, so that much of it is nearly right */
    static const uint8_t likely[] = {0x00, 0x01, 0x02, 0x17, 0x18, 0x19, 0x20, 0x38, 0x40,
                                     0x41, 0x58, 0x60, 0x61, 0x62, 0x80, 0x81, 0x82, 0x98,
                                     0xA0, 0xA1, 0xA2, 0xB8, 0xC3, 0xF4, 0xF5, 0xF6, 0xFF};
    uint8_t some[12];
    size_t taken = 0;

    (void)state;
    for (int round = 0; round < 60000; round++) {
        size_t len = (size_t)machine_below(&machine, sizeof some + 1);
        machine_fill(&machine, some, sizeof some);
        for (size_t i = 0; i < len; i++) {
            some[i] = some[i] < 0x20 ? some[i] : likely[some[i] % sizeof likely];
        }
        taken += accepted(BYTES(some, len)) ? 1 : 0;
    }
    assert_true(taken > 500); /* the property was not empty */
}

static void one_changed_byte_is_refused_or_comes_back(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        buf_clear(&in);
        put_random(&machine);
        for (int k = 0; k < 8; k++) {
            size_t at = (size_t)machine_below(&machine, in.len);
            uint8_t was = in.ptr[at];
            in.ptr[at] = (uint8_t)machine_below(&machine, 256);
            (void)accepted(buf_view(&in));
            in.ptr[at] = was;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(good_encodings_come_back, start, stop),
        cmocka_unit_test_setup_teardown(other_spellings_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(a_record_reads_like_its_schema, start, stop),
        cmocka_unit_test_setup_teardown(what_the_schema_does_not_ask_for_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(the_first_fault_latches, start, stop),
        cmocka_unit_test_setup_teardown(integers_reach_their_ends, start, stop),
        cmocka_unit_test_setup_teardown(the_writer_latches, start, stop),
        cmocka_unit_test_setup_teardown(random_values_come_back, start, stop),
        cmocka_unit_test_setup_teardown(random_bytes_are_refused_or_come_back, start, stop),
        cmocka_unit_test_setup_teardown(one_changed_byte_is_refused_or_comes_back, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
