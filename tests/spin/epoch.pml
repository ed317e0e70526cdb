/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoch: nothing is written under a key that somebody holds who is known to be out (I7), and
 * every reader can open what is written, without an order of arrival.
 *
 * A removes D; B removes C; C is hostile: it mints keys for half of the team and gives a key to a
 * stranger. Each author's log arrives as a prefix, after what its author knew (AUTH-10). A and B
 * write at any time by the rule: the clean epoch of largest (number, id) whose key is held, else
 * a new one; readers that miss a foreign key get it first. Mirrors
 * offline/team/epoch-choice.c (which epoch), minting.c, heal.c (SHARE), charter-ops.c (who is
 * recipient).
 *
 * Proven for every order: no write under an epoch whose seals or SHAREs, as far as the writer
 * knows, reach somebody who is no reader; every reader the writer knows of can open it; new keys
 * answer facts, so minting ends.
 *
 * MUTANT_LARGEST: takes the largest epoch, clean or not
 * MUTANT_SEALS_ONLY: a SHARE makes nobody a recipient
 * MUTANT_NO_SHARE: writes without giving the key to readers who miss it
 */
#define A 0
#define B 1
#define C 2
#define BIT(x) (1 << (x))
#define D_BIT 8
#define STRANGER 32
#define FIRST 21        /* the founding epoch: sealed to A, B, C, D */
#define OPS 7
#define AT(author, i) ((author) * OPS + (i))
#define NONE 255

mtype:op = { remove_d, remove_c, epoch, share };

/* the logs: what each author said, and how much of the others' it knew then */
mtype:op kind[21];
byte mask[21];          /* epoch: seals; share: receivers; remove_c: the cut */
byte about[21];         /* epoch: number; share: which epoch */
byte past_a[21], past_b[21], past_c[21];
byte length[3];
byte know[9];           /* know[i * 3 + j]: ops of j that i holds */

#define KNOWS(i, j) know[(i) * 3 + (j)]
#define HAS(w, e) ((e) == FIRST || (e) % OPS < KNOWS(w, (e) / OPS))

inline say(who, what, bits, subject) {
    assert(length[who] < OPS); /* minting ends */
    kind[AT(who, length[who])] = what;
    mask[AT(who, length[who])] = bits;
    about[AT(who, length[who])] = subject;
    past_a[AT(who, length[who])] = KNOWS(who, A);
    past_b[AT(who, length[who])] = KNOWS(who, B);
    past_c[AT(who, length[who])] = KNOWS(who, C);
    length[who]++;
    KNOWS(who, who) = length[who]
}

/* What w knows: the readers, and where C's log was cut. */
inline see(w) {
    readers = BIT(A) | BIT(B) | BIT(C) | D_BIT;
    cut = OPS;
    out = 0;
    i = 0;
    do
    :: i < KNOWS(w, A) ->
        if
        :: kind[AT(A, i)] == remove_d -> out = out | D_BIT
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < KNOWS(w, B) ->
        if
        :: kind[AT(B, i)] == remove_c -> out = out | BIT(C); cut = mask[AT(B, i)]
        :: else
        fi;
        i++
    :: else -> break
    od;
    readers = readers & ~out
}

/* Everybody who got the key of e by an operation that w holds, with effect or not. */
inline holders_of(w, e) {
    holders = (e == FIRST -> BIT(A) | BIT(B) | BIT(C) | D_BIT : mask[e] | BIT(e / OPS));
    j = 0;
    do
    :: j < FIRST ->
        if
        :: j % OPS < KNOWS(w, j / OPS) && kind[j] == share && about[j] == e ->
            holders = holders | mask[j]
        :: else
        fi;
        j++
    :: else -> break
    od
}

inline recipients_of(w, e) {
#ifdef MUTANT_SEALS_ONLY
    holders = (e == FIRST -> BIT(A) | BIT(B) | BIT(C) | D_BIT : mask[e] | BIT(e / OPS))
#else
    holders_of(w, e)
#endif
}

#ifdef MUTANT_LARGEST
#define CLEAN(recipients) true
#else
#define CLEAN(recipients) (((recipients) & ~readers) == 0)
#endif
#define EFFECTIVE(e) ((e) == FIRST || (e) / OPS != C || (e) % OPS < cut)

/* best: the clean epoch of largest (number, id) whose key w holds. */
inline choose(w) {
    best = NONE;
    best_number = 0;
    number = 0; /* largest known */
    e = 0;
    do
    :: e <= FIRST ->
        if
        :: e == FIRST || (HAS(w, e) && kind[e] == epoch) ->
            holders_of(w, e);
            held = (holders & BIT(w)) != 0;
            recipients_of(w, e);
            if
            :: e != FIRST && about[e] > number -> number = about[e]
            :: else
            fi;
            if
            :: held && CLEAN(holders) && EFFECTIVE(e) &&
               (best == NONE || (e != FIRST && about[e] >= best_number)) ->
                best = e;
                best_number = (e == FIRST -> 0 : about[e])
            :: else
            fi
        :: else
        fi;
        e++
    :: else -> break
    od
}

inline write_one(w) {
    d_step {
        see(w);
        choose(w);
        if
        :: best == NONE ->
            best = AT(w, length[w]);
            say(w, epoch, readers, number + 1)
        :: else
        fi;
        holders_of(w, best);
#ifndef MUTANT_NO_SHARE
        if
        :: (readers & ~holders) != 0 -> say(w, share, readers & ~holders, best)
        :: else
        fi;
#endif
        holders_of(w, best);
        assert((holders & ~readers) == 0);            /* nobody who is out can read it */
        assert((readers & ~holders) == 0);            /* everybody who is in can */
        assert(best == FIRST || best / OPS != C || best % OPS < cut);
        i = 0;
        j = 0;
        e = 0;
        best = 0;
        best_number = 0;
        number = 0;
        holders = 0;
        readers = 0;
        out = 0;
        cut = 0;
        held = false
    }
}

#define NEXT(i, j) AT(j, KNOWS(i, j)) /* the first of j's operations that i lacks */
inline deliver(i, j) {
    KNOWS(i, j) < length[j] && (j == A || past_a[NEXT(i, j)] <= KNOWS(i, A)) &&
        (j == B || past_b[NEXT(i, j)] <= KNOWS(i, B)) &&
        (j == C || past_c[NEXT(i, j)] <= KNOWS(i, C)) ->
    KNOWS(i, j)++
}

proctype Honest(byte me) {
    byte i, j, e, best, best_number, number, holders, readers, out, cut;
    bool held, removed;
end:
    do
    :: atomic { me == A && !removed -> removed = true; say(A, remove_d, 0, 0) }
    :: atomic { me == B && !removed -> removed = true; say(B, remove_c, KNOWS(B, C), 0) }
    :: write_one(me)
    :: atomic { deliver(me, ((me + 1) % 3)) }
    :: atomic { deliver(me, ((me + 2) % 3)) }
    od
}

/* C follows no rule; that it admits to know nothing only lets its words arrive everywhere. Its ids
 * are the largest, so its epoch goes before others of the same number. */
proctype Hostile() {
    bool minted, leaked;
end:
    do
    :: atomic { !minted -> minted = true; say(C, epoch, BIT(A), 1) } /* half of the team */
    :: atomic { !minted -> minted = true; say(C, epoch, BIT(A) | BIT(B) | D_BIT, 1) }
    :: atomic { !leaked -> leaked = true; say(C, share, STRANGER, FIRST) }
    :: atomic { minted && !leaked -> leaked = true; say(C, share, STRANGER, AT(C, 0)) }
    od
}

init {
    atomic {
        run Honest(A);
        run Honest(B);
        run Hostile()
    }
}
