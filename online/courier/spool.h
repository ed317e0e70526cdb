/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool: a folder of pieces on the courier's machine.
 */
#ifndef SPOOL_H
#define SPOOL_H

#include "base.h"

/* The size of a piece by name and kind; 0: it is none. */
uint64_t spool_piece(int folder, const char *name);
/* Every file of the folder; size 0: no piece, not to be opened. */
typedef enum status spool_visit(void *self, struct ctx *cx, int folder, const char *name,
                                uint64_t size);
enum status spool_each(struct ctx *cx, const char *path, spool_visit *visit, void *self) MUST_USE;
/* The whole piece, appended to out. */
enum status spool_read(struct ctx *cx, int folder, const char *name, uint64_t size,
                       struct buf *out) MUST_USE;
/* Under a new random name, whole or not at all, durable when it returns. STATUS_FULL, STATUS_IO. */
enum status spool_write(struct ctx *cx, const char *path, bytes piece) MUST_USE;

#endif
