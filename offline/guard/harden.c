/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process before it holds a key: nobody may look into it, nothing of it may reach a core file,
 * new files are its user's alone, and most of the kernel is out of its reach. In builds for the
 * sanitizers what their own leak check needs stays allowed.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard-int.h"

/* A file opened as descriptor 1 or 2 would take what is printed: nothing may be free below 3. */
static enum status fill_standard(struct ctx *cx)
{
    enum status status = STATUS_OK;
    int fd = -1;
    do {
        fd = open("/dev/null", O_RDWR);
        if (fd < 0) {
            status = os_fault(cx, errno, "open", "/dev/null");
            goto out;
        }
    } while (fd <= STDERR_FILENO);
    (void)close(fd);
out:
    return status;
}

static enum status shut_observers(struct ctx *cx)
{
    enum status status = STATUS_OK;
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) {
        FAIL(cx, STATUS_UNSAFE, "core files cannot be switched off");
    }
#ifndef VALISE_SANITIZED
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        FAIL(cx, STATUS_UNSAFE, "this process cannot be closed to debuggers");
    }
#endif
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        FAIL(cx, STATUS_UNSAFE, "the kernel does not let this process give up privileges");
    }
out:
    return status;
}

enum status guard_harden(struct ctx *cx, const struct guard_options *options)
{
    enum status status = STATUS_OK;
    TRY(fill_standard(cx));
    TRY(shut_observers(cx));
    (void)umask(077);
    TRY(secret_arena_start(cx));
    TRY(seccomp_start(cx, options->allow_exec));
out:
    return status;
}
