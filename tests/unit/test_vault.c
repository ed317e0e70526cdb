/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what vault.h promises: nothing in clear on disk, wrong or plain or newer files refused,
 * one holder, transactions that are whole after a kill, a person's condition that reaches nothing
 * else, and that every statement of the program prepares on the schema.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "scratch.h"
#include "vault.h"

static const char marker[] = "a word nobody may read on the disk";

struct fixture {
    char root[SCRATCH_PATH];
    char dir[SCRATCH_PATH + 16];
    struct ctx cx;
    struct secret *key;
    struct vault *vault;
};

static void ok(struct fixture *f, enum status status)
{
    if (status != STATUS_OK) {
        print_error("%s: %s\n", status_name(status), f->cx.fault.what);
    }
    assert_int_equal(status, STATUS_OK);
}

static void refused(struct fixture *f, enum status status, enum status wanted)
{
    if (status != wanted) {
        print_error("%s: %s\n", status_name(status), f->cx.fault.what);
    }
    assert_int_equal(status, wanted);
    assert_int_equal(f->cx.fault.status, wanted);
    assert_string_not_equal(f->cx.fault.what, "");
    fault_clear(&f->cx);
}

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    ctx_init(&f->cx, system_real());
    scratch_make(f->root);
    snprintf(f->dir, sizeof(f->dir), "%s/vault", f->root);
    ok(f, secret_new(&f->cx, 32, &f->key));
    for (size_t i = 0; i < 32; i++) {
        secret_ptr(f->key)[i] = (uint8_t)(0xa0 + i);
    }
    ok(f, vault_create(&f->cx, f->dir, f->key, &f->vault));
    *state = f;
    return 0;
}

static int finish(void **state)
{
    struct fixture *f = *state;
    vault_close(&f->vault);
    secret_free(&f->key);
    scratch_remove(f->root);
    free(f);
    return 0;
}

static void reopen(struct fixture *f)
{
    vault_close(&f->vault);
    ok(f, vault_open(&f->cx, f->dir, f->key, &f->vault));
}

static enum status put(struct fixture *f, const char *name, const char *value)
{
    struct stmt *s = NULL;
    enum status status = stmt_use(&f->cx, f->vault, STMT_META_PUT, &s);
    if (status != STATUS_OK) {
        return status;
    }
    stmt_bind_text(s, 1, text_of(name));
    stmt_bind_text(s, 2, text_of(value));
    return stmt_run(&f->cx, s);
}

static bool has(struct fixture *f, const char *name, const char *value)
{
    struct stmt *s = NULL;
    bool row = false;
    ok(f, stmt_use(&f->cx, f->vault, STMT_META_GET, &s));
    stmt_bind_text(s, 1, text_of(name));
    ok(f, stmt_step(&f->cx, s, &row));
    bool same = row && text_equal(stmt_text(s, 0), text_of(value));
    stmt_reset(s);
    return same;
}

static void every_statement_prepares(void **state)
{
    struct fixture *f = *state;
    for (int id = 0; id < STMT_COUNT; id++) {
        struct stmt *s = NULL;
        ok(f, stmt_use(&f->cx, f->vault, (enum stmt_id)id, &s));
    }
}

static void data_survives_close(void **state)
{
    struct fixture *f = *state;
    ok(f, put(f, "one", marker));
    reopen(f);
    assert_true(has(f, "one", marker));
    assert_true(strncmp(vault_engine(f->vault), "SQLCipher ", 10) == 0);
    assert_string_equal(vault_dir(f->vault), f->dir);
    ok(f, vault_check(&f->cx, f->vault));
}

static void nothing_is_in_clear(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"vault.db", "vault.db-wal", "lock"};
    char hex[65] = {0};
    bytes key = secret_view(f->key);
    for (size_t i = 0; i < 32; i++) {
        snprintf(hex + 2 * i, 3, "%02x", key.ptr[i]);
    }
    for (int round = 0; round < 2; round++) { /* with the log, then merged into the database */
        ok(f, put(f, "one", marker));
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            const char *path = scratch_path(f->dir, names[i]);
            assert_false(scratch_holds(path, marker, 16));
            assert_false(scratch_holds(path, "CREATE TABLE", 12));
            assert_false(scratch_holds(path, "SQLite format", 13));
            assert_false(scratch_holds(path, key.ptr, 16));
            assert_false(scratch_holds(path, hex, 32));
        }
        struct stat info;
        assert_int_equal(stat(scratch_path(f->dir, "vault.db"), &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
        reopen(f);
    }
    assert_int_not_equal(access(scratch_path(f->dir, "vault.db-shm"), F_OK), 0);
}

static void wrong_key_is_refused(void **state)
{
    struct fixture *f = *state;
    vault_close(&f->vault);
    secret_ptr(f->key)[31] ^= 1;
    refused(f, vault_open(&f->cx, f->dir, f->key, &f->vault), STATUS_INTEGRITY);
    assert_null(f->vault);
    secret_ptr(f->key)[31] ^= 1;
    ok(f, vault_open(&f->cx, f->dir, f->key, &f->vault));
}

static void plain_database_is_refused(void **state)
{
    struct fixture *f = *state;
    char page[4096] = "SQLite format 3";
    vault_close(&f->vault);
    scratch_store(scratch_path(f->dir, "vault.db"), page, sizeof(page));
    refused(f, vault_open(&f->cx, f->dir, f->key, &f->vault), STATUS_UNSAFE);
}

static void link_and_folder_are_refused(void **state)
{
    struct fixture *f = *state;
    const char *db = scratch_path(f->dir, "vault.db");
    const char *moved = scratch_path(f->root, "elsewhere");
    vault_close(&f->vault);
    assert_int_equal(rename(db, moved), 0);
    refused(f, vault_open(&f->cx, f->dir, f->key, &f->vault), STATUS_NO_VAULT);
    assert_int_equal(symlink(moved, db), 0);
    refused(f, vault_open(&f->cx, f->dir, f->key, &f->vault), STATUS_UNSAFE);
    refused(f, vault_create(&f->cx, f->dir, f->key, &f->vault), STATUS_EXISTS);
    assert_int_equal(unlink(db), 0);
    assert_int_equal(mkdir(db, 0700), 0);
    refused(f, vault_open(&f->cx, f->dir, f->key, &f->vault), STATUS_UNSAFE);
}

static void second_holder_is_told_who_has_it(void **state)
{
    struct fixture *f = *state;
    struct vault *second = NULL;
    char pid[32];
    snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
    assert_int_equal(vault_open(&f->cx, f->dir, f->key, &second), STATUS_BUSY);
    assert_non_null(strstr(f->cx.fault.what, pid));
    refused(f, STATUS_BUSY, STATUS_BUSY);
    refused(f, vault_create(&f->cx, f->dir, f->key, &second), STATUS_BUSY);
    assert_null(second);
    ok(f, put(f, "still", "mine"));
}

static void newer_schema_is_left_alone(void **state)
{
    struct fixture *f = *state;
    ok(f, vault_execute(&f->cx, f->vault, "PRAGMA user_version=999"));
    vault_close(&f->vault);
    assert_int_equal(vault_open(&f->cx, f->dir, f->key, &f->vault), STATUS_UNSUPPORTED);
    assert_string_not_equal(f->cx.fault.hint, "");
    refused(f, STATUS_UNSUPPORTED, STATUS_UNSUPPORTED);
}

static void schema_before_the_first_release_is_left_alone(void **state)
{
    struct fixture *f = *state;
    ok(f, vault_execute(&f->cx, f->vault, "PRAGMA user_version=1"));
    vault_close(&f->vault);
    assert_int_equal(vault_open(&f->cx, f->dir, f->key, &f->vault), STATUS_UNSUPPORTED);
    assert_non_null(strstr(f->cx.fault.what, "before the first release"));
    assert_string_not_equal(f->cx.fault.hint, "");
    refused(f, STATUS_UNSUPPORTED, STATUS_UNSUPPORTED);
}

static void wait_for_kill(pid_t child)
{
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
}

static void killed_transaction_leaves_no_trace(void **state)
{
    struct fixture *f = *state;
    vault_close(&f->vault);
    pid_t child = fork();
    if (child == 0) {
        struct ctx cx;
        ctx_init(&cx, system_real());
        if (vault_open(&cx, f->dir, f->key, &f->vault) == STATUS_OK &&
            put(f, "committed", "yes") == STATUS_OK && vault_begin(&cx, f->vault) == STATUS_OK &&
            put(f, "half", "yes") == STATUS_OK) {
            raise(SIGKILL);
        }
        _exit(1);
    }
    wait_for_kill(child);
    ok(f, vault_open(&f->cx, f->dir, f->key, &f->vault));
    assert_true(has(f, "committed", "yes"));
    assert_false(has(f, "half", "yes"));
    ok(f, vault_check(&f->cx, f->vault));
}

static void create_after_a_crash_starts_afresh(void **state)
{
    struct fixture *f = *state;
    vault_close(&f->vault);
    assert_int_equal(
        rename(scratch_path(f->dir, "vault.db"), scratch_path(f->dir, "vault.db.half")), 0);
    scratch_store(scratch_path(f->dir, "vault.db-wal"), "stray", 5);
    ok(f, vault_create(&f->cx, f->dir, f->key, &f->vault));
    assert_int_not_equal(access(scratch_path(f->dir, "vault.db.half"), F_OK), 0);
    ok(f, vault_check(&f->cx, f->vault));
}

static void inner_rollback_dooms_the_whole(void **state)
{
    struct fixture *f = *state;
    ok(f, vault_begin(&f->cx, f->vault));
    ok(f, put(f, "outer", "1"));
    ok(f, vault_begin(&f->cx, f->vault));
    ok(f, put(f, "inner", "1"));
    vault_rollback(f->vault);
    refused(f, put(f, "behind", "1"), STATUS_CANCELLED);
    refused(f, vault_begin(&f->cx, f->vault), STATUS_CANCELLED);
    refused(f, vault_commit(&f->cx, f->vault), STATUS_CANCELLED);
    assert_false(has(f, "outer", "1") || has(f, "inner", "1") || has(f, "behind", "1"));
    refused(f, vault_commit(&f->cx, f->vault), STATUS_BUG);
    vault_rollback(f->vault); /* does no harm */
    ok(f, vault_begin(&f->cx, f->vault));
    ok(f, vault_begin(&f->cx, f->vault));
    ok(f, put(f, "again", "1"));
    ok(f, vault_end(&f->cx, f->vault, STATUS_OK));
    ok(f, vault_end(&f->cx, f->vault, STATUS_OK));
    reopen(f);
    assert_true(has(f, "again", "1"));
    ok(f, vault_begin(&f->cx, f->vault));
    ok(f, put(f, "gone", "1"));
    assert_int_equal(vault_end(&f->cx, f->vault, STATUS_IO), STATUS_IO);
    assert_false(has(f, "gone", "1"));
}

static void full_disk_is_told_and_undone(void **state)
{
    struct fixture *f = *state;
    char big[20000];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    ok(f, vault_execute(&f->cx, f->vault, "PRAGMA max_page_count=1")); /* becomes what there is */
    ok(f, vault_begin(&f->cx, f->vault));
    refused(f, put(f, "big", big), STATUS_FULL);
    vault_rollback(f->vault);
    ok(f, vault_execute(&f->cx, f->vault, "PRAGMA max_page_count=1000000"));
    ok(f, put(f, "big", big));
    ok(f, vault_check(&f->cx, f->vault));
}

static void key_that_is_there_already_is_exists(void **state)
{
    struct fixture *f = *state;
    struct stmt *s = NULL;
    ok(f, put(f, "twice", "1"));
    ok(f, stmt_prepare(&f->cx, f->vault, "INSERT INTO meta (name, value) VALUES (?1, ?2)", &s));
    stmt_bind_text(s, 1, TEXT("twice"));
    stmt_bind_bytes(s, 2, BYTES(NULL, 0));
    refused(f, stmt_run(&f->cx, s), STATUS_EXISTS);
    ok(f, stmt_prepare(&f->cx, f->vault, "INSERT INTO meta (name, value) VALUES (?1, ?2)", &s));
    stmt_bind_text(s, 1, TEXT("other"));
    refused(f, stmt_run(&f->cx, s), STATUS_BUG); /* value is NULL */
    stmt_reset(s);
    stmt_bind_int(s, 3, 1); /* no such parameter */
    refused(f, stmt_run(&f->cx, s), STATUS_BUG);
}

static void values_come_back_as_they_went(void **state)
{
    struct fixture *f = *state;
    struct stmt *s = NULL;
    bool row = false;
    static const uint8_t raw[] = {0, 1, 0xff, 0};
    ok(f, stmt_prepare(&f->cx, f->vault, "SELECT ?1 AS a, ?2, ?3, ?4, 0.5, ?5", &s));
    stmt_bind_int(s, 1, INT64_MIN);
    stmt_bind_bytes(s, 2, BYTES_OF(raw));
    stmt_bind_text(s, 3, (text){.ptr = "a\0b", .len = 3});
    stmt_bind_null(s, 4);
    stmt_bind_bytes(s, 5, BYTES(NULL, 0));
    ok(f, stmt_step(&f->cx, s, &row));
    assert_true(row);
    assert_int_equal(stmt_columns(s), 6);
    assert_string_equal(stmt_column_name(s, 0), "a");
    assert_int_equal(stmt_int(s, 0), INT64_MIN);
    assert_int_equal(stmt_type(s, 0), STMT_TYPE_INT);
    assert_true(bytes_equal(stmt_bytes(s, 1), BYTES_OF(raw)));
    assert_int_equal(stmt_type(s, 1), STMT_TYPE_BYTES);
    assert_int_equal(stmt_text(s, 2).len, 3);
    assert_int_equal(stmt_type(s, 2), STMT_TYPE_TEXT);
    assert_true(stmt_is_null(s, 3));
    assert_int_equal(stmt_type(s, 3), STMT_TYPE_NULL);
    assert_int_equal(stmt_type(s, 4), STMT_TYPE_REAL);
    assert_int_equal(stmt_type(s, 5), STMT_TYPE_BYTES);
    assert_int_equal(stmt_bytes(s, 5).len, 0);
    ok(f, stmt_step(&f->cx, s, &row));
    assert_false(row);
    ok(f, stmt_step(&f->cx, s, &row)); /* stays at the end */
    assert_false(row);
}

static void cache_keeps_what_is_in_use(void **state)
{
    struct fixture *f = *state;
    struct stmt *first = NULL;
    bool row = false;
    ok(f, stmt_prepare(&f->cx, f->vault, "SELECT 1 UNION ALL SELECT 2", &first));
    ok(f, stmt_step(&f->cx, first, &row));
    for (int i = 0; i < 600; i++) {
        char sql[64];
        struct stmt *s = NULL;
        snprintf(sql, sizeof(sql), "SELECT %d", i);
        ok(f, stmt_prepare(&f->cx, f->vault, sql, &s));
        ok(f, stmt_step(&f->cx, s, &row));
        assert_int_equal(stmt_int(s, 0), i);
        stmt_reset(s);
    }
    ok(f, stmt_step(&f->cx, first, &row));
    assert_true(row);
    assert_int_equal(stmt_int(first, 0), 2);
}

static void condition_reaches_one_table_only(void **state)
{
    struct fixture *f = *state;
    static const char *const good[] = {
        "SELECT id FROM t WHERE (n > 3 AND name LIKE 'a%')",
        "SELECT id FROM t WHERE (fold(name) = fold('ÄPFEL') OR length(name) BETWEEN 1 AND 5)",
        "SELECT id FROM t WHERE (n = (SELECT max(n) FROM t)) ORDER BY n LIMIT 5",
    };
    static const char *const bad[] = {
        "SELECT name FROM meta",
        "SELECT id FROM t WHERE (1) UNION SELECT value FROM meta",
        "SELECT id FROM t WHERE (n IN (SELECT value FROM meta))",
        "SELECT id FROM t WHERE (printf('%d', n) = '1')",
        "SELECT id FROM t WHERE (load_extension('x'))",
        "SELECT (WITH c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT x FROM c)",
        "SELECT sql FROM sqlite_master",
        "SELECT id FROM t; DELETE FROM t",
        "SELECT id FROM t WHERE (1); --",
        "SELECT randomblob(100000000) FROM t",
        "SELECT zeroblob(100000000) FROM t",
        "SELECT quote(name) FROM t",
        "EXPLAIN SELECT id FROM t",
        "DELETE FROM t",
        "PRAGMA user_version",
        "ATTACH '/tmp/x' AS x",
        "SELECT id FROM t WHERE (",
        "SELECT ",
        "",
    };
    ok(f, vault_execute(&f->cx, f->vault,
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, name TEXT)"));
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct stmt *s = NULL;
        bool row = false;
        ok(f, stmt_prepare_foreign(&f->cx, f->vault, good[i], "t", &s));
        ok(f, stmt_step(&f->cx, s, &row));
        stmt_free(&s);
        assert_null(s);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct stmt *s = NULL;
        enum status status = stmt_prepare_foreign(&f->cx, f->vault, bad[i], "t", &s);
        if (status == STATUS_OK) {
            print_error("passed: %s\n", bad[i]);
        }
        refused(f, status, STATUS_USAGE);
        assert_null(s);
    }
    ok(f, vault_execute(&f->cx, f->vault, "PRAGMA user_version")); /* ours again */
}

static void runaway_condition_is_ended(void **state)
{
    struct fixture *f = *state;
    struct stmt *s = NULL;
    bool row = false;
    ok(f, vault_execute(&f->cx, f->vault,
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, name TEXT)"));
    ok(f, vault_begin(&f->cx, f->vault));
    for (int i = 0; i < 2000; i++) {
        ok(f, vault_execute(&f->cx, f->vault, "INSERT INTO t (n, name) VALUES (1, 'x')"));
    }
    ok(f, vault_commit(&f->cx, f->vault));
    ok(f, stmt_prepare_foreign(&f->cx, f->vault,
                               "SELECT count(*) FROM t a, t b, t c WHERE a.n + b.n + c.n = 4", "t",
                               &s));
    refused(f, stmt_step(&f->cx, s, &row), STATUS_LIMIT);
    vault_close(&f->vault); /* before its statement is freed */
    stmt_free(&s);
}

static void flipped_bytes_are_found(void **state)
{
    struct fixture *f = *state;
    ok(f, put(f, "one", marker));
    vault_close(&f->vault);
    const char *db = scratch_path(f->dir, "vault.db");
    char path[2 * SCRATCH_PATH];
    snprintf(path, sizeof(path), "%s", db);
    size_t len = 0;
    uint8_t *whole = scratch_load(path, &len);
    assert_true(len >= 8192 && len % 4096 == 0);
    for (size_t page = 0; page < len / 4096; page++) {
        /* salt or data, the IV, the MAC; the last 12 bytes of 3.4.1's trailer are unused */
        static const size_t at[] = {3, 2000, 4096 - 48, 4096 - 20};
        for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
            whole[page * 4096 + at[i]] ^= 0x40;
            scratch_store(path, whole, len);
            whole[page * 4096 + at[i]] ^= 0x40;
            enum status status = vault_open(&f->cx, f->dir, f->key, &f->vault);
            if (status == STATUS_OK) {
                status = vault_check(&f->cx, f->vault);
            }
            refused(f, status, STATUS_INTEGRITY);
            vault_close(&f->vault);
        }
    }
    scratch_store(path, whole, len - 4096);
    enum status status = vault_open(&f->cx, f->dir, f->key, &f->vault);
    if (status == STATUS_OK) {
        status = vault_check(&f->cx, f->vault);
    }
    refused(f, status, STATUS_INTEGRITY);
    free(whole);
}

static void fold_makes_equals_equal(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *in;
        const char *out;
    } cases[] = {
        {"", ""},
        {"Hello WORLD 42", "hello world 42"},
        {"ÄPFEL", "äpfel"},
        {"A\xcc\x88pfel", "äpfel"}, /* A and combining diaeresis */
        {"Straße", "strasse"},
        {"\xef\xac\x81n", "fin"},           /* ligature fi */
        {"\xef\xbc\xa1\xef\xbc\xa2", "ab"}, /* full-width A B */
        {"so\xc2\xad"
         "ft",
         "soft"}, /* soft hyphen */
        {"ΣΑΣ", "σασ"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stmt *s = NULL;
        bool row = false;
        struct buf out;
        buf_init(&out, 1024);
        ok(f, stmt_prepare(&f->cx, f->vault, "SELECT fold(?1), fold(7), fold(NULL)", &s));
        stmt_bind_text(s, 1, text_of(cases[i].in));
        ok(f, stmt_step(&f->cx, s, &row));
        assert_true(text_equal(stmt_text(s, 0), text_of(cases[i].out)));
        assert_int_equal(stmt_int(s, 1), 7);
        assert_true(stmt_is_null(s, 2));
        ok(f, vault_fold(&f->cx, text_of(cases[i].in), &out));
        assert_true(text_equal(buf_text(&out), text_of(cases[i].out)));
        buf_finish(&out);
        stmt_reset(s);
    }
}

#define VAULT_TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VAULT_TEST(every_statement_prepares),
        VAULT_TEST(data_survives_close),
        VAULT_TEST(nothing_is_in_clear),
        VAULT_TEST(wrong_key_is_refused),
        VAULT_TEST(plain_database_is_refused),
        VAULT_TEST(link_and_folder_are_refused),
        VAULT_TEST(second_holder_is_told_who_has_it),
        VAULT_TEST(newer_schema_is_left_alone),
        VAULT_TEST(schema_before_the_first_release_is_left_alone),
        VAULT_TEST(killed_transaction_leaves_no_trace),
        VAULT_TEST(create_after_a_crash_starts_afresh),
        VAULT_TEST(inner_rollback_dooms_the_whole),
        VAULT_TEST(full_disk_is_told_and_undone),
        VAULT_TEST(key_that_is_there_already_is_exists),
        VAULT_TEST(values_come_back_as_they_went),
        VAULT_TEST(cache_keeps_what_is_in_use),
        VAULT_TEST(condition_reaches_one_table_only),
        VAULT_TEST(runaway_condition_is_ended),
        VAULT_TEST(flipped_bytes_are_found),
        VAULT_TEST(fold_makes_equals_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
