/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a colleague lacks, in the order that one pass admits: heads, then entries ascending by
 * (lamport, device). Only what a signed head covers leaves this vault. Every entry is sent that
 * its receivers may hold sealed; reading is a matter of keys.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

enum status log_frontier(struct ctx *cx, struct team *t, struct buf *out)
{
    enum status status = STATUS_OK;
    struct entry_dep *list = NULL;
    void *memory = NULL;
    size_t count = 0;

    TRY(team_sync(cx, t));
    TRY(mem_new(cx, t->devices.count + 1, sizeof *list, &memory));
    list = memory;
    for (size_t i = 0; i < t->devices.count; i++) {
        const struct device *d = t->devices.at[i];
        if (d->pub.head_seq == 0) {
            continue;
        }
        size_t at = count++;
        while (at > 0 && id_compare(&list[at - 1].device, &d->pub.id) > 0) {
            list[at] = list[at - 1];
            at--;
        }
        list[at] = (struct entry_dep){.device = d->pub.id, .seq = d->pub.head_seq};
    }
    TRY(entry_deps_write(cx, list, count, out));
out:
    free(memory);
    return status;
}

static enum status export_range(struct ctx *cx, struct team *t, const struct device *d,
                                uint64_t from, struct log_order *order)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, t->v, STMT_LOG_ENTRY_RANGE, &s));
    stmt_bind_int(s, 1, ENTRY_KEY(d->pub.ix, from));
    stmt_bind_int(s, 2, ENTRY_KEY(d->pub.ix, d->signed_seq));
    TRY(stmt_step(cx, s, &row));
    while (row) {
        struct log_item item = {
            .key = stmt_int(s, 0), .lamport = (uint64_t)stmt_int(s, 1), .device = &d->pub.id};
        TRY(log_order_add(cx, order, &item));
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
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

enum status log_export(struct ctx *cx, struct team *t, bytes frontier, visit_head *visit_head_fn,
                       visit_entry *visit_entry_fn, void *self)
{
    enum status status = STATUS_OK;
    struct log_order order = {0};

    TRY(team_sync(cx, t));
    for (size_t i = 0; i < t->devices.count; i++) {
        const struct device *d = t->devices.at[i];
        uint64_t from = frontier.len == 0 ? 0 : frontier_seq(frontier, &d->pub.id);
        if (d->signed_seq <= from) {
            continue;
        }
        struct head head = {.device = d->pub.id, .seq = d->signed_seq};
        uint64_t unused;
        TRY(log_name(cx, t, d, d->signed_seq, &head.id, &unused));
        memcpy(head.signature, d->signature, sizeof head.signature);
        TRY(visit_head_fn(self, cx, &head));
        TRY(export_range(cx, t, d, from, &order));
    }
    TRY(export_entries(cx, t, &order, visit_entry_fn, self));
out:
    log_order_finish(&order);
    return status;
}

/* ---- replay ---- */

static enum status replay_one(struct ctx *cx, struct team *t, const struct log_row *row,
                              struct judged *j, const struct log_sink *sink)
{
    enum status status = STATUS_OK;
    struct entry_info info;

    TRY(judge_form(cx, t, buf_view(&row->header), buf_view(&row->body), j));
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
            TRY(replay_one(cx, t, &row, &j, sink));
        }
    }
    TRY(replay_open(cx, t, sink));
out:
    judged_finish(&j);
    log_row_finish(&row);
    log_order_finish(&order);
    return status;
}
