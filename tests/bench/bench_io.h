/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_io: whole reads, whole writes and loud failure for the bench programs. They measure on a
 * good day; anything else ends the run.
 */
#ifndef BENCH_IO_H
#define BENCH_IO_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void bench_die(const char *what)
{
    perror(what);
    exit(1);
}

static inline int bench_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd < 0) {
        bench_die(path);
    }
    return fd;
}

/* Up to len bytes; less only at the end of the file. */
static inline size_t bench_read(int fd, void *to, size_t len)
{
    size_t at = 0;
    while (at < len) {
        ssize_t got = read(fd, (uint8_t *)to + at, len - at);
        if (got < 0) {
            bench_die("read");
        }
        if (got == 0) {
            break;
        }
        at += (size_t)got;
    }
    return at;
}

static inline void bench_write(int fd, const void *from, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t put = write(fd, (const uint8_t *)from + at, len - at);
        if (put <= 0) {
            bench_die("write");
        }
        at += (size_t)put;
    }
}

#endif
