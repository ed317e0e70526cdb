/* SPDX-License-Identifier: Apache-2.0 */
/*
 * canvas: where everything lies on the picture, in modules. One function for the program that
 * draws, the one that looks, and the camera simulator, so that they cannot disagree.
 *
 *   gap | marker column | gap | codes with a gap between | gap | marker column | gap
 *
 * A marker looks like a finder of a QR code, twice as large, and stands in each corner of the side
 * columns. Everything else is white.
 */
#include "frames-int.h"

/* ISO/IEC 18004:2015 table 7, byte mode, level L; index is the version. */
static const uint16_t capacity[CODE_VERSION_MAX + 1] = {
    0,    17,   32,   53,   78,   106,  134,  154,  192,  230,  271,  321,  367,  425,
    458,  520,  586,  644,  718,  792,  858,  929,  1003, 1091, 1171, 1273, 1367, 1465,
    1528, 1628, 1732, 1840, 1952, 2068, 2188, 2303, 2431, 2563, 2699, 2809, 2953};

size_t code_capacity(unsigned version)
{
    MUST(version >= 1 && version <= CODE_VERSION_MAX);
    return capacity[version];
}

size_t code_symbol_data(unsigned version)
{
    size_t whole = code_capacity(version);

    return whole < SYMBOL_EXTRA_BYTES + SYMBOL_DATA_MIN ? 0 : whole - SYMBOL_EXTRA_BYTES;
}

enum status frames_canvas(struct ctx *cx, unsigned cols, unsigned rows, unsigned version,
                          struct canvas *ret)
{
    enum status status = STATUS_OK;
    const unsigned edge = CANVAS_GAP + CANVAS_MARKER + CANVAS_GAP; /* in front of the first code */
    unsigned side = 17 + 4 * version;
    unsigned width;
    unsigned height;
    unsigned codes;

    if (cols < 1 || cols > CANVAS_COLS_MAX || rows < 1 || rows > CANVAS_ROWS_MAX || version < 1 ||
        version > CODE_VERSION_MAX) {
        FAIL(cx, STATUS_USAGE, "frames: no canvas of %u x %u codes of version %u", cols, rows,
             version);
    }
    width = 2 * edge + cols * side + (cols - 1) * CANVAS_GAP;
    codes = rows * side + (rows - 1) * CANVAS_GAP;
    height = codes + 2 * CANVAS_GAP;
    if (height < 2 * edge - CANVAS_GAP) {
        height = 2 * edge - CANVAS_GAP; /* two markers above each other and a gap around each */
    }
    *ret = (struct canvas){
        .cols = (uint8_t)cols,
        .rows = (uint8_t)rows,
        .version = (uint8_t)version,
        .side = (uint16_t)side,
        .width = (uint16_t)width,
        .height = (uint16_t)height,
        .first = {(uint16_t)edge, (uint16_t)((height - codes) / 2)},
    };
    for (unsigned i = 0; i < 4; i++) {
        ret->markers[i].x =
            (uint16_t)(i % 2 == 0 ? CANVAS_GAP : width - CANVAS_GAP - CANVAS_MARKER);
        ret->markers[i].y = (uint16_t)(i < 2 ? CANVAS_GAP : height - CANVAS_GAP - CANVAS_MARKER);
    }
out:
    return status;
}

struct canvas_point canvas_cell(const struct canvas *canvas, unsigned cell)
{
    unsigned step = canvas->side + CANVAS_GAP;

    MUST(cell < (unsigned)canvas->cols * canvas->rows);
    return (struct canvas_point){
        .x = (uint16_t)(canvas->first.x + cell % canvas->cols * step),
        .y = (uint16_t)(canvas->first.y + cell / canvas->cols * step),
    };
}

bool canvas_marker_dark(unsigned x, unsigned y)
{
    MUST(x < 7 && y < 7);
    return x == 0 || x == 6 || y == 0 || y == 6 || (x >= 2 && x <= 4 && y >= 2 && y <= 4);
}

/* Grids and speeds measured in a simulated camera; display at half to two thirds of the camera's
 * speed, because a picture that changes while a line of the sensor is read is lost. */
static const struct profile profiles[] = {
    {"safe", 1, 1, 15, 5, 720, 30},      {"calm", 3, 2, 25, 3, 1080, 30},
    {"web720", 2, 1, 25, 20, 720, 30},   {"std", 3, 2, 25, 20, 1080, 30},
    {"dense", 3, 2, 33, 20, 1080, 30},   {"fast60", 3, 2, 30, 40, 1080, 60},
    {"fast60d", 4, 2, 30, 40, 1080, 60},
};

const struct profile *profile_at(size_t index)
{
    return index < sizeof profiles / sizeof profiles[0] ? &profiles[index] : NULL;
}

const struct profile *profile_find(text name)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        if (text_equal(text_of(profiles[i].name), name)) {
            return &profiles[i];
        }
    }
    return NULL;
}
