/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker: the processes that touch pixels. Each jails itself before the first: from then on it
 * computes, reads its pipe and writes packets, and has no other call. None of these returns.
 */
#ifndef WORKER_H
#define WORKER_H

#include "packet.h"
#include "ring.h"

struct worker {
    int jobs;            /* reads: a byte, the slot of a picture to look at */
    int done;            /* writes: a packet, struct worker_done */
    int results;         /* writes: packets for the collector */
    uint8_t number;      /* its place */
    uint32_t serial;     /* its own: whoever comes after it in its place has another */
    uint64_t memory_max; /* of its address space */
};
struct worker_done {
    uint32_t serial;
    uint8_t worker, slot;
    bool read; /* at least one code */
};
/* From slot to slot until the pipe of jobs ends. */
_Noreturn void worker_serve(struct ctx *cx, const struct worker *w, const struct ring *ring);
/* One image file, the patient way; done says slot FILM_SLOT_END. */
_Noreturn void worker_image(struct ctx *cx, const struct worker *w, bytes image);
/* A film on descriptor `film`, into whatever slots `jobs` names; done says that one is filled, or,
 * with slot FILM_SLOT_END or FILM_SLOT_BROKEN, that no more come. */
enum { FILM_SLOT_END = 254, FILM_SLOT_BROKEN = 255 };
_Noreturn void worker_film(struct ctx *cx, const struct worker *w, const struct ring *ring,
                           int film);

#endif
