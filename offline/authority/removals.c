/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removals of members: whom REMOVE and RM_OWNER cover, and how far. An appointment whose GRANT knew
 * of a removal may be free of it, so what all removals leave together is not everybody's answer.
 *
 * Invariant: rows list a member's removals for each of his lanes by what they leave, smallest
 * first. An appointment's answer is the first it is not free of, found after at most as many steps
 * as its GRANT has seen: not after as many as there are, or one admin could make everybody's pass
 * long.
 */
#include "authority-int.h"

/* ---- whom ------------------------------------------------------------------------------------ */

/* Appointed again by somebody who knew of the removal and is not junior to it. */
static bool readmitted(const struct authority *a, const struct answers *n, uint32_t appointment,
                       uint32_t removal)
{
    const struct appointment *p = appointment_at(a, appointment);
    const struct op *r = op_at(a, removal);
    bool council = r->verb == AUTHORITY_COUNCIL;

    if (p->op == NONE) {
        return false;
    }
    if (p->state != NONE) {
        return council && council_before(n, r->target, p->state);
    }
    int level = council ? 0 : r->level;
    return holding_at(n, appointment)->support <= level &&
           numbers_hold(a, op_at(a, p->op)->numbers, removal);
}

static enum reason removal_reason(const struct authority *a, uint32_t op)
{
    return op_at(a, op)->level < 0 ? REASON_OWNER_REMOVED : REASON_REMOVED;
}

static bool any_covers(const struct authority *a, const struct answers *n, uint32_t appointment,
                       const struct cutset *s)
{
    uint32_t i = s->ops;
    while (i != NONE && readmitted(a, n, appointment, link_at(n, i)->op)) {
        i = link_at(n, i)->next;
    }
    return i != NONE;
}

/* ---- how far -----------------------------------------------------------------------------------
 */

static enum status row_make(struct ctx *cx, const struct authority *a, struct answers *n,
                            const struct cutset *s, uint32_t lane, uint32_t row)
{
    enum status status = STATUS_OK;
    struct array *sorting = &n->of[ANSWER_SORTED];

    sorting->count = 0;
    TRY(answer_reserve(cx, n, ANSWER_SORTED, s->count));
    for (uint32_t i = s->ops; i != NONE; i = link_at(n, i)->next) {
        const struct op *o = op_at(a, link_at(n, i)->op);
        *ITEM(*sorting, struct sorted, sorting->count++) =
            (struct sorted){.first = op_prefix(a, o, lane),
                            .second = (uint64_t)(o->level + 1),
                            .third = o->ref,
                            .op = link_at(n, i)->op};
    }
    answers_sort(n);
    for (uint32_t i = 0; i < s->count; i++) {
        const struct sorted *from = ITEM(*sorting, struct sorted, i);
        *row_at(n, row + i) = (struct removal){.cap = (uint32_t)from->first, .op = from->op};
    }
out:
    return status;
}

/* One row for each lane; anew when a removal came. */
static enum status rows_make(struct ctx *cx, const struct authority *a, struct answers *n,
                             uint32_t member)
{
    enum status status = STATUS_OK;
    const struct member *m = member_at(a, member);
    struct person *who = person_at(n, member);

    if (who->rows_of == who->removes.count) {
        return STATUS_OK;
    }
    TRY(answer_reserve(cx, n, ANSWER_ROWS, (size_t)who->removes.count * m->lanes));
    who->rows = answer_count(n, ANSWER_ROWS);
    for (uint32_t i = m->first_lane; i != NONE; i = lane_at(a, i)->next_of_member) {
        TRY(row_make(cx, a, n, &who->removes, i,
                     who->rows + lane_at(a, i)->slot * who->removes.count));
    }
    n->of[ANSWER_ROWS].count += (size_t)who->removes.count * m->lanes;
    who->rows_of = who->removes.count;
out:
    return status;
}

/* For an appointment that knew of something. */
static enum status bound_known(struct ctx *cx, const struct authority *a, struct answers *n,
                               uint32_t appointment, uint32_t lane, struct bound *b)
{
    enum status status = STATUS_OK;
    uint32_t member = appointment_at(a, appointment)->member;

    TRY(rows_make(cx, a, n, member));
    const struct person *who = person_at(n, member);
    uint32_t row = who->rows + lane_at(a, lane)->slot * who->rows_of;
    for (uint32_t i = 0; i < who->rows_of; i++) {
        const struct removal *r = row_at(n, row + i);
        if (!readmitted(a, n, appointment, r->op)) {
            bound_lower(b, r->cap, removal_reason(a, r->op), r->op);
            break;
        }
    }
out:
    return status;
}

enum status removals_bound(struct ctx *cx, const struct authority *a, struct answers *n,
                           uint32_t appointment, uint32_t lane, struct bound *b, bool *ret_covered)
{
    enum status status = STATUS_OK;
    const struct appointment *p = appointment_at(a, appointment);
    struct cutset *s = &person_at(n, p->member)->removes;
    bool knows = p->state != NONE || (p->op != NONE && op_at(a, p->op)->numbers.count > 0);
    uint32_t by = NONE;

    if (s->count == 0 || (knows && !any_covers(a, n, appointment, s))) {
        return STATUS_OK;
    }
    *ret_covered = true;
    if (lane != NONE && knows) {
        TRY(bound_known(cx, a, n, appointment, lane, b));
    } else if (lane != NONE) {
        TRY(cutset_fold(cx, a, n, s));
        uint32_t cap = cutset_prefix(a, n, s, lane, &by);
        bound_lower(b, cap, removal_reason(a, by), by);
    }
out:
    return status;
}
