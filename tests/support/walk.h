/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk: takes one value through the typed calls of the wire reader and puts it through those of
 * the writer. The oracle of the tests and of the fuzzer: what is accepted comes out as it went in.
 */
#ifndef WALK_H
#define WALK_H

#include "wire.h"

/* Latches the reader on what no schema could accept, as wire_get_any() does. */
void walk_value(struct wire_reader *r, struct wire_writer *w);

#endif
