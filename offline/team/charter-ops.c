/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authority operations as bytes: one table says what each holds, and both directions read it. An
 * operation is [verb, seconds, field...]; a field is a fixed byte string, a number, a text, or a
 * list whose rows have a declared shape. Lists stay encoded (they were checked) and are walked
 * with rows_next_*(). Normative text of the same table: docs/authority.md.
 */
#include <string.h>

#include "team-int.h"

enum field_form {
    FORM_END,
    FORM_FIXED, /* byte string of exactly `max` */
    FORM_BYTES, /* byte string of min to max, kept as a view */
    FORM_UINT,  /* at most max */
    FORM_TEXT,  /* min to max bytes */
    FORM_ROLE,  /* one role row, kept encoded */
    FORM_LIST,  /* min to max rows of a shape, kept encoded */
};
enum row_shape { ROW_NONE, ROW_ID, ROW_SHORT, ROW_SEAL, ROW_ROLE, ROW_COMPARTMENT, ROW_LINKBACK };

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

enum { FIELDS_MAX = 9, SEAL_SHORT = 48, SEAL_LONG = 80 };

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

/* ---- rows of lists ---- */

static void read_seal(struct wire_reader *r, struct seal_row *ret)
{
    (void)wire_get_array(r, 3, 3);
    wire_get_fixed(r, ret->device, SHORT_ID_BYTES);
    ret->window = wire_get_uint(r, UINT32_MAX);
    ret->seal = wire_get_bytes(r, SEAL_SHORT, SEAL_LONG);
    if (r->status == STATUS_OK && ret->seal.len != SEAL_SHORT && ret->seal.len != SEAL_LONG) {
        wire_fail(r, "[AUTH-07] a seal is 48 or 80 bytes");
    }
}

static void read_backlink(struct wire_reader *r, struct backlink *ret)
{
    (void)wire_get_array(r, 2, 2);
    wire_get_fixed(r, ret->parent.b, sizeof ret->parent.b);
    wire_get_fixed(r, ret->sealed, sizeof ret->sealed);
}

static void read_role(struct wire_reader *r, struct role_row *ret)
{
    (void)wire_get_array(r, 4, 4);
    ret->name = wire_get_text(r, 1, NAME_BYTES_MAX);
    ret->verbs = wire_get_uint(r, UINT32_MAX);
    ret->may_grant = wire_get_bool(r);
    ret->reads_team = wire_get_bool(r);
}

static void read_row(struct wire_reader *r, enum row_shape shape)
{
    uint8_t fixed[32];
    struct seal_row seal;
    struct role_row role;
    struct backlink link;

    switch (shape) {
    case ROW_ID:
        wire_get_fixed(r, fixed, 32);
        break;
    case ROW_SHORT:
        wire_get_fixed(r, fixed, SHORT_ID_BYTES);
        break;
    case ROW_COMPARTMENT:
        wire_get_fixed(r, fixed, COMPARTMENT_BYTES);
        break;
    case ROW_SEAL:
        read_seal(r, &seal);
        break;
    case ROW_ROLE:
        read_role(r, &role);
        break;
    case ROW_LINKBACK:
        read_backlink(r, &link);
        break;
    case ROW_NONE:
        wire_fail(r, "[AUTH-01] a list without a shape");
        break;
    }
}

void rows_read(struct rows *l, bytes list)
{
    wire_reader_init(&l->r, list);
    l->left = list.len == 0 ? 0 : wire_get_array(&l->r, 0, SIZE_MAX);
}

bool rows_step(struct rows *l)
{
    if (l->left == 0 || l->r.status != STATUS_OK) {
        return false;
    }
    l->left--;
    return true;
}

bool rows_next_fixed(struct rows *l, uint8_t *out, size_t len)
{
    if (!rows_step(l)) {
        return false;
    }
    wire_get_fixed(&l->r, out, len);
    return l->r.status == STATUS_OK;
}

bool rows_next_seal(struct rows *l, struct seal_row *ret)
{
    if (!rows_step(l)) {
        return false;
    }
    read_seal(&l->r, ret);
    return l->r.status == STATUS_OK;
}

bool rows_next_backlink(struct rows *l, struct backlink *ret)
{
    if (!rows_step(l)) {
        return false;
    }
    read_backlink(&l->r, ret);
    return l->r.status == STATUS_OK;
}

bool rows_next_role(struct rows *l, struct role_row *ret, bytes *ret_encoded)
{
    if (!rows_step(l)) {
        return false;
    }
    const uint8_t *start = l->r.pos;
    read_role(&l->r, ret);
    *ret_encoded = BYTES(start, (size_t)(l->r.pos - start));
    return l->r.status == STATUS_OK;
}

enum status rows_write(struct ctx *cx, size_t count, bytes rows, struct buf *out)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, count);
    wire_put_encoded(&w, rows);
    return wire_writer_done(&w);
}

enum status seal_row_write(struct ctx *cx, const struct seal_row *row, struct buf *out)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, 3);
    wire_put_bytes(&w, BYTES_OF(row->device));
    wire_put_uint(&w, row->window);
    wire_put_bytes(&w, row->seal);
    return wire_writer_done(&w);
}

enum status role_write(struct ctx *cx, const struct role_row *role, struct buf *out)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, 4);
    wire_put_text(&w, role->name);
    wire_put_uint(&w, role->verbs);
    wire_put_bool(&w, role->may_grant);
    wire_put_bool(&w, role->reads_team);
    return wire_writer_done(&w);
}

enum status role_row_parse(struct ctx *cx, bytes in, struct role_row *ret)
{
    struct wire_reader r;
    wire_reader_init(&r, in);
    read_role(&r, ret);
    return wire_reader_done(cx, &r, "role");
}

void role_row_id(bytes encoded, struct id *ret)
{
    hash_domain("valise/role", encoded, BYTES(NULL, 0), ret);
}

/* ---- operations ---- */

static bytes read_list(struct wire_reader *r, const struct field *f)
{
    const uint8_t *start = r->pos;
    size_t count = wire_get_array(r, f->min, f->max);
    for (size_t i = 0; i < count && r->status == STATUS_OK; i++) {
        read_row(r, f->shape);
    }
    return r->status == STATUS_OK ? BYTES(start, (size_t)(r->pos - start)) : BYTES(NULL, 0);
}

static void read_field(struct wire_reader *r, const struct field *f, struct charter_op *op)
{
    uint8_t *at = (uint8_t *)op + f->offset;
    bytes view = BYTES(NULL, 0);
    const uint8_t *start = r->pos;
    struct role_row role;

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
        read_role(r, &role);
        view = BYTES(start, (size_t)(r->pos - start));
        break;
    case FORM_LIST:
        view = read_list(r, f);
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
        memcpy(&view, at, sizeof view);
        if (view.len == 0) {
            wire_put_array(w, 0);
        } else {
            wire_put_encoded(w, view);
        }
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
