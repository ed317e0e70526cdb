/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: small macros over cmocka. A failing check prints the recorded fault, because "0x200 != 0"
 * tells nobody anything.
 */
#ifndef CHECK_H
#define CHECK_H

/* cmocka wants these before its own header */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base.h"
#include "machine.h"

/* The expression gives STATUS_OK. */
#define check_ok(cx, expr) check_status_at((cx), STATUS_OK, (expr), #expr, __FILE__, __LINE__)
/* The expression gives exactly this status; the fault is cleared, so that the next can be read. */
#define check_status(cx, expected, expr)                                                           \
    check_status_at((cx), (expected), (expr), #expr, __FILE__, __LINE__)
/* The same, and the text of the fault holds `part`, e.g. its clause "[F-04]". */
#define check_fault(cx, expected, part, expr)                                                      \
    check_fault_at((cx), (expected), (part), (expr), #expr, __FILE__, __LINE__)
#define check_bytes(got, expected) check_bytes_at((got), (expected), __FILE__, __LINE__)
#define check_text(got, literal)   check_text_at((got), TEXT(literal), __FILE__, __LINE__)

void check_status_at(struct ctx *cx, enum status expected, enum status got, const char *expr,
                     const char *file, int line);
void check_fault_at(struct ctx *cx, enum status expected, const char *part, enum status got,
                    const char *expr, const char *file, int line);
void check_bytes_at(bytes got, bytes expected, const char *file, int line);
void check_text_at(text got, text expected, const char *file, int line);

#endif
