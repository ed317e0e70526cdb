/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crossing-show: a parcel or a code shown, until the person leaves, the other side has it, or the
 * files are written.
 */
#include "crossing.h"
#include "guard.h"
#include "sealed.h"

#include <stdio.h>
#include <string.h>

struct showing {
    struct session *s;
    crossing_got *got; /* NULL: nobody asks for acknowledgements */
    struct id tried;   /* of the acknowledgement that was looked at last */
    size_t files;
    bool done, failed; /* failed: its last word was an error */
};

enum status crossing_fault(struct session *s, const struct light_message *m,
                           enum light_program from)
{
    return light_error(s->cx, from == LIGHT_SHOW ? "valise-show" : "valise-eye", m);
}

/* Names are the program's: a number and an ending, no folder. */
enum status crossing_file(struct session *s, const struct light_message *m)
{
    enum status status = STATUS_OK;
    const char *to = option_value(s, "to"), *path = to;
    size_t len = to == NULL ? 0 : strlen(to);
    char name[LIGHT_NAME_MAX + 1];
    struct buf owner;
    buf_init(&owner, PATH_BYTES_MAX);
    MUST(to != NULL && m->name.len < sizeof(name));
    bool single = (len > 4 && strcmp(to + len - 4, ".pdf") == 0) ||
                  (len > 5 && strcmp(to + len - 5, ".apng") == 0);
    if (!single) {
        (void)snprintf(name, sizeof(name), "%.*s", TEXT_ARG(m->name));
        TRY(folder_make(s->cx, to));
        TRY(path_join(s->cx, &owner, to, name, &path));
    }
    TRY(output_write(s, path, m->body));
    line_start(&s->out, "file");
    line_text(&s->out, "file", text_any(path));
    line_number(&s->out, "bytes", (int64_t)m->body.len);
    line_end(&s->out);
    out_say(&s->out, "wrote '%s'", path);
out:
    buf_finish(&owner);
    return status;
}

static enum status heard_show(struct showing *w, const struct light_message *m)
{
    enum status status = STATUS_OK;
    switch (m->kind) {
    case LIGHT_KEY:
        w->done = w->done || m->code == LIGHT_KEY_QUIT;
        break;
    case LIGHT_FILE:
        TRY(crossing_file(w->s, m));
        w->files++;
        break;
    case LIGHT_ERROR:
        status = crossing_fault(w->s, m, LIGHT_SHOW);
        w->failed = true;
        if (m->code == STATUS_NOT_FOUND) {
            status = STATUS_OK; /* no window: it goes on in the terminal, or ends */
        }
        break;
    default: /* SHOWN: its screen tells that itself */
        w->failed = false;
        break;
    }
out:
    return status;
}

/* valise-show knows whether it is about what it shows, and ends then. Who gave it, and whether that
 * is believed, is the caller's to say; what a stranger holds before the camera ends nothing. */
static enum status heard_eye(struct showing *w, const struct light_message *m)
{
    enum status status = STATUS_OK;
    bool whole = m->kind == LIGHT_ACK && m->rank == m->symbols;
    struct light_message got = {
        .kind = LIGHT_GOT, .transfer = m->transfer, .wanted = whole ? 0 : m->wanted};
    struct id hash;
    if (m->kind != LIGHT_ACK || (!whole && m->wanted == 0)) {
        goto out;
    }
    hash_domain("valise/light-ack", m->body, BYTES(NULL, 0), &hash);
    if (whole && w->got != NULL && m->body.len > 0 && !id_equal(&hash, &w->tried)) {
        w->tried = hash;
        TRY(w->got(w->s, m->body, &w->done));
    }
    TRY(light_say(w->s->cx, w->s->light, LIGHT_SHOW, &got));
out:
    return status;
}

static enum status show_until(struct showing *w)
{
    enum status status = STATUS_OK;
    struct session *s = w->s;
    struct light_message m;
    enum light_program from = LIGHT_SHOW;
    bool any = false;
    while (!w->done && light_runs(s->light, LIGHT_SHOW)) {
        TRY(light_hear(s->cx, s->light, -1, &m, &from, &any));
        if (!any && light_runs(s->light, LIGHT_SHOW)) {
            (void)fault_set(s->cx, STATUS_CANCELLED, __FILE__, __LINE__, "stopped");
            status = fault_hint(s->cx, "run it again: what was seen already is kept over there");
            goto out;
        }
        if (any) {
            TRY(from == LIGHT_SHOW ? heard_show(w, &m) : heard_eye(w, &m));
        }
    }
    status = w->failed ? s->cx->fault.status : STATUS_OK;
    if (!w->failed) {
        fault_clear(s->cx);
    }
out:
    return status;
}

static enum status title_say(struct session *s, text title)
{
    const struct light_message m = {.kind = LIGHT_TITLE, .body = BYTES(title.ptr, title.len)};
    return title.len == 0 ? STATUS_OK : light_say(s->cx, s->light, LIGHT_SHOW, &m);
}

enum status crossing_put(struct session *s, const struct transfer_id *transfer, bytes parcel,
                         text title)
{
    enum status status = STATUS_OK;
    const struct light_message m = {.kind = LIGHT_PARCEL, .transfer = *transfer, .body = parcel};
    TRY(title_say(s, title));
    TRY(light_say(s->cx, s->light, LIGHT_SHOW, &m));
out:
    return status;
}

static enum status show_end(struct showing *w, enum status status)
{
    const struct light_message stop = {.kind = LIGHT_STOP};
    if (status == STATUS_OK && light_runs(w->s->light, LIGHT_SHOW) &&
        option_value(w->s, "to") == NULL) {
        (void)!light_say(w->s->cx, w->s->light, LIGHT_SHOW, &stop);
        fault_clear(w->s->cx); /* it may be gone already */
    }
    if (status == STATUS_OK && option_value(w->s, "to") != NULL && w->files == 0) {
        status = fault_set(w->s->cx, STATUS_IO, __FILE__, __LINE__, "no picture was made");
    }
    return status;
}

/* said: how telling it went. Who is gone by then has said why, and that is heard next. */
static enum status show_all(struct showing *w, enum status said)
{
    enum status status = said;
    struct fault kept = w->s->cx->fault;
    if (said == STATUS_OK || said == STATUS_CANCELLED) {
        fault_clear(w->s->cx);
        status = show_until(w);
    }
    if (status == STATUS_OK && said == STATUS_CANCELLED) {
        w->s->cx->fault = kept;
        status = said;
    }
    return show_end(w, status);
}

enum status crossing_show(struct session *s, const struct transfer_id *transfer, bytes parcel,
                          text title, crossing_got *got)
{
    struct showing w = {.s = s, .got = got};
    return show_all(&w, crossing_put(s, transfer, parcel, title));
}

static enum status show_message(struct session *s, const struct light_message *m, text title)
{
    struct showing w = {.s = s};
    enum status status = title_say(s, title);
    if (status == STATUS_OK) {
        status = light_say(s->cx, s->light, LIGHT_SHOW, m);
    }
    return show_all(&w, status);
}

enum status crossing_show_text(struct session *s, text content, text title)
{
    const struct light_message m = {.kind = LIGHT_TEXT, .body = BYTES(content.ptr, content.len)};
    return show_message(s, &m, title);
}

enum status crossing_show_ack(struct session *s, const struct seen *of, bytes body)
{
    const struct light_message m = {.kind = LIGHT_ACK,
                                    .transfer = of->transfer,
                                    .rank = of->symbols,
                                    .symbols = of->symbols,
                                    .body = body};
    return show_message(s, &m, TEXT("all of it is here: hold this before their camera"));
}
