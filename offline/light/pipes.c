/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipes: messages to and from the two programs. While one is told something long, what both say is
 * taken in, so no pipe fills up that somebody waits for.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "light-int.h"

static const char *const names[LIGHT_PROGRAMS] = {"valise-show", "valise-eye"};

static enum status program_start(struct ctx *cx, size_t which, const char *const *arguments,
                                 int descriptor, struct running *ret)
{
    enum status status = STATUS_OK;
    TRY(light_child_start(cx, names[which], arguments, descriptor, false, &ret->at));
    ret->ended = false;
    if (fcntl(ret->at.to, F_SETFL, O_NONBLOCK) != 0) {
        FAIL(cx, STATUS_IO, "no pipe: error %d", errno);
    }
out:
    return status;
}

static void program_stop(struct running *r)
{
    light_child_stop(&r->at);
    r->ended = true;
}

enum status light_start(struct ctx *cx, const struct light_plan *plan, struct light **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    struct light *l = NULL;
    const int descriptors[LIGHT_PROGRAMS] = {plan->terminal, plan->film};
    TRY(mem_new(cx, 1, sizeof(struct light), &memory));
    l = memory;
    (void)signal(SIGPIPE, SIG_IGN); /* a program that is gone is a status, not a signal */
    for (size_t i = 0; i < LIGHT_PROGRAMS; i++) {
        light_stream_init(&l->of[i].heard);
        l->of[i].ended = true;
    }
    for (size_t i = 0; i < LIGHT_PROGRAMS; i++) {
        if (plan->arguments[i] != NULL) {
            TRY(program_start(cx, i, plan->arguments[i], descriptors[i], &l->of[i]));
        }
    }
    *ret = l;
    l = NULL;
out:
    light_stop(&l);
    return status;
}

void light_stop(struct light **l)
{
    if (*l == NULL) {
        return;
    }
    for (size_t i = 0; i < LIGHT_PROGRAMS; i++) {
        program_stop(&(*l)->of[i]);
        light_stream_finish(&(*l)->of[i].heard);
    }
    free(*l);
    *l = NULL;
}

bool light_runs(const struct light *l, enum light_program p)
{
    return !l->of[p].ended;
}

static enum status receive(struct ctx *cx, struct running *r)
{
    enum status status = STATUS_OK;
    uint8_t *room = NULL;
    TRY(light_stream_room(cx, &r->heard, &room));
    ssize_t got = read(r->at.from, room, LIGHT_READ_BYTES);
    light_stream_came(&r->heard, got > 0 ? (size_t)got : 0);
    r->ended = got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
out:
    return status;
}

/* Waits until something can be read (all of it is taken in) or `writes` can be written to. Room for
 * a whole message is always there: who sends more than one before it is read waits in his pipe. */
static enum status wait_for(struct ctx *cx, struct light *l, int wait_ms,
                            const struct running *writes, bool *ret_writable, bool *ret_came)
{
    enum status status = STATUS_OK;
    struct pollfd look[LIGHT_PROGRAMS + 1];
    *ret_writable = false;
    for (size_t i = 0; i < LIGHT_PROGRAMS; i++) {
        const struct running *r = &l->of[i];
        look[i] = (struct pollfd){.fd = r->ended || light_stream_full(&r->heard) ? -1 : r->at.from,
                                  .events = POLLIN};
    }
    look[LIGHT_PROGRAMS] =
        (struct pollfd){.fd = writes == NULL ? -1 : writes->at.to, .events = POLLOUT};
    *ret_came = poll(look, LIGHT_PROGRAMS + 1, wait_ms) > 0;
    if (!*ret_came) { /* time is over, or a signal */
        goto out;
    }
    for (size_t i = 0; i < LIGHT_PROGRAMS; i++) {
        if (look[i].revents != 0) {
            TRY(receive(cx, &l->of[i]));
        }
    }
    *ret_writable = look[LIGHT_PROGRAMS].revents != 0;
out:
    return status;
}

enum status light_say(struct ctx *cx, struct light *l, enum light_program to,
                      const struct light_message *m)
{
    enum status status = STATUS_OK;
    struct running *r = &l->of[to];
    struct buf out;
    size_t done = 0;
    bool writable = false, unused = false;
    buf_init(&out, (size_t)LIGHT_HEAD_BYTES + LIGHT_BODY_MAX);
    TRY(light_message_write(cx, m, &out));
    while (done < out.len) {
        if (r->at.child == 0) {
            FAIL(cx, STATUS_CANCELLED, "%s is not running", names[to]);
        }
        TRY(wait_for(cx, l, -1, r, &writable, &unused));
        ssize_t wrote = writable ? write(r->at.to, out.ptr + done, out.len - done) : 0;
        if (wrote < 0 && errno != EINTR && errno != EAGAIN) {
            FAIL(cx, STATUS_CANCELLED, "%s has ended", names[to]);
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
out:
    buf_finish(&out);
    return status;
}

static enum status heard_already(struct ctx *cx, struct light *l, struct light_message *ret,
                                 enum light_program *ret_from, bool *ret_any)
{
    enum status status = STATUS_OK;
    for (size_t n = 0; n < LIGHT_PROGRAMS && !*ret_any; n++) {
        enum light_program p = (l->turn + n) % LIGHT_PROGRAMS;
        struct running *r = &l->of[p];
        status = light_stream_next(cx, &r->heard, ret, ret_any);
        if (status != STATUS_OK) {
            program_stop(r);
            light_stream_finish(&r->heard);
            light_stream_init(&r->heard);
            goto out;
        }
        if (*ret_any) {
            *ret_from = p;
            l->turn = (p + 1) % LIGHT_PROGRAMS;
        }
    }
out:
    return status;
}

enum status light_hear(struct ctx *cx, struct light *l, int wait_ms, struct light_message *ret,
                       enum light_program *ret_from, bool *ret_any)
{
    enum status status = STATUS_OK;
    bool unused = false, came = true;
    *ret_any = false;
    TRY(heard_already(cx, l, ret, ret_from, ret_any));
    while (!*ret_any && came && (light_runs(l, LIGHT_SHOW) || light_runs(l, LIGHT_EYE))) {
        TRY(wait_for(cx, l, wait_ms, NULL, &unused, &came));
        TRY(heard_already(cx, l, ret, ret_from, ret_any));
    }
out:
    return status;
}
