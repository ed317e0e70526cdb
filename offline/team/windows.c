/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows: stretches of 28 days of this device's own clock, for confidentiality only; no rule about
 * power looks at them. Every seal is made to a window's keys, and these are erased a grace after
 * their window: from then on neither a captured stick nor this vault opens what they opened.
 *
 * A machine that has heard nothing of its colleagues since keeps what they may have sealed to it
 * while it was away, at most as long as it published keys ahead: without it nothing of theirs would
 * open, nor would they hear that it cannot. A clock that jumps further erases early; what cannot be
 * opened then is asked for again (asks.c).
 */
#include <string.h>

#include "team-int.h"

uint64_t window_of(int64_t seconds)
{
    int64_t window = seconds < WINDOW_SECONDS ? 1 : seconds / WINDOW_SECONDS;
    return window > WINDOW_MAX - PREKEYS_MAX ? WINDOW_MAX - PREKEYS_MAX : (uint64_t)window;
}

enum status windows_load(struct ctx *cx, struct team *t, struct windows *ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    *ret = (struct windows){.grace = GRACE_SECONDS, .lowest = 1};
    TRY(stmt_use(cx, t->v, STMT_TEAM_WINDOW_GET, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    if (row) {
        ret->grace = stmt_int(s, 0);
        ret->lowest = (uint64_t)stmt_int(s, 1);
        ret->published = stmt_int(s, 2);
        ret->heard = stmt_int(s, 3);
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status windows_store(struct ctx *cx, struct team *t, const struct windows *w)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, t->v, STMT_TEAM_WINDOW_PUT, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_int(s, 2, w->grace);
    stmt_bind_int(s, 3, (int64_t)w->lowest);
    stmt_bind_int(s, 4, w->published);
    stmt_bind_int(s, 5, w->heard);
    TRY(stmt_run(cx, s));
out:
    return status;
}

void windows_hear(struct ctx *cx, struct team *t, int64_t time)
{
    int64_t now = cx->system->now(cx->system->self);
    time = time < now ? time : now; /* the future is nobody's to tell */
    t->heard = time > t->heard ? time : t->heard;
}

enum status windows_heard(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct windows w;

    TRY(windows_load(cx, t, &w));
    if (t->heard > w.heard) {
        w.heard = t->heard;
        TRY(windows_store(cx, t, &w));
    }
out:
    return status;
}

/* ---- erasing ---- */

/* The first window whose keys may still be needed. */
static uint64_t lowest_needed(const struct windows *w, int64_t now)
{
    uint64_t past = window_of(now - w->grace), heard = window_of(w->heard), here = window_of(now);
    uint64_t ahead = here > PREKEYS_MAX ? here - PREKEYS_MAX : 1;
    uint64_t lowest = past < heard ? past : heard;

    lowest = lowest < ahead ? ahead : lowest;
    return lowest < w->lowest ? w->lowest : lowest;
}

static enum status box_erase(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, t->v, STMT_TEAM_SECRET_BOX_ERASE, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_run(cx, s));
    secret_free(&t->box_sk);
out:
    return status;
}

static enum status prekeys_erase(struct ctx *cx, struct team *t, uint64_t lowest)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    TRY(stmt_use(cx, t->v, STMT_TEAM_PREKEY_ERASE, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_int(s, 2, (int64_t)lowest);
    TRY(stmt_run(cx, s));
out:
    return status;
}

struct due {
    struct windows w;
    uint64_t lowest;
    bool windows, box, chains;
};

static enum status erase_due(struct ctx *cx, struct team *t, struct due *due)
{
    enum status status = STATUS_OK;

    due->w.lowest = due->lowest;
    if (due->box) {
        TRY(box_erase(cx, t));
    }
    TRY(prekeys_erase(cx, t, due->lowest));
    TRY(pairs_erase(cx, t, due->lowest, t->box_sk == NULL));
    TRY(chains_erase(cx, t, due->w.grace));
    TRY(windows_store(cx, t, &due->w));
out:
    return status;
}

enum status windows_erase(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    int64_t now = cx->system->now(cx->system->self);
    struct due due = {.lowest = 1};

    if (t->readonly || t->self == NULL) {
        return STATUS_OK;
    }
    TRY(windows_load(cx, t, &due.w));
    due.lowest = lowest_needed(&due.w, now);
    due.windows = due.lowest > due.w.lowest;
    due.box = t->box_sk != NULL && due.w.published > 0 &&
              now - due.w.published >= WINDOW_SECONDS + due.w.grace &&
              due.w.heard - due.w.published >= WINDOW_SECONDS;
    TRY(chains_due(cx, t, due.w.grace, &due.chains));
    if (!due.windows && !due.box && !due.chains) {
        goto out;
    }
    TRY(vault_begin(cx, t->v));
    TRY(vault_end(cx, t->v, erase_due(cx, t, &due)));
    TRY(vault_forget(cx, t->v));
out:
    return status;
}

/* ---- the dial ---- */

enum status team_set_grace(struct ctx *cx, struct team *t, int64_t seconds)
{
    enum status status = STATUS_OK;
    struct windows w;

    if (seconds < 0 || seconds > 10 * 365 * (int64_t)86400) {
        FAIL(cx, STATUS_USAGE, "a grace is between nothing and ten years");
    }
    TRY(team_sync(cx, t));
    TRY(vault_begin(cx, t->v));
    status = windows_load(cx, t, &w);
    w.grace = seconds;
    status = status == STATUS_OK ? windows_store(cx, t, &w) : status;
    TRY(vault_end(cx, t->v, status));
    TRY(windows_erase(cx, t));
out:
    return status;
}

enum status team_grace(struct ctx *cx, struct team *t, int64_t *ret_seconds)
{
    enum status status = STATUS_OK;
    struct windows w;
    TRY(windows_load(cx, t, &w));
    *ret_seconds = w.grace;
out:
    return status;
}
