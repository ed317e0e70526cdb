/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oracle: no header but our own gets past its MAC, whatever is in it, and nothing is paid for key
 * stretching before that. Each input is tried as it is and with a check that fits, so that the
 * mutations reach the parts behind it.
 */
#include <string.h>

#include "keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void try_one(struct ctx *cx, bytes header, const struct secret *key)
{
    struct buf out;
    buf_init(&out, 8192);
    enum status status = header_change(cx, header, key, BYTES("new", 3), kdf_cost_floor(), &out);
    MUST(status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED || status == STATUS_LIMIT ||
         status == STATUS_INTEGRITY);
    MUST(status == cx->fault.status && out.len == 0);
    fault_clear(cx);
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx cx;
    struct buf mended;
    struct secret *key = NULL;
    struct id hash;
    ctx_init(&cx, system_real());
    MUST(secret_new(&cx, 32, &key) == STATUS_OK);
    memset(secret_ptr(key), 0x5a, 32);
    try_one(&cx, BYTES(data, len), key);

    buf_init(&mended, len + 17);
    hash_domain("valise/header-check", BYTES(data, len), BYTES(NULL, 0), &hash);
    MUST(buf_add(&cx, &mended, BYTES(data, len)) == STATUS_OK);
    MUST(buf_add_byte(&cx, &mended, 0x50) == STATUS_OK); /* byte string of 16 */
    MUST(buf_add(&cx, &mended, BYTES(hash.b, 16)) == STATUS_OK);
    try_one(&cx, buf_view(&mended), key);
    buf_finish(&mended);
    secret_free(&key);
    return 0;
}
