/* SPDX-License-Identifier: Apache-2.0 */
/*
 * piece: what can be said of a piece without any key: its size, its tag, its hash, its file name.
 *
 * Everything here works on hostile bytes and tells nothing of what is inside, because there is
 * nothing to tell: tag, nonce and sealed bytes all look random.
 */
#include "piece.h"

#include "limits.h"

#include <sodium.h>
#include <string.h>

enum { NAME_STEM = 8, NAME_RANDOM_BYTES = 5 }; /* 8 base32 digits are 40 bits */
static const char name_ending[] = ".vls";
_Static_assert(NAME_STEM + sizeof name_ending - 1 == PIECE_NAME_BYTES, "8.3 name");
_Static_assert(PIECE_HASH_BYTES == crypto_generichash_BYTES, "BLAKE2b-256");

bool piece_size_valid(uint64_t size)
{
    return size == PIECE_SIZE_SMALL || size == PIECE_SIZE_MEDIUM || size == PIECE_SIZE_LARGE;
}

enum status piece_parse(struct ctx *cx, bytes whole, struct piece *ret)
{
    const size_t head = PIECE_TAG_BYTES + PIECE_NONCE_BYTES;

    if (!piece_size_valid(whole.len)) {
        return fault_set(cx, STATUS_MALFORMED, __FILE__, __LINE__,
                         "piece: [F-20] %zu bytes is none of the three sizes", whole.len);
    }
    *ret = (struct piece){
        .tag = BYTES(whole.ptr, PIECE_TAG_BYTES),
        .nonce = BYTES(whole.ptr + PIECE_TAG_BYTES, PIECE_NONCE_BYTES),
        .sealed = BYTES(whole.ptr + head, whole.len - head),
    };
    return STATUS_OK;
}

void piece_hash(bytes whole, uint8_t ret[static PIECE_HASH_BYTES])
{
    MUST(crypto_generichash(ret, PIECE_HASH_BYTES, whole.ptr, whole.len, NULL, 0) == 0);
}

void piece_name_make(struct ctx *cx, char ret[static PIECE_NAME_BYTES + 1])
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t random[NAME_RANDOM_BYTES];
    uint64_t value = 0;

    cx->system->random(cx->system->self, random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) {
        value = value << 8 | random[i];
    }
    for (size_t i = 0; i < NAME_STEM; i++) {
        ret[i] = digits[value >> (5 * i) & 0x1F];
    }
    memcpy(ret + NAME_STEM, name_ending, sizeof name_ending);
}

/* FAT keeps no case, so neither do we; only ASCII letters have one here. */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool piece_name_valid(text name)
{
    if (name.len != PIECE_NAME_BYTES) {
        return false;
    }
    for (size_t i = 0; i < NAME_STEM; i++) {
        char c = lower(name.ptr[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '2' && c <= '7')) {
            return false;
        }
    }
    for (size_t i = NAME_STEM; i < PIECE_NAME_BYTES; i++) {
        if (lower(name.ptr[i]) != name_ending[i - NAME_STEM]) {
            return false;
        }
    }
    return true;
}
