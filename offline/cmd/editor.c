/* SPDX-License-Identifier: Apache-2.0 */
/*
 * editor: a person's own editor on a text that is on no disk. The editor gets /proc/self/fd/N of a
 * memfd; the editors we know are told to write no backup, swap, undo or history file, for others
 * the person is warned.
 */
#include "edit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 24 };

struct known {
    const char *name;
    const char *argv[8];
};
/* -c comes after a person's own settings */
#define VIM_QUIET                                                                                  \
    {                                                                                              \
        "-n", "-i", "NONE", "-c", "set nobackup nowritebackup backupcopy=yes", "-c",               \
            "silent! set noundofile", NULL                                                         \
    }
static const struct known known[] = {
    {"vim", VIM_QUIET}, /* and vim.basic, vim.tiny ... */
    {"nvim", VIM_QUIET},
    {"nano", {"--ignorercfiles", NULL}},
    {"emacs",
     {"--no-init-file", "--eval",
      "(setq make-backup-files nil auto-save-default nil create-lockfiles nil)", NULL}},
};

struct editor {
    char *words[WORDS_MAX];
    size_t count;
    char *line; /* owns the words of $EDITOR */
};

static void word_add(struct editor *e, char *word)
{
    if (e->count + 1 < WORDS_MAX) {
        e->words[e->count++] = word;
        e->words[e->count] = NULL;
    }
}

/* "$EDITOR" split at blanks; no shell ever sees it. */
static enum status editor_choose(struct session *s, struct editor *e)
{
    enum status status = STATUS_OK;
    const char *given = getenv("VISUAL");
    char real[PATH_TEXT_MAX];
    const char *base;
    bool is_known = false;

    given = given == NULL || given[0] == '\0' ? getenv("EDITOR") : given;
    given = given == NULL || given[0] == '\0' ? "vi" : given;
    e->line = strdup(given);
    if (e->line == NULL) {
        FAIL(s->cx, STATUS_NO_MEMORY, "no memory for the editor's name");
    }
    char *rest = e->line;
    while (*rest != '\0') {
        rest += strspn(rest, " \t");
        size_t len = strcspn(rest, " \t");
        if (len == 0) {
            break;
        }
        word_add(e, rest);
        rest += len;
        if (*rest != '\0') {
            *rest++ = '\0';
        }
    }
    if (e->count == 0) {
        FAIL(s->cx, STATUS_USAGE, "EDITOR names no editor");
    }
    /* "vi" is often a link to one of the others */
    base = program_find(s, e->words[0], real) ? strrchr(real, '/') : NULL;
    base = base == NULL ? e->words[0] : base + 1;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t len = strlen(known[i].name);
        if (strncmp(known[i].name, base, len) != 0 ||
            (base[len] != '\0' && base[len] != '.' && base[len] != '-')) {
            continue;
        }
        is_known = true;
        for (size_t k = 0; known[i].argv[k] != NULL; k++) {
            word_add(e, (char *)(uintptr_t)known[i].argv[k]); /* execvp does not change its words */
        }
    }
    if (is_known) {
        out_note(&s->out, "'%s' works on a text in memory; it is asked to keep no copies", base);
    } else {
        out_warn(&s->out,
                 "'%s' is not an editor valise knows: if it keeps backup or swap files, they "
                 "are in clear on the disk",
                 base);
    }
out:
    return status;
}

static enum status memory_file(struct session *s, text before, int *ret)
{
    enum status status = STATUS_OK;
    size_t done = 0;

    *ret = memfd_create("valise", MFD_CLOEXEC);
    if (*ret < 0) {
        FAIL(s->cx, STATUS_UNSAFE, "no file in memory: %s", strerror(errno));
    }
    while (done < before.len) {
        ssize_t n = write(*ret, before.ptr + done, before.len - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            FAIL(s->cx, STATUS_NO_MEMORY, "no memory for the text");
        }
        done += (size_t)n;
    }
out:
    return status;
}

static _Noreturn void child_run(struct editor *e, int file, char *path)
{
    (void)fcntl(file, F_SETFD, 0); /* the one descriptor that the editor inherits */
    (void)signal(SIGPIPE, SIG_DFL);
    word_add(e, path);
    (void)execvp(e->words[0], e->words);
    _exit(127);
}

static enum status editor_wait(struct session *s, pid_t child, const char *name)
{
    enum status status = STATUS_OK;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction saved[2];
    int result = 0;

    (void)sigaction(SIGINT, &ignore, &saved[0]); /* the editor's key, not ours */
    (void)sigaction(SIGQUIT, &ignore, &saved[1]);
    while (waitpid(child, &result, 0) < 0 && errno == EINTR) {
        continue;
    }
    (void)sigaction(SIGINT, &saved[0], NULL);
    (void)sigaction(SIGQUIT, &saved[1], NULL);
    if (WIFEXITED(result) && WEXITSTATUS(result) == 127) {
        (void)fault_set(s->cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "no editor '%.64s'", name);
        return fault_hint(s->cx, "set EDITOR to one that is installed");
    }
    if (!WIFEXITED(result) || WEXITSTATUS(result) != 0) {
        FAIL(s->cx, STATUS_CANCELLED, "the editor '%.64s' failed", name);
    }
out:
    return status;
}

static enum status memory_read(struct session *s, int file, struct buf *ret)
{
    enum status status = STATUS_OK;
    struct stat st;
    uint8_t *room;
    off_t done = 0;

    if (fstat(file, &st) != 0 || st.st_size < 0) {
        FAIL(s->cx, STATUS_IO, "the text in memory cannot be read");
    }
    if (st.st_size > FORM_MAX) {
        FAIL(s->cx, STATUS_LIMIT, "the text is over %d bytes", (int)FORM_MAX);
    }
    TRY(buf_extend(s->cx, ret, (size_t)st.st_size, &room));
    while (done < st.st_size) {
        ssize_t n = pread(file, room + done, (size_t)(st.st_size - done), done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            FAIL(s->cx, STATUS_IO, "the text in memory cannot be read");
        }
        done += n;
    }
    if (!utf8_valid(buf_view(ret))) {
        FAIL(s->cx, STATUS_USAGE, "the saved text is not UTF-8");
    }
out:
    return status;
}

enum status editor_run(struct session *s, text before, struct buf *ret)
{
    enum status status = STATUS_OK;
    struct editor e = {.count = 0};
    struct buf path;
    const char *name;
    int file = -1;

    buf_init(&path, 64);
    TRY(editor_choose(s, &e));
    TRY(memory_file(s, before, &file));
    TRY(buf_printf(s->cx, &path, "/proc/self/fd/%d", file));
    TRY(buf_cstr(s->cx, &path, &name));
    out_flush(&s->out);
    pid_t child = fork();
    if (child < 0) {
        FAIL(s->cx, STATUS_IO, "no new process: %s", strerror(errno));
    }
    if (child == 0) {
        child_run(&e, file, (char *)(uintptr_t)name);
    }
    TRY(editor_wait(s, child, e.words[0]));
    TRY(memory_read(s, file, ret));
out:
    if (file >= 0) {
        (void)close(file);
    }
    free(e.line);
    buf_finish(&path);
    return status;
}
