/* SPDX-License-Identifier: Apache-2.0 */
/* Seeded text for the bench: see bench_text.h. */
#include "bench_text.h"

#include <string.h>

enum { WORDS = 6000, WORD_MAX = 16 };

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* Neighbouring seeds must not give one stream at two places of it. */
struct bench_random bench_random_start(uint64_t seed)
{
    return (struct bench_random){mix(mix(seed + 0x1234567U) + seed)};
}

/* splitmix64 */
uint64_t bench_random_next(struct bench_random *r)
{
    return mix(r->state += 0x9e3779b97f4a7c15U);
}

static uint64_t below(struct bench_random *r, uint64_t n)
{
    return bench_random_next(r) % n;
}

void bench_noise(struct bench_random *r, char *to, size_t len)
{
    for (size_t at = 0; at < len; at += 8) {
        uint64_t z = bench_random_next(r);
        memcpy(to + at, &z, len - at < 8 ? len - at : 8);
    }
}

/* Word number n is always the same word: one to four syllables, short ones first. */
static size_t word_of(uint64_t n, char *to)
{
    static const char onset[] = "bcdfghjklmnprstvw";
    static const char vowel[] = "aeiou";
    struct bench_random r = bench_random_start(n + 77);
    size_t syllables = n > 2500 ? 4 : n > 300 ? 3 : n > 12 ? 2 : 1;
    size_t len = 0;
    for (size_t i = 0; i < syllables; i++) {
        to[len++] = onset[below(&r, sizeof onset - 1)];
        to[len++] = vowel[below(&r, sizeof vowel - 1)];
        if (below(&r, 3) == 0) {
            to[len++] = "nrstl"[below(&r, 5)];
        }
    }
    return len;
}

/* Rank with a density of about 1/rank, as in written language. */
static uint64_t rank(struct bench_random *r)
{
    uint64_t span = UINT64_C(1) << below(r, 13);
    uint64_t n = span + below(r, span) - 1;
    return n < WORDS ? n : n % WORDS;
}

struct text_out {
    char *to;
    size_t len, max;
};

static void put(struct text_out *o, const char *s, size_t len)
{
    size_t room = o->max - o->len;
    len = len < room ? len : room;
    memcpy(o->to + o->len, s, len);
    o->len += len;
}

static void put_word(struct text_out *o, struct bench_random *r)
{
    char word[WORD_MAX];
    put(o, word, word_of(rank(r), word));
}

/* One line: '$' is a word, '#' a number, the rest stands as it is. */
static void put_pattern(struct text_out *o, struct bench_random *r, const char *pattern)
{
    char digits[24];
    for (const char *p = pattern; *p != 0; p++) {
        if (*p == '$') {
            put_word(o, r);
        } else if (*p == '#') {
            int n = snprintf(digits, sizeof digits, "%u", (unsigned)below(r, 4096));
            put(o, digits, (size_t)n);
        } else {
            put(o, p, 1);
        }
    }
}

void bench_source(struct bench_random *r, char *to, size_t len)
{
    static const char *const patterns[] = {
        "    if ($_$(cx, $->$, &$) != STATUS_OK) {\n        return $_$;\n    }\n",
        "    TRY($_$_$(cx, $, &$));\n",
        "static enum status $_$(struct ctx *cx, const struct $ *$, size_t $)\n{\n",
        "/* $ $ $ the $ of a $ $ $ $, $ and $ $ */\n",
        "    $->$ = $_$(#, $) + #;\n",
        "    for (size_t i = 0; i < $->$_count; i++) {\n        $[i].$ = #;\n    }\n",
        "out:\n    $_finish(&$);\n    return status;\n}\n\n",
        "The $ $ of the $ is $ $ $ by $ $ $. $ $ $ $ $ the $ $ $,\n",
        "enum { $_$_MAX = # };\n",
        "    uint64_t $ = $_$($, $->$);\n",
    };
    struct text_out o = {to, 0, len};
    while (o.len < len) {
        /* much was written before somewhere: licences, includes, habits */
        struct bench_random known = bench_random_start(rank(r));
        struct bench_random *from = below(r, 20) < 11 ? &known : r;
        for (uint64_t lines = 1 + below(from, 6); lines > 0; lines--) {
            put_pattern(&o, from, patterns[below(from, sizeof patterns / sizeof patterns[0])]);
        }
    }
}

static size_t prose(struct bench_random *r, size_t words, char *to)
{
    struct text_out o = {to, 0, BENCH_RECORD_MAX - 1};
    while (words > 0) {
        /* half of the words come in phrases that many people use */
        struct bench_random known = bench_random_start(rank(r) + 31);
        size_t run = 1 + below(&known, 6);
        struct bench_random *from = below(r, 4) == 0 ? &known : r;
        for (run = run < words ? run : words; run > 0; run--, words--) {
            put_word(&o, from);
            put(&o, " ", words > 1 ? 1 : 0);
        }
    }
    to[o.len] = 0;
    return o.len;
}

size_t bench_title(uint64_t number, char to[static BENCH_RECORD_MAX])
{
    struct bench_random r = bench_random_start(number * 2 + 1000003);
    size_t len = prose(&r, 3 + below(&r, 4), to);
    return len + (size_t)snprintf(to + len, 16, " %u", (unsigned)number);
}

size_t bench_body(uint64_t number, uint64_t round, char to[static BENCH_RECORD_MAX])
{
    struct bench_random r = bench_random_start(number * 64 + round + 5000011);
    return prose(&r, 24 + below(&r, 72), to);
}

size_t bench_change_json(uint64_t number, uint64_t round, char to[static BENCH_RECORD_MAX])
{
    char title[BENCH_RECORD_MAX], body[BENCH_RECORD_MAX];
    struct bench_random r = bench_random_start(number + 9000011);

    bench_title(number, title);
    bench_body(number, round, body);
    int n = snprintf(to, BENCH_RECORD_MAX,
                     "{\"change\":\"%016llx\",\"author\":\"member-%u\",\"time\":%u,"
                     "\"record\":\"k7-%u-%u\",\"type\":\"tickets.ticket\",\"title\":\"%s\","
                     "\"set\":{\"field\":\"body\",\"base\":\"%08x\",\"value\":\"%s\"}}",
                     (unsigned long long)bench_random_next(&r), (unsigned)(number % 8),
                     (unsigned)(1700000000 + number * 37), (unsigned)(number / 1000),
                     (unsigned)(number % 1000), title, (unsigned)below(&r, UINT32_MAX), body);
    return (size_t)n;
}
