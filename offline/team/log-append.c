/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing this device's own log. Operations are durable at once in the open entry and get their
 * final place there; the entry is sealed lazily: when it is full, when something foreign is about
 * to be admitted, when it is exported. Between the first append and the seal nothing foreign comes
 * in, so the place, the lamport and the causes of the open entry are fixed when it is opened.
 */
#include <stdlib.h>
#include <string.h>

#include "lanes-int.h"

#define OPEN_LOW(t)  ((t)->key << 32)
#define OPEN_HIGH(t) (((t)->key + 1) << 32)

/* 1 + the largest lamport of anything it builds on: what this device does next comes after that. */
static enum status next_lamport(struct ctx *cx, struct team *t, uint64_t *ret)
{
    enum status status = STATUS_OK;
    uint64_t largest = t->self->head_lamport;
    struct followed f;

    for (size_t i = 0; i < t->devices.count; i++) {
        TRY(lane_follow(cx, t, t->devices.at[i], &f));
        if (f.seq > 0 && f.lamport > largest) {
            largest = f.lamport;
        }
    }
    *ret = largest + 1;
out:
    return status;
}

enum status log_open_load(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, t->v, STMT_LOG_OPEN_SIZE, &s));
    stmt_bind_int(s, 1, OPEN_LOW(t));
    stmt_bind_int(s, 2, OPEN_HIGH(t));
    stmt_bind_int(s, 3, t->key);
    TRY(stmt_step(cx, s, &row));
    t->open_count = (uint64_t)stmt_int(s, 0);
    t->open_bytes = (uint64_t)stmt_int(s, 1);
    t->open_time = stmt_int(s, 2);
    t->open_via = appointment_by_row(t, stmt_int(s, 3));
    if (t->open_count > 0 && (t->open_via == NULL || stmt_bytes(s, 4).len != COMPARTMENT_BYTES)) {
        FAIL(cx, STATUS_INTEGRITY, "the open entry stands in no compartment any more");
    }
    if (t->open_count > 0) {
        memcpy(t->open_compartment, stmt_bytes(s, 4).ptr, COMPARTMENT_BYTES);
    }
    t->open_pinned = t->open_count > 0;
    stmt_reset(s);
    TRY(next_lamport(cx, t, &t->open_lamport));
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

int64_t log_open_time(struct ctx *cx, struct team *t)
{
    if (!t->open_pinned) {
        t->open_time = cx->system->now(cx->system->self);
        t->open_pinned = true;
    }
    return t->open_time;
}

/* ---- which appointment speaks ---- */

/* All the roles that judge what this device says next under the appointment allow it. */
static bool may_write(const struct team *t, const struct appointment *a,
                      const struct log_target *to)
{
    uint32_t numbers[ENTRY_ROLES_MAX];
    const struct authority_point next = {.ix = t->self->pub.ix, .seq = t->self->pub.head_seq + 1};
    size_t count = authority_roles_at(t->authority, a->number, next, numbers, ENTRY_ROLES_MAX);
    bool may = count > 0 && count <= ENTRY_ROLES_MAX;

    for (size_t i = 0; i < count && may; i++) {
        may = role_allows(t->roles.at[numbers[i]], to->compartment, to->verb, to->type, to->field);
    }
    return may;
}

/* Mine, in force: the one with the highest rank that allows it; NULL: none. */
static const struct appointment *append_via(const struct team *t, const struct log_target *to)
{
    const struct appointment *best = NULL;
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *a = t->appointments.at[i];
        if (id_equal(&a->member, &t->self->pub.member) &&
            (t->trusted || (authority_active(t->authority, a->number) && may_write(t, a, to))) &&
            (best == NULL || a->level < best->level)) {
            best = a;
        }
    }
    return best;
}

const struct appointment *my_appointment(const struct team *t, uint32_t rights)
{
    const struct appointment *best = NULL;
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *a = t->appointments.at[i];
        const struct team_role *role;
        if (!id_equal(&a->member, &t->self->pub.member) ||
            (!t->trusted && !appointment_in_force(t, a))) {
            continue;
        }
        role = role_in_force(t, a);
        if ((t->trusted || (role->rights & rights) == rights) &&
            (best == NULL || a->level < best->level)) {
            best = a;
        }
    }
    return best;
}

enum status log_next_info(struct ctx *cx, struct team *t, const uint8_t *compartment,
                          struct entry_info *ret)
{
    enum status status = STATUS_OK;
    const struct appointment *via = NULL;
    const struct compartment *c;

    if (t->stale) {
        TRY(team_sync(cx, t));
    }
    if (team_me(t) == NULL) {
        return not_a_member(cx, t);
    }
    c = compartment_by_tag(t, compartment == NULL ? t->data : compartment);
    for (size_t i = 0; c != NULL && i < t->appointments.count; i++) {
        const struct appointment *a = t->appointments.at[i];
        if (id_equal(&a->member, &t->self->pub.member) &&
            authority_active(t->authority, a->number) &&
            role_lists(a->role, c->pub.tag, ACCESS_READ) &&
            (via == NULL || a->level < via->level)) {
            via = a;
        }
    }
    *ret = (struct entry_info){.member = t->self->pub.member};
    memcpy(ret->compartment, compartment == NULL ? t->data : compartment, COMPARTMENT_BYTES);
    if (via == NULL) {
        via = appointment_by_id(t, &team_me(t)->appointment, &team_me(t)->id);
    }
    TRY(info_roles(
        cx, t, via,
        (struct authority_point){.ix = t->self->pub.ix, .seq = t->self->pub.head_seq + 1}, ret));
out:
    return status;
}

/* Of the entry that is open. */
enum status log_open_info(struct ctx *cx, struct team *t, struct entry_info *ret)
{
    enum status status = STATUS_OK;

    MUST(t->open_via != NULL);
    *ret = (struct entry_info){.device_ix = t->self->pub.ix,
                               .seq = t->self->pub.head_seq + 1,
                               .lamport = t->open_lamport,
                               .member = t->self->pub.member};
    memcpy(ret->compartment, t->open_compartment, COMPARTMENT_BYTES);
    TRY(info_roles(cx, t, t->open_via,
                   (struct authority_point){.ix = ret->device_ix, .seq = ret->seq}, ret));
out:
    return status;
}

/* Mine, active, with the highest rank whose role writes the compartment; NULL: none. */
static const struct appointment *my_writer(const struct team *t,
                                           const uint8_t tag[static COMPARTMENT_BYTES])
{
    const struct appointment *best = NULL;
    bool control = compartment_is_control(t, tag);

    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *a = t->appointments.at[i];
        uint32_t number = 0;
        const struct authority_point next = {.ix = t->self->pub.ix,
                                             .seq = t->self->pub.head_seq + 1};
        if (!id_equal(&a->member, &t->self->pub.member) ||
            !authority_active(t->authority, a->number) ||
            authority_roles_at(t->authority, a->number, next, &number, 1) == 0) {
            continue;
        }
        if ((control || t->trusted || role_lists(t->roles.at[number], tag, ACCESS_WRITE)) &&
            (best == NULL || a->level < best->level)) {
            best = a;
        }
    }
    return best;
}

/* ---- appending ---- */

static enum status suspended_denied(struct ctx *cx)
{
    (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__,
                    "you are suspended: nothing new of yours counts");
    return fault_hint(cx, "somebody who stands above you can lift it: valise member lift");
}

static enum status append_denied(struct ctx *cx, const struct team *t, const struct log_target *to)
{
    const struct team_compartment *c = team_compartment_by_tag(t, to->compartment);
    if (team_me(t)->suspended) {
        return suspended_denied(cx);
    }
    if (c != NULL && !c->writes) {
        (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__,
                        "you may not write in the compartment '%.*s'", (int)c->name.len,
                        c->name.ptr);
    } else {
        (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__,
                        "the role '%.*s' does not allow this change",
                        (int)team_me(t)->role->name.len, team_me(t)->role->name.ptr);
    }
    return fault_hint(cx, "ask somebody who may appoint for another role");
}

static enum status append_allowed(struct ctx *cx, const struct team *t, const struct log_target *to,
                                  bytes op, const struct appointment **ret)
{
    enum status status = STATUS_OK;

    if (team_me(t) == NULL && !t->trusted) {
        return not_a_member(cx, t);
    }
    *ret = append_via(t, to);
    if (*ret == NULL) {
        return append_denied(cx, t, to);
    }
    if (op.len > BODY_PLAIN_MAX - BODY_FRAME_MAX) {
        FAIL(cx, STATUS_LIMIT, "one change of %zu bytes is over the limit of %u", op.len,
             BODY_PLAIN_MAX - BODY_FRAME_MAX);
    }
    if (t->admitting) {
        FAIL(cx, STATUS_BUG, "nothing is appended while foreign entries are admitted");
    }
out:
    return status;
}

/* False when memory is not what the vault holds: a transaction was rolled back. One look for each
 * append, because nobody tells this room of a rollback and a wrong number would be for ever. */
static enum status append_fits(struct ctx *cx, struct team *t, bool *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, t->v, STMT_LOG_OPEN_STATE, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_int(s, 2, OPEN_LOW(t));
    stmt_bind_int(s, 3, OPEN_HIGH(t));
    TRY(stmt_step(cx, s, &row));
    int64_t last = row && !stmt_is_null(s, 1) ? stmt_int(s, 1) : OPEN_LOW(t) - 1;
    *ret =
        row && stmt_int(s, 0) == t->generation && last == OPEN_LOW(t) + (int64_t)t->open_count - 1;
    stmt_reset(s);
out:
    return status;
}

static enum status append_store(struct ctx *cx, struct team *t, bytes op)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, t->v, STMT_LOG_OPEN_INSERT, &s));
    stmt_bind_int(s, 1, OPEN_LOW(t) + (int64_t)t->open_count);
    stmt_bind_bytes(s, 2, op);
    TRY(stmt_run(cx, s));
out:
    return status;
}

static enum status open_store(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, t->v, STMT_TEAM_SET_OPEN, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_int(s, 2, t->open_time);
    stmt_bind_int(s, 3, t->open_via->row);
    stmt_bind_bytes(s, 4, BYTES_OF(t->open_compartment));
    TRY(stmt_run(cx, s));
out:
    return status;
}

/* Seals what is open when the next operation does not belong into it. */
static enum status append_room(struct ctx *cx, struct team *t, const struct log_target *to,
                               const struct appointment *via, size_t len)
{
    bool other =
        t->open_count > 0 && (t->open_via != via ||
                              memcmp(t->open_compartment, to->compartment, COMPARTMENT_BYTES) != 0);
    if (other || t->open_count == OPS_PER_ENTRY_MAX ||
        t->open_bytes + len > BODY_PLAIN_MAX - BODY_FRAME_MAX) {
        return log_seal(cx, t);
    }
    return STATUS_OK;
}

enum status log_append(struct ctx *cx, struct team *t, const struct log_target *where, bytes op,
                       struct entry_info *ret_info, int64_t *ret_op_key)
{
    enum status status = STATUS_OK;
    struct epoch *epoch = NULL;
    struct log_target target = *where;
    const struct log_target *to = &target;
    const struct appointment *via = NULL;
    bool fits = false;
    int64_t time;

    if (t->stale) {
        TRY(team_sync(cx, t));
    }
    target.compartment = where->compartment == NULL ? t->data : where->compartment;
    time = log_open_time(cx, t); /* the operation was encoded relative to it */
    TRY(append_fits(cx, t, &fits));
    if (!fits) {
        TRY(team_load(cx, t));
    }
    TRY(append_allowed(cx, t, to, op, &via));
    TRY(append_room(cx, t, to, via, op.len));
    if (t->open_count == 0) { /* its epoch is settled now: nothing may come between */
        TRY(epoch_for_writing(cx, t, to->compartment, &epoch));
    }
    TRY(append_store(cx, t, op));
    if (t->open_count == 0) {
        t->open_time = time;
        t->open_pinned = true;
        TRY(next_lamport(cx, t, &t->open_lamport));
        t->open_via = via;
        memcpy(t->open_compartment, to->compartment, COMPARTMENT_BYTES);
        TRY(open_store(cx, t));
    }
    TRY(log_open_info(cx, t, ret_info));
    *ret_op_key = OP_KEY(ret_info->device_ix, ret_info->seq, t->open_count);
    t->open_count++;
    t->open_bytes += op.len;
out:
    return status;
}

/* ---- sealing ---- */

/* Heads that changed since this device's previous entry; the clock becomes what it knows now. */
static enum status own_causes(struct ctx *cx, struct team *t, struct buf *deps, struct id *ret_view)
{
    enum status status = STATUS_OK;
    struct device *self = t->self;
    struct entry_dep *list = NULL;
    void *memory = NULL;
    size_t count = 0;

    TRY(clock_load(cx, t, self));
    TRY(mem_new(cx, t->devices.count + 1, sizeof *list, &memory));
    list = memory;
    for (size_t i = 0; i < t->devices.count; i++) {
        const struct device *d = t->devices.at[i];
        struct followed f;
        TRY(lane_follow(cx, t, d, &f));
        if (d == self || f.seq <= clock_seq(&self->clock, &d->pub.id)) {
            continue;
        }
        TRY(clock_put(cx, &self->clock, f.lane, f.seq, &f.id));
        size_t at = count++;
        while (at > 0 && id_compare(&list[at - 1].device, &d->pub.id) > 0) { /* ascending */
            list[at] = list[at - 1];
            at--;
        }
        list[at] = (struct entry_dep){.device = d->pub.id, .seq = f.seq};
    }
    TRY(entry_deps_write(cx, list, count, deps));
    view_hash(self->clock.items, self->clock.count, ret_view);
out:
    free(memory);
    return status;
}

static enum status own_header(struct ctx *cx, struct team *t,
                              const uint8_t compartment[static COMPARTMENT_BYTES], struct buf *deps,
                              struct judged *j)
{
    enum status status = STATUS_OK;
    struct device *self = t->self;

    if (j->epoch == NULL) {
        j->epoch = epoch_current(t, compartment);
        if (j->epoch == NULL && t->trusted) {
            TRY(epoch_for_writing(cx, t, compartment, &j->epoch));
        }
    }
    if (j->epoch == NULL) {
        FAIL(cx, STATUS_DENIED, "this device holds no key to write with");
    }
    if (self->pub.head_seq >= UINT32_MAX) {
        FAIL(cx, STATUS_LIMIT, "this device's log is full; make a new device");
    }
    j->device = self;
    j->h.device = self->pub.id;
    j->h.seq = self->pub.head_seq + 1;
    j->h.prev = self->head_id;
    TRY(next_lamport(cx, t, &j->h.lamport));
    TRY(own_causes(cx, t, deps, &j->h.view));
    j->h.deps = buf_view(deps);
    memcpy(j->h.compartment, compartment, COMPARTMENT_BYTES);
    j->h.epoch = j->epoch->id;
    if (j->via != NULL) {
        j->h.via = j->via->id;
    } else if (!id_is_zero(&t->genesis_entry)) {
        return not_a_member(cx, t);
    }
out:
    return status;
}

/* Seals one entry over a finished body, stores it and moves this device's head. under: the epoch,
 * NULL for the current one; via: NULL only for the founding entry. */
static enum status own_entry(struct ctx *cx, struct team *t,
                             const uint8_t compartment[static COMPARTMENT_BYTES],
                             struct epoch *under, const struct appointment *via, bytes plain,
                             struct id *ret_id)
{
    enum status status = STATUS_OK;
    struct buf deps, header, sealed;
    struct judged j;

    judged_init(&j);
    buf_init(&deps, ENTRY_HEADER_MAX);
    buf_init(&header, ENTRY_HEADER_MAX);
    buf_init(&sealed, BODY_SEALED_MAX + 2 * MIB);
    j.epoch = under;
    j.via = via;
    j.counts = memcmp(compartment, t->control, COMPARTMENT_BYTES) == 0 ||
               effects_counts(t, via, t->self->pub.ix, t->self->pub.head_seq + 1);
    TRY(own_header(cx, t, compartment, &deps, &j));
    TRY(body_seal(cx, secret_key(j.epoch->key), &t->id, &j.h, plain, &sealed));
    TRY(entry_header_write(cx, &j.h, &header));
    j.header = buf_view(&header);
    j.body = buf_view(&sealed);
    entry_id(&t->id, j.header, &j.id);
    TRY(judge_store(cx, t, &j));
    TRY(clock_copy(cx, &j.past, &t->self->clock));
    TRY(clock_set(cx, &j.past, &t->self->pub.id, j.h.seq, &j.id));
    TRY(judge_accept(cx, t, &j));
    TRY(log_flush(cx, t));
    *ret_id = j.id;
out:
    if (status != STATUS_OK) {
        t->stale = true;
    }
    buf_finish(&sealed);
    buf_finish(&header);
    buf_finish(&deps);
    judged_finish(&j);
    return status;
}

/* The body of the open entry, from the table. */
enum status log_open_body(struct ctx *cx, struct team *t, struct buf *plain)
{
    enum status status = STATUS_OK;
    struct wire_writer w;
    struct stmt *s = NULL;
    bool row = false;
    size_t count = 0;

    wire_writer_init(&w, cx, plain);
    TRY(body_write_start(&w, t->open_time, (size_t)t->open_count));
    TRY(stmt_use(cx, t->v, STMT_LOG_OPEN_LIST, &s));
    stmt_bind_int(s, 1, OPEN_LOW(t));
    stmt_bind_int(s, 2, OPEN_HIGH(t));
    TRY(stmt_step(cx, s, &row));
    while (row) {
        wire_put_encoded(&w, stmt_bytes(s, 0));
        count++;
        TRY(stmt_step(cx, s, &row));
    }
    TRY(wire_writer_done(&w));
    if (count != t->open_count) {
        FAIL(cx, STATUS_INTEGRITY, "the open entry has %zu operations, not %llu", count,
             (unsigned long long)t->open_count);
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status seal_open_entry(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    struct buf plain;
    struct id id;

    buf_init(&plain, BODY_PLAIN_MAX);
    TRY(log_open_body(cx, t, &plain));
    TRY(own_entry(cx, t, t->open_compartment, NULL, t->open_via, buf_view(&plain), &id));
    TRY(stmt_use(cx, t->v, STMT_LOG_OPEN_CLEAR, &s));
    stmt_bind_int(s, 1, OPEN_LOW(t));
    stmt_bind_int(s, 2, OPEN_HIGH(t));
    TRY(stmt_run(cx, s));
    t->open_count = 0;
    t->open_bytes = 0;
    t->open_pinned = false;
    t->open_via = NULL;
out:
    buf_finish(&plain);
    return status;
}

enum status log_seal(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;

    TRY(team_sync(cx, t));
    TRY(log_open_load(cx, t)); /* appends may have been rolled back */
    if (t->open_count == 0) {
        goto out;
    }
    TRY(vault_begin(cx, t->v));
    TRY(vault_end(cx, t->v, seal_open_entry(cx, t)));
out:
    t->stale = t->stale || status != STATUS_OK;
    return status;
}

/* ---- control ---- */

static enum status control_body(struct ctx *cx, int64_t time, const bytes *ops, size_t count,
                                struct buf *plain)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, plain);
    enum status status = body_write_start(&w, time, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_encoded(&w, ops[i]);
    }
    return status == STATUS_OK ? wire_writer_done(&w) : status;
}

/* A role lets in so many and no more: the one too many is no member, and must be given no key. */
static enum status grants_count(struct ctx *cx, const struct team *t, const struct id *entry)
{
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *made = t->appointments.at[i];
        struct authority_appointment now;
        authority_appointment_get(t->authority, made->number, &now);
        if (id_equal(&made->id, entry) && now.by >= 0 && !now.supported) {
            (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__,
                            "your role has given as many places as it may");
            return fault_hint(cx, "ask a member whose role may let people in");
        }
    }
    return STATUS_OK;
}

/* Our own operations must pass the same judge as everybody's. */
static enum status control_apply(struct ctx *cx, struct team *t, const struct epoch *under,
                                 const struct id *entry, const struct appointment *via,
                                 int64_t time, const bytes *ops, size_t count)
{
    enum status status = STATUS_OK;
    struct authored a = {.author = t->self,
                         .entry = *entry,
                         .place = {t->self->pub.ix, t->self->pub.head_seq},
                         .lamport = t->self->head_lamport,
                         .via = via,
                         .past = &t->self->clock,
                         .under = under,
                         .entry_time = time};

    bool handed[CONTROL_OPS_MAX];

    buf_init(&a.fact, FACT_MAX);
    buf_init(&a.seen, FACT_MAX);
    if (count > CONTROL_OPS_MAX) {
        FAIL(cx, STATUS_LIMIT, "%zu decisions at once, the limit is %d", count, CONTROL_OPS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        a.index = i;
        TRY(charter_apply(cx, t, &a, ops[i]));
        if (a.reason[0] != '\0' && !t->trusted) {
            FAIL(cx, STATUS_DENIED, "the team's rules do not allow it: %s", a.reason);
        }
        TRY(fact_store(cx, t, &a));
        handed[i] = a.handed_over;
    }
    TRY(members_refresh(cx, t));
    for (size_t i = 0; i < count; i++) {
        uint64_t ref = (uint64_t)OP_KEY(a.place.ix, a.place.seq, i);
        const char *why =
            handed[i] && !t->trusted ? authority_why_not(t->authority, ref, NULL) : NULL;
        if (why != NULL) {
            FAIL(cx, STATUS_DENIED, "the team does not allow it: %s", why);
        }
    }
    if (a.granted && !t->trusted) {
        TRY(grants_count(cx, t, entry));
    }
    TRY(effects_tell(cx, t));
    TRY(log_flush(cx, t));
out:
    authored_finish(&a);
    return status;
}

/* How an entry of the charter is said: under which key, by which appointment. */
struct manner {
    struct epoch *under;           /* NULL: the one for writing */
    const struct appointment *via; /* NULL: by what its role may do */
    uint32_t rights;               /* the role has these over people */
    const uint8_t *writes;         /* and writes this compartment; NULL: any */
};

static enum status control_write(struct ctx *cx, struct team *t, const struct manner *m,
                                 const bytes *ops, size_t count)
{
    enum status status = STATUS_OK;
    bool founding = id_is_zero(&t->genesis_entry);
    struct epoch *under = m->under;
    const struct appointment *via = founding            ? NULL
                                    : m->via != NULL    ? m->via
                                    : m->writes == NULL ? my_appointment(t, m->rights)
                                                        : my_writer(t, m->writes);
    int64_t time = cx->system->now(cx->system->self);
    struct buf plain;
    struct id id;

    buf_init(&plain, BODY_PLAIN_MAX);
    if (!founding && via == NULL && team_me(t) != NULL) {
        status = not_permitted(cx, t);
        goto out;
    }
    if (under == NULL && !founding) {
        if (team_me(t) != NULL && team_me(t)->suspended && !t->trusted) {
            status = suspended_denied(cx);
            goto out;
        }
        TRY(epoch_for_writing(cx, t, t->control, &under));
    }
    TRY(control_body(cx, time, ops, count, &plain));
    TRY(own_entry(cx, t, t->control, under, via, buf_view(&plain), &id));
    if (founding) {
        TRY(team_set_genesis_entry(cx, t, &id));
    }
    TRY(control_apply(cx, t, under, &id, via, time, ops, count));
out:
    buf_finish(&plain);
    return status;
}

static enum status control(struct ctx *cx, struct team *t, const struct manner *m, const bytes *ops,
                           size_t count)
{
    enum status status = STATUS_OK;

    TRY(log_seal(cx, t));
    TRY(vault_begin(cx, t->v));
    TRY(vault_end(cx, t->v, control_write(cx, t, m, ops, count)));
out:
    t->stale = t->stale || status != STATUS_OK;
    return status;
}

enum status log_control_under(struct ctx *cx, struct team *t, struct epoch *under, const bytes *ops,
                              size_t count)
{
    return control(cx, t, &(struct manner){.under = under}, ops, count);
}

enum status log_control(struct ctx *cx, struct team *t, const bytes *ops, size_t count)
{
    return control(cx, t, &(struct manner){.rights = 0}, ops, count);
}

enum status log_control_minting(struct ctx *cx, struct team *t, struct epoch *under,
                                const uint8_t compartment[static COMPARTMENT_BYTES],
                                const bytes *ops, size_t count)
{
    return control(cx, t, &(struct manner){.under = under, .writes = compartment}, ops, count);
}

enum status log_control_with(struct ctx *cx, struct team *t, uint32_t rights, const bytes *ops,
                             size_t count)
{
    return control(cx, t, &(struct manner){.rights = rights}, ops, count);
}

enum status log_control_by(struct ctx *cx, struct team *t, const struct appointment *via,
                           const bytes *ops, size_t count)
{
    return control(cx, t, &(struct manner){.via = via}, ops, count);
}

enum status log_sign_head(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct device *self;
    struct head head = {0};

    TRY(log_seal(cx, t));
    TRY(team_heal(cx, t));
    self = t->self;
    if (self->pub.head_seq == 0 || self->signed_seq == self->pub.head_seq) {
        goto out;
    }
    head.device = self->pub.id;
    head.seq = self->pub.head_seq;
    head.id = self->head_id;
    head_sign(&t->id, secret_ptr(t->sign_sk), &head);
    memcpy(self->signature, head.signature, sizeof self->signature);
    self->signed_seq = head.seq;
    TRY(vault_begin(cx, t->v));
    status = device_store(cx, t, self);
    status = status == STATUS_OK ? team_touch(cx, t) : status;
    TRY(vault_end(cx, t->v, status));
out:
    t->stale = t->stale || status != STATUS_OK;
    return status;
}
