/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One passphrase, one form: the same letters typed on two keyboards may reach us composed or
 * decomposed, so they are brought to NFC before they are stretched. Never outside locked memory.
 */
#include <sodium.h>
#include <string.h>
#include <utf8proc.h>

#include "keys-int.h"

/* Composes in place; the wide buffer is sodium's own guarded and locked memory, because it may be
 * larger than a secret can be. */
static enum status compose(struct ctx *cx, bytes typed, struct secret **ret)
{
    enum status status = STATUS_OK;
    const utf8proc_option_t form = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    utf8proc_int32_t *wide = NULL;
    utf8proc_ssize_t count =
        utf8proc_decompose(typed.ptr, (utf8proc_ssize_t)typed.len, NULL, 0, form);
    if (count < 0) {
        FAIL(cx, STATUS_USAGE, "the passphrase cannot be read: %s", utf8proc_errmsg(count));
    }
    MUST(sodium_init() >= 0); /* its own memory needs it; nothing happens the second time */
    /* one more for the NUL that utf8proc appends */
    wide = sodium_malloc(((size_t)count + 1) * sizeof(*wide));
    if (wide == NULL) {
        FAIL(cx, STATUS_NO_MEMORY, "no locked memory for the passphrase");
    }
    MUST(utf8proc_decompose(typed.ptr, (utf8proc_ssize_t)typed.len, wide, count, form) == count);
    utf8proc_ssize_t len = utf8proc_reencode(wide, count, form);
    MUST(len >= 0);
    TRY(secret_copy(cx, BYTES(wide, (size_t)len), ret));
out:
    sodium_free(wide);
    return status;
}

enum status passphrase_normal(struct ctx *cx, bytes typed, struct secret **ret)
{
    enum status status = STATUS_OK;
    bool ascii = true;
    if (typed.len < 1 || typed.len > PASSPHRASE_BYTES_MAX) {
        FAIL(cx, STATUS_USAGE, "a passphrase has 1 to %d bytes", PASSPHRASE_BYTES_MAX);
    }
    for (size_t i = 0; i < typed.len; i++) {
        ascii = ascii && typed.ptr[i] < 0x80;
    }
    if (ascii || !utf8_valid(typed)) {
        TRY(secret_copy(cx, typed, ret));
    } else {
        TRY(compose(cx, typed, ret));
    }
out:
    return status;
}
