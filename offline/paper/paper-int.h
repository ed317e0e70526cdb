/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paper-int: what the two sides of this room say to each other over two pipes.
 *
 *   request   what (1), length (4, LE), bytes          answer   how (1), length (4, LE), bytes
 */
#ifndef PAPER_INT_H
#define PAPER_INT_H

#include "codes.h"
#include "paper.h"

enum { PAPER_HEAD_BYTES = 5, PAPER_ANSWER_MAX = PAPER_SIDE_MAX * PAPER_SIDE_MAX };
enum paper_ask { PAPER_ASK_ENCODE = 1 };

/* All of it, over interruptions; false at the end or on an error. */
bool paper_read_all(int fd, uint8_t *out, size_t len);
bool paper_write_all(int fd, const uint8_t *data, size_t len);

#endif
