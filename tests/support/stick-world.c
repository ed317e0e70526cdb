/* SPDX-License-Identifier: Apache-2.0 */
/* stick_world: see stick-world.h. */
#include "stick-world.h"

#include <dirent.h>

static const struct field fields[] = {
    {.name = {.ptr = "title", .len = 5},
     .label = {.ptr = "Title", .len = 5},
     .kind = FIELD_LINE,
     .merge = MERGE_LAST,
     .required = true,
     .find = true},
    {.name = {.ptr = "stock", .len = 5},
     .label = {.ptr = "Stock", .len = 5},
     .kind = FIELD_NUM,
     .merge = MERGE_SUM},
    {.name = {.ptr = "marks", .len = 5},
     .label = {.ptr = "Marks", .len = 5},
     .kind = FIELD_TAGS,
     .merge = MERGE_SET},
};
static const struct record_type types[] = {{
    .kit = {.ptr = "desk", .len = 4},
    .name = {.ptr = "ticket", .len = 6},
    .label = {.ptr = "Ticket", .len = 6},
    .version = 1,
    .fields = fields,
    .field_count = 3,
    .title_field = {.ptr = "title", .len = 5},
}};
static const struct kit desk = {
    .name = {.ptr = "desk", .len = 4},
    .label = {.ptr = "Desk", .len = 4},
    .version = 1,
    .types = types,
    .type_count = 1,
};
static const struct kit *const kits[] = {&desk};
static const struct schema schema = {.kits = kits, .kit_count = 1};

const struct schema *world_schema(void)
{
    return &schema;
}

void world_init(struct world *w, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    scratch_make(w->root);
    for (size_t i = 0; i < WORLD_PEOPLE_MAX; i++) {
        machine_init(&w->people[i].machine, seed * WORLD_PEOPLE_MAX + i);
        ctx_init(&w->people[i].cx, &w->people[i].machine.system);
    }
}

void world_finish(struct world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        person_close(&w->people[i]);
        secret_free(&w->people[i].key);
    }
    scratch_remove(w->root);
}

const char *world_folder(struct world *w, const char *name)
{
    const char *path = scratch_path(w->root, name);
    for (size_t i = 0; i < w->path_count; i++) {
        if (strcmp(w->paths[i], path) == 0) {
            return w->paths[i];
        }
    }
    assert_true(w->path_count < sizeof w->paths / sizeof w->paths[0]);
    char *kept = w->paths[w->path_count++];
    snprintf(kept, WORLD_PATH, "%s", path);
    (void)mkdir(kept, 0700);
    return kept;
}

static struct person *person_start(struct world *w)
{
    assert_true(w->count < WORLD_PEOPLE_MAX);
    size_t number = w->count++;
    struct person *p = &w->people[number];
    char name[16];
    snprintf(name, sizeof name, "vault%zu", number);
    const char *dir = scratch_path(w->root, name);
    memcpy(p->dir, dir, strlen(dir) + 1);
    (void)mkdir(p->dir, 0700);
    check_ok(&p->cx, secret_new(&p->cx, 32, &p->key));
    memset(secret_ptr(p->key), (int)(0x40 + number), 32);
    check_ok(&p->cx, vault_create(&p->cx, p->dir, p->key, &p->vault));
    return p;
}

static struct person *person_found(struct world *w, text team)
{
    struct person *p = person_start(w);
    struct secret *root = NULL;
    check_ok(&p->cx,
             team_found(&p->cx, p->vault, team, TEXT("Ana"), TEXT("laptop"), &root, &p->team));
    secret_free(&root);
    check_ok(&p->cx, records_open(&p->cx, p->team, world_schema(), &p->records));
    return p;
}

struct person *world_found(struct world *w)
{
    return person_found(w, TEXT("Harbour"));
}

struct person *world_stranger(struct world *w)
{
    return person_found(w, TEXT("Elsewhere"));
}

struct person *world_join(struct world *w)
{
    static const char *const names[] = {"Ana", "Ben", "Cem", "Dea"};
    struct person *host = &w->people[0];
    struct person *p = person_start(w);
    struct secret *root = NULL;
    struct buf join;
    struct buf invite;
    struct buf content;
    struct admission_counts counts;
    uint8_t print[16];
    buf_init(&join, JOIN_MAX);
    buf_init(&invite, INVITE_MAX + MIB);
    buf_init(&content, INVITE_MAX);
    check_ok(&p->cx, team_join_start(&p->cx, p->vault, text_of(names[p - w->people]),
                                     TEXT("laptop"), false, &join, &root));
    check_ok(&host->cx,
             team_invite(&host->cx, host->team, buf_view(&join), TEXT("editor"), &invite, print));
    check_ok(&p->cx, vault_begin(&p->cx, p->vault));
    check_ok(&p->cx, team_join_finish(&p->cx, p->vault, buf_view(&invite), &p->team, &content));
    check_ok(&p->cx, records_open(&p->cx, p->team, world_schema(), &p->records));
    struct log_sink sink = records_sink(p->records);
    check_ok(&p->cx, admission_take_content(&p->cx, p->team, &sink, buf_view(&content), &counts));
    check_ok(&p->cx, vault_commit(&p->cx, p->vault));
    secret_free(&root);
    buf_finish(&join);
    buf_finish(&invite);
    buf_finish(&content);
    return p;
}

void person_close(struct person *p)
{
    if (p->records != NULL) {
        records_close(&p->records);
    }
    if (p->team != NULL) {
        team_close(&p->team);
    }
    if (p->vault != NULL) {
        vault_close(&p->vault);
    }
}

void person_open(struct person *p)
{
    check_ok(&p->cx, vault_open(&p->cx, p->dir, p->key, &p->vault));
    check_ok(&p->cx, team_open(&p->cx, p->vault, TEXT(""), &p->team));
    check_ok(&p->cx, records_open(&p->cx, p->team, world_schema(), &p->records));
}

/* ---- work ----------------------------------------------------------------------------------- */

int64_t person_add(struct person *p, const char *title)
{
    const struct assignment a = {.field = &fields[0], .value = text_of(title)};
    int64_t record = 0;
    check_ok(&p->cx, record_create(&p->cx, p->records, &types[0], NULL, &a, 1, &record));
    return record;
}

void person_set(struct person *p, int64_t record, const char *field, const char *value)
{
    const struct field *f = type_field_exact(&types[0], text_of(field));
    const struct assignment a = {.field = f, .value = text_of(value)};
    assert_non_null(f);
    check_ok(&p->cx, record_set(&p->cx, p->records, record, &a, 1));
}

int64_t person_same(struct person *from, int64_t record, struct person *to)
{
    const struct record_type *type = NULL;
    int64_t same = 0;
    struct buf id;
    buf_init(&id, KIB);
    check_ok(&from->cx, record_id_write(&from->cx, from->records, record, &id));
    check_ok(&to->cx, record_find_id(&to->cx, to->records, buf_text(&id), &same, &type));
    buf_finish(&id);
    return same;
}

struct id person_hash(struct person *p)
{
    struct id hash;
    check_ok(&p->cx, records_state_hash(&p->cx, p->records, &hash));
    return hash;
}

bool people_agree(struct person *a, struct person *b)
{
    struct id x = person_hash(a);
    struct id y = person_hash(b);
    return id_equal(&x, &y);
}

struct pack_report person_pack(struct person *p, const char *folder)
{
    struct pack_report report;
    check_ok(&p->cx, transfer_pack(&p->cx, p->records, folder, NULL, &report));
    return report;
}

struct unpack_report person_unpack(struct person *p, const char *folder)
{
    struct unpack_report report;
    check_ok(&p->cx, transfer_unpack(&p->cx, p->records, folder, NULL, &report));
    return report;
}

/* ---- folders -------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

void folder_names(const char *folder, struct names *ret)
{
    DIR *dir = opendir(folder);
    ret->count = 0;
    assert_non_null(dir);
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (piece_name_valid(text_of(e->d_name))) {
            assert_true(ret->count < sizeof ret->at / sizeof ret->at[0]);
            memcpy(ret->at[ret->count++], e->d_name, PIECE_NAME_BYTES + 1);
        }
    }
    closedir(dir);
    qsort(ret->at, ret->count, sizeof ret->at[0], compare_names);
}

void file_copy(const char *from_folder, const char *to_folder, const char *name)
{
    size_t len = 0;
    uint8_t *content = scratch_load(scratch_path(from_folder, name), &len);
    assert_non_null(content);
    scratch_store(scratch_path(to_folder, name), content, len);
    free(content);
}
