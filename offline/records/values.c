/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values: between a person's words and stored values, with what the schema room cannot know: who
 * the members are and what day it is.
 */
#include <string.h>
#include <time.h>

#include "records-int.h"

/* "2026-11-24", "2026-11-24T10:00:00Z" or "2026-11-24T10:00", in UTC. */
static enum status time_words(struct ctx *cx, const struct field *f, int64_t now,
                              struct buf *scratch, struct value *ret)
{
    enum status status = STATUS_OK;
    struct tm parts;
    time_t seconds = (time_t)now;
    char out[32];
    const char *form = f->when == WHEN_DATE      ? "%Y-%m-%d"
                       : f->when == WHEN_INSTANT ? "%Y-%m-%dT%H:%M:%SZ"
                                                 : "%Y-%m-%dT%H:%M";

    size_t start = scratch->len, len = 0;
    if (gmtime_r(&seconds, &parts) != NULL) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* one of the three above */
        len = strftime(out, sizeof(out), form, &parts);
#pragma GCC diagnostic pop
    }
    if (len == 0) {
        FAIL(cx, STATUS_UNSAFE, "the clock of this machine is out of range");
    }
    TRY(buf_add(cx, scratch, BYTES(out, len)));
    *ret = (struct value){.kind = VALUE_TEXT,
                          .s = {.ptr = (const char *)scratch->ptr + start, .len = len}};
out:
    return status;
}

enum status value_from_words(struct ctx *cx, struct records *r, const struct field *f, text words,
                             int64_t now, struct buf *scratch, struct value *ret)
{
    enum status status = STATUS_OK;
    const struct team_member *member = NULL;

    if (f->kind == FIELD_WHEN &&
        (text_equal(words, TEXT("today")) || text_equal(words, TEXT("now")))) {
        return time_words(cx, f, now, scratch, ret);
    }
    if (f->kind != FIELD_WHO) {
        return value_parse(cx, f, words, scratch, ret);
    }
    *ret = (struct value){.kind = VALUE_NULL};
    if (words.len > 0) {
        TRY(team_member_find(cx, r->team, words, &member));
        *ret = (struct value){.kind = VALUE_BYTES, .b = BYTES_OF(member->id.b)};
    }
out:
    return status;
}

enum status value_to_text(struct ctx *cx, struct records *r, const struct field *f,
                          const struct value *v, bool reveal, struct buf *out)
{
    enum status status = STATUS_OK;
    text name;

    if (v->kind == VALUE_NULL) {
        return STATUS_OK;
    }
    if (f->kind == FIELD_SECRET && !reveal) {
        return buf_add_text(cx, out, TEXT(SECRET_MASK));
    }
    if (v->kind != VALUE_BYTES) {
        return value_format(cx, f, v, out);
    }
    struct buf scratch;
    buf_init(&scratch, NAME_BYTES_MAX + 64);
    TRY(person_name(cx, r, v->b, &scratch, &name));
    TRY(buf_add_text(cx, out, name));
out:
    buf_finish(&scratch);
    return status;
}

enum status value_encode(struct ctx *cx, const struct value *v, struct buf *out)
{
    struct wire_writer w;
    wire_writer_init(&w, cx, out);
    enum status status = value_write(&w, v);
    return status == STATUS_OK ? wire_writer_done(&w) : status;
}

enum status record_table(struct ctx *cx, struct records *r, int64_t record,
                         const struct table **ret)
{
    enum status status = STATUS_OK;
    struct stmt *s = NULL;
    bool row = false;

    TRY(stmt_use(cx, r->vault, STMT_RECORDS_OP_TYPE, &s));
    stmt_bind_int(s, 1, record);
    TRY(stmt_step(cx, s, &row));
    int64_t word = row ? stmt_int(s, 0) : 0;
    stmt_reset(s);
    if (!row || team_device_by_ix(r->team, OP_DEVICE(record)) == NULL) {
        FAIL(cx, STATUS_NOT_FOUND, "there is no such record");
    }
    *ret = table_by_word(r, word);
    if (*ret == NULL) {
        FAIL(cx, STATUS_NOT_FOUND, "the record is of a kit that is not installed here");
    }
out:
    return status;
}

enum status record_load(struct ctx *cx, struct records *r, int64_t record)
{
    enum status status = STATUS_OK;
    const struct table *t = NULL;

    TRY(record_table(cx, r, record, &t));
    TRY(rec_load(cx, &r->rec, record, false));
    TRY(rec_judge(cx, &r->rec));
    if (!rec_alive(&r->rec)) {
        FAIL(cx, STATUS_NOT_FOUND, "the record was refused");
    }
out:
    return status;
}
