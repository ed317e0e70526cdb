/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compartments: what is read under one key. Number 0 is the charter's own, number 1 the one every
 * team begins with; others are declared by COMPARTMENT operations.
 */
#include <stdlib.h>
#include <string.h>

#include "team-int.h"

struct compartment *compartment_by_tag(const struct team *t,
                                       const uint8_t tag[static COMPARTMENT_BYTES])
{
    for (size_t i = 0; i < t->compartments.count; i++) {
        struct compartment *c = t->compartments.at[i];
        if (memcmp(c->pub.tag, tag, COMPARTMENT_BYTES) == 0) {
            return c;
        }
    }
    return NULL;
}

enum status compartment_make(struct ctx *cx, struct team *t,
                             const uint8_t tag[static COMPARTMENT_BYTES], struct compartment **ret)
{
    enum status status = STATUS_OK;
    void *memory = NULL;
    struct compartment *c = compartment_by_tag(t, tag);

    if (c == NULL) {
        TRY(mem_new(cx, 1, sizeof *c, &memory));
        c = memory;
        buf_init(&c->name, NAME_BYTES_MAX);
        memcpy(c->pub.tag, tag, COMPARTMENT_BYTES);
        c->number = (uint32_t)t->compartments.count;
        TRY(pointers_add(cx, &t->compartments, c));
        memory = NULL;
    }
    *ret = c;
out:
    free(memory);
    return status;
}

/* Declared twice by people who did not know of each other: the earlier name stays. */
enum status compartment_name(struct ctx *cx, struct compartment *c, const struct authored *a,
                             text name)
{
    enum status status = STATUS_OK;
    bool first = !c->known || a->lamport < c->lamport ||
                 (a->lamport == c->lamport && id_compare(&a->entry, &c->entry) < 0);

    if (first) {
        buf_clear(&c->name);
        TRY(buf_add_text(cx, &c->name, name));
        c->pub.name = buf_text(&c->name);
        c->lamport = a->lamport;
        c->entry = a->entry;
        c->known = true;
    }
    TRY(places_add(cx, &c->places, a->place));
out:
    return status;
}

/* The two of the genesis operation. */
enum status compartments_found(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    struct authored founding;
    struct compartment *c = NULL;

    authored_init(&founding);
    TRY(compartment_make(cx, t, t->control, &c));
    TRY(compartment_name(cx, c, &founding, TEXT("charter")));
    c->pub.control = true;
    TRY(compartment_make(cx, t, t->data, &c));
    TRY(compartment_name(cx, c, &founding, TEXT("team")));
out:
    authored_finish(&founding);
    return status;
}

enum status compartments_refresh(struct ctx *cx, struct team *t)
{
    enum status status = STATUS_OK;
    const struct member *me =
        t->self == NULL || !t->self->linked ? NULL : member_by_id(t, &t->self->pub.member);

    t->shown_compartments.count = 0;
    for (size_t i = 0; i < t->compartments.count; i++) {
        struct compartment *c = t->compartments.at[i];
        c->pub.reads = me != NULL && authority_reads(t->authority, me->number, c->number);
        c->pub.writes = me != NULL && authority_writes(t->authority, me->number, c->number);
        if (c->known) {
            TRY(pointers_add(cx, &t->shown_compartments, c));
        }
    }
out:
    return status;
}

void compartments_free(struct team *t)
{
    for (size_t i = 0; i < t->compartments.count; i++) {
        struct compartment *c = t->compartments.at[i];
        buf_finish(&c->name);
        free(c->places.at);
        free(c);
    }
}

/* ---- the door ---- */

size_t team_compartment_count(const struct team *t)
{
    return t->shown_compartments.count;
}

const struct team_compartment *team_compartment_at(const struct team *t, size_t i)
{
    MUST(i < t->shown_compartments.count);
    return &((const struct compartment *)t->shown_compartments.at[i])->pub;
}

const struct team_compartment *team_compartment_by_tag(const struct team *t,
                                                       const uint8_t tag[static COMPARTMENT_BYTES])
{
    const struct compartment *c = compartment_by_tag(t, tag);
    return c == NULL || !c->known ? NULL : &c->pub;
}

enum status team_compartment_find(struct ctx *cx, const struct team *t, text name,
                                  const struct team_compartment **ret)
{
    enum status status = STATUS_OK;
    struct buf names;

    buf_init(&names, FAULT_TEXT_MAX);
    for (size_t i = 0; i < team_compartment_count(t); i++) {
        const struct team_compartment *c = team_compartment_at(t, i);
        if (!c->control && text_equal(c->name, name)) {
            *ret = c;
            goto out;
        }
        if (!c->control && buf_printf(cx, &names, "%s%.*s", names.len > 0 ? ", " : "",
                                      (int)c->name.len, c->name.ptr) != STATUS_OK) {
            fault_clear(cx);
        }
    }
    (void)fault_set(cx, STATUS_NOT_FOUND, __FILE__, __LINE__, "no compartment is called '%.*s'",
                    (int)name.len, name.ptr);
    status = fault_hint(cx, "there are %.*s", (int)names.len, (const char *)names.ptr);
out:
    buf_finish(&names);
    return status;
}
