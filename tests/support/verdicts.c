/* SPDX-License-Identifier: Apache-2.0 */
/* See verdicts.h. Everything here fails the test when a room fails. */
#include "verdicts.h"

enum { DESKS_MAX = 8, ARRIVED_MAX = 16384, RANGES_MAX = 16384 };

static struct court {
    struct id self; /* the desk's device */
    struct verdict list[VERDICTS_MAX];
    size_t count;
} courts[DESKS_MAX];
static size_t court_count;

static struct arrived {
    int64_t device_ix;
    uint64_t seq;
} arrived[ARRIVED_MAX]; /* void, in this session */
static size_t arrived_count;

may_rule *verdicts_may;
struct branch verdicts_branch;

void verdicts_reset(void)
{
    court_count = 0;
    verdicts_may = NULL;
    verdicts_branch = (struct branch){.ix = 0};
}

static struct court *court_of(const struct team *t)
{
    const struct id *self = &team_this_device(t)->id;
    for (size_t i = 0; i < court_count; i++) {
        if (id_equal(&courts[i].self, self)) {
            return &courts[i];
        }
    }
    assert_true(court_count < DESKS_MAX);
    courts[court_count] = (struct court){.self = *self};
    return &courts[court_count++];
}

/* The first verdict over an entry, or NULL. */
static const struct verdict *verdict_of(const struct verdict *list, size_t count,
                                        const struct id *device, uint64_t seq)
{
    for (size_t i = 0; i < count; i++) {
        if (id_equal(&list[i].device, device) && seq >= list[i].from && seq <= list[i].to) {
            return &list[i];
        }
    }
    return NULL;
}

static void judge(const struct team *t, struct entry_info *info, bool *counts)
{
    const struct court *c = court_of(t);
    const struct team_device *d = team_device_by_ix(t, info->device_ix);
    const struct verdict *v = d == NULL ? NULL : verdict_of(c->list, c->count, &d->id, info->seq);

    if (v == NULL) {
        return;
    }
    *counts = *counts && !v->is_void;
    if (!id_is_zero(&v->role)) {
        info->roles[0] = team_role_by_id(t, &v->role);
        info->role_count = 1;
        assert_non_null(info->roles[0]);
    }
}

/* ---- the door, wrapped ----------------------------------------------------------------------- */

bool __wrap_entry_may(const struct entry_info *info, enum team_verb verb, text type, text field)
{
    return verdicts_may != NULL ? verdicts_may(info, verb, type, field)
                                : __real_entry_may(info, verb, type, field);
}

static enum status filtered_apply(void *self, struct ctx *cx, const struct entry_info *info,
                                  bytes body)
{
    struct log_sink real = __real_records_sink(self);
    struct entry_info as = *info;
    bool counts = true;

    judge(records_team(self), &as, &counts);
    if (counts) {
        return real.apply(real.self, cx, &as, body);
    }
    assert_true(arrived_count < ARRIVED_MAX);
    arrived[arrived_count++] = (struct arrived){.device_ix = as.device_ix, .seq = as.seq};
    return STATUS_OK;
}

struct log_sink __wrap_records_sink(struct records *r)
{
    struct log_sink sink = __real_records_sink(r);
    sink.apply = filtered_apply;
    return sink;
}

enum status __wrap_admission_take_content(struct ctx *cx, struct team *t,
                                          const struct log_sink *sink, bytes content,
                                          struct admission_counts *ret)
{
    arrived_count = 0;
    enum status status = __real_admission_take_content(cx, t, sink, content, ret);
    for (size_t i = 0; i < arrived_count && status == STATUS_OK; i++) {
        status =
            sink->changed(sink->self, cx, arrived[i].device_ix, arrived[i].seq, arrived[i].seq);
    }
    return status;
}

int64_t __wrap_team_device_home(const struct team *t, int64_t ix)
{
    const struct branch *b = &verdicts_branch;
    return b->ix != 0 && ix == b->ix ? b->home : __real_team_device_home(t, ix);
}

int64_t __wrap_team_device_lane(const struct team *t, int64_t home, size_t lane)
{
    const struct branch *b = &verdicts_branch;
    return b->ix != 0 && home == b->home && lane == 1 ? b->ix
                                                      : __real_team_device_lane(t, home, lane);
}

static enum status branch_load(struct ctx *cx, uint64_t seq, struct entry_info *ret,
                               struct buf *body, bool *ret_counts, bool *ret_readable)
{
    const struct branch *b = &verdicts_branch;

    if (seq != b->seq) {
        return fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "no such entry");
    }
    *ret = b->info;
    ret->device_ix = b->ix;
    ret->seq = seq;
    *ret_counts = b->counts;
    *ret_readable = true;
    buf_clear(body);
    return buf_add(cx, body, b->body);
}

enum status __wrap_log_entry_load(struct ctx *cx, struct team *t, int64_t device_ix, uint64_t seq,
                                  struct entry_info *ret, struct buf *body, bool *ret_counts,
                                  bool *ret_readable)
{
    if (verdicts_branch.ix != 0 && device_ix == verdicts_branch.ix) {
        return branch_load(cx, seq, ret, body, ret_counts, ret_readable);
    }
    enum status status =
        __real_log_entry_load(cx, t, device_ix, seq, ret, body, ret_counts, ret_readable);
    if (status == STATUS_OK) {
        judge(t, ret, ret_counts);
    }
    return status;
}

enum status __wrap_log_void_each(struct ctx *cx, struct team *t,
                                 enum status (*visit)(void *self, struct ctx *cx, int64_t device_ix,
                                                      uint64_t seq, text why),
                                 void *self)
{
    enum status status = STATUS_OK;
    struct entry_info info;
    bool counts = false, readable = false;
    struct buf body;

    buf_init(&body, BODY_PLAIN_MAX);
    for (size_t i = 0; i < team_device_count(t) && status == STATUS_OK; i++) {
        const struct team_device *d = team_device_at(t, i);
        for (uint64_t seq = 1; seq <= d->head_seq + 1 && status == STATUS_OK; seq++) {
            status = __wrap_log_entry_load(cx, t, d->ix, seq, &info, &body, &counts, &readable);
            if (status == STATUS_NOT_FOUND) {
                fault_clear(cx);
                status = STATUS_OK;
            } else if (status == STATUS_OK && !counts) {
                status = visit(self, cx, d->ix, seq, TEXT("cut off by a removal"));
            }
        }
    }
    buf_finish(&body);
    return status;
}

/* ---- new verdicts ---------------------------------------------------------------------------- */

struct range {
    int64_t device_ix;
    uint64_t from, to;
};

static bool same_verdict(const struct verdict *a, const struct verdict *b)
{
    static const struct verdict none;
    a = a == NULL ? &none : a;
    b = b == NULL ? &none : b;
    return a->is_void == b->is_void && id_equal(&a->role, &b->role);
}

/* Neighbours that change are one range, or with dice sometimes several. */
static size_t find_ranges(struct desk *d, const struct court *before, const struct court *now,
                          struct machine *dice, struct range *ranges)
{
    size_t count = 0;

    for (size_t i = 0; i < team_device_count(d->peer->team); i++) {
        const struct team_device *device = team_device_at(d->peer->team, i);
        bool open = false;
        for (uint64_t seq = 1; seq <= device->head_seq; seq++) {
            bool same = same_verdict(verdict_of(before->list, before->count, &device->id, seq),
                                     verdict_of(now->list, now->count, &device->id, seq));
            if (same) {
                open = false;
            } else if (open && (dice == NULL || machine_below(dice, 4) > 0)) {
                ranges[count - 1].to = seq;
            } else {
                assert_true(count < RANGES_MAX);
                ranges[count++] = (struct range){device->ix, seq, seq};
                open = true;
            }
        }
    }
    return count;
}

void verdicts_set(struct desk *d, const struct verdict *list, size_t count, struct machine *dice)
{
    static struct range ranges[RANGES_MAX];
    struct log_sink sink = records_sink(d->records);
    struct court *c = court_of(d->peer->team);
    struct court before = *c;

    assert_true(count <= VERDICTS_MAX);
    check_ok(d->cx, log_seal(d->cx, d->peer->team));
    if (count > 0) {
        memcpy(c->list, list, count * sizeof list[0]);
    }
    c->count = count;
    size_t left = find_ranges(d, &before, c, dice, ranges);
    check_ok(d->cx, vault_begin(d->cx, d->peer->vault));
    while (left > 0) {
        size_t at = dice == NULL ? 0 : (size_t)machine_below(dice, left);
        check_ok(d->cx, sink.changed(sink.self, d->cx, ranges[at].device_ix, ranges[at].from,
                                     ranges[at].to));
        memmove(&ranges[at], &ranges[at + 1], (left - at - 1) * sizeof ranges[0]);
        left--;
    }
    check_ok(d->cx, vault_commit(d->cx, d->peer->vault));
}

uint64_t verdicts_head(struct desk *d, const struct id *device)
{
    const struct team_device *held = NULL;

    check_ok(d->cx, log_seal(d->cx, d->peer->team));
    held = team_device_by_id(d->peer->team, device);
    return held == NULL ? 0 : held->head_seq;
}
