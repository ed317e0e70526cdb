/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves convergence: two to five devices edit the same records at random with every verb there is,
 * offline, some with a program that writes past its own judge; entries travel with loss,
 * duplication and in any order, devices restart, clocks jump. Authority changes its mind about what
 * counts and by which role, at other times on each device. When everybody has everything, all
 * show the same state, the same tables and the same fate for every operation, and what a rebuild
 * from the log gives is what stands there (so the short ways give what the long way gives).
 *
 * VALISE_TEST_SEED chooses the first history, VALISE_TEST_ROUNDS how many (default 12).
 */
#include "verdicts.h"

enum { DESKS_MAX = 5, STEPS = 160, ITEMS_MAX = 4096 };

struct run {
    struct team_world world;
    struct desk desks[DESKS_MAX];
    size_t count;
    struct machine dice;
};

static uint64_t roll(struct run *r, uint64_t below)
{
    return machine_below(&r->dice, below);
}

#define PICK(r, array) ((array)[roll((r), LENGTH(array))])

/* ---- choosing -------------------------------------------------------------------------------- */

/* Some key of a query's only column; 0 when there is none. */
static int64_t pick_key(struct run *r, struct desk *d, const char *sql)
{
    struct stmt *s = NULL;
    int64_t chosen = 0;
    uint64_t count = 0;
    bool row = false;

    check_ok(d->cx, stmt_prepare(d->cx, d->peer->vault, sql, &s));
    for (;;) {
        check_ok(d->cx, stmt_step(d->cx, s, &row));
        if (!row) {
            break;
        }
        if (roll(r, ++count) == 0) {
            chosen = stmt_int(s, 0);
        }
    }
    stmt_reset(s);
    return chosen;
}

static int64_t pick_record(struct run *r, struct desk *d)
{
    return pick_key(r, d, "SELECT key FROM op WHERE verb = 1 ORDER BY key");
}

static const char *const words[] = {"", "a", "b", "ä", "longer text", "a"};
static const char *const numbers[] = {"", "0", "1", "-7", "42", "9223372036854775807"};
static const char *const deltas[] = {"+1", "-2", "5", "", "+4611686018427387903"};
static const char *const dates[] = {"", "today", "2026-01-01", "1999-12-31"};
static const char *const levels[] = {"", "low", "mid", "high"};
static const char *const tints[] = {"", "red", "green", "blue"};
static const char *const tags[] = {"+x", "+y,+z", "-x", "-y", "x, y", "", "z"};
static const char *const people[] = {"me", "", "Anna", "Ben"};
static const char *const transitions[] = {"start", "finish", "approve", "drop", "lose", "reopen"};

/* Longer than what is loaded with a record at once. */
static const char *long_text(void)
{
    static char letters[6001];
    memset(letters, 'x', sizeof letters - 1);
    return letters;
}

static const char *pick_value(struct run *r, enum sample_field field)
{
    if ((field == S_RAW || field == S_TALK || field == S_BODY) && roll(r, 8) == 0) {
        return long_text();
    }
    switch (field) {
    case S_TITLE:
    case S_NOTE:
    case S_PIN:
    case S_RAW:
    case S_TALK:
    case S_BODY:
        return PICK(r, words);
    case S_COUNT:
        return PICK(r, deltas);
    case S_TOP:
    case S_LOW:
        return PICK(r, numbers);
    case S_PRICE:
        return roll(r, 2) == 0 ? "" : "3.25";
    case S_URGENT:
        return roll(r, 2) == 0 ? "no" : "yes";
    case S_DUE:
        return PICK(r, dates);
    case S_LEVEL:
        return PICK(r, levels);
    case S_TINT:
        return PICK(r, tints);
    case S_TAGS:
        return PICK(r, tags);
    case S_OWNER:
        return PICK(r, people);
    case S_STATE:
    case S_FIELDS:
        break;
    }
    return "";
}

/* ---- what people do -------------------------------------------------------------------------- */

/* Anything may be refused to a person; nothing may break. */
static void survive(struct desk *d, enum status status)
{
    if (status == STATUS_BUG || status == STATUS_INTEGRITY || status == STATUS_NO_MEMORY ||
        status == STATUS_IO) {
        fail_msg("%s: %s (%s:%d)", status_name(status), d->cx->fault.what, d->cx->fault.file,
                 d->cx->fault.line);
    }
    fault_clear(d->cx);
}

static size_t some_assignments(struct run *r, struct assignment *a, bool title)
{
    size_t count = 0;
    bool used[S_FIELDS] = {false};

    if (title) {
        a[count++] = (struct assignment){&sample_fields[S_TITLE], TEXT("new")};
        used[S_TITLE] = true;
    }
    for (uint64_t i = roll(r, 4); i > 0; i--) {
        enum sample_field f = (enum sample_field)roll(r, S_FIELDS);
        if (!used[f] && f != S_STATE) {
            used[f] = true;
            a[count++] = (struct assignment){&sample_fields[f], text_of(pick_value(r, f))};
        }
    }
    return count;
}

/* Changes one line, adds one, or takes one away. */
static void edit_document(struct run *r, struct desk *d, int64_t record)
{
    char lines[9][8] = {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine"};
    struct buf now;
    bool empty = false;
    char out[512] = "";
    size_t used = 0, at = roll(r, 9);

    buf_init(&now, MIB);
    enum status status =
        record_field_text(d->cx, d->records, record, &sample_fields[S_BODY], false, &now, &empty);
    survive(d, status);
    size_t count = 0;
    for (size_t i = 0, start = 0; i < now.len && count < 9; i++) {
        if (now.ptr[i] == '\n') {
            snprintf(lines[count++], sizeof lines[0], "%.*s", (int)(i - start > 7 ? 7 : i - start),
                     (const char *)now.ptr + start);
            start = i + 1;
        }
    }
    count = count == 0 ? 9 : count;
    for (size_t i = 0; i < count; i++) {
        if (i != at || roll(r, 3) > 0) {
            used += (size_t)snprintf(out + used, sizeof out - used, "%s%s\n", lines[i],
                                     i == at && roll(r, 2) == 0 ? "+" : "");
        }
    }
    buf_finish(&now);
    survive(d, desk_try(d, record, S_BODY, out));
}

static void settle(struct run *r, struct desk *d, int64_t record)
{
    enum sample_field f = (enum sample_field)roll(r, S_FIELDS);
    for (size_t i = 0; i < S_FIELDS; i++) {
        enum status status =
            record_resolve(d->cx, d->records, record, &sample_fields[(f + i) % S_FIELDS],
                           roll(r, 3), TEXT("settled"));
        survive(d, status);
        if (status == STATUS_OK) {
            return;
        }
    }
}

static void act(struct run *r, struct desk *d)
{
    struct assignment a[S_FIELDS];
    int64_t record = pick_record(r, d);
    struct buf what;

    if (record == 0 || roll(r, 12) == 0) {
        size_t count = some_assignments(r, a, true);
        survive(d, record_create(d->cx, d->records, &sample_types[0], NULL, a, count, &record));
        return;
    }
    switch (roll(r, 10)) {
    case 0:
        edit_document(r, d, record);
        break;
    case 1:
    case 2: {
        size_t count = some_assignments(r, a, false);
        survive(d, record_move(d->cx, d->records, record, text_of(PICK(r, transitions)), a, count));
        break;
    }
    case 3:
        survive(d, roll(r, 2) == 0 ? record_delete(d->cx, d->records, record)
                                   : record_restore(d->cx, d->records, record));
        break;
    case 4:
        buf_init(&what, KIB);
        survive(d, record_undo(d->cx, d->records, record, &what));
        buf_finish(&what);
        break;
    case 5:
        settle(r, d, record);
        break;
    default: {
        size_t count = some_assignments(r, a, false);
        survive(d, record_set(d->cx, d->records, record, a, count));
        break;
    }
    }
}

/* ---- what a modified program does ------------------------------------------------------------ */

static void some_ref(struct run *r, struct desk *d, struct op_ref *ref)
{
    int64_t key =
        roll(r, 8) == 0 ? pick_record(r, d) : pick_key(r, d, "SELECT key FROM op ORDER BY key");
    const struct team_device *device =
        team_device_at(d->peer->team, roll(r, team_device_count(d->peer->team)));

    memset(ref, 0, sizeof *ref);
    if (key != 0 && roll(r, 5) > 0) {
        key_ref(d->records, d->peer->team == NULL ? 0 : team_this_device(d->peer->team)->ix, key,
                ref);
        return;
    }
    /* one that is not here, perhaps not anywhere, perhaps not yet */
    ref->own = roll(r, 3) == 0;
    if (!ref->own && roll(r, 6) > 0) {
        memcpy(ref->device, device->id.b, sizeof ref->device);
    }
    ref->seq = 1 + roll(r, 12);
    ref->index = roll(r, 6);
}

static int compare_refs(const void *a, const void *b)
{
    return op_ref_compare(a, b);
}

static void some_refs(struct run *r, struct desk *d, struct buf *out)
{
    struct op_ref refs[4];
    struct wire_writer w;
    size_t count = roll(r, 4), kept = 0;

    for (size_t i = 0; i < count; i++) {
        some_ref(r, d, &refs[i]);
    }
    qsort(refs, count, sizeof refs[0], compare_refs);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || op_ref_compare(&refs[kept - 1], &refs[i]) < 0) {
            refs[kept++] = refs[i];
        }
    }
    wire_writer_init(&w, d->cx, out);
    wire_put_array(&w, kept);
    for (size_t i = 0; i < kept; i++) {
        op_ref_write(&w, &refs[i]);
    }
    check_ok(d->cx, wire_writer_done(&w));
}

static void some_scalar(struct run *r, struct wire_writer *w)
{
    switch (roll(r, 6)) {
    case 0:
        wire_put_null(w);
        break;
    case 1:
        wire_put_bool(w, roll(r, 2) == 0);
        break;
    case 2:
        wire_put_bytes(w, BYTES("0123456789abcdef0123456789abcdef", 32));
        break;
    case 3:
        wire_put_text(w, roll(r, 2) == 0 ? TEXT("mid") : TEXT("2026-01-01"));
        break;
    case 4:
        wire_put_text(w, roll(r, 2) == 0 ? TEXT("ä") : TEXT("forced"));
        break;
    default:
        wire_put_int(w, (int64_t)roll(r, 100) - 50);
        break;
    }
}

static text some_field(struct run *r)
{
    size_t f = roll(r, S_FIELDS + 1);
    return f == S_FIELDS ? TEXT("unheard_of") : sample_fields[f].name;
}

static void some_value(struct run *r, struct desk *d, enum op_verb verb, struct buf *out)
{
    struct wire_writer w;
    text first = sample_fields[S_BODY].name, second = sample_fields[S_TITLE].name;

    wire_writer_init(&w, d->cx, out);
    if (verb == OP_MOVE) {
        if (roll(r, 2) == 0) {
            wire_put_null(&w);
        } else {
            wire_put_text(&w, text_of(PICK(r, transitions)));
        }
        wire_put_text(&w, roll(r, 2) == 0 ? TEXT("doing") : TEXT("done"));
    }
    if (verb == OP_MOVE || verb == OP_CREATE) {
        wire_put_array(&w, 4);
        wire_put_text(&w, first);
        some_scalar(r, &w);
        wire_put_text(&w, second);
        some_scalar(r, &w);
    } else if (verb == OP_TAG_ADD || verb == OP_TAG_REMOVE || verb == OP_LOG) {
        wire_put_text(&w, roll(r, 2) == 0 ? TEXT("x") : TEXT("y"));
    } else if (verb == OP_ADD) {
        wire_put_int(&w, (int64_t)roll(r, 9) - 4);
    } else if (verb == OP_SET) {
        some_scalar(r, &w);
    }
    check_ok(d->cx, wire_writer_done(&w));
}

static void act_past_the_judge(struct run *r, struct desk *d)
{
    struct op_form form = {.verb = (enum op_verb)(1 + roll(r, 9)), .joined = roll(r, 4) == 0};
    struct buf refs, value;

    if (team_me(d->peer->team)->role->verbs == 0) {
        return; /* its log takes nothing */
    }
    buf_init(&refs, 64 * KIB);
    buf_init(&value, 64 * KIB);
    some_ref(r, d, &form.record);
    some_refs(r, d, &refs);
    some_value(r, d, form.verb, &value);
    form.base = buf_view(&refs);
    form.value = buf_view(&value);
    form.name = form.verb == OP_CREATE ? TEXT("lab.sample") : some_field(r);
    form.seconds = (int64_t)roll(r, 100);
    (void)desk_force(d, &form);
    buf_finish(&refs);
    buf_finish(&value);
}

/* ---- the road -------------------------------------------------------------------------------- */

static void shuffle(struct run *r, struct stream_item *items, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t k = roll(r, i);
        struct stream_item swap = items[i - 1];
        items[i - 1] = items[k];
        items[k] = swap;
    }
}

/* Heads first, entries in any order, some lost and some twice. A session may be refused as a whole
 * (its chain end is not under a signature): then nothing of it counts. */
static void exchange(struct run *r, struct desk *from, struct desk *to)
{
    static struct stream_item items[ITEMS_MAX];
    struct admission_counts counts;
    struct buf frontier, content, road;
    uint64_t loss = roll(r, 3) == 0 ? 0 : roll(r, 40);

    buf_init(&frontier, MIB);
    buf_init(&content, TEAM_STREAM_MAX);
    buf_init(&road, 4 * TEAM_STREAM_MAX);
    if (roll(r, 4) > 0) {
        peer_frontier(to->peer, &frontier);
    }
    peer_export(from->peer, buf_view(&frontier), &content);
    size_t count = stream_split(from->cx, buf_view(&content), items, ITEMS_MAX);
    size_t heads = 0;
    while (heads < count && items[heads].item.kind == CONTENT_HEAD) {
        heads++;
    }
    if (roll(r, 2) == 0) {
        shuffle(r, items + heads, count - heads);
    }
    for (size_t i = 0; i < count; i++) {
        bool lost = i >= heads && roll(r, 100) < loss;
        for (uint64_t copies = lost ? 0 : 1 + (roll(r, 10) == 0 ? 1 : 0); copies > 0; copies--) {
            check_ok(to->cx, buf_add(to->cx, &road, items[i].raw));
        }
    }
    survive(to, desk_admit(to, buf_view(&road), &counts));
    buf_finish(&frontier);
    buf_finish(&content);
    buf_finish(&road);
}

/* ---- authority ------------------------------------------------------------------------------- */

/* Over what somebody's device wrote up to now. Seldom its first entries: then little would be left.
 */
static struct verdict some_verdict(struct run *r)
{
    struct desk *of = &r->desks[roll(r, r->count)];
    struct verdict v = {.device = team_this_device(of->peer->team)->id, .is_void = true};
    uint64_t head = verdicts_head(of, &v.device);

    v.from = 1 + roll(r, head + 1);
    v.to = roll(r, 2) == 0 ? head : v.from + roll(r, 8);
    v.to = v.to > head ? head : v.to;
    if (roll(r, 3) == 0) {
        v.is_void = false;
        size_t at = roll(r, team_member_count(r->desks[0].peer->team));
        v.role = team_member_at(r->desks[0].peer->team, at)->role->id;
    }
    return v;
}

static size_t some_verdicts(struct run *r, struct verdict *list)
{
    size_t count = roll(r, VERDICTS_MAX + 1);
    for (size_t i = 0; i < count; i++) {
        list[i] = some_verdict(r);
    }
    return count;
}

static void all_think(struct run *r, const struct verdict *list, size_t count)
{
    for (size_t i = 0; i < r->count; i++) {
        verdicts_set(&r->desks[i], list, count, &r->dice);
    }
}

/* ---- a history ------------------------------------------------------------------------------- */

static void start(struct run *r, uint64_t seed)
{
    static const char *const names[] = {"Ben", "Cleo", "Dora"};
    static const char *const roles[] = {"editor", "admin", "editor", "reader"};

    memset(r, 0, sizeof *r);
    verdicts_reset();
    machine_init(&r->dice, seed);
    team_world_init(&r->world, seed);
    struct peer *host = peer_found(&r->world);
    desk_open(&r->desks[r->count++], host, sample_schema(&host->cx));
    size_t more = 1 + roll(r, 3);
    for (size_t i = 0; i < more; i++) {
        struct peer *p = peer_join(&r->world, host, names[i], PICK(r, roles));
        desk_open(&r->desks[r->count++], p, sample_schema(&p->cx));
    }
    if (roll(r, 2) == 0) { /* one person with two machines */
        struct peer *p = peer_device(&r->world, host, "phone");
        desk_open(&r->desks[r->count++], p, sample_schema(&p->cx));
    }
}

static void step(struct run *r)
{
    struct desk *d = &r->desks[roll(r, r->count)];

    struct verdict list[VERDICTS_MAX];

    d->peer->machine.now += (int64_t)roll(r, 4000) - 500;
    switch (roll(r, 17)) {
    case 0:
    case 1:
    case 2: {
        struct desk *from = &r->desks[roll(r, r->count)];
        if (from != d) {
            exchange(r, from, d);
        }
        break;
    }
    case 3:
        act_past_the_judge(r, d);
        break;
    case 4:
        desk_reopen(d, sample_schema(d->cx));
        break;
    case 5:
        verdicts_set(d, list, some_verdicts(r, list), &r->dice);
        break;
    default:
        act(r, d);
        break;
    }
}

/* All alike, and each as a rebuild from its log would make it. */
static void compare(struct run *r)
{
    for (size_t i = 1; i < r->count; i++) {
        desks_agree(&r->desks[0], &r->desks[i]);
    }
    for (size_t i = 0; i < r->count; i++) {
        struct id before = desk_hash(&r->desks[i]);
        check_ok(r->desks[i].cx, records_check(r->desks[i].cx, r->desks[i].records, false));
        struct id after = desk_hash(&r->desks[i]);
        assert_true(id_equal(&before, &after));
    }
}

static void finish(struct run *r)
{
    struct verdict list[VERDICTS_MAX];

    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < r->count; i++) {
            for (size_t k = 0; k < r->count; k++) {
                if (i != k) {
                    desk_pass(&r->desks[i], &r->desks[k]);
                }
            }
        }
    }
    all_think(r, NULL, 0);
    compare(r);
    struct id all = desk_hash(&r->desks[0]);
    for (size_t i = 0; i < 4; i++) {
        all_think(r, list, some_verdicts(r, list));
        compare(r);
    }
    all_think(r, NULL, 0);
    compare(r);
    struct id again = desk_hash(&r->desks[0]);
    assert_true(id_equal(&all, &again)); /* what was taken away and given back left no trace */
    for (size_t i = 0; i < r->count; i++) {
        desk_close(&r->desks[i]);
    }
    team_world_finish(&r->world);
}

static void test_devices_converge(void **state)
{
    const char *wanted = getenv("VALISE_TEST_ROUNDS");
    uint64_t rounds = wanted == NULL ? 12 : strtoull(wanted, NULL, 10);
    static struct run r;
    (void)state;

    for (uint64_t i = 0; i < rounds; i++) {
        print_message("history %llu\n", (unsigned long long)(test_seed() + i));
        start(&r, test_seed() + i);
        for (size_t k = 0; k < STEPS; k++) {
            step(&r);
        }
        finish(&r);
    }
    sample_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_devices_converge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
