/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a team and keeping memory true to the vault. The charter is not stored as state: it is
 * applied again from the control entries each time a team is opened, so there is nothing that
 * could disagree with the log. A random generation in the team's row tells when a rollback made
 * memory run ahead.
 */
#include <stdlib.h>
#include <string.h>

#include "lanes-int.h"

enum { REACHED_BUF_MAX = 4 << 20, ROWS_BUF_MAX = 16 << 20 };

enum status pointers_add(struct ctx *cx, struct pointers *l, void *item)
{
    enum status status = STATUS_OK;
    TRY(MEM_GROW(cx, l->at, l->cap, l->count + 1));
    l->at[l->count++] = item;
out:
    return status;
}

void pointers_finish(struct pointers *l)
{
    free(l->at);
    *l = (struct pointers){0};
}

const struct key *secret_key(const struct secret *s)
{
    bytes view = secret_view(s);
    MUST(view.len == sizeof(struct key));
    return (const struct key *)(const void *)view.ptr;
}

enum status team_alloc(struct ctx *cx, struct vault *v, struct team **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    TRY(mem_new(cx, 1, sizeof(struct team), &memory));
    struct team *t = memory;
    t->v = v;
    t->system = cx->system;
    buf_init(&t->name, NAME_BYTES_MAX);
    buf_init(&t->genesis, 64 * KIB);
    buf_init(&t->reached, REACHED_BUF_MAX);
    buf_init(&t->appointment_rows, ROWS_BUF_MAX);
    buf_init(&t->refs, ROWS_BUF_MAX);
    TRY(authority_new(cx, &t->authority));
    *ret = t;
    memory = NULL;
out:
    free(memory);
    return status;
}

void team_reset(struct team *t)
{
    for (size_t i = 0; i < t->device_pool.count; i++) {
        struct device *d = t->device_pool.at[i];
        d->linked = d->handed_over = d->has_keys = d->clock_loaded = d->dirty = false;
        d->moved = d->unproven = false;
        d->parent = d->next = NULL;
        d->fork_seq = d->acknowledged = 0;
        d->fork_winner = 0;
        branches_free(d);
        d->links.count = 0;
        d->via = NULL;
        d->told = 0;
        d->prekey_first = d->prekey_seq = 0;
        buf_clear(&d->prekeys);
        d->pub.head_seq = d->head_lamport = d->signed_seq = 0;
        d->head_id = (struct id){{0}};
        d->clock.count = 0;
    }
    for (size_t i = 0; i < t->members.count; i++) {
        struct member *m = t->members.at[i];
        m->known = false;
        m->verified_loaded = false;
        m->pub.role = NULL;
        m->best = NULL;
    }
    for (size_t i = 0; i < t->roles.count; i++) {
        struct role *r = t->roles.at[i];
        r->known = false;
        r->lamport = 0;
        r->places.count = 0;
    }
    for (size_t i = 0; i < t->compartments.count; i++) {
        struct compartment *c = t->compartments.at[i];
        c->known = false;
        c->places.count = 0;
    }
    for (size_t i = 0; i < t->appointments.count; i++) {
        free(t->appointments.at[i]);
    }
    for (size_t i = 0; i < t->epochs.count; i++) {
        epoch_free(t->epochs.at[i]);
    }
    t->devices_by_id.count = 0;
    t->devices.count = t->lanes.count = t->appointments.count = t->epochs.count = 0;
    t->shown_devices.count = t->shown_members.count = t->former_members.count = 0;
    t->shown_roles.count = t->shown_compartments.count = 0;
    for (size_t i = 0; i < t->powers.count; i++) {
        free(t->powers.at[i]);
    }
    t->powers.count = 0;
    for (size_t i = 0; i < t->undoings.count; i++) {
        free(t->undoings.at[i]);
    }
    t->undoings.count = 0;
    council_free_all(t);
    effects_forget(t);
    authority_clear(t->authority);
    buf_clear(&t->refs);
    t->open_via = NULL;
    standing_changed(t);
    buf_clear(&t->reached);
    t->chains_ready = false;
    t->self = NULL;
}

static void pools_free(struct team *t)
{
    for (size_t i = 0; i < t->device_pool.count; i++) {
        struct device *d = t->device_pool.at[i];
        buf_finish(&d->name);
        buf_finish(&d->prekeys);
        clock_finish(&d->clock);
        free(d->links.at);
        free(d);
    }
    for (size_t i = 0; i < t->members.count; i++) {
        buf_finish(&((struct member *)t->members.at[i])->name);
        free(t->members.at[i]);
    }
    for (size_t i = 0; i < t->roles.count; i++) {
        buf_finish(&((struct role *)t->roles.at[i])->name);
        buf_finish(&((struct role *)t->roles.at[i])->row);
        free(((struct role *)t->roles.at[i])->places.at);
        free(t->roles.at[i]);
    }
}

void team_close(struct team **tp)
{
    struct team *t = *tp;
    if (t == NULL) {
        return;
    }
    if (t->evidence.count > 0 && !t->readonly) {
        struct ctx cx;
        ctx_init(&cx, t->system);
        if (fork_flush(&cx, t, true) != STATUS_OK) {
            fault_clear(&cx); /* the same fork will be seen again */
        }
    }
    fork_free_all(t);
    team_reset(t);
    pools_free(t);
    pointers_finish(&t->device_pool);
    pointers_finish(&t->devices);
    pointers_finish(&t->devices_by_id);
    pointers_finish(&t->lanes);
    pointers_finish(&t->members);
    pointers_finish(&t->roles);
    pointers_finish(&t->appointments);
    pointers_finish(&t->epochs);
    compartments_free(t);
    pointers_finish(&t->compartments);
    pointers_finish(&t->council);
    pointers_finish(&t->powers);
    pointers_finish(&t->undoings);
    pointers_finish(&t->tells);
    pointers_finish(&t->shown_roles);
    pointers_finish(&t->shown_compartments);
    pointers_finish(&t->shown_devices);
    pointers_finish(&t->shown_members);
    pointers_finish(&t->former_members);
    pointers_finish(&t->evidence);
    secret_free(&t->sign_sk);
    secret_free(&t->box_sk);
    buf_finish(&t->name);
    buf_finish(&t->genesis);
    buf_finish(&t->reached);
    buf_finish(&t->appointment_rows);
    buf_finish(&t->refs);
    authority_free(&t->authority);
    free(t);
    *tp = NULL;
}

/* ---- loading ---- */

enum status team_take_genesis(struct ctx *cx, struct team *t, bytes genesis)
{
    enum status status = STATUS_OK;
    struct charter_op op;
    struct role_row row;
    struct rows rows;
    bytes encoded;

    TRY(charter_op_parse(cx, genesis, &op));
    if (op.verb != CHARTER_GENESIS || op.after_seconds != 0) {
        FAIL(cx, STATUS_MALFORMED, "[AUTH-02] a team does not begin with this operation");
    }
    if (op.u.genesis.format != GENESIS_FORMAT) {
        FAIL(cx, STATUS_UNSUPPORTED, "[AUTH-02] the team's charter has format %llu",
             (unsigned long long)op.u.genesis.format);
    }
    rows_read(&rows, op.u.genesis.owners);
    if (op.u.genesis.quorum < 1 || op.u.genesis.quorum > rows.left ||
        2 * op.u.genesis.quorum <= rows.left) {
        FAIL(cx, STATUS_MALFORMED, "[AUTH-02] the owners' quorum is not a majority of them");
    }
    team_id(genesis, &t->id);
    buf_clear(&t->genesis);
    buf_clear(&t->name);
    TRY(buf_add(cx, &t->genesis, genesis));
    TRY(buf_add_text(cx, &t->name, op.u.genesis.team_name));
    rows_read(&rows, op.u.genesis.compartments);
    (void)rows_next_fixed(&rows, t->control, sizeof t->control);
    (void)rows_next_fixed(&rows, t->data, sizeof t->data);
    if (memcmp(t->control, t->data, sizeof t->control) == 0) {
        FAIL(cx, STATUS_MALFORMED, "[AUTH-02] the two compartments are one");
    }
    TRY(compartments_found(cx, t));
    rows_read(&rows, op.u.genesis.roles);
    while (rows_next_role(&rows, &row, &encoded)) {
        TRY(role_make(cx, t, encoded, (struct place){0, 0}, 0, NULL));
    }
out:
    return status;
}

static enum status secrets_load(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    secret_free(&t->sign_sk); /* a rollback may have brought back what was erased */
    secret_free(&t->box_sk);
    TRY(stmt_use(cx, t->v, STMT_TEAM_SECRET_GET, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    size_t box_len = row ? stmt_bytes(s, 1).len : 0;
    if (!row || stmt_bytes(s, 0).len != 64 || (box_len != 0 && box_len != 32)) {
        FAIL(cx, STATUS_INTEGRITY, "this device's own keys are missing or damaged");
    }
    TRY(secret_copy(cx, stmt_bytes(s, 0), &t->sign_sk));
    if (box_len > 0) {
        TRY(secret_copy(cx, stmt_bytes(s, 1), &t->box_sk));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* Row of the team; *ret_self: local number of this device. */
static enum status row_load(struct ctx *cx, struct team *t, int64_t *ret_self)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;
    bytes entry;
    struct id id;

    TRY(stmt_use(cx, t->v, STMT_TEAM_GET, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    if (!row) {
        FAIL(cx, STATUS_NOT_FOUND, "the team is not in this vault");
    }
    TRY(team_take_genesis(cx, t, stmt_bytes(s, 2)));
    memset(&id, 0, sizeof id);
    if (stmt_bytes(s, 0).len == sizeof id.b) {
        memcpy(id.b, stmt_bytes(s, 0).ptr, sizeof id.b);
    }
    entry = stmt_bytes(s, 3);
    if (!id_equal(&id, &t->id) || (entry.len != 0 && entry.len != sizeof t->genesis_entry.b)) {
        FAIL(cx, STATUS_INTEGRITY, "the team's row does not fit its founding operation");
    }
    memset(&t->genesis_entry, 0, sizeof t->genesis_entry);
    if (entry.len > 0) {
        memcpy(t->genesis_entry.b, entry.ptr, entry.len);
    }
    *ret_self = stmt_int(s, 4);
    t->open_time = stmt_int(s, 5);
    t->generation = stmt_int(s, 6);
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status team_load(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    int64_t self = 0;

    t->stale = true;
    team_reset(t);
    TRY(row_load(cx, t, &self));
    TRY(secrets_load(cx, t));
    TRY(devices_load(cx, t));
    t->self = device_by_ix(t, self);
    if (t->self == NULL) {
        FAIL(cx, STATUS_INTEGRITY, "this device is missing from the team's devices");
    }
    TRY(clock_load(cx, t, t->self));
    TRY(epochs_load(cx, t));
    TRY(appointment_rows_load(cx, t));
    TRY(charter_load(cx, t));
    TRY(log_open_load(cx, t));
    t->new_keys = false;
    t->stale = false;
out:
    return status;
}

enum status team_sync(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    if (t->admitting) {
        return STATUS_OK; /* memory is ahead on purpose until admission_finish() */
    }
    TRY(stmt_use(cx, t->v, STMT_TEAM_GENERATION, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    bool same = row && stmt_int(s, 0) == t->generation;
    stmt_reset(s);
    if (!same || t->stale) {
        TRY(team_load(cx, t));
        fork_unstored(t);
    }
    TRY(fork_flush(cx, t, false));
out:
    return status;
}

enum status team_refresh(struct ctx *cx, struct team *t)
{
    enum status status = team_sync(cx, t);
    return status == STATUS_OK ? log_open_load(cx, t) : status;
}

enum status team_touch(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    uint8_t random[8];

    cx->system->random(cx->system->self, random, sizeof random);
    int64_t generation = (int64_t)(get_u64le(random) & INT64_MAX);
    TRY(stmt_use(cx, t->v, STMT_TEAM_TOUCH, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_int(s, 2, generation);
    TRY(stmt_run(cx, s));
    t->generation = generation;
out:
    return status;
}

/* ---- the door ---- */

enum status team_open_key(struct ctx *cx, struct vault *v, int64_t key, struct team **ret)
{
    enum status status = STATUS_OK;
    struct team *t = NULL;

    TRY(team_alloc(cx, v, &t));
    t->key = key;
    TRY(team_load(cx, t));
    TRY(windows_erase(cx, t));
    *ret = t;
    t = NULL;
out:
    team_close(&t);
    return status;
}

enum status team_list(struct ctx *cx, struct vault *v,
                      enum status (*visit)(void *self, struct ctx *cx, text name, int64_t key),
                      void *self)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, v, STMT_TEAM_LIST, &s));
    TRY(stmt_step(cx, s, &row));
    while (row) {
        TRY(visit(self, cx, stmt_text(s, 0), stmt_int(s, 1)));
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

struct search {
    text name;
    int64_t key;
    size_t exact, prefix;
    struct buf names;
};

static enum status search_team(void *self, struct ctx *cx, text name, int64_t key)
{
    struct search *s = self;
    bool exact = text_equal(name, s->name);

    if (!text_starts(name, s->name)) {
        return STATUS_OK;
    }
    s->prefix++;
    s->exact += exact;
    if (s->key == 0 || (exact && s->exact == 1)) {
        s->key = key;
    }
    if (buf_printf(cx, &s->names, "%s'%.*s'", s->names.len > 0 ? ", " : "", (int)name.len,
                   name.ptr) != STATUS_OK) {
        fault_clear(cx); /* the list is long; what fits is shown */
    }
    return STATUS_OK;
}

enum status team_open(struct ctx *cx, struct vault *v, text name, struct team **ret)
{
    enum status status = STATUS_OK;
    struct search s = {.name = name};

    buf_init(&s.names, FAULT_TEXT_MAX / 2);
    TRY(team_list(cx, v, search_team, &s));
    if (s.prefix == 0) {
        (void)fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__,
                        name.len == 0 ? "this vault has no team" : "no team is called '%.*s'",
                        (int)name.len, name.ptr);
        status = fault_hint(
            cx, "valise team new NAME founds one, valise join enters one; valise restore "
                "device comes back into one with your recovery sheet");
        goto out;
    }
    if (s.exact > 1 || (s.exact == 0 && s.prefix > 1)) {
        FAIL(cx, STATUS_AMBIGUOUS, "which team? %.*s", (int)s.names.len, (const char *)s.names.ptr);
    }
    TRY(team_open_key(cx, v, s.key, ret));
out:
    buf_finish(&s.names);
    return status;
}

struct vault *team_vault(struct team *t)
{
    return t->v;
}

int64_t team_key(const struct team *t)
{
    return t->key;
}

text team_name(const struct team *t)
{
    return buf_text(&t->name);
}

const struct id *team_identity(const struct team *t)
{
    return &t->id;
}
