/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shim: what the files of the fault library share. It is loaded before libc (LD_PRELOAD) into a
 * program under test, counts the calls that change files below one folder, and makes one of them
 * go wrong. It links none of our rooms and takes nothing for granted about them.
 */
#ifndef SHIM_H
#define SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { SHIM_PATH_MAX = 4096 };

/* ---- journal.c: what a power cut would take back ---- */

/* Call before the change is made; `fd` is open, in whatever mode. */
void journal_write(int fd, const void *data, size_t len, off_t at);
void journal_truncate(int fd, off_t len);
void journal_create(const char *path);
void journal_unlink(const char *path);
void journal_rename(const char *from, const char *to);
/* Everything about this file, or about names in this folder, is on the medium now. */
void journal_synced_file(int fd);
void journal_synced_folder(const char *path);
/* Undoes all that was not synced; with a seed other than 0 a random half of the undone writes is
 * made again, as a disk that wrote in its own order would have. */
void journal_lose(uint64_t seed);

/* ---- raw system calls, past the functions this library takes over ---- */

int raw_open(const char *path, int flags, unsigned mode);
ssize_t raw_pread(int fd, void *out, size_t len, off_t at);
ssize_t raw_pwrite(int fd, const void *data, size_t len, off_t at);
/* The path of an open descriptor; false when it has none. */
bool raw_path(int fd, char out[static SHIM_PATH_MAX]);

/* Memory of the shim itself: never fails by our own doing. */
void *shim_alloc(size_t len);

/* ---- shim.c ---- */

/* Number of this call among those that are counted; 0 before the settings were read. */
enum shim_mode { MODE_NONE, MODE_KILL, MODE_LOSE, MODE_TORN, MODE_EIO, MODE_FULL, MODE_OOM };
enum shim_mode shim_mode(void);
/* oom.c asks: must the allocation that is being counted fail? */
bool shim_due(void);

#endif
