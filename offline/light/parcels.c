/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parcels: pieces between a folder and a parcel. A piece is known by its name and size; nothing is
 * known of what it holds.
 */
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "light.h"
#include "limits.h"
#include "piece.h"

enum { NAMES_MAX = 8192, SIZES = 3 };
static const uint64_t sizes[SIZES] = {PIECE_SIZE_SMALL, PIECE_SIZE_MEDIUM, PIECE_SIZE_LARGE};

struct pieces {
    char (*names)[PIECE_NAME_BYTES + 1];
    uint64_t *bytes;
    size_t count, names_cap, bytes_cap;
    uint64_t all;
};

static bool is_piece(const struct folder_entry *e)
{
    bytes raw = BYTES(e->name, strlen(e->name));
    return e->kind == FILE_REGULAR && piece_size_valid(e->size) && utf8_valid(raw) &&
           piece_name_valid(text_of(e->name));
}

static enum status note_piece(void *self, struct ctx *cx, const struct folder_entry *e)
{
    enum status status = STATUS_OK;
    struct pieces *p = self;
    if (!is_piece(e)) {
        return STATUS_OK;
    }
    p->all += e->size;
    if (p->count == NAMES_MAX || p->all > PARCEL_BYTES_MAX - 64) {
        (void)fault_set(cx, STATUS_LIMIT, __FILE__, __LINE__,
                        "there are more than 64 MiB of pieces, too much for one crossing by light");
        status = fault_hint(cx, "use a stick for this one: `valise pack DIR`");
        goto out;
    }
    TRY(MEM_GROW(cx, p->names, p->names_cap, p->count + 1));
    TRY(MEM_GROW(cx, p->bytes, p->bytes_cap, p->count + 1));
    memcpy(p->names[p->count], e->name, PIECE_NAME_BYTES + 1);
    p->bytes[p->count++] = e->size;
out:
    return status;
}

/* All of one size, in the order of their names, which is chance. */
static enum status add_size_class(struct ctx *cx, const char *folder, const struct pieces *p,
                                  uint64_t size, struct buf *body, uint16_t *ret)
{
    enum status status = STATUS_OK;
    struct buf path;
    const char *name = NULL;
    *ret = 0;
    buf_init(&path, PATH_BYTES_MAX);
    for (size_t i = 0; i < p->count; i++) {
        size_t before = body->len;
        if (p->bytes[i] != size) {
            continue;
        }
        TRY(path_join(cx, &path, folder, p->names[i], &name));
        TRY(file_read(cx, name, size, body));
        if (body->len - before != size) {
            FAIL(cx, STATUS_IO, "'%s' changed while it was read", name);
        }
        ++*ret;
    }
out:
    buf_finish(&path);
    return status;
}

enum status light_parcel_of_folder(struct ctx *cx, const char *folder, struct buf *out,
                                   size_t *ret_pieces)
{
    enum status status = STATUS_OK;
    struct pieces p = {.names = NULL};
    struct buf body;
    uint16_t counts[SIZES] = {0};
    buf_init(&body, PARCEL_BYTES_MAX);
    TRY(folder_list(cx, folder, note_piece, &p));
    if (p.count == 0) {
        (void)fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "there is no piece in '%.200s'",
                        folder);
        status = fault_hint(cx, "is it the folder that `valise pack` was given?");
        goto out;
    }
    for (size_t i = 0; i < SIZES; i++) {
        TRY(add_size_class(cx, folder, &p, sizes[i], &body, &counts[i]));
    }
    const struct parcel parcel = {.kind = PARCEL_PIECES,
                                  .small = counts[0],
                                  .medium = counts[1],
                                  .large = counts[2],
                                  .body = buf_view(&body)};
    TRY(parcel_write(cx, &parcel, out));
    *ret_pieces = p.count;
out:
    buf_finish(&body);
    free(p.names);
    free(p.bytes);
    return status;
}

enum status light_parcel_to_folder(struct ctx *cx, const struct parcel *p, const char *folder)
{
    enum status status = STATUS_OK;
    struct buf path;
    const char *name = NULL;
    buf_init(&path, PATH_BYTES_MAX);
    MUST(p->kind == PARCEL_PIECES);
    TRY(folder_make(cx, folder));
    for (size_t i = 0; i < parcel_pieces(p); i++) {
        char piece[PIECE_NAME_BYTES + 1];
        piece_name_make(cx, piece);
        TRY(path_join(cx, &path, folder, piece, &name));
        TRY(file_write(cx, name, parcel_piece(p, i), false));
    }
out:
    buf_finish(&path);
    return status;
}

struct clearing {
    const char *folder;
};

static enum status clear_piece(void *self, struct ctx *cx, const struct folder_entry *e)
{
    enum status status = STATUS_OK;
    const struct clearing *c = self;
    struct buf path;
    const char *name = NULL;
    buf_init(&path, PATH_BYTES_MAX);
    if (is_piece(e) || strncmp(e->name, FILE_TEMP_PREFIX, sizeof(FILE_TEMP_PREFIX) - 1) == 0) {
        TRY(path_join(cx, &path, c->folder, e->name, &name));
        TRY(file_remove(cx, name));
    }
out:
    buf_finish(&path);
    return status;
}

enum status light_folder_clear(struct ctx *cx, const char *folder)
{
    struct clearing c = {.folder = folder};
    if (!file_exists(folder)) {
        return STATUS_OK;
    }
    return folder_list(cx, folder, clear_piece, &c);
}
