/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role: what the roles held in this team allow. The door shows roles through the people who hold
 * them, and the three built-in ones are always there to grant.
 */
#include "cmd-int.h"
#include "schema.h"

static const struct json_field json[] = {
    {"role", "name", "text", "of the role"},
    {"role", "create", "flag", "may make records"},
    {"role", "set", "flag", "may change fields"},
    {"role", "move", "flag", "may take workflow steps"},
    {"role", "log", "flag", "may comment"},
    {"role", "delete", "flag", "may remove records"},
    {"role", "grant", "flag", "may invite people"},
    {"role", "read", "flag", "may read the team's records"},
    {"role", "members", "number", "how many people hold it"},
};

static int64_t holders(const struct session *s, const struct team_role *role)
{
    int64_t count = 0;

    for (size_t i = 0; i < team_member_count(s->team); i++) {
        const struct team_member *m = team_member_at(s->team, i);
        count += m->role != NULL && id_equal(&m->role->id, &role->id) ? 1 : 0;
    }
    return count;
}

static void role_row(struct session *s, const struct team_role *r)
{
    out_cell(&s->out, r->name);
    out_cell_flag(&s->out, (r->verbs & VERB_CREATE) != 0);
    out_cell_flag(&s->out, (r->verbs & VERB_SET) != 0);
    out_cell_flag(&s->out, (r->verbs & VERB_MOVE) != 0);
    out_cell_flag(&s->out, (r->verbs & VERB_LOG) != 0);
    out_cell_flag(&s->out, (r->verbs & VERB_DELETE) != 0);
    out_cell_flag(&s->out, r->may_grant);
    out_cell_flag(&s->out, r->reads_team);
    out_cell_number(&s->out, holders(s, r));
}

static bool shown_before(const struct session *s, size_t index, const struct team_role *role)
{
    for (size_t i = 0; i < index; i++) {
        const struct team_member *m = team_member_at(s->team, i);
        if (m->role != NULL && id_equal(&m->role->id, &role->id)) {
            return true;
        }
    }
    return false;
}

static enum status run(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("role"), "name", COLUMN_TEXT},         {TEXT_ROW("add"), "create", COLUMN_FLAG},
        {TEXT_ROW("set"), "set", COLUMN_FLAG},           {TEXT_ROW("do"), "move", COLUMN_FLAG},
        {TEXT_ROW("comment"), "log", COLUMN_FLAG},       {TEXT_ROW("rm"), "delete", COLUMN_FLAG},
        {TEXT_ROW("invite"), "grant", COLUMN_FLAG},      {TEXT_ROW("read"), "read", COLUMN_FLAG},
        {TEXT_ROW("held by"), "members", COLUMN_NUMBER},
    };

    out_table(&s->out, "role", columns, ROWS_COUNT(columns));
    for (size_t i = 0; i < team_member_count(s->team); i++) {
        const struct team_member *m = team_member_at(s->team, i);
        if (m->role != NULL && !shown_before(s, i, m->role)) {
            role_row(s, m->role);
        }
    }
    out_table_end(&s->out, "no roles");
    out_note(&s->out, "every team can grant admin, editor and reader");
    return STATUS_OK;
}

static const struct action actions[] = {{"list", "", 0, 0, NEED_TEAM, 0, run}};
const struct command cmd_role = {
    .name = "role",
    .summary = "what the roles of the team allow",
    .detail = "Every change is judged by every machine that receives it: a role is not a wish.",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
