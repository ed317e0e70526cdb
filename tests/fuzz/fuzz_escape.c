/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oracle: whatever the bytes, what the escapes give is valid UTF-8 without a control (but the line
 * feeds that were asked for), a bidi control or an invisible character; a JSON string ends at its
 * own last quote and nowhere before.
 */
#include "base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must_be_harmless(text t, bool lines)
{
    MUST(utf8_valid(BYTES(t.ptr, t.len)));
    for (size_t pos = 0; pos < t.len;) {
        uint32_t c = utf8_next(t, &pos);
        MUST(c >= 0x20 || (lines && c == '\n'));
        MUST(c < 0x7F || c > 0x9F);
        MUST(c != 0xAD && c != 0x061C && c != 0xFEFF && c != 0x180E);
        MUST(c < 0x200B || c > 0x200F);
        MUST(c < 0x2028 || c > 0x202E);
        MUST(c < 0x2060 || c > 0x206F);
        MUST(c < 0xFE00 || c > 0xFE0F);
        MUST(c < 0xE0000 || c > 0xE0FFF);
        MUST((c & 0xFFFE) != 0xFFFE);
        MUST(utf8_width(c) <= 2);
    }
}

static void must_be_one_json_string(text t)
{
    must_be_harmless(t, false);
    MUST(t.len >= 2 && t.ptr[0] == '"' && t.ptr[t.len - 1] == '"');
    for (size_t i = 1; i < t.len - 1; i++) {
        MUST(t.ptr[i] != '"');
        if (t.ptr[i] == '\\') {
            i++;
            MUST(i < t.len - 1);
            MUST(t.ptr[i] == '"' || t.ptr[i] == '\\' || t.ptr[i] == 'u');
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    text t = {.ptr = (const char *)data, .len = len};
    struct buf out;
    struct ctx cx;

    ctx_init(&cx, system_real());
    buf_init(&out, 16 * len + 16);
    MUST(escape_terminal(&cx, &out, t, false) == STATUS_OK);
    must_be_harmless(buf_text(&out), false);
    buf_clear(&out);
    MUST(escape_terminal(&cx, &out, t, true) == STATUS_OK);
    must_be_harmless(buf_text(&out), true);
    buf_clear(&out);
    MUST(escape_json(&cx, &out, t) == STATUS_OK);
    must_be_one_json_string(buf_text(&out));
    buf_finish(&out);
    return 0;
}
