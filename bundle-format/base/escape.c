/* SPDX-License-Identifier: Apache-2.0 */
/*
 * escape: the security boundary between a stranger's text and what reads our output: a terminal,
 * a person's eyes, a JSON parser, a page.
 *
 * Invariant: whatever the input, valid UTF-8 or not, the output is valid UTF-8 without a control
 * (but the line feeds asked for), without anything that turns the direction of writing, and
 * without a character that takes no room on the screen and yet makes two texts differ.
 *
 * Unicode 14 is the base of the table: the bidi controls, all of Default_Ignorable_Code_Point,
 * all of category Cf but the prepended signs that are seen, and the line and paragraph separators.
 */
#include "base-int.h"

/* Ascending. Never shown as they are. */
static const struct range hidden[] = {
    {0x0000, 0x001F},   /* C0 */
    {0x007F, 0x009F},   /* DEL, C1 */
    {0x00AD, 0x00AD},   /* soft hyphen */
    {0x034F, 0x034F},   /* combining grapheme joiner */
    {0x061C, 0x061C},   /* Arabic letter mark: bidi */
    {0x115F, 0x1160},   /* Hangul fillers */
    {0x17B4, 0x17B5},   /* Khmer inherent vowels */
    {0x180B, 0x180F},   /* Mongolian variation selectors, vowel separator */
    {0x200B, 0x200F},   /* zero width, joiners, bidi marks */
    {0x2028, 0x202E},   /* line and paragraph separator, bidi embeddings and overrides */
    {0x2060, 0x206F},   /* word joiner, invisible operators, bidi isolates, deprecated */
    {0x2800, 0x2800},   /* Braille blank */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xFDD0, 0xFDEF},   /* noncharacters */
    {0xFE00, 0xFE0F},   /* variation selectors */
    {0xFEFF, 0xFEFF},   /* byte order mark */
    {0xFFA0, 0xFFA0},   /* halfwidth Hangul filler */
    {0xFFF0, 0xFFFB},   /* ignorable, interlinear annotation */
    {0x13430, 0x1343F}, /* Egyptian format controls */
    {0x1BCA0, 0x1BCA3}, /* shorthand format controls */
    {0x1D173, 0x1D17A}, /* musical format controls */
    {0xE0000, 0xE0FFF}, /* tags, variation selectors supplement, ignorable */
};

static bool is_hidden(uint32_t code_point)
{
    /* each plane ends with two noncharacters */
    return (code_point & 0xFFFE) == 0xFFFE ||
           range_has(hidden, sizeof hidden / sizeof hidden[0], code_point);
}

int escape_width(uint32_t code_point)
{
    int digits = 2;

    if (code_point == '\n') {
        return 2;
    }
    if (!is_hidden(code_point)) {
        return 0;
    }
    while (code_point >> (4 * digits) != 0) {
        digits++;
    }
    return 4 + digits; /* \u{...} */
}

/* What differs between the outputs. */
struct escape_style {
    bool (*special)(uint32_t code_point);
    enum status (*write)(struct ctx *cx, struct buf *out, uint32_t code_point); /* a special one */
    const char *bad_byte; /* opens the escape of a byte that is no UTF-8 */
};

/* Copies runs of harmless characters whole and hands each special one to the style. */
static enum status escape_with(struct ctx *cx, struct buf *out, text t,
                               const struct escape_style *style)
{
    enum status status = STATUS_OK;
    size_t run = 0; /* start of the harmless bytes not yet copied */

    for (size_t pos = 0; pos < t.len;) {
        uint32_t code_point = 0;
        size_t len = utf8_decode(BYTES(t.ptr + pos, t.len - pos), &code_point);
        if (len > 0 && !style->special(code_point)) {
            pos += len;
            continue;
        }
        TRY(buf_add(cx, out, BYTES(t.ptr + run, pos - run)));
        if (len == 0) {
            len = 1;
            TRY(buf_printf(cx, out, "%sx{%02X}", style->bad_byte, (unsigned)(uint8_t)t.ptr[pos]));
        } else {
            TRY(style->write(cx, out, code_point));
        }
        pos += len;
        run = pos;
    }
    if (run < t.len) {
        TRY(buf_add(cx, out, BYTES(t.ptr + run, t.len - run)));
    }
out:
    return status;
}

static enum status terminal_write(struct ctx *cx, struct buf *out, uint32_t code_point)
{
    if (code_point == '\n') {
        return buf_add_text(cx, out, TEXT("\\n"));
    }
    return buf_printf(cx, out, "\\u{%02X}", (unsigned)code_point);
}

static bool terminal_special_in_lines(uint32_t code_point)
{
    return code_point != '\n' && is_hidden(code_point);
}

enum status escape_terminal(struct ctx *cx, struct buf *out, text t, bool keep_lines)
{
    static const struct escape_style one_line = {is_hidden, terminal_write, "\\"};
    static const struct escape_style in_lines = {terminal_special_in_lines, terminal_write, "\\"};
    enum status status;
    size_t before = out->len;

    TRY(escape_with(cx, out, t, keep_lines ? &in_lines : &one_line));
out:
    if (status != STATUS_OK) {
        out->len = before;
    }
    return status;
}

static bool json_special(uint32_t code_point)
{
    return code_point == '"' || code_point == '\\' || is_hidden(code_point);
}

static enum status json_write(struct ctx *cx, struct buf *out, uint32_t code_point)
{
    if (code_point == '"' || code_point == '\\') {
        return buf_printf(cx, out, "\\%c", (char)code_point);
    }
    if (code_point <= 0xFFFF) {
        return buf_printf(cx, out, "\\u%04X", (unsigned)code_point);
    }
    /* RFC 8259 §7: beyond the first plane as a pair of surrogates */
    unsigned rest = (unsigned)code_point - 0x10000;
    return buf_printf(cx, out, "\\u%04X\\u%04X", 0xD800 | rest >> 10, 0xDC00 | (rest & 0x3FF));
}

enum status escape_json(struct ctx *cx, struct buf *out, text t)
{
    static const struct escape_style json = {json_special, json_write, "\\\\"};
    enum status status;
    size_t before = out->len;

    TRY(buf_add_byte(cx, out, '"'));
    TRY(escape_with(cx, out, t, &json));
    TRY(buf_add_byte(cx, out, '"'));
out:
    if (status != STATUS_OK) {
        out->len = before;
    }
    return status;
}
