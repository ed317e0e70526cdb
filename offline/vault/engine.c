/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pinned opener. SQLCipher 3.4.1 and 4.6.1 must open each other's files, a plain SQLite must
 * never be mistaken for SQLCipher, and a mistake here writes everything in clear without an error:
 * so the order of these steps is part of the format (docs/architecture.md, "One SQLite").
 *
 * One connection, in exclusive mode: two writers on a WAL file can damage it in every SQLite before
 * 3.51.3 (the process-wide lock on DIR/lock keeps the second process out before that).
 */
#include <string.h>

#include "guard.h"
#include "vault-int.h"

enum { VAULT_KEY_BYTES = 32, KEY_TEXT_BYTES = 2 + 2 * VAULT_KEY_BYTES + 1, FILE_MAGIC_BYTES = 16 };

static const char plain_magic[FILE_MAGIC_BYTES] = "SQLite format 3";

/* In this order: compatibility resets the page size, locking comes before the journal so that no
 * shared-memory file is made. The first two mean nothing to 3.4.1, whose own way they name. */
static const char *const opening[] = {
    "PRAGMA cipher_log_level=NONE", "PRAGMA cipher_compatibility=3",
    "PRAGMA cipher_page_size=4096", "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA temp_store=MEMORY",     "PRAGMA cache_size=-65536",
    "PRAGMA synchronous=FULL",      "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
};

enum status engine_query(struct ctx *cx, struct vault *v, const char *sql, struct buf *ret)
{
    enum status status = STATUS_OK;
    struct stmt s = {0};
    bool row = false;
    bool first = true;
    TRY(stmt_compile(cx, v, sql, sql, &s));
    do {
        TRY(stmt_step(cx, &s, &row));
        if (row && first && ret != NULL) {
            TRY(buf_add_text(cx, ret, stmt_text(&s, 0)));
        }
        first = false;
    } while (row);
out:
    sqlite3_finalize(s.handle);
    return status;
}

enum status engine_query_int(struct ctx *cx, struct vault *v, const char *sql, int64_t *ret)
{
    enum status status = STATUS_OK;
    struct buf value;
    int64_t number = 0;
    buf_init(&value, 32);
    TRY(engine_query(cx, v, sql, &value));
    if (!parse_i64(buf_text(&value), INT64_MIN, INT64_MAX, &number)) {
        FAIL(cx, STATUS_BUG, "%s: gave no number", sql);
    }
    *ret = number;
out:
    buf_finish(&value);
    return status;
}

/* x'<64 hex digits>': anything but exactly this the engine takes for a passphrase. */
static enum status engine_key(struct ctx *cx, struct vault *v, const struct secret *key)
{
    static const char digits[] = "0123456789abcdef";
    enum status status = STATUS_OK;
    struct secret *sql = NULL;
    bytes raw = secret_view(key);
    MUST(raw.len == VAULT_KEY_BYTES);
    TRY(secret_new(cx, KEY_TEXT_BYTES, &sql));
    char *out = (char *)secret_ptr(sql);
    *out++ = 'x';
    *out++ = '\'';
    for (size_t i = 0; i < raw.len; i++) {
        *out++ = digits[raw.ptr[i] >> 4];
        *out++ = digits[raw.ptr[i] & 15];
    }
    *out = '\'';
    int rc = sqlite3_key(v->db, secret_ptr(sql), KEY_TEXT_BYTES);
    if (rc != SQLITE_OK) {
        status = engine_fault(cx, v, rc, "take the key");
    }
out:
    secret_free(&sql);
    return status;
}

/* A plain SQLite takes PRAGMA key without a word; only SQLCipher knows its own version. */
static enum status engine_name(struct ctx *cx, struct vault *v)
{
    enum status status = STATUS_OK;
    struct buf version;
    const char *cipher = NULL;
    buf_init(&version, 32);
    TRY(engine_query(cx, v, "PRAGMA cipher_version", &version));
    if (version.len == 0) {
        FAIL(cx, STATUS_UNSAFE, "this build has no SQLCipher: the vault would not be encrypted");
    }
    TRY(buf_cstr(cx, &version, &cipher));
    char *end = strchr(cipher, ' '); /* 4.x says "4.6.1 community" */
    int len = end != NULL ? (int)(end - cipher) : (int)version.len;
    (void)sqlite3_snprintf(sizeof(v->engine), v->engine, "SQLCipher %.*s, SQLite %s", len, cipher,
                           sqlite3_libversion());
out:
    buf_finish(&version);
    return status;
}

enum status engine_refuse_plain(struct ctx *cx, const char *path)
{
    enum status status = STATUS_OK;
    struct buf start;
    buf_init(&start, FILE_MAGIC_BYTES);
    TRY(file_read_start(cx, path, FILE_MAGIC_BYTES, &start));
    if (bytes_equal(buf_view(&start), BYTES_OF(plain_magic))) {
        FAIL(cx, STATUS_UNSAFE, "'%s' is not encrypted", path);
    }
out:
    buf_finish(&start);
    return status;
}

/* Reads the first page for the first time: only a right key makes sense of it. */
static enum status engine_unlock(struct ctx *cx, struct vault *v)
{
    enum status status = STATUS_OK;
    int rc = sqlite3_exec(v->db, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
    if (rc == SQLITE_NOTADB) {
        status = fault_set(cx, STATUS_INTEGRITY, __FILE__, __LINE__,
                           "the vault's key does not open its database: it is damaged or was "
                           "replaced");
        (void)fault_hint(cx, "restore the vault's folder as a whole from a backup");
    } else if (rc != SQLITE_OK) {
        status = engine_fault(cx, v, rc, "open the vault");
    }
    return status;
}

enum status engine_connect(struct ctx *cx, struct vault *v, const char *path,
                           const struct secret *key, bool create)
{
    enum status status = STATUS_OK;
    struct buf mode;
    buf_init(&mode, 16);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
    if (!create) {
        TRY(engine_refuse_plain(cx, path));
    }
    int rc = sqlite3_open_v2(path, &v->db, flags, NULL);
    if (rc != SQLITE_OK) {
        status = engine_fault(cx, v, rc, "open the vault");
        goto out;
    }
    (void)sqlite3_extended_result_codes(v->db, 1);
    TRY(engine_key(cx, v, key));
    for (size_t i = 0; i < sizeof(opening) / sizeof(opening[0]); i++) {
        TRY(engine_query(cx, v, opening[i], NULL));
    }
    TRY(engine_name(cx, v));
    if (create) { /* takes effect only before anything is written */
        TRY(engine_query(cx, v, "PRAGMA auto_vacuum=INCREMENTAL", NULL));
    }
    TRY(engine_unlock(cx, v));
    if (!create) { /* a new file is moved when it is whole: it may have no log beside it */
        TRY(engine_query(cx, v, "PRAGMA journal_mode=WAL", &mode));
        if (!text_equal(buf_text(&mode), TEXT("wal"))) {
            FAIL(cx, STATUS_UNSAFE, "the vault's disk allows no write-ahead log");
        }
    }
    (void)sqlite3_limit(v->db, SQLITE_LIMIT_ATTACHED, 0);
    TRY(fold_register(cx, v));
out:
    buf_finish(&mode);
    return status;
}
