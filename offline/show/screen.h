/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen: what the window and the terminal have in common: a place for a canvas, a line of words,
 * a picture of a camera; and keys.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include "picture.h"

enum { WORDS_LINES_MAX = 12, WORDS_LINE_BYTES = 200 };
/* Lines to read: UTF-8, each ended by NUL; the words are ours but for a title, which is escaped
 * where it is shown. */
struct words {
    char lines[WORDS_LINES_MAX][WORDS_LINE_BYTES];
    size_t count;
    int permille; /* a bar, 0..1000; < 0: none */
};
/* Adds a line, cut to what fits. */
void words_add(struct words *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

struct view {
    const struct picture *canvas; /* dots are squares; NULL: the words alone, in the middle */
    const struct picture *camera; /* NULL: none */
    const struct words *words;
};

struct screen;
struct screen_kind {
    /* The largest canvas that fits, in squares: each at least one dot. */
    void (*room)(struct screen *s, unsigned *ret_width, unsigned *ret_height);
    enum status (*draw)(struct ctx *cx, struct screen *s, const struct view *v);
    /* A key's letter within wait_ms, or 0; 'q' at a signal or a closed window. *ret_again: show
     * the same view again. */
    int (*key)(struct screen *s, int wait_ms, bool *ret_again);
    void (*turn_full)(struct screen *s);
    void (*close)(struct screen *s);
};
/* Each screen begins with one. */
struct screen {
    const struct screen_kind *kind;
    unsigned dots_min; /* how many of its dots a square wants for a camera to see it well */
};

/* STATUS_NOT_FOUND, with what SDL says: there is no screen to open a window on. */
enum status screen_window(struct ctx *cx, const char *title, bool full,
                          struct screen **ret) MUST_USE;
/* The terminal that fd is; its state comes back at screen_close() and at every signal that ends a
 * process. STATUS_NOT_FOUND: fd is no terminal, or one without a size. */
enum status screen_terminal(struct ctx *cx, int fd, struct screen **ret) MUST_USE;
void screen_close(struct screen **s); /* NULL is fine */
/* A signal asked to end. */
bool screen_signalled(void);
void screen_catch_signals(void);

#endif
