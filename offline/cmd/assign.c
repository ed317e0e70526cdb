/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assign: "field=value" words of the command line. A secret never comes this way: other users and
 * the shell's history see arguments. "field=-" asks for it, or takes it from a descriptor.
 */
#include "cmd-int.h"
#include "schema.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static struct buf *owned_new(struct assigns *a, size_t max)
{
    MUST(a->owned_count < ASSIGN_MAX);
    buf_init(&a->owned[a->owned_count], max);
    return &a->owned[a->owned_count++];
}

static enum status secret_refuse(struct session *s, const struct field *f)
{
    (void)fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                    "'%.*s' is secret and does not belong on the command line", TEXT_ARG(f->name));
    return fault_hint(s->cx,
                      "write %.*s=- to be asked for it, or add --secret-fd N; what you typed is in "
                      "the shell's history now, so choose another one",
                      TEXT_ARG(f->name));
}

static enum status secret_read(struct session *s, const struct field *f, struct buf *out)
{
    enum status status = STATUS_OK;
    struct secret *got = NULL;
    struct buf prompt;
    const char *question;
    int64_t fd;

    buf_init(&prompt, 256);
    TRY(option_number(s, "secret-fd", 0, 1023, -1, &fd));
    TRY(buf_add_text(s->cx, &prompt, f->label.len > 0 ? f->label : f->name));
    TRY(buf_cstr(s->cx, &prompt, &question));
    if (fd >= 0) {
        TRY(fd_read_secret(s, (int)fd, question, &got));
    } else {
        status = tty_ask_secret(s, question, &got);
        if (status == STATUS_LOCKED) { /* no terminal: here it is a matter of how it was called */
            s->cx->fault.status = STATUS_USAGE;
            (void)fault_hint(s->cx, "give --secret-fd N with one line for each secret");
            status = STATUS_USAGE;
        }
        TRY(status);
    }
    if (!utf8_valid(secret_view(got))) {
        FAIL(s->cx, STATUS_USAGE, "the secret is not UTF-8");
    }
    TRY(buf_add(s->cx, out, secret_view(got)));
out:
    buf_finish(&prompt);
    secret_free(&got);
    return status;
}

/* Everything on standard input, for a long text. */
static enum status input_whole(struct session *s, struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t part[4096];

    for (;;) {
        ssize_t n = read(STDIN_FILENO, part, sizeof part);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            FAIL(s->cx, STATUS_IO, "standard input cannot be read: %s", strerror(errno));
        }
        if (n == 0) {
            break;
        }
        TRY(buf_add(s->cx, out, BYTES(part, (size_t)n)));
    }
    if (!utf8_valid(buf_view(out))) {
        FAIL(s->cx, STATUS_USAGE, "standard input is not UTF-8");
    }
out:
    wipe(part, sizeof part);
    return status;
}

static enum status password_into(struct session *s, struct buf *out)
{
    static const struct password_recipe recipe = {
        .length = 20, .lower = true, .upper = true, .digits = true, .symbols = true};

    return password_make(s->cx, &recipe, out);
}

static enum status value_take(struct session *s, const struct field *f, text value,
                              struct assigns *a, text *ret)
{
    enum status status = STATUS_OK;
    bool ask = text_equal(value, TEXT("-"));

    if (f->kind == FIELD_LOG) {
        (void)fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__,
                        "'%.*s' is a log: lines are added to it", TEXT_ARG(f->name));
        return fault_hint(s->cx, "`valise comment ID TEXT --field %.*s`", TEXT_ARG(f->name));
    }
    if (f->kind == FIELD_SECRET && !ask && value.len > 0) {
        return secret_refuse(s, f);
    }
    if (!ask) {
        *ret = value;
        return STATUS_OK;
    }
    struct buf *owned = owned_new(a, DOC_BYTES_MAX);
    if (f->kind == FIELD_SECRET) {
        TRY(secret_read(s, f, owned));
    } else {
        TRY(input_whole(s, owned));
    }
    *ret = buf_text(owned);
out:
    return status;
}

static enum status assign_add(struct session *s, struct assigns *a, const struct field *f,
                              text value)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < a->count; i++) {
        if (a->list[i].field == f && f->kind != FIELD_TAGS) {
            FAIL(s->cx, STATUS_USAGE, "'%.*s' is given twice", TEXT_ARG(f->name));
        }
    }
    if (a->count == ASSIGN_MAX) {
        FAIL(s->cx, STATUS_USAGE, "more than %d fields", (int)ASSIGN_MAX);
    }
    a->list[a->count++] = (struct assignment){f, value};
out:
    return status;
}

enum status assign_one(struct session *s, const struct field *f, text value, struct assigns *ret)
{
    enum status status = STATUS_OK;
    text taken;

    memset(ret, 0, sizeof *ret);
    TRY(value_take(s, f, value, ret, &taken));
    TRY(assign_add(s, ret, f, taken));
out:
    return status;
}

/* --generate FIELD: a password nobody ever typed. */
static enum status generated_add(struct session *s, const struct record_type *type,
                                 struct assigns *a)
{
    enum status status = STATUS_OK;
    const struct field *f;
    text name;

    TRY(option_text(s, "generate", &name));
    if (name.len == 0) {
        goto out;
    }
    TRY(type_find_field(s->cx, type, name, &f));
    if (f->kind != FIELD_SECRET) {
        FAIL(s->cx, STATUS_USAGE, "'%.*s' is not a secret field", TEXT_ARG(f->name));
    }
    struct buf *owned = owned_new(a, LINE_BYTES_MAX);
    TRY(password_into(s, owned));
    TRY(assign_add(s, a, f, buf_text(owned)));
out:
    return status;
}

enum status assigns_parse(struct session *s, const struct record_type *type, size_t first,
                          struct assigns *ret)
{
    enum status status = STATUS_OK;

    memset(ret, 0, sizeof *ret);
    for (size_t i = first; i < s->arg_count; i++) {
        const struct field *f;
        text word;
        text value;
        TRY(arg_text(s, i, &word));
        const char *equals = memchr(word.ptr, '=', word.len);
        if (equals == NULL) {
            status = fault_set(s->cx, STATUS_USAGE, __FILE__, __LINE__, "'%.64s' is no field=value",
                               s->args[i]);
            (void)fault_hint(s->cx, "write field=value; an empty value clears the field");
            goto out;
        }
        size_t name_len = (size_t)(equals - word.ptr);
        TRY(type_find_field(s->cx, type, (text){word.ptr, name_len}, &f));
        TRY(value_take(s, f, (text){equals + 1, word.len - name_len - 1}, ret, &value));
        TRY(assign_add(s, ret, f, value));
    }
    if (option_given(s, "generate")) {
        TRY(generated_add(s, type, ret));
    }
out:
    return status;
}

void assigns_finish(struct assigns *a)
{
    for (size_t i = 0; i < a->owned_count; i++) {
        buf_finish(&a->owned[i]);
    }
    a->owned_count = 0;
    a->count = 0;
}

enum status arg_record(struct session *s, size_t index, int64_t *ret_record,
                       const struct record_type **ret_type)
{
    enum status status = STATUS_OK;
    text id;

    TRY(arg_text(s, index, &id));
    TRY(record_find_id(s->cx, s->records, id, ret_record, ret_type));
out:
    return status;
}

enum status arg_field(struct session *s, size_t index, const struct record_type *type,
                      const struct field **ret)
{
    enum status status = STATUS_OK;
    text name;

    TRY(arg_text(s, index, &name));
    TRY(type_find_field(s->cx, type, name, ret));
out:
    return status;
}

enum status typed_status(struct session *s, enum status status)
{
    if (status == STATUS_MALFORMED) {
        s->cx->fault.status = STATUS_USAGE;
        return STATUS_USAGE;
    }
    return status;
}
