/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is a join file as it is, and again as the unsigned part of one that is signed here, or
 * no signature would ever be found. Oracle: what is accepted writes back to the same bytes, for
 * signatures are deterministic.
 */
#include "sealed_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(struct ctx *cx, bytes in)
{
    struct sample_device bea = sample_device("bea");
    struct join j;
    struct buf again;

    if (join_parse(cx, in, &j) != STATUS_OK) {
        MUST(strstr(cx->fault.what, "[F-") != NULL);
        fault_clear(cx);
        return;
    }
    MUST(memcmp(j.sign_pk, bea.sign_pk, 32) == 0); /* nobody else has signed anything here */
    buf_init(&again, JOIN_MAX);
    MUST(join_write(cx, &j, bea.sign_sk, &again) == STATUS_OK);
    MUST(bytes_equal(buf_view(&again), in));
    buf_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct sample_device bea = sample_device("bea");
    uint8_t signature[64];
    struct buf signed_file;
    struct ctx cx;

    if (len > JOIN_MAX) {
        return 0;
    }
    ctx_init(&cx, system_real());
    check(&cx, BYTES(data, len));
    buf_init(&signed_file, 2 * JOIN_MAX);
    statement_sign("valise/join", NULL, BYTES(data, len), bea.sign_sk, signature);
    MUST(buf_add(&cx, &signed_file, BYTES(data, len)) == STATUS_OK);
    MUST(buf_add(&cx, &signed_file, BYTES("\x58\x40", 2)) == STATUS_OK);
    MUST(buf_add(&cx, &signed_file, BYTES_OF(signature)) == STATUS_OK);
    check(&cx, buf_view(&signed_file));
    buf_finish(&signed_file);
    return 0;
}
