/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of entry headers (each with the id it gives when it is good) and of signed heads. The
 * base header has two deps; `at` in the table counts bytes of its encoding:
 *   0 row, 1 version, 2 device, 36 seq, 37 prev, 71 deps (72 and 108: rows), 144 view, 178 lamport,
 *   180 via, 214 compartment, 231 epoch, 265 body_len, 267 body_hash, 301 end.
 */
#include "make.h"

#include <stdlib.h>

#define M STATUS_MALFORMED
#define L STATUS_LIMIT

enum { DEPS_AT = 71, DEPS_LEN = 73, BASE_LEN = 301 };

static const struct change ENTRY[] = {
    {"two-deps", STATUS_OK, "", 0, 0, ""},
    {"no-deps", STATUS_OK, "", DEPS_AT, DEPS_LEN, "80"},
    {"one-dep", STATUS_OK, "", DEPS_AT, 37, "81"},
    {"first-entry", STATUS_OK, "", 36, 35, "01 5820(00*32)"},
    {"via-zero", STATUS_OK, "", 180, 34, "5820(00*32)"},
    {"seq-24", STATUS_OK, "", 36, 1, "1818"},
    {"lamport-equals-seq", STATUS_OK, "", 178, 2, "07"},
    {"lamport-largest", STATUS_OK, "", 178, 2, "1b001fffffffffffff"},
    {"body-smallest", STATUS_OK, "", 265, 2, "1868"},
    {"body-largest", STATUS_OK, "", 265, 2, "1a00110000"},

    {"empty", M, "F-01", 0, BASE_LEN, ""},
    {"cut-in-hash", M, "F-01", 300, 1, ""},
    {"cut-before-hash", M, "F-01", 267, 34, ""},
    {"map-instead-of-row", M, "F-08", 0, 1, "ac"},
    {"row-of-11", M, "F-30", 0, 1, "8b"},
    {"row-of-13", M, "F-30", 0, 1, "8d"},
    {"row-long-form", M, "F-02", 0, 1, "980c"},
    {"row-indefinite", M, "F-03", 0, 1, "9f"},
    {"version-0", STATUS_UNSUPPORTED, "F-30", 1, 1, "00"},
    {"version-2", STATUS_UNSUPPORTED, "F-30", 1, 1, "02"},
    {"version-text", M, "F-08", 1, 1, "6131"},
    {"version-long-form", M, "F-02", 1, 1, "1801"},
    {"device-31-bytes", M, "F-08", 2, 34, "581f(11*31)"},
    {"device-33-bytes", M, "F-08", 2, 34, "5821(11*33)"},
    {"device-text", M, "F-08", 2, 34, "7820(61*32)"},
    {"device-length-long-form", M, "F-02", 2, 2, "590020"},
    {"device-indefinite", M, "F-03", 2, 2, "5f"},
    {"seq-0", M, "F-33", 36, 1, "00"},
    {"seq-over-2^53", M, "F-33", 36, 1, "1b0020000000000000"},
    {"seq-negative", M, "F-08", 36, 1, "26"},
    {"seq-long-form", M, "F-02", 36, 1, "1807"},
    {"seq-float", M, "F-01", 36, 1, "f94700"},
    {"seq-tagged", M, "F-01", 36, 1, "c107"},
    {"prev-zero-behind-first", M, "F-33", 37, 34, "5820(00*32)"},
    {"prev-set-at-first", M, "F-33", 36, 1, "01"},
    {"prev-null", M, "F-08", 37, 34, "f6"},
    {"prev-short", M, "F-08", 37, 34, "50(22*16)"},
    {"deps-null", M, "F-08", DEPS_AT, DEPS_LEN, "f6"},
    {"deps-map", M, "F-08", DEPS_AT, DEPS_LEN, "a0"},
    {"deps-count-long-form", M, "F-02", DEPS_AT, 1, "9802"},
    {"deps-descending", M, "F-34", DEPS_AT, DEPS_LEN, "82 82 5820(20*32) 05 82 5820(10*32) 05"},
    {"deps-equal", M, "F-34", DEPS_AT, DEPS_LEN, "82 82 5820(20*32) 05 82 5820(20*32) 06"},
    {"dep-seq-0", M, "F-34", DEPS_AT, DEPS_LEN, "81 82 5820(20*32) 00"},
    {"dep-seq-over-2^53", M, "F-34", DEPS_AT, DEPS_LEN, "81 82 5820(20*32) 1b0020000000000000"},
    {"dep-seq-text", M, "F-08", DEPS_AT, DEPS_LEN, "81 82 5820(20*32) 6135"},
    {"dep-of-three", M, "F-34", DEPS_AT, DEPS_LEN, "81 83 5820(20*32) 05 00"},
    {"dep-of-one", M, "F-34", DEPS_AT, DEPS_LEN, "81 81 5820(20*32)"},
    {"dep-not-a-row", M, "F-08", DEPS_AT, DEPS_LEN, "81 05"},
    {"dep-device-short", M, "F-08", DEPS_AT, DEPS_LEN, "81 82 50(20*16) 05"},
    {"deps-count-over-rest", M, "F-01", DEPS_AT, 1, "9a00010000"},
    {"view-short", M, "F-08", 144, 34, "581f(33*31)"},
    {"lamport-0", M, "F-37", 178, 2, "00"},
    {"lamport-below-seq", M, "F-37", 178, 2, "06"},
    {"lamport-over-2^53", M, "F-37", 178, 2, "1b0020000000000000"},
    {"lamport-long-form", M, "F-02", 178, 2, "190028"},
    {"via-long", M, "F-08", 180, 34, "5821(44*33)"},
    {"compartment-15-bytes", M, "F-08", 214, 17, "4f(55*15)"},
    {"compartment-32-bytes", M, "F-08", 214, 17, "5820(55*32)"},
    {"epoch-empty", M, "F-08", 231, 34, "40"},
    {"body-len-0", M, "F-44", 265, 2, "00"},
    {"body-len-103", M, "F-44", 265, 2, "1867"},
    {"body-len-over-limit", L, "F-44", 265, 2, "1a00110001"},
    {"body-len-huge", L, "F-44", 265, 2, "1b(ff*8)"},
    {"body-len-bytes", M, "F-08", 265, 2, "4168"},
    {"body-hash-short", M, "F-08", 267, 34, "581f(66*31)"},
    {"trailing-zero", M, "F-07", BASE_LEN, 0, "00"},
    {"trailing-second-row", M, "F-07", BASE_LEN, 0, "8c"},
    {"longer-than-the-limit", L, "F-31", BASE_LEN, 0, "(00*65236)"},
};

static void put_many_deps(struct maker *m, size_t count, struct buf *out)
{
    struct entry_dep *deps = calloc(count, sizeof *deps);
    MUST(deps != NULL);
    for (size_t i = 0; i < count; i++) {
        deps[i].seq = i + 1;
        deps[i].device.b[0] = (uint8_t)(i >> 8);
        deps[i].device.b[1] = (uint8_t)i;
    }
    GOOD(entry_deps_write(&m->cx, deps, count, out));
    free(deps);
}

static void emit_header(struct maker *m, const char *name, enum status status, const char *clause,
                        bytes header)
{
    struct id team = sample_id("team"), id;
    vector_begin(m, name, status, clause);
    vector_bytes(m, "team", BYTES_OF(team.b));
    if (status == STATUS_OK) {
        entry_id(&team, header, &id);
        vector_bytes(m, "id", BYTES_OF(id.b));
    }
    vector_end(m, header);
}

/* Faults that need more than a few bytes: many deps, and the own device among them. */
static void make_large_headers(struct maker *m)
{
    struct entry_header h = sample_header(BYTES(NULL, 0));
    struct entry_dep own = {.device = h.device, .seq = 3};
    struct buf deps, out;

    buf_init(&deps, MIB);
    buf_init(&out, MIB);
    GOOD(entry_deps_write(&m->cx, &own, 1, &deps));
    h.deps = buf_view(&deps);
    GOOD(entry_header_write(&m->cx, &h, &out));
    emit_header(m, "dep-own-device", M, "F-34", buf_view(&out));
    for (size_t over = 0; over < 2; over++) {
        buf_clear(&deps);
        buf_clear(&out);
        put_many_deps(m, ENTRY_DEPS_MAX + over, &deps);
        h.deps = buf_view(&deps);
        GOOD(entry_header_write(&m->cx, &h, &out));
        emit_header(m, over == 0 ? "most-deps" : "too-many-deps", over == 0 ? STATUS_OK : L,
                    over == 0 ? "" : "F-34", buf_view(&out));
    }
    buf_finish(&deps);
    buf_finish(&out);
}

static void make_headers(const char *folder)
{
    struct entry_dep two[2] = {{.device = {{0x10}}, .seq = 3}, {.device = {{0x20}}, .seq = 9}};
    struct entry_header h;
    struct maker m;
    struct buf deps, base, out;

    maker_open(&m, folder, "entry");
    buf_init(&deps, 256);
    buf_init(&base, 4096);
    buf_init(&out, MIB);
    GOOD(entry_deps_write(&m.cx, two, 2, &deps));
    h = sample_header(buf_view(&deps));
    GOOD(entry_header_write(&m.cx, &h, &base));
    MUST(base.len == BASE_LEN);
    for (size_t i = 0; i < sizeof ENTRY / sizeof ENTRY[0]; i++) {
        buf_clear(&out);
        change_apply(&m.cx, buf_view(&base), &ENTRY[i], &out);
        emit_header(&m, ENTRY[i].name, ENTRY[i].status, ENTRY[i].clause, buf_view(&out));
    }
    make_large_headers(&m);
    maker_close(&m);
    buf_finish(&deps);
    buf_finish(&base);
    buf_finish(&out);
}

/* ---- heads: an item of the content, whose signature is checked ------------------------------- */

struct head_case {
    const char *name;
    const char *team;   /* signed for this team; read for "team" */
    const char *signer; /* signed by this device's key; read with ana's */
    uint64_t seq_added; /* after signing */
    size_t flip;        /* byte of the item to change after signing, 0 for none */
    enum status status;
};

/* item: 0 length, 4 row, 5 kind, 6 device, 40 seq, 41 id, 75 signature (77: R, 109: S) */
static const struct head_case HEADS[] = {
    {"good", "team", "ana", 0, 0, STATUS_OK},
    {"other-team", "another team", "ana", 0, 0, STATUS_FORGED},
    {"other-signer", "team", "bea", 0, 0, STATUS_FORGED},
    {"seq-moved", "team", "ana", 1, 0, STATUS_FORGED},
    {"device-changed", "team", "ana", 0, 8, STATUS_FORGED},
    {"id-changed", "team", "ana", 0, 74, STATUS_FORGED},
    {"signature-r-changed", "team", "ana", 0, 77, STATUS_FORGED},
    {"signature-s-changed", "team", "ana", 0, 109, STATUS_FORGED},
};

static void emit_head(struct maker *m, const char *name, enum status status, bytes item)
{
    struct sample_device ana = sample_device("ana");
    struct id team = sample_id("team");
    vector_begin(m, name, status, status == STATUS_OK ? "" : "F-36");
    vector_bytes(m, "team", BYTES_OF(team.b));
    vector_bytes(m, "sign_pk", BYTES_OF(ana.sign_pk));
    vector_end(m, item);
}

/* S + L is the same residue and must not be a second signature. */
static void add_group_order(uint8_t s[static 32])
{
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                      0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                      0,    0,    0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0x10};
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)s[i] + order[i];
        s[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

static void make_heads(const char *folder)
{
    struct maker m;
    struct buf out;
    struct head h;

    maker_open(&m, folder, "head");
    buf_init(&out, 4096);
    for (size_t i = 0; i < sizeof HEADS / sizeof HEADS[0]; i++) {
        const struct head_case *c = &HEADS[i];
        struct id team = sample_id(c->team);
        h = (struct head){.device = sample_device("ana").id, .seq = 7, .id = sample_id("entry 7")};
        head_sign(&team, sample_device(c->signer).sign_sk, &h);
        h.seq += c->seq_added;
        buf_clear(&out);
        GOOD(content_write_head(&m.cx, &h, &out));
        MUST(c->flip < out.len);
        out.ptr[c->flip] ^= c->flip > 0 ? 1 : 0;
        emit_head(&m, c->name, c->status, buf_view(&out));
    }
    out.ptr[109] ^= 1; /* good again */
    add_group_order(out.ptr + 109);
    emit_head(&m, "signature-s-plus-order", STATUS_FORGED, buf_view(&out));
    memset(out.ptr + 77, 0, 64);
    emit_head(&m, "signature-zero", STATUS_FORGED, buf_view(&out));
    out.ptr[77] = 1; /* R the neutral element, S = 0 */
    emit_head(&m, "signature-neutral", STATUS_FORGED, buf_view(&out));
    /* the same words signed for another purpose */
    struct id team = sample_id("team");
    uint8_t body[72];
    memcpy(body, h.device.b, 32);
    put_u64le(body + 32, h.seq);
    memcpy(body + 40, h.id.b, 32);
    statement_sign("valise/manifest", &team, BYTES_OF(body), sample_device("ana").sign_sk,
                   h.signature);
    buf_clear(&out);
    GOOD(content_write_head(&m.cx, &h, &out));
    emit_head(&m, "signed-for-another-purpose", STATUS_FORGED, buf_view(&out));
    maker_close(&m);
    buf_finish(&out);
}

void make_entry(const char *folder)
{
    make_headers(folder);
    make_heads(folder);
}
