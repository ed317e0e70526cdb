/* SPDX-License-Identifier: Apache-2.0 */
/*
 * member: the people of the team. Whom I invited or who invited me is verified already; for the
 * others `member verify` compares the words of their root key, which stay the same for ever.
 * What is decided about people stands in member-power.c, who may do what and why in
 * member-explain.c.
 */
#include "member.h"
#include "schema.h"

static const struct option options[] = {
    {"words", "WORDS", "the nine words they read out, instead of being asked (verify)"},
    {"former", NULL, "also people who had a place once (list)"},
    {"keep-until", "WHEN",
     "only what they wrote until then keeps its effect: a day, or \"2026-11-24 18:00\" "
     "(remove, take)"},
    {"cascade", NULL, "also from everybody who got a place through that role (take)"},
    DECISION_OPTIONS,
};

static const struct json_field json[] = {
    {"member", "name", "text", "of the person"},
    {"member", "role", "text", "what they may do; empty for who has no place any more"},
    {"member", "level", "number",
     "0 for owners, 16 for no place; power reaches only higher numbers"},
    {"member", "devices", "number", "their machines"},
    {"member", "verified", "flag", "you compared words with them"},
    {"member", "self", "flag", "it is you"},
    {"member", "owner", "flag", "one of the team's owners"},
    {"member", "suspended", "flag", "nothing new of them counts until somebody lifts it"},
    {"held-role", "name", "text", "a role they have or had"},
    {"held-role", "by", "text", "who gave it; empty for an owner's place"},
    {"held-role", "in_force", "flag", "it counts"},
    {"held-role", "why", "text", "why it does not, or empty"},
    {"held-role", "means", "text", "what it lets them do, a sentence a line"},
    {"reads", "compartment", "text", "what they can read"},
    {"past-decision", "number", "number", "for `valise member undo`"},
    {"past-decision", "what", "text", "what happened"},
    {"past-decision", "about", "text", "to whom"},
    {"past-decision", "by", "text", "who decided; empty: the owners, or themselves by their sheet"},
    {"past-decision", "time", "number", "claimed Unix time"},
    {"past-decision", "in_force", "flag", "it has effect and was not taken back"},
    {"late", "device", "text", "the machine it came from"},
    {"late", "count", "number", "entries of it that came and do not count"},
    {"late", "why", "text", "why"},
    JSON_DECISION_ROWS,
};

static int64_t devices_of(const struct session *s, const struct id *member)
{
    int64_t count = 0;

    for (size_t i = 0; i < team_device_count(s->team); i++) {
        const struct team_device *d = team_device_at(s->team, i);
        count += id_equal(&d->member, member) && team_device_home(s->team, d->ix) == d->ix &&
                         team_device_used(s->team, d)
                     ? 1
                     : 0;
    }
    return count;
}

enum { NO_LEVEL = 16 };

static void member_row(struct session *s, const struct team_member *m)
{
    out_cell(&s->out, m->name);
    out_cell(&s->out, m->role == NULL ? TEXT("") : m->role->name);
    if (m->role == NULL && !s->out.json) {
        out_cell(&s->out, TEXT("-"));
    } else {
        out_cell_number(&s->out, m->role == NULL ? NO_LEVEL : m->level);
    }
    out_cell_number(&s->out, devices_of(s, &m->id));
    out_cell_flag(&s->out, m->verified || m->self);
    out_cell_flag(&s->out, m->self);
    out_cell_flag(&s->out, m->role != NULL && team_owner(s->team, &m->id));
    out_cell_flag(&s->out, m->suspended);
}

static const struct column columns[] = {
    {TEXT_ROW("name"), "name", COLUMN_TEXT},
    {TEXT_ROW("role"), "role", COLUMN_TEXT},
    {TEXT_ROW("level"), "level", COLUMN_NUMBER},
    {TEXT_ROW("machines"), "devices", COLUMN_NUMBER},
    {TEXT_ROW("verified"), "verified", COLUMN_FLAG},
    {TEXT_ROW("you"), "self", COLUMN_FLAG},
    {TEXT_ROW("owner"), "owner", COLUMN_FLAG},
    {TEXT_ROW("suspended"), "suspended", COLUMN_FLAG},
};

static enum status run_list(struct session *s)
{
    bool former = option_given(s, "former");

    out_table(&s->out, "member", columns, ROWS_COUNT(columns));
    for (size_t i = 0; i < team_member_count(s->team); i++) {
        member_row(s, team_member_at(s->team, i));
    }
    for (size_t i = 0; former && i < team_former_count(s->team); i++) {
        member_row(s, team_former_at(s->team, i));
    }
    out_table_end(&s->out, "nobody yet");
    if (!former && team_former_count(s->team) > 0) {
        out_note(&s->out, "%zu had a place once: --former", team_former_count(s->team));
    }
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
    {"list", "[--former]", 0, 0, NEED_TEAM, 0, run_list},
    {"verify", "NAME [--words WORDS]", 1, 1, NEED_TEAM, 0, run_verify},
    {"explain", "NAME", 1, 1, NEED_RECORDS, 0, member_explain},
    {"remove", "NAME [--keep-until WHEN] [--dry-run]", 1, 1, NEED_RECORDS, 0, member_remove},
    {"suspend", "NAME [--dry-run]", 1, 1, NEED_RECORDS, 0, member_suspend},
    {"lift", "NAME [--dry-run]", 1, 1, NEED_RECORDS, 0, member_lift},
    {"give", "NAME ROLE [--dry-run]", 2, 2, NEED_RECORDS, 0, member_give},
    {"take", "NAME ROLE [--cascade] [--keep-until WHEN] [--dry-run]", 2, 2, NEED_RECORDS, 0,
     member_take},
    {"change", "NAME OLD NEW [--dry-run]", 3, 3, NEED_RECORDS, 0, member_change},
    {"reattach", "NAME [--dry-run]", 1, 1, NEED_RECORDS, 0, member_reattach},
    {"decisions", "", 0, 0, NEED_RECORDS, 0, member_decisions},
    {"undo", "N [--dry-run]", 1, 1, NEED_RECORDS, 0, member_undo},
    {"late", "NAME", 1, 1, NEED_RECORDS, 0, member_late},
};
const struct command cmd_member = {
    .name = "member",
    .summary = "the team's people: list, verify, explain, give and take roles, remove",
    .detail =
        "A member somebody else invited is known but not verified to you. `member verify` asks "
        "for the words they see in `valise team show`.\n\n"
        "Before something is decided it says what would follow, then asks. Power reaches only "
        "people of a higher level number; `suspend` also an equal, at once, until somebody above "
        "both lifts it or removes one of them. What somebody wrote before keeps its effect unless "
        "--keep-until says otherwise; what comes from them later is kept apart and can be taken "
        "over piece by piece (`valise received-late`).\n\n"
        "`member take NAME ROLE` takes one role; whoever gave it may, and whoever may remove. "
        "`member "
        "change` puts another in its place, "
        "`member give` adds one. When somebody is removed, people they let in since then may lose "
        "their place too; `member reattach` keeps them. `member decisions` numbers what was "
        "decided, `member undo N` takes it back.\n\n"
        "The wrong person invited: `member remove` at once. A lost sheet: remove the person, let "
        "them join anew with a new sheet, then invite them again. Two who want to remove each "
        "other: either suspends the other, an owner decides.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
