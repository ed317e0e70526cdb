/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves that a new epoch reaches its readers and nobody else: who was in gets it from the EPOCH
 * operation, who came in at the same time elsewhere gets it by a SHARE, even when what he is sent
 * stands under it already; what was kept sealed meanwhile is opened then; and pieces go on under
 * the new chains.
 */
#include "team-int.h"
#include "team-world.h"

/* p begins a new epoch of a compartment, as it will when somebody is removed. */
static struct id begin_epoch(struct peer *p, bool control)
{
    struct team *t = p->team;
    struct epoch *e = NULL;
    check_ok(&p->cx, epoch_begin(&p->cx, t, control ? t->control : t->data, false, &e));
    return e->id;
}

static void check_all(struct team_world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        struct peer *p = &w->peers[i];
        struct admission_counts counts;
        uint64_t entries;
        peers_agree(&w->peers[0], p);
        check_ok(&p->cx, peer_admit(p, BYTES(NULL, 0), &counts));
        assert_int_equal(counts.pending, 0);
        check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
        peer_close(p);
        peer_open(p);
        check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
    }
}

static void check_pieces(struct team_world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        struct peer *from = &w->peers[i];
        struct chain_step step;
        check_ok(&from->cx, chain_send_next(&from->cx, from->team, &step));
        for (size_t k = 0; k < w->count; k++) {
            struct chain_hit hit;
            if (k != i) {
                check_ok(&w->peers[k].cx,
                         chain_find(&w->peers[k].cx, w->peers[k].team, step.tag, &hit));
                assert_memory_equal(hit.key.b, step.key.b, sizeof hit.key.b);
            }
        }
    }
}

static void test_readers_follow(void **state)
{
    struct team_world w;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    struct peer *b = peer_join(&w, a, "Ben", "editor");
    struct peer *c = peer_join(&w, a, "Cleo", "reader");
    struct id old = *team_control_epoch(a->team);
    peer_write(a, "before");
    team_world_pass(&w, 2);
    struct id control = begin_epoch(a, true), data = begin_epoch(a, false);
    peer_write(a, "under the new epoch");
    team_world_pass(&w, 2);
    for (size_t i = 0; i < w.count; i++) {
        struct team *t = w.peers[i].team;
        assert_false(id_equal(team_control_epoch(t), &old));
        assert_true(id_equal(team_control_epoch(t), &control));
        assert_true(id_equal(&epoch_current(t, t->data)->id, &data));
        assert_int_equal(w.peers[i].operations, i == 0 ? 0 : 2);
    }
    peer_write(b, "answer");
    team_world_pass(&w, 1);
    assert_int_equal(c->operations, 3);
    check_pieces(&w);
    check_all(&w);
    team_world_finish(&w);
}

/* Ben lets Dan in while Anna begins new epochs and writes under them. */
static void test_concurrent_newcomer(void **state)
{
    struct team_world w;
    (void)state;
    for (int control = 0; control < 2; control++) {
        team_world_init(&w, test_seed() + (uint64_t)control);
        struct peer *a = peer_found(&w);
        struct peer *b = peer_join(&w, a, "Ben", "admin");
        team_world_pass(&w, 1);
        struct id data = begin_epoch(a, false);
        if (control == 1) {
            (void)begin_epoch(a, true);
        }
        peer_write(a, "not for Dan yet");
        check_ok(&a->cx, log_sign_head(&a->cx, a->team));
        if (control == 1) { /* charter entries under the new control epoch stand in the way */
            (void)begin_epoch(a, true);
        }
        struct peer *d = peer_join(&w, b, "Dan", "editor");
        peer_pass(a, d);
        assert_int_equal(d->operations, 0);
        if (control == 0) {
            assert_null(epoch_by_id(d->team, &data)->key);
        }
        peer_pass(a, b);
        peer_pass(b, a);
        peer_pass(a, d);
        peer_pass(d, a);
        assert_int_equal(d->operations, 1);
        assert_non_null(epoch_by_id(d->team, &data)->key);
        team_world_pass(&w, 2);
        peer_write(d, "thank you");
        team_world_pass(&w, 1);
        assert_int_equal(a->operations, 1);
        assert_int_equal(b->operations, 2);
        check_pieces(&w);
        check_all(&w);
        team_world_finish(&w);
    }
}

/* A role that does not read the team compartment relays it sealed. */
static void test_who_may_not_read(void **state)
{
    struct team_world w;
    struct role_row row = {.name = TEXT("porter"), .verbs = 0};
    struct charter_op op = {.verb = CHARTER_DEFROLE};
    struct buf encoded, encoded_op;
    (void)state;
    team_world_init(&w, test_seed());
    buf_init(&encoded, 1024);
    buf_init(&encoded_op, 1024);
    struct peer *a = peer_found(&w);
    check_ok(&a->cx, role_write(&a->cx, &row, &encoded));
    op.u.defrole.role = buf_view(&encoded);
    check_ok(&a->cx, charter_op_write(&a->cx, &op, &encoded_op));
    const bytes list[] = {buf_view(&encoded_op)};
    check_ok(&a->cx, log_control(&a->cx, a->team, list, 1));
    peer_write(a, "secret");
    struct peer *p = peer_join(&w, a, "Pia", "porter");
    struct peer *b = peer_join(&w, a, "Ben", "editor");
    assert_int_equal(p->operations, 0);
    assert_null(epoch_current(p->team, p->team->data));
    peer_write(b, "another");
    peer_pass(b, p);
    assert_int_equal(p->operations, 0);
    peer_pass(p, a); /* relayed */
    assert_int_equal(a->operations, 1);
    struct entry_info info;
    int64_t key;
    check_status(&p->cx, STATUS_DENIED,
                 log_append(&p->cx, p->team, &(struct log_target){.verb = VERB_SET},
                            BYTES("\x82\x01\x00", 3), &info, &key));
    /* a new epoch is not sealed to her */
    struct id data = begin_epoch(a, false);
    assert_true(readers_have(epoch_by_id(a->team, &data), &team_this_device(b->team)->id));
    assert_false(readers_have(epoch_by_id(a->team, &data), &team_this_device(p->team)->id));
    team_world_pass(&w, 2);
    assert_null(epoch_by_id(p->team, &data)->key);
    check_all(&w);
    buf_finish(&encoded);
    buf_finish(&encoded_op);
    team_world_finish(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readers_follow),
        cmocka_unit_test(test_concurrent_newcomer),
        cmocka_unit_test(test_who_may_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
