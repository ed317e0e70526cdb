/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures: statements with a domain [F-15], and signed heads [F-36]. An author signs the head of
 * its hash chain once per export, so 100,000 entries cost one verification.
 */
#include "sealed-int.h"

#include <sodium.h>
#include <string.h>

enum { DOMAIN_MAX = 64 };

struct message {
    uint8_t b[DOMAIN_MAX + 1 + 32 + STATEMENT_MAX];
    size_t len;
};

/* domain || 0x00 || team || body; false when the body is over its limit [F-60]. */
static bool message_make(const char *domain, const struct id *team, bytes body, struct message *ret)
{
    size_t len = strlen(domain) + 1;

    MUST(len <= DOMAIN_MAX + 1);
    if (body.len > STATEMENT_MAX) {
        return false;
    }
    memcpy(ret->b, domain, len);
    memset(ret->b + len, 0, 32);
    if (team != NULL) {
        memcpy(ret->b + len, team->b, 32);
    }
    if (body.len > 0) {
        memcpy(ret->b + len + 32, body.ptr, body.len);
    }
    ret->len = len + 32 + body.len;
    return true;
}

void statement_sign(const char *domain, const struct id *team, bytes body,
                    const uint8_t sign_sk[static 64], uint8_t ret[static SIGNATURE_BYTES])
{
    struct message m;
    MUST(message_make(domain, team, body, &m));
    crypto_sign_detached(ret, NULL, m.b, m.len, sign_sk);
}

bool statement_verify(const char *domain, const struct id *team, bytes body,
                      const uint8_t sign_pk[static 32], const uint8_t sig[static SIGNATURE_BYTES])
{
    struct message m;
    return message_make(domain, team, body, &m) &&
           crypto_sign_verify_detached(sig, m.b, m.len, sign_pk) == 0;
}

static void head_body(const struct head *h, uint8_t ret[static 72])
{
    memcpy(ret, h->device.b, 32);
    put_u64le(ret + 32, h->seq);
    memcpy(ret + 40, h->id.b, 32);
}

void head_sign(const struct id *team, const uint8_t sign_sk[static 64], struct head *h)
{
    uint8_t body[72];
    head_body(h, body);
    statement_sign("valise/head", team, BYTES_OF(body), sign_sk, h->signature);
}

bool head_verify(const struct id *team, const uint8_t sign_pk[static 32], const struct head *h)
{
    uint8_t body[72];
    head_body(h, body);
    return statement_verify("valise/head", team, BYTES_OF(body), sign_pk, h->signature);
}
