/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edit: what cmd-edit.c, edit-form.c and editor.c share. The text being edited lives in a memfd: a
 * file without a name and without a disk.
 */
#ifndef EDIT_H
#define EDIT_H

#include "cmd-int.h"

enum { FORM_MAX = 4 * 1024 * 1024 };

/* editor.c: $VISUAL or $EDITOR on `before`; *ret: what was saved. STATUS_CANCELLED when the editor
 * failed. The vault must be closed: nobody waits for a person who writes. */
enum status editor_run(struct session *s, text before, struct buf *ret) MUST_USE;

/* edit-form.c: a record as lines "field: value", long texts indented below "field: |". */
bool form_has(const struct field *f);
enum status form_write(struct session *s, int64_t record, const struct record_type *type,
                       struct buf *out) MUST_USE;
/* Fields whose value differs between two forms; values borrow from scratch. STATUS_USAGE names the
 * line that is wrong. */
enum status form_changes(struct session *s, const struct record_type *type, text before, text after,
                         struct buf *scratch, struct assigns *ret) MUST_USE;

#endif
