/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves that sticks go on crossing while keys change: the charter's key is made anew every window
 * and each bundle is packed with chains its receivers hold; what is packed with chains that were
 * erased meanwhile is sent again; and a machine that was away for half a year comes back by one
 * exchange, though it holds none of the new keys and the others none of its old chains.
 */
#include "stick-world.h"

enum { WINDOW = 28 * 86400 };

static void month(struct world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        w->people[i].machine.now += WINDOW;
    }
}

/* Each packs for all, each unpacks what the other packed. */
static void exchange(struct world *w, struct person *a, struct person *b, const char *name)
{
    char one[64], two[64];
    snprintf(one, sizeof one, "%s-1", name);
    snprintf(two, sizeof two, "%s-2", name);
    (void)person_pack(a, world_folder(w, one));
    (void)person_unpack(b, world_folder(w, one));
    (void)person_pack(b, world_folder(w, two));
    (void)person_unpack(a, world_folder(w, two));
}

static void test_new_keys_every_window(void **state)
{
    struct world w;
    char name[32];
    (void)state;
    world_init(&w, test_seed());
    struct person *a = world_found(&w), *b = world_join(&w);
    struct id before = *team_control_epoch(a->team);
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "month-%d", i);
        person_add(a, name);
        person_add(b, name);
        exchange(&w, a, b, name);
        exchange(&w, a, b, "again");
        assert_true(people_agree(a, b));
        assert_true(id_equal(team_control_epoch(a->team), team_control_epoch(b->team)));
        assert_true(i == 0 || !id_equal(team_control_epoch(a->team), &before));
        before = *team_control_epoch(a->team);
        month(&w);
    }
    world_finish(&w);
}

/* Cleo is away for half a year, takes one stick, gives one, and is back. */
static void test_away_for_long(void **state)
{
    struct world w;
    char name[32];
    (void)state;
    world_init(&w, test_seed());
    struct person *a = world_found(&w), *b = world_join(&w), *c = world_join(&w);
    exchange(&w, a, b, "first");
    exchange(&w, a, c, "second");
    exchange(&w, a, b, "third");
    assert_true(people_agree(a, c));
    person_add(c, "written on the way");
    (void)person_pack(c, world_folder(&w, "lost for long"));
    for (int i = 0; i < 7; i++) {
        month(&w);
        snprintf(name, sizeof name, "month-%d", i);
        person_add(a, name);
        person_add(b, name);
        exchange(&w, a, b, name);
        person_close(a);
        person_open(a);
        person_close(b);
        person_open(b);
    }
    exchange(&w, a, b, "last");
    assert_true(people_agree(a, b));
    /* the old stick opens with nothing that is left, and takes nothing with it */
    struct unpack_report lost = person_unpack(b, world_folder(&w, "lost for long"));
    assert_int_equal(lost.bundles_taken, 0);
    assert_true(lost.unknown_pieces > 0);
    person_close(c);
    person_open(c);
    person_add(c, "written back home");
    (void)person_pack(a, world_folder(&w, "home"));
    struct unpack_report home = person_unpack(c, world_folder(&w, "home"));
    assert_true(home.bundles_taken > 0);
    assert_int_equal(home.bundles_waiting, 0);
    exchange(&w, c, a, "back");
    exchange(&w, c, b, "back too");
    exchange(&w, a, b, "and round");
    exchange(&w, c, a, "once more");
    assert_true(people_agree(a, b));
    assert_true(people_agree(a, c));
    assert_true(id_equal(team_control_epoch(a->team), team_control_epoch(c->team)));
    world_finish(&w);
}

/* A key is made while a bundle is under way to somebody who has not heard of it. */
static void test_bundles_crossing(void **state)
{
    struct world w;
    (void)state;
    world_init(&w, test_seed());
    struct person *a = world_found(&w), *b = world_join(&w), *c = world_join(&w);
    exchange(&w, a, b, "first");
    exchange(&w, a, c, "second");
    exchange(&w, b, c, "third");
    month(&w);
    person_add(a, "from Anna");
    person_add(b, "from Ben");
    person_add(c, "from Cleo");
    /* all three make a key at once, before any stick moved */
    (void)person_pack(a, world_folder(&w, "a"));
    (void)person_pack(b, world_folder(&w, "b"));
    (void)person_pack(c, world_folder(&w, "c"));
    struct person *all[] = {a, b, c};
    const char *sticks[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            if (i != k) {
                struct unpack_report r = person_unpack(all[i], world_folder(&w, sticks[k]));
                assert_int_equal(r.unknown_pieces, 0);
                assert_int_equal(r.bundles_waiting + r.bundles_refused, 0);
            }
        }
    }
    assert_true(people_agree(a, b));
    assert_true(people_agree(a, c));
    exchange(&w, a, b, "fourth");
    exchange(&w, b, c, "fifth");
    exchange(&w, a, c, "sixth");
    exchange(&w, a, b, "seventh");
    assert_true(people_agree(a, b));
    assert_true(people_agree(a, c));
    world_finish(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_keys_every_window),
        cmocka_unit_test(test_away_for_long),
        cmocka_unit_test(test_bundles_crossing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
