/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roles: immutable rows named by their hash. Of several with one name the newest is meant; people
 * who hold an older one keep it until somebody gives them the new one (REPLACE).
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

struct role *role_by_id(const struct team *t, const struct id *id)
{
    for (size_t i = 0; i < t->roles.count; i++) {
        struct role *r = t->roles.at[i];
        if (id_equal(&r->pub.id, id)) {
            return r;
        }
    }
    return NULL;
}

bool role_has_power(const struct role *r)
{
    return (r->pub.rights & (RIGHT_APPOINT | RIGHT_REMOVE | RIGHT_SUSPEND)) != 0;
}

static bool newer(const struct role *a, const struct role *b)
{
    return b == NULL || a->lamport > b->lamport ||
           (a->lamport == b->lamport && id_compare(&a->pub.id, &b->pub.id) > 0);
}

/* The newest role of each name, in order of definition. */
size_t team_role_count(const struct team *t)
{
    return t->shown_roles.count;
}

const struct team_role *team_role_at(const struct team *t, size_t i)
{
    MUST(i < t->shown_roles.count);
    return &((const struct role *)t->shown_roles.at[i])->pub;
}

enum status roles_refresh(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;

    t->shown_roles.count = 0;
    for (size_t i = 0; i < t->roles.count; i++) {
        struct role *r = t->roles.at[i];
        bool shown = r->known;
        for (size_t k = 0; k < t->roles.count && shown; k++) {
            const struct role *other = t->roles.at[k];
            shown = other == r || !other->known || !text_equal(other->pub.name, r->pub.name) ||
                    newer(r, other);
        }
        if (shown) {
            TRY(pointers_add(cx, &t->shown_roles, r));
        }
    }
out:
    return status;
}

enum status role_by_name(struct ctx *cx, const struct team *t, text name, struct role **ret)
{
    enum status status = STATUS_OK;
    struct buf names;
    struct role *found = NULL;

    buf_init(&names, FAULT_TEXT_MAX);
    for (size_t i = 0; i < t->roles.count; i++) {
        struct role *r = t->roles.at[i];
        if (r->known && text_equal(r->pub.name, name) && newer(r, found)) {
            found = r;
        }
    }
    if (found != NULL) {
        *ret = found;
        goto out;
    }
    for (size_t i = 0; i < team_role_count(t); i++) {
        text other = team_role_at(t, i)->name;
        if (buf_printf(cx, &names, "%s%.*s", names.len > 0 ? ", " : "", (int)other.len,
                       other.ptr) != STATUS_OK) {
            fault_clear(cx);
        }
    }
    (void)fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "no role is called '%.*s'",
                    (int)name.len, name.ptr);
    status = fault_hint(cx, "the team's roles are %.*s", (int)names.len, (const char *)names.ptr);
out:
    buf_finish(&names);
    return status;
}

/* ---- handing a role to the authority room ---- */

struct role_lists {
    uint32_t grants[ROLES_PER_TEAM_MAX], reads[COMPARTMENTS_MAX], writes[COMPARTMENTS_MAX];
    size_t grants_count, reads_count, writes_count;
};

static enum status lists_make(struct ctx *cx, struct team *t, const struct role_row *row,
                              struct role_lists *l)
{
    enum status status = STATUS_OK;
    struct rows rows;
    struct id id;
    uint8_t tag[COMPARTMENT_BYTES];
    uint64_t access;

    rows_read(&rows, row->grants);
    while (l->grants_count < ROLES_PER_TEAM_MAX && rows_next_fixed(&rows, id.b, sizeof id.b)) {
        const struct role *r = role_by_id(t, &id);
        if (r != NULL) {
            l->grants[l->grants_count++] = r->number;
        }
    }
    rows_read(&rows, row->compartments);
    while (l->reads_count < COMPARTMENTS_MAX && rows_next_access(&rows, tag, &access)) {
        struct compartment *c = NULL;
        TRY(compartment_make(cx, t, tag, &c));
        l->reads[l->reads_count++] = c->number;
        if (access == ACCESS_WRITE) {
            l->writes[l->writes_count++] = c->number;
        }
    }
out:
    return status;
}

static enum status role_hand_over(struct ctx *cx, struct team *t, const struct role *r,
                                  const struct role_row *row)
{
    enum status status = STATUS_OK;
    struct role_lists l = {.grants_count = 0};

    TRY(lists_make(cx, t, row, &l));
    const struct authority_role role = {.role = r->number,
                                        .rights = r->pub.rights,
                                        .grants = l.grants,
                                        .grants_count = l.grants_count,
                                        .max = (uint32_t)row->max,
                                        .reads = l.reads,
                                        .writes = l.writes,
                                        .reads_count = l.reads_count,
                                        .writes_count = l.writes_count};
    TRY(authority_role(cx, t->authority, &role));
out:
    return status;
}

static bool row_gives(const struct role_row *row, const uint8_t tag[static COMPARTMENT_BYTES],
                      uint64_t wanted)
{
    struct rows rows;
    uint8_t other[COMPARTMENT_BYTES];
    uint64_t access;

    rows_read(&rows, row->compartments);
    while (rows_next_access(&rows, other, &access)) {
        if (memcmp(other, tag, COMPARTMENT_BYTES) == 0) {
            return access >= wanted;
        }
    }
    return false;
}

static enum status role_fill(struct ctx *cx, struct team *t, struct role *r, bytes encoded)
{
    enum status status = STATUS_OK;
    struct role_row row;

    buf_clear(&r->row);
    buf_clear(&r->name);
    TRY(buf_add(cx, &r->row, encoded));
    TRY(role_row_parse(cx, buf_view(&r->row), &row));
    TRY(buf_add_text(cx, &r->name, row.name));
    r->pub.name = buf_text(&r->name);
    r->pub.verbs = (uint32_t)row.verbs;
    r->pub.rights = (uint32_t)row.rights;
    r->pub.max = (uint32_t)row.max;
    r->pub.may_grant = (row.rights & RIGHT_APPOINT) != 0;
    r->pub.reads_team = row_gives(&row, t->data, ACCESS_READ);
    r->known = true;
    TRY(role_hand_over(cx, t, r, &row));
out:
    return status;
}

enum status role_make(struct ctx *cx, struct team *t, bytes encoded, struct place place,
                      uint64_t lamport, struct role **ret)
{
    enum status status = STATUS_OK;
    struct id id;
    void *memory = NULL;

    role_row_id(encoded, &id);
    struct role *r = role_by_id(t, &id);
    if (r == NULL) {
        TRY(mem_new(cx, 1, sizeof *r, &memory));
        r = memory;
        buf_init(&r->name, NAME_BYTES_MAX);
        buf_init(&r->row, 64 * KIB);
        r->pub.id = id;
        r->number = (uint32_t)t->roles.count;
        TRY(pointers_add(cx, &t->roles, r));
        memory = NULL;
    }
    if (!r->known) {
        TRY(role_fill(cx, t, r, encoded));
    }
    r->lamport = lamport > r->lamport ? lamport : r->lamport;
    TRY(places_add(cx, &r->places, place));
    if (ret != NULL) {
        *ret = r;
    }
out:
    free(memory);
    return status;
}

/* ---- what a role lets its holder do with data ---- */

static bool type_allows(bytes fields, uint64_t verbs, enum team_verb verb, text field)
{
    struct rows rows;
    text name;
    bool any = false;

    if ((verbs & (uint64_t)verb) == 0) {
        return false;
    }
    if ((verb != VERB_SET && verb != VERB_MOVE) || field.len == 0) {
        return true; /* a move is asked about by itself, then for each value it carries */
    }
    rows_read(&rows, fields);
    while (rows_next_text(&rows, &name)) {
        any = true;
        if (text_equal(name, field)) {
            return true;
        }
    }
    return !any; /* no list: every field */
}

bool role_allows(const struct role *r, const uint8_t compartment[static COMPARTMENT_BYTES],
                 enum team_verb verb, text type, text field)
{
    struct role_row row;
    struct rows types;
    text name;
    bytes fields;
    uint64_t verbs;

    if (!role_row_view(buf_view(&r->row), &row) || !row_gives(&row, compartment, ACCESS_WRITE)) {
        return false;
    }
    rows_read(&types, row.types);
    while (rows_next_type(&types, &name, &fields, &verbs)) {
        if (text_equal(name, type)) {
            return type_allows(fields, verbs, verb, field);
        }
    }
    return (row.verbs & (uint64_t)verb) != 0;
}

bool role_lists(const struct role *r, const uint8_t tag[static COMPARTMENT_BYTES], uint64_t access)
{
    struct role_row row;
    return role_row_view(buf_view(&r->row), &row) && row_gives(&row, tag, access);
}
