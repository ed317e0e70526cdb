/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stored log: entries by (device, seq) and the one order everybody walks them in: ascending
 * (lamport, device id), and the branch's id between the branches of one device, which puts every
 * entry behind its causes. Orders are lists of keys in
 * memory (24 bytes an entry); the entries themselves are fetched one at a time.
 */
#include <stdlib.h>
#include <string.h>

#include "lanes-int.h"

void log_order_finish(struct log_order *o)
{
    free(o->items);
    *o = (struct log_order){0};
}

enum status log_order_add(struct ctx *cx, struct log_order *o, const struct log_item *item)
{
    enum status status = STATUS_OK;
    TRY(MEM_GROW(cx, o->items, o->cap, o->count + 1));
    o->items[o->count++] = *item;
out:
    return status;
}

static int compare_items(const void *a, const void *b)
{
    const struct log_item *x = a, *y = b;
    if (x->lamport != y->lamport) {
        return x->lamport < y->lamport ? -1 : 1;
    }
    int order = id_compare(x->device, y->device);
    if (order == 0 && x->branch != NULL && y->branch != NULL) {
        order = id_compare(x->branch, y->branch);
    }
    return order != 0 ? order : (x->key > y->key) - (x->key < y->key);
}

void log_order_sort(struct log_order *o)
{
    if (o->count > 1) {
        qsort(o->items, o->count, sizeof *o->items, compare_items);
    }
}

static enum status take_rows(struct ctx *cx, struct team *t, struct stmt *s, struct log_order *o)
{
    enum status status = STATUS_OK;
    bool row = false;
    TRY(stmt_step(cx, s, &row));
    while (row) {
        struct log_item item = {.key = stmt_int(s, 0), .lamport = (uint64_t)stmt_int(s, 1)};
        const struct device *d = device_by_ix(t, ENTRY_IX(item.key));
        if (d == NULL) {
            FAIL(cx, STATUS_INTEGRITY, "a stored entry belongs to no device of the team");
        }
        const struct branch *b = branch_at(d, ENTRY_SEQ(item.key));
        item.device = &d->pub.id;
        item.branch = b == NULL ? NULL : &b->id;
        TRY(log_order_add(cx, o, &item));
        TRY(stmt_step(cx, s, &row));
    }
out:
    stmt_reset(s);
    return status;
}

enum status log_order_load(struct ctx *cx, struct team *t, enum log_pick pick,
                           struct log_order *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    switch (pick) {
    case PICK_ALL:
        for (size_t i = 0; i < t->lanes.count; i++) {
            const struct device *d = t->lanes.at[i];
            TRY(stmt_use(cx, t->v, STMT_LOG_ENTRY_RANGE, &s));
            stmt_bind_int(s, 1, ENTRY_KEY(d->pub.ix, 0));
            stmt_bind_int(s, 2, ENTRY_KEY(d->pub.ix, UINT32_MAX));
            TRY(take_rows(cx, t, s, ret));
        }
        break;
    case PICK_CONTROL:
    case PICK_SEALED:
    case PICK_VOID:
        TRY(stmt_use(cx, t->v,
                     pick == PICK_CONTROL  ? STMT_LOG_ENTRY_CONTROL
                     : pick == PICK_SEALED ? STMT_LOG_ENTRY_SEALED
                                           : STMT_LOG_ENTRY_VOID,
                     &s));
        stmt_bind_int(s, 1, t->key);
        TRY(take_rows(cx, t, s, ret));
        break;
    }
    log_order_sort(ret);
out:
    return status;
}

void log_row_init(struct log_row *r)
{
    memset(r, 0, sizeof *r);
    buf_init(&r->header, ENTRY_HEADER_MAX);
    buf_init(&r->body, BODY_SEALED_MAX);
}

void log_row_finish(struct log_row *r)
{
    buf_finish(&r->header);
    buf_finish(&r->body);
}

enum status log_row_load(struct ctx *cx, struct team *t, int64_t key, struct log_row *r)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, t->v, STMT_LOG_ENTRY_GET, &s));
    stmt_bind_int(s, 1, key);
    TRY(stmt_step(cx, s, &row));
    if (!row || stmt_bytes(s, 4).len != sizeof r->id.b) {
        FAIL(cx, STATUS_INTEGRITY, "entry %llu of device %lld is missing from the log",
             (unsigned long long)ENTRY_SEQ(key), (long long)ENTRY_IX(key));
    }
    r->team = stmt_int(s, 0);
    r->control = stmt_int(s, 1) != 0;
    r->state = (enum entry_state)stmt_int(s, 2);
    r->lamport = (uint64_t)stmt_int(s, 3);
    memcpy(r->id.b, stmt_bytes(s, 4).ptr, sizeof r->id.b);
    buf_clear(&r->header);
    buf_clear(&r->body);
    TRY(buf_add(cx, &r->header, stmt_bytes(s, 5)));
    TRY(buf_add(cx, &r->body, stmt_bytes(s, 6)));
    r->counts = stmt_int(s, 7) != 0;
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status log_header_load(struct ctx *cx, struct team *t, int64_t key, struct buf *header,
                            struct id *ret_id)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    buf_clear(header);
    TRY(stmt_use(cx, t->v, STMT_LOG_ENTRY_HEADER, &s));
    stmt_bind_int(s, 1, key);
    TRY(stmt_step(cx, s, &row));
    if (!row || stmt_bytes(s, 0).len != sizeof ret_id->b) {
        status = log_damage(cx, key, "it is missing");
        goto out;
    }
    memcpy(ret_id->b, stmt_bytes(s, 0).ptr, sizeof ret_id->b);
    TRY(buf_add(cx, header, stmt_bytes(s, 1)));
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status log_damage(struct ctx *cx, int64_t key, const char *what)
{
    return fault_set(cx, STATUS_INTEGRITY, __FILE__, __LINE__,
                     "entry %llu of device %lld is not as it was stored: %s",
                     (unsigned long long)ENTRY_SEQ(key), (long long)ENTRY_IX(key), what);
}

enum status log_as_damage(struct ctx *cx, int64_t key, enum status status)
{
    char what[FAULT_TEXT_MAX];
    if (status == STATUS_OK || status == STATUS_NO_MEMORY || status == STATUS_IO ||
        status == STATUS_INTEGRITY) {
        return status;
    }
    memcpy(what, cx->fault.what, sizeof what);
    fault_clear(cx);
    return log_damage(cx, key, what);
}

enum status log_name(struct ctx *cx, struct team *t, const struct device *d, uint64_t seq,
                     struct id *ret_id, uint64_t *ret_lamport)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    d = lane_at(d, seq);
    if (seq == d->pub.head_seq) {
        *ret_id = d->head_id;
        *ret_lamport = d->head_lamport;
        return STATUS_OK;
    }
    TRY(stmt_use(cx, t->v, STMT_LOG_ENTRY_NAME, &s));
    stmt_bind_int(s, 1, ENTRY_KEY(d->pub.ix, seq));
    TRY(stmt_step(cx, s, &row));
    if (!row || stmt_bytes(s, 0).len != sizeof ret_id->b) {
        FAIL(cx, STATUS_INTEGRITY, "entry %llu of '%.*s' is missing from the log",
             (unsigned long long)seq, (int)d->pub.name.len, d->pub.name.ptr);
    }
    memcpy(ret_id->b, stmt_bytes(s, 0).ptr, sizeof ret_id->b);
    *ret_lamport = (uint64_t)stmt_int(s, 1);
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status log_flush(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < t->lanes.count; i++) {
        struct device *d = t->lanes.at[i];
        if (d->dirty) {
            TRY(device_store(cx, t, d));
        }
        if (d->moved) {
            TRY(clock_store(cx, t, d));
        }
        d->dirty = d->moved = false;
    }
    TRY(team_touch(cx, t));
out:
    return status;
}
