/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oracle: an accepted entry header writes back to the same bytes, and its deps iterate in strictly
 * ascending order to exactly their end.
 */
#include "sealed_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_deps(const struct entry_header *h)
{
    struct entry_dep dep, last = {0};
    size_t pos = 0, count = 0;

    while (entry_dep_next(h->deps, &pos, &dep)) {
        MUST(count == 0 || id_compare(&last.device, &dep.device) < 0);
        MUST(dep.seq >= 1 && dep.seq <= NUMBER_MAX && !id_equal(&dep.device, &h->device));
        last = dep;
        count++;
    }
    MUST(pos == h->deps.len && count <= ENTRY_DEPS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct entry_header h;
    struct buf again;
    struct ctx cx;

    ctx_init(&cx, system_real());
    if (entry_header_parse(&cx, BYTES(data, len), &h) != STATUS_OK) {
        MUST(strstr(cx.fault.what, "[F-") != NULL);
        return 0;
    }
    buf_init(&again, ENTRY_HEADER_MAX);
    MUST(entry_header_write(&cx, &h, &again) == STATUS_OK);
    MUST(bytes_equal(buf_view(&again), BYTES(data, len)));
    check_deps(&h);
    buf_finish(&again);
    return 0;
}
