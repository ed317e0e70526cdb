/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page: one page of text with a code below it.
 */
#include <string.h>

#include "paper-int.h"

enum {
    LEFT = 60,
    TOP = 766,
    BOTTOM = 64,
    LINE = 13,
    TITLE_SIZE = 18,
    TEXT_SIZE = 9,
    CODE_SIDE = 170, /* points: 6 cm, with the white around it */
    COLUMNS_MAX = 92,
    QUIET = 4, /* squares of white around a code */
};

struct page {
    struct ctx *cx;
    struct paper_pages *pages;
    int y;
};

/* The line's first letters, as many as stand on one. */
static text cut(text line)
{
    size_t pos = 0;
    for (size_t column = 0; pos < line.len && column < COLUMNS_MAX; column++) {
        (void)utf8_next(line, &pos);
    }
    return (text){line.ptr, pos};
}

static enum status set_line(struct page *p, text line, bool title)
{
    enum status status = STATUS_OK;
    p->y -= title ? 2 * LINE : LINE;
    if (p->y < BOTTOM) {
        FAIL(p->cx, STATUS_LIMIT, "the text does not fit on one page");
    }
    if (line.len > 0) {
        TRY(paper_pages_text(p->cx, p->pages, (struct paper_place){LEFT, p->y},
                             title ? PAPER_FONT_TITLE : PAPER_FONT_TEXT,
                             title ? TITLE_SIZE : TEXT_SIZE, cut(line)));
    }
out:
    return status;
}

static enum status set_text(struct page *p, text content)
{
    enum status status = STATUS_OK;
    bool title = true;
    size_t from = 0;
    while (from < content.len) {
        const char *end = memchr(content.ptr + from, '\n', content.len - from);
        size_t to = end == NULL ? content.len : (size_t)(end - content.ptr);
        TRY(set_line(p, (text){content.ptr + from, to - from}, title));
        title = false;
        from = to + 1;
    }
    if (paper_pages_replaced(p->pages)) {
        TRY(set_line(p, TEXT("(\"_\" is a letter that this page cannot print: write it by hand.)"),
                     false));
    }
out:
    return status;
}

static enum status set_code(struct page *p, bytes modules, size_t side, text caption)
{
    enum status status = STATUS_OK;
    TRY(set_line(p, TEXT(""), false));
    TRY(set_line(p, caption, false));
    if (p->y - LINE - CODE_SIDE < BOTTOM) {
        FAIL(p->cx, STATUS_LIMIT, "the text and the code do not fit on one page");
    }
    int quiet = CODE_SIDE * QUIET / (int)(side + 2 * QUIET);
    TRY(paper_pages_code(p->cx, p->pages, (struct paper_place){LEFT + quiet, p->y - LINE - quiet},
                         CODE_SIDE - 2 * quiet, modules, side));
out:
    return status;
}

enum status paper_page(struct ctx *cx, text content, bytes modules, size_t side, text caption,
                       struct buf *out)
{
    enum status status = STATUS_OK;
    struct page p = {.cx = cx, .y = TOP};
    MUST(side <= PAPER_SIDE_MAX && modules.len == side * side);
    TRY(paper_pages_new(cx, &p.pages));
    TRY(paper_pages_begin(cx, p.pages));
    TRY(set_text(&p, content));
    if (side > 0) {
        TRY(set_code(&p, modules, side, caption));
    }
    TRY(paper_pages_end(cx, p.pages, out));
out:
    paper_pages_free(&p.pages);
    return status;
}
