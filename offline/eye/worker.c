/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker: see worker.h. A worker that fails says nothing and exits: who watches it makes another.
 * The watch over its time is the keeper's; the limit here is a second fence.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "guard.h"
#include "worker.h"

enum {
    LONG_SECONDS = 24 * 60 * 60, /* of computing, in all; one picture is the keeper's business */
    IMAGE_SECONDS = 20,
};

static void visit(void *self, const uint8_t *data, size_t len)
{
    const struct worker *w = self;
    if (len <= SYMBOL_BYTES_MAX && !packet_write_bytes(w->results, PACKET_CODE, BYTES(data, len))) {
        _exit(1);
    }
}

static bool byte_read(int fd, uint8_t *ret)
{
    ssize_t got = -1;
    do {
        got = read(fd, ret, 1);
    } while (got < 0 && errno == EINTR);
    return got == 1;
}

static void say_done(const struct worker *w, uint8_t slot, bool read_any)
{
    const struct worker_done done = {w->serial, w->number, slot, read_any};
    if (!packet_write(w->done, &done, sizeof(done))) {
        _exit(1);
    }
}

/* How many dots become one in a preview. */
static unsigned shrink_of(const struct picture *p)
{
    unsigned n = 1;
    while (p->width / n > PREVIEW_WIDTH_MAX || p->height / n > PREVIEW_HEIGHT_MAX) {
        n++;
    }
    return n;
}

static bool preview(const struct worker *w, const struct picture *small)
{
    struct packet_rows head = {
        .kind = PACKET_PREVIEW, .worker = w->number, .width = (uint16_t)small->width};
    unsigned rows_max = (PACKET_MAX - sizeof(head)) / small->width;
    for (unsigned y = 0; y < small->height; y += head.count) {
        uint8_t packet[PACKET_MAX];
        head.first = (uint16_t)y;
        head.count = (uint16_t)(small->height - y < rows_max ? small->height - y : rows_max);
        memcpy(packet, &head, sizeof(head));
        memcpy(packet + sizeof(head), small->dots + (size_t)y * small->width,
               (size_t)head.count * small->width);
        if (!packet_write(w->results, packet, sizeof(head) + (size_t)head.count * small->width)) {
            return false;
        }
    }
    return true;
}

/* All that is done to one picture; false when it cannot go on. */
static bool look_at(const struct worker *w, struct looker *looker, const struct picture *p,
                    bool still, struct picture *small, bool *ret_read)
{
    struct packet_seen seen = {.kind = PACKET_SEEN, .worker = w->number, .still = still};
    struct worker here = *w;
    if (!looker_see(looker, p, still, visit, &here, &seen.look)) {
        return false;
    }
    seen.width = (uint16_t)p->width;
    seen.height = (uint16_t)p->height;
    *ret_read = seen.look.codes_read > 0;
    if (small != NULL) {
        if (!picture_shrink(p, shrink_of(p), small)) {
            return false;
        }
        seen.preview_width = (uint16_t)small->width;
        seen.preview_height = (uint16_t)small->height;
    }
    return packet_write(w->results, &seen, sizeof(seen)) && (small == NULL || preview(w, small));
}

_Noreturn void worker_serve(struct ctx *cx, const struct worker *w, const struct ring *ring)
{
    struct picture picture = {.dots = NULL}, small = {.dots = NULL};
    struct looker *looker = looker_new();
    uint8_t slot = 0;
    if (looker == NULL || guard_jail(cx, w->memory_max, LONG_SECONDS) != STATUS_OK) {
        _exit(1);
    }
    while (byte_read(w->jobs, &slot)) {
        struct frame frame;
        bool wants_preview = false, read_any = false;
        if (slot < ring->slots && ring_frame(ring, slot, &frame, &wants_preview) &&
            frame_luma(&frame, &picture) &&
            !look_at(w, looker, &picture, false, wants_preview ? &small : NULL, &read_any)) {
            _exit(1);
        }
        say_done(w, slot, read_any);
    }
    _exit(0);
}

_Noreturn void worker_image(struct ctx *cx, const struct worker *w, bytes image)
{
    struct picture picture = {.dots = NULL};
    struct looker *looker = looker_new();
    bool read_any = false;
    if (looker == NULL || guard_jail(cx, w->memory_max, IMAGE_SECONDS) != STATUS_OK) {
        _exit(1);
    }
    bool told = picture_read(image.ptr, image.len, &picture)
                    ? look_at(w, looker, &picture, true, NULL, &read_any)
                    : packet_write_bytes(w->results, PACKET_REFUSED, BYTES(NULL, 0));
    if (told) {
        say_done(w, FILM_SLOT_END, read_any);
    }
    _exit(told ? 0 : 1);
}

static size_t film_read(void *self, uint8_t *out, size_t max)
{
    const int *fd = self;
    ssize_t got = -1;
    do {
        got = read(*fd, out, max);
    } while (got < 0 && errno == EINTR);
    return got > 0 ? (size_t)got : 0;
}

_Noreturn void worker_film(struct ctx *cx, const struct worker *w, const struct ring *ring,
                           int film)
{
    struct film f = {.read = film_read, .self = &film};
    uint8_t slot = 0;
    if (guard_jail(cx, w->memory_max, LONG_SECONDS) != STATUS_OK) {
        _exit(1);
    }
    while (byte_read(w->jobs, &slot) && slot < ring->slots) {
        unsigned width = 0, height = 0;
        enum film_next next =
            film_next(&f, ring_data(ring, slot), ring->bytes_max, &width, &height);
        if (next != FILM_FRAME) {
            say_done(w, next == FILM_END ? FILM_SLOT_END : FILM_SLOT_BROKEN, false);
            _exit(0);
        }
        struct ring_head *head = ring_head(ring, slot);
        *head = (struct ring_head){
            .format = FRAME_GREY,
            .width = width,
            .height = height,
            .stride = width,
            .len = width * height,
            .preview = head->preview,
        };
        say_done(w, slot, false);
    }
    _exit(0);
}
