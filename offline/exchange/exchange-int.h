/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange-int: what the files of the exchange room share. Every format becomes a sheet (columns,
 * rows of cells); from there on matching, checks, known rows and writing are the same.
 */
#ifndef EXCHANGE_INT_H
#define EXCHANGE_INT_H

#include "exchange.h"

#include "limits.h"

#include <jansson.h>

enum {
    COLUMNS_MAX = 512,
    ROWS_MAX = 1000000,
    CELLS_MAX = 32 * 1024 * 1024,     /* 256 MiB of places */
    JSON_FILE_MAX = 32 * 1024 * 1024, /* a tree takes some ten times its text */
    EXT_COLUMNS_MAX = 200,            /* of an export; the rest stays together in one column */
    ISSUE_NOTES_MAX = 200,
};

/* For "%.*s" of a text in a message: cut to what a message can hold, at a character. */
int exchange_shown_len(text t);
/* Empties a scratch that is used for cell after cell: wiping what a single huge cell once took
 * would cost more than the file. */
void scratch_reset(struct buf *b);
#define SHOWN(t) exchange_shown_len(t), ((t).len == 0 ? "" : (t).ptr)

/* ---- sheet.c ------------------------------------------------------------------------------- */

struct cell {
    uint32_t at, len; /* in the pool */
};
struct sheet {
    struct buf pool; /* all texts one after the other; wiped when finished */
    struct cell *names;
    size_t column_count;
    struct cell *cells; /* row by row */
    size_t *lines;      /* of each row, for messages */
    size_t row_count, row_cap;
};
void sheet_init(struct sheet *s);
void sheet_finish(struct sheet *s);
text sheet_text(const struct sheet *s, struct cell c);
text sheet_cell(const struct sheet *s, size_t row, size_t column);
enum status sheet_keep(struct ctx *cx, struct sheet *s, text t, struct cell *ret) MUST_USE;
/* Once, before the first row. Empty and repeated names are made different from all others. */
enum status sheet_columns(struct ctx *cx, struct sheet *s, const text *names,
                          size_t count) MUST_USE;
/* Missing cells are empty; too many is STATUS_MALFORMED with the line, unless they are empty. */
enum status sheet_row(struct ctx *cx, struct sheet *s, const text *cells, size_t count,
                      size_t line) MUST_USE;

/* ---- the plan ------------------------------------------------------------------------------ */

enum row_state { ROW_NEW, ROW_KNOWN, ROW_BAD };

struct import_plan {
    enum import_format format;
    struct records *records;
    const struct record_type *type;
    struct sheet sheet;
    const struct field **fields; /* of each column, or NULL: kept in ext */
    bool *own_id;                /* the column holds our own record ids: left out */
    uint8_t *row_states;         /* enum row_state */
    size_t known;
    struct import_issue *issues;
    size_t issue_count, issue_cap;
    struct import_issue *notes;
    size_t note_count;
};
/* One for each bad row; `what` is copied. */
enum status plan_issue(struct ctx *cx, struct import_plan *p, size_t row,
                       const char *what) MUST_USE;
/* Said once for each different text; the first line stays. */
enum status plan_note(struct ctx *cx, struct import_plan *p, size_t row, const char *what) MUST_USE;
/* A fault that is about one row only: its text becomes the row's issue. Others are returned. */
enum status plan_blame(struct ctx *cx, struct import_plan *p, size_t row,
                       enum status status) MUST_USE;

enum status csv_to_sheet(struct ctx *cx, bytes file, struct sheet *s) MUST_USE;
enum status keepassxc_to_sheet(struct ctx *cx, bytes file, struct sheet *s) MUST_USE;
enum status bitwarden_to_sheet(struct ctx *cx, bytes file, struct sheet *s) MUST_USE;

/* columns.c: fills p->fields and p->own_id. */
enum status columns_match(struct ctx *cx, struct import_plan *p, text mapping) MUST_USE;
/* cells.c: every mapped cell in the form it will be stored in; issues and notes. */
enum status cells_normalise(struct ctx *cx, struct import_plan *p) MUST_USE;
const struct team_member *member_named(const struct import_plan *p, text name); /* or NULL */
/* known.c: rows that equal a record already here become ROW_KNOWN. */
enum status known_find(struct ctx *cx, struct import_plan *p) MUST_USE;

/* ---- cells of a spreadsheet that must not become formulas ---------------------------------- */

/* The cell gets a leading ' at export: it begins with = + - @ TAB CR, or with a ' that import would
 * take for such a sign. */
bool guard_needed(text cell);
/* The cell without the sign that guard_needed() gave it. */
text guard_removed(text cell);

/* ---- ext.c: the JSON object in a record's ext field ---------------------------------------- */

/* jansson with memory that is wiped when it is freed; strict (no duplicate keys). */
enum status json_read(struct ctx *cx, bytes in, const char *what, json_t **ret) MUST_USE;
enum status json_empty(struct ctx *cx, json_t **ret) MUST_USE; /* a fresh object */
/* Compact text of any value. */
enum status json_write(struct ctx *cx, const json_t *value, struct buf *out) MUST_USE;
/* What the row has that no field holds, as one JSON object into out; nothing when there is none. */
enum status ext_write(struct ctx *cx, const struct import_plan *p, size_t row,
                      struct buf *out) MUST_USE;
/* A value of ext as the cell of an export: a string as it is, anything else as compact JSON. */
enum status ext_cell(struct ctx *cx, const json_t *value, struct buf *out) MUST_USE;

#endif
