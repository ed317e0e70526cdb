/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files: what people name on the command line. New files never replace old ones unless --force says
 * so; the check stands before the work, the refusal by the system itself after it.
 */
#include "cmd-int.h"
#include "guard.h"

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
