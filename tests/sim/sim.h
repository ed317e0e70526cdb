/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulator, inside: a team of people with real vaults, under a clock, a randomness and media
 * that follow from one seed. sim.c lives it, sim-steps.c does things to it, sim-oracle.c asks at
 * the end whether every promise was kept.
 */
#ifndef SIM_H
#define SIM_H

#include "records-world.h"
#include "team-int.h"
#include "transfer.h"

enum { ACTORS_MAX = 8, POST_MAX = 32, SECRETS_MAX = 4096, SIM_STREAM_MAX = 8 << 20 };

struct actor {
    struct desk desk;
    char name[16];
    char backup[SCRATCH_PATH + 64]; /* an older copy of the vault, or empty */
    bool malicious;                 /* its program does not judge itself */
    bool copied;                    /* a second machine goes on from a copy of it, or it is one */
    bool dead; /* noticed that it is an older copy of itself: not used any more */
};

/* A stream on its way, late, maybe twice. */
struct letter {
    uint8_t *bytes;
    size_t len;
    bool corrupt;
};

/* At writing, the author's own charter did not let this device read the key used. */
struct secret_from {
    struct id epoch, device;
    bool again; /* by the charter of somebody honest who has the key it was let in (again) */
};

struct sim {
    uint64_t seed;
    struct machine dice;
    struct team_world *world;
    struct actor actors[ACTORS_MAX];
    size_t count;
    struct letter post[POST_MAX];
    size_t post_count;
    struct secret_from secrets[SECRETS_MAX];
    size_t secret_count;
    bool forked; /* a copy went on: two histories may be about */
    bool verbose;
    uint64_t did[16], refused, voided;
};

uint64_t roll(struct sim *s, uint64_t below);
/* What a person's program may answer; everything else ends the run. */
void expect(struct sim *s, struct actor *a, enum status status, const char *what);
void sim_step(struct sim *s);
void sim_open(struct actor *a, struct peer *p);
/* What `from` has and `to` lacks, without a fault. */
void sim_pass(struct sim *s, struct actor *from, struct actor *to);
/* After every step: who was let in again. */
void sim_watch(struct sim *s);
void sim_oracle(struct sim *s);
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
