/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device: the machines of the team, and a further one of mine. Adding needs my recovery sheet: the
 * root key that vouches for a machine is kept on no machine. What is lost or seized stands in
 * device-loss.c.
 */
#include "device.h"
#include "guard.h"
#include "limits.h"

static const struct option options[] = {
    {"sheet", "FILE",
     "your recovery sheet or a scan of it, .png or .pgm (add, remove); else it is asked for"},
    {"out", "FILE", "the sealed welcome for the new machine (add)"},
    {"words", "WORDS", "the nine words the new machine shows, instead of being asked (add)"},
    {"force", NULL, "replace the file when it is there"},
    {"history", "N", "which history holds, as `device pin DEVICE` numbers them (pin)"},
    {"keep-until", "WHEN",
     "only what was written on it until then keeps its effect: a day, or \"2026-11-24 18:00\" "
     "(remove)"},
    DECISION_OPTIONS,
};

static const struct json_field json[] = {
    {"device", "tag", "text", "how record ids name it"},
    {"device", "name", "text", "of the machine"},
    {"device", "member", "text", "whose it is"},
    {"device", "entries", "number", "entries of it that are here"},
    {"device", "this", "flag", "it is this machine"},
    {"device", "last", "number", "claimed Unix time of the newest thing of it that can be read"},
    {"device", "state", "text",
     "in use, stale, given up, no place, two histories, or copied: one holds"},
    {"history", "number", "number", "for `valise device pin --history`"},
    {"history", "device", "text", "the machine with two histories"},
    {"history", "from", "number", "its entry from which on they differ"},
    {"history", "to", "number", "its newest entry that is here"},
    {"history", "first", "number", "claimed Unix time of the first that differs"},
    {"history", "last", "number", "claimed Unix time of the newest"},
    {"history", "in_use", "flag", "it is the one that holds now"},
    {"invite", "file", "text", "what to take to the new machine"},
    {"invite", "member", "text", "empty"},
    {"invite", "device", "text", "the new machine's name"},
    {"invite", "words", "text", "the nine words to compare on the new machine"},
    JSON_DECISION_ROWS,
};

static enum status run_list(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("tag"), "tag", COLUMN_TEXT},     {TEXT_ROW("machine"), "name", COLUMN_TEXT},
        {TEXT_ROW("of"), "member", COLUMN_TEXT},   {TEXT_ROW("entries"), "entries", COLUMN_NUMBER},
        {TEXT_ROW("this"), "this", COLUMN_FLAG},   {TEXT_ROW("last seen"), "last", COLUMN_TIME},
        {TEXT_ROW("state"), "state", COLUMN_TEXT},
    };

    out_table(&s->out, "device", columns, ROWS_COUNT(columns));
    for (size_t i = 0; i < team_device_count(s->team); i++) {
        const struct team_device *d = team_device_at(s->team, i);
        if (team_device_home(s->team, d->ix) != d->ix) {
            continue; /* a second history: `device pin` shows it */
        }
        int64_t last = device_last_time(s, d);
        out_cell(&s->out, team_device_tag(s->team, d->ix));
        out_cell(&s->out, d->name);
        out_cell(&s->out, member_name(s, &d->member));
        out_cell_number(&s->out, (int64_t)d->head_seq);
        out_cell_flag(&s->out, d->self);
        out_cell_number(&s->out, last);
        out_cell(&s->out, device_state(s, d, last));
    }
    out_table_end(&s->out, "no machines");
    return STATUS_OK;
}

static enum status run_add(struct session *s)
{
    enum status status = STATUS_OK;
    struct join_info info = {.own_device = false};
    struct secret *seed = NULL;
    struct buf file;
    struct buf invite;
    uint8_t print[16];
    const char *path = option_value(s, "out");
    bool begun = false;

    buf_init(&file, JOIN_MAX);
    buf_init(&invite, INVITE_MAX);
    if (path == NULL) {
        FAIL(s->cx, STATUS_USAGE, "device add wants --out FILE");
    }
    TRY(output_free(s, path));
    TRY(input_read(s, s->args[0], JOIN_MAX, &file));
    TRY(team_join_inspect(s->cx, buf_view(&file), &info));
    if (!info.own_device) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                           "'%.200s' is a new member, not a further machine", s->args[0]);
        (void)fault_hint(s->cx, "use `valise invite`, or make it with `valise join --own-device`");
        goto out;
    }
    TRY(words_compare(s, info.print));
    TRY(sheet_take(s, option_value(s, "sheet"), &seed, NULL));
    TRY(vault_begin(s->cx, s->vault));
    begun = true;
    TRY(team_device_add(s->cx, s->team, buf_view(&file), seed, &invite, print));
    TRY(invite_write(s, path, &info, buf_view(&invite), print));
    begun = false;
out:
    if (begun) {
        vault_rollback(s->vault);
    }
    secret_free(&seed);
    join_info_finish(&info);
    buf_finish(&invite);
    buf_finish(&file);
    return status;
}

static const struct action actions[] = {
    {"list", "", 0, 0, NEED_TEAM, 0, run_list},
    {"add", "FILE [--sheet FILE] --out FILE [--words WORDS]", 1, 1, NEED_RECORDS, 1U, run_add},
    {"remove", "DEVICE [--keep-until WHEN] [--sheet FILE] [--dry-run]", 1, 1, NEED_RECORDS, 0,
     device_remove},
    {"pin", "DEVICE [--history N] [--dry-run]", 1, 1, NEED_RECORDS, 0, device_pin},
};
const struct command cmd_device = {
    .name = "device",
    .summary = "the team's machines: list, add one of yours, a lost one, one with two histories",
    .detail =
        "`device add` takes the file of `valise join --own-device --out` made on the new "
        "machine, compares its words, and asks for your recovery sheet.\n\n"
        "`device remove`: a machine of yours that is lost or taken away needs your sheet; one "
        "of somebody below you needs a role that may remove. What was written on it until now "
        "(or --keep-until) keeps its effect, what comes from it later does not.\n\n"
        "Two histories: the machine was copied, or an old backup of it was put back. Nothing "
        "after that point counts until it is clear which one is meant; `device pin` shows "
        "both and says it.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
    .paper = true,
};
