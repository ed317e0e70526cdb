/* SPDX-License-Identifier: Apache-2.0 */
/*
 * piece: the door. The outside of a piece: the only thing that crosses the gap. A piece is
 * tag (32) | nonce (24) | sealed (rest), of exactly one of three sizes, and every byte of it looks
 * random. This room can tell a piece from a non-piece by size and name, find its tag and hash it;
 * it cannot open one. The courier is built on this room alone.
 */
#ifndef PIECE_H
#define PIECE_H

#include "base.h"

enum { PIECE_TAG_BYTES = 32, PIECE_NONCE_BYTES = 24, PIECE_MAC_BYTES = 16, PIECE_HASH_BYTES = 32 };
/* tag, nonce and MAC around the sealed inside */
enum { PIECE_OVERHEAD = PIECE_TAG_BYTES + PIECE_NONCE_BYTES + PIECE_MAC_BYTES };
enum { PIECE_NAME_BYTES = 12 }; /* "k7f3q2ma.vls" */

struct piece {
    bytes tag;
    bytes nonce;
    bytes sealed; /* ciphertext and MAC */
};

/* True for exactly PIECE_SIZE_SMALL, _MEDIUM, _LARGE. */
bool piece_size_valid(uint64_t size);
/* Splits a whole piece; the views borrow from `whole`. STATUS_MALFORMED on another size [F-20]. */
enum status piece_parse(struct ctx *cx, bytes whole, struct piece *ret) MUST_USE;
/* BLAKE2b-256 of the whole piece, as the manifest lists it [F-52]. */
void piece_hash(bytes whole, uint8_t ret[static PIECE_HASH_BYTES]);
/* A random FAT-safe name: 8 characters of a-z2-7 and ".vls"; says nothing of the content [F-21]. */
void piece_name_make(struct ctx *cx, char ret[static PIECE_NAME_BYTES + 1]);
bool piece_name_valid(text name); /* also in upper case, as some FAT drivers show it */

#endif
