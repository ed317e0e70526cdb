/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one zstd frame inside a body [F-42]. A frame is compressed alone, never with another
 * author's bytes in the same window: a shared window lets a member guess a colleague's password
 * from bundle sizes (tests/property/test_size_leak.c keeps the attack). Decoding meets bytes that
 * only a holder of the compartment key can have made, and still trusts none of them: the frame
 * header is read here first, so that no size in it ever decides how much memory is taken.
 */
#include "sealed-int.h"

#include <zstd.h>

enum { ZSTD_LEVEL = 3 };

enum status frame_compress(struct ctx *cx, bytes plain, uint8_t *out, size_t capacity,
                           size_t *ret_len)
{
    enum status status = STATUS_OK;
    ZSTD_CCtx *z = ZSTD_createCCtx();
    size_t n;

    if (z == NULL) {
        FAIL(cx, STATUS_NO_MEMORY, "out of memory for compressing a body");
    }
    n = ZSTD_compressCCtx(z, out, capacity, plain.ptr, plain.len, ZSTD_LEVEL);
    /* an error is "does not fit": the caller keeps the body as it is [F-46] */
    *ret_len = ZSTD_isError(n) ? 0 : n;
out:
    (void)ZSTD_freeCCtx(z);
    return status;
}

/* RFC 8878 §3.1.1.1, with everything optional refused. NULL when the header is as it must be. */
static const char *frame_header_fault(bytes f, size_t plain_len)
{
    static const uint8_t magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
    uint64_t content = 0;
    size_t pos = 5;

    if (f.len < 6 || !bytes_equal(BYTES(f.ptr, 4), BYTES_OF(magic))) {
        return "[F-42] not a zstd frame";
    }
    uint8_t descriptor = f.ptr[4];
    bool single = (descriptor & 0x20) != 0;
    unsigned size_flag = descriptor >> 6;
    if ((descriptor & 0x1f) != 0) { /* unused, reserved, checksum and dictionary bits */
        return "[F-42] the frame uses a dictionary, a checksum or a reserved bit";
    }
    if (!single && size_flag == 0) {
        return "[F-42] the frame does not say its content size";
    }
    if (!single) {
        uint8_t w = f.ptr[pos++];
        uint64_t base = (uint64_t)1 << (10 + (w >> 3));
        if (base + (base >> 3) * (w & 7) > ((uint64_t)1 << ZSTD_WINDOW_LOG_MAX)) {
            return "[F-42] the frame's window is larger than 8 MiB";
        }
    }
    size_t width = (size_t)1 << size_flag;
    if (f.len - pos < width) {
        return "[F-42] the frame header is cut short";
    }
    for (size_t i = 0; i < width; i++) {
        content |= (uint64_t)f.ptr[pos + i] << (8 * i);
    }
    content += size_flag == 1 ? 256 : 0;
    return content == plain_len ? NULL : "[F-42] the frame's content size is not the declared one";
}

enum status frame_decompress(struct ctx *cx, bytes frame, uint8_t *out, size_t plain_len)
{
    enum status status = STATUS_OK;
    ZSTD_DCtx *z = NULL;
    const char *why = frame_header_fault(frame, plain_len);

    if (why != NULL) {
        FAIL(cx, STATUS_MALFORMED, "body: %s", why);
    }
    /* one whole frame, nothing behind it: no second frame, no skippable one */
    if (ZSTD_findFrameCompressedSize(frame.ptr, frame.len) != frame.len) {
        FAIL(cx, STATUS_MALFORMED, "body: [F-42] not exactly one zstd frame");
    }
    z = ZSTD_createDCtx();
    if (z == NULL) {
        FAIL(cx, STATUS_NO_MEMORY, "out of memory for decompressing a body");
    }
    /* decodes straight into `out`: no window of its own, never more than plain_len */
    if (ZSTD_decompressDCtx(z, out, plain_len, frame.ptr, frame.len) != plain_len) {
        FAIL(cx, STATUS_MALFORMED, "body: [F-48] the frame does not decode to its content size");
    }
out:
    (void)ZSTD_freeDCtx(z);
    return status;
}
