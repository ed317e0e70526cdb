/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange: the door. Other programs' files in and out: CSV of every record type, KeePassXC's CSV,
 * Bitwarden's JSON. Reads bytes, gives proposed records; writes bytes. Nothing is lost: what we do
 * not model goes to the type's ext field and comes back at export.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "base.h"
#include "records.h"

enum import_format { IMPORT_CSV, IMPORT_KEEPASSXC_CSV, IMPORT_BITWARDEN_JSON };
/* "csv", "keepassxc", "bitwarden". */
enum status import_format_find(struct ctx *cx, text name, enum import_format *ret) MUST_USE;

struct import_plan; /* owns everything */
struct import_issue {
    size_t line;
    text what;
}; /* a row that cannot be taken as it is, and why */
/* Names in a who column that fit no member (whole names, any case) are no issue: they are kept in
 * ext under the name of their column, and a note says so. */
/* Parses the whole file and matches columns to fields (by name, label, common synonyms) or by
 * `mapping` ("Column=field,Other=field", empty = automatic). type may be NULL for password formats.
 * Nothing is written. */
enum status import_plan_make(struct ctx *cx, struct records *r, enum import_format format,
                             bytes file, const struct record_type *type, text mapping,
                             struct import_plan **ret) MUST_USE;
void import_plan_free(struct import_plan **p);
const struct record_type *import_plan_type(const struct import_plan *p);
size_t import_plan_rows(const struct import_plan *p);
size_t
import_plan_known(const struct import_plan *p); /* rows equal to a record already here: skipped */
size_t import_plan_issue_count(const struct import_plan *p);
const struct import_issue *import_plan_issue(const struct import_plan *p, size_t i);
/* What is taken in another form than it stands in the file: said once each, at the first line. */
size_t import_plan_note_count(const struct import_plan *p);
const struct import_issue *import_plan_note(const struct import_plan *p, size_t i);
/* For the preview: column, the field it goes to (or empty: kept in ext). */
size_t import_plan_columns(const struct import_plan *p);
void import_plan_column(const struct import_plan *p, size_t i, text *ret_column, text *ret_field);
/* Cell text as it will be stored (secrets masked by the caller's choice of fields). */
text import_plan_cell(const struct import_plan *p, size_t row, size_t column);
/* One transaction; rows with issues are left out when skip_bad, else STATUS_MALFORMED and nothing
 * is written. progress may be NULL. */
enum status import_plan_run(struct ctx *cx, struct records *r, struct import_plan *p, bool skip_bad,
                            void (*progress)(void *self, size_t done, size_t all), void *self,
                            size_t *ret_taken) MUST_USE;

/* RFC 4180, UTF-8, CRLF, every cell quoted; a text cell that begins with = + - @ TAB or CR gets a
 * leading ' (taken away again by our import, so that a round trip is exact). Secrets only when
 * reveal. All fields, ext columns included, plus "id". */
enum status export_csv(struct ctx *cx, struct records *r, const struct listing *l, bool reveal,
                       enum status (*write)(void *self, struct ctx *cx, bytes part),
                       void *self) MUST_USE;

/* ---- the readers alone (fuzzed) ------------------------------------------------------------ */

struct csv_reader;
/* Delimiter , ; or TAB is found from the first line; BOM skipped; quotes as RFC 4180. */
enum status csv_open(struct ctx *cx, bytes file, struct csv_reader **ret) MUST_USE;
/* *ret_cells borrowed until the next call; false at the end. */
enum status csv_next(struct ctx *cx, struct csv_reader *r, const text **ret_cells,
                     size_t *ret_count, size_t *ret_line, bool *ret_row) MUST_USE;
void csv_close(struct csv_reader **r);

#endif
