/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another day for a program under test: in front of libc, it moves the calendar by so many days as
 * VALISE_TEST_DAYS says (it may be negative). Clocks that only measure stay as they are.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

SHOWN int clock_gettime(clockid_t clock, struct timespec *ret)
{
    const char *days = getenv("VALISE_TEST_DAYS");
    int failed = (int)syscall(SYS_clock_gettime, clock, ret);

    if (failed == 0 && days != NULL && clock == CLOCK_REALTIME) {
        ret->tv_sec += strtol(days, NULL, 10) * 24 * 3600;
    }
    return failed;
}
