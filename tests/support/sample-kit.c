/* SPDX-License-Identifier: Apache-2.0 */
/* See sample-kit.h. */
#include "sample-kit.h"

static const text sample_levels[] = {T("low"), T("mid"), T("high")};
static const text sample_tints[] = {T("red"), T("green"), T("blue")};
static const text sample_states[] = {T("open"), T("doing"), T("done"), T("void"), T("lost")};
static const text sample_precedence[] = {T("void"), T("done")};

const struct field sample_fields[S_FIELDS] = {
    [S_TITLE] = {.name = T("title"),
                 .label = T("Title"),
                 .kind = FIELD_LINE,
                 .required = true,
                 .find = true,
                 .index = true},
    [S_BODY] = {.name = T("body"),
                .label = T("Body"),
                .kind = FIELD_DOC,
                .merge = MERGE_THREE_WAY,
                .find = true},
    [S_NOTE] = {.name = T("note"), .label = T("Note"), .kind = FIELD_LINE, .merge = MERGE_KEEP_ALL},
    [S_COUNT] = {.name = T("count"), .label = T("Count"), .kind = FIELD_NUM, .merge = MERGE_SUM},
    [S_TOP] = {.name = T("top"), .label = T("Top"), .kind = FIELD_NUM, .merge = MERGE_MAX},
    [S_LOW] = {.name = T("low"), .label = T("Low"), .kind = FIELD_NUM, .merge = MERGE_MIN},
    [S_PRICE] = {.name = T("price"), .label = T("Price"), .kind = FIELD_NUM, .scale = 2},
    [S_URGENT] = {.name = T("urgent"),
                  .label = T("Urgent"),
                  .kind = FIELD_FLAG,
                  .merge = MERGE_TRUE_WINS},
    [S_DUE] = {.name = T("due"), .label = T("Due"), .kind = FIELD_WHEN, .when = WHEN_DATE},
    [S_LEVEL] = {.name = T("level"),
                 .label = T("Level"),
                 .kind = FIELD_CHOICE,
                 .merge = MERGE_RANK_MAX,
                 .choices = sample_levels,
                 .choice_count = LENGTH(sample_levels),
                 .preset = T("low")},
    [S_TINT] = {.name = T("tint"),
                .label = T("Tint"),
                .kind = FIELD_CHOICE,
                .choices = sample_tints,
                .choice_count = LENGTH(sample_tints)},
    [S_STATE] = {.name = T("st"),
                 .label = T("State"),
                 .kind = FIELD_STATE,
                 .merge = MERGE_PRECEDENCE,
                 .choices = sample_states,
                 .choice_count = LENGTH(sample_states),
                 .precedence = sample_precedence,
                 .precedence_count = LENGTH(sample_precedence)},
    [S_TAGS] = {.name = T("tags"),
                .label = T("Tags"),
                .kind = FIELD_TAGS,
                .merge = MERGE_SET,
                .find = true},
    [S_OWNER] = {.name = T("owner"), .label = T("Owner"), .kind = FIELD_WHO},
    [S_TALK] = {.name = T("talk"),
                .label = T("Talk"),
                .kind = FIELD_LOG,
                .merge = MERGE_GROW,
                .find = true},
    [S_PIN] = {.name = T("pin"),
               .label = T("Pin"),
               .kind = FIELD_SECRET,
               .merge = MERGE_KEEP_ALL,
               .secret_use = T("password")},
    [S_RAW] = {.name = T("raw"), .label = T("Raw"), .kind = FIELD_EXT},
};

static const text sample_open[] = {T("open")}, sample_doing[] = {T("doing")},
                  sample_done[] = {T("done")}, sample_admins[] = {T("admin")};

/* Guards are compiled by sample_schema(). */
static struct transition sample_transitions[S_TRANSITIONS] = {
    [S_START] = {.name = T("start"), .from = sample_open, .from_count = 1, .to = T("doing")},
    [S_FINISH] = {.name = T("finish"),
                  .from = sample_doing,
                  .from_count = 1,
                  .to = T("done"),
                  .guard_source = T("not empty(owner)")},
    [S_APPROVE] = {.name = T("approve"),
                   .from = sample_doing,
                   .from_count = 1,
                   .to = T("done"),
                   .not_self = true},
    [S_DROP] = {.name = T("drop"), .to = T("void"), .roles = sample_admins, .role_count = 1},
    [S_LOSE] = {.name = T("lose"), .from = sample_doing, .from_count = 1, .to = T("lost")},
    [S_REOPEN] = {.name = T("reopen"), .from = sample_done, .from_count = 1, .to = T("open")},
};

static const text sample_columns[] = {T("title"), T("level"), T("price")};
const struct view sample_views[2] = {
    {.name = T("urgent"),
     .label = T("Urgent"),
     .columns = sample_columns,
     .column_count = LENGTH(sample_columns),
     .where = T("urgent = 1 AND (due IS NULL OR due <= :today)"),
     .order = T("price DESC")},
    {.name = T("board"),
     .label = T("Board"),
     .kind = VIEW_BOARD,
     .columns = sample_columns,
     .column_count = 1,
     .group = T("st")},
};
const struct record_type sample_types[1] = {
    {.kit = T("lab"),
     .name = T("sample"),
     .label = T("Sample"),
     .version = 1,
     .fields = sample_fields,
     .field_count = S_FIELDS,
     .transitions = sample_transitions,
     .transition_count = S_TRANSITIONS,
     .views = sample_views,
     .view_count = LENGTH(sample_views),
     .title_field = T("title")},
};
static const struct kit sample_kit = {
    .name = T("lab"), .label = T("Lab"), .version = 1, .types = sample_types, .type_count = 1};
static const struct kit *const sample_kits[] = {&sample_kit};
static const struct schema sample_all = {.kits = sample_kits, .kit_count = 1};
const struct schema sample_none = {0};

const struct schema *sample_schema(struct ctx *cx)
{
    for (size_t i = 0; i < S_TRANSITIONS; i++) {
        struct transition *tr = &sample_transitions[i];
        if (tr->guard_source.len > 0 && tr->guard == NULL) {
            struct l0 *guard = NULL;
            check_ok(cx, l0_compile(cx, tr->guard_source, &sample_types[0], &guard));
            tr->guard = guard;
        }
    }
    return &sample_all;
}

void sample_release(void)
{
    for (size_t i = 0; i < S_TRANSITIONS; i++) {
        struct l0 *guard = (struct l0 *)(uintptr_t)sample_transitions[i].guard;
        l0_free(&guard);
        sample_transitions[i].guard = NULL;
    }
}
