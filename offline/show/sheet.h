/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sheet: a parcel on paper. Any k of its n codes give it back: three in ten may be lost.
 */
#ifndef SHEET_H
#define SHEET_H

#include "faces.h"
#include "frames.h"
#include "picture.h"

enum { SHEET_CODES = 6 }; /* on a page */
struct sheet_plan {
    unsigned version; /* of the codes, at level M: paper is folded and stained */
    uint16_t symbol_data;
    uint32_t needed, codes, pages;
};
/* For a parcel of so many bytes. STATUS_LIMIT: too large for 255 codes. */
enum status sheet_plan(struct ctx *cx, bytes parcel, struct sheet_plan *ret) MUST_USE;

/* Where the pages go: one PDF, or a PNG each. All in points from the lower left corner of A4. */
struct sheet_paper;
struct sheet_paper_kind {
    enum status (*begin)(struct ctx *cx, struct sheet_paper *s);
    enum status (*text)(struct ctx *cx, struct sheet_paper *s, int x, int y, bool title, text line);
    /* Its white is part of the side; the upper left corner of that white is at x, y. */
    enum status (*code)(struct ctx *cx, struct sheet_paper *s, int x, int y, const uint8_t *squares,
                        unsigned side);
    enum status (*end)(struct ctx *cx, struct sheet_paper *s); /* of a page */
};
struct sheet_paper {
    const struct sheet_paper_kind *kind;
};
enum { SHEET_CODE_POINTS = 196, SHEET_QUIET = 4 };

struct sheet_job {
    const char *title; /* UTF-8; may be empty */
    struct transfer_id transfer;
    bytes parcel;
    const struct link_key *key;
};
enum status sheet_write(struct ctx *cx, const struct sheet_job *job, const struct sheet_plan *plan,
                        struct sheet_paper *to) MUST_USE;
/* One page with one code that stands for all of it. */
enum status sheet_write_one(struct ctx *cx, const char *title, const char *caption, bytes content,
                            struct sheet_paper *to) MUST_USE;

#endif
