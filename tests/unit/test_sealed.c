/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_sealed: proves for every object of the sealed room that what one side makes the other side
 * reads back whole, and that a change of any bound part (key, team, header, tag, context,
 * signature) is refused with the status the door promises. One-fault inputs are in tests/vectors.
 */
#include "sealed_sample.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static struct sample_random random_state;
static struct system fake = {
    .random = sample_random_fill, .now = sample_now, .self = &random_state};
static struct ctx cx;

static int setup(void **state)
{
    (void)state;
    random_state.block = 0;
    ctx_init(&cx, &fake);
    return 0;
}

/* The call failed with this status and the fault names this clause. */
static void assert_refused(enum status got, enum status want, const char *clause)
{
    if (got != want || strstr(cx.fault.what, clause) == NULL) {
        fail_msg("status %s, wanted %s; fault '%s', wanted %s", status_name(got), status_name(want),
                 cx.fault.what, clause);
    }
    fault_clear(&cx);
}

static void assert_ok(enum status got)
{
    if (got != STATUS_OK) {
        fail_msg("status %s: %s", status_name(got), cx.fault.what);
    }
}

/* ---- hashes ---------------------------------------------------------------------------------- */

static void test_hash_separates_domains(void **state)
{
    struct id a, b;
    (void)state;
    hash_domain("valise/x", BYTES("abc", 3), BYTES(NULL, 0), &a);
    hash_domain("valise/y", BYTES("abc", 3), BYTES(NULL, 0), &b);
    assert_false(id_equal(&a, &b));
    /* the definition, once by hand: BLAKE2b-256("valise/x" 00 "abc") */
    crypto_generichash(b.b, 32, (const uint8_t *)"valise/x\0abc", 12, NULL, 0);
    assert_true(id_equal(&a, &b));
}

/* Every part of what a backlink is bound to. */
static void test_backlink(void **state)
{
    struct id team = sample_id("team"), epoch = sample_id("epoch"), parent = sample_id("parent");
    struct id other = sample_id("other");
    struct key k = sample_key("k"), k2 = sample_key("k2"), before = sample_key("before"), got;
    uint8_t sealed[KEY_LINK_BYTES];
    (void)state;
    key_link(&k, &team, &epoch, &parent, &before, sealed);
    assert_true(key_link_open(&k, &team, &epoch, &parent, sealed, &got));
    assert_memory_equal(got.b, before.b, sizeof got.b);
    assert_false(key_link_open(&k2, &team, &epoch, &parent, sealed, &got));
    assert_false(key_link_open(&k, &other, &epoch, &parent, sealed, &got));
    assert_false(key_link_open(&k, &team, &other, &parent, sealed, &got));
    assert_false(key_link_open(&k, &team, &epoch, &other, sealed, &got));
    sealed[40] ^= 1;
    assert_false(key_link_open(&k, &team, &epoch, &parent, sealed, &got));
}

static void test_epoch_id_commits_to_everything(void **state)
{
    struct id team = sample_id("team"), other = sample_id("other"), a, b;
    struct key k = sample_key("k"), k2 = sample_key("k2");
    const uint8_t c[] = "0123456789abcdef", c2[] = "0123456789abcdeX";
    struct id device = sample_id("device"), none = {{0}}, bind, bind2, commit;
    (void)state;
    epoch_bind(&device, &none, &bind);
    epoch_bind(&device, &other, &bind2);
    epoch_id(&(struct epoch_name){&team, c, 1, &bind}, &k, &a);
    epoch_commit(&k, &commit);
    epoch_id_committed(&(struct epoch_name){&team, c, 1, &bind}, &commit, &b);
    assert_true(id_equal(&a, &b));
    epoch_id(&(struct epoch_name){&other, c, 1, &bind}, &k, &b);
    assert_false(id_equal(&a, &b));
    epoch_id(&(struct epoch_name){&team, c, 2, &bind}, &k, &b);
    assert_false(id_equal(&a, &b));
    epoch_id(&(struct epoch_name){&team, c, 1, &bind}, &k2, &b);
    assert_false(id_equal(&a, &b));
    epoch_id(&(struct epoch_name){&team, c2, 1, &bind}, &k, &b);
    assert_false(id_equal(&a, &b));
    epoch_id(&(struct epoch_name){&team, c, 1, &bind2}, &k, &b);
    assert_false(id_equal(&a, &b));
    epoch_bind(&team, &none, &bind2);
    epoch_id(&(struct epoch_name){&team, c, 1, &bind2}, &k, &b);
    assert_false(id_equal(&a, &b));
}

static void test_public_keys_low_order_refused(void **state)
{
    struct sample_device d = sample_device("ana");
    uint8_t pk[32] = {0};
    (void)state;
    assert_true(sign_key_valid(d.sign_pk));
    assert_true(box_key_valid(d.box_pk));
    assert_false(sign_key_valid(pk));
    assert_false(box_key_valid(pk));
    pk[0] = 1;
    assert_false(sign_key_valid(pk)); /* the neutral element */
    assert_false(box_key_valid(pk));
    memset(pk, 0xff, 32);
    pk[31] = 0x7f;
    assert_false(box_key_valid(pk)); /* 2^255 - 1 is not below the prime */
    pk[0] = 0xed;
    assert_false(box_key_valid(pk)); /* the prime itself */
    pk[0] = 0xeb;
    assert_true(box_key_valid(pk)); /* prime - 2 */
    memcpy(pk, d.box_pk, 32);
    pk[31] |= 0x80;
    assert_false(box_key_valid(pk));
}

/* ---- entries --------------------------------------------------------------------------------- */

static void test_entry_header_round_trip(void **state)
{
    struct entry_dep deps[3];
    struct buf encoded, out, again;
    struct entry_header h, got;
    struct entry_dep dep;
    size_t pos = 0, n = 0;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        deps[i] = (struct entry_dep){.device = {{(uint8_t)(i + 1)}}, .seq = 1000 * i + 1};
    }
    buf_init(&encoded, 4096);
    buf_init(&out, ENTRY_HEADER_MAX);
    buf_init(&again, ENTRY_HEADER_MAX);
    assert_ok(entry_deps_write(&cx, deps, 3, &encoded));
    h = sample_header(buf_view(&encoded));
    assert_ok(entry_header_write(&cx, &h, &out));
    assert_ok(entry_header_parse(&cx, buf_view(&out), &got));
    assert_true(id_equal(&got.device, &h.device) && got.seq == 7 && got.lamport == 40);
    assert_true(bytes_equal(got.deps, buf_view(&encoded)));
    assert_ok(entry_header_write(&cx, &got, &again));
    assert_true(bytes_equal(buf_view(&out), buf_view(&again)));
    while (entry_dep_next(got.deps, &pos, &dep)) {
        assert_true(id_equal(&dep.device, &deps[n].device) && dep.seq == deps[n].seq);
        n++;
    }
    assert_int_equal(n, 3);
    pos = 0;
    assert_false(entry_dep_next(BYTES("\x80", 1), &pos, &dep));
    buf_finish(&encoded);
    buf_finish(&out);
    buf_finish(&again);
}

static enum status header_status(const struct entry_header *h)
{
    struct buf out;
    struct entry_header got;
    buf_init(&out, 2 * ENTRY_HEADER_MAX);
    assert_ok(entry_header_write(&cx, h, &out));
    enum status status = entry_header_parse(&cx, buf_view(&out), &got);
    buf_finish(&out);
    return status;
}

static void test_entry_header_refuses(void **state)
{
    static struct entry_dep many[ENTRY_DEPS_MAX + 1];
    struct entry_header h = sample_header(BYTES(NULL, 0));
    struct buf deps;
    (void)state;
    h.lamport = 6;
    assert_refused(header_status(&h), STATUS_MALFORMED, "[F-37]");
    h.lamport = 40;
    h.prev = (struct id){{0}};
    assert_refused(header_status(&h), STATUS_MALFORMED, "[F-33]");
    h.prev = sample_id("p");
    h.body_len = BODY_SEALED_MAX + 1;
    assert_refused(header_status(&h), STATUS_LIMIT, "[F-44]");
    h.body_len = BODY_SEALED_MAX;
    assert_ok(header_status(&h));
    for (size_t i = 0; i < ENTRY_DEPS_MAX + 1; i++) {
        many[i].seq = NUMBER_MAX;
        many[i].device.b[0] = (uint8_t)(i >> 8);
        many[i].device.b[1] = (uint8_t)i;
    }
    buf_init(&deps, MIB);
    assert_ok(entry_deps_write(&cx, many, ENTRY_DEPS_MAX, &deps));
    h.deps = buf_view(&deps);
    assert_ok(header_status(&h)); /* the largest header there is */
    buf_clear(&deps);
    assert_ok(entry_deps_write(&cx, many, ENTRY_DEPS_MAX + 1, &deps));
    h.deps = buf_view(&deps);
    assert_refused(header_status(&h), STATUS_LIMIT, "[F-34]");
    buf_finish(&deps);
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static void body_round_trip(bytes plain, size_t sealed_max)
{
    struct id team = sample_id("team");
    struct key k = sample_key("body key");
    struct entry_header h = sample_header(BYTES(NULL, 0));
    struct buf sealed, got;
    buf_init(&sealed, BODY_SEALED_MAX);
    buf_init(&got, BODY_PLAIN_MAX);
    assert_ok(body_seal(&cx, &k, &team, &h, plain, &sealed));
    assert_int_equal(h.body_len, sealed.len);
    assert_true(sealed.len <= sealed_max && sealed.len >= BODY_SEALED_MIN);
    assert_ok(body_open(&cx, &k, &team, &h, buf_view(&sealed), &got));
    assert_true(bytes_equal(buf_view(&got), plain));
    buf_finish(&sealed);
    buf_finish(&got);
}

static void test_body_round_trips_at_all_sizes(void **state)
{
    static const size_t sizes[] = {0,    1,     2,     54,     55,      56,      57,
                                   1000, 65535, 65536, 262144, 1000000, 1048575, 1048576};
    uint8_t *data = malloc(BODY_PLAIN_MAX);
    (void)state;
    assert_non_null(data);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memset(data, 'v', sizes[i]);
        body_round_trip(BYTES(data, sizes[i]), 256);
        sample_random_fill(&random_state, data, sizes[i]);
        body_round_trip(BYTES(data, sizes[i]), BODY_SEALED_MAX);
    }
    free(data);
}

static void test_body_is_bound_to_its_header(void **state)
{
    struct id team = sample_id("team"), other = sample_id("other");
    struct key k = sample_key("body key"), k2 = sample_key("another");
    struct entry_header h = sample_header(BYTES(NULL, 0)), x;
    struct buf sealed, got;
    (void)state;
    buf_init(&sealed, BODY_SEALED_MAX);
    buf_init(&got, BODY_PLAIN_MAX);
    assert_ok(body_seal(&cx, &k, &team, &h, BYTES("hello, hello, hello", 19), &sealed));
    assert_refused(body_open(&cx, &k2, &team, &h, buf_view(&sealed), &got), STATUS_FORGED,
                   "[F-40]");
    assert_refused(body_open(&cx, &k, &other, &h, buf_view(&sealed), &got), STATUS_FORGED,
                   "[F-40]");
    x = h;
    x.compartment[0] ^= 1;
    assert_refused(body_open(&cx, &k, &team, &x, buf_view(&sealed), &got), STATUS_FORGED, "[F-40]");
    x = h;
    x.seq++;
    assert_refused(body_open(&cx, &k, &team, &x, buf_view(&sealed), &got), STATUS_FORGED, "[F-40]");
    x = h;
    x.body_hash.b[0] ^= 1;
    assert_refused(body_open(&cx, &k, &team, &x, buf_view(&sealed), &got), STATUS_FORGED, "[F-49]");
    x = h;
    x.body_len++;
    assert_refused(body_open(&cx, &k, &team, &x, buf_view(&sealed), &got), STATUS_FORGED, "[F-49]");
    assert_int_equal(got.len, 0);
    buf_finish(&sealed);
    buf_finish(&got);
}

static void test_body_nonce_is_never_the_same(void **state)
{
    struct id team = sample_id("team");
    struct key k = sample_key("body key");
    struct entry_header h = sample_header(BYTES(NULL, 0));
    struct buf a;
    (void)state;
    buf_init(&a, MIB);
    assert_ok(body_seal(&cx, &k, &team, &h, BYTES("one", 3), &a));
    assert_ok(body_seal(&cx, &k, &team, &h, BYTES("two", 3), &a)); /* another at one place */
    assert_ok(body_seal(&cx, &k, &team, &h, BYTES("one", 3), &a));
    assert_int_equal(a.len, 3 * BODY_SEALED_MIN);
    assert_memory_not_equal(a.ptr, a.ptr + BODY_SEALED_MIN, 24);
    assert_memory_not_equal(a.ptr, a.ptr + 2 * BODY_SEALED_MIN, 24);
    assert_memory_not_equal(a.ptr + BODY_SEALED_MIN, a.ptr + 2 * BODY_SEALED_MIN, 24);
    buf_finish(&a);
}

static void test_body_too_long(void **state)
{
    struct id team = sample_id("team");
    struct key k = sample_key("body key");
    struct entry_header h = sample_header(BYTES(NULL, 0));
    uint8_t *data = calloc(1, BODY_PLAIN_MAX + 1);
    struct buf out;
    (void)state;
    buf_init(&out, BODY_SEALED_MAX);
    assert_refused(body_seal(&cx, &k, &team, &h, BYTES(data, BODY_PLAIN_MAX + 1), &out),
                   STATUS_LIMIT, "[F-43]");
    assert_int_equal(out.len, 0);
    buf_finish(&out);
    free(data);
}

static void test_operations_round_trip(void **state)
{
    struct buf plain;
    struct wire_writer w;
    struct body_reader b;
    bytes op;
    size_t n = 0;
    (void)state;
    buf_init(&plain, 4096);
    wire_writer_init(&w, &cx, &plain);
    assert_ok(body_write_start(&w, -5, 2));
    wire_put_encoded(&w, BYTES("\x82\x01\x00", 3));
    wire_put_encoded(&w, BYTES("\x83\x02\x01\xa0", 4));
    assert_ok(wire_writer_done(&w));
    assert_ok(body_read_start(&cx, buf_view(&plain), &b));
    assert_true(b.time == -5 && b.ops == 2);
    while (body_read_next(&b, &op)) {
        assert_int_equal(b.index, n);
        assert_int_equal(op.len, 3 + n);
        n++;
    }
    assert_int_equal(n, 2);
    assert_ok(body_read_done(&cx, &b));
    assert_refused(body_read_start(&cx, BYTES("\x82\x00\x80", 3), &b), STATUS_MALFORMED, "[F-91]");
    assert_ok(body_read_start(&cx, BYTES("\x82\x00\x81\x01", 4), &b));
    assert_false(body_read_next(&b, &op));
    assert_refused(body_read_done(&cx, &b), STATUS_MALFORMED, "[F-91]");
    assert_ok(body_read_start(&cx, buf_view(&plain), &b));
    assert_refused(body_read_done(&cx, &b), STATUS_MALFORMED, "[F-91]"); /* nothing was read */
    buf_clear(&plain);
    wire_writer_init(&w, &cx, &plain);
    assert_refused(body_write_start(&w, 0, 0), STATUS_LIMIT, "[F-91]");
    buf_finish(&plain);
}

/* ---- signatures ------------------------------------------------------------------------------ */

static void test_head_covers_all_parts(void **state)
{
    struct sample_device d = sample_device("ana"), e = sample_device("bea");
    struct id team = sample_id("team"), other = sample_id("other");
    struct head h = {.device = d.id, .seq = 9, .id = sample_id("head")}, x;
    (void)state;
    head_sign(&team, d.sign_sk, &h);
    assert_true(head_verify(&team, d.sign_pk, &h));
    assert_false(head_verify(&other, d.sign_pk, &h));
    assert_false(head_verify(&team, e.sign_pk, &h));
    x = h;
    x.seq++;
    assert_false(head_verify(&team, d.sign_pk, &x));
    x = h;
    x.id.b[31] ^= 1;
    assert_false(head_verify(&team, d.sign_pk, &x));
    x = h;
    x.device.b[0] ^= 1;
    assert_false(head_verify(&team, d.sign_pk, &x));
}

static void test_statement_domains_and_limit(void **state)
{
    struct sample_device d = sample_device("ana");
    static uint8_t big[STATEMENT_MAX + 1];
    uint8_t sig[64];
    (void)state;
    statement_sign("valise/a", NULL, BYTES(big, STATEMENT_MAX), d.sign_sk, sig);
    assert_true(statement_verify("valise/a", NULL, BYTES(big, STATEMENT_MAX), d.sign_pk, sig));
    assert_false(statement_verify("valise/b", NULL, BYTES(big, STATEMENT_MAX), d.sign_pk, sig));
    /* a good signature over a body that is too long */
    static uint8_t message[sizeof "valise/a" + 32 + sizeof big];
    memcpy(message, "valise/a", sizeof "valise/a");
    crypto_sign_detached(sig, NULL, message, sizeof message, d.sign_sk);
    assert_false(statement_verify("valise/a", NULL, BYTES_OF(big), d.sign_pk, sig));
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static void test_chain_is_one_way_and_per_device(void **state)
{
    struct key t = sample_key("transport");
    struct id ana = sample_device("ana").id, bea = sample_device("bea").id;
    struct chain a, b;
    struct chain_step s[3], other;
    (void)state;
    chain_start(&t, &ana, &a);
    chain_start(&t, &bea, &b);
    for (size_t i = 0; i < 3; i++) {
        chain_next(&a, &s[i]);
        assert_int_equal(s[i].number, i);
    }
    chain_next(&b, &other);
    assert_memory_not_equal(s[0].tag, s[1].tag, 32);
    assert_memory_not_equal(s[0].tag, other.tag, 32);
    assert_memory_not_equal(s[0].key.b, s[0].tag, 32);
    assert_memory_not_equal(s[0].key.b, s[0].delete_key, 32);
    assert_memory_not_equal(s[0].key.b, a.ck.b, 32);
}

static void test_piece_round_trip(void **state)
{
    static const size_t sizes[] = {PIECE_SIZE_SMALL, PIECE_SIZE_MEDIUM, PIECE_SIZE_LARGE};
    struct key t = sample_key("transport"), wrong = sample_key("wrong");
    struct id ana = sample_device("ana").id;
    struct chain c;
    struct chain_step s;
    uint8_t *data = malloc(PIECE_SIZE_LARGE);
    struct buf out, plain;
    (void)state;
    assert_non_null(data);
    memset(data, 7, PIECE_SIZE_LARGE);
    chain_start(&t, &ana, &c);
    buf_init(&out, PIECE_SIZE_LARGE);
    buf_init(&plain, PIECE_SIZE_LARGE);
    for (size_t i = 0; i < 3; i++) {
        size_t max = piece_payload_max(sizes[i]);
        struct piece_inner in = {.bundle = 3, .index = i, .payload = BYTES(data, max)}, got;
        struct piece p;
        chain_next(&c, &s);
        assert_ok(piece_seal(&cx, &s, &in, sizes[i], &out));
        assert_int_equal(out.len, sizes[i]);
        assert_ok(piece_parse(&cx, buf_view(&out), &p));
        assert_memory_equal(p.tag.ptr, s.tag, 32);
        assert_refused(piece_open(&cx, &wrong, &p, &plain, &got), STATUS_FORGED, "[F-23]");
        assert_ok(piece_open(&cx, &s.key, &p, &plain, &got));
        assert_true(got.bundle == 3 && got.index == i && bytes_equal(got.payload, in.payload));
        out.ptr[0] ^= 1; /* another tag */
        buf_clear(&plain);
        assert_refused(piece_open(&cx, &s.key, &p, &plain, &got), STATUS_FORGED, "[F-23]");
        buf_clear(&out);
        in.payload.len = max + 1;
        assert_refused(piece_seal(&cx, &s, &in, sizes[i], &out), STATUS_LIMIT, "[F-24]");
        in.payload.len = 1;
        in.bundle = 0;
        assert_refused(piece_seal(&cx, &s, &in, sizes[i], &out), STATUS_LIMIT, "[F-22]");
    }
    buf_finish(&out);
    buf_finish(&plain);
    free(data);
}

/* ---- manifest and content -------------------------------------------------------------------- */

static void test_manifest_round_trip(void **state)
{
    struct sample_device d = sample_device("ana"), e = sample_device("bea");
    uint8_t hashes[3 * 32];
    struct manifest m = {.team = sample_id("team"),
                         .control_epoch = sample_id("control"),
                         .device = d.id,
                         .number = 2,
                         .prev = sample_id("manifest 1"),
                         .time = 1700000000,
                         .content_len = 40000,
                         .piece_size = PIECE_SIZE_SMALL,
                         .piece_hashes = BYTES_OF(hashes)},
                    got;
    struct buf out;
    (void)state;
    memset(hashes, 5, sizeof hashes);
    buf_init(&out, MANIFEST_MAX);
    assert_ok(manifest_write(&cx, &m, d.sign_sk, &out));
    assert_ok(manifest_parse(&cx, buf_view(&out), &got));
    assert_ok(manifest_verify(&cx, buf_view(&out), &got, d.sign_pk));
    assert_true(got.number == 2 && got.content_len == 40000 && got.piece_hashes.len == 96);
    assert_refused(manifest_verify(&cx, buf_view(&out), &got, e.sign_pk), STATUS_FORGED, "[F-56]");
    out.ptr[100] ^= 1; /* inside the device id */
    assert_ok(manifest_parse(&cx, buf_view(&out), &got));
    assert_refused(manifest_verify(&cx, buf_view(&out), &got, d.sign_pk), STATUS_FORGED, "[F-56]");
    buf_clear(&out);
    m.piece_hashes.len = 64;
    assert_refused(manifest_write(&cx, &m, d.sign_sk, &out), STATUS_LIMIT, "[F-52]");
    assert_int_equal(manifest_piece_count(0, PIECE_SIZE_SMALL), 0);
    assert_int_equal(manifest_piece_count(piece_payload_max(PIECE_SIZE_SMALL), PIECE_SIZE_SMALL),
                     1);
    buf_finish(&out);
}

static void test_content_streams_item_by_item(void **state)
{
    struct head h = {.device = sample_id("d"), .seq = 4, .id = sample_id("i")};
    struct content_item item;
    struct buf out;
    size_t used = 1, first;
    (void)state;
    buf_init(&out, MIB);
    assert_ok(content_write_head(&cx, &h, &out));
    first = out.len;
    assert_ok(content_write_entry(&cx, BYTES("header", 6), BYTES("body", 4), &out));
    for (size_t n = 0; n < first; n++) {
        assert_ok(content_read(&cx, BYTES(out.ptr, n), &item, &used));
        assert_int_equal(used, 0);
    }
    assert_ok(content_read(&cx, buf_view(&out), &item, &used));
    assert_true(item.kind == CONTENT_HEAD && used == first && item.head.seq == 4);
    assert_ok(content_read(&cx, BYTES(out.ptr + first, out.len - first), &item, &used));
    assert_true(item.kind == CONTENT_ENTRY && used == out.len - first);
    assert_true(bytes_equal(item.header, BYTES("header", 6)));
    assert_true(bytes_equal(item.body, BYTES("body", 4)));
    assert_ok(content_done(&cx, BYTES(NULL, 0)));
    assert_refused(content_done(&cx, BYTES("x", 1)), STATUS_MALFORMED, "[F-54]");
    buf_finish(&out);
}

static void test_content_item_too_large(void **state)
{
    uint8_t *data = calloc(1, BODY_SEALED_MAX + 1);
    struct buf out;
    (void)state;
    assert_non_null(data);
    buf_init(&out, CONTENT_ITEM_MAX);
    assert_ok(content_write_entry(&cx, BYTES(data, ENTRY_HEADER_MAX), BYTES(data, BODY_SEALED_MAX),
                                  &out));
    buf_clear(&out);
    assert_refused(
        content_write_entry(&cx, BYTES(data, ENTRY_HEADER_MAX + 1), BYTES(data, 1), &out),
        STATUS_LIMIT, "[F-54]");
    assert_refused(content_write_entry(&cx, BYTES(data, 1), BYTES(data, BODY_SEALED_MAX + 1), &out),
                   STATUS_LIMIT, "[F-54]");
    assert_int_equal(out.len, 0);
    buf_finish(&out);
    free(data);
}

static void test_content_order(void **state)
{
    struct content_order o = {0};
    struct entry_header h = sample_header(BYTES(NULL, 0));
    (void)state;
    assert_ok(content_order_check(&cx, &o, NULL));
    assert_ok(content_order_check(&cx, &o, &h));
    assert_ok(content_order_check(&cx, &o, &h)); /* two branches of a fork stand side by side */
    assert_refused(content_order_check(&cx, &o, NULL), STATUS_MALFORMED, "[F-53]");
    h.lamport--;
    assert_refused(content_order_check(&cx, &o, &h), STATUS_MALFORMED, "[F-53]");
}

/* ---- join and invite ------------------------------------------------------------------------- */

static void test_join_round_trip(void **state)
{
    struct sample_device d = sample_device("bea"), e = sample_device("eve");
    struct buf out;
    (void)state;
    buf_init(&out, JOIN_MAX);
    for (int own = 0; own < 2; own++) {
        struct join j = sample_join(own == 1), got;
        if (own == 0) {
            assert_ok(join_link_sign(&cx, &j, d.root_sk));
        }
        assert_ok(join_write(&cx, &j, d.sign_sk, &out));
        assert_ok(join_parse(&cx, buf_view(&out), &got));
        assert_true(text_equal(got.device_name, TEXT("laptop")) && got.own_device == (own == 1));
        assert_memory_equal(got.secret.b, j.secret.b, 32);
        buf_clear(&out);
        assert_ok(join_write(&cx, &j, e.sign_sk, &out));
        assert_refused(join_parse(&cx, buf_view(&out), &got), STATUS_FORGED, "[F-71]");
        buf_clear(&out);
    }
    struct join j = sample_join(false), got;
    assert_ok(join_link_sign(&cx, &j, e.root_sk));
    assert_ok(join_write(&cx, &j, d.sign_sk, &out));
    assert_refused(join_parse(&cx, buf_view(&out), &got), STATUS_FORGED, "[F-71]");
    buf_finish(&out);
}

static void test_join_names_too_long(void **state)
{
    struct sample_device d = sample_device("bea");
    static char name[NAME_BYTES_MAX + 1];
    struct join j = sample_join(false);
    struct buf out;
    (void)state;
    memset(name, 'n', sizeof name);
    buf_init(&out, JOIN_MAX);
    j.device_name = (text){.ptr = name, .len = sizeof name};
    assert_refused(join_link_sign(&cx, &j, d.root_sk), STATUS_LIMIT, "[F-70]");
    assert_refused(join_write(&cx, &j, d.sign_sk, &out), STATUS_LIMIT, "[F-70]");
    assert_false(link_verify(d.root_pk, j.sign_pk, j.box_pk, j.device_name, j.link_signature));
    j.device_name = TEXT("");
    assert_refused(join_write(&cx, &j, d.sign_sk, &out), STATUS_LIMIT, "[F-70]");
    assert_int_equal(out.len, 0);
    buf_finish(&out);
}

static void test_invite_round_trip(void **state)
{
    struct sample_device ana = sample_device("ana"), bea = sample_device("bea");
    struct sample_device eve = sample_device("eve");
    struct invite inv = {.team = sample_id("team"),
                         .inviter = ana.id,
                         .payload = BYTES("welcome", 7)},
                  got;
    struct join j = sample_join(false);
    struct buf join_file, file, plain;
    uint8_t words[16], words2[16];
    (void)state;
    memcpy(inv.inviter_sign_pk, ana.sign_pk, 32);
    buf_init(&join_file, JOIN_MAX);
    buf_init(&file, INVITE_FILE_MAX);
    buf_init(&plain, INVITE_FILE_MAX);
    assert_ok(join_link_sign(&cx, &j, bea.root_sk));
    assert_ok(join_write(&cx, &j, bea.sign_sk, &join_file));
    bytes jf = buf_view(&join_file);
    assert_ok(invite_seal(&cx, &inv, jf, &j, ana.sign_sk, &file));
    assert_ok(invite_open(&cx, buf_view(&file), jf, &j, bea.box_sk, &plain, &got));
    assert_true(bytes_equal(got.payload, inv.payload) && id_equal(&got.team, &inv.team));
    invite_fingerprint(jf, &inv, words);
    invite_fingerprint(jf, &got, words2);
    assert_memory_equal(words, words2, 16);
    join_fingerprint(jf, words2);
    assert_memory_not_equal(words, words2, 16);
    assert_refused(invite_open(&cx, buf_view(&file), jf, &j, eve.box_sk, &plain, &got),
                   STATUS_FORGED, "[F-73]");
    struct join x = j;
    x.secret.b[0] ^= 1; /* who saw the file but not the secret cannot open it */
    assert_refused(invite_open(&cx, buf_view(&file), jf, &x, bea.box_sk, &plain, &got),
                   STATUS_FORGED, "[F-73]");
    assert_refused(
        invite_open(&cx, buf_view(&file), BYTES("another join", 12), &j, bea.box_sk, &plain, &got),
        STATUS_FORGED, "[F-73]");
    buf_clear(&file);
    assert_ok(invite_seal(&cx, &inv, jf, &j, eve.sign_sk, &file));
    buf_clear(&plain);
    assert_refused(invite_open(&cx, buf_view(&file), jf, &j, bea.box_sk, &plain, &got),
                   STATUS_FORGED, "[F-73]");
    assert_int_equal(plain.len, 0);
    buf_finish(&join_file);
    buf_finish(&file);
    buf_finish(&plain);
}

static void test_invite_of_the_largest_payload(void **state)
{
    struct sample_device ana = sample_device("ana"), bea = sample_device("bea");
    struct invite inv = {.team = sample_id("team"), .inviter = ana.id}, got;
    struct join j = sample_join(true);
    struct buf file, plain;
    uint8_t *data = calloc(1, INVITE_MAX + 1);
    (void)state;
    assert_non_null(data);
    memcpy(inv.inviter_sign_pk, ana.sign_pk, 32);
    buf_init(&file, INVITE_FILE_MAX);
    buf_init(&plain, INVITE_FILE_MAX);
    inv.payload = BYTES(data, INVITE_MAX);
    assert_ok(invite_seal(&cx, &inv, BYTES("j", 1), &j, ana.sign_sk, &file));
    assert_ok(invite_open(&cx, buf_view(&file), BYTES("j", 1), &j, bea.box_sk, &plain, &got));
    assert_int_equal(got.payload.len, INVITE_MAX);
    buf_finish(&file);
    buf_finish(&plain);
    uint8_t *longer = calloc(1, (size_t)INVITE_FILE_MAX + 1);
    assert_non_null(longer);
    assert_refused(invite_open(&cx, BYTES(longer, (size_t)INVITE_FILE_MAX + 1), BYTES("j", 1), &j,
                               bea.box_sk, &plain, &got),
                   STATUS_LIMIT, "[F-72]");
    free(longer);
    inv.payload.len++;
    assert_refused(invite_seal(&cx, &inv, BYTES("j", 1), &j, ana.sign_sk, &file), STATUS_LIMIT,
                   "[F-72]");
    buf_finish(&file);
    buf_finish(&plain);
    free(data);
}

/* ---- epoch keys ------------------------------------------------------------------------------ */

static void test_key_seal_round_trip(void **state)
{
    struct sample_device eph = sample_device("eph"), bea = sample_device("bea");
    struct key psk = sample_key("psk"), none = {{0}};
    uint8_t payload[64];
    struct buf sealed, got;
    (void)state;
    memset(payload, 9, sizeof payload);
    buf_init(&sealed, 256);
    buf_init(&got, 256);
    for (size_t len = 32; len <= 64; len += 32) {
        buf_clear(&sealed);
        buf_clear(&got);
        assert_ok(key_seal(&cx, eph.box_sk, eph.box_pk, bea.box_pk, &psk, BYTES("ctx", 3),
                           BYTES(payload, len), &sealed));
        assert_int_equal(sealed.len, len + 16);
        bytes s = buf_view(&sealed);
        assert_ok(
            key_unseal(&cx, bea.box_sk, bea.box_pk, eph.box_pk, &psk, BYTES("ctx", 3), s, &got));
        assert_true(bytes_equal(buf_view(&got), BYTES(payload, len)));
        assert_refused(
            key_unseal(&cx, bea.box_sk, bea.box_pk, eph.box_pk, &none, BYTES("ctx", 3), s, &got),
            STATUS_FORGED, "[F-64]");
        assert_refused(
            key_unseal(&cx, bea.box_sk, bea.box_pk, eph.box_pk, &psk, BYTES("ctX", 3), s, &got),
            STATUS_FORGED, "[F-64]");
    }
    assert_refused(key_seal(&cx, eph.box_sk, eph.box_pk, bea.box_pk, &psk, BYTES("ctx", 3),
                            BYTES(payload, 33), &sealed),
                   STATUS_LIMIT, "[F-62]");
    assert_refused(key_seal(&cx, eph.box_sk, eph.box_pk, none.b, &psk, BYTES("ctx", 3),
                            BYTES(payload, 32), &sealed),
                   STATUS_MALFORMED, "[F-16]");
    buf_finish(&sealed);
    buf_finish(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_hash_separates_domains, setup),
        cmocka_unit_test_setup(test_backlink, setup),
        cmocka_unit_test_setup(test_epoch_id_commits_to_everything, setup),
        cmocka_unit_test_setup(test_public_keys_low_order_refused, setup),
        cmocka_unit_test_setup(test_entry_header_round_trip, setup),
        cmocka_unit_test_setup(test_entry_header_refuses, setup),
        cmocka_unit_test_setup(test_body_round_trips_at_all_sizes, setup),
        cmocka_unit_test_setup(test_body_is_bound_to_its_header, setup),
        cmocka_unit_test_setup(test_body_nonce_is_never_the_same, setup),
        cmocka_unit_test_setup(test_body_too_long, setup),
        cmocka_unit_test_setup(test_operations_round_trip, setup),
        cmocka_unit_test_setup(test_head_covers_all_parts, setup),
        cmocka_unit_test_setup(test_statement_domains_and_limit, setup),
        cmocka_unit_test_setup(test_chain_is_one_way_and_per_device, setup),
        cmocka_unit_test_setup(test_piece_round_trip, setup),
        cmocka_unit_test_setup(test_manifest_round_trip, setup),
        cmocka_unit_test_setup(test_content_streams_item_by_item, setup),
        cmocka_unit_test_setup(test_content_item_too_large, setup),
        cmocka_unit_test_setup(test_content_order, setup),
        cmocka_unit_test_setup(test_join_round_trip, setup),
        cmocka_unit_test_setup(test_join_names_too_long, setup),
        cmocka_unit_test_setup(test_invite_round_trip, setup),
        cmocka_unit_test_setup(test_invite_of_the_largest_payload, setup),
        cmocka_unit_test_setup(test_key_seal_round_trip, setup),
    };
    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
