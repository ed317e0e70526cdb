/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves the rules of authority one by one, each with the counter-example that made it, told in
 * facts: what counts, up to where, by whose word, and why not. That the same holds for any history
 * is the matter of tests/model.
 */
#include "check.h"

#include "authority.h"

#include <stdlib.h>
#include <string.h>

enum { /* members; member m has the lanes 10 m + 1, 10 m + 2, ... */
       ANA,
       BEN,
       CLE, /* these three are owners */
       DOT,
       EVA,
       FIN,
       GUS,
       HAL,
       MEMBERS,
};
enum { OFFICE, ADMIN, EDITOR, READER, LIAISON, GUEST, APPOINTER, CHIEF, HOST, ROLES };
enum { DESK = 1, SAFE = 2, LANES = 10 * MEMBERS + 10 };

static struct ctx cx;
static struct authority *a;
static uint64_t ref, lamport;
static uint64_t seqs[LANES];
static uint32_t members_of[LANES];
static int64_t made; /* the last appointment */

#define N(array) (sizeof(array) / sizeof *(array))
#define POINTS(...)                                                                                \
    .cut = (const struct authority_point[]){__VA_ARGS__},                                          \
    .cut_count =                                                                                   \
        sizeof((const struct authority_point[]){__VA_ARGS__}) / sizeof(struct authority_point)
#define SEEN(...)                                                                                  \
    .seen = (const uint64_t[]){__VA_ARGS__},                                                       \
    .seen_count = sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)
#define OP(...) (&(struct authority_op){__VA_ARGS__})
#define ALL     AUTHORITY_ALL

/* ---- a small team ------------------------------------------------------------------------------
 */

static int64_t lane_of(uint32_t member)
{
    return 10 * (int64_t)member + 1;
}

static enum status try_lane(int64_t ix, uint32_t member, int64_t parent, uint64_t fork_seq)
{
    struct authority_lane l = {.ix = ix, .member = member, .parent = parent, .fork_seq = fork_seq};

    l.device.b[0] = (uint8_t)member;
    l.device.b[1] = (uint8_t)(parent == 0 ? ix % 10 : 1); /* only first devices fork here */
    if (ix < LANES) {
        members_of[ix] = member;
        seqs[ix] = fork_seq;
    }
    return authority_lane(&cx, a, &l);
}

static void lane(int64_t ix, uint32_t member, int64_t parent, uint64_t fork_seq)
{
    check_ok(&cx, try_lane(ix, member, parent, fork_seq));
}

static void roles(void)
{
    static const uint32_t desk[] = {DESK}, both[] = {DESK, SAFE}, guest[] = {GUEST},
                          editor[] = {EDITOR, READER}, host[] = {GUEST, HOST};
    static const struct authority_role all[] = {
        {.role = OFFICE,
         .rights = 7,
         .reads = both,
         .reads_count = 2,
         .writes = both,
         .writes_count = 2},
        {.role = ADMIN,
         .rights = 7,
         .reads = both,
         .reads_count = 2,
         .writes = desk,
         .writes_count = 1},
        {.role = EDITOR, .reads = desk, .reads_count = 1, .writes = desk, .writes_count = 1},
        {.role = READER, .reads = desk, .reads_count = 1},
        {.role = LIAISON,
         .rights = RIGHT_APPOINT | RIGHT_REMOVE | RIGHT_ORGANIZATION,
         .grants = guest,
         .grants_count = 1,
         .max = 2},
        {.role = GUEST, .reads = desk, .reads_count = 1},
        {.role = APPOINTER,
         .rights = RIGHT_APPOINT | RIGHT_REMOVE,
         .grants = editor,
         .grants_count = 2},
        {.role = CHIEF, .rights = 7, .reads = both, .reads_count = 2},
        {.role = HOST, .rights = RIGHT_APPOINT, .grants = host, .grants_count = 2},
    };
    for (size_t i = 0; i < N(all); i++) {
        check_ok(&cx, authority_role(&cx, a, &all[i]));
    }
}

static int start(void **state)
{
    static const uint32_t owners[] = {ANA, BEN, CLE};
    int64_t first = -1;

    (void)state;
    ctx_init(&cx, system_real());
    ref = lamport = 0;
    memset(seqs, 0, sizeof seqs);
    check_ok(&cx, authority_new(&cx, &a));
    roles();
    for (uint32_t m = 0; m < MEMBERS; m++) {
        lane(lane_of(m), m, 0, 0);
    }
    check_ok(&cx, authority_found(&cx, a, owners, 3, 2, OFFICE,
                                  (struct authority_point){lane_of(ANA), 1}, &first));
    assert_int_equal(first, 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    authority_free(&a);
    return 0;
}

/* The operation as the next entry of the lane. */
static enum status try_on(int64_t ix, int64_t via, struct authority_op *o)
{
    o->ref = ++ref;
    o->lamport = ++lamport;
    o->via = via;
    o->at = (struct authority_point){ix, ++seqs[ix]};
    return authority_op(&cx, a, o, &made);
}

static uint64_t on(int64_t ix, int64_t via, struct authority_op *o)
{
    check_ok(&cx, try_on(ix, via, o));
    return o->ref;
}

static uint32_t member_of(int64_t via)
{
    struct authority_appointment p;
    authority_appointment_get(a, via, &p);
    return p.member;
}

/* By whom, on that member's first device. */
static uint64_t say(int64_t via, struct authority_op *o)
{
    return on(lane_of(member_of(via)), via, o);
}

static int64_t grant(int64_t via, uint32_t member, uint32_t role, int level)
{
    (void)say(via, OP(.verb = AUTHORITY_GRANT, .member = member, .role = role, .level = level));
    return made;
}

/* Any operation of a member who may do nothing special. */
static uint64_t work(int64_t via)
{
    return say(via, OP(.verb = AUTHORITY_EPOCH, .compartment = AUTHORITY_CONTROL));
}

static uint64_t council(uint32_t state, uint32_t prev, struct authority_op *o)
{
    o->verb = AUTHORITY_COUNCIL;
    o->council.state = state;
    o->council.prev = prev;
    o->council.quorum = 2;
    return say(0, o);
}

static uint64_t rm_owner(uint32_t state, uint32_t prev, uint32_t member, uint64_t seq)
{
    return council(state, prev,
                   OP(.member = member, .council = {.kind = COUNCIL_RM_OWNER},
                      POINTS({lane_of(member), seq})));
}

static void resolve(void)
{
    check_ok(&cx, authority_resolve(&cx, a));
}

static bool counts(uint64_t op)
{
    resolve();
    return authority_effective(a, op);
}

static void check_why(uint64_t op, const char *part, uint64_t by)
{
    uint64_t told = 99;
    resolve();
    const char *why = authority_why_not(a, op, &told);
    assert_non_null(why);
    assert_non_null(strstr(why, part));
    assert_int_equal(told, by);
}

static uint64_t limit(int64_t appointment, int64_t ix)
{
    resolve();
    return authority_limit(a, appointment, ix);
}

static bool active(int64_t appointment)
{
    resolve();
    return authority_active(a, appointment);
}

static struct authority_point at(int64_t ix)
{
    return (struct authority_point){ix, seqs[ix]};
}

/* ---- levels and roles --------------------------------------------------------------------------
 */

static void test_role_permits(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 1), eva = grant(dot, EVA, EDITOR, 5);
    uint64_t bad = say(eva, OP(.verb = AUTHORITY_GRANT, .member = FIN, .role = READER, .level = 9));
    int64_t fin = made;
    uint64_t after = work(fin);

    (void)state;
    assert_true(active(eva));
    check_why(bad, "role does not permit", 0);
    check_why(after, "appointment it was made under is void", bad);
    assert_int_equal(limit(fin, lane_of(FIN)), 0);
    assert_int_equal(limit(eva, lane_of(EVA)), ALL);
    assert_false(active(fin));
}

static void test_epoch_needs_write(void **state)
{
    int64_t eva = grant(0, EVA, EDITOR, 5), fin = grant(0, FIN, READER, 5);
    uint64_t writes = say(eva, OP(.verb = AUTHORITY_EPOCH, .compartment = DESK));
    uint64_t other = say(eva, OP(.verb = AUTHORITY_EPOCH, .compartment = SAFE));
    uint64_t reads = say(fin, OP(.verb = AUTHORITY_EPOCH, .compartment = DESK));
    uint64_t control = say(fin, OP(.verb = AUTHORITY_EPOCH, .compartment = AUTHORITY_CONTROL));

    (void)state;
    assert_true(counts(writes));
    assert_false(counts(other));
    assert_false(counts(reads));
    assert_true(counts(control));
}

static void test_who_reads(void **state)
{
    int64_t eva = grant(0, EVA, EDITOR, 5);

    (void)state;
    (void)grant(0, FIN, READER, 5);
    resolve();
    assert_true(authority_reads(a, EVA, DESK) && authority_writes(a, EVA, DESK));
    assert_true(authority_reads(a, FIN, DESK) && !authority_writes(a, FIN, DESK));
    assert_true(authority_reads(a, FIN, AUTHORITY_CONTROL));
    assert_false(authority_reads(a, FIN, SAFE));
    assert_false(authority_reads(a, GUS, AUTHORITY_CONTROL));
    (void)say(0, OP(.verb = AUTHORITY_REVOKE, .appointment = eva, POINTS({lane_of(EVA), 0})));
    resolve();
    assert_false(authority_reads(a, EVA, DESK));
    assert_false(authority_writes(a, EVA, AUTHORITY_CONTROL));
}

/* The founding entry has no appointment. */
static void test_founding_entry(void **state)
{
    uint64_t link = on(lane_of(ANA), -1, OP(.verb = AUTHORITY_LINK));
    uint64_t first =
        on(lane_of(ANA), -1, OP(.verb = AUTHORITY_GRANT, .member = DOT, .role = ADMIN, .level = 1));
    struct authority_appointment p;

    (void)state;
    (void)council(1, 0, OP(.member = ANA, .council = {.kind = COUNCIL_RM_OWNER}));
    assert_true(counts(link) && counts(first));
    authority_appointment_get(a, 3, &p);
    assert_true(p.by == -1 && p.ref == first && p.level == 1 && p.active);
    assert_false(active(0));
}

/* ---- cuts
 * ---------------------------------------------------------------------------------------- */

/* A removal voids what stands beyond its cut, on every device: a removed admin adds nobody. */
static void test_remove_cuts(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 1);
    uint64_t kept, late;
    struct authority_appointment p;

    (void)state;
    lane(lane_of(DOT) + 1, DOT, 0, 0);
    kept = work(dot);
    uint64_t gone = say(0, OP(.verb = AUTHORITY_REMOVE, .member = DOT, POINTS(at(lane_of(DOT)))));
    late = say(dot, OP(.verb = AUTHORITY_GRANT, .member = GUS, .role = EDITOR, .level = 9));
    int64_t mole = made;
    uint64_t other = on(lane_of(DOT) + 1, dot, OP(.verb = AUTHORITY_PLAIN));
    assert_true(counts(kept));
    check_why(late, "accepted of the removed member", gone);
    check_why(other, "accepted of the removed member", gone);
    assert_false(active(mole));
    assert_int_equal(limit(dot, lane_of(DOT)), 1);
    assert_int_equal(limit(dot, lane_of(DOT) + 1), 0);
    assert_int_equal(authority_limit_by(a, dot, lane_of(DOT)), gone);
    authority_appointment_get(a, dot, &p);
    assert_true(p.removed && p.supported && !p.active);
}

/* CE1, CE11: two cuts leave what both leave; a PARDON of one leaves the other. */
static void test_several_cuts(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 1), gus = grant(0, GUS, ADMIN, 1);
    int64_t eva = grant(0, EVA, EDITOR, 5);

    (void)state;
    for (int i = 0; i < 5; i++) {
        (void)work(eva);
    }
    uint64_t one = say(dot, OP(.verb = AUTHORITY_REMOVE, .member = EVA, POINTS({lane_of(EVA), 4})));
    uint64_t two = say(gus, OP(.verb = AUTHORITY_REMOVE, .member = EVA, POINTS({lane_of(EVA), 2})));
    (void)say(dot, OP(.verb = AUTHORITY_DEVCUT, .lane = lane_of(EVA), POINTS({lane_of(EVA), 3})));
    assert_int_equal(limit(eva, lane_of(EVA)), 2);
    assert_int_equal(authority_limit_by(a, eva, lane_of(EVA)), two);
    (void)say(0, OP(.verb = AUTHORITY_PARDON, .target = two)); /* senior */
    assert_int_equal(limit(eva, lane_of(EVA)), 3);
    (void)say(dot, OP(.verb = AUTHORITY_PARDON, .target = one)); /* his own, at once */
    assert_int_equal(limit(eva, lane_of(EVA)), 3);
    assert_true(active(eva)); /* only the device is cut off */
    check_status(&cx, STATUS_MALFORMED,
                 try_on(lane_of(EVA), eva, OP(.verb = AUTHORITY_PARDON, .target = two)));
}

static void test_in_force(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 1), eva = grant(0, EVA, EDITOR, 5);
    uint64_t link = work(dot);
    uint64_t early = say(dot, OP(.verb = AUTHORITY_REMOVE, .member = EVA));
    uint64_t held = say(dot, OP(.verb = AUTHORITY_SUSPEND, .member = EVA));
    uint64_t word = say(eva, OP(.verb = AUTHORITY_UNLINK, .lane = lane_of(EVA)));
    uint64_t out = rm_owner(1, 0, CLE, 0);
    uint64_t late = say(dot, OP(.verb = AUTHORITY_REVOKE, .appointment = eva));

    (void)state;
    (void)say(0, OP(.verb = AUTHORITY_REVOKE, .appointment = dot, POINTS({lane_of(DOT), 3})));
    resolve();
    assert_true(authority_in_force(a, early) && authority_in_force(a, held));
    assert_true(authority_in_force(a, word) && authority_in_force(a, out));
    assert_false(authority_in_force(a, late) || authority_in_force(a, link));
    assert_false(authority_in_force(a, 999));
    (void)say(0, OP(.verb = AUTHORITY_PARDON, .target = early));
    (void)say(0, OP(.verb = AUTHORITY_LIFT, .target = held));
    (void)say(0, OP(.verb = AUTHORITY_PARDON, .target = word));
    resolve();
    assert_true(authority_effective(a, early) && authority_effective(a, held));
    assert_false(authority_in_force(a, early) || authority_in_force(a, held));
    assert_false(authority_in_force(a, word));
}

/* CE2: a removal beyond its author's own cut is void. */
static void test_remover_removed(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 1), eva = grant(0, EVA, EDITOR, 5);
    uint64_t early = work(dot);
    uint64_t late = say(dot, OP(.verb = AUTHORITY_REMOVE, .member = EVA));

    (void)state;
    (void)say(0, OP(.verb = AUTHORITY_REMOVE, .member = DOT, POINTS({lane_of(DOT), 1})));
    assert_true(counts(early) && !counts(late));
    assert_true(active(eva));
    assert_int_equal(limit(eva, lane_of(EVA)), ALL);
}

/* Nobody reaches his own level or a smaller one. */
static void test_equals(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 1), gus = grant(0, GUS, ADMIN, 1);
    uint64_t duel = say(dot, OP(.verb = AUTHORITY_REMOVE, .member = GUS));
    uint64_t up = say(dot, OP(.verb = AUTHORITY_DEVCUT, .lane = lane_of(ANA)));

    (void)state;
    assert_true(counts(duel) && counts(up));
    assert_int_equal(limit(gus, lane_of(GUS)), ALL);
    assert_int_equal(limit(0, lane_of(ANA)), ALL);
    assert_true(active(gus) && active(0));
    assert_true(authority_lane_in_use(a, lane_of(ANA)));
}

static void test_revoke_and_cascade(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 1), eva = grant(dot, EVA, ADMIN, 3);
    int64_t fin = grant(eva, FIN, EDITOR, 7), other = grant(1, DOT, EDITOR, 4);
    uint64_t said = work(fin);

    (void)state;
    uint64_t plain = say(0, OP(.verb = AUTHORITY_REVOKE, .appointment = dot, POINTS({31, 1})));
    assert_true(active(eva) && active(fin) && active(other) && !active(dot)); /* CE14 */
    (void)say(0, OP(.verb = AUTHORITY_PARDON, .target = plain));
    assert_true(active(dot));
    uint64_t deep = say(0, OP(.verb = AUTHORITY_REVOKE, .appointment = dot, .cascade = true,
                              POINTS({lane_of(DOT), 1}, {lane_of(EVA), 1})));
    assert_false(active(eva) || active(fin));
    assert_true(active(other));
    check_why(said, "revoked with all it gave", deep);
    (void)say(0, OP(.verb = AUTHORITY_PARDON, .target = deep));
    assert_true(active(fin) && counts(said));
}

/* P24: a REATTACH senior to a cascade ends the line of grantors; an equal's does not. */
static void test_cascade_and_reattach(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 2), gus = grant(0, GUS, ADMIN, 1);
    int64_t eva = grant(dot, EVA, ADMIN, 3), fin = grant(eva, FIN, EDITOR, 7);

    (void)state;
    (void)say(gus, OP(.verb = AUTHORITY_REVOKE, .appointment = dot, .cascade = true,
                      POINTS({lane_of(DOT), 1}, {lane_of(EVA), 1})));
    (void)say(gus, OP(.verb = AUTHORITY_REATTACH, .appointment = eva));
    assert_false(active(eva) || active(fin));
    (void)say(0, OP(.verb = AUTHORITY_REATTACH, .appointment = eva));
    assert_true(active(eva) && active(fin) && !active(dot));
    assert_int_equal(limit(fin, lane_of(FIN)), ALL);
}

/* Who may appoint, and not remove, takes back what hangs on the appointment he speaks under. */
static void test_who_gave_takes_back(void **state)
{
    int64_t hal = grant(0, HAL, HOST, 3), other = grant(0, HAL, HOST, 4);
    int64_t gus = grant(hal, GUS, GUEST, 15), eva = grant(hal, EVA, HOST, 5);
    int64_t fin = grant(eva, FIN, GUEST, 15), dot = grant(0, DOT, EDITOR, 15);
    uint64_t said = work(gus);

    (void)state;
    uint64_t strange = say(hal, OP(.verb = AUTHORITY_REVOKE, .appointment = dot));
    check_why(strange, "role does not permit", 0);
    check_why(say(hal, OP(.verb = AUTHORITY_REMOVE, .member = GUS)), "role does not permit", 0);
    check_why(say(other, OP(.verb = AUTHORITY_REVOKE, .appointment = gus)), "role does not permit",
              0);
    (void)say(hal, OP(.verb = AUTHORITY_REVOKE, .appointment = fin));
    assert_true(active(gus) && active(eva) && active(dot) && !active(fin));
    (void)say(hal, OP(.verb = AUTHORITY_REVOKE, .appointment = gus, POINTS(at(lane_of(GUS)))));
    assert_true(!active(gus) && counts(said));
    (void)say(0, OP(.verb = AUTHORITY_REATTACH, .appointment = eva));
    check_why(say(hal, OP(.verb = AUTHORITY_REVOKE, .appointment = eva)), "role does not permit",
              0);
    assert_true(active(eva));
}

/* CE15: an honest newcomer appointed beyond the cut comes back with all his work. */
static void test_reattach(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 1);

    (void)state;
    uint64_t gone = say(0, OP(.verb = AUTHORITY_REMOVE, .member = DOT));
    int64_t eva = grant(dot, EVA, EDITOR, 5);
    uint64_t said = work(eva);
    check_why(said, "void", gone);
    (void)say(1, OP(.verb = AUTHORITY_REATTACH, .appointment = eva));
    assert_true(counts(said) && active(eva));
    check_status(&cx, STATUS_MALFORMED,
                 try_on(lane_of(EVA), eva, OP(.verb = AUTHORITY_REATTACH, .appointment = eva)));
}

/* CE16: who appoints a removed member again must know of it and not be junior to who removed him.
 */
static void test_readmission(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 1), hal = grant(0, HAL, ADMIN, 3);
    (void)grant(0, EVA, EDITOR, 5);
    int64_t unseen, junior, equal;

    (void)state;
    uint64_t gone = say(dot, OP(.verb = AUTHORITY_REMOVE, .member = EVA));
    unseen = grant(0, EVA, EDITOR, 6);
    (void)say(hal,
              OP(.verb = AUTHORITY_GRANT, .member = EVA, .role = EDITOR, .level = 6, SEEN(gone)));
    junior = made;
    (void)say(dot,
              OP(.verb = AUTHORITY_GRANT, .member = EVA, .role = EDITOR, .level = 6, SEEN(gone)));
    equal = made;
    assert_false(active(unseen) || active(junior));
    assert_true(active(equal));
    assert_int_equal(limit(equal, lane_of(EVA)), ALL);
    assert_int_equal(limit(junior, lane_of(EVA)), 0);
    uint64_t again = say(0, OP(.verb = AUTHORITY_REMOVE, .member = EVA, POINTS({lane_of(EVA), 7})));
    assert_int_equal(limit(equal, lane_of(EVA)), 7);
    (void)say(0, OP(.verb = AUTHORITY_GRANT, .member = EVA, .role = EDITOR, .level = 6,
                    SEEN(gone, again)));
    assert_true(active(made));
}

/* F6: a void GRANT that saw the removal, reattached by a junior, does not bring anybody back. */
static void test_readmission_by_void_grant(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 2), gus = grant(0, GUS, ADMIN, 2);
    int64_t hal = grant(0, HAL, ADMIN, 5);

    (void)state;
    (void)grant(0, EVA, EDITOR, 9);
    uint64_t gone = say(dot, OP(.verb = AUTHORITY_REMOVE, .member = EVA));
    (void)say(0, OP(.verb = AUTHORITY_REMOVE, .member = GUS));
    (void)say(gus,
              OP(.verb = AUTHORITY_GRANT, .member = EVA, .role = EDITOR, .level = 10, SEEN(gone)));
    int64_t back = made;
    (void)say(hal, OP(.verb = AUTHORITY_REATTACH, .appointment = back));
    assert_false(active(back));
    (void)say(1, OP(.verb = AUTHORITY_REATTACH, .appointment = back));
    assert_true(active(back));
}

/* ---- devices
 * ------------------------------------------------------------------------------------- */

static void test_devcut(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 3), eva = grant(0, EVA, EDITOR, 5),
            top = grant(0, EVA, CHIEF, 2);

    (void)state;
    lane(lane_of(EVA) + 1, EVA, 0, 0);
    uint64_t early = work(eva), late = work(eva);
    uint64_t cut =
        say(dot, OP(.verb = AUTHORITY_DEVCUT, .lane = lane_of(EVA), POINTS({lane_of(EVA), 1})));
    assert_true(counts(early));
    check_why(late, "accepted of the device", cut);
    assert_int_equal(limit(eva, lane_of(EVA) + 1), ALL);
    assert_int_equal(limit(top, lane_of(EVA)), ALL);     /* senior to the cut */
    assert_true(authority_lane_in_use(a, lane_of(EVA))); /* F11: by her senior appointment */
    (void)say(0, OP(.verb = AUTHORITY_REVOKE, .appointment = top, POINTS({lane_of(EVA), 9})));
    resolve();
    assert_false(authority_lane_in_use(a, lane_of(EVA)));
    assert_true(authority_lane_in_use(a, lane_of(EVA) + 1));
    (void)say(dot, OP(.verb = AUTHORITY_PARDON, .target = cut));
    assert_true(counts(late));
}

/* The member's own word counts at every level, whoever carries it and whatever becomes of him. */
static void test_unlink(void **state)
{
    int64_t eva = grant(0, EVA, EDITOR, 5), dot = grant(0, DOT, ADMIN, 1);

    (void)state;
    uint64_t early = work(dot), late = work(dot);
    uint64_t word =
        say(eva, OP(.verb = AUTHORITY_UNLINK, .lane = lane_of(DOT), POINTS({lane_of(DOT), 1})));
    (void)say(0, OP(.verb = AUTHORITY_REMOVE, .member = EVA));
    assert_true(counts(word) && counts(early));
    check_why(late, "unlinked device", word);
    assert_false(authority_lane_in_use(a, lane_of(DOT)));
    assert_true(active(dot));
}

/* A5: whoever carries a pardoned word again carries a pardoned one; F2: a senior's cut stands above
 * a stolen root. */
static void test_unlink_is_named_by_what_it_says(void **state)
{
    int64_t eva = grant(0, EVA, EDITOR, 5), dot = grant(0, DOT, ADMIN, 1),
            gus = grant(0, GUS, ADMIN, 2);

    (void)state;
    (void)work(dot);
    uint64_t late = work(dot);
    uint64_t word = say(eva, OP(.verb = AUTHORITY_UNLINK, .lane = lane_of(DOT)));
    (void)say(gus, OP(.verb = AUTHORITY_PARDON, .target = word)); /* counts below level 2 only */
    assert_false(counts(late));
    (void)say(0, OP(.verb = AUTHORITY_PARDON, .target = word));
    assert_true(counts(late));
    (void)say(eva, OP(.verb = AUTHORITY_UNLINK, .lane = lane_of(DOT), POINTS({lane_of(DOT), 0})));
    assert_true(counts(late));
    (void)say(eva, OP(.verb = AUTHORITY_UNLINK, .lane = lane_of(DOT), POINTS({lane_of(DOT), 1})));
    assert_int_equal(limit(dot, lane_of(DOT)), 1);
    (void)say(0, OP(.verb = AUTHORITY_REMOVE, .member = DOT, POINTS({lane_of(DOT), 2})));
    assert_int_equal(limit(dot, lane_of(DOT)), 2);
}

/* ---- suspensions
 * --------------------------------------------------------------------------------- */

/* CE3, the duel: both are suspended, until somebody senior lifts it. */
static void test_suspend_each_other(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 1), gus = grant(0, GUS, ADMIN, 1);
    uint64_t early = work(dot);
    uint64_t one = say(dot, OP(.verb = AUTHORITY_SUSPEND, .member = GUS));
    uint64_t two =
        say(gus, OP(.verb = AUTHORITY_SUSPEND, .member = DOT, POINTS({lane_of(DOT), 1})));
    uint64_t late = work(dot), later = work(gus);

    (void)state;
    assert_true(counts(one) && counts(two) && counts(early));
    check_why(late, "suspended", two);
    check_why(later, "suspended", one);
    assert_true(authority_suspended(a, DOT) && authority_suspended(a, GUS));
    assert_false(active(dot) || active(gus));
    assert_int_equal(limit(dot, lane_of(DOT)), 1);
    (void)say(0, OP(.verb = AUTHORITY_LIFT, .target = one));
    assert_true(counts(later) && active(gus) && !counts(late));
    check_status(&cx, STATUS_MALFORMED,
                 try_on(lane_of(DOT), dot, OP(.verb = AUTHORITY_LIFT, .target = two)));
}

/* P16: a suspension holds for larger levels too, SUSPENDs included; not for smaller ones. */
static void test_suspend_reaches_down(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 2), eva = grant(0, EVA, ADMIN, 5),
            top = grant(0, EVA, ADMIN, 1);
    int64_t fin = grant(0, FIN, EDITOR, 5);

    (void)state;
    uint64_t by = say(dot, OP(.verb = AUTHORITY_SUSPEND, .member = EVA));
    uint64_t below = say(eva, OP(.verb = AUTHORITY_SUSPEND, .member = FIN));
    uint64_t above = say(top, OP(.verb = AUTHORITY_PLAIN));
    check_why(below, "suspended", by);
    assert_true(counts(above));
    assert_true(active(fin) && active(top) && !active(eva));
}

static void test_suspend_oneself(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 2);
    uint64_t by = say(dot, OP(.verb = AUTHORITY_SUSPEND, .member = DOT, POINTS({lane_of(DOT), 1})));
    uint64_t late = work(dot);

    (void)state;
    assert_true(counts(by) && !counts(late) && !active(dot));
}

/* P1: an idle device knows little, so its SUSPEND would take much: what a smaller level named
 * stays. */
static void test_suspend_has_a_floor(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 1), gus = grant(0, GUS, ADMIN, 1);

    (void)state;
    for (int i = 0; i < 6; i++) {
        (void)work(dot);
    }
    (void)say(gus, OP(.verb = AUTHORITY_CHECKPOINT, POINTS({lane_of(DOT), 6})));
    (void)say(gus, OP(.verb = AUTHORITY_SUSPEND, .member = DOT, POINTS({lane_of(DOT), 2})));
    assert_int_equal(limit(dot, lane_of(DOT)), 2); /* his own level does not help him */
    (void)say(0, OP(.verb = AUTHORITY_CHECKPOINT, POINTS({lane_of(DOT), 4})));
    assert_int_equal(limit(dot, lane_of(DOT)), 4);
}

/* ---- roles that are replaced
 * ------------------------------------------------------------------------ */

static void test_replace(void **state)
{
    int64_t eva = grant(0, EVA, EDITOR, 5);
    uint32_t found[4];

    (void)state;
    uint64_t early = say(eva, OP(.verb = AUTHORITY_EPOCH, .compartment = DESK));
    uint64_t late = say(eva, OP(.verb = AUTHORITY_EPOCH, .compartment = DESK));
    uint64_t by = say(0, OP(.verb = AUTHORITY_REPLACE, .appointment = eva, .role = READER,
                            POINTS({lane_of(EVA), 1})));
    assert_true(counts(early) && !counts(late));
    assert_int_equal(limit(eva, lane_of(EVA)), ALL); /* the entries stay, the role is another */
    assert_int_equal(
        authority_roles_at(a, eva, (struct authority_point){lane_of(EVA), 1}, found, 4), 1);
    assert_int_equal(found[0], EDITOR);
    assert_int_equal(
        authority_roles_at(a, eva, (struct authority_point){lane_of(EVA), 2}, found, 4), 1);
    assert_int_equal(found[0], READER);
    assert_true(authority_reads(a, EVA, DESK) && !authority_writes(a, EVA, DESK));
    (void)say(1, OP(.verb = AUTHORITY_REPLACE, .appointment = eva, .role = ADMIN,
                    POINTS({lane_of(EVA), 3})));
    resolve(); /* neither knew of the other: both have to permit */
    assert_int_equal(
        authority_roles_at(a, eva, (struct authority_point){lane_of(EVA), 3}, found, 4), 1);
    assert_int_equal(
        authority_roles_at(a, eva, (struct authority_point){lane_of(EVA), 4}, found, 4), 2);
    assert_false(authority_writes(a, EVA, DESK));
    assert_false(authority_reads(a, EVA, SAFE));
    (void)work(eva);
    uint64_t both = say(eva, OP(.verb = AUTHORITY_EPOCH, .compartment = DESK));
    assert_int_equal(seqs[lane_of(EVA)], 4);
    assert_false(counts(both));
    (void)say(0, OP(.verb = AUTHORITY_PARDON, .target = by));
    assert_true(counts(both));
    assert_true(counts(late) && authority_reads(a, EVA, SAFE));
}

/* F8: who knew of an earlier REPLACE replaces that one too, but no junior does. */
static void test_replace_again(void **state)
{
    int64_t eva = grant(0, EVA, READER, 9), dot = grant(0, DOT, ADMIN, 3);
    uint32_t found[4];

    (void)state;
    uint64_t first = say(0, OP(.verb = AUTHORITY_REPLACE, .appointment = eva, .role = EDITOR,
                               POINTS({lane_of(EVA), 2})));
    uint64_t second = say(1, OP(.verb = AUTHORITY_REPLACE, .appointment = eva, .role = ADMIN,
                                SEEN(first), POINTS({lane_of(EVA), 5})));
    resolve();
    for (uint64_t seq = 1; seq < 9; seq++) {
        struct authority_point p = {lane_of(EVA), seq};
        assert_int_equal(authority_roles_at(a, eva, p, found, 4), 1);
        assert_int_equal(found[0], seq <= 2 ? READER : seq <= 5 ? EDITOR : ADMIN);
    }
    assert_true(authority_reads(a, EVA, SAFE) && authority_writes(a, EVA, DESK));
    (void)say(dot, OP(.verb = AUTHORITY_REPLACE, .appointment = eva, .role = READER,
                      SEEN(first, second), POINTS({lane_of(EVA), 7})));
    resolve();
    assert_int_equal(
        authority_roles_at(a, eva, (struct authority_point){lane_of(EVA), 8}, found, 4), 2);
}

/* F1: neither REPLACE nor REATTACH is a way around what the role may give. */
static void test_no_way_around_grants(void **state)
{
    int64_t lia = grant(0, GUS, LIAISON, 3), app = grant(0, HAL, APPOINTER, 3);
    uint64_t strong =
        say(lia, OP(.verb = AUTHORITY_GRANT, .member = EVA, .role = ADMIN, .level = 4));
    int64_t eva = made;
    int64_t fin = grant(app, FIN, EDITOR, 5);

    (void)state;
    check_why(strong, "role does not permit", 0);
    uint64_t back = say(app, OP(.verb = AUTHORITY_REATTACH, .appointment = eva));
    assert_false(counts(back) || active(eva));
    uint64_t up = say(app, OP(.verb = AUTHORITY_REPLACE, .appointment = fin, .role = ADMIN));
    uint64_t down = say(app, OP(.verb = AUTHORITY_REPLACE, .appointment = fin, .role = READER));
    assert_true(!counts(up) && counts(down));
    int64_t guest = grant(0, DOT, GUEST, 5);
    uint64_t own = say(lia, OP(.verb = AUTHORITY_REATTACH, .appointment = guest));
    assert_false(counts(own)); /* a role with a max reattaches nobody */
}

/* The first two of a liaison's count, in an order nobody can choose. */
static void test_max_of_grants(void **state)
{
    int64_t lia = grant(0, GUS, LIAISON, 3);
    int64_t guests[3];

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        guests[i] = grant(lia, DOT + i, GUEST, 4);
    }
    assert_true(active(guests[0]) && active(guests[1]) && !active(guests[2]));
    uint64_t said = work(guests[2]);
    check_why(said, "void", ref - 1);
    resolve();
    uint64_t by = 0;
    assert_non_null(strstr(authority_limit_why(a, guests[2], lane_of(FIN), &by), "one more than"));
    assert_int_equal(by, ref - 1);
    (void)say(0, OP(.verb = AUTHORITY_REATTACH, .appointment = guests[2]));
    assert_true(active(guests[2]) && counts(said));
    lamport = 0; /* a device that knows little says one more: it comes first */
    int64_t fourth = grant(lia, HAL, GUEST, 4);
    assert_true(active(fourth) && active(guests[0]) && !active(guests[1]));
}

/* ---- forks
 * --------------------------------------------------------------------------------------- */

struct fork_seen {
    size_t count;
    struct authority_fork last;
};

static enum status see_fork(void *self, struct ctx *c, const struct authority_fork *f)
{
    struct fork_seen *s = self;
    (void)c;
    s->count++;
    s->last = *f;
    return STATUS_OK;
}

static struct authority_fork fork_now(void)
{
    struct fork_seen s = {0};
    resolve();
    check_ok(&cx, authority_forks_each(&cx, a, see_fork, &s));
    assert_int_equal(s.count, 1);
    return s.last;
}

/* Eva writes 3 entries, and then two histories: lanes 41 and 42. */
static int64_t forked(void)
{
    int64_t eva = grant(0, EVA, EDITOR, 5);

    for (int i = 0; i < 3; i++) {
        (void)work(eva);
    }
    lane(42, EVA, 41, 3);
    (void)on(41, eva, OP(.verb = AUTHORITY_PLAIN));
    (void)on(42, eva, OP(.verb = AUTHORITY_PLAIN));
    return eva;
}

static void test_fork_by_acknowledgement(void **state)
{
    int64_t eva = forked();

    (void)state;
    assert_int_equal(fork_now().winner, 0);
    assert_int_equal(limit(eva, 41), 3);
    assert_int_equal(limit(eva, 42), 3);
    uint64_t by = 9;
    assert_non_null(strstr(authority_limit_why(a, eva, 41, &by), "two histories"));
    assert_int_equal(by, 0);
    assert_false(authority_lane_in_use(a, 41) || authority_lane_in_use(a, 42));
    check_ok(&cx, authority_acknowledge(&cx, a, 41, 3)); /* before the fork: says nothing */
    assert_int_equal(fork_now().winner, 0);
    check_ok(&cx, authority_acknowledge(&cx, a, 42, 4));
    assert_int_equal(fork_now().winner, 42);
    assert_int_equal(limit(eva, 42), ALL);
    assert_int_equal(limit(eva, 41), 3);
    assert_non_null(strstr(authority_limit_why(a, eva, 41, NULL), "did not prevail"));
    assert_true(authority_lane_in_use(a, 42) && !authority_lane_in_use(a, 41));
    check_ok(&cx, authority_acknowledge(&cx, a, 41, 4)); /* CE8: both */
    assert_int_equal(fork_now().winner, 0);
}

static void test_fork_by_pin(void **state)
{
    int64_t eva = forked(), dot = grant(0, DOT, ADMIN, 1), gus = grant(0, GUS, ADMIN, 1);

    (void)state;
    check_ok(&cx, authority_acknowledge(&cx, a, 42, 4));
    uint64_t pin = say(dot, OP(.verb = AUTHORITY_PIN, POINTS({41, 4})));
    assert_int_equal(fork_now().winner, 41);
    assert_int_equal(fork_now().by, pin);
    (void)say(gus, OP(.verb = AUTHORITY_PIN, POINTS({42, 4}))); /* two of one level: none */
    assert_int_equal(fork_now().winner, 0);
    uint64_t senior = say(0, OP(.verb = AUTHORITY_PIN, POINTS({42, 4})));
    assert_int_equal(fork_now().winner, 42);
    assert_int_equal(fork_now().by, senior);
    assert_int_equal(limit(eva, 42), ALL);
}

/* R4, P20: a checkpoint that saw both says nothing; a pin goes before a checkpoint of its level. */
static void test_fork_and_checkpoints(void **state)
{
    int64_t eva = forked(), dot = grant(0, DOT, ADMIN, 1), gus = grant(0, GUS, ADMIN, 1);

    (void)state;
    check_ok(&cx, authority_acknowledge(&cx, a, 41, 4));
    (void)say(0, OP(.verb = AUTHORITY_CHECKPOINT, POINTS({41, 4}, {42, 4})));
    assert_int_equal(fork_now().winner, 41);
    (void)say(dot, OP(.verb = AUTHORITY_CHECKPOINT, POINTS({42, 4}, {lane_of(DOT), 1})));
    assert_int_equal(fork_now().winner, 42);
    (void)say(gus, OP(.verb = AUTHORITY_CHECKPOINT, POINTS({41, 4})));
    assert_int_equal(fork_now().winner, 0);
    (void)say(gus, OP(.verb = AUTHORITY_PIN, POINTS({41, 4})));
    assert_int_equal(fork_now().winner, 41);
    assert_int_equal(limit(eva, 41), ALL);
}

/* CE7, CE9: a cut names its entry and so its branch: who is removed does not fork below his cut,
 * and the same number on another branch is not the same entry. */
static void test_cut_pins(void **state)
{
    int64_t eva = forked();

    (void)state;
    check_ok(&cx, authority_acknowledge(&cx, a, 42, 4));
    uint64_t cut = say(0, OP(.verb = AUTHORITY_REMOVE, .member = EVA, POINTS({41, 4})));
    assert_int_equal(fork_now().winner, 41);
    assert_int_equal(limit(eva, 41), 4);
    assert_int_equal(limit(eva, 42), 3);
    (void)say(0, OP(.verb = AUTHORITY_PARDON, .target = cut)); /* R5: and its pin is gone */
    assert_int_equal(fork_now().winner, 42);
}

/* P27: two cuts on two branches leave what is before both, not the smaller number. */
/* Else who may let guests in lets a colleague in once more, takes that back with a cut, and so
 * chooses among the colleague's histories. */
static void test_taking_back_names_no_branch(void **state)
{
    int64_t eva = forked();
    int64_t hal = grant(0, HAL, HOST, 3), gift = grant(hal, EVA, GUEST, 15);

    (void)state;
    check_ok(&cx, authority_acknowledge(&cx, a, 41, 4));
    (void)say(hal, OP(.verb = AUTHORITY_REVOKE, .appointment = gift, POINTS({42, 4})));
    assert_int_equal(fork_now().winner, 41);
    assert_true(!active(gift) && active(eva));
    (void)say(0, OP(.verb = AUTHORITY_REVOKE, .appointment = gift, POINTS({42, 4})));
    assert_int_equal(fork_now().winner, 42);
}

static void test_cuts_on_two_branches(void **state)
{
    int64_t eva = forked();

    (void)state;
    (void)council(1, 0, OP(.council = {.kind = COUNCIL_PIN}, POINTS({42, 4})));
    (void)say(0, OP(.verb = AUTHORITY_REVOKE, .appointment = eva, POINTS({41, 4})));
    (void)say(1, OP(.verb = AUTHORITY_REVOKE, .appointment = eva, POINTS({42, 4})));
    assert_int_equal(limit(eva, 41), 3);
    assert_int_equal(limit(eva, 42), 3);
    assert_int_equal(fork_now().winner, 42);
}

/* The member's own UNLINK chooses no branch against everybody. */
static void test_unlink_does_not_pin(void **state)
{
    int64_t eva = forked();

    (void)state;
    check_ok(&cx, authority_acknowledge(&cx, a, 41, 4));
    (void)say(eva, OP(.verb = AUTHORITY_UNLINK, .lane = 41, POINTS({42, 4})));
    assert_int_equal(fork_now().winner, 41);
    assert_int_equal(limit(eva, 41), 3);
}

/* F12: one winner for all appointments of a member, by what is below the most senior of them. */
static void test_one_winner(void **state)
{
    int64_t eva = forked(), top = grant(0, EVA, ADMIN, 1), dot = grant(0, DOT, ADMIN, 2);

    (void)state;
    check_ok(&cx, authority_acknowledge(&cx, a, 41, 4));
    (void)say(dot, OP(.verb = AUTHORITY_PIN, POINTS({42, 4})));
    assert_int_equal(fork_now().winner, 41);
    assert_int_equal(limit(eva, 41), ALL);
    assert_int_equal(limit(eva, 42), 3);
    assert_int_equal(limit(top, 42), 3);
    (void)say(0, OP(.verb = AUTHORITY_PIN, POINTS({42, 4})));
    assert_int_equal(fork_now().winner, 42);
}

/* A branch of a branch: acknowledging its end acknowledges the way to it. */
static void test_nested_forks(void **state)
{
    int64_t eva = forked();

    (void)state;
    (void)on(42, eva, OP(.verb = AUTHORITY_PLAIN));
    lane(43, EVA, 42, 5);
    (void)on(43, eva, OP(.verb = AUTHORITY_PLAIN));
    lane(44, EVA, 43, 2); /* given by a child, leaves the root */
    resolve();
    check_ok(&cx, authority_acknowledge(&cx, a, 43, 6));
    assert_int_equal(limit(eva, 43), ALL);
    assert_int_equal(limit(eva, 42), 5);
    assert_int_equal(limit(eva, 41), 3);
    assert_int_equal(limit(eva, 44), 2);
    assert_true(
        authority_before(a, (struct authority_point){41, 2}, (struct authority_point){43, 6}));
    assert_true(
        authority_before(a, (struct authority_point){43, 5}, (struct authority_point){42, 5}));
    assert_false(
        authority_before(a, (struct authority_point){41, 4}, (struct authority_point){43, 6}));
    assert_false(
        authority_before(a, (struct authority_point){42, 5}, (struct authority_point){42, 4}));
    assert_false(
        authority_before(a, (struct authority_point){1, 0}, (struct authority_point){42, 4}));
    assert_false(
        authority_before(a, (struct authority_point){99, 1}, (struct authority_point){42, 4}));
}

/* As many branches as there may be, each from the one before: bounded, and no deeper stack. */
static void test_many_branches(void **state)
{
    int64_t eva = grant(0, EVA, EDITOR, 5);

    (void)state;
    (void)work(eva);
    for (int64_t i = 1; i < AUTHORITY_LANES_MAX; i++) {
        lane(1000 + i, EVA, i == 1 ? lane_of(EVA) : 999 + i, (uint64_t)i);
    }
    check_status(&cx, STATUS_LIMIT, try_lane(5000, EVA, 1001, 1));
    check_ok(&cx,
             authority_acknowledge(&cx, a, 1000 + AUTHORITY_LANES_MAX - 1, AUTHORITY_LANES_MAX));
    assert_int_equal(limit(eva, 1000 + AUTHORITY_LANES_MAX - 1), ALL);
    assert_int_equal(limit(eva, 1500), 501);
}

/* ---- council
 * ------------------------------------------------------------------------------------- */

static struct authority_council_state council_now(void)
{
    struct authority_council_state c;
    resolve();
    authority_council(a, &c);
    return c;
}

static uint64_t add_owner(uint32_t state, uint32_t prev, uint32_t member)
{
    return council(
        state, prev,
        OP(.council = {.kind = COUNCIL_ADD_OWNERS, .members = &member, .members_count = 1}));
}

/* CE5: a rogue owner removes everybody and adds moles; one decision restores the former state. */
static void test_rogue_owner(void **state)
{
    int64_t dot = grant(1, DOT, ADMIN, 1), eva = grant(2, EVA, EDITOR, 5);
    uint64_t honest = work(2);

    (void)state;
    (void)say(2, OP(.verb = AUTHORITY_REMOVE, .member = DOT));
    int64_t mole = grant(2, GUS, ADMIN, 1);
    (void)say(mole, OP(.verb = AUTHORITY_REMOVE, .member = EVA));
    assert_true(active(mole) && !active(dot) && !active(eva));
    uint64_t out = rm_owner(7, 0, CLE, seqs[lane_of(CLE)] - 2);
    assert_true(!active(mole) && active(dot) && active(eva) && !active(2));
    assert_true(counts(honest) && counts(out));
    assert_int_equal(council_now().owners_count, 2);
    assert_int_equal(council_now().state, 7);
    assert_int_equal(limit(2, lane_of(CLE)), 2);
    assert_non_null(strstr(authority_limit_why(a, 2, lane_of(CLE), NULL), "removed owner"));
}

/* P22a, R11: who was owner comes back by the council or by an owner who knew of it. */
static void test_former_owner(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 1);
    uint64_t out = rm_owner(1, 0, CLE, 0);
    int64_t unseen = grant(0, CLE, EDITOR, 5);

    (void)state;
    (void)say(dot,
              OP(.verb = AUTHORITY_GRANT, .member = CLE, .role = EDITOR, .level = 6, SEEN(out)));
    int64_t junior = made;
    uint64_t copy = rm_owner(1, 0, CLE, 0); /* carried again: the same decision */
    (void)say(1,
              OP(.verb = AUTHORITY_GRANT, .member = CLE, .role = EDITOR, .level = 6, SEEN(copy)));
    int64_t owner = made;
    (void)add_owner(2, 1, CLE);
    int64_t office = made;
    assert_true(counts(out) && counts(copy));
    assert_false(active(2) || active(unseen) || active(junior));
    assert_true(active(owner) && active(office));
    (void)rm_owner(3, 2, CLE, 0);
    assert_false(active(office));
    assert_true(!active(owner));
}

static void test_added_owner(void **state)
{
    uint64_t first = add_owner(5, 0, DOT);
    int64_t office = made;
    uint64_t again = add_owner(5, 0, DOT);

    (void)state;
    assert_int_equal(made, office);
    assert_true(counts(first) && counts(again) && active(office));
    assert_int_equal(authority_appointments(a), 4);
    (void)say(office, OP(.verb = AUTHORITY_GRANT, .member = EVA, .role = ADMIN, .level = 1));
    assert_true(active(made));
    assert_int_equal(council_now().owners_count, 4);
    assert_int_equal(council_now().owners[3], DOT);
}

/* Two decisions upon one state: only what takes away counts, in all that follows (F4). */
static void test_council_frozen(void **state)
{
    uint64_t a1 = add_owner(1, 0, DOT);
    int64_t office = made;
    uint64_t a2 = rm_owner(2, 1, CLE, 0);

    (void)state;
    assert_true(active(office) && !active(2));
    uint64_t b = add_owner(3, 0, EVA);
    assert_true(council_now().frozen);
    assert_int_equal(council_now().state, 0);
    assert_int_equal(council_now().owners_count, 3);
    check_why(a1, "have not settled", 0);
    check_why(b, "have not settled", 0);
    assert_true(counts(a2) && !active(office) && !active(2));
    assert_false(active(made));
}

/* F3: a SETTLE chooses; what followed the chosen one goes on. */
static void test_council_settled(void **state)
{
    static const uint32_t some[] = {1}, all[] = {1, 3};

    (void)state;
    (void)add_owner(1, 0, DOT);
    int64_t office = made;
    (void)rm_owner(2, 1, CLE, 0);
    uint64_t b = add_owner(3, 0, EVA);
    uint64_t half =
        council(4, 0, OP(.council = {.kind = COUNCIL_SETTLE, .states = some, .states_count = 1}));
    assert_true(council_now().frozen);
    assert_false(counts(half));
    uint32_t named[] = {1, 3, 4};
    uint64_t settle =
        council(5, 0, OP(.council = {.kind = COUNCIL_SETTLE, .states = named, .states_count = 3}));
    assert_false(council_now().frozen);
    assert_int_equal(council_now().state, 2);
    assert_true(counts(settle) && active(office) && !active(2));
    check_why(b, "another way", 0);
    uint64_t rival =
        council(6, 0, OP(.council = {.kind = COUNCIL_SETTLE, .states = all, .states_count = 2}));
    assert_true(council_now().frozen);
    assert_false(counts(rival) || counts(settle));
}

/* F5: the latest decision about a branch counts: the council corrects its own pin. */
static void test_council_pins(void **state)
{
    int64_t eva = forked();

    (void)state;
    (void)say(0, OP(.verb = AUTHORITY_PIN, POINTS({41, 4})));
    (void)council(1, 0, OP(.council = {.kind = COUNCIL_PIN}, POINTS({42, 4})));
    assert_int_equal(fork_now().winner, 42);
    (void)council(2, 1, OP(.council = {.kind = COUNCIL_SEAL}, POINTS({41, 4}, {lane_of(DOT), 0})));
    assert_int_equal(fork_now().winner, 41);
    (void)council(3, 2, OP(.council = {.kind = COUNCIL_SEAL}, POINTS({41, 3})));
    assert_int_equal(fork_now().winner, 41);
    assert_int_equal(limit(eva, 41), ALL);
}

static void test_council_undoes(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 1);
    uint64_t gone = say(0, OP(.verb = AUTHORITY_REMOVE, .member = DOT));
    uint64_t held = say(0, OP(.verb = AUTHORITY_SUSPEND, .member = BEN));

    (void)state;
    assert_false(active(dot) || active(1));
    (void)council(1, 0, OP(.target = gone, .council = {.kind = COUNCIL_PARDON}));
    (void)council(2, 1, OP(.target = held, .council = {.kind = COUNCIL_LIFT}));
    assert_true(active(dot) && active(1));
    check_status(&cx, STATUS_MALFORMED,
                 try_on(1, 0,
                        OP(.verb = AUTHORITY_COUNCIL, .target = gone,
                           .council = {.state = 9, .prev = 2, .kind = COUNCIL_LIFT})));
}

/* ---- what came since
 * ------------------------------------------------------------------------------- */

struct changes_seen {
    size_t count;
    struct authority_change last;
};

static enum status see_change(void *self, struct ctx *c, const struct authority_change *change)
{
    struct changes_seen *s = self;
    (void)c;
    s->count++;
    s->last = *change;
    return STATUS_OK;
}

static struct changes_seen changes_now(void)
{
    struct changes_seen s = {0};
    resolve();
    check_ok(&cx, authority_changes_each(&cx, a, see_change, &s));
    return s;
}

/* What cannot change anything older is judged alone. */
static void test_passes(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 1);

    (void)state;
    resolve();
    assert_int_equal(authority_passes(a), 1);
    int64_t eva = grant(dot, EVA, EDITOR, 5);
    (void)work(eva);
    (void)say(eva, OP(.verb = AUTHORITY_PLAIN));
    (void)say(dot, OP(.verb = AUTHORITY_DEFINE));
    (void)say(dot, OP(.verb = AUTHORITY_LINK));
    lane(lane_of(EVA) + 1, EVA, 0, 0);
    check_ok(&cx, authority_acknowledge(&cx, a, lane_of(EVA), 1));
    assert_true(active(eva));
    assert_int_equal(limit(eva, lane_of(EVA) + 1), ALL);
    assert_int_equal(authority_passes(a), 1);
    (void)say(0, OP(.verb = AUTHORITY_REMOVE, .member = EVA, POINTS({lane_of(EVA), 1})));
    assert_int_equal(limit(eva, lane_of(EVA)), 1);
    assert_int_equal(authority_passes(a), 2);
    (void)grant(dot, EVA, EDITOR, 6); /* about somebody of whom more is known */
    resolve();
    assert_int_equal(authority_passes(a), 3);
    lane(lane_of(EVA) + 2, EVA, 0, 0);
    assert_int_equal(limit(eva, lane_of(EVA) + 2), 0);
    assert_int_equal(authority_passes(a), 4);
    resolve();
    assert_int_equal(authority_passes(a), 4);
}

static void test_changes(void **state)
{
    int64_t eva = grant(0, EVA, EDITOR, 5);

    (void)state;
    assert_int_equal(changes_now().count, 0); /* all count, as one expects */
    uint64_t cut =
        say(0, OP(.verb = AUTHORITY_REVOKE, .appointment = eva, POINTS({lane_of(EVA), 3})));
    struct changes_seen s = changes_now();
    assert_int_equal(s.count, 1);
    assert_int_equal(s.last.appointment, eva);
    assert_int_equal(s.last.ix, lane_of(EVA));
    assert_true(s.last.old_limit == ALL && s.last.new_limit == 3 && s.last.from == 4);
    assert_true(s.last.roles_from == ALL);
    assert_int_equal(changes_now().count, 0);
    (void)say(0, OP(.verb = AUTHORITY_PARDON, .target = cut));
    (void)say(0, OP(.verb = AUTHORITY_REPLACE, .appointment = eva, .role = READER,
                    POINTS({lane_of(EVA), 6})));
    s = changes_now();
    assert_int_equal(s.count, 1);
    assert_true(s.last.old_limit == 3 && s.last.new_limit == ALL && s.last.from == 4);
    assert_true(s.last.roles_from == 7);
    (void)say(1, OP(.verb = AUTHORITY_REPLACE, .appointment = eva, .role = EDITOR, SEEN(ref),
                    POINTS({lane_of(EVA), 9})));
    s = changes_now();
    assert_true(s.last.old_limit == ALL && s.last.new_limit == ALL && s.last.from == 10);
    (void)work(eva);
    int64_t fin = grant(eva, FIN, EDITOR, 9);
    s = changes_now(); /* not permitted: a pair that one would expect to count */
    assert_int_equal(s.count, 1);
    assert_true(s.last.appointment == fin && s.last.new_limit == 0 && s.last.from == 1);
}

static void test_what_if(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 1), eva = grant(dot, EVA, EDITOR, 5);
    struct authority *kept = a;
    struct authority *beside = NULL;

    (void)state;
    resolve();
    check_ok(&cx, authority_copy(&cx, a, &beside));
    a = beside;
    (void)say(0, OP(.verb = AUTHORITY_REVOKE, .appointment = dot, .cascade = true));
    struct changes_seen s = changes_now();
    assert_int_equal(s.count, 2);
    assert_false(active(eva));
    authority_free(&a);
    a = kept;
    assert_true(active(eva));
    assert_int_equal(changes_now().count, 0);
}

/* ---- facts that cannot be
 * ---------------------------------------------------------------------------- */

static void refused(enum status status, int64_t via, struct authority_op *o)
{
    size_t appointments = authority_appointments(a);

    check_status(&cx, status, try_on(lane_of(member_of(via)), via, o));
    assert_int_equal(authority_appointments(a), appointments);
    assert_string_equal(authority_why_not(a, ref, NULL), "it was not judged yet");
}

static void test_refused(void **state)
{
    int64_t dot = grant(0, DOT, ADMIN, 2);
    uint64_t link = say(dot, OP(.verb = AUTHORITY_LINK));
    uint64_t seal[] = {404};

    (void)state;
    refused(STATUS_MALFORMED, dot,
            OP(.verb = AUTHORITY_GRANT, .member = EVA, .role = EDITOR, .level = 2));
    refused(STATUS_MALFORMED, 0,
            OP(.verb = AUTHORITY_GRANT, .member = EVA, .role = EDITOR, .level = 16));
    refused(STATUS_NOT_FOUND, 0,
            OP(.verb = AUTHORITY_GRANT, .member = EVA, .role = ROLES, .level = 3));
    refused(
        STATUS_LIMIT, 0,
        OP(.verb = AUTHORITY_GRANT, .member = AUTHORITY_NUMBER_MAX, .role = EDITOR, .level = 3));
    refused(STATUS_NOT_FOUND, 0,
            OP(.verb = AUTHORITY_GRANT, .member = EVA, .role = EDITOR, .level = 3, .seen = seal,
               .seen_count = 1));
    refused(STATUS_MALFORMED, dot, OP(.verb = AUTHORITY_REVOKE, .appointment = dot));
    refused(STATUS_NOT_FOUND, dot, OP(.verb = AUTHORITY_REVOKE, .appointment = 99));
    refused(STATUS_NOT_FOUND, dot, OP(.verb = AUTHORITY_PARDON, .target = 99));
    refused(STATUS_MALFORMED, 0, OP(.verb = AUTHORITY_PARDON, .target = link));
    refused(STATUS_NOT_FOUND, 0, OP(.verb = AUTHORITY_DEVCUT, .lane = 999));
    refused(STATUS_MALFORMED, 0,
            OP(.verb = AUTHORITY_DEVCUT, .lane = lane_of(DOT), POINTS({lane_of(EVA), 1})));
    refused(
        STATUS_MALFORMED, 0,
        OP(.verb = AUTHORITY_REMOVE, .member = DOT, POINTS({lane_of(DOT), 1}, {lane_of(DOT), 2})));
    refused(STATUS_MALFORMED, 0, OP(.verb = AUTHORITY_PIN));
    refused(STATUS_MALFORMED, 0, OP(.verb = AUTHORITY_LINK, POINTS({lane_of(DOT), 1})));
    refused(STATUS_NOT_FOUND, 0, OP(.verb = AUTHORITY_PIN, POINTS({999, 1})));
    refused(STATUS_LIMIT, 0, OP(.verb = AUTHORITY_PIN, POINTS({lane_of(DOT), UINT32_MAX})));
    refused(
        STATUS_NOT_FOUND, 0,
        OP(.verb = AUTHORITY_COUNCIL, .council = {.state = 3, .prev = 2, .kind = COUNCIL_SEAL}));
    refused(STATUS_MALFORMED, 0,
            OP(.verb = AUTHORITY_COUNCIL, .council = {.state = 3, .kind = 99}));
    check_status(&cx, STATUS_MALFORMED, try_on(lane_of(EVA), dot, OP(.verb = AUTHORITY_LINK)));
    check_status(&cx, STATUS_MALFORMED, try_lane(0, EVA, 0, 0));
    check_status(&cx, STATUS_DUPLICATE, try_lane(lane_of(EVA), EVA, 0, 0));
    check_status(&cx, STATUS_MALFORMED, try_lane(99, FIN, lane_of(EVA), 1));
    check_status(&cx, STATUS_NOT_FOUND, try_lane(99, FIN, 98, 1));
    check_status(&cx, STATUS_NOT_FOUND, authority_acknowledge(&cx, a, 98, 1));
    ref = 0;
    check_status(&cx, STATUS_DUPLICATE, try_on(1, 0, OP(.verb = AUTHORITY_LINK)));
    assert_int_equal(authority_limit(a, 99, 1), 0);
    assert_int_equal(authority_limit(a, -1, 1), 0);
    assert_false(authority_reads(a, 9999, 1) || authority_suspended(a, 9999));
}

static void test_not_founded(void **state)
{
    (void)state;
    authority_clear(a);
    check_status(&cx, STATUS_NOT_FOUND, authority_resolve(&cx, a));
    roles();
    lane(1, ANA, 0, 0);
    check_status(&cx, STATUS_NOT_FOUND, try_on(1, -1, OP(.verb = AUTHORITY_LINK)));
}

/* ---- memory
 * ---------------------------------------------------------------------------------------- */

static long memory_left = -1; /* requests that are granted; -1 all */

enum status __real_mem_new(struct ctx *c, size_t count, size_t size, void **ret);
enum status __wrap_mem_new(struct ctx *c, size_t count, size_t size, void **ret);
enum status __wrap_mem_new(struct ctx *c, size_t count, size_t size, void **ret)
{
    if (memory_left == 0) {
        return fault_set(c, STATUS_NO_MEMORY, __FILE__, __LINE__, "out of memory");
    }
    memory_left -= memory_left > 0 ? 1 : 0;
    return __real_mem_new(c, count, size, ret);
}

/* A history with everything in it; false when memory ran out on the way. */
static enum status everything(struct authority *to, int64_t *ret_dot)
{
    enum status status = STATUS_OK;
    struct authority *kept = a;
    int64_t eva, dot;

    a = to;
    TRY(try_on(1, 0, OP(.verb = AUTHORITY_GRANT, .member = DOT, .role = ADMIN, .level = 1)));
    dot = made;
    TRY(authority_resolve(&cx, a));
    TRY(try_on(lane_of(DOT), dot,
               OP(.verb = AUTHORITY_GRANT, .member = EVA, .role = EDITOR, .level = 5)));
    eva = made;
    TRY(try_lane(42, EVA, 41, 3));
    TRY(try_lane(43, EVA, 0, 0));
    TRY(authority_resolve(&cx, a));
    TRY(try_on(1, 0,
               OP(.verb = AUTHORITY_REPLACE, .appointment = eva, .role = READER, POINTS({42, 4}))));
    TRY(try_on(1, 0,
               OP(.verb = AUTHORITY_REVOKE, .appointment = eva, .cascade = true, POINTS({42, 7}))));
    TRY(try_on(1, 0, OP(.verb = AUTHORITY_REMOVE, .member = EVA, POINTS({42, 6}, {43, 1}))));
    TRY(try_on(1, 0, OP(.verb = AUTHORITY_SUSPEND, .member = DOT, POINTS({lane_of(DOT), 9}))));
    uint32_t member = HAL;
    TRY(try_on(1, 0,
               OP(.verb = AUTHORITY_COUNCIL, .council = {.state = 1,
                                                         .kind = COUNCIL_ADD_OWNERS,
                                                         .members = &member,
                                                         .members_count = 1,
                                                         .quorum = 3})));
    TRY(authority_resolve(&cx, a));
    *ret_dot = dot;
out:
    a = kept;
    return status;
}

/* Every request for memory that fails is a status, and what was answered before stays. */
static void test_memory_runs_out(void **state)
{
    struct authority *whole = a;
    int64_t dot = -1;
    bool through = false;
    long n = 0;

    (void)state;
    resolve();
    for (; !through; n++) {
        struct authority *copy = NULL;
        ref = lamport = 0;
        memset(seqs, 0, sizeof seqs);
        memory_left = n;
        enum status status = authority_copy(&cx, whole, &copy);
        if (status == STATUS_OK) {
            status = everything(copy, &dot);
            memory_left = -1;
            assert_true(authority_active(copy, 0) && authority_limit(copy, 0, 1) == ALL);
        }
        memory_left = -1;
        if (status == STATUS_OK) {
            through = true;
            assert_int_equal(authority_limit(copy, dot, lane_of(DOT)), 9);
        } else {
            assert_int_equal(status, STATUS_NO_MEMORY);
            fault_clear(&cx);
            if (copy != NULL) { /* and with memory it goes on */
                check_ok(&cx, authority_resolve(&cx, copy));
                assert_true(authority_active(copy, 0));
            }
        }
        authority_free(&copy);
    }
    assert_true(n > 40);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_role_permits),
        TEST(test_epoch_needs_write),
        TEST(test_who_reads),
        TEST(test_founding_entry),
        TEST(test_remove_cuts),
        TEST(test_several_cuts),
        TEST(test_in_force),
        TEST(test_remover_removed),
        TEST(test_equals),
        TEST(test_revoke_and_cascade),
        TEST(test_cascade_and_reattach),
        TEST(test_who_gave_takes_back),
        TEST(test_reattach),
        TEST(test_readmission),
        TEST(test_readmission_by_void_grant),
        TEST(test_devcut),
        TEST(test_unlink),
        TEST(test_unlink_is_named_by_what_it_says),
        TEST(test_suspend_each_other),
        TEST(test_suspend_reaches_down),
        TEST(test_suspend_oneself),
        TEST(test_suspend_has_a_floor),
        TEST(test_replace),
        TEST(test_replace_again),
        TEST(test_no_way_around_grants),
        TEST(test_max_of_grants),
        TEST(test_fork_by_acknowledgement),
        TEST(test_fork_by_pin),
        TEST(test_fork_and_checkpoints),
        TEST(test_cut_pins),
        TEST(test_taking_back_names_no_branch),
        TEST(test_cuts_on_two_branches),
        TEST(test_unlink_does_not_pin),
        TEST(test_one_winner),
        TEST(test_nested_forks),
        TEST(test_many_branches),
        TEST(test_rogue_owner),
        TEST(test_former_owner),
        TEST(test_added_owner),
        TEST(test_council_frozen),
        TEST(test_council_settled),
        TEST(test_council_pins),
        TEST(test_council_undoes),
        TEST(test_passes),
        TEST(test_changes),
        TEST(test_what_if),
        TEST(test_refused),
        TEST(test_not_founded),
        TEST(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
