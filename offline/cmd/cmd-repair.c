/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repair: the same proof as check; where the records differ from the log, the ones rebuilt from the
 * log stay.
 */
#include "shared.h"

static const struct json_field json[] = {
    {"checked", "pages", "flag", "the database's pages are whole"},
    {"checked", "entries", "number", "entries of the log whose chain, hash and signature hold"},
    {"checked", "records", "flag", "the records are what the log says"},
    {"checked", "repaired", "flag", "records were rebuilt from the log"},
};

static enum status run(struct session *s)
{
    return vault_prove(s, true);
}

static const struct action actions[] = {{NULL, "", 0, 0, NEED_RECORDS, 0, run}};
const struct command cmd_repair = {
    .name = "repair",
    .summary = "check, and rebuild the records from the log",
    .detail =
        "A damaged log is not repaired here: what colleagues hold comes back with their sticks.",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
