/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One level: which of its operations have effect, by what smaller levels decided, and then what
 * they reach, which is larger levels only. That is why one pass over the levels is enough and why
 * there is one answer.
 */
#include "authority-int.h"

void judge(const struct authority *a, struct answers *n, uint32_t op)
{
    const struct op *o = op_at(a, op);
    struct verdict *v = verdict_at(n, op);

    v->reason = REASON_NONE;
    v->by = NONE;
    if (o->via == NONE) {
        return;
    }
    const struct holding *h = holding_at(n, o->via);
    const struct pair *p = pair_of(a, n, o->via, o->at.lane);
    if (h->reason != REASON_NONE) {
        v->reason = REASON_VOID;
        v->by = h->by;
    } else if (p == NULL || o->at.seq > p->limit) {
        v->reason = p == NULL ? REASON_UNJUDGED : p->reason;
        v->by = p == NULL ? NONE : p->by;
    } else if (!roles_permit(a, n, o)) {
        v->reason = REASON_NOT_PERMITTED;
    }
}

/* ---- suspensions of this level -----------------------------------------------------------------
 */

/* The operations of the suspended once more, by the lowered limits; not their SUSPENDs. */
static void suspend_ops(const struct authority *a, struct answers *n, int level)
{
    for (uint32_t i = a->ops_at[level + 1].first; i != NONE; i = op_at(a, i)->next_of_level) {
        const struct op *o = op_at(a, i);
        if (o->verb != AUTHORITY_SUSPEND && o->verb != AUTHORITY_UNLINK && o->via != NONE &&
            person_at(n, appointment_at(a, o->via)->member)->marked) {
            judge(a, n, i);
        }
    }
}

static void suspend_pairs(const struct authority *a, struct answers *n, int level)
{
    for (uint32_t i = a->appointments_at[level + 1].first; i != NONE;
         i = appointment_at(a, i)->next_of_level) {
        const struct member *m = member_at(a, appointment_at(a, i)->member);
        const struct holding *h = holding_at(n, i);
        if (!person_at(n, appointment_at(a, i)->member)->marked) {
            continue;
        }
        for (uint32_t l = m->first_lane; l != NONE; l = lane_at(a, l)->next_of_member) {
            struct pair *p = pair_at(n, h->pairs + lane_at(a, l)->slot);
            const struct track *t = track_at(n, l);
            if (t->suspend_cap < p->limit) {
                p->limit = t->suspend_cap;
                p->by = t->suspend_by;
                p->reason = REASON_SUSPENDED;
            }
        }
    }
}

static void suspend_level(const struct authority *a, struct answers *n, int level)
{
    const struct array *work = &n->of[ANSWER_WORK];
    bool any = false;

    for (size_t i = 0; i < work->count; i++) {
        uint32_t op = *ITEM(*work, uint32_t, i);
        if (op_at(a, op)->verb == AUTHORITY_SUSPEND && verdict_at(n, op)->undone >= level) {
            suspend_apply(a, n, op);
            any = true;
        }
    }
    if (!any) {
        return;
    }
    suspend_pairs(a, n, level);
    suspend_ops(a, n, level);
    for (size_t i = 0; i < work->count; i++) {
        person_at(n, op_at(a, *ITEM(*work, uint32_t, i))->member)->marked = false;
    }
}

/* ---- what they reach ---------------------------------------------------------------------------
 */

static enum status collect(struct ctx *cx, const struct authority *a, struct answers *n,
                           uint32_t op)
{
    enum status status = STATUS_OK;
    const struct op *o = op_at(a, op);
    struct verdict *v = verdict_at(n, op);
    struct holding *h;

    if (v->undone <= o->level) {
        return STATUS_OK;
    }
    switch ((enum authority_verb)o->verb) {
    case AUTHORITY_GRANT:
        holding_at(n, o->target)->granted = true;
        return STATUS_OK;
    case AUTHORITY_REATTACH:
        h = holding_at(n, o->target);
        h->reattach = o->level < h->reattach ? o->level : h->reattach;
        return STATUS_OK;
    case AUTHORITY_REVOKE:
        h = holding_at(n, o->target);
        TRY(cutset_add(cx, n, &h->own, op));
        if (o->cascade) {
            TRY(cutset_add(cx, n, &h->cascade, op));
        }
        if (!roles_remove(a, n, o)) {
            return STATUS_OK;
        }
        break;
    case AUTHORITY_REMOVE:
        TRY(cutset_add(cx, n, &person_at(n, o->member)->removes, op));
        break;
    case AUTHORITY_DEVCUT:
        TRY(cutset_add(cx, n, &device_at(n, o->target)->cuts, op));
        if (o->level < device_at(n, o->target)->cut) {
            device_at(n, o->target)->cut = o->level;
        }
        break;
    case AUTHORITY_REPLACE:
        v->next = holding_at(n, o->target)->replaces;
        holding_at(n, o->target)->replaces = op;
        break;
    case AUTHORITY_PIN:
    case AUTHORITY_CHECKPOINT:
        break;
    case AUTHORITY_LINK:
    case AUTHORITY_DEFINE:
    case AUTHORITY_EPOCH:
    case AUTHORITY_PLAIN:
    case AUTHORITY_SUSPEND:
    case AUTHORITY_LIFT:
    case AUTHORITY_PARDON:
    case AUTHORITY_COUNCIL:
    case AUTHORITY_UNLINK:
        return STATUS_OK;
    }
    forks_vote(a, n, op, fork_rank(o->level, o->verb == AUTHORITY_CHECKPOINT));
out:
    return status;
}

/* A PARDON of one's own operation counts at once, so undoing comes before doing. */
static enum status collect_level(struct ctx *cx, const struct authority *a, struct answers *n,
                                 int level)
{
    enum status status = STATUS_OK;
    const struct array *work = &n->of[ANSWER_WORK];

    for (size_t i = 0; i < work->count; i++) {
        uint32_t op = *ITEM(*work, uint32_t, i);
        uint8_t verb = op_at(a, op)->verb;
        if (verdict_at(n, op)->reason == REASON_NONE &&
            (verb == AUTHORITY_PARDON || verb == AUTHORITY_LIFT)) {
            cuts_undo(a, n, op_at(a, op)->target, level);
        }
    }
    for (size_t i = 0; i < work->count; i++) {
        uint32_t op = *ITEM(*work, uint32_t, i);
        if (verdict_at(n, op)->reason == REASON_NONE) {
            TRY(collect(cx, a, n, op));
        }
    }
out:
    return status;
}

/* ---- as many grants as the role allows
 * ----------------------------------------------------------- */

static bool is_grant(const struct authority *a, const struct answers *n, uint32_t op)
{
    const struct op *o = op_at(a, op);
    return o->verb == AUTHORITY_GRANT && o->via != NONE && verdict_at(n, op)->reason == REASON_NONE;
}

static enum status limit_grants(struct ctx *cx, const struct authority *a, struct answers *n)
{
    enum status status = STATUS_OK;
    const struct array *work = &n->of[ANSWER_WORK];
    struct array *sorting = &n->of[ANSWER_SORTED];
    uint64_t rank = 0;

    sorting->count = 0;
    for (size_t i = 0; i < work->count && a->maxima; i++) {
        uint32_t op = *ITEM(*work, uint32_t, i);
        if (is_grant(a, n, op) && roles_grant_max(a, n, op_at(a, op)) != 0) {
            holding_at(n, op_at(a, op)->via)->limited = true;
        }
    }
    for (size_t i = 0; i < work->count && a->maxima; i++) {
        uint32_t op = *ITEM(*work, uint32_t, i);
        const struct op *o = op_at(a, op);
        if (is_grant(a, n, op) && holding_at(n, o->via)->limited) {
            TRY(answer_reserve(cx, n, ANSWER_SORTED, 1));
            *ITEM(*sorting, struct sorted, sorting->count++) =
                (struct sorted){.first = o->via,
                                .second = o->lamport,
                                .third = o->at.seq,
                                .id = &lane_at(a, o->at.lane)->device,
                                .op = op};
        }
    }
    answers_sort(n);
    for (size_t i = 0; i < sorting->count; i++) {
        const struct sorted *s = ITEM(*sorting, struct sorted, i);
        rank = i > 0 && s[-1].first == s->first ? rank + 1 : 0;
        uint32_t max = roles_grant_max(a, n, op_at(a, s->op));
        holding_at(n, op_at(a, s->op)->target)->over = max != 0 && rank >= max;
    }
out:
    return status;
}

static bool verb_reaches(uint8_t verb)
{
    return verb != AUTHORITY_LINK && verb != AUTHORITY_DEFINE && verb != AUTHORITY_EPOCH &&
           verb != AUTHORITY_PLAIN;
}

/* Judges, and leaves in ANSWER_WORK what has effect and reaches something. */
static enum status judge_level(struct ctx *cx, const struct authority *a, struct answers *n,
                               int level)
{
    enum status status = STATUS_OK;
    struct array *work = &n->of[ANSWER_WORK];

    work->count = 0;
    for (uint32_t i = a->ops_at[level + 1].first; i != NONE; i = op_at(a, i)->next_of_level) {
        if (op_at(a, i)->verb == AUTHORITY_UNLINK) {
            continue;
        }
        judge(a, n, i);
        if (verb_reaches(op_at(a, i)->verb) && verdict_at(n, i)->reason == REASON_NONE) {
            TRY(answer_reserve(cx, n, ANSWER_WORK, 1));
            *ITEM(*work, uint32_t, work->count++) = i;
        }
    }
out:
    return status;
}

enum status level_settle(struct ctx *cx, const struct authority *a, struct answers *n, int level)
{
    enum status status = STATUS_OK;

    for (uint32_t i = a->appointments_at[level + 1].first; i != NONE;
         i = appointment_at(a, i)->next_of_level) {
        support_settle(a, n, i);
    }
    for (uint32_t i = a->appointments_at[level + 1].first; i != NONE;
         i = appointment_at(a, i)->next_of_level) {
        TRY(holding_settle(cx, a, n, i));
    }
    TRY(judge_level(cx, a, n, level));
    suspend_level(a, n, level);
    TRY(collect_level(cx, a, n, level));
    TRY(limit_grants(cx, a, n));
out:
    return status;
}
