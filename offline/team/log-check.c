/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log recomputed from its stored bytes: an encrypted database does not notice a page or a file
 * put back, the log does. A second, empty charter beside the real one judges every entry again in
 * causal order, root signatures included; what comes out must be what is stored, row by row, and
 * the ends must be under their devices' signatures.
 */
#include <stdlib.h>
#include <string.h>

#include "lanes-int.h"

/* A branch begins with what it shares with the lane it left. */
static enum status lane_tips(struct ctx *cx, struct team *t, struct team *shadow)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < shadow->lanes.count; i++) {
        struct device *d = shadow->lanes.at[i];
        if (d->parent != NULL && d->fork_seq > 0) {
            TRY(log_name(cx, t, device_by_ix(t, d->parent->pub.ix), d->fork_seq, &d->head_id,
                         &d->head_lamport));
        }
    }
out:
    return status;
}

/* An empty charter that knows the same rows and keys and writes nothing. */
static enum status shadow_make(struct ctx *cx, struct team *t, struct team **ret)
{
    enum status status = STATUS_OK;
    struct team *s = NULL;

    TRY(team_alloc(cx, t->v, &s));
    s->readonly = true;
    s->key = t->key;
    TRY(team_take_genesis(cx, s, buf_view(&t->genesis)));
    s->genesis_entry = t->genesis_entry;
    for (size_t i = 0; i < t->lanes.count; i++) {
        const struct device *d = t->lanes.at[i];
        struct device *copy = NULL;
        if (d->parent == NULL) {
            TRY(device_add(cx, s, d->pub.ix, &d->pub.id, &copy));
        } else {
            struct device *parent = device_by_ix(s, d->parent->pub.ix);
            TRY(device_add_lane(cx, s, d->pub.ix, parent, d->fork_seq, &copy));
        }
    }
    TRY(lane_tips(cx, t, s));
    s->self = device_by_ix(s, t->self->pub.ix);
    for (size_t i = 0; i < t->epochs.count; i++) {
        const struct epoch *e = t->epochs.at[i];
        struct epoch *copy = NULL;
        if (e->key != NULL) {
            const struct epoch_name name = {&s->id, e->compartment, e->number, &e->bind};
            TRY(epoch_make(cx, s, &e->id, &name, &copy));
            TRY(secret_copy(cx, secret_view(e->key), &copy->key));
        }
    }
    *ret = s;
    s = NULL;
out:
    team_close(&s);
    return status;
}

static enum status check_refusals(struct ctx *cx, struct team *t, int64_t key,
                                  const struct judged *j)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false, more;
    size_t pos = 0;
    int64_t op;
    text reason;

    TRY(stmt_use(cx, t->v, STMT_LOG_REFUSED_GET, &s));
    stmt_bind_int(s, 1, key);
    TRY(stmt_step(cx, s, &row));
    more = judge_refused(j, &pos, &op, &reason);
    while (row && more) {
        if (stmt_int(s, 0) != op || !text_equal(stmt_text(s, 1), reason)) {
            break;
        }
        TRY(stmt_step(cx, s, &row));
        more = judge_refused(j, &pos, &op, &reason);
    }
    if (row || more) {
        status = log_damage(cx, key, "its refused operations are not those stored");
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status check_columns(struct ctx *cx, const struct team *shadow,
                                 const struct log_row *row, int64_t key, const struct judged *j)
{
    bool control = memcmp(j->h.compartment, shadow->control, COMPARTMENT_BYTES) == 0;
    if (!id_equal(&row->id, &j->id)) {
        return log_damage(cx, key, "its name is not the hash of its header");
    }
    if (j->device == NULL || !id_equal(&j->device->pub.id, &j->h.device) ||
        ENTRY_SEQ(key) != j->h.seq || lane_at(j->device, j->h.seq) != j->device) {
        return log_damage(cx, key, "it stands in another place than its header says");
    }
    if (row->lamport != j->h.lamport || row->team != shadow->key || row->control != control) {
        return log_damage(cx, key, "its row does not fit its header");
    }
    return STATUS_OK;
}

/* *ret_taken false: it waits for something that is not there (yet). */
static enum status check_entry(struct ctx *cx, struct team *t, struct team *shadow, int64_t key,
                               struct log_row *row, struct judged *j, bool *ret_taken)
{
    enum status status = STATUS_OK;
    enum reception outcome;

    *ret_taken = false;
    TRY(log_row_load(cx, t, key, row));
    TRY(judge_form(cx, shadow, buf_view(&row->header), buf_view(&row->body), j));
    j->device = device_by_ix(shadow, ENTRY_IX(key));
    TRY(check_columns(cx, shadow, row, key, j));
    if (j->device->parent != NULL && j->device->parent->pub.head_seq < j->device->fork_seq) {
        goto out;
    }
    TRY(judge_header(cx, shadow, j, &outcome));
    if (outcome != OUTCOME_NEW) {
        goto out;
    }
    *ret_taken = true;
    TRY(judge_accept(cx, shadow, j));
    TRY(judge_body(cx, shadow, j));
    if (j->state != row->state) {
        status = log_damage(cx, key, "it is not judged as it was");
        goto out;
    }
    TRY(check_refusals(cx, t, key, j));
out:
    return status;
}

static bool clocks_equal(const struct clock *a, const struct clock *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; i < a->count && same; i++) {
        same = id_equal(&a->items[i].device, &b->items[i].device) &&
               a->items[i].seq == b->items[i].seq && id_equal(&a->items[i].id, &b->items[i].id) &&
               a->lanes[i] == b->lanes[i];
    }
    return same;
}

static enum status check_device(struct ctx *cx, struct team *t, const struct team *shadow,
                                struct device *d)
{
    enum status status = STATUS_OK;
    const struct device *again = device_by_ix(shadow, d->pub.ix);
    struct head head = {.device = d->pub.id, .seq = d->signed_seq};
    int64_t key = ENTRY_KEY(d->pub.ix, d->pub.head_seq);
    uint64_t unused;

    MUST(again != NULL);
    if (again->pub.head_seq != d->pub.head_seq || !id_equal(&again->head_id, &d->head_id) ||
        again->head_lamport != d->head_lamport || again->of->linked != d->of->linked) {
        status = log_damage(cx, key, "the log of this device does not end where it did");
        goto out;
    }
    if (again->acknowledged != d->acknowledged) {
        status = log_damage(cx, key, "who built on it is not what is stored");
        goto out;
    }
    if (d->parent != NULL &&
        (d->pub.head_seq == d->fork_seq || d->parent->pub.head_seq <= d->fork_seq ||
         (d->signed_seq > 0 && d->signed_seq <= d->fork_seq))) {
        status = log_damage(cx, key, "a branch of its log does not branch off");
        goto out;
    }
    if (d->pub.head_seq > 0) {
        TRY(clock_load(cx, t, d));
        if (!clocks_equal(&d->clock, &again->clock)) {
            status = log_damage(cx, key, "what its device knew is not what is stored");
            goto out;
        }
    }
    if (d->signed_seq == 0) {
        goto out;
    }
    if (d->signed_seq > d->pub.head_seq) {
        status = log_damage(cx, key, "the log ends before its signed head");
        goto out;
    }
    TRY(log_name(cx, t, d, d->signed_seq, &head.id, &unused));
    memcpy(head.signature, d->signature, sizeof head.signature);
    if (!head_verify(&t->id, again->of->sign_pk, &head)) {
        status = log_damage(cx, key, "the signature of its head does not hold");
    }
out:
    return status;
}

static enum status check_count(struct ctx *cx, struct team *t, uint64_t walked)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, t->v, STMT_LOG_ENTRY_COUNT, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    uint64_t stored = (uint64_t)stmt_int(s, 0);
    stmt_reset(s);
    if (stored != walked) {
        FAIL(cx, STATUS_INTEGRITY, "the log has %llu entries, its devices account for %llu",
             (unsigned long long)stored, (unsigned long long)walked);
    }
out:
    return status;
}

/* What counts of the data, as the charter that was built up anew says. */
static enum status check_counts(struct ctx *cx, const struct team *shadow, int64_t key,
                                const struct log_row *row)
{
    enum status status = STATUS_OK;
    const struct device *d = device_by_ix(shadow, ENTRY_IX(key));
    struct entry_header h;

    TRY(entry_header_parse(cx, buf_view(&row->header), &h));
    const struct appointment *via =
        d == NULL ? NULL : appointment_by_id(shadow, &h.via, &d->pub.member);
    if (!row->control &&
        row->counts != effects_counts(shadow, via, ENTRY_IX(key), ENTRY_SEQ(key))) {
        status = log_damage(cx, key, "whether it counts is not what the charter says");
    }
out:
    return status;
}

/* In causal order; but what an entry cuts or pins may be of a larger lamport than its own
 * [AUTH-40], so that it, and what follows it, has its turn later. */
static enum status check_entries(struct ctx *cx, struct team *t, struct team *shadow,
                                 const struct log_order *order, struct log_row *row,
                                 struct judged *j)
{
    enum status status = STATUS_OK;
    int64_t *left = NULL;
    void *memory = NULL;
    size_t count = order->count, before = 0;

    TRY(mem_new(cx, count + 1, sizeof *left, &memory));
    left = memory;
    for (size_t i = 0; i < count; i++) {
        left[i] = order->items[i].key;
    }
    for (before = count + 1; count > 0 && count < before;) {
        size_t kept = 0;
        before = count;
        for (size_t i = 0; i < count; i++) {
            bool taken = false;
            TRY(log_as_damage(cx, left[i], check_entry(cx, t, shadow, left[i], row, j, &taken)));
            if (!taken) {
                left[kept++] = left[i];
            }
        }
        count = kept;
    }
    if (count > 0) {
        status = log_damage(cx, left[0], "something it depends on is missing");
    }
out:
    free(memory);
    return status;
}

static enum status check_all(struct ctx *cx, struct team *t, struct team *shadow,
                             struct log_order *order)
{
    enum status status = STATUS_OK;
    struct log_row row;
    struct judged j;

    log_row_init(&row);
    judged_init(&j);
    TRY(check_entries(cx, t, shadow, order, &row, &j));
    TRY(members_refresh(cx, shadow));
    for (size_t i = 0; i < order->count; i++) {
        TRY(log_row_load(cx, t, order->items[i].key, &row));
        TRY(check_counts(cx, shadow, order->items[i].key, &row));
    }
    for (size_t i = 0; i < t->lanes.count; i++) {
        TRY(check_device(cx, t, shadow, t->lanes.at[i]));
    }
    TRY(check_count(cx, t, order->count));
    if (shadow->shown_members.count != t->shown_members.count) {
        FAIL(cx, STATUS_INTEGRITY, "the charter gives %zu members, %zu are known",
             shadow->shown_members.count, t->shown_members.count);
    }
out:
    judged_finish(&j);
    log_row_finish(&row);
    return status;
}

enum status log_check(struct ctx *cx, struct team *t, uint64_t *ret_entries)
{
    enum status status = STATUS_OK;
    struct team *shadow = NULL;
    struct log_order order = {0};

    t->stale = true; /* nothing of what is in memory is taken for what is stored */
    TRY(team_sync(cx, t));
    TRY(log_order_load(cx, t, PICK_ALL, &order));
    TRY(shadow_make(cx, t, &shadow));
    TRY(check_all(cx, t, shadow, &order));
    *ret_entries = order.count;
out:
    team_close(&shadow);
    log_order_finish(&order);
    return status;
}
