/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opened pieces that wait for the rest of their bundle, and the tags by which own and known pieces
 * are told from strangers' ones. A piece's one-time key is erased in the same transaction that
 * keeps its inside, so a piece is either here or can still be opened.
 *
 * Several pieces may claim one place in a bundle: every member can compute a colleague's chain and
 * forge a piece of his, so which one is right is for the signed manifest to say (merge.c).
 */
#include <stdlib.h>
#include <string.h>

#include "transfer-int.h"

/* ---- lists ---------------------------------------------------------------------------------- */

enum status array_grow(struct ctx *cx, void **list, size_t count, size_t *cap, size_t size)
{
    enum status status = STATUS_OK;
    size_t bytes_needed = 0;
    if (count < *cap) {
        return STATUS_OK;
    }
    size_t cap_new = *cap == 0 ? 16 : *cap * 2;
    if (!mul_size(cap_new, size, &bytes_needed)) {
        FAIL(cx, STATUS_LIMIT, "too many files");
    }
    void *fresh = realloc(*list, bytes_needed);
    if (fresh == NULL) {
        FAIL(cx, STATUS_NO_MEMORY, "no memory for a list of %zu", cap_new);
    }
    *list = fresh;
    *cap = cap_new;
out:
    return status;
}

static size_t name_list_find(const struct name_list *l, const struct bundle_name *b)
{
    for (size_t i = l->count; i > 0; i--) { /* pieces of one bundle come one after the other */
        if (l->at[i - 1].device == b->device && l->at[i - 1].number == b->number) {
            return i - 1;
        }
    }
    return SIZE_MAX;
}

enum status name_list_add(struct ctx *cx, struct name_list *l, const struct bundle_name *b,
                          bool *ret_new)
{
    enum status status = STATUS_OK;
    void *at = l->at;
    *ret_new = name_list_find(l, b) == SIZE_MAX;
    if (!*ret_new) {
        return STATUS_OK;
    }
    TRY(array_grow(cx, &at, l->count, &l->cap, sizeof *l->at));
    l->at = at;
    l->at[l->count++] = *b;
out:
    return status;
}

static void name_list_remove(struct name_list *l, const struct bundle_name *b)
{
    size_t i = name_list_find(l, b);
    if (i != SIZE_MAX) {
        l->at[i] = l->at[--l->count];
    }
}

/* ---- tags ----------------------------------------------------------------------------------- */

enum status tag_known(struct ctx *cx, struct team *t, const uint8_t tag[static PIECE_TAG_BYTES],
                      struct known_tag *ret, bool *ret_known)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, team_vault(t), STMT_PIECE_TAG_GET, &s));
    stmt_bind_int(s, 1, team_key(t));
    stmt_bind_bytes(s, 2, BYTES(tag, PIECE_TAG_BYTES));
    TRY(stmt_step(cx, s, ret_known));
    if (*ret_known) {
        *ret = (struct known_tag){
            .bundle = {.device = stmt_int(s, 0), .number = (uint64_t)stmt_int(s, 1)}};
        if (stmt_bytes(s, 2).len == sizeof ret->hash.b) {
            memcpy(ret->hash.b, stmt_bytes(s, 2).ptr, sizeof ret->hash.b);
        }
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status tag_note(struct ctx *cx, struct team *t, const uint8_t tag[static PIECE_TAG_BYTES],
                     int64_t device, uint64_t bundle)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, team_vault(t), STMT_PIECE_TAG_PUT, &s));
    stmt_bind_int(s, 1, team_key(t));
    stmt_bind_bytes(s, 2, BYTES(tag, PIECE_TAG_BYTES));
    stmt_bind_int(s, 3, device);
    stmt_bind_int(s, 4, (int64_t)bundle);
    TRY(stmt_run(cx, s));
out:
    return status;
}

enum status tag_set_hash(struct ctx *cx, struct team *t, const uint8_t tag[static PIECE_TAG_BYTES],
                         const struct id *hash)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, team_vault(t), STMT_PIECE_TAG_HASH, &s));
    stmt_bind_int(s, 1, team_key(t));
    stmt_bind_bytes(s, 2, BYTES(tag, PIECE_TAG_BYTES));
    stmt_bind_bytes(s, 3, BYTES_OF(hash->b));
    TRY(stmt_run(cx, s));
out:
    return status;
}

enum status tags_trim(struct ctx *cx, struct vault *v)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, v, STMT_PIECE_TAG_TRIM, &s));
    stmt_bind_int(s, 1, PIECE_TAGS_MAX);
    TRY(stmt_run(cx, s));
out:
    return status;
}

/* ---- what is here --------------------------------------------------------------------------- */

static enum status load_bytes(struct ctx *cx, struct unpack *u)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;
    TRY(stmt_use(cx, u->vault, STMT_INBOX_BYTES, &s));
    TRY(stmt_step(cx, s, &row));
    u->inbox_bytes = row ? (uint64_t)stmt_int(s, 0) : 0;
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status inbox_start(struct ctx *cx, struct unpack *u)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;
    bool fresh = false;
    u->waiting.count = 0;
    TRY(load_bytes(cx, u));
    TRY(stmt_use(cx, u->vault, STMT_INBOX_BUNDLES, &s));
    stmt_bind_int(s, 1, team_key(u->team));
    for (;;) {
        TRY(stmt_step(cx, s, &row));
        if (!row) {
            break;
        }
        struct bundle_name b = {.device = stmt_int(s, 0), .number = (uint64_t)stmt_int(s, 1)};
        TRY(name_list_add(cx, &u->waiting, &b, &fresh));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status inbox_rows(struct ctx *cx, struct unpack *u, const struct bundle_name *b,
                       struct row_list *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;
    void *at = ret->at;
    TRY(stmt_use(cx, u->vault, STMT_INBOX_PIECES, &s));
    stmt_bind_int(s, 1, team_key(u->team));
    stmt_bind_int(s, 2, b->device);
    stmt_bind_int(s, 3, (int64_t)b->number);
    for (;;) {
        TRY(stmt_step(cx, s, &row));
        if (!row) {
            break;
        }
        bytes hash = stmt_bytes(s, 2);
        if (hash.len != PIECE_HASH_BYTES) {
            FAIL(cx, STATUS_INTEGRITY, "the inbox is damaged");
        }
        TRY(array_grow(cx, &at, ret->count, &ret->cap, sizeof *ret->at));
        ret->at = at;
        struct inbox_row *r = &ret->at[ret->count++];
        *r = (struct inbox_row){.n = stmt_int(s, 0),
                                .index = (uint64_t)stmt_int(s, 1),
                                .len = (uint64_t)stmt_int(s, 3)};
        memcpy(r->hash.b, hash.ptr, hash.len);
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status inbox_payload(struct ctx *cx, struct unpack *u, int64_t row, struct buf *out)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool there = false;
    TRY(stmt_use(cx, u->vault, STMT_INBOX_PAYLOAD, &s));
    stmt_bind_int(s, 1, row);
    TRY(stmt_step(cx, s, &there));
    if (!there) {
        FAIL(cx, STATUS_INTEGRITY, "a piece is gone from the inbox");
    }
    TRY(buf_add(cx, out, stmt_bytes(s, 0)));
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status inbox_drop_row(struct ctx *cx, struct unpack *u, const struct inbox_row *row)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, u->vault, STMT_INBOX_ROW_DELETE, &s));
    stmt_bind_int(s, 1, row->n);
    TRY(stmt_run(cx, s));
    u->inbox_bytes -= row->len < u->inbox_bytes ? row->len : u->inbox_bytes;
out:
    return status;
}

enum status inbox_drop_bundle(struct ctx *cx, struct unpack *u, const struct bundle_name *b)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, u->vault, STMT_INBOX_BUNDLE_DELETE, &s));
    stmt_bind_int(s, 1, team_key(u->team));
    stmt_bind_int(s, 2, b->device);
    stmt_bind_int(s, 3, (int64_t)b->number);
    TRY(stmt_run(cx, s));
    name_list_remove(&u->waiting, b);
    TRY(load_bytes(cx, u));
out:
    return status;
}

/* ---- taking one piece ----------------------------------------------------------------------- */

/* The unfinished bundle of this sender that makes place: one without a verified manifest before one
 * with it, and among equals by lot, so that whoever floods us in a colleague's name cannot choose
 * which. What it would have brought is not acknowledged, so it comes again. */
static enum status choose_victim(struct ctx *cx, struct unpack *u, int64_t device,
                                 struct bundle_name *ret)
{
    enum status status = STATUS_OK;
    uint64_t best = UINT64_MAX;
    for (size_t i = 0; i < u->waiting.count; i++) {
        const struct bundle_name *b = &u->waiting.at[i];
        struct bundle_note note;
        uint32_t lot = 0;
        if (b->device != device) {
            continue;
        }
        TRY(bundle_load(cx, u->team, b->device, b->number, &note));
        cx->system->random(cx->system->self, &lot, sizeof lot);
        uint64_t rank = ((uint64_t)(note.state == BUNDLE_VERIFIED) << 32) | lot;
        if (rank <= best) {
            best = rank;
            *ret = *b;
        }
    }
out:
    return status;
}

static enum status make_room(struct ctx *cx, struct unpack *u, const struct bundle_name *b)
{
    enum status status = STATUS_OK;
    struct bundle_name victim = *b;
    size_t count = 0;
    if (name_list_find(&u->waiting, b) != SIZE_MAX) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < u->waiting.count; i++) {
        count += u->waiting.at[i].device == b->device;
    }
    if (count < INBOX_BUNDLES_PER_SENDER) {
        return STATUS_OK;
    }
    TRY(choose_victim(cx, u, b->device, &victim));
    TRY(inbox_drop_bundle(cx, u, &victim));
    TRY(bundle_forget(cx, u->team, victim.device, victim.number));
out:
    return status;
}

/* The piece stays on the stick; the person is told of its bundle. */
static enum status tell_no_room(struct ctx *cx, struct unpack *u, const struct bundle_name *b)
{
    const struct fault f = cx->fault;
    const struct team_device *d = team_device_by_ix(u->team, b->device);
    struct unpack_source s = {.device_ix = b->device, .bundle = b->number, .status = STATUS_LIMIT};
    if (d != NULL) {
        s.member = d->member;
    }
    fault_clear(cx);
    enum status status = source_put(cx, &u->sources, &s, text_of(f.what));
    return status == STATUS_OK ? STATUS_LIMIT : status;
}

static enum status keep(struct ctx *cx, struct unpack *u, const struct bundle_name *b,
                        const struct piece_inner *inner, const struct id *hash)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool fresh = false;
    if (inner->payload.len > INBOX_BYTES_MAX - u->inbox_bytes) {
        FAIL(cx, STATUS_LIMIT, "the inbox is full of unfinished bundles");
    }
    TRY(make_room(cx, u, b));
    TRY(stmt_use(cx, u->vault, STMT_INBOX_PUT, &s));
    stmt_bind_int(s, 1, team_key(u->team));
    stmt_bind_int(s, 2, b->device);
    stmt_bind_int(s, 3, (int64_t)b->number);
    stmt_bind_int(s, 4, (int64_t)inner->index);
    stmt_bind_bytes(s, 5, BYTES_OF(hash->b));
    stmt_bind_int(s, 6, (int64_t)inner->payload.len);
    stmt_bind_bytes(s, 7, inner->payload);
    TRY(stmt_run(cx, s));
    stmt_reset(s); /* lets go of its copy of the payload */
    u->inbox_bytes += inner->payload.len;
    TRY(name_list_add(cx, &u->waiting, b, &fresh));
out:
    return status;
}

enum status inbox_take(struct ctx *cx, struct unpack *u, const struct chain_hit *hit)
{
    enum status status = STATUS_OK;
    struct bundle_note note;
    struct piece piece;
    struct piece_inner inner;
    struct id hash;
    buf_clear(&u->plain);
    TRY(piece_parse(cx, buf_view(&u->whole), &piece));
    TRY(piece_open(cx, &hit->key, &piece, &u->plain, &inner));
    piece_hash(buf_view(&u->whole), hash.b);
    struct bundle_name b = {.device = hit->device_ix, .number = inner.bundle};
    TRY(bundle_load(cx, u->team, b.device, b.number, &note));
    /* of a bundle that is in already only another manifest says anything */
    bool wanted = note.state != BUNDLE_TAKEN || inner.index == 0;
    if (wanted) {
        status = keep(cx, u, &b, &inner, &hash);
        TRY(status == STATUS_LIMIT ? tell_no_room(cx, u, &b) : status);
        u->report->new_pieces++;
    } else {
        u->report->known_pieces++;
    }
    TRY(chain_spend(cx, u->team, hit, &hash));
    TRY(tag_note(cx, u->team, piece.tag.ptr, b.device, b.number));
    if (inner.index == 0) {
        TRY(tag_set_hash(cx, u->team, piece.tag.ptr, &hash));
    }
out:
    return status;
}
