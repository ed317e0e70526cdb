/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out at the N-th request, or from then on. libc's own allocator stays beneath,
 * under the names it keeps for this. Requests of libcrypto and libseccomp are left out: neither
 * survives its start without memory, and that is not ours to mend; no vault is open by then.
 */
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

extern void *__libc_malloc(size_t len);
extern void *__libc_calloc(size_t count, size_t len);
extern void *__libc_realloc(void *ptr, size_t len);

static bool is_out(const void *caller)
{
    Dl_info info;
    if (shim_mode() != MODE_OOM) {
        return false;
    }
    if (dladdr(caller, &info) != 0 && info.dli_fname != NULL &&
        (strstr(info.dli_fname, "libcrypto") != NULL ||
         strstr(info.dli_fname, "libseccomp") != NULL)) {
        return false;
    }
    if (!shim_due()) {
        return false;
    }
    errno = ENOMEM;
    return true;
}

EXPORT void *malloc(size_t len)
{
    return is_out(__builtin_return_address(0)) ? NULL : __libc_malloc(len);
}

EXPORT void *calloc(size_t count, size_t len)
{
    return is_out(__builtin_return_address(0)) ? NULL : __libc_calloc(count, len);
}

EXPORT void *realloc(void *ptr, size_t len)
{
    return is_out(__builtin_return_address(0)) ? NULL : __libc_realloc(ptr, len);
}
