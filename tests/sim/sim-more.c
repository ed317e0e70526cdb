/* SPDX-License-Identifier: Apache-2.0 */
/* The wider steps: chosen by dice of their own, so that a run without them is the same as ever. */
#include "sim.h"

#include <stdio.h>

const char *const more_words[MORE_COUNT] = {
    [MORE_EDITS] = "edits",
    [MORE_COMPARTMENTS] = "compartments",
    [MORE_ROLES] = "roles made",
    [MORE_ORGANIZATIONS] = "organizations",
    [MORE_GUESTS] = "let in by a liaison or without history",
    [MORE_APART] = "records apart",
    [MORE_PROPOSALS] = "proposals",
    [MORE_DECIDED] = "carried by the owners together",
    [MORE_CRASHES] = "crashes",
    [MORE_FULL] = "full sticks and disks",
    [MORE_COURIER] = "tricks of a courier",
    [MORE_FORGERIES] = "forgeries",
    [MORE_BACK] = "came back with a sheet",
};

uint64_t roll_more(struct sim *s, uint64_t below)
{
    return machine_below(&s->more, below);
}

struct actor *more_anybody(struct sim *s)
{
    return &s->actors[roll_more(s, s->count)];
}

void more_start(struct sim *s)
{
    machine_init(&s->more, s->seed ^ 0x77696465); /* "wide" */
    taint_start(s);
    once_start(s);
    /* most teams have a few machines, one in sixteen as many as fit */
    s->most = s->plain || roll_more(s, 16) != 0 ? 8 : ACTORS_MAX;
}

void more_finish(struct sim *s)
{
    orgs_finish(s);
    council_finish(s);
    heard_finish(s);
    taint_finish(s);
    once_finish(s);
}

static void choose(struct sim *s, struct actor *a)
{
    size_t what = roll_more(s, 100);
    if (s->verbose) {
        fprintf(stderr, "  more: %s: %zu\n", a->name, what);
    }
    if (what < 18) {
        orgs_step(s, a);
    } else if (what < 26) {
        orgs_guest(s, a);
    } else if (what < 44) {
        orgs_write(s, a);
    } else if (what < 56) {
        council_step(s, a);
    } else if (what < 66) {
        s->did[DID_MORE + MORE_CRASHES]++;
        crash_step(s, a);
    } else if (what < 74) {
        s->did[DID_MORE + MORE_FULL]++;
        full_step(s, a);
    } else if (what < 80) {
        s->did[DID_MORE + MORE_COURIER]++;
        courier_step(s);
    } else if (what < 86) {
        courier_unpack(s, a);
    } else if (what < 97) {
        rogue_step(s, a);
    } else {
        orgs_back(s, a);
    }
}

void more_look(struct sim *s)
{
    for (size_t i = 0; i < s->count; i++) {
        taint_see(s, &s->actors[i]);
    }
}

void more_step(struct sim *s)
{
    struct actor *a = more_anybody(s);

    more_look(s);
    if (s->plain) {
        return;
    }
    if (!a->dead && roll_more(s, 100) < 30) {
        edit_step(s, a);
    }
    a = more_anybody(s);
    if (!a->dead && roll_more(s, 100) < 40) {
        choose(s, a);
        more_look(s);
    }
    if (roll_more(s, 4) == 0) {
        heard_look(s, more_anybody(s));
    }
}
