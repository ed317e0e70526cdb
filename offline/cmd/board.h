/* SPDX-License-Identifier: Apache-2.0 */
/*
 * board: records grouped by state, side by side on a wide terminal, one group under the other
 * elsewhere. Only for people; JSON has the group in each line.
 */
#ifndef BOARD_H
#define BOARD_H

#include "cmd-int.h"

enum { BOARD_GROUPS_MAX = 16, BOARD_BYTES_MAX = 16 * 1024 * 1024 };

struct board_group {
    text name;
    struct buf cards; /* escaped lines, each ended by a line feed */
    size_t count;
};
struct board {
    struct board_group groups[BOARD_GROUPS_MAX];
    size_t count;
    struct buf names;
};
void board_init(struct board *b);
void board_finish(struct board *b);
/* The columns in the workflow's order; others are added as they come. */
enum status board_groups(struct ctx *cx, struct board *b, const text *names, size_t count) MUST_USE;
enum status board_add(struct ctx *cx, struct board *b, text group, text id, text title,
                      bool conflict) MUST_USE;
enum status board_draw(struct out *o, const struct board *b) MUST_USE;

#endif
