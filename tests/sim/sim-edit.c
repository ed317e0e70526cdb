/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work on records that are there: fields of every merge rule, transitions, lines, tags, deleting
 * and bringing back, undoing, settling conflicts, taking over what came without effect.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One of the records this machine shows, deleted ones too, every other time the one that all have
 * known longest, so that people meet; 0: there is none. */
static int64_t some_record(struct sim *s, struct actor *a)
{
    struct stmt *st = NULL;
    struct ctx *cx = a->desk.cx;
    bool row = false;
    bool first = roll_more(s, 2) == 0;
    int64_t record = 0;

    check_ok(cx, stmt_prepare(cx, a->desk.peer->vault,
                              "SELECT record FROM op WHERE verb = 1 AND fate = 0"
                              " ORDER BY lamport, value",
                              &st));
    check_ok(cx, stmt_step(cx, st, &row));
    for (uint64_t seen = 1; row; seen++) {
        record = seen == 1 || (!first && roll_more(s, seen) == 0) ? stmt_int(st, 0) : record;
        check_ok(cx, stmt_step(cx, st, &row));
    }
    return record;
}

static enum status set_field(struct sim *s, struct actor *a, int64_t record)
{
    static const struct {
        enum sample_field field;
        const char *values[4];
    } CHOICES[] = {{S_NOTE, {"one", "two", "three", ""}},
                   {S_COUNT, {"+1", "+2", "-1", "+5"}},
                   {S_TOP, {"1", "2", "3", "4"}},
                   {S_LOW, {"1", "2", "3", "4"}},
                   {S_PRICE, {"1.00", "2.50", "3.99", ""}},
                   {S_URGENT, {"yes", "no", "yes", "no"}},
                   {S_LEVEL, {"low", "mid", "high", "mid"}},
                   {S_TINT, {"red", "green", "blue", ""}},
                   {S_TAGS, {"+a", "+b", "-a", "a,c"}},
                   {S_OWNER, {"me", "", "me", "me"}},
                   {S_PIN, {"1234", "0000", "", "1234"}},
                   {S_BODY, {"a\nb\n", "a\nc\n", "b\n", "a\nb\nc\n"}}};
    /* half of the time something of which the last word holds */
    const size_t what = roll_more(s, 2) == 0 ? 7 : roll_more(s, LENGTH(CHOICES));
    const struct assignment mine = {.field = &sample_fields[CHOICES[what].field],
                                    .value = text_of(CHOICES[what].values[roll_more(s, 4)])};
    return record_set(a->desk.cx, a->desk.records, record, &mine, 1);
}

static enum status first_void(void *self, struct ctx *cx, const struct history_line *h)
{
    int64_t *op = self;
    (void)cx;
    *op = *op == 0 ? h->op : *op;
    return STATUS_OK;
}

static enum status take_over(struct actor *a)
{
    int64_t op = 0, record = 0;
    check_ok(a->desk.cx, records_void_each(a->desk.cx, a->desk.records, first_void, &op));
    return op == 0 ? STATUS_OK : record_adopt(a->desk.cx, a->desk.records, op, &record);
}

static enum status work_on(struct sim *s, struct actor *a, int64_t record)
{
    static const text MOVES[] = {{.ptr = "start", .len = 5},
                                 {.ptr = "finish", .len = 6},
                                 {.ptr = "approve", .len = 7},
                                 {.ptr = "drop", .len = 4},
                                 {.ptr = "reopen", .len = 6}};
    struct ctx *cx = a->desk.cx;
    struct records *r = a->desk.records;
    struct buf what;

    switch (roll_more(s, 12)) {
    case 0:
    case 1:
        return record_move(cx, r, record, MOVES[roll_more(s, LENGTH(MOVES))], NULL, 0);
    case 2:
        return record_log_add(cx, r, record, &sample_fields[S_TALK], TEXT("a line"));
    case 3:
        return record_delete(cx, r, record);
    case 4:
        return record_restore(cx, r, record);
    case 5:
        return record_resolve(cx, r, record, &sample_fields[S_NOTE], 1, TEXT(""));
    case 6:
        return take_over(a);
    case 7: {
        buf_init(&what, KIB);
        enum status status = record_undo(cx, r, record, &what);
        buf_finish(&what);
        return status;
    }
    default:
        return set_field(s, a, record);
    }
}

void edit_step(struct sim *s, struct actor *a)
{
    int64_t record = a->malicious ? 0 : some_record(s, a); /* sim-rogue.c has its own */
    if (record == 0) {
        return;
    }
    enum status status = work_on(s, a, record);
    s->did[DID_MORE + MORE_EDITS]++;
    if (status == STATUS_DUPLICATE || status == STATUS_MALFORMED) {
        fault_clear(a->desk.cx); /* adopted before; not a value of this field */
        return;
    }
    expect(s, a, status, "work on a record");
}
