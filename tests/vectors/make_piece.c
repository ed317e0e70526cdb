/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of pieces: outside by size, inside by its layout. The insides are written and sealed by
 * hand under the first step of a chain. Pieces are of the smallest size, to keep the files small.
 */
#include "make.h"

#include <stdlib.h>

#define M STATUS_MALFORMED

enum { INSIDE = PIECE_SIZE_SMALL - PIECE_OVERHEAD };

struct inside {
    const char *name;
    const char *clause;
    uint64_t bundle;
    uint32_t index;
    uint32_t length;
    size_t zero_at; /* 0, or a byte of the inside that is set though it is padding */
};

static const struct inside INSIDES[] = {
    {"manifest-piece", "", 1, 0, 5, 0},
    {"last-index", "", 2, 65536, 100, 0},
    {"full-payload", "", NUMBER_MAX, 1, INSIDE - 16, 0},
    {"bundle-0", "F-22", 0, 0, 5, 0},
    {"bundle-over-2^53", "F-22", NUMBER_MAX + 1, 0, 5, 0},
    {"index-over-limit", "F-22", 1, 65537, 5, 0},
    {"payload-empty", "F-24", 1, 0, 0, 0},
    {"payload-over-size", "F-24", 1, 0, INSIDE - 15, 0},
    {"payload-four-gib", "F-24", 1, 0, 0xffffffff, 0},
    {"padding-first-byte-set", "F-23", 1, 0, 5, 21},
    {"padding-last-byte-set", "F-23", 1, 0, 5, INSIDE - 1},
};

static void emit(struct maker *m, const char *name, enum status status, const char *clause,
                 const struct chain_step *s, const struct inside *in, bytes piece)
{
    vector_begin(m, name, status, clause);
    vector_bytes(m, "key", BYTES_OF(s->key.b));
    if (status == STATUS_OK) {
        vector_number(m, "bundle", in->bundle);
        vector_number(m, "index", in->index);
        vector_number(m, "length", in->length);
    }
    vector_end(m, piece);
}

static void seal(struct maker *m, const struct chain_step *s, const struct inside *in,
                 uint8_t piece[static PIECE_SIZE_SMALL])
{
    uint8_t *inside = piece + PIECE_TAG_BYTES + PIECE_NONCE_BYTES;

    memset(piece, 0, PIECE_SIZE_SMALL);
    memcpy(piece, s->tag, PIECE_TAG_BYTES);
    sample_random_fill(&m->random, piece + PIECE_TAG_BYTES, PIECE_NONCE_BYTES);
    put_u64le(inside, in->bundle);
    put_u32le(inside + 8, in->index);
    put_u32le(inside + 12, in->length);
    memset(inside + 16, 0x50, in->length < INSIDE - 16 ? in->length : INSIDE - 16);
    if (in->zero_at > 0) {
        inside[in->zero_at] = 1;
    }
    crypto_aead_xchacha20poly1305_ietf_encrypt(inside, NULL, inside, INSIDE, s->tag,
                                               PIECE_TAG_BYTES, NULL, piece + PIECE_TAG_BYTES,
                                               s->key.b);
}

/* Sizes that are none of the three; the bytes do not matter and are zeros. */
static void make_sizes(struct maker *m, const struct chain_step *s)
{
    static const size_t sizes[] = {0,      1,      72,      16383,   16385,  32768,
                                   262143, 262145, 4194303, 4194305, 8388608};
    uint8_t *zeros = calloc(1, 8388608);
    char name[32];

    MUST(zeros != NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        (void)snprintf(name, sizeof name, "size-%zu", sizes[i]);
        emit(m, name, M, "F-20", s, NULL, BYTES(zeros, sizes[i]));
    }
    /* the right size and no piece of ours: all zero */
    emit(m, "zeros-small", STATUS_FORGED, "F-23", s, NULL, BYTES(zeros, PIECE_SIZE_SMALL));
    emit(m, "zeros-medium", STATUS_FORGED, "F-23", s, NULL, BYTES(zeros, PIECE_SIZE_MEDIUM));
    emit(m, "zeros-large", STATUS_FORGED, "F-23", s, NULL, BYTES(zeros, PIECE_SIZE_LARGE));
    free(zeros);
}

static void make_forgeries(struct maker *m, const struct chain_step *s)
{
    static const char *const names[] = {"tag-bit", "nonce-bit", "ciphertext-bit", "mac-bit"};
    static const size_t at[] = {0, PIECE_TAG_BYTES, 100, PIECE_SIZE_SMALL - 1};
    static uint8_t piece[PIECE_SIZE_SMALL];

    for (size_t i = 0; i < 4; i++) {
        seal(m, s, &INSIDES[0], piece);
        piece[at[i]] ^= 1;
        emit(m, names[i], STATUS_FORGED, "F-23", s, NULL, BYTES_OF(piece));
    }
}

void make_piece(const char *folder)
{
    static uint8_t piece[PIECE_SIZE_SMALL];
    struct key t = sample_key("transport");
    struct id ana = sample_device("ana").id;
    struct chain c;
    struct chain_step s;
    struct maker m;

    maker_open(&m, folder, "piece");
    chain_start(&t, &ana, &c);
    chain_next(&c, &s);
    for (size_t i = 0; i < sizeof INSIDES / sizeof INSIDES[0]; i++) {
        const struct inside *in = &INSIDES[i];
        seal(&m, &s, in, piece);
        emit(&m, in->name, in->clause[0] == '\0' ? STATUS_OK : M, in->clause, &s, in,
             BYTES_OF(piece));
    }
    make_sizes(&m, &s);
    make_forgeries(&m, &s);
    chain_next(&c, &s); /* the key of the next step does not open this one */
    emit(&m, "key-of-the-next-step", STATUS_FORGED, "F-23", &s, NULL, BYTES_OF(piece));
    maker_close(&m);
}
