/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proof of forks: one device, one number, two entries, both under its signature. The session that
 * brings the second history may still be undone as a whole, so the proof is kept in memory, written
 * at its end or by the next call, and again at the latest when the team is closed: what a rollback
 * takes away is written once more. Also the list of refused operations.
 */
#include <stdlib.h>
#include <string.h>

#include "lanes-int.h"

enum {
    HEAD_BYTES = 32 + 8 + 32 + SIGNATURE_BYTES,
    EVIDENCE_MAX = 16, /* in memory, and kept of one lane: it is guilty all the same */
};

static void fork_finish(struct fork_proof *f)
{
    buf_finish(&f->ours);
    buf_finish(&f->ours_head);
    buf_finish(&f->theirs);
    buf_finish(&f->theirs_head);
}

static void fork_free(struct fork_proof *f)
{
    if (f != NULL) {
        fork_finish(f);
        free(f);
    }
}

void fork_free_all(struct team *t)
{
    for (size_t i = 0; i < t->evidence.count; i++) {
        fork_free(t->evidence.at[i]);
    }
    t->evidence.count = 0;
}

static enum status head_bytes(struct ctx *cx, const struct head *h, struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t *at = NULL;
    buf_init(out, HEAD_BYTES);
    TRY(buf_extend(cx, out, HEAD_BYTES, &at));
    memcpy(at, h->device.b, 32);
    put_u64le(at + 32, h->seq);
    memcpy(at + 40, h->id.b, 32);
    memcpy(at + 72, h->signature, SIGNATURE_BYTES);
out:
    return status;
}

/* Our header at the number, and our newest signed head of the device, which covers it. */
static enum status our_side(struct ctx *cx, struct team *t, const struct device *d, uint64_t seq,
                            struct fork_proof *f)
{
    enum status status = STATUS_OK;
    struct head head = {.device = d->pub.id};
    struct log_row row;

    log_row_init(&row);
    buf_init(&f->ours, ENTRY_HEADER_MAX);
    TRY(log_row_load(cx, t, ENTRY_KEY(d->pub.ix, seq), &row));
    TRY(buf_add(cx, &f->ours, buf_view(&row.header)));
    if (d->signed_seq > 0) {
        TRY(lane_head(cx, t, d, &head));
    }
    TRY(head_bytes(cx, &head, &f->ours_head));
out:
    log_row_finish(&row);
    return status;
}

static bool fork_known(const struct team *t, const struct fork_proof *new)
{
    for (size_t i = 0; i < t->evidence.count; i++) {
        const struct fork_proof *f = t->evidence.at[i];
        if (f->ix == new->ix &&
            f->seq == new->seq &&bytes_equal(buf_view(&f->theirs), buf_view(&new->theirs)) &&
            bytes_equal(buf_view(&f->theirs_head), buf_view(&new->theirs_head))) {
            return true;
        }
    }
    return false;
}

static enum status fork_fill(struct ctx *cx, struct team *t, const struct device *d, uint64_t seq,
                             bytes their_header, struct fork_proof *f)
{
    enum status status = STATUS_OK;
    f->ix = d->pub.ix;
    f->seq = seq;
    TRY(our_side(cx, t, d, seq, f));
    buf_init(&f->theirs, ENTRY_HEADER_MAX);
    TRY(buf_add(cx, &f->theirs, their_header));
out:
    return status;
}

enum status fork_keep(struct ctx *cx, struct team *t, const struct device *d, uint64_t seq,
                      bytes their_header, const struct head *their_head)
{
    enum status status = STATUS_OK;
    struct fork_proof *f = NULL;
    void *memory = NULL;

    TRY(mem_new(cx, 1, sizeof *f, &memory));
    f = memory;
    TRY(fork_fill(cx, t, lane_at(d, seq), seq, their_header, f));
    TRY(head_bytes(cx, their_head, &f->theirs_head));
    if (fork_known(t, f)) {
        goto out;
    }
    if (t->evidence.count == EVIDENCE_MAX) {
        fork_free(t->evidence.at[0]);
        t->evidence.count--;
        memmove(t->evidence.at, t->evidence.at + 1, t->evidence.count * sizeof *t->evidence.at);
    }
    TRY(pointers_add(cx, &t->evidence, f));
    f = NULL;
out:
    fork_free(f);
    return status;
}

static enum status fork_room(struct ctx *cx, struct team *t, const struct fork_proof *f, bool *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;
    TRY(stmt_use(cx, t->v, STMT_LOG_FORK_COUNT, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_int(s, 2, f->ix);
    stmt_bind_int(s, 3, (int64_t)f->seq);
    stmt_bind_bytes(s, 4, buf_view(&f->theirs));
    TRY(stmt_step(cx, s, &row));
    *ret = stmt_int(s, 0) < EVIDENCE_MAX && stmt_int(s, 1) == 0;
    stmt_reset(s);
out:
    return status;
}

static enum status fork_store(struct ctx *cx, struct team *t, const struct fork_proof *f)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool room = f->theirs.len == 0;
    if (!room) {
        TRY(fork_room(cx, t, f, &room));
    }
    if (!room) {
        goto out;
    }
    TRY(stmt_use(cx, t->v, STMT_LOG_FORK_PUT, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_int(s, 2, f->ix);
    stmt_bind_int(s, 3, (int64_t)f->seq);
    stmt_bind_bytes(s, 4, buf_view(&f->ours));
    stmt_bind_bytes(s, 5, buf_view(&f->ours_head));
    stmt_bind_bytes(s, 6, buf_view(&f->theirs));
    stmt_bind_bytes(s, 7, buf_view(&f->theirs_head));
    TRY(stmt_run(cx, s));
out:
    return status;
}

enum status fork_flush(struct ctx *cx, struct team *t, bool again)
{
    enum status status = STATUS_OK;
    bool any = false;

    for (size_t i = 0; i < t->evidence.count; i++) {
        const struct fork_proof *f = t->evidence.at[i];
        any = any || again || !f->stored;
    }
    if (!any) {
        return STATUS_OK;
    }
    TRY(vault_begin(cx, t->v));
    for (size_t i = 0; i < t->evidence.count && status == STATUS_OK; i++) {
        struct fork_proof *f = t->evidence.at[i];
        status = again || !f->stored ? fork_store(cx, t, f) : STATUS_OK;
        f->stored = status == STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = team_touch(cx, t); /* a rollback is noticed by it */
    }
    TRY(vault_end(cx, t->v, status));
out:
    return status;
}

void fork_unstored(struct team *t)
{
    for (size_t i = 0; i < t->evidence.count; i++) {
        ((struct fork_proof *)t->evidence.at[i])->stored = false;
    }
}

/* A proof by a signed head alone: the entry it names is here by now. */
static enum status head_came(struct ctx *cx, struct team *t, const struct device *d, bytes head,
                             bool *ret)
{
    struct device *lane = NULL;
    struct id id;

    if (head.len != HEAD_BYTES) {
        return fault_set(cx, STATUS_INTEGRITY, __FILE__, __LINE__,
                         "the proof of a fork is stored damaged");
    }
    memcpy(id.b, head.ptr + 40, sizeof id.b);
    return lane_find(cx, t, d, get_u64le(head.ptr + 32), &id, &lane, ret);
}

enum status team_forks_each(struct ctx *cx, struct team *t,
                            enum status (*visit)(void *self, struct ctx *cx,
                                                 const struct team_device *d, uint64_t seq),
                            void *self)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false, came;

    TRY(team_sync(cx, t));
    TRY(stmt_use(cx, t->v, STMT_LOG_FORK_LIST, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    while (row) {
        const struct device *d = device_by_ix(t, stmt_int(s, 0));
        came = false;
        if (d != NULL && stmt_int(s, 2) == 0) {
            TRY(head_came(cx, t, d, stmt_bytes(s, 3), &came));
        }
        if (d != NULL && !came) { /* else the entries themselves tell of it */
            TRY(visit(self, cx, &d->of->pub, (uint64_t)stmt_int(s, 1)));
        }
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* The device, and its branches: each is a row of a frontier. */
static enum status open_add(struct ctx *cx, const struct device *d, struct buf *out)
{
    enum status status = STATUS_OK;
    size_t count;
    const struct branch *list = branches_of(d, &count);
    for (size_t i = 0; i < count && out->len + sizeof list[i].id.b <= out->max; i++) {
        TRY(buf_add(cx, out, BYTES_OF(list[i].id.b)));
    }
out:
    return status;
}

enum status forks_open(struct ctx *cx, struct team *t, struct buf *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false, came = false;

    buf_clear(ret);
    TRY(stmt_use(cx, t->v, STMT_LOG_FORK_OPEN, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    while (row) {
        const struct device *d = device_by_ix(t, stmt_int(s, 0));
        if (d != NULL) {
            TRY(head_came(cx, t, d, stmt_bytes(s, 1), &came));
        }
        if (d != NULL && !came && lane_count(d) < LANES_FREE_MAX) {
            TRY(open_add(cx, d, ret));
        }
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status open_delete(struct ctx *cx, struct team *t, const struct device *d)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    for (const struct device *l = d->of; l != NULL; l = l->next) {
        TRY(stmt_use(cx, t->v, STMT_LOG_FORK_OPEN_DELETE, &s));
        stmt_bind_int(s, 1, t->key);
        stmt_bind_int(s, 2, l->pub.ix);
        TRY(stmt_run(cx, s));
    }
out:
    return status;
}

enum status fork_open(struct ctx *cx, struct team *t, const struct device *d, uint64_t seq,
                      const struct head *their_head, bool *ret_new)
{
    enum status status = STATUS_OK;
    struct fork_proof f = {0};
    struct buf open;

    buf_init(&open, OPEN_MAX);
    TRY(forks_open(cx, t, &open));
    *ret_new = !id_listed(buf_view(&open), &d->pub.id);
    if (*ret_new) {
        TRY(fork_fill(cx, t, lane_at(d, seq), seq, BYTES(NULL, 0), &f));
        TRY(head_bytes(cx, their_head, &f.theirs_head));
        TRY(open_delete(cx, t, d));
        TRY(fork_store(cx, t, &f));
    }
out:
    fork_finish(&f);
    buf_finish(&open);
    return status;
}

/* Operations of the charter that were in order when they were said and have no effect all the same:
 * their author's power was taken, or never reached so far. */
static enum status void_decisions_each(struct ctx *cx, struct team *t,
                                       enum status (*visit)(void *self, struct ctx *cx,
                                                            const struct log_refusal *r),
                                       void *self)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i + 8 <= t->refs.len; i += 8) {
        int64_t ref = (int64_t)get_u64le(t->refs.ptr + i);
        const char *why = authority_why_not(t->authority, (uint64_t)ref, NULL);
        const struct log_refusal refusal = {
            .device_ix = OP_DEVICE(ref),
            .seq = OP_SEQ(ref),
            .index = (int64_t)OP_INDEX(ref),
            .reason = {.ptr = why, .len = why == NULL ? 0 : strlen(why)}};
        if (why != NULL) {
            TRY(visit(self, cx, &refusal));
        }
    }
out:
    return status;
}

enum status log_refusals_each(struct ctx *cx, struct team *t,
                              enum status (*visit)(void *self, struct ctx *cx,
                                                   const struct log_refusal *r),
                              void *self)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(team_sync(cx, t));
    TRY(stmt_use(cx, t->v, STMT_LOG_REFUSED_LIST, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    while (row) {
        int64_t key = stmt_int(s, 0);
        struct log_refusal refusal = {.device_ix = ENTRY_IX(key),
                                      .seq = ENTRY_SEQ(key),
                                      .index = stmt_int(s, 1),
                                      .reason = stmt_text(s, 2)};
        TRY(visit(self, cx, &refusal));
        TRY(stmt_step(cx, s, &row));
    }
    TRY(void_decisions_each(cx, t, visit, self));
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}
