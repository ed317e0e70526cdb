/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key pairs: the two of a device, and a member's root, which exists on paper only and signs nothing
 * but "this device is mine". Randomness comes from the context, so that tests can replay.
 */
#include <sodium.h>
#include <string.h>

#include "keys-int.h"

static enum status random_secret(struct ctx *cx, size_t len, struct secret **ret)
{
    enum status status = STATUS_OK;
    struct secret *s = NULL;
    TRY(secret_new(cx, len, &s));
    cx->system->random(cx->system->self, secret_ptr(s), len);
    *ret = s;
out:
    return status;
}

/* The 64-byte signing key of a 32-byte seed. */
static enum status sign_key(struct ctx *cx, const struct secret *seed, uint8_t ret_pk[static 32],
                            struct secret **ret_sk)
{
    enum status status = STATUS_OK;
    struct secret *sk = NULL;
    bytes raw = secret_view(seed);
    MUST(raw.len == crypto_sign_SEEDBYTES);
    TRY(secret_new(cx, crypto_sign_SECRETKEYBYTES, &sk));
    MUST(crypto_sign_seed_keypair(ret_pk, secret_ptr(sk), raw.ptr) == 0);
    *ret_sk = sk;
out:
    return status;
}

enum status device_keys_make(struct ctx *cx, struct device_keys *ret)
{
    enum status status = STATUS_OK;
    struct device_keys keys = {0};
    struct secret *seed = NULL;
    TRY(random_secret(cx, crypto_sign_SEEDBYTES, &seed));
    TRY(sign_key(cx, seed, keys.sign_pk, &keys.sign_sk));
    TRY(random_secret(cx, crypto_scalarmult_SCALARBYTES, &keys.box_sk));
    MUST(crypto_scalarmult_base(keys.box_pk, secret_ptr(keys.box_sk)) == 0);
    *ret = keys;
    keys = (struct device_keys){0};
out:
    secret_free(&seed);
    device_keys_finish(&keys);
    return status;
}

void device_keys_finish(struct device_keys *k)
{
    secret_free(&k->sign_sk);
    secret_free(&k->box_sk);
    *k = (struct device_keys){0};
}

enum status root_public(struct ctx *cx, const struct secret *seed, uint8_t ret[static 32])
{
    enum status status = STATUS_OK;
    struct secret *sk = NULL;
    uint8_t pk[32];
    TRY(sign_key(cx, seed, pk, &sk));
    memcpy(ret, pk, sizeof(pk));
out:
    secret_free(&sk);
    return status;
}

enum status root_key_make(struct ctx *cx, struct secret **ret_seed, uint8_t ret_pk[static 32])
{
    enum status status = STATUS_OK;
    struct secret *seed = NULL;
    TRY(random_secret(cx, SEED_BYTES, &seed));
    TRY(root_public(cx, seed, ret_pk));
    *ret_seed = seed;
    seed = NULL;
out:
    secret_free(&seed);
    return status;
}

enum status root_sign_link(struct ctx *cx, const struct secret *seed,
                           const uint8_t sign_pk[static 32], const uint8_t box_pk[static 32],
                           text device_name, uint8_t ret[static SIGNATURE_BYTES])
{
    enum status status = STATUS_OK;
    struct secret *sk = NULL;
    struct join j = {.device_name = device_name};
    uint8_t root_pk[32];
    memcpy(j.sign_pk, sign_pk, sizeof(j.sign_pk));
    memcpy(j.box_pk, box_pk, sizeof(j.box_pk));
    TRY(sign_key(cx, seed, root_pk, &sk));
    TRY(join_link_sign(cx, &j, secret_ptr(sk)));
    memcpy(ret, j.link_signature, SIGNATURE_BYTES);
out:
    secret_free(&sk);
    return status;
}

enum status root_sign(struct ctx *cx, const struct secret *seed, const char *domain,
                      const struct id *team, bytes body, uint8_t ret[static SIGNATURE_BYTES])
{
    enum status status = STATUS_OK;
    struct secret *sk = NULL;
    uint8_t root_pk[32];
    TRY(sign_key(cx, seed, root_pk, &sk));
    statement_sign(domain, team, body, secret_ptr(sk), ret);
out:
    secret_free(&sk);
    return status;
}
