/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail: the messages of frames.h over two pipes.
 */
#ifndef MAIL_H
#define MAIL_H

#include "frames.h"

struct mail {
    int from, to;
    struct light_stream in;
};
void mail_init(struct mail *m, int from, int to);
void mail_finish(struct mail *m);
/* A message that came within wait_ms (< 0: until one comes), or *ret_any = false. It borrows until
 * the next call. STATUS_CANCELLED: the other side closed the pipe. */
enum status mail_next(struct ctx *cx, struct mail *m, int wait_ms, struct light_message *ret,
                      bool *ret_any) MUST_USE;
enum status mail_send(struct ctx *cx, struct mail *m, const struct light_message *message) MUST_USE;
enum status mail_send_file(struct ctx *cx, struct mail *m, const char *name, bytes data) MUST_USE;
/* Says what failed; nothing more can be done when that fails too. */
void mail_send_fault(struct ctx *cx, struct mail *m);

#endif
