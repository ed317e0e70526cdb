/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session: what one run of the program opens, in the order that is safe: harden the process, get
 * the key, give up every folder it does not need, open the database, then team and records.
 */
#include "agent.h"
#include "guard.h"
#include "keys.h"
#include "light.h"
#include "paper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { KIT_FILES_MAX = 256, CONFINE_MAX = 16, BUSY_TRIES = 60, BUSY_PAUSE_MS = 50 };

void session_start(struct session *s, struct ctx *cx)
{
    memset(s, 0, sizeof *s);
    s->cx = cx;
    s->passphrase_fd = -1;
    s->tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    buf_init(&s->vault_path_owner, 8192);
    out_start(&s->out, cx);
}

static enum status vault_path_find(struct session *s)
{
    enum status status = STATUS_OK;
    const char *given = option_value(s, "vault");
    const char *home = getenv("HOME");

    if (given == NULL) {
        given = getenv("VALISE_VAULT");
    }
    if (given != NULL && given[0] != '\0') {
        TRY(buf_add_text(s->cx, &s->vault_path_owner, text_any(given)));
        while (s->vault_path_owner.len > 1 &&
               s->vault_path_owner.ptr[s->vault_path_owner.len - 1] == '/') {
            s->vault_path_owner.len--;
        }
    } else if (home != NULL && home[0] == '/') {
        TRY(buf_printf(s->cx, &s->vault_path_owner, "%s/.local/share/valise", home));
    } else {
        FAIL(s->cx, STATUS_USAGE, "neither --vault nor VALISE_VAULT nor HOME names a folder");
    }
    TRY(buf_cstr(s->cx, &s->vault_path_owner, &s->vault_path));
out:
    return status;
}

enum status session_header(struct session *s, struct buf *ret)
{
    enum status status = STATUS_OK;
    struct buf path;
    const char *name;

    buf_init(&path, 8192);
    /* what a cut left of an earlier header must not stay */
    TRY(path_join(s->cx, &path, s->vault_path, "header" FILE_OLD_SUFFIX, &name));
    if (file_exists(name) && file_shred(s->cx, name) != STATUS_OK) {
        fault_clear(s->cx); /* a medium that cannot be written */
    }
    TRY(path_join(s->cx, &path, s->vault_path, "vault.db", &name));
    bool database = file_exists(name);
    TRY(path_join(s->cx, &path, s->vault_path, "header", &name));
    if (!file_exists(name) && database) {
        status = fault_set(s->cx, STATUS_NO_VAULT, __FILE__, __LINE__,
                           "the keys of the vault in '%.200s' are gone (`valise panic`?): nothing "
                           "opens it any more",
                           s->vault_path);
        (void)fault_hint(s->cx, "make a new vault in another folder, then `valise restore device` "
                                "with your recovery sheet");
        goto out;
    }
    if (!file_exists(name)) {
        FAIL(s->cx, STATUS_NO_VAULT, "no vault in '%.200s'", s->vault_path);
    }
    TRY(file_read(s->cx, name, HEADER_BYTES_MAX, ret));
out:
    buf_finish(&path);
    return status;
}

/* A damaged header is damage of ours, not a stranger's bad file. */
static enum status header_fault(struct session *s, enum status status)
{
    if (status == STATUS_MALFORMED) {
        s->cx->fault.status = STATUS_INTEGRITY;
        return STATUS_INTEGRITY;
    }
    return status;
}

/* Under a travel lock no passphrase opens: nobody is asked for one. */
static enum status travel_locked(struct session *s, bytes header)
{
    enum status status = STATUS_OK;
    struct header_slots slots = {.passphrases = 0};

    TRY(header_look(s->cx, header, &slots));
    if (slots.passphrases == 0) {
        TRY(header_open(s->cx, header, BYTES("-", 1), &s->key)); /* says why and what next */
    }
out:
    return status;
}

enum status session_key(struct session *s, bool ask_agent, struct secret **ret)
{
    enum status status = STATUS_OK;
    struct secret *passphrase = NULL;
    struct buf header;

    buf_init(&header, HEADER_BYTES_MAX);
    TRY(session_header(s, &header));
    if (ask_agent) {
        TRY(agent_get_key(s->cx, s->vault_path, ret));
        if (*ret != NULL) {
            goto out;
        }
    }
    TRY(header_fault(s, travel_locked(s, buf_view(&header))));
    if (s->passphrase_fd >= 0) {
        TRY(fd_read_secret(s, s->passphrase_fd, "passphrase", &passphrase));
    } else if (s->tty >= 0) {
        TRY(tty_ask_secret(s, "passphrase", &passphrase));
    } else {
        FAIL(s->cx, STATUS_LOCKED, "the vault is locked and there is no terminal to ask at");
    }
    TRY(header_fault(s, header_open(s->cx, buf_view(&header), secret_view(passphrase), ret)));
out:
    secret_free(&passphrase);
    buf_finish(&header);
    return status;
}

/* ---- the folders this run may reach
 * ------------------------------------------------------------------ */

struct folders {
    const char *list[CONFINE_MAX];
    char *owned[CONFINE_MAX];
    size_t count;
};

static bool listed(const struct folders *f, const char *path)
{
    bool found = false;

    for (size_t i = 0; i < f->count && !found; i++) {
        found = strcmp(f->list[i], path) == 0;
    }
    return found;
}

static enum status folder_of(struct session *s, struct folders *f, const char *path)
{
    enum status status = STATUS_OK;
    struct stat st;
    char *copy;

    if (f->count == CONFINE_MAX) {
        FAIL(s->cx, STATUS_USAGE, "more than %d paths", (int)CONFINE_MAX);
    }
    copy = strdup(path);
    if (copy == NULL) {
        FAIL(s->cx, STATUS_NO_MEMORY, "no memory for a path");
    }
    if (stat(copy, &st) != 0 || !S_ISDIR(st.st_mode)) {
        char *slash = strrchr(copy, '/');
        if (slash == NULL) {
            copy[0] = '\0';
        } else {
            slash[slash == copy ? 1 : 0] = '\0';
        }
    }
    f->owned[f->count] = copy;
    f->list[f->count] = copy[0] == '\0' ? "." : copy;
    if (stat(f->list[f->count], &st) == 0 && !listed(f, f->list[f->count])) {
        f->count++;
    } else {
        free(copy); /* if it is nowhere, the verb itself will say so */
    }
out:
    return status;
}

static enum status confine(struct session *s)
{
    enum status status = STATUS_OK;
    struct folders f = {.count = 0};
    bool active = false;

    if (s->command->allow_exec) { /* an editor has its own needs and inherits our fences */
        return STATUS_OK;
    }
    TRY(folder_of(s, &f, s->vault_path));
    for (size_t i = 0; i < s->given_count; i++) {
        const char *kind = s->given[i].option->argument;
        if (kind != NULL && (strcmp(kind, "FILE") == 0 || strcmp(kind, "DIR") == 0)) {
            TRY(folder_of(s, &f, s->given[i].value));
        }
    }
    for (size_t i = 0; i < s->arg_count; i++) {
        if ((s->action->path_args >> (i < 31 ? i : 31) & 1U) != 0) {
            TRY(folder_of(s, &f, s->args[i]));
        }
    }
    TRY(guard_confine(s->cx, f.list, f.count, &active));
out:
    for (size_t i = 0; i < f.count; i++) {
        free(f.owned[i]);
    }
    return status;
}

/* ---- opening
 * --------------------------------------------------------------------------------------- */

static enum status vault_open_waiting(struct session *s)
{
    enum status status = STATUS_BUSY;
    struct timespec pause = {.tv_nsec = BUSY_PAUSE_MS * 1000000L};

    for (int i = 0; i < BUSY_TRIES; i++) {
        fault_clear(s->cx);
        status = vault_open(s->cx, s->vault_path, s->key, &s->vault);
        if (status != STATUS_BUSY) {
            return status;
        }
        (void)nanosleep(&pause, NULL);
    }
    return status;
}

struct kit_loader {
    struct session *s;
    struct buf path;
};

static enum status kit_load(void *self, struct ctx *cx, const struct folder_entry *e)
{
    enum status status = STATUS_OK;
    struct kit_loader *l = self;
    struct buf file;
    const char *name;
    size_t len = strlen(e->name);

    buf_init(&file, KIT_FILE_MAX);
    buf_clear(&l->path);
    if (e->kind != FILE_REGULAR || len < 5 || strcmp(e->name + len - 4, ".kit") != 0) {
        goto out;
    }
    TRY(buf_printf(cx, &l->path, "%s/kits/%s", l->s->vault_path, e->name));
    TRY(buf_cstr(cx, &l->path, &name));
    TRY(file_read(cx, name, KIT_FILE_MAX, &file));
    TRY(kit_shelf_add(cx, l->s->shelf, buf_view(&file), text_any(e->name)));
out:
    buf_finish(&file);
    return status;
}

static enum status shelf_open(struct session *s)
{
    enum status status = STATUS_OK;
    struct kit_loader loader = {.s = s};
    struct buf folder;
    struct stat st;
    const char *name;

    buf_init(&folder, 8192);
    buf_init(&loader.path, 8192);
    TRY(kit_shelf_open(s->cx, &s->shelf));
    TRY(path_join(s->cx, &folder, s->vault_path, "kits", &name));
    if (stat(name, &st) == 0 && S_ISDIR(st.st_mode)) {
        TRY(folder_list(s->cx, name, kit_load, &loader));
    }
out:
    buf_finish(&loader.path);
    buf_finish(&folder);
    return status;
}

enum status session_open_records(struct session *s)
{
    enum status status = STATUS_OK;

    if (s->shelf == NULL) {
        TRY(shelf_open(s));
    }
    TRY(records_open(s->cx, s->team, kit_shelf_schema(s->shelf), &s->records));
    const struct log_sink sink = records_sink(s->records);
    team_set_sink(s->team, &sink);
out:
    return status;
}

enum status session_reopen(struct session *s)
{
    enum status status = STATUS_OK;
    struct buf header;
    text team;

    buf_init(&header, HEADER_BYTES_MAX);
    TRY(session_header(s, &header)); /* forgotten meanwhile: then not by this key either */
    TRY(vault_open_waiting(s));
    if (s->action->need >= NEED_TEAM) {
        TRY(option_text(s, "team", &team));
        TRY(team_open(s->cx, s->vault, team, &s->team));
    }
    if (s->action->need >= NEED_RECORDS) {
        TRY(session_open_records(s));
    }
out:
    buf_finish(&header);
    return status;
}

/* Is a file named that is a page to print or a scan? */
static bool paper_is_named(const struct session *s)
{
    bool named = false;

    for (size_t i = 0; i < s->given_count; i++) {
        const char *value = s->given[i].value;
        named = named || (value != NULL && (paper_is_page(value) || paper_is_scan(value))) ||
                strcmp(s->given[i].option->name, "pdf") == 0;
    }
    for (size_t i = 0; i < s->arg_count; i++) {
        named = named || paper_is_page(s->args[i]) || paper_is_scan(s->args[i]);
    }
    return named;
}

enum status session_open(struct session *s)
{
    enum status status = STATUS_OK;
    struct guard_options options = {.allow_exec = s->command->allow_exec};

    if (s->action->need >= NEED_FOLDER) {
        TRY(vault_path_find(s));
    }
    if (s->command->paper && paper_is_named(s)) {
        TRY(paper_start(s->cx, &s->paper)); /* while this process may start another */
    }
    if (s->command->before != NULL) {
        TRY(s->command->before(s));
    }
    status = guard_harden(s->cx, &options);
    if (s->command->in_any_case) {
        fault_clear(s->cx);
        status = STATUS_OK;
    }
    TRY(status);
    if (s->action->need < NEED_VAULT) {
        goto out;
    }
    TRY(session_key(s, true, &s->key));
    TRY(confine(s));
    TRY(session_reopen(s));
out:
    return status;
}

void session_close(struct session *s)
{
    if (s->team != NULL) {
        team_set_sink(s->team, NULL);
    }
    records_close(&s->records);
    kit_shelf_close(&s->shelf);
    team_close(&s->team);
    vault_close(&s->vault);
}

void session_finish(struct session *s)
{
    session_close(s);
    light_stop(&s->light);
    paper_stop(&s->paper);
    secret_free(&s->key);
    if (s->tty >= 0) {
        (void)close(s->tty);
        s->tty = -1;
    }
    out_free(&s->out);
    buf_finish(&s->vault_path_owner);
    s->vault_path = NULL;
    secret_arena_stop();
}
