/* SPDX-License-Identifier: Apache-2.0 */
/*
 * int: arithmetic that says when a result does not fit, little-endian integers, and the one
 * decimal parser. The result is untouched when a function returns false.
 */
#include "base.h"

bool add_size(size_t a, size_t b, size_t *ret)
{
    size_t sum;

    if (__builtin_add_overflow(a, b, &sum)) {
        return false;
    }
    *ret = sum;
    return true;
}

bool mul_size(size_t a, size_t b, size_t *ret)
{
    size_t product;

    if (__builtin_mul_overflow(a, b, &product)) {
        return false;
    }
    *ret = product;
    return true;
}

bool add_i64(int64_t a, int64_t b, int64_t *ret)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum)) {
        return false;
    }
    *ret = sum;
    return true;
}

bool mul_i64(int64_t a, int64_t b, int64_t *ret)
{
    int64_t product;

    if (__builtin_mul_overflow(a, b, &product)) {
        return false;
    }
    *ret = product;
    return true;
}

void put_u32le(uint8_t out[static 4], uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

uint32_t get_u32le(const uint8_t in[static 4])
{
    uint32_t value = 0;

    for (unsigned i = 0; i < 4; i++) {
        value |= (uint32_t)in[i] << (8 * i);
    }
    return value;
}

void put_u64le(uint8_t out[static 8], uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

uint64_t get_u64le(const uint8_t in[static 8])
{
    uint64_t value = 0;

    for (unsigned i = 0; i < 8; i++) {
        value |= (uint64_t)in[i] << (8 * i);
    }
    return value;
}

bool parse_i64(text t, int64_t min, int64_t max, int64_t *ret)
{
    bool negative = t.len > 0 && t.ptr[0] == '-';
    size_t first = negative ? 1 : 0;
    int64_t value = 0;

    if (t.len == first) {
        return false;
    }
    /* "0" alone is the only number that starts with 0, and "-0" is none */
    if (t.ptr[first] == '0' && (t.len > first + 1 || negative)) {
        return false;
    }
    for (size_t i = first; i < t.len; i++) {
        if (t.ptr[i] < '0' || t.ptr[i] > '9') {
            return false;
        }
        int64_t digit = t.ptr[i] - '0';
        /* towards its own sign, because INT64_MIN has no positive twin */
        if (!mul_i64(value, 10, &value) || !add_i64(value, negative ? -digit : digit, &value)) {
            return false;
        }
    }
    if (value < min || value > max) {
        return false;
    }
    *ret = value;
    return true;
}
