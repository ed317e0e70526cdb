/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8: the strict decoder (RFC 3629 §4). Every text of a stranger passes through it before it may
 * be called `text`; overlong forms, surrogates and values over U+10FFFF are not characters.
 */
#include "base-int.h"

#include <string.h>

/* Bytes of the sequence a lead byte opens, and the range its second byte must lie in: that range
 * alone keeps out overlong forms (E0, F0), surrogates (ED) and values over U+10FFFF (F4). */
struct lead {
    uint8_t from;
    uint8_t to;
    uint8_t len;
    uint8_t second_min;
    uint8_t second_max;
};
static const struct lead leads[] = {
    {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF}, {0xE1, 0xEC, 3, 0x80, 0xBF},
    {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF}, {0xF0, 0xF0, 4, 0x90, 0xBF},
    {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

static const struct lead *lead_of(uint8_t byte)
{
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
        if (byte >= leads[i].from && byte <= leads[i].to) {
            return &leads[i];
        }
    }
    return NULL;
}

size_t utf8_decode(bytes b, uint32_t *ret_code_point)
{
    if (b.len == 0) {
        return 0;
    }
    if (b.ptr[0] < 0x80) {
        *ret_code_point = b.ptr[0];
        return 1;
    }
    const struct lead *lead = lead_of(b.ptr[0]);
    if (lead == NULL || b.len < lead->len || b.ptr[1] < lead->second_min ||
        b.ptr[1] > lead->second_max) {
        return 0;
    }
    /* a lead byte of n bytes carries 7 - n bits */
    uint32_t value = b.ptr[0] & (0x7FU >> lead->len);
    for (size_t i = 1; i < lead->len; i++) {
        if ((b.ptr[i] & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (b.ptr[i] & 0x3FU);
    }
    *ret_code_point = value;
    return lead->len;
}

/* Most text is mostly ASCII, and every text of a bundle passes here: eight bytes at a time. */
static size_t ascii_run(bytes b)
{
    size_t len = 0;
    uint64_t word;

    for (; b.len - len >= sizeof word; len += sizeof word) {
        memcpy(&word, b.ptr + len, sizeof word);
        if ((word & UINT64_C(0x8080808080808080)) != 0) {
            break;
        }
    }
    return len;
}

bool utf8_valid(bytes b)
{
    uint32_t code_point;

    for (size_t pos = 0; pos < b.len;) {
        size_t run = ascii_run(BYTES(b.ptr + pos, b.len - pos));
        if (run > 0) {
            pos += run;
            continue;
        }
        size_t len = utf8_decode(BYTES(b.ptr + pos, b.len - pos), &code_point);
        if (len == 0) {
            return false;
        }
        pos += len;
    }
    return true;
}

uint32_t utf8_next(text t, size_t *pos)
{
    uint32_t code_point = 0xFFFD;

    MUST(*pos < t.len);
    size_t len = utf8_decode(BYTES(t.ptr + *pos, t.len - *pos), &code_point);
    *pos += len == 0 ? 1 : len; /* a bad byte in what should be text moves on by one */
    return code_point;
}

bool range_has(const struct range *table, size_t count, uint32_t code_point)
{
    size_t low = 0;
    size_t high = count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code_point > table[middle].to) {
            low = middle + 1;
        } else if (code_point < table[middle].from) {
            high = middle;
        } else {
            return true;
        }
    }
    return false;
}
