/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making, opening and closing a vault: which files of DIR are looked at, who holds them, and that a
 * crash while one is made leaves either a whole vault or none.
 */
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "vault-int.h"

static void disconnect(struct vault *v)
{
    for (struct stmt *s = v->foreign; s != NULL; s = s->next) {
        sqlite3_finalize(s->handle); /* its owner frees the rest */
        s->handle = NULL;
        s->vault = NULL;
    }
    v->foreign = NULL;
    for (size_t i = 0; i < STMT_COUNT; i++) {
        sqlite3_finalize(v->table[i].handle);
        v->table[i].handle = NULL;
    }
    for (size_t i = 0; i < STMT_CACHE_MAX; i++) {
        stmt_drop(&v->cache[i]);
    }
    if (v->db != NULL) {
        MUST(sqlite3_close(v->db) == SQLITE_OK); /* an unfinished statement would keep the key */
        v->db = NULL;
    }
    v->depth = 0;
    v->doom = STATUS_OK;
}

void vault_close(struct vault **v)
{
    struct vault *gone = *v;
    if (gone == NULL) {
        return;
    }
    disconnect(gone);
    file_unlock(&gone->lock_fd);
    free(gone->dir);
    free(gone);
    *v = NULL;
}

/* Whatever a link or device behind this name is, it is not the file we made. */
static enum status look_at(struct ctx *cx, const char *path, bool *ret_there)
{
    enum status status = STATUS_OK;
    struct file_info info = {0};
    if (!file_exists(path)) {
        *ret_there = false;
        return STATUS_OK;
    }
    TRY(file_look(cx, path, &info));
    if (info.kind != FILE_REGULAR) {
        FAIL(cx, STATUS_UNSAFE, "'%s' is not a regular file", path);
    }
    *ret_there = true;
out:
    return status;
}

/* The folder is there and this process alone holds it. */
static enum status hold(struct ctx *cx, const char *dir, struct vault **ret)
{
    enum status status = STATUS_OK;
    struct vault *v = NULL;
    struct buf path;
    void *memory = NULL;
    const char *lock = NULL;
    size_t size = strlen(dir) + 1;
    buf_init(&path, PATH_BYTES_MAX);
    TRY(mem_new(cx, 1, sizeof(*v), &memory));
    v = memory;
    v->lock_fd = -1;
    TRY(mem_new(cx, 1, size, &memory));
    v->dir = memory;
    memcpy(v->dir, dir, size);
    TRY(path_join(cx, &path, dir, "lock", &lock));
    TRY(file_lock(cx, lock, &v->lock_fd));
    *ret = v;
    v = NULL;
out:
    vault_close(&v);
    buf_finish(&path);
    return status;
}

/* The files of DIR that are the engine's. */
enum { FILE_DB, FILE_LOG, FILE_JOURNAL, FILE_HALF, FILE_HALF_LOG, FILE_HALF_JOURNAL, FILES };
static const char *const file_names[FILES] = {
    "vault.db",      "vault.db-wal",      "vault.db-journal",
    "vault.db.half", "vault.db.half-wal", "vault.db.half-journal",
};
struct paths {
    struct buf owner[FILES];
    const char *of[FILES];
};

static void paths_init(struct paths *p)
{
    for (size_t i = 0; i < FILES; i++) {
        buf_init(&p->owner[i], PATH_BYTES_MAX);
        p->of[i] = NULL;
    }
}

static void paths_finish(struct paths *p)
{
    for (size_t i = 0; i < FILES; i++) {
        buf_finish(&p->owner[i]);
    }
}

static enum status paths_fill(struct ctx *cx, struct paths *p, const char *dir)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < FILES; i++) {
        TRY(path_join(cx, &p->owner[i], dir, file_names[i], &p->of[i]));
    }
out:
    return status;
}

/* Made under another name and renamed when whole: after a crash there is a vault or there is none.
 * What an earlier crash left is removed first; a stray log would be replayed into the new file. */
static enum status create_whole(struct ctx *cx, struct vault *v, const struct paths *p,
                                const struct secret *key)
{
    enum status status = STATUS_OK;
    for (size_t i = FILE_LOG; i < FILES; i++) {
        TRY(file_remove(cx, p->of[i]));
    }
    TRY(file_write(cx, p->of[FILE_HALF], BYTES(NULL, 0), false)); /* mode 0600, the log follows */
    TRY(engine_connect(cx, v, p->of[FILE_HALF], key, true));
    TRY(schema_create(cx, v));
    disconnect(v);
    TRY(engine_refuse_plain(cx, p->of[FILE_HALF]));
    TRY(file_move(cx, p->of[FILE_HALF], p->of[FILE_DB]));
    TRY(engine_connect(cx, v, p->of[FILE_DB], key, false));
out:
    return status;
}

enum status vault_create(struct ctx *cx, const char *dir, const struct secret *key,
                         struct vault **ret)
{
    enum status status = STATUS_OK;
    struct vault *v = NULL;
    struct paths paths;
    paths_init(&paths);
    TRY(paths_fill(cx, &paths, dir));
    TRY(folder_make(cx, dir));
    TRY(hold(cx, dir, &v));
    if (file_exists(paths.of[FILE_DB])) {
        FAIL(cx, STATUS_EXISTS, "'%s' is there already", paths.of[FILE_DB]);
    }
    status = create_whole(cx, v, &paths, key);
    if (status != STATUS_OK) {
        disconnect(v);
        for (size_t i = FILE_HALF; i < FILES; i++) {
            enum status ignored = file_remove(cx, paths.of[i]); /* the first cause is told */
            (void)ignored;
        }
        goto out;
    }
    *ret = v;
    v = NULL;
out:
    vault_close(&v);
    paths_finish(&paths);
    return status;
}

enum status vault_open(struct ctx *cx, const char *dir, const struct secret *key,
                       struct vault **ret)
{
    enum status status = STATUS_OK;
    struct vault *v = NULL;
    struct paths paths;
    bool there[FILE_HALF] = {false};
    paths_init(&paths);
    TRY(paths_fill(cx, &paths, dir));
    for (size_t i = FILE_DB; i < FILE_HALF; i++) {
        TRY(look_at(cx, paths.of[i], &there[i]));
    }
    if (!there[FILE_DB]) {
        status = fault_set(cx, STATUS_NO_VAULT, __FILE__, __LINE__, "no vault in '%s'", dir);
        (void)fault_hint(cx, "make one with 'valise init'");
        goto out;
    }
    TRY(hold(cx, dir, &v));
    TRY(engine_connect(cx, v, paths.of[FILE_DB], key, false));
    TRY(schema_check(cx, v));
    *ret = v;
    v = NULL;
out:
    vault_close(&v);
    paths_finish(&paths);
    return status;
}

const char *vault_dir(const struct vault *v)
{
    return v->dir;
}

const char *vault_engine(const struct vault *v)
{
    return v->engine;
}
