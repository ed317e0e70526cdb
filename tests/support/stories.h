/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device that tells several stories: a team in which Ben's machine is copied, and each copy
 * writes on. Anna founds, Cleo and Dora are honest.
 */
#ifndef STORIES_H
#define STORIES_H

#include "lanes-int.h"
#include "team-world.h"

struct story {
    struct team_world w;
    struct peer *a, *b, *c, *d;
    uint64_t base; /* entries of Ben's device that all his stories share */
};
void story_start(struct story *s);
void story_finish(struct story *s);
void story_write(struct peer *p, const char *what, int count); /* entries, each sealed */
/* Everything is as it was judged, also after opening again. */
void story_whole(struct peer *p);
/* From a copy: the first time it may only come to light that there are two. */
void story_pass(struct peer *from, struct peer *to);
/* What `from` would send; of: by whose device, NULL for all. */
size_t story_beyond(struct peer *from, struct peer *to, struct peer *of);
/* They hold and show the same, nothing waits, and nothing would be sent again. */
void story_agree(struct peer *const *who, size_t count);
struct device *story_seen(struct peer *by, struct peer *of);

#endif
