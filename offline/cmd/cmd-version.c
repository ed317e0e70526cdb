/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version: which program this is, for reports and scripts.
 */
#include "cmd-int.h"

static const struct json_field json[] = {
    {"version", "version", "text", "of the program"},
    {"version", "schema", "number", "version of the vault's tables"},
    {"version", "header", "number", "version of the key header"},
};

static enum status run(struct session *s)
{
    line_start(&s->out, "version");
    line_text(&s->out, "version", TEXT(VALISE_VERSION));
    line_number(&s->out, "schema", VAULT_SCHEMA_VERSION);
    line_number(&s->out, "header", HEADER_VERSION);
    line_end(&s->out);
    out_say(&s->out, "valise %s", VALISE_VERSION);
    return STATUS_OK;
}

static const struct action actions[] = {{NULL, "", 0, 0, NEED_NOTHING, 0, run}};
const struct command cmd_version = {
    .name = "version",
    .summary = "which valise this is",
    .detail = "",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
