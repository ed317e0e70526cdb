/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files whose old bytes must not be read again: they are overwritten where they lie and only then
 * let go. On magnetic disks and on file systems that write in place that is the end of them. Flash
 * and copy-on-write file systems may keep the old blocks for a while; nothing a program does can
 * change that, and whoever calls this says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard-int.h"

enum { SHRED_CHUNK = 4096 };

/* A regular file to be overwritten; -1 with errno. */
static int open_writable(const char *path, struct stat *ret)
{
    int fd = -1;
    do {
        fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    } while (fd < 0 && errno == EINTR);
    if (fd >= 0 && (fstat(fd, ret) != 0 || !S_ISREG(ret->st_mode))) {
        (void)close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

static enum status overwrite_open(struct ctx *cx, int fd, uint64_t size, const char *path)
{
    uint8_t chunk[SHRED_CHUNK];
    uint64_t done = 0;
    while (done < size) {
        size_t want = size - done < SHRED_CHUNK ? (size_t)(size - done) : SHRED_CHUNK;
        cx->system->random(cx->system->self, chunk, want);
        ssize_t wrote = pwrite(fd, chunk, want, (off_t)done);
        if (wrote < 0 && errno != EINTR) {
            return os_fault(cx, errno, "overwrite", path);
        }
        done += wrote > 0 ? (uint64_t)wrote : 0;
    }
    return fsync(fd) == 0 ? STATUS_OK : os_fault(cx, errno, "overwrite", path);
}

enum status file_overwrite(struct ctx *cx, const char *path)
{
    enum status status = STATUS_OK;
    struct stat info;
    int fd = open_writable(path, &info);
    if (fd < 0) {
        return errno == ENOENT ? STATUS_OK : os_fault(cx, errno, "overwrite", path);
    }
    status = overwrite_open(cx, fd, (uint64_t)info.st_size, path);
    (void)close(fd);
    return status;
}

enum status file_shred(struct ctx *cx, const char *path)
{
    enum status status = STATUS_OK;
    struct stat info;
    if (lstat(path, &info) != 0) {
        return errno == ENOENT ? STATUS_OK : os_fault(cx, errno, "remove", path);
    }
    /* what has another name is somebody's; see file_replace() */
    if (S_ISREG(info.st_mode) && info.st_nlink == 1) {
        TRY(file_overwrite(cx, path));
    }
    TRY(file_remove(cx, path));
    TRY(folder_sync(cx, path));
out:
    return status;
}

/* The old file under its second name, where the file system knows such: a crash then leaves it to
 * be found by the next call. Until the rename both names are one file, which must not be shredded:
 * that is why file_shred() looks at the number of names. */
enum status file_replace(struct ctx *cx, const char *path, bytes data)
{
    enum status status = STATUS_OK;
    struct buf owner;
    struct stat info;
    const char *old = NULL;
    int fd = -1;
    buf_init(&owner, PATH_BYTES_MAX);
    TRY(buf_printf(cx, &owner, "%s%s", path, FILE_OLD_SUFFIX));
    TRY(buf_cstr(cx, &owner, &old));
    TRY(file_shred(cx, old));
    fd = open_writable(path, &info);
    if (fd < 0 && errno != ENOENT) {
        status = os_fault(cx, errno, "replace", path);
        goto out;
    }
    if (fd >= 0 && link(path, old) == 0) {
        TRY(folder_sync(cx, path));
    }
    TRY(file_write(cx, path, data, true));
    if (fd >= 0) {
        TRY(overwrite_open(cx, fd, (uint64_t)info.st_size, path));
        TRY(file_remove(cx, old));
        TRY(folder_sync(cx, path));
    }
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    buf_finish(&owner);
    return status;
}
