/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sheet: prove that a recovery sheet can still be read, before it is needed. Opens no vault and
 * shows no word of it.
 */
#include "guard.h"
#include "schema.h"
#include "shared.h"

static const struct json_field json[] = {
    {"sheet", "readable", "flag", "all words are known and the checksum holds"},
};

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct secret *seed = NULL;
    struct secret *line = NULL;
    struct buf typed;

    buf_init(&typed, 64 * 1024);
    if (s->arg_count == 1) {
        TRY(input_read(s, s->args[0], 16 * 1024, &typed));
    } else {
        TRY(tty_ask_secret(s, "the 21 words of the sheet", &line));
        TRY(buf_add(s->cx, &typed, secret_view(line)));
    }
    if (!utf8_valid(buf_view(&typed))) {
        FAIL(s->cx, STATUS_MALFORMED, "the sheet is not UTF-8 text");
    }
    TRY(sheet_parse(s->cx, buf_text(&typed), &seed));
    line_start(&s->out, "sheet");
    line_flag(&s->out, "readable", true);
    line_end(&s->out);
    out_say(&s->out, "the sheet is whole: every word is known and the checksum holds");
out:
    secret_free(&line);
    secret_free(&seed);
    buf_finish(&typed);
    return status;
}

static const struct action actions[] = {{"check", "[FILE]", 0, 1, NEED_NOTHING, 1U, run}};
const struct command cmd_sheet = {
    .name = "sheet",
    .summary = "check a recovery sheet",
    .detail = "Reads the sheet from a file, or asks for its words on the terminal.",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
