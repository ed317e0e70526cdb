/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What would follow from a decision, without taking it: the same facts and one more operation,
 * resolved beside the charter.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

#define WHATIF_REF UINT64_MAX /* no operation of the log has it */

struct asked {
    struct team *team;
    const struct whatif_answer *answer;
    struct authority *beside;
    struct authority_point *points;
    size_t count;
    struct authority_op op;
    const struct member *about;
};

static enum status points_of(struct ctx *cx, struct team *t, bytes cut, struct asked *q)
{
    enum status status = STATUS_OK;
    struct rows rows;
    struct point_row p;
    void *memory = NULL;
    bool there;

    TRY(mem_new(cx, t->devices.count + 1, sizeof *q->points, &memory));
    q->points = memory;
    rows_read(&rows, cut);
    while (rows_next_point(&rows, &p)) {
        TRY(held_point(cx, t, &p, &q->points[q->count], &there));
        q->count += there;
    }
    q->op.cut = q->points;
    q->op.cut_count = q->count;
out:
    return status;
}

static const struct appointment *appointment_named(const struct team *t, const struct member *m,
                                                   text role)
{
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *a = t->appointments.at[i];
        if (a->of == m && appointment_in_force(t, a) &&
            text_equal(role_in_force(t, a)->name, role)) {
            return a;
        }
    }
    return NULL;
}

static enum status ask(struct ctx *cx, struct team *t, const struct whatif *w, struct asked *q)
{
    enum status status = STATUS_OK;
    const struct appointment *a = NULL;
    struct role *by = NULL;

    if (w->kind == WHATIF_REVOKE || w->kind == WHATIF_REPLACE) {
        a = appointment_named(t, q->about, w->role);
        if (a == NULL) {
            FAIL(cx, STATUS_NOT_FOUND, "'%.*s' does not have the role '%.*s'",
                 (int)q->about->pub.name.len, q->about->pub.name.ptr, (int)w->role.len,
                 w->role.ptr);
        }
        q->op.appointment = a->number;
        q->op.cascade = w->cascade;
    }
    switch (w->kind) {
    case WHATIF_REMOVE:
        q->op.verb = AUTHORITY_REMOVE;
        break;
    case WHATIF_REVOKE:
        q->op.verb = AUTHORITY_REVOKE;
        break;
    case WHATIF_REPLACE:
        TRY(role_by_name(cx, t, w->by, &by));
        q->op.verb = AUTHORITY_REPLACE;
        q->op.role = by->number;
        break;
    case WHATIF_SUSPEND:
        q->op.verb = AUTHORITY_SUSPEND;
        break;
    }
out:
    return status;
}

/* ---- the answers ---- */

static enum status range_answer(void *self, struct ctx *cx, const struct authority_change *c)
{
    enum status status = STATUS_OK;
    struct asked *q = self;
    const struct device *d = device_by_ix(q->team, c->ix);
    uint64_t low = c->new_limit < c->old_limit ? c->new_limit : c->old_limit;
    uint64_t high = c->new_limit < c->old_limit ? c->old_limit : c->new_limit;

    if (d == NULL || q->answer->range == NULL) {
        return STATUS_OK;
    }
    high = high > d->pub.head_seq ? d->pub.head_seq : high;
    if (low < high) {
        TRY(q->answer->range(q->answer->self, cx, c->ix, low + 1, high,
                             c->new_limit > c->old_limit));
    }
    if (c->roles_from != AUTHORITY_ALL && c->roles_from <= d->pub.head_seq) {
        TRY(q->answer->range(q->answer->self, cx, c->ix, c->roles_from, d->pub.head_seq, true));
    }
out:
    return status;
}

static bool stands(const struct authority *a, const struct team *t, const struct member *m)
{
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *p = t->appointments.at[i];
        if (p->of == m && authority_active(a, p->number)) {
            return true;
        }
    }
    return false;
}

static enum status people_answer(struct ctx *cx, struct asked *q)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < q->team->members.count; i++) {
        const struct member *m = q->team->members.at[i];
        bool before = m->known && stands(q->team->authority, q->team, m);
        bool after = m->known && stands(q->beside, q->team, m);
        if (before != after && q->answer->person != NULL) {
            TRY(q->answer->person(q->answer->self, cx, &m->pub.id, after,
                                  m == q->about ? TEXT("")
                                                : TEXT("got the place from the one it is about")));
        }
    }
out:
    return status;
}

/* Somebody who reads it now would not: whoever writes there next makes a new key. */
static enum status compartments_answer(struct ctx *cx, struct asked *q)
{
    enum status status = STATUS_OK;

    for (size_t k = 0; k < q->team->compartments.count; k++) {
        const struct compartment *c = q->team->compartments.at[k];
        bool loses = false;
        for (size_t i = 0; i < q->team->members.count; i++) {
            const struct member *m = q->team->members.at[i];
            loses = loses || (authority_reads(q->team->authority, m->number, c->number) &&
                              !authority_reads(q->beside, m->number, c->number));
        }
        if (loses && c->known && q->answer->compartment != NULL) {
            TRY(q->answer->compartment(q->answer->self, cx, c->pub.name));
        }
    }
out:
    return status;
}

enum status team_what_if(struct ctx *cx, struct team *t, const struct whatif *w,
                         const struct whatif_answer *answer)
{
    enum status status = STATUS_OK;
    const struct appointment *mine;
    struct asked q = {.team = t, .answer = answer};
    struct buf cut;

    buf_init(&cut, 256 * KIB);
    TRY(log_seal(cx, t));
    q.about = member_by_id(t, &w->member);
    mine = my_appointment(t, w->kind == WHATIF_SUSPEND ? TEAM_SUSPEND : TEAM_REMOVE);
    if (mine == NULL) {
        mine = my_appointment(t, 0); /* the answer then says that nothing would change */
    }
    if (q.about == NULL || mine == NULL) {
        status = not_a_member(cx, t);
        goto out;
    }
    q.op = (struct authority_op){.ref = WHATIF_REF,
                                 .at = {.ix = t->self->pub.ix, .seq = t->self->pub.head_seq + 1},
                                 .lamport = t->open_lamport,
                                 .via = mine->number,
                                 .member = q.about->number};
    TRY(ask(cx, t, w, &q));
    TRY(cut_of_member(cx, t, &w->member, w->until, &cut));
    TRY(points_of(cx, t, buf_view(&cut), &q));
    TRY(authority_copy(cx, t->authority, &q.beside));
    TRY(authority_op(cx, q.beside, &q.op, NULL));
    TRY(authority_resolve(cx, q.beside));
    TRY(authority_changes_each(cx, q.beside, range_answer, &q));
    TRY(people_answer(cx, &q));
    TRY(compartments_answer(cx, &q));
out:
    authority_free(&q.beside);
    free(q.points);
    buf_finish(&cut);
    return status;
}
