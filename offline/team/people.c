/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people decide about people, told in their words.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

static const struct power *power_by_ref(const struct team *t, uint64_t ref)
{
    for (size_t i = 0; i < t->powers.count; i++) {
        const struct power *p = t->powers.at[i];
        if (p->ref == ref) {
            return p;
        }
    }
    return NULL;
}

struct power *power_by_name(const struct team *t, const struct id *entry, uint64_t index)
{
    for (size_t i = 0; i < t->powers.count; i++) {
        struct power *p = t->powers.at[i];
        if (id_equal(&p->entry, entry) && p->index == index) {
            return p;
        }
    }
    return NULL;
}

static text name_of(const struct member *m)
{
    return m == NULL ? TEXT("somebody") : m->pub.name;
}

static const struct {
    uint64_t verb;
    const char *words;
} DONE[] = {
    {CHARTER_REVOKE, "lost the role"},         {CHARTER_REMOVE, "was removed"},
    {CHARTER_DEVCUT, "had a machine cut off"}, {CHARTER_REPLACE, "got another role"},
    {CHARTER_SUSPEND, "was suspended"},        {CHARTER_COUNCIL, "was removed by the owners"},
    {CHARTER_UNLINK, "gave up a machine"},
};

static text power_word(const struct power *p)
{
    for (size_t i = 0; i < sizeof DONE / sizeof DONE[0]; i++) {
        if (DONE[i].verb == p->verb) {
            return (text){.ptr = DONE[i].words, .len = strlen(DONE[i].words)};
        }
    }
    return TEXT("?");
}

/* Who said it; empty for the owners together and for a root key's own word. */
static text power_by(const struct power *p)
{
    bool own_word = p->verb == CHARTER_COUNCIL || p->verb == CHARTER_UNLINK;
    return own_word || p->via == NULL ? TEXT("") : name_of(p->via->of);
}

enum status power_words(struct ctx *cx, const struct team *t, uint64_t ref, struct buf *out)
{
    enum status status = STATUS_OK;
    const struct power *p = power_by_ref(t, ref);

    if (p == NULL) {
        return buf_add_text(cx, out,
                            TEXT("the device has two histories, or its author's "
                                 "appointment does not hold"));
    }
    TRY(buf_add_text(cx, out, TEXT("after ")));
    TRY(buf_add_text(cx, out, name_of(p->about)));
    TRY(buf_add_text(cx, out, TEXT(" ")));
    TRY(buf_add_text(cx, out, power_word(p)));
    if (power_by(p).len > 0) {
        TRY(buf_add_text(cx, out, TEXT(" by ")));
        TRY(buf_add_text(cx, out, power_by(p)));
    }
out:
    return status;
}

bool power_in_force(const struct team *t, const struct power *p)
{
    bool undone = !authority_effective(t->authority, p->ref);
    for (size_t i = 0; i < t->undoings.count && !undone; i++) {
        const struct undoing *u = t->undoings.at[i];
        undone = u->power == p && authority_effective(t->authority, u->ref);
    }
    return !undone;
}

/* ---- what was decided ---- */

static int newest_first(const void *a, const void *b)
{
    const struct power *x = *(const struct power *const *)a;
    const struct power *y = *(const struct power *const *)b;
    if (x->lamport != y->lamport) {
        return x->lamport > y->lamport ? -1 : 1;
    }
    int order = id_compare(&x->entry, &y->entry);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

/* In an order that is the same on every device that holds the same entries. */
static enum status powers_sorted(struct ctx *cx, const struct team *t, struct pointers *ret)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < t->powers.count; i++) {
        TRY(pointers_add(cx, ret, t->powers.at[i]));
    }
    if (ret->count > 1) {
        qsort(ret->at, ret->count, sizeof *ret->at, newest_first);
    }
out:
    return status;
}

enum status team_decisions_each(struct ctx *cx, struct team *t,
                                enum status (*visit)(void *self, struct ctx *cx,
                                                     const struct team_decision *d),
                                void *self)
{
    enum status status = STATUS_OK;
    struct pointers sorted = {0};

    TRY(team_sync(cx, t));
    TRY(powers_sorted(cx, t, &sorted));
    for (size_t i = 0; i < sorted.count; i++) {
        const struct power *p = sorted.at[i];
        const struct team_decision d = {.number = i + 1,
                                        .what = power_word(p),
                                        .about = name_of(p->about),
                                        .by = power_by(p),
                                        .time = p->time,
                                        .in_force = power_in_force(t, p),
                                        .mine = p->via != NULL && t->self != NULL &&
                                                id_equal(&p->via->member, &t->self->pub.member)};
        TRY(visit(self, cx, &d));
    }
out:
    pointers_finish(&sorted);
    return status;
}

enum status power_by_number(struct ctx *cx, const struct team *t, uint64_t number,
                            const struct power **ret)
{
    enum status status = STATUS_OK;
    struct pointers sorted = {0};

    TRY(powers_sorted(cx, t, &sorted));
    if (number < 1 || number > sorted.count) {
        (void)fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "there is no decision %llu",
                        (unsigned long long)number);
        status = fault_hint(cx, "valise member decisions lists them with their numbers");
        goto out;
    }
    *ret = sorted.at[number - 1];
out:
    pointers_finish(&sorted);
    return status;
}

enum status not_permitted(struct ctx *cx, const struct team *t)
{
    const struct team_member *me = team_me(t);
    if (me == NULL) {
        return not_a_member(cx, t);
    }
    (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__,
                    "the role '%.*s' does not give the right to do this", (int)me->role->name.len,
                    me->role->name.ptr);
    return fault_hint(cx, "ask somebody who may: valise role list, valise member list");
}

/* ---- who has which role, from whom, and whether it holds ---- */

static enum status explain_one(struct ctx *cx, const struct team *t, const struct appointment *a,
                               enum status (*visit)(void *self, struct ctx *cx,
                                                    const struct team_role *role, text by,
                                                    bool in_force, text why),
                               void *self)
{
    enum status status = STATUS_OK;
    struct authority_appointment now;
    text by = TEXT("");
    struct buf why;

    buf_init(&why, KIB);
    authority_appointment_get(t->authority, a->number, &now);
    if (now.by >= 0 && (size_t)now.by < t->appointments.count) {
        by = name_of(((const struct appointment *)t->appointments.at[now.by])->of);
    }
    bool in_force = appointment_in_force(t, a);
    if (!now.supported) {
        TRY(buf_add_text(cx, &why, TEXT("whoever gave it had lost the right to")));
    } else if (!in_force) {
        for (size_t i = 0; i < t->powers.count; i++) {
            const struct power *p = t->powers.at[i];
            if (p->about == a->of && power_in_force(t, p) &&
                (p->target == NULL || p->target == a) && p->verb != CHARTER_REPLACE &&
                p->verb != CHARTER_UNLINK && p->verb != CHARTER_DEVCUT && why.len == 0) {
                TRY(power_words(cx, t, p->ref, &why));
            }
        }
    }
    TRY(visit(self, cx, role_in_force(t, a), by, in_force, buf_text(&why)));
out:
    buf_finish(&why);
    return status;
}

enum status team_explain(struct ctx *cx, const struct team *t, const struct id *member,
                         enum status (*visit)(void *self, struct ctx *cx,
                                              const struct team_role *role, text by, bool in_force,
                                              text why),
                         void *self)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *a = t->appointments.at[i];
        if (id_equal(&a->member, member)) {
            TRY(explain_one(cx, t, a, visit, self));
        }
    }
out:
    return status;
}

bool team_may_read(const struct team *t, const struct id *member,
                   const uint8_t tag[static COMPARTMENT_BYTES])
{
    const struct member *m = member_by_id(t, member);
    const struct compartment *c = compartment_by_tag(t, tag);
    return m != NULL && c != NULL && authority_reads(t->authority, m->number, c->number);
}
