/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make: writes all vectors into a folder. `make_vectors tests/vectors/data` renews the committed
 * files; a test writes them elsewhere and compares byte for byte.
 */
#include "make.h"

#include <stdlib.h>

void maker_open(struct maker *m, const char *folder, const char *layer)
{
    char path[4096];
    *m = (struct maker){.layer = layer};
    MUST(snprintf(path, sizeof path, "%s/%s.jsonl", folder, layer) < (int)sizeof path);
    m->file = fopen(path, "wb");
    if (m->file == NULL) {
        fprintf(stderr, "make_vectors: error: cannot write '%s'\n", path);
        exit(1);
    }
    m->system =
        (struct system){.random = sample_random_fill, .now = sample_now, .self = &m->random};
    ctx_init(&m->cx, &m->system);
}

void maker_close(struct maker *m)
{
    MUST(fclose(m->file) == 0);
    printf("%-10s %zu\n", m->layer, m->count);
}

void vector_text(struct maker *m, const char *key, const char *value)
{
    fprintf(m->file, ",\"%s\":\"%s\"", key, value);
}

void vector_number(struct maker *m, const char *key, uint64_t value)
{
    fprintf(m->file, ",\"%s\":\"%llu\"", key, (unsigned long long)value);
}

void vector_bytes(struct maker *m, const char *key, bytes value)
{
    enum { RUN_MIN = 8 };
    fprintf(m->file, ",\"%s\":\"", key);
    for (size_t i = 0; i < value.len;) {
        size_t run = 1;
        while (i + run < value.len && value.ptr[i + run] == value.ptr[i]) {
            run++;
        }
        if (run >= RUN_MIN) {
            fprintf(m->file, "(%02x*%zu)", value.ptr[i], run);
            i += run;
        } else {
            fprintf(m->file, "%02x", value.ptr[i]);
            i++;
        }
    }
    fputc('"', m->file);
}

void vector_begin(struct maker *m, const char *name, enum status status, const char *clause)
{
    fprintf(m->file, "{\"name\":\"%s\",\"layer\":\"%s\",\"status\":\"%s\",\"clause\":\"%s\"", name,
            m->layer, status_name(status), clause);
    MUST((status == STATUS_OK) == (clause[0] == '\0'));
    m->count++;
}

void vector_end(struct maker *m, bytes input)
{
    vector_bytes(m, "input", input);
    fputs("}\n", m->file);
}

static unsigned hex_digit(char c)
{
    MUST((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static uint8_t hex_byte(const char *hex)
{
    return (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
}

void add_hex(struct ctx *cx, struct buf *out, const char *hex)
{
    while (*hex != '\0') {
        size_t times = 1;
        uint8_t byte, *at = NULL;
        if (*hex == ' ') {
            hex++;
            continue;
        }
        if (*hex == '(') {
            char *end = NULL;
            MUST(hex[3] == '*');
            byte = hex_byte(hex + 1);
            times = strtoul(hex + 4, &end, 10);
            MUST(*end == ')');
            hex = end + 1;
        } else {
            byte = hex_byte(hex);
            hex += 2;
        }
        GOOD(buf_extend(cx, out, times, &at));
        memset(at, byte, times);
    }
}

void change_apply(struct ctx *cx, bytes base, const struct change *c, struct buf *out)
{
    MUST(c->at <= base.len && c->remove <= base.len - c->at);
    size_t behind = c->at + c->remove;
    GOOD(buf_add(cx, out, BYTES(base.ptr, c->at)));
    add_hex(cx, out, c->hex);
    GOOD(buf_add(cx, out, BYTES(base.ptr + behind, base.len - behind)));
}

int main(int argc, char **argv)
{
    if (argc != 2 || sodium_init() < 0) {
        fprintf(stderr, "usage: make_vectors FOLDER\n");
        return 2;
    }
    make_wire(argv[1]);
    make_entry(argv[1]);
    make_body(argv[1]);
    make_piece(argv[1]);
    make_bundle(argv[1]);
    make_join(argv[1]);
    make_invite(argv[1]);
    make_derive(argv[1]);
    make_light(argv[1]);
    return 0;
}
