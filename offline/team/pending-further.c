/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device with more histories than are taken as they come [AUTH-20]. Without a bound one member
 * could fill every vault with lanes, which cost more than entries do. With a bound alone, members
 * who were told different stories would hold different ones for good, and what one of them built on
 * his would wait at the others for ever. So a branch beyond the bound is admitted when an entry of
 * another device waits here that may mean it; of the rest the proof is kept.
 */
#include <stdlib.h>

#include "admit-int.h"

/* Devices that waiting entries of others name, and the highest number they do. */
struct wanted {
    struct entry_dep *at;
    size_t count, cap;
    const struct waiting **by; /* who names it; same length */
    size_t by_cap;
    bool point; /* some entry waits for one that it cuts or pins: of which branch is not told */
};

static void wanted_finish(struct wanted *l)
{
    free(l->at);
    free(l->by);
}

static enum status wanted_add(struct ctx *cx, struct wanted *l, const struct waiting *by,
                              const struct entry_dep *dep)
{
    enum status status = STATUS_OK;
    TRY(MEM_GROW(cx, l->at, l->cap, l->count + 1));
    TRY(MEM_GROW(cx, l->by, l->by_cap, l->count + 1));
    l->at[l->count] = *dep;
    l->by[l->count++] = by;
out:
    return status;
}

static enum status wanted_load(struct ctx *cx, struct team *t, const struct queue *q,
                               struct log_row *row, struct wanted *ret)
{
    enum status status = STATUS_OK;
    struct entry_header h;
    struct entry_dep dep;

    for (size_t i = 0; i < q->count; i++) {
        const struct waiting *w = &q->rows[i];
        size_t pos = 0;
        if (w->done || !w->wants) {
            continue;
        }
        ret->point = ret->point || w->wants_point;
        TRY(queue_row_load(cx, t, w, row));
        TRY(entry_header_parse(cx, buf_view(&row->header), &h));
        while (entry_dep_next(h.deps, &pos, &dep)) {
            TRY(wanted_add(cx, ret, w, &dep));
        }
    }
out:
    return status;
}

static bool is_wanted(const struct wanted *l, const struct waiting *w)
{
    bool wanted = l->point;
    for (size_t i = 0; i < l->count && !wanted; i++) {
        wanted = l->at[i].seq >= w->seq && id_equal(&l->at[i].device, &w->device) &&
                 !id_equal(&l->by[i]->device, &w->device);
    }
    return wanted;
}

static bool any_full(const struct queue *q)
{
    bool any = false;
    for (size_t i = 0; i < q->count && !any; i++) {
        any = q->rows[i].full && !q->rows[i].done;
    }
    return any;
}

enum status further_admit(struct ctx *cx, struct admission *a, struct queue *q, struct log_row *row,
                          bool *ret_taken)
{
    enum status status = STATUS_OK;
    struct wanted wanted = {.at = NULL};

    if (!any_full(q)) {
        return STATUS_OK;
    }
    TRY(wanted_load(cx, a->team, q, row, &wanted));
    for (size_t i = 0; i < q->count && !*ret_taken; i++) {
        struct waiting *w = &q->rows[i];
        if (w->full && !w->done && is_wanted(&wanted, w)) {
            TRY(queue_retry(cx, a, w, row, true, ret_taken));
        }
    }
out:
    wanted_finish(&wanted);
    return status;
}

/* ---- the rest ---- */

/* Both headers and both signed heads; the row is judged at hand. */
static enum status keep_proof(struct ctx *cx, struct admission *a, const struct queue *q,
                              const struct waiting *w)
{
    enum status status = STATUS_OK;
    struct team *t = a->team;
    struct judged *j = &a->judged;

    for (size_t i = 0; i < q->head_count; i++) {
        const struct head *h = &q->heads[i];
        if (!id_equal(&h->device, &w->device) || !head_usable(t, h)) {
            continue;
        }
        struct foot foot =
            queue_cover(q, h); /* rows above w wait still: what is below is dropped first */
        if (foot.seq == w->seq - 1 && id_equal(&foot.name, &w->prev)) {
            TRY(fork_keep(cx, t, j->device, w->seq, j->header, h));
            a->counts.forks++;
            break;
        }
    }
out:
    return status;
}

static enum status drop_branch(struct ctx *cx, struct admission *a, const struct queue *q,
                               struct waiting *w, struct log_row *row)
{
    enum status status = STATUS_OK;
    enum placing placing = PLACE_WAITS;

    TRY(queue_row_load(cx, a->team, w, row));
    TRY(judge_form(cx, a->team, buf_view(&row->header), buf_view(&row->body), &a->judged));
    TRY(judge_place(cx, a->team, &a->judged, &placing));
    if (placing == PLACE_FULL) {
        TRY(keep_proof(cx, a, q, w));
    }
out:
    return status;
}

static bool after_further(const struct queue *q, const struct waiting *w)
{
    for (size_t i = 0; i < q->count; i++) {
        if (q->rows[i].further && id_equal(&q->rows[i].id, &w->prev)) {
            return true;
        }
    }
    return false;
}

enum status further_drop(struct ctx *cx, struct admission *a, struct queue *q, struct log_row *row)
{
    enum status status = STATUS_OK;

    if (!any_full(q)) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < q->count; i++) { /* a device's rows ascend: what is below comes first */
        struct waiting *w = &q->rows[i];
        if (w->done || !(w->full || after_further(q, w))) {
            continue;
        }
        if (w->full) {
            TRY(drop_branch(cx, a, q, w, row));
        }
        TRY(queue_row_delete(cx, a->team, w));
        w->further = true;
    }
out:
    return status;
}
