/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: prove that what is stored is what was stored: the database's pages, every chain, hash and
 * signature of the log, and the records rebuilt from it.
 */
#include "shared.h"

static const struct json_field json[] = {
    {"checked", "pages", "flag", "the database's pages are whole"},
    {"checked", "entries", "number", "entries of the log whose chain, hash and signature hold"},
    {"checked", "records", "flag", "the records are what the log says"},
    {"checked", "repaired", "flag", "records were rebuilt from the log"},
};

enum status vault_prove(struct session *s, bool repair)
{
    enum status status = STATUS_OK;
    struct out *o = &s->out;
    uint64_t entries = 0;
    bool repaired = false;

    TRY(vault_check(s->cx, s->vault));
    out_say(o, "the database's pages are whole");
    TRY(log_check(s->cx, s->team, &entries));
    out_say(o, "%llu entr%s of the log: chain, hash and signature hold",
            (unsigned long long)entries, entries == 1 ? "y" : "ies");
    status = records_check(s->cx, s->records, repair);
    if (status == STATUS_INTEGRITY && repair) { /* they differed; the rebuilt ones stay */
        fault_clear(s->cx);
        status = STATUS_OK;
        repaired = true;
    }
    TRY(status);
    line_start(o, "checked");
    line_flag(o, "pages", true);
    line_number(o, "entries", (int64_t)entries);
    line_flag(o, "records", true);
    line_flag(o, "repaired", repaired);
    line_end(o);
    out_say(o, repaired ? "the records differed from the log and were rebuilt from it"
                        : "the records are what the log says");
out:
    return status;
}

static enum status run(struct session *s)
{
    return vault_prove(s, false);
}

static const struct action actions[] = {{NULL, "", 0, 0, NEED_RECORDS, 0, run}};
const struct command cmd_check = {
    .name = "check",
    .summary = "prove that the vault is whole",
    .detail = "",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
