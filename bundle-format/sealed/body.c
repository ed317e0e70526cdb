/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies: the operations of one entry, compressed alone, padded and sealed (F-40 to F-49), and the
 * plain list of operations inside (F-90, F-91).
 *
 * Order of opening is the safety argument: length and hash (which the signed chain covers), then
 * the AEAD, then our own layout, and only then zstd, into memory we sized ourselves.
 *
 *   sealed = nonce (24) | ciphertext | MAC (16)
 *   inside = method (1) | plain_len (4, LE) | data_len (4, LE) | data | zeros
 */
#include "sealed-int.h"

#include <sodium.h>
#include <string.h>

enum { NONCE = 24, MAC = 16, LAYOUT = 9 };
enum { METHOD_RAW = 0, METHOD_ZSTD = 1 };

_Static_assert(NONCE + BODY_INSIDE_MIN + MAC == BODY_SEALED_MIN, "[F-44] names the smallest body");
_Static_assert(NONCE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "XChaCha20 nonce");
_Static_assert(MAC == crypto_aead_xchacha20poly1305_ietf_ABYTES, "Poly1305 tag");

/* Lays out method, lengths, data and zeros in `inside`, which holds the largest they can take. */
static enum status body_pack(struct ctx *cx, bytes plain, uint8_t *inside, size_t *ret_len)
{
    enum status status = STATUS_OK;
    size_t data_len = 0;

    if (LAYOUT + plain.len > BODY_INSIDE_MIN) { /* below that padding takes what zstd would save */
        TRY(frame_compress(cx, plain, inside + LAYOUT, plain.len - 1, &data_len));
    }
    inside[0] = data_len > 0 ? METHOD_ZSTD : METHOD_RAW; /* [F-46] */
    if (inside[0] == METHOD_RAW) {
        data_len = plain.len;
        if (plain.len > 0) {
            memcpy(inside + LAYOUT, plain.ptr, plain.len);
        }
    }
    put_u32le(inside + 1, (uint32_t)plain.len);
    put_u32le(inside + 5, (uint32_t)data_len);
    *ret_len = padded_size(LAYOUT + data_len, BODY_INSIDE_MIN); /* [F-47] */
    memset(inside + LAYOUT + data_len, 0, *ret_len - LAYOUT - data_len);
out:
    return status;
}

enum status body_seal(struct ctx *cx, const struct key *k, const struct id *team,
                      struct entry_header *h, bytes plain, struct buf *ret_sealed)
{
    enum status status = STATUS_OK;
    size_t start = ret_sealed->len;
    size_t room = 0, len = 0;
    uint8_t *at = NULL;
    struct id binding;
    struct key seal_key = {{0}};

    if (plain.len > BODY_PLAIN_MAX) {
        FAIL(cx, STATUS_LIMIT, "body: [F-43] %zu bytes are more than %u", plain.len,
             BODY_PLAIN_MAX);
    }
    TRY(entry_header_binding(cx, team, h, &binding));
    room = NONCE + padded_size(LAYOUT + plain.len, BODY_INSIDE_MIN) + MAC;
    TRY(buf_extend(cx, ret_sealed, room, &at));
    TRY(body_pack(cx, plain, at + NONCE, &len));
    cx->system->random(cx->system->self, at, NONCE);             /* [F-41] */
    key_derive(k, "valise/body-key", BYTES(NULL, 0), &seal_key); /* [F-40] */
    crypto_aead_xchacha20poly1305_ietf_encrypt(at + NONCE, NULL, at + NONCE, len, binding.b,
                                               sizeof binding.b, NULL, at, seal_key.b);
    wipe(at + NONCE + len + MAC, room - NONCE - len - MAC);
    ret_sealed->len = start + NONCE + len + MAC;
    h->body_len = ret_sealed->len - start;
    crypto_generichash(h->body_hash.b, sizeof h->body_hash.b, at, (size_t)h->body_len, NULL, 0);
out:
    if (status != STATUS_OK && ret_sealed->len > start) {
        wipe(ret_sealed->ptr + start, ret_sealed->len - start);
        ret_sealed->len = start;
    }
    key_wipe(&seal_key);
    return status;
}

/* [F-49] what the signed chain says of this body, before anything is opened. */
static enum status body_check_header(struct ctx *cx, const struct entry_header *h, bytes sealed)
{
    enum status status = STATUS_OK;
    struct id hash;

    if (sealed.len > BODY_SEALED_MAX) {
        FAIL(cx, STATUS_LIMIT, "body: [F-44] longer than %u bytes", BODY_SEALED_MAX);
    }
    if (sealed.len < BODY_SEALED_MIN) {
        FAIL(cx, STATUS_MALFORMED, "body: [F-44] shorter than %d bytes", BODY_SEALED_MIN);
    }
    if (h->body_len != sealed.len) {
        FAIL(cx, STATUS_FORGED, "body: [F-49] its length is not the one its header names");
    }
    crypto_generichash(hash.b, sizeof hash.b, sealed.ptr, sealed.len, NULL, 0);
    if (!id_equal(&hash, &h->body_hash)) {
        FAIL(cx, STATUS_FORGED, "body: [F-49] its hash is not the one its header names");
    }
out:
    return status;
}

struct body_layout {
    uint8_t method;
    size_t plain_len;
    bytes data;
};

static enum status body_read_layout(struct ctx *cx, bytes inside, struct body_layout *ret)
{
    enum status status = STATUS_OK;
    uint8_t method = inside.ptr[0];
    size_t plain_len = get_u32le(inside.ptr + 1);
    size_t data_len = get_u32le(inside.ptr + 5);

    if (method != METHOD_RAW && method != METHOD_ZSTD) {
        FAIL(cx, STATUS_UNSUPPORTED, "body: [F-45] unknown method %u", method);
    }
    if (plain_len > BODY_PLAIN_MAX) {
        FAIL(cx, STATUS_LIMIT, "body: [F-43] declares %zu bytes, more than %u", plain_len,
             BODY_PLAIN_MAX);
    }
    if (data_len > inside.len - LAYOUT) {
        FAIL(cx, STATUS_MALFORMED, "body: [F-45] its data is cut short");
    }
    if (method == METHOD_RAW ? data_len != plain_len : data_len >= plain_len) {
        FAIL(cx, STATUS_MALFORMED, "body: [F-46] stored size does not fit the method");
    }
    if (padded_size(LAYOUT + data_len, BODY_INSIDE_MIN) != inside.len) {
        FAIL(cx, STATUS_MALFORMED, "body: [F-47] padded to a wrong size");
    }
    if (!all_zero(inside.ptr + LAYOUT + data_len, inside.len - LAYOUT - data_len)) {
        FAIL(cx, STATUS_MALFORMED, "body: [F-47] padding is not zero");
    }
    ret->method = method;
    ret->plain_len = plain_len;
    ret->data = BYTES(inside.ptr + LAYOUT, data_len);
out:
    return status;
}

/* Opens the AEAD into `inside`. */
static enum status body_unseal(struct ctx *cx, const struct key *k, const struct id *binding,
                               bytes sealed, struct buf *inside)
{
    enum status status = STATUS_OK;
    struct key seal_key = {{0}};
    uint8_t *at = NULL;

    TRY(buf_extend(cx, inside, sealed.len - NONCE - MAC, &at));
    key_derive(k, "valise/body-key", BYTES(NULL, 0), &seal_key);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            at, NULL, NULL, sealed.ptr + NONCE, sealed.len - NONCE, binding->b, sizeof binding->b,
            sealed.ptr, seal_key.b) != 0) {
        FAIL(cx, STATUS_FORGED, "body: [F-40] does not open with this epoch's key");
    }
out:
    key_wipe(&seal_key);
    return status;
}

enum status body_open(struct ctx *cx, const struct key *k, const struct id *team,
                      const struct entry_header *h, bytes sealed, struct buf *ret_plain)
{
    enum status status = STATUS_OK;
    size_t start = ret_plain->len;
    struct body_layout layout = {0};
    struct id binding;
    struct buf inside;
    uint8_t *at = NULL;

    buf_init(&inside, BODY_SEALED_MAX);
    TRY(body_check_header(cx, h, sealed));
    TRY(entry_header_binding(cx, team, h, &binding));
    TRY(body_unseal(cx, k, &binding, sealed, &inside));
    TRY(body_read_layout(cx, buf_view(&inside), &layout));
    TRY(buf_extend(cx, ret_plain, layout.plain_len, &at));
    if (layout.method == METHOD_ZSTD) {
        TRY(frame_decompress(cx, layout.data, at, layout.plain_len));
    } else if (layout.plain_len > 0) {
        memcpy(at, layout.data.ptr, layout.plain_len);
    }
out:
    if (status != STATUS_OK && ret_plain->len > start) {
        wipe(ret_plain->ptr + start, ret_plain->len - start);
        ret_plain->len = start;
    }
    buf_finish(&inside);
    return status;
}

/* ---- the plaintext: time and operations (F-90, F-91) ----------------------------------------- */

enum status body_write_start(struct wire_writer *w, int64_t time, size_t ops)
{
    if (w->status == STATUS_OK && (ops < 1 || ops > OPS_PER_ENTRY_MAX)) {
        w->status = fault_set(w->cx, STATUS_LIMIT, __FILE__, __LINE__,
                              "operations: [F-91] %zu are not 1 to %u", ops, OPS_PER_ENTRY_MAX);
    }
    wire_put_array(w, 2);
    wire_put_int(w, time);
    wire_put_array(w, ops);
    return w->status;
}

enum status body_read_start(struct ctx *cx, bytes plain, struct body_reader *ret)
{
    struct body_reader b = {0};
    size_t ops;

    if (plain.len > BODY_PLAIN_MAX) {
        return fault_set(cx, STATUS_LIMIT, __FILE__, __LINE__,
                         "operations: [F-43] more than %u bytes", BODY_PLAIN_MAX);
    }
    wire_reader_init(&b.r, plain);
    reader_get_row(&b.r, 2, "[F-90] not an array of 2");
    b.time = wire_get_int(&b.r);
    ops = wire_get_array(&b.r, 0, SIZE_MAX);
    if (ops > OPS_PER_ENTRY_MAX) {
        reader_fail_as(&b.r, STATUS_LIMIT, "[F-91] too many operations");
    } else if (ops == 0) {
        wire_fail(&b.r, "[F-91] no operation");
    }
    if (b.r.status != STATUS_OK) {
        return wire_reader_done(cx, &b.r, "operations");
    }
    b.ops = ops;
    b.index = SIZE_MAX; /* the first body_read_next() makes it 0 */
    *ret = b;
    return STATUS_OK;
}

bool body_read_next(struct body_reader *b, bytes *ret_op)
{
    if (b->ops == 0 || b->r.status != STATUS_OK) {
        return false;
    }
    enum wire_kind kind = wire_peek(&b->r);
    if (kind != WIRE_ARRAY && kind != WIRE_NONE) { /* of nothing at all wire_get_any() says why */
        wire_fail(&b->r, "[F-91] an operation is not an array");
        return false;
    }
    bytes op = wire_get_any(&b->r);
    if (b->r.status != STATUS_OK) {
        return false;
    }
    b->ops--;
    b->index++;
    *ret_op = op;
    return true;
}

enum status body_read_done(struct ctx *cx, struct body_reader *b)
{
    if (b->ops > 0 && b->r.status == STATUS_OK) {
        wire_fail(&b->r, "[F-91] operations were left unread");
    }
    return wire_reader_done(cx, &b->r, "operations");
}
