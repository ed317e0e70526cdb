/* SPDX-License-Identifier: Apache-2.0 */
/*
 * help: what the tables say, for people, and the files made from them: the man page, the
 * completion, the JSON reference.
 */
#include "cmd-int.h"
#include "schema.h"

#include <string.h>

static const struct option options[] = {
    {"man", NULL, "the man page, in mdoc"},
    {"completion", "SHELL", "the completion for bash"},
    {"json-reference", NULL, "what --json prints, in Markdown"},
};

static const struct json_field json[] = {
    {"verb", "name", "text", "of the verb"},
    {"verb", "summary", "text", "what it does"},
    {"verb", "usage", "list", "how it is written"},
    {"verb", "options", "list", "its own options"},
};

static void usage_line(struct session *s, const struct command *c, const struct action *a)
{
    out_say(&s->out, "  valise %s%s%s%s%s", c->name, a->word == NULL ? "" : " ",
            a->word == NULL ? "" : a->word, a->synopsis[0] == '\0' ? "" : " ", a->synopsis);
}

static void option_line(struct session *s, const struct option *o)
{
    size_t len = strlen(o->name) + (o->argument == NULL ? 0 : 1 + strlen(o->argument));
    int fill = len < 22 ? (int)(22 - len) : 1;

    out_say(&s->out, "  --%s%s%s%*s%s", o->name, o->argument == NULL ? "" : " ",
            o->argument == NULL ? "" : o->argument, fill, "", o->help);
}

static void usage_json(struct session *s, const struct command *c)
{
    line_start(&s->out, "verb");
    line_text(&s->out, "name", text_of(c->name));
    line_text(&s->out, "summary", text_of(c->summary));
    line_list(&s->out, "usage");
    for (size_t i = 0; i < c->action_count; i++) {
        const struct action *a = &c->actions[i];
        struct buf line;
        buf_init(&line, 1024);
        if (buf_printf(s->cx, &line, "valise %s%s%s %s", c->name, a->word == NULL ? "" : " ",
                       a->word == NULL ? "" : a->word, a->synopsis) == STATUS_OK) {
            line_text(&s->out, NULL, buf_text(&line));
        }
        buf_finish(&line);
    }
    line_close_list(&s->out);
    line_list(&s->out, "options");
    for (size_t i = 0; i < c->option_count; i++) {
        line_text(&s->out, NULL, text_of(c->options[i].name));
    }
    line_close_list(&s->out);
    line_end(&s->out);
}

void usage_say(struct session *s, const struct command *c)
{
    struct out *o = &s->out;

    o->command = command_find(TEXT("help")); /* whose JSON this is */
    if (o->json) {
        usage_json(s, c);
        return;
    }
    out_heading(o, "valise %s: %s", c->name, c->summary);
    for (size_t i = 0; i < c->action_count; i++) {
        usage_line(s, c, &c->actions[i]);
    }
    if (c->detail[0] != '\0') {
        out_say(o, "%s", "");
        out_lines(o, 0, text_of(c->detail));
    }
    if (c->option_count > 0) {
        out_say(o, "%s", "");
        out_heading(o, "options");
        for (size_t i = 0; i < c->option_count; i++) {
            option_line(s, &c->options[i]);
        }
    }
    out_say(o, "%s", "");
    out_say(o, "and everywhere: --vault DIR, --team NAME, --json, --passphrase-fd N, --quiet");
}

static void help_overview(struct session *s)
{
    struct out *o = &s->out;

    o->command = command_find(TEXT("help"));
    out_heading(o, "valise: shared records on machines that never touch a network");
    out_say(o, "usage: valise [--vault DIR] [--team NAME] [--json] [--passphrase-fd N] [--quiet] "
               "VERB ...");
    out_say(o, "%s", "");
    for (size_t i = 0; i < command_count; i++) {
        if (commands[i]->internal) {
            continue;
        }
        if (o->json) {
            usage_json(s, commands[i]);
        } else {
            out_say(o, "  %-11s %s", commands[i]->name, commands[i]->summary);
        }
    }
    out_say(o, "%s", "");
    out_say(o, "`valise help VERB` says how a verb is used, `man valise` everything");
    out_say(o, "exit codes:");
    for (size_t i = 0; i < exit_code_count; i++) {
        out_say(o, "  %2d  %s", exit_codes[i], exit_meaning(exit_codes[i]));
    }
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    const char *shell = option_value(s, "completion");

    if (option_given(s, "man")) {
        TRY(man_write(s));
    } else if (shell != NULL) {
        if (strcmp(shell, "bash") != 0) {
            FAIL(s->cx, STATUS_USAGE, "there is a completion for bash only, not for '%.32s'",
                 shell);
        }
        TRY(completion_write(s));
    } else if (option_given(s, "json-reference")) {
        TRY(json_doc_write(s));
    } else if (s->arg_count == 0) {
        help_overview(s);
    } else {
        const struct command *c = command_find(text_any(s->args[0]));
        if (c == NULL) {
            text nearest = command_nearest(text_any(s->args[0]));
            status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "unknown verb '%.64s'",
                               s->args[0]);
            if (nearest.len > 0) {
                (void)fault_hint(s->cx, "did you mean 'valise help %.*s'?", TEXT_ARG(nearest));
            }
            goto out;
        }
        usage_say(s, c);
    }
out:
    return status;
}

static const struct action actions[] = {{NULL, "[VERB]", 0, 1, NEED_NOTHING, 0, run}};
const struct command cmd_help = {
    .name = "help",
    .summary = "how valise and its verbs are used",
    .detail = "",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
