/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail: a message is read when all of it is there; until then others may be done in between.
 */
#include "mail.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { RUN = 64 * 1024 };

void mail_init(struct mail *m, int from, int to)
{
    *m = (struct mail){.from = from, .to = to};
    buf_init(&m->in, (size_t)LIGHT_HEAD_BYTES + LIGHT_BODY_MAX + RUN);
}

void mail_finish(struct mail *m)
{
    buf_finish(&m->in);
}

static void drop_used(struct mail *m)
{
    if (m->used > 0) {
        memmove(m->in.ptr, m->in.ptr + m->used, m->in.len - m->used);
        m->in.len -= m->used;
        m->used = 0;
    }
}

/* What is there is added to `in`. */
static enum status receive(struct ctx *cx, struct mail *m)
{
    enum status status = STATUS_OK;
    uint8_t *room = NULL;
    TRY(buf_extend(cx, &m->in, RUN, &room));
    ssize_t got = read(m->from, room, RUN);
    m->in.len -= (size_t)(RUN - (got > 0 ? got : 0));
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
    *ret_any = false;
    drop_used(m);
    while (true) {
        struct pollfd look = {.fd = m->from, .events = POLLIN};
        TRY(light_message_read(cx, buf_view(&m->in), ret, &m->used, NULL));
        if (m->used > 0) {
            *ret_any = true;
            break;
        }
        int there = poll(&look, 1, wait_ms);
        if (there == 0 || (there < 0 && errno == EINTR)) {
            break;
        }
        TRY(receive(cx, m));
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
