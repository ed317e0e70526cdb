/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copy: a secret to the clipboard, by the standard input of the tool that owns it, and out of it
 * again after ten seconds. The text is on no command line and in no file.
 */
#include "schema.h"
#include "shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS_PRESET = 10 };

static const struct option options[] = {
    {"field", "FIELD", "another secret field than the password"},
    {"totp", NULL, "the one-time code instead"},
    {"seconds", "N", "clear the clipboard after N seconds (10)"},
};

static const struct json_field json[] = {
    {"copied", "seconds", "number", "after how many it was cleared"},
    {"copied", "tool", "text", "the clipboard tool"},
};

struct tool {
    const char *name;
    const char *needs; /* environment variable */
    const char *argv[4];
    const char *clear[4];
};
static const struct tool tools[] = {
    {"wl-copy", "WAYLAND_DISPLAY", {"wl-copy", "--foreground", NULL}, {"wl-copy", "--clear", NULL}},
    {"xclip",
     "DISPLAY",
     {"xclip", "-selection", "clipboard", NULL},
     {"xclip", "-selection", "clipboard", NULL}},
    {"xsel",
     "DISPLAY",
     {"xsel", "--clipboard", "--input", NULL},
     {"xsel", "--clipboard", "--clear", NULL}},
};

static const struct tool *tool_find(struct session *s)
{
    char full[PATH_TEXT_MAX];

    for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++) {
        const char *needs = getenv(tools[i].needs);
        if (needs != NULL && needs[0] != '\0' && program_find(s, tools[i].name, full)) {
            return &tools[i];
        }
    }
    return NULL;
}

static _Noreturn void child_run(const char *const *argv, int input)
{
    char *words[4] = {NULL};

    for (size_t i = 0; i < 3 && argv[i] != NULL; i++) {
        words[i] = strdup(argv[i]);
    }
    int null = open("/dev/null", O_RDWR);
    (void)dup2(input >= 0 ? input : null, STDIN_FILENO);
    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    (void)execvp(words[0], words);
    _exit(127);
}

/* Starts the tool and writes `data` to its standard input. */
static enum status tool_start(struct session *s, const char *const *argv, bytes data, pid_t *ret)
{
    enum status status = STATUS_OK;
    int ends[2] = {-1, -1};
    size_t done = 0;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        FAIL(s->cx, STATUS_IO, "no pipe: %s", strerror(errno));
    }
    *ret = fork();
    if (*ret < 0) {
        FAIL(s->cx, STATUS_IO, "no new process: %s", strerror(errno));
    }
    if (*ret == 0) {
        child_run(argv, ends[0]);
    }
    while (done < data.len) {
        ssize_t n = write(ends[1], data.ptr + done, data.len - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            FAIL(s->cx, STATUS_IO, "'%s' did not take the text", argv[0]);
        }
        done += (size_t)n;
    }
out:
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= 0) {
            (void)close(ends[i]);
        }
    }
    return status;
}

static enum status secret_take(struct session *s, struct buf *out)
{
    enum status status = STATUS_OK;
    const struct record_type *type;
    const struct field *f = NULL;
    int64_t record;
    unsigned left;
    bool empty = true;
    text name;

    TRY(arg_record(s, 0, &record, &type));
    if (option_given(s, "totp")) {
        TRY(totp_of(s, record, type, out, &left));
        goto out;
    }
    TRY(option_text(s, "field", &name));
    if (name.len > 0) {
        TRY(type_find_field(s->cx, type, name, &f));
    } else {
        TRY(secret_field(s, type, TEXT("password"), &f));
    }
    TRY(record_field_text(s->cx, s->records, record, f, true, out, &empty));
    if (empty) {
        FAIL(s->cx, STATUS_NOT_FOUND, "'%.*s' is empty", TEXT_ARG(f->name));
    }
out:
    return status;
}

static void wait_seconds(int64_t seconds)
{
    struct timespec rest = {.tv_sec = (time_t)seconds};

    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
        continue;
    }
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    const struct tool *tool = tool_find(s);
    struct buf secret;
    int64_t seconds;
    pid_t child = -1;
    pid_t clearer = -1;

    buf_init(&secret, LINE_BYTES_MAX * 4);
    TRY(option_number(s, "seconds", 1, 600, SECONDS_PRESET, &seconds));
    if (tool == NULL) {
        status = fault_set(s->cx, STATUS_UNSAFE, __FILE__, __LINE__, "there is no clipboard here");
        (void)fault_hint(s->cx,
                         "install wl-clipboard, xclip or xsel, or use `valise show %.64s "
                         "--reveal`",
                         s->args[0]);
        goto out;
    }
    TRY(secret_take(s, &secret));
    session_close(s); /* other verbs need not wait ten seconds */
    TRY(tool_start(s, tool->argv, buf_view(&secret), &child));
    buf_clear(&secret);
    out_note(&s->out, "on the clipboard for %lld seconds", (long long)seconds);
    wait_seconds(seconds);
    TRY(tool_start(s, tool->clear, BYTES("", 0), &clearer));
    (void)waitpid(clearer, NULL, 0);
    line_start(&s->out, "copied");
    line_number(&s->out, "seconds", seconds);
    line_text(&s->out, "tool", text_of(tool->name));
    line_end(&s->out);
    out_say(&s->out, "the clipboard is cleared");
out:
    buf_finish(&secret);
    return status;
}

static const struct action actions[] = {
    {NULL, "ID [--field FIELD] [--totp] [--seconds N]", 1, 1, NEED_RECORDS, 0, run},
};
const struct command cmd_copy = {
    .name = "copy",
    .summary = "a password to the clipboard for ten seconds",
    .detail = "Uses wl-copy, xclip or xsel, whichever is there for the display.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
    .allow_exec = true,
};
