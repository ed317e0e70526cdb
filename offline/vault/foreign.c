/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A person's own condition (--where). The engine is old and its SQL is a large surface, so nothing
 * passes but SELECT on one table with a short list of functions that only compute; ATTACH, PRAGMA,
 * recursion, other tables, printf and everything else is denied when the text is prepared.
 */
#include <stdlib.h>
#include <string.h>

#include "vault-int.h"

/* Functions whose result is never much larger than their arguments and that touch nothing else. */
static const char *const functions[] = {
    "abs",   "avg",      "coalesce", "count", "date",  "datetime", "fold", "glob",   "ifnull",
    "instr", "length",   "like",     "lower", "ltrim", "max",      "min",  "nullif", "round",
    "rtrim", "strftime", "substr",   "sum",   "time",  "total",    "trim", "typeof", "upper",
};

static bool is_allowed_function(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (sqlite3_stricmp(name, functions[i]) == 0) {
            return true;
        }
    }
    return false;
}

static int authorize(void *arg, int action, const char *first, const char *second,
                     const char *database, const char *trigger)
{
    const char *table = arg;
    (void)database;
    (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
        return SQLITE_OK;
    case SQLITE_READ:
        return first != NULL && sqlite3_stricmp(first, table) == 0 ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
        return is_allowed_function(second) ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

/* Limits while a stranger's text is parsed; the connection's own come back afterwards. */
static const struct {
    int what;
    int value;
} limits[] = {
    {SQLITE_LIMIT_SQL_LENGTH, 64 * 1024}, {SQLITE_LIMIT_EXPR_DEPTH, 100},
    {SQLITE_LIMIT_COMPOUND_SELECT, 2},    {SQLITE_LIMIT_FUNCTION_ARG, 16},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 100},  {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100},
};
enum { LIMITS = sizeof(limits) / sizeof(limits[0]) };

static int prepare_guarded(struct vault *v, const char *sql, const char *table, sqlite3_stmt **ret,
                           const char **ret_tail)
{
    int kept[LIMITS];
    void *name = NULL;
    memcpy(&name, &table, sizeof(table)); /* the engine's void * takes no const */
    for (size_t i = 0; i < LIMITS; i++) {
        kept[i] = sqlite3_limit(v->db, limits[i].what, limits[i].value);
    }
    int rc = sqlite3_set_authorizer(v->db, authorize, name);
    if (rc == SQLITE_OK) {
        rc = sqlite3_prepare_v2(v->db, sql, -1, ret, ret_tail);
    }
    (void)sqlite3_set_authorizer(v->db, NULL, NULL);
    for (size_t i = 0; i < LIMITS; i++) {
        (void)sqlite3_limit(v->db, limits[i].what, kept[i]);
    }
    return rc;
}

enum status stmt_prepare_foreign(struct ctx *cx, struct vault *v, const char *sql,
                                 const char *table, struct stmt **ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    void *memory = NULL;
    const char *tail = NULL;
    TRY(mem_new(cx, 1, sizeof(*s), &memory));
    s = memory;
    if (sqlite3_strnicmp(sql, "SELECT ", 7) != 0) { /* EXPLAIN asks no authorizer */
        FAIL(cx, STATUS_USAGE, "only SELECT is possible here");
    }
    int rc = prepare_guarded(v, sql, table, &s->handle, &tail);
    if (rc == SQLITE_NOMEM || rc == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_IOERR) {
        status = engine_fault(cx, v, rc, "prepare the condition");
        goto out;
    }
    if (rc != SQLITE_OK) {
        FAIL(cx, STATUS_USAGE, "the condition cannot be used: %s", sqlite3_errmsg(v->db));
    }
    if (s->handle == NULL || *tail != '\0' || !sqlite3_stmt_readonly(s->handle)) {
        FAIL(cx, STATUS_USAGE, "the condition must be one expression");
    }
    s->vault = v;
    s->name = "run the condition";
    s->foreign = true;
    s->next = v->foreign;
    v->foreign = s;
    *ret = s;
    s = NULL;
out:
    if (s != NULL) {
        sqlite3_finalize(s->handle);
        free(s);
    }
    return status;
}

void stmt_free(struct stmt **s)
{
    struct stmt *gone = *s;
    if (gone == NULL) {
        return;
    }
    MUST(gone->foreign); /* the others belong to the vault */
    if (gone->vault != NULL) {
        struct stmt **link = &gone->vault->foreign;
        while (*link != gone) {
            link = &(*link)->next;
        }
        *link = gone->next;
        sqlite3_finalize(gone->handle);
    }
    free(gone);
    *s = NULL;
}
