/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recovery sheet: a member's root seed as 21 words with 15 bits of checksum, on a page that
 * says what it is and what to do with it. It is read back by sheet-read.c.
 */
#include <string.h>

#include "keys-int.h"

uint16_t sheet_check(const struct secret *seed)
{
    struct id hash;
    hash_domain("valise/sheet", secret_view(seed), BYTES(NULL, 0), &hash);
    uint16_t check = (uint16_t)((hash.b[0] << 8 | hash.b[1]) >> 1);
    wipe(&hash, sizeof(hash));
    return check;
}

/* seed * 2^15 + check, big-endian in 34 bytes (271 bits). */
static void sheet_number(const struct secret *seed, uint8_t number[static SHEET_NUMBER_BYTES])
{
    bytes raw = secret_view(seed);
    unsigned check = sheet_check(seed);
    MUST(raw.len == SEED_BYTES);
    unsigned carry = 0;
    for (size_t i = 0; i < SEED_BYTES; i++) {
        number[i] = (uint8_t)(carry | raw.ptr[i] >> 1);
        carry = (raw.ptr[i] & 1U) << 7;
    }
    number[SEED_BYTES] = (uint8_t)(carry | check >> 8);
    number[SEED_BYTES + 1] = (uint8_t)(check & 0xff);
}

enum status sheet_code(struct ctx *cx, const struct secret *seed, struct buf *out)
{
    uint8_t number[SHEET_NUMBER_BYTES];
    sheet_number(seed, number);
    enum status status = code_write(cx, SHEET_CODE, BYTES_OF(number), out);
    wipe(number, sizeof(number));
    return status;
}

enum status words_grid(struct ctx *cx, const uint16_t *digits, size_t count, struct buf *out)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        text word = word_at(digits[i]);
        bool last_of_line = i % WORDS_PER_LINE == WORDS_PER_LINE - 1 || i == count - 1;
        TRY(buf_printf(cx, out, "  %2zu. %.*s", i + 1, (int)word.len, word.ptr));
        for (size_t blank = word.len; !last_of_line && blank < 12; blank++) {
            TRY(buf_add_byte(cx, out, ' '));
        }
        if (last_of_line) {
            TRY(buf_add_byte(cx, out, '\n'));
        }
    }
out:
    return status;
}

enum status sheet_write(struct ctx *cx, const struct secret *seed, text team, text member,
                        struct buf *out)
{
    enum status status = STATUS_OK;
    uint16_t digits[SHEET_WORDS] = {0};
    uint8_t number[SHEET_NUMBER_BYTES];
    TRY(buf_add_text(cx, out, TEXT("VALISE RECOVERY SHEET\n\nteam:   ")));
    TRY(escape_terminal(cx, out, team, false));
    TRY(buf_add_text(cx, out, TEXT("\nmember: ")));
    TRY(escape_terminal(cx, out, member, false));
    TRY(buf_add_text(cx, out, TEXT("\n\nwords:\n")));
    sheet_number(seed, number);
    digits_of_number(number, sizeof(number), digits, SHEET_WORDS);
    TRY(words_grid(cx, digits, SHEET_WORDS, out));
    TRY(buf_add_text(
        cx, out,
        TEXT("\nWhoever has these words can add devices in this member's name. They open no\n"
             "records by themselves. Keep this sheet on paper only, away from the devices, in an\n"
             "envelope that shows when it was opened. Delete the file once it is printed.\n"
             "\n"
             "You need it when a device is lost or broken, or for a further one: in a new vault\n"
             "`valise restore device` asks for these words and makes a file; a colleague answers\n"
             "it with `valise invite` and lets the device in. If the sheet is lost\n"
             "or somebody else saw it, tell an administrator of the team.\n")));
out:
    wipe(digits, sizeof(digits));
    wipe(number, sizeof(number));
    return status;
}
