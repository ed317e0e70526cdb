/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys: the door. Makes and keeps keys: the vault's key header with its passphrase slots, device
 * and member key pairs, the recovery sheet, and the words people compare.
 * Never touches the database; never prints.
 */
#ifndef KEYS_H
#define KEYS_H

#include "base.h"
#include "sealed.h"

/* ---- key header: DIR/header, wire-encoded, MACed under the vault key ------------------------- */

enum { KEY_SLOTS_MAX = 8, HEADER_VERSION = 1 };
enum slot_kind { SLOT_PASSPHRASE = 1 }; /* room for shares, hardware, travel lock */
struct kdf_cost {
    uint64_t memory_bytes; /* >= 64 MiB, <= 4 GiB */
    uint64_t passes;       /* >= 1 */
};
/* Argon2id 256 MiB, 3 passes (libsodium's moderate; 0.55 s on the reference machine). */
struct kdf_cost kdf_cost_moderate(void);
/* The floor, 64 MiB and 2 passes (interactive). */
struct kdf_cost kdf_cost_floor(void);

/* A fresh vault key and a header that opens with the passphrase (1..1024 bytes, taken as given
 * after NFC). Header bytes are appended to out. */
enum status header_create(struct ctx *cx, bytes passphrase, struct kdf_cost cost, struct buf *out,
                          struct secret **ret_key) MUST_USE;
/* STATUS_WRONG_PASSPHRASE; STATUS_UNSUPPORTED for a newer version (hint: newer valise);
 * STATUS_MALFORMED for damage; STATUS_INTEGRITY when a slot opens but the MAC does not hold. */
enum status header_open(struct ctx *cx, bytes header, bytes passphrase,
                        struct secret **ret_key) MUST_USE;
/* A new header with the passphrase slot replaced, same vault key. */
enum status header_change(struct ctx *cx, bytes header, const struct secret *key, bytes passphrase,
                          struct kdf_cost cost, struct buf *out) MUST_USE;

/* ---- key pairs ------------------------------------------------------------------------------- */

struct device_keys {
    uint8_t sign_pk[32];
    uint8_t box_pk[32];
    struct secret *sign_sk; /* 64 bytes */
    struct secret *box_sk;  /* 32 bytes */
};
enum status device_keys_make(struct ctx *cx, struct device_keys *ret) MUST_USE;
void device_keys_finish(struct device_keys *k);

/* A member's root key: 32-byte seed, kept on paper only. */
enum status root_key_make(struct ctx *cx, struct secret **ret_seed,
                          uint8_t ret_pk[static 32]) MUST_USE;
/* root over "valise/link": sign_pk || box_pk || device name. */
enum status root_sign_link(struct ctx *cx, const struct secret *seed,
                           const uint8_t sign_pk[static 32], const uint8_t box_pk[static 32],
                           text device_name, uint8_t ret[static SIGNATURE_BYTES]) MUST_USE;
enum status root_public(struct ctx *cx, const struct secret *seed, uint8_t ret[static 32]) MUST_USE;

/* ---- words ----------------------------------------------------------------------------------- */

/* EFF large word list, 7,776 words (CC BY 3.0 US, Electronic Frontier Foundation). */
/* 9 words (116 bits) of a 16-byte fingerprint, separated by single blanks. */
enum status words_of_fingerprint(struct ctx *cx, const uint8_t print[static 16],
                                 struct buf *out) MUST_USE;
/* True when typed words (any case, any blanks, dashes) are those of the fingerprint. */
bool words_match(struct ctx *cx, const uint8_t print[static 16], text typed);
/* n random words, a passphrase of 12.9 bits each. */
enum status words_random(struct ctx *cx, size_t count, struct buf *out) MUST_USE;
/* Recovery sheet: seed (32 bytes) as 21 words, the last few bits a checksum. */
enum status
sheet_write(struct ctx *cx, const struct secret *seed, text team, text member,
            struct buf *out) MUST_USE; /* printable page: what it is, words, what to do */
/* Reads words from a sheet or from typed text (finds them after the line "words:" or takes the
 * whole text); names the first word that is not in the list and the nearest one. */
enum status sheet_parse(struct ctx *cx, text typed, struct secret **ret_seed) MUST_USE;

#endif
