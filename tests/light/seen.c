/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seen: codes by zbar, packed bytes by zlib.
 */
#include "seen.h"

#include <stdlib.h>
#include <string.h>
#include <zbar.h>
#include <zlib.h>

size_t seen_codes(const uint8_t *dots, unsigned width, unsigned height, struct seen_code *ret,
                  size_t max)
{
    size_t count = 0;
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    zbar_image_t *image = zbar_image_create();
    seen_must(scanner != NULL && image != NULL);
    zbar_image_scanner_set_config(scanner, 0, ZBAR_CFG_ENABLE, 0);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, width, height);
    zbar_image_set_data(image, dots, (size_t)width * height, NULL);
    (void)zbar_scan_image(scanner, image);
    for (const zbar_symbol_t *s = zbar_image_first_symbol(image); s != NULL && count < max;
         s = zbar_symbol_next(s)) {
        ret[count].len = zbar_symbol_get_data_length(s);
        if (ret[count].len <= SEEN_BYTES_MAX) {
            memcpy(ret[count].bytes, zbar_symbol_get_data(s), ret[count].len);
            count++;
        }
    }
    zbar_image_destroy(image);
    zbar_image_scanner_destroy(scanner);
    return count;
}

size_t seen_codes_in(const uint8_t *dots, unsigned width, unsigned x, unsigned y, unsigned wide,
                     unsigned high, struct seen_code *ret, size_t max)
{
    enum { WHITE = 24 };
    unsigned across = wide + 2 * WHITE, down = high + 2 * WHITE;
    uint8_t *part = malloc((size_t)across * down);
    seen_must(part != NULL);
    memset(part, 255, (size_t)across * down);
    for (unsigned row = 0; row < high; row++) {
        memcpy(part + (size_t)(row + WHITE) * across + WHITE, dots + (size_t)(y + row) * width + x,
               wide);
    }
    size_t count = seen_codes(part, across, down, ret, max);
    free(part);
    return count;
}

bool seen_unpack(const uint8_t *data, size_t data_len, uint8_t *out, size_t len)
{
    uLongf got = len;
    return uncompress(out, &got, data, data_len) == Z_OK && got == len;
}

uint32_t seen_crc(const uint8_t *data, size_t len)
{
    return (uint32_t)crc32(0, data, (uInt)len);
}
