/* SPDX-License-Identifier: Apache-2.0 */
/*
 * received-late: what came and does not count, mostly because its author had been removed before it
 * was here. Nothing of it is lost: `valise adopt` writes it again as one's own.
 */
#include "cmd-int.h"

static const struct json_field json[] = {
    {"late", "op", "text", "for `valise adopt`"},
    {"late", "record", "text", "id of the record"},
    {"late", "time", "number", "claimed Unix time"},
    {"late", "member", "text", "who wrote it"},
    {"late", "what", "text", "what it would have done"},
    {"late", "field", "text", "the field, or empty"},
    {"late", "value", "text", "the value, secrets masked"},
    {"late", "reason", "text", "why it does not count"},
    {"late", "adopted", "flag", "it was adopted on this machine"},
};

static enum status visit(void *self, struct ctx *cx, const struct history_line *h)
{
    enum status status = STATUS_OK;
    struct session *s = self;
    struct buf op;
    struct buf record;

    buf_init(&op, 256);
    buf_init(&record, 256);
    TRY(record_id_write(cx, s->records, h->op, &op));
    TRY(record_id_write(cx, s->records, h->record, &record));
    out_cell(&s->out, buf_text(&op));
    out_cell(&s->out, buf_text(&record));
    out_cell_number(&s->out, h->time);
    out_cell(&s->out, member_name(s, &h->member));
    out_cell(&s->out, h->what);
    out_cell(&s->out, h->field == NULL ? TEXT("") : h->field->name);
    out_cell(&s->out, h->value);
    out_cell(&s->out, h->reason);
    out_cell_flag(&s->out, h->adopted);
out:
    buf_finish(&record);
    buf_finish(&op);
    return status;
}

static enum status run(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("change"), "op", COLUMN_TEXT},
        {TEXT_ROW("record"), "record", COLUMN_TEXT},
        {TEXT_ROW("when"), "time", COLUMN_TIME},
        {TEXT_ROW("who"), "member", COLUMN_TEXT},
        {TEXT_ROW("what"), "what", COLUMN_TEXT},
        {TEXT_ROW("field"), "field", COLUMN_TEXT},
        {TEXT_ROW("value"), "value", COLUMN_TEXT},
        {TEXT_ROW("why it does not count"), "reason", COLUMN_TEXT},
        {TEXT_ROW("adopted"), "adopted", COLUMN_FLAG},
    };
    enum status status = STATUS_OK;

    out_table(&s->out, "late", columns, ROWS_COUNT(columns));
    status = records_void_each(s->cx, s->records, visit, s);
    out_table_end(&s->out, "everything that came counts");
    return status;
}

static const struct action actions[] = {{NULL, "", 0, 0, NEED_RECORDS, 0, run}};
const struct command cmd_received_late = {
    .name = "received-late",
    .summary = "what came and does not count",
    .detail =
        "When somebody is removed, what he wrote after the last change that is accepted has no "
        "effect, also when it comes weeks later. It is kept and shown here, oldest first. `valise "
        "adopt` takes what is good.",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
