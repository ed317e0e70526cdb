/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the log to payloads: the content stream [F-53] is the heads as they were when the bundle was
 * planned, then every entry between base and top, cut into runs that fill a piece each. However
 * much it is, one payload and one entry are in memory; a small stream is kept between the pass that
 * measures it and the pass that seals it, so that the log is read once.
 */
#include <string.h>

#include "transfer-int.h"

struct cut {
    struct plan *plan; /* of the measuring pass */
    const struct plan *planned;
    struct buf *kept; /* NULL: not kept */
    struct buf item;
    struct buf payload;
    size_t payload_max;
    uint64_t index, len;
    cut_emit *emit;
    void *self;
};

/* ---- measuring ------------------------------------------------------------------------------ */

static enum status measure_head(void *self, struct ctx *cx, const struct head *h)
{
    struct cut *c = self;
    return content_write_head(cx, h, &c->plan->heads);
}

static enum status measure_entry(void *self, struct ctx *cx, bytes header, bytes body)
{
    enum status status = STATUS_OK;
    struct cut *c = self;
    buf_clear(&c->item);
    TRY(content_write_entry(cx, header, body, &c->item));
    c->len += c->item.len;
    c->plan->entries++;
    if (c->kept != NULL && c->item.len <= c->kept->max - c->kept->len) {
        TRY(buf_add(cx, c->kept, buf_view(&c->item)));
    } else if (c->kept != NULL) {
        buf_finish(c->kept);
        c->kept = NULL;
    }
out:
    return status;
}

enum status cut_measure(struct ctx *cx, struct team *t, struct plan *p, struct buf *kept,
                        bool *ret_kept)
{
    enum status status = STATUS_OK;
    struct cut c = {.plan = p, .kept = kept};
    buf_init(&c.item, CONTENT_ITEM_MAX);
    buf_init(kept, BATCH_BYTES_MAX);
    TRY(log_export_between(cx, t, buf_view(&p->base), buf_view(&p->top), measure_head,
                           measure_entry, &c));
    p->content_len = p->heads.len + c.len;
    *ret_kept = c.kept != NULL;
out:
    buf_finish(&c.item);
    return status;
}

/* ---- cutting -------------------------------------------------------------------------------- */

static enum status cut_add(struct ctx *cx, struct cut *c, bytes part)
{
    enum status status = STATUS_OK;
    c->len += part.len;
    if (c->len > c->planned->content_len) {
        FAIL(cx, STATUS_INTEGRITY, "the log gives more than was planned for the bundle");
    }
    while (part.len > 0) {
        size_t room = c->payload_max - c->payload.len;
        size_t len = part.len < room ? part.len : room;
        TRY(buf_add(cx, &c->payload, BYTES(part.ptr, len)));
        part = BYTES(part.ptr + len, part.len - len);
        if (c->payload.len == c->payload_max) {
            TRY(c->emit(c->self, cx, ++c->index, buf_view(&c->payload)));
            c->payload.len = 0; /* it is all overwritten; nothing in it is in clear */
        }
    }
out:
    return status;
}

static enum status cut_entry(void *self, struct ctx *cx, bytes header, bytes body)
{
    enum status status = STATUS_OK;
    struct cut *c = self;
    buf_clear(&c->item);
    TRY(content_write_entry(cx, header, body, &c->item));
    TRY(cut_add(cx, c, buf_view(&c->item)));
out:
    return status;
}

enum status cut_run(struct ctx *cx, struct team *t, const struct plan *p, const struct buf *kept,
                    cut_emit *emit, void *self)
{
    enum status status = STATUS_OK;
    struct cut c = {.planned = p, .emit = emit, .self = self};
    c.payload_max = piece_payload_max((size_t)p->piece_size);
    buf_init(&c.item, CONTENT_ITEM_MAX);
    buf_init(&c.payload, c.payload_max);
    TRY(cut_add(cx, &c, buf_view(&p->heads)));
    if (kept != NULL) {
        TRY(cut_add(cx, &c, buf_view(kept)));
    } else {
        /* entries that came in after the plan stay out of it */
        TRY(log_export_between(cx, t, buf_view(&p->base), buf_view(&p->top), NULL, cut_entry, &c));
    }
    if (c.payload.len > 0) {
        TRY(emit(self, cx, ++c.index, buf_view(&c.payload)));
    }
    if (c.len != p->content_len || c.index != p->pieces) {
        FAIL(cx, STATUS_INTEGRITY, "the log gives less than was planned for the bundle");
    }
out:
    buf_finish(&c.item);
    buf_finish(&c.payload);
    return status;
}
