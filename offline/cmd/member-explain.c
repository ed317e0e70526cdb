/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may do what, and why: each role somebody has, who gave it, what it means in words, and which
 * compartments they can read with it. And what was decided so far.
 */
#include "member.h"

struct explaining {
    struct session *s;
    size_t roles;
};

static enum status visit_role(void *self, struct ctx *cx, const struct team_role *role, text by,
                              bool in_force, text why)
{
    enum status status = STATUS_OK;
    struct explaining *e = self;
    struct out *o = &e->s->out;
    struct role_spec spec = {.rights = 0};
    struct buf means;

    buf_init(&means, 64 * 1024);
    TRY(team_role_spec_of(cx, e->s->team, role, &spec));
    TRY(role_words(cx, &spec, &means));
    e->roles++;
    line_start(o, "held-role");
    line_text(o, "name", role->name);
    line_text(o, "by", by);
    line_flag(o, "in_force", in_force);
    line_text(o, "why", why);
    line_text(o, "means", buf_text(&means));
    line_end(o);
    if (by.len > 0) {
        out_heading(o, "as %.*s, by %.*s%s", TEXT_ARG(role->name), TEXT_ARG(by),
                    in_force ? "" : ": does not count");
    } else {
        out_heading(o, "as %.*s, an owner's place%s", TEXT_ARG(role->name),
                    in_force ? "" : ": does not count");
    }
    if (why.len > 0) {
        out_say(o, "  it does not count %.*s", TEXT_ARG(why));
    }
    if (in_force) {
        out_lines(o, 2, buf_text(&means));
    }
out:
    role_spec_finish(&spec);
    buf_finish(&means);
    return status;
}

static void reads_say(struct session *s, const struct id *member)
{
    size_t count = 0;

    for (size_t i = 0; i < team_compartment_count(s->team); i++) {
        const struct team_compartment *c = team_compartment_at(s->team, i);
        if (c->control || !team_may_read(s->team, member, c->tag)) {
            continue;
        }
        if (count++ == 0) {
            out_heading(&s->out, "can read");
        }
        line_start(&s->out, "reads");
        line_text(&s->out, "compartment", c->name);
        line_end(&s->out);
        out_say(&s->out, "  everything in the compartment '%.*s'", TEXT_ARG(c->name));
    }
    if (count == 0) {
        out_say(&s->out, "can read nothing that is written from now on");
    }
}

enum status member_explain(struct session *s)
{
    enum status status = STATUS_OK;
    struct explaining e = {.s = s};
    struct person p;

    TRY(arg_person(s, 0, &p));
    const struct team_member *m = team_member_by_id(s->team, &p.id);
    if (m == NULL) {
        out_say(&s->out, "%.*s has no place in the team any more", TEXT_ARG(p.name));
    } else if (m->suspended) {
        out_say(&s->out,
                "%.*s is suspended: nothing new of theirs counts; somebody senior says "
                "`valise member lift`",
                TEXT_ARG(p.name));
    } else if (team_owner(s->team, &p.id)) {
        out_say(&s->out,
                "%.*s is an owner: owners decide about each other together "
                "(`valise council show`)",
                TEXT_ARG(p.name));
    }
    TRY(team_explain(s->cx, s->team, &p.id, visit_role, &e));
    reads_say(s, &p.id);
    for (size_t i = 0; i < team_device_count(s->team); i++) {
        const struct team_device *d = team_device_at(s->team, i);
        if (m != NULL && id_equal(&d->member, &p.id) && team_device_home(s->team, d->ix) == d->ix &&
            team_device_used(s->team, d)) {
            out_say(&s->out, "writes on the machine '%.*s'", TEXT_ARG(d->name));
        }
    }
out:
    return status;
}

/* ---- what was decided ---- */

static enum status visit_decision(void *self, struct ctx *cx, const struct team_decision *d)
{
    struct session *s = self;

    (void)cx;
    out_cell_number(&s->out, (int64_t)d->number);
    out_cell(&s->out, d->about);
    out_cell(&s->out, d->what);
    out_cell(&s->out, d->by);
    out_cell_number(&s->out, d->time);
    out_cell_flag(&s->out, d->in_force);
    return STATUS_OK;
}

enum status member_decisions(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("no."), "number", COLUMN_NUMBER}, {TEXT_ROW("who"), "about", COLUMN_TEXT},
        {TEXT_ROW("what"), "what", COLUMN_TEXT},    {TEXT_ROW("by"), "by", COLUMN_TEXT},
        {TEXT_ROW("when"), "time", COLUMN_TIME},    {TEXT_ROW("holds"), "in_force", COLUMN_FLAG},
    };
    enum status status = STATUS_OK;

    out_table(&s->out, "past-decision", columns, ROWS_COUNT(columns));
    status = team_decisions_each(s->cx, s->team, visit_decision, s);
    out_table_end(&s->out, "nothing was taken from anybody so far");
    return status;
}

/* ---- what came too late ---- */

struct late {
    struct session *s;
    struct id member;
    int64_t device_ix; /* of the rows being counted; 0: none yet */
    uint64_t count;
    struct buf why;
    uint64_t all;
};

static void late_row(struct late *l)
{
    const struct team_device *d = team_device_by_ix(l->s->team, l->device_ix);

    if (l->count > 0) {
        out_cell(&l->s->out, d == NULL ? TEXT("?") : d->name);
        out_cell_number(&l->s->out, (int64_t)l->count);
        out_cell(&l->s->out, buf_text(&l->why));
        l->all += l->count;
    }
    l->count = 0;
}

static enum status visit_void(void *self, struct ctx *cx, int64_t device_ix, uint64_t seq, text why)
{
    enum status status = STATUS_OK;
    struct late *l = self;
    const struct team_device *d = team_device_by_ix(l->s->team, device_ix);

    (void)seq;
    if (d == NULL || !id_equal(&d->member, &l->member)) {
        return STATUS_OK;
    }
    if (l->device_ix != device_ix || !text_equal(why, buf_text(&l->why))) {
        late_row(l);
        l->device_ix = device_ix;
        buf_clear(&l->why);
        TRY(buf_add_text(cx, &l->why, why));
    }
    l->count++;
out:
    return status;
}

enum status member_late(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("machine"), "device", COLUMN_TEXT},
        {TEXT_ROW("entries"), "count", COLUMN_NUMBER},
        {TEXT_ROW("they do not count"), "why", COLUMN_TEXT},
    };
    enum status status = STATUS_OK;
    struct late l = {.s = s};
    struct person p;

    buf_init(&l.why, 4096);
    TRY(arg_person(s, 0, &p));
    l.member = p.id;
    out_table(&s->out, "late", columns, ROWS_COUNT(columns));
    status = log_void_each(s->cx, s->team, visit_void, &l);
    late_row(&l);
    out_table_end(&s->out, "nothing of theirs came too late");
    TRY(status);
    if (l.all > 0) {
        out_note(&s->out, "`valise received-late` shows what is in them; `valise adopt` takes over "
                          "what is right");
    }
out:
    buf_finish(&l.why);
    return status;
}
