/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode: see encode.h.
 */
#include <stdio.h> /* before jpeglib.h, which needs FILE */
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include "encode.h"

uint8_t *jpeg_of(const uint8_t *dots, unsigned width, unsigned height, bool colour,
                 bool progressive, size_t *ret_len)
{
    struct jpeg_compress_struct j;
    struct jpeg_error_mgr errors;
    uint8_t *out = NULL;
    uint8_t *row = malloc(3UL * width);
    unsigned long len = 0;
    if (row == NULL) {
        abort();
    }
    j.err = jpeg_std_error(&errors);
    jpeg_create_compress(&j);
    jpeg_mem_dest(&j, &out, &len);
    j.image_width = width;
    j.image_height = height;
    j.input_components = colour ? 3 : 1;
    j.in_color_space = colour ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(&j);
    jpeg_set_quality(&j, 98, TRUE);
    if (progressive) {
        jpeg_simple_progression(&j);
    }
    jpeg_start_compress(&j, TRUE);
    for (unsigned y = 0; y < height; y++) {
        for (unsigned x = 0; x < width; x++) {
            for (unsigned c = 0; c < (colour ? 3U : 1U); c++) {
                row[x * (colour ? 3 : 1) + c] = dots[y * width + x];
            }
        }
        JSAMPROW rows = row;
        (void)jpeg_write_scanlines(&j, &rows, 1);
    }
    jpeg_finish_compress(&j);
    jpeg_destroy_compress(&j);
    free(row);
    *ret_len = len;
    return out;
}

uint8_t *png_of(const uint8_t *dots, unsigned width, unsigned height, size_t *ret_len)
{
    png_image png;
    memset(&png, 0, sizeof(png));
    png.version = PNG_IMAGE_VERSION;
    png.width = width;
    png.height = height;
    png.format = PNG_FORMAT_GRAY;
    png_alloc_size_t len = 0;
    if (!png_image_write_to_memory(&png, NULL, &len, 0, dots, 0, NULL)) {
        abort();
    }
    uint8_t *out = malloc(len);
    if (out == NULL || !png_image_write_to_memory(&png, out, &len, 0, dots, 0, NULL)) {
        abort();
    }
    *ret_len = len;
    return out;
}
