/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making an epoch: a fresh key for one compartment, sealed to every reader, with links back to the
 * keys before it. A wall has no such links: who comes in by it reads nothing older.
 *
 * The entry that says so stands under a control epoch that all its receivers hold, be it clean or
 * not: its secrets are sealed to each of them.
 */
#include <string.h>

#include "team-int.h"

struct mint {
    struct team *team;
    const uint8_t *compartment;
    bool wall;
    struct key k, t;
    struct id bind;
    struct charter_op op;
    struct sealing sealing;
    struct epoch *follows[PARENTS_MAX]; /* descending by (number, id) */
    size_t follow_count;
    uint8_t commit_t[32];
    struct buf parents, seals, backlinks;
};

static void mint_init(struct ctx *cx, struct mint *m, struct team *t,
                      const uint8_t compartment[static COMPARTMENT_BYTES], bool wall)
{
    *m = (struct mint){
        .team = t, .compartment = compartment, .wall = wall, .op = {.verb = CHARTER_EPOCH}};
    buf_init(&m->parents, 8 * KIB);
    buf_init(&m->seals, BODY_PLAIN_MAX);
    buf_init(&m->backlinks, 16 * KIB);
    cx->system->random(cx->system->self, m->k.b, sizeof m->k.b);
    cx->system->random(cx->system->self, m->t.b, sizeof m->t.b);
    memcpy(m->op.u.epoch.compartment, compartment, COMPARTMENT_BYTES);
}

static void mint_finish(struct mint *m)
{
    key_wipe(&m->k);
    key_wipe(&m->t);
    sealing_finish(&m->sealing);
    buf_finish(&m->parents);
    buf_finish(&m->seals);
    buf_finish(&m->backlinks);
}

/* ---- what it follows ---- */

static bool follows_before(const struct epoch *a, const struct epoch *b)
{
    return a->number != b->number ? a->number > b->number : id_compare(&a->id, &b->id) > 0;
}

/* All that no other follows yet; of very many the largest. */
static void mint_follow(struct mint *m)
{
    for (size_t i = 0; i < m->team->epochs.count; i++) {
        struct epoch *e = m->team->epochs.at[i];
        if (!epoch_usable(m->team, e) || epoch_superseded(m->team, e) ||
            memcmp(e->compartment, m->compartment, COMPARTMENT_BYTES) != 0) {
            continue;
        }
        size_t at = m->follow_count < PARENTS_MAX ? m->follow_count++ : PARENTS_MAX;
        while (at > 0 && follows_before(e, m->follows[at - 1])) {
            if (at < PARENTS_MAX) {
                m->follows[at] = m->follows[at - 1];
            }
            at--;
        }
        if (at < PARENTS_MAX) {
            m->follows[at] = e;
        }
    }
}

static enum status mint_parents(struct ctx *cx, struct mint *m)
{
    enum status status = STATUS_OK;
    struct wire_writer w;

    mint_follow(m);
    wire_writer_init(&w, cx, &m->parents);
    wire_put_array(&w, m->follow_count);
    for (size_t i = 0; i < m->follow_count; i++) {
        wire_put_bytes(&w, BYTES_OF(m->follows[i]->id.b));
    }
    TRY(wire_writer_done(&w));
    m->op.u.epoch.number = m->follow_count == 0 ? 1 : m->follows[0]->number + 1;
    m->op.u.epoch.parents = buf_view(&m->parents);
out:
    return status;
}

/* A reader who came in behind a wall must not get through it by the new epoch. */
static bool link_allowed(const struct mint *m, struct epoch *parent)
{
    bool allowed = !m->wall && parent->key != NULL;
    for (size_t i = 0; i < m->team->devices.count && allowed; i++) {
        const struct device *d = m->team->devices.at[i];
        allowed = !device_reads(m->team, d, m->compartment) || epoch_allowed(m->team, d, parent);
    }
    return allowed;
}

static enum status mint_backlinks(struct ctx *cx, struct mint *m)
{
    enum status status = STATUS_OK;
    const struct epoch_op *op = &m->op.u.epoch;
    uint8_t sealed[KEY_LINK_BYTES];
    struct wire_writer w;
    struct buf rows;
    size_t count = 0;

    buf_init(&rows, 16 * KIB);
    wire_writer_init(&w, cx, &rows);
    for (size_t i = 0; i < m->follow_count; i++) {
        struct epoch *parent = m->follows[i];
        if (link_allowed(m, parent)) {
            key_link(&m->k, &m->team->id, &op->id, &parent->id, secret_key(parent->key), sealed);
            wire_put_array(&w, 2);
            wire_put_bytes(&w, BYTES_OF(parent->id.b));
            wire_put_bytes(&w, BYTES_OF(sealed));
            count++;
        }
    }
    TRY(wire_writer_done(&w));
    TRY(rows_write(cx, count, buf_view(&rows), &m->backlinks));
    m->op.u.epoch.backlinks = buf_view(&m->backlinks);
out:
    buf_finish(&rows);
    return status;
}

/* ---- names and seals ---- */

/* The transport secret is bound by the epoch's id, which its own hash therefore cannot hold. */
static void mint_name(struct mint *m, bool control)
{
    struct team *t = m->team;
    struct epoch_op *op = &m->op.u.epoch;
    struct id commit = {{0}};

    if (control) {
        transport_commit(t, &m->t, &commit);
        memcpy(m->commit_t, commit.b, sizeof m->commit_t);
        op->transport = BYTES_OF(m->commit_t);
    }
    epoch_bind(&t->self->pub.id, &commit, &m->bind);
    epoch_commit(&m->k, &op->commit);
    const struct epoch_name name = {&t->id, m->compartment, op->number, &m->bind};
    epoch_id(&name, &m->k, &op->id);
}

static enum status mint_seals(struct ctx *cx, struct mint *m, bool control)
{
    enum status status = STATUS_OK;
    struct team *t = m->team;
    uint8_t payload[64];
    struct buf rows;
    size_t count = 0;

    buf_init(&rows, BODY_PLAIN_MAX);
    memcpy(payload, m->k.b, 32);
    memcpy(payload + 32, m->t.b, 32);
    sealing_start(cx, &m->sealing, SEAL_EPOCH, epoch_for_keys(t));
    m->sealing.subject = m->op.u.epoch.id;
    for (size_t i = 0; i < t->devices.count; i++) {
        const struct device *d = t->devices.at[i];
        if (d != t->self && device_reads(t, d, m->compartment)) {
            const struct receiver to = receiver_of(d);
            TRY(seal_row_to(cx, t, &m->sealing, &to, BYTES(payload, control ? 64 : 32), &rows));
            count++;
        }
    }
    TRY(rows_write(cx, count, buf_view(&rows), &m->seals));
    m->op.u.epoch.seals = buf_view(&m->seals);
    memcpy(m->op.u.epoch.eph_pk, m->sealing.eph_pk, sizeof m->op.u.epoch.eph_pk);
out:
    wipe(payload, sizeof payload);
    buf_finish(&rows);
    return status;
}

enum status epoch_mint(struct ctx *cx, struct team *t,
                       const uint8_t compartment[static COMPARTMENT_BYTES], bool wall,
                       struct buf *out, struct id *ret)
{
    enum status status = STATUS_OK;
    bool control = compartment_is_control(t, compartment);
    struct epoch *e = NULL;
    struct mint m;

    mint_init(cx, &m, t, compartment, wall);
    TRY(mint_parents(cx, &m));
    mint_name(&m, control);
    TRY(mint_backlinks(cx, &m));
    TRY(mint_seals(cx, &m, control));
    TRY(charter_op_write(cx, &m.op, out));
    const struct epoch_name name = {&t->id, compartment, m.op.u.epoch.number, &m.bind};
    TRY(epoch_make(cx, t, &m.op.u.epoch.id, &name, &e));
    TRY(epoch_take_key(cx, t, e, &m.k));
    if (control) {
        struct authored self = {.author = t->self};
        TRY(chain_apply_epoch(cx, t, &self, &m.op.u.epoch, &m.t));
    }
    *ret = m.op.u.epoch.id;
out:
    mint_finish(&m);
    return status;
}

/* The control epoch the EPOCH entry stands under: all who are to read it have it, or get it now. */
static enum status begin_under(struct ctx *cx, struct team *t, bool control, struct epoch **ret)
{
    enum status status = STATUS_OK;
    struct epoch *under = NULL;
    bool barred = false;

    if (!control) {
        return epoch_for_writing(cx, t, t->control, ret);
    }
    under = epoch_for_keys(t);
    if (under == NULL) {
        FAIL(cx, STATUS_DENIED, "this device holds no key of the charter");
    }
    if (!epoch_complete(t, under)) {
        TRY(shares_complete(cx, t, under, &barred));
    }
    *ret = under;
out:
    return status;
}

static enum status begin(struct ctx *cx, struct team *t,
                         const uint8_t compartment[static COMPARTMENT_BYTES], bool wall,
                         struct epoch **ret)
{
    enum status status = STATUS_OK;
    struct epoch *under = NULL;
    struct buf op;
    struct id id;

    buf_init(&op, BODY_PLAIN_MAX);
    TRY(begin_under(cx, t, compartment_is_control(t, compartment), &under));
    TRY(epoch_mint(cx, t, compartment, wall, &op, &id));
    const bytes list[] = {buf_view(&op)};
    TRY(log_control_minting(cx, t, under, compartment, list, 1));
    *ret = epoch_by_id(t, &id);
    MUST(*ret != NULL);
out:
    buf_finish(&op);
    return status;
}

enum status epoch_begin(struct ctx *cx, struct team *t,
                        const uint8_t compartment[static COMPARTMENT_BYTES], bool wall,
                        struct epoch **ret)
{
    enum status status = STATUS_OK;
    TRY(log_seal(cx, t));
    TRY(vault_begin(cx, t->v));
    TRY(vault_end(cx, t->v, begin(cx, t, compartment, wall, ret)));
out:
    t->stale = t->stale || status != STATUS_OK;
    return status;
}
