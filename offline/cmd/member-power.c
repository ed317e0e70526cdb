/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is decided about people. Each action says in one sentence what it does; that sentence is the
 * heading of what would follow, the question, and what was done.
 */
#include "member.h"

enum { WHAT_MAX = 4096 };

static enum status decision_about(struct session *s, struct decision *d, struct person *ret)
{
    enum status status = STATUS_OK;

    buf_init(&d->what, WHAT_MAX);
    TRY(arg_person(s, 0, ret));
    d->member = ret->id;
out:
    return status;
}

static enum status need_here(struct session *s, const struct person *p)
{
    enum status status = STATUS_OK;

    if (!p->here) {
        status = fault_set(s->cx, STATUS_NOT_FOUND, __FILE__, __LINE__,
                           "%.*s has no place in the team any more", TEXT_ARG(p->name));
        (void)fault_hint(s->cx, "`valise member decisions` shows why, `valise member undo N` takes "
                                "it back");
    }
    return status;
}

/* ---- remove ---- */

static enum status do_remove(struct session *s, const struct decision *d)
{
    return team_remove(s->cx, s->team, &d->member, d->until);
}

enum status member_remove(struct session *s)
{
    enum status status = STATUS_OK;
    struct decision d = {.run = do_remove, .takes = true};
    struct person p;
    char store[TIME_TEXT_MAX];

    TRY(decision_about(s, &d, &p));
    TRY(need_here(s, &p));
    if (team_me(s->team) != NULL && id_equal(&team_me(s->team)->id, &p.id)) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "you cannot remove yourself");
        (void)fault_hint(s->cx, "give up your machines with `valise device remove`, or let a "
                                "colleague remove you");
        goto out;
    }
    TRY(option_moment(s, "keep-until", &d.until));
    TRY(buf_printf(s->cx, &d.what, "%.*s is removed from the team", TEXT_ARG(p.name)));
    if (d.until != 0) {
        text when = time_text(d.until, store);
        TRY(buf_printf(s->cx, &d.what, ", and only what was written until %.*s keeps its effect",
                       TEXT_ARG(when)));
    }
    TRY(decision_take(s, &d));
out:
    buf_finish(&d.what);
    return status;
}

/* ---- suspend, lift ---- */

static enum status do_suspend(struct session *s, const struct decision *d)
{
    return team_suspend(s->cx, s->team, &d->member);
}

static enum status do_lift(struct session *s, const struct decision *d)
{
    return team_lift(s->cx, s->team, &d->member);
}

/* What is said of one person, and nothing else. */
static enum status say_of(struct session *s, struct decision *d, bool here, const char *what)
{
    enum status status = STATUS_OK;
    struct person p;

    TRY(decision_about(s, d, &p));
    if (here) {
        TRY(need_here(s, &p));
    }
    TRY(buf_printf(s->cx, &d->what, "%.*s %s", TEXT_ARG(p.name), what));
    TRY(decision_take(s, d));
out:
    buf_finish(&d->what);
    return status;
}

enum status member_suspend(struct session *s)
{
    return say_of(s, &(struct decision){.run = do_suspend, .takes = true}, true, "is suspended");
}

enum status member_lift(struct session *s)
{
    return say_of(s, &(struct decision){.run = do_lift}, false, "is not suspended any more");
}

/* ---- roles given and taken ---- */

static enum status do_give(struct session *s, const struct decision *d)
{
    return team_give(s->cx, s->team, &d->member, d->role);
}

static enum status do_take(struct session *s, const struct decision *d)
{
    return team_revoke(s->cx, s->team, &d->member, d->role, d->until, d->cascade);
}

static enum status do_change(struct session *s, const struct decision *d)
{
    return team_replace(s->cx, s->team, &d->member, d->role, d->by);
}

enum status member_give(struct session *s)
{
    enum status status = STATUS_OK;
    struct decision d = {.run = do_give};
    struct person p;

    TRY(decision_about(s, &d, &p));
    TRY(arg_text(s, 1, &d.role));
    TRY(buf_printf(s->cx, &d.what, "%.*s gets the role %.*s%s", TEXT_ARG(p.name), TEXT_ARG(d.role),
                   p.here ? " as well" : ""));
    TRY(decision_take(s, &d));
out:
    buf_finish(&d.what);
    return status;
}

enum status member_take(struct session *s)
{
    enum status status = STATUS_OK;
    struct decision d = {.run = do_take, .takes = true, .cascade = option_given(s, "cascade")};
    struct person p;

    TRY(decision_about(s, &d, &p));
    TRY(need_here(s, &p));
    TRY(arg_text(s, 1, &d.role));
    TRY(option_moment(s, "keep-until", &d.until));
    TRY(buf_printf(s->cx, &d.what, "%.*s loses the role %.*s%s", TEXT_ARG(p.name), TEXT_ARG(d.role),
                   d.cascade ? ", and so does everybody who got a place through it" : ""));
    TRY(decision_take(s, &d));
out:
    buf_finish(&d.what);
    return status;
}

enum status member_change(struct session *s)
{
    enum status status = STATUS_OK;
    struct decision d = {.run = do_change};
    struct person p;

    TRY(decision_about(s, &d, &p));
    TRY(need_here(s, &p));
    TRY(arg_text(s, 1, &d.role));
    TRY(arg_text(s, 2, &d.by));
    TRY(buf_printf(s->cx, &d.what, "%.*s gets the role %.*s in place of %.*s", TEXT_ARG(p.name),
                   TEXT_ARG(d.by), TEXT_ARG(d.role)));
    TRY(decision_take(s, &d));
out:
    buf_finish(&d.what);
    return status;
}

/* ---- what fell, and what is taken back ---- */

static enum status do_reattach(struct session *s, const struct decision *d)
{
    return team_reattach(s->cx, s->team, &d->member);
}

enum status member_reattach(struct session *s)
{
    return say_of(s, &(struct decision){.run = do_reattach}, false,
                  "keeps the place that fell with somebody else's");
}

struct wanted {
    struct session *s;
    uint64_t number;
    struct buf *what;
};

static enum status visit_wanted(void *self, struct ctx *cx, const struct team_decision *d)
{
    enum status status = STATUS_OK;
    struct wanted *w = self;
    char store[TIME_TEXT_MAX];
    text when = time_text(d->time, store);

    if (d->number == w->number) {
        TRY(buf_printf(cx, w->what, "it is taken back that %.*s %.*s%s%.*s (%.*s)",
                       TEXT_ARG(d->about), TEXT_ARG(d->what), d->by.len > 0 ? " by " : "",
                       TEXT_ARG(d->by), TEXT_ARG(when)));
    }
out:
    return status;
}

/* Numbers move when others' decisions arrive in between: it must be the one that was shown. */
static enum status do_undo(struct session *s, const struct decision *d)
{
    enum status status = STATUS_OK;
    struct buf now;
    struct wanted w = {.s = s, .number = d->number, .what = &now};

    buf_init(&now, WHAT_MAX);
    TRY(team_decisions_each(s->cx, s->team, visit_wanted, &w));
    if (!text_equal(buf_text(&now), buf_text(&d->what))) {
        FAIL(s->cx, STATUS_CONFLICT, "the list of decisions changed meanwhile; look again");
    }
    TRY(team_pardon(s->cx, s->team, d->number));
out:
    buf_finish(&now);
    return status;
}

enum status member_undo(struct session *s)
{
    enum status status = STATUS_OK;
    struct decision d = {.run = do_undo};
    struct wanted w = {.s = s, .what = &d.what};

    buf_init(&d.what, WHAT_MAX);
    TRY(arg_number(s, 0, &d.number));
    w.number = d.number;
    TRY(team_decisions_each(s->cx, s->team, visit_wanted, &w));
    if (d.what.len == 0) {
        status = fault_set(s->cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "there is no decision %llu",
                           (unsigned long long)d.number);
        (void)fault_hint(s->cx, "`valise member decisions` lists them with their numbers");
        goto out;
    }
    TRY(decision_take(s, &d));
out:
    buf_finish(&d.what);
    return status;
}
