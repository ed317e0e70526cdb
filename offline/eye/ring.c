/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring: see ring.h.
 */
#include <sys/mman.h>

#include "ring.h"

enum { HEAD_ROOM = 64 }; /* keeps pictures aligned for the machine's wide loads */
_Static_assert(sizeof(struct ring_head) <= HEAD_ROOM, "a head has room");

static size_t slot_len(const struct ring *r)
{
    return HEAD_ROOM + (r->bytes_max + HEAD_ROOM - 1) / HEAD_ROOM * HEAD_ROOM;
}

enum status ring_open(struct ctx *cx, unsigned slots, size_t bytes_max, struct ring *ret)
{
    enum status status = STATUS_OK;
    struct ring r = {.slots = slots, .bytes_max = bytes_max};
    MUST(slots >= 1 && slots <= RING_SLOTS_MAX && bytes_max <= PICTURE_DOTS_MAX);
    r.len = slots * slot_len(&r);
    void *at = mmap(NULL, r.len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
    if (at == MAP_FAILED) {
        FAIL(cx, STATUS_NO_MEMORY, "no memory for %u pictures of %zu bytes", slots, bytes_max);
    }
    r.at = at;
    *ret = r;
out:
    return status;
}

void ring_close(struct ring *r)
{
    if (r->at != NULL) {
        (void)munmap(r->at, r->len);
    }
    *r = (struct ring){.slots = 0};
}

struct ring_head *ring_head(const struct ring *r, unsigned slot)
{
    MUST(slot < r->slots);
    return (struct ring_head *)(void *)(r->at + slot * slot_len(r));
}

uint8_t *ring_data(const struct ring *r, unsigned slot)
{
    MUST(slot < r->slots);
    return r->at + slot * slot_len(r) + HEAD_ROOM;
}

bool ring_frame(const struct ring *r, unsigned slot, struct frame *ret, bool *ret_preview)
{
    volatile const struct ring_head *shared = ring_head(r, slot);
    struct ring_head head = *shared; /* read once: a neighbour may change it at any time */
    if (head.format < FRAME_GREY || head.format > FRAME_MJPEG || head.len == 0 ||
        head.len > r->bytes_max || !picture_fits(head.width, head.height)) {
        return false;
    }
    *ret = (struct frame){(enum frame_format)head.format,
                          head.width,
                          head.height,
                          head.stride,
                          ring_data(r, slot),
                          head.len};
    *ret_preview = head.preview != 0;
    return true;
}
