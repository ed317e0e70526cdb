/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry headers: one link of a device's hash chain (F-30 to F-38). A header has one encoding, so
 * the hash over it is a name; what a body is bound to is the same bytes short of the body's own
 * length and hash.
 */
#include "sealed-int.h"

#include <sodium.h>
#include <string.h>

enum { HEADER_ITEMS = 12 };

static const struct positions_rule DEPS_RULE = {
    .max = ENTRY_DEPS_MAX,
    .count = "[F-34] deps name too many devices",
    .row = "[F-34] an element of deps is not [device, seq]",
    .order = "[F-34] deps are not strictly ascending by device",
    .seq = "[F-34] a seq in deps is out of range",
    .own = "[F-34] deps name the entry's own device",
};

static void read_chain_fields(struct wire_reader *r, struct entry_header *h)
{
    wire_get_fixed(r, h->device.b, sizeof h->device.b);
    h->seq = reader_get_number(r, 1, "[F-33] seq is out of range");
    wire_get_fixed(r, h->prev.b, sizeof h->prev.b);
    if (r->status == STATUS_OK && (h->seq == 1) != id_is_zero(&h->prev)) {
        wire_fail(r, "[F-33] prev is zero exactly when seq is 1");
    }
    h->deps = reader_get_positions(r, &DEPS_RULE, &h->device);
    wire_get_fixed(r, h->view.b, sizeof h->view.b);
    h->lamport = reader_get_number(r, 1, "[F-37] lamport is out of range");
    if (r->status == STATUS_OK && h->lamport < h->seq) {
        wire_fail(r, "[F-37] lamport is less than seq");
    }
}

static void read_body_fields(struct wire_reader *r, struct entry_header *h)
{
    wire_get_fixed(r, h->via.b, sizeof h->via.b);
    wire_get_fixed(r, h->compartment, sizeof h->compartment);
    wire_get_fixed(r, h->epoch.b, sizeof h->epoch.b);
    h->body_len = wire_get_uint(r, UINT64_MAX);
    if (h->body_len < BODY_SEALED_MIN) {
        wire_fail(r, "[F-44] body is too short");
    }
    if (h->body_len > BODY_SEALED_MAX) {
        reader_fail_as(r, STATUS_LIMIT, "[F-44] body is too long");
    }
    wire_get_fixed(r, h->body_hash.b, sizeof h->body_hash.b);
}

enum status entry_header_parse(struct ctx *cx, bytes in, struct entry_header *ret)
{
    enum status status = STATUS_OK;
    struct entry_header h = {0};
    struct wire_reader r;

    if (in.len > ENTRY_HEADER_MAX) {
        FAIL(cx, STATUS_LIMIT, "entry header: [F-31] longer than %u bytes", ENTRY_HEADER_MAX);
    }
    wire_reader_init(&r, in);
    reader_get_row(&r, HEADER_ITEMS, "[F-30] not an array of 12");
    reader_get_version(&r, "[F-30] unknown version");
    read_chain_fields(&r, &h);
    read_body_fields(&r, &h);
    TRY(wire_reader_done(cx, &r, "entry header"));
    *ret = h;
out:
    return status;
}

/* Everything before body_len: what a body is bound to [F-49]. */
static void write_binding(struct wire_writer *w, const struct entry_header *h)
{
    wire_put_array(w, HEADER_ITEMS);
    wire_put_uint(w, FORMAT_VERSION);
    wire_put_bytes(w, BYTES_OF(h->device.b));
    wire_put_uint(w, h->seq);
    wire_put_bytes(w, BYTES_OF(h->prev.b));
    if (h->deps.len > 0) {
        wire_put_encoded(w, h->deps);
    } else {
        wire_put_array(w, 0);
    }
    wire_put_bytes(w, BYTES_OF(h->view.b));
    wire_put_uint(w, h->lamport);
    wire_put_bytes(w, BYTES_OF(h->via.b));
    wire_put_bytes(w, BYTES_OF(h->compartment));
    wire_put_bytes(w, BYTES_OF(h->epoch.b));
}

enum status entry_header_write(struct ctx *cx, const struct entry_header *h, struct buf *out)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, out);
    write_binding(&w, h);
    wire_put_uint(&w, h->body_len);
    wire_put_bytes(&w, BYTES_OF(h->body_hash.b));
    return wire_writer_done(&w);
}

enum status entry_header_binding(struct ctx *cx, const struct id *team,
                                 const struct entry_header *h, struct id *ret)
{
    enum status status = STATUS_OK;
    struct wire_writer w;
    struct buf encoded;

    buf_init(&encoded, ENTRY_HEADER_MAX);
    wire_writer_init(&w, cx, &encoded);
    write_binding(&w, h);
    TRY(wire_writer_done(&w));
    hash_domain("valise/body-ad", BYTES_OF(team->b), buf_view(&encoded), ret);
out:
    buf_finish(&encoded);
    return status;
}

void entry_id(const struct id *team, bytes header, struct id *ret)
{
    hash_domain("valise/entry", BYTES_OF(team->b), header, ret); /* [F-32] */
}

bool entry_dep_next(bytes deps, size_t *pos, struct entry_dep *ret)
{
    struct wire_reader r;
    struct entry_dep dep = {0};

    if (*pos >= deps.len) {
        return false;
    }
    wire_reader_init(&r, BYTES(deps.ptr + *pos, deps.len - *pos));
    if (*pos == 0 && wire_get_array(&r, 0, SIZE_MAX) == 0) {
        *pos = deps.len;
        return false;
    }
    (void)wire_get_array(&r, 2, 2);
    wire_get_fixed(&r, dep.device.b, sizeof dep.device.b);
    dep.seq = wire_get_uint(&r, NUMBER_MAX);
    if (r.status != STATUS_OK) {
        *pos = deps.len;
        return false;
    }
    *pos = (size_t)(r.pos - deps.ptr);
    *ret = dep;
    return true;
}

enum status entry_deps_write(struct ctx *cx, const struct entry_dep *deps, size_t count,
                             struct buf *out)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_array(&w, 2);
        wire_put_bytes(&w, BYTES_OF(deps[i].device.b));
        wire_put_uint(&w, deps[i].seq);
    }
    return wire_writer_done(&w);
}

void view_hash(const struct view_item *items, size_t count, struct id *ret)
{
    static const char domain[] = "valise/view";
    crypto_generichash_state st;
    uint8_t seq[8];

    crypto_generichash_init(&st, NULL, 0, sizeof ret->b); /* [F-35] */
    crypto_generichash_update(&st, (const uint8_t *)domain, sizeof domain);
    for (size_t i = 0; i < count; i++) {
        put_u64le(seq, items[i].seq);
        crypto_generichash_update(&st, items[i].device.b, sizeof items[i].device.b);
        crypto_generichash_update(&st, seq, sizeof seq);
        crypto_generichash_update(&st, items[i].id.b, sizeof items[i].id.b);
    }
    crypto_generichash_final(&st, ret->b, sizeof ret->b);
}
