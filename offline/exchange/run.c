/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run: the rows of a plan become records, all in one transaction: a failure in the middle leaves
 * the vault as it was. The engine judges every record as if a person had typed it.
 */
#include "exchange-int.h"

#include "team.h"
#include "vault.h"

static bool goes_to_ext(const struct import_plan *p, size_t column, text cell)
{
    const struct field *f = p->fields[column];

    return f == NULL || f->kind == FIELD_EXT ||
           (f->kind == FIELD_WHO && member_named(p, cell) == NULL);
}

static const struct field *ext_field(const struct record_type *t)
{
    for (size_t i = 0; i < t->field_count; i++) {
        if (t->fields[i].kind == FIELD_EXT && !t->fields[i].retired) {
            return &t->fields[i];
        }
    }
    return NULL;
}

static enum status row_create(struct ctx *cx, struct import_plan *p, size_t row, struct buf *ext)
{
    enum status status = STATUS_OK;
    struct assignment given[FIELDS_PER_TYPE_MAX];
    size_t count = 0;
    int64_t record;
    const struct field *ext_to = ext_field(p->type);

    for (size_t i = 0; i < p->sheet.column_count; i++) {
        text cell = sheet_cell(&p->sheet, row, i);
        if (cell.len > 0 && !p->own_id[i] && !goes_to_ext(p, i, cell)) {
            given[count++] = (struct assignment){.field = p->fields[i], .value = cell};
        }
    }
    scratch_reset(ext);
    if (ext_to != NULL) {
        TRY(ext_write(cx, p, row, ext));
        if (ext->len > 0) {
            given[count++] = (struct assignment){.field = ext_to, .value = buf_text(ext)};
        }
    }
    TRY(record_create(cx, p->records, p->type, NULL, given, count, &record));
out:
    return status;
}

static enum status rows_create(struct ctx *cx, struct import_plan *p, bool skip_bad,
                               void (*progress)(void *self, size_t done, size_t all), void *self,
                               size_t *ret_taken)
{
    enum { PROGRESS_ROWS = 256 };
    enum status status = STATUS_OK;
    struct buf ext;
    size_t taken = 0;
    size_t row = 0;

    buf_init(&ext, (size_t)4 * MIB);
    for (row = 0; row < p->sheet.row_count; row++) {
        if (progress != NULL && row % PROGRESS_ROWS == 0) {
            progress(self, row, p->sheet.row_count);
        }
        if (p->row_states[row] != ROW_NEW) {
            continue;
        }
        status = row_create(cx, p, row, &ext);
        if (status != STATUS_OK && skip_bad) {
            TRY(plan_blame(cx, p, row, status));
            continue;
        }
        TRY(status);
        taken++;
    }
    if (progress != NULL) {
        progress(self, p->sheet.row_count, p->sheet.row_count);
    }
    *ret_taken = taken;
out:
    if (status != STATUS_OK && row < p->sheet.row_count) {
        fault_hint(cx, "at line %zu of the file; nothing was changed", p->sheet.lines[row]);
    }
    buf_finish(&ext);
    return status;
}

enum status import_plan_run(struct ctx *cx, struct records *r, struct import_plan *p, bool skip_bad,
                            void (*progress)(void *self, size_t done, size_t all), void *self,
                            size_t *ret_taken)
{
    enum status status = STATUS_OK;
    struct vault *vault = team_vault(records_team(r));
    bool begun = false;
    size_t taken = 0;

    MUST(r == p->records);
    if (p->issue_count > 0 && !skip_bad) {
        fault_set(cx, STATUS_MALFORMED, __FILE__, __LINE__,
                  "%zu rows cannot be taken as they are; the first is line %zu: %.*s",
                  p->issue_count, p->issues[0].line, SHOWN(p->issues[0].what));
        return fault_hint(cx, "correct the file, or leave those rows out");
    }
    TRY(vault_begin(cx, vault));
    begun = true;
    TRY(rows_create(cx, p, skip_bad, progress, self, &taken));
    begun = false;
    TRY(vault_commit(cx, vault));
    *ret_taken = taken;
out:
    if (begun) {
        vault_rollback(vault);
    }
    return status;
}
