/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: a file read, matched and checked, before anything is written. What cannot be taken as it is
 * has an issue (one for each row); what is taken in another form has a note.
 */
#include "exchange-int.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word;
    enum import_format format;
} formats[] = {
    {"csv", IMPORT_CSV},
    {"keepassxc", IMPORT_KEEPASSXC_CSV},
    {"bitwarden", IMPORT_BITWARDEN_JSON},
};
enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

enum status import_format_find(struct ctx *cx, text name, enum import_format *ret)
{
    text words[FORMAT_COUNT];

    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        words[i] = text_of(formats[i].word);
        if (text_equal(words[i], name)) {
            *ret = formats[i].format;
            return STATUS_OK;
        }
    }
    text near = nearest_word(name, words, FORMAT_COUNT);
    fault_set(cx, STATUS_USAGE, __FILE__, __LINE__, "no format '%.*s'%s%.*s%s", SHOWN(name),
              near.len > 0 ? "; the nearest is '" : "", SHOWN(near), near.len > 0 ? "'" : "");
    return fault_hint(cx, "formats are csv, keepassxc and bitwarden");
}

/* ---- issues and notes ---------------------------------------------------------------------- */

static enum status text_copy(struct ctx *cx, const char *what, text *ret)
{
    enum status status = STATUS_OK;
    void *copy = NULL;
    size_t len = strlen(what);

    TRY(mem_new(cx, len, 1, &copy));
    memcpy(copy, what, len);
    *ret = (text){.ptr = copy, .len = len};
out:
    return status;
}

enum status plan_issue(struct ctx *cx, struct import_plan *p, size_t row, const char *what)
{
    enum status status = STATUS_OK;

    MUST(p->row_states[row] != ROW_BAD);
    if (p->issue_count == p->issue_cap) {
        size_t cap = p->issue_cap == 0 ? 16 : p->issue_cap * 2;
        void *more = realloc(p->issues, cap * sizeof *p->issues);
        if (more == NULL) {
            FAIL(cx, STATUS_NO_MEMORY, "out of memory");
        }
        p->issues = more;
        p->issue_cap = cap;
    }
    struct import_issue *issue = &p->issues[p->issue_count];
    issue->line = p->sheet.lines[row];
    TRY(text_copy(cx, what, &issue->what));
    p->issue_count++;
    p->row_states[row] = ROW_BAD;
out:
    return status;
}

enum status plan_note(struct ctx *cx, struct import_plan *p, size_t row, const char *what)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < p->note_count; i++) {
        if (text_equal(p->notes[i].what, text_of(what))) {
            return STATUS_OK;
        }
    }
    if (p->note_count == ISSUE_NOTES_MAX) {
        return STATUS_OK;
    }
    struct import_issue *note = &p->notes[p->note_count];
    note->line = p->sheet.lines[row];
    TRY(text_copy(cx, what, &note->what));
    p->note_count++;
out:
    return status;
}

enum status plan_blame(struct ctx *cx, struct import_plan *p, size_t row, enum status status)
{
    switch (status) {
    case STATUS_USAGE:
    case STATUS_MALFORMED:
    case STATUS_LIMIT:
    case STATUS_CONFLICT:
    case STATUS_AMBIGUOUS:
    case STATUS_NOT_FOUND: {
        struct fault fault = cx->fault;
        fault_clear(cx);
        return plan_issue(cx, p, row, fault.what);
    }
    default:
        return status; /* about the machine or the vault, or all is well */
    }
}

static void issues_free(struct import_issue *issues, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *copy = NULL;
        memcpy(&copy, &issues[i].what.ptr, sizeof copy); /* made by text_copy() */
        free(copy);
    }
    free(issues);
}

/* ---- making -------------------------------------------------------------------------------- */

static enum status type_choose(struct ctx *cx, struct import_plan *p,
                               const struct record_type *type)
{
    enum status status = STATUS_OK;

    p->type = type;
    if (type == NULL && p->format == IMPORT_CSV) {
        FAIL(cx, STATUS_USAGE, "a csv file needs a record type to go to");
    }
    if (type == NULL) {
        TRY(schema_find_type(cx, records_schema(p->records), TEXT("passwords.entry"), &p->type));
    }
out:
    return status;
}

static enum status sheet_read(struct ctx *cx, struct import_plan *p, bytes file)
{
    switch (p->format) {
    case IMPORT_CSV:
        return csv_to_sheet(cx, file, &p->sheet);
    case IMPORT_KEEPASSXC_CSV:
        return keepassxc_to_sheet(cx, file, &p->sheet);
    case IMPORT_BITWARDEN_JSON:
        return bitwarden_to_sheet(cx, file, &p->sheet);
    }
    return fault_set(cx, STATUS_BUG, __FILE__, __LINE__, "an unknown import format");
}

/* Header cells carry the sign against formulas too. */
static void names_unguard(struct sheet *s)
{
    for (size_t i = 0; i < s->column_count; i++) {
        size_t removed = s->names[i].len - guard_removed(sheet_text(s, s->names[i])).len;
        s->names[i].at += (uint32_t)removed;
        s->names[i].len -= (uint32_t)removed;
    }
}

enum status import_plan_make(struct ctx *cx, struct records *r, enum import_format format,
                             bytes file, const struct record_type *type, text mapping,
                             struct import_plan **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    void *fields = NULL;
    void *own = NULL;
    void *states = NULL;
    void *notes = NULL;
    struct import_plan *p = NULL;

    TRY(mem_new(cx, 1, sizeof *p, &memory));
    p = memory;
    p->format = format;
    p->records = r;
    sheet_init(&p->sheet);
    TRY(type_choose(cx, p, type));
    TRY(sheet_read(cx, p, file));
    if (format == IMPORT_CSV) {
        names_unguard(&p->sheet);
    }
    TRY(mem_new(cx, p->sheet.column_count, sizeof(void *), &fields));
    p->fields = fields;
    TRY(mem_new(cx, p->sheet.column_count, sizeof *p->own_id, &own));
    p->own_id = own;
    TRY(mem_new(cx, p->sheet.row_count, 1, &states));
    p->row_states = states;
    TRY(mem_new(cx, ISSUE_NOTES_MAX, sizeof *p->notes, &notes));
    p->notes = notes;
    TRY(columns_match(cx, p, mapping));
    TRY(cells_normalise(cx, p));
    TRY(known_find(cx, p));
    *ret = p;
    p = NULL;
out:
    import_plan_free(&p);
    return status;
}

void import_plan_free(struct import_plan **p)
{
    if (*p == NULL) {
        return;
    }
    sheet_finish(&(*p)->sheet);
    issues_free((*p)->issues, (*p)->issue_count);
    issues_free((*p)->notes, (*p)->note_count);
    free((*p)->fields);
    free((*p)->own_id);
    free((*p)->row_states);
    free(*p);
    *p = NULL;
}

/* ---- looking at it ------------------------------------------------------------------------- */

const struct record_type *import_plan_type(const struct import_plan *p)
{
    return p->type;
}

size_t import_plan_rows(const struct import_plan *p)
{
    return p->sheet.row_count;
}

size_t import_plan_known(const struct import_plan *p)
{
    return p->known;
}

size_t import_plan_issue_count(const struct import_plan *p)
{
    return p->issue_count;
}

const struct import_issue *import_plan_issue(const struct import_plan *p, size_t i)
{
    MUST(i < p->issue_count);
    return &p->issues[i];
}

size_t import_plan_note_count(const struct import_plan *p)
{
    return p->note_count;
}

const struct import_issue *import_plan_note(const struct import_plan *p, size_t i)
{
    MUST(i < p->note_count);
    return &p->notes[i];
}

size_t import_plan_columns(const struct import_plan *p)
{
    return p->sheet.column_count;
}

void import_plan_column(const struct import_plan *p, size_t i, text *ret_column, text *ret_field)
{
    MUST(i < p->sheet.column_count);
    *ret_column = sheet_text(&p->sheet, p->sheet.names[i]);
    *ret_field = TEXT("");
    if (p->fields[i] != NULL) {
        *ret_field = p->fields[i]->name;
    }
}

text import_plan_cell(const struct import_plan *p, size_t row, size_t column)
{
    MUST(row < p->sheet.row_count && column < p->sheet.column_count);
    return sheet_cell(&p->sheet, row, column);
}
