/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statement table: every fixed SQL text of the program, prepared when first used and kept.
 * Nothing is ever pasted into SQL here; values are bound.
 */
#include <stdlib.h>
#include <string.h>

#include "vault-int.h"

static const struct {
    const char *name;
    const char *sql;
} statements[STMT_COUNT] = {
#define X(name, sql) [STMT_##name] = {#name, sql},
#include "stmt-cmd.def"
#include "stmt-records.def"
#include "stmt-team.def"
#include "stmt-transfer.def"
#include "stmt-vault.def"
#undef X
};

enum status stmt_compile(struct ctx *cx, struct vault *v, const char *sql, const char *name,
                         struct stmt *ret)
{
    enum status status = STATUS_OK;
    sqlite3_stmt *handle = NULL;
    const char *tail = NULL;
    int rc = sqlite3_prepare_v2(v->db, sql, -1, &handle, &tail);
    if (rc != SQLITE_OK) {
        return engine_fault(cx, v, rc, name);
    }
    if (handle == NULL || tail[strspn(tail, " \n\t;")] != '\0') {
        FAIL(cx, STATUS_BUG, "%s: not exactly one SQL statement", name);
    }
    *ret = (struct stmt){.vault = v, .handle = handle, .name = name};
    handle = NULL;
out:
    sqlite3_finalize(handle);
    return status;
}

void stmt_rearm(struct stmt *s)
{
    (void)sqlite3_reset(s->handle); /* repeats the last step's code, which was reported then */
    (void)sqlite3_clear_bindings(s->handle);
    s->bind_rc = SQLITE_OK;
    s->done = false;
}

enum status stmt_use(struct ctx *cx, struct vault *v, enum stmt_id id, struct stmt **ret)
{
    enum status status = STATUS_OK;
    MUST(id < STMT_COUNT);
    struct stmt *s = &v->table[id];
    if (s->handle == NULL) {
        TRY(stmt_compile(cx, v, statements[id].sql, statements[id].name, s));
    } else {
        stmt_rearm(s);
    }
    *ret = s;
out:
    return status;
}

static void keep_rc(struct stmt *s, int rc)
{
    if (s->bind_rc == SQLITE_OK) {
        s->bind_rc = rc;
    }
}

void stmt_bind_int(struct stmt *s, int column_from_1, int64_t value)
{
    keep_rc(s, sqlite3_bind_int64(s->handle, column_from_1, value));
}

void stmt_bind_bytes(struct stmt *s, int column_from_1, bytes value)
{
    const void *from = value.ptr != NULL ? (const void *)value.ptr : "";
    keep_rc(s, sqlite3_bind_blob64(s->handle, column_from_1, from, value.len, SQLITE_TRANSIENT));
}

void stmt_bind_text(struct stmt *s, int column_from_1, text value)
{
    const char *from = value.ptr != NULL ? value.ptr : "";
    keep_rc(s, sqlite3_bind_text64(s->handle, column_from_1, from, value.len, SQLITE_TRANSIENT,
                                   SQLITE_UTF8));
}

void stmt_bind_null(struct stmt *s, int column_from_1)
{
    keep_rc(s, sqlite3_bind_null(s->handle, column_from_1));
}

static int spend(void *arg)
{
    struct stmt *s = arg;
    return ++s->ticks > FOREIGN_TICKS_MAX;
}

/* A person's own condition runs under a budget. */
static int step_engine(struct stmt *s)
{
    if (!s->foreign) {
        return sqlite3_step(s->handle);
    }
    sqlite3_progress_handler(s->vault->db, FOREIGN_STEPS, spend, s);
    int rc = sqlite3_step(s->handle);
    sqlite3_progress_handler(s->vault->db, 0, NULL, NULL);
    return rc;
}

static enum status step_fault(struct ctx *cx, struct stmt *s, int rc)
{
    struct vault *v = s->vault;
    enum status status = STATUS_OK;
    if (s->foreign && (rc & 0xff) == SQLITE_INTERRUPT) {
        status = fault_set(cx, STATUS_LIMIT, __FILE__, __LINE__, "the condition takes too long");
        (void)fault_hint(cx, "use a simpler condition");
    } else {
        status = engine_fault(cx, v, rc, s->name);
    }
    (void)sqlite3_reset(s->handle);
    s->done = true;
    if (v->depth > 0 && sqlite3_get_autocommit(v->db) != 0) {
        v->doom = status; /* the engine undid the transaction by itself */
    }
    return status;
}

enum status stmt_step(struct ctx *cx, struct stmt *s, bool *ret_row)
{
    enum status status = STATUS_OK;
    struct vault *v = s->vault;
    if (s->bind_rc != SQLITE_OK) {
        FAIL(cx, s->bind_rc == SQLITE_NOMEM ? STATUS_NO_MEMORY : STATUS_BUG,
             "%s: could not bind: %s", s->name, sqlite3_errstr(s->bind_rc));
    }
    if (s->done) {
        *ret_row = false;
        return STATUS_OK;
    }
    if (v->doom != STATUS_OK && !sqlite3_stmt_readonly(s->handle)) {
        FAIL(cx, v->doom, "%s: the change it belongs to was undone", s->name);
    }
    int rc = step_engine(s);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        return step_fault(cx, s, rc);
    }
    if (rc == SQLITE_DONE) {
        s->done = true;
        (void)sqlite3_reset(s->handle); /* frees its locks at once */
    }
    *ret_row = rc == SQLITE_ROW;
out:
    return status;
}

enum status stmt_run(struct ctx *cx, struct stmt *s)
{
    enum status status = STATUS_OK;
    bool row = false;
    TRY(stmt_step(cx, s, &row));
    if (row) {
        stmt_reset(s);
        FAIL(cx, STATUS_BUG, "%s: gave a row where none was expected", s->name);
    }
out:
    return status;
}

int64_t stmt_int(struct stmt *s, int column_from_0)
{
    return sqlite3_column_int64(s->handle, column_from_0);
}

bytes stmt_bytes(struct stmt *s, int column_from_0)
{
    const void *ptr = sqlite3_column_blob(s->handle, column_from_0);
    int len = ptr != NULL ? sqlite3_column_bytes(s->handle, column_from_0) : 0;
    return BYTES(ptr, (size_t)len);
}

text stmt_text(struct stmt *s, int column_from_0)
{
    const char *ptr = (const char *)sqlite3_column_text(s->handle, column_from_0);
    int len = ptr != NULL ? sqlite3_column_bytes(s->handle, column_from_0) : 0;
    return (text){.ptr = ptr, .len = (size_t)len};
}

bool stmt_is_null(struct stmt *s, int column_from_0)
{
    return sqlite3_column_type(s->handle, column_from_0) == SQLITE_NULL;
}

enum stmt_type stmt_type(struct stmt *s, int column_from_0)
{
    switch (sqlite3_column_type(s->handle, column_from_0)) {
    case SQLITE_INTEGER:
        return STMT_TYPE_INT;
    case SQLITE_FLOAT:
        return STMT_TYPE_REAL;
    case SQLITE_TEXT:
        return STMT_TYPE_TEXT;
    case SQLITE_BLOB:
        return STMT_TYPE_BYTES;
    default:
        return STMT_TYPE_NULL;
    }
}

int stmt_columns(struct stmt *s)
{
    return sqlite3_column_count(s->handle);
}

const char *stmt_column_name(struct stmt *s, int column_from_0)
{
    const char *name = sqlite3_column_name(s->handle, column_from_0);
    return name != NULL ? name : "";
}

void stmt_reset(struct stmt *s)
{
    stmt_rearm(s);
}

int64_t vault_changes(struct vault *v)
{
    return sqlite3_changes(v->db);
}

int64_t vault_last_rowid(struct vault *v)
{
    return sqlite3_last_insert_rowid(v->db);
}
