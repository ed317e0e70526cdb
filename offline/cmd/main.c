/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main: valise. Reads the command line against the table, opens what the verb needs, runs it, and
 * turns the outcome into words and an exit code. Everything else is in the tables.
 */
#include "cmd-int.h"

static enum status run(struct session *s, int argc, char *const *argv)
{
    enum status status = STATUS_OK;

    tty_signals();
    TRY(options_parse(s, argc, argv));
    if (s->help) {
        usage_say(s, s->command);
        goto out;
    }
    TRY(session_open(s));
    TRY(s->action->run(s));
out:
    return status;
}

int main(int argc, char **argv)
{
    enum status status = STATUS_OK;
    struct ctx cx;
    struct session s;

    ctx_init(&cx, system_real());
    session_start(&s, &cx);
    status = run(&s, argc, argv);
    if (status == STATUS_USAGE && cx.fault.hint[0] == '\0' && s.command != NULL) {
        (void)fault_hint(&cx, "`valise help %s` shows how it is used", s.command->name);
    }
    session_close(&s);
    enum status written = out_finish(&s.out);
    status = status == STATUS_OK ? written : status;
    out_error(&s.out, status);
    session_finish(&s);
    return exit_code(status);
}
