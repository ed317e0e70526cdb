/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Epochs: the life of one key of one compartment. An EPOCH operation declares it to everybody and
 * seals the key to each device that may read. The epoch's id commits to its key, so nobody can be
 * given another one than the rest; who reads an epoch opens the keys of all it leads back to.
 *
 * Whether a seal opens is known to its receiver alone, therefore it never decides whether an
 * operation has effect; it decides only whether this device can read.
 *
 * Invariant: t->epochs ascends strictly by id.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

static size_t find_id(const struct team *t, const struct id *id, bool *ret_there)
{
    size_t low = 0, high = t->epochs.count;
    *ret_there = false;
    while (low < high && !*ret_there) {
        size_t middle = low + (high - low) / 2;
        int order = id_compare(&((const struct epoch *)t->epochs.at[middle])->id, id);
        *ret_there = order == 0;
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return *ret_there ? high : low;
}

struct epoch *epoch_by_id(const struct team *t, const struct id *id)
{
    bool there;
    size_t i = find_id(t, id, &there);
    return there ? t->epochs.at[i] : NULL;
}

bool epoch_known(const struct team *t, const struct clock *past, const struct epoch *e)
{
    return e->declared && places_known(t, past, &e->places);
}

bool epoch_usable(const struct team *t, const struct epoch *e)
{
    return e->declared && places_followed(t, &e->places);
}

bool epoch_superseded(const struct team *t, const struct epoch *e)
{
    for (size_t i = 0; i < e->followers.count; i++) {
        if (epoch_usable(t, e->followers.at[i])) {
            return true;
        }
    }
    return false;
}

void epoch_free(struct epoch *e)
{
    if (e != NULL) {
        secret_free(&e->key);
        buf_finish(&e->readers);
        buf_finish(&e->refs);
        buf_finish(&e->shares);
        buf_finish(&e->questions);
        buf_finish(&e->parents);
        buf_finish(&e->backlinks);
        pointers_finish(&e->followers);
        free(e->places.at);
        free(e);
    }
}

/* ---- recipients ---- */

/* A row: short id, then 1 when the key was given by somebody who was given it himself; a SHARE by
 * anybody else is a word without weight, or one member could spoil every epoch. */
enum { READER_BYTES = SHORT_ID_BYTES + 1, SHARE_BYTES = 2 * SHORT_ID_BYTES };
enum { READERS_MAX = 2 * RECIPIENTS_MAX + 8, SHARES_WAITING_MAX = 4096 };

static size_t find_reader(const struct epoch *e, const uint8_t *short_id, bool *ret_there)
{
    size_t low = 0, high = e->readers.len / READER_BYTES;
    *ret_there = false;
    while (low < high && !*ret_there) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(e->readers.ptr + middle * READER_BYTES, short_id, SHORT_ID_BYTES);
        *ret_there = order == 0;
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return *ret_there ? high : low;
}

static enum status readers_add(struct ctx *cx, struct epoch *e, const uint8_t *short_id,
                               bool weighs)
{
    enum status status = STATUS_OK;
    uint8_t *unused = NULL;
    bool there;
    size_t i = find_reader(e, short_id, &there);

    if (!there) {
        size_t behind = e->readers.len - i * READER_BYTES;
        TRY(buf_extend(cx, &e->readers, READER_BYTES, &unused));
        uint8_t *at = e->readers.ptr + i * READER_BYTES;
        memmove(at + READER_BYTES, at, behind);
        memcpy(at, short_id, SHORT_ID_BYTES);
        at[SHORT_ID_BYTES] = 0;
    }
    if (weighs) {
        e->readers.ptr[i * READER_BYTES + SHORT_ID_BYTES] = 1;
    }
out:
    return status;
}

bool readers_have(const struct epoch *e, const struct id *device)
{
    bool there;
    (void)find_reader(e, device->b, &there);
    return there;
}

static bool reader_weighs(const struct epoch *e, const uint8_t *short_id)
{
    bool there;
    size_t i = find_reader(e, short_id, &there);
    return there && e->readers.ptr[i * READER_BYTES + SHORT_ID_BYTES] == 1;
}

bool readers_next(const struct epoch *e, size_t *at, bytes *ret_short)
{
    while (*at + READER_BYTES <= e->readers.len) {
        const uint8_t *row = e->readers.ptr + *at;
        *at += READER_BYTES;
        if (row[SHORT_ID_BYTES] == 1) {
            *ret_short = BYTES(row, SHORT_ID_BYTES);
            return true;
        }
    }
    return false;
}

/* SHAREs that had no weight get it when their author is found to have been given the key. */
static enum status shares_weigh(struct ctx *cx, struct epoch *e)
{
    enum status status = STATUS_OK;
    bool again = true;

    while (again) {
        again = false;
        for (size_t at = 0; at + SHARE_BYTES <= e->shares.len; at += SHARE_BYTES) {
            const uint8_t *row = e->shares.ptr + at;
            if (reader_weighs(e, row) && !reader_weighs(e, row + SHORT_ID_BYTES)) {
                TRY(readers_add(cx, e, row + SHORT_ID_BYTES, true));
                again = true;
            }
        }
    }
out:
    return status;
}

enum status readers_share(struct ctx *cx, struct epoch *e, const struct id *author,
                          const struct id *device)
{
    enum status status = STATUS_OK;
    bool weighs = reader_weighs(e, author->b);

    TRY(readers_add(cx, e, device->b, weighs));
    if (weighs) {
        TRY(shares_weigh(cx, e));
    } else if (e->shares.len < (size_t)SHARES_WAITING_MAX * SHARE_BYTES) {
        TRY(buf_add(cx, &e->shares, BYTES(author->b, SHORT_ID_BYTES)));
        TRY(buf_add(cx, &e->shares, BYTES(device->b, SHORT_ID_BYTES)));
    }
out:
    return status;
}

static enum status readers_sealed(struct ctx *cx, struct epoch *e, const struct authored *a,
                                  bytes seals)
{
    enum status status = STATUS_OK;
    struct rows rows;
    struct seal_row row;

    TRY(readers_add(cx, e, a->author->pub.id.b, true));
    rows_read(&rows, seals);
    while (rows_next_seal(&rows, &row)) {
        TRY(readers_add(cx, e, row.device, true));
    }
    TRY(shares_weigh(cx, e));
out:
    return status;
}

/* ---- the objects and their keys ---- */

enum status epoch_make(struct ctx *cx, struct team *t, const struct id *id,
                       const struct epoch_name *name, struct epoch **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    bool there;
    size_t i = find_id(t, id, &there);

    if (there) {
        *ret = t->epochs.at[i];
        return STATUS_OK;
    }
    if (t->epochs.count >= EPOCHS_PER_TEAM_MAX) {
        FAIL(cx, STATUS_LIMIT, "the team has %d epochs, the limit", EPOCHS_PER_TEAM_MAX);
    }
    TRY(mem_new(cx, 1, sizeof(struct epoch), &memory));
    struct epoch *e = memory;
    TRY(pointers_add(cx, &t->epochs, e));
    memory = NULL;
    memmove(t->epochs.at + i + 1, t->epochs.at + i, (t->epochs.count - 1 - i) * sizeof(void *));
    t->epochs.at[i] = e;
    e->id = *id;
    e->number = name->number;
    e->bind = *name->bind;
    memcpy(e->compartment, name->compartment, COMPARTMENT_BYTES);
    buf_init(&e->readers, (size_t)READER_BYTES * READERS_MAX);
    buf_init(&e->refs, 8 * EPOCHS_OF_MEMBER_MIN);
    buf_init(&e->shares, (size_t)SHARE_BYTES * SHARES_WAITING_MAX);
    buf_init(&e->questions, sizeof(struct question) * RECIPIENTS_MAX);
    buf_init(&e->parents, sizeof(struct id) * PARENTS_MAX * 2);
    buf_init(&e->backlinks, sizeof(struct backlink) * PARENTS_MAX * 2);
    *ret = e;
out:
    free(memory);
    return status;
}

static enum status key_store(struct ctx *cx, struct team *t, struct epoch *e, const struct key *k)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;

    TRY(secret_copy(cx, BYTES_OF(k->b), &e->key));
    TRY(stmt_use(cx, t->v, STMT_TEAM_EPOCH_PUT, &s));
    stmt_bind_int(s, 1, t->key);
    stmt_bind_bytes(s, 2, BYTES_OF(e->id.b));
    stmt_bind_bytes(s, 3, BYTES_OF(e->compartment));
    stmt_bind_int(s, 4, (int64_t)e->number);
    stmt_bind_bytes(s, 5, BYTES_OF(e->bind.b));
    stmt_bind_bytes(s, 6, BYTES_OF(k->b));
    e->since = cx->system->now(cx->system->self);
    stmt_bind_int(s, 7, e->since);
    TRY(stmt_run(cx, s));
    t->new_keys = true;
    standing_changed(t);
out:
    return status;
}

bool epoch_key_fits(const struct team *t, const struct epoch *e, const struct key *k)
{
    struct epoch_name name = {&t->id, e->compartment, e->number, &e->bind};
    struct id id;
    epoch_id(&name, k, &id);
    return id_equal(&id, &e->id);
}

/* Keys of what `e` itself links to; each newly held one is put on the list. */
static enum status open_links(struct ctx *cx, struct team *t, const struct epoch *e,
                              struct epoch **list)
{
    enum status status = STATUS_OK;
    struct backlink link;
    struct key k = {{0}};

    for (size_t at = 0; at + sizeof link <= e->backlinks.len; at += sizeof link) {
        memcpy(&link, e->backlinks.ptr + at, sizeof link);
        struct epoch *parent = epoch_by_id(t, &link.parent);
        if (parent != NULL && parent->key == NULL &&
            key_link_open(secret_key(e->key), &t->id, &e->id, &link.parent, link.sealed, &k) &&
            epoch_key_fits(t, parent, &k)) {
            TRY(key_store(cx, t, parent, &k));
            parent->next = *list;
            *list = parent;
        }
    }
out:
    key_wipe(&k);
    return status;
}

enum status epoch_open_backlinks(struct ctx *cx, struct team *t, struct epoch *e)
{
    enum status status = STATUS_OK;
    struct epoch *list = NULL;

    if (e->key == NULL || t->readonly) {
        return STATUS_OK;
    }
    TRY(open_links(cx, t, e, &list));
    while (list != NULL) {
        const struct epoch *at = list;
        list = list->next;
        TRY(open_links(cx, t, at, &list));
    }
out:
    return status;
}

enum status epoch_take_key(struct ctx *cx, struct team *t, struct epoch *e, const struct key *k)
{
    enum status status = STATUS_OK;

    if (e->key != NULL) {
        return STATUS_OK;
    }
    if (!epoch_key_fits(t, e, k)) {
        FAIL(cx, STATUS_FORGED, "an epoch key is not the one its id commits to");
    }
    TRY(key_store(cx, t, e, k));
    TRY(epoch_open_backlinks(cx, t, e));
out:
    return status;
}

enum status epochs_load(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, t->v, STMT_TEAM_EPOCH_LIST, &s));
    stmt_bind_int(s, 1, t->key);
    TRY(stmt_step(cx, s, &row));
    while (row) {
        struct epoch *e = NULL;
        struct id id, bind;
        bytes compartment = stmt_bytes(s, 1);
        if (stmt_bytes(s, 0).len != sizeof id.b || compartment.len != COMPARTMENT_BYTES ||
            stmt_bytes(s, 3).len != sizeof bind.b || stmt_bytes(s, 4).len != 32) {
            FAIL(cx, STATUS_INTEGRITY, "a stored epoch key is damaged");
        }
        memcpy(id.b, stmt_bytes(s, 0).ptr, sizeof id.b);
        memcpy(bind.b, stmt_bytes(s, 3).ptr, sizeof bind.b);
        struct epoch_name name = {&t->id, compartment.ptr, (uint64_t)stmt_int(s, 2), &bind};
        TRY(epoch_make(cx, t, &id, &name, &e));
        if (e->key == NULL) {
            TRY(secret_copy(cx, stmt_bytes(s, 4), &e->key));
        }
        e->since = stmt_int(s, 5);
        TRY(stmt_step(cx, s, &row));
    }
out:
    if (s != NULL) {
        stmt_reset(s);
    }
    return status;
}

/* ---- EPOCH ---- */

/* Is declared, of this compartment, in the author's past. */
static bool in_past(const struct team *t, const struct authored *a, const struct epoch *e,
                    const uint8_t compartment[static COMPARTMENT_BYTES])
{
    return memcmp(e->compartment, compartment, COMPARTMENT_BYTES) == 0 &&
           epoch_known(t, a->past, e);
}

/* Room for one member's epochs grows with what others write, so that one alone fills no memory. */
static void judge_room(const struct team *t, struct authored *a)
{
    uint64_t made = 0, others = 0;

    for (size_t i = 0; i < t->epochs.count; i++) {
        const struct epoch *e = t->epochs.at[i];
        const struct device *by = device_by_ix(t, e->place.ix);
        made += by != NULL && id_equal(&by->pub.member, &a->author->pub.member) &&
                in_past(t, a, e, e->compartment);
    }
    for (size_t i = 0; i < a->past->count; i++) {
        const struct device *d = device_by_id(t, &a->past->items[i].device);
        others += d != NULL && !id_equal(&d->pub.member, &a->author->pub.member)
                      ? a->past->items[i].seq
                      : 0;
    }
    if (made >= EPOCHS_OF_MEMBER_MIN + others) {
        charter_refuse(a, "[AUTH-07] the member has made %llu epochs, the limit",
                       (unsigned long long)made);
    }
}

static void judge_links(struct authored *a, const struct epoch_op *op)
{
    struct rows parents, links;
    struct backlink link;
    struct id id;

    rows_read(&links, op->backlinks);
    while (rows_next_backlink(&links, &link)) {
        bool parent = false;
        rows_read(&parents, op->parents);
        while (rows_next_fixed(&parents, id.b, sizeof id.b)) {
            parent = parent || id_equal(&id, &link.parent);
        }
        if (!parent) {
            charter_refuse(a, "[AUTH-07] links back to what it does not follow");
        }
    }
}

/* What its id commits to follows from the operation, its author and nothing else [F-14]; so one id
 * is one author's, one number's, one compartment's. */
static void epoch_op_bind(const struct authored *a, const struct epoch_op *op, struct id *ret)
{
    struct id transport = {{0}};
    if (op->transport.len == sizeof transport.b) {
        memcpy(transport.b, op->transport.ptr, sizeof transport.b);
    }
    epoch_bind(&a->author->pub.id, &transport, ret);
}

static void judge_epoch(const struct team *t, struct authored *a, const struct epoch_op *op)
{
    bool control = compartment_is_control(t, op->compartment), any = false;
    struct rows parents;
    struct id id, bind;
    uint64_t largest = 0;

    if (!compartment_known(t, a->past, op->compartment)) {
        charter_refuse(a, "[AUTH-07] the compartment is not known");
    }
    rows_read(&parents, op->parents);
    while (rows_next_fixed(&parents, id.b, sizeof id.b)) {
        const struct epoch *e = epoch_by_id(t, &id);
        if (e == NULL || !in_past(t, a, e, op->compartment)) {
            charter_refuse(a, "[AUTH-07] follows an epoch that is not known");
        } else {
            largest = e->number > largest ? e->number : largest;
        }
    }
    for (size_t i = 0; i < t->epochs.count && largest == 0; i++) {
        any = any || in_past(t, a, t->epochs.at[i], op->compartment);
    }
    if (op->number != largest + 1 || any) {
        charter_refuse(a, "[AUTH-07] its number does not follow its parents'");
    }
    epoch_op_bind(a, op, &bind);
    struct epoch_name name = {&t->id, op->compartment, op->number, &bind};
    epoch_id_committed(&name, &op->commit, &id);
    if (!id_equal(&id, &op->id)) {
        charter_refuse(a, "[F-14] the epoch's id is not the one it has to have");
    }
    if (op->transport.len != (control ? 32 : 0)) {
        charter_refuse(a, "[AUTH-07] a transport secret belongs to the charter's epochs");
    }
    judge_links(a, op);
    judge_room(t, a);
}

/* What T of a control epoch hashes to: chains are derived only from the one everybody was given. */
void transport_commit(const struct team *t, const struct key *transport, struct id *ret)
{
    hash_domain("valise/transport", BYTES_OF(t->id.b), BYTES_OF(transport->b), ret);
}

/* Looks for the seal to this device. */
static enum status unseal_find(struct ctx *cx, struct team *t, const struct authored *a,
                               const struct epoch_op *op, struct buf *payload)
{
    enum status status = STATUS_OK;
    struct sealed s = {.by = a, .eph_pk = op->eph_pk};
    struct rows rows;
    struct seal_row row;
    bool there = false;

    seal_context_make(t, SEAL_EPOCH, &op->id, NULL, &t->self->pub.id, &s.context);
    rows_read(&rows, op->seals);
    while (!there && rows_next_seal(&rows, &row)) {
        if (memcmp(row.device, t->self->pub.id.b, SHORT_ID_BYTES) == 0) {
            s.window = row.window;
            s.seal = row.seal;
            TRY(seal_open_own(cx, t, &s, payload, &there));
        }
    }
out:
    return status;
}

static enum status epoch_unseal(struct ctx *cx, struct team *t, const struct authored *a,
                                const struct epoch_op *op, struct epoch *e)
{
    enum status status = STATUS_OK;
    struct key k = {{0}}, transport = {{0}};
    struct buf payload;
    struct id commit;

    buf_init(&payload, 64);
    TRY(unseal_find(cx, t, a, op, &payload));
    if (payload.len < 32) {
        goto out;
    }
    memcpy(k.b, payload.ptr, 32);
    if (!epoch_key_fits(t, e, &k)) {
        goto out; /* not the key the id commits to: as good as none */
    }
    TRY(epoch_take_key(cx, t, e, &k));
    if (payload.len == 64 && op->transport.len == sizeof commit.b) {
        memcpy(transport.b, payload.ptr + 32, 32);
        transport_commit(t, &transport, &commit);
        if (memcmp(commit.b, op->transport.ptr, sizeof commit.b) == 0) {
            TRY(chain_apply_epoch(cx, t, a, op, &transport));
        }
    }
out:
    key_wipe(&k);
    key_wipe(&transport);
    buf_finish(&payload);
    return status;
}

/* A row more, unless it is there, or a repetition has filled the room. */
static enum status row_add(struct ctx *cx, struct buf *rows, bytes row)
{
    for (size_t at = 0; at < rows->len; at += row.len) {
        if (memcmp(rows->ptr + at, row.ptr, row.len) == 0) {
            return STATUS_OK;
        }
    }
    return rows->len + row.len > rows->max ? STATUS_OK : buf_add(cx, rows, row);
}

static enum status follower_add(struct ctx *cx, struct epoch *parent, struct epoch *e)
{
    for (size_t i = 0; i < parent->followers.count; i++) {
        if (parent->followers.at[i] == e) {
            return STATUS_OK;
        }
    }
    return pointers_add(cx, &parent->followers, e);
}

static enum status declare_links(struct ctx *cx, struct team *t, const struct epoch_op *op,
                                 struct epoch *e)
{
    enum status status = STATUS_OK;
    struct backlink link;
    struct rows rows;
    struct id id;

    rows_read(&rows, op->backlinks);
    while (rows_next_backlink(&rows, &link)) {
        TRY(row_add(cx, &e->backlinks, BYTES(&link, sizeof link)));
    }
    rows_read(&rows, op->parents);
    while (rows_next_fixed(&rows, id.b, sizeof id.b)) {
        struct epoch *parent = epoch_by_id(t, &id);
        TRY(row_add(cx, &e->parents, BYTES_OF(id.b)));
        if (parent != NULL) {
            TRY(follower_add(cx, parent, e));
        }
    }
out:
    return status;
}

static enum status epoch_declare(struct ctx *cx, struct team *t, const struct authored *a,
                                 const struct epoch_op *op, struct epoch *e)
{
    enum status status = STATUS_OK;

    TRY(places_add(cx, &e->places, a->place));
    e->place = e->places.at[0];
    e->declared = true;
    e->time = a->time;
    standing_changed(t);
    TRY(readers_sealed(cx, e, a, op->seals));
    TRY(declare_links(cx, t, op, e));
out:
    return status;
}

enum status epoch_apply(struct ctx *cx, struct team *t, struct authored *a,
                        const struct epoch_op *op)
{
    enum status status = STATUS_OK;
    struct epoch *e = epoch_by_id(t, &op->id);
    struct id bind;

    if (!t->trusted) {
        if (e != NULL && epoch_known(t, a->past, e)) {
            charter_refuse(a, "[AUTH-07] the epoch is declared already");
        }
        judge_epoch(t, a, op);
    }
    if (a->reason[0] != '\0') {
        return STATUS_OK;
    }
    epoch_op_bind(a, op, &bind);
    struct epoch_name name = {&t->id, op->compartment, op->number, &bind};
    TRY(epoch_make(cx, t, &op->id, &name, &e));
    TRY(epoch_declare(cx, t, a, op, e));
    if (compartment_is_control(t, op->compartment)) {
        TRY(chain_apply_epoch(cx, t, a, op, NULL));
    }
    if (!t->trusted && !t->readonly) {
        if (a->author != t->self) {
            TRY(epoch_unseal(cx, t, a, op, e));
        }
        TRY(epoch_open_backlinks(cx, t, e));
    }
out:
    return status;
}
