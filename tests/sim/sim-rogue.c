/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A member with a modified program, who signs whatever he can: power for himself, words against
 * those above him, undoing what was said about him, records his role does not allow. His own
 * machine believes him; nobody else's may.
 */
#include "lanes-int.h"
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 1 };

static const struct appointment *some_appointment(struct sim *s, const struct team *t)
{
    return t->appointments.at[roll_more(s, t->appointments.count)];
}

static struct id some_member(struct sim *s, const struct team *t)
{
    return ((const struct member *)t->members.at[roll_more(s, t->members.count)])->pub.id;
}

static struct id some_role(struct sim *s, const struct team *t)
{
    return ((const struct role *)t->roles.at[roll_more(s, t->roles.count)])->pub.id;
}

/* The head of a device, or the place before its first entry. */
static struct point_row some_point(struct sim *s, const struct team *t)
{
    const struct device *d = t->devices.at[roll_more(s, t->devices.count)];
    if (d->pub.head_seq == 0 || roll_more(s, 2) == 0) {
        return (struct point_row){.device = d->pub.id};
    }
    return (struct point_row){.device = d->pub.id, .seq = d->pub.head_seq, .entry = d->head_id};
}

static bool some_said(struct sim *s, const struct team *t, struct said *ret)
{
    if (t->powers.count == 0) {
        return false;
    }
    const struct power *p = t->powers.at[roll_more(s, t->powers.count)];
    *ret = (struct said){.entry = p->entry, .index = p->index};
    return true;
}

static bytes since(const struct buf *b, size_t at)
{
    return BYTES(b->ptr + at, b->len - at);
}

/* One row of a root key and what belongs to it. */
static void put_row(struct ctx *cx, struct buf *out, const uint8_t root[static 32], text name,
                    bytes signature)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, 1);
    wire_put_array(&w, 2);
    wire_put_bytes(&w, BYTES(root, 32));
    if (signature.len > 0) {
        wire_put_bytes(&w, signature);
    } else {
        wire_put_text(&w, name);
    }
    check_ok(cx, wire_writer_done(&w));
}

/* A decision in the owners' name, under his own sheet alone: that he is one of them. */
static bool invent_decision(struct actor *a, const struct team *t, struct charter_op *op,
                            struct buf *parts)
{
    struct ctx *cx = a->desk.cx;
    const struct council_state *now = t->council.at[t->council.count - 1];
    uint8_t signature[SIGNATURE_BYTES], root[32];
    struct buf owner, body;
    struct id id;

    if (a->desk.peer->root_seed == NULL) {
        return false;
    }
    buf_init(&owner, KIB);
    buf_init(&body, KIB);
    check_ok(cx, root_public(cx, a->desk.peer->root_seed, root));
    put_row(cx, &owner, root, TEXT("Rogue"), BYTES(NULL, 0));
    const struct council_body b = {.kind = COUNCIL_ADD_OWNERS,
                                   .owners = buf_view(&owner),
                                   .quorum = (now->owners.count + 1) / 2 + 1};
    check_ok(cx, council_body_write(cx, &b, &body));
    council_id(t, &now->id, buf_view(&body), &id);
    check_ok(cx, root_sign(cx, a->desk.peer->root_seed, "valise/council", &t->id, BYTES_OF(id.b),
                           signature));
    check_ok(cx, buf_add(cx, parts, buf_view(&body)));
    put_row(cx, parts, root, TEXT(""), BYTES_OF(signature));
    op->u.council = (struct council){
        .prev = now->id, .body = BYTES(parts->ptr, body.len), .signatures = since(parts, body.len)};
    buf_finish(&owner);
    buf_finish(&body);
    return true;
}

/* False: there is nothing to say it about. */
static bool invent(struct sim *s, struct actor *a, const struct team *t, struct charter_op *op,
                   struct buf *parts)
{
    static const uint64_t VERBS[] = {
        CHARTER_GRANT,      CHARTER_REVOKE,  CHARTER_REMOVE, CHARTER_DEVCUT,   CHARTER_REPLACE,
        CHARTER_SUSPEND,    CHARTER_LIFT,    CHARTER_PARDON, CHARTER_REATTACH, CHARTER_PIN,
        CHARTER_CHECKPOINT, CHARTER_COUNCIL, CHARTER_COUNCIL};
    const struct appointment *seat = some_appointment(s, t);
    const struct member *m = member_by_id(t, &t->self->pub.member);
    const bytes nothing = BYTES(NULL, 0); /* the cut at the beginning */

    op->verb = VERBS[roll_more(s, LENGTH(VERBS))];
    switch (op->verb) {
    case CHARTER_GRANT: /* a role for himself, at any level the form allows */
        op->u.grant = (struct grant){.member_name = TEXT("Rogue"),
                                     .role = some_role(s, t),
                                     .level = 1 + roll_more(s, 15),
                                     .after = nothing};
        memcpy(op->u.grant.root_pk, m->root_pk, sizeof m->root_pk);
        return true;
    case CHARTER_REVOKE:
        op->u.revoke = (struct revoke){seat->id, seat->member, nothing, roll_more(s, 2)};
        return true;
    case CHARTER_REMOVE:
        op->u.remove = (struct remove){some_member(s, t), nothing};
        return true;
    case CHARTER_DEVCUT:
        op->u.devcut = some_point(s, t);
        return true;
    case CHARTER_REPLACE:
        op->u.replace = (struct replace){seat->id, seat->member, some_role(s, t), nothing};
        return true;
    case CHARTER_SUSPEND:
        op->u.suspend.member = some_member(s, t);
        return true;
    case CHARTER_LIFT:
    case CHARTER_PARDON:
        return some_said(s, t, &op->u.said);
    case CHARTER_REATTACH:
        op->u.reattach = (struct reattach){seat->id, seat->member};
        return true;
    case CHARTER_PIN:
        op->u.pin = some_point(s, t);
        return op->u.pin.seq > 0;
    case CHARTER_COUNCIL:
        return invent_decision(a, t, op, parts);
    default:
        return true;
    }
}

static void sign_anything(struct sim *s, struct actor *a)
{
    struct team *t = sim_team(a);
    struct ctx *cx = a->desk.cx;
    struct charter_op op = {.verb = 0};
    struct buf encoded, parts;

    buf_init(&parts, 4 * KIB);
    buf_init(&encoded, 1 << 20);
    if (!invent(s, a, t, &op, &parts)) {
        goto out;
    }
    check_ok(cx, charter_op_write(cx, &op, &encoded));
    const bytes list[] = {buf_view(&encoded)};
    t->trusted = true;
    enum status status = log_control(cx, t, list, 1);
    t->trusted = false;
    if (status == STATUS_OK && t->stale) {
        status = team_refresh(cx, t);
    }
    expect(s, a, status, "a forgery");
    s->did[DID_MORE + MORE_FORGERIES]++;
out:
    buf_finish(&encoded);
    buf_finish(&parts);
}

/* A record, whatever his role says. */
static void write_anything(struct sim *s, struct actor *a)
{
    struct ctx *cx = a->desk.cx;
    struct team *t = sim_team(a);
    char title[TITLE_MAX];

    taint_next(s, title);
    const struct assignment mine = {.field = &sample_fields[S_TITLE], .value = text_of(title)};
    struct op_form form = {.verb = OP_CREATE, .name = TEXT("lab.sample")};
    struct entry_info info;
    struct wire_writer w;
    struct buf pairs, op;
    int64_t key = 0;

    buf_init(&pairs, 4096);
    buf_init(&op, BODY_PLAIN_MAX);
    wire_writer_init(&w, cx, &pairs);
    wire_put_array(&w, 2);
    wire_put_text(&w, TEXT("title"));
    wire_put_text(&w, mine.value);
    check_ok(cx, wire_writer_done(&w));
    form.value = buf_view(&pairs);
    check_ok(cx, op_encode(cx, &form, &op));
    const struct log_target to = {.verb = VERB_CREATE, .type = TEXT("lab.sample")};
    t->trusted = true;
    enum status status = vault_begin(cx, a->desk.peer->vault);
    if (status == STATUS_OK) {
        status =
            vault_end(cx, a->desk.peer->vault, log_append(cx, t, &to, buf_view(&op), &info, &key));
    }
    status = status == STATUS_OK ? log_seal(cx, t) : status;
    t->trusted = false;
    expect(s, a, status, "a record without right");
    s->did[DID_MORE + MORE_FORGERIES]++;
    buf_finish(&pairs);
    buf_finish(&op);
}

void rogue_step(struct sim *s, struct actor *a)
{
    const struct actor *first = a;
    while (!a->malicious || a->dead) { /* the next one who is */
        a = a + 1 == s->actors + s->count ? s->actors : a + 1;
        if (a == first) {
            return;
        }
    }
    if (team_me(sim_team(a)) == NULL) {
        return;
    }
    a->liar = true;
    for (size_t i = 0; i < AT_ONCE; i++) {
        if (roll_more(s, 6) == 0) {
            write_anything(s, a);
        } else {
            sign_anything(s, a);
        }
    }
}
