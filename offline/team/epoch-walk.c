/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an epoch leads back to. Backlinks open everything before an epoch to whoever reads it, up to
 * the next wall; parents tell the order in which epochs were made, walls or not. From both follows
 * what a device was given by the log's word, and what it must not be given because it came in
 * behind a wall. No walk recurses: the graph is of others' making.
 */
#include <string.h>

#include "team-int.h"

enum lead { LEAD_BACKLINKS, LEAD_PARENTS };
enum marked { MARKED_READABLE, MARKED_BEHIND, MARKED_SEEN, MARKED_UP };

static uint64_t *mark_of(struct epoch *e, enum marked which)
{
    switch (which) {
    case MARKED_READABLE:
        return &e->mark;
    case MARKED_BEHIND:
        return &e->behind;
    case MARKED_SEEN:
        return &e->seen;
    case MARKED_UP:
        break;
    }
    return &e->up;
}

/* Marks one epoch that is led to, and has it looked at in its turn. */
static void reach(struct epoch **list, struct epoch *e, enum marked which, uint64_t mark)
{
    uint64_t *at = e == NULL ? NULL : mark_of(e, which);
    if (at != NULL && *at != mark) {
        *at = mark;
        e->next = *list;
        *list = e;
    }
}

static void reach_back(const struct team *t, struct epoch **list, const struct epoch *e,
                       enum lead lead, enum marked which, uint64_t mark)
{
    const struct buf *rows = lead == LEAD_BACKLINKS ? &e->backlinks : &e->parents;
    size_t step = lead == LEAD_BACKLINKS ? sizeof(struct backlink) : sizeof(struct id);
    struct id id;

    for (size_t at = 0; at + step <= rows->len; at += step) {
        memcpy(id.b, rows->ptr + at, sizeof id.b); /* a backlink begins with the parent's id */
        reach(list, epoch_by_id(t, &id), which, mark);
    }
}

/* Marks all that `from` leads back to; itself only when another one leads to it. */
static void walk(const struct team *t, const struct epoch *from, enum lead lead, enum marked which,
                 uint64_t mark)
{
    struct epoch *list = NULL;

    reach_back(t, &list, from, lead, which, mark);
    while (list != NULL) {
        const struct epoch *e = list;
        list = list->next;
        reach_back(t, &list, e, lead, which, mark);
    }
}

/* Marks what the device reads by the log's word (readable), and all that was made before any of
 * what it was given (behind). False when it was given nothing. */
static bool mark_given(struct team *t, const struct device *d,
                       const uint8_t compartment[static COMPARTMENT_BYTES], uint64_t mark)
{
    bool any = false;

    for (size_t i = 0; i < t->epochs.count; i++) {
        struct epoch *e = t->epochs.at[i];
        if (memcmp(e->compartment, compartment, COMPARTMENT_BYTES) == 0 &&
            readers_have(e, &d->pub.id)) {
            e->mark = mark;
            walk(t, e, LEAD_BACKLINKS, MARKED_READABLE, mark);
            walk(t, e, LEAD_PARENTS, MARKED_BEHIND, mark);
            any = true;
        }
    }
    return any;
}

/* Something that was made before `e` was given to the device: it was in by then. */
static bool given_before(struct team *t, const struct device *d, struct epoch *e)
{
    uint64_t mark = ++t->walks;
    bool found = false;

    walk(t, e, LEAD_PARENTS, MARKED_UP, mark);
    for (size_t i = 0; i < t->epochs.count && !found; i++) {
        const struct epoch *before = t->epochs.at[i];
        found = before->up == mark && readers_have(before, &d->pub.id);
    }
    return found;
}

static bool compartment_has_walls(const struct team *t,
                                  const uint8_t compartment[static COMPARTMENT_BYTES])
{
    bool any = false;
    for (size_t i = 0; i < t->epochs.count && !any; i++) {
        const struct epoch *e = t->epochs.at[i];
        any = e->backlinks.len / sizeof(struct backlink) < e->parents.len / sizeof(struct id) &&
              memcmp(e->compartment, compartment, COMPARTMENT_BYTES) == 0;
    }
    return any;
}

bool epoch_allowed(struct team *t, const struct device *d, struct epoch *e)
{
    bool allowed = true;

    if (compartment_is_control(t, e->compartment) || !compartment_has_walls(t, e->compartment)) {
        return true; /* the charter is read whole or not at all */
    }
    uint64_t given = ++t->walks;
    if (!mark_given(t, d, e->compartment, given)) {
        return true;
    }
    uint64_t fresh = ++t->walks;
    e->seen = fresh;
    walk(t, e, LEAD_BACKLINKS, MARKED_SEEN, fresh);
    for (size_t i = 0; i < t->epochs.count && allowed; i++) {
        struct epoch *q = t->epochs.at[i];
        bool behind = q->seen == fresh && q->mark != given && q->behind == given;
        allowed = !behind || given_before(t, d, q);
    }
    return allowed;
}

void epoch_mark_led_to(const struct team *t, const struct epoch *e, uint64_t mark)
{
    walk(t, e, LEAD_BACKLINKS, MARKED_SEEN, mark);
}

uint64_t epochs_mark_reached(struct team *t, const struct device *d,
                             const uint8_t compartment[static COMPARTMENT_BYTES])
{
    uint64_t mark = ++t->walks;
    (void)mark_given(t, d, compartment, mark);
    return mark;
}
