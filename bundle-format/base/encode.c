/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode: hex and base32, one spelling for each value.
 *
 * What is written here may be a key on paper or in a QR code, so digits are computed instead of
 * looked up: neither a branch nor an address depends on the bytes. Decoding stops at the first
 * character that is none of the alphabet, which tells no more than that the input was mistyped.
 */
#include "base.h"

/* All ones when a < b, else zero; both below 2^31. */
static uint32_t mask_less(uint32_t a, uint32_t b)
{
    return 0U - ((a - b) >> 31);
}

static uint8_t hex_digit(uint32_t nibble)
{
    return (uint8_t)('0' + nibble + (~mask_less(nibble, 10) & ('a' - '0' - 10)));
}

/* The value of a digit, or 0xFF. */
static uint8_t hex_value(uint8_t c)
{
    uint32_t decimal = ~mask_less(c, '0') & mask_less(c, '9' + 1);
    uint32_t letter = ~mask_less(c, 'a') & mask_less(c, 'f' + 1);

    return (uint8_t)((decimal & (c - (uint32_t)'0')) | (letter & (c - (uint32_t)'a' + 10)) |
                     ~(decimal | letter));
}

enum status hex_encode(struct ctx *cx, struct buf *out, bytes b)
{
    enum status status;
    uint8_t *to = NULL;
    size_t len;

    if (!mul_size(b.len, 2, &len)) {
        FAIL(cx, STATUS_LIMIT, "too long for hex");
    }
    TRY(buf_extend(cx, out, len, &to));
    for (size_t i = 0; i < b.len; i++) {
        to[2 * i] = hex_digit(b.ptr[i] >> 4);
        to[2 * i + 1] = hex_digit(b.ptr[i] & 0x0F);
    }
out:
    return status;
}

enum status hex_decode(struct ctx *cx, struct buf *out, text t)
{
    enum status status;
    size_t before = out->len;
    uint8_t *to = NULL;

    if (t.len % 2 != 0) {
        FAIL(cx, STATUS_MALFORMED, "hex of an odd length");
    }
    TRY(buf_extend(cx, out, t.len / 2, &to));
    for (size_t i = 0; i < t.len / 2; i++) {
        uint8_t high = hex_value((uint8_t)t.ptr[2 * i]);
        uint8_t low = hex_value((uint8_t)t.ptr[2 * i + 1]);
        if ((high | low) == 0xFF) {
            wipe(to, t.len / 2);
            out->len = before;
            FAIL(cx, STATUS_MALFORMED, "not a hex digit (0-9, a-f)");
        }
        to[i] = (uint8_t)(high << 4 | low);
    }
out:
    return status;
}

static uint8_t base32_digit(uint32_t five)
{
    uint32_t letter = mask_less(five, 26);

    return (uint8_t)((letter & ('a' + five)) | (~letter & ('2' + five - 26)));
}

/* The value of a digit, or 0xFF. */
static uint8_t base32_value(uint8_t c)
{
    uint32_t letter = ~mask_less(c, 'a') & mask_less(c, 'z' + 1);
    uint32_t decimal = ~mask_less(c, '2') & mask_less(c, '7' + 1);

    return (uint8_t)((letter & (c - (uint32_t)'a')) | (decimal & (c - (uint32_t)'2' + 26)) |
                     ~(letter | decimal));
}

enum status base32_encode(struct ctx *cx, struct buf *out, bytes b)
{
    enum status status;
    uint8_t *to = NULL;
    uint32_t held = 0;
    unsigned bits = 0;
    size_t len;

    if (!mul_size(b.len, 8, &len)) {
        FAIL(cx, STATUS_LIMIT, "too long for base32");
    }
    len = len / 5 + (len % 5 != 0);
    TRY(buf_extend(cx, out, len, &to));
    for (size_t i = 0; i < b.len; i++) {
        held = held << 8 | b.ptr[i];
        for (bits += 8; bits >= 5; bits -= 5) {
            *to++ = base32_digit(held >> (bits - 5) & 0x1F);
        }
        held &= 0xFFU; /* at most 4 bits are left over */
    }
    if (bits > 0) {
        *to++ = base32_digit(held << (5 - bits) & 0x1F);
    }
out:
    return status;
}

enum status base32_decode(struct ctx *cx, struct buf *out, text t)
{
    enum status status;
    size_t before = out->len;
    uint8_t *to = NULL;
    size_t len = t.len / 8 * 5 + t.len % 8 * 5 / 8;
    uint32_t held = 0;
    unsigned bits = 0;
    size_t written = 0;

    if (t.len % 8 == 1 || t.len % 8 == 3 || t.len % 8 == 6) {
        FAIL(cx, STATUS_MALFORMED, "base32 of an impossible length");
    }
    TRY(buf_extend(cx, out, len, &to));
    for (size_t i = 0; i < t.len; i++) {
        uint8_t five = base32_value((uint8_t)t.ptr[i]);
        if (five == 0xFF) {
            wipe(to, len);
            out->len = before;
            FAIL(cx, STATUS_MALFORMED, "not a base32 digit (a-z, 2-7)");
        }
        held = held << 5 | five;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            to[written++] = (uint8_t)(held >> bits);
            held &= (1U << bits) - 1;
        }
    }
    if (held != 0) {
        wipe(to, len);
        out->len = before;
        FAIL(cx, STATUS_MALFORMED, "base32 with bits left over");
    }
    MUST(written == len);
out:
    return status;
}
