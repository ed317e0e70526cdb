/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json-doc: docs/json.md from the rows that out-json.c holds every line to.
 */
#include "cmd-int.h"

#include <string.h>

enum { DOC_MAX = 512 * 1024 };

static const char head[] =
    "# JSON output\n\n"
    "Made by `valise help --json-reference` from the tables of `offline/cmd`; a test compares. "
    "With\n"
    "`--json` every verb prints JSON Lines on standard output: one object a line, its kind in "
    "`type`.\n"
    "New fields may be added; none changes its meaning. Text is what the record holds; control,\n"
    "direction-changing and invisible characters come as `\\uXXXX`. Times are Unix seconds as the\n"
    "writer's machine claimed them; 0 is unknown. Errors and warnings are lines on standard "
    "error:\n\n"
    "```\n"
    "{\"error\":{\"status\":\"not-found\",\"exit\":1,\"what\":\"...\",\"hint\":\"...\"}}\n"
    "{\"type\":\"warning\",\"text\":\"...\"}\n"
    "```\n\n"
    "Exit codes:\n\n| code | meaning |\n|---|---|\n";

static enum status rows(struct ctx *cx, struct buf *b, const struct command *c)
{
    enum status status = STATUS_OK;

    TRY(buf_printf(cx, b, "\n## %s\n\n%s\n\n", c->name, c->summary));
    if (c->json_count == 0) {
        TRY(buf_add_text(cx, b, TEXT("Prints nothing.\n")));
        goto out;
    }
    TRY(buf_add_text(cx, b, TEXT("| type | field | kind | what |\n|---|---|---|---|\n")));
    for (size_t i = 0; i < c->json_count; i++) {
        const struct json_field *f = &c->json[i];
        bool again = i > 0 && strcmp(c->json[i - 1].message, f->message) == 0;
        TRY(buf_printf(cx, b, "| %s%s%s | %s | %s | %s |\n", again ? "" : "`",
                       again ? "" : f->message, again ? "" : "`", f->name, f->kind, f->help));
    }
out:
    return status;
}

enum status json_doc_write(struct session *s)
{
    enum status status = STATUS_OK;
    struct buf b;

    buf_init(&b, DOC_MAX);
    TRY(buf_add_text(s->cx, &b, text_of(head)));
    for (size_t i = 0; i < exit_code_count; i++) {
        TRY(buf_printf(s->cx, &b, "| %d | %s |\n", exit_codes[i], exit_meaning(exit_codes[i])));
    }
    for (size_t i = 0; i < command_count; i++) {
        if (!commands[i]->internal) {
            TRY(rows(s->cx, &b, commands[i]));
        }
    }
    out_data(&s->out, buf_view(&b));
out:
    buf_finish(&b);
    return status;
}
