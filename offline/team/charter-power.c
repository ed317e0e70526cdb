/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations that move power: taking it away, giving it back, settling forks, what the owners
 * decide together. Judged here is only what the operation and its author's causal past say (static,
 * final); whether it has effect is the authority room's answer over all that was said. What the
 * judgement learned of the past is kept as the operation's fact, so that no old clock has to be
 * kept.
 */
#include <stdlib.h>
#include <string.h>

#include "lanes-int.h"

/* ---- facts: lists of places or of operations ---- */

enum { FACT_POINT = 16, FACT_REF = 8 };

static enum status fact_point(struct ctx *cx, struct authored *a, int64_t ix, uint64_t seq)
{
    enum status status = STATUS_OK;
    uint8_t *at = NULL;
    TRY(buf_extend(cx, &a->fact, FACT_POINT, &at));
    put_u64le(at, (uint64_t)ix);
    put_u64le(at + 8, seq);
out:
    return status;
}

/* Room for the points of a fact, counted; freed by the caller. */
static enum status fact_points(struct ctx *cx, const struct authored *a,
                               struct authority_point **ret, size_t *ret_count)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    size_t count = a->fact.len / FACT_POINT;

    if (a->fact.len % FACT_POINT != 0) {
        FAIL(cx, STATUS_INTEGRITY, "what was known at an operation of the charter is cut short");
    }
    TRY(mem_new(cx, count + 1, sizeof **ret, &memory));
    *ret = memory;
    *ret_count = count;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = a->fact.ptr + i * FACT_POINT;
        (*ret)[i] =
            (struct authority_point){.ix = (int64_t)get_u64le(at), .seq = get_u64le(at + 8)};
    }
out:
    return status;
}

/* [AUTH-40] every entry a cut or a pin names is held, and kept by its lane. Its name proves that it
 * exists, so it need not be in the author's clock, which follows one branch of a device for ever.
 */
enum status charter_judge_points(struct ctx *cx, struct team *t, struct authored *a, bytes points)
{
    enum status status = STATUS_OK;
    struct rows rows;
    struct point_row p;
    struct id before = {{0}};
    bool first = true;

    if (t->trusted) {
        return STATUS_OK; /* the fact was kept */
    }
    rows_read(&rows, points);
    while (rows_next_point(&rows, &p)) {
        struct authority_point at;
        bool there = false;
        if (!first && id_compare(&before, &p.device) >= 0) {
            charter_refuse(a, "[AUTH-40] the devices of a cut do not ascend");
            return STATUS_OK;
        }
        first = false;
        before = p.device;
        TRY(held_point(cx, t, &p, &at, &there));
        if (!there) {
            charter_refuse(a, "[AUTH-40] names an entry that is not held");
            return STATUS_OK;
        }
        TRY(fact_point(cx, a, at.ix, at.seq));
    }
out:
    return status;
}

static enum status list_held(struct ctx *cx, struct team *t, bytes points, bool *ret)
{
    enum status status = STATUS_OK;
    struct rows rows;
    struct point_row p;
    struct authority_point at;

    rows_read(&rows, points);
    while (*ret && rows_next_point(&rows, &p)) {
        TRY(held_point(cx, t, &p, &at, ret));
    }
out:
    return status;
}

static bool epoch_held(const struct team *t, const struct id *id)
{
    const struct epoch *e = epoch_by_id(t, id);
    return e != NULL && e->declared;
}

/* An EPOCH of this body makes it. */
static bool declares(struct ctx *cx, bytes plain, const struct id *epoch)
{
    struct body_reader b;
    struct charter_op op;
    bytes encoded;
    bool found = false;

    if (body_read_start(cx, plain, &b) == STATUS_OK) {
        while (!found && body_read_next(&b, &encoded)) {
            found = charter_op_parse(cx, encoded, &op) == STATUS_OK && op.verb == CHARTER_EPOCH &&
                    id_equal(&op.u.epoch.id, epoch);
        }
    }
    fault_clear(cx);
    return found;
}

static enum status op_held(struct ctx *cx, struct team *t, const struct charter_op *op, bool *ret)
{
    struct authority_point at;
    struct council_body body;

    switch ((enum charter_verb)op->verb) {
    case CHARTER_SHARE:
        *ret = epoch_held(t, &op->u.share.epoch);
        return STATUS_OK;
    case CHARTER_ASK:
        *ret = epoch_held(t, &op->u.ask.epoch);
        return STATUS_OK;
    case CHARTER_REVOKE:
        return list_held(cx, t, op->u.revoke.cut, ret);
    case CHARTER_REMOVE:
        return list_held(cx, t, op->u.remove.cut, ret);
    case CHARTER_REPLACE:
        return list_held(cx, t, op->u.replace.cut, ret);
    case CHARTER_DEVCUT:
        return held_point(cx, t, &op->u.devcut, &at, ret);
    case CHARTER_PIN:
        return held_point(cx, t, &op->u.pin, &at, ret);
    case CHARTER_UNLINK:
        return held_point(cx, t, &op->u.unlink.point, &at, ret);
    case CHARTER_COUNCIL:
        if (council_body_parse(cx, op->u.council.body, &body) != STATUS_OK) {
            fault_clear(cx); /* it is judged in its turn */
            return STATUS_OK;
        }
        return list_held(cx, t, body.cut, ret);
    default:
        return STATUS_OK;
    }
}

enum status charter_points_held(struct ctx *cx, struct team *t, bytes plain, bool *ret)
{
    enum status status = STATUS_OK;
    struct body_reader b;
    struct charter_op op;
    bytes encoded;

    *ret = true;
    status = body_read_start(cx, plain, &b);
    while (status == STATUS_OK && *ret && body_read_next(&b, &encoded)) {
        if (charter_op_parse(cx, encoded, &op) != STATUS_OK) {
            fault_clear(cx); /* it is judged in its turn */
        } else {
            status = op_held(cx, t, &op, ret);
            if (status == STATUS_OK && !*ret && op.verb == CHARTER_SHARE) {
                *ret = declares(cx, plain, &op.u.share.epoch);
            }
        }
    }
    if (status == STATUS_MALFORMED || status == STATUS_LIMIT || status == STATUS_UNSUPPORTED) {
        fault_clear(cx);
        status = STATUS_OK;
    }
    return status;
}

static bytes one_point(const struct point_row *p, struct ctx *cx, struct buf *out,
                       enum status *status)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, 1);
    point_put(&w, p);
    *status = wire_writer_done(&w);
    return buf_view(out);
}

static enum status judge_point(struct ctx *cx, struct team *t, struct authored *a,
                               const struct point_row *p)
{
    struct buf list;
    enum status status;
    buf_init(&list, 128);
    bytes rows = one_point(p, cx, &list, &status);
    if (status == STATUS_OK) {
        status = charter_judge_points(cx, t, a, rows);
    }
    buf_finish(&list);
    return status;
}

/* ---- what may be meant ---- */

static bool known_in_past(const struct team *t, const struct authored *a, struct place place)
{
    return a->past == NULL || clock_knows(t, a->past, place);
}

static uint32_t author_level(const struct authored *a)
{
    return a->via == NULL ? 0 : a->via->level;
}

/* [AUTH-43] the appointment was made in the author's past and stands below his own. */
static const struct appointment *judge_target(const struct team *t, struct authored *a,
                                              const struct id *id, const struct id *member)
{
    const struct appointment *target = appointment_by_id(t, id, member);
    if (target == NULL || (!t->trusted && !appointment_known(t, a->past, target))) {
        charter_refuse(a, "[AUTH-43] the appointment it names is not known");
        return NULL;
    }
    if (!t->trusted && target->level <= author_level(a)) {
        charter_refuse(a, "[AUTH-43] the appointment it names does not stand below the author's");
    }
    return target;
}

static const struct member *judge_member(const struct team *t, struct authored *a,
                                         const struct id *id, bool same_level)
{
    const struct member *m = member_by_id(t, id);
    bool there = false, reached = !same_level;

    for (size_t i = 0; m != NULL && i < t->appointments.count; i++) {
        const struct appointment *p = t->appointments.at[i];
        if (p->of == m && (t->trusted || appointment_known(t, a->past, p))) {
            there = true;
            reached = reached || p->level >= author_level(a);
        }
    }
    if (!there) {
        charter_refuse(a, "[AUTH-44] the member it names has no appointment");
        return NULL;
    }
    if (!reached && !t->trusted) {
        charter_refuse(a, "[AUTH-44] the member it names stands above the author");
    }
    return m;
}

static struct power *judge_said(const struct team *t, struct authored *a, const struct said *said,
                                bool lift, bool council)
{
    struct power *p = power_by_name(t, &said->entry, said->index);

    if (p == NULL || (p->verb == CHARTER_SUSPEND) != lift || p->verb == CHARTER_COUNCIL ||
        (!t->trusted && !known_in_past(t, a, p->place))) {
        charter_refuse(a, lift ? "[AUTH-45] lifts what is not a suspension it knows"
                               : "[AUTH-45] pardons what is not a removal it knows");
        return NULL;
    }
    bool own = !lift && p->verb != CHARTER_UNLINK && p->place.ix == a->place.ix &&
               author_level(a) <= p->level;
    if (!t->trusted && !council && !own && p->verb != CHARTER_UNLINK &&
        p->level <= author_level(a)) {
        charter_refuse(a, "[AUTH-45] it was said by somebody who does not stand below the author");
    }
    return p;
}

const struct power *charter_judge_said(const struct team *t, struct authored *a,
                                       const struct said *said, bool lift)
{
    return judge_said(t, a, said, lift, true);
}

/* ---- handing over to the authority room ---- */

static void facts_of(struct authored *a, struct authority_op *op)
{
    op->ref = (uint64_t)OP_KEY(a->place.ix, a->place.seq, a->index);
    op->at = (struct authority_point){.ix = a->place.ix, .seq = a->place.seq};
    op->lamport = a->lamport;
    op->via = a->via == NULL ? -1 : a->via->number;
}

enum status charter_hand_over(struct ctx *cx, struct team *t, struct authored *a,
                              struct authority_op *op, int64_t *ret_first)
{
    enum status status = STATUS_OK;
    struct authority_point *points = NULL;
    void *refs = NULL;
    uint8_t *at = NULL;
    size_t count = a->seen.len / FACT_REF;
    int64_t unused;

    facts_of(a, op);
    TRY(mem_new(cx, count + 1, sizeof(uint64_t), &refs));
    for (size_t i = 0; i < count; i++) {
        ((uint64_t *)refs)[i] = get_u64le(a->seen.ptr + i * FACT_REF);
    }
    op->seen = refs;
    op->seen_count = count;
    TRY(fact_points(cx, a, &points, &op->cut_count));
    op->cut = points;
    status = authority_op(cx, t->authority, op, ret_first == NULL ? &unused : ret_first);
    if (status == STATUS_MALFORMED) { /* no program that judges says it */
        charter_refuse(a, "[AUTH-06] %s", cx->fault.what);
        fault_clear(cx);
        status = STATUS_OK;
        goto out;
    }
    TRY(status);
    a->handed_over = true;
    TRY(buf_extend(cx, &t->refs, FACT_REF, &at));
    put_u64le(at, op->ref);
out:
    free(points);
    free(refs);
    return status;
}

static enum status power_note(struct ctx *cx, struct team *t, const struct authored *a,
                              uint64_t verb, const struct member *about,
                              const struct appointment *target)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    TRY(mem_new(cx, 1, sizeof(struct power), &memory));
    struct power *p = memory;
    *p = (struct power){.entry = a->entry,
                        .index = a->index,
                        .ref = (uint64_t)OP_KEY(a->place.ix, a->place.seq, a->index),
                        .verb = verb,
                        .level = verb == CHARTER_UNLINK ? LEVEL_MAX + 1 : author_level(a),
                        .place = a->place,
                        .lamport = a->lamport,
                        .via = a->via,
                        .about = about,
                        .target = target,
                        .time = a->time};
    TRY(pointers_add(cx, &t->powers, p));
    memory = NULL;
out:
    free(memory);
    return status;
}

enum status charter_power_note(struct ctx *cx, struct team *t, const struct authored *a,
                               const struct member *about, const struct council_state *state)
{
    enum status status = power_note(cx, t, a, CHARTER_COUNCIL, about, NULL);
    if (status == STATUS_OK) {
        ((struct power *)t->powers.at[t->powers.count - 1])->state = state;
    }
    return status;
}

enum status charter_undoing_note(struct ctx *cx, struct team *t, const struct authored *a,
                                 const struct power *p)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    TRY(mem_new(cx, 1, sizeof(struct undoing), &memory));
    *(struct undoing *)memory =
        (struct undoing){.power = p, .ref = (uint64_t)OP_KEY(a->place.ix, a->place.seq, a->index)};
    TRY(pointers_add(cx, &t->undoings, memory));
    memory = NULL;
out:
    free(memory);
    return status;
}

/* Somebody who carries it is in the past. */
static bool power_in_past(const struct team *t, const struct authored *a, const struct power *p)
{
    return a->past == NULL || (p->state != NULL ? places_known(t, a->past, &p->state->places)
                                                : clock_knows(t, a->past, p->place));
}

/* [AUTH-46] a GRANT remembers the removals of its member that its author knew. */
enum status grant_fact(struct ctx *cx, struct team *t, struct authored *a, const struct id *member)
{
    enum status status = STATUS_OK;
    uint8_t *at = NULL;

    for (size_t i = 0; i < t->powers.count; i++) {
        const struct power *p = t->powers.at[i];
        bool removal = p->verb == CHARTER_REMOVE || p->verb == CHARTER_COUNCIL;
        if (removal && p->about != NULL && id_equal(&p->about->pub.id, member) &&
            power_in_past(t, a, p)) {
            TRY(buf_extend(cx, &a->seen, FACT_REF, &at));
            put_u64le(at, p->ref);
        }
    }
out:
    return status;
}

/* Noted so that people can name it and take it back, and given to the authority room. */
static enum status power_take(struct ctx *cx, struct team *t, struct authored *a,
                              struct authority_op *op, uint64_t verb, const struct member *about,
                              const struct appointment *target)
{
    enum status status = power_note(cx, t, a, verb, about, target);
    return status == STATUS_OK ? charter_hand_over(cx, t, a, op, NULL) : status;
}

/* [AUTH-46] a REPLACE takes the place of those of the same appointment that its author knew. */
static enum status replace_fact(struct ctx *cx, struct team *t, struct authored *a,
                                const struct appointment *target)
{
    enum status status = STATUS_OK;
    uint8_t *at = NULL;

    for (size_t i = 0; i < t->powers.count; i++) {
        const struct power *p = t->powers.at[i];
        if (p->verb == CHARTER_REPLACE && p->target == target && power_in_past(t, a, p)) {
            TRY(buf_extend(cx, &a->seen, FACT_REF, &at));
            put_u64le(at, p->ref);
        }
    }
out:
    return status;
}

/* ---- each verb ---- */

static enum status apply_revoke(struct ctx *cx, struct team *t, struct authored *a,
                                const struct revoke *r)
{
    enum status status = STATUS_OK;
    const struct appointment *target = judge_target(t, a, &r->appointment, &r->member);

    TRY(charter_judge_points(cx, t, a, r->cut));
    if (a->reason[0] != '\0') {
        goto out;
    }
    struct authority_op op = {.verb = AUTHORITY_REVOKE,
                              .appointment = target->number,
                              .member = target->of->number,
                              .cascade = r->cascade != 0};
    TRY(power_take(cx, t, a, &op, CHARTER_REVOKE, target->of, target));
out:
    return status;
}

static enum status apply_remove(struct ctx *cx, struct team *t, struct authored *a,
                                const struct remove *r)
{
    enum status status = STATUS_OK;
    const struct member *m = judge_member(t, a, &r->member, false);

    TRY(charter_judge_points(cx, t, a, r->cut));
    if (a->reason[0] != '\0') {
        goto out;
    }
    struct authority_op op = {.verb = AUTHORITY_REMOVE, .member = m->number};
    TRY(power_take(cx, t, a, &op, CHARTER_REMOVE, m, NULL));
out:
    return status;
}

static enum status apply_devcut(struct ctx *cx, struct team *t, struct authored *a,
                                const struct point_row *p)
{
    enum status status = STATUS_OK;
    const struct device *d = device_by_id(t, &p->device);

    if (d == NULL || !d->linked || (!t->trusted && !device_linked_in(t, a->past, d))) {
        charter_refuse(a, "[AUTH-44] the device it names is not known");
    } else {
        TRY(judge_point(cx, t, a, p));
    }
    if (a->reason[0] != '\0') {
        goto out;
    }
    struct authority_op op = {.verb = AUTHORITY_DEVCUT, .lane = d->pub.ix};
    TRY(power_take(cx, t, a, &op, CHARTER_DEVCUT, member_by_id(t, &d->pub.member), NULL));
out:
    return status;
}

static enum status apply_replace(struct ctx *cx, struct team *t, struct authored *a,
                                 const struct replace *r)
{
    enum status status = STATUS_OK;
    const struct appointment *target = judge_target(t, a, &r->appointment, &r->member);
    const struct role *role = role_by_id(t, &r->role);

    if (role == NULL || !role->known || (!t->trusted && !places_known(t, a->past, &role->places))) {
        charter_refuse(a, "[AUTH-05] the role is not known");
    } else if (target != NULL && !t->trusted && role_has_power(role) &&
               target->level >= LEVEL_MAX) {
        charter_refuse(a, "[AUTH-05] nobody is below level %d for such a role", LEVEL_MAX);
    }
    TRY(charter_judge_points(cx, t, a, r->cut));
    if (a->reason[0] != '\0') {
        goto out;
    }
    if (!t->trusted) {
        TRY(replace_fact(cx, t, a, target));
    }
    struct authority_op op = {.verb = AUTHORITY_REPLACE,
                              .appointment = target->number,
                              .member = target->of->number,
                              .role = role->number};
    TRY(power_take(cx, t, a, &op, CHARTER_REPLACE, target->of, target));
out:
    return status;
}

/* [AUTH-47] what a suspended member said that the author knew keeps its effect. */
static enum status suspend_fact(struct ctx *cx, struct team *t, struct authored *a,
                                const struct member *m)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < a->past->count; i++) {
        const struct view_item *item = &a->past->items[i];
        const struct device *d = device_by_id(t, &item->device);
        if (d != NULL && (m == NULL || id_equal(&d->pub.member, &m->pub.id))) {
            TRY(fact_point(cx, a, clock_lane(t, a->past, i)->pub.ix, item->seq));
        }
    }
out:
    return status;
}

static enum status apply_suspend(struct ctx *cx, struct team *t, struct authored *a,
                                 const struct suspend *s)
{
    enum status status = STATUS_OK;
    const struct member *m = judge_member(t, a, &s->member, true);

    if (a->reason[0] != '\0') {
        goto out;
    }
    if (!t->trusted) {
        TRY(suspend_fact(cx, t, a, m));
    }
    struct authority_op op = {.verb = AUTHORITY_SUSPEND, .member = m->number};
    TRY(power_take(cx, t, a, &op, CHARTER_SUSPEND, m, NULL));
out:
    return status;
}

static enum status apply_said(struct ctx *cx, struct team *t, struct authored *a, uint64_t verb,
                              const struct said *s)
{
    enum status status = STATUS_OK;
    bool lift = verb == CHARTER_LIFT;
    const struct power *p = judge_said(t, a, s, lift, false);

    if (a->reason[0] != '\0') {
        goto out;
    }
    struct authority_op op = {.verb = lift ? AUTHORITY_LIFT : AUTHORITY_PARDON, .target = p->ref};
    TRY(charter_undoing_note(cx, t, a, p));
    TRY(charter_hand_over(cx, t, a, &op, NULL));
out:
    return status;
}

static enum status apply_reattach(struct ctx *cx, struct team *t, struct authored *a,
                                  const struct reattach *r)
{
    enum status status = STATUS_OK;
    const struct appointment *target = judge_target(t, a, &r->appointment, &r->member);

    if (a->reason[0] != '\0') {
        goto out;
    }
    struct authority_op op = {.verb = AUTHORITY_REATTACH, .appointment = target->number};
    TRY(charter_hand_over(cx, t, a, &op, NULL));
out:
    return status;
}

static enum status apply_pin(struct ctx *cx, struct team *t, struct authored *a,
                             const struct point_row *p)
{
    enum status status = STATUS_OK;

    TRY(judge_point(cx, t, a, p));
    if (a->reason[0] != '\0') {
        goto out;
    }
    struct authority_op op = {.verb = AUTHORITY_PIN};
    TRY(charter_hand_over(cx, t, a, &op, NULL));
out:
    return status;
}

static enum status apply_checkpoint(struct ctx *cx, struct team *t, struct authored *a)
{
    enum status status = STATUS_OK;
    struct authority_op op = {.verb = AUTHORITY_CHECKPOINT};

    if (!t->trusted) {
        TRY(suspend_fact(cx, t, a, NULL));
    }
    TRY(charter_hand_over(cx, t, a, &op, NULL));
out:
    return status;
}

void unlink_body(const struct point_row *p, uint8_t ret[static UNLINK_BYTES])
{
    memcpy(ret, p->device.b, 32);
    put_u64le(ret + 32, p->seq);
    memcpy(ret + 40, p->entry.b, 32);
}

static bool unlink_verify(const struct team *t, const struct unlink *u)
{
    uint8_t body[UNLINK_BYTES];
    unlink_body(&u->point, body);
    return statement_verify("valise/unlink", &t->id, BYTES_OF(body), u->root_pk, u->signature);
}

/* [AUTH-48] under the member's own root key, whoever carries it. */
static enum status apply_unlink(struct ctx *cx, struct team *t, struct authored *a,
                                const struct unlink *u)
{
    enum status status = STATUS_OK;
    const struct device *d = device_by_id(t, &u->point.device);

    if (d == NULL || !d->linked || memcmp(d->root_pk, u->root_pk, 32) != 0 ||
        (!t->trusted && !device_linked_in(t, a->past, d))) {
        charter_refuse(a, "[AUTH-48] unlinks a device that is not of this member");
    } else if (!t->trusted) {
        if (!unlink_verify(t, u)) {
            charter_refuse(a, "[AUTH-48] the member's root key did not sign it");
        }
        TRY(judge_point(cx, t, a, &u->point));
    }
    if (a->reason[0] != '\0') {
        goto out;
    }
    struct authority_op op = {.verb = AUTHORITY_UNLINK, .lane = d->pub.ix};
    TRY(power_take(cx, t, a, &op, CHARTER_UNLINK, member_by_id(t, &d->pub.member), NULL));
out:
    return status;
}

static enum status apply_compartment(struct ctx *cx, struct team *t, struct authored *a,
                                     const struct compartment_op *c)
{
    enum status status = STATUS_OK;
    struct compartment *made = NULL;
    struct authority_op op = {.verb = AUTHORITY_DEFINE};

    TRY(compartment_make(cx, t, c->tag, &made));
    if (!t->trusted) {
        size_t known = 0;
        for (size_t i = 0; i < t->compartments.count; i++) {
            const struct compartment *other = t->compartments.at[i];
            known += places_known(t, a->past, &other->places);
        }
        if (known >= COMPARTMENTS_MAX) {
            charter_refuse(a, "[AUTH-49] the team has %d compartments, the limit",
                           COMPARTMENTS_MAX);
        }
        if (places_known(t, a->past, &made->places)) {
            charter_refuse(a, "[AUTH-49] the compartment has a name already");
        }
    }
    if (a->reason[0] != '\0') {
        goto out;
    }
    TRY(compartment_name(cx, made, a, c->name));
    TRY(charter_hand_over(cx, t, a, &op, NULL));
out:
    return status;
}

enum status power_apply(struct ctx *cx, struct team *t, struct authored *a,
                        const struct charter_op *op)
{
    switch ((enum charter_verb)op->verb) {
    case CHARTER_REVOKE:
        return apply_revoke(cx, t, a, &op->u.revoke);
    case CHARTER_REMOVE:
        return apply_remove(cx, t, a, &op->u.remove);
    case CHARTER_DEVCUT:
        return apply_devcut(cx, t, a, &op->u.devcut);
    case CHARTER_REPLACE:
        return apply_replace(cx, t, a, &op->u.replace);
    case CHARTER_SUSPEND:
        return apply_suspend(cx, t, a, &op->u.suspend);
    case CHARTER_LIFT:
    case CHARTER_PARDON:
        return apply_said(cx, t, a, op->verb, &op->u.said);
    case CHARTER_REATTACH:
        return apply_reattach(cx, t, a, &op->u.reattach);
    case CHARTER_PIN:
        return apply_pin(cx, t, a, &op->u.pin);
    case CHARTER_CHECKPOINT:
        return apply_checkpoint(cx, t, a);
    case CHARTER_UNLINK:
        return apply_unlink(cx, t, a, &op->u.unlink);
    case CHARTER_COMPARTMENT:
        return apply_compartment(cx, t, a, &op->u.compartment);
    case CHARTER_COUNCIL:
        return council_apply(cx, t, a, &op->u.council);
    default:
        return STATUS_OK; /* charter.c knows the others */
    }
}
