/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIGHT_INT_H
#define LIGHT_INT_H

#include <sys/types.h>

#include "light.h"

struct running {
    pid_t child; /* 0: not started, or ended */
    int to, from;
    struct light_stream heard;
    bool ended; /* nothing comes any more */
};
struct light {
    struct running of[LIGHT_PROGRAMS];
    enum light_program turn; /* who is heard first next time */
};

/* program.c. descriptor: handed on as number 3; -1: none. */
enum status program_start(struct ctx *cx, const char *name, const char *const *arguments,
                          int descriptor, struct running *ret) MUST_USE;
void program_stop(struct running *r);

#endif
