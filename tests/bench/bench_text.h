/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_text: seeded text. Words follow Zipf's law roughly and lines follow a few patterns, so that
 * zstd finds about as much in it as in real source code and real reports; docs/figures.md says how
 * near it comes.
 */
#ifndef BENCH_TEXT_H
#define BENCH_TEXT_H

#include "bench_io.h"

enum { BENCH_RECORD_MAX = 4096 };

struct bench_random {
    uint64_t state;
};
struct bench_random bench_random_start(uint64_t seed);
uint64_t bench_random_next(struct bench_random *r);

void bench_noise(struct bench_random *r, char *to, size_t len);
/* Lines like source code and its comments. */
void bench_source(struct bench_random *r, char *to, size_t len);
/* One change as peers would keep it: JSON of 575 bytes on average. Returns its length. */
size_t bench_change_json(uint64_t number, uint64_t round, char to[static BENCH_RECORD_MAX]);
/* Title and text of record `number`; `round` 0 as it was made, 1.. as it was changed to. No commas,
 * no quotes, no line feeds. NUL-terminated; returns the length. */
size_t bench_title(uint64_t number, char to[static BENCH_RECORD_MAX]);
size_t bench_body(uint64_t number, uint64_t round, char to[static BENCH_RECORD_MAX]);

#endif
