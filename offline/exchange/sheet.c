/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sheet: columns and rows of cells in one pool of text. A cell is a place in the pool, so a hundred
 * thousand rows are two allocations that grow and not a million small ones.
 */
#include "exchange-int.h"

#include <stdlib.h>
#include <string.h>

int exchange_shown_len(text t)
{
    enum { SHOWN_MAX = 60 };
    size_t len = t.len < SHOWN_MAX ? t.len : SHOWN_MAX;

    while (len > 0 && len < t.len && ((uint8_t)t.ptr[len] & 0xC0) == 0x80) {
        len--;
    }
    return (int)len;
}

void scratch_reset(struct buf *b)
{
    enum { KEPT_MAX = 16 * 1024 };

    if (b->cap > KEPT_MAX) {
        buf_finish(b);
    } else if (b->len > 0) {
        buf_clear(b);
    }
}

void sheet_init(struct sheet *s)
{
    *s = (struct sheet){.column_count = 0};
    buf_init(&s->pool, (size_t)4 * IMPORT_FILE_MAX - 1); /* so that a place fits 32 bits */
}

void sheet_finish(struct sheet *s)
{
    buf_finish(&s->pool);
    free(s->names);
    free(s->cells);
    free(s->lines);
    *s = (struct sheet){.column_count = 0};
}

text sheet_text(const struct sheet *s, struct cell c)
{
    return (text){.ptr = c.len == 0 ? NULL : (const char *)s->pool.ptr + c.at, .len = c.len};
}

text sheet_cell(const struct sheet *s, size_t row, size_t column)
{
    return sheet_text(s, s->cells[row * s->column_count + column]);
}

enum status sheet_keep(struct ctx *cx, struct sheet *s, text t, struct cell *ret)
{
    enum status status = STATUS_OK;
    size_t at = s->pool.len;

    TRY(buf_add(cx, &s->pool, BYTES(t.ptr, t.len)));
    *ret = (struct cell){.at = (uint32_t)at, .len = (uint32_t)t.len};
out:
    return status;
}

static bool name_taken(const struct sheet *s, size_t count, text name)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(sheet_text(s, s->names[i]), name)) {
            return true;
        }
    }
    return false;
}

/* "Labels", "Labels (2)", "column 3": names are the keys of what is kept in ext. */
static enum status name_keep(struct ctx *cx, struct sheet *s, size_t column, text name)
{
    enum status status = STATUS_OK;
    struct buf fresh;
    size_t repeat = 1;

    buf_init(&fresh, LINE_BYTES_MAX + 64);
    if (name.len > LINE_BYTES_MAX) {
        FAIL(cx, STATUS_LIMIT, "the name of column %zu is longer than %u bytes", column + 1,
             LINE_BYTES_MAX);
    }
    do {
        buf_clear(&fresh);
        if (name.len == 0) {
            TRY(buf_printf(cx, &fresh, "column %zu", column + 1));
        } else {
            TRY(buf_add_text(cx, &fresh, name));
        }
        if (repeat > 1) {
            TRY(buf_printf(cx, &fresh, " (%zu)", repeat));
        }
        repeat++;
    } while (name_taken(s, column, buf_text(&fresh)));
    TRY(sheet_keep(cx, s, buf_text(&fresh), &s->names[column]));
out:
    buf_finish(&fresh);
    return status;
}

enum status sheet_columns(struct ctx *cx, struct sheet *s, const text *names, size_t count)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    MUST(count >= 1 && count <= COLUMNS_MAX && s->names == NULL);
    TRY(mem_new(cx, count, sizeof *s->names, &memory));
    s->names = memory;
    s->column_count = count;
    for (size_t i = 0; i < count; i++) {
        TRY(name_keep(cx, s, i, names[i]));
    }
out:
    return status;
}

static enum status rows_grow(struct ctx *cx, struct sheet *s)
{
    enum status status = STATUS_OK;
    size_t cap = s->row_cap == 0 ? 256 : s->row_cap * 2;

    if (cap * s->column_count > 2 * (size_t)CELLS_MAX) {
        FAIL(cx, STATUS_LIMIT, "more than %d cells", CELLS_MAX);
    }
    void *cells = realloc(s->cells, cap * s->column_count * sizeof *s->cells);
    if (cells == NULL) {
        FAIL(cx, STATUS_NO_MEMORY, "out of memory");
    }
    s->cells = cells;
    void *lines = realloc(s->lines, cap * sizeof *s->lines);
    if (lines == NULL) {
        FAIL(cx, STATUS_NO_MEMORY, "out of memory");
    }
    s->lines = lines;
    s->row_cap = cap;
out:
    return status;
}

enum status sheet_row(struct ctx *cx, struct sheet *s, const text *cells, size_t count, size_t line)
{
    enum status status = STATUS_OK;

    for (size_t i = s->column_count; i < count; i++) {
        if (cells[i].len > 0) {
            FAIL(cx, STATUS_MALFORMED, "line %zu: %zu cells, but the file has %zu columns", line,
                 count, s->column_count);
        }
    }
    if (s->row_count == ROWS_MAX) {
        FAIL(cx, STATUS_LIMIT, "more than %d rows", ROWS_MAX);
    }
    if (s->row_count == s->row_cap) {
        TRY(rows_grow(cx, s));
    }
    struct cell *row = s->cells + s->row_count * s->column_count;
    for (size_t i = 0; i < s->column_count; i++) {
        text t = i < count ? cells[i] : (text){0};
        TRY(sheet_keep(cx, s, t, &row[i]));
    }
    s->lines[s->row_count++] = line;
out:
    return status;
}
