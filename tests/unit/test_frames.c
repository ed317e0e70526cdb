/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what stands in one code and around it: a symbol is read only as it was written and under
 * the key it was written for, a parcel's counts and bytes agree, nothing overlaps on the canvas,
 * and a message of the pipes is read whole or not at all.
 */
#include "check.h"

#include "frames.h"
#include "limits.h"

#include <stdlib.h>
#include <string.h>

static struct ctx cx;
static struct machine machine;
static const struct link_key key = {{1, 2, 3}};
static const struct link_key other_key = {{1, 2, 4}};

#define N(array) (sizeof(array) / sizeof *(array))

static int setup(void **state)
{
    (void)state;
    machine_init(&machine, test_seed());
    ctx_init(&cx, &machine.system);
    return 0;
}

/* ---- symbols --------------------------------------------------------------------------------- */

static uint8_t sample_data[200];

static struct symbol sample(void)
{
    machine_fill(&machine, sample_data, sizeof sample_data);
    return (struct symbol){
        .type = SYMBOL_DATA,
        .flags = 0x30,
        .cols = 3,
        .rows = 2,
        .cell = 5,
        .generation = 0,
        .esi = 0x80000005,
        .total = 1000,
        .transfer = {{9, 8, 7, 6, 5, 4, 3, 2}},
        .data = BYTES_OF(sample_data),
    };
}

static void test_symbol_comes_back(void **state)
{
    struct symbol in = sample();
    struct symbol out;
    struct buf b;

    (void)state;
    for (unsigned keyed = 0; keyed < 2; keyed++) {
        buf_init(&b, SYMBOL_BYTES_MAX);
        check_ok(&cx, symbol_write(&cx, &in, keyed ? &key : NULL, &b));
        assert_int_equal(b.len, sizeof sample_data + SYMBOL_EXTRA_BYTES);
        assert_true(symbol_claims(buf_view(&b)));
        check_ok(&cx, symbol_read(&cx, buf_view(&b), keyed ? &key : NULL, &out));
        assert_int_equal(out.type, in.type);
        assert_int_equal(out.flags, in.flags | (keyed ? SYMBOL_FLAG_KEYED : 0));
        assert_int_equal(out.cols, 3);
        assert_int_equal(out.rows, 2);
        assert_int_equal(out.cell, 5);
        assert_int_equal(out.generation, 0);
        assert_int_equal(out.esi, in.esi);
        assert_int_equal(out.total, in.total);
        assert_true(transfer_equal(&out.transfer, &in.transfer));
        check_bytes(out.data, in.data);
        buf_finish(&b);
    }
}

/* Every single bit of a symbol, and every length, in front of a reader with and without the key. */
static void test_changed_symbol_is_refused(void **state)
{
    struct symbol in = sample();
    struct symbol out;
    struct buf b;

    (void)state;
    for (unsigned keyed = 0; keyed < 2; keyed++) {
        const struct link_key *with = keyed ? &key : NULL;

        buf_init(&b, SYMBOL_BYTES_MAX);
        check_ok(&cx, symbol_write(&cx, &in, with, &b));
        for (size_t bit = 0; bit < b.len * 8; bit++) {
            b.ptr[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_int_not_equal(symbol_read(&cx, buf_view(&b), with, &out), STATUS_OK);
            fault_clear(&cx);
            b.ptr[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        for (size_t len = 0; len < b.len; len++) {
            assert_int_not_equal(symbol_read(&cx, BYTES(b.ptr, len), with, &out), STATUS_OK);
            fault_clear(&cx);
        }
        check_ok(&cx, symbol_read(&cx, buf_view(&b), with, &out));
        buf_finish(&b);
    }
}

static void test_key_decides(void **state)
{
    struct symbol in = sample();
    struct symbol out;
    struct buf keyed;
    struct buf open;

    (void)state;
    buf_init(&keyed, SYMBOL_BYTES_MAX);
    buf_init(&open, SYMBOL_BYTES_MAX);
    check_ok(&cx, symbol_write(&cx, &in, &key, &keyed));
    check_ok(&cx, symbol_write(&cx, &in, NULL, &open));
    check_fault(&cx, STATUS_FOREIGN, "[Q-06]", symbol_read(&cx, buf_view(&keyed), NULL, &out));
    check_fault(&cx, STATUS_FORGED, "[Q-06]", symbol_read(&cx, buf_view(&keyed), &other_key, &out));
    check_ok(&cx, symbol_read(&cx, buf_view(&open), &key, &out)); /* says of itself: no key */
    assert_int_equal(out.flags & SYMBOL_FLAG_KEYED, 0);
    buf_finish(&keyed);
    buf_finish(&open);
}

/* What nobody would read is not written either. */
static void test_numbers_are_held(void **state)
{
    static uint8_t large[SYMBOL_DATA_MAX + 1];
    static const struct {
        const char *clause;
        enum status status;
        enum symbol_type type;
        uint8_t flags, cols, rows, cell;
        uint16_t generation;
        uint32_t esi, total;
        size_t data;
    } rows[] = {
        {"", STATUS_OK, SYMBOL_DATA, 0, 1, 1, 0, 0, 0, 1000, 100},
        {"", STATUS_OK, SYMBOL_DATA, 0, 15, 15, 224, 0, 9, 1000, 100},
        {"", STATUS_OK, SYMBOL_DATA, 0, 1, 1, 0, 0, 0xffffffff, 1000, 100},
        {"", STATUS_OK, SYMBOL_DATA, SYMBOL_FLAG_PAPER, 1, 1, 0, 0, 254, 1000, 100},
        {"", STATUS_OK, SYMBOL_DATA, 0, 1, 1, 0, 0, 16383, 16384 * 16, 16},
        {"", STATUS_OK, SYMBOL_DATA, 0, 1, 1, 0, 124, 0x80000000, 16384 * 16, 16},
        {"", STATUS_OK, SYMBOL_PAIR, 0, 1, 1, 0, 0, 0, 100, 100},
        {"[Q-02]", STATUS_UNSUPPORTED, SYMBOL_DATA, 2, 1, 1, 0, 0, 0, 1000, 100},
        {"[Q-02]", STATUS_UNSUPPORTED, SYMBOL_DATA, 8, 1, 1, 0, 0, 0, 1000, 100},
        {"[Q-03]", STATUS_MALFORMED, SYMBOL_DATA, 0, 1, 1, 0, 0, 0, 19, 100},
        {"[Q-03]", STATUS_MALFORMED, SYMBOL_DATA, 0, 1, 1, 0, 0, 0, 1000, 15},
        {"[Q-01]", STATUS_LIMIT, SYMBOL_DATA, 0, 1, 1, 0, 0, 0, 1000, SYMBOL_DATA_MAX + 1},
        {"[Q-03]", STATUS_LIMIT, SYMBOL_DATA, 0, 1, 1, 0, 0, 0, (1 << 26) + 1, 2921},
        {"[Q-03]", STATUS_LIMIT, SYMBOL_DATA, 0, 1, 1, 0, 0, 0, 1 << 26, 1023},
        {"[Q-03]", STATUS_LIMIT, SYMBOL_DATA, 0, 1, 1, 0, 0, 0, 65536 * 16 + 1, 16},
        {"[Q-03]", STATUS_LIMIT, SYMBOL_DATA, 0, 1, 1, 0, 0, 0, 0xffffffff, 2921},
        {"[Q-03]", STATUS_LIMIT, SYMBOL_BEACON, 0, 1, 1, 0, 0, 0, 0xffffffff, 4},
        {"[Q-04]", STATUS_MALFORMED, SYMBOL_DATA, 0, 1, 1, 0, 0, 10, 1000, 100},
        {"[Q-04]", STATUS_MALFORMED, SYMBOL_DATA, 0, 1, 1, 0, 1, 0, 1000, 100},
        {"[Q-04]", STATUS_MALFORMED, SYMBOL_DATA, 0, 1, 1, 0, 1, 0x80000000, 1000, 100},
        {"[Q-04]", STATUS_MALFORMED, SYMBOL_DATA, 0, 1, 1, 0, 125, 0x80000000, 16384 * 16, 16},
        {"[Q-04]", STATUS_MALFORMED, SYMBOL_DATA, 4, 1, 1, 0, 0, 255, 1000, 100},
        {"[Q-04]", STATUS_MALFORMED, SYMBOL_ACK, 0, 1, 1, 0, 1, 0, 0, 18},
        {"[Q-05]", STATUS_MALFORMED, SYMBOL_DATA, 0, 0, 1, 0, 0, 0, 1000, 100},
        {"[Q-05]", STATUS_MALFORMED, SYMBOL_DATA, 0, 1, 0, 0, 0, 0, 1000, 100},
        {"[Q-05]", STATUS_MALFORMED, SYMBOL_DATA, 0, 3, 2, 6, 0, 0, 1000, 100},
        {"[Q-15]", STATUS_LIMIT, SYMBOL_DATA, 4, 1, 1, 0, 0, 0, 25501, 100},
        {"[Q-18]", STATUS_MALFORMED, SYMBOL_PAIR, 0, 1, 1, 0, 0, 0, 101, 100},
    };
    struct buf b;

    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct symbol s = {
            .type = rows[i].type,
            .flags = rows[i].flags,
            .cols = rows[i].cols,
            .rows = rows[i].rows,
            .cell = rows[i].cell,
            .generation = rows[i].generation,
            .esi = rows[i].esi,
            .total = rows[i].total,
            .data = BYTES(large, rows[i].data),
        };

        buf_init(&b, 2 * SYMBOL_BYTES_MAX);
        if (rows[i].status == STATUS_OK) {
            check_ok(&cx, symbol_write(&cx, &s, NULL, &b));
            check_ok(&cx, symbol_read(&cx, buf_view(&b), NULL, &s));
        } else {
            check_fault(&cx, rows[i].status, rows[i].clause, symbol_write(&cx, &s, NULL, &b));
            assert_int_equal(b.len, 0);
        }
        buf_finish(&b);
    }
}

static void test_beacon_and_ack_come_back(void **state)
{
    static uint8_t body[ACK_BODY_MAX + 1] = {7, 7, 7};
    struct symbol head = {.cols = 3, .rows = 2, .total = 5000, .transfer = {{5}}};
    struct beacon beacon = {.symbol_data = 1241, .version = 25, .fps = 20};
    struct ack ack = {.rank = 3, .symbols = 5, .wanted = 9, .body = BYTES(body, ACK_BODY_MAX)};
    struct beacon beacon_out;
    struct ack ack_out;
    struct symbol out;
    struct buf b;

    (void)state;
    buf_init(&b, SYMBOL_BYTES_MAX);
    check_ok(&cx, beacon_write(&cx, &head, &beacon, NULL, &b));
    check_ok(&cx, symbol_read(&cx, buf_view(&b), NULL, &out));
    check_ok(&cx, beacon_read(&cx, &out, &beacon_out));
    assert_int_equal(beacon_out.symbol_data, 1241);
    assert_int_equal(beacon_out.version, 25);
    assert_int_equal(beacon_out.fps, 20);
    check_fault(&cx, STATUS_MALFORMED, "[Q-17]", ack_read(&cx, &out, &ack_out));
    buf_clear(&b);
    beacon.symbol_data = 1242; /* more than a code of version 25 holds */
    check_ok(&cx, beacon_write(&cx, &head, &beacon, NULL, &b));
    check_ok(&cx, symbol_read(&cx, buf_view(&b), NULL, &out));
    check_fault(&cx, STATUS_MALFORMED, "[Q-16]", beacon_read(&cx, &out, &beacon_out));
    buf_clear(&b);
    check_ok(&cx, ack_write(&cx, &head, &ack, &key, &b));
    check_ok(&cx, symbol_read(&cx, buf_view(&b), &key, &out));
    check_ok(&cx, ack_read(&cx, &out, &ack_out));
    assert_int_equal(ack_out.rank, 3);
    assert_int_equal(ack_out.symbols, 5);
    assert_int_equal(ack_out.wanted, 9);
    check_bytes(ack_out.body, ack.body);
    check_fault(&cx, STATUS_MALFORMED, "[Q-16]", beacon_read(&cx, &out, &beacon_out));
    ack.body.len++;
    check_fault(&cx, STATUS_LIMIT, "[Q-17]", ack_write(&cx, &head, &ack, NULL, &b));
    ack = (struct ack){.rank = 6, .symbols = 5};
    check_fault(&cx, STATUS_MALFORMED, "[Q-17]", ack_write(&cx, &head, &ack, NULL, &b));
    buf_finish(&b);
}

/* ---- parcels --------------------------------------------------------------------------------- */

static void test_parcel_of_pieces_agrees(void **state)
{
    const size_t len = 2 * PIECE_SIZE_SMALL + PIECE_SIZE_MEDIUM + PIECE_SIZE_LARGE;
    uint8_t *pieces = calloc(1, len);
    struct parcel in = {PARCEL_PIECES, 2, 1, 1, BYTES(pieces, len)};
    struct parcel out;
    struct buf b;

    (void)state;
    assert_non_null(pieces);
    pieces[0] = 1;
    pieces[PIECE_SIZE_SMALL] = 2;
    pieces[2 * PIECE_SIZE_SMALL] = 3;
    pieces[2 * PIECE_SIZE_SMALL + PIECE_SIZE_MEDIUM] = 4;
    buf_init(&b, PARCEL_BYTES_MAX);
    check_ok(&cx, parcel_write(&cx, &in, &b));
    check_ok(&cx, parcel_read(&cx, buf_view(&b), &out));
    assert_int_equal(parcel_pieces(&out), 4);
    for (size_t i = 0; i < 4; i++) {
        bytes piece = parcel_piece(&out, i);
        assert_int_equal(piece.ptr[0], i + 1);
        assert_int_equal(piece.len, i < 2    ? PIECE_SIZE_SMALL
                                    : i == 2 ? PIECE_SIZE_MEDIUM
                                             : PIECE_SIZE_LARGE);
    }
    check_fault(&cx, STATUS_MALFORMED, "[Q-09]", parcel_read(&cx, BYTES(b.ptr, b.len - 1), &out));
    b.ptr[1] = 3;
    check_fault(&cx, STATUS_MALFORMED, "[Q-09]", parcel_read(&cx, buf_view(&b), &out));
    memset(b.ptr + 1, 0xff, 6); /* 65,535 of each: 257 GiB */
    check_fault(&cx, STATUS_LIMIT, "[Q-09]", parcel_read(&cx, buf_view(&b), &out));
    check_fault(&cx, STATUS_MALFORMED, "[Q-09]",
                parcel_read(&cx, BYTES("\1\0\0\0\0\0\0", 7), &out));
    check_fault(&cx, STATUS_MALFORMED, "[Q-09]", parcel_read(&cx, BYTES("\1\0", 2), &out));
    check_fault(&cx, STATUS_UNSUPPORTED, "[Q-08]", parcel_read(&cx, BYTES("\6x", 2), &out));
    check_fault(&cx, STATUS_UNSUPPORTED, "[Q-08]", parcel_read(&cx, BYTES("\0x", 2), &out));
    check_fault(&cx, STATUS_MALFORMED, "[Q-08]", parcel_read(&cx, BYTES("\2", 1), &out));
    check_fault(&cx, STATUS_MALFORMED, "[Q-08]", parcel_read(&cx, BYTES("", 0), &out));
    check_ok(&cx, parcel_read(&cx, BYTES("\2x", 2), &out));
    assert_int_equal(out.kind, PARCEL_JOIN);
    buf_finish(&b);
    free(pieces);
}

/* ---- canvas ---------------------------------------------------------------------------------- */

static bool apart(struct canvas_point a, unsigned a_side, struct canvas_point b, unsigned b_side)
{
    return a.x + a_side + CANVAS_GAP <= b.x || b.x + b_side + CANVAS_GAP <= a.x ||
           a.y + a_side + CANVAS_GAP <= b.y || b.y + b_side + CANVAS_GAP <= a.y;
}

static bool inside(const struct canvas *c, struct canvas_point p, unsigned side)
{
    return p.x >= CANVAS_GAP && p.y >= CANVAS_GAP && p.x + side + CANVAS_GAP <= c->width &&
           p.y + side + CANVAS_GAP <= c->height;
}

/* Every canvas: everything is within its white border and a gap away from everything else. */
static void test_nothing_touches_on_the_canvas(void **state)
{
    struct canvas c;

    (void)state;
    for (unsigned n = 0; n < CANVAS_COLS_MAX * CANVAS_ROWS_MAX * CODE_VERSION_MAX; n++) {
        unsigned cols = n % CANVAS_COLS_MAX + 1;
        unsigned rows = n / CANVAS_COLS_MAX % CANVAS_ROWS_MAX + 1;
        unsigned version = n / CANVAS_COLS_MAX / CANVAS_ROWS_MAX + 1;

        check_ok(&cx, frames_canvas(&cx, cols, rows, version, &c));
        assert_int_equal(c.side, 17 + 4 * version);
        for (unsigned i = 0; i < cols * rows; i++) {
            assert_true(inside(&c, canvas_cell(&c, i), c.side));
            for (unsigned j = 0; j < i; j++) {
                assert_true(apart(canvas_cell(&c, i), c.side, canvas_cell(&c, j), c.side));
            }
            for (unsigned m = 0; m < 4; m++) {
                assert_true(apart(canvas_cell(&c, i), c.side, c.markers[m], CANVAS_MARKER));
            }
        }
        for (unsigned m = 0; m < 4; m++) {
            assert_true(inside(&c, c.markers[m], CANVAS_MARKER));
            assert_true(m == 0 || apart(c.markers[0], CANVAS_MARKER, c.markers[m], CANVAS_MARKER));
        }
    }
    check_status(&cx, STATUS_USAGE, frames_canvas(&cx, 0, 1, 1, &c));
    check_status(&cx, STATUS_USAGE, frames_canvas(&cx, 1, CANVAS_ROWS_MAX + 1, 1, &c));
    check_status(&cx, STATUS_USAGE, frames_canvas(&cx, 1, 1, 41, &c));
}

static void test_profiles_fit_their_cameras(void **state)
{
    const struct profile *p;
    struct canvas c;
    size_t count = 0;

    (void)state;
    for (; (p = profile_at(count)) != NULL; count++) {
        check_ok(&cx, frames_canvas(&cx, p->cols, p->rows, p->version, &c));
        assert_ptr_equal(profile_find(text_of(p->name)), p);
        /* 3 pixels of the camera for a module when the picture fills 90 % of it */
        assert_true(c.height * 3 * 10 <= p->camera_height * 9U);
        assert_true(p->fps * 3 <= p->camera_fps * 2);
        assert_true(code_symbol_data(p->version) >= SYMBOL_DATA_MIN);
    }
    assert_int_equal(count, 7);
    assert_null(profile_find(TEXT("fast")));
    assert_int_equal(code_symbol_data(40), SYMBOL_DATA_MAX);
    assert_int_equal(code_symbol_data(2), 0);
    assert_int_equal(code_symbol_data(25), 1241);
}

static void test_marker_is_a_bulls_eye(void **state)
{
    static const char *const rows[7] = {"#######", "#.....#", "#.###.#", "#.###.#",
                                        "#.###.#", "#.....#", "#######"};

    (void)state;
    for (unsigned y = 0; y < 7; y++) {
        for (unsigned x = 0; x < 7; x++) {
            assert_int_equal(canvas_marker_dark(x, y), rows[y][x] == '#');
        }
    }
}

/* ---- messages -------------------------------------------------------------------------------- */

static const struct light_message MESSAGES[] = {
    {.kind = LIGHT_PARCEL, .transfer = {{1, 2}}, .body = {(const uint8_t *)"\2abc", 4}},
    {.kind = LIGHT_TITLE, .body = {(const uint8_t *)"Desk \xc3\xa4", 7}},
    {.kind = LIGHT_STOP},
    {.kind = LIGHT_GOT, .transfer = {{3}}, .wanted = 0x8000000000000001},
    {.kind = LIGHT_ACK, .transfer = {{4}}, .rank = 1, .symbols = 2, .wanted = 3},
    {.kind = LIGHT_PREVIEW,
     .width = 2,
     .height = 3,
     .box_count = 1,
     .boxes = {{.x = {1, 2, 3, 4}, .y = {5, 6, 7, 65535}, .read = true}},
     .body = {(const uint8_t *)"123456", 6}},
    {.kind = LIGHT_LINK, .body = {(const uint8_t *)"0123456789abcdef0123456789abcdef", 32}},
    {.kind = LIGHT_SHOWN, .frames = 1, .symbols = 2, .seconds = 0xffffffff},
    {.kind = LIGHT_KEY, .code = LIGHT_KEY_BIGGER},
    {.kind = LIGHT_FILE, .name = {"a.png", 5}, .body = {(const uint8_t *)"png", 3}},
    {.kind = LIGHT_IMAGE, .body = {(const uint8_t *)"jpeg", 4}},
    {.kind = LIGHT_END},
    {.kind = LIGHT_PROGRESS, .transfer = {{5}}, .rank = 7, .symbols = 8, .rate = 9},
    {.kind = LIGHT_ADVICE, .code = LIGHT_ADVICE_BLUR},
    {.kind = LIGHT_SYMBOL, .body = {(const uint8_t *)"VQ..", 4}},
    {.kind = LIGHT_TEXT, .body = {(const uint8_t *)"\xff\0otpauth", 9}},
    {.kind = LIGHT_CAMERA, .width = 1920, .height = 1080, .rate = 29970},
    {.kind = LIGHT_ERROR, .code = STATUS_IO, .body = {(const uint8_t *)"no camera", 9}},
};

static void check_message(const struct light_message *a, const struct light_message *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_true(transfer_equal(&a->transfer, &b->transfer));
    assert_int_equal(a->wanted, b->wanted);
    assert_int_equal(a->rank, b->rank);
    assert_int_equal(a->symbols, b->symbols);
    assert_int_equal(a->rate, b->rate);
    assert_int_equal(a->frames, b->frames);
    assert_int_equal(a->seconds, b->seconds);
    assert_int_equal(a->code, b->code);
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->box_count, b->box_count);
    for (size_t i = 0; i < a->box_count; i++) {
        assert_memory_equal(a->boxes[i].x, b->boxes[i].x, sizeof a->boxes[i].x);
        assert_memory_equal(a->boxes[i].y, b->boxes[i].y, sizeof a->boxes[i].y);
        assert_int_equal(a->boxes[i].read, b->boxes[i].read);
    }
    assert_true(text_equal(a->name, b->name));
    check_bytes(a->body, b->body);
}

/* All kinds in one stream, cut at every byte: a message is there when its last byte is. */
static void test_messages_come_back(void **state)
{
    struct light_message m;
    struct buf b;
    size_t used;
    size_t need;
    size_t at = 0;

    (void)state;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < N(MESSAGES); i++) {
        check_ok(&cx, light_message_write(&cx, &MESSAGES[i], &b));
    }
    for (size_t i = 0; i < N(MESSAGES); i++) {
        size_t end = at;

        do {
            end++;
            check_ok(&cx, light_message_read(&cx, BYTES(b.ptr + at, end - at), &m, &used, &need));
            assert_true(used == 0 || used == end - at);
            assert_true(need >= end - at);
        } while (used == 0);
        assert_int_equal(need, used);
        check_message(&MESSAGES[i], &m);
        at = end;
    }
    assert_int_equal(at, b.len);
    check_ok(&cx, light_message_read(&cx, BYTES(NULL, 0), &m, &used, NULL));
    assert_int_equal(used, 0);
    buf_finish(&b);
}

static void test_broken_messages_are_refused(void **state)
{
    static const struct {
        const char *hex;
        enum status status;
    } rows[] = {
        {"0000000000", STATUS_UNSUPPORTED},
        {"ff00000000", STATUS_UNSUPPORTED},
        {"0341000004", STATUS_LIMIT},       /* stop, 2^26 + 65 bytes */
        {"030100000000", STATUS_MALFORMED}, /* stop with a body */
        {"0407000000"
         "00000000000000",
         STATUS_MALFORMED},
        {"0100000000", STATUS_MALFORMED}, /* no transfer */
        {"0108000000"
         "0102030405060708",
         STATUS_MALFORMED}, /* and no parcel */
        {"0201000000"
         "ff",
         STATUS_MALFORMED}, /* no UTF-8 */
        {"0701000000"
         "00",
         STATUS_MALFORMED}, /* a link key of one byte */
        {"2102000000"
         "0000",
         STATUS_MALFORMED}, /* key 0 */
        {"2102000000"
         "0700",
         STATUS_MALFORMED},
        {"6102000000"
         "0700",
         STATUS_MALFORMED}, /* advice 7 */
        {"2205000000"
         "0300"
         "2e2e61",
         STATUS_MALFORMED}, /* file "..a" */
        {"2205000000"
         "0300"
         "612f62",
         STATUS_MALFORMED}, /* "a/b" */
        {"2205000000"
         "0300"
         "610062",
         STATUS_MALFORMED}, /* "a\0b" */
        {"2204000000"
         "0300"
         "6162",
         STATUS_MALFORMED}, /* shorter than it says */
        {"2202000000"
         "0000",
         STATUS_MALFORMED},
        {"6202000000"
         "5652",
         STATUS_MALFORMED}, /* not a symbol */
        {"0607000000"
         "0100"
         "0100"
         "0000"
         "00",
         STATUS_OK},
        {"0606000000"
         "0100"
         "0100"
         "0000",
         STATUS_MALFORMED}, /* a preview without picture */
        {"0606000000"
         "0000"
         "0000"
         "0000",
         STATUS_MALFORMED},
        {"0607000000"
         "0100"
         "0100"
         "4100"
         "00",
         STATUS_MALFORMED}, /* 65 boxes */
        {"0618000000"
         "0100"
         "0100"
         "0100"
         "0000000000000000000000000000000002"
         "00",
         STATUS_MALFORMED}, /* neither found nor read */
        {"6014000000"
         "0000000000000000"
         "02000000"
         "01000000"
         "00000000",
         STATUS_MALFORMED},
    };
    struct light_message m;
    struct buf b;
    size_t used;

    (void)state;
    buf_init(&b, 1 << 16);
    for (size_t i = 0; i < N(rows); i++) {
        buf_clear(&b);
        check_ok(&cx, hex_decode(&cx, &b, text_of(rows[i].hex)));
        check_status(&cx, rows[i].status, light_message_read(&cx, buf_view(&b), &m, &used, NULL));
    }
    m = (struct light_message){.kind = LIGHT_STOP, .body = BYTES("x", 1)};
    check_status(&cx, STATUS_MALFORMED, light_message_write(&cx, &m, &b));
    m = (struct light_message){.kind = LIGHT_FILE, .name = TEXT("../x")};
    check_status(&cx, STATUS_MALFORMED, light_message_write(&cx, &m, &b));
    m = (struct light_message){.kind = (enum light_kind)0};
    check_status(&cx, STATUS_MALFORMED, light_message_write(&cx, &m, &b));
    buf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_symbol_comes_back, setup),
        cmocka_unit_test_setup(test_changed_symbol_is_refused, setup),
        cmocka_unit_test_setup(test_key_decides, setup),
        cmocka_unit_test_setup(test_numbers_are_held, setup),
        cmocka_unit_test_setup(test_beacon_and_ack_come_back, setup),
        cmocka_unit_test_setup(test_parcel_of_pieces_agrees, setup),
        cmocka_unit_test_setup(test_nothing_touches_on_the_canvas, setup),
        cmocka_unit_test_setup(test_profiles_fit_their_cameras, setup),
        cmocka_unit_test_setup(test_marker_is_a_bulls_eye, setup),
        cmocka_unit_test_setup(test_messages_come_back, setup),
        cmocka_unit_test_setup(test_broken_messages_are_refused, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
