/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out: the one way to a person's screen or a program's pipe. Every text that any other file of this
 * room shows passes here and through escape_terminal or escape_json; a test greps that nobody else
 * prints. Failures latch in `failed` and are reported once by out_finish().
 */
#ifndef OUT_H
#define OUT_H

#include "cmd.h"

enum { OUT_DEPTH_MAX = 4, TABLE_COLUMNS_MAX = 24 };

struct column {
    text heading;
    const char *json; /* name in the JSON line */
    enum column_kind { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_FLAG, COLUMN_TIME } kind;
};

/* A heading in a constant table. */
#define TEXT_ROW(literal)                                                                          \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

struct out {
    struct ctx *cx;
    const struct command *command;
    bool json, quiet, tty, tty_error, color, ascii;
    size_t columns;     /* of the terminal; 0: not a terminal, nothing is cut */
    struct buf pending; /* stdout not yet written */
    enum status failed; /* first failure of writing */
    bool closed;        /* the reader of stdout went away */
    /* JSON line being made */
    const char *message;
    bool first[OUT_DEPTH_MAX];
    size_t depth;
    size_t line_at; /* in pending, of the JSON line being made */
    /* table being made */
    const struct column *table;
    size_t table_count, table_at, table_rows;
    bool table_fixed;
    size_t widths[TABLE_COLUMNS_MAX];
    size_t contents[TABLE_COLUMNS_MAX]; /* widest cell, without the heading */
    struct buf cells;
    /* progress */
    int64_t progress_start_ms, progress_last_ms;
    unsigned progress_tenth;
    bool progress_shown;
};

void out_start(struct out *o, struct ctx *cx);
/* Writes what is pending; STATUS_IO or STATUS_FULL when stdout did not take everything. */
enum status out_finish(struct out *o) MUST_USE;
void out_flush(struct out *o);
void out_free(struct out *o);

/* ---- for people: nothing with --json
 * --------------------------------------------------------------- */

/* One line; everything in it is escaped, line feeds too. */
void out_say(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same in bold where the terminal can. */
void out_heading(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Text of several lines, each indented; only the line feeds stay. */
void out_lines(struct out *o, size_t indent, text t);
/* A remark on stderr; nothing with --quiet or --json. */
void out_note(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A warning on stderr; with --json as a JSON line there. */
void out_warn(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Straight to a terminal's descriptor: prompts, and what may only be seen there. */
void out_prompt(struct out *o, int tty, const char *fmt, ...) PRINTF_LIKE(3, 4);
void out_tty_lines(struct out *o, int tty, text t);
/* Data as they are (CSV, generated files); escaped when stdout is a terminal. */
void out_data(struct out *o, bytes data);

/* ---- errors
 * ------------------------------------------------------------------------------------------ */

/* "valise: error: ..." and "valise: hint: ..." from the fault; every status has a hint. */
void out_error(struct out *o, enum status status);
int exit_code(enum status status);
const char *exit_meaning(int code);
extern const int exit_codes[];
extern const size_t exit_code_count;

/* ---- JSON lines, nothing without --json; json_* would be libjansson's ---- */

void line_start(struct out *o, const char *message);
void line_text(struct out *o, const char *name, text value);
void line_number(struct out *o, const char *name, int64_t value);
void line_real(struct out *o, const char *name, double value);
void line_flag(struct out *o, const char *name, bool value);
void line_null(struct out *o, const char *name);
void line_object(struct out *o, const char *name);
void line_list(struct out *o, const char *name);
/* Inside an object the names are a kit's, inside a list there are none (name NULL). */
void line_close_object(struct out *o);
void line_close_list(struct out *o);
void line_member(struct out *o, text name, text value);
void line_end(struct out *o);

/* ---- both: a table, or one JSON line a row
 * ------------------------------------------------------------ */

/* message NULL: for people only. Columns are borrowed until out_table_end(). */
void out_table(struct out *o, const char *message, const struct column *columns, size_t count);
void out_cell(struct out *o, text value);
void out_cell_number(struct out *o, int64_t value); /* COLUMN_TIME: Unix seconds */
void out_cell_flag(struct out *o, bool value);
void out_table_end(struct out *o, const char *when_empty);

/* ---- both: named values, "label: value", or one JSON line
 * --------------------------------------------- */

void out_facts(struct out *o, const char *message);
void out_fact(struct out *o, const char *label, const char *json, text value);
void out_fact_number(struct out *o, const char *label, const char *json, int64_t value);
void out_fact_flag(struct out *o, const char *label, const char *json, bool value);
void out_fact_time(struct out *o, const char *label, const char *json, int64_t seconds);
void out_facts_end(struct out *o);

/* ---- progress on stderr, from the second second on
 * ------------------------------------------------------ */

void out_progress(struct out *o, const char *what, uint64_t done, uint64_t all);
void out_progress_end(struct out *o);

/* ---- small
 * ------------------------------------------------------------------------------------------------
 */

enum { TIME_TEXT_MAX = 32 };
/* "2026-11-24 10:00" in local time; "-" for 0. Points into store. */
text time_text(int64_t seconds, char store[static TIME_TEXT_MAX]);
size_t text_columns(text escaped);
/* For "%.*s". */
int text_len(text t);
#define TEXT_ARG(t) text_len(t), (t).ptr != NULL ? (t).ptr : ""
/* "1 piece", "3 pieces" */
const char *plural(uint64_t n);
/* Bytes in a person's words. Points into store. */
text size_text(uint64_t bytes, char store[static TIME_TEXT_MAX]);

#endif
