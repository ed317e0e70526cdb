/* SPDX-License-Identifier: Apache-2.0 */
/* See team-world.h. Everything here fails the test when the room fails. */
#include "team-world.h"

#include <sodium.h>

void team_world_init(struct team_world *w, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    scratch_make(w->root);
    for (size_t i = 0; i < TEAM_PEOPLE_MAX; i++) {
        machine_init(&w->peers[i].machine, seed * 100 + i);
        ctx_init(&w->peers[i].cx, &w->peers[i].machine.system);
    }
}

void peer_close(struct peer *p)
{
    team_close(&p->team);
    vault_close(&p->vault);
}

/* This device's own decisions may change what counts. */
static void watch(struct peer *p)
{
    const struct log_sink sink = peer_sink(p);
    team_set_sink(p->team, &sink);
}

void peer_open(struct peer *p)
{
    check_ok(&p->cx, vault_open(&p->cx, p->dir, p->key, &p->vault));
    check_ok(&p->cx, team_open(&p->cx, p->vault, TEXT(""), &p->team));
    watch(p);
}

void team_world_finish(struct team_world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        struct peer *p = &w->peers[i];
        peer_close(p);
        secret_free(&p->key);
        secret_free(&p->root_seed);
    }
    scratch_remove(w->root);
}

struct peer *peer_make(struct team_world *w)
{
    assert_true(w->count < TEAM_PEOPLE_MAX);
    struct peer *p = &w->peers[w->count++];
    char root[SCRATCH_PATH];
    memcpy(root, w->root, sizeof root);
    snprintf(p->dir, sizeof p->dir, "%s/vault-%zu", root, w->count);
    check_ok(&p->cx, secret_new(&p->cx, 32, &p->key));
    memset(secret_ptr(p->key), (int)w->count, 32);
    check_ok(&p->cx, vault_create(&p->cx, p->dir, p->key, &p->vault));
    return p;
}

struct peer *peer_clone(struct team_world *w, struct peer *of)
{
    assert_true(w->count < TEAM_PEOPLE_MAX);
    struct peer *p = &w->peers[w->count++];
    char root[SCRATCH_PATH];
    memcpy(root, w->root, sizeof root);
    snprintf(p->dir, sizeof p->dir, "%s/vault-%zu", root, w->count);
    check_ok(&p->cx, secret_copy(&p->cx, secret_view(of->key), &p->key));
    peer_close(of);
    scratch_copy(of->dir, p->dir);
    peer_open(of);
    peer_open(p);
    return p;
}

struct peer *peer_found(struct team_world *w)
{
    struct peer *p = peer_make(w);
    check_ok(&p->cx, team_found(&p->cx, p->vault, TEXT("Harbour"), TEXT("Anna"), TEXT("desk"),
                                &p->root_seed, &p->team));
    watch(p);
    return p;
}

/* ---- the sink ---- */

static enum status count_entry(void *self, struct ctx *cx, const struct entry_info *info,
                               bytes body)
{
    struct peer *p = self;
    struct body_reader b;
    struct id one;
    uint8_t seq[8];
    bytes op;

    const struct team_device *d = team_device_by_ix(p->team, info->device_ix);
    assert_non_null(d);
    assert_true(info->role_count > 0);
    assert_true(id_equal(&d->member, &info->member));
    enum status status = body_read_start(cx, body, &b);
    while (status == STATUS_OK && body_read_next(&b, &op)) {
        p->operations++;
        p->denied += !entry_may(info, VERB_SET, TEXT("any.type"), TEXT(""));
    }
    status = status == STATUS_OK ? body_read_done(cx, &b) : status;
    p->applied++;
    put_u64le(seq, info->seq);
    hash_domain("test/entry", BYTES_OF(d->id.b), BYTES_OF(seq), &one);
    hash_domain("test/body", BYTES_OF(one.b), body, &one);
    for (size_t i = 0; i < sizeof one.b; i++) {
        p->digest.b[i] ^= one.b[i];
    }
    return status;
}

struct log_sink peer_sink(struct peer *p)
{
    return (struct log_sink){.apply = count_entry, .self = p};
}

/* ---- joining ---- */

static void answer(struct peer *p, bytes invite)
{
    struct buf content;
    struct admission_counts counts;

    buf_init(&content, TEAM_STREAM_MAX);
    check_ok(&p->cx, team_join_finish(&p->cx, p->vault, invite, &p->team, &content));
    watch(p);
    check_ok(&p->cx, peer_admit(p, buf_view(&content), &counts));
    buf_finish(&content);
}

struct peer *peer_join(struct team_world *w, struct peer *by, const char *name, const char *role)
{
    struct peer *p = peer_make(w);
    struct buf join, invite;
    uint8_t print[16];

    buf_init(&join, JOIN_MAX);
    buf_init(&invite, TEAM_STREAM_MAX);
    check_ok(&p->cx, team_join_start(&p->cx, p->vault, text_of(name), TEXT("laptop"), false, &join,
                                     &p->root_seed));
    check_ok(&by->cx,
             team_invite(&by->cx, by->team, buf_view(&join), text_of(role), &invite, print));
    answer(p, buf_view(&invite));
    peer_pass(p, by); /* the newcomer publishes prekeys first of all */
    buf_finish(&join);
    buf_finish(&invite);
    return p;
}

struct peer *peer_device(struct team_world *w, struct peer *of, const char *device_name)
{
    struct peer *p = peer_make(w);
    struct buf join, invite;
    uint8_t print[16];

    buf_init(&join, JOIN_MAX);
    buf_init(&invite, TEAM_STREAM_MAX);
    check_ok(&p->cx, team_join_start(&p->cx, p->vault, TEXT(""), text_of(device_name), true, &join,
                                     &p->root_seed));
    assert_null(p->root_seed);
    check_ok(&of->cx,
             team_device_add(&of->cx, of->team, buf_view(&join), of->root_seed, &invite, print));
    answer(p, buf_view(&invite));
    peer_pass(p, of);
    buf_finish(&join);
    buf_finish(&invite);
    return p;
}

/* ---- writing and passing ---- */

int64_t peer_write(struct peer *p, const char *what)
{
    struct wire_writer w;
    struct entry_info info;
    int64_t key = 0;
    struct buf op;

    buf_init(&op, BODY_PLAIN_MAX);
    wire_writer_init(&w, &p->cx, &op);
    wire_put_array(&w, 3);
    wire_put_uint(&w, 1);
    wire_put_uint(&w, 0);
    wire_put_text(&w, text_of(what));
    check_ok(&p->cx, wire_writer_done(&w));
    check_ok(&p->cx, vault_begin(&p->cx, p->vault));
    check_ok(&p->cx, log_append(&p->cx, p->team, &(struct log_target){.verb = VERB_CREATE},
                                buf_view(&op), &info, &key));
    check_ok(&p->cx, vault_commit(&p->cx, p->vault));
    buf_finish(&op);
    return key;
}

static enum status put_head(void *self, struct ctx *cx, const struct head *h)
{
    return content_write_head(cx, h, self);
}

static enum status put_entry(void *self, struct ctx *cx, bytes header, bytes body)
{
    return content_write_entry(cx, header, body, self);
}

void peer_export(struct peer *p, bytes frontier, struct buf *out)
{
    check_ok(&p->cx, log_seal(&p->cx, p->team));
    check_ok(&p->cx, log_sign_head(&p->cx, p->team));
    check_ok(&p->cx, log_export(&p->cx, p->team, frontier, put_head, put_entry, out));
}

void peer_frontier(struct peer *p, struct buf *out)
{
    struct buf held;
    buf_init(&held, 1 << 20);
    check_ok(&p->cx, log_frontier(&p->cx, p->team, &held));
    check_ok(&p->cx, log_frontier_claim(&p->cx, p->team, buf_view(&held), out));
    buf_finish(&held);
}

enum status peer_admit(struct peer *p, bytes content, struct admission_counts *ret)
{
    struct log_sink sink = peer_sink(p);
    check_ok(&p->cx, vault_begin(&p->cx, p->vault));
    enum status status = admission_take_content(&p->cx, p->team, &sink, content, ret);
    if (status != STATUS_OK) {
        vault_rollback(p->vault);
        return status;
    }
    check_ok(&p->cx, vault_commit(&p->cx, p->vault));
    return STATUS_OK;
}

enum status peer_try_pass(struct peer *from, struct peer *to, struct admission_counts *ret)
{
    struct buf frontier, content;

    buf_init(&frontier, 1 << 20);
    buf_init(&content, TEAM_STREAM_MAX);
    peer_frontier(to, &frontier);
    peer_export(from, buf_view(&frontier), &content);
    enum status status = peer_admit(to, buf_view(&content), ret);
    buf_finish(&content);
    buf_finish(&frontier);
    return status;
}

void peer_pass(struct peer *from, struct peer *to)
{
    struct admission_counts counts;

    check_ok(&to->cx, peer_try_pass(from, to, &counts));
}

void letters_init(struct letters *l)
{
    buf_init(&l->join, JOIN_MAX);
    buf_init(&l->invite, TEAM_STREAM_MAX);
    buf_init(&l->content, TEAM_STREAM_MAX);
}

void letters_finish(struct letters *l)
{
    buf_finish(&l->join);
    buf_finish(&l->invite);
    buf_finish(&l->content);
}

void peers_pass(struct peer *const *peers, size_t count, size_t turns)
{
    for (size_t turn = 0; turn < turns; turn++) {
        for (size_t i = 0; i < count; i++) {
            for (size_t k = 0; k < count; k++) {
                if (i != k) {
                    peer_pass(peers[i], peers[k]);
                }
            }
        }
    }
}

void team_world_pass(struct team_world *w, size_t turns)
{
    struct peer *all[TEAM_PEOPLE_MAX];
    for (size_t i = 0; i < w->count; i++) {
        all[i] = &w->peers[i];
    }
    peers_pass(all, w->count, turns);
}

void peers_agree(struct peer *a, struct peer *b)
{
    struct buf fa, fb;

    buf_init(&fa, 1 << 20);
    buf_init(&fb, 1 << 20);
    peer_frontier(a, &fa);
    peer_frontier(b, &fb);
    check_bytes(buf_view(&fa), buf_view(&fb));
    assert_int_equal(team_member_count(a->team), team_member_count(b->team));
    assert_int_equal(team_device_count(a->team), team_device_count(b->team));
    for (size_t i = 0; i < team_member_count(a->team); i++) {
        const struct team_member *x = team_member_at(a->team, i);
        const struct team_member *y = team_member_at(b->team, i);
        assert_true(id_equal(&x->id, &y->id));
        assert_true(text_equal(x->name, y->name));
        assert_true(id_equal(&x->role->id, &y->role->id));
        assert_int_equal(x->level, y->level);
    }
    buf_finish(&fa);
    buf_finish(&fb);
}

size_t stream_split(struct ctx *cx, bytes content, struct stream_item *items, size_t max)
{
    size_t count = 0, pos = 0, used = 0;
    while (pos < content.len) {
        assert_true(count < max);
        check_ok(cx, content_read(cx, BYTES(content.ptr + pos, content.len - pos),
                                  &items[count].item, &used));
        assert_true(used > 0);
        items[count++].raw = BYTES(content.ptr + pos, used);
        pos += used;
    }
    return count;
}
