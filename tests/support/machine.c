/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine: the fake system of the tests, see machine.h. The k-th draw is ChaCha20 under
 * (seed, k), so that two machines with one seed give the same run whatever lies between.
 */
#include "machine.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t test_seed(void)
{
    static bool printed = false;
    const char *set = getenv("VALISE_TEST_SEED");
    uint64_t seed = set == NULL ? 1 : strtoull(set, NULL, 10);

    if (!printed) {
        fprintf(stderr, "VALISE_TEST_SEED=%llu\n", (unsigned long long)seed);
        printed = true;
    }
    return seed;
}

void machine_fill(struct machine *m, void *out, size_t len)
{
    uint8_t key[randombytes_SEEDBYTES] = {0};

    put_u64le(key, m->seed);
    put_u64le(key + 8, m->drawn++);
    randombytes_buf_deterministic(out, len, key);
}

static void fake_random(void *self, void *out, size_t len)
{
    machine_fill(self, out, len);
}

static int64_t fake_now(void *self)
{
    return ((struct machine *)self)->now;
}

void machine_init(struct machine *m, uint64_t seed)
{
    *m = (struct machine){
        .system = {.random = fake_random, .now = fake_now, .self = m},
        .seed = seed,
        .now = 1704067200,
    };
}

uint64_t machine_below(struct machine *m, uint64_t below)
{
    uint8_t drawn[8];

    MUST(below > 0);
    machine_fill(m, drawn, sizeof drawn);
    return get_u64le(drawn) % below;
}
