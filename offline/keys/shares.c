/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A secret of 32 bytes parted among n people, any k of whom bring it back and fewer learn nothing:
 * Shamir's scheme over GF(2^8) with AES's polynomial, one polynomial of degree k-1 for each byte.
 *
 * The name of a set is a hash over the whole polynomial, so that k shares prove themselves: what
 * they give is the secret that was parted, or they are refused. With more than k of them the wrong
 * ones are named, because k right ones tell what every other share must be. A set of at most 16
 * shares has at most 12,870 choices of k; all are tried.
 *
 * Values are multiplied without tables, branches and indexes that depend on them. The numbers of
 * shares are public.
 */
#include <string.h>

#include "keys-int.h"

struct matrix {
    uint8_t at[KEY_SHARES_MAX][KEY_SHARES_MAX];
};

static uint8_t gf_mul(uint8_t a, uint8_t b)
{
    unsigned left = a;
    unsigned product = 0;
    for (unsigned bit = 0; bit < 8; bit++) {
        product ^= left & (0U - ((unsigned)b >> bit & 1U));
        left = (left << 1) ^ (0x11bU & (0U - (left >> 7 & 1U)));
    }
    return (uint8_t)product;
}

/* a^254, which is 1/a; 0 for 0. */
static uint8_t gf_inverse(uint8_t a)
{
    uint8_t power = a;
    uint8_t result = 1;
    for (unsigned bit = 1; bit < 8; bit++) {
        power = gf_mul(power, power);
        result = gf_mul(result, power);
    }
    return result;
}

/* out += row * factor */
static void row_add(uint8_t out[static SHARED_BYTES], const uint8_t row[static SHARED_BYTES],
                    uint8_t factor)
{
    for (size_t i = 0; i < SHARED_BYTES; i++) {
        out[i] ^= gf_mul(row[i], factor);
    }
}

/* The polynomial's value at x; coefficients are rows, the constant one first. */
static void evaluate(const uint8_t *coefficients, size_t count, uint8_t x,
                     uint8_t ret[static SHARED_BYTES])
{
    uint8_t power = 1;
    memset(ret, 0, SHARED_BYTES);
    for (size_t c = 0; c < count; c++) {
        row_add(ret, coefficients + c * SHARED_BYTES, power);
        power = gf_mul(power, x);
    }
}

static void set_name(enum key_share_kind kind, unsigned need, unsigned of, bytes coefficients,
                     uint8_t ret[static KEY_SHARE_SET_BYTES])
{
    const uint8_t shape[3] = {(uint8_t)kind, (uint8_t)need, (uint8_t)of};
    struct id hash;
    hash_domain("valise/share-set", BYTES_OF(shape), coefficients, &hash);
    memcpy(ret, hash.b, KEY_SHARE_SET_BYTES);
    wipe(&hash, sizeof(hash));
}

const char *key_share_shape_fault(unsigned need, unsigned of)
{
    if (of > KEY_SHARES_MAX || need > of) {
        return "a set has at most 16 shares, and needs no more than it has";
    }
    return need < KEY_SHARES_MIN
               ? "a set needs at least 2 shares; one alone would be the secret itself"
               : NULL;
}

enum status key_share_split(struct ctx *cx, enum key_share_kind kind, unsigned need, unsigned of,
                            const struct secret *secret, struct key_share *ret)
{
    enum status status = STATUS_OK;
    struct secret *coefficients = NULL;
    const char *fault = key_share_shape_fault(need, of);
    if (fault != NULL) {
        FAIL(cx, STATUS_USAGE, "%s", fault);
    }
    MUST(secret_view(secret).len == SHARED_BYTES);
    size_t len = (size_t)need * SHARED_BYTES;
    TRY(secret_new(cx, len, &coefficients));
    memcpy(secret_ptr(coefficients), secret_view(secret).ptr, SHARED_BYTES);
    cx->system->random(cx->system->self, secret_ptr(coefficients) + SHARED_BYTES,
                       len - SHARED_BYTES);
    for (unsigned i = 0; i < of; i++) {
        ret[i] = (struct key_share){.kind = kind, .need = need, .of = of, .number = i + 1};
        set_name(kind, need, of, secret_view(coefficients), ret[i].set);
        evaluate(secret_ptr(coefficients), need, (uint8_t)(i + 1), ret[i].value);
    }
out:
    secret_free(&coefficients);
    return status;
}

/* ---- joining ---- */

/* Row j: the coefficients of the polynomial that is 1 at x[j] and 0 at the others. */
static void lagrange(const uint8_t *x, size_t count, struct matrix *ret)
{
    uint8_t product[KEY_SHARES_MAX + 1] = {1}; /* of all (X - x[j]), the constant first */
    for (size_t j = 0; j < count; j++) {
        for (size_t c = j + 1; c > 0; c--) {
            product[c] = (uint8_t)(product[c - 1] ^ gf_mul(product[c], x[j]));
        }
        product[0] = gf_mul(product[0], x[j]);
    }
    for (size_t j = 0; j < count; j++) {
        uint8_t scale = 1;
        for (size_t m = 0; m < count; m++) {
            scale = gf_mul(scale, m == j ? 1 : x[j] ^ x[m]);
        }
        scale = gf_inverse(scale);
        uint8_t carry = 0; /* product / (X - x[j]), from the top */
        for (size_t c = count; c-- > 0;) {
            carry = (uint8_t)(product[c + 1] ^ gf_mul(carry, x[j]));
            ret->at[j][c] = gf_mul(carry, scale);
        }
    }
}

static bool same_set(const struct key_share *a, const struct key_share *b)
{
    return a->kind == b->kind && a->need == b->need && a->of == b->of &&
           memcmp(a->set, b->set, sizeof(a->set)) == 0;
}

/* Index of a share of the set most of them belong to. */
static size_t leading(const struct key_share *shares, size_t count)
{
    size_t best = 0;
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        size_t same = 0;
        for (size_t j = 0; j < count; j++) {
            same += same_set(&shares[i], &shares[j]);
        }
        if (same > most) {
            most = same;
            best = i;
        }
    }
    return best;
}

/* The whole polynomial of the chosen shares; true when it is the one the set is named after. */
static bool interpolate(const struct key_share *shares, uint32_t chosen, uint8_t *coefficients)
{
    const struct key_share *first = NULL;
    uint8_t x[KEY_SHARES_MAX] = {0};
    uint8_t set[KEY_SHARE_SET_BYTES];
    const uint8_t *values[KEY_SHARES_MAX] = {0};
    struct matrix basis;
    size_t count = 0;
    for (size_t i = 0; i < KEY_SHARES_MAX; i++) {
        if ((chosen >> i & 1U) == 0) {
            continue;
        }
        first = first == NULL ? &shares[i] : first;
        x[count] = (uint8_t)shares[i].number;
        values[count++] = shares[i].value;
    }
    MUST(first != NULL && count == first->need);
    lagrange(x, count, &basis);
    memset(coefficients, 0, count * SHARED_BYTES);
    for (size_t c = 0; c < count; c++) {
        for (size_t j = 0; j < count; j++) {
            row_add(coefficients + c * SHARED_BYTES, values[j], basis.at[j][c]);
        }
    }
    set_name(first->kind, first->need, first->of, BYTES(coefficients, count * SHARED_BYTES), set);
    return memcmp(set, first->set, sizeof(set)) == 0;
}

/* A choice of `need` shares of the set with different numbers. */
static bool is_choice(const struct key_share *shares, uint32_t chosen, uint32_t of_set,
                      unsigned need)
{
    uint32_t numbers = 0;
    unsigned count = 0;
    for (size_t i = 0; i < KEY_SHARES_MAX; i++) {
        if ((chosen >> i & 1U) != 0) {
            numbers |= 1U << (shares[i].number - 1);
            count++;
        }
    }
    return (chosen & ~of_set) == 0 && count == need &&
           (unsigned)__builtin_popcount(numbers) == need;
}

static enum status too_few(struct ctx *cx, const struct key_share *like, size_t have,
                           size_t foreign)
{
    if (foreign > 0) {
        (void)fault_set(cx, STATUS_FOREIGN, __FILE__, __LINE__,
                        "the shares are not of one set: %zu of the %u that are needed, and %zu of "
                        "another set",
                        have, like->need, foreign);
        return fault_hint(cx, "every share names its set: bring %u with the same name", like->need);
    }
    (void)fault_set(cx, STATUS_GAP, __FILE__, __LINE__, "%zu different share%s here, %u are needed",
                    have, have == 1 ? " is" : "s are", like->need);
    return fault_hint(cx, "ask another colleague who holds a share of this set");
}

/* Which of the given belong to the set, how many different ones these are. */
static enum status sort_out(struct ctx *cx, const struct key_share *shares, size_t count,
                            const struct key_share *like, uint32_t *ret_of_set)
{
    enum status status = STATUS_OK;
    uint32_t numbers = 0;
    size_t foreign = 0;
    *ret_of_set = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (same_set(&shares[i], &shares[j]) && shares[i].number == shares[j].number &&
                memcmp(shares[i].value, shares[j].value, SHARED_BYTES) == 0) {
                (void)fault_set(cx, STATUS_USAGE, __FILE__, __LINE__, "share %u is given twice",
                                shares[i].number);
                status = fault_hint(cx, "each share counts once; take another one in its place");
                goto out;
            }
        }
        if (same_set(&shares[i], like)) {
            *ret_of_set |= 1U << i;
            numbers |= 1U << (shares[i].number - 1);
        } else {
            foreign++;
        }
    }
    size_t have = (size_t)__builtin_popcount(numbers);
    if (have < like->need) {
        status = too_few(cx, like, have, foreign);
    }
out:
    return status;
}

static uint32_t wrong_ones(const struct key_share *shares, size_t count, uint32_t of_set,
                           const uint8_t *coefficients, unsigned need)
{
    uint8_t expected[SHARED_BYTES];
    uint32_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        evaluate(coefficients, need, (uint8_t)shares[i].number, expected);
        if ((of_set >> i & 1U) == 0 || memcmp(expected, shares[i].value, SHARED_BYTES) != 0) {
            wrong |= 1U << i;
        }
    }
    wipe(expected, sizeof(expected));
    return wrong;
}

enum status key_share_join(struct ctx *cx, const struct key_share *shares, size_t count,
                           struct secret **ret, uint32_t *ret_wrong)
{
    enum status status = STATUS_OK;
    struct secret *coefficients = NULL;
    uint32_t of_set = 0;
    bool found = false;
    if (count < 1 || count > KEY_SHARES_MAX) {
        FAIL(cx, STATUS_USAGE, "1 to %d shares can be joined, %zu are given", KEY_SHARES_MAX,
             count);
    }
    const struct key_share *like = &shares[leading(shares, count)];
    MUST(key_share_shape_fault(like->need, like->of) == NULL);
    TRY(sort_out(cx, shares, count, like, &of_set));
    TRY(secret_new(cx, (size_t)like->need * SHARED_BYTES, &coefficients));
    for (uint32_t chosen = 1; chosen < 1U << count && !found; chosen++) {
        found = is_choice(shares, chosen, of_set, like->need) &&
                interpolate(shares, chosen, secret_ptr(coefficients));
    }
    if (!found) {
        bool spare = (unsigned)__builtin_popcount(of_set) > like->need;
        (void)fault_set(cx, STATUS_FORGED, __FILE__, __LINE__,
                        "the shares do not give the secret their set was made from: %s",
                        spare ? "too many of them were changed" : "at least one was changed");
        status = fault_hint(cx, "bring one more share of this set: then it can be said which one "
                                "is wrong");
        goto out;
    }
    *ret_wrong = wrong_ones(shares, count, of_set, secret_ptr(coefficients), like->need);
    TRY(secret_copy(cx, BYTES(secret_ptr(coefficients), SHARED_BYTES), ret));
out:
    secret_free(&coefficients);
    return status;
}
