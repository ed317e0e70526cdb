/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_frames: what the fountain costs on both sides, in symbols over k and in time of the
 * processor. bench_frames is built as the program is, bench_frames_portable without ISA-L.
 *
 * Encode is every code that was shown, its tag included; decode every code that was seen, from the
 * tag to the parcel. `late` begins to look after the sweep, so that all it sees is repair.
 *
 * usage: bench_frames                          the table of docs/figures.md
 *        bench_frames --smoke                  the same, with a tenth of a mebibyte
 *        bench_frames BYTES S LOSS LATE RUNS   one line: k, symbols over k, ms, ms; LATE is how
 * much of the sweep nobody saw, in percent as LOSS is
 */
#include "frames-int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct figures {
    uint32_t k;
    double extra;          /* symbols over k */
    double encode, decode; /* ms */
    double memory;         /* MiB of the reception at its most */
};

static uint64_t state = 1;

static uint64_t below(uint64_t n)
{
    uint64_t z = state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (z ^ (z >> 31)) % n;
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void check(struct ctx *cx, enum status status)
{
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_frames: %s\n", cx->fault.what);
        exit(1);
    }
}

static void show(struct ctx *cx, const struct fountain_plan *plan, bytes parcel, unsigned loss,
                 unsigned late, struct figures *sum)
{
    struct fountain *f = NULL;
    struct reception *r = NULL;
    struct reception_event e = {0};
    struct buf code;
    uint32_t seen = 0;
    double most = 0;
    double at = now();

    buf_init(&code, SYMBOL_BYTES_MAX);
    check(cx, fountain_new(cx, plan, parcel, &f));
    sum->encode += now() - at;
    check(cx, reception_new(cx, RECEPTION_MEMORY_DEFAULT, &r));
    sum->k = fountain_symbols(f);
    for (uint32_t n = sum->k * late / 100; e.news != RECEPTION_PARCEL; n++) {
        buf_clear(&code);
        at = now();
        check(cx, fountain_symbol(cx, f, n, 0, &code));
        sum->encode += now() - at;
        if (below(100) < loss) {
            continue;
        }
        at = now();
        check(cx, reception_take(cx, r, buf_view(&code), &e));
        sum->decode += now() - at;
        seen++;
        if ((double)reception_memory(r) > most) {
            most = (double)reception_memory(r);
        }
    }
    MUST(bytes_equal(e.parcel, parcel));
    sum->extra += seen - sum->k;
    sum->memory += most / (1 << 20);
    fountain_free(&f);
    reception_free(&r);
    buf_finish(&code);
}

static struct figures measure(size_t length, uint16_t data, unsigned loss, unsigned late,
                              unsigned runs)
{
    struct figures sum = {0};
    struct ctx cx;
    uint8_t *parcel = malloc(length);

    MUST(parcel != NULL && length > 1);
    ctx_init(&cx, system_real());
    for (unsigned run = 0; run < runs; run++) {
        struct fountain_plan plan = {.symbol_data = data, .cols = 3, .rows = 2};

        put_u64le(plan.transfer.b, below(UINT64_MAX));
        for (size_t i = 0; i < length; i++) {
            parcel[i] = (uint8_t)below(256);
        }
        parcel[0] = PARCEL_PROPOSAL;
        show(&cx, &plan, BYTES(parcel, length), loss, late, &sum);
    }
    free(parcel);
    sum.extra /= runs;
    sum.encode /= runs;
    sum.decode /= runs;
    sum.memory /= runs;
    return sum;
}

static void table(size_t mebibyte)
{
    static const uint16_t sizes[] = {1241, 2036};
    static const struct {
        const char *name;
        unsigned loss;
        unsigned late;
    } cases[] = {{"nothing lost", 0, 0}, {"30 % lost", 30, 0}, {"late: all repair", 0, 100}};

    printf("arithmetic: %s\n", gf_is_isal() ? "ISA-L" : "our own");
    printf("| MiB | S | k | | over k | encode ms | decode ms | MiB held |\n");
    printf("|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < 12; i++) {
        size_t mib = i < 6 ? 1 : 10;
        unsigned runs = i < 6 ? 10 : 2;
        struct figures f =
            measure(mib * mebibyte, sizes[i / 3 % 2], cases[i % 3].loss, cases[i % 3].late, runs);

        printf("| %zu | %u | %u | %s | %.2f | %.0f | %.0f | %.1f |\n", mib, sizes[i / 3 % 2], f.k,
               cases[i % 3].name, f.extra, f.encode, f.decode, f.memory);
    }
}

int main(int argc, char **argv)
{
    if (argc == 6) {
        struct figures f =
            measure(strtoul(argv[1], NULL, 10), (uint16_t)strtoul(argv[2], NULL, 10),
                    (unsigned)strtoul(argv[3], NULL, 10), (unsigned)strtoul(argv[4], NULL, 10),
                    (unsigned)strtoul(argv[5], NULL, 10));

        printf("%u %.4f %.3f %.3f\n", f.k, f.extra, f.encode, f.decode);
        return 0;
    }
    table(argc == 2 && strcmp(argv[1], "--smoke") == 0 ? 100000 : 1 << 20);
    return 0;
}
