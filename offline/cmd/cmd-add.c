/* SPDX-License-Identifier: Apache-2.0 */
/*
 * add: a new record from field=value words.
 */
#include "cmd-int.h"
#include "schema.h"

static const struct option options[] = {
    {"secret-fd", "N", "read the values of field=- for secrets from this descriptor, one a line"},
    {"in", "COMPARTMENT", "where it belongs, for ever (team)"},
    {"generate", "FIELD", "make a password of 20 characters for this secret field"},
};

static const struct json_field json[] = {JSON_RECORD_ROWS};

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    const struct record_type *type;
    const struct team_compartment *in = NULL;
    struct assigns a = {.count = 0};
    int64_t record;
    text name;

    TRY(arg_text(s, 0, &name));
    TRY(schema_find_type(s->cx, records_schema(s->records), name, &type));
    TRY(option_compartment(s, "in", &in));
    TRY(assigns_parse(s, type, 1, &a));
    TRY(record_create(s->cx, s->records, type, in, a.list, a.count, &record));
    TRY(say_record(s, "added", record));
out:
    assigns_finish(&a);
    return typed_status(s, status);
}

static const struct action actions[] = {
    {NULL, "KIT.TYPE [field=value ...] [--in COMPARTMENT]", 1, ANY_COUNT, NEED_RECORDS, 0, run},
};
const struct command cmd_add = {
    .name = "add",
    .summary = "add a record",
    .detail =
        "The kit alone is enough when it has one type. A value of - is asked for when the field "
        "is a secret, and read from standard input otherwise; secrets never stand on the "
        "command line.\n\n"
        "A record belongs to one compartment: who does not read that never sees the record. It "
        "cannot move to another; add it there again.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
