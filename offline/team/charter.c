/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charter: what each authority operation needs and what it changes. A decision looks only at
 * the operation, its author's appointment and the author's causal past, so every device decides
 * alike whatever arrived first (AUTHORITY 2.4). An operation that lacks a right stays in the log
 * and has no effect; the reason is kept.
 *
 * Loading applies what was judged before without judging it again (team.trusted); log_check judges
 * everything anew.
 */
#include <stdio.h>
#include <string.h>

#include "team-int.h"

void charter_refuse(struct authored *a, const char *fmt, ...)
{
    va_list args;
    if (a->reason[0] != '\0') {
        return; /* the first reason stays */
    }
    va_start(args, fmt);
    (void)vsnprintf(a->reason, sizeof a->reason, fmt, args);
    va_end(args);
}

static bool refused(const struct authored *a)
{
    return a->reason[0] != '\0';
}

/* [AUTH-10] in the author's causal past, or in this very entry before this operation */
static bool in_past(const struct team *t, const struct authored *a, struct place place)
{
    return a->past == NULL || clock_knows(t, a->past, place);
}

bool device_linked_in(const struct team *t, const struct clock *past, const struct device *d)
{
    return places_known(t, past, &d->links);
}

static void need_grantor(struct authored *a)
{
    if (a->via == NULL || !a->via->role->pub.may_grant) {
        charter_refuse(a, "[AUTH-06] the author's role may not appoint");
    }
}

/* ---- GENESIS ---- */

static enum status apply_genesis(struct ctx *cx, struct team *t, struct authored *a,
                                 const struct genesis *g)
{
    enum status status = STATUS_OK;
    struct rows owners, roles;
    struct role_row row;
    bytes first_role = BYTES(NULL, 0);
    struct appointment office = {.id = a->entry, .place = a->place, .lamport = a->lamport};
    struct id role_id;
    uint8_t root_pk[32];

    if (a->via != NULL || a->index != 0) {
        charter_refuse(a, "[AUTH-02] only the first operation of a team founds it");
        return STATUS_OK;
    }
    rows_read(&roles, g->roles);
    if (!rows_next_role(&roles, &row, &first_role)) {
        charter_refuse(a, "[AUTH-02] no role for the owners");
        return STATUS_OK;
    }
    role_row_id(first_role, &role_id);
    office.role = role_by_id(t, &role_id); /* made by team_take_genesis() */
    MUST(office.role != NULL);
    rows_read(&owners, g->owners);
    while (rows_next_fixed(&owners, root_pk, sizeof root_pk)) {
        struct member *m = NULL;
        TRY(member_make(cx, t, root_pk, g->member_name, &m));
        office.member = m->pub.id;
        TRY(appointment_make(cx, t, &office));
    }
out:
    return status;
}

/* ---- LINK ---- */

static bool member_appointed(const struct team *t, const struct authored *a,
                             const struct id *member)
{
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *p = t->appointments.at[i];
        if (id_equal(&p->member, member) && in_past(t, a, p->place)) {
            return true;
        }
    }
    return false;
}

/* [AUTH-04] what the devices the author knew of leave room for */
static void judge_link_room(const struct team *t, struct authored *a, const struct id *id,
                            const struct id *member)
{
    size_t all = 0, of_member = 0;

    for (size_t i = 0; i < t->devices.count; i++) {
        const struct device *d = t->devices.at[i];
        if (!d->linked || !device_linked_in(t, a->past, d)) {
            continue;
        }
        if (id_equal(&d->pub.id, id)) {
            charter_refuse(a, "[AUTH-04] the device is linked already");
        } else if (memcmp(d->pub.id.b, id->b, SHORT_ID_BYTES) == 0) {
            charter_refuse(a, "[AUTH-04] its short id is that of another device");
        }
        all++;
        of_member += id_equal(&d->pub.member, member);
    }
    if (of_member >= DEVICES_PER_MEMBER_MAX) {
        charter_refuse(a, "[AUTH-04] the member has %u devices, the limit", DEVICES_PER_MEMBER_MAX);
    }
    if (all >= DEVICES_MAX) {
        charter_refuse(a, "[AUTH-04] the team has %u devices, the limit", DEVICES_MAX);
    }
}

static void judge_link(const struct team *t, struct authored *a, const struct link *l,
                       const struct id *id, const struct id *member)
{
    if (a->via == NULL && !id_equal(id, &a->author->pub.id)) {
        charter_refuse(a, "[AUTH-02] the founding entry links another device than its author");
    }
    if (a->via != NULL && !a->via->role->pub.may_grant && !id_equal(member, &a->via->member)) {
        charter_refuse(a, "[AUTH-04] the author's role may not let devices in");
    }
    if (!sign_key_valid(l->root_pk) || !sign_key_valid(l->sign_pk) || !box_key_valid(l->box_pk)) {
        charter_refuse(a, "[F-16] one of its keys is not valid"); /* nobody could seal to it */
    }
    if (!member_appointed(t, a, member)) {
        charter_refuse(a, "[AUTH-04] the device's member has no appointment");
    }
    if (!link_verify(l->root_pk, l->sign_pk, l->box_pk, l->device_name, l->signature)) {
        charter_refuse(a, "[AUTH-04] the member's root key did not sign this device");
    }
    judge_link_room(t, a, id, member);
}

static enum status apply_link(struct ctx *cx, struct team *t, struct authored *a,
                              const struct link *l)
{
    enum status status = STATUS_OK;
    uint8_t keys[96];
    struct id id, member;
    struct device *d = NULL;

    device_id(l->sign_pk, l->box_pk, l->root_pk, &id);
    member_id(l->root_pk, &member);
    if (!t->trusted) {
        judge_link(t, a, l, &id, &member);
    }
    if (refused(a)) {
        return STATUS_OK;
    }
    memcpy(keys, l->sign_pk, 32);
    memcpy(keys + 32, l->box_pk, 32);
    memcpy(keys + 64, l->root_pk, 32);
    TRY(device_make(cx, t, &id, BYTES_OF(keys), l->device_name, &d));
    device_set_keys(d, BYTES_OF(keys));
    if (!d->linked) {
        TRY(device_set_name(cx, d, l->device_name));
        d->linked = true;
        d->dirty = true;
    }
    TRY(places_add(cx, &d->links, a->place));
out:
    return status;
}

/* ---- GRANT, DEFROLE ---- */

static enum status apply_grant(struct ctx *cx, struct team *t, struct authored *a,
                               const struct grant *g)
{
    enum status status = STATUS_OK;
    struct role *role = role_by_id(t, &g->role);
    struct member *m = NULL;

    if (!t->trusted) {
        need_grantor(a);
        if (!sign_key_valid(g->root_pk)) {
            charter_refuse(a, "[F-16] the member's root key is not valid");
        }
        if (a->granted) {
            charter_refuse(a, "[AUTH-05] a second appointment in one entry");
        }
        if (role == NULL || !role->known || !places_known(t, a->past, &role->places)) {
            charter_refuse(a, "[AUTH-05] the role is not known");
        }
        if (a->via != NULL && g->level <= a->via->level) {
            charter_refuse(a, "[AUTH-06] level %u is not below the author's %u", (unsigned)g->level,
                           a->via->level);
        }
        if (!refused(a) && role->pub.may_grant && g->level >= LEVEL_MAX) {
            charter_refuse(a, "[AUTH-05] nobody is below level %d to be appointed", LEVEL_MAX);
        }
    }
    if (refused(a)) {
        return STATUS_OK;
    }
    a->granted = true;
    TRY(member_make(cx, t, g->root_pk, g->member_name, &m));
    struct appointment given = {.id = a->entry,
                                .member = m->pub.id,
                                .role = role,
                                .level = (uint32_t)g->level,
                                .place = a->place,
                                .lamport = a->lamport};
    TRY(appointment_make(cx, t, &given));
out:
    return status;
}

static enum status apply_defrole(struct ctx *cx, struct team *t, struct authored *a,
                                 const struct defrole *op)
{
    enum status status = STATUS_OK;
    struct role_row row;

    if (!t->trusted) {
        need_grantor(a);
        TRY(role_row_parse(cx, op->role, &row));
        size_t known = 0;
        for (size_t i = 0; i < t->roles.count; i++) {
            const struct role *r = t->roles.at[i];
            if (!r->known || !places_known(t, a->past, &r->places)) {
                continue;
            }
            known++;
            if (text_equal(r->pub.name, row.name)) {
                charter_refuse(a, "[AUTH-08] there is a role of this name");
            }
        }
        if (known >= ROLES_PER_TEAM_MAX) {
            charter_refuse(a, "[AUTH-08] the team has %d roles, the limit", ROLES_PER_TEAM_MAX);
        }
    }
    if (!refused(a)) {
        TRY(role_make(cx, t, op->role, a->place));
    }
out:
    return status;
}

/* ---- all ---- */

static enum status apply_parsed(struct ctx *cx, struct team *t, struct authored *a, bytes encoded,
                                const struct charter_op *op)
{
    struct id id;

    switch ((enum charter_verb)op->verb) {
    case CHARTER_GENESIS:
        team_id(encoded, &id);
        if (!id_equal(&id, &t->id)) {
            charter_refuse(a, "[AUTH-02] founds another team");
            return STATUS_OK;
        }
        return apply_genesis(cx, t, a, &op->u.genesis);
    case CHARTER_LINK:
        return apply_link(cx, t, a, &op->u.link);
    case CHARTER_GRANT:
        return apply_grant(cx, t, a, &op->u.grant);
    case CHARTER_DEFROLE:
        return apply_defrole(cx, t, a, &op->u.defrole);
    case CHARTER_EPOCH:
        return epoch_apply(cx, t, a, &op->u.epoch);
    case CHARTER_SHARE:
        return share_apply(cx, t, a, &op->u.share);
    case CHARTER_CHAIN:
        return chain_apply(cx, t, a, &op->u.chain);
    }
    return STATUS_OK; /* the parser lets no other verb through */
}

enum status charter_apply(struct ctx *cx, struct team *t, struct authored *a, bytes op)
{
    struct charter_op parsed;
    enum status status = charter_op_parse(cx, op, &parsed);

    a->reason[0] = '\0';
    if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED || status == STATUS_LIMIT) {
        charter_refuse(a, "%s", cx->fault.what);
        fault_clear(cx);
        return STATUS_OK;
    }
    return status == STATUS_OK ? apply_parsed(cx, t, a, op, &parsed) : status;
}

/* ---- loading ---- */

enum { REFUSED_HERE_MAX = CONTROL_OPS_MAX };
struct refused_ops {
    int64_t op[REFUSED_HERE_MAX];
    size_t count;
};

static enum status refused_load(struct ctx *cx, struct team *t, int64_t key,
                                struct refused_ops *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    ret->count = 0;
    TRY(stmt_use(cx, t->v, STMT_LOG_REFUSED_GET, &s));
    stmt_bind_int(s, 1, key);
    TRY(stmt_step(cx, s, &row));
    while (row && ret->count < REFUSED_HERE_MAX) {
        ret->op[ret->count++] = stmt_int(s, 0);
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static bool refused_has(const struct refused_ops *r, size_t index)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->op[i] == (int64_t)index) {
            return true;
        }
    }
    return false;
}

static enum status load_entry(struct ctx *cx, struct team *t, int64_t key, struct log_row *row,
                              struct buf *plain)
{
    enum status status = STATUS_OK;
    struct body_reader b;
    struct entry_header h;
    struct refused_ops skip;
    struct epoch *e;
    bytes op;
    struct authored a = {.place = {ENTRY_IX(key), ENTRY_SEQ(key)}};

    TRY(log_row_load(cx, t, key, row));
    if (row->state != ENTRY_GOOD) {
        goto out;
    }
    TRY(refused_load(cx, t, key, &skip));
    TRY(entry_header_parse(cx, buf_view(&row->header), &h));
    a.author = device_by_ix(t, a.place.ix);
    a.entry = row->id;
    a.lamport = row->lamport;
    e = epoch_by_id(t, &h.epoch);
    a.under = e;
    if (e == NULL || e->key == NULL || a.author == NULL) {
        FAIL(cx, STATUS_INTEGRITY, "a control entry of the log has no key any more");
    }
    if (!id_is_zero(&h.via)) {
        a.via = appointment_by_id(t, &h.via, &a.author->pub.member);
    }
    buf_clear(plain);
    TRY(body_open(cx, secret_key(e->key), &t->id, &h, buf_view(&row->body), plain));
    TRY(body_read_start(cx, buf_view(plain), &b));
    a.time = b.time;
    while (body_read_next(&b, &op)) {
        if (!refused_has(&skip, a.index)) {
            TRY(charter_apply(cx, t, &a, op));
        }
        a.index++;
    }
    TRY(body_read_done(cx, &b));
out:
    return status;
}

enum status charter_load(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct log_order order = {0};
    struct log_row row;
    struct buf plain;

    log_row_init(&row);
    buf_init(&plain, BODY_PLAIN_MAX);
    t->trusted = true;
    TRY(log_order_load(cx, t, PICK_CONTROL, &order));
    for (size_t i = 0; i < order.count; i++) {
        int64_t key = order.items[i].key;
        TRY(log_as_damage(cx, key, load_entry(cx, t, key, &row, &plain)));
    }
    TRY(members_refresh(cx, t));
out:
    t->trusted = false;
    buf_finish(&plain);
    log_row_finish(&row);
    log_order_finish(&order);
    return status;
}
