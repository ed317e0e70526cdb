/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Founding a team: the operation everything else hangs on (its hash names the team), the founder's
 * device, the first epochs and the founder's office, all in the first entry of the first log.
 */
#include <string.h>

#include "team-int.h"

#define ALL_VERBS (VERB_CREATE | VERB_SET | VERB_MOVE | VERB_LOG | VERB_DELETE)

static const struct {
    const char *name;
    uint64_t rights, verbs, access;
} BUILT_IN[] = {
    {"admin", TEAM_APPOINT | TEAM_REMOVE | TEAM_SUSPEND, ALL_VERBS, ACCESS_WRITE},
    {"editor", 0, ALL_VERBS, ACCESS_WRITE},
    {"reader", 0, 0, ACCESS_READ},
};
enum { BUILT_IN_COUNT = sizeof BUILT_IN / sizeof BUILT_IN[0] };

enum status access_rows(struct ctx *cx, const uint8_t tag[static COMPARTMENT_BYTES],
                        uint64_t access, struct buf *out)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, 1);
    wire_put_array(&w, 2);
    wire_put_bytes(&w, BYTES(tag, COMPARTMENT_BYTES));
    wire_put_uint(&w, access);
    return wire_writer_done(&w);
}

static enum status built_in_roles(struct ctx *cx, const uint8_t data[static COMPARTMENT_BYTES],
                                  struct buf *out)
{
    enum status status = STATUS_OK;
    struct buf rows, access;
    buf_init(&rows, 4 * KIB);
    buf_init(&access, KIB);
    for (size_t i = 0; i < BUILT_IN_COUNT; i++) {
        buf_clear(&access);
        TRY(access_rows(cx, data, BUILT_IN[i].access, &access));
        const struct role_row row = {
            .name = {.ptr = BUILT_IN[i].name, .len = strlen(BUILT_IN[i].name)},
            .rights = BUILT_IN[i].rights,
            .compartments = buf_view(&access),
            .verbs = BUILT_IN[i].verbs};
        TRY(role_write(cx, &row, &rows));
    }
    TRY(rows_write(cx, BUILT_IN_COUNT, buf_view(&rows), out));
out:
    buf_finish(&access);
    buf_finish(&rows);
    return status;
}

static enum status put_fixed_rows(struct ctx *cx, const uint8_t *items, size_t count, size_t len,
                                  struct buf *out)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_bytes(&w, BYTES(items + i * len, len));
    }
    return wire_writer_done(&w);
}

static enum status genesis_write(struct ctx *cx, text name, text member_name,
                                 const uint8_t root_pk[static 32], struct buf *out)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_GENESIS};
    uint8_t compartments[2 * COMPARTMENT_BYTES];
    struct buf owners, roles, lists;

    buf_init(&owners, KIB);
    buf_init(&roles, 4 * KIB);
    buf_init(&lists, KIB);
    cx->system->random(cx->system->self, compartments, sizeof compartments);
    cx->system->random(cx->system->self, op.u.genesis.salt, sizeof op.u.genesis.salt);
    TRY(put_fixed_rows(cx, root_pk, 1, 32, &owners));
    TRY(put_fixed_rows(cx, compartments, 2, COMPARTMENT_BYTES, &lists));
    TRY(built_in_roles(cx, compartments + COMPARTMENT_BYTES, &roles));
    op.u.genesis.format = GENESIS_FORMAT;
    op.u.genesis.owners = buf_view(&owners);
    op.u.genesis.quorum = 1;
    op.u.genesis.member_name = member_name;
    op.u.genesis.team_name = name;
    op.u.genesis.roles = buf_view(&roles);
    op.u.genesis.compartments = buf_view(&lists);
    TRY(charter_op_write(cx, &op, out));
out:
    buf_finish(&owners);
    buf_finish(&roles);
    buf_finish(&lists);
    return status;
}

enum status name_check(struct ctx *cx, text name, const char *what)
{
    enum status status = STATUS_OK;
    if (name.len < 1 || name.len > NAME_BYTES_MAX) {
        FAIL(cx, STATUS_USAGE, "the %s needs 1 to %u bytes", what, NAME_BYTES_MAX);
    }
    if (!utf8_valid(BYTES(name.ptr, name.len))) {
        FAIL(cx, STATUS_USAGE, "the %s is not valid UTF-8", what);
    }
out:
    return status;
}

enum status team_row_insert(struct ctx *cx, struct team *t, bytes invite_hash)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    TRY(stmt_use(cx, t->v, STMT_TEAM_INSERT, &s));
    stmt_bind_bytes(s, 1, BYTES_OF(t->id.b));
    stmt_bind_text(s, 2, buf_text(&t->name));
    stmt_bind_bytes(s, 3, buf_view(&t->genesis));
    stmt_bind_bytes(s, 4, BYTES(t->genesis_entry.b, id_is_zero(&t->genesis_entry) ? 0 : 32));
    stmt_bind_int(s, 5, 0);
    stmt_bind_bytes(s, 6, invite_hash);
    TRY(stmt_run(cx, s));
    t->key = vault_last_rowid(t->v);
    TRY(team_touch(cx, t));
out:
    return status;
}

enum status team_self_insert(struct ctx *cx, struct team *t, const struct device_keys *keys,
                             const uint8_t root_pk[static 32], text device_name)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    uint8_t all[96];
    struct id id;

    memcpy(all, keys->sign_pk, 32);
    memcpy(all + 32, keys->box_pk, 32);
    memcpy(all + 64, root_pk, 32);
    device_id(keys->sign_pk, keys->box_pk, root_pk, &id);
    TRY(device_make(cx, t, &id, BYTES_OF(all), device_name, &t->self));
    TRY(stmt_use(cx, t->v, STMT_TEAM_SET_SELF, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_int(s, 2, t->self->pub.ix);
    TRY(stmt_run(cx, s));
    TRY(stmt_use(cx, t->v, STMT_TEAM_SECRET_INSERT, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_bytes(s, 2, secret_view(keys->sign_sk));
    stmt_bind_bytes(s, 3, secret_view(keys->box_sk));
    TRY(stmt_run(cx, s));
    TRY(secret_copy(cx, secret_view(keys->sign_sk), &t->sign_sk));
    TRY(secret_copy(cx, secret_view(keys->box_sk), &t->box_sk));
out:
    return status;
}

enum status team_set_genesis_entry(struct ctx *cx, struct team *t, const struct id *id)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, t->v, STMT_TEAM_SET_GENESIS_ENTRY, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_bytes(s, 2, BYTES_OF(id->b));
    TRY(stmt_run(cx, s));
    t->genesis_entry = *id;
out:
    return status;
}

static enum status link_write(struct ctx *cx, const struct device_keys *keys,
                              const uint8_t root_pk[static 32], const struct secret *seed,
                              text device_name, struct buf *out)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_LINK};

    memcpy(op.u.link.root_pk, root_pk, 32);
    memcpy(op.u.link.sign_pk, keys->sign_pk, 32);
    memcpy(op.u.link.box_pk, keys->box_pk, 32);
    op.u.link.device_name = device_name;
    TRY(root_sign_link(cx, seed, keys->sign_pk, keys->box_pk, device_name, op.u.link.signature));
    TRY(charter_op_write(cx, &op, out));
out:
    return status;
}

static enum status first_entry(struct ctx *cx, struct team *t, bytes link)
{
    enum status status = STATUS_OK;
    struct buf control, data;
    struct id unused;

    buf_init(&control, 4 * KIB);
    buf_init(&data, 4 * KIB);
    TRY(epoch_mint(cx, t, t->control, false, &control, &unused));
    TRY(epoch_mint(cx, t, t->data, false, &data, &unused));
    const bytes ops[] = {buf_view(&t->genesis), link, buf_view(&control), buf_view(&data)};
    TRY(log_control(cx, t, ops, sizeof ops / sizeof ops[0]));
    TRY(log_sign_head(cx, t));
out:
    buf_finish(&control);
    buf_finish(&data);
    return status;
}

struct founding {
    text name, member_name, device_name;
    const struct secret *seed;
    const uint8_t *root_pk;
    const struct device_keys *keys;
};

static enum status found(struct ctx *cx, struct team *t, const struct founding *f)
{
    enum status status = STATUS_OK;
    struct buf genesis, link;

    buf_init(&genesis, 16 * KIB);
    buf_init(&link, 4 * KIB);
    TRY(genesis_write(cx, f->name, f->member_name, f->root_pk, &genesis));
    TRY(team_take_genesis(cx, t, buf_view(&genesis)));
    TRY(team_row_insert(cx, t, BYTES(NULL, 0)));
    TRY(team_self_insert(cx, t, f->keys, f->root_pk, f->device_name));
    TRY(link_write(cx, f->keys, f->root_pk, f->seed, f->device_name, &link));
    TRY(first_entry(cx, t, buf_view(&link)));
out:
    buf_finish(&genesis);
    buf_finish(&link);
    return status;
}

enum status team_found(struct ctx *cx, struct vault *v, text name, text member_name,
                       text device_name, struct secret **ret_root_seed, struct team **ret)
{
    enum status status = STATUS_OK;
    struct team *t = NULL;
    struct secret *seed = NULL;
    struct device_keys keys = {0};
    uint8_t root_pk[32];
    struct founding f = {name, member_name, device_name, NULL, root_pk, &keys};

    TRY(name_check(cx, name, "team's name"));
    TRY(name_check(cx, member_name, "member's name"));
    TRY(name_check(cx, device_name, "device's name"));
    TRY(root_key_make(cx, &seed, root_pk));
    TRY(device_keys_make(cx, &keys));
    f.seed = seed;
    TRY(team_alloc(cx, v, &t));
    TRY(vault_begin(cx, v));
    TRY(vault_end(cx, v, found(cx, t, &f)));
    *ret = t;
    *ret_root_seed = seed;
    t = NULL;
    seed = NULL;
out:
    device_keys_finish(&keys);
    secret_free(&seed);
    team_close(&t);
    return status;
}
