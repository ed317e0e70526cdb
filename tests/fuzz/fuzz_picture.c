/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is a picture's file, through libpng, libjpeg, our own search for a canvas and zbar, in
 * this process and without the jail, so that a sanitizer sees what the jail would only contain.
 * Oracle: what is found is of a code's size, boxes and counts agree.
 */
#include <stdlib.h>

#include "look.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { SMALL = 512 }; /* a larger picture takes seconds here and finds nothing new */

static void visit(void *self, const uint8_t *code, size_t len)
{
    unsigned *count = self;
    volatile uint8_t all = 0;
    if (len < 1 || len > SYMBOL_BYTES_MAX) {
        abort();
    }
    for (size_t i = 0; i < len; i++) {
        all = (uint8_t)(all ^ code[i]);
    }
    ++*count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct picture p = {.dots = NULL};
    struct looker *l = NULL;
    struct look look;
    unsigned count = 0;

    if (!picture_read(data, len, &p) || p.width > SMALL || p.height > SMALL) {
        goto out;
    }
    l = looker_new();
    if (l == NULL || !looker_see(l, &p, false, visit, &count, &look)) {
        goto out;
    }
    if (count != look.codes_read || look.box_count > LOOK_BOXES_MAX ||
        look.cells_read > look.cells) {
        abort();
    }
    /* the same again: what was seen is remembered */
    count = 0;
    if (looker_see(l, &p, false, visit, &count, &look) && count != look.codes_read) {
        abort();
    }
out:
    looker_free(&l);
    picture_free(&p);
    return 0;
}
