/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture: see capture.h. Four buffers are shared with the driver; the newest frame is what counts.
 */
#include <errno.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"

enum {
    BUFFERS = 4,
    BUFFERS_MIN = 2,
    WIDTH_MIN = 160,
    HEIGHT_MIN = 120,
    BAD_IN_A_ROW_MAX = 100,
    MILLIFPS_SLOW = 14000
};

struct capture {
    const struct device *device;
    int fd;
    struct capture_mode mode;
    struct buffer {
        uint8_t *at;
        size_t len;
    } buffers[BUFFERS];
    unsigned count;
    bool streaming;
    bool held; /* a frame is out */
    unsigned held_index;
    unsigned bad; /* damaged frames in a row */
    bool focus_held;
};

static const struct {
    uint32_t fourcc;
    enum frame_format format;
    unsigned bits; /* a dot, all told; 0: as many as it takes */
    unsigned row;  /* bytes a dot in the rows we read */
} formats[] = {
    {V4L2_PIX_FMT_MJPEG, FRAME_MJPEG, 0, 0}, {V4L2_PIX_FMT_JPEG, FRAME_MJPEG, 0, 0},
    {V4L2_PIX_FMT_NV12, FRAME_NV12, 12, 1},  {V4L2_PIX_FMT_YUYV, FRAME_YUYV, 16, 2},
    {V4L2_PIX_FMT_GREY, FRAME_GREY, 8, 1},
};
enum { FORMATS = sizeof(formats) / sizeof(formats[0]) };

/* Sizes that are tried; raw formats are slow when they are large. */
static const struct {
    unsigned width, height;
} sizes[] = {{CAPTURE_WIDTH, CAPTURE_HEIGHT}, {1280, 720}, {640, 480}};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static int ask(const struct capture *c, unsigned long what, void *argument)
{
    return c->device->ioctl(c->device->self, c->fd, what, argument);
}

static enum status gone(struct ctx *cx, int error, const char *doing)
{
    if (error == ENODEV || error == ENXIO) {
        (void)fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__,
                        "the camera is gone: it was unplugged or switched off");
        return fault_hint(cx, "plug it in and start again; what was received is kept");
    }
    return fault_set(cx, STATUS_IO, __FILE__, __LINE__, "the camera fails at %s: error %d", doing,
                     error);
}

static enum status device_open(struct ctx *cx, struct capture *c, const char *path)
{
    enum status status = STATUS_OK;
    c->fd = c->device->open(c->device->self, path);
    if (c->fd >= 0) {
        goto out;
    }
    switch (errno) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
        (void)fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "there is no camera at '%s'",
                        path);
        status = fault_hint(cx, "look for /dev/video*; most often it is /dev/video0");
        break;
    case EACCES:
    case EPERM:
        (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__, "you may not use the camera '%s'",
                        path);
        status = fault_hint(cx, "your user must be in the group 'video', or sit at this machine");
        break;
    case EBUSY:
        (void)fault_set(cx, STATUS_BUSY, __FILE__, __LINE__, "another program uses the camera '%s'",
                        path);
        status = fault_hint(cx, "close it and start again");
        break;
    default:
        status = gone(cx, errno, "opening");
    }
out:
    return status;
}

static enum status capabilities(struct ctx *cx, struct capture *c)
{
    enum status status = STATUS_OK;
    struct v4l2_capability cap = {.version = 0};
    if (ask(c, VIDIOC_QUERYCAP, &cap) != 0) {
        if (errno == ENOTTY || errno == EINVAL) {
            FAIL(cx, STATUS_UNSUPPORTED, "the device is no camera");
        }
        TRY(gone(cx, errno, "its capabilities"));
    }
    uint32_t caps =
        (cap.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? cap.device_caps : cap.capabilities;
    if ((caps & V4L2_CAP_VIDEO_CAPTURE) == 0 || (caps & V4L2_CAP_STREAMING) == 0) {
        (void)fault_set(cx, STATUS_UNSUPPORTED, __FILE__, __LINE__,
                        "the device gives no pictures that we could take");
        status = fault_hint(cx, "cameras often have two devices: try the one before, /dev/video0");
    }
out:
    return status;
}

/* What the driver made of our wish, if it can be true. */
static enum status agreed(struct ctx *cx, struct capture *c, size_t i,
                          const struct v4l2_pix_format *pix)
{
    enum status status = STATUS_OK;
    size_t row = (size_t)pix->width * formats[i].row;
    size_t least = (size_t)pix->width * pix->height * formats[i].bits / 8;
    if (pix->width < WIDTH_MIN || pix->height < HEIGHT_MIN || pix->width > CAPTURE_WIDTH_MAX ||
        pix->height > CAPTURE_HEIGHT_MAX || pix->sizeimage == 0 ||
        pix->sizeimage > CAPTURE_BYTES_MAX || pix->sizeimage < least ||
        (formats[i].row > 0 && pix->bytesperline < row) || pix->bytesperline > CAPTURE_BYTES_MAX) {
        FAIL(cx, STATUS_MALFORMED, "the camera speaks of pictures of %u x %u dots in %u bytes",
             pix->width, pix->height, pix->sizeimage);
    }
    c->mode = (struct capture_mode){
        .format = formats[i].format,
        .width = pix->width,
        .height = pix->height,
        .stride = formats[i].row > 0 ? pix->bytesperline : 0,
        .bytes_max = pix->sizeimage,
    };
out:
    return status;
}

/* Asks for 30 a second; what it will be, in thousandths, or 0. */
static unsigned rate(const struct capture *c)
{
    struct v4l2_streamparm p = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    p.parm.capture.timeperframe = (struct v4l2_fract){1, 30};
    if (ask(c, VIDIOC_S_PARM, &p) != 0) {
        return 0;
    }
    const struct v4l2_fract *t = &p.parm.capture.timeperframe;
    uint64_t rate = t->numerator == 0 ? 0 : (uint64_t)t->denominator * 1000 / t->numerator;
    return rate > 1000000 ? 0 : (unsigned)rate;
}

/* One wish; *ret_fits is false when the camera has it not. */
static enum status wish(struct ctx *cx, struct capture *c, size_t i, size_t size, bool *ret_fits)
{
    enum status status = STATUS_OK;
    struct v4l2_format f = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    f.fmt.pix.width = sizes[size].width;
    f.fmt.pix.height = sizes[size].height;
    f.fmt.pix.pixelformat = formats[i].fourcc;
    f.fmt.pix.field = V4L2_FIELD_NONE;
    *ret_fits = false;
    if (ask(c, VIDIOC_S_FMT, &f) != 0) {
        if (errno == EBUSY) {
            (void)fault_set(cx, STATUS_BUSY, __FILE__, __LINE__, "another program uses the camera");
            TRY(fault_hint(cx, "close it and start again"));
        }
        if (errno != EINVAL) {
            TRY(gone(cx, errno, "agreeing on a format"));
        }
        goto out;
    }
    if (f.fmt.pix.pixelformat != formats[i].fourcc) {
        goto out;
    }
    TRY(agreed(cx, c, i, &f.fmt.pix));
    c->mode.millifps = rate(c);
    *ret_fits = true;
out:
    return status;
}

static enum status negotiate(struct ctx *cx, struct capture *c)
{
    enum status status = STATUS_OK;
    bool fits = false;
    for (size_t i = 0; i < FORMATS; i++) {
        for (size_t size = 0; size < SIZES; size++) {
            TRY(wish(cx, c, i, size, &fits));
            if (!fits) {
                break; /* the format is not there in any size */
            }
            if (c->mode.millifps == 0 || c->mode.millifps >= MILLIFPS_SLOW || size + 1 == SIZES) {
                goto out;
            }
        }
    }
    (void)fault_set(cx, STATUS_UNSUPPORTED, __FILE__, __LINE__,
                    "the camera has no format we know: MJPEG, NV12, YUYV, GREY");
    status = fault_hint(cx, "use another camera, or take pictures and read their files");
out:
    return status;
}

static enum status queue(struct ctx *cx, struct capture *c, unsigned index)
{
    struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    b.index = index;
    return ask(c, VIDIOC_QBUF, &b) == 0 ? STATUS_OK : gone(cx, errno, "taking back a buffer");
}

static enum status buffers(struct ctx *cx, struct capture *c)
{
    enum status status = STATUS_OK;
    struct v4l2_requestbuffers r = {
        .count = BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    if (ask(c, VIDIOC_REQBUFS, &r) != 0) {
        TRY(gone(cx, errno, "making buffers"));
    }
    unsigned count = r.count < BUFFERS ? r.count : BUFFERS;
    if (count < BUFFERS_MIN) {
        FAIL(cx, STATUS_UNSUPPORTED, "the camera gives only %u buffers", r.count);
    }
    for (unsigned i = 0; i < count; i++) {
        struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
        b.index = i;
        if (ask(c, VIDIOC_QUERYBUF, &b) != 0) {
            TRY(gone(cx, errno, "a buffer"));
        }
        if (b.length == 0 || b.length > CAPTURE_BYTES_MAX) {
            FAIL(cx, STATUS_MALFORMED, "the camera speaks of buffers of %u bytes", b.length);
        }
        c->buffers[i].at = c->device->map(c->device->self, c->fd, b.length, b.m.offset);
        if (c->buffers[i].at == NULL) {
            FAIL(cx, STATUS_NO_MEMORY, "no memory for the camera's pictures");
        }
        c->buffers[i].len = b.length;
        c->count = i + 1;
        TRY(queue(cx, c, i));
    }
out:
    return status;
}

static void control(const struct capture *c, uint32_t id, int32_t value)
{
    struct v4l2_control set = {.id = id, .value = value};
    (void)ask(c, VIDIOC_S_CTRL, &set); /* many cameras have not all of them */
}

enum status capture_open(struct ctx *cx, const struct device *device, const char *path,
                         struct capture **ret)
{
    enum status status = STATUS_OK;
    struct capture *c = NULL;
    void *memory = NULL;
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    TRY(mem_new(cx, 1, sizeof(*c), &memory));
    c = memory;
    c->device = device;
    c->fd = -1;
    TRY(device_open(cx, c, path));
    TRY(capabilities(cx, c));
    TRY(negotiate(cx, c));
    /* in the dark many halve their rate; lamps flicker */
    control(c, V4L2_CID_EXPOSURE_AUTO_PRIORITY, 0);
    control(c, V4L2_CID_POWER_LINE_FREQUENCY, V4L2_CID_POWER_LINE_FREQUENCY_AUTO);
    control(c, V4L2_CID_FOCUS_AUTO, 1);
    TRY(buffers(cx, c));
    if (ask(c, VIDIOC_STREAMON, &type) != 0) {
        if (errno == EBUSY) {
            (void)fault_set(cx, STATUS_BUSY, __FILE__, __LINE__, "another program uses the camera");
            TRY(fault_hint(cx, "close it and start again"));
        }
        TRY(gone(cx, errno, "starting"));
    }
    c->streaming = true;
    *ret = c;
    c = NULL;
out:
    capture_close(&c);
    return status;
}

void capture_close(struct capture **c)
{
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    if (*c == NULL) {
        return;
    }
    const struct device *d = (*c)->device;
    if ((*c)->streaming) {
        (void)ask(*c, VIDIOC_STREAMOFF, &type);
    }
    for (unsigned i = 0; i < (*c)->count; i++) {
        d->unmap(d->self, (*c)->buffers[i].at, (*c)->buffers[i].len);
    }
    if ((*c)->fd >= 0) {
        d->close(d->self, (*c)->fd);
    }
    free(*c);
    *c = NULL;
}

int capture_fd(const struct capture *c)
{
    return c->fd;
}

const struct capture_mode *capture_mode(const struct capture *c)
{
    return &c->mode;
}

/* A frame that is shorter than its rows or longer than its buffer is no frame. */
static bool whole(const struct capture *c, const struct v4l2_buffer *b)
{
    size_t rows = (size_t)c->mode.stride * c->mode.height;
    return (b->flags & V4L2_BUF_FLAG_ERROR) == 0 && b->bytesused > 0 && b->bytesused >= rows &&
           b->bytesused <= c->buffers[b->index].len && b->bytesused <= c->mode.bytes_max;
}

enum status capture_next(struct ctx *cx, struct capture *c, bool *ret_got, struct frame *ret_frame)
{
    enum status status = STATUS_OK;
    struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    MUST(!c->held);
    *ret_got = false;
    if (ask(c, VIDIOC_DQBUF, &b) != 0) {
        if (errno == EAGAIN) {
            goto out;
        }
        if (errno != EIO || ++c->bad > BAD_IN_A_ROW_MAX) {
            TRY(gone(cx, errno, "giving a picture"));
        }
        goto out; /* a lost transfer; the next may be whole */
    }
    if (b.index >= c->count) {
        FAIL(cx, STATUS_MALFORMED, "the camera gives a buffer that is not there");
    }
    if (!whole(c, &b)) {
        if (++c->bad > BAD_IN_A_ROW_MAX) {
            FAIL(cx, STATUS_IO, "the camera gives nothing but damaged pictures");
        }
        TRY(queue(cx, c, b.index));
        goto out;
    }
    c->bad = 0;
    c->held = true;
    c->held_index = b.index;
    *ret_frame = (struct frame){c->mode.format, c->mode.width,          c->mode.height,
                                c->mode.stride, c->buffers[b.index].at, b.bytesused};
    *ret_got = true;
out:
    return status;
}

enum status capture_done(struct ctx *cx, struct capture *c)
{
    MUST(c->held);
    c->held = false;
    return queue(cx, c, c->held_index);
}

void capture_hold_focus(struct capture *c, bool hold)
{
    if (hold != c->focus_held) {
        control(c, V4L2_CID_FOCUS_AUTO, hold ? 0 : 1);
        c->focus_held = hold;
    }
}
