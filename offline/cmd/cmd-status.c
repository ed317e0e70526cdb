/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status: is everything well? The vault, the team, what colleagues still lack, what a person must
 * decide, and what this machine does not promise.
 */
#include "agent.h"
#include "alarms.h"
#include "guard.h"
#include "keys.h"
#include "schema.h"

static const struct json_field json[] = {
    {"status", "vault", "text", "the vault's folder"},
    {"status", "engine", "text", "what stores it"},
    {"status", "unlocked", "flag", "an agent holds the key"},
    {"status", "locks_in_seconds", "number", "until the agent locks by itself; 0 when locked"},
    {"status", "swap_is_plain", "flag", "this machine swaps to an unencrypted disk"},
    {"status", "teams", "number", "teams in this vault"},
    {"status", "team", "text", "the team shown, or empty"},
    {"status", "member", "text", "you in it"},
    {"status", "role", "text", "your role"},
    {"status", "members", "number", "people"},
    {"status", "unverified", "number", "people whose words you did not compare"},
    {"status", "conflicts", "number", "fields a person must decide"},
    {"status", "peers_behind", "number", "machines that lack something you hold"},
    {"status", "forked", "number", "machines that signed two histories"},
    {"status", "state", "text", "state hash in words; equal on machines with the same state"},
    {"status", "quantum", "text",
     "does traffic recorded today stay closed to a quantum computer: yes or no, and why"},
    {"status", "quantum_closed", "flag", "it does"},
    JSON_ALARM_ROWS,
};

struct teams {
    size_t count;
};

static enum status visit_team(void *self, struct ctx *cx, text name, int64_t key)
{
    struct teams *t = self;

    (void)cx;
    (void)name;
    (void)key;
    t->count++;
    return STATUS_OK;
}

static enum status visit_conflict(void *self, struct ctx *cx, int64_t record, const struct field *f)
{
    (void)cx;
    (void)record;
    (void)f;
    ++*(int64_t *)self;
    return STATUS_OK;
}

static enum status visit_peer(void *self, struct ctx *cx, const struct peer_state *p)
{
    (void)cx;
    *(int64_t *)self += p->entries_lacking > 0 ? 1 : 0;
    return STATUS_OK;
}

/* One machine may have several forks. */
struct forked {
    const struct team_device *seen[64];
    size_t count;
};

static enum status visit_fork(void *self, struct ctx *cx, const struct team_device *d, uint64_t seq)
{
    struct forked *f = self;

    (void)cx;
    (void)seq;
    for (size_t i = 0; i < f->count; i++) {
        if (f->seen[i] == d) {
            return STATUS_OK;
        }
    }
    if (f->count < sizeof f->seen / sizeof f->seen[0]) {
        f->seen[f->count++] = d;
    }
    return STATUS_OK;
}

static int64_t agent_seconds(struct session *s)
{
    struct buf answer;
    int64_t left = 0;

    buf_init(&answer, AGENT_ANSWER_MAX);
    if (agent_request(s->cx, s->vault_path, ASK_STATE, &answer) == STATUS_OK && answer.len == 6) {
        left = get_u32le(answer.ptr + 2);
    }
    fault_clear(s->cx);
    buf_finish(&answer);
    return left;
}

enum status state_words(struct session *s, struct buf *out)
{
    enum status status = STATUS_OK;
    struct id hash;

    TRY(records_state_hash(s->cx, s->records, &hash));
    TRY(words_of_fingerprint(s->cx, hash.b, out));
out:
    return status;
}

/* Whether what is recorded today stays closed to whoever has a quantum computer one day. */
static enum status quantum_part(struct session *s)
{
    enum status status = STATUS_OK;
    struct buf why;
    bool closed = false;

    buf_init(&why, 16 * 1024);
    status = team_quantum_statement(s->cx, s->team, &closed, &why);
    if (status == STATUS_NOT_FOUND) { /* nothing of the team came yet */
        fault_clear(s->cx);
        status = STATUS_OK;
        goto out;
    }
    TRY(status);
    out_fact(&s->out, "closed to quantum", "quantum", buf_text(&why));
    line_flag(&s->out, "quantum_closed", closed);
out:
    buf_finish(&why);
    return status;
}

static enum status team_part(struct session *s)
{
    enum status status = STATUS_OK;
    struct out *o = &s->out;
    const struct team_member *me = team_me(s->team);
    struct buf words;
    int64_t conflicts = 0;
    int64_t behind = 0;
    int64_t unverified = 0;
    struct forked forked = {.count = 0};

    buf_init(&words, 512);
    TRY(session_open_records(s));
    TRY(records_conflicts_each(s->cx, s->records, visit_conflict, &conflicts));
    TRY(transfer_peers(s->cx, s->records, visit_peer, &behind));
    TRY(team_forks_each(s->cx, s->team, visit_fork, &forked));
    TRY(state_words(s, &words));
    for (size_t i = 0; i < team_member_count(s->team); i++) {
        const struct team_member *m = team_member_at(s->team, i);
        unverified += m->verified || m->self ? 0 : 1;
    }
    out_fact(o, "team", "team", team_name(s->team));
    out_fact(o, "you", "member", me == NULL ? TEXT("") : me->name);
    out_fact(o, "your role", "role", me == NULL || me->role == NULL ? TEXT("") : me->role->name);
    out_fact_number(o, "people", "members", (int64_t)team_member_count(s->team));
    out_fact_number(o, "not verified", "unverified", unverified);
    out_fact_number(o, "conflicts", "conflicts", conflicts);
    out_fact_number(o, "machines behind", "peers_behind", behind);
    out_fact_number(o, "with two histories", "forked", (int64_t)forked.count);
    out_fact(o, "state", "state", buf_text(&words));
    TRY(quantum_part(s));
    if (conflicts > 0) {
        out_note(o, "`valise conflicts` shows what a person must decide");
    }
    if (forked.count > 0) {
        out_note(o, "`valise device list` shows which machines signed two histories");
    }
    if (behind > 0) {
        out_note(o, "`valise pack DIR` makes a stick for those who are behind");
    }
out:
    buf_finish(&words);
    return status;
}

static enum status run(struct session *s)
{
    enum status status = STATUS_OK;
    struct out *o = &s->out;
    struct teams teams = {0};
    size_t alarms = 0;
    int64_t left = agent_seconds(s);
    text wanted;

    warn_of_swap(s);
    TRY(team_list(s->cx, s->vault, visit_team, &teams));
    TRY(option_text(s, "team", &wanted));
    out_facts(o, "status");
    out_fact(o, "vault", "vault", text_any(s->vault_path));
    out_fact(o, "stored by", "engine", text_any(vault_engine(s->vault)));
    out_fact_flag(o, "unlocked", "unlocked", left > 0);
    out_fact_number(o, left > 0 ? "locks in seconds" : NULL, "locks_in_seconds", left);
    out_fact_flag(o, "plain swap", "swap_is_plain", guard_swap_is_plain());
    out_fact_number(o, "teams", "teams", (int64_t)teams.count);
    if (teams.count == 1 || wanted.len > 0) {
        TRY(team_open(s->cx, s->vault, wanted, &s->team));
        TRY(team_part(s));
    }
    out_facts_end(o);
    if (s->team != NULL) {
        TRY(alarms_say(s, &alarms));
    }
    if (teams.count == 0) {
        out_note(o, "no team yet: `valise team new NAME` or `valise join --out FILE`");
    } else if (s->team == NULL) {
        out_note(o, "several teams: name one with --team");
    }
out:
    return status;
}

static const struct action actions[] = {{NULL, "", 0, 0, NEED_VAULT, 0, run}};
const struct command cmd_status = {
    .name = "status",
    .summary = "is everything well: vault, team, peers, conflicts",
    .detail = "",
    ROWS_ACTIONS(actions),
    ROWS_JSON(json),
};
