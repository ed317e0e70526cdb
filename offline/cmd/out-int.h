/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out-int: what out.c, out-json.c, out-table.c, out-progress.c and report.c share.
 */
#ifndef OUT_INT_H
#define OUT_INT_H

#include "out.h"

#define STYLE_BOLD  "\033[1m"
#define STYLE_RED   "\033[1;31m"
#define STYLE_PLAIN "\033[0m"

/* Everything to a descriptor; *ret_closed when nobody reads it any more. */
enum status out_write(int fd, bytes data, bool *ret_closed) MUST_USE;
/* The same for words that may be lost: errors, prompts, progress. */
void out_show(int fd, bytes data);
/* Keeps the first failure. */
void out_latch(struct out *o, enum status status);
/* Writes what is pending when there is enough of it. */
void out_commit(struct out *o);
void out_style(struct out *o, struct buf *b, const char *sequence);
/* One line on stderr: "valise: WORD: ...". */
void out_error_word(struct out *o, const char *word, const char *style, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* {"type":"warning","text":...} on stderr. */
void out_json_error(struct out *o, const char *word, text what);

#endif
