/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The owners together: proposals go from sheet to sheet, are signed or not, on the owner's machine
 * or on somebody else's, are carried by anybody, twice, late, or never.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

enum { PAPERS_MAX = 4 };

struct papers {
    struct buf at[PAPERS_MAX];
    size_t count;
};

void council_finish(struct sim *s)
{
    for (size_t i = 0; s->papers != NULL && i < s->papers->count; i++) {
        buf_finish(&s->papers->at[i]);
    }
    free(s->papers);
}

static void propose_what(struct sim *s, struct actor *a, struct proposal *p)
{
    struct team *t = sim_team(a);
    struct ctx *cx = a->desk.cx;
    static const enum proposal_kind KINDS[] = {
        PROPOSE_ADD_OWNER, PROPOSE_ADD_OWNER,    PROPOSE_ADD_OWNER, PROPOSE_ADD_OWNER,
        PROPOSE_LIFT,      PROPOSE_REMOVE_OWNER, PROPOSE_PARDON,    PROPOSE_PIN,
        PROPOSE_SEAL,      PROPOSE_SETTLE,       PROPOSE_SETTLE,    PROPOSE_REMOVE_OWNER};
    const struct member *m = t->members.at[roll_more(s, t->members.count)];
    const struct device *d = t->devices.at[roll_more(s, t->devices.count)];

    p->kind = KINDS[roll_more(s, LENGTH(KINDS))];
    p->member = m->pub.id;
    p->decision = 1 + roll_more(s, 3);
    p->device_ix = d->pub.ix;
    p->choice = 1 + roll_more(s, 2);
    p->until = roll_more(s, 3) == 0 ? cx->system->now(cx->system->self) - 3600 : 0;
}

/* Who has the sheet signs, most of the time; some do it on another's machine. */
static void sign(struct sim *s, struct actor *owner, struct buf *file)
{
    struct actor *at = roll_more(s, 8) == 0 ? more_anybody(s) : owner;
    struct buf next;

    if (owner->desk.peer->root_seed == NULL || at->dead || roll_more(s, 5) == 0) {
        return;
    }
    buf_init(&next, 1 << 20);
    enum status status =
        council_sign(at->desk.cx, sim_team(at), buf_view(file), owner->desk.peer->root_seed, &next);
    if (status == STATUS_OK) {
        buf_clear(file);
        check_ok(at->desk.cx, buf_add(at->desk.cx, file, buf_view(&next)));
    } else if (status != STATUS_GAP) { /* what it is about did not come there yet */
        expect(s, at, status, "signing a proposal");
    }
    fault_clear(at->desk.cx);
    buf_finish(&next);
}

static void carry(struct sim *s, struct actor *a, const struct buf *file)
{
    if (a->dead) {
        return;
    }
    enum status status = council_submit(a->desk.cx, sim_team(a), buf_view(file));
    if (status == STATUS_OK) {
        s->did[DID_MORE + MORE_DECIDED]++;
    } else if (status == STATUS_DUPLICATE || status == STATUS_GAP) {
        fault_clear(a->desk.cx);
    } else {
        expect(s, a, status, "carrying a decision");
    }
}

static void keep(struct sim *s, struct actor *a, struct buf *file)
{
    if (s->papers == NULL) {
        s->papers = calloc(1, sizeof *s->papers);
        MUST(s->papers != NULL);
    }
    if (s->papers->count < PAPERS_MAX && roll_more(s, 3) == 0) {
        struct buf *kept = &s->papers->at[s->papers->count++];
        buf_init(kept, 1 << 20);
        check_ok(a->desk.cx, buf_add(a->desk.cx, kept, buf_view(file)));
    }
}

void council_step(struct sim *s, struct actor *a)
{
    struct proposal p = {.kind = PROPOSE_ADD_OWNER};
    struct buf file;

    if (s->papers != NULL && s->papers->count > 0 && roll_more(s, 4) == 0) {
        carry(s, a, &s->papers->at[roll_more(s, s->papers->count)]);
        return;
    }
    buf_init(&file, 1 << 20);
    propose_what(s, a, &p);
    enum status status = council_propose(a->desk.cx, sim_team(a), &p, &file);
    expect(s, a, status, "a proposal");
    if (status == STATUS_OK) {
        s->did[DID_MORE + MORE_PROPOSALS]++;
        for (size_t i = 0; i < s->count; i++) {
            sign(s, &s->actors[i], &file);
        }
        keep(s, a, &file);
        if (roll_more(s, 4) != 0) {
            carry(s, more_anybody(s), &file);
        }
    }
    buf_finish(&file);
}
