/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conflicts: what two people changed at once and a person must decide.
 */
#include "cmd-int.h"
#include "schema.h"

static const struct json_field json[] = {
    {"conflict", "id", "text", "id of the record"},
    {"conflict", "kind", "text", "its type, as kit.type"},
    {"conflict", "field", "text", "the field"},
    {"conflict", "title", "text", "what people call the record"},
};

static enum status visit(void *self, struct ctx *cx, int64_t record, const struct field *f)
{
    enum status status = STATUS_OK;
    struct session *s = self;
    struct record_info info;
    struct buf id;
    struct buf name;
    struct buf title;

    buf_init(&id, 256);
    buf_init(&name, 256);
    buf_init(&title, DOC_BYTES_MAX);
    TRY(record_info_get(cx, s->records, record, &info));
    TRY(record_id_write(cx, s->records, record, &id));
    TRY(type_name_write(cx, info.type, &name));
    TRY(record_title(s, record, info.type, &title));
    out_cell(&s->out, buf_text(&id));
    out_cell(&s->out, buf_text(&name));
    out_cell(&s->out, f->name);
    out_cell(&s->out, buf_text(&title));
out:
    buf_finish(&title);
    buf_finish(&name);
    buf_finish(&id);
    return status;
}

static enum status run(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("id"), "id", COLUMN_TEXT},
        {TEXT_ROW("type"), "kind", COLUMN_TEXT},
        {TEXT_ROW("field"), "field", COLUMN_TEXT},
        {TEXT_ROW("title"), "title", COLUMN_TEXT},
    };
    enum status status = STATUS_OK;

    out_table(&s->out, "conflict", columns, ROWS_COUNT(columns));
    status = records_conflicts_each(s->cx, s->records, visit, s);
    out_table_end(&s->out, "no conflicts");
    return status;
}

static const struct action actions[] = {{NULL, "", 0, 0, NEED_RECORDS, 0, run}};
const struct command cmd_conflicts = {
    .name = "conflicts",
    .summary = "what two people changed at once",
    .detail = "`valise show ID` shows the values, `valise resolve` settles one.",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
