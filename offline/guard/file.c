/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files, whole or not at all. What is written is flushed, read back and compared before it gets
 * its name, so a full, worn or pulled stick is noticed and never leaves half a file under a name
 * that somebody trusts. Links are not followed, devices and pipes are not opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard-int.h"

enum { CHUNK = 64 * 1024 };

static int open_retry(const char *path, int flags)
{
    int fd = -1;
    do {
        fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

static ssize_t read_retry(int fd, uint8_t *out, size_t len)
{
    ssize_t got = 0;
    do {
        got = read(fd, out, len);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* Opens a regular file for reading without waiting for a pipe's other end. */
static enum status open_regular(struct ctx *cx, const char *path, int *ret_fd, uint64_t *ret_size)
{
    enum status status = STATUS_OK;
    struct stat info;
    int fd = open_retry(path, O_RDONLY | O_NONBLOCK);
    if (fd < 0) {
        return os_fault(cx, errno, "read", path);
    }
    if (fstat(fd, &info) != 0) {
        status = os_fault(cx, errno, "read", path);
        goto out;
    }
    if (!S_ISREG(info.st_mode)) {
        FAIL(cx, STATUS_UNSAFE, "'%s' is not a regular file", path);
    }
    *ret_size = (uint64_t)info.st_size;
    *ret_fd = fd;
    fd = -1;
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

/* Reads on until the end or until `max` bytes were read. */
static enum status read_up_to(struct ctx *cx, int fd, const char *path, size_t max, struct buf *ret)
{
    enum status status = STATUS_OK;
    uint8_t chunk[CHUNK];
    size_t left = max;
    while (left > 0) {
        ssize_t got = read_retry(fd, chunk, left < CHUNK ? left : CHUNK);
        if (got < 0) {
            status = os_fault(cx, errno, "read", path);
            goto out;
        }
        if (got == 0) {
            break;
        }
        TRY(buf_add(cx, ret, BYTES(chunk, (size_t)got)));
        left -= (size_t)got;
    }
out:
    wipe(chunk, sizeof(chunk));
    return status;
}

enum status file_read(struct ctx *cx, const char *path, size_t max, struct buf *ret)
{
    enum status status = STATUS_OK;
    int fd = -1;
    uint64_t size = 0;
    size_t before = ret->len;
    TRY(open_regular(cx, path, &fd, &size));
    if (size > max) {
        FAIL(cx, STATUS_LIMIT, "'%s' is larger than %zu bytes", path, max);
    }
    /* one byte more shows a file that grew meanwhile */
    TRY(read_up_to(cx, fd, path, (size_t)size + 1, ret));
    if (ret->len - before != size) {
        FAIL(cx, STATUS_IO, "'%s' changes while it is read", path);
    }
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

enum status file_read_start(struct ctx *cx, const char *path, size_t max, struct buf *ret)
{
    enum status status = STATUS_OK;
    int fd = -1;
    uint64_t size = 0;
    TRY(open_regular(cx, path, &fd, &size));
    TRY(read_up_to(cx, fd, path, max, ret));
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

static enum status write_all(struct ctx *cx, int fd, const char *path, bytes data)
{
    size_t done = 0;
    while (done < data.len) {
        ssize_t wrote = write(fd, data.ptr + done, data.len - done);
        if (wrote < 0 && errno != EINTR) {
            return os_fault(cx, errno, "write", path);
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    if (fsync(fd) != 0) {
        return os_fault(cx, errno, "write", path);
    }
    return STATUS_OK;
}

/* Reads back from the medium, as far as the kernel lets its cache go. */
static enum status compare_all(struct ctx *cx, int fd, const char *path, bytes data)
{
    enum status status = STATUS_OK;
    uint8_t chunk[CHUNK];
    size_t done = 0;
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    if (lseek(fd, 0, SEEK_SET) != 0) {
        status = os_fault(cx, errno, "read back", path);
        goto out;
    }
    for (;;) {
        ssize_t got = read_retry(fd, chunk, CHUNK);
        if (got < 0) {
            status = os_fault(cx, errno, "read back", path);
            goto out;
        }
        if (got == 0) {
            break;
        }
        size_t n = (size_t)got;
        if (n > data.len - done || memcmp(chunk, data.ptr + done, n) != 0) {
            break;
        }
        done += n;
    }
    if (done != data.len) {
        status = fault_set(cx, STATUS_IO, __FILE__, __LINE__,
                           "'%s' reads back differently from what was written", path);
        (void)fault_hint(cx, "the medium is not reliable: use another one");
    }
out:
    wipe(chunk, sizeof(chunk));
    return status;
}

/* Gives the whole file its name without replacing anything. */
static int rename_fresh(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) {
        return -1;
    }
    /* a file system without it: take the name first; an empty file is never taken for whole */
    int fd = open_retry(to, O_WRONLY | O_CREAT | O_EXCL);
    if (fd < 0) {
        return -1;
    }
    (void)close(fd);
    if (rename(from, to) == 0) {
        return 0;
    }
    int error = errno;
    (void)unlink(to);
    errno = error;
    return -1;
}

static enum status temp_name(struct ctx *cx, const char *path, struct buf *out, const char **ret)
{
    enum status status = STATUS_OK;
    struct buf folder;
    struct buf name;
    const char *dir = NULL;
    const char *file = NULL;
    uint8_t random[8];
    buf_init(&folder, PATH_BYTES_MAX);
    buf_init(&name, 64);
    cx->system->random(cx->system->self, random, sizeof(random));
    TRY(path_folder(cx, &folder, path, &dir));
    TRY(buf_add_text(cx, &name, TEXT(FILE_TEMP_PREFIX)));
    TRY(hex_encode(cx, &name, BYTES_OF(random)));
    TRY(buf_add_text(cx, &name, TEXT(".tmp")));
    TRY(buf_cstr(cx, &name, &file));
    TRY(path_join(cx, out, dir, file, ret));
out:
    buf_finish(&folder);
    buf_finish(&name);
    return status;
}

enum status file_append(struct ctx *cx, const char *path, bytes data)
{
    enum status status = STATUS_OK;
    struct stat st;
    int fd = open_retry(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK);
    if (fd < 0) {
        status = os_fault(cx, errno, "write", path);
        goto out;
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        FAIL(cx, STATUS_UNSAFE, "'%s' is not an ordinary file", path);
    }
    TRY(write_all(cx, fd, path, data));
    int closed = close(fd);
    fd = -1;
    if (closed != 0) {
        status = os_fault(cx, errno, "write", path);
    }
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

enum status file_write(struct ctx *cx, const char *path, bytes data, bool replace)
{
    enum status status = STATUS_OK;
    struct buf owner;
    const char *temp = NULL;
    int fd = -1;
    bool made = false;
    buf_init(&owner, PATH_BYTES_MAX);
    if (!replace && file_exists(path)) { /* early, before a large file is written for nothing */
        FAIL(cx, STATUS_EXISTS, "'%s' is there already", path);
    }
    TRY(temp_name(cx, path, &owner, &temp));
    fd = open_retry(temp, O_RDWR | O_CREAT | O_EXCL);
    if (fd < 0) {
        status = os_fault(cx, errno, "write", path);
        goto out;
    }
    made = true;
    TRY(write_all(cx, fd, path, data));
    TRY(compare_all(cx, fd, path, data));
    int closed = close(fd);
    fd = -1;
    if (closed != 0) {
        status = os_fault(cx, errno, "write", path);
        goto out;
    }
    if ((replace ? rename(temp, path) : rename_fresh(temp, path)) != 0) {
        status = os_fault(cx, errno, "write", path);
        goto out;
    }
    made = false;
    TRY(folder_sync(cx, path));
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    if (made) {
        (void)unlink(temp);
    }
    buf_finish(&owner);
    return status;
}

enum status file_move(struct ctx *cx, const char *from, const char *to)
{
    if (rename(from, to) != 0) {
        return os_fault(cx, errno, "rename", from);
    }
    return folder_sync(cx, to);
}

enum status file_remove(struct ctx *cx, const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT) {
        return os_fault(cx, errno, "remove", path);
    }
    return STATUS_OK;
}

bool file_exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}
