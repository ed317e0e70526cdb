/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standing: by what right an operation was written: the compartment its entry stands in and the
 * roles that applied to its author there. Operations keep a small number for it, so that the judge
 * can ask again when a kit comes or grows, long after the entry was read. Roles are immutable and
 * named by their hash, so a standing never changes its meaning; another standing is another number.
 */
#include <string.h>

#include "records-int.h"

static const struct standing *find(const struct records *r, int64_t id)
{
    for (size_t i = r->standing_count; i > 0; i--) {
        if (r->standings[i - 1].id == id) {
            return &r->standings[i - 1];
        }
    }
    return NULL;
}

/* A number may have been given before in a transaction that was rolled back: the latest holds. */
static enum status remember(struct ctx *cx, struct records *r, const struct standing *s)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < r->standing_count; i++) {
        if (r->standings[i].id == s->id) {
            r->standings[i] = *s;
            return STATUS_OK;
        }
    }
    TRY(mem_grow(cx, (void **)&r->standings, &r->standing_cap, r->standing_count + 1,
                 sizeof(*r->standings)));
    r->standings[r->standing_count++] = *s;
out:
    return status;
}

static enum status row_find(struct ctx *cx, struct records *r, const struct entry_info *info,
                            enum stmt_id id, bool *ret_row, int64_t *ret)
{
    enum status status = STATUS_OK;
    uint8_t roles[ENTRY_ROLES_MAX * sizeof(struct id)];
    size_t len = 0;
    struct stmt *s = NULL;

    for (size_t i = 0; i < info->role_count && i < ENTRY_ROLES_MAX; i++) {
        memcpy(roles + len, info->roles[i]->id.b, sizeof(struct id));
        len += sizeof(struct id);
    }
    TRY(stmt_use(cx, r->vault, id, &s));
    stmt_bind_int(s, 1, team_key(r->team));
    stmt_bind_bytes(s, 2, BYTES_OF(info->compartment));
    stmt_bind_bytes(s, 3, BYTES(roles, len));
    TRY(stmt_step(cx, s, ret_row));
    if (*ret_row) {
        *ret = stmt_int(s, 0);
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

static enum status row_id(struct ctx *cx, struct records *r, const struct entry_info *info,
                          int64_t *ret)
{
    enum status status = STATUS_OK;
    bool row = false;

    TRY(row_find(cx, r, info, STMT_RECORDS_STANDING_ID, &row, ret));
    if (!row) {
        TRY(row_find(cx, r, info, STMT_RECORDS_STANDING_ADD, &row, ret));
        *ret = vault_last_rowid(r->vault);
    }
out:
    return status;
}

enum status place_id(struct ctx *cx, struct records *r,
                     const uint8_t compartment[static COMPARTMENT_BYTES], int64_t *ret)
{
    struct entry_info place = {.role_count = 0}; /* nobody's: the compartment itself */
    memcpy(place.compartment, compartment, COMPARTMENT_BYTES);
    return row_id(cx, r, &place, ret);
}

enum status place_find(struct ctx *cx, struct records *r,
                       const uint8_t compartment[static COMPARTMENT_BYTES], int64_t *ret)
{
    struct entry_info place = {.role_count = 0};
    bool row = false;

    *ret = 0;
    memcpy(place.compartment, compartment, COMPARTMENT_BYTES);
    return row_find(cx, r, &place, STMT_RECORDS_STANDING_ID, &row, ret);
}

enum status standing_of(struct ctx *cx, struct records *r, const struct entry_info *info,
                        int64_t *ret)
{
    enum status status = STATUS_OK;
    struct standing s = {.info = *info};

    TRY(row_id(cx, r, info, &s.id));
    TRY(place_id(cx, r, info->compartment, &s.place));
    TRY(remember(cx, r, &s));
    *ret = STANDING(s.id, false);
out:
    return status;
}

static enum status load(struct ctx *cx, struct records *r, int64_t id)
{
    enum status status = STATUS_OK;
    struct standing found = {.id = id};
    struct stmt *s = NULL;
    struct id role;
    bool row = false;

    TRY(stmt_use(cx, r->vault, STMT_RECORDS_STANDING_GET, &s));
    stmt_bind_int(s, 1, id);
    TRY(stmt_step(cx, s, &row));
    bytes tag = row ? stmt_bytes(s, 0) : (bytes){0};
    if (tag.len != COMPARTMENT_BYTES) {
        FAIL(cx, STATUS_INTEGRITY, "an operation is by nobody's right");
    }
    memcpy(found.info.compartment, tag.ptr, COMPARTMENT_BYTES);
    bytes roles = stmt_bytes(s, 1);
    for (size_t i = 0; i + sizeof(role.b) <= roles.len; i += sizeof(role.b)) {
        memcpy(role.b, roles.ptr + i, sizeof(role.b));
        const struct team_role *known = team_role_by_id(r->team, &role);
        if (known == NULL || found.info.role_count == ENTRY_ROLES_MAX) {
            found.info.role_count = 0; /* what nobody knows permits nothing */
            break;
        }
        found.info.roles[found.info.role_count++] = known;
    }
    stmt_reset(s);
    s = NULL;
    TRY(place_id(cx, r, found.info.compartment, &found.place));
    TRY(remember(cx, r, &found));
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

enum status standing_get(struct ctx *cx, struct records *r, int64_t standing,
                         const struct standing **ret)
{
    enum status status = STATUS_OK;
    int64_t id = STANDING_ID(standing);

    *ret = find(r, id);
    if (*ret == NULL) {
        TRY(load(cx, r, id));
        *ret = find(r, id);
    }
out:
    return status;
}
