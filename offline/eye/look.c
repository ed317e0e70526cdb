/* SPDX-License-Identifier: Apache-2.0 */
/*
 * look: see look.h. A canvas is looked for in the picture, then in half of it, where large squares
 * are small again; codes are drawn from the copy in which a module has 3 to 6 dots, because there
 * the grain is gone and nothing else.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "look-int.h"
#include "sight.h"
#include "squares.h"

enum { LEVELS = 4, SHRINK_MAX = 4, SMALL_SIDE = 64, PLAIN_EVERY = 4 };

static const double MODULE_LARGE = 6.4; /* dots: half of it still is enough */

struct looker {
    struct codes *codes;
    struct squares squares;
    struct picture level[LEVELS]; /* [0] is borrowed: its dots are the caller's */
    unsigned levels;
    struct picture cell, small, smooth;
    struct shade shade;
    struct spots spots;
    unsigned spots_level;  /* whose spots these are */
    struct sighting sight; /* in dots of level 0 */
    unsigned misses;       /* pictures since a canvas was seen */
    struct measure measure;
    /* of the picture at hand */
    void (*visit)(void *self, const uint8_t *data, size_t len);
    void *self;
    struct look *look;
    struct code_first {
        bool is;
        uint8_t cols, rows, cell;
        size_t len;
        struct point corner[4];
    } first;      /* of our codes, read without a canvas */
    double scale; /* of what is being read, to level 0 */
};

struct looker *looker_new(void)
{
    struct looker *l = calloc(1, sizeof(*l));
    if (l != NULL) {
        l->codes = codes_new();
        if (l->codes == NULL) {
            looker_free(&l);
        }
    }
    return l;
}

void looker_free(struct looker **l)
{
    if (*l == NULL) {
        return;
    }
    for (unsigned i = 1; i < LEVELS; i++) {
        picture_free(&(*l)->level[i]);
    }
    picture_free(&(*l)->cell);
    picture_free(&(*l)->small);
    picture_free(&(*l)->smooth);
    shade_free(&(*l)->shade);
    codes_free(&(*l)->codes);
    free(*l);
    *l = NULL;
}

/* ---- boxes ------------------------------------------------------------------------------------
 */

static uint16_t dot(double value)
{
    return (uint16_t)lround(fmin(fmax(value, 0), UINT16_MAX));
}

static void box_add(struct look *look, const struct point corner[static 4], bool read)
{
    if (look->box_count < LOOK_BOXES_MAX) {
        struct light_box *b = &look->boxes[look->box_count++];
        for (unsigned i = 0; i < 4; i++) {
            b->x[i] = dot(corner[i].x);
            b->y[i] = dot(corner[i].y);
        }
        b->read = read;
    }
}

static void box_cell(struct looker *l, unsigned cell, bool read)
{
    const struct canvas *c = &l->sight.canvas;
    struct canvas_point at = canvas_cell(c, cell);
    struct point corner[4];
    for (unsigned i = 0; i < 4; i++) {
        double x = at.x + (i == 1 || i == 2 ? c->side : 0), y = at.y + (i >= 2 ? c->side : 0);
        corner[i] = view_map(&l->sight.view, x, y);
    }
    box_add(l->look, corner, read);
}

/* ---- reading ----------------------------------------------------------------------------------
 */

static void give(struct looker *l, const struct code *code)
{
    l->look->codes_read++;
    l->visit(l->self, code->data, code->len);
}

/* One code of the canvas; false: it was not read. */
static bool cell_read(struct looker *l)
{
    uint8_t bytes_read[CODE_BYTES_MAX];
    struct code code = {.data = bytes_read};
    bool read = squares_read(&l->squares, l->cell.dots, l->cell.width, bytes_read, &code.len);
    if (read) {
        give(l, &code);
    }
    return read;
}

static bool levels_make(struct looker *l, unsigned count)
{
    while (l->levels < count) {
        struct picture *next = &l->level[l->levels];
        if (!picture_halve(&l->level[l->levels - 1], next)) {
            return false;
        }
        l->levels++;
    }
    return true;
}

/* The copy in which a module is of 3 to 6 dots, made if need be. */
static unsigned level_for(struct looker *l)
{
    unsigned level = 0;
    double module = l->sight.module;
    while (module >= MODULE_LARGE && level + 1 < LEVELS && levels_make(l, level + 2)) {
        module /= 2;
        level++;
    }
    return level;
}

static bool cells_read(struct looker *l)
{
    unsigned cells = (unsigned)l->sight.canvas.cols * l->sight.canvas.rows;
    unsigned level = level_for(l);
    struct sighting here = l->sight;
    sight_scale(&here, 1.0 / (1U << level));
    l->look->canvas = true;
    l->look->cells = cells;
    l->look->module = l->sight.module;
    for (unsigned cell = 0; cell < cells; cell++) {
        struct canvas_point at = canvas_cell(&l->sight.canvas, cell);
        struct point corner = {at.x, at.y};
        struct contrast contrast;
        if (!modules_read(&l->level[level], &here.view, corner, l->sight.canvas.side, &l->cell,
                          &contrast)) {
            return false;
        }
        bool read = cell_read(l);
        l->look->cells_read += read;
        box_cell(l, cell, read);
        if (!read) {
            measure_failed_cell(&l->measure, &contrast);
        }
    }
    return true;
}

/* Our codes say where on their canvas they stand: the layout is byte 22, the cell 23. */
static void visit_plain(void *self, const struct code *code)
{
    struct looker *l = self;
    struct point corner[4];
    for (unsigned i = 0; i < 4; i++) { /* zbar: top left, bottom left, bottom right, top right */
        corner[i] = (struct point){(code->corner[i].x + 0.5) * l->scale - 0.5,
                                   (code->corner[i].y + 0.5) * l->scale - 0.5};
    }
    if (!l->first.is && code->len > SYMBOL_EXTRA_BYTES &&
        symbol_claims(BYTES(code->data, code->len))) {
        l->first = (struct code_first){
            .is = true,
            .cols = code->data[22] >> 4,
            .rows = code->data[22] & 15,
            .cell = code->data[23],
            .len = code->len,
            .corner = {corner[0], corner[3], corner[1], corner[2]},
        };
    }
    give(l, code);
    box_add(l->look, (const struct point[4]){corner[0], corner[3], corner[2], corner[1]}, true);
}

static bool plain_read(struct looker *l, bool patient)
{
    const struct picture *p = &l->level[0];
    unsigned shortest = p->width < p->height ? p->width : p->height;
    unsigned shrink_max = patient ? SHRINK_MAX : 2;
    l->scale = 1;
    size_t count = codes_read(l->codes, p, patient, visit_plain, l);
    for (unsigned n = 2; count == 0 && n <= shrink_max && shortest / n >= SMALL_SIDE; n++) {
        if (!picture_shrink(p, n, &l->small)) {
            return false;
        }
        l->scale = n;
        count = codes_read(l->codes, &l->small, patient, visit_plain, l);
    }
    return true;
}

/* The spots of this copy of the picture. */
static bool spots_at(struct looker *l, unsigned level)
{
    if (!picture_smooth(&l->level[level], &l->smooth) || !shade_measure(&l->shade, &l->smooth)) {
        return false;
    }
    spots_find(&l->smooth, &l->shade, &l->spots);
    l->spots_level = level;
    return true;
}

/* A code that was read without a canvas tells where the canvas is; then the others are read. */
static bool canvas_from_code(struct looker *l)
{
    struct ctx cx;
    struct canvas canvas;
    struct sighting sight;
    unsigned version = 1;
    ctx_init(&cx, system_real());
    while (version < CODE_VERSION_MAX && code_capacity(version) < l->first.len) {
        version++;
    }
    if (!l->first.is ||
        frames_canvas(&cx, l->first.cols, l->first.rows, version, &canvas) != STATUS_OK ||
        l->first.cell >= canvas.cols * canvas.rows) {
        return true;
    }
    if (l->spots_level != 0 && !spots_at(l, 0)) {
        return false;
    }
    if (!sight_from_code(&l->spots, &l->level[0], &canvas, l->first.cell, l->first.corner,
                         &sight)) {
        return true;
    }
    l->sight = sight;
    l->look->box_count = 0;
    return cells_read(l);
}

/* ---- a picture --------------------------------------------------------------------------------
 */

/* Spots and, from them, the canvas; in smaller copies too when there is none. */
static bool canvas_find(struct looker *l, bool *ret_found)
{
    *ret_found = false;
    for (unsigned level = 0; level < 3 && !*ret_found; level++) {
        if (level > 0 &&
            (l->level[level - 1].height < 2 * SMALL_SIDE || !levels_make(l, level + 1))) {
            break;
        }
        struct sighting s = l->sight;
        sight_scale(&s, 1.0 / (1U << level));
        if (!spots_at(l, level)) {
            return false;
        }
        if (level == 0) {
            measure_edges(&l->measure, &l->smooth, &l->shade);
        }
        measure_spots(&l->measure, &l->spots, &l->shade, level);
        *ret_found = sight_find(&l->spots, &l->level[level], &s);
        if (*ret_found) {
            sight_scale(&s, 1U << level);
            l->sight = s;
        }
    }
    return true;
}

bool looker_see(struct looker *l, const struct picture *p, bool patient,
                void (*visit)(void *self, const uint8_t *data, size_t len), void *self,
                struct look *ret)
{
    bool found = false, done = true;
    *ret = (struct look){.codes_read = 0};
    l->level[0] = *p;
    l->levels = 1;
    l->visit = visit;
    l->self = self;
    l->look = ret;
    l->first.is = false;
    l->measure = (struct measure){.levels = 0};
    if (!canvas_find(l, &found) || (found && !cells_read(l))) {
        return false;
    }
    /* a canvas once seen is not searched everywhere for in each picture that shows none */
    bool plain = patient || !l->sight.known || l->misses % PLAIN_EVERY == 0;
    l->misses = ret->codes_read > 0 ? 0 : l->misses + 1;
    if (ret->codes_read == 0 && (plain || (found && l->misses > PLAIN_EVERY))) {
        done = plain_read(l, patient) && (found || canvas_from_code(l));
    }
    if (ret->codes_read == 0 && l->misses > 30) {
        l->sight.known = false;
    }
    ret->advice = measure_advice(&l->measure, ret);
    return done;
}
