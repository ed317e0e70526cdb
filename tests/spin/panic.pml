/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panic: after "done" no block of the disk opens the vault, whenever the power fails and whatever
 * another valise is doing; and changing the passphrase never locks anybody out.
 *
 * A thief reads every block, named or not, and knows the old and the new passphrase. Mirrors
 * offline/keys/header.c and slot.c (a header's slots), offline/guard/shred.c (file_replace,
 * file_overwrite), lock.c (file_lock_end_holder), and the commands `passphrase` and `panic`.
 *
 * Proven, with the power cut at any point and both running at once: no slot is readable once
 * panic said done; until panic is asked for, the header opens with the old or the new passphrase
 * at every cut; after "changed" no block opens with the old one; a panic that was cut is
 * completed by the next.
 *
 * MUTANT_NO_FSYNC: panic says done before what it overwrote is on the disk
 * MUTANT_UNLINK: panic takes the header's name away instead of overwriting it
 * MUTANT_LEFT_FILES: panic forgets what a cut change of passphrase left behind
 * MUTANT_NO_LOCK: panic does not end who is changing the header
 * MUTANT_NO_SECOND_NAME: the replaced header has no name until it is overwritten
 * MUTANT_OLD_BLOCK: the replaced header's block stays as it is
 * MUTANT_OLD_FIRST: the old block is overwritten before the new name is on the disk
 * MUTANT_RENAME_FIRST: the new header gets its name before it is on the disk
 */
#define OLD 1           /* a slot that opens with the old passphrase */
#define NEW 2           /* or with the new one */
bool asked, done;       /* panic was begun; it said so */
bool changed;           /* the change said so */
bool killed;            /* the process that changed the passphrase was ended */
#define AT_CUT (asked || (disk[name_disk[HEADER]] & (OLD | NEW)) != 0)

#include "disk.inc"

proctype Change(byte turn) {
    byte before, fresh;
    byte mine = boot;
end_not_needed:
    atomic {
        boot == mine && !locked && !killed && cache[name[HEADER]] == OLD -> locked = true
    };
    {
        file_replace(turn, NEW);
        d_step { changed = true; locked = false }
    } unless { boot != mine || killed }
}

proctype Panic() {
    byte mine = boot;
    {
        asked = true;
#ifdef MUTANT_UNLINK
        name[HEADER] = NONE;
        d_step { folder_sync() };
        done = true;
        goto end;
#endif
        overwrite(HEADER); /* before anything that takes time */
        fsync_of(HEADER);
#ifndef MUTANT_NO_LOCK
        d_step { killed = true; locked = true };
#endif
        overwrite(HEADER); /* it may be another one by now */
#ifndef MUTANT_LEFT_FILES
        overwrite(OLD_NAME);
        overwrite(TEMP);
        overwrite(TEMP + 1);
#endif
#ifndef MUTANT_NO_FSYNC
        fsync_of(HEADER);
        fsync_of(OLD_NAME);
        fsync_of(TEMP);
        fsync_of(TEMP + 1);
#endif
        done = true
    } unless { boot != mine };
end:
    skip
}

init {
    atomic {
        empty_disk(OLD);
        run Change(0);
        run Panic()
    }
    if
    :: skip /* the power holds */
    :: cut_power();
        killed = false;
        if
        :: run Change(1)
        :: asked && !done -> run Panic()
        :: !asked -> atomic { run Change(1); run Panic() }
        fi
    fi
}

ltl promises { [] ((done -> !ANYWHERE(OLD | NEW)) && (changed -> !ANYWHERE(OLD))) }
