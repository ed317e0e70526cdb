/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is a manifest. Oracle: an accepted one, written again, is the same up to its signature;
 * its counts agree; and its own signature never holds for a key it was not made with.
 */
#include "sealed_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum { SIGNATURE_ITEM = 66 };
    struct sample_device other = sample_device("eve");
    struct manifest m, again;
    struct buf out;
    struct ctx cx;

    ctx_init(&cx, system_real());
    if (manifest_parse(&cx, BYTES(data, len), &m) != STATUS_OK) {
        MUST(strstr(cx.fault.what, "[F-") != NULL);
        return 0;
    }
    MUST(m.piece_hashes.len == 32 * manifest_piece_count(m.content_len, m.piece_size));
    MUST(manifest_verify(&cx, BYTES(data, len), &m, other.sign_pk) == STATUS_FORGED);
    again = m;
    buf_init(&out, MANIFEST_MAX);
    MUST(manifest_write(&cx, &again, other.sign_sk, &out) == STATUS_OK);
    MUST(out.len == len && memcmp(out.ptr, data, len - SIGNATURE_ITEM) == 0);
    MUST(manifest_verify(&cx, buf_view(&out), &again, other.sign_pk) == STATUS_OK);
    buf_finish(&out);
    return 0;
}
