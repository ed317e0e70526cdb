/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves the ordinary life of a team: founding, opening again, letting people and machines in,
 * writing and exchanging, and that every vault comes to the same charter and the same log.
 */
#include "team-world.h"

static void test_found_and_reopen(void **state)
{
    struct team_world w;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    for (int round = 0; round < 2; round++) {
        check_text(team_name(a->team), "Harbour");
        assert_int_equal(team_member_count(a->team), 1);
        assert_int_equal(team_device_count(a->team), 1);
        const struct team_member *me = team_me(a->team);
        assert_non_null(me);
        check_text(me->name, "Anna");
        check_text(me->role->name, "admin");
        assert_int_equal(me->level, 0);
        assert_true(me->self && me->verified);
        check_text(team_this_device(a->team)->name, "desk");
        assert_non_null(team_control_epoch(a->team));
        peer_close(a);
        peer_open(a);
    }
    team_world_finish(&w);
}

static void test_join_and_exchange(void **state)
{
    struct team_world w;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    int64_t first = peer_write(a, "one");
    assert_int_equal(OP_SEQ(first), 2);
    assert_int_equal(OP_INDEX(first), 0);
    struct peer *b = peer_join(&w, a, "Ben", "editor");
    assert_int_equal(b->operations, 1);
    check_text(team_me(b->team)->role->name, "editor");
    peer_write(b, "two");
    peer_write(a, "three");
    peer_pass(a, b);
    peer_pass(b, a);
    peer_pass(a, b);
    peers_agree(a, b);
    struct peer *c = peer_join(&w, b->team == NULL ? b : a, "Cleo", "admin");
    assert_int_equal(c->operations, 3);
    peer_pass(a, b);
    struct peer *d = peer_device(&w, b, "phone");
    check_text(team_me(d->team)->name, "Ben");
    peer_write(d, "four");
    peer_pass(d, b);
    peer_pass(b, a);
    peer_pass(a, c);
    peers_agree(a, c);
    peers_agree(b, c);
    uint64_t entries = 0;
    for (size_t i = 0; i < w.count; i++) {
        check_ok(&w.peers[i].cx, log_check(&w.peers[i].cx, w.peers[i].team, &entries));
        peer_close(&w.peers[i]);
        peer_open(&w.peers[i]);
        check_ok(&w.peers[i].cx, log_check(&w.peers[i].cx, w.peers[i].team, &entries));
    }
    team_world_finish(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_and_reopen),
        cmocka_unit_test(test_join_and_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
