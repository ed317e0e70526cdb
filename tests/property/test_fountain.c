/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves, for transfers by the dice, what the fountain promises: whatever is lost, however long, in
 * whatever order and however often the rest comes, and whenever somebody begins to look, k symbols
 * suffice, but for 0.05 of one on average. And that no symbol with flipped bits is ever taken.
 *
 * VALISE_TEST_SEED chooses the first transfer, VALISE_TEST_ROUNDS how many (default 80), and a
 * thousandth of how many symbols are spoilt (default 100).
 */
#include "check.h"

#include "frames.h"

#include <stdlib.h>
#include <string.h>

enum { K_MAX = 5000, DATA = 16, LATE_MAX = 64, ROUNDS = 80, SPOILT = 100 };

static struct ctx cx;
static struct machine machine;

static uint64_t below(uint64_t n)
{
    return machine_below(&machine, n);
}

static unsigned rounds_wanted(unsigned usual)
{
    const char *wanted = getenv("VALISE_TEST_ROUNDS");

    return wanted == NULL ? usual : (unsigned)strtoul(wanted, NULL, 10);
}

/* ---- how light loses codes ------------------------------------------------------------------- */

enum pattern { PATTERN_EACH, PATTERN_PICTURES, PATTERN_CELL, PATTERN_LOOKS_AWAY, PATTERNS };

struct loss {
    enum pattern pattern;
    unsigned percent; /* of all codes, 0 to 50 */
    unsigned cells;   /* codes of one picture */
    bool now;         /* PATTERN_PICTURES, _LOOKS_AWAY: this picture, this while */
    unsigned left;    /* codes of it */
};

static bool lost(struct loss *l, uint32_t number)
{
    switch (l->pattern) {
    case PATTERN_EACH:
        return below(100) < l->percent;
    case PATTERN_PICTURES:
        if (number % l->cells == 0) {
            l->now = below(100) < l->percent;
        }
        return l->now;
    case PATTERN_CELL: /* some cells of every picture are never read, glare */
        return number % l->cells * 100 < (uint64_t)l->percent * l->cells;
    case PATTERN_LOOKS_AWAY: /* for as long as it likes */
        if (l->left-- == 0) {
            l->now = below(100) < l->percent;
            l->left = 1 + (unsigned)below(2000);
        }
        return l->now;
    case PATTERNS:
        break;
    }
    return false;
}

/* ---- one transfer ---------------------------------------------------------------------------- */

struct run {
    uint32_t k, begin;
    struct loss loss;
    bool paired;
    unsigned late;  /* up to so many codes are overtaken by others */
    unsigned twice; /* percent of codes that are seen again */
    uint32_t seen;  /* different symbols it took */
    struct buf parcel;
    struct fountain *fountain;
    struct reception *reception;
    bool done;
};

static void run_open(struct run *run)
{
    static const struct link_key key = {{3}};
    struct fountain_plan plan = {.symbol_data = DATA, .cols = 3, .rows = 2};
    uint8_t *at = NULL;

    *run = (struct run){
        .loss = {.pattern = (enum pattern)below(PATTERNS),
                 .percent = (unsigned)below(51),
                 .cells = 2 + (unsigned)below(11)},
        .paired = below(2) == 1,
        .late = (unsigned)below(LATE_MAX),
        .twice = (unsigned)below(100),
    };
    machine_fill(&machine, plan.transfer.b, sizeof plan.transfer.b);
    plan.key = run->paired ? &key : NULL;
    buf_init(&run->parcel, PARCEL_BYTES_MAX);
    /* up to an eighth of it is padding */
    check_ok(&cx, buf_extend(&cx, &run->parcel, 2 + below((uint64_t)K_MAX * DATA * 31 / 32), &at));
    machine_fill(&machine, at, run->parcel.len);
    at[0] = PARCEL_TICKET;
    check_ok(&cx, fountain_new(&cx, &plan, buf_view(&run->parcel), &run->fountain));
    check_ok(&cx, reception_new(&cx, RECEPTION_MEMORY_DEFAULT, &run->reception));
    check_ok(&cx, reception_link(&cx, run->reception, &key));
    run->k = fountain_symbols(run->fountain);
    /* from the start, somewhere in the sweep, or long after it */
    run->begin = below(3) == 0 ? 0 : (uint32_t)below(below(2) ? run->k + 1 : 20 * run->k);
}

static void run_close(struct run *run)
{
    buf_finish(&run->parcel);
    fountain_free(&run->fountain);
    reception_free(&run->reception);
}

static void run_take(struct run *run, bytes code, bool again)
{
    struct reception_event e;

    check_ok(&cx, reception_take(&cx, run->reception, code, &e));
    run->seen += !again;
    assert_true(e.rank <= run->seen);
    if (again) {
        assert_int_equal(e.news, RECEPTION_NOTHING);
    }
    if (e.news == RECEPTION_PARCEL) {
        check_bytes(e.parcel, buf_view(&run->parcel));
        run->done = true;
    } else if (!run->done) {
        assert_true(e.rank < run->k);
    }
}

/* Codes wait in a small crowd and come out of it by the dice. */
static void run_all(struct run *run)
{
    struct buf crowd[LATE_MAX];
    uint32_t number = run->begin;

    for (unsigned i = 0; i < LATE_MAX; i++) {
        buf_init(&crowd[i], SYMBOL_BYTES_MAX);
    }
    while (!run->done) {
        struct buf *place = &crowd[run->late == 0 ? 0 : below(run->late)];

        if (place->len > 0) {
            run_take(run, buf_view(place), false);
            if (!run->done && below(100) < run->twice) {
                run_take(run, buf_view(place), true);
            }
        }
        buf_clear(place);
        while (lost(&run->loss, number)) {
            number++;
        }
        check_ok(&cx, fountain_symbol(&cx, run->fountain, number, 0, place));
        number++;
        assert_true(run->seen < run->k + 40);
    }
    for (unsigned i = 0; i < LATE_MAX; i++) {
        buf_finish(&crowd[i]);
    }
}

static void test_k_symbols_suffice(void **state)
{
    const unsigned rounds = rounds_wanted(ROUNDS);
    uint64_t extra = 0;
    uint32_t worst = 0;

    (void)state;
    for (unsigned round = 0; round < rounds; round++) {
        struct run run;

        machine_init(&machine, test_seed() + round);
        ctx_init(&cx, &machine.system);
        run_open(&run);
        run_all(&run);
        extra += run.seen - run.k;
        if (run.seen - run.k > worst) {
            worst = run.seen - run.k;
        }
        if (run.seen - run.k > 2) {
            print_message("seed %llu: %u of %u symbols, pattern %d, %u %% lost, from %u on\n",
                          (unsigned long long)(test_seed() + round), run.seen, run.k,
                          (int)run.loss.pattern, run.loss.percent, run.begin);
        }
        run_close(&run);
    }
    print_message("%u transfers: %.4f symbols over k on average, %u at most\n", rounds,
                  (double)extra / rounds, worst);
    assert_true((double)extra / rounds <= 0.05);
}

/* One to eight bits flipped anywhere in a good symbol, with and without a key. */
static void test_no_spoilt_symbol_is_taken(void **state)
{
    static const struct link_key key = {{9}};
    static const struct beacon beacon = {.symbol_data = 1241, .version = 25, .fps = 20};
    const unsigned many = rounds_wanted(SPOILT) * 1000;
    static uint8_t data[1241];
    unsigned taken = 0;
    struct buf good;

    (void)state;
    machine_init(&machine, test_seed());
    ctx_init(&cx, &machine.system);
    buf_init(&good, SYMBOL_BYTES_MAX);
    for (unsigned i = 0; i < many; i++) {
        const struct link_key *with = i / 1000 % 2 ? &key : NULL;
        struct symbol s = {.cols = 3, .rows = 2, .total = 100000, .esi = i, .data = {data, 1241}};
        uint8_t spoilt[SYMBOL_BYTES_MAX];
        struct symbol out;

        if (i % 1000 == 0) {
            s.esi = 0x80000000 + i;
            machine_fill(&machine, data, sizeof data);
            buf_clear(&good);
            if (i % 3000 == 0) {
                check_ok(&cx, beacon_write(&cx, &s, &beacon, with, &good));
            } else {
                check_ok(&cx, symbol_write(&cx, &s, with, &good));
            }
        }
        memcpy(spoilt, good.ptr, good.len);
        do {
            for (uint64_t bits = 1 + below(8); bits > 0; bits--) {
                uint64_t bit = below(8 * good.len);
                spoilt[bit / 8] ^= (uint8_t)(1U << bit % 8);
            }
        } while (memcmp(spoilt, good.ptr, good.len) == 0);
        taken += symbol_read(&cx, BYTES(spoilt, good.len), with, &out) == STATUS_OK;
        fault_clear(&cx);
    }
    print_message("%u spoilt symbols: %u taken\n", many, taken);
    assert_int_equal(taken, 0);
    buf_finish(&good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_k_symbols_suffice),
        cmocka_unit_test(test_no_spoilt_symbol_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
