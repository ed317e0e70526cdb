/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restore: what comes back from a copy never says something else under an old name.
 *
 * One member writes on a laptop (life 0). At any time a backup is made (no signing key, no
 * chains) or a disk image (everything). At any time the second life starts from one of them,
 * while the first goes on or dies. A colleague exchanges bundles with both. Mirrors
 * offline/team/log-append.c (own_header: the number), log-admit.c and frontier.c (own rollback,
 * AUTH-21), bundle-format/sealed/body.c and sealed-piece.c (random nonces),
 * offline/transfer/outbox.c (a step is committed before it is used).
 *
 * Proven: a life from a backup is a new device, so no (device, number) and no (device, step) of
 * it was ever used. A life from an image may sign a number twice only as long as nobody told it
 * better; even then no nonce comes twice under one key, and whoever holds both branches holds the
 * proof. A device that was told makes a new one and writes on.
 *
 * MUTANT_BACKUP_HOLDS_KEY: the backup holds the signing key
 * MUTANT_NOT_COMPARED: a bundle that knows more of the own device is not looked at
 * MUTANT_COUNTED_NONCE: nonces follow from (device, number)
 * MUTANT_FORK_UNNOTICED: the colleague keeps what it has without comparing names
 * MUTANT_LOCKED_FOR_EVER: a device that was told never gets a successor (progress)
 */
#define LIVES 2
#define SEQS 2    /* entries 1..2 of a device, piece steps 0..2 */
#define DEVICES 4
#define AT(d, s) ((d) * (SEQS + 1) + (s))

typedef vault {
    bool runs, locked;
    byte device, seq;
    byte step;      /* next step of the own piece chain */
    byte told;      /* how many own entries the last bundle knew */
    byte chain[3];  /* who wrote entry s of the own device: life + 1 */
}
vault life[LIVES];
vault saved;
bool have_backup, have_image;
byte devices = 1;               /* ids given out */

/* ghosts: what was ever signed or used, anywhere */
byte wrote[12];                 /* by AT: bit of each life that signed it */
byte sealed_step[12];           /* by AT: bit of each life that used the step */
/* the colleague */
byte have[12];                  /* by AT: whose entry it holds */
byte have_seq[DEVICES];
bool proof[DEVICES];            /* a fork was proven */

inline write(l) {
    d_step {
        life[l].seq++;
        /* nobody signs a number it was told is taken, a restored backup never at all */
        assert(wrote[AT(life[l].device, life[l].seq)] == 0 ||
               (have_image && life[l].told < life[l].seq));
#ifdef MUTANT_COUNTED_NONCE
        assert(wrote[AT(life[l].device, life[l].seq)] == 0); /* else one keystream, two texts */
#endif
        wrote[AT(life[l].device, life[l].seq)] =
            wrote[AT(life[l].device, life[l].seq)] | (1 << l);
        life[l].chain[life[l].seq] = l + 1;
    }
}

/* One piece under the next step; then the colleague takes all entries, or finds the fork. */
inline pack(l) {
    d_step {
        if
        :: life[l].step <= SEQS ->
            assert(sealed_step[AT(life[l].device, life[l].step)] == 0 || have_image);
#ifdef MUTANT_COUNTED_NONCE
            assert(sealed_step[AT(life[l].device, life[l].step)] == 0);
#endif
            sealed_step[AT(life[l].device, life[l].step)] =
                sealed_step[AT(life[l].device, life[l].step)] | (1 << l);
            life[l].step++
        :: else
        fi;
        i = 1;
        do
        :: i <= life[l].seq ->
            if
            :: have[AT(life[l].device, i)] == 0 ->
                have[AT(life[l].device, i)] = life[l].chain[i];
                have_seq[life[l].device] = i
            :: have[AT(life[l].device, i)] != 0 &&
               have[AT(life[l].device, i)] != life[l].chain[i] ->
#ifndef MUTANT_FORK_UNNOTICED
                proof[life[l].device] = true;
#endif
                break
            :: else
            fi;
            i++
        :: else -> break
        od;
        i = 1;
        do /* two names shown for one number: from now on it can be proven to anybody */
        :: i <= life[l].seq ->
            assert(have[AT(life[l].device, i)] == life[l].chain[i] || proof[life[l].device]);
            i++
        :: else -> break
        od;
        i = 0
    }
}

/* A bundle of the colleague: it names how much of this device it holds. */
inline unpack(l) {
    d_step {
        life[l].told = have_seq[life[l].device];
#ifndef MUTANT_NOT_COMPARED
        if
        :: have_seq[life[l].device] > life[l].seq ||
           (have_seq[life[l].device] > 0 &&
            have[AT(life[l].device, have_seq[life[l].device])] !=
                life[l].chain[have_seq[life[l].device]]) ->
            life[l].locked = true
        :: else
        fi
#endif
    }
}

inline new_device(l) {
    life[l].device = devices;
    devices++;
    life[l].seq = 0;
    life[l].step = 0;
    life[l].told = 0;
    life[l].locked = false;
    life[l].chain[1] = 0;
    life[l].chain[2] = 0
}

inline copy(from, to) {
    to.device = from.device;
    to.seq = from.seq;
    to.step = from.step;
    to.told = from.told;
    to.chain[1] = from.chain[1];
    to.chain[2] = from.chain[2]
}

proctype Life(byte me) {
    byte i;
end:
    do
    :: life[me].runs && !life[me].locked && life[me].seq < SEQS -> write(me)
    :: life[me].runs && !life[me].locked && life[me].seq > 0 -> pack(me)
    :: life[me].runs && !life[me].locked -> unpack(me)
#ifndef MUTANT_LOCKED_FOR_EVER
    :: life[me].runs && life[me].locked && devices < DEVICES -> d_step { new_device(me) }
#endif
    od
}

/* What happens to the machines, each thing at most once. */
proctype World() {
end:
    do
    :: !have_backup && !have_image && life[0].runs && !life[0].locked ->
        d_step { copy(life[0], saved); have_backup = true }
    :: !have_backup && !have_image && life[0].runs && !life[0].locked ->
        d_step { copy(life[0], saved); have_image = true }
    :: have_backup && !life[1].runs -> /* `valise restore`: always somebody new */
        d_step {
            copy(saved, life[1]);
#ifndef MUTANT_BACKUP_HOLDS_KEY
            new_device(1);
#endif
            life[1].runs = true
        }
    :: have_image && !life[1].runs ->
        d_step { copy(saved, life[1]); life[1].runs = true }
    :: life[0].runs -> life[0].runs = false /* lost, stolen, drowned */
    od
}

init {
    atomic {
        life[0].runs = true;
        run Life(0);
        run Life(1);
        run World()
    }
}

/* who was told that he is an old copy becomes somebody new and writes on */
ltl goes_on { [] (life[1].locked -> <> !life[1].locked) }
