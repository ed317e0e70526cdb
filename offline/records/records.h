/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records: the door. The engine: operations with the base they were made on, merged by each
 * field's rule into one wide table per record type, whatever the order they arrive in; history,
 * undo, conflicts, the state hash. Every write of a person and every admitted foreign entry goes
 * through the same judge (role, workflow, kit).
 */
#ifndef RECORDS_H
#define RECORDS_H

#include "base.h"
#include "schema.h"
#include "team.h"

struct records;

/* Makes or extends the wide tables for the schema (fields are added or retired, never retyped); a
 * kit that became known is filled from operations kept earlier. Borrows all three; the team tells
 * this room when its own decisions change what counts. Close before the team. */
enum status records_open(struct ctx *cx, struct team *t, const struct schema *s,
                         struct records **ret) MUST_USE;
void records_close(struct records **r);
struct team *records_team(struct records *r);
const struct schema *records_schema(struct records *r);
/* For admission_start(): admitted entries flow into the tables. */
struct log_sink records_sink(struct records *r);

/* ---- ids: "k7-12-3" = device tag, entry, operation ------------------------------------------- */

enum status record_id_write(struct ctx *cx, struct records *r, int64_t record,
                            struct buf *out) MUST_USE;
/* Accepts a written id, or a unique word of a title ("printer"). Gives type and key. */
enum status record_find_id(struct ctx *cx, struct records *r, text id, int64_t *ret_record,
                           const struct record_type **ret_type) MUST_USE;

/* ---- writing: each call is one transaction, or part of the caller's -------------------------- */

struct assignment {
    const struct field *field;
    text value; /* as typed; "" clears. tags: "+a" adds, "-a" removes, "a,b" replaces.
                   num with merge sum: "+3" and "-3" are deltas. who: a member's name or "me" */
};
/* Required fields and presets are applied; all checked before anything is written. The record
 * belongs to one compartment for ever; NULL: the team's. */
enum status record_create(struct ctx *cx, struct records *r, const struct record_type *type,
                          const struct team_compartment *compartment, const struct assignment *a,
                          size_t count, int64_t *ret_record) MUST_USE;
enum status record_set(struct ctx *cx, struct records *r, int64_t record,
                       const struct assignment *a, size_t count) MUST_USE;
/* A transition by name; assignments made with it are seen by the guard. STATUS_DENIED says what the
 * guard or the role wants; STATUS_CONFLICT when the state does not allow it and lists what it does.
 */
enum status record_move(struct ctx *cx, struct records *r, int64_t record, text transition,
                        const struct assignment *a, size_t count) MUST_USE;
enum status record_log_add(struct ctx *cx, struct records *r, int64_t record,
                           const struct field *field, text line) MUST_USE;
enum status record_delete(struct ctx *cx, struct records *r, int64_t record) MUST_USE;
enum status record_restore(struct ctx *cx, struct records *r, int64_t record) MUST_USE;
/* Takes back my last operation on the record by making its inverse; history keeps both. */
enum status record_undo(struct ctx *cx, struct records *r, int64_t record,
                        struct buf *ret_what) MUST_USE;
/* Settles a conflict: the chosen value (1-based number of record_conflict()) or new text. */
enum status record_resolve(struct ctx *cx, struct records *r, int64_t record,
                           const struct field *field, size_t choice, text value) MUST_USE;

/* ---- reading --------------------------------------------------------------------------------- */

struct record_info {
    int64_t record;
    const struct record_type *type;
    struct id created_by;                       /* member */
    const struct team_compartment *compartment; /* NULL: not declared here */
    int64_t created, changed;                   /* claimed Unix seconds */
    bool deleted;
    size_t conflicts;
};
enum status record_info_get(struct ctx *cx, struct records *r, int64_t record,
                            struct record_info *ret) MUST_USE;
/* Display text of a field (who -> name; tags joined by ", "; secret only when reveal, else
 * "••••••••"; doc whole; log empty). Not escaped. *ret_empty. */
enum status record_field_text(struct ctx *cx, struct records *r, int64_t record,
                              const struct field *f, bool reveal, struct buf *out,
                              bool *ret_empty) MUST_USE;
/* Lines of a log field, oldest first in causal order. */
struct log_line {
    int64_t op;
    struct id member;
    int64_t time;
    text line;
};
enum status
record_log_each(struct ctx *cx, struct records *r, int64_t record, const struct field *f,
                enum status (*visit)(void *self, struct ctx *cx, const struct log_line *l),
                void *self) MUST_USE;
/* Concurrent values of a field in conflict, winner first. */
struct conflict_value {
    struct id member;
    int64_t time;
    text value;
    bool shown;
};
enum status record_conflict_each(struct ctx *cx, struct records *r, int64_t record,
                                 const struct field *f,
                                 enum status (*visit)(void *self, struct ctx *cx,
                                                      const struct conflict_value *v),
                                 void *self) MUST_USE;
/* All records with conflicts: calls visit(record, field). */
enum status records_conflicts_each(struct ctx *cx, struct records *r,
                                   enum status (*visit)(void *self, struct ctx *cx, int64_t record,
                                                        const struct field *f),
                                   void *self) MUST_USE;
struct history_line {
    int64_t op;
    int64_t record;
    const struct record_type *type;
    const struct field *field; /* NULL: create, delete.. */
    struct id member;
    int64_t device_ix;
    int64_t time;
    text what; /* "created", "set", "moved", "added", "removed", "deleted", "restored"; "refused" by
                  the judge; "void": its entry does not count */
    text value;   /* display text, secrets masked */
    text reason;  /* of "refused" and "void"; of a move that stands on what does not count any more;
                     else empty */
    bool adopted; /* "void" only: record_adopt() was done here */
};
/* record 0 = the team's newest first, at most limit; else the record's, oldest first. */
enum status records_history(struct ctx *cx, struct records *r, int64_t record, size_t limit,
                            enum status (*visit)(void *self, struct ctx *cx,
                                                 const struct history_line *h),
                            void *self) MUST_USE;

/* ---- received, and without effect ------------------------------------------------------------ */

/* Readable operations of entries that came and do not count ("received after the cut"), oldest
 * first, as history lines that say what they would have done; h->op is record_adopt()'s. */
enum status records_void_each(struct ctx *cx, struct records *r,
                              enum status (*visit)(void *self, struct ctx *cx,
                                                   const struct history_line *h),
                              void *self) MUST_USE;
/* Writes such an operation again as mine: through the same judge, made on what it was made on as
 * far as that counts, so that what others did meanwhile is a conflict and not lost. A move, a
 * deletion and a restore are done on the record as it is now. *ret_record: the record it is on (a
 * new one when it made it). STATUS_DUPLICATE: it was adopted before. STATUS_NOT_FOUND: there is no
 * such operation. STATUS_CONFLICT: it counts, or its record does not. */
enum status record_adopt(struct ctx *cx, struct records *r, int64_t op,
                         int64_t *ret_record) MUST_USE;
/* Records with a secret in one of these compartments (tags, 16 bytes each): what somebody who reads
 * them has seen. Titles only, never values. */
enum status records_seen_by(struct ctx *cx, struct records *r, bytes compartments,
                            enum status (*visit)(void *self, struct ctx *cx, int64_t record,
                                                 const struct record_type *type, text title),
                            void *self) MUST_USE;

/* ---- lists ----------------------------------------------------------------------------------- */

/* A listing: rows of a view or of all fields, an extra condition, order, limit. */
struct listing {
    const struct record_type *type;
    const struct view *view;                    /* or NULL */
    text where;                                 /* a person's SQL condition, or empty */
    text order;                                 /* field name, "-field" for descending, or empty */
    size_t limit;                               /* 0 = all */
    bool deleted;                               /* only deleted ones */
    const struct team_compartment *compartment; /* only of this one; NULL: all that are readable */
};
struct listing_row {
    int64_t record;
    text group;        /* board */
    const text *cells; /* display text, one per column, borrowed during the visit */
    size_t conflicts;
};
/* Columns first (field pointers), then each row. */
enum status records_list(struct ctx *cx, struct records *r, const struct listing *l,
                         enum status (*columns)(void *self, struct ctx *cx,
                                                const struct field *const *f, size_t count),
                         enum status (*visit)(void *self, struct ctx *cx,
                                              const struct listing_row *row),
                         void *self) MUST_USE;
enum status records_count(struct ctx *cx, struct records *r, const struct record_type *type,
                          uint64_t *ret) MUST_USE;
/* Full text over fields marked find (never secrets): every word must match as a prefix, any case.
 * Best first, at most limit. Brings the index up to date first. */
enum status records_search(struct ctx *cx, struct records *r, text words, size_t limit,
                           enum status (*visit)(void *self, struct ctx *cx, int64_t record,
                                                const struct record_type *type, text title),
                           void *self) MUST_USE;

/* The state hash: over every record this device can read, in canonical order; equal on all devices
 * that hold the same entries and the same rights. */
enum status records_state_hash(struct ctx *cx, struct records *r, struct id *ret) MUST_USE;
/* Rebuilds all tables from the log into fresh ones and compares; repair = keep the rebuilt ones.
 * STATUS_INTEGRITY when they differed. A transaction of its own, never inside a caller's. */
enum status records_check(struct ctx *cx, struct records *r, bool repair) MUST_USE;

#endif
