/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what keys.h promises of shares: any k of n give the secret back and fewer do not, a
 * changed share is never believed and is named when there is one to spare, and what crosses on
 * paper (words, QR text) reads back or is refused by name. tests/vectors/shares.txt comes from a
 * second maker.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys-int.h"

struct fixture {
    struct ctx cx;
    struct machine machine;
    struct secret *secret;
    struct key_share shares[KEY_SHARES_MAX];
};

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    machine_init(&f->machine, test_seed());
    ctx_init(&f->cx, &f->machine.system);
    check_ok(&f->cx, secret_new(&f->cx, SHARED_BYTES, &f->secret));
    machine_fill(&f->machine, secret_ptr(f->secret), SHARED_BYTES);
    *state = f;
    return 0;
}

static int finish(void **state)
{
    struct fixture *f = *state;
    secret_free(&f->secret);
    free(f);
    return 0;
}

static void split(struct fixture *f, unsigned need, unsigned of)
{
    check_ok(&f->cx, key_share_split(&f->cx, SHARE_ROOT, need, of, f->secret, f->shares));
}

/* Those whose bit is set, in order. */
static size_t pick(const struct fixture *f, uint32_t chosen, struct key_share *ret)
{
    size_t count = 0;
    for (unsigned i = 0; i < KEY_SHARES_MAX; i++) {
        if ((chosen >> i & 1U) != 0) {
            ret[count++] = f->shares[i];
        }
    }
    return count;
}

static void expect_secret(struct fixture *f, const struct key_share *shares, size_t count,
                          uint32_t wrong)
{
    struct secret *back = NULL;
    uint32_t named = 0xdead;
    check_ok(&f->cx, key_share_join(&f->cx, shares, count, &back, &named));
    check_bytes(secret_view(back), secret_view(f->secret));
    assert_int_equal(named, wrong);
    secret_free(&back);
}

static void expect(struct fixture *f, enum status status, const struct key_share *shares,
                   size_t count)
{
    struct secret *back = NULL;
    uint32_t named = 0;
    check_status(&f->cx, status, key_share_join(&f->cx, shares, count, &back, &named));
    assert_null(back);
}

/* All subsets up to 8 shares, and for larger sets those that begin and end there. */
static void every_subset_of_every_shape(void **state)
{
    struct fixture *f = *state;
    struct key_share some[KEY_SHARES_MAX];
    for (unsigned of = KEY_SHARES_MIN; of <= 8; of++) {
        for (unsigned need = KEY_SHARES_MIN; need <= of; need++) {
            split(f, need, of);
            for (uint32_t chosen = 1; chosen < 1U << of; chosen++) {
                size_t count = pick(f, chosen, some);
                if (count >= need) {
                    expect_secret(f, some, count, 0);
                } else {
                    expect(f, STATUS_GAP, some, count);
                }
            }
        }
    }
    for (unsigned of = 9; of <= KEY_SHARES_MAX; of++) {
        for (unsigned need = KEY_SHARES_MIN; need <= of; need++) {
            split(f, need, of);
            expect_secret(f, f->shares, need, 0);
            expect_secret(f, f->shares + of - need, need, 0);
            expect_secret(f, f->shares, of, 0);
            expect(f, STATUS_GAP, f->shares, need - 1);
        }
    }
}

static void impossible_shapes_are_refused(void **state)
{
    struct fixture *f = *state;
    static const unsigned shapes[][2] = {{0, 0}, {1, 1}, {1, 5}, {0, 5}, {3, 2}, {2, 17}, {17, 17}};
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        check_status(
            &f->cx, STATUS_USAGE,
            key_share_split(&f->cx, SHARE_ROOT, shapes[i][0], shapes[i][1], f->secret, f->shares));
    }
}

/* One share short, the polynomial that fits tells another secret, and no value repeats. */
static void fewer_do_not_tell(void **state)
{
    struct fixture *f = *state;
    for (int round = 0; round < 200; round++) {
        split(f, 2, 3);
        for (unsigned i = 0; i < 3; i++) {
            assert_memory_not_equal(f->shares[i].value, secret_view(f->secret).ptr, SHARED_BYTES);
            struct key_share two[2] = {f->shares[i], f->shares[i]};
            two[1].number = i == 0 ? 2 : 1;
            expect(f, STATUS_FORGED, two, 2);
        }
    }
}

/* Every bit of a share's value and every wrong number, with and without one to spare. */
static void changed_share_is_named(void **state)
{
    struct fixture *f = *state;
    split(f, 3, 5);
    for (unsigned who = 0; who < 4; who++) {
        for (unsigned bit = 0; bit < SHARED_BYTES * 8; bit += 7) {
            struct key_share given[4];
            memcpy(given, f->shares, sizeof(given));
            given[who].value[bit / 8] ^= (uint8_t)(1U << bit % 8);
            expect_secret(f, given, 4, 1U << who);
            if (who < 3) {
                expect(f, STATUS_FORGED, given, 3);
            }
        }
    }
}

static void many_wrong_among_many(void **state)
{
    struct fixture *f = *state;
    for (int round = 0; round < 40; round++) {
        unsigned of = 3 + (unsigned)machine_below(&f->machine, KEY_SHARES_MAX - 2);
        unsigned need = 2 + (unsigned)machine_below(&f->machine, of - 1);
        uint32_t wrong = 0;
        split(f, need, of);
        for (unsigned i = 0; i < of - need; i++) {
            unsigned who = (unsigned)machine_below(&f->machine, of);
            if ((wrong >> who & 1U) == 0) {
                wrong |= 1U << who;
                machine_fill(&f->machine, f->shares[who].value, SHARED_BYTES);
            }
        }
        expect_secret(f, f->shares, of, wrong);
    }
}

/* ---- on paper ---- */

static void words_and_code_read_back(void **state)
{
    struct fixture *f = *state;
    struct key_share_labels labels = {TEXT("Zoé\nwords:\n"), TEXT("a team\nheld: Eve\n"),
                                      TEXT("Ben")};
    for (unsigned round = 0; round < 20; round++) {
        struct buf page, code;
        struct key_share back;
        struct key_share_labels read;
        buf_init(&page, 8192);
        buf_init(&code, 256);
        split(f, 2 + round % 5, 6 + round % 11);
        const struct key_share *s = &f->shares[round % 6];
        check_ok(&f->cx, key_share_write(&f->cx, s, &labels, &page));
        check_ok(&f->cx, key_share_parse(&f->cx, buf_text(&page), &back));
        assert_memory_equal(&back, s, sizeof(back));
        key_share_labels_read(buf_text(&page), &read);
        check_text(read.owner, "Zoé\\nwords:\\n");
        check_text(read.team, "a team\\nheld: Eve\\n");
        check_text(read.holder, "Ben");
        check_ok(&f->cx, key_share_code(&f->cx, s, &code));
        check_ok(&f->cx, key_share_parse(&f->cx, buf_text(&code), &back));
        assert_memory_equal(&back, s, sizeof(back));
        buf_finish(&page);
        buf_finish(&code);
    }
}

/* Only the beginnings of words that no other word shares. */
static void beginnings_of_words_are_enough(void **state)
{
    struct fixture *f = *state;
    struct buf page, typed;
    struct key_share back;
    buf_init(&page, 8192);
    buf_init(&typed, 2048);
    split(f, 2, 2);
    check_ok(&f->cx, key_share_write(&f->cx, &f->shares[0],
                                     &(struct key_share_labels){.owner = {0}}, &page));
    const char *at = strstr((const char *)page.ptr, "\nwords:\n");
    const char *end = strstr(at, "\n\n");
    for (at += 8; at < end; at++) {
        text word = {at, strspn(at, "abcdefghijklmnopqrstuvwxyz-")};
        text first = {0}, second = {0};
        size_t len = 3;
        if (word.len == 0) {
            continue;
        }
        while (len < word.len && words_beginning((text){at, len}, &first, &second) != 1) {
            len++;
        }
        check_ok(&f->cx, buf_add_text(&f->cx, &typed, (text){at, len}));
        check_ok(&f->cx, buf_add_byte(&f->cx, &typed, ' '));
        at += word.len - 1;
    }
    check_ok(&f->cx, key_share_parse(&f->cx, buf_text(&typed), &back));
    assert_memory_equal(&back, &f->shares[0], sizeof(back));
    buf_finish(&page);
    buf_finish(&typed);
}

static void mistakes_are_named(void **state)
{
    struct fixture *f = *state;
    struct key_share back;
    struct buf page;
    static const struct {
        const char *typed;
        const char *part;
    } cases[] = {
        {"", "share: 0 words, 28 are needed"},
        {"abacus zoom", "share: 2 words, 28 are needed"},
        {"abacus abdomn", "share: word 2, 'abdomn', is not in the list"},
        {"abacus abd", "share: word 2, 'abd', begins "},
        {"abacus ab", "share: word 2, 'ab', is not in the list"},
        {"VALISE RECOVERY SHEET\n", "this is a recovery sheet, not a share"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_fault(&f->cx, STATUS_USAGE, cases[i].part,
                    key_share_parse(&f->cx, text_of(cases[i].typed), &back));
    }
    struct secret *seed = NULL;
    check_fault(&f->cx, STATUS_USAGE, "not a recovery sheet",
                sheet_parse(&f->cx, TEXT("VALISE SHARE 1 OF 2\n"), &seed));
    buf_init(&page, 8192);
    split(f, 2, 2);
    check_ok(&f->cx, key_share_write(&f->cx, &f->shares[0],
                                     &(struct key_share_labels){.owner = {0}}, &page));
    const char *words = strstr((const char *)page.ptr, "\nwords:\n");
    const char *end = strstr(words, "\n\n");
    size_t from = (size_t)(words - (const char *)page.ptr);
    for (size_t len = from; len + 1 < (size_t)(end - (const char *)page.ptr); len += 5) { /* torn */
        assert_int_not_equal(key_share_parse(&f->cx, (text){(const char *)page.ptr, len}, &back),
                             STATUS_OK);
        fault_clear(&f->cx);
    }
    buf_finish(&page);
}

static void sets_have_names_of_two_words(void **state)
{
    struct fixture *f = *state;
    static const uint8_t low[KEY_SHARE_SET_BYTES] = {0},
                         high[KEY_SHARE_SET_BYTES] = {255, 255, 255, 255};
    struct buf name;
    buf_init(&name, 64);
    check_ok(&f->cx, key_share_set_words(&f->cx, low, &name));
    check_bytes(buf_view(&name), BYTES("abacus.abacus", 13));
    buf_clear(&name);
    check_ok(&f->cx, key_share_set_words(&f->cx, high, &name));
    assert_true(name.len > 6 && memchr(name.ptr, '.', name.len) != NULL);
    buf_finish(&name);
}

/* ---- vectors ---- */

static size_t parse_all(struct fixture *f, char *texts, struct key_share *ret)
{
    size_t count = 0;
    char *rest = NULL;
    for (char *t = strtok_r(texts, " \n", &rest); t != NULL; t = strtok_r(NULL, " \n", &rest)) {
        assert_true(count < KEY_SHARES_MAX);
        check_ok(&f->cx, key_share_parse(&f->cx, text_of(t), &ret[count++]));
    }
    return count;
}

static void replay_join(struct fixture *f, char *line)
{
    struct key_share given[KEY_SHARES_MAX];
    struct secret *back = NULL;
    struct buf hex;
    uint32_t wrong = 0, expected = 0;
    const char *name = strsep(&line, "|"), *want = strsep(&line, "|");
    char *positions = strsep(&line, "|");
    const char *secret = strsep(&line, "|");
    buf_init(&hex, 256);
    for (const char *p = positions; *p != '\0'; p++) {
        expected |= *p == ' ' ? 0 : 1U << (*p - '0');
    }
    size_t count = parse_all(f, line, given);
    enum status got = key_share_join(&f->cx, given, count, &back, &wrong);
    if (strcmp(status_name(got), want) != 0) {
        fail_msg("%s: %s instead of %s", name, status_name(got), want);
    }
    fault_clear(&f->cx);
    if (got == STATUS_OK) {
        check_ok(&f->cx, hex_encode(&f->cx, &hex, secret_view(back)));
        check_bytes(buf_view(&hex), BYTES(secret, strlen(secret)));
        assert_int_equal(wrong, expected);
    }
    secret_free(&back);
    buf_finish(&hex);
}

static void a_second_maker_agrees(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(TESTS_DIR "/vectors/shares.txt", "r");
    char *line = NULL;
    size_t cap = 0, seen = 0;
    assert_non_null(file);
    while (getline(&line, &cap, file) > 0) {
        char *rest = line;
        struct key_share one;
        const char *what = strsep(&rest, "|");
        seen++;
        if (strcmp(what, "join") == 0) {
            replay_join(f, rest);
            continue;
        }
        const char *name = strsep(&rest, "|"), *want = strsep(&rest, "|");
        enum status got = key_share_parse(&f->cx, text_of(rest), &one);
        if (strcmp(status_name(got), want) != 0) {
            fail_msg("%s: %s instead of %s", name, status_name(got), want);
        }
        fault_clear(&f->cx);
    }
    free(line);
    (void)fclose(file);
    assert_true(seen > 30);
}

#define SHARES_TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARES_TEST(every_subset_of_every_shape),
        SHARES_TEST(impossible_shapes_are_refused),
        SHARES_TEST(fewer_do_not_tell),
        SHARES_TEST(changed_share_is_named),
        SHARES_TEST(many_wrong_among_many),
        SHARES_TEST(words_and_code_read_back),
        SHARES_TEST(beginnings_of_words_are_enough),
        SHARES_TEST(mistakes_are_named),
        SHARES_TEST(sets_have_names_of_two_words),
        SHARES_TEST(a_second_maker_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
