/* SPDX-License-Identifier: Apache-2.0 */
/*
 * light: the door. Crossing the gap by light, seen from the vault: two programs of ours that hold
 * no key are started beside this one, `valise-show` and `valise-eye`, and asked in messages
 * (frames.h). Pieces of a folder become a parcel to show; a parcel that was seen becomes pieces of
 * a folder.
 */
#ifndef LIGHT_H
#define LIGHT_H

#include <sys/types.h>

#include "base.h"
#include "frames.h"

enum light_program { LIGHT_SHOW, LIGHT_EYE, LIGHT_PROGRAMS };

/* Arguments end with NULL; NULL instead of a list: that program is not started. Descriptors are the
 * caller's and may be closed after the start; -1: none. */
struct light_plan {
    const char *const *arguments[LIGHT_PROGRAMS];
    int terminal; /* for codes on the terminal */
    int film;     /* for valise-eye --stream */
};
struct light;
/* Before this process is hardened: then it starts nothing any more. STATUS_UNSAFE when a program is
 * not where it was installed: what to do then is the caller's to hint. */
enum status light_start(struct ctx *cx, const struct light_plan *plan, struct light **ret) MUST_USE;
/* Ends the programs and waits for them; NULL is fine. */
void light_stop(struct light **l);
bool light_runs(const struct light *l, enum light_program p);
/* Hears meanwhile, so that a program that speaks never waits for one that listens.
 * STATUS_CANCELLED: the program is gone. */
enum status light_say(struct ctx *cx, struct light *l, enum light_program to,
                      const struct light_message *m) MUST_USE;
/* The next message of any program within wait_ms (-1: for ever; 0: what is there). *ret_any false:
 * time is over, a signal came, or nobody runs any more. The message borrows until the next call.
 * STATUS_MALFORMED: what came is no message; that program was ended. */
enum status light_hear(struct ctx *cx, struct light *l, int wait_ms, struct light_message *ret,
                       enum light_program *ret_from, bool *ret_any) MUST_USE;

/* For a program of ours that speaks otherwise than in messages: it stands beside this one, or where
 * it was built or installed, never in $PATH. It gets two pipes and at most one further descriptor
 * (as number 3; -1: none). alone: in a session of its own and without an environment; else with the
 * words of it that a window needs. STATUS_UNSAFE without a hint when it is not installed. */
struct light_child {
    pid_t child; /* 0: not started, or ended */
    int to, from;
};
enum status light_child_start(struct ctx *cx, const char *name, const char *const *arguments,
                              int descriptor, bool alone, struct light_child *ret) MUST_USE;
/* It ends with its input; one that does not is killed after two seconds. */
void light_child_stop(struct light_child *c);

/* The pieces of a folder, by name and size, as the bytes of a parcel; what else lies there is left
 * alone. STATUS_NOT_FOUND: no piece; STATUS_LIMIT: more than PARCEL_BYTES_MAX. */
enum status light_parcel_of_folder(struct ctx *cx, const char *folder, struct buf *out,
                                   size_t *ret_pieces) MUST_USE;
/* Each piece of a parcel into the folder (made when missing) under a new name, whole or not at all.
 */
enum status light_parcel_to_folder(struct ctx *cx, const struct parcel *p,
                                   const char *folder) MUST_USE;
/* Removes the pieces of a folder, by name; it may be missing. */
enum status light_folder_clear(struct ctx *cx, const char *folder) MUST_USE;

#endif
