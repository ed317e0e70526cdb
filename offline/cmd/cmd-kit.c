/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit: which tools a vault knows, and new ones. A kit file is checked as a whole before it is
 * installed; an upgrade is checked against the kit it replaces, so that old records stay readable.
 */
#include "guard.h"
#include "schema.h"
#include "shared.h"

#include <string.h>

static const struct json_field json[] = {
    {"kit", "name", "text", "of the kit"},
    {"kit", "version", "number", "of the kit"},
    {"kit", "types", "number", "record types in it"},
    {"kit", "purpose", "text", "what it is for"},
    {"problem", "line", "number", "from 1"},
    {"problem", "column", "number", "from 1"},
    {"problem", "what", "text", "what was found and what is expected"},
    {"checked", "kit", "text", "name of the kit"},
    {"checked", "words", "text", "the kit in a person's words"},
    {"installed", "kit", "text", "name of the kit"},
    {"installed", "version", "number", "its version"},
};

static enum status run_list(struct session *s)
{
    static const struct column columns[] = {
        {TEXT_ROW("kit"), "name", COLUMN_TEXT},
        {TEXT_ROW("version"), "version", COLUMN_NUMBER},
        {TEXT_ROW("types"), "types", COLUMN_NUMBER},
        {TEXT_ROW("purpose"), "purpose", COLUMN_TEXT},
    };
    const struct schema *schema = kit_shelf_schema(s->shelf);

    out_table(&s->out, "kit", columns, ROWS_COUNT(columns));
    for (size_t i = 0; i < schema->kit_count; i++) {
        const struct kit *k = schema->kits[i];
        out_cell(&s->out, k->name);
        out_cell_number(&s->out, k->version);
        out_cell_number(&s->out, (int64_t)k->type_count);
        out_cell(&s->out, k->purpose);
    }
    out_table_end(&s->out, "no kits");
    return STATUS_OK;
}

static void problem(void *self, const struct kit_problem *p)
{
    struct session *s = self;

    line_start(&s->out, "problem");
    line_number(&s->out, "line", (int64_t)p->line);
    line_number(&s->out, "column", (int64_t)p->column);
    line_text(&s->out, "what", p->what);
    line_end(&s->out);
    out_say(&s->out, "%s:%zu:%zu: %.*s", s->args[0], p->line, p->column, TEXT_ARG(p->what));
}

static enum status kit_take(struct session *s, struct buf *file, struct kit_owner **ret)
{
    enum status status = STATUS_OK;

    TRY(input_read(s, s->args[0], KIT_FILE_MAX, file));
    TRY(kit_parse(s->cx, buf_view(file), text_any(s->args[0]), problem, s, ret));
out:
    return status;
}

static enum status run_check(struct session *s)
{
    enum status status = STATUS_OK;
    struct kit_owner *owner = NULL;
    struct buf file;
    struct buf words;

    buf_init(&file, KIT_FILE_MAX);
    buf_init(&words, 1024 * 1024);
    TRY(kit_take(s, &file, &owner));
    TRY(kit_explain(s->cx, kit_get(owner), &words));
    line_start(&s->out, "checked");
    line_text(&s->out, "kit", kit_get(owner)->name);
    line_text(&s->out, "words", buf_text(&words));
    line_end(&s->out);
    out_lines(&s->out, 0, buf_text(&words));
out:
    kit_free(&owner);
    buf_finish(&words);
    buf_finish(&file);
    return status;
}

static const struct kit *kit_installed(const struct session *s, text name)
{
    const struct schema *schema = kit_shelf_schema(s->shelf);

    for (size_t i = 0; i < schema->kit_count; i++) {
        if (text_equal(schema->kits[i]->name, name)) {
            return schema->kits[i];
        }
    }
    return NULL;
}

static enum status run_install(struct session *s)
{
    enum status status = STATUS_OK;
    struct kit_owner *owner = NULL;
    struct buf file;
    struct buf path;
    const char *name;

    buf_init(&file, KIT_FILE_MAX);
    buf_init(&path, 8192);
    TRY(kit_take(s, &file, &owner));
    const struct kit *next = kit_get(owner);
    const struct kit *old = kit_installed(s, next->name);
    if (old != NULL) {
        TRY(kit_upgrade_check(s->cx, old, next));
    }
    TRY(path_join(s->cx, &path, s->vault_path, "kits", &name));
    TRY(folder_make(s->cx, name));
    buf_clear(&path);
    TRY(buf_printf(s->cx, &path, "%s/kits/%.*s.kit", s->vault_path, TEXT_ARG(next->name)));
    TRY(buf_cstr(s->cx, &path, &name));
    TRY(file_write(s->cx, name, buf_view(&file), true));
    line_start(&s->out, "installed");
    line_text(&s->out, "kit", next->name);
    line_number(&s->out, "version", next->version);
    line_end(&s->out);
    out_say(&s->out, "kit '%.*s' version %u is installed", TEXT_ARG(next->name), next->version);
    out_note(&s->out, "colleagues install the same file; until then they keep its records unread");
out:
    kit_free(&owner);
    buf_finish(&path);
    buf_finish(&file);
    return status;
}

static const struct action actions[] = {
    {"list", "", 0, 0, NEED_RECORDS, 0, run_list},
    {"check", "FILE", 1, 1, NEED_NOTHING, 1U, run_check},
    {"install", "FILE", 1, 1, NEED_RECORDS, 1U, run_install},
};
const struct command cmd_kit = {
    .name = "kit",
    .summary = "list kits, check or install a kit file",
    .detail = "A kit is a text file that describes record types, their workflow and views. `kit "
              "check` names every problem with line and column, or says in words what the kit is.",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
