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
    struct buf path;
    struct kdf_cost cost = {0};
    const char *name;
    int64_t fd;

    buf_init(&header, HEADER_BYTES_MAX);
    buf_init(&changed, HEADER_BYTES_MAX);
    buf_init(&path, 8192);
    TRY(kdf_cost_option(s, &cost));
    TRY(option_number(s, "new-passphrase-fd", 0, 1023, -1, &fd));
    TRY(session_header(s, &header));
    TRY(session_key(s, false, &s->key));
    TRY(passphrase_ask_new(s, (int)fd, &next));
    TRY(header_change(s->cx, buf_view(&header), s->key, secret_view(next), cost, &changed));
    TRY(path_join(s->cx, &path, s->vault_path, "header", &name));
    TRY(file_replace(s->cx, name, buf_view(&changed)));
    line_start(&s->out, "vault");
    line_text(&s->out, "folder", text_any(s->vault_path));
    line_end(&s->out);
    out_say(&s->out, "the passphrase is changed");
    out_note(&s->out,
             "copies of the old header, in backups say, still open with the old passphrase");
out:
    secret_free(&next);
    buf_finish(&path);
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
