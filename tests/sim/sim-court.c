/* SPDX-License-Identifier: Apache-2.0 */
/* See sim-court.h. */
#include "sim-court.h"

#include <string.h>

/* ---- seats ---- */

int32_t court_seat_by(const struct court *c, const struct id *name, const struct id *member)
{
    for (size_t i = 0; i < c->seat_count; i++) {
        if (id_equal(&c->seats[i].name, name) && id_equal(&c->seats[i].member, member)) {
            return (int32_t)i;
        }
    }
    return -1;
}

/* The seat a line was written under; -1: unknown here (an office by the owners' decision). */
int32_t court_seat_of(const struct court *c, const struct line *l)
{
    return court_seat_by(c, &l->h.via, &c->book.devices[l->device].member);
}

static void seat_add(struct court *c, const struct seat *seat)
{
    if (court_seat_by(c, &seat->name, &seat->member) < 0) {
        MUST(c->seat_count < PLACES_MAX);
        c->seats[c->seat_count++] = *seat;
    }
}

/* Lines come causes first, so a grantor's seat is there before what he gives. */
void court_read_seats(struct court *c)
{
    for (size_t i = 0; i < c->book.op_count; i++) {
        const struct said_op *o = &c->book.ops[i];
        const struct line *l = &c->book.lines[o->line];
        struct seat seat = {.name = l->id, .line = o->line, .from = -1};
        if (o->op.verb == CHARTER_GENESIS && id_is_zero(&l->h.via)) {
            struct rows owners;
            uint8_t root[32];
            rows_read(&owners, o->op.u.genesis.owners);
            while (rows_next_fixed(&owners, root, sizeof root)) {
                member_id(root, &seat.member);
                seat_add(c, &seat);
            }
        } else if (o->op.verb == CHARTER_GRANT) {
            member_id(o->op.u.grant.root_pk, &seat.member);
            seat.role = o->op.u.grant.role;
            seat.level = o->op.u.grant.level;
            seat.from = court_seat_of(c, l);
            if (seat.from >= 0) { /* else given by an owner the owners added */
                seat_add(c, &seat);
            }
        }
    }
}

static const struct role *role_of(const struct court *c, const struct seat *seat)
{
    if (seat->from >= 0) {
        return role_by_id(c->team, &seat->role);
    }
    for (size_t i = 0; i < c->team->roles.count; i++) { /* an owner acts by the first role */
        const struct role *r = c->team->roles.at[i];
        if (text_equal(r->pub.name, TEXT("admin"))) {
            return r;
        }
    }
    return NULL;
}

bool court_row_of(const struct court *c, const struct seat *seat, struct role_row *ret)
{
    const struct role *r = role_of(c, seat);
    return r != NULL && role_row_view(buf_view(&r->row), ret);
}

bool court_has_rights(const struct court *c, const struct seat *seat, uint64_t rights)
{
    struct role_row row;
    return court_row_of(c, seat, &row) && (row.rights & rights) == rights;
}

static bool may_grant(const struct court *c, const struct seat *seat, const struct id *role)
{
    struct role_row row;
    struct rows ids;
    struct id one;
    bool listed = false;

    if (!court_row_of(c, seat, &row) || (row.rights & TEAM_APPOINT) == 0) {
        return false;
    }
    rows_read(&ids, row.grants);
    size_t count = ids.left;
    while (rows_next_fixed(&ids, one.b, sizeof one.b)) {
        listed |= id_equal(&one, role);
    }
    return count == 0 || listed;
}

/* It hangs on an office by grants that were all in order. */
bool court_rooted(const struct court *c, int32_t at)
{
    for (int hops = 0; at >= 0 && hops < HOPS_MAX; hops++) {
        const struct seat *seat = &c->seats[at];
        if (seat->from < 0) {
            return true;
        }
        const struct seat *by = &c->seats[seat->from];
        const struct line *grant = &c->book.lines[seat->line];
        const struct line *before = &c->book.lines[by->line];
        if (seat->level <= by->level || !may_grant(c, by, &seat->role) ||
            !book_knows(grant, before->device, before->h.seq)) {
            return false;
        }
        at = seat->from;
    }
    return false;
}

/* A REPLACE or REATTACH is about it, or about one it hangs on: other rights may hold. */
bool court_disturbed(const struct court *c, int32_t at)
{
    for (int hops = 0; at >= 0 && hops < HOPS_MAX; hops++) {
        if (c->seats[at].disturbed) {
            return true;
        }
        at = c->seats[at].from;
    }
    return false;
}

/* ---- what was said against somebody ---- */

static bool about_member(const struct court *c, const struct said_op *o, const struct id *member)
{
    const struct charter_op *op = &o->op;
    uint32_t device = LOG_DEVICES_MAX;
    switch (op->verb) {
    case CHARTER_REMOVE:
        return id_equal(&op->u.remove.member, member);
    case CHARTER_SUSPEND:
        return id_equal(&op->u.suspend.member, member);
    case CHARTER_REVOKE:
        return id_equal(&op->u.revoke.member, member);
    case CHARTER_REPLACE:
        return id_equal(&op->u.replace.member, member);
    case CHARTER_REATTACH:
        return id_equal(&op->u.reattach.member, member);
    case CHARTER_DEVCUT:
        device = book_device(&c->book, &op->u.devcut.device);
        break;
    case CHARTER_UNLINK:
        device = book_device(&c->book, &op->u.unlink.point.device);
        break;
    default:
        break;
    }
    return device < LOG_DEVICES_MAX && id_equal(&c->book.devices[device].member, member);
}

static bool forked(const struct court *c, const struct id *member)
{
    for (size_t i = 0; i < c->book.device_count; i++) {
        if (c->book.devices[i].forked && id_equal(&c->book.devices[i].member, member)) {
            return true;
        }
    }
    return false;
}

/* Nobody said a word about the member, by right or not. */
static bool unspoken(const struct court *c, const struct id *member)
{
    for (size_t i = 0; i < c->book.op_count; i++) {
        if (about_member(c, &c->book.ops[i], member)) {
            return false;
        }
    }
    return !forked(c, member) && !c->owners_spoke;
}

/* Of a role that may let in so many: who of them counts is the resolver's. */
static bool numbered(const struct court *c, const struct seat *seat)
{
    struct role_row row;
    return court_row_of(c, seat, &row) && row.max > 0;
}

/* Nor about anybody he has his place from. */
bool court_undisputed(const struct court *c, int32_t at)
{
    bool first = true;
    for (int hops = 0; at >= 0 && hops < HOPS_MAX; hops++) {
        const struct seat *seat = &c->seats[at];
        if (!unspoken(c, &seat->member) || (!first && numbered(c, seat))) {
            return false;
        }
        if (seat->from < 0) {
            return true;
        }
        first = false;
        at = seat->from;
    }
    return false;
}

static bool taken_back(const struct court *c, const struct said_op *o)
{
    const struct line *l = &c->book.lines[o->line];
    for (size_t i = 0; i < c->book.op_count; i++) {
        const struct charter_op *op = &c->book.ops[i].op;
        if ((op->verb == CHARTER_LIFT || op->verb == CHARTER_PARDON) &&
            id_equal(&op->u.said.entry, &l->id) && op->u.said.index == o->index) {
            return true;
        }
    }
    return false;
}

/* ---- words that certainly hold ---- */

/* Of the words that are judged here. */
static uint64_t rights_for(uint64_t verb)
{
    return verb == CHARTER_SUSPEND ? TEAM_SUSPEND : TEAM_REMOVE;
}

/* The seat was given by somebody who knew the word. */
bool court_given_after(const struct court *c, const struct seat *seat, const struct line *word)
{
    return book_knows(&c->book.lines[seat->line], word->device, word->h.seq);
}

/* The author of the line knew the seat. */
bool court_given_before(const struct court *c, const struct seat *seat, const struct line *l)
{
    const struct line *given = &c->book.lines[seat->line];
    return book_knows(l, given->device, given->h.seq);
}

/* The member had a seat of this level or a larger one that the line's author knew of. */
static bool knew_seat(const struct court *c, const struct line *l, const struct id *member,
                      uint64_t level)
{
    for (size_t i = 0; i < c->seat_count; i++) {
        if (id_equal(&c->seats[i].member, member) && c->seats[i].level >= level &&
            court_given_before(c, &c->seats[i], l)) {
            return true;
        }
    }
    return false;
}

/* What its author knew lets it have effect [AUTH-43], [AUTH-44]. */
static bool in_form(const struct court *c, const struct said_op *o, const struct seat *by)
{
    const struct line *l = &c->book.lines[o->line];
    const struct charter_op *op = &o->op;
    uint32_t device;
    int32_t at;

    switch (op->verb) {
    case CHARTER_REMOVE:
        return knew_seat(c, l, &op->u.remove.member, 0);
    case CHARTER_SUSPEND:
        return knew_seat(c, l, &op->u.suspend.member, by->level);
    case CHARTER_REVOKE:
        at = court_seat_by(c, &op->u.revoke.appointment, &op->u.revoke.member);
        return at >= 0 && c->seats[at].level > by->level && court_given_before(c, &c->seats[at], l);
    case CHARTER_DEVCUT:
        device = book_device(&c->book, &op->u.devcut.device);
        return device < LOG_DEVICES_MAX && !id_is_zero(&c->book.devices[device].member) &&
               book_knows(l, c->book.lines[c->book.devices[device].link].device,
                          c->book.lines[c->book.devices[device].link].h.seq);
    default:
        return false;
    }
}

/* Said by somebody undisputed who has the right, and never taken back. */
bool court_certain(const struct court *c, const struct said_op *o, int32_t *ret_seat)
{
    const struct line *l = &c->book.lines[o->line];
    int32_t at = court_seat_of(c, l);

    *ret_seat = at;
    return at >= 0 && court_rooted(c, at) && court_undisputed(c, at) &&
           court_has_rights(c, &c->seats[at], rights_for(o->op.verb)) && !taken_back(c, o) &&
           in_form(c, o, &c->seats[at]);
}

/* The last entry of the device that keeps its effect. */
static uint64_t cut_at(bytes rows, const struct id *device)
{
    struct rows l;
    struct point_row p;
    rows_read(&l, rows);
    while (rows_next_point(&l, &p)) {
        if (id_equal(&p.device, device)) {
            return p.seq;
        }
    }
    return 0;
}

/* The word `o`, which holds, takes the line's effect. */
bool court_takes(const struct court *c, const struct said_op *o, const struct seat *by,
                 const struct line *l, const struct seat *under)
{
    const struct line *word = &c->book.lines[o->line];
    const struct charter_op *op = &o->op;
    const struct id *device = &c->book.devices[l->device].id;

    switch (op->verb) {
    case CHARTER_REMOVE:
        return id_equal(&op->u.remove.member, &under->member) && under->level > by->level &&
               !court_given_after(c, under, word) && l->h.seq > cut_at(op->u.remove.cut, device);
    case CHARTER_REVOKE:
        return id_equal(&op->u.revoke.appointment, &under->name) &&
               id_equal(&op->u.revoke.member, &under->member) && under->level > by->level &&
               l->h.seq > cut_at(op->u.revoke.cut, device);
    case CHARTER_DEVCUT:
        return id_equal(&op->u.devcut.device, device) && under->level > by->level &&
               l->h.seq > op->u.devcut.seq;
    case CHARTER_SUSPEND: /* what somebody senior pinned or cut keeps what it would take */
        return id_equal(&op->u.suspend.member, &under->member) && by->level == 0 &&
               !book_knows(word, l->device, l->h.seq);
    default:
        return false;
    }
}
