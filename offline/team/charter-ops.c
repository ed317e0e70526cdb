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
    FORM_BODY,  /* of a COUNCIL operation, kept encoded; council_body_parse() reads it */
};
enum row_shape {
    ROW_NONE,
    ROW_ID,
    ROW_SHORT,
    ROW_SEAL,
    ROW_ROLE,
    ROW_COMPARTMENT,
    ROW_LINKBACK,
    ROW_POINT,
    ROW_SIGNATURE,
    ROW_OWNER,
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

static void read_point(struct wire_reader *r, struct point_row *ret)
{
    (void)wire_get_array(r, 3, 3);
    wire_get_fixed(r, ret->device.b, sizeof ret->device.b);
    ret->seq = wire_get_uint(r, UINT32_MAX);
    wire_get_fixed(r, ret->entry.b, sizeof ret->entry.b);
    if (r->status == STATUS_OK && (ret->seq == 0) != id_is_zero(&ret->entry)) {
        wire_fail(r, "[AUTH-40] entry 0 has no name, every other has one");
    }
}

/* The bytes of what was read since `start`. */
static bytes since(const struct wire_reader *r, const uint8_t *start)
{
    return r->status == STATUS_OK ? BYTES(start, (size_t)(r->pos - start)) : BYTES(NULL, 0);
}

static bytes read_ids(struct wire_reader *r, size_t max)
{
    const uint8_t *start = r->pos;
    uint8_t id[32];
    size_t count = wire_get_array(r, 0, max);
    for (size_t i = 0; i < count && r->status == STATUS_OK; i++) {
        wire_get_fixed(r, id, sizeof id);
    }
    return since(r, start);
}

static bytes read_access(struct wire_reader *r)
{
    const uint8_t *start = r->pos;
    uint8_t tag[COMPARTMENT_BYTES];
    size_t count = wire_get_array(r, 0, COMPARTMENTS_MAX);
    for (size_t i = 0; i < count && r->status == STATUS_OK; i++) {
        (void)wire_get_array(r, 2, 2);
        wire_get_fixed(r, tag, sizeof tag);
        uint64_t access = wire_get_uint(r, ACCESS_WRITE);
        if (r->status == STATUS_OK && access != ACCESS_READ && access != ACCESS_WRITE) {
            wire_fail(r, "[AUTH-41] access to a compartment is 1 (reads) or 3 (writes)");
        }
    }
    return since(r, start);
}

static bytes read_types(struct wire_reader *r)
{
    const uint8_t *start = r->pos;
    size_t count = wire_get_array(r, 0, ROLE_TYPES_MAX);
    for (size_t i = 0; i < count && r->status == STATUS_OK; i++) {
        (void)wire_get_array(r, 3, 3);
        (void)wire_get_text(r, 1, NAME_BYTES_MAX);
        size_t fields = wire_get_array(r, 0, ROLE_FIELDS_MAX);
        for (size_t k = 0; k < fields && r->status == STATUS_OK; k++) {
            (void)wire_get_text(r, 1, NAME_BYTES_MAX);
        }
        (void)wire_get_uint(r, UINT32_MAX);
    }
    return since(r, start);
}

static void read_role(struct wire_reader *r, struct role_row *ret)
{
    (void)wire_get_array(r, 7, 7);
    ret->name = wire_get_text(r, 1, NAME_BYTES_MAX);
    ret->rights = wire_get_uint(r, RIGHTS_ALL);
    ret->grants = read_ids(r, ROLES_PER_TEAM_MAX);
    ret->max = wire_get_uint(r, UINT32_MAX);
    ret->compartments = read_access(r);
    ret->types = read_types(r);
    ret->verbs = wire_get_uint(r, UINT32_MAX);
}

static void read_row(struct wire_reader *r, enum row_shape shape)
{
    uint8_t fixed[32];
    struct seal_row seal;
    struct role_row role;
    struct backlink link;
    struct point_row point;

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
    case ROW_POINT:
        read_point(r, &point);
        break;
    case ROW_SIGNATURE:
        (void)wire_get_array(r, 2, 2);
        wire_get_fixed(r, fixed, 32);
        (void)wire_get_bytes(r, SIGNATURE_BYTES, SIGNATURE_BYTES);
        break;
    case ROW_OWNER:
        (void)wire_get_array(r, 2, 2);
        wire_get_fixed(r, fixed, 32);
        (void)wire_get_text(r, 1, NAME_BYTES_MAX);
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

bool rows_next_point(struct rows *l, struct point_row *ret)
{
    if (!rows_step(l)) {
        return false;
    }
    read_point(&l->r, ret);
    return l->r.status == STATUS_OK;
}

bool rows_next_signature(struct rows *l, uint8_t ret_root_pk[static 32],
                         uint8_t ret_signature[static SIGNATURE_BYTES])
{
    if (!rows_step(l)) {
        return false;
    }
    (void)wire_get_array(&l->r, 2, 2);
    wire_get_fixed(&l->r, ret_root_pk, 32);
    wire_get_fixed(&l->r, ret_signature, SIGNATURE_BYTES);
    return l->r.status == STATUS_OK;
}

bool rows_next_owner(struct rows *l, uint8_t ret_root_pk[static 32], text *ret_name)
{
    if (!rows_step(l)) {
        return false;
    }
    (void)wire_get_array(&l->r, 2, 2);
    wire_get_fixed(&l->r, ret_root_pk, 32);
    *ret_name = wire_get_text(&l->r, 1, NAME_BYTES_MAX);
    return l->r.status == STATUS_OK;
}

bool rows_next_access(struct rows *l, uint8_t ret_tag[static COMPARTMENT_BYTES],
                      uint64_t *ret_access)
{
    if (!rows_step(l)) {
        return false;
    }
    (void)wire_get_array(&l->r, 2, 2);
    wire_get_fixed(&l->r, ret_tag, COMPARTMENT_BYTES);
    *ret_access = wire_get_uint(&l->r, ACCESS_WRITE);
    return l->r.status == STATUS_OK;
}

bool rows_next_type(struct rows *l, text *ret_type, bytes *ret_fields, uint64_t *ret_verbs)
{
    if (!rows_step(l)) {
        return false;
    }
    (void)wire_get_array(&l->r, 3, 3);
    *ret_type = wire_get_text(&l->r, 1, NAME_BYTES_MAX);
    const uint8_t *start = l->r.pos;
    size_t fields = wire_get_array(&l->r, 0, ROLE_FIELDS_MAX);
    for (size_t k = 0; k < fields && l->r.status == STATUS_OK; k++) {
        (void)wire_get_text(&l->r, 1, NAME_BYTES_MAX);
    }
    *ret_fields = since(&l->r, start);
    *ret_verbs = wire_get_uint(&l->r, UINT32_MAX);
    return l->r.status == STATUS_OK;
}

bool rows_next_text(struct rows *l, text *ret)
{
    if (!rows_step(l)) {
        return false;
    }
    *ret = wire_get_text(&l->r, 1, NAME_BYTES_MAX);
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

void point_put(struct wire_writer *w, const struct point_row *p)
{
    wire_put_array(w, 3);
    wire_put_bytes(w, BYTES_OF(p->device.b));
    wire_put_uint(w, p->seq);
    wire_put_bytes(w, BYTES_OF(p->entry.b));
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

static void put_list(struct wire_writer *w, bytes list)
{
    if (list.len == 0) {
        wire_put_array(w, 0);
    } else {
        wire_put_encoded(w, list);
    }
}

enum status role_write(struct ctx *cx, const struct role_row *role, struct buf *out)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, out);
    wire_put_array(&w, 7);
    wire_put_text(&w, role->name);
    wire_put_uint(&w, role->rights);
    put_list(&w, role->grants);
    wire_put_uint(&w, role->max);
    put_list(&w, role->compartments);
    put_list(&w, role->types);
    wire_put_uint(&w, role->verbs);
    return wire_writer_done(&w);
}

enum status role_row_parse(struct ctx *cx, bytes in, struct role_row *ret)
{
    struct wire_reader r;
    wire_reader_init(&r, in);
    read_role(&r, ret);
    return wire_reader_done(cx, &r, "role");
}

bool role_row_view(bytes in, struct role_row *ret)
{
    struct wire_reader r;
    wire_reader_init(&r, in);
    read_role(&r, ret);
    return r.status == STATUS_OK;
}

void role_row_id(bytes encoded, struct id *ret)
{
    hash_domain("valise/role", encoded, BYTES(NULL, 0), ret);
}

/* ---- what the owners decide together ---- */

static bytes read_rows(struct wire_reader *r, enum row_shape shape, size_t min, size_t max)
{
    const uint8_t *start = r->pos;
    size_t count = wire_get_array(r, min, max);
    for (size_t i = 0; i < count && r->status == STATUS_OK; i++) {
        read_row(r, shape);
    }
    return since(r, start);
}

/* [AUTH-42] */
static void read_council(struct wire_reader *r, struct council_body *b)
{
    static const size_t ITEMS[] = {0, 3, 4, 3, 3, 2, 2, 3};
    size_t items = wire_get_array(r, 2, 4);
    b->kind = wire_get_uint(r, COUNCIL_SETTLE);
    if (r->status == STATUS_OK && (b->kind == 0 || items != ITEMS[b->kind])) {
        wire_fail(r, "[AUTH-42] not a decision of owners");
        return;
    }
    switch ((enum authority_council_kind)b->kind) {
    case COUNCIL_ADD_OWNERS:
        b->owners = read_rows(r, ROW_OWNER, 0, OWNERS_MAX);
        b->quorum = wire_get_uint(r, OWNERS_MAX);
        break;
    case COUNCIL_RM_OWNER:
        wire_get_fixed(r, b->member.b, 32);
        b->cut = read_rows(r, ROW_POINT, 0, DEVICES_MAX);
        b->quorum = wire_get_uint(r, OWNERS_MAX);
        break;
    case COUNCIL_PARDON:
    case COUNCIL_LIFT:
        wire_get_fixed(r, b->said.entry.b, 32);
        b->said.index = wire_get_uint(r, UINT16_MAX);
        break;
    case COUNCIL_PIN:
        b->cut = read_rows(r, ROW_POINT, 1, 1);
        break;
    case COUNCIL_SEAL:
        b->cut = read_rows(r, ROW_POINT, 1, DEVICES_MAX);
        break;
    case COUNCIL_SETTLE:
        wire_get_fixed(r, b->chosen.b, 32);
        b->rejected = read_ids(r, OWNERS_MAX);
        break;
    }
}

static bytes read_council_body(struct wire_reader *r)
{
    const uint8_t *start = r->pos;
    struct council_body body = {0};
    read_council(r, &body);
    return since(r, start);
}

enum status council_body_parse(struct ctx *cx, bytes in, struct council_body *ret)
{
    struct wire_reader r;
    *ret = (struct council_body){0};
    wire_reader_init(&r, in);
    read_council(&r, ret);
    return wire_reader_done(cx, &r, "decision of owners");
}

enum status council_body_write(struct ctx *cx, const struct council_body *b, struct buf *out)
{
    struct wire_writer w;
    static const size_t ITEMS[] = {0, 3, 4, 3, 3, 2, 2, 3};

    wire_writer_init(&w, cx, out);
    wire_put_array(&w, ITEMS[b->kind]);
    wire_put_uint(&w, b->kind);
    switch ((enum authority_council_kind)b->kind) {
    case COUNCIL_ADD_OWNERS:
        put_list(&w, b->owners);
        wire_put_uint(&w, b->quorum);
        break;
    case COUNCIL_RM_OWNER:
        wire_put_bytes(&w, BYTES_OF(b->member.b));
        put_list(&w, b->cut);
        wire_put_uint(&w, b->quorum);
        break;
    case COUNCIL_PARDON:
    case COUNCIL_LIFT:
        wire_put_bytes(&w, BYTES_OF(b->said.entry.b));
        wire_put_uint(&w, b->said.index);
        break;
    case COUNCIL_PIN:
    case COUNCIL_SEAL:
        put_list(&w, b->cut);
        break;
    case COUNCIL_SETTLE:
        wire_put_bytes(&w, BYTES_OF(b->chosen.b));
        put_list(&w, b->rejected);
        break;
    }
    return wire_writer_done(&w);
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
    case FORM_BODY:
        view = read_council_body(r);
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
        put_list(w, view);
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
