/* SPDX-License-Identifier: Apache-2.0 */
/*
 * travel: a vault its owner truthfully cannot open. The vault key gets a second slot, under a key
 * that exists as shares only; when the shares are with the colleagues, the passphrase's slot goes.
 * Until then the passphrase opens, from then on k shares do; at no moment neither.
 *
 * The key header is the only thing that changes, each time as a whole (file_replace), and what it
 * was before is overwritten.
 */
#include "agent.h"
#include "guard.h"
#include "shared.h"

static const struct option options[] = {
    {"out", "DIR", "lock: the folder for the shares"},
    {"member", "NAME", "lock: your name on the shares"},
    {"pdf", NULL, "lock: pages to print, with a code, instead of files"},
    {"handed-over", "SET",
     "lock: the name of the set whose shares are with their holders, instead of "
     "being asked"},
    {"new-passphrase-fd", "N", "unlock: read the new passphrase from this descriptor"},
    {"kdf", "COST",
     "unlock: how hard each guess is: floor (64 MiB), moderate (256 MiB) or sensitive (1 GiB)"},
    {"force", NULL, "lock: replace files that are there"},
};

static const struct json_field json[] = {
    {"share", "file", "text", "where it was written"},
    {"share", "set", "text", "two words that name the set"},
    {"share", "number", "number", "of this share"},
    {"share", "need", "number", "how many shares of the set are enough"},
    {"share", "of", "number", "how many there are"},
    {"share", "holder", "text", "empty"},
    {"travel", "state", "text", "open, prepared (shares are made, the passphrase opens) or locked"},
    {"travel", "set", "text", "name of the set of shares, or empty"},
    {"travel", "need", "number", "how many of its shares are enough, or 0"},
    {"travel", "of", "number", "how many there are, or 0"},
};

static enum status say_state(struct session *s, bool told)
{
    enum status status = STATUS_OK;
    struct header_slots slots = {.passphrases = 0};
    struct buf header;
    struct buf set;
    struct out *o = &s->out;

    buf_init(&header, HEADER_BYTES_MAX);
    buf_init(&set, 64);
    TRY(session_header(s, &header));
    TRY(header_look(s->cx, buf_view(&header), &slots));
    if (slots.shares) {
        TRY(key_share_set_words(s->cx, slots.set, &set));
    }
    bool locked = slots.passphrases == 0;
    line_start(o, "travel");
    line_text(o, "state", locked ? TEXT("locked") : slots.shares ? TEXT("prepared") : TEXT("open"));
    line_text(o, "set", buf_text(&set));
    line_number(o, "need", slots.need);
    line_number(o, "of", slots.of);
    line_end(o);
    if (told) {
        goto out;
    }
    if (locked) {
        out_say(
            o, "locked: no passphrase opens this vault, only %u of the %u shares of the set '%.*s'",
            slots.need, slots.of, TEXT_ARG(buf_text(&set)));
    } else if (slots.shares) {
        out_say(
            o,
            "prepared: the passphrase opens this vault, and so do %u of the %u shares of the set "
            "'%.*s'",
            slots.need, slots.of, TEXT_ARG(buf_text(&set)));
    } else {
        out_say(o, "no travel lock: the passphrase opens this vault");
    }
out:
    buf_finish(&set);
    buf_finish(&header);
    return status;
}

static enum status run_state(struct session *s)
{
    return say_state(s, false);
}

/* ---- lock ---- */

/* The new header must open with the shares before any passphrase goes. */
static enum status prove_shares(struct session *s, const struct key_share *shares)
{
    enum status status = STATUS_OK;
    struct secret *shared = NULL;
    struct secret *key = NULL;
    struct buf header;
    uint32_t wrong = 0;

    buf_init(&header, HEADER_BYTES_MAX);
    TRY(session_header(s, &header));
    TRY(key_share_join(s->cx, shares, shares->of, &shared, &wrong));
    TRY(header_open_shared(s->cx, buf_view(&header), shared, &key));
    MUST(wrong == 0 && bytes_equal(secret_view(key), secret_view(s->key)));
out:
    secret_free(&shared);
    secret_free(&key);
    buf_finish(&header);
    return status;
}

static enum status prepare(struct session *s)
{
    enum status status = STATUS_OK;
    struct key_share shares[KEY_SHARES_MAX];
    struct buf header;
    struct buf both;
    struct buf name;
    unsigned need = 0;
    unsigned of = 0;

    buf_init(&header, HEADER_BYTES_MAX);
    buf_init(&both, HEADER_BYTES_MAX);
    buf_init(&name, TYPED_BYTES_MAX);
    TRY(shares_shape(s, 0, &need, &of));
    TRY(name_take(s, "member", "your name, as it shall stand on the shares", TEXT(""), &name));
    TRY(session_header(s, &header));
    TRY(header_add_shares(s->cx, buf_view(&header), s->key, need, of, shares, &both));
    TRY(shares_write(s, shares, (struct key_share_labels){.owner = buf_text(&name)}, NULL));
    TRY(header_put(s, &both));
    TRY(prove_shares(s, shares));
out:
    wipe(shares, sizeof shares);
    buf_finish(&name);
    buf_finish(&both);
    buf_finish(&header);
    return status;
}

/* Typing the name needs a look at one of the shares: it stands nowhere else by then. */
static enum status handed_over(struct session *s, text set, bool *ret)
{
    enum status status = STATUS_OK;
    struct buf typed;
    text given;

    buf_init(&typed, TYPED_BYTES_MAX);
    TRY(option_text(s, "handed-over", &given));
    if (given.len == 0 && s->tty >= 0 && !s->out.json) {
        out_tty_lines(
            &s->out, s->tty,
            TEXT("From now on your passphrase will not open this vault, and nobody can "
                 "undo that but\nthe holders of the shares. A share that is still on this "
                 "machine makes it a lie.\n"));
        TRY(tty_ask_line(
            s,
            "When every share is with its holder, type the name of their set; Enter to "
            "wait",
            &typed));
        given = buf_text(&typed);
    }
    *ret = given.len > 0;
    if (*ret && !text_equal(given, set)) {
        status = fault_set(s->cx, STATUS_UNVERIFIED, __FILE__, __LINE__,
                           "'%.*s' is not the name of the set that was made", TEXT_ARG(given));
        (void)fault_hint(s->cx, "it stands on each share behind \"set:\"; `valise travel lock K N` "
                                "makes new ones");
    }
out:
    buf_finish(&typed);
    return status;
}

/* The last step: the passphrase's slot goes. */
static enum status finish_lock(struct session *s)
{
    enum status status = STATUS_OK;
    struct header_slots slots = {.passphrases = 0};
    struct buf header;
    struct buf locked;
    struct buf set;
    bool done = false;

    buf_init(&header, HEADER_BYTES_MAX);
    buf_init(&locked, HEADER_BYTES_MAX);
    buf_init(&set, 64);
    TRY(session_header(s, &header));
    TRY(header_look(s->cx, buf_view(&header), &slots));
    if (!slots.shares) {
        status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "there are no shares yet");
        (void)fault_hint(s->cx, "`valise travel lock 2 3 --out DIR` makes three, two are enough");
        goto out;
    }
    TRY(key_share_set_words(s->cx, slots.set, &set));
    TRY(handed_over(s, buf_text(&set), &done));
    if (!done) {
        TRY(say_state(s, false));
        out_note(&s->out, "next: hand the shares over, remove their files from this machine, then "
                          "`valise travel lock` asks for the name of their set");
        goto out;
    }
    TRY(header_drop(s->cx, buf_view(&header), s->key, SLOT_PASSPHRASE, &locked));
    TRY(agent_end(s->cx, s->vault_path, 500, &done));
    TRY(header_put(s, &locked));
    TRY(say_state(s, false));
    out_note(&s->out,
             "copies of the old key header, in a backup or in spare blocks of a flash disk, "
             "would still open with the passphrase: leave backups at home");
out:
    buf_finish(&set);
    buf_finish(&locked);
    buf_finish(&header);
    return status;
}

static enum status run_lock(struct session *s)
{
    enum status status = STATUS_OK;
    struct header_slots slots = {.passphrases = 0};
    struct buf header;
    int lock = -1;

    buf_init(&header, HEADER_BYTES_MAX);
    if (s->arg_count == 1) {
        FAIL(s->cx, STATUS_USAGE, "travel lock wants two numbers: how many shares of how many");
    }
    if (s->arg_count == 2) {
        TRY(shares_possible(s));
    }
    TRY(session_header(s, &header));
    TRY(header_look(s->cx, buf_view(&header), &slots));
    if (slots.passphrases == 0) {
        TRY(say_state(s, true));
        FAIL(s->cx, STATUS_DUPLICATE, "the vault is under a travel lock already");
    }
    TRY(session_key(s, false, &s->key)); /* who finds an open machine must not lock its owner out */
    TRY(vault_hold(s, &lock));
    if (s->arg_count == 2) {
        TRY(prepare(s));
    }
    TRY(finish_lock(s));
out:
    file_unlock(&lock);
    buf_finish(&header);
    return status;
}

/* ---- unlock, cancel ---- */

static enum status run_unlock(struct session *s)
{
    enum status status = STATUS_OK;
    struct shares h;
    struct secret *shared = NULL;
    struct secret *passphrase = NULL;
    struct buf header;
    struct buf open;
    struct kdf_cost cost = {0};
    int64_t fd = -1;
    int lock = -1;

    shares_init(&h);
    buf_init(&header, HEADER_BYTES_MAX);
    buf_init(&open, HEADER_BYTES_MAX);
    TRY(kdf_cost_option(s, &cost));
    TRY(option_number(s, "new-passphrase-fd", 0, 1023, -1, &fd));
    TRY(session_header(s, &header)); /* there is a vault, before anybody types a share */
    TRY(shares_take(s, &h));
    TRY(shares_join(s, &h, SHARE_TRAVEL, &shared));
    TRY(vault_hold(s, &lock));
    buf_clear(&header);
    TRY(session_header(s, &header));
    TRY(header_open_shared(s->cx, buf_view(&header), shared, &s->key));
    TRY(passphrase_ask_new(s, (int)fd, &passphrase));
    TRY(header_change(s->cx, buf_view(&header), s->key, secret_view(passphrase), cost, &open));
    TRY(header_put(s, &open));
    TRY(say_state(s, true));
    out_say(&s->out,
            "the travel lock is gone; the new passphrase opens the vault, the shares do not");
out:
    file_unlock(&lock);
    secret_free(&passphrase);
    secret_free(&shared);
    shares_finish(&h);
    buf_finish(&open);
    buf_finish(&header);
    return status;
}

static enum status run_cancel(struct session *s)
{
    enum status status = STATUS_OK;
    struct header_slots slots = {.passphrases = 0};
    struct buf header;
    struct buf open;
    int lock = -1;

    buf_init(&header, HEADER_BYTES_MAX);
    buf_init(&open, HEADER_BYTES_MAX);
    TRY(session_header(s, &header));
    TRY(vault_hold(s, &lock));
    buf_clear(&header);
    TRY(session_header(s, &header));
    TRY(header_look(s->cx, buf_view(&header), &slots));
    if (!slots.shares) {
        FAIL(s->cx, STATUS_DUPLICATE, "there is no travel lock to cancel");
    }
    TRY(session_key(s, false, &s->key)); /* says it when only shares open */
    TRY(header_drop(s->cx, buf_view(&header), s->key, SLOT_SHARES, &open));
    TRY(header_put(s, &open));
    TRY(say_state(s, true));
    out_say(&s->out, "the shares that were made open nothing any more; the passphrase does");
out:
    file_unlock(&lock);
    buf_finish(&open);
    buf_finish(&header);
    return status;
}

static const struct action actions[] = {
    {NULL, "", 0, 0, NEED_FOLDER, 0, run_state},
    {"lock", "[K N --out DIR --member ME [--pdf]] [--handed-over SET]", 0, 2, NEED_FOLDER, 0,
     run_lock},
    {"unlock", "[FILE ...]", 0, KEY_SHARES_MAX, NEED_FOLDER, ~0U, run_unlock},
    {"cancel", "", 0, 0, NEED_FOLDER, 0, run_cancel},
};
const struct command cmd_travel = {
    .name = "travel",
    .summary = "lock the vault so that not even you can open it without your colleagues",
    .detail =
        "Before a border: `travel lock K N --out DIR` makes N shares for N colleagues. Hand them "
        "over, remove their files, then type the name of their set: from then on no passphrase "
        "opens "
        "this vault, only K of the shares do, and you can truthfully say so. Without the name "
        "nothing is locked yet; `travel lock` asks again, `travel cancel` takes the shares' power "
        "away.\n\n"
        "At the other end: `travel unlock` takes K shares, as files, scans, or words that are "
        "typed, "
        "and asks for a new passphrase. If too many shares are lost, the vault is lost: the "
        "records "
        "are with your team, and `valise restore device` brings you back on a new machine.\n\n"
        "Who has a copy of the old key header (a backup, an image of the disk, spare blocks of a "
        "flash disk) can still try your passphrase on it. A travel lock is about this machine in "
        "your hands, not about copies that were made before.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
    .paper = true,
};
