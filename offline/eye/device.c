/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device: the calls behind capture.c on a real machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture.h"

static int real_open(void *self, const char *path)
{
    (void)self;
    return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static int real_ioctl(void *self, int fd, unsigned long what, void *argument)
{
    int rc = -1;
    (void)self;
    do {
        rc = ioctl(fd, what, argument);
    } while (rc < 0 && errno == EINTR);
    return rc;
}

static void *real_map(void *self, int fd, size_t len, int64_t offset)
{
    (void)self;
    void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
    return at == MAP_FAILED ? NULL : at;
}

static void real_unmap(void *self, void *at, size_t len)
{
    (void)self;
    (void)munmap(at, len);
}

static void real_close(void *self, int fd)
{
    (void)self;
    (void)close(fd);
}

const struct device *device_real(void)
{
    static const struct device real = {real_open,  real_ioctl, real_map,
                                       real_unmap, real_close, NULL};
    return &real;
}
