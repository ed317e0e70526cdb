/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drill: practise, with made-up people and data, in a folder that is gone afterwards. The vault of
 * whoever practises is neither opened nor touched.
 */
#include "drill.h"

static const struct option options[] = {
    {"keep", NULL, "leave the practice folder to look at"},
};

static const struct json_field json[] = {
    {"step", "who", "text", "whose machine"},
    {"step", "tells", "text", "what is done, in words"},
    {"step", "command", "text", "what one would type"},
    {"chapter", "number", "number", "of the part"},
    {"chapter", "title", "text", "what was practised"},
    {"chapter", "seconds", "number", "how long it took"},
    {"drill", "seconds", "number", "how long all of it took"},
    {"drill", "steps", "number", "how many commands"},
    {"drill", "folder", "text", "the practice folder with --keep, else empty"},
};

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct drill d = {.s = s};
    struct out *o = &s->out;
    bool keep = option_given(s, "keep");

    TRY(drill_start(&d));
    out_say(
        o, "A drill: made-up people, made-up data, the real program. Nothing of yours is touched.");
    TRY(drill_play(&d));
    int64_t took = drill_took_ms(&d);
    line_start(o, "drill");
    line_real(o, "seconds", (double)took / 1000);
    line_number(o, "steps", d.steps);
    line_text(o, "folder", keep ? text_any(d.folder) : TEXT(""));
    line_end(o);
    out_say(o, "%s", "");
    out_say(o, "all of it went as it must: %lld commands in %lld s", (long long)d.steps,
            (long long)(took / 1000));
    if (keep) {
        out_say(o, "the practice folder is '%s'; the passphrase of every vault in it is '%s'",
                d.folder, drill_passphrase);
    }
out:
    if (drill_finish(&d, keep) != STATUS_OK && status == STATUS_OK) {
        status = s->cx->fault.status;
    }
    return status;
}

static const struct action actions[] = {{NULL, "[--keep]", 0, 0, NEED_FOLDER, 0, run}};
const struct command cmd_drill = {
    .name = "drill",
    .summary = "practise with made-up data: join, lose a machine, part with somebody",
    .detail = "Plays a small team in a private folder next to your vault, with this very program: "
              "founding "
              "and joining, exchanging by a stick, losing a laptop and coming back with the sheet, "
              "removing somebody, and coming back with shares of a sheet that burnt. It says each "
              "command, checks that it came out as it must and how long "
              "it took. Nothing is left behind, without --keep.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
    .allow_exec = true,
};
