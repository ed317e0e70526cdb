/* SPDX-License-Identifier: Apache-2.0 */
/*
 * picture: PNG by libpng's simplified reader, PGM by hand. Runs in the jail only.
 */
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"

static bool fits(unsigned width, unsigned height)
{
    return width >= 1 && height >= 1 && width <= PICTURE_SIDE_MAX && height <= PICTURE_SIDE_MAX &&
           (size_t)width * height <= PICTURE_DOTS_MAX;
}

static bool png_read_grey(const uint8_t *image, size_t len, struct picture *ret)
{
    png_image png;
    const png_color white = {255, 255, 255};
    bool read = false;
    memset(&png, 0, sizeof(png));
    png.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(&png, image, len) == 0) {
        return false;
    }
    png.format = PNG_FORMAT_GRAY;
    if (fits(png.width, png.height)) {
        *ret = (struct picture){png.width, png.height, malloc((size_t)png.width * png.height)};
        read = ret->dots != NULL && png_image_finish_read(&png, &white, ret->dots, 0, NULL) != 0;
    }
    png_image_free(&png);
    return read;
}

/* Blanks and "#" lines, then a number without a sign; 0 when there is none. */
static unsigned pgm_number(const uint8_t *b, size_t len, size_t *at)
{
    unsigned value = 0;
    while (*at < len && (strchr(" \t\r\n#", b[*at]) != NULL && b[*at] != 0)) {
        if (b[*at] == '#') {
            while (*at < len && b[*at] != '\n') {
                ++*at;
            }
        } else {
            ++*at;
        }
    }
    while (*at < len && b[*at] >= '0' && b[*at] <= '9' && value < 1000000) {
        value = value * 10 + (b[(*at)++] - '0');
    }
    return value;
}

static bool pgm_read(const uint8_t *b, size_t len, struct picture *ret)
{
    size_t at = 2;
    unsigned width = pgm_number(b, len, &at);
    unsigned height = pgm_number(b, len, &at);
    unsigned white = pgm_number(b, len, &at);
    at++; /* one blank */
    if (!fits(width, height) || white != 255 || at > len || len - at < (size_t)width * height) {
        return false;
    }
    *ret = (struct picture){width, height, malloc((size_t)width * height)};
    if (ret->dots != NULL) {
        memcpy(ret->dots, b + at, (size_t)width * height);
    }
    return ret->dots != NULL;
}

bool picture_read(const uint8_t *image, size_t len, struct picture *ret)
{
    static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    *ret = (struct picture){.dots = NULL};
    if (len > sizeof(png) && memcmp(image, png, sizeof(png)) == 0) {
        return png_read_grey(image, len, ret);
    }
    return len > 8 && memcmp(image, "P5", 2) == 0 && pgm_read(image, len, ret);
}
