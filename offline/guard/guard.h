/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard: the door. What the vault's side asks of the machine: a hardened process, files written
 * whole or not at all, a local socket for the agent. The only room that calls the OS about files
 * of ours; it knows no key and no format.
 */
#ifndef GUARD_H
#define GUARD_H

#include "base.h"

/* Not dumpable, no core files, umask 077, locked secret arena; then seccomp (no sockets but
 * AF_UNIX, no exec unless allow_exec, no ptrace). Reports what the machine refused: STATUS_UNSAFE.
 */
struct guard_options {
    bool allow_exec; /* verbs that start an editor, pager or helper */
};
enum status guard_harden(struct ctx *cx, const struct guard_options *options) MUST_USE;
/* Landlock: from now on only these directories (and /usr, /etc, /lib read-only). No-op with
 * *ret_active=false on kernels without it. */
enum status guard_confine(struct ctx *cx, const char *const *writable, size_t count,
                          bool *ret_active) MUST_USE;
/* For a process that reads what strangers made: from now on it computes, reads and writes what is
 * open, asks for memory that does not run, and ends; other calls fail with EPERM. */
enum status guard_jail(struct ctx *cx, uint64_t memory_bytes_max,
                       unsigned cpu_seconds_max) MUST_USE;
/* True when /proc/swaps lists swap that is not on a dm-crypt or zram device. */
bool guard_swap_is_plain(void);

/* ---- files -------------------------------------------------------------------------------- */

enum { PATH_BYTES_MAX = 4096 };
/* What file_write and others call a file that is not whole yet: this and 16 hex digits and ".tmp".
 * One that is found was left by a crash and may be removed. */
#define FILE_TEMP_PREFIX ".valise-"

/* Whole file of at most max bytes, appended to ret; STATUS_NOT_FOUND, STATUS_LIMIT; regular files
 * only, no links followed (O_NOFOLLOW): STATUS_UNSAFE. */
enum status file_read(struct ctx *cx, const char *path, size_t max, struct buf *ret) MUST_USE;
/* The same, but only its first max bytes. */
enum status file_read_start(struct ctx *cx, const char *path, size_t max, struct buf *ret) MUST_USE;
/* Temporary name in the same folder, write, fsync, re-read and compare, rename (or link without
 * overwriting when !replace: STATUS_EXISTS), fsync the folder. STATUS_FULL, STATUS_IO. mode 0600.
 */
enum status file_write(struct ctx *cx, const char *path, bytes data, bool replace) MUST_USE;
/* At the end of a regular file that is made when missing (0600); no link is followed, nothing is
 * synced: after a crash its end may be torn. */
enum status file_append(struct ctx *cx, const char *path, bytes data) MUST_USE;
/* file_write(..., replace), and what was there before is overwritten where it lay (flash may keep
 * copies). At every moment the old or the new is whole under its name; a crash may leave the old
 * one as FILE_OLD_SUFFIX, which the next call overwrites. */
#define FILE_OLD_SUFFIX ".valise-old"
enum status file_replace(struct ctx *cx, const char *path, bytes data) MUST_USE;
/* Overwrites with chance and syncs, under whatever names it has; fine when it is not there. */
enum status file_overwrite(struct ctx *cx, const char *path) MUST_USE;
/* The same unless the file has a second name, then removes this name for good. */
enum status file_shred(struct ctx *cx, const char *path) MUST_USE;
/* mkdir -p of the last component only, 0700; fine when it is there. */
enum status folder_make(struct ctx *cx, const char *path) MUST_USE;
/* Calls visit for each entry's name (not "." ".."), in name order; kind by lstat. */
enum file_kind { FILE_REGULAR, FILE_FOLDER, FILE_LINK, FILE_OTHER };
struct folder_entry {
    const char *name;
    enum file_kind kind;
    uint64_t size;
};
enum { FOLDER_NAMES_MAX = 64 * 1024 * 1024 }; /* bytes of all names together, else STATUS_LIMIT */
enum status folder_list(struct ctx *cx, const char *path,
                        enum status (*visit)(void *self, struct ctx *cx,
                                             const struct folder_entry *e),
                        void *self) MUST_USE;
/* Removes a file; fine when it is not there. */
enum status file_remove(struct ctx *cx, const char *path) MUST_USE;
bool file_exists(const char *path); /* by lstat: a link that leads nowhere is there */
/* What stands at the path itself, by lstat; STATUS_NOT_FOUND. */
struct file_info {
    enum file_kind kind;
    uint64_t size;
};
enum status file_look(struct ctx *cx, const char *path, struct file_info *ret) MUST_USE;
/* Renames within one folder, replacing what is there, and makes it durable. */
enum status file_move(struct ctx *cx, const char *from, const char *to) MUST_USE;
/* Bytes that can still be written at path's file system; UINT64_MAX when unknown. */
uint64_t file_space(const char *path);
/* Exclusive advisory lock; STATUS_BUSY names the holder's pid. -1 in *ret_fd on failure. */
enum status file_lock(struct ctx *cx, const char *path, int *ret_fd) MUST_USE;
void file_unlock(int *fd);
/* Ends the process that holds the lock, with SIGKILL, and waits up to wait_ms until it is gone.
 * True when nobody holds it any more. */
bool file_lock_end_holder(const char *path, int wait_ms);
/* dir + "/" + name into out (what was in it goes), NUL-terminated. */
enum status path_join(struct ctx *cx, struct buf *out, const char *dir, const char *name,
                      const char **ret) MUST_USE;

/* ---- the local socket (AF_UNIX); socket() is called nowhere else ------------------------- */

enum status local_listen(struct ctx *cx, const char *path, int *ret_fd) MUST_USE; /* 0600 */
/* Waits at most timeout_seconds; *ret_fd = -1 on time-out and after a signal. Refuses other users
 * (SO_PEERCRED). */
enum status local_accept(struct ctx *cx, int fd, int timeout_seconds, int *ret_fd) MUST_USE;
enum status local_connect(struct ctx *cx, const char *path, int *ret_fd) MUST_USE; /* NOT_FOUND */
/* One framed message each way: u32le length, at most max bytes; 5 s time-out. */
enum status local_send(struct ctx *cx, int fd, bytes message) MUST_USE;
enum status local_receive(struct ctx *cx, int fd, size_t max, struct buf *ret) MUST_USE;
void local_close(int *fd);
/* Whoever of this user listens there ends: asked first, given wait_ms to answer, then killed, even
 * when it hangs. STATUS_NOT_FOUND: nobody. */
enum status local_end(struct ctx *cx, const char *path, bytes request, int wait_ms) MUST_USE;

#endif
