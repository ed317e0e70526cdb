/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The council: the chain of the owners' common decisions is followed from the founding state. Two
 * decisions upon one state freeze it, until one that names all the others settles which goes on.
 *
 * Frozen, only what takes away counts (RM_OWNER, PIN, SEAL), and it counts in every decision after
 * the state: whoever signs twice must not bring back who was removed since.
 */
#include "authority-int.h"

#include <string.h>

static const struct op *state_op(const struct authority *a, uint32_t state)
{
    return op_at(a, state_at(a, state)->op);
}

/* ---- owners ---------------------------------------------------------------------------------- */

static size_t owner_place(const struct answers *n, uint32_t member, bool *ret_there)
{
    const struct array *owners = &n->of[ANSWER_OWNERS];
    size_t i = 0;
    while (i < owners->count && *ITEM(*owners, uint32_t, i) < member) {
        i++;
    }
    *ret_there = i < owners->count && *ITEM(*owners, uint32_t, i) == member;
    return i;
}

static enum status owner_add(struct ctx *cx, struct answers *n, uint32_t member)
{
    enum status status = STATUS_OK;
    struct array *owners = &n->of[ANSWER_OWNERS];
    bool there;
    size_t i = owner_place(n, member, &there);

    if (!there) {
        TRY(answer_reserve(cx, n, ANSWER_OWNERS, 1));
        uint32_t *at = ITEM(*owners, uint32_t, i);
        memmove(at + 1, at, (owners->count - i) * sizeof *at);
        *at = member;
        owners->count++;
    }
out:
    return status;
}

static void owner_remove(struct answers *n, uint32_t member)
{
    struct array *owners = &n->of[ANSWER_OWNERS];
    bool there;
    size_t i = owner_place(n, member, &there);

    if (there) {
        uint32_t *at = ITEM(*owners, uint32_t, i);
        owners->count--;
        memmove(at, at + 1, (owners->count - i) * sizeof *at);
    }
}

/* ---- what a decision does ----------------------------------------------------------------------
 */

/* What counts of a decision even while the council is frozen. */
static enum status take_away(struct ctx *cx, const struct authority *a, struct answers *n,
                             uint32_t state, uint32_t height)
{
    enum status status = STATUS_OK;
    const struct op *o = state_op(a, state);
    uint32_t op = state_at(a, state)->op;

    if (o->kind != COUNCIL_RM_OWNER && o->kind != COUNCIL_PIN && o->kind != COUNCIL_SEAL) {
        return STATUS_OK;
    }
    verdict_at(n, op)->reason = REASON_NONE;
    forks_vote(a, n, op, -(int32_t)height);
    if (o->kind == COUNCIL_RM_OWNER) {
        TRY(cutset_add(cx, n, &person_at(n, o->member)->removes, op));
    }
out:
    return status;
}

static enum status decide(struct ctx *cx, const struct authority *a, struct answers *n,
                          uint32_t state, uint32_t height)
{
    enum status status = STATUS_OK;
    const struct op *o = state_op(a, state);

    verdict_at(n, state_at(a, state)->op)->reason = REASON_NONE;
    *step_at(n, state) = height;
    switch ((enum authority_council_kind)o->kind) {
    case COUNCIL_ADD_OWNERS:
        for (uint32_t i = 0; i < o->numbers.count; i++) {
            TRY(owner_add(cx, n, numbers_at(a, o->numbers)[i]));
        }
        n->quorum = o->quorum;
        break;
    case COUNCIL_RM_OWNER:
        owner_remove(n, o->member);
        n->quorum = o->quorum;
        break;
    case COUNCIL_PARDON:
    case COUNCIL_LIFT:
        cuts_undo(a, n, o->also, AUTHORITY_COUNCIL_LEVEL);
        break;
    case COUNCIL_PIN:
    case COUNCIL_SEAL:
    case COUNCIL_SETTLE:
        break;
    }
    TRY(take_away(cx, a, n, state, height));
out:
    return status;
}

/* ---- the chain ------------------------------------------------------------------------------- */

/* A SETTLE that names every other child, and chooses one of them. */
static bool settles(const struct authority *a, uint32_t settle, uint32_t children)
{
    const struct op *o = state_op(a, settle);
    bool chosen = false;

    if (o->kind != COUNCIL_SETTLE || o->numbers.count == 0) {
        return false;
    }
    const uint32_t *named = numbers_at(a, o->numbers);
    for (uint32_t s = children; s != NONE; s = state_at(a, s)->next_child) {
        bool there = s == settle;
        for (uint32_t i = 0; i < o->numbers.count && !there; i++) {
            there = named[i] == s;
        }
        if (!there) {
            return false;
        }
        chosen = chosen || (s == named[0] && s != settle);
    }
    return chosen;
}

/* The child that goes on; NONE: none, or nobody knows which. */
static uint32_t choose(const struct authority *a, struct answers *n, uint32_t children)
{
    uint32_t settle = NONE;

    if (children == NONE || state_at(a, children)->next_child == NONE) {
        return children;
    }
    for (uint32_t s = children; s != NONE; s = state_at(a, s)->next_child) {
        if (settles(a, s, children)) {
            if (settle != NONE) {
                return NONE;
            }
            settle = s;
        }
    }
    if (settle == NONE) {
        return NONE;
    }
    verdict_at(n, state_at(a, settle)->op)->reason = REASON_NONE;
    return numbers_at(a, state_op(a, settle)->numbers)[0];
}

/* Every decision after the state at which it froze. Children have larger indexes than their
 * parents. */
static enum status freeze(struct ctx *cx, const struct authority *a, struct answers *n,
                          uint32_t frozen, uint32_t height)
{
    enum status status = STATUS_OK;

    n->frozen = true;
    for (uint32_t s = frozen; s < fact_count(a, FACT_STATES); s++) {
        bool after = s == frozen || *step_at(n, s) == STEP_FROZEN;
        for (uint32_t c = state_at(a, s)->first_child; after && c != NONE;
             c = state_at(a, c)->next_child) {
            *step_at(n, c) = STEP_FROZEN;
            verdict_at(n, state_at(a, c)->op)->reason = REASON_COUNCIL_FROZEN;
            TRY(take_away(cx, a, n, c, height + 1));
        }
    }
out:
    return status;
}

/* Every carrier of a state has the verdict of the first. */
static void carriers_judge(const struct authority *a, struct answers *n)
{
    for (uint32_t i = a->ops_at[AUTHORITY_COUNCIL_LEVEL + 1].first; i != NONE;
         i = op_at(a, i)->next_of_level) {
        struct verdict *v = verdict_at(n, i);
        uint32_t first = state_at(a, op_at(a, i)->target)->op;
        if (first == i && v->reason == REASON_UNJUDGED) {
            v->reason = REASON_COUNCIL_OTHER;
        }
        v->reason = verdict_at(n, first)->reason;
    }
}

bool council_before(const struct answers *n, uint32_t state, uint32_t later)
{
    uint32_t x = *step_at(n, state), y = *step_at(n, later);
    return x != NONE && x != STEP_FROZEN && x <= y;
}

enum status council_follow(struct ctx *cx, const struct authority *a, struct answers *n)
{
    enum status status = STATUS_OK;
    uint32_t height = 0;

    for (uint32_t i = 0; i < a->founders.count; i++) {
        TRY(owner_add(cx, n, numbers_at(a, a->founders)[i]));
    }
    n->quorum = a->quorum;
    *step_at(n, 0) = 0;
    for (;;) {
        uint32_t children = state_at(a, n->council)->first_child;
        uint32_t next = choose(a, n, children);
        if (next == NONE && children != NONE) {
            TRY(freeze(cx, a, n, n->council, height));
        }
        if (next == NONE) {
            break;
        }
        n->council = next;
        height++;
        TRY(decide(cx, a, n, next, height));
    }
    carriers_judge(a, n);
out:
    return status;
}
