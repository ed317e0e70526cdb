/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes: the log of a device is a tree when it forked. A lane is one segment of it; which of two
 * branches is the parent is an accident of arrival, so every question here is asked of positions
 * and of chains, and gives the same answer whichever lane was held first.
 *
 * Invariants: a device has at most AUTHORITY_LANES_MAX lanes, so a walk up a chain ends soon; a
 * lane's fork lies beyond its parent's own fork (else it would be the grandparent's child); a spot
 * stands on the lane that owns its entry.
 */
#include "authority-int.h"

/* ---- facts ----------------------------------------------------------------------------------- */

static uint32_t lane_find(const struct authority *a, int64_t ix)
{
    return ix <= 0 ? NONE : table_find(&a->lanes, (uint64_t)ix);
}

/* Up to the lane that owns entry seq. */
static struct spot spot_owned(const struct authority *a, struct spot s)
{
    while (lane_at(a, s.lane)->parent != NONE && s.seq <= lane_at(a, s.lane)->fork) {
        s.lane = lane_at(a, s.lane)->parent;
    }
    return s;
}

enum status spot_of(struct ctx *cx, const struct authority *a, struct authority_point point,
                    struct spot *ret)
{
    enum status status = STATUS_OK;
    uint32_t lane = lane_find(a, point.ix);

    if (lane == NONE) {
        FAIL(cx, STATUS_NOT_FOUND, "authority: no lane has this number");
    }
    if (point.seq >= SEQ_ALL) {
        FAIL(cx, STATUS_LIMIT, "authority: a sequence number of 2^32 or more");
    }
    *ret = spot_owned(a, (struct spot){.lane = lane, .seq = (uint32_t)point.seq});
out:
    return status;
}

static uint32_t fork_find(const struct authority *a, struct spot position)
{
    uint32_t i = lane_at(a, position.lane)->first_fork;
    while (i != NONE && fork_at(a, i)->seq != position.seq) {
        i = fork_at(a, i)->next_of_lane;
    }
    return i;
}

static uint32_t fork_add(struct authority *a, struct spot position)
{
    struct lane *lane = lane_at(a, position.lane);
    uint32_t fork = fork_find(a, position);

    if (fork == NONE) {
        fork = (uint32_t)a->facts[FACT_FORKS].count++;
        *fork_at(a, fork) = (struct fork){.lane = position.lane,
                                          .seq = position.seq,
                                          .family = lane->family,
                                          .next_of_lane = lane->first_fork};
        lane->first_fork = fork;
    }
    return fork;
}

/* Memory is reserved. parent.lane NONE: a device of its own. */
static void lane_add(struct authority *a, const struct authority_lane *l, struct spot parent)
{
    uint32_t number = (uint32_t)a->facts[FACT_LANES].count++;
    struct lane *lane = lane_at(a, number);

    members_touch(a, l->member);
    struct member *m = member_at(a, l->member);
    *lane = (struct lane){.ix = l->ix,
                          .device = l->device,
                          .member = l->member,
                          .parent = parent.lane,
                          .fork = parent.seq,
                          .position = NONE,
                          .first_fork = NONE,
                          .slot = m->lanes++,
                          .next_of_member = NONE};
    if (m->last_lane == NONE) {
        m->first_lane = number;
    } else {
        lane_at(a, m->last_lane)->next_of_member = number;
    }
    m->last_lane = number;
    table_put(&a->lanes, (uint64_t)l->ix, number);
    if (parent.lane == NONE) {
        lane->family = (uint32_t)a->facts[FACT_FAMILIES].count++;
        *family_at(a, lane->family) = (struct family){.lanes = 1};
        return;
    }
    lane->family = lane_at(a, parent.lane)->family;
    lane->depth = lane_at(a, parent.lane)->depth + 1;
    lane->position = fork_add(a, parent);
    family_at(a, lane->family)->lanes++;
    family_at(a, lane->family)->forked = true;
    a->whole = true;
}

enum status authority_lane(struct ctx *cx, struct authority *a, const struct authority_lane *l)
{
    enum status status = STATUS_OK;
    struct spot parent = {.lane = NONE};

    if (l->ix <= 0) {
        FAIL(cx, STATUS_MALFORMED, "authority: a lane's number is larger than 0");
    }
    if (lane_find(a, l->ix) != NONE) {
        FAIL(cx, STATUS_DUPLICATE, "authority: a lane was given twice");
    }
    if (l->parent != 0) {
        TRY(spot_of(cx, a, (struct authority_point){l->parent, l->fork_seq}, &parent));
        const struct lane *from = lane_at(a, parent.lane);
        if (from->member != l->member || !id_equal(&from->device, &l->device)) {
            FAIL(cx, STATUS_MALFORMED, "authority: a branch is of another device than its parent");
        }
        if (family_at(a, from->family)->lanes >= AUTHORITY_LANES_MAX) {
            FAIL(cx, STATUS_LIMIT, "authority: a device with more than %u branches",
                 (unsigned)AUTHORITY_LANES_MAX);
        }
    }
    TRY(members_reserve(cx, a, l->member));
    TRY(fact_reserve(cx, a, FACT_LANES, 1));
    TRY(fact_reserve(cx, a, FACT_FAMILIES, 1));
    TRY(fact_reserve(cx, a, FACT_FORKS, 1));
    TRY(table_reserve(cx, &a->lanes));
    lane_add(a, l, parent);
out:
    return status;
}

enum status authority_acknowledge(struct ctx *cx, struct authority *a, int64_t ix, uint64_t seq)
{
    enum status status = STATUS_OK;
    struct spot now = {.lane = NONE};

    TRY(spot_of(cx, a, (struct authority_point){ix, seq}, &now));
    struct lane *lane = lane_at(a, now.lane);
    if (now.seq > lane->acknowledged) {
        lane->acknowledged = now.seq;
        a->whole = a->whole || family_at(a, lane->family)->forked;
    }
out:
    return status;
}

/* ---- chains ---------------------------------------------------------------------------------- */

bool spot_up(const struct authority *a, struct spot *s)
{
    const struct lane *lane = lane_at(a, s->lane);
    if (lane->parent == NONE) {
        return false;
    }
    *s = (struct spot){.lane = lane->parent, .seq = s->seq < lane->fork ? s->seq : lane->fork};
    return true;
}

struct spot spot_meet(const struct authority *a, struct spot x, struct spot y)
{
    if (lane_at(a, x.lane)->family != lane_at(a, y.lane)->family) {
        return (struct spot){.lane = x.lane};
    }
    while (x.lane != y.lane) { /* one family has one root, so both come together */
        bool up = lane_at(a, x.lane)->depth >= lane_at(a, y.lane)->depth;
        MUST(spot_up(a, up ? &x : &y));
    }
    return spot_owned(a, x.seq < y.seq ? x : y);
}

uint32_t lane_prefix(const struct authority *a, struct spot spot, uint32_t lane)
{
    if (spot.lane == lane) {
        return spot.seq;
    }
    return spot_meet(a, (struct spot){.lane = lane, .seq = SEQ_ALL}, spot).seq;
}

bool spot_before(const struct authority *a, struct spot x, struct spot y)
{
    if (lane_at(a, x.lane)->family != lane_at(a, y.lane)->family) {
        return false;
    }
    struct spot both = spot_meet(a, x, y);
    return both.lane == x.lane && both.seq == x.seq;
}

bool authority_before(const struct authority *a, struct authority_point x, struct authority_point y)
{
    uint32_t of_x = lane_find(a, x.ix), of_y = lane_find(a, y.ix);

    if (of_x == NONE || of_y == NONE || x.seq >= SEQ_ALL || y.seq >= SEQ_ALL) {
        return false;
    }
    return spot_before(a, spot_owned(a, (struct spot){of_x, (uint32_t)x.seq}),
                       (struct spot){of_y, (uint32_t)y.seq});
}

/* ---- lists of points ------------------------------------------------------------------------- */

uint32_t op_points_of(const struct authority *a, const struct op *o, uint32_t family,
                      uint32_t *ret_count)
{
    uint32_t low = o->points, end = o->points + o->points_count, high = end;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (lane_at(a, spot_at(a, middle)->lane)->family < family) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    uint32_t count = 0;
    while (low + count < end && lane_at(a, spot_at(a, low + count)->lane)->family == family) {
        count++;
    }
    *ret_count = count;
    return low;
}

uint32_t op_prefix(const struct authority *a, const struct op *o, uint32_t lane)
{
    uint32_t count, most = 0;
    uint32_t first = op_points_of(a, o, lane_at(a, lane)->family, &count);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t here = lane_prefix(a, *spot_at(a, first + i), lane);
        most = here > most ? here : most;
    }
    return most;
}
