/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adopt: what came and does not count, written again as one's own. One change by its id, or all of
 * one author, oldest first; what cannot be adopted is said and left.
 */
#include "cmd-int.h"

#include <stdlib.h>
#include <string.h>

static const struct option options[] = {
    {"all-of", "MEMBER", "everything of this author that does not count, oldest first"},
};

static const struct json_field json[] = {
    {"adopted", "op", "text", "the change, as `valise received-late` names it"},
    {"adopted", "record", "text", "id of the record it is on now; empty when it was left"},
    {"adopted", "did", "text", "\"adopted\" or \"left\""},
    {"adopted", "reason", "text", "why it was left, or empty"},
};

struct late {
    int64_t op;
    struct id member;
    bool adopted;
};
struct choice {
    struct session *s;
    text id;     /* of one change; empty: by author */
    text author; /* exact name */
    struct late *list;
    size_t count, cap;
    struct buf written, names;
};

static enum status choice_add(struct ctx *cx, struct choice *c, const struct history_line *h)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    if (c->count > 0 && c->list[c->count - 1].op == h->op) {
        return STATUS_OK; /* a move has several lines */
    }
    if (c->count == c->cap) {
        size_t cap = c->cap == 0 ? 64 : 2 * c->cap;
        TRY(mem_new(cx, cap, sizeof *c->list, &memory));
        if (c->count > 0) {
            memcpy(memory, c->list, c->count * sizeof *c->list);
        }
        free(c->list);
        c->list = memory;
        c->cap = cap;
    }
    c->list[c->count++] = (struct late){.op = h->op, .member = h->member, .adopted = h->adopted};
out:
    return status;
}

/* "Ana, Ben" for the hint; what does not fit is left out. */
static void names_add(struct ctx *cx, struct choice *c, text name)
{
    const char *at =
        c->names.len == 0 ? NULL : memmem(c->names.ptr, c->names.len, name.ptr, name.len);
    if (at == NULL && buf_printf(cx, &c->names, "%s%.*s", c->names.len > 0 ? ", " : "",
                                 TEXT_ARG(name)) != STATUS_OK) {
        fault_clear(cx);
    }
}

static enum status choose(void *self, struct ctx *cx, const struct history_line *h)
{
    enum status status = STATUS_OK;
    struct choice *c = self;
    text name = member_name(c->s, &h->member);

    if (c->id.len > 0) {
        buf_clear(&c->written);
        TRY(record_id_write(cx, c->s->records, h->op, &c->written));
        if (text_equal(buf_text(&c->written), c->id)) {
            TRY(choice_add(cx, c, h));
        }
    } else if (text_equal(name, c->author)) {
        TRY(choice_add(cx, c, h));
    } else {
        names_add(cx, c, name);
    }
out:
    return status;
}

static enum status refuse_choice(struct ctx *cx, const struct choice *c)
{
    if (c->id.len > 0) {
        (void)fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__,
                        "no change '%.*s' waits to be adopted", TEXT_ARG(c->id));
        return fault_hint(cx, "`valise received-late` shows what came and does not count");
    }
    (void)fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__,
                    "nothing of '%.*s' came without effect", TEXT_ARG(c->author));
    return c->names.len == 0
               ? fault_hint(cx, "everything that came counts")
               : fault_hint(cx, "there are changes of %.*s", TEXT_ARG(buf_text(&c->names)));
}

/* One person of that name, and one change of that id. */
static enum status check_choice(struct ctx *cx, const struct choice *c)
{
    enum status status = STATUS_OK;

    if (c->count == 0) {
        return refuse_choice(cx, c);
    }
    for (size_t i = 1; i < c->count; i++) {
        if (c->id.len > 0) {
            FAIL(cx, STATUS_AMBIGUOUS, "'%.*s' names a change in each of two histories",
                 TEXT_ARG(c->id));
        }
        if (!id_equal(&c->list[i].member, &c->list[0].member)) {
            (void)fault_set(cx, STATUS_AMBIGUOUS, __FILE__, __LINE__,
                            "there are two people called '%.*s'", TEXT_ARG(c->author));
            status = fault_hint(cx, "adopt the changes one by one");
            goto out;
        }
    }
out:
    return status;
}

static enum status say(struct session *s, struct choice *c, const struct late *late, int64_t record,
                       text reason)
{
    enum status status = STATUS_OK;
    struct out *o = &s->out;
    struct buf on;

    buf_init(&on, 256);
    buf_clear(&c->written);
    TRY(record_id_write(s->cx, s->records, late->op, &c->written));
    if (record != 0) {
        TRY(record_id_write(s->cx, s->records, record, &on));
    }
    line_start(o, "adopted");
    line_text(o, "op", buf_text(&c->written));
    line_text(o, "record", buf_text(&on));
    line_text(o, "did", record != 0 ? TEXT("adopted") : TEXT("left"));
    line_text(o, "reason", reason);
    line_end(o);
    if (record != 0) {
        out_say(o, "adopted %.*s on %.*s", TEXT_ARG(buf_text(&c->written)),
                TEXT_ARG(buf_text(&on)));
    } else {
        out_say(o, "left %.*s: %.*s", TEXT_ARG(buf_text(&c->written)), TEXT_ARG(reason));
    }
out:
    buf_finish(&on);
    return status;
}

/* A verdict about this one change; anything else ends the whole. */
static bool is_verdict(enum status status)
{
    return status == STATUS_DENIED || status == STATUS_CONFLICT || status == STATUS_NOT_FOUND ||
           status == STATUS_MALFORMED || status == STATUS_USAGE;
}

static enum status adopt_all(struct session *s, struct choice *c, size_t *ret_left)
{
    enum status status = STATUS_OK;
    char reason[FAULT_TEXT_MAX];

    for (size_t i = 0; i < c->count; i++) {
        int64_t record = 0;
        if (c->list[i].adopted && c->id.len == 0) {
            continue;
        }
        reason[0] = '\0';
        status = record_adopt(s->cx, s->records, c->list[i].op, &record);
        if (c->id.len == 0 && is_verdict(status)) {
            memcpy(reason, s->cx->fault.what, sizeof reason);
            fault_clear(s->cx);
            status = STATUS_OK;
            record = 0;
            (*ret_left)++;
        }
        TRY(status);
        TRY(say(s, c, &c->list[i], record, text_any(reason)));
    }
out:
    return status;
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct choice c = {.s = s};
    size_t left = 0;

    buf_init(&c.written, 256);
    buf_init(&c.names, FAULT_TEXT_MAX / 2);
    TRY(option_text(s, "all-of", &c.author));
    if (s->arg_count == 1) {
        TRY(arg_text(s, 0, &c.id));
    }
    if ((c.id.len > 0) == (c.author.len > 0)) {
        FAIL(s->cx, STATUS_USAGE, "give either the ID of a change or --all-of MEMBER");
    }
    TRY(records_void_each(s->cx, s->records, choose, &c));
    TRY(check_choice(s->cx, &c));
    TRY(vault_begin(s->cx, s->vault));
    TRY(vault_end(s->cx, s->vault, adopt_all(s, &c, &left)));
    if (left > 0) {
        status = fault_set(s->cx, STATUS_PARTIAL, __FILE__, __LINE__, "%zu change%s left", left,
                           left == 1 ? " was" : "s were");
        (void)fault_hint(s->cx, "each line says why; adopt them one by one when that has changed");
    }
out:
    free(c.list);
    buf_finish(&c.names);
    buf_finish(&c.written);
    return status;
}

static const struct action actions[] = {
    {NULL, "ID | --all-of MEMBER", 0, 1, NEED_RECORDS, 0, run},
};
const struct command cmd_adopt = {
    .name = "adopt",
    .summary = "take over what came and does not count",
    .detail =
        "Writes the change again as yours, through the same rules as anything you do. Where others "
        "changed the same since, both values are kept until somebody resolves it; a step of the "
        "workflow and a removal are done on the record as it is now. Each change is adopted once "
        "on this machine; colleagues get it as yours and still see it in their own list, so agree "
        "who "
        "goes through it.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
