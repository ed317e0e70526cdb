/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role: what the roles of this team allow, in words; new ones, changed ones, whole sets of them.
 */
#include "people.h"
#include "role-templates.h"
#include "schema.h"

static const struct option options[] = {
    ROLE_OPTIONS,
    {"give", NULL, "also give the changed role to everybody below you who holds it (edit)"},
    DECISION_OPTIONS,
};

static const struct json_field json[] = {
    {"role", "name", "text", "of the role"},
    {"role", "create", "flag", "may make records"},
    {"role", "set", "flag", "may change fields"},
    {"role", "move", "flag", "may take workflow steps"},
    {"role", "log", "flag", "may comment"},
    {"role", "delete", "flag", "may remove records"},
    {"role", "grant", "flag", "may let people in"},
    {"role", "remove", "flag", "may remove people below"},
    {"role", "suspend", "flag", "may suspend an equal at once"},
    {"role", "read", "flag", "may read the team's records"},
    {"role", "members", "number", "how many people are shown with it"},
    {"role-words", "name", "text", "of the role"},
    {"role-words", "means", "text", "what it lets its holder do, a sentence a line"},
    {"template", "name", "text", "of the set of roles"},
    {"template", "for", "text", "whom it is for"},
    {"template-part", "kind", "text", "role or compartment"},
    {"template-part", "name", "text", "of the role or compartment"},
    {"template-part", "purpose", "text", "what it is for"},
    {"template-part", "there", "flag", "the team has one of this name; it stays as it is"},
    JSON_DECISION_ROWS,
};

static int64_t holders(const struct session *s, const struct team_role *role)
{
    int64_t count = 0;

    for (size_t i = 0; i < team_member_count(s->team); i++) {
        const struct team_member *m = team_member_at(s->team, i);
        count += m->role != NULL && text_equal(m->role->name, role->name) ? 1 : 0;
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
    out_cell_flag(&s->out, (r->rights & TEAM_REMOVE) != 0);
    out_cell_flag(&s->out, (r->rights & TEAM_SUSPEND) != 0);
    out_cell_flag(&s->out, r->reads_team);
    out_cell_number(&s->out, holders(s, r));
}

static enum status run_list(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("role"), "name", COLUMN_TEXT},
        {TEXT_ROW("add"), "create", COLUMN_FLAG},
        {TEXT_ROW("set"), "set", COLUMN_FLAG},
        {TEXT_ROW("do"), "move", COLUMN_FLAG},
        {TEXT_ROW("comment"), "log", COLUMN_FLAG},
        {TEXT_ROW("rm"), "delete", COLUMN_FLAG},
        {TEXT_ROW("invite"), "grant", COLUMN_FLAG},
        {TEXT_ROW("remove"), "remove", COLUMN_FLAG},
        {TEXT_ROW("suspend"), "suspend", COLUMN_FLAG},
        {TEXT_ROW("read"), "read", COLUMN_FLAG},
        {TEXT_ROW("held by"), "members", COLUMN_NUMBER},
    };

    out_table(&s->out, "role", columns, ROWS_COUNT(columns));
    for (size_t i = 0; i < team_role_count(s->team); i++) {
        role_row(s, team_role_at(s->team, i));
    }
    out_table_end(&s->out, "no roles");
    out_note(&s->out, "`valise role show NAME` says it in words");
    return STATUS_OK;
}

static enum status run_show(struct session *s)
{
    enum status status = STATUS_OK;
    struct role_spec spec = {.rights = 0};
    struct buf words;
    text name;

    buf_init(&words, 64 * 1024);
    TRY(arg_text(s, 0, &name));
    TRY(team_role_spec(s->cx, s->team, name, &spec));
    TRY(role_words(s->cx, &spec, &words));
    line_start(&s->out, "role-words");
    line_text(&s->out, "name", spec.name);
    line_text(&s->out, "means", buf_text(&words));
    line_end(&s->out);
    out_heading(&s->out, "%.*s", TEXT_ARG(spec.name));
    out_lines(&s->out, 2, buf_text(&words));
out:
    role_spec_finish(&spec);
    buf_finish(&words);
    return status;
}

static enum status run_new(struct session *s)
{
    enum status status = STATUS_OK;
    struct role_plan plan = {.fresh = true, .flags = true};

    TRY(arg_text(s, 0, &plan.name));
    TRY(role_change(s, &plan));
out:
    return status;
}

static enum status run_edit(struct session *s)
{
    enum status status = STATUS_OK;
    struct role_plan plan = {.flags = true, .give = option_given(s, "give")};

    TRY(arg_text(s, 0, &plan.name));
    TRY(role_change(s, &plan));
out:
    return status;
}

static const struct action actions[] = {
    {"list", "", 0, 0, NEED_TEAM, 0, run_list},
    {"show", "NAME", 1, 1, NEED_TEAM, 0, run_show},
    {"new",
     "NAME [--may VERBS] [--reads NAMES] [--writes NAMES] [--appoints ROLES] [--max N] "
     "[--right RIGHTS] [--type TYPES]",
     1, 1, NEED_RECORDS, 0, run_new},
    {"edit", "NAME [the same] [--give]", 1, 1, NEED_RECORDS, 0, run_edit},
    {"template", "[NAME]", 0, 1, NEED_RECORDS, 0, role_template},
};
const struct command cmd_role = {
    .name = "role",
    .summary = "what the roles of the team allow; make and change them",
    .detail =
        "Every change is judged by every machine that receives it: a role is not a wish. "
        "`role new reviewer --may comment --writes team` makes one; `role edit` makes it anew "
        "under "
        "the same name with what the options say, and who holds the older one keeps that until "
        "they are given the new one (--give). `role template` lists whole sets of roles, for a "
        "newsroom, a law firm, an aid organization, a collective without leaders, and "
        "`role template NAME` makes one; docs/roles.md says what each role is for.\n\n"
        "A list has commas between its parts, --type blanks: "
        "--type \"tickets.ticket=set,comment:title,state passwords.entry=none\" lets its holder "
        "change two fields of tickets and nothing about passwords.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
