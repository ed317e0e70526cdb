/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a power cut would take back: every change since the last fsync of its file, and every name
 * made, moved or removed since the last fsync of its folder, with what stood there before. POSIX
 * promises no more than this; a program that survives it survives real disks.
 *
 * Each file is held open by a descriptor of our own from its first change on, and never closed:
 * closing one would drop the POSIX locks that SQLite holds on the same file.
 */
#include "shim.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FILES_MAX = 4096, CHANGES_MAX = 1 << 20, COPY_BYTES = 1 << 16 };

enum change_kind { CHANGE_WRITE, CHANGE_SIZE, CHANGE_CREATE, CHANGE_UNLINK, CHANGE_RENAME };

struct change {
    enum change_kind kind;
    bool done; /* on the medium */
    int file;  /* WRITE, SIZE: index into files */
    off_t at;
    size_t old_len; /* what was there, at most as long as what was written */
    uint8_t *old;
    size_t new_len;
    uint8_t *new;
    off_t size_before;
    int kept_fd; /* UNLINK, RENAME: the file that lost its name, or -1 */
    char *path;
    char *from;
};

static struct {
    dev_t dev;
    ino_t ino;
    int fd;
} files[FILES_MAX];
static int file_count;
static struct change *changes;
static size_t change_count;

static char *copy_text(const char *s)
{
    size_t size = strlen(s) + 1;
    char *copy = shim_alloc(size);
    memcpy(copy, s, size);
    return copy;
}

static struct change *add(enum change_kind kind)
{
    if (changes == NULL) {
        changes = shim_alloc(CHANGES_MAX * sizeof(*changes));
    }
    if (change_count == CHANGES_MAX) {
        abort();
    }
    struct change *c = &changes[change_count++];
    *c = (struct change){.kind = kind, .file = -1, .kept_fd = -1};
    return c;
}

/* Index of the file behind a descriptor; -1 when it is none of ours. */
static int file_of(int fd, bool make)
{
    struct stat info;
    char name[64];
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        return -1;
    }
    for (int i = 0; i < file_count; i++) {
        if (files[i].dev == info.st_dev && files[i].ino == info.st_ino) {
            return i;
        }
    }
    if (!make || file_count == FILES_MAX) {
        return -1;
    }
    /* not dup(): ours must be able to read and write whatever the program asked for */
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    int own = raw_open(name, O_RDWR | O_CLOEXEC, 0);
    if (own < 0) {
        return -1;
    }
    files[file_count].dev = info.st_dev;
    files[file_count].ino = info.st_ino;
    files[file_count].fd = own;
    return file_count++;
}

void journal_write(int fd, const void *data, size_t len, off_t at)
{
    struct stat info;
    int file = file_of(fd, true);
    if (file < 0 || fstat(fd, &info) != 0) {
        return;
    }
    struct change *c = add(CHANGE_WRITE);
    c->file = file;
    c->at = at;
    c->size_before = info.st_size;
    c->old = shim_alloc(len + 1);
    ssize_t got = raw_pread(files[file].fd, c->old, len, at);
    c->old_len = got > 0 ? (size_t)got : 0;
    c->new = shim_alloc(len + 1);
    memcpy(c->new, data, len);
    c->new_len = len;
}

void journal_truncate(int fd, off_t len)
{
    struct stat info;
    int file = file_of(fd, true);
    if (file < 0 || fstat(fd, &info) != 0) {
        return;
    }
    struct change *c = add(CHANGE_SIZE);
    c->file = file;
    c->size_before = info.st_size;
    c->at = len;
    if (info.st_size > len) {
        size_t cut = (size_t)(info.st_size - len);
        c->old = shim_alloc(cut);
        ssize_t got = raw_pread(files[file].fd, c->old, cut, len);
        c->old_len = got > 0 ? (size_t)got : 0;
    }
}

void journal_create(const char *path)
{
    add(CHANGE_CREATE)->path = copy_text(path);
}

void journal_unlink(const char *path)
{
    struct change *c = add(CHANGE_UNLINK);
    c->path = copy_text(path);
    c->kept_fd = raw_open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
}

void journal_rename(const char *from, const char *to)
{
    struct change *c = add(CHANGE_RENAME);
    c->path = copy_text(to);
    c->from = copy_text(from);
    c->kept_fd = raw_open(to, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
}

void journal_synced_file(int fd)
{
    int file = file_of(fd, false);
    for (size_t i = 0; i < change_count; i++) {
        if (file >= 0 && changes[i].file == file) {
            changes[i].done = true;
        }
    }
}

static bool is_in(const char *path, const char *folder)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash != NULL ? (size_t)(slash - path) : 0;
    return strlen(folder) == len && memcmp(path, folder, len) == 0;
}

void journal_synced_folder(const char *path)
{
    for (size_t i = 0; i < change_count; i++) {
        if (changes[i].path != NULL && is_in(changes[i].path, path)) {
            changes[i].done = true;
        }
    }
}

/* Makes a file again whose name is gone. */
static void put_back(const char *path, int kept_fd)
{
    static uint8_t chunk[COPY_BYTES];
    off_t at = 0;
    if (kept_fd < 0) {
        return;
    }
    int fd = raw_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (;;) {
        ssize_t got = raw_pread(kept_fd, chunk, sizeof(chunk), at);
        if (got <= 0 || fd < 0) {
            break;
        }
        (void)raw_pwrite(fd, chunk, (size_t)got, at);
        at += got;
    }
}

static void undo(const struct change *c)
{
    switch (c->kind) {
    case CHANGE_WRITE:
        (void)raw_pwrite(files[c->file].fd, c->old, c->old_len, c->at);
        (void)syscall(SYS_ftruncate, files[c->file].fd, c->size_before);
        break;
    case CHANGE_SIZE:
        (void)syscall(SYS_ftruncate, files[c->file].fd, c->size_before);
        (void)raw_pwrite(files[c->file].fd, c->old, c->old_len, c->at);
        break;
    case CHANGE_CREATE:
        (void)syscall(SYS_unlinkat, AT_FDCWD, c->path, 0);
        break;
    case CHANGE_UNLINK:
        put_back(c->path, c->kept_fd);
        break;
    case CHANGE_RENAME:
        (void)syscall(SYS_renameat2, AT_FDCWD, c->path, AT_FDCWD, c->from, 0);
        put_back(c->path, c->kept_fd);
        break;
    }
}

static uint64_t step(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

void journal_lose(uint64_t seed)
{
    for (size_t i = change_count; i-- > 0;) {
        if (!changes[i].done) {
            undo(&changes[i]);
        }
    }
    for (size_t i = 0; seed != 0 && i < change_count; i++) {
        const struct change *c = &changes[i];
        if (!c->done && c->kind == CHANGE_WRITE && (step(&seed) & 1) != 0) {
            (void)raw_pwrite(files[c->file].fd, c->new, c->new_len, c->at);
        }
    }
}
