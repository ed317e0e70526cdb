/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes: which pairs of appointment and lane count differently than in the resolution before, and
 * from which entry on, so that ranges of data are judged again and not everything.
 */
#include "authority-int.h"

struct side {
    const struct answers *n;
    struct pair pair;
};

static uint64_t outside(uint32_t seq)
{
    return seq == SEQ_ALL ? AUTHORITY_ALL : seq;
}

static uint32_t smaller(uint32_t x, uint32_t y)
{
    return x < y ? x : y;
}

/* The first entry that is judged by other roles. Both lists ascend by role and from, so within a
 * role the first difference is the smallest. */
static uint32_t roles_differ(const struct side *was, const struct side *is)
{
    static const struct range none;
    uint32_t least = SEQ_ALL, i = 0, k = 0;

    while (i < was->pair.ranges_count || k < is->pair.ranges_count) {
        bool has_x = i < was->pair.ranges_count, has_y = k < is->pair.ranges_count;
        const struct range *x = has_x ? range_at(was->n, was->pair.ranges + i) : &none;
        const struct range *y = has_y ? range_at(is->n, is->pair.ranges + k) : &none;
        if (has_x && (!has_y || x->role < y->role)) {
            least = smaller(least, x->from);
            i++;
        } else if (has_y && (!has_x || y->role < x->role)) {
            least = smaller(least, y->from);
            k++;
        } else {
            if (x->from != y->from) {
                least = smaller(least, smaller(x->from, y->from));
            } else if (x->until != y->until) {
                least = smaller(least, smaller(x->until, y->until));
            }
            i++;
            k++;
        }
    }
    return least;
}

static enum status compare_pair(struct ctx *cx, uint32_t appointment, int64_t ix,
                                const struct side *was, const struct side *is, struct array *ret)
{
    enum status status = STATUS_OK;
    uint32_t old = was->pair.limit, fresh = is->pair.limit;
    uint32_t roles = roles_differ(was, is);

    if (roles > old && roles > fresh) {
        roles = SEQ_ALL; /* nothing that counted, or does, is judged by them */
    }
    if (old == fresh && roles == SEQ_ALL) {
        return STATUS_OK;
    }
    TRY(array_reserve(cx, ret, ret->count + 1, sizeof(struct authority_change)));
    uint32_t from = old == fresh ? roles : smaller(smaller(old, fresh) + 1, roles);
    *ITEM(*ret, struct authority_change, ret->count++) =
        (struct authority_change){.appointment = appointment,
                                  .ix = ix,
                                  .old_limit = outside(old),
                                  .new_limit = outside(fresh),
                                  .from = from,
                                  .roles_from = outside(roles)};
out:
    return status;
}

enum status changes_compare(struct ctx *cx, const struct authority *a, const struct answers *old,
                            const struct answers *fresh, uint32_t appointment, uint32_t first_slot,
                            struct array *ret)
{
    enum status status = STATUS_OK;
    const struct member *m = member_at(a, appointment_at(a, appointment)->member);

    for (uint32_t i = m->first_lane; i != NONE; i = lane_at(a, i)->next_of_member) {
        bool told = old != NULL && appointment < a->told_appointments && i < a->told_lanes;
        const struct pair *before = told ? pair_of(a, old, appointment, i) : NULL;
        const struct pair *now = pair_of(a, fresh, appointment, i);
        struct side was = {.n = before == NULL ? fresh : old, .pair = {.limit = SEQ_ALL}};
        struct side is = {.n = fresh, .pair = {.limit = SEQ_ALL}};
        if (lane_at(a, i)->slot < first_slot || now == NULL) {
            continue;
        }
        was.pair = before == NULL ? was.pair : *before;
        is.pair = *now;
        TRY(compare_pair(cx, appointment, lane_at(a, i)->ix, &was, &is, ret));
    }
out:
    return status;
}

enum status authority_changes_each(struct ctx *cx, struct authority *a,
                                   enum status (*visit)(void *self, struct ctx *cx,
                                                        const struct authority_change *c),
                                   void *self)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < a->changes.count; i++) {
        TRY(visit(self, cx, ITEM(a->changes, struct authority_change, i)));
    }
out:
    return status;
}
