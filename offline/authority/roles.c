/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roles: what they permit, and which of them an entry is judged by. A REPLACE puts another role in
 * the place of the appointment's own for what stands beyond its cut; one that knew of an earlier
 * REPLACE, and is not junior to it, takes that one's place too. What remains applies together: all
 * permit or none does.
 *
 * Invariant: the ranges of a pair ascend by role and from, and those of one role do not touch, so
 * an entry is judged in the number of different roles, however many REPLACEs there are.
 */
#include "authority-int.h"

#include <stdlib.h>

static enum status role_check(struct ctx *cx, const struct authority_role *r)
{
    enum status status = STATUS_OK;

    if (r->role >= AUTHORITY_NUMBER_MAX) {
        FAIL(cx, STATUS_LIMIT, "authority: a role's number is too large");
    }
    if (r->grants_count > AUTHORITY_NUMBER_MAX || r->reads_count > AUTHORITY_NUMBER_MAX ||
        r->writes_count > AUTHORITY_NUMBER_MAX) {
        FAIL(cx, STATUS_LIMIT, "authority: a role with too many entries");
    }
out:
    return status;
}

enum status authority_role(struct ctx *cx, struct authority *a, const struct authority_role *r)
{
    enum status status = STATUS_OK;
    struct array *all = &a->facts[FACT_ROLES];

    TRY(role_check(cx, r));
    if (r->role < all->count && role_at(a, r->role)->known) {
        FAIL(cx, STATUS_DUPLICATE, "authority: a role was given twice");
    }
    TRY(array_reserve(cx, all, (size_t)r->role + 1, sizeof(struct role)));
    TRY(fact_reserve(cx, a, FACT_NUMBERS, r->grants_count + r->reads_count + r->writes_count));
    while (all->count <= r->role) {
        *role_at(a, (uint32_t)all->count++) = (struct role){0};
    }
    a->maxima = a->maxima || r->max != 0;
    *role_at(a, r->role) =
        (struct role){.known = true,
                      .rights = r->rights,
                      .max = r->max,
                      .grants = numbers_add(a, r->grants, r->grants_count, true),
                      .reads = numbers_add(a, r->reads, r->reads_count, true),
                      .writes = numbers_add(a, r->writes, r->writes_count, true)};
out:
    return status;
}

/* ---- which apply ----------------------------------------------------------------------------- */

/* The first of the pair's ranges from `at` on that is not before (role, from). */
static uint32_t range_lower(const struct answers *n, const struct pair *p, uint32_t at,
                            uint32_t role, uint32_t from)
{
    uint32_t low = at, high = p->ranges_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct range *r = range_at(n, p->ranges + middle);
        if (r->role < role || (r->role == role && r->from < from)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool role_next(const struct authority *a, const struct answers *n, struct role_walk *w,
               uint32_t *ret)
{
    while (w->pair != NULL && w->at < w->pair->ranges_count) {
        uint32_t role = range_at(n, w->pair->ranges + w->at)->role;
        uint32_t behind = range_lower(n, w->pair, w->at, role, w->seq + 1);
        bool applies = behind > w->at && range_at(n, w->pair->ranges + behind - 1)->until > w->seq;
        w->at = range_lower(n, w->pair, behind, role + 1, 0);
        if (applies) {
            w->told = true;
            *ret = role;
            return true;
        }
    }
    if (w->told) {
        return false;
    }
    w->told = true;
    *ret = appointment_at(a, w->appointment)->role;
    return true;
}

/* ---- what REPLACEs make of an appointment ------------------------------------------------------
 */

static int compare_spans(const void *x, const void *y)
{
    const struct span *a = x, *b = y;
    return a->op < b->op ? -1 : a->op > b->op;
}

static struct span *span_of(const struct array *spans, uint32_t op)
{
    size_t low = 0, high = spans->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ITEM(*spans, struct span, middle)->op < op) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    struct span *s = ITEM(*spans, struct span, low);
    return low < spans->count && s->op == op ? s : NULL;
}

/* Each REPLACE of the list applies from behind its cut up to where one that knew of it begins. */
static enum status spans_make(struct ctx *cx, const struct authority *a, struct answers *n,
                              uint32_t list, uint32_t lane)
{
    enum status status = STATUS_OK;
    struct array *spans = &n->of[ANSWER_SPANS];

    spans->count = 0;
    for (uint32_t op = list; op != NONE; op = verdict_at(n, op)->next) {
        TRY(answer_reserve(cx, n, ANSWER_SPANS, 1));
        uint32_t cap = lane == NONE ? 0 : op_prefix(a, op_at(a, op), lane);
        *ITEM(*spans, struct span, spans->count++) =
            (struct span){.op = op, .from = cap + 1, .until = SEQ_ALL};
    }
    qsort(spans->items, spans->count, sizeof(struct span), compare_spans);
    for (size_t i = 0; i < spans->count; i++) {
        const struct span *later = ITEM(*spans, struct span, i);
        const struct op *o = op_at(a, later->op);
        for (uint32_t k = 0; k < o->numbers.count; k++) {
            struct span *earlier = span_of(spans, numbers_at(a, o->numbers)[k]);
            if (earlier != NULL && o->level <= op_at(a, earlier->op)->level &&
                later->from < earlier->until) {
                earlier->until = later->from;
            }
        }
    }
out:
    return status;
}

static int compare_ranges(const void *x, const void *y)
{
    const struct range *a = x, *b = y;
    if (a->role != b->role) {
        return a->role < b->role ? -1 : 1;
    }
    return a->from < b->from ? -1 : a->from > b->from;
}

enum status roles_replace(struct ctx *cx, const struct authority *a, struct answers *n,
                          uint32_t appointment, uint32_t lane, struct pair *p)
{
    enum status status = STATUS_OK;
    const struct array *spans = &n->of[ANSWER_SPANS];
    struct array *ranges = &n->of[ANSWER_RANGES];

    if (holding_at(n, appointment)->replaces == NONE) {
        return STATUS_OK;
    }
    TRY(spans_make(cx, a, n, holding_at(n, appointment)->replaces, lane));
    TRY(answer_reserve(cx, n, ANSWER_RANGES, spans->count));
    struct range *to = ITEM(*ranges, struct range, ranges->count);
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < spans->count; i++) {
        const struct span *s = ITEM(*spans, struct span, i);
        if (s->from < s->until) {
            to[count++] =
                (struct range){.role = op_at(a, s->op)->role, .from = s->from, .until = s->until};
        }
    }
    qsort(to, count, sizeof *to, compare_ranges);
    for (size_t i = 0; i < count; i++) {
        struct range *last = kept == 0 ? NULL : &to[kept - 1];
        if (last != NULL && last->role == to[i].role && to[i].from <= last->until) {
            last->until = to[i].until > last->until ? to[i].until : last->until;
        } else {
            to[kept++] = to[i];
        }
    }
    p->ranges = (uint32_t)ranges->count;
    p->ranges_count = (uint32_t)kept;
    ranges->count += kept;
out:
    return status;
}

/* ---- what they permit ------------------------------------------------------------------------ */

static uint32_t rights_needed(uint8_t verb)
{
    switch ((enum authority_verb)verb) {
    case AUTHORITY_GRANT:
    case AUTHORITY_DEFINE:
        return RIGHT_APPOINT;
    case AUTHORITY_REVOKE:
    case AUTHORITY_REMOVE:
    case AUTHORITY_DEVCUT:
    case AUTHORITY_PARDON:
    case AUTHORITY_PIN:
    case AUTHORITY_CHECKPOINT:
        return RIGHT_REMOVE;
    case AUTHORITY_REPLACE:
    case AUTHORITY_REATTACH:
        return RIGHT_APPOINT | RIGHT_REMOVE;
    case AUTHORITY_SUSPEND:
    case AUTHORITY_LIFT:
        return RIGHT_SUSPEND;
    case AUTHORITY_LINK:
    case AUTHORITY_EPOCH:
    case AUTHORITY_PLAIN:
    case AUTHORITY_COUNCIL:
    case AUTHORITY_UNLINK:
        break;
    }
    return 0;
}

static bool role_gives(const struct authority *a, const struct role *r, uint32_t role)
{
    return r->grants.count == 0 || numbers_hold(a, r->grants, role);
}

/* Whether the appointment a REVOKE is about hangs on the one it is said under. What somebody senior
 * has reattached is not the giver's any more. */
static bool op_gave(const struct authority *a, const struct answers *n, const struct op *o)
{
    uint32_t i = o->target;

    while (holding_at(n, i)->reattach >= o->level && appointment_at(a, i)->by != NONE) {
        i = appointment_at(a, i)->by; /* at most 15: levels grow */
        if (i == o->via) {
            return true;
        }
    }
    return false;
}

static bool role_permits(const struct authority *a, const struct answers *n, const struct role *r,
                         const struct op *o)
{
    uint32_t needed = rights_needed(o->verb);

    if ((r->rights & needed) != needed) { /* who gave may take back */
        return o->verb == AUTHORITY_REVOKE && (r->rights & RIGHT_APPOINT) != 0 && op_gave(a, n, o);
    }
    if (o->verb == AUTHORITY_GRANT || o->verb == AUTHORITY_REPLACE) {
        return role_gives(a, r, o->role);
    }
    if (o->verb == AUTHORITY_REATTACH) { /* else a way around grants and max */
        return r->max == 0 && role_gives(a, r, appointment_at(a, o->target)->role);
    }
    if (o->verb == AUTHORITY_EPOCH) {
        return o->target == AUTHORITY_CONTROL || numbers_hold(a, r->writes, o->target);
    }
    return true;
}

bool roles_permit(const struct authority *a, const struct answers *n, const struct op *o)
{
    struct role_walk w = {
        .pair = pair_of(a, n, o->via, o->at.lane), .appointment = o->via, .seq = o->at.seq};
    uint32_t role;

    while (role_next(a, n, &w, &role)) {
        if (!role_permits(a, n, role_at(a, role), o)) {
            return false;
        }
    }
    return true;
}

bool roles_remove(const struct authority *a, const struct answers *n, const struct op *o)
{
    struct role_walk w = {
        .pair = pair_of(a, n, o->via, o->at.lane), .appointment = o->via, .seq = o->at.seq};
    uint32_t role;

    while (role_next(a, n, &w, &role)) {
        if ((role_at(a, role)->rights & RIGHT_REMOVE) == 0) {
            return false;
        }
    }
    return true;
}

uint32_t roles_grant_max(const struct authority *a, const struct answers *n, const struct op *o)
{
    struct role_walk w = {
        .pair = pair_of(a, n, o->via, o->at.lane), .appointment = o->via, .seq = o->at.seq};
    uint32_t role, least = 0;

    while (o->via != NONE && role_next(a, n, &w, &role)) {
        uint32_t max = role_at(a, role)->max;
        least = max != 0 && (least == 0 || max < least) ? max : least;
    }
    return least;
}
