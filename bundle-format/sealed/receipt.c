/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receipts [F-59]: what a device says to the one whose bundle it took whole. Small enough for one
 * code on a screen. The key follows from the manifest, which only readers of the bundle know, so
 * who films the screen learns nothing; the signature says which device it was.
 */
#include "sealed-int.h"

#include <sodium.h>
#include <string.h>

enum { NONCE = 24, MAC = 16, INSIDE = 32 + SIGNATURE_BYTES };
_Static_assert(RECEIPT_BYTES == NONCE + INSIDE + MAC, "a receipt has one length");
static const char domain[] = "valise/receipt";

static void receipt_key(const struct id *manifest, struct id *ret)
{
    hash_domain("valise/receipt-key", BYTES_OF(manifest->b), BYTES(NULL, 0), ret);
}

enum status receipt_write(struct ctx *cx, const struct id *team, const struct id *manifest,
                          const struct id *device, const uint8_t sign_sk[static 64],
                          struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t inside[INSIDE];
    uint8_t *at = NULL;
    struct id key;

    TRY(buf_extend(cx, out, RECEIPT_BYTES, &at));
    receipt_key(manifest, &key);
    memcpy(inside, device->b, 32);
    statement_sign(domain, team, BYTES_OF(manifest->b), sign_sk, inside + 32);
    cx->system->random(cx->system->self, at, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(at + NONCE, NULL, inside, sizeof inside, NULL, 0,
                                               NULL, at, key.b);
    wipe(&key, sizeof key);
out:
    return status;
}

enum status receipt_open(struct ctx *cx, bytes in, const struct id *manifest, struct receipt *ret)
{
    enum status status = STATUS_OK;
    uint8_t inside[INSIDE];
    struct id key;

    receipt_key(manifest, &key);
    if (in.len != RECEIPT_BYTES) {
        FAIL(cx, STATUS_MALFORMED, "receipt: [F-59] it is not of 136 bytes");
    }
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(inside, NULL, NULL, in.ptr + NONCE, INSIDE + MAC,
                                                   NULL, 0, in.ptr, key.b) != 0) {
        FAIL(cx, STATUS_FORGED, "receipt: [F-59] it is not for this bundle");
    }
    memcpy(ret->device.b, inside, 32);
    memcpy(ret->signature, inside + 32, SIGNATURE_BYTES);
out:
    wipe(&key, sizeof key);
    return status;
}

bool receipt_verify(const struct id *team, const struct id *manifest,
                    const uint8_t sign_pk[static 32], const struct receipt *r)
{
    return statement_verify(domain, team, BYTES_OF(manifest->b), sign_pk, r->signature);
}
