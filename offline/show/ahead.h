/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ahead: the press in a process of its own, some frames ahead of the screen, so that drawing codes
 * never holds up a frame. It can only compute (guard_jail()); frames come through shared memory.
 */
#ifndef AHEAD_H
#define AHEAD_H

#include "press.h"

struct ahead;
/* Forks: before threads and windows. */
enum status ahead_start(struct ctx *cx, struct ahead **ret) MUST_USE;
void ahead_stop(struct ahead **a); /* NULL is fine */

/* Something else is shown from now on. */
enum status ahead_job(struct ctx *cx, struct ahead *a, const struct press_job *job) MUST_USE;
enum status ahead_set(struct ctx *cx, struct ahead *a, const struct layout *layout) MUST_USE;
/* What the beacons say from now on. */
void ahead_speed(struct ahead *a, uint8_t fps);
/* Counts only when it is of the transfer that is shown. */
enum status ahead_got(struct ctx *cx, struct ahead *a, const struct transfer_id *transfer,
                      uint64_t wanted) MUST_USE;

/* A frame that is ready, or NULL: not yet. Its dots are good until the next call. The press' own
 * refusals (STATUS_LIMIT of a layout) come out here, once each. */
struct frame {
    struct picture picture;
    uint32_t next;    /* symbols shown in this size, this frame included */
    uint32_t symbols; /* k */
    struct transfer_id transfer;
};
enum status ahead_take(struct ctx *cx, struct ahead *a, const struct frame **ret) MUST_USE;

#endif
