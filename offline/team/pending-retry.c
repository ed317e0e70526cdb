/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits is tried again, and the end of a session: every chain end under a signed head.
 *
 * A waiting entry is only ever tried when a signed head of its device covers it by an unbroken
 * chain of waiting entries; so nobody can make later sessions fail with bytes he invented.
 */
#include <string.h>

#include "admit-int.h"

/* ---- coverage ---- */

static struct waiting *row_by_id(const struct queue *q, const struct id *id)
{
    for (size_t i = 0; i < q->count; i++) {
        if (!q->rows[i].done && id_equal(&q->rows[i].id, id)) {
            return &q->rows[i];
        }
    }
    return NULL;
}

struct foot queue_cover(const struct queue *q, const struct head *h)
{
    struct foot foot = {.seq = h->seq, .name = h->id};
    struct waiting *w = row_by_id(q, &foot.name);

    while (w != NULL && w->seq == foot.seq && id_equal(&w->device, &h->device)) {
        w->covered = true;
        foot = (struct foot){.seq = w->seq - 1, .name = w->prev};
        w = row_by_id(q, &foot.name);
    }
    return foot;
}

static bool reaches(const struct queue *q, const struct head *h, const struct device *lane)
{
    struct foot foot = queue_cover(q, h);
    return foot.seq == lane->pub.head_seq && id_equal(&foot.name, &lane->head_id);
}

bool head_usable(const struct team *t, const struct head *h)
{
    const struct device *d = device_by_id(t, &h->device);
    return d != NULL && d->has_keys && d->linked && head_verify(&t->id, d->sign_pk, h);
}

static void cover_all(const struct team *t, struct queue *q, size_t *verified)
{
    /* heads before *verified were looked at; those of devices still unknown stay behind it */
    for (size_t i = *verified; i < q->head_count; i++) {
        if (head_usable(t, &q->heads[i])) {
            (void)queue_cover(q, &q->heads[i]);
            struct head seen = q->heads[*verified];
            q->heads[*verified] = q->heads[i];
            q->heads[i] = seen;
            (*verified)++;
        }
    }
}

/* ---- trying again ---- */

static bool is_judgement(enum status status)
{
    return status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED || status == STATUS_LIMIT ||
           status == STATUS_FORGED || status == STATUS_FOREIGN || status == STATUS_DENIED;
}

enum status queue_retry(struct ctx *cx, struct admission *a, struct waiting *w, struct log_row *row,
                        bool needed, bool *ret_taken)
{
    enum status status = STATUS_OK;
    struct team *t = a->team;
    enum reception outcome = OUTCOME_PENDING;
    enum placing placing = PLACE_WAITS;

    TRY(queue_row_load(cx, t, w, row));
    status = judge_form(cx, t, buf_view(&row->header), buf_view(&row->body), &a->judged);
    if (status == STATUS_OK) {
        status = judge_place(cx, t, &a->judged, &placing);
    }
    w->full = status == STATUS_OK && placing == PLACE_FULL;
    if (w->full && needed && lane_count(a->judged.device) < LANES_PER_DEVICE_MAX) {
        a->judged.branch = true;
        placing = PLACE_BRANCH;
    }
    if (status == STATUS_OK && (placing == PLACE_NEXT || placing == PLACE_BRANCH)) {
        status = judge_header(cx, t, &a->judged, &outcome);
        w->wants = outcome == OUTCOME_PENDING;
        w->wants_point = w->wants && a->judged.lacks_point;
    }
    if (is_judgement(status) || placing == PLACE_KNOWN) {
        fault_clear(cx); /* its author is to blame, not who packed this session */
        return queue_row_delete(cx, t, w);
    }
    TRY(status);
    if (outcome == OUTCOME_NEW) {
        TRY(entry_take(cx, a, &a->judged));
        TRY(queue_row_delete(cx, t, w));
        *ret_taken = true;
    }
out:
    return status;
}

/* Its prev may be held; a row that is far beyond everything is not worth reading. */
static bool may_follow(const struct device *d, const struct waiting *w)
{
    return w->seq <= lane_longest(d) + 1;
}

static enum status retry_pass(struct ctx *cx, struct admission *a, struct queue *q,
                              struct log_row *row, bool *ret_taken)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < q->count; i++) {
        struct waiting *w = &q->rows[i];
        const struct device *d = device_by_id(a->team, &w->device);
        if (w->done || !w->covered || d == NULL || d == a->team->self) {
            continue;
        }
        if (may_follow(d, w)) {
            TRY(queue_retry(cx, a, w, row, false, ret_taken));
        }
    }
out:
    return status;
}

/* A SHARE may stand behind entries that need its key. It is looked for in what waits under a good
 * signature, or is of a device that is not known yet: the entry that lets it in may need the key
 * too. Taking a key decides nothing, and the epoch's id commits to it [AUTH-18]. */
static enum status peek_shares(struct ctx *cx, struct team *t, const struct authored *a,
                               bytes plain)
{
    struct body_reader b;
    struct charter_op op;
    bytes encoded;
    enum status status = body_read_start(cx, plain, &b);

    while (status == STATUS_OK && body_read_next(&b, &encoded)) {
        if (charter_op_parse(cx, encoded, &op) != STATUS_OK) {
            fault_clear(cx);
        } else if (op.verb == CHARTER_SHARE) {
            status = share_take(cx, t, a, &op.u.share);
            ask_failed(t, &op.u.share);
        }
    }
    return status;
}

static enum status peek_row(struct ctx *cx, struct admission *a, struct waiting *w,
                            struct log_row *row, struct buf *plain)
{
    enum status status = STATUS_OK;
    struct team *t = a->team;
    struct entry_header h;
    struct epoch *e;

    TRY(queue_row_load(cx, t, w, row));
    buf_clear(plain);
    status = entry_header_parse(cx, buf_view(&row->header), &h);
    e = status == STATUS_OK ? epoch_by_id(t, &h.epoch) : NULL;
    if (e != NULL && e->key != NULL && memcmp(h.compartment, t->control, COMPARTMENT_BYTES) == 0) {
        status = body_open(cx, secret_key(e->key), &t->id, &h, buf_view(&row->body), plain);
        if (status == STATUS_OK) {
            struct device stranger = {.pub = {.id = w->device}};
            struct device *d = device_by_id(t, &w->device);
            const struct authored by = {.author = d == NULL ? &stranger : d, .under = e};
            status = peek_shares(cx, t, &by, buf_view(plain));
        }
    }
    if (is_judgement(status)) {
        fault_clear(cx); /* it is judged in its turn */
        status = STATUS_OK;
    }
out:
    return status;
}

static enum status peek_pass(struct ctx *cx, struct admission *a, struct queue *q,
                             struct log_row *row, bool *ret_again)
{
    enum status status = STATUS_OK;
    struct buf plain;
    bool before = a->team->new_keys;

    buf_init(&plain, BODY_PLAIN_MAX);
    a->team->new_keys = false;
    asks_recount(a->team);
    for (size_t i = 0; i < q->count; i++) {
        struct waiting *w = &q->rows[i];
        const struct device *d = device_by_id(a->team, &w->device);
        if (!w->done && (w->covered || d == NULL || !d->linked)) {
            TRY(peek_row(cx, a, w, row, &plain));
        }
    }
    *ret_again = a->team->new_keys;
out:
    a->team->new_keys = a->team->new_keys || before;
    buf_finish(&plain);
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
    TRY(queue_rows_load(cx, a->team, &q));
    TRY(queue_heads_load(cx, a, &q));
    while (taken) {
        taken = false;
        cover_all(a->team, &q, &verified);
        TRY(retry_pass(cx, a, &q, &row, &taken));
        if (!taken) {
            TRY(peek_pass(cx, a, &q, &row, &taken));
        }
        if (!taken) {
            TRY(further_admit(cx, a, &q, &row, &taken));
        }
    }
    TRY(further_drop(cx, a, &q, &row));
out:
    log_row_finish(&row);
    queue_finish(&q);
    return status;
}

/* ---- the end of a session ---- */

/* Its entries go on from another history than what is held, and how they come to it is not here:
 * while that is so this device does not claim to hold its log (log_frontier_claim). */
static enum status note_open_fork(struct ctx *cx, struct admission *a, const struct queue *q,
                                  const struct head *h)
{
    enum status status = STATUS_OK;
    struct team *t = a->team;
    struct device *d = device_by_id(t, &h->device), *lane = d;
    struct foot foot = queue_cover(q, h);
    bool held = false, new = false;

    if (foot.seq == 0 || foot.seq > lane_longest(d) || lane_count(d) >= LANES_FREE_MAX) {
        return STATUS_OK; /* nothing to compare, or no more is admitted */
    }
    TRY(lane_find(cx, t, d, foot.seq, &foot.name, &lane, &held));
    if (held) {
        return STATUS_OK;
    }
    while (lane->pub.head_seq < foot.seq) {
        lane = lane->next;
    }
    TRY(fork_open(cx, t, lane, foot.seq, h, &new));
    a->counts.forks += new;
out:
    return status;
}

static enum status settle_head(struct ctx *cx, struct admission *a, const struct queue *q,
                               const struct head *h)
{
    enum status status = STATUS_OK;
    struct team *t = a->team;
    bool held = false;

    if (!head_usable(t, h)) {
        return STATUS_OK;
    }
    TRY(head_settle(cx, t, device_by_id(t, &h->device), h, &held));
    if (!held) {
        TRY(note_open_fork(cx, a, q, h));
    }
out:
    return status;
}

/* Heads of what is held by now are settled; of the others those are kept whose entry waits. */
static enum status settle_heads(struct ctx *cx, struct admission *a, struct queue *q)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < q->head_count; i++) {
        const struct head *h = &q->heads[i];
        TRY(settle_head(cx, a, q, h));
        if (row_by_id(q, &h->id) != NULL) {
            TRY(queue_head_store(cx, a->team, h));
        } else {
            TRY(queue_head_delete(cx, a->team, h));
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

/* A lane of this session is under a signature: both sides of the fork are, and that is kept. */
static enum status prove_lane(struct ctx *cx, struct admission *a, struct device *lane,
                              const struct head *h)
{
    enum status status = STATUS_OK;
    struct team *t = a->team;
    int64_t key = ENTRY_KEY(lane->pub.ix, lane->fork_seq + 1);
    struct buf header;
    struct id unused;

    buf_init(&header, ENTRY_HEADER_MAX);
    TRY(log_header_load(cx, t, key, &header, &unused));
    TRY(fork_keep(cx, t, lane->parent, lane->fork_seq + 1, buf_view(&header), h));
    lane->unproven = false;
    a->counts.forks++;
out:
    buf_finish(&header);
    return status;
}

static enum status cover_end(struct ctx *cx, struct admission *a, const struct queue *q,
                             struct device *lane)
{
    enum status status = STATUS_OK;
    struct team *t = a->team;
    struct head head;
    bool covered = lane->signed_seq == lane->pub.head_seq;

    if (covered) {
        TRY(lane_head(cx, t, lane, &head));
    }
    for (size_t k = 0; k < q->head_count && !covered; k++) {
        head = q->heads[k];
        covered = id_equal(&head.device, &lane->pub.id) && head.seq > lane->pub.head_seq &&
                  head_usable(t, &head) && reaches(q, &head, lane);
    }
    if (!covered) {
        return uncovered(cx, t, &lane->pub.id, lane->pub.head_seq);
    }
    if (lane->unproven) {
        TRY(prove_lane(cx, a, lane, &head));
    }
out:
    return status;
}

/* What this device wrote itself needs nobody's word: it is signed at the next export. */
static enum status cover_ends(struct ctx *cx, struct admission *a, const struct queue *q)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < a->team->lanes.count; i++) {
        struct device *lane = a->team->lanes.at[i];
        if (lane->moved && lane != a->team->self) {
            TRY(cover_end(cx, a, q, lane));
        }
    }
out:
    return status;
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
            TRY(queue_row_delete(cx, a->team, w));
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

    TRY(queue_rows_load(cx, a->team, &q));
    TRY(queue_heads_load(cx, a, &q));
    TRY(settle_heads(cx, a, &q));
    TRY(cover_ends(cx, a, &q));
    TRY(cover_waiting(cx, a, &q));
out:
    queue_finish(&q);
    return status;
}
