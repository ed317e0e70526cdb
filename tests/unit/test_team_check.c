/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves that log_check() finds any stored byte of the log that is not what it was: every column of
 * every entry's row, the ends, the clocks, the signatures, the refusals, rows put back or taken
 * out.
 */
#include "team-int.h"
#include "team-world.h"

struct check {
    struct team_world w;
    struct peer *a;
};

/* One compartment, named twice in one entry: the second time is refused by everybody. */
static void say_twice(struct peer *p)
{
    struct charter_op op = {.verb = CHARTER_COMPARTMENT,
                            .u.compartment = {.tag = {7}, .name = TEXT("twice")}};
    struct buf encoded;
    buf_init(&encoded, 1024);
    check_ok(&p->cx, charter_op_write(&p->cx, &op, &encoded));
    const bytes list[] = {buf_view(&encoded), buf_view(&encoded)};
    check_ok(&p->cx, log_control(&p->cx, p->team, list, 2));
    buf_finish(&encoded);
}

/* A log with data, charter, a refused entry, three devices. */
static void check_start(struct check *c)
{
    team_world_init(&c->w, test_seed());
    c->a = peer_found(&c->w);
    peer_write(c->a, "one");
    struct peer *b = peer_join(&c->w, c->a, "Ben", "editor");
    struct peer *r = peer_join(&c->w, c->a, "Cleo", "reader");
    peer_write(b, "two");
    peer_pass(c->a, b);
    peer_pass(b, c->a);
    r->team->trusted = true; /* a changed program */
    peer_write(r, "no right");
    say_twice(r);
    r->team->trusted = false;
    peer_pass(r, c->a);
    peer_write(c->a, "three");
    check_ok(&c->a->cx, log_sign_head(&c->a->cx, c->a->team));
}

static void sql(struct peer *p, const char *query)
{
    check_ok(&p->cx, vault_execute(&p->cx, p->vault, query));
}

static uint64_t number(struct peer *p, const char *query)
{
    struct stmt *s = NULL;
    bool row = false;
    check_ok(&p->cx, stmt_prepare(&p->cx, p->vault, query, &s));
    check_ok(&p->cx, stmt_step(&p->cx, s, &row));
    uint64_t value = row ? (uint64_t)stmt_int(s, 0) : 0;
    stmt_reset(s);
    return value;
}

static void found(struct peer *p, const char *what)
{
    uint64_t entries;
    enum status status = log_check(&p->cx, p->team, &entries);
    if (status != STATUS_INTEGRITY) {
        print_error("%s: %s %s\n", what, status_name(status), p->cx.fault.what);
    }
    assert_int_equal(status, STATUS_INTEGRITY);
    fault_clear(&p->cx);
}

/* Each statement is one change of the stored log. */
static void test_any_change_is_found(void **state)
{
    static const char *const changes[] = {
        "UPDATE log_entry SET control = 1 - control WHERE key = ",
        "UPDATE log_entry SET state = 2 - state WHERE key = ",
        "UPDATE log_entry SET state = 1 WHERE key = ",
        "UPDATE log_entry SET lamport = lamport + 1 WHERE key = ",
        "UPDATE log_entry SET team = team + 1 WHERE key = ",
        "UPDATE log_entry SET id = zeroblob(32) WHERE key = ",
        "UPDATE log_entry SET id = zeroblob(31) WHERE key = ",
        "UPDATE log_entry SET key = key + 4096 WHERE key = ",
        "UPDATE log_entry SET body = zeroblob(length(body)) WHERE key = ",
        "UPDATE log_entry SET body = substr(body, 2) WHERE key = ",
        "DELETE FROM log_entry WHERE key = ",
        "INSERT INTO log_refused SELECT key, 77, 'invented' FROM log_entry WHERE key = ",
    };
    struct check c;
    (void)state;
    check_start(&c);
    struct peer *p = c.a;
    uint64_t entries = 0;
    check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
    assert_int_equal(entries, number(p, "SELECT count(*) FROM log_entry"));
    assert_true(entries >= 7);
    for (uint64_t k = 0; k < entries; k++) {
        char query[256];
        snprintf(query, sizeof query, "SELECT key FROM log_entry ORDER BY key LIMIT 1 OFFSET %llu",
                 (unsigned long long)k);
        long long key = (long long)number(p, query);
        for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
            snprintf(query, sizeof query, "%s%lld", changes[i], key);
            check_ok(&p->cx, vault_begin(&p->cx, p->vault));
            sql(p, query);
            found(p, query);
            vault_rollback(p->vault);
        }
    }
    check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
    team_world_finish(&c.w);
}

/* One byte of a header or body at a time, in every entry. */
static void flip(struct peer *p, long long key, const char *column, size_t at)
{
    char query[256];
    struct stmt *s = NULL;
    struct buf value;
    bool row = false;

    buf_init(&value, BODY_SEALED_MAX);
    snprintf(query, sizeof query, "SELECT %s FROM log_entry WHERE key = %lld", column, key);
    check_ok(&p->cx, stmt_prepare(&p->cx, p->vault, query, &s));
    check_ok(&p->cx, stmt_step(&p->cx, s, &row));
    check_ok(&p->cx, buf_add(&p->cx, &value, stmt_bytes(s, 0)));
    stmt_reset(s);
    value.ptr[at % value.len] ^= (uint8_t)(1U << (at % 8));
    snprintf(query, sizeof query, "UPDATE log_entry SET %s = ?1 WHERE key = %lld", column, key);
    check_ok(&p->cx, stmt_prepare(&p->cx, p->vault, query, &s));
    stmt_bind_bytes(s, 1, buf_view(&value));
    check_ok(&p->cx, stmt_run(&p->cx, s));
    buf_finish(&value);
}

static void test_any_byte_is_found(void **state)
{
    struct check c;
    (void)state;
    check_start(&c);
    struct peer *p = c.a;
    uint64_t entries = number(p, "SELECT count(*) FROM log_entry");
    for (uint64_t k = 0; k < entries; k++) {
        char query[256];
        snprintf(query, sizeof query, "SELECT key FROM log_entry ORDER BY key LIMIT 1 OFFSET %llu",
                 (unsigned long long)k);
        long long key = (long long)number(p, query);
        for (size_t at = 0; at < 260; at += 13) {
            check_ok(&p->cx, vault_begin(&p->cx, p->vault));
            flip(p, key, at % 2 == 0 ? "header" : "body", at);
            found(p, "a byte");
            vault_rollback(p->vault);
        }
    }
    team_world_finish(&c.w);
}

static void test_ends_and_clocks(void **state)
{
    static const char *const changes[] = {
        "UPDATE team_device SET head_seq = head_seq - 1 WHERE head_seq > 1",
        "UPDATE team_device SET head_id = zeroblob(32) WHERE head_seq > 0",
        "UPDATE team_device SET head_lamport = head_lamport + 1",
        "UPDATE team_device SET signature = zeroblob(64) WHERE signed_seq > 0",
        "UPDATE team_device SET signed_seq = signed_seq - 1 WHERE signed_seq > 1",
        "UPDATE team_clock SET items = substr(items, 1, 72)",
        "UPDATE team_clock SET items = zeroblob(144)",
        "UPDATE team_clock SET items = substr(items, 2)",
        "DELETE FROM team_clock",
        "DELETE FROM log_refused",
        "UPDATE log_refused SET reason = 'another'",
        "UPDATE team SET genesis_entry = zeroblob(32)",
    };
    struct check c;
    (void)state;
    check_start(&c);
    struct peer *p = c.a;
    uint64_t entries;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        check_ok(&p->cx, vault_begin(&p->cx, p->vault));
        sql(p, changes[i]);
        found(p, changes[i]);
        vault_rollback(p->vault);
        check_ok(&p->cx, log_check(&p->cx, p->team, &entries));
    }
    team_world_finish(&c.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_change_is_found),
        cmocka_unit_test(test_any_byte_is_found),
        cmocka_unit_test(test_ends_and_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
