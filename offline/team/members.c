/* SPDX-License-Identifier: Apache-2.0 */
/*
 * People, machines, roles and appointments as the charter has them, and how the rooms above look
 * them up. Objects are made once and found again by id after a reload, so that a pointer the door
 * handed out stays good until team_close().
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

/* ---- members ---- */

struct member *member_by_id(const struct team *t, const struct id *id)
{
    for (size_t i = 0; i < t->members.count; i++) {
        struct member *m = t->members.at[i];
        if (id_equal(&m->pub.id, id)) {
            return m;
        }
    }
    return NULL;
}

static enum status name_take(struct ctx *cx, struct buf *name, text from, text *view)
{
    enum status status = STATUS_OK;
    buf_clear(name);
    TRY(buf_add_text(cx, name, from));
    *view = buf_text(name);
out:
    return status;
}

enum status member_make(struct ctx *cx, struct team *t, const uint8_t root_pk[static 32], text name,
                        struct member **ret)
{
    enum status status = STATUS_OK;
    struct id id;
    void *memory = NULL;

    member_id(root_pk, &id);
    struct member *m = member_by_id(t, &id);
    if (m == NULL) {
        TRY(mem_new(cx, 1, sizeof *m, &memory));
        m = memory;
        buf_init(&m->name, NAME_BYTES_MAX);
        m->pub.id = id;
        memcpy(m->root_pk, root_pk, 32);
        TRY(pointers_add(cx, &t->members, m));
        memory = NULL;
    }
    if (!m->known) { /* the first name stays: GRANTs are walked in causal order */
        TRY(name_take(cx, &m->name, name, &m->pub.name));
        m->known = true;
    }
    *ret = m;
out:
    free(memory);
    return status;
}

size_t team_member_count(const struct team *t)
{
    return t->shown_members.count;
}

const struct team_member *team_member_at(const struct team *t, size_t i)
{
    MUST(i < t->shown_members.count);
    return &((const struct member *)t->shown_members.at[i])->pub;
}

text team_member_name(const struct team *t, const struct id *id)
{
    const struct member *m = member_by_id(t, id);
    return m == NULL || !m->known ? TEXT("?") : m->pub.name;
}

const struct team_member *team_member_by_id(const struct team *t, const struct id *id)
{
    const struct member *m = member_by_id(t, id);
    return m != NULL && m->known && m->pub.role != NULL ? &m->pub : NULL;
}

const struct team_member *team_me(const struct team *t)
{
    if (t->self == NULL || !t->self->linked) {
        return NULL;
    }
    return team_member_by_id(t, &t->self->pub.member);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* Letter case of ASCII only: enough to type a name, and never a guess about other scripts. */
static bool starts_folded(text whole, text prefix)
{
    if (prefix.len > whole.len) {
        return false;
    }
    for (size_t i = 0; i < prefix.len; i++) {
        if (lower((uint8_t)whole.ptr[i]) != lower((uint8_t)prefix.ptr[i])) {
            return false;
        }
    }
    return true;
}

static enum status name_choices(struct ctx *cx, const struct team *t, text name)
{
    enum status status = STATUS_OK;
    struct buf choices;
    buf_init(&choices, FAULT_TEXT_MAX);
    for (size_t i = 0; i < t->shown_members.count; i++) {
        text other = team_member_at(t, i)->name;
        if (starts_folded(other, name) &&
            buf_printf(cx, &choices, "%s%.*s", choices.len > 0 ? ", " : "", (int)other.len,
                       other.ptr) != STATUS_OK) {
            fault_clear(cx); /* the list is long; what fits is shown */
            break;
        }
    }
    status =
        fault_set(cx, STATUS_AMBIGUOUS, __FILE__, __LINE__, "'%.*s' fits several members: %.*s",
                  (int)name.len, name.ptr, (int)choices.len, (const char *)choices.ptr);
    buf_finish(&choices);
    return status;
}

enum status team_member_find(struct ctx *cx, const struct team *t, text name,
                             const struct team_member **ret)
{
    enum status status = STATUS_OK;
    const struct team_member *found = NULL;
    size_t exact = 0, prefix = 0;

    if (text_equal(name, TEXT("me")) && team_me(t) != NULL) {
        *ret = team_me(t);
        return STATUS_OK;
    }
    for (size_t i = 0; i < t->shown_members.count && name.len > 0; i++) {
        const struct team_member *m = team_member_at(t, i);
        if (!starts_folded(m->name, name)) {
            continue;
        }
        bool whole = m->name.len == name.len;
        prefix++;
        exact += whole;
        if (found == NULL || (whole && exact == 1)) {
            found = m;
        }
    }
    if (prefix == 0) {
        FAIL(cx, STATUS_NOT_FOUND, "no member is called '%.*s'", (int)name.len, name.ptr);
    }
    if (exact > 1 || (exact == 0 && prefix > 1)) {
        return name_choices(cx, t, name);
    }
    *ret = found;
out:
    return status;
}

void team_member_verified(struct ctx *cx, struct team *t, const struct id *member, bool verified)
{
    struct stmt *s = NULL;
    struct member *m = member_by_id(t, member);
    enum status status =
        stmt_use(cx, t->v, verified ? STMT_TEAM_VERIFIED_PUT : STMT_TEAM_VERIFIED_DELETE, &s);
    if (status == STATUS_OK) {
        stmt_bind_int(s, 1, t->key);
        stmt_bind_bytes(s, 2, BYTES_OF(member->b));
        status = stmt_run(cx, s);
    }
    if (status == STATUS_OK && m != NULL) {
        m->pub.verified = verified;
    }
}

/* ---- roles ---- */

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

enum status role_by_name(struct ctx *cx, const struct team *t, text name, struct role **ret)
{
    enum status status = STATUS_OK;
    struct buf names;

    buf_init(&names, FAULT_TEXT_MAX);
    for (size_t i = 0; i < t->roles.count; i++) {
        struct role *r = t->roles.at[i];
        if (!r->known) {
            continue;
        }
        if (text_equal(r->pub.name, name)) {
            *ret = r;
            goto out;
        }
        if (buf_printf(cx, &names, "%s%.*s", names.len > 0 ? ", " : "", (int)r->pub.name.len,
                       r->pub.name.ptr) != STATUS_OK) {
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

enum status role_make(struct ctx *cx, struct team *t, bytes encoded, struct place place)
{
    enum status status = STATUS_OK;
    struct role_row row;
    struct id id;
    void *memory = NULL;

    TRY(role_row_parse(cx, encoded, &row));
    role_row_id(encoded, &id);
    struct role *r = role_by_id(t, &id);
    if (r == NULL) {
        TRY(mem_new(cx, 1, sizeof *r, &memory));
        r = memory;
        buf_init(&r->name, NAME_BYTES_MAX);
        r->pub.id = id;
        TRY(pointers_add(cx, &t->roles, r));
        memory = NULL;
    }
    if (!r->known) {
        TRY(name_take(cx, &r->name, row.name, &r->pub.name));
        r->pub.verbs = (uint32_t)row.verbs;
        r->pub.rights = row.may_grant ? 1 : 0;
        r->pub.may_grant = row.may_grant;
        r->pub.reads_team = row.reads_team;
        r->known = true;
    }
    TRY(places_add(cx, &r->places, place));
out:
    free(memory);
    return status;
}

/* ---- appointments ---- */

struct appointment *appointment_by_id(const struct team *t, const struct id *id,
                                      const struct id *member)
{
    for (size_t i = 0; i < t->appointments.count; i++) {
        struct appointment *a = t->appointments.at[i];
        if (id_equal(&a->id, id) && id_equal(&a->member, member)) {
            return a;
        }
    }
    return NULL;
}

const struct appointment *appointment_of(const struct team *t, struct device *d,
                                         const struct id *via)
{
    if (d->via == NULL || !id_equal(&d->via->id, via) ||
        !id_equal(&d->via->member, &d->pub.member)) {
        d->via = appointment_by_id(t, via, &d->pub.member);
    }
    return d->via;
}

enum status appointment_make(struct ctx *cx, struct team *t, const struct appointment *a)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    struct member *of = member_by_id(t, &a->member);

    MUST(of != NULL);
    if (appointment_by_id(t, &a->id, &a->member) != NULL) {
        return STATUS_OK;
    }
    TRY(mem_new(cx, 1, sizeof *a, &memory));
    memcpy(memory, a, sizeof *a);
    ((struct appointment *)memory)->of = of;
    TRY(pointers_add(cx, &t->appointments, memory));
    memory = NULL;
out:
    free(memory);
    return status;
}

/* The one a member acts by: highest rank, then the earliest in the log's order. */
static bool better(const struct appointment *a, const struct appointment *b)
{
    if (a->level != b->level) {
        return a->level < b->level;
    }
    if (a->lamport != b->lamport) {
        return a->lamport < b->lamport;
    }
    return id_compare(&a->id, &b->id) < 0;
}

static enum status verified_load(struct ctx *cx, struct team *t, struct member *m)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    if (m->verified_loaded || t->readonly) {
        return STATUS_OK;
    }
    TRY(stmt_use(cx, t->v, STMT_TEAM_VERIFIED_GET, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_bytes(s, 2, BYTES_OF(m->pub.id.b));
    TRY(stmt_step(cx, s, &row));
    stmt_reset(s);
    m->pub.verified = row;
    m->verified_loaded = true;
out:
    return status;
}

static enum status member_refresh(struct ctx *cx, struct team *t, struct member *m)
{
    enum status status = STATUS_OK;

    m->pub.role = m->best == NULL ? NULL : &m->best->role->pub;
    if (m->best == NULL) {
        return STATUS_OK;
    }
    m->pub.level = m->best->level;
    m->pub.appointment = m->best->id;
    m->pub.self = t->self != NULL && t->self->linked && id_equal(&t->self->pub.member, &m->pub.id);
    TRY(verified_load(cx, t, m));
    m->pub.verified = m->pub.verified || m->pub.self;
    TRY(pointers_add(cx, &t->shown_members, m));
out:
    return status;
}

static int compare_members(const void *a, const void *b)
{
    const struct member *x = *(const struct member *const *)a;
    const struct member *y = *(const struct member *const *)b;
    int order = bytes_compare(BYTES(x->pub.name.ptr, x->pub.name.len),
                              BYTES(y->pub.name.ptr, y->pub.name.len));
    return order != 0 ? order : id_compare(&x->pub.id, &y->pub.id);
}

enum status members_refresh(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;

    t->refresh_due = false;
    standing_changed(t);
    t->shown_members.count = 0;
    for (size_t i = 0; i < t->members.count; i++) {
        ((struct member *)t->members.at[i])->best = NULL;
    }
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *a = t->appointments.at[i];
        if (a->of->best == NULL || better(a, a->of->best)) {
            a->of->best = a;
        }
    }
    for (size_t i = 0; i < t->members.count; i++) {
        struct member *m = t->members.at[i];
        if (m->known) {
            TRY(member_refresh(cx, t, m));
        }
    }
    if (t->shown_members.count > 1) {
        qsort(t->shown_members.at, t->shown_members.count, sizeof(void *), compare_members);
    }
    TRY(devices_refresh(cx, t));
    compartments_refresh(t);
out:
    return status;
}
