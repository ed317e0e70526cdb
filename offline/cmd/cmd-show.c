/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show: one record whole: fields, logs, what is in conflict and how to settle it, the steps its
 * workflow allows now, on request its history. Secrets are masked unless --reveal.
 */
#include "schema.h"
#include "shared.h"

static const struct option options[] = {
    {"reveal", NULL, "show secrets"},
    {"history", NULL, "also every change of the record"},
};

static const struct json_field json[] = {
    {"record", "id", "text", "id of the record"},
    {"record", "kind", "text", "its type, as kit.type"},
    {"record", "title", "text", "what people call it"},
    {"record", "created_by", "text", "who made it"},
    {"record", "created", "number", "claimed Unix time"},
    {"record", "changed", "number", "claimed Unix time of the last change"},
    {"record", "deleted", "flag", "it was removed"},
    {"record", "compartment", "text", "where it belongs"},
    {"record", "fields", "object", "field name to value as text; empty ones are left out"},
    {"record", "steps", "list", "workflow steps that are possible now"},
    {"line", "field", "text", "the log it stands in"},
    {"line", "time", "number", "claimed Unix time"},
    {"line", "member", "text", "who wrote it"},
    {"line", "text", "text", "the line"},
    {"conflict", "field", "text", "the field"},
    {"conflict", "number", "number", "for `valise resolve`"},
    {"conflict", "member", "text", "who set it"},
    {"conflict", "time", "number", "claimed Unix time"},
    {"conflict", "value", "text", "the value, secrets masked"},
    {"conflict", "shown", "flag", "it is the one shown until somebody decides"},
    JSON_HISTORY_ROWS("change"),
};

struct showing {
    struct session *s;
    int64_t record;
    const struct record_type *type;
    const struct field *field;
    struct buf id;
    size_t number; /* of the conflict value */
    size_t lines;
    bool reveal;
};

enum { LABEL_COLUMNS = 16 };

static text mask(const struct session *s)
{
    return s->out.ascii ? TEXT("********") : TEXT("••••••••");
}

static enum status field_text(struct showing *w, const struct field *f, struct buf *out,
                              bool *empty)
{
    enum status status = STATUS_OK;
    struct session *s = w->s;

    TRY(record_field_text(s->cx, s->records, w->record, f, w->reveal, out, empty));
    if (f->kind == FIELD_SECRET && !w->reveal && !*empty) {
        buf_clear(out);
        TRY(buf_add_text(s->cx, out, mask(s)));
    }
out:
    return status;
}

static enum status field_say(struct showing *w, const struct field *f)
{
    enum status status = STATUS_OK;
    struct out *o = &w->s->out;
    struct buf value;
    bool empty = true;
    text label = f->label.len > 0 ? f->label : f->name;

    buf_init(&value, DOC_BYTES_MAX + 1024);
    if (f->kind == FIELD_LOG || f->hidden) {
        status = STATUS_OK;
        goto out;
    }
    TRY(field_text(w, f, &value, &empty));
    if (empty) {
        goto out;
    }
    line_member(o, f->name, buf_text(&value));
    if (f->kind == FIELD_DOC) {
        out_say(o, "  %.*s", TEXT_ARG(label));
        out_lines(o, 4, buf_text(&value));
    } else {
        out_say(o, "  %-*.*s %.*s", LABEL_COLUMNS, TEXT_ARG(label), TEXT_ARG(buf_text(&value)));
    }
out:
    buf_finish(&value);
    return status;
}

static bool step_is_possible(const struct transition *t, text state)
{
    for (size_t i = 0; i < t->from_count; i++) {
        if (text_equal(t->from[i], state)) {
            return true;
        }
    }
    return t->from_count == 0;
}

static enum status steps_say(struct showing *w)
{
    enum status status = STATUS_OK;
    struct session *s = w->s;
    const struct field *f = type_state_field(w->type);
    struct buf state;
    struct buf list;
    bool empty = true;

    buf_init(&state, LINE_BYTES_MAX);
    buf_init(&list, 64 * 1024);
    line_list(&s->out, "steps");
    if (f != NULL) {
        TRY(record_field_text(s->cx, s->records, w->record, f, false, &state, &empty));
    }
    for (size_t i = 0; f != NULL && i < w->type->transition_count; i++) {
        const struct transition *t = &w->type->transitions[i];
        if (!step_is_possible(t, buf_text(&state))) {
            continue;
        }
        line_text(&s->out, NULL, t->name);
        TRY(buf_printf(s->cx, &list, "%s%.*s", list.len > 0 ? ", " : "", TEXT_ARG(t->name)));
    }
    line_close_list(&s->out);
    if (list.len > 0) {
        out_say(&s->out, "  %-*s %.*s", LABEL_COLUMNS, "next steps", TEXT_ARG(buf_text(&list)));
    }
out:
    buf_finish(&list);
    buf_finish(&state);
    return status;
}

static enum status head_say(struct showing *w)
{
    enum status status = STATUS_OK;
    struct session *s = w->s;
    struct out *o = &s->out;
    struct record_info info;
    struct buf type;
    struct buf title;
    char created[TIME_TEXT_MAX];
    char changed[TIME_TEXT_MAX];

    buf_init(&type, 256);
    buf_init(&title, DOC_BYTES_MAX);
    TRY(record_info_get(s->cx, s->records, w->record, &info));
    TRY(type_name_write(s->cx, w->type, &type));
    TRY(record_title(s, w->record, w->type, &title));
    text by = member_name(s, &info.created_by);
    text made = time_text(info.created, created);
    text last = time_text(info.changed, changed);
    text place = info.compartment == NULL ? TEXT("?") : info.compartment->name;
    line_start(o, "record");
    line_text(o, "id", buf_text(&w->id));
    line_text(o, "kind", buf_text(&type));
    line_text(o, "title", buf_text(&title));
    line_text(o, "created_by", by);
    line_number(o, "created", info.created);
    line_number(o, "changed", info.changed);
    line_flag(o, "deleted", info.deleted);
    line_text(o, "compartment", place);
    out_heading(o, "%.*s %.*s%s", TEXT_ARG(buf_text(&type)), TEXT_ARG(buf_text(&w->id)),
                info.deleted ? "  (removed)" : "");
    line_object(o, "fields");
    for (size_t i = 0; i < w->type->field_count; i++) {
        TRY(field_say(w, &w->type->fields[i]));
    }
    line_close_object(o);
    TRY(steps_say(w));
    line_end(o);
    out_say(o, "  %-*s %.*s by %.*s, changed %.*s", LABEL_COLUMNS, "made", TEXT_ARG(made),
            TEXT_ARG(by), TEXT_ARG(last));
    if (!text_equal(place, TEXT("team"))) {
        out_say(o, "  %-*s %.*s", LABEL_COLUMNS, "compartment", TEXT_ARG(place));
    }
out:
    buf_finish(&title);
    buf_finish(&type);
    return status;
}

static enum status visit_line(void *self, struct ctx *cx, const struct log_line *l)
{
    struct showing *w = self;
    struct out *o = &w->s->out;
    char store[TIME_TEXT_MAX];
    text when = time_text(l->time, store);
    text who = member_name(w->s, &l->member);
    text label = w->field->label.len > 0 ? w->field->label : w->field->name;

    (void)cx;
    if (w->lines++ == 0) {
        out_say(o, "  %.*s", TEXT_ARG(label));
    }
    line_start(o, "line");
    line_text(o, "field", w->field->name);
    line_number(o, "time", l->time);
    line_text(o, "member", who);
    line_text(o, "text", l->line);
    line_end(o);
    out_say(o, "    %.*s  %.*s: %.*s", TEXT_ARG(when), TEXT_ARG(who), TEXT_ARG(l->line));
    return STATUS_OK;
}

static enum status visit_conflict(void *self, struct ctx *cx, const struct conflict_value *v)
{
    struct showing *w = self;
    struct out *o = &w->s->out;
    char store[TIME_TEXT_MAX];
    text when = time_text(v->time, store);
    text who = member_name(w->s, &v->member);
    text value = w->field->kind == FIELD_SECRET && !w->reveal ? mask(w->s) : v->value;

    (void)cx;
    if (w->number++ == 0) {
        out_say(o, "  conflict in %.*s:", TEXT_ARG(w->field->name));
    }
    line_start(o, "conflict");
    line_text(o, "field", w->field->name);
    line_number(o, "number", (int64_t)w->number);
    line_text(o, "member", who);
    line_number(o, "time", v->time);
    line_text(o, "value", value);
    line_flag(o, "shown", v->shown);
    line_end(o);
    out_say(o, "    %zu  %.*s   (%.*s, %.*s)%s", w->number, TEXT_ARG(value), TEXT_ARG(who),
            TEXT_ARG(when), v->shown ? "  shown now" : "");
    return STATUS_OK;
}

static enum status rest_say(struct showing *w)
{
    enum status status = STATUS_OK;
    struct session *s = w->s;

    for (size_t i = 0; i < w->type->field_count; i++) {
        w->field = &w->type->fields[i];
        w->number = 0;
        w->lines = 0;
        if (w->field->kind == FIELD_LOG) {
            TRY(record_log_each(s->cx, s->records, w->record, w->field, visit_line, w));
            continue;
        }
        TRY(record_conflict_each(s->cx, s->records, w->record, w->field, visit_conflict, w));
        if (w->number > 0) {
            out_say(&s->out, "    settle it: valise resolve %.*s %.*s --choice N",
                    TEXT_ARG(buf_text(&w->id)), TEXT_ARG(w->field->name));
        }
    }
out:
    return status;
}

static enum status visit_history(void *self, struct ctx *cx, const struct history_line *h)
{
    (void)cx;
    return history_emit(self, "change", h);
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct showing w = {.s = s, .reveal = option_given(s, "reveal")};

    buf_init(&w.id, 256);
    TRY(arg_record(s, 0, &w.record, &w.type));
    TRY(record_id_write(s->cx, s->records, w.record, &w.id));
    TRY(head_say(&w));
    TRY(rest_say(&w));
    if (option_given(s, "history")) {
        out_say(&s->out, "  history");
        TRY(records_history(s->cx, s->records, w.record, 0, visit_history, s));
    }
out:
    buf_finish(&w.id);
    return status;
}

static const struct action actions[] = {
    {NULL, "ID [--reveal] [--history]", 1, 1, NEED_RECORDS, 0, run},
};
const struct command cmd_show = {
    .name = "show",
    .summary = "show a record whole",
    .detail =
        "ID may be a unique word of the title. Where two people changed a field at once, both "
        "values are shown with numbers for `valise resolve`.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
