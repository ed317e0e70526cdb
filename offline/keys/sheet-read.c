/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the words of a recovery sheet, from the whole page or as a person types them, and says
 * which word is wrong rather than that something is.
 */
#include <string.h>

#include "keys-int.h"

enum { SHEET_TEXT_MAX = 64 * 1024, SHOWN_MAX = 32 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Next line from *at, without its end; false behind the last. */
static bool next_line(text t, size_t *at, text *ret)
{
    if (*at >= t.len) {
        return false;
    }
    const char *from = t.ptr + *at;
    const char *end = memchr(from, '\n', t.len - *at);
    size_t len = end != NULL ? (size_t)(end - from) : t.len - *at;
    *at += len + 1;
    while (len > 0 && is_blank(from[len - 1])) {
        len--;
    }
    while (len > 0 && is_blank(*from)) {
        from++;
        len--;
    }
    *ret = (text){.ptr = from, .len = len};
    return true;
}

/* What stands between the line "words:" and the next empty line; else the whole text. */
static text words_part(text typed)
{
    text line = {0};
    size_t at = 0;
    while (next_line(typed, &at, &line)) {
        if (!text_equal(line, TEXT("words:"))) {
            continue;
        }
        size_t from = at;
        size_t end = at;
        while (next_line(typed, &at, &line) && line.len > 0) {
            end = at < typed.len ? at : typed.len;
        }
        return (text){.ptr = typed.ptr + from, .len = end - from};
    }
    return typed;
}

static bool is_number(text token)
{
    for (size_t i = 0; i < token.len; i++) {
        if ((token.ptr[i] < '0' || token.ptr[i] > '9') && token.ptr[i] != '.') {
            return false;
        }
    }
    return true;
}

/* Next word from *at; the numbers in front of words are passed over. */
static bool next_token(text t, size_t *at, text *ret)
{
    for (;;) {
        while (*at < t.len && is_blank(t.ptr[*at])) {
            ++*at;
        }
        size_t from = *at;
        while (*at < t.len && !is_blank(t.ptr[*at])) {
            ++*at;
        }
        *ret = (text){.ptr = t.ptr + from, .len = *at - from};
        if (ret->len == 0) {
            return false;
        }
        if (!is_number(*ret)) {
            return true;
        }
    }
}

/* Lower-case form in `out`, cut before SHOWN_MAX bytes are passed: no word is that long. */
static text lower(text token, char out[static SHOWN_MAX])
{
    size_t len = token.len < SHOWN_MAX ? token.len : SHOWN_MAX;
    while (!utf8_valid(BYTES(token.ptr, len))) { /* cut inside a character */
        len--;
    }
    for (size_t i = 0; i < len; i++) {
        char c = token.ptr[i];
        out[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return (text){.ptr = out, .len = len};
}

static enum status unknown_word(struct ctx *cx, size_t number, text word)
{
    text nearest = word_nearest(word);
    enum status status = fault_set(cx, STATUS_USAGE, __FILE__, __LINE__,
                                   "recovery sheet: word %zu, '%.*s', is not in the list", number,
                                   (int)word.len, word.ptr);
    (void)fault_hint(cx, "perhaps it is '%.*s'", (int)nearest.len, nearest.ptr);
    return status;
}

static enum status parse_words(struct ctx *cx, text part, uint16_t digits[static SHEET_WORDS])
{
    enum status status = STATUS_OK;
    char shown[SHOWN_MAX];
    text token = {0};
    size_t at = 0;
    size_t count = 0;
    while (next_token(part, &at, &token)) {
        if (count == SHEET_WORDS) {
            FAIL(cx, STATUS_USAGE, "recovery sheet: more than %d words", SHEET_WORDS);
        }
        text word = lower(token, shown);
        int index = token.len <= SHOWN_MAX ? word_find(word) : -1;
        if (index < 0) {
            status = unknown_word(cx, count + 1, word);
            goto out;
        }
        digits[count++] = (uint16_t)index;
    }
    if (count < SHEET_WORDS) {
        FAIL(cx, STATUS_USAGE, "recovery sheet: %zu words, %d are needed", count, SHEET_WORDS);
    }
out:
    wipe(shown, sizeof(shown));
    return status;
}

enum status sheet_parse(struct ctx *cx, text typed, struct secret **ret_seed)
{
    enum status status = STATUS_OK;
    uint16_t digits[SHEET_WORDS] = {0};
    uint8_t number[SHEET_NUMBER_BYTES] = {0};
    struct secret *seed = NULL;
    if (typed.len > SHEET_TEXT_MAX) {
        FAIL(cx, STATUS_LIMIT, "recovery sheet: %zu bytes are too many", typed.len);
    }
    TRY(parse_words(cx, words_part(typed), digits));
    TRY(secret_new(cx, SEED_BYTES, &seed));
    /* 271 bits: the topmost of 272 stays zero */
    bool fits =
        number_of_digits(digits, SHEET_WORDS, number, sizeof(number)) && (number[0] & 0x80) == 0;
    for (size_t i = 0; i < SEED_BYTES; i++) {
        secret_ptr(seed)[i] = (uint8_t)(number[i] << 1 | number[i + 1] >> 7);
    }
    unsigned check = (number[SEED_BYTES] & 0x7fU) << 8 | number[SEED_BYTES + 1];
    if (!fits || check != sheet_check(seed)) {
        status = fault_set(cx, STATUS_USAGE, __FILE__, __LINE__,
                           "recovery sheet: all words exist, but they do not belong together");
        (void)fault_hint(cx, "compare each word and their order with the paper");
        goto out;
    }
    *ret_seed = seed;
    seed = NULL;
out:
    secret_free(&seed);
    wipe(digits, sizeof(digits));
    wipe(number, sizeof(number));
    return status;
}
