/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machines of a practice run. A child gets its own home, its own vault, no terminal and nothing
 * of this process's surroundings; its passphrase comes through a pipe.
 *
 * Signals are held back while the folder is there and looked for between two steps.
 */
#include "drill.h"
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    SAID_MAX = 8 * 1024 * 1024,
    PASSPHRASE_FD = 3,
    WALK_FILES = 16,
    COMMAND_MAX = 64,
    SHOWN_INDENT = 9
};

const char drill_passphrase[] = "practice makes perfect"; /* guards made-up data only */

static int64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- the folder ---- */

static void held_signals(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGHUP);
}

static bool folder_try(struct drill *d, const char *parent, size_t len)
{
    static const char name[] = "/valise-drill-XXXXXX";

    if (parent == NULL || len == 0 || parent[0] != '/' || len + sizeof name > sizeof d->folder) {
        return false;
    }
    memcpy(d->folder, parent, len);
    memcpy(d->folder + len, name, sizeof name);
    if (mkdtemp(d->folder) != NULL) {
        return true;
    }
    d->folder[0] = '\0';
    return false;
}

enum status drill_start(struct drill *d)
{
    enum status status = STATUS_OK;
    const char *vault = d->s->vault_path;
    const char *slash = strrchr(vault, '/');
    const char *temp = getenv("TMPDIR");
    sigset_t held;

    d->begun_ms = d->chapter_ms = now_ms();
    buf_init(&d->said, SAID_MAX);
    held_signals(&held);
    (void)sigprocmask(SIG_BLOCK, &held, NULL);
    if (!folder_try(d, vault, slash == NULL ? 0 : (size_t)(slash - vault)) &&
        !folder_try(d, temp, temp == NULL ? 0 : strlen(temp)) && !folder_try(d, "/tmp", 4)) {
        status = fault_set(d->s->cx, STATUS_IO, __FILE__, __LINE__,
                           "no place for a practice folder: %s", strerror(errno));
        (void)fault_hint(d->s->cx, "set TMPDIR to a folder you may write in");
    }
    return status;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st;
    (void)walk;
    return kind == FTW_DP ? rmdir(path) : unlink(path);
}

enum status drill_finish(struct drill *d, bool keep)
{
    enum status status = STATUS_OK;
    sigset_t held;

    if (d->folder[0] != '\0' && !keep &&
        nftw(d->folder, remove_one, WALK_FILES, FTW_DEPTH | FTW_PHYS) != 0) {
        status = fault_set(d->s->cx, STATUS_IO, __FILE__, __LINE__,
                           "the practice folder could not be removed: %s", strerror(errno));
        (void)fault_hint(d->s->cx, "it holds made-up data only; remove '%.200s'", d->folder);
    }
    buf_finish(&d->said);
    held_signals(&held);
    (void)sigprocmask(SIG_UNBLOCK, &held, NULL);
    return status;
}

/* ---- one step ---- */

static bool surroundings(const struct drill *d, const char *who)
{
    const char *path = getenv("PATH");
    const char *zone = getenv("TZ");
    char home[DRILL_PATH_MAX + 64];
    char path_kept[4096] = "/usr/bin:/bin";
    char zone_kept[128] = "";
    size_t len = strlen(d->folder);

    if (len + strlen(who) + 2 > sizeof home) {
        return false;
    }
    memcpy(home, d->folder, len);
    home[len] = '/';
    memcpy(home + len + 1, who, strlen(who) + 1);
    if (path != NULL && strlen(path) < sizeof path_kept) {
        memcpy(path_kept, path, strlen(path) + 1);
    }
    if (zone != NULL && strlen(zone) < sizeof zone_kept) {
        memcpy(zone_kept, zone, strlen(zone) + 1);
    }
    return clearenv() == 0 && setenv("HOME", home, 1) == 0 &&
           setenv("XDG_RUNTIME_DIR", home, 1) == 0 && setenv("PATH", path_kept, 1) == 0 &&
           setenv("LC_ALL", "C.UTF-8", 1) == 0 &&
           (zone_kept[0] == '\0' || setenv("TZ", zone_kept, 1) == 0) && chdir(home) == 0;
}

/* In the child: nothing to read, what it says into the pipe, the passphrase as descriptor 3. */
static _Noreturn void become_valise(const struct drill *d, const struct drill_step *step, int said,
                                    int secret)
{
    char *argv[COMMAND_MAX];
    char as_json[] = "--json";
    size_t count = 0;
    sigset_t held;
    int said_high = fcntl(said, F_DUPFD, 10);
    int secret_high = fcntl(secret, F_DUPFD, 10);
    int null = open("/dev/null", O_RDONLY);

    if (setsid() < 0 || said_high < 0 || secret_high < 0 || dup2(null, 0) < 0 ||
        dup2(said_high, 1) < 0 || dup2(said_high, 2) < 0 || dup2(secret_high, PASSPHRASE_FD) < 0 ||
        close(said_high) != 0 || close(secret_high) != 0 || !surroundings(d, step->who)) {
        _exit(126);
    }
    held_signals(&held);
    (void)sigprocmask(SIG_UNBLOCK, &held, NULL);
    argv[count++] = (char[]){"valise"};
    if (!step->shows || d->s->out.json) {
        argv[count++] = as_json;
    }
    argv[count++] = (char[]){"--vault"};
    argv[count++] = (char[]){"vault"};
    argv[count++] = (char[]){"--passphrase-fd"};
    argv[count++] = (char[]){"3"};
    for (size_t i = 0; i < DRILL_WORDS_MAX && step->words[i] != NULL; i++) {
        argv[count] = strdup(step->words[i]);
        if (argv[count++] == NULL) {
            _exit(126);
        }
    }
    argv[count] = NULL;
    (void)execv("/proc/self/exe", argv);
    _exit(126);
}

static enum status listen_to(struct drill *d, int fd)
{
    enum status status = STATUS_OK;
    uint8_t part[4096];
    ssize_t n;

    do {
        n = read(fd, part, sizeof part);
        if (n > 0) {
            TRY(buf_add(d->s->cx, &d->said, BYTES(part, (size_t)n)));
        }
    } while (n > 0 || (n < 0 && errno == EINTR));
    if (n < 0) {
        FAIL(d->s->cx, STATUS_IO, "a practice machine cannot be heard: %s", strerror(errno));
    }
out:
    return status;
}

static enum status run(struct drill *d, const struct drill_step *step, int *ret_code)
{
    enum status status = STATUS_OK;
    int said[2] = {-1, -1};
    int secret[2] = {-1, -1};
    int ended = 0;
    pid_t child;

    buf_clear(&d->said);
    if (pipe2(said, O_CLOEXEC) != 0 || pipe2(secret, O_CLOEXEC) != 0 ||
        write(secret[1], drill_passphrase, sizeof drill_passphrase - 1) < 0 ||
        write(secret[1], "\n", 1) != 1) {
        FAIL(d->s->cx, STATUS_IO, "no pipe: %s", strerror(errno));
    }
    child = fork();
    if (child < 0) {
        FAIL(d->s->cx, STATUS_IO, "no new process: %s", strerror(errno));
    }
    if (child == 0) {
        become_valise(d, step, said[1], secret[0]);
    }
    (void)close(said[1]);
    (void)close(secret[1]);
    said[1] = secret[1] = -1;
    status = listen_to(d, said[0]);
    while (waitpid(child, &ended, 0) < 0 && errno == EINTR) {
        continue;
    }
    *ret_code = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128;
out:
    for (int i = 0; i < 2; i++) {
        if (said[i] >= 0) {
            (void)close(said[i]);
        }
        if (secret[i] >= 0) {
            (void)close(secret[i]);
        }
    }
    return status;
}

static bool plain_word(const char *word)
{
    return word[0] != '\0' && strpbrk(word, " '\"") == NULL;
}

static enum status command_show(struct drill *d, const struct drill_step *step)
{
    enum status status = STATUS_OK;
    struct out *o = &d->s->out;
    struct buf line;

    buf_init(&line, 16 * 1024);
    TRY(buf_add_text(d->s->cx, &line, TEXT("valise")));
    for (size_t i = 0; i < DRILL_WORDS_MAX && step->words[i] != NULL; i++) {
        const char *word = step->words[i];
        TRY(buf_printf(d->s->cx, &line,
                       plain_word(word)             ? " %s"
                       : strchr(word, '\'') == NULL ? " '%s'"
                                                    : " \"%s\"",
                       word));
    }
    line_start(o, "step");
    line_text(o, "who", text_of(step->who));
    line_text(o, "tells", text_of(step->tells));
    line_text(o, "command", buf_text(&line));
    line_end(o);
    out_say(o, "   %s", step->tells);
    out_say(o, "      %s$ %.*s", step->who, TEXT_ARG(buf_text(&line)));
    out_flush(o);
out:
    buf_finish(&line);
    return status;
}

static enum status machine_make(struct drill *d, const char *who)
{
    enum status status = STATUS_OK;
    struct buf path;
    const char *name;

    buf_init(&path, 8192);
    TRY(path_join(d->s->cx, &path, d->folder, who, &name));
    TRY(folder_make(d->s->cx, name));
out:
    buf_finish(&path);
    return status;
}

enum status drill_step(struct drill *d, const struct drill_step *step)
{
    enum status status = STATUS_OK;
    sigset_t pending;
    int code = 0;
    const char *what = "it said nothing";

    (void)sigpending(&pending);
    if (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
        sigismember(&pending, SIGHUP) == 1) {
        FAIL(d->s->cx, STATUS_CANCELLED, "the drill was stopped");
    }
    TRY(command_show(d, step));
    TRY(machine_make(d, step->who));
    TRY(run(d, step, &code));
    d->steps++;
    if (step->shows) {
        out_lines(&d->s->out, SHOWN_INDENT, buf_text(&d->said));
    }
    if (code != step->code) {
        if (drill_value(d, "what", 0, &what) != STATUS_OK) {
            fault_clear(d->s->cx);
        }
        status = fault_set(d->s->cx, STATUS_BUG, __FILE__, __LINE__,
                           "'valise %s' on the machine of %s ended with %d: %.300s", step->words[0],
                           step->who, code, what);
        (void)fault_hint(d->s->cx,
                         "please report this; --keep leaves the practice folder to look at");
    }
out:
    return status;
}

/* ---- what was said ---- */

enum status drill_wrong(struct drill *d, const char *what)
{
    (void)fault_set(d->s->cx, STATUS_BUG, __FILE__, __LINE__, "the drill went wrong: %s", what);
    return fault_hint(d->s->cx, "please report this; --keep leaves the practice folder to look at");
}

enum status drill_value(struct drill *d, const char *field, size_t nth, const char **ret)
{
    enum status status = STATUS_OK;
    struct buf want;
    const char *wanted;
    const char *all;

    buf_init(&want, 128);
    TRY(buf_printf(d->s->cx, &want, "\"%s\":\"", field));
    TRY(buf_cstr(d->s->cx, &want, &wanted));
    TRY(buf_cstr(d->s->cx, &d->said, &all));
    const char *found = strstr(all, wanted);
    for (; nth > 0 && found != NULL; nth--) {
        found = strstr(found + 1, wanted);
    }
    const char *end = found == NULL ? NULL : strchr(found + strlen(wanted), '"');
    size_t len = end == NULL ? DRILL_VALUE_MAX : (size_t)(end - found) - strlen(wanted);
    if (len >= DRILL_VALUE_MAX) {
        TRY(drill_wrong(d, "a machine did not say what was expected"));
    }
    memcpy(d->value, end - len, len);
    d->value[len] = '\0';
    *ret = d->value;
out:
    buf_finish(&want);
    return status;
}

bool drill_said(const struct drill *d, const char *words)
{
    text all = buf_text(&d->said);
    return memmem(all.ptr, all.len, words, strlen(words)) != NULL;
}

/* ---- parts ---- */

void drill_chapter(struct drill *d, const char *title)
{
    d->chapter++;
    d->title = title;
    d->chapter_ms = now_ms();
    out_say(&d->s->out, "%s", "");
    out_heading(&d->s->out, "%lld. %s", (long long)d->chapter, title);
}

void drill_tell(struct drill *d, const char *words)
{
    out_say(&d->s->out, "   %s", words);
}

void drill_chapter_end(struct drill *d)
{
    struct out *o = &d->s->out;
    int64_t took = now_ms() - d->chapter_ms;

    line_start(o, "chapter");
    line_number(o, "number", d->chapter);
    line_text(o, "title", text_of(d->title));
    line_real(o, "seconds", (double)took / 1000);
    line_end(o);
    out_say(o, "   -> done in %lld.%lld s", (long long)(took / 1000),
            (long long)(took % 1000 / 100));
    out_flush(o);
}

int64_t drill_took_ms(const struct drill *d)
{
    return now_ms() - d->begun_ms;
}
