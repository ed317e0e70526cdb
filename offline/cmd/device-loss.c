/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine that is lost, seized or copied. Mine: my word, by the sheet. Somebody's below me: a
 * decision like others. Copied: two histories, and a person says which one is meant.
 */
#include "device.h"

enum { WHAT_MAX = 4096 };

/* ---- state ---- */

struct forked {
    struct session *s;
    int64_t home;
    bool found;
};

static enum status visit_fork(void *self, struct ctx *cx, const struct team_device *d, uint64_t seq)
{
    struct forked *f = self;

    (void)cx;
    (void)seq;
    f->found = f->found || team_device_home(f->s->team, d->ix) == f->home;
    return STATUS_OK;
}

static bool is_forked(struct session *s, int64_t home)
{
    struct forked f = {.s = s, .home = home};

    if (team_forks_each(s->cx, s->team, visit_fork, &f) != STATUS_OK) {
        fault_clear(s->cx);
    }
    return f.found;
}

text device_state(struct session *s, const struct team_device *d, int64_t last)
{
    int64_t home = team_device_home(s->team, d->ix);
    int64_t now = s->cx->system->now(s->cx->system->self);
    bool used = team_device_used(s->team, team_device_by_ix(s->team, home));

    if (is_forked(s, home)) {
        return used ? TEXT("copied") : TEXT("two histories");
    }
    if (team_member_by_id(s->team, &d->member) == NULL) {
        return TEXT("no place");
    }
    if (!used) {
        return TEXT("given up");
    }
    return !d->self && last != 0 && last < now - STALE_SECONDS ? TEXT("stale") : TEXT("in use");
}

/* ---- lost ---- */

static enum status do_unlink(struct session *s, const struct decision *d)
{
    return team_device_unlink(s->cx, s->team, d->device_ix, d->until, d->seed);
}

static enum status do_cut(struct session *s, const struct decision *d)
{
    return team_device_cut(s->cx, s->team, d->device_ix, d->until);
}

enum status device_remove(struct session *s)
{
    enum status status = STATUS_OK;
    struct decision d = {.run = do_cut, .takes = true};
    const struct team_device *device = NULL;
    const struct team_member *me = team_me(s->team);
    struct secret *seed = NULL;
    char store[TIME_TEXT_MAX];

    buf_init(&d.what, WHAT_MAX);
    TRY(arg_device(s, 0, &device));
    TRY(option_moment(s, "keep-until", &d.until));
    bool mine = me != NULL && id_equal(&me->id, &device->member);
    d.device_ix = device->ix;
    d.member = device->member;
    if (mine && device->self) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                           "'%.*s' is the machine you sit at", TEXT_ARG(device->name));
        (void)fault_hint(s->cx,
                         "do it on another machine of yours: there it is surely still yours");
        goto out;
    }
    if (mine) {
        TRY(sheet_take(s, option_value(s, "sheet"), &seed, NULL));
        d.seed = seed;
        d.run = do_unlink;
        TRY(buf_printf(s->cx, &d.what, "your machine '%.*s' is given up", TEXT_ARG(device->name)));
    } else {
        TRY(buf_printf(s->cx, &d.what, "%.*s's machine '%.*s' is cut off",
                       TEXT_ARG(member_name(s, &device->member)), TEXT_ARG(device->name)));
    }
    if (d.until != 0) {
        text when = time_text(d.until, store);
        TRY(buf_printf(s->cx, &d.what,
                       ", and only what was written on it until %.*s keeps its effect",
                       TEXT_ARG(when)));
    }
    TRY(decision_take(s, &d));
    if (mine && !option_given(s, "dry-run")) {
        out_note(&s->out, "whoever has it may know what stood on it: `valise passphrase` here, and "
                          "change the passwords that were in the vault");
    }
out:
    secret_free(&seed);
    buf_finish(&d.what);
    return status;
}

/* ---- copied ---- */

struct fork_at {
    struct session *s;
    int64_t ix;
    uint64_t seq; /* the first that differs; 0: not found */
};

static enum status visit_fork_at(void *self, struct ctx *cx, const struct team_device *d,
                                 uint64_t seq)
{
    struct fork_at *f = self;

    (void)cx;
    bool same = team_device_home(f->s->team, d->ix) == team_device_home(f->s->team, f->ix);
    if (same && (f->seq == 0 || seq < f->seq)) {
        f->seq = seq;
    }
    return STATUS_OK;
}

static int64_t entry_time(struct session *s, int64_t ix, uint64_t from, uint64_t to)
{
    struct team_device until = *team_device_by_ix(s->team, ix);

    for (uint64_t seq = from; seq <= to && seq < from + 32; seq++) {
        until.head_seq = seq - 1; /* looks at seq first */
        int64_t when = device_last_time(s, &until);
        if (when != 0) {
            return when;
        }
    }
    return 0;
}

static enum status histories_show(struct session *s, int64_t home, uint64_t fork_seq)
{
    static const struct column columns[] = {
        {TEXT_ROW("no."), "number", COLUMN_NUMBER}, {TEXT_ROW("machine"), "device", COLUMN_TEXT},
        {TEXT_ROW("from"), "from", COLUMN_NUMBER},  {TEXT_ROW("to"), "to", COLUMN_NUMBER},
        {TEXT_ROW("begins"), "first", COLUMN_TIME}, {TEXT_ROW("newest"), "last", COLUMN_TIME},
        {TEXT_ROW("holds"), "in_use", COLUMN_FLAG},
    };
    int64_t ix = home;

    out_table(&s->out, "history", columns, ROWS_COUNT(columns));
    for (size_t n = 0; ix != 0; n++) {
        ix = team_device_lane(s->team, home, n);
        const struct team_device *d = ix == 0 ? NULL : team_device_by_ix(s->team, ix);
        if (d == NULL) {
            continue;
        }
        out_cell_number(&s->out, (int64_t)n + 1);
        out_cell(&s->out, d->name);
        out_cell_number(&s->out, (int64_t)fork_seq);
        out_cell_number(&s->out, (int64_t)d->head_seq);
        out_cell_number(&s->out, entry_time(s, ix, fork_seq, d->head_seq));
        out_cell_number(&s->out, device_last_time(s, d));
        out_cell_flag(&s->out, d->in_use);
    }
    out_table_end(&s->out, "");
    return STATUS_OK;
}

static enum status do_pin(struct session *s, const struct decision *d)
{
    return team_pin(s->cx, s->team, d->device_ix);
}

enum status device_pin(struct session *s)
{
    enum status status = STATUS_OK;
    struct decision d = {.run = do_pin};
    const struct team_device *device = NULL;
    struct fork_at fork = {.s = s};
    int64_t wanted;

    buf_init(&d.what, WHAT_MAX);
    TRY(arg_device(s, 0, &device));
    TRY(option_number(s, "history", 1, 1024, 0, &wanted));
    int64_t home = team_device_home(s->team, device->ix);
    fork.ix = home;
    TRY(team_forks_each(s->cx, s->team, visit_fork_at, &fork));
    if (fork.seq == 0) {
        status = fault_set(s->cx, STATUS_NOT_FOUND, __FILE__, __LINE__,
                           "'%.*s' has one history only", TEXT_ARG(device->name));
        (void)fault_hint(s->cx,
                         "there is nothing to settle; a machine that is lost or taken away is "
                         "given up with `valise device remove`");
        goto out;
    }
    if (wanted == 0) {
        TRY(histories_show(s, home, fork.seq));
        out_note(&s->out,
                 "ask %.*s which one is theirs, then `valise device pin %s --history N`; "
                 "what stands in the other one is kept apart",
                 TEXT_ARG(member_name(s, &device->member)), s->args[0]);
        goto out;
    }
    d.device_ix = team_device_lane(s->team, home, (size_t)wanted - 1);
    d.member = device->member;
    if (d.device_ix == 0) {
        status = fault_set(s->cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "there is no history %lld",
                           (long long)wanted);
        (void)fault_hint(s->cx, "`valise device pin %s` shows them", s->args[0]);
        goto out;
    }
    TRY(buf_printf(s->cx, &d.what, "history %lld of %.*s's machine '%.*s' is the one that holds",
                   (long long)wanted, TEXT_ARG(member_name(s, &device->member)),
                   TEXT_ARG(device->name)));
    TRY(decision_take(s, &d));
out:
    buf_finish(&d.what);
    return status;
}
