/* SPDX-License-Identifier: Apache-2.0 */
/*
 * totp: the one-time code of a login, from its secret; the secret itself is not shown.
 */
#include "schema.h"
#include "shared.h"

static const struct json_field json[] = {
    {"code", "code", "text", "the digits"},
    {"code", "seconds_left", "number", "how long it still holds"},
};

/* The secret field whose use is `use`; the first one when there is only one of that use. */
enum status secret_field(struct session *s, const struct record_type *type, text use,
                         const struct field **ret)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *f = &type->fields[i];
        if (f->kind == FIELD_SECRET && text_equal(f->secret_use, use)) {
            *ret = f;
            return STATUS_OK;
        }
    }
    FAIL(s->cx, STATUS_NOT_FOUND, "records of type '%.*s' hold no %.*s", TEXT_ARG(type->name),
         TEXT_ARG(use));
out:
    return status;
}

enum status totp_of(struct session *s, int64_t record, const struct record_type *type,
                    struct buf *out, unsigned *ret_left)
{
    enum status status = STATUS_OK;
    const struct field *f = NULL;
    struct buf secret;
    bool empty = true;

    buf_init(&secret, LINE_BYTES_MAX);
    TRY(secret_field(s, type, TEXT("totp"), &f));
    TRY(record_field_text(s->cx, s->records, record, f, true, &secret, &empty));
    if (empty) {
        FAIL(s->cx, STATUS_NOT_FOUND, "the record has no one-time secret");
    }
    TRY(totp_code(s->cx, buf_text(&secret), s->cx->system->now(s->cx->system->self), out,
                  ret_left));
out:
    buf_finish(&secret);
    return status;
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    const struct record_type *type;
    struct buf code;
    int64_t record;
    unsigned left = 0;

    buf_init(&code, 64);
    TRY(arg_record(s, 0, &record, &type));
    TRY(totp_of(s, record, type, &code, &left));
    line_start(&s->out, "code");
    line_text(&s->out, "code", buf_text(&code));
    line_number(&s->out, "seconds_left", left);
    line_end(&s->out);
    out_say(&s->out, "%.*s", TEXT_ARG(buf_text(&code)));
    out_note(&s->out, "it holds for %u more second%s", left, plural(left));
out:
    buf_finish(&code);
    return status;
}

static const struct action actions[] = {{NULL, "ID", 1, 1, NEED_RECORDS, 0, run}};
const struct command cmd_totp = {
    .name = "totp",
    .summary = "the one-time code of a login",
    .detail = "",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
