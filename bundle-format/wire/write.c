/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write: the writer of the encoding. Each number in its shortest form, so there is nothing to
 * choose and two writers of one value write the same bytes. That map keys ascend is the caller's
 * to see to, since it writes them in the order of its schema.
 *
 * Invariant: after the first fault nothing is appended any more.
 */
#include "wire-int.h"

void wire_writer_init(struct wire_writer *w, struct ctx *cx, struct buf *out)
{
    *w = (struct wire_writer){.cx = cx, .out = out, .status = STATUS_OK};
}

static void put_run(struct wire_writer *w, bytes run)
{
    if (w->status == STATUS_OK) {
        w->status = buf_add(w->cx, w->out, run);
    }
}

static void put_head(struct wire_writer *w, unsigned major, uint64_t number)
{
    uint8_t head[9];
    unsigned info = INFO_U64;
    size_t width = 8;

    if (number < INFO_U8) {
        info = (unsigned)number;
        width = 0;
    } else if (number <= UINT8_MAX) {
        info = INFO_U8;
        width = 1;
    } else if (number <= UINT16_MAX) {
        info = INFO_U16;
        width = 2;
    } else if (number <= UINT32_MAX) {
        info = INFO_U32;
        width = 4;
    }
    head[0] = (uint8_t)(major << 5 | info);
    for (size_t i = 0; i < width; i++) {
        head[1 + i] = (uint8_t)(number >> (8 * (width - 1 - i)));
    }
    put_run(w, BYTES(head, 1 + width));
}

void wire_put_uint(struct wire_writer *w, uint64_t value)
{
    put_head(w, MAJOR_UINT, value);
}

void wire_put_int(struct wire_writer *w, int64_t value)
{
    if (value < 0) {
        put_head(w, MAJOR_NINT, (uint64_t)(-1 - value));
    } else {
        put_head(w, MAJOR_UINT, (uint64_t)value);
    }
}

void wire_put_bool(struct wire_writer *w, bool value)
{
    put_head(w, MAJOR_SIMPLE, value ? SIMPLE_TRUE : SIMPLE_FALSE);
}

void wire_put_null(struct wire_writer *w)
{
    put_head(w, MAJOR_SIMPLE, SIMPLE_NULL);
}

void wire_put_bytes(struct wire_writer *w, bytes value)
{
    put_head(w, MAJOR_BYTES, value.len);
    put_run(w, value);
}

void wire_put_text(struct wire_writer *w, text value)
{
    if (w->status == STATUS_OK && !utf8_valid(BYTES(value.ptr, value.len))) {
        w->status = fault_set(w->cx, STATUS_BUG, __FILE__, __LINE__,
                              "[F-05] text that is not valid UTF-8 was to be written");
    }
    put_head(w, MAJOR_TEXT, value.len);
    put_run(w, BYTES(value.ptr, value.len));
}

void wire_put_array(struct wire_writer *w, size_t count)
{
    put_head(w, MAJOR_ARRAY, count);
}

void wire_put_map(struct wire_writer *w, size_t count)
{
    put_head(w, MAJOR_MAP, count);
}

void wire_put_encoded(struct wire_writer *w, bytes encoded)
{
    put_run(w, encoded);
}

enum status wire_writer_done(struct wire_writer *w)
{
    return w->status;
}
