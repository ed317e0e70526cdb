/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sheet: what stands where on the pages, and what they say to whoever finds them in ten years.
 */
#include "sheet.h"

#include <stdlib.h>
#include <string.h>

enum {
    LEFT = 60,
    TOP = 766,
    LINE = 12,
    CODES_TOP = 684,
    COLUMNS = 2,
    COLUMN_POINTS = 240,
    ROW_POINTS = 207,
    CAPTION = 8,
    COLUMNS_MAX = 88, /* letters in a line */
    LOST_TENTHS = 3,  /* of the codes may be lost */
};

/* Bytes at level M, byte mode: ISO/IEC 18004:2015 table 7. The first is for what needs few codes:
 * larger squares; the last for what is too large for the others. */
static const struct {
    unsigned version;
    uint16_t capacity;
    uint32_t needed_max;
} sizes[] = {{15, 412, 12}, {20, 666, 178}, {25, 997, 178}};

static enum status symbols_of(struct ctx *cx, bytes parcel, uint16_t symbol_data, uint32_t *ret)
{
    enum status status = STATUS_OK;
    struct fountain *fountain = NULL;
    const struct fountain_plan plan = {
        .symbol_data = symbol_data, .cols = 1, .rows = 1, .paper = true};
    TRY(fountain_new(cx, &plan, parcel, &fountain));
    *ret = fountain_symbols(fountain);
out:
    fountain_free(&fountain);
    return status;
}

enum status sheet_plan(struct ctx *cx, bytes parcel, struct sheet_plan *ret)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint16_t data = (uint16_t)(sizes[i].capacity - SYMBOL_EXTRA_BYTES);
        uint32_t needed = 0;
        if (parcel.len / data >= sizes[i].needed_max) {
            continue;
        }
        TRY(symbols_of(cx, parcel, data, &needed));
        if (needed <= sizes[i].needed_max) {
            uint32_t codes = (needed * 10 + 9 - LOST_TENTHS) / (10 - LOST_TENTHS);
            codes = codes == needed ? needed + 1 : codes;
            *ret = (struct sheet_plan){sizes[i].version, data, needed, codes,
                                       (codes + SHEET_CODES - 1) / SHEET_CODES};
            goto out;
        }
    }
    (void)fault_set(cx, STATUS_LIMIT, __FILE__, __LINE__,
                    "%zu bytes are too many for paper, which takes about 170,000", parcel.len);
    status = fault_hint(cx, "send less of it, or use a stick or the screen");
out:
    return status;
}

static enum status put(struct ctx *cx, struct sheet_paper *to, int x, int y, const char *line)
{
    text whole = text_of(line);
    size_t pos = 0;
    for (size_t column = 0; pos < whole.len && column < COLUMNS_MAX; column++) {
        (void)utf8_next(whole, &pos);
    }
    return to->kind->text(cx, to, x, y, false, (text){whole.ptr, pos});
}

static enum status head(struct ctx *cx, const struct sheet_job *job, const struct sheet_plan *plan,
                        uint32_t page, struct sheet_paper *to)
{
    static const char *const how[] = {
        "Scan these pages flat, in grey, at 150 to 300 dots an inch, or photograph each of them",
        "from above in good light, sharp and filling the picture. Then: valise qr scan PICTURES",
        "Their order does not matter, and pages of other parcels among them do no harm.",
    };
    enum status status = STATUS_OK;
    struct buf line;
    const char *words = NULL;
    buf_init(&line, 256);
    TRY(to->kind->text(cx, to, LEFT, TOP, true,
                       text_of(job->title[0] == '\0' ? "A parcel of Valise" : job->title)));
    TRY(buf_printf(cx, &line, "Page %u of %u. Any %u of the %u codes on all pages suffice.",
                   page + 1, plan->pages, plan->needed, plan->codes));
    TRY(buf_cstr(cx, &line, &words));
    TRY(put(cx, to, LEFT, TOP - 2 * LINE, words));
    for (int i = 0; i < 3; i++) {
        TRY(put(cx, to, LEFT, TOP - (3 + i) * LINE, how[i]));
    }
out:
    buf_finish(&line);
    return status;
}

/* Number `code` of the parcel, in its place on the page. */
static enum status place(struct ctx *cx, const uint8_t *squares, unsigned side, uint32_t code,
                         const struct sheet_plan *plan, struct sheet_paper *to)
{
    enum status status = STATUS_OK;
    struct buf line;
    const char *words = NULL;
    int at = (int)(code % SHEET_CODES);
    int x = LEFT + at % COLUMNS * COLUMN_POINTS, y = CODES_TOP - at / COLUMNS * ROW_POINTS;
    buf_init(&line, 64);
    TRY(to->kind->code(cx, to, x, y, squares, side));
    TRY(buf_printf(cx, &line, "code %u of %u", code + 1, plan->codes));
    TRY(buf_cstr(cx, &line, &words));
    TRY(put(cx, to, x + 8, y - SHEET_CODE_POINTS - CAPTION, words));
out:
    buf_finish(&line);
    return status;
}

static enum status write_code(struct ctx *cx, struct fountain *fountain, uint32_t code,
                              const struct sheet_plan *plan, struct sheet_paper *to)
{
    enum status status = STATUS_OK;
    struct buf symbol;
    void *squares = NULL;
    unsigned side = 0;
    buf_init(&symbol, SYMBOL_BYTES_MAX);
    TRY(mem_new(cx, QR_SIDE_MAX, QR_SIDE_MAX, &squares));
    TRY(fountain_symbol(cx, fountain, code, 0, &symbol));
    if (!qr_draw(symbol.ptr, symbol.len, plan->version, QR_MEDIUM, squares, &side)) {
        FAIL(cx, STATUS_NO_MEMORY, "a code of version %u could not be drawn", plan->version);
    }
    TRY(place(cx, squares, side, code, plan, to));
out:
    free(squares);
    buf_finish(&symbol);
    return status;
}

enum status sheet_write(struct ctx *cx, const struct sheet_job *job, const struct sheet_plan *plan,
                        struct sheet_paper *to)
{
    enum status status = STATUS_OK;
    struct fountain *fountain = NULL;
    const struct fountain_plan fountain_plan = {
        .transfer = job->transfer,
        .symbol_data = plan->symbol_data,
        .cols = 1,
        .rows = 1,
        .paper = true,
        .key = job->key,
    };
    TRY(fountain_new(cx, &fountain_plan, job->parcel, &fountain));
    for (uint32_t code = 0; code < plan->codes; code++) {
        if (code % SHEET_CODES == 0) {
            TRY(to->kind->begin(cx, to));
            TRY(head(cx, job, plan, code / SHEET_CODES, to));
        }
        TRY(write_code(cx, fountain, code, plan, to));
        if (code % SHEET_CODES == SHEET_CODES - 1 || code + 1 == plan->codes) {
            TRY(to->kind->end(cx, to));
        }
    }
out:
    fountain_free(&fountain);
    return status;
}

enum status sheet_write_one(struct ctx *cx, const char *title, const char *caption, bytes content,
                            struct sheet_paper *to)
{
    enum status status = STATUS_OK;
    void *squares = NULL;
    unsigned side = 0;
    TRY(mem_new(cx, QR_SIDE_MAX, QR_SIDE_MAX, &squares));
    if (!qr_draw(content.ptr, content.len, 0, QR_QUARTILE, squares, &side)) {
        FAIL(cx, STATUS_LIMIT, "%zu bytes do not go into one code on paper", content.len);
    }
    TRY(to->kind->begin(cx, to));
    TRY(to->kind->text(cx, to, LEFT, TOP, true, text_of(title[0] == '\0' ? "Valise" : title)));
    TRY(put(cx, to, LEFT, TOP - 2 * LINE, caption));
    TRY(to->kind->code(cx, to, LEFT, CODES_TOP, squares, side));
    TRY(to->kind->end(cx, to));
out:
    free(squares);
    return status;
}
