/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jpeg: the luma of JPEG files and of cameras' frames (which leave out the Huffman tables; libjpeg
 * knows them). Colour is never computed. Runs in the jail only.
 *
 * A hostile file can claim thousands of passes over a large picture: those after SCANS_MAX end it.
 */
#include <setjmp.h>
#include <stdio.h> /* before jpeglib.h, which needs FILE */
#include <string.h>

#include <jpeglib.h>

#include "picture.h"

enum { SCANS_MAX = 64 };

struct reader {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf gave_up;
};

static _Noreturn void give_up(j_common_ptr jpeg)
{
    struct reader *r = jpeg->client_data;
    longjmp(r->gave_up, 1);
}

/* Warnings are about damage; what they would print holds nothing anybody needs. */
static void say_nothing(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void count_scans(j_common_ptr jpeg)
{
    struct reader *r = jpeg->client_data;
    if (r->jpeg.input_scan_number > SCANS_MAX) {
        give_up(jpeg);
    }
}

static bool decode(struct reader *r, const uint8_t *image, size_t len, struct picture *ret)
{
    struct jpeg_decompress_struct *jpeg = &r->jpeg;
    jpeg_mem_src(jpeg, image, (unsigned long)len);
    if (jpeg_read_header(jpeg, TRUE) != JPEG_HEADER_OK ||
        !picture_size(ret, jpeg->image_width, jpeg->image_height)) {
        return false;
    }
    jpeg->out_color_space = JCS_GRAYSCALE;
    jpeg->do_fancy_upsampling = FALSE;
    if (!jpeg_start_decompress(jpeg)) {
        return false;
    }
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = ret->dots + (size_t)jpeg->output_scanline * ret->width;
        if (jpeg_read_scanlines(jpeg, &row, 1) != 1) {
            return false;
        }
    }
    return true;
}

bool picture_read_jpeg(const uint8_t *image, size_t len, struct picture *ret)
{
    struct reader r;
    volatile bool read = false;
    memset(&r, 0, sizeof(r));
    if (len == 0) {
        return false;
    }
    r.jpeg.err = jpeg_std_error(&r.errors);
    r.errors.error_exit = give_up;
    r.errors.output_message = say_nothing;
    r.jpeg.client_data = &r;
    if (setjmp(r.gave_up) == 0) {
        jpeg_create_decompress(&r.jpeg);
        r.progress.progress_monitor = count_scans;
        r.jpeg.progress = &r.progress;
        read = decode(&r, image, len, ret);
    }
    jpeg_destroy_decompress(&r.jpeg);
    return read;
}
