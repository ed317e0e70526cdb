/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operations say, checked and kept. Everything is checked and reserved before anything is
 * written, so a call that fails leaves the facts as they were.
 *
 * Invariant: what the resolution rests on without asking again: a GRANT's level is larger than that
 * of the appointment it is said under, whom a REVOKE, REPLACE, REATTACH or LIFT reaches stands at a
 * larger level than it, a PARDON is not junior to what it pardons.
 */
#include "authority-int.h"

#include <stdlib.h>
#include <string.h>

static const size_t fact_sizes[FACTS] = {
    [FACT_LANES] = sizeof(struct lane), [FACT_FAMILIES] = sizeof(struct family),
    [FACT_FORKS] = sizeof(struct fork), [FACT_MEMBERS] = sizeof(struct member),
    [FACT_ROLES] = sizeof(struct role), [FACT_APPOINTMENTS] = sizeof(struct appointment),
    [FACT_OPS] = sizeof(struct op),     [FACT_SPOTS] = sizeof(struct spot),
    [FACT_NUMBERS] = sizeof(uint32_t),  [FACT_STATES] = sizeof(struct state),
};

size_t fact_size(enum fact f)
{
    return fact_sizes[f];
}

enum status fact_reserve(struct ctx *cx, struct authority *a, enum fact f, size_t more)
{
    return array_reserve(cx, &a->facts[f], a->facts[f].count + more, fact_sizes[f]);
}

enum status members_reserve(struct ctx *cx, struct authority *a, uint32_t number)
{
    enum status status = STATUS_OK;

    if (number >= AUTHORITY_NUMBER_MAX) {
        FAIL(cx, STATUS_LIMIT, "authority: a member's number is too large");
    }
    if (number >= a->facts[FACT_MEMBERS].count) {
        TRY(array_reserve(cx, &a->facts[FACT_MEMBERS], number + 1, sizeof(struct member)));
    }
out:
    return status;
}

void members_touch(struct authority *a, uint32_t number)
{
    while (a->facts[FACT_MEMBERS].count <= number) {
        *member_at(a, (uint32_t)a->facts[FACT_MEMBERS].count++) =
            (struct member){.first_lane = NONE,
                            .last_lane = NONE,
                            .first_appointment = NONE,
                            .last_appointment = NONE};
    }
}

static int compare_numbers(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return a < b ? -1 : a > b;
}

struct list numbers_add(struct authority *a, const uint32_t *numbers, size_t count, bool sort)
{
    struct array *all = &a->facts[FACT_NUMBERS];
    struct list l = {.first = (uint32_t)all->count, .count = (uint32_t)count};

    if (count == 0) {
        return (struct list){0};
    }
    uint32_t *to = numbers_at(a, l);
    memcpy(to, numbers, count * sizeof *to);
    if (sort) {
        qsort(to, count, sizeof *to, compare_numbers);
    }
    all->count += count;
    return l;
}

bool numbers_hold(const struct authority *a, struct list l, uint32_t number)
{
    if (l.count == 0) {
        return false;
    }
    const uint32_t *all = numbers_at(a, l);
    size_t low = 0, high = l.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (all[middle] < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < l.count && all[low] == number;
}

/* ---- checks ---------------------------------------------------------------------------------- */

static enum status known_appointment(struct ctx *cx, const struct authority *a, int64_t number)
{
    enum status status = STATUS_OK;
    if (number < 0 || (uint64_t)number >= fact_count(a, FACT_APPOINTMENTS)) {
        FAIL(cx, STATUS_NOT_FOUND, "authority: no appointment has this number");
    }
out:
    return status;
}

static enum status known_op(struct ctx *cx, const struct authority *a, uint64_t ref, uint32_t *ret)
{
    enum status status = STATUS_OK;
    uint32_t op = table_find(&a->refs, ref);
    if (op == NONE) {
        FAIL(cx, STATUS_NOT_FOUND, "authority: no operation has this reference");
    }
    *ret = op;
out:
    return status;
}

/* LIFT and PARDON, of a person or of the council. */
static enum status check_undo(struct ctx *cx, const struct authority *a, const struct op *o,
                              bool lift)
{
    enum status status = STATUS_OK;
    const struct op *target = op_at(a, o->target);
    uint8_t verb = target->verb;
    bool pardonable = verb == AUTHORITY_REVOKE || verb == AUTHORITY_REMOVE ||
                      verb == AUTHORITY_DEVCUT || verb == AUTHORITY_REPLACE ||
                      verb == AUTHORITY_UNLINK;

    if (lift ? verb != AUTHORITY_SUSPEND : !pardonable) {
        FAIL(cx, STATUS_MALFORMED, "authority: this operation cannot be lifted or pardoned");
    }
    bool senior = o->level < target->level || verb == AUTHORITY_UNLINK;
    bool own = !lift && o->level == target->level && spot_before(a, target->at, o->at);
    if (!senior && !own) {
        FAIL(cx, STATUS_MALFORMED, "authority: an operation is undone by somebody junior");
    }
out:
    return status;
}

static enum status check_target(struct ctx *cx, const struct authority *a,
                                const struct authority_op *from, struct op *o)
{
    enum status status = STATUS_OK;
    struct spot spot;

    switch (from->verb) {
    case AUTHORITY_REVOKE:
    case AUTHORITY_REPLACE:
    case AUTHORITY_REATTACH:
        TRY(known_appointment(cx, a, from->appointment));
        o->target = (uint32_t)from->appointment;
        if (appointment_at(a, o->target)->level <= o->level) {
            FAIL(cx, STATUS_MALFORMED, "authority: an appointment is reached by somebody junior");
        }
        break;
    case AUTHORITY_LIFT:
    case AUTHORITY_PARDON:
        TRY(known_op(cx, a, from->target, &o->target));
        TRY(check_undo(cx, a, o, from->verb == AUTHORITY_LIFT));
        break;
    case AUTHORITY_DEVCUT:
    case AUTHORITY_UNLINK:
        TRY(spot_of(cx, a, (struct authority_point){.ix = from->lane, .seq = 1}, &spot));
        o->target = lane_at(a, spot.lane)->family;
        break;
    case AUTHORITY_EPOCH:
        o->target = from->compartment;
        break;
    case AUTHORITY_GRANT:
        if (from->level <= o->level || from->level >= AUTHORITY_LEVELS) {
            FAIL(cx, STATUS_MALFORMED, "authority: a level that does not grow");
        }
        o->target = (uint32_t)fact_count(a, FACT_APPOINTMENTS);
        break;
    case AUTHORITY_LINK:
    case AUTHORITY_DEFINE:
    case AUTHORITY_PLAIN:
    case AUTHORITY_REMOVE:
    case AUTHORITY_SUSPEND:
    case AUTHORITY_PIN:
    case AUTHORITY_CHECKPOINT:
    case AUTHORITY_COUNCIL:
        break;
    }
    if (from->verb == AUTHORITY_GRANT || from->verb == AUTHORITY_REPLACE) {
        if (from->role >= fact_count(a, FACT_ROLES) || !role_at(a, from->role)->known) {
            FAIL(cx, STATUS_NOT_FOUND, "authority: no role has this number");
        }
    }
out:
    return status;
}

/* Where it stands and under what. */
static enum status check_place(struct ctx *cx, const struct authority *a,
                               const struct authority_op *from, struct op *o)
{
    enum status status = STATUS_OK;

    if (from->ref == 0 || fact_count(a, FACT_OPS) >= AUTHORITY_OPS_MAX) {
        FAIL(cx, STATUS_LIMIT, "authority: an operation without reference, or one too many");
    }
    if (table_find(&a->refs, from->ref) != NONE) {
        FAIL(cx, STATUS_DUPLICATE, "authority: an operation was given twice");
    }
    TRY(spot_of(cx, a, from->at, &o->at));
    o->via = NONE;
    if (from->via >= 0) {
        TRY(known_appointment(cx, a, from->via));
        o->via = (uint32_t)from->via;
        o->level = appointment_at(a, o->via)->level;
        if (appointment_at(a, o->via)->member != lane_at(a, o->at.lane)->member) {
            FAIL(cx, STATUS_MALFORMED, "authority: an appointment of another member");
        }
    }
    if (from->verb == AUTHORITY_COUNCIL) {
        o->level = AUTHORITY_COUNCIL_LEVEL;
    }
out:
    return status;
}

/* ---- points ---------------------------------------------------------------------------------- */

struct point_sort {
    uint32_t family;
    struct spot spot;
};

static int compare_points(const void *x, const void *y)
{
    const struct point_sort *a = x, *b = y;
    if (a->family != b->family) {
        return a->family < b->family ? -1 : 1;
    }
    if (a->spot.lane != b->spot.lane) {
        return a->spot.lane < b->spot.lane ? -1 : 1;
    }
    return a->spot.seq < b->spot.seq ? -1 : a->spot.seq > b->spot.seq;
}

/* How many points of one device the verb may list. */
static bool points_allowed(const struct op *o, const struct point_sort *sorted, size_t count)
{
    bool council = o->verb == AUTHORITY_COUNCIL;
    bool many = o->verb == AUTHORITY_SUSPEND || o->verb == AUTHORITY_CHECKPOINT ||
                (council && o->kind == COUNCIL_SEAL);
    bool device = o->verb == AUTHORITY_DEVCUT || o->verb == AUTHORITY_UNLINK;
    bool pin = o->verb == AUTHORITY_PIN || (council && o->kind == COUNCIL_PIN);
    bool none = o->verb < AUTHORITY_REVOKE || o->verb == AUTHORITY_LIFT ||
                o->verb == AUTHORITY_PARDON || o->verb == AUTHORITY_REATTACH;

    if ((none && count > 0) || (pin && count != 1) || (device && count > 1) ||
        (device && count == 1 && sorted[0].family != o->target)) {
        return false;
    }
    for (size_t i = 1; i < count && !many; i++) {
        if (sorted[i].family == sorted[i - 1].family) {
            return false;
        }
    }
    return true;
}

/* Takes the points behind those there are; they count when the operation is added. */
static enum status points_take(struct ctx *cx, struct authority *a, const struct authority_op *from,
                               struct op *o)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    TRY(fact_reserve(cx, a, FACT_SPOTS, from->cut_count));
    TRY(mem_new(cx, from->cut_count + 1, sizeof(struct point_sort), &memory));
    struct point_sort *sorted = memory;
    for (size_t i = 0; i < from->cut_count; i++) {
        TRY(spot_of(cx, a, from->cut[i], &sorted[i].spot));
        sorted[i].family = lane_at(a, sorted[i].spot.lane)->family;
    }
    qsort(sorted, from->cut_count, sizeof *sorted, compare_points);
    if (!points_allowed(o, sorted, from->cut_count)) {
        FAIL(cx, STATUS_MALFORMED, "authority: a list of points that this verb does not have");
    }
    o->points = (uint32_t)fact_count(a, FACT_SPOTS);
    o->points_count = (uint32_t)from->cut_count;
    for (size_t i = 0; i < from->cut_count; i++) {
        *spot_at(a, o->points + (uint32_t)i) = sorted[i].spot;
    }
out:
    free(memory);
    return status;
}

/* ---- what is seen, and the council -------------------------------------------------------------
 */

/* Other carriers of one council state are one operation. */
static uint32_t op_first(const struct authority *a, uint32_t op)
{
    const struct op *o = op_at(a, op);
    return o->verb == AUTHORITY_COUNCIL ? state_at(a, o->target)->op : op;
}

static enum status seen_take(struct ctx *cx, struct authority *a, const struct authority_op *from,
                             struct array *ret)
{
    enum status status = STATUS_OK;

    TRY(array_reserve(cx, ret, from->seen_count, sizeof(uint32_t)));
    for (size_t i = 0; i < from->seen_count; i++) {
        uint32_t op = NONE;
        TRY(known_op(cx, a, from->seen[i], &op));
        *ITEM(*ret, uint32_t, ret->count++) = op_first(a, op);
    }
out:
    return status;
}

static enum status state_known(struct ctx *cx, const struct authority *a, uint32_t number,
                               uint32_t *ret)
{
    enum status status = STATUS_OK;
    uint32_t state = table_find(&a->states, number);
    if (state == NONE) {
        FAIL(cx, STATUS_NOT_FOUND, "authority: no council state has this number");
    }
    *ret = state;
out:
    return status;
}

/* ret gets the members or the states; *ret_prev the state it follows. */
static enum status council_take(struct ctx *cx, struct authority *a,
                                const struct authority_op *from, struct op *o, struct array *ret,
                                uint32_t *ret_prev)
{
    enum status status = STATUS_OK;
    const struct authority_council_op *c = &from->council;

    o->kind = (uint8_t)c->kind;
    o->quorum = c->quorum;
    TRY(state_known(cx, a, c->prev, ret_prev));
    TRY(array_reserve(cx, ret, c->members_count + c->states_count, sizeof(uint32_t)));
    switch ((enum authority_council_kind)c->kind) {
    case COUNCIL_ADD_OWNERS:
        for (size_t i = 0; i < c->members_count; i++) {
            TRY(members_reserve(cx, a, c->members[i]));
            *ITEM(*ret, uint32_t, ret->count++) = c->members[i];
        }
        break;
    case COUNCIL_RM_OWNER:
        TRY(members_reserve(cx, a, from->member));
        break;
    case COUNCIL_PARDON:
    case COUNCIL_LIFT:
        TRY(known_op(cx, a, from->target, &o->also));
        struct op undo = {.target = o->also, .level = AUTHORITY_COUNCIL_LEVEL};
        TRY(check_undo(cx, a, &undo, c->kind == COUNCIL_LIFT));
        break;
    case COUNCIL_SETTLE:
        for (size_t i = 0; i < c->states_count; i++) {
            TRY(state_known(cx, a, c->states[i], ITEM(*ret, uint32_t, ret->count)));
            ret->count++;
        }
        break;
    case COUNCIL_PIN:
    case COUNCIL_SEAL:
        break;
    default:
        FAIL(cx, STATUS_MALFORMED, "authority: a council operation of no known kind");
    }
out:
    return status;
}

/* ---- adding ---------------------------------------------------------------------------------- */

static void chain_op(struct authority *a, uint32_t op)
{
    struct chain *chain = &a->ops_at[op_at(a, op)->level + 1];
    if (chain->last == NONE) {
        chain->first = op;
    } else {
        op_at(a, chain->last)->next_of_level = op;
    }
    chain->last = op;
}

/* The council state an operation carries: a new child of prev, or one that is there. */
static bool state_add(struct authority *a, struct op *o, uint32_t op, uint32_t number,
                      uint32_t prev)
{
    uint32_t there = table_find(&a->states, number);
    if (there != NONE) {
        o->target = there;
        return false;
    }
    o->target = (uint32_t)a->facts[FACT_STATES].count++;
    *state_at(a, o->target) = (struct state){.number = number,
                                             .op = op,
                                             .first_child = NONE,
                                             .next_child = state_at(a, prev)->first_child};
    state_at(a, prev)->first_child = o->target;
    table_put(&a->states, number, o->target);
    return true;
}

static bool verb_light(enum authority_verb verb)
{
    return verb == AUTHORITY_LINK || verb == AUTHORITY_GRANT || verb == AUTHORITY_DEFINE ||
           verb == AUTHORITY_EPOCH || verb == AUTHORITY_PLAIN;
}

/* Memory is reserved; returns the first appointment it made, or -1. */
static int64_t op_add(struct authority *a, const struct authority_op *from, struct op o,
                      const struct array *numbers, uint32_t prev)
{
    uint32_t op = (uint32_t)a->facts[FACT_OPS].count++;
    int64_t first = -1;
    size_t made = o.verb == AUTHORITY_GRANT ? 1 : 0;

    if (o.verb == AUTHORITY_COUNCIL && state_add(a, &o, op, from->council.state, prev)) {
        made = o.kind == COUNCIL_ADD_OWNERS ? numbers->count : 0;
    } else if (o.verb == AUTHORITY_COUNCIL && o.kind == COUNCIL_ADD_OWNERS) {
        first = op_at(a, state_at(a, o.target)->op)->also;
    }
    o.numbers = numbers_add(a, numbers->items, numbers->count,
                            o.verb == AUTHORITY_GRANT || o.verb == AUTHORITY_REPLACE);
    if (made > 0) {
        first = (int64_t)fact_count(a, FACT_APPOINTMENTS);
    }
    if (o.kind == COUNCIL_ADD_OWNERS) {
        o.also = (uint32_t)first;
    }
    a->facts[FACT_SPOTS].count += o.points_count;
    members_touch(a, o.member);
    *op_at(a, op) = o;
    for (size_t i = 0; i < made; i++) {
        bool grant = o.verb == AUTHORITY_GRANT;
        appointment_add(
            a, (struct appointment){.member = grant ? o.member : *ITEM(*numbers, uint32_t, i),
                                    .role = grant ? o.role : a->office_role,
                                    .by = grant ? o.via : NONE,
                                    .op = op,
                                    .state = grant ? NONE : o.target,
                                    .level = grant ? (int16_t)from->level : 0});
    }
    chain_op(a, op);
    table_put(&a->refs, o.ref, op);
    a->whole = a->whole || !verb_light(from->verb);
    return first;
}

enum status authority_op(struct ctx *cx, struct authority *a, const struct authority_op *op,
                         int64_t *ret_first)
{
    enum status status = STATUS_OK;
    struct array numbers = {0};
    uint32_t prev = NONE;
    struct op o = {.ref = op->ref,
                   .lamport = op->lamport,
                   .member = op->member,
                   .role = op->role,
                   .verb = (uint8_t)op->verb,
                   .cascade = op->cascade,
                   .next_of_level = NONE};

    if (!a->founded) {
        FAIL(cx, STATUS_NOT_FOUND, "authority: an operation of a team that was not founded");
    }
    TRY(check_place(cx, a, op, &o));
    TRY(check_target(cx, a, op, &o));
    TRY(members_reserve(cx, a, op->member));
    if (op->verb == AUTHORITY_COUNCIL) {
        TRY(council_take(cx, a, op, &o, &numbers, &prev));
    } else {
        TRY(seen_take(cx, a, op, &numbers));
    }
    TRY(points_take(cx, a, op, &o));
    TRY(fact_reserve(cx, a, FACT_OPS, 1));
    TRY(fact_reserve(cx, a, FACT_NUMBERS, numbers.count));
    TRY(fact_reserve(cx, a, FACT_STATES, 1));
    TRY(fact_reserve(cx, a, FACT_APPOINTMENTS, 1 + numbers.count));
    TRY(table_reserve(cx, &a->refs));
    TRY(table_reserve(cx, &a->states));
    int64_t first = op_add(a, op, o, &numbers, prev);
    if (ret_first != NULL) {
        *ret_first = first;
    }
out:
    array_finish(&numbers);
    return status;
}
