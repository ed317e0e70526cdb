/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves that sticks lose nothing for good: three people edit, pack and unpack in random order, and
 * sticks are lost, copied, damaged, mixed, delivered late or twice. Once the faults stop and every
 * pair has exchanged a stick, all three show the same state. The seed is printed; VALISE_TEST_SEED
 * brings a run back.
 */
#include "stick-world.h"

#include <dirent.h>

enum { PEOPLE = 3, STICKS = 8 };
#ifdef VALISE_SANITIZED
enum { RUNS = 3, STEPS = 60 };
#else
enum { RUNS = 12, STEPS = 120 };
#endif

struct run {
    struct world world;
    struct machine dice;
    struct person *people[PEOPLE];
    const char *sticks[STICKS];
    int64_t records[PEOPLE][64]; /* that each one made */
    size_t record_count[PEOPLE];
};

static uint64_t roll(struct run *r, uint64_t below)
{
    return machine_below(&r->dice, below);
}

static void edit(struct run *r, size_t who)
{
    static const char *const marks[] = {"+red", "+blue", "-red", "-blue"};
    struct person *p = r->people[who];
    char value[32];
    size_t count = r->record_count[who];
    snprintf(value, sizeof value, "%llu", (unsigned long long)roll(r, 1000));
    if (count == 0 || (count < 64 && roll(r, 3) == 0)) {
        r->records[who][r->record_count[who]++] = person_add(p, value);
        return;
    }
    int64_t record = r->records[who][roll(r, count)];
    switch (roll(r, 3)) {
    case 0:
        person_set(p, record, "title", value);
        break;
    case 1:
        snprintf(value, sizeof value, "%+lld", (long long)roll(r, 9) - 4);
        if (strcmp(value, "+0") != 0) {
            person_set(p, record, "stock", value);
        }
        break;
    default:
        person_set(p, record, "marks", marks[roll(r, 4)]);
        break;
    }
}

/* Others' records too, so that edits meet. Every device numbers the others' its own way, so the
 * record is taken from a listing. */
struct pick {
    uint64_t skip;
    int64_t record;
};

static enum status pick_row(void *self, struct ctx *cx, const struct listing_row *row)
{
    struct pick *p = self;
    (void)cx;
    if (p->skip == 0) {
        p->record = row->record;
    }
    p->skip--;
    return STATUS_OK;
}

static enum status pick_columns(void *self, struct ctx *cx, const struct field *const *f,
                                size_t count)
{
    (void)self;
    (void)cx;
    (void)f;
    (void)count;
    return STATUS_OK;
}

static void edit_any(struct run *r, size_t who)
{
    struct person *p = r->people[who];
    const struct record_type *type = &world_schema()->kits[0]->types[0];
    const struct listing l = {.type = type};
    uint64_t count = 0;
    char value[32];
    check_ok(&p->cx, records_count(&p->cx, p->records, type, &count));
    if (count == 0) {
        return;
    }
    struct pick pick = {.skip = roll(r, count)};
    check_ok(&p->cx, records_list(&p->cx, p->records, &l, pick_columns, pick_row, &pick));
    snprintf(value, sizeof value, "%llu", (unsigned long long)roll(r, 1000));
    if (pick.record != 0) {
        person_set(p, pick.record, "title", value);
    }
}

static void fault(struct run *r, const char *stick)
{
    struct names *names = malloc(sizeof *names);
    assert_non_null(names);
    folder_names(stick, names);
    if (names->count > 0) {
        const char *name = names->at[roll(r, names->count)];
        const char *path = scratch_path(stick, name);
        size_t len = 0;
        uint8_t *piece = NULL;
        char copy[PIECE_NAME_BYTES + 1];
        switch (roll(r, 5)) {
        case 0: /* lost */
            assert_int_equal(unlink(path), 0);
            break;
        case 1: /* a bit rots */
            piece = scratch_load(path, &len);
            piece[roll(r, len)] ^= 0x10;
            scratch_store(path, piece, len);
            break;
        case 2: /* torn */
            assert_int_equal(truncate(path, (off_t)roll(r, PIECE_SIZE_SMALL)), 0);
            break;
        case 3: /* copied under another name */
            piece = scratch_load(path, &len);
            piece_name_make(&r->people[0]->cx, copy);
            scratch_store(scratch_path(stick, copy), piece, len);
            break;
        default: /* carried over to another stick */
            file_copy(stick, r->sticks[roll(r, STICKS)], name);
            break;
        }
        free(piece);
    }
    free(names);
}

static void pack_somehow(struct run *r, size_t who)
{
    struct person *p = r->people[who];
    struct pack_options o = {.everything = roll(r, 6) == 0};
    struct pack_report report;
    size_t other = (who + 1 + roll(r, PEOPLE - 1)) % PEOPLE;
    if (roll(r, 4) == 0) {
        const struct id *member = &team_this_device(r->people[other]->team)->member;
        o.only = team_member_by_id(p->team, member); /* NULL when not heard of yet */
    }
    check_ok(&p->cx, transfer_pack(&p->cx, p->records, r->sticks[roll(r, STICKS)], &o, &report));
}

static void step(struct run *r)
{
    size_t who = roll(r, PEOPLE);
    const char *stick = r->sticks[roll(r, STICKS)];
    struct unpack_report report;
    const struct unpack_options preview = {.preview = true};
    switch (roll(r, 10)) {
    case 0:
    case 1:
    case 2:
        edit(r, who);
        break;
    case 3:
        edit_any(r, who);
        break;
    case 4:
    case 5:
        pack_somehow(r, who);
        break;
    case 6:
    case 7:
        (void)person_unpack(r->people[who], stick);
        break;
    case 8:
        fault(r, stick);
        break;
    default:
        if (roll(r, 2) == 0) {
            person_close(r->people[who]);
            person_open(r->people[who]);
        } else {
            struct person *p = r->people[who];
            check_ok(&p->cx, transfer_unpack(&p->cx, p->records, stick, &preview, &report));
        }
        break;
    }
}

static void exchange(struct run *r, int round)
{
    for (size_t i = 0; i < PEOPLE; i++) {
        char name[32];
        snprintf(name, sizeof name, "last%d-%zu", round, i);
        const char *stick = world_folder(&r->world, name);
        (void)person_pack(r->people[i], stick);
        for (size_t k = 0; k < PEOPLE; k++) {
            if (k != i) {
                (void)person_unpack(r->people[k], stick);
            }
        }
    }
}

static void run_once(uint64_t seed)
{
    struct run *r = calloc(1, sizeof *r);
    assert_non_null(r);
    machine_init(&r->dice, seed);
    world_init(&r->world, seed);
    r->people[0] = world_found(&r->world);
    r->people[1] = world_join(&r->world);
    r->people[2] = world_join(&r->world);
    for (size_t i = 0; i < STICKS; i++) {
        char name[16];
        snprintf(name, sizeof name, "stick%zu", i);
        r->sticks[i] = world_folder(&r->world, name);
    }
    for (int i = 0; i < STEPS; i++) {
        step(r);
    }
    for (int round = 0; round < 2; round++) {
        exchange(r, round);
    }
    bool agree =
        people_agree(r->people[0], r->people[1]) && people_agree(r->people[0], r->people[2]);
    if (!agree) {
        print_error("seed %llu: the three differ\n", (unsigned long long)seed);
    }
    assert_true(agree);
    world_finish(&r->world);
    free(r);
}

static void all_converge_once_the_faults_stop(void **state)
{
    (void)state;
    uint64_t seed = test_seed();
    for (uint64_t i = 0; i < RUNS; i++) {
        print_message("VALISE_TEST_SEED=%llu\n", (unsigned long long)(seed + i));
        run_once(seed + i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_converge_once_the_faults_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
