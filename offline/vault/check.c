/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's own checks: the MAC of every page it can reach and the order of its trees. An old
 * page put back passes them; that is for the hash-chained log above to find.
 */
#include <string.h>

#include "vault-int.h"

/* Runs a check that gives lines of complaint; "ok" alone means none. */
static enum status check_lines(struct ctx *cx, struct vault *v, const char *sql)
{
    enum status status = STATUS_OK;
    struct stmt s = {0};
    bool row = false;
    TRY(stmt_compile(cx, v, sql, "check the vault", &s));
    TRY(stmt_step(cx, &s, &row));
    if (row && !text_equal(stmt_text(&s, 0), TEXT("ok"))) {
        text first = stmt_text(&s, 0);
        (void)fault_set(cx, STATUS_INTEGRITY, __FILE__, __LINE__, "the vault is damaged: %.*s",
                        (int)(first.len < 200 ? first.len : 200), first.ptr);
        (void)fault_hint(cx, "keep a copy of the vault's folder, then restore from a backup");
        status = STATUS_INTEGRITY;
    }
out:
    sqlite3_finalize(s.handle);
    return status;
}

enum status vault_check(struct ctx *cx, struct vault *v)
{
    enum status status = STATUS_OK;
    /* SQLCipher 4 only; 3.4.1 knows no such PRAGMA and gives no row */
    TRY(check_lines(cx, v, "PRAGMA cipher_integrity_check"));
    TRY(check_lines(cx, v, "PRAGMA integrity_check(1)"));
    TRY(check_lines(cx, v, "PRAGMA foreign_key_check"));
out:
    return status;
}
