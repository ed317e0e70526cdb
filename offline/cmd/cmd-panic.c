/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panic: forget the vault's key, now, without asking anybody who could say no. What stands on the
 * disk goes first, because it outlives a pulled plug: the key header is overwritten where it lies,
 * then the processes that hold the key end, then what is left of the header is removed. Each step
 * is done whatever became of the one before; the first failure is told at the end, and panic may be
 * called again. The encrypted database stays: without the header nothing opens it.
 */
#include "agent.h"
#include "guard.h"
#include "shared.h"

#include <string.h>
#include <time.h>

enum { AGENT_WAIT_MS = 150, HOLDER_WAIT_MS = 200 };

static const struct option options[] = {
    {"now", NULL, "ask nothing"},
};

static const struct json_field json[] = {
    {"panic", "forgotten", "flag", "there were keys, and they are gone"},
    {"panic", "milliseconds", "number", "how long it took"},
};

static int64_t now_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct forgetting {
    struct session *s;
    struct buf path;
    struct fault first; /* what went wrong first */
    bool any;           /* there was something to forget */
};

static void step(struct forgetting *f, enum status status)
{
    if (status != STATUS_OK && f->first.status == STATUS_OK) {
        f->first = f->s->cx->fault;
    }
    fault_clear(f->s->cx);
}

static const char *inside(struct forgetting *f, const char *name)
{
    const char *path = NULL;

    step(f, path_join(f->s->cx, &f->path, f->s->vault_path, name, &path));
    return path;
}

static void forget(struct forgetting *f)
{
    struct session *s = f->s;
    bool agent = false;

    f->any = file_exists(inside(f, "header"));
    step(f, file_overwrite(s->cx, inside(f, "header")));
    step(f, file_overwrite(s->cx, inside(f, "header" FILE_OLD_SUFFIX)));
    step(f, agent_end(s->cx, s->vault_path, AGENT_WAIT_MS, &agent));
    bool free = file_lock_end_holder(inside(f, "lock"), HOLDER_WAIT_MS);
    step(f, file_shred(s->cx, inside(f, "header" FILE_OLD_SUFFIX)));
    step(f, file_shred(s->cx, inside(f, "header")));
    step(f, header_leftovers_shred(s));
    f->any = f->any || agent;
    if (!free) {
        step(f, fault_set(s->cx, STATUS_BUSY, __FILE__, __LINE__,
                          "another valise still holds this vault open, and its key in memory"));
    }
}

static enum status sure(struct session *s)
{
    enum status status = STATUS_OK;
    struct buf typed;

    buf_init(&typed, TYPED_BYTES_MAX);
    if (option_given(s, "now")) {
        goto out;
    }
    if (s->tty < 0 || s->out.json) {
        status =
            fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "panic without --now asks first");
        (void)fault_hint(s->cx, "`valise panic --now` asks nothing");
        goto out;
    }
    TRY(tty_ask_line(s, "forget the keys of this vault for ever? Type yes", &typed));
    if (!text_equal(buf_text(&typed), TEXT("yes"))) {
        FAIL(s->cx, STATUS_CANCELLED, "nothing was forgotten");
    }
out:
    buf_finish(&typed);
    return status;
}

static enum status is_vault(struct session *s)
{
    enum status status = STATUS_OK;
    struct buf path;
    const char *name;
    bool any = false;

    buf_init(&path, 8192);
    static const char old[] = "header" FILE_OLD_SUFFIX;
    static const char *const names[] = {"header", old, "vault.db"};
    for (size_t i = 0; i < ROWS_COUNT(names); i++) {
        TRY(path_join(s->cx, &path, s->vault_path, names[i], &name));
        any = any || file_exists(name);
    }
    if (!any) {
        FAIL(s->cx, STATUS_NO_VAULT, "no vault in '%.200s'", s->vault_path);
    }
out:
    buf_finish(&path);
    return status;
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct forgetting f = {.s = s};
    int64_t started;

    buf_init(&f.path, 8192);
    TRY(is_vault(s));
    TRY(sure(s));
    started = now_ms();
    forget(&f);
    int64_t took = now_ms() - started;
    line_start(&s->out, "panic");
    line_flag(&s->out, "forgotten", f.any);
    line_number(&s->out, "milliseconds", took);
    line_end(&s->out);
    if (f.first.status != STATUS_OK) {
        s->cx->fault = f.first;
        status = f.first.status;
        (void)fault_hint(s->cx, "what could be forgotten is; run `valise panic --now` again, or "
                                "switch the machine off");
        goto out;
    }
    out_say(&s->out,
            f.any ? "the keys of this vault are forgotten (%lld ms); nothing opens it any more"
                  : "the keys of this vault were forgotten already (%lld ms)",
            (long long)took);
    out_note(&s->out,
             "a flash disk may keep old copies of the key header in spare blocks, and backups "
             "hold it too: each is still under your passphrase. What was in memory is gone "
             "for good only when the machine is off");
out:
    buf_finish(&f.path);
    return status;
}

static const struct action actions[] = {{NULL, "[--now]", 0, 0, NEED_FOLDER, 0, run}};
const struct command cmd_panic = {
    .name = "panic",
    .summary = "forget the vault's keys for ever, in less than a second",
    .detail =
        "Overwrites and removes the key header, ends the agent and any other valise that holds "
        "this "
        "vault, and leaves the encrypted database. It needs no passphrase. `panic --now` asks "
        "nothing, so that a key, a button or BusKill can call it. If it is cut in the middle, the "
        "vault either opens as before or not at all; call it again.\n\n"
        "Your records are not lost to the team: they are with your colleagues, and `valise restore "
        "device` brings you back on a new machine. What was never packed is lost.\n\n"
        "What it cannot do: flash disks move data around, and copies of old key headers may stay "
        "in "
        "spare blocks that no program reaches. Each such copy is still sealed under your "
        "passphrase "
        "and its key stretching, so a strong passphrase is what protects them. The same is true of "
        "backups. An editor that `valise edit` opened ends by itself only.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
    .in_any_case = true,
};
