/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what erasing is for: from a window's end and a grace on, nothing that is left in a vault
 * opens a stick recorded in it, tried with every key the vault's database holds; before that, the
 * same trial succeeds. And that nobody is lost by it: clocks that are wrong, keys erased too early,
 * seals that do not open. Pairing secrets are mixed into every seal and cannot be turned back.
 */
#include "team-int.h"
#include "team-world.h"

#include <sodium.h>
#include <stdlib.h>

static struct device *at(struct peer *p, struct peer *of)
{
    return device_by_id(p->team, &team_this_device(of->team)->id);
}

static void all_wait(struct team_world *w, int64_t seconds)
{
    for (size_t i = 0; i < w->count; i++) {
        w->peers[i].machine.now += seconds;
    }
}

static int64_t number(struct peer *p, const char *query)
{
    struct stmt *s = NULL;
    bool row = false;
    check_ok(&p->cx, stmt_prepare(&p->cx, p->vault, query, &s));
    check_ok(&p->cx, stmt_step(&p->cx, s, &row));
    int64_t value = stmt_int(s, 0);
    stmt_reset(s);
    return value;
}

/* The operation p would say now; nothing is kept of it but its bytes. */
static struct epoch_op epoch_now(struct peer *p, struct buf *encoded)
{
    struct charter_op op;
    struct id id;
    check_ok(&p->cx, vault_begin(&p->cx, p->vault));
    check_ok(&p->cx, epoch_mint(&p->cx, p->team, p->team->control, false, encoded, &id));
    vault_rollback(p->vault);
    check_ok(&p->cx, team_refresh(&p->cx, p->team));
    check_ok(&p->cx, charter_op_parse(&p->cx, buf_view(encoded), &op));
    return op.u.epoch;
}

static struct seal_row seal_for(const struct epoch_op *op, const struct id *device)
{
    struct rows rows;
    struct seal_row row = {.window = UINT64_MAX};
    rows_read(&rows, op->seals);
    while (rows_next_seal(&rows, &row)) {
        if (memcmp(row.device, device->b, SHORT_ID_BYTES) == 0) {
            return row;
        }
    }
    fail_msg("no seal");
    return row;
}

/* ---- which key a seal is made to ---- */

static void test_sealed_to_this_window(void **state)
{
    struct team_world w;
    struct buf encoded;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
    buf_init(&encoded, BODY_PLAIN_MAX);
    uint64_t here = window_of(a->machine.now);
    assert_int_equal(at(a, b)->prekey_first, here);
    assert_int_equal(at(a, b)->prekeys.len, 32 * PREKEYS_MAX);
    const struct {
        int64_t by;
        uint64_t window;
    } clocks[] = {{0, here},
                  {3 * WINDOW_SECONDS, here + 3},
                  {-20 * 365 * (int64_t)86400, here},
                  {30 * 365 * (int64_t)86400, here + PREKEYS_MAX - 1}};
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        int64_t now = a->machine.now;
        a->machine.now += clocks[i].by;
        buf_clear(&encoded);
        struct epoch_op op = epoch_now(a, &encoded);
        a->machine.now = now;
        assert_int_equal(seal_for(&op, &at(a, b)->pub.id).window, clocks[i].window);
    }
    buf_finish(&encoded);
    team_world_finish(&w);
}

/* 26 ahead, and again when fewer than 13 are left; a window's key stays the one published. */
static void test_published_in_time(void **state)
{
    struct team_world w;
    uint8_t far[32];
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
    uint64_t first = at(a, b)->prekey_first;
    memcpy(far, prekey_at(at(a, b), first + 25), sizeof far);
    for (uint64_t i = 1; i <= 14; i++) {
        all_wait(&w, WINDOW_SECONDS);
        peer_write(b, "still here");
        team_world_pass(&w, 1);
        assert_true(prekeys_last(at(a, b)) >= first + i + PREKEYS_AHEAD);
    }
    assert_true(at(a, b)->prekey_first > first);
    assert_memory_equal(prekey_at(at(a, b), first + 25), far, sizeof far);
    team_world_finish(&w);
}

/* ---- pairing secrets ---- */

static void test_ratchet(void **state)
{
    struct key secret = {{1}}, one, two;
    struct pairing inviter, newcomer;
    (void)state;
    pair_make(&secret, 700, &inviter);
    pair_make(&secret, 700, &newcomer);
    assert_false(pair_secret_at(&inviter, 699, &one));
    assert_true(pair_secret_at(&inviter, 700, &one));
    assert_memory_not_equal(one.b, secret.b, sizeof one.b);
    assert_true(pair_secret_at(&inviter, 705, &one));
    assert_true(pair_secret_at(&newcomer, 704, &two));
    newcomer.key = two; /* erased up to there */
    newcomer.window = 704;
    assert_false(pair_secret_at(&newcomer, 703, &two));
    assert_true(pair_secret_at(&newcomer, 705, &two));
    assert_memory_equal(one.b, two.b, sizeof one.b);
    assert_true(pair_secret_at(&newcomer, 0, &two));
    assert_memory_equal(two.b, secret.b, sizeof two.b);
    assert_false(pair_secret_at(&newcomer, (uint64_t)WINDOW_MAX + 1, &two));
}

/* Both walk on alike for a year; the secret of a window is mixed in, or no seal would miss it. */
static void test_paired_seals(void **state)
{
    struct team_world w;
    struct epoch *e;
    struct pairing pair;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
    for (size_t i = 0; i < 13; i++) {
        all_wait(&w, WINDOW_SECONDS);
        check_ok(&a->cx, epoch_begin(&a->cx, a->team, a->team->data, false, &e));
        struct id id = e->id;
        peer_write(a, "in this window");
        peer_write(b, "too");
        team_world_pass(&w, 1);
        assert_non_null(epoch_by_id(b->team, &id)->key);
    }
    check_ok(&a->cx, pair_load(&a->cx, a->team, at(a, b), &pair));
    assert_true(pair.there && pair.window >= window_of(a->machine.now - GRACE_SECONDS));
    assert_false(pair.has_start);
    check_ok(&b->cx, pair_load(&b->cx, b->team, at(b, a), &pair));
    assert_true(pair.window >= window_of(a->machine.now - GRACE_SECONDS));
    pair.key.b[0] ^= 1;
    check_ok(&b->cx, pair_store(&b->cx, b->team, at(b, a), &pair));
    check_ok(&a->cx, epoch_begin(&a->cx, a->team, a->team->data, false, &e));
    peer_pass(a, b);
    assert_null(epoch_by_id(b->team, &e->id)->key);
    team_world_finish(&w);
}

/* Ben and Cleo were never paired: what follows from the charter's key is in their seals. */
static void test_introduced_seals(void **state)
{
    struct team_world w;
    struct buf encoded, payload;
    struct key psk;
    struct seal_context context;
    uint8_t sk[32];
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
    struct peer *c = peer_join(&w, a, "Cleo", "editor");
    team_world_pass(&w, 1);
    buf_init(&encoded, BODY_PLAIN_MAX);
    buf_init(&payload, 64);
    struct epoch_op op = epoch_now(b, &encoded);
    const struct id *cleo = &at(b, c)->pub.id, *ben = &at(b, b)->pub.id;
    struct seal_row row = seal_for(&op, cleo);
    struct stmt *s = NULL;
    bool there = false;
    check_ok(&c->cx, stmt_use(&c->cx, c->vault, STMT_TEAM_PREKEY_LIST, &s));
    stmt_bind_int(s, 1, c->team->key);
    stmt_bind_int(s, 2, (int64_t)row.window);
    check_ok(&c->cx, stmt_step(&c->cx, s, &there));
    assert_true(there);
    memcpy(sk, stmt_bytes(s, 1).ptr, 32);
    stmt_reset(s);
    seal_context_make(b->team, SEAL_EPOCH, &op.id, NULL, cleo, &context);
    const uint8_t *pk = prekey_at(at(b, c), row.window);
    memset(&psk, 0, sizeof psk);
    check_status(
        &c->cx, STATUS_FORGED,
        key_unseal(&c->cx, sk, pk, op.eph_pk, &psk, BYTES_OF(context.b), row.seal, &payload));
    introduced_secret(epoch_for_keys(c->team), cleo, ben, &psk); /* the other way round */
    check_status(
        &c->cx, STATUS_FORGED,
        key_unseal(&c->cx, sk, pk, op.eph_pk, &psk, BYTES_OF(context.b), row.seal, &payload));
    introduced_secret(epoch_for_keys(c->team), ben, cleo, &psk);
    check_ok(&c->cx,
             key_unseal(&c->cx, sk, pk, op.eph_pk, &psk, BYTES_OF(context.b), row.seal, &payload));
    buf_finish(&encoded);
    buf_finish(&payload);
    team_world_finish(&w);
}

/* ---- the attacker: a recorded stick and a seized, opened vault ---- */

enum { LOOT_MAX = 32768, STEPS_TRIED = 64, OPS_MAX = 64 };
struct loot {
    uint8_t (*keys)[32];
    size_t count, secrets; /* the first `secrets` are not from the table of tags */
};

static void loot_add(struct loot *l, bytes blob)
{
    for (size_t at = 0; blob.len % 32 == 0 && at + 32 <= blob.len; at += 32) {
        assert_true(l->count < LOOT_MAX);
        memcpy(l->keys[l->count++], blob.ptr + at, 32);
    }
}

static void loot_table(struct peer *p, struct loot *l, const char *table)
{
    struct stmt *s = NULL;
    bool row = false;
    char query[128];
    snprintf(query, sizeof query, "SELECT * FROM %s", table);
    check_ok(&p->cx, stmt_prepare(&p->cx, p->vault, query, &s));
    check_ok(&p->cx, stmt_step(&p->cx, s, &row));
    while (row) {
        for (int i = 0; i < stmt_columns(s); i++) {
            if (stmt_type(s, i) == STMT_TYPE_BYTES) {
                loot_add(l, stmt_bytes(s, i));
            }
        }
        check_ok(&p->cx, stmt_step(&p->cx, s, &row));
    }
    stmt_reset(s);
}

/* Every 32 bytes of every table but the log's own, whose content is known to be sealed. */
static void loot_take(struct peer *p, struct loot *l)
{
    char names[64][64];
    size_t count = 0;
    struct stmt *s = NULL;
    bool row = false;

    l->keys = malloc(sizeof *l->keys * LOOT_MAX);
    assert_non_null(l->keys);
    check_ok(&p->cx, stmt_prepare(&p->cx, p->vault,
                                  "SELECT name FROM sqlite_master WHERE type = 'table' AND name"
                                  " NOT LIKE 'log_%' AND name NOT LIKE 'sqlite_%'",
                                  &s));
    check_ok(&p->cx, stmt_step(&p->cx, s, &row));
    while (row) {
        assert_true(count < 64);
        snprintf(names[count++], 64, "%.*s", (int)stmt_text(s, 0).len, stmt_text(s, 0).ptr);
        check_ok(&p->cx, stmt_step(&p->cx, s, &row));
    }
    stmt_reset(s);
    assert_true(count > 10);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], "team_chain_step") != 0) {
            loot_table(p, l, names[i]);
        }
    }
    l->secrets = l->count;
    loot_table(p, l, "team_chain_step");
}

/* What was recorded: one piece, and the operations that may have brought its chain. */
struct recorded {
    struct piece piece;
    struct buf bytes;
    struct charter_op op[OPS_MAX];
    struct buf encoded[OPS_MAX];
    struct id author[OPS_MAX];
    struct id under[OPS_MAX];
    size_t count;
    struct id sender;
};

static bool opens(struct ctx *cx, const struct recorded *r, const struct key *k)
{
    struct piece_inner inner;
    struct buf plain;
    buf_init(&plain, PIECE_SIZE_SMALL);
    bool good = piece_open(cx, k, &r->piece, &plain, &inner) == STATUS_OK;
    fault_clear(cx);
    buf_finish(&plain);
    return good;
}

static bool chain_opens(struct ctx *cx, const struct recorded *r, const struct key *ck)
{
    struct chain c = {.ck = *ck};
    struct chain_step step;
    for (size_t i = 0; i < STEPS_TRIED; i++) {
        chain_next(&c, &step);
        if (memcmp(step.tag, r->piece.tag.ptr, sizeof step.tag) == 0) {
            return opens(cx, r, &step.key);
        }
    }
    return false;
}

/* One seal of one operation with one exchange key and one secret. */
static bool seal_opens(struct peer *p, const struct recorded *r, size_t i, const uint8_t sk[32],
                       const struct key *psk)
{
    const struct charter_op *op = &r->op[i];
    bool epoch = op->verb == CHARTER_EPOCH, good = false;
    const struct id *self = &p->team->self->pub.id;
    struct seal_context context;
    struct seal_row row;
    struct rows rows;
    struct buf payload;
    uint8_t pk[32];
    struct key k;

    crypto_scalarmult_curve25519_base(pk, sk);
    buf_init(&payload, 64);
    seal_context_make(p->team, epoch ? SEAL_EPOCH : SEAL_CHAIN,
                      epoch ? &op->u.epoch.id : &op->u.chain.epoch,
                      epoch ? NULL : &op->u.chain.device, self, &context);
    rows_read(&rows, epoch ? op->u.epoch.seals : op->u.chain.seals);
    while (!good && rows_next_seal(&rows, &row)) {
        if (memcmp(row.device, self->b, SHORT_ID_BYTES) != 0) {
            continue;
        }
        good = key_unseal(&p->cx, sk, pk, epoch ? op->u.epoch.eph_pk : op->u.chain.eph_pk, psk,
                          BYTES_OF(context.b), row.seal, &payload) == STATUS_OK;
        fault_clear(&p->cx);
    }
    if (good) {
        memcpy(k.b, payload.ptr + (payload.len == 64 ? 32 : 0), 32);
        struct chain start = {.ck = k};
        if (epoch) {
            chain_start(&k, &r->sender, &start);
        }
        good = chain_opens(&p->cx, r, &start.ck);
    }
    buf_finish(&payload);
    return good;
}

/* All secrets a seal may have been made with: pairings and introductions of what is left. */
static size_t all_psk(struct peer *p, const struct recorded *r, size_t i, struct key *psk)
{
    size_t count = 0;
    struct pairing pair;
    const struct device *author = device_by_id(p->team, &r->author[i]);
    memset(&psk[count++], 0, sizeof *psk);
    if (author == NULL) {
        return count;
    }
    check_ok(&p->cx, pair_load(&p->cx, p->team, author, &pair));
    for (uint64_t at = 0; pair.there && at < 40; at++) {
        if (pair_secret_at(&pair, at == 0 ? 0 : pair.window + at - 1, &psk[count])) {
            count++;
        }
    }
    introduced_secret(epoch_by_id(p->team, &r->under[i]), &r->author[i], &p->team->self->pub.id,
                      &psk[count++]);
    return count;
}

static bool attack(struct peer *p, const struct recorded *r)
{
    struct loot l = {0};
    struct key k, psk[64];
    bool found = false;

    loot_take(p, &l);
    assert_true(l.count > 20);
    for (size_t i = 0; i < l.count && !found; i++) {
        memcpy(k.b, l.keys[i], 32);
        found = opens(&p->cx, r, &k);
        if (!found && i < l.secrets) {
            struct chain start;
            chain_start(&k, &r->sender, &start);
            found = chain_opens(&p->cx, r, &k) || chain_opens(&p->cx, r, &start.ck);
        }
    }
    for (size_t o = 0; o < r->count && !found; o++) {
        size_t count = all_psk(p, r, o, psk);
        for (size_t i = 0; i < l.secrets && !found; i++) {
            for (size_t s = 0; s < count && !found; s++) {
                found = seal_opens(p, r, o, l.keys[i], &psk[s]);
            }
        }
    }
    free(l.keys);
    return found;
}

/* Reads every operation that hands on chains out of p's log, as who has the keys of it can. */
static void record_ops(struct peer *p, struct recorded *r)
{
    struct log_order order = {0};
    struct log_row row;
    struct buf plain;

    log_row_init(&row);
    buf_init(&plain, BODY_PLAIN_MAX);
    check_ok(&p->cx, log_order_load(&p->cx, p->team, PICK_CONTROL, &order));
    for (size_t i = 0; i < order.count; i++) {
        struct entry_header h;
        struct body_reader b;
        bytes op;
        check_ok(&p->cx, log_row_load(&p->cx, p->team, order.items[i].key, &row));
        check_ok(&p->cx, entry_header_parse(&p->cx, buf_view(&row.header), &h));
        struct epoch *e = epoch_by_id(p->team, &h.epoch);
        buf_clear(&plain);
        check_ok(&p->cx, body_open(&p->cx, secret_key(e->key), &p->team->id, &h,
                                   buf_view(&row.body), &plain));
        check_ok(&p->cx, body_read_start(&p->cx, buf_view(&plain), &b));
        while (body_read_next(&b, &op)) {
            struct charter_op parsed;
            check_ok(&p->cx, charter_op_parse(&p->cx, op, &parsed));
            if (parsed.verb == CHARTER_EPOCH || parsed.verb == CHARTER_CHAIN) {
                assert_true(r->count < OPS_MAX);
                buf_init(&r->encoded[r->count], BODY_PLAIN_MAX);
                check_ok(&p->cx, buf_add(&p->cx, &r->encoded[r->count], op));
                check_ok(&p->cx, charter_op_parse(&p->cx, buf_view(&r->encoded[r->count]),
                                                  &r->op[r->count]));
                r->author[r->count] = h.device;
                r->under[r->count++] = e->id;
            }
        }
    }
    buf_finish(&plain);
    log_row_finish(&row);
    log_order_finish(&order);
}

static void record_piece(struct peer *from, struct recorded *r, struct chain_step *step)
{
    static const uint8_t words[] = "what was on the stick";
    const struct piece_inner inner = {.bundle = 1, .index = 1, .payload = BYTES_OF(words)};
    memset(r, 0, sizeof *r);
    check_ok(&from->cx, chain_send_next(&from->cx, from->team, step));
    buf_init(&r->bytes, PIECE_SIZE_SMALL);
    check_ok(&from->cx, piece_seal(&from->cx, step, &inner, PIECE_SIZE_SMALL, &r->bytes));
    check_ok(&from->cx, piece_parse(&from->cx, buf_view(&r->bytes), &r->piece));
    r->sender = team_this_device(from->team)->id;
    record_ops(from, r);
}

static void recorded_finish(struct recorded *r)
{
    for (size_t i = 0; i < r->count; i++) {
        buf_finish(&r->encoded[i]);
    }
    buf_finish(&r->bytes);
}

/* Time goes on, and so do the others. */
static void months(struct team_world *w, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        all_wait(w, WINDOW_SECONDS);
        for (size_t k = 0; k < w->count; k++) {
            peer_write(&w->peers[k], "news");
        }
        team_world_pass(w, 2);
    }
}

/* Anna's stick is recorded on its way to Ben; taken by him, or lost. */
static void test_recorded_and_seized(void **state)
{
    static struct recorded r;
    struct team_world w;
    struct chain_step step;
    struct chain_hit hit;
    (void)state;
    for (int taken = 0; taken < 2; taken++) {
        team_world_init(&w, test_seed() + (uint64_t)taken);
        struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
        struct peer *c = peer_join(&w, a, "Cleo", "editor");
        team_world_pass(&w, 1);
        months(&w, 1); /* everybody has a chain from an EPOCH sealed to a prekey */
        record_piece(a, &r, &step);
        check_ok(&b->cx, chain_find(&b->cx, b->team, step.tag, &hit));
        assert_true(attack(b, &r)); /* while it may still come, it can be opened */
        if (taken == 1) {
            struct id piece = {{9}};
            check_ok(&b->cx, chain_spend(&b->cx, b->team, &hit, &piece));
            check_ok(&b->cx, chain_confirm(&b->cx, b->team, hit.device_ix, BYTES_OF(piece.b)));
        }
        assert_true(attack(b, &r)); /* taken too: the EPOCH's seal opens again */
        months(&w, 2);
        assert_true(attack(b, &r)); /* within the grace */
        months(&w, 2);
        peer_close(b);
        peer_open(b);
        assert_false(attack(b, &r));
        assert_false(attack(c, &r));
        check_status(&b->cx, STATUS_NOT_FOUND, chain_find(&b->cx, b->team, step.tag, &hit));
        assert_int_equal(b->operations, 10);
        recorded_finish(&r);
        team_world_finish(&w);
    }
}

/* The dial: no grace at all, and the same trial fails a month earlier. */
static void test_shorter_grace(void **state)
{
    static struct recorded r;
    struct team_world w;
    struct chain_step step;
    int64_t grace = 0;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
    months(&w, 1);
    record_piece(a, &r, &step);
    check_status(&b->cx, STATUS_USAGE, team_set_grace(&b->cx, b->team, -1));
    check_ok(&b->cx, team_set_grace(&b->cx, b->team, 0));
    check_ok(&b->cx, team_grace(&b->cx, b->team, &grace));
    assert_int_equal(grace, 0);
    assert_true(attack(b, &r));
    months(&w, 1);
    assert_true(attack(b, &r)); /* colleagues' chains last one window more than they are used */
    months(&w, 1);
    assert_false(attack(b, &r));
    recorded_finish(&r);
    team_world_finish(&w);
}

/* What was sealed to the long-lived box key, invites first of all. */
static void test_box_key_is_erased(void **state)
{
    struct team_world w;
    struct buf join, invite;
    struct secret *seed = NULL;
    uint8_t print[16];
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "admin");
    assert_non_null(b->team->box_sk);
    months(&w, 2);
    assert_non_null(b->team->box_sk);
    months(&w, 2);
    assert_null(b->team->box_sk);
    assert_null(a->team->box_sk);
    assert_int_equal(number(b, "SELECT length(box_sk) FROM team_secret"), 0);
    assert_int_equal(number(b, "SELECT count(*) FROM team_pair WHERE length(start) > 0"), 0);
    assert_int_equal(number(b, "PRAGMA secure_delete"), 1);
    peer_close(b);
    peer_open(b);
    assert_null(b->team->box_sk);
    struct peer *d = peer_join(&w, b, "Dan", "editor"); /* and goes on as before */
    team_world_pass(&w, 2);
    peer_write(d, "hello");
    team_world_pass(&w, 1);
    assert_int_equal(a->operations, 5);
    buf_init(&join, JOIN_MAX);
    buf_init(&invite, TEAM_STREAM_MAX);
    struct peer *x = peer_make(&w); /* and may itself join another team */
    check_ok(&x->cx,
             team_join_start(&x->cx, x->vault, TEXT("Xaver"), TEXT("x"), false, &join, &seed));
    check_ok(&b->cx, team_invite(&b->cx, b->team, buf_view(&join), TEXT("reader"), &invite, print));
    w.count--;
    vault_close(&x->vault);
    secret_free(&x->key);
    secret_free(&seed);
    buf_finish(&join);
    buf_finish(&invite);
    team_world_finish(&w);
}

/* ---- nobody is lost by it ---- */

static bool reads_all(struct team_world *w, const struct id *epoch)
{
    bool all = true;
    for (size_t i = 0; i < w->count; i++) {
        struct epoch *e = epoch_by_id(w->peers[i].team, epoch);
        all = all && e != NULL && e->key != NULL;
    }
    return all;
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
            }
        }
    }
}

/* Cleo's clock jumps twenty years ahead, she opens her vault, all her keys are erased; the clock is
 * put right. Anna's next key cannot reach her: she asks. */
static void test_clock_ahead_and_back(void **state)
{
    struct team_world w;
    struct epoch *e;
    (void)state;
    for (int control = 0; control < 2; control++) {
        team_world_init(&w, test_seed() + (uint64_t)control);
        struct peer *a = peer_found(&w);
        (void)peer_join(&w, a, "Ben", "editor");
        struct peer *c = peer_join(&w, a, "Cleo", "editor");
        team_world_pass(&w, 1);
        int64_t right = c->machine.now;
        c->machine.now += 20 * 365 * (int64_t)86400;
        peer_close(c);
        peer_open(c);
        assert_int_equal(number(c, "SELECT count(*) FROM team_prekey"), 0);
        c->machine.now = right;
        check_ok(&a->cx, epoch_begin(&a->cx, a->team,
                                     control == 1 ? a->team->control : a->team->data, false, &e));
        struct id id = e->id;
        peer_write(a, "can she read it");
        peer_pass(a, c);
        assert_null(epoch_by_id(c->team, &id)->key);
        assert_int_equal(c->operations, control);
        team_world_pass(&w, 3);
        assert_true(reads_all(&w, &id));
        assert_int_equal(c->operations, 1);
        assert_null(ask_open(epoch_by_id(a->team, &id), &at(a, c)->pub.id));
        check_pieces(&w);
        months(&w, 2);
        check_pieces(&w);
        team_world_finish(&w);
    }
}

/* Ben's program seals rubbish, or a key that is not the epoch's, to Cleo: it is as good as none,
 * she asks, and Anna answers. */
static void test_unequal_keys(void **state)
{
    struct team_world w;
    struct epoch *e;
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        team_world_init(&w, test_seed() + (uint64_t)kind);
        struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
        struct peer *c = peer_join(&w, a, "Cleo", "editor");
        team_world_pass(&w, 1);
        /* what Cleo will be sealed is made for another public key, or of another epoch */
        struct device *cleo = at(b, c);
        uint8_t *published =
            cleo->prekeys.ptr + 32 * (window_of(b->machine.now) - cleo->prekey_first);
        published[3] ^= 1;
        check_ok(&b->cx, epoch_begin(&b->cx, b->team, kind == 1 ? b->team->data : b->team->control,
                                     false, &e));
        published[3] ^= 1;
        struct id id = e->id;
        peer_write(b, "unequal");
        if (kind == 2) {
            struct key wrong = {{1}};
            struct epoch *at_c = NULL;
            struct epoch_name name = {&c->team->id, e->compartment, e->number, &e->bind};
            check_ok(&c->cx, epoch_make(&c->cx, c->team, &id, &name, &at_c));
            check_fault(&c->cx, STATUS_FORGED, "commits",
                        epoch_take_key(&c->cx, c->team, at_c, &wrong));
        }
        peer_pass(b, c);
        assert_null(epoch_by_id(c->team, &id)->key);
        peer_pass(b, a);
        struct peer *rest[] = {a, c};
        for (size_t turn = 0; turn < 3; turn++) { /* Ben himself does nothing about it */
            peer_pass(rest[0], rest[1]);
            peer_pass(rest[1], rest[0]);
        }
        assert_non_null(epoch_by_id(c->team, &id)->key);
        assert_int_equal(c->operations, 1);
        team_world_pass(&w, 2);
        check_pieces(&w);
        team_world_finish(&w);
    }
}

/* An epoch of b's making that nobody but a is given, with a transport secret that is or is not the
 * one its hash names. */
static struct id say_epoch(struct peer *b, struct peer *a, bool right)
{
    struct team *t = b->team;
    const struct epoch *before = epoch_current(t, t->control);
    struct charter_op op = {.verb = CHARTER_EPOCH};
    struct key secret[3] = {{{11}}, {{12}}, {{13}}}; /* K, T, another T */
    uint8_t payload[64], backlinks[1] = {0x80};
    struct buf parents, rows, seals, encoded;
    struct id commit, bind;
    struct epoch *e = NULL;
    struct wire_writer w;
    struct sealing s;

    buf_init(&parents, KIB);
    buf_init(&rows, KIB);
    buf_init(&seals, KIB);
    buf_init(&encoded, BODY_PLAIN_MAX);
    wire_writer_init(&w, &b->cx, &parents);
    wire_put_array(&w, 1);
    wire_put_bytes(&w, BYTES_OF(before->id.b));
    check_ok(&b->cx, wire_writer_done(&w));
    memcpy(op.u.epoch.compartment, t->control, COMPARTMENT_BYTES);
    op.u.epoch.number = before->number + 1;
    op.u.epoch.parents = buf_view(&parents);
    transport_commit(t, &secret[1], &commit);
    op.u.epoch.transport = BYTES_OF(commit.b);
    epoch_bind(&t->self->pub.id, &commit, &bind);
    epoch_commit(&secret[0], &op.u.epoch.commit);
    const struct epoch_name name = {&t->id, t->control, op.u.epoch.number, &bind};
    epoch_id(&name, &secret[0], &op.u.epoch.id);
    sealing_start(&b->cx, &s, SEAL_EPOCH, epoch_for_keys(t));
    s.subject = op.u.epoch.id;
    memcpy(op.u.epoch.eph_pk, s.eph_pk, 32);
    memcpy(payload, secret[0].b, 32);
    memcpy(payload + 32, secret[right ? 1 : 2].b, 32);
    const struct receiver to = receiver_of(at(b, a));
    check_ok(&b->cx, seal_row_to(&b->cx, t, &s, &to, BYTES_OF(payload), &rows));
    check_ok(&b->cx, rows_write(&b->cx, 1, buf_view(&rows), &seals));
    op.u.epoch.seals = buf_view(&seals);
    op.u.epoch.backlinks = BYTES_OF(backlinks);
    check_ok(&b->cx, charter_op_write(&b->cx, &op, &encoded));
    const bytes list[] = {buf_view(&encoded)};
    check_ok(&b->cx, log_control(&b->cx, t, list, 1));
    e = epoch_by_id(t, &op.u.epoch.id);
    check_ok(&b->cx, epoch_take_key(&b->cx, t, e, &secret[0]));
    struct authored self = {.author = t->self};
    check_ok(&b->cx, chain_apply_epoch(&b->cx, t, &self, &op.u.epoch, &secret[1]));
    buf_finish(&parents);
    buf_finish(&rows);
    buf_finish(&seals);
    buf_finish(&encoded);
    return op.u.epoch.id;
}

/* A transport secret that is not the one of the EPOCH's hash starts no chain; it is asked for. */
static void test_unequal_transport(void **state)
{
    struct team_world w;
    bool known = false;
    (void)state;
    for (int right = 0; right < 2; right++) {
        team_world_init(&w, test_seed() + (uint64_t)right);
        struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
        team_world_pass(&w, 1);
        struct id id = say_epoch(b, a, right == 1);
        peer_pass(b, a);
        assert_non_null(epoch_by_id(a->team, &id)->key);
        check_ok(&a->cx, chain_known(&a->cx, a->team, at(a, a), &id, &known));
        assert_int_equal(known, right);
        team_world_pass(&w, 3); /* Ben hands on the state of his */
        assert_int_equal(epoch_by_id(a->team, &id)->questions.len > 0, right == 0);
        check_pieces(&w);
        team_world_finish(&w);
    }
}

/* Nobody has its key, not even who declared it: it is not waited for. */
static void test_key_of_nobody(void **state)
{
    struct team_world w;
    struct buf encoded, changed;
    struct charter_op op = {.verb = CHARTER_EPOCH};
    struct id commit = {{5}}, bind;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w), *b = peer_join(&w, a, "Ben", "editor");
    team_world_pass(&w, 1);
    buf_init(&encoded, BODY_PLAIN_MAX);
    buf_init(&changed, BODY_PLAIN_MAX);
    op.u.epoch = epoch_now(b, &encoded);
    op.u.epoch.transport = BYTES_OF(commit.b);
    epoch_bind(&at(b, b)->pub.id, &commit, &bind);
    const struct epoch_name name = {&b->team->id, b->team->control, op.u.epoch.number, &bind};
    epoch_id_committed(&name, &op.u.epoch.commit, &op.u.epoch.id);
    op.u.epoch.seals = BYTES(NULL, 0);
    op.u.epoch.backlinks = BYTES(NULL, 0);
    check_ok(&b->cx, charter_op_write(&b->cx, &op, &changed));
    const bytes list[] = {buf_view(&changed)};
    check_ok(&b->cx, log_control(&b->cx, b->team, list, 1));
    at(b, b)->linked = false; /* his program does nothing about it */
    peer_pass(b, a);
    at(b, b)->linked = true;
    standing_changed(b->team);
    peer_pass(a, b);
    struct epoch *e = epoch_current(a->team, a->team->control);
    assert_non_null(e);
    assert_false(id_equal(&e->id, &op.u.epoch.id));
    assert_true(reads_all(&w, &e->id));
    check_pieces(&w);
    buf_finish(&encoded);
    buf_finish(&changed);
    team_world_finish(&w);
}

/* Whoever exports first in a window makes the charter's new key; the others follow. */
static void test_new_key_every_window(void **state)
{
    struct team_world w;
    (void)state;
    team_world_init(&w, test_seed());
    struct peer *a = peer_found(&w);
    (void)peer_join(&w, a, "Ben", "reader");
    (void)peer_join(&w, a, "Cleo", "editor");
    team_world_pass(&w, 1);
    uint64_t number_before = epoch_current(a->team, a->team->control)->number;
    for (size_t first = 0; first < 3; first++) {
        all_wait(&w, WINDOW_SECONDS);
        struct peer *p = &w.peers[first];
        for (size_t i = 0; i < 3; i++) {
            if (i != first) {
                peer_pass(p, &w.peers[i]);
            }
        }
        struct epoch *e = epoch_current(p->team, p->team->control);
        assert_int_equal(e->number, number_before + first + 1);
        assert_int_equal(e->place.ix, p->team->self->pub.ix);
        team_world_pass(&w, 2);
        assert_true(reads_all(&w, &e->id));
        assert_ptr_equal(epoch_current(p->team, p->team->control), e); /* one is enough */
        check_pieces(&w);
    }
    /* a member who claims to have made it in the far future does not keep it for ever */
    struct epoch *e = epoch_current(a->team, a->team->control);
    e->time = INT64_MAX / 2;
    all_wait(&w, WINDOW_SECONDS);
    check_ok(&a->cx, log_sign_head(&a->cx, a->team));
    assert_ptr_not_equal(epoch_current(a->team, a->team->control), e);
    team_world_finish(&w);
}

/* The sentence names who was never paired; Anna let both in, Ben neither. */
static void test_quantum_statement(void **state)
{
    struct team_world w;
    struct buf why;
    struct epoch *e;
    bool closed = false;
    (void)state;
    team_world_init(&w, test_seed());
    buf_init(&why, 4 * KIB);
    struct peer *a = peer_found(&w);
    check_ok(&a->cx, team_quantum_statement(&a->cx, a->team, &closed, &why));
    assert_true(closed);
    struct peer *b = peer_join(&w, a, "Ben", "editor");
    (void)peer_join(&w, a, "Cleo", "editor");
    team_world_pass(&w, 1);
    check_ok(&a->cx, epoch_begin(&a->cx, a->team, a->team->control, false, &e));
    buf_clear(&why);
    check_ok(&a->cx, team_quantum_statement(&a->cx, a->team, &closed, &why));
    assert_true(closed);
    assert_true(text_starts(buf_text(&why), TEXT("yes: Anna's 'desk', which made")));
    team_world_pass(&w, 1);
    check_ok(&b->cx, epoch_begin(&b->cx, b->team, b->team->control, false, &e));
    team_world_pass(&w, 1);
    buf_clear(&why);
    check_ok(&a->cx, team_quantum_statement(&a->cx, a->team, &closed, &why));
    assert_false(closed);
    assert_true(text_starts(
        buf_text(&why), TEXT("no, because Ben's 'laptop', which made the present key, was never "
                             "paired with Cleo's 'laptop': who recorded")));
    buf_finish(&why);
    team_world_finish(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sealed_to_this_window),
        cmocka_unit_test(test_published_in_time),
        cmocka_unit_test(test_ratchet),
        cmocka_unit_test(test_paired_seals),
        cmocka_unit_test(test_introduced_seals),
        cmocka_unit_test(test_recorded_and_seized),
        cmocka_unit_test(test_shorter_grace),
        cmocka_unit_test(test_box_key_is_erased),
        cmocka_unit_test(test_clock_ahead_and_back),
        cmocka_unit_test(test_unequal_keys),
        cmocka_unit_test(test_unequal_transport),
        cmocka_unit_test(test_key_of_nobody),
        cmocka_unit_test(test_new_key_every_window),
        cmocka_unit_test(test_quantum_statement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
