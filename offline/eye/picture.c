/* SPDX-License-Identifier: Apache-2.0 */
/*
 * picture: memory of pictures, smaller pictures, and the plainest format of all. A picture keeps
 * its memory from frame to frame: a worker that reads a camera asks for none after the first.
 */
#include <stdlib.h>
#include <string.h>

#include "picture.h"

bool picture_fits(unsigned width, unsigned height)
{
    return width >= 1 && height >= 1 && width <= PICTURE_SIDE_MAX && height <= PICTURE_SIDE_MAX &&
           (size_t)width * height <= PICTURE_DOTS_MAX;
}

bool picture_size(struct picture *p, unsigned width, unsigned height)
{
    if (!picture_fits(width, height)) {
        return false;
    }
    size_t need = (size_t)width * height;
    if (need > p->bytes_max) {
        picture_free(p);
        p->dots = malloc(need);
        if (p->dots == NULL) {
            return false;
        }
        p->bytes_max = need;
    }
    p->width = width;
    p->height = height;
    return true;
}

void picture_free(struct picture *p)
{
    free(p->dots);
    *p = (struct picture){.dots = NULL};
}

bool picture_halve(const struct picture *from, struct picture *ret)
{
    if (!picture_size(ret, from->width / 2, from->height / 2)) {
        return false;
    }
    for (unsigned y = 0; y < ret->height; y++) {
        const uint8_t *a = from->dots + (size_t)(2 * y) * from->width;
        const uint8_t *b = a + from->width;
        uint8_t *out = ret->dots + (size_t)y * ret->width;
        for (unsigned x = 0; x < ret->width; x++) {
            out[x] = (uint8_t)((a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1] + 2) >> 2);
        }
    }
    return true;
}

bool picture_smooth(const struct picture *from, struct picture *ret)
{
    size_t line = from->width;
    if (!picture_size(ret, from->width, from->height)) {
        return false;
    }
    if (from->width < 3 || from->height < 3) {
        memcpy(ret->dots, from->dots, line * from->height);
        return true;
    }
    for (unsigned y = 0; y < from->height; y++) {
        const uint8_t *b = from->dots + y * line;
        const uint8_t *a = y > 0 ? b - line : b, *c = y + 1 < from->height ? b + line : b;
        uint8_t *out = ret->dots + y * line;
        for (size_t x = 1; x + 1 < line; x++) {
            unsigned corners = (unsigned)a[x - 1] + a[x + 1] + c[x - 1] + c[x + 1];
            unsigned sides = (unsigned)a[x] + c[x] + b[x - 1] + b[x + 1];
            out[x] = (uint8_t)((corners + 2 * sides + 4U * b[x] + 8) >> 4);
        }
        out[0] = b[0];
        out[line - 1] = b[line - 1];
    }
    return true;
}

bool picture_shrink(const struct picture *from, unsigned n, struct picture *ret)
{
    if (!picture_size(ret, from->width / n, from->height / n)) {
        return false;
    }
    for (unsigned y = 0; y < ret->height; y++) {
        for (unsigned x = 0; x < ret->width; x++) {
            uint64_t sum = 0;
            for (unsigned row = 0; row < n; row++) {
                const uint8_t *at = from->dots + (size_t)(y * n + row) * from->width + x * n;
                for (unsigned column = 0; column < n; column++) {
                    sum += at[column];
                }
            }
            ret->dots[(size_t)y * ret->width + x] = (uint8_t)(sum / ((uint64_t)n * n));
        }
    }
    return true;
}

/* Blanks and "#" lines, then a number without a sign; 0 when there is none. */
static unsigned pgm_number(const uint8_t *b, size_t len, size_t *at)
{
    unsigned value = 0;
    while (*at < len && b[*at] != 0 && strchr(" \t\r\n#", b[*at]) != NULL) {
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

bool picture_read_pgm(const uint8_t *b, size_t len, struct picture *ret)
{
    size_t at = 2;
    if (len < 2 || memcmp(b, "P5", 2) != 0) {
        return false;
    }
    unsigned width = pgm_number(b, len, &at);
    unsigned height = pgm_number(b, len, &at);
    unsigned white = pgm_number(b, len, &at);
    at++; /* one blank */
    if (!picture_fits(width, height) || white != 255 || at > len ||
        len - at < (size_t)width * height || !picture_size(ret, width, height)) {
        return false;
    }
    memcpy(ret->dots, b + at, (size_t)width * height);
    return true;
}

bool picture_read(const uint8_t *image, size_t len, struct picture *ret)
{
    static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const uint8_t jpeg[] = {0xff, 0xd8, 0xff};
    if (len > PICTURE_FILE_MAX) {
        return false;
    }
    if (len > sizeof(png) && memcmp(image, png, sizeof(png)) == 0) {
        return picture_read_png(image, len, ret);
    }
    if (len > sizeof(jpeg) && memcmp(image, jpeg, sizeof(jpeg)) == 0) {
        return picture_read_jpeg(image, len, ret);
    }
    return len > 8 && picture_read_pgm(image, len, ret);
}
