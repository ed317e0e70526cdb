/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codes: the files that face foreign libraries, and what they and the program say to each other.
 * Includes nothing of ours: our limits.h would stand in the way of the libraries' own.
 */
#ifndef CODES_H
#define CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum paper_how { PAPER_DONE = 0, PAPER_FAILED = 1 };

/* The result goes into room of `max` bytes; *ret_len says how much. */
enum paper_how code_draw(const uint8_t *content, size_t len, uint8_t *room, size_t max,
                         size_t *ret_len);

#endif
