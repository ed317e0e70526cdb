/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words: the nine words two people compare before either trusts the other's file. Comparing cannot
 * be skipped: there is no option for it.
 *
 * At the terminal seven words are shown and two must be typed as the colleague reads them out;
 * which two is drawn by chance, so that a forger cannot settle for matching those.
 */
#include "guard.h"
#include "shared.h"

#include <stdlib.h>
#include <string.h>

enum { PRINT_WORDS = 9, WORDS_TEXT_MAX = 512, TRIES = 3 };

static size_t words_split(text all, text words[static PRINT_WORDS])
{
    size_t count = 0;
    size_t start = 0;

    for (size_t i = 0; i <= all.len && count < PRINT_WORDS; i++) {
        if (i == all.len || all.ptr[i] == ' ') {
            words[count++] = (text){all.ptr + start, i - start};
            start = i + 1;
        }
    }
    return count;
}

/* Lower case and without blanks at the ends, as words_match() is forgiving too. */
static bool word_is(text want, text typed)
{
    while (typed.len > 0 && typed.ptr[0] == ' ') {
        typed = (text){typed.ptr + 1, typed.len - 1};
    }
    while (typed.len > 0 && typed.ptr[typed.len - 1] == ' ') {
        typed.len--;
    }
    if (want.len != typed.len) {
        return false;
    }
    for (size_t i = 0; i < want.len; i++) {
        char c = typed.ptr[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != want.ptr[i]) {
            return false;
        }
    }
    return true;
}

static enum status word_ask(struct session *s, const text *words, size_t index)
{
    enum status status = STATUS_OK;
    struct buf typed;
    struct buf prompt;
    const char *question;

    buf_init(&typed, TYPED_BYTES_MAX);
    buf_init(&prompt, 128);
    TRY(buf_printf(s->cx, &prompt, "word %zu, as your colleague reads it out", index + 1));
    TRY(buf_cstr(s->cx, &prompt, &question));
    for (int i = 0; i < TRIES; i++) {
        buf_clear(&typed);
        TRY(tty_ask_line(s, question, &typed));
        if (word_is(words[index], buf_text(&typed))) {
            goto out;
        }
        out_prompt(&s->out, s->tty, "that is not word %zu ", index + 1);
        out_tty_lines(&s->out, s->tty, TEXT("\n"));
    }
    status = fault_set(s->cx, STATUS_UNVERIFIED, __FILE__, __LINE__, "the words differ");
    (void)fault_hint(s->cx,
                     "read them to each other once more; if they still differ the file was changed "
                     "on its way, or is somebody else's: do not go on with it");
out:
    buf_finish(&prompt);
    buf_finish(&typed);
    return status;
}

/* Seven to read along, two blanks to fill in. */
static enum status compare_typed(struct session *s, const uint8_t print[static 16])
{
    enum status status = STATUS_OK;
    struct buf all;
    struct buf shown;
    text words[PRINT_WORDS];
    uint8_t dice[2];

    buf_init(&all, WORDS_TEXT_MAX);
    buf_init(&shown, WORDS_TEXT_MAX);
    TRY(words_of_fingerprint(s->cx, print, &all));
    MUST(words_split(buf_text(&all), words) == PRINT_WORDS);
    s->cx->system->random(s->cx->system->self, dice, sizeof dice);
    size_t first = dice[0] % (PRINT_WORDS - 1);
    size_t second = first + 1 + dice[1] % (PRINT_WORDS - 1 - first);
    TRY(buf_add_text(s->cx, &shown,
                     TEXT("Your colleague sees nine words. Let them be read out to "
                          "you, face to face or by a voice you know:\n   ")));
    for (size_t i = 0; i < PRINT_WORDS; i++) {
        bool asked = i == first || i == second;
        TRY(buf_printf(s->cx, &shown, " %zu:%.*s", i + 1, asked ? 5 : text_len(words[i]),
                       asked ? "_____" : words[i].ptr));
    }
    TRY(buf_add_text(s->cx, &shown, TEXT("\n")));
    out_tty_lines(&s->out, s->tty, buf_text(&shown));
    TRY(word_ask(s, words, first));
    TRY(word_ask(s, words, second));
out:
    buf_finish(&shown);
    buf_finish(&all);
    return status;
}

enum status words_compare(struct session *s, const uint8_t print[static 16])
{
    enum status status = STATUS_OK;
    const char *given = option_value(s, "words");

    if (given != NULL) {
        if (words_match(s->cx, print, text_any(given))) {
            return STATUS_OK;
        }
        status = fault_set(s->cx, STATUS_UNVERIFIED, __FILE__, __LINE__, "the words differ");
        (void)fault_hint(s->cx,
                         "read them to each other once more; if they still differ the file was "
                         "changed on its way, or is somebody else's: do not go on with it");
        goto out;
    }
    if (s->tty < 0 || s->out.json) {
        status =
            fault_set(s->cx, STATUS_UNVERIFIED, __FILE__, __LINE__, "the words were not compared");
        (void)fault_hint(s->cx,
                         "let your colleague read the nine words out, then give them: --words "
                         "\"w1 w2 ... w9\"");
        goto out;
    }
    TRY(compare_typed(s, print));
out:
    return status;
}

enum status words_compared(struct session *s, const struct team_member *m)
{
    if (m == NULL || m->self) {
        return STATUS_OK;
    }
    struct id id = m->id;
    team_member_verified(s->cx, s->team, &id, true);
    return s->cx->fault.status;
}

enum status words_show(struct session *s, const char *label, const uint8_t print[static 16])
{
    enum status status = STATUS_OK;
    struct buf words;

    buf_init(&words, WORDS_TEXT_MAX);
    TRY(words_of_fingerprint(s->cx, print, &words));
    line_text(&s->out, "words", buf_text(&words));
    if (label != NULL) {
        out_say(&s->out, "%s", label);
        out_heading(&s->out, "    %.*s", TEXT_ARG(buf_text(&words)));
    }
out:
    buf_finish(&words);
    return status;
}
