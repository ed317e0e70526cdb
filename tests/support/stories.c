/* SPDX-License-Identifier: Apache-2.0 */
/* See stories.h. Everything here fails the test when the room fails. */
#include "stories.h"

enum { STORY_ITEMS_MAX = 2048 };

void story_start(struct story *s)
{
    team_world_init(&s->w, test_seed());
    s->a = peer_found(&s->w);
    s->b = peer_join(&s->w, s->a, "Ben", "admin");
    s->c = peer_join(&s->w, s->a, "Cleo", "editor");
    s->d = peer_join(&s->w, s->a, "Dora", "editor");
    peer_pass(s->a, s->b);
    peer_pass(s->a, s->c);
    s->base = team_this_device(s->b->team)->head_seq;
}

void story_finish(struct story *s)
{
    team_world_finish(&s->w);
}

void story_write(struct peer *p, const char *what, int count)
{
    for (int i = 0; i < count; i++) {
        peer_write(p, what);
        check_ok(&p->cx, log_seal(&p->cx, p->team));
    }
}

/* Everything is as it was judged, also after opening again. */
void story_whole(struct peer *p)
{
    uint64_t entries;
    check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
    peer_close(p);
    peer_open(p);
    check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
}

/* From a copy: the first time it may only come to light that there are two. */
void story_pass(struct peer *from, struct peer *to)
{
    peer_pass(from, to);
    peer_pass(from, to);
}

/* What `from` would send; of: by whose device, NULL for all. */
size_t story_beyond(struct peer *from, struct peer *to, struct peer *of)
{
    struct entry_header h;
    static struct stream_item items[STORY_ITEMS_MAX];
    struct buf frontier, content;
    size_t count, entries = 0;

    buf_init(&frontier, 1 << 20);
    buf_init(&content, TEAM_STREAM_MAX);
    peer_frontier(to, &frontier);
    peer_export(from, buf_view(&frontier), &content);
    count = stream_split(&from->cx, buf_view(&content), items, STORY_ITEMS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (items[i].item.kind == CONTENT_ENTRY) {
            check_ok(&from->cx, entry_header_parse(&from->cx, items[i].item.header, &h));
            entries += of == NULL || id_equal(&h.device, &team_this_device(of->team)->id);
        }
    }
    buf_finish(&frontier);
    buf_finish(&content);
    return entries;
}

static struct id story_digest(struct peer *p)
{
    struct log_sink sink = peer_sink(p);
    p->digest = (struct id){{0}};
    check_ok(&p->cx, log_replay(&p->cx, p->team, &sink));
    return p->digest;
}

/* Rounds of everybody to everybody among the honest. */
void story_agree(struct peer *const *who, size_t count)
{
    struct admission_counts counts;
    struct id first = story_digest(who[0]);
    for (size_t i = 0; i < count; i++) {
        struct id digest = story_digest(who[i]);
        peers_agree(who[0], who[i]);
        assert_true(id_equal(&first, &digest));
        check_ok(&who[i]->cx, peer_admit(who[i], BYTES(NULL, 0), &counts));
        assert_int_equal(counts.pending, 0);
        story_whole(who[i]);
        for (size_t k = 0; k < count; k++) {
            assert_true(i == k ||
                        story_beyond(who[i], who[k], NULL) == 0); /* nothing is sent again */
        }
    }
}

struct device *story_seen(struct peer *by, struct peer *of)
{
    struct device *d = device_by_id(by->team, &team_this_device(of->team)->id);
    assert_non_null(d);
    return d;
}
