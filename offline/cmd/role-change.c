/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A role is never changed: it is defined anew under the same name, and people who hold the older
 * one keep that until the new one is given to them. Both in one step here, looked at before it is
 * done.
 */
#include "people.h"

#include <string.h>

/* ---- who holds an older one ---- */

struct holding {
    text name;
    const struct team_role *newest;
    bool older;
};

static enum status visit_held(void *self, struct ctx *cx, const struct team_role *role, text by,
                              bool in_force, text why)
{
    struct holding *h = self;

    (void)cx;
    (void)by;
    (void)why;
    h->older = h->older || (in_force && text_equal(role->name, h->name) &&
                            (h->newest == NULL || !id_equal(&role->id, &h->newest->id)));
    return STATUS_OK;
}

static const struct team_role *newest_of(const struct session *s, text name)
{
    for (size_t i = 0; i < team_role_count(s->team); i++) {
        const struct team_role *r = team_role_at(s->team, i);
        if (text_equal(r->name, name)) {
            return r;
        }
    }
    return NULL;
}

/* any: counts who holds the newest as well, because a newer one is about to come. */
static enum status holds(struct session *s, const struct team_member *m, text name, bool any,
                         bool *ret_holds, bool *ret_below)
{
    enum status status = STATUS_OK;
    struct holding h = {.name = name, .newest = any ? NULL : newest_of(s, name)};
    const struct team_member *me = team_me(s->team);

    TRY(team_explain(s->cx, s->team, &m->id, visit_held, &h));
    *ret_holds = h.older;
    *ret_below = me != NULL && m->level > me->level;
out:
    return status;
}

/* Everybody below me who holds the older one gets the newest. */
static enum status give_to_holders(struct session *s, text name)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < team_member_count(s->team); i++) {
        const struct team_member *m = team_member_at(s->team, i);
        struct id id = m->id;
        bool older = false;
        bool below = false;
        TRY(holds(s, m, name, false, &older, &below));
        if (older && below) {
            TRY(team_replace(s->cx, s->team, &id, name, name));
        }
    }
out:
    return status;
}

static enum status holders_count(struct session *s, text name, size_t *ret_below, struct buf *above)
{
    enum status status = STATUS_OK;

    *ret_below = 0;
    for (size_t i = 0; i < team_member_count(s->team); i++) {
        const struct team_member *m = team_member_at(s->team, i);
        bool holder = false;
        bool below = false;
        TRY(holds(s, m, name, true, &holder, &below));
        *ret_below += holder && below ? 1 : 0;
        if (holder && !below) {
            TRY(buf_add_text(s->cx, above, above->len > 0 ? TEXT(", ") : TEXT("")));
            TRY(buf_add_text(s->cx, above, m->name));
        }
    }
out:
    return status;
}

/* ---- the change ---- */

static enum status draft_make(struct session *s, const struct role_plan *plan,
                              struct role_draft *draft, struct role_spec *was)
{
    enum status status = STATUS_OK;

    if (plan->fresh) {
        role_draft_init(draft, plan->name);
    } else {
        TRY(team_role_spec(s->cx, s->team, plan->name, was));
        TRY(role_draft_copy(s->cx, draft, was));
    }
    if (plan->flags) {
        TRY(role_draft_flags(s, draft));
    }
    if (plan->compartment.len > 0) {
        TRY(role_draft_access(s->cx, draft, plan->compartment, plan->reads, plan->writes));
    }
out:
    return status;
}

enum status role_apply(struct session *s, const struct role_plan *plan)
{
    enum status status = STATUS_OK;
    struct role_spec was = {.rights = 0};
    struct role_draft draft;

    if (plan->fresh && newest_of(s, plan->name) != NULL) {
        status = fault_set(s->cx, STATUS_EXISTS, __FILE__, __LINE__,
                           "there is a role '%.*s' already", TEXT_ARG(plan->name));
        (void)fault_hint(s->cx,
                         "`valise role edit` changes it, `valise role show` says what it is");
        goto out;
    }
    TRY(draft_make(s, plan, &draft, &was));
    TRY(team_role_define(s->cx, s->team, &draft.spec));
    if (plan->give) {
        TRY(give_to_holders(s, plan->name));
    }
out:
    role_spec_finish(&was);
    return status;
}

static enum status run(struct session *s, const struct decision *d)
{
    return role_apply(s, d->more);
}

static enum status preview_words(struct session *s, const struct role_plan *plan)
{
    enum status status = STATUS_OK;
    struct role_spec was = {.rights = 0};
    struct role_draft draft;
    struct buf words;

    buf_init(&words, 64 * 1024);
    TRY(draft_make(s, plan, &draft, &was));
    TRY(role_words(s->cx, &draft.spec, &words));
    out_heading(&s->out, "%.*s", TEXT_ARG(plan->name));
    out_lines(&s->out, 2, buf_text(&words));
    if ((draft.spec.rights & TEAM_APPOINT) != 0 && draft.spec.grants_count == 0) {
        out_note(&s->out, "whoever has it may let in anybody below, into every compartment too; "
                          "--appoints ROLE,... limits that");
    }
out:
    role_spec_finish(&was);
    buf_finish(&words);
    return status;
}

/* Whether holders of the older one get it too; says who cannot get it from here. */
static enum status giving(struct session *s, struct role_plan *plan)
{
    enum status status = STATUS_OK;
    struct buf above;
    size_t below = 0;

    buf_init(&above, 64 * 1024);
    if (plan->fresh) {
        goto out;
    }
    TRY(holders_count(s, plan->name, &below, &above));
    if (above.len > 0) {
        out_say(&s->out, "not below you, so somebody above must give it to them: %.*s",
                TEXT_ARG(buf_text(&above)));
    }
    if (below == 0) {
        plan->give = false;
    } else if (!plan->give && !option_given(s, "yes") && !option_given(s, "dry-run") &&
               s->tty >= 0 && !s->out.json) {
        TRY(ask(s, "give it to those who hold the older one? (yes or no)", &plan->give));
    } else if (!plan->give) {
        out_note(&s->out, "%zu hold%s the older one still: --give", below, below == 1 ? "s" : "");
    }
out:
    buf_finish(&above);
    return status;
}

enum status role_change(struct session *s, const struct role_plan *wanted)
{
    enum status status = STATUS_OK;
    struct role_plan plan = *wanted;
    struct decision d = {.run = run, .more = &plan};

    buf_init(&d.what, 4096);
    TRY(preview_words(s, &plan));
    TRY(giving(s, &plan));
    TRY(buf_printf(s->cx, &d.what, "the role %.*s is %s%s", TEXT_ARG(plan.name),
                   plan.fresh ? "made" : "changed",
                   plan.give ? ", also for those who hold it" : ""));
    TRY(decision_take(s, &d));
out:
    buf_finish(&d.what);
    return status;
}
