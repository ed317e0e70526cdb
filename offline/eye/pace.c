/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace: what is said about many pictures: how fast it goes, and what would help.
 */
#include "collector.h"

enum { PACE_SPAN_MS = 1000 };

/* Half of the pictures being well is well; else what most of the others suffer from. */
static enum light_advice most(const struct advice *a)
{
    enum light_advice worst = LIGHT_ADVICE_NO_CODE;
    unsigned count = 0;
    if (a->counts[LIGHT_ADVICE_NONE] * 2 >= a->pictures) {
        return LIGHT_ADVICE_NONE;
    }
    for (unsigned i = LIGHT_ADVICE_NONE + 1; i <= LIGHT_ADVICE_TOO_FAST; i++) {
        if (a->counts[i] > count) {
            count = a->counts[i];
            worst = (enum light_advice)i;
        }
    }
    return worst;
}

bool advice_rest(struct advice *a)
{
    if (a->pictures == 0) {
        return false;
    }
    enum light_advice said = most(a);
    bool fresh = !a->any || said != a->said;
    *a = (struct advice){.said = said, .any = true};
    return fresh;
}

bool advice_add(struct advice *a, enum light_advice here, int64_t now_ms)
{
    if (a->pictures == 0) {
        a->began_ms = now_ms;
    }
    a->pictures++;
    a->counts[here]++;
    return now_ms - a->began_ms >= ADVICE_SPAN_MS && advice_rest(a);
}

void pace_add(struct pace *p, uint32_t rank, int64_t now_ms)
{
    int64_t span = now_ms - p->began_ms;
    if (p->began_ms == 0 || rank < p->began_rank) { /* poisoned: rank fell */
        p->began_ms = now_ms;
        p->began_rank = rank;
        return;
    }
    if (span >= PACE_SPAN_MS) {
        uint64_t rate =
            (uint64_t)(rank - p->began_rank) * p->bytes_a_symbol * 1000 / (uint64_t)span;
        p->rate = rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate;
        p->began_ms = now_ms;
        p->began_rank = rank;
    }
}
