/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decisions about people, from this device: each is one charter entry, judged like everybody's.
 */
#include <stdlib.h>
#include <string.h>

#include "lanes-int.h"

/* Under that appointment of mine; NULL: the one of the highest rank whose role has these rights. */
static enum status decide(struct ctx *cx, struct team *t, const struct appointment *via,
                          uint32_t rights, const struct charter_op *op)
{
    enum status status = STATUS_OK;
    struct buf encoded;

    buf_init(&encoded, BODY_PLAIN_MAX);
    TRY(charter_op_write(cx, op, &encoded));
    const bytes list[] = {buf_view(&encoded)};
    TRY(via != NULL ? log_control_by(cx, t, via, list, 1)
                    : log_control_with(cx, t, rights, list, 1));
out:
    buf_finish(&encoded);
    return status;
}

static enum status decide_one(struct ctx *cx, struct team *t, uint32_t rights,
                              const struct charter_op *op)
{
    return decide(cx, t, NULL, rights, op);
}

/* ---- finding who is meant ---- */

static enum status need_member(struct ctx *cx, const struct team *t, const struct id *id,
                               struct member **ret)
{
    enum status status = STATUS_OK;
    if (team_me(t) == NULL && !t->trusted) {
        return not_a_member(cx, t);
    }
    *ret = member_by_id(t, id);
    if (*ret == NULL || !(*ret)->known) {
        FAIL(cx, STATUS_NOT_FOUND, "nobody of this name was ever in the team");
    }
out:
    return status;
}

/* The member's appointment in force with the role of this name. */
static enum status need_appointment(struct ctx *cx, const struct team *t, const struct member *m,
                                    text role, const struct appointment **ret)
{
    enum status status = STATUS_OK;
    *ret = NULL;
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *a = t->appointments.at[i];
        if (a->of == m && appointment_in_force(t, a) &&
            text_equal(role_in_force(t, a)->name, role) &&
            (*ret == NULL || a->level > (*ret)->level)) {
            *ret = a;
        }
    }
    if (*ret == NULL) {
        (void)fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__,
                        "'%.*s' does not have the role '%.*s'", (int)m->pub.name.len,
                        m->pub.name.ptr, (int)role.len, role.ptr);
        status = fault_hint(cx, "valise member explain NAME shows the roles of a member");
    }
    return status;
}

/* The highest rank the member has now; 16 without any. */
static uint32_t member_level(const struct team *t, const struct member *m)
{
    uint32_t level = LEVEL_MAX + 1;
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *a = t->appointments.at[i];
        if (a->of == m && appointment_in_force(t, a) && a->level < level) {
            level = a->level;
        }
    }
    return level;
}

static enum status need_above_level(struct ctx *cx, const struct team *t, const struct member *m,
                                    uint32_t right, uint32_t level, bool equal)
{
    enum status status = STATUS_OK;
    const struct appointment *mine = my_appointment(t, right);

    if (mine == NULL) {
        return not_permitted(cx, t);
    }
    if (level == 0 && !equal) {
        (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__, "'%.*s' is an owner of the team",
                        (int)m->pub.name.len, m->pub.name.ptr);
        return fault_hint(cx, "the owners decide together: valise council propose remove %.*s",
                          (int)m->pub.name.len, m->pub.name.ptr);
    }
    if (level < mine->level || (level == mine->level && !equal)) {
        (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__,
                        level == mine->level ? "'%.*s' stands as high as you"
                                             : "'%.*s' stands above you",
                        (int)m->pub.name.len, m->pub.name.ptr);
        return fault_hint(cx,
                          level == mine->level
                              ? "valise member suspend %.*s stops an equal at once; somebody "
                                "above both can remove"
                              : "somebody above '%.*s' can do it",
                          (int)m->pub.name.len, m->pub.name.ptr);
    }
    return status;
}

static enum status need_above(struct ctx *cx, const struct team *t, const struct member *m,
                              uint32_t right, bool equal)
{
    return need_above_level(cx, t, m, right, member_level(t, m), equal);
}

/* What I may appoint by, and what the appointment hangs on; NULL: it is not mine to take back. */
static const struct appointment *gave(const struct team *t, const struct appointment *a)
{
    struct authority_appointment now;

    authority_appointment_get(t->authority, a->number, &now);
    while (now.by >= 0) { /* levels fall: it ends */
        for (size_t i = 0; i < t->appointments.count; i++) {
            const struct appointment *mine = t->appointments.at[i];
            if (mine->number == now.by && id_equal(&mine->member, &t->self->pub.member) &&
                appointment_in_force(t, mine) &&
                (role_in_force(t, mine)->rights & TEAM_APPOINT) != 0) {
                return mine;
            }
        }
        authority_appointment_get(t->authority, now.by, &now);
    }
    return NULL;
}

/* Who may remove, and else who gave. */
static enum status need_taker(struct ctx *cx, const struct team *t, const struct appointment *a,
                              const struct appointment **ret)
{
    const struct appointment *mine = my_appointment(t, TEAM_REMOVE);

    if (mine == NULL || mine->level >= a->level) {
        const struct appointment *giver = gave(t, a);
        mine = giver != NULL ? giver : mine;
    }
    *ret = mine;
    return mine != NULL && mine->level < a->level
               ? STATUS_OK
               : need_above_level(cx, t, a->of, TEAM_REMOVE, a->level, false);
}

/* Who may not remove a person, but gave the place, hears how to take that back. */
static enum status need_remover(struct ctx *cx, const struct team *t, const struct member *m)
{
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *a = t->appointments.at[i];
        if (a->of == m && appointment_in_force(t, a) && gave(t, a) != NULL &&
            my_appointment(t, TEAM_REMOVE) == NULL) {
            const struct team_role *role = role_in_force(t, a);
            (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__,
                            "you may take back the place you gave to '%.*s', not remove people",
                            (int)m->pub.name.len, m->pub.name.ptr);
            return fault_hint(cx, "valise member take '%.*s' '%.*s'", (int)m->pub.name.len,
                              m->pub.name.ptr, (int)role->name.len, role->name.ptr);
        }
    }
    return need_above(cx, t, m, TEAM_REMOVE, false);
}

/* Who takes something back stands above who said it. */
static enum status need_above_word(struct ctx *cx, const struct team *t, const struct power *p,
                                   uint32_t right)
{
    const struct appointment *mine = my_appointment(t, right);

    if (mine == NULL) {
        return not_permitted(cx, t);
    }
    if (p->via == NULL || mine->level < p->level) {
        return STATUS_OK;
    }
    const struct member *by = p->via->of;
    (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__,
                    by->pub.self
                        ? "you, '%.*s', decided it yourself: only somebody above you takes it back"
                        : "'%.*s', who decided it, does not stand below you",
                    (int)by->pub.name.len, by->pub.name.ptr);
    return fault_hint(cx, "somebody above can; the owners together: valise council propose undo N, "
                          "or lift NAME");
}

/* ---- the decisions ---- */

enum status team_remove(struct ctx *cx, struct team *t, const struct id *member, int64_t until)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_REMOVE, .u.remove = {.member = *member}};
    struct member *m = NULL;
    struct buf cut;

    buf_init(&cut, 256 * KIB);
    TRY(log_seal(cx, t));
    TRY(need_member(cx, t, member, &m));
    TRY(need_remover(cx, t, m));
    TRY(cut_of_member(cx, t, member, until, &cut));
    op.u.remove.cut = buf_view(&cut);
    TRY(decide_one(cx, t, TEAM_REMOVE, &op));
out:
    buf_finish(&cut);
    return status;
}

enum status team_revoke(struct ctx *cx, struct team *t, const struct id *member, text role,
                        int64_t until, bool cascade)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_REVOKE, .u.revoke = {.member = *member}};
    const struct appointment *a = NULL, *mine = NULL;
    struct member *m = NULL;
    struct buf cut;

    buf_init(&cut, 256 * KIB);
    TRY(log_seal(cx, t));
    TRY(need_member(cx, t, member, &m));
    TRY(need_appointment(cx, t, m, role, &a));
    TRY(need_taker(cx, t, a, &mine));
    TRY(cascade ? cut_of_line(cx, t, a, until, &cut) : cut_of_member(cx, t, member, until, &cut));
    op.u.revoke.appointment = a->id;
    op.u.revoke.cut = buf_view(&cut);
    op.u.revoke.cascade = cascade;
    TRY(decide(cx, t, mine, 0, &op));
out:
    buf_finish(&cut);
    return status;
}

static uint32_t level_for(const struct role *role, const struct appointment *via)
{
    return role_has_power(role) ? via->level + 1 : LEVEL_MAX;
}

static bool has_role(const struct team *t, const struct member *m, const struct role *r)
{
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *a = t->appointments.at[i];
        if (a->of == m && appointment_in_force(t, a) &&
            id_equal(&role_in_force(t, a)->id, &r->pub.id)) {
            return true;
        }
    }
    return false;
}

/* A word that changes nothing is not said: somebody above removed the person, or it is one too
 * many.
 */
static enum status give(struct ctx *cx, struct team *t, const struct charter_op *op,
                        const struct member *m, const struct role *r)
{
    enum status status = STATUS_OK;
    const struct appointment *via = my_appointment(t, TEAM_APPOINT);

    TRY(decide_one(cx, t, TEAM_APPOINT, op));
    if (has_role(t, m, r)) {
        goto out;
    }
    if (via != NULL && role_in_force(t, via)->max > 0) {
        (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__,
                        "your role gives a place to %u people, and has; who left counts too",
                        (unsigned)role_in_force(t, via)->max);
    } else {
        (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__,
                        "somebody above you removed '%.*s': your word does not bring them back",
                        (int)m->pub.name.len, m->pub.name.ptr);
    }
    status = fault_hint(cx, "somebody above you can give the role: valise member decisions, valise "
                            "member list");
out:
    return status;
}

enum status team_give(struct ctx *cx, struct team *t, const struct id *member, text role)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_GRANT};
    struct member *m = NULL;
    struct role *r = NULL;
    const struct appointment *via;

    TRY(team_sync(cx, t));
    TRY(need_member(cx, t, member, &m));
    TRY(role_by_name(cx, t, role, &r));
    via = my_appointment(t, TEAM_APPOINT);
    if (via == NULL) {
        return not_permitted(cx, t);
    }
    if (has_role(t, m, r)) {
        FAIL(cx, STATUS_EXISTS, "'%.*s' has the role '%.*s' already", (int)m->pub.name.len,
             m->pub.name.ptr, (int)role.len, role.ptr);
    }
    memcpy(op.u.grant.root_pk, m->root_pk, 32);
    op.u.grant.member_name = m->pub.name;
    op.u.grant.role = r->pub.id;
    op.u.grant.level = level_for(r, via);
    TRY(vault_begin(cx, t->v));
    TRY(vault_end(cx, t->v, give(cx, t, &op, m, r)));
out:
    t->stale = t->stale || status != STATUS_OK;
    return status;
}

enum status team_replace(struct ctx *cx, struct team *t, const struct id *member, text role,
                         text by)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_REPLACE, .u.replace = {.member = *member}};
    const struct appointment *a = NULL;
    struct member *m = NULL;
    struct role *r = NULL;
    struct buf cut;

    buf_init(&cut, 256 * KIB);
    TRY(log_seal(cx, t));
    TRY(need_member(cx, t, member, &m));
    TRY(need_appointment(cx, t, m, role, &a));
    TRY(role_by_name(cx, t, by, &r));
    TRY(need_above_level(cx, t, m, TEAM_APPOINT | TEAM_REMOVE, a->level, false));
    if (role_has_power(r) && a->level >= LEVEL_MAX) {
        (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__,
                        "'%.*s' stands at the end of the team: nobody would be below for such a "
                        "role",
                        (int)m->pub.name.len, m->pub.name.ptr);
        status = fault_hint(cx, "give it as a further role: valise member give %.*s %.*s",
                            (int)m->pub.name.len, m->pub.name.ptr, (int)by.len, by.ptr);
        goto out;
    }
    TRY(cut_of_member(cx, t, member, 0, &cut));
    op.u.replace.appointment = a->id;
    op.u.replace.role = r->pub.id;
    op.u.replace.cut = buf_view(&cut);
    TRY(decide_one(cx, t, TEAM_APPOINT | TEAM_REMOVE, &op));
out:
    buf_finish(&cut);
    return status;
}

enum status team_suspend(struct ctx *cx, struct team *t, const struct id *member)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_SUSPEND, .u.suspend = {.member = *member}};
    struct member *m = NULL;

    TRY(log_seal(cx, t));
    TRY(need_member(cx, t, member, &m));
    if (m->pub.self) {
        (void)fault_set(cx, STATUS_USAGE, __FILE__, __LINE__,
                        "you cannot suspend yourself: only somebody above could lift it");
        status = fault_hint(cx, "to give up a machine: valise device remove NAME");
        goto out;
    }
    TRY(need_above(cx, t, m, TEAM_SUSPEND, true));
    for (size_t i = 0; i < t->powers.count; i++) {
        const struct power *p = t->powers.at[i];
        if (p->verb == CHARTER_SUSPEND && p->about == m && p->via != NULL && p->via->of->pub.self &&
            power_in_force(t, p)) {
            (void)fault_set(cx, STATUS_EXISTS, __FILE__, __LINE__, "you suspended '%.*s' already",
                            (int)m->pub.name.len, m->pub.name.ptr);
            status = fault_hint(cx, "somebody above both decides further; valise pack brings it to "
                                    "them");
            goto out;
        }
    }
    TRY(decide_one(cx, t, TEAM_SUSPEND, &op));
out:
    return status;
}

enum status team_lift(struct ctx *cx, struct team *t, const struct id *member)
{
    enum status status = STATUS_OK;
    struct member *m = NULL;
    size_t lifted = 0;

    TRY(log_seal(cx, t));
    TRY(need_member(cx, t, member, &m));
    for (size_t i = 0; i < t->powers.count; i++) {
        const struct power *p = t->powers.at[i];
        if (p->verb == CHARTER_SUSPEND && p->about == m && power_in_force(t, p)) {
            struct charter_op op = {.verb = CHARTER_LIFT,
                                    .u.said = {.entry = p->entry, .index = p->index}};
            TRY(need_above_word(cx, t, p, TEAM_SUSPEND));
            TRY(decide_one(cx, t, TEAM_SUSPEND, &op));
            lifted++;
        }
    }
    if (lifted == 0) {
        FAIL(cx, STATUS_NOT_FOUND, "'%.*s' is not suspended", (int)m->pub.name.len,
             m->pub.name.ptr);
    }
out:
    return status;
}

static enum status need_device(struct ctx *cx, const struct team *t, int64_t ix,
                               const struct device **ret)
{
    enum status status = STATUS_OK;
    *ret = device_by_ix(t, ix);
    if (*ret == NULL || !(*ret)->of->linked) {
        FAIL(cx, STATUS_NOT_FOUND, "the team has no such device");
    }
out:
    return status;
}

enum status team_device_cut(struct ctx *cx, struct team *t, int64_t device_ix, int64_t until)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_DEVCUT};
    const struct device *d = NULL;
    struct member *m = NULL;

    TRY(log_seal(cx, t));
    TRY(need_device(cx, t, device_ix, &d));
    TRY(need_member(cx, t, &d->pub.member, &m));
    TRY(need_above(cx, t, m, TEAM_REMOVE, false));
    TRY(cut_of_lane(cx, t, lane_in_force(t, d), until, &op.u.devcut));
    TRY(decide_one(cx, t, TEAM_REMOVE, &op));
out:
    return status;
}

enum status team_device_unlink(struct ctx *cx, struct team *t, int64_t device_ix, int64_t until,
                               const struct secret *root_seed)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_UNLINK};
    const struct device *d = NULL;
    uint8_t body[UNLINK_BYTES];

    TRY(log_seal(cx, t));
    TRY(need_device(cx, t, device_ix, &d));
    TRY(root_public(cx, root_seed, op.u.unlink.root_pk));
    if (memcmp(op.u.unlink.root_pk, d->root_pk, 32) != 0) {
        FAIL(cx, STATUS_DENIED, "this sheet is not of the member whose device it is");
    }
    TRY(cut_of_lane(cx, t, lane_in_force(t, d), until, &op.u.unlink.point));
    unlink_body(&op.u.unlink.point, body);
    TRY(root_sign(cx, root_seed, "valise/unlink", &t->id, BYTES_OF(body), op.u.unlink.signature));
    TRY(decide_one(cx, t, 0, &op));
out:
    return status;
}

enum status team_pin(struct ctx *cx, struct team *t, int64_t device_ix)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_PIN};
    const struct device *d = NULL;
    uint64_t unused;

    TRY(log_seal(cx, t));
    TRY(need_device(cx, t, device_ix, &d));
    op.u.pin.device = d->pub.id;
    op.u.pin.seq = d->pub.head_seq;
    TRY(log_name(cx, t, d, d->pub.head_seq, &op.u.pin.entry, &unused));
    TRY(decide_one(cx, t, TEAM_REMOVE, &op));
out:
    return status;
}

enum status team_reattach(struct ctx *cx, struct team *t, const struct id *member)
{
    enum status status = STATUS_OK;
    struct member *m = NULL;
    size_t count = 0;

    TRY(log_seal(cx, t));
    TRY(need_member(cx, t, member, &m));
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *a = t->appointments.at[i];
        struct authority_appointment now;
        authority_appointment_get(t->authority, a->number, &now);
        if (a->of == m && !now.supported && a->state == NULL) {
            struct charter_op op = {.verb = CHARTER_REATTACH,
                                    .u.reattach = {.appointment = a->id, .member = *member}};
            TRY(decide_one(cx, t, TEAM_APPOINT | TEAM_REMOVE, &op));
            count++;
        }
    }
    if (count == 0) {
        FAIL(cx, STATUS_NOT_FOUND, "no appointment of '%.*s' fell with the one who made it",
             (int)m->pub.name.len, m->pub.name.ptr);
    }
out:
    return status;
}

enum status team_pardon(struct ctx *cx, struct team *t, uint64_t number)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_PARDON};
    const struct power *p = NULL;

    TRY(log_seal(cx, t));
    TRY(power_by_number(cx, t, number, &p));
    if (p->verb == CHARTER_SUSPEND) {
        op.verb = CHARTER_LIFT;
    } else if (p->verb == CHARTER_COUNCIL) {
        FAIL(cx, STATUS_DENIED, "the owners decided it together; only they can take it back");
    }
    bool mine = p->via != NULL && p->place.ix == t->self->pub.ix && op.verb == CHARTER_PARDON;
    if (!mine && p->verb != CHARTER_UNLINK) { /* one's own word on this machine: the rules say */
        TRY(need_above_word(cx, t, p, op.verb == CHARTER_LIFT ? TEAM_SUSPEND : TEAM_REMOVE));
    }
    op.u.said = (struct said){.entry = p->entry, .index = p->index};
    TRY(decide_one(cx, t, op.verb == CHARTER_LIFT ? TEAM_SUSPEND : TEAM_REMOVE, &op));
out:
    return status;
}

enum status team_compartment_new(struct ctx *cx, struct team *t, text name)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_COMPARTMENT, .u.compartment = {.name = name}};

    TRY(team_sync(cx, t));
    TRY(name_check(cx, name, "compartment's name"));
    for (size_t i = 0; i < team_compartment_count(t); i++) {
        if (text_equal(team_compartment_at(t, i)->name, name)) {
            FAIL(cx, STATUS_EXISTS, "there is a compartment '%.*s' already", (int)name.len,
                 name.ptr);
        }
    }
    cx->system->random(cx->system->self, op.u.compartment.tag, COMPARTMENT_BYTES);
    TRY(decide_one(cx, t, TEAM_APPOINT, &op));
out:
    return status;
}
