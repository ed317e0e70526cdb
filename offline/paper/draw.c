/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw: a code's squares, by libqrencode: alphanumeric letters, a quarter of the code may be lost
 * (level Q): paper is folded and stained.
 */
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"

enum paper_how code_draw(const uint8_t *content, size_t len, uint8_t *room, size_t max,
                         size_t *ret_len)
{
    enum paper_how how = PAPER_FAILED;
    QRcode *code = NULL;
    QRinput *input = QRinput_new2(0, QR_ECLEVEL_Q);
    if (input == NULL || len > INT16_MAX ||
        QRinput_append(input, QR_MODE_AN, (int)len, content) != 0) {
        goto out;
    }
    code = QRcode_encodeInput(input);
    if (code == NULL || code->width < 1) {
        goto out;
    }
    size_t dots = (size_t)code->width * (size_t)code->width;
    if (dots > max) {
        goto out;
    }
    for (size_t i = 0; i < dots; i++) {
        room[i] = code->data[i] & 1;
    }
    *ret_len = dots;
    how = PAPER_DONE;
out:
    QRcode_free(code);
    QRinput_free(input);
    return how;
}
