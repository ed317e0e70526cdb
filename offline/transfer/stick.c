/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The medium: a folder on a stick that anybody may have touched. A piece is written under a
 * temporary name, synced, read back from the medium and compared before it gets its final name, so
 * whatever carries a final name was whole once. Reading opens only regular files that carry a
 * piece's name and size, never through a link, never blocking; everything else is only named.
 *
 * File dates are set to one fixed day where the file system lets us: they would tell when work was
 * done.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "transfer-int.h"

enum {
    TEMPORARY_BYTES = 13,   /* "~k7f3q2ma.tmp" */
    FIXED_DATE = 315619200, /* 1980-01-02: the first day that FAT can hold in every time zone */
    COMPARE_BYTES = 64 * 1024,
};

static const struct {
    const char *suffix;
    const char *what;
} suffixes[] = {
    {".desktop", "desktop launcher"},
    {".lnk", "shortcut"},
    {".url", "shortcut"},
    {".exe", "program"},
    {".com", "program"},
    {".scr", "program"},
    {".pif", "program"},
    {".msi", "program"},
    {".bat", "program"},
    {".cmd", "program"},
    {".ps1", "program"},
    {".vbs", "program"},
    {".js", "program"},
    {".jar", "program"},
    {".sh", "program"},
    {".py", "program"},
    {".appimage", "program"},
    {".deb", "program"},
};

static enum status os_fault(struct ctx *cx, int error, const char *what, const char *name)
{
    enum status code = STATUS_IO;
    if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
        code = STATUS_FULL;
    } else if (error == ENOENT) {
        code = STATUS_NOT_FOUND;
    }
    (void)fault_set(cx, code, __FILE__, __LINE__, "could not %s '%s': %s", what, name,
                    strerror(error));
    if (error == EROFS) {
        return fault_hint(cx, "the medium is write-protected: use another one");
    }
    if (error == EIO || error == ENODEV || error == ENXIO) {
        return fault_hint(cx, "put the medium back in, or use another one, and run it again");
    }
    return code;
}

/* ---- opening -------------------------------------------------------------------------------- */

static enum status open_single(struct ctx *cx, const char *path, struct stick *s)
{
    enum status status = STATUS_OK;
    struct buf folder;
    const char *parent = NULL;
    struct stat st;
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t len = strlen(name);

    buf_init(&folder, 64 * KIB);
    if (len == 0 || len >= sizeof s->name) {
        FAIL(cx, STATUS_USAGE, "'%s' is neither a folder nor a file", path);
    }
    memcpy(s->name, name, len + 1);
    s->single = true;
    if (slash != NULL) {
        TRY(buf_add(cx, &folder, BYTES(path, (size_t)(slash - path) + 1)));
    } else {
        TRY(buf_add_text(cx, &folder, TEXT(".")));
    }
    TRY(buf_cstr(cx, &folder, &parent));
    s->fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->fd < 0) {
        TRY(os_fault(cx, errno, "open folder", parent));
    }
    if (fstatat(s->fd, s->name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        TRY(os_fault(cx, errno, "look at", path));
    }
    if (!S_ISREG(st.st_mode)) {
        FAIL(cx, STATUS_USAGE, "'%s' is neither a folder nor an ordinary file", path);
    }
out:
    buf_finish(&folder);
    return status;
}

enum status stick_open(struct ctx *cx, const char *path, bool make, struct stick *ret)
{
    enum status status = STATUS_OK;
    struct stick s = {.fd = -1};

    if (make) {
        TRY(folder_make(cx, path));
    }
    s.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s.fd < 0 && errno == ENOTDIR && !make) {
        TRY(open_single(cx, path, &s));
    } else if (s.fd < 0) {
        TRY(os_fault(cx, errno, "open folder", path));
    }
    *ret = s;
    s.fd = -1;
out:
    stick_close(&s);
    return status;
}

void stick_close(struct stick *s)
{
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
    s->fd = -1;
}

uint64_t stick_space(const struct stick *s)
{
    struct statvfs st;
    if (fstatvfs(s->fd, &st) != 0) {
        return UINT64_MAX;
    }
    uint64_t unit = st.f_frsize != 0 ? st.f_frsize : st.f_bsize;
    uint64_t blocks = st.f_bavail;
    return unit != 0 && blocks > UINT64_MAX / unit ? UINT64_MAX : blocks * unit;
}

/* ---- telling what is there ------------------------------------------------------------------ */

/* A name that only this file makes. */
static bool temporary_name(const char *name)
{
    if (strlen(name) != TEMPORARY_BYTES || name[0] != '~' || strcmp(name + 9, ".tmp") != 0) {
        return false;
    }
    for (size_t i = 1; i < 9; i++) {
        bool ok = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '2' && name[i] <= '7');
        if (!ok) {
            return false;
        }
    }
    return true;
}

static const char *foreign_what(const char *name)
{
    size_t len = strlen(name);
    if (strcasecmp(name, "autorun.inf") == 0) {
        return "autorun file";
    }
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t suffix_len = strlen(suffixes[i].suffix);
        if (len >= suffix_len && strcasecmp(name + len - suffix_len, suffixes[i].suffix) == 0) {
            return suffixes[i].what;
        }
    }
    return name[0] == '.' ? "hidden file" : "other file";
}

void stick_judge(const char *name, uint32_t mode, uint64_t size, struct stick_file *ret)
{
    *ret = (struct stick_file){.name = name, .size = size, .kind = STICK_FOREIGN};
    text t = {.ptr = name, .len = strlen(name)};
    if (S_ISLNK(mode)) {
        ret->what = "link";
    } else if (S_ISDIR(mode)) {
        ret->what = name[0] == '.' ? "hidden folder" : "folder";
    } else if (!S_ISREG(mode)) {
        ret->what = "device, pipe or socket";
    } else if (piece_name_valid(t)) {
        bool whole = piece_size_valid(size);
        ret->kind = whole ? STICK_PIECE : STICK_TORN;
        ret->what = whole ? "piece" : "piece of a wrong size";
    } else if (temporary_name(name)) {
        ret->kind = STICK_TORN;
        ret->what = "piece whose writing was interrupted";
    } else {
        ret->what = foreign_what(name);
    }
}

static enum status judge_at(struct ctx *cx, const struct stick *s, const char *name,
                            stick_visit *visit, void *self)
{
    struct stat st;
    struct stick_file f;
    if (fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) {
            return STATUS_OK; /* gone since the folder was read */
        }
        return os_fault(cx, errno, "look at", name);
    }
    uint64_t size = st.st_size > 0 ? (uint64_t)st.st_size : 0;
    stick_judge(name, st.st_mode, size, &f);
    if (s->single && S_ISREG(st.st_mode)) {
        f.kind = piece_size_valid(size) ? STICK_PIECE : STICK_TORN; /* a person named it */
        f.what = "file of no piece's size";
    }
    return visit(self, cx, &f);
}

enum status stick_each(struct ctx *cx, const struct stick *s, stick_visit *visit, void *self)
{
    enum status status = STATUS_OK;
    DIR *dir = NULL;
    if (s->single) {
        return judge_at(cx, s, s->name, visit, self);
    }
    int fd = openat(s->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        dir = fdopendir(fd);
    }
    if (dir == NULL) {
        int error = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        TRY(os_fault(cx, error, "read folder", "."));
    }
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(dir);
        if (e == NULL) {
            break;
        }
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            TRY(judge_at(cx, s, e->d_name, visit, self));
        }
    }
    if (errno != 0) {
        TRY(os_fault(cx, errno, "read folder", "."));
    }
out:
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return status;
}

enum status stick_name_text(struct ctx *cx, const char *name, struct buf *out)
{
    enum status status = STATUS_OK;
    size_t len = strlen(name);
    size_t at = 0;
    while (at < len) {
        size_t run = 1; /* bytes of the next character, or 0 */
        while (run <= 4 && at + run <= len && !utf8_valid(BYTES(name + at, run))) {
            run++;
        }
        if (run <= 4 && at + run <= len) {
            TRY(buf_add(cx, out, BYTES(name + at, run)));
            at += run;
        } else {
            TRY(buf_add_text(cx, out, TEXT("\xef\xbf\xbd")));
            at++;
        }
    }
out:
    return status;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Never follows a link, never waits on a pipe; the file must still be what lstat said. */
static enum status open_piece(struct ctx *cx, const struct stick *s, const char *name,
                              uint64_t size, int *ret_fd)
{
    enum status status = STATUS_OK;
    struct stat st;
    int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = openat(s->fd, name, flags | O_NOATIME);
    if (fd < 0 && errno == EPERM) {
        fd = openat(s->fd, name, flags); /* somebody else's file: its date of access changes */
    }
    if (fd < 0 && (errno == ELOOP || errno == ENXIO)) {
        FAIL(cx, STATUS_NOT_FOUND, "'%s' is no ordinary file any more", name);
    }
    if (fd < 0) {
        TRY(os_fault(cx, errno, "open", name));
    }
    if (fstat(fd, &st) != 0) {
        TRY(os_fault(cx, errno, "look at", name));
    }
    if (!S_ISREG(st.st_mode) || st.st_size < 0 || (uint64_t)st.st_size != size) {
        FAIL(cx, STATUS_NOT_FOUND, "'%s' changed while it was read", name);
    }
    *ret_fd = fd;
    fd = -1;
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

static enum status read_exactly(struct ctx *cx, int fd, const char *name, uint8_t *to, size_t len)
{
    enum status status = STATUS_OK;
    size_t at = 0;
    while (at < len) {
        ssize_t got = read(fd, to + at, len - at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            TRY(os_fault(cx, errno, "read", name));
        }
        if (got == 0) {
            FAIL(cx, STATUS_NOT_FOUND, "'%s' became shorter while it was read", name);
        }
        at += (size_t)got;
    }
out:
    return status;
}

enum status stick_read_tag(struct ctx *cx, const struct stick *s, const char *name, uint64_t size,
                           uint8_t ret[static PIECE_TAG_BYTES])
{
    enum status status = STATUS_OK;
    int fd = -1;
    TRY(open_piece(cx, s, name, size, &fd));
    TRY(read_exactly(cx, fd, name, ret, PIECE_TAG_BYTES));
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

enum status stick_read(struct ctx *cx, const struct stick *s, const char *name, uint64_t size,
                       struct buf *ret)
{
    enum status status = STATUS_OK;
    uint8_t *to = NULL;
    int fd = -1;
    MUST(piece_size_valid(size));
    buf_clear(ret);
    TRY(open_piece(cx, s, name, size, &fd));
    TRY(buf_extend(cx, ret, (size_t)size, &to));
    TRY(read_exactly(cx, fd, name, to, (size_t)size));
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

/* ---- writing -------------------------------------------------------------------------------- */

static enum status write_all(struct ctx *cx, int fd, const char *name, bytes data)
{
    enum status status = STATUS_OK;
    const struct timespec dates[2] = {{.tv_sec = FIXED_DATE}, {.tv_sec = FIXED_DATE}};
    size_t at = 0;
    while (at < data.len) {
        ssize_t put = write(fd, data.ptr + at, data.len - at);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            TRY(os_fault(cx, errno, "write", name));
        }
        at += (size_t)put;
    }
    (void)futimens(fd, dates); /* some file systems have no dates */
    if (fsync(fd) != 0) {
        TRY(os_fault(cx, errno, "write", name));
    }
    /* what is compared next comes from the medium, not from memory */
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
out:
    return status;
}

static enum status compare_back(struct ctx *cx, const struct stick *s, const char *name, bytes data)
{
    enum status status = STATUS_OK;
    uint8_t chunk[COMPARE_BYTES];
    int fd = -1;
    TRY(open_piece(cx, s, name, data.len, &fd));
    for (size_t at = 0; at < data.len;) {
        size_t len = data.len - at < sizeof chunk ? data.len - at : sizeof chunk;
        TRY(read_exactly(cx, fd, name, chunk, len));
        if (memcmp(chunk, data.ptr + at, len) != 0) {
            FAIL(cx, STATUS_IO, "the medium did not keep what was written to '%s'", name);
        }
        at += len;
    }
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    if (status == STATUS_NOT_FOUND) {
        fault_clear(cx);
        status = fault_set(cx, STATUS_IO, __FILE__, __LINE__,
                           "the medium did not keep what was written to '%s'", name);
    }
    if (status == STATUS_IO) {
        (void)fault_hint(cx, "the medium may be worn or a fake: use another one");
    }
    return status;
}

static void make_names(struct ctx *cx, char *temporary, char final[static PIECE_NAME_BYTES + 1])
{
    char name[PIECE_NAME_BYTES + 1];
    piece_name_make(cx, final);
    piece_name_make(cx, name);
    temporary[0] = '~';
    memcpy(temporary + 1, name, 8);
    memcpy(temporary + 9, ".tmp", 5);
}

enum status stick_write(struct ctx *cx, const struct stick *s, bytes piece)
{
    enum status status = STATUS_OK;
    char temporary[TEMPORARY_BYTES + 1];
    char final[PIECE_NAME_BYTES + 1];
    bool made = false;
    int fd = -1;

    do {
        make_names(cx, temporary, final);
    } while (faccessat(s->fd, final, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
    fd = openat(s->fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        TRY(os_fault(cx, errno, "make", temporary));
    }
    made = true;
    TRY(write_all(cx, fd, temporary, piece));
    int closing = fd;
    fd = -1;
    if (close(closing) != 0) {
        TRY(os_fault(cx, errno, "write", temporary));
    }
    TRY(compare_back(cx, s, temporary, piece));
    if (renameat(s->fd, temporary, s->fd, final) != 0) {
        TRY(os_fault(cx, errno, "name", final));
    }
    made = false;
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    if (made) {
        (void)unlinkat(s->fd, temporary, 0);
    }
    return status;
}

enum status stick_remove(struct ctx *cx, const struct stick *s, const char *name)
{
    enum status status = STATUS_OK;
    if (unlinkat(s->fd, name, 0) != 0 && errno != ENOENT) {
        TRY(os_fault(cx, errno, "remove", name));
    }
out:
    return status;
}

static enum status sweep_one(void *self, struct ctx *cx, const struct stick_file *f)
{
    if (f->kind == STICK_TORN && temporary_name(f->name)) {
        return stick_remove(cx, self, f->name);
    }
    return STATUS_OK;
}

enum status stick_sweep(struct ctx *cx, const struct stick *s)
{
    struct stick copy = *s;
    return stick_each(cx, s, sweep_one, &copy);
}

enum status stick_sync(struct ctx *cx, const struct stick *s)
{
    enum status status = STATUS_OK;
    if (fsync(s->fd) != 0 && errno != EINVAL && errno != EROFS) {
        TRY(os_fault(cx, errno, "sync", "."));
    }
out:
    return status;
}
