/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv-read: RFC 4180 with the delimiters people meet (comma, semicolon, TAB), LF or CR LF, an
 * optional byte order mark. Strict where a lenient reader would shift cells without a word: a stray
 * quote or a lone carriage return is an error with its line.
 */
#include "exchange-int.h"

#include <stdlib.h>
#include <string.h>

enum { CELL_BYTES_MAX = 1024 * 1024 }; /* twice what any field holds, so that the row is reported */

/* Where a cell stands: in the file, or in the scratch when quotes were doubled inside. */
struct span {
    bool in_scratch;
    size_t at, len;
};

struct csv_reader {
    bytes file;
    size_t pos, line;
    char delimiter;
    struct buf scratch;
    struct span spans[COLUMNS_MAX];
    text cells[COLUMNS_MAX];
    size_t count;
};

/* ---- opening ------------------------------------------------------------------------------- */

static size_t line_of(bytes file, size_t at)
{
    size_t line = 1;

    for (size_t i = 0; i < at; i++) {
        line += file.ptr[i] == '\n' ? 1 : 0;
    }
    return line;
}

/* Most frequent of the three outside quotes in the first line; comma when there is none. */
static char find_delimiter(bytes file, size_t start)
{
    static const char candidates[] = {',', ';', '\t'};
    size_t counts[3] = {0};
    bool quoted = false;
    size_t best = 0;

    for (size_t i = start; i < file.len; i++) {
        char c = (char)file.ptr[i];
        if (c == '"') {
            quoted = !quoted;
        } else if (c == '\n' && !quoted) {
            break;
        }
        for (size_t k = 0; k < 3 && !quoted; k++) {
            counts[k] += c == candidates[k] ? 1 : 0;
        }
    }
    for (size_t k = 1; k < 3; k++) {
        best = counts[k] > counts[best] ? k : best;
    }
    return candidates[best];
}

static enum status check_utf8(struct ctx *cx, bytes file)
{
    size_t good = 0;

    if (utf8_valid(file)) {
        return STATUS_OK;
    }
    /* the bad byte is in the first line that is not valid by itself */
    while (good < file.len) {
        const uint8_t *feed = memchr(file.ptr + good, '\n', file.len - good);
        size_t next = feed == NULL ? file.len : (size_t)(feed - file.ptr) + 1;
        if (!utf8_valid(BYTES(file.ptr + good, next - good))) {
            break;
        }
        good = next;
    }
    fault_set(cx, STATUS_MALFORMED, __FILE__, __LINE__, "line %zu is not UTF-8",
              line_of(file, good));
    return fault_hint(cx, "save the file as UTF-8 in the program it comes from");
}

enum status csv_open(struct ctx *cx, bytes file, struct csv_reader **ret)
{
    enum status status = STATUS_OK;
    static const uint8_t mark[] = {0xEF, 0xBB, 0xBF};
    void *memory = NULL;

    if (file.len > IMPORT_FILE_MAX) {
        FAIL(cx, STATUS_LIMIT, "a file to import is at most %u MiB", IMPORT_FILE_MAX / MIB);
    }
    TRY(check_utf8(cx, file));
    TRY(mem_new(cx, 1, sizeof(struct csv_reader), &memory));
    struct csv_reader *r = memory;
    r->file = file;
    r->line = 1;
    buf_init(&r->scratch, (size_t)COLUMNS_MAX * CELL_BYTES_MAX);
    if (file.len >= sizeof mark && memcmp(file.ptr, mark, sizeof mark) == 0) {
        r->pos = sizeof mark;
    }
    r->delimiter = find_delimiter(file, r->pos);
    *ret = r;
out:
    return status;
}

void csv_close(struct csv_reader **r)
{
    if (*r != NULL) {
        buf_finish(&(*r)->scratch);
        free(*r);
        *r = NULL;
    }
}

/* ---- rows ---------------------------------------------------------------------------------- */

static bool at_line_end(const struct csv_reader *r)
{
    const uint8_t *p = r->file.ptr + r->pos;
    size_t left = r->file.len - r->pos;

    return left == 0 || *p == '\n' || (left >= 2 && p[0] == '\r' && p[1] == '\n');
}

static enum status take_plain(struct ctx *cx, struct csv_reader *r, struct span *ret)
{
    enum status status = STATUS_OK;
    size_t start = r->pos;

    while (r->pos < r->file.len) {
        char c = (char)r->file.ptr[r->pos];
        if (c == r->delimiter || c == '\n' || (c == '\r' && at_line_end(r))) {
            break;
        }
        if (c == '"' || c == '\r') {
            FAIL(cx, STATUS_MALFORMED, "line %zu: %s", r->line,
                 c == '"' ? "a quote inside a cell that does not begin with one"
                          : "a carriage return without its line feed");
        }
        r->pos++;
    }
    *ret = (struct span){.at = start, .len = r->pos - start};
out:
    return status;
}

/* The opening quote is current. */
static enum status take_quoted(struct ctx *cx, struct csv_reader *r, struct span *ret)
{
    enum status status = STATUS_OK;
    size_t opened = r->line;
    size_t start = ++r->pos;
    struct span s = {.at = start};

    for (;;) {
        const uint8_t *from = r->file.ptr + r->pos;
        const uint8_t *quote =
            r->pos == r->file.len ? NULL : memchr(from, '"', r->file.len - r->pos);
        if (quote == NULL) {
            FAIL(cx, STATUS_MALFORMED, "line %zu: the quote that opens here is never closed",
                 opened);
        }
        for (const uint8_t *c = from; c < quote; c++) {
            r->line += *c == '\n' ? 1 : 0;
        }
        r->pos = (size_t)(quote - r->file.ptr) + 1;
        if (r->pos == r->file.len || r->file.ptr[r->pos] != '"') {
            break;
        }
        if (!s.in_scratch) {
            s = (struct span){.in_scratch = true, .at = r->scratch.len};
        }
        TRY(buf_add(cx, &r->scratch, BYTES(r->file.ptr + start, r->pos - start)));
        start = ++r->pos;
    }
    size_t rest = r->pos - 1 - start;
    if (s.in_scratch) {
        TRY(buf_add(cx, &r->scratch, BYTES(r->file.ptr + start, rest)));
        rest = r->scratch.len - s.at;
    }
    s.len = rest;
    if (!at_line_end(r) && (char)r->file.ptr[r->pos] != r->delimiter) {
        FAIL(cx, STATUS_MALFORMED, "line %zu: text behind the quote that closes a cell", r->line);
    }
    *ret = s;
out:
    return status;
}

static enum status take_row(struct ctx *cx, struct csv_reader *r)
{
    enum status status = STATUS_OK;

    r->count = 0;
    scratch_reset(&r->scratch);
    for (;;) {
        struct span s = {0};
        if (r->count == COLUMNS_MAX) {
            FAIL(cx, STATUS_LIMIT, "line %zu: more than %d cells", r->line, COLUMNS_MAX);
        }
        if (r->pos < r->file.len && r->file.ptr[r->pos] == '"') {
            TRY(take_quoted(cx, r, &s));
        } else {
            TRY(take_plain(cx, r, &s));
        }
        if (s.len > CELL_BYTES_MAX) {
            FAIL(cx, STATUS_LIMIT, "line %zu: a cell of more than %d bytes", r->line,
                 CELL_BYTES_MAX);
        }
        r->spans[r->count++] = s;
        if (at_line_end(r)) {
            break;
        }
        r->pos++; /* the delimiter */
    }
    if (r->pos < r->file.len) {
        r->pos += r->file.ptr[r->pos] == '\r' ? 2 : 1;
        r->line++;
    }
out:
    return status;
}

enum status csv_next(struct ctx *cx, struct csv_reader *r, const text **ret_cells,
                     size_t *ret_count, size_t *ret_line, bool *ret_row)
{
    enum status status = STATUS_OK;
    size_t line;

    *ret_row = false;
    do {
        if (r->pos == r->file.len) {
            return STATUS_OK;
        }
        line = r->line;
        TRY(take_row(cx, r));
    } while (r->count == 1 && r->spans[0].len == 0); /* an empty line is no row */
    for (size_t i = 0; i < r->count; i++) {
        const uint8_t *base = r->spans[i].in_scratch ? r->scratch.ptr : r->file.ptr;
        r->cells[i] = (text){.ptr = (const char *)base + r->spans[i].at, .len = r->spans[i].len};
    }
    *ret_cells = r->cells;
    *ret_count = r->count;
    *ret_line = line;
    *ret_row = true;
out:
    return status;
}

/* ---- the whole file ------------------------------------------------------------------------ */

enum status csv_to_sheet(struct ctx *cx, bytes file, struct sheet *s)
{
    enum status status = STATUS_OK;
    struct csv_reader *r = NULL;
    const text *cells;
    size_t count;
    size_t line;
    bool row;

    TRY(csv_open(cx, file, &r));
    TRY(csv_next(cx, r, &cells, &count, &line, &row));
    if (!row) {
        FAIL(cx, STATUS_MALFORMED, "the file has no line with the names of its columns");
    }
    TRY(sheet_columns(cx, s, cells, count));
    for (;;) {
        TRY(csv_next(cx, r, &cells, &count, &line, &row));
        if (!row) {
            break;
        }
        TRY(sheet_row(cx, s, cells, count, line));
    }
out:
    csv_close(&r);
    return status;
}
