/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold(text): the one form in which texts are searched and sorted: Unicode case folding, then NFKC,
 * without default-ignorable characters. Plain ASCII, the common case, takes no allocation.
 */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "limits.h"
#include "vault-int.h"

/* Longest text that is folded; longer ones are no titles or search words. */
enum { FOLD_BYTES_MAX = 1 << 20 };

static bool is_ascii(text t)
{
    for (size_t i = 0; i < t.len; i++) {
        if ((unsigned char)t.ptr[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static void lower_ascii(char *out, text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = t.ptr[i];
        out[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
}

/* Result is malloc'd; NULL when memory is short or the text is not UTF-8. */
static uint8_t *fold_unicode(text t, size_t *ret_len)
{
    uint8_t *folded = NULL;
    utf8proc_ssize_t len = utf8proc_map((const uint8_t *)t.ptr, (utf8proc_ssize_t)t.len, &folded,
                                        UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                                            UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    if (len < 0) {
        return NULL;
    }
    *ret_len = (size_t)len;
    return folded;
}

enum status vault_fold(struct ctx *cx, text t, struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t *folded = NULL;
    size_t len = 0;
    if (t.len > FOLD_BYTES_MAX) {
        FAIL(cx, STATUS_LIMIT, "a text of %zu bytes is too long to search", t.len);
    }
    if (is_ascii(t)) {
        uint8_t *to = NULL;
        TRY(buf_extend(cx, out, t.len, &to));
        lower_ascii((char *)to, t);
        goto out;
    }
    folded = fold_unicode(t, &len);
    if (folded == NULL) {
        FAIL(cx, STATUS_NO_MEMORY, "no memory to fold a text of %zu bytes", t.len);
    }
    TRY(buf_add(cx, out, BYTES(folded, len)));
out:
    free(folded);
    return status;
}

static void fold_sql(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    if (sqlite3_value_type(values[0]) != SQLITE_TEXT) {
        sqlite3_result_value(context, values[0]);
        return;
    }
    text t = {.ptr = (const char *)sqlite3_value_text(values[0])};
    t.len = (size_t)sqlite3_value_bytes(values[0]);
    if (t.ptr == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    if (t.len > FOLD_BYTES_MAX) {
        sqlite3_result_error_toobig(context);
        return;
    }
    if (is_ascii(t)) {
        char *copy = sqlite3_malloc((int)t.len + 1);
        if (copy == NULL) {
            sqlite3_result_error_nomem(context);
            return;
        }
        lower_ascii(copy, t);
        sqlite3_result_text(context, copy, (int)t.len, sqlite3_free);
        return;
    }
    size_t len = 0;
    uint8_t *folded = fold_unicode(t, &len);
    if (folded == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    sqlite3_result_text(context, (const char *)folded, (int)len, free);
}

enum status fold_register(struct ctx *cx, struct vault *v)
{
    int rc = sqlite3_create_function(v->db, "fold", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                     fold_sql, NULL, NULL);
    return rc == SQLITE_OK ? STATUS_OK : engine_fault(cx, v, rc, "register fold()");
}
