/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay: runs a fuzz target over every file of one folder, so that each input that ever mattered
 * stays a test with any compiler. A missing or an empty folder is a failure: silence proves
 * nothing.
 */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Runs one file, in a heap block of exactly its size, so that a sanitizer sees the smallest
 * overrun. */
static int replay_file(const char *path)
{
    struct stat info;
    int result = -1;
    uint8_t *data = NULL;
    FILE *file = fopen(path, "rb");

    if (file == NULL || fstat(fileno(file), &info) != 0 || info.st_size < 0) {
        goto out;
    }
    size_t len = (size_t)info.st_size;
    data = malloc(len == 0 ? 1 : len);
    if (data == NULL || fread(data, 1, len, file) != len) {
        goto out;
    }
    result = LLVMFuzzerTestOneInput(data, len);
out:
    free(data);
    if (file != NULL) {
        (void)fclose(file);
    }
    return result;
}

int main(int argc, char **argv)
{
    struct dirent *entry;
    char path[PATH_MAX];
    size_t count = 0;

    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (folder == NULL) {
        fprintf(stderr, "replay: error: no corpus at '%s'\n", argc == 2 ? argv[1] : "");
        return 1;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        int wanted = snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        if (wanted < 0 || (size_t)wanted >= sizeof path || replay_file(path) != 0) {
            fprintf(stderr, "replay: error: '%s' was not run\n", entry->d_name);
            return 1;
        }
        count++;
    }
    (void)closedir(folder);
    printf("%zu inputs\n", count);
    return count == 0 ? 1 : 0;
}
