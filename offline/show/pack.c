/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack: zlib, for the pictures.
 */
#include <stdlib.h>
#include <zlib.h>

#include "faces.h"

struct pack {
    z_stream z;
    size_t max;
};

size_t pack_bound(size_t len)
{
    return compressBound((uLong)len);
}

struct pack *pack_new(uint8_t *room, size_t max)
{
    struct pack *p = calloc(1, sizeof(*p));
    if (p == NULL || max > UINT32_MAX || deflateInit(&p->z, Z_DEFAULT_COMPRESSION) != Z_OK) {
        free(p);
        return NULL;
    }
    p->max = max;
    p->z.next_out = room;
    p->z.avail_out = (uInt)max;
    return p;
}

bool pack_add(struct pack *p, const uint8_t *data, size_t len)
{
    p->z.next_in = (z_const Bytef *)(uintptr_t)data;
    p->z.avail_in = (uInt)len;
    return len <= UINT32_MAX && deflate(&p->z, Z_NO_FLUSH) == Z_OK && p->z.avail_in == 0;
}

bool pack_end(struct pack *p, size_t *ret_len)
{
    p->z.avail_in = 0;
    if (deflate(&p->z, Z_FINISH) != Z_STREAM_END) {
        return false;
    }
    *ret_len = p->max - p->z.avail_out;
    return true;
}

void pack_free(struct pack *p)
{
    if (p != NULL) {
        (void)deflateEnd(&p->z);
        free(p);
    }
}

uint32_t pack_crc(uint32_t start, const uint8_t *data, size_t len)
{
    return (uint32_t)crc32_z(start, data, len);
}
