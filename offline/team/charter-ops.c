/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authority operations as bytes: one table says what each holds, and both directions read it. An
 * operation is [verb, seconds, field...]; a field is a fixed byte string, a number, a text, or a
 * list whose rows have a declared shape (charter-rows.c). Normative text of the same table:
 * docs/authority.md.
 */
#include <string.h>

#include "charter-rows.h"

enum field_form {
    FORM_END,
    FORM_FIXED, /* byte string of exactly `max` */
    FORM_BYTES, /* byte string of min to max, kept as a view */
    FORM_UINT,  /* at most max */
    FORM_TEXT,  /* min to max bytes */
    FORM_ROLE,  /* one role row, kept encoded */
    FORM_LIST,  /* min to max rows of a shape, kept encoded */
    FORM_BODY,  /* of a COUNCIL operation, kept encoded; council_body_parse() reads it */
};
struct field {
    enum field_form form;
    enum row_shape shape;
    size_t offset; /* in struct charter_op */
    size_t min, max;
};

#define AT(member) offsetof(struct charter_op, u.member)
#define FIXED(member, len)                                                                         \
    {                                                                                              \
        FORM_FIXED, ROW_NONE, AT(member), len, len                                                 \
    }
#define NUMBER(member, limit)                                                                      \
    {                                                                                              \
        FORM_UINT, ROW_NONE, AT(member), 0, limit                                                  \
    }
#define NAME(member)                                                                               \
    {                                                                                              \
        FORM_TEXT, ROW_NONE, AT(member), 1, NAME_BYTES_MAX                                         \
    }
#define LIST(member, shape, min, max)                                                              \
    {                                                                                              \
        FORM_LIST, shape, AT(member), min, max                                                     \
    }

#define CUT(member) LIST(member, ROW_POINT, 0, DEVICES_MAX)
#define POINT(member)                                                                              \
    FIXED(member.device.b, 32), NUMBER(member.seq, UINT32_MAX), FIXED(member.entry.b, 32)

enum { FIELDS_MAX = 9 };

static const struct operation {
    enum charter_verb verb;
    const char *name;
    struct field fields[FIELDS_MAX + 1];
} OPERATIONS[] = {
    {CHARTER_GENESIS,
     "GENESIS",
     {NUMBER(genesis.format, UINT32_MAX), LIST(genesis.owners, ROW_ID, 1, 64),
      NUMBER(genesis.quorum, 64), NUMBER(genesis.flags, 0), NAME(genesis.member_name),
      NAME(genesis.team_name), FIXED(genesis.salt, 16),
      LIST(genesis.roles, ROW_ROLE, 1, ROLES_PER_TEAM_MAX),
      LIST(genesis.compartments, ROW_COMPARTMENT, 2, 2)}},
    {CHARTER_LINK,
     "LINK",
     {FIXED(link.root_pk, 32), FIXED(link.sign_pk, 32), FIXED(link.box_pk, 32),
      NAME(link.device_name), FIXED(link.signature, SIGNATURE_BYTES)}},
    {CHARTER_GRANT,
     "GRANT",
     {FIXED(grant.root_pk, 32), NAME(grant.member_name), FIXED(grant.role, 32),
      NUMBER(grant.level, LEVEL_MAX), LIST(grant.after, ROW_ID, 0, 64)}},
    {CHARTER_DEFROLE, "DEFROLE", {{FORM_ROLE, ROW_ROLE, AT(defrole.role), 1, 1}}},
    {CHARTER_EPOCH,
     "EPOCH",
     {FIXED(epoch.compartment, COMPARTMENT_BYTES),
      NUMBER(epoch.number, UINT32_MAX),
      LIST(epoch.parents, ROW_ID, 0, PARENTS_MAX),
      FIXED(epoch.id, 32),
      FIXED(epoch.commit, 32),
      {FORM_BYTES, ROW_NONE, AT(epoch.transport), 0, 32},
      FIXED(epoch.eph_pk, 32),
      LIST(epoch.seals, ROW_SEAL, 0, RECIPIENTS_MAX),
      LIST(epoch.backlinks, ROW_LINKBACK, 0, PARENTS_MAX)}},
    {CHARTER_SHARE,
     "SHARE",
     {FIXED(share.epoch, 32),
      FIXED(share.device, 32),
      NUMBER(share.window, UINT32_MAX),
      FIXED(share.eph_pk, 32),
      {FORM_BYTES, ROW_NONE, AT(share.seal), SEAL_SHORT, SEAL_SHORT}}},
    {CHARTER_CHAIN,
     "CHAIN",
     {FIXED(chain.device, 32), FIXED(chain.epoch, 32), NUMBER(chain.step, UINT32_MAX),
      FIXED(chain.eph_pk, 32), LIST(chain.seals, ROW_SEAL, 0, RECIPIENTS_MAX),
      LIST(chain.handed, ROW_SHORT, 0, RECIPIENTS_MAX)}},
    {CHARTER_REVOKE,
     "REVOKE",
     {FIXED(revoke.appointment.b, 32), FIXED(revoke.member.b, 32), CUT(revoke.cut),
      NUMBER(revoke.cascade, 1)}},
    {CHARTER_REMOVE, "REMOVE", {FIXED(remove.member.b, 32), CUT(remove.cut)}},
    {CHARTER_DEVCUT, "DEVCUT", {POINT(devcut)}},
    {CHARTER_REPLACE,
     "REPLACE",
     {FIXED(replace.appointment.b, 32), FIXED(replace.member.b, 32), FIXED(replace.role.b, 32),
      CUT(replace.cut)}},
    {CHARTER_SUSPEND, "SUSPEND", {FIXED(suspend.member.b, 32)}},
    {CHARTER_LIFT, "LIFT", {FIXED(said.entry.b, 32), NUMBER(said.index, UINT16_MAX)}},
    {CHARTER_PARDON, "PARDON", {FIXED(said.entry.b, 32), NUMBER(said.index, UINT16_MAX)}},
    {CHARTER_REATTACH,
     "REATTACH",
     {FIXED(reattach.appointment.b, 32), FIXED(reattach.member.b, 32)}},
    {CHARTER_PIN, "PIN", {POINT(pin)}},
    {CHARTER_CHECKPOINT, "CHECKPOINT", {{FORM_END, ROW_NONE, 0, 0, 0}}},
    {CHARTER_COUNCIL,
     "COUNCIL",
     {FIXED(council.prev.b, 32),
      {FORM_BODY, ROW_NONE, AT(council.body), 0, 0},
      LIST(council.signatures, ROW_SIGNATURE, 1, OWNERS_MAX)}},
    {CHARTER_UNLINK,
     "UNLINK",
     {FIXED(unlink.root_pk, 32), POINT(unlink.point), FIXED(unlink.signature, SIGNATURE_BYTES)}},
    {CHARTER_COMPARTMENT,
     "COMPARTMENT",
     {FIXED(compartment.tag, COMPARTMENT_BYTES), NAME(compartment.name)}},
    {CHARTER_PREKEYS,
     "PREKEYS",
     {NUMBER(prekeys.first, WINDOW_MAX), LIST(prekeys.keys, ROW_ID, 1, PREKEYS_MAX)}},
    {CHARTER_ASK, "ASK", {FIXED(ask.epoch, 32)}},
};

static const struct operation *find_operation(uint64_t verb)
{
    for (size_t i = 0; i < sizeof OPERATIONS / sizeof OPERATIONS[0]; i++) {
        if (OPERATIONS[i].verb == verb) {
            return &OPERATIONS[i];
        }
    }
    return NULL;
}

const char *charter_op_name(uint64_t verb)
{
    const struct operation *o = find_operation(verb);
    return o == NULL ? "?" : o->name;
}

static size_t field_count(const struct operation *o)
{
    size_t count = 0;
    while (count <= FIELDS_MAX && o->fields[count].form != FORM_END) {
        count++;
    }
    return count;
}

/* ---- operations ---- */

static void read_field(struct wire_reader *r, const struct field *f, struct charter_op *op)
{
    uint8_t *at = (uint8_t *)op + f->offset;
    bytes view = BYTES(NULL, 0);

    switch (f->form) {
    case FORM_FIXED:
        wire_get_fixed(r, at, f->max);
        return;
    case FORM_UINT: {
        uint64_t number = wire_get_uint(r, f->max);
        memcpy(at, &number, sizeof number);
        return;
    }
    case FORM_TEXT: {
        text name = wire_get_text(r, f->min, f->max);
        memcpy(at, &name, sizeof name);
        return;
    }
    case FORM_BYTES:
        view = wire_get_bytes(r, f->min, f->max);
        break;
    case FORM_ROLE:
        view = role_take(r);
        break;
    case FORM_LIST:
        view = rows_take(r, f->shape, f->min, f->max);
        break;
    case FORM_BODY:
        view = council_body_take(r);
        break;
    case FORM_END:
        return;
    }
    memcpy(at, &view, sizeof view);
}

enum status charter_op_parse(struct ctx *cx, bytes in, struct charter_op *ret)
{
    enum status status = STATUS_OK;
    struct charter_op op = {0};
    struct wire_reader r;

    wire_reader_init(&r, in);
    size_t items = wire_get_array(&r, 2, SIZE_MAX);
    op.verb = wire_get_uint(&r, UINT32_MAX);
    op.after_seconds = wire_get_uint(&r, UINT32_MAX);
    if (r.status == STATUS_OK) {
        const struct operation *o = find_operation(op.verb);
        if (o == NULL) {
            FAIL(cx, STATUS_UNSUPPORTED, "authority operation %llu is not known to this version",
                 (unsigned long long)op.verb);
        }
        if (items != 2 + field_count(o)) {
            wire_fail(&r, "[AUTH-01] a wrong number of fields");
        }
        for (size_t i = 0; i < field_count(o); i++) {
            read_field(&r, &o->fields[i], &op);
        }
    }
    TRY(wire_reader_done(cx, &r, "authority operation"));
    *ret = op;
out:
    return status;
}

static void write_field(struct wire_writer *w, const struct field *f, const struct charter_op *op)
{
    const uint8_t *at = (const uint8_t *)op + f->offset;
    uint64_t number;
    bytes view;
    text name;

    switch (f->form) {
    case FORM_FIXED:
        wire_put_bytes(w, BYTES(at, f->max));
        break;
    case FORM_UINT:
        memcpy(&number, at, sizeof number);
        wire_put_uint(w, number);
        break;
    case FORM_TEXT:
        memcpy(&name, at, sizeof name);
        wire_put_text(w, name);
        break;
    case FORM_BYTES:
        memcpy(&view, at, sizeof view);
        wire_put_bytes(w, view);
        break;
    case FORM_ROLE:
    case FORM_LIST:
    case FORM_BODY:
        memcpy(&view, at, sizeof view);
        list_put(w, view);
        break;
    case FORM_END:
        break;
    }
}

enum status charter_op_write(struct ctx *cx, const struct charter_op *op, struct buf *out)
{
    const struct operation *o = find_operation(op->verb);
    struct wire_writer w;

    MUST(o != NULL);
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, 2 + field_count(o));
    wire_put_uint(&w, op->verb);
    wire_put_uint(&w, op->after_seconds);
    for (size_t i = 0; i < field_count(o); i++) {
        write_field(&w, &o->fields[i], op);
    }
    return wire_writer_done(&w);
}
