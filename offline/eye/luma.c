/* SPDX-License-Identifier: Apache-2.0 */
/*
 * luma: the grey part of what cameras give. Sizes and lengths come from a driver and from a device
 * that may be anybody's: nothing is read beyond the frame.
 */
#include <string.h>

#include "picture.h"

static bool rows(const struct frame *f, unsigned bytes_a_dot, struct picture *ret)
{
    size_t row = (size_t)f->width * bytes_a_dot;
    if (!picture_fits(f->width, f->height) || f->stride < row ||
        (size_t)f->stride * (f->height - 1) + row > f->len ||
        !picture_size(ret, f->width, f->height)) {
        return false;
    }
    for (unsigned y = 0; y < f->height; y++) {
        const uint8_t *from = f->data + (size_t)y * f->stride;
        uint8_t *to = ret->dots + (size_t)y * f->width;
        if (bytes_a_dot == 1) {
            memcpy(to, from, f->width);
        } else {
            for (unsigned x = 0; x < f->width; x++) {
                to[x] = from[2 * x];
            }
        }
    }
    return true;
}

bool frame_luma(const struct frame *f, struct picture *ret)
{
    switch (f->format) {
    case FRAME_GREY:
    case FRAME_NV12:
        return rows(f, 1, ret);
    case FRAME_YUYV:
        return rows(f, 2, ret);
    case FRAME_MJPEG:
        return picture_read_jpeg(f->data, f->len, ret) && ret->width == f->width &&
               ret->height == f->height;
    }
    return false;
}
