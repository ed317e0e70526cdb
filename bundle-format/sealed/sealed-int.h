/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share behind the door: the format version, the padding rule, the
 * lists of [device, seq] that headers and manifests both hold, and the parts of a header a body is
 * bound to.
 */
#ifndef SEALED_INT_H
#define SEALED_INT_H

#include "sealed.h"

enum { FORMAT_VERSION = 1 };

/* Latches like wire_fail(), but as STATUS_LIMIT or STATUS_UNSUPPORTED. */
void reader_fail_as(struct wire_reader *r, enum status status, const char *why);
/* The next item is the format version; anything but FORMAT_VERSION latches STATUS_UNSUPPORTED. */
void reader_get_version(struct wire_reader *r, const char *why);
/* The next item is an array of exactly `count`, else `why`. */
void reader_get_row(struct wire_reader *r, size_t count, const char *why);
/* An integer in [min, NUMBER_MAX] [F-08]. */
uint64_t reader_get_number(struct wire_reader *r, uint64_t min, const char *why);

/* An array of [device id, seq], strictly ascending by device. The reasons are data. */
struct positions_rule {
    size_t max;
    const char *count; /* more than max */
    const char *row;   /* an element is not a pair */
    const char *order; /* not strictly ascending */
    const char *seq;   /* seq out of range */
    const char *own;   /* names the own device; NULL when that is allowed */
};
/* Returns the encoded list, borrowed from the reader's input. */
bytes reader_get_positions(struct wire_reader *r, const struct positions_rule *rule,
                           const struct id *own);

/* Padme [F-17]: the size that `len` bytes are padded to; never under `min`. */
size_t padded_size(size_t len, size_t min);
bool all_zero(const uint8_t *ptr, size_t len);

/* H("valise/body-ad") over the team and the header up to and including the epoch [F-49]. */
enum status entry_header_binding(struct ctx *cx, const struct id *team,
                                 const struct entry_header *h, struct id *ret) MUST_USE;

/* One zstd frame of one body, see frame.c. *ret_len = 0 when compressing would not shrink it. */
enum status frame_compress(struct ctx *cx, bytes plain, uint8_t *out, size_t capacity,
                           size_t *ret_len) MUST_USE;
enum status frame_decompress(struct ctx *cx, bytes frame, uint8_t *out, size_t plain_len) MUST_USE;

#endif
