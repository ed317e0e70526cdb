/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample-kit: one record type with every field kind and merge rule, for the tests of records. As
 * data in C, so that these tests do not depend on the grammar of kit files.
 */
#ifndef SAMPLE_KIT_H
#define SAMPLE_KIT_H

#include "check.h"
#include "schema.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define T(literal)                                                                                 \
    {                                                                                              \
        .ptr = (literal), .len = sizeof(literal) - 1                                               \
    }

enum sample_field {
    S_TITLE,
    S_BODY,
    S_NOTE,
    S_COUNT,
    S_TOP,
    S_LOW,
    S_PRICE,
    S_URGENT,
    S_DUE,
    S_LEVEL,
    S_TINT,
    S_STATE,
    S_TAGS,
    S_OWNER,
    S_TALK,
    S_PIN,
    S_RAW,
    S_FIELDS
};
enum sample_transition { S_START, S_FINISH, S_APPROVE, S_DROP, S_LOSE, S_REOPEN, S_TRANSITIONS };

extern const struct field sample_fields[S_FIELDS];
extern const struct view sample_views[2];
extern const struct record_type sample_types[1];
extern const struct schema sample_none;

/* Compiles the guards at first use; they live until sample_release(). */
const struct schema *sample_schema(struct ctx *cx);
void sample_release(void);

#endif
