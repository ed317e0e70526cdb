/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper: the two programs that show and see codes, as the courier starts them.
 */
#ifndef HELPER_H
#define HELPER_H

#include <sys/types.h>

#include "frames.h"

struct helper {
    pid_t child;
    int to, from;
    const char *name;
    struct light_stream heard;
    bool ended; /* says nothing any more */
};
/* arguments end with NULL; descriptor is handed on as number 3, -1: none. Also after a failure
 * helper_stop() is to be called. */
enum status helper_start(struct ctx *cx, const char *name, const char *const *arguments,
                         int descriptor, struct helper *ret) MUST_USE;
void helper_stop(struct helper *h); /* closes its input and waits for its end */
/* Hears meanwhile: a program that speaks never waits for one that only listens later. */
enum status helper_say(struct ctx *cx, struct helper *h, const struct light_message *m) MUST_USE;
/* *ret_any false: it has ended. Borrows until the next call. */
enum status helper_hear(struct ctx *cx, struct helper *h, struct light_message *ret,
                        bool *ret_any) MUST_USE;
#endif
