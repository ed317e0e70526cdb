/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view: comparing borrowed bytes, texts and ids. None of it runs in constant time: secrets are
 * compared with sodium_memcmp() by the rooms that hold them.
 */
#include "base.h"

#include <string.h>

bool id_equal(const struct id *a, const struct id *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

int id_compare(const struct id *a, const struct id *b)
{
    return memcmp(a->b, b->b, sizeof a->b);
}

bool id_is_zero(const struct id *a)
{
    static const struct id zero;

    return id_equal(a, &zero);
}

text text_of(const char *nul_terminated)
{
    text t = {.ptr = nul_terminated, .len = strlen(nul_terminated)};

    MUST(utf8_valid(BYTES(t.ptr, t.len)));
    return t;
}

bool bytes_equal(bytes a, bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int bytes_compare(bytes a, bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.ptr, b.ptr, shorter);

    if (order != 0) {
        return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

bool text_equal(text a, text b)
{
    return bytes_equal(BYTES(a.ptr, a.len), BYTES(b.ptr, b.len));
}

bool text_starts(text whole, text prefix)
{
    return prefix.len <= whole.len &&
           bytes_equal(BYTES(whole.ptr, prefix.len), BYTES(prefix.ptr, prefix.len));
}
