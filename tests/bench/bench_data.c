/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data of the bench, the same bytes on every machine: a seeded generator, no files of the host.
 *
 *   bench_data mixed MIB FILE             alternating MiB of source-like text and of noise
 *   bench_data framed COUNT FILE [ROUND]  change records as JSON, each behind its length (4, LE)
 *   bench_data files COUNT DIR [ROUND]    the same records, one a file in up to 256 folders
 *   bench_data xml COUNT FILE [ROUND]     records as KeePassXC takes them
 */
#include "bench_text.h"

#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 1024 * 1024 };

static void make_mixed(uint64_t blocks, const char *path)
{
    static char block[BLOCK];
    int fd = bench_open(path, O_WRONLY | O_CREAT | O_TRUNC);
    struct bench_random r = bench_random_start(1);
    for (uint64_t i = 0; i < blocks; i++) {
        if (i % 2 == 0) {
            bench_source(&r, block, sizeof block);
        } else {
            bench_noise(&r, block, sizeof block);
        }
        bench_write(fd, block, sizeof block);
    }
    (void)close(fd);
}

static FILE *file_open(const char *path)
{
    FILE *out = fopen(path, "wb");
    if (out == NULL) {
        bench_die(path);
    }
    return out;
}

static void file_close(FILE *out, const char *path)
{
    if (fclose(out) != 0) {
        bench_die(path);
    }
}

static void make_framed(uint64_t count, uint64_t round, const char *path)
{
    char record[BENCH_RECORD_MAX];
    FILE *out = file_open(path);
    for (uint64_t i = 0; i < count; i++) {
        uint32_t len = (uint32_t)bench_change_json(i, round, record);
        uint8_t frame[4] = {(uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16), 0};
        (void)fwrite(frame, 1, sizeof frame, out);
        (void)fwrite(record, 1, len, out);
    }
    file_close(out, path);
}

static void make_files(uint64_t count, uint64_t round, const char *dir)
{
    char record[BENCH_RECORD_MAX], path[4096];
    for (uint64_t i = 0; i < count; i++) {
        size_t len = bench_change_json(i, round, record);
        snprintf(path, sizeof path, "%s/%02x", dir, (unsigned)(i % 256));
        (void)mkdir(path, 0700);
        snprintf(path, sizeof path, "%s/%02x/%06u.json", dir, (unsigned)(i % 256), (unsigned)i);
        int fd = bench_open(path, O_WRONLY | O_CREAT | O_TRUNC);
        bench_write(fd, record, len);
        (void)close(fd);
    }
}

/* KeePass's XML; entry n keeps its id from round to round and gets a later date. */
static void make_xml(uint64_t count, uint64_t round, const char *path)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char title[BENCH_RECORD_MAX], body[BENCH_RECORD_MAX], id[] = "CAAAAAAAAAAAAAAAAAAAAA==";
    FILE *out = file_open(path);
    fputs("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<KeePassFile><Meta/><Root><Group>"
          "<UUID>BBBBBBBBBBBBBBBBBBBBBA==</UUID><Name>desk</Name>\n",
          out);
    for (uint64_t i = 0; i < count; i++) {
        for (int at = 0; at < 6; at++) {
            id[4 + at] = digits[(i >> (6 * at)) & 63];
        }
        bench_title(i, title);
        bench_body(i, round, body);
        fprintf(out,
                "<Entry><UUID>%s</UUID><Times><LastModificationTime>2026-01-0%uT00:00:00Z"
                "</LastModificationTime></Times><String><Key>Title</Key><Value>%s</Value></String>"
                "<String><Key>Notes</Key><Value>%s</Value></String></Entry>\n",
                id, (unsigned)(1 + round), title, body);
    }
    fputs("</Group></Root></KeePassFile>\n", out);
    file_close(out, path);
}

int main(int argc, char **argv)
{
    uint64_t count = argc >= 4 ? strtoull(argv[2], NULL, 10) : 0;
    uint64_t round = argc == 5 ? strtoull(argv[4], NULL, 10) : 0;

    if (count > 0 && strcmp(argv[1], "mixed") == 0) {
        make_mixed(count, argv[3]);
    } else if (count > 0 && strcmp(argv[1], "framed") == 0) {
        make_framed(count, round, argv[3]);
    } else if (count > 0 && strcmp(argv[1], "files") == 0) {
        make_files(count, round, argv[3]);
    } else if (count > 0 && strcmp(argv[1], "xml") == 0) {
        make_xml(count, round, argv[3]);
    } else {
        fputs("usage: bench_data mixed|framed|files|xml COUNT PATH [ROUND]\n", stderr);
        return 2;
    }
    return 0;
}
