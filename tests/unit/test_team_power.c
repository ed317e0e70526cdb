/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves that taking power away holds on real logs: removals with cuts, equals, suspension,
 * orphans, roles changed, machines lost, owners together, compartments, whatever order colleagues
 * hear of it in; that data entries stop and begin to count exactly where the charter says, on every
 * machine; and that the log, checked from its bytes, agrees. The rules alone are tested in
 * test_authority.c and against the model.
 */
#include "team-int.h"
#include "team-world.h"

#define TEXT_ROW(literal)                                                                          \
    {                                                                                              \
        .ptr = (literal), .len = sizeof(literal) - 1                                               \
    } /* TEXT() where a constant is needed */

struct office {
    struct team_world w;
    struct peer *anna, *ben, *cleo, *dora, *emil; /* owner, two admins, two editors */
    struct peer *changed; /* whose own program does not judge: its own log is no witness */
};

static void office_start(struct office *o)
{
    o->changed = NULL;
    team_world_init(&o->w, test_seed());
    o->anna = peer_found(&o->w);
    o->ben = peer_join(&o->w, o->anna, "Ben", "admin");
    o->cleo = peer_join(&o->w, o->anna, "Cleo", "admin");
    o->dora = peer_join(&o->w, o->anna, "Dora", "editor");
    o->emil = peer_join(&o->w, o->anna, "Emil", "editor");
}

static void all_know(struct office *o)
{
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < o->w.count; i++) {
            for (size_t k = 0; k < o->w.count; k++) {
                if (i != k) {
                    peer_pass(&o->w.peers[i], &o->w.peers[k]);
                }
            }
        }
    }
}

static int64_t number(struct peer *p, const char *query)
{
    struct stmt *s = NULL;
    bool row = false;
    check_ok(&p->cx, stmt_prepare(&p->cx, p->vault, query, &s));
    check_ok(&p->cx, stmt_step(&p->cx, s, &row));
    int64_t value = row ? stmt_int(s, 0) : 0;
    stmt_reset(s);
    return value;
}

static int64_t counting(struct peer *p)
{
    return number(p, "SELECT count(*) FROM log_entry WHERE control = 0 AND counts = 1");
}

static int64_t not_counting(struct peer *p)
{
    return number(p, "SELECT count(*) FROM log_entry WHERE control = 0 AND counts = 0");
}

static bool present(struct peer *p, const char *name)
{
    const struct team_member *m = NULL;
    enum status status = team_member_find(&p->cx, p->team, text_of(name), &m);
    fault_clear(&p->cx);
    return status == STATUS_OK;
}

static const struct team_member *member(struct peer *p, const char *name)
{
    const struct team_member *m = NULL;
    check_ok(&p->cx, team_member_find(&p->cx, p->team, text_of(name), &m));
    MUST(m != NULL);
    return m;
}

static struct id id_of(struct peer *p, const char *name)
{
    for (size_t i = 0; i < p->team->members.count; i++) {
        const struct member *m = p->team->members.at[i];
        if (m->known && text_equal(m->pub.name, text_of(name))) {
            return m->pub.id;
        }
    }
    fail_msg("nobody is called %s", name);
    return (struct id){{0}};
}

static int64_t device_of(struct peer *p, struct peer *of)
{
    const struct team_device *d = team_device_by_id(p->team, &of->team->self->pub.id);
    assert_non_null(d);
    return d->ix;
}

/* Everybody who is in holds the same, gives the same answers, and the log read from its bytes
 * agrees. Who is out is given no new key of the charter, so his machine waits where it was. */
static void all_agree(struct office *o, int64_t count, int64_t void_count)
{
    for (size_t i = 0; i < o->w.count; i++) {
        struct peer *p = &o->w.peers[i];
        uint64_t entries;
        const struct device *d = device_by_id(o->anna->team, &p->team->self->pub.id);
        if (!device_reads(o->anna->team, d, o->anna->team->control)) {
            continue;
        }
        if (counting(p) != count || not_counting(p) != void_count) {
            print_error("peer %zu: %lld count, %lld do not\n", i, (long long)counting(p),
                        (long long)not_counting(p));
        }
        assert_int_equal(counting(p), count);
        assert_int_equal(not_counting(p), void_count);
        if (p == o->changed) {
            continue;
        }
        check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
        peer_close(p);
        peer_open(p);
        check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
        assert_int_equal(team_member_count(p->team), team_member_count(o->anna->team));
    }
}

struct wanted {
    const char *about;
    uint64_t number;
};

static enum status find_removal(void *self, struct ctx *cx, const struct team_decision *d)
{
    struct wanted *w = self;
    (void)cx;
    if (text_equal(d->about, text_of(w->about)) && text_equal(d->what, TEXT("was removed")) &&
        d->in_force) {
        w->number = d->number;
    }
    return STATUS_OK;
}

static uint64_t removal_of(struct peer *p, const char *name)
{
    struct wanted w = {.about = name};
    check_ok(&p->cx, team_decisions_each(&p->cx, p->team, find_removal, &w));
    assert_true(w.number > 0);
    return w.number;
}

/* ---- removal ---- */

static void test_removed_with_a_cut(void **state)
{
    struct office o;
    (void)state;
    office_start(&o);
    peer_write(o.dora, "before");
    all_know(&o);
    struct id dora = id_of(o.ben, "Dora");
    check_ok(&o.ben->cx, team_remove(&o.ben->cx, o.ben->team, &dora, 0));
    assert_false(present(o.ben, "Dora"));
    /* she does not know yet and goes on */
    peer_write(o.dora, "after");
    peer_pass(o.dora, o.emil); /* who does not know either */
    assert_int_equal(counting(o.emil), 2);
    peer_write(o.emil, "built on it");
    all_know(&o);
    all_agree(&o, 2, 1); /* before, built on it; after */
    assert_false(present(o.dora, "Dora"));
    assert_null(team_me(o.dora->team));
    struct entry_info info;
    int64_t key;
    check_status(&o.dora->cx, STATUS_DENIED,
                 log_append(&o.dora->cx, o.dora->team, &(struct log_target){.verb = VERB_SET},
                            BYTES("\x82\x01\x00", 3), &info, &key));
    /* a changed program of hers goes on, and takes everybody down with her */
    o.changed = o.dora;
    o.dora->team->trusted = true;
    peer_write(o.dora, "still here");
    struct id ben = id_of(o.dora, "Ben"), emil = id_of(o.dora, "Emil");
    check_ok(&o.dora->cx, team_suspend(&o.dora->cx, o.dora->team, &emil));
    o.dora->team->trusted = false;
    (void)ben;
    all_know(&o);
    all_agree(&o, 2, 2);
    assert_true(present(o.anna, "Emil"));
    assert_false(member(o.anna, "Emil")->suspended);
    /* pardoned by the owner: all of it counts again */
    check_ok(&o.anna->cx, team_pardon(&o.anna->cx, o.anna->team, removal_of(o.anna, "Dora")));
    all_know(&o);
    assert_true(present(o.cleo, "Dora"));
    all_agree(&o, 4, 0);
    team_world_finish(&o.w);
}

static void test_only_downwards(void **state)
{
    struct office o;
    (void)state;
    office_start(&o);
    all_know(&o);
    struct id ben = id_of(o.cleo, "Ben"), anna = id_of(o.cleo, "Anna"),
              dora = id_of(o.emil, "Dora");
    check_fault(&o.cleo->cx, STATUS_DENIED, "as high as you",
                team_remove(&o.cleo->cx, o.cleo->team, &ben, 0));
    check_fault(&o.cleo->cx, STATUS_DENIED, "owner",
                team_remove(&o.cleo->cx, o.cleo->team, &anna, 0));
    check_fault(&o.emil->cx, STATUS_DENIED, "right",
                team_remove(&o.emil->cx, o.emil->team, &dora, 0));
    /* with a changed program it is said, and has no effect */
    o.cleo->team->trusted = true;
    struct charter_op op = {.verb = CHARTER_REMOVE, .u.remove = {.member = anna}};
    struct buf encoded;
    buf_init(&encoded, 4096);
    check_ok(&o.cleo->cx, charter_op_write(&o.cleo->cx, &op, &encoded));
    const bytes list[] = {buf_view(&encoded)};
    check_ok(&o.cleo->cx, log_control(&o.cleo->cx, o.cleo->team, list, 1));
    o.cleo->team->trusted = false;
    peer_write(o.anna, "here I am");
    all_know(&o);
    assert_true(present(o.dora, "Anna"));
    all_agree(&o, 1, 0);
    buf_finish(&encoded);
    team_world_finish(&o.w);
}

/* A removed administrator lets a mole in; colleagues hear of the mole first. */
static void test_mole_of_a_removed_admin(void **state)
{
    struct office o;
    (void)state;
    office_start(&o);
    all_know(&o);
    struct id ben = id_of(o.anna, "Ben");
    check_ok(&o.anna->cx, team_remove(&o.anna->cx, o.anna->team, &ben, 0));
    struct peer *finn = peer_join(&o.w, o.ben, "Finn", "admin"); /* Ben has not heard */
    peer_write(finn, "honest work");
    peer_pass(finn, o.emil);
    assert_true(present(o.emil, "Finn"));
    assert_int_equal(counting(o.emil), 1);
    peer_pass(o.anna, o.emil);
    assert_false(present(o.emil, "Finn"));
    all_know(&o);
    all_agree(&o, 0, 1);
    /* Finn was honest: taken over by the owner, all his work is back */
    struct id who = id_of(o.anna, "Finn");
    check_ok(&o.anna->cx, team_reattach(&o.anna->cx, o.anna->team, &who));
    all_know(&o);
    assert_true(present(o.dora, "Finn"));
    all_agree(&o, 1, 0);
    team_world_finish(&o.w);
}

/* ---- equals ---- */

static void test_equals_suspend_each_other(void **state)
{
    struct office o;
    (void)state;
    office_start(&o);
    all_know(&o);
    struct id ben = id_of(o.cleo, "Ben"), cleo = id_of(o.ben, "Cleo");
    peer_write(o.ben, "before");
    peer_pass(o.ben, o.cleo);
    check_ok(&o.cleo->cx, team_suspend(&o.cleo->cx, o.cleo->team, &ben));
    check_ok(&o.ben->cx, team_suspend(&o.ben->cx, o.ben->team, &cleo));
    peer_write(o.cleo, "while it lasts");
    all_know(&o);
    all_agree(&o, 1, 1);
    assert_true(member(o.dora, "Ben")->suspended);
    assert_true(member(o.dora, "Cleo")->suspended);
    check_fault(&o.ben->cx, STATUS_DENIED, "suspended",
                log_append(&o.ben->cx, o.ben->team, &(struct log_target){.verb = VERB_SET},
                           BYTES("\x82\x01\x00", 3), &(struct entry_info){0}, &(int64_t){0}));
    check_ok(&o.anna->cx, team_lift(&o.anna->cx, o.anna->team, &cleo));
    all_know(&o);
    assert_false(member(o.dora, "Cleo")->suspended);
    assert_true(member(o.dora, "Ben")->suspended);
    all_agree(&o, 2, 0);
    team_world_finish(&o.w);
}

/* ---- roles ---- */

static void test_another_role(void **state)
{
    struct office o;
    (void)state;
    office_start(&o);
    peer_write(o.dora, "as an editor");
    all_know(&o);
    struct id dora = id_of(o.ben, "Dora");
    check_ok(&o.ben->cx,
             team_replace(&o.ben->cx, o.ben->team, &dora, TEXT("editor"), TEXT("reader")));
    assert_true(text_equal(member(o.ben, "Dora")->role->name, TEXT("reader")));
    peer_write(o.dora, "not heard yet");
    uint64_t denied = o.emil->denied;
    all_know(&o);
    assert_true(text_equal(member(o.dora, "Dora")->role->name, TEXT("reader")));
    assert_true(o.emil->denied > denied); /* judged by the new role where it arrives */
    check_status(&o.dora->cx, STATUS_DENIED,
                 log_append(&o.dora->cx, o.dora->team, &(struct log_target){.verb = VERB_SET},
                            BYTES("\x82\x01\x00", 3), &(struct entry_info){0}, &(int64_t){0}));
    check_ok(&o.ben->cx,
             team_replace(&o.ben->cx, o.ben->team, &dora, TEXT("reader"), TEXT("editor")));
    all_know(&o);
    peer_write(o.dora, "again");
    all_know(&o);
    all_agree(&o, 3, 0);
    team_world_finish(&o.w);
}

static void test_fields_of_a_role(void **state)
{
    struct office o;
    static const text fields[] = {TEXT_ROW("state")};
    struct role_type types[] = {{TEXT_ROW("desk.ticket"), fields, 1, VERB_SET | VERB_LOG}};
    struct role_access access[] = {{TEXT_ROW("team"), true}};
    const struct role_spec spec = {.name = TEXT("clerk"),
                                   .verbs = 0,
                                   .access = access,
                                   .access_count = 1,
                                   .types = types,
                                   .types_count = 1};
    struct role_spec back;
    struct entry_info info;
    int64_t key;
    (void)state;
    office_start(&o);
    check_ok(&o.ben->cx, team_role_define(&o.ben->cx, o.ben->team, &spec));
    check_ok(&o.ben->cx, team_role_spec(&o.ben->cx, o.ben->team, TEXT("clerk"), &back));
    assert_int_equal(back.types_count, 1);
    assert_true(text_equal(back.types[0].fields[0], TEXT("state")));
    assert_true(text_equal(back.access[0].compartment, TEXT("team")));
    role_spec_finish(&back);
    struct peer *gus = peer_join(&o.w, o.ben, "Gus", "clerk");
    const struct log_target allowed = {
        .verb = VERB_SET, .type = TEXT("desk.ticket"), .field = TEXT("state")};
    const struct log_target denied[] = {
        {.verb = VERB_SET, .type = TEXT("desk.ticket"), .field = TEXT("title")},
        {.verb = VERB_CREATE, .type = TEXT("desk.ticket")},
        {.verb = VERB_SET, .type = TEXT("desk.note"), .field = TEXT("state")},
    };
    check_ok(&gus->cx, vault_begin(&gus->cx, gus->vault));
    check_ok(&gus->cx,
             log_append(&gus->cx, gus->team, &allowed, BYTES("\x82\x01\x00", 3), &info, &key));
    check_ok(&gus->cx, vault_commit(&gus->cx, gus->vault));
    for (size_t i = 0; i < sizeof denied / sizeof denied[0]; i++) {
        check_status(
            &gus->cx, STATUS_DENIED,
            log_append(&gus->cx, gus->team, &denied[i], BYTES("\x82\x01\x00", 3), &info, &key));
        assert_false(entry_may(&info, denied[i].verb, denied[i].type, denied[i].field));
    }
    assert_true(entry_may(&info, allowed.verb, allowed.type, allowed.field));
    team_world_finish(&o.w);
}

/* Who may let in one guest lets in one: the second gets no place, and no key. */
static void test_no_more_guests_than_allowed(void **state)
{
    struct office o;
    struct role_access access[] = {{TEXT_ROW("team"), true}};
    const text grants[] = {TEXT_ROW("guest")};
    const struct role_spec guest = {
        .name = TEXT("guest"), .verbs = 31, .access = access, .access_count = 1};
    struct role_spec liaison = guest;
    struct buf join, invite;
    uint8_t print[16];
    (void)state;
    liaison.name = TEXT("liaison");
    liaison.rights = TEAM_APPOINT | TEAM_ORGANIZATION;
    liaison.max = 1;
    liaison.grants = grants;
    liaison.grants_count = 1;
    office_start(&o);
    check_ok(&o.ben->cx, team_role_define(&o.ben->cx, o.ben->team, &guest));
    check_ok(&o.ben->cx, team_role_define(&o.ben->cx, o.ben->team, &liaison));
    struct peer *lea = peer_join(&o.w, o.ben, "Lea", "liaison");
    (void)peer_join(&o.w, lea, "Gus", "guest");
    struct peer *second = peer_make(&o.w);
    buf_init(&join, JOIN_MAX);
    buf_init(&invite, TEAM_STREAM_MAX);
    check_ok(&second->cx, team_join_start(&second->cx, second->vault, TEXT("Hana"), TEXT("laptop"),
                                          false, &join, &second->root_seed));
    check_fault(&lea->cx, STATUS_DENIED, "as many places",
                team_invite(&lea->cx, lea->team, buf_view(&join), TEXT("guest"), &invite, print));
    assert_false(present(lea, "Hana"));
    peer_write(lea, "goes on"); /* nothing of it is left with her */
    peer_pass(lea, o.ben);
    assert_true(present(o.ben, "Gus"));
    assert_false(present(o.ben, "Hana"));
    assert_int_equal(counting(o.ben), 1);
    buf_finish(&join);
    buf_finish(&invite);
    team_world_finish(&o.w);
}

/* ---- compartments ---- */

static void test_a_compartment_of_few(void **state)
{
    struct office o;
    struct role_access access[] = {{TEXT_ROW("legal"), true}};
    const struct role_spec spec = {
        .name = TEXT("legal"), .verbs = 31, .access = access, .access_count = 1};
    const struct team_compartment *c = NULL;
    (void)state;
    office_start(&o);
    all_know(&o);
    check_ok(&o.ben->cx, team_compartment_new(&o.ben->cx, o.ben->team, TEXT("legal")));
    check_fault(&o.ben->cx, STATUS_EXISTS, "legal",
                team_compartment_new(&o.ben->cx, o.ben->team, TEXT("legal")));
    check_ok(&o.ben->cx, team_role_define(&o.ben->cx, o.ben->team, &spec));
    struct id dora = id_of(o.ben, "Dora");
    check_ok(&o.ben->cx, team_give(&o.ben->cx, o.ben->team, &dora, TEXT("legal")));
    check_fault(&o.ben->cx, STATUS_EXISTS, "already",
                team_give(&o.ben->cx, o.ben->team, &dora, TEXT("legal")));
    all_know(&o);
    check_ok(&o.dora->cx, team_compartment_find(&o.dora->cx, o.dora->team, TEXT("legal"), &c));
    assert_true(c->reads && c->writes);
    const struct log_target to = {.compartment = c->tag, .verb = VERB_CREATE};
    struct entry_info info;
    int64_t key;
    check_ok(&o.dora->cx, vault_begin(&o.dora->cx, o.dora->vault));
    check_ok(&o.dora->cx,
             log_append(&o.dora->cx, o.dora->team, &to, BYTES("\x82\x01\x00", 3), &info, &key));
    check_ok(&o.dora->cx, vault_commit(&o.dora->cx, o.dora->vault));
    peer_write(o.dora, "for all"); /* the other compartment: another entry */
    uint64_t emil = o.emil->operations;
    all_know(&o);
    assert_int_equal(o.emil->operations, emil + 1);
    check_ok(&o.emil->cx, team_compartment_find(&o.emil->cx, o.emil->team, TEXT("legal"), &c));
    assert_false(c->reads || c->writes);
    check_fault(&o.emil->cx, STATUS_DENIED, "'legal'",
                log_append(&o.emil->cx, o.emil->team,
                           &(struct log_target){.compartment = c->tag, .verb = VERB_CREATE},
                           BYTES("\x82\x01\x00", 3), &info, &key));
    all_agree(&o, 2, 0);
    team_world_finish(&o.w);
}

/* ---- machines ---- */

static void test_a_lost_machine(void **state)
{
    struct office o;
    (void)state;
    office_start(&o);
    struct peer *phone = peer_device(&o.w, o.dora, "phone");
    all_know(&o);
    peer_write(phone, "mine");
    all_know(&o);
    int64_t ix = device_of(o.dora, phone);
    check_fault(&o.dora->cx, STATUS_DENIED, "sheet",
                team_device_unlink(&o.dora->cx, o.dora->team, ix, 0, o.emil->root_seed));
    check_ok(&o.dora->cx, team_device_unlink(&o.dora->cx, o.dora->team, ix, 0, o.dora->root_seed));
    peer_write(phone, "the thief's");
    all_know(&o);
    all_agree(&o, 1, 1);
    assert_false(device_reads(o.anna->team, device_by_id(o.anna->team, &phone->team->self->pub.id),
                              o.anna->team->data));
    assert_true(present(o.anna, "Dora"));
    /* a superior can do it without the sheet */
    check_ok(&o.ben->cx, team_device_cut(&o.ben->cx, o.ben->team, device_of(o.ben, o.emil), 0));
    peer_write(o.emil, "gone too");
    all_know(&o);
    all_agree(&o, 1, 2);
    team_world_finish(&o.w);
}

/* ---- owners ---- */

static void council(struct peer *by, const struct proposal *p, struct peer **signers, size_t count)
{
    struct buf file, next;
    buf_init(&file, 1 << 20);
    buf_init(&next, 1 << 20);
    check_ok(&by->cx, council_propose(&by->cx, by->team, p, &file));
    for (size_t i = 0; i < count; i++) {
        struct peer *s = signers[i];
        if (i > 0) {
            check_fault(&by->cx, STATUS_DENIED, "signed",
                        council_submit(&by->cx, by->team, buf_view(&file)));
        }
        buf_clear(&next);
        check_ok(&s->cx, council_sign(&s->cx, s->team, buf_view(&file), s->root_seed, &next));
        buf_clear(&file);
        check_ok(&by->cx, buf_add(&by->cx, &file, buf_view(&next)));
    }
    check_ok(&by->cx, council_submit(&by->cx, by->team, buf_view(&file)));
    check_fault(&by->cx, STATUS_DUPLICATE, "already",
                council_submit(&by->cx, by->team, buf_view(&file)));
    buf_finish(&file);
    buf_finish(&next);
}

/* Three owners; one of them goes wild; the other two undo all of it. */
static void test_a_rogue_owner(void **state)
{
    struct office o;
    (void)state;
    office_start(&o);
    all_know(&o);
    struct proposal add = {.kind = PROPOSE_ADD_OWNER, .member = id_of(o.anna, "Ben")};
    council(o.anna, &add, (struct peer *[]){o.anna}, 1);
    all_know(&o);
    add.member = id_of(o.anna, "Cleo");
    council(o.anna, &add, (struct peer *[]){o.anna, o.ben}, 2);
    all_know(&o);
    struct council_info info;
    team_council(o.dora->team, &info);
    assert_int_equal(info.owners, 3);
    assert_int_equal(info.quorum, 2);
    assert_int_equal(member(o.dora, "Ben")->level, 0);
    peer_write(o.dora, "work");
    all_know(&o);
    /* Ben removes everybody he can, and lets a friend in */
    struct id dora = id_of(o.ben, "Dora"), emil = id_of(o.ben, "Emil");
    check_ok(&o.ben->cx, team_remove(&o.ben->cx, o.ben->team, &dora, 1)); /* from the beginning */
    check_ok(&o.ben->cx, team_remove(&o.ben->cx, o.ben->team, &emil, 0));
    struct peer *finn = peer_join(&o.w, o.ben, "Finn", "admin");
    peer_write(finn, "a friend");
    all_know(&o);
    all_agree(&o, 1, 1); /* only the friend's */
    assert_false(present(o.anna, "Dora"));
    /* the others, at the point before */
    struct proposal remove = {
        .kind = PROPOSE_REMOVE_OWNER, .member = id_of(o.anna, "Ben"), .until = 1};
    council(o.anna, &remove, (struct peer *[]){o.anna, o.cleo}, 2);
    all_know(&o);
    assert_true(present(o.anna, "Dora"));
    assert_true(present(o.anna, "Emil"));
    assert_false(present(o.anna, "Finn"));
    assert_false(present(o.anna, "Ben"));
    all_agree(&o, 1, 1);
    team_council(o.dora->team, &info);
    assert_int_equal(info.owners, 2);
    team_world_finish(&o.w);
}

/* Two decisions at one place: stopped, shown, and settled by the owners. */
static void test_two_decisions(void **state)
{
    struct office o;
    struct buf one, two;
    struct council_info info;
    (void)state;
    office_start(&o);
    all_know(&o);
    buf_init(&one, 1 << 20);
    buf_init(&two, 1 << 20);
    struct proposal add = {.kind = PROPOSE_ADD_OWNER, .member = id_of(o.anna, "Ben")};
    struct buf file;
    buf_init(&file, 1 << 20);
    check_ok(&o.anna->cx, council_propose(&o.anna->cx, o.anna->team, &add, &file));
    check_ok(&o.anna->cx,
             council_sign(&o.anna->cx, o.anna->team, buf_view(&file), o.anna->root_seed, &one));
    buf_clear(&file);
    add.member = id_of(o.anna, "Cleo");
    check_ok(&o.anna->cx, council_propose(&o.anna->cx, o.anna->team, &add, &file));
    check_fault(&o.anna->cx, STATUS_CONFLICT, "signed another",
                council_sign(&o.anna->cx, o.anna->team, buf_view(&file), o.anna->root_seed, &two));
    /* her sheet on another machine does not know */
    check_ok(&o.ben->cx,
             council_sign(&o.ben->cx, o.ben->team, buf_view(&file), o.anna->root_seed, &two));
    check_ok(&o.anna->cx, council_submit(&o.anna->cx, o.anna->team, buf_view(&one)));
    check_ok(&o.ben->cx, council_submit(&o.ben->cx, o.ben->team, buf_view(&two)));
    all_know(&o);
    team_council(o.dora->team, &info);
    assert_true(info.frozen);
    assert_int_equal(info.owners, 1);
    const struct proposal settle = {.kind = PROPOSE_SETTLE, .choice = 1};
    council(o.anna, &settle, (struct peer *[]){o.anna}, 1);
    all_know(&o);
    team_council(o.dora->team, &info);
    assert_false(info.frozen);
    assert_int_equal(info.owners, 2);
    all_agree(&o, 0, 0);
    buf_finish(&one);
    buf_finish(&two);
    buf_finish(&file);
    team_world_finish(&o.w);
}

/* ---- with all that hangs on it ---- */

static void test_a_place_and_what_came_from_it(void **state)
{
    struct office o;
    (void)state;
    office_start(&o);
    all_know(&o);
    struct peer *finn = peer_join(&o.w, o.ben, "Finn", "editor");
    peer_write(finn, "one");
    peer_write(finn, "two");
    all_know(&o);
    struct id ben = id_of(o.anna, "Ben");
    int64_t before = counting(o.anna);
    check_ok(&o.anna->cx, team_revoke(&o.anna->cx, o.anna->team, &ben, TEXT("admin"), 1, true));
    assert_false(present(o.anna, "Ben") || present(o.anna, "Finn"));
    assert_true(before - counting(o.anna) > 0);
    team_world_finish(&o.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_removed_with_a_cut),
        cmocka_unit_test(test_only_downwards),
        cmocka_unit_test(test_mole_of_a_removed_admin),
        cmocka_unit_test(test_equals_suspend_each_other),
        cmocka_unit_test(test_another_role),
        cmocka_unit_test(test_fields_of_a_role),
        cmocka_unit_test(test_no_more_guests_than_allowed),
        cmocka_unit_test(test_a_compartment_of_few),
        cmocka_unit_test(test_a_lost_machine),
        cmocka_unit_test(test_a_rogue_owner),
        cmocka_unit_test(test_two_decisions),
        cmocka_unit_test(test_a_place_and_what_came_from_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
