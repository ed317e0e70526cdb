/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves: a piece is one of three sizes and nothing else, its parts lie where SPEC says, its hash
 * is BLAKE2b-256, and names are random, FAT-safe and recognised in any case of letters.
 */
#include "check.h"
#include "limits.h"
#include "piece.h"

#include <stdlib.h>
#include <string.h>

static struct machine machine;
static struct ctx cx;

static int start(void **state)
{
    (void)state;
    machine_init(&machine, test_seed());
    ctx_init(&cx, &machine.system);
    return 0;
}

static void only_three_sizes_are_pieces(void **state)
{
    static const uint64_t good[] = {16384, 262144, 4194304};
    static const uint64_t bad[] = {0,
                                   1,
                                   72,
                                   16383,
                                   16385,
                                   262143,
                                   262145,
                                   4194303,
                                   4194305,
                                   UINT64_MAX,
                                   ((uint64_t)1 << 32) + 16384};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(piece_size_valid(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(piece_size_valid(bad[i]));
    }
}

static void parse_splits_where_spec_says(void **state)
{
    struct piece p;
    uint8_t *whole = malloc(PIECE_SIZE_SMALL);

    (void)state;
    assert_non_null(whole);
    machine_fill(&machine, whole, PIECE_SIZE_SMALL);
    check_ok(&cx, piece_parse(&cx, BYTES(whole, PIECE_SIZE_SMALL), &p));
    check_bytes(p.tag, BYTES(whole, 32));
    check_bytes(p.nonce, BYTES(whole + 32, 24));
    check_bytes(p.sealed, BYTES(whole + 56, PIECE_SIZE_SMALL - 56));
    assert_ptr_equal(p.sealed.ptr + p.sealed.len, whole + PIECE_SIZE_SMALL);
    free(whole);
}

static void parse_refuses_other_sizes(void **state)
{
    uint8_t few[100] = {0};
    struct piece p = {.tag = BYTES_OF(few)};

    (void)state;
    check_fault(&cx, STATUS_MALFORMED, "[F-20]", piece_parse(&cx, BYTES_OF(few), &p));
    check_fault(&cx, STATUS_MALFORMED, "[F-20]", piece_parse(&cx, BYTES(NULL, 0), &p));
    assert_ptr_equal(p.tag.ptr, few); /* untouched on failure */
}

static void hash_is_blake2b_256(void **state)
{
    /* BLAKE2b-256 of "abc", from an independent implementation (Python's hashlib) */
    static const uint8_t abc[] = {0xbd, 0xdd, 0x81, 0x3c, 0x63, 0x42, 0x39, 0x72, 0x31, 0x71, 0xef,
                                  0x3f, 0xee, 0x98, 0x57, 0x9b, 0x94, 0x96, 0x4e, 0x3b, 0xb1, 0xcb,
                                  0x3e, 0x42, 0x72, 0x62, 0xc8, 0xc0, 0x68, 0xd5, 0x23, 0x19};
    uint8_t hash[PIECE_HASH_BYTES];

    (void)state;
    piece_hash(BYTES("abc", 3), hash);
    check_bytes(BYTES_OF(hash), BYTES_OF(abc));
}

static void names_are_random_and_valid(void **state)
{
    char name[PIECE_NAME_BYTES + 1];
    char last[PIECE_NAME_BYTES + 1] = "";
    bool seen[256] = {false};
    size_t letters = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        piece_name_make(&cx, name);
        assert_int_equal(strlen(name), PIECE_NAME_BYTES);
        assert_true(piece_name_valid(text_of(name)));
        assert_string_not_equal(name, last);
        memcpy(last, name, sizeof last);
        for (size_t k = 0; k < 8; k++) {
            letters += seen[(uint8_t)name[k]] ? 0 : 1;
            seen[(uint8_t)name[k]] = true;
        }
    }
    assert_int_equal(letters, 32); /* every digit of the alphabet turns up */
}

static void names_are_told_from_others(void **state)
{
    static const char *const good[] = {"k7f3q2ma.vls", "K7F3Q2MA.VLS", "K7F3Q2MA.vls",
                                       "zzzzzzzz.vls", "22222222.vls"};
    static const char *const bad[] = {"",
                                      "k7f3q2ma",
                                      "k7f3q2ma.vl",
                                      "k7f3q2ma.vlsx",
                                      "k7f3q2m.vls",
                                      "k7f3q2m1.vls",
                                      "k7f3q2m8.vls",
                                      "k7f3q2m/.vls",
                                      "../../ab.vls",
                                      ".7f3q2ma.vls",
                                      "k7f3q2ma,vls",
                                      "k7f3q2\xC3\xA9.vls",
                                      "k7f3q2ma.\xEF\xBD\x96"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(piece_name_valid(text_of(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(piece_name_valid(text_of(bad[i])));
    }
    assert_false(piece_name_valid((text){.ptr = "k7f3q2m\0.vls", .len = 12}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(only_three_sizes_are_pieces, start),
        cmocka_unit_test_setup(parse_splits_where_spec_says, start),
        cmocka_unit_test_setup(parse_refuses_other_sizes, start),
        cmocka_unit_test_setup(hash_is_blake2b_256, start),
        cmocka_unit_test_setup(names_are_random_and_valid, start),
        cmocka_unit_test_setup(names_are_told_from_others, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
