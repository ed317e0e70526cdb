/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard-int: what the files of this room share.
 */
#ifndef GUARD_INT_H
#define GUARD_INT_H

#include "guard.h"

/* One table from errno to our statuses; records "could not <what> '<path>': <why>". */
enum status os_fault(struct ctx *cx, int error, const char *what, const char *path);

/* The folder part of a path, "." when there is none, into out. */
enum status path_folder(struct ctx *cx, struct buf *out, const char *path,
                        const char **ret) MUST_USE;
/* Makes what happened in the folder of this path durable. */
enum status folder_sync(struct ctx *cx, const char *path) MUST_USE;

/* swap.c: the lists the kernel shows may be given for tests. */
bool swaps_are_plain(struct ctx *cx, const char *swaps, const char *sys) MUST_USE;

/* seccomp.c */
enum status seccomp_start(struct ctx *cx, bool allow_exec) MUST_USE;

#endif
