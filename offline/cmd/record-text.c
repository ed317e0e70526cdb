/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record-text: records and their history as people read them, shared by the verbs that show them.
 */
#include "cmd-int.h"
#include "schema.h"

#include <string.h>

text member_name(const struct session *s, const struct id *member)
{
    return team_member_name(s->team, member);
}

enum status option_compartment(struct session *s, const char *name,
                               const struct team_compartment **ret)
{
    enum status status = STATUS_OK;
    text word;

    TRY(option_text(s, name, &word));
    if (word.len > 0) {
        TRY(team_compartment_find(s->cx, s->team, word, ret));
    }
out:
    return status;
}

enum status record_field_into(struct session *s, int64_t record, const struct field *f, bool reveal,
                              struct buf *out)
{
    bool empty = false;

    return record_field_text(s->cx, s->records, record, f, reveal, out, &empty);
}

enum status record_title(struct session *s, int64_t record, const struct record_type *type,
                         struct buf *out)
{
    const struct field *f = type_field_exact(type, type->title_field);

    if (f == NULL) {
        return STATUS_OK;
    }
    return record_field_into(s, record, f, false, out);
}

enum status say_record(struct session *s, const char *did, int64_t record)
{
    enum status status = STATUS_OK;
    struct record_info info;
    struct buf id;
    struct buf type;
    struct buf title;

    buf_init(&id, 256);
    buf_init(&type, 256);
    buf_init(&title, DOC_BYTES_MAX);
    TRY(record_info_get(s->cx, s->records, record, &info));
    TRY(record_id_write(s->cx, s->records, record, &id));
    TRY(type_name_write(s->cx, info.type, &type));
    TRY(record_title(s, record, info.type, &title));
    line_start(&s->out, "record");
    line_text(&s->out, "id", buf_text(&id));
    line_text(&s->out, "kind", buf_text(&type));
    line_text(&s->out, "did", text_of(did));
    line_end(&s->out);
    out_say(&s->out, "%s %.*s  %.*s", did, TEXT_ARG(buf_text(&id)), TEXT_ARG(buf_text(&title)));
out:
    buf_finish(&title);
    buf_finish(&type);
    buf_finish(&id);
    return status;
}

enum status history_emit(struct session *s, const char *message, const struct history_line *h)
{
    enum status status = STATUS_OK;
    struct out *o = &s->out;
    struct buf id;
    struct buf type;
    char store[TIME_TEXT_MAX];
    text who = member_name(s, &h->member);
    text when = time_text(h->time, store);

    buf_init(&id, 256);
    buf_init(&type, 256);
    TRY(record_id_write(s->cx, s->records, h->record, &id));
    if (h->type != NULL) {
        TRY(type_name_write(s->cx, h->type, &type));
    }
    line_start(o, message);
    line_text(o, "record", buf_text(&id));
    line_text(o, "kind", buf_text(&type));
    line_number(o, "time", h->time);
    line_text(o, "member", who);
    line_text(o, "what", h->what);
    if (h->field == NULL) {
        line_null(o, "field");
    } else {
        line_text(o, "field", h->field->name);
    }
    line_text(o, "value", h->value);
    line_text(o, "reason", h->reason);
    line_end(o);
    if (!o->json) {
        text field = h->field == NULL ? TEXT("") : h->field->name;
        text what = text_equal(h->what, TEXT("void")) ? TEXT("does not count") : h->what;
        out_say(o, "%.*s  %-12.*s %-10.*s %.*s%s%.*s%s%.*s%s%.*s%s", TEXT_ARG(when), TEXT_ARG(who),
                TEXT_ARG(buf_text(&id)), TEXT_ARG(what), field.len > 0 ? " " : "", TEXT_ARG(field),
                h->value.len > 0 ? ": " : "", TEXT_ARG(h->value), h->reason.len > 0 ? " (" : "",
                TEXT_ARG(h->reason), h->reason.len > 0 ? ")" : "");
    }
out:
    buf_finish(&type);
    buf_finish(&id);
    return status;
}
