/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roles as people describe them, to the row the charter keeps, and back.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

/* ---- to a row ---- */

struct row_parts {
    struct buf grants, access, types;
};

static enum status put_grants(struct ctx *cx, const struct team *t, const struct role_spec *spec,
                              struct buf *out)
{
    enum status status = STATUS_OK;
    struct wire_writer w;

    wire_writer_init(&w, cx, out);
    wire_put_array(&w, spec->grants_count);
    for (size_t i = 0; i < spec->grants_count; i++) {
        struct role *r = NULL;
        TRY(role_by_name(cx, t, spec->grants[i], &r));
        wire_put_bytes(&w, BYTES_OF(r->pub.id.b));
    }
    TRY(wire_writer_done(&w));
out:
    return status;
}

static enum status put_access(struct ctx *cx, const struct team *t, const struct role_spec *spec,
                              struct buf *out)
{
    enum status status = STATUS_OK;
    struct wire_writer w;

    wire_writer_init(&w, cx, out);
    wire_put_array(&w, spec->access_count);
    for (size_t i = 0; i < spec->access_count; i++) {
        const struct team_compartment *c = NULL;
        TRY(team_compartment_find(cx, t, spec->access[i].compartment, &c));
        wire_put_array(&w, 2);
        wire_put_bytes(&w, BYTES_OF(c->tag));
        wire_put_uint(&w, spec->access[i].writes ? ACCESS_WRITE : ACCESS_READ);
    }
    TRY(wire_writer_done(&w));
out:
    return status;
}

static enum status put_types(struct ctx *cx, const struct role_spec *spec, struct buf *out)
{
    struct wire_writer w;

    wire_writer_init(&w, cx, out);
    wire_put_array(&w, spec->types_count);
    for (size_t i = 0; i < spec->types_count; i++) {
        const struct role_type *type = &spec->types[i];
        wire_put_array(&w, 3);
        wire_put_text(&w, type->type);
        wire_put_array(&w, type->fields_count);
        for (size_t k = 0; k < type->fields_count; k++) {
            wire_put_text(&w, type->fields[k]);
        }
        wire_put_uint(&w, type->verbs);
    }
    return wire_writer_done(&w);
}

static enum status row_encode(struct ctx *cx, const struct team *t, const struct role_spec *spec,
                              struct buf *out)
{
    enum status status = STATUS_OK;
    struct row_parts p;

    buf_init(&p.grants, 16 * KIB);
    buf_init(&p.access, 4 * KIB);
    buf_init(&p.types, 64 * KIB);
    TRY(put_grants(cx, t, spec, &p.grants));
    TRY(put_access(cx, t, spec, &p.access));
    TRY(put_types(cx, spec, &p.types));
    const struct role_row row = {.name = spec->name,
                                 .rights = spec->rights,
                                 .grants = buf_view(&p.grants),
                                 .max = spec->max,
                                 .compartments = buf_view(&p.access),
                                 .types = buf_view(&p.types),
                                 .verbs = spec->verbs};
    TRY(role_write(cx, &row, out));
out:
    buf_finish(&p.grants);
    buf_finish(&p.access);
    buf_finish(&p.types);
    return status;
}

static enum status spec_check(struct ctx *cx, const struct role_spec *spec)
{
    enum status status = STATUS_OK;

    TRY(name_check(cx, spec->name, "role's name"));
    if ((spec->rights & ~(uint32_t)RIGHTS_ALL) != 0) {
        FAIL(cx, STATUS_USAGE, "a role has no such right");
    }
    if (spec->max > 0 && (spec->rights & TEAM_APPOINT) == 0) {
        FAIL(cx, STATUS_USAGE, "only a role that may let people in has a number of them");
    }
    if (spec->grants_count > 0 && (spec->rights & TEAM_APPOINT) == 0) {
        FAIL(cx, STATUS_USAGE, "only a role that may let people in lists roles to give");
    }
    for (size_t i = 0; i < spec->types_count; i++) {
        TRY(name_check(cx, spec->types[i].type, "record type"));
    }
out:
    return status;
}

enum status team_role_define(struct ctx *cx, struct team *t, const struct role_spec *spec)
{
    enum status status = STATUS_OK;
    struct charter_op op = {.verb = CHARTER_DEFROLE};
    struct buf row, encoded;
    struct id id;

    buf_init(&row, 64 * KIB);
    buf_init(&encoded, 64 * KIB);
    TRY(team_sync(cx, t));
    TRY(spec_check(cx, spec));
    TRY(row_encode(cx, t, spec, &row));
    role_row_id(buf_view(&row), &id);
    const struct role *known = role_by_id(t, &id);
    if (known != NULL && known->known) {
        FAIL(cx, STATUS_EXISTS, "there is exactly this role '%.*s' already", (int)spec->name.len,
             spec->name.ptr);
    }
    op.u.defrole.role = buf_view(&row);
    TRY(charter_op_write(cx, &op, &encoded));
    const bytes list[] = {buf_view(&encoded)};
    TRY(log_control_with(cx, t, TEAM_APPOINT, list, 1));
out:
    buf_finish(&row);
    buf_finish(&encoded);
    return status;
}

/* ---- and back ---- */

static size_t rows_count(bytes list)
{
    struct rows rows;
    rows_read(&rows, list);
    return rows.left;
}

static enum status take_grants(struct ctx *cx, const struct team *t, bytes grants,
                               struct role_spec *s)
{
    enum status status = STATUS_OK;
    struct rows rows;
    struct id id;
    void *memory = NULL;

    TRY(mem_new(cx, rows_count(grants) + 1, sizeof(text), &memory));
    s->grants = memory;
    rows_read(&rows, grants);
    while (rows_next_fixed(&rows, id.b, sizeof id.b)) {
        const struct role *r = role_by_id(t, &id);
        ((text *)memory)[s->grants_count++] = r == NULL ? TEXT("?") : r->pub.name;
    }
out:
    return status;
}

static enum status take_access(struct ctx *cx, const struct team *t, bytes access,
                               struct role_spec *s)
{
    enum status status = STATUS_OK;
    struct rows rows;
    uint8_t tag[COMPARTMENT_BYTES];
    uint64_t value;
    void *memory = NULL;

    TRY(mem_new(cx, rows_count(access) + 1, sizeof *s->access, &memory));
    s->access = memory;
    rows_read(&rows, access);
    while (rows_next_access(&rows, tag, &value)) {
        const struct compartment *c = compartment_by_tag(t, tag);
        s->access[s->access_count++] =
            (struct role_access){.compartment = c == NULL || !c->known ? TEXT("?") : c->pub.name,
                                 .writes = value == ACCESS_WRITE};
    }
out:
    return status;
}

static enum status take_fields(struct ctx *cx, bytes fields, struct role_type *type)
{
    enum status status = STATUS_OK;
    struct rows rows;
    void *memory = NULL;

    TRY(mem_new(cx, rows_count(fields) + 1, sizeof(text), &memory));
    type->fields = memory;
    rows_read(&rows, fields);
    while (rows_next_text(&rows, (text *)memory + type->fields_count)) {
        type->fields_count++;
    }
out:
    return status;
}

static enum status take_types(struct ctx *cx, bytes types, struct role_spec *s)
{
    enum status status = STATUS_OK;
    struct rows rows;
    text name;
    bytes fields;
    uint64_t verbs;
    void *memory = NULL;

    TRY(mem_new(cx, rows_count(types) + 1, sizeof *s->types, &memory));
    s->types = memory;
    rows_read(&rows, types);
    while (rows_next_type(&rows, &name, &fields, &verbs)) {
        struct role_type *type = &s->types[s->types_count++];
        type->type = name;
        type->verbs = (uint32_t)verbs;
        TRY(take_fields(cx, fields, type));
    }
out:
    return status;
}

enum status team_role_spec(struct ctx *cx, const struct team *t, text name, struct role_spec *ret)
{
    enum status status = STATUS_OK;
    struct role *r = NULL;

    TRY(role_by_name(cx, t, name, &r));
    TRY(team_role_spec_of(cx, t, &r->pub, ret));
out:
    return status;
}

enum status team_role_spec_of(struct ctx *cx, const struct team *t, const struct team_role *role,
                              struct role_spec *ret)
{
    enum status status = STATUS_OK;
    const struct role *r = (const struct role *)(const void *)role; /* pub is first */
    struct role_row row;

    *ret = (struct role_spec){.name = role->name};
    MUST(role_row_view(buf_view(&r->row), &row));
    ret->rights = (uint32_t)row.rights;
    ret->verbs = (uint32_t)row.verbs;
    ret->max = (uint32_t)row.max;
    TRY(take_grants(cx, t, row.grants, ret));
    TRY(take_access(cx, t, row.compartments, ret));
    TRY(take_types(cx, row.types, ret));
out:
    if (status != STATUS_OK) {
        role_spec_finish(ret);
    }
    return status;
}

void role_spec_finish(struct role_spec *s)
{
    for (size_t i = 0; i < s->types_count; i++) {
        free((void *)(uintptr_t)s->types[i].fields);
    }
    free(s->types);
    free(s->access);
    free((void *)(uintptr_t)s->grants);
    *s = (struct role_spec){.rights = 0};
}
