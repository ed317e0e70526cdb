/* SPDX-License-Identifier: Apache-2.0 */
/*
 * l0-lex: the words of an L0 predicate. Anything it does not know is a token of its own kind, so
 * that the compiler can say where it stands.
 */
#include "l0-int.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

static struct token token_bad(struct token t, size_t len, const char *why)
{
    t.kind = TOKEN_BAD;
    t.word.len = len;
    t.why = why;
    return t;
}

/* Digits with at most one point; the sign was seen by the caller. */
static struct token take_number(text source, size_t *pos, struct token t, bool minus)
{
    bool point = false;

    t.kind = TOKEN_NUMBER;
    while (*pos < source.len) {
        char c = source.ptr[*pos];
        bool fraction =
            c == '.' && !point && *pos + 1 < source.len && is_digit(source.ptr[*pos + 1]);
        if (!is_digit(c) && !fraction) {
            break;
        }
        (*pos)++;
        if (fraction) {
            point = true;
            continue;
        }
        t.scale += point ? 1 : 0;
        if (t.scale > NUM_SCALE_MAX || !mul_i64(t.n, 10, &t.n) ||
            !add_i64(t.n, minus ? -(c - '0') : c - '0', &t.n)) {
            return token_bad(t, *pos - t.at, "a number that is too large or too fine");
        }
    }
    t.word.len = *pos - t.at;
    return t;
}

/* 'text', a quote inside written twice. */
static struct token take_text(text source, size_t *pos, struct token t)
{
    size_t start = ++*pos;

    while (*pos < source.len) {
        if (source.ptr[*pos] != '\'') {
            (*pos)++;
            continue;
        }
        if (*pos + 1 < source.len && source.ptr[*pos + 1] == '\'') {
            *pos += 2;
            continue;
        }
        t.kind = TOKEN_TEXT;
        t.word = (text){.ptr = source.ptr + start, .len = *pos - start};
        (*pos)++;
        return t;
    }
    return token_bad(t, *pos - t.at, "a text without its closing '");
}

static struct token take_sign(text source, size_t *pos, struct token t)
{
    static const char *const signs[] = {"!=", "<=", ">=", "=", "<", ">", "+", "-",
                                        "*",  "(",  ")",  "[", "]", ",", "."};

    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t len = strlen(signs[i]);
        if (source.len - *pos >= len && memcmp(source.ptr + *pos, signs[i], len) == 0) {
            t.kind = TOKEN_SIGN;
            t.word.len = len;
            *pos += len;
            return t;
        }
    }
    size_t next = *pos;
    (void)utf8_next(source, &next);
    t = token_bad(t, next - *pos, "a character that means nothing here");
    *pos = next;
    return t;
}

struct token l0_token(text source, size_t *pos, bool operand)
{
    while (*pos < source.len && (source.ptr[*pos] == ' ' || source.ptr[*pos] == '\t')) {
        (*pos)++;
    }
    struct token t = {.kind = TOKEN_END, .at = *pos};
    if (*pos == source.len) {
        return t;
    }
    char c = source.ptr[*pos];
    char next = *pos + 1 < source.len ? source.ptr[*pos + 1] : '\0';
    t.word.ptr = source.ptr + *pos;
    if (is_digit(c)) {
        return take_number(source, pos, t, false);
    }
    if (c == '-' && operand && is_digit(next)) {
        (*pos)++;
        return take_number(source, pos, t, true);
    }
    if (c == '\'') {
        return take_text(source, pos, t);
    }
    if (is_name(c)) {
        t.kind = TOKEN_NAME;
        while (*pos < source.len && is_name(source.ptr[*pos])) {
            (*pos)++;
        }
        t.word.len = *pos - t.at;
        return t;
    }
    return take_sign(source, pos, t);
}

bool l0_token_is(const struct token *t, const char *sign_or_name)
{
    return (t->kind == TOKEN_SIGN || t->kind == TOKEN_NAME) &&
           t->word.len == strlen(sign_or_name) &&
           memcmp(t->word.ptr, sign_or_name, t->word.len) == 0;
}
