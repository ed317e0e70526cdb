/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream: messages out of a pipe's bytes, which come in runs of any length; and what an ERROR says.
 * The reading itself is the caller's.
 */
#include <string.h>

#include "frames-int.h"

void light_stream_init(struct light_stream *s)
{
    s->used = 0;
    buf_init(&s->heard, (size_t)LIGHT_HEAD_BYTES + LIGHT_BODY_MAX + LIGHT_READ_BYTES);
}

void light_stream_finish(struct light_stream *s)
{
    buf_finish(&s->heard);
    s->used = 0;
}

bool light_stream_full(const struct light_stream *s)
{
    return s->heard.len > s->heard.max - LIGHT_READ_BYTES;
}

enum status light_stream_room(struct ctx *cx, struct light_stream *s, uint8_t **ret)
{
    return buf_extend(cx, &s->heard, LIGHT_READ_BYTES, ret);
}

void light_stream_came(struct light_stream *s, size_t len)
{
    MUST(len <= LIGHT_READ_BYTES);
    s->heard.len -= LIGHT_READ_BYTES - len;
}

enum status light_stream_next(struct ctx *cx, struct light_stream *s, struct light_message *ret,
                              bool *ret_any)
{
    enum status status = STATUS_OK;
    *ret_any = false;
    if (s->used > 0) {
        memmove(s->heard.ptr, s->heard.ptr + s->used, s->heard.len - s->used);
        s->heard.len -= s->used;
        s->used = 0;
    }
    TRY(light_message_read(cx, buf_view(&s->heard), ret, &s->used, NULL));
    *ret_any = s->used > 0;
out:
    return status;
}

enum status light_error(struct ctx *cx, const char *who, const struct light_message *m)
{
    enum status status = (enum status)m->code;
    text whole = utf8_valid(m->body) ? (text){(const char *)m->body.ptr, m->body.len} : TEXT("?");
    const char *line = whole.len == 0 ? NULL : memchr(whole.ptr, '\n', whole.len);
    size_t what = line == NULL ? whole.len : (size_t)(line - whole.ptr);
    if (status == STATUS_OK || strcmp(status_name(status), "unknown") == 0) {
        status = STATUS_IO;
    }
    fault_clear(cx);
    status = fault_set(cx, status, __FILE__, __LINE__, "%s: %.*s", who, (int)what,
                       what == 0 ? "" : whole.ptr);
    if (line != NULL) {
        (void)fault_hint(cx, "%.*s", (int)(whole.len - what - 1), line + 1);
    }
    return status;
}
