/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oracle: any bytes either are refused with at least one problem that stands inside the file, or
 * give a kit whose names can be columns and that can be explained.
 */
#include "kits.h"
#include "limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct seen {
    size_t count, file_len;
};

static void problem(void *self, const struct kit_problem *p)
{
    struct seen *s = self;

    MUST(p->line >= 1 && p->column >= 1 && p->line <= s->file_len + 1);
    MUST(p->what.len > 0 && utf8_valid(BYTES(p->what.ptr, p->what.len)));
    s->count++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx cx;
    struct kit_owner *k = NULL;
    struct seen s = {.file_len = len};
    struct buf out;

    ctx_init(&cx, system_real());
    enum status status = kit_parse(&cx, BYTES(data, len), TEXT("f"), problem, &s, &k);
    if (status != STATUS_OK) {
        MUST(k == NULL && (s.count > 0 || status == STATUS_LIMIT) && s.count <= 50);
        return 0;
    }
    MUST(s.count == 0);
    const struct kit *kit = kit_get(k);
    for (size_t t = 0; t < kit->type_count; t++) {
        for (size_t f = 0; f < kit->types[t].field_count; f++) {
            MUST(field_name_valid(kit->types[t].fields[f].name, NULL));
        }
        MUST(type_field_exact(&kit->types[t], kit->types[t].title_field) != NULL);
    }
    buf_init(&out, 16 * MIB);
    MUST(kit_explain(&cx, kit, &out) == STATUS_OK);
    MUST(kit_upgrade_check(&cx, kit, kit) == STATUS_EXISTS); /* itself is not newer */
    buf_finish(&out);
    kit_free(&k);
    return 0;
}
