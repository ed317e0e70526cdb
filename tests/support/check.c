/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: the functions behind the macros of check.h; they only print and tell cmocka.
 */
#include "check.h"

#include <string.h>

void check_status_at(struct ctx *cx, enum status expected, enum status got, const char *expr,
                     const char *file, int line)
{
    if (got != expected) {
        print_error("%s\n  wanted %s, got %s\n", expr, status_name(expected), status_name(got));
        if (cx->fault.status != STATUS_OK) {
            print_error("  fault: %s: %s\n  hint: %s\n  from %s:%d\n",
                        status_name(cx->fault.status), cx->fault.what, cx->fault.hint,
                        cx->fault.file, cx->fault.line);
        }
        _fail(file, line);
    }
    fault_clear(cx);
}

void check_fault_at(struct ctx *cx, enum status expected, const char *part, enum status got,
                    const char *expr, const char *file, int line)
{
    char what[FAULT_TEXT_MAX];

    memcpy(what, cx->fault.what, sizeof what);
    check_status_at(cx, expected, got, expr, file, line);
    if (strstr(what, part) == NULL) {
        print_error("%s\n  the fault '%s' does not say '%s'\n", expr, what, part);
        _fail(file, line);
    }
}

static void print_bytes(const char *label, bytes b)
{
    print_error("  %s (%zu):", label, b.len);
    for (size_t i = 0; i < b.len && i < 256; i++) {
        print_error(" %02x", b.ptr[i]);
    }
    print_error("%s\n", b.len > 256 ? " ..." : "");
}

void check_bytes_at(bytes got, bytes expected, const char *file, int line)
{
    if (!bytes_equal(got, expected)) {
        print_bytes("wanted", expected);
        print_bytes("got   ", got);
        _fail(file, line);
    }
}

void check_text_at(text got, text expected, const char *file, int line)
{
    check_bytes_at(BYTES(got.ptr, got.len), BYTES(expected.ptr, expected.len), file, line);
}
