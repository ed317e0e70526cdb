/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of derivations: what goes in, what must come out. `call` names the rule; nothing here can
 * be refused.
 */
#include "make.h"

static void derive(struct maker *m, const char *call, size_t number)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s-%zu", call, number);
    vector_begin(m, name, STATUS_OK, "");
    vector_text(m, "call", call);
}

static void make_hashes(struct maker *m)
{
    static const char *const domains[] = {"valise/team", "valise/member", "x", "valise/team"};
    static const bytes inputs[] = {{NULL, 0},
                                   {(const uint8_t *)"\x00", 1},
                                   {(const uint8_t *)"abc", 3},
                                   {(const uint8_t *)"valise/team", 12}};
    struct key k = sample_key("k"), derived;
    struct id hash;
    for (size_t i = 0; i < 4; i++) {
        hash_domain(domains[i], inputs[i], BYTES(NULL, 0), &hash);
        derive(m, "hash", i);
        vector_text(m, "domain", domains[i]);
        vector_bytes(m, "expect", BYTES_OF(hash.b));
        vector_end(m, inputs[i]);
        key_derive(&k, domains[i], inputs[i], &derived);
        derive(m, "kdf", i);
        vector_text(m, "domain", domains[i]);
        vector_bytes(m, "key", BYTES_OF(k.b));
        vector_bytes(m, "expect", BYTES_OF(derived.b));
        vector_end(m, inputs[i]);
    }
}

static void make_ids(struct maker *m)
{
    struct sample_device d = sample_device("ana");
    struct key k = sample_key("k");
    struct id id, team = sample_id("team"), compartment = sample_id("compartment");
    static const uint64_t numbers[] = {1, 256, UINT64_C(1) << 40};

    derive(m, "device", 0);
    vector_bytes(m, "sign_pk", BYTES_OF(d.sign_pk));
    vector_bytes(m, "box_pk", BYTES_OF(d.box_pk));
    vector_bytes(m, "root_pk", BYTES_OF(d.root_pk));
    vector_bytes(m, "expect", BYTES_OF(d.id.b));
    vector_end(m, BYTES(NULL, 0));
    member_id(d.root_pk, &id);
    derive(m, "member", 0);
    vector_bytes(m, "expect", BYTES_OF(id.b));
    vector_end(m, BYTES_OF(d.root_pk));
    team_id(BYTES("genesis", 7), &id);
    derive(m, "team", 0);
    vector_bytes(m, "expect", BYTES_OF(id.b));
    vector_end(m, BYTES("genesis", 7));
    for (size_t i = 0; i < 3; i++) {
        struct id transport = {{0}}, bind;
        if (i == 0) {
            transport = sample_id("transport");
        }
        epoch_bind(&d.id, &transport, &bind);
        epoch_id(&(struct epoch_name){&team, compartment.b, numbers[i], &bind}, &k, &id);
        derive(m, "epoch", i);
        vector_bytes(m, "device", BYTES_OF(d.id.b));
        vector_bytes(m, "transport", BYTES_OF(transport.b));
        vector_bytes(m, "team", BYTES_OF(team.b));
        vector_bytes(m, "compartment", BYTES(compartment.b, COMPARTMENT_BYTES));
        vector_number(m, "number", numbers[i]);
        vector_bytes(m, "key", BYTES_OF(k.b));
        vector_bytes(m, "expect", BYTES_OF(id.b));
        vector_end(m, BYTES(NULL, 0));
    }
}

/* input: the sealed key of the parent */
static void make_backlink(struct maker *m)
{
    struct id team = sample_id("team"), epoch = sample_id("epoch"), parent = sample_id("parent");
    struct key k = sample_key("k"), before = sample_key("before");
    uint8_t sealed[KEY_LINK_BYTES];

    key_link(&k, &team, &epoch, &parent, &before, sealed);
    derive(m, "backlink", 0);
    vector_bytes(m, "team", BYTES_OF(team.b));
    vector_bytes(m, "epoch", BYTES_OF(epoch.b));
    vector_bytes(m, "parent", BYTES_OF(parent.b));
    vector_bytes(m, "key", BYTES_OF(k.b));
    vector_bytes(m, "expect", BYTES_OF(before.b));
    vector_end(m, BYTES_OF(sealed));
}

/* input: device, u64 seq and id of each item, as F-35 hashes them */
static void make_views(struct maker *m)
{
    struct view_item items[3];
    uint8_t flat[3 * 72];
    struct id hash;
    for (size_t i = 0; i < 3; i++) {
        items[i] = (struct view_item){
            .device = {{(uint8_t)(i + 1)}}, .seq = 300 * i + 1, .id = sample_id("entry")};
        memcpy(flat + 72 * i, items[i].device.b, 32);
        put_u64le(flat + 72 * i + 32, items[i].seq);
        memcpy(flat + 72 * i + 40, items[i].id.b, 32);
    }
    for (size_t count = 0; count <= 3; count++) {
        view_hash(items, count, &hash);
        derive(m, "view", count);
        vector_bytes(m, "expect", BYTES_OF(hash.b));
        vector_end(m, BYTES(flat, 72 * count));
    }
}

static void make_chain(struct maker *m)
{
    struct key t = sample_key("transport");
    struct id ana = sample_device("ana").id;
    struct chain c;
    struct chain_step s;
    chain_start(&t, &ana, &c);
    for (size_t i = 0; i <= 100; i++) {
        chain_next(&c, &s);
        if (i > 2 && i != 100) {
            continue;
        }
        derive(m, "chain", i);
        vector_bytes(m, "transport", BYTES_OF(t.b));
        vector_bytes(m, "device", BYTES_OF(ana.b));
        vector_number(m, "step", i);
        vector_bytes(m, "tag", BYTES_OF(s.tag));
        vector_bytes(m, "key", BYTES_OF(s.key.b));
        vector_bytes(m, "delete_key", BYTES_OF(s.delete_key));
        vector_end(m, BYTES(NULL, 0));
    }
}

/* input: device and first entry of a stretch behind a fork */
static void make_stretches(struct maker *m)
{
    static const char *const firsts[] = {"entry", "other entry"};
    struct sample_device d = sample_device("ana");
    uint8_t flat[64];
    struct id name;

    memcpy(flat, d.id.b, 32);
    for (size_t i = 0; i < 2; i++) {
        struct id first = sample_id(firsts[i]);
        memcpy(flat + 32, first.b, 32);
        stretch_name(&d.id, &first, &name);
        derive(m, "stretch", i);
        vector_bytes(m, "expect", BYTES_OF(name.b));
        vector_end(m, BYTES_OF(flat));
    }
}

void make_derive(const char *folder)
{
    struct maker m;
    maker_open(&m, folder, "derive");
    make_hashes(&m);
    make_ids(&m);
    make_backlink(&m);
    make_views(&m);
    make_chain(&m);
    make_stretches(&m);
    maker_close(&m);
}
