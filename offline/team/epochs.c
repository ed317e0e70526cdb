/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Epochs: the life of one key of one compartment. An EPOCH operation declares it to everybody and
 * seals the key to each device that may read; SHARE hands the key to one more. The epoch's id
 * commits to its key, so nobody can be given another one than the rest.
 *
 * Whether a seal opens is known to its receiver alone, therefore it never decides whether an
 * operation has effect; it decides only whether this device can read.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

struct epoch *epoch_by_id(const struct team *t, const struct id *id)
{
    for (size_t i = 0; i < t->epochs.count; i++) {
        struct epoch *e = t->epochs.at[i];
        if (id_equal(&e->id, id)) {
            return e;
        }
    }
    return NULL;
}

/* A declared epoch goes before one only an invite told of; then the larger (number, id). */
static bool epoch_better(const struct epoch *a, const struct epoch *b)
{
    if (a->declared != b->declared) {
        return a->declared;
    }
    if (a->number != b->number) {
        return a->number > b->number;
    }
    return id_compare(&a->id, &b->id) > 0;
}

struct epoch *epoch_current(const struct team *t,
                            const uint8_t compartment[static COMPARTMENT_BYTES])
{
    struct epoch *best = NULL;
    for (size_t i = 0; i < t->epochs.count; i++) {
        struct epoch *e = t->epochs.at[i];
        if (e->key != NULL && memcmp(e->compartment, compartment, COMPARTMENT_BYTES) == 0 &&
            (best == NULL || epoch_better(e, best))) {
            best = e;
        }
    }
    return best;
}

const struct id *team_control_epoch(const struct team *t)
{
    const struct epoch *e = epoch_current(t, t->control);
    return e == NULL ? NULL : &e->id;
}

enum status epoch_make(struct ctx *cx, struct team *t, const struct id *id,
                       const uint8_t compartment[static COMPARTMENT_BYTES], uint64_t number,
                       struct epoch **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    struct epoch *e = epoch_by_id(t, id);

    if (e == NULL) {
        if (t->epochs.count >= EPOCHS_PER_TEAM_MAX) {
            FAIL(cx, STATUS_LIMIT, "the team has %d epochs, the limit", EPOCHS_PER_TEAM_MAX);
        }
        TRY(mem_new(cx, 1, sizeof *e, &memory));
        e = memory;
        e->id = *id;
        e->number = number;
        memcpy(e->compartment, compartment, COMPARTMENT_BYTES);
        buf_init(&e->readers, (size_t)SHORT_ID_BYTES * DEVICES_MAX * 4);
        TRY(pointers_add(cx, &t->epochs, e));
        memory = NULL;
    }
    *ret = e;
out:
    free(memory);
    return status;
}

enum status epoch_take_key(struct ctx *cx, struct team *t, struct epoch *e, const struct key *k)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    struct id id;

    if (e->key != NULL) {
        return STATUS_OK;
    }
    epoch_id(&t->id, BYTES_OF(e->compartment), e->number, k, &id);
    if (!id_equal(&id, &e->id)) {
        FAIL(cx, STATUS_FORGED, "an epoch key is not the one its id commits to");
    }
    TRY(secret_copy(cx, BYTES_OF(k->b), &e->key));
    TRY(stmt_use(cx, t->v, STMT_TEAM_EPOCH_PUT, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_bytes(s, 2, BYTES_OF(e->id.b));
    stmt_bind_bytes(s, 3, BYTES_OF(e->compartment));
    stmt_bind_int(s, 4, (int64_t)e->number);
    stmt_bind_bytes(s, 5, BYTES_OF(k->b));
    TRY(stmt_run(cx, s));
    t->new_keys = true;
out:
    return status;
}

enum status epochs_load(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, t->v, STMT_TEAM_EPOCH_LIST, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    while (row) {
        struct epoch *e = NULL;
        struct id id;
        bytes compartment = stmt_bytes(s, 1);
        if (stmt_bytes(s, 0).len != sizeof id.b || compartment.len != COMPARTMENT_BYTES ||
            stmt_bytes(s, 3).len != 32) {
            FAIL(cx, STATUS_INTEGRITY, "a stored epoch key is damaged");
        }
        memcpy(id.b, stmt_bytes(s, 0).ptr, sizeof id.b);
        TRY(epoch_make(cx, t, &id, compartment.ptr, (uint64_t)stmt_int(s, 2), &e));
        if (e->key == NULL) {
            TRY(secret_copy(cx, stmt_bytes(s, 3), &e->key));
        }
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

bool device_reads(const struct team *t, const struct device *d,
                  const uint8_t compartment[static COMPARTMENT_BYTES])
{
    const struct member *m = member_by_id(t, &d->pub.member);
    if (!d->linked || m == NULL || m->pub.role == NULL) {
        return false;
    }
    return memcmp(compartment, t->control, COMPARTMENT_BYTES) == 0 || m->pub.role->reads_team;
}

/* ---- minting ---- */

struct mint {
    struct id id;
    struct key k, t;
    bool transport;
    uint8_t eph_sk[32], eph_pk[32];
    size_t count;
    struct buf seals;
};

static enum status mint_seal(struct ctx *cx, struct team *t, struct mint *m, const struct device *d)
{
    enum status status = STATUS_OK;
    struct seal_context context;
    struct key psk;
    struct buf seal;
    uint8_t payload[64];
    struct seal_row row = {0};

    buf_init(&seal, 128);
    memcpy(payload, m->k.b, 32);
    memcpy(payload + 32, m->t.b, 32);
    TRY(pair_load(cx, t, d, &psk));
    seal_context_make(t, SEAL_EPOCH, &m->id, NULL, &d->pub.id, &context);
    TRY(key_seal(cx, m->eph_sk, m->eph_pk, d->box_pk, &psk, BYTES_OF(context.b),
                 BYTES(payload, m->transport ? 64 : 32), &seal));
    memcpy(row.device, d->pub.id.b, SHORT_ID_BYTES);
    row.seal = buf_view(&seal);
    TRY(seal_row_write(cx, &row, &m->seals));
    m->count++;
out:
    buf_finish(&seal);
    wipe(payload, sizeof payload);
    key_wipe(&psk);
    return status;
}

/* The current epochs this one follows; number = 1 + the largest of theirs. */
static enum status mint_parents(struct ctx *cx, const struct team *t, struct epoch_op *op,
                                struct buf *out)
{
    enum status status = STATUS_OK;
    const struct epoch *e = epoch_current(t, op->compartment);
    struct wire_writer w;

    wire_writer_init(&w, cx, out);
    wire_put_array(&w, e == NULL ? 0 : 1);
    if (e != NULL) {
        wire_put_bytes(&w, BYTES_OF(e->id.b));
    }
    TRY(wire_writer_done(&w));
    op->number = e == NULL ? 1 : e->number + 1;
    op->parents = buf_view(out);
out:
    return status;
}

enum status epoch_mint(struct ctx *cx, struct team *t,
                       const uint8_t compartment[static COMPARTMENT_BYTES], struct buf *out,
                       struct id *ret)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_EPOCH};
    struct epoch *e = NULL;
    struct mint m = {.transport = memcmp(compartment, t->control, COMPARTMENT_BYTES) == 0};
    struct buf parents, seals;

    buf_init(&parents, 4 * KIB);
    buf_init(&seals, BODY_PLAIN_MAX);
    buf_init(&m.seals, BODY_PLAIN_MAX);
    cx->system->random(cx->system->self, m.k.b, sizeof m.k.b);
    cx->system->random(cx->system->self, m.t.b, sizeof m.t.b);
    cx->system->random(cx->system->self, m.eph_sk, sizeof m.eph_sk);
    seal_public(m.eph_sk, m.eph_pk);
    memcpy(op.u.epoch.compartment, compartment, COMPARTMENT_BYTES);
    memcpy(op.u.epoch.eph_pk, m.eph_pk, 32);
    TRY(mint_parents(cx, t, &op.u.epoch, &parents));
    epoch_id(&t->id, BYTES(compartment, COMPARTMENT_BYTES), op.u.epoch.number, &m.k, &m.id);
    op.u.epoch.id = m.id;
    for (size_t i = 0; i < t->devices.count; i++) {
        const struct device *d = t->devices.at[i];
        if (d != t->self && device_reads(t, d, compartment)) {
            TRY(mint_seal(cx, t, &m, d));
        }
    }
    TRY(rows_write(cx, m.count, buf_view(&m.seals), &seals));
    op.u.epoch.seals = buf_view(&seals);
    TRY(charter_op_write(cx, &op, out));
    TRY(epoch_make(cx, t, &m.id, compartment, op.u.epoch.number, &e));
    TRY(epoch_take_key(cx, t, e, &m.k));
    if (m.transport) {
        struct authored self = {.author = t->self};
        TRY(chain_apply_epoch(cx, t, &self, &op.u.epoch, &m.t));
    }
    *ret = m.id;
out:
    key_wipe(&m.k);
    key_wipe(&m.t);
    wipe(m.eph_sk, sizeof m.eph_sk);
    buf_finish(&m.seals);
    buf_finish(&seals);
    buf_finish(&parents);
    return status;
}

/* ---- EPOCH ---- */

static void judge_epoch(const struct team *t, struct authored *a, const struct epoch_op *op)
{
    struct rows parents;
    struct id id;
    uint64_t largest = 0;

    /* who makes a key decides who can read what others write from then on; one that some are not
     * given parts the team, so it takes the trust that letting people in takes */
    if (a->via != NULL && !a->via->role->pub.may_grant) {
        charter_refuse(a, "[AUTH-07] the author's role may not make keys");
    }
    if (memcmp(op->compartment, t->control, COMPARTMENT_BYTES) != 0 &&
        memcmp(op->compartment, t->data, COMPARTMENT_BYTES) != 0) {
        charter_refuse(a, "[AUTH-07] the compartment is not known");
    }
    rows_read(&parents, op->parents);
    while (rows_next_fixed(&parents, id.b, sizeof id.b)) {
        const struct epoch *e = epoch_by_id(t, &id);
        if (e == NULL || !e->declared || (a->past != NULL && !clock_knows(t, a->past, e->place))) {
            charter_refuse(a, "[AUTH-07] follows an epoch that is not known");
        } else {
            largest = e->number > largest ? e->number : largest;
        }
    }
    if (op->number != largest + 1 || (largest == 0 && a->via != NULL)) {
        charter_refuse(a, "[AUTH-07] its number does not follow its parents'");
    }
}

static enum status epoch_readers(struct ctx *cx, struct epoch *e, const struct authored *a,
                                 bytes seals)
{
    enum status status = STATUS_OK;
    struct rows rows;
    struct seal_row row;

    TRY(buf_add(cx, &e->readers, BYTES(a->author->pub.id.b, SHORT_ID_BYTES)));
    rows_read(&rows, seals);
    while (rows_next_seal(&rows, &row)) {
        TRY(buf_add(cx, &e->readers, BYTES_OF(row.device)));
    }
out:
    return status;
}

bool readers_have(const struct epoch *e, const struct id *device)
{
    for (size_t at = 0; at + SHORT_ID_BYTES <= e->readers.len; at += SHORT_ID_BYTES) {
        if (memcmp(e->readers.ptr + at, device->b, SHORT_ID_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

/* Looks for the seal to this device and keeps what it holds. */
static enum status epoch_unseal(struct ctx *cx, struct team *t, const struct authored *a,
                                const struct epoch_op *op, struct epoch *e)
{
    enum status status = STATUS_OK;
    struct seal_context context;
    struct rows rows;
    struct seal_row row;
    struct key k = {{0}}, transport = {{0}};
    struct buf payload;
    struct id id;
    bool there = false;

    buf_init(&payload, 64);
    rows_read(&rows, op->seals);
    while (!there && rows_next_seal(&rows, &row)) {
        if (row.window != 0 || memcmp(row.device, t->self->pub.id.b, SHORT_ID_BYTES) != 0) {
            continue;
        }
        seal_context_make(t, SEAL_EPOCH, &op->id, NULL, &t->self->pub.id, &context);
        TRY(seal_open_own(cx, t, a->author, op->eph_pk, &context, row.seal, &payload, &there));
    }
    if (!there) {
        goto out;
    }
    memcpy(k.b, payload.ptr, 32);
    epoch_id(&t->id, BYTES_OF(e->compartment), e->number, &k, &id);
    if (!id_equal(&id, &e->id)) {
        goto out; /* not the key the id commits to: as good as none */
    }
    TRY(epoch_take_key(cx, t, e, &k));
    if (payload.len == 64 && memcmp(op->compartment, t->control, COMPARTMENT_BYTES) == 0) {
        memcpy(transport.b, payload.ptr + 32, 32);
        TRY(chain_apply_epoch(cx, t, a, op, &transport));
    }
out:
    key_wipe(&k);
    key_wipe(&transport);
    buf_finish(&payload);
    return status;
}

enum status epoch_apply(struct ctx *cx, struct team *t, struct authored *a,
                        const struct epoch_op *op)
{
    enum status status = STATUS_OK;
    struct epoch *e = epoch_by_id(t, &op->id);

    if (e != NULL && e->declared) {
        charter_refuse(a, "[AUTH-07] the epoch is declared already");
    }
    if (!t->trusted) {
        judge_epoch(t, a, op);
    }
    if (a->reason[0] != '\0') {
        return STATUS_OK;
    }
    TRY(epoch_make(cx, t, &op->id, op->compartment, op->number, &e));
    if (e->number != op->number ||
        memcmp(e->compartment, op->compartment, COMPARTMENT_BYTES) != 0) {
        charter_refuse(a, "[AUTH-07] the epoch is known with another number or compartment");
        return STATUS_OK;
    }
    e->declared = true;
    e->place = a->place;
    TRY(epoch_readers(cx, e, a, op->seals));
    if (memcmp(op->compartment, t->control, COMPARTMENT_BYTES) == 0) {
        TRY(chain_apply_epoch(cx, t, a, op, NULL));
    }
    if (!t->trusted && !t->readonly && a->author != t->self && e->key == NULL) {
        TRY(epoch_unseal(cx, t, a, op, e));
    }
out:
    return status;
}

/* ---- SHARE ---- */

enum status share_write(struct ctx *cx, struct team *t, struct epoch *e, const struct id *device,
                        const uint8_t box_pk[static 32], const struct key *psk, struct buf *out)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_SHARE, .u.share = {.epoch = e->id, .device = *device}};
    struct seal_context context;
    uint8_t eph_sk[32];
    struct buf seal;

    buf_init(&seal, 64);
    cx->system->random(cx->system->self, eph_sk, sizeof eph_sk);
    seal_public(eph_sk, op.u.share.eph_pk);
    seal_context_make(t, SEAL_SHARE, &e->id, NULL, device, &context);
    TRY(key_seal(cx, eph_sk, op.u.share.eph_pk, box_pk, psk, BYTES_OF(context.b),
                 secret_view(e->key), &seal));
    op.u.share.seal = buf_view(&seal);
    TRY(charter_op_write(cx, &op, out));
out:
    wipe(eph_sk, sizeof eph_sk);
    buf_finish(&seal);
    return status;
}

enum status share_take(struct ctx *cx, struct team *t, const struct device *author,
                       const struct share *op)
{
    enum status status = STATUS_OK;
    struct epoch *e = epoch_by_id(t, &op->epoch);
    struct seal_context context;
    struct key k = {{0}};
    struct buf payload;
    struct id id;
    bool there = false;

    buf_init(&payload, 64);
    if (e == NULL || e->key != NULL || !id_equal(&op->device, &t->self->pub.id)) {
        goto out;
    }
    seal_context_make(t, SEAL_SHARE, &op->epoch, NULL, &op->device, &context);
    TRY(seal_open_own(cx, t, author, op->eph_pk, &context, op->seal, &payload, &there));
    if (there && payload.len == 32) {
        memcpy(k.b, payload.ptr, 32);
        epoch_id(&t->id, BYTES_OF(e->compartment), e->number, &k, &id);
        if (id_equal(&id, &e->id)) {
            TRY(epoch_take_key(cx, t, e, &k));
        }
    }
out:
    key_wipe(&k);
    buf_finish(&payload);
    return status;
}

enum status share_apply(struct ctx *cx, struct team *t, struct authored *a, const struct share *op)
{
    enum status status = STATUS_OK;
    struct epoch *e = epoch_by_id(t, &op->epoch);
    const struct device *d = device_by_id(t, &op->device);

    if (!t->trusted) {
        if (e == NULL || !e->declared || (a->past != NULL && !clock_knows(t, a->past, e->place))) {
            charter_refuse(a, "[AUTH-07] shares an epoch that is not known");
        }
        if (d == NULL || !device_linked_in(t, a->past, d)) {
            charter_refuse(a, "[AUTH-07] shares with a device that is not known");
        }
    }
    if (a->reason[0] != '\0') {
        return STATUS_OK;
    }
    if (!readers_have(e, &op->device)) {
        TRY(buf_add(cx, &e->readers, BYTES(op->device.b, SHORT_ID_BYTES)));
    }
    if (!t->trusted && !t->readonly) {
        TRY(share_take(cx, t, a->author, op));
    }
out:
    return status;
}
