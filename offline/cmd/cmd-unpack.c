/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack: take what a stick brings, or with --preview only look: who, when, what would change, what
 * would be refused, what a person would have to decide. Never writes to the stick.
 */
#include "guard.h"
#include "org.h"
#include "shared.h"

#include <string.h>

static const struct option options[] = {
    {"preview", NULL, "look, and change nothing"},
    {"changes", "N", "show at most N changes (preview 50, else none)"},
};

static const struct json_field json[] = {
    JSON_UNPACKED_ROWS,
    JSON_HISTORY_ROWS("change"),
    JSON_ORG_ROWS,
    JSON_EFFECT_ROWS,
};

/* A wrong folder holds thousands of files; its first ones tell which it is. */
enum { FOREIGN_SHOWN_MAX = 12, PROPOSALS_MAX = 4, PROPOSAL_NAME_MAX = 256 };
#define PROPOSAL_END ".proposal"

struct unpacking {
    struct session *s;
    const char *folder;
    struct taken *taken; /* may be NULL */
    uint64_t foreign_seen;
    int64_t changes_left, changes_more;
    bool preview;
    uint64_t known;
    char proposals[PROPOSALS_MAX][PROPOSAL_NAME_MAX];
    size_t proposal_count;
};

static const char *state_word(enum status status)
{
    switch ((int)status) {
    case STATUS_OK:
        return "taken";
    case STATUS_DUPLICATE:
        return "known";
    case STATUS_GAP:
        return "waiting";
    default: /* every other status is a reason to refuse */
        return "refused";
    }
}

static enum status visit_source(void *self, struct ctx *cx, const struct unpack_source *b)
{
    struct unpacking *u = self;
    struct out *o = &u->s->out;
    const struct team_device *d = team_device_by_ix(u->s->team, b->device_ix);
    text device = d == NULL ? TEXT("?") : d->name;
    text who = member_name(u->s, &b->member);
    const char *state = state_word(b->status);
    char store[TIME_TEXT_MAX];
    text when = time_text(b->time, store);

    (void)cx;
    u->known += b->status == STATUS_DUPLICATE ? 1 : 0;
    if (u->taken != NULL && (b->status == STATUS_OK || b->status == STATUS_DUPLICATE)) {
        *u->taken = (struct taken){.device_ix = b->device_ix, .bundle = b->bundle};
    }
    line_start(o, "bundle");
    line_text(o, "member", who);
    line_text(o, "device", device);
    line_number(o, "number", (int64_t)b->bundle);
    line_number(o, "time", b->time);
    line_number(o, "pieces_here", (int64_t)b->pieces_here);
    line_number(o, "pieces_all", (int64_t)b->pieces_all);
    line_number(o, "entries", (int64_t)b->entries);
    line_number(o, "operations", (int64_t)b->operations);
    line_number(o, "refused", (int64_t)b->refused_rights);
    line_text(o, "state", text_of(state));
    line_text(o, "reason", b->reason);
    line_end(o);
    out_say(o, "%.*s (%.*s), bundle %llu of %.*s: %s", TEXT_ARG(who), TEXT_ARG(device),
            (unsigned long long)b->bundle, TEXT_ARG(when),
            u->preview && b->status == STATUS_OK ? "new" : state);
    if (b->status == STATUS_GAP && b->pieces_all > 0) {
        out_say(o, "  %llu of %llu pieces are here; the others are on another stick",
                (unsigned long long)b->pieces_here, (unsigned long long)b->pieces_all);
    } else if (b->status == STATUS_GAP) {
        out_say(o, "  %llu pieces are here, but not yet the first one",
                (unsigned long long)b->pieces_here);
    } else if (b->status == STATUS_OK) {
        out_say(o, "  %llu change%s in %llu entr%s", (unsigned long long)b->operations,
                plural(b->operations), (unsigned long long)b->entries,
                b->entries == 1 ? "y" : "ies");
    }
    if (b->refused_rights > 0) {
        out_say(o, "  %llu change%s without effect: the author's role does not allow it",
                (unsigned long long)b->refused_rights, plural(b->refused_rights));
    }
    if (b->reason.len > 0) {
        out_say(o, "  %.*s", TEXT_ARG(b->reason));
    }
    return STATUS_OK;
}

/* By name alone; what it is is seen when it is read. */
static void proposal_note(struct unpacking *u, text name)
{
    const text end = TEXT(PROPOSAL_END);

    if (name.len > end.len && name.len < PROPOSAL_NAME_MAX && u->proposal_count < PROPOSALS_MAX &&
        memcmp(name.ptr + name.len - end.len, end.ptr, end.len) == 0) {
        memcpy(u->proposals[u->proposal_count], name.ptr, name.len);
        u->proposals[u->proposal_count++][name.len] = '\0';
    }
}

/* What waits for an owner's signature next to the bundle. One that cannot be read here is no
 * failure of the unpacking. */
static enum status proposals_tell(struct unpacking *u)
{
    enum status status = STATUS_OK;
    struct buf path;
    const char *name;

    buf_init(&path, 8192);
    for (size_t i = 0; i < u->proposal_count; i++) {
        TRY(path_join(u->s->cx, &path, u->folder, u->proposals[i], &name));
        if (proposal_tell(u->s, name) != STATUS_OK) {
            out_note(&u->s->out, "'%s' could not be read: %s", name, u->s->cx->fault.what);
            fault_clear(u->s->cx);
        }
    }
out:
    buf_finish(&path);
    return status;
}

static enum status visit_foreign(void *self, struct ctx *cx, text name, text what)
{
    struct unpacking *u = self;
    struct out *o = &u->s->out;

    (void)cx;
    line_start(o, "foreign");
    line_text(o, "name", name);
    line_text(o, "what", what);
    line_end(o);
    proposal_note(u, name);
    if (u->foreign_seen++ < FOREIGN_SHOWN_MAX) {
        out_say(o, "not ours and not opened: '%.*s' (%.*s)", TEXT_ARG(name), TEXT_ARG(what));
    }
    return STATUS_OK;
}

static enum status visit_change(void *self, struct ctx *cx, const struct history_line *h)
{
    struct unpacking *u = self;

    (void)cx;
    if (u->changes_left == 0) {
        u->changes_more++;
        return STATUS_OK;
    }
    u->changes_left--;
    return history_emit(u->s, "change", h);
}

static void progress(void *self, uint64_t done, uint64_t all)
{
    struct unpacking *u = self;

    out_progress(&u->s->out, "reading", done, all);
}

static void say(struct session *s, const struct unpack_report *r, bool preview)
{
    struct out *o = &s->out;

    line_start(o, "unpacked");
    line_flag(o, "preview", preview);
    line_number(o, "files", (int64_t)r->files);
    line_number(o, "foreign_files", (int64_t)r->foreign_files);
    line_number(o, "torn_files", (int64_t)r->torn_files);
    line_number(o, "unknown_pieces", (int64_t)r->unknown_pieces);
    line_number(o, "own_pieces", (int64_t)r->own_pieces);
    line_number(o, "known_pieces", (int64_t)r->known_pieces);
    line_number(o, "new_pieces", (int64_t)r->new_pieces);
    line_number(o, "entries", (int64_t)r->entries);
    line_number(o, "operations", (int64_t)r->operations);
    line_number(o, "refused", (int64_t)r->refused_rights);
    line_number(o, "pending", (int64_t)r->pending);
    line_number(o, "conflicts", (int64_t)r->conflicts_new);
    line_number(o, "taken", (int64_t)r->bundles_taken);
    line_number(o, "waiting", (int64_t)r->bundles_waiting);
    line_number(o, "rejected", (int64_t)r->bundles_refused);
    line_end(o);
    out_say(o, "%s%llu change%s in %llu entr%s, %llu new piece%s, %llu conflict%s",
            preview ? "would take " : "took ", (unsigned long long)r->operations,
            plural(r->operations), (unsigned long long)r->entries, r->entries == 1 ? "y" : "ies",
            (unsigned long long)r->new_pieces, plural(r->new_pieces),
            (unsigned long long)r->conflicts_new, plural(r->conflicts_new));
    if (r->torn_files > 0) {
        out_say(o, "%llu piece%s not written whole: let the sender pack to the stick again",
                (unsigned long long)r->torn_files, r->torn_files == 1 ? " was" : "s were");
    }
    if (r->unknown_pieces > 0) {
        out_say(o, "%llu piece%s for others, or from a machine not known here yet",
                (unsigned long long)r->unknown_pieces, plural(r->unknown_pieces));
    }
    if (r->pending > 0) {
        out_say(o, "%llu entr%s for earlier ones", (unsigned long long)r->pending,
                r->pending == 1 ? "y waits" : "ies wait");
    }
    if (preview) {
        out_say(o, "nothing was changed");
    } else if (r->conflicts_new > 0) {
        out_note(o, "`valise conflicts` shows what a person must decide");
    }
}

/* The exit code says what a script must know: refused over missing over nothing new. */
static enum status outcome(struct session *s, const char *folder, const struct unpack_report *r,
                           uint64_t known)
{
    enum status status = STATUS_OK;

    if (r->bundles_refused > 0) {
        status = fault_set(s->cx, STATUS_FORGED, __FILE__, __LINE__, "%llu bundle%s refused",
                           (unsigned long long)r->bundles_refused,
                           r->bundles_refused == 1 ? " was" : "s were");
        (void)fault_hint(s->cx, "`valise quarantine list` says why; tell the colleague");
    } else if (r->bundles_waiting > 0 || r->pending > 0) {
        enum status code = r->bundles_taken > 0 ? STATUS_PARTIAL : STATUS_GAP;
        if (r->bundles_waiting > 0) {
            status = fault_set(s->cx, code, __FILE__, __LINE__, "%llu bundle%s for missing pieces",
                               (unsigned long long)r->bundles_waiting,
                               r->bundles_waiting > 1 ? "s wait" : " waits");
            (void)fault_hint(s->cx, "what is here is kept; unpack the stick with the other pieces");
        } else {
            status = fault_set(
                s->cx, code, __FILE__, __LINE__, "%llu entr%s for earlier ones that are not here",
                (unsigned long long)r->pending, r->pending == 1 ? "y waits" : "ies wait");
            (void)fault_hint(s->cx, "what is here is kept, and colleagues' next sticks bring the "
                                    "rest; when they do not, ask them whether you still have your "
                                    "place in the team");
        }
    } else if (r->new_pieces == 0 && r->known_pieces + known > 0) {
        FAIL(s->cx, STATUS_DUPLICATE, "everything on it was taken already");
    } else if (r->new_pieces == 0 && r->own_pieces > 0) {
        FAIL(s->cx, STATUS_DUPLICATE, "it holds only what this machine packed itself");
    } else if (r->new_pieces == 0 && r->bundles_taken == 0) {
        status = fault_set(s->cx, STATUS_NOT_FOUND, __FILE__, __LINE__,
                           "there is nothing for this team in '%.200s'", folder);
        (void)fault_hint(
            s->cx, "%s",
            r->unknown_pieces > 0
                ? "what is on it was packed for others, or on a machine that this one "
                  "has not heard of: a stick of another colleague may introduce it. "
                  "When no stick opens here any more, ask a colleague whether you "
                  "still have your place in the team"
                : "is it the right stick, and the folder that `valise pack` was given?");
    }
out:
    return status;
}

enum status unpack_from(struct session *s, const char *folder, struct taken *ret)
{
    enum status status = STATUS_OK;
    struct unpack_report report = {0};
    struct effects *before = NULL;
    struct effects *after = NULL;
    struct unpacking u = {
        .s = s, .folder = folder, .taken = ret, .preview = option_given(s, "preview")};
    struct unpack_options o = {.preview = u.preview,
                               .source = visit_source,
                               .foreign = visit_foreign,
                               .progress = progress,
                               .self = &u};

    TRY(option_number(s, "changes", 0, 10000000, o.preview ? 50 : 0, &u.changes_left));
    if (o.preview || u.changes_left > 0) {
        o.change = visit_change;
    }
    TRY(effects_new(s, &before));
    TRY(transfer_unpack(s->cx, s->records, folder, &o, &report));
    out_progress_end(&s->out);
    if (u.foreign_seen > FOREIGN_SHOWN_MAX) {
        out_say(&s->out, "... and %llu more files that are not ours",
                (unsigned long long)(u.foreign_seen - FOREIGN_SHOWN_MAX));
    }
    if (u.changes_more > 0) {
        out_say(&s->out, "... and %lld more changes", (long long)u.changes_more);
    }
    say(s, &report, o.preview);
    if (!o.preview) {
        TRY(effects_new(s, &after));
        effects_arrived_say(s, before, after);
    }
    TRY(proposals_tell(&u));
    if (!o.preview) {
        TRY(org_watch(s));
    }
    TRY(outcome(s, folder, &report, u.known));
out:
    effects_free(&before);
    effects_free(&after);
    return status;
}

static enum status run(struct session *s)
{
    return unpack_from(s, s->args[0], NULL);
}

static const struct action actions[] = {
    {NULL, "DIR [--preview] [--changes N]", 1, 1, NEED_RECORDS, 1U, run},
};
const struct command cmd_unpack = {
    .name = "unpack",
    .summary = "take what a stick brings",
    .detail =
        "DIR may also be a single piece. Taking a stick twice changes nothing (exit code 21). "
        "Pieces may come in any order, over several sticks: until a bundle is whole it waits "
        "(exit code 22, or 3 when others were taken). Files that are not ours are named and "
        "never opened.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
