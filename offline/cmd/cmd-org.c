/* SPDX-License-Identifier: Apache-2.0 */
/*
 * org: another organization in this team. It has one liaison, who may let in a fixed number of
 * guests with one role and nothing else; who the guests are at home is the liaison's knowledge
 * alone.
 */
#include "org.h"

#include <string.h>

static const struct option options[] = {
    {"as", "ROLE",
     "the role its guests get; the liaison has the same, and may let them in (admit)"},
    {"max", "N", "how many guests at most (admit)"},
    {"out", "FILE", "the sealed welcome (admit, passport)"},
    {"words", "WORDS", "the nine words the newcomer reads out, instead of being asked"},
    OPTION_WITHOUT_HISTORY,
    {"force", NULL, "replace the file when it is there"},
    {"person", "TEAM/NAME", "who the guest is in another team of this vault (bind)"},
};

static const struct json_field json[] = {
    {"organization", "liaison", "text", "who stands for it"},
    {"organization", "role", "text", "the liaison's role"},
    {"organization", "guests", "number", "guests with a place now"},
    {"organization", "max", "number", "how many at most"},
    {"guest", "name", "text", "as the team knows it"},
    {"guest", "liaison", "text", "who let it in"},
    {"guest", "person", "text",
     "who it is in another team of this vault, when that was bound here"},
    {"invite", "file", "text", "what to hand to the newcomer"},
    {"invite", "member", "text", "the newcomer's name"},
    {"invite", "device", "text", "the newcomer's machine"},
    {"invite", "words", "text", "the nine words to read out to the newcomer"},
    {"bound", "guest", "text", "the guest"},
    {"bound", "person", "text", "who it is, or empty: nobody any more"},
};

/* ---- admit ---- */

struct admitting {
    text guest_role, liaison_role;
    uint32_t max;
};

static enum status liaison_role_define(struct session *s, const void *more)
{
    enum status status = STATUS_OK;
    const struct admitting *a = more;
    struct role_spec guest = {.rights = 0};
    struct role_draft d;

    TRY(team_role_spec(s->cx, s->team, a->guest_role, &guest));
    if ((guest.rights & (TEAM_APPOINT | TEAM_REMOVE | TEAM_SUSPEND)) != 0) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                           "'%.*s' decides about people; a guest's role must not",
                           TEXT_ARG(a->guest_role));
        (void)fault_hint(s->cx, "make one: `valise role new guest --may comment --writes team`");
        goto out;
    }
    TRY(role_draft_copy(s->cx, &d, &guest));
    d.spec.name = a->liaison_role;
    d.spec.rights = TEAM_APPOINT | TEAM_ORGANIZATION;
    d.spec.max = a->max;
    d.spec.grants_count = 1;
    d.grants[0] = a->guest_role;
    status = team_role_define(s->cx, s->team, &d.spec);
    if (status == STATUS_EXISTS) { /* the same organization sends another liaison */
        fault_clear(s->cx);
        status = STATUS_OK;
    }
out:
    role_spec_finish(&guest);
    return status;
}

static enum status run_admit(struct session *s)
{
    enum status status = STATUS_OK;
    struct admitting a = {.max = 0};
    struct inviting i = {.path = s->args[1], .before = liaison_role_define, .more = &a};
    struct buf name;
    int64_t max;
    text org;

    buf_init(&name, NAME_BYTES_MAX);
    TRY(arg_text(s, 0, &org));
    TRY(option_text(s, "as", &a.guest_role));
    TRY(option_number(s, "max", 1, 1000, 0, &max));
    if (a.guest_role.len == 0 || max == 0 || option_value(s, "out") == NULL) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                           "org admit wants --as ROLE, --max N and --out FILE");
        (void)fault_hint(s->cx, "the role of its guests, how many there may be, and where the "
                                "welcome for the liaison goes");
        goto out;
    }
    a.max = (uint32_t)max;
    TRY(buf_printf(s->cx, &name, "%.*s liaison", TEXT_ARG(org)));
    a.liaison_role = buf_text(&name);
    i.role = a.liaison_role;
    TRY(invite_do(s, &i));
    out_say(&s->out, "the liaison of %.*s may let in %lld guest%s as %.*s, and nobody else",
            TEXT_ARG(org), (long long)max, plural((uint64_t)max), TEXT_ARG(a.guest_role));
out:
    buf_finish(&name);
    return status;
}

/* ---- passport ---- */

static enum status run_passport(struct session *s)
{
    enum status status = STATUS_OK;
    struct role_spec mine = {.rights = 0};
    struct inviting i = {.path = s->args[0]};
    const struct team_member *me = team_me(s->team);

    if (me == NULL || !me->organization) {
        status = fault_set(s->cx, STATUS_DENIED, __FILE__, __LINE__,
                           "you do not stand for another organization in this team");
        (void)fault_hint(s->cx, "`valise invite` lets a member in");
        goto out;
    }
    if (option_value(s, "out") == NULL) {
        FAIL(s->cx, STATUS_USAGE, "org passport wants --out FILE");
    }
    TRY(team_role_spec_of(s->cx, s->team, me->role, &mine));
    if (mine.grants_count != 1) {
        FAIL(s->cx, STATUS_DENIED,
             "your role does not name one role for guests; use `valise invite`");
    }
    i.role = mine.grants[0];
    TRY(invite_do(s, &i));
    out_note(&s->out, "the team sees the name they gave themselves and no more; "
                      "`valise org bind GUEST --person TEAM/NAME` ends the visit when they leave "
                      "your team");
out:
    role_spec_finish(&mine);
    return status;
}

/* ---- bind ---- */

static enum status person_of(struct session *s, text value, struct binding *b)
{
    enum status status = STATUS_OK;
    struct team *other = NULL;
    const struct team_member *m = NULL;
    const char *slash = value.len == 0 ? NULL : memchr(value.ptr, '/', value.len);

    if (slash == NULL) {
        status =
            fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "org bind wants --person TEAM/NAME");
        (void)fault_hint(s->cx, "TEAM is another team in this vault, NAME a member of it");
        goto out;
    }
    text team = {value.ptr, (size_t)(slash - value.ptr)};
    text name = {slash + 1, value.len - team.len - 1};
    TRY(team_open(s->cx, s->vault, team, &other));
    if (team_key(other) == team_key(s->team)) {
        FAIL(s->cx, STATUS_USAGE, "'%.*s' is the team the guest is in; name the other one",
             TEXT_ARG(team));
    }
    TRY(team_member_find(s->cx, other, name, &m));
    b->other = team_key(other);
    b->person = m->id;
out:
    team_close(&other);
    return status;
}

static void bound_say(struct session *s, text guest, text person)
{
    line_start(&s->out, "bound");
    line_text(&s->out, "guest", guest);
    line_text(&s->out, "person", person);
    line_end(&s->out);
}

static enum status run_bind(struct session *s)
{
    enum status status = STATUS_OK;
    struct binding b = {.other = 0};
    struct person guest;
    text value;

    TRY(arg_person(s, 0, &guest));
    TRY(option_text(s, "person", &value));
    TRY(person_of(s, value, &b));
    b.guest = guest.id;
    TRY(vault_begin(s->cx, s->vault));
    status = binding_put(s, &b);
    if (status == STATUS_OK) {
        status = vault_commit(s->cx, s->vault);
    } else {
        vault_rollback(s->vault);
    }
    TRY(status);
    bound_say(s, guest.name, value);
    out_say(&s->out, "when %.*s leaves, %.*s loses the place here with the next stick",
            TEXT_ARG(value), TEXT_ARG(guest.name));
    out_note(&s->out, "this is known to this vault only");
out:
    return status;
}

static enum status run_unbind(struct session *s)
{
    enum status status = STATUS_OK;
    struct person guest;

    TRY(arg_person(s, 0, &guest));
    TRY(vault_begin(s->cx, s->vault));
    status = binding_drop(s, &guest.id);
    if (status == STATUS_OK) {
        status = vault_commit(s->cx, s->vault);
    } else {
        vault_rollback(s->vault);
    }
    TRY(status);
    bound_say(s, guest.name, TEXT(""));
    out_say(&s->out, "%.*s is nobody in particular any more", TEXT_ARG(guest.name));
out:
    return status;
}

/* ---- list ---- */

struct let_in {
    text liaison;
    bool found;
};

static enum status visit_role(void *self, struct ctx *cx, const struct team_role *role, text by,
                              bool in_force, text why)
{
    struct let_in *l = self;

    (void)cx;
    (void)role;
    (void)why;
    l->found = l->found || (in_force && text_equal(by, l->liaison));
    return STATUS_OK;
}

static enum status is_guest_of(struct session *s, const struct team_member *m, text liaison,
                               bool *ret)
{
    enum status status = STATUS_OK;
    struct let_in l = {.liaison = liaison};

    TRY(team_explain(s->cx, s->team, &m->id, visit_role, &l));
    *ret = l.found;
out:
    return status;
}

static enum status liaisons_list(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("liaison"), "liaison", COLUMN_TEXT},
        {TEXT_ROW("role"), "role", COLUMN_TEXT},
        {TEXT_ROW("guests"), "guests", COLUMN_NUMBER},
        {TEXT_ROW("at most"), "max", COLUMN_NUMBER},
    };
    enum status status = STATUS_OK;

    out_table(&s->out, "organization", columns, ROWS_COUNT(columns));
    for (size_t i = 0; i < team_member_count(s->team); i++) {
        const struct team_member *m = team_member_at(s->team, i);
        int64_t guests = 0;
        if (!m->organization) {
            continue;
        }
        for (size_t k = 0; k < team_member_count(s->team); k++) {
            bool guest = false;
            TRY(is_guest_of(s, team_member_at(s->team, k), m->name, &guest));
            guests += guest ? 1 : 0;
        }
        out_cell(&s->out, m->name);
        out_cell(&s->out, m->role->name);
        out_cell_number(&s->out, guests);
        out_cell_number(&s->out, m->role->max);
    }
out:
    out_table_end(&s->out, "no other organization: `valise org admit NAME FILE`");
    return status;
}

static enum status person_words(struct session *s, const struct bindings *all,
                                const struct id *guest, struct buf *out)
{
    enum status status = STATUS_OK;
    struct team *other = NULL;

    for (size_t i = 0; i < all->count; i++) {
        if (!id_equal(&all->list[i].guest, guest)) {
            continue;
        }
        status = binding_team(s, all->list[i].other, &other);
        if (status == STATUS_NOT_FOUND) {
            fault_clear(s->cx);
            status = STATUS_OK;
            goto out;
        }
        TRY(status);
        TRY(buf_add_text(s->cx, out, team_name(other)));
        TRY(buf_add_byte(s->cx, out, '/'));
        TRY(buf_add_text(s->cx, out, team_member_name(other, &all->list[i].person)));
        break;
    }
out:
    team_close(&other);
    return status;
}

static enum status guests_list(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("guest"), "name", COLUMN_TEXT},
        {TEXT_ROW("let in by"), "liaison", COLUMN_TEXT},
        {TEXT_ROW("known here as"), "person", COLUMN_TEXT},
    };
    enum status status = STATUS_OK;
    struct bindings all;
    struct buf person;

    buf_init(&person, 4096);
    TRY(bindings_load(s, &all));
    out_table(&s->out, "guest", columns, ROWS_COUNT(columns));
    for (size_t i = 0; i < team_member_count(s->team); i++) {
        const struct team_member *liaison = team_member_at(s->team, i);
        for (size_t k = 0; liaison->organization && k < team_member_count(s->team); k++) {
            const struct team_member *m = team_member_at(s->team, k);
            bool guest = false;
            TRY(is_guest_of(s, m, liaison->name, &guest));
            if (guest) {
                buf_clear(&person);
                TRY(person_words(s, &all, &m->id, &person));
                out_cell(&s->out, m->name);
                out_cell(&s->out, liaison->name);
                out_cell(&s->out, buf_text(&person));
            }
        }
    }
    out_table_end(&s->out, "no guests");
out:
    buf_finish(&person);
    return status;
}

static enum status run_list(struct session *s)
{
    enum status status = STATUS_OK;

    TRY(liaisons_list(s));
    TRY(guests_list(s));
out:
    return status;
}

static const struct action actions[] = {
    {"list", "", 0, 0, NEED_TEAM, 0, run_list},
    {"admit", "NAME FILE --as ROLE --max N --out FILE [--without-history] [--words WORDS]", 2, 2,
     NEED_RECORDS, 2U, run_admit},
    {"passport", "FILE --out FILE [--without-history] [--words WORDS]", 1, 1, NEED_RECORDS, 1U,
     run_passport},
    {"bind", "GUEST --person TEAM/NAME", 1, 1, NEED_TEAM, 0, run_bind},
    {"unbind", "GUEST", 1, 1, NEED_TEAM, 0, run_unbind},
};
const struct command cmd_org = {
    .name = "org",
    .summary = "another organization in this team: its liaison and guests",
    .detail =
        "`org admit NAME FILE` lets in the liaison of another organization, from the file the "
        "liaison made with `valise join --out`. The liaison may let in --max guests with the role "
        "--as and take that back from them (`valise member take`), and has no other power over "
        "people.\n\n"
        "The liaison gives a guest a passport with `org passport FILE`, from the guest's join "
        "file. "
        "The guest chooses a name for this team; who that is at home the team does not learn. "
        "`org bind GUEST --person TEAM/NAME` lets this vault remember it: when that person is "
        "removed from TEAM, the next `pack` or `unpack` takes the place here.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
