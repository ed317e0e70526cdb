/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper: the vault's side of `valise-paper`, which draws, and of `valise-eye`, which reads. Both
 * are started before this process closes itself, with two pipes and nothing else. What they answer
 * is as little trusted as the scan that was read.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "light.h"
#include "paper-int.h"

struct paper {
    struct light_child pen;
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

enum status paper_start(struct ctx *cx, struct paper **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    struct paper *p = NULL;
    static const char *const no_arguments[] = {NULL};
    const struct light_plan plan = {
        .arguments = {[LIGHT_EYE] = no_arguments}, .terminal = -1, .film = -1};
    TRY(mem_new(cx, 1, sizeof(struct paper), &memory));
    p = memory;
    TRY(light_start(cx, &plan, &p->eye));
    TRY(light_child_start(cx, "valise-paper", no_arguments, -1, true, &p->pen));
    *ret = p;
    p = NULL;
out:
    paper_stop(&p);
    if (status == STATUS_UNSAFE) {
        (void)fault_hint(cx,
                         "install it beside valise, or use text: a file that ends in .txt, words "
                         "that are typed");
    }
    return status;
}

void paper_stop(struct paper **p)
{
    if (*p == NULL) {
        return;
    }
    light_stop(&(*p)->eye);
    light_child_stop(&(*p)->pen);
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
    if (!paper_write_all(p->pen.to, head, sizeof(head)) ||
        !paper_write_all(p->pen.to, request.ptr, request.len) ||
        !paper_read_all(p->pen.from, head, sizeof(head)) || head[0] > PAPER_FAILED ||
        get_u32le(head + 1) > PAPER_ANSWER_MAX) {
        FAIL(cx, STATUS_MALFORMED, "the program that reads and draws codes gave up");
    }
    TRY(buf_extend(cx, ret, get_u32le(head + 1), &room));
    if (!paper_read_all(p->pen.from, room, get_u32le(head + 1))) {
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
