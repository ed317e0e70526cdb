/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recovery: a member's recovery sheet, parted among colleagues. Any k of n shares make the sheet
 * again; fewer tell nothing. A colleague keeps a share on paper or in the vault, sees whose it is,
 * and gives it back to that person; the words of a share are shown on demand only.
 */
#include "guard.h"
#include "limits.h"
#include "shared.h"

#include <string.h>

static const struct option options[] = {
    {"out", "FILE",
     "split: the folder for the shares; give: the file; join: the file for the "
     "colleague who lets the new machine in"},
    {"sheet", "FILE",
     "split: the sheet or a scan of it, else it is asked for; join: write the sheet "
     "anew there"},
    {"pdf", NULL, "split: pages to print, with a code, instead of files"},
    {"member", "NAME", "join: your name, if the shares do not say it"},
    {"device", "NAME", "join: the new machine's name"},
    {"reveal", NULL, "give: show the share on the screen"},
    {"force", NULL, "replace files that are there"},
};

#define SHARE_ROWS(message)                                                                        \
    {message, "set", "text", "two words that name the set"},                                       \
        {message, "number", "number", "of this share"},                                            \
        {message, "need", "number", "how many shares of the set are enough"},                      \
    {                                                                                              \
        message, "of", "number", "how many there are"                                              \
    }

static const struct json_field json[] = {
    {"share", "file", "text", "where it was written"},
    SHARE_ROWS("share"),
    {"share", "holder", "text", "who is to keep it"},
    SHARE_ROWS("kept"),
    {"kept", "owner", "text", "whose secret it is a share of, as its maker says"},
    {"kept", "team", "text", "and in which team"},
    {"kept", "for", "text", "recovery sheet or travel lock"},
    {"kept", "since", "number", "Unix time when it was taken in"},
    {"given", "file", "text", "where it was written, or empty"},
    {"given", "page", "text", "the page, only with --reveal"},
    {"join", "file", "text", "what to hand to the colleague"},
    {"join", "member", "text", "your name"},
    {"join", "device", "text", "this machine's name"},
    {"join", "words", "text", "the nine words to read out to the colleague"},
    {"sheet", "file", "text", "the sheet that was written anew"},
};

/* ---- split ---- */

/* The sheet must be this member's: a set of somebody else's would carry the wrong name. */
static enum status own_sheet(struct session *s, const struct secret *seed)
{
    enum status status = STATUS_OK;
    const struct team_member *me = team_me(s->team);
    uint8_t pk[32];
    struct id id;

    TRY(root_public(s->cx, seed, pk));
    member_id(pk, &id);
    if (me == NULL || !id_equal(&id, &me->id)) {
        status =
            fault_set(s->cx, STATUS_FOREIGN, __FILE__, __LINE__,
                      "this is not your sheet in the team '%.*s'", TEXT_ARG(team_name(s->team)));
        (void)fault_hint(s->cx, "each team has a sheet of its own: --team NAME chooses");
    }
out:
    return status;
}

static enum status holders_take(struct session *s, unsigned of, text *ret, bool *ret_named)
{
    enum status status = STATUS_OK;
    const struct team_member *m;

    *ret_named = s->arg_count > 2;
    if (*ret_named && s->arg_count != 2 + of) {
        FAIL(s->cx, STATUS_USAGE, "%zu names for %u shares", s->arg_count - 2, of);
    }
    for (size_t i = 2; i < s->arg_count; i++) {
        text name;
        TRY(arg_text(s, i, &name));
        TRY(team_member_find(s->cx, s->team, name, &m));
        if (m->self) {
            status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                               "you cannot keep a share of your own sheet");
            (void)fault_hint(s->cx, "give each share to somebody else");
            goto out;
        }
        for (size_t k = 2; k < i; k++) {
            if (text_equal(ret[k - 2], m->name)) {
                FAIL(s->cx, STATUS_USAGE, "'%.*s' is named twice", TEXT_ARG(m->name));
            }
        }
        ret[i - 2] = m->name;
    }
out:
    return status;
}

static enum status run_split(struct session *s)
{
    enum status status = STATUS_OK;
    struct key_share shares[KEY_SHARES_MAX];
    struct secret *seed = NULL;
    text holders[KEY_SHARES_MAX];
    bool named = false;
    unsigned need = 0;
    unsigned of = 0;

    TRY(shares_shape(s, 0, &need, &of));
    TRY(shares_possible(s));
    TRY(holders_take(s, of, holders, &named));
    TRY(sheet_take(s, option_value(s, "sheet"), &seed, NULL));
    TRY(own_sheet(s, seed));
    TRY(key_share_split(s->cx, SHARE_ROOT, need, of, seed, shares));
    struct key_share_labels labels = {.owner = team_me(s->team)->name, .team = team_name(s->team)};
    TRY(shares_write(s, shares, labels, named ? holders : NULL));
    out_note(&s->out,
             "give each to another person, face to face, then remove the files here. Any %u "
             "of them together can act in your name: choose people who would not",
             need);
out:
    wipe(shares, sizeof shares);
    secret_free(&seed);
    return status;
}

/* ---- keep, list, give ---- */

static enum status run_keep(struct session *s)
{
    enum status status = STATUS_OK;
    uint8_t packed[KEY_SHARE_PACKED_BYTES];
    struct shares h;
    struct stmt *q = NULL;
    struct buf set;

    shares_init(&h);
    buf_init(&set, 64);
    TRY(shares_take(s, &h));
    for (size_t i = 0; i < h.count; i++) {
        key_share_pack(&h.list[i], packed);
        TRY(stmt_use(s->cx, s->vault, STMT_KEPT_SHARE_INSERT, &q));
        stmt_bind_bytes(q, 1, BYTES_OF(h.list[i].set));
        stmt_bind_int(q, 2, h.list[i].number);
        stmt_bind_bytes(q, 3, BYTES_OF(packed));
        stmt_bind_text(q, 4, buf_text(&h.owner));
        stmt_bind_text(q, 5, buf_text(&h.team));
        stmt_bind_int(q, 6, s->cx->system->now(s->cx->system->self));
        status = stmt_run(s->cx, q);
        if (status == STATUS_EXISTS) {
            fault_clear(s->cx);
            status = fault_set(s->cx, STATUS_DUPLICATE, __FILE__, __LINE__,
                               "this vault keeps share %u of that set already", h.list[i].number);
        }
        TRY(status);
        buf_clear(&set);
        TRY(key_share_set_words(s->cx, h.list[i].set, &set));
        out_say(&s->out, "share %u of the set '%.*s' is kept in this vault", h.list[i].number,
                TEXT_ARG(buf_text(&set)));
    }
    out_note(&s->out, "remove the file it came in; `valise recovery list` shows what you keep");
out:
    wipe(packed, sizeof packed);
    buf_finish(&set);
    shares_finish(&h);
    return status;
}

/* A row of the table, opened. */
struct kept {
    struct key_share share;
    struct buf set;
    text owner, team; /* borrowed from the row */
    int64_t since;
};

static enum status kept_read(struct session *s, struct stmt *q, struct kept *ret)
{
    enum status status = STATUS_OK;

    status = key_share_unpack(s->cx, stmt_bytes(q, 0), &ret->share);
    if (status != STATUS_OK) {
        s->cx->fault.status = STATUS_INTEGRITY;
        status = STATUS_INTEGRITY;
        goto out;
    }
    ret->owner = stmt_text(q, 1);
    ret->team = stmt_text(q, 2);
    ret->since = stmt_int(q, 3);
    buf_clear(&ret->set);
    TRY(key_share_set_words(s->cx, ret->share.set, &ret->set));
out:
    return status;
}

static enum status run_list(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("set"), "set", COLUMN_TEXT},     {TEXT_ROW("share"), "number", COLUMN_NUMBER},
        {TEXT_ROW("need"), "need", COLUMN_NUMBER}, {TEXT_ROW("of"), "of", COLUMN_NUMBER},
        {TEXT_ROW("whose"), "owner", COLUMN_TEXT}, {TEXT_ROW("team"), "team", COLUMN_TEXT},
        {TEXT_ROW("for"), "for", COLUMN_TEXT},     {TEXT_ROW("since"), "since", COLUMN_TIME},
    };
    enum status status = STATUS_OK;
    struct kept k = {.owner = {0}};
    struct stmt *q = NULL;
    bool row = false;

    buf_init(&k.set, 64);
    out_table(&s->out, "kept", columns, ROWS_COUNT(columns));
    TRY(stmt_use(s->cx, s->vault, STMT_KEPT_SHARE_LIST, &q));
    TRY(stmt_step(s->cx, q, &row));
    while (row) {
        TRY(kept_read(s, q, &k));
        out_cell(&s->out, buf_text(&k.set));
        out_cell_number(&s->out, k.share.number);
        out_cell_number(&s->out, k.share.need);
        out_cell_number(&s->out, k.share.of);
        out_cell(&s->out, k.owner);
        out_cell(&s->out, k.team);
        out_cell(&s->out, key_share_kind_words(k.share.kind));
        out_cell_number(&s->out, k.since);
        TRY(stmt_step(s->cx, q, &row));
    }
out:
    out_table_end(&s->out, "this vault keeps no shares: `valise recovery keep FILE` takes one in");
    wipe(&k.share, sizeof k.share);
    buf_finish(&k.set);
    return status;
}

/* By its set or its owner; a unique beginning is enough. The row stays open for its texts. */
static enum status kept_find(struct session *s, struct kept *ret, struct stmt **ret_row)
{
    enum status status = STATUS_OK;
    struct stmt *q = NULL;
    bool row = false;
    size_t seen = 0;
    size_t wanted = 0;
    text name;

    TRY(arg_text(s, 0, &name));
    for (int pass = 0; pass < 2; pass++) { /* count, then go there again */
        size_t at = 0;
        TRY(stmt_use(s->cx, s->vault, STMT_KEPT_SHARE_LIST, &q));
        TRY(stmt_step(s->cx, q, &row));
        while (row) {
            TRY(kept_read(s, q, ret));
            bool fits = text_starts(buf_text(&ret->set), name) || text_starts(ret->owner, name);
            if (pass == 1 && fits && at == wanted) {
                *ret_row = q;
                goto out;
            }
            seen += pass == 0 && fits;
            wanted = pass == 0 && fits ? at : wanted;
            at++;
            TRY(stmt_step(s->cx, q, &row));
        }
        if (seen != 1) {
            status = fault_set(s->cx, seen == 0 ? STATUS_NOT_FOUND : STATUS_AMBIGUOUS, __FILE__,
                               __LINE__, "%zu kept shares fit '%.*s'", seen, TEXT_ARG(name));
            (void)fault_hint(s->cx, "`valise recovery list` shows them; give the set's name");
            goto out;
        }
    }
out:
    return status;
}

static enum status run_give(struct session *s)
{
    enum status status = STATUS_OK;
    struct kept k = {.owner = {0}};
    struct stmt *row = NULL;
    struct buf page;
    const char *path = option_value(s, "out");
    bool reveal = option_given(s, "reveal");

    buf_init(&k.set, 64);
    buf_init(&page, PAGE_TEXT_MAX);
    if (path == NULL && !reveal) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                           "a share is not shown by itself: where should it go?");
        (void)fault_hint(s->cx, "--out FILE writes it, --reveal shows it on this screen");
        goto out;
    }
    TRY(kept_find(s, &k, &row));
    struct key_share_labels labels = {.owner = k.owner, .team = k.team};
    if (path != NULL) {
        TRY(outside_vault(s, path, "share"));
        TRY(share_page(s, path, &k.share, &labels));
    }
    line_start(&s->out, "given");
    line_text(&s->out, "file", text_any(path));
    if (reveal) {
        TRY(key_share_write(s->cx, &k.share, &labels, &page));
        line_text(&s->out, "page", buf_text(&page));
        out_lines(&s->out, 0, buf_text(&page));
    }
    line_end(&s->out);
    if (path != NULL) {
        out_say(&s->out, "the share is in '%s'; give it to %.*s alone, face to face", path,
                TEXT_ARG(k.owner.len > 0 ? k.owner : TEXT("its owner")));
    }
out:
    if (row != NULL) {
        stmt_reset(row);
    }
    wipe(&k.share, sizeof k.share);
    buf_finish(&k.set);
    buf_finish(&page);
    return status;
}

static enum status run_forget(struct session *s)
{
    enum status status = STATUS_OK;
    struct kept k = {.owner = {0}};
    struct stmt *row = NULL;

    buf_init(&k.set, 64);
    TRY(kept_find(s, &k, &row));
    stmt_reset(row);
    TRY(stmt_use(s->cx, s->vault, STMT_KEPT_SHARE_DELETE, &row));
    stmt_bind_bytes(row, 1, BYTES_OF(k.share.set));
    stmt_bind_int(row, 2, k.share.number);
    TRY(stmt_run(s->cx, row));
    out_say(&s->out, "share %u of the set '%.*s' is no longer kept here", k.share.number,
            TEXT_ARG(buf_text(&k.set)));
out:
    wipe(&k.share, sizeof k.share);
    buf_finish(&k.set);
    return status;
}

/* ---- join ---- */

static enum status run_join(struct session *s)
{
    enum status status = STATUS_OK;
    struct secret *seed = NULL;
    struct shares h;
    const char *sheet = option_value(s, "sheet");

    shares_init(&h);
    if (option_value(s, "out") == NULL && sheet == NULL) {
        status =
            fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "what should come of the shares?");
        (void)fault_hint(s->cx,
                         "--out FILE begins your return on this machine, --sheet FILE writes "
                         "the recovery sheet anew");
        goto out;
    }
    if (sheet != NULL) {
        TRY(sheet_possible(s));
    }
    TRY(shares_take(s, &h));
    TRY(shares_join(s, &h, SHARE_ROOT, &seed));
    if (sheet != NULL) {
        TRY(sheet_hand_out(s, seed, buf_text(&h.team), buf_text(&h.owner)));
        line_start(&s->out, "sheet");
        line_text(&s->out, "file", text_any(sheet));
        line_end(&s->out);
    }
    if (option_value(s, "out") != NULL) {
        TRY(restore_begin(s, seed, buf_text(&h.owner)));
    }
out:
    secret_free(&seed);
    shares_finish(&h);
    return status;
}

static const struct action actions[] = {
    {"split", "K N [MEMBER ...] --out DIR [--pdf] [--sheet FILE]", 2, 2 + KEY_SHARES_MAX, NEED_TEAM,
     0, run_split},
    {"keep", "[FILE ...]", 0, KEY_SHARES_MAX, NEED_VAULT, ~0U, run_keep},
    {"list", "", 0, 0, NEED_VAULT, 0, run_list},
    {"give", "SET|OWNER --out FILE|--reveal", 1, 1, NEED_VAULT, 0, run_give},
    {"forget", "SET|OWNER", 1, 1, NEED_VAULT, 0, run_forget},
    {"join", "[FILE ...] --out FILE|--sheet FILE [--member ME] [--device NAME]", 0, KEY_SHARES_MAX,
     NEED_VAULT, ~0U, run_join},
};
const struct command cmd_recovery = {
    .name = "recovery",
    .summary = "part your recovery sheet among colleagues, keep theirs, join them again",
    .detail =
        "`recovery split K N` makes N shares of your recovery sheet, for N people: any K of them "
        "together make it again, fewer learn nothing. `recovery keep` takes a colleague's share "
        "into this vault; `recovery list` shows whose shares are here and `recovery give` writes "
        "one out again, for its owner alone.\n\n"
        "`recovery join` makes the sheet again from K shares: files, scans, or words that are "
        "typed "
        "when no file is named. Then your return on this machine goes on as with `valise restore "
        "device`. A share that was changed is refused, and named as soon as one more than K is "
        "there.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
    .paper = true,
};
