/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries that wait: their causes are not here yet, or the key of the charter they stand in. They
 * are kept bounded in number and bytes, and tried again at the end of every session. What does not
 * fit is dropped: our frontier does not claim it, so it is sent again.
 *
 * A waiting entry is only ever tried when a signed head of its device covers it by an unbroken
 * chain of waiting entries; so nobody can make later sessions fail with bytes he invented.
 */
#include <stdlib.h>
#include <string.h>

#include "admit-int.h"

struct waiting {
    int64_t number;
    struct id id, device, prev;
    uint64_t seq, lamport;
    bool covered, done;
};
struct queue {
    struct waiting *rows;
    size_t count, cap;
    struct head *heads;
    size_t head_count, head_cap;
};

static void queue_finish(struct queue *q)
{
    free(q->rows);
    free(q->heads);
    *q = (struct queue){0};
}

/* ---- storing
 * --------------------------------------------------------------------------------------------- */

static enum status head_store(struct ctx *cx, struct team *t, const struct head *h)
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

static enum status head_delete(struct ctx *cx, struct team *t, const struct head *h)
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

static enum status pending_size(struct ctx *cx, struct admission *a)
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

static enum status row_delete(struct ctx *cx, struct team *t, struct waiting *w)
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

/* ---- loading
 * --------------------------------------------------------------------------------------------- */

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

static enum status grow(struct ctx *cx, void **items, size_t size, size_t count, size_t *cap)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    if (count == *cap) {
        size_t more = *cap == 0 ? 64 : *cap * 2;
        TRY(mem_new(cx, more, size, &memory));
        if (count > 0) {
            memcpy(memory, *items, count * size);
        }
        free(*items);
        *items = memory;
        *cap = more;
    }
out:
    return status;
}

static enum status rows_load(struct ctx *cx, struct team *t, struct queue *q)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, t->v, STMT_LOG_PENDING_LIST, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    while (row) {
        void *rows = q->rows;
        TRY(grow(cx, &rows, sizeof *q->rows, q->count, &q->cap));
        q->rows = rows;
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
    void *heads = q->heads;
    TRY(grow(cx, &heads, sizeof *q->heads, q->head_count, &q->head_cap));
    q->heads = heads;
    q->heads[q->head_count++] = *h;
out:
    return status;
}

/* Heads that wait since earlier sessions, and this session's. */
static enum status heads_load(struct ctx *cx, struct admission *a, struct queue *q)
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

/* ---- coverage
 * --------------------------------------------------------------------------------------------- */

static struct waiting *row_by_id(const struct queue *q, const struct id *id)
{
    for (size_t i = 0; i < q->count; i++) {
        if (!q->rows[i].done && id_equal(&q->rows[i].id, id)) {
            return &q->rows[i];
        }
    }
    return NULL;
}

/* Marks the unbroken chain below one verified head; true when it reaches what is held of it. */
static bool cover_from(const struct queue *q, const struct device *d, const struct head *h)
{
    const struct id *next = &h->id;
    uint64_t seq = h->seq;
    struct waiting *w = row_by_id(q, next);

    while (w != NULL && w->seq == seq && id_equal(&w->device, &h->device)) {
        w->covered = true;
        next = &w->prev;
        seq--;
        w = row_by_id(q, next);
    }
    return seq == d->pub.head_seq && id_equal(next, &d->head_id);
}

static bool head_usable(const struct team *t, const struct head *h, const struct device **ret)
{
    const struct device *d = device_by_id(t, &h->device);
    *ret = d;
    return d != NULL && d->has_keys && d->linked && head_verify(&t->id, d->sign_pk, h);
}

static void cover_all(const struct team *t, struct queue *q, size_t *verified)
{
    /* heads before *verified were looked at; those of devices still unknown stay behind it */
    for (size_t i = *verified; i < q->head_count; i++) {
        const struct device *d;
        if (head_usable(t, &q->heads[i], &d)) {
            (void)cover_from(q, d, &q->heads[i]);
            struct head seen = q->heads[*verified];
            q->heads[*verified] = q->heads[i];
            q->heads[i] = seen;
            (*verified)++;
        }
    }
}

/* ---- trying again
 * ----------------------------------------------------------------------------------------- */

static bool is_judgement(enum status status)
{
    return status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED || status == STATUS_LIMIT ||
           status == STATUS_FORGED || status == STATUS_FOREIGN || status == STATUS_DENIED;
}

static enum status retry_row(struct ctx *cx, struct admission *a, struct waiting *w,
                             struct log_row *row, bool *ret_taken)
{
    enum status status = STATUS_OK;
    struct team *t = a->team;
    struct stmt *s = NULL;
    bool there = false;
    enum outcome outcome = OUTCOME_PENDING;

    buf_clear(&row->header);
    buf_clear(&row->body);
    TRY(stmt_use(cx, t->v, STMT_LOG_PENDING_GET, &s));
    stmt_bind_int(s, 1, w->number);
    TRY(stmt_step(cx, s, &there));
    TRY(buf_add(cx, &row->header, stmt_bytes(s, 0)));
    TRY(buf_add(cx, &row->body, stmt_bytes(s, 1)));
    stmt_reset(s);
    status = judge_form(cx, t, buf_view(&row->header), buf_view(&row->body), &a->judged);
    if (status == STATUS_OK) {
        status = judge_header(cx, t, &a->judged, &outcome);
    }
    if (is_judgement(status)) { /* its author is to blame, not who packed this session */
        fault_clear(cx);
        return row_delete(cx, t, w);
    }
    TRY(status);
    if (outcome == OUTCOME_NEW) {
        TRY(entry_take(cx, a, &a->judged));
        TRY(row_delete(cx, t, w));
        *ret_taken = true;
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status retry_pass(struct ctx *cx, struct admission *a, struct queue *q,
                              struct log_row *row, bool *ret_taken)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < q->count; i++) {
        struct waiting *w = &q->rows[i];
        const struct device *d = device_by_id(a->team, &w->device);
        if (w->done || !w->covered || d == NULL || w->seq > d->pub.head_seq + 1) {
            continue;
        }
        if (w->seq <= d->pub.head_seq || !id_equal(&w->prev, &d->head_id)) {
            TRY(row_delete(cx, a->team, w)); /* known, or of another history; its head tells */
        } else {
            TRY(retry_row(cx, a, w, row, ret_taken));
        }
    }
out:
    return status;
}

enum status pending_retry(struct ctx *cx, struct admission *a)
{
    enum status status = STATUS_OK;
    struct queue q = {0};
    struct log_row row;
    size_t verified = 0;
    bool taken = true;

    log_row_init(&row);
    TRY(pending_size(cx, a));
    if (a->pending_count == 0) {
        goto out;
    }
    TRY(rows_load(cx, a->team, &q));
    TRY(heads_load(cx, a, &q));
    while (taken) {
        taken = false;
        cover_all(a->team, &q, &verified);
        TRY(retry_pass(cx, a, &q, &row, &taken));
    }
out:
    log_row_finish(&row);
    queue_finish(&q);
    return status;
}

/* ---- the end of a session
 * ---------------------------------------------------------------------------------- */

static bool of_session(const struct admission *a, const struct head *h)
{
    for (size_t i = 0; i < a->head_count; i++) {
        if (id_equal(&a->heads[i].id, &h->id)) {
            return true;
        }
    }
    return false;
}

static enum status settle_head(struct ctx *cx, struct admission *a, const struct head *h)
{
    struct team *t = a->team;
    struct device *d = device_by_id(t, &h->device);
    enum status status = STATUS_OK;

    if (d == NULL || !d->linked || h->seq > d->pub.head_seq ||
        !head_verify(&t->id, d->sign_pk, h)) {
        return STATUS_OK;
    }
    status = head_settle(cx, t, d, h);
    if (status != STATUS_OK && !of_session(a, h) && is_judgement(status)) {
        fault_clear(cx); /* the fork is kept; this session did not bring it */
        status = STATUS_OK;
    }
    return status;
}

/* Heads of what is held by now are settled; of the others those are kept whose entry waits. */
static enum status settle_heads(struct ctx *cx, struct admission *a, struct queue *q)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < q->head_count; i++) {
        const struct head *h = &q->heads[i];
        TRY(settle_head(cx, a, h));
        if (row_by_id(q, &h->id) != NULL) {
            TRY(head_store(cx, a->team, h));
        } else {
            TRY(head_delete(cx, a->team, h));
        }
    }
out:
    return status;
}

static enum status uncovered(struct ctx *cx, const struct team *t, const struct id *device,
                             uint64_t seq)
{
    struct buf who;
    buf_init(&who, FAULT_TEXT_MAX);
    enum status status = device_words(cx, t, device, &who);
    if (status == STATUS_OK) {
        status = fault_set(cx, STATUS_FORGED, __FILE__, __LINE__,
                           "[F-36] entry %llu of %.*s is under no signature of it",
                           (unsigned long long)seq, (int)who.len, (const char *)who.ptr);
    }
    buf_finish(&who);
    return status;
}

static enum status cover_ends(struct ctx *cx, const struct team *t, const struct queue *q)
{
    for (size_t i = 0; i < t->devices.count; i++) {
        const struct device *d = t->devices.at[i];
        bool covered = !d->dirty || d->signed_seq == d->pub.head_seq;
        for (size_t k = 0; k < q->head_count && !covered; k++) {
            const struct device *of;
            covered = id_equal(&q->heads[k].device, &d->pub.id) &&
                      q->heads[k].seq > d->pub.head_seq && head_usable(t, &q->heads[k], &of) &&
                      cover_from(q, d, &q->heads[k]);
        }
        if (!covered) {
            return uncovered(cx, t, &d->pub.id, d->pub.head_seq);
        }
    }
    return STATUS_OK;
}

/* What waits without a signature: refused when this session brought it, dropped when it is old. */
static enum status cover_waiting(struct ctx *cx, struct admission *a, struct queue *q)
{
    enum status status = STATUS_OK;
    size_t verified = 0;

    cover_all(a->team, q, &verified);
    for (size_t i = 0; i < q->count; i++) {
        struct waiting *w = &q->rows[i];
        const struct device *d = device_by_id(a->team, &w->device);
        if (!w->covered && d != NULL && d->linked) {
            if (w->number > a->pending_last) {
                return uncovered(cx, a->team, &w->device, w->seq);
            }
            TRY(row_delete(cx, a->team, w));
        }
        a->counts.pending += !w->done;
    }
    a->counts.pending += a->dropped;
out:
    return status;
}

enum status pending_cover(struct ctx *cx, struct admission *a)
{
    enum status status = STATUS_OK;
    struct queue q = {0};

    TRY(rows_load(cx, a->team, &q));
    TRY(heads_load(cx, a, &q));
    TRY(settle_heads(cx, a, &q));
    TRY(cover_ends(cx, a->team, &q));
    TRY(cover_waiting(cx, a, &q));
out:
    queue_finish(&q);
    return status;
}
