/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The invite file [F-72], [F-73]: the sealed welcome that answers one join file. Only the
 * newcomer's device can open it (its box key and the secret of its join file), and it is signed
 * inside by the inviting device over the join file it answers, so it cannot be turned to somebody
 * else.
 *
 *   file   = ["valise-invite", 1, ephemeral X25519 key, nonce (24), sealed]
 *   inside = length (4, LE) | [team, inviter, inviter key, payload, signature] | zeros (Padme)
 */
#include "sealed-int.h"

#include <sodium.h>
#include <string.h>

enum { FILE_ITEMS = 5, INSIDE_ITEMS = 5, SIGNATURE_ITEM = 2 + SIGNATURE_BYTES };
enum { NONCE = 24, MAC = 16, FRAME = 4, INSIDE_MIN = 1024 };
#define INSIDE_MAX (INVITE_FILE_MAX - 1024U)

static void join_hash(bytes join_file, struct id *ret)
{
    hash_domain("valise/join-file", join_file, BYTES(NULL, 0), ret);
}

/* [F-73] key of one invite: both ends of the exchange, the join file and the secret in it. */
static void invite_key(const uint8_t dh[static 32], const uint8_t eph_pk[static 32],
                       const struct join *j, const struct id *join, struct key *ret)
{
    uint8_t context[128];
    struct key shared;

    memcpy(shared.b, dh, 32);
    memcpy(context, eph_pk, 32);
    memcpy(context + 32, j->box_pk, 32);
    memcpy(context + 64, j->secret.b, 32);
    memcpy(context + 96, join->b, 32);
    key_derive(&shared, "valise/invite-key", BYTES_OF(context), ret);
    key_wipe(&shared);
    wipe(context, sizeof context);
}

/* What the inviting device signs: which join file, and everything inside before the signature. */
static void signed_hash(const struct id *join, bytes unsigned_part, struct id *ret)
{
    hash_domain("valise/invite-body", BYTES_OF(join->b), unsigned_part, ret);
}

static enum status write_inside(struct ctx *cx, const struct invite *inv, const struct id *join,
                                const uint8_t sign_sk[static 64], struct buf *inside)
{
    enum status status = STATUS_OK;
    uint8_t signature[SIGNATURE_BYTES];
    struct wire_writer w;
    struct id hash;
    uint8_t *at = NULL;
    size_t len;

    TRY(buf_extend(cx, inside, FRAME, &at));
    wire_writer_init(&w, cx, inside);
    wire_put_array(&w, INSIDE_ITEMS);
    wire_put_bytes(&w, BYTES_OF(inv->team.b));
    wire_put_bytes(&w, BYTES_OF(inv->inviter.b));
    wire_put_bytes(&w, BYTES_OF(inv->inviter_sign_pk));
    wire_put_bytes(&w, inv->payload);
    TRY(wire_writer_done(&w));
    signed_hash(join, BYTES(inside->ptr + FRAME, inside->len - FRAME), &hash);
    statement_sign("valise/invite", &inv->team, BYTES_OF(hash.b), sign_sk, signature);
    wire_put_bytes(&w, BYTES_OF(signature));
    TRY(wire_writer_done(&w));
    len = inside->len;
    put_u32le(inside->ptr, (uint32_t)(len - FRAME));
    TRY(buf_extend(cx, inside, padded_size(len, INSIDE_MIN) - len, &at));
out:
    return status;
}

enum status invite_seal(struct ctx *cx, const struct invite *inv, bytes join_file,
                        const struct join *j, const uint8_t sign_sk[static 64], struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t eph_sk[32], eph_pk[32], dh[32], nonce[NONCE];
    struct key key = {{0}};
    struct buf inside;
    struct wire_writer w;
    struct id join;
    uint8_t *at = NULL;

    buf_init(&inside, INSIDE_MAX);
    if (inv->payload.len > INVITE_MAX) {
        FAIL(cx, STATUS_LIMIT, "invite: [F-72] the payload is longer than %u bytes", INVITE_MAX);
    }
    join_hash(join_file, &join);
    cx->system->random(cx->system->self, eph_sk, sizeof eph_sk);
    cx->system->random(cx->system->self, nonce, sizeof nonce);
    crypto_scalarmult_curve25519_base(eph_pk, eph_sk);
    if (!box_key_valid(j->box_pk) || crypto_scalarmult_curve25519(dh, eph_sk, j->box_pk) != 0) {
        FAIL(cx, STATUS_MALFORMED, "invite: [F-16] the newcomer's box key is not valid");
    }
    invite_key(dh, eph_pk, j, &join, &key);
    TRY(write_inside(cx, inv, &join, sign_sk, &inside));
    size_t len = inside.len;
    TRY(buf_extend(cx, &inside, MAC, &at));
    crypto_aead_xchacha20poly1305_ietf_encrypt(inside.ptr, NULL, inside.ptr, len, join.b,
                                               sizeof join.b, NULL, nonce, key.b);
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, FILE_ITEMS);
    wire_put_text(&w, TEXT("valise-invite"));
    wire_put_uint(&w, FORMAT_VERSION);
    wire_put_bytes(&w, BYTES_OF(eph_pk));
    wire_put_bytes(&w, BYTES_OF(nonce));
    wire_put_bytes(&w, buf_view(&inside));
    TRY(wire_writer_done(&w));
out:
    buf_finish(&inside);
    wipe(eph_sk, sizeof eph_sk);
    wipe(dh, sizeof dh);
    key_wipe(&key);
    return status;
}

struct outside {
    uint8_t eph_pk[32];
    uint8_t nonce[NONCE];
    bytes sealed;
};

static enum status read_outside(struct ctx *cx, bytes in, struct outside *ret)
{
    static const char magic[] = "[F-72] not an invite file";
    enum status status = STATUS_OK;
    struct wire_reader r;

    if (in.len > INVITE_FILE_MAX) {
        FAIL(cx, STATUS_LIMIT, "invite: [F-72] longer than %u bytes", INVITE_FILE_MAX);
    }
    wire_reader_init(&r, in);
    reader_get_row(&r, FILE_ITEMS, magic);
    if (!text_equal(wire_get_text(&r, 0, SIZE_MAX), TEXT("valise-invite"))) {
        wire_fail(&r, magic);
    }
    reader_get_version(&r, "[F-72] unknown version");
    wire_get_fixed(&r, ret->eph_pk, sizeof ret->eph_pk);
    wire_get_fixed(&r, ret->nonce, sizeof ret->nonce);
    ret->sealed = wire_get_bytes(&r, INSIDE_MIN + MAC, INSIDE_MAX);
    TRY(wire_reader_done(cx, &r, "invite"));
    if (!box_key_valid(ret->eph_pk)) {
        FAIL(cx, STATUS_MALFORMED, "invite: [F-16] the ephemeral key is not valid");
    }
out:
    return status;
}

/* Takes the frame and the padding off; *ret is the encoded array inside. */
static enum status unframe(struct ctx *cx, bytes inside, bytes *ret)
{
    enum status status = STATUS_OK;
    size_t len = get_u32le(inside.ptr);

    if (len > inside.len - FRAME || padded_size(FRAME + len, INSIDE_MIN) != inside.len) {
        FAIL(cx, STATUS_MALFORMED, "invite: [F-73] padded to a wrong size");
    }
    if (!all_zero(inside.ptr + FRAME + len, inside.len - FRAME - len)) {
        FAIL(cx, STATUS_MALFORMED, "invite: [F-73] padding is not zero");
    }
    *ret = BYTES(inside.ptr + FRAME, len);
out:
    return status;
}

static enum status read_inside(struct ctx *cx, bytes in, const struct id *join, struct invite *ret)
{
    enum status status = STATUS_OK;
    uint8_t signature[SIGNATURE_BYTES];
    struct invite inv = {0};
    struct wire_reader r;
    struct id hash;

    wire_reader_init(&r, in);
    reader_get_row(&r, INSIDE_ITEMS, "[F-73] inside is not an array of 5");
    wire_get_fixed(&r, inv.team.b, sizeof inv.team.b);
    wire_get_fixed(&r, inv.inviter.b, sizeof inv.inviter.b);
    wire_get_fixed(&r, inv.inviter_sign_pk, sizeof inv.inviter_sign_pk);
    inv.payload = wire_get_bytes(&r, 0, INVITE_MAX);
    wire_get_fixed(&r, signature, sizeof signature);
    TRY(wire_reader_done(cx, &r, "invite"));
    if (!sign_key_valid(inv.inviter_sign_pk)) {
        FAIL(cx, STATUS_MALFORMED, "invite: [F-16] the inviting device's key is not valid");
    }
    signed_hash(join, BYTES(in.ptr, in.len - SIGNATURE_ITEM), &hash);
    if (!statement_verify("valise/invite", &inv.team, BYTES_OF(hash.b), inv.inviter_sign_pk,
                          signature)) {
        FAIL(cx, STATUS_FORGED, "invite: [F-73] the inviting device's signature does not hold");
    }
    *ret = inv;
out:
    return status;
}

enum status invite_open(struct ctx *cx, bytes in, bytes join_file, const struct join *j,
                        const uint8_t box_sk[static 32], struct buf *ret_plain, struct invite *ret)
{
    enum status status = STATUS_OK;
    size_t start = ret_plain->len;
    struct outside o = {0};
    struct key key = {{0}};
    uint8_t dh[32];
    struct id join;
    uint8_t *at = NULL;
    bytes array = BYTES(NULL, 0);

    TRY(read_outside(cx, in, &o));
    join_hash(join_file, &join);
    if (crypto_scalarmult_curve25519(dh, box_sk, o.eph_pk) != 0) {
        FAIL(cx, STATUS_MALFORMED, "invite: [F-16] the ephemeral key is not valid");
    }
    invite_key(dh, o.eph_pk, j, &join, &key);
    size_t len = o.sealed.len - MAC;
    TRY(buf_extend(cx, ret_plain, len, &at));
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(at, NULL, NULL, o.sealed.ptr, o.sealed.len,
                                                   join.b, sizeof join.b, o.nonce, key.b) != 0) {
        (void)fault_set(cx, STATUS_FORGED, __FILE__, __LINE__,
                        "invite: [F-73] does not open: damaged, or an answer to another join file");
        status = fault_hint(cx, "open it with the vault that made the join file it answers");
        goto out;
    }
    TRY(unframe(cx, BYTES(at, len), &array));
    TRY(read_inside(cx, array, &join, ret));
out:
    if (status != STATUS_OK && ret_plain->len > start) {
        wipe(ret_plain->ptr + start, ret_plain->len - start);
        ret_plain->len = start;
    }
    wipe(dh, sizeof dh);
    key_wipe(&key);
    return status;
}

void invite_fingerprint(bytes join_file, const struct invite *inv, uint8_t ret[static 16])
{
    uint8_t who[96];
    struct id join, hash;

    join_hash(join_file, &join);
    memcpy(who, inv->team.b, 32);
    memcpy(who + 32, inv->inviter.b, 32);
    memcpy(who + 64, inv->inviter_sign_pk, 32);
    hash_domain("valise/invite-words", BYTES_OF(join.b), BYTES_OF(who), &hash); /* [F-74] */
    memcpy(ret, hash.b, 16);
}
