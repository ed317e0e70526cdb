/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oracle: any bytes are refused with a fault, or give rows that, written again with every cell
 * quoted and guarded as our export does, are read as the same rows.
 */
#include "exchange-int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { SIZE_MAX_HERE = 16 * 1024 * 1024 };

static void cell_write(struct ctx *cx, struct buf *out, text cell)
{
    MUST(buf_add_byte(cx, out, '"') == STATUS_OK);
    if (guard_needed(cell)) {
        MUST(buf_add_byte(cx, out, '\'') == STATUS_OK);
    }
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.ptr[i] == '"') {
            MUST(buf_add_byte(cx, out, '"') == STATUS_OK);
        }
        MUST(buf_add_byte(cx, out, (uint8_t)cell.ptr[i]) == STATUS_OK);
    }
    MUST(buf_add_byte(cx, out, '"') == STATUS_OK);
}

/* Everything read, written again into `again`, and as one run of cells into `flat`. */
static enum status read_all(struct ctx *cx, bytes in, bool guarded, struct buf *again,
                            struct buf *flat)
{
    enum status status;
    struct csv_reader *r = NULL;
    const text *cells;
    size_t count;
    size_t line;
    size_t before = 0;
    bool row = true;

    TRY(csv_open(cx, in, &r));
    while (row) {
        TRY(csv_next(cx, r, &cells, &count, &line, &row));
        MUST(!row || (line > before && count >= 1));
        before = line;
        for (size_t i = 0; row && i < count; i++) {
            text cell = guarded ? guard_removed(cells[i]) : cells[i];
            MUST(utf8_valid(BYTES(cell.ptr, cell.len)));
            MUST(i == 0 || buf_add_byte(cx, again, ',') == STATUS_OK);
            cell_write(cx, again, cell);
            MUST(buf_printf(cx, flat, "%zu:%zu:", i, cell.len) == STATUS_OK);
            MUST(buf_add_text(cx, flat, cell) == STATUS_OK);
        }
        MUST(!row || buf_add_text(cx, again, TEXT("\r\n")) == STATUS_OK);
    }
out:
    csv_close(&r);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx cx;
    struct buf written[2];
    struct buf flat[2];

    ctx_init(&cx, system_real());
    for (size_t i = 0; i < 2; i++) {
        buf_init(&written[i], SIZE_MAX_HERE);
        buf_init(&flat[i], SIZE_MAX_HERE);
    }
    if (read_all(&cx, BYTES(data, len), false, &written[0], &flat[0]) == STATUS_OK) {
        MUST(read_all(&cx, buf_view(&written[0]), true, &written[1], &flat[1]) == STATUS_OK);
        MUST(bytes_equal(buf_view(&flat[0]), buf_view(&flat[1])));
        MUST(bytes_equal(buf_view(&written[0]), buf_view(&written[1])));
    } else {
        MUST(cx.fault.what[0] != '\0');
    }
    for (size_t i = 0; i < 2; i++) {
        buf_finish(&written[i]);
        buf_finish(&flat[i]);
    }
    return 0;
}
