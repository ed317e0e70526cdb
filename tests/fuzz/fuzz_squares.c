/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is what a canvas' code might look like: a version, then its squares, eight in a byte.
 * Oracle: no more bytes come out than the version holds, and none but from the code itself: the
 * same squares give the same bytes with a reader that has just read another version.
 */
#include <string.h>

#include "base.h"
#include "frames.h"
#include "squares.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct squares fresh, used; /* 170 KB each */
    static uint8_t dark[SQUARES_SIDE_MAX * SQUARES_SIDE_MAX];
    uint8_t one[CODE_BYTES_MAX], two[CODE_BYTES_MAX];
    size_t one_len = 0, two_len = 0;
    if (len < 1) {
        return 0;
    }
    unsigned version = 1 + data[0] % CODE_VERSION_MAX, side = 17 + 4 * version;
    memset(dark, 0, sizeof(dark));
    for (size_t i = 0; i < (size_t)side * side && 1 + i / 8 < len; i++) {
        dark[i] = data[1 + i / 8] >> i % 8 & 1;
    }
    memset(&fresh, 0, sizeof(fresh));
    bool read = squares_read(&fresh, dark, side, one, &one_len);
    MUST(squares_read(&used, dark, side, two, &two_len) == read);
    MUST(!read || (one_len == two_len && memcmp(one, two, one_len) == 0));
    MUST(!read || (one_len >= 1 && one_len <= code_capacity(version)));
    return 0;
}
