/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kitty: kitty's graphics protocol, and the keys of a terminal.
 */
#include <sodium.h>
#include <string.h>

#include "terminal.h"

/* A picture of one dot that is only asked about, then what every terminal answers: the second
 * answer says that none will come to the first. */
const char terminal_kitty_question[] = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c";

bool terminal_kitty_answer(bytes answer)
{
    return answer.len > 0 && memmem(answer.ptr, answer.len, "\x1b_Gi=31;OK", 10) != NULL;
}

bool terminal_kitty_answered(bytes answer)
{
    const uint8_t *at = answer.len == 0 ? NULL : memmem(answer.ptr, answer.len, "\x1b[?", 3);
    return at != NULL && memchr(at, 'c', answer.len - (size_t)(at - answer.ptr)) != NULL;
}

enum status terminal_kitty(struct ctx *cx, bytes png, struct buf *out)
{
    /* at most 4096 letters at a time, which are 3072 bytes */
    enum { RUN = 3072, LETTERS = 4096 };
    enum status status = STATUS_OK;
    char letters[LETTERS + 1];
    for (size_t at = 0; at < png.len; at += RUN) {
        size_t len = png.len - at < RUN ? png.len - at : RUN;
        (void)sodium_bin2base64(letters, sizeof(letters), png.ptr + at, len,
                                sodium_base64_VARIANT_ORIGINAL);
        TRY(buf_printf(cx, out, "\x1b_G%sm=%d;%s\x1b\\",
                       at == 0 ? "a=T,f=100,i=1,p=1,C=1,q=2," : "q=2,", at + len < png.len,
                       letters));
    }
out:
    return status;
}

/* Arrows mean what they mean in the window. */
static int arrow(uint8_t letter)
{
    switch (letter) {
    case 'A':
        return ']';
    case 'B':
        return '[';
    case 'C':
        return '+';
    case 'D':
        return '-';
    default:
        return 0;
    }
}

enum { CONTROL_C = 3, CONTROL_D = 4, CONTROL_BACKSLASH = 28, ESCAPE = 27 };

int terminal_key(bytes sent, size_t *used)
{
    if (sent.len == 0) {
        *used = 0;
        return 0;
    }
    uint8_t first = sent.ptr[0];
    *used = 1;
    if (first == ESCAPE && sent.len >= 2 && (sent.ptr[1] == '[' || sent.ptr[1] == 'O')) {
        size_t at = 2; /* up to the letter that ends the sequence */
        while (at < sent.len && (sent.ptr[at] < 0x40 || sent.ptr[at] > 0x7e)) {
            at++;
        }
        *used = at < sent.len ? at + 1 : sent.len;
        return at < sent.len ? arrow(sent.ptr[at]) : 0;
    }
    if (first == ESCAPE && sent.len >= 2 && sent.ptr[1] == '_') { /* a late answer about graphics */
        const uint8_t *end = memmem(sent.ptr, sent.len, "\x1b\\", 2);
        *used = end == NULL ? sent.len : (size_t)(end - sent.ptr) + 2;
        return 0;
    }
    if (first == CONTROL_C || first == CONTROL_D || first == CONTROL_BACKSLASH || first == ESCAPE) {
        return 'q';
    }
    return first == '\n' ? '\r' : first;
}
