/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport: pieces under one-time keys over a courier that loses, repeats and reorders, with a
 * colleague who forges pieces and a sender whose machine stops at any point.
 *
 * Mirrors offline/team/chains.c (base, top, skipped steps, spending, what a manifest moves),
 * offline/transfer/outbox.c (a step is committed before anything is sealed under it; the same
 * plan gives the same bytes again), inbox.c and merge.c (only what a manifest lists counts),
 * peers.c (what is not acknowledged is sent again). A bundle is one piece here: it carries its
 * manifest.
 *
 * Proven: no step ever seals two texts; no key opens twice; keys passed over are bounded; a
 * forged piece costs at most the one piece whose key it took; base never runs ahead of the
 * sender; nothing is acknowledged that is not here; and when the bad luck ends (two losses,
 * forgeries or keys too old, in any combination), everything has arrived or is still asked for.
 *
 * MUTANT_SAME_STEP: what is sent again is sealed anew under its old step
 * MUTANT_WRITE_FIRST: a piece goes to the stick before its step is committed
 * MUTANT_FORGED_MOVES: any opened piece moves base, listed by a manifest or not
 * MUTANT_KEPT_KEY: a used key is not erased
 * MUTANT_SKIPPED_FOR_EVER: keys passed over are kept without a bound
 * MUTANT_ACK_UNREAD: a piece is acknowledged when its tag is seen
 * MUTANT_NOT_AGAIN: what was sent once is not sent again (progress)
 */
#define ITEMS 2
#define SENDS 3                 /* of one item: one more than all that can go wrong */
#define STEPS 6                 /* ITEMS * SENDS */
#define AHEAD 3                 /* CHAIN_AHEAD_MAX */
#define SKIPPED 1               /* CHAIN_SKIPPED_MAX */
#define ALL 3
#define FORGED 4
#define BIT(x) (1 << (x))

/* sender */
byte next;                      /* committed: the first step not used */
byte acked;                     /* items the receiver said it has */
byte sends[ITEMS];
byte sealed[STEPS];             /* ghost: items sealed under a step */
/* the way: copies stay for ever unless lost, so anything may come late, twice, in any order */
byte way[STEPS];                /* bits: item 0, item 1, FORGED */
byte luck = 2;                  /* what can still go wrong */
/* receiver */
byte base, top = AHEAD;
byte used, erased;              /* by step: key spent; key erased without use */
byte opened_once, opened_twice; /* ghosts */
byte got;
bool overtaken;                 /* ghost: a key passed over went while its piece was still due */

#define READY(s) ((s) < top && !(used & BIT(s)) && !(erased & BIT(s)))

inline seal(s, item) {
    assert((sealed[s] & ~BIT(item)) == 0); /* never two texts under one key */
    sealed[s] = sealed[s] | BIT(item);
    way[s] = way[s] | BIT(item)
}

#ifdef MUTANT_NOT_AGAIN
#define TIMES 1
#else
#define TIMES SENDS
#endif
#define MAY_SEND(item) (!(acked & BIT(item)) && sends[item] < TIMES && next < STEPS)

proctype Sender() {
    byte step, item;
end:
    do
    :: atomic { MAY_SEND(0) -> item = 0; break }
    :: atomic { MAY_SEND(1) && sends[0] > 0 -> item = 1; break } /* they are alike */
    od;
    atomic {
        sends[item]++;
        step = next;
#ifdef MUTANT_SAME_STEP
        if
        :: sealed[0] & BIT(item) -> step = 0
        :: else
        fi;
#endif
        assert(sealed[step] == 0); /* a plan has other nonces: it needs other keys */
#ifndef MUTANT_WRITE_FIRST
        next = (step == next -> next + 1 : next)
#endif
    }
write:
    atomic {
        if
        :: seal(step, item)     /* written and read back */
        :: seal(step, item) -> goto write /* the machine stops: the same bytes again */
#ifdef MUTANT_WRITE_FIRST
        :: seal(step, item) -> goto end /* it stops after the stick, before the commit */
#endif
        fi;
#ifdef MUTANT_WRITE_FIRST
        next = step + 1;
#endif
        goto end
    }
}

/* base moves behind a listed step: what was passed over is kept, the oldest goes first */
inline confirm(s) {
    if
    :: s >= base -> base = s + 1
    :: else
    fi;
    top = (top < base + AHEAD -> base + AHEAD : top);
    top = (top > STEPS -> STEPS : top);
#ifndef MUTANT_SKIPPED_FOR_EVER
    i = base;
    n = 0;
    do
    :: i > 0 ->
        i--;
        if
        :: READY(i) && n == SKIPPED ->
            overtaken = overtaken || (sealed[i] & ALL & ~got) != 0;
            erased = erased | BIT(i)
        :: READY(i) && n < SKIPPED -> n++
        :: else
        fi
    :: else -> break
    od;
#endif
    i = 0;
    n = 0
}

inline look() { /* the promises about keys */
    n = 0;
    i = 0;
    do
    :: i < base ->
        n = n + (READY(i) -> 1 : 0);
        i++
    :: else -> break
    od;
    assert(n <= SKIPPED);
    assert(base <= next);
    assert(opened_twice == 0);
    assert((acked & ~got) == 0);
    i = 0;
    n = 0
}

inline open(s) {
    opened_twice = opened_twice | (opened_once & BIT(s));
    opened_once = opened_once | BIT(s);
#ifndef MUTANT_KEPT_KEY
    used = used | BIT(s)
#endif
}

inline take(s) {
    d_step {
        (way[s] & ALL) && READY(s) ->
        open(s);
#ifndef MUTANT_ACK_UNREAD
        got = got | (way[s] & ALL);
#endif
        confirm(s);
        look()
    }
}

/* Opens, but no manifest lists it: its key is gone, nothing else happens. */
inline take_forged(s) {
    d_step {
        (way[s] & FORGED) && READY(s) ->
        open(s);
        top = (top < s + 1 + AHEAD -> s + 1 + AHEAD : top);
        top = (top > STEPS -> STEPS : top);
#ifdef MUTANT_FORGED_MOVES
        confirm(s);
#endif
        look()
    }
}

proctype Receiver() {
    byte i, n;
end:
    do
    :: take(0)
    :: take(1)
    :: take(2)
    :: take(3)
    :: take(4)
    :: take(5)
    :: take_forged(0)
    :: take_forged(1)
    :: take_forged(2)
    :: take_forged(3)
    :: take_forged(4)
    :: take_forged(5)
#ifdef MUTANT_ACK_UNREAD
    :: d_step { base < STEPS && (way[base] & ALL & ~acked) != 0 ->
                acked = acked | (way[base] & ALL); look() }
#endif
    :: d_step { (got & ~acked) != 0 -> acked = got; look() } /* the way back, as late as it likes */
    od
}

/* All that can go wrong outside, each as often as is left of it. */
inline lose(s) {
    d_step { luck > 0 && way[s] != 0 -> way[s] = 0; luck-- }
}
inline forge(s) {
    d_step { luck > 0 && !(way[s] & FORGED) -> way[s] = way[s] | FORGED; luck-- }
}
inline age(s) {
    d_step { luck > 0 && s < base && READY(s) -> erased = erased | BIT(s); luck-- }
}

proctype World() {
end:
    do
    :: lose(0)
    :: lose(1)
    :: lose(2)
    :: lose(3)
    :: lose(4)
    :: lose(5)
    :: forge(0)
    :: forge(1)
    :: forge(2)
    :: forge(3)
    :: forge(4)
    :: forge(5)
    :: age(0)
    :: age(1)
    :: age(2)
    :: age(3)
    :: age(4)
    :: age(5)
    od
}

init {
    atomic {
        run Sender();
        run Receiver();
        run World()
    }
    /* Nothing can happen any more: all of it is here. Only a courier that lets more than SKIPPED
     * later pieces overtake one can go on as it likes; then the piece is still asked for. */
    timeout -> assert(got == ALL || (overtaken && (acked & ~got) == 0))
}
