/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine dies at any change to its disk or stick, or finds no room. What was acknowledged before
 * must be there afterwards, what was not may be, whole; and the machine goes on as if nothing had
 * been. A child of this process lives the last moments, so that nothing of them stays in memory.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { DID_IT = 0, REFUSED = 3, WRITES_MAX = 48, FRESH_DRAWS = 1 << 20 };

/* What the machine is at when it dies. */
struct last {
    struct actor *a;
    size_t what;
    char title[TITLE_MAX];
    struct buf content; /* what it takes in */
    bool lies;          /* from a liar */
    char folder[FOLDER_MAX];
};

/* As the next run of the program: nothing is replayed that should be in its tables. */
static void wake(struct actor *a)
{
    peer_open(a->desk.peer);
    check_ok(a->desk.cx,
             records_open(a->desk.cx, sim_team(a), sample_schema(a->desk.cx), &a->desk.records));
    desk_watch(&a->desk);
}

static void sleep_now(struct actor *a)
{
    desk_close(&a->desk);
    peer_close(a->desk.peer);
}

static enum status take_in(struct last *l)
{
    struct admission_counts counts = {0};
    return desk_admit(&l->a->desk, buf_view(&l->content), &counts);
}

static enum status act(struct sim *s, struct last *l)
{
    struct ctx *cx = l->a->desk.cx;
    struct pack_report packed;
    struct unpack_report unpacked;

    switch (l->what) {
    case 0:
    case 1:
        return sim_write(s, l->a, NULL, l->title);
    case 2:
        return sim_decide(s, l->a);
    case 3:
        return take_in(l);
    case 4:
        return transfer_pack(cx, l->a->desk.records, l->folder, NULL, &packed);
    default:
        return transfer_unpack(cx, l->a->desk.records, l->folder, &(struct unpack_options){0},
                               &unpacked);
    }
}

/* In the child; never comes back. */
static _Noreturn void live_on(struct sim *s, struct last *l, enum media_fault fault, uint64_t at,
                              bool from_the_start)
{
    if (from_the_start) {
        media_arm(fault, "", at);
    }
    wake(l->a);
    if (!from_the_start) {
        media_arm(fault, "", at);
    }
    enum status status = act(s, l);
    (void)media_disarm();
    if (status == STATUS_OK) {
        _exit(DID_IT);
    }
    if (l->what != 3 || !(s->forked || l->lies)) { /* who was copied may bring what fits nothing */
        expect(s, l->a, status, "what it was at before it died");
    }
    _exit(REFUSED);
}

static bool in_own_log(struct actor *a, const char *title)
{
    struct team *t = sim_team(a);
    struct entry_info info;
    struct buf body;
    bool counts, readable, found = false;

    buf_init(&body, BODY_PLAIN_MAX);
    uint64_t seq = t->self->pub.head_seq;
    enum status status = seq == 0 ? STATUS_NOT_FOUND
                                  : log_entry_load(a->desk.cx, t, t->self->pub.ix, seq, &info,
                                                   &body, &counts, &readable);
    if (status == STATUS_OK) {
        found = memmem(body.ptr, body.len, title, strlen(title)) != NULL;
    }
    fault_clear(a->desk.cx);
    buf_finish(&body);
    return found;
}

/* Whole, as it is after it was opened again; its own program did not judge a malicious one. */
static void look_over(struct sim *s, struct actor *a)
{
    uint64_t entries;
    struct ctx *cx = a->desk.cx;
    enum status status = vault_check(cx, a->desk.peer->vault);

    SIM_MUST(s, status == STATUS_OK, "%s died: %s", a->name, cx->fault.what);
    if (a->malicious || a->copied) {
        return;
    }
    status = log_check(cx, sim_team(a), &entries);
    SIM_MUST(s, status == STATUS_OK, "%s died, its log: %s", a->name, cx->fault.what);
    status = records_check(cx, a->desk.records, false);
    SIM_MUST(s, status == STATUS_OK, "%s died, its records: %s", a->name, cx->fault.what);
}

static void after(struct sim *s, struct last *l, int end)
{
    struct actor *a = l->a;

    SIM_MUST(s, end == DID_IT || end == REFUSED || end == MEDIA_DIED,
             "%s: the child ended with %d while %s was at %zu", __func__, end, a->name, l->what);
    a->desk.peer->machine.drawn += FRESH_DRAWS; /* what is random is not the same again */
    wake(a);
    look_over(s, a);
    expect(s, a, log_seal(a->desk.cx, sim_team(a)), "sealing after it died");
    if (l->what <= 1) {
        bool there = in_own_log(a, l->title);
        SIM_MUST(s, there || end != DID_IT, "%s lost what it had acknowledged", a->name);
        if (there) {
            taint_written(s, a, l->title);
        }
    }
    if (l->what == 4) {
        once_stick(s, a, l->folder);
    }
}

void crash_step(struct sim *s, struct actor *a)
{
    struct last l = {.a = a, .what = roll_more(s, 6)};
    struct actor *from = more_anybody(s);
    struct buf frontier;
    int end = 0;

    if (a->dead) {
        return;
    }
    buf_init(&l.content, SIM_STREAM_MAX);
    buf_init(&frontier, 1 << 20);
    taint_next(s, l.title);
    stick_folder(s, roll_more(s, STICKS), l.folder);
    enum media_fault fault = roll_more(s, 3) == 0 ? MEDIA_TORN : MEDIA_DIES;
    uint64_t at = 1 + roll_more(s, WRITES_MAX);
    bool from_the_start = roll_more(s, 4) == 0;
    l.lies = from->liar;
    if (l.what == 3 && from != a && !from->dead) {
        peer_frontier(a->desk.peer, &frontier);
        peer_export(from->desk.peer, buf_view(&frontier), &l.content);
    }
    sleep_now(a);
    fflush(NULL);
    pid_t child = fork();
    MUST(child >= 0);
    if (child == 0) {
        live_on(s, &l, fault, at, from_the_start);
    }
    MUST(waitpid(child, &end, 0) == child);
    after(s, &l, WIFEXITED(end) ? WEXITSTATUS(end) : 1000 + end);
    buf_finish(&l.content);
    buf_finish(&frontier);
}

/* ---- no room ---- */

static bool no_room(struct actor *a, enum status status)
{
    if (status != STATUS_FULL && status != STATUS_IO) {
        return false;
    }
    fault_clear(a->desk.cx);
    check_ok(a->desk.cx, team_refresh(a->desk.cx, sim_team(a)));
    return true;
}

static void full_stick(struct sim *s, struct actor *a)
{
    char folder[FOLDER_MAX];
    struct pack_report packed;

    stick_folder(s, roll_more(s, STICKS), folder);
    media_arm(MEDIA_FULL, "/stick", 1 + roll_more(s, 12));
    enum status status = transfer_pack(a->desk.cx, a->desk.records, folder, NULL, &packed);
    bool failed = media_disarm();
    once_stick(s, a, folder);
    if (failed && no_room(a, status)) {
        stick_folder(s, roll_more(s, STICKS), folder); /* the same stick, or an empty one */
        status = transfer_pack(a->desk.cx, a->desk.records, folder, NULL, &packed);
        once_stick(s, a, folder);
    }
    expect(s, a, status, "packing after a full stick");
}

static void full_disk(struct sim *s, struct actor *a)
{
    char title[TITLE_MAX];

    taint_next(s, title);
    media_arm(MEDIA_FULL, "/vault-", 1 + roll_more(s, 12));
    enum status status = sim_write(s, a, NULL, title);
    bool failed = media_disarm();
    if (failed && no_room(a, status)) {
        /* made, and not sealed any more, or not made: both are answers */
        status = log_seal(a->desk.cx, sim_team(a));
        expect(s, a, status, "sealing after a full disk");
        if (in_own_log(a, title)) {
            taint_written(s, a, title);
        }
        look_over(s, a);
        taint_next(s, title);
        status = sim_write(s, a, NULL, title);
    }
    expect(s, a, status, "writing after a full disk");
    if (status == STATUS_OK) {
        taint_written(s, a, title);
    }
}

void full_step(struct sim *s, struct actor *a)
{
    if (a->dead) {
        return;
    }
    if (roll_more(s, 2) == 0) {
        full_stick(s, a);
    } else {
        full_disk(s, a);
    }
}
