/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake-camera: a V4L2 device that is none: what it offers and how it misbehaves are its members.
 */
#ifndef FAKE_CAMERA_H
#define FAKE_CAMERA_H

#include "capture.h"

enum { FAKE_BUFFERS = 4, FAKE_FORMATS = 4 };
struct fake_camera {
    struct device device; /* give &fake.device */
    /* what it is */
    int open_errno;            /* 0: it opens */
    bool no_camera, no_stream; /* QUERYCAP */
    uint32_t formats[FAKE_FORMATS];
    unsigned width, height, stride, size_image; /* 0: as asked, and what follows from it */
    unsigned fps_large;                         /* of sizes over 1280 x 720 */
    unsigned buffers, buffer_bytes;             /* 0: four, of size_image */
    int busy_errno;                             /* of STREAMON */
    /* the next frames */
    int dequeue_errno; /* instead of a frame */
    int gone_after;    /* frames, then ENODEV; -1: never */
    uint32_t flags;
    int bytes_off; /* of bytesused */
    bool wrong_index;
    void (*fill)(void *self, unsigned number, uint8_t *at, size_t len);
    void *fill_self;
    /* what happened */
    unsigned dequeued, queued, opened, closed, mapped, unmapped;
    bool streaming;
    uint32_t fourcc;
    unsigned set_width, set_height, set_size;
    uint8_t *memory[FAKE_BUFFERS];
    int fds[2]; /* always readable */
    int focus;
};
void fake_camera_init(struct fake_camera *f);

#endif
