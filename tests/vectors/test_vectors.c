/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_vectors: proves that each committed vector gives exactly the status and the clause it names,
 * and that what is good gives the values beside it; good wire structures also re-encode to the same
 * bytes. The files are lines of flat JSON with string values, made by make_vectors.
 */
#include "frames-int.h"
#include "sealed_sample.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define OK(cx, expr) assert_int_equal((expr), STATUS_OK)
enum { VALUE_MAX = 9 * 1024 * 1024 };

/* ---- one line -------------------------------------------------------------------------------- */

/* The characters of a key's value, or an empty text when it is not there. */
static text field(text line, const char *key)
{
    char quoted[64];
    int n = snprintf(quoted, sizeof quoted, "\"%s\":\"", key);
    const char *at = strstr(line.ptr, quoted);
    if (at == NULL) {
        return TEXT("");
    }
    at += n;
    const char *end = strchr(at, '"');
    assert_non_null(end);
    return (text){.ptr = at, .len = (size_t)(end - at)};
}

static bool field_is(text line, const char *key, const char *value)
{
    return text_equal(field(line, key), text_of(value));
}

/* Bytes of a value: hex in which (XX*N) repeats. */
static void unhex(struct ctx *cx, text hex, struct buf *out)
{
    buf_init(out, VALUE_MAX);
    for (size_t i = 0; i < hex.len;) {
        size_t times = 1;
        bool repeat = hex.ptr[i] == '(';
        char pair[3] = {hex.ptr[i + (repeat ? 1 : 0)], hex.ptr[i + (repeat ? 2 : 1)], '\0'};
        uint8_t *at = NULL;
        char *end = NULL;
        i += 2;
        if (repeat) {
            times = strtoul(hex.ptr + i + 2, &end, 10);
            i = (size_t)(end + 1 - hex.ptr);
        }
        OK(cx, buf_extend(cx, out, times, &at));
        memset(at, (int)strtoul(pair, NULL, 16), times);
    }
}

struct vector {
    text line;
    struct buf input;
    struct ctx cx;
};

static void get_fixed(struct vector *v, const char *key, uint8_t *out, size_t len)
{
    struct buf b;
    unhex(&v->cx, field(v->line, key), &b);
    assert_int_equal(b.len, len);
    memcpy(out, b.ptr, len);
    buf_finish(&b);
}

static uint64_t get_number(struct vector *v, const char *key)
{
    return strtoull(field(v->line, key).ptr, NULL, 10);
}

/* The value beside a good vector. */
static void expect(struct vector *v, const char *key, bytes got)
{
    struct buf want;
    unhex(&v->cx, field(v->line, key), &want);
    assert_true(bytes_equal(buf_view(&want), got));
    buf_finish(&want);
}

/* What a signature that does not hold is reported as; the functions say only true or false. */
static enum status forged(struct vector *v, const char *clause)
{
    return fault_set(&v->cx, STATUS_FORGED, __FILE__, __LINE__, "[%s] does not hold", clause);
}

/* ---- layers ---------------------------------------------------------------------------------- */

static enum status run_wire(struct vector *v)
{
    struct wire_reader r;
    wire_reader_init(&r, buf_view(&v->input));
    (void)wire_get_any(&r);
    return wire_reader_done(&v->cx, &r, "value");
}

static enum status run_ops(struct vector *v)
{
    struct body_reader b;
    bytes op;
    size_t count = 0;
    enum status status = body_read_start(&v->cx, buf_view(&v->input), &b);
    if (status != STATUS_OK) {
        return status;
    }
    while (body_read_next(&b, &op)) {
        assert_int_equal(b.index, count);
        count++;
    }
    return body_read_done(&v->cx, &b);
}

static enum status run_entry(struct vector *v)
{
    struct entry_header h;
    struct buf again;
    struct id team, id;
    enum status status = entry_header_parse(&v->cx, buf_view(&v->input), &h);
    if (status != STATUS_OK) {
        return status;
    }
    buf_init(&again, ENTRY_HEADER_MAX);
    OK(&v->cx, entry_header_write(&v->cx, &h, &again));
    assert_true(bytes_equal(buf_view(&again), buf_view(&v->input)));
    buf_finish(&again);
    get_fixed(v, "team", team.b, 32);
    entry_id(&team, buf_view(&v->input), &id);
    expect(v, "id", BYTES_OF(id.b));
    return STATUS_OK;
}

static enum status run_head(struct vector *v)
{
    struct content_item item;
    struct id team;
    uint8_t pk[32];
    size_t used = 0;
    enum status status = content_read(&v->cx, buf_view(&v->input), &item, &used);
    if (status != STATUS_OK) {
        return status;
    }
    assert_true(used == v->input.len && item.kind == CONTENT_HEAD);
    get_fixed(v, "team", team.b, 32);
    get_fixed(v, "sign_pk", pk, 32);
    return head_verify(&team, pk, &item.head) ? STATUS_OK : forged(v, "F-36");
}

static enum status run_body(struct vector *v)
{
    struct buf header, plain;
    struct entry_header h;
    struct id team;
    struct key key;
    enum status status;

    buf_init(&plain, BODY_PLAIN_MAX);
    unhex(&v->cx, field(v->line, "header"), &header);
    get_fixed(v, "team", team.b, 32);
    get_fixed(v, "key", key.b, 32);
    TRY(entry_header_parse(&v->cx, buf_view(&header), &h));
    TRY(body_open(&v->cx, &key, &team, &h, buf_view(&v->input), &plain));
    expect(v, "plain", buf_view(&plain));
out:
    assert_true(status == STATUS_OK || plain.len == 0);
    buf_finish(&header);
    buf_finish(&plain);
    return status;
}

static enum status run_piece(struct vector *v)
{
    struct piece p;
    struct piece_inner inner;
    struct buf plain;
    struct key key;
    enum status status;

    buf_init(&plain, PIECE_SIZE_LARGE);
    get_fixed(v, "key", key.b, 32);
    TRY(piece_parse(&v->cx, buf_view(&v->input), &p));
    TRY(piece_open(&v->cx, &key, &p, &plain, &inner));
    assert_int_equal(inner.bundle, get_number(v, "bundle"));
    assert_int_equal(inner.index, get_number(v, "index"));
    assert_int_equal(inner.payload.len, get_number(v, "length"));
out:
    buf_finish(&plain);
    return status;
}

static enum status run_receipt(struct vector *v)
{
    struct receipt r;
    struct id team, manifest;
    uint8_t pk[32];
    enum status status;

    get_fixed(v, "team", team.b, 32);
    get_fixed(v, "manifest", manifest.b, 32);
    get_fixed(v, "sign_pk", pk, 32);
    TRY(receipt_open(&v->cx, buf_view(&v->input), &manifest, &r));
    if (!receipt_verify(&team, &manifest, pk, &r)) {
        return forged(v, "F-59");
    }
    expect(v, "device", BYTES_OF(r.device.b));
out:
    return status;
}

static enum status run_manifest(struct vector *v)
{
    struct manifest m;
    struct id hash;
    uint8_t pk[32];
    enum status status;

    TRY(manifest_parse(&v->cx, buf_view(&v->input), &m));
    get_fixed(v, "sign_pk", pk, 32);
    TRY(manifest_verify(&v->cx, buf_view(&v->input), &m, pk));
    manifest_hash(buf_view(&v->input), &hash);
    expect(v, "hash", BYTES_OF(hash.b));
out:
    return status;
}

static enum status run_content(struct vector *v)
{
    struct content_order order = {0};
    struct content_item item;
    struct entry_header h;
    size_t used = 0;
    bytes rest = buf_view(&v->input);
    enum status status;

    do {
        TRY(content_read(&v->cx, rest, &item, &used));
        if (used > 0 && item.kind == CONTENT_ENTRY) {
            TRY(entry_header_parse(&v->cx, item.header, &h));
        }
        if (used > 0) {
            TRY(content_order_check(&v->cx, &order, item.kind == CONTENT_ENTRY ? &h : NULL));
            rest = BYTES(rest.ptr + used, rest.len - used);
        }
    } while (used > 0);
    TRY(content_done(&v->cx, rest));
out:
    return status;
}

static enum status run_join(struct vector *v)
{
    struct join j;
    uint8_t words[16];
    enum status status = join_parse(&v->cx, buf_view(&v->input), &j);
    if (status == STATUS_OK) {
        join_fingerprint(buf_view(&v->input), words);
        expect(v, "words", BYTES_OF(words));
    }
    return status;
}

static enum status run_invite(struct vector *v)
{
    struct buf join_file, plain;
    struct join j;
    struct invite inv;
    uint8_t box_sk[32], words[16];
    enum status status;

    buf_init(&plain, INVITE_FILE_MAX);
    unhex(&v->cx, field(v->line, "join"), &join_file);
    get_fixed(v, "box_sk", box_sk, 32);
    TRY(join_parse(&v->cx, buf_view(&join_file), &j));
    TRY(invite_open(&v->cx, buf_view(&v->input), buf_view(&join_file), &j, box_sk, &plain, &inv));
    invite_fingerprint(buf_view(&join_file), &inv, words);
    expect(v, "words", BYTES_OF(words));
    expect(v, "payload", inv.payload);
out:
    buf_finish(&join_file);
    buf_finish(&plain);
    return status;
}

static enum status run_keyseal(struct vector *v)
{
    struct buf context, payload;
    uint8_t box_sk[32], box_pk[32], eph_pk[32];
    struct key psk;
    enum status status;

    buf_init(&payload, 64);
    unhex(&v->cx, field(v->line, "context"), &context);
    get_fixed(v, "box_sk", box_sk, 32);
    get_fixed(v, "box_pk", box_pk, 32);
    get_fixed(v, "eph_pk", eph_pk, 32);
    get_fixed(v, "psk", psk.b, 32);
    TRY(key_unseal(&v->cx, box_sk, box_pk, eph_pk, &psk, buf_view(&context), buf_view(&v->input),
                   &payload));
    expect(v, "payload", buf_view(&payload));
out:
    buf_finish(&context);
    buf_finish(&payload);
    return status;
}

/* ---- derivations ----------------------------------------------------------------------------- */

static void run_chain(struct vector *v)
{
    struct key t;
    struct id device;
    struct chain c;
    struct chain_step s;
    get_fixed(v, "transport", t.b, 32);
    get_fixed(v, "device", device.b, 32);
    chain_start(&t, &device, &c);
    do {
        chain_next(&c, &s);
    } while (s.number < get_number(v, "step"));
    expect(v, "tag", BYTES_OF(s.tag));
    expect(v, "key", BYTES_OF(s.key.b));
    expect(v, "delete_key", BYTES_OF(s.delete_key));
}

static void run_view(struct vector *v, struct id *ret)
{
    struct view_item items[3];
    size_t count = v->input.len / 72;
    assert_true(count <= 3);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = v->input.ptr + 72 * i;
        memcpy(items[i].device.b, at, 32);
        items[i].seq = get_u64le(at + 32);
        memcpy(items[i].id.b, at + 40, 32);
    }
    view_hash(items, count, ret);
}

static void run_ids(struct vector *v, struct id *ret)
{
    bytes in = buf_view(&v->input);
    if (field_is(v->line, "call", "device")) {
        uint8_t sign[32], box[32], root[32];
        get_fixed(v, "sign_pk", sign, 32);
        get_fixed(v, "box_pk", box, 32);
        get_fixed(v, "root_pk", root, 32);
        device_id(sign, box, root, ret);
    } else if (field_is(v->line, "call", "member")) {
        assert_int_equal(in.len, 32);
        member_id(in.ptr, ret);
    } else if (field_is(v->line, "call", "team")) {
        team_id(in, ret);
    } else if (field_is(v->line, "call", "epoch")) {
        struct id team, device, transport, bind;
        struct key k;
        uint8_t compartment[COMPARTMENT_BYTES];
        get_fixed(v, "team", team.b, 32);
        get_fixed(v, "key", k.b, 32);
        get_fixed(v, "compartment", compartment, sizeof compartment);
        get_fixed(v, "device", device.b, 32);
        get_fixed(v, "transport", transport.b, 32);
        epoch_bind(&device, &transport, &bind);
        epoch_id(&(struct epoch_name){&team, compartment, get_number(v, "number"), &bind}, &k, ret);
    } else if (field_is(v->line, "call", "backlink")) {
        struct id team, epoch, parent;
        struct key k, opened;
        get_fixed(v, "team", team.b, 32);
        get_fixed(v, "epoch", epoch.b, 32);
        get_fixed(v, "parent", parent.b, 32);
        get_fixed(v, "key", k.b, 32);
        assert_int_equal(in.len, KEY_LINK_BYTES);
        assert_true(key_link_open(&k, &team, &epoch, &parent, in.ptr, &opened));
        memcpy(ret->b, opened.b, sizeof ret->b);
    } else if (field_is(v->line, "call", "stretch")) {
        struct id device, first;
        assert_int_equal(in.len, sizeof device.b + sizeof first.b);
        memcpy(device.b, in.ptr, sizeof device.b);
        memcpy(first.b, in.ptr + sizeof device.b, sizeof first.b);
        stretch_name(&device, &first, ret);
    } else {
        assert_true(field_is(v->line, "call", "view"));
        run_view(v, ret);
    }
}

static enum status run_derive(struct vector *v)
{
    struct id id;
    struct key k, derived;
    char domain[64];
    text d = field(v->line, "domain");

    assert_true(d.len < sizeof domain);
    memcpy(domain, d.ptr, d.len);
    domain[d.len] = '\0';
    if (field_is(v->line, "call", "hash")) {
        hash_domain(domain, buf_view(&v->input), BYTES(NULL, 0), &id);
    } else if (field_is(v->line, "call", "kdf")) {
        get_fixed(v, "key", k.b, 32);
        key_derive(&k, domain, buf_view(&v->input), &derived);
        memcpy(id.b, derived.b, 32);
    } else if (field_is(v->line, "call", "chain")) {
        run_chain(v);
        return STATUS_OK;
    } else {
        run_ids(v, &id);
    }
    expect(v, "expect", BYTES_OF(id.b));
    return STATUS_OK;
}

/* ---- light ----------------------------------------------------------------------------------- */

/* The link key, or NULL when the vector has none. */
static const struct link_key *get_link(struct vector *v, struct link_key *link)
{
    if (field(v->line, "link").len == 0) {
        return NULL;
    }
    get_fixed(v, "link", link->b, sizeof link->b);
    return link;
}

static enum status run_symbol(struct vector *v)
{
    struct link_key link;
    struct symbol s;
    struct beacon beacon;
    struct ack ack;
    struct buf again;
    const struct link_key *key = get_link(v, &link);
    enum status status;

    buf_init(&again, SYMBOL_BYTES_MAX);
    TRY(symbol_read(&v->cx, buf_view(&v->input), key, &s));
    if (s.type == SYMBOL_BEACON) {
        TRY(beacon_read(&v->cx, &s, &beacon));
    } else if (s.type == SYMBOL_ACK) {
        TRY(ack_read(&v->cx, &s, &ack));
    }
    assert_int_equal(s.type, get_number(v, "type"));
    expect(v, "transfer", BYTES_OF(s.transfer.b));
    assert_int_equal(s.total, get_number(v, "total"));
    assert_int_equal(s.generation, get_number(v, "generation"));
    assert_int_equal(s.esi, get_number(v, "number"));
    assert_int_equal(s.cell, get_number(v, "cell"));
    expect(v, "data", s.data);
    TRY(symbol_write(&v->cx, &s, key, &again));
    assert_true(bytes_equal(buf_view(&again), buf_view(&v->input)));
out:
    buf_finish(&again);
    return status;
}

static enum status run_parcel(struct vector *v)
{
    struct parcel p;
    enum status status = parcel_read(&v->cx, buf_view(&v->input), &p);

    if (status == STATUS_OK) {
        assert_int_equal(p.kind, get_number(v, "kind"));
        assert_int_equal(parcel_pieces(&p), get_number(v, "pieces"));
    }
    return status;
}

static enum status run_transfer(struct vector *v)
{
    struct reception *r = NULL;
    struct reception_event e = {0};
    struct link_key link;
    bytes rest = buf_view(&v->input);
    bytes code;
    enum status status;

    TRY(reception_new(&v->cx, RECEPTION_MEMORY_DEFAULT, &r));
    if (get_link(v, &link) != NULL) {
        TRY(reception_link(&v->cx, r, &link));
    }
    while (reception_log_next(&rest, &code)) {
        assert_int_not_equal(e.news, RECEPTION_PARCEL);
        TRY(reception_take(&v->cx, r, code, &e));
    }
    if (e.news == RECEPTION_POISONED) {
        status = forged(v, "Q-07");
        goto out;
    }
    assert_int_equal(e.news, RECEPTION_PARCEL);
    expect(v, "parcel", e.parcel);
out:
    reception_free(&r);
    return status;
}

static enum status run_coefficients(struct vector *v)
{
    uint8_t out[TRANSFER_SYMBOLS_MAX + 8];
    struct transfer_id transfer;
    struct shape shape;
    uint32_t number = (uint32_t)get_number(v, "number");
    uint16_t generation = (uint16_t)get_number(v, "generation");
    size_t count;

    assert_int_equal(v->input.len, sizeof transfer.b);
    memcpy(transfer.b, v->input.ptr, sizeof transfer.b);
    OK(&v->cx, shape_of(&v->cx, (uint32_t)get_number(v, "k") * 64, 64, get_number(v, "paper") == 1,
                        &shape));
    if (generation == ANCHOR_GENERATION) {
        coefficients_anchor(&transfer, &shape, number, out);
        count = shape.k;
    } else {
        coefficients_repair(&transfer, &shape, generation, number, out);
        count = (size_t)shape.window + shape.anchors;
        assert_int_equal(shape_start(&shape, generation), get_number(v, "start"));
    }
    expect(v, "expect", BYTES(out, count));
    return STATUS_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

struct layer {
    const char *name;
    enum status (*run)(struct vector *v);
    size_t least; /* vectors the file must hold: an emptied file is no success */
};

static const struct layer LAYERS[] = {
    {"wire", run_wire, 80},
    {"ops", run_ops, 20},
    {"entry", run_entry, 60},
    {"head", run_head, 10},
    {"body", run_body, 70},
    {"piece", run_piece, 25},
    {"manifest", run_manifest, 55},
    {"content", run_content, 30},
    {"receipt", run_receipt, 9},
    {"join", run_join, 55},
    {"invite", run_invite, 40},
    {"keyseal", run_keyseal, 18},
    {"derive", run_derive, 18},
    {"symbol", run_symbol, 70},
    {"parcel", run_parcel, 16},
    {"transfer", run_transfer, 20},
    {"coefficients", run_coefficients, 10},
};

static void run_line(const struct layer *layer, struct vector *v)
{
    text name = field(v->line, "name"), clause = field(v->line, "clause");
    char cited[16];

    assert_true(field_is(v->line, "layer", layer->name));
    ctx_init(&v->cx, system_real());
    unhex(&v->cx, field(v->line, "input"), &v->input);
    enum status status = layer->run(v);
    (void)snprintf(cited, sizeof cited, "[%.*s]", (int)clause.len, clause.ptr);
    if (!field_is(v->line, "status", status_name(status)) ||
        (status != STATUS_OK && strstr(v->cx.fault.what, cited) == NULL)) {
        fail_msg("%s/%.*s: got %s '%s', wanted %.*s %s", layer->name, (int)name.len, name.ptr,
                 status_name(status), v->cx.fault.what, (int)field(v->line, "status").len,
                 field(v->line, "status").ptr, cited);
    }
    buf_finish(&v->input);
}

static void test_layer(void **state)
{
    const struct layer *layer = *state;
    char path[4096], *line = NULL;
    size_t size = 0, count = 0;
    ssize_t len;

    (void)snprintf(path, sizeof path, "%s/vectors/data/%s.jsonl", TESTS_DIR, layer->name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    while ((len = getline(&line, &size, file)) > 0) {
        struct vector v = {.line = {.ptr = line, .len = (size_t)len}};
        run_line(layer, &v);
        count++;
    }
    free(line);
    (void)fclose(file);
    assert_true(count >= layer->least);
}

int main(void)
{
    enum { COUNT = sizeof LAYERS / sizeof LAYERS[0] };
    struct CMUnitTest tests[COUNT];

    if (sodium_init() < 0) {
        return 1;
    }
    for (size_t i = 0; i < COUNT; i++) {
        tests[i] = (struct CMUnitTest){.name = LAYERS[i].name,
                                       .test_func = test_layer,
                                       .initial_state = (void *)(uintptr_t)&LAYERS[i]};
    }
    return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
