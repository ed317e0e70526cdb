/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders and paths: make, list in a fixed order, flush, space left.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "guard-int.h"

enum status path_join(struct ctx *cx, struct buf *out, const char *dir, const char *name,
                      const char **ret)
{
    enum status status = STATUS_OK;
    buf_clear(out);
    TRY(buf_printf(cx, out, "%s/%s", dir, name));
    TRY(buf_cstr(cx, out, ret));
out:
    return status;
}

enum status path_folder(struct ctx *cx, struct buf *out, const char *path, const char **ret)
{
    enum status status = STATUS_OK;
    const char *slash = strrchr(path, '/');
    buf_clear(out);
    if (slash == NULL) {
        TRY(buf_add_byte(cx, out, '.'));
    } else if (slash == path) {
        TRY(buf_add_byte(cx, out, '/'));
    } else {
        TRY(buf_add(cx, out, BYTES(path, (size_t)(slash - path))));
    }
    TRY(buf_cstr(cx, out, ret));
out:
    return status;
}

enum status folder_sync(struct ctx *cx, const char *path)
{
    enum status status = STATUS_OK;
    struct buf owner;
    const char *dir = NULL;
    int fd = -1;
    buf_init(&owner, PATH_BYTES_MAX);
    TRY(path_folder(cx, &owner, path, &dir));
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* some file systems cannot flush a folder: they say EINVAL and write it through */
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL)) {
        status = os_fault(cx, errno, "flush the folder of", path);
    }
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    buf_finish(&owner);
    return status;
}

enum status folder_make(struct ctx *cx, const char *path)
{
    enum status status = STATUS_OK;
    struct stat info;
    if (mkdir(path, 0700) == 0) {
        return folder_sync(cx, path);
    }
    if (errno != EEXIST) {
        return os_fault(cx, errno, "make the folder", path);
    }
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        FAIL(cx, STATUS_EXISTS, "'%s' is there and is not a folder", path);
    }
out:
    return status;
}

static enum file_kind kind_of(mode_t mode)
{
    if (S_ISREG(mode)) {
        return FILE_REGULAR;
    }
    if (S_ISDIR(mode)) {
        return FILE_FOLDER;
    }
    return S_ISLNK(mode) ? FILE_LINK : FILE_OTHER;
}

enum status file_look(struct ctx *cx, const char *path, struct file_info *ret)
{
    struct stat info;
    if (lstat(path, &info) != 0) {
        return os_fault(cx, errno, "look at", path);
    }
    *ret = (struct file_info){.kind = kind_of(info.st_mode), .size = (uint64_t)info.st_size};
    return STATUS_OK;
}

/* All names, each with its NUL, one after the other. */
static enum status gather(struct ctx *cx, DIR *folder, const char *path, struct buf *names,
                          size_t *ret_count)
{
    enum status status = STATUS_OK;
    size_t count = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        TRY(buf_add(cx, names, BYTES(entry->d_name, strlen(entry->d_name) + 1)));
        count++;
    }
    if (errno != 0) {
        status = os_fault(cx, errno, "list", path);
        goto out;
    }
    *ret_count = count;
out:
    return status;
}

static int compare_names(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right);
}

static enum status sort_names(struct ctx *cx, const struct buf *names, size_t count,
                              const char ***ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    TRY(mem_new(cx, count, sizeof(const char *), &memory));
    const char **list = memory;
    const char *at = (const char *)names->ptr;
    for (size_t i = 0; i < count; i++) {
        list[i] = at;
        at += strlen(at) + 1;
    }
    qsort(list, count, sizeof(const char *), compare_names);
    *ret = list;
out:
    return status;
}

enum status folder_list(struct ctx *cx, const char *path,
                        enum status (*visit)(void *self, struct ctx *cx,
                                             const struct folder_entry *e),
                        void *self)
{
    enum status status = STATUS_OK;
    struct buf names;
    const char **list = NULL;
    size_t count = 0;
    buf_init(&names, FOLDER_NAMES_MAX);
    DIR *folder = opendir(path);
    if (folder == NULL) {
        status = os_fault(cx, errno, "list", path);
        goto out;
    }
    TRY(gather(cx, folder, path, &names, &count));
    TRY(sort_names(cx, &names, count, &list));
    for (size_t i = 0; i < count; i++) {
        struct stat info;
        if (fstatat(dirfd(folder), list[i], &info, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT) { /* went away meanwhile */
                continue;
            }
            status = os_fault(cx, errno, "look at", list[i]);
            goto out;
        }
        struct folder_entry entry = {
            .name = list[i], .kind = kind_of(info.st_mode), .size = (uint64_t)info.st_size};
        TRY(visit(self, cx, &entry));
    }
out:
    free(list);
    if (folder != NULL) {
        (void)closedir(folder);
    }
    buf_finish(&names);
    return status;
}

uint64_t file_space(const char *path)
{
    struct statvfs info;
    uint64_t space = 0;
    if (statvfs(path, &info) != 0 ||
        __builtin_mul_overflow((uint64_t)info.f_bavail, (uint64_t)info.f_frsize, &space)) {
        return UINT64_MAX;
    }
    return space;
}
