/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves that a vault made by an earlier build opens in this one: the committed vault (made with
 * SQLCipher 3.4.1) is copied, opened with its passphrase, checked, changed, and opened again.
 * `test_golden make DIR` makes such a vault; see README.md beside this file.
 */
#include "check.h"

#include <string.h>

#include "guard.h"
#include "keys.h"
#include "scratch.h"
#include "vault.h"

static const char passphrase[] = "golden na\xc3\xafve vault";
enum { ROWS = 300 };

static void row_of(int n, char name[static 32], char value[static 256])
{
    int len = snprintf(name, 32, "golden.%d", n);
    memset(value, 'a' + n % 26, 200);
    snprintf(value + 200, 56, "%.*s", len, name);
}

static enum status fill(struct ctx *cx, struct vault *v)
{
    enum status status = STATUS_OK;
    for (int n = 0; n < ROWS; n++) {
        char name[32];
        char value[256];
        struct stmt *s = NULL;
        row_of(n, name, value);
        TRY(stmt_use(cx, v, STMT_META_PUT, &s));
        stmt_bind_text(s, 1, text_of(name));
        stmt_bind_text(s, 2, text_of(value));
        TRY(stmt_run(cx, s));
    }
out:
    return status;
}

static enum status make(struct ctx *cx, const char *dir)
{
    enum status status = STATUS_OK;
    struct buf header;
    struct secret *key = NULL;
    struct vault *v = NULL;
    buf_init(&header, 4096);
    TRY(header_create(cx, BYTES(passphrase, strlen(passphrase)), kdf_cost_floor(), &header, &key));
    TRY(vault_create(cx, dir, key, &v));
    TRY(file_write(cx, scratch_path(dir, "header"), buf_view(&header), false));
    TRY(vault_begin(cx, v));
    TRY(vault_end(cx, v, fill(cx, v)));
out:
    vault_close(&v);
    secret_free(&key);
    buf_finish(&header);
    return status;
}

static void copy(const char *name, const char *to)
{
    size_t len = 0;
    uint8_t *content = scratch_load(scratch_path(TESTS_DIR "/golden/vault", name), &len);
    assert_non_null(content);
    scratch_store(scratch_path(to, name), content, len);
    free(content);
}

static void golden_vault_opens(void **state)
{
    (void)state;
    struct ctx cx;
    struct buf header;
    struct secret *key = NULL;
    char dir[SCRATCH_PATH];
    ctx_init(&cx, system_real());
    buf_init(&header, 4096);
    scratch_make(dir);
    copy("header", dir);
    copy("vault.db", dir);
    check_ok(&cx, file_read(&cx, scratch_path(dir, "header"), 4096, &header));
    check_status(&cx, STATUS_WRONG_PASSPHRASE,
                 header_open(&cx, buf_view(&header), BYTES("golden", 6), &key));
    check_ok(&cx, header_open(&cx, buf_view(&header), BYTES(passphrase, strlen(passphrase)), &key));
    for (int round = 0; round < 2; round++) {
        struct vault *v = NULL;
        check_ok(&cx, vault_open(&cx, dir, key, &v));
        check_ok(&cx, vault_check(&cx, v));
        for (int n = 0; n < ROWS; n++) {
            char name[32];
            char value[256];
            struct stmt *s = NULL;
            bool row = false;
            row_of(n, name, value);
            check_ok(&cx, stmt_use(&cx, v, STMT_META_GET, &s));
            stmt_bind_text(s, 1, text_of(name));
            check_ok(&cx, stmt_step(&cx, s, &row));
            assert_true(row);
            check_bytes(stmt_bytes(s, 0), BYTES(value, strlen(value)));
        }
        check_ok(&cx, vault_begin(&cx, v)); /* and takes changes */
        check_ok(&cx, vault_end(&cx, v, fill(&cx, v)));
        print_message("opened by %s\n", vault_engine(v));
        vault_close(&v);
    }
    secret_free(&key);
    buf_finish(&header);
    scratch_remove(dir);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "make") == 0) {
        struct ctx cx;
        ctx_init(&cx, system_real());
        enum status status = make(&cx, argv[2]);
        if (status != STATUS_OK) {
            fprintf(stderr, "test_golden: %s\n", cx.fault.what);
        }
        return status == STATUS_OK ? 0 : 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden_vault_opens)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
