/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Equal entries and equal rights give equal answers, at any moment of a run and between moments:
 * whoever holds what somebody held before, and the same keys, shows what that one showed.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

enum { HEARD_MAX = 4096 };

struct answer {
    struct id held, shown;
    const struct actor *who;
};
struct heard {
    struct answer at[HEARD_MAX];
    size_t count;
};

void heard_finish(struct sim *s)
{
    free(s->heard);
}

static int order_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct id));
}

/* Entries, and keys to read them with. */
static void held_by(struct actor *a, struct id *ret)
{
    const struct team *t = sim_team(a);
    struct id *keys = calloc(t->epochs.count + 1, sizeof *keys);
    struct buf frontier;
    size_t count = 0;

    MUST(keys != NULL);
    buf_init(&frontier, 1 << 20);
    peer_frontier(a->desk.peer, &frontier);
    for (size_t i = 0; i < t->epochs.count; i++) {
        const struct epoch *e = t->epochs.at[i];
        if (e->key != NULL) {
            keys[count++] = e->id;
        }
    }
    qsort(keys, count, sizeof *keys, order_ids);
    hash_domain("sim/held", buf_view(&frontier), BYTES((const uint8_t *)keys, count * sizeof *keys),
                ret);
    free(keys);
    buf_finish(&frontier);
}

void heard_look(struct sim *s, struct actor *a)
{
    struct answer now = {.who = a};

    if (a->malicious || a->copied || a->dead || sim_team(a)->open_count > 0) {
        return;
    }
    if (s->heard == NULL) {
        s->heard = calloc(1, sizeof *s->heard);
        MUST(s->heard != NULL);
    }
    held_by(a, &now.held);
    now.shown = desk_hash(&a->desk);
    for (size_t i = 0; i < s->heard->count; i++) {
        const struct answer *one = &s->heard->at[i];
        SIM_MUST(s, !id_equal(&one->held, &now.held) || id_equal(&one->shown, &now.shown),
                 "%s shows another state than %s did with the same entries and keys", a->name,
                 one->who->name);
    }
    if (s->heard->count < HEARD_MAX) {
        s->heard->at[s->heard->count++] = now;
    }
}
