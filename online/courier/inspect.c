/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspect: what the online side can tell of a folder of pieces: how many of each size, and what
 * does not belong there. Foreign files are counted, never opened.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "courier.h"
#include "limits.h"
#include "piece.h"

struct counts {
    size_t small, medium, large, foreign;
};

static void count_one(int folder, const char *name, struct counts *counts)
{
    struct stat st;
    bytes raw = BYTES(name, strlen(name));
    bool ours = utf8_valid(raw) && piece_name_valid(text_of(name)) &&
                fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
                piece_size_valid((uint64_t)st.st_size);
    if (!ours) {
        counts->foreign++;
    } else if (st.st_size == PIECE_SIZE_SMALL) {
        counts->small++;
    } else if (st.st_size == PIECE_SIZE_MEDIUM) {
        counts->medium++;
    } else {
        counts->large++;
    }
}

static enum status inspect_run(struct ctx *cx, int argc, char **argv)
{
    enum status status = STATUS_OK;
    struct counts counts = {0};
    DIR *folder = NULL;
    if (argc != 1) {
        FAIL(cx, STATUS_USAGE, "inspect takes one folder: valise-courier inspect FOLDER");
    }
    folder = opendir(argv[0]);
    if (folder == NULL) {
        FAIL(cx, STATUS_IO, "cannot open folder '%s': %s", argv[0], strerror(errno));
    }
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            count_one(dirfd(folder), e->d_name, &counts);
        }
    }
    printf("pieces: %zu of 16 KiB, %zu of 256 KiB, %zu of 4 MiB\n", counts.small, counts.medium,
           counts.large);
    printf("other files, not opened: %zu\n", counts.foreign);
out:
    if (folder != NULL) {
        closedir(folder);
    }
    return status;
}

const struct courier_command courier_inspect = {
    .name = "inspect",
    .arguments = "FOLDER",
    .summary = "count the pieces in a folder",
    .run = inspect_run,
};
