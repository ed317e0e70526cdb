/* SPDX-License-Identifier: Apache-2.0 */
/*
 * png: PNG files by libpng's simplified reader, whose own limits on chunks hold; what is clear in a
 * picture is white. Runs in the jail only.
 */
#include <png.h>
#include <string.h>

#include "picture.h"

bool picture_read_png(const uint8_t *image, size_t len, struct picture *ret)
{
    png_image png;
    const png_color white = {255, 255, 255};
    memset(&png, 0, sizeof(png));
    png.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(&png, image, len) == 0) {
        return false;
    }
    png.format = PNG_FORMAT_GRAY;
    bool read = picture_size(ret, png.width, png.height) &&
                png_image_finish_read(&png, &white, ret->dots, 0, NULL) != 0;
    png_image_free(&png);
    return read;
}
