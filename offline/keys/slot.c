/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One slot of the key header: the vault key sealed under what a passphrase gives by Argon2id, or
 * under the random key that a set of shares gives. What stands beside it in clear is bound by the
 * seal; the cost of stretching is bounded before it is paid.
 */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "keys-int.h"

enum { SLOT_ITEMS = 6 };

struct kdf_cost kdf_cost_moderate(void)
{
    return (struct kdf_cost){.memory_bytes = 256ULL * MIB, .passes = 3};
}

struct kdf_cost kdf_cost_floor(void)
{
    return (struct kdf_cost){.memory_bytes = KDF_MEMORY_MIN, .passes = 2};
}

const char *kdf_cost_fault(struct kdf_cost cost)
{
    if (cost.memory_bytes < KDF_MEMORY_MIN || cost.passes < 1) {
        return "key stretching below the floor";
    }
    if (cost.memory_bytes > KDF_MEMORY_MAX || cost.passes > KDF_PASSES_MAX ||
        cost.memory_bytes * cost.passes > KDF_WORK_MAX) {
        return "key stretching over the limit";
    }
    if (cost.memory_bytes % 1024 != 0) {
        return "key stretching with a part of a KiB";
    }
    return NULL;
}

/* Everything that is in clear in a slot, so that none of it can be exchanged. */
static enum status slot_context(struct ctx *cx, const struct slot *slot, struct buf *out)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, out);
    wire_put_text(&w, TEXT("valise/slot"));
    if (slot->kind == SLOT_PASSPHRASE) {
        wire_put_uint(&w, HEADER_VERSION);
        wire_put_uint(&w, slot->kind);
        wire_put_uint(&w, slot->cost.memory_bytes);
        wire_put_uint(&w, slot->cost.passes);
        wire_put_bytes(&w, BYTES_OF(slot->salt));
    } else {
        wire_put_uint(&w, HEADER_VERSION_SHARES);
        wire_put_uint(&w, slot->kind);
        wire_put_uint(&w, slot->need);
        wire_put_uint(&w, slot->of);
        wire_put_bytes(&w, BYTES_OF(slot->set));
    }
    return wire_writer_done(&w);
}

static enum status seal(struct ctx *cx, struct slot *slot, const struct secret *key,
                        const struct secret *vault_key)
{
    enum status status = STATUS_OK;
    struct buf context;
    bytes plain = secret_view(vault_key);
    MUST(plain.len == VAULT_KEY_BYTES);
    MUST(secret_view(key).len == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    buf_init(&context, 256);
    TRY(slot_context(cx, slot, &context));
    cx->system->random(cx->system->self, slot->nonce, sizeof(slot->nonce));
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(slot->sealed, NULL, plain.ptr, plain.len,
                                                     context.ptr, context.len, NULL, slot->nonce,
                                                     secret_view(key).ptr);
out:
    buf_finish(&context);
    return status;
}

/* STATUS_WRONG_PASSPHRASE without a fault: another slot may open. */
static enum status unseal(struct ctx *cx, const struct slot *slot, const struct secret *key,
                          struct secret **ret_key)
{
    enum status status = STATUS_OK;
    struct secret *vault_key = NULL;
    struct buf context;
    buf_init(&context, 256);
    TRY(slot_context(cx, slot, &context));
    TRY(secret_new(cx, VAULT_KEY_BYTES, &vault_key));
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(secret_ptr(vault_key), NULL, NULL, slot->sealed,
                                                   sizeof(slot->sealed), context.ptr, context.len,
                                                   slot->nonce, secret_view(key).ptr) != 0) {
        status = STATUS_WRONG_PASSPHRASE;
        goto out;
    }
    *ret_key = vault_key;
    vault_key = NULL;
out:
    secret_free(&vault_key);
    buf_finish(&context);
    return status;
}

static enum status stretch(struct ctx *cx, const struct slot *slot, const struct secret *passphrase,
                           struct secret **ret_key)
{
    enum status status = STATUS_OK;
    struct secret *key = NULL;
    bytes words = secret_view(passphrase);
    MUST(kdf_cost_fault(slot->cost) == NULL);
    TRY(secret_new(cx, crypto_aead_xchacha20poly1305_ietf_KEYBYTES, &key));
    if (crypto_pwhash(secret_ptr(key), crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
                      (const char *)words.ptr, words.len, slot->salt, slot->cost.passes,
                      (size_t)slot->cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        status = fault_set(cx, STATUS_NO_MEMORY, __FILE__, __LINE__,
                           "not enough memory to stretch the passphrase: %llu MiB are needed",
                           (unsigned long long)(slot->cost.memory_bytes / MIB));
        (void)fault_hint(cx, "close other programs and try again");
        goto out;
    }
    *ret_key = key;
    key = NULL;
out:
    secret_free(&key);
    return status;
}

enum status slot_seal(struct ctx *cx, const struct secret *passphrase, struct kdf_cost cost,
                      const struct secret *vault_key, struct slot *ret)
{
    enum status status = STATUS_OK;
    struct slot slot = {.kind = SLOT_PASSPHRASE, .cost = cost};
    struct secret *key = NULL;
    const char *fault = kdf_cost_fault(cost);
    if (fault != NULL) {
        FAIL(cx, STATUS_LIMIT, "%s", fault);
    }
    cx->system->random(cx->system->self, slot.salt, sizeof(slot.salt));
    TRY(stretch(cx, &slot, passphrase, &key));
    TRY(seal(cx, &slot, key, vault_key));
    *ret = slot;
out:
    secret_free(&key);
    return status;
}

enum status slot_open(struct ctx *cx, const struct slot *slot, const struct secret *passphrase,
                      struct secret **ret_key)
{
    enum status status = STATUS_OK;
    struct secret *key = NULL;
    MUST(slot->kind == SLOT_PASSPHRASE);
    TRY(stretch(cx, slot, passphrase, &key));
    TRY(unseal(cx, slot, key, ret_key));
out:
    secret_free(&key);
    return status;
}

enum status slot_seal_shared(struct ctx *cx, const struct key_share *like,
                             const struct secret *shared, const struct secret *vault_key,
                             struct slot *ret)
{
    enum status status = STATUS_OK;
    struct slot slot = {.kind = SLOT_SHARES, .need = like->need, .of = like->of};
    memcpy(slot.set, like->set, sizeof(slot.set));
    TRY(seal(cx, &slot, shared, vault_key));
    *ret = slot;
out:
    return status;
}

enum status slot_open_shared(struct ctx *cx, const struct slot *slot, const struct secret *shared,
                             struct secret **ret_key)
{
    MUST(slot->kind == SLOT_SHARES);
    return unseal(cx, slot, shared, ret_key);
}

void slot_write(struct wire_writer *w, const struct slot *slot)
{
    wire_put_array(w, SLOT_ITEMS);
    wire_put_uint(w, slot->kind);
    if (slot->kind == SLOT_PASSPHRASE) {
        wire_put_uint(w, slot->cost.memory_bytes);
        wire_put_uint(w, slot->cost.passes);
        wire_put_bytes(w, BYTES_OF(slot->salt));
    } else {
        wire_put_uint(w, slot->need);
        wire_put_uint(w, slot->of);
        wire_put_bytes(w, BYTES_OF(slot->set));
    }
    wire_put_bytes(w, BYTES_OF(slot->nonce));
    wire_put_bytes(w, BYTES_OF(slot->sealed));
}

void slot_parse(struct wire_reader *r, struct slot *ret)
{
    struct slot slot = {.kind = SLOT_PASSPHRASE};
    const char *fault = NULL;
    (void)wire_get_array(r, SLOT_ITEMS, SLOT_ITEMS);
    uint64_t kind = wire_get_uint(r, UINT64_MAX);
    if (kind == SLOT_PASSPHRASE) {
        slot.cost.memory_bytes = wire_get_uint(r, UINT64_MAX);
        slot.cost.passes = wire_get_uint(r, UINT64_MAX);
        wire_get_fixed(r, slot.salt, sizeof(slot.salt));
        fault = kdf_cost_fault(slot.cost);
    } else if (kind == SLOT_SHARES) {
        slot.kind = SLOT_SHARES;
        slot.need = (unsigned)wire_get_uint(r, KEY_SHARES_MAX);
        slot.of = (unsigned)wire_get_uint(r, KEY_SHARES_MAX);
        wire_get_fixed(r, slot.set, sizeof(slot.set));
        fault = key_share_shape_fault(slot.need, slot.of);
    } else {
        fault = "a slot of unknown kind";
    }
    wire_get_fixed(r, slot.nonce, sizeof(slot.nonce));
    wire_get_fixed(r, slot.sealed, sizeof(slot.sealed));
    if (fault != NULL) {
        wire_fail(r, fault);
    }
    *ret = slot;
}
