/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault-int: what the files of this room share. Only they see sqlite3.h, so no other room can
 * reach the engine around the statement table.
 */
#ifndef VAULT_INT_H
#define VAULT_INT_H

#include <sqlite3.h>

#include "vault.h"

enum {
    VAULT_APPLICATION_ID = 0x56414c53, /* "VALS" */
    STMT_CACHE_MAX = 256,              /* statements made by records, by text */
    FOREIGN_STEPS = 1000,              /* virtual machine steps between two looks at the budget */
    FOREIGN_TICKS_MAX = 200000,        /* 2e8 steps: some seconds */
};

struct stmt {
    struct vault *vault;
    sqlite3_stmt *handle;
    const char *name;  /* what a fault calls it; static */
    char *sql;         /* owned; only of cached and foreign statements */
    int bind_rc;       /* first failed bind; the step reports it */
    bool done;         /* gave its last row */
    bool foreign;      /* runs under a step budget */
    int64_t ticks;     /* budget used */
    uint64_t used_at;  /* cache age */
    struct stmt *next; /* list of foreign statements */
};

struct vault {
    sqlite3 *db;
    int lock_fd;
    char *dir;
    char engine[96];
    unsigned depth;   /* nested vault_begin() */
    enum status doom; /* not OK: the open transaction was undone, why */
    uint64_t clock;   /* counts cache uses */
    struct stmt table[STMT_COUNT];
    struct stmt *cache[STMT_CACHE_MAX];
    struct stmt *foreign;
};

/* engine.c: an opened, keyed, pinned connection at the path; the file may not be plaintext. */
enum status engine_connect(struct ctx *cx, struct vault *v, const char *path,
                           const struct secret *key, bool create) MUST_USE;
/* STATUS_UNSAFE when the file starts as a plain SQLite database does. */
enum status engine_refuse_plain(struct ctx *cx, const char *path) MUST_USE;
/* One PRAGMA or other statement without bindings; the first column of the first row, when there is
 * one, goes to ret (may be NULL). */
enum status engine_query(struct ctx *cx, struct vault *v, const char *sql,
                         struct buf *ret) MUST_USE;
enum status engine_query_int(struct ctx *cx, struct vault *v, const char *sql,
                             int64_t *ret) MUST_USE;

/* schema.c */
enum status schema_create(struct ctx *cx, struct vault *v) MUST_USE;
enum status schema_check(struct ctx *cx, struct vault *v) MUST_USE;

/* fault.c: the status for an engine's result code, recorded with the engine's own words. */
enum status engine_fault(struct ctx *cx, struct vault *v, int rc, const char *what);

/* stmt.c */
enum status stmt_compile(struct ctx *cx, struct vault *v, const char *sql, const char *name,
                         struct stmt *ret) MUST_USE;
void stmt_rearm(struct stmt *s);
/* prepare.c: frees a cached statement. */
void stmt_drop(struct stmt **s);

/* fold.c: registers fold(text) on the connection. */
enum status fold_register(struct ctx *cx, struct vault *v) MUST_USE;

#endif
