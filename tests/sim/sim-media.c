/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk and the sticks under this process. The linker puts these functions in front of libc's
 * (--wrap), for SQLCipher's calls too, so that any change to a file can be the last thing a machine
 * did, or find no room. A power cut that takes back what was not synced is tests/fault's.
 */
#include "sim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct {
    enum media_fault fault;
    char below[64];
    uint64_t at, count;
    bool failed;
} media;

void media_arm(enum media_fault fault, const char *below, uint64_t at)
{
    media.fault = fault;
    media.at = at;
    media.count = 0;
    media.failed = false;
    snprintf(media.below, sizeof media.below, "%s", below);
}

bool media_disarm(void)
{
    media.fault = MEDIA_SOUND;
    return media.failed;
}

static bool is_watched(int fd)
{
    char link[64], path[FOLDER_MAX];
    if (media.below[0] == '\0') {
        return true;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    path[len > 0 ? len : 0] = '\0';
    return strstr(path, media.below) != NULL;
}

/* It is the turn of this change; whoever dies, dies here. */
static bool goes_wrong(int fd, bool needs_room)
{
    if (media.fault == MEDIA_SOUND || !is_watched(fd)) {
        return false;
    }
    media.count++;
    switch (media.fault) {
    case MEDIA_DIES:
        if (media.count == media.at) {
            _exit(MEDIA_DIED);
        }
        return false;
    case MEDIA_FULL:
        if (needs_room && media.count >= media.at) {
            media.failed = true;
            errno = ENOSPC;
            return true;
        }
        return false;
    case MEDIA_TORN:
    case MEDIA_SOUND:
        break;
    }
    return false;
}

static bool is_torn(void)
{
    return media.fault == MEDIA_TORN && media.count == media.at;
}

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    if (goes_wrong(fd, true)) {
        return -1;
    }
    if (is_torn()) {
        (void)!__real_write(fd, data, len / 2);
        _exit(MEDIA_DIED);
    }
    return __real_write(fd, data, len);
}

ssize_t __real_pwrite64(int fd, const void *data, size_t len, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t len, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t len, off_t at)
{
    if (goes_wrong(fd, true)) {
        return -1;
    }
    if (is_torn()) {
        (void)!__real_pwrite64(fd, data, len / 2, at);
        _exit(MEDIA_DIED);
    }
    return __real_pwrite64(fd, data, len, at);
}

/* Where the tests run nothing has to outlive the machine: a sync is a change that can go wrong. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    return goes_wrong(fd, true) ? -1 : 0;
}

int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
    return goes_wrong(fd, true) ? -1 : 0;
}

int __real_ftruncate64(int fd, off_t len);
int __wrap_ftruncate64(int fd, off_t len);
int __wrap_ftruncate64(int fd, off_t len)
{
    return goes_wrong(fd, false) ? -1 : __real_ftruncate64(fd, len);
}

int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return goes_wrong(to_dir, true) ? -1 : __real_renameat(from_dir, from, to_dir, to);
}

int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags)
{
    return goes_wrong(dir, false) ? -1 : __real_unlinkat(dir, name, flags);
}
