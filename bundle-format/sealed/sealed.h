/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealed: the door. Everything of the bundle format that needs a key: entries and their bodies,
 * signed heads, the piece chains, the manifest, the join and invite files, sealed epoch keys.
 * Bytes in, bytes out: no I/O, no clock, no state of its own. Normative text:
 * bundle-format/SPEC.md. Only the vault's side links this room; nothing online may.
 */
#ifndef SEALED_H
#define SEALED_H

#include "base.h"
#include "limits.h"
#include "piece.h"
#include "wire.h"

/* Every function that fills a `struct buf` appends to it and leaves it as it was on failure. */

/* [F-09] seq, lamport and bundle numbers: exact in a double and in SQLite's integers. */
#define NUMBER_MAX ((UINT64_C(1) << 53) - 1)

enum { COMPARTMENT_BYTES = 16, SIGNATURE_BYTES = 64 };

/* ---- hashes and derivations: BLAKE2b-256, domain string first (F-10 to F-17) ----------------- */

/* H(domain || 0x00 || a || b); domain e.g. "valise/team". Keyed KDF: BLAKE2b keyed with `key`.
 * For one domain `a` always has one length, so that a and b cannot trade bytes. */
void hash_domain(const char *domain, bytes a, bytes b, struct id *ret);
void key_derive(const struct key *from, const char *domain, bytes context, struct key *ret);
/* id of a device: over both its public keys and its member's root public key [F-12]. */
void device_id(const uint8_t sign_pk[static 32], const uint8_t box_pk[static 32],
               const uint8_t root_pk[static 32], struct id *ret);
void member_id(const uint8_t root_pk[static 32], struct id *ret);
void team_id(bytes genesis_op, struct id *ret);
/* [F-14] An epoch's id commits to its key, to who made it and to the transport secret it goes with;
 * without the key it follows from the key's commitment. */
struct epoch_name {
    const struct id *team;
    const uint8_t *compartment; /* COMPARTMENT_BYTES */
    uint64_t number;
    const struct id *bind;
};
/* transport: hash of the transport secret, zero when there is none. */
void epoch_bind(const struct id *device, const struct id *transport, struct id *ret);
void epoch_commit(const struct key *k, struct id *ret);
void epoch_id(const struct epoch_name *n, const struct key *k, struct id *ret);
void epoch_id_committed(const struct epoch_name *n, const struct id *commit, struct id *ret);
/* [F-16] public keys as they must be wherever one is read: canonical, and not of low order. */
bool sign_key_valid(const uint8_t pk[static 32]); /* Ed25519, in the main subgroup */
bool box_key_valid(const uint8_t pk[static 32]);  /* X25519 */

/* ---- entries (F-30 to F-38) ------------------------------------------------------------------ */

struct entry_header {
    struct id device;
    uint64_t seq;     /* 1, 2, 3, ... */
    struct id prev;   /* id of entry seq-1 of this device; zero for seq 1 */
    bytes deps;       /* encoded array of [device id, seq], ascending device; heads that changed
                         since this device's previous entry, own device never */
    struct id view;   /* view_hash() of all heads known, own prev included */
    uint64_t lamport; /* 1 + max over prev and deps */
    struct id via;    /* appointment used: entry id of the GRANT (or genesis); zero for genesis */
    uint8_t compartment[COMPARTMENT_BYTES];
    struct id epoch; /* epoch_id of the key the body is sealed with */
    uint64_t body_len;
    struct id body_hash; /* BLAKE2b-256 of the sealed body */
};

/* The views in *ret borrow from `in`. Canonical only; STATUS_MALFORMED / _LIMIT name the clause. */
enum status entry_header_parse(struct ctx *cx, bytes in, struct entry_header *ret) MUST_USE;
enum status entry_header_write(struct ctx *cx, const struct entry_header *h,
                               struct buf *out) MUST_USE;
/* The entry's name: team || whole encoded header. Signatures are not part of it [F-32]. */
void entry_id(const struct id *team, bytes header, struct id *ret);

struct entry_dep {
    struct id device;
    uint64_t seq;
};
/* Iterates header.deps (already validated by parse): start with pos 0; false at the end. */
bool entry_dep_next(bytes deps, size_t *pos, struct entry_dep *ret);
/* Encodes deps (must be ascending by device id). */
enum status entry_deps_write(struct ctx *cx, const struct entry_dep *deps, size_t count,
                             struct buf *out) MUST_USE;

struct view_item {
    struct id device;
    uint64_t seq;
    struct id id;
};
/* H over items in ascending device order; the caller sorts [F-35]. */
void view_hash(const struct view_item *items, size_t count, struct id *ret);
/* The name of a stretch of a forked log in frontiers, by its first entry [F-58]. */
void stretch_name(const struct id *device, const struct id *first, struct id *ret);

enum { BODY_INSIDE_MIN = 64, BODY_SEALED_MIN = 24 + BODY_INSIDE_MIN + 16 }; /* [F-44], [F-47] */

/* Compresses (zstd 3, one frame for this body alone), pads (Padme, at least 64 bytes), seals with
 * XChaCha20-Poly1305 under `k`; the nonce is random [F-41] and stands in front.
 * Fills h->body_len and h->body_hash; the header's other fields are bound as additional data. */
enum status body_seal(struct ctx *cx, const struct key *k, const struct id *team,
                      struct entry_header *h, bytes plain, struct buf *ret_sealed) MUST_USE;
/* Checks length and hash against the header before it opens, opens before it decompresses. */
enum status body_open(struct ctx *cx, const struct key *k, const struct id *team,
                      const struct entry_header *h, bytes sealed, struct buf *ret_plain) MUST_USE;

/* A body's plaintext: the operations of one entry (F-90, F-91). time: claimed Unix seconds of the
 * first operation; each operation is [verb, seconds after the first, ...] as its room defines it.
 */
enum status body_write_start(struct wire_writer *w, int64_t time, size_t ops) MUST_USE;
/* (then `ops` encoded operations with wire_put_encoded) */
struct body_reader {
    struct wire_reader r;
    int64_t time;
    size_t ops;   /* how many remain */
    size_t index; /* of the operation last given, 0-based */
};
enum status body_read_start(struct ctx *cx, bytes plain, struct body_reader *ret) MUST_USE;
/* Gives the next operation's encoded bytes (an array; validated as wire); false at the end or on a
 * fault, which body_read_done reports. */
bool body_read_next(struct body_reader *b, bytes *ret_op);
enum status body_read_done(struct ctx *cx, struct body_reader *b) MUST_USE;

/* ---- signed heads [F-36]: Ed25519 over "valise/head", team, device, seq, id ------------------ */

struct head {
    struct id device;
    uint64_t seq;
    struct id id;
    uint8_t signature[SIGNATURE_BYTES];
};
/* sign_sk: libsodium's 64-byte Ed25519 secret key. */
void head_sign(const struct id *team, const uint8_t sign_sk[static 64], struct head *h);
bool head_verify(const struct id *team, const uint8_t sign_pk[static 32], const struct head *h);

/* General statement signature with domain separation [F-15], [F-60]: Ed25519 over domain, 0x00,
 * team (32 zero bytes if NULL), body. The domain is whole, e.g. "valise/link", at most 64 bytes;
 * the body at most STATEMENT_MAX: more is a programmer's error to sign and never verifies. */
void statement_sign(const char *domain, const struct id *team, bytes body,
                    const uint8_t sign_sk[static 64], uint8_t ret[static SIGNATURE_BYTES]);
bool statement_verify(const char *domain, const struct id *team, bytes body,
                      const uint8_t sign_pk[static 32], const uint8_t sig[static SIGNATURE_BYTES]);

/* ---- piece chains (F-20 to F-28) ------------------------------------------------------------- */

struct chain {
    struct key ck;
    uint64_t next; /* number of the step chain_next() will give, from 0 */
};
struct chain_step {
    uint64_t number;
    uint8_t tag[PIECE_TAG_BYTES];
    struct key key;
    uint8_t delete_key[32];
};
/* First state of a sender's chain from the transport secret T of a control epoch [F-25]. */
void chain_start(const struct key *t, const struct id *device, struct chain *ret);
/* Gives the next step and forgets the old chain key. The caller wipes the step. */
void chain_next(struct chain *c, struct chain_step *ret);

/* What is inside one piece: manifest bytes or a slice of the content stream [F-22]. */
struct piece_inner {
    uint64_t bundle; /* number of the bundle at its sender, from 1 */
    uint64_t index;  /* 0 = manifest, 1.. = content in order */
    bytes payload;
};
/* Room for payload in a piece of this size. */
size_t piece_payload_max(size_t size);
/* Seals into exactly `size` bytes; random nonce; zero padding inside [F-23]. */
enum status piece_seal(struct ctx *cx, const struct chain_step *step,
                       const struct piece_inner *inner, size_t size, struct buf *out) MUST_USE;
/* *ret borrows from ret_plain. STATUS_FORGED when the MAC does not hold. */
enum status piece_open(struct ctx *cx, const struct key *key, const struct piece *p,
                       struct buf *ret_plain, struct piece_inner *ret) MUST_USE;

/* ---- manifest (F-50 to F-57): piece 0, signed by the packing device -------------------------- */

struct manifest {
    struct id team;
    struct id control_epoch;
    struct id device;
    uint64_t number;      /* of the bundle, from 1 */
    struct id prev;       /* manifest_hash() of the previous bundle; zero for number 1 */
    int64_t time;         /* claimed */
    bytes frontier;       /* encoded array of [device id, seq], ascending: what the packer holds */
    uint64_t content_len; /* bytes of the content stream */
    uint64_t piece_size;  /* of the content pieces */
    bytes piece_hashes;   /* concatenated 32-byte hashes of content pieces 1.. */
    uint8_t signature[SIGNATURE_BYTES];
};
enum status manifest_write(struct ctx *cx, struct manifest *m, const uint8_t sign_sk[static 64],
                           struct buf *out) MUST_USE;                                /* signs */
enum status manifest_parse(struct ctx *cx, bytes in, struct manifest *ret) MUST_USE; /* borrows */
/* STATUS_FORGED; `in` are the bytes that were parsed. */
enum status manifest_verify(struct ctx *cx, bytes in, const struct manifest *m,
                            const uint8_t sign_pk[static 32]) MUST_USE;
void manifest_hash(bytes in, struct id *ret);
/* How many content pieces of this size a content stream of this length fills [F-52]. */
uint64_t manifest_piece_count(uint64_t content_len, uint64_t piece_size);
enum {
    MANIFEST_MAX = 3 * 1024 * 1024
}; /* [F-51] 65,536 hashes and a frontier fit one large piece */

/* ---- receipt (F-59): a bundle was taken whole ----------------------------------------------- */

enum { RECEIPT_BYTES = 136 };
struct receipt {
    struct id device;
    uint8_t signature[SIGNATURE_BYTES];
};
/* manifest: its manifest_hash(). */
enum status receipt_write(struct ctx *cx, const struct id *team, const struct id *manifest,
                          const struct id *device, const uint8_t sign_sk[static 64],
                          struct buf *out) MUST_USE;
/* MALFORMED by length, FORGED when it is for another bundle; the signature is not yet verified. */
enum status receipt_open(struct ctx *cx, bytes in, const struct id *manifest,
                         struct receipt *ret) MUST_USE;
bool receipt_verify(const struct id *team, const struct id *manifest,
                    const uint8_t sign_pk[static 32], const struct receipt *r);

/* Content stream: items one after the other; first the heads, then the entries in ascending
 * (lamport, device) order, so that one pass admits them [F-53]. */
enum content_kind { CONTENT_HEAD = 1, CONTENT_ENTRY = 2 };
struct content_item {
    enum content_kind kind;
    struct head head; /* CONTENT_HEAD */
    bytes header;     /* CONTENT_ENTRY: encoded header, */
    bytes body;       /* and sealed body */
};
enum status content_write_head(struct ctx *cx, const struct head *h, struct buf *out) MUST_USE;
enum status content_write_entry(struct ctx *cx, bytes header, bytes body, struct buf *out) MUST_USE;
/* Streaming: reads one item from the front of `in`. *ret_used = 0 with STATUS_OK means that `in`
 * holds only the beginning of an item: give more bytes (at most CONTENT_ITEM_MAX are needed). */
enum status content_read(struct ctx *cx, bytes in, struct content_item *ret,
                         size_t *ret_used) MUST_USE;
enum { CONTENT_ITEM_MAX = ENTRY_HEADER_MAX + BODY_SEALED_MAX + 64 };
/* After the last content_read: nothing may be left of an item [F-54]. */
enum status content_done(struct ctx *cx, bytes rest) MUST_USE;
/* Holds items to their order [F-53]; zeroed at the start, one call an item. `h` is the parsed
 * header of an entry, NULL for a head. */
struct content_order {
    bool entries;
    uint64_t lamport;
    struct id device;
};
enum status content_order_check(struct ctx *cx, struct content_order *o,
                                const struct entry_header *h) MUST_USE;

/* ---- join and invite files (F-70 to F-74) ---------------------------------------------------- */

/* The newcomer's statement: who I am. Self-signed by root key and by device key. */
struct join {
    uint8_t root_pk[32];
    uint8_t sign_pk[32];
    uint8_t box_pk[32];
    text member_name;
    text device_name;
    struct key secret; /* 32 random bytes, mixed into the pairing secret */
    bool own_device;   /* a further device of a member who is already in: root_pk is zero and
                          the root signature comes with the LINK instead */
    uint8_t link_signature[SIGNATURE_BYTES]; /* join_link_sign(); zero for own_device */
};
/* The root key's word for a device [F-71]: a statement of domain "valise/link" and no team over
 * sign_pk || box_pk || device_name. */
enum status join_link_sign(struct ctx *cx, struct join *j,
                           const uint8_t root_sk[static 64]) MUST_USE;
bool link_verify(const uint8_t root_pk[static 32], const uint8_t sign_pk[static 32],
                 const uint8_t box_pk[static 32], text device_name,
                 const uint8_t sig[static SIGNATURE_BYTES]);
enum status join_write(struct ctx *cx, const struct join *j, const uint8_t sign_sk[static 64],
                       struct buf *out) MUST_USE;
/* Parses and verifies both signatures. Texts borrow from `in`. */
enum status join_parse(struct ctx *cx, bytes in, struct join *ret) MUST_USE;

/* The sealed welcome. payload is the team room's own encoding. Sealed to join.box_pk with an
 * ephemeral X25519 key, keyed also by join.secret; signed inside by the inviting device. */
struct invite {
    struct id team;
    struct id inviter; /* device */
    uint8_t inviter_sign_pk[32];
    bytes payload; /* at most INVITE_MAX */
};
#define INVITE_FILE_MAX (INVITE_MAX + 4U * MIB) /* [F-72] the payload, padded and sealed */
enum status invite_seal(struct ctx *cx, const struct invite *inv, bytes join_file,
                        const struct join *j, const uint8_t sign_sk[static 64],
                        struct buf *out) MUST_USE;
/* Opened with the newcomer's box secret key and its own join file. *ret borrows from ret_plain. */
enum status invite_open(struct ctx *cx, bytes in, bytes join_file, const struct join *j,
                        const uint8_t box_sk[static 32], struct buf *ret_plain,
                        struct invite *ret) MUST_USE;
/* 16 bytes whose words both sides compare: before the invite (over the join file alone) and after
 * it (join file, team, inviting device and its key) [F-74]. */
void join_fingerprint(bytes join_file, uint8_t ret[static 16]);
void invite_fingerprint(bytes join_file, const struct invite *inv, uint8_t ret[static 16]);

/* ---- epoch keys sealed to one device (F-60 to F-65) ------------------------------------------ */

/* payload: 32 bytes (body key, or a chain seed) or 64 (body key, transport secret). eph_sk/eph_pk:
 * one ephemeral pair per operation. psk: the pairing secret shared with that device, or all zero
 * when there is none. One (eph, box, psk, context) seals ONE payload: the key is used with one
 * fixed nonce [F-63], so two payloads for one device in one operation need two contexts. */
enum status key_seal(struct ctx *cx, const uint8_t eph_sk[static 32],
                     const uint8_t eph_pk[static 32], const uint8_t box_pk[static 32],
                     const struct key *psk, bytes context, bytes payload,
                     struct buf *out) MUST_USE; /* payload + 16 */
enum status key_unseal(struct ctx *cx, const uint8_t box_sk[static 32],
                       const uint8_t box_pk[static 32], const uint8_t eph_pk[static 32],
                       const struct key *psk, bytes context, bytes sealed,
                       struct buf *ret_payload) MUST_USE;

/* [F-65] The key of an epoch's parent under the epoch's own key; bound to team, epoch and parent.
 * One (epoch, parent) seals one key: both ids commit to theirs. False when it does not open. */
enum { KEY_LINK_BYTES = 48 };
void key_link(const struct key *k, const struct id *team, const struct id *epoch,
              const struct id *parent, const struct key *parent_key,
              uint8_t ret[static KEY_LINK_BYTES]);
bool key_link_open(const struct key *k, const struct id *team, const struct id *epoch,
                   const struct id *parent, const uint8_t sealed[static KEY_LINK_BYTES],
                   struct key *ret) MUST_USE;

#endif
