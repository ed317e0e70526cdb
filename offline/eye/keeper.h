/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper: the process that holds the camera, the caller's pipes and the children, and parses
 * nothing but messages. What the files of it share.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <sys/types.h>

#include "eye.h"
#include "worker.h"

enum {
    FRAME_CPU_MS = 1000, /* of computing, for one frame: zbar is known to run for ever on some */
    FRAME_WALL_MS = 10000,
    IMAGE_WALL_MS = 60000,
    DEATHS_MAX = 20, /* without a picture done in between */
    FILM_DOTS_MAX = 16 * 1024 * 1024,
    SLOTS_SPARE = 2,
    FILM_WORKER = EYE_WORKERS_MAX, /* numbers that name children other than pool workers */
};

enum child_kind { CHILD_POOL, CHILD_IMAGE, CHILD_FILM };
struct child {
    bool alive;
    enum child_kind kind;
    pid_t pid;
    uint32_t serial;
    int jobs; /* writes */
    bool busy;
    uint8_t slot;
    int64_t since_ms, cpu_ms; /* of what it is busy with: when it began, and its own clock then */
};
enum slot_state { SLOT_FREE, SLOT_FILLING, SLOT_READY, SLOT_BUSY };

struct keeper {
    struct ctx *cx;
    const struct eye_options *options;
    unsigned workers;
    struct ring ring;
    enum slot_state slots[RING_SLOTS_MAX];
    uint8_t order[RING_SLOTS_MAX]; /* of those READY, the oldest first */
    unsigned ready;
    struct child children[EYE_WORKERS_MAX + 1]; /* the last is the film's reader */
    uint32_t serials;                           /* children made so far */
    unsigned deaths;
    pid_t collector;
    int results[2], control[2], done[2], null;
    uint64_t base_memory; /* of this program's address space */
    struct capture *capture;
    struct buf input;
    bool input_over; /* its end was read; what was before it is still to be done */
    bool ended;      /* no more pictures come */
    bool film_over;
    enum status film_status;
    int64_t preview_ms, rate_ms, read_ms;
    unsigned frames;
    bool told_size;
};

int64_t keeper_now_ms(void);

/* children.c */
enum status collector_start(struct keeper *k) MUST_USE;
/* A pool worker, or the film's reader, at this place; nothing when one lives there. */
enum status child_start(struct keeper *k, unsigned number) MUST_USE;
/* A worker for one image; the pool has a free place. */
enum status child_start_image(struct keeper *k, unsigned number, bytes image) MUST_USE;
void child_job(struct keeper *k, unsigned number, uint8_t slot); /* busy from now on */
/* Ends those that are over their time, sees who died, makes new ones. */
enum status children_watch(struct keeper *k) MUST_USE;
void child_end(struct keeper *k, unsigned number);
void children_end(struct keeper *k);
void slot_free(struct keeper *k, unsigned slot);

/* input.c */
/* Reads what the caller sent and does it; *ret_over at STOP and at the end of the input. */
enum status input_read(struct keeper *k, bool *ret_over) MUST_USE;
/* Does what was read and had to wait. */
enum status input_continue(struct keeper *k, bool *ret_over) MUST_USE;
/* False while every place for an image is taken. */
bool input_welcome(const struct keeper *k);
void tell_error(struct keeper *k, enum status status, const char *what, const char *hint);

#endif
