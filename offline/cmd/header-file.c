/* SPDX-License-Identifier: Apache-2.0 */
/*
 * header-file: the vault's key header is exchanged here and nowhere else: by one process at a time,
 * whole at every moment, and so that nothing of what it was stays: neither the old one nor what a
 * cut left half written, which may open with a passphrase that must not open any more.
 */
#include "guard.h"
#include "shared.h"

enum status vault_hold(struct session *s, int *ret_fd)
{
    enum status status = STATUS_OK;
    struct buf owner;
    const char *path;

    buf_init(&owner, 8192);
    TRY(path_join(s->cx, &owner, s->vault_path, "lock", &path));
    TRY(file_lock(s->cx, path, ret_fd));
out:
    buf_finish(&owner);
    return status;
}

struct leftovers {
    struct session *s;
    struct buf path;
};

static enum status visit(void *self, struct ctx *cx, const struct folder_entry *e)
{
    enum status status = STATUS_OK;
    struct leftovers *l = self;
    const char *path;

    if (e->kind == FILE_REGULAR && text_starts(text_any(e->name), TEXT(FILE_TEMP_PREFIX))) {
        TRY(path_join(cx, &l->path, l->s->vault_path, e->name, &path));
        TRY(file_shred(cx, path));
    }
out:
    return status;
}

enum status header_leftovers_shred(struct session *s)
{
    enum status status = STATUS_OK;
    struct leftovers l = {.s = s};

    buf_init(&l.path, 8192);
    TRY(folder_list(s->cx, s->vault_path, visit, &l));
out:
    buf_finish(&l.path);
    return status;
}

enum status header_put(struct session *s, const struct buf *header)
{
    enum status status = STATUS_OK;
    struct buf owner;
    const char *path;

    buf_init(&owner, 8192);
    TRY(header_leftovers_shred(s));
    TRY(path_join(s->cx, &owner, s->vault_path, "header", &path));
    TRY(file_replace(s->cx, path, buf_view(header)));
out:
    buf_finish(&owner);
    return status;
}
