/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of an invite: what a newcomer needs besides the log. Team, keys of the epochs it may
 * read, the machines that are in, the state of every piece chain, the seed of its own, its half
 * of the pairing secret, and the log itself when it fits. Encoding: docs/authority.md, "Invite".
 */
#include <string.h>

#include "team-int.h"

enum { PAYLOAD_VERSION = 1, PAYLOAD_ITEMS = 14, KEYS_BYTES = 96 };

/* ---- rows ---- */

void payload_put_epoch(struct wire_writer *w, const struct payload_epoch *e)
{
    wire_put_array(w, 5);
    wire_put_bytes(w, BYTES_OF(e->compartment));
    wire_put_uint(w, e->number);
    wire_put_bytes(w, BYTES_OF(e->id.b));
    wire_put_bytes(w, BYTES_OF(e->bind.b));
    wire_put_bytes(w, BYTES_OF(e->key.b));
}

static void read_epoch(struct wire_reader *r, struct payload_epoch *ret)
{
    (void)wire_get_array(r, 5, 5);
    wire_get_fixed(r, ret->compartment, sizeof ret->compartment);
    ret->number = wire_get_uint(r, UINT32_MAX);
    wire_get_fixed(r, ret->id.b, sizeof ret->id.b);
    wire_get_fixed(r, ret->bind.b, sizeof ret->bind.b);
    wire_get_fixed(r, ret->key.b, sizeof ret->key.b);
}

bool payload_next_epoch(struct rows *l, struct payload_epoch *ret)
{
    if (!rows_step(l)) {
        return false;
    }
    read_epoch(&l->r, ret);
    return l->r.status == STATUS_OK;
}

void payload_put_device(struct wire_writer *w, const struct payload_device *d)
{
    wire_put_array(w, 2);
    wire_put_bytes(w, BYTES_OF(d->keys));
    wire_put_text(w, d->name);
}

static void read_device(struct wire_reader *r, struct payload_device *ret)
{
    (void)wire_get_array(r, 2, 2);
    wire_get_fixed(r, ret->keys, sizeof ret->keys);
    ret->name = wire_get_text(r, 1, NAME_BYTES_MAX);
}

bool payload_next_device(struct rows *l, struct payload_device *ret)
{
    if (!rows_step(l)) {
        return false;
    }
    read_device(&l->r, ret);
    return l->r.status == STATUS_OK;
}

void payload_put_chain(struct wire_writer *w, const struct payload_chain *c)
{
    wire_put_array(w, 4);
    wire_put_bytes(w, BYTES_OF(c->device.b));
    wire_put_bytes(w, BYTES_OF(c->epoch.b));
    wire_put_uint(w, c->chain.next);
    wire_put_bytes(w, BYTES_OF(c->chain.ck.b));
}

static void read_chain(struct wire_reader *r, struct payload_chain *ret)
{
    (void)wire_get_array(r, 4, 4);
    wire_get_fixed(r, ret->device.b, sizeof ret->device.b);
    wire_get_fixed(r, ret->epoch.b, sizeof ret->epoch.b);
    ret->chain.next = wire_get_uint(r, UINT32_MAX);
    wire_get_fixed(r, ret->chain.ck.b, sizeof ret->chain.ck.b);
}

bool payload_next_chain(struct rows *l, struct payload_chain *ret)
{
    if (!rows_step(l)) {
        return false;
    }
    read_chain(&l->r, ret);
    return l->r.status == STATUS_OK;
}

/* ---- the whole ---- */

enum payload_list { LIST_EPOCHS, LIST_DEVICES, LIST_CHAINS };

static bytes read_rows(struct wire_reader *r, enum payload_list which, size_t max)
{
    const uint8_t *start = r->pos;
    struct payload_epoch epoch;
    struct payload_device device;
    struct payload_chain chain;
    size_t count = wire_get_array(r, 0, max);

    for (size_t i = 0; i < count && r->status == STATUS_OK; i++) {
        switch (which) {
        case LIST_EPOCHS:
            read_epoch(r, &epoch);
            break;
        case LIST_DEVICES:
            read_device(r, &device);
            break;
        case LIST_CHAINS:
            read_chain(r, &chain);
            break;
        }
    }
    wipe(&epoch, sizeof epoch);
    wipe(&chain, sizeof chain);
    return r->status == STATUS_OK ? BYTES(start, (size_t)(r->pos - start)) : BYTES(NULL, 0);
}

enum status payload_write(struct ctx *cx, const struct payload *p, struct buf *out)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, PAYLOAD_ITEMS);
    wire_put_uint(&w, PAYLOAD_VERSION);
    wire_put_text(&w, p->team_name);
    wire_put_text(&w, p->inviter_name);
    wire_put_text(&w, p->role_name);
    wire_put_bytes(&w, p->genesis);
    wire_put_bytes(&w, BYTES_OF(p->genesis_entry.b));
    wire_put_encoded(&w, p->epochs);
    wire_put_encoded(&w, p->devices);
    wire_put_encoded(&w, p->chains);
    wire_put_bytes(&w, BYTES_OF(p->chain_epoch.b));
    wire_put_bytes(&w, BYTES_OF(p->chain_seed.b));
    wire_put_bytes(&w, BYTES_OF(p->pair_part.b));
    wire_put_uint(&w, p->pair_window);
    wire_put_bytes(&w, p->content);
    return wire_writer_done(&w);
}

enum status payload_parse(struct ctx *cx, bytes in, struct payload *ret)
{
    enum status status = STATUS_OK;
    struct payload p = {0};
    struct wire_reader r;

    wire_reader_init(&r, in);
    (void)wire_get_array(&r, PAYLOAD_ITEMS, PAYLOAD_ITEMS);
    uint64_t version = wire_get_uint(&r, UINT32_MAX);
    if (r.status == STATUS_OK && version != PAYLOAD_VERSION) {
        FAIL(cx, STATUS_UNSUPPORTED, "the invite has version %llu, this build knows %d",
             (unsigned long long)version, PAYLOAD_VERSION);
    }
    p.team_name = wire_get_text(&r, 1, NAME_BYTES_MAX);
    p.inviter_name = wire_get_text(&r, 1, NAME_BYTES_MAX);
    p.role_name = wire_get_text(&r, 1, NAME_BYTES_MAX);
    p.genesis = wire_get_bytes(&r, 1, 64 * KIB);
    wire_get_fixed(&r, p.genesis_entry.b, sizeof p.genesis_entry.b);
    p.epochs = read_rows(&r, LIST_EPOCHS, EPOCHS_PER_TEAM_MAX);
    p.devices = read_rows(&r, LIST_DEVICES, DEVICES_MAX * 2);
    p.chains = read_rows(&r, LIST_CHAINS, (size_t)DEVICES_MAX * CHAINS_PER_EPOCH_MAX);
    wire_get_fixed(&r, p.chain_epoch.b, sizeof p.chain_epoch.b);
    wire_get_fixed(&r, p.chain_seed.b, sizeof p.chain_seed.b);
    wire_get_fixed(&r, p.pair_part.b, sizeof p.pair_part.b);
    p.pair_window = wire_get_uint(&r, WINDOW_MAX);
    p.content = wire_get_bytes(&r, 0, INVITE_MAX);
    TRY(wire_reader_done(cx, &r, "invite"));
    *ret = p;
out:
    key_wipe(&p.chain_seed);
    key_wipe(&p.pair_part);
    return status;
}

void pair_secret_make(const struct key *join_secret, const struct key *part, struct key *ret)
{
    struct id hash;
    hash_domain("valise/pair", BYTES_OF(join_secret->b), BYTES_OF(part->b), &hash);
    memcpy(ret->b, hash.b, sizeof ret->b);
    wipe(&hash, sizeof hash);
}
