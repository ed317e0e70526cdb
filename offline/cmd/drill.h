/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drill: the machines of a practice run. Each is a folder with a vault in it, used through this
 * very program started anew: what is practised is what is done in earnest.
 */
#ifndef DRILL_H
#define DRILL_H

#include "cmd-int.h"

enum { DRILL_PATH_MAX = 3072, DRILL_WORDS_MAX = 24, DRILL_VALUE_MAX = 512 };

struct drill {
    struct session *s;
    char folder[DRILL_PATH_MAX]; /* empty: not made yet */
    struct buf said;             /* by the last step: JSON lines, or what went wrong */
    char value[DRILL_VALUE_MAX]; /* of drill_value() */
    int64_t begun_ms, chapter_ms;
    int64_t chapter;
    int64_t steps;
    const char *title;
};

/* A private folder next to the vault, else in $TMPDIR or /tmp. Signals wait from here on, so that
 * nothing is left behind. */
enum status drill_start(struct drill *d) MUST_USE;
/* Removes the folder unless keep, then lets the signals through. */
enum status drill_finish(struct drill *d, bool keep) MUST_USE;

extern const char drill_passphrase[]; /* of every practice vault */
int64_t drill_took_ms(const struct drill *d);

/* A new part: its title, and how long it took at the end of it. */
void drill_chapter(struct drill *d, const char *title);
void drill_chapter_end(struct drill *d);
void drill_tell(struct drill *d, const char *words);
/* `valise WORDS...` on a person's machine (the name of its folder, made when it is not there);
 * NULL ends the words. It must end with exit code `code`. */
struct drill_step {
    const char *who, *tells;
    int code;
    bool shows; /* what the program says is shown as people see it, and not to be read */
    const char *words[DRILL_WORDS_MAX];
};
enum status drill_step(struct drill *d, const struct drill_step *step) MUST_USE;
/* A text field of what the last step said, the nth of its name from 0; STATUS_BUG when there is
 * none. Valid until the next call. */
enum status drill_value(struct drill *d, const char *field, size_t nth, const char **ret) MUST_USE;
bool drill_said(const struct drill *d, const char *words);
/* What was practised did not come out as it must. */
enum status drill_wrong(struct drill *d, const char *what) MUST_USE;

/* drill-play.c: the parts, in order. */
enum status drill_play(struct drill *d) MUST_USE;

#endif
