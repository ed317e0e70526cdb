/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Simulator of a team: the real vault, records, transfer and authority code, people who write,
 * decide, join, leave and cheat, media that lose, double, delay and rot, machines restored from old
 * copies. A seed and a commit bring every run back.
 *
 *   sim [--seed S] [--count N] [--steps K] [--verbose]
 */
#include "sim.h"

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
    memset(s, 0, sizeof *s);
    s->seed = seed;
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
}

static void run(uint64_t seed, uint64_t steps, bool verbose, uint64_t *total)
{
    struct sim *s = calloc(1, sizeof *s);
    MUST(s != NULL);
    start(s, seed);
    s->verbose = verbose;
    for (uint64_t i = 0; i < steps; i++) {
        sim_step(s);
        sim_watch(s);
    }
    exchange(s, 6);
    sim_oracle(s);
    for (size_t i = 0; i < 10; i++) {
        total[i] += s->did[i];
    }
    total[10] += s->refused;
    total[11] += s->voided;
    total[12] += s->forked;
    finish(s);
    free(s);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, count = 20, steps = 40, total[16] = {0};
    bool verbose = false;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--verbose") == 0) {
            verbose = true;
        } else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) {
            seed = strtoull(argv[++i], NULL, 10);
        } else if (i + 1 < argc && strcmp(argv[i], "--count") == 0) {
            count = strtoull(argv[++i], NULL, 10);
        } else if (i + 1 < argc && strcmp(argv[i], "--steps") == 0) {
            steps = strtoull(argv[++i], NULL, 10);
        } else {
            fprintf(stderr, "usage: sim [--seed S] [--count N] [--steps K] [--verbose]\n");
            return 2;
        }
    }
    for (uint64_t i = 0; i < count; i++) {
        if (verbose) {
            fprintf(stderr, "seed %llu\n", (unsigned long long)(seed + i));
        }
        run(seed + i, steps, verbose, total);
    }
    printf(
        "%llu seeds from %llu: %llu writes, %llu passes, %llu posted, %llu arrived, %llu sticks,"
        " %llu decisions, %llu joins, %llu backups, %llu reopened, %llu times later; %llu refused"
        " by their own program, %llu entries without effect on arrival, %llu with an old "
        "copy\n",
        (unsigned long long)count, (unsigned long long)seed, (unsigned long long)total[0],
        (unsigned long long)total[1], (unsigned long long)total[2], (unsigned long long)total[3],
        (unsigned long long)total[4], (unsigned long long)total[5], (unsigned long long)total[6],
        (unsigned long long)total[7], (unsigned long long)total[8], (unsigned long long)total[9],
        (unsigned long long)total[10], (unsigned long long)total[11],
        (unsigned long long)total[12]);
    return 0;
}
