/* SPDX-License-Identifier: Apache-2.0 */
/*
 * travel: a vault under a travel lock opens with the shares of colleagues and with nothing else,
 * and on the way there it never opens with nothing.
 *
 * Two of the shares open it. Mirrors offline/keys/header.c (header_add_shares, header_drop),
 * shares.c, offline/guard/shred.c (file_replace), and the command `travel lock`: the header gets
 * a slot for shares beside the passphrase's, the shares leave this machine and are confirmed,
 * then the passphrase's slot goes. A second try makes another set.
 *
 * Proven, with the power cut at any point and a second try after it: at every cut the header
 * opens with the passphrase, or with a set of which enough shares are out; after "locked" no
 * block of the disk opens with the passphrase; a try that nothing stops comes to its end.
 *
 * MUTANT_EARLY: the passphrase's slot goes before enough shares are confirmed
 * MUTANT_LEFT_FILES: what a cut try left behind is not looked for
 * MUTANT_NO_SECOND_NAME: the replaced header has no name until it is overwritten
 * MUTANT_OLD_BLOCK: the replaced header's block stays as it is
 * MUTANT_OLD_FIRST: the old block is overwritten before the new name is on the disk
 * MUTANT_NEVER_CONFIRMED: confirmations do not arrive (progress)
 */
#define PASSPHRASE 1
#define SET(turn) (2 << (turn))   /* a slot for the shares of this try */
#define NEEDED 2
byte out[2];            /* shares of each try that colleagues hold */
bool said;              /* "locked" */
bool stopped;           /* by the power */
#define OPENS(h) (((h) & PASSPHRASE) || (((h) & SET(0)) && out[0] >= NEEDED) || \
                  (((h) & SET(1)) && out[1] >= NEEDED))
#define AT_CUT OPENS(disk[name_disk[HEADER]])

#include "disk.inc"

/* A share is out when its colleague says so; it may be out before that, or never get there. */
proctype Colleague(byte turn) {
#ifndef MUTANT_NEVER_CONFIRMED
    out[turn]++
#else
    skip
#endif
}

proctype Travel(byte turn) {
    byte before, fresh;
    byte mine = boot;
end_not_needed:
    atomic { boot == mine && !locked && (cache[name[HEADER]] & PASSPHRASE) -> locked = true };
    {
#ifndef MUTANT_LEFT_FILES
        file_shred(TEMP);
        file_shred(TEMP + 1);
#endif
        file_replace(turn, PASSPHRASE | SET(turn));
        atomic { run Colleague(turn); run Colleague(turn) }
#ifndef MUTANT_EARLY
end_not_confirmed:
        out[turn] >= NEEDED;
#endif
        file_replace(turn, SET(turn));
        d_step { said = true; locked = false }
    } unless { boot != mine }
}

init {
    atomic {
        empty_disk(PASSPHRASE);
        run Travel(0)
    }
    if
    :: skip
    :: atomic { stopped = true; cut_power(); run Travel(1) }
    fi
}

ltl promises { [] (said -> !ANYWHERE(PASSPHRASE)) }
ltl arrives { [] (!stopped) -> <> said }
