/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oracle: three texts parted by NUL bytes. The merge gives the same for (a, b) and (b, a); what one
 * side left alone comes out as the other wrote it; nothing comes out when it is not clean.
 */
#include "limits.h"
#include "schema.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static text next_part(const uint8_t **data, size_t *len)
{
    const uint8_t *nul = *len == 0 ? NULL : memchr(*data, 0, *len);
    size_t part = nul == NULL ? *len : (size_t)(nul - *data);
    text t = {.ptr = (const char *)*data, .len = part};

    *data += nul == NULL ? part : part + 1;
    *len -= nul == NULL ? part : part + 1;
    return t;
}

static bool merge(struct ctx *cx, text base, text a, text b, struct buf *out)
{
    bool clean;

    MUST(merge_three_way(cx, base, a, b, out, &clean) == STATUS_OK);
    MUST(clean || out->len == 0);
    return clean;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx cx;
    struct buf ab;
    struct buf ba;

    ctx_init(&cx, system_real());
    text base = next_part(&data, &len);
    text a = next_part(&data, &len);
    text b = next_part(&data, &len);
    buf_init(&ab, 2 * MIB);
    buf_init(&ba, 2 * MIB);
    MUST(merge(&cx, base, a, b, &ab) == merge(&cx, base, b, a, &ba));
    MUST(bytes_equal(buf_view(&ab), buf_view(&ba)));
    buf_clear(&ab);
    MUST(merge(&cx, base, a, base, &ab));
    MUST(text_equal(buf_text(&ab), a));
    buf_finish(&ab);
    buf_finish(&ba);
    return 0;
}
