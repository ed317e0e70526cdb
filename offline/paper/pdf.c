/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pdf: a PDF small enough to be read with the eyes: pages, two of the fonts every viewer has, text,
 * black squares. Nothing is compressed, and it says neither when nor where it was made.
 */
#include <stdlib.h>
#include <string.h>

#include "paper-int.h"

enum { PDF_MAX = 64 * 1024 * 1024, FIRST_OBJECTS = 4, OBJECTS_MAX = 4 + 2 * PAPER_PAGES_MAX };

struct paper_pages {
    struct buf content; /* the drawings, one behind the other */
    size_t starts[PAPER_PAGES_MAX + 1];
    size_t count;
    bool replaced;
};

enum status paper_pages_new(struct ctx *cx, struct paper_pages **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    TRY(mem_new(cx, 1, sizeof(struct paper_pages), &memory));
    *ret = memory;
    buf_init(&(*ret)->content, PDF_MAX);
out:
    return status;
}

void paper_pages_free(struct paper_pages **p)
{
    if (*p != NULL) {
        buf_finish(&(*p)->content);
        free(*p);
        *p = NULL;
    }
}

enum status paper_pages_begin(struct ctx *cx, struct paper_pages *p)
{
    enum status status = STATUS_OK;
    if (p->count == PAPER_PAGES_MAX) {
        FAIL(cx, STATUS_LIMIT, "more than %d pages", (int)PAPER_PAGES_MAX);
    }
    p->starts[p->count++] = p->content.len;
out:
    return status;
}

bool paper_pages_replaced(const struct paper_pages *p)
{
    return p->replaced;
}

/* One letter in Windows' Latin-1, as PDF strings want it. */
static enum status letter(struct ctx *cx, struct paper_pages *p, uint32_t c)
{
    if (c == '(' || c == ')' || c == '\\') {
        return buf_printf(cx, &p->content, "\\%c", (char)c);
    }
    if (c >= 0x20 && c < 0x7f) {
        return buf_add_byte(cx, &p->content, (uint8_t)c);
    }
    if (c >= 0xa0 && c <= 0xff) {
        return buf_printf(cx, &p->content, "\\%03o", (unsigned)c);
    }
    p->replaced = true;
    return buf_add_byte(cx, &p->content, '_');
}

enum status paper_pages_text(struct ctx *cx, struct paper_pages *p, struct paper_place at,
                             enum paper_font font, int size, text line)
{
    enum status status = STATUS_OK;
    size_t pos = 0;
    MUST(p->count > 0);
    TRY(buf_printf(cx, &p->content, "BT /F%d %d Tf %d %d Td (", font == PAPER_FONT_TITLE ? 2 : 1,
                   size, at.x, at.y));
    while (pos < line.len) {
        TRY(letter(cx, p, utf8_next(line, &pos)));
    }
    TRY(buf_add_text(cx, &p->content, TEXT(") Tj ET\n")));
out:
    return status;
}

/* Each row as runs of dark squares, in squares: "cm" makes them points. All of a code is one path,
 * so that no viewer leaves hairs between rows. Whole numbers only: no locale changes them. */
enum status paper_pages_code(struct ctx *cx, struct paper_pages *p, struct paper_place at,
                             int side_points, bytes modules, size_t side)
{
    enum status status = STATUS_OK;
    MUST(p->count > 0 && modules.len == side * side);
    if (side == 0) {
        goto out;
    }
    int64_t square = (int64_t)side_points * 100000 / (int64_t)side;
    TRY(buf_printf(cx, &p->content, "q %lld.%05lld 0 0 -%lld.%05lld %d %d cm\n",
                   (long long)(square / 100000), (long long)(square % 100000),
                   (long long)(square / 100000), (long long)(square % 100000), at.x, at.y));
    for (size_t row = 0; row < side; row++) {
        const uint8_t *dark = modules.ptr + row * side;
        for (size_t from = 0; from < side; from++) {
            size_t to = from;
            while (to < side && dark[to] != 0) {
                to++;
            }
            if (to > from) {
                TRY(buf_printf(cx, &p->content, "%zu %zu %zu 1 re\n", from, row, to - from));
                from = to;
            }
        }
    }
    TRY(buf_add_text(cx, &p->content, TEXT("f Q\n")));
out:
    return status;
}

static enum status write_first(struct ctx *cx, const struct paper_pages *p, struct buf *out,
                               size_t at[static OBJECTS_MAX])
{
    static const char *const fonts[] = {
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    };
    enum status status = STATUS_OK;
    TRY(buf_add_text(cx, out, TEXT("%PDF-1.4\n")));
    at[0] = out->len;
    TRY(buf_printf(cx, out, "1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"));
    at[1] = out->len;
    TRY(buf_printf(cx, out, "2 0 obj\n<< /Type /Pages /Kids ["));
    for (size_t i = 0; i < p->count; i++) {
        TRY(buf_printf(cx, out, "%s%zu 0 R", i == 0 ? "" : " ", FIRST_OBJECTS + 1 + 2 * i));
    }
    TRY(buf_printf(cx, out, "] /Count %zu >>\nendobj\n", p->count));
    for (size_t i = 0; i < 2; i++) {
        at[2 + i] = out->len;
        TRY(buf_printf(cx, out, "%zu 0 obj\n%s\nendobj\n", 3 + i, fonts[i]));
    }
out:
    return status;
}

static enum status write_page(struct ctx *cx, const struct paper_pages *p, size_t i,
                              struct buf *out, size_t at[static OBJECTS_MAX])
{
    enum status status = STATUS_OK;
    size_t number = FIRST_OBJECTS + 1 + 2 * i;
    bytes drawing = BYTES(p->content.ptr + p->starts[i], p->starts[i + 1] - p->starts[i]);
    at[number - 1] = out->len;
    TRY(buf_printf(cx, out,
                   "%zu 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %zu 0 "
                   "R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>\nendobj\n",
                   number, (int)PAPER_WIDTH, (int)PAPER_HEIGHT, number + 1));
    at[number] = out->len;
    TRY(buf_printf(cx, out, "%zu 0 obj\n<< /Length %zu >>\nstream\n", number + 1, drawing.len));
    TRY(buf_add(cx, out, drawing));
    TRY(buf_add_text(cx, out, TEXT("endstream\nendobj\n")));
out:
    return status;
}

enum status paper_pages_end(struct ctx *cx, struct paper_pages *p, struct buf *out)
{
    enum status status = STATUS_OK;
    struct buf pdf;
    size_t at[OBJECTS_MAX] = {0};
    size_t objects = FIRST_OBJECTS + 2 * p->count;
    buf_init(&pdf, PDF_MAX + 65536);
    MUST(p->count > 0);
    p->starts[p->count] = p->content.len;
    TRY(write_first(cx, p, &pdf, at));
    for (size_t i = 0; i < p->count; i++) {
        TRY(write_page(cx, p, i, &pdf, at));
    }
    size_t table = pdf.len;
    TRY(buf_printf(cx, &pdf, "xref\n0 %zu\n0000000000 65535 f \n", objects + 1));
    for (size_t i = 0; i < objects; i++) {
        TRY(buf_printf(cx, &pdf, "%010zu 00000 n \n", at[i]));
    }
    TRY(buf_printf(cx, &pdf, "trailer\n<< /Size %zu /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n",
                   objects + 1, table));
    TRY(buf_add(cx, out, buf_view(&pdf)));
out:
    buf_finish(&pdf);
    return status;
}
