/* SPDX-License-Identifier: Apache-2.0 */
/*
 * undo: take back my last change of a record by making its inverse.
 */
#include "cmd-int.h"

static const struct json_field json[] = {
    {"undone", "id", "text", "id of the record"},
    {"undone", "what", "text", "what was taken back"},
};

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    const struct record_type *type;
    struct buf what;
    struct buf id;
    int64_t record;

    buf_init(&what, DOC_BYTES_MAX);
    buf_init(&id, 256);
    TRY(arg_record(s, 0, &record, &type));
    TRY(record_id_write(s->cx, s->records, record, &id));
    TRY(record_undo(s->cx, s->records, record, &what));
    line_start(&s->out, "undone");
    line_text(&s->out, "id", buf_text(&id));
    line_text(&s->out, "what", buf_text(&what));
    line_end(&s->out);
    out_say(&s->out, "took back on %.*s: %.*s", TEXT_ARG(buf_text(&id)), TEXT_ARG(buf_text(&what)));
out:
    buf_finish(&id);
    buf_finish(&what);
    return status;
}

static const struct action actions[] = {{NULL, "ID", 1, 1, NEED_RECORDS, 0, run}};
const struct command cmd_undo = {
    .name = "undo",
    .summary = "take back your last change of a record",
    .detail = "History keeps both the change and its inverse.",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
