/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_size_leak: proves that bundle sizes do not tell a colleague's password (DESIGN §3.2).
 *
 * The attacker is a member who can have any record of their own packed beside the victim's, and the
 * courier who sees how long the result is. For each of 16 passwords they inject a record that looks
 * like the victim's with that password in it, with every length of incompressible filler that could
 * push the result over a padding edge, and take the password with the smallest sum of lengths.
 * They are given more than a courier sees: the exact length of the content stream, not whole
 * pieces.
 *
 * Against entries as the sealed room makes them the attack must do no better than chance. The same
 * attack against one frame for both authors, with the same padding, must succeed, or the test would
 * prove nothing.
 */
#include "sealed_sample.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

enum { GUESSES = 16, PASSWORD = 12, FILLERS = 16, TRIALS = 256, RECORD_MAX = 2048 };

struct world {
    struct ctx cx;
    struct system system;
    struct sample_random random;
    struct id team;
    struct key key;
    struct entry_header header; /* of every entry but for its device: it has one length */
};

struct record {
    char ptr[RECORD_MAX];
    size_t len;
};

static void world_start(struct world *w)
{
    *w = (struct world){.team = sample_id("team"),
                        .key = sample_key("epoch"),
                        .header = sample_header(BYTES(NULL, 0))};
    w->system =
        (struct system){.random = sample_random_fill, .now = sample_now, .self = &w->random};
    ctx_init(&w->cx, &w->system);
}

static unsigned draw(struct world *w, unsigned below)
{
    uint8_t four[4];
    sample_random_fill(&w->random, four, sizeof four);
    return get_u32le(four) % below;
}

static void draw_password(struct world *w, char ret[static PASSWORD + 1])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < PASSWORD; i++) {
        ret[i] = digits[draw(w, 64)];
    }
    ret[PASSWORD] = '\0';
}

static void record_make(const char *owner, const char *password, struct record *ret)
{
    int n = snprintf(ret->ptr, sizeof ret->ptr,
                     "passwords.login title=Registry of the harbour office owner=%s "
                     "account=registry@harbour.example password=%s note=ask before changing",
                     owner, password);
    assert_true(n > 0 && (size_t)n < sizeof ret->ptr);
    ret->len = (size_t)n;
}

/* ---- two ways to pack the records of two authors: what the courier sees of them -------------- */

static size_t entry_length(struct world *w, const char *author, const struct record *r)
{
    struct entry_header h = w->header;
    struct buf body, header, content;
    buf_init(&body, BODY_SEALED_MAX);
    buf_init(&header, ENTRY_HEADER_MAX);
    buf_init(&content, MIB);
    h.device = sample_id(author);
    assert_int_equal(body_seal(&w->cx, &w->key, &w->team, &h, BYTES(r->ptr, r->len), &body),
                     STATUS_OK);
    assert_int_equal(entry_header_write(&w->cx, &h, &header), STATUS_OK);
    assert_int_equal(content_write_entry(&w->cx, buf_view(&header), buf_view(&body), &content),
                     STATUS_OK);
    size_t len = content.len;
    buf_finish(&body);
    buf_finish(&header);
    buf_finish(&content);
    return len;
}

static size_t pack_ours(struct world *w, const struct record *victim, const struct record *attacker)
{
    return entry_length(w, "ana", victim) + entry_length(w, "eve", attacker);
}

/* One frame for both, padded by the same rule. */
static size_t pack_shared(struct world *w, const struct record *victim,
                          const struct record *attacker)
{
    char both[2 * RECORD_MAX], frame[4 * RECORD_MAX];
    struct buf inside;
    memcpy(both, victim->ptr, victim->len);
    memcpy(both + victim->len, attacker->ptr, attacker->len);
    size_t n = ZSTD_compress(frame, sizeof frame, both, victim->len + attacker->len, 3);
    assert_false(ZSTD_isError(n));
    buf_init(&inside, MIB);
    assert_int_equal(sample_body_inside(&w->cx, 1, 0, BYTES(frame, n), &inside), STATUS_OK);
    n = inside.len;
    buf_finish(&inside);
    return n;
}

typedef size_t pack_function(struct world *w, const struct record *victim,
                             const struct record *attacker);

/* ---- the attack ------------------------------------------------------------------------------ */

static size_t sum_of_lengths(struct world *w, pack_function *pack, const struct record *victim,
                             const char *guess, const uint8_t filler[static FILLERS])
{
    size_t sum = 0;
    for (size_t fill = 0; fill < FILLERS; fill++) {
        struct record mine;
        record_make("eve", guess, &mine);
        memcpy(mine.ptr + mine.len, filler, fill);
        mine.len += fill;
        sum += pack(w, victim, &mine);
    }
    return sum;
}

/* True when the attacker names the victim's password. */
static bool attack_once(struct world *w, pack_function *pack)
{
    char passwords[GUESSES][PASSWORD + 1];
    uint8_t filler[FILLERS];
    struct record victim;
    size_t best = SIZE_MAX, ties = 0;
    unsigned named = 0, secret = draw(w, GUESSES);

    for (size_t i = 0; i < GUESSES; i++) {
        draw_password(w, passwords[i]);
    }
    sample_random_fill(&w->random, filler, sizeof filler);
    record_make("ana", passwords[secret], &victim);
    for (unsigned i = 0; i < GUESSES; i++) {
        size_t sum = sum_of_lengths(w, pack, &victim, passwords[i], filler);
        ties = sum < best ? 1 : sum == best ? ties + 1 : ties;
        if (sum < best || (sum == best && draw(w, (unsigned)ties) == 0)) {
            named = i;
        }
        best = sum < best ? sum : best;
    }
    return named == secret;
}

static unsigned attack(pack_function *pack)
{
    struct world w;
    unsigned named = 0;
    world_start(&w);
    for (unsigned i = 0; i < TRIALS; i++) {
        named += attack_once(&w, pack) ? 1 : 0;
    }
    return named;
}

static void test_sizes_tell_no_password(void **state)
{
    unsigned named = attack(pack_ours);
    (void)state;
    print_message("own frames: %u of %d passwords named, chance is %d\n", named, TRIALS,
                  TRIALS / GUESSES);
    assert_true(named <= TRIALS * 3 / GUESSES);
}

static void test_attack_works_on_a_shared_frame(void **state)
{
    unsigned named = attack(pack_shared);
    (void)state;
    print_message("shared frame: %u of %d passwords named\n", named, TRIALS);
    assert_true(named >= TRIALS * 9 / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_tell_no_password),
        cmocka_unit_test(test_attack_works_on_a_shared_frame),
    };
    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
