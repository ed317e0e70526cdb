/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what keys.h promises: a header opens with its passphrase and nothing else, every changed
 * byte of it is refused, its cost is bounded before it is paid; words and recovery sheets read back
 * and name what is wrong.
 */
#include "check.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "keys-int.h"

struct fixture {
    struct ctx cx;
    struct machine machine;
    struct buf header;
    struct secret *key;
};

/* computed with Python: int and hashlib.blake2b */
#define WORDS_OF_ONES  "sporting subdued leotard carbon backfire undivided tiling hypocrite gesture"
#define WORD_LIST_HASH "568c52778999f296e9f6a44679acdc724bf4a0d3164a7dbfa95099ee4e2efd3b"

static const char passphrase[] = "correct horse battery staple";

static bytes of(const char *s)
{
    return BYTES(s, strlen(s));
}

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    machine_init(&f->machine, test_seed());
    ctx_init(&f->cx, &f->machine.system);
    buf_init(&f->header, HEADER_BYTES_MAX);
    *state = f;
    return 0;
}

static int start_with_header(void **state)
{
    start(state);
    struct fixture *f = *state;
    check_ok(&f->cx, header_create(&f->cx, of(passphrase), kdf_cost_floor(), &f->header, &f->key));
    return 0;
}

static int finish(void **state)
{
    struct fixture *f = *state;
    secret_free(&f->key);
    buf_finish(&f->header);
    free(f);
    return 0;
}

/* ---- header ---- */

static void header_opens_with_its_passphrase_only(void **state)
{
    struct fixture *f = *state;
    struct secret *key = NULL;
    check_ok(&f->cx, header_open(&f->cx, buf_view(&f->header), of(passphrase), &key));
    check_bytes(secret_view(key), secret_view(f->key));
    secret_free(&key);
    check_status(
        &f->cx, STATUS_WRONG_PASSPHRASE,
        header_open(&f->cx, buf_view(&f->header), of("correct horse battery stapl"), &key));
    check_status(&f->cx, STATUS_USAGE,
                 header_open(&f->cx, buf_view(&f->header), BYTES(NULL, 0), &key));
    assert_null(key);
    assert_null(memmem(f->header.ptr, f->header.len, secret_view(f->key).ptr, 16));
}

static void every_changed_byte_is_refused(void **state)
{
    struct fixture *f = *state;
    struct secret *key = NULL;
    for (size_t i = 0; i < f->header.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            f->header.ptr[i] ^= (uint8_t)(1U << bit);
            enum status status = header_open(&f->cx, buf_view(&f->header), of(passphrase), &key);
            f->header.ptr[i] ^= (uint8_t)(1U << bit);
            assert_true(status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED);
            assert_null(key);
            assert_string_not_equal(f->cx.fault.hint, "");
            fault_clear(&f->cx);
        }
    }
    for (size_t len = 0; len < f->header.len; len++) {
        check_status(&f->cx, STATUS_MALFORMED,
                     header_open(&f->cx, BYTES(f->header.ptr, len), of(passphrase), &key));
    }
    check_ok(&f->cx, buf_add_byte(&f->cx, &f->header, 0));
    check_status(&f->cx, STATUS_MALFORMED,
                 header_open(&f->cx, buf_view(&f->header), of(passphrase), &key));
}

/* The check at the end is made good again, as somebody would who changes a header on purpose. */
static void mend_check(struct fixture *f)
{
    struct id hash;
    size_t checked = f->header.len - HEADER_CHECK_BYTES - 1;
    hash_domain("valise/header-check", BYTES(f->header.ptr, checked), BYTES(NULL, 0), &hash);
    memcpy(f->header.ptr + checked + 1, hash.b, HEADER_CHECK_BYTES);
}

static void forged_parts_are_told_apart(void **state)
{
    struct fixture *f = *state;
    struct secret *key = NULL;
    size_t mac = f->header.len - HEADER_CHECK_BYTES - 1 - HEADER_MAC_BYTES;
    size_t sealed = mac - 2 - SLOT_SEALED_BYTES;
    size_t nonce = sealed - 2 - SLOT_NONCE_BYTES;
    size_t salt = nonce - 1 - 1 - SLOT_SALT_BYTES;
    const struct {
        size_t at;
        enum status status;
    } cases[] = {
        {mac, STATUS_INTEGRITY},           {mac + 31, STATUS_INTEGRITY},
        {sealed, STATUS_WRONG_PASSPHRASE}, {sealed + 47, STATUS_WRONG_PASSPHRASE},
        {nonce, STATUS_WRONG_PASSPHRASE},  {salt, STATUS_WRONG_PASSPHRASE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        f->header.ptr[cases[i].at] ^= 1;
        mend_check(f);
        check_status(&f->cx, cases[i].status,
                     header_open(&f->cx, buf_view(&f->header), of(passphrase), &key));
        f->header.ptr[cases[i].at] ^= 1;
    }
    mend_check(f);
    check_ok(&f->cx, header_open(&f->cx, buf_view(&f->header), of(passphrase), &key));
    secret_free(&key);
}

static void newer_header_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct secret *key = NULL;
    struct wire_writer w;
    struct buf newer;
    buf_init(&newer, 64);
    wire_writer_init(&w, &f->cx, &newer);
    wire_put_array(&w, 3);
    wire_put_text(&w, TEXT("valise key header"));
    wire_put_uint(&w, 3);
    wire_put_null(&w);
    check_ok(&f->cx, wire_writer_done(&w));
    check_status(&f->cx, STATUS_UNSUPPORTED,
                 header_open(&f->cx, buf_view(&newer), of(passphrase), &key));
    check_status(
        &f->cx, STATUS_UNSUPPORTED,
        header_change(&f->cx, buf_view(&newer), f->key, of("new"), kdf_cost_floor(), &f->header));
    buf_finish(&newer);
}

static void cost_is_bounded(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct kdf_cost cost;
        bool fine;
    } cases[] = {
        {{64ULL * MIB, 1}, true},
        {{64ULL * MIB, 2}, true},
        {{256ULL * MIB, 3}, true},
        {{1024ULL * MIB, 4}, true},
        {{4096ULL * MIB, 8}, true},
        {{64ULL * MIB, 64}, true},
        {{64ULL * MIB - 1024, 2}, false},
        {{64ULL * MIB, 0}, false},
        {{0, 1}, false},
        {{64ULL * MIB + 1, 1}, false},
        {{4096ULL * MIB + 1024, 1}, false},
        {{4096ULL * MIB, 9}, false},
        {{64ULL * MIB, 65}, false},
        {{1ULL << 40, 1}, false},
        {{64ULL * MIB, UINT64_MAX}, false},
        {{UINT64_MAX, UINT64_MAX}, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(kdf_cost_fault(cases[i].cost) == NULL, cases[i].fine);
        if (!cases[i].fine) {
            check_status(&f->cx, STATUS_LIMIT,
                         header_create(&f->cx, of("x"), cases[i].cost, &f->header, &f->key));
            assert_int_equal(f->header.len, 0);
            assert_null(f->key);
        }
    }
    assert_true(kdf_cost_fault(kdf_cost_moderate()) == NULL);
    assert_int_equal(kdf_cost_moderate().memory_bytes, 256 * 1024 * 1024);
}

static void hostile_cost_is_not_paid(void **state)
{
    struct fixture *f = *state;
    struct secret *key = NULL;
    /* 64 MiB is 1a 04 00 00 00 on the wire */
    static const uint8_t memory[] = {0x1a, 0x04, 0, 0, 0};
    uint8_t *at = memmem(f->header.ptr, f->header.len, memory, sizeof(memory));
    assert_non_null(at);
    at[1] = 0x00;
    at[2] = 0x10; /* 1 MiB */
    mend_check(f);
    clock_t before = clock();
    check_fault(&f->cx, STATUS_MALFORMED, "below the floor",
                header_open(&f->cx, buf_view(&f->header), of(passphrase), &key));
    memcpy(at + 1, (uint8_t[]){0x04, 0, 0, 0}, 4);
    at[5] = 0x17; /* passes: 23 -> fine; 64 MiB each */
    at[0] = 0x1b; /* no such encoding any more */
    mend_check(f);
    check_status(&f->cx, STATUS_MALFORMED,
                 header_open(&f->cx, buf_view(&f->header), of(passphrase), &key));
    assert_true(clock() - before < CLOCKS_PER_SEC / 20);
}

static void changed_passphrase_keeps_the_key(void **state)
{
    struct fixture *f = *state;
    struct secret *key = NULL;
    struct secret *other = NULL;
    struct buf changed;
    buf_init(&changed, HEADER_BYTES_MAX);
    check_ok(&f->cx, header_change(&f->cx, buf_view(&f->header), f->key, of("another one"),
                                   kdf_cost_floor(), &changed));
    check_ok(&f->cx, header_open(&f->cx, buf_view(&changed), of("another one"), &key));
    check_bytes(secret_view(key), secret_view(f->key));
    secret_free(&key);
    check_status(&f->cx, STATUS_WRONG_PASSPHRASE,
                 header_open(&f->cx, buf_view(&changed), of(passphrase), &key));
    check_ok(&f->cx, secret_new(&f->cx, VAULT_KEY_BYTES, &other));
    check_status(
        &f->cx, STATUS_INTEGRITY,
        header_change(&f->cx, buf_view(&f->header), other, of("x"), kdf_cost_floor(), &changed));
    secret_free(&other);
    buf_finish(&changed);
}

static void passphrase_has_one_form(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *typed;
        const char *normal;
    } cases[] = {
        {"plain", "plain"},
        {"na\xc3\xafve", "na\xc3\xafve"},
        {"nai\xcc\x88ve", "na\xc3\xafve"}, /* i and combining diaeresis */
        {"\xe2\x84\xab", "\xc3\x85"},      /* angstrom sign */
        {"\xff\xfe", "\xff\xfe"},          /* no UTF-8: as it is */
        {"\xef\xac\x81", "\xef\xac\x81"},  /* a ligature stays: NFC, not NFKC */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct secret *normal = NULL;
        check_ok(&f->cx, passphrase_normal(&f->cx, of(cases[i].typed), &normal));
        check_bytes(secret_view(normal), of(cases[i].normal));
        secret_free(&normal);
    }
    char longest[PASSPHRASE_BYTES_MAX + 2];
    struct secret *normal = NULL;
    for (size_t i = 0; i < PASSPHRASE_BYTES_MAX; i += 2) {
        memcpy(longest + i, "\xce\x90", 2); /* three code points when taken apart */
    }
    check_ok(&f->cx, passphrase_normal(&f->cx, BYTES(longest, PASSPHRASE_BYTES_MAX), &normal));
    assert_int_equal(secret_view(normal).len, PASSPHRASE_BYTES_MAX);
    secret_free(&normal);
    memset(longest, 'x', sizeof(longest));
    check_status(&f->cx, STATUS_USAGE,
                 passphrase_normal(&f->cx, BYTES(longest, PASSPHRASE_BYTES_MAX + 1), &normal));
}

/* ---- pairs ---- */

static void device_keys_sign_and_box(void **state)
{
    struct fixture *f = *state;
    struct device_keys one;
    struct device_keys two;
    uint8_t signature[crypto_sign_BYTES];
    uint8_t a[32];
    uint8_t b[32];
    check_ok(&f->cx, device_keys_make(&f->cx, &one));
    check_ok(&f->cx, device_keys_make(&f->cx, &two));
    assert_memory_not_equal(one.sign_pk, two.sign_pk, 32);
    assert_memory_not_equal(one.box_pk, two.box_pk, 32);
    assert_int_equal(crypto_sign_detached(signature, NULL, a, 0, secret_ptr(one.sign_sk)), 0);
    assert_int_equal(crypto_sign_verify_detached(signature, a, 0, one.sign_pk), 0);
    assert_int_equal(crypto_scalarmult(a, secret_ptr(one.box_sk), two.box_pk), 0);
    assert_int_equal(crypto_scalarmult(b, secret_ptr(two.box_sk), one.box_pk), 0);
    assert_memory_equal(a, b, 32);
    device_keys_finish(&one);
    assert_null(one.sign_sk);
    device_keys_finish(&one); /* does no harm */
    device_keys_finish(&two);
}

static void root_vouches_for_a_device(void **state)
{
    struct fixture *f = *state;
    struct device_keys device;
    struct secret *seed = NULL;
    uint8_t root_pk[32];
    uint8_t again[32];
    uint8_t signature[SIGNATURE_BYTES];
    check_ok(&f->cx, device_keys_make(&f->cx, &device));
    check_ok(&f->cx, root_key_make(&f->cx, &seed, root_pk));
    check_ok(&f->cx, root_public(&f->cx, seed, again));
    assert_memory_equal(root_pk, again, 32);
    check_ok(&f->cx, root_sign_link(&f->cx, seed, device.sign_pk, device.box_pk, TEXT("laptop"),
                                    signature));
    assert_true(link_verify(root_pk, device.sign_pk, device.box_pk, TEXT("laptop"), signature));
    assert_false(link_verify(root_pk, device.sign_pk, device.box_pk, TEXT("laptoq"), signature));
    assert_false(link_verify(root_pk, device.box_pk, device.box_pk, TEXT("laptop"), signature));
    secret_free(&seed);
    device_keys_finish(&device);
}

/* ---- travel lock ---- */

static void travel_lock_goes_there_and_back(void **state)
{
    struct fixture *f = *state;
    struct buf both, locked, back;
    struct key_share shares[3];
    struct header_slots look = {0};
    struct secret *key = NULL, *shared = NULL;
    uint32_t wrong = 0;
    buf_init(&both, HEADER_BYTES_MAX);
    buf_init(&locked, HEADER_BYTES_MAX);
    buf_init(&back, HEADER_BYTES_MAX);
    check_ok(&f->cx, header_add_shares(&f->cx, buf_view(&f->header), f->key, 2, 3, shares, &both));
    check_ok(&f->cx, header_open(&f->cx, buf_view(&both), of(passphrase), &key));
    secret_free(&key);
    check_ok(&f->cx, header_drop(&f->cx, buf_view(&both), f->key, SLOT_PASSPHRASE, &locked));
    check_ok(&f->cx, header_look(&f->cx, buf_view(&locked), &look));
    assert_true(look.passphrases == 0 && look.shares && look.need == 2 && look.of == 3);
    assert_memory_equal(look.set, shares[0].set, sizeof(look.set));
    check_fault(&f->cx, STATUS_LOCKED, "2 of the 3 shares",
                header_open(&f->cx, buf_view(&locked), of(passphrase), &key));
    check_status(&f->cx, STATUS_DENIED,
                 header_drop(&f->cx, buf_view(&locked), f->key, SLOT_SHARES, &back));
    check_status(&f->cx, STATUS_DENIED,
                 header_add_shares(&f->cx, buf_view(&locked), f->key, 2, 2, shares, &back));
    /* nothing of a passphrase's slot is left: not its salt, nonce or sealed key */
    for (size_t i = 60; i + 16 <= f->header.len; i += 8) {
        assert_null(memmem(locked.ptr, locked.len, f->header.ptr + i, 16));
    }
    check_ok(&f->cx, key_share_join(&f->cx, &shares[1], 2, &shared, &wrong));
    check_ok(&f->cx, header_open_shared(&f->cx, buf_view(&locked), shared, &key));
    check_bytes(secret_view(key), secret_view(f->key));
    check_status(&f->cx, STATUS_FOREIGN,
                 header_open_shared(&f->cx, buf_view(&f->header), shared, &key));
    secret_ptr(shared)[0] ^= 1;
    struct secret *none = NULL;
    check_status(&f->cx, STATUS_FOREIGN,
                 header_open_shared(&f->cx, buf_view(&locked), shared, &none));
    check_ok(&f->cx, header_change(&f->cx, buf_view(&locked), key, of("a new one"),
                                   kdf_cost_floor(), &back));
    secret_free(&key);
    check_ok(&f->cx, header_open(&f->cx, buf_view(&back), of("a new one"), &key));
    check_ok(&f->cx, header_look(&f->cx, buf_view(&back), &look));
    assert_true(look.passphrases == 1 && !look.shares);
    secret_free(&key);
    secret_free(&shared);
    buf_finish(&both);
    buf_finish(&locked);
    buf_finish(&back);
}

static void changed_travel_lock_is_refused(void **state)
{
    struct fixture *f = *state;
    struct buf both;
    struct key_share shares[3];
    struct header_slots look;
    buf_init(&both, HEADER_BYTES_MAX);
    check_ok(&f->cx, header_add_shares(&f->cx, buf_view(&f->header), f->key, 2, 3, shares, &both));
    for (size_t i = 0; i < both.len; i++) {
        both.ptr[i] ^= 1;
        enum status status = header_look(&f->cx, buf_view(&both), &look);
        both.ptr[i] ^= 1;
        assert_true(status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED);
        fault_clear(&f->cx);
    }
    f->header.len = 0; /* version 1 with a slot for shares, its check made good again */
    check_ok(&f->cx, buf_add(&f->cx, &f->header, buf_view(&both)));
    uint8_t *version = memmem(f->header.ptr, f->header.len, "header", 6);
    version[6] = 1;
    mend_check(f);
    check_fault(&f->cx, STATUS_MALFORMED, "does not fit",
                header_look(&f->cx, buf_view(&f->header), &look));
    buf_finish(&both);
}

/* ---- words ---- */

static void word_list_is_the_one_we_know(void **state)
{
    (void)state;
    struct id hash;
    struct buf all;
    struct ctx cx;
    ctx_init(&cx, system_real());
    buf_init(&all, 1 << 20);
    for (unsigned i = 0; i < WORDS; i++) {
        text word = word_at(i);
        assert_true(word.len >= 3 && word.len <= WORD_BYTES_MAX);
        check_ok(&cx, buf_add_text(&cx, &all, word));
        check_ok(&cx, buf_add_byte(&cx, &all, '\n'));
        if (i % 97 == 0) {
            assert_int_equal(word_find(word), i);
        }
    }
    check_text(word_at(0), "abacus");
    check_text(word_at(WORDS - 1), "zoom");
    hash_domain("test", buf_view(&all), BYTES(NULL, 0), &hash);
    buf_clear(&all);
    check_ok(&cx, hex_encode(&cx, &all, BYTES_OF(hash.b)));
    check_text(buf_text(&all), WORD_LIST_HASH);
    assert_int_equal(word_find(TEXT("abacu")), -1);
    assert_int_equal(word_find(TEXT("")), -1);
    check_text(word_nearest(TEXT("abdomn")), "abdomen");
    buf_finish(&all);
}

static void fingerprint_words_match_however_typed(void **state)
{
    struct fixture *f = *state;
    static const struct {
        uint8_t print[16];
        const char *words;
    } known[] = {
        {{0}, "abacus abacus abacus abacus abacus abacus abacus abacus abacus"},
        /* 2^116 - 1; the last 12 bits do not count */
        {{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0xf0, 0},
         WORDS_OF_ONES},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct buf out;
        buf_init(&out, 256);
        check_ok(&f->cx, words_of_fingerprint(&f->cx, known[i].print, &out));
        check_bytes(buf_view(&out), of(known[i].words));
        assert_true(words_match(&f->cx, known[i].print, text_of(known[i].words)));
        buf_finish(&out);
    }
    for (int round = 0; round < 200; round++) {
        uint8_t print[16];
        struct buf out;
        buf_init(&out, 256);
        machine_fill(&f->machine, print, sizeof(print));
        check_ok(&f->cx, words_of_fingerprint(&f->cx, print, &out));
        assert_true(words_match(&f->cx, print, buf_text(&out)));
        for (size_t i = 0; i < out.len; i++) {
            out.ptr[i] = out.ptr[i] == ' ' ? (i % 2 != 0 ? '-' : '\n')
                                           : (uint8_t)(out.ptr[i] >= 'a' ? out.ptr[i] - 32 : '-');
        }
        assert_true(words_match(&f->cx, print, buf_text(&out)));
        print[machine_below(&f->machine, 14)] ^= (uint8_t)(1U << machine_below(&f->machine, 8));
        assert_false(words_match(&f->cx, print, buf_text(&out)));
        buf_finish(&out);
    }
    uint8_t zero[16] = {0};
    assert_false(words_match(&f->cx, zero, TEXT("")));
    assert_false(words_match(&f->cx, zero,
                             TEXT("abacus abacus abacus abacus abacus abacus "
                                  "abacus abacus")));
    assert_false(words_match(&f->cx, zero,
                             TEXT("abacus abacus abacus abacus abacus abacus "
                                  "abacus abacus abacus x")));
    assert_false(words_match(&f->cx, zero,
                             TEXT("abacus, abacus abacus abacus abacus abacus "
                                  "abacus abacus abacus")));
}

static void random_words_are_words(void **state)
{
    struct fixture *f = *state;
    struct buf out;
    buf_init(&out, 2048);
    check_ok(&f->cx, words_random(&f->cx, 7, &out));
    size_t count = 0;
    size_t from = 0;
    for (size_t i = 0; i <= out.len; i++) {
        if (i == out.len || out.ptr[i] == ' ') {
            assert_true(word_find((text){(const char *)out.ptr + from, i - from}) >= 0);
            from = i + 1;
            count++;
        }
    }
    assert_int_equal(count, 7);
    check_status(&f->cx, STATUS_USAGE, words_random(&f->cx, 0, &out));
    check_status(&f->cx, STATUS_USAGE, words_random(&f->cx, 65, &out));
    buf_finish(&out);
}

/* ---- recovery sheet ---- */

static void sheet_reads_back(void **state)
{
    struct fixture *f = *state;
    for (int round = 0; round < 60; round++) {
        struct secret *seed = NULL;
        struct secret *back = NULL;
        struct buf page;
        struct buf typed;
        buf_init(&page, 8192);
        buf_init(&typed, 8192);
        check_ok(&f->cx, secret_new(&f->cx, SEED_BYTES, &seed));
        if (round > 1) {
            machine_fill(&f->machine, secret_ptr(seed), SEED_BYTES);
        } else {
            memset(secret_ptr(seed), round == 0 ? 0 : 0xff, SEED_BYTES);
        }
        check_ok(&f->cx, sheet_write(&f->cx, seed, TEXT("a team\nwords:\n"), TEXT("Zoé"), &page));
        check_ok(&f->cx, sheet_parse(&f->cx, buf_text(&page), &back));
        check_bytes(secret_view(back), secret_view(seed));
        secret_free(&back);
        /* the words alone, without their numbers, in capitals, one on each line */
        const char *words = memmem(page.ptr, page.len, "\nwords:\n", 8);
        assert_non_null(words);
        for (const char *c = words + 8; c[0] != '\n' || c[1] != '\n'; c++) {
            bool letter = (*c >= 'a' && *c <= 'z') || *c == '-';
            uint8_t byte = (uint8_t)(letter ? (*c == '-' ? '-' : *c - 32) : '\n');
            check_ok(&f->cx, buf_add_byte(&f->cx, &typed, byte));
        }
        check_ok(&f->cx, sheet_parse(&f->cx, buf_text(&typed), &back));
        check_bytes(secret_view(back), secret_view(seed));
        secret_free(&back);
        buf_clear(&typed); /* and what its QR code holds */
        check_ok(&f->cx, sheet_code(&f->cx, seed, &typed));
        check_ok(&f->cx, sheet_parse(&f->cx, buf_text(&typed), &back));
        check_bytes(secret_view(back), secret_view(seed));
        secret_free(&back);
        secret_free(&seed);
        buf_finish(&page);
        buf_finish(&typed);
    }
}

static void wrong_sheet_says_what_is_wrong(void **state)
{
    struct fixture *f = *state;
    struct secret *seed = NULL;
    static const char nineteen[] = "abacus abacus abacus abacus abacus abacus abacus abacus abacus "
                                   "abacus abacus abacus abacus abacus abacus abacus abacus abacus "
                                   "abacus ";
    static const struct {
        const char *tail;
        const char *part;
    } cases[] = {
        {"abacus", "20 words, 21 are needed"},     {"abacus abacus abacus", "more than 21"},
        {"abacus abdomn", "word 21, 'abdomn'"},    {"Abacuz abacus", "word 20, 'abacuz'"},
        {"abacus zoom", "do not belong together"}, {"\xc3\xa9t\xc3\xa9 abacus", "word 20"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char typed[1024];
        snprintf(typed, sizeof(typed), "%s%s", nineteen, cases[i].tail);
        check_fault(&f->cx, STATUS_USAGE, cases[i].part,
                    sheet_parse(&f->cx, text_of(typed), &seed));
        assert_null(seed);
    }
    check_status(&f->cx, STATUS_USAGE, sheet_parse(&f->cx, TEXT(""), &seed));
    assert_int_equal(sheet_parse(&f->cx, TEXT("abdomn"), &seed), STATUS_USAGE);
    assert_string_equal(f->cx.fault.hint, "perhaps it is 'abdomen'");
    fault_clear(&f->cx);
    char all_max[SHEET_WORDS * 5 + 1] = "";
    for (int i = 0; i < SHEET_WORDS; i++) {
        memcpy(all_max + (size_t)i * 5, "zoom ", 6);
    }
    check_fault(&f->cx, STATUS_USAGE, "do not belong together",
                sheet_parse(&f->cx, text_of(all_max), &seed));
}

static void one_wrong_word_is_found(void **state)
{
    struct fixture *f = *state;
    struct secret *seed = NULL;
    unsigned passed = 0;
    check_ok(&f->cx, secret_new(&f->cx, SEED_BYTES, &seed));
    for (unsigned round = 0; round < 200; round++) {
        uint8_t number[SHEET_NUMBER_BYTES];
        uint16_t digits[SHEET_WORDS];
        struct buf typed;
        struct secret *back = NULL;
        buf_init(&typed, 1024);
        for (size_t i = 0; i < SHEET_WORDS; i++) {
            digits[i] = (uint16_t)machine_below(&f->machine, WORDS);
        }
        (void)number_of_digits(digits, SHEET_WORDS, number, sizeof(number));
        uint16_t again[SHEET_WORDS];
        digits_of_number(number, sizeof(number), again, SHEET_WORDS);
        assert_memory_equal(digits, again, sizeof(digits));
        for (size_t i = 0; i < SHEET_WORDS; i++) {
            check_ok(&f->cx, buf_add_text(&f->cx, &typed, word_at(digits[i])));
            check_ok(&f->cx, buf_add_byte(&f->cx, &typed, ' '));
        }
        passed += sheet_parse(&f->cx, buf_text(&typed), &back) == STATUS_OK;
        fault_clear(&f->cx);
        secret_free(&back);
        buf_finish(&typed);
    }
    assert_true(passed <= 1); /* one in 2^15 */
    secret_free(&seed);
}

#define KEYS_TEST(name)   cmocka_unit_test_setup_teardown(name, start, finish)
#define HEADER_TEST(name) cmocka_unit_test_setup_teardown(name, start_with_header, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEADER_TEST(header_opens_with_its_passphrase_only),
        HEADER_TEST(every_changed_byte_is_refused),
        HEADER_TEST(forged_parts_are_told_apart),
        HEADER_TEST(newer_header_is_left_alone),
        HEADER_TEST(hostile_cost_is_not_paid),
        HEADER_TEST(changed_passphrase_keeps_the_key),
        HEADER_TEST(travel_lock_goes_there_and_back),
        HEADER_TEST(changed_travel_lock_is_refused),
        KEYS_TEST(cost_is_bounded),
        KEYS_TEST(passphrase_has_one_form),
        KEYS_TEST(device_keys_sign_and_box),
        KEYS_TEST(root_vouches_for_a_device),
        KEYS_TEST(word_list_is_the_one_we_know),
        KEYS_TEST(fingerprint_words_match_however_typed),
        KEYS_TEST(random_words_are_words),
        KEYS_TEST(sheet_reads_back),
        KEYS_TEST(wrong_sheet_says_what_is_wrong),
        KEYS_TEST(one_wrong_word_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
