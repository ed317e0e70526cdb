/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A share outside of memory: 45 bytes, the same as 28 words on a page, and the same as the text of
 * a QR code.
 *
 *   byte 0  version (1), kind        byte 1  need - 1, of - 1      byte 2  number - 1, check
 *   bytes 3, 4  check                5 .. 12  set                  13 .. 44  value
 *
 * Halves of a byte are 4 bits, the left one on top. check: the first 20 bits of
 * H("valise/share", bytes 0, 1, 2 without check, set, value); it finds a mistyped word. That a
 * share is right is proved by its set (shares.c).
 */
#include <string.h>

#include "keys-int.h"

enum { SHARE_VERSION = 1, SHARE_WORDS = 28, AT_SET = 5, AT_VALUE = 13, PAGE_LABEL_MAX = 512 };
#define SHARE_CODE TEXT("VALISE-SHARE:")

/* 20 bits: the low half of byte 2, bytes 3 and 4. */
static void put_check(uint8_t packed[static KEY_SHARE_PACKED_BYTES])
{
    struct id hash;
    packed[2] &= 0xf0;
    hash_domain("valise/share", BYTES(packed, 3),
                BYTES(packed + AT_SET, KEY_SHARE_PACKED_BYTES - AT_SET), &hash);
    packed[2] |= hash.b[0] >> 4;
    packed[3] = (uint8_t)(hash.b[0] << 4 | hash.b[1] >> 4);
    packed[4] = (uint8_t)(hash.b[1] << 4 | hash.b[2] >> 4);
    wipe(&hash, sizeof(hash));
}

void key_share_pack(const struct key_share *s, uint8_t ret[static KEY_SHARE_PACKED_BYTES])
{
    ret[0] = (uint8_t)(SHARE_VERSION << 4 | (unsigned)s->kind);
    ret[1] = (uint8_t)((s->need - 1) << 4 | (s->of - 1));
    ret[2] = (uint8_t)((s->number - 1) << 4);
    memcpy(ret + AT_SET, s->set, KEY_SHARE_SET_BYTES);
    memcpy(ret + AT_VALUE, s->value, SHARED_BYTES);
    put_check(ret);
}

enum status key_share_unpack(struct ctx *cx, bytes packed, struct key_share *ret)
{
    enum status status = STATUS_OK;
    struct key_share s = {.kind = SHARE_ROOT};
    uint8_t again[KEY_SHARE_PACKED_BYTES];
    if (packed.len != KEY_SHARE_PACKED_BYTES) {
        FAIL(cx, STATUS_MALFORMED, "a share has %d bytes, not %zu", KEY_SHARE_PACKED_BYTES,
             packed.len);
    }
    memcpy(again, packed.ptr, sizeof(again));
    put_check(again);
    if (memcmp(again, packed.ptr, sizeof(again)) != 0) {
        (void)fault_set(cx, STATUS_MALFORMED, __FILE__, __LINE__,
                        "share: its parts do not belong together");
        status = fault_hint(cx, "compare each word and their order with the paper");
        goto out;
    }
    if (packed.ptr[0] >> 4 != SHARE_VERSION) {
        FAIL(cx, STATUS_UNSUPPORTED, "a share of version %d; this valise knows %d",
             packed.ptr[0] >> 4, SHARE_VERSION);
    }
    unsigned kind = packed.ptr[0] & 15U;
    if (kind != SHARE_ROOT && kind != SHARE_TRAVEL) {
        FAIL(cx, STATUS_UNSUPPORTED, "a share of unknown kind %u", kind);
    }
    s.kind = (enum key_share_kind)kind;
    s.need = (packed.ptr[1] >> 4) + 1U;
    s.of = (packed.ptr[1] & 15U) + 1U;
    s.number = (packed.ptr[2] >> 4) + 1U;
    if (key_share_shape_fault(s.need, s.of) != NULL || s.number > s.of) {
        FAIL(cx, STATUS_MALFORMED, "share %u of a set that has %u and needs %u", s.number, s.of,
             s.need);
    }
    memcpy(s.set, packed.ptr + AT_SET, KEY_SHARE_SET_BYTES);
    memcpy(s.value, packed.ptr + AT_VALUE, SHARED_BYTES);
    *ret = s;
out:
    wipe(&s, sizeof(s));
    wipe(again, sizeof(again));
    return status;
}

enum status key_share_set_words(struct ctx *cx, const uint8_t set[static KEY_SHARE_SET_BYTES],
                                struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t number[4];
    uint16_t digits[2];
    memcpy(number, set, sizeof(number));
    number[0] &= 0x01; /* 25 bits: below 7776^2 */
    digits_of_number(number, sizeof(number), digits, 2);
    TRY(buf_add_text(cx, out, word_at(digits[0])));
    TRY(buf_add_byte(cx, out, '.'));
    TRY(buf_add_text(cx, out, word_at(digits[1])));
out:
    return status;
}

text key_share_kind_words(enum key_share_kind kind)
{
    return kind == SHARE_ROOT ? TEXT("recovery sheet") : TEXT("travel lock");
}

enum status key_share_code(struct ctx *cx, const struct key_share *s, struct buf *out)
{
    uint8_t packed[KEY_SHARE_PACKED_BYTES];
    key_share_pack(s, packed);
    enum status status = code_write(cx, SHARE_CODE, BYTES_OF(packed), out);
    wipe(packed, sizeof(packed));
    return status;
}

static enum status label(struct ctx *cx, struct buf *out, text name, text value)
{
    enum status status = STATUS_OK;
    if (value.len == 0) {
        goto out;
    }
    TRY(buf_add_text(cx, out, name));
    TRY(escape_terminal(cx, out, value, false));
    TRY(buf_add_byte(cx, out, '\n'));
out:
    return status;
}

static enum status what_to_do(struct ctx *cx, const struct key_share *s, struct buf *out)
{
    return buf_printf(
        cx, out,
        "\nAny %u of the %u shares of this set bring back %s.\n"
        "Fewer tell nothing. Keep this one where nobody finds it together with another one: on\n"
        "paper in a closed envelope, or in your own vault with `valise recovery keep FILE`.\n"
        "Delete the file once it is printed or kept.\n"
        "\n"
        "Give it back only to the person named above, face to face or by a voice you know.\n"
        "Somebody who is forced to ask for it has not asked. When you doubt, say no.\n"
        "%s\n",
        s->need, s->of,
        s->kind == SHARE_ROOT ? "the member's recovery sheet" : "the key of the traveller's vault",
        s->kind == SHARE_ROOT ? "It is given back with `valise recovery join`."
                              : "It is given back with `valise travel unlock`.");
}

enum status key_share_write(struct ctx *cx, const struct key_share *s,
                            const struct key_share_labels *labels, struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t packed[KEY_SHARE_PACKED_BYTES];
    uint16_t digits[SHARE_WORDS] = {0};
    TRY(buf_printf(cx, out, "VALISE SHARE %u OF %u\n\n", s->number, s->of));
    TRY(label(cx, out, TEXT("of:    "), labels->owner));
    TRY(label(cx, out, TEXT("team:  "), labels->team));
    TRY(label(cx, out, TEXT("for:   "), key_share_kind_words(s->kind)));
    TRY(label(cx, out, TEXT("held:  "), labels->holder));
    TRY(buf_add_text(cx, out, TEXT("set:   ")));
    TRY(key_share_set_words(cx, s->set, out));
    TRY(buf_printf(cx, out, " (any %u of %u)\n\nwords:\n", s->need, s->of));
    key_share_pack(s, packed);
    digits_of_number(packed, sizeof(packed), digits, SHARE_WORDS);
    TRY(words_grid(cx, digits, SHARE_WORDS, out));
    TRY(what_to_do(cx, s, out));
out:
    wipe(packed, sizeof(packed));
    wipe(digits, sizeof(digits));
    return status;
}

enum status key_share_parse(struct ctx *cx, text typed, struct key_share *ret)
{
    enum status status = STATUS_OK;
    uint16_t digits[SHARE_WORDS] = {0};
    uint8_t packed[KEY_SHARE_PACKED_BYTES] = {0};
    bool is_code = false;
    if (typed_is_sheet(typed)) {
        FAIL(cx, STATUS_USAGE, "this is a recovery sheet, not a share");
    }
    TRY(code_read(cx, "share", typed, SHARE_CODE, packed, sizeof(packed), &is_code));
    if (!is_code) {
        TRY(words_read(cx, "share", typed, digits, SHARE_WORDS));
        if (!number_of_digits(digits, SHARE_WORDS, packed, sizeof(packed))) {
            (void)fault_set(cx, STATUS_MALFORMED, __FILE__, __LINE__,
                            "share: its parts do not belong together");
            status = fault_hint(cx, "compare each word and their order with the paper");
            goto out;
        }
    }
    TRY(key_share_unpack(cx, BYTES_OF(packed), ret));
out:
    wipe(digits, sizeof(digits));
    wipe(packed, sizeof(packed));
    return status;
}

bool typed_is_share(text typed)
{
    return text_starts(typed, SHARE_CODE) || text_starts(typed, TEXT("VALISE SHARE"));
}

void key_share_labels_read(text page, struct key_share_labels *ret)
{
    text line = {0};
    size_t at = 0;
    *ret = (struct key_share_labels){.owner = {0}};
    while (line_next(page, &at, &line) && !text_equal(line, TEXT("words:"))) {
        size_t colon = 0;
        while (colon < line.len && line.ptr[colon] != ':') {
            colon++;
        }
        text name = {line.ptr, colon};
        size_t from = colon < line.len ? colon + 1 : colon;
        while (from < line.len && line.ptr[from] == ' ') {
            from++;
        }
        text value = {line.ptr + from, line.len - from};
        if (value.len > PAGE_LABEL_MAX) {
            continue;
        }
        if (text_equal(name, TEXT("of")) || text_equal(name, TEXT("member"))) {
            ret->owner = value;
        } else if (text_equal(name, TEXT("team"))) {
            ret->team = value;
        } else if (text_equal(name, TEXT("held"))) {
            ret->holder = value;
        }
    }
}
