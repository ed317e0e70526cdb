/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compartment: a drawer of the team that only some roles open. Who reads it is a matter of roles
 * alone, so opening and closing one is changing a role.
 */
#include "people.h"

#include <string.h>

enum { FOR_MAX = 16 };

static const struct option options[] = {
    {"for", "ROLES", "roles that read and write it from the beginning, with commas (new)"},
    {"read-only", NULL, "the role reads it and writes nothing there (open)"},
    {"give", NULL, "also for everybody below you who holds the role already"},
    DECISION_OPTIONS,
};

static const struct json_field json[] = {
    {"compartment", "name", "text", "of the compartment"},
    {"compartment", "reads", "flag", "you can read it"},
    {"compartment", "writes", "flag", "you can write there"},
    {"compartment", "readers", "text", "names of the members who read it, with commas"},
    {"compartment", "roles", "text", "roles that write there, with commas"},
    JSON_DECISION_ROWS,
};

/* ---- list ---- */

static enum status readers_of(struct session *s, const struct team_compartment *c, struct buf *out)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < team_member_count(s->team); i++) {
        const struct team_member *m = team_member_at(s->team, i);
        if (team_may_read(s->team, &m->id, c->tag)) {
            TRY(buf_add_text(s->cx, out, out->len > 0 ? TEXT(", ") : TEXT("")));
            TRY(buf_add_text(s->cx, out, m->name));
        }
    }
out:
    return status;
}

static enum status writers_of(struct session *s, const struct team_compartment *c, struct buf *out)
{
    enum status status = STATUS_OK;
    struct role_spec spec = {.rights = 0};

    for (size_t i = 0; i < team_role_count(s->team); i++) {
        const struct team_role *r = team_role_at(s->team, i);
        role_spec_finish(&spec);
        TRY(team_role_spec_of(s->cx, s->team, r, &spec));
        for (size_t k = 0; k < spec.access_count; k++) {
            if (spec.access[k].writes && text_equal(spec.access[k].compartment, c->name)) {
                TRY(buf_add_text(s->cx, out, out->len > 0 ? TEXT(", ") : TEXT("")));
                TRY(buf_add_text(s->cx, out, r->name));
            }
        }
    }
out:
    role_spec_finish(&spec);
    return status;
}

static enum status run_list(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("compartment"), "name", COLUMN_TEXT},
        {TEXT_ROW("you read"), "reads", COLUMN_FLAG},
        {TEXT_ROW("you write"), "writes", COLUMN_FLAG},
        {TEXT_ROW("read by"), "readers", COLUMN_TEXT},
        {TEXT_ROW("roles that write"), "roles", COLUMN_TEXT},
    };
    enum status status = STATUS_OK;
    struct buf names;

    buf_init(&names, 1024 * 1024);
    out_table(&s->out, "compartment", columns, ROWS_COUNT(columns));
    for (size_t i = 0; i < team_compartment_count(s->team); i++) {
        const struct team_compartment *c = team_compartment_at(s->team, i);
        if (c->control) {
            continue;
        }
        out_cell(&s->out, c->name);
        out_cell_flag(&s->out, c->reads);
        out_cell_flag(&s->out, c->writes);
        buf_clear(&names);
        TRY(readers_of(s, c, &names));
        out_cell(&s->out, buf_text(&names));
        buf_clear(&names);
        TRY(writers_of(s, c, &names));
        out_cell(&s->out, buf_text(&names));
    }
out:
    out_table_end(&s->out, "no compartment");
    buf_finish(&names);
    return status;
}

/* ---- new ---- */

struct plan_new {
    text name;
    text roles[FOR_MAX];
    size_t count;
    bool give;
};

static enum status do_new(struct session *s, const struct decision *d)
{
    enum status status = STATUS_OK;
    const struct plan_new *plan = d->more;

    TRY(team_compartment_new(s->cx, s->team, plan->name));
    for (size_t i = 0; i < plan->count; i++) {
        const struct role_plan role = {.name = plan->roles[i],
                                       .compartment = plan->name,
                                       .reads = true,
                                       .writes = true,
                                       .give = plan->give};
        TRY(role_apply(s, &role));
    }
out:
    return status;
}

static enum status roles_option(struct session *s, struct plan_new *plan)
{
    enum status status = STATUS_OK;
    text value;

    TRY(option_text(s, "for", &value));
    for (size_t start = 0, i = 0; value.len > 0 && i <= value.len; i++) {
        if (i < value.len && value.ptr[i] != ',') {
            continue;
        }
        if (plan->count == FOR_MAX) {
            FAIL(s->cx, STATUS_USAGE, "'--for' takes at most %d roles", (int)FOR_MAX);
        }
        plan->roles[plan->count++] = (text){value.ptr + start, i - start};
        start = i + 1;
    }
out:
    return status;
}

static enum status run_new(struct session *s)
{
    enum status status = STATUS_OK;
    struct plan_new plan = {.give = option_given(s, "give")};
    struct decision d = {.run = do_new, .more = &plan};

    buf_init(&d.what, 4096);
    TRY(arg_text(s, 0, &plan.name));
    TRY(roles_option(s, &plan));
    TRY(buf_printf(s->cx, &d.what, "the compartment '%.*s' is made", TEXT_ARG(plan.name)));
    TRY(decision_take(s, &d));
    if (plan.count == 0 && !option_given(s, "dry-run")) {
        out_note(&s->out, "no role opens it yet: `valise compartment open NAME ROLE`, or "
                          "`valise role new ROLE --writes NAME`");
    }
out:
    buf_finish(&d.what);
    return status;
}

/* ---- open, close ---- */

static enum status access_change(struct session *s, bool opens)
{
    enum status status = STATUS_OK;
    const struct team_compartment *c = NULL;
    struct role_plan plan = {.reads = opens,
                             .writes = opens && !option_given(s, "read-only"),
                             .give = option_given(s, "give")};

    TRY(arg_text(s, 0, &plan.compartment));
    TRY(arg_text(s, 1, &plan.name));
    TRY(team_compartment_find(s->cx, s->team, plan.compartment, &c));
    TRY(role_change(s, &plan));
out:
    return status;
}

static enum status run_open(struct session *s)
{
    return access_change(s, true);
}

static enum status run_close(struct session *s)
{
    return access_change(s, false);
}

static const struct action actions[] = {
    {"list", "", 0, 0, NEED_TEAM, 0, run_list},
    {"new", "NAME [--for ROLES] [--give]", 1, 1, NEED_RECORDS, 0, run_new},
    {"open", "NAME ROLE [--read-only] [--give]", 2, 2, NEED_RECORDS, 0, run_open},
    {"close", "NAME ROLE [--give]", 2, 2, NEED_RECORDS, 0, run_close},
};
const struct command cmd_compartment = {
    .name = "compartment",
    .summary = "drawers of the team that only some roles open",
    .detail =
        "Every team has the compartment 'team'. What is in another one is closed to everybody "
        "whose role does not list it, also on their own machine. `compartment open NAME ROLE` lets "
        "a role read and write it, `close` takes that away; people who hold the role already get "
        "the change with --give. What somebody has read before stays known to them.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
