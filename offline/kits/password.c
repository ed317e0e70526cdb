/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password: makes passwords: every one that fits the recipe is equally likely. Random bytes that
 * would favour a character are thrown away, and so is a whole password that lacks a wanted kind.
 */
#include "kit-int.h"

#include "keys.h"

#include <string.h>

enum { CHARACTERS_MIN = 8, CHARACTERS_MAX = 128, WORDS_MIN = 4, WORDS_MAX = 16, TRIES_MAX = 10000 };

struct alphabet {
    char chars[96];
    uint8_t kind[96];
    size_t count;
    uint8_t kinds; /* bit set of what must occur */
};

/* 0O 1lI| 5S 2Z 8B: read wrong from paper. */
static const char lookalikes[] = "0Oo1lI|5S2Z8B`'\".,;:";

static void alphabet_add(struct alphabet *a, const char *chars, uint8_t kind, bool plain)
{
    for (; *chars != '\0'; chars++) {
        if (plain && strchr(lookalikes, *chars) != NULL) {
            continue;
        }
        a->chars[a->count] = *chars;
        a->kind[a->count++] = kind;
    }
    a->kinds |= kind;
}

/* A place in [0, count), each equally likely. */
static size_t draw(struct ctx *cx, size_t count)
{
    uint8_t byte;
    unsigned fair = 256U - 256U % (unsigned)count;

    do {
        cx->system->random(cx->system->self, &byte, 1);
    } while (byte >= fair);
    return byte % count;
}

static enum status characters_make(struct ctx *cx, const struct password_recipe *r, struct buf *out)
{
    enum status status = STATUS_OK;
    struct alphabet a = {.count = 0};
    char made[CHARACTERS_MAX];
    uint8_t kinds = 0;

    if (r->lower) {
        alphabet_add(&a, "abcdefghijklmnopqrstuvwxyz", 1, r->no_lookalikes);
    }
    if (r->upper) {
        alphabet_add(&a, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 2, r->no_lookalikes);
    }
    if (r->digits) {
        alphabet_add(&a, "0123456789", 4, r->no_lookalikes);
    }
    if (r->symbols) {
        alphabet_add(&a, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", 8, r->no_lookalikes);
    }
    if (a.count == 0) {
        FAIL(cx, STATUS_USAGE, "a password needs letters, digits or symbols");
    }
    for (size_t tries = 0; kinds != a.kinds; tries++) {
        MUST(tries < TRIES_MAX); /* 8 characters of 4 kinds miss one in a third of the tries */
        kinds = 0;
        for (size_t i = 0; i < r->length; i++) {
            size_t at = draw(cx, a.count);
            made[i] = a.chars[at];
            kinds |= a.kind[at];
        }
    }
    TRY(buf_add(cx, out, BYTES(made, r->length)));
out:
    wipe(made, sizeof made);
    return status;
}

enum status password_make(struct ctx *cx, const struct password_recipe *r, struct buf *out)
{
    size_t least = r->words ? WORDS_MIN : CHARACTERS_MIN;
    size_t most = r->words ? WORDS_MAX : CHARACTERS_MAX;

    if (r->length < least || r->length > most) {
        return fault_set(cx, STATUS_USAGE, __FILE__, __LINE__,
                         "a password has %zu to %zu %s, not %zu", least, most,
                         r->words ? "words" : "characters", r->length);
    }
    return r->words ? words_random(cx, r->length, out) : characters_make(cx, r, out);
}
