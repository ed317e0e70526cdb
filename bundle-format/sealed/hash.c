/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and derivations: every hash and every derived key of the format goes through the two
 * functions at the top, so that no two purposes can ever hash the same bytes. Also the rules for
 * public keys, the padding rule, and the small reading helpers all parsers of this room share.
 */
#include "sealed-int.h"

#include <sodium.h>
#include <string.h>

static void hash_update(crypto_generichash_state *st, bytes b)
{
    if (b.len > 0) {
        crypto_generichash_update(st, b.ptr, b.len);
    }
}

void hash_domain(const char *domain, bytes a, bytes b, struct id *ret)
{
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, sizeof ret->b);
    hash_update(&st, BYTES(domain, strlen(domain) + 1)); /* [F-10] the 0x00 ends the domain */
    hash_update(&st, a);
    hash_update(&st, b);
    crypto_generichash_final(&st, ret->b, sizeof ret->b);
    wipe(&st, sizeof st);
}

void key_derive(const struct key *from, const char *domain, bytes context, struct key *ret)
{
    crypto_generichash_state st;
    crypto_generichash_init(&st, from->b, sizeof from->b, sizeof ret->b); /* [F-11] */
    hash_update(&st, BYTES(domain, strlen(domain) + 1));
    hash_update(&st, context);
    crypto_generichash_final(&st, ret->b, sizeof ret->b);
    wipe(&st, sizeof st);
}

void device_id(const uint8_t sign_pk[static 32], const uint8_t box_pk[static 32],
               const uint8_t root_pk[static 32], struct id *ret)
{
    uint8_t pair[64];
    memcpy(pair, sign_pk, 32);
    memcpy(pair + 32, box_pk, 32);
    hash_domain("valise/device", BYTES_OF(pair), BYTES(root_pk, 32), ret); /* [F-12] */
}

void member_id(const uint8_t root_pk[static 32], struct id *ret)
{
    hash_domain("valise/member", BYTES(root_pk, 32), BYTES(NULL, 0), ret); /* [F-13] */
}

void team_id(bytes genesis_op, struct id *ret)
{
    hash_domain("valise/team", genesis_op, BYTES(NULL, 0), ret); /* [F-13] */
}

void epoch_bind(const struct id *device, const struct id *transport, struct id *ret)
{
    hash_domain("valise/epoch-bind", BYTES_OF(device->b), BYTES_OF(transport->b), ret); /* [F-14] */
}

void epoch_commit(const struct key *k, struct id *ret)
{
    hash_domain("valise/epoch-key", BYTES_OF(k->b), BYTES(NULL, 0), ret); /* [F-14] */
}

void epoch_id_committed(const struct epoch_name *n, const struct id *commit, struct id *ret)
{
    uint8_t fixed[32 + 32 + 32 + 8];
    memcpy(fixed, n->team->b, 32);
    memcpy(fixed + 32, commit->b, 32);
    memcpy(fixed + 64, n->bind->b, 32);
    put_u64le(fixed + 96, n->number);
    hash_domain("valise/epoch", BYTES_OF(fixed), BYTES(n->compartment, COMPARTMENT_BYTES), ret);
}

void epoch_id(const struct epoch_name *n, const struct key *k, struct id *ret)
{
    struct id commit;
    epoch_commit(k, &commit);
    epoch_id_committed(n, &commit, ret);
}

bool sign_key_valid(const uint8_t pk[static 32])
{
    return crypto_core_ed25519_is_valid_point(pk) == 1; /* [F-16] */
}

/* The five canonical u-coordinates whose order divides 8 (RFC 7748 §6.1, "all-zero output"). */
static const uint8_t LOW_ORDER[5][32] = {
    {0},
    {1},
    {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
     0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
     0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
    {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
     0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
     0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

bool box_key_valid(const uint8_t pk[static 32])
{
    /* [F-16] canonical: below 2^255 - 19, so the top bit is clear too */
    bool high = pk[31] == 0x7f && pk[0] >= 0xed;
    for (size_t i = 1; high && i < 31; i++) {
        high = pk[i] == 0xff;
    }
    if (high || (pk[31] & 0x80) != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof LOW_ORDER / sizeof LOW_ORDER[0]; i++) {
        if (memcmp(pk, LOW_ORDER[i], 32) == 0) {
            return false;
        }
    }
    return true;
}

size_t padded_size(size_t len, size_t min)
{
    if (len <= min) {
        return min;
    }
    /* Padme (PURB, PETS 2019): keep the top floor(log2(E)) + 1 bits below the leading one. */
    unsigned e = 63U - (unsigned)__builtin_clzll((unsigned long long)len);
    unsigned s = 32U - (unsigned)__builtin_clz(e);
    size_t mask = ((size_t)1 << (e - s)) - 1;
    return (len + mask) & ~mask;
}

bool all_zero(const uint8_t *ptr, size_t len)
{
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++) {
        any |= ptr[i];
    }
    return any == 0;
}

void reader_fail_as(struct wire_reader *r, enum status status, const char *why)
{
    if (r->status == STATUS_OK) {
        wire_fail(r, why);
        r->status = status;
    }
}

void reader_get_row(struct wire_reader *r, size_t count, const char *why)
{
    size_t n = wire_get_array(r, 0, SIZE_MAX);
    if (r->status == STATUS_OK && n != count) {
        wire_fail(r, why);
    }
}

void reader_get_version(struct wire_reader *r, const char *why)
{
    uint64_t version = wire_get_uint(r, UINT64_MAX);
    if (version != FORMAT_VERSION) {
        reader_fail_as(r, STATUS_UNSUPPORTED, why);
    }
}

uint64_t reader_get_number(struct wire_reader *r, uint64_t min, const char *why)
{
    uint64_t n = wire_get_uint(r, UINT64_MAX);
    if (r->status == STATUS_OK && (n < min || n > NUMBER_MAX)) {
        wire_fail(r, why);
    }
    return r->status == STATUS_OK ? n : 0;
}

bytes reader_get_positions(struct wire_reader *r, const struct positions_rule *rule,
                           const struct id *own)
{
    const uint8_t *from = r->pos;
    struct id last = {{0}};
    size_t count = wire_get_array(r, 0, SIZE_MAX);
    if (count > rule->max) {
        reader_fail_as(r, STATUS_LIMIT, rule->count);
    }
    for (size_t i = 0; r->status == STATUS_OK && i < count; i++) {
        struct id device = {{0}};
        reader_get_row(r, 2, rule->row);
        wire_get_fixed(r, device.b, sizeof device.b);
        (void)reader_get_number(r, 1, rule->seq);
        if (r->status == STATUS_OK && i > 0 && id_compare(&last, &device) >= 0) {
            wire_fail(r, rule->order);
        }
        if (r->status == STATUS_OK && rule->own != NULL && id_equal(own, &device)) {
            wire_fail(r, rule->own);
        }
        last = device;
    }
    return r->status == STATUS_OK ? BYTES(from, (size_t)(r->pos - from)) : BYTES(NULL, 0);
}

void stretch_name(const struct id *device, const struct id *first, struct id *ret)
{
    hash_domain("valise/lane", BYTES_OF(device->b), BYTES_OF(first->b), ret); /* [F-58] */
}
