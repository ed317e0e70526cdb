/* SPDX-License-Identifier: Apache-2.0 */
/*
 * invite: let somebody in. Nothing is written, here or to the file, before the newcomer's words
 * were compared; the grant is committed only when the file stands.
 */
#include "crossing.h"
#include "guard.h"
#include "limits.h"
#include "shared.h"

static const struct option options[] = {
    {"role", "ROLE", "what the newcomer may do; `valise role list` shows the roles"},
    {"out", "FILE", "the sealed welcome for the newcomer"},
    {"words", "WORDS", "the nine words the newcomer reads out, instead of being asked"},
    OPTION_WITHOUT_HISTORY,
    {"force", NULL, "replace the file when it is there"},
    CROSSING_PAIR_OPTIONS,
};

static const struct json_field json[] = {
    CROSSING_PAIR_JSON,
    {"invite", "file", "text", "what to hand to the newcomer; null: it is shown"},
    {"invite", "member", "text", "the newcomer's name"},
    {"invite", "device", "text", "the newcomer's machine"},
    {"invite", "words", "text", "the nine words to read out to the newcomer"},
};

enum status invite_write(struct session *s, const char *path, const struct join_info *info,
                         bytes file, const uint8_t print[static 16])
{
    enum status status = STATUS_OK;
    struct out *o = &s->out;

    if (path != NULL) {
        TRY(output_write(s, path, file));
    }
    TRY(vault_commit(s->cx, s->vault));
    line_start(o, "invite");
    if (path != NULL) {
        line_text(o, "file", text_any(path));
    } else {
        line_null(o, "file");
    }
    line_text(o, "member", buf_text(&info->member_name));
    line_text(o, "device", buf_text(&info->device_name));
    if (path != NULL) {
        out_say(o, "give '%s' to %.*s", path,
                TEXT_ARG(info->own_device ? TEXT("yourself, on the new machine")
                                          : buf_text(&info->member_name)));
    }
    TRY(words_show(s, "and read these nine words out:", print));
    line_end(o);
out:
    return status;
}

/* The newcomer is a member by now. */
static enum status newcomer_compared(struct session *s, text name)
{
    const struct team_member *m = NULL;

    if (team_member_find(s->cx, s->team, name, &m) != STATUS_OK || !text_equal(m->name, name)) {
        fault_clear(s->cx); /* two of one name: `valise member verify` decides */
        return STATUS_OK;
    }
    return words_compared(s, m);
}

/* Who asks for what; the name of a member who is in comes from the charter, not from the file. */
static enum status announce(struct session *s, const struct join_info *info, text role)
{
    enum status status = STATUS_OK;
    const struct team_member *m = team_member_by_id(s->team, &info->member);

    if (m == NULL && role.len == 0) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                           "invite wants --role ROLE for a newcomer");
        (void)fault_hint(s->cx, "`valise role list` shows the roles");
        goto out;
    }
    if (m != NULL && role.len > 0) {
        status = fault_set(s->cx, STATUS_EXISTS, __FILE__, __LINE__,
                           "'%.*s' is in the team already", TEXT_ARG(m->name));
        (void)fault_hint(s->cx, "a member who comes back on a new machine keeps their role: leave "
                                "--role out, if you know that it is them");
        goto out;
    }
    if (m != NULL) {
        out_say(&s->out,
                "%.*s comes back on a new machine, '%.*s', with their recovery sheet; they keep "
                "the role %.*s",
                TEXT_ARG(m->name), TEXT_ARG(buf_text(&info->device_name)), TEXT_ARG(m->role->name));
    } else {
        out_say(&s->out, "%.*s asks to join with the machine '%.*s', as %.*s",
                TEXT_ARG(buf_text(&info->member_name)), TEXT_ARG(buf_text(&info->device_name)),
                TEXT_ARG(role));
    }
out:
    return status;
}

static enum status newcomer_here(struct session *s, const char *path, const struct join_info *info)
{
    enum status status = STATUS_OK;

    if (info->own_device) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                           "'%.200s' is a further machine of a member, not a new member", path);
        (void)fault_hint(s->cx, "that member adds it with `valise device add`");
    }
    return status;
}

/* Whether the invitation counts is decided as by everybody else: a role may let in only so many. */
static enum status newcomer_in(struct session *s, const struct join_info *info)
{
    enum status status = STATUS_OK;
    const struct team_member *me = team_me(s->team);

    TRY(team_refresh(s->cx, s->team));
    if (team_member_by_id(s->team, &info->member) != NULL) {
        goto out;
    }
    if (me != NULL && me->role->max > 0) {
        (void)fault_set(s->cx, STATUS_DENIED, __FILE__, __LINE__,
                        "your role lets in %u people, and has; who left counts too",
                        (unsigned)me->role->max);
    } else {
        (void)fault_set(s->cx, STATUS_DENIED, __FILE__, __LINE__,
                        "nobody would follow this invitation");
    }
    status = fault_hint(s->cx, "ask somebody else of the team who may let people in");
out:
    return status;
}

/* Closing what was there is writing a new beginning, in every compartment the role reads. */
static enum status closes_all(struct session *s, text role)
{
    enum status status = STATUS_OK;
    struct role_spec spec = {.rights = 0};
    const struct team_compartment *c = NULL;

    TRY(team_role_spec(s->cx, s->team, role, &spec));
    for (size_t i = 0; i < spec.access_count; i++) {
        TRY(team_compartment_find(s->cx, s->team, spec.access[i].compartment, &c));
        if (!c->writes) {
            status = fault_set(s->cx, STATUS_DENIED, __FILE__, __LINE__,
                               "you cannot close what stands in the compartment '%.*s': you do not "
                               "write there",
                               TEXT_ARG(c->name));
            (void)fault_hint(s->cx, "somebody who writes there can invite without history: `valise "
                                    "compartment list`");
            goto out;
        }
    }
out:
    role_spec_finish(&spec);
    return status;
}

/* A colleague who comes back has read already what was there. */
static enum status history_closed(struct session *s, bool returns, bool *ret)
{
    enum status status = STATUS_OK;

    *ret = option_given(s, "without-history");
    if (*ret && returns) {
        (void)fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                        "a member who comes back reads what they could read before");
        status = fault_hint(s->cx, "leave --without-history out");
    }
    return status;
}

static enum status invite_make(struct session *s, const struct inviting *i, bytes file,
                               bool returns, bool closed, struct buf *invite,
                               uint8_t print[static 16])
{
    enum status status = STATUS_OK;

    if (returns) {
        TRY(team_invite_back(s->cx, s->team, file, invite, print));
    } else if (closed) {
        TRY(closes_all(s, i->role));
        TRY(team_invite_without_history(s->cx, s->team, file, i->role, invite, print));
    } else {
        TRY(team_invite(s->cx, s->team, file, i->role, invite, print));
    }
out:
    return status;
}

/* path NULL: from the other machine's screen. */
static enum status request_read(struct session *s, const char *path, struct buf *file,
                                struct join_info *info)
{
    enum status status = STATUS_OK;

    if (path == NULL) {
        TRY(crossing_request_take(s, file));
        TRY(team_join_inspect(s->cx, buf_view(file), info));
        goto out;
    }
    status = input_read(s, path, JOIN_MAX, file);
    status = status == STATUS_OK ? team_join_inspect(s->cx, buf_view(file), info) : status;
    TRY(input_explain(s, status, path, "the file that the newcomer made with `valise join --out`"));
out:
    return status;
}

enum status invite_do(struct session *s, const struct inviting *i)
{
    enum status status = STATUS_OK;
    struct join_info info = {.own_device = false};
    struct buf file;
    struct buf invite;
    uint8_t print[16];
    const char *path = option_value(s, "out");
    bool begun = false;
    bool returns;
    bool closed;

    buf_init(&file, JOIN_MAX);
    buf_init(&invite, INVITE_MAX);
    TRY(path == NULL ? STATUS_OK : output_free(s, path));
    TRY(request_read(s, i->path, &file, &info));
    TRY(newcomer_here(s, i->path == NULL ? "this code" : i->path, &info));
    returns = team_member_by_id(s->team, &info.member) != NULL;
    TRY(announce(s, &info, i->role));
    TRY(history_closed(s, returns, &closed));
    TRY(i->path == NULL ? crossing_words(s, info.print) : words_compare(s, info.print));
    TRY(vault_begin(s->cx, s->vault));
    begun = true;
    if (i->before != NULL) {
        TRY(i->before(s, i->more));
    }
    TRY(invite_make(s, i, buf_view(&file), returns, closed, &invite, print));
    TRY(newcomer_in(s, &info));
    TRY(newcomer_compared(s, buf_text(&info.member_name)));
    TRY(invite_write(s, path, &info, buf_view(&invite), print));
    begun = false;
    if (closed) {
        out_say(&s->out, "they can read what is written from now on, and nothing that was there");
    }
    out_note(&s->out, "was it somebody else after all? `valise %s remove '%.*s'` at once",
             returns ? "device" : "member",
             TEXT_ARG(returns ? buf_text(&info.device_name) : buf_text(&info.member_name)));
    if (i->path == NULL) {
        TRY(crossing_invite_show(s, buf_view(&invite)));
    }
out:
    if (begun) {
        vault_rollback(s->vault);
    }
    join_info_finish(&info);
    buf_finish(&invite);
    buf_finish(&file);
    return status;
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    bool qr = option_given(s, "qr");
    struct inviting i = {.path = s->arg_count > 0 ? s->args[0] : NULL};

    TRY(option_text(s, "role", &i.role));
    if (qr == (i.path != NULL)) {
        FAIL(s->cx, STATUS_USAGE, "invite wants the newcomer's file, or --qr");
    }
    if (!qr && option_value(s, "out") == NULL) {
        FAIL(s->cx, STATUS_USAGE, "invite wants --out FILE");
    }
    if (option_given(s, "again")) {
        TRY(crossing_invite_again(s));
        goto out;
    }
    TRY(invite_do(s, &i));
out:
    return status;
}

static const struct action actions[] = {
    {NULL, "FILE --out FILE | --qr [--again] [--role ROLE] [--without-history] [--words WORDS]", 0,
     1, NEED_RECORDS, 1U, run},
};
const struct command cmd_invite = {
    .name = "invite",
    .summary = "let a newcomer into the team",
    .detail = "Takes the file of the newcomer's `valise join --out`, asks for the words they read "
              "out, and writes the sealed welcome that only their machine can open. Without "
              "comparing words there is no invite (exit code 14). A member who comes back on a new "
              "machine (`valise restore device`) is let in without --role.\n\n"
              "With --without-history the newcomer reads what is written from now on and nothing "
              "that was there; only somebody who writes every compartment of that role can do it. "
              "It is for people who need not know. Older records pass through their machine "
              "closed, and who has the keys from elsewhere can open them.\n\n"
              "With --qr, face to face: the camera sees the newcomer's screen (`valise join --qr` "
              "there), then this screen shows the welcome. No file, no words to type: the camera "
              "saw whose screen it was.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
    .before = crossing_before_pair,
};
