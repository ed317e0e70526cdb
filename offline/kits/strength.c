/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strength: how long a guesser who knows how people choose would need. A password is cut into the
 * cheapest row of parts: common passwords, words, repeats, sequences, rows of the keyboard, years,
 * and single characters for the rest. An estimate from above: it can say that a password is weak,
 * never that it is strong.
 */
#include "kit-int.h"

#include <math.h>
#include <string.h>

enum { LOOKED_AT_MAX = 128 }; /* what stands behind counts as single characters */

extern const unsigned char kits_common_passwords[];
extern const size_t kits_common_passwords_len;
extern const unsigned char kits_word_list[];
extern const size_t kits_word_list_len;

struct guess {
    const char *raw;
    char plain[LOOKED_AT_MAX];  /* lower case */
    char unleet[LOOKED_AT_MAX]; /* 4 -> a, 0 -> o, … */
    size_t len;
    double single;                  /* bits of one character */
    double bits[LOOKED_AT_MAX + 1]; /* cheapest for the first n characters */
};

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* What people put between words. */
static bool is_parting(char c)
{
    return c == ' ' || c == '-' || c == '_' || c == '.';
}

static char unleet(char c)
{
    static const char from[] = "4@30157$!+8(";
    static const char to[] = "aaeoistsitbc";
    const char *at = c == '\0' ? NULL : strchr(from, c);

    return at == NULL ? c : to[at - from];
}

/* A part [from, from + len) at this price. */
static void offer(struct guess *g, size_t from, size_t len, double bits)
{
    if (g->bits[from] + bits < g->bits[from + len]) {
        g->bits[from + len] = g->bits[from] + bits;
    }
}

/* Bits for writing a word in another way than the list does. */
static double disguise(const struct guess *g, size_t from, size_t len)
{
    bool cased = false;
    bool leet = false;

    for (size_t i = from; i < from + len; i++) {
        cased = cased || g->raw[i] != g->plain[i];
        leet = leet || g->plain[i] != g->unleet[i];
    }
    return (cased ? 1.0 : 0.0) + (leet ? 2.0 : 0.0);
}

/* ---- lists --------------------------------------------------------------------------------- */

static bool fits(const struct guess *g, size_t from, bytes word)
{
    return word.len <= g->len - from && (memcmp(g->plain + from, word.ptr, word.len) == 0 ||
                                         memcmp(g->unleet + from, word.ptr, word.len) == 0);
}

/* By rank: the n-th is found after n guesses. */
static void common_from(struct guess *g, size_t from)
{
    const unsigned char *at = kits_common_passwords;
    const unsigned char *end = at + kits_common_passwords_len;

    for (unsigned rank = 2; at < end; rank++) {
        const unsigned char *feed = memchr(at, '\n', (size_t)(end - at));
        bytes word = BYTES(at, (size_t)((feed == NULL ? end : feed) - at));
        if (word.len > 0 && fits(g, from, word)) {
            offer(g, from, word.len, log2((double)rank) + disguise(g, from, word.len));
        }
        at = feed == NULL ? end : feed + 1;
    }
}

/* The list is sorted: halves it by bytes, back to the start of a line each time. */
static bool listed(const char *word, size_t len)
{
    const unsigned char *list = kits_word_list;
    size_t low = 0;
    size_t high = kits_word_list_len;

    while (low < high) {
        size_t at = low + (high - low) / 2;
        while (at > low && list[at - 1] != '\n') {
            at--;
        }
        const unsigned char *feed = memchr(list + at, '\n', kits_word_list_len - at);
        size_t end = feed == NULL ? kits_word_list_len : (size_t)(feed - list);
        int order = bytes_compare(BYTES(word, len), BYTES(list + at, end - at));
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            high = at;
        } else {
            low = end + 1;
        }
    }
    return false;
}

static void words_from(struct guess *g, size_t from)
{
    enum { WORD_MIN = 3, WORD_MAX = 9 };
    static const double word_bits = 12.9; /* one of 7,776 */

    for (size_t len = WORD_MIN; len <= WORD_MAX && from + len <= g->len; len++) {
        if (listed(g->plain + from, len) || listed(g->unleet + from, len)) {
            offer(g, from, len, word_bits + disguise(g, from, len));
        }
    }
}

/* ---- patterns ------------------------------------------------------------------------------ */

/* aaaa, and abcabc: a block of up to 16 said again. */
static void repeats_from(struct guess *g, size_t from)
{
    for (size_t block = 1; block <= 16 && from >= block; block++) {
        size_t len = 0;
        while (from + len < g->len && g->raw[from + len] == g->raw[from + len - block]) {
            len++;
        }
        for (size_t n = block; n <= len; n++) {
            offer(g, from, n, 2.0 + log2((double)n));
        }
    }
}

/* abcd, 4321: neighbours in the order of their codes. */
static void sequence_from(struct guess *g, size_t from)
{
    for (int step = -1; step <= 1; step += 2) {
        size_t len = 1;
        while (from + len < g->len && g->plain[from + len] - g->plain[from + len - 1] == step) {
            len++;
        }
        for (size_t n = 3; n <= len; n++) {
            offer(g, from, n, 6.0 + log2((double)n) + disguise(g, from, n));
        }
    }
}

static void keyboard_from(struct guess *g, size_t from)
{
    static const char *const rows[] = {"`1234567890-=", "qwertyuiop[]", "asdfghjkl;'",
                                       "zxcvbnm,./",    "qwertzuiop",   "azertyuiop",
                                       "qsdfghjklm",    "yxcvbnm",      "1qaz2wsx3edc4rfv"};

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        const char *at = g->plain[from] == '\0' ? NULL : strchr(rows[r], g->plain[from]);
        for (int step = -1; at != NULL && step <= 1; step += 2) {
            const char *end = rows[r] + strlen(rows[r]);
            const char *key = at;
            size_t len = 0;
            while (from + len < g->len && key >= rows[r] && key < end &&
                   *key == g->plain[from + len]) {
                len++;
                if (step < 0 && key == rows[r]) {
                    break;
                }
                key += step;
            }
            for (size_t n = 3; n <= len; n++) {
                offer(g, from, n, 7.0 + log2((double)n) + disguise(g, from, n));
            }
        }
    }
}

/* 1900 to 2049. */
static void year_from(struct guess *g, size_t from)
{
    int64_t year;

    if (from + 4 <= g->len &&
        parse_i64((text){.ptr = g->raw + from, .len = 4}, 1900, 2049, &year)) {
        offer(g, from, 4, 7.2);
    }
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* Bits of one character of the alphabet the password seems to be drawn from. */
static double single_bits(text password)
{
    bool low = false;
    bool up = false;
    bool digit = false;
    bool symbol = false;
    bool wide = false;
    bool blank = false;

    for (size_t i = 0; i < password.len; i++) {
        char c = password.ptr[i];
        if (is_parting(c)) {
            blank = true;
            continue;
        }
        wide = wide || ((uint8_t)c & 0x80) != 0;
        low = low || (c >= 'a' && c <= 'z');
        up = up || (c >= 'A' && c <= 'Z');
        digit = digit || (c >= '0' && c <= '9');
        symbol = symbol || (((uint8_t)c & 0x80) == 0 && !(c >= 'a' && c <= 'z') &&
                            !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'));
    }
    int size = (low ? 26 : 0) + (up ? 26 : 0) + (digit ? 10 : 0) + (symbol ? 29 : 0) +
               (blank ? 4 : 0) + (wide ? 32 : 0);
    return size == 0 ? 0.0 : log2((double)size);
}

static const char *strength_word(double bits)
{
    static const struct {
        double below;
        const char *word;
    } words[] = {{30, "very weak"}, {45, "weak"}, {60, "fair"}, {90, "strong"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (bits < words[i].below) {
            return words[i].word;
        }
    }
    return "very strong";
}

double password_strength(struct ctx *cx, text password, text *ret_word)
{
    struct guess g = {.raw = password.ptr};

    (void)cx;
    g.len = password.len < LOOKED_AT_MAX ? password.len : LOOKED_AT_MAX;
    g.single = single_bits(password);
    for (size_t i = 0; i < g.len; i++) {
        g.plain[i] = lower(password.ptr[i]);
        g.unleet[i] = unleet(g.plain[i]);
        g.bits[i + 1] = HUGE_VAL;
    }
    for (size_t from = 0; from < g.len; from++) {
        offer(&g, from, 1, is_parting(g.raw[from]) ? 2.0 : g.single); /* one of four */
        common_from(&g, from);
        words_from(&g, from);
        repeats_from(&g, from);
        sequence_from(&g, from);
        keyboard_from(&g, from);
        year_from(&g, from);
    }
    double bits = g.bits[g.len] + g.single * (double)(password.len - g.len);
    *ret_word = text_of(strength_word(bits));
    wipe(&g, sizeof g);
    return bits;
}
