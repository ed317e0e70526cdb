/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock: a fence around the folders this process may touch, by raw system calls because Debian
 * 12's libc has none and its header lacks the newer names. On kernels without it nothing is fenced
 * and the caller is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guard-int.h"

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
/* connect and bind of TCP, from ABI 4; we grant none of it */
#define NET_ALL ((1ULL << 0) | (1ULL << 1))

#define ON_FILES                                                                                   \
    ((uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                       \
                LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE))
#define READING                                                                                    \
    ((uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |                        \
                LANDLOCK_ACCESS_FS_READ_DIR))
#define FS_ABI_1 ((1ULL << 13) - 1) /* EXECUTE to MAKE_SYM */

/* The kernel's struct of ABI 4; older kernels take its first 8 bytes. */
struct ruleset_attr {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
};

/* What libraries and helper programs read, and the terminal. */
static const char *const readable[] = {"/usr", "/etc",  "/lib",  "/lib64",
                                       "/bin", "/sbin", "/proc", "/sys"};
static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/tty", "/dev/urandom",
                                      "/dev/random"};

static uint64_t handled_by(long abi)
{
    uint64_t all = FS_ABI_1;
    all |= abi >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0;
    all |= abi >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0;
    return all;
}

static int add_path(int rules, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = access};
    struct stat info;
    beneath.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (beneath.parent_fd < 0) {
        return -1;
    }
    int rc = fstat(beneath.parent_fd, &info);
    if (rc == 0) {
        if (!S_ISDIR(info.st_mode)) {
            beneath.allowed_access &= ON_FILES;
        }
        rc = (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    }
    int error = errno;
    (void)close(beneath.parent_fd);
    errno = error;
    return rc;
}

/* A system without one of these lacks nothing that we need from it. */
static enum status add_optional(struct ctx *cx, int rules, const char *const *paths, size_t count,
                                uint64_t access)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        if (add_path(rules, paths[i], access) != 0 && errno != ENOENT && errno != ENXIO) {
            FAIL(cx, STATUS_UNSAFE, "the kernel takes no rule for '%s'", paths[i]);
        }
    }
out:
    return status;
}

enum status guard_confine(struct ctx *cx, const char *const *writable, size_t count,
                          bool *ret_active)
{
    enum status status = STATUS_OK;
    int rules = -1;
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1) {
        *ret_active = false;
        return STATUS_OK;
    }
    struct ruleset_attr attr = {handled_by(abi), NET_ALL};
    size_t size = abi >= 4 ? sizeof(attr) : sizeof(attr.handled_access_fs);
    uint64_t all = attr.handled_access_fs;
    rules = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
    if (rules < 0) {
        FAIL(cx, STATUS_UNSAFE, "the kernel makes no fence (error %d)", errno);
    }
    for (size_t i = 0; i < count; i++) {
        if (add_path(rules, writable[i], all) != 0) {
            status = os_fault(cx, errno, "fence in", writable[i]);
            goto out;
        }
    }
    TRY(add_optional(cx, rules, readable, sizeof(readable) / sizeof(readable[0]), READING));
    TRY(add_optional(cx, rules, devices, sizeof(devices) / sizeof(devices[0]),
                     LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_landlock_restrict_self, rules, 0) != 0) {
        FAIL(cx, STATUS_UNSAFE, "the kernel does not close the fence (error %d)", errno);
    }
    *ret_active = true;
out:
    if (rules >= 0) {
        (void)close(rules);
    }
    return status;
}
