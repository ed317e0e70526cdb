/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves the piece chains: sender and receivers walk the same steps, in any order, beyond the
 * window by searching; a tag or key is never given twice nor found again once used; what is
 * skipped is bounded in number and age; and everybody who came in, even at the same time, reaches
 * everybody.
 */
#include "team-int.h"
#include "team-world.h"

#include <stdlib.h>

enum { STEPS_MAX = 8192 };

struct sent {
    struct chain_step step[STEPS_MAX];
    size_t count;
};

static void send_steps(struct peer *p, struct sent *s, size_t count)
{
    check_ok(&p->cx, vault_begin(&p->cx, p->vault));
    for (size_t i = 0; i < count; i++) {
        assert_true(s->count < STEPS_MAX);
        check_ok(&p->cx, chain_send_next(&p->cx, p->team, &s->step[s->count]));
        assert_int_equal(s->step[s->count].number, s->count);
        s->count++;
    }
    check_ok(&p->cx, vault_commit(&p->cx, p->vault));
}

static enum status find(struct peer *p, const struct chain_step *step, struct chain_hit *hit)
{
    return chain_find(&p->cx, p->team, step->tag, hit);
}

/* Opened, and listed by a manifest; the tag stands for the hash of the piece. */
static void take(struct peer *p, const struct chain_step *step)
{
    struct chain_hit hit;
    struct id piece;
    check_ok(&p->cx, find(p, step, &hit));
    assert_int_equal(hit.number, step->number);
    assert_memory_equal(hit.key.b, step->key.b, sizeof hit.key.b);
    memcpy(piece.b, step->tag, sizeof piece.b);
    check_ok(&p->cx, chain_spend(&p->cx, p->team, &hit, &piece));
    check_ok(&p->cx, chain_confirm(&p->cx, p->team, hit.device_ix, BYTES_OF(piece.b)));
    check_status(&p->cx, STATUS_NOT_FOUND, find(p, step, &hit));
}

static uint64_t rows(struct peer *p, const char *query)
{
    struct stmt *s = NULL;
    bool row = false;
    check_ok(&p->cx, stmt_prepare(&p->cx, p->vault, query, &s));
    check_ok(&p->cx, stmt_step(&p->cx, s, &row));
    uint64_t value = (uint64_t)stmt_int(s, 0);
    stmt_reset(s);
    return value;
}

static void test_out_of_order(void **state)
{
    static struct sent sent;
    struct team_world w;
    struct chain_hit hit;
    struct machine m;
    size_t order[500];
    (void)state;
    sent.count = 0;
    machine_init(&m, test_seed());
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    struct peer *b = peer_join(&w, a, "Ben", "editor");
    send_steps(a, &sent, 500);
    check_status(&a->cx, STATUS_FOREIGN, find(a, &sent.step[7], &hit));
    for (size_t i = 0; i < 500; i++) {
        order[i] = i;
    }
    for (size_t i = 500; i > 1; i--) {
        size_t k = machine_below(&m, i), held = order[i - 1];
        order[i - 1] = order[k];
        order[k] = held;
    }
    check_ok(&b->cx, vault_begin(&b->cx, b->vault));
    for (size_t i = 0; i < 500; i++) {
        take(b, &sent.step[order[i]]);
    }
    check_ok(&b->cx, vault_commit(&b->cx, b->vault));
    peer_close(b);
    peer_open(b);
    for (size_t i = 0; i < 500; i++) {
        check_status(&b->cx, STATUS_NOT_FOUND, find(b, &sent.step[i], &hit));
    }
    /* and back */
    sent.count = 0;
    send_steps(b, &sent, 3);
    take(a, &sent.step[2]);
    take(a, &sent.step[0]);
    team_world_finish(&w);
}

static int compare_tags(const void *a, const void *b)
{
    return memcmp(a, b, PIECE_TAG_BYTES);
}

/* 8,000 steps of two senders: all tags and keys differ. */
static void test_never_twice(void **state)
{
    static struct sent sent[2];
    static uint8_t all[4 * STEPS_MAX][PIECE_TAG_BYTES];
    struct team_world w;
    size_t count = 0;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *peers[2] = {peer_found(&w), NULL};
    peers[1] = peer_join(&w, peers[0], "Ben", "editor");
    for (size_t k = 0; k < 2; k++) {
        sent[k].count = 0;
        send_steps(peers[k], &sent[k], 2000);
        peer_close(peers[k]);
        peer_open(peers[k]);
        send_steps(peers[k], &sent[k], 2000);
        for (size_t i = 0; i < sent[k].count; i++) {
            memcpy(all[count++], sent[k].step[i].tag, PIECE_TAG_BYTES);
            memcpy(all[count++], sent[k].step[i].key.b, PIECE_TAG_BYTES);
        }
    }
    qsort(all, count, PIECE_TAG_BYTES, compare_tags);
    for (size_t i = 1; i < count; i++) {
        assert_memory_not_equal(all[i - 1], all[i], PIECE_TAG_BYTES);
    }
    team_world_finish(&w);
}

static void test_beyond_the_window(void **state)
{
    static struct sent sent;
    struct team_world w;
    struct chain_hit hit;
    (void)state;
    sent.count = 0;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    struct peer *b = peer_join(&w, a, "Ben", "editor");
    send_steps(a, &sent, 6000);
    take(b, &sent.step[CHAIN_AHEAD_MAX - 1]);
    take(b, &sent.step[2 * CHAIN_AHEAD_MAX - 1]); /* the window moved */
    check_status(&b->cx, STATUS_NOT_FOUND, find(b, &sent.step[5999], &hit));
    check_ok(&b->cx, chain_search(&b->cx, b->team, sent.step[5999].tag, 1));
    take(b, &sent.step[5999]);
    /* the newest CHAIN_SKIPPED_MAX of what was skipped are kept */
    assert_int_equal(rows(b, "SELECT count(*) FROM team_chain_step WHERE since IS NOT NULL"),
                     CHAIN_SKIPPED_MAX);
    take(b, &sent.step[5998 - CHAIN_SKIPPED_MAX]); /* one of them had been used */
    check_status(&b->cx, STATUS_NOT_FOUND, find(b, &sent.step[5997 - CHAIN_SKIPPED_MAX], &hit));
    /* a tag nobody makes changes nothing */
    uint8_t invented[PIECE_TAG_BYTES] = {1};
    uint64_t before = rows(b, "SELECT count(*) FROM team_chain_step");
    check_ok(&b->cx, chain_search(&b->cx, b->team, invented, 1));
    assert_int_equal(rows(b, "SELECT count(*) FROM team_chain_step"), before);
    /* what was skipped long ago is forgotten at the next use */
    b->machine.now += SKIPPED_SECONDS_MAX + 1;
    send_steps(a, &sent, 1);
    take(b, &sent.step[6000]);
    assert_int_equal(rows(b, "SELECT count(*) FROM team_chain_step WHERE since IS NOT NULL"), 0);
    assert_int_equal(rows(b, "SELECT count(*) FROM team_chain_step WHERE length(key) = 32"),
                     CHAIN_AHEAD_MAX);
    team_world_finish(&w);
}

/* A rolled back look ahead or use is done again. */
static void test_rollbacks(void **state)
{
    static struct sent sent;
    struct team_world w;
    struct chain_hit hit;
    (void)state;
    sent.count = 0;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    struct peer *b = peer_join(&w, a, "Ben", "editor");
    send_steps(a, &sent, 4);
    check_ok(&b->cx, vault_begin(&b->cx, b->vault));
    take(b, &sent.step[3]);
    vault_rollback(b->vault);
    take(b, &sent.step[3]);
    check_ok(&b->cx, vault_begin(&b->cx, b->vault));
    take(b, &sent.step[1]);
    vault_rollback(b->vault);
    take(b, &sent.step[1]);
    check_ok(&b->cx, find(b, &sent.step[0], &hit));
    team_world_finish(&w);
}

/* Dan and Eva are let in by two colleagues who do not know of each other's newcomer. */
static void test_everybody_reaches_everybody(void **state)
{
    struct team_world w;
    struct chain_hit hit;
    struct chain_step step;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    struct peer *b = peer_join(&w, a, "Ben", "admin");
    (void)peer_join(&w, a, "Dan", "editor");
    (void)peer_join(&w, b, "Eva", "reader");
    for (size_t turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < w.count; i++) {
            for (size_t k = 0; k < w.count; k++) {
                if (i != k) {
                    peer_pass(&w.peers[i], &w.peers[k]);
                }
            }
        }
    }
    (void)peer_device(&w, &w.peers[3], "phone"); /* a reader's second machine */
    for (size_t i = 0; i < w.count; i++) {
        for (size_t k = 0; k < w.count; k++) {
            if (i != k) {
                peer_pass(&w.peers[i], &w.peers[k]);
            }
        }
    }
    for (size_t i = 0; i < w.count; i++) {
        struct peer *from = &w.peers[i];
        check_ok(&from->cx, chain_send_next(&from->cx, from->team, &step));
        for (size_t k = 0; k < w.count; k++) {
            if (k == i) {
                continue;
            }
            check_ok(&w.peers[k].cx, find(&w.peers[k], &step, &hit));
            assert_true(id_equal(&team_device_by_ix(w.peers[k].team, hit.device_ix)->id,
                                 &team_this_device(from->team)->id));
        }
    }
    /* healing ends: nobody has anything left to say */
    struct buf before, after;
    buf_init(&before, 1 << 20);
    buf_init(&after, 1 << 20);
    peer_frontier(a, &before);
    for (size_t i = 0; i < w.count; i++) {
        check_ok(&w.peers[i].cx, log_sign_head(&w.peers[i].cx, w.peers[i].team));
        peer_pass(&w.peers[i], a == &w.peers[i] ? b : a);
    }
    peer_frontier(a, &after);
    check_bytes(buf_view(&after), buf_view(&before));
    buf_finish(&before);
    buf_finish(&after);
    team_world_finish(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_out_of_order),
        cmocka_unit_test(test_never_twice),
        cmocka_unit_test(test_beyond_the_window),
        cmocka_unit_test(test_rollbacks),
        cmocka_unit_test(test_everybody_reaches_everybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
