/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of what crosses by light: single symbols, parcels, whole transfers, coefficients. Faulty
 * symbols and contents are written by hand and tagged again by the hashes of `sealed`, which the
 * room `frames` does not use.
 */
#include "make.h"

#include "frames-int.h"

#include <stdlib.h>

#define M STATUS_MALFORMED
#define U STATUS_UNSUPPORTED
#define L STATUS_LIMIT

static const struct transfer_id transfer = {{1, 2, 3, 4, 5, 6, 7, 8}};

static struct link_key sample_link(const char *word)
{
    struct link_key link;
    struct key k = sample_key(word);

    memcpy(link.b, k.b, sizeof link.b);
    return link;
}

/* ---- symbols --------------------------------------------------------------------------------- */

/* k = 10, S = 100, source symbol 5, cell 4 of 3 x 2 */
static const char base_head[] = "5651 10 00 0102030405060708 e8030000 0000 05000000 32 04";
enum { BASE_DATA = 100 };

static const struct change SYMBOLS[] = {
    {"source", STATUS_OK, "", 0, 0, ""},
    {"repair-first", STATUS_OK, "", 18, 4, "00000080"},
    {"repair-last", STATUS_OK, "", 18, 4, "ffffffff"},
    {"upper-flags-ignored", STATUS_OK, "", 3, 1, "f0"},
    {"paper-last", STATUS_OK, "", 3, 19, "04 0102030405060708 e8030000 0000 fe000000"},
    {"layout-15-by-15", STATUS_OK, "", 22, 2, "ff e0"},
    {"k-1", STATUS_OK, "", 12, 10, "64000000 0000 00000000"},
    {"total-20", STATUS_OK, "", 12, 10, "14000000 0000 00000000"},
    {"generation-last", STATUS_OK, "", 12, 10, "d0070300 0c00 07000080"}, /* k 2,000 below */
    {"beacon", STATUS_OK, "", 2, 122,
     "11 00 0102030405060708 e8030000 0000 00000000 32 00 "
     "6400 19 14"},
    {"beacon-largest", STATUS_OK, "", 2, 122,
     "11 00 0102030405060708 00000004 0000 00000000 32 00 690b 28 78"},
    {"ack-empty", STATUS_OK, "", 2, 122,
     "12 00 0102030405060708 00000000 0000 00000000 11 00 "
     "00000000 00000000 0000000000000000 0000"},
    {"ack-body", STATUS_OK, "", 2, 122,
     "12 00 0102030405060708 e8030000 0000 00000000 11 00 "
     "05000000 0a000000 ff00000000000080 0300 aabbcc"},
    {"pair", STATUS_OK, "", 2, 20, "13 00 0102030405060708 64000000 0000 00000000"},

    {"magic", M, "Q-01", 1, 1, "52"},
    {"version-0", U, "Q-01", 2, 1, "00"},
    {"version-2", U, "Q-01", 2, 1, "20"},
    {"type-4", U, "Q-01", 2, 1, "14"},
    {"bytes-2954", M, "Q-01", 24, 100, "(41*2922)"},
    {"flag-2", U, "Q-02", 3, 1, "02"},
    {"flag-8", U, "Q-02", 3, 1, "08"},
    {"total-19", M, "Q-03", 12, 4, "13000000"},
    {"total-0", M, "Q-03", 12, 4, "00000000"},
    {"total-over-2^26", L, "Q-03", 12, 4, "01000004"},
    {"total-largest", L, "Q-03", 12, 4, "ffffffff"},
    {"beacon-total-over-2^26", L, "Q-03", 2, 122,
     "11 00 0102030405060708 01000004 0000 00000000 32 00 6400 19 14"},
    {"data-15", M, "Q-03", 24, 100, "(41*15)"},
    {"data-none", M, "Q-03", 24, 100, ""},
    {"k-65537", L, "Q-03", 12, 4, "01006400"}, /* 65,536 * 100 + 1 */
    {"number-k", M, "Q-04", 18, 4, "0a000000"},
    {"number-below-repair", M, "Q-04", 18, 4, "ffffff7f"},
    {"source-of-generation-1", M, "Q-04", 16, 2, "0100"},
    {"repair-of-generation-1", M, "Q-04", 16, 6, "0100 00000080"},
    {"generation-after-last", M, "Q-04", 12, 10, "d0070300 0d00 07000080"},
    {"paper-number-255", M, "Q-04", 3, 19, "04 0102030405060708 e8030000 0000 ff000000"},
    {"paper-generation-1", M, "Q-04", 3, 19, "04 0102030405060708 e8030000 0100 05000000"},
    {"paper-repair-number", M, "Q-04", 3, 19, "04 0102030405060708 e8030000 0000 00000080"},
    {"beacon-number", M, "Q-04", 2, 122,
     "11 00 0102030405060708 e8030000 0000 01000000 32 00 6400 19 14"},
    {"ack-generation", M, "Q-04", 2, 122,
     "12 00 0102030405060708 00000000 0100 00000000 11 00 00000000 00000000 0000000000000000 0000"},
    {"pair-number", M, "Q-04", 2, 20, "13 00 0102030405060708 64000000 0000 00000080"},
    {"columns-0", M, "Q-05", 22, 2, "02 00"},
    {"rows-0", M, "Q-05", 22, 2, "30 00"},
    {"cell-behind-last", M, "Q-05", 22, 2, "32 06"},
    {"paper-k-256", L, "Q-15", 3, 19, "04 0102030405060708 9d630000 0000 05000000"},
    {"beacon-short", M, "Q-16", 2, 122,
     "11 00 0102030405060708 e8030000 0000 00000000 32 00 6400 19"},
    {"beacon-version-0", M, "Q-16", 2, 122,
     "11 00 0102030405060708 e8030000 0000 00000000 32 00 6400 00 14"},
    {"beacon-version-41", M, "Q-16", 2, 122,
     "11 00 0102030405060708 e8030000 0000 00000000 32 00 6400 29 14"},
    {"beacon-fps-0", M, "Q-16", 2, 122,
     "11 00 0102030405060708 e8030000 0000 00000000 32 00 6400 19 00"},
    {"beacon-fps-121", M, "Q-16", 2, 122,
     "11 00 0102030405060708 e8030000 0000 00000000 32 00 6400 19 79"},
    {"beacon-data-over-code", M, "Q-16", 2, 122,
     "11 00 0102030405060708 e8030000 0000 00000000 32 00 da04 19 14"},
    {"beacon-data-15", M, "Q-16", 2, 122,
     "11 00 0102030405060708 e8030000 0000 00000000 32 00 0f00 19 14"},
    {"ack-short", M, "Q-17", 2, 122,
     "12 00 0102030405060708 00000000 0000 00000000 11 00 00000000 00000000 0000000000000000 00"},
    {"ack-rank-over-k", M, "Q-17", 2, 122,
     "12 00 0102030405060708 00000000 0000 00000000 11 00 02000000 01000000 0000000000000000 0000"},
    {"ack-k-65537", M, "Q-17", 2, 122,
     "12 00 0102030405060708 00000000 0000 00000000 11 00 00000000 01000100 0000000000000000 0000"},
    {"ack-length", M, "Q-17", 2, 122,
     "12 00 0102030405060708 00000000 0000 00000000 11 00 00000000 00000000 0000000000000000 0100"},
    {"ack-body-2001", M, "Q-17", 2, 122,
     "12 00 0102030405060708 00000000 0000 00000000 11 00 00000000 00000000 0000000000000000 d107 "
     "(61*2001)"},
    {"pair-k-2", M, "Q-18", 2, 20, "13 00 0102030405060708 65000000 0000 00000000"},
};

static void add_tag(struct ctx *cx, struct buf *b, const struct link_key *link)
{
    struct id hash;
    struct key from;
    struct key tag;

    if (link == NULL) {
        hash_domain("valise/symbol", buf_view(b), BYTES(NULL, 0), &hash);
        GOOD(buf_add(cx, b, BYTES(hash.b, SYMBOL_TAG_BYTES)));
        return;
    }
    memcpy(from.b, link->b, sizeof from.b);
    key_derive(&from, "valise/symbol", buf_view(b), &tag);
    GOOD(buf_add(cx, b, BYTES(tag.b, SYMBOL_TAG_BYTES)));
}

static void emit_symbol(struct maker *m, const char *name, enum status status, const char *clause,
                        const struct link_key *link, bytes whole)
{
    struct symbol s;

    vector_begin(m, name, status, clause);
    vector_bytes(m, "link", link == NULL ? BYTES(NULL, 0) : BYTES_OF(link->b));
    if (status == STATUS_OK) {
        GOOD(symbol_read(&m->cx, whole, link, &s));
        vector_number(m, "type", s.type);
        vector_bytes(m, "transfer", BYTES_OF(s.transfer.b));
        vector_number(m, "total", s.total);
        vector_number(m, "generation", s.generation);
        vector_number(m, "number", s.esi);
        vector_number(m, "cell", s.cell);
        vector_bytes(m, "data", s.data);
    }
    vector_end(m, whole);
}

static void symbol_base(struct ctx *cx, struct buf *out)
{
    buf_init(out, SYMBOL_BYTES_MAX);
    add_hex(cx, out, base_head);
    for (uint8_t i = 0; i < BASE_DATA; i++) {
        GOOD(buf_add_byte(cx, out, i));
    }
}

static void make_tags(struct maker *m, bytes base)
{
    const struct link_key ours = sample_link("link");
    const struct link_key theirs = sample_link("other link");
    static const size_t flips[] = {0, 11, 23, 24, 123, 124, 131};
    struct buf b;
    char name[32];

    buf_init(&b, SYMBOL_BYTES_MAX + 1);
    for (unsigned keyed = 0; keyed < 2; keyed++) {
        for (size_t i = 2; i < sizeof flips / sizeof flips[0]; i++) {
            buf_clear(&b);
            GOOD(buf_add(&m->cx, &b, base));
            b.ptr[3] = (uint8_t)keyed;
            add_tag(&m->cx, &b, keyed ? &ours : NULL);
            if (i == 2) {
                (void)snprintf(name, sizeof name, "tag-%s", keyed ? "keyed" : "plain");
                emit_symbol(m, name, STATUS_OK, "", keyed ? &ours : NULL, buf_view(&b));
            }
            b.ptr[flips[i]] ^= 1;
            (void)snprintf(name, sizeof name, "bit-of-byte-%zu-%s", flips[i],
                           keyed ? "keyed" : "plain");
            emit_symbol(m, name, STATUS_FORGED, "Q-06", keyed ? &ours : NULL, buf_view(&b));
        }
    }
    b.ptr[flips[6]] ^= 1;
    emit_symbol(m, "tag-of-another-link", STATUS_FORGED, "Q-06", &theirs, buf_view(&b));
    b.ptr[3] = 0; /* a keyed tag where a plain one is said to be */
    emit_symbol(m, "tag-keyed-flag-plain", STATUS_FORGED, "Q-06", &ours, buf_view(&b));
    emit_symbol(m, "bytes-31", M, "Q-01", NULL, BYTES(b.ptr, 31));
    emit_symbol(m, "bytes-none", M, "Q-01", NULL, BYTES(NULL, 0));
    buf_finish(&b);
}

static void make_symbols(const char *folder)
{
    struct maker m;
    struct buf base;
    struct buf b;

    maker_open(&m, folder, "symbol");
    symbol_base(&m.cx, &base);
    for (size_t i = 0; i < sizeof SYMBOLS / sizeof SYMBOLS[0]; i++) {
        const struct change *c = &SYMBOLS[i];

        buf_init(&b, 2 * SYMBOL_BYTES_MAX);
        change_apply(&m.cx, buf_view(&base), c, &b);
        add_tag(&m.cx, &b, NULL);
        emit_symbol(&m, c->name, c->status, c->clause, NULL, buf_view(&b));
        buf_finish(&b);
    }
    make_tags(&m, buf_view(&base));
    buf_finish(&base);
    maker_close(&m);
}

/* ---- parcels --------------------------------------------------------------------------------- */

static void make_parcels(const char *folder)
{
    static const struct {
        const char *name;
        enum status status;
        const char *clause;
        const char *hex;
    } rows[] = {
        {"join", STATUS_OK, "", "02 6a"},
        {"proposal", STATUS_OK, "", "05 (00*1000)"},
        {"one-small", STATUS_OK, "", "01 0100 0000 0000 (61*16384)"},
        {"small-and-medium", STATUS_OK, "", "01 0200 0100 0000 (61*32768) (62*262144)"},
        {"one-large", STATUS_OK, "", "01 0000 0000 0100 (63*4194304)"},
        {"empty", M, "Q-08", ""},
        {"body-empty", M, "Q-08", "02"},
        {"kind-0", U, "Q-08", "00 61"},
        {"kind-6", U, "Q-08", "06 61"},
        {"kind-255", U, "Q-08", "ff 61"},
        {"counts-cut", M, "Q-09", "01 0100 0000 00"},
        {"no-piece", M, "Q-09", "01 0000 0000 0000"},
        {"piece-short", M, "Q-09", "01 0100 0000 0000 (61*16383)"},
        {"piece-long", M, "Q-09", "01 0100 0000 0000 (61*16385)"},
        {"pieces-of-17-large", L, "Q-09", "01 0000 0000 1100 61"},
        {"pieces-of-257-gib", L, "Q-09", "01 ffff ffff ffff 61"},
    };
    struct maker m;
    struct parcel p;
    struct buf b;

    maker_open(&m, folder, "parcel");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_init(&b, PARCEL_BYTES_MAX);
        add_hex(&m.cx, &b, rows[i].hex);
        vector_begin(&m, rows[i].name, rows[i].status, rows[i].clause);
        if (rows[i].status == STATUS_OK) {
            GOOD(parcel_read(&m.cx, buf_view(&b), &p));
            vector_number(&m, "kind", p.kind);
            vector_number(&m, "pieces", parcel_pieces(&p));
        }
        vector_end(&m, buf_view(&b));
        buf_finish(&b);
    }
    maker_close(&m);
}

/* ---- transfers: contents and the code -------------------------------------------------------- */

static void add_code(struct maker *m, struct buf *input, struct fountain *f, uint32_t number)
{
    struct buf code;

    buf_init(&code, SYMBOL_BYTES_MAX);
    GOOD(fountain_symbol(&m->cx, f, number, (uint8_t)(number % 6), &code));
    GOOD(reception_log_add(&m->cx, input, buf_view(&code)));
    buf_finish(&code);
}

struct showing {
    const char *name;
    uint32_t parcel; /* bytes of it */
    uint16_t data;
    bool paper, keyed;
    uint32_t lost_from, lost; /* numbers of the sweep that nobody saw */
    uint32_t repair;          /* how many codes after the sweep */
    uint32_t repair_skip;     /* of which the first come later, too late */
};

/* Which numbers a receiver with bad luck needs is found out by the rooms, and checked by both. */
static const struct showing SHOWINGS[] = {
    {"one-symbol", 30, 64, false, false, 0, 0, 0, 0},
    {"one-symbol-of-repair", 30, 64, false, false, 0, 1, 1, 0},
    {"sweep", 500, 64, false, false, 0, 0, 0, 0},
    {"two-lost", 500, 64, false, false, 3, 2, 2, 0},
    {"all-repair", 500, 64, false, false, 0, 9, 9, 100},
    {"keyed", 500, 64, false, true, 1, 3, 3, 5},
    {"paper-half-lost", 500, 64, true, false, 0, 5, 5, 0},
    {"paper-all-repair", 500, 64, true, false, 0, 9, 9, 20},
    {"many-generations", 17000, 16, false, false, 100, 90, 90, 3},
};

static void make_showing(struct maker *m, const struct showing *how)
{
    const struct link_key link = sample_link("link");
    struct fountain_plan plan = {.transfer = transfer,
                                 .symbol_data = how->data,
                                 .cols = 3,
                                 .rows = 2,
                                 .paper = how->paper,
                                 .key = how->keyed ? &link : NULL};
    struct fountain *f = NULL;
    struct buf parcel;
    struct buf input;
    uint8_t *at = NULL;
    uint32_t k;

    buf_init(&parcel, PARCEL_BYTES_MAX);
    buf_init(&input, 1 << 20);
    GOOD(buf_extend(&m->cx, &parcel, how->parcel, &at));
    at[0] = PARCEL_TICKET;
    for (uint32_t i = 1; i < how->parcel; i++) {
        at[i] = (uint8_t)(i / 16 * 31 + i / 4096);
    }
    GOOD(fountain_new(&m->cx, &plan, buf_view(&parcel), &f));
    k = fountain_symbols(f);
    for (uint32_t i = 0; i < how->repair; i++) { /* repair first: order says nothing */
        add_code(m, &input, f, k + how->repair_skip + i);
    }
    for (uint32_t i = 0; i < k; i++) {
        if (i < how->lost_from || i >= how->lost_from + how->lost) {
            add_code(m, &input, f, i);
        }
    }
    vector_begin(m, how->name, STATUS_OK, "");
    vector_bytes(m, "link", how->keyed ? BYTES_OF(link.b) : BYTES(NULL, 0));
    vector_bytes(m, "parcel", buf_view(&parcel));
    vector_end(m, buf_view(&input));
    fountain_free(&f);
    buf_finish(&parcel);
    buf_finish(&input);
}

/* Contents with a fault, each in one symbol. `hex` is all of it before the check. */
static void make_contents(struct maker *m)
{
    static const struct {
        const char *name;
        enum status status;
        const char *clause;
        const char *hex;
        bool spoil; /* the check */
    } rows[] = {
        {"check-bit", STATUS_FORGED, "Q-07", "1e000000 02 (61*29) (00*14)", true},
        {"parcel-length-0", M, "Q-07", "00000000 02 (61*29) (00*14)", false},
        {"parcel-length-over", M, "Q-07", "2d000000 02 (61*43)", false},
        {"parcel-length-largest", M, "Q-07", "ffffffff 02 (61*43)", false},
        {"padding-set", M, "Q-07", "1e000000 02 (61*29) (00*13) 01", false},
        {"padding-short", M, "Q-07", "1e000000 02 (61*29) (00*13)", false},
        {"padding-long", M, "Q-07", "1e000000 02 (61*29) (00*15)", false},
        {"padding-next-step", M, "Q-07", "2d000000 02 (61*44) (00*1)", false},
        {"padding-of-65", STATUS_OK, "", "2d000000 02 (61*44) (00*7)", false},
        {"kind-6", U, "Q-08", "1e000000 06 (61*29) (00*14)", false},
        {"pieces-short", M, "Q-09", "1e000000 01 0100 0000 0000 (61*23)", false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf content;
        struct buf code;
        struct buf input;
        struct id check;

        buf_init(&content, 4096);
        buf_init(&code, SYMBOL_BYTES_MAX);
        buf_init(&input, 4096);
        add_hex(&m->cx, &content, rows[i].hex);
        hash_domain("valise/transfer", BYTES_OF(transfer.b), buf_view(&content), &check);
        check.b[0] ^= rows[i].spoil;
        GOOD(buf_add(&m->cx, &content, BYTES(check.b, CONTENT_HASH_BYTES)));
        add_hex(&m->cx, &code, "5651 10 00 0102030405060708 00000000 0000 00000000 11 00");
        put_u32le(code.ptr + 12, (uint32_t)content.len);
        GOOD(buf_add(&m->cx, &code, buf_view(&content)));
        add_tag(&m->cx, &code, NULL);
        GOOD(reception_log_add(&m->cx, &input, buf_view(&code)));
        vector_begin(m, rows[i].name, rows[i].status, rows[i].clause);
        vector_bytes(m, "link", BYTES(NULL, 0));
        if (rows[i].status == STATUS_OK) {
            vector_bytes(m, "parcel", BYTES(content.ptr + 4, get_u32le(content.ptr)));
        }
        vector_end(m, buf_view(&input));
        buf_finish(&content);
        buf_finish(&code);
        buf_finish(&input);
    }
}

static void make_transfers(const char *folder)
{
    struct maker m;

    maker_open(&m, folder, "transfer");
    for (size_t i = 0; i < sizeof SHOWINGS / sizeof SHOWINGS[0]; i++) {
        make_showing(&m, &SHOWINGS[i]);
    }
    make_contents(&m);
    maker_close(&m);
}

/* ---- coefficients ---------------------------------------------------------------------------- */

static void make_coefficients(const char *folder)
{
    static const struct {
        const char *name;
        uint32_t k;
        bool paper;
        uint16_t generation;
        uint32_t number;
    } rows[] = {
        {"k-1", 1, false, 0, 0x80000000},
        {"k-9", 9, false, 0, 0x80000001},
        {"k-1024", 1024, false, 0, 0xffffffff},
        {"k-1025", 1025, false, 0, 0x80000000},
        {"k-1025-last-generation", 1025, false, 5, 0x80000002},
        {"k-16384-last-generation", 16384, false, 124, 0x87654321},
        {"k-65536-last-generation", 65536, false, 508, 0x87654321},
        {"paper-k-9", 9, true, 0, 254},
        {"paper-k-254", 254, true, 0, 254},
        {"anchor-first", 1025, false, ANCHOR_GENERATION, 0},
        {"anchor-last", 1025, false, ANCHOR_GENERATION, 63},
    };
    uint8_t out[16384 + 8];
    struct maker m;

    maker_open(&m, folder, "coefficients");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct shape shape;
        size_t count;

        GOOD(shape_of(&m.cx, rows[i].k * 64, 64, rows[i].paper, &shape));
        if (rows[i].generation == ANCHOR_GENERATION) {
            coefficients_anchor(&transfer, &shape, rows[i].number, out);
            count = shape.k;
        } else {
            coefficients_repair(&transfer, &shape, rows[i].generation, rows[i].number, out);
            count = (size_t)shape.window + shape.anchors;
        }
        vector_begin(&m, rows[i].name, STATUS_OK, "");
        vector_number(&m, "k", rows[i].k);
        vector_number(&m, "paper", rows[i].paper);
        vector_number(&m, "generation", rows[i].generation);
        vector_number(&m, "number", rows[i].number);
        vector_number(
            &m, "start",
            rows[i].generation == ANCHOR_GENERATION ? 0 : shape_start(&shape, rows[i].generation));
        vector_bytes(&m, "expect", BYTES(out, count));
        vector_end(&m, BYTES_OF(transfer.b));
    }
    maker_close(&m);
}

void make_light(const char *folder)
{
    make_symbols(folder);
    make_parcels(folder);
    make_transfers(folder);
    make_coefficients(folder);
}
