/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message: what goes over the pipes between a program that holds keys and the two that show and
 * see codes. A kind, a length, and a body whose layout is a row of the table below: the one code
 * reads it and the other writes it.
 */
#include "frames-int.h"

#include <string.h>

/* What a body starts with, in this order; then `body`, unless NO_BODY. */
enum part {
    PART_END = 0,
    PART_TRANSFER, /* 8 */
    PART_WANTED,   /* 8 */
    PART_RANK,     /* 4 each */
    PART_SYMBOLS,
    PART_RATE,
    PART_FRAMES,
    PART_SECONDS,
    PART_CODE, /* 2 each */
    PART_WIDTH,
    PART_HEIGHT,
    PART_BOXES, /* 2, then 17 each */
    PART_NAME,  /* 2, then as many */
};
enum { PARTS_MAX = 5, BOX_BYTES = 17 };

struct row {
    uint8_t kind;
    uint8_t parts[PARTS_MAX];
    bool body; /* whether bytes may follow */
};
static const struct row rows[] = {
    {LIGHT_PARCEL, {PART_TRANSFER}, true},
    {LIGHT_TITLE, {PART_END}, true},
    {LIGHT_STOP, {PART_END}, false},
    {LIGHT_GOT, {PART_TRANSFER, PART_WANTED}, false},
    {LIGHT_ACK, {PART_TRANSFER, PART_RANK, PART_SYMBOLS, PART_WANTED}, true},
    {LIGHT_PREVIEW, {PART_WIDTH, PART_HEIGHT, PART_BOXES}, true},
    {LIGHT_LINK, {PART_END}, true},
    {LIGHT_SHOWN, {PART_FRAMES, PART_SYMBOLS, PART_SECONDS}, false},
    {LIGHT_KEY, {PART_CODE}, false},
    {LIGHT_FILE, {PART_NAME}, true},
    {LIGHT_IMAGE, {PART_END}, true},
    {LIGHT_END, {PART_END}, false},
    {LIGHT_PROGRESS, {PART_TRANSFER, PART_RANK, PART_SYMBOLS, PART_RATE}, false},
    {LIGHT_ADVICE, {PART_CODE}, false},
    {LIGHT_SYMBOL, {PART_END}, true},
    {LIGHT_TEXT, {PART_END}, true},
    {LIGHT_CAMERA, {PART_WIDTH, PART_HEIGHT, PART_RATE}, false},
    {LIGHT_ERROR, {PART_CODE}, true},
};

static const struct row *row_of(unsigned kind)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].kind == kind) {
            return &rows[i];
        }
    }
    return NULL;
}

/* Where the number of a part stands in the message, and its bytes. */
static const struct place {
    uint16_t at;
    uint8_t size;
} places[] = {
    [PART_WANTED] = {offsetof(struct light_message, wanted), 8},
    [PART_RANK] = {offsetof(struct light_message, rank), 4},
    [PART_SYMBOLS] = {offsetof(struct light_message, symbols), 4},
    [PART_RATE] = {offsetof(struct light_message, rate), 4},
    [PART_FRAMES] = {offsetof(struct light_message, frames), 4},
    [PART_SECONDS] = {offsetof(struct light_message, seconds), 4},
    [PART_CODE] = {offsetof(struct light_message, code), 2},
    [PART_WIDTH] = {offsetof(struct light_message, width), 2},
    [PART_HEIGHT] = {offsetof(struct light_message, height), 2},
};

static uint64_t number_get(const struct light_message *m, unsigned part)
{
    const uint8_t *at = (const uint8_t *)m + places[part].at;
    uint64_t eight;
    uint32_t four;
    uint16_t two;

    switch (places[part].size) {
    case 8:
        memcpy(&eight, at, sizeof eight);
        return eight;
    case 4:
        memcpy(&four, at, sizeof four);
        return four;
    default:
        memcpy(&two, at, sizeof two);
        return two;
    }
}

static void number_set(struct light_message *m, unsigned part, uint64_t eight)
{
    uint8_t *at = (uint8_t *)m + places[part].at;
    uint32_t four = (uint32_t)eight;
    uint16_t two = (uint16_t)eight;

    switch (places[part].size) {
    case 8:
        memcpy(at, &eight, sizeof eight);
        break;
    case 4:
        memcpy(at, &four, sizeof four);
        break;
    default:
        memcpy(at, &two, sizeof two);
        break;
    }
}

/* A file's name is one component, and no dot file. */
static bool name_fits(bytes name)
{
    if (name.len == 0 || name.len > LIGHT_NAME_MAX || name.ptr[0] == '.' || !utf8_valid(name)) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < ' ' || name.ptr[i] == '/' || name.ptr[i] == '\\' || name.ptr[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

/* What holds between the members of a message, both ways. */
static bool message_fits(const struct light_message *m)
{
    switch (m->kind) {
    case LIGHT_PREVIEW:
        return m->width > 0 && m->height > 0 && m->width <= LIGHT_PREVIEW_SIDE_MAX &&
               m->height <= LIGHT_PREVIEW_SIDE_MAX && m->body.len == (size_t)m->width * m->height;
    case LIGHT_LINK:
        return m->body.len == LINK_KEY_BYTES;
    case LIGHT_KEY:
        return m->code >= LIGHT_KEY_QUIT && m->code <= LIGHT_KEY_PAUSE;
    case LIGHT_ADVICE:
        return m->code <= LIGHT_ADVICE_TOO_FAST;
    case LIGHT_FILE:
        return name_fits(BYTES(m->name.ptr, m->name.len));
    case LIGHT_SYMBOL:
        return symbol_claims(m->body) && m->body.len <= SYMBOL_BYTES_MAX;
    case LIGHT_TITLE:
    case LIGHT_ERROR:
        return utf8_valid(m->body);
    case LIGHT_ACK:
        return m->body.len <= ACK_BODY_MAX && m->rank <= m->symbols;
    case LIGHT_PROGRESS:
        return m->rank <= m->symbols;
    case LIGHT_PARCEL:
        return m->body.len > 0;
    case LIGHT_STOP:
    case LIGHT_GOT:
    case LIGHT_SHOWN:
    case LIGHT_IMAGE:
    case LIGHT_END:
    case LIGHT_TEXT:
    case LIGHT_CAMERA:
        return true;
    }
    return false;
}

/* ---- writing --------------------------------------------------------------------------------- */

static enum status add_u16(struct ctx *cx, struct buf *out, uint16_t value)
{
    uint8_t b[2];

    put_u16le(b, value);
    return buf_add(cx, out, BYTES_OF(b));
}

static enum status write_boxes(struct ctx *cx, const struct light_message *m, struct buf *out)
{
    enum status status = STATUS_OK;

    MUST(m->box_count <= LIGHT_BOXES_MAX);
    TRY(add_u16(cx, out, m->box_count));
    for (size_t i = 0; i < m->box_count; i++) {
        for (size_t corner = 0; corner < 4; corner++) {
            TRY(add_u16(cx, out, m->boxes[i].x[corner]));
            TRY(add_u16(cx, out, m->boxes[i].y[corner]));
        }
        TRY(buf_add_byte(cx, out, m->boxes[i].read ? 1 : 0));
    }
out:
    return status;
}

static enum status write_part(struct ctx *cx, unsigned part, const struct light_message *m,
                              struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t number[8];

    if (part == PART_TRANSFER) {
        TRY(buf_add(cx, out, BYTES_OF(m->transfer.b)));
    } else if (part == PART_BOXES) {
        TRY(write_boxes(cx, m, out));
    } else if (part == PART_NAME) {
        TRY(add_u16(cx, out, (uint16_t)m->name.len));
        TRY(buf_add_text(cx, out, m->name));
    } else {
        put_u64le(number, number_get(m, part));
        TRY(buf_add(cx, out, BYTES(number, places[part].size)));
    }
out:
    return status;
}

enum status light_message_write(struct ctx *cx, const struct light_message *message,
                                struct buf *out)
{
    enum status status = STATUS_OK;
    const struct light_message *m = message;
    const struct row *row = row_of((unsigned)m->kind);
    size_t before = out->len;
    size_t length;

    if (row == NULL || !message_fits(m) || (!row->body && m->body.len > 0) ||
        m->box_count > LIGHT_BOXES_MAX) {
        FAIL(cx, STATUS_MALFORMED, "light: a message of kind %u that nobody would read",
             (unsigned)m->kind);
    }
    TRY(buf_add_byte(cx, out, row->kind));
    TRY(buf_add(cx, out, BYTES("\0\0\0\0", 4)));
    for (size_t i = 0; i < PARTS_MAX && row->parts[i] != PART_END; i++) {
        TRY(write_part(cx, row->parts[i], m, out));
    }
    TRY(buf_add(cx, out, m->body));
    length = out->len - before - LIGHT_HEAD_BYTES;
    if (length > LIGHT_BODY_MAX) {
        FAIL(cx, STATUS_LIMIT, "light: a message of %zu bytes", length);
    }
    put_u32le(out->ptr + before + 1, (uint32_t)length);
out:
    if (status != STATUS_OK) {
        out->len = before;
    }
    return status;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Takes n bytes off the front; NULL when there are fewer. */
static const uint8_t *take(bytes *from, size_t n)
{
    const uint8_t *at = from->ptr;

    if (from->len < n) {
        return NULL;
    }
    *from = BYTES(at + n, from->len - n);
    return at;
}

static bool read_boxes(bytes *from, struct light_message *m)
{
    const uint8_t *at = take(from, 2);

    if (at == NULL || get_u16le(at) > LIGHT_BOXES_MAX) {
        return false;
    }
    m->box_count = get_u16le(at);
    for (size_t i = 0; i < m->box_count; i++) {
        at = take(from, BOX_BYTES);
        if (at == NULL || at[16] > 1) {
            return false;
        }
        for (size_t corner = 0; corner < 4; corner++) {
            m->boxes[i].x[corner] = get_u16le(at + 4 * corner);
            m->boxes[i].y[corner] = get_u16le(at + 4 * corner + 2);
        }
        m->boxes[i].read = at[16] == 1;
    }
    return true;
}

static bool read_part(bytes *from, unsigned part, struct light_message *m)
{
    uint8_t number[8] = {0};
    const uint8_t *at;
    size_t length;

    if (part == PART_BOXES) {
        return read_boxes(from, m);
    }
    length = part == PART_TRANSFER ? TRANSFER_ID_BYTES : part == PART_NAME ? 2 : places[part].size;
    at = take(from, length);
    if (at == NULL) {
        return false;
    }
    if (part == PART_TRANSFER) {
        memcpy(m->transfer.b, at, TRANSFER_ID_BYTES);
    } else if (part == PART_NAME) {
        m->name.len = get_u16le(at);
        m->name.ptr = (const char *)take(from, m->name.len);
        return m->name.ptr != NULL;
    } else {
        memcpy(number, at, length);
        number_set(m, part, get_u64le(number));
    }
    return true;
}

enum status light_message_read(struct ctx *cx, bytes stream, struct light_message *ret,
                               size_t *ret_used, size_t *ret_need)
{
    enum status status = STATUS_OK;
    const struct row *row = NULL;
    size_t need = LIGHT_HEAD_BYTES;
    size_t used = 0;
    bytes body;

    if (stream.len >= LIGHT_HEAD_BYTES) {
        row = row_of(stream.ptr[0]);
        if (row == NULL) {
            FAIL(cx, STATUS_UNSUPPORTED, "light: a message of kind %u", stream.ptr[0]);
        }
        if (get_u32le(stream.ptr + 1) > LIGHT_BODY_MAX) {
            FAIL(cx, STATUS_LIMIT, "light: a message of %u bytes", get_u32le(stream.ptr + 1));
        }
        need += get_u32le(stream.ptr + 1);
    }
    if (stream.len >= need) {
        bool good = true;

        *ret = (struct light_message){.kind = (enum light_kind)stream.ptr[0]};
        body = BYTES(stream.ptr + LIGHT_HEAD_BYTES, need - LIGHT_HEAD_BYTES);
        for (size_t i = 0; good && i < PARTS_MAX && row->parts[i] != PART_END; i++) {
            good = read_part(&body, row->parts[i], ret);
        }
        ret->body = body;
        if (!good || (!row->body && body.len > 0) || !message_fits(ret)) {
            FAIL(cx, STATUS_MALFORMED, "light: a broken message of kind %u", stream.ptr[0]);
        }
        used = need;
    }
    *ret_used = used;
    if (ret_need != NULL) {
        *ret_need = need;
    }
out:
    return status;
}
