/* SPDX-License-Identifier: Apache-2.0 */
/*
 * valise-paper: draws codes for valise, over two pipes, and is of no use to people. It
 * forks for each request; the child jails itself before it touches a byte of it. When a child dies,
 * this program ends: whoever asked sees the pipe close.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "paper-int.h"

#define MEMORY_MAX (640ULL * 1024 * 1024)
enum { SECONDS_MAX = 20 };

static bool answer(enum paper_how how, bytes data)
{
    uint8_t head[PAPER_HEAD_BYTES] = {(uint8_t)how};
    put_u32le(head + 1, (uint32_t)data.len);
    return paper_write_all(STDOUT_FILENO, head, sizeof(head)) &&
           paper_write_all(STDOUT_FILENO, data.ptr, data.len);
}

static _Noreturn void serve(struct ctx *cx, bytes request)
{
    struct buf result;
    uint8_t *room = NULL;
    size_t len = 0;
    enum paper_how how = PAPER_FAILED;
    buf_init(&result, PAPER_ANSWER_MAX);
    if (buf_extend(cx, &result, PAPER_ANSWER_MAX, &room) == STATUS_OK &&
        guard_jail(cx, MEMORY_MAX, SECONDS_MAX) == STATUS_OK) {
        how = code_draw(request.ptr, request.len, room, PAPER_ANSWER_MAX, &len);
    }
    bool told = answer(how, BYTES(room, how == PAPER_DONE ? len : 0));
    buf_finish(&result);
    _exit(told ? 0 : 1);
}

static bool serve_apart(struct ctx *cx, bytes request)
{
    int how = 0;
    pid_t child = fork();
    if (child == 0) {
        serve(cx, request);
    }
    while (child > 0 && waitpid(child, &how, 0) < 0 && errno == EINTR) {
    }
    return child > 0 && WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

/* False at the end of the requests, or when one is none. */
static bool next(struct ctx *cx)
{
    uint8_t head[PAPER_HEAD_BYTES];
    struct buf request;
    uint8_t *room = NULL;
    bool served = false;
    buf_init(&request, PAPER_CODE_MAX);
    if (paper_read_all(STDIN_FILENO, head, sizeof(head)) && head[0] == PAPER_ASK_ENCODE &&
        buf_extend(cx, &request, get_u32le(head + 1), &room) == STATUS_OK &&
        paper_read_all(STDIN_FILENO, room, request.len)) {
        served = serve_apart(cx, buf_view(&request));
    }
    buf_finish(&request);
    return served;
}

int main(void)
{
    struct ctx cx;
    const struct guard_options options = {.allow_exec = false};
    bool fenced = false;
    ctx_init(&cx, system_real());
    if (guard_harden(&cx, &options) != STATUS_OK ||
        guard_confine(&cx, NULL, 0, &fenced) != STATUS_OK) {
        return 1;
    }
    while (next(&cx)) {
    }
    return 0;
}
