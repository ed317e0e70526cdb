/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bitwarden: the unencrypted JSON that Bitwarden and Vaultwarden write. What has a field here goes
 * there. Of the rest, what may be secret (cards, identities, keys, hidden fields, older passwords,
 * and anything we do not know) goes to `details`, which is a secret; what is plain goes to ext.
 */
#include "exchange-int.h"

#include <string.h>

enum {
    COLUMN_FOLDER,
    COLUMN_TITLE,
    COLUMN_USERNAME,
    COLUMN_PASSWORD,
    COLUMN_TOTP,
    COLUMN_URL,
    COLUMN_NOTES,
    COLUMN_DETAILS,
    COLUMN_EXT,
    BITWARDEN_COLUMNS,
};

/* Members of an item that say nothing secret. */
static const char *const plain_members[] = {
    "id",       "type",     "organizationId", "folderId",     "collectionIds",
    "favorite", "reprompt", "revisionDate",   "creationDate", "deletedDate",
};
/* Members that have a column of their own, or are looked into. */
static const char *const placed_members[] = {"name", "notes", "login", "fields", "secureNote"};
static const char *const placed_login[] = {"username", "password", "totp", "uris"};

struct item {
    json_t *details, *ext; /* objects being filled */
    struct buf texts[BITWARDEN_COLUMNS];
};

#define IS_AMONG(name, list) is_among((name), (list), sizeof(list) / sizeof *(list))

static bool is_among(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, list[i]) == 0) {
            return true;
        }
    }
    return false;
}

static enum status no_memory(struct ctx *cx)
{
    return fault_set(cx, STATUS_NO_MEMORY, __FILE__, __LINE__, "out of memory");
}

/* Nothing, false, "" and [] are what an item has when nobody filled it in. */
static bool says_something(const json_t *value)
{
    bool empty = value == NULL || json_is_null(value) || json_is_false(value) ||
                 (json_is_string(value) && json_string_length(value) == 0) ||
                 (json_is_array(value) && json_array_size(value) == 0) ||
                 (json_is_integer(value) && json_integer_value(value) == 0);

    return !empty;
}

static enum status put(struct ctx *cx, json_t *object, const char *name, json_t *value)
{
    if (!says_something(value)) {
        return STATUS_OK;
    }
    return json_object_set(object, name, value) == 0 ? STATUS_OK : no_memory(cx);
}

static enum status text_put(struct ctx *cx, struct item *item, int column, const json_t *value)
{
    if (!json_is_string(value)) {
        return STATUS_OK;
    }
    return buf_add(cx, &item->texts[column],
                   BYTES(json_string_value(value), json_string_length(value)));
}

/* ---- parts of an item ---------------------------------------------------------------------- */

/* The first address has a field; how it is matched and all others are kept. */
static enum status uris_take(struct ctx *cx, struct item *item, const json_t *uris)
{
    enum status status = STATUS_OK;
    const json_t *first = json_array_get(uris, 0);

    TRY(text_put(cx, item, COLUMN_URL, json_object_get(first, "uri")));
    if (json_array_size(uris) > 1 || says_something(json_object_get(first, "match"))) {
        json_t *all = json_deep_copy(uris);
        if (all == NULL) {
            return no_memory(cx);
        }
        status = put(cx, item->ext, "uris", all);
        json_decref(all);
    }
out:
    return status;
}

static enum status login_take(struct ctx *cx, struct item *item, json_t *login)
{
    enum status status = STATUS_OK;
    const char *name;
    json_t *value;

    TRY(text_put(cx, item, COLUMN_USERNAME, json_object_get(login, "username")));
    TRY(text_put(cx, item, COLUMN_PASSWORD, json_object_get(login, "password")));
    TRY(text_put(cx, item, COLUMN_TOTP, json_object_get(login, "totp")));
    TRY(uris_take(cx, item, json_object_get(login, "uris")));
    json_object_foreach(login, name, value)
    {
        if (!IS_AMONG(name, placed_login)) {
            TRY(put(cx, item->details, name, value));
        }
    }
out:
    return status;
}

/* Custom fields: type 0 is text, 2 is yes or no; 1 is hidden. */
static enum status fields_take(struct ctx *cx, struct item *item, json_t *fields)
{
    enum status status = STATUS_OK;
    size_t i;
    json_t *field;
    json_t *open = json_array();
    json_t *hidden = json_array();

    if (open == NULL || hidden == NULL) {
        status = no_memory(cx);
        goto out;
    }
    json_array_foreach(fields, i, field)
    {
        const json_t *type = json_object_get(field, "type");
        bool plain = json_is_integer(type) &&
                     (json_integer_value(type) == 0 || json_integer_value(type) == 2);
        if (json_array_append(plain ? open : hidden, field) != 0) {
            status = no_memory(cx);
            goto out;
        }
    }
    TRY(put(cx, item->ext, "fields", open));
    TRY(put(cx, item->details, "fields", hidden));
out:
    json_decref(open);
    json_decref(hidden);
    return status;
}

static enum status folder_take(struct ctx *cx, struct item *item, const json_t *root,
                               const json_t *value)
{
    size_t i;
    json_t *folder;
    json_t *folders = json_object_get(root, "folders");
    const char *id = json_string_value(value);

    json_array_foreach(folders, i, folder)
    {
        const char *other = json_string_value(json_object_get(folder, "id"));
        if (id != NULL && other != NULL && strcmp(id, other) == 0) {
            return text_put(cx, item, COLUMN_FOLDER, json_object_get(folder, "name"));
        }
    }
    return STATUS_OK;
}

static enum status title_take(struct ctx *cx, struct item *item, const json_t *value)
{
    if (says_something(value) && json_is_string(value)) {
        return text_put(cx, item, COLUMN_TITLE, value);
    }
    return buf_add_text(cx, &item->texts[COLUMN_TITLE], TEXT("(no name)"));
}

static enum status members_take(struct ctx *cx, struct item *item, json_t *from)
{
    enum status status = STATUS_OK;
    const char *name;
    json_t *value;

    json_object_foreach(from, name, value)
    {
        if (!IS_AMONG(name, placed_members)) {
            TRY(put(cx, IS_AMONG(name, plain_members) ? item->ext : item->details, name, value));
        }
    }
out:
    return status;
}

/* ---- items --------------------------------------------------------------------------------- */

static enum status item_take(struct ctx *cx, struct item *item, const json_t *root, json_t *from)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < BITWARDEN_COLUMNS; i++) {
        scratch_reset(&item->texts[i]);
    }
    TRY(title_take(cx, item, json_object_get(from, "name")));
    TRY(text_put(cx, item, COLUMN_NOTES, json_object_get(from, "notes")));
    TRY(folder_take(cx, item, root, json_object_get(from, "folderId")));
    TRY(login_take(cx, item, json_object_get(from, "login")));
    TRY(fields_take(cx, item, json_object_get(from, "fields")));
    TRY(members_take(cx, item, from));
    if (json_object_size(item->details) > 0) {
        TRY(json_write(cx, item->details, &item->texts[COLUMN_DETAILS]));
    }
    if (json_object_size(item->ext) > 0) {
        TRY(json_write(cx, item->ext, &item->texts[COLUMN_EXT]));
    }
out:
    return status;
}

static enum status items_take(struct ctx *cx, const json_t *root, struct sheet *s)
{
    enum status status = STATUS_OK;
    struct item item = {.details = NULL};
    text cells[BITWARDEN_COLUMNS];
    size_t i;
    json_t *from;

    for (size_t k = 0; k < BITWARDEN_COLUMNS; k++) {
        buf_init(&item.texts[k], JSON_FILE_MAX);
    }
    json_array_foreach(json_object_get(root, "items"), i, from)
    {
        if (!json_is_object(from)) {
            FAIL(cx, STATUS_MALFORMED, "item %zu is not an object", i + 1);
        }
        json_decref(item.details);
        json_decref(item.ext);
        item.details = json_object();
        item.ext = json_object();
        if (item.details == NULL || item.ext == NULL) {
            status = no_memory(cx);
            goto out;
        }
        TRY(item_take(cx, &item, root, from));
        for (size_t k = 0; k < BITWARDEN_COLUMNS; k++) {
            cells[k] = buf_text(&item.texts[k]);
        }
        TRY(sheet_row(cx, s, cells, BITWARDEN_COLUMNS, i + 1));
    }
out:
    json_decref(item.details);
    json_decref(item.ext);
    for (size_t k = 0; k < BITWARDEN_COLUMNS; k++) {
        buf_finish(&item.texts[k]);
    }
    return status;
}

static enum status check_root(struct ctx *cx, const json_t *root)
{
    if (json_is_true(json_object_get(root, "encrypted"))) {
        fault_set(cx, STATUS_UNSUPPORTED, __FILE__, __LINE__,
                  "this export of Bitwarden is encrypted");
        return fault_hint(cx, "export again and choose the format .json, not .json (Encrypted)");
    }
    if (!json_is_array(json_object_get(root, "items"))) {
        fault_set(cx, STATUS_MALFORMED, __FILE__, __LINE__,
                  "not an export of Bitwarden: it has no list of items");
        return fault_hint(cx, "in Bitwarden: Tools, Export vault, format .json");
    }
    return STATUS_OK;
}

enum status bitwarden_to_sheet(struct ctx *cx, bytes file, struct sheet *s)
{
    enum status status = STATUS_OK;
    static const text columns[BITWARDEN_COLUMNS] = {
        {"folder", 6}, {"title", 5}, {"username", 8}, {"password", 8}, {"totp", 4},
        {"url", 3},    {"notes", 5}, {"details", 7},  {"ext", 3},
    };
    json_t *root = NULL;

    TRY(json_read(cx, file, "the file", &root));
    TRY(check_root(cx, root));
    TRY(sheet_columns(cx, s, columns, BITWARDEN_COLUMNS));
    TRY(items_take(cx, root, s));
out:
    json_decref(root);
    return status;
}
