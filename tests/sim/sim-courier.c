/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who carries the sticks: brings them late, to the wrong person, with pieces taken away, doubled,
 * rotten, torn, exchanged or put back from long ago, and things of his own in between.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *stick_folder(struct sim *s, uint64_t number, char out[static FOLDER_MAX])
{
    snprintf(out, FOLDER_MAX, "%s/stick%llu", s->world->root, (unsigned long long)number);
    return out;
}

struct file {
    char path[FOLDER_MAX + 256];
};

static int order_files(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

/* One of the folder's files, the same whatever order the folder is read in. */
static bool pick(struct sim *s, const char *folder, struct file *ret)
{
    enum { FILES_MAX = 256 };
    struct file *all = calloc(FILES_MAX, sizeof *all);
    size_t count = 0;
    DIR *dir = opendir(folder);

    MUST(all != NULL);
    for (const struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL && count < FILES_MAX;
         e = readdir(dir)) {
        if (e->d_type == DT_REG) {
            snprintf(all[count++].path, sizeof all->path, "%s/%s", folder, e->d_name);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    qsort(all, count, sizeof *all, order_files);
    if (count > 0) {
        *ret = all[roll_more(s, count)];
    }
    free(all);
    return count > 0;
}

static void put(struct sim *s, const char *folder, const void *content, size_t len)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz234567";
    char name[13] = "........vls", path[FOLDER_MAX + 16];

    for (size_t i = 0; i < 8; i++) {
        name[i] = LETTERS[roll_more(s, 32)];
    }
    memcpy(name + 8, ".vls", 5);
    (void)mkdir(folder, 0700);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    scratch_store(path, content, len);
    once_ignore(s, name);
}

void courier_step(struct sim *s)
{
    char folder[FOLDER_MAX], other[FOLDER_MAX];
    struct file f;
    size_t len = 0;

    stick_folder(s, roll_more(s, STICKS), folder);
    stick_folder(s, roll_more(s, STICKS), other);
    if (!pick(s, folder, &f)) {
        return;
    }
    uint8_t *content = scratch_load(f.path, &len);
    taint_medium(s, BYTES(content, len));
    switch (roll_more(s, 6)) {
    case 0: /* taken away, and put on another one */
        put(s, other, content, len);
        (void)remove(f.path);
        break;
    case 1: /* kept for later as well */
        put(s, other, content, len);
        break;
    case 2:
        content[roll_more(s, len)] ^= (uint8_t)(1U << roll_more(s, 8));
        put(s, folder, content, len);
        (void)remove(f.path);
        break;
    case 3: /* torn */
        put(s, folder, content, roll_more(s, len));
        (void)remove(f.path);
        break;
    case 4: /* a piece of his own making under a tag he saw */
        machine_fill(&s->more, content + 32, len - 32);
        put(s, folder, content, len);
        break;
    default: /* lost */
        (void)remove(f.path);
        break;
    }
    free(content);
}

void courier_unpack(struct sim *s, struct actor *to)
{
    char folder[FOLDER_MAX];
    struct unpack_report unpacked;

    stick_folder(s, roll_more(s, STICKS), folder);
    if (to->dead || access(folder, R_OK) != 0) {
        return;
    }
    enum status status = transfer_unpack(to->desk.cx, to->desk.records, folder,
                                         &(struct unpack_options){0}, &unpacked);
    if (status == STATUS_FORGED && s->forked) {
        fault_clear(to->desk.cx);
        return;
    }
    expect(s, to, status, "unpacking what a courier brought");
}
