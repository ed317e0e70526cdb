/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what a member with a changed program cannot do: write without the right, appoint without
 * it or above himself, use another's appointment, bring in strangers, tell two histories, pass off
 * entries of another team; and that each attempt is refused by every receiver alike, whether the
 * attacker hands it over himself or an innocent colleague relays it.
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

static struct role *role_named(struct peer *p, const char *name)
{
    struct role *role = NULL;
    check_ok(&p->cx, role_by_name(&p->cx, p->team, text_of(name), &role));
    return role;
}

static enum status last_refusal(void *self, struct ctx *cx, const struct log_refusal *r)
{
    struct buf *out = self;
    buf_clear(out);
    return buf_add_text(cx, out, r->reason);
}

/* The newest refusal of p's log holds this clause. */
static void check_refusal(struct peer *p, const char *part)
{
    struct buf reason;
    buf_init(&reason, 4096);
    check_ok(&p->cx, log_refusals_each(&p->cx, p->team, last_refusal, &reason));
    check_ok(&p->cx, buf_add_byte(&p->cx, &reason, 0));
    if (strstr((const char *)reason.ptr, part) == NULL) {
        print_error("'%s' is not in '%s'\n", part, (const char *)reason.ptr);
    }
    assert_non_null(strstr((const char *)reason.ptr, part));
    buf_finish(&reason);
}

/* Takes what `from` has into `to`; how many operations had no right. */
static uint64_t pass_refused(struct peer *from, struct peer *to)
{
    struct admission_counts counts;

    check_ok(&to->cx, peer_try_pass(from, to, &counts));
    return counts.refused_rights;
}

static void check_whole(struct peer *p)
{
    uint64_t entries;
    check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
    peer_close(p);
    peer_open(p);
    check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
}

/* ---- rights ---- */

static void test_reader_may_not_write(void **state)
{
    struct ring r;
    struct entry_info info;
    int64_t key;
    static const uint8_t op[] = {0x82, 0x01, 0x00};
    (void)state;
    ring_start(&r);
    check_fault(&r.c->cx, STATUS_DENIED, "'team'",
                log_append(&r.c->cx, r.c->team, &(struct log_target){.verb = VERB_SET},
                           BYTES_OF(op), &info, &key));
    /* with a changed program */
    r.c->team->trusted = true;
    peer_write(r.c, "mischief");
    peer_write(r.c, "more of it");
    r.c->team->trusted = false;
    uint64_t denied = r.a->denied;
    (void)pass_refused(r.c, r.a);
    assert_int_equal(r.a->denied, denied + 2); /* entry_may(): the rooms above ask it */
    /* an innocent colleague relays it, and what he himself writes after it still counts */
    peer_write(r.a, "honest");
    uint64_t operations = r.b->operations;
    denied = r.b->denied;
    (void)pass_refused(r.a, r.b);
    assert_int_equal(r.b->denied, denied + 2);
    assert_int_equal(r.b->operations, operations + 3);
    check_whole(r.a);
    check_whole(r.b);
    ring_finish(&r);
}

/* Lets Mallory in with whatever the attacker's own program allows. */
static struct peer *mole(struct ring *r, struct peer *by, const char *role)
{
    struct peer *m = peer_make(&r->w);
    struct buf join, invite;
    uint8_t print[16];
    buf_init(&join, JOIN_MAX);
    buf_init(&invite, TEAM_STREAM_MAX);
    check_ok(&m->cx, team_join_start(&m->cx, m->vault, TEXT("Mallory"), TEXT("burner"), false,
                                     &join, &m->root_seed));
    check_ok(&by->cx,
             team_invite(&by->cx, by->team, buf_view(&join), text_of(role), &invite, print));
    buf_finish(&join);
    buf_finish(&invite);
    return m;
}

static void test_editor_may_not_appoint(void **state)
{
    struct ring r;
    struct buf join, invite;
    uint8_t print[16];
    (void)state;
    ring_start(&r);
    buf_init(&join, JOIN_MAX);
    buf_init(&invite, TEAM_STREAM_MAX);
    struct peer *m = peer_make(&r.w);
    check_ok(&m->cx, team_join_start(&m->cx, m->vault, TEXT("Mia"), TEXT("x"), false, &join,
                                     &m->root_seed));
    check_fault(&r.b->cx, STATUS_DENIED, "'editor'",
                team_invite(&r.b->cx, r.b->team, buf_view(&join), TEXT("editor"), &invite, print));
    struct appointment *own =
        appointment_by_id(r.b->team, &team_me(r.b->team)->appointment, &team_me(r.b->team)->id);
    own->level = 3;
    r.b->team->trusted = true;
    (void)mole(&r, r.b, "editor");
    r.b->team->trusted = false;
    assert_true(pass_refused(r.b, r.a) > 0);
    assert_int_equal(team_member_count(r.a->team), 3);
    assert_int_equal(team_device_count(r.a->team), 3);
    assert_true(pass_refused(r.a, r.c) > 0);
    assert_int_equal(team_member_count(r.c->team), 3);
    check_whole(r.a);
    check_whole(r.c);
    buf_finish(&join);
    buf_finish(&invite);
    ring_finish(&r);
}

/* An administrator of level 1 appoints another of level 1, and one of level 0. */
static void test_nobody_appoints_his_equal(void **state)
{
    struct ring r;
    (void)state;
    ring_start(&r);
    struct peer *d = peer_join(&r.w, r.a, "Dora", "admin");
    const struct team_member *me = team_me(d->team);
    assert_int_equal(me->level, 1);
    struct appointment *own = appointment_by_id(d->team, &me->appointment, &me->id);
    own->level = 0;
    d->team->trusted = true;
    (void)mole(&r, d, "admin");
    d->team->trusted = false;
    assert_true(pass_refused(d, r.a) > 0);
    check_refusal(r.a, "AUTH"); /* the appointment, and with it the link, the shares, the chain */
    assert_int_equal(team_member_count(r.a->team), 4);
    assert_int_equal(team_device_count(r.a->team), 4);
    check_whole(r.a);
    ring_finish(&r);
}

/* ---- crafted entries ---- */

/* An entry of p's device, as its program would make it, but changed by `change`; with its head. */
static void craft(struct peer *p, void (*change)(struct peer *p, struct entry_header *h),
                  bytes plain, struct buf *out)
{
    struct team *t = p->team;
    struct device *self = t->self;
    struct epoch *e = epoch_current(t, t->data);
    struct entry_header h = {.device = self->pub.id,
                             .seq = self->pub.head_seq + 1,
                             .prev = self->head_id,
                             .via = team_me(t)->appointment,
                             .epoch = e->id};
    struct head head = {.device = self->pub.id};
    struct clock clock = {0};
    struct buf deps, header, body;
    uint64_t lamport = self->head_lamport;

    buf_init(&deps, ENTRY_HEADER_MAX);
    buf_init(&header, ENTRY_HEADER_MAX);
    buf_init(&body, 2 * BODY_SEALED_MAX);
    check_ok(&p->cx, clock_load(&p->cx, t, self));
    check_ok(&p->cx, clock_copy(&p->cx, &clock, &self->clock));
    struct entry_dep list[TEAM_PEOPLE_MAX + 2];
    size_t count = 0;
    for (size_t i = 0; i < t->devices.count; i++) {
        const struct device *d = t->devices.at[i];
        if (d != self && d->pub.head_seq > clock_seq(&clock, &d->pub.id)) {
            check_ok(&p->cx, clock_set(&p->cx, &clock, &d->pub.id, d->pub.head_seq, &d->head_id));
            lamport = d->head_lamport > lamport ? d->head_lamport : lamport;
            size_t at = count++;
            while (at > 0 && id_compare(&list[at - 1].device, &d->pub.id) > 0) { /* ascending */
                list[at] = list[at - 1];
                at--;
            }
            list[at] = (struct entry_dep){d->pub.id, d->pub.head_seq};
        }
    }
    check_ok(&p->cx, entry_deps_write(&p->cx, list, count, &deps));
    h.deps = buf_view(&deps);
    view_hash(clock.items, clock.count, &h.view);
    h.lamport = lamport + 1;
    memcpy(h.compartment, t->data, COMPARTMENT_BYTES);
    change(p, &h);
    e = epoch_by_id(t, &h.epoch);
    static const struct key invented = {{7}};
    check_ok(&p->cx, body_seal(&p->cx, e == NULL ? &invented : secret_key(e->key), &t->id, &h,
                               plain, &body));
    check_ok(&p->cx, entry_header_write(&p->cx, &h, &header));
    head.seq = h.seq;
    entry_id(&t->id, buf_view(&header), &head.id);
    head_sign(&t->id, secret_ptr(t->sign_sk), &head);
    check_ok(&p->cx, content_write_head(&p->cx, &head, out));
    check_ok(&p->cx, content_write_entry(&p->cx, buf_view(&header), buf_view(&body), out));
    clock_finish(&clock);
    buf_finish(&deps);
    buf_finish(&header);
    buf_finish(&body);
}

static void change_nothing(struct peer *p, struct entry_header *h)
{
    (void)p;
    (void)h;
}
static void change_lamport(struct peer *p, struct entry_header *h)
{
    (void)p;
    h->lamport += 1000000;
}
static void change_view(struct peer *p, struct entry_header *h)
{
    (void)p;
    h->view.b[3] ^= 1;
}
/* the founder's office */
static void change_via(struct peer *p, struct entry_header *h)
{
    h->via = p->team->genesis_entry;
}
static void change_via_zero(struct peer *p, struct entry_header *h)
{
    (void)p;
    memset(h->via.b, 0, sizeof h->via.b);
}
static void change_epoch(struct peer *p, struct entry_header *h)
{
    (void)p;
    h->epoch.b[0] ^= 1;
}
static void change_compartment(struct peer *p, struct entry_header *h)
{
    memcpy(h->compartment, p->team->control, COMPARTMENT_BYTES);
}
static void change_device(struct peer *p, struct entry_header *h)
{
    (void)p;
    h->device.b[0] ^= 0x80;
}

static void good_body(struct ctx *cx, struct buf *plain)
{
    static const uint8_t op[] = {0x82, 0x01, 0x00};
    struct wire_writer w;
    wire_writer_init(&w, cx, plain);
    check_ok(cx, body_write_start(&w, 1700000000, 1));
    wire_put_encoded(&w, BYTES_OF(op));
    check_ok(cx, wire_writer_done(&w));
}

static void test_crafted_headers(void **state)
{
    static const struct {
        void (*change)(struct peer *p, struct entry_header *h);
        enum status status;
        const char *part;
    } cases[] = {
        {change_lamport, STATUS_FORGED, "[F-37]"},
        {change_view, STATUS_OK, ""}, /* of a history not here, perhaps: it waits */
        {change_via, STATUS_DENIED, "[AUTH-13]"},
        {change_via_zero, STATUS_FORGED, "[AUTH-02]"},
        {change_epoch, STATUS_FORGED, "[AUTH-14]"},
        {change_compartment, STATUS_FORGED, "[AUTH-14]"},
        {change_device, STATUS_FORGED, "[F-36]"}, /* of nobody: it waits, and nothing covers it */
    };
    struct ring r;
    struct admission_counts counts;
    struct buf content, plain;
    (void)state;
    ring_start(&r);
    buf_init(&content, TEAM_STREAM_MAX);
    buf_init(&plain, BODY_PLAIN_MAX);
    good_body(&r.b->cx, &plain);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf_clear(&content);
        craft(r.b, cases[i].change, buf_view(&plain), &content);
        enum status status = peer_admit(r.a, buf_view(&content), &counts);
        if (cases[i].status == STATUS_OK) {
            check_ok(&r.a->cx, status);
            assert_int_equal(counts.taken, 0);
            assert_int_equal(counts.pending, 1);
            continue;
        }
        if (cases[i].change == change_device) {
            /* a device nobody knows may still be let in by a bundle to come */
            assert_true(status == STATUS_FOREIGN || counts.pending > 0);
            fault_clear(&r.a->cx);
            continue;
        }
        check_fault(&r.a->cx, cases[i].status, cases[i].part, status);
    }
    buf_clear(&content);
    craft(r.b, change_nothing, buf_view(&plain), &content);
    check_ok(&r.a->cx, peer_admit(r.a, buf_view(&content), &counts));
    assert_int_equal(counts.taken, 1);
    check_whole(r.a);
    buf_finish(&content);
    buf_finish(&plain);
    ring_finish(&r);
}

/* A body that is no list of operations does not stop who relays it. */
static void test_nonsense_in_a_body(void **state)
{
    struct ring r;
    struct admission_counts counts;
    struct buf content;
    (void)state;
    ring_start(&r);
    buf_init(&content, TEAM_STREAM_MAX);
    craft(r.b, change_nothing, BYTES("nonsense", 8), &content);
    uint64_t applied = r.a->applied;
    check_ok(&r.a->cx, peer_admit(r.a, buf_view(&content), &counts));
    assert_int_equal(counts.taken, 1);
    assert_int_equal(counts.operations, 0);
    assert_int_equal(r.a->applied, applied);
    check_refusal(r.a, "operations: ");
    peer_pass(r.a, r.c);
    check_whole(r.a);
    check_whole(r.c);
    buf_finish(&content);
    ring_finish(&r);
}

/* ---- two histories ---- */

static enum status count_fork(void *self, struct ctx *cx, const struct team_device *d, uint64_t seq)
{
    (void)cx;
    check_text(d->name, "laptop");
    *(uint64_t *)self = *(uint64_t *)self * 100 + seq;
    return STATUS_OK;
}

/* Ben's vault is copied; both copies write. */
static void test_fork_is_proven(void **state)
{
    struct ring r;
    struct admission_counts counts;
    struct buf one, two, plain, frontier;
    (void)state;
    ring_start(&r);
    buf_init(&one, TEAM_STREAM_MAX);
    buf_init(&two, TEAM_STREAM_MAX);
    buf_init(&plain, BODY_PLAIN_MAX);
    buf_init(&frontier, 1 << 20);
    good_body(&r.b->cx, &plain);
    craft(r.b, change_nothing, buf_view(&plain), &two);
    peer_frontier(r.a, &frontier);
    peer_write(r.b, "the other history");
    peer_export(r.b, buf_view(&frontier), &one);
    check_ok(&r.a->cx, peer_admit(r.a, buf_view(&one), &counts));
    check_ok(&r.a->cx, peer_admit(r.a, buf_view(&two), &counts));
    assert_int_equal(counts.taken, 1); /* kept beside the other: rules say which counts */
    assert_int_equal(counts.forks, 1);
    uint64_t forks = 0;
    check_ok(&r.a->cx, team_forks_each(&r.a->cx, r.a->team, count_fork, &forks));
    assert_int_equal(forks, 2);
    check_whole(r.a);
    forks = 0;
    check_ok(&r.a->cx, team_forks_each(&r.a->cx, r.a->team, count_fork, &forks));
    assert_int_equal(forks, 2);
    /* the copy itself learns it */
    check_fault(&r.b->cx, STATUS_ROLLBACK, "entry 2 of this device",
                peer_admit(r.b, buf_view(&two), &counts));
    buf_finish(&one);
    buf_finish(&two);
    buf_finish(&plain);
    buf_finish(&frontier);
    ring_finish(&r);
}

/* The other history goes on for some entries before its signed head. */
static void test_fork_further_on(void **state)
{
    static struct stream_item items[64];
    struct ring r;
    struct admission_counts counts;
    struct buf one, two, part;
    char copy[SCRATCH_PATH + 64];
    (void)state;
    ring_start(&r);
    buf_init(&one, TEAM_STREAM_MAX);
    buf_init(&two, TEAM_STREAM_MAX);
    buf_init(&part, TEAM_STREAM_MAX);
    peer_close(r.b);
    snprintf(copy, sizeof copy, "%s-copy", r.b->dir);
    scratch_copy(r.b->dir, copy);
    peer_open(r.b);
    for (int i = 0; i < 3; i++) {
        peer_write(r.b, "here");
        check_ok(&r.b->cx, log_seal(&r.b->cx, r.b->team));
    }
    peer_export(r.b, BYTES(NULL, 0), &one);
    peer_close(r.b);
    memcpy(r.b->dir, copy, sizeof r.b->dir < sizeof copy ? sizeof r.b->dir : sizeof copy);
    peer_open(r.b);
    for (int i = 0; i < 4; i++) {
        peer_write(r.b, "there");
        check_ok(&r.b->cx, log_seal(&r.b->cx, r.b->team));
    }
    peer_export(r.b, BYTES(NULL, 0), &two);
    check_ok(&r.a->cx, peer_admit(r.a, buf_view(&one), &counts));
    /* only its end, as a colleague would send it who believes we have the beginning: it waits */
    size_t count = stream_split(&r.a->cx, buf_view(&two), items, 64);
    for (size_t i = 0; i < count; i++) {
        if (items[i].item.kind == CONTENT_HEAD || i == count - 1) {
            check_ok(&r.a->cx, buf_add(&r.a->cx, &part, items[i].raw));
        }
    }
    check_ok(&r.a->cx, peer_admit(r.a, buf_view(&part), &counts));
    assert_int_equal(counts.taken, 0);
    assert_int_equal(counts.pending, 1);
    assert_int_equal(counts.forks, 1);
    uint64_t forks = 0;
    check_ok(&r.a->cx, team_forks_each(&r.a->cx, r.a->team, count_fork, &forks));
    assert_int_equal(forks, 4);
    /* this device does not claim to hold that log, so all of it comes */
    buf_clear(&part);
    peer_frontier(r.a, &part);
    assert_int_equal(frontier_seq(buf_view(&part), &team_this_device(r.b->team)->id), 0);
    check_ok(&r.a->cx, peer_admit(r.a, buf_view(&two), &counts));
    assert_int_equal(counts.taken, 4);
    assert_int_equal(counts.pending, 0);
    forks = 0;
    check_ok(&r.a->cx, team_forks_each(&r.a->cx, r.a->team, count_fork, &forks));
    assert_int_equal(forks, 2); /* now known from where they differ */
    /* the first copy's words, told to the second */
    check_fault(&r.b->cx, STATUS_ROLLBACK, "this device", peer_admit(r.b, buf_view(&one), &counts));
    buf_finish(&one);
    buf_finish(&two);
    buf_finish(&part);
    ring_finish(&r);
}

/* A vault put back to an older state hears of it from the others. */
static void test_own_rollback(void **state)
{
    struct ring r;
    struct admission_counts counts;
    struct buf content, manifest;
    char copy[SCRATCH_PATH + 64];
    (void)state;
    ring_start(&r);
    buf_init(&content, TEAM_STREAM_MAX);
    buf_init(&manifest, 1 << 20);
    peer_close(r.b);
    snprintf(copy, sizeof copy, "%s-copy", r.b->dir);
    scratch_copy(r.b->dir, copy);
    peer_open(r.b);
    peer_write(r.b, "seen by Anna");
    peer_pass(r.b, r.a);
    peer_close(r.b);
    memcpy(r.b->dir, copy, sizeof r.b->dir < sizeof copy ? sizeof r.b->dir : sizeof copy);
    peer_open(r.b);
    peer_export(r.a, BYTES(NULL, 0), &content);
    check_fault(&r.b->cx, STATUS_ROLLBACK, "others hold entry 2",
                peer_admit(r.b, buf_view(&content), &counts));
    struct buf frontier;
    buf_init(&frontier, 1 << 20);
    peer_frontier(r.a, &frontier);
    struct manifest m = {.team = *team_identity(r.a->team),
                         .control_epoch = *team_control_epoch(r.a->team),
                         .device = team_this_device(r.a->team)->id,
                         .number = 1,
                         .time = 1700000000,
                         .frontier = buf_view(&frontier),
                         .piece_size = PIECE_SIZE_SMALL};
    check_ok(&r.a->cx, team_sign_manifest(&r.a->cx, r.a->team, &m, &manifest));
    check_ok(&r.b->cx, manifest_parse(&r.b->cx, buf_view(&manifest), &m));
    check_fault(&r.b->cx, STATUS_ROLLBACK, "Anna's 'desk' says that it holds entry 2",
                team_verify_manifest(&r.b->cx, r.b->team, buf_view(&manifest), &m));
    check_ok(&r.c->cx, team_verify_manifest(&r.c->cx, r.c->team, buf_view(&manifest), &m));
    m.team.b[0] ^= 1;
    check_fault(&r.c->cx, STATUS_FOREIGN, "another team",
                team_verify_manifest(&r.c->cx, r.c->team, buf_view(&manifest), &m));
    m.team.b[0] ^= 1;
    m.device.b[0] ^= 1;
    check_fault(&r.c->cx, STATUS_FOREIGN, "not known",
                team_verify_manifest(&r.c->cx, r.c->team, buf_view(&manifest), &m));
    buf_finish(&frontier);
    buf_finish(&content);
    buf_finish(&manifest);
    ring_finish(&r);
}

/* ---- strangers ---- */

static void test_other_team(void **state)
{
    struct ring r;
    struct admission_counts counts;
    struct buf content;
    (void)state;
    ring_start(&r);
    buf_init(&content, TEAM_STREAM_MAX);
    struct peer *s = peer_found(&r.w);
    peer_write(s, "of another team");
    peer_export(s, BYTES(NULL, 0), &content);
    enum status status = peer_admit(r.a, buf_view(&content), &counts);
    check_fault(&r.a->cx, STATUS_FORGED, "[AUTH-02]", status);
    /* his entries dressed up with our team's name: signed by nobody we know */
    s->team->id = r.a->team->id;
    s->team->genesis_entry = r.a->team->genesis_entry;
    check_whole(r.a);
    buf_finish(&content);
    ring_finish(&r);
}

/* The mole's machine was never let in by anybody entitled: his entries are refused. */
static void test_stranger_writes(void **state)
{
    struct ring r;
    struct admission_counts counts;
    struct buf content, join, invite, stream, frontier;
    uint8_t print[16];
    (void)state;
    ring_start(&r);
    buf_init(&content, TEAM_STREAM_MAX);
    buf_init(&join, JOIN_MAX);
    buf_init(&invite, TEAM_STREAM_MAX);
    buf_init(&stream, TEAM_STREAM_MAX);
    buf_init(&frontier, 1 << 20);
    struct appointment *own =
        appointment_by_id(r.b->team, &team_me(r.b->team)->appointment, &team_me(r.b->team)->id);
    own->level = 3;
    r.b->team->trusted = true;
    struct peer *m = peer_make(&r.w);
    check_ok(&m->cx, team_join_start(&m->cx, m->vault, TEXT("Mallory"), TEXT("burner"), false,
                                     &join, &m->root_seed));
    check_ok(&r.b->cx,
             team_invite(&r.b->cx, r.b->team, buf_view(&join), TEXT("editor"), &invite, print));
    check_ok(&m->cx, team_join_finish(&m->cx, m->vault, buf_view(&invite), &m->team, &content));
    check_ok(&m->cx, peer_admit(m, buf_view(&content), &counts));
    /* an honest program does not believe it is in */
    assert_null(team_me(m->team));
    /* Mallory's does */
    struct device *d = m->team->self;
    d->linked = true;
    check_ok(&m->cx, places_add(&m->cx, &d->links, (struct place){0, 0}));
    struct member *who = NULL;
    check_ok(&m->cx, member_make(&m->cx, m->team, d->root_pk, TEXT("Mallory"), &who));
    struct appointment given = {.id = r.b->team->self->head_id,
                                .member = who->pub.id,
                                .role = role_named(m, "editor"),
                                .level = 15};
    check_ok(&m->cx, appointment_make(&m->cx, m->team, &given));
    m->team->trusted = true;
    peer_frontier(m, &frontier);
    peer_write(m, "from outside");
    peer_export(m, buf_view(&frontier), &stream);
    (void)pass_refused(r.b, r.a);
    check_fault(&r.a->cx, STATUS_FOREIGN, "[AUTH-12]", peer_admit(r.a, buf_view(&stream), &counts));
    check_whole(r.a);
    buf_finish(&content);
    buf_finish(&join);
    buf_finish(&invite);
    buf_finish(&stream);
    buf_finish(&frontier);
    ring_finish(&r);
}

/* Dora lets in a machine whose box key nobody can seal to: it must not stop anybody's export. */
static void test_key_nobody_can_seal_to(void **state)
{
    struct ring r;
    struct device_keys keys = {0};
    struct secret *seed = NULL;
    struct charter_op grant = {.verb = CHARTER_GRANT}, link = {.verb = CHARTER_LINK};
    struct buf one, two;
    (void)state;
    ring_start(&r);
    buf_init(&one, 4096);
    buf_init(&two, 4096);
    struct peer *d = peer_join(&r.w, r.a, "Dora", "admin");
    check_ok(&d->cx, device_keys_make(&d->cx, &keys));
    check_ok(&d->cx, root_key_make(&d->cx, &seed, grant.u.grant.root_pk));
    grant.u.grant.member_name = TEXT("Mallory");
    grant.u.grant.role = role_named(d, "editor")->pub.id;
    grant.u.grant.level = 15;
    memcpy(link.u.link.root_pk, grant.u.grant.root_pk, 32);
    memcpy(link.u.link.sign_pk, keys.sign_pk, 32); /* and a box key of zeros */
    link.u.link.device_name = TEXT("burner");
    check_ok(&d->cx, root_sign_link(&d->cx, seed, link.u.link.sign_pk, link.u.link.box_pk,
                                    TEXT("burner"), link.u.link.signature));
    check_ok(&d->cx, charter_op_write(&d->cx, &grant, &one));
    check_ok(&d->cx, charter_op_write(&d->cx, &link, &two));
    const bytes list[] = {buf_view(&one), buf_view(&two)};
    d->team->trusted = true; /* Dora's program does not judge */
    check_ok(&d->cx, log_control(&d->cx, d->team, list, 2));
    d->team->trusted = false;
    struct id burner;
    device_id(keys.sign_pk, link.u.link.box_pk, link.u.link.root_pk, &burner);
    device_by_id(d->team, &burner)->linked = false; /* nor does it try to seal to it */
    assert_int_equal(pass_refused(d, r.a), 1);
    check_refusal(r.a, "[F-16]");
    assert_int_equal(team_device_count(r.a->team), 4);
    check_ok(&r.a->cx, log_sign_head(&r.a->cx, r.a->team));
    check_whole(r.a);
    device_keys_finish(&keys);
    secret_free(&seed);
    buf_finish(&one);
    buf_finish(&two);
    ring_finish(&r);
}

static uint64_t flood_number;
static void change_to_nobody(struct peer *p, struct entry_header *h)
{
    (void)p;
    put_u64le(h->device.b, ++flood_number);
    h->seq = 2;
    h->lamport = 9;
    memset(h->prev.b, 1, sizeof h->prev.b);
}

/* Entries and heads of machines nobody ever heard of: bounded, and later sessions do not suffer. */
static void test_flood_of_strangers(void **state)
{
    struct ring r;
    struct admission_counts counts;
    struct buf content, plain;
    (void)state;
    ring_start(&r);
    buf_init(&content, TEAM_STREAM_MAX);
    buf_init(&plain, BODY_PLAIN_MAX);
    good_body(&r.b->cx, &plain);
    for (size_t round = 0; round < 3; round++) {
        buf_clear(&content);
        for (size_t i = 0; i < PENDING_HEADS_MAX; i++) {
            craft(r.b, change_to_nobody, buf_view(&plain), &content);
        }
        check_ok(&r.a->cx, peer_admit(r.a, buf_view(&content), &counts));
        assert_int_equal(counts.taken, 0);
        assert_int_equal(counts.pending, (round + 1) * PENDING_HEADS_MAX);
    }
    craft(r.b, change_to_nobody, buf_view(&plain), &content);
    check_fault(&r.a->cx, STATUS_LIMIT, "heads", peer_admit(r.a, buf_view(&content), &counts));
    /* a newcomer's first entries come out of order all the same */
    struct peer *d = peer_join(&r.w, r.a, "Dora", "editor");
    struct buf one, two, frontier;
    buf_init(&one, TEAM_STREAM_MAX);
    buf_init(&two, TEAM_STREAM_MAX);
    buf_init(&frontier, 1 << 20);
    peer_frontier(d, &frontier);
    peer_write(d, "one");
    peer_export(d, buf_view(&frontier), &one);
    buf_clear(&frontier);
    peer_frontier(d, &frontier);
    peer_write(d, "two");
    peer_export(d, buf_view(&frontier), &two);
    check_ok(&r.a->cx, peer_admit(r.a, buf_view(&two), &counts));
    check_ok(&r.a->cx, peer_admit(r.a, buf_view(&one), &counts));
    assert_int_equal(counts.taken, 2);
    check_whole(r.a);
    buf_finish(&one);
    buf_finish(&two);
    buf_finish(&frontier);
    buf_finish(&content);
    buf_finish(&plain);
    ring_finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reader_may_not_write),
        cmocka_unit_test(test_editor_may_not_appoint),
        cmocka_unit_test(test_nobody_appoints_his_equal),
        cmocka_unit_test(test_crafted_headers),
        cmocka_unit_test(test_nonsense_in_a_body),
        cmocka_unit_test(test_fork_is_proven),
        cmocka_unit_test(test_fork_further_on),
        cmocka_unit_test(test_own_rollback),
        cmocka_unit_test(test_other_team),
        cmocka_unit_test(test_stranger_writes),
        cmocka_unit_test(test_key_nobody_can_seal_to),
        cmocka_unit_test(test_flood_of_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
