/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries that wait: their causes are not here yet, or the key of the charter they stand in. They
 * are kept bounded in number and bytes, and tried again at the end of every session. What does not
 * fit is dropped: our frontier does not claim it, so it is sent again.
 */
#include <stdlib.h>
#include <string.h>

#include "admit-int.h"

void queue_finish(struct queue *q)
{
    free(q->rows);
    free(q->heads);
    *q = (struct queue){0};
}

/* ---- storing ---- */

enum status queue_head_store(struct ctx *cx, struct team *t, const struct head *h)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, t->v, STMT_LOG_HEAD_INSERT, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_bytes(s, 2, BYTES_OF(h->device.b));
    stmt_bind_int(s, 3, (int64_t)h->seq);
    stmt_bind_bytes(s, 4, BYTES_OF(h->id.b));
    stmt_bind_bytes(s, 5, BYTES_OF(h->signature));
    TRY(stmt_run(cx, s));
out:
    return status;
}

enum status queue_head_delete(struct ctx *cx, struct team *t, const struct head *h)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, t->v, STMT_LOG_HEAD_DELETE, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_bytes(s, 2, BYTES_OF(h->device.b));
    stmt_bind_int(s, 3, (int64_t)h->seq);
    stmt_bind_bytes(s, 4, BYTES_OF(h->id.b));
    TRY(stmt_run(cx, s));
out:
    return status;
}

enum status pending_size(struct ctx *cx, struct admission *a)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    if (a->pending_known) {
        return STATUS_OK;
    }
    TRY(stmt_use(cx, a->team->v, STMT_LOG_PENDING_SIZE, &s));
    stmt_bind_int(s, 1, a->team->key);
    TRY(stmt_step(cx, s, &row));
    a->pending_count = (uint64_t)stmt_int(s, 0);
    a->pending_bytes = (uint64_t)stmt_int(s, 1);
    a->pending_last = stmt_int(s, 2);
    a->pending_known = true;
    stmt_reset(s);
out:
    return status;
}

/* The oldest waiting entry gives way: it is sent again, while nonsense would stay for ever. */
static enum status evict(struct ctx *cx, struct admission *a)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, a->team->v, STMT_LOG_PENDING_OLDEST, &s));
    stmt_bind_int(s, 1, a->team->key);
    TRY(stmt_step(cx, s, &row));
    int64_t number = row ? stmt_int(s, 0) : 0;
    uint64_t size = row ? (uint64_t)stmt_int(s, 1) : 0;
    stmt_reset(s);
    MUST(row && size <= a->pending_bytes && a->pending_count > 0);
    TRY(stmt_use(cx, a->team->v, STMT_LOG_PENDING_DELETE, &s));
    stmt_bind_int(s, 1, number);
    TRY(stmt_run(cx, s));
    a->pending_count--;
    a->pending_bytes -= size;
    a->dropped++;
out:
    return status;
}

enum status pending_store(struct ctx *cx, struct admission *a, const struct judged *j)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    uint64_t size = j->header.len + j->body.len;

    TRY(pending_size(cx, a));
    while (a->pending_count >= PENDING_ENTRIES_MAX ||
           (a->pending_count > 0 && a->pending_bytes + size > PENDING_BYTES_MAX)) {
        TRY(evict(cx, a));
    }
    TRY(stmt_use(cx, a->team->v, STMT_LOG_PENDING_INSERT, &s));
    stmt_bind_int(s, 1, a->team->key);
    stmt_bind_bytes(s, 2, BYTES_OF(j->id.b));
    stmt_bind_bytes(s, 3, BYTES_OF(j->h.device.b));
    stmt_bind_int(s, 4, (int64_t)j->h.seq);
    stmt_bind_int(s, 5, (int64_t)(j->h.lamport & INT64_MAX));
    stmt_bind_bytes(s, 6, BYTES_OF(j->h.prev.b));
    stmt_bind_bytes(s, 7, j->header);
    stmt_bind_bytes(s, 8, j->body);
    TRY(stmt_run(cx, s));
    if (vault_changes(a->team->v) == 1) {
        a->pending_count++;
        a->pending_bytes += size;
    }
out:
    return status;
}

enum status queue_row_delete(struct ctx *cx, struct team *t, struct waiting *w)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, t->v, STMT_LOG_PENDING_DELETE, &s));
    stmt_bind_int(s, 1, w->number);
    TRY(stmt_run(cx, s));
    w->done = true;
out:
    return status;
}

/* ---- loading ---- */

static bool take_id(bytes from, struct id *ret)
{
    if (from.len != sizeof ret->b) {
        return false;
    }
    memcpy(ret->b, from.ptr, sizeof ret->b);
    return true;
}

static int compare_waiting(const void *a, const void *b)
{
    const struct waiting *x = a, *y = b;
    if (x->lamport != y->lamport) {
        return x->lamport < y->lamport ? -1 : 1;
    }
    int order = id_compare(&x->device, &y->device);
    return order != 0 ? order : id_compare(&x->id, &y->id);
}

enum status queue_rows_load(struct ctx *cx, struct team *t, struct queue *q)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, t->v, STMT_LOG_PENDING_LIST, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    while (row) {
        TRY(MEM_GROW(cx, q->rows, q->cap, q->count + 1));
        struct waiting *w = &q->rows[q->count++];
        *w = (struct waiting){.number = stmt_int(s, 0),
                              .seq = (uint64_t)stmt_int(s, 3),
                              .lamport = (uint64_t)stmt_int(s, 4)};
        if (!take_id(stmt_bytes(s, 1), &w->id) || !take_id(stmt_bytes(s, 2), &w->device) ||
            !take_id(stmt_bytes(s, 5), &w->prev)) {
            FAIL(cx, STATUS_INTEGRITY, "a waiting entry is stored damaged");
        }
        TRY(stmt_step(cx, s, &row));
    }
    if (q->count > 1) {
        qsort(q->rows, q->count, sizeof *q->rows, compare_waiting);
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status head_add(struct ctx *cx, struct queue *q, const struct head *h)
{
    enum status status = STATUS_OK;
    TRY(MEM_GROW(cx, q->heads, q->head_cap, q->head_count + 1));
    q->heads[q->head_count++] = *h;
out:
    return status;
}

/* Heads that wait since earlier sessions, and this session's. */
enum status queue_heads_load(struct ctx *cx, struct admission *a, struct queue *q)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    struct head h;
    bool row = false;

    TRY(stmt_use(cx, a->team->v, STMT_LOG_HEAD_LIST, &s));
    stmt_bind_int(s, 1, a->team->key);
    TRY(stmt_step(cx, s, &row));
    while (row) {
        bytes signature = stmt_bytes(s, 3);
        h.seq = (uint64_t)stmt_int(s, 1);
        if (!take_id(stmt_bytes(s, 0), &h.device) || !take_id(stmt_bytes(s, 2), &h.id) ||
            signature.len != sizeof h.signature) {
            FAIL(cx, STATUS_INTEGRITY, "a waiting head is stored damaged");
        }
        memcpy(h.signature, signature.ptr, sizeof h.signature);
        TRY(head_add(cx, q, &h));
        TRY(stmt_step(cx, s, &row));
    }
    for (size_t i = 0; i < a->head_count; i++) {
        TRY(head_add(cx, q, &a->heads[i]));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status queue_row_load(struct ctx *cx, struct team *t, const struct waiting *w,
                           struct log_row *row)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool there = false;

    buf_clear(&row->header);
    buf_clear(&row->body);
    TRY(stmt_use(cx, t->v, STMT_LOG_PENDING_GET, &s));
    stmt_bind_int(s, 1, w->number);
    TRY(stmt_step(cx, s, &there));
    TRY(buf_add(cx, &row->header, stmt_bytes(s, 0)));
    TRY(buf_add(cx, &row->body, stmt_bytes(s, 1)));
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}
