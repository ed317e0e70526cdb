/* SPDX-License-Identifier: Apache-2.0 */
/*
 * member: the people of the team. Whom I invited or who invited me is verified already; for the
 * others `member verify` compares the words of their root key, which stay the same for ever.
 */
#include "cmd-int.h"
#include "schema.h"

static const struct option options[] = {
    {"words", "WORDS", "the nine words they read out, instead of being asked (verify)"},
};

static const struct json_field json[] = {
    {"member", "name", "text", "of the person"},
    {"member", "role", "text", "what they may do"},
    {"member", "level", "number", "0 for owners; power reaches only higher numbers"},
    {"member", "devices", "number", "their machines"},
    {"member", "verified", "flag", "you compared words with them"},
    {"member", "self", "flag", "it is you"},
};

static int64_t devices_of(const struct session *s, const struct id *member)
{
    int64_t count = 0;

    for (size_t i = 0; i < team_device_count(s->team); i++) {
        count += id_equal(&team_device_at(s->team, i)->member, member) ? 1 : 0;
    }
    return count;
}

static void member_row(struct session *s, const struct team_member *m)
{
    out_cell(&s->out, m->name);
    out_cell(&s->out, m->role == NULL ? TEXT("") : m->role->name);
    out_cell_number(&s->out, m->level);
    out_cell_number(&s->out, devices_of(s, &m->id));
    out_cell_flag(&s->out, m->verified || m->self);
    out_cell_flag(&s->out, m->self);
}

static const struct column columns[] = {
    {TEXT_ROW("name"), "name", COLUMN_TEXT},
    {TEXT_ROW("role"), "role", COLUMN_TEXT},
    {TEXT_ROW("level"), "level", COLUMN_NUMBER},
    {TEXT_ROW("machines"), "devices", COLUMN_NUMBER},
    {TEXT_ROW("verified"), "verified", COLUMN_FLAG},
    {TEXT_ROW("you"), "self", COLUMN_FLAG},
};

static enum status run_list(struct session *s)
{
    out_table(&s->out, "member", columns, ROWS_COUNT(columns));
    for (size_t i = 0; i < team_member_count(s->team); i++) {
        member_row(s, team_member_at(s->team, i));
    }
    out_table_end(&s->out, "nobody yet");
    return STATUS_OK;
}

static enum status run_verify(struct session *s)
{
    enum status status = STATUS_OK;
    const struct team_member *m;
    bool begun = false;
    text name;

    TRY(arg_text(s, 0, &name));
    TRY(team_member_find(s->cx, s->team, name, &m));
    if (m->self) {
        FAIL(s->cx, STATUS_USAGE, "you need not verify yourself");
    }
    struct id id = m->id;
    out_say(&s->out, "%.*s finds their words with `valise team show`", TEXT_ARG(m->name));
    TRY(words_compare(s, id.b));
    TRY(vault_begin(s->cx, s->vault));
    begun = true;
    team_member_verified(s->cx, s->team, &id, true);
    TRY(s->cx->fault.status);
    TRY(vault_commit(s->cx, s->vault));
    begun = false;
    out_table(&s->out, "member", columns, ROWS_COUNT(columns));
    member_row(s, team_member_by_id(s->team, &id));
    out_table_end(&s->out, "");
out:
    if (begun) {
        vault_rollback(s->vault);
    }
    return status;
}

static const struct action actions[] = {
    {"list", "", 0, 0, NEED_TEAM, 0, run_list},
    {"verify", "NAME [--words WORDS]", 1, 1, NEED_TEAM, 0, run_verify},
};
const struct command cmd_member = {
    .name = "member",
    .summary = "list the team's people, verify one",
    .detail =
        "A member somebody else invited is known but not verified to you. `member verify` asks "
        "for the words they see in `valise team show`.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
