/* SPDX-License-Identifier: Apache-2.0 */
/*
 * solve: from rows to content. Without anchors that is back substitution. With them, each source
 * symbol is first written as data and a combination of few unknowns: the source symbols that lead
 * no row, and the anchors. What anchors are ([Q-14]) and the rows of the tail then give a small
 * system for these; only when it has a solution is the data worked on, which takes the time.
 */
#include "decoder.h"

#include <stdlib.h>
#include <string.h>

enum { UNKNOWNS_MAX = 2 * ANCHORS, EQUATIONS_MAX = 2 * ANCHORS };

struct equation {
    uint8_t of[UNKNOWNS_MAX];
    uint8_t *data; /* padded row, or NULL while only the rank is asked for */
};

struct solver {
    struct decoder *d;
    uint32_t free[ANCHORS]; /* source symbols that lead no row, ascending */
    unsigned free_count;
    unsigned unknowns; /* free_count, then the anchors */
    unsigned equations;
    uint8_t *in_unknowns;   /* k rows of UNKNOWNS_MAX */
    uint8_t *factors;       /* k, rounded up to 8 */
    uint8_t *data;          /* rows of the equations */
    uint8_t *kept[ANCHORS]; /* rows for the free ones, taken before anything is changed */
    struct equation equation[EQUATIONS_MAX];
};

/* ---- back substitution ----------------------------------------------------------------------- */

/* The rows behind `lead` that its row holds, into d->taken and d->factors. */
static size_t behind(struct decoder *d, uint32_t lead)
{
    const struct row *row = &d->lead[lead];
    size_t count = 0;

    for (uint32_t i = lead + 1; i < row->end; i++) {
        if (row->coefficients[i - lead] != 0 && d->lead[i].data != NULL) {
            d->factors[count] = row->coefficients[i - lead];
            d->taken[count] = d->lead[i].data;
            count++;
        }
    }
    return count;
}

static void substitute(struct decoder *d)
{
    for (uint32_t lead = d->shape.k; lead-- > 0;) {
        if (d->lead[lead].data != NULL && d->lead[lead].coefficients != NULL) {
            size_t count = behind(d, lead);
            gf_combine(d->lead[lead].data, row_padded(d->shape.data), d->factors, d->taken, count);
        }
    }
}

/* ---- the small system ------------------------------------------------------------------------ */

static enum status solver_fill(struct ctx *cx, struct solver *s)
{
    enum status status = STATUS_OK;
    struct decoder *d = s->d;
    void *memory = NULL;

    for (uint32_t i = 0; i < d->shape.k; i++) {
        if (d->lead[i].data == NULL) {
            MUST(s->free_count < ANCHORS);
            s->free[s->free_count++] = i;
        }
    }
    s->unknowns = s->free_count + d->shape.anchors;
    s->equations = d->shape.anchors + d->tails;
    MUST(s->equations <= EQUATIONS_MAX && s->equations >= s->unknowns);
    TRY(decoder_take(cx, d, (size_t)d->shape.k * UNKNOWNS_MAX, &memory));
    s->in_unknowns = memory;
    TRY(decoder_take(cx, d, d->shape.k + 8U, &memory));
    s->factors = memory;
    TRY(decoder_take(cx, d, s->equations * row_padded(d->shape.data), &memory));
    s->data = memory;
    for (unsigned f = 0; f < s->free_count; f++) {
        TRY(decoder_take(cx, d, row_padded(d->shape.data), &memory));
        s->kept[f] = memory;
    }
out:
    return status;
}

static void solver_finish(struct solver *s)
{
    decoder_give(s->d, s->in_unknowns, (size_t)s->d->shape.k * UNKNOWNS_MAX);
    decoder_give(s->d, s->factors, s->d->shape.k + 8U);
    decoder_give(s->d, s->data, s->equations * row_padded(s->d->shape.data));
    for (unsigned f = 0; f < s->free_count; f++) {
        decoder_give(s->d, s->kept[f], row_padded(s->d->shape.data));
    }
}

static uint8_t *unknowns_of(const struct solver *s, uint32_t source)
{
    return s->in_unknowns + (size_t)source * UNKNOWNS_MAX;
}

/* Every source symbol in terms of the unknowns, from the last to the first. */
static void express(struct solver *s)
{
    struct decoder *d = s->d;
    unsigned next_free = s->free_count;

    for (uint32_t lead = d->shape.k; lead-- > 0;) {
        const struct row *row = &d->lead[lead];
        uint8_t *mine = unknowns_of(s, lead);
        size_t count = 0;

        if (row->data == NULL) {
            mine[--next_free] = 1;
            continue;
        }
        if (row->coefficients == NULL) {
            continue;
        }
        memcpy(mine + s->free_count, row->anchors, ANCHORS);
        for (uint32_t i = lead + 1; i < row->end; i++) {
            const struct row *other = &d->lead[i];

            if (row->coefficients[i - lead] != 0 &&
                (other->data == NULL || other->coefficients != NULL)) {
                d->factors[count] = row->coefficients[i - lead];
                d->taken[count++] = unknowns_of(s, i);
            }
        }
        gf_combine(mine, UNKNOWNS_MAX, d->factors, d->taken, count);
    }
}

/* Writes the equations anew. An anchor is what says; a row of the tail is what came. */
static void state(struct solver *s, bool with_data)
{
    struct decoder *d = s->d;
    size_t row = row_padded(d->shape.data);
    unsigned at = 0;

    for (unsigned j = 0; j < d->shape.anchors; j++, at++) {
        struct equation *e = &s->equation[at];

        *e = (struct equation){.data = with_data ? s->data + at * row : NULL};
        e->of[s->free_count + j] = 1;
        coefficients_anchor(&d->transfer, &d->shape, j, s->factors);
        for (uint32_t i = 0; i < d->shape.k; i++) {
            d->taken[i] = unknowns_of(s, i);
        }
        gf_combine(e->of, UNKNOWNS_MAX, s->factors, d->taken, d->shape.k);
        if (with_data) {
            size_t count = 0;
            for (uint32_t i = 0; i < d->shape.k; i++) {
                if (d->lead[i].data != NULL) {
                    s->factors[count] = s->factors[i];
                    d->taken[count++] = d->lead[i].data;
                }
            }
            gf_combine(e->data, row, s->factors, d->taken, count);
        }
    }
    for (unsigned j = 0; j < ANCHORS; j++) {
        if (d->tail[j].data != NULL) {
            struct equation *e = &s->equation[at];

            *e = (struct equation){.data = with_data ? s->data + at * row : NULL};
            memcpy(e->of + s->free_count, d->tail[j].anchors, ANCHORS);
            if (with_data) {
                memcpy(e->data, d->tail[j].data, row);
            }
            at++;
        }
    }
}

static void equation_add(const struct solver *s, struct equation *to, const struct equation *from,
                         uint8_t factor)
{
    const uint8_t *of = from->of;
    const uint8_t *data = from->data;

    gf_combine(to->of, UNKNOWNS_MAX, &factor, &of, 1);
    if (data != NULL) {
        gf_combine(to->data, row_padded(s->d->shape.data), &factor, &data, 1);
    }
}

/* Gauss and Jordan: afterwards equation u is unknown u alone. False when they do not suffice. */
static bool eliminate(struct solver *s)
{
    for (unsigned u = 0; u < s->unknowns; u++) {
        unsigned pick = u;
        struct equation swap;

        while (pick < s->equations && s->equation[pick].of[u] == 0) {
            pick++;
        }
        if (pick == s->equations) {
            return false;
        }
        swap = s->equation[pick];
        s->equation[pick] = s->equation[u];
        s->equation[u] = swap;
        /* (1/a - 1) times itself added makes the leading coefficient a into 1 */
        swap = s->equation[u];
        {
            uint8_t factor = gf_inverse(s->equation[u].of[u]) ^ 1;
            uint8_t copy[ROW_BYTES_MAX];

            if (swap.data != NULL) {
                memcpy(copy, swap.data, row_padded(s->d->shape.data));
                swap.data = copy;
            }
            equation_add(s, &s->equation[u], &swap, factor);
        }
        for (unsigned i = 0; i < s->equations; i++) {
            if (i != u && s->equation[i].of[u] != 0) {
                equation_add(s, &s->equation[i], &s->equation[u], s->equation[i].of[u]);
            }
        }
    }
    return true;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Puts the unknowns' values into every row that has some, and keeps those of the free symbols. */
static void insert(struct solver *s)
{
    struct decoder *d = s->d;
    const size_t row = row_padded(d->shape.data);

    for (unsigned u = 0; u < s->unknowns; u++) {
        d->taken[u] = s->equation[u].data;
    }
    for (uint32_t i = 0; i < d->shape.k; i++) {
        if (d->lead[i].data != NULL && d->lead[i].coefficients != NULL) {
            gf_combine(d->lead[i].data, row, unknowns_of(s, i), d->taken, s->unknowns);
        }
    }
    for (unsigned f = 0; f < s->free_count; f++) {
        memcpy(s->kept[f], s->equation[f].data, row);
        d->lead[s->free[f]] = (struct row){.end = s->free[f] + 1, .data = s->kept[f]};
        s->kept[f] = NULL;
        d->band++;
    }
}

static enum status solve_with_anchors(struct ctx *cx, struct decoder *d, bool *ret_solved)
{
    enum status status = STATUS_OK;
    struct solver *s = NULL;
    void *memory = NULL;

    TRY(decoder_take(cx, d, sizeof *s, &memory));
    s = memory;
    s->d = d;
    TRY(solver_fill(cx, s));
    express(s);
    state(s, false);
    *ret_solved = eliminate(s);
    if (*ret_solved) {
        substitute(d);
        state(s, true);
        MUST(eliminate(s));
        insert(s);
    }
out:
    if (s != NULL) {
        solver_finish(s);
        decoder_give(d, s, sizeof *s);
    }
    return status;
}

/* Source symbols to content. Their coefficients have done their work and make room for it. */
static enum status gather(struct ctx *cx, struct decoder *d)
{
    enum status status = STATUS_OK;
    void *memory = NULL;

    for (uint32_t i = 0; i < d->shape.k; i++) {
        decoder_give_side(d, &d->lead[i], i);
    }
    TRY(decoder_take(cx, d, d->shape.total, &memory));
    d->content = memory;
    for (uint32_t i = 0; i < d->shape.k; i++) {
        size_t at = (size_t)i * d->shape.data;
        size_t n = d->shape.total - at < d->shape.data ? d->shape.total - at : d->shape.data;
        memcpy(d->content + at, d->lead[i].data, n);
    }
out:
    return status;
}

enum status decoder_solve(struct ctx *cx, struct decoder *d, bool *ret_solved)
{
    enum status status = STATUS_OK;
    bool solved = true;

    if (d->band + d->tails < d->shape.k) {
        *ret_solved = false;
        goto out;
    }
    if (d->shape.anchors == 0 || d->sources == d->shape.k) {
        substitute(d);
    } else {
        TRY(solve_with_anchors(cx, d, &solved));
    }
    if (solved) {
        TRY(gather(cx, d));
    }
    *ret_solved = solved;
out:
    d->waits = status != STATUS_OK;
    return status;
}
