/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The jail for a process that reads what strangers made with libraries we do not trust: from now on
 * it may compute, read and write and wait for what is open, ask for memory, and end. A list of what
 * is allowed, unlike seccomp.c: this process is small and ours to the last call. Everything else
 * fails with EPERM, so that a library that looks for a file or the time goes on without.
 */
#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "guard-int.h"

static const int allowed[] = {
    SCMP_SYS(read),         SCMP_SYS(write),        SCMP_SYS(close),
    SCMP_SYS(brk),          SCMP_SYS(munmap),       SCMP_SYS(mremap),
    SCMP_SYS(madvise),      SCMP_SYS(futex),        SCMP_SYS(exit),
    SCMP_SYS(exit_group),   SCMP_SYS(rt_sigreturn), SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),    SCMP_SYS(restart_syscall),
    SCMP_SYS(poll),         SCMP_SYS(ppoll),
#ifdef VALISE_SANITIZED
    SCMP_SYS(mmap),         SCMP_SYS(mprotect),     SCMP_SYS(sigaltstack),
    SCMP_SYS(getpid),       SCMP_SYS(gettid),       SCMP_SYS(sched_yield),
#endif
};

static enum status limit(struct ctx *cx, int what, uint64_t value)
{
    enum status status = STATUS_OK;
    const struct rlimit both = {(rlim_t)value, (rlim_t)value};
    if (setrlimit((__rlimit_resource_t)what, &both) != 0) {
        FAIL(cx, STATUS_UNSAFE, "a limit of the jail cannot be set (error %d)", errno);
    }
out:
    return status;
}

static enum status limits(struct ctx *cx, uint64_t memory_bytes_max, unsigned cpu_seconds_max)
{
    enum status status = STATUS_OK;
    TRY(limit(cx, RLIMIT_CORE, 0));
    TRY(limit(cx, RLIMIT_CPU, cpu_seconds_max));
    TRY(limit(cx, RLIMIT_FSIZE, 0));
#ifndef VALISE_SANITIZED /* their shadow memory is larger than any limit */
    TRY(limit(cx, RLIMIT_AS, memory_bytes_max));
#else
    (void)memory_bytes_max;
#endif
out:
    return status;
}

enum status guard_jail(struct ctx *cx, uint64_t memory_bytes_max, unsigned cpu_seconds_max)
{
    enum status status = STATUS_OK;
    scmp_filter_ctx filter = NULL;
    int rc = 0;
    TRY(limits(cx, memory_bytes_max, cpu_seconds_max));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        FAIL(cx, STATUS_UNSAFE, "the kernel does not let this process give up privileges");
    }
    filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL) {
        FAIL(cx, STATUS_NO_MEMORY, "no memory for the list of allowed system calls");
    }
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && rc == 0; i++) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    }
#ifndef VALISE_SANITIZED
    /* memory, but none that runs */
    if (rc == 0) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    }
    if (rc == 0) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    }
#endif
    if (rc == 0) {
        rc = seccomp_load(filter);
    }
    if (rc != 0) {
        (void)fault_set(cx, STATUS_UNSAFE, __FILE__, __LINE__,
                        "the kernel does not take our list of allowed system calls (error %d)",
                        -rc);
        status = fault_hint(cx, "use a kernel with CONFIG_SECCOMP_FILTER, as Debian's has");
    }
out:
    if (filter != NULL) {
        seccomp_release(filter);
    }
    return status;
}
