/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbol: the bytes of one code. Head, data, tag; nothing is believed before the tag holds.
 *
 * What the tag is worth: without a link key anybody can make one, so it finds errors of light and
 * camera and nothing else. With the key of a pairing it keeps out everybody but the paired: 64 bits
 * are forged once in 2^64 codes, and a camera reads a few hundred a second. What is carried is
 * sealed for itself; the vault has the last word on it either way.
 */
#include "frames-int.h"

#include <sodium.h>
#include <string.h>

enum {
    AT_VERSION = 2,
    AT_FLAGS = 3,
    AT_TRANSFER = 4,
    AT_TOTAL = 12,
    AT_GENERATION = 16,
    AT_ESI = 18,
    AT_LAYOUT = 22,
    AT_CELL = 23,
};
enum { FORMAT_VERSION = 1, FLAGS_UNDERSTOOD = SYMBOL_FLAG_KEYED | SYMBOL_FLAG_PAPER };
enum { BEACON_BYTES = 4, ACK_HEAD_BYTES = 18, FPS_MAX = 120 };
static const uint8_t magic[2] = {0x56, 0x51};     /* "VQ" */
static const char tag_domain[] = "valise/symbol"; /* the zero byte behind it belongs to it, F-10 */

bool transfer_equal(const struct transfer_id *a, const struct transfer_id *b)
{
    return memcmp(a->b, b->b, TRANSFER_ID_BYTES) == 0;
}

bool symbol_claims(bytes whole)
{
    return whole.len >= sizeof magic && memcmp(whole.ptr, magic, sizeof magic) == 0;
}

/* the first 8 bytes of H or KDF over head and data. */
static void tag_of(bytes covered, const struct link_key *key, uint8_t ret[static SYMBOL_TAG_BYTES])
{
    crypto_generichash_state state;
    uint8_t hash[32];

    MUST(crypto_generichash_init(&state, key == NULL ? NULL : key->b,
                                 key == NULL ? 0 : LINK_KEY_BYTES, sizeof hash) == 0);
    MUST(crypto_generichash_update(&state, (const uint8_t *)tag_domain, sizeof tag_domain) == 0);
    MUST(crypto_generichash_update(&state, covered.ptr, covered.len) == 0);
    MUST(crypto_generichash_final(&state, hash, sizeof hash) == 0);
    memcpy(ret, hash, SYMBOL_TAG_BYTES);
}

/* the numbers of a symbol that carries a share of a transfer. */
static enum status check_share(struct ctx *cx, const struct symbol *s)
{
    enum status status = STATUS_OK;
    struct shape shape;

    TRY(shape_of(cx, s->total, s->data.len, (s->flags & SYMBOL_FLAG_PAPER) != 0, &shape));
    if (s->type == SYMBOL_PAIR && shape.k != 1) {
        REFUSE(cx, STATUS_MALFORMED, "Q-18", "a code of pairing carries %u of %zu bytes", s->total,
               s->data.len);
    }
    if (!shape_has(&shape, s->generation, s->esi) ||
        (s->type == SYMBOL_PAIR && (s->generation != 0 || s->esi != 0))) {
        REFUSE(cx, STATUS_MALFORMED, "Q-04", "no symbol %u of generation %u among %u", s->esi,
               s->generation, shape.k);
    }
out:
    return status;
}

static enum status check_numbers(struct ctx *cx, const struct symbol *s)
{
    enum status status = STATUS_OK;

    switch (s->type) {
    case SYMBOL_DATA:
    case SYMBOL_PAIR:
        TRY(check_share(cx, s));
        break;
    case SYMBOL_BEACON:
    case SYMBOL_ACK:
        if (s->total > TRANSFER_BYTES_MAX) {
            REFUSE(cx, STATUS_LIMIT, "Q-03", "a transfer of %u bytes", s->total);
        }
        if (s->generation != 0 || s->esi != 0) {
            REFUSE(cx, STATUS_MALFORMED, "Q-04", "a beacon or acknowledgement with a number");
        }
        break;
    }
    if (s->cols == 0 || s->rows == 0 || s->cell >= s->cols * s->rows) {
        REFUSE(cx, STATUS_MALFORMED, "Q-05", "cell %u of %u x %u", s->cell, s->cols, s->rows);
    }
out:
    return status;
}

static enum status check_flags(struct ctx *cx, uint8_t flags)
{
    enum status status = STATUS_OK;

    if ((flags & 15 & ~FLAGS_UNDERSTOOD) != 0) {
        REFUSE(cx, STATUS_UNSUPPORTED, "Q-02", "flags %u", flags & 15);
    }
out:
    return status;
}

static enum status check_head(struct ctx *cx, bytes whole)
{
    enum status status = STATUS_OK;

    if (!symbol_claims(whole)) {
        REFUSE(cx, STATUS_MALFORMED, "Q-01", "not a symbol");
    }
    if (whole.len < SYMBOL_EXTRA_BYTES || whole.len > SYMBOL_BYTES_MAX) {
        REFUSE(cx, STATUS_MALFORMED, "Q-01", "a symbol of %zu bytes", whole.len);
    }
    if (whole.ptr[AT_VERSION] >> 4 != FORMAT_VERSION ||
        (whole.ptr[AT_VERSION] & 15) > SYMBOL_PAIR) {
        REFUSE(cx, STATUS_UNSUPPORTED, "Q-01", "version %u, type %u", whole.ptr[AT_VERSION] >> 4,
               whole.ptr[AT_VERSION] & 15);
    }
    TRY(check_flags(cx, whole.ptr[AT_FLAGS]));
out:
    return status;
}

enum status symbol_read(struct ctx *cx, bytes whole, const struct link_key *key, struct symbol *ret)
{
    enum status status = STATUS_OK;
    struct symbol s;
    uint8_t tag[SYMBOL_TAG_BYTES];

    TRY(check_head(cx, whole));
    s = (struct symbol){
        .type = (enum symbol_type)(whole.ptr[AT_VERSION] & 15),
        .flags = whole.ptr[AT_FLAGS],
        .total = get_u32le(whole.ptr + AT_TOTAL),
        .generation = get_u16le(whole.ptr + AT_GENERATION),
        .esi = get_u32le(whole.ptr + AT_ESI),
        .cols = whole.ptr[AT_LAYOUT] >> 4,
        .rows = whole.ptr[AT_LAYOUT] & 15,
        .cell = whole.ptr[AT_CELL],
        .data = BYTES(whole.ptr + SYMBOL_HEAD_BYTES, whole.len - SYMBOL_EXTRA_BYTES),
    };
    memcpy(s.transfer.b, whole.ptr + AT_TRANSFER, TRANSFER_ID_BYTES);
    if ((s.flags & SYMBOL_FLAG_KEYED) != 0 && key == NULL) {
        REFUSE(cx, STATUS_FOREIGN, "Q-06", "a symbol for machines that are paired");
    }
    tag_of(BYTES(whole.ptr, whole.len - SYMBOL_TAG_BYTES),
           (s.flags & SYMBOL_FLAG_KEYED) != 0 ? key : NULL, tag);
    if (sodium_memcmp(tag, whole.ptr + whole.len - SYMBOL_TAG_BYTES, sizeof tag) != 0) {
        REFUSE(cx, STATUS_FORGED, "Q-06", "the tag does not hold");
    }
    TRY(check_numbers(cx, &s));
    *ret = s;
out:
    return status;
}

enum status symbol_write(struct ctx *cx, const struct symbol *symbol, const struct link_key *key,
                         struct buf *out)
{
    enum status status = STATUS_OK;
    struct symbol s = *symbol;
    uint8_t *to = NULL;

    s.flags = (uint8_t)((s.flags & ~SYMBOL_FLAG_KEYED) | (key == NULL ? 0 : SYMBOL_FLAG_KEYED));
    MUST(s.cols < 16 && s.rows < 16 && s.type <= SYMBOL_PAIR);
    if (s.data.len > SYMBOL_DATA_MAX) {
        REFUSE(cx, STATUS_LIMIT, "Q-01", "%zu bytes of data in one symbol", s.data.len);
    }
    TRY(check_flags(cx, s.flags));
    TRY(check_numbers(cx, &s));
    TRY(buf_extend(cx, out, s.data.len + SYMBOL_EXTRA_BYTES, &to));
    memcpy(to, magic, sizeof magic);
    to[AT_VERSION] = (uint8_t)(FORMAT_VERSION << 4 | s.type);
    to[AT_FLAGS] = s.flags;
    memcpy(to + AT_TRANSFER, s.transfer.b, TRANSFER_ID_BYTES);
    put_u32le(to + AT_TOTAL, s.total);
    put_u16le(to + AT_GENERATION, s.generation);
    put_u32le(to + AT_ESI, s.esi);
    to[AT_LAYOUT] = (uint8_t)(s.cols << 4 | s.rows);
    to[AT_CELL] = s.cell;
    if (s.data.len > 0) {
        memcpy(to + SYMBOL_HEAD_BYTES, s.data.ptr, s.data.len);
    }
    tag_of(BYTES(to, SYMBOL_HEAD_BYTES + s.data.len), key, to + SYMBOL_HEAD_BYTES + s.data.len);
out:
    return status;
}

/* ---- the two that carry no share ------------------------------------------------------------- */

enum status beacon_write(struct ctx *cx, const struct symbol *head, const struct beacon *beacon,
                         const struct link_key *key, struct buf *out)
{
    uint8_t body[BEACON_BYTES];
    struct symbol s = *head;

    put_u16le(body, beacon->symbol_data);
    body[2] = beacon->version;
    body[3] = beacon->fps;
    s.type = SYMBOL_BEACON;
    s.generation = 0;
    s.esi = 0;
    s.data = BYTES_OF(body);
    return symbol_write(cx, &s, key, out);
}

enum status beacon_read(struct ctx *cx, const struct symbol *symbol, struct beacon *ret)
{
    enum status status = STATUS_OK;
    struct beacon b;

    if (symbol->type != SYMBOL_BEACON || symbol->data.len != BEACON_BYTES) {
        REFUSE(cx, STATUS_MALFORMED, "Q-16", "not a beacon");
    }
    b.symbol_data = get_u16le(symbol->data.ptr);
    b.version = symbol->data.ptr[2];
    b.fps = symbol->data.ptr[3];
    if (b.version == 0 || b.version > CODE_VERSION_MAX || b.fps == 0 || b.fps > FPS_MAX ||
        b.symbol_data < SYMBOL_DATA_MIN || b.symbol_data > code_symbol_data(b.version)) {
        REFUSE(cx, STATUS_MALFORMED, "Q-16", "a beacon of codes %u with %u bytes at %u a second",
               b.version, b.symbol_data, b.fps);
    }
    *ret = b;
out:
    return status;
}

enum status ack_write(struct ctx *cx, const struct symbol *head, const struct ack *ack,
                      const struct link_key *key, struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t body[ACK_HEAD_BYTES + ACK_BODY_MAX];
    struct symbol s = *head;

    if (ack->body.len > ACK_BODY_MAX) {
        REFUSE(cx, STATUS_LIMIT, "Q-17", "an acknowledgement of %zu bytes", ack->body.len);
    }
    if (ack->rank > ack->symbols || ack->symbols > TRANSFER_SYMBOLS_MAX) {
        REFUSE(cx, STATUS_MALFORMED, "Q-17", "%u of %u symbols", ack->rank, ack->symbols);
    }
    put_u32le(body, ack->rank);
    put_u32le(body + 4, ack->symbols);
    put_u64le(body + 8, ack->wanted);
    put_u16le(body + 16, (uint16_t)ack->body.len);
    if (ack->body.len > 0) {
        memcpy(body + ACK_HEAD_BYTES, ack->body.ptr, ack->body.len);
    }
    s.type = SYMBOL_ACK;
    s.generation = 0;
    s.esi = 0;
    s.data = BYTES(body, ACK_HEAD_BYTES + ack->body.len);
    TRY(symbol_write(cx, &s, key, out));
out:
    return status;
}

enum status ack_read(struct ctx *cx, const struct symbol *symbol, struct ack *ret)
{
    enum status status = STATUS_OK;
    struct ack a;

    if (symbol->type != SYMBOL_ACK || symbol->data.len < ACK_HEAD_BYTES ||
        get_u16le(symbol->data.ptr + 16) != symbol->data.len - ACK_HEAD_BYTES ||
        symbol->data.len - ACK_HEAD_BYTES > ACK_BODY_MAX) {
        REFUSE(cx, STATUS_MALFORMED, "Q-17", "not an acknowledgement");
    }
    a.rank = get_u32le(symbol->data.ptr);
    a.symbols = get_u32le(symbol->data.ptr + 4);
    a.wanted = get_u64le(symbol->data.ptr + 8);
    a.body = BYTES(symbol->data.ptr + ACK_HEAD_BYTES, symbol->data.len - ACK_HEAD_BYTES);
    if (a.rank > a.symbols || a.symbols > TRANSFER_SYMBOLS_MAX) {
        REFUSE(cx, STATUS_MALFORMED, "Q-17", "%u of %u symbols", a.rank, a.symbols);
    }
    *ret = a;
out:
    return status;
}
