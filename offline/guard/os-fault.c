/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel's error numbers mean to us, in one table, with the next step for the person.
 */
#include <errno.h>
#include <string.h>

#include "guard-int.h"

static const struct {
    int error;
    enum status status;
    const char *hint;
} errors[] = {
    {ENOENT, STATUS_NOT_FOUND, NULL},
    {ENOTDIR, STATUS_NOT_FOUND, NULL},
    {EEXIST, STATUS_EXISTS, NULL},
    {ENOSPC, STATUS_FULL, "free some space there or use another medium"},
    {EDQUOT, STATUS_FULL, "free some space there or use another medium"},
    {EFBIG, STATUS_FULL, "this file system cannot hold a file of that size"},
    {ENOMEM, STATUS_NO_MEMORY, NULL},
    {ELOOP, STATUS_UNSAFE, "links are not followed: name the file itself"},
    {EROFS, STATUS_IO, "the medium is read-only"},
    {EACCES, STATUS_IO, "check who owns it and its permissions"},
    {EPERM, STATUS_IO, "check who owns it and its permissions"},
    {EIO, STATUS_IO, "the medium may be worn out or was pulled out: use another one"},
};

enum status os_fault(struct ctx *cx, int error, const char *what, const char *path)
{
    enum status status = STATUS_IO;
    const char *hint = NULL;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].error == error) {
            status = errors[i].status;
            hint = errors[i].hint;
        }
    }
    status = fault_set(cx, status, __FILE__, __LINE__, "could not %s '%s': %s", what, path,
                       strerror(error));
    if (hint != NULL) {
        (void)fault_hint(cx, "%s", hint);
    }
    return status;
}
