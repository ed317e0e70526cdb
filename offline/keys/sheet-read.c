/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a recovery sheet back: from its page, from typed words, or from its QR code.
 */
#include <string.h>

#include "keys-int.h"

bool typed_is_sheet(text typed)
{
    return text_starts(typed, SHEET_CODE) || text_starts(typed, TEXT("VALISE RECOVERY SHEET"));
}

enum status sheet_parse(struct ctx *cx, text typed, struct secret **ret_seed)
{
    enum status status = STATUS_OK;
    uint16_t digits[SHEET_WORDS] = {0};
    uint8_t number[SHEET_NUMBER_BYTES] = {0};
    struct secret *seed = NULL;
    bool is_code = false;
    bool fits = true;
    if (typed_is_share(typed)) {
        (void)fault_set(cx, STATUS_USAGE, __FILE__, __LINE__,
                        "this is a share of a sheet, not a recovery sheet");
        status = fault_hint(cx, "`valise recovery join` takes shares");
        goto out;
    }
    TRY(code_read(cx, "recovery sheet", typed, SHEET_CODE, number, sizeof(number), &is_code));
    if (!is_code) {
        TRY(words_read(cx, "recovery sheet", typed, digits, SHEET_WORDS));
        fits = number_of_digits(digits, SHEET_WORDS, number, sizeof(number));
    }
    TRY(secret_new(cx, SEED_BYTES, &seed));
    fits = fits && (number[0] & 0x80) == 0; /* 271 bits: the topmost of 272 stays zero */
    for (size_t i = 0; i < SEED_BYTES; i++) {
        secret_ptr(seed)[i] = (uint8_t)(number[i] << 1 | number[i + 1] >> 7);
    }
    unsigned check = (number[SEED_BYTES] & 0x7fU) << 8 | number[SEED_BYTES + 1];
    if (!fits || check != sheet_check(seed)) {
        status = fault_set(cx, STATUS_USAGE, __FILE__, __LINE__,
                           "recovery sheet: all words exist, but they do not belong together");
        (void)fault_hint(cx, "compare each word and their order with the paper");
        goto out;
    }
    *ret_seed = seed;
    seed = NULL;
out:
    secret_free(&seed);
    wipe(digits, sizeof(digits));
    wipe(number, sizeof(number));
    return status;
}
