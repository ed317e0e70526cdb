/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charter: what each authority operation needs and what it changes. A decision looks only at
 * the operation, its author's appointment and the author's causal past, so every device decides
 * alike whatever arrived first (AUTHORITY 2.4). An operation that lacks a right stays in the log
 * and has no effect; the reason is kept.
 *
 * What an operation learned of the past is kept as its fact; with it, charter-load.c applies what
 * was judged before without judging it again (team.trusted), and log_check judges everything anew.
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

bool device_linked_in(const struct team *t, const struct clock *past, const struct device *d)
{
    return places_known(t, past, &d->links);
}

/* ---- GENESIS ---- */

static enum status apply_genesis(struct ctx *cx, struct team *t, struct authored *a,
                                 const struct genesis *g)
{
    enum status status = STATUS_OK;
    struct rows roles;
    struct role_row row;
    bytes first_role = BYTES(NULL, 0);
    struct role *office;
    struct id role_id;

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
    office = role_by_id(t, &role_id); /* made by team_take_genesis() */
    MUST(office != NULL);
    TRY(council_found(cx, t, a, g, office));
out:
    return status;
}

/* ---- LINK ---- */

static bool member_appointed(const struct team *t, const struct authored *a,
                             const struct id *member)
{
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *p = t->appointments.at[i];
        if (id_equal(&p->member, member) && appointment_known(t, a->past, p)) {
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
    if (a->via == NULL && (!id_equal(id, &a->author->pub.id) ||
                           !id_equal(member, &((const struct member *)t->members.at[0])->pub.id))) {
        charter_refuse(a, "[AUTH-02] the founding entry links another device than its author, or "
                          "not the first owner's");
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
    if (d->links.count == 0 || a->lamport < d->linked_lamport) {
        d->linked_lamport = a->lamport;
    }
    TRY(places_add(cx, &d->links, a->place));
    TRY(device_hand_over(cx, t, d, member_by_id(t, &member)));
out:
    return status;
}

/* ---- GRANT, DEFROLE ---- */

static void judge_grant(const struct team *t, struct authored *a, const struct grant *g,
                        const struct role *role)
{
    if (!sign_key_valid(g->root_pk)) {
        charter_refuse(a, "[F-16] the member's root key is not valid");
    }
    if (a->granted) {
        charter_refuse(a, "[AUTH-05] a second appointment in one entry");
    }
    if (role == NULL || !role->known || !places_known(t, a->past, &role->places)) {
        charter_refuse(a, "[AUTH-05] the role is not known");
    }
    if (a->via == NULL || g->level <= a->via->level) {
        charter_refuse(a, "[AUTH-06] level %u is not below the author's", (unsigned)g->level);
    }
    if (!refused(a) && role_has_power(role) && g->level >= LEVEL_MAX) {
        charter_refuse(a, "[AUTH-05] nobody is below level %d to be acted on", LEVEL_MAX);
    }
}

static enum status apply_grant(struct ctx *cx, struct team *t, struct authored *a,
                               const struct grant *g)
{
    enum status status = STATUS_OK;
    struct role *role = role_by_id(t, &g->role);
    struct authority_op op = {.verb = AUTHORITY_GRANT, .level = (int32_t)g->level};
    struct member *m = NULL;
    struct id member;

    member_id(g->root_pk, &member);
    if (!t->trusted) {
        judge_grant(t, a, g, role);
        if (!refused(a)) {
            TRY(grant_fact(cx, t, a, &member));
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
    op.member = m->number;
    op.role = role->number;
    TRY(charter_hand_over(cx, t, a, &op, &given.number));
    if (!refused(a)) {
        TRY(appointment_make(cx, t, &given));
    }
out:
    return status;
}

static void judge_role(const struct team *t, struct authored *a, const struct role_row *row)
{
    struct rows grants;
    struct id id;
    size_t known = 0;

    rows_read(&grants, row->grants);
    while (rows_next_fixed(&grants, id.b, sizeof id.b)) {
        const struct role *r = role_by_id(t, &id);
        if (r == NULL || !r->known || !places_known(t, a->past, &r->places)) {
            charter_refuse(a, "[AUTH-08] may appoint to a role that is not known");
        }
    }
    for (size_t i = 0; i < t->roles.count; i++) {
        const struct role *r = t->roles.at[i];
        known += r->known && places_known(t, a->past, &r->places);
    }
    if (known >= ROLES_PER_TEAM_MAX) {
        charter_refuse(a, "[AUTH-08] the team has %d roles, the limit", ROLES_PER_TEAM_MAX);
    }
}

static enum status apply_defrole(struct ctx *cx, struct team *t, struct authored *a,
                                 const struct defrole *op)
{
    enum status status = STATUS_OK;
    struct authority_op define = {.verb = AUTHORITY_DEFINE};
    struct role_row row;
    struct role *made = NULL;

    if (!t->trusted) {
        TRY(role_row_parse(cx, op->role, &row));
        judge_role(t, a, &row);
    }
    if (refused(a)) {
        return STATUS_OK;
    }
    TRY(role_make(cx, t, op->role, a->place, a->lamport, &made));
    TRY(charter_hand_over(cx, t, a, &define, NULL));
out:
    return status;
}

/* ---- EPOCH ---- */

/* Whose key it is is judged where keys are (epochs.c); whether its author might make it, by the
 * authority room: the charter's by any member, another one by who may write there. */
static enum status apply_epoch(struct ctx *cx, struct team *t, struct authored *a,
                               const struct epoch_op *e)
{
    enum status status = STATUS_OK;
    const struct compartment *c;
    struct authority_op op = {.verb = AUTHORITY_PLAIN};
    uint8_t *at = NULL;

    TRY(epoch_apply(cx, t, a, e));
    if (refused(a)) {
        goto out;
    }
    c = compartment_by_tag(t, e->compartment);
    MUST(c != NULL); /* epoch_apply() refuses others */
    if (c->number != AUTHORITY_CONTROL) {
        op.verb = AUTHORITY_EPOCH;
        op.compartment = c->number;
    }
    TRY(charter_hand_over(cx, t, a, &op, NULL));
    TRY(buf_extend(cx, &epoch_by_id(t, &e->id)->refs, sizeof op.ref, &at));
    put_u64le(at, op.ref);
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
        return apply_epoch(cx, t, a, &op->u.epoch);
    case CHARTER_SHARE:
        return share_apply(cx, t, a, &op->u.share);
    case CHARTER_CHAIN:
        return chain_apply(cx, t, a, &op->u.chain);
    case CHARTER_PREKEYS:
        return prekeys_apply(cx, t, a, &op->u.prekeys);
    case CHARTER_ASK:
        return ask_apply(cx, t, a, &op->u.ask);
    default:
        return power_apply(cx, t, a, op);
    }
}

enum status charter_apply(struct ctx *cx, struct team *t, struct authored *a, bytes op)
{
    struct charter_op parsed;
    enum status status = charter_op_parse(cx, op, &parsed);

    a->reason[0] = '\0';
    a->handed_over = false;
    if (!t->trusted) {
        buf_clear(&a->fact);
        buf_clear(&a->seen);
    }
    if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED || status == STATUS_LIMIT) {
        charter_refuse(a, "%s", cx->fault.what);
        fault_clear(cx);
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        a->time = a->entry_time + (int64_t)parsed.after_seconds;
        a->author->told = a->time > a->author->told ? a->time : a->author->told;
        status = apply_parsed(cx, t, a, op, &parsed);
    }
    return status;
}

void authored_init(struct authored *a)
{
    *a = (struct authored){.place = {0, 0}};
    buf_init(&a->fact, FACT_MAX);
    buf_init(&a->seen, FACT_MAX);
}

void authored_finish(struct authored *a)
{
    buf_finish(&a->fact);
    buf_finish(&a->seen);
}
