/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forks: which branch of a position leads on, for entries of each level. The most senior pin that
 * reaches into one branch decides; where nobody pinned, the only branch that others have
 * acknowledged; else none does, and what stands beyond the position does not count.
 *
 * Invariants: rank orders pins by the level they were said at, within a level what names a branch
 * on purpose (PIN, SEAL, cuts) before CHECKPOINTs, within the council a later state before an
 * earlier one. A pin that reaches into several branches of a position says nothing about it: a
 * CHECKPOINT of somebody who has seen both must not freeze what was settled.
 */
#include "authority-int.h"

int32_t fork_rank(int level, bool checkpoint)
{
    return level * 2 + (checkpoint ? 1 : 0);
}

/* ---- acknowledgements -------------------------------------------------------------------------
 */

static void acknowledge_branch(struct answers *n, uint32_t fork, uint32_t branch)
{
    struct junction *j = junction_at(n, fork);
    if (j->acknowledged == NONE) {
        j->acknowledged = branch;
    } else if (j->acknowledged != branch) {
        j->torn = true;
    }
}

/* Children are younger than their parents, so one way down the lanes carries everything up. */
void forks_acknowledge(const struct authority *a, struct answers *n)
{
    if (fact_count(a, FACT_FORKS) == 0) {
        return;
    }
    for (uint32_t i = (uint32_t)fact_count(a, FACT_LANES); i-- > 0;) {
        const struct lane *lane = lane_at(a, i);
        struct track *t = track_at(n, i);
        t->reached = lane->acknowledged > t->reached ? lane->acknowledged : t->reached;
        if (lane->parent != NONE && t->reached > lane->fork) {
            struct track *parent = track_at(n, lane->parent);
            parent->reached = lane->fork > parent->reached ? lane->fork : parent->reached;
            acknowledge_branch(n, lane->position, i);
        }
        for (uint32_t f = lane->first_fork; f != NONE; f = fork_at(a, f)->next_of_lane) {
            if (t->reached > fork_at(a, f)->seq) {
                acknowledge_branch(n, f, i);
            }
        }
    }
    for (uint32_t f = 0; f < fact_count(a, FACT_FORKS); f++) {
        struct junction *j = junction_at(n, f);
        j->acknowledged = j->torn ? NONE : j->acknowledged;
        j->torn = false;
    }
}

/* ---- pins ------------------------------------------------------------------------------------ */

static void say_branch(struct junction *j, uint32_t branch)
{
    if (j->said != NONE && j->said != branch) {
        j->said_torn = true;
    }
    j->said = branch;
}

/* Takes what one operation said of a position, once. */
static void take_said(const struct authority *a, struct junction *j, uint32_t op, int32_t rank)
{
    uint32_t branch = j->said;
    bool torn = j->said_torn;

    j->said = NONE;
    j->said_torn = false;
    if (branch == NONE || torn || (j->pinned && j->rank < rank)) {
        return;
    }
    if (j->pinned && j->rank == rank) {
        j->torn = j->torn || j->branch != branch;
        j->by = op_at(a, op)->ref < op_at(a, j->by)->ref ? op : j->by;
        return;
    }
    j->pinned = true;
    j->torn = false;
    j->rank = rank;
    j->branch = branch;
    j->by = op;
}

/* Every position the chain of the spot goes through: says its branch, or takes what was said. */
static void walk_positions(const struct authority *a, struct answers *n, struct spot spot,
                           bool take, uint32_t op, int32_t rank)
{
    do {
        const struct lane *lane = lane_at(a, spot.lane);
        for (uint32_t f = lane->first_fork; f != NONE; f = fork_at(a, f)->next_of_lane) {
            if (take) {
                take_said(a, junction_at(n, f), op, rank);
            } else if (spot.seq > fork_at(a, f)->seq) {
                say_branch(junction_at(n, f), spot.lane);
            }
        }
        if (lane->position != NONE && take) {
            take_said(a, junction_at(n, lane->position), op, rank);
        } else if (lane->position != NONE && spot.seq > lane->fork) {
            say_branch(junction_at(n, lane->position), spot.lane);
        }
    } while (spot_up(a, &spot));
}

void forks_vote(const struct authority *a, struct answers *n, uint32_t op, int32_t rank)
{
    const struct op *o = op_at(a, op);

    for (uint32_t i = 0; i < o->points_count; i++) {
        struct spot spot = *spot_at(a, o->points + i);
        struct track *t = track_at(n, spot.lane);
        t->named = spot.seq > t->named ? spot.seq : t->named;
        if (family_at(a, lane_at(a, spot.lane)->family)->forked) {
            walk_positions(a, n, spot, false, op, rank);
        }
    }
    for (uint32_t i = 0; i < o->points_count && fact_count(a, FACT_FORKS) > 0; i++) {
        struct spot spot = *spot_at(a, o->points + i);
        if (family_at(a, lane_at(a, spot.lane)->family)->forked) {
            walk_positions(a, n, spot, true, op, rank);
        }
    }
}

/* ---- what follows ---------------------------------------------------------------------------- */

void forks_settle(const struct authority *a, struct answers *n, uint32_t member)
{
    for (uint32_t i = member_at(a, member)->first_lane; i != NONE;
         i = lane_at(a, i)->next_of_member) {
        for (uint32_t f = lane_at(a, i)->first_fork; f != NONE; f = fork_at(a, f)->next_of_lane) {
            struct junction *j = junction_at(n, f);
            uint32_t pinned = j->torn ? NONE : j->branch;
            j->winner = j->pinned ? pinned : j->acknowledged;
            j->winner_by = j->pinned ? j->by : NONE;
        }
    }
}

uint32_t fork_prefix(const struct authority *a, const struct answers *n, uint32_t lane,
                     uint32_t *ret_fork)
{
    struct spot spot = {.lane = lane, .seq = SEQ_ALL};
    uint32_t least = SEQ_ALL;

    *ret_fork = NONE;
    do {
        const struct lane *l = lane_at(a, spot.lane);
        for (uint32_t f = l->first_fork; f != NONE; f = fork_at(a, f)->next_of_lane) {
            uint32_t seq = fork_at(a, f)->seq;
            if (seq < spot.seq && seq < least && junction_at(n, f)->winner != spot.lane) {
                least = seq;
                *ret_fork = f;
            }
        }
        if (l->position != NONE && l->fork < spot.seq && l->fork < least &&
            junction_at(n, l->position)->winner != spot.lane) {
            least = l->fork;
            *ret_fork = l->position;
        }
    } while (spot_up(a, &spot));
    return least;
}
