/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people: what the verbs about people share: whom a word means, what a decision would do, the
 * question before it, and roles in words.
 */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "shared.h"

/* ---- people.c: whom and when ---- */

struct person {
    struct id id;
    text name; /* borrowed from the team */
    bool here; /* has a place now; false: had one once */
};
/* By name or its unique beginning: who has a place, else who had one. */
enum status person_find(struct session *s, text name, struct person *ret) MUST_USE;
enum status arg_person(struct session *s, size_t index, struct person *ret) MUST_USE;
/* "2026-11-24 18:00" on this machine's clock; a day alone includes all of it. 0 when not given. */
enum status option_moment(struct session *s, const char *name, int64_t *ret) MUST_USE;
/* A number of a list that was shown. */
enum status arg_number(struct session *s, size_t index, uint64_t *ret) MUST_USE;
/* A machine by its tag ("k7") or a name only one has. */
enum status arg_device(struct session *s, size_t index, const struct team_device **ret) MUST_USE;
/* Claimed time of the device's newest entry that can be read; 0 when none of the last ones can. */
/* (Of d only ix and head_seq are looked at.) */
int64_t device_last_time(struct session *s, const struct team_device *d);
/* "yes" typed on the terminal, or --yes. STATUS_CANCELLED, STATUS_USAGE without a terminal. */
enum status confirm(struct session *s, const char *question) MUST_USE;
/* The same, where "no" is an answer too. */
enum status ask(struct session *s, const char *question, bool *ret) MUST_USE;

/* ---- decision.c: look, ask, decide ---- */

/* It is done twice: in a transaction that is undone, to see what would follow, and for good. What
 * it needs is here by value or from the command line: in between the vault is closed. */
struct decision {
    enum status (*run)(struct session *s, const struct decision *d);
    struct buf what;  /* "Ben is removed from the team"; owned */
    struct id member; /* whom it is about; zero: nobody */
    bool takes;       /* takes power away: say what stays and what to change afterwards */
    text role, by;    /* from the command line */
    int64_t until;
    bool cascade;
    int64_t device_ix;
    uint64_t number;
    const struct secret *seed; /* of a sheet */
    bytes file;
    const void *more; /* what one verb alone needs */
};
enum status decision_take(struct session *s, struct decision *d) MUST_USE;
#define DECISION_OPTIONS                                                                           \
    {"dry-run", NULL, "only say what would follow, and change nothing"},                           \
    {                                                                                              \
        "yes", NULL, "do not ask"                                                                  \
    }
#define JSON_EFFECT_ROWS                                                                           \
    {"effect", "what", "text",                                                                     \
     "keeps, stops, returns, late, leaves, enters, suspended, free, role, locks, opens, "          \
     "password"},                                                                                  \
        {"effect", "name", "text", "of the member, the compartment or the record"},                \
        {"effect", "device", "text", "the machine, or empty"},                                     \
        {"effect", "role", "text", "the role it is about, or empty"},                              \
        {"effect", "count", "number", "entries it is about"},                                      \
        {"effect", "from", "number", "claimed Unix time of the first of them"},                    \
    {                                                                                              \
        "effect", "to", "number", "claimed Unix time of the last"                                  \
    }
#define JSON_DECISION_ROWS                                                                         \
    JSON_EFFECT_ROWS, {"decision", "what", "text", "what is decided, in words"},                   \
    {                                                                                              \
        "decision", "done", "flag", "false: only looked at"                                        \
    }

/* ---- effects.c: what a decision changes ---- */

struct effects;
enum status effects_new(struct session *s, struct effects **ret) MUST_USE;
void effects_free(struct effects **e);
/* Says how `after` differs from `before`; *ret_count: how many things. */
enum status effects_say(struct session *s, const struct decision *d, const struct effects *before,
                        const struct effects *after, size_t *ret_count) MUST_USE;
/* Says whose place is another one by what colleagues decided, and how many entries do not count
 * that did, or are new. */
void effects_arrived_say(struct session *s, const struct effects *before,
                         const struct effects *after);

/* ---- role-words.c ---- */

/* What the role lets its holder do, one sentence a line. */
enum status role_words(struct ctx *cx, const struct role_spec *spec, struct buf *out) MUST_USE;
/* "add, set, do", or "nothing" */
enum status verbs_words(struct ctx *cx, uint32_t verbs, struct buf *out) MUST_USE;
/* "add,set,do", "all", "none"; false for another word, which *ret_wrong is. */
bool verbs_parse(text in, uint32_t *ret, text *ret_wrong);

/* ---- role-draft.c: a role being made ---- */

enum { ROLE_LIST_MAX = 64 };
/* A spec with room in its lists. Its texts are the command line's and the team's. */
struct role_draft {
    struct role_spec spec;
    text grants[ROLE_LIST_MAX];
    struct role_access access[ROLE_LIST_MAX];
    struct role_type types[ROLE_LIST_MAX];
    text fields[ROLE_LIST_MAX];
    size_t fields_count;
    char kinds[4096]; /* "kit.type" of kinds named by less */
    size_t kinds_len;
};
void role_draft_init(struct role_draft *d, text name);
/* Begins as a copy of the role; `from` must stay. */
enum status role_draft_copy(struct ctx *cx, struct role_draft *d,
                            const struct role_spec *from) MUST_USE;
/* What the options of ROLE_OPTIONS say over what it was. */
enum status role_draft_flags(struct session *s, struct role_draft *d) MUST_USE;
/* Neither reads nor writes: takes it off the list. */
enum status role_draft_access(struct ctx *cx, struct role_draft *d, text compartment, bool reads,
                              bool writes) MUST_USE;
#define ROLE_OPTIONS                                                                               \
    {"may", "VERBS", "with records: add,set,do,comment,rm, or all, or none"},                      \
        {"reads", "NAMES", "compartments it reads, or none"},                                      \
        {"writes", "NAMES", "compartments it reads and writes, or none"},                          \
        {"appoints", "ROLES", "it may let people in with these roles, or any, or none"},           \
        {"max", "N", "how many people one holder may let in; 0: any number"},                      \
        {"right", "RIGHTS", "remove,suspend,organization, or none"},                               \
    {                                                                                              \
        "type", "TYPES", "other verbs for kinds of record: \"tickets.ticket=set,comment:title\""   \
    }

/* ---- role-change.c ---- */

/* How a role that is there changes, or a new one is. */
struct role_plan {
    text name;
    bool fresh;       /* it must not be there yet */
    bool flags;       /* by the options */
    text compartment; /* when not empty: access to it changes */
    bool reads, writes;
    bool give; /* to who holds the older one */
};
/* Defines it, in the caller's transaction, and asks nothing. */
enum status role_apply(struct session *s, const struct role_plan *plan) MUST_USE;
/* Looks, asks, defines; says what the role means then. */
enum status role_change(struct session *s, const struct role_plan *plan) MUST_USE;

/* cmd-council.c: a proposal that was found, in words, and what an owner may do with it. */
enum status proposal_tell(struct session *s, const char *path) MUST_USE;

#endif
