/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files: what people name on the command line. New files never replace old ones unless --force says
 * so; the check stands before the work, the refusal by the system itself after it.
 */
#include "cmd-int.h"
#include "guard.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum status output_free(struct session *s, const char *path)
{
    enum status status = STATUS_OK;

    if (file_exists(path) && !option_given(s, "force")) {
        status =
            fault_set(s->cx, STATUS_EXISTS, __FILE__, __LINE__, "'%.200s' is there already", path);
        (void)fault_hint(s->cx, "choose another name, or give --force to replace it");
    }
    return status;
}

enum status output_write(struct session *s, const char *path, bytes data)
{
    enum status status = file_write(s->cx, path, data, option_given(s, "force"));

    if (status == STATUS_EXISTS) {
        (void)fault_hint(s->cx, "choose another name, or give --force to replace it");
    }
    return status;
}

enum status input_read(struct session *s, const char *path, size_t max, struct buf *ret)
{
    enum status status = file_read(s->cx, path, max, ret);

    if (status == STATUS_NOT_FOUND) {
        (void)fault_hint(s->cx, "check the path");
    }
    return status;
}

enum status input_explain(struct session *s, enum status status, const char *path, const char *what)
{
    if (status == STATUS_MALFORMED) { /* which byte it was helps nobody who took another file */
        fault_clear(s->cx);
        status = fault_set(s->cx, STATUS_MALFORMED, __FILE__, __LINE__,
                           "'%.200s' is not, or not wholly, %s", path, what);
        (void)fault_hint(s->cx, "is it the right file? Else ask for it again: it may have been cut "
                                "or changed on the way");
    } else if (status == STATUS_NOT_FOUND) {
        fault_clear(s->cx);
        status = fault_set(s->cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "there is no file '%.200s'",
                           path);
        (void)fault_hint(s->cx, "it wants %s", what);
    }
    return status;
}

static bool runs(const char *path, char ret[static PATH_TEXT_MAX])
{
    char *real = access(path, X_OK) == 0 ? realpath(path, NULL) : NULL;
    size_t len = real == NULL ? PATH_TEXT_MAX : strlen(real);

    if (len < PATH_TEXT_MAX) {
        memcpy(ret, real, len + 1);
    }
    free(real);
    return len < PATH_TEXT_MAX;
}

bool program_find(struct session *s, const char *name, char ret[static PATH_TEXT_MAX])
{
    const char *path = getenv("PATH");
    struct buf b;
    bool found = false;

    if (strchr(name, '/') != NULL) {
        return runs(name, ret);
    }
    buf_init(&b, PATH_TEXT_MAX);
    while (path != NULL && *path != '\0' && !found) {
        size_t len = strcspn(path, ":");
        const char *full;
        buf_clear(&b);
        if (len > 0 && buf_add(s->cx, &b, BYTES(path, len)) == STATUS_OK &&
            buf_printf(s->cx, &b, "/%s", name) == STATUS_OK &&
            buf_cstr(s->cx, &b, &full) == STATUS_OK) {
            found = runs(full, ret);
        }
        fault_clear(s->cx); /* a folder of a path too long holds no program for us */
        path += len + (path[len] == ':' ? 1 : 0);
    }
    buf_finish(&b);
    return found;
}
