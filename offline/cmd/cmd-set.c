/* SPDX-License-Identifier: Apache-2.0 */
/*
 * set: change fields of a record. All are checked before any is written.
 */
#include "cmd-int.h"
#include "schema.h"

static const struct option options[] = {
    {"secret-fd", "N", "read the values of field=- for secrets from this descriptor, one a line"},
    {"generate", "FIELD", "make a password of 20 characters for this secret field"},
};

static const struct json_field json[] = {JSON_RECORD_ROWS};

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    const struct record_type *type;
    struct assigns a = {.count = 0};
    int64_t record;

    TRY(arg_record(s, 0, &record, &type));
    TRY(assigns_parse(s, type, 1, &a));
    if (a.count == 0) {
        FAIL(s->cx, STATUS_USAGE, "set wants at least one field=value");
    }
    TRY(record_set(s->cx, s->records, record, a.list, a.count));
    TRY(say_record(s, "changed", record));
out:
    assigns_finish(&a);
    return typed_status(s, status);
}

static const struct action actions[] = {
    {NULL, "ID [field=value ...]", 1, ANY_COUNT, NEED_RECORDS, 0, run},
};
const struct command cmd_set = {
    .name = "set",
    .summary = "change fields of a record",
    .detail = "An empty value clears a field. Tags: +tag adds, -tag removes, a,b replaces. Numbers "
              "that count: +3 and -3 are changes. ID may be a unique word of the title.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
