/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack: what colleagues lack, onto a stick.
 */
#include "org.h"
#include "shared.h"

static const struct option options[] = {
    {"for", "NAME", "only what this member lacks"},
    {"everything", NULL, "also what the others are known to have"},
};

static const struct json_field json[] = {
    JSON_PACKED_ROWS,
    JSON_ORG_ROWS,
};

static void progress(void *self, uint64_t done, uint64_t all)
{
    struct session *s = self;

    out_progress(&s->out, "packing", done, all);
}

struct served {
    struct session *s;
    const struct team_member *only;
    struct buf names;
    struct id seen[64];
    size_t count;
};

/* Everybody who lacks something of ours is served by this stick, each named once. */
static enum status visit_peer(void *self, struct ctx *cx, const struct peer_state *p)
{
    enum status status = STATUS_OK;
    struct served *w = self;
    const struct team_member *m = team_member_by_id(w->s->team, &p->member);

    if (m == NULL || (w->only != NULL && !id_equal(&w->only->id, &p->member)) || w->count == 64 ||
        (p->entries_lacking == 0 && !option_given(w->s, "everything"))) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < w->count; i++) {
        if (id_equal(&w->seen[i], &p->member)) {
            return STATUS_OK;
        }
    }
    w->seen[w->count++] = p->member;
    TRY(buf_printf(cx, &w->names, "%s%.*s", w->names.len > 0 ? ", " : "", TEXT_ARG(m->name)));
out:
    return status;
}

static void say(struct session *s, const char *folder, const struct pack_report *r,
                const struct served *w)
{
    struct out *o = &s->out;
    char store[TIME_TEXT_MAX];
    text size = size_text(r->bytes, store);
    bool shown = s->light != NULL; /* as codes; where it lies is of no interest */

    line_start(o, "packed");
    line_text(o, "folder", text_any(folder));
    line_number(o, "bundle", (int64_t)r->bundle);
    line_number(o, "entries", (int64_t)r->entries);
    line_number(o, "pieces", (int64_t)r->pieces);
    line_number(o, "piece_size", (int64_t)r->piece_size);
    line_number(o, "bytes", (int64_t)r->bytes);
    line_number(o, "already", (int64_t)r->already);
    line_list(o, "serves");
    for (size_t i = 0; i < w->count; i++) {
        const struct team_member *m = team_member_by_id(s->team, &w->seen[i]);
        line_text(o, NULL, m == NULL ? TEXT("?") : m->name);
    }
    line_close_list(o);
    line_end(o);
    out_say(o, "bundle %llu with %llu entr%s%s%s%s: %llu piece%s, %.*s",
            (unsigned long long)r->bundle, (unsigned long long)r->entries,
            r->entries == 1 ? "y" : "ies", shown ? "" : " is in '", shown ? "" : folder,
            shown ? "" : "'", (unsigned long long)r->pieces, plural(r->pieces), TEXT_ARG(size));
    if (r->already > 0) {
        out_say(o, "%llu of them stood there from an interrupted run",
                (unsigned long long)r->already);
    }
    if (w->count > 0) {
        out_say(o, "it brings news to %.*s", TEXT_ARG(buf_text(&w->names)));
    } else {
        out_say(o, "everybody is known to have it all; it only says what you hold");
    }
}

enum status pack_into(struct session *s, const char *folder)
{
    enum status status = STATUS_OK;
    struct pack_report report = {0};
    struct pack_options options_pack = {
        .everything = option_given(s, "everything"), .progress = progress, .self = s};
    struct served served = {.s = s};
    text only;

    buf_init(&served.names, 64 * 1024);
    TRY(option_text(s, "for", &only));
    if (only.len > 0) {
        TRY(team_member_find(s->cx, s->team, only, &options_pack.only));
        served.only = options_pack.only;
    }
    TRY(org_watch(s));
    TRY(transfer_peers(s->cx, s->records, visit_peer, &served));
    TRY(transfer_pack(s->cx, s->records, folder, &options_pack, &report));
    out_progress_end(&s->out);
    say(s, folder, &report, &served);
out:
    buf_finish(&served.names);
    return status;
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;

    TRY(pack_into(s, s->args[0]));
    out_note(&s->out, "wait until the stick's light is off, then take it to your colleague");
out:
    return status;
}

static const struct action actions[] = {
    {NULL, "DIR [--for NAME] [--everything]", 1, 1, NEED_RECORDS, 1U, run},
};
const struct command cmd_pack = {
    .name = "pack",
    .summary = "put what colleagues lack onto a stick",
    .detail =
        "Writes pieces that look like noise, all of the same size, into DIR. Run again after a "
        "full or pulled stick: what stands whole stays, the rest is written.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
