/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge3: three-way merge of texts by lines, for fields of kind doc.
 *
 * Both sides are compared with the base (greedy O(ND), Myers 1986), then the two lists of changes
 * are walked together. Changes that touch are a conflict unless both sides say the same, and then
 * nothing is given: a person decides between two whole texts, not between markers.
 * Every device must come to the same text, so all limits here are frozen.
 */
#include "schema-int.h"

#include "limits.h"

#include <stdlib.h>
#include <string.h>

enum {
    MERGE_LINES_MAX = 32768, /* of one text */
    MERGE_EDITS_MAX = 2048,  /* lines taken out and put in between base and one side */
};

/* A text as lines, each with its line feed; equal lines have equal numbers over all three texts. */
struct lines {
    text *line;
    uint32_t *number;
    size_t count;
};
/* base[from, from + taken) became side[side_from, side_from + put). */
struct hunk {
    size_t from, taken, side_from, put;
};
struct hunks {
    struct hunk *at;
    size_t count;
    bool too_many;
};

/* ---- lines --------------------------------------------------------------------------------- */

static size_t lines_count(text t)
{
    size_t count = 0;

    for (size_t i = 0; i < t.len; i++) {
        count += t.ptr[i] == '\n' ? 1 : 0;
    }
    return count + (t.len > 0 && t.ptr[t.len - 1] != '\n' ? 1 : 0);
}

static enum status lines_split(struct ctx *cx, text t, struct lines *ret)
{
    enum status status = STATUS_OK;
    void *line = NULL;
    void *number = NULL;
    size_t count = lines_count(t);

    TRY(mem_new(cx, count, sizeof *ret->line, &line));
    TRY(mem_new(cx, count, sizeof *ret->number, &number));
    ret->line = line;
    ret->number = number;
    ret->count = count;
    line = NULL;
    size_t start = 0;
    for (size_t i = 0; i < count; i++) {
        const char *feed = memchr(t.ptr + start, '\n', t.len - start);
        size_t end = feed == NULL ? t.len : (size_t)(feed - t.ptr) + 1;
        ret->line[i] = (text){.ptr = t.ptr + start, .len = end - start};
        start = end;
    }
out:
    free(line);
    return status;
}

static void lines_finish(struct lines *l)
{
    free(l->line);
    free(l->number);
}

/* Where a line stands: of which text, and which. */
struct place {
    text line;
    uint32_t *number;
};

static int place_compare(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;

    return bytes_compare(BYTES(x->line.ptr, x->line.len), BYTES(y->line.ptr, y->line.len));
}

/* Numbers the lines of all three texts by content: sorting cannot be slowed down by chosen text as
 * a hash table can. */
static enum status lines_number(struct ctx *cx, struct lines all[static 3])
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    size_t count = 0;
    uint32_t number = 0;

    TRY(mem_new(cx, all[0].count + all[1].count + all[2].count, sizeof(struct place), &memory));
    struct place *places = memory;
    for (size_t t = 0; t < 3; t++) {
        for (size_t i = 0; i < all[t].count; i++) {
            places[count++] = (struct place){.line = all[t].line[i], .number = &all[t].number[i]};
        }
    }
    if (count > 0) {
        qsort(places, count, sizeof *places, place_compare);
    }
    for (size_t i = 0; i < count; i++) {
        number += i > 0 && place_compare(&places[i - 1], &places[i]) != 0 ? 1 : 0;
        *places[i].number = number;
    }
out:
    free(memory);
    return status;
}

/* ---- differences --------------------------------------------------------------------------- */

/* The middle of two texts, without what they share at both ends. */
struct middle {
    const uint32_t *a, *b;
    size_t a_len, b_len, skipped;
};

static struct middle middle_of(const struct lines *base, const struct lines *side)
{
    size_t shorter = base->count < side->count ? base->count : side->count;
    size_t head = 0;
    size_t tail = 0;

    while (head < shorter && base->number[head] == side->number[head]) {
        head++;
    }
    while (tail < shorter - head &&
           base->number[base->count - 1 - tail] == side->number[side->count - 1 - tail]) {
        tail++;
    }
    return (struct middle){.a = base->number + head,
                           .b = side->number + head,
                           .a_len = base->count - head - tail,
                           .b_len = side->count - head - tail,
                           .skipped = head};
}

/* Appends one changed line, joined to the hunk before it when they touch. Called from the end of
 * the texts to their beginning. */
static void hunk_add(struct hunks *h, size_t a, size_t b, size_t taken, size_t put)
{
    struct hunk *last = h->count == 0 ? NULL : &h->at[h->count - 1];

    if (last != NULL && a + taken == last->from && b + put == last->side_from) {
        last->from = a;
        last->side_from = b;
        last->taken += taken;
        last->put += put;
        return;
    }
    h->at[h->count++] = (struct hunk){.from = a, .taken = taken, .side_from = b, .put = put};
}

/* How far each diagonal k in [-d, d], d of the same parity, got after d edits: row d of the trace
 * begins at d * (d + 1) / 2. */
static int32_t *trace_row(int32_t *trace, int32_t d)
{
    return trace + (size_t)d * ((size_t)d + 1) / 2;
}

/* The best start on diagonal k of step d, from step d - 1. *ret_down: by putting a line in. */
static int32_t step_start(int32_t *trace, int32_t d, int32_t k, bool *ret_down)
{
    if (d == 0) {
        *ret_down = false;
        return 0;
    }
    const int32_t *before = trace_row(trace, d - 1);
    /* diagonal j of step d - 1 is entry (j + d - 1) / 2 */
    bool down = k == -d || (k != d && before[(k - 1 + d - 1) / 2] < before[(k + 1 + d - 1) / 2]);

    *ret_down = down;
    return down ? before[(k + 1 + d - 1) / 2] : before[(k - 1 + d - 1) / 2] + 1;
}

/* Walks the trace back from the end; false is impossible after a full forward pass. */
static void trace_back(const struct middle *m, int32_t *trace, int32_t steps, struct hunks *ret)
{
    int32_t x = (int32_t)m->a_len;
    int32_t y = (int32_t)m->b_len;

    for (int32_t d = steps; d > 0; d--) {
        bool down;
        int32_t k = x - y;
        int32_t start_x = step_start(trace, d, k, &down);
        int32_t start_y = start_x - k;
        if (down) {
            hunk_add(ret, m->skipped + (size_t)start_x, m->skipped + (size_t)start_y - 1, 0, 1);
        } else {
            hunk_add(ret, m->skipped + (size_t)start_x - 1, m->skipped + (size_t)start_y, 1, 0);
        }
        x = down ? start_x : start_x - 1;
        y = down ? start_y - 1 : start_y;
    }
}

/* Edits needed, or -1 for more than `most`. */
static int32_t trace_forward(const struct middle *m, int32_t *trace, int32_t most)
{
    int32_t a_len = (int32_t)m->a_len;
    int32_t b_len = (int32_t)m->b_len;

    for (int32_t d = 0; d <= most; d++) {
        int32_t *row = trace_row(trace, d);
        for (int32_t k = -d; k <= d; k += 2) {
            bool down;
            int32_t x = step_start(trace, d, k, &down);
            int32_t y = x - k;
            while (x < a_len && y >= 0 && y < b_len && m->a[x] == m->b[y]) {
                x++;
                y++;
            }
            row[(k + d) / 2] = x;
            if (x == a_len && y == b_len) {
                return d;
            }
        }
    }
    return -1;
}

static void hunks_reverse(struct hunks *h)
{
    for (size_t i = 0; i < h->count / 2; i++) {
        struct hunk swap = h->at[i];
        h->at[i] = h->at[h->count - 1 - i];
        h->at[h->count - 1 - i] = swap;
    }
}

static enum status differences(struct ctx *cx, const struct lines *base, const struct lines *side,
                               struct hunks *ret)
{
    enum status status = STATUS_OK;
    void *hunks = NULL;
    void *trace = NULL;
    struct middle m = middle_of(base, side);
    size_t all = m.a_len + m.b_len;
    int32_t most = all < MERGE_EDITS_MAX ? (int32_t)all : MERGE_EDITS_MAX;

    TRY(mem_new(cx, (size_t)most + 1, sizeof(struct hunk), &hunks));
    ret->at = hunks;
    if (m.a_len == 0 || m.b_len == 0) { /* only put in, or only taken out: any size is clear */
        if (all > 0) {
            ret->at[ret->count++] = (struct hunk){
                .from = m.skipped, .taken = m.a_len, .side_from = m.skipped, .put = m.b_len};
        }
        return STATUS_OK;
    }
    size_t rows = (size_t)most + 1;
    TRY(mem_new(cx, rows * (rows + 1) / 2, sizeof(int32_t), &trace));
    int32_t steps = trace_forward(&m, trace, most);
    ret->too_many = steps < 0;
    if (steps > 0) {
        trace_back(&m, trace, steps, ret);
        hunks_reverse(ret);
    }
out:
    free(trace);
    return status;
}

/* ---- merging ------------------------------------------------------------------------------- */

struct side {
    const struct lines *lines;
    struct hunks hunks;
    size_t next; /* hunk */
    size_t base; /* the same place in base and in this side: where both are untouched */
    size_t line;
};

static enum status put_lines(struct ctx *cx, struct buf *out, const struct lines *l, size_t from,
                             size_t to)
{
    enum status status = STATUS_OK;

    for (size_t i = from; i < to; i++) {
        TRY(buf_add_text(cx, out, l->line[i]));
    }
out:
    return status;
}

static bool side_ended(const struct side *s)
{
    return s->next == s->hunks.count;
}

/* Base line where the side's next change starts; past the end when there is none. */
static size_t next_start(const struct side *s)
{
    return side_ended(s) ? SIZE_MAX : s->hunks.at[s->next].from;
}

/* Takes every change of s that begins at or before *end; true when it moved the end. */
static bool side_absorb(struct side *s, size_t *end)
{
    bool moved = false;

    while (next_start(s) <= *end) {
        const struct hunk *h = &s->hunks.at[s->next++];
        s->base = h->from + h->taken;
        s->line = h->side_from + h->put;
        if (s->base > *end) {
            *end = s->base;
            moved = true;
        }
    }
    return moved;
}

/* Moves over untouched lines up to base line `at`. */
static void side_advance(struct side *s, size_t at)
{
    s->line += at - s->base;
    s->base = at;
}

static bool same_lines(const struct lines *a, size_t a_from, size_t a_to, const struct lines *b,
                       size_t b_from, size_t b_to)
{
    return a_to - a_from == b_to - b_from &&
           (a_to == a_from || memcmp(a->number + a_from, b->number + b_from,
                                     (a_to - a_from) * sizeof *a->number) == 0);
}

/* One region that at least one side changed; start is where both stand. */
static enum status merge_region(struct ctx *cx, struct side *a, struct side *b, size_t start,
                                struct buf *out, size_t *ret_end, bool *ret_clean)
{
    size_t a_from = a->line;
    size_t b_from = b->line;
    size_t a_hunk = a->next;
    size_t b_hunk = b->next;
    size_t end = start;

    while (side_absorb(a, &end) || side_absorb(b, &end)) {
    }
    /* each stands behind its last change: bring both to the end of the region */
    if (a->base < end) {
        side_advance(a, end);
    }
    if (b->base < end) {
        side_advance(b, end);
    }
    *ret_end = end;
    if (b->next == b_hunk) {
        return put_lines(cx, out, a->lines, a_from, a->line);
    }
    if (a->next == a_hunk || same_lines(a->lines, a_from, a->line, b->lines, b_from, b->line)) {
        return put_lines(cx, out, b->lines, b_from, b->line);
    }
    *ret_clean = false;
    return STATUS_OK;
}

static enum status merge_sides(struct ctx *cx, const struct lines *base, struct side *a,
                               struct side *b, struct buf *out, bool *ret_clean)
{
    enum status status = STATUS_OK;
    size_t at = 0;

    while (*ret_clean && (!side_ended(a) || !side_ended(b))) {
        size_t start = next_start(a) < next_start(b) ? next_start(a) : next_start(b);
        TRY(put_lines(cx, out, base, at, start));
        side_advance(a, start);
        side_advance(b, start);
        TRY(merge_region(cx, a, b, start, out, &at, ret_clean));
    }
    if (*ret_clean) {
        TRY(put_lines(cx, out, base, at, base->count));
    }
out:
    return status;
}

static enum status merge_lines(struct ctx *cx, text base, text a, text b, struct buf *out,
                               bool *ret_clean)
{
    enum status status = STATUS_OK;
    struct lines all[3] = {{0}};
    struct side sides[2] = {{.lines = &all[1]}, {.lines = &all[2]}};

    TRY(lines_split(cx, base, &all[0]));
    TRY(lines_split(cx, a, &all[1]));
    TRY(lines_split(cx, b, &all[2]));
    TRY(lines_number(cx, all));
    TRY(differences(cx, &all[0], &all[1], &sides[0].hunks));
    TRY(differences(cx, &all[0], &all[2], &sides[1].hunks));
    *ret_clean = !sides[0].hunks.too_many && !sides[1].hunks.too_many;
    if (*ret_clean) {
        TRY(merge_sides(cx, &all[0], &sides[0], &sides[1], out, ret_clean));
    }
out:
    for (size_t i = 0; i < 3; i++) {
        lines_finish(&all[i]);
    }
    free(sides[0].hunks.at);
    free(sides[1].hunks.at);
    return status;
}

static bool within_limits(text t)
{
    return t.len <= DOC_BYTES_MAX && lines_count(t) <= MERGE_LINES_MAX;
}

enum status merge_three_way(struct ctx *cx, text base, text a, text b, struct buf *out,
                            bool *ret_clean)
{
    enum status status = STATUS_OK;
    struct buf merged;
    bool clean = true;

    if (text_equal(a, b) || text_equal(base, b)) {
        *ret_clean = true;
        return buf_add_text(cx, out, a);
    }
    if (text_equal(base, a)) {
        *ret_clean = true;
        return buf_add_text(cx, out, b);
    }
    if (!within_limits(base) || !within_limits(a) || !within_limits(b)) {
        *ret_clean = false;
        return STATUS_OK;
    }
    buf_init(&merged, 2 * (size_t)DOC_BYTES_MAX + 1);
    TRY(merge_lines(cx, base, a, b, &merged, &clean));
    clean = clean && merged.len <= DOC_BYTES_MAX;
    if (clean) {
        TRY(buf_add(cx, out, buf_view(&merged)));
    }
    *ret_clean = clean;
out:
    buf_finish(&merged);
    return status;
}
