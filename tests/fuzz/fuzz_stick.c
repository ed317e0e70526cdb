/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oracle: whatever lies on a stick is judged by name, kind and size alone; its name comes out as
 * valid UTF-8; only exactly three sizes are pieces; and counting its bytes never divides by zero.
 * The first byte gives the length of the name, the rest is the file.
 */
#include <string.h>
#include <sys/stat.h>

#include "transfer-int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void judge(struct ctx *cx, const char *name, uint64_t size)
{
    static const uint32_t modes[] = {S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO, S_IFCHR, S_IFREG | 0777};
    struct stick_file f;
    struct buf shown;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        stick_judge(name, modes[i], size, &f);
        MUST(f.what != NULL);
        MUST(f.kind != STICK_PIECE || (S_ISREG(modes[i]) && piece_size_valid(size)));
        MUST(f.kind != STICK_PIECE || strlen(name) == PIECE_NAME_BYTES);
    }
    buf_init(&shown, 1024);
    MUST(stick_name_text(cx, name, &shown) == STATUS_OK);
    MUST(utf8_valid(buf_view(&shown)));
    buf_finish(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char name[256];
    struct byte_count count = {0};
    struct piece piece;
    struct ctx cx;
    if (len == 0) {
        return 0;
    }
    size_t name_len = data[0] < len - 1 ? data[0] : len - 1;
    memcpy(name, data + 1, name_len);
    name[name_len] = '\0';
    bytes file = BYTES(data + 1 + name_len, len - 1 - name_len);
    ctx_init(&cx, system_real());
    judge(&cx, name, file.len);
    judge(&cx, name, PIECE_SIZE_MEDIUM);
    bool whole = piece_parse(&cx, file, &piece) == STATUS_OK;
    MUST(whole == piece_size_valid(file.len));
    byte_count_add(&count, file);
    MUST(byte_count_chi_square(&count) >= 0);
    return 0;
}
