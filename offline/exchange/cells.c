/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cells: every cell that goes to a field in the form it will be stored in, so that a preview shows
 * the truth and a row can be held against the records that are here.
 */
#include "exchange-int.h"

#include <stdlib.h>
#include <string.h>

/* ---- formulas ------------------------------------------------------------------------------ */

static bool is_formula_sign(char c)
{
    return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r';
}

static bool looks_guarded(text cell)
{
    return cell.len > 1 && cell.ptr[0] == '\'' &&
           (is_formula_sign(cell.ptr[1]) || cell.ptr[1] == '\'');
}

bool guard_needed(text cell)
{
    return cell.len > 0 && (is_formula_sign(cell.ptr[0]) || looks_guarded(cell));
}

text guard_removed(text cell)
{
    if (looks_guarded(cell)) {
        cell.ptr++;
        cell.len--;
    }
    return cell;
}

/* ---- people -------------------------------------------------------------------------------- */

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool equal_any_case(text a, text b)
{
    bool equal = a.len == b.len;

    for (size_t i = 0; i < a.len && equal; i++) {
        equal = lower(a.ptr[i]) == lower(b.ptr[i]);
    }
    return equal;
}

/* Whole names only: a file's "An" must not become "Ana". Two of one name are nobody. */
const struct team_member *member_named(const struct import_plan *p, text name)
{
    const struct team *team = records_team(p->records);
    const struct team_member *found = NULL;

    for (size_t i = 0; i < team_member_count(team); i++) {
        const struct team_member *m = team_member_at(team, i);
        if (equal_any_case(m->name, name)) {
            if (found != NULL) {
                return NULL;
            }
            found = m;
        }
    }
    return found;
}

/* ---- one cell ------------------------------------------------------------------------------ */

static text trim(text t)
{
    while (t.len > 0 && (t.ptr[0] == ' ' || t.ptr[0] == '\t')) {
        t.ptr++;
        t.len--;
    }
    while (t.len > 0 && (t.ptr[t.len - 1] == ' ' || t.ptr[t.len - 1] == '\t')) {
        t.len--;
    }
    return t;
}

static int compare_tags(const void *a, const void *b)
{
    const text *x = a;
    const text *y = b;

    return bytes_compare(BYTES(x->ptr, x->len), BYTES(y->ptr, y->len));
}

/* "b; a,b" -> "a, b": sorted and once, as the engine shows them. */
static enum status tags_normalise(struct ctx *cx, const struct field *f, text cell, struct buf *out)
{
    enum { TAGS_MAX = 256 };
    enum status status = STATUS_OK;
    text tags[TAGS_MAX];
    size_t count = 0;
    size_t start = 0;

    for (size_t i = 0; i <= cell.len; i++) {
        if (i < cell.len && cell.ptr[i] != ',' && cell.ptr[i] != ';') {
            continue;
        }
        text tag = trim((text){.ptr = cell.ptr + start, .len = i - start});
        start = i + 1;
        if (tag.len == 0) {
            continue;
        }
        if (count == TAGS_MAX) {
            FAIL(cx, STATUS_LIMIT, "'%.*s' has more than %d tags", SHOWN(f->name), TAGS_MAX);
        }
        struct value v = {.kind = VALUE_TEXT, .s = tag};
        TRY(value_check(cx, f, &v));
        tags[count++] = tag;
    }
    if (count > 0) {
        qsort(tags, count, sizeof *tags, compare_tags);
    }
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && text_equal(tags[i], tags[i - 1])) {
            continue;
        }
        TRY(buf_add_text(cx, out, i > 0 ? TEXT(", ") : TEXT("")));
        TRY(buf_add_text(cx, out, tags[i]));
    }
out:
    return status;
}

static bool has_break(text t)
{
    return t.len > 0 && (memchr(t.ptr, '\n', t.len) != NULL || memchr(t.ptr, '\r', t.len) != NULL);
}

/* Line breaks of a field that is one line become one blank each. */
static enum status line_normalise(struct ctx *cx, struct import_plan *p, size_t row,
                                  const struct field *f, text cell, struct buf *out)
{
    enum status status = STATUS_OK;
    char what[FAULT_TEXT_MAX];

    for (size_t i = 0; i < cell.len; i++) {
        bool pair = cell.ptr[i] == '\r' && i + 1 < cell.len && cell.ptr[i + 1] == '\n';
        bool mark = cell.ptr[i] == '\n' || cell.ptr[i] == '\r';
        if (!pair) {
            TRY(buf_add_byte(cx, out, mark ? ' ' : (uint8_t)cell.ptr[i]));
        }
    }
    (void)snprintf(what, sizeof what, "'%.*s' is one line: line breaks became blanks",
                   SHOWN(f->name));
    TRY(plan_note(cx, p, row, what));
out:
    return status;
}

static enum status who_normalise(struct ctx *cx, struct import_plan *p, size_t row,
                                 const struct field *f, text cell, struct buf *out)
{
    enum status status = STATUS_OK;
    char what[FAULT_TEXT_MAX];
    const struct team_member *m = member_named(p, trim(cell));

    if (m != NULL || trim(cell).len == 0) {
        return m == NULL ? STATUS_OK : buf_add_text(cx, out, m->name);
    }
    TRY(buf_add_text(cx, out, cell));
    (void)snprintf(what, sizeof what,
                   "'%.*s': the team has no member '%.*s'; the name is kept in ext", SHOWN(f->name),
                   SHOWN(cell));
    TRY(plan_note(cx, p, row, what));
out:
    return status;
}

static enum status value_normalise(struct ctx *cx, const struct field *f, text cell,
                                   struct buf *scratch, struct buf *out)
{
    enum status status = STATUS_OK;
    struct value v;

    TRY(value_parse(cx, f, cell, scratch, &v));
    TRY(value_format(cx, f, &v, out));
out:
    return status;
}

static enum status cell_normalise(struct ctx *cx, struct import_plan *p, size_t row, size_t column,
                                  struct buf *scratch, struct buf *out)
{
    enum status status = STATUS_OK;
    const struct field *f = p->fields[column];
    text cell = sheet_cell(&p->sheet, row, column);

    if (p->format == IMPORT_CSV) {
        cell = guard_removed(cell);
    }
    if (cell.len == 0) {
        status = STATUS_OK;
    } else if (f->kind == FIELD_WHO) {
        status = who_normalise(cx, p, row, f, cell, out);
    } else if (f->kind == FIELD_TAGS) {
        status = tags_normalise(cx, f, cell, out);
    } else if (f->kind == FIELD_LINE && has_break(cell)) {
        TRY(line_normalise(cx, p, row, f, cell, out));
        struct value v = {.kind = VALUE_TEXT, .s = buf_text(out)};
        status = value_check(cx, f, &v);
    } else {
        status = value_normalise(cx, f, cell, scratch, out);
    }
    if (status == STATUS_OK && out->len == 0 && f->required && f->preset.len == 0 &&
        f->kind != FIELD_STATE) {
        FAIL(cx, STATUS_MALFORMED, "'%.*s' is empty, but every record needs it", SHOWN(f->name));
    }
out:
    return status;
}

/* ---- all cells ----------------------------------------------------------------------------- */

static enum status row_normalise(struct ctx *cx, struct import_plan *p, size_t row,
                                 struct buf *scratch, struct buf *out)
{
    enum status status = STATUS_OK;
    struct sheet *s = &p->sheet;

    for (size_t i = 0; i < s->column_count && p->row_states[row] != ROW_BAD; i++) {
        struct cell *cell = &s->cells[row * s->column_count + i];
        scratch_reset(scratch);
        scratch_reset(out);
        if (p->own_id[i]) {
            continue;
        }
        if (p->fields[i] == NULL) {
            if (p->format == IMPORT_CSV && looks_guarded(sheet_text(s, *cell))) {
                *cell = (struct cell){.at = cell->at + 1, .len = cell->len - 1};
            }
            continue;
        }
        TRY(plan_blame(cx, p, row, cell_normalise(cx, p, row, i, scratch, out)));
        if (p->row_states[row] != ROW_BAD && !text_equal(sheet_text(s, *cell), buf_text(out))) {
            TRY(sheet_keep(cx, s, buf_text(out), cell));
        }
    }
out:
    return status;
}

enum status cells_normalise(struct ctx *cx, struct import_plan *p)
{
    enum status status = STATUS_OK;
    struct buf scratch;
    struct buf out;

    buf_init(&scratch, (size_t)4 * MIB);
    buf_init(&out, (size_t)4 * MIB);
    for (size_t row = 0; row < p->sheet.row_count; row++) {
        TRY(row_normalise(cx, p, row, &scratch, &out));
    }
out:
    buf_finish(&scratch);
    buf_finish(&out);
    return status;
}
