/* SPDX-License-Identifier: Apache-2.0 */
/*
 * valise-show: shows parcels as codes, for valise and valise-courier, and is of no use to people by
 * itself. It holds no key of a vault: a parcel is sealed before it comes here.
 */
#include <string.h>
#include <unistd.h>

#include "guard.h"
#include "show.h"

void show_title(struct show_job *job, const struct light_message *message)
{
    struct words line = {.count = 0};
    words_add(&line, "%.*s", (int)message->body.len, (const char *)message->body.ptr);
    memcpy(job->title, line.lines[0], sizeof(job->title));
}

/* Up to the message that says what is shown; false: STOP. */
static enum status read_job(struct ctx *cx, struct mail *mail, struct show_job *ret, bool *ret_stop)
{
    enum status status = STATUS_OK;
    struct light_message m;
    bool any = false;
    *ret_stop = false;
    while (true) {
        TRY(mail_next(cx, mail, -1, &m, &any));
        if (screen_signalled() || (any && m.kind == LIGHT_STOP)) {
            *ret_stop = true;
            break;
        }
        if (any && m.kind == LIGHT_TITLE) {
            show_title(ret, &m);
        } else if (any && m.kind == LIGHT_LINK) {
            ret->keyed = true;
            memcpy(ret->key.b, m.body.ptr, sizeof(ret->key.b));
        } else if (any && (m.kind == LIGHT_PARCEL || m.kind == LIGHT_ACK || m.kind == LIGHT_TEXT ||
                           m.kind == LIGHT_PREVIEW)) {
            ret->first = m;
            break;
        } else if (any) {
            FAIL(cx, STATUS_MALFORMED, "a message that does not belong here");
        }
    }
out:
    return status;
}

static enum status run(struct ctx *cx, int argc, char **argv, struct mail *mail)
{
    const struct guard_options hard = {.allow_exec = false};
    enum status status = STATUS_OK;
    struct show_options options;
    struct show_job job = {.title = ""};
    bool stop = false;
    TRY(show_options_read(cx, argc, argv, &options));
    TRY(guard_harden(cx, &hard));
    screen_catch_signals();
    TRY(read_job(cx, mail, &job, &stop));
    if (stop) {
        goto out;
    }
    TRY(options.to >= SHOW_PNG ? show_as_files(cx, &options, mail, &job)
                               : show_on_screen(cx, &options, mail, &job));
out:
    wipe(&job, sizeof(job));
    return status;
}

int main(int argc, char **argv)
{
    struct ctx cx;
    struct mail mail;
    ctx_init(&cx, system_real());
    mail_init(&mail, STDIN_FILENO, STDOUT_FILENO);
    enum status status = run(&cx, argc, argv, &mail);
    if (status != STATUS_OK && status != STATUS_CANCELLED) {
        mail_send_fault(&cx, &mail);
    }
    mail_finish(&mail);
    return status == STATUS_OK ? 0 : status == STATUS_USAGE ? 2 : 1;
}
