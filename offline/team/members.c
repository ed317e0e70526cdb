/* SPDX-License-Identifier: Apache-2.0 */
/*
 * People, machines, roles and appointments as the charter has them, and how the rooms above look
 * them up. Objects are made once and found again by id after a reload, so that a pointer the door
 * handed out stays good until team_close().
 */
#include <stdlib.h>
#include <string.h>

#include "lanes-int.h"

enum { ROW_BYTES = 8 + 32 + 32 }; /* number, appointment, member */

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
        m->number = (uint32_t)t->members.count;
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

size_t team_former_count(const struct team *t)
{
    return t->former_members.count;
}

const struct team_member *team_former_at(const struct team *t, size_t i)
{
    MUST(i < t->former_members.count);
    return &((const struct member *)t->former_members.at[i])->pub;
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

enum status not_a_member(struct ctx *cx, const struct team *t)
{
    return fault_set(cx, STATUS_DENIED, __FILE__, __LINE__, "this device is not a member of '%.*s'",
                     (int)t->name.len, (const char *)t->name.ptr);
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

/* ---- appointments ---- */

enum status appointment_rows_load(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    t->appointment_rows.len = 0;
    TRY(stmt_use(cx, t->v, STMT_TEAM_APPOINTMENT_LIST, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    while (row) {
        uint8_t *at = NULL;
        if (stmt_bytes(s, 1).len != 32 || stmt_bytes(s, 2).len != 32) {
            FAIL(cx, STATUS_INTEGRITY, "the number of an appointment is damaged");
        }
        TRY(buf_extend(cx, &t->appointment_rows, ROW_BYTES, &at));
        put_u64le(at, (uint64_t)stmt_int(s, 0));
        memcpy(at + 8, stmt_bytes(s, 1).ptr, 32);
        memcpy(at + 40, stmt_bytes(s, 2).ptr, 32);
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status appointment_row(struct ctx *cx, struct team *t, struct appointment *a)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    uint8_t *at = NULL;

    for (size_t i = 0; i < t->appointment_rows.len; i += ROW_BYTES) {
        const uint8_t *row = t->appointment_rows.ptr + i;
        if (memcmp(row + 8, a->id.b, 32) == 0 && memcmp(row + 40, a->member.b, 32) == 0) {
            a->row = (int64_t)get_u64le(row);
            return STATUS_OK;
        }
    }
    if (t->readonly) {
        return STATUS_OK;
    }
    TRY(stmt_use(cx, t->v, STMT_TEAM_APPOINTMENT_INSERT, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_bytes(s, 2, BYTES_OF(a->id.b));
    stmt_bind_bytes(s, 3, BYTES_OF(a->member.b));
    TRY(stmt_run(cx, s));
    a->row = vault_last_rowid(t->v);
    TRY(buf_extend(cx, &t->appointment_rows, ROW_BYTES, &at));
    put_u64le(at, (uint64_t)a->row);
    memcpy(at + 8, a->id.b, 32);
    memcpy(at + 40, a->member.b, 32);
out:
    return status;
}

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

struct appointment *appointment_by_row(const struct team *t, int64_t row)
{
    for (size_t i = 0; i < t->appointments.count; i++) {
        struct appointment *a = t->appointments.at[i];
        if (row != 0 && a->row == row) {
            return a;
        }
    }
    return NULL;
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
    struct appointment *made = memory;
    *made = *a;
    made->of = of;
    TRY(appointment_row(cx, t, made));
    TRY(pointers_add(cx, &t->appointments, made));
    memory = NULL;
out:
    free(memory);
    return status;
}

bool appointment_known(const struct team *t, const struct clock *past, const struct appointment *a)
{
    if (past == NULL) {
        return true;
    }
    return a->state != NULL ? places_known(t, past, &a->state->places)
                            : clock_knows(t, past, a->place);
}

/* Supported and not taken away; a suspended member still has its appointments. */
bool appointment_in_force(const struct team *t, const struct appointment *a)
{
    struct authority_appointment now;
    authority_appointment_get(t->authority, a->number, &now);
    return now.active || (now.supported && !now.removed);
}

/* The one a member is shown by: one that is in force, then the highest rank, then the earliest. */
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

/* The role a next entry under the appointment would be judged by; the first, when replaced twice.
 */
const struct team_role *role_in_force(const struct team *t, const struct appointment *a)
{
    uint32_t number = a->role->number;
    for (size_t i = 0; i < t->devices.count; i++) {
        const struct device *d = t->devices.at[i];
        if (d->linked && id_equal(&d->pub.member, &a->member)) {
            const struct authority_point end = {.ix = lane_in_force(t, d)->pub.ix,
                                                .seq = UINT32_MAX - 1};
            (void)authority_roles_at(t->authority, a->number, end, &number, 1);
            break;
        }
    }
    MUST(number < t->roles.count);
    return &((const struct role *)t->roles.at[number])->pub;
}

static enum status member_refresh(struct ctx *cx, struct team *t, struct member *m)
{
    enum status status = STATUS_OK;

    m->pub.suspended = authority_suspended(t->authority, m->number);
    m->pub.role = m->best == NULL ? NULL : role_in_force(t, m->best);
    if (m->best == NULL) {
        return pointers_add(cx, &t->former_members, m);
    }
    m->pub.level = m->best->level;
    m->pub.organization = (m->pub.role->rights & TEAM_ORGANIZATION) != 0;
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
    TRY(effects_resolve(cx, t));
    standing_changed(t);
    t->shown_members.count = t->former_members.count = 0;
    for (size_t i = 0; i < t->members.count; i++) {
        ((struct member *)t->members.at[i])->best = NULL;
    }
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *a = t->appointments.at[i];
        bool shown = appointment_in_force(t, a);
        if (shown && (a->of->best == NULL || better(a, a->of->best))) {
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
    if (t->former_members.count > 1) {
        qsort(t->former_members.at, t->former_members.count, sizeof(void *), compare_members);
    }
    TRY(roles_refresh(cx, t));
    TRY(compartments_refresh(cx, t));
    TRY(devices_refresh(cx, t));
out:
    return status;
}
