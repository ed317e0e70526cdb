/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passphrase: another passphrase for the same vault key. The old one is always asked, agent or not:
 * who finds an unlocked machine must not be able to lock its owner out. The header is replaced as a
 * whole; a cut leaves the old one or the new one.
 */
#include "cmd-int.h"
#include "guard.h"
#include "keys.h"
#include "shared.h"

static const struct option options[] = {
    {"new-passphrase-fd", "N",
     "read the new passphrase from this descriptor; may be the same one, "
     "then it is the second line"},
    {"kdf", "COST",
     "how hard each guess is: floor (64 MiB), moderate (256 MiB) or sensitive (1 GiB)"},
};

static const struct json_field json[] = {
    {"vault", "folder", "text", "where the vault is"},
};

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct secret *next = NULL;
    struct buf header;
    struct buf changed;
    struct kdf_cost cost = {0};
    int64_t fd;
    int lock = -1;

    buf_init(&header, HEADER_BYTES_MAX);
    buf_init(&changed, HEADER_BYTES_MAX);
    TRY(kdf_cost_option(s, &cost));
    TRY(option_number(s, "new-passphrase-fd", 0, 1023, -1, &fd));
    TRY(session_header(s, &header));
    TRY(session_key(s, false, &s->key));
    TRY(vault_hold(s, &lock));
    buf_clear(&header);
    TRY(session_header(s, &header));
    TRY(passphrase_ask_new(s, (int)fd, &next));
    TRY(header_change(s->cx, buf_view(&header), s->key, secret_view(next), cost, &changed));
    TRY(header_put(s, &changed));
    line_start(&s->out, "vault");
    line_text(&s->out, "folder", text_any(s->vault_path));
    line_end(&s->out);
    out_say(&s->out, "the passphrase is changed");
    out_note(&s->out,
             "copies of the old header, in backups say, still open with the old passphrase");
out:
    file_unlock(&lock);
    secret_free(&next);
    buf_finish(&changed);
    buf_finish(&header);
    return status;
}

static const struct action actions[] = {{NULL, "", 0, 0, NEED_FOLDER, 0, run}};
const struct command cmd_passphrase = {
    .name = "passphrase",
    .summary = "change the vault's passphrase",
    .detail = "Asks for the old passphrase and twice for the new one.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
