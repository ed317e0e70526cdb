/* SPDX-License-Identifier: Apache-2.0 */
/*
 * find: codes in a picture, by zbar. Only its QR reader is switched on (the others had the security
 * holes), only grey pictures are fed to it (its conversions had more), and its guesses about
 * character sets are off. What it does not see in the picture it may see in a smaller one, where
 * the grain of paper is gone.
 */
#include <stdlib.h>
#include <string.h>
#include <zbar.h>

#include "codes.h"

enum { SHRINK_MAX = 4 };

struct found {
    uint8_t *room;
    size_t len, max;
};

/* Boxes of n x n dots become one. */
static bool shrink(const struct picture *from, unsigned n, struct picture *ret)
{
    *ret = (struct picture){from->width / n, from->height / n, NULL};
    if (ret->width < 16 || ret->height < 16) {
        return false;
    }
    ret->dots = malloc((size_t)ret->width * ret->height);
    for (unsigned y = 0; ret->dots != NULL && y < ret->height; y++) {
        for (unsigned x = 0; x < ret->width; x++) {
            unsigned sum = 0;
            for (unsigned i = 0; i < n * n; i++) {
                sum += from->dots[(size_t)(y * n + i / n) * from->width + x * n + i % n];
            }
            ret->dots[(size_t)y * ret->width + x] = (uint8_t)(sum / (n * n));
        }
    }
    return ret->dots != NULL;
}

static bool printable(const char *data, unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        if (data[i] < 0x20 || data[i] > 0x7e) {
            return false;
        }
    }
    return len > 0;
}

/* Adds what a scan of this picture shows; false when it shows nothing of use. */
static bool scan(zbar_image_scanner_t *scanner, const struct picture *p, struct found *ret)
{
    bool any = false;
    zbar_image_t *image = zbar_image_create();
    if (image == NULL) {
        return false;
    }
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, p->width, p->height);
    zbar_image_set_data(image, p->dots, (size_t)p->width * p->height, NULL);
    if (zbar_scan_image(scanner, image) > 0) {
        for (const zbar_symbol_t *s = zbar_image_first_symbol(image); s != NULL;
             s = zbar_symbol_next(s)) {
            const char *data = zbar_symbol_get_data(s);
            unsigned len = zbar_symbol_get_data_length(s);
            if (zbar_symbol_get_type(s) == ZBAR_QRCODE && printable(data, len) &&
                len < ret->max - ret->len) {
                memcpy(ret->room + ret->len, data, len);
                ret->room[ret->len + len] = '\n';
                ret->len += len + 1;
                any = true;
            }
        }
    }
    zbar_image_destroy(image);
    return any;
}

static zbar_image_scanner_t *scanner_make(void)
{
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    if (scanner != NULL &&
        (zbar_image_scanner_set_config(scanner, 0, ZBAR_CFG_ENABLE, 0) != 0 ||
         zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1) != 0 ||
         zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1) != 0)) {
        zbar_image_scanner_destroy(scanner);
        scanner = NULL;
    }
    return scanner;
}

enum paper_how code_find(const uint8_t *image, size_t len, uint8_t *room, size_t max,
                         size_t *ret_len)
{
    struct picture whole, small;
    struct found found = {room, 0, max};
    zbar_image_scanner_t *scanner = NULL;
    enum paper_how how = PAPER_NO_IMAGE;
    if (!picture_read(image, len, &whole)) {
        goto out;
    }
    scanner = scanner_make();
    if (scanner == NULL) {
        how = PAPER_FAILED;
        goto out;
    }
    bool any = scan(scanner, &whole, &found);
    for (unsigned n = 2; n <= SHRINK_MAX && !any && shrink(&whole, n, &small); n++) {
        any = scan(scanner, &small, &found);
        free(small.dots);
    }
    how = any ? PAPER_DONE : PAPER_NO_CODE;
    *ret_len = found.len;
out:
    if (scanner != NULL) {
        zbar_image_scanner_destroy(scanner);
    }
    free(whole.dots);
    return how;
}
