/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keepassxc: the CSV that KeePassXC writes (Database > Export > CSV): Group, Title, Username,
 * Password, URL, Notes, TOTP, Icon, Last Modified, Created; older versions lack the last four. A
 * title may be empty there and may not be here.
 */
#include "exchange-int.h"

#include <string.h>

static const char *const needed[] = {"Group", "Title", "Username", "Password", "URL"};

static size_t column_of(const struct sheet *s, const char *name)
{
    for (size_t i = 0; i < s->column_count; i++) {
        if (text_equal(sheet_text(s, s->names[i]), text_of(name))) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* The first of these that says something names the entry. */
static enum status title_fill(struct ctx *cx, struct sheet *s, size_t row)
{
    static const char *const instead[] = {"URL", "Username"};
    struct cell *cells = s->cells + row * s->column_count;
    struct cell *title = &cells[column_of(s, "Title")];

    for (size_t i = 0; i < sizeof instead / sizeof *instead && title->len == 0; i++) {
        *title = cells[column_of(s, instead[i])];
    }
    return title->len > 0 ? STATUS_OK : sheet_keep(cx, s, TEXT("(no title)"), title);
}

enum status keepassxc_to_sheet(struct ctx *cx, bytes file, struct sheet *s)
{
    enum status status = STATUS_OK;

    TRY(csv_to_sheet(cx, file, s));
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (column_of(s, needed[i]) == SIZE_MAX) {
            fault_set(cx, STATUS_MALFORMED, __FILE__, __LINE__,
                      "not a CSV file of KeePassXC: it has no column '%s'", needed[i]);
            status = fault_hint(cx, "in KeePassXC: Database, Export, CSV file");
            goto out;
        }
    }
    for (size_t row = 0; row < s->row_count; row++) {
        TRY(title_fill(cx, s, row));
    }
out:
    return status;
}
