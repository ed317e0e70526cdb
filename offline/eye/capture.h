/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture: frames from a camera, by V4L2 and nothing else. It copies no dot and understands none:
 * what comes is handed to a worker in a jail. What the driver says is checked, because a camera is
 * whatever was plugged in.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "base.h"
#include "picture.h"

/* What a camera is asked through; tests have one that is none. errno says why, as in the calls of
 * these names. */
struct device {
    int (*open)(void *self, const char *path);
    int (*ioctl)(void *self, int fd, unsigned long what, void *argument);
    void *(*map)(void *self, int fd, size_t len, int64_t offset); /* NULL: failed */
    void (*unmap)(void *self, void *at, size_t len);
    void (*close)(void *self, int fd);
    void *self;
};
const struct device *device_real(void);

enum {
    CAPTURE_BYTES_MAX = 32 * 1024 * 1024, /* of a frame; 4K in YUYV is 16.6 million */
    CAPTURE_WIDTH_MAX = 4096,
    CAPTURE_HEIGHT_MAX = 4096,
    CAPTURE_WIDTH = 1920, /* asked for: what laptops' cameras give 30 times a second as MJPEG */
    CAPTURE_HEIGHT = 1080,
};

struct capture;
struct capture_mode {
    enum frame_format format;
    unsigned width, height, stride;
    size_t bytes_max;  /* of a frame */
    unsigned millifps; /* 0: the driver does not say */
};
/* Opens, agrees on a format (MJPEG, then NV12, YUYV, GREY) and begins. NOT_FOUND: no such device;
 * DENIED; BUSY: somebody else has it; UNSUPPORTED: it is no camera, or has no format we know;
 * MALFORMED: what it says of itself cannot be; IO. */
enum status capture_open(struct ctx *cx, const struct device *device, const char *path,
                         struct capture **ret) MUST_USE;
void capture_close(struct capture **c);  /* NULL is fine */
int capture_fd(const struct capture *c); /* to wait for */
const struct capture_mode *capture_mode(const struct capture *c);
/* The next frame, if there is a whole one: *ret_frame borrows it until capture_done(). Damaged ones
 * are left out. NOT_FOUND: the camera is gone; IO: it gives nothing but errors. */
enum status capture_next(struct ctx *cx, struct capture *c, bool *ret_got,
                         struct frame *ret_frame) MUST_USE;
enum status capture_done(struct ctx *cx, struct capture *c) MUST_USE;
/* Hunting for the focus costs frames: off while codes are read, on again when they are not. */
void capture_hold_focus(struct capture *c, bool hold);

#endif
