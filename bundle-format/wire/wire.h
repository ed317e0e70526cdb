/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire: the door. A strict, deterministic subset of CBOR (RFC 8949 §4.2.1): one encoding for each
 * value, so that decode then encode gives back every accepted input byte for byte (SPEC [F-01]..).
 *
 * Reader and writer latch: after the first fault every call does nothing and returns zeros, and
 * the *_done() call reports it. So parsing code reads like the schema.
 * Accepted: integers from -2^63 to 2^64 - 1 (shortest form), byte strings, UTF-8 text strings,
 * arrays, maps with strictly ascending unsigned integer keys, false, true, null. Nothing else.
 */
#ifndef WIRE_H
#define WIRE_H

#include "base.h"

enum wire_kind {
    WIRE_NONE, /* at the end, or latched */
    WIRE_UINT,
    WIRE_NINT,
    WIRE_BYTES,
    WIRE_TEXT,
    WIRE_ARRAY,
    WIRE_MAP,
    WIRE_BOOL,
    WIRE_NULL,
};

struct wire_reader {
    const uint8_t *pos;
    const uint8_t *end;
    const uint8_t *start;
    enum status status;
    const char *why; /* clause and reason of the first fault */
};

void wire_reader_init(struct wire_reader *r, bytes in);
/* Latches STATUS_MALFORMED with a reason (a string literal, e.g. "[F-33] seq is 0"). */
void wire_fail(struct wire_reader *r, const char *why);
enum wire_kind wire_peek(const struct wire_reader *r);
bool wire_at_end(const struct wire_reader *r); /* also true once latched */
uint64_t wire_get_uint(struct wire_reader *r, uint64_t max);
int64_t wire_get_int(struct wire_reader *r);
bool wire_get_bool(struct wire_reader *r);
void wire_get_null(struct wire_reader *r);
bytes wire_get_bytes(struct wire_reader *r, size_t min, size_t max);  /* borrowed from the input */
text wire_get_text(struct wire_reader *r, size_t min, size_t max);    /* checked UTF-8 */
void wire_get_fixed(struct wire_reader *r, uint8_t *out, size_t len); /* byte string of len */
size_t wire_get_array(struct wire_reader *r, size_t min, size_t max); /* element count */
size_t wire_get_map(struct wire_reader *r, size_t min, size_t max);   /* pair count */
/* The next key of a map must be `key`. The caller reads keys in ascending order. */
void wire_need_key(struct wire_reader *r, uint64_t key);
/* True, and consumes it, when the next item is the unsigned integer `key`. For optional keys: the
 * caller counts consumed pairs against wire_get_map(). */
bool wire_have_key(struct wire_reader *r, uint64_t key);
/* Validates one whole value (any accepted kind, depth <= WIRE_DEPTH_MAX, maps with strictly
 * ascending unsigned keys) and returns the bytes it takes. Iterative, never recursive. */
bytes wire_get_any(struct wire_reader *r);
/* No bytes may be left. STATUS_MALFORMED with `what`, the reason and where, e.g.
 * "entry header: [F-33] seq is 0 (at byte 12)". */
enum status wire_reader_done(struct ctx *cx, struct wire_reader *r, const char *what) MUST_USE;

struct wire_writer {
    struct ctx *cx;
    struct buf *out;
    enum status status;
};

void wire_writer_init(struct wire_writer *w, struct ctx *cx, struct buf *out);
void wire_put_uint(struct wire_writer *w, uint64_t value);
void wire_put_int(struct wire_writer *w, int64_t value);
void wire_put_bool(struct wire_writer *w, bool value);
void wire_put_null(struct wire_writer *w);
void wire_put_bytes(struct wire_writer *w, bytes value);
void wire_put_text(struct wire_writer *w, text value);
void wire_put_array(struct wire_writer *w, size_t count);
void wire_put_map(struct wire_writer *w, size_t count); /* keys follow with wire_put_uint */
/* Appends bytes that are already one or more whole encoded values. */
void wire_put_encoded(struct wire_writer *w, bytes encoded);
enum status wire_writer_done(struct wire_writer *w) MUST_USE;

#endif
