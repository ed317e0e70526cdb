/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest is a pseudonym: the team does not know who in the other team it is. Who let the guest in
 * knows, and this vault remembers it for them, so that leaving one team ends the visit in the
 * other.
 */
#include "org.h"

#include <string.h>

/* ---- kept in the vault ---- */

enum status bindings_load(struct session *s, struct bindings *ret)
{
    enum status status = STATUS_OK;
    struct stmt *q = NULL;
    bool row = false;

    ret->count = 0;
    TRY(stmt_use(s->cx, s->vault, STMT_ORG_BIND_LIST, &q));
    stmt_bind_int(q, 1, team_key(s->team));
    TRY(stmt_step(s->cx, q, &row));
    while (row) {
        struct binding b = {.other = stmt_int(q, 1)};
        bytes guest = stmt_bytes(q, 0);
        bytes person = stmt_bytes(q, 2);
        if (guest.len != sizeof b.guest.b || person.len != sizeof b.person.b) {
            FAIL(s->cx, STATUS_INTEGRITY, "what the vault remembers of a guest is damaged");
        }
        if (ret->count == BINDINGS_MAX) {
            FAIL(s->cx, STATUS_LIMIT, "more than %d guests are bound", (int)BINDINGS_MAX);
        }
        memcpy(b.guest.b, guest.ptr, guest.len);
        memcpy(b.person.b, person.ptr, person.len);
        ret->list[ret->count++] = b;
        TRY(stmt_step(s->cx, q, &row));
    }
out:
    if (q != NULL) {
        stmt_reset(q);
    }
    return status;
}

enum status binding_put(struct session *s, const struct binding *b)
{
    enum status status = STATUS_OK;
    struct stmt *q = NULL;

    TRY(stmt_use(s->cx, s->vault, STMT_ORG_BIND_PUT, &q));
    stmt_bind_int(q, 1, team_key(s->team));
    stmt_bind_bytes(q, 2, BYTES_OF(b->guest.b));
    stmt_bind_int(q, 3, b->other);
    stmt_bind_bytes(q, 4, BYTES_OF(b->person.b));
    TRY(stmt_run(s->cx, q));
out:
    return status;
}

enum status binding_drop(struct session *s, const struct id *guest)
{
    enum status status = STATUS_OK;
    struct stmt *q = NULL;

    TRY(stmt_use(s->cx, s->vault, STMT_ORG_BIND_DELETE, &q));
    stmt_bind_int(q, 1, team_key(s->team));
    stmt_bind_bytes(q, 2, BYTES_OF(guest->b));
    TRY(stmt_run(s->cx, q));
out:
    return status;
}

struct wanted_team {
    int64_t key;
    struct buf name;
};

static enum status visit_team(void *self, struct ctx *cx, text name, int64_t key)
{
    struct wanted_team *w = self;

    return key == w->key ? buf_add_text(cx, &w->name, name) : STATUS_OK;
}

enum status binding_team(struct session *s, int64_t key, struct team **ret)
{
    enum status status = STATUS_OK;
    struct wanted_team w = {.key = key};

    buf_init(&w.name, NAME_BYTES_MAX);
    TRY(team_list(s->cx, s->vault, visit_team, &w));
    if (w.name.len == 0) {
        FAIL(s->cx, STATUS_NOT_FOUND, "the other team is not in this vault any more");
    }
    TRY(team_open(s->cx, s->vault, buf_text(&w.name), ret));
out:
    buf_finish(&w.name);
    return status;
}

/* ---- watching ---- */

enum { ROLES_MAX = 8 };

/* The roles the guest holds by my own word. */
struct mine {
    text me;
    text roles[ROLES_MAX];
    size_t count;
};

static enum status visit_role(void *self, struct ctx *cx, const struct team_role *role, text by,
                              bool in_force, text why)
{
    struct mine *m = self;

    (void)cx;
    (void)why;
    if (in_force && text_equal(by, m->me) && m->count < ROLES_MAX) {
        m->roles[m->count++] = role->name;
    }
    return STATUS_OK;
}

static enum status take_place(struct session *s, const struct id *guest)
{
    enum status status = STATUS_OK;
    struct mine m = {.me = team_me(s->team)->name};

    TRY(team_explain(s->cx, s->team, guest, visit_role, &m));
    if (m.count == 0) {
        FAIL(s->cx, STATUS_DENIED, "the guest was let in by somebody else");
    }
    for (size_t i = 0; i < m.count; i++) {
        TRY(team_revoke(s->cx, s->team, guest, m.roles[i], 0, false));
    }
    TRY(binding_drop(s, guest));
out:
    return status;
}

static enum status take_whole(struct session *s, const struct id *guest)
{
    enum status status = STATUS_OK;

    TRY(vault_begin(s->cx, s->vault));
    status = take_place(s, guest);
    if (status == STATUS_OK) {
        status = vault_commit(s->cx, s->vault);
    } else {
        vault_rollback(s->vault);
    }
out:
    return status;
}

static void released_say(struct session *s, text guest, text team, bool done)
{
    line_start(&s->out, "released");
    line_text(&s->out, "guest", guest);
    line_text(&s->out, "team", team);
    line_flag(&s->out, "done", done);
    line_end(&s->out);
    if (done) {
        out_say(&s->out, "%.*s has no place here any more: the person left '%.*s'", TEXT_ARG(guest),
                TEXT_ARG(team));
    } else {
        out_warn(&s->out,
                 "the person behind %.*s left '%.*s', but you may not take the place here: let "
                 "somebody do `valise member remove %.*s`",
                 TEXT_ARG(guest), TEXT_ARG(team), TEXT_ARG(guest));
    }
}

static enum status watch_one(struct session *s, const struct binding *b)
{
    enum status status = STATUS_OK;
    struct team *other = NULL;
    struct buf guest;
    struct buf team;

    buf_init(&guest, NAME_BYTES_MAX);
    buf_init(&team, NAME_BYTES_MAX);
    if (team_member_by_id(s->team, &b->guest) == NULL) {
        goto out;
    }
    status = binding_team(s, b->other, &other);
    if (status == STATUS_NOT_FOUND) {
        fault_clear(s->cx);
        status = STATUS_OK;
        goto out;
    }
    TRY(status);
    if (team_member_by_id(other, &b->person) != NULL) {
        goto out;
    }
    TRY(buf_add_text(s->cx, &guest, member_name(s, &b->guest)));
    TRY(buf_add_text(s->cx, &team, team_name(other)));
    status = take_whole(s, &b->guest);
    bool denied = status == STATUS_DENIED;
    if (denied) {
        fault_clear(s->cx);
        status = team_refresh(s->cx, s->team);
    }
    TRY(status);
    released_say(s, buf_text(&guest), buf_text(&team), !denied);
out:
    team_close(&other);
    buf_finish(&team);
    buf_finish(&guest);
    return status;
}

enum status org_watch(struct session *s)
{
    enum status status = STATUS_OK;
    struct bindings all;

    TRY(bindings_load(s, &all));
    for (size_t i = 0; i < all.count && team_me(s->team) != NULL; i++) {
        TRY(watch_one(s, &all.list[i]));
    }
out:
    return status;
}
