/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail: a message is read when all of it is there; until then others may be done in between.
 */
#include "mail.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

void mail_init(struct mail *m, int from, int to)
{
    *m = (struct mail){.from = from, .to = to};
    light_stream_init(&m->in);
}

void mail_finish(struct mail *m)
{
    light_stream_finish(&m->in);
}

/* What is there is added to `in`. */
static enum status receive(struct ctx *cx, struct mail *m)
{
    enum status status = STATUS_OK;
    uint8_t *room = NULL;
    TRY(light_stream_room(cx, &m->in, &room));
    ssize_t got = read(m->from, room, LIGHT_READ_BYTES);
    light_stream_came(&m->in, got > 0 ? (size_t)got : 0);
    if (got == 0 || (got < 0 && errno != EINTR)) {
        FAIL(cx, STATUS_CANCELLED, "who asked for the codes is gone");
    }
out:
    return status;
}

enum status mail_next(struct ctx *cx, struct mail *m, int wait_ms, struct light_message *ret,
                      bool *ret_any)
{
    enum status status = STATUS_OK;
    TRY(light_stream_next(cx, &m->in, ret, ret_any));
    while (!*ret_any) {
        struct pollfd look = {.fd = m->from, .events = POLLIN};
        int there = poll(&look, 1, wait_ms);
        if (there == 0 || (there < 0 && errno == EINTR)) {
            break;
        }
        TRY(receive(cx, m));
        TRY(light_stream_next(cx, &m->in, ret, ret_any));
    }
out:
    return status;
}

enum status mail_send(struct ctx *cx, struct mail *m, const struct light_message *message)
{
    enum status status = STATUS_OK;
    struct buf out;
    buf_init(&out, (size_t)LIGHT_HEAD_BYTES + LIGHT_BODY_MAX);
    TRY(light_message_write(cx, message, &out));
    for (size_t done = 0; done < out.len;) {
        ssize_t wrote = write(m->to, out.ptr + done, out.len - done);
        if (wrote < 0 && errno != EINTR) {
            FAIL(cx, STATUS_CANCELLED, "who asked for the codes is gone");
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
out:
    buf_finish(&out);
    return status;
}

enum status mail_send_file(struct ctx *cx, struct mail *m, const char *name, bytes data)
{
    const struct light_message file = {.kind = LIGHT_FILE, .name = text_of(name), .body = data};
    return mail_send(cx, m, &file);
}

void mail_send_fault(struct ctx *cx, struct mail *m)
{
    struct ctx quiet = *cx;
    struct buf words;
    struct light_message error = {.kind = LIGHT_ERROR, .code = (uint16_t)cx->fault.status};
    fault_clear(&quiet);
    buf_init(&words, sizeof(struct fault));
    if (buf_printf(&quiet, &words, "%s%s%s", cx->fault.what, cx->fault.hint[0] == '\0' ? "" : "\n",
                   cx->fault.hint) == STATUS_OK) {
        error.body = buf_view(&words);
        (void)!mail_send(&quiet, m, &error);
    }
    buf_finish(&words);
}
