/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attacks found in the audit of the rooms, each as a member with a changed program would make it:
 * a colleague's chain passed off as one's own, a false alarm of a rollback, results that depend on
 * the order of arrival.
 */
#include "team-int.h"
#include "team-world.h"

#include <sodium.h>

struct ring {
    struct team_world w;
    struct peer *a, *b, *c; /* founder, editor, reader */
};

static void ring_start(struct ring *r)
{
    team_world_init(&r->w, test_seed());
    r->a = peer_found(&r->w);
    r->b = peer_join(&r->w, r->a, "Ben", "editor");
    r->c = peer_join(&r->w, r->a, "Cleo", "reader");
    peer_pass(r->a, r->b);
}

static void ring_finish(struct ring *r)
{
    team_world_finish(&r->w);
}

static void reopen_and_check(struct peer *p)
{
    uint64_t entries;
    check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
    peer_close(p);
    peer_open(p);
    check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
}

/* ---- a device without a program: it writes what it likes
 * ------------------------------------------------ */

struct liar {
    struct peer *of; /* whose team and keys it knows */
    struct device_keys keys;
    struct id id, head, via;
    uint64_t seq, lamport;
    struct clock clock;
    struct entry_dep deps[8];
    size_t dep_count;
};

static void liar_make(struct liar *l, struct peer *of)
{
    *l = (struct liar){.of = of, .via = team_me(of->team)->appointment};
    check_ok(&of->cx, device_keys_make(&of->cx, &l->keys));
    device_id(l->keys.sign_pk, l->keys.box_pk, of->team->self->root_pk, &l->id);
}

static void liar_finish(struct liar *l)
{
    device_keys_finish(&l->keys);
    clock_finish(&l->clock);
}

static void liar_knows(struct liar *l, const struct id *device, uint64_t seq, const struct id *id,
                       uint64_t lamport)
{
    check_ok(&l->of->cx, clock_set(&l->of->cx, &l->clock, device, seq, id));
    l->lamport = lamport > l->lamport ? lamport : l->lamport;
    size_t at = l->dep_count++;
    while (at > 0 && id_compare(&l->deps[at - 1].device, device) > 0) {
        l->deps[at] = l->deps[at - 1];
        at--;
    }
    l->deps[at] = (struct entry_dep){*device, seq};
}

static void liar_knows_head(struct liar *l, const struct device *d)
{
    liar_knows(l, &d->pub.id, d->pub.head_seq, &d->head_id, d->head_lamport);
}

/* One entry and its head, appended to out. */
static void liar_says(struct liar *l, const uint8_t compartment[static COMPARTMENT_BYTES], bytes op,
                      struct buf *out)
{
    struct ctx *cx = &l->of->cx;
    struct team *t = l->of->team;
    struct epoch *e = epoch_current(t, compartment);
    struct entry_header h = {.device = l->id,
                             .seq = l->seq + 1,
                             .prev = l->head,
                             .via = l->via,
                             .epoch = e->id,
                             .lamport = l->lamport + 1};
    struct head head = {.device = l->id, .seq = h.seq};
    struct buf deps, header, body, plain;
    struct wire_writer w;

    buf_init(&deps, ENTRY_HEADER_MAX);
    buf_init(&header, ENTRY_HEADER_MAX);
    buf_init(&body, 2 * BODY_SEALED_MAX);
    buf_init(&plain, BODY_PLAIN_MAX);
    wire_writer_init(&w, cx, &plain);
    check_ok(cx, body_write_start(&w, 1700000000, 1));
    wire_put_encoded(&w, op);
    check_ok(cx, wire_writer_done(&w));
    check_ok(cx, entry_deps_write(cx, l->deps, l->dep_count, &deps));
    h.deps = buf_view(&deps);
    view_hash(l->clock.items, l->clock.count, &h.view);
    memcpy(h.compartment, compartment, COMPARTMENT_BYTES);
    check_ok(cx, body_seal(cx, secret_key(e->key), &t->id, &h, buf_view(&plain), &body));
    check_ok(cx, entry_header_write(cx, &h, &header));
    entry_id(&t->id, buf_view(&header), &head.id);
    head_sign(&t->id, secret_ptr(l->keys.sign_sk), &head);
    check_ok(cx, content_write_head(cx, &head, out));
    check_ok(cx, content_write_entry(cx, buf_view(&header), buf_view(&body), out));
    l->seq = h.seq;
    l->head = head.id;
    l->lamport = h.lamport;
    l->dep_count = 0;
    check_ok(cx, clock_set(cx, &l->clock, &l->id, l->seq, &l->head));
    buf_finish(&deps);
    buf_finish(&header);
    buf_finish(&body);
    buf_finish(&plain);
}

/* LINK of another's device by its member. */
static void put_link(struct peer *of, const struct liar *l, struct buf *out)
{
    struct charter_op op = {.verb = CHARTER_LINK};
    memcpy(op.u.link.root_pk, of->team->self->root_pk, 32);
    memcpy(op.u.link.sign_pk, l->keys.sign_pk, 32);
    memcpy(op.u.link.box_pk, l->keys.box_pk, 32);
    op.u.link.device_name = TEXT("phone");
    check_ok(&of->cx, root_sign_link(&of->cx, of->root_seed, l->keys.sign_pk, l->keys.box_pk,
                                     TEXT("phone"), op.u.link.signature));
    check_ok(&of->cx, charter_op_write(&of->cx, &op, out));
}

static const uint8_t data_op[] = {0x82, 0x01, 0x00};

/* ---- chains
 * ------------------------------------------------------------------------------------------- */

struct wanted_chain {
    int64_t ix;
    struct chain chain;
};

static enum status take_chain(void *self, struct ctx *cx, const struct chain_state *s)
{
    struct wanted_chain *w = self;
    (void)cx;
    if (s->ix == w->ix) {
        w->chain = s->chain;
    }
    return STATUS_OK;
}

/* Ben says that his own pieces go on where Anna's chain stands, a little further on. */
static void test_chain_of_a_colleague(void **state)
{
    struct ring r;
    struct buf op;
    struct chain_step step;
    struct chain_hit hit;
    uint8_t tags[8][PIECE_TAG_BYTES];
    (void)state;
    ring_start(&r);
    buf_init(&op, BODY_PLAIN_MAX);
    struct device *anna = device_by_id(r.b->team, &team_this_device(r.a->team)->id);
    struct wanted_chain w = {.ix = anna->pub.ix};
    check_ok(&r.b->cx, chain_each(&r.b->cx, r.b->team, take_chain, &w));
    for (int i = 0; i < 3; i++) {
        chain_next(&w.chain, &step);
    }
    struct device *to[2] = {anna, device_by_id(r.b->team, &team_this_device(r.c->team)->id)};
    assert_non_null(to[1]);
    const struct chain_gift gift = {
        &r.b->team->self->pub.id, team_control_epoch(r.b->team), &w.chain, to, 2, BYTES(NULL, 0)};
    check_ok(&r.b->cx, chain_write(&r.b->cx, r.b->team, &gift, epoch_for_keys(r.b->team), &op));
    bytes list[1] = {buf_view(&op)};
    check_ok(&r.b->cx, log_control(&r.b->cx, r.b->team, list, 1));
    peer_pass(r.b, r.a);
    peer_pass(r.b, r.c);
    /* Anna still sends, Cleo still finds her pieces, and as hers */
    for (int i = 0; i < 8; i++) {
        check_ok(&r.a->cx, vault_begin(&r.a->cx, r.a->vault));
        check_ok(&r.a->cx, chain_send_next(&r.a->cx, r.a->team, &step));
        check_ok(&r.a->cx, vault_commit(&r.a->cx, r.a->vault));
        memcpy(tags[i], step.tag, sizeof tags[i]);
    }
    for (int i = 0; i < 8; i++) {
        check_ok(&r.c->cx, chain_find(&r.c->cx, r.c->team, tags[i], &hit));
        const struct team_device *from = team_device_by_ix(r.c->team, hit.device_ix);
        assert_true(id_equal(&from->id, &team_this_device(r.a->team)->id));
        struct id piece = {{(uint8_t)i, 1}};
        check_ok(&r.c->cx, chain_spend(&r.c->cx, r.c->team, &hit, &piece));
        check_ok(&r.c->cx, chain_confirm(&r.c->cx, r.c->team, hit.device_ix, BYTES_OF(piece.b)));
    }
    enum status status = chain_find(&r.a->cx, r.a->team, tags[5], &hit);
    check_fault(&r.a->cx, STATUS_FOREIGN, "own", status);
    buf_finish(&op);
    ring_finish(&r);
}

/* Ben makes pieces of Anna's chain, as far ahead as anybody looks: Cleo opens them, and still opens
 * what Anna sends after it. */
static void test_forged_far_ahead(void **state)
{
    struct ring r;
    struct chain_step step, far = {0};
    struct chain_hit hit;
    struct id forged = {{66}}, good = {{77}};
    (void)state;
    ring_start(&r);
    struct device *anna = device_by_id(r.b->team, &team_this_device(r.a->team)->id);
    struct wanted_chain w = {.ix = anna->pub.ix};
    check_ok(&r.b->cx, chain_each(&r.b->cx, r.b->team, take_chain, &w));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 60000; i++) {
            chain_next(&w.chain, &far);
        }
        check_ok(&r.c->cx, chain_search(&r.c->cx, r.c->team, far.tag, 1));
        enum status status = chain_find(&r.c->cx, r.c->team, far.tag, &hit);
        if (round == 2) { /* bounded, however often it is tried */
            check_status(&r.c->cx, STATUS_NOT_FOUND, status);
            break;
        }
        check_ok(&r.c->cx, status);
        check_ok(&r.c->cx, chain_spend(&r.c->cx, r.c->team, &hit, &forged));
        check_status(&r.c->cx, STATUS_NOT_FOUND, chain_find(&r.c->cx, r.c->team, far.tag, &hit));
    }
    r.c->machine.now += SKIPPED_SECONDS_MAX + 1;
    for (int i = 0; i < 4; i++) {
        check_ok(&r.a->cx, vault_begin(&r.a->cx, r.a->vault));
        check_ok(&r.a->cx, chain_send_next(&r.a->cx, r.a->team, &step));
        check_ok(&r.a->cx, vault_commit(&r.a->cx, r.a->vault));
        good.b[1] = (uint8_t)i;
        check_ok(&r.c->cx, chain_find(&r.c->cx, r.c->team, step.tag, &hit));
        check_ok(&r.c->cx, chain_spend(&r.c->cx, r.c->team, &hit, &good));
        check_ok(&r.c->cx, chain_confirm(&r.c->cx, r.c->team, hit.device_ix, BYTES_OF(good.b)));
    }
    ring_finish(&r);
}

/* ---- whose words they were
 * ------------------------------------------------------------------------------ */

/* Dora's program says that Anna invites: the device that signed tells who it was. */
static void test_invite_in_another_name(void **state)
{
    struct team_world w;
    struct buf join, invite;
    struct invite_info info;
    struct secret *seed = NULL;
    uint8_t print[16];
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    struct peer *d = peer_join(&w, a, "Dora", "admin");
    struct peer *e = peer_make(&w);
    buf_init(&join, JOIN_MAX);
    buf_init(&invite, TEAM_STREAM_MAX);
    check_ok(&e->cx,
             team_join_start(&e->cx, e->vault, TEXT("Eve"), TEXT("x"), false, &join, &seed));
    member_by_id(d->team, &team_me(d->team)->id)->pub.name = TEXT("Anna");
    check_ok(&d->cx, team_invite(&d->cx, d->team, buf_view(&join), TEXT("reader"), &invite, print));
    check_ok(&e->cx, team_invite_inspect(&e->cx, e->vault, buf_view(&invite), &info));
    check_text(buf_text(&info.inviter_name), "Anna");
    assert_true(id_equal(&info.inviter, &team_this_device(d->team)->id));
    invite_info_finish(&info);
    secret_free(&seed);
    buf_finish(&join);
    buf_finish(&invite);
    team_world_finish(&w);
}

/* ---- false alarms
 * ------------------------------------------------------------------------------------- */

/* Entries of Anna's device that Anna never wrote and never signed. */
static void test_false_rollback(void **state)
{
    struct ring r;
    struct admission_counts counts;
    struct buf content, header, body, deps;
    (void)state;
    ring_start(&r);
    buf_init(&content, TEAM_STREAM_MAX);
    buf_init(&header, ENTRY_HEADER_MAX);
    buf_init(&body, 2 * BODY_SEALED_MAX);
    buf_init(&deps, ENTRY_HEADER_MAX);
    const uint64_t seqs[] = {1, 2, r.a->team->self->pub.head_seq + 1, 999};
    for (size_t i = 0; i < sizeof seqs / sizeof seqs[0]; i++) {
        struct epoch *e = epoch_current(r.b->team, r.b->team->data);
        struct entry_header h = {.device = team_this_device(r.a->team)->id,
                                 .seq = seqs[i],
                                 .lamport = 1000,
                                 .via = team_me(r.b->team)->appointment,
                                 .epoch = e->id};
        buf_clear(&content);
        buf_clear(&header);
        buf_clear(&body);
        buf_clear(&deps);
        memset(h.prev.b, seqs[i] == 1 ? 0 : 5, sizeof h.prev.b);
        check_ok(&r.b->cx, entry_deps_write(&r.b->cx, NULL, 0, &deps));
        h.deps = buf_view(&deps);
        memcpy(h.compartment, r.b->team->data, COMPARTMENT_BYTES);
        check_ok(&r.b->cx, body_seal(&r.b->cx, secret_key(e->key), &r.b->team->id, &h,
                                     BYTES_OF(data_op), &body));
        check_ok(&r.b->cx, entry_header_write(&r.b->cx, &h, &header));
        check_ok(&r.b->cx,
                 content_write_entry(&r.b->cx, buf_view(&header), buf_view(&body), &content));
        check_fault(&r.a->cx, STATUS_FORGED, "signature",
                    peer_admit(r.a, buf_view(&content), &counts));
    }
    reopen_and_check(r.a);
    buf_finish(&content);
    buf_finish(&header);
    buf_finish(&body);
    buf_finish(&deps);
    ring_finish(&r);
}

/* ---- the order of arrival
 * ----------------------------------------------------------------------------- */

enum { LINKERS = 5 };

/* Five of Ben's machines let the same sixth one in, none knowing of the other; it then acts as one
 * that only the last of them let in. Whatever came first, everybody takes it. */
static void test_many_links_in_any_order(void **state)
{
    struct ring r;
    struct liar by[LINKERS], guest;
    struct buf parts[LINKERS], links[LINKERS], last, one, two;
    bytes list[LINKERS];
    struct admission_counts counts;
    (void)state;
    ring_start(&r);
    liar_make(&guest, r.b);
    buf_init(&last, TEAM_STREAM_MAX);
    buf_init(&one, TEAM_STREAM_MAX);
    buf_init(&two, TEAM_STREAM_MAX);
    for (size_t i = 0; i < LINKERS; i++) {
        liar_make(&by[i], r.b);
        buf_init(&links[i], BODY_PLAIN_MAX);
        buf_init(&parts[i], TEAM_STREAM_MAX);
        put_link(r.b, &by[i], &links[i]);
        list[i] = buf_view(&links[i]);
    }
    struct device *anna = device_by_id(r.b->team, &team_this_device(r.a->team)->id);
    check_ok(&r.b->cx, log_control(&r.b->cx, r.b->team, list, LINKERS));
    struct buf link;
    buf_init(&link, BODY_PLAIN_MAX);
    put_link(r.b, &guest, &link);
    for (size_t i = 0; i < LINKERS; i++) {
        liar_knows_head(&by[i], anna);
        liar_knows_head(&by[i], r.b->team->self);
        liar_says(&by[i], r.b->team->control, buf_view(&link), &parts[i]);
    }
    liar_knows_head(&guest, anna);
    liar_knows(&guest, &by[LINKERS - 1].id, 1, &by[LINKERS - 1].head, by[LINKERS - 1].lamport);
    liar_says(&guest, r.b->team->data, BYTES_OF(data_op), &last);
    for (size_t i = 0; i < LINKERS; i++) {
        check_ok(&r.b->cx, buf_add(&r.b->cx, &one, buf_view(&parts[i])));
        check_ok(&r.b->cx, buf_add(&r.b->cx, &two, buf_view(&parts[LINKERS - 1 - i])));
    }
    peer_pass(r.b, r.a);
    peer_pass(r.b, r.c);
    check_ok(&r.a->cx, peer_admit(r.a, buf_view(&one), &counts));
    check_ok(&r.c->cx, peer_admit(r.c, buf_view(&two), &counts));
    check_ok(&r.c->cx, peer_admit(r.c, buf_view(&last), &counts));
    check_ok(&r.a->cx, peer_admit(r.a, buf_view(&last), &counts));
    peer_pass(r.a, r.c);
    peers_agree(r.a, r.c);
    reopen_and_check(r.a);
    reopen_and_check(r.c);
    for (size_t i = 0; i < LINKERS; i++) {
        liar_finish(&by[i]);
        buf_finish(&links[i]);
        buf_finish(&parts[i]);
    }
    liar_finish(&guest);
    buf_finish(&link);
    buf_finish(&last);
    buf_finish(&one);
    buf_finish(&two);
    ring_finish(&r);
}

static void define_role(struct peer *p, const char *name)
{
    struct charter_op op = {.verb = CHARTER_DEFROLE};
    struct role_row row = {.name = text_of(name), .verbs = VERB_CREATE};
    struct buf role, encoded;
    buf_init(&role, 4096);
    buf_init(&encoded, BODY_PLAIN_MAX);
    check_ok(&p->cx, role_write(&p->cx, &row, &role));
    op.u.defrole.role = buf_view(&role);
    check_ok(&p->cx, charter_op_write(&p->cx, &op, &encoded));
    bytes list[1] = {buf_view(&encoded)};
    check_ok(&p->cx, log_control(&p->cx, p->team, list, 1));
    buf_finish(&role);
    buf_finish(&encoded);
}

/* Two who may define the same role without knowing of each other, and appoint by it. */
static void test_one_role_defined_twice(void **state)
{
    struct team_world w;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    struct peer *d = peer_join(&w, a, "Dora", "admin");
    peer_pass(a, d);
    define_role(a, "scribe");
    define_role(d, "scribe");
    (void)peer_join(&w, a, "Eve", "scribe");
    (void)peer_join(&w, d, "Finn", "scribe");
    peer_pass(a, d);
    peer_pass(d, a);
    assert_int_equal(team_member_count(a->team), 4);
    peers_agree(a, d);
    reopen_and_check(a);
    reopen_and_check(d);
    peers_agree(a, d);
    team_world_finish(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain_of_a_colleague),
        cmocka_unit_test(test_forged_far_ahead),
        cmocka_unit_test(test_invite_in_another_name),
        cmocka_unit_test(test_false_rollback),
        cmocka_unit_test(test_many_links_in_any_order),
        cmocka_unit_test(test_one_role_defined_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
