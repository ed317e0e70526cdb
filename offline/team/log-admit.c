/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission: a session that takes what a colleague packed. Every entry is judged by itself and by
 * what its author knew; what lacks its causes waits (pending.c); at the end every chain end must be
 * under its device's signature. The session stands in one transaction of the caller: any fault
 * undoes all of it, and memory is loaded again.
 *
 * What cannot be undone is what the session proves: a second history of a device (fork) is kept by
 * evidence.c, and more of this device than this vault holds means that the vault is an old copy.
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
    buf_init(&a->shadow_header, ENTRY_HEADER_MAX);
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
        buf_finish(&(*a)->shadow_header);
        free((*a)->heads);
        free(*a);
        *a = NULL;
    }
}

/* ---- forks and rollbacks ---- */

static enum status own_rollback(struct ctx *cx, const struct team *t, uint64_t seq)
{
    (void)fault_set(cx, STATUS_ROLLBACK, __FILE__, __LINE__,
                    "others hold entry %llu of this device, this vault ends at %llu or differs",
                    (unsigned long long)seq, (unsigned long long)t->self->pub.head_seq);
    return fault_hint(cx,
                      "this vault is an older copy of itself: stop using it and let a new device "
                      "join the team");
}

enum status fork_fault(struct ctx *cx, struct team *t, const struct device *d, uint64_t seq,
                       bytes their_header, const struct head *their_head)
{
    struct buf who;

    if (d == t->self) {
        return own_rollback(cx, t, seq);
    }
    buf_init(&who, FAULT_TEXT_MAX);
    enum status status = fork_keep(cx, t, d, seq, their_header, their_head);
    if (status == STATUS_OK) {
        status = device_words(cx, t, &d->pub.id, &who);
    }
    if (status == STATUS_OK) {
        (void)fault_set(cx, STATUS_FORGED, __FILE__, __LINE__,
                        "two different entries %llu of %.*s, both under its signature: the machine "
                        "was copied, or its owner tells two stories",
                        (unsigned long long)seq, (int)who.len, (const char *)who.ptr);
        status = fault_hint(cx, "ask its owner; the proof is kept, see 'valise device list'");
    }
    buf_finish(&who);
    return status;
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

/* A head of an entry that is held: it must be that entry. */
enum status head_settle(struct ctx *cx, struct team *t, struct device *d, const struct head *h)
{
    enum status status = STATUS_OK;
    struct id name;
    uint64_t unused;

    TRY(log_name(cx, t, d, h->seq, &name, &unused));
    if (!id_equal(&name, &h->id)) {
        return fork_fault(cx, t, d, h->seq, BYTES(NULL, 0), h);
    }
    if (h->seq > d->signed_seq) {
        d->signed_seq = h->seq;
        memcpy(d->signature, h->signature, sizeof d->signature);
        d->dirty = true;
    }
out:
    return status;
}

static enum status heads_note(struct ctx *cx, struct admission *a, const struct head *h)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    if (a->head_count == a->head_cap) {
        size_t cap = a->head_cap == 0 ? 16 : a->head_cap * 2;
        TRY(mem_new(cx, cap, sizeof *a->heads, &memory));
        if (a->head_count > 0) {
            memcpy(memory, a->heads, a->head_count * sizeof *a->heads);
        }
        free(a->heads);
        a->heads = memory;
        a->head_cap = cap;
    }
    a->heads[a->head_count++] = *h;
out:
    return status;
}

enum status admission_head(struct ctx *cx, struct admission *a, const struct head *h)
{
    enum status status = STATUS_OK;
    struct team *t = a->team;
    struct device *d = device_by_id(t, &h->device);

    if (a->head_count >= PENDING_HEADS_MAX) {
        FAIL(cx, STATUS_LIMIT, "more than %d heads in one bundle", PENDING_HEADS_MAX);
    }
    if (d != NULL && d->has_keys && !head_verify(&t->id, d->sign_pk, h)) {
        return head_fault(cx, t, h);
    }
    if (d == t->self && h->seq > d->pub.head_seq) {
        return own_rollback(cx, t, h->seq);
    }
    if (d != NULL && d->has_keys && h->seq <= d->pub.head_seq) {
        return head_settle(cx, t, d, h);
    }
    TRY(heads_note(cx, a, h));
out:
    return status;
}

/* ---- entries ---- */

static const struct head *session_head(const struct admission *a, const struct id *device)
{
    const struct head *found = NULL;
    for (size_t i = 0; i < a->head_count; i++) {
        if (id_equal(&a->heads[i].device, device) &&
            (found == NULL || a->heads[i].seq > found->seq)) {
            found = &a->heads[i];
        }
    }
    return found;
}

/* Another history of a device than ours: followed up to its signed head, which proves it. */
static enum status shadow_follow(struct ctx *cx, struct admission *a, const struct judged *j,
                                 uint64_t fork_seq)
{
    enum status status = STATUS_OK;
    const struct head *h = session_head(a, &j->h.device);

    if (a->shadow != NULL && a->shadow != j->device) {
        FAIL(cx, STATUS_FORGED, "entries of '%.*s' and '%.*s' differ from those held",
             (int)a->shadow->pub.name.len, a->shadow->pub.name.ptr, (int)j->device->pub.name.len,
             j->device->pub.name.ptr);
    }
    if (a->shadow == NULL) {
        a->shadow = j->device;
        a->shadow_fork = fork_seq;
        buf_clear(&a->shadow_header);
        TRY(buf_add(cx, &a->shadow_header, j->header));
    }
    a->shadow_seq = j->h.seq;
    a->shadow_id = j->id;
    if (h == NULL || h->seq <= j->h.seq) {
        bool proven = h != NULL && h->seq == j->h.seq && id_equal(&h->id, &j->id);
        if (!proven) { /* of this device too: a false alarm would make a person give it up */
            FAIL(cx, STATUS_FORGED,
                 "entry %llu of '%.*s' is not the one held, and no signature covers it",
                 (unsigned long long)j->h.seq, (int)j->device->pub.name.len,
                 j->device->pub.name.ptr);
        }
        return fork_fault(cx, a->team, a->shadow, a->shadow_fork, buf_view(&a->shadow_header), h);
    }
out:
    return status;
}

/* Known, another history, or new. */
static enum status place_entry(struct ctx *cx, struct admission *a, struct judged *j, bool *ret_new)
{
    enum status status = STATUS_OK;
    struct device *d = j->device;
    struct id name;
    uint64_t unused;

    *ret_new = false;
    if (d == NULL) {
        *ret_new = true;
        goto out;
    }
    if (a->shadow == d && j->h.seq == a->shadow_seq + 1 && id_equal(&j->h.prev, &a->shadow_id)) {
        return shadow_follow(cx, a, j, a->shadow_fork);
    }
    if (j->h.seq <= d->pub.head_seq) {
        TRY(log_name(cx, a->team, d, j->h.seq, &name, &unused));
        if (!id_equal(&name, &j->id)) {
            return shadow_follow(cx, a, j, j->h.seq);
        }
        a->counts.known++;
        goto out;
    }
    if (d == a->team->self) { /* a signed head of it would have told by now */
        FAIL(cx, STATUS_FORGED, "[F-36] entry %llu of this device is under no signature of it",
             (unsigned long long)j->h.seq);
    }
    if (j->h.seq == d->pub.head_seq + 1 && j->h.seq > 1 && !id_equal(&j->h.prev, &d->head_id)) {
        return shadow_follow(cx, a, j, j->h.seq - 1);
    }
    *ret_new = true;
out:
    return status;
}

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

enum status admit_entry(struct ctx *cx, struct admission *a, bytes header, bytes body,
                        enum reception *ret)
{
    enum status status = STATUS_OK;
    struct judged *j = &a->judged;
    bool fresh = false;

    *ret = OUTCOME_KNOWN;
    TRY(judge_form(cx, a->team, header, body, j));
    TRY(place_entry(cx, a, j, &fresh));
    if (!fresh) {
        goto out;
    }
    TRY(judge_header(cx, a->team, j, ret));
    if (*ret == OUTCOME_NEW) {
        TRY(entry_take(cx, a, j));
    }
out:
    return status;
}

enum status admission_entry(struct ctx *cx, struct admission *a, bytes header, bytes body)
{
    enum status status = STATUS_OK;
    enum reception outcome;

    TRY(admit_entry(cx, a, header, body, &outcome));
    if (outcome == OUTCOME_PENDING) {
        TRY(pending_store(cx, a, &a->judged));
    }
out:
    return status;
}

/* ---- the end of a session ---- */

static enum status reopen_entry(struct ctx *cx, struct admission *a, const struct log_row *row)
{
    enum status status = STATUS_OK;
    struct team *t = a->team;
    struct judged *j = &a->judged;
    struct entry_info info;
    struct stmt *s = NULL;

    TRY(judge_form(cx, t, buf_view(&row->header), buf_view(&row->body), j));
    j->epoch = epoch_by_id(t, &j->h.epoch);
    j->via = j->device == NULL ? NULL : appointment_of(t, j->device, &j->h.via);
    if (j->epoch == NULL || j->epoch->key == NULL || j->via == NULL) {
        goto out;
    }
    TRY(judge_body(cx, t, j));
    TRY(stmt_use(cx, t->v, STMT_LOG_ENTRY_STATE, &s));
    stmt_bind_int(s, 1, ENTRY_KEY(j->device->pub.ix, j->h.seq));
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
        TRY(reopen_entry(cx, a, &row));
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

    if (a->shadow != NULL) {
        FAIL(cx, STATUS_FORGED,
             "entries of '%.*s' differ from those held, and no signature of it "
             "covers them",
             (int)a->shadow->pub.name.len, a->shadow->pub.name.ptr);
    }
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
