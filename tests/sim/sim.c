/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Simulator of a team: the real vault, records, transfer and authority code, people who write,
 * decide, join, leave and cheat, media that lose, double, delay and rot, machines restored from old
 * copies. A seed and a commit bring every run back.
 *
 *   sim [--seed S] [--count N] [--steps K] [--plain] [--verbose]
 *
 * --plain leaves the wider steps out (sim-more.c): the others are then the same as without them.
 */
#include "sim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t roll(struct sim *s, uint64_t below)
{
    return machine_below(&s->dice, below);
}

static void exchange(struct sim *s, int rounds)
{
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < s->count; i++) {
            for (size_t k = 0; k < s->count; k++) {
                sim_pass(s, &s->actors[i], &s->actors[k]);
            }
        }
    }
}

static void start(struct sim *s, uint64_t seed)
{
    s->seed = seed;
    more_start(s);
    s->world = calloc(1, sizeof *s->world);
    MUST(s->world != NULL);
    machine_init(&s->dice, seed);
    team_world_init(s->world, seed);
    struct peer *p = peer_found(s->world);
    snprintf(s->actors[0].name, sizeof s->actors[0].name, "founder");
    sim_open(&s->actors[0], p);
    s->count = 1;
    static const char *const FIRST[] = {"admin", "editor"};
    for (size_t i = 0; i < 2; i++) {
        struct actor *a = &s->actors[s->count++];
        struct peer *q = peer_join(s->world, p, i == 0 ? "Ben" : "Cleo", FIRST[i]);
        snprintf(a->name, sizeof a->name, "%s", i == 0 ? "Ben" : "Cleo");
        a->malicious = roll(s, 5) == 0;
        sim_open(a, q);
    }
}

static void finish(struct sim *s)
{
    for (size_t i = 0; i < s->post_count; i++) {
        free(s->post[i].bytes);
    }
    for (size_t i = 0; i < s->count; i++) {
        desk_close(&s->actors[i].desk);
    }
    team_world_finish(s->world);
    free(s->world);
    more_finish(s);
}

/* ---- whatever ends the run names its seed ---- */

static uint64_t living;

static void name_seed(void)
{
    if (living != 0) {
        fprintf(stderr, "seed %llu: ended here\n", (unsigned long long)living);
    }
}

static void on_signal(int number)
{
    name_seed(); /* the process is lost anyway */
    signal(number, SIG_DFL);
    raise(number);
}

static void name_seed_always(void)
{
    (void)atexit(name_seed);
    signal(SIGABRT, on_signal);
    signal(SIGSEGV, on_signal);
}

/* What was done, and three sums behind it. */
enum { TOTALS = DID_MAX + 3 };

static void run(uint64_t seed, uint64_t steps, const struct sim *as, uint64_t *total)
{
    struct sim *s = calloc(1, sizeof *s);
    MUST(s != NULL);
    s->plain = as->plain;
    s->verbose = as->verbose;
    start(s, seed);
    more_look(s);
    for (uint64_t i = 0; i < steps; i++) {
        sim_step(s);
        more_step(s);
        sim_watch(s);
    }
    exchange(s, 6);
    sim_oracle(s);
    for (size_t i = 0; i < DID_MAX; i++) {
        total[i] += s->did[i];
    }
    total[DID_MAX] += s->refused;
    total[DID_MAX + 1] += s->voided;
    total[DID_MAX + 2] += s->forked;
    finish(s);
    free(s);
}

static void tell(uint64_t seed, uint64_t count, const uint64_t *total)
{
    static const char *const WORDS[] = {"writes",   "passes",     "posted", "arrived",
                                        "sticks",   "decisions",  "joins",  "backups",
                                        "reopened", "times later"};
    static const char *const SUMS[] = {"refused by their own program",
                                       "entries without effect on arrival", "with an old copy"};
    printf("%llu seeds from %llu: ", (unsigned long long)count, (unsigned long long)seed);
    for (size_t i = 0; i < LENGTH(WORDS); i++) {
        printf("%llu %s, ", (unsigned long long)total[i], WORDS[i]);
    }
    for (size_t i = 0; i < MORE_COUNT; i++) {
        printf("%llu %s, ", (unsigned long long)total[DID_MORE + i], more_words[i]);
    }
    for (size_t i = 0; i < LENGTH(SUMS); i++) {
        printf("%llu %s%s", (unsigned long long)total[DID_MAX + i], SUMS[i],
               i + 1 < LENGTH(SUMS) ? ", " : "\n");
    }
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, count = 20, steps = 40, total[TOTALS] = {0};
    struct sim as = {.plain = false};

    name_seed_always();
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--verbose") == 0) {
            as.verbose = true;
        } else if (strcmp(argv[i], "--plain") == 0) {
            as.plain = true;
        } else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) {
            seed = strtoull(argv[++i], NULL, 10);
        } else if (i + 1 < argc && strcmp(argv[i], "--count") == 0) {
            count = strtoull(argv[++i], NULL, 10);
        } else if (i + 1 < argc && strcmp(argv[i], "--steps") == 0) {
            steps = strtoull(argv[++i], NULL, 10);
        } else {
            fprintf(stderr,
                    "usage: sim [--seed S] [--count N] [--steps K] [--plain] [--verbose]\n");
            return 2;
        }
    }
    for (uint64_t i = 0; i < count; i++) {
        if (as.verbose) {
            fprintf(stderr, "seed %llu\n", (unsigned long long)(seed + i));
        }
        living = seed + i;
        run(seed + i, steps, &as, total);
    }
    living = 0;
    tell(seed, count, total);
    return 0;
}
