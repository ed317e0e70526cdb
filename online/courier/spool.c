/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool: a folder of pieces. Pieces are known by name and size and never opened as anything else;
 * other files are counted and left alone. A piece gets its name only when it is whole on the disk.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"
#include "piece.h"
#include "spool.h"

uint64_t spool_piece(int folder, const char *name)
{
    struct stat st;
    bytes raw = BYTES(name, strlen(name));
    bool ours = utf8_valid(raw) && piece_name_valid(text_of(name)) &&
                fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
                piece_size_valid((uint64_t)st.st_size);
    return ours ? (uint64_t)st.st_size : 0;
}

enum status spool_each(struct ctx *cx, const char *path, spool_visit *visit, void *self)
{
    enum status status = STATUS_OK;
    DIR *folder = opendir(path);
    if (folder == NULL) {
        FAIL(cx, STATUS_IO, "cannot open folder '%s': %s", path, strerror(errno));
    }
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            TRY(visit(self, cx, dirfd(folder), e->d_name, spool_piece(dirfd(folder), e->d_name)));
        }
    }
out:
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return status;
}

enum status spool_read(struct ctx *cx, int folder, const char *name, uint64_t size, struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t *room = NULL;
    size_t done = 0;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        FAIL(cx, STATUS_IO, "cannot open '%s': %s", name, strerror(errno));
    }
    TRY(buf_extend(cx, out, size, &room));
    while (done < size) {
        ssize_t got = read(fd, room + done, size - done);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            FAIL(cx, STATUS_IO, "'%s' changed while it was read", name);
        }
        done += got > 0 ? (size_t)got : 0;
    }
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

static enum status write_all(struct ctx *cx, int fd, const char *name, bytes data)
{
    enum status status = STATUS_OK;
    for (size_t done = 0; done < data.len;) {
        ssize_t wrote = write(fd, data.ptr + done, data.len - done);
        if (wrote < 0 && errno != EINTR) {
            FAIL(cx, errno == ENOSPC || errno == EDQUOT ? STATUS_FULL : STATUS_IO,
                 "cannot write '%s': %s", name, strerror(errno));
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    if (fsync(fd) != 0) {
        FAIL(cx, STATUS_IO, "cannot write '%s': %s", name, strerror(errno));
    }
out:
    return status;
}

enum status spool_write(struct ctx *cx, const char *path, bytes piece)
{
    enum status status = STATUS_OK;
    char name[PIECE_NAME_BYTES + 1], temp[PIECE_NAME_BYTES + 8];
    int fd = -1;
    bool made = false;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        FAIL(cx, STATUS_IO, "cannot open folder '%s': %s", path, strerror(errno));
    }
    piece_name_make(cx, name);
    (void)snprintf(temp, sizeof temp, "~%s.tmp", name);
    fd = openat(folder, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        FAIL(cx, errno == ENOSPC ? STATUS_FULL : STATUS_IO, "cannot write into '%s': %s", path,
             strerror(errno));
    }
    made = true;
    TRY(write_all(cx, fd, temp, piece));
    if (renameat(folder, temp, folder, name) != 0 || fsync(folder) != 0) {
        FAIL(cx, STATUS_IO, "cannot write into '%s': %s", path, strerror(errno));
    }
    made = false;
out:
    if (made) {
        (void)unlinkat(folder, temp, 0);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    if (folder >= 0) {
        (void)close(folder);
    }
    if (status == STATUS_FULL) {
        (void)fault_hint(cx, "free some room there and run it again; nothing half-written is left");
    }
    return status;
}
