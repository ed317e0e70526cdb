/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collector: see collector.h. What workers say may be invented by whoever made the picture: it is
 * checked here as it would be in the caller. Out of memory, or nobody to tell: it ends, and so does
 * the program.
 */
#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collector.h"
#include "guard.h"

enum {
    TEXTS_KEPT = 64, /* codes of others that are not told again */
    TEXT_HASH = 16,
    PROGRESS_MS = 100,
    SECONDS_MAX = 24 * 60 * 60,
};

struct collector {
    struct ctx *cx;
    const struct collector_ends *ends;
    struct reception *reception;
    struct buf message;
    struct advice advice;
    struct transfer {
        struct transfer_id id;
        bool used;
        struct pace pace;
        uint32_t rank, symbols;
        int64_t told_ms;
        uint32_t told_rank;
    } transfers[RECEPTION_TRANSFERS];
    uint8_t texts[TEXTS_KEPT][TEXT_HASH];
    size_t texts_count;
    bool told_foreign, told_full;
    /* the preview that is on its way */
    struct packet_seen seen;
    uint16_t rows;
    uint8_t preview[PREVIEW_WIDTH_MAX * PREVIEW_HEIGHT_MAX];
};

static int64_t now_ms(void)
{
    struct timespec t = {.tv_sec = 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + 1;
}

static _Noreturn void give_up(void)
{
    _exit(1);
}

static void tell(struct collector *c, const struct light_message *m)
{
    size_t done = 0;
    buf_clear(&c->message);
    if (light_message_write(c->cx, m, &c->message) != STATUS_OK) {
        give_up();
    }
    while (done < c->message.len) {
        ssize_t wrote = write(c->ends->out, c->message.ptr + done, c->message.len - done);
        if (wrote < 0 && errno != EINTR) {
            give_up();
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
}

static void tell_error(struct collector *c, uint16_t status, text what)
{
    tell(c, &(struct light_message){
                .kind = LIGHT_ERROR, .code = status, .body = BYTES(what.ptr, what.len)});
}

/* ---- symbols -----------------------------------------------------------------------------------
 */

/* The place of this transfer; of five the one that was told of longest ago goes. */
static struct transfer *transfer_of(struct collector *c, const struct reception_event *e)
{
    struct transfer *oldest = &c->transfers[0];
    for (size_t i = 0; i < RECEPTION_TRANSFERS; i++) {
        struct transfer *t = &c->transfers[i];
        if (t->used && transfer_equal(&t->id, &e->symbol.transfer)) {
            return t;
        }
        if (!t->used || (oldest->used && t->told_ms < oldest->told_ms)) {
            oldest = t;
        }
    }
    *oldest = (struct transfer){
        .id = e->symbol.transfer,
        .used = true,
        .pace.bytes_a_symbol = e->symbols == 0 ? 0U : e->symbol.total / e->symbols,
    };
    return oldest;
}

static void tell_progress(struct collector *c, struct transfer *t, int64_t now)
{
    tell(c, &(struct light_message){
                .kind = LIGHT_PROGRESS,
                .transfer = t->id,
                .rank = t->rank,
                .symbols = t->symbols,
                .rate = t->pace.rate,
            });
    t->told_ms = now;
    t->told_rank = t->rank;
}

static void progress(struct collector *c, const struct reception_event *e, bool done)
{
    int64_t now = now_ms();
    struct transfer *t = transfer_of(c, e);
    t->rank = e->rank;
    t->symbols = e->symbols;
    pace_add(&t->pace, e->rank, now);
    if (done || now - t->told_ms >= PROGRESS_MS) {
        tell_progress(c, t, now);
    }
}

static void tell_ack(struct collector *c, const struct reception_event *e)
{
    struct ack ack;
    if (ack_read(c->cx, &e->symbol, &ack) != STATUS_OK) {
        fault_clear(c->cx);
        return;
    }
    tell(c, &(struct light_message){
                .kind = LIGHT_ACK,
                .transfer = e->symbol.transfer,
                .rank = ack.rank,
                .symbols = ack.symbols,
                .wanted = ack.wanted,
                .body = ack.body,
            });
}

/* Refusals are silent but for two that a person can do something about, and those come once. */
static void refused(struct collector *c, enum status status)
{
    if (status == STATUS_FOREIGN && !c->told_foreign) {
        c->told_foreign = true;
        tell_error(c, STATUS_FOREIGN,
                   TEXT("these codes are for machines that were paired, and "
                        "this one is not of that pair"));
    } else if (status == STATUS_LIMIT && !c->told_full) {
        c->told_full = true;
        tell_error(c, STATUS_LIMIT, TEXT("more is being shown than fits in memory here"));
    } else if (status == STATUS_NO_MEMORY) {
        tell_error(c, STATUS_NO_MEMORY, TEXT("no memory for what is being received"));
        give_up();
    }
    fault_clear(c->cx);
}

static void symbol(struct collector *c, bytes whole, bool logged)
{
    struct reception_event e;
    enum status status = reception_take(c->cx, c->reception, whole, &e);
    if (status != STATUS_OK) {
        refused(c, status);
        return;
    }
    switch (e.news) {
    case RECEPTION_PROGRESS:
    case RECEPTION_PARCEL:
        if (!logged) {
            tell(c, &(struct light_message){.kind = LIGHT_SYMBOL, .body = whole});
        }
        progress(c, &e, e.news == RECEPTION_PARCEL);
        if (e.news == RECEPTION_PARCEL) {
            tell(c, &(struct light_message){
                        .kind = LIGHT_PARCEL, .transfer = e.symbol.transfer, .body = e.parcel});
        }
        break;
    case RECEPTION_POISONED:
        progress(c, &e, true);
        break;
    case RECEPTION_ACK:
        tell_ack(c, &e);
        break;
    case RECEPTION_NOTHING:
    case RECEPTION_BEACON:
        break;
    }
}

/* Somebody else's code, unless it was told of lately. */
static void text_found(struct collector *c, bytes whole)
{
    uint8_t hash[TEXT_HASH];
    (void)crypto_generichash(hash, sizeof(hash), whole.ptr, whole.len, NULL, 0);
    size_t kept = c->texts_count < TEXTS_KEPT ? c->texts_count : TEXTS_KEPT;
    for (size_t i = 0; i < kept; i++) {
        if (memcmp(c->texts[i], hash, sizeof(hash)) == 0) {
            return;
        }
    }
    memcpy(c->texts[c->texts_count++ % TEXTS_KEPT], hash, sizeof(hash));
    tell(c, &(struct light_message){.kind = LIGHT_TEXT, .body = whole});
}

/* ---- pictures ----------------------------------------------------------------------------------
 */

static uint16_t scaled(uint16_t value, uint16_t from, uint16_t to)
{
    uint32_t at = from == 0 ? 0U : (uint32_t)value * to / from;
    return (uint16_t)(at < to ? at : to - 1U);
}

static void tell_preview(struct collector *c)
{
    const struct packet_seen *s = &c->seen;
    struct light_message m = {
        .kind = LIGHT_PREVIEW,
        .width = s->preview_width,
        .height = s->preview_height,
        .box_count = s->look.box_count,
        .body = BYTES(c->preview, (size_t)s->preview_width * s->preview_height),
    };
    for (size_t i = 0; i < m.box_count; i++) {
        m.boxes[i].read = s->look.boxes[i].read;
        for (size_t k = 0; k < 4; k++) {
            m.boxes[i].x[k] = scaled(s->look.boxes[i].x[k], s->width, s->preview_width);
            m.boxes[i].y[k] = scaled(s->look.boxes[i].y[k], s->height, s->preview_height);
        }
    }
    tell(c, &m);
}

static void preview_rows(struct collector *c, bytes packet)
{
    struct packet_rows head;
    if (packet.len < sizeof(head)) {
        return;
    }
    memcpy(&head, packet.ptr, sizeof(head));
    size_t len = (size_t)head.count * head.width;
    if (head.worker != c->seen.worker || c->seen.preview_width == 0 || head.count == 0 ||
        head.width != c->seen.preview_width || head.first != c->rows ||
        head.first + head.count > c->seen.preview_height || packet.len != sizeof(head) + len) {
        return;
    }
    memcpy(c->preview + (size_t)head.first * head.width, packet.ptr + sizeof(head), len);
    c->rows = (uint16_t)(c->rows + head.count);
    if (c->rows == c->seen.preview_height) {
        tell_preview(c);
        c->seen.preview_width = 0;
    }
}

/* A byte that is no bool must not become one. */
static bool boxes_sound(bytes packet, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = offsetof(struct packet_seen, look.boxes) + i * sizeof(struct light_box) +
                    offsetof(struct light_box, read);
        if (packet.ptr[at] > 1) {
            return false;
        }
    }
    return true;
}

static void seen(struct collector *c, bytes packet)
{
    struct packet_seen s;
    if (packet.len != sizeof(s)) {
        return;
    }
    memcpy(&s, packet.ptr, sizeof(s));
    uint8_t advice = packet.ptr[offsetof(struct packet_seen, look.advice)];
    if (s.look.box_count > LOOK_BOXES_MAX || !boxes_sound(packet, s.look.box_count) ||
        advice > LIGHT_ADVICE_TOO_FAST || s.preview_width > PREVIEW_WIDTH_MAX ||
        s.preview_height > PREVIEW_HEIGHT_MAX) {
        return;
    }
    s.look.advice = (enum light_advice)advice;
    if (s.still != 0) {
        tell(c, &(struct light_message){.kind = LIGHT_ADVICE, .code = advice});
        c->texts_count = 0; /* the next image tells all of its own */
        return;
    }
    if (advice_add(&c->advice, s.look.advice, now_ms())) {
        tell(c, &(struct light_message){.kind = LIGHT_ADVICE, .code = (uint16_t)c->advice.said});
    }
    if (s.preview_width > 0 && s.preview_height > 0) {
        c->seen = s;
        c->rows = 0;
    }
}

static void from_worker(struct collector *c, bytes packet)
{
    bytes data = BYTES(packet.ptr + 1, packet.len - 1);
    switch (packet.ptr[0]) {
    case PACKET_CODE:
        if (data.len >= 1 && data.len <= SYMBOL_BYTES_MAX) {
            if (symbol_claims(data)) {
                symbol(c, data, false);
            } else {
                text_found(c, data);
            }
        }
        break;
    case PACKET_SEEN:
        seen(c, packet);
        break;
    case PACKET_PREVIEW:
        preview_rows(c, packet);
        break;
    case PACKET_REFUSED:
        tell_error(c, STATUS_MALFORMED,
                   TEXT("this is no PNG, JPEG or PGM picture of a sensible size\n"
                        "take a photo or a screenshot of the codes, and give its file"));
        break;
    default: /* nothing a sound worker says */
        break;
    }
}

/* ---- the keeper --------------------------------------------------------------------------------
 */

static void keeper_error(struct collector *c, bytes packet)
{
    struct packet_error head;
    MUST(packet.len >= sizeof(head));
    memcpy(&head, packet.ptr, sizeof(head));
    bytes what = BYTES(packet.ptr + sizeof(head), packet.len - sizeof(head));
    tell_error(c, head.status,
               utf8_valid(what) ? (text){(const char *)what.ptr, what.len} : TEXT("it failed"));
}

static void keeper_camera(struct collector *c, bytes packet)
{
    struct packet_camera camera;
    MUST(packet.len == sizeof(camera));
    memcpy(&camera, packet.ptr, sizeof(camera));
    tell(c, &(struct light_message){.kind = LIGHT_CAMERA,
                                    .width = camera.width,
                                    .height = camera.height,
                                    .rate = camera.millifps});
}

static void keeper_link(struct collector *c, bytes data)
{
    struct link_key key;
    MUST(data.len == sizeof(key.b));
    memcpy(key.b, data.ptr, sizeof(key.b));
    enum status status = reception_link(c->cx, c->reception, &key);
    wipe(&key, sizeof(key));
    if (status != STATUS_OK) {
        tell_error(c, (uint16_t)status, TEXT("too many pairs of machines"));
        fault_clear(c->cx);
    }
}

/* What is under way is told once more, exactly; a film of less than a span gets its advice. */
static _Noreturn void end(struct collector *c)
{
    if (advice_rest(&c->advice)) {
        tell(c, &(struct light_message){.kind = LIGHT_ADVICE, .code = (uint16_t)c->advice.said});
    }
    for (size_t i = 0; i < RECEPTION_TRANSFERS; i++) {
        if (c->transfers[i].used && c->transfers[i].told_rank != c->transfers[i].rank) {
            tell_progress(c, &c->transfers[i], now_ms());
        }
    }
    _exit(0);
}

static void from_keeper(struct collector *c, bytes packet)
{
    bytes data = BYTES(packet.ptr + 1, packet.len - 1);
    switch (packet.ptr[0]) {
    case PACKET_LOST:
        tell_error(c, STATUS_MALFORMED,
                   TEXT("the reader of this picture was stopped: it took too long, or it died"));
        c->texts_count = 0;
        break;
    case PACKET_LINK:
        keeper_link(c, data);
        break;
    case PACKET_LOGGED:
        symbol(c, data, true);
        break;
    case PACKET_CAMERA:
        keeper_camera(c, packet);
        break;
    case PACKET_ERROR:
        keeper_error(c, packet);
        break;
    case PACKET_END:
        end(c);
    default:
        MUST(false);
    }
}

/* Workers first: what they said before the keeper speaks of their end was before it. */
static void serve(struct collector *c)
{
    uint8_t packet[PACKET_MAX];
    struct pollfd ends[2] = {{.fd = c->ends->results, .events = POLLIN},
                             {.fd = c->ends->control, .events = POLLIN}};
    if (poll(ends, 2, -1) < 0) {
        if (errno != EINTR) {
            give_up();
        }
        return;
    }
    if ((ends[0].revents & POLLIN) != 0) {
        size_t len = packet_read(c->ends->results, packet);
        if (len > 0) {
            from_worker(c, BYTES(packet, len));
        }
        return;
    }
    if (ends[1].revents != 0) {
        size_t len = packet_read(c->ends->control, packet);
        if (len == 0) { /* the keeper is gone, and with it everything */
            end(c);
        }
        from_keeper(c, BYTES(packet, len));
        wipe(packet, sizeof(packet));
    }
}

_Noreturn void collector_serve(struct ctx *cx, const struct collector_ends *ends)
{
    struct collector *c = NULL;
    void *memory = NULL;
    if (mem_new(cx, 1, sizeof(*c), &memory) != STATUS_OK) {
        give_up();
    }
    c = memory;
    c->cx = cx;
    c->ends = ends;
    buf_init(&c->message, LIGHT_HEAD_BYTES + LIGHT_BODY_MAX);
    if (reception_new(cx, RECEPTION_MEMORY_DEFAULT, &c->reception) != STATUS_OK ||
        guard_jail(cx, ends->memory_max, SECONDS_MAX) != STATUS_OK) {
        give_up();
    }
    for (;;) {
        serve(c);
    }
}
