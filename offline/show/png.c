/* SPDX-License-Identifier: Apache-2.0 */
/*
 * png: PNG and moving PNG, written chunk by chunk; zlib packs. What is written needs one bit a dot
 * and two filters: none for a new row of squares, "up" for its repetitions, which then are zeros.
 * Moving pictures are APNG and not GIF: every browser and ffmpeg play it, one bit stays one bit,
 * and the time of a frame is a fraction and not hundredths of a second.
 */
#include <string.h>

#include "faces.h"
#include "picture.h"

enum { GREY = 0, PALETTE = 3, FILTER_NONE = 0, FILTER_UP = 2 };

static void put_u32be(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static enum status chunk(struct ctx *cx, const char name[static 4], bytes data, struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t word[4];
    put_u32be(word, (uint32_t)data.len);
    TRY(buf_add(cx, out, BYTES_OF(word)));
    TRY(buf_add(cx, out, BYTES(name, 4)));
    TRY(buf_add(cx, out, data));
    uint32_t crc = pack_crc(0, (const uint8_t *)name, 4);
    put_u32be(word, data.len == 0 ? crc : pack_crc(crc, data.ptr, data.len));
    TRY(buf_add(cx, out, BYTES_OF(word)));
out:
    return status;
}

static enum status head(struct ctx *cx, unsigned width, unsigned height, uint8_t depth,
                        uint8_t colours, struct buf *out)
{
    enum status status = STATUS_OK;
    static const uint8_t magic[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    uint8_t ihdr[13] = {0};
    put_u32be(ihdr, width);
    put_u32be(ihdr + 4, height);
    ihdr[8] = depth;
    ihdr[9] = colours;
    TRY(buf_add(cx, out, BYTES_OF(magic)));
    TRY(chunk(cx, "IHDR", BYTES_OF(ihdr), out));
out:
    return status;
}

/* A row of squares as bits, white is 1. */
static void row_bits(const uint8_t *dots, unsigned width, unsigned scale, uint8_t *row, size_t len)
{
    memset(row, 0, len);
    for (size_t x = 0; x < (size_t)width * scale; x++) {
        if (dots[x / scale] >= 128) {
            row[x / 8] |= (uint8_t)(0x80 >> (x % 8));
        }
    }
}

static enum status pack_rows(struct ctx *cx, const struct picture *p, unsigned scale,
                             struct pack *pack)
{
    enum status status = STATUS_OK;
    struct buf row;
    uint8_t *at = NULL;
    size_t len = ((size_t)p->width * scale + 7) / 8;
    bool fits = true;
    buf_init(&row, 2 * (len + 1));
    TRY(buf_extend(cx, &row, 2 * (len + 1), &at));
    at[0] = FILTER_NONE;
    at[len + 1] = FILTER_UP; /* the rest stays 0: the same as above */
    for (unsigned y = 0; y < p->height && fits; y++) {
        row_bits(p->dots + (size_t)y * p->width, p->width, scale, at + 1, len);
        fits = pack_add(pack, at, len + 1);
        for (unsigned i = 1; i < scale && fits; i++) {
            fits = pack_add(pack, at + len + 1, len + 1);
        }
    }
    if (!fits) {
        FAIL(cx, STATUS_BUG, "zlib wrote more than it said");
    }
out:
    buf_finish(&row);
    return status;
}

static enum status pack_grey(struct ctx *cx, const struct picture *p, struct pack *pack)
{
    enum status status = STATUS_OK;
    const uint8_t none = FILTER_NONE;
    for (unsigned y = 0; y < p->height; y++) {
        if (!pack_add(pack, &none, 1) ||
            !pack_add(pack, p->dots + (size_t)y * p->width, p->width)) {
            FAIL(cx, STATUS_BUG, "zlib wrote more than it said");
        }
    }
out:
    return status;
}

/* The picture as a zlib stream; scale 0 is grey of eight bits. */
static enum status pack_picture(struct ctx *cx, const struct picture *p, unsigned scale,
                                struct buf *ret)
{
    enum status status = STATUS_OK;
    struct pack *pack = NULL;
    uint8_t *room = NULL;
    size_t at = ret->len, len = 0, wide = scale == 0 ? p->width : (p->width * scale + 7) / 8;
    size_t max = pack_bound((wide + 1) * p->height * (scale == 0 ? 1 : scale));
    TRY(buf_extend(cx, ret, max, &room));
    pack = pack_new(room, max);
    if (pack == NULL) {
        FAIL(cx, STATUS_NO_MEMORY, "no memory for packing a picture");
    }
    TRY(scale == 0 ? pack_grey(cx, p, pack) : pack_rows(cx, p, scale, pack));
    if (!pack_end(pack, &len)) {
        FAIL(cx, STATUS_BUG, "zlib wrote more than it said");
    }
    ret->len = at + len;
out:
    pack_free(pack);
    return status;
}

static enum status write_one(struct ctx *cx, const struct picture *p, unsigned scale,
                             struct buf *out)
{
    enum status status = STATUS_OK;
    struct buf data;
    unsigned times = scale == 0 ? 1 : scale;
    buf_init(&data, PNG_FILE_MAX);
    TRY(pack_picture(cx, p, scale, &data));
    TRY(head(cx, p->width * times, p->height * times, scale == 0 ? 8 : 1, GREY, out));
    TRY(chunk(cx, "IDAT", buf_view(&data), out));
    TRY(chunk(cx, "IEND", BYTES(NULL, 0), out));
out:
    buf_finish(&data);
    return status;
}

enum status png_write(struct ctx *cx, const struct picture *p, unsigned scale, struct buf *out)
{
    MUST(scale >= 1 && p->width * scale <= PICTURE_SIDE_MAX);
    return write_one(cx, p, scale, out);
}

enum status png_write_grey(struct ctx *cx, const struct picture *p, struct buf *out)
{
    return write_one(cx, p, 0, out);
}

/* acTL: how many frames, and that they go round for ever. Black and white stand in a palette,
 * because ffmpeg does not play moving pictures of one grey bit. */
static enum status movie_begin(struct ctx *cx, struct png_movie *m, struct buf *out)
{
    enum status status = STATUS_OK;
    static const uint8_t black_white[] = {0, 0, 0, 255, 255, 255};
    uint8_t actl[8] = {0};
    put_u32be(actl, m->frames);
    TRY(head(cx, m->width * m->scale, m->height * m->scale, 1, PALETTE, out));
    TRY(chunk(cx, "acTL", BYTES_OF(actl), out));
    TRY(chunk(cx, "PLTE", BYTES_OF(black_white), out));
out:
    return status;
}

static enum status frame_control(struct ctx *cx, struct png_movie *m, struct buf *out)
{
    uint8_t fctl[26] = {0}; /* at 0, 0; nothing kept of the frame before */
    put_u32be(fctl, m->sequence++);
    put_u32be(fctl + 4, m->width * m->scale);
    put_u32be(fctl + 8, m->height * m->scale);
    fctl[21] = 1;
    fctl[22] = (uint8_t)(m->fps >> 8);
    fctl[23] = (uint8_t)m->fps;
    return chunk(cx, "fcTL", BYTES_OF(fctl), out);
}

enum status png_movie_add(struct ctx *cx, struct png_movie *m, const struct picture *p,
                          struct buf *out)
{
    enum status status = STATUS_OK;
    struct buf data;
    uint8_t *sequence = NULL;
    buf_init(&data, PNG_FILE_MAX);
    MUST(m->done < m->frames && m->scale >= 1 && m->fps >= 1);
    if (m->done == 0) {
        m->width = p->width;
        m->height = p->height;
        TRY(movie_begin(cx, m, out));
    }
    MUST(p->width == m->width && p->height == m->height);
    TRY(frame_control(cx, m, out));
    if (m->done > 0) {
        TRY(buf_extend(cx, &data, 4, &sequence));
        put_u32be(sequence, m->sequence++);
    }
    TRY(pack_picture(cx, p, m->scale, &data));
    TRY(chunk(cx, m->done == 0 ? "IDAT" : "fdAT", buf_view(&data), out));
    m->done++;
out:
    buf_finish(&data);
    return status;
}

enum status png_movie_end(struct ctx *cx, struct png_movie *m, struct buf *out)
{
    MUST(m->done == m->frames && m->done > 0);
    return chunk(cx, "IEND", BYTES(NULL, 0), out);
}
