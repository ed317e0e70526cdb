/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema: each room's tables stand in its own schema-*.def and are made together when a vault
 * is made. The engine's user_version tells which schema a file has; a newer one is left alone, and
 * one of a build from before the first release, whose charter has no cuts, is refused by name.
 */
#include "vault-int.h"

static const char *const tables[] = {
#define X(sql) sql,
#include "schema-cmd.def"
#include "schema-records.def"
#include "schema-team.def"
#include "schema-transfer.def"
#include "schema-vault.def"
#undef X
};

enum status schema_create(struct ctx *cx, struct vault *v)
{
    enum status status = STATUS_OK;
    bool open = false;
    struct buf sql;
    const char *pragma = NULL;
    buf_init(&sql, 128);
    TRY(vault_begin(cx, v));
    open = true;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        TRY(vault_execute(cx, v, tables[i]));
    }
    TRY(buf_printf(cx, &sql, "PRAGMA application_id=%d", VAULT_APPLICATION_ID));
    TRY(buf_cstr(cx, &sql, &pragma));
    TRY(engine_query(cx, v, pragma, NULL));
    buf_clear(&sql);
    TRY(buf_printf(cx, &sql, "PRAGMA user_version=%d", VAULT_SCHEMA_VERSION));
    TRY(buf_cstr(cx, &sql, &pragma));
    TRY(engine_query(cx, v, pragma, NULL));
    open = false;
    TRY(vault_commit(cx, v));
out:
    if (open) {
        vault_rollback(v);
    }
    buf_finish(&sql);
    return status;
}

enum status schema_check(struct ctx *cx, struct vault *v)
{
    enum status status = STATUS_OK;
    int64_t version = 0;
    int64_t application = 0;
    TRY(engine_query_int(cx, v, "PRAGMA application_id", &application));
    TRY(engine_query_int(cx, v, "PRAGMA user_version", &version));
    if (version > VAULT_SCHEMA_VERSION) {
        status = fault_set(cx, STATUS_UNSUPPORTED, __FILE__, __LINE__,
                           "the vault has schema %d, this valise knows %d", (int)version,
                           VAULT_SCHEMA_VERSION);
        (void)fault_hint(cx, "use the newer valise that last opened this vault");
        goto out;
    }
    if (application != VAULT_APPLICATION_ID || version < 1) {
        FAIL(cx, STATUS_INTEGRITY, "the database is not a vault of valise");
    }
    if (version < VAULT_SCHEMA_OLDEST) {
        status = fault_set(cx, STATUS_UNSUPPORTED, __FILE__, __LINE__,
                           "the vault has schema %d, of a valise from before the first release; "
                           "this one opens schema %d and later",
                           (int)version, VAULT_SCHEMA_OLDEST);
        (void)fault_hint(cx, "open it with the valise that made it, `export` what you need, and "
                             "found the team again here; nothing in the vault was changed");
        goto out;
    }
out:
    return status;
}
