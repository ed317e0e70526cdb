/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is a scan: PNG or PGM, through libpng and zbar, in this process and without the jail,
 * so that a sanitizer sees what the jail would only contain. Oracle: what is found is printable
 * lines.
 */
#include <stdlib.h>

#include "codes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { ROOM = 16 * 1024, SMALL = 512 };

/* A picture over a million dots takes zbar seconds here and finds nothing new. */
static int small(const uint8_t *data, size_t len)
{
    struct picture p;
    int fits = picture_read(data, len, &p) && p.width <= SMALL && p.height <= SMALL;
    free(p.dots);
    return fits;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t room[ROOM];
    size_t found = 0;

    if (!small(data, len) || code_find(data, len, room, sizeof room, &found) != PAPER_DONE) {
        return 0;
    }
    for (size_t i = 0; i < found; i++) {
        if (room[i] != '\n' && (room[i] < 0x20 || room[i] > 0x7e)) {
            abort();
        }
    }
    return 0;
}
