/* SPDX-License-Identifier: Apache-2.0 */
/*
 * join: the newcomer's two steps. `join --out FILE` says who I am; `join INVITE` opens the welcome
 * a colleague made from it. In between and after, both compare nine words; the team is made here
 * only when they match.
 */
#include "crossing.h"
#include "guard.h"
#include "limits.h"
#include "shared.h"

static const struct option options[] = {
    {"out", "FILE", "first step: write who you are, for the colleague who invites you"},
    {"member", "NAME", "your name (first step)"},
    {"device", "NAME", "this machine's name, else 'laptop' (first step)"},
    {"own-device", NULL, "this is a further machine of a member who is in the team already"},
    {"sheet", "FILE",
     "write your recovery sheet there, with a code when it ends in .pdf (first step); else it is "
     "shown on the terminal"},
    {"words", "WORDS", "second step: the nine words the inviter reads out, instead of being asked"},
    {"force", NULL, "replace files that are there"},
    CROSSING_PAIR_OPTIONS,
};

static const struct json_field json[] = {
    CROSSING_PAIR_JSON,
    {"join", "file", "text", "what to hand to the colleague"},
    {"join", "member", "text", "your name"},
    {"join", "device", "text", "this machine's name"},
    {"join", "words", "text", "the nine words to read out to the colleague"},
    {"team", "name", "text", "of the team joined"},
    {"team", "member", "text", "your name in it"},
    {"team", "role", "text", "your role"},
    {"team", "device", "text", "this machine's name in it"},
    {"team", "members", "number", "how many people"},
    {"team", "devices", "number", "how many machines"},
    {"team", "words", "text", "your own words, for `valise member verify`"},
    {"taken", "entries", "number", "entries that came with the invite"},
    {"taken", "operations", "number", "changes in them"},
};

static enum status join_say(struct session *s, const struct joining *j, bytes file)
{
    enum status status = STATUS_OK;
    struct out *o = &s->out;
    struct join_info info = {.own_device = false};

    TRY(team_join_inspect(s->cx, file, &info));
    line_start(o, "join");
    line_text(o, "file", text_any(j->path));
    line_text(o, "member", buf_text(&info.member_name));
    line_text(o, "device", buf_text(&info.device_name));
    if (j->seed != NULL) {
        out_say(o, "give '%s' to a colleague, who answers with `valise invite %s --out FILE`",
                j->path, j->path);
    } else {
        out_say(o, "give '%s' to the colleague who invites you%s", j->path,
                info.own_device ? ": you yourself, on your other machine" : "");
    }
    TRY(words_show(
        s, "and read these nine words out, face to face or by a voice they know:", info.print));
    line_end(o);
    out_note(o, "next: `valise join INVITE` with the file that comes back%s",
             j->seed == NULL ? ""
                             : ". This is a new machine of yours; once you are in, give the lost "
                               "one up: `valise device remove MACHINE`");
out:
    join_info_finish(&info);
    return status;
}

/* Keys made here and now; a sheet is handed out only to who is new. */
static enum status join_make(struct session *s, const struct joining *j, text member, text device,
                             struct buf *file)
{
    enum status status = STATUS_OK;
    struct secret *fresh = NULL;

    if (j->seed != NULL) {
        TRY(team_join_again(s->cx, s->vault, member, device, j->seed, file));
    } else {
        TRY(team_join_start(s->cx, s->vault, member, device, j->own, file, &fresh));
    }
    if (fresh != NULL) {
        TRY(sheet_hand_out(s, fresh, TEXT(""), member));
    }
out:
    secret_free(&fresh);
    return status;
}

/* Without a path nothing is written: the request is kept, to be shown. */
static enum status join_request(struct session *s, const struct joining *j, struct buf *file)
{
    enum status status = STATUS_OK;
    struct buf member;
    struct buf device;
    bool begun = false;

    buf_init(&member, TYPED_BYTES_MAX);
    buf_init(&device, TYPED_BYTES_MAX);
    TRY(j->path == NULL ? STATUS_OK : output_free(s, j->path));
    if (!j->own) {
        TRY(j->seed == NULL ? sheet_possible(s) : STATUS_OK);
        TRY(name_take(s, "member", "your name in the team", j->owner, &member));
    }
    TRY(device_name_take(s, &device));
    TRY(vault_begin(s->cx, s->vault));
    begun = true;
    TRY(join_make(s, j, buf_text(&member), buf_text(&device), file));
    TRY(j->path == NULL ? crossing_request_keep(s, buf_view(file))
                        : output_write(s, j->path, buf_view(file)));
    TRY(vault_commit(s->cx, s->vault));
    begun = false;
    if (j->path != NULL) {
        TRY(join_say(s, j, buf_view(file)));
    }
out:
    if (begun) {
        vault_rollback(s->vault);
    }
    buf_finish(&device);
    buf_finish(&member);
    return status;
}

enum status join_file_write(struct session *s, const struct joining *j)
{
    struct buf file;

    buf_init(&file, JOIN_MAX);
    enum status status = join_request(s, j, &file);
    buf_finish(&file);
    return status;
}

static enum status content_take(struct session *s, bytes content)
{
    enum status status = STATUS_OK;
    struct admission_counts counts = {0};
    struct log_sink sink;

    TRY(session_open_records(s));
    if (content.len > 0) {
        sink = records_sink(s->records);
        TRY(admission_take_content(s->cx, s->team, &sink, content, &counts));
    }
    line_start(&s->out, "taken");
    line_number(&s->out, "entries", (int64_t)counts.taken);
    line_number(&s->out, "operations", (int64_t)counts.operations);
    line_end(&s->out);
    out_say(&s->out, "%llu change%s came with the invite", (unsigned long long)counts.operations,
            plural(counts.operations));
out:
    return status;
}

/* Whose words they were is known by the device that signed the invite; the name in it is only what
 * its program says. */
static enum status inviter_compared(struct session *s, const struct invite_info *info)
{
    enum status status = STATUS_OK;
    const struct team_device *d = team_device_by_id(s->team, &info->inviter);
    const struct team_member *m = d == NULL ? NULL : team_member_by_id(s->team, &d->member);

    if (m != NULL && !text_equal(m->name, buf_text(&info->inviter_name))) {
        status = fault_set(s->cx, STATUS_FORGED, __FILE__, __LINE__,
                           "the invite says that %.*s made it, but it was %.*s",
                           TEXT_ARG(buf_text(&info->inviter_name)), TEXT_ARG(m->name));
        (void)fault_hint(s->cx, "nothing was taken; ask another colleague to invite you");
        goto out;
    }
    TRY(words_compared(s, m));
out:
    return status;
}

static enum status join_end(struct session *s, bytes file)
{
    enum status status = STATUS_OK;
    struct invite_info info = {0};
    struct buf content;
    bool begun = false;

    buf_init(&content, INVITE_MAX);
    TRY(team_invite_inspect(s->cx, s->vault, file, &info));
    out_say(&s->out, "%.*s invites you into the team '%.*s' as %.*s",
            TEXT_ARG(buf_text(&info.inviter_name)), TEXT_ARG(buf_text(&info.team_name)),
            TEXT_ARG(buf_text(&info.role_name)));
    TRY(crossing_words(s, info.print));
    TRY(vault_begin(s->cx, s->vault));
    begun = true;
    TRY(team_join_finish(s->cx, s->vault, file, &s->team, &content));
    TRY(content_take(s, buf_view(&content)));
    TRY(inviter_compared(s, &info));
    TRY(crossing_request_forget(s));
    TRY(vault_commit(s->cx, s->vault));
    begun = false;
    TRY(team_emit(s));
    out_note(&s->out,
             "next: `valise list` shows what is here; `valise pack DIR` carries your first "
             "stick back");
out:
    if (begun) {
        vault_rollback(s->vault);
    }
    invite_info_finish(&info);
    buf_finish(&content);
    return status;
}

/* Both steps at once, face to face. */
static enum status join_by_light(struct session *s, struct buf *file)
{
    enum status status = STATUS_OK;
    const struct joining j = {.own = option_given(s, "own-device")};
    struct buf request;

    buf_init(&request, JOIN_MAX);
    TRY(option_given(s, "again") ? crossing_request_kept(s, &request)
                                 : join_request(s, &j, &request));
    TRY(crossing_request_show(s, buf_view(&request), file));
    TRY(join_end(s, buf_view(file)));
out:
    buf_finish(&request);
    return status;
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    const struct joining j = {.path = option_value(s, "out"), .own = option_given(s, "own-device")};
    int ways = (j.path != NULL) + (s->arg_count == 1) + option_given(s, "qr");
    struct buf file;

    buf_init(&file, INVITE_MAX);
    if (ways != 1) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                           "join wants either --out FILE, or an invite, or --qr");
        (void)fault_hint(s->cx,
                         "first `valise join --out FILE`, later `valise join INVITE`; face to "
                         "face `valise join --qr` is both");
        goto out;
    }
    if (option_given(s, "qr")) {
        TRY(join_by_light(s, &file));
    } else if (j.path != NULL) {
        TRY(join_file_write(s, &j));
    } else {
        status = input_read(s, s->args[0], INVITE_MAX, &file);
        TRY(input_explain(s, status, s->args[0], "the file that the colleague gave you back"));
        status = join_end(s, buf_view(&file));
        TRY(status == STATUS_MALFORMED
                ? input_explain(s, status, s->args[0], "the file that the colleague gave you back")
                : status);
    }
out:
    buf_finish(&file);
    return status;
}

static const struct action actions[] = {
    {NULL,
     "--out FILE [--member ME] [--sheet FILE] | INVITE [--words WORDS] | --qr [--again] [--member "
     "ME]",
     0, 1, NEED_VAULT, 1U, run},
};
const struct command cmd_join = {
    .name = "join",
    .summary = "join a team: first --out FILE, then the invite",
    .detail =
        "First `join --out FILE` makes this machine's keys and a file for the colleague who "
        "invites you; read its nine words out to them. Then `join INVITE` opens the file that "
        "comes back; this time the colleague reads nine words out. For a second machine of "
        "yours add --own-device.\n\n"
        "With --qr both at once, face to face: this screen shows the request, the camera then sees "
        "the welcome on the colleague's screen (`valise invite --qr` there). No file, no words to "
        "type.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
    .paper = true,
    .before = crossing_before_pair,
};
