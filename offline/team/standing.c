/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who stands where, as the rest of the room asks it: which compartments there are, who reads and
 * writes them, which epochs count. The one place where the rules for keys meet the rules for power:
 * whatever decides about power changes these answers and says standing_changed().
 */
#include <string.h>

#include "team-int.h"

size_t compartment_count(const struct team *t)
{
    (void)t;
    return 2;
}

const uint8_t *compartment_tag(const struct team *t, size_t i)
{
    return i == 0 ? t->control : t->data;
}

bool compartment_is_control(const struct team *t, const uint8_t tag[static COMPARTMENT_BYTES])
{
    return memcmp(tag, t->control, COMPARTMENT_BYTES) == 0;
}

bool compartment_known(const struct team *t, const struct clock *past,
                       const uint8_t tag[static COMPARTMENT_BYTES])
{
    bool known = false;
    (void)past; /* all of them stand in the founding operation */
    for (size_t i = 0; i < compartment_count(t); i++) {
        known = known || memcmp(tag, compartment_tag(t, i), COMPARTMENT_BYTES) == 0;
    }
    return known;
}

bool role_reads(const struct team *t, const struct role *r,
                const uint8_t tag[static COMPARTMENT_BYTES])
{
    return compartment_is_control(t, tag) || r->pub.reads_team;
}

/* The role a device acts by; NULL when it is not in. */
static const struct team_role *role_of(const struct team *t, const struct device *d)
{
    const struct member *m = d->linked ? member_by_id(t, &d->pub.member) : NULL;
    return m == NULL ? NULL : m->pub.role;
}

bool device_reads(const struct team *t, const struct device *d,
                  const uint8_t tag[static COMPARTMENT_BYTES])
{
    const struct team_role *role = role_of(t, d);
    return role != NULL && (compartment_is_control(t, tag) || role->reads_team);
}

bool device_writes(const struct team *t, const struct device *d,
                   const uint8_t tag[static COMPARTMENT_BYTES])
{
    const struct team_role *role = role_of(t, d);
    return role != NULL && (compartment_is_control(t, tag) || role->verbs != 0);
}

bool epoch_effective(const struct team *t, const struct epoch *e)
{
    bool effective = false;
    for (size_t i = 0; i < e->places.count && !effective; i++) {
        const struct device *author = device_by_ix(t, e->places.at[i].ix);
        effective = author != NULL && device_writes(t, author, e->compartment);
    }
    return effective;
}

void standing_changed(struct team *t)
{
    t->standing++;
}
