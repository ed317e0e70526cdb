/* SPDX-License-Identifier: Apache-2.0 */
/*
 * man: docs/man/valise.1 in mdoc, from the tables. A test compares the committed file with this.
 */
#include "cmd-int.h"

#include <string.h>

enum { PAGE_MAX = 1024 * 1024 };

/* Text that is no macro line and keeps its backslashes. */
static enum status plain(struct ctx *cx, struct buf *b, const char *t)
{
    enum status status = STATUS_OK;

    for (const char *at = t; *at != '\0'; at++) {
        bool line_start = at == t;
        if (line_start && (*at == '.' || *at == '\'')) {
            TRY(buf_add_text(cx, b, TEXT("\\&")));
        }
        if (*at == '\\') {
            TRY(buf_add_text(cx, b, TEXT("\\e")));
        } else if (*at == '-' && at[1] == '-') {
            TRY(buf_add_text(cx, b, TEXT("\\-")));
        } else if (*at == '\n' && at[1] == '\n') {
            TRY(buf_add_text(cx, b, TEXT("\n.Pp"))); /* the second one ends this line */
        } else if (*at == ' ' && at > t + 1 && at[-1] == '.') {
            TRY(buf_add_byte(cx, b, '\n')); /* a new sentence on a new line, as mdoc wants it */
        } else if (*at == '\n' && at[1] == '\n') {
            TRY(buf_add_text(cx, b,
                             TEXT("\n.Pp"))); /* a new paragraph; its line ends with the next */
        } else {
            TRY(buf_add_byte(cx, b, (uint8_t)*at));
        }
    }
    TRY(buf_add_byte(cx, b, '\n'));
out:
    return status;
}

static enum status option_item(struct ctx *cx, struct buf *b, const struct option *o)
{
    enum status status = STATUS_OK;

    TRY(buf_printf(cx, b, ".It Fl \\-%s%s%s\n", o->name, o->argument == NULL ? "" : " Ar ",
                   o->argument == NULL ? "" : o->argument));
    TRY(plain(cx, b, o->help));
out:
    return status;
}

static enum status options_list(struct ctx *cx, struct buf *b, const struct option *o, size_t count)
{
    enum status status = STATUS_OK;

    if (count == 0) {
        return STATUS_OK;
    }
    TRY(buf_add_text(cx, b, TEXT(".Bl -tag -width Ds\n")));
    for (size_t i = 0; i < count; i++) {
        TRY(option_item(cx, b, &o[i]));
    }
    TRY(buf_add_text(cx, b, TEXT(".El\n")));
out:
    return status;
}

static enum status verb_item(struct ctx *cx, struct buf *b, const struct command *c)
{
    enum status status = STATUS_OK;

    TRY(buf_printf(cx, b, ".It Cm %s\n", c->name));
    TRY(plain(cx, b, c->summary));
    TRY(buf_add_text(cx, b, TEXT(".Bd -literal -compact\n")));
    for (size_t i = 0; i < c->action_count; i++) {
        const struct action *a = &c->actions[i];
        TRY(buf_printf(cx, b, "valise %s%s%s%s", c->name, a->word == NULL ? "" : " ",
                       a->word == NULL ? "" : a->word, a->synopsis[0] == '\0' ? "" : " "));
        TRY(plain(cx, b, a->synopsis));
    }
    TRY(buf_add_text(cx, b, TEXT(".Ed\n")));
    if (c->detail[0] != '\0') {
        TRY(plain(cx, b, c->detail));
    }
    TRY(options_list(cx, b, c->options, c->option_count));
out:
    return status;
}

static enum status codes(struct ctx *cx, struct buf *b)
{
    enum status status = STATUS_OK;

    TRY(buf_add_text(cx, b, TEXT(".Sh EXIT STATUS\n.Bl -tag -width 10n -compact\n")));
    for (size_t i = 0; i < exit_code_count; i++) {
        TRY(buf_printf(cx, b, ".It %d\n%s\n", exit_codes[i], exit_meaning(exit_codes[i])));
    }
    TRY(buf_add_text(cx, b, TEXT(".El\n")));
out:
    return status;
}

static const char head[] =
    ".\\\" SPDX-License-Identifier: Apache-2.0\n"
    ".\\\" Made by `valise help --man` from the tables of offline/cmd; do not edit.\n"
    ".Dd November 24, 2026\n.Dt VALISE 1\n.Os\n"
    ".Sh NAME\n.Nm valise\n.Nd shared records on machines that never touch a network\n"
    ".Sh SYNOPSIS\n.Nm\n.Op Ar options\n.Ar verb\n.Op Ar argument ...\n"
    ".Sh DESCRIPTION\n.Nm\nkeeps a team's records in an encrypted vault on a machine without a "
    "network.\nChanges cross to colleagues as pieces on a USB stick that look like noise.\n.Pp\n"
    "Options may stand before or after the verb.\nA record is named by its id, such as\n"
    ".Ql k7-12-3 ,\nor by a unique word of its title.\n"
    "Passphrases and secrets come from the terminal or a file descriptor, never from the command "
    "line or the environment.\n";
static const char surroundings[] =
    ".Sh ENVIRONMENT\n.Bl -tag -width VALISE_VAULT\n"
    ".It Ev VALISE_VAULT\nthe vault's folder\n"
    ".It Ev VALISE_ASCII\nwhen 1, only ASCII in what\n.Nm\nitself adds to the output\n"
    ".It Ev NO_COLOR\nno bold and no colour\n"
    ".It Ev EDITOR , VISUAL\nfor\n.Cm edit\n"
    ".It Ev XDG_RUNTIME_DIR\nwhere the agent's socket is\n.El\n"
    ".Sh FILES\n.Bl -tag -width Ds\n.It Pa ~/.local/share/valise\nthe vault: header, vault.db, "
    "kits\n"
    ".El\n";

enum status man_write(struct session *s)
{
    enum status status = STATUS_OK;
    struct buf page;

    buf_init(&page, PAGE_MAX);
    TRY(buf_add_text(s->cx, &page, text_of(head)));
    TRY(options_list(s->cx, &page, common_options, common_option_count));
    TRY(buf_add_text(s->cx, &page, TEXT(".Ss Verbs\n.Bl -tag -width Ds\n")));
    for (size_t i = 0; i < command_count; i++) {
        if (!commands[i]->internal) {
            TRY(verb_item(s->cx, &page, commands[i]));
        }
    }
    TRY(buf_add_text(s->cx, &page, TEXT(".El\n")));
    TRY(buf_add_text(s->cx, &page, text_of(surroundings)));
    TRY(codes(s->cx, &page));
    TRY(buf_add_text(s->cx, &page, TEXT(".Sh SEE ALSO\n.Xr valise-courier 1\n")));
    out_data(&s->out, buf_view(&page));
out:
    buf_finish(&page);
    return status;
}
