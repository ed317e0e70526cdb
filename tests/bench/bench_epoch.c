/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a new key for a team costs: one EPOCH operation of the control compartment sealed to N
 * devices with published window prekeys, as the program makes it (pairing looked up in a vault,
 * exchange, hash, seal, row). The devices are made up beside a real team, because no team has
 * 2,000.
 *
 * usage: bench_epoch FOLDER [N...]     FOLDER must not exist; prints one line per N
 */
#include "team-int.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void must(struct ctx *cx, enum status status)
{
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_epoch: %s: %s\n", status_name(status), cx->fault.what);
        exit(1);
    }
}

static double cpu_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void device_make_up(struct ctx *cx, struct device *d, uint64_t window)
{
    uint8_t sk[32], pk[32];

    memset(d, 0, sizeof *d);
    randombytes_buf(d->pub.id.b, sizeof d->pub.id.b);
    d->pub.ix = 1 << 20;
    d->of = d;
    d->prekey_first = window;
    buf_init(&d->prekeys, (size_t)32 * PREKEYS_MAX);
    for (size_t i = 0; i < PREKEYS_MAX; i++) {
        if (i == 0) {
            randombytes_buf(sk, sizeof sk);
            crypto_scalarmult_base(pk, sk);
        }
        must(cx, buf_add(cx, &d->prekeys, BYTES_OF(pk)));
    }
    memcpy(d->box_pk, pk, sizeof d->box_pk);
}

static void measure(struct ctx *cx, struct team *t, struct device *devices, size_t count)
{
    struct charter_op op = {.verb = CHARTER_EPOCH};
    const struct epoch *under = epoch_for_keys(t);
    struct buf rows, seals, parents, encoded;
    uint8_t payload[64], transport[32];
    struct sealing s;

    buf_init(&rows, BODY_PLAIN_MAX);
    buf_init(&seals, BODY_PLAIN_MAX);
    buf_init(&parents, KIB);
    buf_init(&encoded, BODY_PLAIN_MAX);
    randombytes_buf(payload, sizeof payload);
    randombytes_buf(transport, sizeof transport);
    double start = cpu_ms();
    sealing_start(cx, &s, SEAL_EPOCH, under);
    s.subject = under->id;
    for (size_t i = 0; i < count; i++) {
        const struct receiver to = receiver_of(&devices[i]);
        must(cx, seal_row_to(cx, t, &s, &to, BYTES_OF(payload), &rows));
    }
    must(cx, rows_write(cx, count, buf_view(&rows), &seals));
    op.u.epoch.number = 2;
    op.u.epoch.id = under->id;
    op.u.epoch.transport = BYTES_OF(transport);
    op.u.epoch.seals = buf_view(&seals);
    must(cx, charter_op_write(cx, &op, &encoded));
    double took = cpu_ms() - start;
    printf("%zu devices: %zu bytes, %.2f ms of CPU\n", count, encoded.len, took);
    sealing_finish(&s);
    buf_finish(&rows);
    buf_finish(&seals);
    buf_finish(&parents);
    buf_finish(&encoded);
}

int main(int argc, char **argv)
{
    static const size_t usual[] = {20, 200, 2000};
    static struct device devices[RECIPIENTS_MAX];
    struct secret *key = NULL, *seed = NULL;
    struct vault *v = NULL;
    struct team *t = NULL;
    struct ctx cx;

    if (argc < 2) {
        fprintf(stderr, "usage: bench_epoch FOLDER [N...]\n");
        return 2;
    }
    ctx_init(&cx, system_real());
    must(&cx, secret_new(&cx, 32, &key));
    must(&cx, vault_create(&cx, argv[1], key, &v));
    must(&cx, team_found(&cx, v, TEXT("Bench"), TEXT("Ana"), TEXT("desk"), &seed, &t));
    size_t most = 0, runs = argc > 2 ? (size_t)argc - 2 : sizeof usual / sizeof usual[0];
    for (size_t i = 0; i < runs; i++) {
        size_t n = argc > 2 ? (size_t)strtoul(argv[i + 2], NULL, 10) : usual[i];
        MUST(n <= RECIPIENTS_MAX);
        for (; most < n; most++) {
            device_make_up(&cx, &devices[most], window_of(time(NULL)));
        }
        measure(&cx, t, devices, n);
    }
    for (size_t i = 0; i < most; i++) {
        buf_finish(&devices[i].prekeys);
    }
    team_close(&t);
    vault_close(&v);
    secret_free(&seed);
    secret_free(&key);
    return 0;
}
