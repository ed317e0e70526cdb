/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext: what an import brought that no field holds, as one JSON object in the record's ext field:
 * column -> cell. It comes back as columns at export, byte for byte, so other programs' files make
 * the round trip.
 */
#include "exchange-int.h"

#include <stdlib.h>
#include <string.h>

/* ---- jansson ------------------------------------------------------------------------------- */

/* Its trees hold passwords: every block remembers its size and is wiped. */
static void *wiping_malloc(size_t size)
{
    size_t *block = size > SIZE_MAX - 16 ? NULL : malloc(size + 16);

    if (block == NULL) {
        return NULL;
    }
    block[0] = size;
    return block + 16 / sizeof *block;
}

static void wiping_free(void *ptr)
{
    if (ptr != NULL) {
        size_t *block = (size_t *)ptr - 16 / sizeof *block;
        wipe(block, block[0] + 16);
        free(block);
    }
}

/* Only this room makes and frees values of jansson, so the functions are the same for all. The seed
 * of its tables comes from us: it would open a device file for it. Later seeds change nothing. */
static void json_start(struct ctx *cx)
{
    size_t seed;

    json_set_alloc_funcs(wiping_malloc, wiping_free);
    cx->system->random(cx->system->self, &seed, sizeof seed);
    json_object_seed(seed | 1);
}

enum status json_read(struct ctx *cx, bytes in, const char *what, json_t **ret)
{
    enum status status = STATUS_OK;
    json_error_t error;

    json_start(cx);
    if (in.len > JSON_FILE_MAX) {
        FAIL(cx, STATUS_LIMIT, "%s is larger than %u MiB", what, JSON_FILE_MAX / MIB);
    }
    /* jansson's own limit of 2,048 levels bounds its recursion */
    json_t *value = json_loadb((const char *)in.ptr, in.len, JSON_REJECT_DUPLICATES, &error);
    if (value == NULL) {
        FAIL(cx, STATUS_MALFORMED, "%s is not JSON: line %d, column %d", what, error.line,
             error.column);
    }
    *ret = value;
out:
    return status;
}

enum status json_empty(struct ctx *cx, json_t **ret)
{
    json_start(cx);
    json_t *object = json_object();
    if (object == NULL) {
        return fault_set(cx, STATUS_NO_MEMORY, __FILE__, __LINE__, "out of memory");
    }
    *ret = object;
    return STATUS_OK;
}

static int dump_part(const char *buffer, size_t size, void *data)
{
    struct buf *out = data;
    struct ctx cx = {0}; /* only whether it worked counts here */

    return buf_add(&cx, out, BYTES(buffer, size)) == STATUS_OK ? 0 : -1;
}

enum status json_write(struct ctx *cx, const json_t *value, struct buf *out)
{
    if (json_dump_callback(value, dump_part, out, JSON_COMPACT | JSON_ENCODE_ANY) != 0) {
        return fault_set(cx, STATUS_LIMIT, __FILE__, __LINE__, "kept data longer than %zu bytes",
                         out->max);
    }
    return STATUS_OK;
}

enum status ext_cell(struct ctx *cx, const json_t *value, struct buf *out)
{
    if (json_is_string(value)) {
        return buf_add(cx, out, BYTES(json_string_value(value), json_string_length(value)));
    }
    return json_write(cx, value, out);
}

/* ---- writing ------------------------------------------------------------------------------- */

/* An object or array goes in as such when it would come out as the same bytes. */
static enum status is_exact_json(struct ctx *cx, text cell, bool *ret)
{
    enum status status = STATUS_OK;
    struct buf again;
    json_t *value = NULL;

    *ret = false;
    if (cell.len < 2 || (cell.ptr[0] != '{' && cell.ptr[0] != '[')) {
        return STATUS_OK;
    }
    buf_init(&again, (size_t)8 * cell.len);
    status = json_read(cx, BYTES(cell.ptr, cell.len), "kept data", &value);
    if (status == STATUS_OK) {
        status = json_write(cx, value, &again);
    }
    *ret = status == STATUS_OK && text_equal(buf_text(&again), cell);
    json_decref(value);
    buf_finish(&again);
    if (status != STATUS_NO_MEMORY) {
        fault_clear(cx); /* then it is a text like any other */
        status = STATUS_OK;
    }
    return status;
}

static enum status member_start(struct ctx *cx, struct buf *out, text name)
{
    enum status status = STATUS_OK;

    TRY(buf_add_byte(cx, out, out->len == 0 ? '{' : ','));
    TRY(escape_json(cx, out, name));
    TRY(buf_add_byte(cx, out, ':'));
out:
    return status;
}

static enum status cell_write(struct ctx *cx, struct buf *out, text name, text cell)
{
    enum status status = STATUS_OK;
    bool exact;

    TRY(is_exact_json(cx, cell, &exact));
    TRY(member_start(cx, out, name));
    status = exact ? buf_add_text(cx, out, cell) : escape_json(cx, out, cell);
out:
    return status;
}

/* A column that goes to the ext field itself holds members of the object, or some text. */
static enum status whole_write(struct ctx *cx, struct buf *out, text name, text cell)
{
    enum status status = STATUS_OK;
    json_t *object = NULL;
    const char *key;
    json_t *value;

    status = json_read(cx, BYTES(cell.ptr, cell.len), "kept data", &object);
    if (status != STATUS_OK || !json_is_object(object)) {
        json_decref(object);
        fault_clear(cx);
        return cell_write(cx, out, name, cell);
    }
    json_object_foreach(object, key, value)
    {
        TRY(member_start(cx, out, (text){.ptr = key, .len = strlen(key)}));
        TRY(json_write(cx, value, out));
    }
out:
    json_decref(object);
    return status;
}

enum status ext_write(struct ctx *cx, const struct import_plan *p, size_t row, struct buf *out)
{
    enum status status = STATUS_OK;

    MUST(out->len == 0);
    for (size_t i = 0; i < p->sheet.column_count; i++) {
        text cell = sheet_cell(&p->sheet, row, i);
        text name = sheet_text(&p->sheet, p->sheet.names[i]);
        const struct field *f = p->fields[i];
        if (cell.len == 0 || p->own_id[i]) {
            continue;
        }
        if (f != NULL && f->kind == FIELD_EXT) {
            TRY(whole_write(cx, out, name, cell));
        } else if (f == NULL || (f->kind == FIELD_WHO && member_named(p, cell) == NULL)) {
            TRY(cell_write(cx, out, name, cell));
        }
    }
    if (out->len > 0) {
        TRY(buf_add_byte(cx, out, '}'));
    }
out:
    return status;
}
