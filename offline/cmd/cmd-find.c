/* SPDX-License-Identifier: Apache-2.0 */
/*
 * find: records that hold all the words, each as the beginning of a word. Secrets are not searched.
 */
#include "cmd-int.h"
#include "schema.h"

static const struct option options[] = {
    {"limit", "N", "at most N records (50)"},
};

static const struct json_field json[] = {
    {"found", "id", "text", "id of the record"},
    {"found", "kind", "text", "its type, as kit.type"},
    {"found", "title", "text", "what people call it"},
};

static enum status visit(void *self, struct ctx *cx, int64_t record, const struct record_type *type,
                         text title)
{
    enum status status = STATUS_OK;
    struct session *s = self;
    struct buf id;
    struct buf name;

    buf_init(&id, 256);
    buf_init(&name, 256);
    TRY(record_id_write(cx, s->records, record, &id));
    TRY(type_name_write(cx, type, &name));
    out_cell(&s->out, buf_text(&id));
    out_cell(&s->out, buf_text(&name));
    out_cell(&s->out, title);
out:
    buf_finish(&name);
    buf_finish(&id);
    return status;
}

static enum status run(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("id"), "id", COLUMN_TEXT},
        {TEXT_ROW("type"), "kind", COLUMN_TEXT},
        {TEXT_ROW("title"), "title", COLUMN_TEXT},
    };
    enum status status = STATUS_OK;
    struct buf words;
    int64_t limit;

    buf_init(&words, 64 * 1024);
    TRY(option_number(s, "limit", 1, 100000, 50, &limit));
    for (size_t i = 0; i < s->arg_count; i++) {
        text word;
        TRY(arg_text(s, i, &word));
        TRY(buf_add_text(s->cx, &words, word));
        TRY(buf_add_byte(s->cx, &words, ' '));
    }
    out_table(&s->out, "found", columns, ROWS_COUNT(columns));
    status = records_search(s->cx, s->records, buf_text(&words), (size_t)limit, visit, s);
    out_table_end(&s->out, "nothing found");
out:
    buf_finish(&words);
    return status;
}

static const struct action actions[] = {{NULL, "WORDS ...", 1, ANY_COUNT, NEED_RECORDS, 0, run}};
const struct command cmd_find = {
    .name = "find",
    .summary = "find records by words",
    .detail = "Every word must occur, as the beginning of a word, in any case.",
    ROWS_ACTIONS(actions),
    ROWS_OPTIONS(options),
    ROWS_JSON(json),
};
