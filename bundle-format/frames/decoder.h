/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decoder: one transfer being received. Private to the room: reception.c holds up to four of them.
 */
#ifndef DECODER_H
#define DECODER_H

#include "frames-int.h"

/* One independent symbol: data and coefficients of what is left when the rows before it are taken
 * away. The leading coefficient is 1. Without `coefficients` it is the source symbol itself. */
struct row {
    uint32_t end;          /* behind its last source symbol */
    uint8_t *coefficients; /* from its lead on, padded; NULL for a source symbol */
    uint8_t *anchors;      /* ANCHORS of them; NULL where there are none */
    uint8_t *data;         /* padded */
    bool source;           /* it came as a source symbol, not out of repair */
};

/* Memory of all transfers together. */
struct purse {
    size_t used;
    size_t max;
};
bool purse_has(const struct purse *purse, size_t length);

struct decoder {
    struct shape shape;
    struct transfer_id transfer;
    struct purse *purse;
    size_t own;       /* bytes of the purse that this one holds */
    struct row *lead; /* k of them: the row that leads with that source symbol, or data NULL */
    struct row tail[ANCHORS]; /* rows with anchors only */
    uint32_t band;            /* rows in lead */
    uint32_t tails;
    uint32_t sources; /* of those in lead, such that came as source symbols */
    bool waits;       /* for memory, to be solved */
    bool dropped;     /* its repair rows, once; now it is the source that is spoilt */
    uint8_t *content; /* shape.total bytes, once it is solved */
    /* one symbol's way through the rows */
    uint8_t *work;         /* coefficients of the whole source, and of a row more */
    const uint8_t **taken; /* what is added to its data, and */
    uint8_t *factors;      /* how often */
};

/* LIMIT when the purse could not hold what it takes to begin, or to finish at all. */
enum status decoder_new(struct ctx *cx, const struct symbol *first, const struct shape *shape,
                        struct purse *purse, struct decoder **ret) MUST_USE;
void decoder_free(struct decoder **d);
/* Adds a symbol of this shape. *ret_rose is false when it says nothing new. LIMIT when the purse is
 * empty, and then nothing changed. */
enum status decoder_add(struct ctx *cx, struct decoder *d, const struct symbol *symbol,
                        bool *ret_rose) MUST_USE;
uint32_t decoder_rank(const struct decoder *d); /* at most k - 1 until it is solved */
uint64_t decoder_wanted(const struct decoder *d);
/* Tries to solve. *ret_solved is false when one more symbol is needed (once in 256 times, and
 * before rank k always). When it is true, d->content is there. LIMIT when the purse is empty,
 * NO_MEMORY; then d->waits, and it may be tried again. */
enum status decoder_solve(struct ctx *cx, struct decoder *d, bool *ret_solved) MUST_USE;
/* Forgets every repair symbol; everything when that was done before, or when it is all source. */
void decoder_drop(struct decoder *d);

/* Within the room: memory against the purse. */
enum status decoder_take(struct ctx *cx, struct decoder *d, size_t length, void **ret) MUST_USE;
void decoder_give(struct decoder *d, void *memory, size_t length);
void decoder_give_side(struct decoder *d, struct row *row, uint32_t lead); /* all but the data */

#endif
