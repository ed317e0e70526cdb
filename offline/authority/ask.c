/* SPDX-License-Identifier: Apache-2.0 */
/* The questions of the door: every answer is looked up, none is computed anew. */
#include "authority-int.h"

/* The appointment as an index that has answers; NONE. */
static uint32_t settled(const struct authority *a, int64_t appointment)
{
    bool there = appointment >= 0 && appointment < answer_count(&a->now, ANSWER_HOLDINGS);
    return there ? (uint32_t)appointment : NONE;
}

static const struct pair *pair_asked(const struct authority *a, int64_t appointment, int64_t ix)
{
    uint32_t number = settled(a, appointment);
    uint32_t lane = ix <= 0 ? NONE : table_find(&a->lanes, (uint64_t)ix);

    return number == NONE || lane == NONE ? NULL : pair_of(a, &a->now, number, lane);
}

bool authority_effective(const struct authority *a, uint64_t ref)
{
    uint32_t op = table_find(&a->refs, ref);
    return op != NONE && op < answer_count(&a->now, ANSWER_VERDICTS) &&
           verdict_at(&a->now, op)->reason == REASON_NONE;
}

static bool takes_away(const struct op *o)
{
    return o->verb == AUTHORITY_REVOKE || o->verb == AUTHORITY_REMOVE ||
           o->verb == AUTHORITY_DEVCUT || o->verb == AUTHORITY_REPLACE ||
           o->verb == AUTHORITY_SUSPEND || o->verb == AUTHORITY_UNLINK ||
           (o->verb == AUTHORITY_COUNCIL && o->kind == COUNCIL_RM_OWNER);
}

bool authority_in_force(const struct authority *a, uint64_t ref)
{
    uint32_t op = table_find(&a->refs, ref);
    return authority_effective(a, ref) && takes_away(op_at(a, op)) &&
           verdict_at(&a->now, op)->undone == LEVEL_NEVER;
}

uint64_t authority_limit(const struct authority *a, int64_t appointment, int64_t ix)
{
    const struct pair *p = pair_asked(a, appointment, ix);

    if (p == NULL) {
        return 0;
    }
    return p->limit == SEQ_ALL ? AUTHORITY_ALL : p->limit;
}

size_t authority_roles_at(const struct authority *a, int64_t appointment, struct authority_point at,
                          uint32_t *ret, size_t max)
{
    const struct pair *p = pair_asked(a, appointment, at.ix);
    size_t count = 0;
    uint32_t role;

    if (p == NULL || at.seq >= SEQ_ALL) {
        return 0;
    }
    struct role_walk w = {.pair = p, .appointment = (uint32_t)appointment, .seq = (uint32_t)at.seq};
    while (role_next(a, &a->now, &w, &role)) {
        if (count < max) {
            ret[count] = role;
        }
        count++;
    }
    return count;
}

bool authority_active(const struct authority *a, int64_t appointment)
{
    uint32_t number = settled(a, appointment);
    return number != NONE && holding_active(a, &a->now, number);
}

bool authority_suspended(const struct authority *a, uint32_t member)
{
    return member < answer_count(&a->now, ANSWER_PEOPLE) &&
           person_at(&a->now, member)->suspended != LEVEL_NEVER;
}

/* ---- devices and what they read ----------------------------------------------------------------
 */

/* The level of the member's most senior active appointment; AUTHORITY_LEVELS when there is none. */
static int member_level(const struct authority *a, uint32_t member)
{
    int level = AUTHORITY_LEVELS;
    for (uint32_t i = member_at(a, member)->first_appointment; i != NONE;
         i = appointment_at(a, i)->next_of_member) {
        if (authority_active(a, i) && appointment_at(a, i)->level < level) {
            level = appointment_at(a, i)->level;
        }
    }
    return level;
}

bool authority_lane_in_use(const struct authority *a, int64_t ix)
{
    uint32_t lane = ix <= 0 ? NONE : table_find(&a->lanes, (uint64_t)ix), fork;
    const struct answers *n = &a->now;

    if (lane == NONE || lane >= answer_count(n, ANSWER_TRACKS)) {
        return false;
    }
    uint32_t family = lane_at(a, lane)->family;
    int level = member_level(a, lane_at(a, lane)->member);
    if (device_at(n, family)->cut < level || cuts_unlink(n, family, level) != NONE) {
        return false;
    }
    if (!family_at(a, family)->forked) {
        return true;
    }
    for (uint32_t f = 0; f < answer_count(n, ANSWER_JUNCTIONS); f++) {
        if (fork_at(a, f)->family == family && junction_at(n, f)->winner == NONE) {
            return false;
        }
    }
    (void)fork_prefix(a, n, lane, &fork);
    return fork == NONE;
}

static bool member_uses(const struct authority *a, uint32_t member, uint32_t compartment,
                        bool write)
{
    if (member >= answer_count(&a->now, ANSWER_PEOPLE)) {
        return false;
    }
    for (uint32_t i = member_at(a, member)->first_appointment; i != NONE;
         i = appointment_at(a, i)->next_of_member) {
        if (!authority_active(a, i)) {
            continue;
        }
        struct role_walk w = {
            .pair = &holding_at(&a->now, i)->now, .appointment = i, .seq = SEQ_ALL - 1};
        bool all = true;
        uint32_t role;
        while (all && role_next(a, &a->now, &w, &role)) {
            const struct role *r = role_at(a, role);
            all = compartment == AUTHORITY_CONTROL ||
                  numbers_hold(a, write ? r->writes : r->reads, compartment);
        }
        if (all) {
            return true;
        }
    }
    return false;
}

bool authority_reads(const struct authority *a, uint32_t member, uint32_t compartment)
{
    return member_uses(a, member, compartment, false);
}

bool authority_writes(const struct authority *a, uint32_t member, uint32_t compartment)
{
    return member_uses(a, member, compartment, true);
}

/* ---- lists -------------------------------------------------------------------------------------
 */

size_t authority_appointments(const struct authority *a)
{
    return fact_count(a, FACT_APPOINTMENTS);
}

void authority_appointment_get(const struct authority *a, int64_t appointment,
                               struct authority_appointment *ret)
{
    MUST(appointment >= 0 && (uint64_t)appointment < fact_count(a, FACT_APPOINTMENTS));
    const struct appointment *p = appointment_at(a, (uint32_t)appointment);
    uint32_t number = settled(a, appointment);

    *ret = (struct authority_appointment){.member = p->member,
                                          .role = p->role,
                                          .level = p->level,
                                          .by = p->by == NONE ? -1 : (int64_t)p->by,
                                          .ref = p->op == NONE ? 0 : op_at(a, p->op)->ref};
    if (number != NONE) {
        ret->supported = holding_at(&a->now, number)->support != LEVEL_NEVER;
        ret->active = holding_active(a, &a->now, number);
        ret->removed = holding_at(&a->now, number)->covered;
    }
}

enum status authority_forks_each(struct ctx *cx, struct authority *a,
                                 enum status (*visit)(void *self, struct ctx *cx,
                                                      const struct authority_fork *f),
                                 void *self)
{
    enum status status = STATUS_OK;

    for (uint32_t i = 0; i < answer_count(&a->now, ANSWER_JUNCTIONS); i++) {
        const struct fork *f = fork_at(a, i);
        const struct junction *j = junction_at(&a->now, i);
        struct authority_fork told = {.lane = lane_at(a, f->lane)->ix,
                                      .seq = f->seq,
                                      .winner = j->winner == NONE ? 0 : lane_at(a, j->winner)->ix,
                                      .by = j->winner_by == NONE ? 0 : op_at(a, j->winner_by)->ref};
        TRY(visit(self, cx, &told));
    }
out:
    return status;
}

void authority_council(const struct authority *a, struct authority_council_state *ret)
{
    const struct array *owners = &a->now.of[ANSWER_OWNERS];

    *ret = (struct authority_council_state){.quorum = a->now.quorum,
                                            .frozen = a->now.frozen,
                                            .owners = owners->items,
                                            .owners_count = owners->count};
    if (fact_count(a, FACT_STATES) > 0) {
        ret->state = state_at(a, a->now.council)->number;
    }
}
