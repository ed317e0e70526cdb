/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appointments: what they hang on, and how far they count on every lane of their member: one number
 * for each pair, with the reason and who did it.
 */
#include "authority-int.h"

void appointment_add(struct authority *a, struct appointment p)
{
    uint32_t number = (uint32_t)a->facts[FACT_APPOINTMENTS].count++;
    struct chain *chain = &a->appointments_at[p.level + 1];

    members_touch(a, p.member);
    struct member *m = member_at(a, p.member);
    p.next_of_member = NONE;
    p.next_of_level = NONE;
    *appointment_at(a, number) = p;
    if (m->last_appointment == NONE) {
        m->first_appointment = number;
    } else {
        appointment_at(a, m->last_appointment)->next_of_member = number;
    }
    m->last_appointment = number;
    if (chain->last == NONE) {
        chain->first = number;
    } else {
        appointment_at(a, chain->last)->next_of_level = number;
    }
    chain->last = number;
}

/* ---- what it hangs on ------------------------------------------------------------------------ */

static void support_office(const struct answers *n, const struct appointment *p, struct holding *h)
{
    uint32_t step = p->state == NONE ? 0 : *step_at(n, p->state);

    if (step != NONE && step != STEP_FROZEN) {
        h->support = AUTHORITY_COUNCIL_LEVEL;
        h->reason = REASON_NONE;
        return;
    }
    h->reason = REASON_NO_OFFICE;
    h->by = p->op;
}

static void support_find(const struct authority *a, const struct answers *n, uint32_t appointment)
{
    const struct appointment *p = appointment_at(a, appointment);
    struct holding *h = holding_at(n, appointment);

    h->support = LEVEL_NEVER;
    if (p->op == NONE || p->state != NONE) {
        support_office(n, p, h);
        return;
    }
    if (h->granted && !h->over) {
        h->support = op_at(a, p->op)->level;
    }
    if (h->reattach < h->support && h->reattach < p->level) {
        h->support = h->reattach;
    }
    h->reason = REASON_NONE;
    if (h->support == LEVEL_NEVER) {
        uint32_t by = verdict_at(n, p->op)->by;
        h->reason = h->over ? REASON_OVER : REASON_VOID;
        h->by = h->over || by == NONE ? p->op : by;
    }
}

void support_settle(const struct authority *a, struct answers *n, uint32_t appointment)
{
    const struct appointment *p = appointment_at(a, appointment);
    struct person *who = person_at(n, p->member);

    support_find(a, n, appointment);
    if (holding_at(n, appointment)->support != LEVEL_NEVER && p->level < who->level) {
        who->level = p->level;
        forks_settle(a, n, p->member);
    }
}

/* ---- how far it counts ----------------------------------------------------------------------- */

static enum status pair_settle(struct ctx *cx, const struct authority *a, struct answers *n,
                               uint32_t appointment, uint32_t lane, struct pair *p)
{
    enum status status = STATUS_OK;
    const struct holding *h = holding_at(n, appointment);
    const struct track *t = track_at(n, lane);
    struct bound b = {.cap = SEQ_ALL, .by = NONE};
    bool covered;

    if (h->reason != REASON_NONE) {
        *p = (struct pair){.by = h->by, .reason = h->reason};
        return STATUS_OK;
    }
    TRY(cuts_bound(cx, a, n, appointment, lane, &b, &covered));
    bound_lower(&b, t->suspend_cap, REASON_SUSPENDED, t->suspend_by);
    if (family_at(a, lane_at(a, lane)->family)->forked) {
        uint32_t fork;
        uint32_t cap = fork_prefix(a, n, lane, &fork);
        if (fork != NONE) {
            const struct junction *j = junction_at(n, fork);
            bool frozen = j->winner == NONE;
            bound_lower(&b, cap, frozen ? REASON_FORK_FROZEN : REASON_FORK_LOST, j->winner_by);
        }
    }
    *p = (struct pair){.limit = b.cap, .by = b.by, .reason = b.reason};
    TRY(roles_replace(cx, a, n, appointment, lane, p));
out:
    return status;
}

enum status holding_settle(struct ctx *cx, const struct authority *a, struct answers *n,
                           uint32_t appointment)
{
    enum status status = STATUS_OK;
    const struct member *m = member_at(a, appointment_at(a, appointment)->member);
    uint32_t first = answer_count(n, ANSWER_PAIRS);
    struct bound unused = {.cap = SEQ_ALL, .by = NONE};
    bool covered = false;

    TRY(answer_reserve(cx, n, ANSWER_PAIRS, m->lanes));
    for (uint32_t i = m->first_lane; i != NONE; i = lane_at(a, i)->next_of_member) {
        struct pair *p = pair_at(n, first + lane_at(a, i)->slot);
        TRY(pair_settle(cx, a, n, appointment, i, p));
    }
    TRY(cuts_bound(cx, a, n, appointment, NONE, &unused, &covered));
    struct pair now = {0};
    TRY(roles_replace(cx, a, n, appointment, NONE, &now));
    struct holding *h = holding_at(n, appointment);
    n->of[ANSWER_PAIRS].count += m->lanes;
    h->now = now;
    h->covered = covered;
    h->pairs = first;
    h->pairs_count = m->lanes;
out:
    return status;
}

struct pair *pair_of(const struct authority *a, const struct answers *n, uint32_t appointment,
                     uint32_t lane)
{
    if (appointment >= answer_count(n, ANSWER_HOLDINGS) ||
        lane_at(a, lane)->member != appointment_at(a, appointment)->member) {
        return NULL;
    }
    const struct holding *h = holding_at(n, appointment);
    uint32_t slot = lane_at(a, lane)->slot;
    return slot < h->pairs_count ? pair_at(n, h->pairs + slot) : NULL;
}

bool holding_active(const struct authority *a, const struct answers *n, uint32_t appointment)
{
    const struct appointment *p = appointment_at(a, appointment);
    const struct holding *h = holding_at(n, appointment);

    return h->support != LEVEL_NEVER && !h->covered &&
           person_at(n, p->member)->suspended > p->level;
}
