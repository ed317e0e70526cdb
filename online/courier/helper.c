/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper: starting valise-show or valise-eye, with a pipe each way, and whole messages over them.
 * The courier sees what the two say and judges it like a stranger's file.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper.h"

enum { PATH_BYTES = 4096, ARGUMENTS_MAX = 16, PASSED_ON = 3, HIGH = 10 };

/* Beside this program, in the build, or where it was installed: never from $PATH. */
static enum status find(struct ctx *cx, const char *name, char ret[static PATH_BYTES])
{
    static const char *const folders[] = {"", "../offline/show/", "../offline/eye/",
                                          "../libexec/valise/"};
    enum status status = STATUS_OK;
    char self[PATH_BYTES];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self);
    if (len <= 0 || (size_t)len == sizeof self) {
        FAIL(cx, STATUS_UNSAFE, "this program does not find itself in /proc");
    }
    while (len > 0 && self[len - 1] != '/') {
        len--;
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        int n = snprintf(ret, PATH_BYTES, "%.*s%s%s", (int)len, self, folders[i], name);
        if (n > 0 && n < PATH_BYTES && access(ret, X_OK) == 0) {
            goto out;
        }
    }
    (void)fault_set(cx, STATUS_UNSAFE, __FILE__, __LINE__, "the program '%s' is not installed",
                    name);
    status = fault_hint(cx, "install it beside valise-courier, or use a stick");
out:
    return status;
}

static _Noreturn void become(const char *program, char *const *argv, int in, int out, int more)
{
    int high[3];
    const int given[3] = {in, out, more};
    for (int i = 0; i < 3; i++) {
        high[i] = given[i] < 0 ? -1 : fcntl(given[i], F_DUPFD_CLOEXEC, HIGH);
    }
    bool ready = dup2(high[0], 0) == 0 && dup2(high[1], 1) == 1 &&
                 (more < 0 || dup2(high[2], PASSED_ON) == PASSED_ON) &&
                 close_range(more < 0 ? PASSED_ON : PASSED_ON + 1, ~0U, 0) == 0;
    if (ready) {
        (void)execv(program, argv);
    }
    _exit(1);
}

enum status helper_start(struct ctx *cx, const char *name, const char *const *arguments,
                         int descriptor, struct helper *ret)
{
    enum status status = STATUS_OK;
    char program[PATH_BYTES];
    char *argv[ARGUMENTS_MAX + 2] = {NULL};
    int request[2], answer[2];
    *ret = (struct helper){.to = -1, .from = -1, .name = name};
    light_stream_init(&ret->heard);
    TRY(find(cx, name, program));
    memcpy(&argv[0], &name, sizeof name); /* execv() changes none of them */
    for (size_t i = 0; arguments[i] != NULL; i++) {
        MUST(i < ARGUMENTS_MAX);
        memcpy(&argv[i + 1], &arguments[i], sizeof arguments[i]);
    }
    (void)signal(SIGPIPE, SIG_IGN);
    if (pipe2(request, O_CLOEXEC) != 0 || pipe2(answer, O_CLOEXEC) != 0 ||
        fcntl(request[1], F_SETFL, O_NONBLOCK) != 0) {
        FAIL(cx, STATUS_IO, "no pipe: %s", strerror(errno));
    }
    ret->child = fork();
    if (ret->child == 0) {
        become(program, argv, request[0], answer[1], descriptor);
    }
    (void)close(request[0]);
    (void)close(answer[1]);
    ret->to = request[1];
    ret->from = answer[0];
    if (ret->child < 0) {
        ret->child = 0;
        FAIL(cx, STATUS_IO, "no new process: %s", strerror(errno));
    }
out:
    return status;
}

void helper_stop(struct helper *h)
{
    if (h->to >= 0) {
        (void)close(h->to);
    }
    if (h->from >= 0) {
        (void)close(h->from);
    }
    if (h->child > 0) {
        while (waitpid(h->child, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    light_stream_finish(&h->heard);
}

static enum status receive(struct ctx *cx, struct helper *h)
{
    enum status status = STATUS_OK;
    uint8_t *room = NULL;
    TRY(light_stream_room(cx, &h->heard, &room));
    ssize_t got = read(h->from, room, LIGHT_READ_BYTES);
    light_stream_came(&h->heard, got > 0 ? (size_t)got : 0);
    h->ended = got == 0 || (got < 0 && errno != EINTR);
out:
    return status;
}

enum status helper_say(struct ctx *cx, struct helper *h, const struct light_message *m)
{
    enum status status = STATUS_OK;
    struct buf out;
    buf_init(&out, (size_t)LIGHT_HEAD_BYTES + LIGHT_BODY_MAX);
    TRY(light_message_write(cx, m, &out));
    for (size_t done = 0; done < out.len;) {
        struct pollfd look[2] = {{.fd = h->to, .events = POLLOUT},
                                 {.fd = h->ended ? -1 : h->from, .events = POLLIN}};
        if (poll(look, 2, -1) < 0 && errno != EINTR) {
            FAIL(cx, STATUS_IO, "cannot wait for %s: %s", h->name, strerror(errno));
        }
        if (look[1].revents != 0) {
            TRY(receive(cx, h));
        }
        ssize_t wrote = look[0].revents == 0 ? 0 : write(h->to, out.ptr + done, out.len - done);
        if (wrote < 0 && errno != EINTR && errno != EAGAIN) {
            FAIL(cx, STATUS_CANCELLED, "%s has ended", h->name);
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
out:
    buf_finish(&out);
    return status;
}

enum status helper_hear(struct ctx *cx, struct helper *h, struct light_message *ret, bool *ret_any)
{
    enum status status = STATUS_OK;
    TRY(light_stream_next(cx, &h->heard, ret, ret_any));
    while (!*ret_any && !h->ended) {
        TRY(receive(cx, h));
        TRY(light_stream_next(cx, &h->heard, ret, ret_any));
    }
out:
    return status;
}
