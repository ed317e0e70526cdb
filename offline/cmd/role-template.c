/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `role template`: what sets of roles there are, and making one. What the team has already under a
 * name stays as it is.
 */
#include "role-templates.h"
#include "schema.h"

#include <string.h>

static enum status sets_list(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("template"), "name", COLUMN_TEXT},
        {TEXT_ROW("for"), "for", COLUMN_TEXT},
    };

    out_table(&s->out, "template", columns, ROWS_COUNT(columns));
    for (size_t i = 0; i < role_set_count; i++) {
        out_cell(&s->out, text_of(role_sets[i].name));
        out_cell(&s->out, text_of(role_sets[i].whom));
    }
    out_table_end(&s->out, "");
    out_note(&s->out, "`valise role template NAME --dry-run` shows its roles");
    return STATUS_OK;
}

static enum status set_find(struct session *s, const struct role_set **ret)
{
    enum status status = STATUS_OK;
    text words[8];
    size_t count = 0;
    text name;

    TRY(arg_text(s, 0, &name));
    for (size_t i = 0; i < role_set_count; i++) {
        if (text_equal(name, text_of(role_sets[i].name))) {
            *ret = &role_sets[i];
            goto out;
        }
        if (count < ROWS_COUNT(words)) {
            words[count++] = text_of(role_sets[i].name);
        }
    }
    status = fault_set(s->cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "no template is called '%.*s'",
                       TEXT_ARG(name));
    text nearest = nearest_word(name, words, count);
    (void)fault_hint(s->cx,
                     nearest.len > 0 ? "did you mean '%.*s'? `valise role template` lists "
                                       "them"
                                     : "%.*s`valise role template` lists them",
                     TEXT_ARG(nearest));
out:
    return status;
}

static bool role_there(const struct session *s, const char *name)
{
    for (size_t i = 0; i < team_role_count(s->team); i++) {
        if (text_equal(team_role_at(s->team, i)->name, text_of(name))) {
            return true;
        }
    }
    return false;
}

static bool compartment_there(const struct session *s, const char *name)
{
    for (size_t i = 0; i < team_compartment_count(s->team); i++) {
        if (text_equal(team_compartment_at(s->team, i)->name, text_of(name))) {
            return true;
        }
    }
    return false;
}

static void part_say(struct session *s, const char *kind, const char *name, const char *purpose,
                     bool there)
{
    line_start(&s->out, "template-part");
    line_text(&s->out, "kind", text_of(kind));
    line_text(&s->out, "name", text_of(name));
    line_text(&s->out, "purpose", text_of(purpose));
    line_flag(&s->out, "there", there);
    line_end(&s->out);
    out_say(&s->out, "%s %s%s", kind, name, there ? " (there already; it stays as it is)" : "");
    out_say(&s->out, "    %s", purpose);
}

/* ---- making it ---- */

/* Splits a literal "a,b" into views. */
static size_t names_split(const char *list, text *names, size_t max)
{
    size_t count = 0;

    for (const char *at = list; at != NULL && *at != '\0' && count < max;) {
        size_t len = strcspn(at, ",");
        names[count++] = (text){at, len};
        at += len + (at[len] == ',' ? 1 : 0);
    }
    return count;
}

static enum status access_add(struct ctx *cx, struct role_draft *d, const char *list, bool writes)
{
    enum status status = STATUS_OK;
    text names[ROLE_LIST_MAX];
    size_t count = names_split(list, names, ROLE_LIST_MAX);

    for (size_t i = 0; i < count; i++) {
        TRY(role_draft_access(cx, d, names[i], true, writes));
    }
out:
    return status;
}

static enum status role_make(struct session *s, const struct template_role *r)
{
    enum status status = STATUS_OK;
    struct role_draft d;
    text wrong = TEXT("");

    role_draft_init(&d, text_of(r->name));
    MUST(verbs_parse(text_of(r->may), &d.spec.verbs, &wrong));
    TRY(access_add(s->cx, &d, r->reads, false));
    TRY(access_add(s->cx, &d, r->writes, true));
    d.spec.rights = r->rights;
    d.spec.max = r->max;
    if (r->appoints != NULL) {
        d.spec.rights |= TEAM_APPOINT;
        d.spec.grants_count =
            strcmp(r->appoints, "any") == 0 ? 0 : names_split(r->appoints, d.grants, ROLE_LIST_MAX);
    }
    TRY(team_role_define(s->cx, s->team, &d.spec));
out:
    return status;
}

static enum status run(struct session *s, const struct decision *d)
{
    enum status status = STATUS_OK;
    const struct role_set *set = d->more;

    for (size_t i = 0; i < set->compartment_count; i++) {
        if (!compartment_there(s, set->compartments[i].name)) {
            TRY(team_compartment_new(s->cx, s->team, text_of(set->compartments[i].name)));
            TRY(team_refresh(s->cx, s->team));
        }
    }
    for (size_t i = 0; i < set->role_count; i++) {
        if (!role_there(s, set->roles[i].name)) {
            TRY(role_make(s, &set->roles[i]));
            TRY(team_refresh(s->cx, s->team));
        }
    }
out:
    return status;
}

enum status role_template(struct session *s)
{
    enum status status = STATUS_OK;
    const struct role_set *set = &role_sets[0];
    struct decision d = {.run = run};

    buf_init(&d.what, 4096);
    if (s->arg_count == 0) {
        TRY(sets_list(s));
        goto out;
    }
    TRY(set_find(s, &set));
    d.more = set;
    out_say(&s->out, "for %s", set->whom);
    for (size_t i = 0; i < set->compartment_count; i++) {
        const struct template_compartment *c = &set->compartments[i];
        part_say(s, "compartment", c->name, c->purpose, compartment_there(s, c->name));
    }
    for (size_t i = 0; i < set->role_count; i++) {
        const struct template_role *r = &set->roles[i];
        part_say(s, "role", r->name, r->purpose, role_there(s, r->name));
    }
    TRY(buf_printf(s->cx, &d.what, "the roles and compartments of '%s' are made", set->name));
    TRY(decision_take(s, &d));
    if (!option_given(s, "dry-run")) {
        out_note(&s->out,
                 "`valise role show NAME` says what each means, `valise invite --role` and "
                 "`valise member give` hand them out. The new compartments are closed to "
                 "you too until you have a role that opens them: `valise member give me "
                 "'%s'`",
                 set->roles[set->role_count - 1].name);
    }
out:
    buf_finish(&d.what);
    return status;
}
