/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Epoch keys sealed to one device [F-61]..[F-64]: one ephemeral X25519 pair serves a whole EPOCH
 * operation, so a recipient costs 48 bytes (80 with a transport secret) instead of a box each.
 *
 * And the key of the epoch before under the key of the next one [F-65], so that who reads an epoch
 * reads what was before it.
 *
 * The nonce is all zero. That is safe because the key is used once: it is a hash over the exchange,
 * both public keys, the pairing secret and the context, and one such tuple seals one payload; the
 * door says so to its callers.
 */
#include "sealed-int.h"

#include <sodium.h>
#include <string.h>

enum { MAC = 16, PAYLOAD_SHORT = 32, PAYLOAD_LONG = 64 };

static const uint8_t ZERO_NONCE[24];

/* [F-63] */
static void seal_key(const uint8_t dh[static 32], const uint8_t eph_pk[static 32],
                     const uint8_t box_pk[static 32], const struct key *psk, bytes context,
                     struct key *ret)
{
    uint8_t fixed[128];
    struct id hash;

    memcpy(fixed, dh, 32);
    memcpy(fixed + 32, eph_pk, 32);
    memcpy(fixed + 64, box_pk, 32);
    memcpy(fixed + 96, psk->b, 32);
    hash_domain("valise/key-seal", BYTES_OF(fixed), context, &hash);
    memcpy(ret->b, hash.b, 32);
    wipe(&hash, sizeof hash);
    wipe(fixed, sizeof fixed);
}

enum status key_seal(struct ctx *cx, const uint8_t eph_sk[static 32],
                     const uint8_t eph_pk[static 32], const uint8_t box_pk[static 32],
                     const struct key *psk, bytes context, bytes payload, struct buf *out)
{
    enum status status = STATUS_OK;
    struct key key = {{0}};
    uint8_t dh[32];
    uint8_t *at = NULL;

    if (payload.len != PAYLOAD_SHORT && payload.len != PAYLOAD_LONG) {
        FAIL(cx, STATUS_LIMIT, "key seal: [F-62] a payload is 32 or 64 bytes");
    }
    if (!box_key_valid(box_pk) || crypto_scalarmult_curve25519(dh, eph_sk, box_pk) != 0) {
        FAIL(cx, STATUS_MALFORMED, "key seal: [F-16] the device's box key is not valid");
    }
    TRY(buf_extend(cx, out, payload.len + MAC, &at));
    seal_key(dh, eph_pk, box_pk, psk, context, &key);
    crypto_aead_xchacha20poly1305_ietf_encrypt(at, NULL, payload.ptr, payload.len, NULL, 0, NULL,
                                               ZERO_NONCE, key.b);
out:
    wipe(dh, sizeof dh);
    key_wipe(&key);
    return status;
}

enum status key_unseal(struct ctx *cx, const uint8_t box_sk[static 32],
                       const uint8_t box_pk[static 32], const uint8_t eph_pk[static 32],
                       const struct key *psk, bytes context, bytes sealed, struct buf *ret_payload)
{
    enum status status = STATUS_OK;
    size_t start = ret_payload->len;
    struct key key = {{0}};
    uint8_t dh[32];
    uint8_t *at = NULL;

    if (sealed.len != PAYLOAD_SHORT + MAC && sealed.len != PAYLOAD_LONG + MAC) {
        FAIL(cx, STATUS_MALFORMED, "key seal: [F-62] neither 48 nor 80 bytes");
    }
    if (!box_key_valid(eph_pk) || crypto_scalarmult_curve25519(dh, box_sk, eph_pk) != 0) {
        FAIL(cx, STATUS_MALFORMED, "key seal: [F-16] the ephemeral key is not valid");
    }
    TRY(buf_extend(cx, ret_payload, sealed.len - MAC, &at));
    seal_key(dh, eph_pk, box_pk, psk, context, &key);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(at, NULL, NULL, sealed.ptr, sealed.len, NULL, 0,
                                                   ZERO_NONCE, key.b) != 0) {
        FAIL(cx, STATUS_FORGED, "key seal: [F-64] does not open with these keys and this context");
    }
out:
    if (status != STATUS_OK) {
        ret_payload->len = start;
    }
    wipe(dh, sizeof dh);
    key_wipe(&key);
    return status;
}

/* [F-65] */
static void link_key(const struct key *k, const struct id *team, const struct id *epoch,
                     const struct id *parent, struct key *ret)
{
    uint8_t context[96];

    memcpy(context, team->b, 32);
    memcpy(context + 32, epoch->b, 32);
    memcpy(context + 64, parent->b, 32);
    key_derive(k, "valise/back", BYTES_OF(context), ret);
}

void key_link(const struct key *k, const struct id *team, const struct id *epoch,
              const struct id *parent, const struct key *parent_key,
              uint8_t ret[static KEY_LINK_BYTES])
{
    struct key key;

    link_key(k, team, epoch, parent, &key);
    crypto_aead_xchacha20poly1305_ietf_encrypt(ret, NULL, parent_key->b, sizeof parent_key->b, NULL,
                                               0, NULL, ZERO_NONCE, key.b);
    key_wipe(&key);
}

bool key_link_open(const struct key *k, const struct id *team, const struct id *epoch,
                   const struct id *parent, const uint8_t sealed[static KEY_LINK_BYTES],
                   struct key *ret)
{
    struct key key;

    link_key(k, team, epoch, parent, &key);
    bool good = crypto_aead_xchacha20poly1305_ietf_decrypt(
                    ret->b, NULL, NULL, sealed, KEY_LINK_BYTES, NULL, 0, ZERO_NONCE, key.b) == 0;
    key_wipe(&key);
    return good;
}
