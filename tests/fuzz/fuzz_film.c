/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is a film, or, when it begins with 'F', a frame of a camera: format, width, height,
 * stride (two bytes each but the first, little endian), then its data. Oracle: sizes are within
 * what was given, and no byte is read beyond it.
 */
#include <stdlib.h>
#include <string.h>

#include "picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { ROOM = 64 * 1024, FRAMES_MAX = 64, HEAD = 8 };

struct tape {
    const uint8_t *at;
    size_t len;
};

static size_t tape_read(void *self, uint8_t *out, size_t max)
{
    struct tape *t = self;
    size_t n = max < t->len ? max : t->len;
    n = n > 100 ? 100 : n;
    if (n > 0) {
        memcpy(out, t->at, n);
        t->at += n;
        t->len -= n;
    }
    return n;
}

static unsigned two(const uint8_t *at)
{
    return at[0] | (unsigned)at[1] << 8;
}

static void frame(const uint8_t *data, size_t len)
{
    struct picture p = {.dots = NULL};
    const struct frame f = {(enum frame_format)(1 + data[1] % 4),
                            two(data + 2),
                            two(data + 4),
                            two(data + 6),
                            data + HEAD,
                            len - HEAD};
    if (frame_luma(&f, &p) && (p.width != f.width || p.height != f.height)) {
        abort();
    }
    picture_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t room[ROOM];
    struct tape t = {data, len};
    struct film film = {.read = tape_read, .self = &t};
    unsigned width = 0, height = 0;

    if (len > HEAD && data[0] == 'F') {
        frame(data, len);
        return 0;
    }
    for (int i = 0; i < FRAMES_MAX; i++) {
        if (film_next(&film, room, sizeof room, &width, &height) != FILM_FRAME) {
            break;
        }
        if ((size_t)width * height > sizeof room) {
            abort();
        }
    }
    return 0;
}
