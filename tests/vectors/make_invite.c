/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of invite files, and the derivations that no object shows by itself: ids, chains,
 * fingerprints, padding sizes. The inside of an invite is built, signed and sealed by hand.
 */
#include "make.h"

#define M STATUS_MALFORMED
#define L STATUS_LIMIT
#define U STATUS_UNSUPPORTED

enum { NONCE = 24, MAC = 16, ROW_LEN = 111, INSIDE_LEN = 1024 };

/* The row before its signature: 0 row, 1 team, 35 inviter, 69 key, 103 payload, 111 end. */
static const struct change ROWS[] = {
    {"good", STATUS_OK, "", 0, 0, ""},
    {"payload-empty", STATUS_OK, "", 103, 8, "40"},
    {"payload-longer", STATUS_OK, "", 103, 8, "5904d2(77*1234)"},
    {"inside-row-of-4", M, "F-73", 0, 1, "84"},
    {"inside-row-of-6", M, "F-73", 0, 1, "86"},
    {"inside-row-map", M, "F-08", 0, 1, "a5"},
    {"inside-row-long-form", M, "F-02", 0, 1, "9805"},
    {"team-short", M, "F-08", 1, 34, "581f(11*31)"},
    {"inviter-text", M, "F-08", 35, 34, "7820(61*32)"},
    {"inviter-key-short", M, "F-08", 69, 34, "581f(11*31)"},
    {"inviter-key-neutral", M, "F-16", 71, 32, "01(00*31)"},
    {"inviter-key-order-8", M, "F-16", 71, 32,
     "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"},
    {"inviter-key-not-canonical", M, "F-16", 71, 32, "ee(ff*30)7f"},
    {"payload-text", M, "F-08", 103, 1, "67"},
    {"payload-long-form", M, "F-02", 103, 1, "5807"},
    {"inside-trailing", M, "F-07", ROW_LEN, 0, "5840(00*64)"},
};

/* The file around the sealed inside: 0 row, 1 magic, 15 version, 16 eph_pk, 50 nonce, 76 sealed. */
static const struct change FILES[] = {
    {"row-of-4", M, "F-72", 0, 1, "84"},
    {"row-of-6", M, "F-72", 0, 1, "86"},
    {"row-map", M, "F-08", 0, 1, "a5"},
    {"magic-join", M, "F-72", 1, 14, "6b76616c6973652d6a6f696e"},
    {"magic-bytes", M, "F-08", 1, 1, "4d"},
    {"version-0", U, "F-72", 15, 1, "00"},
    {"version-2", U, "F-72", 15, 1, "02"},
    {"version-long-form", M, "F-02", 15, 1, "1801"},
    {"eph-short", M, "F-08", 16, 34, "581f(11*31)"},
    {"eph-zero", M, "F-16", 18, 32, "(00*32)"},
    {"eph-one", M, "F-16", 18, 32, "01(00*31)"},
    {"eph-top-bit", M, "F-16", 18, 32, "09(00*30)80"},
    {"eph-the-prime", M, "F-16", 18, 32, "ed(ff*30)7f"},
    {"eph-of-another", STATUS_FORGED, "F-73", 18, 32, "09(00*31)"},
    {"nonce-short", M, "F-08", 50, 26, "57(11*23)"},
    {"nonce-changed", STATUS_FORGED, "F-73", 52, 24, "(11*24)"},
    {"sealed-short", M, "F-08", 76, 1043, "59040f(11*1039)"},
    {"sealed-text", M, "F-08", 76, 1, "79"},
    {"sealed-changed", STATUS_FORGED, "F-73", 100, 1, "00"},
    {"mac-zero", STATUS_FORGED, "F-73", 1103, 16, "(00*16)"},
    {"trailing", M, "F-07", 1119, 0, "00"},
    {"sealed-cut", M, "F-01", 1118, 1, ""},
    {"empty", M, "F-01", 0, 1119, ""},
};

struct world {
    struct sample_device ana, bea, eve;
    struct id team;
    struct buf join_file;
    struct join join;
    struct id join_hash;
};

static void world_start(struct maker *m, struct world *w)
{
    *w = (struct world){.ana = sample_device("ana"),
                        .bea = sample_device("bea"),
                        .eve = sample_device("eve"),
                        .team = sample_id("team"),
                        .join = sample_join(false)};
    buf_init(&w->join_file, JOIN_MAX);
    GOOD(join_link_sign(&m->cx, &w->join, w->bea.root_sk));
    GOOD(join_write(&m->cx, &w->join, w->bea.sign_sk, &w->join_file));
    hash_domain("valise/join-file", buf_view(&w->join_file), BYTES(NULL, 0), &w->join_hash);
}

static void row_base(struct maker *m, const struct world *w, struct buf *out)
{
    struct wire_writer ww;
    wire_writer_init(&ww, &m->cx, out);
    wire_put_array(&ww, 5);
    wire_put_bytes(&ww, BYTES_OF(w->team.b));
    wire_put_bytes(&ww, BYTES_OF(w->ana.id.b));
    wire_put_bytes(&ww, BYTES_OF(w->ana.sign_pk));
    wire_put_bytes(&ww, BYTES("welcome", 7));
    GOOD(wire_writer_done(&ww));
    MUST(out->len == ROW_LEN);
}

static void row_sign(struct maker *m, const struct id *team, const struct id *join,
                     const uint8_t sk[static 64], struct buf *row)
{
    uint8_t signature[64];
    struct id hash;
    hash_domain("valise/invite-body", BYTES_OF(join->b), buf_view(row), &hash);
    statement_sign("valise/invite", team, BYTES_OF(hash.b), sk, signature);
    add_hex(&m->cx, row, "5840");
    GOOD(buf_add(&m->cx, row, BYTES_OF(signature)));
}

/* inside, as it is given, under the key of the world's join; 1043 bytes of sealed for 1024. */
static void file_seal(struct maker *m, const struct world *w, bytes inside, struct buf *out)
{
    struct sample_device eph = sample_device("ephemeral");
    uint8_t dh[32], nonce[NONCE], context[128], *sealed;
    struct key shared, key;
    struct wire_writer ww;

    MUST(crypto_scalarmult_curve25519(dh, eph.box_sk, w->join.box_pk) == 0);
    memcpy(shared.b, dh, 32);
    memcpy(context, eph.box_pk, 32);
    memcpy(context + 32, w->join.box_pk, 32);
    memcpy(context + 64, w->join.secret.b, 32);
    memcpy(context + 96, w->join_hash.b, 32);
    key_derive(&shared, "valise/invite-key", BYTES_OF(context), &key);
    sample_random_fill(&m->random, nonce, sizeof nonce);
    sealed = sodium_malloc(inside.len + MAC);
    MUST(sealed != NULL);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, inside.ptr, inside.len, w->join_hash.b,
                                               32, NULL, nonce, key.b);
    wire_writer_init(&ww, &m->cx, out);
    wire_put_array(&ww, 5);
    wire_put_text(&ww, TEXT("valise-invite"));
    wire_put_uint(&ww, 1);
    wire_put_bytes(&ww, BYTES_OF(eph.box_pk));
    wire_put_bytes(&ww, BYTES_OF(nonce));
    wire_put_bytes(&ww, BYTES(sealed, inside.len + MAC));
    GOOD(wire_writer_done(&ww));
    sodium_free(sealed);
}

static void frame_row(struct maker *m, bytes row, struct buf *out)
{
    uint8_t *at = NULL;
    size_t size = row.len + 4 <= INSIDE_LEN ? INSIDE_LEN : (row.len + 4 + 63) / 64 * 64;
    MUST(size < 2048); /* [F-17] steps by 64 from 1024 to 2048 */
    GOOD(buf_extend(&m->cx, out, size, &at));
    put_u32le(at, (uint32_t)row.len);
    memcpy(at + 4, row.ptr, row.len);
}

static void emit(struct maker *m, const char *name, enum status status, const char *clause,
                 const struct world *w, bytes file, const char *reader)
{
    struct sample_device r = sample_device(reader);
    vector_begin(m, name, status, clause);
    vector_bytes(m, "join", buf_view(&w->join_file));
    vector_bytes(m, "box_sk", BYTES_OF(r.box_sk));
    if (status == STATUS_OK) {
        struct buf plain;
        struct invite inv;
        uint8_t words[16];
        buf_init(&plain, INVITE_FILE_MAX);
        GOOD(invite_open(&m->cx, file, buf_view(&w->join_file), &w->join, r.box_sk, &plain, &inv));
        invite_fingerprint(buf_view(&w->join_file), &inv, words);
        vector_bytes(m, "words", BYTES_OF(words));
        vector_bytes(m, "payload", inv.payload);
        buf_finish(&plain);
    }
    vector_end(m, file);
}

static void make_rows(struct maker *m, const struct world *w)
{
    struct buf base, row, inside, file;
    buf_init(&base, 4096);
    buf_init(&row, 4096);
    buf_init(&inside, 4096);
    buf_init(&file, 4096);
    row_base(m, w, &base);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        buf_clear(&row);
        buf_clear(&inside);
        buf_clear(&file);
        change_apply(&m->cx, buf_view(&base), &ROWS[i], &row);
        row_sign(m, &w->team, &w->join_hash, w->ana.sign_sk, &row);
        frame_row(m, buf_view(&row), &inside);
        file_seal(m, w, buf_view(&inside), &file);
        emit(m, ROWS[i].name, ROWS[i].status, ROWS[i].clause, w, buf_view(&file), "bea");
    }
    buf_finish(&base);
    buf_finish(&row);
    buf_finish(&inside);
    buf_finish(&file);
}

/* What is signed, and how the inside is padded. */
static void make_insides(struct maker *m, const struct world *w)
{
    static const struct change rows[] = {
        {"signed-by-another", STATUS_FORGED, "F-73", 0, 0, ""},
        {"signed-for-another-team", STATUS_FORGED, "F-73", 0, 0, ""},
        {"signed-for-another-join", STATUS_FORGED, "F-73", 0, 0, ""},
        {"length-over-inside", M, "F-73", 0, 4, "fd030000"},
        {"length-four-gib", M, "F-73", 0, 4, "ffffffff"},
        {"padding-first-byte-set", M, "F-73", 181, 1, "01"},
        {"padding-last-byte-set", M, "F-73", INSIDE_LEN - 1, 1, "01"},
        {"padded-too-far", M, "F-73", INSIDE_LEN, 0, "(00*64)"},
        {"padded-not-to-a-step", M, "F-73", INSIDE_LEN, 0, "00"},
    };
    struct id other = sample_id("another");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf row, inside, changed, file;
        buf_init(&row, 4096);
        buf_init(&inside, 4096);
        buf_init(&changed, 4096);
        buf_init(&file, 4096);
        row_base(m, w, &row);
        row_sign(m, i == 1 ? &other : &w->team, i == 2 ? &other : &w->join_hash,
                 i == 0 ? w->eve.sign_sk : w->ana.sign_sk, &row);
        MUST(row.len + 4 == 181);
        frame_row(m, buf_view(&row), &inside);
        change_apply(&m->cx, buf_view(&inside), &rows[i], &changed);
        file_seal(m, w, buf_view(&changed), &file);
        emit(m, rows[i].name, rows[i].status, rows[i].clause, w, buf_view(&file), "bea");
        buf_finish(&row);
        buf_finish(&inside);
        buf_finish(&changed);
        buf_finish(&file);
    }
}

static void make_files(struct maker *m, struct world *w)
{
    struct buf row, inside, base, file;
    buf_init(&row, 4096);
    buf_init(&inside, 4096);
    buf_init(&base, 4096);
    buf_init(&file, 4096);
    row_base(m, w, &row);
    row_sign(m, &w->team, &w->join_hash, w->ana.sign_sk, &row);
    frame_row(m, buf_view(&row), &inside);
    file_seal(m, w, buf_view(&inside), &base);
    MUST(base.len == 1119);
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        buf_clear(&file);
        change_apply(&m->cx, buf_view(&base), &FILES[i], &file);
        emit(m, FILES[i].name, FILES[i].status, FILES[i].clause, w, buf_view(&file), "bea");
    }
    emit(m, "opened-by-another", STATUS_FORGED, "F-73", w, buf_view(&base), "eve");
    /* the same keys and the same secret in another join file: only the file's hash differs */
    buf_clear(&w->join_file);
    w->join.member_name = TEXT("Beatrix");
    GOOD(join_write(&m->cx, &w->join, w->bea.sign_sk, &w->join_file));
    emit(m, "answers-another-join", STATUS_FORGED, "F-73", w, buf_view(&base), "bea");
    buf_finish(&row);
    buf_finish(&inside);
    buf_finish(&base);
    buf_finish(&file);
}

void make_invite(const char *folder)
{
    struct maker m;
    struct world w;
    maker_open(&m, folder, "invite");
    world_start(&m, &w);
    make_rows(&m, &w);
    make_insides(&m, &w);
    make_files(&m, &w);
    buf_finish(&w.join_file);
    maker_close(&m);
}
