/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves who holds which key: nobody writes under an epoch that somebody who is out was given, any
 * writer makes a new one, a key made for half of the team does not part it, who reads an epoch
 * reads what was before it up to the wall he came in by, and no member can make epochs without end.
 */
#include "team-int.h"
#include "team-world.h"

static struct device *at(struct peer *p, struct peer *of)
{
    return device_by_id(p->team, &team_this_device(of->team)->id);
}

/* As if p knew by the charter that somebody is out. */
static void is_out(struct peer *p, struct peer *who)
{
    at(p, who)->linked = false;
    standing_changed(p->team);
}

static void check_settled(struct peer **peers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct peer *p = peers[i];
        struct admission_counts counts;
        uint64_t entries;
        peers_agree(peers[0], p);
        check_ok(&p->cx, peer_admit(p, BYTES(NULL, 0), &counts));
        assert_int_equal(counts.pending, 0);
        check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
        peer_close(p);
        peer_open(p);
        check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
    }
}

static bool given(struct peer *p, const struct epoch *e, struct peer *to)
{
    return readers_have(epoch_by_id(p->team, &e->id), &team_this_device(to->team)->id);
}

/* The epoch of p's latest data entry. */
static struct epoch *wrote_under(struct peer *p, const char *what)
{
    peer_write(p, what);
    check_ok(&p->cx, log_seal(&p->cx, p->team));
    return epoch_current(p->team, p->team->data);
}

/* ---- clean epochs ---- */

static void test_never_under_a_key_of_who_is_out(void **state)
{
    struct team_world w;
    struct epoch *e;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
    peer_write(a, "before");
    check_ok(&a->cx, epoch_begin(&a->cx, a->team, a->team->data, false, &e));
    /* Cleo is given number 2 by the log's word, and number 1 with her invite, without one */
    struct peer *c = peer_join(&w, a, "Cleo", "editor");
    struct peer *all[] = {a, b, c};
    peers_pass(all, 3, 2);
    assert_int_equal(c->operations, 1);
    assert_false(given(a, epoch_by_id(a->team, (struct id *)e->parents.ptr), c));
    is_out(a, c);
    assert_null(epoch_current(a->team, a->team->data));
    assert_null(epoch_current(a->team, a->team->control));
    e = wrote_under(a, "without Cleo");
    assert_int_equal(e->number, 3);
    assert_false(given(a, e, c));
    assert_true(given(a, e, b));
    assert_int_equal(epoch_current(a->team, a->team->control)->number, 2);
    is_out(b, c);
    peer_pass(a, b);
    peer_pass(a, c);
    assert_int_equal(b->operations, 2);
    assert_int_equal(c->operations, 1);
    assert_null(epoch_by_id(c->team, &e->id));
    assert_ptr_equal(epoch_by_id(b->team, &e->id), wrote_under(b, "nor by Ben"));
    team_world_finish(&w);
}

/* Anna takes Xaver out while Ben takes Yuri out; neither key will do for Cleo, who knows of both.
 */
static void test_concurrent_removals(void **state)
{
    struct team_world w;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "admin");
    struct peer *c = peer_join(&w, a, "Cleo", "editor");
    struct peer *x = peer_join(&w, a, "Xaver", "editor"), *y = peer_join(&w, a, "Yuri", "editor");
    struct peer *all[] = {a, b, c, x, y};
    peers_pass(all, 5, 1);
    is_out(a, x);
    is_out(b, y);
    struct epoch *without_x = wrote_under(a, "without Xaver");
    struct epoch *without_y = wrote_under(b, "without Yuri");
    assert_true(given(a, without_x, y) && !given(a, without_x, x));
    assert_true(given(b, without_y, x) && !given(b, without_y, y));
    for (size_t i = 0; i < 3; i++) {
        is_out(all[i], x);
        is_out(all[i], y);
    }
    peer_pass(a, c);
    peer_pass(b, c);
    assert_int_equal(c->operations, 2);
    struct epoch *third = wrote_under(c, "without both");
    assert_int_equal(third->number, without_x->number + 1);
    assert_int_equal(third->parents.len, 2 * sizeof(struct id));
    assert_false(given(c, third, x) || given(c, third, y));
    assert_true(given(c, third, a) && given(c, third, b));
    peers_pass(all, 3, 2);
    assert_int_equal(a->operations, 2);
    assert_int_equal(b->operations, 2);
    struct epoch *again = wrote_under(a, "again");
    assert_true(id_equal(&again->id, &third->id)); /* one is enough */
    for (size_t i = 3; i < 5; i++) {
        struct epoch *e = epoch_by_id(all[i]->team, &third->id);
        assert_true(e == NULL || e->key == NULL);
    }
    team_world_finish(&w);
}

/* Anybody who may write makes a key; who may not, makes none that counts. */
static void test_any_writer_mints(void **state)
{
    struct team_world w;
    struct epoch *e;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
    struct peer *c = peer_join(&w, a, "Cleo", "reader");
    struct peer *all[] = {a, b, c};
    check_ok(&b->cx, epoch_begin(&b->cx, b->team, b->team->data, false, &e));
    struct id data = e->id;
    check_ok(&b->cx, epoch_begin(&b->cx, b->team, b->team->control, false, &e));
    struct id control = e->id;
    peers_pass(all, 3, 2);
    for (size_t i = 0; i < 3; i++) {
        assert_true(id_equal(&epoch_current(all[i]->team, all[i]->team->data)->id, &data));
        assert_true(id_equal(&epoch_current(all[i]->team, all[i]->team->control)->id, &control));
    }
    check_status(&c->cx, STATUS_DENIED, epoch_for_writing(&c->cx, c->team, c->team->data, &e));
    c->team->trusted = true; /* a changed program */
    check_ok(&c->cx, epoch_begin(&c->cx, c->team, c->team->data, false, &e));
    c->team->trusted = false;
    struct id bad = e->id;
    peers_pass(all, 3, 2);
    assert_true(epoch_by_id(a->team, &bad)->declared);
    assert_false(epoch_clean(a->team, epoch_by_id(a->team, &bad)));
    assert_false(id_equal(&wrote_under(a, "not under hers")->id, &bad));
    peers_pass(all, 3, 1);
    assert_int_equal(b->operations, 1);
    check_settled(all, 3);
    team_world_finish(&w);
}

/* ---- a key for half of the team ---- */

/* Ben's program seals a control key to Anna alone and writes under it: nobody is parted. */
static void test_half_of_the_team(void **state)
{
    struct team_world w;
    struct epoch *e;
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        team_world_init(&w, test_seed() + (uint64_t)kind);
        struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
        struct peer *c = peer_join(&w, a, "Cleo", "editor"), *d = peer_join(&w, a, "Dan", "reader");
        struct peer *all[] = {a, b, c, d};
        peers_pass(all, 4, 1);
        struct device *left_out[] = {at(b, c), at(b, d)};
        for (size_t i = 0; i < 2; i++) {
            left_out[i]->linked = false;
        }
        standing_changed(b->team);
        const uint8_t *compartment = kind == 0 ? b->team->control : b->team->data;
        check_ok(&b->cx, epoch_begin(&b->cx, b->team, compartment, false, &e));
        struct id half = e->id;
        peer_write(b, "for half of us");
        peer_pass(b, a);
        for (size_t i = 0; i < 2; i++) {
            left_out[i]->linked = true;
        }
        standing_changed(b->team);
        /* Anna reads it and goes on; Ben does nothing more */
        assert_non_null(epoch_by_id(a->team, &half)->key);
        assert_false(given(a, epoch_by_id(a->team, &half), c));
        peer_write(a, "on top of it");
        struct peer *rest[] = {a, c, d};
        peers_pass(rest, 3, 3);
        for (size_t i = 0; i < 3; i++) {
            assert_non_null(epoch_by_id(rest[i]->team, &half)->key);
            assert_int_equal(rest[i]->operations, rest[i] == a ? 1 : 2);
        }
        peer_write(c, "and Cleo answers");
        peers_pass(all, 4, 3);
        assert_int_equal(d->operations, 3);
        check_settled(all, 4);
        team_world_finish(&w);
    }
}

/* The one who was given it may not even write: he hands it on all the same, when its author
 * neglects to. */
static void test_a_reader_hands_on(void **state)
{
    struct team_world w;
    struct epoch *e;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
    struct peer *d = peer_join(&w, a, "Dan", "reader");
    struct peer *all[] = {a, b, d};
    peers_pass(all, 3, 1);
    at(b, a)->linked = false;
    standing_changed(b->team);
    check_ok(&b->cx, epoch_begin(&b->cx, b->team, b->team->data, false, &e));
    struct id half = e->id;
    peer_write(b, "for Dan alone");
    peer_pass(b, d);
    peer_pass(d, a);
    peer_pass(a, d);
    peer_pass(d, a);
    assert_non_null(epoch_by_id(a->team, &half)->key);
    assert_int_equal(a->operations, 1);
    team_world_finish(&w);
}

/* ---- backlinks and walls ---- */

/* Dan is let in elsewhere while Anna begins three epochs: he is given the last, and reads them all.
 */
static void test_links_lead_back(void **state)
{
    struct team_world w;
    struct epoch *e[3];
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "admin");
    peers_pass((struct peer *[]){a, b}, 2, 1);
    for (size_t i = 0; i < 3; i++) {
        check_ok(&a->cx, epoch_begin(&a->cx, a->team, a->team->data, false, &e[i]));
        assert_int_equal(e[i]->backlinks.len, sizeof(struct backlink));
        peer_write(a, "under each");
    }
    struct peer *d = peer_join(&w, b, "Dan", "editor");
    struct peer *all[] = {a, b, d};
    peers_pass(all, 3, 2);
    assert_false(given(a, e[0], d));
    assert_true(given(a, e[2], d));
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(epoch_by_id(d->team, &e[i]->id)->key);
    }
    assert_int_equal(d->operations, 3);
    check_settled(all, 3);
    team_world_finish(&w);
}

static struct peer *join_behind_wall(struct team_world *w, struct peer *by, const char *name)
{
    struct peer *p = peer_make(w);
    struct buf join, invite, content;
    struct admission_counts counts;
    uint8_t print[16];

    buf_init(&join, JOIN_MAX);
    buf_init(&invite, TEAM_STREAM_MAX);
    buf_init(&content, TEAM_STREAM_MAX);
    check_ok(&p->cx, team_join_start(&p->cx, p->vault, text_of(name), TEXT("laptop"), false, &join,
                                     &p->root_seed));
    check_ok(&by->cx, team_invite_without_history(&by->cx, by->team, buf_view(&join),
                                                  TEXT("editor"), &invite, print));
    check_ok(&p->cx, team_join_finish(&p->cx, p->vault, buf_view(&invite), &p->team, &content));
    check_ok(&p->cx, peer_admit(p, buf_view(&content), &counts));
    buf_finish(&join);
    buf_finish(&invite);
    buf_finish(&content);
    return p;
}

/* Nothing older than the wall is ever opened by who came in there, though Anna, who did not know of
 * him, made a key that leads back; the others go on reading everything. */
static void test_walls(void **state)
{
    struct team_world w;
    struct epoch *e, *astray;
    (void)state;
    for (uint64_t round = 0; round < 4; round++) { /* either key may be the larger */
        team_world_init(&w, test_seed() + round);
        struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "admin");
        peer_write(a, "history");
        check_ok(&a->cx, epoch_begin(&a->cx, a->team, a->team->data, false, &e));
        struct id old = e->id;
        peer_write(a, "history too");
        peers_pass((struct peer *[]){a, b}, 2, 1);
        struct peer *n = join_behind_wall(&w, b, "Nora");
        struct peer *all[] = {a, b, n, NULL};
        struct epoch *wall = epoch_current(b->team, b->team->data);
        assert_int_equal(wall->backlinks.len, 0);
        assert_int_equal(wall->parents.len, sizeof(struct id));
        assert_int_equal(n->operations, 0);
        check_ok(&a->cx, epoch_begin(&a->cx, a->team, a->team->data, false, &astray));
        peer_write(a, "beside the wall");
        peers_pass(all, 3, 3);
        peer_write(a, "for Nora as well");
        peer_write(n, "from Nora");
        peers_pass(all, 3, 3);
        assert_int_equal(b->operations, 5);
        assert_int_equal(a->operations, 1);
        struct peer *z = peer_join(&w, n->team != NULL ? a : b, "Zoe", "editor");
        all[3] = z;
        peers_pass(all, 4, 2);
        assert_int_equal(z->operations, 5); /* the whole of it */
        assert_null(epoch_by_id(n->team, &old)->key);
        assert_null(epoch_by_id(n->team, &astray->id)->key);
        assert_null(epoch_by_id(n->team, (struct id *)e->parents.ptr)->key);
        assert_int_equal(n->operations, 1);
        check_settled(all, 4);
        team_world_finish(&w);
    }
}

/* ---- what is refused ---- */

static void say_epoch(struct peer *p, const struct epoch_op *epoch, const char *refusal)
{
    struct charter_op op = {.verb = CHARTER_EPOCH, .u.epoch = *epoch};
    struct buf encoded;
    buf_init(&encoded, BODY_PLAIN_MAX);
    check_ok(&p->cx, charter_op_write(&p->cx, &op, &encoded));
    const bytes list[] = {buf_view(&encoded)};
    check_fault(&p->cx, STATUS_DENIED, refusal, log_control(&p->cx, p->team, list, 1));
    check_ok(&p->cx, team_refresh(&p->cx, p->team));
    buf_finish(&encoded);
}

/* An id is one author's, one number's, one compartment's: or what it means would depend on what
 * came first. */
static void test_ids_commit(void **state)
{
    struct team_world w;
    struct charter_op op;
    struct buf encoded;
    struct id id;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
    buf_init(&encoded, BODY_PLAIN_MAX);
    check_ok(&a->cx, vault_begin(&a->cx, a->vault));
    check_ok(&a->cx, epoch_mint(&a->cx, a->team, a->team->data, false, &encoded, &id));
    vault_rollback(a->vault);
    check_ok(&a->cx, team_refresh(&a->cx, a->team));
    check_ok(&a->cx, charter_op_parse(&a->cx, buf_view(&encoded), &op));
    struct epoch_op good = op.u.epoch, bad = good;
    say_epoch(b, &good, "[F-14]"); /* another's */
    bad.number++;
    say_epoch(a, &bad, "[AUTH-07]");
    bad = good;
    bad.commit.b[0] ^= 1;
    say_epoch(a, &bad, "[F-14]");
    bad = good;
    bad.id.b[31] ^= 1;
    say_epoch(a, &bad, "[F-14]");
    bad = good;
    bad.transport = BYTES_OF(good.id.b);
    say_epoch(a, &bad, "[F-14]");
    bad = good;
    bad.parents = BYTES(NULL, 0);
    say_epoch(a, &bad, "[AUTH-07]");
    bad = good;
    memcpy(bad.compartment, a->team->control, COMPARTMENT_BYTES);
    say_epoch(a, &bad, "[AUTH-07]"); /* follows an epoch of another compartment */
    const bytes list[] = {buf_view(&encoded)};
    check_ok(&a->cx, log_control(&a->cx, a->team, list, 1));
    say_epoch(a, &good, "declared already");
    buf_finish(&encoded);
    team_world_finish(&w);
}

static void test_not_without_end(void **state)
{
    struct team_world w;
    struct epoch *e;
    enum status status = STATUS_OK;
    size_t made = 2; /* by founding */
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    check_ok(&a->cx, vault_begin(&a->cx, a->vault));
    while (made < EPOCHS_OF_MEMBER_MIN) {
        check_ok(&a->cx, epoch_begin(&a->cx, a->team, a->team->data, false, &e));
        made++;
    }
    check_ok(&a->cx, vault_commit(&a->cx, a->vault));
    status = epoch_begin(&a->cx, a->team, a->team->data, false, &e);
    check_fault(&a->cx, STATUS_DENIED, "[AUTH-07]", status);
    struct peer *b = peer_join(&w, a, "Ben", "editor");
    peer_write(b, "an entry is room for an epoch");
    peer_pass(b, a);
    check_ok(&a->cx, epoch_begin(&a->cx, a->team, a->team->data, false, &e));
    check_settled((struct peer *[]){a}, 1);
    team_world_finish(&w);
}

/* A SHARE by who was not given the key himself is no reason to leave it. */
static void test_blind_share(void **state)
{
    struct team_world w;
    struct epoch *e;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
    struct peer *c = peer_join(&w, a, "Cleo", "editor");
    peers_pass((struct peer *[]){a, b, c}, 3, 1);
    is_out(a, b);
    is_out(c, b);
    e = wrote_under(a, "without Ben");
    struct epoch *at_c = NULL;
    check_ok(&a->cx, log_sign_head(&a->cx, a->team));
    peer_pass(a, c);
    is_out(c, b);
    at_c = epoch_by_id(c->team, &e->id);
    assert_true(epoch_clean(c->team, at_c));
    /* Ben says that Ben has it: his word has no weight */
    check_ok(&c->cx, readers_share(&c->cx, at_c, &team_this_device(b->team)->id,
                                   &team_this_device(b->team)->id));
    standing_changed(c->team);
    assert_true(epoch_clean(c->team, at_c));
    /* Cleo, who has it, says so: now it counts, and with it what Ben said */
    check_ok(&c->cx, readers_share(&c->cx, at_c, &team_this_device(c->team)->id,
                                   &team_this_device(b->team)->id));
    standing_changed(c->team);
    assert_false(epoch_clean(c->team, at_c));
    team_world_finish(&w);
}

/* Cleo, who was left out of a key, says that Xaver, who is out, has it. To give it to her would
 * make her word count: another key is made, and she is given that. */
static void test_shared_before_it_was_held(void **state)
{
    struct team_world w;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
    struct peer *c = peer_join(&w, a, "Cleo", "editor"), *x = peer_join(&w, a, "Xaver", "editor");
    peers_pass((struct peer *[]){a, b, c, x}, 4, 1);
    is_out(a, x);
    is_out(a, c);
    struct epoch *e = wrote_under(a, "without either");
    at(a, c)->linked = true;
    check_ok(&a->cx, readers_share(&a->cx, e, &team_this_device(c->team)->id,
                                   &team_this_device(x->team)->id));
    standing_changed(a->team);
    assert_true(epoch_clean(a->team, e));
    struct id before = e->id;
    struct epoch *other = wrote_under(a, "with Cleo");
    assert_false(id_equal(&other->id, &before));
    assert_true(epoch_clean(a->team, other));
    assert_true(given(a, other, c) && given(a, other, b) && !given(a, other, x));
    team_world_finish(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_under_a_key_of_who_is_out),
        cmocka_unit_test(test_concurrent_removals),
        cmocka_unit_test(test_any_writer_mints),
        cmocka_unit_test(test_half_of_the_team),
        cmocka_unit_test(test_a_reader_hands_on),
        cmocka_unit_test(test_links_lead_back),
        cmocka_unit_test(test_walls),
        cmocka_unit_test(test_ids_commit),
        cmocka_unit_test(test_not_without_end),
        cmocka_unit_test(test_blind_share),
        cmocka_unit_test(test_shared_before_it_was_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
