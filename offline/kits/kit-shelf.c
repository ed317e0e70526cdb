/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit-shelf: the kits of a vault: those built in and those installed. Of two kits of one name the
 * newer version counts, when it can take the older one's place.
 */
#include "kit-int.h"

#include <stdlib.h>

enum { SHELF_KITS_MAX = 64 };

extern const unsigned char kits_tickets[];
extern const size_t kits_tickets_len;
extern const unsigned char kits_passwords[];
extern const size_t kits_passwords_len;

struct kit_shelf {
    struct kit_owner *owners[SHELF_KITS_MAX];
    const struct kit *kits[SHELF_KITS_MAX];
    struct schema schema;
};

enum status kit_shelf_open(struct ctx *cx, struct kit_shelf **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    struct kit_shelf *s = NULL;

    TRY(mem_new(cx, 1, sizeof *s, &memory));
    s = memory;
    s->schema.kits = s->kits;
    TRY(kit_shelf_add(cx, s, BYTES(kits_tickets, kits_tickets_len), TEXT("tickets.kit")));
    TRY(kit_shelf_add(cx, s, BYTES(kits_passwords, kits_passwords_len), TEXT("passwords.kit")));
    *ret = s;
    s = NULL;
out:
    kit_shelf_close(&s);
    return status;
}

enum status kit_shelf_add(struct ctx *cx, struct kit_shelf *s, bytes file, text file_name)
{
    enum status status = STATUS_OK;
    struct kit_owner *owner = NULL;
    size_t at = 0;

    TRY(kit_parse(cx, file, file_name, NULL, NULL, &owner));
    const struct kit *k = kit_get(owner);
    while (at < s->schema.kit_count && !text_equal(s->kits[at]->name, k->name)) {
        at++;
    }
    if (at == SHELF_KITS_MAX) {
        FAIL(cx, STATUS_LIMIT, "a vault has at most %d kits", SHELF_KITS_MAX);
    }
    if (at < s->schema.kit_count) {
        if (k->version <= s->kits[at]->version) {
            goto out; /* the one on the shelf is as new or newer */
        }
        TRY(kit_upgrade_check(cx, s->kits[at], k));
    }
    struct kit_owner *before = s->owners[at];
    s->owners[at] = owner;
    s->kits[at] = k;
    s->schema.kit_count += at == s->schema.kit_count ? 1 : 0;
    owner = before;
out:
    kit_free(&owner);
    return status;
}

const struct schema *kit_shelf_schema(const struct kit_shelf *s)
{
    return &s->schema;
}

void kit_shelf_close(struct kit_shelf **s)
{
    if (*s == NULL) {
        return;
    }
    for (size_t i = 0; i < (*s)->schema.kit_count; i++) {
        kit_free(&(*s)->owners[i]);
    }
    free(*s);
    *s = NULL;
}
