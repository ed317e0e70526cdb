/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kits: the door. Kit files: their grammar, the parser with errors a person can act on, and the
 * kits that come with the program. A kit becomes data of the schema room; nothing here runs.
 */
#ifndef KITS_H
#define KITS_H

#include "base.h"
#include "schema.h"

struct kit_owner; /* owns a parsed kit's memory */

/* One problem of a kit file. */
struct kit_problem {
    size_t line, column; /* from 1 */
    text what;           /* what was found and expected, with the nearest valid word */
};
enum { KIT_FILE_MAX = 256 * 1024 };
/* Parses a kit file; every problem is reported (at most 50), the first is also the fault.
 * file_name is only for messages. */
enum status kit_parse(struct ctx *cx, bytes file, text file_name,
                      void (*problem)(void *self, const struct kit_problem *p), void *self,
                      struct kit_owner **ret) MUST_USE;
const struct kit *kit_get(const struct kit_owner *k);
void kit_free(struct kit_owner **k);
/* Can `next` replace `installed`: fields added or retired, never retyped; version higher. */
enum status kit_upgrade_check(struct ctx *cx, const struct kit *installed,
                              const struct kit *next) MUST_USE;
/* Says in words what a kit is (kit check). */
enum status kit_explain(struct ctx *cx, const struct kit *k, struct buf *out) MUST_USE;

/* The kits that come with the program plus those added: DIR/kits/NAME.kit, put there by `kit
 * install`. Of two kits of one name the newer version counts when kit_upgrade_check() lets it; one
 * that is not newer is left out in silence. The schema borrows from the shelf: add all kits before
 * anything looks at it. */
struct kit_shelf;
enum status kit_shelf_open(struct ctx *cx, struct kit_shelf **ret) MUST_USE;
enum status kit_shelf_add(struct ctx *cx, struct kit_shelf *s, bytes file, text file_name) MUST_USE;
const struct schema *kit_shelf_schema(const struct kit_shelf *s);
void kit_shelf_close(struct kit_shelf **s);

/* ---- what the passwords kit needs ---------------------------------------------------------- */

/* RFC 6238 from an otpauth:// URI or a bare base32 secret. *ret_left: seconds it still holds.
 * STATUS_MALFORMED, STATUS_UNSUPPORTED; no message repeats the secret. */
enum status totp_code(struct ctx *cx, text secret, int64_t now, struct buf *out,
                      unsigned *ret_left) MUST_USE;
struct password_recipe {
    size_t length; /* characters, 8..128; or words when words is true, 4..16 */
    bool words, lower, upper, digits, symbols, no_lookalikes;
};
enum status password_make(struct ctx *cx, const struct password_recipe *r,
                          struct buf *out) MUST_USE;
/* Rough bits of a guesser who knows common patterns; *ret_word "very weak" (below 30 bits), "weak"
 * (45), "fair" (60), "strong" (90), "very strong". An estimate from above. */
double password_strength(struct ctx *cx, text password, text *ret_word);

#endif
