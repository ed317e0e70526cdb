/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves that a member who lost every machine comes back with the root of the recovery sheet: any
 * colleague lets them in, always on a new device, with the role they have; and nobody comes back
 * with a root the team does not know, or with a machine the root did not sign.
 */
#include "check.h"

#include "keys.h"
#include "team-world.h"

static void any_colleague_lets_a_member_back_in(void **state)
{
    struct team_world w;
    struct letters l;
    struct join_info info;
    struct admission_counts counts;
    struct id old;
    (void)state;
    team_world_init(&w, test_seed());
    letters_init(&l);
    struct peer *a = peer_found(&w);
    struct peer *b = peer_join(&w, a, "Ben", "editor");
    struct peer *c = peer_join(&w, a, "Cleo", "reader");
    peer_pass(a, b);
    peer_write(b, "before the laptop was lost");
    peer_pass(b, c);
    old = team_this_device(b->team)->id;

    struct peer *again = peer_make(&w);
    check_ok(&again->cx, team_join_again(&again->cx, again->vault, TEXT("Ben"), TEXT("new"),
                                         b->root_seed, &l.join));
    check_ok(&c->cx, team_join_inspect(&c->cx, buf_view(&l.join), &info));
    assert_true(id_equal(&info.member, &team_me(b->team)->id));
    join_info_finish(&info);
    check_status(
        &c->cx, STATUS_DENIED, /* a reader appoints nobody, but lets a machine in */
        team_invite(&c->cx, c->team, buf_view(&l.join), TEXT("editor"), &l.invite, l.print));
    check_ok(&c->cx, team_invite_back(&c->cx, c->team, buf_view(&l.join), &l.invite, l.print));
    check_ok(&again->cx, team_join_finish(&again->cx, again->vault, buf_view(&l.invite),
                                          &again->team, &l.content));
    check_ok(&again->cx, peer_admit(again, buf_view(&l.content), &counts));
    check_text(team_me(again->team)->name, "Ben");
    check_text(team_me(again->team)->role->name, "editor");
    assert_false(id_equal(&team_this_device(again->team)->id, &old));
    assert_int_equal(team_member_count(again->team), 3);
    assert_int_equal(team_device_count(again->team), 4);
    peer_write(again, "from the new one");
    peer_pass(again, c);
    peer_pass(c, a);
    peers_agree(a, again);
    peers_agree(a, c);
    letters_finish(&l);
    team_world_finish(&w);
}

/* Twice from one sheet gives two devices, never one twice. */
static void each_return_is_a_new_device(void **state)
{
    struct team_world w;
    struct letters l[2];
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    struct peer *b = peer_join(&w, a, "Ben", "editor");
    struct peer *again = peer_make(&w);
    for (size_t i = 0; i < 2; i++) {
        letters_init(&l[i]);
        check_ok(&again->cx, team_join_again(&again->cx, again->vault, TEXT("Ben"), TEXT("new"),
                                             b->root_seed, &l[i].join));
        check_ok(&a->cx,
                 team_invite_back(&a->cx, a->team, buf_view(&l[i].join), &l[i].invite, l[i].print));
    }
    assert_memory_not_equal(l[0].join.ptr, l[1].join.ptr, 200);
    assert_int_equal(team_device_count(a->team), 4);
    letters_finish(&l[0]);
    letters_finish(&l[1]);
    team_world_finish(&w);
}

static void strangers_do_not_come_back(void **state)
{
    struct team_world w;
    struct letters l;
    struct secret *foreign = NULL;
    uint8_t root_pk[32];
    (void)state;
    team_world_init(&w, test_seed());
    letters_init(&l);
    struct peer *a = peer_found(&w);
    struct peer *b = peer_make(&w);
    check_ok(&b->cx, root_key_make(&b->cx, &foreign, root_pk));
    check_ok(&b->cx,
             team_join_again(&b->cx, b->vault, TEXT("Anna"), TEXT("new"), foreign, &l.join));
    check_fault(&a->cx, STATUS_NOT_FOUND, "nobody in 'Harbour'",
                team_invite_back(&a->cx, a->team, buf_view(&l.join), &l.invite, l.print));
    buf_clear(&l.join);
    struct secret *none = NULL;
    check_ok(&b->cx, team_join_start(&b->cx, b->vault, TEXT(""), TEXT("x"), true, &l.join, &none));
    check_status(&a->cx, STATUS_NOT_FOUND,
                 team_invite_back(&a->cx, a->team, buf_view(&l.join), &l.invite, l.print));
    buf_clear(&l.join);
    check_ok(&b->cx,
             team_join_again(&b->cx, b->vault, TEXT("Anna"), TEXT("new"), a->root_seed, &l.join));
    for (size_t i = 0; i < l.join.len; i++) { /* the machine's keys, its name, the signature */
        l.join.ptr[i] ^= 1;
        assert_int_not_equal(
            team_invite_back(&a->cx, a->team, buf_view(&l.join), &l.invite, l.print), STATUS_OK);
        fault_clear(&a->cx);
        l.join.ptr[i] ^= 1;
    }
    assert_int_equal(team_device_count(a->team), 1);
    secret_free(&foreign);
    letters_finish(&l);
    team_world_finish(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_colleague_lets_a_member_back_in),
        cmocka_unit_test(each_return_is_a_new_device),
        cmocka_unit_test(strangers_do_not_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
