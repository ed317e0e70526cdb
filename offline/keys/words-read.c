/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads words of the list as people have them: the whole page of a recovery sheet or share, or the
 * words alone as they are typed, and says which word is wrong rather than that something is. The
 * beginning of a word is enough when only one word of the list begins so. Reads, too, what a QR
 * code on such a page holds: a name and upper-case hex.
 */
#include <string.h>

#include "keys-int.h"

enum { TYPED_TEXT_MAX = 64 * 1024, SHOWN_MAX = 32, PREFIX_MIN = 3 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Next line from *at, without its end; false behind the last. */
bool line_next(text t, size_t *at, text *ret)
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
    while (line_next(typed, &at, &line)) {
        if (!text_equal(line, TEXT("words:"))) {
            continue;
        }
        size_t from = at;
        size_t end = at;
        while (line_next(typed, &at, &line) && line.len > 0) {
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

/* "3 words are no words of the list"; hint with the nearest, or with those that begin so. */
static enum status unknown_word(struct ctx *cx, const char *what, size_t number, text word)
{
    text first = {0};
    text second = {0};
    size_t begin = words_beginning(word, &first, &second);
    if (begin > 1 && word.len >= PREFIX_MIN) {
        (void)fault_set(cx, STATUS_USAGE, __FILE__, __LINE__,
                        "%s: word %zu, '%.*s', begins %zu words of the list", what, number,
                        (int)word.len, word.ptr, begin);
        return fault_hint(cx, "write it out: '%.*s', '%.*s'%s", (int)first.len, first.ptr,
                          (int)second.len, second.ptr, begin > 2 ? ", ..." : "");
    }
    text nearest = word_nearest(word);
    (void)fault_set(cx, STATUS_USAGE, __FILE__, __LINE__,
                    "%s: word %zu, '%.*s', is not in the list", what, number, (int)word.len,
                    word.ptr);
    return fault_hint(cx, "perhaps it is '%.*s'", (int)nearest.len, nearest.ptr);
}

/* Index of the word that was meant; -1 when that is not certain. */
static int word_meant(text word)
{
    text first = {0};
    text second = {0};
    int index = word_find(word);
    if (index < 0 && word.len >= PREFIX_MIN && words_beginning(word, &first, &second) == 1) {
        index = word_find(first);
    }
    return index;
}

enum status words_read(struct ctx *cx, const char *what, text typed, uint16_t *digits, size_t want)
{
    enum status status = STATUS_OK;
    char shown[SHOWN_MAX];
    text token = {0};
    size_t at = 0;
    size_t count = 0;
    if (typed.len > TYPED_TEXT_MAX) {
        FAIL(cx, STATUS_LIMIT, "%s: %zu bytes are too many", what, typed.len);
    }
    text part = words_part(typed);
    while (next_token(part, &at, &token)) {
        if (count == want) {
            FAIL(cx, STATUS_USAGE, "%s: more than %zu words", what, want);
        }
        text word = lower(token, shown);
        int index = token.len <= SHOWN_MAX ? word_meant(word) : -1;
        if (index < 0) {
            status = unknown_word(cx, what, count + 1, word);
            goto out;
        }
        digits[count++] = (uint16_t)index;
    }
    if (count < want) {
        (void)fault_set(cx, STATUS_USAGE, __FILE__, __LINE__, "%s: %zu words, %zu are needed", what,
                        count, want);
        status = fault_hint(cx, "the end is missing: take the whole page or file again");
        goto out;
    }
out:
    wipe(shown, sizeof(shown));
    return status;
}

/* ---- what a QR code holds ---- */

enum status code_write(struct ctx *cx, text name, bytes data, struct buf *out)
{
    static const char digits[] = "0123456789ABCDEF";
    enum status status = STATUS_OK;
    TRY(buf_add_text(cx, out, name));
    for (size_t i = 0; i < data.len; i++) {
        TRY(buf_add_byte(cx, out, (uint8_t)digits[data.ptr[i] >> 4]));
        TRY(buf_add_byte(cx, out, (uint8_t)digits[data.ptr[i] & 15]));
    }
out:
    return status;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum status code_read(struct ctx *cx, const char *what, text typed, text name, uint8_t *data,
                      size_t len, bool *ret_is)
{
    enum status status = STATUS_OK;
    *ret_is = text_starts(typed, name);
    if (!*ret_is) {
        goto out;
    }
    while (typed.len > name.len && is_blank(typed.ptr[typed.len - 1])) {
        typed.len--;
    }
    if (typed.len != name.len + 2 * len) {
        FAIL(cx, STATUS_MALFORMED, "%s: a code of %zu letters, %zu are needed", what,
             typed.len - name.len, 2 * len);
    }
    for (size_t i = 0; i < len; i++) {
        int high = hex_value(typed.ptr[name.len + 2 * i]);
        int low = hex_value(typed.ptr[name.len + 2 * i + 1]);
        if (high < 0 || low < 0) {
            FAIL(cx, STATUS_MALFORMED, "%s: the code holds something that is no digit of it", what);
        }
        data[i] = (uint8_t)(high << 4 | low);
    }
out:
    return status;
}
