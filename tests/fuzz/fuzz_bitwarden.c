/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oracle: any bytes are refused with a fault, or give rows with a title, whose kept parts are JSON
 * objects that are read and written again as the same bytes.
 */
#include "exchange-int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The cell is empty, or an object in its compact form. */
static void check_object(struct ctx *cx, text cell)
{
    json_t *object = NULL;
    struct buf again;

    if (cell.len == 0) {
        return;
    }
    buf_init(&again, 8 * MIB);
    MUST(json_read(cx, BYTES(cell.ptr, cell.len), "kept", &object) == STATUS_OK);
    MUST(json_is_object(object) && json_object_size(object) > 0);
    MUST(json_write(cx, object, &again) == STATUS_OK);
    MUST(text_equal(buf_text(&again), cell));
    json_decref(object);
    buf_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx cx;
    struct sheet s;

    ctx_init(&cx, system_real());
    sheet_init(&s);
    if (bitwarden_to_sheet(&cx, BYTES(data, len), &s) == STATUS_OK) {
        for (size_t row = 0; row < s.row_count; row++) {
            for (size_t i = 0; i < s.column_count; i++) {
                text cell = sheet_cell(&s, row, i);
                MUST(utf8_valid(BYTES(cell.ptr, cell.len)));
            }
            MUST(sheet_cell(&s, row, 1).len > 0);
            check_object(&cx, sheet_cell(&s, row, s.column_count - 2));
            check_object(&cx, sheet_cell(&s, row, s.column_count - 1));
        }
    } else {
        MUST(cx.fault.what[0] != '\0');
    }
    sheet_finish(&s);
    return 0;
}
