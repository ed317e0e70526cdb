/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves that admission gives the same log on every vault whatever the order, that it can be
 * repeated, that what lacks its causes waits and then comes in, and that a byte changed on the way
 * is refused with the reason and leaves nothing behind.
 */
#include "team-world.h"

enum { ITEMS_MAX = 4096 };

/* ---- honest bundles in any order ---- */

enum { POOL_MAX = 400 };
struct pool {
    struct buf bundles[POOL_MAX];
    size_t count;
};

static void pool_add(struct pool *pool, struct peer *from, bytes frontier)
{
    assert_true(pool->count < POOL_MAX);
    struct buf *b = &pool->bundles[pool->count++];
    buf_init(b, TEAM_STREAM_MAX);
    peer_export(from, frontier, b);
}

/* Heads stay in front, entries in any order, some twice. */
static void shuffle(struct ctx *cx, struct machine *m, bytes content, struct buf *out)
{
    static struct stream_item items[ITEMS_MAX];
    size_t count = stream_split(cx, content, items, ITEMS_MAX), heads = 0;
    while (heads < count && items[heads].item.kind == CONTENT_HEAD) {
        check_ok(cx, buf_add(cx, out, items[heads++].raw));
    }
    for (size_t i = count; i > heads + 1; i--) {
        size_t k = heads + machine_below(m, i - heads);
        struct stream_item held = items[i - 1];
        items[i - 1] = items[k];
        items[k] = held;
    }
    for (size_t i = heads; i < count; i++) {
        check_ok(cx, buf_add(cx, out, items[i].raw));
        if (machine_below(m, 4) == 0) {
            check_ok(cx, buf_add(cx, out, items[i].raw));
        }
    }
}

static void admit_shuffled(struct machine *m, struct peer *to, const struct buf *bundle)
{
    struct admission_counts counts;
    struct buf content;
    buf_init(&content, 2 * TEAM_STREAM_MAX);
    shuffle(&to->cx, m, buf_view(bundle), &content);
    check_ok(&to->cx, peer_admit(to, buf_view(&content), &counts));
    buf_finish(&content);
}

static void random_step(struct team_world *w, struct machine *m, struct pool *pool)
{
    struct peer *p = &w->peers[machine_below(m, w->count)];
    struct peer *q = &w->peers[machine_below(m, w->count)];
    struct buf frontier;

    switch (machine_below(m, 4)) {
    case 0:
        for (size_t i = machine_below(m, 4); i < 4; i++) {
            peer_write(p, "a change");
        }
        break;
    case 1: /* for q, as far as p may know */
        buf_init(&frontier, 1 << 20);
        peer_frontier(q, &frontier);
        pool_add(pool, p, buf_view(&frontier));
        buf_finish(&frontier);
        break;
    default:
        if (pool->count > 0) {
            admit_shuffled(m, q, &pool->bundles[machine_below(m, pool->count)]);
        }
        break;
    }
}

static void test_any_order(void **state)
{
    struct machine m;
    (void)state;
    machine_init(&m, test_seed() * 7 + 1);
    for (uint64_t round = 0; round < 6; round++) {
        static struct pool pool;
        struct team_world w;
        team_world_init(&w, test_seed() + round);
        struct peer *a = peer_found(&w);
        struct peer *b = peer_join(&w, a, "Ben", "admin");
        for (int i = 0; i < 20; i++) {
            random_step(&w, &m, &pool);
        }
        (void)peer_join(&w, a, "Cleo", "editor");
        (void)peer_join(&w, b, "Dan", "editor"); /* concurrent invitations */
        for (int i = 0; i < 80; i++) {
            random_step(&w, &m, &pool);
        }
        for (size_t turn = 0; turn < 3; turn++) {
            for (size_t i = 0; i < w.count; i++) {
                for (size_t k = 0; k < w.count; k++) {
                    if (i != k) {
                        peer_pass(&w.peers[i], &w.peers[k]);
                    }
                }
            }
        }
        for (size_t i = 0; i < w.count; i++) {
            uint64_t entries;
            struct admission_counts counts;
            peers_agree(a, &w.peers[i]);
            check_ok(&w.peers[i].cx, peer_admit(&w.peers[i], BYTES(NULL, 0), &counts));
            assert_int_equal(counts.pending, 0);
            check_ok(&w.peers[i].cx, log_check(&w.peers[i].cx, w.peers[i].team, &entries));
            peer_close(&w.peers[i]);
            peer_open(&w.peers[i]);
            check_ok(&w.peers[i].cx, log_check(&w.peers[i].cx, w.peers[i].team, &entries));
            w.peers[i].digest = (struct id){{0}};
            struct log_sink sink = peer_sink(&w.peers[i]);
            check_ok(&w.peers[i].cx, log_replay(&w.peers[i].cx, w.peers[i].team, &sink));
            assert_true(id_equal(&w.peers[i].digest, &w.peers[0].digest));
        }
        for (size_t i = 0; i < pool.count; i++) {
            buf_finish(&pool.bundles[i]);
        }
        pool.count = 0;
        team_world_finish(&w);
    }
}

/* ---- repeating and waiting ---- */

struct trio {
    struct team_world w;
    struct peer *a, *b, *c;
};

static void trio_start(struct trio *t)
{
    team_world_init(&t->w, test_seed());
    t->a = peer_found(&t->w);
    t->b = peer_join(&t->w, t->a, "Ben", "editor");
    t->c = peer_join(&t->w, t->a, "Cleo", "reader");
    peer_pass(t->a, t->b);
}

static void test_twice_is_once(void **state)
{
    struct trio t;
    struct admission_counts counts;
    struct buf content;
    (void)state;
    trio_start(&t);
    buf_init(&content, TEAM_STREAM_MAX);
    peer_write(t.b, "one");
    peer_export(t.b, BYTES(NULL, 0), &content);
    check_ok(&t.a->cx, peer_admit(t.a, buf_view(&content), &counts));
    assert_int_equal(counts.taken, 1);
    assert_int_equal(counts.operations, 1);
    uint64_t applied = t.a->applied;
    check_ok(&t.a->cx, peer_admit(t.a, buf_view(&content), &counts));
    assert_int_equal(counts.taken, 0);
    assert_true(counts.known > 0);
    assert_int_equal(t.a->applied, applied);
    buf_finish(&content);
    team_world_finish(&t.w);
}

/* Bundle 2 before bundle 1: it waits, across closing the vault, and comes in with bundle 1. */
static void test_waits_for_causes(void **state)
{
    struct trio t;
    struct admission_counts counts;
    struct buf one, two, frontier;
    (void)state;
    trio_start(&t);
    buf_init(&one, TEAM_STREAM_MAX);
    buf_init(&two, TEAM_STREAM_MAX);
    buf_init(&frontier, 1 << 20);
    peer_frontier(t.a, &frontier);
    peer_write(t.b, "one");
    peer_export(t.b, buf_view(&frontier), &one);
    buf_clear(&frontier);
    peer_frontier(t.b, &frontier);
    peer_write(t.b, "two");
    peer_export(t.b, buf_view(&frontier), &two);
    check_ok(&t.a->cx, peer_admit(t.a, buf_view(&two), &counts));
    assert_int_equal(counts.taken, 0);
    assert_int_equal(counts.pending, 1);
    assert_int_equal(t.a->operations, 0);
    peer_close(t.a);
    peer_open(t.a);
    check_ok(&t.a->cx, peer_admit(t.a, buf_view(&one), &counts));
    assert_int_equal(counts.taken, 2);
    assert_int_equal(counts.pending, 0);
    assert_int_equal(t.a->operations, 2);
    peers_agree(t.a, t.b);
    buf_finish(&one);
    buf_finish(&two);
    buf_finish(&frontier);
    team_world_finish(&t.w);
}

/* ---- changed on the way ---- */

static void refuses(struct peer *p, bytes content)
{
    struct admission_counts counts;
    struct buf before, after;
    uint64_t entries = 0, again = 0;

    buf_init(&before, 1 << 20);
    buf_init(&after, 1 << 20);
    peer_frontier(p, &before);
    check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
    enum status status = peer_admit(p, content, &counts);
    if (status == STATUS_OK) { /* of a device nobody knows: it waits for ever */
        assert_int_equal(counts.taken + counts.known, 0);
        assert_int_equal(counts.pending, 1);
        check_ok(&p->cx, vault_execute(&p->cx, p->vault, "DELETE FROM log_pending"));
    } else {
        assert_true(status == STATUS_FORGED || status == STATUS_MALFORMED ||
                    status == STATUS_LIMIT || status == STATUS_FOREIGN ||
                    status == STATUS_UNSUPPORTED || status == STATUS_DENIED ||
                    status == STATUS_ROLLBACK);
        assert_true(p->cx.fault.what[0] != '\0');
        fault_clear(&p->cx);
    }
    peer_frontier(p, &after);
    check_bytes(buf_view(&after), buf_view(&before));
    check_ok(&p->cx, log_check(&p->cx, p->team, &again));
    assert_int_equal(entries, again);
    buf_finish(&before);
    buf_finish(&after);
}

/* Heads of other devices go along as causes; what is left is what `of` wrote. Returns how much of
 * the stream those heads were, which stand first. */
static size_t split_off_causes(struct peer *of, struct buf *content)
{
    static struct stream_item items[ITEMS_MAX];
    struct buf others, own;
    size_t count = stream_split(&of->cx, buf_view(content), items, ITEMS_MAX);

    buf_init(&others, TEAM_STREAM_MAX);
    buf_init(&own, TEAM_STREAM_MAX);
    for (size_t i = 0; i < count; i++) {
        bool other = items[i].item.kind == CONTENT_HEAD &&
                     !id_equal(&items[i].item.head.device, &team_this_device(of->team)->id);
        check_ok(&of->cx, buf_add(&of->cx, other ? &others : &own, items[i].raw));
    }
    size_t len = others.len;
    check_ok(&of->cx, buf_add(&of->cx, &others, buf_view(&own)));
    buf_clear(content);
    check_ok(&of->cx, buf_add(&of->cx, content, buf_view(&others)));
    buf_finish(&others);
    buf_finish(&own);
    return len;
}

/* Refused, or nothing else comes of it. */
static void harmless(struct peer *p, bytes content)
{
    struct log_sink sink = peer_sink(p);
    struct admission_counts counts;
    check_ok(&p->cx, vault_begin(&p->cx, p->vault));
    if (admission_take_content(&p->cx, p->team, &sink, content, &counts) == STATUS_OK) {
        assert_int_equal(counts.taken, 1);
        assert_int_equal(counts.forks, 0);
    }
    vault_rollback(p->vault);
    fault_clear(&p->cx);
}

/* Every byte of a bundle, one at a time: the bundle is refused, or what it gives is the same. */
static void test_any_byte_changed(void **state)
{
    struct trio t;
    struct buf content, frontier, good;
    (void)state;
    trio_start(&t);
    buf_init(&content, TEAM_STREAM_MAX);
    buf_init(&frontier, 1 << 20);
    buf_init(&good, 1 << 20);
    peer_frontier(t.a, &frontier);
    peer_write(t.b, "a change worth keeping");
    peer_export(t.b, buf_view(&frontier), &content);
    size_t causes = split_off_causes(t.b, &content);
    assert_true(causes > 0);
    for (size_t i = 0; i < content.len; i++) {
        content.ptr[i] ^= (uint8_t)(1U << (i % 8));
        if (i < causes) {
            harmless(t.a, buf_view(&content));
        } else {
            refuses(t.a, buf_view(&content));
        }
        content.ptr[i] ^= (uint8_t)(1U << (i % 8));
    }
    struct admission_counts counts;
    check_ok(&t.a->cx, peer_admit(t.a, buf_view(&content), &counts));
    assert_int_equal(counts.taken, 1);
    buf_finish(&content);
    buf_finish(&frontier);
    buf_finish(&good);
    team_world_finish(&t.w);
}

static void test_heads_are_needed(void **state)
{
    static struct stream_item items[ITEMS_MAX];
    struct trio t;
    struct admission_counts counts;
    struct buf content, frontier, part;
    (void)state;
    trio_start(&t);
    buf_init(&content, TEAM_STREAM_MAX);
    buf_init(&part, TEAM_STREAM_MAX);
    buf_init(&frontier, 1 << 20);
    peer_frontier(t.a, &frontier);
    peer_write(t.b, "one");
    check_ok(&t.b->cx, log_seal(&t.b->cx, t.b->team));
    peer_write(t.b, "two");
    peer_export(t.b, buf_view(&frontier), &content);
    size_t causes = split_off_causes(t.b, &content);
    memmove(content.ptr, content.ptr + causes, content.len - causes);
    content.len -= causes;
    size_t count = stream_split(&t.a->cx, buf_view(&content), items, ITEMS_MAX);
    assert_int_equal(count, 3);
    /* without the head */
    check_ok(&t.a->cx, buf_add(&t.a->cx, &part, items[1].raw));
    check_fault(&t.a->cx, STATUS_FORGED, "[F-36] entry 2 of Ben's 'laptop'",
                peer_admit(t.a, buf_view(&part), &counts));
    /* the head of the second, but only the first */
    buf_clear(&part);
    check_ok(&t.a->cx, buf_add(&t.a->cx, &part, items[0].raw));
    check_ok(&t.a->cx, buf_add(&t.a->cx, &part, items[1].raw));
    check_fault(&t.a->cx, STATUS_FORGED, "[F-36]", peer_admit(t.a, buf_view(&part), &counts));
    /* only the second: it waits */
    buf_clear(&part);
    check_ok(&t.a->cx, buf_add(&t.a->cx, &part, items[0].raw));
    check_ok(&t.a->cx, buf_add(&t.a->cx, &part, items[2].raw));
    check_ok(&t.a->cx, peer_admit(t.a, buf_view(&part), &counts));
    assert_int_equal(counts.pending, 1);
    /* a waiting entry that nothing covers is refused too */
    buf_clear(&part);
    check_ok(&t.c->cx, buf_add(&t.c->cx, &part, items[2].raw));
    peer_pass(t.a, t.c);
    check_fault(&t.c->cx, STATUS_FORGED, "[F-36]", peer_admit(t.c, buf_view(&part), &counts));
    check_ok(&t.a->cx, peer_admit(t.a, buf_view(&content), &counts));
    peers_agree(t.a, t.b);
    buf_finish(&content);
    buf_finish(&part);
    buf_finish(&frontier);
    team_world_finish(&t.w);
}

/* ---- previews and rolled back writes ---- */

static void test_rolled_back_admission_leaves_nothing(void **state)
{
    struct trio t;
    struct admission_counts counts;
    struct log_sink sink;
    struct buf content, frontier;
    (void)state;
    trio_start(&t);
    buf_init(&content, TEAM_STREAM_MAX);
    buf_init(&frontier, 1 << 20);
    struct peer *d = peer_join(&t.w, t.a, "Dan", "editor");
    (void)d;
    peer_frontier(t.b, &frontier);
    peer_export(t.a, buf_view(&frontier), &content);
    sink = peer_sink(t.b);
    check_ok(&t.b->cx, vault_begin(&t.b->cx, t.b->vault));
    check_ok(&t.b->cx,
             admission_take_content(&t.b->cx, t.b->team, &sink, buf_view(&content), &counts));
    assert_int_equal(team_member_count(t.b->team), 4);
    vault_rollback(t.b->vault);
    check_ok(&t.b->cx, team_refresh(&t.b->cx, t.b->team));
    assert_int_equal(team_member_count(t.b->team), 3);
    peer_write(t.b, "after a preview");
    peer_pass(t.a, t.b);
    assert_int_equal(team_member_count(t.b->team), 4);
    peer_pass(t.b, t.a);
    peers_agree(t.a, t.b);
    uint64_t entries;
    check_ok(&t.b->cx, log_check(&t.b->cx, t.b->team, &entries));
    buf_finish(&content);
    buf_finish(&frontier);
    team_world_finish(&t.w);
}

static void test_rolled_back_appends_leave_nothing(void **state)
{
    struct trio t;
    struct entry_info info;
    int64_t key, first;
    static const uint8_t op[] = {0x82, 0x01, 0x00};
    (void)state;
    trio_start(&t);
    first = peer_write(t.b, "kept");
    check_ok(&t.b->cx, vault_begin(&t.b->cx, t.b->vault));
    for (int i = 0; i < 5; i++) {
        check_ok(&t.b->cx, log_append(&t.b->cx, t.b->team, &(struct log_target){.verb = VERB_SET},
                                      BYTES_OF(op), &info, &key));
    }
    assert_int_equal(key, first + 5);
    vault_rollback(t.b->vault);
    assert_int_equal(peer_write(t.b, "next"), first + 1);
    check_ok(&t.b->cx, vault_begin(&t.b->cx, t.b->vault));
    check_ok(&t.b->cx, log_append(&t.b->cx, t.b->team, &(struct log_target){.verb = VERB_SET},
                                  BYTES_OF(op), &info, &key));
    vault_rollback(t.b->vault);
    peer_pass(t.b, t.a);
    assert_int_equal(t.a->operations, 2);
    /* a rollback over a seal, too */
    check_ok(&t.b->cx, vault_begin(&t.b->cx, t.b->vault));
    check_ok(&t.b->cx, log_append(&t.b->cx, t.b->team, &(struct log_target){.verb = VERB_SET},
                                  BYTES_OF(op), &info, &key));
    check_ok(&t.b->cx, log_seal(&t.b->cx, t.b->team));
    vault_rollback(t.b->vault);
    assert_int_equal(OP_SEQ(peer_write(t.b, "again")), OP_SEQ(key));
    peer_pass(t.b, t.a);
    peers_agree(t.a, t.b);
    team_world_finish(&t.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_twice_is_once),
        cmocka_unit_test(test_waits_for_causes),
        cmocka_unit_test(test_any_byte_changed),
        cmocka_unit_test(test_heads_are_needed),
        cmocka_unit_test(test_rolled_back_admission_leaves_nothing),
        cmocka_unit_test(test_rolled_back_appends_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
