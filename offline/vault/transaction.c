/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions. Rooms call each other, so begins nest; only the outermost touches the engine. Once
 * anything inside was undone the whole is doomed: no write may slip in behind the rollback and be
 * committed by itself, and the outer commit fails.
 */
#include "vault-int.h"

/* Past the doom check of stmt_step(): these statements are what it guards. */
static enum status run_raw(struct ctx *cx, struct vault *v, enum stmt_id id, const char *what)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, v, id, &s));
    int rc = sqlite3_step(s->handle);
    if (rc != SQLITE_DONE) {
        status = engine_fault(cx, v, rc, what);
    }
    stmt_rearm(s);
out:
    return status;
}

static void undo(struct vault *v)
{
    if (sqlite3_get_autocommit(v->db) == 0) {
        /* plain exec: works even when no statement can be prepared any more */
        (void)sqlite3_exec(v->db, "ROLLBACK", NULL, NULL, NULL);
    }
}

enum status vault_begin(struct ctx *cx, struct vault *v)
{
    enum status status = STATUS_OK;
    if (v->depth > 0) {
        if (v->doom != STATUS_OK) {
            FAIL(cx, v->doom, "this change was undone already; nothing more can join it");
        }
        v->depth++;
        return STATUS_OK;
    }
    TRY(run_raw(cx, v, STMT_BEGIN, "begin a change"));
    v->depth = 1;
    v->doom = STATUS_OK;
out:
    return status;
}

enum status vault_commit(struct ctx *cx, struct vault *v)
{
    enum status status = STATUS_OK;
    if (v->depth == 0) {
        FAIL(cx, STATUS_BUG, "commit without a begin");
    }
    v->depth--;
    if (v->doom != STATUS_OK) {
        FAIL(cx, v->doom, "a part of this change was undone, so all of it was");
    }
    if (v->depth > 0) {
        return STATUS_OK;
    }
    status = run_raw(cx, v, STMT_COMMIT, "commit a change");
    if (status != STATUS_OK) {
        undo(v);
    }
out:
    if (v->depth == 0) {
        v->doom = STATUS_OK;
    }
    return status;
}

void vault_rollback(struct vault *v)
{
    if (v->depth == 0) {
        return;
    }
    undo(v);
    v->depth--;
    if (v->doom == STATUS_OK) {
        v->doom = STATUS_CANCELLED;
    }
    if (v->depth == 0) {
        v->doom = STATUS_OK;
    }
}

enum status vault_end(struct ctx *cx, struct vault *v, enum status status)
{
    if (status == STATUS_OK) {
        return vault_commit(cx, v);
    }
    vault_rollback(v);
    return status;
}

enum status vault_forget(struct ctx *cx, struct vault *v)
{
    return v->depth > 0 ? STATUS_OK : engine_query(cx, v, "PRAGMA wal_checkpoint(TRUNCATE)", NULL);
}
