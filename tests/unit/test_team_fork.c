/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves that a device with two histories parts nobody: whatever branch came first, colleagues who
 * exchange hold the same in the end, also what was written on either branch by those who knew only
 * it; that a second history without the device's signature is refused; and that nothing is sent
 * again once it is known. Anna founds, Ben is the one who tells several stories, Cleo and Dora are
 * honest.
 */
#include "stories.h"

static enum status count_fork(void *self, struct ctx *cx, const struct team_device *d, uint64_t seq)
{
    (void)cx;
    check_text(d->name, "laptop");
    *(uint64_t *)self = *(uint64_t *)self * 100 + seq;
    return STATUS_OK;
}

static uint64_t forks_of(struct peer *p)
{
    uint64_t forks = 0;
    check_ok(&p->cx, team_forks_each(&p->cx, p->team, count_fork, &forks));
    return forks;
}

static uint64_t admit(struct peer *p, struct buf *content, uint64_t *ret_pending)
{
    struct admission_counts counts;
    check_ok(&p->cx, peer_admit(p, buf_view(content), &counts));
    if (ret_pending != NULL) {
        *ret_pending = counts.pending;
    }
    return counts.taken;
}

/* ---- both orders ---- */

static void two_orders(int here, int there)
{
    struct story s;
    story_start(&s);
    struct peer *other = peer_clone(&s.w, s.b), *honest[3] = {s.a, s.c, s.d};
    story_write(s.b, "here", here);
    story_write(other, "there", there);
    story_pass(s.b, s.a);
    story_pass(other, s.c);
    peer_write(s.a, "builds on here");
    peer_write(s.c, "builds on there");
    peers_pass(honest, 3, 3);
    story_agree(honest, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct device *ben = story_seen(honest[i], s.b);
        assert_int_equal(lane_count(ben), 2);
        assert_int_equal(forks_of(honest[i]), s.base + 1);
        assert_int_equal(lane_longest(ben), s.base + (uint64_t)(here > there ? here : there));
        /* the tag of the second does not depend on which came first */
        const struct branch *b = branch_at(ben->next, ben->next->fork_seq + 1);
        assert_non_null(b);
        assert_true(text_starts(team_device_tag(honest[i]->team, ben->next->pub.ix),
                                team_device_tag(honest[i]->team, ben->pub.ix)));
        assert_int_equal(team_device_home(honest[i]->team, ben->next->pub.ix), ben->pub.ix);
        assert_int_equal(team_device_lane(honest[i]->team, ben->pub.ix, 1), ben->next->pub.ix);
        assert_int_equal(team_device_lane(honest[i]->team, ben->pub.ix, 2), 0);
    }
    /* further words on either are taken by all */
    story_write(s.b, "here again", 2);
    story_write(other, "there again", 1);
    story_pass(s.b, s.c);
    story_pass(other, s.d);
    peer_write(s.a, "later");
    peers_pass(honest, 3, 2);
    story_agree(honest, 3);
    story_finish(&s);
}

static void test_two_orders(void **state)
{
    (void)state;
    two_orders(3, 4);
    two_orders(4, 3);
    two_orders(2, 2); /* no number shows it: the heads of causes do */
    two_orders(1, 6);
}

/* Ben is an administrator, and each of his histories lets somebody else in. */
static void test_charter_on_both_branches(void **state)
{
    struct story s;
    (void)state;
    story_start(&s);
    struct peer *other = peer_clone(&s.w, s.b), *honest[3] = {s.a, s.c, s.d};
    struct peer *eve = peer_join(&s.w, s.b, "Eve", "editor");
    struct peer *finn = peer_join(&s.w, other, "Finn", "editor");
    peer_write(eve, "of Eve");
    peer_write(finn, "of Finn");
    story_pass(s.b, s.a);
    story_pass(eve, s.a);
    story_pass(other, s.c);
    story_pass(finn, s.c);
    peers_pass(honest, 3, 3);
    story_agree(honest, 3);
    assert_int_equal(lane_count(story_seen(s.a, s.b)), 2);
    assert_int_equal(team_member_count(s.a->team), 4); /* each knows one history: neither holds */
    struct log_sink sink = peer_sink(s.a);
    team_set_sink(s.a->team, &sink);
    check_ok(&s.a->cx, team_pin(&s.a->cx, s.a->team, story_seen(s.a, s.b)->pub.ix));
    team_set_sink(s.a->team, NULL);
    peers_pass(honest, 3, 2);
    story_agree(honest, 3);
    for (size_t i = 0; i < 3; i++) { /* Eve's, whichever came first here */
        assert_int_equal(team_member_count(honest[i]->team), 5);
        const struct device *ben = story_seen(honest[i], s.b);
        const struct device *holds = lane_in_force(honest[i]->team, ben);
        uint64_t beyond = ben->next->fork_seq + 1;
        assert_true(
            id_equal(&branch_at(holds, beyond)->id, &branch_at(story_seen(s.a, s.b), beyond)->id));
    }
    struct peer *grete = peer_join(&s.w, s.a, "Grete", "reader"); /* from nothing */
    peers_agree(s.a, grete);
    assert_int_equal(lane_count(story_seen(grete, s.b)), 2);
    story_whole(grete);
    story_finish(&s);
}

/* ---- more branches ---- */

/* Three histories from one place, and one of them splits again further on. */
static void test_three_and_one_nested(void **state)
{
    struct story s;
    (void)state;
    story_start(&s);
    story_write(s.b, "shared", 2);
    struct peer *two = peer_clone(&s.w, s.b), *three = peer_clone(&s.w, s.b);
    struct peer *honest[3] = {s.a, s.c, s.d};
    story_write(s.b, "one", 2);
    story_write(two, "two", 3);
    struct peer *nested = peer_clone(&s.w, two);
    story_write(two, "two again", 2);
    story_write(nested, "two, otherwise", 1);
    story_write(three, "three", 1);
    story_pass(s.b, s.a);
    story_pass(two, s.c);
    story_pass(nested, s.d);
    story_pass(three, s.d);
    peer_write(s.a, "a");
    peer_write(s.c, "c");
    peer_write(s.d, "d");
    peers_pass(honest, 3, 3);
    story_agree(honest, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(lane_count(story_seen(honest[i], s.b)), 4);
    }
    story_finish(&s);
}

/* The second history leaves below what everybody built on long ago. */
static void test_below_old_entries(void **state)
{
    struct story s;
    (void)state;
    story_start(&s);
    struct peer *honest[3] = {s.a, s.c, s.d};
    story_write(s.b, "first", 1);
    struct peer *old = peer_clone(&s.w, s.b);
    for (int i = 0; i < 5; i++) {
        peer_write(s.a, "a");
        peer_pass(s.a, s.b);
        peer_write(s.b, "b");
        story_pass(s.b, s.a);
    }
    peers_pass(honest, 3, 1);
    peer_write(s.c, "c");
    peers_pass(honest, 3, 1);
    story_write(old, "long ago", 2);
    story_pass(old, s.d);
    peers_pass(honest, 3, 2);
    story_agree(honest, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct device *ben = story_seen(honest[i], s.b);
        assert_int_equal(lane_count(ben), 2);
        assert_int_equal(ben->next->fork_seq, s.base + 1);
        assert_true(lane_acknowledged(ben) > s.base + 1);
        assert_int_equal(lane_acknowledged(ben->next), 0);
    }
    story_finish(&s);
}

/* ---- what is built on ---- */

/* Nobody takes sides by accident: an entry names the branch its author built on before, or the one
 * that others built on, and neither of two that nobody did. */
static void test_followed(void **state)
{
    struct story s;
    struct followed f;
    (void)state;
    story_start(&s);
    struct peer *other = peer_clone(&s.w, s.b);
    story_write(s.b, "here", 3);
    story_write(other, "there", 4);
    story_pass(s.b, s.a);
    story_pass(other, s.a); /* both before Anna wrote anything */
    struct device *ben = story_seen(s.a, s.b);
    peer_write(s.a, "of neither");
    check_ok(&s.a->cx, log_seal(&s.a->cx, s.a->team));
    assert_int_equal(lane_acknowledged(ben), s.base);
    assert_int_equal(lane_acknowledged(ben->next), 0);
    check_ok(&s.a->cx, lane_follow(&s.a->cx, s.a->team, ben, &f));
    assert_int_equal(f.seq, s.base);
    /* Cleo had built on one */
    story_pass(other, s.c);
    peer_write(s.c, "on there");
    peer_pass(s.c, s.a);
    assert_int_equal(lane_acknowledged(ben), s.base);
    assert_int_equal(lane_acknowledged(ben->next), s.base + 4);
    check_ok(&s.a->cx, lane_follow(&s.a->cx, s.a->team, ben, &f));
    assert_ptr_equal(f.lane, ben->next);
    assert_int_equal(f.seq, s.base + 4);
    peer_write(s.a, "on there too");
    check_ok(&s.a->cx, log_seal(&s.a->cx, s.a->team));
    /* whatever comes later, Anna stays with it */
    story_pass(s.b, s.d);
    peer_write(s.d, "on here");
    peer_pass(s.d, s.a);
    assert_int_equal(lane_acknowledged(ben), s.base + 3);
    check_ok(&s.a->cx, lane_follow(&s.a->cx, s.a->team, ben, &f));
    assert_ptr_equal(f.lane, ben->next);
    story_write(other, "there on", 1);
    story_pass(other, s.a);
    peer_write(s.a, "on and on");
    story_whole(s.a);
    peer_pass(s.a, s.c);
    peer_pass(s.c, s.a);
    peers_agree(s.a, s.c);
    story_whole(s.c);
    story_finish(&s);
}

/* Cleo's program changes sides: what she says then goes on from nothing she knew, and waits. */
static void test_no_change_of_sides(void **state)
{
    struct story s;
    struct buf content, frontier;
    uint64_t pending;
    size_t i;
    (void)state;
    story_start(&s);
    buf_init(&content, TEAM_STREAM_MAX);
    buf_init(&frontier, 1 << 20);
    struct peer *other = peer_clone(&s.w, s.b);
    story_write(s.b, "here", 2);
    story_write(other, "there", 4);
    story_pass(s.b, s.c);
    peer_write(s.c, "on here");
    peer_pass(s.c, s.a);
    story_pass(other, s.c);
    peer_pass(s.c, s.a);
    struct device *ben = story_seen(s.c, s.b), *cleo = s.c->team->self;
    assert_int_equal(lane_count(ben), 2);
    assert_true(clock_find(&cleo->clock, &ben->pub.id, &i));
    cleo->clock.lanes[i] = ben->next->pub.ix;
    peer_frontier(s.a, &frontier);
    peer_write(s.c, "on there");
    peer_export(s.c, buf_view(&frontier), &content);
    assert_int_equal(admit(s.a, &content, &pending), 0);
    assert_int_equal(pending, 1);
    story_whole(s.a);
    buf_finish(&content);
    buf_finish(&frontier);
    story_finish(&s);
}

/* ---- without a signature ---- */

/* The other history with its heads taken away, or with those of the one that is held. */
static void test_unsigned_second(void **state)
{
    static struct stream_item items[64];
    struct story s;
    struct admission_counts counts;
    struct buf one, two, bare, mixed, before, after;
    (void)state;
    story_start(&s);
    struct buf *all[] = {&one, &two, &bare, &mixed, &before, &after};
    for (size_t i = 0; i < 6; i++) {
        buf_init(all[i], TEAM_STREAM_MAX);
    }
    struct peer *other = peer_clone(&s.w, s.b);
    peer_frontier(s.a, &before);
    story_write(s.b, "here", 3);
    story_write(other, "there", 2);
    peer_export(s.b, buf_view(&before), &one);
    peer_export(other, buf_view(&before), &two);
    assert_int_equal(admit(s.a, &one, NULL), 3);
    size_t count = stream_split(&s.a->cx, buf_view(&one), items, 64);
    for (size_t i = 0; i < count; i++) {
        if (items[i].item.kind == CONTENT_HEAD) {
            check_ok(&s.a->cx, buf_add(&s.a->cx, &mixed, items[i].raw));
        }
    }
    count = stream_split(&s.a->cx, buf_view(&two), items, 64);
    for (size_t i = 0; i < count; i++) {
        if (items[i].item.kind == CONTENT_ENTRY) {
            check_ok(&s.a->cx, buf_add(&s.a->cx, &bare, items[i].raw));
            check_ok(&s.a->cx, buf_add(&s.a->cx, &mixed, items[i].raw));
        }
    }
    buf_clear(&before);
    peer_frontier(s.a, &before);
    check_fault(&s.a->cx, STATUS_FORGED, "signature", peer_admit(s.a, buf_view(&bare), &counts));
    check_fault(&s.a->cx, STATUS_FORGED, "signature", peer_admit(s.a, buf_view(&mixed), &counts));
    peer_frontier(s.a, &after);
    assert_int_equal(lane_count(story_seen(s.a, s.b)), 1);
    assert_int_equal(forks_of(s.a), 0);
    check_bytes(buf_view(&after), buf_view(&before));
    story_whole(s.a);
    /* with it, it is taken */
    assert_int_equal(admit(s.a, &two, NULL), 2);
    assert_int_equal(forks_of(s.a), s.base + 1);
    story_whole(s.a);
    for (size_t i = 0; i < 6; i++) {
        buf_finish(all[i]);
    }
    story_finish(&s);
}

/* A preview of the session is undone; the proof is not, and the branch comes again. */
static void test_preview(void **state)
{
    struct story s;
    struct admission_counts counts;
    struct buf content;
    (void)state;
    story_start(&s);
    buf_init(&content, TEAM_STREAM_MAX);
    struct peer *other = peer_clone(&s.w, s.b);
    story_write(s.b, "here", 3);
    story_write(other, "there", 2);
    story_pass(s.b, s.a);
    peer_export(other, BYTES(NULL, 0), &content);
    struct log_sink sink = peer_sink(s.a);
    check_ok(&s.a->cx, vault_begin(&s.a->cx, s.a->vault));
    check_ok(&s.a->cx,
             admission_take_content(&s.a->cx, s.a->team, &sink, buf_view(&content), &counts));
    assert_int_equal(counts.taken, 2);
    vault_rollback(s.a->vault);
    check_ok(&s.a->cx, team_refresh(&s.a->cx, s.a->team));
    assert_int_equal(lane_count(story_seen(s.a, s.b)), 1);
    assert_int_equal(forks_of(s.a), s.base + 1);
    story_whole(s.a);
    assert_int_equal(admit(s.a, &content, NULL), 2);
    assert_int_equal(forks_of(s.a), s.base + 1);
    story_whole(s.a);
    buf_finish(&content);
    story_finish(&s);
}

/* ---- waiting ---- */

/* What Cleo built on a branch comes before the branch, and across closing. */
static void test_waits_for_a_branch(void **state)
{
    struct story s;
    struct buf frontier, words, branch;
    uint64_t pending;
    (void)state;
    story_start(&s);
    buf_init(&frontier, 1 << 20);
    buf_init(&words, TEAM_STREAM_MAX);
    buf_init(&branch, TEAM_STREAM_MAX);
    struct peer *other = peer_clone(&s.w, s.b);
    story_write(s.b, "here", 3);
    story_write(other, "there", 2);
    story_pass(s.b, s.a);
    story_pass(other, s.c);
    buf_clear(&frontier);
    peer_frontier(s.c, &frontier);
    story_write(s.c, "on there", 2);
    peer_export(s.c, buf_view(&frontier), &words);
    peer_export(other, BYTES(NULL, 0), &branch);
    assert_int_equal(admit(s.a, &words, &pending), 0);
    assert_int_equal(pending, 2);
    /* Ben's head came along and is not what is held: his log is asked for from the beginning */
    buf_clear(&frontier);
    peer_frontier(s.a, &frontier);
    assert_int_equal(frontier_seq(buf_view(&frontier), &team_this_device(s.b->team)->id), 0);
    assert_int_equal(forks_of(s.a), s.base + 2);
    story_whole(s.a);
    assert_int_equal(admit(s.a, &branch, &pending), 4);
    assert_int_equal(pending, 0);
    buf_clear(&frontier);
    peer_frontier(s.a, &frontier);
    assert_int_equal(lane_count(story_seen(s.a, s.b)), 2);
    assert_int_equal(forks_of(s.a), s.base + 1);
    story_whole(s.a);
    peer_pass(s.a, s.c);
    peer_pass(s.a, s.d);
    struct peer *honest[3] = {s.a, s.c, s.d};
    peers_pass(honest, 3, 1);
    story_agree(honest, 3);
    buf_finish(&frontier);
    buf_finish(&words);
    buf_finish(&branch);
    story_finish(&s);
}

/* The end of a branch comes before its beginning. */
static void test_branch_in_pieces(void **state)
{
    struct story s;
    struct buf frontier, begin, end;
    uint64_t pending;
    (void)state;
    story_start(&s);
    buf_init(&frontier, 1 << 20);
    buf_init(&begin, TEAM_STREAM_MAX);
    buf_init(&end, TEAM_STREAM_MAX);
    struct peer *other = peer_clone(&s.w, s.b);
    story_write(s.b, "here", 3);
    story_pass(s.b, s.a);
    story_write(other, "there", 2);
    peer_export(other, BYTES(NULL, 0), &begin);
    peer_frontier(other, &frontier);
    story_write(other, "there on", 3);
    peer_export(other, buf_view(&frontier), &end);
    assert_int_equal(admit(s.a, &end, &pending), 0);
    assert_int_equal(pending, 3);
    story_whole(s.a);
    assert_int_equal(admit(s.a, &begin, &pending), 5);
    assert_int_equal(pending, 0);
    assert_int_equal(forks_of(s.a), s.base + 1);
    story_whole(s.a);
    buf_finish(&frontier);
    buf_finish(&begin);
    buf_finish(&end);
    story_finish(&s);
}

/* ---- what is sent ---- */

static void test_export(void **state)
{
    struct story s;
    (void)state;
    story_start(&s);
    story_write(s.b, "shared", 2);
    story_pass(s.b, s.a);
    story_pass(s.b, s.c);
    story_pass(s.b, s.d);
    struct peer *other = peer_clone(&s.w, s.b);
    story_write(s.b, "here", 3);
    story_write(other, "there", 4);
    story_pass(s.b, s.a);
    story_pass(other, s.a);
    story_pass(other, s.c);
    assert_int_equal(story_beyond(s.a, s.d, s.b), 7); /* knows nothing of either */
    assert_int_equal(story_beyond(s.a, s.c, s.b), 7); /* holds one and does not say which */
    peer_pass(s.a, s.c);
    assert_int_equal(story_beyond(s.a, s.c, s.b), 0);
    assert_int_equal(story_beyond(s.c, s.a, s.b), 0);
    story_write(s.b, "here", 1);
    story_pass(s.b, s.a);
    assert_int_equal(story_beyond(s.a, s.c, s.b), 1); /* of the branch that moved */
    assert_int_equal(story_beyond(s.a, s.d, s.b), 8);
    uint64_t lacking;
    struct buf frontier;
    buf_init(&frontier, 1 << 20);
    peer_frontier(s.c, &frontier);
    check_ok(&s.a->cx, log_lacking(&s.a->cx, s.a->team, buf_view(&frontier), &lacking));
    assert_int_equal(lacking, 1);
    bool holds;
    check_ok(&s.a->cx, log_holds(&s.a->cx, s.a->team, buf_view(&frontier), &holds));
    assert_true(holds);
    buf_clear(&frontier);
    peer_frontier(s.a, &frontier);
    check_ok(&s.c->cx, log_holds(&s.c->cx, s.c->team, buf_view(&frontier), &holds));
    assert_false(holds);
    buf_finish(&frontier);
    story_finish(&s);
}

/* The frontiers of SPEC [F-55]'s note: names of branches, whichever came first. */
static void test_names_of_branches(void **state)
{
    struct story s;
    struct buf one, two;
    struct id name, first;
    uint64_t unused;
    (void)state;
    story_start(&s);
    buf_init(&one, 1 << 20);
    buf_init(&two, 1 << 20);
    story_write(s.b, "shared", 2);
    struct peer *other = peer_clone(&s.w, s.b);
    story_write(s.b, "here", 3);
    story_write(other, "there", 4);
    story_pass(s.b, s.a);
    story_pass(other, s.a);
    story_pass(other, s.d);
    story_pass(s.b, s.d);
    peer_frontier(s.a, &one);
    peer_frontier(s.d, &two);
    const struct id *ben = &team_this_device(s.b->team)->id;
    assert_int_equal(frontier_seq(buf_view(&one), ben), s.base + 2);
    assert_int_equal(frontier_seq(buf_view(&two), ben), s.base + 2);
    check_ok(&s.b->cx, log_name(&s.b->cx, s.b->team, s.b->team->self, s.base + 3, &first, &unused));
    branch_id(ben, &first, &name);
    assert_int_equal(frontier_seq(buf_view(&one), &name), s.base + 5);
    assert_int_equal(frontier_seq(buf_view(&two), &name), s.base + 5);
    check_ok(&other->cx,
             log_name(&other->cx, other->team, other->team->self, s.base + 3, &first, &unused));
    branch_id(ben, &first, &name);
    assert_int_equal(frontier_seq(buf_view(&one), &name), s.base + 6);
    assert_int_equal(frontier_seq(buf_view(&two), &name), s.base + 6);
    /* which of the two a tag is for does not depend on the order either */
    const struct device *x = story_seen(s.a, s.b), *y = story_seen(s.d, s.b);
    const struct branch *here = branch_at(x, s.base + 3), *again = branch_at(y->next, s.base + 3);
    assert_true(id_equal(&here->id, &again->id));
    assert_int_equal(here->tag_len, again->tag_len);
    buf_finish(&one);
    buf_finish(&two);
    story_finish(&s);
}

/* ---- a copied machine ---- */

static void test_cloned_machine(void **state)
{
    struct story s;
    struct buf content, before, after;
    struct admission_counts counts;
    (void)state;
    story_start(&s);
    buf_init(&content, TEAM_STREAM_MAX);
    buf_init(&before, 1 << 20);
    buf_init(&after, 1 << 20);
    struct peer *other = peer_clone(&s.w, s.b);
    story_write(s.b, "here", 3);
    story_write(other, "there", 4);
    story_pass(s.b, s.a);
    story_pass(other, s.a);
    peer_write(s.a, "for everybody");
    peer_export(s.a, BYTES(NULL, 0), &content);
    for (int i = 0; i < 2; i++) {
        struct peer *p = i == 0 ? s.b : other;
        buf_clear(&before);
        buf_clear(&after);
        peer_frontier(p, &before);
        check_fault(&p->cx, STATUS_ROLLBACK, "of this device",
                    peer_admit(p, buf_view(&content), &counts));
        peer_frontier(p, &after);
        check_bytes(buf_view(&after), buf_view(&before));
        assert_int_equal(lane_count(p->team->self), 1);
        story_whole(p);
    }
    buf_finish(&content);
    buf_finish(&before);
    buf_finish(&after);
    story_finish(&s);
}

/* ---- at random ---- */

/* Ben's machines hear of their copies sooner or later and take nothing more. */
static void try_pass(struct peer *from, struct peer *to)
{
    struct admission_counts counts;
    enum status status = peer_try_pass(from, to, &counts);

    if (status != STATUS_OK) {
        check_fault(&to->cx, STATUS_ROLLBACK, "of this device", status);
    }
}

static void test_at_random(void **state)
{
    struct machine m;
    (void)state;
    machine_init(&m, test_seed());
    for (int round = 0; round < 4; round++) {
        struct story s;
        struct peer *liars[4], *honest[3];
        size_t copies = 1;
        story_start(&s);
        honest[0] = s.a, honest[1] = s.c, honest[2] = s.d;
        liars[0] = s.b;
        for (int i = 0; i < 120; i++) {
            uint64_t dice[4];
            for (size_t k = 0; k < 4; k++) {
                dice[k] = machine_below(&m, 256);
            }
            struct peer *liar = liars[dice[1] % copies], *one = honest[dice[2] % 3];
            struct peer *two = honest[(dice[2] + 1 + dice[3] % 2) % 3];
            switch (dice[0] % 8) {
            case 0:
            case 1:
                story_write(liar, "a story", 1 + (int)(dice[3] % 3));
                break;
            case 2:
                peer_write(one, "honest");
                break;
            case 3:
                story_pass(liar, one);
                break;
            case 4:
                try_pass(one, liar);
                break;
            case 5:
                if (copies < 4 && dice[3] < 100) {
                    liars[copies++] = peer_clone(&s.w, liar);
                }
                break;
            default:
                peer_pass(one, two);
                break;
            }
        }
        for (size_t i = 0; i < copies; i++) {
            story_pass(liars[i], honest[i % 3]);
        }
        for (size_t i = 0; i < 3; i++) {
            peer_write(honest[i], "the end");
        }
        peers_pass(honest, 3, 4);
        story_agree(honest, 3);
        story_finish(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_orders),
        cmocka_unit_test(test_charter_on_both_branches),
        cmocka_unit_test(test_three_and_one_nested),
        cmocka_unit_test(test_below_old_entries),
        cmocka_unit_test(test_followed),
        cmocka_unit_test(test_no_change_of_sides),
        cmocka_unit_test(test_unsigned_second),
        cmocka_unit_test(test_preview),
        cmocka_unit_test(test_waits_for_a_branch),
        cmocka_unit_test(test_branch_in_pieces),
        cmocka_unit_test(test_export),
        cmocka_unit_test(test_names_of_branches),
        cmocka_unit_test(test_cloned_machine),
        cmocka_unit_test(test_at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
