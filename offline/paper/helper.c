/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper: the vault's side of `valise-paper`, which draws, and of `valise-eye`, which reads. Both
 * are started before this process closes itself, with two pipes and nothing else. What they answer
 * is as little trusted as the scan that was read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "light.h"
#include "paper-int.h"

enum { PATH_MAX_HERE = 4096 };

struct paper {
    pid_t child;
    int to, from;
    struct light *eye;
};

static bool ends_with(const char *path, const char *end)
{
    size_t len = strlen(path), end_len = strlen(end);
    return len > end_len && strcasecmp(path + len - end_len, end) == 0;
}

bool paper_is_page(const char *path)
{
    return ends_with(path, ".pdf");
}

bool paper_is_scan(const char *path)
{
    return ends_with(path, ".png") || ends_with(path, ".pgm");
}

/* Beside this program, in the build, or where it was installed: never from $PATH. */
static enum status program_find(struct ctx *cx, struct buf *path, const char **ret)
{
    static const char *const places[] = {
        "valise-paper", "../paper/valise-paper", "../offline/paper/valise-paper",
        "../../offline/paper/valise-paper", "../libexec/valise/valise-paper"};
    enum status status = STATUS_OK;
    char self[PATH_MAX_HERE];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self));
    if (len <= 0 || (size_t)len == sizeof(self)) {
        FAIL(cx, STATUS_UNSAFE, "this program does not find itself in /proc");
    }
    while (len > 0 && self[len - 1] != '/') {
        len--;
    }
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        buf_clear(path);
        TRY(buf_add(cx, path, BYTES(self, (size_t)len)));
        TRY(buf_add_text(cx, path, text_of(places[i])));
        TRY(buf_cstr(cx, path, ret));
        if (access(*ret, X_OK) == 0) {
            goto out;
        }
    }
    (void)fault_set(cx, STATUS_UNSAFE, __FILE__, __LINE__,
                    "the program 'valise-paper', which draws and reads codes, is not installed");
    status =
        fault_hint(cx, "install it beside valise, or use text: a file that ends in .txt, words "
                       "that are typed");
out:
    return status;
}

static _Noreturn void become(const char *program, int in, int out)
{
    char *const argv[] = {(char[]){"valise-paper"}, NULL};
    char *const environment[] = {NULL};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int high_in = fcntl(in, F_DUPFD_CLOEXEC, 10);
    int high_out = fcntl(out, F_DUPFD_CLOEXEC, 10);
    if (null < 0 || setsid() < 0 || dup2(high_in, 0) < 0 || dup2(high_out, 1) < 0 ||
        dup2(null, 2) < 0 || close_range(3, ~0U, 0) != 0) {
        _exit(1);
    }
    (void)execve(program, argv, environment);
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

enum status paper_start(struct ctx *cx, struct paper **ret)
{
    enum status status = STATUS_OK;
    struct buf path;
    const char *program = NULL;
    void *memory = NULL;
    struct light *eye = NULL;
    static const char *const no_arguments[] = {NULL};
    const struct light_plan plan = {
        .arguments = {[LIGHT_EYE] = no_arguments}, .terminal = -1, .film = -1};
    int request[2] = {-1, -1}, answer[2] = {-1, -1};
    buf_init(&path, 2 * PATH_MAX_HERE);
    TRY(program_find(cx, &path, &program));
    TRY(light_start(cx, &plan, &eye));
    TRY(mem_new(cx, 1, sizeof(struct paper), &memory));
    if (pipe2(request, O_CLOEXEC) != 0 || pipe2(answer, O_CLOEXEC) != 0) {
        FAIL(cx, STATUS_IO, "no pipe: error %d", errno);
    }
    pid_t child = fork();
    if (child == 0) {
        become(program, request[0], answer[1]);
    }
    if (child < 0) {
        FAIL(cx, STATUS_IO, "no new process: error %d", errno);
    }
    struct paper *p = memory;
    *p = (struct paper){.child = child, .to = request[1], .from = answer[0], .eye = eye};
    request[1] = answer[0] = -1;
    memory = NULL;
    eye = NULL;
    *ret = p;
out:
    pipe_close(request);
    pipe_close(answer);
    free(memory);
    light_stop(&eye);
    buf_finish(&path);
    return status;
}

void paper_stop(struct paper **p)
{
    if (*p == NULL) {
        return;
    }
    light_stop(&(*p)->eye);
    (void)close((*p)->to); /* it ends at the end of its input */
    (void)close((*p)->from);
    while (waitpid((*p)->child, NULL, 0) < 0 && errno == EINTR) {
    }
    free(*p);
    *p = NULL;
}

static enum status ask(struct ctx *cx, struct paper *p, enum paper_ask what, bytes request,
                       struct buf *ret, enum paper_how *ret_how)
{
    enum status status = STATUS_OK;
    uint8_t head[PAPER_HEAD_BYTES] = {(uint8_t)what};
    uint8_t *room = NULL;
    put_u32le(head + 1, (uint32_t)request.len);
    if (!paper_write_all(p->to, head, sizeof(head)) ||
        !paper_write_all(p->to, request.ptr, request.len) ||
        !paper_read_all(p->from, head, sizeof(head)) || head[0] > PAPER_FAILED ||
        get_u32le(head + 1) > PAPER_ANSWER_MAX) {
        FAIL(cx, STATUS_MALFORMED, "the program that reads and draws codes gave up");
    }
    TRY(buf_extend(cx, ret, get_u32le(head + 1), &room));
    if (!paper_read_all(p->from, room, get_u32le(head + 1))) {
        FAIL(cx, STATUS_MALFORMED, "the program that reads and draws codes gave up");
    }
    *ret_how = (enum paper_how)head[0];
out:
    return status;
}

enum status paper_encode(struct ctx *cx, struct paper *p, text content, struct buf *ret,
                         size_t *ret_side)
{
    enum status status = STATUS_OK;
    struct buf answer;
    enum paper_how how = PAPER_FAILED;
    size_t side = 0;
    buf_init(&answer, PAPER_ANSWER_MAX);
    if (content.len < 1 || content.len > PAPER_CODE_MAX) {
        FAIL(cx, STATUS_LIMIT, "a code of %zu letters", content.len);
    }
    TRY(ask(cx, p, PAPER_ASK_ENCODE, BYTES(content.ptr, content.len), &answer, &how));
    while (side * side < answer.len) {
        side++;
    }
    if (how != PAPER_DONE || side == 0 || side > PAPER_SIDE_MAX || side * side != answer.len) {
        FAIL(cx, STATUS_UNSAFE, "the code could not be drawn");
    }
    TRY(buf_add(cx, ret, buf_view(&answer)));
    *ret_side = side;
out:
    buf_finish(&answer);
    return status;
}

static bool printable(bytes b)
{
    for (size_t i = 0; i < b.len; i++) {
        if (b.ptr[i] < 0x20 || b.ptr[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

/* Every code in the image, then one word about the image. */
static enum status read_image(struct ctx *cx, struct paper *p, bytes image, struct buf *ret,
                              bool *ret_image)
{
    enum status status = STATUS_OK;
    const struct light_message ask_for = {.kind = LIGHT_IMAGE, .body = image};
    bool answered = false;
    TRY(light_say(cx, p->eye, LIGHT_EYE, &ask_for));
    while (!answered) {
        struct light_message m;
        enum light_program from = LIGHT_EYE;
        bool any = false;
        TRY(light_hear(cx, p->eye, -1, &m, &from, &any));
        if (!any && !light_runs(p->eye, LIGHT_EYE)) {
            FAIL(cx, STATUS_MALFORMED, "the program that reads codes gave up");
        }
        if (any && m.kind == LIGHT_TEXT && m.body.len > 0 && printable(m.body) &&
            m.body.len < ret->max - ret->len) {
            TRY(buf_add(cx, ret, m.body));
            TRY(buf_add_byte(cx, ret, '\n'));
        }
        answered = any && (m.kind == LIGHT_ADVICE || m.kind == LIGHT_ERROR);
        *ret_image = any && m.kind == LIGHT_ADVICE;
    }
out:
    return status;
}

enum status paper_scan(struct ctx *cx, struct paper *p, bytes image, struct buf *ret)
{
    enum status status = STATUS_OK;
    struct buf answer;
    bool is_image = false;
    buf_init(&answer, PAPER_FOUND_MAX);
    if (image.len > PAPER_IMAGE_MAX) {
        FAIL(cx, STATUS_LIMIT, "an image of %zu bytes", image.len);
    }
    status = read_image(cx, p, image, &answer, &is_image);
    if (status == STATUS_OK && !is_image) {
        status = fault_set(cx, STATUS_MALFORMED, __FILE__, __LINE__,
                           "the image is no grey or colour PNG, JPEG or PGM of a sensible size");
    } else if (status == STATUS_OK && answer.len == 0) {
        status =
            fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "no code is seen in the image");
    }
    if (status != STATUS_OK) {
        (void)fault_hint(cx,
                         "scan the page flat and in grey at 150 to 300 dots an inch, save it as "
                         "PNG; or type the words");
        goto out;
    }
    TRY(buf_add(cx, ret, buf_view(&answer)));
out:
    buf_finish(&answer);
    return status;
}
