/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of the encoding: any one value without a schema, and of the list of operations, which is
 * the only schema that holds such values.
 */
#include "make.h"

struct row {
    const char *name;
    enum status status;
    const char *clause;
    const char *hex;
};

#define M STATUS_MALFORMED

static const struct row WIRE[] = {
    {"uint-0", STATUS_OK, "", "00"},
    {"uint-23", STATUS_OK, "", "17"},
    {"uint-24", STATUS_OK, "", "1818"},
    {"uint-255", STATUS_OK, "", "18ff"},
    {"uint-256", STATUS_OK, "", "190100"},
    {"uint-65536", STATUS_OK, "", "1a00010000"},
    {"uint-2^32", STATUS_OK, "", "1b0000000100000000"},
    {"uint-max", STATUS_OK, "", "1b(ff*8)"},
    {"nint-1", STATUS_OK, "", "20"},
    {"nint-256", STATUS_OK, "", "38ff"},
    {"nint-min", STATUS_OK, "", "3b7fffffffffffffff"},
    {"bytes-empty", STATUS_OK, "", "40"},
    {"bytes-24", STATUS_OK, "", "5818(ab*24)"},
    {"bytes-256", STATUS_OK, "", "590100(ab*256)"},
    {"bytes-65536", STATUS_OK, "", "5a00010000(ab*65536)"},
    {"text-empty", STATUS_OK, "", "60"},
    {"text-ascii", STATUS_OK, "", "6474657374"},
    {"text-four-byte-point", STATUS_OK, "", "64f09f9bb6"},
    {"text-last-point", STATUS_OK, "", "64f48fbfbf"},
    {"text-zero-byte", STATUS_OK, "", "6100"},
    {"array-empty", STATUS_OK, "", "80"},
    {"array-mixed", STATUS_OK, "", "8700204040f4f5f6"},
    {"array-24", STATUS_OK, "", "9818(00*24)"},
    {"map-empty", STATUS_OK, "", "a0"},
    {"map-two", STATUS_OK, "", "a2000118180a"},
    {"map-nested", STATUS_OK, "", "a101a10280"},
    {"false", STATUS_OK, "", "f4"},
    {"true", STATUS_OK, "", "f5"},
    {"null", STATUS_OK, "", "f6"},
    {"depth-8", STATUS_OK, "", "818181818181818100"},
    {"depth-8-map", STATUS_OK, "", "81818181818181a10000"},

    {"nothing", M, "F-01", ""},
    {"uint-cut", M, "F-01", "18"},
    {"uint-8-cut", M, "F-01", "1b00000001000000"},
    {"bytes-cut", M, "F-01", "43abab"},
    {"text-cut", M, "F-01", "636162"},
    {"array-cut", M, "F-01", "820018"},
    {"array-count-over-rest", M, "F-01", "830000"},
    {"array-huge-count", M, "F-01", "9bffffffffffffffff"},
    {"map-count-over-rest", M, "F-01", "a2000000"},
    {"map-huge-count", M, "F-01", "bbffffffffffffffff"},
    {"bytes-huge-length", M, "F-01", "5bffffffffffffffff"},
    {"tag", M, "F-01", "c000"},
    {"tag-bignum", M, "F-01", "c24101"},
    {"tag-self-described", M, "F-01", "d9d9f700"},
    {"undefined", M, "F-01", "f7"},
    {"simple-0", M, "F-01", "e0"},
    {"simple-two-byte", M, "F-01", "f8ff"},
    {"float-16", M, "F-01", "f90000"},
    {"float-32", M, "F-01", "fa00000000"},
    {"float-64", M, "F-01", "fb(00*8)"},
    {"nint-below-64-bit", M, "F-01", "3b8000000000000000"},
    {"break-alone", M, "F-01", "ff"},
    {"uint-0-in-two", M, "F-02", "1800"},
    {"uint-23-in-two", M, "F-02", "1817"},
    {"uint-255-in-three", M, "F-02", "1900ff"},
    {"uint-65535-in-five", M, "F-02", "1a0000ffff"},
    {"uint-2^32-1-in-nine", M, "F-02", "1b00000000ffffffff"},
    {"nint-long-form", M, "F-02", "3800"},
    {"bytes-long-length", M, "F-02", "580161"},
    {"text-long-length", M, "F-02", "780161"},
    {"array-long-count", M, "F-02", "980100"},
    {"map-long-count", M, "F-02", "b8010000"},
    {"map-key-long-form", M, "F-02", "a1180100"},
    {"bytes-indefinite", M, "F-03", "5f4161ff"},
    {"text-indefinite", M, "F-03", "7f6161ff"},
    {"array-indefinite", M, "F-03", "9f00ff"},
    {"map-indefinite", M, "F-03", "bf0000ff"},
    {"reserved-28", M, "F-03", "1c"},
    {"reserved-30", M, "F-03", "5e"},
    {"map-key-text", M, "F-04", "a1616100"},
    {"map-key-negative", M, "F-04", "a12000"},
    {"map-key-bytes", M, "F-04", "a1416100"},
    {"map-keys-equal", M, "F-04", "a200000000"},
    {"map-keys-descend", M, "F-04", "a201000000"},
    {"map-keys-by-length-only", M, "F-04", "a21818001700"},
    {"text-overlong", M, "F-05", "62c080"},
    {"text-surrogate", M, "F-05", "63eda080"},
    {"text-over-last-point", M, "F-05", "64f4908080"},
    {"text-lone-continuation", M, "F-05", "6180"},
    {"text-ends-in-a-point", M, "F-05", "62e282"},
    {"text-in-array", M, "F-05", "8161ff"},
    {"depth-9", M, "F-06", "81818181818181818100"},
    {"depth-9-maps", M, "F-06", "a100a100a100a100a100a100a100a100a10000"},
    {"depth-9-behind-siblings", M, "F-06", "8200818181818181818100"},
    {"trailing-zero", M, "F-07", "0000"},
    {"trailing-value", M, "F-07", "80f6"},
    {"trailing-newline", M, "F-07", "600a"},
};

static const struct row OPS[] = {
    {"one", STATUS_OK, "", "8200 81820100"},
    {"time-negative", STATUS_OK, "", "8220 81820100"},
    {"time-now", STATUS_OK, "", "821a6553f100 82820100 8318400a6161"},
    {"op-of-array", STATUS_OK, "", "8200 818100"},
    {"op-nested-8", STATUS_OK, "", "8200 81 818181818181818100"},
    {"op-empty-array", STATUS_OK, "", "8200 8180"},
    {"most-operations", STATUS_OK, "", "8200 9a00010000(80*65536)"},
    {"row-of-three", M, "F-90", "830081820100 00"},
    {"row-of-one", M, "F-90", "8100"},
    {"not-an-array", M, "F-08", "00"},
    {"time-text", M, "F-08", "826130 81820100"},
    {"time-over-63-bit", M, "F-08", "821b8000000000000000 81820100"},
    {"ops-map", M, "F-08", "8200 a10000"},
    {"no-operation", M, "F-91", "820080"},
    {"too-many-operations", STATUS_LIMIT, "F-91", "8200 9a00010001(80*65537)"},
    {"op-number", M, "F-91", "82008101"},
    {"op-map", M, "F-91", "820081a0"},
    {"op-second-is-text", M, "F-91", "82008280 6161"},
    {"op-nested-9", M, "F-06", "8200 81 81818181818181818100"},
    {"op-long-form", M, "F-02", "8200 81 82180100"},
    {"op-keys-descend", M, "F-04", "8200 81 8301 00 a201000000"},
    {"op-bad-text", M, "F-05", "8200 81 830100 61ff"},
    {"op-cut", M, "F-01", "8200 81 8301 00"},
    {"fewer-than-counted", M, "F-01", "8200 82 820100"},
    {"trailing", M, "F-07", "8200 81 820100 00"},
};

static void make_rows(const char *folder, const char *layer, const struct row *rows, size_t count)
{
    struct maker m;
    struct buf input;

    buf_init(&input, 2 * MIB);
    maker_open(&m, folder, layer);
    for (size_t i = 0; i < count; i++) {
        buf_clear(&input);
        add_hex(&m.cx, &input, rows[i].hex);
        vector_begin(&m, rows[i].name, rows[i].status, rows[i].clause);
        vector_end(&m, buf_view(&input));
    }
    maker_close(&m);
    buf_finish(&input);
}

void make_wire(const char *folder)
{
    make_rows(folder, "wire", WIRE, sizeof WIRE / sizeof WIRE[0]);
    make_rows(folder, "ops", OPS, sizeof OPS / sizeof OPS[0]);
}
