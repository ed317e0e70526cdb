/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing this device's own log. Operations are durable at once in the open entry and get their
 * final place there; the entry is sealed lazily: when it is full, when something foreign is about
 * to be admitted, when it is exported. Between the first append and the seal nothing foreign comes
 * in, so the place, the lamport and the causes of the open entry are fixed when it is opened.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

#define OPEN_LOW(t)  ((t)->key << 32)
#define OPEN_HIGH(t) (((t)->key + 1) << 32)

/* 1 + the largest lamport of anything held: what this device does next comes after all of it. */
static uint64_t next_lamport(const struct team *t)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < t->devices.count; i++) {
        const struct device *d = t->devices.at[i];
        if (d->pub.head_seq > 0 && d->head_lamport > largest) {
            largest = d->head_lamport;
        }
    }
    return largest + 1;
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
    t->open_pinned = t->open_count > 0;
    t->open_lamport = next_lamport(t);
    stmt_reset(s);
out:
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

/* ---- appending ---- */

enum status log_next_info(struct ctx *cx, struct team *t, const uint8_t *compartment,
                          struct entry_info *ret)
{
    enum status status = STATUS_OK;
    const struct team_member *me = NULL;

    if (t->stale) {
        TRY(team_sync(cx, t));
    }
    me = team_me(t);
    if (me == NULL) {
        FAIL(cx, STATUS_DENIED, "this device is not a member of '%.*s' yet", (int)t->name.len,
             (const char *)t->name.ptr);
    }
    *ret = (struct entry_info){.member = me->id, .roles = {me->role}, .role_count = 1};
    memcpy(ret->compartment, compartment == NULL ? t->data : compartment, COMPARTMENT_BYTES);
out:
    return status;
}

enum status log_open_info(struct ctx *cx, struct team *t, struct entry_info *ret)
{
    enum status status = STATUS_OK;

    TRY(log_next_info(cx, t, NULL, ret));
    ret->device_ix = t->self->pub.ix;
    ret->seq = t->self->pub.head_seq + 1;
    ret->lamport = t->open_lamport;
out:
    return status;
}

static enum status append_allowed(struct ctx *cx, struct team *t, const struct log_target *to,
                                  bytes op)
{
    enum status status = STATUS_OK;
    struct entry_info info;

    TRY(log_next_info(cx, t, to->compartment, &info));
    if (memcmp(info.compartment, t->data, COMPARTMENT_BYTES) != 0) {
        FAIL(cx, STATUS_DENIED, "this device holds no key of that compartment");
    }
    if (!entry_may(&info, to->verb, to->type, to->field)) {
        (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__,
                        "the role '%.*s' does not allow this change", (int)info.roles[0]->name.len,
                        info.roles[0]->name.ptr);
        status = fault_hint(cx, "ask somebody who may appoint for another role");
        goto out;
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

static enum status open_time_store(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, t->v, STMT_TEAM_SET_OPEN_TIME, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_int(s, 2, t->open_time);
    TRY(stmt_run(cx, s));
out:
    return status;
}

enum status log_append(struct ctx *cx, struct team *t, const struct log_target *to, bytes op,
                       struct entry_info *ret_info, int64_t *ret_op_key)
{
    enum status status = STATUS_OK;
    struct epoch *epoch = NULL;
    bool fits = false;
    int64_t time;

    if (t->stale) {
        TRY(team_sync(cx, t));
    }
    TRY(append_allowed(cx, t, to, op));
    time = log_open_time(cx, t); /* the operation was encoded relative to it */
    TRY(append_fits(cx, t, &fits));
    if (!fits) {
        TRY(team_load(cx, t));
    }
    if (t->open_count == OPS_PER_ENTRY_MAX ||
        t->open_bytes + op.len > BODY_PLAIN_MAX - BODY_FRAME_MAX) {
        TRY(log_seal(cx, t));
    }
    if (t->open_count == 0) { /* its epoch is settled now: nothing may come between */
        TRY(epoch_for_writing(cx, t, t->data, &epoch));
    }
    TRY(append_store(cx, t, op));
    if (t->open_count == 0) {
        t->open_time = time;
        t->open_pinned = true;
        t->open_lamport = next_lamport(t);
        TRY(open_time_store(cx, t));
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
        if (d != self && d->pub.head_seq > clock_seq(&self->clock, &d->pub.id)) {
            TRY(clock_set(cx, &self->clock, &d->pub.id, d->pub.head_seq, &d->head_id));
        } else {
            continue;
        }
        size_t at = count++;
        while (at > 0 && id_compare(&list[at - 1].device, &d->pub.id) > 0) { /* ascending */
            list[at] = list[at - 1];
            at--;
        }
        list[at] = (struct entry_dep){.device = d->pub.id, .seq = d->pub.head_seq};
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
    const struct team_member *me = team_me(t);

    if (j->epoch == NULL) {
        j->epoch = epoch_current(t, compartment);
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
    j->h.lamport = next_lamport(t);
    TRY(own_causes(cx, t, deps, &j->h.view));
    j->h.deps = buf_view(deps);
    memcpy(j->h.compartment, compartment, COMPARTMENT_BYTES);
    j->h.epoch = j->epoch->id;
    if (me != NULL) {
        j->h.via = me->appointment;
        j->via = appointment_by_id(t, &me->appointment, &me->id);
    } else if (!id_is_zero(&t->genesis_entry)) {
        FAIL(cx, STATUS_DENIED, "this device is not a member of the team yet");
    }
out:
    return status;
}

/* Seals one entry over a finished body, stores it and moves this device's head. under: the epoch,
 * NULL for the current one. */
static enum status own_entry(struct ctx *cx, struct team *t,
                             const uint8_t compartment[static COMPARTMENT_BYTES],
                             struct epoch *under, bytes plain, struct id *ret_id)
{
    enum status status = STATUS_OK;
    struct buf deps, header, sealed;
    struct judged j;

    judged_init(&j);
    buf_init(&deps, ENTRY_HEADER_MAX);
    buf_init(&header, ENTRY_HEADER_MAX);
    buf_init(&sealed, BODY_SEALED_MAX + 2 * MIB);
    j.epoch = under;
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
    TRY(own_entry(cx, t, t->data, NULL, buf_view(&plain), &id));
    TRY(stmt_use(cx, t->v, STMT_LOG_OPEN_CLEAR, &s));
    stmt_bind_int(s, 1, OPEN_LOW(t));
    stmt_bind_int(s, 2, OPEN_HIGH(t));
    TRY(stmt_run(cx, s));
    t->open_count = 0;
    t->open_bytes = 0;
    t->open_pinned = false;
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

static enum status control_body(struct ctx *cx, const bytes *ops, size_t count, struct buf *plain)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, plain);
    enum status status = body_write_start(&w, cx->system->now(cx->system->self), count);
    for (size_t i = 0; i < count; i++) {
        wire_put_encoded(&w, ops[i]);
    }
    return status == STATUS_OK ? wire_writer_done(&w) : status;
}

/* Our own operations must pass the same judge as everybody's. */
static enum status control_apply(struct ctx *cx, struct team *t, const struct epoch *under,
                                 const struct id *entry, const struct appointment *via,
                                 const bytes *ops, size_t count)
{
    enum status status = STATUS_OK;
    struct authored a = {.author = t->self,
                         .entry = *entry,
                         .place = {t->self->pub.ix, t->self->pub.head_seq},
                         .lamport = t->self->head_lamport,
                         .via = via,
                         .past = &t->self->clock,
                         .under = under,
                         .time = cx->system->now(cx->system->self)};

    for (size_t i = 0; i < count; i++) {
        a.index = i;
        TRY(charter_apply(cx, t, &a, ops[i]));
        if (a.reason[0] != '\0') {
            FAIL(cx, STATUS_DENIED, "the team's rules do not allow it: %s", a.reason);
        }
    }
    TRY(members_refresh(cx, t));
    TRY(log_flush(cx, t));
out:
    return status;
}

static enum status control_write(struct ctx *cx, struct team *t, struct epoch *under,
                                 const bytes *ops, size_t count)
{
    enum status status = STATUS_OK;
    const struct team_member *me = team_me(t);
    const struct appointment *via =
        me == NULL ? NULL : appointment_by_id(t, &me->appointment, &me->id);
    struct buf plain;
    struct id id;

    buf_init(&plain, BODY_PLAIN_MAX);
    if (under == NULL && me != NULL) {
        TRY(epoch_for_writing(cx, t, t->control, &under));
    }
    TRY(control_body(cx, ops, count, &plain));
    TRY(own_entry(cx, t, t->control, under, buf_view(&plain), &id));
    if (via == NULL) {
        TRY(team_set_genesis_entry(cx, t, &id));
    }
    TRY(control_apply(cx, t, under, &id, via, ops, count));
out:
    buf_finish(&plain);
    return status;
}

enum status log_control_under(struct ctx *cx, struct team *t, struct epoch *under, const bytes *ops,
                              size_t count)
{
    enum status status = STATUS_OK;

    TRY(log_seal(cx, t));
    TRY(vault_begin(cx, t->v));
    TRY(vault_end(cx, t->v, control_write(cx, t, under, ops, count)));
out:
    t->stale = t->stale || status != STATUS_OK;
    return status;
}

enum status log_control(struct ctx *cx, struct team *t, const bytes *ops, size_t count)
{
    return log_control_under(cx, t, NULL, ops, count);
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
