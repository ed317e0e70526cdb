/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake-camera: see fake-camera.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake-camera.h"

static int refuse(int error)
{
    errno = error;
    return -1;
}

static int fake_open(void *self, const char *path)
{
    struct fake_camera *f = self;
    (void)path;
    if (f->open_errno != 0) {
        return refuse(f->open_errno);
    }
    if (pipe2(f->fds, O_CLOEXEC) != 0 || write(f->fds[1], "x", 1) != 1) {
        abort();
    }
    f->opened++;
    return f->fds[0];
}

static int set_format(struct fake_camera *f, struct v4l2_pix_format *pix)
{
    bool there = false;
    for (size_t i = 0; i < FAKE_FORMATS; i++) {
        there = there || (f->formats[i] != 0 && f->formats[i] == pix->pixelformat);
    }
    if (!there) {
        pix->pixelformat = f->formats[0]; /* drivers give what they have */
    }
    unsigned a_dot = pix->pixelformat == V4L2_PIX_FMT_YUYV ? 2 : 1;
    pix->width = f->width != 0 ? f->width : pix->width;
    pix->height = f->height != 0 ? f->height : pix->height;
    pix->bytesperline = pix->pixelformat == V4L2_PIX_FMT_MJPEG ? 0 : pix->width * a_dot;
    pix->bytesperline = f->stride != 0 ? f->stride : pix->bytesperline;
    pix->sizeimage = pix->pixelformat == V4L2_PIX_FMT_NV12 ? pix->width * pix->height * 3 / 2
                                                           : pix->width * pix->height * a_dot;
    pix->sizeimage = f->size_image != 0 ? f->size_image : pix->sizeimage;
    f->fourcc = pix->pixelformat;
    f->set_width = pix->width;
    f->set_height = pix->height;
    f->set_size = pix->sizeimage;
    return 0;
}

static unsigned buffer_len(const struct fake_camera *f)
{
    return f->buffer_bytes != 0 ? f->buffer_bytes : f->set_size;
}

static int dequeue(struct fake_camera *f, struct v4l2_buffer *b)
{
    if (f->gone_after >= 0 && f->dequeued >= (unsigned)f->gone_after) {
        return refuse(ENODEV);
    }
    if (f->dequeue_errno != 0) {
        return refuse(f->dequeue_errno);
    }
    b->index = f->wrong_index ? 77 : f->dequeued % (f->buffers != 0 ? f->buffers : FAKE_BUFFERS);
    b->flags = f->flags;
    b->bytesused = (uint32_t)((int)f->set_size + f->bytes_off);
    if (f->fill != NULL && b->index < FAKE_BUFFERS) {
        f->fill(f->fill_self, f->dequeued, f->memory[b->index], f->set_size);
    }
    f->dequeued++;
    return 0;
}

static int fake_ioctl(void *self, int fd, unsigned long what, void *argument)
{
    struct fake_camera *f = self;
    (void)fd;
    switch (what) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *cap = argument;
        if (f->no_camera) {
            return refuse(ENOTTY);
        }
        cap->capabilities = V4L2_CAP_DEVICE_CAPS | V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        cap->device_caps = V4L2_CAP_VIDEO_CAPTURE | (f->no_stream ? 0 : V4L2_CAP_STREAMING);
        return 0;
    }
    case VIDIOC_S_FMT:
        return set_format(f, &((struct v4l2_format *)argument)->fmt.pix);
    case VIDIOC_S_PARM: {
        struct v4l2_streamparm *p = argument;
        unsigned fps = f->set_width > 1280 && f->fps_large != 0 ? f->fps_large : 30;
        p->parm.capture.timeperframe = (struct v4l2_fract){1, fps};
        return 0;
    }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *r = argument;
        r->count = f->buffers != 0 ? f->buffers : r->count;
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *b = argument;
        b->length = buffer_len(f);
        b->m.offset = b->index;
        return 0;
    }
    case VIDIOC_QBUF:
        f->queued++;
        return 0;
    case VIDIOC_DQBUF:
        return dequeue(f, argument);
    case VIDIOC_STREAMON:
        if (f->busy_errno != 0) {
            return refuse(f->busy_errno);
        }
        f->streaming = true;
        return 0;
    case VIDIOC_STREAMOFF:
        f->streaming = false;
        return 0;
    case VIDIOC_S_CTRL: {
        const struct v4l2_control *c = argument;
        if (c->id == V4L2_CID_FOCUS_AUTO) {
            f->focus = c->value;
            return 0;
        }
        return refuse(EINVAL);
    }
    default:
        return refuse(ENOTTY);
    }
}

static void *fake_map(void *self, int fd, size_t len, int64_t offset)
{
    struct fake_camera *f = self;
    (void)fd;
    if (offset >= FAKE_BUFFERS) {
        return NULL;
    }
    f->memory[offset] = calloc(1, len);
    f->mapped++;
    return f->memory[offset];
}

static void fake_unmap(void *self, void *at, size_t len)
{
    struct fake_camera *f = self;
    (void)len;
    free(at);
    f->unmapped++;
}

static void fake_close(void *self, int fd)
{
    struct fake_camera *f = self;
    (void)close(fd);
    (void)close(f->fds[1]);
    f->closed++;
}

void fake_camera_init(struct fake_camera *f)
{
    *f = (struct fake_camera){
        .device = {fake_open, fake_ioctl, fake_map, fake_unmap, fake_close, f},
        .formats = {V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_YUYV},
        .gone_after = -1,
        .fds = {-1, -1},
    };
}
