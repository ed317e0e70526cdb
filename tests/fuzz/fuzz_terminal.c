/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oracle: what a terminal sends is taken key by key to its end, never more than there is, and never
 * nothing; and what a title holds stays letters in one row of the terminal.
 */
#include <string.h>

#include "terminal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void keys_end(bytes sent)
{
    (void)terminal_kitty_answer(sent);
    (void)terminal_kitty_answered(sent);
    while (sent.len > 0) {
        size_t used = 0;
        int key = terminal_key(sent, &used);
        MUST(used >= 1 && used <= sent.len && key >= 0 && key <= 255);
        sent = BYTES(sent.ptr + used, sent.len - used);
    }
}

/* One place, one pair of colours, 40 columns; then the bar's. */
static void title_stays_in_its_row(const char *title)
{
    static const char start[] = "\x1b[7;1H\x1b[38;5;16;48;5;231m";
    struct ctx cx;
    struct buf out;
    struct words words = {.permille = -1};
    size_t columns = 0;
    ctx_init(&cx, system_real());
    buf_init(&out, 1 << 20);
    words_add(&words, "%s", title);
    MUST(utf8_valid(BYTES(words.lines[0], strlen(words.lines[0]))));
    MUST(terminal_words(&cx, &words, 40, 7, &out) == STATUS_OK);
    MUST(out.len >= sizeof(start) - 1 && memcmp(out.ptr, start, sizeof(start) - 1) == 0);
    text row = {(const char *)out.ptr + sizeof(start) - 1, out.len - (sizeof(start) - 1)};
    for (size_t pos = 0; pos < row.len;) {
        uint32_t c = utf8_next(row, &pos);
        MUST(c >= 0x20 && c != 0x7f && (c < 0x80 || c > 0x9f));
        columns += (size_t)utf8_width(c);
    }
    MUST(columns == 40);
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char title[300];
    keys_end(BYTES(data, len));
    if (len < sizeof(title) && utf8_valid(BYTES(data, len)) && memchr(data, 0, len) == NULL) {
        memcpy(title, data, len);
        title[len] = '\0';
        title_stays_in_its_row(title);
    }
    return 0;
}
