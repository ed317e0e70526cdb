/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import: other programs' files. First a plan is made from the whole file; --preview shows it;
 * then it is written in one transaction.
 */
#include "exchange.h"
#include "guard.h"
#include "schema.h"
#include "shared.h"

static const struct option options[] = {
    {"type", "KIT.TYPE", "what the rows become (csv)"},
    {"map", "PAIRS", "\"Column=field,Other=field\" instead of matching by name"},
    {"preview", NULL, "show what would be taken and change nothing"},
    {"skip-bad", NULL, "leave out rows that cannot be taken as they are"},
    {"rows", "N", "show at most N rows in a preview (5)"},
};

static const struct json_field json[] = {
    {"column", "column", "text", "of the file"},
    {"column", "field", "text", "where it goes; empty: kept and written back at export"},
    {"issue", "line", "number", "of the file"},
    {"issue", "what", "text", "why the row cannot be taken as it is"},
    {"note", "line", "number", "of the file, where it is met first"},
    {"note", "what", "text", "what is taken in another form than it stands in the file"},
    {"row", "cells", "list", "what would be stored, secrets masked"},
    {"import", "kind", "text", "kit.type of the new records"},
    {"import", "rows", "number", "rows in the file"},
    {"import", "known", "number", "rows equal to a record that is here: skipped"},
    {"import", "issues", "number", "rows that cannot be taken as they are"},
    {"import", "taken", "number", "records made; 0 in a preview"},
    {"import", "preview", "flag", "nothing was changed"},
};

enum { ISSUES_SHOWN = 50 };

static void columns_say(struct session *s, const struct import_plan *p)
{
    static const struct column columns[] = {
        {TEXT_ROW("column"), "column", COLUMN_TEXT},
        {TEXT_ROW("goes to"), "field", COLUMN_TEXT},
    };

    out_table(&s->out, "column", columns, ROWS_COUNT(columns));
    for (size_t i = 0; i < import_plan_columns(p); i++) {
        text column;
        text field;
        import_plan_column(p, i, &column, &field);
        out_cell(&s->out, column);
        out_cell(&s->out, field.len == 0 && !s->out.json ? TEXT("(kept as it is)") : field);
    }
    out_table_end(&s->out, "no columns");
}

static void issues_say(struct session *s, const struct import_plan *p)
{
    size_t count = import_plan_issue_count(p);

    for (size_t i = 0; i < count && i < ISSUES_SHOWN; i++) {
        const struct import_issue *issue = import_plan_issue(p, i);
        line_start(&s->out, "issue");
        line_number(&s->out, "line", (int64_t)issue->line);
        line_text(&s->out, "what", issue->what);
        line_end(&s->out);
        out_say(&s->out, "line %zu: %.*s", issue->line, TEXT_ARG(issue->what));
    }
    if (count > ISSUES_SHOWN) {
        out_say(&s->out, "... and %zu more", count - ISSUES_SHOWN);
    }
}

static void notes_say(struct session *s, const struct import_plan *p)
{
    for (size_t i = 0; i < import_plan_note_count(p); i++) {
        const struct import_issue *note = import_plan_note(p, i);
        line_start(&s->out, "note");
        line_number(&s->out, "line", (int64_t)note->line);
        line_text(&s->out, "what", note->what);
        line_end(&s->out);
        out_say(&s->out, "note, line %zu: %.*s", note->line, TEXT_ARG(note->what));
    }
}

/* A cell as a preview may show it: masked when it goes to a secret, or to no field at all. */
static text cell_shown(const struct import_plan *p, size_t row, size_t column)
{
    text name;
    text field;
    text cell = import_plan_cell(p, row, column);

    import_plan_column(p, column, &name, &field);
    const struct field *f = type_field_exact(import_plan_type(p), field);
    return cell.len > 0 && (f == NULL || f->kind == FIELD_SECRET) ? TEXT("********") : cell;
}

static void rows_say(struct session *s, const struct import_plan *p, size_t most)
{
    struct column columns[TABLE_COLUMNS_MAX];
    size_t count = import_plan_columns(p);

    count = count < TABLE_COLUMNS_MAX ? count : TABLE_COLUMNS_MAX;
    if (count == 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        text column;
        text field;
        import_plan_column(p, i, &column, &field);
        columns[i] = (struct column){field.len > 0 ? field : column, NULL, COLUMN_TEXT};
    }
    if (!s->out.json) {
        out_table(&s->out, NULL, columns, count);
    }
    for (size_t row = 0; row < import_plan_rows(p) && row < most; row++) {
        line_start(&s->out, "row");
        line_list(&s->out, "cells");
        for (size_t i = 0; i < count; i++) {
            line_text(&s->out, NULL, cell_shown(p, row, i));
            if (!s->out.json) {
                out_cell(&s->out, cell_shown(p, row, i));
            }
        }
        line_close_list(&s->out);
        line_end(&s->out);
    }
    if (!s->out.json) {
        out_table_end(&s->out, "no rows");
    }
}

static void progress(void *self, size_t done, size_t all)
{
    struct session *s = self;

    out_progress(&s->out, "importing", done, all);
}

static enum status import_say(struct session *s, const struct import_plan *p, bool preview,
                              size_t taken)
{
    enum status status = STATUS_OK;
    struct buf name;
    size_t known = import_plan_known(p);
    size_t issues = import_plan_issue_count(p);

    buf_init(&name, 256);
    TRY(type_name_write(s->cx, import_plan_type(p), &name));
    line_start(&s->out, "import");
    line_text(&s->out, "kind", buf_text(&name));
    line_number(&s->out, "rows", (int64_t)import_plan_rows(p));
    line_number(&s->out, "known", (int64_t)known);
    line_number(&s->out, "issues", (int64_t)issues);
    line_number(&s->out, "taken", (int64_t)taken);
    line_flag(&s->out, "preview", preview);
    line_end(&s->out);
    if (preview) {
        out_say(&s->out,
                "%zu row%s for %.*s, %zu known already, %zu with a problem; nothing was changed",
                import_plan_rows(p), plural(import_plan_rows(p)), TEXT_ARG(buf_text(&name)), known,
                issues);
    } else {
        out_say(&s->out, "%zu record%s of %.*s added, %zu known already, %zu left out", taken,
                plural(taken), TEXT_ARG(buf_text(&name)), known, issues);
    }
out:
    buf_finish(&name);
    return status;
}

static enum status plan_run(struct session *s, struct import_plan *p)
{
    enum status status = STATUS_OK;
    size_t taken = 0;
    size_t issues = import_plan_issue_count(p);
    int64_t most;

    TRY(option_number(s, "rows", 0, 100000, 5, &most));
    if (option_given(s, "preview")) {
        columns_say(s, p);
        rows_say(s, p, (size_t)most);
        notes_say(s, p);
        issues_say(s, p);
        TRY(import_say(s, p, true, 0));
        goto out;
    }
    notes_say(s, p);
    issues_say(s, p);
    if (issues > 0 && !option_given(s, "skip-bad")) {
        status = fault_set(s->cx, STATUS_MALFORMED, __FILE__, __LINE__,
                           "%zu row%s cannot be taken as they are; nothing was changed", issues,
                           plural(issues));
        (void)fault_hint(s->cx, "correct the file, or leave those rows out with --skip-bad");
        goto out;
    }
    TRY(import_plan_run(s->cx, s->records, p, issues > 0, progress, s, &taken));
    out_progress_end(&s->out);
    TRY(import_say(s, p, false, taken));
    if (issues > 0) {
        status = fault_set(s->cx, STATUS_PARTIAL, __FILE__, __LINE__, "%zu row%s left out", issues,
                           issues == 1 ? " was" : "s were");
        (void)fault_hint(s->cx,
                         "correct those rows and import the file again; the others are known");
    }
out:
    return status;
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    enum import_format format;
    const struct record_type *type = NULL;
    struct import_plan *plan = NULL;
    struct buf file;
    text name;
    text type_name;
    text map;

    buf_init(&file, IMPORT_FILE_MAX);
    TRY(arg_text(s, 0, &name));
    TRY(option_text(s, "type", &type_name));
    TRY(option_text(s, "map", &map));
    TRY(import_format_find(s->cx, name, &format));
    if (type_name.len > 0) {
        TRY(schema_find_type(s->cx, records_schema(s->records), type_name, &type));
    } else if (format == IMPORT_CSV) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "csv wants --type KIT.TYPE");
        (void)fault_hint(s->cx, "`valise list` shows the types");
        goto out;
    }
    TRY(input_read(s, s->args[1], IMPORT_FILE_MAX, &file));
    TRY(import_plan_make(s->cx, s->records, format, buf_view(&file), type, map, &plan));
    TRY(plan_run(s, plan));
out:
    import_plan_free(&plan);
    buf_finish(&file);
    return status;
}

static const struct action actions[] = {
    {NULL, "csv|keepassxc|bitwarden FILE [--type KIT.TYPE] [--preview]", 2, 2, NEED_RECORDS, 2U,
     run},
};
const struct command cmd_import = {
    .name = "import",
    .summary = "take records from another program's file",
    .detail = "Columns are matched by name. What has no field here is kept and written back at "
              "export. Rows that equal a record already here are skipped, so the same file can be "
              "imported again. Afterwards remove the file: it is not encrypted.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
