/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what a copied machine does to records: while nobody said which of its two histories holds,
 * everybody shows what stood before they part; then everybody shows the same one, whichever came
 * first where, and has the same state, also after opening again and building anew.
 */
#include "records-world.h"

static struct team_world world;
static struct desk ann, cleo, ben, copy; /* an owner and an editor; Ben's machine, and its copy */

static void start(void)
{
    team_world_init(&world, test_seed());
    struct peer *a = peer_found(&world);
    struct peer *b = peer_join(&world, a, "Ben", "editor");
    struct peer *c = peer_join(&world, a, "Cleo", "editor");
    desk_open(&ann, a, sample_schema(&a->cx));
    desk_open(&cleo, c, sample_schema(&c->cx));
    desk_open(&ben, b, sample_schema(&b->cx));
    desk_watch(&ann);
}

static void copy_ben(void)
{
    struct peer *b = ben.peer;
    desk_close(&ben);
    struct peer *p = peer_clone(&world, b);
    desk_open(&ben, b, sample_schema(&b->cx));
    desk_open(&copy, p, sample_schema(&p->cx));
}

static void finish(void)
{
    check_ok(ann.cx, records_check(ann.cx, ann.records, false));
    check_ok(cleo.cx, records_check(cleo.cx, cleo.records, false));
    desk_close(&ann);
    desk_close(&ben);
    desk_close(&copy);
    desk_close(&cleo);
    team_world_finish(&world);
    sample_release();
}

/* From a copy: the first time it may only come to light that there are two. */
static void tell(struct desk *from, struct desk *to)
{
    desk_pass(from, to);
    desk_pass(from, to);
}

static void exchange(void)
{
    for (int i = 0; i < 3; i++) {
        desk_pass(&ann, &cleo);
        desk_pass(&cleo, &ann);
    }
    desks_agree(&ann, &cleo);
}

static void pin(size_t history)
{
    struct team *t = ann.peer->team;
    int64_t home = team_device_by_id(t, &team_this_device(ben.peer->team)->id)->ix;
    check_ok(ann.cx, vault_begin(ann.cx, ann.peer->vault));
    check_ok(ann.cx, team_pin(ann.cx, t, team_device_lane(t, home, history)));
    check_ok(ann.cx, vault_commit(ann.cx, ann.peer->vault));
}

static void check_shown(int64_t record, const char *title, const char *note)
{
    int64_t same = desk_same(&ann, record, &cleo);
    assert_string_equal(desk_show(&ann, record, S_TITLE), title);
    assert_string_equal(desk_show(&cleo, same, S_TITLE), title);
    assert_string_equal(desk_show(&ann, record, S_NOTE), note);
    assert_string_equal(desk_show(&cleo, same, S_NOTE), note);
}

/* history 0 is the one that Anna met first, 1 the one that Cleo did. */
static void two_histories(size_t history, const char *title, const char *note)
{
    start();
    int64_t bens = desk_create(&ben, "before");
    desk_pass(&ben, &ann);
    desk_pass(&ann, &cleo);
    int64_t record = desk_same(&ben, bens, &ann);
    copy_ben();
    desk_set(&ben, bens, S_TITLE, "here");
    desk_set(&copy, bens, S_TITLE, "there");
    desk_set(&copy, bens, S_NOTE, "a note");
    tell(&ben, &ann);
    tell(&copy, &cleo);
    assert_string_equal(desk_show(&ann, record, S_TITLE), "here");
    desk_set(&ann, desk_create(&ann, "of Anna"), S_NOTE, "who knew of one");
    (void)desk_create(&cleo, "of Cleo");
    exchange();
    check_shown(record, "before", "");
    pin(history);
    exchange();
    check_shown(record, title, note);
    /* what comes on either goes on so */
    desk_set(&ben, bens, S_TITLE, "here again");
    desk_set(&copy, bens, S_NOTE, "a second note");
    tell(&copy, &ann);
    tell(&ben, &cleo);
    exchange();
    check_shown(record, history == 0 ? "here again" : title, history == 0 ? "" : "a second note");
    desk_reopen(&ann, sample_schema(&ann.peer->cx));
    desk_reopen(&cleo, sample_schema(&cleo.peer->cx));
    exchange();
    finish();
}

static void test_first_holds(void **state)
{
    (void)state;
    two_histories(0, "here", "");
}

static void test_second_holds(void **state)
{
    (void)state;
    two_histories(1, "there", "a note");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_holds),
        cmocka_unit_test(test_second_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
