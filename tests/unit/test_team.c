/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves the ordinary life of a team: founding, opening again, letting people and machines in,
 * writing and exchanging, and that every vault comes to the same charter and the same log.
 */
#include "limits.h"
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
    assert_int_equal(OP_SEQ(first), 3); /* after the founding entry and the prekeys */
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

/* ---- joining: what can go wrong ---- */

static void test_words_and_names_of_an_invitation(void **state)
{
    struct team_world w;
    struct letters l;
    struct join_info join;
    struct invite_info info;
    uint8_t print[16];
    struct team *none = NULL;
    (void)state;
    team_world_init(&w, test_seed());
    letters_init(&l);
    struct peer *a = peer_found(&w);
    struct peer *b = peer_make(&w);
    struct peer *other = peer_make(&w);
    check_ok(&b->cx, team_join_start(&b->cx, b->vault, TEXT("Ben"), TEXT("laptop"), false, &l.join,
                                     &b->root_seed));
    assert_non_null(b->root_seed);
    check_ok(&a->cx, team_join_inspect(&a->cx, buf_view(&l.join), &join));
    check_text(buf_text(&join.member_name), "Ben");
    check_text(buf_text(&join.device_name), "laptop");
    assert_false(join.own_device);
    join_fingerprint(buf_view(&l.join), print);
    assert_memory_equal(join.print, print, sizeof print);
    join_info_finish(&join);

    check_fault(&a->cx, STATUS_NOT_FOUND, "'boss'",
                team_invite(&a->cx, a->team, buf_view(&l.join), TEXT("boss"), &l.invite, l.print));
    assert_int_equal(team_member_count(a->team), 1);
    check_ok(&a->cx,
             team_invite(&a->cx, a->team, buf_view(&l.join), TEXT("editor"), &l.invite, l.print));
    check_fault(&a->cx, STATUS_EXISTS, "'Ben'",
                team_invite(&a->cx, a->team, buf_view(&l.join), TEXT("editor"), &l.invite, print));
    check_status(&other->cx, STATUS_NOT_FOUND,
                 team_invite_inspect(&other->cx, other->vault, buf_view(&l.invite), &info));
    invite_info_finish(&info);
    check_ok(&b->cx, team_invite_inspect(&b->cx, b->vault, buf_view(&l.invite), &info));
    check_text(buf_text(&info.team_name), "Harbour");
    check_text(buf_text(&info.inviter_name), "Anna");
    check_text(buf_text(&info.role_name), "editor");
    assert_memory_equal(info.print, l.print, sizeof info.print);
    invite_info_finish(&info);
    l.invite.ptr[l.invite.len / 2] ^= 1;
    check_status(&b->cx, STATUS_NOT_FOUND,
                 team_join_finish(&b->cx, b->vault, buf_view(&l.invite), &none, &l.content));
    l.invite.ptr[l.invite.len / 2] ^= 1;
    check_ok(&b->cx, team_join_finish(&b->cx, b->vault, buf_view(&l.invite), &b->team, &l.content));
    check_status(&b->cx, STATUS_DUPLICATE,
                 team_join_finish(&b->cx, b->vault, buf_view(&l.invite), &none, &l.content));
    assert_null(none);
    /* before the log is admitted */
    assert_null(team_me(b->team));
    check_text(team_this_device(b->team)->name, "laptop");
    struct entry_info where;
    int64_t key;
    check_status(&b->cx, STATUS_DENIED,
                 log_append(&b->cx, b->team, &(struct log_target){.verb = VERB_SET},
                            BYTES("\x82\x01\x00", 3), &where, &key));
    peer_close(b);
    peer_open(b);
    assert_null(team_me(b->team));
    struct admission_counts counts;
    check_ok(&b->cx, peer_admit(b, buf_view(&l.content), &counts));
    assert_int_equal(counts.taken, 3);
    assert_non_null(team_me(b->team));
    letters_finish(&l);
    team_world_finish(&w);
}

static void test_names_are_taken_once(void **state)
{
    struct team_world w;
    struct letters l;
    struct secret *seed = NULL;
    (void)state;
    team_world_init(&w, test_seed());
    letters_init(&l);
    struct peer *a = peer_found(&w);
    (void)peer_join(&w, a, "Ben", "editor");
    struct peer *other = peer_make(&w);
    check_ok(&other->cx, team_join_start(&other->cx, other->vault, TEXT("Ben"), TEXT("x"), false,
                                         &l.join, &seed));
    check_fault(
        &a->cx, STATUS_EXISTS, "another member is called 'Ben'",
        team_invite(&a->cx, a->team, buf_view(&l.join), TEXT("editor"), &l.invite, l.print));
    secret_free(&seed);
    letters_finish(&l);
    team_world_finish(&w);
}

/* Two colleagues answer the same join file; both answers stand in the charter, one is used. */
static void test_two_answers(void **state)
{
    struct team_world w;
    struct letters l, m;
    struct team *none = NULL;
    struct admission_counts counts;
    (void)state;
    team_world_init(&w, test_seed());
    letters_init(&l);
    letters_init(&m);
    struct peer *a = peer_found(&w);
    struct peer *b = peer_join(&w, a, "Ben", "admin");
    struct peer *c = peer_make(&w);
    check_ok(&c->cx, team_join_start(&c->cx, c->vault, TEXT("Cleo"), TEXT("mini"), false, &l.join,
                                     &c->root_seed));
    check_ok(&a->cx,
             team_invite(&a->cx, a->team, buf_view(&l.join), TEXT("editor"), &l.invite, l.print));
    check_ok(&b->cx,
             team_invite(&b->cx, b->team, buf_view(&l.join), TEXT("reader"), &m.invite, m.print));
    check_ok(&c->cx, team_join_finish(&c->cx, c->vault, buf_view(&m.invite), &c->team, &m.content));
    check_ok(&c->cx, peer_admit(c, buf_view(&m.content), &counts));
    check_text(team_me(c->team)->role->name, "reader");
    check_status(&c->cx, STATUS_NOT_FOUND,
                 team_join_finish(&c->cx, c->vault, buf_view(&l.invite), &none, &l.content));
    for (int turn = 0; turn < 2; turn++) {
        peer_pass(a, b);
        peer_pass(b, c);
        peer_pass(c, a);
        peer_pass(b, a);
        peer_pass(a, c);
        peer_pass(c, b);
    }
    peers_agree(a, b);
    peers_agree(a, c);
    /* what Cleo sends is found by both */
    struct chain_step step;
    struct chain_hit hit;
    check_ok(&c->cx, chain_send_next(&c->cx, c->team, &step));
    check_ok(&a->cx, chain_find(&a->cx, a->team, step.tag, &hit));
    check_ok(&b->cx, chain_find(&b->cx, b->team, step.tag, &hit));
    uint64_t entries;
    check_ok(&a->cx, log_check(&a->cx, a->team, &entries));
    letters_finish(&l);
    letters_finish(&m);
    team_world_finish(&w);
}

static void test_sheets(void **state)
{
    struct team_world w;
    struct letters l;
    struct secret *foreign = NULL;
    uint8_t root_pk[32];
    (void)state;
    team_world_init(&w, test_seed());
    letters_init(&l);
    struct peer *a = peer_found(&w);
    struct peer *b = peer_join(&w, a, "Ben", "reader");
    struct peer *c = peer_make(&w);
    check_ok(&c->cx, team_join_start(&c->cx, c->vault, TEXT(""), TEXT("phone"), true, &l.join,
                                     &c->root_seed));
    check_fault(
        &a->cx, STATUS_USAGE, "further device",
        team_invite(&a->cx, a->team, buf_view(&l.join), TEXT("editor"), &l.invite, l.print));
    check_fault(
        &b->cx, STATUS_DENIED, "another member: 'Anna'",
        team_device_add(&b->cx, b->team, buf_view(&l.join), a->root_seed, &l.invite, l.print));
    check_ok(&c->cx, root_key_make(&c->cx, &foreign, root_pk));
    check_fault(&b->cx, STATUS_FOREIGN, "another team",
                team_device_add(&b->cx, b->team, buf_view(&l.join), foreign, &l.invite, l.print));
    check_ok(&b->cx,
             team_device_add(&b->cx, b->team, buf_view(&l.join), b->root_seed, &l.invite, l.print));
    assert_int_equal(team_device_count(b->team), 3);
    buf_clear(&l.join);
    struct secret *seed = NULL;
    check_ok(&c->cx,
             team_join_start(&c->cx, c->vault, TEXT("Cleo"), TEXT("x"), false, &l.join, &seed));
    check_fault(
        &b->cx, STATUS_USAGE, "new member",
        team_device_add(&b->cx, b->team, buf_view(&l.join), b->root_seed, &l.invite, l.print));
    secret_free(&seed);
    secret_free(&foreign);
    letters_finish(&l);
    team_world_finish(&w);
}

static void test_devices_of_a_member_are_bounded(void **state)
{
    struct team_world w;
    struct letters l;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    struct peer *b = peer_make(&w);
    for (size_t i = 1; i <= DEVICES_PER_MEMBER_MAX; i++) {
        struct secret *none = NULL;
        letters_init(&l);
        check_ok(&b->cx,
                 team_join_start(&b->cx, b->vault, TEXT(""), TEXT("spare"), true, &l.join, &none));
        enum status status =
            team_device_add(&a->cx, a->team, buf_view(&l.join), a->root_seed, &l.invite, l.print);
        if (i < DEVICES_PER_MEMBER_MAX) {
            check_ok(&a->cx, status);
        } else {
            check_fault(&a->cx, STATUS_DENIED, "[AUTH-04]", status);
        }
        letters_finish(&l);
    }
    assert_int_equal(team_device_count(a->team), DEVICES_PER_MEMBER_MAX);
    peer_write(a, "the refusal left nothing behind");
    uint64_t entries;
    check_ok(&a->cx, log_check(&a->cx, a->team, &entries));
    assert_int_equal(team_device_count(a->team), DEVICES_PER_MEMBER_MAX);
    team_world_finish(&w);
}

/* ---- looking up ---- */

static void test_names_and_tags(void **state)
{
    struct team_world w;
    const struct team_member *m = NULL;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    (void)peer_join(&w, a, "Benedikt", "editor");
    (void)peer_join(&w, a, "Benno", "reader");
    struct peer *ben = peer_join(&w, a, "Ben", "reader");
    check_ok(&a->cx, team_member_find(&a->cx, a->team, TEXT("BEN"), &m));
    check_text(m->name, "Ben");
    check_ok(&a->cx, team_member_find(&a->cx, a->team, TEXT("bened"), &m));
    check_text(m->name, "Benedikt");
    check_ok(&a->cx, team_member_find(&a->cx, a->team, TEXT("me"), &m));
    check_text(m->name, "Anna");
    check_fault(&a->cx, STATUS_AMBIGUOUS, "Benedikt, Benno",
                team_member_find(&a->cx, a->team, TEXT("be"), &m));
    check_status(&a->cx, STATUS_NOT_FOUND, team_member_find(&a->cx, a->team, TEXT("Zoe"), &m));
    check_status(&a->cx, STATUS_NOT_FOUND, team_member_find(&a->cx, a->team, TEXT(""), &m));
    team_member_verified(&a->cx, a->team, &m->id, true);
    check_ok(&a->cx, team_member_find(&a->cx, a->team, TEXT("Benno"), &m));
    team_member_verified(&a->cx, a->team, &m->id, true);
    assert_true(m->verified);
    const struct team_member *kept = m;
    peer_close(ben);
    peer_close(a);
    peer_open(a);
    check_ok(&a->cx, team_member_find(&a->cx, a->team, TEXT("Benno"), &m));
    assert_true(m->verified);
    team_member_verified(&a->cx, a->team, &m->id, false);
    assert_false(m->verified);
    (void)kept;
    for (size_t i = 0; i < team_device_count(a->team); i++) {
        const struct team_device *d = team_device_at(a->team, i);
        text tag = team_device_tag(a->team, d->ix);
        assert_true(tag.len >= 2);
        assert_int_equal(team_device_by_tag(a->team, tag), d->ix);
        assert_ptr_equal(team_device_by_ix(a->team, d->ix), d);
        assert_ptr_equal(team_device_by_id(a->team, &d->id), d);
        assert_ptr_equal(team_device_by_short(a->team, d->id.b), d);
    }
    assert_int_equal(team_device_by_tag(a->team, TEXT("!")), 0);
    assert_int_equal(team_device_by_tag(a->team, TEXT("")), 0);
    team_world_finish(&w);
}

static enum status count_team(void *self, struct ctx *cx, text name, int64_t key)
{
    (void)cx;
    (void)name;
    assert_true(key > 0);
    (*(size_t *)self)++;
    return STATUS_OK;
}

static void test_several_teams_in_a_vault(void **state)
{
    struct team_world w;
    struct team *second = NULL, *third = NULL, *again = NULL;
    struct secret *seed = NULL;
    size_t count = 0;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    struct peer *b = peer_join(&w, a, "Ben", "editor");
    peer_write(a, "in the first");
    check_ok(&a->cx, team_found(&a->cx, a->vault, TEXT("Harbour watch"), TEXT("Anna"), TEXT("desk"),
                                &seed, &second));
    secret_free(&seed);
    check_ok(&a->cx, team_found(&a->cx, a->vault, TEXT("Lighthouse"), TEXT("A."), TEXT("desk"),
                                &seed, &third));
    secret_free(&seed);
    assert_int_not_equal(team_key(second), team_key(a->team));
    assert_false(id_equal(&team_this_device(second)->id, &team_this_device(a->team)->id));
    assert_false(id_equal(&team_me(second)->id, &team_me(a->team)->id));
    check_ok(&a->cx, team_list(&a->cx, a->vault, count_team, &count));
    assert_int_equal(count, 3);
    check_fault(&a->cx, STATUS_AMBIGUOUS, "'Harbour', 'Harbour watch', 'Lighthouse'",
                team_open(&a->cx, a->vault, TEXT(""), &again));
    check_status(&a->cx, STATUS_NOT_FOUND, team_open(&a->cx, a->vault, TEXT("Pier"), &again));
    check_ok(&a->cx, team_open(&a->cx, a->vault, TEXT("Li"), &again));
    check_text(team_name(again), "Lighthouse");
    team_close(&again);
    check_ok(&a->cx, team_open(&a->cx, a->vault, TEXT("Harbour"), &again));
    assert_int_equal(team_key(again), team_key(a->team));
    team_close(&again);
    peer_pass(a, b);
    peers_agree(a, b);
    uint64_t entries;
    check_ok(&a->cx, log_check(&a->cx, second, &entries));
    check_ok(&a->cx, log_check(&a->cx, a->team, &entries));
    team_close(&second);
    team_close(&third);
    team_world_finish(&w);
}

/* ---- the open entry ---- */

/* 100,000 operations fill two entries; keys ascend; nothing is lost across closing. */
static void test_many_appends(void **state)
{
    static const uint8_t op[] = {0x83, 0x01, 0x00, 0x65, 'h', 'e', 'l', 'l', 'o'};
    struct team_world w;
    struct entry_info info;
    int64_t key, last = 0;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    struct peer *b = peer_join(&w, a, "Ben", "editor");
    check_ok(&a->cx, vault_begin(&a->cx, a->vault));
    for (int i = 0; i < 100000; i++) {
        check_ok(&a->cx, log_append(&a->cx, a->team, &(struct log_target){.verb = VERB_CREATE},
                                    BYTES_OF(op), &info, &key));
        assert_true(key > last);
        assert_int_equal(OP_SEQ(key), info.seq);
        assert_int_equal(OP_INDEX(key), i % (int)OPS_PER_ENTRY_MAX);
        last = key;
    }
    check_ok(&a->cx, vault_commit(&a->cx, a->vault));
    peer_close(a);
    peer_open(a);
    assert_int_equal(OP_INDEX(peer_write(a, "one more")), OP_INDEX(last) + 1);
    peer_pass(a, b);
    assert_int_equal(b->operations, 100001);
    peers_agree(a, b);
    team_world_finish(&w);
}

static void test_large_operations(void **state)
{
    static char large[400 * 1024];
    struct team_world w;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    struct peer *b = peer_join(&w, a, "Ben", "editor");
    memset(large, 'x', sizeof large - 1);
    uint64_t first = OP_SEQ(peer_write(a, large));
    assert_int_equal(OP_SEQ(peer_write(a, large)), first);
    assert_int_equal(OP_SEQ(peer_write(a, large)), first + 1);
    static uint8_t huge[BODY_PLAIN_MAX];
    struct entry_info info;
    int64_t key;
    check_status(&a->cx, STATUS_LIMIT,
                 log_append(&a->cx, a->team, &(struct log_target){.verb = VERB_SET}, BYTES_OF(huge),
                            &info, &key));
    peer_pass(a, b);
    assert_int_equal(b->operations, 3);
    team_world_finish(&w);
}

/* The time operations are relative to is that of the first, whatever the clock does meanwhile. */
static void test_open_time(void **state)
{
    struct team_world w;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    int64_t start = log_open_time(&a->cx, a->team);
    assert_int_equal(start, a->machine.now);
    a->machine.now += 5;
    peer_write(a, "one");
    a->machine.now += 100;
    assert_int_equal(log_open_time(&a->cx, a->team), start);
    peer_close(a);
    peer_open(a);
    assert_int_equal(log_open_time(&a->cx, a->team), start);
    check_ok(&a->cx, log_seal(&a->cx, a->team));
    assert_int_equal(log_open_time(&a->cx, a->team), a->machine.now);
    team_world_finish(&w);
}

/* ---- frontiers ---- */

static bytes frontier(struct buf *out, uint64_t one, uint64_t two, uint64_t three)
{
    struct ctx cx;
    struct entry_dep rows[3];
    const uint64_t seqs[3] = {one, two, three};
    size_t count = 0;
    ctx_init(&cx, system_real());
    for (size_t i = 0; i < 3; i++) {
        if (seqs[i] > 0) {
            memset(rows[count].device.b, (int)i + 1, 32);
            rows[count++].seq = seqs[i];
        }
    }
    buf_init(out, 4096);
    check_ok(&cx, entry_deps_write(&cx, rows, count, out));
    return buf_view(out);
}

static void test_frontiers(void **state)
{
    struct ctx cx;
    struct buf fa, fb, fm, fe;
    struct id d;
    (void)state;
    ctx_init(&cx, system_real());
    bytes a = frontier(&fa, 5, 0, 7), b = frontier(&fb, 3, 2, 9), expected = frontier(&fe, 3, 0, 7);
    memset(d.b, 3, 32);
    assert_int_equal(frontier_seq(a, &d), 7);
    memset(d.b, 2, 32);
    assert_int_equal(frontier_seq(a, &d), 0);
    assert_int_equal(frontier_seq(BYTES(NULL, 0), &d), 0);
    buf_init(&fm, 4096);
    check_ok(&cx, frontier_min(&cx, a, b, &fm));
    check_bytes(buf_view(&fm), expected);
    assert_true(frontier_covers(a, buf_view(&fm)));
    assert_true(frontier_covers(b, buf_view(&fm)));
    assert_true(frontier_covers(a, a));
    assert_true(frontier_covers(a, BYTES(NULL, 0)));
    assert_false(frontier_covers(a, b));
    assert_false(frontier_covers(b, a));
    assert_false(frontier_covers(BYTES(NULL, 0), a));
    buf_clear(&fm);
    check_status(&cx, STATUS_MALFORMED, frontier_min(&cx, a, BYTES(b.ptr, b.len - 1), &fm));
    assert_false(frontier_covers(a, BYTES(fm.ptr == NULL ? a.ptr : a.ptr, a.len - 1)));
    buf_finish(&fa);
    buf_finish(&fb);
    buf_finish(&fm);
    buf_finish(&fe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_and_reopen),
        cmocka_unit_test(test_join_and_exchange),
        cmocka_unit_test(test_words_and_names_of_an_invitation),
        cmocka_unit_test(test_names_are_taken_once),
        cmocka_unit_test(test_two_answers),
        cmocka_unit_test(test_sheets),
        cmocka_unit_test(test_devices_of_a_member_are_bounded),
        cmocka_unit_test(test_names_and_tags),
        cmocka_unit_test(test_several_teams_in_a_vault),
        cmocka_unit_test(test_many_appends),
        cmocka_unit_test(test_large_operations),
        cmocka_unit_test(test_open_time),
        cmocka_unit_test(test_frontiers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
