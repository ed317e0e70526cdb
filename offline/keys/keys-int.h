/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys-int: what the files of this room share.
 */
#ifndef KEYS_INT_H
#define KEYS_INT_H

#include "keys.h"
#include "limits.h"

/* ---- header and its slots ---- */

enum {
    VAULT_KEY_BYTES = 32,
    SLOT_SALT_BYTES = 16,                     /* crypto_pwhash_SALTBYTES */
    SLOT_NONCE_BYTES = 24,                    /* XChaCha20-Poly1305 */
    SLOT_SEALED_BYTES = VAULT_KEY_BYTES + 16, /* with its tag */
    HEADER_MAC_BYTES = 32,
    HEADER_CHECK_BYTES = 16,
    HEADER_BYTES_MAX = 4096,
    PASSPHRASE_BYTES_MAX = 1024,
};

/* What a header may demand before anybody is known: a hostile one must not take all memory or run
 * for hours. The product bounds the time: 32 GiB written is about a minute. */
#define KDF_MEMORY_MIN (64ULL * MIB)
#define KDF_MEMORY_MAX (4096ULL * MIB)
#define KDF_PASSES_MAX 64ULL
#define KDF_WORK_MAX   (32768ULL * MIB)

struct slot {
    enum slot_kind kind;
    struct kdf_cost cost; /* of a passphrase, with its salt */
    uint8_t salt[SLOT_SALT_BYTES];
    unsigned need, of; /* of shares, with their set */
    uint8_t set[KEY_SHARE_SET_BYTES];
    uint8_t nonce[SLOT_NONCE_BYTES];
    uint8_t sealed[SLOT_SEALED_BYTES];
};

/* NULL, or which rule the cost breaks. */
const char *kdf_cost_fault(struct kdf_cost cost);
/* Seals the vault key under a normal-form passphrase with a fresh salt and nonce. */
enum status slot_seal(struct ctx *cx, const struct secret *passphrase, struct kdf_cost cost,
                      const struct secret *vault_key, struct slot *ret) MUST_USE;
/* STATUS_WRONG_PASSPHRASE without a recorded fault when the slot does not open. */
enum status slot_open(struct ctx *cx, const struct slot *slot, const struct secret *passphrase,
                      struct secret **ret_key) MUST_USE;
/* The same for a slot that opens with what a set of shares gives; `like` is one of the set. */
enum status slot_seal_shared(struct ctx *cx, const struct key_share *like,
                             const struct secret *shared, const struct secret *vault_key,
                             struct slot *ret) MUST_USE;
enum status slot_open_shared(struct ctx *cx, const struct slot *slot, const struct secret *shared,
                             struct secret **ret_key) MUST_USE;
void slot_write(struct wire_writer *w, const struct slot *slot);
void slot_parse(struct wire_reader *r, struct slot *ret);

/* The form that is hashed: NFC when it is valid UTF-8, else the bytes as they are. */
enum status passphrase_normal(struct ctx *cx, bytes typed, struct secret **ret) MUST_USE;

/* ---- words ---- */

enum { WORDS = 7776, WORD_BYTES_MAX = 16 };

text word_at(unsigned index);
/* -1 when the list has no such word. */
int word_find(text word);
/* The word of the list with the fewest edits to what was typed. */
text word_nearest(text typed);

/* Big numbers in base 7776, most significant first. `number` is big-endian and is used up. */
void digits_of_number(uint8_t *number, size_t len, uint16_t *digits, size_t count);
/* False when the number does not fit into len bytes. */
bool number_of_digits(const uint16_t *digits, size_t count, uint8_t *number, size_t len);

/* How many words begin like this; the first two of them. */
size_t words_beginning(text with, text *ret_first, text *ret_second);

/* ---- pages: words out and in ---- */

enum { WORDS_PER_LINE = 3 };
/* "   1. word        2. word ..." */
enum status words_grid(struct ctx *cx, const uint16_t *digits, size_t count,
                       struct buf *out) MUST_USE;
/* The words of a page, or typed. STATUS_USAGE with what is wrong; `what` names the page. */
enum status words_read(struct ctx *cx, const char *what, text typed, uint16_t *digits,
                       size_t want) MUST_USE;
/* Next line from *at, without blanks at its ends; false behind the last. */
bool line_next(text t, size_t *at, text *ret);
/* What stands in a QR code: a name, then upper-case hex (QR's alphanumeric mode). */
enum status code_write(struct ctx *cx, text name, bytes data, struct buf *out) MUST_USE;
/* *ret_is: the text begins with the name; then exactly `len` bytes must follow. */
enum status code_read(struct ctx *cx, const char *what, text typed, text name, uint8_t *data,
                      size_t len, bool *ret_is) MUST_USE;
bool typed_is_sheet(text typed);
bool typed_is_share(text typed);

/* ---- recovery sheet ---- */

enum {
    SEED_BYTES = 32,
    SHEET_WORDS = 21,
    SHEET_CHECK_BITS = 15, /* 256 + 15 bits fit into 7776^21 */
    SHEET_NUMBER_BYTES = 34,
};
#define SHEET_CODE TEXT("VALISE-SHEET:")
/* 15 bits that a seed must bring along. */
uint16_t sheet_check(const struct secret *seed);

/* ---- shares ---- */

/* NULL, or why there is no such set. */
const char *key_share_shape_fault(unsigned need, unsigned of);

#endif
