/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decision of the owners on its way: a small file [format, team, previous decision, body,
 * signatures] that goes from owner to owner until enough have signed it. It is nothing anybody has
 * to trust: what counts is judged again when it stands in the charter.
 */
#include <stdlib.h>
#include <string.h>

#include "lanes-int.h"

enum { PAPER_FORMAT = 1, PAPER_MAX = 512 * 1024 };

struct paper {
    struct id prev, id;
    bytes body, signatures;
    struct council_body parsed;
};

static enum status paper_write(struct ctx *cx, const struct team *t, const struct id *prev,
                               bytes body, bytes signatures, struct buf *out)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, 5);
    wire_put_uint(&w, PAPER_FORMAT);
    wire_put_bytes(&w, BYTES_OF(t->id.b));
    wire_put_bytes(&w, BYTES_OF(prev->b));
    wire_put_bytes(&w, body);
    wire_put_bytes(&w, signatures);
    return wire_writer_done(&w);
}

static enum status paper_read(struct ctx *cx, const struct team *t, bytes file, struct paper *ret)
{
    enum status status = STATUS_OK;
    struct wire_reader r;
    struct id team;

    wire_reader_init(&r, file);
    (void)wire_get_array(&r, 5, 5);
    uint64_t format = wire_get_uint(&r, UINT32_MAX);
    wire_get_fixed(&r, team.b, sizeof team.b);
    wire_get_fixed(&r, ret->prev.b, sizeof ret->prev.b);
    ret->body = wire_get_bytes(&r, 1, PAPER_MAX);
    ret->signatures = wire_get_bytes(&r, 1, PAPER_MAX);
    TRY(wire_reader_done(cx, &r, "proposal of owners"));
    if (format != PAPER_FORMAT) {
        FAIL(cx, STATUS_UNSUPPORTED, "the proposal has format %llu", (unsigned long long)format);
    }
    if (!id_equal(&team, &t->id)) {
        FAIL(cx, STATUS_FOREIGN, "the proposal is for another team");
    }
    TRY(council_body_parse(cx, ret->body, &ret->parsed));
    council_id(t, &ret->prev, ret->body, &ret->id);
out:
    return status;
}

/* The state everybody would follow on from now. */
static const struct council_state *council_now(const struct team *t, bool *ret_frozen)
{
    struct authority_council_state now;
    authority_council(t->authority, &now);
    *ret_frozen = now.frozen;
    return now.state < t->council.count ? t->council.at[now.state] : NULL;
}

void team_council(const struct team *t, struct council_info *ret)
{
    const struct council_state *s = council_now(t, &ret->frozen);
    ret->owners = s == NULL ? 0 : s->owners.count;
    ret->quorum = s == NULL ? 0 : (size_t)s->quorum;
}

bool team_owner(const struct team *t, const struct id *member)
{
    bool frozen;
    const struct council_state *s = council_now(t, &frozen);
    for (size_t i = 0; s != NULL && i < s->owners.count; i++) {
        if (id_equal(&((const struct member *)s->owners.at[i])->pub.id, member)) {
            return true;
        }
    }
    return false;
}

/* ---- proposing ---- */

static uint64_t quorum_or_majority(uint64_t asked, size_t owners)
{
    return asked != 0 ? asked : owners / 2 + 1;
}

static enum status body_owner(struct ctx *cx, struct team *t, const struct proposal *p,
                              const struct council_state *now, struct council_body *b,
                              struct buf *parts)
{
    enum status status = STATUS_OK;
    const struct member *m = member_by_id(t, &p->member);
    struct wire_writer w;

    if (m == NULL) {
        FAIL(cx, STATUS_NOT_FOUND, "nobody of this name was ever in the team");
    }
    bool is = team_owner(t, &p->member);
    if (p->kind == PROPOSE_ADD_OWNER && is) {
        FAIL(cx, STATUS_EXISTS, "'%.*s' is an owner already", (int)m->pub.name.len,
             m->pub.name.ptr);
    }
    if (p->kind == PROPOSE_ADD_OWNER) {
        wire_writer_init(&w, cx, parts);
        wire_put_array(&w, 1);
        wire_put_array(&w, 2);
        wire_put_bytes(&w, BYTES_OF(m->root_pk));
        wire_put_text(&w, m->pub.name);
        TRY(wire_writer_done(&w));
        b->kind = COUNCIL_ADD_OWNERS;
        b->owners = buf_view(parts);
        b->quorum = quorum_or_majority(p->quorum, now->owners.count + 1);
        goto out;
    }
    if (!is) {
        FAIL(cx, STATUS_NOT_FOUND, "'%.*s' is not an owner", (int)m->pub.name.len, m->pub.name.ptr);
    }
    if (now->owners.count == 1) {
        (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__, "the team would have no owner");
        status = fault_hint(cx, "propose another one first: valise council propose add NAME");
        goto out;
    }
    TRY(cut_of_member(cx, t, &p->member, p->until, parts));
    b->kind = COUNCIL_RM_OWNER;
    b->member = p->member;
    b->cut = buf_view(parts);
    b->quorum = quorum_or_majority(p->quorum, now->owners.count - 1);
out:
    return status;
}

static enum status body_said(struct ctx *cx, const struct team *t, const struct proposal *p,
                             struct council_body *b)
{
    enum status status = STATUS_OK;
    const struct power *said = NULL;

    TRY(power_by_number(cx, t, p->decision, &said));
    if (said->verb == CHARTER_COUNCIL) {
        FAIL(cx, STATUS_DENIED, "what the owners took away together they give back by adding");
    }
    b->kind = said->verb == CHARTER_SUSPEND ? COUNCIL_LIFT : COUNCIL_PARDON;
    b->said = (struct said){.entry = said->entry, .index = said->index};
out:
    return status;
}

/* One device's branch, or the ends of all. */
static enum status body_points(struct ctx *cx, struct team *t, const struct proposal *p,
                               struct council_body *b, struct buf *parts)
{
    enum status status = STATUS_OK;
    struct wire_writer w;
    struct buf rows;
    size_t count = 0;

    buf_init(&rows, PAPER_MAX);
    wire_writer_init(&w, cx, &rows);
    for (size_t i = 0; i < t->devices_by_id.count; i++) {
        const struct device *d = t->devices_by_id.at[i];
        const struct device *lane =
            p->kind == PROPOSE_PIN ? device_by_ix(t, p->device_ix) : lane_in_force(t, d);
        struct point_row point = {.device = d->pub.id};
        uint64_t unused;
        if (lane == NULL || !id_equal(&lane->pub.id, &d->pub.id) || lane->pub.head_seq == 0) {
            continue;
        }
        point.seq = lane->pub.head_seq;
        TRY(log_name(cx, t, lane, point.seq, &point.entry, &unused));
        point_put(&w, &point);
        count++;
    }
    TRY(wire_writer_done(&w));
    if (count == 0) {
        FAIL(cx, STATUS_NOT_FOUND, "the team has no such device");
    }
    TRY(rows_write(cx, count, buf_view(&rows), parts));
    b->kind = p->kind == PROPOSE_PIN ? COUNCIL_PIN : COUNCIL_SEAL;
    b->cut = buf_view(parts);
out:
    buf_finish(&rows);
    return status;
}

/* Those that follow the present state and exclude each other, in the order of their names. */
static enum status rivals(struct ctx *cx, const struct team *t, struct pointers *ret)
{
    enum status status = STATUS_OK;
    bool frozen;
    const struct council_state *now = council_now(t, &frozen);

    for (size_t i = 0; frozen && i < t->council.count; i++) {
        struct council_state *s = t->council.at[i];
        if (s->prev != now) {
            continue;
        }
        size_t at = ret->count;
        TRY(pointers_add(cx, ret, s));
        while (at > 0 && id_compare(&((struct council_state *)ret->at[at - 1])->id, &s->id) > 0) {
            ret->at[at] = ret->at[at - 1];
            at--;
        }
        ret->at[at] = s;
    }
out:
    return status;
}

static enum status body_settle(struct ctx *cx, const struct team *t, const struct proposal *p,
                               struct council_body *b, struct buf *parts)
{
    enum status status = STATUS_OK;
    struct pointers list = {0};
    struct wire_writer w;

    TRY(rivals(cx, t, &list));
    if (p->choice < 1 || p->choice > list.count) {
        (void)fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "there is no choice %llu",
                        (unsigned long long)p->choice);
        status = fault_hint(cx, "valise council show lists what there is to choose between");
        goto out;
    }
    const struct council_state *chosen = list.at[p->choice - 1];
    if (chosen->kind == COUNCIL_SETTLE) {
        FAIL(cx, STATUS_DENIED, "choose a decision itself, not another choice between them");
    }
    wire_writer_init(&w, cx, parts);
    wire_put_array(&w, list.count - 1);
    for (size_t i = 0; i < list.count; i++) {
        const struct council_state *s = list.at[i];
        if (s != chosen) {
            wire_put_bytes(&w, BYTES_OF(s->id.b));
        }
    }
    TRY(wire_writer_done(&w));
    b->kind = COUNCIL_SETTLE;
    b->chosen = chosen->id;
    b->rejected = buf_view(parts);
out:
    pointers_finish(&list);
    return status;
}

enum status council_propose(struct ctx *cx, struct team *t, const struct proposal *p,
                            struct buf *ret_file)
{
    enum status status = STATUS_OK;
    struct council_body b = {0};
    const struct council_state *now;
    struct buf parts, body;
    bool frozen;

    buf_init(&parts, PAPER_MAX);
    buf_init(&body, PAPER_MAX);
    TRY(log_seal(cx, t));
    now = council_now(t, &frozen);
    if (now == NULL || team_me(t) == NULL) {
        status = not_a_member(cx, t);
        goto out;
    }
    if (frozen && p->kind != PROPOSE_SETTLE) {
        (void)fault_set(cx, STATUS_CONFLICT, __FILE__, __LINE__,
                        "the owners took two decisions that exclude each other");
        status = fault_hint(cx, "first say which holds: valise council propose settle N");
        goto out;
    }
    switch (p->kind) {
    case PROPOSE_ADD_OWNER:
    case PROPOSE_REMOVE_OWNER:
        TRY(body_owner(cx, t, p, now, &b, &parts));
        break;
    case PROPOSE_PARDON:
    case PROPOSE_LIFT:
        TRY(body_said(cx, t, p, &b));
        break;
    case PROPOSE_PIN:
    case PROPOSE_SEAL:
        TRY(body_points(cx, t, p, &b, &parts));
        break;
    case PROPOSE_SETTLE:
        TRY(body_settle(cx, t, p, &b, &parts));
        break;
    }
    TRY(council_body_write(cx, &b, &body));
    buf_clear(&parts);
    TRY(rows_write(cx, 0, BYTES(NULL, 0), &parts));
    TRY(paper_write(cx, t, &now->id, buf_view(&body), buf_view(&parts), ret_file));
out:
    buf_finish(&parts);
    buf_finish(&body);
    return status;
}

/* ---- reading ---- */

static text member_name(const struct team *t, const struct id *id)
{
    const struct member *m = member_by_id(t, id);
    return m == NULL || !m->known ? TEXT("somebody") : m->pub.name;
}

static enum status words_owners(struct ctx *cx, const struct council_body *b, struct buf *out)
{
    enum status status = STATUS_OK;
    struct rows rows;
    uint8_t root_pk[32];
    text name;
    bool more = false;

    rows_read(&rows, b->owners);
    while (rows_next_owner(&rows, root_pk, &name)) {
        TRY(buf_add_text(cx, out, more ? TEXT(", ") : TEXT("")));
        TRY(buf_add_text(cx, out, name));
        more = true;
    }
    TRY(buf_printf(cx, out, " becomes an owner; then %u signatures are needed",
                   (unsigned)b->quorum));
out:
    return status;
}

enum status council_words(struct ctx *cx, const struct team *t, const struct council_body *b,
                          struct buf *out)
{
    enum status status = STATUS_OK;
    const struct power *p;

    switch ((enum authority_council_kind)b->kind) {
    case COUNCIL_ADD_OWNERS:
        return words_owners(cx, b, out);
    case COUNCIL_RM_OWNER:
        TRY(buf_add_text(cx, out, member_name(t, &b->member)));
        TRY(buf_printf(cx, out, " is removed from the team; then %u signatures are needed",
                       (unsigned)b->quorum));
        break;
    case COUNCIL_PARDON:
    case COUNCIL_LIFT:
        p = power_by_name(t, &b->said.entry, b->said.index);
        TRY(buf_add_text(cx, out, TEXT("taken back: what stood ")));
        TRY(power_words(cx, t, p == NULL ? 0 : p->ref, out));
        break;
    case COUNCIL_PIN:
        TRY(buf_add_text(cx, out, TEXT("one history of a device is the one that holds")));
        break;
    case COUNCIL_SEAL:
        TRY(buf_add_text(cx, out,
                         TEXT("the present history of every device is the one that "
                              "holds")));
        break;
    case COUNCIL_SETTLE:
        TRY(buf_add_text(cx, out, TEXT("one of several decisions that exclude each other holds")));
        break;
    }
out:
    return status;
}

/* How many owners of the state signed; the rest does not count. */
static size_t good_signatures(const struct team *t, const struct paper *p,
                              const struct council_state *prev, bool *ret_mine)
{
    struct rows rows;
    uint8_t root_pk[32], signature[SIGNATURE_BYTES];
    size_t count = 0;

    *ret_mine = false;
    rows_read(&rows, p->signatures);
    while (rows_next_signature(&rows, root_pk, signature)) {
        struct id member;
        member_id(root_pk, &member);
        for (size_t i = 0; i < prev->owners.count; i++) {
            const struct member *m = prev->owners.at[i];
            if (id_equal(&m->pub.id, &member) &&
                statement_verify("valise/council", &t->id, BYTES_OF(p->id.b), root_pk, signature)) {
                count++;
                *ret_mine = *ret_mine || id_equal(&member, &t->self->pub.member);
            }
        }
    }
    return count;
}

static enum status need_state(struct ctx *cx, const struct team *t, const struct paper *p,
                              const struct council_state **ret)
{
    enum status status = STATUS_OK;
    *ret = council_by_id(t, &p->prev);
    if (*ret == NULL) {
        FAIL(cx, STATUS_NOT_FOUND,
             "the proposal follows a decision this device does not have yet; unpack first");
    }
out:
    return status;
}

enum status council_inspect(struct ctx *cx, struct team *t, bytes file, struct proposal_info *ret)
{
    enum status status = STATUS_OK;
    const struct council_state *prev = NULL;
    struct paper p;

    memset(ret, 0, sizeof *ret);
    buf_init(&ret->what, 4 * KIB);
    TRY(team_sync(cx, t));
    TRY(paper_read(cx, t, file, &p));
    TRY(need_state(cx, t, &p, &prev));
    TRY(council_words(cx, t, &p.parsed, &ret->what));
    ret->signatures = good_signatures(t, &p, prev, &ret->signed_by_me);
    ret->needed = (size_t)prev->quorum;
    ret->known = council_by_id(t, &p.id) != NULL;
out:
    return status;
}

void proposal_info_finish(struct proposal_info *i)
{
    buf_finish(&i->what);
}

/* ---- signing ---- */

/* The signatures with one more, ascending by root key. */
static enum status signatures_with(struct ctx *cx, bytes signatures,
                                   const uint8_t root_pk[static 32],
                                   const uint8_t signature[static SIGNATURE_BYTES], struct buf *out)
{
    enum status status = STATUS_OK;
    struct rows rows;
    struct wire_writer w;
    struct buf list;
    uint8_t pk[32], other[SIGNATURE_BYTES];
    size_t count = 0;
    bool placed = false;

    buf_init(&list, PAPER_MAX);
    wire_writer_init(&w, cx, &list);
    rows_read(&rows, signatures);
    for (bool more = true; more || !placed;) {
        more = more && rows_next_signature(&rows, pk, other);
        int order = more ? memcmp(pk, root_pk, sizeof pk) : 1;
        if (!placed && order >= 0) {
            wire_put_array(&w, 2);
            wire_put_bytes(&w, BYTES(root_pk, 32));
            wire_put_bytes(&w, BYTES(signature, SIGNATURE_BYTES));
            placed = true;
            count++;
        }
        if (more && order != 0) {
            wire_put_array(&w, 2);
            wire_put_bytes(&w, BYTES_OF(pk));
            wire_put_bytes(&w, BYTES_OF(other));
            count++;
        }
    }
    TRY(wire_writer_done(&w));
    TRY(rows_write(cx, count, buf_view(&list), out));
out:
    buf_finish(&list);
    return status;
}

enum status council_sign(struct ctx *cx, struct team *t, bytes file, const struct secret *root_seed,
                         struct buf *ret_file)
{
    enum status status = STATUS_OK;
    const struct council_state *prev = NULL;
    struct paper p;
    struct buf signatures;
    uint8_t root_pk[32], signature[SIGNATURE_BYTES];
    struct id member;

    buf_init(&signatures, PAPER_MAX);
    TRY(team_sync(cx, t));
    TRY(paper_read(cx, t, file, &p));
    TRY(need_state(cx, t, &p, &prev));
    TRY(root_public(cx, root_seed, root_pk));
    member_id(root_pk, &member);
    bool owner = false;
    for (size_t i = 0; i < prev->owners.count; i++) {
        owner = owner || id_equal(&((const struct member *)prev->owners.at[i])->pub.id, &member);
    }
    if (!owner) {
        FAIL(cx, STATUS_DENIED, "this sheet is not of an owner of the team");
    }
    TRY(root_sign(cx, root_seed, "valise/council", &t->id, BYTES_OF(p.id.b), signature));
    TRY(signatures_with(cx, p.signatures, root_pk, signature, &signatures));
    TRY(vault_begin(cx, t->v)); /* the word is kept before it leaves this device */
    TRY(vault_end(cx, t->v, signed_keep(cx, t, &p.prev, &p.id, p.body)));
    TRY(paper_write(cx, t, &p.prev, p.body, buf_view(&signatures), ret_file));
out:
    buf_finish(&signatures);
    return status;
}

enum status council_submit(struct ctx *cx, struct team *t, bytes file)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_COUNCIL};
    const struct council_state *prev = NULL;
    struct paper p;
    struct buf encoded;
    bool mine;

    buf_init(&encoded, PAPER_MAX);
    TRY(log_seal(cx, t));
    TRY(paper_read(cx, t, file, &p));
    TRY(need_state(cx, t, &p, &prev));
    if (council_by_id(t, &p.id) != NULL) {
        FAIL(cx, STATUS_DUPLICATE, "the decision was brought in already");
    }
    size_t good = good_signatures(t, &p, prev, &mine);
    if (good < prev->quorum) {
        (void)fault_set(cx, STATUS_DENIED, __FILE__, __LINE__, "%zu of %u owners signed", good,
                        (unsigned)prev->quorum);
        status = fault_hint(cx, "give the file to another owner: valise council sign FILE");
        goto out;
    }
    op.u.council.prev = p.prev;
    op.u.council.body = p.body;
    op.u.council.signatures = p.signatures;
    TRY(charter_op_write(cx, &op, &encoded));
    const bytes list[] = {buf_view(&encoded)};
    TRY(log_control(cx, t, list, 1));
out:
    buf_finish(&encoded);
    return status;
}

enum status council_choices_each(struct ctx *cx, struct team *t,
                                 enum status (*visit)(void *self, struct ctx *cx, uint64_t number,
                                                      text what),
                                 void *self)
{
    enum status status = STATUS_OK;
    struct pointers list = {0};
    struct buf what;

    buf_init(&what, 4 * KIB);
    TRY(team_sync(cx, t));
    TRY(rivals(cx, t, &list));
    for (size_t i = 0; i < list.count; i++) {
        const struct council_state *s = list.at[i];
        struct council_body body;
        buf_clear(&what);
        TRY(council_body_parse(cx, buf_view(&s->body), &body));
        TRY(council_words(cx, t, &body, &what));
        TRY(visit(self, cx, i + 1, buf_text(&what)));
    }
out:
    buf_finish(&what);
    pointers_finish(&list);
    return status;
}
