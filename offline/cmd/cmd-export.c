/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export: records as CSV, to a new file or a pipe. It leaves the vault in clear: the verb says so,
 * and secrets leave only with --reveal.
 */
#include "exchange.h"
#include "schema.h"
#include "shared.h"

static const struct option options[] = {
    {"out", "FILE", "write there instead of to standard output"},
    {"force", NULL, "replace the file when it is there"},
    {"reveal", NULL, "secrets too"},
    {"where", "SQL", "only records for which this condition holds"},
};

static const struct json_field json[] = {
    {"export", "file", "text", "where it went, or empty"},
    {"export", "bytes", "number", "how much"},
    {"export", "csv", "text", "the CSV itself when no file was named"},
};

enum { EXPORT_MAX = 1024 * 1024 * 1024 };

static enum status collect(void *self, struct ctx *cx, bytes part)
{
    return buf_add(cx, self, part);
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct listing listing = {0};
    struct buf csv;
    const char *path = option_value(s, "out");
    bool reveal = option_given(s, "reveal");
    text format;
    text name;

    buf_init(&csv, EXPORT_MAX);
    TRY(arg_text(s, 0, &format));
    TRY(arg_text(s, 1, &name));
    if (!text_equal(format, TEXT("csv"))) {
        FAIL(s->cx, STATUS_USAGE, "records are exported as csv, not '%.32s'", s->args[0]);
    }
    TRY(option_text(s, "where", &listing.where));
    if (path != NULL) {
        TRY(output_free(s, path));
    }
    TRY(schema_find_type(s->cx, records_schema(s->records), name, &listing.type));
    TRY(export_csv(s->cx, s->records, &listing, reveal, collect, &csv));
    if (path != NULL) {
        TRY(output_write(s, path, buf_view(&csv)));
    } else if (!s->out.json) {
        out_data(&s->out, buf_view(&csv));
    }
    line_start(&s->out, "export");
    line_text(&s->out, "file", path == NULL ? TEXT("") : text_any(path));
    line_number(&s->out, "bytes", (int64_t)csv.len);
    if (path == NULL) {
        line_text(&s->out, "csv", buf_text(&csv));
    }
    line_end(&s->out);
    if (path != NULL) {
        out_say(&s->out, "exported to '%s'", path);
    }
    out_note(&s->out, "this is outside the vault and not encrypted%s",
             reveal ? ", passwords included" : "");
out:
    buf_finish(&csv);
    return status;
}

static const struct action actions[] = {
    {NULL, "csv KIT.TYPE [--out FILE] [--reveal] [--where SQL]", 2, 2, NEED_RECORDS, 0, run},
};
const struct command cmd_export = {
    .name = "export",
    .summary = "write records as CSV",
    .detail = "RFC 4180 in UTF-8. Cells that a spreadsheet would take for a formula get a leading "
              "quote mark, which our own import takes away again. On a terminal control characters "
              "are shown as escapes; in a file or a pipe the text is exact.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
