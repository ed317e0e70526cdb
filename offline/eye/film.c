/* SPDX-License-Identifier: Apache-2.0 */
/*
 * film: frames out of a stream that a program like ffmpeg writes: Y4M of 8 bits, or PGM files one
 * after the other. The stream is a stranger's: every number has a bound before it is used.
 */
#include <string.h>

#include "picture.h"

enum { HEAD_MAX = 256 };

static bool fill(struct film *film, uint8_t *out, size_t len)
{
    size_t done = 0;
    while (done < len && film->ahead_len > 0) {
        out[done++] = film->ahead[0];
        film->ahead[0] = film->ahead[1];
        film->ahead_len--;
    }
    while (done < len) {
        size_t got = film->read(film->self, out + done, len - done);
        if (got == 0 || got > len - done) {
            return false;
        }
        done += got;
    }
    return true;
}

static bool skip(struct film *film, size_t len)
{
    uint8_t lost[4096];
    while (len > 0) {
        size_t part = len < sizeof(lost) ? len : sizeof(lost);
        if (!fill(film, lost, part)) {
            return false;
        }
        len -= part;
    }
    return true;
}

/* A line without its end, NUL at its end. */
static bool line(struct film *film, char out[static HEAD_MAX])
{
    size_t len = 0;
    uint8_t c = 0;
    while (fill(film, &c, 1) && c != '\n') {
        if (c == 0 || len == HEAD_MAX - 1) {
            return false;
        }
        out[len++] = (char)c;
    }
    out[len] = '\0';
    return c == '\n';
}

static unsigned number(const char *s)
{
    unsigned value = 0;
    for (; *s >= '0' && *s <= '9' && value < 1000000; s++) {
        value = value * 10 + (unsigned)(*s - '0');
    }
    return value;
}

/* Bytes of colour behind each dot's luma; false for what has more than 8 bits or is unknown. */
static bool colour(const struct film *film, const char *name, size_t *ret)
{
    size_t across = (film->width + 1) / 2, down = (film->height + 1) / 2;
    size_t all = (size_t)film->width * film->height;
    if (strncmp(name, "420p1", 5) == 0) { /* 420p10 and on; 420paldv and 420mpeg2 are of 8 bits */
        return false;
    }
    if (strncmp(name, "420", 3) == 0) {
        *ret = 2 * across * down;
    } else if (strcmp(name, "422") == 0) {
        *ret = 2 * across * film->height;
    } else if (strcmp(name, "444") == 0) {
        *ret = 2 * all;
    } else if (strcmp(name, "mono") == 0) {
        *ret = 0;
    } else {
        return false;
    }
    return true;
}

static bool y4m_head(struct film *film)
{
    char head[HEAD_MAX];
    char kind[16] = "420";
    if (!line(film, head) || strncmp(head, "YUV4MPEG2", 9) != 0) {
        return false;
    }
    for (const char *at = strchr(head, ' '); at != NULL; at = strchr(at + 1, ' ')) {
        if (at[1] == 'W') {
            film->width = number(at + 2);
        } else if (at[1] == 'H') {
            film->height = number(at + 2);
        } else if (at[1] == 'C') {
            size_t len = strcspn(at + 2, " ");
            if (len >= sizeof(kind)) {
                return false;
            }
            memcpy(kind, at + 2, len);
            kind[len] = '\0';
        }
    }
    return picture_fits(film->width, film->height) && colour(film, kind, &film->skip);
}

/* A frame's own line may name a size or interlacing of its own: that is not read. */
static enum film_next y4m_next(struct film *film, uint8_t *dots)
{
    char head[HEAD_MAX];
    uint8_t first = 0;
    if (!fill(film, &first, 1)) {
        return FILM_END;
    }
    head[0] = (char)first;
    if (first != 'F' || !line(film, head) || strncmp(head, "RAME", 4) != 0 ||
        (head[4] != '\0' && head[4] != ' ') ||
        !fill(film, dots, (size_t)film->width * film->height) || !skip(film, film->skip)) {
        return FILM_BROKEN;
    }
    return FILM_FRAME;
}

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A number behind blanks and comments; the one blank behind it is taken too. */
static bool pgm_number(struct film *film, unsigned *ret)
{
    uint8_t c = 0;
    unsigned digits = 0, value = 0;
    do {
        if (!fill(film, &c, 1)) {
            return false;
        }
        while (c == '#') {
            do {
                if (!fill(film, &c, 1)) {
                    return false;
                }
            } while (c != '\n');
        }
    } while (blank(c));
    while (c >= '0' && c <= '9' && digits++ < 6) {
        value = value * 10 + (c - '0');
        if (!fill(film, &c, 1)) {
            return false;
        }
    }
    *ret = value;
    return digits > 0 && blank(c);
}

static enum film_next pgm_next(struct film *film, uint8_t *dots, size_t max)
{
    uint8_t magic[2];
    unsigned white = 0;
    if (!fill(film, magic, 1)) {
        return FILM_END;
    }
    if (!fill(film, magic + 1, 1) || memcmp(magic, "P5", 2) != 0 ||
        !pgm_number(film, &film->width) || !pgm_number(film, &film->height) ||
        !pgm_number(film, &white) || white != 255 || !picture_fits(film->width, film->height) ||
        (size_t)film->width * film->height > max ||
        !fill(film, dots, (size_t)film->width * film->height)) {
        return FILM_BROKEN;
    }
    return FILM_FRAME;
}

enum film_next film_next(struct film *film, uint8_t *dots, size_t max, unsigned *ret_width,
                         unsigned *ret_height)
{
    enum film_next next = FILM_BROKEN;
    if (film->kind == FILM_UNKNOWN) {
        uint8_t first[2];
        if (!fill(film, first, 1)) {
            return FILM_END;
        }
        if (!fill(film, first + 1, 1)) {
            return FILM_BROKEN;
        }
        memcpy(film->ahead, first, 2);
        film->ahead_len = 2;
        film->kind = memcmp(first, "P5", 2) == 0 ? FILM_PGM : FILM_Y4M;
        if (film->kind == FILM_Y4M &&
            (!y4m_head(film) || (size_t)film->width * film->height > max)) {
            film->width = 0;
        }
    }
    if (film->kind == FILM_PGM) {
        next = pgm_next(film, dots, max);
    } else if (film->width > 0) {
        next = y4m_next(film, dots);
    }
    *ret_width = film->width;
    *ret_height = film->height;
    return next;
}
