/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealed_sample: a fixed machine, fixed keys and well-made samples of every sealed object. Unit
 * tests, the vector generator and the fuzz seeds start from these and break one thing at a time,
 * so what they make is the same on every machine and every day.
 */
#ifndef SEALED_SAMPLE_H
#define SEALED_SAMPLE_H

#include "sealed.h"

#include <sodium.h>
#include <string.h>

/* "Randomness" that is a keyed stream: block n is BLAKE2b("valise/sample-random", n). */
struct sample_random {
    uint64_t block;
};

static inline void sample_random_fill(void *self, void *out, size_t len)
{
    struct sample_random *s = self;
    uint8_t *at = out;
    while (len > 0) {
        uint8_t number[8];
        struct id hash;
        size_t n = len < sizeof hash.b ? len : sizeof hash.b;
        put_u64le(number, s->block++);
        hash_domain("valise/sample-random", BYTES_OF(number), BYTES(NULL, 0), &hash);
        memcpy(at, hash.b, n);
        at += n;
        len -= n;
    }
}

static inline int64_t sample_now(void *self)
{
    (void)self;
    return 1700000000;
}

/* A secret or a name by its word: 32 bytes that only the word decides. */
static inline struct id sample_id(const char *word)
{
    struct id ret;
    hash_domain("valise/sample", BYTES(word, strlen(word)), BYTES(NULL, 0), &ret);
    return ret;
}

static inline struct key sample_key(const char *word)
{
    struct key ret;
    struct id id = sample_id(word);
    memcpy(ret.b, id.b, sizeof ret.b);
    return ret;
}

/* A device with its member's root key, all from one word. */
struct sample_device {
    uint8_t sign_pk[32], sign_sk[64];
    uint8_t box_pk[32], box_sk[32];
    uint8_t root_pk[32], root_sk[64];
    struct id id;
};

static inline struct sample_device sample_device(const char *word)
{
    struct sample_device d;
    struct id seed;
    hash_domain("valise/sample-sign", BYTES(word, strlen(word)), BYTES(NULL, 0), &seed);
    crypto_sign_seed_keypair(d.sign_pk, d.sign_sk, seed.b);
    hash_domain("valise/sample-root", BYTES(word, strlen(word)), BYTES(NULL, 0), &seed);
    crypto_sign_seed_keypair(d.root_pk, d.root_sk, seed.b);
    hash_domain("valise/sample-box", BYTES(word, strlen(word)), BYTES(NULL, 0), &seed);
    memcpy(d.box_sk, seed.b, 32);
    crypto_scalarmult_curve25519_base(d.box_pk, d.box_sk);
    device_id(d.sign_pk, d.box_pk, d.root_pk, &d.id);
    return d;
}

/* A header of device "ana" at seq 7 with the given deps (may be empty); body fields are blank. */
static inline struct entry_header sample_header(bytes deps)
{
    struct entry_header h = {0};
    struct id compartment = sample_id("compartment");
    h.device = sample_device("ana").id;
    h.seq = 7;
    h.prev = sample_id("entry 6");
    h.deps = deps;
    h.view = sample_id("view");
    h.lamport = 40;
    h.via = sample_id("grant");
    memcpy(h.compartment, compartment.b, sizeof h.compartment);
    h.epoch = sample_id("epoch");
    h.body_len = BODY_SEALED_MIN;
    h.body_hash = sample_id("body");
    return h;
}

/* A join of device "bea"; texts are literals. Needs join_link_sign() when not own_device. */
static inline struct join sample_join(bool own_device)
{
    struct sample_device d = sample_device("bea");
    struct join j = {0};
    memcpy(j.sign_pk, d.sign_pk, 32);
    memcpy(j.box_pk, d.box_pk, 32);
    if (!own_device) {
        memcpy(j.root_pk, d.root_pk, 32);
    }
    j.own_device = own_device;
    j.member_name = own_device ? TEXT("") : TEXT("Bea");
    j.device_name = TEXT("laptop");
    j.secret = sample_key("join secret");
    return j;
}

/* Lays out the inside of a body [F-45] with its padding [F-17], whatever data holds. */
static inline enum status sample_body_inside(struct ctx *cx, uint8_t method, uint32_t plain_len,
                                             bytes data, struct buf *out)
{
    enum { LAYOUT = 9, SMALLEST = 64 };
    size_t len = LAYOUT + data.len, size = SMALLEST, step = 1;
    uint8_t *at = NULL;

    if (len > SMALLEST) { /* doubling from 64: floor(log2 len), and the bits Padme keeps below it */
        unsigned e = 6, kept = 1;
        while (len >> (e + 1) != 0) {
            e++;
        }
        while (e >> kept != 0) {
            kept++;
        }
        step = (size_t)1 << (e - kept);
        size = (len + step - 1) / step * step;
    }
    enum status status = buf_extend(cx, out, size, &at);
    if (status == STATUS_OK) {
        at[0] = method;
        put_u32le(at + 1, plain_len);
        put_u32le(at + 5, (uint32_t)data.len);
        if (data.len > 0) {
            memcpy(at + LAYOUT, data.ptr, data.len);
        }
    }
    return status;
}

/* Seals an inside as it is [F-40], by the clauses and without asking the room under test;
 * fills the header's body fields. The nonce
 * follows from what is sealed, so that samples stay the same; nonce_flip gives another one. */
static inline enum status sample_body_seal(struct ctx *cx, const struct key *k,
                                           const struct id *team, struct entry_header *h,
                                           bytes inside, uint8_t nonce_flip, struct buf *out)
{
    enum { NONCE = 24, MAC = 16, BODY_FIELDS = 36 }; /* 1868, 5820 and the hash */
    struct buf header;
    struct id binding, nonce;
    struct key key;
    uint8_t *at = NULL;

    buf_init(&header, ENTRY_HEADER_MAX);
    h->body_len = BODY_SEALED_MIN;
    enum status status = entry_header_write(cx, h, &header);
    if (status == STATUS_OK) {
        status = buf_extend(cx, out, NONCE + inside.len + MAC, &at);
    }
    if (status == STATUS_OK) {
        hash_domain("valise/body-ad", BYTES_OF(team->b),
                    BYTES(header.ptr, header.len - BODY_FIELDS), &binding);
        hash_domain("valise/sample-nonce", BYTES_OF(binding.b), inside, &nonce);
        key_derive(k, "valise/body-key", BYTES(NULL, 0), &key);
        nonce.b[0] ^= nonce_flip;
        memcpy(at, nonce.b, NONCE);
        crypto_aead_xchacha20poly1305_ietf_encrypt(at + NONCE, NULL, inside.ptr, inside.len,
                                                   binding.b, 32, NULL, nonce.b, key.b);
        h->body_len = NONCE + inside.len + MAC;
        crypto_generichash(h->body_hash.b, 32, at, (size_t)h->body_len, NULL, 0);
    }
    buf_finish(&header);
    return status;
}

#endif
