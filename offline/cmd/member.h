/* SPDX-License-Identifier: Apache-2.0 */
/*
 * member: the actions of the verb of this name that stand in files of their own.
 */
#ifndef MEMBER_H
#define MEMBER_H

#include "people.h"

/* member-power.c */
enum status member_remove(struct session *s) MUST_USE;
enum status member_suspend(struct session *s) MUST_USE;
enum status member_lift(struct session *s) MUST_USE;
enum status member_give(struct session *s) MUST_USE;
enum status member_take(struct session *s) MUST_USE;
enum status member_change(struct session *s) MUST_USE;
enum status member_reattach(struct session *s) MUST_USE;
enum status member_undo(struct session *s) MUST_USE;

/* member-explain.c */
enum status member_explain(struct session *s) MUST_USE;
enum status member_decisions(struct session *s) MUST_USE;
enum status member_late(struct session *s) MUST_USE;

#endif
