/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suspensions: what an equal can do. All of one level at once, with no negation among themselves:
 * two who suspend each other are both suspended until somebody senior lifts it.
 *
 * The cut is what the author had seen, so an author who saw little would take much: what a pin or
 * cut of a smaller level has named stays (the floor).
 */
#include "authority-int.h"

/* What pins and cuts of smaller levels name of the lane's chain. */
static uint32_t suspend_floor(const struct authority *a, const struct answers *n, uint32_t lane)
{
    const struct lane *l = lane_at(a, lane);
    uint32_t most = track_at(n, lane)->named;

    if (!family_at(a, l->family)->forked) {
        return most;
    }
    for (uint32_t i = member_at(a, l->member)->first_lane; i != NONE;
         i = lane_at(a, i)->next_of_member) {
        if (lane_at(a, i)->family == l->family) {
            uint32_t here = lane_prefix(a, (struct spot){i, track_at(n, i)->named}, lane);
            most = here > most ? here : most;
        }
    }
    return most;
}

void suspend_apply(const struct authority *a, struct answers *n, uint32_t op)
{
    const struct op *o = op_at(a, op);
    struct person *p = person_at(n, o->member);

    p->marked = true;
    p->suspended = o->level < p->suspended ? o->level : p->suspended;
    for (uint32_t i = member_at(a, o->member)->first_lane; i != NONE;
         i = lane_at(a, i)->next_of_member) {
        struct track *t = track_at(n, i);
        uint32_t floor = suspend_floor(a, n, i), cap = op_prefix(a, o, i);
        cap = cap > floor ? cap : floor;
        bool same = cap == t->suspend_cap && t->suspend_by != NONE;
        bool before = same && op_at(a, t->suspend_by)->level == o->level &&
                      o->ref < op_at(a, t->suspend_by)->ref;
        if (cap < t->suspend_cap || before) {
            t->suspend_cap = cap;
            t->suspend_by = op;
        }
    }
}
