/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oracle: a message that is read from a pipe is written back byte for byte; what is not whole asks
 * for a number of bytes that is larger than what is there and within the limit.
 */
#include "frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx cx;
    struct light_message m;
    struct buf again;
    bytes rest = BYTES(data, len);
    size_t used = 0;
    size_t need = 0;

    ctx_init(&cx, system_real());
    buf_init(&again, len);
    while (light_message_read(&cx, rest, &m, &used, &need) == STATUS_OK) {
        if (used == 0) {
            MUST(need > rest.len && need <= LIGHT_HEAD_BYTES + (size_t)LIGHT_BODY_MAX);
            break;
        }
        MUST(need == used && used <= rest.len);
        buf_clear(&again);
        MUST(light_message_write(&cx, &m, &again) == STATUS_OK);
        MUST(bytes_equal(buf_view(&again), BYTES(rest.ptr, used)));
        rest = BYTES(rest.ptr + used, rest.len - used);
    }
    buf_finish(&again);
    return 0;
}
