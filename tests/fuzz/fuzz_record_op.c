/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oracle: an operation that op_parse() accepts [F-92]..[F-94] is what op_encode() writes from its
 * parts, byte for byte, so no two spellings of one operation exist; and everything the engine later
 * takes for validated (pairs, refs, the parts of a move) can be read to its end.
 */
#include <string.h>

#include "records-int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_pairs(bytes pairs)
{
    struct pair_reader p;
    text name, before = {0};
    bytes value;
    size_t count = 0;

    pair_start(&p, pairs);
    while (pair_next(&p, &name, &value)) {
        MUST(name.len > 0 && value.len > 0);
        MUST(count == 0 ||
             bytes_compare(BYTES(before.ptr, before.len), BYTES(name.ptr, name.len)) < 0);
        before = name;
        count++;
    }
    MUST(p.left == 0 && p.r.status == STATUS_OK && p.r.pos == p.r.end);
}

static void read_refs(bytes refs)
{
    struct wire_reader r;
    struct op_ref before, ref;

    wire_reader_init(&r, refs);
    size_t count = wire_get_array(&r, 0, OP_REFS_MAX);
    for (size_t i = 0; i < count; i++) {
        op_ref_read(&r, &ref);
        MUST(r.status == STATUS_OK && ref.seq > 0);
        MUST(i == 0 || op_ref_compare(&before, &ref) < 0);
        before = ref;
    }
    MUST(r.pos == r.end);
}

static void read_parts(const struct op_form *form)
{
    text transition, state;
    bytes pairs;

    if (form->base.ptr != NULL) {
        read_refs(form->base);
    }
    if (form->verb == OP_CREATE) {
        read_pairs(form->value);
    } else if (form->verb == OP_MOVE) {
        move_split(form->value, &transition, &state, &pairs);
        MUST(state.len > 0);
        read_pairs(pairs);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct op_form form;
    struct buf out;
    struct ctx cx;

    if (!op_parse(BYTES(data, len), &form)) {
        return 0;
    }
    ctx_init(&cx, system_real());
    buf_init(&out, len + 16);
    MUST(form.verb >= OP_CREATE && form.verb <= OP_RESTORE);
    read_parts(&form);
    MUST(op_encode(&cx, &form, &out) == STATUS_OK);
    MUST(bytes_equal(buf_view(&out), BYTES(data, len)));
    buf_finish(&out);
    return 0;
}
