/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The content stream of a bundle [F-53], [F-54]: signed heads, then entries, each item framed by
 * its length so that a reader can take them one by one from pieces as they are verified.
 *
 *   item = length (4, LE) | one encoded array: [1, device, seq, id, signature] or [2, header, body]
 */
#include "sealed-int.h"

#include <string.h>

enum { FRAME = 4, HEAD_ITEMS = 5, ENTRY_ITEMS = 3 };

/* Writes an item's encoding behind a frame that is filled in once its length is known. */
static enum status item_begin(struct ctx *cx, struct buf *out, size_t *ret_at)
{
    uint8_t *unused = NULL;
    *ret_at = out->len;
    return buf_extend(cx, out, FRAME, &unused);
}

static enum status item_end(struct wire_writer *w, struct buf *out, size_t at)
{
    enum status status = wire_writer_done(w);
    if (status == STATUS_OK) {
        put_u32le(out->ptr + at, (uint32_t)(out->len - at - FRAME));
    } else {
        out->len = at;
    }
    return status;
}

enum status content_write_head(struct ctx *cx, const struct head *h, struct buf *out)
{
    enum status status = STATUS_OK;
    struct wire_writer w;
    size_t at = 0;

    TRY(item_begin(cx, out, &at));
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, HEAD_ITEMS);
    wire_put_uint(&w, CONTENT_HEAD);
    wire_put_bytes(&w, BYTES_OF(h->device.b));
    wire_put_uint(&w, h->seq);
    wire_put_bytes(&w, BYTES_OF(h->id.b));
    wire_put_bytes(&w, BYTES_OF(h->signature));
    TRY(item_end(&w, out, at));
out:
    return status;
}

enum status content_write_entry(struct ctx *cx, bytes header, bytes body, struct buf *out)
{
    enum status status = STATUS_OK;
    struct wire_writer w;
    size_t at = 0;

    if (header.len > ENTRY_HEADER_MAX || body.len > BODY_SEALED_MAX) {
        FAIL(cx, STATUS_LIMIT, "content: [F-54] the entry is too large for an item");
    }
    TRY(item_begin(cx, out, &at));
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, ENTRY_ITEMS);
    wire_put_uint(&w, CONTENT_ENTRY);
    wire_put_bytes(&w, header);
    wire_put_bytes(&w, body);
    TRY(item_end(&w, out, at));
out:
    return status;
}

static void read_item(struct wire_reader *r, struct content_item *item)
{
    size_t count = wire_get_array(r, 0, SIZE_MAX);
    uint64_t kind = wire_get_uint(r, UINT64_MAX);

    if (kind == CONTENT_HEAD && count == HEAD_ITEMS) {
        item->kind = CONTENT_HEAD;
        wire_get_fixed(r, item->head.device.b, sizeof item->head.device.b);
        item->head.seq = reader_get_number(r, 1, "[F-36] seq of a head is out of range");
        wire_get_fixed(r, item->head.id.b, sizeof item->head.id.b);
        wire_get_fixed(r, item->head.signature, sizeof item->head.signature);
    } else if (kind == CONTENT_ENTRY && count == ENTRY_ITEMS) {
        item->kind = CONTENT_ENTRY;
        item->header = wire_get_bytes(r, 1, ENTRY_HEADER_MAX);
        item->body = wire_get_bytes(r, 1, BODY_SEALED_MAX);
    } else {
        reader_fail_as(r, STATUS_UNSUPPORTED, "[F-54] unknown kind of item");
    }
}

enum status content_read(struct ctx *cx, bytes in, struct content_item *ret, size_t *ret_used)
{
    enum status status = STATUS_OK;
    struct content_item item = {0};
    struct wire_reader r;
    size_t len;

    if (in.len < FRAME) {
        *ret_used = 0;
        return STATUS_OK;
    }
    len = get_u32le(in.ptr);
    if (len > CONTENT_ITEM_MAX - FRAME) {
        FAIL(cx, STATUS_LIMIT, "content: [F-54] an item of %zu bytes is too long", len);
    }
    if (len > in.len - FRAME) {
        *ret_used = 0;
        return STATUS_OK;
    }
    wire_reader_init(&r, BYTES(in.ptr + FRAME, len));
    read_item(&r, &item);
    TRY(wire_reader_done(cx, &r, "content"));
    *ret = item;
    *ret_used = FRAME + len;
out:
    return status;
}

enum status content_done(struct ctx *cx, bytes rest)
{
    enum status status = STATUS_OK;
    if (rest.len > 0) {
        FAIL(cx, STATUS_MALFORMED, "content: [F-54] ends inside an item");
    }
out:
    return status;
}

enum status content_order_check(struct ctx *cx, struct content_order *o,
                                const struct entry_header *h)
{
    enum status status = STATUS_OK;

    if (h == NULL) {
        if (o->entries) {
            FAIL(cx, STATUS_MALFORMED, "content: [F-53] a head behind an entry");
        }
        return STATUS_OK;
    }
    if (o->entries && (h->lamport < o->lamport ||
                       (h->lamport == o->lamport && id_compare(&h->device, &o->device) < 0))) {
        FAIL(cx, STATUS_MALFORMED, "content: [F-53] entries are out of order");
    }
    *o = (struct content_order){.entries = true, .lamport = h->lamport, .device = h->device};
out:
    return status;
}
