/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of sealed bodies. Every inside is laid out, padded, given its right nonce and sealed here
 * by hand, so that a body can be wrong in one place only; zstd frames are written in hex.
 */
#include "make.h"

#include <stdlib.h>

#define M STATUS_MALFORMED
#define L STATUS_LIMIT
#define U STATUS_UNSUPPORTED

/* Pieces of zstd: the magic number; single-segment descriptor with a 1-, 2- or 4-byte size. */
#define MAGIC "28b52ffd"
/* A last block that repeats 76 a hundred times; three hundred times. */
#define RLE_100  "230300 76"
#define RLE_300  "630900 76"
#define GOOD_100 MAGIC "20 64" RLE_100

struct inside {
    const char *name;
    enum status status;
    const char *clause;
    unsigned method;
    uint32_t plain_len;
    const char *data;
};

static const struct inside INSIDES[] = {
    {"raw-empty", STATUS_OK, "", 0, 0, ""},
    {"raw-one", STATUS_OK, "", 0, 1, "00"},
    {"raw-fills-the-smallest", STATUS_OK, "", 0, 55, "(61*55)"},
    {"raw-one-over-the-smallest", STATUS_OK, "", 0, 56, "(61*56)"},
    {"zstd-repeat", STATUS_OK, "", 1, 100, GOOD_100},
    {"zstd-two-blocks", STATUS_OK, "", 1, 200, MAGIC "20 c8 220300 76" RLE_100},
    {"zstd-raw-block", STATUS_OK, "", 1, 130,
     MAGIC "20 82 f00000 6162636465666768696a6b6c6d6e6f70"
           "7172737475767778797a30313233 230300 76"},
    {"zstd-empty-block", STATUS_OK, "", 1, 100, MAGIC "20 64 000000" RLE_100},
    {"zstd-two-byte-size", STATUS_OK, "", 1, 300, MAGIC "60 2c00" RLE_300},
    {"zstd-four-byte-size", STATUS_OK, "", 1, 100, MAGIC "a0 64000000" RLE_100},
    {"zstd-eight-byte-size", STATUS_OK, "", 1, 100, MAGIC "e0 64(00*7)" RLE_100},
    {"zstd-window-8-mib", STATUS_OK, "", 1, 300, MAGIC "40 68 2c00" RLE_300},
    {"zstd-sequences", STATUS_OK, "", 1, 184,
     MAGIC "20b81d0200640276616c6973652062756e646c652070696563652c206f6e20616e643b616f662070696563"
           "65730a002423242b2220430624d40161844c02582588d9888b7bc43795"},
    {"zstd-fse-tables", STATUS_OK, "", 1, 184,
     MAGIC "20b8ed0100a2820910d0b5015429b7994c2965c1741e086f017bbaa9478e03a60bc79806a79bfa574884"
           "bf76530207003c84000b4f942a87cc0294cac6253be29b4a"},
    {"zstd-huffman-literals", STATUS_OK, "", 1, 400,
     MAGIC "6090008d0600f6962d0ec0350772d9367689f0aa3a058c032a00270029000416b10103715d4c85622334"
           "9606455bff5c1248c070d54797f1431c685327965981d65adf4275b34903626a889ee4f8081fab952d08"
           "c4da6de28856e43333b85776bbbfd76a23808fbbe7609f54df0a3557774e614953cbdc345da656520af3"
           "5531730f88e269a9d68390c76c6fc63ccf498b3a8be50a053701f69c762a2496d9e07afc98bab6630ad5"
           "dbed5cd6e79b668b867a610d7cafdcb15a10a3c205460b08003323061786682061447b1151ae117f0232"
           "21250dd419"},
    {"zstd-one-mib", STATUS_OK, "", 1, 1048576,
     MAGIC "a0 00001000 020010 7602001076 02001076 02001076 02001076 02001076 02001076 03001076"},

    {"method-2", U, "F-45", 2, 1, "00"},
    {"method-255", U, "F-45", 255, 1, "00"},
    {"plain-over-one-mib", L, "F-43", 1, 1048577, GOOD_100},
    {"plain-four-gib", L, "F-43", 1, 0xffffffff, GOOD_100},
    {"raw-declares-more", M, "F-46", 0, 3, "6161"},
    {"raw-declares-less", M, "F-46", 0, 1, "6161"},
    {"zstd-not-smaller", M, "F-46", 1, 17, MAGIC "20 11 890000 (61*17)"},
    {"zstd-as-long", M, "F-46", 1, 10, MAGIC "20 0a 530000 76"},
    {"frame-empty", M, "F-42", 1, 100, ""},
    {"frame-five-bytes", M, "F-42", 1, 100, MAGIC "20"},
    {"frame-magic", M, "F-42", 1, 100, "27b52ffd 20 64" RLE_100},
    {"frame-legacy-magic", M, "F-42", 1, 100, "25b52ffd 20 64" RLE_100},
    {"frame-skippable", M, "F-42", 1, 100, "502a4d18 04000000 00000000"},
    {"frame-behind-skippable", M, "F-42", 1, 100, "502a4d18 00000000" GOOD_100},
    {"frame-before-skippable", M, "F-42", 1, 100, GOOD_100 "502a4d18 00000000"},
    {"frame-twice", M, "F-42", 1, 100, MAGIC "20 64" RLE_100 GOOD_100},
    {"frame-trailing-byte", M, "F-42", 1, 100, GOOD_100 "00"},
    {"frame-dictionary", M, "F-42", 1, 100, MAGIC "21 01 64" RLE_100},
    {"frame-checksum", M, "F-42", 1, 100, MAGIC "24 64" RLE_100 "00000000"},
    {"frame-reserved-bit", M, "F-42", 1, 100, MAGIC "28 64" RLE_100},
    {"frame-unused-bit", M, "F-42", 1, 100, MAGIC "30 64" RLE_100},
    {"frame-no-size", M, "F-42", 1, 100, MAGIC "00 00" RLE_100},
    {"frame-window-over-8-mib", M, "F-42", 1, 300, MAGIC "40 69 2c00" RLE_300},
    {"frame-window-2-tib", M, "F-42", 1, 300, MAGIC "40 f8 2c00" RLE_300},
    {"frame-size-smaller", M, "F-42", 1, 100, MAGIC "20 63 1b0300 76"},
    {"frame-size-larger", M, "F-42", 1, 100, MAGIC "60 2c00" RLE_300},
    {"frame-size-2^64-1", M, "F-42", 1, 100, MAGIC "e0 (ff*8)" RLE_100},
    {"frame-header-cut", M, "F-42", 1, 100, MAGIC "e0 640000"},
    {"frame-no-block", M, "F-42", 1, 100, MAGIC "20 64"},
    {"frame-block-cut", M, "F-42", 1, 100, MAGIC "20 64 2303"},
    {"frame-block-data-cut", M, "F-42", 1, 100, MAGIC "20 64 210300 6161"},
    {"frame-no-last-block", M, "F-42", 1, 100, MAGIC "20 64 220300 76"},
    {"frame-reserved-block", M, "F-42", 1, 100, MAGIC "20 64 270300 76"},
    {"block-gives-less", M, "F-48", 1, 100, MAGIC "20 64 1b0300 76"},
    {"block-gives-more", M, "F-48", 1, 100, MAGIC "20 64 2b0300 76"},
    {"block-gives-nothing", M, "F-48", 1, 100, MAGIC "20 64 010000"},
    {"block-gives-a-mib", M, "F-48", 1, 100, MAGIC "20 64 030080 76"},
    {"blocks-give-more", M, "F-48", 1, 100, MAGIC "20 64 220300 76" RLE_100},
    {"block-compressed-garbage", M, "F-48", 1, 100, MAGIC "20 64 450000 ffffffffffffffff"},
};

struct seal {
    struct key k;
    struct id team;
    struct entry_header h;
    bool other_nonce;
};

static void seal_inside(struct ctx *cx, struct seal *s, bytes inside, struct buf *out)
{
    GOOD(sample_body_seal(cx, &s->k, &s->team, &s->h, inside, s->other_nonce ? 1 : 0, out));
}

static void lay_out(struct ctx *cx, const struct inside *in, struct buf *out)
{
    struct buf data;
    buf_init(&data, MIB);
    add_hex(cx, &data, in->data);
    GOOD(sample_body_inside(cx, (uint8_t)in->method, in->plain_len, buf_view(&data), out));
    buf_finish(&data);
}

static struct seal seal_start(void)
{
    struct seal s = {.k = sample_key("body key"), .team = sample_id("team")};
    s.h = sample_header(BYTES(NULL, 0));
    return s;
}

static void emit(struct maker *m, const char *name, enum status status, const char *clause,
                 const struct seal *s, bytes sealed, bytes plain)
{
    struct buf header;
    buf_init(&header, ENTRY_HEADER_MAX);
    GOOD(entry_header_write(&m->cx, &s->h, &header));
    vector_begin(m, name, status, clause);
    vector_bytes(m, "team", BYTES_OF(s->team.b));
    vector_bytes(m, "key", BYTES_OF(s->k.b));
    vector_bytes(m, "header", buf_view(&header));
    if (status == STATUS_OK) {
        vector_bytes(m, "plain", plain);
    }
    vector_end(m, sealed);
    buf_finish(&header);
}

static void make_insides(struct maker *m)
{
    struct buf inside, sealed, plain;

    buf_init(&inside, MIB);
    buf_init(&sealed, BODY_SEALED_MAX);
    buf_init(&plain, BODY_PLAIN_MAX);
    for (size_t i = 0; i < sizeof INSIDES / sizeof INSIDES[0]; i++) {
        const struct inside *in = &INSIDES[i];
        struct seal s = seal_start();
        buf_clear(&inside);
        buf_clear(&sealed);
        buf_clear(&plain);
        lay_out(&m->cx, in, &inside);
        seal_inside(&m->cx, &s, buf_view(&inside), &sealed);
        if (in->status == STATUS_OK) {
            GOOD(body_open(&m->cx, &s.k, &s.team, &s.h, buf_view(&sealed), &plain));
        }
        emit(m, in->name, in->status, in->clause, &s, buf_view(&sealed), buf_view(&plain));
    }
    buf_finish(&inside);
    buf_finish(&sealed);
    buf_finish(&plain);
}

/* An inside that is wrong in its padding: bytes of hex, sealed as they are. */
static void make_paddings(struct maker *m)
{
    static const struct inside rows[] = {
        {"padding-last-byte-set", M, "F-47", 0, 0, "00 01000000 01000000 61 (00*53) 01"},
        {"padding-first-byte-set", M, "F-47", 0, 0, "00 01000000 01000000 61 01 (00*53)"},
        {"padded-to-72", M, "F-47", 0, 0, "00 01000000 01000000 61 (00*62)"},
        {"padded-to-128", M, "F-47", 0, 0, "00 01000000 01000000 61 (00*118)"},
        {"padded-not-at-all", M, "F-47", 0, 0, "00 38000000 38000000 (61*56)"},
        {"padded-by-one-too-many", M, "F-47", 0, 0, "00 38000000 38000000 (61*56) (00*8)"},
        {"data-cut", M, "F-45", 0, 0, "00 38000000 38000000 (61*55)"},
        {"data-four-gib", M, "F-45", 0, 0, "01 00001000 ffffffff (61*55)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal s = seal_start();
        struct buf inside, sealed;
        buf_init(&inside, 1024);
        buf_init(&sealed, 1024);
        add_hex(&m->cx, &inside, rows[i].data);
        seal_inside(&m->cx, &s, buf_view(&inside), &sealed);
        emit(m, rows[i].name, rows[i].status, rows[i].clause, &s, buf_view(&sealed),
             BYTES(NULL, 0));
        buf_finish(&inside);
        buf_finish(&sealed);
    }
}

/* A good body whose header, key, team or bytes are changed after sealing. */
static void make_bindings(struct maker *m)
{
    static const struct inside good = {"", STATUS_OK, "", 0, 5, "68656c6c6f"};
    static const char *const names[] = {
        "other-device",  "other-seq",  "other-prev",        "other-deps",  "other-view",
        "other-lamport", "other-via",  "other-compartment", "other-epoch", "other-team",
        "other-key",     "hash-wrong", "length-wrong",      "byte-wrong",  "nonce-other"};
    struct entry_dep dep = {.device = {{9}}, .seq = 1};
    struct buf inside, deps;

    buf_init(&inside, 1024);
    buf_init(&deps, 1024);
    lay_out(&m->cx, &good, &inside);
    GOOD(entry_deps_write(&m->cx, &dep, 1, &deps));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct seal s = seal_start();
        struct buf sealed;
        buf_init(&sealed, 1024);
        s.other_nonce = i == 14; /* [F-41] a reader takes any */
        seal_inside(&m->cx, &s, buf_view(&inside), &sealed);
        struct entry_header *h = &s.h;
        uint8_t *const bytes_at[] = {
            h->device.b,    NULL,       h->prev.b, NULL,  h->view.b,      NULL, h->via.b,
            h->compartment, h->epoch.b, s.team.b,  s.k.b, h->body_hash.b, NULL, sealed.ptr + 50};
        if (i < 14 && bytes_at[i] != NULL) {
            bytes_at[i][3] ^= 1;
        }
        h->seq += i == 1;
        h->lamport += i == 5;
        h->body_len += i == 12;
        h->deps = i == 3 ? buf_view(&deps) : h->deps;
        const char *clause = i == 14 ? "" : i >= 11 ? "F-49" : "F-40";
        emit(m, names[i], i == 14 ? STATUS_OK : STATUS_FORGED, clause, &s, buf_view(&sealed),
             i == 14 ? BYTES("hello", 5) : BYTES(NULL, 0));
        buf_finish(&sealed);
    }
    buf_finish(&inside);
    buf_finish(&deps);
}

/* The AEAD itself: a change that the header's hash was made over. */
static void make_forgeries(struct maker *m)
{
    static const struct inside good = {"", STATUS_OK, "", 0, 5, "68656c6c6f"};
    static const char *const names[] = {"nonce-bit", "ciphertext-bit", "mac-bit"};
    static const size_t at[] = {0, 30, 103};
    for (size_t i = 0; i < 3; i++) {
        struct seal s = seal_start();
        struct buf inside, sealed;
        buf_init(&inside, 1024);
        buf_init(&sealed, 1024);
        lay_out(&m->cx, &good, &inside);
        seal_inside(&m->cx, &s, buf_view(&inside), &sealed);
        sealed.ptr[at[i]] ^= 0x80;
        crypto_generichash(s.h.body_hash.b, 32, sealed.ptr, sealed.len, NULL, 0);
        emit(m, names[i], STATUS_FORGED, "F-40", &s, buf_view(&sealed), BYTES(NULL, 0));
        buf_finish(&inside);
        buf_finish(&sealed);
    }
    struct seal s = seal_start();
    uint8_t *zeros = calloc(1, BODY_SEALED_MAX + 1);
    MUST(zeros != NULL);
    emit(m, "empty", M, "F-44", &s, BYTES(NULL, 0), BYTES(NULL, 0));
    emit(m, "shorter-than-the-smallest", M, "F-44", &s, BYTES(zeros, BODY_SEALED_MIN - 1),
         BYTES(NULL, 0));
    emit(m, "longer-than-the-largest", L, "F-44", &s, BYTES(zeros, BODY_SEALED_MAX + 1),
         BYTES(NULL, 0));
    free(zeros);
}

void make_body(const char *folder)
{
    struct maker m;
    maker_open(&m, folder, "body");
    make_insides(&m);
    make_paddings(&m);
    make_bindings(&m);
    make_forgeries(&m);
    maker_close(&m);
}
