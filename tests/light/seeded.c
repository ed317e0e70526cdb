/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands on the display follows from a seed, so that whoever reads it can tell each wrong
 * byte.
 */
#include "seeded.h"

#include <stdio.h>
#include <stdlib.h>

#include "camera.h"

enum { SMALL_PIECE = 16384 };

enum status seeded_parcel(struct ctx *cx, uint64_t seed, uint16_t pieces, struct buf *out)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    uint8_t *body = NULL;
    size_t len = (size_t)pieces * SMALL_PIECE;
    TRY(mem_new(cx, len, 1, &memory));
    body = memory;
    for (size_t i = 0; i < len; i += 8) {
        put_u64le(body + i, dice(&seed));
    }
    const struct parcel parcel = {.kind = PARCEL_PIECES, .small = pieces, .body = BYTES(body, len)};
    TRY(parcel_write(cx, &parcel, out));
out:
    free(memory);
    return status;
}

struct transfer_id seeded_transfer(uint64_t seed)
{
    struct transfer_id id;
    seed ^= UINT64_C(0x7472616e73666572);
    put_u64le(id.b, dice(&seed));
    return id;
}

bool seeded_layout(const char *word, struct profile *ret)
{
    unsigned cols = 0, rows = 0, version = 0, fps = 0;
    char more = 0;
    const struct profile *known = profile_find(text_of(word));
    if (known != NULL) {
        *ret = *known;
        return true;
    }
    if (sscanf(word, "%1ux%1uv%2u@%3u%c", &cols, &rows, &version, &fps, &more) != 4 ||
        version < 1 || version > CODE_VERSION_MAX || fps < 1 || fps > 120) {
        return false;
    }
    *ret = (struct profile){.name = word,
                            .cols = (uint8_t)cols,
                            .rows = (uint8_t)rows,
                            .version = (uint8_t)version,
                            .fps = (uint8_t)fps};
    return true;
}
