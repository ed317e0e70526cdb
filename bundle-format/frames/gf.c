/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gf: arithmetic of GF(256) with the polynomial 0x11d, and the one operation that all the time of
 * this room goes into: adding many multiples of rows to a row. Two ways give the same bytes: ISA-L
 * where it was there at build, and C for every machine.
 *
 * The way in C uses that multiplication is linear: the rows whose factor has the same lower, or the
 * same upper, four bits are added up first, and the 2 x 15 sums multiplied and put together once.
 * That is two additions a row instead of a table look-up a byte.
 */
#include "frames-int.h"

#include <string.h>
#ifdef FRAMES_ISAL
#include <isa-l/erasure_code.h>
#endif

enum {
    POLYNOMIAL = 0x1d,
    STRIP = 512, /* bytes of each row at a time: 32 sums of them stay in the first cache */
    FEW = 40,    /* rows, up to which the sums are not worth it */
};
/* Vectors of the compiler, not of a machine: it makes of them what the machine has. */
typedef uint8_t lane __attribute__((vector_size(16)));
typedef int8_t sign __attribute__((vector_size(16)));

uint8_t gf_mul(uint8_t a, uint8_t b)
{
    unsigned sum = 0;

    for (unsigned bit = 0; bit < 8; bit++) {
        sum ^= (b >> bit & 1U) * ((unsigned)a << bit);
    }
    for (unsigned bit = 14; bit >= 8; bit--) {
        sum ^= (sum >> bit & 1U) * ((0x100U | POLYNOMIAL) << (bit - 8));
    }
    return (uint8_t)sum;
}

uint8_t gf_inverse(uint8_t a)
{
    uint8_t power = a;
    uint8_t result = 1;

    /* a^254 = a^2 a^4 a^8 ... a^128 */
    for (unsigned i = 0; i < 7; i++) {
        power = gf_mul(power, power);
        result = gf_mul(result, power);
    }
    return result;
}

/* ---- in C ------------------------------------------------------------------------------------ */

static inline lane lane_at(const uint8_t *at)
{
    lane a;

    memcpy(&a, at, sizeof a);
    return a;
}

static inline void add_lane(uint8_t *to, lane a)
{
    a ^= lane_at(to);
    memcpy(to, &a, sizeof a);
}

static inline lane twice(lane a)
{
    return (a + a) ^ ((lane)((sign)a < 0) & POLYNOMIAL);
}

static inline void add_row(uint8_t *to, const uint8_t *from, size_t len)
{
    for (size_t i = 0; i < len; i += 4 * sizeof(lane)) {
        add_lane(to + i, lane_at(from + i));
        add_lane(to + i + 16, lane_at(from + i + 16));
        add_lane(to + i + 32, lane_at(from + i + 32));
        add_lane(to + i + 48, lane_at(from + i + 48));
    }
}

/* to += factor * from, bit by bit of the factor. */
static void add_multiple(uint8_t *to, size_t len, uint8_t factor, const uint8_t *from)
{
    lane mask[8];

    for (unsigned bit = 0; bit < 8; bit++) {
        memset(&mask[bit], (factor >> bit & 1) != 0 ? 0xff : 0, sizeof mask[bit]);
    }
    for (size_t i = 0; i < len; i += sizeof(lane)) {
        lane a = lane_at(from + i);
        lane sum = a & mask[0];

        for (unsigned bit = 1; bit < 8; bit++) {
            a = twice(a);
            sum ^= a & mask[bit];
        }
        add_lane(to + i, sum);
    }
}

/* One strip of all rows. sums[0] is for the lower four bits of the factors. */
static void add_strip(uint8_t *to, size_t at, size_t len, const uint8_t *factors,
                      const uint8_t *const *rows, size_t count)
{
    uint8_t sums[2][16][STRIP];

    memset(sums, 0, sizeof sums);
    for (size_t i = 0; i < count; i++) {
        add_row(sums[0][factors[i] & 15], rows[i] + at, len);
        add_row(sums[1][factors[i] >> 4], rows[i] + at, len);
    }
    for (unsigned n = 1; n < 16; n++) {
        add_multiple(to + at, len, (uint8_t)n, sums[0][n]);
        add_multiple(to + at, len, (uint8_t)(n << 4), sums[1][n]);
    }
}

void gf_combine_portable(uint8_t *to, size_t len, const uint8_t *factors,
                         const uint8_t *const *rows, size_t count)
{
    if (count <= FEW) {
        for (size_t i = 0; i < count; i++) {
            add_multiple(to, len, factors[i], rows[i]);
        }
        return;
    }
    for (size_t at = 0; at < len; at += STRIP) {
        add_strip(to, at, len - at < STRIP ? len - at : STRIP, factors, rows, count);
    }
}

/* ---- with ISA-L ------------------------------------------------------------------------------ */

#ifdef FRAMES_ISAL
/* Row by row and not its dot product: that reads all rows at once, which lie a power of two apart
 * and then share a few lines of the first cache (measured: 4 GB/s instead of 24). */
static void combine_isal(uint8_t *to, size_t len, const uint8_t *factors,
                         const uint8_t *const *rows, size_t count)
{
    uint8_t tables[32];
    uint8_t *from = NULL;

    for (size_t i = 0; i < count; i++) {
        memcpy(&from, &rows[i], sizeof from); /* its prototype has no const */
        gf_vect_mul_init(factors[i], tables);
        gf_vect_mad((int)len, 1, 0, tables, from, to);
    }
}
#endif

void gf_combine(uint8_t *to, size_t len, const uint8_t *factors, const uint8_t *const *rows,
                size_t count)
{
    MUST(len % ROW_STEP == 0 && len <= ROW_BYTES_MAX);
#ifdef FRAMES_ISAL
    combine_isal(to, len, factors, rows, count);
#else
    gf_combine_portable(to, len, factors, rows, count);
#endif
}

bool gf_is_isal(void)
{
#ifdef FRAMES_ISAL
    return true;
#else
    return false;
#endif
}
