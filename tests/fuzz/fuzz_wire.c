/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oracle: wire_get_any() and the typed calls agree on every input, and what they accept the writer
 * gives back byte for byte.
 */
#include "walk.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct wire_reader any;
    struct wire_reader walked;
    struct wire_writer w;
    struct buf out;
    struct ctx cx;

    ctx_init(&cx, system_real());
    buf_init(&out, len + 16); /* a head may be written before its reader is found to be latched */
    wire_reader_init(&any, BYTES(data, len));
    bytes taken = wire_get_any(&any);
    bool accepted = wire_reader_done(&cx, &any, "value") == STATUS_OK;

    wire_reader_init(&walked, BYTES(data, len));
    wire_writer_init(&w, &cx, &out);
    walk_value(&walked, &w);
    MUST((wire_reader_done(&cx, &walked, "value") == STATUS_OK) == accepted);
    if (accepted) {
        MUST(wire_writer_done(&w) == STATUS_OK);
        MUST(bytes_equal(taken, BYTES(data, len)));
        MUST(bytes_equal(buf_view(&out), BYTES(data, len)));
    }
    buf_finish(&out);
    return 0;
}
