/* SPDX-License-Identifier: Apache-2.0 */
/*
 * revoke: a removal with a cut against writing that goes on meanwhile, at three replicas.
 *
 * The owner O removes the administrator A, naming the last entry of A that still counts. A, who
 * may follow no rule, goes on: writes, grants a mole M, removes the editor E, forks its own log
 * at an old number to backdate, and admits to know as little as possible. E writes what it
 * writes. Entries reach the replicas of O, A and E in any order, wait for what their authors
 * knew, and each replica keeps its answer up to date entry by entry. Mirrors
 * offline/team/log-judge.c, pending.c (waiting), and the pass over levels with cuts, branches and
 * acknowledgements of docs/authority.md (offline/authority).
 *
 * Proven for every order of saying and arriving: the answer kept up to date is the answer made
 * anew; a replica that holds the removal counts nothing of A beyond the cut, on any branch, and
 * nothing that rests on it; it counts everything up to the cut; what A removed before the cut
 * stays removed, what A removed beyond it does not; replicas that hold the same give the same
 * answer; nothing waits for ever.
 *
 * MUTANT_CAUSAL: the removal reaches only what names it as its past (no cut)
 * MUTANT_FIRST_BRANCH: of a forked log the branch that came first stays
 * MUTANT_CUT_NO_PIN: a cut does not say which branch of a forked log it means
 * MUTANT_ACK_FORGOTTEN: an acknowledgement does not make a forked log judged again
 * MUTANT_WAITING_DROPPED: an entry that came before its past is thrown away and not sent again
 */
#define REPLICAS 3
#define O_AT 0
#define A_AT 1
#define E_AT 2
/* entries, as bits */
#define R 1                     /* O: REMOVE(A, cut) */
#define A1 2                    /* A's first: known to all from the beginning */
#define A2 4
#define F 8                     /* A's other entry with number 2: the fork */
#define E1 16
#define M1 32                   /* the mole's, under A's grant */
#define ENTRIES 6
#define OF_A (A1 | A2 | F)
#define OTHERS_ACK (R | E1 | M1) /* entries of other members: they acknowledge */

byte made;                      /* what was said */
byte past[ENTRIES];             /* by number of the entry: what its author admits to have known */
byte cut;                       /* the entry R names, 0: nothing of A counts */
byte loaded;                    /* A's entry that holds GRANT(M) and REMOVE(E, e_cut) */
byte e_cut;                     /* 0 or E1 */
byte held[REPLICAS];            /* came, maybe waiting */
byte took[REPLICAS];              /* admitted */
byte counts[REPLICAS];          /* the answer, kept up to date */
byte first_branch[REPLICAS];    /* only for the mutant */

/* y and what is before it on its chain */
#define CHAIN(y) ((y) == 0 -> 0 : A1 | (y))

#ifdef MUTANT_CUT_NO_PIN
#define PINNED(s, y) (false && cut == (y))
#else
#define PINNED(s, y) (((s) & R) && cut == (y))
#endif

/* What of A's counts among the admitted s: branches, then the cut. */
inline judge_a(s) {
    a = s & OF_A;
    if
    :: (a & F) && (a & A2) -> /* forked: most senior pin, else acknowledged by others */
        if
        :: PINNED(s, F) -> a = a & ~A2
        :: PINNED(s, A2) -> a = a & ~F
        :: else ->
            acked_main = false;
            acked_fork = false;
            k = 0;
            do
            :: k < ENTRIES ->
                if
                :: (s & OTHERS_ACK & (1 << k)) != 0 ->
                    acked_main = acked_main || (past[k] & A2) != 0;
                    acked_fork = acked_fork || (past[k] & F) != 0
                :: else
                fi;
                k++
            :: else -> break
            od;
#ifdef MUTANT_FIRST_BRANCH
            acked_main = first_branch[r] == A2;
            acked_fork = first_branch[r] == F;
#endif
            if
            :: !acked_main || acked_fork -> a = a & ~A2
            :: else
            fi;
            if
            :: !acked_fork || acked_main -> a = a & ~F
            :: else
            fi;
            k = 0
        fi
    :: else
    fi;
    if
#ifdef MUTANT_CAUSAL
    :: (s & R) ->
        a = a & ~((past[1] & R) != 0 -> A1 : 0);
        a = a & ~((past[2] & R) != 0 -> A2 : 0);
        a = a & ~((past[3] & R) != 0 -> F : 0)
#else
    :: (s & R) -> a = a & CHAIN(cut)
#endif
    :: else
    fi;
    acked_main = false;
    acked_fork = false
}

/* level 15: E is cut by A's removal, M rests on A's grant */
inline judge_below(s) {
    b = s & (E1 | M1);
    if
    :: (a & loaded) != 0 -> b = b & (M1 | e_cut)
    :: else
    fi;
    if
    :: (a & loaded) == 0 -> b = b & ~M1
    :: else
    fi
}

inline judge_all(s) {
    judge_a(s);
    judge_below(s)
}

/* The promises, at a replica that holds the removal. */
inline check(r) {
    judge_all(took[r]);
    assert(counts[r] == ((took[r] & R) | a | b));
    assert(took[0] != took[1] || counts[0] == counts[1]);
    assert(took[1] != took[2] || counts[1] == counts[2]);
    assert(took[0] != took[2] || counts[0] == counts[2]);
    if
    :: took[r] & R ->
        assert((counts[r] & OF_A & ~CHAIN(cut)) == 0);
        assert((took[r] & CHAIN(cut)) == (counts[r] & CHAIN(cut)));
        if
        :: (loaded & CHAIN(cut)) != 0 -> /* said in time: E's work after its cut does not count */
            assert(e_cut != 0 || (counts[r] & E1) == 0)
        :: else -> /* said too late: no mole, and E as if nothing had been said */
            assert((counts[r] & M1) == 0);
            assert((took[r] & E1) == (counts[r] & E1))
        fi
    :: else
    fi;
    a = 0;
    b = 0
}

#define NEXT_READY(x, n) ((held[r] & (x)) && !(took[r] & (x)) && (past[n] & ~took[r]) == 0)

/* One entry is admitted: only what it can have changed is judged again. */
inline admit(x) {
    took[r] = took[r] | x;
    if
    :: first_branch[r] == 0 && (x == F || x == A2) -> first_branch[r] = x
    :: else
    fi;
    if
    :: x & (OF_A | R) -> judge_all(took[r])
#ifndef MUTANT_ACK_FORGOTTEN
    :: (x & (E1 | M1)) && (took[r] & F) && (took[r] & A2) -> judge_all(took[r])
#endif
    :: else ->
        a = counts[r] & OF_A;
        judge_below(took[r])
    fi;
    counts[r] = (took[r] & R) | a | b;
    a = 0;
    b = 0
}

inline drain() {
    again = true;
    do
    :: again ->
        again = false;
        n = 0;
        do
        :: n < ENTRIES ->
            if
            :: NEXT_READY(1 << n, n) ->
                now = 1 << n;
                admit(now);
                again = true
            :: else
            fi;
            n++
        :: else -> break
        od
    :: else -> break
    od;
    n = 0;
    now = 0;
#ifdef MUTANT_WAITING_DROPPED
    lost[r] = lost[r] | (held[r] & ~took[r]);
#endif
    check(r)
}

#ifdef MUTANT_WAITING_DROPPED
byte lost[REPLICAS];
#define COMES(x) ((made & x) && !(held[r] & x) && !(lost[r] & x))
#else
#define COMES(x) ((made & x) && !(held[r] & x))
#endif

/* said by the replica's own member: admitted at once */
inline say(x, number, known) {
    d_step {
        past[number] = known;
        made = made | x;
        held[r] = held[r] | x;
        drain()
    }
}

inline arrive(x) {
    held[r] = held[r] | x;
#ifdef MUTANT_WAITING_DROPPED
    drain();
    held[r] = took[r]
#else
    drain()
#endif
}

#define SAID(x) (made & (x))

/* The owner may cut at any entry of A it holds, or at nothing. */
inline owner_removes() {
    if
    :: cut = 0
    :: true -> cut = A1
    :: (took[O_AT] & A2) -> cut = A2
    :: (took[O_AT] & F) -> cut = F
    fi;
    say(R, 0, took[O_AT])
}

/* Nothing, or all that harms: the mole comes in, E goes out. */
inline harm(x) {
    if
    :: loaded == 0 ->
        loaded = x;
        e_cut = took[A_AT] & E1
    :: true
    fi
}

proctype Replica(byte r) {
    byte a, b, k, n, now;
    bool acked_main, acked_fork, again;
end:
    do
    /* anything that was said may come, in any order */
    :: d_step { COMES(R) -> arrive(R) }
    :: d_step { COMES(A2) -> arrive(A2) }
    :: d_step { COMES(F) -> arrive(F) }
    :: d_step { COMES(E1) -> arrive(E1) }
    :: d_step { COMES(M1) -> arrive(M1) }
    /* O */
    :: atomic { r == O_AT && !SAID(R) -> owner_removes() }
    /* A: an entry admits all that is known, or nothing but its own chain */
    :: atomic { r == A_AT && !SAID(A2) -> harm(A2); say(A2, 2, took[A_AT] & ~F) }
    :: atomic { r == A_AT && !SAID(A2) -> harm(A2); say(A2, 2, A1) }
    :: atomic { r == A_AT && !SAID(F) -> harm(F); say(F, 3, A1) }
    :: atomic { r == A_AT && loaded != 0 && SAID(loaded) && !SAID(M1) -> say(M1, 5, A1 | loaded) }
    /* E admits all it knows: the honest case, and how branches are acknowledged */
    :: atomic { r == E_AT && !SAID(E1) -> say(E1, 4, took[E_AT]) }
    od
}

init {
    atomic {
        made = A1;
        held[0] = A1;
        held[1] = A1;
        held[2] = A1;
        took[0] = A1;
        took[1] = A1;
        took[2] = A1;
        counts[0] = A1;
        counts[1] = A1;
        counts[2] = A1;
        run Replica(O_AT);
        run Replica(A_AT);
        run Replica(E_AT)
    }
    timeout -> /* nothing is on its way any more */
    assert(took[0] == made && took[1] == made && took[2] == made);
    assert(counts[0] == counts[1] && counts[1] == counts[2])
}
