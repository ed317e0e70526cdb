/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edit: a record, or one long text of it, in a person's own editor. While they write, the vault is
 * closed, so a colleague's stick may come in between: what is saved is merged with what the record
 * has become, line by line, and only what they changed is written.
 */
#include "edit.h"
#include "schema.h"

enum { ROUNDS_MAX = 5 };

static const struct json_field json[] = {JSON_RECORD_ROWS};

struct editing {
    struct session *s;
    int64_t record;
    const struct record_type *type; /* of the vault now open */
    const struct field *field;      /* NULL: the whole record */
    struct buf base, mine, now, merged, scratch;
};

static enum status text_now(struct editing *e, struct buf *out)
{
    bool empty;

    buf_clear(out);
    if (e->field == NULL) {
        return form_write(e->s, e->record, e->type, out);
    }
    return record_field_text(e->s->cx, e->s->records, e->record, e->field, false, out, &empty);
}

/* After every opening the type and the field are looked up again: the old ones are gone. */
static enum status editing_find(struct editing *e, bool first)
{
    enum status status = STATUS_OK;
    struct record_info info;

    if (first) {
        TRY(arg_record(e->s, 0, &e->record, &e->type));
    } else {
        TRY(record_info_get(e->s->cx, e->s->records, e->record, &info));
        e->type = info.type;
    }
    e->field = NULL;
    if (e->s->arg_count > 1) {
        TRY(arg_field(e->s, 1, e->type, &e->field));
        if (!form_has(e->field)) {
            status = fault_set(e->s->cx, STATUS_USAGE, __FILE__, __LINE__,
                               "'%.*s' is not edited as a text", TEXT_ARG(e->field->name));
            (void)fault_hint(e->s->cx, "use `valise set`, `valise do` or `valise comment`");
        }
    }
out:
    return status;
}

static enum status write_changes(struct editing *e, text merged)
{
    enum status status = STATUS_OK;
    struct session *s = e->s;
    struct assigns a = {.count = 0};

    if (e->field == NULL) {
        TRY(form_changes(s, e->type, buf_text(&e->now), merged, &e->scratch, &a));
    } else if (!text_equal(buf_text(&e->now), merged)) {
        a.list[a.count++] = (struct assignment){e->field, merged};
    }
    if (a.count == 0) {
        TRY(say_record(s, "unchanged", e->record));
        goto out;
    }
    TRY(record_set(s->cx, s->records, e->record, a.list, a.count));
    TRY(say_record(s, "changed", e->record));
out:
    return status;
}

/* Both changed the same lines: mine comes back to the editor with the other one for comparison. */
static enum status offer_both(struct editing *e)
{
    enum status status = STATUS_OK;
    struct ctx *cx = e->s->cx;
    text rest = buf_text(&e->now);

    out_warn(&e->s->out, "somebody changed the same lines meanwhile; both are in the editor now");
    buf_clear(&e->merged);
    TRY(buf_add_text(cx, &e->merged, buf_text(&e->mine)));
    if (e->field != NULL) {
        TRY(buf_add_text(cx, &e->merged,
                         TEXT("\n---- what it is now: take what you need, remove the "
                              "rest with this line ----\n")));
        TRY(buf_add_text(cx, &e->merged, rest));
        goto out;
    }
    TRY(buf_add_text(cx, &e->merged, TEXT("\n# It was changed meanwhile; now it is:\n")));
    for (size_t start = 0, i = 0; i <= rest.len; i++) {
        if (i == rest.len || rest.ptr[i] == '\n') {
            TRY(buf_printf(cx, &e->merged, "# %.*s\n", (int)(i - start), rest.ptr + start));
            start = i + 1;
        }
    }
out:
    return status;
}

static enum status round_run(struct editing *e, text before, bool *ret_done)
{
    enum status status = STATUS_OK;
    struct session *s = e->s;
    bool clean = false;

    buf_clear(&e->mine);
    session_close(s);
    TRY(editor_run(s, before, &e->mine));
    TRY(session_reopen(s));
    TRY(editing_find(e, false));
    TRY(text_now(e, &e->now));
    if (text_equal(buf_text(&e->mine), buf_text(&e->base))) {
        TRY(say_record(s, "unchanged", e->record));
        *ret_done = true;
        goto out;
    }
    buf_clear(&e->merged);
    TRY(merge_three_way(s->cx, buf_text(&e->base), buf_text(&e->now), buf_text(&e->mine),
                        &e->merged, &clean));
    if (clean) {
        TRY(write_changes(e, buf_text(&e->merged)));
        *ret_done = true;
        goto out;
    }
    TRY(offer_both(e));
    buf_clear(&e->base);
    TRY(buf_add(s->cx, &e->base, buf_view(&e->now)));
out:
    return status;
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct editing e = {.s = s};
    struct buf before;
    bool done = false;

    buf_init(&e.base, FORM_MAX);
    buf_init(&e.mine, FORM_MAX);
    buf_init(&e.now, FORM_MAX);
    buf_init(&e.merged, FORM_MAX);
    buf_init(&e.scratch, FORM_MAX);
    buf_init(&before, FORM_MAX);
    TRY(editing_find(&e, true));
    TRY(text_now(&e, &e.base));
    TRY(buf_add(s->cx, &before, buf_view(&e.base)));
    for (int i = 0; i < ROUNDS_MAX && !done; i++) {
        TRY(round_run(&e, buf_text(&before), &done));
        buf_clear(&before);
        TRY(buf_add(s->cx, &before, buf_view(&e.merged)));
    }
    if (!done) {
        FAIL(s->cx, STATUS_CONFLICT, "the record changes faster than you can edit it");
    }
out:
    buf_finish(&before);
    buf_finish(&e.scratch);
    buf_finish(&e.merged);
    buf_finish(&e.now);
    buf_finish(&e.mine);
    buf_finish(&e.base);
    return typed_status(s, status);
}

static const struct action actions[] = {{NULL, "ID [FIELD]", 1, 2, NEED_RECORDS, 0, run}};
const struct command cmd_edit = {
    .name = "edit",
    .summary = "edit a record, or one field, in your editor",
    .detail =
        "Starts $VISUAL or $EDITOR on a text that is in memory only. vim, nvim, nano and emacs "
        "are told to keep no copies; with another editor see to it yourself. Meanwhile the "
        "vault is free for other verbs; what changed is merged.",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
    .allow_exec = true,
};
