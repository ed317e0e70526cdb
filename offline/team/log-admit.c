/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission: a session that takes what a colleague packed. Every entry is judged by itself and by
 * what its author knew; what lacks its causes waits (pending.c); at the end every chain end must be
 * under its device's signature. The session stands in one transaction of the caller: any fault
 * undoes all of it, and memory is loaded again.
 *
 * A second history of a device (fork) is taken like the first, as a lane of its own (lanes.c), once
 * the device's signature is found to cover it; the proof is kept by evidence.c. Without it the
 * session brings a forgery. More of this device than this vault holds means that the vault is an
 * old copy.
 */
#include <stdlib.h>
#include <string.h>

#include "admit-int.h"

enum status admission_start(struct ctx *cx, struct team *t, const struct log_sink *sink,
                            struct admission **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    struct admission *a;

    TRY(log_seal(cx, t));
    if (t->admitting) {
        FAIL(cx, STATUS_BUG, "an admission is open already");
    }
    TRY(mem_new(cx, 1, sizeof *a, &memory));
    a = memory;
    a->team = t;
    a->sink = *sink;
    a->refs_before = t->refs.len;
    team_set_sink(t, sink);
    judged_init(&a->judged);
    t->admitting = true;
    t->new_keys = false;
    *ret = a;
out:
    return status;
}

void admission_free(struct admission **a)
{
    if (*a != NULL) {
        struct team *t = (*a)->team;
        t->admitting = false;
        t->stale = t->stale || !(*a)->finished;
        judged_finish(&(*a)->judged);
        free((*a)->heads);
        free(*a);
        *a = NULL;
    }
}

/* ---- rollbacks ---- */

enum status own_rollback(struct ctx *cx, const struct team *t, uint64_t seq)
{
    (void)fault_set(cx, STATUS_ROLLBACK, __FILE__, __LINE__,
                    "others hold entry %llu of this device, this vault ends at %llu or differs",
                    (unsigned long long)seq, (unsigned long long)t->self->pub.head_seq);
    return fault_hint(cx,
                      "this vault is an older copy of itself: stop using it and let a new device "
                      "join the team");
}

static enum status head_fault(struct ctx *cx, const struct team *t, const struct head *h)
{
    struct buf who;
    buf_init(&who, FAULT_TEXT_MAX);
    enum status status = device_words(cx, t, &h->device, &who);
    if (status == STATUS_OK) {
        status = fault_set(cx, STATUS_FORGED, __FILE__, __LINE__,
                           "[F-36] the signature of head %llu of %.*s does not hold",
                           (unsigned long long)h->seq, (int)who.len, (const char *)who.ptr);
    }
    buf_finish(&who);
    return status;
}

/* ---- heads ---- */

enum status head_settle(struct ctx *cx, struct team *t, struct device *d, const struct head *h,
                        bool *ret_held)
{
    enum status status = STATUS_OK;
    struct device *lane = NULL;

    TRY(lane_find(cx, t, d, h->seq, &h->id, &lane, ret_held));
    if (*ret_held && h->seq > lane->signed_seq) {
        lane->signed_seq = h->seq;
        memcpy(lane->signature, h->signature, sizeof lane->signature);
        lane->dirty = true;
    }
    if (!*ret_held && d == t->self) {
        return own_rollback(cx, t, h->seq);
    }
out:
    return status;
}

static enum status heads_note(struct ctx *cx, struct admission *a, const struct head *h)
{
    enum status status = STATUS_OK;
    TRY(MEM_GROW(cx, a->heads, a->head_cap, a->head_count + 1));
    a->heads[a->head_count++] = *h;
out:
    return status;
}

enum status admission_head(struct ctx *cx, struct admission *a, const struct head *h)
{
    enum status status = STATUS_OK;
    struct team *t = a->team;
    struct device *d = device_by_id(t, &h->device);
    bool held = false;

    if (a->head_count >= PENDING_HEADS_MAX) {
        FAIL(cx, STATUS_LIMIT, "more than %d heads in one bundle", PENDING_HEADS_MAX);
    }
    if (d != NULL && d->has_keys && !head_verify(&t->id, d->sign_pk, h)) {
        return head_fault(cx, t, h);
    }
    if (d != NULL && d->has_keys) {
        TRY(head_settle(cx, t, d, h, &held));
    }
    if (!held) {
        TRY(heads_note(cx, a, h));
    }
out:
    return status;
}

/* ---- entries ---- */

/* A judged entry enters the log and flows to the room above. */
enum status entry_take(struct ctx *cx, struct admission *a, struct judged *j)
{
    enum status status = STATUS_OK;
    struct team *t = a->team;
    struct entry_info info;

    TRY(judge_accept(cx, t, j));
    TRY(judge_body(cx, t, j));
    bool control = memcmp(j->h.compartment, t->control, COMPARTMENT_BYTES) == 0;
    if (!control) {
        if (t->refresh_due) {
            TRY(members_refresh(cx, t));
        }
        j->counts = effects_counts(t, j->via, j->device->pub.ix, j->h.seq);
    }
    TRY(judge_store(cx, t, j));
    windows_hear(cx, t, j->time);
    a->counts.taken++;
    a->counts.refused_rights += j->refused_count;
    if (control) {
        t->refresh_due = true;
    } else if (!j->counts) {
        a->counts.void_entries++;
        TRY(effects_tell_later(cx, t, j->device->pub.ix, j->h.seq, j->h.seq));
    } else if (j->state == ENTRY_GOOD) {
        a->counts.operations += j->operations;
        TRY(judge_info(cx, t, j, &info));
        TRY(a->sink.apply(a->sink.self, cx, &info, buf_view(&j->plain)));
    }
out:
    return status;
}

/* Judges one entry and takes it, or says that it waits or is known. */
static enum status admit_entry(struct ctx *cx, struct admission *a, bytes header, bytes body,
                               enum reception *ret)
{
    enum status status = STATUS_OK;
    struct judged *j = &a->judged;
    enum placing placing = PLACE_WAITS;

    TRY(judge_form(cx, a->team, header, body, j));
    TRY(judge_place(cx, a->team, j, &placing));
    if (placing == PLACE_KNOWN) {
        a->counts.known++;
        *ret = OUTCOME_KNOWN;
        goto out;
    }
    if (j->device == a->team->self) { /* a signed head of it would have told by now */
        FAIL(cx, STATUS_FORGED, "[F-36] entry %llu of this device is under no signature of it",
             (unsigned long long)j->h.seq);
    }
    *ret = OUTCOME_PENDING; /* one branch too many: dropped once a signature covers it */
    if (placing == PLACE_NEXT || placing == PLACE_BRANCH) {
        TRY(judge_header(cx, a->team, j, ret));
    }
    if (*ret == OUTCOME_NEW) {
        TRY(entry_take(cx, a, j));
    }
out:
    return status;
}

enum status admission_entry(struct ctx *cx, struct admission *a, bytes header, bytes body)
{
    enum status status = STATUS_OK;
    enum reception outcome = OUTCOME_KNOWN;

    TRY(admit_entry(cx, a, header, body, &outcome));
    if (outcome == OUTCOME_PENDING) {
        TRY(pending_store(cx, a, &a->judged));
    }
out:
    return status;
}

/* ---- the end of a session ---- */

static enum status reopen_entry(struct ctx *cx, struct admission *a, int64_t key,
                                const struct log_row *row)
{
    enum status status = STATUS_OK;
    struct team *t = a->team;
    struct judged *j = &a->judged;
    struct entry_info info;
    struct stmt *s = NULL;

    TRY(judge_form(cx, t, buf_view(&row->header), buf_view(&row->body), j));
    j->device = device_by_ix(t, ENTRY_IX(key));
    j->epoch = epoch_by_id(t, &j->h.epoch);
    j->via = j->device == NULL ? NULL : appointment_of(t, j->device, &j->h.via);
    if (j->epoch == NULL || j->epoch->key == NULL || j->via == NULL) {
        goto out;
    }
    TRY(judge_body(cx, t, j));
    TRY(stmt_use(cx, t->v, STMT_LOG_ENTRY_STATE, &s));
    stmt_bind_int(s, 1, key);
    stmt_bind_int(s, 2, j->state);
    TRY(stmt_run(cx, s));
    TRY(judge_store_refusals(cx, t, j));
    a->counts.refused_rights += j->refused_count;
    if (!row->counts) {
        TRY(effects_tell_later(cx, t, j->device->pub.ix, j->h.seq, j->h.seq));
    } else if (j->state == ENTRY_GOOD) {
        a->counts.operations += j->operations;
        TRY(judge_info(cx, t, j, &info));
        TRY(a->sink.apply(a->sink.self, cx, &info, buf_view(&j->plain)));
    }
out:
    return status;
}

/* An epoch key came: what was kept sealed is opened now. */
static enum status open_sealed(struct ctx *cx, struct admission *a)
{
    enum status status = STATUS_OK;
    struct team *t = a->team;
    struct log_order order = {0};
    struct log_row row;

    log_row_init(&row);
    TRY(log_order_load(cx, t, PICK_SEALED, &order));
    for (size_t i = 0; i < order.count; i++) {
        TRY(log_row_load(cx, t, order.items[i].key, &row));
        TRY(reopen_entry(cx, a, order.items[i].key, &row));
    }
out:
    log_row_finish(&row);
    log_order_finish(&order);
    return status;
}

static enum status session_finish(struct ctx *cx, struct admission *a)
{
    enum status status = STATUS_OK;
    struct team *t = a->team;

    TRY(pending_retry(cx, a));
    TRY(pending_cover(cx, a));
    if (t->new_keys) {
        TRY(open_sealed(cx, a));
    }
    if (a->counts.taken > 0) {
        TRY(members_refresh(cx, t));
        TRY(windows_heard(cx, t));
    }
    for (size_t i = a->refs_before; i + 8 <= t->refs.len; i += 8) {
        a->counts.refused_rights +=
            authority_why_not(t->authority, get_u64le(t->refs.ptr + i), NULL) != NULL;
    }
    TRY(effects_tell(cx, t));
    TRY(log_flush(cx, t));
    TRY(fork_flush(cx, t, false));
out:
    return status;
}

enum status admission_finish(struct ctx *cx, struct admission *a, struct admission_counts *ret)
{
    enum status status = session_finish(cx, a);
    a->finished = status == STATUS_OK;
    a->team->admitting = false;
    a->team->stale = a->team->stale || !a->finished;
    if (status == STATUS_OK) {
        *ret = a->counts;
    }
    return status;
}

enum status admission_take_content(struct ctx *cx, struct team *t, const struct log_sink *sink,
                                   bytes content, struct admission_counts *ret)
{
    enum status status = STATUS_OK;
    struct admission *a = NULL;
    struct content_item item;
    size_t pos = 0, used = 0;

    TRY(admission_start(cx, t, sink, &a));
    while (pos < content.len) {
        TRY(content_read(cx, BYTES(content.ptr + pos, content.len - pos), &item, &used));
        if (used == 0) {
            FAIL(cx, STATUS_MALFORMED, "the content ends within an item");
        }
        pos += used;
        switch (item.kind) {
        case CONTENT_HEAD:
            TRY(admission_head(cx, a, &item.head));
            break;
        case CONTENT_ENTRY:
            TRY(admission_entry(cx, a, item.header, item.body));
            break;
        }
    }
    TRY(admission_finish(cx, a, ret));
out:
    admission_free(&a);
    return status;
}
