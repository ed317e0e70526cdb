/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging one entry (AUTHORITY 2.4). Two kinds of outcome, kept apart on purpose:
 *
 *  - what every device can check without a compartment's key (form, chain, clock, view, lamport,
 *    link, appointment, epoch) is a condition of being in the log at all: a breach refuses the
 *    whole session, and the fault names the device, the entry and the rule;
 *  - what only readers can check (does the body open, are its operations allowed) must not stop
 *    the log of those who relay it: the entry stays, without effect, and the reason is kept.
 *
 * Nothing here looks at anything but the entry and what its author declares to have known.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lanes-int.h"

enum { REFUSED_BYTES_MAX = 1 << 17 };

void judged_init(struct judged *j)
{
    memset(j, 0, sizeof *j);
    buf_init(&j->plain, BODY_PLAIN_MAX);
    buf_init(&j->refused, REFUSED_BYTES_MAX);
}

void judged_finish(struct judged *j)
{
    clock_finish(&j->past);
    buf_finish(&j->plain);
    buf_finish(&j->refused);
}

/* "entry 12 of Ben's 'laptop': " and the reason. */
static enum status breach(struct ctx *cx, const struct team *t, const struct judged *j,
                          enum status code, const char *why)
{
    struct buf who;
    buf_init(&who, FAULT_TEXT_MAX);
    if (device_words(cx, t, &j->h.device, &who) != STATUS_OK) {
        fault_clear(cx);
    }
    enum status status =
        fault_set(cx, code, __FILE__, __LINE__, "entry %llu of %.*s: %s",
                  (unsigned long long)j->h.seq, (int)who.len, (const char *)who.ptr, why);
    buf_finish(&who);
    return status;
}
#define BREACH(code, why)                                                                          \
    do {                                                                                           \
        status = breach(cx, t, j, (code), why);                                                    \
        goto out;                                                                                  \
    } while (0)

static bool is_judgement(enum status status)
{
    return status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED || status == STATUS_LIMIT ||
           status == STATUS_FORGED;
}

enum status judge_form(struct ctx *cx, struct team *t, bytes header, bytes body, struct judged *j)
{
    enum status status = STATUS_OK;
    struct id hash;

    j->header = header;
    j->body = body;
    j->past.count = 0;
    j->operations = 0;
    j->time = 0;
    j->refused_count = 0;
    j->state = ENTRY_GOOD;
    j->counts = true;
    buf_clear(&j->refused);
    buf_clear(&j->plain);
    TRY(entry_header_parse(cx, header, &j->h));
    if (j->h.seq > UINT32_MAX) {
        BREACH(STATUS_LIMIT, "[AUTH-09] its number is over 32 bits");
    }
    if (j->h.body_len != body.len) {
        BREACH(STATUS_FORGED, "[F-49] the body is not of the length its header names");
    }
    crypto_generichash(hash.b, sizeof hash.b, body.ptr, body.len, NULL, 0);
    if (!id_equal(&hash, &j->h.body_hash)) {
        BREACH(STATUS_FORGED, "[F-49] the body is not the one its header names");
    }
    entry_id(&t->id, header, &j->id);
    j->device = device_by_id(t, &j->h.device);
    j->branch = j->lacks_point = false;
    j->genesis = id_is_zero(&j->h.via);
out:
    return status;
}

enum status judge_place(struct ctx *cx, struct team *t, struct judged *j, enum placing *ret)
{
    enum status status = STATUS_OK;
    struct device *d = j->device, *lane = d;
    uint64_t before = j->h.seq - 1;
    bool there = false;

    if (d == NULL) {
        *ret = before == 0 ? PLACE_NEXT : PLACE_WAITS;
        return STATUS_OK;
    }
    TRY(lane_find(cx, t, d, j->h.seq, &j->id, &lane, &there));
    if (there) {
        j->device = lane;
        *ret = PLACE_KNOWN;
        goto out;
    }
    there = before == 0;
    if (!there) {
        TRY(lane_find(cx, t, d, before, &j->h.prev, &lane, &there));
    }
    if (!there) {
        *ret = PLACE_WAITS;
    } else if (lane->pub.head_seq == before) {
        *ret = PLACE_NEXT;
    } else {
        *ret = lane_count(d) < LANES_FREE_MAX ? PLACE_BRANCH : PLACE_FULL;
    }
    j->device = lane;
    j->branch = *ret == PLACE_BRANCH;
out:
    return status;
}

/* What its author knew before it. */
static enum status past_before(struct ctx *cx, struct team *t, struct judged *j, uint64_t *lamport)
{
    enum status status = STATUS_OK;
    struct device *d = j->device;

    j->past.count = 0;
    if (d == NULL) {
        return STATUS_OK; /* it has said nothing yet */
    }
    if (j->branch) {
        return lane_past(cx, t, d, j->h.seq - 1, &j->past, lamport);
    }
    if (d->parent != NULL && d->pub.head_seq == d->fork_seq) {
        return lane_past(cx, t, d->parent, d->fork_seq, &j->past, lamport);
    }
    TRY(clock_load(cx, t, d));
    TRY(clock_copy(cx, &j->past, &d->clock));
    *lamport = d->head_lamport;
out:
    return status;
}

/* Carries the author's clock on by what the entry declares, and checks lamport and view. */
static enum status judge_past(struct ctx *cx, struct team *t, struct judged *j, enum reception *ret)
{
    enum status status = STATUS_OK;
    enum carried carried = CARRIED;
    uint64_t lamport = 0;

    TRY(past_before(cx, t, j, &lamport));
    TRY(clock_carry(cx, t, &j->h, &j->past, &lamport, &carried));
    switch (carried) {
    case CARRIED:
        break;
    case CARRY_WAITS: /* [AUTH-11] */
        *ret = OUTCOME_PENDING;
        goto out;
    case CARRY_BEFORE:
        BREACH(STATUS_FORGED, "[F-34] names a head its author knew before");
    case CARRY_VIEW:
        BREACH(STATUS_FORGED, "[F-35] its view of the other logs is not ours");
    }
    if (j->h.lamport != lamport + 1) {
        BREACH(STATUS_FORGED, "[F-37] lamport is not one more than its causes'");
    }
out:
    return status;
}

/* [AUTH-11] every dependency is held on some branch; otherwise the entry waits. */
static bool deps_known(const struct team *t, const struct judged *j)
{
    struct entry_dep dep;
    size_t pos = 0;
    while (entry_dep_next(j->h.deps, &pos, &dep)) {
        const struct device *d = device_by_id(t, &dep.device);
        if (d == NULL || lane_longest(d) < dep.seq) {
            return false;
        }
    }
    return true;
}

static enum status judge_genesis(struct ctx *cx, struct team *t, struct judged *j,
                                 enum reception *ret)
{
    enum status status = STATUS_OK;

    if (!id_equal(&j->id, &t->genesis_entry)) {
        BREACH(STATUS_FORGED, "[AUTH-02] is not the entry this team began with");
    }
    if (j->h.seq != 1 || memcmp(j->h.compartment, t->control, COMPARTMENT_BYTES) != 0) {
        BREACH(STATUS_FORGED, "[AUTH-02] a founding entry is the first one, of the charter");
    }
    if (j->device == NULL) {
        TRY(device_make(cx, t, &j->h.device, BYTES(NULL, 0), TEXT(""), &j->device));
    }
    TRY(judge_past(cx, t, j, ret));
    j->epoch = epoch_by_id(t, &j->h.epoch);
    if (j->epoch == NULL || j->epoch->key == NULL) {
        BREACH(STATUS_FORGED, "[AUTH-02] does not open with a key of the invite");
    }
out:
    return status;
}

/* [AUTH-18] the charter is read in order or not at all; [AUTH-40] what it cuts or pins is held. */
static enum status judge_readable(struct ctx *cx, struct team *t, struct judged *j,
                                  enum reception *ret)
{
    enum status status = STATUS_OK;
    bool held = true;

    if (j->epoch->key == NULL) {
        *ret = OUTCOME_PENDING;
        return STATUS_OK;
    }
    status = body_open(cx, secret_key(j->epoch->key), &t->id, &j->h, j->body, &j->plain);
    if (is_judgement(status)) {
        fault_clear(cx); /* judge_body() says so once it is taken */
        status = STATUS_OK;
    } else if (status == STATUS_OK) {
        status = charter_points_held(cx, t, buf_view(&j->plain), &held);
    }
    buf_clear(&j->plain);
    if (!held) {
        j->lacks_point = true;
        *ret = OUTCOME_PENDING;
    }
    return status;
}

/* [AUTH-12] link, [AUTH-13] appointment, [AUTH-14] epoch: all within what the author knew. */
static enum status judge_standing(struct ctx *cx, struct team *t, struct judged *j,
                                  enum reception *ret)
{
    enum status status = STATUS_OK;

    if (!device_linked_in(t, &j->past, j->device->of)) {
        BREACH(STATUS_FOREIGN, "[AUTH-12] the device was not let in by anybody it knew of");
    }
    j->via = appointment_of(t, j->device, &j->h.via);
    if (j->via == NULL || !appointment_known(t, &j->past, j->via)) {
        BREACH(STATUS_DENIED, "[AUTH-13] claims an appointment its member does not have");
    }
    j->epoch = epoch_by_id(t, &j->h.epoch);
    if (j->epoch == NULL || !epoch_known(t, &j->past, j->epoch)) {
        BREACH(STATUS_FORGED, "[AUTH-14] its epoch was never declared");
    } else if (memcmp(j->epoch->compartment, j->h.compartment, COMPARTMENT_BYTES) != 0) {
        BREACH(STATUS_FORGED, "[AUTH-14] its epoch belongs to another compartment");
    } else if (memcmp(j->h.compartment, t->control, COMPARTMENT_BYTES) == 0) {
        TRY(judge_readable(cx, t, j, ret));
    }
out:
    return status;
}

enum status judge_header(struct ctx *cx, struct team *t, struct judged *j, enum reception *ret)
{
    enum status status = STATUS_OK;
    struct device *d = j->device;

    *ret = OUTCOME_NEW;
    if (d != NULL && !j->branch && j->h.seq > d->pub.head_seq + 1) {
        *ret = OUTCOME_PENDING;
        goto out;
    }
    if (d != NULL && !j->branch && !id_equal(&j->h.prev, &d->head_id)) {
        BREACH(STATUS_FORGED, "[F-33] does not follow the entry before it");
    }
    if (j->genesis) {
        TRY(judge_genesis(cx, t, j, ret));
        goto out;
    }
    if (!deps_known(t, j) || (d == NULL && j->h.seq > 1)) {
        *ret = OUTCOME_PENDING;
        goto out;
    }
    TRY(judge_past(cx, t, j, ret));
    if (*ret != OUTCOME_NEW) {
        goto out;
    }
    if (d == NULL || !d->of->linked) { /* its causes are all held, on the branches it means */
        BREACH(STATUS_FOREIGN, "[AUTH-12] the device was not let in by anybody it knew of");
    }
    TRY(judge_standing(cx, t, j, ret));
out:
    return status;
}

/* Others built on what the entry names: that settles forks (section 8 of AUTHORITY). */
static enum status acknowledge(struct ctx *cx, struct team *t, const struct judged *j)
{
    enum status status = STATUS_OK;
    struct entry_dep dep;
    size_t pos = 0, i;
    while (entry_dep_next(j->h.deps, &pos, &dep)) {
        struct device *d = device_by_id(t, &dep.device);
        if (d == NULL || id_equal(&d->pub.member, &j->device->pub.member) ||
            !clock_find(&j->past, &dep.device, &i)) {
            continue;
        }
        t->refresh_due = t->refresh_due || d->next != NULL; /* it may settle a fork */
        d = j->past.lanes[i] == 0 ? d : device_by_ix(t, j->past.lanes[i]);
        lane_acknowledge(d, dep.seq);
        if (d->handed_over) {
            TRY(authority_acknowledge(cx, t->authority, d->pub.ix, dep.seq));
        }
    }
out:
    return status;
}

enum status judge_accept(struct ctx *cx, struct team *t, struct judged *j)
{
    enum status status = STATUS_OK;
    struct device *d = j->device;
    bool branch = j->branch;

    if (branch) {
        TRY(lane_make(cx, t, d, j->h.seq - 1, &d));
        j->device = d;
        j->branch = false;
    }
    TRY(clock_put(cx, &j->past, d, j->h.seq, &j->id));
    TRY(clock_copy(cx, &d->clock, &j->past));
    d->clock_loaded = true;
    d->dirty = d->moved = true;
    d->pub.head_seq = j->h.seq;
    d->head_id = j->id;
    d->head_lamport = j->h.lamport;
    TRY(acknowledge(cx, t, j));
    if (branch) {
        TRY(branches_refresh(cx, t, d));
        TRY(device_hand_over(cx, t, d, member_by_id(t, &d->pub.member)));
        t->refresh_due = true;
    }
out:
    return status;
}

/* ---- bodies ---- */

enum status judge_refusal(struct ctx *cx, struct judged *j, int64_t op, const char *reason)
{
    enum status status = STATUS_OK;
    uint8_t *at = NULL;
    size_t len = strnlen(reason, REASON_MAX);

    TRY(buf_extend(cx, &j->refused, 8 + len, &at));
    put_u32le(at, (uint32_t)(op + 1));
    put_u32le(at + 4, (uint32_t)len);
    memcpy(at + 8, reason, len);
out:
    return status;
}

bool judge_refused(const struct judged *j, size_t *pos, int64_t *ret_op, text *ret_reason)
{
    if (*pos >= j->refused.len) {
        return false;
    }
    const uint8_t *at = j->refused.ptr + *pos;
    *ret_op = (int64_t)get_u32le(at) - 1;
    *ret_reason = (text){.ptr = (const char *)at + 8, .len = get_u32le(at + 4)};
    *pos += 8 + ret_reason->len;
    return true;
}

static enum status refuse_whole(struct ctx *cx, struct judged *j, const char *reason)
{
    j->state = ENTRY_REFUSED;
    j->refused_count = j->operations;
    return judge_refusal(cx, j, -1, reason);
}

/* Counts the operations; a body that is not a list of them has no effect at all. */
static enum status body_count(struct ctx *cx, struct judged *j)
{
    struct body_reader b;
    bytes op;
    enum status status = body_read_start(cx, buf_view(&j->plain), &b);
    j->time = status == STATUS_OK ? b.time : 0;
    while (status == STATUS_OK && body_read_next(&b, &op)) {
        j->operations++;
    }
    return status == STATUS_OK ? body_read_done(cx, &b) : status;
}

/* log_check: the same was known then. */
static enum status check_fact(struct ctx *cx, struct team *t, const struct authored *a)
{
    enum status status = STATUS_OK;
    bool same = false;
    TRY(fact_same(cx, t, a, &same));
    if (!same) {
        status = log_damage(cx, ENTRY_KEY(a->place.ix, a->place.seq),
                            "what its author knew is not what is stored");
    }
out:
    return status;
}

static enum status judge_control(struct ctx *cx, struct team *t, struct judged *j)
{
    enum status status = STATUS_OK;
    struct body_reader b;
    bytes op;
    struct authored a = {.author = j->device->of,
                         .entry = j->id,
                         .place = {j->device->pub.ix, j->h.seq},
                         .lamport = j->h.lamport,
                         .via = j->via,
                         .past = &j->past,
                         .under = j->epoch};
    buf_init(&a.fact, FACT_MAX);
    buf_init(&a.seen, FACT_MAX);

    if (j->operations > CONTROL_OPS_MAX) {
        TRY(refuse_whole(cx, j, "[AUTH-01] more operations than a charter entry holds"));
        goto out;
    }
    TRY(body_read_start(cx, buf_view(&j->plain), &b));
    a.entry_time = b.time;
    while (body_read_next(&b, &op)) {
        TRY(charter_apply(cx, t, &a, op));
        if (a.reason[0] != '\0') {
            j->refused_count++;
            TRY(judge_refusal(cx, j, (int64_t)a.index, a.reason));
        } else if (t->readonly) {
            TRY(check_fact(cx, t, &a));
        } else {
            TRY(fact_store(cx, t, &a));
        }
        a.index++;
    }
    TRY(body_read_done(cx, &b));
    if (j->genesis && !j->device->of->linked) {
        BREACH(STATUS_FORGED, "[AUTH-02] the founding entry does not link its own device");
    }
out:
    authored_finish(&a);
    return status;
}

enum status judge_body(struct ctx *cx, struct team *t, struct judged *j)
{
    enum status status = STATUS_OK;
    bool control = memcmp(j->h.compartment, t->control, COMPARTMENT_BYTES) == 0;

    j->state = ENTRY_GOOD;
    if (j->epoch->key == NULL) {
        j->state = ENTRY_SEALED;
        return STATUS_OK;
    }
    status = body_open(cx, secret_key(j->epoch->key), &t->id, &j->h, j->body, &j->plain);
    if (status == STATUS_OK) {
        status = body_count(cx, j);
    }
    if (is_judgement(status)) { /* [AUTH-15] */
        char reason[REASON_MAX];
        (void)snprintf(reason, sizeof reason, "%.*s", REASON_MAX - 1, cx->fault.what);
        fault_clear(cx);
        buf_clear(&j->plain);
        j->operations = 0;
        return refuse_whole(cx, j, reason);
    }
    TRY(status);
    if (control) {
        TRY(judge_control(cx, t, j));
    } else if (j->via == NULL) {
        TRY(refuse_whole(cx, j, "[AUTH-16] only the charter is founded without an appointment"));
    }
out:
    return status;
}

/* ---- storing ---- */

enum status judge_store_refusals(struct ctx *cx, struct team *t, const struct judged *j)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    size_t pos = 0;
    int64_t op;
    text reason;

    while (judge_refused(j, &pos, &op, &reason)) {
        TRY(stmt_use(cx, t->v, STMT_LOG_REFUSED_INSERT, &s));
        stmt_bind_int(s, 1, ENTRY_KEY(j->device->pub.ix, j->h.seq));
        stmt_bind_int(s, 2, op);
        stmt_bind_text(s, 3, reason);
        TRY(stmt_run(cx, s));
    }
out:
    return status;
}

enum status judge_store(struct ctx *cx, struct team *t, const struct judged *j)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    TRY(stmt_use(cx, t->v, STMT_LOG_ENTRY_INSERT, &s));
    stmt_bind_int(s, 1, ENTRY_KEY(j->device->pub.ix, j->h.seq));
    stmt_bind_int(s, 2, t->key);
    stmt_bind_int(s, 3, memcmp(j->h.compartment, t->control, COMPARTMENT_BYTES) == 0);
    stmt_bind_int(s, 4, j->state);
    stmt_bind_int(s, 5, (int64_t)j->h.lamport);
    stmt_bind_bytes(s, 6, BYTES_OF(j->id.b));
    stmt_bind_bytes(s, 7, j->header);
    stmt_bind_bytes(s, 8, j->body);
    stmt_bind_int(s, 9, j->counts);
    stmt_bind_int(s, 10, j->via == NULL ? 0 : j->via->row);
    TRY(stmt_run(cx, s));
    TRY(judge_store_refusals(cx, t, j));
out:
    return status;
}

enum status judge_info(struct ctx *cx, const struct team *t, const struct judged *j,
                       struct entry_info *ret)
{
    enum status status = STATUS_OK;
    if (j->via == NULL) {
        BREACH(STATUS_BUG, "has no appointment");
    }
    *ret = (struct entry_info){.device_ix = j->device->pub.ix,
                               .seq = j->h.seq,
                               .lamport = j->h.lamport,
                               .member = j->device->pub.member};
    memcpy(ret->compartment, j->h.compartment, COMPARTMENT_BYTES);
    TRY(info_roles(cx, t, j->via,
                   (struct authority_point){.ix = j->device->pub.ix, .seq = j->h.seq}, ret));
out:
    return status;
}
