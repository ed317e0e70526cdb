/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifest (F-50 to F-57): piece 0 of a bundle, signed by the packing device. It names every
 * other piece by hash, so any reader's forged piece is found out before its content is used, and it
 * links to the bundle before, so a dropped bundle shows.
 *
 * The signature is the last item; it covers a hash of every byte before it.
 */
#include "sealed-int.h"

#include <string.h>

enum { MANIFEST_ITEMS = 12, SIGNATURE_ITEM = 2 + SIGNATURE_BYTES };

static const struct positions_rule FRONTIER_RULE = {
    .max = DEVICES_MAX,
    .count = "[F-55] frontier names too many devices",
    .row = "[F-55] an element of the frontier is not [device, seq]",
    .order = "[F-55] frontier is not strictly ascending by device",
    .seq = "[F-55] a seq in the frontier is out of range",
};

uint64_t manifest_piece_count(uint64_t content_len, uint64_t piece_size)
{
    uint64_t each = piece_payload_max((size_t)piece_size);
    return content_len / each + (content_len % each != 0);
}

static void signed_hash(bytes unsigned_part, struct id *ret)
{
    hash_domain("valise/manifest-body", unsigned_part, BYTES(NULL, 0), ret);
}

static const char *pieces_fault(const struct manifest *m)
{
    if (!piece_size_valid(m->piece_size)) {
        return "[F-52] piece size is none of the three";
    }
    uint64_t count = manifest_piece_count(m->content_len, m->piece_size);
    if (m->piece_hashes.len % PIECE_HASH_BYTES != 0 ||
        m->piece_hashes.len / PIECE_HASH_BYTES != count) {
        return "[F-52] the number of piece hashes does not fit the content";
    }
    return NULL;
}

static void put_unsigned(struct wire_writer *w, const struct manifest *m)
{
    wire_put_array(w, MANIFEST_ITEMS);
    wire_put_uint(w, FORMAT_VERSION);
    wire_put_bytes(w, BYTES_OF(m->team.b));
    wire_put_bytes(w, BYTES_OF(m->control_epoch.b));
    wire_put_bytes(w, BYTES_OF(m->device.b));
    wire_put_uint(w, m->number);
    wire_put_bytes(w, BYTES_OF(m->prev.b));
    wire_put_int(w, m->time);
    if (m->frontier.len > 0) {
        wire_put_encoded(w, m->frontier);
    } else {
        wire_put_array(w, 0);
    }
    wire_put_uint(w, m->content_len);
    wire_put_uint(w, m->piece_size);
    wire_put_bytes(w, m->piece_hashes);
}

enum status manifest_write(struct ctx *cx, struct manifest *m, const uint8_t sign_sk[static 64],
                           struct buf *out)
{
    enum status status = STATUS_OK;
    const char *why = pieces_fault(m);
    struct buf body;
    struct wire_writer w;
    struct id hash;

    buf_init(&body, MANIFEST_MAX);
    if (why != NULL) {
        FAIL(cx, STATUS_LIMIT, "manifest: %s", why);
    }
    wire_writer_init(&w, cx, &body);
    put_unsigned(&w, m);
    TRY(wire_writer_done(&w));
    signed_hash(buf_view(&body), &hash);
    statement_sign("valise/manifest", &m->team, BYTES_OF(hash.b), sign_sk, m->signature);
    wire_put_bytes(&w, BYTES_OF(m->signature));
    TRY(wire_writer_done(&w));
    TRY(buf_add(cx, out, buf_view(&body)));
out:
    buf_finish(&body);
    return status;
}

static void read_pieces(struct wire_reader *r, struct manifest *m)
{
    m->content_len = wire_get_uint(r, UINT64_MAX);
    m->piece_size = wire_get_uint(r, UINT64_MAX);
    if (r->status == STATUS_OK && piece_size_valid(m->piece_size) &&
        manifest_piece_count(m->content_len, m->piece_size) > BUNDLE_PIECES_MAX) {
        reader_fail_as(r, STATUS_LIMIT, "[F-51] the content takes too many pieces");
    }
    m->piece_hashes = wire_get_bytes(r, 0, BUNDLE_PIECES_MAX * PIECE_HASH_BYTES);
    const char *why = r->status == STATUS_OK ? pieces_fault(m) : NULL;
    if (why != NULL) {
        wire_fail(r, why);
    }
}

enum status manifest_parse(struct ctx *cx, bytes in, struct manifest *ret)
{
    enum status status = STATUS_OK;
    struct manifest m = {0};
    struct wire_reader r;

    if (in.len > MANIFEST_MAX) {
        FAIL(cx, STATUS_LIMIT, "manifest: [F-51] longer than %d bytes", MANIFEST_MAX);
    }
    wire_reader_init(&r, in);
    reader_get_row(&r, MANIFEST_ITEMS, "[F-50] not an array of 12");
    reader_get_version(&r, "[F-50] unknown version");
    wire_get_fixed(&r, m.team.b, sizeof m.team.b);
    wire_get_fixed(&r, m.control_epoch.b, sizeof m.control_epoch.b);
    wire_get_fixed(&r, m.device.b, sizeof m.device.b);
    m.number = reader_get_number(&r, 1, "[F-57] bundle number is out of range");
    wire_get_fixed(&r, m.prev.b, sizeof m.prev.b);
    if (r.status == STATUS_OK && (m.number == 1) != id_is_zero(&m.prev)) {
        wire_fail(&r, "[F-57] prev is zero exactly when the number is 1");
    }
    m.time = wire_get_int(&r);
    m.frontier = reader_get_positions(&r, &FRONTIER_RULE, NULL);
    read_pieces(&r, &m);
    wire_get_fixed(&r, m.signature, sizeof m.signature);
    TRY(wire_reader_done(cx, &r, "manifest"));
    *ret = m;
out:
    return status;
}

enum status manifest_verify(struct ctx *cx, bytes in, const struct manifest *m,
                            const uint8_t sign_pk[static 32])
{
    enum status status = STATUS_OK;
    struct id hash;

    MUST(in.len > SIGNATURE_ITEM); /* `in` passed manifest_parse() */
    signed_hash(BYTES(in.ptr, in.len - SIGNATURE_ITEM), &hash);
    if (!statement_verify("valise/manifest", &m->team, BYTES_OF(hash.b), sign_pk, m->signature)) {
        FAIL(cx, STATUS_FORGED, "manifest: [F-56] signature does not hold");
    }
out:
    return status;
}

void manifest_hash(bytes in, struct id *ret)
{
    hash_domain("valise/manifest-hash", in, BYTES(NULL, 0), ret); /* [F-57] */
}
