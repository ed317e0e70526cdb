/* SPDX-License-Identifier: Apache-2.0 */
/*
 * comment: add a line to a log of a record. Lines are never changed or taken away.
 */
#include "cmd-int.h"
#include "schema.h"

static const struct option options[] = {
    {"field", "FIELD", "which log, when the type has several"},
};

static const struct json_field json[] = {JSON_RECORD_ROWS};

/* The log asked for, else the first of the type. */
static enum status log_field(struct session *s, const struct record_type *type,
                             const struct field **ret)
{
    enum status status = STATUS_OK;
    text name;

    TRY(option_text(s, "field", &name));
    if (name.len > 0) {
        TRY(type_find_field(s->cx, type, name, ret));
        if ((*ret)->kind != FIELD_LOG) {
            FAIL(s->cx, STATUS_USAGE, "'%.*s' is no log", TEXT_ARG((*ret)->name));
        }
        goto out;
    }
    for (size_t i = 0; i < type->field_count; i++) {
        if (type->fields[i].kind == FIELD_LOG && !type->fields[i].retired) {
            *ret = &type->fields[i];
            goto out;
        }
    }
    FAIL(s->cx, STATUS_USAGE, "records of this type take no comments");
out:
    return status;
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    const struct record_type *type;
    const struct field *f = NULL;
    struct buf line;
    int64_t record;

    buf_init(&line, LINE_BYTES_MAX);
    TRY(arg_record(s, 0, &record, &type));
    for (size_t i = 1; i < s->arg_count; i++) {
        text word;
        TRY(arg_text(s, i, &word));
        if (i > 1) {
            TRY(buf_add_byte(s->cx, &line, ' '));
        }
        TRY(buf_add_text(s->cx, &line, word));
    }
    TRY(log_field(s, type, &f));
    TRY(record_log_add(s->cx, s->records, record, f, buf_text(&line)));
    TRY(say_record(s, "commented", record));
out:
    buf_finish(&line);
    return typed_status(s, status);
}

static const struct action actions[] = {
    {NULL, "ID TEXT ... [--field FIELD]", 2, ANY_COUNT, NEED_RECORDS, 0, run},
};
const struct command cmd_comment = {
    .name = "comment",
    .summary = "add a line to a record's log",
    .detail = "",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
