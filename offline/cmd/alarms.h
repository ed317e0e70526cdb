/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alarms: what is wrong in the team and what to do about it, for `status`.
 */
#ifndef ALARMS_H
#define ALARMS_H

#include "people.h"

/* Needs the records open. *ret_count: how many there are. */
enum status alarms_say(struct session *s, size_t *ret_count) MUST_USE;
#define JSON_ALARM_ROWS                                                                            \
    {"alarm", "kind", "text",                                                                      \
     "histories, copied, old-vault, no-key, no-place, suspended, stale, owners-stopped, "          \
     "few-owners or late"},                                                                        \
        {"alarm", "what", "text", "what is the matter"},                                           \
    {                                                                                              \
        "alarm", "do", "text", "what to do"                                                        \
    }

#endif
