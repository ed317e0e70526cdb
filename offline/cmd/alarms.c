/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alarms: each says what is the matter and what to do, in that order, so that somebody who is tired
 * and has never heard of forks does the right thing.
 */
#include "alarms.h"
#include "device.h"

enum { WORDS_MAX = 4096 };

struct alarms {
    struct session *s;
    size_t count;
    struct buf what, todo;
};

/* Says what stands in `what` and `todo`. */
static void alarm_say(struct alarms *a, const char *kind)
{
    struct out *o = &a->s->out;

    line_start(o, "alarm");
    line_text(o, "kind", text_of(kind));
    line_text(o, "what", buf_text(&a->what));
    line_text(o, "do", buf_text(&a->todo));
    line_end(o);
    if (a->count++ == 0) {
        out_say(o, "%s", "");
        out_heading(o, "look at this");
    }
    out_say(o, "  %.*s", TEXT_ARG(buf_text(&a->what)));
    out_say(o, "    %.*s", TEXT_ARG(buf_text(&a->todo)));
}

static void words_start(struct alarms *a)
{
    buf_clear(&a->what);
    buf_clear(&a->todo);
}

/* ---- machines ---- */

static enum status device_alarm(struct alarms *a, const struct team_device *d)
{
    enum status status = STATUS_OK;
    struct session *s = a->s;
    int64_t last = device_last_time(s, d);
    text state = device_state(s, d, last);
    text who = member_name(s, &d->member);
    text tag = team_device_tag(s->team, d->ix);
    char store[TIME_TEXT_MAX];
    text when = time_text(last, store);

    words_start(a);
    if (text_equal(state, TEXT("two histories"))) {
        TRY(buf_printf(
            s->cx, &a->what,
            "%.*s's machine '%.*s' has two histories: it was copied, or an old backup of "
            "it was put back. Nothing of it counts after that point",
            TEXT_ARG(who), TEXT_ARG(d->name)));
        TRY(buf_printf(s->cx, &a->todo,
                       "ask %.*s which one is theirs, then `valise device pin %.*s`; if it was not "
                       "they who did it, `valise device remove %.*s`",
                       TEXT_ARG(who), TEXT_ARG(tag), TEXT_ARG(tag)));
        alarm_say(a, "histories");
    } else if (text_equal(state, TEXT("copied"))) {
        TRY(buf_printf(s->cx, &a->what,
                       "%.*s's machine '%.*s' had two histories; one of them holds. Somebody may "
                       "have a copy of it",
                       TEXT_ARG(who), TEXT_ARG(d->name)));
        TRY(buf_printf(
            s->cx, &a->todo,
            "if %.*s did not put an old backup back, `valise device remove %.*s` and give "
            "them a new machine",
            TEXT_ARG(who), TEXT_ARG(tag)));
        alarm_say(a, "copied");
    } else if (text_equal(state, TEXT("stale"))) {
        TRY(buf_printf(s->cx, &a->what, "nothing came from %.*s's machine '%.*s' since %.*s",
                       TEXT_ARG(who), TEXT_ARG(d->name), TEXT_ARG(when)));
        TRY(buf_printf(s->cx, &a->todo,
                       "ask %.*s; if it is lost, `valise device remove %.*s`: it could still read "
                       "what is written",
                       TEXT_ARG(who), TEXT_ARG(tag)));
        alarm_say(a, "stale");
    }
out:
    return status;
}

static enum status devices_alarms(struct alarms *a)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < team_device_count(a->s->team); i++) {
        const struct team_device *d = team_device_at(a->s->team, i);
        if (team_device_home(a->s->team, d->ix) == d->ix) {
            TRY(device_alarm(a, d));
        }
    }
out:
    return status;
}

/* Of one machine, once: what was refused because its vault may have been copied. */
struct refused {
    struct alarms *a;
    bool old; /* this vault is */
    int64_t told[64];
    size_t count;
};

static enum status copied_alarm(struct alarms *a, int64_t number, const struct unpack_source *b)
{
    enum status status = STATUS_OK;
    struct session *s = a->s;
    const struct team_device *d = team_device_by_ix(s->team, b->device_ix);
    text who = member_name(s, &b->member);

    words_start(a);
    if (d != NULL && d->self) {
        TRY(buf_add_text(s->cx, &a->what,
                         TEXT("a stick held another bundle than this machine made under that "
                              "number: it was changed on the way, or somebody has a copy of this "
                              "vault and works with it")));
        TRY(buf_printf(s->cx, &a->todo,
                       "did you put a backup back, here or elsewhere? Keep to one of them. If "
                       "not, `valise device list` on a colleague's machine shows whether yours "
                       "has two histories. Seen to: `valise quarantine drop %lld`",
                       (long long)number));
    } else {
        TRY(buf_printf(s->cx, &a->what,
                       "%.*s's machine '%.*s' made two bundles of one number, or one that does not "
                       "follow the last: a stick was changed, its vault was copied, or an old "
                       "backup of it was put back. What was in the second is not here",
                       TEXT_ARG(who), TEXT_ARG(d == NULL ? TEXT("?") : d->name)));
        TRY(buf_printf(s->cx, &a->todo,
                       "ask %.*s whether they put a backup back, and let them `valise pack` once "
                       "more; if they did not, somebody has a copy. `valise quarantine list` "
                       "says more; seen to: `valise quarantine drop %lld`",
                       TEXT_ARG(who), (long long)number));
    }
    alarm_say(a, "copied-bundle");
out:
    return status;
}

static enum status visit_quarantine(void *self, struct ctx *cx, int64_t number,
                                    const struct unpack_source *b)
{
    struct refused *r = self;

    (void)cx;
    r->old = r->old || b->status == STATUS_ROLLBACK;
    if (b->status != STATUS_CONFLICT || r->count == ROWS_COUNT(r->told)) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < r->count; i++) {
        if (r->told[i] == b->device_ix) {
            return STATUS_OK;
        }
    }
    r->told[r->count++] = b->device_ix;
    return copied_alarm(r->a, number, b);
}

static enum status this_machine(struct alarms *a)
{
    enum status status = STATUS_OK;
    struct session *s = a->s;
    struct refused refused = {.a = a};

    TRY(transfer_quarantine(s->cx, s->records, visit_quarantine, &refused));
    if (refused.old) {
        words_start(a);
        TRY(buf_add_text(s->cx, &a->what,
                         TEXT("this vault is an older copy, or somebody has a copy of it: a "
                              "colleague has seen other things from this machine than stand "
                              "here")));
        TRY(buf_add_text(s->cx, &a->todo,
                         TEXT("do not write here. Make a new vault, come back with your sheet "
                              "(`valise restore device`), then give this machine up with `valise "
                              "device remove`")));
        alarm_say(a, "old-vault");
    }
    if (team_me(s->team) == NULL) {
        words_start(a);
        TRY(buf_add_text(s->cx, &a->what,
                         TEXT("you have no place in this team any more; what you "
                              "write here counts for nobody")));
        TRY(buf_add_text(s->cx, &a->todo,
                         TEXT("talk to a colleague: they can take it back, or "
                              "invite you anew")));
        alarm_say(a, "no-place");
        goto out;
    }
    if (team_control_epoch(s->team) == NULL) {
        words_start(a);
        TRY(buf_add_text(s->cx, &a->what,
                         TEXT("this machine has no key that exactly the present "
                              "team shares; nothing can be packed with it")));
        TRY(buf_add_text(s->cx, &a->todo,
                         TEXT("unpack a colleague's newest stick; if that does not "
                              "help, let them `valise pack` for you again")));
        alarm_say(a, "no-key");
    }
out:
    return status;
}

/* ---- people ---- */

static enum status people_alarms(struct alarms *a)
{
    enum status status = STATUS_OK;
    struct session *s = a->s;

    for (size_t i = 0; i < team_member_count(s->team); i++) {
        const struct team_member *m = team_member_at(s->team, i);
        if (!m->suspended) {
            continue;
        }
        words_start(a);
        if (m->self) {
            TRY(buf_add_text(s->cx, &a->what,
                             TEXT("you are suspended: what you write does not count "
                                  "until that is lifted")));
            TRY(buf_add_text(
                s->cx, &a->todo,
                TEXT("talk to whoever did it (`valise member decisions`), or to somebody "
                     "above both of you")));
        } else {
            TRY(buf_printf(s->cx, &a->what, "%.*s is suspended: nothing new of theirs counts",
                           TEXT_ARG(m->name)));
            TRY(buf_printf(s->cx, &a->todo,
                           "somebody senior decides: `valise member lift %.*s` or `valise member "
                           "remove %.*s`",
                           TEXT_ARG(m->name), TEXT_ARG(m->name)));
        }
        alarm_say(a, "suspended");
    }
out:
    return status;
}

static enum status owners_alarms(struct alarms *a)
{
    enum status status = STATUS_OK;
    struct session *s = a->s;
    struct council_info c;

    team_council(s->team, &c);
    words_start(a);
    if (c.frozen) {
        TRY(buf_add_text(s->cx, &a->what,
                         TEXT("the owners signed decisions that exclude each other; "
                              "until one is chosen nothing new of theirs counts")));
        TRY(buf_add_text(s->cx, &a->todo,
                         TEXT("`valise council show` lists them; then `valise "
                              "council propose settle N`, and all sign that")));
        alarm_say(a, "owners-stopped");
    } else if (c.owners == 1) {
        TRY(buf_add_text(s->cx, &a->what,
                         TEXT("the team has one owner: without that one sheet "
                              "nobody can decide about owners ever again")));
        TRY(buf_add_text(s->cx, &a->todo,
                         TEXT("keep a second copy of it elsewhere, or `valise "
                              "council propose add NAME` for two colleagues")));
        alarm_say(a, "few-owners");
    } else if (c.owners == 2 && c.quorum == 2) {
        TRY(buf_add_text(s->cx, &a->what,
                         TEXT("the team has two owners and both must sign: one lost "
                              "sheet and no decision is possible")));
        TRY(buf_add_text(s->cx, &a->todo, TEXT("`valise council propose add NAME` makes a third")));
        alarm_say(a, "few-owners");
    }
out:
    return status;
}

static enum status visit_signed(void *self, struct ctx *cx, text what)
{
    enum status status = STATUS_OK;
    struct alarms *a = self;

    words_start(a);
    TRY(buf_printf(cx, &a->what,
                   "an owner signed here and it was not brought in, so it counts for nobody: %.*s",
                   TEXT_ARG(what)));
    TRY(buf_add_text(
        cx, &a->todo,
        TEXT("find its file and `valise council inspect FILE`: it says whose signature "
             "is missing; then `valise council submit FILE`. Keep the file: until "
             "then nothing else can be signed here in its place")));
    alarm_say(a, "signed");
out:
    return status;
}

/* Changes nobody on this machine took over, each once. */
struct late {
    int64_t last;
    uint64_t count;
};

static enum status visit_void(void *self, struct ctx *cx, const struct history_line *h)
{
    struct late *l = self;

    (void)cx;
    l->count += !h->adopted && h->op != l->last ? 1 : 0;
    l->last = h->op;
    return STATUS_OK;
}

static enum status late_alarm(struct alarms *a)
{
    enum status status = STATUS_OK;
    struct session *s = a->s;
    struct late l = {.count = 0};

    TRY(records_void_each(s->cx, s->records, visit_void, &l));
    if (l.count > 0) {
        words_start(a);
        TRY(buf_printf(
            s->cx, &a->what,
            "%llu change%s came that do%s not count: their authors had lost the right to "
            "write",
            (unsigned long long)l.count, plural(l.count), l.count == 1 ? "es" : ""));
        TRY(buf_add_text(s->cx, &a->todo,
                         TEXT("`valise received-late` shows what is in them; "
                              "`valise adopt` takes over what is right")));
        alarm_say(a, "late");
    }
out:
    return status;
}

enum status alarms_say(struct session *s, size_t *ret_count)
{
    enum status status = STATUS_OK;
    struct alarms a = {.s = s};

    buf_init(&a.what, WORDS_MAX);
    buf_init(&a.todo, WORDS_MAX);
    TRY(this_machine(&a));
    TRY(devices_alarms(&a));
    TRY(people_alarms(&a));
    TRY(owners_alarms(&a));
    TRY(council_signed_each(s->cx, s->team, visit_signed, &a));
    TRY(late_alarm(&a));
    *ret_count = a.count;
out:
    buf_finish(&a.what);
    buf_finish(&a.todo);
    return status;
}
