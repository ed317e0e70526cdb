/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulator, inside: a team of people with real vaults, under a clock, a randomness, a disk and
 * media that follow from one seed. sim.c lives it, sim-steps.c and what sim-more.c chooses from do
 * things to it, sim-oracle.c asks at the end whether every promise was kept.
 */
#ifndef SIM_H
#define SIM_H

#include "records-world.h"
#include "team-int.h"
#include "transfer.h"

enum { ACTORS_MAX = 16, POST_MAX = 32, SECRETS_MAX = 4096, SIM_STREAM_MAX = 8 << 20 };
enum { TITLE_MAX = 32, FOLDER_MAX = SCRATCH_PATH + 32, STICKS = 3, DID_MAX = 32 };

struct actor {
    struct desk desk;
    char name[16];
    char backup[SCRATCH_PATH + 64]; /* an older copy of the vault, or empty */
    bool malicious;                 /* its program does not judge itself */
    bool copied;                    /* a second machine goes on from a copy of it, or it is one */
    bool dead;    /* noticed that it is an older copy of itself: not used any more */
    bool liar;    /* signed what the form of a log does not allow: others refuse it */
    bool partial; /* came in without history, or through somebody who did */
};

/* A stream on its way, late, maybe twice. */
struct letter {
    uint8_t *bytes;
    size_t len;
    bool corrupt;
};

/* At writing, the author's own charter did not let this device read the key used. */
struct secret_from {
    struct id entry, epoch, device; /* entry: the first under it */
    bool again; /* by the charter of somebody honest who has the key it was let in (again) */
};

struct sim {
    uint64_t seed;
    struct machine dice;
    struct machine more; /* of the wider steps: without them the others stay as they are */
    bool plain;          /* no wider steps */
    struct team_world *world;
    struct actor actors[ACTORS_MAX];
    size_t count, most; /* machines, and how many there may be */
    struct letter post[POST_MAX];
    size_t post_count;
    struct secret_from secrets[SECRETS_MAX];
    size_t secret_count;
    bool forked; /* a copy went on: two histories may be about */
    bool walled; /* somebody came in without history: see README.md */
    bool verbose;
    struct taint *taint;   /* sim-taint.c */
    struct once *once;     /* sim-once.c */
    struct heard *heard;   /* sim-heard.c */
    struct orgs *orgs;     /* sim-orgs.c */
    struct papers *papers; /* sim-council.c */
    uint64_t did[DID_MAX], refused, voided;
};

uint64_t roll(struct sim *s, uint64_t below);
/* What a person's program may answer; everything else ends the run. */
void expect(struct sim *s, struct actor *a, enum status status, const char *what);
void sim_step(struct sim *s);
/* Somebody in whose charter everybody can be looked up: the founder, while he is in. */
struct actor *sim_reference(struct sim *s);
struct team *sim_team(const struct actor *a);
void sim_open(struct actor *a, struct peer *p);
/* What `from` has and `to` lacks, without a fault. */
void sim_pass(struct sim *s, struct actor *from, struct actor *to);
/* After every step: who was let in again. */
void sim_watch(struct sim *s);
void sim_oracle(struct sim *s);
/* A record titled `title` in a compartment (NULL: the team's), sealed; followed by sim-taint.c. */
enum status sim_write(struct sim *s, struct actor *a, const struct team_compartment *in,
                      const char *title);
enum status sim_decide(struct sim *s, struct actor *a);
/* p is one of the team now. */
struct actor *sim_take_in(struct sim *s, struct peer *p, const char *name);
void sim_deliver(struct sim *s, struct actor *to, bytes content, bool corrupt);

/* ---- sim-more.c: the wider steps, each in its file, and how often each was done ---- */

enum more {
    MORE_EDITS,
    MORE_COMPARTMENTS,
    MORE_ROLES,
    MORE_ORGANIZATIONS,
    MORE_GUESTS,
    MORE_APART, /* records in a compartment of few */
    MORE_PROPOSALS,
    MORE_DECIDED,
    MORE_CRASHES,
    MORE_FULL,
    MORE_COURIER,
    MORE_FORGERIES,
    MORE_BACK, /* came back with the sheet on a new machine */
    MORE_COUNT,
};
extern const char *const more_words[MORE_COUNT];
enum { DID_MORE = 10 }; /* did[] from here on */
uint64_t roll_more(struct sim *s, uint64_t below);
struct actor *more_anybody(struct sim *s);
void more_start(struct sim *s);
void more_finish(struct sim *s);
void more_step(struct sim *s);
void more_look(struct sim *s); /* what everybody knows before the first step, and after each */
/* sim-edit.c: work on records */
void edit_step(struct sim *s, struct actor *a);
/* sim-orgs.c: compartments, roles, other organizations */
void orgs_step(struct sim *s, struct actor *a);
void orgs_guest(struct sim *s, struct actor *a);
void orgs_write(struct sim *s, struct actor *a);
void orgs_back(struct sim *s, struct actor *by);
void orgs_oracle(struct sim *s);
void orgs_finish(struct sim *s);
/* sim-council.c: the owners together */
void council_step(struct sim *s, struct actor *a);
void council_finish(struct sim *s);
/* sim-media.c: the disk under this process */
enum media_fault { MEDIA_SOUND, MEDIA_DIES, MEDIA_TORN, MEDIA_FULL };
enum { MEDIA_DIED = 77 };
/* From the at-th change (from 1) to a file whose path holds `below`. */
void media_arm(enum media_fault fault, const char *below, uint64_t at);
bool media_disarm(void); /* true: it went wrong */
/* sim-crash.c: dying at any write, a full disk, a full stick */
void crash_step(struct sim *s, struct actor *a);
void full_step(struct sim *s, struct actor *a);
/* sim-courier.c: who carries the sticks and may do to them what he likes */
const char *stick_folder(struct sim *s, uint64_t number, char out[static FOLDER_MAX]);
void courier_step(struct sim *s);
void courier_unpack(struct sim *s, struct actor *to);
/* sim-rogue.c: a modified program signs what it likes */
void rogue_step(struct sim *s, struct actor *a);
/* sim-taint.c: where plaintext goes */
void taint_start(struct sim *s);
void taint_finish(struct sim *s);
void taint_next(struct sim *s, char title[static TITLE_MAX]);
/* The record with this title is in a's log: acknowledged to a person, or found after a crash. */
void taint_written(struct sim *s, struct actor *a, const char *title);
/* What a's machine knows now: to whom it may give what it can read. */
void taint_see(struct sim *s, struct actor *a);
/* Let in without history: it can read nothing that was written before. */
void taint_nothing_yet(struct sim *s, struct actor *a);
void taint_medium(struct sim *s, bytes carried);
void taint_oracle(struct sim *s);
/* sim-once.c: nonces and keys that are used once */
void once_start(struct sim *s);
void once_finish(struct sim *s);
void once_stick(struct sim *s, struct actor *by, const char *folder);
/* A file that the courier made: nobody sealed it. */
void once_ignore(struct sim *s, const char *name);
void once_oracle(struct sim *s);
/* sim-heard.c: equal entries and equal rights, equal answers, at any time */
void heard_finish(struct sim *s);
void heard_look(struct sim *s, struct actor *a);
/* sim-rights.c: a small judge of its own over the charter */
void rights_oracle(struct sim *s);
/* Ends the run with its seed. */
#define SIM_MUST(s, condition, ...)                                                                \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "seed %llu: ", (unsigned long long)(s)->seed);                         \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fprintf(stderr, "\n  %s:%d: %s\n", __FILE__, __LINE__, #condition);                    \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#endif
