/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearest: the word a person probably meant, for error messages. Case of ASCII does not count; a
 * swap of two neighbours is one edit; a beginning of at least two letters is as good as one edit.
 */
#include "schema-int.h"

enum { NEAREST_WORD_MAX = 64 }; /* longer words get no proposal: the table below stays small */

static uint8_t lower(char c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance of two words of at most NEAREST_WORD_MAX bytes. */
static size_t edit_distance(text a, text b)
{
    size_t rows[3][NEAREST_WORD_MAX + 1] = {{0}};

    for (size_t j = 0; j <= b.len; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t changed = lower(a.ptr[i - 1]) != lower(b.ptr[j - 1]);
            row[j] = least(least(above[j] + 1, row[j - 1] + 1), above[j - 1] + changed);
            if (i > 1 && j > 1 && lower(a.ptr[i - 1]) == lower(b.ptr[j - 2]) &&
                lower(a.ptr[i - 2]) == lower(b.ptr[j - 1])) {
                row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1);
            }
        }
    }
    return rows[a.len % 3][b.len];
}

static bool starts_any_case(text whole, text prefix)
{
    if (prefix.len > whole.len) {
        return false;
    }
    for (size_t i = 0; i < prefix.len; i++) {
        if (lower(whole.ptr[i]) != lower(prefix.ptr[i])) {
            return false;
        }
    }
    return true;
}

text nearest_word(text word, const text *words, size_t count)
{
    text best = {0};
    size_t best_distance = word.len / 2 + 1;

    if (word.len == 0 || word.len > NEAREST_WORD_MAX) {
        return best;
    }
    for (size_t i = 0; i < count; i++) {
        if (words[i].len == 0 || words[i].len > NEAREST_WORD_MAX) {
            continue;
        }
        size_t distance = edit_distance(word, words[i]);
        if (word.len >= 2 && starts_any_case(words[i], word)) {
            distance = least(distance, 1);
        }
        if (distance < best_distance) {
            best_distance = distance;
            best = words[i];
        }
    }
    return best;
}
