/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves that a device with many histories parts nobody: however many it tells, and whoever was
 * told which first, what honest people built on one of them reaches all; that more are not taken
 * than the bound unless somebody built on them, and the proof of each is kept; and that nobody is
 * stuck because a key of the charter was made on a history he does not follow.
 */
#include "stories.h"

enum { STORIES_MAX = LANES_FREE_MAX + 8 };

/* Ben's machine as it was, again and again: each tells another story and hands its bytes over. */
struct teller {
    struct story *s;
    char copy[SCRATCH_PATH + 64]; /* of Ben's vault at the fork */
    struct peer *mouth;
    struct buf told[STORIES_MAX];
    size_t count;
};

static void teller_start(struct teller *t, struct story *s)
{
    t->s = s;
    t->count = 0;
    t->mouth = peer_clone(&s->w, s->b);
    snprintf(t->copy, sizeof t->copy, "%s.fork", t->mouth->dir);
    peer_close(t->mouth);
    scratch_copy(t->mouth->dir, t->copy);
    peer_open(t->mouth);
}

static void teller_finish(struct teller *t)
{
    for (size_t i = 0; i < t->count; i++) {
        buf_finish(&t->told[i]);
    }
}

static struct buf *tell(struct teller *t, int entries)
{
    assert_true(t->count < STORIES_MAX);
    struct buf *told = &t->told[t->count++];
    buf_init(told, TEAM_STREAM_MAX);
    peer_close(t->mouth);
    scratch_copy(t->copy, t->mouth->dir);
    peer_open(t->mouth);
    story_write(t->mouth, "a story", entries);
    peer_export(t->mouth, BYTES(NULL, 0), told);
    return told;
}

static struct admission_counts hear(struct peer *p, const struct buf *told)
{
    struct admission_counts counts;
    check_ok(&p->cx, peer_admit(p, buf_view(told), &counts));
    return counts;
}

/* Five and more people, each told another story before the others: nobody is left with his own. */
static void test_a_story_for_each(void **state)
{
    struct story s;
    struct teller t;
    (void)state;
    story_start(&s);
    teller_start(&t, &s);
    struct peer *honest[6] = {s.a, s.c, s.d};
    for (size_t i = 3; i < 6; i++) {
        honest[i] = peer_join(&s.w, s.a, i == 3 ? "Emma" : i == 4 ? "Finn" : "Gus", "editor");
    }
    peers_pass(honest, 6, 2);
    for (size_t i = 0; i < 6; i++) {
        hear(honest[i], tell(&t, 1 + (int)i % 3));
        peer_write(honest[i], "builds on what I was told");
    }
    peers_pass(honest, 6, 3);
    story_agree(honest, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(lane_count(story_seen(honest[i], s.b)), 6);
    }
    teller_finish(&t);
    story_finish(&s);
}

/* Anna is full of stories when what Cleo and Dora built on two others comes. */
static void test_what_others_built_on(void **state)
{
    struct story s;
    struct teller t;
    struct admission_counts counts;
    (void)state;
    story_start(&s);
    teller_start(&t, &s);
    hear(s.c, tell(&t, 2));
    peer_write(s.c, "on the first");
    hear(s.d, tell(&t, 3));
    peer_write(s.d, "on the second");
    for (int i = 0; i < LANES_FREE_MAX; i++) {
        counts = hear(s.a, tell(&t, 1));
        assert_int_equal(counts.taken, 1);
    }
    assert_int_equal(lane_count(story_seen(s.a, s.b)), LANES_FREE_MAX);
    counts = hear(s.a, tell(&t, 2)); /* nobody built on it */
    assert_int_equal(counts.taken, 0);
    assert_int_equal(counts.forks, 1);
    assert_int_equal(counts.pending, 0);
    assert_int_equal(lane_count(story_seen(s.a, s.b)), LANES_FREE_MAX);
    story_whole(s.a);
    /* the words come with what they were built on, or before it */
    peer_pass(s.c, s.a);
    peer_pass(s.c, s.a);
    peer_pass(s.d, s.a);
    peer_pass(s.d, s.a);
    assert_int_equal(lane_count(story_seen(s.a, s.b)), LANES_FREE_MAX + 2);
    struct peer *honest[3] = {s.a, s.c, s.d};
    peer_write(s.a, "on neither");
    peers_pass(honest, 3, 3);
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            const struct device *of = story_seen(honest[i], honest[k]);
            assert_int_equal(of->pub.head_seq, honest[k]->team->self->pub.head_seq);
        }
        check_ok(&honest[i]->cx, peer_admit(honest[i], BYTES(NULL, 0), &counts));
        assert_int_equal(counts.pending, 0);
        story_whole(honest[i]);
    }
    teller_finish(&t);
    story_finish(&s);
}

/* Anna pins a story that Emma, full of others, has no room for: the PIN brings it. */
static void test_a_pin_brings_it(void **state)
{
    struct story s;
    struct teller t;
    (void)state;
    story_start(&s);
    teller_start(&t, &s);
    for (int i = 0; i < LANES_FREE_MAX; i++) {
        hear(s.c, tell(&t, 1));
    }
    hear(s.a, tell(&t, 2));
    hear(s.a, tell(&t, 3));
    check_ok(&s.a->cx, team_pin(&s.a->cx, s.a->team, story_seen(s.a, s.b)->pub.ix));
    peer_pass(s.a, s.c);
    peer_pass(s.a, s.c);
    const struct device *holds = lane_in_force(s.c->team, story_seen(s.c, s.b));
    assert_int_equal(holds->pub.head_seq, s.base + 2);
    assert_true(id_equal(&holds->head_id, &story_seen(s.a, s.b)->head_id));
    story_whole(s.c);
    teller_finish(&t);
    story_finish(&s);
}

/* A copy of Ben's machine makes a key of the charter, which Cleo writes under; Anna builds on the
 * other history, so nothing she says can follow that key. */
static void test_key_on_another_history(void **state)
{
    struct story s;
    struct epoch *theirs = NULL;
    (void)state;
    story_start(&s);
    struct peer *other = peer_clone(&s.w, s.b), *honest[3] = {s.a, s.c, s.d};
    story_write(s.b, "here", 1);
    story_pass(s.b, s.a);
    peer_write(s.a, "on here");
    check_ok(&s.a->cx, log_seal(&s.a->cx, s.a->team));
    check_ok(&other->cx,
             epoch_begin(&other->cx, other->team, other->team->control, false, &theirs));
    story_pass(other, s.c);
    peer_write(s.c, "under the new key");
    peer_pass(s.c, s.a);
    peer_pass(s.c, s.a);
    const struct epoch *e = epoch_by_id(s.a->team, &theirs->id);
    assert_non_null(e);
    assert_true(e->declared && e->key != NULL);
    assert_false(epoch_usable(s.a->team, e));
    /* whatever Anna makes now stands on what she built on */
    check_ok(&s.a->cx, team_give(&s.a->cx, s.a->team, &team_me(s.d->team)->id, TEXT("admin")));
    check_ok(&s.a->cx, epoch_begin(&s.a->cx, s.a->team, s.a->team->control, false, &theirs));
    s.a->machine.now += 40 * 86400;
    peers_pass(honest, 3, 3);
    story_agree(honest, 3);
    story_finish(&s);
}

/* The copy makes a key without Dora and says something under it; nobody who is left builds on that
 * history. Anna has the key all the same, Dora asks for it, and gets it from her. */
static void test_key_of_a_history_nobody_follows(void **state)
{
    struct story s;
    struct epoch *theirs = NULL;
    (void)state;
    story_start(&s);
    struct peer *honest[2] = {s.a, s.d};
    peer_pass(s.a, s.d);
    peer_pass(s.d, s.a);
    peer_pass(s.a, s.b);
    struct peer *other = peer_clone(&s.w, s.b);
    story_write(s.b, "here", 1);
    for (size_t i = 0; i < 2; i++) {
        story_pass(s.b, honest[i]);
        peer_write(honest[i], "on here");
        check_ok(&honest[i]->cx, log_seal(&honest[i]->cx, honest[i]->team));
    }
    story_seen(other, s.d)->linked = false;
    standing_changed(other->team);
    check_ok(&other->cx,
             epoch_begin(&other->cx, other->team, other->team->control, false, &theirs));
    check_ok(&other->cx,
             team_give(&other->cx, other->team, &team_me(s.c->team)->id, TEXT("reader")));
    story_pass(other, s.a);
    peer_pass(s.a, s.d);
    peer_pass(s.a, s.d);
    const struct epoch *e = epoch_by_id(s.d->team, &theirs->id);
    assert_true(e != NULL && e->declared && !epoch_usable(s.d->team, e));
    assert_false(epoch_usable(s.a->team, epoch_by_id(s.a->team, &theirs->id)));
    peers_pass(honest, 2, 3);
    assert_non_null(epoch_by_id(s.d->team, &theirs->id)->key);
    story_agree(honest, 2); /* also when the charter is read back in its order */
    story_finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_story_for_each),
        cmocka_unit_test(test_what_others_built_on),
        cmocka_unit_test(test_a_pin_brings_it),
        cmocka_unit_test(test_key_on_another_history),
        cmocka_unit_test(test_key_of_a_history_nobody_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
