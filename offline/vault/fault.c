/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table from the engine's result codes to our statuses, so that every room answers a full
 * disk, a damaged page or a lock the same way.
 */
#include <errno.h>

#include "vault-int.h"

/* Extended codes stand before the primary code they refine. */
static const struct {
    int rc;
    enum status status;
} codes[] = {
    {SQLITE_IOERR_NOMEM, STATUS_NO_MEMORY},
    {SQLITE_CONSTRAINT_UNIQUE, STATUS_EXISTS},
    {SQLITE_CONSTRAINT_PRIMARYKEY, STATUS_EXISTS},
    {SQLITE_CONSTRAINT_ROWID, STATUS_EXISTS},
    {SQLITE_NOMEM, STATUS_NO_MEMORY},
    {SQLITE_FULL, STATUS_FULL},
    {SQLITE_IOERR, STATUS_IO},
    {SQLITE_CANTOPEN, STATUS_IO},
    {SQLITE_READONLY, STATUS_IO},
    {SQLITE_PERM, STATUS_IO},
    {SQLITE_PROTOCOL, STATUS_IO},
    {SQLITE_CORRUPT, STATUS_INTEGRITY},
    {SQLITE_NOTADB, STATUS_INTEGRITY},
    {SQLITE_BUSY, STATUS_BUSY},
    {SQLITE_LOCKED, STATUS_BUSY},
    {SQLITE_TOOBIG, STATUS_LIMIT},
    {SQLITE_ABORT, STATUS_CANCELLED},
    {SQLITE_INTERRUPT, STATUS_CANCELLED},
};

static enum status status_of(int rc)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i].rc == rc) {
            return codes[i].status;
        }
    }
    return rc == (rc & 0xff) ? STATUS_BUG : status_of(rc & 0xff);
}

static const char *hint_of(enum status status)
{
    if (status == STATUS_FULL) {
        return "free some space on the disk that holds the vault, then try again; nothing was lost";
    }
    if (status == STATUS_INTEGRITY) {
        return "keep a copy of the vault's folder, then run 'valise check'";
    }
    if (status == STATUS_BUSY) {
        return "close the other program that has the vault open";
    }
    return NULL;
}

enum status engine_fault(struct ctx *cx, struct vault *v, int rc, const char *what)
{
    enum status status = status_of(rc);
    int os_error = v->db != NULL ? sqlite3_system_errno(v->db) : 0;
    /* the engine knows ENOSPC only; a quota is full as well */
    if (status == STATUS_IO && (os_error == EDQUOT || os_error == ENOSPC)) {
        status = STATUS_FULL;
    }
    const char *words = v->db != NULL ? sqlite3_errmsg(v->db) : sqlite3_errstr(rc);
    (void)fault_set(cx, status, __FILE__, __LINE__, "the vault's engine could not %s: %s (code %d)",
                    what, words, rc);
    const char *hint = hint_of(status);
    if (hint != NULL) {
        (void)fault_hint(cx, "%s", hint);
    }
    return status;
}
