/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of the lists that authority operations hold, roles, and the bodies of owners' decisions:
 * read, checked, walked and written. Lists stay encoded once they were checked; rows_next_*() walk
 * them.
 */
#include <string.h>

#include "charter-rows.h"

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

void list_put(struct wire_writer *w, bytes list)
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
    list_put(&w, role->grants);
    wire_put_uint(&w, role->max);
    list_put(&w, role->compartments);
    list_put(&w, role->types);
    wire_put_uint(&w, role->verbs);
    return wire_writer_done(&w);
}

bytes role_take(struct wire_reader *r)
{
    const uint8_t *start = r->pos;
    struct role_row role;
    read_role(r, &role);
    return since(r, start);
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

bytes rows_take(struct wire_reader *r, enum row_shape shape, size_t min, size_t max)
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
        b->owners = rows_take(r, ROW_OWNER, 0, OWNERS_MAX);
        b->quorum = wire_get_uint(r, OWNERS_MAX);
        break;
    case COUNCIL_RM_OWNER:
        wire_get_fixed(r, b->member.b, 32);
        b->cut = rows_take(r, ROW_POINT, 0, DEVICES_MAX);
        b->quorum = wire_get_uint(r, OWNERS_MAX);
        break;
    case COUNCIL_PARDON:
    case COUNCIL_LIFT:
        wire_get_fixed(r, b->said.entry.b, 32);
        b->said.index = wire_get_uint(r, UINT16_MAX);
        break;
    case COUNCIL_PIN:
        b->cut = rows_take(r, ROW_POINT, 1, 1);
        break;
    case COUNCIL_SEAL:
        b->cut = rows_take(r, ROW_POINT, 1, DEVICES_MAX);
        break;
    case COUNCIL_SETTLE:
        wire_get_fixed(r, b->chosen.b, 32);
        b->rejected = read_ids(r, OWNERS_MAX);
        break;
    }
}

bytes council_body_take(struct wire_reader *r)
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
        list_put(&w, b->owners);
        wire_put_uint(&w, b->quorum);
        break;
    case COUNCIL_RM_OWNER:
        wire_put_bytes(&w, BYTES_OF(b->member.b));
        list_put(&w, b->cut);
        wire_put_uint(&w, b->quorum);
        break;
    case COUNCIL_PARDON:
    case COUNCIL_LIFT:
        wire_put_bytes(&w, BYTES_OF(b->said.entry.b));
        wire_put_uint(&w, b->said.index);
        break;
    case COUNCIL_PIN:
    case COUNCIL_SEAL:
        list_put(&w, b->cut);
        break;
    case COUNCIL_SETTLE:
        wire_put_bytes(&w, BYTES_OF(b->chosen.b));
        list_put(&w, b->rejected);
        break;
    }
    return wire_writer_done(&w);
}
