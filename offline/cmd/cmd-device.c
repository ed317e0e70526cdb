/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device: the machines of the team, and a further one of mine. Adding needs my recovery sheet: the
 * root key that vouches for a machine is kept on no machine.
 */
#include "guard.h"
#include "limits.h"
#include "shared.h"

static const struct option options[] = {
    {"sheet", "FILE",
     "your recovery sheet or a scan of it, .png or .pgm (add); else it is asked for"},
    {"out", "FILE", "the sealed welcome for the new machine (add)"},
    {"words", "WORDS", "the nine words the new machine shows, instead of being asked (add)"},
    {"force", NULL, "replace the file when it is there"},
};

static const struct json_field json[] = {
    {"device", "tag", "text", "how record ids name it"},
    {"device", "name", "text", "of the machine"},
    {"device", "member", "text", "whose it is"},
    {"device", "entries", "number", "entries of it that are here"},
    {"device", "this", "flag", "it is this machine"},
    {"invite", "file", "text", "what to take to the new machine"},
    {"invite", "member", "text", "empty"},
    {"invite", "device", "text", "the new machine's name"},
    {"invite", "words", "text", "the nine words to compare on the new machine"},
};

static enum status run_list(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("tag"), "tag", COLUMN_TEXT},   {TEXT_ROW("machine"), "name", COLUMN_TEXT},
        {TEXT_ROW("of"), "member", COLUMN_TEXT}, {TEXT_ROW("entries"), "entries", COLUMN_NUMBER},
        {TEXT_ROW("this"), "this", COLUMN_FLAG},
    };

    out_table(&s->out, "device", columns, ROWS_COUNT(columns));
    for (size_t i = 0; i < team_device_count(s->team); i++) {
        const struct team_device *d = team_device_at(s->team, i);
        out_cell(&s->out, team_device_tag(s->team, d->ix));
        out_cell(&s->out, d->name);
        out_cell(&s->out, member_name(s, &d->member));
        out_cell_number(&s->out, (int64_t)d->head_seq);
        out_cell_flag(&s->out, d->self);
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
};
const struct command cmd_device = {
    .name = "device",
    .summary = "list the team's machines, add one of yours",
    .detail = "`device add` takes the file of `valise join --own-device --out` made on the new "
              "machine, compares its words, and asks for your recovery sheet.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
    .paper = true,
};
