/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base-int: what the files of this room share behind the door. Nothing outside may include it.
 */
#ifndef BASE_INT_H
#define BASE_INT_H

#include "base.h"

/* Length (1 to 4) of the strict UTF-8 sequence at the start of `b`, or 0 when there is none. */
size_t utf8_decode(bytes b, uint32_t *ret_code_point);

/* Columns of the escape of a code point, 0 when escape_terminal() shows the character itself. */
int escape_width(uint32_t code_point);

/* A run of code points; tables of them are ascending. */
struct range {
    uint32_t from;
    uint32_t to;
};
bool range_has(const struct range *table, size_t count, uint32_t code_point);

#endif
