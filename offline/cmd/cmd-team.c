/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team: found a team, list those of this vault, show one. The recovery sheet's place is checked
 * before anything is made, and the team stays only when the sheet was handed out.
 */
#include "schema.h"
#include "shared.h"

#include <stdlib.h>
#include <string.h>

static const struct option options[] = {
    {"member", "NAME", "your name in the team (new)"},
    {"device", "NAME", "this machine's name in the team, else 'laptop' (new)"},
    {"sheet", "FILE",
     "write your recovery sheet there, with a code when it ends in .pdf (new); else it is shown on "
     "the terminal"},
    {"force", NULL, "replace the sheet's file when it is there"},
};

static const struct json_field json[] = {
    {"team", "name", "text", "of the team"},
    {"team", "member", "text", "your name in it"},
    {"team", "role", "text", "your role"},
    {"team", "device", "text", "this machine's name in it"},
    {"team", "members", "number", "how many people"},
    {"team", "devices", "number", "how many machines"},
    {"team", "words", "text", "your own words, for `valise member verify`"},
    {"late-sticks", "weeks", "number", "how many weeks late a stick may come and still open here"},
};

enum { NAME_MAX_TYPED = NAME_BYTES_MAX };

enum status name_take(struct session *s, const char *option, const char *question, text preset,
                      struct buf *out)
{
    enum status status = STATUS_OK;
    text given;

    TRY(option_text(s, option, &given));
    if (given.len > 0) {
        TRY(buf_add_text(s->cx, out, given));
    } else if (preset.len > 0) {
        TRY(buf_add_text(s->cx, out, preset));
    } else if (s->tty >= 0 && !s->out.json) {
        TRY(tty_ask_line(s, question, out));
    } else {
        FAIL(s->cx, STATUS_USAGE, "'--%s NAME' is missing", option);
    }
    if (out->len == 0 || out->len > NAME_MAX_TYPED) {
        FAIL(s->cx, STATUS_USAGE, "a name has 1 to %d bytes", (int)NAME_MAX_TYPED);
    }
out:
    return status;
}

/* Not the host's name: colleagues, and whoever reads their vaults, would learn it for ever. */
enum status device_name_take(struct session *s, struct buf *out)
{
    return name_take(s, "device", "the name of this machine", TEXT("laptop"), out);
}

enum status team_emit(struct session *s)
{
    enum status status = STATUS_OK;
    struct out *o = &s->out;
    const struct team_member *me = team_me(s->team);
    const struct team_device *device = team_this_device(s->team);

    out_facts(o, "team");
    out_fact(o, "team", "name", team_name(s->team));
    out_fact(o, "you", "member", me == NULL ? TEXT("") : me->name);
    out_fact(o, "your role", "role", me == NULL || me->role == NULL ? TEXT("") : me->role->name);
    out_fact(o, "this machine", "device", device == NULL ? TEXT("") : device->name);
    out_fact_number(o, "people", "members", (int64_t)team_member_count(s->team));
    out_fact_number(o, "machines", "devices", (int64_t)team_device_count(s->team));
    if (me != NULL) {
        TRY(words_show(s,
                       s->action->word != NULL && strcmp(s->action->word, "show") == 0
                           ? "your words, for a colleague who verifies you:"
                           : NULL,
                       me->id.b));
    }
    out_facts_end(o);
out:
    return status;
}

static enum status run_new(struct session *s)
{
    enum status status = STATUS_OK;
    struct secret *seed = NULL;
    struct buf member;
    struct buf device;
    bool begun = false;
    text name;

    buf_init(&member, TYPED_BYTES_MAX);
    buf_init(&device, TYPED_BYTES_MAX);
    TRY(arg_text(s, 0, &name));
    TRY(sheet_possible(s));
    TRY(name_take(s, "member", "your name in the team", TEXT(""), &member));
    TRY(device_name_take(s, &device));
    TRY(vault_begin(s->cx, s->vault));
    begun = true;
    TRY(team_found(s->cx, s->vault, name, buf_text(&member), buf_text(&device), &seed, &s->team));
    TRY(sheet_hand_out(s, seed, name, buf_text(&member)));
    TRY(vault_commit(s->cx, s->vault));
    begun = false;
    TRY(team_emit(s));
    out_note(&s->out, "next: `valise add KIT.TYPE ...` or `valise import`; a colleague begins with "
                      "`valise join --out FILE`");
out:
    if (begun) {
        vault_rollback(s->vault);
    }
    secret_free(&seed);
    buf_finish(&device);
    buf_finish(&member);
    return status;
}

static enum status visit_team(void *self, struct ctx *cx, text name, int64_t key)
{
    struct session *s = self;

    (void)cx;
    (void)key;
    out_cell(&s->out, name);
    return STATUS_OK;
}

static enum status run_list(struct session *s)
{
    static const struct column columns[] = {{TEXT_ROW("team"), "name", COLUMN_TEXT}};
    enum status status = STATUS_OK;

    out_table(&s->out, "team", columns, 1);
    status = team_list(s->cx, s->vault, visit_team, s);
    out_table_end(&s->out, "no team yet: `valise team new NAME` or `valise join --out FILE`");
    return status;
}

/* A window of keys is four weeks, and what opens it is kept for the grace after its end. */
enum { WEEK_SECONDS = 7 * 24 * 3600, GRACE_WEEKS_MAX = 520 };

static enum status run_late_sticks(struct session *s)
{
    enum status status = STATUS_OK;
    int64_t grace = 0;

    if (s->arg_count == 1) {
        if (!parse_i64(text_any(s->args[0]), 0, GRACE_WEEKS_MAX, &grace)) {
            status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                               "'%.32s' is no number of weeks from 0 to %d", s->args[0],
                               (int)GRACE_WEEKS_MAX);
            (void)fault_hint(s->cx, "`valise team late-sticks` shows what holds now; 8 is usual");
            goto out;
        }
        TRY(team_set_grace(s->cx, s->team, grace * WEEK_SECONDS));
    }
    TRY(team_grace(s->cx, s->team, &grace));
    grace = (grace + WEEK_SECONDS - 1) / WEEK_SECONDS;
    line_start(&s->out, "late-sticks");
    line_number(&s->out, "weeks", grace);
    line_end(&s->out);
    out_say(&s->out,
            "a stick of a colleague opens here when it comes up to %lld week%s late; what comes "
            "later is asked for again",
            (long long)grace, plural((uint64_t)grace));
    out_note(&s->out, "fewer weeks are safer when this machine is seized: sticks that somebody "
                      "copied stay closed sooner. More are kinder to who is away for long");
out:
    return status;
}

static const struct action actions[] = {
    {"new", "NAME [--member ME] [--device NAME] [--sheet FILE]", 1, 1, NEED_VAULT, 0, run_new},
    {"list", "", 0, 0, NEED_VAULT, 0, run_list},
    {"show", "", 0, 0, NEED_TEAM, 0, team_emit},
    {"late-sticks", "[WEEKS]", 0, 1, NEED_TEAM, 0, run_late_sticks},
};
const struct command cmd_team = {
    .name = "team",
    .summary = "found a team, list or show teams",
    .detail =
        "`team new` makes a team with you as its first member and owner, and a recovery sheet: "
        "21 words on paper that let you add machines of yours later. The sheet is kept "
        "nowhere else.\n\n"
        "`team late-sticks` says how late a colleague's stick may come and still open on this "
        "machine, `team late-sticks WEEKS` sets it, for this machine alone. What is older is "
        "forgotten here for good, so that a stick somebody copied stays closed even to who takes "
        "this machine; a colleague sends again what came too late.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
    .paper = true,
};
