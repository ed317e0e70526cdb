/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program: starting one of our programs. It gets two pipes, at most one further descriptor and the
 * few words of the environment that a window needs; no other descriptor, no error output.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "light-int.h"

enum {
    PATH_BYTES_HERE = 4096,
    ARGUMENTS_MAX = 32,
    PASSED_ON = 3,
    HIGH = 10,
    END_WAIT_MS = 2000,
    ROOMS = 3
};

/* Where programs stand beside one another: installed, or each in the room it is built in. */
static enum status program_find(struct ctx *cx, const char *name, struct buf *path,
                                const char **ret)
{
    static const char prefix[] = "valise-";
    static const char *const rooms[] = {"../", "../offline/", "../../offline/"};
    enum status status = STATUS_OK;
    char self[PATH_BYTES_HERE];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self));
    MUST(strncmp(name, prefix, sizeof(prefix) - 1) == 0);
    const char *room = name + sizeof(prefix) - 1; /* valise-eye is built in the room eye */
    if (len <= 0 || (size_t)len == sizeof(self)) {
        FAIL(cx, STATUS_UNSAFE, "this program does not find itself in /proc");
    }
    while (len > 0 && self[len - 1] != '/') {
        len--;
    }
    for (size_t i = 0; i < ROOMS + 2; i++) {
        buf_clear(path);
        TRY(buf_add(cx, path, BYTES(self, (size_t)len)));
        if (i > 0 && i <= ROOMS) {
            TRY(buf_printf(cx, path, "%s%s/", rooms[i - 1], room));
        } else if (i > ROOMS) {
            TRY(buf_add_text(cx, path, TEXT("../libexec/valise/")));
        }
        TRY(buf_add_text(cx, path, text_of(name)));
        TRY(buf_cstr(cx, path, ret));
        if (access(*ret, X_OK) == 0) {
            goto out;
        }
    }
    FAIL(cx, STATUS_UNSAFE, "the program '%s', which this needs, is not installed", name);
out:
    return status;
}

/* What a window needs (X11, Wayland, a console), and how a terminal is called. */
static void environment_take(char *ret[static 16], struct buf *lines, struct ctx *cx)
{
    static const char *const names[] = {
        "DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "HOME", "XDG_RUNTIME_DIR", "SDL_VIDEODRIVER",
        "TERM",    "COLORTERM",  "NO_COLOR",        "LANG", "KITTY_WINDOW_ID"};
    size_t starts[sizeof(names) / sizeof(names[0])], count = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        size_t before = lines->len;
        if (value == NULL) {
            continue;
        }
        if (buf_add(cx, lines, BYTES(names[i], strlen(names[i]))) != STATUS_OK ||
            buf_add_byte(cx, lines, '=') != STATUS_OK ||
            buf_add(cx, lines, BYTES(value, strlen(value) + 1)) != STATUS_OK) {
            lines->len = before; /* too long for us: the program does without */
            fault_clear(cx);
            continue;
        }
        starts[count++] = before;
    }
    for (size_t i = 0; i < count; i++) {
        ret[i] = (char *)lines->ptr + starts[i];
    }
    ret[count] = NULL;
}

static _Noreturn void become(const char *program, char *const *argv, char *const *environment,
                             const int descriptors[static 3], bool alone)
{
    int high[3];
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i < 3; i++) {
        high[i] = descriptors[i] < 0 ? -1 : fcntl(descriptors[i], F_DUPFD_CLOEXEC, HIGH);
    }
    bool ready = null >= 0 && (!alone || setsid() >= 0) && dup2(high[0], 0) == 0 &&
                 dup2(high[1], 1) == 1 && dup2(null, 2) == 2 &&
                 (descriptors[2] < 0 || dup2(high[2], PASSED_ON) == PASSED_ON) &&
                 close_range(descriptors[2] < 0 ? PASSED_ON : PASSED_ON + 1, ~0U, 0) == 0;
    if (ready) {
        (void)execve(program, argv, environment);
    }
    _exit(1);
}

static void pipe_close(int ends[static 2])
{
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= 0) {
            (void)close(ends[i]);
        }
    }
}

enum status light_child_start(struct ctx *cx, const char *name, const char *const *arguments,
                              int descriptor, bool alone, struct light_child *ret)
{
    enum status status = STATUS_OK;
    struct buf path, lines;
    const char *program = NULL;
    char *argv[ARGUMENTS_MAX + 2] = {NULL}, *environment[16] = {NULL};
    int request[2] = {-1, -1}, answer[2] = {-1, -1};
    buf_init(&path, (size_t)2 * PATH_BYTES_HERE);
    buf_init(&lines, 64 * 1024);
    TRY(program_find(cx, name, &path, &program));
    memcpy(&argv[0], &name, sizeof(name)); /* execve() changes none of them */
    for (size_t i = 0; arguments[i] != NULL; i++) {
        MUST(i < ARGUMENTS_MAX);
        memcpy(&argv[i + 1], &arguments[i], sizeof(arguments[i]));
    }
    if (!alone) {
        environment_take(environment, &lines, cx);
    }
    if (pipe2(request, O_CLOEXEC) != 0 || pipe2(answer, O_CLOEXEC) != 0) {
        FAIL(cx, STATUS_IO, "no pipe: error %d", errno);
    }
    pid_t child = fork();
    if (child == 0) {
        become(program, argv, environment, (int[3]){request[0], answer[1], descriptor}, alone);
    }
    if (child < 0) {
        FAIL(cx, STATUS_IO, "no new process: error %d", errno);
    }
    *ret = (struct light_child){.child = child, .to = request[1], .from = answer[0]};
    request[1] = answer[0] = -1;
out:
    pipe_close(request);
    pipe_close(answer);
    buf_finish(&lines);
    buf_finish(&path);
    return status;
}

void light_child_stop(struct light_child *c)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    if (c->child == 0) {
        return;
    }
    (void)close(c->to);
    (void)close(c->from);
    for (int waited = 0; waitpid(c->child, NULL, WNOHANG) == 0; waited += 10) {
        if (waited == END_WAIT_MS) {
            (void)kill(c->child, SIGKILL);
        }
        (void)nanosleep(&pause, NULL);
    }
    c->child = 0;
}
