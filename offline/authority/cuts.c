/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts: what removals leave. Several cuts on one thing leave what all of them leave: the last entry
 * before all on the device's tree (on two branches that is where they part, not the smaller
 * number).
 *
 * Only cuts that hold are taken in: a PARDON is never junior to what it pardons, so it is known
 * when the level of the removal is collected. UNLINKs are the exception: the member's own word
 * counts at every level, and for entries of level L until somebody of a level below L pardons it.
 *
 * Invariants: a cutset is folded in the order of (level, ref), so what it leaves and who is named
 * for it do not depend on the order of arrival. A meet with seq 0 stays, to say who did it.
 */
#include "authority-int.h"

void bound_lower(struct bound *b, uint32_t cap, enum reason reason, uint32_t by)
{
    if (cap < b->cap) {
        *b = (struct bound){.cap = cap, .by = by, .reason = (uint8_t)reason};
    }
}

void bound_take(const struct authority *a, struct bound *least, uint32_t cap, enum reason reason,
                uint32_t op)
{
    const struct op *o = op_at(a, op);
    const struct op *other = least->by == NONE ? NULL : op_at(a, least->by);
    bool before = other == NULL || o->level < other->level ||
                  (o->level == other->level && o->ref < other->ref);

    if (cap < least->cap || (cap == least->cap && before)) {
        *least = (struct bound){.cap = cap, .by = op, .reason = (uint8_t)reason};
    }
}

/* ---- cutsets --------------------------------------------------------------------------------- */

enum status cutset_add(struct ctx *cx, struct answers *n, struct cutset *s, uint32_t op)
{
    enum status status = STATUS_OK;

    TRY(answer_reserve(cx, n, ANSWER_LINKS, 1));
    uint32_t link = (uint32_t)n->of[ANSWER_LINKS].count++;
    *link_at(n, link) = (struct link){.op = op, .next = s->ops};
    s->ops = link;
    s->count++;
out:
    return status;
}

static enum status fold_first(struct ctx *cx, const struct authority *a, struct answers *n,
                              struct cutset *s, uint32_t op)
{
    enum status status = STATUS_OK;
    const struct op *o = op_at(a, op);

    TRY(answer_reserve(cx, n, ANSWER_MEETS, o->points_count));
    s->first = op;
    s->meets = answer_count(n, ANSWER_MEETS);
    s->meets_count = o->points_count;
    for (uint32_t i = 0; i < o->points_count; i++) {
        struct spot spot = *spot_at(a, o->points + i);
        *meet_at(n, s->meets + i) =
            (struct meet){.family = lane_at(a, spot.lane)->family, .by = op, .spot = spot};
    }
    n->of[ANSWER_MEETS].count += o->points_count;
out:
    return status;
}

static void fold_next(const struct authority *a, struct answers *n, struct cutset *s, uint32_t op)
{
    for (uint32_t i = 0; i < s->meets_count; i++) {
        struct meet *m = meet_at(n, s->meets + i);
        uint32_t count;
        uint32_t at = op_points_of(a, op_at(a, op), m->family, &count);
        struct spot left = {.lane = m->spot.lane};
        if (m->spot.seq == 0) {
            continue;
        }
        if (count > 0) {
            left = spot_meet(a, m->spot, *spot_at(a, at));
        }
        if (left.lane != m->spot.lane || left.seq < m->spot.seq) {
            m->spot = left;
            m->by = op;
        }
    }
}

enum status cutset_fold(struct ctx *cx, const struct authority *a, struct answers *n,
                        struct cutset *s)
{
    enum status status = STATUS_OK;
    struct array *sorting = &n->of[ANSWER_SORTED];
    uint32_t link = s->ops;

    sorting->count = 0;
    TRY(answer_reserve(cx, n, ANSWER_SORTED, s->count - s->folded));
    for (uint32_t i = s->folded; i < s->count; i++, link = link_at(n, link)->next) {
        const struct op *o = op_at(a, link_at(n, link)->op);
        *ITEM(*sorting, struct sorted, sorting->count++) = (struct sorted){
            .first = (uint64_t)(o->level + 1), .second = o->ref, .op = link_at(n, link)->op};
    }
    answers_sort(n);
    for (size_t i = 0; i < sorting->count; i++) {
        uint32_t op = ITEM(*sorting, struct sorted, i)->op;
        if (s->folded == 0) {
            TRY(fold_first(cx, a, n, s, op));
        } else {
            fold_next(a, n, s, op);
        }
        s->folded++;
    }
out:
    return status;
}

uint32_t cutset_prefix(const struct authority *a, const struct answers *n, const struct cutset *s,
                       uint32_t lane, uint32_t *ret_by)
{
    uint32_t family = lane_at(a, lane)->family, low = 0, high = s->meets_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (meet_at(n, s->meets + middle)->family < family) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    /* there is no array before the first cut that names anything */
    if (low == s->meets_count || meet_at(n, s->meets + low)->family != family) {
        *ret_by = s->first;
        return 0;
    }
    const struct meet *m = meet_at(n, s->meets + low);
    *ret_by = m->by;
    return lane_prefix(a, m->spot, lane);
}

static enum status bound_by_cutset(struct ctx *cx, const struct authority *a, struct answers *n,
                                   struct cutset *s, uint32_t lane, enum reason reason,
                                   struct bound *b)
{
    enum status status = STATUS_OK;
    uint32_t by = NONE;

    if (lane != NONE) {
        TRY(cutset_fold(cx, a, n, s));
        uint32_t cap = cutset_prefix(a, n, s, lane, &by);
        bound_lower(b, cap, reason, by);
    }
out:
    return status;
}

/* ---- who is covered -------------------------------------------------------------------------- */

/* A senior REATTACH takes an appointment out of what its grantors are charged with. */
static void bound_by_cascades(const struct authority *a, const struct answers *n, uint32_t grantor,
                              int reattach, uint32_t lane, struct bound *b, bool *ret_covered)
{
    struct bound least = {.cap = SEQ_ALL, .by = NONE};

    for (uint32_t i = holding_at(n, grantor)->cascade.ops; i != NONE; i = link_at(n, i)->next) {
        uint32_t op = link_at(n, i)->op;
        if (op_at(a, op)->level <= reattach) {
            *ret_covered = true;
            if (lane != NONE) {
                bound_take(a, &least, op_prefix(a, op_at(a, op), lane), REASON_CASCADE, op);
            }
        }
    }
    if (least.by != NONE) {
        bound_lower(b, least.cap, least.reason, least.by);
    }
}

static enum status bound_revoked(struct ctx *cx, const struct authority *a, struct answers *n,
                                 uint32_t appointment, uint32_t lane, struct bound *b,
                                 bool *ret_covered)
{
    enum status status = STATUS_OK;
    struct holding *h = holding_at(n, appointment);

    if (h->own.count > 0) {
        *ret_covered = true;
        TRY(bound_by_cutset(cx, a, n, &h->own, lane, REASON_REVOKED, b));
    }
    int reattach = LEVEL_NEVER;
    for (uint32_t i = appointment;
         appointment_at(a, i)->by != NONE;) { /* at most 15: levels grow */
        reattach = holding_at(n, i)->reattach < reattach ? holding_at(n, i)->reattach : reattach;
        i = appointment_at(a, i)->by;
        struct cutset *s = &holding_at(n, i)->cascade;
        if (s->count > 0 && reattach < AUTHORITY_LEVELS) {
            bound_by_cascades(a, n, i, reattach, lane, b, ret_covered);
        } else if (s->count > 0) {
            *ret_covered = true;
            TRY(bound_by_cutset(cx, a, n, s, lane, REASON_CASCADE, b));
        }
    }
out:
    return status;
}

/* ---- devices --------------------------------------------------------------------------------- */

static void bound_unlinked(const struct authority *a, const struct answers *n, uint32_t lane,
                           int level, struct bound *b)
{
    struct bound least = {.cap = SEQ_ALL, .by = NONE};

    for (uint32_t op = device_at(n, lane_at(a, lane)->family)->unlinks; op != NONE;
         op = verdict_at(n, op)->next) {
        if (verdict_at(n, op)->undone >= level) {
            bound_take(a, &least, op_prefix(a, op_at(a, op), lane), REASON_UNLINKED, op);
        }
    }
    if (least.by != NONE) {
        bound_lower(b, least.cap, least.reason, least.by);
    }
}

uint32_t cuts_unlink(const struct answers *n, uint32_t family, int level)
{
    uint32_t op = device_at(n, family)->unlinks;
    while (op != NONE && verdict_at(n, op)->undone < level) {
        op = verdict_at(n, op)->next;
    }
    return op;
}

enum status cuts_bound(struct ctx *cx, const struct authority *a, struct answers *n,
                       uint32_t appointment, uint32_t lane, struct bound *b, bool *ret_covered)
{
    enum status status = STATUS_OK;
    bool covered = false, device = false;

    TRY(bound_revoked(cx, a, n, appointment, lane, b, &covered));
    TRY(removals_bound(cx, a, n, appointment, lane, b, &covered));
    if (lane != NONE) {
        struct device *d = device_at(n, lane_at(a, lane)->family);
        device = d->cuts.count > 0;
        if (device) {
            TRY(bound_by_cutset(cx, a, n, &d->cuts, lane, REASON_DEVICE_CUT, b));
        }
        if (!covered && !device) { /* a senior's cut says what counts, not a root that was stolen */
            bound_unlinked(a, n, lane, appointment_at(a, appointment)->level, b);
        }
    }
    *ret_covered = covered;
out:
    return status;
}

/* ---- undoing --------------------------------------------------------------------------------- */

static bool same_word(const struct authority *a, const struct op *x, const struct op *y)
{
    bool none = x->points_count == 0 || spot_at(a, x->points)->seq == 0;
    bool other_none = y->points_count == 0 || spot_at(a, y->points)->seq == 0;

    if (none || other_none) {
        return none == other_none;
    }
    const struct spot *p = spot_at(a, x->points), *q = spot_at(a, y->points);
    return p->lane == q->lane && p->seq == q->seq;
}

/* An UNLINK is named by what it says: whoever carries the word again carries a pardoned one. */
void cuts_undo(const struct authority *a, struct answers *n, uint32_t target, int level)
{
    const struct op *o = op_at(a, target);
    struct verdict *v = verdict_at(n, target);

    if (o->verb != AUTHORITY_UNLINK) {
        v->undone = level < v->undone ? (int16_t)level : v->undone;
        return;
    }
    for (uint32_t op = device_at(n, o->target)->unlinks; op != NONE; op = verdict_at(n, op)->next) {
        v = verdict_at(n, op);
        if (same_word(a, o, op_at(a, op)) && level < v->undone) {
            v->undone = (int16_t)level;
        }
    }
}
