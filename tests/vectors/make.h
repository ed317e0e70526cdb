/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make: what the vector generator's files share. A vector is one line of JSON: a name, the layer
 * that must decide, the status and the clause it must give, the keys it needs, and the input. All
 * values are strings; bytes are lower-case hex in which `(00*65)` stands for 65 bytes of 00.
 *
 * Everything is made from sealed_sample.h, and zstd frames are written by hand, so that the files
 * are the same on every machine and with every version of every library.
 */
#ifndef MAKE_H
#define MAKE_H

#include "sealed_sample.h"

#include <stdio.h>

struct maker {
    FILE *file;
    const char *layer;
    struct ctx cx;
    struct sample_random random;
    struct system system;
    size_t count;
};

void maker_open(struct maker *m, const char *folder, const char *layer);
void maker_close(struct maker *m);

/* vector_begin, any number of vector_bytes / vector_text / vector_number, vector_end. */
void vector_begin(struct maker *m, const char *name, enum status status, const char *clause);
void vector_bytes(struct maker *m, const char *key, bytes value);
void vector_text(struct maker *m, const char *key, const char *value);
void vector_number(struct maker *m, const char *key, uint64_t value);
void vector_end(struct maker *m, bytes input);

/* One change of a well-made input: `remove` bytes at `at` give way to `hex`. */
struct change {
    const char *name;
    enum status status;
    const char *clause; /* "F-33", or "" when the input stays good */
    size_t at;
    size_t remove;
    const char *hex;
};
void change_apply(struct ctx *cx, bytes base, const struct change *c, struct buf *out);
/* Appends hex in which (XX*N) repeats. */
void add_hex(struct ctx *cx, struct buf *out, const char *hex);
/* The generator has no way on from a failure. */
#define GOOD(expr) MUST((expr) == STATUS_OK)

void make_wire(const char *folder);
void make_entry(const char *folder);
void make_body(const char *folder);
void make_piece(const char *folder);
void make_bundle(const char *folder);
void make_join(const char *folder);
void make_invite(const char *folder);
void make_derive(const char *folder);
void make_light(const char *folder);

#endif
