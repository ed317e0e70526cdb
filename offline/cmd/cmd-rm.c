/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rm: remove a record. Nothing is lost: history keeps both.
 */
#include "cmd-int.h"

static const struct json_field json[] = {JSON_RECORD_ROWS};

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    const struct record_type *type;
    int64_t record;

    TRY(arg_record(s, 0, &record, &type));
    TRY(record_delete(s->cx, s->records, record));
    TRY(say_record(s, "removed", record));
out:
    return status;
}

static const struct action actions[] = {{NULL, "ID", 1, 1, NEED_RECORDS, 0, run}};
const struct command cmd_rm = {
    .name = "rm",
    .summary = "remove a record",
    .detail = "Removed records keep their history and come back with `valise restore`.",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
