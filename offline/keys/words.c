/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words that people read to each other, type and keep on paper: the list, numbers in base 7776,
 * fingerprints and generated passphrases. The list is walked, not indexed: it is short enough and
 * an index would be state of the process.
 */
#include <string.h>

#include "keys-int.h"

/* made by valise_embed() */
extern const unsigned char keys_word_list[];
extern const size_t keys_word_list_len;

enum {
    PRINT_WORDS = 9,
    PRINT_BITS = 116, /* 2^116 < 7776^9 */
    PRINT_TEXT_MAX = PRINT_WORDS * (WORD_BYTES_MAX + 1),
    RANDOM_WORDS_MAX = 64,
    TYPED_MAX = 64,
};

static bool next_word(size_t *at, text *ret)
{
    if (*at >= keys_word_list_len) {
        return false;
    }
    const char *from = (const char *)keys_word_list + *at;
    const char *end = memchr(from, '\n', keys_word_list_len - *at);
    MUST(end != NULL);
    *ret = (text){.ptr = from, .len = (size_t)(end - from)};
    *at += ret->len + 1;
    return true;
}

text word_at(unsigned index)
{
    size_t at = 0;
    text word = {0};
    MUST(index < WORDS);
    for (unsigned i = 0; i <= index; i++) {
        MUST(next_word(&at, &word));
    }
    return word;
}

int word_find(text word)
{
    size_t at = 0;
    text candidate = {0};
    for (int i = 0; next_word(&at, &candidate); i++) {
        if (text_equal(candidate, word)) {
            return i;
        }
    }
    return -1;
}

size_t words_beginning(text with, text *ret_first, text *ret_second)
{
    size_t at = 0;
    size_t count = 0;
    text candidate = {0};
    while (next_word(&at, &candidate)) {
        if (!text_starts(candidate, with)) {
            continue;
        }
        *(count == 0 ? ret_first : ret_second) = count < 2 ? candidate : *ret_second;
        count++;
    }
    return count;
}

/* Levenshtein's distance, one row at a time. */
static unsigned distance(text a, text b)
{
    unsigned row[WORD_BYTES_MAX + 1];
    MUST(b.len <= WORD_BYTES_MAX);
    for (unsigned j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned exchange = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            unsigned shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = exchange < shorter ? exchange : shorter;
        }
    }
    return row[b.len];
}

text word_nearest(text typed)
{
    size_t at = 0;
    text candidate = {0};
    text best = {0};
    unsigned best_distance = UINT32_MAX;
    typed.len = typed.len < TYPED_MAX ? typed.len : TYPED_MAX;
    while (next_word(&at, &candidate)) {
        unsigned d = distance(typed, candidate);
        if (d < best_distance) {
            best_distance = d;
            best = candidate;
        }
    }
    return best;
}

void digits_of_number(uint8_t *number, size_t len, uint16_t *digits, size_t count)
{
    for (size_t d = count; d-- > 0;) {
        uint32_t rest = 0;
        for (size_t i = 0; i < len; i++) {
            uint32_t value = rest << 8 | number[i];
            number[i] = (uint8_t)(value / WORDS);
            rest = value % WORDS;
        }
        digits[d] = (uint16_t)rest;
    }
}

bool number_of_digits(const uint16_t *digits, size_t count, uint8_t *number, size_t len)
{
    memset(number, 0, len);
    for (size_t d = 0; d < count; d++) {
        uint32_t carry = digits[d];
        for (size_t i = len; i-- > 0;) {
            uint32_t value = (uint32_t)number[i] * WORDS + carry;
            number[i] = (uint8_t)(value & 0xff);
            carry = value >> 8;
        }
        if (carry != 0) {
            return false;
        }
    }
    return true;
}

enum status words_of_fingerprint(struct ctx *cx, const uint8_t print[static 16], struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t number[16] = {0};
    uint16_t digits[PRINT_WORDS];
    /* its first 116 bits as a number */
    for (size_t i = 0; i < 15; i++) {
        number[i + 1] = (uint8_t)(print[i] >> 4 | (i > 0 ? print[i - 1] << 4 : 0));
    }
    _Static_assert(PRINT_BITS == 15 * 8 - 4, "the shift by four bits");
    digits_of_number(number, sizeof(number), digits, PRINT_WORDS);
    for (size_t i = 0; i < PRINT_WORDS; i++) {
        if (i > 0) {
            TRY(buf_add_byte(cx, out, ' '));
        }
        TRY(buf_add_text(cx, out, word_at(digits[i])));
    }
out:
    return status;
}

/* Next letter in lower case from *at; 0 at the end. Everything that is no letter is passed over,
 * except what nobody types between words: that gives 1, which no word holds. */
static char next_letter(text t, size_t *at)
{
    while (*at < t.len) {
        char c = t.ptr[(*at)++];
        if (c >= 'a' && c <= 'z') {
            return c;
        }
        if (c >= 'A' && c <= 'Z') {
            return (char)(c - 'A' + 'a');
        }
        if (strchr(" \t\r\n-", c) == NULL || c == '\0') {
            return 1;
        }
    }
    return 0;
}

bool words_match(struct ctx *cx, const uint8_t print[static 16], text typed)
{
    struct buf words;
    bool same = false;
    size_t a = 0;
    size_t b = 0;
    buf_init(&words, PRINT_TEXT_MAX);
    if (words_of_fingerprint(cx, print, &words) == STATUS_OK) {
        char left = 0;
        char right = 0;
        do {
            left = next_letter(buf_text(&words), &a);
            right = next_letter(typed, &b);
        } while (left == right && left != 0);
        same = left == right;
    }
    buf_finish(&words);
    return same;
}

/* Uniform: 13 random bits, drawn again when they are no word. */
static unsigned random_index(struct ctx *cx)
{
    uint8_t two[2];
    unsigned index = 0;
    do {
        cx->system->random(cx->system->self, two, sizeof(two));
        index = ((unsigned)two[0] << 8 | two[1]) & 0x1fff;
    } while (index >= WORDS);
    wipe(two, sizeof(two));
    return index;
}

enum status words_random(struct ctx *cx, size_t count, struct buf *out)
{
    enum status status = STATUS_OK;
    size_t before = out->len;
    if (count < 1 || count > RANDOM_WORDS_MAX) {
        FAIL(cx, STATUS_USAGE, "1 to %d words are possible", RANDOM_WORDS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            TRY(buf_add_byte(cx, out, ' '));
        }
        TRY(buf_add_text(cx, out, word_at(random_index(cx))));
    }
out:
    if (status != STATUS_OK && out->ptr != NULL) {
        wipe(out->ptr + before, out->len - before);
        out->len = before;
    }
    return status;
}
