/* SPDX-License-Identifier: Apache-2.0 */
/* What charter-ops.c takes from charter-rows.c: parts of an operation, checked and left encoded. */
#ifndef CHARTER_ROWS_H
#define CHARTER_ROWS_H

#include "team-int.h"

enum { SEAL_SHORT = 48, SEAL_LONG = 80 };
enum row_shape {
    ROW_NONE,
    ROW_ID,
    ROW_SHORT,
    ROW_SEAL,
    ROW_ROLE,
    ROW_COMPARTMENT,
    ROW_LINKBACK,
    ROW_POINT,
    ROW_SIGNATURE,
    ROW_OWNER,
};

/* min to max rows of a shape; empty after a fault of the reader. */
bytes rows_take(struct wire_reader *r, enum row_shape shape, size_t min, size_t max);
bytes role_take(struct wire_reader *r);
bytes council_body_take(struct wire_reader *r);
/* An encoded list; an empty view is the empty list. */
void list_put(struct wire_writer *w, bytes list);

#endif
