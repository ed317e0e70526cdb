/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit-lex: a kit file as statements and words, and the messages about it. A statement is a line
 * with the deeper lines below it; a comment is a line that begins with #. Every message has its
 * line and column, so that a person finds the place.
 */
#include "kit-int.h"

#include <stdio.h>
#include <string.h>

int kit_shown_len(text t)
{
    enum { SHOWN_MAX = 60 };
    size_t len = t.len < SHOWN_MAX ? t.len : SHOWN_MAX;

    while (len > 0 && len < t.len && ((uint8_t)t.ptr[len] & 0xC0) == 0x80) {
        len--;
    }
    return (int)len;
}

/* ---- problems ------------------------------------------------------------------------------ */

bool kit_full(const struct kit_parser *p)
{
    return p->problem_count >= KIT_PROBLEMS_MAX;
}

/* Line and column (characters, from 1) of a byte. */
static void place_of(const struct kit_parser *p, size_t at, size_t *ret_line, size_t *ret_column)
{
    size_t line = 1;
    size_t column = 1;

    for (size_t i = 0; i < at && i < p->file.len; i++) {
        if (p->file.ptr[i] == '\n') {
            line++;
            column = 1;
        } else if ((p->file.ptr[i] & 0xC0) != 0x80) {
            column++;
        }
    }
    *ret_line = line;
    *ret_column = column;
}

static void report(struct kit_parser *p, size_t at, text what)
{
    struct kit_problem found = {.what = what};

    if (kit_full(p)) {
        return;
    }
    place_of(p, at, &found.line, &found.column);
    if (p->problem_count++ == 0) {
        (void)snprintf(p->first, sizeof p->first, "%.*s:%zu:%zu: %.*s", KIT_SHOW(p->file_name),
                       found.line, found.column, (int)what.len, what.ptr);
    }
    if (p->problem != NULL) {
        p->problem(p->self, &found);
    }
}

void kit_problem(struct kit_parser *p, size_t at, const char *fmt, ...)
{
    char what[FAULT_TEXT_MAX - 80];
    va_list args;

    va_start(args, fmt);
    int len = vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    MUST(len >= 0);
    size_t used = (size_t)len < sizeof what ? (size_t)len : sizeof what - 1;
    while (used > 0 && !utf8_valid(BYTES(what, used))) {
        used--; /* cut inside a character */
    }
    report(p, at, (text){.ptr = what, .len = used});
}

void kit_expected(struct kit_parser *p, const char *what)
{
    if (p->token.kind == KIT_END) {
        kit_problem(p, p->token.at, "expected %s, but the statement ends", what);
    } else if (p->token.kind == KIT_BAD) {
        kit_problem(p, p->token.at, "expected %s, found a text without its closing \"", what);
    } else {
        kit_problem(p, p->token.at, "expected %s, found '%.*s'", what, KIT_SHOW(p->token.word));
    }
}

void kit_unknown(struct kit_parser *p, size_t at, const char *what, text word, const text *words,
                 size_t count)
{
    text near = nearest_word(word, words, count);

    if (near.len > 0) {
        kit_problem(p, at, "no %s '%.*s'; the nearest is '%.*s'", what, KIT_SHOW(word),
                    KIT_SHOW(near));
    } else {
        kit_problem(p, at, "no %s '%.*s'", what, KIT_SHOW(word));
    }
}

enum status kit_blame(struct kit_parser *p, size_t at, enum status status)
{
    if (status == STATUS_OK || status == STATUS_NO_MEMORY || status == STATUS_BUG) {
        return status;
    }
    report(p, at, text_of(p->cx->fault.what));
    fault_clear(p->cx);
    return STATUS_OK;
}

/* ---- statements ---------------------------------------------------------------------------- */

struct line {
    size_t start, end; /* without blanks and line end */
    size_t indent;
    size_t next;
    bool empty; /* nothing, or a comment */
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct line line_at(bytes file, size_t start)
{
    const uint8_t *feed = memchr(file.ptr + start, '\n', file.len - start);
    struct line l = {.start = start, .end = feed == NULL ? file.len : (size_t)(feed - file.ptr)};

    l.next = feed == NULL ? file.len : l.end + 1;
    while (l.start < l.end && is_blank(file.ptr[l.start])) {
        l.start++;
    }
    while (l.end > l.start && is_blank(file.ptr[l.end - 1])) {
        l.end--;
    }
    l.indent = l.start - start;
    l.empty = l.start == l.end || file.ptr[l.start] == '#';
    return l;
}

bool kit_next_statement(struct kit_parser *p)
{
    struct line first = {.empty = true};

    while (first.empty) {
        if (p->next_line >= p->file.len) {
            return false;
        }
        first = line_at(p->file, p->next_line);
        p->next_line = first.next;
    }
    p->statement =
        (struct kit_statement){.start = first.start, .end = first.end, .margin = first.indent == 0};
    while (!p->statement.margin && p->next_line < p->file.len) {
        struct line more = line_at(p->file, p->next_line);
        if (!more.empty && more.indent <= first.indent) {
            break;
        }
        if (!more.empty) {
            p->statement.end = more.end;
        }
        if (more.empty && more.start < more.end) {
            break; /* a comment ends a statement: it is not part of its text */
        }
        p->next_line = more.next;
    }
    p->pos = p->statement.start;
    kit_advance(p);
    return true;
}

/* ---- words --------------------------------------------------------------------------------- */

static bool is_sign(uint8_t c)
{
    return c == ',' || c == '[' || c == ']' || c == '>' || c == '<' || c == ';' || c == '=';
}

static bool is_space(uint8_t c)
{
    return is_blank(c) || c == '\n';
}

void kit_advance(struct kit_parser *p)
{
    const uint8_t *f = p->file.ptr;
    size_t end = p->statement.end;
    size_t at = p->pos;

    while (at < end && is_space(f[at])) {
        at++;
    }
    struct kit_token t = {.kind = KIT_END, .at = at, .end = at};
    if (at < end && f[at] == '"') {
        size_t close = at + 1;
        while (close < end && f[close] != '"' && f[close] != '\n') {
            close++;
        }
        t.kind = close < end && f[close] == '"' ? KIT_TEXT : KIT_BAD;
        t.word = (text){.ptr = (const char *)f + at + 1, .len = close - at - 1};
        t.end = t.kind == KIT_TEXT ? close + 1 : close;
    } else if (at < end) {
        t.kind = is_sign(f[at]) ? KIT_SIGN : KIT_WORD;
        t.end = at + 1;
        while (t.kind == KIT_WORD && t.end < end && !is_space(f[t.end]) && !is_sign(f[t.end]) &&
               f[t.end] != '"') {
            t.end++;
        }
        t.word = (text){.ptr = (const char *)f + at, .len = t.end - at};
    }
    p->token = t;
    p->pos = t.end;
}

bool kit_is(const struct kit_parser *p, const char *word_or_sign)
{
    return (p->token.kind == KIT_WORD || p->token.kind == KIT_SIGN) &&
           text_equal(p->token.word, text_of(word_or_sign));
}

bool kit_take(struct kit_parser *p, const char *word_or_sign)
{
    bool is = kit_is(p, word_or_sign);

    if (is) {
        kit_advance(p);
    }
    return is;
}

static bool is_word_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The word that starts at `at`, if it starts there. */
static text whole_word(const struct kit_parser *p, size_t at)
{
    size_t end = at;

    if (at > p->statement.start && is_word_byte(p->file.ptr[at - 1])) {
        return (text){0};
    }
    while (end < p->statement.end && is_word_byte(p->file.ptr[end])) {
        end++;
    }
    return (text){.ptr = (const char *)p->file.ptr + at, .len = end - at};
}

/* Where the raw text that starts at `at` ends. *ret_open: parentheses left open. */
static size_t raw_end(const struct kit_parser *p, size_t at, const char *const *stops,
                      size_t stop_count, bool nested, size_t *ret_open)
{
    size_t open = 0;
    bool quoted = false;

    for (size_t end = at; end < p->statement.end; end++) {
        uint8_t c = p->file.ptr[end];
        if (c == '\'') {
            quoted = !quoted;
        } else if (!quoted && (c == '(' || c == ')')) {
            open = c == '(' ? open + 1 : open - (open > 0 ? 1 : 0);
        } else if (!quoted && (open == 0 || !nested)) {
            text word = whole_word(p, end);
            for (size_t i = 0; i < stop_count; i++) {
                if (text_equal(word, text_of(stops[i]))) {
                    *ret_open = open;
                    return end;
                }
            }
        }
    }
    *ret_open = open;
    return p->statement.end;
}

text kit_take_raw(struct kit_parser *p, const char *const *stops, size_t stop_count, size_t *ret_at)
{
    size_t at = p->token.at;
    size_t open;
    size_t end = raw_end(p, at, stops, stop_count, true, &open);

    if (open > 0) { /* never closed: it must not swallow the clauses behind it */
        end = raw_end(p, at, stops, stop_count, false, &open);
    }
    p->pos = end;
    kit_advance(p);
    while (end > at && is_space(p->file.ptr[end - 1])) {
        end--;
    }
    *ret_at = at;
    return (text){.ptr = (const char *)p->file.ptr + at, .len = end - at};
}
