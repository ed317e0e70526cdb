/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One machine's log, read from its bytes for the judge of sim-rights.c: every entry with its causal
 * past, worked out from the headers alone, and every operation of the charter that can be read.
 * Nothing here asks what the program made of it, but for the three marks at the end of an entry.
 */
#ifndef SIM_LOG_H
#define SIM_LOG_H

#include "sim.h"

enum { LOG_DEVICES_MAX = 64 };

struct book_device {
    struct id id, member; /* zero until a LINK is read */
    uint32_t link;        /* line of its first LINK */
    bool forked;          /* its log has branches: not judged here */
};

struct line {
    struct entry_header h; /* borrows from `header` */
    struct buf header, plain;
    struct id id;
    uint32_t device;                /* of book.devices */
    uint32_t past[LOG_DEVICES_MAX]; /* up to which entry of each device its author knew */
    bool control, readable;         /* of the charter; its body could be opened */
    bool counts;                    /* as the program says */
    int64_t key;
};

/* One operation of the charter. */
struct said_op {
    uint32_t line;
    uint64_t index;
    struct charter_op op; /* borrows from the line */
};

struct book {
    struct line *lines; /* causes first */
    size_t count;
    struct book_device devices[LOG_DEVICES_MAX];
    size_t device_count;
    struct said_op *ops;
    size_t op_count, op_cap;
};

void book_read(struct sim *s, struct actor *a, struct book *ret);
void book_finish(struct book *b);
/* LOG_DEVICES_MAX: not in this log. */
uint32_t book_device(const struct book *b, const struct id *id);
/* Entry `seq` of the device was known to the author of the line, or is the line. */
bool book_knows(const struct line *l, uint32_t device, uint64_t seq);
/* The line of this name; NULL. */
const struct line *book_line(const struct book *b, const struct id *id);

#endif
