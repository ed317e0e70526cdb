/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status: the words for statuses, the fault record of a context, and the real machine.
 *
 * Invariant: the first cause wins. A failure seen on the way out never hides the one that led
 * there, so cleaning up may fail loudly without spoiling the report.
 */
#include "base.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *status_name(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return "ok";
    case STATUS_USAGE:
        return "usage";
    case STATUS_MALFORMED:
        return "malformed";
    case STATUS_UNSUPPORTED:
        return "unsupported";
    case STATUS_LIMIT:
        return "limit";
    case STATUS_FORGED:
        return "forged";
    case STATUS_FOREIGN:
        return "foreign";
    case STATUS_DENIED:
        return "denied";
    case STATUS_UNVERIFIED:
        return "unverified";
    case STATUS_WRONG_PASSPHRASE:
        return "wrong-passphrase";
    case STATUS_LOCKED:
        return "locked";
    case STATUS_NOT_FOUND:
        return "not-found";
    case STATUS_AMBIGUOUS:
        return "ambiguous";
    case STATUS_EXISTS:
        return "exists";
    case STATUS_DUPLICATE:
        return "duplicate";
    case STATUS_GAP:
        return "gap";
    case STATUS_PARTIAL:
        return "partial";
    case STATUS_CONFLICT:
        return "conflict";
    case STATUS_NO_VAULT:
        return "no-vault";
    case STATUS_BUSY:
        return "busy";
    case STATUS_INTEGRITY:
        return "integrity";
    case STATUS_ROLLBACK:
        return "rollback";
    case STATUS_NO_MEMORY:
        return "no-memory";
    case STATUS_IO:
        return "io";
    case STATUS_FULL:
        return "full";
    case STATUS_UNSAFE:
        return "unsafe";
    case STATUS_CANCELLED:
        return "cancelled";
    case STATUS_BUG:
        return "bug";
    }
    return "unknown";
}

void ctx_init(struct ctx *cx, const struct system *system)
{
    MUST(system != NULL && system->random != NULL && system->now != NULL);
    memset(cx, 0, sizeof *cx);
    cx->system = system;
}

static void real_random(void *self, void *out, size_t len)
{
    (void)self;
    randombytes_buf(out, len);
}

static int64_t real_now(void *self)
{
    struct timespec now;

    (void)self;
    MUST(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec;
}

const struct system *system_real(void)
{
    static const struct system real = {.random = real_random, .now = real_now, .self = NULL};

    MUST(sodium_init() >= 0);
    return &real;
}

/* Formats one line and, when it is cut, cuts before a character rather than inside it. */
static void PRINTF_LIKE(2, 0)
    fault_format(char out[static FAULT_TEXT_MAX], const char *fmt, va_list args)
{
    int wanted = vsnprintf(out, FAULT_TEXT_MAX, fmt, args);

    if (wanted < 0) {
        out[0] = '\0';
        return;
    }
    if (wanted < FAULT_TEXT_MAX) {
        return;
    }
    size_t len = FAULT_TEXT_MAX - 1;
    for (size_t back = 1; back <= 4; back++) {
        uint8_t lead = (uint8_t)out[len - back];
        if (lead < 0x80) {
            return;
        }
        if (lead >= 0xC0) {
            if (!utf8_valid(BYTES(out + len - back, back))) {
                out[len - back] = '\0';
            }
            return;
        }
    }
}

enum status fault_set(struct ctx *cx, enum status status, const char *file, int line,
                      const char *fmt, ...)
{
    va_list args;

    MUST(status != STATUS_OK);
    if (cx->fault.status != STATUS_OK) {
        return status;
    }
    cx->fault.status = status;
    cx->fault.file = file;
    cx->fault.line = line;
    va_start(args, fmt);
    fault_format(cx->fault.what, fmt, args);
    va_end(args);
    return status;
}

enum status fault_hint(struct ctx *cx, const char *fmt, ...)
{
    va_list args;

    if (cx->fault.status == STATUS_OK || cx->fault.hint[0] != '\0') {
        return cx->fault.status;
    }
    va_start(args, fmt);
    fault_format(cx->fault.hint, fmt, args);
    va_end(args);
    return cx->fault.status;
}

void fault_clear(struct ctx *cx)
{
    memset(&cx->fault, 0, sizeof cx->fault);
}

void must_fail(const char *cond, const char *file, int line)
{
    fprintf(stderr, "valise: bug: '%s' does not hold at %s:%d\n", cond, file, line);
    abort();
}
