/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts one command and writes what it cost to a file: user CPU, system CPU, seconds on the clock,
 * peak resident KiB, exit code. A program of its own because the peak of a child counts the
 * parent's memory at the time of the start, and an interpreter's is larger than what is measured
 * here.
 *
 * usage: bench_run RESULT COMMAND [ARGUMENT...]
 */
#include "bench_io.h"

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

int main(int argc, char **argv)
{
    struct timespec from, to;
    struct rusage used;
    int state = 0;
    pid_t child = 0;

    if (argc < 3) {
        fputs("usage: bench_run RESULT COMMAND [ARGUMENT...]\n", stderr);
        return 2;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    if (posix_spawnp(&child, argv[2], NULL, NULL, argv + 2, environ) != 0 ||
        wait4(child, &state, 0, &used) != child) {
        bench_die(argv[2]);
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    FILE *out = fopen(argv[1], "w");
    if (out == NULL) {
        bench_die(argv[1]);
    }
    fprintf(out, "%.6f %.6f %.6f %ld %d\n", seconds(used.ru_utime), seconds(used.ru_stime),
            (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) * 1e-9,
            used.ru_maxrss, WIFEXITED(state) ? WEXITSTATUS(state) : 128);
    return fclose(out) == 0 ? 0 : 1;
}
