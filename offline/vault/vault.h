/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault: the door. One device's encrypted store: the pinned SQLCipher opener, the schema, every
 * SQL statement of the program in one declared table, transactions. One process, one connection.
 * Knows no cryptography of ours and no meaning of what it stores.
 *
 * All fixed SQL stands in stmt-*.def (one file for each room that asks, all in this folder); the
 * only other SQL is what records makes for the wide tables from checked identifiers.
 */
#ifndef VAULT_H
#define VAULT_H

#include "base.h"

struct vault;
struct stmt; /* borrowed; valid until the same statement is used again or the vault is closed */

/* What this build writes, and the oldest it opens. */
enum { VAULT_SCHEMA_VERSION = 2, VAULT_SCHEMA_OLDEST = 2 };

/* Makes DIR/vault.db with the schema. STATUS_EXISTS. key: 32 bytes. */
enum status vault_create(struct ctx *cx, const char *dir, const struct secret *key,
                         struct vault **ret) MUST_USE;
/* STATUS_NO_VAULT, STATUS_BUSY (another process), STATUS_UNSUPPORTED (newer schema, or older than
 * VAULT_SCHEMA_OLDEST), STATUS_INTEGRITY (wrong key or damage), STATUS_UNSAFE (database would be
 * plaintext). */
enum status vault_open(struct ctx *cx, const char *dir, const struct secret *key,
                       struct vault **ret) MUST_USE;
void vault_close(struct vault **v);
const char *vault_dir(const struct vault *v);
const char *vault_engine(const struct vault *v); /* e.g. "SQLCipher 3.4.1, SQLite 3.15.2" */
/* cipher pages and SQLite's own integrity; STATUS_INTEGRITY says where. */
enum status vault_check(struct ctx *cx, struct vault *v) MUST_USE;

/* Nested calls are counted: only the outermost commits; a rollback at any depth undoes all and
 * makes the outer commit fail; until then no write and no begin is accepted. A begin that failed
 * opened nothing; a commit that failed has ended its level: neither needs a rollback, though one
 * does no harm at the outermost level. */
enum status vault_begin(struct ctx *cx, struct vault *v) MUST_USE;
enum status vault_commit(struct ctx *cx, struct vault *v) MUST_USE;
void vault_rollback(struct vault *v);
/* Ends the level that is open: commits when status is OK, else rolls back; gives what came of it.
 * TRY(vault_begin(cx, v)); return vault_end(cx, v, work(cx, v)); */
enum status vault_end(struct ctx *cx, struct vault *v, enum status status) MUST_USE;

/* After keys were deleted: the write-ahead log keeps no older pages either. Outside of
 * transactions; inside one nothing happens. */
enum status vault_forget(struct ctx *cx, struct vault *v) MUST_USE;

/* Statement ids come from the .def files: X(TEAM_INSERT, "INSERT INTO ...") -> STMT_TEAM_INSERT. */
enum stmt_id {
#define X(name, sql) STMT_##name,
#include "stmt-cmd.def"
#include "stmt-records.def"
#include "stmt-team.def"
#include "stmt-transfer.def"
#include "stmt-vault.def"
#undef X
    STMT_COUNT
};

/* The prepared statement, reset, bindings cleared. Binding never fails: the step reports. */
enum status stmt_use(struct ctx *cx, struct vault *v, enum stmt_id id, struct stmt **ret) MUST_USE;
void stmt_bind_int(struct stmt *s, int column_from_1, int64_t value);
void stmt_bind_bytes(struct stmt *s, int column_from_1, bytes value); /* copied; NULL ptr -> x'' */
void stmt_bind_text(struct stmt *s, int column_from_1, text value);   /* copied */
void stmt_bind_null(struct stmt *s, int column_from_1);
/* *ret_row: a row is there. A UNIQUE or PRIMARY KEY that does not hold is STATUS_EXISTS, any other
 * constraint STATUS_BUG. After the last row the statement is reset by itself. */
enum status stmt_step(struct ctx *cx, struct stmt *s, bool *ret_row) MUST_USE;
/* For statements that give no rows. */
enum status stmt_run(struct ctx *cx, struct stmt *s) MUST_USE;
int64_t stmt_int(struct stmt *s, int column_from_0);
bytes stmt_bytes(struct stmt *s, int column_from_0); /* borrowed until the next step or use */
text stmt_text(struct stmt *s, int column_from_0);   /* borrowed */
bool stmt_is_null(struct stmt *s, int column_from_0);
enum stmt_type { STMT_TYPE_NULL, STMT_TYPE_INT, STMT_TYPE_REAL, STMT_TYPE_TEXT, STMT_TYPE_BYTES };
enum stmt_type stmt_type(struct stmt *s, int column_from_0);
int stmt_columns(struct stmt *s);
const char *stmt_column_name(struct stmt *s, int column_from_0);
void stmt_reset(struct stmt *s);
int64_t vault_changes(struct vault *v); /* rows changed by the last statement */
int64_t vault_last_rowid(struct vault *v);

/* What the SQL function fold(text) does, for C: case folding and NFKC, for search and sorting.
 * Appends to out; the text must be valid UTF-8. */
enum status vault_fold(struct ctx *cx, text t, struct buf *out) MUST_USE;

/* SQL built by records from checked identifiers. Cached by text (256 of them); used as above. */
enum status stmt_prepare(struct ctx *cx, struct vault *v, const char *sql,
                         struct stmt **ret) MUST_USE;
enum status vault_execute(struct ctx *cx, struct vault *v, const char *sql) MUST_USE;
/* A person's own condition (--where): prepared read-only under an authorizer that allows SELECT on
 * `table` and a list of pure functions and nothing else; a progress limit ends runaway queries with
 * STATUS_LIMIT. Errors are STATUS_USAGE with SQLite's message. Free with stmt_free. */
enum status stmt_prepare_foreign(struct ctx *cx, struct vault *v, const char *sql,
                                 const char *table, struct stmt **ret) MUST_USE;
void stmt_free(struct stmt **s);

#endif
