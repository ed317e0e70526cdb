/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve: settle a conflict by one of the values, or by a new one.
 */
#include "cmd-int.h"
#include "schema.h"

static const struct option options[] = {
    {"choice", "N", "the value with this number in `valise show ID`"},
    {"value", "TEXT", "a new value instead; - reads it from standard input"},
    {"secret-fd", "N", "read a new secret from this descriptor"},
};

static const struct json_field json[] = {JSON_RECORD_ROWS};

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    const struct record_type *type;
    const struct field *f;
    struct assigns a = {.count = 0};
    int64_t record;
    int64_t choice;
    text value;

    TRY(arg_record(s, 0, &record, &type));
    TRY(arg_field(s, 1, type, &f));
    TRY(option_number(s, "choice", 1, 1000000, 0, &choice));
    TRY(option_text(s, "value", &value));
    if ((choice > 0) == option_given(s, "value")) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                           "resolve wants either --choice N or --value TEXT");
        (void)fault_hint(s->cx, "`valise show %.64s` shows the numbers", s->args[0]);
        goto out;
    }
    if (choice == 0) {
        TRY(assign_one(s, f, value, &a));
        value = a.list[0].value;
    }
    TRY(record_resolve(s->cx, s->records, record, f, (size_t)choice, value));
    TRY(say_record(s, "settled", record));
out:
    assigns_finish(&a);
    return typed_status(s, status);
}

static const struct action actions[] = {
    {NULL, "ID FIELD --choice N | --value TEXT", 2, 2, NEED_RECORDS, 0, run},
};
const struct command cmd_resolve = {
    .name = "resolve",
    .summary = "settle a conflict",
    .detail = "",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
