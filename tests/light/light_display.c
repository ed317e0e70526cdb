/* SPDX-License-Identifier: Apache-2.0 */
/*
 * light_display: what valise-show would put on a display, picture after picture for ever, on a
 * pipe: width and height (2 bytes each, little endian), then a byte for each square. A program of
 * its own because showing and seeing both have their `struct picture`.
 *
 *   light_display LAYOUT PIECES SEED
 */
#include <stdio.h>
#include <stdlib.h>

#include "press.h"
#include "seeded.h"

enum { BEACON_SECONDS = 2 };

static bool picture_put(const struct picture *p)
{
    const uint8_t head[4] = {(uint8_t)p->width, (uint8_t)(p->width >> 8), (uint8_t)p->height,
                             (uint8_t)(p->height >> 8)};
    size_t dots = (size_t)p->width * p->height;
    return fwrite(head, 1, 4, stdout) == 4 && fwrite(p->dots, 1, dots, stdout) == dots &&
           fflush(stdout) == 0;
}

static enum status show(struct ctx *cx, const struct profile *profile, uint16_t pieces,
                        uint64_t seed)
{
    enum status status = STATUS_OK;
    struct press *press = NULL;
    struct picture picture = {.dots = NULL};
    struct buf parcel;
    buf_init(&parcel, PARCEL_BYTES_MAX);
    TRY(seeded_parcel(cx, seed, pieces, &parcel));
    const struct press_job job = {.transfer = seeded_transfer(seed), .parcel = buf_view(&parcel)};
    const struct layout layout = {profile->cols, profile->rows, profile->version, profile->fps};
    TRY(press_new(cx, &job, &press));
    TRY(press_set(cx, press, &layout));
    TRY(canvas_draw(cx, press_canvas(press), &picture));
    for (uint64_t number = 0;; number++) {
        TRY(press_frame(cx, press, number % (BEACON_SECONDS * profile->fps) == 0, &picture));
        if (!picture_put(&picture)) {
            break; /* nobody looks any more */
        }
    }
out:
    picture_free(&picture);
    press_free(&press);
    buf_finish(&parcel);
    return status;
}

int main(int argc, char **argv)
{
    struct ctx cx;
    struct profile profile;
    ctx_init(&cx, system_real());
    if (argc != 4 || !seeded_layout(argv[1], &profile)) {
        (void)fprintf(stderr, "usage: light_display LAYOUT PIECES SEED\n");
        return 2;
    }
    uint16_t pieces = (uint16_t)strtoul(argv[2], NULL, 10);
    if (show(&cx, &profile, pieces, strtoull(argv[3], NULL, 10)) != STATUS_OK) {
        (void)fprintf(stderr, "light_display: error: %s\n", cx.fault.what);
        return 1;
    }
    return 0;
}
