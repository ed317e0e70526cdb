/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compartments of few, roles of a team's own making, other organizations with a liaison who may let
 * in so many guests and no more, newcomers without history, and members who come back on a new
 * machine with their sheet.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { APART_MAX = 3, OWN_ROLES_MAX = 6, GUESTS_MAX = 1 };

struct orgs {
    size_t compartments, roles, organizations, people;
    struct peer *refused; /* a vault whose join was refused: it may try again */
};

static struct orgs *orgs_of(struct sim *s)
{
    if (s->orgs == NULL) {
        s->orgs = calloc(1, sizeof *s->orgs);
        MUST(s->orgs != NULL);
    }
    return s->orgs;
}

void orgs_finish(struct sim *s)
{
    free(s->orgs);
}

/* ---- what a team makes for itself ---- */

static void new_compartment(struct sim *s, struct actor *a)
{
    struct orgs *o = orgs_of(s);
    char name[16];

    if (o->compartments >= APART_MAX) {
        return;
    }
    snprintf(name, sizeof name, "apart%zu", o->compartments);
    enum status status = team_compartment_new(a->desk.cx, sim_team(a), text_of(name));
    expect(s, a, status, "a new compartment");
    if (status == STATUS_OK) {
        o->compartments++;
        s->did[DID_MORE + MORE_COMPARTMENTS]++;
    }
}

/* Rows of access to some of the compartments this person knows. */
static size_t some_access(struct sim *s, struct actor *a, struct role_access rows[static 4])
{
    const struct team *t = sim_team(a);
    size_t count = 0;
    for (size_t i = 0; i < team_compartment_count(t) && count < 4; i++) {
        const struct team_compartment *c = team_compartment_at(t, i);
        if (!c->control && roll_more(s, 2) == 0) {
            rows[count++] = (struct role_access){c->name, roll_more(s, 3) != 0};
        }
    }
    return count;
}

static enum status define(struct actor *a, const struct role_spec *spec)
{
    return team_role_define(a->desk.cx, sim_team(a), spec);
}

static void new_role(struct sim *s, struct actor *a)
{
    struct orgs *o = orgs_of(s);
    struct role_access access[4];
    char name[16];

    if (o->roles >= OWN_ROLES_MAX) {
        return;
    }
    snprintf(name, sizeof name, "own%zu", o->roles);
    const struct role_spec spec = {
        .name = text_of(name),
        .rights = roll_more(s, 4) == 0 ? TEAM_APPOINT | TEAM_SUSPEND : 0,
        .verbs = roll_more(s, 4) == 0 ? VERB_CREATE : 31,
        .access = access,
        .access_count = some_access(s, a, access),
    };
    enum status status = define(a, &spec);
    expect(s, a, status, "a new role");
    if (status == STATUS_OK) {
        o->roles++;
        s->did[DID_MORE + MORE_ROLES]++;
    }
}

static text some_role(struct sim *s, struct actor *a)
{
    const struct team *t = sim_team(a);
    return team_role_at(t, roll_more(s, team_role_count(t)))->name;
}

static void give_role(struct sim *s, struct actor *a)
{
    struct team *t = sim_team(a);
    size_t count = team_member_count(t);
    if (count == 0) {
        return;
    }
    const struct id who = team_member_at(t, roll_more(s, count))->id;
    t->trusted = a->malicious;
    enum status status = team_give(a->desk.cx, t, &who, some_role(s, a));
    t->trusted = false;
    expect(s, a, status, "giving a role");
}

/* ---- people ---- */

static struct peer *newcomer(struct sim *s)
{
    struct orgs *o = orgs_of(s);
    struct peer *p = o->refused != NULL ? o->refused : peer_make(s->world);
    o->refused = p;
    return p;
}

/* The welcome is opened, its entries come, and the newcomer's first entry goes back. */
static void arrive(struct sim *s, struct actor *by, struct peer *p, bytes invite, const char *name,
                   bool without_history)
{
    struct buf content;
    struct admission_counts counts;

    orgs_of(s)->refused = NULL;
    s->walled |= without_history;
    buf_init(&content, TEAM_STREAM_MAX);
    taint_medium(s, invite);
    check_ok(&p->cx, team_join_finish(&p->cx, p->vault, invite, &p->team, &content));
    const struct log_sink sink = peer_sink(p);
    team_set_sink(p->team, &sink);
    check_ok(&p->cx, peer_admit(p, buf_view(&content), &counts));
    buf_finish(&content);
    struct actor *a = sim_take_in(s, p, name);
    a->partial =
        without_history || by->partial || !device_reads(p->team, p->team->self, p->team->data);
    taint_see(s, by);
    taint_see(s, a);
    if (without_history) {
        taint_nothing_yet(s, a);
    }
    sim_pass(s, a, by);
}

static void let_in(struct sim *s, struct actor *by, text role, bool without_history)
{
    struct ctx *cx = by->desk.cx;
    struct buf join, invite;
    uint8_t print[16];
    char name[16];

    if (s->count >= s->most || by->liar) {
        return;
    }
    struct peer *p = newcomer(s);
    buf_init(&join, JOIN_MAX);
    buf_init(&invite, TEAM_STREAM_MAX);
    snprintf(name, sizeof name, "Guest%zu", orgs_of(s)->people++);
    secret_free(&p->root_seed);
    check_ok(&p->cx, team_join_start(&p->cx, p->vault, text_of(name), TEXT("laptop"), false, &join,
                                     &p->root_seed));
    enum status status =
        without_history
            ? team_invite_without_history(cx, sim_team(by), buf_view(&join), role, &invite, print)
            : team_invite(cx, sim_team(by), buf_view(&join), role, &invite, print);
    expect(s, by, status, "letting somebody in");
    if (status == STATUS_OK) {
        arrive(s, by, p, buf_view(&invite), name, without_history);
        s->did[DID_MORE + MORE_GUESTS]++;
    }
    buf_finish(&join);
    buf_finish(&invite);
}

/* Another organization: a role for its guests, one for who stands for it, and the liaison. */
static void new_organization(struct sim *s, struct actor *a)
{
    struct orgs *o = orgs_of(s);
    struct role_access access[4];
    char guest[16], liaison[16];

    if (o->organizations >= 2) {
        return;
    }
    snprintf(guest, sizeof guest, "guest%zu", o->organizations);
    snprintf(liaison, sizeof liaison, "liaison%zu", o->organizations);
    const struct role_spec visits = {.name = text_of(guest),
                                     .verbs = VERB_CREATE | VERB_LOG,
                                     .access = access,
                                     .access_count = some_access(s, a, access)};
    const text grants[] = {text_of(guest)};
    struct role_spec stands = visits;
    stands.name = text_of(liaison);
    stands.rights = TEAM_APPOINT | TEAM_ORGANIZATION;
    stands.max = GUESTS_MAX;
    stands.grants = grants;
    stands.grants_count = 1;
    enum status status = define(a, &visits);
    status = status == STATUS_OK ? define(a, &stands) : status;
    expect(s, a, status, "another organization");
    if (status == STATUS_OK) {
        o->organizations++;
        s->did[DID_MORE + MORE_ORGANIZATIONS]++;
        let_in(s, a, text_of(liaison), roll_more(s, 4) == 0);
    }
}

void orgs_step(struct sim *s, struct actor *a)
{
    switch (roll_more(s, 4)) {
    case 0:
        new_compartment(s, a);
        break;
    case 1:
        new_role(s, a);
        break;
    case 2:
        new_organization(s, a);
        break;
    default:
        give_role(s, a);
        break;
    }
}

/* A liaison when there is one lets in a guest, or tries somebody it may not; else anybody. */
void orgs_guest(struct sim *s, struct actor *a)
{
    const struct team_member *me = team_me(sim_team(a));
    for (size_t i = 0; i < s->count && (me == NULL || !me->organization); i++) {
        struct actor *other = &s->actors[i];
        const struct team_member *m = other->dead ? NULL : team_me(sim_team(other));
        if (m != NULL && m->organization) {
            a = other;
            me = m;
        }
    }
    bool own = me != NULL && me->organization && roll_more(s, 4) != 0;
    struct role_spec mine = {.rights = 0};
    if (own) {
        check_ok(a->desk.cx, team_role_spec_of(a->desk.cx, sim_team(a), me->role, &mine));
    }
    text role = mine.grants_count == 1 ? mine.grants[0] : some_role(s, a);
    let_in(s, a, role, roll_more(s, 6) == 0);
    role_spec_finish(&mine);
}

/* Somebody whose machine is gone, or a copy of itself, comes back with the sheet. */
void orgs_back(struct sim *s, struct actor *by)
{
    struct actor *gone = more_anybody(s);
    struct buf join, invite;
    uint8_t print[16];

    if (s->count >= s->most || by->liar || gone->desk.peer->root_seed == NULL ||
        (!gone->dead && !gone->copied)) {
        return;
    }
    struct peer *p = newcomer(s);
    buf_init(&join, JOIN_MAX);
    buf_init(&invite, TEAM_STREAM_MAX);
    secret_free(&p->root_seed);
    check_ok(&p->cx, team_join_again(&p->cx, p->vault, text_of(gone->name), TEXT("new"),
                                     gone->desk.peer->root_seed, &join));
    enum status status =
        team_invite_back(by->desk.cx, sim_team(by), buf_view(&join), &invite, print);
    expect(s, by, status, "answering who came back");
    if (status == STATUS_OK) {
        arrive(s, by, p, buf_view(&invite), gone->name, false);
        s->did[DID_MORE + MORE_BACK]++;
    }
    buf_finish(&join);
    buf_finish(&invite);
}

/* A record in a compartment that not everybody reads, by who may and by who may not. */
void orgs_write(struct sim *s, struct actor *a)
{
    const struct team *t = sim_team(a);
    const struct team_compartment *c =
        team_compartment_at(t, roll_more(s, team_compartment_count(t)));
    char title[TITLE_MAX];

    if (c->control || (!c->writes && roll_more(s, 8) != 0)) {
        return;
    }
    taint_next(s, title);
    enum status status = sim_write(s, a, c, title);
    expect(s, a, status, "writing apart");
    if (status == STATUS_OK) {
        taint_written(s, a, title);
        s->did[DID_MORE + MORE_APART]++;
    }
}

/* ---- a liaison lets in so many and no more, in everybody's eyes ---- */

void orgs_oracle(struct sim *s)
{
    const struct team *t = sim_team(sim_reference(s));
    for (size_t i = 0; i < t->appointments.count; i++) {
        const struct appointment *host = t->appointments.at[i];
        size_t guests = 0;
        for (size_t k = 0; k < t->appointments.count; k++) {
            struct authority_appointment guest;
            authority_appointment_get(
                t->authority, ((const struct appointment *)t->appointments.at[k])->number, &guest);
            guests += guest.by == host->number && guest.supported && guest.active;
        }
        SIM_MUST(s, host->role->pub.max == 0 || guests <= host->role->pub.max,
                 "%zu guests through one appointment, which may let in %u", guests,
                 host->role->pub.max);
    }
}
