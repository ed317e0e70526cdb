/* SPDX-License-Identifier: Apache-2.0 */
/*
 * council: what the owners decide together. A proposal is a small file that goes from owner to
 * owner; each adds a signature with the recovery sheet, and once there are enough anybody brings it
 * in.
 */
#include "guard.h"
#include "people.h"

#include <string.h>

enum { PROPOSAL_MAX = 1024 * 1024, WHAT_MAX = 8192 };

static const struct option options[] = {
    {"out", "FILE", "where the proposal goes (propose); else sign writes into the file itself"},
    {"sheet", "FILE", "your recovery sheet or a scan of it (sign); else it is asked for"},
    {"history", "N", "which history holds, as `valise device pin` numbers them (propose pin)"},
    {"needed", "N", "signatures needed from then on (propose add, remove); else a majority"},
    {"force", NULL, "replace the file when it is there"},
    DECISION_OPTIONS,
};

static const struct json_field json[] = {
    {"council", "owners", "number", "how many owners"},
    {"council", "needed", "number", "signatures a decision needs"},
    {"council", "frozen", "flag", "two decisions exclude each other; only a choice helps"},
    {"owner", "name", "text", "of an owner"},
    {"owner", "self", "flag", "it is you"},
    {"choice", "number", "number", "for `valise council propose settle`"},
    {"choice", "what", "text", "what was decided"},
    {"proposal", "file", "text", "the proposal"},
    {"proposal", "what", "text", "what it would decide"},
    {"proposal", "signatures", "number", "owners who signed"},
    {"proposal", "needed", "number", "signatures it needs"},
    {"proposal", "signed_by_me", "flag", "you are one of them"},
    {"proposal", "known", "flag", "it was brought in already"},
    JSON_DECISION_ROWS,
};

/* ---- show ---- */

static enum status visit_choice(void *self, struct ctx *cx, uint64_t number, text what)
{
    struct session *s = self;

    (void)cx;
    line_start(&s->out, "choice");
    line_number(&s->out, "number", (int64_t)number);
    line_text(&s->out, "what", what);
    line_end(&s->out);
    out_say(&s->out, "  %llu  %.*s", (unsigned long long)number, TEXT_ARG(what));
    return STATUS_OK;
}

static void council_advice(struct session *s, const struct council_info *c)
{
    if (c->owners == 1) {
        out_note(&s->out,
                 "one owner: if that sheet is lost nobody can take an owner's decision ever "
                 "again. Keep a second copy of it elsewhere, or make two colleagues owners "
                 "too");
    } else if (c->owners == 2 && c->quorum == 2) {
        out_note(&s->out, "two owners, and both must sign: if one sheet is lost no decision is "
                          "possible. A third owner helps");
    }
}

static enum status run_show(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("owner"), "name", COLUMN_TEXT},
        {TEXT_ROW("you"), "self", COLUMN_FLAG},
    };
    enum status status = STATUS_OK;
    struct council_info c;

    team_council(s->team, &c);
    out_facts(&s->out, "council");
    out_fact_number(&s->out, "owners", "owners", (int64_t)c.owners);
    out_fact_number(&s->out, "signatures needed", "needed", (int64_t)c.quorum);
    out_fact_flag(&s->out, "stopped", "frozen", c.frozen);
    out_facts_end(&s->out);
    out_table(&s->out, "owner", columns, ROWS_COUNT(columns));
    for (size_t i = 0; i < team_member_count(s->team); i++) {
        const struct team_member *m = team_member_at(s->team, i);
        if (team_owner(s->team, &m->id)) {
            out_cell(&s->out, m->name);
            out_cell_flag(&s->out, m->self);
        }
    }
    out_table_end(&s->out, "no owner has a place");
    council_advice(s, &c);
    if (c.frozen) {
        out_say(&s->out, "the owners signed decisions that exclude each other; until one is chosen "
                         "nothing new of theirs counts:");
        TRY(council_choices_each(s->cx, s->team, visit_choice, s));
        out_note(&s->out, "`valise council propose settle N --out FILE`, then all sign that");
    }
out:
    return status;
}

/* ---- a proposal in words ---- */

static enum status proposal_say(struct session *s, const char *path, bytes file, bool next)
{
    enum status status = STATUS_OK;
    struct proposal_info info = {.known = false};
    struct out *o = &s->out;

    TRY(council_inspect(s->cx, s->team, file, &info));
    line_start(o, "proposal");
    line_text(o, "file", text_any(path));
    line_text(o, "what", buf_text(&info.what));
    line_number(o, "signatures", (int64_t)info.signatures);
    line_number(o, "needed", (int64_t)info.needed);
    line_flag(o, "signed_by_me", info.signed_by_me);
    line_flag(o, "known", info.known);
    line_end(o);
    out_say(o, "'%s' says: %.*s", path, TEXT_ARG(buf_text(&info.what)));
    out_say(o, "  %zu of %zu signatures%s", info.signatures, info.needed,
            info.signed_by_me ? ", yours among them" : "");
    if (!next) {
        goto out;
    }
    if (info.known) {
        out_note(o, "it was brought in already");
    } else if (info.signatures >= info.needed) {
        out_note(o, "enough: `valise council submit %s`", path);
    } else if (!info.signed_by_me) {
        out_note(o, "an owner agrees with `valise council sign %s`", path);
    } else {
        out_note(o, "give the file to another owner");
    }
out:
    proposal_info_finish(&info);
    return status;
}

enum status proposal_tell(struct session *s, const char *path)
{
    enum status status = STATUS_OK;
    struct buf file;

    buf_init(&file, PROPOSAL_MAX);
    TRY(input_read(s, path, PROPOSAL_MAX, &file));
    TRY(proposal_say(s, path, buf_view(&file), true));
out:
    buf_finish(&file);
    return status;
}

static enum status run_inspect(struct session *s)
{
    return proposal_tell(s, s->args[0]);
}

/* ---- propose ---- */

static enum status kind_of(struct session *s, struct proposal *p)
{
    static const struct {
        const char *word;
        enum proposal_kind kind;
        bool more; /* wants a second word */
    } KINDS[] = {
        {"add", PROPOSE_ADD_OWNER, true}, {"remove", PROPOSE_REMOVE_OWNER, true},
        {"undo", PROPOSE_PARDON, true},   {"lift", PROPOSE_LIFT, true},
        {"pin", PROPOSE_PIN, true},       {"seal", PROPOSE_SEAL, false},
        {"settle", PROPOSE_SETTLE, true},
    };
    enum status status = STATUS_OK;

    for (size_t i = 0; i < ROWS_COUNT(KINDS); i++) {
        if (strcmp(s->args[0], KINDS[i].word) == 0) {
            p->kind = KINDS[i].kind;
            if (KINDS[i].more != (s->arg_count == 2)) {
                FAIL(s->cx, STATUS_USAGE,
                     KINDS[i].more ? "'council propose %s' wants a name or a number"
                                   : "'council propose %s' stands alone",
                     KINDS[i].word);
            }
            goto out;
        }
    }
    status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "owners cannot propose '%.40s'",
                       s->args[0]);
    (void)fault_hint(s->cx, "they can: add NAME, remove NAME, undo N, lift NAME, pin DEVICE, seal, "
                            "settle N");
out:
    return status;
}

/* The newest suspension of the person that holds. */
struct suspended {
    text name;
    uint64_t number;
};

static enum status visit_suspended(void *self, struct ctx *cx, const struct team_decision *d)
{
    struct suspended *w = self;

    (void)cx;
    if (w->number == 0 && d->in_force && text_equal(d->about, w->name) &&
        text_equal(d->what, TEXT("was suspended"))) {
        w->number = d->number;
    }
    return STATUS_OK;
}

static enum status lift_of(struct session *s, struct proposal *p)
{
    enum status status = STATUS_OK;
    struct suspended w = {.number = 0};
    struct person who;

    TRY(arg_person(s, 1, &who));
    w.name = who.name;
    TRY(team_decisions_each(s->cx, s->team, visit_suspended, &w));
    if (w.number == 0) {
        FAIL(s->cx, STATUS_NOT_FOUND, "%.*s is not suspended", TEXT_ARG(who.name));
    }
    p->member = who.id;
    p->decision = w.number;
out:
    return status;
}

static enum status details_of(struct session *s, struct proposal *p)
{
    enum status status = STATUS_OK;
    const struct team_device *device = NULL;
    struct person who;
    int64_t history;

    switch (p->kind) {
    case PROPOSE_ADD_OWNER:
    case PROPOSE_REMOVE_OWNER:
        TRY(arg_person(s, 1, &who));
        p->member = who.id;
        break;
    case PROPOSE_PARDON:
        TRY(arg_number(s, 1, &p->decision));
        break;
    case PROPOSE_LIFT:
        TRY(lift_of(s, p));
        break;
    case PROPOSE_PIN:
        TRY(arg_device(s, 1, &device));
        TRY(option_number(s, "history", 1, 1024, 1, &history));
        p->device_ix =
            team_device_lane(s->team, team_device_home(s->team, device->ix), (size_t)history - 1);
        break;
    case PROPOSE_SETTLE:
        TRY(arg_number(s, 1, &p->choice));
        break;
    case PROPOSE_SEAL:
        break;
    }
out:
    return status;
}

static enum status run_propose(struct session *s)
{
    enum status status = STATUS_OK;
    struct proposal p = {.kind = PROPOSE_SEAL};
    struct buf file;
    const char *path = option_value(s, "out");
    int64_t needed;

    buf_init(&file, PROPOSAL_MAX);
    TRY(kind_of(s, &p));
    if (path == NULL) {
        status =
            fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "council propose wants --out FILE");
        (void)fault_hint(s->cx,
                         "name it like 'add-ben.proposal': then `valise unpack` finds it next "
                         "to a bundle");
        goto out;
    }
    TRY(option_number(s, "needed", 1, 64, 0, &needed));
    p.quorum = (uint64_t)needed;
    TRY(details_of(s, &p));
    TRY(output_free(s, path));
    TRY(council_propose(s->cx, s->team, &p, &file));
    TRY(output_write(s, path, buf_view(&file)));
    TRY(proposal_say(s, path, buf_view(&file), true));
out:
    buf_finish(&file);
    return status;
}

/* ---- sign, submit ---- */

static enum status run_sign(struct session *s)
{
    enum status status = STATUS_OK;
    struct secret *seed = NULL;
    struct buf file;
    struct buf more;
    const char *path = option_value(s, "out");

    buf_init(&file, PROPOSAL_MAX);
    buf_init(&more, PROPOSAL_MAX);
    TRY(input_read(s, s->args[0], PROPOSAL_MAX, &file));
    TRY(proposal_say(s, s->args[0], buf_view(&file), false));
    TRY(confirm(s, "do you agree? (yes or no)"));
    TRY(sheet_take(s, option_value(s, "sheet"), &seed, NULL));
    TRY(council_sign(s->cx, s->team, buf_view(&file), seed, &more));
    if (path != NULL) {
        TRY(output_write(s, path, buf_view(&more)));
    } else {
        path = s->args[0];
        TRY(file_write(s->cx, path, buf_view(&more), true));
    }
    out_say(&s->out, "signed");
    TRY(proposal_say(s, path, buf_view(&more), true));
out:
    secret_free(&seed);
    buf_finish(&more);
    buf_finish(&file);
    return status;
}

static enum status do_submit(struct session *s, const struct decision *d)
{
    return council_submit(s->cx, s->team, d->file);
}

static enum status run_submit(struct session *s)
{
    enum status status = STATUS_OK;
    struct decision d = {.run = do_submit};
    struct proposal_info info = {.known = false};
    struct buf file;

    buf_init(&d.what, WHAT_MAX);
    buf_init(&file, PROPOSAL_MAX);
    TRY(input_read(s, s->args[0], PROPOSAL_MAX, &file));
    d.file = buf_view(&file);
    TRY(council_inspect(s->cx, s->team, d.file, &info));
    TRY(buf_printf(s->cx, &d.what, "the owners decide: %.*s", TEXT_ARG(buf_text(&info.what))));
    TRY(decision_take(s, &d));
out:
    proposal_info_finish(&info);
    buf_finish(&file);
    buf_finish(&d.what);
    return status;
}

static const struct action actions[] = {
    {"show", "", 0, 0, NEED_RECORDS, 0, run_show},
    {"propose",
     "add NAME | remove NAME | undo N | lift NAME | pin DEVICE [--history N] | "
     "seal | settle N --out FILE [--needed N]",
     1, 2, NEED_RECORDS, 0, run_propose},
    {"inspect", "FILE", 1, 1, NEED_RECORDS, 1U, run_inspect},
    {"sign", "FILE [--sheet FILE] [--out FILE]", 1, 1, NEED_RECORDS, 1U, run_sign},
    {"submit", "FILE [--dry-run]", 1, 1, NEED_RECORDS, 1U, run_submit},
};
const struct command cmd_council = {
    .name = "council",
    .summary = "what the owners decide together: propose, sign, bring in",
    .detail =
        "Owners cannot remove each other alone. One writes a proposal into a file, it goes from "
        "owner to owner on a stick, each signs it with the recovery sheet, and once enough have "
        "signed anybody brings it in with `council submit`.\n\n"
        "add NAME makes a member an owner, remove NAME takes an owner out of the team, undo N "
        "takes "
        "back what an owner decided alone (`valise member decisions`), lift NAME ends a "
        "suspension, pin DEVICE says which of two histories of a machine holds, seal says that "
        "what is here now is what happened, settle N chooses between two decisions that exclude "
        "each other. Sign only one of two such proposals: a second one is refused here.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
