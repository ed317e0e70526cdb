/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paper: the door. What leaves on paper and comes back: pages to print, with a QR code, and codes
 * read from scans. Drawing and reading codes is done by libraries that have no place beside a
 * vault's key: they live in programs of their own, `valise-paper` and `valise-eye`, and there in
 * processes that can only compute. Knows no key and no meaning of what stands on a page.
 */
#ifndef PAPER_H
#define PAPER_H

#include "base.h"

/* By its name: a page to print (.pdf), a scan to read (.png, .pgm). Others are text to us. */
bool paper_is_page(const char *path);
bool paper_is_scan(const char *path);

struct paper; /* the other program, running */
/* Starts it: before this process is hardened, because then it starts nothing any more.
 * STATUS_UNSAFE when the program is not where it was installed. */
enum status paper_start(struct ctx *cx, struct paper **ret) MUST_USE;
void paper_stop(struct paper **p); /* NULL is fine */

enum {
    PAPER_CODE_MAX = 512,               /* letters in a code */
    PAPER_SIDE_MAX = 177,               /* squares on a side */
    PAPER_IMAGE_MAX = 64 * 1024 * 1024, /* bytes of a scan's file */
    PAPER_FOUND_MAX = 16 * 1024         /* letters of all codes in one scan */
};
/* content: capitals, digits, and " $%*+-./:". ret: side * side bytes, 1 is dark. */
enum status paper_encode(struct ctx *cx, struct paper *p, text content, struct buf *ret,
                         size_t *ret_side) MUST_USE;
/* The texts of all codes in a PNG, JPEG or PGM image, each ended by a line feed; those that hold
 * anything but printable ASCII are left out. STATUS_NOT_FOUND: no code. STATUS_MALFORMED: no such
 * image, or the reader died of it. */
enum status paper_scan(struct ctx *cx, struct paper *p, bytes image, struct buf *ret) MUST_USE;

/* A PDF of one A4 page whose printed part fits Letter too: the text (its first line large), below
 * it the code (none when side is 0) with a caption. Black and white, no date, no name of a machine.
 * Letters beyond Latin-1 are shown as "_". STATUS_LIMIT when the text is too long for a page. */
enum status paper_page(struct ctx *cx, text content, bytes modules, size_t side, text caption,
                       struct buf *out) MUST_USE;

/* ---- pages drawn piece by piece, for those who lay them out themselves ---- */

/* Points: A4 is 595 x 842, Letter 612 x 792; what keeps 64 from below and above lies inside both.
 */
enum { PAPER_WIDTH = 595, PAPER_HEIGHT = 842, PAPER_PAGES_MAX = 64 };
struct paper_place {
    int x, y; /* points from the lower left corner of the page */
};
enum paper_font { PAPER_FONT_TEXT, PAPER_FONT_TITLE }; /* Courier, Helvetica bold */
struct paper_pages;
enum status paper_pages_new(struct ctx *cx, struct paper_pages **ret) MUST_USE;
void paper_pages_free(struct paper_pages **p);                                 /* NULL is fine */
enum status paper_pages_begin(struct ctx *cx, struct paper_pages *p) MUST_USE; /* LIMIT */
/* The line's letters stand on `at`; beyond Latin-1 they are "_". */
enum status paper_pages_text(struct ctx *cx, struct paper_pages *p, struct paper_place at,
                             enum paper_font font, int size, text line) MUST_USE;
/* A code without white around it, its upper left corner at `at`. modules: 1 is dark. */
enum status paper_pages_code(struct ctx *cx, struct paper_pages *p, struct paper_place at,
                             int side_points, bytes modules, size_t side) MUST_USE;
bool paper_pages_replaced(const struct paper_pages *p); /* a letter became "_" */
/* Appends the PDF; at least one page was begun. */
enum status paper_pages_end(struct ctx *cx, struct paper_pages *p, struct buf *out) MUST_USE;

#endif
