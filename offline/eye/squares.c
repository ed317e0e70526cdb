/* SPDX-License-Identifier: Apache-2.0 */
/*
 * squares: ISO/IEC 18004:2015 clauses 7 and 12 (reference decoding), for what a canvas holds. All
 * sizes come from the version, which the caller knows; nothing that is read decides how much is
 * read, but the count of bytes, which is checked.
 */
#include <string.h>

#include "squares.h"

enum { VERSION_MAX = 40, CHECK_MAX = 30, PERIOD = 12 };

/* Table 9, level L: check words of a block, and blocks; index is the version. */
static const uint8_t check_words[VERSION_MAX + 1] = {
    0,  7,  10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28,
    28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30};
static const uint8_t block_counts[VERSION_MAX + 1] = {
    0, 1, 1, 1,  1,  1,  2,  2,  2,  2,  4,  4,  4,  4,  4,  6,  6,  6,  6,  7, 8,
    8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25};

/* ---- a version --------------------------------------------------------------------------------
 */

static void powers_make(struct squares *s)
{
    uint8_t value = 1;
    for (unsigned i = 0; i < 255; i++) {
        s->power[i] = s->power[i + 255] = value;
        s->exponent[value] = (uint8_t)i;
        value = (uint8_t)(value << 1 ^ ((value & 0x80) != 0 ? 0x1d : 0));
    }
}

static void take(struct squares *s, unsigned x, unsigned y, unsigned wide, unsigned high)
{
    unsigned side = 17 + 4 * s->version;
    for (unsigned row = y; row < y + high; row++) {
        memset(s->taken + (size_t)row * side + x, 1, wide);
    }
}

/* Annex E by its rule: evenly spaced from the far edge, the first gap takes the rest. */
static void take_alignments(struct squares *s)
{
    unsigned side = 17 + 4 * s->version, count = s->version / 7 + 2, at[7] = {6};
    if (s->version == 1) {
        return;
    }
    unsigned step = s->version == 32 ? 26 : (s->version * 4 + count * 2 + 1) / (count * 2 - 2) * 2;
    for (unsigned i = 1; i < count; i++) {
        at[i] = side - 7 - (count - 1 - i) * step;
    }
    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; k < count; k++) {
            bool corner =
                (i == 0 && k == 0) || (i == 0 && k == count - 1) || (i == count - 1 && k == 0);
            if (!corner) {
                take(s, at[i] - 2, at[k] - 2, 5, 5);
            }
        }
    }
}

/* Two columns at a time from the right, up and down in turn, past the column of the timing line. */
static void order_make(struct squares *s)
{
    unsigned side = 17 + 4 * s->version;
    bool up = true;
    s->bits = 0;
    for (unsigned right = side - 1; right < side; right -= 2, up = !up) {
        right = right == 6 ? 5 : right;
        for (unsigned i = 0; i < 2 * side; i++) {
            unsigned y = up ? side - 1 - i / 2 : i / 2, x = right - i % 2;
            if (s->taken[y * side + x] == 0) {
                s->at[s->bits] = (uint16_t)(y * side + x);
                s->tile[s->bits++] = (uint8_t)(y % PERIOD * PERIOD + x % PERIOD);
            }
        }
        if (right == 1) {
            break;
        }
    }
}

static void version_set(struct squares *s, unsigned version)
{
    unsigned side = 17 + 4 * version;
    if (s->version == version) {
        return;
    }
    s->version = version;
    memset(s->taken, 0, sizeof(s->taken));
    take(s, 0, 0, 9, 9);
    take(s, side - 8, 0, 8, 9);
    take(s, 0, side - 8, 9, 8);
    take(s, 6, 0, 1, side);
    take(s, 0, 6, side, 1);
    take_alignments(s);
    if (version >= 7) {
        take(s, side - 11, 0, 3, 6);
        take(s, 0, side - 11, 6, 3);
    }
    order_make(s);
    powers_make(s);
}

/* ---- the mask ---------------------------------------------------------------------------------
 */

static bool mask_at(unsigned mask, unsigned x, unsigned y)
{
    switch (mask) {
    case 0:
        return (x + y) % 2 == 0;
    case 1:
        return y % 2 == 0;
    case 2:
        return x % 3 == 0;
    case 3:
        return (x + y) % 3 == 0;
    case 4:
        return (x / 3 + y / 2) % 2 == 0;
    case 5:
        return x * y % 2 + x * y % 3 == 0;
    case 6:
        return (x * y % 2 + x * y % 3) % 2 == 0;
    default:
        return ((x + y) % 2 + x * y % 3) % 2 == 0;
    }
}

/* Both copies of the 15 bits beside the corners, one above the other: 30. */
static uint32_t format_bits(const uint8_t *dark, unsigned side)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < 15; i++) {
        unsigned x = i < 8 ? 8 : i == 8 ? 7 : 14 - i, y = i < 6 ? i : i < 8 ? i + 1 : 8;
        unsigned x2 = i < 8 ? side - 1 - i : 8, y2 = i < 8 ? 8 : side - 15 + i;
        bits |= (uint32_t)(dark[y * side + x] != 0) << i;
        bits |= (uint32_t)(dark[y2 * side + x2] != 0) << (i + 15);
    }
    return bits;
}

/* The nearest of the 32 words there are, if it is near and says level L. */
static bool format_read(const uint8_t *dark, unsigned side, unsigned *ret_mask)
{
    uint32_t seen = format_bits(dark, side);
    unsigned best = 0;
    int nearest = 31;
    for (unsigned word = 0; word < 32; word++) {
        uint32_t rest = word;
        for (int i = 0; i < 10; i++) {
            rest = rest << 1 ^ (rest >> 9) * 0x537;
        }
        uint32_t bits = (word << 10 | rest) ^ 0x5412;
        int far = __builtin_popcount(seen ^ (bits | bits << 15));
        if (far < nearest) {
            nearest = far;
            best = word;
        }
    }
    *ret_mask = best & 7;
    return nearest <= 6 && best >> 3 == 1; /* the copies are 14 apart at least; 01 is level L */
}

static void words_read(struct squares *s, const uint8_t *dark, unsigned mask)
{
    uint8_t flip[PERIOD * PERIOD];
    for (unsigned i = 0; i < PERIOD * PERIOD; i++) {
        flip[i] = mask_at(mask, i % PERIOD, i / PERIOD);
    }
    for (size_t word = 0; word < s->bits / 8; word++) {
        unsigned value = 0;
        for (size_t i = word * 8; i < word * 8 + 8; i++) {
            value = value << 1 | ((dark[s->at[i]] != 0) ^ flip[s->tile[i]]);
        }
        s->raw[word] = (uint8_t)value;
    }
}

/* ---- Reed and Solomon -------------------------------------------------------------------------
 */

static uint8_t times(const struct squares *s, uint8_t a, uint8_t b)
{
    return a == 0 || b == 0 ? 0 : s->power[s->exponent[a] + s->exponent[b]];
}

static uint8_t over(const struct squares *s, uint8_t a, uint8_t b) /* b is not 0 */
{
    return a == 0 ? 0 : s->power[s->exponent[a] + 255 - s->exponent[b]];
}

/* The word's value at each power of 2 that is a root of all right ones; true: all are 0. */
static bool syndromes(const struct squares *s, const uint8_t *word, unsigned len, unsigned checks,
                      uint8_t ret[static CHECK_MAX])
{
    uint8_t any = 0;
    for (unsigned k = 0; k < checks; k++) {
        uint8_t sum = word[0];
        for (unsigned i = 1; i < len; i++) {
            sum = (uint8_t)((sum == 0 ? 0 : s->power[s->exponent[sum] + k]) ^ word[i]);
        }
        ret[k] = sum;
        any |= sum;
    }
    return any == 0;
}

/* Berlekamp and Massey: the polynomial whose roots say which words are wrong; its degree. */
static unsigned locator(const struct squares *s, const uint8_t *syndrome, unsigned checks,
                        uint8_t ret[static CHECK_MAX + 1])
{
    uint8_t before[CHECK_MAX + 1] = {1}, kept[CHECK_MAX + 1], last = 1;
    unsigned degree = 0, gap = 1;
    memset(ret, 0, CHECK_MAX + 1);
    ret[0] = 1;
    for (unsigned n = 0; n < checks; n++, gap++) {
        uint8_t off = syndrome[n];
        for (unsigned i = 1; i <= degree; i++) {
            off ^= times(s, ret[i], syndrome[n - i]);
        }
        if (off == 0) {
            continue;
        }
        memcpy(kept, ret, sizeof(kept));
        uint8_t factor = over(s, off, last);
        for (unsigned i = gap; i <= CHECK_MAX; i++) {
            ret[i] ^= times(s, factor, before[i - gap]);
        }
        if (2 * degree <= n) {
            degree = n + 1 - degree;
            memcpy(before, kept, sizeof(before));
            last = off;
            gap = 0;
        }
    }
    return degree;
}

static uint8_t value_at(const struct squares *s, const uint8_t *poly, unsigned count, uint8_t x)
{
    uint8_t sum = 0;
    for (unsigned i = count; i-- > 0;) {
        sum = (uint8_t)(times(s, sum, x) ^ poly[i]);
    }
    return sum;
}

/* Forney: by how much the word at `x`, a power of 2, is wrong. */
static uint8_t error_at(const struct squares *s, const uint8_t *found, const uint8_t *evaluator,
                        unsigned checks, unsigned power)
{
    uint8_t back = s->power[(255 - power) % 255], slope = 0, step = 1, twice = times(s, back, back);
    for (unsigned i = 1; i <= checks; i += 2) { /* the derivative has only even powers */
        slope ^= times(s, found[i], step);
        step = times(s, step, twice);
    }
    return slope == 0
               ? 0
               : times(s, s->power[power], over(s, value_at(s, evaluator, checks, back), slope));
}

/* Puts wrong words right; false when there are too many. */
static bool block_mend(const struct squares *s, uint8_t *word, unsigned len, unsigned checks)
{
    uint8_t syndrome[CHECK_MAX], found[CHECK_MAX + 1], evaluator[CHECK_MAX] = {0};
    unsigned mended = 0;
    if (syndromes(s, word, len, checks, syndrome)) {
        return true;
    }
    unsigned degree = locator(s, syndrome, checks, found);
    if (2 * degree > checks) {
        return false;
    }
    for (unsigned i = 0; i < checks; i++) {
        for (unsigned k = 0; k <= i; k++) {
            evaluator[i] ^= times(s, syndrome[k], found[i - k]);
        }
    }
    for (unsigned i = 0; i < len; i++) {
        unsigned power = len - 1 - i;
        if (value_at(s, found, degree + 1, s->power[(255 - power) % 255]) == 0) {
            word[i] ^= error_at(s, found, evaluator, checks, power);
            mended++;
        }
    }
    return mended == degree && syndromes(s, word, len, checks, syndrome);
}

/* Words of all blocks stand in turns; the later blocks may have one more. */
static bool blocks_mend(struct squares *s, size_t *ret_len)
{
    unsigned total = (unsigned)(s->bits / 8), checks = check_words[s->version];
    unsigned blocks = block_counts[s->version], data = total / blocks - checks;
    unsigned longer = total % blocks; /* so many of the last blocks */
    uint8_t word[256];
    size_t done = 0;
    for (unsigned b = 0; b < blocks; b++) {
        unsigned len = data + (b >= blocks - longer ? 1 : 0);
        for (unsigned i = 0; i < len; i++) {
            word[i] = s->raw[i < data ? i * blocks + b : data * blocks + b - (blocks - longer)];
        }
        for (unsigned i = 0; i < checks; i++) {
            word[len + i] = s->raw[data * blocks + longer + i * blocks + b];
        }
        if (!block_mend(s, word, len + checks, checks)) {
            return false;
        }
        memcpy(s->words + done, word, len);
        done += len;
    }
    *ret_len = done;
    return true;
}

/* ---- content ----------------------------------------------------------------------------------
 */

/* Mode 4 (bytes), their count, the bytes, and the end: four bits 0, or no room for them. */
static bool content_read(struct squares *s, size_t len, uint8_t out[static CODE_BYTES_MAX],
                         size_t *ret_len)
{
    size_t head = s->version < 10 ? 1 : 2;
    const uint8_t *w = s->words;
    size_t count = (size_t)(w[0] & 15) << 4 | w[1] >> 4;
    if (head == 2) {
        count = count << 8 | (size_t)(w[1] & 15) << 4 | w[2] >> 4;
    }
    if (w[0] >> 4 != 4 || count < 1 || count > CODE_BYTES_MAX || head + count + 1 > len ||
        (w[head + count] & 15) != 0) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = (uint8_t)(w[head + i] << 4 | w[head + i + 1] >> 4);
    }
    *ret_len = count;
    return true;
}

bool squares_read(struct squares *s, const uint8_t *dark, unsigned side,
                  uint8_t out[static CODE_BYTES_MAX], size_t *ret_len)
{
    unsigned mask = 0;
    size_t len = 0;
    if (side < 21 || side > SQUARES_SIDE_MAX || side % 4 != 1 || !format_read(dark, side, &mask)) {
        return false;
    }
    version_set(s, (side - 17) / 4);
    words_read(s, dark, mask);
    return blocks_mend(s, &len) && content_read(s, len, out, ret_len);
}
