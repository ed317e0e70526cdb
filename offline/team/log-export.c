/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a colleague lacks, in the order that one pass admits: heads, then entries ascending by
 * (lamport, device). Only what a signed head covers leaves this vault. Every entry is sent that
 * its receivers may hold sealed; reading is a matter of keys.
 */
#include <stdlib.h>
#include <string.h>

#include "lanes-int.h"

/* One export: what goes, and whose heads with it. */
struct exported {
    struct log_order order;
    bool *heads; /* one for each of team.lanes */
    bytes from, upto;
};

static enum status export_range(struct ctx *cx, struct team *t, const struct branch *b,
                                uint64_t from, uint64_t to, struct exported *x)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;
    const struct branch *named = branch_at(b->lane, b->first);

    TRY(stmt_use(cx, t->v, STMT_LOG_ENTRY_RANGE, &s));
    stmt_bind_int(s, 1, ENTRY_KEY(b->lane->pub.ix, from));
    stmt_bind_int(s, 2, ENTRY_KEY(b->lane->pub.ix, to));
    TRY(stmt_step(cx, s, &row));
    while (row) {
        struct log_item item = {.key = stmt_int(s, 0),
                                .lamport = (uint64_t)stmt_int(s, 1),
                                .device = &b->lane->pub.id,
                                .branch = named == NULL ? NULL : &b->id};
        TRY(log_order_add(cx, &x->order, &item));
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* How far the lane is under its own signature, or under that of a branch that left it. */
static uint64_t signed_upto(const struct device *lane)
{
    uint64_t seq = lane->signed_seq;
    for (const struct device *l = lane->of; l != NULL; l = l->next) {
        if (l->parent == lane && l->signed_seq > l->fork_seq && l->fork_seq > seq) {
            seq = l->fork_seq;
        }
    }
    return seq;
}

static size_t lane_index(const struct team *t, const struct device *lane)
{
    size_t i = 0;
    while (t->lanes.at[i] != lane) {
        i++;
    }
    return i;
}

/* What upto says nothing of is no bound: a log not claimed (log_frontier_claim), and branches that
 * it knew nothing of or had no room for. */
static bool is_bounded(bytes upto, bytes open, const struct device *d)
{
    size_t count;
    const struct branch *list = branches_of(d, &count);
    bool named = count == 1;

    if (upto.len == 0 || id_listed(open, &d->pub.id)) {
        return false;
    }
    for (size_t i = 1; i < count; i++) {
        named = named || frontier_seq(upto, &list[i].id) > 0;
    }
    return named;
}

static enum status export_device(struct ctx *cx, struct team *t, const struct device *d,
                                 bool bounded, struct exported *x)
{
    enum status status = STATUS_OK;
    uint64_t from[BRANCHES_MAX], upto[BRANCHES_MAX] = {0};
    size_t count;
    const struct branch *list = branches_of(d, &count);

    TRY(branches_held(cx, t, x->from, d, from));
    if (bounded) {
        TRY(branches_held(cx, t, x->upto, d, upto));
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t end = branch_end(&list[i]), covered = signed_upto(list[i].lane);
        end = covered < end ? covered : end;
        end = bounded && upto[i] < end ? upto[i] : end;
        if (end > from[i]) {
            x->heads[lane_index(t, list[i].lane)] = list[i].lane->signed_seq > 0;
            TRY(export_range(cx, t, &list[i], from[i], end, x));
        }
    }
out:
    return status;
}

/* Whoever knows two histories of a device to be one must see it: the heads of devices that go along
 * as causes only, and this device's own. Two who hold different branches of one length tell each
 * other the same number, so that no entry would ever show it. */
static enum status export_causes(struct ctx *cx, struct team *t, struct exported *x)
{
    enum status status = STATUS_OK;
    struct entry_header h;
    struct buf header;
    struct id unused;
    size_t quiet = 0;

    buf_init(&header, ENTRY_HEADER_MAX);
    x->heads[lane_index(t, t->self)] = t->self->signed_seq > 0;
    for (size_t i = 0; i < t->lanes.count; i++) {
        const struct device *d = t->lanes.at[i];
        quiet += !x->heads[i] && d->signed_seq > 0 && d->of->next == NULL;
    }
    for (size_t i = x->order.count; i > 0 && quiet > 0; i--) { /* the newest name most */
        struct entry_dep dep;
        size_t pos = 0;
        TRY(log_header_load(cx, t, x->order.items[i - 1].key, &header, &unused));
        TRY(entry_header_parse(cx, buf_view(&header), &h));
        while (entry_dep_next(h.deps, &pos, &dep)) {
            const struct device *d = device_by_id(t, &dep.device);
            if (d == NULL || d->signed_seq == 0 || d->next != NULL) {
                continue;
            }
            size_t at = lane_index(t, d);
            quiet -= !x->heads[at];
            x->heads[at] = true;
        }
    }
out:
    buf_finish(&header);
    return status;
}

typedef enum status visit_head(void *self, struct ctx *cx, const struct head *h);
typedef enum status visit_entry(void *self, struct ctx *cx, bytes header, bytes body);

static enum status export_entries(struct ctx *cx, struct team *t, struct log_order *order,
                                  visit_entry *visit, void *self)
{
    enum status status = STATUS_OK;
    struct log_row row;

    log_row_init(&row);
    log_order_sort(order);
    for (size_t i = 0; i < order->count; i++) {
        TRY(log_row_load(cx, t, order->items[i].key, &row));
        TRY(visit(self, cx, buf_view(&row.header), buf_view(&row.body)));
    }
out:
    log_row_finish(&row);
    return status;
}

static enum status export_heads(struct ctx *cx, struct team *t, const struct exported *x,
                                visit_head *visit, void *self)
{
    enum status status = STATUS_OK;
    struct head head;

    for (size_t i = 0; i < t->lanes.count; i++) {
        if (x->heads[i]) {
            TRY(lane_head(cx, t, t->lanes.at[i], &head));
            TRY(visit(self, cx, &head));
        }
    }
out:
    return status;
}

enum status log_export_between(struct ctx *cx, struct team *t, bytes frontier, bytes upto,
                               visit_head *visit_head_fn, visit_entry *visit_entry_fn, void *self)
{
    enum status status = STATUS_OK;
    struct exported x = {.from = frontier, .upto = upto};
    void *memory = NULL;
    struct buf open;

    buf_init(&open, OPEN_MAX);
    TRY(team_sync(cx, t));
    TRY(forks_open(cx, t, &open));
    TRY(mem_new(cx, t->lanes.count + 1, sizeof *x.heads, &memory));
    x.heads = memory;
    for (size_t i = 0; i < t->devices.count; i++) {
        const struct device *d = t->devices.at[i];
        TRY(export_device(cx, t, d, is_bounded(upto, buf_view(&open), d), &x));
    }
    if (visit_head_fn != NULL) {
        TRY(export_causes(cx, t, &x));
        TRY(export_heads(cx, t, &x, visit_head_fn, self));
    }
    TRY(export_entries(cx, t, &x.order, visit_entry_fn, self));
out:
    free(memory);
    buf_finish(&open);
    log_order_finish(&x.order);
    return status;
}

enum status log_export(struct ctx *cx, struct team *t, bytes frontier, visit_head *visit_head_fn,
                       visit_entry *visit_entry_fn, void *self)
{
    return log_export_between(cx, t, frontier, BYTES(NULL, 0), visit_head_fn, visit_entry_fn, self);
}

/* ---- replay ---- */

static enum status replay_one(struct ctx *cx, struct team *t, int64_t key,
                              const struct log_row *row, struct judged *j,
                              const struct log_sink *sink)
{
    enum status status = STATUS_OK;
    struct entry_info info;

    TRY(judge_form(cx, t, buf_view(&row->header), buf_view(&row->body), j));
    j->device = device_by_ix(t, ENTRY_IX(key));
    j->epoch = epoch_by_id(t, &j->h.epoch);
    j->via = j->device == NULL ? NULL : appointment_of(t, j->device, &j->h.via);
    if (j->epoch == NULL || j->epoch->key == NULL || j->via == NULL) {
        FAIL(cx, STATUS_INTEGRITY, "entry %llu of '%.*s' cannot be opened any more",
             (unsigned long long)j->h.seq, j->device == NULL ? 0 : (int)j->device->pub.name.len,
             j->device == NULL ? "" : j->device->pub.name.ptr);
    }
    TRY(body_open(cx, secret_key(j->epoch->key), &t->id, &j->h, j->body, &j->plain));
    TRY(judge_info(cx, t, j, &info));
    TRY(sink->apply(sink->self, cx, &info, buf_view(&j->plain)));
out:
    return status;
}

/* The open entry's operations are this device's latest word: they come last. */
static enum status replay_open(struct ctx *cx, struct team *t, const struct log_sink *sink)
{
    enum status status = STATUS_OK;
    struct entry_info info;
    struct buf plain;

    buf_init(&plain, BODY_PLAIN_MAX);
    if (t->open_count == 0 || team_me(t) == NULL) {
        goto out;
    }
    TRY(log_open_info(cx, t, &info));
    TRY(log_open_body(cx, t, &plain));
    TRY(sink->apply(sink->self, cx, &info, buf_view(&plain)));
out:
    buf_finish(&plain);
    return status;
}

enum status log_replay(struct ctx *cx, struct team *t, const struct log_sink *sink)
{
    enum status status = STATUS_OK;
    struct log_order order = {0};
    struct log_row row;
    struct judged j;

    log_row_init(&row);
    judged_init(&j);
    TRY(team_sync(cx, t));
    TRY(log_order_load(cx, t, PICK_ALL, &order));
    for (size_t i = 0; i < order.count; i++) {
        TRY(log_row_load(cx, t, order.items[i].key, &row));
        if (!row.control && row.counts && row.state == ENTRY_GOOD) {
            TRY(replay_one(cx, t, order.items[i].key, &row, &j, sink));
        }
    }
    TRY(replay_open(cx, t, sink));
out:
    judged_finish(&j);
    log_row_finish(&row);
    log_order_finish(&order);
    return status;
}
