/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of join files and of sealed keys. A changed join is signed again by the device key, so
 * that its change is its only fault. `at` counts bytes of the unsigned part:
 *   0 row, 1 magic, 13 version, 14 own_device, 15 root_pk, 49 sign_pk, 83 box_pk, 117 member name,
 *   121 device name, 128 secret, 162 link signature, 228 end.
 */
#include "make.h"

#define M STATUS_MALFORMED
#define U STATUS_UNSUPPORTED

enum { UNSIGNED_LEN = 228 };

/* Keys nobody may have [F-16]. */
#define NEUTRAL   "01(00*31)"
#define ZERO      "(00*32)"
#define ORDER_2   "ec(ff*30)7f"
#define ORDER_4   "(00*31)80"
#define ORDER_8   "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
#define NOT_POINT "02(00*31)"
#define OVER_P    "ee(ff*30)7f"
#define LOW_A     "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"
#define LOW_B     "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"

static const struct change JOIN[] = {
    {"good", STATUS_OK, "", 0, 0, ""},
    {"member-name-of-128", STATUS_OK, "", 117, 4, "7880(62*128)"},
    {"member-name-of-any-script", STATUS_OK, "", 117, 4, "69c48de69db1f09f9bb6"},

    {"row-of-10", M, "F-70", 0, 1, "8a"},
    {"row-of-12", M, "F-70", 0, 1, "8c"},
    {"row-map", M, "F-08", 0, 1, "ab"},
    {"magic-other", M, "F-70", 1, 12, "6b76616c6973652d6a6f696f"},
    {"magic-invite", M, "F-70", 1, 12, "6d76616c6973652d696e76697465"},
    {"magic-empty", M, "F-70", 1, 12, "60"},
    {"magic-bytes", M, "F-08", 1, 1, "4b"},
    {"version-0", U, "F-70", 13, 1, "00"},
    {"version-2", U, "F-70", 13, 1, "02"},
    {"version-long-form", M, "F-02", 13, 1, "1801"},
    {"own-device-number", M, "F-08", 14, 1, "00"},
    {"own-device-null", M, "F-08", 14, 1, "f6"},
    {"own-device-with-root", M, "F-71", 14, 1, "f5"},
    {"root-short", M, "F-08", 15, 34, "581f(11*31)"},
    {"root-zero", M, "F-16", 17, 32, ZERO},
    {"root-neutral", M, "F-16", 17, 32, NEUTRAL},
    {"root-order-2", M, "F-16", 17, 32, ORDER_2},
    {"root-order-4", M, "F-16", 17, 32, ORDER_4},
    {"root-order-8", M, "F-16", 17, 32, ORDER_8},
    {"root-not-a-point", M, "F-16", 17, 32, NOT_POINT},
    {"root-not-canonical", M, "F-16", 17, 32, OVER_P},
    {"sign-short", M, "F-08", 49, 34, "50(11*16)"},
    {"sign-neutral", M, "F-16", 51, 32, NEUTRAL},
    {"sign-order-2", M, "F-16", 51, 32, ORDER_2},
    {"sign-order-8", M, "F-16", 51, 32, ORDER_8},
    {"sign-not-canonical", M, "F-16", 51, 32, OVER_P},
    {"box-short", M, "F-08", 83, 34, "581f(11*31)"},
    {"box-zero", M, "F-16", 85, 32, ZERO},
    {"box-one", M, "F-16", 85, 32, NEUTRAL},
    {"box-order-8-a", M, "F-16", 85, 32, LOW_A},
    {"box-order-8-b", M, "F-16", 85, 32, LOW_B},
    {"box-minus-one", M, "F-16", 85, 32, ORDER_2},
    {"box-the-prime", M, "F-16", 85, 32, "ed(ff*30)7f"},
    {"box-over-the-prime", M, "F-16", 85, 32, OVER_P},
    {"box-top-bit", M, "F-16", 85, 32, "09(00*30)80"},
    {"member-name-empty", M, "F-70", 117, 4, "60"},
    {"member-name-of-129", M, "F-70", 117, 4, "7881(62*129)"},
    {"member-name-bytes", M, "F-08", 117, 1, "43"},
    {"member-name-not-utf8", M, "F-05", 117, 4, "63ff6561"},
    {"device-name-empty", M, "F-70", 121, 7, "60"},
    {"device-name-of-129", M, "F-70", 121, 7, "7881(62*129)"},
    {"device-name-surrogate", M, "F-05", 121, 7, "63eda080"},
    {"secret-short", M, "F-08", 128, 34, "581f(11*31)"},
    {"secret-null", M, "F-08", 128, 34, "f6"},
    {"link-signature-short", M, "F-08", 162, 66, "583f(11*63)"},
    {"link-signature-zero", STATUS_FORGED, "F-71", 164, 64, "(00*64)"},
    {"link-for-another-device-name", STATUS_FORGED, "F-71", 121, 7, "666c6170746f71"},
    {"link-for-another-box-key", STATUS_FORGED, "F-71", 85, 32, "09(00*31)"},
    {"longer-than-the-limit", STATUS_LIMIT, "F-70", UNSIGNED_LEN, 0, "(00*3803)"},
    {"trailing-item", M, "F-07", UNSIGNED_LEN, 0, "5840(00*64)"},
};

static void emit(struct maker *m, const char *name, enum status status, const char *clause,
                 bytes join)
{
    uint8_t words[16];
    vector_begin(m, name, status, clause);
    if (status == STATUS_OK) {
        join_fingerprint(join, words);
        vector_bytes(m, "words", BYTES_OF(words));
    }
    vector_end(m, join);
}

static void sign(struct maker *m, const uint8_t sk[static 64], const char *domain, struct buf *join)
{
    uint8_t signature[64];
    MUST(join->len <= STATEMENT_MAX);
    statement_sign(domain, NULL, buf_view(join), sk, signature);
    add_hex(&m->cx, join, "5840");
    GOOD(buf_add(&m->cx, join, BYTES_OF(signature)));
}

/* The same point plus one of order 2: on the curve, canonical, not in the main subgroup. */
static void make_mixed_order(struct maker *m, bytes base)
{
    static const char *const names[] = {"root-mixed-order", "sign-mixed-order"};
    static const size_t at[] = {17, 51};
    uint8_t order_2[32];
    memset(order_2, 0xff, 32);
    order_2[0] = 0xec;
    order_2[31] = 0x7f;
    for (size_t i = 0; i < 2; i++) {
        struct buf out;
        buf_init(&out, 8192);
        GOOD(buf_add(&m->cx, &out, BYTES(base.ptr, UNSIGNED_LEN)));
        MUST(crypto_core_ed25519_add(out.ptr + at[i], out.ptr + at[i], order_2) == 0);
        sign(m, sample_device("bea").sign_sk, "valise/join", &out);
        emit(m, names[i], M, "F-16", buf_view(&out));
        buf_finish(&out);
    }
}

static void make_signatures(struct maker *m, bytes base)
{
    struct sample_device bea = sample_device("bea"), eve = sample_device("eve");
    static const char *const names[] = {"signed-by-another",
                                        "signed-by-root",
                                        "signed-for-another-purpose",
                                        "signature-bit",
                                        "cut-in-signature",
                                        "cut-in-the-middle",
                                        "empty"};
    static const enum status statuses[] = {
        STATUS_FORGED, STATUS_FORGED, STATUS_FORGED, STATUS_FORGED, M, M, M};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf out;
        buf_init(&out, 8192);
        GOOD(buf_add(&m->cx, &out, BYTES(base.ptr, UNSIGNED_LEN)));
        sign(m,
             i == 0   ? eve.sign_sk
             : i == 1 ? bea.root_sk
                      : bea.sign_sk,
             i == 2 ? "valise/link" : "valise/join", &out);
        out.ptr[out.len - 40] ^= i == 3 ? 1 : 0;
        out.len = i == 4 ? out.len - 1 : i == 5 ? 100 : i == 6 ? 0 : out.len;
        emit(m, names[i], statuses[i], i < 4 ? "F-71" : "F-01", buf_view(&out));
        buf_finish(&out);
    }
}

/* Joins of a further device, and one with the longest device name under a good link. */
static void make_kinds(struct maker *m)
{
    struct sample_device bea = sample_device("bea");
    static char longest[NAME_BYTES_MAX];
    memset(longest, 'd', sizeof longest);
    for (size_t i = 0; i < 5; i++) {
        static const char *const names[] = {"own-device", "own-device-with-member-name",
                                            "device-name-of-128", "own-device-with-link-signature",
                                            "own-device-with-root-key"};
        struct join j = sample_join(i != 2);
        struct buf out;
        buf_init(&out, JOIN_MAX);
        if (i == 1) {
            j.member_name = TEXT("Bea");
        }
        if (i == 2) {
            j.device_name = (text){.ptr = longest, .len = sizeof longest};
            GOOD(join_link_sign(&m->cx, &j, bea.root_sk));
        }
        if (i == 3) {
            j.link_signature[63] = 1;
        }
        if (i == 4) {
            memcpy(j.root_pk, bea.root_pk, 32);
        }
        GOOD(join_write(&m->cx, &j, bea.sign_sk, &out));
        emit(m, names[i], i < 3 ? STATUS_OK : M, i < 3 ? "" : "F-71", buf_view(&out));
        buf_finish(&out);
    }
}

static void make_joins(const char *folder)
{
    struct sample_device bea = sample_device("bea");
    struct join j = sample_join(false);
    struct maker m;
    struct buf base, out;

    maker_open(&m, folder, "join");
    buf_init(&base, JOIN_MAX);
    buf_init(&out, 2 * JOIN_MAX);
    GOOD(join_link_sign(&m.cx, &j, bea.root_sk));
    GOOD(join_write(&m.cx, &j, bea.sign_sk, &base));
    MUST(base.len == UNSIGNED_LEN + 66);
    for (size_t i = 0; i < sizeof JOIN / sizeof JOIN[0]; i++) {
        buf_clear(&out);
        change_apply(&m.cx, BYTES(base.ptr, UNSIGNED_LEN), &JOIN[i], &out);
        sign(&m, bea.sign_sk, "valise/join", &out);
        emit(&m, JOIN[i].name, JOIN[i].status, JOIN[i].clause, buf_view(&out));
    }
    make_mixed_order(&m, buf_view(&base));
    make_signatures(&m, buf_view(&base));
    make_kinds(&m);
    maker_close(&m);
    buf_finish(&base);
    buf_finish(&out);
}

/* ---- sealed keys ----------------------------------------------------------------------------- */

struct seal_case {
    const char *name;
    enum status status;
    const char *clause;
    size_t payload;      /* bytes sealed */
    const char *eph;     /* hex that stands for eph_pk, NULL for the right one */
    const char *reader;  /* whose box key opens */
    const char *psk;     /* read with; sealed with "psk" */
    const char *context; /* read with; sealed with "context" */
    int cut;             /* bytes cut from (or, negative, added to) the end */
    size_t flip;         /* 1 + byte to change, 0 for none */
};

static const struct seal_case SEALS[] = {
    {"key", STATUS_OK, "", 32, NULL, "bea", "psk", "context", 0, 0},
    {"key-and-transport", STATUS_OK, "", 64, NULL, "bea", "psk", "context", 0, 0},
    {"other-device", STATUS_FORGED, "F-64", 32, NULL, "eve", "psk", "context", 0, 0},
    {"other-psk", STATUS_FORGED, "F-64", 32, NULL, "bea", "another", "context", 0, 0},
    {"no-psk", STATUS_FORGED, "F-64", 32, NULL, "bea", "", "context", 0, 0},
    {"other-context", STATUS_FORGED, "F-64", 32, NULL, "bea", "psk", "contexu", 0, 0},
    {"context-longer", STATUS_FORGED, "F-64", 32, NULL, "bea", "psk", "context2", 0, 0},
    {"ciphertext-bit", STATUS_FORGED, "F-64", 32, NULL, "bea", "psk", "context", 0, 1},
    {"mac-bit", STATUS_FORGED, "F-64", 64, NULL, "bea", "psk", "context", 0, 80},
    {"eph-of-another", STATUS_FORGED, "F-64", 32, "09(00*31)", "bea", "psk", "context", 0, 0},
    {"eph-zero", M, "F-16", 32, ZERO, "bea", "psk", "context", 0, 0},
    {"eph-one", M, "F-16", 32, NEUTRAL, "bea", "psk", "context", 0, 0},
    {"eph-order-8-a", M, "F-16", 32, LOW_A, "bea", "psk", "context", 0, 0},
    {"eph-order-8-b", M, "F-16", 32, LOW_B, "bea", "psk", "context", 0, 0},
    {"eph-minus-one", M, "F-16", 32, ORDER_2, "bea", "psk", "context", 0, 0},
    {"eph-not-canonical", M, "F-16", 32, OVER_P, "bea", "psk", "context", 0, 0},
    {"empty", M, "F-62", 32, NULL, "bea", "psk", "context", 48, 0},
    {"mac-only", M, "F-62", 32, NULL, "bea", "psk", "context", 32, 0},
    {"47-bytes", M, "F-62", 32, NULL, "bea", "psk", "context", 1, 0},
    {"49-bytes", M, "F-62", 32, NULL, "bea", "psk", "context", -1, 0},
    {"64-bytes", M, "F-62", 64, NULL, "bea", "psk", "context", 16, 0},
    {"81-bytes", M, "F-62", 64, NULL, "bea", "psk", "context", -1, 0},
};

static struct key psk_of(const char *word)
{
    return word[0] == '\0' ? (struct key){{0}} : sample_key(word);
}

static void make_seal(struct maker *m, const struct seal_case *c)
{
    struct sample_device eph = sample_device("ephemeral"), bea = sample_device("bea");
    struct sample_device reader = sample_device(c->reader);
    struct key psk = sample_key("psk"), read_psk = psk_of(c->psk);
    struct buf sealed, eph_pk;
    uint8_t payload[64], *extra = NULL;

    buf_init(&sealed, 256);
    buf_init(&eph_pk, 64);
    for (size_t i = 0; i < sizeof payload; i++) {
        payload[i] = (uint8_t)i;
    }
    if (c->eph != NULL) {
        add_hex(&m->cx, &eph_pk, c->eph);
    } else {
        GOOD(buf_add(&m->cx, &eph_pk, BYTES_OF(eph.box_pk)));
    }
    GOOD(key_seal(&m->cx, eph.box_sk, eph.box_pk, bea.box_pk, &psk, BYTES("context", 7),
                  BYTES(payload, c->payload), &sealed));
    if (c->flip > 0) {
        sealed.ptr[c->flip - 1] ^= 1;
    }
    if (c->cut < 0) {
        GOOD(buf_extend(&m->cx, &sealed, (size_t)-c->cut, &extra));
    } else {
        sealed.len -= (size_t)c->cut;
    }
    vector_begin(m, c->name, c->status, c->clause);
    vector_bytes(m, "box_sk", BYTES_OF(reader.box_sk));
    vector_bytes(m, "box_pk", BYTES_OF(reader.box_pk));
    vector_bytes(m, "eph_pk", buf_view(&eph_pk));
    vector_bytes(m, "psk", BYTES_OF(read_psk.b));
    vector_bytes(m, "context", BYTES(c->context, strlen(c->context)));
    if (c->status == STATUS_OK) {
        vector_bytes(m, "payload", BYTES(payload, c->payload));
    }
    vector_end(m, buf_view(&sealed));
    buf_finish(&sealed);
    buf_finish(&eph_pk);
}

void make_join(const char *folder)
{
    struct maker m;
    make_joins(folder);
    maker_open(&m, folder, "keyseal");
    for (size_t i = 0; i < sizeof SEALS / sizeof SEALS[0]; i++) {
        make_seal(&m, &SEALS[i]);
    }
    maker_close(&m);
}
