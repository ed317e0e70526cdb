/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal: pictures as what a terminal takes. Pure: bytes out.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include "screen.h"

enum { TERMINAL_BYTES_MAX = 16 * 1024 * 1024 };

/* The picture in the middle of a white field of columns x rows places, two dots each. */
enum status terminal_halfblocks(struct ctx *cx, const struct picture *p, unsigned columns,
                                unsigned rows, struct buf *out) MUST_USE;
/* The same in 24 greys, for pictures that are no codes. */
enum status terminal_greys(struct ctx *cx, const struct picture *p, unsigned columns, unsigned rows,
                           struct buf *out) MUST_USE;
/* The words from this row (1 is the top one) on, black on white, each row filled and cut to the
 * width; a bar is drawn under them when there is one. */
enum status terminal_words(struct ctx *cx, const struct words *words, unsigned columns,
                           unsigned row, struct buf *out) MUST_USE;
/* A PNG by kitty's graphics protocol, where the cursor stands; it replaces the one before. */
enum status terminal_kitty(struct ctx *cx, bytes png, struct buf *out) MUST_USE;

/* What is asked before, and whether an answer says that kitty's graphics are understood. */
extern const char terminal_kitty_question[];
bool terminal_kitty_answer(bytes answer);
bool terminal_kitty_answered(bytes answer); /* nothing more will come */

/* The letter of a key in what a terminal sends, or 0; *used bytes of it are taken. */
int terminal_key(bytes sent, size_t *used);

#endif
