/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qr: a code's squares, by libqrencode. It raises the version by itself when bytes do not fit:
 * that is refused here, because a canvas has cells of one size.
 */
#include <qrencode.h>

#include "faces.h"

static QRecLevel level_of(enum qr_level level)
{
    switch (level) {
    case QR_LOW:
        return QR_ECLEVEL_L;
    case QR_MEDIUM:
        return QR_ECLEVEL_M;
    case QR_QUARTILE:
        break;
    }
    return QR_ECLEVEL_Q;
}

bool qr_draw(const uint8_t *content, size_t len, unsigned version, enum qr_level level,
             uint8_t room[static QR_SIDE_MAX * QR_SIDE_MAX], unsigned *ret_side)
{
    bool drawn = false;
    QRcode *code = NULL;
    QRinput *input = NULL;
    if (version > QR_VERSION_MAX || len < 1 || len > QR_BYTES_MAX) {
        return false;
    }
    input = QRinput_new2((int)version, level_of(level));
    if (input == NULL || QRinput_append(input, QR_MODE_8, (int)len, content) != 0) {
        goto out;
    }
    code = QRcode_encodeInput(input);
    if (code == NULL || code->width < 1 || code->width > QR_SIDE_MAX ||
        (version != 0 && code->version != (int)version)) {
        goto out;
    }
    *ret_side = (unsigned)code->width;
    for (size_t i = 0; i < (size_t)code->width * (size_t)code->width; i++) {
        room[i] = code->data[i] & 1;
    }
    drawn = true;
out:
    QRcode_free(code);
    QRinput_free(input);
    return drawn;
}
