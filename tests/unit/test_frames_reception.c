/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves the way of a parcel through fountain and reception: both ways to calculate give the same
 * bytes; a stranger's codes, forged ones and codes that promise gigabytes do no harm; a spoilt
 * symbol that got in costs symbols and not the transfer; what was seen survives a restart; memory
 * stays within its limit and may run out anywhere. How many symbols it takes is the matter of
 * tests/property/test_fountain.c.
 */
#include "check.h"

#include "frames-int.h"

#include <stdlib.h>
#include <string.h>

static struct ctx cx;
static struct machine machine;
static int memory_left; /* allocations until one fails; below 0 never */

enum status __real_mem_new(struct ctx *c, size_t count, size_t size, void **ret);
enum status __wrap_mem_new(struct ctx *c, size_t count, size_t size, void **ret);
enum status __wrap_mem_new(struct ctx *c, size_t count, size_t size, void **ret)
{
    if (memory_left == 0) {
        memory_left = -1;
        return fault_set(c, STATUS_NO_MEMORY, __FILE__, __LINE__, "out of memory");
    }
    memory_left -= memory_left > 0 ? 1 : 0;
    return __real_mem_new(c, count, size, ret);
}

static int setup(void **state)
{
    (void)state;
    memory_left = -1;
    machine_init(&machine, test_seed());
    ctx_init(&cx, &machine.system);
    return 0;
}

/* ---- a sender ---------------------------------------------------------------------------------
 */

struct sender {
    struct fountain_plan plan;
    struct fountain *fountain;
    struct buf parcel;
    struct buf code; /* the newest */
    uint32_t next;
};

/* A parcel of k symbols of `data` bytes; k not between 65 and 70, where padding decides. */
static void sender_open(struct sender *s, uint32_t k, uint16_t data, uint8_t id,
                        const struct link_key *key)
{
    struct parcel parcel = {.kind = PARCEL_PROPOSAL};
    uint8_t *bytes_of = NULL;
    struct buf random;

    memset(s, 0, sizeof *s);
    buf_init(&random, PARCEL_BYTES_MAX);
    buf_init(&s->parcel, PARCEL_BYTES_MAX);
    buf_init(&s->code, SYMBOL_BYTES_MAX);
    check_ok(&cx, buf_extend(&cx, &random, (size_t)k * data - TRANSFER_OVERHEAD - 1, &bytes_of));
    machine_fill(&machine, bytes_of, random.len);
    parcel.body = buf_view(&random);
    check_ok(&cx, parcel_write(&cx, &parcel, &s->parcel));
    s->plan = (struct fountain_plan){
        .transfer = {{id}}, .symbol_data = data, .cols = 3, .rows = 2, .key = key};
    check_ok(&cx, fountain_new(&cx, &s->plan, buf_view(&s->parcel), &s->fountain));
    buf_finish(&random);
}

static bytes sender_code(struct sender *s, uint32_t number)
{
    buf_clear(&s->code);
    check_ok(&cx, fountain_symbol(&cx, s->fountain, number, (uint8_t)(number % 6), &s->code));
    return buf_view(&s->code);
}

static bytes sender_next(struct sender *s)
{
    return sender_code(s, s->next++);
}

static void sender_close(struct sender *s)
{
    fountain_free(&s->fountain);
    buf_finish(&s->parcel);
    buf_finish(&s->code);
}

/* Shows until the parcel is there; how many codes that took. */
static uint32_t show_until_done(struct reception *r, struct sender *s)
{
    struct reception_event e;
    uint32_t shown = 0;

    do {
        check_ok(&cx, reception_take(&cx, r, sender_next(s), &e));
        assert_true(++shown < 20000);
        assert_true(e.rank < e.symbols || e.news == RECEPTION_PARCEL);
    } while (e.news != RECEPTION_PARCEL);
    check_bytes(e.parcel, buf_view(&s->parcel));
    return shown;
}

static struct reception *receiver(size_t memory)
{
    struct reception *r = NULL;

    check_ok(&cx, reception_new(&cx, memory, &r));
    return r;
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

static void test_field_is_a_field(void **state)
{
    (void)state;
    assert_int_equal(gf_mul(2, 0x80), 0x1d); /* x^8 = x^4 + x^3 + x^2 + 1 */
    assert_int_equal(gf_inverse(0), 0);
    for (unsigned a = 0; a < 256; a++) {
        assert_int_equal(gf_mul((uint8_t)a, gf_inverse((uint8_t)a)), a != 0);
        for (unsigned b = 0; b < 256; b++) {
            assert_int_equal(gf_mul((uint8_t)a, (uint8_t)b), gf_mul((uint8_t)b, (uint8_t)a));
            assert_int_equal(gf_mul((uint8_t)a, (uint8_t)b ^ 1),
                             gf_mul((uint8_t)a, (uint8_t)b) ^ a);
        }
    }
}

/* One factor at a time by the definition, ISA-L's way and our own: the same bytes. */
static void test_both_ways_give_the_same(void **state)
{
    static uint8_t rows[100][ROW_BYTES_MAX];
    static const uint8_t *of[100];
    static uint8_t slow[ROW_BYTES_MAX];
    static uint8_t fast[ROW_BYTES_MAX];
    static uint8_t ours[ROW_BYTES_MAX];
    uint8_t factors[100];

    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        size_t len = ROW_STEP * (1 + (size_t)machine_below(&machine, ROW_BYTES_MAX / ROW_STEP));
        size_t count = (size_t)machine_below(&machine, 101);

        machine_fill(&machine, slow, sizeof slow);
        memcpy(fast, slow, sizeof slow);
        memcpy(ours, slow, sizeof slow);
        machine_fill(&machine, factors, sizeof factors);
        for (size_t i = 0; i < count; i++) {
            machine_fill(&machine, rows[i], sizeof rows[i]);
            of[i] = rows[i];
            for (size_t at = 0; at < len; at++) {
                slow[at] ^= gf_mul(factors[i], rows[i][at]);
            }
        }
        gf_combine(fast, len, factors, of, count);
        gf_combine_portable(ours, len, factors, of, count);
        assert_memory_equal(slow, fast, sizeof slow);
        assert_memory_equal(slow, ours, sizeof slow);
    }
    print_message("gf_combine() is %s\n", gf_is_isal() ? "ISA-L's" : "our own");
}

/* ---- the way through ------------------------------------------------------------------------- */

static void test_sizes_come_through(void **state)
{
    static const uint32_t sizes[] = {1, 2, 3, 9, 100, 1000, 1024, 1040, 1100, 1600, 3000};
    static const struct link_key key = {{77}};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (unsigned late = 0; late < 2; late++) {
            struct reception *r = receiver(RECEPTION_MEMORY_DEFAULT);
            struct sender s;
            uint32_t k;

            sender_open(&s, sizes[i], 64, 1, i % 2 ? &key : NULL);
            check_ok(&cx, reception_link(&cx, r, &key));
            k = fountain_symbols(s.fountain);
            s.next = late ? k : 0; /* late: repair only */
            assert_in_range(show_until_done(r, &s), k, late ? k + 3 : k);
            sender_close(&s);
            reception_free(&r);
        }
    }
}

/* On paper any k of n codes do, exactly. */
static void test_any_k_of_n_on_paper(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 30; round++) {
        struct reception *r = receiver(RECEPTION_MEMORY_DEFAULT);
        uint8_t order[PAPER_SYMBOLS_MAX];
        struct reception_event e = {0};
        struct sender s;
        uint32_t k;

        sender_open(&s, round == 0 ? 240 : 1 + (uint32_t)machine_below(&machine, 240), 32, 1, NULL);
        fountain_free(&s.fountain);
        s.plan.paper = true;
        check_ok(&cx, fountain_new(&cx, &s.plan, buf_view(&s.parcel), &s.fountain));
        k = fountain_symbols(s.fountain);
        for (size_t i = 0; i < sizeof order; i++) {
            size_t with = (size_t)machine_below(&machine, i + 1);
            order[i] = order[with];
            order[with] = (uint8_t)i;
        }
        for (uint32_t i = 0; i < k; i++) {
            assert_int_not_equal(e.news, RECEPTION_PARCEL);
            check_ok(&cx, reception_take(&cx, r, sender_code(&s, order[i]), &e));
            assert_int_equal(e.rank, i + 1);
        }
        assert_int_equal(e.news, RECEPTION_PARCEL);
        check_bytes(e.parcel, buf_view(&s.parcel));
        buf_clear(&s.code);
        check_fault(&cx, STATUS_LIMIT, "[Q-04]",
                    fountain_symbol(&cx, s.fountain, PAPER_SYMBOLS_MAX, 0, &s.code));
        sender_close(&s);
        reception_free(&r);
    }
}

static void test_seen_again_is_nothing_new(void **state)
{
    struct reception *r = receiver(RECEPTION_MEMORY_DEFAULT);
    struct reception_event e;
    struct reception_state progress;
    struct sender s;

    (void)state;
    sender_open(&s, 100, 64, 1, NULL);
    for (uint32_t i = 0; i < 99; i++) {
        check_ok(&cx, reception_take(&cx, r, sender_code(&s, 100 + i % 50 + i / 50 * 200), &e));
        assert_int_equal(e.news, RECEPTION_PROGRESS);
        assert_int_equal(e.rank, i + 1);
        for (uint32_t again = 0; again <= i; again += 7) {
            check_ok(&cx, reception_take(&cx, r,
                                         sender_code(&s, 100 + again % 50 + again / 50 * 200), &e));
            assert_int_equal(e.news, RECEPTION_NOTHING);
            assert_int_equal(e.rank, i + 1);
        }
    }
    assert_true(reception_state(r, 0, &progress));
    assert_int_equal(progress.rank, 99);
    assert_int_equal(progress.symbols, fountain_symbols(s.fountain));
    assert_false(progress.complete);
    assert_false(reception_state(r, 1, &progress));
    s.next = 5000;
    show_until_done(r, &s);
    check_ok(&cx, reception_take(&cx, r, sender_next(&s), &e)); /* shown on, after it arrived */
    assert_int_equal(e.news, RECEPTION_NOTHING);
    assert_int_equal(e.rank, e.symbols);
    assert_int_equal(reception_memory(r), 0);
    assert_true(reception_state(r, 0, &progress));
    assert_true(progress.complete);
    sender_close(&s);
    reception_free(&r);
}

static void test_pair_comes_in_one_code(void **state)
{
    static const struct fountain_plan plan = {
        .transfer = {{8}}, .symbol_data = 488, .cols = 1, .rows = 1};
    static const uint8_t join[400] = {PARCEL_JOIN, 1, 2, 3};
    static const uint8_t large[500] = {PARCEL_INVITE};
    struct reception *r = receiver(RECEPTION_MEMORY_DEFAULT);
    struct reception_event e;
    struct buf code;

    (void)state;
    buf_init(&code, SYMBOL_BYTES_MAX);
    check_fault(&cx, STATUS_LIMIT, "[Q-18]", pair_write(&cx, &plan, BYTES_OF(large), &code));
    check_ok(&cx, pair_write(&cx, &plan, BYTES_OF(join), &code));
    assert_int_equal(code.len, 432 + SYMBOL_EXTRA_BYTES); /* padded(420) */
    check_ok(&cx, reception_take(&cx, r, buf_view(&code), &e));
    assert_int_equal(e.news, RECEPTION_PARCEL);
    check_bytes(e.parcel, BYTES_OF(join));
    check_ok(&cx, reception_take(&cx, r, buf_view(&code), &e));
    assert_int_equal(e.news, RECEPTION_NOTHING);
    buf_finish(&code);
    reception_free(&r);
}

/* Who knows what is missing may show only that. */
static void test_wanted_parts_are_enough(void **state)
{
    struct reception *r = receiver(RECEPTION_MEMORY_DEFAULT);
    struct reception_event e;
    struct reception_state progress;
    struct sender s;
    uint32_t missing = 0;
    uint32_t k;

    (void)state;
    sender_open(&s, 3000, 64, 1, NULL);
    k = fountain_symbols(s.fountain);
    for (uint32_t number = 0; number < k; number++) {
        struct symbol symbol;
        bytes code = sender_code(&s, number);

        check_ok(&cx, symbol_read(&cx, code, NULL, &symbol));
        if (symbol.esi < 2000 || symbol.esi >= 2100) {
            check_ok(&cx, reception_take(&cx, r, code, &e));
        } else {
            missing++;
        }
    }
    assert_int_equal(missing, 100);
    assert_true(reception_state(r, 0, &progress));
    assert_in_range(__builtin_popcountll(progress.wanted), 2, 4);
    fountain_want(s.fountain, progress.wanted);
    s.next = k;
    assert_in_range(show_until_done(r, &s), 100, 101);
    sender_close(&s);
    reception_free(&r);
}

/* ---- strangers, bombs, poison ---------------------------------------------------------------- */

/* Codes of five others between ours: each of four gets through, and none gets into another. */
static void test_strangers_disturb_nobody(void **state)
{
    struct reception *r = receiver(RECEPTION_MEMORY_DEFAULT);
    struct sender s[4];
    unsigned done = 0;

    (void)state;
    for (uint8_t i = 0; i < 4; i++) {
        /* same ids in pairs: what differs is the symbol size */
        sender_open(&s[i], 200, i % 2 ? 48 : 64, i / 2, NULL);
    }
    for (uint32_t turn = 0; done < 4; turn++) {
        struct sender *who = &s[machine_below(&machine, 4)];
        struct reception_event e;

        assert_true(turn < 10000);
        check_ok(&cx, reception_take(&cx, r, sender_next(who), &e));
        if (e.news == RECEPTION_PARCEL) {
            check_bytes(e.parcel, buf_view(&who->parcel));
            done++;
        }
    }
    for (uint8_t i = 0; i < 4; i++) {
        sender_close(&s[i]);
    }
    reception_free(&r);
}

static void test_the_fifth_pushes_out_the_oldest(void **state)
{
    static const struct link_key key = {{5}};
    struct reception *r = receiver(RECEPTION_MEMORY_DEFAULT);
    struct reception_event e;
    struct sender s[6];

    (void)state;
    check_ok(&cx, reception_link(&cx, r, &key));
    for (uint8_t i = 0; i < 6; i++) {
        sender_open(&s[i], 50, 64, i, i == 0 ? &key : NULL);
    }
    for (unsigned i = 0; i < 4; i++) {
        check_ok(&cx, reception_take(&cx, r, sender_next(&s[i]), &e));
    }
    check_ok(&cx, reception_take(&cx, r, sender_next(&s[1]), &e));
    check_ok(&cx, reception_take(&cx, r, sender_next(&s[4]), &e)); /* instead of 2: 0 has a key */
    assert_int_equal(e.rank, 1);
    check_ok(&cx, reception_take(&cx, r, sender_next(&s[0]), &e));
    assert_int_equal(e.rank, 2);
    check_ok(&cx, reception_take(&cx, r, sender_next(&s[1]), &e));
    assert_int_equal(e.rank, 3);
    check_ok(&cx, reception_take(&cx, r, sender_next(&s[3]), &e));
    assert_int_equal(e.rank, 2);
    check_ok(&cx, reception_take(&cx, r, sender_next(&s[2]), &e)); /* begins anew, instead of 4 */
    assert_int_equal(e.rank, 1);
    for (uint8_t i = 0; i < 6; i++) {
        sender_close(&s[i]);
    }
    /* four with a key are never forgotten for one without */
    for (uint8_t i = 0; i < 5; i++) {
        sender_open(&s[i], 50, 64, (uint8_t)(20 + i), i < 4 ? &key : NULL);
        if (i < 4) {
            check_ok(&cx, reception_take(&cx, r, sender_next(&s[i]), &e));
        } else {
            check_fault(&cx, STATUS_LIMIT, "[Q-20]",
                        reception_take(&cx, r, sender_next(&s[i]), &e));
        }
    }
    for (uint8_t i = 0; i < 5; i++) {
        sender_close(&s[i]);
    }
    reception_free(&r);
}

static void test_keys_keep_strangers_out(void **state)
{
    static const struct link_key keys[2] = {{{1}}, {{2}}};
    struct reception *r = receiver(RECEPTION_MEMORY_DEFAULT);
    struct reception_event e;
    struct sender s;

    (void)state;
    sender_open(&s, 50, 64, 1, &keys[1]);
    check_fault(&cx, STATUS_FOREIGN, "[Q-06]", reception_take(&cx, r, sender_next(&s), &e));
    check_ok(&cx, reception_link(&cx, r, &keys[0]));
    check_fault(&cx, STATUS_FORGED, "[Q-06]", reception_take(&cx, r, sender_next(&s), &e));
    assert_int_equal(reception_memory(r), 0);
    check_ok(&cx, reception_link(&cx, r, &keys[1]));
    show_until_done(r, &s);
    for (unsigned i = 2; i < RECEPTION_LINKS; i++) {
        check_ok(&cx, reception_link(&cx, r, &keys[0]));
    }
    check_status(&cx, STATUS_LIMIT, reception_link(&cx, r, &keys[0]));
    sender_close(&s);
    reception_free(&r);
}

/* One code that promises the largest transfer there is, again and again under new names. */
static void test_bombs_take_no_memory(void **state)
{
    static uint8_t data[TRANSFER_BYTES_MAX / TRANSFER_SYMBOLS_MAX];
    struct reception *r = receiver(RECEPTION_MEMORY_DEFAULT);
    struct reception *small = receiver((size_t)8 << 20);
    struct reception_event e;
    struct buf code;

    (void)state;
    buf_init(&code, SYMBOL_BYTES_MAX);
    for (uint32_t i = 0; i < 1000; i++) {
        struct symbol s = {.cols = 1,
                           .rows = 1,
                           .total = TRANSFER_BYTES_MAX,
                           .esi = ESI_REPAIR + i,
                           .data = BYTES_OF(data)};

        put_u32le(s.transfer.b, i);
        buf_clear(&code);
        check_ok(&cx, symbol_write(&cx, &s, NULL, &code));
        check_ok(&cx, reception_take(&cx, r, buf_view(&code), &e));
        assert_int_equal(e.symbols, TRANSFER_SYMBOLS_MAX);
        assert_true(reception_memory(r) < (size_t)16 << 20);
        check_fault(&cx, STATUS_LIMIT, "[Q-20]", reception_take(&cx, small, buf_view(&code), &e));
        assert_int_equal(reception_memory(small), 0);
    }
    buf_finish(&code);
    reception_free(&small);
    reception_free(&r);
}

/* Two transfers that do not fit together: the older one makes room, and the newer comes through. */
static void test_memory_stays_within_its_limit(void **state)
{
    const size_t limit = (size_t)11 << 19;
    struct reception *r = receiver(limit);
    struct reception_event e = {0};
    struct sender s[2];

    (void)state;
    sender_open(&s[0], 1000, 2048, 1, NULL);
    sender_open(&s[1], 1000, 2048, 2, NULL);
    s[0].next = s[1].next = 2000;
    for (unsigned i = 0; i < 900; i++) {
        check_ok(&cx, reception_take(&cx, r, sender_next(&s[0]), &e));
    }
    for (unsigned i = 0; e.news != RECEPTION_PARCEL; i++) {
        assert_true(i < 1100);
        check_ok(&cx, reception_take(&cx, r, sender_next(&s[1]), &e));
        assert_true(reception_memory(r) <= limit);
    }
    check_bytes(e.parcel, buf_view(&s[1].parcel));
    check_ok(&cx, reception_take(&cx, r, sender_next(&s[0]), &e));
    assert_int_equal(e.rank, 1); /* it was forgotten */
    sender_close(&s[0]);
    sender_close(&s[1]);
    reception_free(&r);
}

/* A stranger without a key makes a symbol of our transfer, tag and all. */
static void poison(struct reception *r, struct sender *s, uint32_t number)
{
    struct reception_event e;
    struct symbol forged;
    uint8_t data[SYMBOL_DATA_MAX];
    struct buf code;

    buf_init(&code, SYMBOL_BYTES_MAX);
    check_ok(&cx, symbol_read(&cx, sender_code(s, number), NULL, &forged));
    memcpy(data, forged.data.ptr, forged.data.len);
    data[3] ^= 1;
    forged.data.ptr = data;
    check_ok(&cx, symbol_write(&cx, &forged, NULL, &code));
    check_ok(&cx, reception_take(&cx, r, buf_view(&code), &e));
    assert_int_equal(e.news, RECEPTION_PROGRESS);
    buf_finish(&code);
}

static void test_poison_costs_symbols_only(void **state)
{
    static const uint32_t sizes[] = {60, 1500};

    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        const bool source = kind % 2 == 1;
        struct reception *r = receiver(RECEPTION_MEMORY_DEFAULT);
        struct reception_event e = {0};
        unsigned poisoned = 0;
        struct sender s;
        uint32_t k;

        sender_open(&s, sizes[kind / 2], 64, 1, NULL);
        k = fountain_symbols(s.fountain);
        poison(r, &s, source ? 7 : k + 7);
        s.next = 20;
        for (unsigned i = 0; e.news != RECEPTION_PARCEL; i++) {
            assert_true(i < 4 * k);
            check_ok(&cx, reception_take(&cx, r, sender_next(&s), &e));
            if (e.news == RECEPTION_POISONED) {
                poisoned++;
                assert_int_equal(e.rank, poisoned == 2 ? 0 : k - 20 + source);
            }
        }
        assert_int_equal(poisoned, source ? 2 : 1);
        check_bytes(e.parcel, buf_view(&s.parcel));
        sender_close(&s);
        reception_free(&r);
    }
}

/* ---- going on -------------------------------------------------------------------------------- */

static void test_log_goes_on_where_it_stopped(void **state)
{
    struct reception *r = receiver(RECEPTION_MEMORY_DEFAULT);
    struct reception_event e;
    struct sender s;
    struct buf log;
    bytes rest;
    bytes code;
    uint32_t kept = 0;
    uint32_t k;

    (void)state;
    sender_open(&s, 300, 64, 1, NULL);
    k = fountain_symbols(s.fountain);
    buf_init(&log, 1 << 20);
    for (uint32_t i = 0; i < 200; i++) {
        code = sender_code(&s, i * 3);
        check_ok(&cx, reception_take(&cx, r, code, &e));
        if (e.news == RECEPTION_PROGRESS) {
            check_ok(&cx, reception_log_add(&cx, &log, code));
        }
    }
    reception_free(&r);
    r = receiver(RECEPTION_MEMORY_DEFAULT);
    rest = BYTES(log.ptr, log.len - 1); /* cut in the middle of the last */
    while (reception_log_next(&rest, &code)) {
        check_ok(&cx, reception_take(&cx, r, code, &e));
        assert_int_equal(e.news, RECEPTION_PROGRESS);
        kept++;
    }
    assert_int_equal(kept, 199);
    assert_int_equal(rest.len, 64 + SYMBOL_EXTRA_BYTES + 1);
    s.next = 1000;
    assert_in_range(show_until_done(r, &s), k - 199, k - 197);
    buf_finish(&log);
    sender_close(&s);
    reception_free(&r);
}

/* Memory fails at every allocation once: the same symbol is taken the next time. */
static void test_memory_runs_out_anywhere(void **state)
{
    static const uint32_t sizes[] = {30, 1100};

    (void)state;
    for (unsigned size = 0; size < 2; size++) {
        unsigned failures = 0;
        struct sender s;

        sender_open(&s, sizes[size], 32, 1, NULL);
        for (int fail = 0; fail < 4000; fail += size == 0 ? 1 : 61) {
            struct reception *r = receiver(RECEPTION_MEMORY_DEFAULT);
            struct reception_event e = {0};

            memory_left = fail;
            /* every other one of the source, then repair */
            for (uint32_t i = 0; e.news != RECEPTION_PARCEL; i++) {
                uint32_t k = fountain_symbols(s.fountain);
                bytes code;
                int left = memory_left;

                memory_left = -1;
                code = sender_code(&s, i < k / 2 ? 2 * i : k + i);
                memory_left = left;
                if (reception_take(&cx, r, code, &e) != STATUS_OK) {
                    assert_int_equal(cx.fault.status, STATUS_NO_MEMORY);
                    fault_clear(&cx);
                    failures++;
                    check_ok(&cx, reception_take(&cx, r, code, &e));
                }
            }
            check_bytes(e.parcel, buf_view(&s.parcel));
            memory_left = -1;
            reception_free(&r);
        }
        assert_true(failures > 20);
        sender_close(&s);
    }
}

static void test_fountain_refuses_what_no_camera_would_finish(void **state)
{
    struct sender s;
    struct fountain *f = NULL;

    (void)state;
    sender_open(&s, 1 << 15, 64, 1, NULL);
    s.plan.symbol_data = 16;
    check_fault(&cx, STATUS_LIMIT, "[Q-03]", fountain_new(&cx, &s.plan, buf_view(&s.parcel), &f));
    s.plan.symbol_data = 64;
    s.plan.paper = true;
    assert_int_equal(fountain_new(&cx, &s.plan, buf_view(&s.parcel), &f), STATUS_LIMIT);
    assert_non_null(strstr(cx.fault.hint, "larger codes"));
    fault_clear(&cx);
    assert_null(f);
    sender_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_field_is_a_field, setup),
        cmocka_unit_test_setup(test_both_ways_give_the_same, setup),
        cmocka_unit_test_setup(test_sizes_come_through, setup),
        cmocka_unit_test_setup(test_any_k_of_n_on_paper, setup),
        cmocka_unit_test_setup(test_seen_again_is_nothing_new, setup),
        cmocka_unit_test_setup(test_pair_comes_in_one_code, setup),
        cmocka_unit_test_setup(test_wanted_parts_are_enough, setup),
        cmocka_unit_test_setup(test_strangers_disturb_nobody, setup),
        cmocka_unit_test_setup(test_the_fifth_pushes_out_the_oldest, setup),
        cmocka_unit_test_setup(test_keys_keep_strangers_out, setup),
        cmocka_unit_test_setup(test_bombs_take_no_memory, setup),
        cmocka_unit_test_setup(test_memory_stays_within_its_limit, setup),
        cmocka_unit_test_setup(test_poison_costs_symbols_only, setup),
        cmocka_unit_test_setup(test_log_goes_on_where_it_stopped, setup),
        cmocka_unit_test_setup(test_memory_runs_out_anywhere, setup),
        cmocka_unit_test_setup(test_fountain_refuses_what_no_camera_would_finish, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
