/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list: records of a type in one of its views, or which types there are. A board is drawn as
 * columns where the terminal is wide enough, and as groups elsewhere.
 */
#include "board.h"
#include "schema.h"

#include <string.h>

static const struct option options[] = {
    {"view", "NAME", "one of the type's views; the first one when not given"},
    {"where", "SQL", "only records for which this condition holds, e.g. \"severity = 'high'\""},
    {"order", "FIELD", "order by a field; -FIELD for the other way round"},
    {"in", "COMPARTMENT", "only records of this compartment"},
    {"limit", "N", "at most N records"},
    {"deleted", NULL, "the removed ones"},
};

static const struct json_field json[] = {
    {"type", "name", "text", "kit.type"},
    {"type", "label", "text", "in a person's words"},
    {"type", "records", "number", "how many there are"},
    {"record", "id", "text", "id of the record"},
    {"record", "group", "text", "the board's column, or empty"},
    {"record", "conflicts", "number", "fields in conflict"},
    {"record", "fields", "object", "the view's columns, name to value as text"},
};

static enum status types_list(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("type"), "name", COLUMN_TEXT},
        {TEXT_ROW("what"), "label", COLUMN_TEXT},
        {TEXT_ROW("records"), "records", COLUMN_NUMBER},
    };
    enum status status = STATUS_OK;
    const struct schema *schema = records_schema(s->records);
    struct buf name;

    buf_init(&name, 256);
    out_table(&s->out, "type", columns, ROWS_COUNT(columns));
    for (size_t k = 0; k < schema->kit_count; k++) {
        for (size_t i = 0; i < schema->kits[k]->type_count; i++) {
            const struct record_type *type = &schema->kits[k]->types[i];
            uint64_t count = 0;
            buf_clear(&name);
            TRY(type_name_write(s->cx, type, &name));
            TRY(records_count(s->cx, s->records, type, &count));
            out_cell(&s->out, buf_text(&name));
            out_cell(&s->out, type->label);
            out_cell_number(&s->out, (int64_t)count);
        }
    }
    out_table_end(&s->out, "no kits");
out:
    buf_finish(&name);
    return status;
}

struct listing_out {
    struct session *s;
    const struct field *fields[TABLE_COLUMNS_MAX];
    struct column columns[TABLE_COLUMNS_MAX];
    size_t count;
    bool table_open;
    struct board board; /* only for a board view */
    bool is_board;
    struct buf id;
};

static enum status visit_columns(void *self, struct ctx *cx, const struct field *const *f,
                                 size_t count)
{
    struct listing_out *l = self;
    size_t room = TABLE_COLUMNS_MAX - 2; /* id in front, conflicts behind */

    (void)cx;
    l->count = count < room ? count : room;
    l->columns[0] = (struct column){TEXT("id"), NULL, COLUMN_TEXT};
    for (size_t i = 0; i < l->count; i++) {
        l->fields[i] = f[i];
        l->columns[i + 1] = (struct column){f[i]->label.len > 0 ? f[i]->label : f[i]->name, NULL,
                                            f[i]->kind == FIELD_NUM ? COLUMN_NUMBER : COLUMN_TEXT};
    }
    l->columns[l->count + 1] = (struct column){TEXT("!"), NULL, COLUMN_TEXT};
    if (!l->is_board && !l->s->out.json) {
        out_table(&l->s->out, NULL, l->columns, l->count + 2);
        l->table_open = true;
    }
    return STATUS_OK;
}

/* A secret is only ever seen by `show --reveal` and `copy`. */
static text cell_of(const struct listing_out *l, const struct listing_row *row, size_t i)
{
    if (l->fields[i]->kind == FIELD_SECRET && row->cells[i].len > 0) {
        return TEXT("********");
    }
    return row->cells[i];
}

static enum status visit_row(void *self, struct ctx *cx, const struct listing_row *row)
{
    enum status status = STATUS_OK;
    struct listing_out *l = self;
    struct out *o = &l->s->out;

    buf_clear(&l->id);
    TRY(record_id_write(cx, l->s->records, row->record, &l->id));
    if (l->is_board && !o->json) {
        TRY(board_add(cx, &l->board, row->group, buf_text(&l->id),
                      l->count > 0 ? cell_of(l, row, 0) : TEXT(""), row->conflicts > 0));
        goto out;
    }
    if (!o->json) {
        out_cell(o, buf_text(&l->id));
        for (size_t i = 0; i < l->count; i++) {
            out_cell(o, cell_of(l, row, i));
        }
        out_cell(o, row->conflicts > 0 ? TEXT("conflict") : TEXT(""));
        goto out;
    }
    line_start(o, "record");
    line_text(o, "id", buf_text(&l->id));
    line_text(o, "group", row->group);
    line_number(o, "conflicts", (int64_t)row->conflicts);
    line_object(o, "fields");
    for (size_t i = 0; i < l->count; i++) {
        line_member(o, l->fields[i]->name, cell_of(l, row, i));
    }
    line_close_object(o);
    line_end(o);
out:
    return status;
}

static enum status view_find(struct session *s, const struct record_type *type,
                             const struct view **ret)
{
    enum status status = STATUS_OK;
    text name;
    text words[64];
    size_t count = 0;

    TRY(option_text(s, "view", &name));
    *ret = type->view_count > 0 ? &type->views[0] : NULL;
    if (name.len == 0) {
        goto out;
    }
    for (size_t i = 0; i < type->view_count; i++) {
        if (text_equal(type->views[i].name, name)) {
            *ret = &type->views[i];
            goto out;
        }
        if (count < 64) {
            words[count++] = type->views[i].name;
        }
    }
    text nearest = nearest_word(name, words, count);
    status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "no view '%.*s'", TEXT_ARG(name));
    if (nearest.len > 0) {
        (void)fault_hint(s->cx, "did you mean '--view %.*s'?", TEXT_ARG(nearest));
    } else if (count > 0) {
        (void)fault_hint(s->cx, "the first of its views is '%.*s'", TEXT_ARG(words[0]));
    }
out:
    return status;
}

/* Removed records, in the same columns. */
static enum status listing_make(struct session *s, const struct record_type *type,
                                struct listing *ret)
{
    enum status status = STATUS_OK;
    int64_t limit;

    *ret = (struct listing){.type = type, .deleted = option_given(s, "deleted")};
    TRY(view_find(s, type, &ret->view));
    TRY(option_text(s, "where", &ret->where));
    TRY(option_text(s, "order", &ret->order));
    TRY(option_compartment(s, "in", &ret->compartment));
    TRY(option_number(s, "limit", 1, 10000000, 0, &limit));
    ret->limit = (size_t)limit;
out:
    return status;
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    const struct record_type *type;
    struct listing listing;
    struct listing_out l = {.s = s};
    text name;

    buf_init(&l.id, 256);
    board_init(&l.board);
    if (s->arg_count == 0) {
        status = types_list(s);
        goto out;
    }
    TRY(arg_text(s, 0, &name));
    TRY(schema_find_type(s->cx, records_schema(s->records), name, &type));
    TRY(listing_make(s, type, &listing));
    l.is_board = listing.view != NULL && listing.view->kind == VIEW_BOARD;
    if (l.is_board) {
        const struct field *group = type_field_exact(type, listing.view->group);
        if (group != NULL) {
            TRY(board_groups(s->cx, &l.board, group->choices, group->choice_count));
        }
    }
    TRY(records_list(s->cx, s->records, &listing, visit_columns, visit_row, &l));
    if (l.table_open) {
        out_table_end(&s->out, "no records");
        l.table_open = false;
    } else if (l.is_board && !s->out.json) {
        TRY(board_draw(&s->out, &l.board));
    }
out:
    board_finish(&l.board);
    buf_finish(&l.id);
    return status;
}

static const struct action actions[] = {
    {NULL, "[KIT.TYPE] [--view NAME] [--where SQL] [--order FIELD] [--in COMPARTMENT]", 0, 1,
     NEED_RECORDS, 0, run},
};
const struct command cmd_list = {
    .name = "list",
    .summary = "list records, or the types there are",
    .detail =
        "Without a type: which types there are and how many records each holds. --where takes "
        "an SQL condition over the type's own fields; it can only read. "
        "What this machine has no key for is not shown and not counted.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
