/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_authority_diff: proves that the resolver of offline/authority gives the answers of the
 * model, history by history, from the text that emit.py writes (README.md says what a line means).
 *
 * Each history is also resolved in other ways than one pass at the end: after every operation,
 * after some, and as a copy; all must agree in every answer, also in who is named for it. A shadow
 * is kept of every pair's limit and roles that is changed only by what authority_changes_each()
 * tells: at the end it must be what the resolver answers.
 *
 * usage: emit.py ... | test_authority_diff [LEAST HISTORIES]
 */
#include "authority.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    POINTS_MAX = 4096,
    PAIRS_MAX = 65536,
    SEQS = 48,
    ROLES_MAX = 64,
    LANES_MAX = 4096,
    REFS_MAX = 65536
};

struct shadow {
    int64_t appointment, ix;
    uint64_t limit;
    uint64_t roles[SEQS]; /* a hash of the roles at each seq */
};

struct world {
    struct ctx cx;
    struct authority *a;     /* resolved again and again */
    struct authority *facts; /* the same facts, never resolved */
    char *at;                /* rest of the line */
    char *line;
    int64_t seed;
    uint64_t line_number, histories, compared, passes, operations;
    uint32_t members, roles, compartments;
    int64_t lanes[LANES_MAX];
    uint32_t lane_members[LANES_MAX];
    size_t lanes_count;
    uint64_t refs[REFS_MAX];
    size_t refs_count;
    struct shadow *shadow;
    size_t shadow_count;
    bool resolved;
};

/* ---- failing -----------------------------------------------------------------------------------
 */

static _Noreturn void fail(const struct world *w, const char *what)
{
    fprintf(stderr, "test_authority_diff: history %" PRId64 ", line %" PRIu64 ": %s\n", w->seed,
            w->line_number, what);
    if (w->cx.fault.status != STATUS_OK) {
        fprintf(stderr, "  fault: %s\n", w->cx.fault.what);
    }
    fprintf(stderr, "  line: %.300s\n", w->line);
    exit(1);
}

static void need(const struct world *w, bool holds, const char *what)
{
    if (!holds) {
        fail(w, what);
    }
}

static void ok(const struct world *w, enum status status, const char *what)
{
    need(w, status == STATUS_OK, what);
}

/* ---- reading -----------------------------------------------------------------------------------
 */

static int64_t number(struct world *w)
{
    char *end = NULL;
    int64_t n = strtoll(w->at, &end, 10);
    need(w, end != w->at, "a number is missing");
    w->at = end;
    return n;
}

static size_t numbers(struct world *w, uint32_t to[static POINTS_MAX])
{
    size_t count = (size_t)number(w);
    need(w, count <= POINTS_MAX, "a list is too long");
    for (size_t i = 0; i < count; i++) {
        to[i] = (uint32_t)number(w);
    }
    return count;
}

static struct authority_point point(struct world *w)
{
    int64_t ix = number(w);
    return (struct authority_point){.ix = ix, .seq = (uint64_t)number(w)};
}

static size_t points(struct world *w, struct authority_point to[static POINTS_MAX])
{
    size_t count = (size_t)number(w);
    need(w, count <= POINTS_MAX, "a cut is too long");
    for (size_t i = 0; i < count; i++) {
        to[i] = point(w);
    }
    return count;
}

/* ---- the shadow --------------------------------------------------------------------------------
 */

static uint64_t roles_hash(const struct world *w, int64_t appointment, int64_t ix, uint64_t seq)
{
    uint32_t roles[ROLES_MAX];
    uint64_t hash = 0;
    size_t count =
        authority_roles_at(w->a, appointment, (struct authority_point){ix, seq}, roles, ROLES_MAX);
    need(w, count > 0 && count <= ROLES_MAX, "an entry is judged by no role, or by too many");
    for (size_t i = 0; i < count; i++) {
        need(w, i == 0 || roles[i] > roles[i - 1], "roles that do not ascend");
        hash = (hash + roles[i] + 1) * UINT64_C(0x9e3779b97f4a7c15);
    }
    return hash;
}

static struct shadow *shadow_of(struct world *w, int64_t appointment, int64_t ix)
{
    for (size_t i = 0; i < w->shadow_count; i++) {
        if (w->shadow[i].appointment == appointment && w->shadow[i].ix == ix) {
            return &w->shadow[i];
        }
    }
    need(w, w->shadow_count < PAIRS_MAX, "too many pairs");
    struct shadow *s = &w->shadow[w->shadow_count++];
    struct authority_appointment p;
    authority_appointment_get(w->a, appointment, &p);
    *s = (struct shadow){.appointment = appointment, .ix = ix, .limit = AUTHORITY_ALL};
    for (size_t i = 0; i < SEQS; i++) {
        s->roles[i] = (p.role + 1) * UINT64_C(0x9e3779b97f4a7c15);
    }
    return s;
}

static enum status shadow_change(void *self, struct ctx *cx, const struct authority_change *c)
{
    struct world *w = self;
    struct shadow *s = shadow_of(w, c->appointment, c->ix);

    (void)cx;
    need(w, s->limit == c->old_limit, "a change tells of an old limit that was not there");
    need(w, c->old_limit != c->new_limit || c->roles_from != AUTHORITY_ALL, "a change of nothing");
    need(w,
         c->from <= c->roles_from &&
             (c->old_limit == c->new_limit ||
              c->from <= 1 + (c->old_limit < c->new_limit ? c->old_limit : c->new_limit)),
         "a change that begins too late");
    s->limit = c->new_limit;
    for (uint64_t seq = c->roles_from; seq < SEQS; seq++) {
        s->roles[seq] = roles_hash(w, c->appointment, c->ix, seq);
    }
    /* what did not count before is judged anew when it does */
    for (uint64_t seq = c->from; seq < SEQS; seq++) {
        if (c->old_limit != c->new_limit) {
            s->roles[seq] = roles_hash(w, c->appointment, c->ix, seq);
        }
    }
    return STATUS_OK;
}

static void resolve(struct world *w)
{
    ok(w, authority_resolve(&w->cx, w->a), "resolving failed");
    ok(w, authority_changes_each(&w->cx, w->a, shadow_change, w), "changes failed");
}

static void shadow_check(struct world *w)
{
    for (size_t h = 0; h < authority_appointments(w->a); h++) {
        struct authority_appointment p;
        authority_appointment_get(w->a, (int64_t)h, &p);
        for (size_t i = 0; i < w->lanes_count; i++) {
            if (w->lane_members[i] != p.member) {
                continue;
            }
            struct shadow *s = shadow_of(w, (int64_t)h, w->lanes[i]);
            need(w, s->limit == authority_limit(w->a, (int64_t)h, w->lanes[i]),
                 "a limit changed and nobody was told");
            for (uint64_t seq = 1; seq < SEQS && seq <= s->limit; seq++) {
                need(w, s->roles[seq] == roles_hash(w, (int64_t)h, w->lanes[i], seq),
                     "roles changed and nobody was told");
            }
        }
    }
}

/* ---- facts --------------------------------------------------------------------------------------
 */

static void read_lane(struct world *w)
{
    struct authority_lane l = {.ix = number(w), .member = (uint32_t)number(w)};
    l.parent = number(w);
    l.fork_seq = (uint64_t)number(w);
    uint64_t order = (uint64_t)number(w);
    for (size_t i = 0; i < 8; i++) {
        l.device.b[31 - i] = (uint8_t)(order >> (8 * i));
    }
    ok(w, authority_lane(&w->cx, w->a, &l), "a lane was refused");
    ok(w, authority_lane(&w->cx, w->facts, &l), "a lane was refused");
    need(w, w->lanes_count < LANES_MAX, "too many lanes");
    w->lane_members[w->lanes_count] = l.member;
    w->lanes[w->lanes_count++] = l.ix;
}

static void read_role(struct world *w)
{
    static uint32_t grants[POINTS_MAX], reads[POINTS_MAX], writes[POINTS_MAX];
    struct authority_role r = {
        .role = (uint32_t)number(w), .grants = grants, .reads = reads, .writes = writes};
    r.rights = (uint32_t)number(w);
    r.max = (uint32_t)number(w);
    r.grants_count = numbers(w, grants);
    r.reads_count = numbers(w, reads);
    r.writes_count = numbers(w, writes);
    ok(w, authority_role(&w->cx, w->a, &r), "a role was refused");
    ok(w, authority_role(&w->cx, w->facts, &r), "a role was refused");
}

static void read_founding(struct world *w)
{
    static uint32_t owners[POINTS_MAX];
    uint32_t quorum = (uint32_t)number(w), role = (uint32_t)number(w);
    struct authority_point genesis = {.ix = number(w), .seq = 1};
    size_t count = numbers(w, owners);
    int64_t first = -1;
    ok(w, authority_found(&w->cx, w->a, owners, count, quorum, role, genesis, &first), "founding");
    ok(w, authority_found(&w->cx, w->facts, owners, count, quorum, role, genesis, &first),
       "founding");
    need(w, first == 0, "offices do not begin at 0");
}

static void read_council(struct world *w, struct authority_op *o, struct authority_point *cut)
{
    static uint32_t list[POINTS_MAX];
    struct authority_council_op *c = &o->council;

    c->state = (uint32_t)number(w);
    c->prev = (uint32_t)number(w);
    c->kind = (uint32_t)number(w);
    switch ((enum authority_council_kind)c->kind) {
    case COUNCIL_ADD_OWNERS:
        c->members_count = numbers(w, list);
        c->members = list;
        c->quorum = (uint32_t)number(w);
        break;
    case COUNCIL_RM_OWNER:
        o->member = (uint32_t)number(w);
        c->quorum = (uint32_t)number(w);
        o->cut_count = points(w, cut);
        break;
    case COUNCIL_PARDON:
    case COUNCIL_LIFT:
        o->target = (uint64_t)number(w);
        break;
    case COUNCIL_PIN:
        *cut = point(w);
        o->cut_count = 1;
        break;
    case COUNCIL_SEAL:
        o->cut_count = points(w, cut);
        break;
    case COUNCIL_SETTLE:
        c->states_count = numbers(w, list);
        c->states = list;
        break;
    }
}

static void read_rest(struct world *w, struct authority_op *o, struct authority_point *cut,
                      uint64_t *seen)
{
    static uint32_t list[POINTS_MAX];

    switch (o->verb) {
    case AUTHORITY_GRANT:
        o->member = (uint32_t)number(w);
        o->role = (uint32_t)number(w);
        o->level = (int32_t)number(w);
        o->seen_count = numbers(w, list);
        break;
    case AUTHORITY_EPOCH:
        o->compartment = (uint32_t)number(w);
        break;
    case AUTHORITY_REVOKE:
        o->appointment = number(w);
        o->cascade = number(w) != 0;
        o->cut_count = points(w, cut);
        break;
    case AUTHORITY_REMOVE:
    case AUTHORITY_SUSPEND:
        o->member = (uint32_t)number(w);
        o->cut_count = points(w, cut);
        break;
    case AUTHORITY_DEVCUT:
    case AUTHORITY_UNLINK:
        o->lane = number(w);
        *cut = point(w);
        o->cut_count = 1;
        break;
    case AUTHORITY_REPLACE:
        o->appointment = number(w);
        o->role = (uint32_t)number(w);
        o->cut_count = points(w, cut);
        o->seen_count = numbers(w, list);
        break;
    case AUTHORITY_LIFT:
    case AUTHORITY_PARDON:
        o->target = (uint64_t)number(w);
        break;
    case AUTHORITY_REATTACH:
        o->appointment = number(w);
        break;
    case AUTHORITY_PIN:
        *cut = point(w);
        o->cut_count = 1;
        break;
    case AUTHORITY_CHECKPOINT:
        o->cut_count = points(w, cut);
        break;
    case AUTHORITY_COUNCIL:
        read_council(w, o, cut);
        break;
    case AUTHORITY_LINK:
    case AUTHORITY_DEFINE:
    case AUTHORITY_PLAIN:
        break;
    }
    for (size_t i = 0; i < o->seen_count; i++) {
        seen[i] = list[i];
    }
}

static void read_op(struct world *w)
{
    static struct authority_point cut[POINTS_MAX];
    static uint64_t seen[POINTS_MAX];
    struct authority_op o = {.ref = (uint64_t)number(w), .cut = cut, .seen = seen};
    int64_t first = -1, again = -1;

    o.verb = (enum authority_verb)number(w);
    o.at = point(w);
    o.lamport = (uint64_t)number(w);
    o.via = number(w);
    read_rest(w, &o, cut, seen);
    ok(w, authority_op(&w->cx, w->a, &o, &first), "an operation was refused");
    ok(w, authority_op(&w->cx, w->facts, &o, &again), "an operation was refused");
    need(w, first == again, "two numbers for one appointment");
    need(w, w->refs_count < REFS_MAX, "too many operations");
    w->refs[w->refs_count++] = o.ref;
    w->operations++;
    if (w->seed % 3 == 0 || (w->seed % 3 == 1 && o.ref % 5 == 0)) {
        resolve(w);
    }
}

/* ---- answers ------------------------------------------------------------------------------------
 */

static void compare_ops(struct world *w, struct authority *copy)
{
    for (size_t i = 0; i < w->refs_count; i++) {
        uint64_t by = 0, other = 0;
        const char *why = authority_why_not(w->a, w->refs[i], &by);
        const char *why_copy = authority_why_not(copy, w->refs[i], &other);
        if (why != why_copy || by != other) {
            fprintf(stderr,
                    "operation %" PRIu64 ": %s (by %" PRIu64 "), at once: %s (by %" PRIu64 ")\n",
                    w->refs[i], why, by, why_copy, other);
            fail(w, "resolved at once, an operation is told otherwise");
        }
        need(w, (why == NULL) == authority_effective(w->a, w->refs[i]), "why not is out of step");
    }
}

/* The facts resolved at once give the same answers, in every respect. */
static void compare_whole(struct world *w)
{
    struct authority *copy = NULL;

    resolve(w);
    ok(w, authority_copy(&w->cx, w->facts, &copy), "copying failed");
    ok(w, authority_resolve(&w->cx, copy), "resolving a copy failed");
    compare_ops(w, copy);
    for (size_t h = 0; h < authority_appointments(w->a); h++) {
        int64_t n = (int64_t)h;
        struct authority_appointment p, q;
        authority_appointment_get(w->a, n, &p);
        authority_appointment_get(copy, n, &q);
        need(w, p.supported == q.supported && p.active == q.active && p.removed == q.removed,
             "resolved at once, an appointment is told otherwise");
        for (size_t i = 0; i < w->lanes_count; i++) {
            uint64_t by = 0, other = 0;
            const char *why = authority_limit_why(w->a, n, w->lanes[i], &by);
            need(w, authority_limit(w->a, n, w->lanes[i]) == authority_limit(copy, n, w->lanes[i]),
                 "resolved at once, a limit is another");
            need(w, why == authority_limit_why(copy, n, w->lanes[i], &other) && by == other,
                 "resolved at once, a limit has another reason");
        }
    }
    for (size_t i = 0; i < w->lanes_count; i++) {
        need(w,
             authority_lane_in_use(w->a, w->lanes[i]) == authority_lane_in_use(copy, w->lanes[i]),
             "resolved at once, a lane is in use or not");
    }
    w->passes += authority_passes(w->a);
    authority_free(&copy);
    shadow_check(w);
}

static void read_effective(struct world *w)
{
    size_t count = (size_t)number(w), next = 0;
    size_t found = 0;

    compare_whole(w);
    w->resolved = true;
    for (next = 0; next < count; next++) {
        uint64_t ref = (uint64_t)number(w);
        if (!authority_effective(w->a, ref)) {
            uint64_t by = 0;
            const char *why = authority_why_not(w->a, ref, &by);
            fprintf(stderr, "operation %" PRIu64 ": %s (by %" PRIu64 ")\n", ref, why, by);
            fail(w, "an operation has no effect here and has one in the model");
        }
    }
    for (size_t i = 0; i < w->refs_count; i++) {
        found += authority_effective(w->a, w->refs[i]) ? 1 : 0;
    }
    need(w, found == count, "an operation has an effect here and has none in the model");
}

static void read_limit(struct world *w)
{
    int64_t appointment = number(w), ix = number(w);
    uint64_t limit = authority_limit(w->a, appointment, ix);
    bool all = strncmp(w->at, " all", 4) == 0;
    uint64_t expected = all ? AUTHORITY_ALL : (uint64_t)number(w);

    if (limit != expected) {
        uint64_t by = 0;
        const char *why = authority_limit_why(w->a, appointment, ix, &by);
        fprintf(stderr, "limit %" PRIu64 ": %s (by %" PRIu64 ")\n", limit, why == NULL ? "" : why,
                by);
        fail(w, "a limit differs from the model's");
    }
    w->compared++;
}

struct fork_search {
    int64_t lane;
    uint64_t seq;
    int64_t winner;
    bool found;
};

static enum status fork_found(void *self, struct ctx *cx, const struct authority_fork *f)
{
    struct fork_search *s = self;
    (void)cx;
    if (f->lane == s->lane && f->seq == s->seq) {
        s->found = true;
        s->winner = f->winner;
    }
    return STATUS_OK;
}

static void read_fork(struct world *w)
{
    struct fork_search s = {.lane = number(w), .seq = (uint64_t)number(w)};
    int64_t winner = number(w);

    ok(w, authority_forks_each(&w->cx, w->a, fork_found, &s), "forks");
    need(w, s.found, "a fork is not known here");
    need(w, s.winner == winner, "another branch leads on than in the model");
}

static void read_council_state(struct world *w)
{
    static uint32_t owners[POINTS_MAX];
    struct authority_council_state c;
    uint32_t state = (uint32_t)number(w);
    bool frozen = number(w) != 0;
    size_t count = numbers(w, owners);

    authority_council(w->a, &c);
    need(w, c.state == state && c.frozen == frozen, "the council stands elsewhere in the model");
    need(w, c.owners_count == count, "there are other owners in the model");
    for (size_t i = 0; i < count; i++) {
        need(w, c.owners[i] == owners[i], "there are other owners in the model");
    }
}

static void read_active(struct world *w)
{
    int64_t appointment = number(w);
    need(w, authority_active(w->a, appointment) == (number(w) != 0),
         "an appointment is active or not, the model says otherwise");
}

static void read_access(struct world *w)
{
    uint32_t member = (uint32_t)number(w), compartment = (uint32_t)number(w);
    need(w, authority_reads(w->a, member, compartment) == (number(w) != 0),
         "the model says otherwise about reading");
    need(w, authority_writes(w->a, member, compartment) == (number(w) != 0),
         "the model says otherwise about writing");
}

/* ---- lines --------------------------------------------------------------------------------------
 */

static void begin(struct world *w)
{
    w->seed = number(w);
    w->lanes_count = 0;
    w->refs_count = 0;
    w->shadow_count = 0;
    w->resolved = false;
    authority_clear(w->a);
    authority_clear(w->facts);
}

static void read_line(struct world *w)
{
    char kind = w->line[0];
    w->at = w->line + 1;
    switch (kind) {
    case 'H':
        begin(w);
        break;
    case 'M':
        w->members = (uint32_t)number(w);
        w->roles = (uint32_t)number(w);
        w->compartments = (uint32_t)number(w);
        break;
    case 'L':
        read_lane(w);
        break;
    case 'A': {
        struct authority_point p = point(w);
        ok(w, authority_acknowledge(&w->cx, w->a, p.ix, p.seq), "an acknowledgement was refused");
        ok(w, authority_acknowledge(&w->cx, w->facts, p.ix, p.seq), "an acknowledgement");
        break;
    }
    case 'r':
        read_role(w);
        break;
    case 'F':
        read_founding(w);
        break;
    case 'O':
        read_op(w);
        break;
    case 'P':
        break;
    case 'E':
        read_effective(w);
        break;
    case 'T':
        read_limit(w);
        break;
    case 'V':
        read_active(w);
        break;
    case 'Q':
        read_access(w);
        break;
    case 'G':
        read_fork(w);
        break;
    case 'C':
        read_council_state(w);
        break;
    case 'X':
        need(w, w->resolved, "a history without answers");
        w->histories++;
        break;
    default:
        fail(w, "a line of no known kind");
    }
}

int main(int argc, char **argv)
{
    static struct world w;
    size_t cap = 0;
    uint64_t least = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;

    ctx_init(&w.cx, system_real());
    w.shadow = calloc(PAIRS_MAX, sizeof *w.shadow);
    if (w.shadow == NULL || authority_new(&w.cx, &w.a) != STATUS_OK ||
        authority_new(&w.cx, &w.facts) != STATUS_OK) {
        return 2;
    }
    while (getline(&w.line, &cap, stdin) > 0) {
        w.line_number++;
        read_line(&w);
    }
    printf("test_authority_diff: %" PRIu64 " histories, %" PRIu64 " operations, %" PRIu64
           " limits like the model's; last seed %" PRId64 "\n",
           w.histories, w.operations, w.compared, w.seed);
    authority_free(&w.a);
    authority_free(&w.facts);
    free(w.shadow);
    free(w.line);
    if (w.histories < least) {
        fprintf(stderr, "test_authority_diff: only %" PRIu64 " histories came\n", w.histories);
        return 1;
    }
    return 0;
}
