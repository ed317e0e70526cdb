/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is a content stream. Oracle: every accepted item writes back to the bytes it was read
 * from; a beginning of an item is asked to go on, never misread; reading always ends.
 */
#include "sealed_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_again(struct ctx *cx, const struct content_item *item, bytes from)
{
    struct content_item part;
    struct buf out;
    size_t used = 1;

    buf_init(&out, CONTENT_ITEM_MAX);
    if (item->kind == CONTENT_HEAD) {
        MUST(content_write_head(cx, &item->head, &out) == STATUS_OK);
    } else {
        MUST(content_write_entry(cx, item->header, item->body, &out) == STATUS_OK);
    }
    MUST(bytes_equal(buf_view(&out), from));
    MUST(content_read(cx, BYTES(from.ptr, from.len - 1), &part, &used) == STATUS_OK && used == 0);
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct content_order order = {0};
    struct content_item item;
    struct entry_header h;
    struct ctx cx;
    size_t pos = 0, used = 0;
    enum status status;

    ctx_init(&cx, system_real());
    do {
        TRY(content_read(&cx, BYTES(data + pos, len - pos), &item, &used));
        if (used == 0) {
            break;
        }
        MUST(used <= len - pos && used <= CONTENT_ITEM_MAX);
        check_again(&cx, &item, BYTES(data + pos, used));
        if (item.kind == CONTENT_ENTRY) {
            TRY(entry_header_parse(&cx, item.header, &h));
        }
        TRY(content_order_check(&cx, &order, item.kind == CONTENT_ENTRY ? &h : NULL));
        pos += used;
    } while (pos < len);
    TRY(content_done(&cx, BYTES(data + pos, len - pos)));
out:
    MUST(status == STATUS_OK || strstr(cx.fault.what, "[F-") != NULL);
    return 0;
}
