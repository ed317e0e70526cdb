/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out-table: rows of cells, aligned for people or one JSON line each, and named values.
 *
 * The first TABLE_SAMPLE rows decide the widths; later rows stream, so that a listing of 100,000
 * records needs no memory for them all. Cells are escaped before they are measured: what is counted
 * is what is seen. Only on a terminal is a wide cell cut.
 */
#include "cmd-int.h"
#include "out-int.h"

#include <string.h>

enum { TABLE_SAMPLE = 200, COLUMN_LEAST = 8, HEADING_LEAST = 3, FACT_LABEL = 18 };

/* Cells wait in o->cells: u32 length, bytes, one after the other. */
static void cell_keep(struct out *o, text value)
{
    uint8_t head[4];
    struct buf seen;

    buf_init(&seen, 8 * 1024 * 1024);
    out_latch(o, escape_terminal(o->cx, &seen, value, false));
    put_u32le(head, (uint32_t)seen.len);
    out_latch(o, buf_add(o->cx, &o->cells, BYTES_OF(head)));
    out_latch(o, buf_add(o->cx, &o->cells, buf_view(&seen)));
    if (!o->table_fixed) {
        size_t columns = text_columns(buf_text(&seen));
        if (columns > o->contents[o->table_at]) {
            o->contents[o->table_at] = columns;
        }
        if (columns > o->widths[o->table_at]) {
            o->widths[o->table_at] = columns;
        }
    }
    buf_finish(&seen);
}

/* Bytes of `t` that fit in `columns`. */
static size_t fit(text t, size_t columns)
{
    size_t used = 0;
    size_t pos = 0;

    while (pos < t.len) {
        size_t next = pos;
        size_t width = (size_t)utf8_width(utf8_next(t, &next));
        if (used + width > columns) {
            break;
        }
        used += width;
        pos = next;
    }
    return pos;
}

static void blanks(struct out *o, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out_latch(o, buf_add_byte(o->cx, &o->pending, ' '));
    }
}

static void cell_draw(struct out *o, size_t column, text t)
{
    size_t width = o->widths[column];
    size_t columns = text_columns(t);
    bool last = column + 1 == o->table_count;
    text mark = o->ascii ? TEXT("..") : TEXT("…");
    size_t mark_columns = o->ascii ? 2 : 1;

    if (columns > width && o->columns > 0 && width > mark_columns) {
        t.len = fit(t, width - mark_columns);
        columns = text_columns(t) + mark_columns;
        out_latch(o, buf_add_text(o->cx, &o->pending, t));
        out_latch(o, buf_add_text(o->cx, &o->pending, mark));
        blanks(o, last || columns > width ? 0 : width - columns);
    } else if (o->table[column].kind == COLUMN_NUMBER) {
        blanks(o, columns < width ? width - columns : 0);
        out_latch(o, buf_add_text(o->cx, &o->pending, t));
    } else {
        out_latch(o, buf_add_text(o->cx, &o->pending, t));
        blanks(o, last || columns > width ? 0 : width - columns);
    }
    if (!last) {
        blanks(o, 2);
    }
}

static bool row_fits(const struct out *o)
{
    size_t all = 2 * (o->table_count - 1);

    for (size_t i = 0; i < o->table_count; i++) {
        all += o->widths[i];
    }
    return all <= o->columns;
}

/* On a terminal a row that does not fit gives way: first headings wider than what stands below
 * them, then the widest column. */
static void widths_shrink(struct out *o)
{
    if (o->columns == 0) {
        return;
    }
    for (size_t i = 0; i < o->table_count && !row_fits(o); i++) {
        size_t least = o->contents[i] > HEADING_LEAST ? o->contents[i] : HEADING_LEAST;
        o->widths[i] = o->widths[i] > least ? least : o->widths[i];
    }
    while (!row_fits(o)) {
        size_t widest = 0;
        for (size_t i = 0; i < o->table_count; i++) {
            widest = o->widths[i] > o->widths[widest] ? i : widest;
        }
        if (o->widths[widest] <= COLUMN_LEAST) {
            return;
        }
        o->widths[widest]--;
    }
}

/* Ends a row; what is empty at its end leaves no blanks behind. */
static void row_end(struct out *o)
{
    while (o->pending.len > 0 && o->pending.ptr[o->pending.len - 1] == ' ') {
        o->pending.len--;
    }
    out_latch(o, buf_add_byte(o->cx, &o->pending, '\n'));
}

/* A heading may be a stranger's too: a kit's label, a column of a file. */
static void heading_draw(struct out *o, size_t column)
{
    struct buf seen;

    buf_init(&seen, 64 * 1024);
    out_latch(o, escape_terminal(o->cx, &seen, o->table[column].heading, false));
    cell_draw(o, column, buf_text(&seen));
    buf_finish(&seen);
}

static void table_draw(struct out *o)
{
    size_t pos = 0;
    size_t column = 0;

    if (!o->table_fixed) {
        o->table_fixed = true;
        widths_shrink(o);
        out_style(o, &o->pending, STYLE_BOLD);
        for (size_t i = 0; i < o->table_count; i++) {
            heading_draw(o, i);
        }
        out_style(o, &o->pending, STYLE_PLAIN);
        out_latch(o, buf_add_byte(o->cx, &o->pending, '\n'));
    }
    while (o->failed == STATUS_OK && pos + 4 <= o->cells.len) {
        size_t len = get_u32le(o->cells.ptr + pos);
        cell_draw(o, column, (text){(const char *)o->cells.ptr + pos + 4, len});
        pos += 4 + len;
        if (++column == o->table_count) {
            column = 0;
            row_end(o);
            out_commit(o);
        }
    }
    o->cells.len = 0;
}

void out_table(struct out *o, const char *message, const struct column *columns, size_t count)
{
    MUST(count > 0 && count <= TABLE_COLUMNS_MAX && o->table == NULL);
    o->table = columns;
    o->table_count = count;
    o->table_at = 0;
    o->table_rows = 0;
    o->table_fixed = false;
    o->message = NULL;
    if (o->json) {
        MUST(message != NULL);
        o->message = message;
    }
    for (size_t i = 0; i < count; i++) {
        struct buf seen;
        buf_init(&seen, 64 * 1024);
        out_latch(o, escape_terminal(o->cx, &seen, columns[i].heading, false));
        o->widths[i] = text_columns(buf_text(&seen));
        o->contents[i] = 0;
        buf_finish(&seen);
    }
}

static const struct column *cell_start(struct out *o)
{
    MUST(o->table != NULL && o->table_at < o->table_count);
    if (o->json && o->table_at == 0) {
        const char *message = o->message;
        o->message = NULL;
        line_start(o, message);
    }
    return &o->table[o->table_at];
}

static void cell_end(struct out *o)
{
    if (++o->table_at < o->table_count) {
        return;
    }
    o->table_at = 0;
    o->table_rows++;
    if (o->json) {
        const char *message = o->message;
        line_end(o);
        o->message = message;
    } else if (o->table_rows % TABLE_SAMPLE == 0) {
        table_draw(o);
    }
}

void out_cell(struct out *o, text value)
{
    const struct column *c = cell_start(o);

    if (o->json) {
        line_text(o, c->json, value);
    } else {
        cell_keep(o, value);
    }
    cell_end(o);
}

void out_cell_number(struct out *o, int64_t value)
{
    const struct column *c = cell_start(o);
    char store[TIME_TEXT_MAX];
    struct buf digits;

    if (o->json) {
        line_number(o, c->json, value);
    } else if (c->kind == COLUMN_TIME) {
        cell_keep(o, time_text(value, store));
    } else {
        buf_init(&digits, 32);
        out_latch(o, buf_printf(o->cx, &digits, "%lld", (long long)value));
        cell_keep(o, buf_text(&digits));
        buf_finish(&digits);
    }
    cell_end(o);
}

void out_cell_flag(struct out *o, bool value)
{
    const struct column *c = cell_start(o);

    if (o->json) {
        line_flag(o, c->json, value);
    } else {
        cell_keep(o, value ? TEXT("yes") : TEXT("no"));
    }
    cell_end(o);
}

void out_table_end(struct out *o, const char *when_empty)
{
    MUST(o->table != NULL && o->table_at == 0);
    if (!o->json && o->table_rows == 0 && when_empty != NULL) {
        if (!o->quiet) {
            out_say(o, "%s", when_empty);
        }
    } else if (!o->json) {
        table_draw(o);
    }
    o->message = NULL;
    o->table = NULL;
    buf_clear(&o->cells);
}

/* ---- named values
 * ------------------------------------------------------------------------------------- */

void out_facts(struct out *o, const char *message)
{
    line_start(o, message);
}

static void label_write(struct out *o, const char *label)
{
    out_latch(o, buf_printf(o->cx, &o->pending, "%-*s ", FACT_LABEL, label));
}

void out_fact(struct out *o, const char *label, const char *json, text value)
{
    if (o->json) {
        line_text(o, json, value);
        return;
    }
    if (label == NULL) {
        return;
    }
    label_write(o, label);
    out_say(o, "%.*s", TEXT_ARG(value));
}

void out_fact_number(struct out *o, const char *label, const char *json, int64_t value)
{
    if (o->json) {
        line_number(o, json, value);
    } else if (label != NULL) {
        label_write(o, label);
        out_say(o, "%lld", (long long)value);
    }
}

void out_fact_flag(struct out *o, const char *label, const char *json, bool value)
{
    if (o->json) {
        line_flag(o, json, value);
    } else if (label != NULL) {
        label_write(o, label);
        out_say(o, "%s", value ? "yes" : "no");
    }
}

void out_fact_time(struct out *o, const char *label, const char *json, int64_t seconds)
{
    char store[TIME_TEXT_MAX];

    if (o->json) {
        line_number(o, json, seconds);
    } else if (label != NULL) {
        text t = time_text(seconds, store);
        label_write(o, label);
        out_say(o, "%.*s", TEXT_ARG(t));
    }
}

void out_facts_end(struct out *o)
{
    line_end(o);
}
