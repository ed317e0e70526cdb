/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit-explain: a kit in a person's words, for `kit check`: what is kept, what happens when two
 * people change the same thing apart from each other, who may do what, what is shown.
 */
#include "kit-int.h"

#define SAY(...) TRY(buf_printf(cx, out, __VA_ARGS__))

static const char *merge_words(enum merge_rule merge)
{
    switch (merge) {
    case MERGE_LAST:
        return "the later change counts, the other is shown";
    case MERGE_KEEP_ALL:
        return "all are kept until somebody chooses";
    case MERGE_SUM:
        return "changes are added up";
    case MERGE_MAX:
        return "the highest counts";
    case MERGE_MIN:
        return "the lowest counts";
    case MERGE_TRUE_WINS:
        return "yes wins";
    case MERGE_RANK_MAX:
        return "the higher one wins";
    case MERGE_PRECEDENCE:
        return "the order of precedence decides, else somebody chooses";
    case MERGE_SET:
        return "all tags are kept";
    case MERGE_GROW:
        return "all lines are kept";
    case MERGE_THREE_WAY:
        return "merged line by line, else somebody chooses";
    }
    return "";
}

static enum status words_write(struct ctx *cx, struct buf *out, const text *words, size_t count,
                               const char *between)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < count; i++) {
        SAY("%s%.*s", i == 0 ? "" : between, (int)words[i].len, words[i].ptr);
    }
out:
    return status;
}

static enum status field_explain(struct ctx *cx, const struct field *f, struct buf *out)
{
    enum status status = STATUS_OK;
    static const char *const whens[] = {"date", "instant", "local time"};

    SAY("  %.*s (%s", (int)f->name.len, f->name.ptr, field_kind_name(f->kind));
    if (f->kind == FIELD_WHEN) {
        SAY(", %s", whens[f->when]);
    }
    if (f->kind == FIELD_NUM && f->scale > 0) {
        SAY(", %u digits after the point", f->scale);
    }
    if (f->unit.len > 0) {
        SAY(", in %.*s", (int)f->unit.len, f->unit.ptr);
    }
    if (f->kind == FIELD_SECRET) {
        SAY(", used as %.*s", (int)f->secret_use.len, f->secret_use.ptr);
    }
    SAY(")%s%s%s%s", f->required ? " required" : "", f->find ? " found by words" : "",
        f->hidden ? " not shown in lists" : "", f->retired ? " retired" : "");
    if (f->preset.len > 0) {
        SAY(" preset %.*s", (int)f->preset.len, f->preset.ptr);
    }
    if (f->choice_count > 0) {
        SAY(": ");
        TRY(words_write(cx, out, f->choices, f->choice_count, ", "));
    }
    SAY("\n      changed apart: %s\n", merge_words(f->merge));
    if (f->precedence_count > 0) {
        SAY("      precedence: ");
        TRY(words_write(cx, out, f->precedence, f->precedence_count, " before "));
        SAY("\n");
    }
out:
    return status;
}

static enum status transition_explain(struct ctx *cx, const struct transition *t, struct buf *out)
{
    enum status status = STATUS_OK;

    SAY("  %.*s: ", (int)t->name.len, t->name.ptr);
    if (t->from_count == 0) {
        SAY("any state");
    }
    TRY(words_write(cx, out, t->from, t->from_count, " or "));
    SAY(" > %.*s, by ", (int)t->to.len, t->to.ptr);
    if (t->role_count == 0) {
        SAY("every role that may move records");
    }
    TRY(words_write(cx, out, t->roles, t->role_count, ", "));
    if (t->not_self) {
        SAY(", not by who made the record");
    }
    if (t->guard_source.len > 0) {
        SAY(", only when %.*s", (int)t->guard_source.len, t->guard_source.ptr);
    }
    SAY("\n");
out:
    return status;
}

static enum status view_explain(struct ctx *cx, const struct view *v, struct buf *out)
{
    enum status status = STATUS_OK;
    static const char *const kinds[] = {"list", "board", "queue"};

    SAY("  %s %.*s: %.*s", kinds[v->kind], (int)v->name.len, v->name.ptr, (int)v->label.len,
        v->label.ptr);
    if (v->group.len > 0) {
        SAY(", by %.*s", (int)v->group.len, v->group.ptr);
    }
    if (v->where.len > 0) {
        SAY(", where %.*s", (int)v->where.len, v->where.ptr);
    }
    if (v->order.len > 0) {
        SAY(", in the order %.*s", (int)v->order.len, v->order.ptr);
    }
    SAY("\n");
out:
    return status;
}

static enum status type_explain(struct ctx *cx, const struct record_type *t, struct buf *out)
{
    enum status status = STATUS_OK;

    SAY("\n%.*s.%.*s: %.*s, named by its %.*s\n", (int)t->kit.len, t->kit.ptr, (int)t->name.len,
        t->name.ptr, (int)t->label.len, t->label.ptr, (int)t->title_field.len, t->title_field.ptr);
    SAY("fields\n");
    for (size_t i = 0; i < t->field_count; i++) {
        TRY(field_explain(cx, &t->fields[i], out));
    }
    if (t->transition_count > 0) {
        SAY("transitions\n");
    }
    for (size_t i = 0; i < t->transition_count; i++) {
        TRY(transition_explain(cx, &t->transitions[i], out));
    }
    if (t->view_count > 0) {
        SAY("views\n");
    }
    for (size_t i = 0; i < t->view_count; i++) {
        TRY(view_explain(cx, &t->views[i], out));
    }
out:
    return status;
}

enum status kit_explain(struct ctx *cx, const struct kit *k, struct buf *out)
{
    enum status status = STATUS_OK;

    SAY("kit %.*s v%u, %.*s: for %.*s\n", (int)k->name.len, k->name.ptr, k->version,
        (int)k->label.len, k->label.ptr, (int)k->purpose.len, k->purpose.ptr);
    for (size_t i = 0; i < k->type_count; i++) {
        TRY(type_explain(cx, &k->types[i], out));
    }
out:
    return status;
}
