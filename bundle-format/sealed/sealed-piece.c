/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a piece [F-22]..[F-24]: which bundle, which part of it, how much, then zeros up to
 * the fixed size. Sealed with the one-time key of a chain step and bound to the tag it is found by.
 *
 *   inside = bundle (8, LE) | index (4, LE) | payload length (4, LE) | payload | zeros
 */
#include "sealed-int.h"

#include <sodium.h>
#include <string.h>

enum { LAYOUT = 16 };

size_t piece_payload_max(size_t size)
{
    MUST(piece_size_valid(size));
    return size - PIECE_OVERHEAD - LAYOUT;
}

static const char *inner_fault(uint64_t bundle, uint64_t index)
{
    if (bundle < 1 || bundle > NUMBER_MAX) {
        return "[F-22] bundle number is out of range";
    }
    return index > BUNDLE_PIECES_MAX ? "[F-22] index is out of range" : NULL;
}

enum status piece_seal(struct ctx *cx, const struct chain_step *step,
                       const struct piece_inner *inner, size_t size, struct buf *out)
{
    enum status status = STATUS_OK;
    const char *why = inner_fault(inner->bundle, inner->index);
    uint8_t *at = NULL;

    MUST(piece_size_valid(size));
    if (why != NULL) {
        FAIL(cx, STATUS_LIMIT, "piece: %s", why);
    }
    if (inner->payload.len < 1 || inner->payload.len > piece_payload_max(size)) {
        FAIL(cx, STATUS_LIMIT, "piece: [F-24] a payload of %zu bytes does not fit",
             inner->payload.len);
    }
    TRY(buf_extend(cx, out, size, &at));
    uint8_t *nonce = at + PIECE_TAG_BYTES;
    uint8_t *inside = nonce + PIECE_NONCE_BYTES;
    size_t inside_len = size - PIECE_OVERHEAD;

    memcpy(at, step->tag, PIECE_TAG_BYTES);
    cx->system->random(cx->system->self, nonce, PIECE_NONCE_BYTES);
    put_u64le(inside, inner->bundle);
    put_u32le(inside + 8, (uint32_t)inner->index);
    put_u32le(inside + 12, (uint32_t)inner->payload.len);
    memcpy(inside + LAYOUT, inner->payload.ptr, inner->payload.len);
    /* [F-23] the rest is zero already: buf_extend() gives zeroed bytes */
    crypto_aead_xchacha20poly1305_ietf_encrypt(inside, NULL, inside, inside_len, at,
                                               PIECE_TAG_BYTES, NULL, nonce, step->key.b);
out:
    return status;
}

static enum status inner_parse(struct ctx *cx, bytes inside, struct piece_inner *ret)
{
    enum status status = STATUS_OK;
    uint64_t bundle = get_u64le(inside.ptr);
    uint64_t index = get_u32le(inside.ptr + 8);
    size_t len = get_u32le(inside.ptr + 12);
    const char *why = inner_fault(bundle, index);

    if (why != NULL) {
        FAIL(cx, STATUS_MALFORMED, "piece: %s", why);
    }
    if (len < 1 || len > inside.len - LAYOUT) {
        FAIL(cx, STATUS_MALFORMED, "piece: [F-24] payload length is out of range");
    }
    if (!all_zero(inside.ptr + LAYOUT + len, inside.len - LAYOUT - len)) {
        FAIL(cx, STATUS_MALFORMED, "piece: [F-23] padding is not zero");
    }
    *ret = (struct piece_inner){
        .bundle = bundle, .index = index, .payload = BYTES(inside.ptr + LAYOUT, len)};
out:
    return status;
}

enum status piece_open(struct ctx *cx, const struct key *key, const struct piece *p,
                       struct buf *ret_plain, struct piece_inner *ret)
{
    enum status status = STATUS_OK;
    size_t start = ret_plain->len;
    size_t len = p->sealed.len - PIECE_MAC_BYTES;
    uint8_t *at = NULL;

    MUST(piece_size_valid(p->tag.len + p->nonce.len + p->sealed.len)); /* from piece_parse() */
    TRY(buf_extend(cx, ret_plain, len, &at));
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(at, NULL, NULL, p->sealed.ptr, p->sealed.len,
                                                   p->tag.ptr, p->tag.len, p->nonce.ptr,
                                                   key->b) != 0) {
        FAIL(cx, STATUS_FORGED, "piece: [F-23] does not open with this step's key");
    }
    TRY(inner_parse(cx, BYTES(at, len), ret));
out:
    if (status != STATUS_OK && ret_plain->len > start) {
        wipe(ret_plain->ptr + start, ret_plain->len - start);
        ret_plain->len = start;
    }
    return status;
}
