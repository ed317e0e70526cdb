/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proof of forks: one device, one number, two entries, both under its signature. The session that
 * brings the second history is refused and undone as a whole, so the proof is kept in memory,
 * written by the next call and again at the latest when the team is closed: what a rollback takes
 * away is written once more. Also the list of refused operations.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

enum { HEAD_BYTES = 32 + 8 + 32 + SIGNATURE_BYTES, EVIDENCE_MAX = 16 };

static void fork_free(struct fork_proof *f)
{
    if (f != NULL) {
        buf_finish(&f->ours);
        buf_finish(&f->ours_head);
        buf_finish(&f->theirs);
        buf_finish(&f->theirs_head);
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
    struct head head = {.device = d->pub.id, .seq = d->signed_seq};
    struct log_row row;
    uint64_t unused;

    log_row_init(&row);
    buf_init(&f->ours, ENTRY_HEADER_MAX);
    TRY(log_row_load(cx, t, ENTRY_KEY(d->pub.ix, seq), &row));
    TRY(buf_add(cx, &f->ours, buf_view(&row.header)));
    if (d->signed_seq > 0) {
        TRY(log_name(cx, t, d, d->signed_seq, &head.id, &unused));
        memcpy(head.signature, d->signature, sizeof head.signature);
    }
    TRY(head_bytes(cx, &head, &f->ours_head));
out:
    log_row_finish(&row);
    return status;
}

static bool fork_known(const struct team *t, int64_t ix, uint64_t seq)
{
    for (size_t i = 0; i < t->evidence.count; i++) {
        const struct fork_proof *f = t->evidence.at[i];
        if (f->ix == ix && f->seq == seq) {
            return true;
        }
    }
    return false;
}

enum status fork_keep(struct ctx *cx, struct team *t, const struct device *d, uint64_t seq,
                      bytes their_header, const struct head *their_head)
{
    enum status status = STATUS_OK;
    struct fork_proof *f = NULL;
    void *memory = NULL;

    if (t->evidence.count >= EVIDENCE_MAX || seq == 0 || seq > d->pub.head_seq ||
        fork_known(t, d->pub.ix, seq)) {
        return STATUS_OK;
    }
    TRY(mem_new(cx, 1, sizeof *f, &memory));
    f = memory;
    f->ix = d->pub.ix;
    f->seq = seq;
    TRY(our_side(cx, t, d, seq, f));
    buf_init(&f->theirs, ENTRY_HEADER_MAX);
    TRY(buf_add(cx, &f->theirs, their_header));
    TRY(head_bytes(cx, their_head, &f->theirs_head));
    TRY(pointers_add(cx, &t->evidence, f));
    f = NULL;
out:
    fork_free(f);
    return status;
}

static enum status fork_store(struct ctx *cx, struct team *t, const struct fork_proof *f)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, t->v, STMT_LOG_FORK_INSERT, &s));
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

enum status team_forks_each(struct ctx *cx, struct team *t,
                            enum status (*visit)(void *self, struct ctx *cx,
                                                 const struct team_device *d, uint64_t seq),
                            void *self)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(team_sync(cx, t));
    TRY(stmt_use(cx, t->v, STMT_LOG_FORK_LIST, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    while (row) {
        const struct team_device *d = team_device_by_ix(t, stmt_int(s, 0));
        if (d != NULL) {
            TRY(visit(self, cx, d, (uint64_t)stmt_int(s, 1)));
        }
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
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
