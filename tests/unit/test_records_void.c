/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what people see when entries stop counting: each merge rule falls back as if they had
 * never counted, what others made on top of them stands, records appear and go with their creates;
 * rights reach single fields; a record listens to its own compartment only; what came without
 * effect is listed and can be adopted once. test_converge compares the same with a rebuild at
 * random.
 */
#include "verdicts.h"

static struct team_world world;
static struct desk ann, ben; /* an admin and an editor */

static const struct id *device_of(struct desk *d)
{
    return &team_this_device(d->peer->team)->id;
}

/* Nothing of Ben's from this entry on counts at this desk. */
static void cut_ben(struct desk *d, uint64_t after)
{
    const struct verdict v = {
        .device = *device_of(&ben), .from = after + 1, .to = UINT64_MAX, .is_void = true};
    verdicts_set(d, &v, 1, NULL);
}

static void pardon(struct desk *d)
{
    verdicts_set(d, NULL, 0, NULL);
}

static void both_ways(void)
{
    desk_pass(&ann, &ben);
    desk_pass(&ben, &ann);
    desk_pass(&ann, &ben);
}

static int set_up(void **state)
{
    (void)state;
    verdicts_reset();
    team_world_init(&world, test_seed());
    struct peer *host = peer_found(&world);
    struct peer *guest = peer_join(&world, host, "Ben", "editor");
    desk_open(&ann, host, sample_schema(&host->cx));
    desk_open(&ben, guest, sample_schema(&guest->cx));
    both_ways();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    check_ok(ann.cx, records_check(ann.cx, ann.records, false));
    pardon(&ann);
    pardon(&ben);
    both_ways();
    desks_agree(&ann, &ben);
    check_ok(ann.cx, records_check(ann.cx, ann.records, false));
    desk_close(&ann);
    desk_close(&ben);
    team_world_finish(&world);
    sample_release();
    return 0;
}

static int64_t shared(const char *title, int64_t *ret_bens)
{
    int64_t record = desk_create(&ann, title);
    both_ways();
    *ret_bens = desk_same(&ann, record, &ben);
    return record;
}

static enum status move(struct desk *d, int64_t record, const char *transition)
{
    return record_move(d->cx, d->records, record, text_of(transition), NULL, 0);
}

static bool is_there(struct desk *d, int64_t record)
{
    struct record_info info;
    enum status status = record_info_get(d->cx, d->records, record, &info);
    fault_clear(d->cx);
    return status == STATUS_OK;
}

static bool is_deleted(struct desk *d, int64_t record)
{
    struct record_info info;
    check_ok(d->cx, record_info_get(d->cx, d->records, record, &info));
    return info.deleted;
}

/* ---- each rule ------------------------------------------------------------------------------- */

static const struct {
    enum sample_field field;
    const char *before, *bens, *anns, *void_alone, *void_under;
} rules[] = {
    {S_TITLE, "a", "b", "c", "a", "c"},
    {S_NOTE, "a", "b", "c", "a", "c"},
    {S_NOTE, "", "b", "", "", ""},
    {S_COUNT, "5", "+2", "+10", "5", "15"},
    {S_TOP, "3", "9", "12", "3", "12"},
    {S_LOW, "3", "1", "-4", "3", "-4"},
    {S_PRICE, "1.00", "2.00", "3.00", "1.00", "3.00"},
    {S_URGENT, "no", "yes", "no", "no", "no"},
    {S_DUE, "2026-01-01", "2026-02-02", "2026-03-03", "2026-01-01", "2026-03-03"},
    {S_LEVEL, "mid", "high", "low", "mid", "low"},
    {S_TINT, "red", "green", "blue", "red", "blue"},
    {S_TAGS, "x", "+y,-x", "+z", "x", "x, z"},
    {S_OWNER, "Anna", "Ben", "", "Anna", ""},
    {S_BODY, "1\n2\n", "1\n2\nb\n", "1\n2\nb\nc\n", "1\n2\n", "1\n2\nb\nc\n"},
    {S_RAW, "a", "b", "c", "a", "c"},
};

/* As if it had never been said; and given back, as if nothing had been. */
static void test_every_field_falls_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rules); i++) {
        int64_t bens = 0, record = shared("start", &bens);
        desk_set(&ann, record, rules[i].field, rules[i].before);
        both_ways();
        uint64_t head = verdicts_head(&ben, device_of(&ben));
        struct id before = desk_hash(&ann);
        desk_set(&ben, bens, rules[i].field, rules[i].bens);
        both_ways();
        struct id with = desk_hash(&ann);
        cut_ben(&ann, head);
        assert_string_equal(desk_show(&ann, record, rules[i].field), rules[i].void_alone);
        struct id now = desk_hash(&ann);
        assert_true(id_equal(&before, &now));
        pardon(&ann);
        now = desk_hash(&ann);
        assert_true(id_equal(&with, &now));
    }
}

/* What somebody made on top of it had seen all that it had seen: no conflict comes up with what it
 * replaced, and the value somebody wrote himself stays. */
static void test_what_others_built_stays(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rules); i++) {
        int64_t bens = 0, record = shared("start", &bens);
        desk_set(&ann, record, rules[i].field, rules[i].before);
        both_ways();
        uint64_t head = verdicts_head(&ben, device_of(&ben));
        desk_set(&ben, bens, rules[i].field, rules[i].bens);
        both_ways();
        desk_set(&ann, record, rules[i].field, rules[i].anns);
        cut_ben(&ann, head);
        assert_string_equal(desk_show(&ann, record, rules[i].field), rules[i].void_under);
        assert_int_equal(desk_conflicts(&ann, record), 0);
        pardon(&ann);
    }
}

/* The same when the news of the removal is there before what it removes. */
static void test_void_when_it_comes(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    struct peer *third = peer_join(&world, ann.peer, "Cleo", "editor");
    struct desk cleo;
    (void)state;

    desk_open(&cleo, third, sample_schema(&third->cx));
    desk_pass(&ann, &ben);
    uint64_t head = verdicts_head(&ben, device_of(&ben));
    cut_ben(&ann, head); /* Ann knows; Ben and Cleo do not */
    desk_set(&ben, bens, S_TITLE, "bens");
    int64_t made = desk_create(&ben, "made by ben");
    desk_pass(&ben, &cleo);
    int64_t cleos = desk_same(&ben, bens, &cleo);
    desk_set(&cleo, cleos, S_TITLE, "cleos");
    desk_set(&cleo, desk_same(&ben, made, &cleo), S_NOTE, "on bens record");
    desk_pass(&cleo, &ann);
    assert_string_equal(desk_show(&ann, record, S_TITLE), "cleos");
    assert_int_equal(desk_conflicts(&ann, record), 0);
    cut_ben(&cleo, head);
    desk_pass(&ann, &cleo);
    desks_agree(&ann, &cleo);
    pardon(&ann);
    pardon(&cleo);
    desks_agree(&ann, &cleo);
    int64_t anns = desk_same(&ben, made, &ann);
    assert_string_equal(desk_show(&ann, anns, S_NOTE), "on bens record");
    desk_pass(&cleo, &ben);
    desk_close(&cleo);
}

static void test_states_go_back(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    (void)state;

    desk_set(&ann, record, S_OWNER, "Anna");
    both_ways();
    uint64_t head = verdicts_head(&ben, device_of(&ben));
    check_ok(ben.cx, move(&ben, bens, "start"));
    both_ways();
    check_ok(ann.cx, move(&ann, record, "finish")); /* from a state only Ben's move led to */
    both_ways();
    cut_ben(&ann, head);
    assert_string_equal(desk_show(&ann, record, S_STATE), "open");
    pardon(&ann);
    assert_string_equal(desk_show(&ann, record, S_STATE), "done");
}

/* A value that came with a move is built upon like any other. */
static void test_values_of_a_move(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    const struct assignment a = {.field = &sample_fields[S_NOTE], .value = TEXT("bens")};
    (void)state;

    desk_set(&ann, record, S_NOTE, "first");
    both_ways();
    uint64_t head = verdicts_head(&ben, device_of(&ben));
    check_ok(ben.cx, record_move(ben.cx, ben.records, bens, TEXT("start"), &a, 1));
    both_ways();
    desk_set(&ann, record, S_NOTE, "anns");
    cut_ben(&ann, head);
    assert_string_equal(desk_show(&ann, record, S_NOTE), "anns");
    assert_int_equal(desk_conflicts(&ann, record), 0);
    pardon(&ann);
}

static void test_deletions(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    (void)state;

    uint64_t head = verdicts_head(&ben, device_of(&ben));
    check_ok(ben.cx, record_delete(ben.cx, ben.records, bens));
    both_ways();
    assert_true(is_deleted(&ann, record));
    cut_ben(&ann, head);
    assert_false(is_deleted(&ann, record));
    pardon(&ann);
    check_ok(ann.cx, record_restore(ann.cx, ann.records, record));
    cut_ben(&ann, head);
    assert_false(is_deleted(&ann, record));
    pardon(&ann);
    both_ways();

    /* An edit that kept a record from going does not any more. */
    head = verdicts_head(&ben, device_of(&ben));
    desk_set(&ben, bens, S_NOTE, "wait");
    check_ok(ann.cx, record_delete(ann.cx, ann.records, record));
    both_ways();
    assert_false(is_deleted(&ann, record));
    cut_ben(&ann, head);
    assert_true(is_deleted(&ann, record));
    pardon(&ann);
    assert_false(is_deleted(&ann, record));
    both_ways();

    /* Who deletes what does not count at the time has not seen it. */
    head = verdicts_head(&ben, device_of(&ben));
    desk_set(&ben, bens, S_NOTE, "wait again");
    both_ways();
    cut_ben(&ann, head);
    check_ok(ann.cx, record_delete(ann.cx, ann.records, record));
    assert_true(is_deleted(&ann, record));
    pardon(&ann);
    assert_false(is_deleted(&ann, record));
}

static void test_a_record_goes_with_its_create(void **state)
{
    uint64_t head = verdicts_head(&ben, device_of(&ben));
    int64_t bens = desk_create(&ben, "mine");
    uint64_t count = 0, before = 0;
    struct buf what;
    (void)state;

    check_ok(ann.cx, records_count(ann.cx, ann.records, &sample_types[0], &before));
    both_ways();
    int64_t record = desk_same(&ben, bens, &ann);
    desk_set(&ann, record, S_NOTE, "nice");
    cut_ben(&ann, head);
    assert_false(is_there(&ann, record));
    check_ok(ann.cx, records_count(ann.cx, ann.records, &sample_types[0], &count));
    assert_int_equal(count, before);
    check_status(ann.cx, STATUS_NOT_FOUND, desk_try(&ann, record, S_NOTE, "nicer"));
    buf_init(&what, KIB);
    check_status(ann.cx, STATUS_NOT_FOUND, record_undo(ann.cx, ann.records, record, &what));
    buf_finish(&what);
    pardon(&ann);
    assert_string_equal(desk_show(&ann, record, S_NOTE), "nice");
}

/* ---- history --------------------------------------------------------------------------------- */

struct told {
    char text[2048];
    size_t lines;
    int64_t ops[64];
};

static enum status tell(void *self, struct ctx *cx, const struct history_line *h)
{
    struct told *t = self;
    size_t used = strlen(t->text);
    (void)cx;
    snprintf(t->text + used, sizeof t->text - used, "%.*s %.*s=%.*s (%.*s)%s\n", (int)h->what.len,
             h->what.ptr, h->field == NULL ? 0 : (int)h->field->name.len,
             h->field == NULL ? "" : h->field->name.ptr, (int)h->value.len, h->value.ptr,
             (int)h->reason.len, h->reason.ptr, h->adopted ? " adopted" : "");
    assert_true(t->lines < LENGTH(t->ops));
    t->ops[t->lines++] = h->op;
    return STATUS_OK;
}

static const char *history(struct desk *d, int64_t record)
{
    static struct told t;
    t = (struct told){.lines = 0};
    check_ok(d->cx, records_history(d->cx, d->records, record, 0, tell, &t));
    return t.text;
}

static const struct told *received_late(struct desk *d)
{
    static struct told t;
    t = (struct told){.lines = 0};
    check_ok(d->cx, records_void_each(d->cx, d->records, tell, &t));
    return &t;
}

static void test_history_says_why(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    (void)state;

    uint64_t head = verdicts_head(&ben, device_of(&ben));
    desk_set(&ben, bens, S_PRICE, "2.00");
    desk_set(&ben, bens, S_PIN, "hidden");
    both_ways();
    check_ok(ann.cx, move(&ann, record, "start"));
    cut_ben(&ann, head);
    assert_string_equal(history(&ann, record), "created =start ()\n"
                                               "void price=2.00 (cut off by a removal)\n"
                                               "void pin=" SECRET_MASK " (cut off by a removal)\n"
                                               "moved st=doing (" APPROVED_VOID ")\n");
    assert_string_equal(received_late(&ann)->text,
                        "set price=2.00 (cut off by a removal)\n"
                        "set pin=" SECRET_MASK " (cut off by a removal)\n");
    pardon(&ann);
    assert_string_equal(received_late(&ann)->text, "");
    assert_null(strstr(history(&ann, record), "void"));
    assert_null(strstr(history(&ann, record), APPROVED_VOID));
}

/* ---- rights ---------------------------------------------------------------------------------- */

static bool only_note(const struct entry_info *info, enum team_verb verb, text type, text field)
{
    bool limited = info->role_count > 0 && text_equal(info->roles[0]->name, TEXT("editor")) &&
                   text_equal(type, TEXT("lab.sample"));
    bool of_field = verb == VERB_SET || verb == VERB_MOVE;
    return !limited || !of_field || field.len == 0 || text_equal(field, TEXT("note"));
}

/* Everybody refuses the field, nobody the rest of the entry. */
static void test_single_fields(void **state)
{
    static const uint8_t word[] = {0x64, 'w', 'o', 'r', 'd'}, nothing[] = {0x80},
                         start[] = {0x65, 's',  't',  'a', 'r', 't', 0x65, 'd', 'o',  'i', 'n',
                                    'g',  0x82, 0x65, 't', 'i', 't', 'l',  'e', 0x61, 'x'};
    int64_t bens = 0, record = shared("start", &bens);
    struct op_form set = {
        .verb = OP_SET, .name = T("title"), .base = BYTES_OF(nothing), .value = BYTES_OF(word)};
    struct op_form with = {.verb = OP_MOVE, .base = BYTES_OF(nothing), .value = BYTES_OF(start)};
    (void)state;

    verdicts_may = only_note;
    key_ref(ben.records, team_this_device(ben.peer->team)->ix, bens, &set.record);
    with.record = set.record;
    check_fault(ben.cx, STATUS_DENIED, "the role 'editor'", desk_try(&ben, bens, S_TITLE, "x"));
    desk_set(&ben, bens, S_NOTE, "allowed");
    (void)desk_force(&ben, &set);
    (void)desk_force(&ben, &with);
    both_ways();
    desks_agree(&ann, &ben);
    assert_string_equal(desk_show(&ann, record, S_TITLE), "start");
    assert_string_equal(desk_show(&ann, record, S_NOTE), "allowed");
    assert_string_equal(desk_show(&ann, record, S_STATE), "open");
    assert_non_null(
        strstr(history(&ann, record), "refused title=word (its author's role does not allow it)"));
    desk_set(&ann, record, S_TITLE, "an admin may");
    check_ok(ben.cx, move(&ben, bens, "start"));
}

/* Another role from some entry on: what it does not permit is taken back, what it permits stays. */
static void test_another_role(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    const struct team_role *admin = team_me(ann.peer->team)->role;
    struct peer *third = peer_join(&world, ann.peer, "Rita", "reader");
    (void)state;

    desk_pass(&ann, &ben);
    const struct id reader = team_me(third->team)->role->id;
    uint64_t head = verdicts_head(&ben, device_of(&ben));
    desk_set(&ben, bens, S_NOTE, "late");
    check_status(ben.cx, STATUS_DENIED, move(&ben, bens, "drop")); /* for admins */
    both_ways();
    struct verdict v = {
        .device = *device_of(&ben), .from = head + 1, .to = UINT64_MAX, .role = reader};
    verdicts_set(&ann, &v, 1, NULL);
    assert_string_equal(desk_show(&ann, record, S_NOTE), "");
    assert_non_null(strstr(history(&ann, record), "refused note=late"));
    check_ok(ann.cx, records_check(ann.cx, ann.records, false));
    v.role = admin->id;
    verdicts_set(&ann, &v, 1, NULL);
    assert_string_equal(desk_show(&ann, record, S_NOTE), "late");
    pardon(&ann);
}

/* ---- compartments ---------------------------------------------------------------------------- */

/* The body of an entry with this one operation. */
static void body_of(const struct op_form *form, struct buf *body)
{
    struct wire_writer w;
    struct buf op;

    buf_init(&op, KIB);
    buf_init(body, KIB);
    check_ok(ann.cx, op_encode(ann.cx, form, &op));
    wire_writer_init(&w, ann.cx, body);
    check_ok(ann.cx, body_write_start(&w, 1700000000, 1));
    wire_put_encoded(&w, buf_view(&op));
    check_ok(ann.cx, wire_writer_done(&w));
    buf_finish(&op);
}

/* An entry nobody wrote, in a compartment of the test's choice, by Ben. */
static int64_t say_in(const uint8_t *compartment, uint64_t seq, const struct op_form *form)
{
    struct log_sink sink = records_sink(ann.records);
    const struct team_device *d = team_device_by_id(ann.peer->team, device_of(&ben));
    struct entry_info info;
    struct buf body;

    body_of(form, &body);
    check_ok(ann.cx, log_next_info(ann.cx, ann.peer->team, NULL, &info));
    memcpy(info.compartment, compartment, sizeof info.compartment);
    info.device_ix = d->ix;
    info.seq = seq;
    info.lamport = 1000 + seq;
    check_ok(ann.cx, vault_begin(ann.cx, ann.peer->vault));
    check_ok(ann.cx, sink.apply(sink.self, ann.cx, &info, buf_view(&body)));
    check_ok(ann.cx, vault_commit(ann.cx, ann.peer->vault));
    buf_finish(&body);
    return OP_KEY(d->ix, seq, 0);
}

/* Takes what say_in() made out of the tables again: the log does not know it. */
static void forget_said(void)
{
    check_status(ann.cx, STATUS_INTEGRITY, records_check(ann.cx, ann.records, true));
}

static enum status count_row(void *self, struct ctx *cx, const struct listing_row *row)
{
    size_t *count = self;
    (void)cx, (void)row;
    (*count)++;
    return STATUS_OK;
}

static size_t listed(const struct team_compartment *in)
{
    const struct listing l = {.type = &sample_types[0], .compartment = in};
    size_t count = 0;
    check_ok(ann.cx, records_list(ann.cx, ann.records, &l, NULL, count_row, &count));
    return count;
}

/* Roles are another matter: here only the places differ. */
static bool anybody_may(const struct entry_info *info, enum team_verb verb, text type, text field)
{
    (void)info, (void)verb, (void)type, (void)field;
    return true;
}

static void test_a_record_listens_to_its_compartment(void **state)
{
    static const uint8_t other[COMPARTMENT_BYTES] = {7},
                         title[] = {0x82, 0x65, 't', 'i', 't', 'l', 'e', 0x61, 'x'},
                         word[] = {0x64, 'w', 'o', 'r', 'd'}, nothing[] = {0x80};
    int64_t bens = 0, record = shared("start", &bens);
    const struct team_compartment *team = NULL;
    struct team_compartment elsewhere = {.name = TEXT("elsewhere")};
    struct op_form create = {.verb = OP_CREATE, .name = T("lab.sample"), .value = BYTES_OF(title)};
    struct op_form set = {
        .verb = OP_SET, .name = T("note"), .base = BYTES_OF(nothing), .value = BYTES_OF(word)};
    struct record_info info;
    (void)state;

    check_ok(ann.cx, team_compartment_find(ann.cx, ann.peer->team, TEXT("team"), &team));
    memcpy(elsewhere.tag, other, sizeof other);
    size_t before = listed(team);
    assert_int_equal(listed(NULL), before);
    verdicts_may = anybody_may;
    key_ref(ann.records, 0, record, &set.record);
    (void)say_in(other, 900, &set);
    assert_string_equal(desk_show(&ann, record, S_NOTE), "");
    assert_non_null(strstr(history(&ann, record),
                           "refused note=word (its record belongs to another compartment)"));
    (void)say_in(team->tag, 901, &set);
    assert_string_equal(desk_show(&ann, record, S_NOTE), "word");

    int64_t made = say_in(other, 902, &create);
    key_ref(ann.records, 0, made, &set.record);
    (void)say_in(team->tag, 903, &set);
    assert_string_equal(desk_show(&ann, made, S_NOTE), "");
    (void)say_in(other, 904, &set);
    assert_string_equal(desk_show(&ann, made, S_NOTE), "word");
    assert_int_equal(listed(team), before);
    assert_int_equal(listed(&elsewhere), 1);
    assert_int_equal(listed(NULL), before + 1);
    check_ok(ann.cx, record_info_get(ann.cx, ann.records, record, &info));
    assert_ptr_equal(info.compartment, team);
    check_ok(ann.cx, record_info_get(ann.cx, ann.records, made, &info));
    assert_null(info.compartment); /* nobody declared it */
    forget_said();
    verdicts_may = NULL;
}

static enum status see_title(void *self, struct ctx *cx, int64_t record,
                             const struct record_type *type, text title)
{
    char *seen = self;
    (void)cx, (void)record;
    assert_ptr_equal(type, &sample_types[0]);
    snprintf(seen + strlen(seen), 64, "%.*s;", (int)title.len, title.ptr);
    return STATUS_OK;
}

static void test_what_somebody_has_seen(void **state)
{
    static const uint8_t other[COMPARTMENT_BYTES] = {7};
    const struct team_compartment *team = NULL;
    char seen[256] = "";
    int64_t with = desk_create(&ann, "with"), gone = desk_create(&ann, "gone");
    (void)state;

    (void)desk_create(&ann, "without");
    desk_set(&ann, with, S_PIN, "secret");
    desk_set(&ann, gone, S_PIN, "secret");
    check_ok(ann.cx, record_delete(ann.cx, ann.records, gone));
    check_ok(ann.cx, team_compartment_find(ann.cx, ann.peer->team, TEXT("team"), &team));
    check_ok(ann.cx, records_seen_by(ann.cx, ann.records, BYTES_OF(other), see_title, seen));
    assert_string_equal(seen, "");
    check_ok(ann.cx, records_seen_by(ann.cx, ann.records, BYTES_OF(team->tag), see_title, seen));
    assert_string_equal(seen, "with;");
}

/* ---- branches -------------------------------------------------------------------------------- */

static void settle_branches(uint64_t seq, bool first, bool second)
{
    struct log_sink sink = records_sink(ann.records);
    struct verdict v = {.device = *device_of(&ben), .from = seq, .to = UINT64_MAX, .is_void = true};

    verdicts_branch.counts = second;
    verdicts_set(&ann, &v, first ? 0 : 1, NULL);
    check_ok(ann.cx, vault_begin(ann.cx, ann.peer->vault));
    check_ok(ann.cx, sink.changed(sink.self, ann.cx, verdicts_branch.home, seq, seq));
    check_ok(ann.cx, vault_commit(ann.cx, ann.peer->vault));
}

/* Of two branches of a forked device the one that counts is what stands under its name, whichever
 * was here first; without one there is nothing. */
static void test_branches(void **state)
{
    static const uint8_t other[] = {0x82, 0x65, 't', 'i', 't', 'l', 'e',
                                    0x65, 'o',  't', 'h', 'e', 'r'};
    struct op_form form = {.verb = OP_CREATE, .name = T("lab.sample"), .value = BYTES_OF(other)};
    struct buf body;
    (void)state;

    uint64_t seq = verdicts_head(&ben, device_of(&ben)) + 1;
    int64_t bens = desk_create(&ben, "first");
    both_ways();
    int64_t record = desk_same(&ben, bens, &ann);
    assert_int_equal(OP_SEQ(record), seq);
    desk_set(&ann, record, S_NOTE, "on it");
    body_of(&form, &body);
    verdicts_branch =
        (struct branch){.ix = 500, .home = OP_DEVICE(record), .seq = seq, .body = buf_view(&body)};
    check_ok(ann.cx, log_next_info(ann.cx, ann.peer->team, NULL, &verdicts_branch.info));
    verdicts_branch.info.lamport = 3;

    settle_branches(seq, true, false);
    assert_string_equal(desk_show(&ann, record, S_TITLE), "first");
    settle_branches(seq, false, true);
    assert_string_equal(desk_show(&ann, record, S_TITLE), "other");
    assert_string_equal(desk_show(&ann, record, S_NOTE), "on it");
    settle_branches(seq, false, false);
    assert_false(is_there(&ann, record));
    settle_branches(seq, false, true);
    assert_string_equal(desk_show(&ann, record, S_TITLE), "other");
    settle_branches(seq, true, false);
    assert_string_equal(desk_show(&ann, record, S_TITLE), "first");
    assert_string_equal(desk_show(&ann, record, S_NOTE), "on it");
    verdicts_branch.ix = 0;
    buf_finish(&body);
}

/* ---- adopting -------------------------------------------------------------------------------- */

static int64_t adopt(size_t line)
{
    const struct told *t = received_late(&ann);
    int64_t record = 0;
    assert_true(line < t->lines);
    check_ok(ann.cx, record_adopt(ann.cx, ann.records, t->ops[line], &record));
    return record;
}

static void test_adopt(void **state)
{
    int64_t bens = 0, record = shared("start", &bens);
    int64_t same = 0;
    (void)state;

    desk_set(&ann, record, S_NOTE, "old");
    both_ways();
    uint64_t head = verdicts_head(&ben, device_of(&ben));
    desk_set(&ben, bens, S_TITLE, "bens title");
    desk_set(&ben, bens, S_NOTE, "bens note");
    desk_set(&ben, bens, S_NOTE, "bens later note");
    desk_set(&ben, bens, S_COUNT, "+7");
    desk_set(&ben, bens, S_TAGS, "+t");
    desk_set(&ben, bens, S_TALK, "a line");
    check_ok(ben.cx, move(&ben, bens, "start"));
    both_ways();
    cut_ben(&ann, head);
    desk_set(&ann, record, S_NOTE, "anns note");
    struct told late = *received_late(&ann);
    assert_int_equal(late.lines, 7);

    assert_int_equal(adopt(0), record);
    assert_string_equal(desk_show(&ann, record, S_TITLE), "bens title");
    assert_int_equal(desk_conflicts(&ann, record), 0);
    check_status(ann.cx, STATUS_DUPLICATE, record_adopt(ann.cx, ann.records, late.ops[0], &same));
    assert_non_null(strstr(received_late(&ann)->text, "bens title (cut off by a removal) adopted"));

    (void)adopt(1); /* Ann changed the note since: both are shown, nothing is lost */
    assert_int_equal(desk_conflicts(&ann, record), 1);
    (void)adopt(2); /* made on the one before: replaces it, not Ann's */
    assert_int_equal(desk_conflicts(&ann, record), 1);
    assert_string_equal(desk_show(&ann, record, S_NOTE), "bens later note");
    (void)adopt(3);
    (void)adopt(4);
    (void)adopt(5);
    (void)adopt(6);
    assert_string_equal(desk_show(&ann, record, S_COUNT), "7");
    assert_string_equal(desk_show(&ann, record, S_TAGS), "t");
    assert_string_equal(desk_show(&ann, record, S_STATE), "doing");
    assert_non_null(strstr(history(&ann, record), "added talk=a line ()"));
    both_ways(); /* and it holds at Ben's, who knows of no cut, as well as it can */
    check_ok(ann.cx, records_check(ann.cx, ann.records, false));
}

static void test_adopt_a_record(void **state)
{
    uint64_t head = verdicts_head(&ben, device_of(&ben));
    int64_t bens = desk_create(&ben, "bens"), made = 0;
    (void)state;

    desk_set(&ben, bens, S_TITLE, "renamed");
    both_ways();
    int64_t anns = desk_same(&ben, bens, &ann);
    cut_ben(&ann, head);
    struct told late = *received_late(&ann);
    assert_int_equal(late.lines, 2);
    check_fault(ann.cx, STATUS_CONFLICT, "does not count either",
                record_adopt(ann.cx, ann.records, late.ops[1], &made));
    made = adopt(0);
    assert_int_not_equal(made, anns);
    assert_string_equal(desk_show(&ann, made, S_TITLE), "bens");
    assert_int_equal(adopt(1), made);
    assert_string_equal(desk_show(&ann, made, S_TITLE), "renamed");
    assert_int_equal(desk_conflicts(&ann, made), 0);
    assert_false(is_there(&ann, anns));
}

static void test_what_is_not_adopted(void **state)
{
    int64_t bens = 0, record = shared("start", &bens), same = 0;
    (void)state;

    uint64_t head = verdicts_head(&ben, device_of(&ben));
    check_ok(ben.cx, move(&ben, bens, "start"));
    check_ok(ben.cx, record_delete(ben.cx, ben.records, bens));
    both_ways();
    struct told late;
    check_status(ann.cx, STATUS_NOT_FOUND, record_adopt(ann.cx, ann.records, 12345, &same));
    cut_ben(&ann, head);
    late = *received_late(&ann);
    pardon(&ann);
    check_status(ann.cx, STATUS_CONFLICT, record_adopt(ann.cx, ann.records, late.ops[0], &same));
    cut_ben(&ann, head);
    check_ok(ann.cx, move(&ann, record, "drop"));
    check_status(ann.cx, STATUS_CONFLICT, record_adopt(ann.cx, ann.records, late.ops[0], &same));
    (void)adopt(1);
    assert_true(is_deleted(&ann, record));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_every_field_falls_back),
        CASE(test_what_others_built_stays),
        CASE(test_void_when_it_comes),
        CASE(test_states_go_back),
        CASE(test_values_of_a_move),
        CASE(test_deletions),
        CASE(test_a_record_goes_with_its_create),
        CASE(test_history_says_why),
        CASE(test_single_fields),
        CASE(test_another_role),
        CASE(test_a_record_listens_to_its_compartment),
        CASE(test_what_somebody_has_seen),
        CASE(test_branches),
        CASE(test_adopt),
        CASE(test_adopt_a_record),
        CASE(test_what_is_not_adopted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
