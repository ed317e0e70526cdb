/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine: a fake `struct system`. Its randomness follows from a seed and its clock stands still
 * until a test moves it, so that every run of a test can be had again.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include "base.h"

struct machine {
    struct system system; /* give &machine.system to ctx_init() */
    uint64_t seed;
    uint64_t drawn; /* how often randomness was asked for */
    int64_t now;    /* starts at 2024-01-01 00:00:00 UTC; tests set it */
};

/* The seed of this run: VALISE_TEST_SEED, or 1. Prints it at the first call. */
uint64_t test_seed(void);
/* Do not copy a machine afterwards: system.self points at it. */
void machine_init(struct machine *m, uint64_t seed);
/* A number in [0, below); `below` is not 0. Slightly uneven, which no test minds. */
uint64_t machine_below(struct machine *m, uint64_t below);
void machine_fill(struct machine *m, void *out, size_t len);

#endif
