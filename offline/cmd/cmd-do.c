/* SPDX-License-Identifier: Apache-2.0 */
/*
 * do: a step of a record's workflow.
 */
#include "cmd-int.h"
#include "schema.h"

static const struct option options[] = {
    {"secret-fd", "N", "read the values of field=- for secrets from this descriptor, one a line"},
};

static const struct json_field json[] = {JSON_RECORD_ROWS};

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    const struct record_type *type;
    struct assigns a = {.count = 0};
    int64_t record;
    text transition;

    TRY(arg_record(s, 0, &record, &type));
    TRY(arg_text(s, 1, &transition));
    TRY(assigns_parse(s, type, 2, &a));
    TRY(record_move(s->cx, s->records, record, transition, a.list, a.count));
    TRY(say_record(s, "moved", record));
out:
    assigns_finish(&a);
    return typed_status(s, status);
}

static const struct action actions[] = {
    {NULL, "ID STEP [field=value ...]", 2, ANY_COUNT, NEED_RECORDS, 0, run},
};
const struct command cmd_do = {
    .name = "do",
    .summary = "take a step of a record's workflow",
    .detail = "`valise show ID` lists the steps that are possible now. Fields given here are set "
              "with the step.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
