/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder for one test under $TMPDIR, removed with all that is in it, and small helpers that
 * look at files past the rooms under test.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCRATCH_PATH = 512 };

static inline int scratch_remove_one(const char *path, const struct stat *info, int type,
                                     struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

static inline void scratch_make(char path[static SCRATCH_PATH])
{
    const char *base = getenv("TMPDIR");
    snprintf(path, SCRATCH_PATH, "%s/valise-test-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(path) == NULL) {
        perror("mkdtemp");
        abort();
    }
}

static inline void scratch_remove(const char *path)
{
    (void)nftw(path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Result in a rotating static buffer: fine for arguments of one call. */
static inline const char *scratch_path(const char *dir, const char *name)
{
    static char paths[8][2 * SCRATCH_PATH];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
    return path;
}

/* Whole file, malloc'd with a NUL behind it; NULL when it is not there. */
static inline uint8_t *scratch_load(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    (void)fseek(file, 0, SEEK_END);
    long len = ftell(file);
    rewind(file);
    uint8_t *content = calloc(1, (size_t)len + 1);
    if (content == NULL || fread(content, 1, (size_t)len, file) != (size_t)len) {
        abort();
    }
    fclose(file);
    *ret_len = (size_t)len;
    return content;
}

static inline void scratch_store(const char *path, const void *content, size_t len)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(content, 1, len, file) != len || fclose(file) != 0) {
        perror(path);
        abort();
    }
}

/* The plain files of a folder, into one that is made when missing; files of the same name are
 * replaced.
 */
static inline void scratch_copy(const char *from, const char *to)
{
    DIR *folder = opendir(from);
    if (folder == NULL || (mkdir(to, 0700) != 0 && errno != EEXIST)) {
        perror(folder == NULL ? from : to);
        abort();
    }
    for (const struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        size_t len = 0;
        if (e->d_type == DT_REG) {
            uint8_t *content = scratch_load(scratch_path(from, e->d_name), &len);
            scratch_store(scratch_path(to, e->d_name), content, len);
            free(content);
        }
    }
    closedir(folder);
}

/* True when the file is there and holds these bytes somewhere. */
static inline bool scratch_holds(const char *path, const void *needle, size_t needle_len)
{
    size_t len = 0;
    uint8_t *content = scratch_load(path, &len);
    bool found = content != NULL && memmem(content, len, needle, needle_len) != NULL;
    free(content);
    return found;
}

#endif
