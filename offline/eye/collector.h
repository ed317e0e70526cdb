/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collector: the process that turns what workers read into what the caller is told. It sees bytes
 * of codes, never a dot of a picture but those of a preview, in the same jail as the workers.
 */
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include "packet.h"

struct collector_ends {
    int results; /* reads: packets of workers */
    int control; /* reads: packets of the keeper */
    int out;     /* writes: messages */
    uint64_t memory_max;
};
/* To PACKET_END or the end of `control`. */
_Noreturn void collector_serve(struct ctx *cx, const struct collector_ends *ends);

/* ---- what is said about many pictures; apart, so that a test can play them ----------------------
 */

/* Advice is a matter of seconds, not of one picture. */
struct advice {
    int64_t began_ms; /* of the span */
    unsigned pictures, counts[LIGHT_ADVICE_TOO_FAST + 1];
    enum light_advice said;
    bool any; /* said anything yet */
};
enum { ADVICE_SPAN_MS = 2000 };
/* Adds a picture; true when something new is to be said: advice->said. */
bool advice_add(struct advice *a, enum light_advice here, int64_t now_ms);
/* The same at the end, for what was added since. */
bool advice_rest(struct advice *a);

/* Bytes a second of one transfer. */
struct pace {
    int64_t began_ms;
    uint32_t began_rank, rate, bytes_a_symbol;
};
void pace_add(struct pace *p, uint32_t rank, int64_t now_ms);

#endif
