/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quarantine: bundles that were refused, why, and throwing one away.
 */
#include "cmd-int.h"

static const struct json_field json[] = {
    {"quarantined", "number", "number", "for `valise quarantine drop`"},
    {"quarantined", "member", "text", "whom it claims to come from"},
    {"quarantined", "bundle", "number", "of that machine's bundles"},
    {"quarantined", "time", "number", "claimed Unix time"},
    {"quarantined", "reason", "text", "why it was refused"},
    {"dropped", "number", "number", "what was thrown away"},
};

static enum status visit(void *self, struct ctx *cx, int64_t number, const struct unpack_source *b)
{
    struct session *s = self;

    (void)cx;
    out_cell_number(&s->out, number);
    out_cell(&s->out, member_name(s, &b->member));
    out_cell_number(&s->out, (int64_t)b->bundle);
    out_cell_number(&s->out, b->time);
    out_cell(&s->out, b->reason);
    return STATUS_OK;
}

static enum status run_list(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("no"), "number", COLUMN_NUMBER},
        {TEXT_ROW("claims"), "member", COLUMN_TEXT},
        {TEXT_ROW("bundle"), "bundle", COLUMN_NUMBER},
        {TEXT_ROW("made"), "time", COLUMN_TIME},
        {TEXT_ROW("refused because"), "reason", COLUMN_TEXT},
    };
    enum status status = STATUS_OK;

    out_table(&s->out, "quarantined", columns, ROWS_COUNT(columns));
    status = transfer_quarantine(s->cx, s->records, visit, s);
    out_table_end(&s->out, "nothing is in quarantine");
    return status;
}

static enum status run_drop(struct session *s)
{
    enum status status = STATUS_OK;
    int64_t number;

    if (!parse_i64(text_any(s->args[0]), 1, INT64_MAX, &number)) {
        FAIL(s->cx, STATUS_USAGE, "'%.32s' is no number of `valise quarantine list`", s->args[0]);
    }
    TRY(transfer_quarantine_drop(s->cx, s->records, number));
    line_start(&s->out, "dropped");
    line_number(&s->out, "number", number);
    line_end(&s->out);
    out_say(&s->out, "number %lld is thrown away", (long long)number);
out:
    return status;
}

static const struct action actions[] = {
    {"list", "", 0, 0, NEED_RECORDS, 0, run_list},
    {"drop", "NUMBER", 1, 1, NEED_RECORDS, 0, run_drop},
};
const struct command cmd_quarantine = {
    .name = "quarantine",
    .summary = "bundles that were refused, and why",
    .detail = "",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
