/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves that nobody waits for a key of the charter for good when several people made one at once:
 * who lets somebody in while another's key is on its way lets him in under a key he is given; a key
 * shared by somebody who is not known yet is taken; and what everybody takes for given is asked
 * for.
 */
#include "team-int.h"
#include "team-world.h"

static struct device *at(struct peer *p, struct peer *of)
{
    return device_by_id(p->team, &team_this_device(of->team)->id);
}

/* As if by p's charter somebody were out for a while. */
static void set_in(struct peer *p, struct peer *who, bool in)
{
    at(p, who)->linked = in;
    standing_changed(p->team);
}

static uint64_t pending(struct peer *p)
{
    struct admission_counts counts;
    check_ok(&p->cx, peer_admit(p, BYTES(NULL, 0), &counts));
    return counts.pending;
}

static void check_settled(struct peer **peers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct peer *p = peers[i];
        uint64_t entries;
        assert_int_equal(pending(p), 0);
        peers_agree(peers[0], p);
        check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
        for (size_t k = 0; k < p->team->epochs.count; k++) {
            const struct epoch *e = p->team->epochs.at[k];
            assert_true(!e->declared || e->key != NULL);
        }
    }
}

/* A key of the charter by p, without a word to `without`. */
static struct epoch *make_key(struct peer *p, struct peer *without)
{
    struct epoch *e = NULL;
    if (without != NULL) {
        set_in(p, without, false);
    }
    check_ok(&p->cx, epoch_begin(&p->cx, p->team, p->team->control, false, &e));
    if (without != NULL) {
        set_in(p, without, true);
    }
    return e;
}

/* Ben did not know of Cleo when he made a key; Cleo, who knows of that, lets Dan in. */
static void test_invite_while_a_key_is_on_its_way(void **state)
{
    struct team_world w;
    bool awaited = false;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "admin");
    struct peer *c = peer_join(&w, a, "Cleo", "admin");
    const struct epoch *e = make_key(b, NULL);
    peer_pass(b, c);
    assert_null(epoch_by_id(c->team, &e->id)->key);
    check_ok(&c->cx, epoch_awaited(&c->cx, c->team, c->team->control, &awaited));
    assert_true(awaited);
    struct peer *d = peer_join(&w, c, "Dan", "editor");
    assert_non_null(team_me(d->team)); /* he reads the entry that lets him in */
    assert_int_equal(pending(d), 0);
    struct peer *all[] = {a, b, c, d};
    peers_pass(all, 4, 3);
    check_settled(all, 4);
    team_world_finish(&w);
}

/* Dan, whom Ben let in under a key that Cleo lacks, gives it to her; she knows nothing of Dan. */
static void test_given_by_a_stranger(void **state)
{
    struct team_world w;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "admin");
    struct peer *c = peer_join(&w, a, "Cleo", "editor");
    peer_pass(a, b);
    peer_pass(a, c);
    peer_pass(b, c);
    set_in(b, c, false);
    struct epoch *e = make_key(b, NULL);
    struct peer *d = peer_join(&w, b, "Dan", "editor");
    assert_null(at(c, d));
    /* Ben, by whose log Cleo is out, carries what Dan said: by Dan's she is in and neglected */
    assert_true(readers_have(epoch_by_id(d->team, &e->id), &team_this_device(c->team)->id));
    peer_pass(b, c);
    assert_int_equal(pending(c), 0);
    assert_non_null(epoch_by_id(c->team, &e->id)->key);
    assert_true(at(c, d)->linked);
    set_in(b, c, true);
    struct peer *all[] = {a, b, c, d};
    peers_pass(all, 4, 2);
    check_settled(all, 4);
    team_world_finish(&w);
}

/* Ben makes a key without Cleo and says something under it, then, under Anna's key, one for all
 * that leads back to his. By the log Cleo has everything; but the entry that would give it to her
 * stands behind the one she cannot read. The key she lacks. */
static struct epoch *leave_waiting(struct peer *a, struct peer *b, struct peer *c)
{
    (void)make_key(a, NULL);
    (void)make_key(a, NULL); /* the larger number */
    struct epoch *mine = make_key(b, c);
    set_in(b, c, false);
    check_ok(&b->cx, team_give(&b->cx, b->team, &team_me(a->team)->id, TEXT("editor")));
    set_in(b, c, true);
    peer_pass(a, b);
    struct epoch *both = make_key(b, NULL);
    assert_true(readers_have(both, &team_this_device(c->team)->id));
    assert_false(readers_have(mine, &team_this_device(c->team)->id));
    peer_pass(a, c);
    peer_pass(b, c);
    assert_true(pending(c) > 0);
    assert_null(epoch_by_id(c->team, &mine->id)->key);
    return mine;
}

static void test_what_waits_is_asked_for(void **state)
{
    struct team_world w;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "admin");
    struct peer *c = peer_join(&w, a, "Cleo", "editor");
    struct peer *all[] = {a, b, c};
    peers_pass(all, 3, 1);
    (void)leave_waiting(a, b, c);
    peers_pass(all, 3, 3);
    check_settled(all, 3);
    team_world_finish(&w);
}

static const struct question *asked_of(struct peer *p, const struct epoch *e, struct peer *by)
{
    return ask_open(epoch_by_id(p->team, &e->id), &team_this_device(by->team)->id);
}

/* Ben's program answers with bytes that open nothing, in an entry that Cleo cannot take yet. She
 * asks again, and what answered before does not answer that. */
static void test_answer_that_opens_nothing(void **state)
{
    struct team_world w;
    struct charter_op op = {.verb = CHARTER_SHARE};
    uint8_t seal[48] = {1};
    struct buf bytes_of_op;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "admin");
    struct peer *c = peer_join(&w, a, "Cleo", "editor");
    struct peer *all[] = {a, b, c};
    peers_pass(all, 3, 1);
    struct epoch *mine = leave_waiting(a, b, c);
    peer_pass(c, b);
    const struct question *q = asked_of(b, mine, c);
    assert_non_null(q);
    buf_init(&bytes_of_op, 1024);
    op.u.share.epoch = mine->id;
    op.u.share.device = team_this_device(c->team)->id;
    op.u.share.window = 1;
    op.u.share.seal = BYTES_OF(seal);
    check_ok(&b->cx, charter_op_write(&b->cx, &op, &bytes_of_op));
    const bytes list[] = {buf_view(&bytes_of_op)};
    check_ok(&b->cx, log_control_under(&b->cx, b->team, epoch_by_id(b->team, &q->under), list, 1));
    assert_null(asked_of(b, mine, c));
    /* Cleo's second question comes to Anna before Ben's answer to the first: it stays one */
    peer_pass(b, c);
    peer_pass(c, a);
    peer_pass(b, a);
    assert_non_null(asked_of(a, mine, c));
    peer_close(a);
    peer_open(a);
    assert_non_null(asked_of(a, mine, c));
    peers_pass(all, 3, 4);
    check_settled(all, 3);
    buf_finish(&bytes_of_op);
    team_world_finish(&w);
}

/* Ben's clock is half a year behind; Cleo has erased what he seals to by it, until she says so. */
static void test_clock_behind(void **state)
{
    struct team_world w;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "admin");
    struct peer *c = peer_join(&w, a, "Cleo", "editor");
    struct peer *all[] = {a, b, c};
    peers_pass(all, 3, 1);
    for (int month = 0; month < 6; month++) {
        a->machine.now += 28 * 86400;
        c->machine.now += 28 * 86400;
        peer_pass(a, c);
        peer_pass(c, a);
    }
    peer_pass(c, b);
    struct epoch *e = make_key(b, NULL);
    peer_pass(b, c);
    assert_null(epoch_by_id(c->team, &e->id)->key);
    peer_pass(c, b); /* she asks, and tells the time by it */
    peer_pass(b, c);
    assert_non_null(epoch_by_id(c->team, &e->id)->key);
    assert_int_equal(pending(c), 0);
    peers_pass(all, 3, 2);
    check_settled(all, 3);
    team_world_finish(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_invite_while_a_key_is_on_its_way),
        cmocka_unit_test(test_given_by_a_stranger),
        cmocka_unit_test(test_what_waits_is_asked_for),
        cmocka_unit_test(test_answer_that_opens_nothing),
        cmocka_unit_test(test_clock_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
