/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codes: zbar with everything off that we do not need: only its QR reader (the others had the
 * security holes), only grey pictures (its conversions had more), and no guesses about character
 * sets: bytes come out as they went in. Its own counting overflows on hostile pictures, and it may
 * run for ever: in the jail only, and under a watch.
 */
#include <stdlib.h>
#include <zbar.h>

#include "codes.h"

struct codes {
    zbar_image_scanner_t *scanner;
    zbar_image_t *image;
};

static bool set_up(zbar_image_scanner_t *s)
{
    return zbar_image_scanner_set_config(s, 0, ZBAR_CFG_ENABLE, 0) == 0 &&
           zbar_image_scanner_set_config(s, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1) == 0 &&
           zbar_image_scanner_set_config(s, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1) == 0;
}

struct codes *codes_new(void)
{
    struct codes *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return NULL;
    }
    c->scanner = zbar_image_scanner_create();
    c->image = zbar_image_create();
    if (c->scanner == NULL || c->image == NULL || !set_up(c->scanner)) {
        codes_free(&c);
        return NULL;
    }
    zbar_image_set_format(c->image, zbar_fourcc('Y', '8', '0', '0'));
    return c;
}

void codes_free(struct codes **c)
{
    if (*c == NULL) {
        return;
    }
    if ((*c)->image != NULL) {
        zbar_image_destroy((*c)->image);
    }
    if ((*c)->scanner != NULL) {
        zbar_image_scanner_destroy((*c)->scanner);
    }
    free(*c);
    *c = NULL;
}

size_t codes_read(struct codes *c, const struct picture *p, bool every,
                  void (*visit)(void *self, const struct code *code), void *self)
{
    size_t count = 0;
    (void)zbar_image_scanner_set_config(c->scanner, 0, ZBAR_CFG_X_DENSITY, every ? 1 : 2);
    (void)zbar_image_scanner_set_config(c->scanner, 0, ZBAR_CFG_Y_DENSITY, every ? 1 : 2);
    zbar_image_set_size(c->image, p->width, p->height);
    zbar_image_set_data(c->image, p->dots, (size_t)p->width * p->height, NULL);
    if (zbar_scan_image(c->scanner, c->image) <= 0) {
        return 0;
    }
    for (const zbar_symbol_t *s = zbar_image_first_symbol(c->image); s != NULL;
         s = zbar_symbol_next(s)) {
        struct code code = {.data = (const uint8_t *)zbar_symbol_get_data(s),
                            .len = zbar_symbol_get_data_length(s)};
        if (zbar_symbol_get_type(s) != ZBAR_QRCODE || code.len < 1 || code.len > CODE_BYTES_MAX) {
            continue;
        }
        for (unsigned i = 0; i < 4 && i < zbar_symbol_get_loc_size(s); i++) {
            code.corner[i] =
                (struct point){zbar_symbol_get_loc_x(s, i), zbar_symbol_get_loc_y(s, i)};
        }
        visit(self, &code);
        count++;
    }
    return count;
}
