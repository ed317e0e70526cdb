/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letting somebody in: one charter entry appoints the member (or not, for a further device of a
 * member who is in), links the device, shares the current epoch keys and hands its chain's seed to
 * everybody; the sealed welcome carries the rest. Everything or nothing: one transaction.
 */
#include <string.h>

#include "team-int.h"

enum { OPS_MAX = 64, GIVEN_MAX = OPS_MAX - 12, LEVEL_STEP = 1 };

/* Whose chains of one epoch the newcomer is handed. */
enum { HANDED_EPOCHS_MAX = 8 };
struct handed {
    struct id epoch;
    struct buf list;
    size_t count;
};

struct invitation {
    struct join join;
    bytes join_file;
    uint8_t root_pk[32];
    uint8_t link_signature[SIGNATURE_BYTES];
    struct role *role; /* what the newcomer may do */
    bool grant;        /* a new member */
    bool wall;         /* reads nothing older than today */
    uint32_t level;
    struct id device;
    struct key seed, part, psk;
    uint64_t window; /* of the pairing */
    struct id control_epoch;
    struct buf ops[OPS_MAX];
    size_t count;
    struct buf epochs, devices, chains, content;
    size_t epoch_count, device_count, chain_count;
    struct handed handed[HANDED_EPOCHS_MAX]; /* of the current epoch first */
    size_t handed_epochs;
    struct team *team;
};

static void invitation_init(struct invitation *i, struct team *t, bytes join_file)
{
    memset(i, 0, sizeof *i);
    i->team = t;
    i->join_file = join_file;
    for (size_t k = 0; k < OPS_MAX; k++) {
        buf_init(&i->ops[k], BODY_PLAIN_MAX);
    }
    buf_init(&i->epochs, MIB);
    buf_init(&i->devices, MIB);
    buf_init(&i->chains, 2 * MIB);
    for (size_t k = 0; k < HANDED_EPOCHS_MAX; k++) {
        buf_init(&i->handed[k].list, 64 * KIB);
    }
    buf_init(&i->content, INVITE_MAX - 6 * MIB);
}

static void invitation_finish(struct invitation *i)
{
    for (size_t k = 0; k < OPS_MAX; k++) {
        buf_finish(&i->ops[k]);
    }
    buf_finish(&i->epochs);
    buf_finish(&i->devices);
    buf_finish(&i->chains);
    for (size_t k = 0; k < HANDED_EPOCHS_MAX; k++) {
        buf_finish(&i->handed[k].list);
    }
    buf_finish(&i->content);
    key_wipe(&i->seed);
    key_wipe(&i->part);
    key_wipe(&i->psk);
    key_wipe(&i->join.secret);
}

/* ---- the operations ---- */

static enum status put_grant(struct ctx *cx, struct invitation *i)
{
    struct charter_op op = {.verb = CHARTER_GRANT};
    memcpy(op.u.grant.root_pk, i->root_pk, 32);
    op.u.grant.member_name = i->join.member_name;
    op.u.grant.role = i->role->pub.id;
    op.u.grant.level = i->level;
    return charter_op_write(cx, &op, &i->ops[i->count++]);
}

static enum status put_link(struct ctx *cx, struct invitation *i)
{
    struct charter_op op = {.verb = CHARTER_LINK};
    memcpy(op.u.link.root_pk, i->root_pk, 32);
    memcpy(op.u.link.sign_pk, i->join.sign_pk, 32);
    memcpy(op.u.link.box_pk, i->join.box_pk, 32);
    op.u.link.device_name = i->join.device_name;
    memcpy(op.u.link.signature, i->link_signature, sizeof op.u.link.signature);
    return charter_op_write(cx, &op, &i->ops[i->count++]);
}

/* Every epoch that may still be written under: that they were handed on must stand in the log.
 * Older ones follow from these. */
static enum status put_shares(struct ctx *cx, struct invitation *i,
                              const uint8_t compartment[static COMPARTMENT_BYTES])
{
    enum status status = STATUS_OK;
    struct team *t = i->team;
    const struct receiver to = {.id = i->device, .box_pk = i->join.box_pk, .psk = &i->psk};

    for (size_t k = 0; k < t->epochs.count && i->count < GIVEN_MAX; k++) {
        const struct epoch *e = t->epochs.at[k];
        if (e->key != NULL && epoch_usable(t, e) && !epoch_superseded(t, e) &&
            memcmp(e->compartment, compartment, COMPARTMENT_BYTES) == 0) {
            TRY(share_write(cx, t, e, epoch_for_keys(t), &to, &i->ops[i->count++]));
        }
    }
out:
    return status;
}

/* Everybody who is in gets the seed of the newcomer's chain, and learns that he has theirs; of
 * older epochs, which some still send with, that alone. */
static enum status put_chains(struct ctx *cx, struct invitation *i)
{
    enum status status = STATUS_OK;
    struct team *t = i->team;
    struct device *to[RECIPIENTS_MAX];
    struct chain start = {.ck = i->seed, .next = 0};
    size_t count = 0;

    for (size_t k = 0; k < t->devices.count; k++) {
        struct device *d = t->devices.at[k];
        if (device_reads(t, d, t->control) && d != t->self && !id_equal(&d->pub.id, &i->device)) {
            to[count++] = d;
        }
    }
    for (size_t k = 0; k < i->handed_epochs; k++) {
        const struct handed *h = &i->handed[k];
        const struct chain_gift gift = {&i->device, &h->epoch,          &start,
                                        to,         k == 0 ? count : 0, buf_view(&h->list)};
        TRY(chain_write(cx, t, &gift, epoch_for_keys(t), &i->ops[i->count++]));
    }
out:
    key_wipe(&start.ck);
    return status;
}

/* ---- the welcome ---- */

/* What was given by the log's word, and with it what is older; nothing older behind a wall. */
static bool handed_on(const struct invitation *i, const struct epoch *e)
{
    bool open = !i->wall || compartment_is_control(i->team, e->compartment);
    return role_reads(i->team, i->role, e->compartment) &&
           (readers_have(e, &i->device) || (open && epoch_superseded(i->team, e)));
}

static enum status add_epochs(struct ctx *cx, struct invitation *i)
{
    struct team *t = i->team;
    struct wire_writer w;

    wire_writer_init(&w, cx, &i->epochs);
    for (size_t k = 0; k < t->epochs.count; k++) {
        const struct epoch *e = t->epochs.at[k];
        if (e->key == NULL || !handed_on(i, e)) {
            continue;
        }
        struct payload_epoch row = {
            .number = e->number, .id = e->id, .bind = e->bind, .key = *secret_key(e->key)};
        memcpy(row.compartment, e->compartment, COMPARTMENT_BYTES);
        payload_put_epoch(&w, &row);
        key_wipe(&row.key);
        i->epoch_count++;
    }
    return wire_writer_done(&w);
}

static enum status add_devices(struct ctx *cx, struct invitation *i)
{
    struct team *t = i->team;
    struct wire_writer w;

    wire_writer_init(&w, cx, &i->devices);
    for (size_t k = 0; k < t->devices.count; k++) {
        const struct device *d = t->devices.at[k];
        if (!d->linked) {
            continue;
        }
        struct payload_device row = {.name = d->pub.name};
        memcpy(row.keys, d->sign_pk, 32);
        memcpy(row.keys + 32, d->box_pk, 32);
        memcpy(row.keys + 64, d->root_pk, 32);
        payload_put_device(&w, &row);
        i->device_count++;
    }
    return wire_writer_done(&w);
}

/* NULL for more epochs than anybody sends with. */
static struct handed *handed_of(struct invitation *i, const struct id *epoch)
{
    for (size_t k = 0; k < i->handed_epochs; k++) {
        if (id_equal(&i->handed[k].epoch, epoch)) {
            return &i->handed[k];
        }
    }
    if (i->handed_epochs == HANDED_EPOCHS_MAX) {
        return NULL;
    }
    i->handed[i->handed_epochs].epoch = *epoch;
    return &i->handed[i->handed_epochs++];
}

static enum status add_chain(void *self, struct ctx *cx, const struct chain_state *s)
{
    enum status status = STATUS_OK;
    struct invitation *i = self;
    const struct device *d = device_by_ix(i->team, s->ix);
    struct wire_writer w;

    MUST(d != NULL);
    struct payload_chain row = {.device = d->pub.id, .epoch = s->epoch, .chain = s->chain};
    wire_writer_init(&w, cx, &i->chains);
    payload_put_chain(&w, &row);
    key_wipe(&row.chain.ck);
    TRY(wire_writer_done(&w));
    i->chain_count++;
    struct handed *h = handed_of(i, &s->epoch);
    if (h != NULL) {
        wire_writer_init(&w, cx, &h->list);
        wire_put_bytes(&w, BYTES(d->pub.id.b, SHORT_ID_BYTES));
        TRY(wire_writer_done(&w));
        h->count++;
    }
out:
    return status;
}

static enum status add_head(void *self, struct ctx *cx, const struct head *h)
{
    return content_write_head(cx, h, &((struct invitation *)self)->content);
}

static enum status add_entry(void *self, struct ctx *cx, bytes header, bytes body)
{
    return content_write_entry(cx, header, body, &((struct invitation *)self)->content);
}

/* The log, when it fits; otherwise the newcomer takes it from the next stick. */
static enum status add_content(struct ctx *cx, struct invitation *i)
{
    enum status status = log_export(cx, i->team, BYTES(NULL, 0), add_head, add_entry, i);
    if (status == STATUS_LIMIT) {
        fault_clear(cx);
        buf_clear(&i->content);
        status = STATUS_OK;
    }
    return status;
}

/* Puts the array head before rows that were counted while they were written. */
static enum status close_list(struct ctx *cx, struct buf *rows, size_t count)
{
    enum status status = STATUS_OK;
    struct buf whole;
    buf_init(&whole, rows->max + 16);
    TRY(rows_write(cx, count, buf_view(rows), &whole));
    buf_clear(rows);
    TRY(buf_add(cx, rows, buf_view(&whole)));
out:
    buf_finish(&whole);
    return status;
}

static enum status welcome(struct ctx *cx, struct invitation *i, struct buf *ret_invite,
                           uint8_t ret_print[static 16])
{
    enum status status = STATUS_OK;
    struct team *t = i->team;
    struct invite invite = {.team = t->id, .inviter = t->self->pub.id};
    struct payload p = {.team_name = team_name(t),
                        .inviter_name = team_me(t)->name,
                        .role_name = i->role->pub.name,
                        .genesis = buf_view(&t->genesis),
                        .genesis_entry = t->genesis_entry,
                        .chain_epoch = i->control_epoch,
                        .chain_seed = i->seed,
                        .pair_part = i->part,
                        .pair_window = i->window};
    struct buf payload;

    buf_init(&payload, INVITE_MAX);
    memcpy(invite.inviter_sign_pk, t->self->sign_pk, 32);
    p.epochs = buf_view(&i->epochs);
    p.devices = buf_view(&i->devices);
    p.chains = buf_view(&i->chains);
    p.content = buf_view(&i->content);
    TRY(payload_write(cx, &p, &payload));
    invite.payload = buf_view(&payload);
    TRY(invite_seal(cx, &invite, i->join_file, &i->join, secret_ptr(t->sign_sk), ret_invite));
    invite_fingerprint(i->join_file, &invite, ret_print);
out:
    key_wipe(&p.chain_seed);
    key_wipe(&p.pair_part);
    buf_finish(&payload);
    return status;
}

/* ---- both kinds ---- */

static enum status write_charter(struct ctx *cx, struct invitation *i)
{
    enum status status = STATUS_OK;
    struct team *t = i->team;
    bytes ops[OPS_MAX];

    if (i->grant) {
        TRY(put_grant(cx, i));
    }
    TRY(put_link(cx, i));
    for (size_t c = 0; c < compartment_count(t); c++) {
        if (role_reads(t, i->role, compartment_tag(t, c))) {
            TRY(put_shares(cx, i, compartment_tag(t, c)));
        }
    }
    TRY(put_chains(cx, i));
    for (size_t k = 0; k < i->count; k++) {
        ops[k] = buf_view(&i->ops[k]);
    }
    TRY(log_control_with(cx, t, i->grant ? TEAM_APPOINT : 0, ops, i->count));
out:
    return status;
}

static enum status keep_newcomer(struct ctx *cx, struct invitation *i)
{
    enum status status = STATUS_OK;
    struct team *t = i->team;
    struct chain start = {.ck = i->seed, .next = 0};
    const struct device *d = device_by_id(t, &i->device);
    struct pairing pair;

    MUST(d != NULL);
    pair_make(&i->psk, i->window, &pair);
    TRY(pair_store(cx, t, d, &pair));
    TRY(chain_keep(cx, t, d, &i->control_epoch, &start));
out:
    pair_wipe(&pair);
    key_wipe(&start.ck);
    return status;
}

static size_t newest_count(const struct team *t,
                           const uint8_t compartment[static COMPARTMENT_BYTES])
{
    size_t count = 0;
    for (size_t k = 0; k < t->epochs.count; k++) {
        const struct epoch *e = t->epochs.at[k];
        count += epoch_usable(t, e) && !epoch_superseded(t, e) &&
                 memcmp(e->compartment, compartment, COMPARTMENT_BYTES) == 0;
    }
    return count;
}

/* One newest epoch in each compartment, so that one is handed on; behind a wall a fresh one. */
static enum status settle_epochs(struct ctx *cx, struct invitation *i)
{
    enum status status = STATUS_OK;
    struct team *t = i->team;
    struct epoch *e = NULL;

    for (size_t c = 0; c < compartment_count(t); c++) {
        const uint8_t *compartment = compartment_tag(t, c);
        bool wall = i->wall && !compartment_is_control(t, compartment);
        if (!role_reads(t, i->role, compartment)) {
            continue;
        }
        if (wall || (device_writes(t, t->self, compartment) && newest_count(t, compartment) > 1)) {
            TRY(epoch_begin(cx, t, compartment, wall, &e));
        }
    }
out:
    return status;
}

static enum status let_in(struct ctx *cx, struct invitation *i, struct buf *ret_invite,
                          uint8_t ret_print[static 16])
{
    enum status status = STATUS_OK;
    struct team *t = i->team;
    const struct id *epoch;
    struct epoch *under = NULL;

    TRY(settle_epochs(cx, i));
    TRY(log_sign_head(cx, t)); /* makes this device's own chain when it has none */
    /* what lets the newcomer in is to stand under a key that he is given by the same entry */
    TRY(epoch_for_writing(cx, t, t->control, &under));
    epoch = team_control_epoch(t);
    if (epoch == NULL) {
        FAIL(cx, STATUS_DENIED, "this device holds no key of the charter");
    }
    i->control_epoch = *epoch;
    cx->system->random(cx->system->self, i->seed.b, sizeof i->seed.b);
    cx->system->random(cx->system->self, i->part.b, sizeof i->part.b);
    pair_secret_make(&i->join.secret, &i->part, &i->psk);
    i->window = window_of(cx->system->now(cx->system->self));
    device_id(i->join.sign_pk, i->join.box_pk, i->root_pk, &i->device);
    (void)handed_of(i, &i->control_epoch);
    TRY(chain_each(cx, t, add_chain, i));
    TRY(close_list(cx, &i->chains, i->chain_count));
    for (size_t k = 0; k < i->handed_epochs; k++) {
        TRY(close_list(cx, &i->handed[k].list, i->handed[k].count));
    }
    TRY(write_charter(cx, i));
    TRY(keep_newcomer(cx, i));
    TRY(log_sign_head(cx, t));
    TRY(add_epochs(cx, i));
    TRY(close_list(cx, &i->epochs, i->epoch_count));
    TRY(add_devices(cx, i));
    TRY(close_list(cx, &i->devices, i->device_count));
    TRY(add_content(cx, i));
    TRY(welcome(cx, i, ret_invite, ret_print));
out:
    return status;
}

static enum status let_in_whole(struct ctx *cx, struct invitation *i, struct buf *ret_invite,
                                uint8_t ret_print[static 16])
{
    enum status status = STATUS_OK;
    TRY(vault_begin(cx, i->team->v));
    TRY(vault_end(cx, i->team->v, let_in(cx, i, ret_invite, ret_print)));
out:
    i->team->stale = i->team->stale || status != STATUS_OK;
    return status;
}

/* ---- a new member ---- */

static enum status check_newcomer(struct ctx *cx, struct team *t, struct invitation *i)
{
    enum status status = STATUS_OK;
    struct id id;

    if (i->join.own_device) {
        (void)fault_set(cx, STATUS_USAGE, __FILE__, __LINE__,
                        "this join file is for a further device of a member who is in already");
        status = fault_hint(cx, "that member adds it: valise device add FILE");
        goto out;
    }
    member_id(i->join.root_pk, &id);
    if (team_member_by_id(t, &id) != NULL) {
        FAIL(cx, STATUS_EXISTS, "'%.*s' is in the team already", (int)i->join.member_name.len,
             i->join.member_name.ptr);
    }
    for (size_t k = 0; k < team_member_count(t); k++) {
        if (text_equal(team_member_at(t, k)->name, i->join.member_name)) {
            (void)fault_set(cx, STATUS_EXISTS, __FILE__, __LINE__,
                            "another member is called '%.*s'", (int)i->join.member_name.len,
                            i->join.member_name.ptr);
            status = fault_hint(cx, "let the newcomer make a join file with another name");
            goto out;
        }
    }
out:
    return status;
}

static enum status invite_member(struct ctx *cx, struct invitation *i, text role,
                                 struct buf *ret_invite, uint8_t ret_print[static 16])
{
    enum status status = STATUS_OK;
    struct team *t = i->team;
    const struct team_member *me;
    const struct appointment *via;

    TRY(team_sync(cx, t));
    me = team_me(t);
    if (me == NULL) {
        status = not_a_member(cx, t);
        goto out;
    }
    via = my_appointment(t, TEAM_APPOINT);
    if (via == NULL || via->level + LEVEL_STEP > LEVEL_MAX) {
        (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__,
                        "the role '%.*s' may not let people in", (int)me->role->name.len,
                        me->role->name.ptr);
        status = fault_hint(cx, "ask a member whose role may");
        goto out;
    }
    TRY(join_parse(cx, i->join_file, &i->join));
    TRY(check_newcomer(cx, t, i));
    TRY(role_by_name(cx, t, role, &i->role));
    /* who has power ranks right below; everybody else at the end, so that any of them may act */
    i->level = role_has_power(i->role) ? via->level + LEVEL_STEP : LEVEL_MAX;
    i->grant = true;
    memcpy(i->root_pk, i->join.root_pk, 32);
    memcpy(i->link_signature, i->join.link_signature, sizeof i->link_signature);
    TRY(let_in_whole(cx, i, ret_invite, ret_print));
out:
    return status;
}

enum status team_invite(struct ctx *cx, struct team *t, bytes join_file, text role,
                        struct buf *ret_invite, uint8_t ret_print[static 16])
{
    struct invitation i;
    invitation_init(&i, t, join_file);
    enum status status = invite_member(cx, &i, role, ret_invite, ret_print);
    invitation_finish(&i);
    return status;
}

enum status team_invite_without_history(struct ctx *cx, struct team *t, bytes join_file, text role,
                                        struct buf *ret_invite, uint8_t ret_print[static 16])
{
    struct invitation i;
    invitation_init(&i, t, join_file);
    i.wall = true;
    enum status status = invite_member(cx, &i, role, ret_invite, ret_print);
    invitation_finish(&i);
    return status;
}

/* ---- a further device of mine ---- */

static enum status check_sheet(struct ctx *cx, struct team *t, const struct secret *root_seed,
                               uint8_t ret_root_pk[static 32])
{
    enum status status = STATUS_OK;
    const struct member *m;
    struct id id;

    TRY(root_public(cx, root_seed, ret_root_pk));
    member_id(ret_root_pk, &id);
    if (id_equal(&id, &team_me(t)->id)) {
        goto out;
    }
    m = member_by_id(t, &id);
    if (m != NULL && m->known) {
        FAIL(cx, STATUS_DENIED, "this sheet belongs to another member: '%.*s'",
             (int)m->pub.name.len, m->pub.name.ptr);
    }
    FAIL(cx, STATUS_FOREIGN, "this sheet belongs to another team than '%.*s'", (int)t->name.len,
         (const char *)t->name.ptr);
out:
    return status;
}

enum status team_device_add(struct ctx *cx, struct team *t, bytes join_file,
                            const struct secret *root_seed, struct buf *ret_invite,
                            uint8_t ret_print[static 16])
{
    enum status status = STATUS_OK;
    struct invitation i;

    invitation_init(&i, t, join_file);
    TRY(team_sync(cx, t));
    if (team_me(t) == NULL) {
        status = not_a_member(cx, t);
        goto out;
    }
    TRY(join_parse(cx, join_file, &i.join));
    if (!i.join.own_device) {
        (void)fault_set(cx, STATUS_USAGE, __FILE__, __LINE__,
                        "this join file is for a new member, not for a further device");
        status = fault_hint(cx, "valise invite FILE --role ROLE lets a new member in");
        goto out;
    }
    TRY(check_sheet(cx, t, root_seed, i.root_pk));
    TRY(root_sign_link(cx, root_seed, i.join.sign_pk, i.join.box_pk, i.join.device_name,
                       i.link_signature));
    i.role = role_by_id(t, &team_me(t)->role->id);
    MUST(i.role != NULL);
    TRY(let_in_whole(cx, &i, ret_invite, ret_print));
out:
    invitation_finish(&i);
    return status;
}

/* ---- a member who comes back on a new machine ---- */

enum status team_invite_back(struct ctx *cx, struct team *t, bytes join_file,
                             struct buf *ret_invite, uint8_t ret_print[static 16])
{
    enum status status = STATUS_OK;
    const struct team_member *m;
    struct invitation i;
    struct id id;

    invitation_init(&i, t, join_file);
    TRY(team_sync(cx, t));
    if (team_me(t) == NULL) {
        status = not_a_member(cx, t);
        goto out;
    }
    TRY(join_parse(cx, join_file, &i.join)); /* the root's word for the machine holds */
    member_id(i.join.root_pk, &id);
    m = i.join.own_device ? NULL : team_member_by_id(t, &id);
    if (m == NULL || m->role == NULL) {
        FAIL(cx, STATUS_NOT_FOUND, "this join file's sheet is of nobody in '%.*s'",
             (int)t->name.len, (const char *)t->name.ptr);
    }
    i.role = role_by_id(t, &m->role->id);
    MUST(i.role != NULL);
    memcpy(i.root_pk, i.join.root_pk, 32);
    memcpy(i.link_signature, i.join.link_signature, sizeof i.link_signature);
    TRY(let_in_whole(cx, &i, ret_invite, ret_print));
out:
    invitation_finish(&i);
    return status;
}
