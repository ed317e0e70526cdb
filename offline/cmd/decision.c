/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decision: nothing about people is decided blindly. The decision is taken in a transaction that is
 * undone, what changed is told, then a person is asked, then it is taken for good. So what is told
 * is what happens, and what is not permitted is said before the question.
 *
 * While somebody thinks the vault is closed: other verbs need not wait.
 */
#include "people.h"

static enum status look(struct session *s, const struct decision *d, size_t *ret_count)
{
    enum status status = STATUS_OK;
    struct effects *before = NULL;
    struct effects *after = NULL;
    bool begun = false;

    TRY(effects_new(s, &before));
    TRY(vault_begin(s->cx, s->vault));
    begun = true;
    TRY(d->run(s, d));
    TRY(effects_new(s, &after));
    out_heading(&s->out, "if %.*s:", TEXT_ARG(buf_text(&d->what)));
    TRY(effects_say(s, d, before, after, ret_count));
out:
    if (begun) {
        vault_rollback(s->vault);
    }
    effects_free(&before);
    effects_free(&after);
    return status;
}

static void decision_line(struct session *s, const struct decision *d, bool done)
{
    text what = buf_text(&d->what);

    line_start(&s->out, "decision");
    line_text(&s->out, "what", what);
    line_flag(&s->out, "done", done);
    line_end(&s->out);
    if (done) {
        out_say(&s->out, "done: %.*s", TEXT_ARG(what));
        out_note(&s->out, "next: `valise pack DIR`; it holds for a colleague once the stick is "
                          "unpacked there");
    } else {
        out_say(&s->out, "nothing was changed");
    }
}

enum status decision_take(struct session *s, struct decision *d)
{
    enum status status = STATUS_OK;
    bool dry = option_given(s, "dry-run");
    size_t count = 0;

    status = look(s, d, &count);
    if (status == STATUS_NOT_FOUND && s->cx->fault.hint[0] == '\0') {
        (void)fault_hint(s->cx, "`valise member list --former`, `valise member explain NAME` and "
                                "`valise member decisions` show how things stand");
    }
    TRY(status);
    if (count == 0) {
        out_say(&s->out, "  nothing changes for anybody else");
    }
    if (dry) {
        decision_line(s, d, false);
        goto out;
    }
    session_close(s);
    TRY(confirm(s, "do it? (yes or no)"));
    TRY(session_reopen(s));
    TRY(vault_begin(s->cx, s->vault));
    status = d->run(s, d);
    if (status == STATUS_OK) {
        status = vault_commit(s->cx, s->vault);
    } else {
        vault_rollback(s->vault);
    }
    TRY(status);
    decision_line(s, d, true);
out:
    return status;
}
