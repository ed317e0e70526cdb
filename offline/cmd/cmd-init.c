/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init: make a vault. The header is written first, whole or not at all, then the database: whoever
 * is interrupted in between runs init again with the same passphrase and goes on from there.
 */
#include "cmd-int.h"
#include "guard.h"
#include "shared.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { GENERATED_WORDS = 7 };

static const struct option options[] = {
    {"generate", NULL, "make a passphrase of seven words (90 bits) and show it"},
    {"kdf", "COST",
     "how hard each guess is: floor (64 MiB), moderate (256 MiB) or sensitive (1 GiB)"},
};

static const struct json_field json[] = {
    {"vault", "folder", "text", "where the vault is"},
    {"vault", "passphrase", "text", "the seven words, only with --generate"},
    {"vault", "swap_is_plain", "flag", "this machine swaps to an unencrypted disk"},
};

enum status kdf_cost_option(struct session *s, struct kdf_cost *ret)
{
    enum status status = STATUS_OK;
    const char *word = option_value(s, "kdf");

    if (word == NULL || strcmp(word, "moderate") == 0) {
        *ret = kdf_cost_moderate();
    } else if (strcmp(word, "floor") == 0) {
        *ret = kdf_cost_floor();
    } else if (strcmp(word, "sensitive") == 0) {
        *ret = (struct kdf_cost){.memory_bytes = UINT64_C(1) << 30, .passes = 4};
    } else {
        FAIL(s->cx, STATUS_USAGE, "'--kdf' wants floor, moderate or sensitive, not '%.32s'", word);
    }
out:
    return status;
}

void warn_of_swap(struct session *s)
{
    if (guard_swap_is_plain()) {
        out_warn(&s->out, "this machine swaps to an unencrypted disk: what you work on may be left "
                          "there. Turn swap off (swapoff -a) or encrypt it");
    }
}

/* mkdir -p, each new part only for us. */
static enum status folders_make(struct session *s)
{
    enum status status = STATUS_OK;
    struct buf part;
    const char *name;

    buf_init(&part, 8192);
    for (const char *at = s->vault_path; *at != '\0'; at++) {
        if (*at == '/' && part.len > 0) {
            struct stat st;
            TRY(buf_cstr(s->cx, &part, &name));
            if (stat(name, &st) != 0) {
                TRY(folder_make(s->cx, name));
            }
        }
        TRY(buf_add_byte(s->cx, &part, (uint8_t)*at));
    }
    TRY(folder_make(s->cx, s->vault_path));
out:
    buf_finish(&part);
    return status;
}

static enum status passphrase_choose(struct session *s, struct secret **ret, bool *ret_made)
{
    enum status status = STATUS_OK;
    struct buf words;

    buf_init(&words, 512);
    *ret_made = false;
    if (!option_given(s, "generate")) {
        status = passphrase_ask_new(s, s->passphrase_fd, ret);
        goto out;
    }
    TRY(words_random(s->cx, GENERATED_WORDS, &words));
    TRY(secret_copy(s->cx, buf_view(&words), ret));
    *ret_made = true;
out:
    buf_finish(&words);
    return status;
}

/* An interrupted init left a header: its passphrase must open it. */
static enum status header_again(struct session *s, const struct buf *header,
                                struct secret **ret_key)
{
    enum status status = STATUS_OK;
    struct secret *passphrase = NULL;

    out_note(&s->out, "an earlier init was interrupted; it goes on with the passphrase given then");
    if (s->passphrase_fd >= 0) {
        TRY(fd_read_secret(s, s->passphrase_fd, "passphrase", &passphrase));
    } else {
        TRY(tty_ask_secret(s, "passphrase", &passphrase));
    }
    TRY(header_open(s->cx, buf_view(header), secret_view(passphrase), ret_key));
out:
    secret_free(&passphrase);
    return status;
}

static enum status header_new(struct session *s, const char *path, struct secret **ret_key,
                              struct secret **ret_passphrase)
{
    enum status status = STATUS_OK;
    struct secret *passphrase = NULL;
    struct kdf_cost cost = {0};
    struct buf header;
    bool made = false;

    buf_init(&header, HEADER_BYTES_MAX);
    TRY(kdf_cost_option(s, &cost));
    TRY(passphrase_choose(s, &passphrase, &made));
    TRY(header_create(s->cx, secret_view(passphrase), cost, &header, ret_key));
    TRY(file_write(s->cx, path, buf_view(&header), false));
    if (made) {
        *ret_passphrase = passphrase;
        passphrase = NULL;
    }
out:
    secret_free(&passphrase);
    buf_finish(&header);
    return status;
}

static void say(struct session *s, const struct secret *passphrase)
{
    struct out *o = &s->out;

    line_start(o, "vault");
    line_text(o, "folder", text_any(s->vault_path));
    line_flag(o, "swap_is_plain", guard_swap_is_plain());
    out_say(o, "the vault is made in %s", s->vault_path);
    if (passphrase != NULL) {
        bytes words = secret_view(passphrase);
        text t = {(const char *)words.ptr, words.len};
        line_text(o, "passphrase", t);
        out_say(o, "its passphrase, shown once, is:");
        out_say(o, "%s", "");
        out_heading(o, "    %.*s", TEXT_ARG(t));
        out_say(o, "%s", "");
        out_say(o, "learn it or write it on paper: nobody can reset it");
    }
    line_end(o);
    out_note(o, "next: `valise team new NAME` founds a team, `valise join --out FILE` joins one");
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct secret *passphrase = NULL;
    struct buf path;
    struct buf header;
    struct buf database;
    const char *header_path;
    const char *database_path;

    buf_init(&path, 8192);
    buf_init(&database, 8192);
    buf_init(&header, HEADER_BYTES_MAX);
    TRY(folders_make(s));
    TRY(path_join(s->cx, &path, s->vault_path, "header", &header_path));
    TRY(path_join(s->cx, &database, s->vault_path, "vault.db", &database_path));
    if (file_exists(header_path) && file_exists(database_path)) {
        status = fault_set(s->cx, STATUS_EXISTS, __FILE__, __LINE__,
                           "there is a vault in '%.200s' already", s->vault_path);
        (void)fault_hint(s->cx, "`valise --vault DIR init` makes another one");
        goto out;
    }
    if (file_exists(database_path)) {
        status = fault_set(s->cx, STATUS_EXISTS, __FILE__, __LINE__,
                           "'%.200s' holds a vault whose keys are gone; nothing opens it any more",
                           s->vault_path);
        (void)fault_hint(s->cx, "remove its vault.db, or make the new vault elsewhere: `valise "
                                "--vault DIR init`");
        goto out;
    }
    warn_of_swap(s);
    if (file_exists(header_path)) {
        TRY(file_read(s->cx, header_path, HEADER_BYTES_MAX, &header));
        TRY(header_again(s, &header, &s->key));
    } else {
        TRY(header_new(s, header_path, &s->key, &passphrase));
    }
    TRY(vault_create(s->cx, s->vault_path, s->key, &s->vault));
    say(s, passphrase);
out:
    secret_free(&passphrase);
    buf_finish(&header);
    buf_finish(&database);
    buf_finish(&path);
    return status;
}

static const struct action actions[] = {{NULL, "", 0, 0, NEED_FOLDER, 0, run}};
const struct command cmd_init = {
    .name = "init",
    .summary = "make a vault",
    .detail = "Makes the vault's folder, its key header and its encrypted database, and asks twice "
              "for the passphrase. An init that was interrupted can be run again.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
