/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One holder at a time. The kernel keeps the lock and drops it when the last process that
 * inherited it ends, however it ends; the number inside the file only says whom to ask.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "guard-int.h"

enum { PID_DIGITS_MAX = 20 };

static bool read_pid(int fd, int64_t *ret)
{
    char digits[PID_DIGITS_MAX + 1] = {0};
    ssize_t got = pread(fd, digits, PID_DIGITS_MAX, 0);
    return got > 0 && parse_i64((text){.ptr = digits, .len = (size_t)got}, 1, INT32_MAX, ret);
}

static enum status name_holder(struct ctx *cx, int fd, const char *path)
{
    int64_t pid = 0;
    bool known = read_pid(fd, &pid);
    enum status status =
        known ? fault_set(cx, STATUS_BUSY, __FILE__, __LINE__,
                          "another valise holds '%s' (process %lld)", path, (long long)pid)
              : fault_set(cx, STATUS_BUSY, __FILE__, __LINE__, "another valise holds '%s'", path);
    (void)fault_hint(cx, "wait until it is done or end it, then try again");
    return status;
}

/* Only a help for whoever finds the lock taken: that it cannot be written stops nobody. */
static void write_pid(struct ctx *cx, int fd)
{
    struct buf digits;
    buf_init(&digits, PID_DIGITS_MAX);
    if (ftruncate(fd, 0) == 0 && buf_printf(cx, &digits, "%ld", (long)getpid()) == STATUS_OK) {
        ssize_t wrote = pwrite(fd, digits.ptr, digits.len, 0);
        (void)wrote;
    }
    buf_finish(&digits);
}

enum status file_lock(struct ctx *cx, const char *path, int *ret_fd)
{
    enum status status = STATUS_OK;
    struct stat info;
    *ret_fd = -1;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
    if (fd < 0) {
        return os_fault(cx, errno, "lock", path);
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        FAIL(cx, STATUS_UNSAFE, "'%s' is not a regular file", path);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        status =
            errno == EWOULDBLOCK ? name_holder(cx, fd, path) : os_fault(cx, errno, "lock", path);
        goto out;
    }
    write_pid(cx, fd);
    *ret_fd = fd;
    fd = -1;
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

void file_unlock(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd); /* not LOCK_UN, which would take it from a child that goes on */
        *fd = -1;
    }
}

bool file_lock_end_holder(const char *path, int wait_ms)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    int64_t pid = 0;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    bool free = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (!free && read_pid(fd, &pid) && pid > 1 && pid != getpid()) {
        (void)kill((pid_t)pid, SIGKILL);
        for (int waited = 0; waited < wait_ms && !free; waited += 5) {
            (void)nanosleep(&pause, NULL);
            free = flock(fd, LOCK_EX | LOCK_NB) == 0;
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return free;
}
