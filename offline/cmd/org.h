/* SPDX-License-Identifier: Apache-2.0 */
/*
 * org: who the guests of a team are in another team of this vault, and what follows when they leave
 * that one.
 */
#ifndef ORG_H
#define ORG_H

#include "people.h"

enum { BINDINGS_MAX = 256 };
struct binding {
    struct id guest, person;
    int64_t other; /* team_key() of the team the person is in */
};
struct bindings {
    struct binding list[BINDINGS_MAX];
    size_t count;
};
/* Those of the open team. STATUS_LIMIT over BINDINGS_MAX. */
enum status bindings_load(struct session *s, struct bindings *ret) MUST_USE;
enum status binding_put(struct session *s, const struct binding *b) MUST_USE;
enum status binding_drop(struct session *s, const struct id *guest) MUST_USE;
/* The other team opened (to be closed); STATUS_NOT_FOUND when this vault has it no more. */
enum status binding_team(struct session *s, int64_t key, struct team **ret) MUST_USE;

/* Before a stick is packed and after one was unpacked: a guest whose person left the other team
 * loses the place here, or it is said who has to see to it. */
enum status org_watch(struct session *s) MUST_USE;
#define JSON_ORG_ROWS                                                                              \
    {"released", "guest", "text", "a guest whose person left the other team"},                     \
        {"released", "team", "text", "that other team"},                                           \
    {                                                                                              \
        "released", "done", "flag", "the place here was taken; false: somebody else has to"        \
    }

#endif
