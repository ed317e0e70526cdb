/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk: see walk.h. Written against the door of wire only and on a stack of its own, so that it
 * shares nothing with wire_get_any(), which it is compared with.
 */
#include "walk.h"

#include "limits.h"

struct level {
    size_t left; /* elements, or pairs */
    bool is_map;
    bool has_key;
    uint64_t key;
};

/* Copies a key, which must be above the one before it in this map. */
static void walk_key(struct wire_reader *r, struct wire_writer *w, struct level *level)
{
    uint64_t key = wire_get_uint(r, UINT64_MAX);

    if (level->has_key && key <= level->key) {
        wire_fail(r, "walk: keys do not ascend");
    }
    level->has_key = true;
    level->key = key;
    wire_put_uint(w, key);
}

/* Copies a value that holds no other; false at an array or a map. */
static bool walk_plain(struct wire_reader *r, struct wire_writer *w)
{
    switch (wire_peek(r)) {
    case WIRE_UINT:
        wire_put_uint(w, wire_get_uint(r, UINT64_MAX));
        return true;
    case WIRE_NINT:
        wire_put_int(w, wire_get_int(r));
        return true;
    case WIRE_BYTES:
        wire_put_bytes(w, wire_get_bytes(r, 0, SIZE_MAX));
        return true;
    case WIRE_TEXT:
        wire_put_text(w, wire_get_text(r, 0, SIZE_MAX));
        return true;
    case WIRE_BOOL:
        wire_put_bool(w, wire_get_bool(r));
        return true;
    case WIRE_NULL:
        wire_get_null(r);
        wire_put_null(w);
        return true;
    case WIRE_NONE:
        wire_fail(r, "walk: no value here");
        return true;
    case WIRE_ARRAY:
    case WIRE_MAP:
        return false;
    }
    return true;
}

void walk_value(struct wire_reader *r, struct wire_writer *w)
{
    struct level levels[WIRE_DEPTH_MAX];
    size_t depth = 0;

    do {
        if (depth > 0) {
            levels[depth - 1].left--;
            if (levels[depth - 1].is_map) {
                walk_key(r, w, &levels[depth - 1]);
            }
        }
        if (!walk_plain(r, w)) {
            struct level level = {.is_map = wire_peek(r) == WIRE_MAP};
            if (depth == WIRE_DEPTH_MAX) {
                wire_fail(r, "walk: too deep");
            }
            if (level.is_map) {
                level.left = wire_get_map(r, 0, SIZE_MAX);
                wire_put_map(w, level.left);
            } else {
                level.left = wire_get_array(r, 0, SIZE_MAX);
                wire_put_array(w, level.left);
            }
            if (r->status == STATUS_OK) {
                levels[depth++] = level;
            }
        }
        while (depth > 0 && levels[depth - 1].left == 0) {
            depth--;
        }
    } while (depth > 0 && r->status == STATUS_OK);
}
