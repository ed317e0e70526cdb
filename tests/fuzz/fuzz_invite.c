/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is an invite file as it is (first byte 0), the inside of one (1), or the row inside up
 * to its signature (2); the latter two are signed, framed and sealed here for the sample join.
 * Oracle: what opens is signed by its own key and writes back to the row it came from.
 */
#include "sealed_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { NONCE = 24, MAC = 16, FRAME = 4, INPUT_MAX = 16 * 1024, INSIDE_MIN = 1024 };

struct world {
    struct ctx cx;
    struct sample_device ana, bea;
    struct join join;
    struct id join_hash;
};

#define JOIN_FILE BYTES("sample join file", 16) /* only its hash is used */

static void add(struct world *w, struct buf *out, bytes data)
{
    MUST(buf_add(&w->cx, out, data) == STATUS_OK);
}

static void seal(struct world *w, bytes inside, struct buf *out)
{
    struct sample_device eph = sample_device("ephemeral");
    uint8_t dh[32], nonce[NONCE] = {0}, context[128], *at = NULL;
    struct key shared, key;
    struct wire_writer ww;
    struct buf sealed;

    MUST(crypto_scalarmult_curve25519(dh, eph.box_sk, w->bea.box_pk) == 0);
    memcpy(shared.b, dh, 32);
    memcpy(context, eph.box_pk, 32);
    memcpy(context + 32, w->bea.box_pk, 32);
    memcpy(context + 64, w->join.secret.b, 32);
    memcpy(context + 96, w->join_hash.b, 32);
    key_derive(&shared, "valise/invite-key", BYTES_OF(context), &key);
    buf_init(&sealed, MIB);
    MUST(buf_extend(&w->cx, &sealed, inside.len + MAC, &at) == STATUS_OK);
    crypto_aead_xchacha20poly1305_ietf_encrypt(at, NULL, inside.ptr, inside.len, w->join_hash.b, 32,
                                               NULL, nonce, key.b);
    wire_writer_init(&ww, &w->cx, out);
    wire_put_array(&ww, 5);
    wire_put_text(&ww, TEXT("valise-invite"));
    wire_put_uint(&ww, 1);
    wire_put_bytes(&ww, BYTES_OF(eph.box_pk));
    wire_put_bytes(&ww, BYTES_OF(nonce));
    wire_put_bytes(&ww, buf_view(&sealed));
    MUST(wire_writer_done(&ww) == STATUS_OK);
    buf_finish(&sealed);
}

/* Signs a row for the team it begins with, frames it and pads it by the rule from 1,024 on. */
static void sign_and_frame(struct world *w, bytes row, struct buf *inside)
{
    uint8_t signature[64], frame[FRAME], *at = NULL;
    struct id hash, team = {{0}};
    size_t size = INSIDE_MIN, step = INSIDE_MIN / 16;

    if (row.len > 3 + sizeof team.b) {
        memcpy(team.b, row.ptr + 3, sizeof team.b);
    }
    hash_domain("valise/invite-body", BYTES_OF(w->join_hash.b), row, &hash);
    statement_sign("valise/invite", &team, BYTES_OF(hash.b), w->ana.sign_sk, signature);
    put_u32le(frame, (uint32_t)(row.len + 66));
    add(w, inside, BYTES_OF(frame));
    add(w, inside, row);
    add(w, inside, BYTES("\x58\x40", 2));
    add(w, inside, BYTES_OF(signature));
    while (size < inside->len) {
        size += step;
        step = size >= 32 * step ? 2 * step : step;
    }
    if (size > inside->len) {
        MUST(buf_extend(&w->cx, inside, size - inside->len, &at) == STATUS_OK);
    }
}

static void check(struct world *w, bytes file)
{
    struct buf plain, again;
    struct invite inv;
    struct wire_writer ww;

    buf_init(&plain, INVITE_FILE_MAX);
    buf_init(&again, INVITE_FILE_MAX);
    if (invite_open(&w->cx, file, JOIN_FILE, &w->join, w->bea.box_sk, &plain, &inv) == STATUS_OK) {
        wire_writer_init(&ww, &w->cx, &again);
        wire_put_array(&ww, 5);
        wire_put_bytes(&ww, BYTES_OF(inv.team.b));
        wire_put_bytes(&ww, BYTES_OF(inv.inviter.b));
        wire_put_bytes(&ww, BYTES_OF(inv.inviter_sign_pk));
        wire_put_bytes(&ww, inv.payload);
        MUST(wire_writer_done(&ww) == STATUS_OK);
        MUST(memcmp(inv.inviter_sign_pk, w->ana.sign_pk, 32) == 0);
        MUST(plain.len >= FRAME + again.len &&
             memcmp(plain.ptr + FRAME, again.ptr, again.len) == 0);
    } else {
        MUST(plain.len == 0 && strstr(w->cx.fault.what, "[F-") != NULL);
    }
    buf_finish(&plain);
    buf_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct world w = {.ana = sample_device("ana"), .bea = sample_device("bea")};
    struct buf inside, file;

    if (len < 1 || len > INPUT_MAX) {
        return 0;
    }
    ctx_init(&w.cx, system_real());
    w.join = sample_join(true);
    hash_domain("valise/join-file", JOIN_FILE, BYTES(NULL, 0), &w.join_hash);
    buf_init(&inside, MIB);
    buf_init(&file, MIB);
    bytes rest = BYTES(data + 1, len - 1);
    if (data[0] == 2) {
        sign_and_frame(&w, rest, &inside);
        seal(&w, buf_view(&inside), &file);
    } else if (data[0] == 1) {
        seal(&w, rest, &file);
    } else {
        add(&w, &file, rest);
    }
    check(&w, buf_view(&file));
    buf_finish(&inside);
    buf_finish(&file);
    return 0;
}
