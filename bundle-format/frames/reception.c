/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reception: whatever codes a camera sees, into parcels. A transfer is known by everything that all
 * its symbols have in common: its id, its length, its symbol size, its flags, and whose key made
 * the tag. A symbol that differs in one of these belongs to another transfer and cannot touch it.
 */
#include "decoder.h"

#include <stdlib.h>
#include <string.h>

enum {
    DONE_KEPT = 16, /* transfers that are still shown after they arrived */
    SEEN_KEPT = 64, /* symbols a camera may see again in its next pictures: 8 x 6 codes and more */
    NO_KEY = 0xff,
};

struct common {
    struct transfer_id transfer;
    uint32_t total;
    uint16_t data;
    uint8_t flags;
    uint8_t link; /* index of the key, or NO_KEY */
};

struct slot {
    struct common common;
    struct decoder *decoder; /* NULL: free */
    uint64_t fed;            /* the reception's count of symbols when it last got one */
    uint64_t seen[SEEN_KEPT];
    size_t seen_next;
};

struct done {
    struct common common;
    uint32_t symbols;
};

struct reception {
    struct purse purse;
    struct link_key links[RECEPTION_LINKS];
    size_t link_count;
    struct slot slots[RECEPTION_TRANSFERS];
    struct done done[DONE_KEPT];
    size_t done_count; /* of all times; the newest DONE_KEPT are there */
    uint64_t symbols;
    struct decoder *given; /* its content was lent to the caller until the next call */
};

enum status reception_new(struct ctx *cx, size_t memory_max, struct reception **ret)
{
    enum status status = STATUS_OK;
    struct reception *r = NULL;
    void *memory = NULL;

    TRY(mem_new(cx, 1, sizeof *r, &memory));
    r = memory;
    r->purse.max = memory_max;
    *ret = r;
out:
    return status;
}

void reception_free(struct reception **r)
{
    if (*r != NULL) {
        decoder_free(&(*r)->given);
        for (size_t i = 0; i < RECEPTION_TRANSFERS; i++) {
            decoder_free(&(*r)->slots[i].decoder);
        }
        wipe(*r, sizeof **r);
        free(*r);
        *r = NULL;
    }
}

enum status reception_link(struct ctx *cx, struct reception *r, const struct link_key *key)
{
    enum status status = STATUS_OK;

    if (r->link_count == RECEPTION_LINKS) {
        FAIL(cx, STATUS_LIMIT, "frames: more than %d link keys", RECEPTION_LINKS);
    }
    r->links[r->link_count++] = *key;
out:
    return status;
}

size_t reception_memory(const struct reception *r)
{
    return r->purse.used;
}

bool reception_state(const struct reception *r, size_t index, struct reception_state *ret)
{
    size_t kept = r->done_count < DONE_KEPT ? r->done_count : DONE_KEPT;

    for (size_t i = 0; i < RECEPTION_TRANSFERS; i++) {
        const struct slot *slot = &r->slots[i];

        if (slot->decoder != NULL && index-- == 0) {
            *ret = (struct reception_state){
                .transfer = slot->common.transfer,
                .rank = decoder_rank(slot->decoder),
                .symbols = slot->decoder->shape.k,
                .total = slot->common.total,
                .wanted = decoder_wanted(slot->decoder),
            };
            return true;
        }
    }
    if (index < kept) {
        const struct done *done = &r->done[(r->done_count - 1 - index) % DONE_KEPT];

        *ret = (struct reception_state){
            .transfer = done->common.transfer,
            .rank = done->symbols,
            .symbols = done->symbols,
            .total = done->common.total,
            .complete = true,
        };
        return true;
    }
    return false;
}

/* ---- whose symbol it is ---------------------------------------------------------------------- */

static bool common_equal(const struct common *a, const struct common *b)
{
    return transfer_equal(&a->transfer, &b->transfer) && a->total == b->total &&
           a->data == b->data && a->flags == b->flags && a->link == b->link;
}

/* Reads it with the key that fits, if it needs one. */
static enum status symbol_admit(struct ctx *cx, const struct reception *r, bytes whole,
                                struct symbol *ret, uint8_t *ret_link)
{
    enum status status = symbol_read(cx, whole, NULL, ret);

    *ret_link = NO_KEY;
    for (size_t i = 0; i < r->link_count && *ret_link == NO_KEY; i++) {
        if (status != STATUS_FOREIGN && (i == 0 || status != STATUS_FORGED)) {
            break;
        }
        fault_clear(cx);
        status = symbol_read(cx, whole, &r->links[i], ret);
        if (status == STATUS_OK) {
            *ret_link = (uint8_t)i;
        }
    }
    return status;
}

/* Where that transfer is, or RECEPTION_TRANSFERS. */
static size_t place_of(const struct reception *r, const struct common *common)
{
    size_t at = 0;

    while (at < RECEPTION_TRANSFERS &&
           (r->slots[at].decoder == NULL || !common_equal(&r->slots[at].common, common))) {
        at++;
    }
    return at;
}

static const struct done *done_of(const struct reception *r, const struct common *common)
{
    for (size_t i = 0; i < DONE_KEPT && i < r->done_count; i++) {
        if (common_equal(&r->done[i].common, common)) {
            return &r->done[i];
        }
    }
    return NULL;
}

static void slot_free(struct slot *slot)
{
    decoder_free(&slot->decoder);
    *slot = (struct slot){0};
}

/* Forgets the transfer that waited longest, but `keep`; a keyed one only for another keyed one. */
static bool forget_oldest(struct reception *r, const struct slot *keep, bool keyed)
{
    struct slot *oldest = NULL;

    for (size_t i = 0; i < RECEPTION_TRANSFERS; i++) {
        struct slot *slot = &r->slots[i];

        if (slot->decoder != NULL && slot != keep && (keyed || slot->common.link == NO_KEY) &&
            (oldest == NULL || slot->fed < oldest->fed)) {
            oldest = slot;
        }
    }
    if (oldest != NULL) {
        slot_free(oldest);
    }
    return oldest != NULL;
}

/* A free place, or RECEPTION_TRANSFERS. */
static size_t free_place(const struct reception *r)
{
    size_t at = 0;

    while (at < RECEPTION_TRANSFERS && r->slots[at].decoder != NULL) {
        at++;
    }
    return at;
}

static enum status slot_begin(struct ctx *cx, struct reception *r, const struct symbol *symbol,
                              const struct common *common, size_t *ret_at)
{
    enum status status = STATUS_OK;
    const bool keyed = common->link != NO_KEY;
    struct decoder *decoder = NULL;
    struct shape shape;
    size_t at;

    TRY(shape_of(cx, symbol->total, symbol->data.len, (symbol->flags & SYMBOL_FLAG_PAPER) != 0,
                 &shape));
    status = decoder_new(cx, symbol, &shape, &r->purse, &decoder);
    while (status == STATUS_LIMIT && forget_oldest(r, NULL, keyed)) {
        fault_clear(cx);
        status = decoder_new(cx, symbol, &shape, &r->purse, &decoder);
    }
    TRY(status);
    if (free_place(r) == RECEPTION_TRANSFERS && !forget_oldest(r, NULL, keyed)) {
        REFUSE(cx, STATUS_LIMIT, "Q-20", "%d transfers of paired machines are under way",
               RECEPTION_TRANSFERS);
    }
    at = free_place(r);
    r->slots[at] = (struct slot){.common = *common, .decoder = decoder};
    decoder = NULL;
    *ret_at = at;
out:
    decoder_free(&decoder);
    return status;
}

/* ---- a symbol of a transfer ------------------------------------------------------------------ */

static void note_done(struct reception *r, const struct common *common, uint32_t symbols)
{
    r->done[r->done_count % DONE_KEPT] = (struct done){*common, symbols};
    r->done_count++;
}

/* 0 is an empty place, so every name is one more than it says. */
static uint64_t name_of(const struct symbol *symbol)
{
    return ((uint64_t)symbol->generation << 32 | symbol->esi) + 1;
}

/* A camera sees most codes more than once; whoever was here lately needs no elimination. */
static bool seen_lately(const struct slot *slot, const struct symbol *symbol)
{
    for (size_t i = 0; i < SEEN_KEPT; i++) {
        if (slot->seen[i] == name_of(symbol)) {
            return true;
        }
    }
    return false;
}

/* The whole is here: lends it out, or finds it spoilt. */
static enum status finish(struct ctx *cx, struct reception *r, struct slot *slot,
                          struct reception_event *e)
{
    enum status status = STATUS_OK;
    struct decoder *d = slot->decoder;
    bytes content = BYTES(d->content, d->shape.total);

    if (!transfer_holds(&d->transfer, content)) {
        decoder_drop(d);
        memset(slot->seen, 0, sizeof slot->seen);
        e->news = RECEPTION_POISONED;
        e->rank = decoder_rank(d);
        goto out;
    }
    note_done(r, &slot->common, d->shape.k);
    r->given = d;
    slot->decoder = NULL;
    slot_free(slot);
    TRY(transfer_unwrap(cx, content, &e->parcel));
    e->news = RECEPTION_PARCEL;
    e->rank = d->shape.k;
out:
    return status;
}

static enum status slot_add(struct ctx *cx, struct reception *r, struct slot *slot,
                            struct reception_event *e)
{
    enum status status = STATUS_OK;
    struct decoder *d = slot->decoder;
    const bool keyed = slot->common.link != NO_KEY;
    bool rose = false;
    bool solved = false;

    if (!seen_lately(slot, &e->symbol)) {
        status = decoder_add(cx, d, &e->symbol, &rose);
        while (status == STATUS_LIMIT && forget_oldest(r, slot, keyed)) {
            fault_clear(cx);
            status = decoder_add(cx, d, &e->symbol, &rose);
        }
        TRY(status);
        slot->seen[slot->seen_next] = name_of(&e->symbol);
        slot->seen_next = (slot->seen_next + 1) % SEEN_KEPT;
    }
    if (rose || d->waits) {
        status = decoder_solve(cx, d, &solved);
        while (status == STATUS_LIMIT && forget_oldest(r, slot, keyed)) {
            fault_clear(cx);
            status = decoder_solve(cx, d, &solved);
        }
        TRY(status);
    }
    e->rank = decoder_rank(d);
    e->news = rose ? RECEPTION_PROGRESS : RECEPTION_NOTHING;
    if (solved) {
        TRY(finish(cx, r, slot, e));
    }
out:
    return status;
}

static enum status take_data(struct ctx *cx, struct reception *r, const struct common *common,
                             struct reception_event *e)
{
    enum status status = STATUS_OK;
    size_t at = place_of(r, common);
    struct slot *slot;

    if (at == RECEPTION_TRANSFERS) {
        TRY(slot_begin(cx, r, &e->symbol, common, &at));
    }
    slot = &r->slots[at];
    e->symbols = slot->decoder->shape.k;
    slot->fed = r->symbols;
    TRY(slot_add(cx, r, slot, e));
out:
    return status;
}

/* The whole parcel is in the one code. */
static enum status take_pair(struct ctx *cx, struct reception *r, const struct common *common,
                             struct reception_event *e)
{
    enum status status = STATUS_OK;
    bytes content = BYTES(e->symbol.data.ptr, e->symbol.total);

    if (!transfer_holds(&e->symbol.transfer, content)) {
        REFUSE(cx, STATUS_FORGED, "Q-07", "a code of pairing whose hash does not hold");
    }
    note_done(r, common, 1);
    TRY(transfer_unwrap(cx, content, &e->parcel));
    e->news = RECEPTION_PARCEL;
    e->rank = 1;
    e->symbols = 1;
out:
    return status;
}

enum status reception_take(struct ctx *cx, struct reception *r, bytes whole,
                           struct reception_event *ret)
{
    enum status status = STATUS_OK;
    struct reception_event e = {.news = RECEPTION_NOTHING};
    struct common common = {0};
    const struct done *done;

    decoder_free(&r->given);
    TRY(symbol_admit(cx, r, whole, &e.symbol, &common.link));
    r->symbols++;
    common.transfer = e.symbol.transfer;
    common.total = e.symbol.total;
    common.data = (uint16_t)e.symbol.data.len;
    common.flags = e.symbol.flags & 15;
    switch (e.symbol.type) {
    case SYMBOL_BEACON:
        e.news = RECEPTION_BEACON;
        break;
    case SYMBOL_ACK:
        e.news = RECEPTION_ACK;
        break;
    case SYMBOL_DATA:
    case SYMBOL_PAIR:
        done = done_of(r, &common);
        if (done != NULL) {
            e.rank = done->symbols;
            e.symbols = done->symbols;
        } else if (e.symbol.type == SYMBOL_PAIR) {
            TRY(take_pair(cx, r, &common, &e));
        } else {
            TRY(take_data(cx, r, &common, &e));
        }
        break;
    }
    *ret = e;
out:
    return status;
}

/* ---- the log --------------------------------------------------------------------------------- */

enum status reception_log_add(struct ctx *cx, struct buf *out, bytes symbol)
{
    enum status status = STATUS_OK;
    uint8_t length[2];

    MUST(symbol.len <= SYMBOL_BYTES_MAX);
    put_u16le(length, (uint16_t)symbol.len);
    TRY(buf_add(cx, out, BYTES_OF(length)));
    status = buf_add(cx, out, symbol);
    if (status != STATUS_OK) {
        out->len -= sizeof length;
    }
out:
    return status;
}

bool reception_log_next(bytes *log, bytes *ret)
{
    size_t length;

    if (log->len < 2) {
        return false;
    }
    length = get_u16le(log->ptr);
    if (length > log->len - 2) {
        return false;
    }
    *ret = BYTES(log->ptr + 2, length);
    *log = BYTES(log->ptr + 2 + length, log->len - 2 - length);
    return true;
}
