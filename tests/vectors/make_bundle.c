/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of manifests and of content streams. A changed manifest is signed again, so that its
 * change is its only fault. `at` counts bytes of the unsigned part:
 *   0 row, 1 version, 2 team, 36 control epoch, 70 device, 104 number, 105 prev, 139 time,
 *   144 frontier (145 and 181: rows), 217 content length, 220 piece size, 223 piece hashes, 321
 * end.
 */
#include "make.h"

#include <stdlib.h>

#define M STATUS_MALFORMED
#define L STATUS_LIMIT
#define U STATUS_UNSUPPORTED

enum { FRONTIER_AT = 144, FRONTIER_LEN = 73, UNSIGNED_LEN = 321 };

static const struct change MANIFEST[] = {
    {"good", STATUS_OK, "", 0, 0, ""},
    {"first-bundle", STATUS_OK, "", 104, 35, "01 5820(00*32)"},
    {"time-negative", STATUS_OK, "", 139, 5, "20"},
    {"frontier-empty", STATUS_OK, "", FRONTIER_AT, FRONTIER_LEN, "80"},
    {"content-empty", STATUS_OK, "", 217, 104, "00 194000 40"},
    {"content-one-byte", STATUS_OK, "", 217, 104, "01 194000 5820(77*32)"},
    {"content-one-piece-full", STATUS_OK, "", 217, 104, "193fa8 194000 5820(77*32)"},
    {"piece-size-medium", STATUS_OK, "", 217, 104, "199c40 1a00040000 5820(77*32)"},
    {"piece-size-large", STATUS_OK, "", 217, 104, "199c40 1a00400000 5820(77*32)"},
    {"most-pieces", STATUS_OK, "", 217, 104, "1a3fa80000 194000 5a00200000(77*2097152)"},

    {"row-of-11", M, "F-50", 0, 1, "8b"},
    {"row-of-13", M, "F-50", 0, 1, "8d"},
    {"row-text", M, "F-08", 0, 1, "6c"},
    {"row-long-form", M, "F-02", 0, 1, "980c"},
    {"version-0", U, "F-50", 1, 1, "00"},
    {"version-2", U, "F-50", 1, 1, "02"},
    {"version-bytes", M, "F-08", 1, 1, "4101"},
    {"team-short", M, "F-08", 2, 34, "581f(11*31)"},
    {"control-epoch-text", M, "F-08", 36, 34, "7820(61*32)"},
    {"device-long", M, "F-08", 70, 34, "5821(33*33)"},
    {"number-0", M, "F-57", 104, 1, "00"},
    {"number-over-2^53", M, "F-57", 104, 1, "1b0020000000000000"},
    {"number-long-form", M, "F-02", 104, 1, "1802"},
    {"number-negative", M, "F-08", 104, 1, "20"},
    {"prev-zero-behind-first", M, "F-57", 105, 34, "5820(00*32)"},
    {"prev-set-at-first", M, "F-57", 104, 1, "01"},
    {"prev-short", M, "F-08", 105, 34, "50(22*16)"},
    {"time-text", M, "F-08", 139, 5, "6130"},
    {"time-over-63-bit", M, "F-08", 139, 5, "1b8000000000000000"},
    {"time-below-63-bit", M, "F-01", 139, 5, "3b8000000000000000"},
    {"time-float", M, "F-01", 139, 5, "fb(41*8)"},
    {"frontier-map", M, "F-08", FRONTIER_AT, FRONTIER_LEN, "a0"},
    {"frontier-descending", M, "F-55", FRONTIER_AT, FRONTIER_LEN,
     "82 82 5820(20*32) 05 82 5820(10*32) 05"},
    {"frontier-equal", M, "F-55", FRONTIER_AT, FRONTIER_LEN,
     "82 82 5820(20*32) 05 82 5820(20*32) 05"},
    {"frontier-seq-0", M, "F-55", FRONTIER_AT, FRONTIER_LEN, "81 82 5820(20*32) 00"},
    {"frontier-seq-over-2^53", M, "F-55", FRONTIER_AT, FRONTIER_LEN,
     "81 82 5820(20*32) 1b0020000000000000"},
    {"frontier-row-of-3", M, "F-55", FRONTIER_AT, FRONTIER_LEN, "81 83 5820(20*32) 05 05"},
    {"frontier-row-number", M, "F-08", FRONTIER_AT, FRONTIER_LEN, "81 05"},
    {"frontier-device-short", M, "F-08", FRONTIER_AT, FRONTIER_LEN, "81 82 41 20 05"},
    {"content-length-text", M, "F-08", 217, 3, "6130"},
    {"content-length-long-form", M, "F-02", 217, 3, "1a00009c40"},
    {"piece-size-0", M, "F-52", 220, 3, "00"},
    {"piece-size-16383", M, "F-52", 220, 3, "193fff"},
    {"piece-size-32768", M, "F-52", 220, 3, "198000"},
    {"piece-size-huge", M, "F-52", 220, 3, "1b(ff*8)"},
    {"hashes-one-fewer", M, "F-52", 223, 98, "5840(77*64)"},
    {"hashes-one-more", M, "F-52", 223, 98, "5880(77*128)"},
    {"hashes-none", M, "F-52", 223, 98, "40"},
    {"hashes-not-whole", M, "F-52", 223, 98, "5861(77*97)"},
    {"hashes-array", M, "F-08", 223, 98, "80"},
    {"hash-for-no-content", M, "F-52", 217, 3, "00"},
    {"content-one-byte-over", M, "F-52", 217, 104, "193fa9 194000 5820(77*32)"},
    {"too-many-pieces", L, "F-51", 217, 3, "1a3fa80001"},
    {"content-length-huge", L, "F-51", 217, 3, "1b(ff*8)"},
    {"hashes-over-limit", M, "F-08", 217, 104, "1a3fa80000 194000 5a00200020(77*2097184)"},
    {"longer-than-the-limit", L, "F-51", UNSIGNED_LEN, 0, "(00*3145344)"},
    {"signature-null", M, "F-08", UNSIGNED_LEN, 0, "f6"},
    {"second-signature", M, "F-07", UNSIGNED_LEN, 0, "5840(00*64)"},
};

static void sign(struct maker *m, const struct id *team, const uint8_t sk[static 64],
                 struct buf *manifest)
{
    struct id hash;
    uint8_t signature[64];
    hash_domain("valise/manifest-body", buf_view(manifest), BYTES(NULL, 0), &hash);
    statement_sign("valise/manifest", team, BYTES_OF(hash.b), sk, signature);
    add_hex(&m->cx, manifest, "5840");
    GOOD(buf_add(&m->cx, manifest, BYTES_OF(signature)));
}

static void emit_manifest(struct maker *m, const char *name, enum status status, const char *clause,
                          bytes manifest)
{
    struct sample_device ana = sample_device("ana");
    struct id hash;
    vector_begin(m, name, status, clause);
    vector_bytes(m, "sign_pk", BYTES_OF(ana.sign_pk));
    if (status == STATUS_OK) {
        manifest_hash(manifest, &hash);
        vector_bytes(m, "hash", BYTES_OF(hash.b));
    }
    vector_end(m, manifest);
}

static void make_base(struct maker *m, struct buf *out)
{
    struct entry_dep two[2] = {{.device = {{0x10}}, .seq = 3}, {.device = {{0x20}}, .seq = 9}};
    struct sample_device ana = sample_device("ana");
    uint8_t hashes[96];
    struct buf frontier;
    struct manifest f = {.team = sample_id("team"),
                         .control_epoch = sample_id("control epoch"),
                         .device = ana.id,
                         .number = 2,
                         .prev = sample_id("manifest 1"),
                         .time = 1700000000,
                         .content_len = 40000,
                         .piece_size = PIECE_SIZE_SMALL,
                         .piece_hashes = BYTES_OF(hashes)};
    memset(hashes, 0x77, sizeof hashes);
    buf_init(&frontier, 256);
    GOOD(entry_deps_write(&m->cx, two, 2, &frontier));
    f.frontier = buf_view(&frontier);
    GOOD(manifest_write(&m->cx, &f, ana.sign_sk, out));
    MUST(out->len == UNSIGNED_LEN + 66);
    buf_finish(&frontier);
}

static void make_signatures(struct maker *m, bytes base)
{
    static const char *const names[] = {"signed-by-another", "signed-for-another-team",
                                        "signature-bit", "signature-cut", "cut-in-the-middle"};
    for (size_t i = 0; i < 5; i++) {
        struct buf out;
        struct id team = sample_id(i == 1 ? "another team" : "team");
        buf_init(&out, 4096);
        GOOD(buf_add(&m->cx, &out, BYTES(base.ptr, UNSIGNED_LEN)));
        sign(m, &team, sample_device(i == 0 ? "bea" : "ana").sign_sk, &out);
        out.ptr[out.len - 1] ^= i == 2 ? 0x10 : 0;
        out.len = i == 3 ? out.len - 1 : i == 4 ? 200 : out.len;
        emit_manifest(m, names[i], i < 3 ? STATUS_FORGED : M, i < 3 ? "F-56" : "F-01",
                      buf_view(&out));
        buf_finish(&out);
    }
}

static void make_large_frontier(struct maker *m, bytes base, size_t count, const char *name,
                                enum status status, const char *clause)
{
    struct entry_dep *rows = calloc(count, sizeof *rows);
    struct id team = sample_id("team");
    struct buf out;

    MUST(rows != NULL);
    buf_init(&out, MIB);
    for (size_t i = 0; i < count; i++) {
        rows[i].seq = 1;
        rows[i].device.b[0] = (uint8_t)(i >> 8);
        rows[i].device.b[1] = (uint8_t)i;
    }
    GOOD(buf_add(&m->cx, &out, BYTES(base.ptr, FRONTIER_AT)));
    GOOD(entry_deps_write(&m->cx, rows, count, &out));
    size_t behind = FRONTIER_AT + FRONTIER_LEN;
    GOOD(buf_add(&m->cx, &out, BYTES(base.ptr + behind, UNSIGNED_LEN - behind)));
    sign(m, &team, sample_device("ana").sign_sk, &out);
    emit_manifest(m, name, status, clause, buf_view(&out));
    buf_finish(&out);
    free(rows);
}

static void make_manifests(const char *folder)
{
    struct id team = sample_id("team");
    struct maker m;
    struct buf base, out;

    maker_open(&m, folder, "manifest");
    buf_init(&base, 4096);
    buf_init(&out, 4 * MIB);
    make_base(&m, &base);
    for (size_t i = 0; i < sizeof MANIFEST / sizeof MANIFEST[0]; i++) {
        const struct change *c = &MANIFEST[i];
        buf_clear(&out);
        change_apply(&m.cx, BYTES(base.ptr, UNSIGNED_LEN), c, &out);
        sign(&m, &team, sample_device("ana").sign_sk, &out);
        emit_manifest(&m, c->name, c->status, c->clause, buf_view(&out));
    }
    make_signatures(&m, buf_view(&base));
    make_large_frontier(&m, buf_view(&base), DEVICES_MAX, "frontier-most", STATUS_OK, "");
    make_large_frontier(&m, buf_view(&base), DEVICES_MAX + 1, "frontier-too-many", L, "F-55");
    maker_close(&m);
    buf_finish(&base);
    buf_finish(&out);
}

/* ---- content --------------------------------------------------------------------------------- */

/* h: head of "ana"; e<lamport><device a or b>: entry; other words: hex of a frame or of anything.
 */
struct stream {
    const char *name;
    enum status status;
    const char *clause;
    const char *const parts[6];
};

#define HEAD_BODY "5820(11*32) 07 5820(22*32) 5840(33*64)"

static const struct stream CONTENT[] = {
    {"empty", STATUS_OK, "", {NULL}},
    {"one-head", STATUS_OK, "", {"h"}},
    {"heads-only", STATUS_OK, "", {"h", "h"}},
    {"entries-only", STATUS_OK, "", {"e9a", "e9b"}},
    {"heads-then-entries", STATUS_OK, "", {"h", "h", "e7a", "e8a", "e8b"}},
    {"fork-side-by-side", STATUS_OK, "", {"h", "e8a", "e8a"}},
    {"one-entry", STATUS_OK, "", {"e7a"}},
    {"head-behind-entry", M, "F-53", {"e7a", "h"}},
    {"lamport-descends", M, "F-53", {"h", "e8a", "e7a"}},
    {"device-descends", M, "F-53", {"h", "e8b", "e8a"}},
    {"length-cut", M, "F-54", {"h", "(05*3)"}},
    {"item-cut", M, "F-54", {"h", "89000000 8501"}},
    {"item-missing", M, "F-54", {"h", "89000000"}},
    {"length-over-limit", L, "F-54", {"h", "3d001200"}},
    {"length-four-gib", L, "F-54", {"ffffffff"}},
    {"length-0", M, "F-01", {"00000000"}},
    {"length-too-short", M, "F-01", {"87000000 8501 5820(11*32) 07 5820(22*32) 5840(33*62)"}},
    {"length-too-long", M, "F-07", {"8a000000 8501" HEAD_BODY "00"}},
    {"kind-0", U, "F-54", {"89000000 8500" HEAD_BODY}},
    {"kind-3", U, "F-54", {"89000000 8503" HEAD_BODY}},
    {"kind-text", M, "F-08", {"8a000000 856131" HEAD_BODY}},
    {"kind-long-form", M, "F-02", {"8a000000 851801" HEAD_BODY}},
    {"head-of-six", U, "F-54", {"8a000000 8601" HEAD_BODY "00"}},
    {"entry-of-two", U, "F-54", {"04000000 8202 4101"}},
    {"entry-of-four", U, "F-54", {"07000000 8402 4101 4101 00"}},
    {"item-map", M, "F-08", {"04000000 a102 4101"}},
    {"item-number", M, "F-08", {"01000000 07"}},
    {"head-seq-0", M, "F-36", {"89000000 8501 5820(11*32) 00 5820(22*32) 5840(33*64)"}},
    {"head-seq-over-2^53",
     M,
     "F-36",
     {"91000000 8501 5820(11*32) 1b0020000000000000 5820(22*32) 5840(33*64)"}},
    {"head-device-short", M, "F-08", {"88000000 8501 581f(11*31) 07 5820(22*32) 5840(33*64)"}},
    {"head-id-text", M, "F-08", {"89000000 8501 5820(11*32) 07 7820(61*32) 5840(33*64)"}},
    {"head-signature-short", M, "F-08", {"88000000 8501 5820(11*32) 07 5820(22*32) 583f(33*63)"}},
    {"entry-header-empty", M, "F-08", {"05000000 8302 40 4101"}},
    {"entry-body-empty", M, "F-08", {"05000000 8302 4101 40"}},
    {"entry-header-over-limit", M, "F-08", {"0a000100 8302 5a00010001(11*65537) 4101"}},
    {"entry-body-over-limit", M, "F-08", {"0a001100 8302 4101 5a00110001(11*1114113)"}},
    {"entry-header-array", M, "F-08", {"05000000 8302 80 4101"}},
    {"entry-header-not-canonical", M, "F-30", {"06000000 8302 4180 4101"}},
};

static void add_part(struct maker *m, const char *part, struct buf *out)
{
    if (part[0] == 'h') {
        struct head h = {.device = sample_id("d"), .seq = 7, .id = sample_id("i")};
        memset(h.signature, 0x33, sizeof h.signature);
        GOOD(content_write_head(&m->cx, &h, out));
    } else if (part[0] == 'e' && (part[2] == 'a' || part[2] == 'b') && part[3] == '\0') {
        struct entry_header h = sample_header(BYTES(NULL, 0));
        struct buf header;
        h.device = (struct id){{(uint8_t)part[2]}};
        h.lamport = (uint64_t)(part[1] - '0');
        buf_init(&header, 4096);
        GOOD(entry_header_write(&m->cx, &h, &header));
        GOOD(content_write_entry(&m->cx, buf_view(&header), BYTES("\x42", 1), out));
        buf_finish(&header);
    } else {
        add_hex(&m->cx, out, part);
    }
}

static void make_contents(const char *folder)
{
    struct maker m;
    struct buf out;

    maker_open(&m, folder, "content");
    buf_init(&out, 4 * MIB);
    for (size_t i = 0; i < sizeof CONTENT / sizeof CONTENT[0]; i++) {
        buf_clear(&out);
        for (size_t p = 0; p < 6 && CONTENT[i].parts[p] != NULL; p++) {
            add_part(&m, CONTENT[i].parts[p], &out);
        }
        vector_begin(&m, CONTENT[i].name, CONTENT[i].status, CONTENT[i].clause);
        vector_end(&m, buf_view(&out));
    }
    maker_close(&m);
    buf_finish(&out);
}

/* ---- receipts -------------------------------------------------------------------------------- */

enum { RECEIPT_FAULTS = 9 };

static void emit_receipt(struct maker *m, const char *name, enum status status, const char *signer,
                         const struct id *manifest, bytes receipt)
{
    struct sample_device d = sample_device(signer);
    struct id team = sample_id("team");
    vector_begin(m, name, status, status == STATUS_OK ? "" : "F-59");
    vector_bytes(m, "team", BYTES_OF(team.b));
    vector_bytes(m, "manifest", BYTES_OF(manifest->b));
    vector_bytes(m, "sign_pk", BYTES_OF(d.sign_pk));
    vector_bytes(m, "device", BYTES_OF(d.id.b));
    vector_end(m, receipt);
}

static void make_receipts(const char *folder)
{
    static const struct {
        const char *name, *team, *of, *signer;
        size_t len;
        size_t flip; /* byte whose bit is turned; SIZE_MAX: none */
        enum status status;
    } rows[RECEIPT_FAULTS] = {
        {"good", "team", "manifest 2", "ana", RECEIPT_BYTES, SIZE_MAX, STATUS_OK},
        {"empty", "team", "manifest 2", "ana", 0, SIZE_MAX, M},
        {"cut", "team", "manifest 2", "ana", RECEIPT_BYTES - 1, SIZE_MAX, M},
        {"byte-too-many", "team", "manifest 2", "ana", RECEIPT_BYTES + 1, SIZE_MAX, M},
        {"of-another-bundle", "team", "manifest 1", "ana", RECEIPT_BYTES, SIZE_MAX, STATUS_FORGED},
        {"for-another-team", "another team", "manifest 2", "ana", RECEIPT_BYTES, SIZE_MAX,
         STATUS_FORGED},
        {"signed-by-another", "team", "manifest 2", "bea", RECEIPT_BYTES, SIZE_MAX, STATUS_FORGED},
        {"nonce-bit", "team", "manifest 2", "ana", RECEIPT_BYTES, 3, STATUS_FORGED},
        {"mac-bit", "team", "manifest 2", "ana", RECEIPT_BYTES, RECEIPT_BYTES - 1, STATUS_FORGED},
    };
    struct sample_device ana = sample_device("ana");
    struct id wanted = sample_id("manifest 2");
    struct maker m;

    maker_open(&m, folder, "receipt");
    for (size_t i = 0; i < RECEIPT_FAULTS; i++) {
        struct id team = sample_id(rows[i].team), of = sample_id(rows[i].of);
        struct buf out;
        buf_init(&out, 256);
        GOOD(
            receipt_write(&m.cx, &team, &of, &ana.id, sample_device(rows[i].signer).sign_sk, &out));
        GOOD(buf_add_byte(&m.cx, &out, 0));
        if (rows[i].flip != SIZE_MAX) {
            out.ptr[rows[i].flip] ^= 1;
        }
        out.len = rows[i].len;
        emit_receipt(&m, rows[i].name, rows[i].status, "ana", &wanted, buf_view(&out));
        buf_finish(&out);
    }
    maker_close(&m);
}

void make_bundle(const char *folder)
{
    make_manifests(folder);
    make_receipts(folder);
    make_contents(folder);
}
