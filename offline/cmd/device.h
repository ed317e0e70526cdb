/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device: what the files of this verb share, and its state for `status`.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include "people.h"

/* A machine that is not heard of for so long may be lost: nobody would know. */
enum { STALE_SECONDS = 30 * 24 * 3600 };

/* "in use", "stale", "given up"; "no place": its member has none any more; "two histories": nothing
 * of it counts beyond the point where they part; "copied": one of them holds. last:
 * device_last_time(). */
text device_state(struct session *s, const struct team_device *d, int64_t last);

/* device-loss.c */
enum status device_remove(struct session *s) MUST_USE;
enum status device_pin(struct session *s) MUST_USE;

#endif
