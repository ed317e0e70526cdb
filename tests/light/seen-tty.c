/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seen-tty: the terminal of seen.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seen.h"

void seen_tty_init(struct seen_tty *t, unsigned columns, unsigned rows)
{
    memset(t, 0, sizeof(*t));
    t->columns = columns;
    t->rows = rows;
    t->dots = malloc((size_t)columns * rows * 2);
    t->letters = malloc((size_t)columns * rows);
    seen_must(t->dots != NULL && t->letters != NULL);
    memset(t->dots, 128, (size_t)columns * rows * 2); /* a theme's own colour: neither */
    memset(t->letters, ' ', (size_t)columns * rows);
    t->ink = t->ground = 128;
}

void seen_tty_finish(struct seen_tty *t)
{
    free(t->dots);
    free(t->letters);
}

/* Of the 256 colours: 16 and 231 are black and white, 232 to 255 a ramp of greys. */
static uint8_t colour(struct seen_tty *t, long number)
{
    if (number == 16) {
        return 0;
    }
    if (number == 231) {
        return 255;
    }
    if (number >= 232 && number <= 255) {
        return (uint8_t)((number - 232) * 255 / 23);
    }
    t->confused = true;
    return 128;
}

static void put(struct seen_tty *t, uint8_t top, uint8_t bottom, char letter)
{
    if (t->x >= t->columns || t->y >= t->rows) {
        t->confused = true;
        return;
    }
    t->dots[(size_t)(2 * t->y) * t->columns + t->x] = top;
    t->dots[(size_t)(2 * t->y + 1) * t->columns + t->x] = bottom;
    t->letters[(size_t)t->y * t->columns + t->x] = letter;
    t->x++;
}

enum { NUMBERS_MAX = 8 };

static size_t numbers(const char *from, const char *to, long ret[static NUMBERS_MAX])
{
    size_t count = 0;
    while (from < to && count < NUMBERS_MAX) {
        char *end = NULL;
        ret[count++] = strtol(from, &end, 10);
        from = end < to && *end == ';' ? end + 1 : to;
    }
    return count;
}

static void colours(struct seen_tty *t, const long *n, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (n[i] == 0) {
            t->ink = t->ground = 128;
        } else if ((n[i] == 38 || n[i] == 48) && i + 2 < count && n[i + 1] == 5) {
            uint8_t *which = n[i] == 38 ? &t->ink : &t->ground;
            *which = colour(t, n[i + 2]);
            i += 2;
        } else {
            t->confused = true;
        }
    }
}

static void mode(struct seen_tty *t, long which, bool on)
{
    if (which == 1049) {
        t->alternate = on;
    } else if (which == 25) {
        t->cursor_hidden = !on;
    } else if (which == 2026) {
        t->frames += t->synchronised && !on;
        t->synchronised = on;
    } else if (which != 7) {
        t->confused = true;
    }
}

/* from: behind "ESC [", last: the letter that ends it. */
static void sequence(struct seen_tty *t, const char *from, const char *last)
{
    long n[NUMBERS_MAX] = {0};
    bool private = *from == '?';
    size_t count = numbers(from + private, last, n);
    if (*last == 'H' && count == 2 && n[0] >= 1 && n[1] >= 1) {
        t->y = (unsigned)n[0] - 1;
        t->x = (unsigned)n[1] - 1;
    } else if (*last == 'm') {
        colours(t, n, count);
    } else if (*last == 'J' && n[0] == 2) {
        memset(t->dots, t->ground, (size_t)t->columns * t->rows * 2);
        memset(t->letters, ' ', (size_t)t->columns * t->rows);
    } else if (private && (*last == 'h' || *last == 'l')) {
        mode(t, n[0], *last == 'h');
    } else if (*last != 'c') {
        t->confused = true;
    }
}

static int digit(char c)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(alphabet, c);
    return at == NULL ? -1 : (int)(at - alphabet);
}

static void decode(struct seen_tty *t)
{
    uint32_t bits = 0;
    unsigned have = 0;
    t->kitty_len = 0;
    for (size_t i = 0; i < t->base64_len; i++) {
        int value = digit(t->base64[i]);
        if (value < 0) { /* "=": the end of a run of letters */
            bits = have = 0;
            continue;
        }
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            t->kitty[t->kitty_len++] = (uint8_t)(bits >> have);
        }
    }
    t->kitty_done = true;
}

/* from: behind "ESC _", to: the ESC of its end. */
static void graphics(struct seen_tty *t, const char *from, const char *to)
{
    const char *body = memchr(from, ';', (size_t)(to - from));
    if (*from != 'G') {
        t->confused = true;
        return;
    }
    if (body == NULL || memmem(from, (size_t)(body - from), "a=q", 3) != NULL) {
        return; /* a deletion or a question */
    }
    if (memmem(from, (size_t)(body - from), "a=T,f=100", 9) != NULL) {
        t->base64_len = 0;
        t->kitty_done = false;
    }
    size_t len = (size_t)(to - body - 1);
    seen_must(t->base64_len + len < sizeof(t->base64));
    t->confused = t->confused || len > 4096;
    memcpy(t->base64 + t->base64_len, body + 1, len);
    t->base64_len += len;
    if (memmem(from, (size_t)(body - from), "m=0", 3) != NULL) {
        decode(t);
    }
}

/* A sequence that begins at data; 0: not whole yet. */
static size_t escape(struct seen_tty *t, const char *data, size_t len)
{
    if (len < 3) {
        return 0;
    }
    if (data[1] == '_') {
        const char *end = memmem(data, len, "\x1b\\", 2);
        if (end != NULL) {
            graphics(t, data + 2, end);
        }
        return end == NULL ? 0 : (size_t)(end - data) + 2;
    }
    t->confused = t->confused || data[1] != '[';
    for (size_t i = 2; i < len; i++) {
        if (data[i] >= 0x40 && data[i] <= 0x7e) {
            sequence(t, data + 2, data + i);
            return i + 1;
        }
    }
    return 0;
}

size_t seen_tty_take(struct seen_tty *t, const uint8_t *data, size_t len)
{
    size_t at = 0;
    while (at < len) {
        size_t left = len - at, used = 1;
        if (data[at] == 0x1b) {
            used = escape(t, (const char *)data + at, left);
        } else if (data[at] >= 0x80) {
            used = left < 3 ? 0 : 3;
            if (used == 3 && memcmp(data + at, "\xe2\x96\x80", 3) == 0) {
                put(t, t->ink, t->ground, '?');
            } else if (used == 3 && memcmp(data + at, "\xe2\x96\x84", 3) == 0) {
                put(t, t->ground, t->ink, '?');
            } else {
                t->confused = t->confused || used == 3;
            }
        } else {
            put(t, t->ground, t->ground, (char)data[at]);
        }
        if (used == 0) {
            break;
        }
        at += used;
    }
    return at;
}
