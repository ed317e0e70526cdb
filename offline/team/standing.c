/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who stands where, as the rest of the room asks it: which compartments there are, who reads and
 * writes them, which epochs count. The one place where the rules for keys meet the rules for power:
 * whatever decides about power changes these answers and says standing_changed().
 */
#include <string.h>

#include "lanes-int.h"

size_t compartment_count(const struct team *t)
{
    return t->shown_compartments.count;
}

const uint8_t *compartment_tag(const struct team *t, size_t i)
{
    return ((const struct compartment *)t->shown_compartments.at[i])->pub.tag;
}

bool compartment_is_control(const struct team *t, const uint8_t tag[static COMPARTMENT_BYTES])
{
    return memcmp(tag, t->control, COMPARTMENT_BYTES) == 0;
}

bool compartment_known(const struct team *t, const struct clock *past,
                       const uint8_t tag[static COMPARTMENT_BYTES])
{
    const struct compartment *c = compartment_by_tag(t, tag);
    return c != NULL && c->known && places_known(t, past, &c->places);
}

bool role_reads(const struct team *t, const struct role *r,
                const uint8_t tag[static COMPARTMENT_BYTES])
{
    return compartment_is_control(t, tag) || role_lists(r, tag, ACCESS_READ);
}

/* [AUTH-61] of one member's devices the first sixteen that were linked read; concurrent LINKs may
 * be more. */
static bool among_the_first(const struct team *t, const struct device *d)
{
    size_t before = 0;
    for (size_t i = 0; i < t->devices.count; i++) {
        const struct device *other = t->devices.at[i];
        if (other == d || !other->linked || !id_equal(&other->pub.member, &d->pub.member) ||
            id_equal(&other->pub.id, &d->pub.id) ||
            !authority_lane_in_use(t->authority, lane_in_force(t, other)->pub.ix)) {
            continue;
        }
        before += other->linked_lamport < d->linked_lamport ||
                  (other->linked_lamport == d->linked_lamport &&
                   id_compare(&other->pub.id, &d->pub.id) < 0);
    }
    return before < DEVICES_PER_MEMBER_MAX;
}

static const struct member *standing_of(const struct team *t, const struct device *d)
{
    d = d->of;
    if (!d->linked || t->council.count == 0 ||
        !authority_lane_in_use(t->authority, lane_in_force(t, d)->pub.ix) ||
        !among_the_first(t, d)) {
        return NULL;
    }
    return member_by_id(t, &d->pub.member);
}

bool device_reads(const struct team *t, const struct device *d,
                  const uint8_t tag[static COMPARTMENT_BYTES])
{
    const struct member *m = standing_of(t, d);
    const struct compartment *c = compartment_by_tag(t, tag);
    return m != NULL && c != NULL && authority_reads(t->authority, m->number, c->number);
}

bool device_writes(const struct team *t, const struct device *d,
                   const uint8_t tag[static COMPARTMENT_BYTES])
{
    const struct member *m = standing_of(t, d);
    const struct compartment *c = compartment_by_tag(t, tag);
    return m != NULL && c != NULL && authority_writes(t->authority, m->number, c->number);
}

bool epoch_effective(const struct team *t, const struct epoch *e)
{
    bool effective = false;
    for (size_t i = 0; i + 8 <= e->refs.len && !effective; i += 8) {
        effective = authority_effective(t->authority, get_u64le(e->refs.ptr + i));
    }
    return effective;
}

void standing_changed(struct team *t)
{
    t->standing++;
}
