/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peers: what each machine of the team is known to hold, and what it lacks of ours.
 */
#include "cmd-int.h"

static const struct json_field json[] = {
    {"peer", "member", "text", "whose machine"},
    {"peer", "device", "text", "its name"},
    {"peer", "lacks", "number", "entries held here that it is not known to have"},
    {"peer", "last_bundle", "number", "newest bundle taken from it; 0: none"},
    {"peer", "last_time", "number", "claimed Unix time of it"},
    {"peer", "gaps", "number", "earlier bundles never seen"},
    {"peer", "waiting", "number", "pieces of it that wait for others"},
};

static enum status visit(void *self, struct ctx *cx, const struct peer_state *p)
{
    struct session *s = self;
    const struct team_device *d = team_device_by_ix(s->team, p->device_ix);

    (void)cx;
    out_cell(&s->out, member_name(s, &p->member));
    out_cell(&s->out, d == NULL ? TEXT("?") : d->name);
    out_cell_number(&s->out, (int64_t)p->entries_lacking);
    out_cell_number(&s->out, (int64_t)p->last_bundle);
    out_cell_number(&s->out, p->last_time);
    out_cell_number(&s->out, (int64_t)p->gap_bundles);
    out_cell_number(&s->out, (int64_t)p->waiting_pieces);
    return STATUS_OK;
}

static enum status run(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("who"), "member", COLUMN_TEXT},
        {TEXT_ROW("machine"), "device", COLUMN_TEXT},
        {TEXT_ROW("lacks"), "lacks", COLUMN_NUMBER},
        {TEXT_ROW("last bundle"), "last_bundle", COLUMN_NUMBER},
        {TEXT_ROW("made"), "last_time", COLUMN_TIME},
        {TEXT_ROW("gaps"), "gaps", COLUMN_NUMBER},
        {TEXT_ROW("waiting"), "waiting", COLUMN_NUMBER},
    };
    enum status status = STATUS_OK;

    out_table(&s->out, "peer", columns, ROWS_COUNT(columns));
    status = transfer_peers(s->cx, s->records, visit, s);
    out_table_end(&s->out, "no other machines yet");
    return status;
}

static const struct action actions[] = {{NULL, "", 0, 0, NEED_RECORDS, 0, run}};
const struct command cmd_peers = {
    .name = "peers",
    .summary = "what each machine of the team lacks",
    .detail = "What a machine holds is known from the bundles it sent.",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
