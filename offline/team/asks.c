/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ASK: a device says that it cannot open an epoch it was given: the seal was made to a key it has
 * erased, or to nothing. Or it was given none, and entries of the charter wait here for it: of keys
 * that several people made at once each may take for granted that another one gave it. Whoever has
 * the epoch gives it (shares.c), sealed to a key of today, and hands on his chain again (heal.c).
 * Asked again only when the answer did not open either.
 *
 * It stands under a control epoch that its author reads; the answer stands under the same.
 */
#include <string.h>

#include "lanes-int.h"

enum { ASKS_COUNTED_MAX = 16, ASKS_PER_ENTRY = 64, EPOCHS_AWAITED_MAX = 256 };

static struct question *question_of(const struct epoch *e, const struct id *device)
{
    for (size_t at = 0; at + sizeof(struct question) <= e->questions.len;
         at += sizeof(struct question)) {
        struct question *q = (struct question *)(void *)(e->questions.ptr + at);
        if (memcmp(q->device, device->b, SHORT_ID_BYTES) == 0) {
            return q;
        }
    }
    return NULL;
}

const struct question *ask_open(const struct epoch *e, const struct id *device)
{
    const struct question *q = question_of(e, device);
    return q != NULL && q->asked > q->answered ? q : NULL;
}

/* An answer to an earlier question may come after a later one: it is none to that, or whoever holds
 * both would leave the device waiting. */
void ask_answered(struct epoch *e, const struct id *device, uint64_t known)
{
    struct question *q = question_of(e, device);
    if (q != NULL && known > q->answered) {
        q->answered = known;
    }
}

void asks_recount(struct team *t)
{
    for (size_t i = 0; i < t->epochs.count; i++) {
        ((struct epoch *)t->epochs.at[i])->failed = 0;
    }
}

void ask_failed(struct team *t, const struct share *op)
{
    struct epoch *e = epoch_by_id(t, &op->epoch);
    if (e != NULL && e->key == NULL && id_equal(&op->device, &t->self->pub.id)) {
        e->failed++;
    }
}

enum status ask_apply(struct ctx *cx, struct team *t, struct authored *a, const struct ask *op)
{
    enum status status = STATUS_OK;
    struct epoch *e = epoch_by_id(t, &op->epoch);
    struct question fresh = {.count = 0};

    if (!t->trusted && (e == NULL || !e->declared)) {
        charter_refuse(a, "[AUTH-36] asks for an epoch that is not held");
    }
    if (a->reason[0] != '\0') {
        return STATUS_OK;
    }
    struct question *q = question_of(e, &a->author->pub.id);
    if (q == NULL && e->questions.len + sizeof fresh <= e->questions.max) {
        memcpy(fresh.device, a->author->pub.id.b, SHORT_ID_BYTES);
        TRY(buf_add(cx, &e->questions, BYTES(&fresh, sizeof fresh)));
        q = question_of(e, &a->author->pub.id);
    }
    if (q != NULL && q->count < ASKS_COUNTED_MAX) {
        q->count++;
        q->asked = a->place.seq;
        q->under = a->under == NULL ? (struct id){{0}} : a->under->id;
        reached_drop(t, &op->epoch, a->author->pub.id.b);
        standing_changed(t);
    }
out:
    return status;
}

/* ---- asking ---- */

/* This device was sealed the epoch's transport secret, and has no chain of its author. */
static enum status transport_missed(struct ctx *cx, struct team *t, const struct epoch *e,
                                    bool *ret)
{
    const struct device *lane = device_by_ix(t, e->place.ix);
    const struct device *author = lane == NULL ? NULL : lane->of;

    *ret = false;
    if (author == NULL || author == t->self || epoch_superseded(t, e) ||
        !compartment_is_control(t, e->compartment) || !reached_has(t, &e->id, author->pub.id.b)) {
        return STATUS_OK;
    }
    enum status status = chain_known(cx, t, author, &e->id, ret);
    *ret = !*ret;
    return status;
}

/* A key of the charter is missing: only then the waiting entries are worth reading. */
static bool charter_key_missing(const struct team *t)
{
    bool missing = false;
    for (size_t i = 0; i < t->epochs.count && !missing; i++) {
        const struct epoch *e = t->epochs.at[i];
        missing = e->key == NULL && e->declared && compartment_is_control(t, e->compartment);
    }
    return missing;
}

/* Ids of the epochs that waiting entries of the charter stand under. */
static enum status awaited_list(struct ctx *cx, struct team *t, struct buf *ret)
{
    enum status status = STATUS_OK;
    struct entry_header h;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, t->v, STMT_LOG_PENDING_HEADERS, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    while (row && ret->len + sizeof h.epoch.b <= ret->max) {
        if (entry_header_parse(cx, stmt_bytes(s, 0), &h) != STATUS_OK) {
            fault_clear(cx); /* it is judged in its turn */
        } else if (compartment_is_control(t, h.compartment) &&
                   !id_listed(buf_view(ret), &h.epoch)) {
            TRY(buf_add(cx, ret, BYTES_OF(h.epoch.b)));
        }
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* The last question may still be answered: as many answers as were given failed. */
static bool is_pending(const struct epoch *e, const struct question *q)
{
    return q != NULL &&
           (q->count >= ASKS_COUNTED_MAX || (q->asked > q->answered && e->failed < q->count));
}

static enum status is_asked(struct ctx *cx, struct team *t, const struct epoch *e, bytes awaited,
                            bool *ret)
{
    enum status status = STATUS_OK;
    const struct question *q = question_of(e, &t->self->pub.id);

    *ret = false;
    if (!e->declared || is_pending(e, q)) {
        goto out;
    }
    if (e->key != NULL) {
        TRY(transport_missed(cx, t, e, ret));
        goto out;
    }
    *ret = (readers_have(e, &t->self->pub.id) || id_listed(awaited, &e->id)) &&
           device_reads(t, t->self, e->compartment);
out:
    return status;
}

enum status asks_say(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_ASK};
    bytes list[ASKS_PER_ENTRY];
    size_t ends[ASKS_PER_ENTRY + 1] = {0}, count = 0;
    bool asked = false;
    struct buf ops, awaited;

    buf_init(&ops, (size_t)64 * ASKS_PER_ENTRY);
    buf_init(&awaited, sizeof(struct id) * EPOCHS_AWAITED_MAX);
    if (charter_key_missing(t)) {
        TRY(awaited_list(cx, t, &awaited));
    }
    for (size_t i = 0; i < t->epochs.count && count < ASKS_PER_ENTRY; i++) {
        const struct epoch *e = t->epochs.at[i];
        TRY(is_asked(cx, t, e, buf_view(&awaited), &asked));
        if (asked) {
            op.u.ask.epoch = e->id;
            TRY(charter_op_write(cx, &op, &ops));
            ends[++count] = ops.len;
        }
    }
    for (size_t i = 0; i < count; i++) {
        list[i] = BYTES(ops.ptr + ends[i], ends[i + 1] - ends[i]);
    }
    if (count > 0) {
        TRY(log_control_under(cx, t, epoch_for_keys(t), list, count));
    }
out:
    buf_finish(&ops);
    buf_finish(&awaited);
    return status;
}
