/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shim: makes the N-th change to files below a folder go wrong. Settings, all in the environment:
 *
 *   VALISE_FAULT_DIR    the folder, absolute and without links; nothing happens outside of it
 *   VALISE_FAULT_MODE   kill  dies before call N
 *                       lose  dies before call N, and what was not synced is gone; with N one
 *                             behind the last call: after the program ended
 *                       torn  makes half of write N, then dies
 *                       eio   call N fails with EIO
 *                       full  call N fails with ENOSPC when it needs space
 *                       oom   allocation N fails (counted instead of calls)
 *   VALISE_FAULT_AT     N, from 1; 0 or unset only counts
 *   VALISE_FAULT_ON     1: eio, full and oom go on from N
 *   VALISE_FAULT_SEED   with lose: a random half of what was lost is there after all
 *   VALISE_FAULT_NOSYNC 1: an fsync promises nothing (the control: this must do damage)
 *   VALISE_FAULT_FAT    1: no links, and no rename that does not replace
 *   VALISE_FAULT_COUNT  file that gets the number of calls when the program ends
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static struct {
    bool read;
    char dir[SHIM_PATH_MAX];
    size_t dir_len;
    enum shim_mode mode;
    unsigned long at;
    bool on;
    bool nosync;
    bool fat;
    uint64_t seed;
    unsigned long count;
    int count_fd; /* opened at once: the program may fence itself in later */
} set = {.count_fd = -1};

/* ---- raw ---- */

int raw_open(const char *path, int flags, unsigned mode)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t raw_pread(int fd, void *out, size_t len, off_t at)
{
    return syscall(SYS_pread64, fd, out, len, at);
}

ssize_t raw_pwrite(int fd, const void *data, size_t len, off_t at)
{
    return syscall(SYS_pwrite64, fd, data, len, at);
}

bool raw_path(int fd, char out[static SHIM_PATH_MAX])
{
    char name[64];
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    long len = syscall(SYS_readlinkat, AT_FDCWD, name, out, SHIM_PATH_MAX - 1);
    if (len <= 0) {
        return false;
    }
    out[len] = '\0';
    return out[0] == '/';
}

void *shim_alloc(size_t len)
{
    static uint8_t *room;
    static size_t left;
    size_t need = (len + 15) & ~(size_t)15;
    if (need > left) {
        size_t size = need > (16U << 20) ? need : 16U << 20;
        void *got = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (got == MAP_FAILED) {
            abort();
        }
        room = got;
        left = size;
    }
    void *mine = room;
    room += need;
    left -= need;
    return mine;
}

/* ---- settings and the decision ---- */

static unsigned long number(const char *name)
{
    const char *value = getenv(name);
    return value != NULL ? strtoul(value, NULL, 10) : 0;
}

static enum shim_mode mode_of(const char *name)
{
    static const char *const names[] = {"none", "kill", "lose", "torn", "eio", "full", "oom"};
    for (unsigned i = 0; name != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            return (enum shim_mode)i;
        }
    }
    return MODE_NONE;
}

static __attribute__((constructor)) void settle(void)
{
    const char *dir = getenv("VALISE_FAULT_DIR");
    if (set.read || dir == NULL || strlen(dir) >= sizeof(set.dir)) {
        return;
    }
    memcpy(set.dir, dir, strlen(dir) + 1);
    set.dir_len = strlen(dir);
    set.mode = mode_of(getenv("VALISE_FAULT_MODE"));
    set.at = number("VALISE_FAULT_AT");
    set.on = number("VALISE_FAULT_ON") != 0;
    set.nosync = number("VALISE_FAULT_NOSYNC") != 0;
    set.fat = number("VALISE_FAULT_FAT") != 0;
    set.seed = number("VALISE_FAULT_SEED");
    const char *path = getenv("VALISE_FAULT_COUNT");
    if (path != NULL) {
        set.count_fd = raw_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    }
    set.read = true;
}

/* A power cut right after the program ended counts as the call behind the last. */
static __attribute__((destructor)) void end(void)
{
    char text[32];
    if (set.mode == MODE_LOSE && set.at == set.count + 1) {
        journal_lose(set.seed);
    }
    int len = snprintf(text, sizeof(text), "%lu\n", set.count);
    if (set.count_fd >= 0 && len > 0) {
        (void)raw_pwrite(set.count_fd, text, (size_t)len, 0);
    }
}

enum shim_mode shim_mode(void)
{
    return set.read ? set.mode : MODE_NONE;
}

bool shim_due(void)
{
    unsigned long now = ++set.count;
    return set.at != 0 && (now == set.at || (set.on && now > set.at));
}

static _Noreturn void die(void)
{
    if (set.mode == MODE_LOSE) {
        journal_lose(set.seed);
    }
    (void)syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;) {
    }
}

/* Counts a call and makes it fail when it is its turn: true with errno set. Torn writes are left to
 * their own call. */
static bool fails(bool needs_space)
{
    if (set.mode == MODE_OOM || !shim_due()) {
        return false;
    }
    switch (set.mode) {
    case MODE_KILL:
    case MODE_LOSE:
        die();
    case MODE_EIO:
        errno = EIO;
        return true;
    case MODE_FULL:
        errno = ENOSPC;
        return needs_space;
    case MODE_TORN:
    case MODE_NONE:
    case MODE_OOM:
        break;
    }
    return false;
}

static bool is_torn(void)
{
    return set.mode == MODE_TORN && set.at != 0 && set.count == set.at;
}

/* ---- is it below the folder ---- */

static bool is_below(const char *path)
{
    return set.read && strncmp(path, set.dir, set.dir_len) == 0 &&
           (path[set.dir_len] == '/' || path[set.dir_len] == '\0');
}

static bool is_watched(int fd)
{
    char path[SHIM_PATH_MAX];
    int error = errno;
    bool watched = set.read && raw_path(fd, path) && is_below(path);
    errno = error;
    return watched;
}

/* Absolute form of a path given with a folder's descriptor; false when it is not ours. */
static bool resolve(int dir, const char *path, char out[static SHIM_PATH_MAX])
{
    char base[SHIM_PATH_MAX];
    int error = errno;
    bool ok = set.read;
    if (path[0] == '/') {
        ok = ok && (size_t)snprintf(out, SHIM_PATH_MAX, "%s", path) < SHIM_PATH_MAX;
    } else {
        ok = ok &&
             (dir == AT_FDCWD ? syscall(SYS_getcwd, base, sizeof(base)) > 0 : raw_path(dir, base));
        ok = ok && (size_t)snprintf(out, SHIM_PATH_MAX, "%s/%s", base, path) < SHIM_PATH_MAX;
    }
    errno = error;
    return ok && is_below(out);
}

static bool is_there(const char *path)
{
    struct stat info;
    int error = errno;
    bool there = lstat(path, &info) == 0;
    errno = error;
    return there;
}

/* ---- writes ---- */

static ssize_t write_at(int fd, const void *data, size_t len, off_t at)
{
    if (is_torn()) {
        (void)raw_pwrite(fd, data, len / 2, at);
        die();
    }
    journal_write(fd, data, len, at);
    return raw_pwrite(fd, data, len, at);
}

EXPORT ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (!is_watched(fd)) {
        return raw_pwrite(fd, data, len, at);
    }
    return fails(true) ? -1 : write_at(fd, data, len, at);
}

EXPORT ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
    return pwrite(fd, data, len, at);
}

EXPORT ssize_t write(int fd, const void *data, size_t len)
{
    if (!is_watched(fd)) {
        return syscall(SYS_write, fd, data, len);
    }
    if (fails(true)) {
        return -1;
    }
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (at < 0) { /* a socket or pipe below the folder */
        return syscall(SYS_write, fd, data, len);
    }
    ssize_t wrote = write_at(fd, data, len, at);
    if (wrote > 0) {
        (void)lseek(fd, at + wrote, SEEK_SET);
    }
    return wrote;
}

EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    ssize_t total = 0;
    for (int i = 0; i < count; i++) {
        ssize_t wrote = pwrite(fd, parts[i].iov_base, parts[i].iov_len, at + total);
        if (wrote < 0) {
            return total > 0 ? total : -1;
        }
        total += wrote;
    }
    return total;
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    if (!is_watched(fd)) {
        return syscall(SYS_writev, fd, parts, count);
    }
    ssize_t total = 0;
    for (int i = 0; i < count; i++) {
        ssize_t wrote = write(fd, parts[i].iov_base, parts[i].iov_len);
        if (wrote < 0) {
            return total > 0 ? total : -1;
        }
        total += wrote;
    }
    return total;
}

EXPORT int ftruncate(int fd, off_t len)
{
    if (is_watched(fd)) {
        if (fails(false)) {
            return -1;
        }
        journal_truncate(fd, len);
    }
    return (int)syscall(SYS_ftruncate, fd, len);
}

EXPORT int ftruncate64(int fd, off64_t len)
{
    return ftruncate(fd, len);
}

/* ---- fsync ---- */

static int sync_fd(int fd, long call)
{
    char path[SHIM_PATH_MAX];
    struct stat info;
    if (!is_watched(fd)) {
        return (int)syscall(call, fd);
    }
    if (fails(true)) {
        return -1;
    }
    if (set.nosync || fstat(fd, &info) != 0) {
        return 0;
    }
    if (S_ISDIR(info.st_mode) && raw_path(fd, path)) {
        journal_synced_folder(path);
    } else {
        journal_synced_file(fd);
    }
    return 0; /* the journal is our disk: the real one need not be waited for */
}

EXPORT int fsync(int fd)
{
    return sync_fd(fd, SYS_fsync);
}

EXPORT int fdatasync(int fd)
{
    return sync_fd(fd, SYS_fdatasync);
}

/* ---- names ---- */

EXPORT int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    char a[SHIM_PATH_MAX];
    char b[SHIM_PATH_MAX];
    bool ours = resolve(from_dir, from, a) && resolve(to_dir, to, b);
    if (ours && set.fat && flags != 0) {
        errno = EINVAL;
        return -1;
    }
    if (ours && fails(true)) {
        return -1;
    }
    if (ours && is_there(a) && !((flags & RENAME_NOREPLACE) != 0 && is_there(b))) {
        journal_rename(a, b);
    }
    return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

EXPORT int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return renameat2(from_dir, from, to_dir, to, 0);
}

EXPORT int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORT int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    char path[SHIM_PATH_MAX];
    bool ours = resolve(to_dir, to, path);
    if (ours && set.fat) {
        errno = EPERM;
        return -1;
    }
    if (ours && fails(true)) {
        return -1;
    }
    if (ours && !is_there(path)) {
        journal_create(path);
    }
    return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

EXPORT int link(const char *from, const char *to)
{
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORT int unlinkat(int dir, const char *name, int flags)
{
    char path[SHIM_PATH_MAX];
    bool ours = resolve(dir, name, path);
    if (ours && fails(false)) {
        return -1;
    }
    if (ours && flags == 0 && is_there(path)) {
        journal_unlink(path);
    }
    return (int)syscall(SYS_unlinkat, dir, name, flags);
}

EXPORT int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

static int open_at(int dir, const char *name, int flags, unsigned mode)
{
    char path[SHIM_PATH_MAX];
    bool makes = (flags & (O_CREAT | O_TRUNC)) != 0;
    if (makes && resolve(dir, name, path)) {
        if (fails(true)) {
            return -1;
        }
        if (!is_there(path)) {
            journal_create(path);
        } else if ((flags & O_TRUNC) != 0) {
            int fd = raw_open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0);
            if (fd >= 0) {
                journal_truncate(fd, 0);
            }
        }
    }
    return (int)syscall(SYS_openat, dir, name, flags, mode);
}

#define TAKE_MODE(flags, mode)                                                                     \
    do {                                                                                           \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        (mode) = ((flags)&O_CREAT) != 0 ? va_arg(args, unsigned) : 0;                              \
        va_end(args);                                                                              \
    } while (0)

EXPORT int open(const char *path, int flags, ...)
{
    unsigned mode;
    TAKE_MODE(flags, mode);
    return open_at(AT_FDCWD, path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
    unsigned mode;
    TAKE_MODE(flags, mode);
    return open_at(AT_FDCWD, path, flags, mode);
}

EXPORT int openat(int dir, const char *path, int flags, ...)
{
    unsigned mode;
    TAKE_MODE(flags, mode);
    return open_at(dir, path, flags, mode);
}

EXPORT int openat64(int dir, const char *path, int flags, ...)
{
    unsigned mode;
    TAKE_MODE(flags, mode);
    return open_at(dir, path, flags, mode);
}
