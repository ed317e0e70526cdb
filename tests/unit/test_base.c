/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves: the first cause of a failure is kept, buffers stop at their maximum and leave nothing
 * behind, integers say when they do not fit, and secrets are locked, fenced, checked and wiped.
 */
#include "check.h"
#include "limits.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct machine machine;
static struct ctx cx;

static int start(void **state)
{
    (void)state;
    machine_init(&machine, test_seed());
    ctx_init(&cx, &machine.system);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    secret_arena_stop();
    return 0;
}

/* The wait status of a child that runs `act`; what it says on stderr is not shown. */
static int in_child(int (*act)(void))
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        if (freopen("/dev/null", "w", stderr) == NULL) {
            _exit(99);
        }
        /* a sanitizer would turn the signal that we look for into a report */
        (void)signal(SIGSEGV, SIG_DFL);
        (void)signal(SIGBUS, SIG_DFL);
        (void)signal(SIGABRT, SIG_DFL);
        _exit(act());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void assert_dies_of(int signal_number, int (*act)(void))
{
    int status = in_child(act);

    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), signal_number);
}

/* ---- faults -------------------------------------------------------------------------------------
 */

static void every_status_has_its_own_word(void **state)
{
    static const unsigned last[] = {0x000, 0x100, 0x204, 0x303, 0x40A, 0x504, 0x600};
    const char *words[64];
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++) {
        for (unsigned s = last[i] & 0xF00; s <= last[i]; s++) {
            words[count] = status_name((enum status)s);
            assert_string_not_equal(words[count], "unknown");
            for (size_t k = 0; k < count; k++) {
                assert_string_not_equal(words[k], words[count]);
            }
            count++;
        }
        assert_string_equal(status_name((enum status)(last[i] + 1)), "unknown");
    }
}

static enum status fails_twice(void)
{
    enum status status;

    FAIL(&cx, STATUS_FORGED, "first %d", 1);
out:
    (void)fault_set(&cx, STATUS_IO, __FILE__, __LINE__, "second");
    return status;
}

static void the_first_cause_is_kept(void **state)
{
    (void)state;
    assert_int_equal(fault_hint(&cx, "hint of nothing"), STATUS_OK);
    assert_int_equal(cx.fault.hint[0], '\0');
    assert_int_equal(fails_twice(), STATUS_FORGED);
    assert_int_equal(cx.fault.status, STATUS_FORGED);
    assert_string_equal(cx.fault.what, "first 1");
    assert_non_null(strstr(cx.fault.file, "test_base.c"));
    assert_int_equal(fault_hint(&cx, "do %s", "this"), STATUS_FORGED);
    assert_int_equal(fault_hint(&cx, "do that"), STATUS_FORGED);
    assert_string_equal(cx.fault.hint, "do this");
    fault_clear(&cx);
    assert_int_equal(cx.fault.status, STATUS_OK);
    assert_int_equal(fault_set(&cx, STATUS_IO, "f", 1, "new"), STATUS_IO);
    assert_string_equal(cx.fault.what, "new");
}

static void a_cut_fault_stays_utf8(void **state)
{
    char fill[FAULT_TEXT_MAX + 8];

    (void)state;
    memset(fill, 'x', sizeof fill);
    for (size_t n = FAULT_TEXT_MAX - 6; n < FAULT_TEXT_MAX; n++) {
        fault_clear(&cx);
        (void)fault_set(&cx, STATUS_IO, "f", 1, "%.*s\xF0\x9F\x8E\x92\xC3\xA9", (int)n, fill);
        size_t len = strlen(cx.fault.what);
        assert_true(utf8_valid(BYTES(cx.fault.what, len)));
        assert_in_range(len, FAULT_TEXT_MAX - 4 - 1, FAULT_TEXT_MAX - 1);
    }
}

static int break_a_must(void)
{
    MUST(1 + 1 == 3);
    return 0;
}

static void must_aborts(void **state)
{
    (void)state;
    assert_dies_of(SIGABRT, break_a_must);
}

static void the_real_machine_answers(void **state)
{
    const struct system *real = system_real();
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};

    (void)state;
    real->random(real->self, a, sizeof a);
    real->random(real->self, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_true(real->now(real->self) > 1704067200);
}

/* ---- views and buffers
 * ---------------------------------------------------------------------------- */

static void views_compare(void **state)
{
    struct id a = {{0}};
    struct id b = {{0}};

    (void)state;
    assert_true(id_is_zero(&a) && id_equal(&a, &b) && id_compare(&a, &b) == 0);
    b.b[31] = 1;
    assert_true(!id_is_zero(&b) && !id_equal(&a, &b) && id_compare(&a, &b) < 0);
    assert_true(bytes_equal(BYTES(NULL, 0), BYTES("", 0)));
    assert_false(bytes_equal(BYTES("ab", 2), BYTES("ab", 1)));
    assert_true(bytes_compare(BYTES("a", 1), BYTES("ab", 2)) < 0);
    assert_true(bytes_compare(BYTES("b", 1), BYTES("ab", 2)) > 0);
    assert_true(bytes_compare(BYTES("\xFF", 1), BYTES("\x01", 1)) > 0);
    assert_int_equal(bytes_compare(BYTES(NULL, 0), BYTES(NULL, 0)), 0);
    assert_true(text_equal(TEXT("x"), text_of("x")));
    assert_true(text_starts(TEXT("valise"), TEXT("val")));
    assert_true(text_starts(TEXT("valise"), TEXT("")));
    assert_false(text_starts(TEXT("val"), TEXT("valise")));
}

static void a_buf_stops_at_its_maximum(void **state)
{
    struct buf b;
    const char *nul_terminated;
    uint8_t *fresh;

    (void)state;
    buf_init(&b, 10);
    check_ok(&cx, buf_add_text(&cx, &b, TEXT("12345")));
    check_status(&cx, STATUS_LIMIT, buf_add_text(&cx, &b, TEXT("678901")));
    check_status(&cx, STATUS_LIMIT, buf_printf(&cx, &b, "%d", 123456));
    check_status(&cx, STATUS_LIMIT, buf_extend(&cx, &b, SIZE_MAX, &fresh));
    check_text(buf_text(&b), "12345");
    check_ok(&cx, buf_printf(&cx, &b, "%03d", 7));
    check_ok(&cx, buf_extend(&cx, &b, 2, &fresh));
    assert_int_equal(fresh[0] | fresh[1], 0);
    memcpy(fresh, "ab", 2);
    check_status(&cx, STATUS_LIMIT, buf_add_byte(&cx, &b, 'c'));
    check_ok(&cx, buf_cstr(&cx, &b, &nul_terminated)); /* the NUL does not count */
    assert_string_equal(nul_terminated, "12345007ab");
    assert_int_equal(b.len, 10);
    buf_clear(&b);
    check_ok(&cx, buf_extend(&cx, &b, 10, &fresh));
    assert_true(sodium_is_zero(fresh, 10)); /* nothing is left of what was there */
    buf_finish(&b);
    buf_finish(&b);
}

static void an_empty_buf_is_fine(void **state)
{
    struct buf zeroed = {0};
    const char *nul_terminated;
    uint8_t *fresh = NULL;

    (void)state;
    buf_finish(&zeroed);
    buf_clear(&zeroed);
    check_ok(&cx, buf_add(&cx, &zeroed, BYTES(NULL, 0)));
    check_ok(&cx, buf_printf(&cx, &zeroed, "%s", ""));
    check_ok(&cx, buf_extend(&cx, &zeroed, 0, &fresh));
    assert_non_null(fresh);
    check_ok(&cx, buf_cstr(&cx, &zeroed, &nul_terminated));
    assert_string_equal(nul_terminated, "");
    check_status(&cx, STATUS_LIMIT, buf_add_byte(&cx, &zeroed, 1));
    buf_finish(&zeroed);
}

static void a_buf_holds_what_was_added(void **state)
{
    static uint8_t model[20000];
    struct buf b;

    (void)state;
    for (int round = 0; round < 50; round++) {
        size_t len = 0;
        buf_init(&b, machine_below(&machine, sizeof model));
        for (;;) {
            uint8_t some[500];
            size_t n = (size_t)machine_below(&machine, sizeof some);
            machine_fill(&machine, some, sizeof some);
            if (len + n > b.max) {
                check_status(&cx, STATUS_LIMIT, buf_add(&cx, &b, BYTES(some, n)));
                break;
            }
            check_ok(&cx, buf_add(&cx, &b, BYTES(some, n)));
            memcpy(model + len, some, n);
            len += n;
            assert_true(b.cap <= b.max + 1);
        }
        check_bytes(buf_view(&b), BYTES(model, len));
        buf_finish(&b);
    }
}

static int add_a_buf_to_itself(void)
{
    struct buf b;

    buf_init(&b, 100);
    return buf_add_text(&cx, &b, TEXT("x")) == STATUS_OK &&
           buf_add(&cx, &b, buf_view(&b)) == STATUS_OK;
}

static void a_buf_is_not_added_to_itself(void **state)
{
    (void)state;
    assert_dies_of(SIGABRT, add_a_buf_to_itself);
}

static void new_memory_is_zeroed_or_refused(void **state)
{
    void *p = NULL;

    (void)state;
    check_status(&cx, STATUS_NO_MEMORY, mem_new(&cx, SIZE_MAX / 2, 3, &p));
    assert_null(p);
    check_ok(&cx, mem_new(&cx, 10, 10, &p));
    assert_true(sodium_is_zero(p, 100));
    free(p);
    check_ok(&cx, mem_new(&cx, 0, 8, &p));
    assert_non_null(p);
    free(p);
}

static void integers_say_when_they_do_not_fit(void **state)
{
    size_t s = 7;
    int64_t i = 7;
    uint8_t b[8];

    (void)state;
    assert_false(add_size(SIZE_MAX, 1, &s));
    assert_false(mul_size(SIZE_MAX / 2, 3, &s));
    assert_false(add_i64(INT64_MAX, 1, &i));
    assert_false(add_i64(INT64_MIN, -1, &i));
    assert_false(mul_i64(INT64_MIN, -1, &i));
    assert_true(s == 7 && i == 7);
    assert_true(add_size(SIZE_MAX - 1, 1, &s) && s == SIZE_MAX);
    assert_true(mul_size(0, SIZE_MAX, &s) && s == 0);
    assert_true(add_i64(INT64_MIN, INT64_MAX, &i) && i == -1);
    assert_true(mul_i64(INT64_MIN / 2, 2, &i) && i == INT64_MIN);
    put_u32le(b, 0x01020384);
    check_bytes(BYTES(b, 4), BYTES("\x84\x03\x02\x01", 4));
    assert_int_equal(get_u32le(b), 0x01020384);
    put_u64le(b, 0xF102030405060708);
    check_bytes(BYTES_OF(b), BYTES("\x08\x07\x06\x05\x04\x03\x02\xF1", 8));
    assert_true(get_u64le(b) == 0xF102030405060708);
}

/* ---- secrets
 * -------------------------------------------------------------------------------------- */

static void a_secret_is_zeroed_kept_and_wiped(void **state)
{
    struct secret *s = NULL;
    struct secret *copy = NULL;

    (void)state;
    check_ok(&cx, secret_new(&cx, 32, &s));
    assert_int_equal(secret_view(s).len, 32);
    assert_true(sodium_is_zero(secret_ptr(s), 32));
    memset(secret_ptr(s), 0x5A, 32);
    check_ok(&cx, secret_copy(&cx, secret_view(s), &copy));
    check_bytes(secret_view(copy), secret_view(s));
    const uint8_t *was = secret_ptr(s);
    secret_free(&s);
    assert_null(s);
    assert_true(sodium_is_zero(was, 32)); /* the arena outlives the secret, so this may be read */
    secret_free(&s);
    secret_free(&copy);
    check_status(&cx, STATUS_LIMIT, secret_new(&cx, SECRET_BYTES_MAX + 1, &s));
    check_ok(&cx, secret_new(&cx, 0, &s));
    assert_int_equal(secret_view(s).len, 0);
    secret_free(&s);
}

static void secrets_do_not_overlap(void **state)
{
    enum { HELD = 400, ROUNDS = 6000 };
    static struct secret *held[HELD];
    static uint8_t mark[HELD];

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        size_t at = (size_t)machine_below(&machine, HELD);
        if (held[at] != NULL) {
            bytes v = secret_view(held[at]);
            for (size_t i = 0; i < v.len; i++) {
                assert_int_equal(v.ptr[i], mark[at]);
            }
            secret_free(&held[at]);
            continue;
        }
        size_t len = (size_t)machine_below(&machine, SECRET_BYTES_MAX / 4);
        check_ok(&cx, secret_new(&cx, len, &held[at]));
        assert_true(sodium_is_zero(secret_ptr(held[at]), len));
        mark[at] = (uint8_t)machine_below(&machine, 256);
        memset(secret_ptr(held[at]), mark[at], len);
    }
    for (size_t i = 0; i < HELD; i++) {
        secret_free(&held[i]);
    }
}

static void the_arena_fills_and_empties(void **state)
{
    static struct secret *held[20000];
    size_t count = 0;

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (count = 0; secret_new(&cx, 32, &held[count]) == STATUS_OK; count++) {
        }
        assert_int_equal(cx.fault.status, STATUS_NO_MEMORY);
        fault_clear(&cx);
        assert_int_equal(count, 16384); /* 1 MiB of 64-byte blocks */
        while (count > 0) {
            secret_free(&held[--count]);
        }
    }
}

static struct secret *victim;

static int write_behind_a_secret(void)
{
    volatile uint8_t *p = secret_ptr(victim);

    p[32] ^= 1;
    secret_free(&victim);
    return 0;
}

static int free_a_secret_twice(void)
{
    struct secret *again = victim;

    secret_free(&victim);
    secret_free(&again);
    return 0;
}

static int free_what_is_no_secret(void)
{
    struct secret *inside = (struct secret *)(void *)(secret_ptr(victim) + 16);

    secret_free(&inside);
    return 0;
}

static int read_before_the_arena(void)
{
    const volatile uint8_t *p = secret_ptr(victim);

    return p[-17]; /* the head is 16 bytes, the guard page lies before it */
}

static void misuse_of_a_secret_ends_the_process(void **state)
{
    (void)state;
    check_ok(&cx, secret_new(&cx, 32, &victim)); /* the first of the arena */
    assert_dies_of(SIGABRT, write_behind_a_secret);
    assert_dies_of(SIGABRT, free_a_secret_twice);
    assert_dies_of(SIGABRT, free_what_is_no_secret);
    assert_dies_of(SIGSEGV, read_before_the_arena);
    secret_free(&victim);
}

static int start_without_lockable_memory(void)
{
    struct rlimit none = {0, 0};

    /* root may lock whatever the limit says, so be nobody */
    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (geteuid() == 0 && setuid(65534) != 0)) {
        return 1;
    }
    return secret_arena_start(&cx) == STATUS_UNSAFE && cx.fault.hint[0] != '\0' ? 0 : 2;
}

static void an_arena_that_cannot_be_locked_is_refused(void **state)
{
    (void)state;
#ifdef VALISE_SANITIZED
    skip(); /* the sanitizer answers mlock() itself */
#endif
    int status = in_child(start_without_lockable_memory);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 1) {
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* The kernel's word for it: the flags "lo" (locked) and "dd" (not dumped) of the mapping. */
static void the_arena_is_locked_and_not_dumped(void **state)
{
    char line[512];
    bool inside = false;
    bool seen = false;
    struct secret *s = NULL;

    (void)state;
    check_ok(&cx, secret_new(&cx, 32, &s));
    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from = 0;
        unsigned long to = 0;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
            inside = (uintptr_t)s >= from && (uintptr_t)s < to;
            if (inside) {
                assert_int_equal(to - from, MIB);
            }
        } else if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            seen = true;
            assert_non_null(strstr(line, " dd"));
#ifndef VALISE_SANITIZED
            assert_non_null(strstr(line, " lo"));
#endif
        }
    }
    assert_int_equal(fclose(maps), 0);
    assert_true(seen);
    secret_free(&s);
}

static void keys_are_wiped(void **state)
{
    struct key k;

    (void)state;
    memset(&k, 1, sizeof k);
    key_wipe(&k);
    assert_true(sodium_is_zero(k.b, sizeof k.b));
}

static void array_grows(void **state)
{
    uint32_t *list = NULL;
    size_t cap = 0;
    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        check_ok(&cx, MEM_GROW(&cx, list, cap, i + 1));
        assert_true(cap > i);
        assert_int_equal(list[i], 0);
        list[i] = i;
    }
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(list[i], i);
    }
    size_t before = cap;
    check_ok(&cx, MEM_GROW(&cx, list, cap, 3));
    assert_int_equal(cap, before);
    enum status status = MEM_GROW(&cx, list, cap, SIZE_MAX);
    check_status(&cx, STATUS_NO_MEMORY, status);
    assert_int_equal(cap, before);
    assert_int_equal(list[999], 999);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(array_grows, start, stop),
        cmocka_unit_test_setup_teardown(every_status_has_its_own_word, start, stop),
        cmocka_unit_test_setup_teardown(the_first_cause_is_kept, start, stop),
        cmocka_unit_test_setup_teardown(a_cut_fault_stays_utf8, start, stop),
        cmocka_unit_test_setup_teardown(must_aborts, start, stop),
        cmocka_unit_test_setup_teardown(the_real_machine_answers, start, stop),
        cmocka_unit_test_setup_teardown(views_compare, start, stop),
        cmocka_unit_test_setup_teardown(a_buf_stops_at_its_maximum, start, stop),
        cmocka_unit_test_setup_teardown(an_empty_buf_is_fine, start, stop),
        cmocka_unit_test_setup_teardown(a_buf_holds_what_was_added, start, stop),
        cmocka_unit_test_setup_teardown(a_buf_is_not_added_to_itself, start, stop),
        cmocka_unit_test_setup_teardown(new_memory_is_zeroed_or_refused, start, stop),
        cmocka_unit_test_setup_teardown(integers_say_when_they_do_not_fit, start, stop),
        cmocka_unit_test_setup_teardown(a_secret_is_zeroed_kept_and_wiped, start, stop),
        cmocka_unit_test_setup_teardown(secrets_do_not_overlap, start, stop),
        cmocka_unit_test_setup_teardown(the_arena_fills_and_empties, start, stop),
        cmocka_unit_test_setup_teardown(misuse_of_a_secret_ends_the_process, start, stop),
        cmocka_unit_test_setup_teardown(an_arena_that_cannot_be_locked_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(the_arena_is_locked_and_not_dumped, start, stop),
        cmocka_unit_test_setup_teardown(keys_are_wiped, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
