/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The newcomer's side: keys are made and kept until the answer comes, the answer is opened with
 * them, and the team is made here from what it holds. Nothing of the answer is believed before it
 * fits the founding operation; the log inside is admitted like any other.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

enum { JOINS_MAX = 64 };

/* ---- step 1: who I am ---- */

static enum status join_keep(struct ctx *cx, struct vault *v, bytes file,
                             const struct device_keys *keys)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, v, STMT_TEAM_JOIN_COUNT, &s));
    TRY(stmt_step(cx, s, &row));
    int64_t count = stmt_int(s, 0);
    stmt_reset(s);
    if (count >= JOINS_MAX) {
        FAIL(cx, STATUS_LIMIT, "%d joins of this vault wait for their invites", JOINS_MAX);
    }
    TRY(stmt_use(cx, v, STMT_TEAM_JOIN_INSERT, &s));
    stmt_bind_bytes(s, 1, file);
    stmt_bind_bytes(s, 2, secret_view(keys->sign_sk));
    stmt_bind_bytes(s, 3, secret_view(keys->box_sk));
    TRY(stmt_run(cx, s));
out:
    return status;
}

/* With a root's seed the root vouches for the machine; without, a colleague's device will. */
static enum status join_make(struct ctx *cx, struct vault *v, struct join *j,
                             const struct secret *seed, struct buf *ret_join_file)
{
    enum status status = STATUS_OK;
    struct device_keys keys = {0};
    size_t start = ret_join_file->len;

    TRY(device_keys_make(cx, &keys));
    memcpy(j->sign_pk, keys.sign_pk, 32);
    memcpy(j->box_pk, keys.box_pk, 32);
    cx->system->random(cx->system->self, j->secret.b, sizeof j->secret.b);
    if (seed != NULL) {
        TRY(root_sign_link(cx, seed, j->sign_pk, j->box_pk, j->device_name, j->link_signature));
    }
    TRY(join_write(cx, j, secret_ptr(keys.sign_sk), ret_join_file));
    TRY(vault_begin(cx, v));
    TRY(vault_end(
        cx, v,
        join_keep(cx, v, BYTES(ret_join_file->ptr + start, ret_join_file->len - start), &keys)));
out:
    key_wipe(&j->secret);
    device_keys_finish(&keys);
    return status;
}

enum status team_join_start(struct ctx *cx, struct vault *v, text member_name, text device_name,
                            bool own_device, struct buf *ret_join_file,
                            struct secret **ret_root_seed)
{
    enum status status = STATUS_OK;
    struct join j = {
        .member_name = member_name, .device_name = device_name, .own_device = own_device};
    struct secret *seed = NULL;

    if (!own_device) {
        TRY(root_key_make(cx, &seed, j.root_pk));
    }
    TRY(join_make(cx, v, &j, seed, ret_join_file));
    *ret_root_seed = seed;
    seed = NULL;
out:
    secret_free(&seed);
    return status;
}

enum status team_join_again(struct ctx *cx, struct vault *v, text member_name, text device_name,
                            const struct secret *root_seed, struct buf *ret_join_file)
{
    enum status status = STATUS_OK;
    struct join j = {.member_name = member_name, .device_name = device_name};

    TRY(root_public(cx, root_seed, j.root_pk));
    TRY(join_make(cx, v, &j, root_seed, ret_join_file));
out:
    return status;
}

enum status team_join_inspect(struct ctx *cx, bytes join_file, struct join_info *ret)
{
    enum status status = STATUS_OK;
    struct join j;

    memset(ret, 0, sizeof *ret);
    buf_init(&ret->member_name, NAME_BYTES_MAX);
    buf_init(&ret->device_name, NAME_BYTES_MAX);
    TRY(join_parse(cx, join_file, &j));
    key_wipe(&j.secret);
    TRY(buf_add_text(cx, &ret->member_name, j.member_name));
    TRY(buf_add_text(cx, &ret->device_name, j.device_name));
    ret->own_device = j.own_device;
    if (!j.own_device) {
        member_id(j.root_pk, &ret->member);
    }
    join_fingerprint(join_file, ret->print);
out:
    return status;
}

void join_info_finish(struct join_info *i)
{
    buf_finish(&i->member_name);
    buf_finish(&i->device_name);
}

/* ---- the answer ---- */

/* An invite opened with the join it answers. */
struct answer {
    int64_t number; /* of the join */
    struct buf join_file, plain;
    struct join join;
    struct device_keys keys;
    struct invite invite;
    struct payload payload;
    struct id hash; /* of the invite file */
};

static void answer_init(struct answer *a)
{
    memset(a, 0, sizeof *a);
    buf_init(&a->join_file, JOIN_MAX);
    buf_init(&a->plain, INVITE_FILE_MAX);
}

static void answer_finish(struct answer *a)
{
    buf_finish(&a->join_file);
    buf_finish(&a->plain);
    device_keys_finish(&a->keys);
    key_wipe(&a->join.secret);
    key_wipe(&a->payload.chain_seed);
    key_wipe(&a->payload.pair_part);
}

/* The next waiting join after a->number; false when there is none. */
static enum status next_join(struct ctx *cx, struct vault *v, struct answer *a, bool *ret_there)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    buf_clear(&a->join_file);
    device_keys_finish(&a->keys);
    TRY(stmt_use(cx, v, STMT_TEAM_JOIN_NEXT, &s));
    stmt_bind_int(s, 1, a->number);
    TRY(stmt_step(cx, s, ret_there));
    if (!*ret_there) {
        goto out;
    }
    a->number = stmt_int(s, 0);
    if (stmt_bytes(s, 2).len != 64 || stmt_bytes(s, 3).len != 32) {
        FAIL(cx, STATUS_INTEGRITY, "the kept keys of a join are damaged");
    }
    TRY(buf_add(cx, &a->join_file, stmt_bytes(s, 1)));
    TRY(secret_copy(cx, stmt_bytes(s, 2), &a->keys.sign_sk));
    TRY(secret_copy(cx, stmt_bytes(s, 3), &a->keys.box_sk));
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status check_duplicate(struct ctx *cx, struct vault *v, bytes invite_file,
                                   struct answer *a)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    hash_domain("valise/invite-file", invite_file, BYTES(NULL, 0), &a->hash);
    TRY(stmt_use(cx, v, STMT_TEAM_BY_INVITE, &s));
    stmt_bind_bytes(s, 1, BYTES_OF(a->hash.b));
    TRY(stmt_step(cx, s, &row));
    stmt_reset(s);
    if (row) {
        FAIL(cx, STATUS_DUPLICATE, "this invite was used here already");
    }
out:
    return status;
}

static enum status answer_open(struct ctx *cx, struct vault *v, bytes invite_file, struct answer *a)
{
    enum status status = STATUS_OK;
    bool there = true, opened = false;

    TRY(check_duplicate(cx, v, invite_file, a));
    while (!opened) {
        TRY(next_join(cx, v, a, &there));
        if (!there) {
            (void)fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__,
                            "no join of this vault waits for this invite");
            status = fault_hint(cx, "open it with the vault that made the join file, once");
            goto out;
        }
        TRY(join_parse(cx, buf_view(&a->join_file), &a->join));
        buf_clear(&a->plain);
        status = invite_open(cx, invite_file, buf_view(&a->join_file), &a->join,
                             secret_ptr(a->keys.box_sk), &a->plain, &a->invite);
        opened = status == STATUS_OK;
        if (status == STATUS_FORGED) {
            fault_clear(cx); /* an answer to another join, or damaged */
            status = STATUS_OK;
        }
        TRY(status);
    }
    memcpy(a->keys.sign_pk, a->join.sign_pk, 32);
    memcpy(a->keys.box_pk, a->join.box_pk, 32);
    TRY(payload_parse(cx, a->invite.payload, &a->payload));
out:
    return status;
}

enum status team_invite_inspect(struct ctx *cx, struct vault *v, bytes invite_file,
                                struct invite_info *ret)
{
    enum status status = STATUS_OK;
    struct answer a;

    answer_init(&a);
    memset(ret, 0, sizeof *ret);
    buf_init(&ret->team_name, NAME_BYTES_MAX);
    buf_init(&ret->inviter_name, NAME_BYTES_MAX);
    buf_init(&ret->role_name, NAME_BYTES_MAX);
    TRY(answer_open(cx, v, invite_file, &a));
    TRY(buf_add_text(cx, &ret->team_name, a.payload.team_name));
    TRY(buf_add_text(cx, &ret->inviter_name, a.payload.inviter_name));
    TRY(buf_add_text(cx, &ret->role_name, a.payload.role_name));
    ret->inviter = a.invite.inviter;
    invite_fingerprint(buf_view(&a.join_file), &a.invite, ret->print);
out:
    answer_finish(&a);
    return status;
}

void invite_info_finish(struct invite_info *i)
{
    buf_finish(&i->team_name);
    buf_finish(&i->inviter_name);
    buf_finish(&i->role_name);
}

/* ---- step 3: the team is made here ---- */

static void payload_device_id(const struct payload_device *d, struct id *ret)
{
    uint8_t sign_pk[32], box_pk[32], root_pk[32];
    memcpy(sign_pk, d->keys, 32);
    memcpy(box_pk, d->keys + 32, 32);
    memcpy(root_pk, d->keys + 64, 32);
    device_id(sign_pk, box_pk, root_pk, ret);
}

/* Rows for all machines that are in, so that their bundles are known at once; first my own. */
static enum status take_devices(struct ctx *cx, struct team *t, const struct answer *a)
{
    enum status status = STATUS_OK;
    struct rows rows;
    struct payload_device row;
    struct device *d = NULL, *inviter = NULL;
    struct id id;

    rows_read(&rows, a->payload.devices);
    while (payload_next_device(&rows, &row)) {
        if (memcmp(row.keys, a->keys.sign_pk, 32) == 0 &&
            memcmp(row.keys + 32, a->keys.box_pk, 32) == 0) {
            uint8_t root_pk[32];
            memcpy(root_pk, row.keys + 64, 32);
            TRY(team_self_insert(cx, t, &a->keys, root_pk, a->join.device_name));
        }
    }
    if (t->self == NULL) {
        FAIL(cx, STATUS_MALFORMED, "the invite does not let this device in");
    }
    if (!a->join.own_device && memcmp(t->self->root_pk, a->join.root_pk, 32) != 0) {
        FAIL(cx, STATUS_FORGED, "the invite gives this device to another member");
    }
    rows_read(&rows, a->payload.devices);
    while (payload_next_device(&rows, &row)) {
        payload_device_id(&row, &id);
        TRY(device_make(cx, t, &id, BYTES_OF(row.keys), row.name, &d));
        inviter = id_equal(&id, &a->invite.inviter) ? d : inviter;
    }
    if (inviter == NULL || memcmp(inviter->sign_pk, a->invite.inviter_sign_pk, 32) != 0) {
        FAIL(cx, STATUS_FORGED, "the invite is not signed by a device of the team");
    }
    struct key psk;
    struct pairing pair;
    pair_secret_make(&a->join.secret, &a->payload.pair_part, &psk);
    pair_make(&psk, a->payload.pair_window, &pair);
    status = pair_store(cx, t, inviter, &pair);
    key_wipe(&psk);
    pair_wipe(&pair);
out:
    return status;
}

static enum status take_keys(struct ctx *cx, struct team *t, const struct answer *a)
{
    enum status status = STATUS_OK;
    struct payload_epoch epoch = {.number = 0};
    struct payload_chain chain = {.chain = {.next = 0}};
    struct chain own = {.ck = a->payload.chain_seed, .next = 0};
    struct rows rows;
    struct epoch *e = NULL;

    rows_read(&rows, a->payload.epochs);
    while (payload_next_epoch(&rows, &epoch)) {
        const struct epoch_name name = {&t->id, epoch.compartment, epoch.number, &epoch.bind};
        TRY(epoch_make(cx, t, &epoch.id, &name, &e));
        TRY(epoch_take_key(cx, t, e, &epoch.key));
    }
    rows_read(&rows, a->payload.chains);
    while (payload_next_chain(&rows, &chain)) {
        const struct device *d = device_by_id(t, &chain.device);
        if (d != NULL && d != t->self) {
            TRY(chain_keep(cx, t, d, &chain.epoch, &chain.chain));
        }
    }
    TRY(chain_keep(cx, t, t->self, &a->payload.chain_epoch, &own));
out:
    key_wipe(&epoch.key);
    key_wipe(&chain.chain.ck);
    key_wipe(&own.ck);
    return status;
}

static enum status join_delete(struct ctx *cx, struct vault *v, int64_t number)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, v, STMT_TEAM_JOIN_DELETE, &s));
    stmt_bind_int(s, 1, number);
    TRY(stmt_run(cx, s));
out:
    return status;
}

static enum status team_make(struct ctx *cx, struct team *t, const struct answer *a)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(team_take_genesis(cx, t, a->payload.genesis));
    if (!id_equal(&t->id, &a->invite.team)) {
        FAIL(cx, STATUS_FORGED, "the invite's team is not the one it was founded as");
    }
    TRY(stmt_use(cx, t->v, STMT_TEAM_BY_ID, &s));
    stmt_bind_bytes(s, 1, BYTES_OF(t->id.b));
    TRY(stmt_step(cx, s, &row));
    stmt_reset(s);
    if (row) {
        FAIL(cx, STATUS_DUPLICATE, "this vault is in '%.*s' already", (int)t->name.len,
             (const char *)t->name.ptr);
    }
    t->genesis_entry = a->payload.genesis_entry;
    TRY(team_row_insert(cx, t, BYTES_OF(a->hash.b)));
    TRY(take_devices(cx, t, a));
    TRY(take_keys(cx, t, a));
    TRY(join_delete(cx, t->v, a->number));
    TRY(log_flush(cx, t));
    TRY(members_refresh(cx, t));
out:
    return status;
}

enum status team_join_finish(struct ctx *cx, struct vault *v, bytes invite_file, struct team **ret,
                             struct buf *ret_content)
{
    enum status status = STATUS_OK;
    struct team *t = NULL;
    struct answer a;

    answer_init(&a);
    TRY(answer_open(cx, v, invite_file, &a));
    TRY(team_alloc(cx, v, &t));
    TRY(vault_begin(cx, v));
    TRY(vault_end(cx, v, team_make(cx, t, &a)));
    TRY(buf_add(cx, ret_content, a.payload.content));
    *ret = t;
    t = NULL;
out:
    team_close(&t);
    answer_finish(&a);
    return status;
}
