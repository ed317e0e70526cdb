/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash: the state of the team's records as nine words. Two machines that show the same words hold
 * the same records.
 */
#include "cmd-int.h"
#include "shared.h"

static const struct json_field json[] = {
    {"state", "words", "text", "nine words of the state hash"},
};

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct buf words;

    buf_init(&words, 512);
    TRY(state_words(s, &words));
    line_start(&s->out, "state");
    line_text(&s->out, "words", buf_text(&words));
    line_end(&s->out);
    out_say(&s->out, "%.*s", TEXT_ARG(buf_text(&words)));
out:
    buf_finish(&words);
    return status;
}

static const struct action actions[] = {{NULL, "", 0, 0, NEED_RECORDS, 0, run}};
const struct command cmd_hash = {
    .name = "hash",
    .summary = "the state of all records, in nine words",
    .detail = "Machines with the same entries and the same rights show the same words.",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
