/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves: the three-way merge of texts takes what one side changed, gives nothing when both
 * changed the same place, is the same whichever side comes first, and stays within its limits.
 */
#include "check.h"
#include "limits.h"
#include "schema.h"

#include <string.h>
#include <time.h>

#define N(array) (sizeof(array) / sizeof *(array))

static struct machine machine;
static struct ctx cx;
static struct buf out;

static int start(void **state)
{
    (void)state;
    machine_init(&machine, test_seed());
    ctx_init(&cx, &machine.system);
    buf_init(&out, 4 * MIB);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    buf_finish(&out);
    return 0;
}

/* Merged text of both orders; false when not clean. The result stands in out. */
static bool merged(text base, text a, text b)
{
    struct buf other;
    bool clean = false;
    bool other_clean = false;

    buf_init(&other, 4 * MIB);
    buf_clear(&out);
    check_ok(&cx, merge_three_way(&cx, base, a, b, &out, &clean));
    check_ok(&cx, merge_three_way(&cx, base, b, a, &other, &other_clean));
    assert_int_equal(clean, other_clean);
    check_bytes(buf_view(&out), buf_view(&other));
    buf_finish(&other);
    return clean;
}

static const struct {
    const char *name, *base, *a, *b, *result; /* NULL = a person decides */
} cases[] = {
    {"one side", "1\n2\n3\n", "1\nx\n3\n", "1\n2\n3\n", "1\nx\n3\n"},
    {"both the same", "1\n2\n3\n", "1\nx\n3\n", "1\nx\n3\n", "1\nx\n3\n"},
    {"apart", "1\n2\n3\n4\n5\n", "x\n2\n3\n4\n5\n", "1\n2\n3\n4\ny\n", "x\n2\n3\n4\ny\n"},
    {"same line", "1\n2\n3\n", "1\nx\n3\n", "1\ny\n3\n", NULL},
    {"touching", "1\n2\n3\n4\n", "1\nx\n3\n4\n", "1\n2\ny\n4\n", NULL},
    {"one line between", "1\n2\n3\n4\n5\n", "1\nx\n3\n4\n5\n", "1\n2\n3\ny\n5\n",
     "1\nx\n3\ny\n5\n"},
    {"put in twice at one place", "1\n2\n", "1\nx\n2\n", "1\ny\n2\n", NULL},
    {"put in the same", "1\n2\n", "1\nx\n2\n", "1\nx\n2\n", "1\nx\n2\n"},
    {"both end up the same, apart from one", "1\n2\n3\n4\n5\n", "1\nx\n3\n4\n5\n",
     "1\nx\n3\n4\nz\n", "1\nx\n3\n4\nz\n"},
    {"taken out and put in", "1\n2\n3\n4\n5\n", "1\n3\n4\n5\n", "1\n2\n3\n4\nx\n5\n",
     "1\n3\n4\nx\n5\n"},
    {"taken out and changed", "1\n2\n3\n", "1\n3\n", "1\nx\n3\n", NULL},
    {"from nothing", "", "a\n", "b\n", NULL},
    {"to nothing, other untouched", "1\n", "", "1\n", ""},
    {"to nothing, other changed", "1\n2\n3\n", "", "1\n2\nx\n", NULL},
    {"last line without its feed", "1\n2\n3", "x\n2\n3", "1\n2\n3\n", "x\n2\n3\n"},
    {"prepend and append", "1\n2\n", "0\n1\n2\n", "1\n2\n3\n", "0\n1\n2\n3\n"},
    {"repeated lines", "a\na\na\nb\na\n", "a\na\na\nb\na\nc\n", "x\na\na\na\nb\na\n",
     "x\na\na\na\nb\na\nc\n"},
    {"empty lines", "\n\n\n", "\n\nx\n\n", "\n\n\n", "\n\nx\n\n"},
    {"big change holds a small one", "1\n2\n3\n4\n5\n6\n", "1\nA\nB\nC\nD\n6\n",
     "1\n2\n3\nx\n5\n6\n", NULL},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        bool clean = merged(text_of(cases[i].base), text_of(cases[i].a), text_of(cases[i].b));
        if (clean != (cases[i].result != NULL)) {
            fail_msg("%s: %s", cases[i].name, clean ? "merged" : "not merged");
        }
        check_text_at(buf_text(&out), text_of(clean ? cases[i].result : ""), __FILE__, (int)i);
    }
}

/* Lines "prefix0\n" .. ; every `every`-th one from `first` is replaced. */
static void make_lines(struct buf *b, size_t count, size_t first, size_t every, const char *with)
{
    buf_clear(b);
    for (size_t i = 0; i < count; i++) {
        if (every > 0 && i >= first && (i - first) % every == 0) {
            check_ok(&cx, buf_printf(&cx, b, "%s%zu\n", with, i));
        } else {
            check_ok(&cx, buf_printf(&cx, b, "line %zu\n", i));
        }
    }
}

static void test_interleaved_changes_merge(void **state)
{
    (void)state;
    struct buf base;
    struct buf a;
    struct buf b;

    buf_init(&base, 4 * MIB);
    buf_init(&a, 4 * MIB);
    buf_init(&b, 4 * MIB);
    make_lines(&base, 4000, 0, 0, "");
    make_lines(&a, 4000, 0, 8, "ana ");
    make_lines(&b, 4000, 4, 8, "ben ");
    assert_true(merged(buf_text(&base), buf_text(&a), buf_text(&b)));
    const char *whole;
    check_ok(&cx, buf_cstr(&cx, &out, &whole));
    assert_non_null(strstr(whole, "\nana 8\nline 9\nline 10\nline 11\nben 12\nline 13\n"));
    /* too many changed lines: both are kept */
    make_lines(&a, 4000, 0, 2, "ana ");
    assert_false(merged(buf_text(&base), buf_text(&a), buf_text(&b)));
    /* a long chapter at one place is no reason to ask */
    make_lines(&b, 4000, 0, 0, "");
    for (size_t i = 0; i < 5000; i++) {
        check_ok(&cx, buf_printf(&cx, &b, "new %zu\n", i));
    }
    make_lines(&a, 4000, 7, 100, "ana ");
    assert_true(merged(buf_text(&base), buf_text(&a), buf_text(&b)));
    buf_finish(&base);
    buf_finish(&a);
    buf_finish(&b);
}

static void test_limits(void **state)
{
    (void)state;
    struct buf big;
    bool clean = true;

    buf_init(&big, DOC_BYTES_MAX + 16);
    for (size_t i = 0; i < 32769; i++) {
        check_ok(&cx, buf_add_byte(&cx, &big, '\n'));
    }
    check_ok(&cx,
             merge_three_way(&cx, TEXT("a\nb\n"), buf_text(&big), TEXT("a\nc\n"), &out, &clean));
    assert_false(clean);
    assert_int_equal(out.len, 0);
    buf_finish(&big);
}

/* The costliest texts the limits let in: few distinct lines, nothing shared at the ends. */
static void test_hostile_texts_end_soon(void **state)
{
    (void)state;
    struct buf base;
    struct buf a;
    struct timespec from;
    struct timespec to;
    bool clean;

    buf_init(&base, DOC_BYTES_MAX);
    buf_init(&a, DOC_BYTES_MAX);
    for (size_t i = 0; i < 32000; i++) {
        check_ok(&cx, buf_printf(&cx, &base, "%c\n", (int)('a' + machine_below(&machine, 2))));
        check_ok(&cx, buf_printf(&cx, &a, "%c\n", (int)('a' + machine_below(&machine, 2))));
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    check_ok(&cx, merge_three_way(&cx, buf_text(&base), buf_text(&a), TEXT("b\n"), &out, &clean));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    print_message("%ld ms\n",
                  (long)((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000));
    assert_false(clean);
    buf_finish(&base);
    buf_finish(&a);
}

/* Random small edits: the outcome never depends on the order of the sides, and when clean, each
 * side's own change is in it. */
static void test_random_edits(void **state)
{
    (void)state;
    for (size_t round = 0; round < 3000; round++) {
        struct buf texts[3];
        for (size_t t = 0; t < 3; t++) {
            buf_init(&texts[t], 4096);
        }
        size_t lines = machine_below(&machine, 12);
        for (size_t i = 0; i < lines; i++) {
            char c = (char)('a' + machine_below(&machine, 4));
            for (size_t t = 0; t < 3; t++) {
                uint64_t dice = t == 0 ? 9 : machine_below(&machine, 10);
                if (dice != 0) { /* 0: taken out */
                    check_ok(&cx, buf_printf(&cx, &texts[t], "%c\n", dice == 1 ? c - 32 : c));
                }
                if (dice == 2) {
                    check_ok(&cx, buf_printf(&cx, &texts[t], "side %zu\n", t));
                }
            }
        }
        (void)merged(buf_text(&texts[0]), buf_text(&texts[1]), buf_text(&texts[2]));
        for (size_t t = 0; t < 3; t++) {
            buf_finish(&texts[t]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cases, start, stop),
        cmocka_unit_test_setup_teardown(test_interleaved_changes_merge, start, stop),
        cmocka_unit_test_setup_teardown(test_limits, start, stop),
        cmocka_unit_test_setup_teardown(test_hostile_texts_end_soon, start, stop),
        cmocka_unit_test_setup_teardown(test_random_edits, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
