/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL that records makes from checked identifiers for the wide tables. Prepared statements are kept
 * by text; the one unused for longest gives way, never one that stands between two of its rows.
 */
#include <stdlib.h>
#include <string.h>

#include "vault-int.h"

void stmt_drop(struct stmt **slot)
{
    struct stmt *s = *slot;
    if (s != NULL) {
        sqlite3_finalize(s->handle);
        free(s->sql);
        free(s);
        *slot = NULL;
    }
}

/* The slot that holds this text, else a free one, else the oldest idle one; NULL: all are busy. */
static struct stmt **find_slot(struct vault *v, const char *sql)
{
    struct stmt **best = NULL;
    for (size_t i = 0; i < STMT_CACHE_MAX; i++) {
        struct stmt **slot = &v->cache[i];
        if (*slot == NULL) {
            return slot; /* slots fill from the front: it is in none of the others */
        }
        if (strcmp((*slot)->sql, sql) == 0) {
            return slot;
        }
        if (sqlite3_stmt_busy((*slot)->handle) == 0 &&
            (best == NULL || (*slot)->used_at < (*best)->used_at)) {
            best = slot;
        }
    }
    return best;
}

enum status stmt_prepare(struct ctx *cx, struct vault *v, const char *sql, struct stmt **ret)
{
    enum status status = STATUS_OK;
    struct stmt *fresh = NULL;
    void *memory = NULL;
    struct stmt **slot = find_slot(v, sql);
    if (slot == NULL) {
        FAIL(cx, STATUS_LIMIT, "more than %d statements are in use at once", STMT_CACHE_MAX);
    }
    if (*slot != NULL && strcmp((*slot)->sql, sql) == 0) {
        stmt_rearm(*slot);
    } else {
        TRY(mem_new(cx, 1, sizeof(struct stmt), &memory));
        fresh = memory;
        TRY(stmt_compile(cx, v, sql, "run a statement", fresh));
        size_t size = strlen(sql) + 1;
        TRY(mem_new(cx, 1, size, &memory));
        memcpy(memory, sql, size);
        fresh->sql = memory;
        stmt_drop(slot);
        *slot = fresh;
        fresh = NULL;
    }
    (*slot)->used_at = ++v->clock;
    *ret = *slot;
out:
    stmt_drop(&fresh);
    return status;
}

enum status vault_execute(struct ctx *cx, struct vault *v, const char *sql)
{
    enum status status = STATUS_OK;
    struct stmt once = {0};
    bool row = false;
    TRY(stmt_compile(cx, v, sql, "execute a statement", &once));
    do {
        TRY(stmt_step(cx, &once, &row));
    } while (row);
out:
    sqlite3_finalize(once.handle);
    return status;
}
