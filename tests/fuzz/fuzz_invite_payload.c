/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is the inside of an invite. Oracle: an accepted one, written again, is the same bytes;
 * each row of its lists, read and written again, is too; a refused one says why.
 */
#include "team-int.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum list { LIST_EPOCHS, LIST_DEVICES, LIST_CHAINS };

static void rewrite(struct ctx *cx, bytes list, enum list which)
{
    struct payload_epoch epoch;
    struct payload_device device;
    struct payload_chain chain;
    struct wire_writer w;
    struct rows rows;
    struct buf out;
    bool more = true;

    buf_init(&out, list.len + 1);
    rows_read(&rows, list);
    wire_writer_init(&w, cx, &out);
    wire_put_array(&w, rows.left);
    while (more) {
        switch (which) {
        case LIST_EPOCHS:
            more = payload_next_epoch(&rows, &epoch);
            if (more) {
                payload_put_epoch(&w, &epoch);
            }
            break;
        case LIST_DEVICES:
            more = payload_next_device(&rows, &device);
            if (more) {
                payload_put_device(&w, &device);
            }
            break;
        case LIST_CHAINS:
            more = payload_next_chain(&rows, &chain);
            if (more) {
                payload_put_chain(&w, &chain);
            }
            break;
        }
    }
    MUST(wire_writer_done(&w) == STATUS_OK);
    MUST(rows.r.status == STATUS_OK && bytes_equal(buf_view(&out), list));
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct payload p;
    struct ctx cx;
    struct buf out;

    ctx_init(&cx, system_real());
    if (payload_parse(&cx, BYTES(data, len), &p) != STATUS_OK) {
        MUST(cx.fault.what[0] != '\0');
        return 0;
    }
    rewrite(&cx, p.epochs, LIST_EPOCHS);
    rewrite(&cx, p.devices, LIST_DEVICES);
    rewrite(&cx, p.chains, LIST_CHAINS);
    buf_init(&out, len + 1);
    MUST(payload_write(&cx, &p, &out) == STATUS_OK);
    MUST(bytes_equal(buf_view(&out), BYTES(data, len)));
    buf_finish(&out);
    return 0;
}
