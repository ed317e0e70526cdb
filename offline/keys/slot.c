/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One slot of the key header: the vault key sealed under what a passphrase gives by Argon2id. The
 * cost stands beside it in clear, is bound by the seal, and is bounded before it is paid.
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
    wire_put_uint(&w, HEADER_VERSION);
    wire_put_uint(&w, slot->kind);
    wire_put_uint(&w, slot->cost.memory_bytes);
    wire_put_uint(&w, slot->cost.passes);
    wire_put_bytes(&w, BYTES_OF(slot->salt));
    return wire_writer_done(&w);
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
    struct buf context;
    buf_init(&context, 256);
    const char *fault = kdf_cost_fault(cost);
    if (fault != NULL) {
        FAIL(cx, STATUS_LIMIT, "%s", fault);
    }
    cx->system->random(cx->system->self, slot.salt, sizeof(slot.salt));
    cx->system->random(cx->system->self, slot.nonce, sizeof(slot.nonce));
    TRY(slot_context(cx, &slot, &context));
    TRY(stretch(cx, &slot, passphrase, &key));
    bytes plain = secret_view(vault_key);
    MUST(plain.len == VAULT_KEY_BYTES);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(slot.sealed, NULL, plain.ptr, plain.len,
                                                     context.ptr, context.len, NULL, slot.nonce,
                                                     secret_ptr(key));
    *ret = slot;
out:
    secret_free(&key);
    buf_finish(&context);
    return status;
}

enum status slot_open(struct ctx *cx, const struct slot *slot, const struct secret *passphrase,
                      struct secret **ret_key)
{
    enum status status = STATUS_OK;
    struct secret *key = NULL;
    struct secret *vault_key = NULL;
    struct buf context;
    buf_init(&context, 256);
    TRY(slot_context(cx, slot, &context));
    TRY(stretch(cx, slot, passphrase, &key));
    TRY(secret_new(cx, VAULT_KEY_BYTES, &vault_key));
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(secret_ptr(vault_key), NULL, NULL, slot->sealed,
                                                   sizeof(slot->sealed), context.ptr, context.len,
                                                   slot->nonce, secret_ptr(key)) != 0) {
        status = STATUS_WRONG_PASSPHRASE; /* another slot may open: no fault yet */
        goto out;
    }
    *ret_key = vault_key;
    vault_key = NULL;
out:
    secret_free(&key);
    secret_free(&vault_key);
    buf_finish(&context);
    return status;
}

void slot_write(struct wire_writer *w, const struct slot *slot)
{
    wire_put_array(w, SLOT_ITEMS);
    wire_put_uint(w, slot->kind);
    wire_put_uint(w, slot->cost.memory_bytes);
    wire_put_uint(w, slot->cost.passes);
    wire_put_bytes(w, BYTES_OF(slot->salt));
    wire_put_bytes(w, BYTES_OF(slot->nonce));
    wire_put_bytes(w, BYTES_OF(slot->sealed));
}

void slot_parse(struct wire_reader *r, struct slot *ret)
{
    struct slot slot = {.kind = SLOT_PASSPHRASE};
    (void)wire_get_array(r, SLOT_ITEMS, SLOT_ITEMS);
    if (wire_get_uint(r, UINT64_MAX) != SLOT_PASSPHRASE) {
        wire_fail(r, "a slot of unknown kind");
    }
    slot.cost.memory_bytes = wire_get_uint(r, UINT64_MAX);
    slot.cost.passes = wire_get_uint(r, UINT64_MAX);
    wire_get_fixed(r, slot.salt, sizeof(slot.salt));
    wire_get_fixed(r, slot.nonce, sizeof(slot.nonce));
    wire_get_fixed(r, slot.sealed, sizeof(slot.sealed));
    const char *fault = kdf_cost_fault(slot.cost);
    if (fault != NULL) {
        wire_fail(r, fault);
    }
    *ret = slot;
}
