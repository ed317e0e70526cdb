/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page: a PDF small enough to be read with the eyes: one page, two of the fonts every viewer has,
 * text, black squares. Nothing is compressed, and it says neither when nor where it was made.
 */
#include <string.h>

#include "paper-int.h"

enum {
    /* points; A4 is 595 x 842, Letter 612 x 792: what is printed lies inside both, centred or not
     */
    PAGE_WIDTH = 595,
    PAGE_HEIGHT = 842,
    LEFT = 60,
    TOP = 766,
    BOTTOM = 64,
    LINE = 13,
    TITLE_SIZE = 18,
    TEXT_SIZE = 9,
    CODE_SIDE = 170, /* 6 cm */
    COLUMNS_MAX = 92,
    QUIET = 4, /* squares of white around a code */
    PDF_MAX = 512 * 1024,
};

struct page {
    struct ctx *cx;
    struct buf content; /* the drawing */
    int y;
    bool replaced; /* a letter could not be set */
};

/* One letter in Windows' Latin-1, as PDF strings want it. */
static enum status letter(struct page *p, uint32_t c)
{
    if (c == '(' || c == ')' || c == '\\') {
        return buf_printf(p->cx, &p->content, "\\%c", (char)c);
    }
    if (c >= 0x20 && c < 0x7f) {
        return buf_add_byte(p->cx, &p->content, (uint8_t)c);
    }
    if (c >= 0xa0 && c <= 0xff) {
        return buf_printf(p->cx, &p->content, "\\%03o", (unsigned)c);
    }
    p->replaced = true;
    return buf_add_byte(p->cx, &p->content, '_');
}

static enum status set_line(struct page *p, text line, bool title)
{
    enum status status = STATUS_OK;
    size_t pos = 0;
    p->y -= title ? 2 * LINE : LINE;
    if (p->y < BOTTOM) {
        FAIL(p->cx, STATUS_LIMIT, "the text does not fit on one page");
    }
    if (line.len == 0) {
        goto out;
    }
    TRY(buf_printf(p->cx, &p->content, "BT /F%d %d Tf %d %d Td (", title ? 2 : 1,
                   title ? TITLE_SIZE : TEXT_SIZE, LEFT, p->y));
    for (size_t column = 0; pos < line.len && column < COLUMNS_MAX; column++) {
        TRY(letter(p, utf8_next(line, &pos)));
    }
    TRY(buf_add_text(p->cx, &p->content, TEXT(") Tj ET\n")));
out:
    return status;
}

static enum status set_text(struct page *p, text content)
{
    enum status status = STATUS_OK;
    bool title = true;
    size_t from = 0;
    for (size_t i = 0; i <= content.len; i++) {
        if (i == content.len ? from == i : content.ptr[i] != '\n') {
            continue;
        }
        TRY(set_line(p, (text){content.ptr + from, i - from}, title));
        title = false;
        from = i + 1;
        if (i == content.len) {
            break;
        }
    }
    if (from < content.len) {
        TRY(set_line(p, (text){content.ptr + from, content.len - from}, title));
    }
    if (p->replaced) {
        TRY(set_line(p, TEXT("(\"_\" is a letter that this page cannot print: write it by hand.)"),
                     false));
    }
out:
    return status;
}

/* In thousandths of a point: whole numbers, so that no locale changes the decimal sign. */
static enum status number(struct page *p, int64_t thousandths)
{
    return buf_printf(p->cx, &p->content, "%lld.%03lld ", (long long)(thousandths / 1000),
                      (long long)(thousandths % 1000));
}

/* Each row as runs of dark squares. */
static enum status set_code(struct page *p, bytes modules, size_t side, text caption)
{
    enum status status = STATUS_OK;
    int64_t square = (int64_t)CODE_SIDE * 1000 / (int64_t)(side + 2 * QUIET);
    int64_t left = LEFT * 1000;
    TRY(set_line(p, TEXT(""), false));
    TRY(set_line(p, caption, false));
    int64_t top = ((int64_t)p->y - LINE) * 1000 - QUIET * square;
    if (p->y - LINE - CODE_SIDE < BOTTOM) {
        FAIL(p->cx, STATUS_LIMIT, "the text and the code do not fit on one page");
    }
    for (size_t row = 0; row < side; row++) {
        const uint8_t *dark = modules.ptr + row * side;
        for (size_t from = 0; from < side; from++) {
            size_t to = from;
            while (to < side && dark[to] != 0) {
                to++;
            }
            if (to == from) {
                continue;
            }
            TRY(number(p, left + (int64_t)(from + QUIET) * square));
            TRY(number(p, top - (int64_t)(row + 1) * square));
            TRY(number(p, (int64_t)(to - from) * square));
            TRY(number(p, square));
            TRY(buf_add_text(p->cx, &p->content, TEXT("re\n")));
            from = to;
        }
    }
    TRY(buf_add_text(p->cx, &p->content, TEXT("f\n")));
out:
    return status;
}

enum { OBJECTS = 6 };

static enum status write_objects(struct page *p, struct buf *out, size_t at[static OBJECTS])
{
    static const char page[] = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 6 0 "
                               "R /Resources << /Font << /F1 4 0 R /F2 5 0 R >> >> >>";
    static const char *const objects[OBJECTS - 1] = {
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page,
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    };
    enum status status = STATUS_OK;
    _Static_assert(PAGE_WIDTH == 595 && PAGE_HEIGHT == 842, "the MediaBox above");
    TRY(buf_add_text(p->cx, out, TEXT("%PDF-1.4\n")));
    for (size_t i = 0; i < OBJECTS - 1; i++) {
        at[i] = out->len;
        TRY(buf_printf(p->cx, out, "%zu 0 obj\n%s\nendobj\n", i + 1, objects[i]));
    }
    at[OBJECTS - 1] = out->len;
    TRY(buf_printf(p->cx, out, "%d 0 obj\n<< /Length %zu >>\nstream\n", (int)OBJECTS,
                   p->content.len));
    TRY(buf_add(p->cx, out, buf_view(&p->content)));
    TRY(buf_add_text(p->cx, out, TEXT("endstream\nendobj\n")));
out:
    return status;
}

enum status paper_page(struct ctx *cx, text content, bytes modules, size_t side, text caption,
                       struct buf *out)
{
    enum status status = STATUS_OK;
    struct page p = {.cx = cx, .y = TOP};
    struct buf pdf;
    size_t at[OBJECTS] = {0};
    buf_init(&p.content, PDF_MAX);
    buf_init(&pdf, PDF_MAX + 4096);
    MUST(side <= PAPER_SIDE_MAX && modules.len == side * side);
    TRY(set_text(&p, content));
    if (side > 0) {
        TRY(set_code(&p, modules, side, caption));
    }
    TRY(write_objects(&p, &pdf, at));
    size_t table = pdf.len;
    TRY(buf_printf(cx, &pdf, "xref\n0 %d\n0000000000 65535 f \n", OBJECTS + 1));
    for (size_t i = 0; i < OBJECTS; i++) {
        TRY(buf_printf(cx, &pdf, "%010zu 00000 n \n", at[i]));
    }
    TRY(buf_printf(cx, &pdf, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n",
                   OBJECTS + 1, table));
    TRY(buf_add(cx, out, buf_view(&pdf)));
out:
    buf_finish(&p.content);
    buf_finish(&pdf);
    return status;
}
