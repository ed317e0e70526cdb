/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parcel: what a transfer carries, and the wrapper that tells a whole one from a spoilt one.
 *
 * A parcel of pieces is as long as its pieces and is not padded; the others are, so that the
 * length of a name in a join does not show on the screen of a stranger's camera.
 */
#include "frames-int.h"

#include "limits.h"

#include <sodium.h>
#include <string.h>

enum { PIECES_HEAD = 7, LENGTH_BYTES = 4, PAD_MIN = 64 };
_Static_assert(LENGTH_BYTES + CONTENT_HASH_BYTES == TRANSFER_OVERHEAD, "as the door says");

static size_t pieces_bytes(const struct parcel *p)
{
    return (size_t)p->small * PIECE_SIZE_SMALL + (size_t)p->medium * PIECE_SIZE_MEDIUM +
           (size_t)p->large * PIECE_SIZE_LARGE;
}

static enum status check_parcel(struct ctx *cx, const struct parcel *p)
{
    enum status status = STATUS_OK;

    if (p->kind != PARCEL_PIECES) {
        if (p->body.len == 0) {
            REFUSE(cx, STATUS_MALFORMED, "Q-08", "an empty parcel");
        }
        if (p->body.len > PARCEL_BYTES_MAX - 1) {
            REFUSE(cx, STATUS_LIMIT, "Q-08", "a parcel of %zu bytes", p->body.len);
        }
        goto out;
    }
    if (pieces_bytes(p) > PARCEL_BYTES_MAX - PIECES_HEAD) {
        REFUSE(cx, STATUS_LIMIT, "Q-09", "a parcel of %zu bytes of pieces", pieces_bytes(p));
    }
    if (parcel_pieces(p) == 0 || pieces_bytes(p) != p->body.len) {
        REFUSE(cx, STATUS_MALFORMED, "Q-09", "%u + %u + %u pieces in %zu bytes", p->small,
               p->medium, p->large, p->body.len);
    }
out:
    return status;
}

size_t parcel_pieces(const struct parcel *parcel)
{
    return (size_t)parcel->small + parcel->medium + parcel->large;
}

bytes parcel_piece(const struct parcel *parcel, size_t index)
{
    const size_t counts[] = {parcel->small, parcel->medium, parcel->large};
    const size_t sizes[] = {PIECE_SIZE_SMALL, PIECE_SIZE_MEDIUM, PIECE_SIZE_LARGE};
    size_t at = 0;

    MUST(parcel->kind == PARCEL_PIECES && index < parcel_pieces(parcel));
    for (size_t i = 0;; i++) {
        if (index < counts[i]) {
            return BYTES(parcel->body.ptr + at + index * sizes[i], sizes[i]);
        }
        at += counts[i] * sizes[i];
        index -= counts[i];
    }
}

enum status parcel_write(struct ctx *cx, const struct parcel *parcel, struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t head[PIECES_HEAD] = {(uint8_t)parcel->kind};
    size_t before = out->len;

    TRY(check_parcel(cx, parcel));
    put_u16le(head + 1, parcel->small);
    put_u16le(head + 3, parcel->medium);
    put_u16le(head + 5, parcel->large);
    TRY(buf_add(cx, out, BYTES(head, parcel->kind == PARCEL_PIECES ? PIECES_HEAD : 1)));
    TRY(buf_add(cx, out, parcel->body));
out:
    if (status != STATUS_OK) {
        out->len = before;
    }
    return status;
}

enum status parcel_read(struct ctx *cx, bytes whole, struct parcel *ret)
{
    enum status status = STATUS_OK;
    struct parcel p = {0};
    size_t head = 1;

    if (whole.len == 0) {
        REFUSE(cx, STATUS_MALFORMED, "Q-08", "an empty parcel");
    }
    if (whole.ptr[0] < PARCEL_PIECES || whole.ptr[0] > PARCEL_PROPOSAL) {
        REFUSE(cx, STATUS_UNSUPPORTED, "Q-08", "a parcel of kind %u", whole.ptr[0]);
    }
    p.kind = (enum parcel_kind)whole.ptr[0];
    if (p.kind == PARCEL_PIECES) {
        head = PIECES_HEAD;
        if (whole.len < head) {
            REFUSE(cx, STATUS_MALFORMED, "Q-09", "a parcel of %zu bytes", whole.len);
        }
        p.small = get_u16le(whole.ptr + 1);
        p.medium = get_u16le(whole.ptr + 3);
        p.large = get_u16le(whole.ptr + 5);
    }
    p.body = BYTES(whole.ptr + head, whole.len - head);
    TRY(check_parcel(cx, &p));
    *ret = p;
out:
    return status;
}

/* ---- content: the parcel with its length, padding and hash ----------------------------------- */

/* [F-17] Padme. */
static size_t padded(size_t n)
{
    unsigned e = 0;
    unsigned s = 1;
    size_t mask;

    if (n <= PAD_MIN) {
        return PAD_MIN;
    }
    while (n >> (e + 1) != 0) {
        e++;
    }
    while (e >> s != 0) {
        s++;
    }
    mask = ((size_t)1 << (e - s)) - 1;
    return (n + mask) & ~mask;
}

static size_t content_bytes(uint8_t kind, size_t parcel)
{
    size_t least = parcel + TRANSFER_OVERHEAD;
    size_t full = kind == PARCEL_PIECES ? least : padded(least);

    return full > TRANSFER_BYTES_MAX ? TRANSFER_BYTES_MAX : full;
}

static void content_hash(const struct transfer_id *transfer, bytes covered,
                         uint8_t ret[static CONTENT_HASH_BYTES])
{
    static const char domain[] = "valise/transfer";
    crypto_generichash_state state;
    uint8_t hash[32];

    MUST(crypto_generichash_init(&state, NULL, 0, sizeof hash) == 0);
    MUST(crypto_generichash_update(&state, (const uint8_t *)domain, sizeof domain) == 0);
    MUST(crypto_generichash_update(&state, transfer->b, TRANSFER_ID_BYTES) == 0);
    MUST(crypto_generichash_update(&state, covered.ptr, covered.len) == 0);
    MUST(crypto_generichash_final(&state, hash, sizeof hash) == 0);
    memcpy(ret, hash, CONTENT_HASH_BYTES);
}

enum status transfer_wrap(struct ctx *cx, const struct transfer_id *transfer, bytes parcel,
                          struct buf *out)
{
    enum status status = STATUS_OK;
    struct parcel checked;
    uint8_t *to = NULL;
    size_t total;

    TRY(parcel_read(cx, parcel, &checked));
    total = content_bytes(parcel.ptr[0], parcel.len);
    TRY(buf_extend(cx, out, total, &to));
    put_u32le(to, (uint32_t)parcel.len);
    memcpy(to + LENGTH_BYTES, parcel.ptr, parcel.len);
    content_hash(transfer, BYTES(to, total - CONTENT_HASH_BYTES), to + total - CONTENT_HASH_BYTES);
out:
    return status;
}

bool transfer_holds(const struct transfer_id *transfer, bytes content)
{
    uint8_t hash[CONTENT_HASH_BYTES];

    if (content.len < TRANSFER_OVERHEAD) {
        return false;
    }
    content_hash(transfer, BYTES(content.ptr, content.len - sizeof hash), hash);
    return memcmp(hash, content.ptr + content.len - sizeof hash, sizeof hash) == 0;
}

enum status transfer_unwrap(struct ctx *cx, bytes content, bytes *ret_parcel)
{
    enum status status = STATUS_OK;
    struct parcel checked;
    bytes parcel;
    size_t length;

    MUST(content.len >= TRANSFER_OVERHEAD);
    length = get_u32le(content.ptr);
    if (length > content.len - TRANSFER_OVERHEAD || length == 0 ||
        content_bytes(content.ptr[LENGTH_BYTES], length) != content.len) {
        REFUSE(cx, STATUS_MALFORMED, "Q-07", "a parcel of %zu bytes in %zu", length, content.len);
    }
    for (size_t i = LENGTH_BYTES + length; i < content.len - CONTENT_HASH_BYTES; i++) {
        if (content.ptr[i] != 0) {
            REFUSE(cx, STATUS_MALFORMED, "Q-07", "padding that is not zero");
        }
    }
    parcel = BYTES(content.ptr + LENGTH_BYTES, length);
    TRY(parcel_read(cx, parcel, &checked));
    *ret_parcel = parcel;
out:
    return status;
}
