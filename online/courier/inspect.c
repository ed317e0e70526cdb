/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspect: what the online side can tell of a folder of pieces: how many of each size, and what
 * does not belong there. Foreign files are counted, never opened.
 */
#include <stdio.h>

#include "courier.h"
#include "limits.h"
#include "spool.h"

struct counts {
    size_t small, medium, large, foreign;
};

static enum status count_one(void *self, struct ctx *cx, int folder, const char *name,
                             uint64_t size)
{
    struct counts *counts = self;
    (void)cx;
    (void)folder;
    (void)name;
    if (size == 0) {
        counts->foreign++;
    } else if (size == PIECE_SIZE_SMALL) {
        counts->small++;
    } else if (size == PIECE_SIZE_MEDIUM) {
        counts->medium++;
    } else {
        counts->large++;
    }
    return STATUS_OK;
}

static enum status inspect_run(struct ctx *cx, int argc, char **argv)
{
    enum status status = STATUS_OK;
    struct counts counts = {0};
    if (argc != 1) {
        FAIL(cx, STATUS_USAGE, "inspect takes one folder: valise-courier inspect FOLDER");
    }
    TRY(spool_each(cx, argv[0], count_one, &counts));
    printf("pieces: %zu of 16 KiB, %zu of 256 KiB, %zu of 4 MiB\n", counts.small, counts.medium,
           counts.large);
    printf("other files, not opened: %zu\n", counts.foreign);
out:
    return status;
}

const struct courier_command courier_inspect = {
    .name = "inspect",
    .arguments = "FOLDER",
    .summary = "count the pieces in a folder",
    .run = inspect_run,
};
