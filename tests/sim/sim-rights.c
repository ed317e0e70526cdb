/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small judge of its own. It reads the reference's log from its bytes (sim-log.c), knows grants,
 * levels, roles and the plain meaning of taking away, and asks of what the program accepted:
 *
 *  - whoever nobody said a word against, nor against those he has his place from, counts;
 *  - what counts was written under a place that hangs on an owner, by grants that each had the
 *    right, with levels that grow, all in the past of the entry [P2], and does what the role
 * allows;
 *  - whom an undisputed word of somebody entitled took out does not count beyond the cut [P8];
 *  - nobody who knew such a word wrote under a key that he knew the other had [P10];
 *  - what takes power away and is in force was said by somebody with that right, under a place that
 *    hangs on an owner, and a decision that stands has its quorum of owners' signatures.
 *
 * It leaves aside what is disputed (pardons, equals, forks, owners' decisions): what it does say is
 * certain. The rest is the resolver's, which the model is compared with.
 */
#include "sim-court.h"

#include <stdlib.h>
#include <string.h>

enum { DATA_OPS_MAX = 4096 };

/* ---- the questions ---- */

static void tell_line(const struct court *c, const struct line *l)
{
    const struct team_device *d = team_device_by_id(c->team, &c->book.devices[l->device].id);
    fprintf(stderr, "entry %llu of %s's device, by %s:\n", (unsigned long long)l->h.seq,
            d == NULL ? "?" : (const char *)team_member_name(c->team, &d->member).ptr, c->by->name);
}

static void judge_line(struct court *c, const struct line *l)
{
    int32_t at = court_seat_of(c, l);

    if (at < 0 || c->book.devices[l->device].forked) {
        return;
    }
    const struct seat *under = &c->seats[at];
    bool in_past = court_given_before(c, under, l);
    if (l->counts && !(in_past && (court_rooted(c, at) || court_disturbed(c, at)))) {
        tell_line(c, l);
        SIM_MUST(c->s, false, "an entry counts under a place that nobody could give");
    }
    if (!l->counts && court_undisputed(c, at) && court_rooted(c, at) && in_past) {
        tell_line(c, l);
        SIM_MUST(c->s, false, "an entry does not count, and nobody said a word against it");
    }
    for (size_t i = 0; i < c->book.op_count && l->counts; i++) {
        int32_t by;
        if (court_certain(c, &c->book.ops[i], &by) &&
            court_takes(c, &c->book.ops[i], &c->seats[by], l, under)) {
            tell_line(c, l);
            SIM_MUST(c->s, false, "an entry counts beyond a %s",
                     charter_op_name(c->book.ops[i].op.verb));
        }
    }
}

/* Which right over record types an operation needs. */
static uint64_t verb_right(enum op_verb verb)
{
    switch (verb) {
    case OP_CREATE:
        return VERB_CREATE;
    case OP_MOVE:
        return VERB_MOVE;
    case OP_LOG:
        return VERB_LOG;
    case OP_DELETE:
    case OP_RESTORE:
        return VERB_DELETE;
    case OP_SET:
    case OP_ADD:
    case OP_TAG_ADD:
    case OP_TAG_REMOVE:
    case OP_NONE:
        break;
    }
    return VERB_SET;
}

static bool row_writes(const struct role_row *row, const uint8_t tag[static COMPARTMENT_BYTES])
{
    uint8_t one[COMPARTMENT_BYTES];
    uint64_t access;
    struct rows l;
    rows_read(&l, row->compartments);
    while (rows_next_access(&l, one, &access)) {
        if (memcmp(one, tag, COMPARTMENT_BYTES) == 0) {
            return access == ACCESS_WRITE;
        }
    }
    return false;
}

/* An operation that records took in. */
static void judge_op(struct court *c, int64_t key, enum op_verb verb)
{
    const struct line *l = NULL;
    struct role_row row;

    for (size_t i = 0; i < c->book.count && l == NULL; i++) {
        const struct line *one = &c->book.lines[i];
        bool here = ENTRY_IX(one->key) == OP_DEVICE(key) && one->h.seq == OP_SEQ(key);
        l = here ? one : NULL;
    }
    if (l == NULL || c->book.devices[l->device].forked) {
        return;
    }
    SIM_MUST(c->s, l->counts, "records of %s took in an entry that does not count", c->by->name);
    int32_t at = court_seat_of(c, l);
    if (at < 0 || court_disturbed(c, at) || !court_row_of(c, &c->seats[at], &row)) {
        return;
    }
    if (!row_writes(&row, l->h.compartment) || (row.verbs & verb_right(verb)) == 0) {
        tell_line(c, l);
        SIM_MUST(c->s, false, "records took in what the role '%.*s' does not allow",
                 (int)row.name.len, row.name.ptr);
    }
}

static void judge_ops(struct court *c)
{
    struct ctx *cx = c->by->desk.cx;
    struct stmt *st = NULL;
    bool row = false;
    size_t count = 0;
    int64_t *list = calloc(DATA_OPS_MAX, 2 * sizeof *list);

    MUST(list != NULL);
    check_ok(cx, stmt_prepare(cx, c->by->desk.peer->vault,
                              "SELECT key, verb FROM op WHERE fate = 0", &st));
    check_ok(cx, stmt_step(cx, st, &row));
    while (row && count < DATA_OPS_MAX) {
        list[2 * count] = stmt_int(st, 0);
        list[2 * count + 1] = stmt_int(st, 1);
        count++;
        check_ok(cx, stmt_step(cx, st, &row));
    }
    stmt_reset(st);
    for (size_t i = 0; i < count; i++) {
        judge_op(c, list[2 * i], (enum op_verb)list[2 * i + 1]);
    }
    free(list);
}

/* The device was given the key by an operation the line's author knew; by a SHARE of somebody who
 * had it himself. */
static bool knew_to_hold(const struct court *c, const struct line *l, uint32_t device,
                         const struct id *epoch, int hops)
{
    const struct id *id = &c->book.devices[device].id;
    for (size_t i = 0; i < c->book.op_count; i++) {
        const struct said_op *o = &c->book.ops[i];
        const struct line *at = &c->book.lines[o->line];
        struct seal_row seal;
        struct rows seals;
        if (!book_knows(l, at->device, at->h.seq)) {
            continue;
        }
        if (o->op.verb == CHARTER_SHARE && id_equal(&o->op.u.share.epoch, epoch) &&
            id_equal(&o->op.u.share.device, id) && hops > 0 &&
            knew_to_hold(c, at, at->device, epoch, hops - 1)) {
            return true;
        }
        if (o->op.verb != CHARTER_EPOCH || !id_equal(&o->op.u.epoch.id, epoch)) {
            continue;
        }
        if (at->device == device) {
            return true;
        }
        rows_read(&seals, o->op.u.epoch.seals);
        while (rows_next_seal(&seals, &seal)) {
            if (memcmp(seal.device, id->b, SHORT_ID_BYTES) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool let_in_again(const struct court *c, const struct id *member, const struct line *word)
{
    for (size_t i = 0; i < c->seat_count; i++) {
        if (id_equal(&c->seats[i].member, member) && court_given_after(c, &c->seats[i], word)) {
            return true;
        }
    }
    for (size_t i = 0; i < c->book.op_count; i++) {
        const struct charter_op *op = &c->book.ops[i].op;
        if (op->verb == CHARTER_REATTACH && id_equal(&op->u.reattach.member, member)) {
            return true;
        }
    }
    return false;
}

/* All the member's seats stand below the one who spoke. */
static bool all_below(const struct court *c, const struct id *member, const struct seat *by)
{
    for (size_t i = 0; i < c->seat_count; i++) {
        if (id_equal(&c->seats[i].member, member) && c->seats[i].level <= by->level) {
            return false;
        }
    }
    return true;
}

static bool honest(const struct sim *s, const struct id *device)
{
    for (size_t i = 0; i < s->count; i++) {
        if (id_equal(&sim_team(&s->actors[i])->self->pub.id, device)) {
            return !s->actors[i].malicious && !s->actors[i].copied;
        }
    }
    return false;
}

/* [P10] The author knew that the member was removed, and used a key it has. */
static void judge_secrecy(struct court *c, const struct line *l)
{
    if (l->control || !honest(c->s, &c->book.devices[l->device].id)) {
        return;
    }
    for (size_t i = 0; i < c->book.op_count; i++) {
        const struct said_op *o = &c->book.ops[i];
        const struct line *word = &c->book.lines[o->line];
        int32_t by;
        if (o->op.verb != CHARTER_REMOVE || !book_knows(l, word->device, word->h.seq) ||
            !court_certain(c, o, &by) || !all_below(c, &o->op.u.remove.member, &c->seats[by]) ||
            let_in_again(c, &o->op.u.remove.member, word)) {
            continue;
        }
        for (uint32_t d = 0; d < c->book.device_count; d++) {
            bool his = id_equal(&c->book.devices[d].member, &o->op.u.remove.member);
            if (his && knew_to_hold(c, l, d, &l->h.epoch, HOPS_MAX)) {
                tell_line(c, l);
                SIM_MUST(c->s, false,
                         "an entry is sealed to a key that a removed member was given");
            }
        }
    }
}

/* What its author's role needs; a REVOKE also comes from who gave [AUTH-62]. */
static bool entitled(const struct court *c, const struct seat *by, uint64_t verb)
{
    switch (verb) {
    case CHARTER_REMOVE:
    case CHARTER_DEVCUT:
        return court_has_rights(c, by, TEAM_REMOVE);
    case CHARTER_REVOKE:
        return court_has_rights(c, by, TEAM_REMOVE) || court_has_rights(c, by, TEAM_APPOINT);
    case CHARTER_REPLACE:
        return court_has_rights(c, by, TEAM_REMOVE | TEAM_APPOINT);
    case CHARTER_SUSPEND:
        return court_has_rights(c, by, TEAM_SUSPEND);
    default:
        return true; /* root keys vouch for what they say */
    }
}

static void judge_powers(struct court *c)
{
    for (size_t i = 0; i < c->team->powers.count; i++) {
        const struct power *p = c->team->powers.at[i];
        const struct line *l = book_line(&c->book, &p->entry);
        bool root = p->verb == CHARTER_UNLINK || p->verb == CHARTER_COUNCIL;
        int32_t at = l == NULL || root ? -1 : court_seat_of(c, l);
        if (at < 0 || court_disturbed(c, at) || !power_in_force(c->team, p)) {
            continue;
        }
        if (!court_rooted(c, at) || !entitled(c, &c->seats[at], p->verb)) {
            tell_line(c, l);
            SIM_MUST(c->s, false, "a %s is in force that its author had no right to",
                     charter_op_name(p->verb));
        }
    }
}

static size_t signed_by(const struct court *c, const struct council_state *before,
                        const struct council *said)
{
    uint8_t root[32], signature[SIGNATURE_BYTES];
    struct rows rows;
    struct id id, who;
    size_t count = 0;

    council_id(c->team, &said->prev, said->body, &id);
    rows_read(&rows, said->signatures);
    while (rows_next_signature(&rows, root, signature)) {
        member_id(root, &who);
        for (size_t i = 0; i < before->owners.count; i++) {
            const struct member *m = before->owners.at[i];
            count +=
                id_equal(&m->pub.id, &who) &&
                statement_verify("valise/council", &c->team->id, BYTES_OF(id.b), root, signature);
        }
    }
    return count;
}

/* Every decision that is known was signed by a quorum of those who were owners before it. */
static void judge_decisions(struct court *c)
{
    for (size_t i = 0; i < c->team->council.count; i++) {
        const struct council_state *state = c->team->council.at[i];
        size_t most = 0;
        for (size_t k = 0; k < c->book.op_count && state->prev != NULL; k++) {
            const struct council *said = &c->book.ops[k].op.u.council;
            struct id id;
            if (c->book.ops[k].op.verb != CHARTER_COUNCIL) {
                continue;
            }
            council_id(c->team, &said->prev, said->body, &id);
            if (id_equal(&id, &state->id)) {
                size_t count = signed_by(c, state->prev, said);
                most = count > most ? count : most;
            }
        }
        SIM_MUST(c->s, state->prev == NULL || most >= state->prev->quorum,
                 "a decision stands that %zu of %llu owners signed", most,
                 (unsigned long long)state->prev->quorum);
    }
}

/* [I7] The author took the device for no reader, and used a key he knew it has. */
static void judge_kept(struct court *c)
{
    for (size_t i = 0; i < c->s->secret_count; i++) {
        const struct secret_from *kept = &c->s->secrets[i];
        const struct line *l = book_line(&c->book, &kept->entry);
        uint32_t device = book_device(&c->book, &kept->device);
        if (l != NULL && device < LOG_DEVICES_MAX && l->device != device &&
            knew_to_hold(c, l, device, &l->h.epoch, HOPS_MAX)) {
            tell_line(c, l);
            SIM_MUST(c->s, false, "an entry is sealed to a key that its author kept from somebody");
        }
    }
}

void rights_oracle(struct sim *s)
{
    struct court *c = calloc(1, sizeof *c);

    MUST(c != NULL);
    c->s = s;
    c->by = sim_reference(s);
    c->team = sim_team(c->by);
    book_read(s, c->by, &c->book);
    court_read_seats(c);
    for (size_t i = 0; i < c->book.op_count; i++) {
        const struct charter_op *op = &c->book.ops[i].op;
        c->owners_spoke |= op->verb == CHARTER_COUNCIL;
        int32_t at = op->verb == CHARTER_REPLACE
                         ? court_seat_by(c, &op->u.replace.appointment, &op->u.replace.member)
                     : op->verb == CHARTER_REATTACH
                         ? court_seat_by(c, &op->u.reattach.appointment, &op->u.reattach.member)
                         : -1;
        if (at >= 0) {
            c->seats[at].disturbed = true;
        }
    }
    for (size_t i = 0; i < c->book.count; i++) {
        if (!c->book.lines[i].control) {
            judge_line(c, &c->book.lines[i]);
            judge_secrecy(c, &c->book.lines[i]);
        }
    }
    judge_ops(c);
    judge_kept(c);
    judge_powers(c);
    judge_decisions(c);
    book_finish(&c->book);
    free(c);
}
