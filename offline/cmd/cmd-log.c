/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: who changed what, of one record or of the whole team.
 */
#include "cmd-int.h"

static const struct option options[] = {
    {"limit", "N", "at most N lines of the team's log (50)"},
};

static const struct json_field json[] = {JSON_HISTORY_ROWS("change")};

static enum status visit(void *self, struct ctx *cx, const struct history_line *h)
{
    (void)cx;
    return history_emit(self, "change", h);
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    const struct record_type *type;
    int64_t record = 0;
    int64_t limit;

    TRY(option_number(s, "limit", 1, 1000000, 50, &limit));
    if (s->arg_count == 1) {
        TRY(arg_record(s, 0, &record, &type));
    }
    TRY(records_history(s->cx, s->records, record, (size_t)limit, visit, s));
out:
    return status;
}

static const struct action actions[] = {{NULL, "[ID]", 0, 1, NEED_RECORDS, 0, run}};
const struct command cmd_log = {
    .name = "log",
    .summary = "who changed what",
    .detail = "With an ID all changes of that record, oldest first; without, the team's newest.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
