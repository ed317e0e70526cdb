/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow: what the sweep runs while files go wrong: make a vault, change it, replace a file, change
 * the passphrase. After each change that was promised it prints "ack N"; `verify` then finds all of
 * them, or says which is missing. Works on the rooms alone, so that it runs before any command
 * does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "keys.h"
#include "vault.h"

enum { ADDS = 8, BIG_BYTES = 15000, REPLACES = 3, FILE_BYTES = 9000 };

struct run {
    struct ctx cx;
    const char *dir;
    struct secret *key;
    struct vault *vault;
    struct buf path;
    struct buf data;
};

static void ack(int n)
{
    printf("ack %d\n", n);
    (void)fflush(stdout);
}

static enum status fixed_key(struct run *r)
{
    enum status status = STATUS_OK;
    TRY(secret_new(&r->cx, 32, &r->key));
    memset(secret_ptr(r->key), 0x42, 32);
out:
    return status;
}

static enum status run_make(struct run *r)
{
    enum status status = STATUS_OK;
    TRY(fixed_key(r));
    TRY(vault_create(&r->cx, r->dir, r->key, &r->vault));
    ack(1);
out:
    return status;
}

/* Two rows that belong together; every fourth pair is large, so that the log is merged. */
static enum status add_pair(struct run *r, int n)
{
    enum status status = STATUS_OK;
    char name[32];
    uint8_t *fill = NULL;
    for (int half = 0; half < 2; half++) {
        struct stmt *s = NULL;
        buf_clear(&r->data);
        TRY(buf_extend(&r->cx, &r->data, n % 4 == 3 ? BIG_BYTES : 100, &fill));
        memset(fill, n, r->data.len);
        TRY(stmt_use(&r->cx, r->vault, STMT_META_PUT, &s));
        (void)snprintf(name, sizeof(name), "%d.%d", n, half);
        stmt_bind_text(s, 1, text_of(name));
        stmt_bind_bytes(s, 2, buf_view(&r->data));
        TRY(stmt_run(&r->cx, s));
    }
out:
    return status;
}

static enum status run_add(struct run *r)
{
    enum status status = STATUS_OK;
    TRY(fixed_key(r));
    TRY(vault_open(&r->cx, r->dir, r->key, &r->vault));
    /* merged into the database in the middle of the run, too, and not only when it is closed */
    TRY(vault_execute(&r->cx, r->vault, "PRAGMA wal_autocheckpoint=6"));
    for (int n = 0; n < ADDS; n++) {
        TRY(vault_begin(&r->cx, r->vault));
        TRY(vault_end(&r->cx, r->vault, add_pair(r, n)));
        ack(n + 1);
    }
out:
    return status;
}

static enum status place(struct run *r, int n)
{
    enum status status = STATUS_OK;
    const char *path = NULL;
    uint8_t *fill = NULL;
    TRY(path_join(&r->cx, &r->path, r->dir, "file", &path));
    buf_clear(&r->data);
    TRY(buf_extend(&r->cx, &r->data, FILE_BYTES, &fill));
    memset(fill, n, FILE_BYTES);
    TRY(file_write(&r->cx, path, buf_view(&r->data), true));
out:
    return status;
}

static enum status run_place(struct run *r)
{
    return place(r, 0);
}

static enum status run_replace(struct run *r)
{
    enum status status = STATUS_OK;
    for (int n = 1; n <= REPLACES; n++) {
        TRY(place(r, n));
        ack(n);
    }
out:
    return status;
}

/* Files that must not be there before, as on a stick. */
static enum status run_fresh(struct run *r)
{
    enum status status = STATUS_OK;
    for (int n = 1; n <= REPLACES; n++) {
        char name[16];
        const char *path = NULL;
        uint8_t *fill = NULL;
        (void)snprintf(name, sizeof(name), "fresh.%d", n);
        TRY(path_join(&r->cx, &r->path, r->dir, name, &path));
        buf_clear(&r->data);
        TRY(buf_extend(&r->cx, &r->data, FILE_BYTES, &fill));
        memset(fill, n, FILE_BYTES);
        TRY(file_write(&r->cx, path, buf_view(&r->data), false));
        ack(n);
    }
out:
    return status;
}

static enum status read_header(struct run *r, const char **ret_path)
{
    enum status status = STATUS_OK;
    TRY(path_join(&r->cx, &r->path, r->dir, "header", ret_path));
    TRY(file_read(&r->cx, *ret_path, 65536, &r->data));
out:
    return status;
}

static enum status run_protect(struct run *r)
{
    enum status status = STATUS_OK;
    const char *path = NULL;
    TRY(path_join(&r->cx, &r->path, r->dir, "header", &path));
    TRY(header_create(&r->cx, BYTES("old", 3), kdf_cost_floor(), &r->data, &r->key));
    TRY(file_write(&r->cx, path, buf_view(&r->data), false));
out:
    return status;
}

static enum status run_passphrase(struct run *r)
{
    enum status status = STATUS_OK;
    const char *path = NULL;
    struct buf changed;
    buf_init(&changed, 65536);
    TRY(read_header(r, &path));
    TRY(header_open(&r->cx, buf_view(&r->data), BYTES("old", 3), &r->key));
    TRY(header_change(&r->cx, buf_view(&r->data), r->key, BYTES("new", 3), kdf_cost_floor(),
                      &changed));
    TRY(file_write(&r->cx, path, buf_view(&changed), true));
    ack(1);
out:
    buf_finish(&changed);
    return status;
}

/* ---- verify: `acked` changes were promised ---- */

/* 1 when the row is there whole, 0 when it is not there; anything else is a fault. */
static enum status row_there(struct run *r, int n, int half, int *ret)
{
    enum status status = STATUS_OK;
    char name[32];
    struct stmt *s = NULL;
    bool row = false;
    TRY(stmt_use(&r->cx, r->vault, STMT_META_GET, &s));
    (void)snprintf(name, sizeof(name), "%d.%d", n, half);
    stmt_bind_text(s, 1, text_of(name));
    TRY(stmt_step(&r->cx, s, &row));
    if (row) {
        bytes value = stmt_bytes(s, 0);
        size_t wanted = n % 4 == 3 ? BIG_BYTES : 100;
        if (value.len != wanted || value.ptr[0] != n || value.ptr[wanted - 1] != n) {
            FAIL(&r->cx, STATUS_INTEGRITY, "row %s is not what was written", name);
        }
    }
    *ret = row ? 1 : 0;
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status verify_vault(struct run *r, int acked)
{
    enum status status = STATUS_OK;
    TRY(fixed_key(r));
    TRY(vault_open(&r->cx, r->dir, r->key, &r->vault));
    TRY(vault_check(&r->cx, r->vault));
    for (int n = 0; n < ADDS; n++) {
        int first = 0;
        int second = 0;
        TRY(row_there(r, n, 0, &first));
        TRY(row_there(r, n, 1, &second));
        if (first != second || (n < acked && first == 0)) {
            FAIL(&r->cx, STATUS_INTEGRITY, "pair %d of %d promised: %d and %d", n + 1, acked, first,
                 second);
        }
    }
out:
    return status;
}

static enum status verify_make(struct run *r, int acked)
{
    enum status status = STATUS_OK;
    TRY(fixed_key(r));
    status = vault_open(&r->cx, r->dir, r->key, &r->vault);
    if (status == STATUS_NO_VAULT && acked == 0) {
        fault_clear(&r->cx);
        status = vault_create(&r->cx, r->dir, r->key, &r->vault); /* another try works */
    }
    if (status != STATUS_OK) {
        goto out;
    }
    TRY(vault_check(&r->cx, r->vault));
out:
    return status;
}

static enum status verify_file(struct run *r, int acked)
{
    enum status status = STATUS_OK;
    const char *path = NULL;
    TRY(path_join(&r->cx, &r->path, r->dir, "file", &path));
    TRY(file_read(&r->cx, path, 2 * FILE_BYTES, &r->data));
    if (r->data.len != FILE_BYTES || r->data.ptr[0] < acked) {
        FAIL(&r->cx, STATUS_INTEGRITY, "the file is not the one that was promised");
    }
    for (size_t i = 0; i < FILE_BYTES; i++) {
        if (r->data.ptr[i] != r->data.ptr[0]) {
            FAIL(&r->cx, STATUS_INTEGRITY, "the file is a mixture");
        }
    }
out:
    return status;
}

/* What was not promised is whole, not there, or an empty file that only kept the name. */
static enum status verify_fresh(struct run *r, int acked)
{
    enum status status = STATUS_OK;
    for (int n = 1; n <= REPLACES; n++) {
        char name[16];
        const char *path = NULL;
        (void)snprintf(name, sizeof(name), "fresh.%d", n);
        TRY(path_join(&r->cx, &r->path, r->dir, name, &path));
        buf_clear(&r->data);
        if (n > acked && !file_exists(path)) {
            continue;
        }
        TRY(file_read(&r->cx, path, 2 * FILE_BYTES, &r->data));
        if (n > acked && r->data.len == 0) {
            continue;
        }
        if (r->data.len != FILE_BYTES || r->data.ptr[0] != n || r->data.ptr[FILE_BYTES - 1] != n) {
            FAIL(&r->cx, STATUS_INTEGRITY, "file %d of %d promised is not whole", n, acked);
        }
    }
out:
    return status;
}

static enum status verify_header(struct run *r, int acked)
{
    enum status status = STATUS_OK;
    const char *path = NULL;
    TRY(read_header(r, &path));
    status = header_open(&r->cx, buf_view(&r->data), BYTES("new", 3), &r->key);
    if (status == STATUS_WRONG_PASSPHRASE && acked == 0) {
        fault_clear(&r->cx);
        TRY(header_open(&r->cx, buf_view(&r->data), BYTES("old", 3), &r->key));
    }
out:
    return status;
}

static const struct {
    const char *name;
    enum status (*run)(struct run *r);
    enum status (*verify)(struct run *r, int acked);
} flows[] = {
    {"make", run_make, verify_make},
    {"add", run_add, verify_vault},
    {"place", run_place, NULL},
    {"replace", run_replace, verify_file},
    {"fresh", run_fresh, verify_fresh},
    {"protect", run_protect, NULL},
    {"passphrase", run_passphrase, verify_header},
};

int main(int argc, char **argv)
{
    struct run r = {0};
    enum status status = STATUS_USAGE;
    ctx_init(&r.cx, system_real());
    buf_init(&r.path, PATH_BYTES_MAX);
    buf_init(&r.data, 1 << 20);
    r.dir = argc >= 3 ? argv[2] : ".";
    for (size_t i = 0; argc >= 3 && i < sizeof(flows) / sizeof(flows[0]); i++) {
        if (strcmp(argv[1], flows[i].name) == 0) {
            status =
                argc == 4 ? flows[i].verify(&r, (int)strtol(argv[3], NULL, 10)) : flows[i].run(&r);
        }
    }
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", status_name(status), r.cx.fault.what);
    }
    vault_close(&r.vault);
    secret_free(&r.key);
    buf_finish(&r.path);
    buf_finish(&r.data);
    return status == STATUS_OK ? 0 : 1;
}
