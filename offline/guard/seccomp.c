/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls this process gives up for ever. A list of what is refused, not of what is
 * allowed: the engine, zstd and libc of the next Debian must go on working. What only an attacker
 * would try ends the process; what a library may probe for fails with EPERM.
 */
#include <errno.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "guard-int.h"

/* libseccomp gives calls that an architecture lacks a negative number; the newest ones may be
 * unknown to it. */
static const int fatal[] = {
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
#ifndef VALISE_SANITIZED
    SCMP_SYS(ptrace), /* the leak check stops its own threads with it */
#endif
};

static const int refused[] = {
    /* other ways to the network or around this filter */
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(process_madvise),
    SCMP_SYS(kcmp),
    /* keys of the kernel */
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    /* other views of the file system */
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsmount),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(open_by_handle_at),
    /* the machine */
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(reboot),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(syslog),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(modify_ldt),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(move_pages),
    SCMP_SYS(migrate_pages),
};

static const int starts_programs[] = {SCMP_SYS(execve), SCMP_SYS(execveat)};

/* Writing into the terminal's own input would run commands in the shell that started us. */
static const unsigned long terminal_tricks[] = {TIOCSTI, TIOCLINUX};

static int add_list(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        if (calls[i] >= 0) {
            rc = seccomp_rule_add(filter, action, calls[i], 0);
        }
    }
    return rc;
}

static int add_special(scmp_filter_ctx filter)
{
    static const int makes_sockets[] = {SCMP_SYS(socket), SCMP_SYS(socketpair)};
    int rc = 0;
    for (size_t i = 0; i < 2 && rc == 0; i++) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), makes_sockets[i], 1,
                              SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0));
    }
    for (size_t i = 0; i < 2 && rc == 0; i++) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                              SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, terminal_tricks[i]));
    }
    return rc;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum status seccomp_start(struct ctx *cx, bool allow_exec)
{
    enum status status = STATUS_OK;
    int rc = 0;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (filter == NULL) {
        FAIL(cx, STATUS_NO_MEMORY, "no memory for the list of refused system calls");
    }
    rc = add_list(filter, SCMP_ACT_KILL_PROCESS, fatal, COUNT(fatal));
    if (rc == 0) {
        rc = add_list(filter, SCMP_ACT_ERRNO(EPERM), refused, COUNT(refused));
    }
    if (rc == 0 && !allow_exec) {
        rc = add_list(filter, SCMP_ACT_ERRNO(EPERM), starts_programs, COUNT(starts_programs));
    }
    if (rc == 0) {
        rc = add_special(filter);
    }
    if (rc == 0) {
        rc = seccomp_load(filter);
    }
    if (rc == -ENOMEM) {
        FAIL(cx, STATUS_NO_MEMORY, "no memory for the list of refused system calls");
    }
    if (rc != 0) {
        status =
            fault_set(cx, STATUS_UNSAFE, __FILE__, __LINE__,
                      "the kernel does not take our list of refused system calls (error %d)", -rc);
        (void)fault_hint(cx, "use a kernel with CONFIG_SECCOMP_FILTER, as Debian's has");
    }
out:
    if (filter != NULL) {
        seccomp_release(filter);
    }
    return status;
}
