/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema-int: what the files of the schema room share: printing views, the calendar, numbers.
 */
#ifndef SCHEMA_INT_H
#define SCHEMA_INT_H

#include "schema.h"

/* For "%.*s" of a text in a fault: cut to what a message can hold. */
enum { SHOWN_MAX = 80 };
#define SHOW(t) schema_shown_len(t), ((t).len == 0 ? "" : (t).ptr)
int schema_shown_len(text t);

text schema_trim(text t); /* blanks and tabs at both ends */

/* ---- when.c -------------------------------------------------------------------------------- */

/* Longest canonical form, "2026-11-24T10:00:00Z". */
enum { WHEN_TEXT_MAX = 20 };
/* True when t is exactly the canonical form of a moment that exists. */
bool when_canonical(enum when_kind kind, text t);
/* Forgiving in: a blank for the T, seconds or none, +hh:mm for an instant. len of out, 0 = refused.
 */
size_t when_read(enum when_kind kind, text t, char out[static WHEN_TEXT_MAX]);
const char *when_expected(enum when_kind kind); /* "a date like 2026-11-24" */

/* ---- num.c --------------------------------------------------------------------------------- */

enum { NUM_SCALE_MAX = 9 };
enum num_fault { NUM_OK, NUM_NOT, NUM_AMBIGUOUS, NUM_TOO_FINE, NUM_TOO_BIG };
/* Decimal words with grouping to a scaled integer. */
enum num_fault num_read(text t, uint32_t scale, int64_t *ret);
enum status num_write(struct ctx *cx, struct buf *out, int64_t n, uint32_t scale) MUST_USE;

#endif
