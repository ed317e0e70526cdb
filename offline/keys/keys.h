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

/* Version 2 is one with a slot for shares; any other stays 1. */
enum { KEY_SLOTS_MAX = 8, HEADER_VERSION = 1, HEADER_VERSION_SHARES = 2 };
enum slot_kind { SLOT_PASSPHRASE = 1, SLOT_SHARES = 2 };
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
 * STATUS_MALFORMED for damage; STATUS_INTEGRITY when a slot opens but the MAC does not hold;
 * STATUS_LOCKED under a travel lock, when no passphrase opens it. */
enum status header_open(struct ctx *cx, bytes header, bytes passphrase,
                        struct secret **ret_key) MUST_USE;
/* A new header with this passphrase's slot alone, same vault key. */
enum status header_change(struct ctx *cx, bytes header, const struct secret *key, bytes passphrase,
                          struct kdf_cost cost, struct buf *out) MUST_USE;

/* The travel lock: a slot that opens with what a set of shares gives. What can be told of a header
 * without a key: */
struct header_slots {
    size_t passphrases;
    bool shares; /* there is a slot for shares, of this shape and set */
    unsigned need, of;
    uint8_t set[8];
};
enum status header_look(struct ctx *cx, bytes header, struct header_slots *ret) MUST_USE;
struct key_share;
/* A new header with a slot for a fresh set of shares beside the passphrase's (an older set's goes).
 * ret: `of` shares; nothing else knows what they give. STATUS_USAGE unless 2 <= need <= of <= 16 */
enum status header_add_shares(struct ctx *cx, bytes header, const struct secret *key, unsigned need,
                              unsigned of, struct key_share *ret, struct buf *out) MUST_USE;
/* A new header without the slots of this kind. STATUS_DENIED when none would be left. */
enum status header_drop(struct ctx *cx, bytes header, const struct secret *key, enum slot_kind kind,
                        struct buf *out) MUST_USE;
/* Opens with what key_share_join() gave. STATUS_FOREIGN: of another vault or set. */
enum status header_open_shared(struct ctx *cx, bytes header, const struct secret *shared,
                               struct secret **ret_key) MUST_USE;

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
/* A statement [F-15] of the root key about a team; verified with statement_verify(). */
enum status root_sign(struct ctx *cx, const struct secret *seed, const char *domain,
                      const struct id *team, bytes body,
                      uint8_t ret[static SIGNATURE_BYTES]) MUST_USE;
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
/* The text of its QR code, in QR's alphanumeric letters. */
enum status sheet_code(struct ctx *cx, const struct secret *seed, struct buf *out) MUST_USE;
/* Reads the text of a QR code, or the words of a sheet or as typed (finds them after the line
 * "words:" or takes the whole text; the beginning of a word is enough when no other word begins
 * so); names the first word that is not in the list and the nearest one. */
enum status sheet_parse(struct ctx *cx, text typed, struct secret **ret_seed) MUST_USE;

/* ---- shares: a secret of 32 bytes parted among people ---------------------------------------- */

enum {
    KEY_SHARES_MIN = 2,
    KEY_SHARES_MAX = 16,
    KEY_SHARE_SET_BYTES = 8,
    SHARED_BYTES = 32,
    KEY_SHARE_PACKED_BYTES = 45
};
enum key_share_kind { SHARE_ROOT = 1, SHARE_TRAVEL = 2 };
struct key_share {
    enum key_share_kind kind;
    unsigned need, of; /* any `need` of the `of` shares of its set */
    unsigned number;   /* 1 .. of */
    uint8_t set[KEY_SHARE_SET_BYTES];
    uint8_t value[SHARED_BYTES]; /* wipe() it */
};
/* ret: `of` shares. The secret must be random: the set's name is a hash of it and of what parts it.
 * STATUS_USAGE unless 2 <= need <= of <= 16. */
enum status key_share_split(struct ctx *cx, enum key_share_kind kind, unsigned need, unsigned of,
                            const struct secret *secret, struct key_share *ret) MUST_USE;
/* The secret of 1 to 16 shares, proved to be the one that was parted. ret_wrong: bit i is set when
 * share i was changed or is of another set, which did not matter because enough others are right.
 * STATUS_GAP: too few. STATUS_FOREIGN: of several sets, too few of each. STATUS_USAGE: one share
 * twice. STATUS_FORGED: one that is needed was changed (which one: bring one more). */
enum status key_share_join(struct ctx *cx, const struct key_share *shares, size_t count,
                           struct secret **ret, uint32_t *ret_wrong) MUST_USE;

/* A share outside of memory: 45 bytes, 28 words on a page, or the text of a QR code. The names on
 * the page are what its maker's program says. */
struct key_share_labels {
    text owner, team; /* whose secret it is */
    text holder;      /* who keeps the share; may be empty */
};
void key_share_pack(const struct key_share *s, uint8_t ret[static KEY_SHARE_PACKED_BYTES]);
enum status key_share_unpack(struct ctx *cx, bytes packed, struct key_share *ret) MUST_USE;
enum status key_share_write(struct ctx *cx, const struct key_share *s,
                            const struct key_share_labels *labels, struct buf *out) MUST_USE;
enum status key_share_code(struct ctx *cx, const struct key_share *s, struct buf *out) MUST_USE;
/* As sheet_parse(). STATUS_USAGE, STATUS_MALFORMED, STATUS_UNSUPPORTED. */
enum status key_share_parse(struct ctx *cx, text typed, struct key_share *ret) MUST_USE;
/* The names on a page (a sheet's too), empty where there are none; borrowed from it. */
void key_share_labels_read(text page, struct key_share_labels *ret);
/* Two words that name a set among people, "dove.lantern". */
enum status key_share_set_words(struct ctx *cx, const uint8_t set[static KEY_SHARE_SET_BYTES],
                                struct buf *out) MUST_USE;
text key_share_kind_words(enum key_share_kind kind); /* "recovery sheet", "travel lock" */

#endif
