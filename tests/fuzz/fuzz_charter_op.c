/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is one authority operation. Oracle: an accepted one, written again, is the same bytes;
 * its lists can be walked to their ends, without a fault and within their counts; a refused one
 * says why.
 */
#include "team-int.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum walk {
    WALK_IDS,
    WALK_SHORTS,
    WALK_SEALS,
    WALK_ROLES,
    WALK_COMPARTMENTS,
    WALK_POINTS,
    WALK_SIGNATURES,
    WALK_OWNERS,
    WALK_ACCESS,
    WALK_TYPES,
    WALK_BACKLINKS,
};

static void walk(bytes list, enum walk how);

static void walk_role(bytes encoded)
{
    struct role_row role;
    MUST(role_row_view(encoded, &role));
    walk(role.grants, WALK_IDS);
    walk(role.compartments, WALK_ACCESS);
    walk(role.types, WALK_TYPES);
}

static void walk(bytes list, enum walk how)
{
    struct rows rows;
    struct seal_row seal;
    struct role_row role;
    struct backlink link;
    uint8_t fixed[32], signature[SIGNATURE_BYTES];
    struct point_row point;
    text name;
    uint64_t number;
    bytes encoded;
    size_t steps = 0;
    bool more = true;

    rows_read(&rows, list);
    size_t count = rows.left;
    while (more) {
        switch (how) {
        case WALK_IDS:
            more = rows_next_fixed(&rows, fixed, 32);
            break;
        case WALK_SHORTS:
            more = rows_next_fixed(&rows, fixed, SHORT_ID_BYTES);
            break;
        case WALK_COMPARTMENTS:
            more = rows_next_fixed(&rows, fixed, COMPARTMENT_BYTES);
            break;
        case WALK_SEALS:
            more = rows_next_seal(&rows, &seal);
            break;
        case WALK_BACKLINKS:
            more = rows_next_backlink(&rows, &link);
            break;
        case WALK_ROLES:
            more = rows_next_role(&rows, &role, &encoded);
            if (more) {
                walk_role(encoded);
            }
            break;
        case WALK_POINTS:
            more = rows_next_point(&rows, &point);
            break;
        case WALK_SIGNATURES:
            more = rows_next_signature(&rows, fixed, signature);
            break;
        case WALK_OWNERS:
            more = rows_next_owner(&rows, fixed, &name);
            break;
        case WALK_ACCESS:
            more = rows_next_access(&rows, fixed, &number);
            break;
        case WALK_TYPES:
            more = rows_next_type(&rows, &name, &encoded, &number);
            break;
        }
        steps += more;
    }
    MUST(steps == count && rows.r.status == STATUS_OK && wire_at_end(&rows.r));
}

static void walk_council(const struct council *c)
{
    struct council_body body;
    struct ctx cx;
    struct buf again;

    ctx_init(&cx, system_real());
    buf_init(&again, c->body.len + 1);
    walk(c->signatures, WALK_SIGNATURES);
    MUST(council_body_parse(&cx, c->body, &body) == STATUS_OK);
    MUST(council_body_write(&cx, &body, &again) == STATUS_OK);
    MUST(bytes_equal(buf_view(&again), c->body));
    walk(body.owners, WALK_OWNERS);
    walk(body.cut, WALK_POINTS);
    walk(body.rejected, WALK_IDS);
    buf_finish(&again);
}

static void walk_lists(const struct charter_op *op)
{
    switch ((enum charter_verb)op->verb) {
    case CHARTER_GENESIS:
        walk(op->u.genesis.owners, WALK_IDS);
        walk(op->u.genesis.roles, WALK_ROLES);
        walk(op->u.genesis.compartments, WALK_COMPARTMENTS);
        break;
    case CHARTER_GRANT:
        walk(op->u.grant.after, WALK_IDS);
        break;
    case CHARTER_EPOCH:
        walk(op->u.epoch.parents, WALK_IDS);
        walk(op->u.epoch.seals, WALK_SEALS);
        walk(op->u.epoch.backlinks, WALK_BACKLINKS);
        break;
    case CHARTER_CHAIN:
        walk(op->u.chain.seals, WALK_SEALS);
        walk(op->u.chain.handed, WALK_SHORTS);
        break;
    case CHARTER_DEFROLE:
        walk_role(op->u.defrole.role);
        break;
    case CHARTER_REVOKE:
        walk(op->u.revoke.cut, WALK_POINTS);
        break;
    case CHARTER_REMOVE:
        walk(op->u.remove.cut, WALK_POINTS);
        break;
    case CHARTER_REPLACE:
        walk(op->u.replace.cut, WALK_POINTS);
        break;
    case CHARTER_COUNCIL:
        walk_council(&op->u.council);
        break;
    case CHARTER_PREKEYS:
        walk(op->u.prekeys.keys, WALK_IDS);
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct charter_op op;
    struct ctx cx;
    struct buf out;

    ctx_init(&cx, system_real());
    if (charter_op_parse(&cx, BYTES(data, len), &op) != STATUS_OK) {
        MUST(cx.fault.what[0] != '\0');
        return 0;
    }
    walk_lists(&op);
    buf_init(&out, len + 1);
    MUST(charter_op_write(&cx, &op, &out) == STATUS_OK);
    MUST(bytes_equal(buf_view(&out), BYTES(data, len)));
    buf_finish(&out);
    return 0;
}
