#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Named attacks and awkward cases, each with the outcome the rules promise.

Three families: ce01.. the counter-examples the design was built against, at01.. its list of attacks,
fl01.. the flaws this model found in the rules (each was a hole once). What is about bytes and not about
rules is not modelled; ELSEWHERE names the C test that has to hold it, and a test there must exist.
"""
import itertools
import pathlib
import sys

import keys as default_keys
import model as default_model
import transport as default_transport
import waiting as default_waiting

OFFICE, ADMIN, EDITOR, READER, LIAISON, WATCHMAN, RECRUITER, HOST = range(8)

# What the model cannot show, and the C test that does: file below tests/unit, function.
ELSEWHERE = {
    "at04 same run in another team": ("test_team_hostile.c", "test_other_team"),
    "at09 cloned machine writes": ("test_team_hostile.c", "test_own_rollback"),
    "at10 restored backup": ("test_team_hostile.c", "test_own_rollback"),
    "at15 relabelled compartment": ("test_sealed.c", "test_body_is_bound_to_its_header"),
    "at16 relay without a key": ("test_team_epoch.c", "test_who_may_not_read"),
    "at18 unequal keys under one epoch": ("test_sealed.c", "test_epoch_id_commits_to_everything"),
    "at19 oversized, deep, cyclic": ("test_wire.c", "random_bytes_are_refused_or_come_back"),
    "at22 huge lamport (header)": ("test_team_hostile.c", "test_crafted_headers"),
    "at28 quantum recorder: the pairing secret is in every seal": ("test_sealed.c",
                                                                   "test_key_seal_round_trip"),
    "at29 size tells nothing": ("test_sealed.c", "test_body_round_trips_at_all_sizes"),
    "ce18 lamport is computed": ("test_team_hostile.c", "test_crafted_headers"),
    "ce19 two signatures of one header": ("test_sealed.c", "test_head_covers_all_parts"),
}


def role_rows(m):
    every, none = frozenset({0, 1, 2}), frozenset()
    return [m.Role(m.POWER, 0, none, every, every), m.Role(m.POWER, 0, none, every, every),
            m.Role(0, 0, none, frozenset({0, 1}), frozenset({0, 1})),
            m.Role(0, 0, none, frozenset({0, 1}), none),
            m.Role(m.MAY_APPOINT | m.MAY_REMOVE, 2, frozenset({EDITOR, READER}), frozenset({0, 1}),
                   frozenset({0, 1})),
            m.Role(m.MAY_SUSPEND, 0, none, frozenset({0, 1}), none),
            m.Role(m.MAY_APPOINT | m.MAY_REMOVE, 0, frozenset({EDITOR, READER}), none, none),
            m.Role(m.MAY_APPOINT, 0, frozenset({READER, HOST}), none, none)]


class Person:
    def __init__(self, number):
        self.number, self.devices, self.appointments = number, [], []


class Team:
    """Three owners Ann, Ben and Cat (quorum 2); others come in by name."""

    def __init__(self, m, owners=("Ann", "Ben", "Cat"), quorum=2):
        self.m = m
        self.world = m.World(role_rows(m), tuple(range(len(owners))), quorum)
        self.facts, self.people = self.world.facts, {}
        for number, name in enumerate(owners):
            self.people[name] = Person(number)
            self.people[name].appointments.append(number)
        self.people[owners[0]].devices.append(self.world.founder)
        for name in owners[1:]:
            self.link(owners[0], name)
        self.meet()

    def hand(self, name):
        """A device's author: 'Ann' is her first, 'Ann2' her second, or an author itself."""
        if not isinstance(name, str):
            return name
        person = self.people[name.rstrip("0123456789")]
        return person.devices[int(name[len(name.rstrip("0123456789")):] or 1) - 1]

    def via(self, name, via=None):
        if via is not None:
            return via
        member = self.hand(name).lane.member
        return next(p for p in self.people.values() if p.number == member).appointments[0]

    def say(self, name, verb, via=None, ok=True, **fields):
        """One operation in an entry of its own; ok=False: admission has to refuse it."""
        op = self.m.Op(verb, **fields)
        entry = self.world.write(self.hand(name), self.via(name, via), [op])
        check((entry is not None and bool(entry.ops)) == ok, f"admission of {op}")
        return op

    def work(self, name, via=None):
        """An entry of data: (where, under which appointment)."""
        via = self.via(name, via)
        entry = self.world.write(self.hand(name), via, [])
        check(entry is not None, f"{name} writes")
        return entry.at, via

    def link(self, by, name):
        person, founder = self.people[name], self.hand(by)
        new = self.world.device(person.number)
        self.say(by, self.m.LINK, device=new.lane.device)
        new.clock, new.lamport = dict(founder.clock), founder.lamport
        person.devices.append(new)
        return new

    def appoint(self, by, name, role, level, via=None):
        if name not in self.people:
            self.people[name] = Person(max(p.number for p in self.people.values()) + 1)
        person = self.people[name]
        op = self.say(by, self.m.GRANT, via, member=person.number, role=role, level=level)
        person.appointments.append(op.ref * 64)
        if not person.devices:
            self.link(by, name)
        else:
            person.devices[0].learn(self.hand(by), self.facts)
        return op

    def meet(self, *names):
        """Everybody (or those named) learns all that the others know."""
        hands = [self.hand(n) for n in names] or [d for p in self.people.values() for d in p.devices]
        for a, b in itertools.permutations(hands, 2):
            a.learn(b, self.facts)

    def here(self, name):
        """A cut that accepts all that stands on somebody's devices now."""
        return [d.at for d in self.people[name].devices if d.at]

    def number(self, name):
        return self.people[name].number

    def remove(self, by, name, cut=None, **more):
        return self.say(by, self.m.REMOVE, member=self.number(name),
                        cut=self.here(name) if cut is None else cut, **more)

    def council(self, by, kind, signers=("Ann", "Ben"), prev=0, ok=True, **fields):
        return self.say(by, self.m.COUNCIL, ok=ok, prev=prev, kind=kind,
                        signers={self.number(s) for s in signers}, **fields)

    def resolve(self):
        return self.m.Resolution(self.facts)

    def effective(self, op):
        return op.ref in self.resolve().effective

    def counts(self, done):
        return self.resolve().has_effect(*done)

    def active(self, name, which=0):
        return self.resolve().active(self.people[name].appointments[which])


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def same(a, b, what):
    check(a == b, f"{what}: {a} instead of {b}")


def with_admins(m):
    t = Team(m)
    t.appoint("Ann", "Ada", ADMIN, 1)
    t.appoint("Ann", "Bob", ADMIN, 1)
    t.appoint("Ann", "Eve", EDITOR, 15)
    t.meet()
    return t


# ---- the counter-examples of the design -----------------------------------------------------------

def ce01_two_removers_two_cuts(m):
    """The smaller prefix counts; a senior's PARDON of the lower cut raises it."""
    t = with_admins(m)
    early, late = t.work("Eve"), t.work("Eve")
    low = t.remove("Ada", "Eve", cut=[early[0]])
    t.remove("Bob", "Eve", cut=[late[0]])
    same((t.counts(early), t.counts(late)), (True, False), "the lower cut")
    t.meet()
    t.say("Ann", m.PARDON, target=low.ref)
    same((t.counts(early), t.counts(late)), (True, True), "after the pardon")


def ce02_remover_removed(m):
    """A removal beyond its author's own cut is void; it counts when the cut is extended."""
    t = with_admins(m)
    cut = t.here("Ada")
    void = t.remove("Ada", "Eve")
    done = t.work("Eve")
    first = t.remove("Ann", "Ada", cut=cut)
    check(not t.effective(void) and t.counts(done), "void")
    t.meet()
    t.say("Ann", m.PARDON, target=first.ref)
    t.remove("Ann", "Ada")
    check(t.effective(void) and not t.counts(done), "extended")


def ce03_duel_of_equals(m):
    """Equals cannot remove each other; SUSPEND freezes both until a senior lifts."""
    t = with_admins(m)
    done = t.work("Bob")
    t.remove("Ada", "Bob", cut=[])
    check(t.counts(done) and t.active("Bob"), "no removal of an equal")
    t.say("Ada", m.GRANT, member=77, role=EDITOR, level=1, ok=False)
    one = t.say("Ada", m.SUSPEND, member=t.number("Bob"))
    two = t.say("Bob", m.SUSPEND, member=t.number("Ada"))
    later = t.say("Ada", m.DEFINE)
    check(t.effective(one) and t.effective(two), "both suspends stand")
    check(not t.active("Ada") and not t.active("Bob") and not t.effective(later), "both frozen")
    t.meet()
    t.say("Ada", m.LIFT, target=two.ref, ok=False)
    t.say("Ann", m.LIFT, target=one.ref)
    check(t.active("Bob") and not t.active("Ada"), "one lifted")


def ce04_no_retroactive_suspend(m):
    """A SUSPEND takes nothing its author knew; from an idle device nothing that a SEAL has named."""
    t = with_admins(m)
    idle = t.link("Ann", "Ben")
    kept, t.sealed = t.work("Cat"), t.work("Cat")
    t.meet("Ann", "Cat")
    t.council("Ann", m.SEAL, cut=[t.sealed[0]])
    unsealed = t.work("Cat")
    s = t.say("Ben2", m.SUSPEND, member=t.number("Cat"))
    check(t.counts(kept) and t.counts(t.sealed), "what was sealed stays")
    check(not t.counts(unsealed), "the rest waits for a LIFT")
    t.meet()
    t.council("Ann", m.C_LIFT, prev=1, target=s.ref)
    check(t.counts(unsealed) and idle.at, "lifted")
    honest = t.work("Bob")
    t.meet("Ada", "Bob")
    t.say("Ada", m.SUSPEND, member=t.number("Bob"))
    check(t.counts(honest), "no retroactive suspend")


def ce05_rogue_owner(m):
    """One RM_OWNER with a cut undoes removals, moles and low cuts of a rogue owner."""
    t = with_admins(m)
    done, before = t.work("Eve"), t.resolve().effective
    cut = t.here("Cat")
    for name in ("Ada", "Bob", "Eve"):
        t.remove("Cat", name, cut=[])
    t.appoint("Cat", "Mole", ADMIN, 1)
    t.say("Mole", m.SUSPEND, member=t.number("Ada"))
    check(not t.counts(done), "the spree works at first")
    t.meet()
    rm = t.council("Ann", m.RM_OWNER, member=t.number("Cat"), cut=cut, quorum=2)
    same(t.resolve().effective - {rm.ref}, before, "the former state")
    check(t.counts(done) and t.active("Ada") and not t.active("Mole"), "restored")
    return t


def ce06_old_owners(m):
    """Less than a quorum of an old council state is nothing; a late sibling of a decision freezes,
    and gives nobody anything."""
    t = Team(m)
    t.council("Ann", m.ADD_OWNERS, members=(9,), quorum=3)
    t.council("Ben", m.ADD_OWNERS, signers=("Ben",), members=(8,), quorum=3, ok=False)
    t.council("Ben", m.ADD_OWNERS, signers=("Ben", "Cat"), members=(8,), quorum=3)
    r = t.resolve()
    check(r.frozen and r.state == 0 and r.owners == {0, 1, 2}, "frozen")
    check(not any(r.active(a.id) for a in t.facts.appointments.values() if a.member in (8, 9)),
          "nobody came in")


def ce07_fork_below_the_cut(m):
    """A cut names a branch: the removed cannot fork below it to void what he did."""
    t = with_admins(m)
    grant = t.appoint("Ada", "Fay", EDITOR, 15)
    t.work("Ada")
    t.meet()
    t.remove("Ann", "Ada")
    thief = t.world.fork((t.hand("Ada").lane.ix, 1))
    t.work(thief, t.via("Ada"))
    t.appoint("Ann", "Puppet", EDITOR, 15)
    puppet = t.hand("Puppet")
    puppet.clock[thief.lane.device] = thief.at
    t.work("Puppet")
    check(t.effective(grant) and t.active("Fay"), "the old grant stays")


def ce08_puppet_acknowledges(m):
    """Who forks himself with a puppet's help freezes only himself; a senior's PIN settles it."""
    t = with_admins(m)
    one, two = t.work("Eve"), t.work("Eve")
    t.meet()
    t.work("Bob")
    thief = t.world.fork(one[0])
    other = t.work(thief, t.via("Eve"))
    t.appoint("Bob", "Puppet", EDITOR, 15)
    t.hand("Puppet").clock[thief.lane.device] = thief.at
    before = t.work("Bob")
    t.work("Puppet")
    same([t.counts(x) for x in (one, two, other, before)], [True, False, False, True], "frozen")
    t.say("Ann", m.PIN, cut=[two[0]])
    same([t.counts(x) for x in (one, two, other)], [True, True, False], "pinned")


def ce09_cut_names_the_losing_branch(m):
    """Cuts compare chains, not numbers: what stands beside the cut's branch is beyond the cut."""
    t = with_admins(m)
    one, two = t.work("Eve"), t.work("Eve")
    thief = t.world.fork(one[0])
    others = [t.work(thief, t.via("Eve")) for _ in range(3)]
    t.remove("Ada", "Eve", cut=[others[2][0]])
    same([t.counts(x) for x in (one, two, *others)], [True, False, True, True, True], "by chain")
    t.say("Ann", m.PIN, cut=[two[0]])
    same([t.counts(x) for x in (one, two, *others)], [True] + [False] * 4, "what both share")


def ce10_strangers_acknowledge_nothing(m):
    """Only admitted entries acknowledge; a device that was never linked is not admitted."""
    t = with_admins(m)
    one, two = t.work("Eve"), t.work("Eve")
    t.meet()
    t.work("Bob")
    thief = t.world.fork(one[0])
    t.work(thief, t.via("Eve"))
    stranger = t.world.device(t.number("Bob"))
    stranger.clock, stranger.lamport = {**t.hand("Bob").clock}, 99
    stranger.clock[thief.lane.device] = thief.at
    check(t.world.write(stranger, t.via("Bob"), []) is None, "not linked")
    check(t.counts(two), "the acknowledged branch stays")


def ce11_two_kinds_of_cuts(m):
    """A senior's cut of the member does not hide a lower cut of one device; a PARDON does."""
    t = with_admins(m)
    one, two = t.work("Eve"), t.work("Eve")
    device = t.say("Ada", m.DEVCUT, lane=one[0][0], cut=[one[0]])
    t.remove("Ann", "Eve", cut=[two[0]])
    same((t.counts(one), t.counts(two)), (True, False), "both hold")
    t.meet()
    t.say("Ann", m.PARDON, target=device.ref)
    check(t.counts(two), "pardoned")
    t.appoint("Ann", "Fay", EDITOR, 15)
    t.link("Ann", "Fay")
    t.meet()
    t.say("Ada", m.DEVCUT, lane=t.hand("Fay").lane.ix, cut=[])
    same((t.counts(t.work("Fay")), t.counts(t.work("Fay2"))), (False, True), "one device only")


def ce12_resignation(m):
    """A member closes his own devices by his root key, whoever carries the word."""
    t = with_admins(m)
    one = t.work("Eve")
    t.meet()
    t.say("Bob", m.UNLINK, lane=one[0][0], cut=[one[0]], signers={t.number("Ada")}, ok=False)
    t.say("Bob", m.UNLINK, lane=one[0][0], cut=[one[0]], signers={t.number("Eve")})
    two = t.work("Eve")
    same((t.counts(one), t.counts(two)), (True, False), "closed")


def ce13_role_changes(m):
    """What was written offline under the old role stays; beyond the cut the new role judges."""
    t = with_admins(m)
    t.appoint("Ann", "Gus", ADMIN, 3)
    before = t.say("Gus", m.DEFINE)
    t.say("Ann", m.REPLACE, appointment=t.via("Gus"), role=READER, cut=t.here("Gus"))
    after = t.say("Gus", m.DEFINE)
    same((t.effective(before), t.effective(after)), (True, False), "the cut divides")
    same(t.resolve().access(t.number("Gus"), 1), (True, False), "access by the new role")
    same(t.resolve().access(t.number("Gus"), 2), (False, False), "access by the new role")


def ce14_puppets_before_the_cut(m):
    """Who was let in before the cut stays, unless the removal cascades."""
    for cascade in (False, True):
        t = with_admins(m)
        t.appoint("Ada", "Puppet", EDITOR, 15)
        t.meet()
        t.say("Ann", m.REVOKE, appointment=t.via("Ada"), cut=t.here("Ada"), cascade=cascade)
        same(t.active("Puppet"), not cascade, "cascade")
        check(not t.active("Ada") and t.active("Bob"), "whom it reaches")


def ce15_newcomer_beyond_the_cut(m):
    """An honest newcomer let in beyond the cut is hidden; REATTACH brings all his work back."""
    t = with_admins(m)
    cut = t.here("Ada")
    t.appoint("Ada", "Fay", EDITOR, 15)
    done = t.work("Fay")
    t.remove("Ann", "Ada", cut=cut)
    check(not t.counts(done), "hidden")
    t.meet()
    t.say("Bob", m.REATTACH, appointment=t.via("Fay"))
    check(t.counts(done) and t.active("Fay"), "back")


def ce16_admission_again(m):
    """Again in only by somebody who knew of the removal and is not junior to the remover."""
    t = with_admins(m)
    t.appoint("Ann", "Jun", ADMIN, 5)
    t.meet()
    t.appoint("Bob", "Eve", EDITOR, 14)                     # concurrent
    t.remove("Ada", "Eve")
    check(not t.active("Eve", 0) and not t.active("Eve", 1), "concurrent: void")
    t.meet()
    t.appoint("Jun", "Eve", EDITOR, 14)
    check(not t.active("Eve", 2), "by a junior: void")
    t.appoint("Bob", "Eve", EDITOR, 14)
    check(t.active("Eve", 3), "by an equal who knew")


def ce17_key_to_a_mole(m):
    """A key shared by an admin removed meanwhile makes the epoch unclean: the next write rotates."""
    t, k = with_admins(m), default_keys
    first = k.write(t.world, t.hand("Ann"), 0, 1, m)
    t.meet()
    t.people["Mole"] = Person(40)
    cut = t.here("Ada")
    mole = t.appoint("Ada", "Mole", EDITOR, 15)
    device = t.hand("Mole").lane.device
    t.say("Ada", m.PLAIN, epoch=first[0].epoch, device=device)
    t.remove("Ann", "Ada", cut=cut)
    t.meet()
    check(not t.effective(mole), "the mole is not in")
    again = k.write(t.world, t.hand("Ann"), 0, 1, m)
    check(again[2] and device not in k.holders(t.world, again[0], t.hand("Ann").clock), "rotated")


def ce20_oldest_device(m):
    """Age gives no power: another device of the same person unlinks nothing without the root."""
    t = with_admins(m)
    t.link("Ann", "Eve")
    t.meet()
    t.say("Eve", m.UNLINK, lane=t.hand("Eve2").lane.ix, cut=[], signers=set(), ok=False)
    t.say("Eve", m.DEVCUT, lane=t.hand("Eve2").lane.ix, cut=[])
    done = t.work("Eve2")
    check(t.counts(done), "the other device goes on")


def ce21_stolen_sheet(m):
    """Removed with a cut, then in again under a new root: the stolen root has nothing left to say."""
    t = with_admins(m)
    t.appoint("Ada", "Fay", EDITOR, 15)
    t.meet()
    t.remove("Ann", "Ada")
    for seq in (0, 1):
        t.meet()
        t.say("Eve", m.UNLINK, lane=t.hand("Ada").lane.ix, signers={t.number("Ada")},
              cut=[(t.hand("Ada").lane.ix, seq)] if seq else [])
    check(t.active("Fay"), "what she did before stands")
    t.appoint("Ann", "Ada again", ADMIN, 1)
    check(t.active("Ada again") and not t.active("Ada"), "in again")


def ce22_writers_make_keys(m):
    """Who removes needs no read right: the next writer makes the key."""
    t, k = with_admins(m), default_keys
    k.write(t.world, t.hand("Eve"), t.via("Eve"), 1, m)
    t.appoint("Ann", "Hal", EDITOR, 15)
    t.meet()
    same(k.write(t.world, t.hand("Eve"), t.via("Eve"), 1, m)[2], False, "a newcomer costs no key")
    t.meet()
    t.remove("Bob", "Hal")
    t.meet()
    epoch, _, minted = k.write(t.world, t.hand("Eve"), t.via("Eve"), 1, m)
    check(minted and t.hand("Hal").lane.device not in epoch.seals, "an editor rotates")


def ce23_months_offline(m):
    """Who has not heard of a removal still writes to the removed; on hearing of it, no more."""
    t, k = with_admins(m), default_keys
    t.appoint("Ann", "Hal", EDITOR, 15)
    t.meet()
    first = k.write(t.world, t.hand("Ann"), 0, 1, m)
    t.meet()
    t.remove("Ann", "Hal")
    late = k.write(t.world, t.hand("Eve"), t.via("Eve"), 1, m)
    same(late[0].epoch, first[0].epoch, "the old epoch")
    t.meet()
    check(k.write(t.world, t.hand("Eve"), t.via("Eve"), 1, m)[2], "then rotated")


def ce24_small_councils(m):
    """A single owner is not bound by anybody; of two, neither removes the other."""
    t = Team(m, ("Ann",), 1)
    t.council("Ann", m.RM_OWNER, signers=("Ann",), member=0, cut=[], quorum=0, ok=False)
    t = Team(m, ("Ann", "Ben"), 2)
    t.council("Ann", m.RM_OWNER, signers=("Ann",), member=1, cut=[], quorum=1, ok=False)
    t.council("Ann", m.ADD_OWNERS, members=(7, 8), quorum=2, ok=False)
    t.council("Ann", m.ADD_OWNERS, members=(8, 7), quorum=3, ok=False)


# ---- the list of attacks --------------------------------------------------------------------------

def at01_removed_admin_adds_a_mole(m):
    t = with_admins(m)
    t.remove("Ann", "Ada")
    t.appoint("Ada", "Mole", ADMIN, 2)
    check(not t.active("Mole"), "void")


def at02_backdated_removal_of_all_seniors(m):
    t = with_admins(m)
    point = t.work("Ada")
    t.work("Ada")
    t.meet()
    t.remove("Ann", "Ada")
    thief = t.world.fork(point[0])
    for name in ("Ann", "Ben", "Cat", "Bob"):
        op = t.say(thief, m.REMOVE, t.via("Ada"), member=t.number(name), cut=[])
        check(not t.effective(op), "void")
    check(all(t.active(n) for n in ("Ann", "Ben", "Cat", "Bob")), "nothing happened")


def at03_replay(m):
    """The same operations twice, in any order, are once."""
    t = ce05_rogue_owner(m)
    before = t.resolve()
    state = t.world.states[1][0]
    again = m.Op(m.COUNCIL, prev=0, kind=m.RM_OWNER, member=state.member, cut=state.cut,
                 quorum=state.quorum, signers=state.signers)
    t.world.write(t.hand("Eve"), t.via("Eve"), [again])
    after = t.resolve()
    same(after.effective - {again.ref}, before.effective, "one state, said twice")
    same(after.owners, before.owners, "owners")


def at05_a_bundle_is_lost(m):
    """What depends on something missing waits; the rest is judged without it."""
    t = with_admins(m)
    t.work("Ada")
    t.meet("Ada", "Bob")
    depends = t.work("Bob")
    held = t.world.held(t.hand("Ann").clock)
    check(depends[0] not in held, "not visible")
    t.meet()
    check(depends[0] in t.world.held(t.hand("Ann").clock), "then it is")


def at06_courier_reorders(m):
    t = ce05_rogue_owner(m)
    before = t.resolve()
    for turn in range(1, 6):
        t.facts.ops = t.facts.ops[turn:] + t.facts.ops[:turn]
        after = t.resolve()
        same((after.effective, after.owners), (before.effective, before.owners), "any order")


def at07_fork_unseen(m):
    """A fork nobody else has seen is frozen from there on."""
    t = with_admins(m)
    one = t.work("Eve")
    t.meet()
    t.work("Ann")
    two = t.work("Eve")
    other = t.work(t.world.fork(one[0]), t.via("Eve"))
    same([t.counts(x) for x in (one, two, other)], [True, False, False], "frozen")


def at08_fork_after_acknowledgement(m):
    t = with_admins(m)
    one, two = t.work("Eve"), t.work("Eve")
    t.meet()
    t.work("Ann")
    other = t.work(t.world.fork(one[0]), t.via("Eve"))
    same([t.counts(x) for x in (one, two, other)], [True, True, False], "acknowledged stays")


def at11_stolen_laptop(m):
    """Up to the cut it counts, later not; no key is made for it any more."""
    t, k = with_admins(m), default_keys
    t.link("Ann", "Eve")
    kept, stolen = t.work("Eve"), t.hand("Eve").lane.device
    k.write(t.world, t.hand("Ann"), 0, 1, m)
    t.meet()
    t.say("Eve2", m.UNLINK, lane=kept[0][0], cut=[kept[0]], signers={t.number("Eve")})
    theft = t.work("Eve")
    t.meet()
    same((t.counts(kept), t.counts(theft)), (True, False), "the cut")
    epoch, _, minted = k.write(t.world, t.hand("Eve2"), t.via("Eve"), 1, m)
    check(minted and stolen not in epoch.seals, "rotated without it")


def at12_thief_unlinks(m):
    ce20_oldest_device(m)


def at13_equal_suspends_equal(m):
    t = with_admins(m)
    before = t.work("Bob")
    t.meet()
    s = t.say("Ada", m.SUSPEND, member=t.number("Bob"))
    after = t.say("Bob", m.DEFINE)
    same((t.counts(before), t.effective(after)), (True, False), "frozen")
    t.meet()
    t.say("Ann", m.LIFT, target=s.ref)
    check(t.effective(after), "lifted")


def at14_editor_without_right(m):
    t = with_admins(m)
    op = t.say("Eve", m.DEFINE)
    t.appoint("Ann", "Fay", EDITOR, 5)
    check(not t.effective(t.appoint("Fay", "Mole", READER, 15)), "an editor appoints nobody")
    done = t.work("Eve")
    same((t.effective(op), t.counts(done)), (False, True), "the operation only")


def at17_epoch_with_an_extra_recipient(m):
    t, k = with_admins(m), default_keys
    t.people["Mole"] = Person(40)
    mole = t.world.device(40)
    t.say("Eve", m.EPOCH, compartment=1, epoch=t.world.new_epoch(), number=1, parents=[],
          seals={mole.lane.device, t.hand("Ann").lane.device})
    t.meet()
    check(k.write(t.world, t.hand("Ann"), 0, 1, m)[2], "never used")


def at20_cause_that_does_not_exist(m):
    t = with_admins(m)
    held = t.world.held(t.hand("Ann").clock)
    lone = t.world.device(t.number("Eve"))
    check(t.world.write(lone, t.via("Eve"), []) is None, "its own chain only waits")
    same(t.world.held(t.hand("Ann").clock), held, "nobody else notices")


def at21_grinding(m):
    """Ids choose nothing: the answers are the same whatever the numbers of entries and devices are."""
    t = with_admins(m)
    one, two = t.work("Eve"), t.work("Eve")
    other = t.work(t.world.fork(one[0]), t.via("Eve"))
    t.say("Ann", m.PIN, cut=[two[0]])
    before = [t.counts(x) for x in (one, two, other)]
    device = t.hand("Eve").lane.device
    for ix, lane in t.facts.lanes.items():
        if lane.device == device:
            t.facts.lanes[ix] = lane._replace(device=-7)
    same([t.counts(x) for x in (one, two, other)], before, "no hash decides")


def at23_council_signs_twice(m):
    """Frozen: nothing is given, what takes away counts; a SETTLE that names all goes on."""
    t = with_admins(m)
    done = t.work("Cat")
    a = t.council("Ann", m.ADD_OWNERS, signers=("Ann", "Cat"), members=(9,), quorum=3)
    b = t.council("Ben", m.RM_OWNER, signers=("Ben", "Cat"), member=2, cut=[], quorum=2)
    r = t.resolve()
    check(r.frozen and not r.active(m.office(a.state, 0)), "frozen")
    check(not t.counts(done) and t.effective(b) and not t.effective(a), "taking away counts")
    t.meet()
    t.council("Ann", m.SETTLE, states=[b.state])
    check(t.resolve().frozen, "one that names not all settles nothing")
    t.council("Ann", m.SETTLE, states=[a.state, b.state])
    check(t.resolve().frozen, "two that do not name each other settle nothing")
    t.council("Ann", m.SETTLE, states=[a.state, b.state, 3, 4])
    r = t.resolve()
    check(not r.frozen and r.state == a.state and r.owners == {0, 1, 2, 9}, "settled")
    check(t.counts(done), "the rejected has no effect")


def at24_rogue_owner_wipes(m):
    ce05_rogue_owner(m)


def at25_liaison_floods(m):
    """The first `max` of a liaison's passports count, however many there are."""
    t = Team(m)
    t.appoint("Ann", "Lia", LIAISON, 3)
    names = [f"guest{n}x" for n in range(6)]
    for name in names:
        t.appoint("Lia", name, READER, 15)
    same([t.active(n) for n in names], [True, True] + [False] * 4, "two")
    t.say("Lia", m.REATTACH, appointment=t.via(names[4]))
    check(not t.active(names[4]), "not by REATTACH either")


def at26_passport_of_a_removed_person(m):
    t = Team(m)
    t.appoint("Ann", "Lia", LIAISON, 3)
    t.appoint("Lia", "Gil", READER, 15)
    t.appoint("Lia", "Kim", READER, 15)
    t.meet()
    t.say("Lia", m.REVOKE, appointment=t.via("Gil"), cut=t.here("Gil"))
    check(not t.active("Gil") and t.active("Kim"), "the liaison revokes")
    t.remove("Ann", "Kim")
    check(not t.active("Kim"), "we cut")


def at27_seized_vault(m):
    """What was opened, is too old or was pushed out cannot be opened by who takes the memory."""
    tr = default_transport
    chain = tr.start(b"T" * 32, 7)
    sender, receiver = tr.Sender(chain), tr.Receiver(chain, window=16, skipped_max=4)
    sent = [sender.send() for _ in range(40)]
    opened = {}
    for number in (0, 1, 7, 9, 20, 3, 30):
        opened[number] = receiver.open(sent[number][1], day=number)
    same([n for n, key in opened.items() if key != sent[n][2]], [3], "what opens")
    same(receiver.open(sent[7][1], 99), None, "never twice")
    reach = receiver.reach(100)
    same([n for n, _, key in sent if key in reach], [26, 27, 28, 29] + list(range(31, 40)), "reach")
    receiver.grow_old(day=30 + tr.AGE_MAX + 1)
    same([n for n, _, key in sent if key in receiver.reach(100)], list(range(31, 40)), "aged")
    check(tr.start(b"T" * 32, 8) != chain and chain not in receiver.reach(100), "T is not needed")


def fl19_tags_of_senders(m):
    """A tag tells nothing without the chain, and no two senders of an epoch share one."""
    tr = default_transport
    tags = set()
    for device in range(20):
        sender = tr.Sender(tr.start(b"T" * 32, device))
        tags |= {sender.send()[1] for _ in range(50)}
    same(len(tags), 1000, "all tags differ")
    far = tr.Receiver(tr.start(b"T" * 32, 1), window=8)
    sender = tr.Sender(tr.start(b"T" * 32, 1))
    pieces = [sender.send() for _ in range(20)]
    same(far.open(pieces[12][1], 0), None, "beyond the window")
    far.look_ahead(20)
    same(far.open(pieces[12][1], 0), pieces[12][2], "on request further")


def at30_delete_everything(m):
    """Deletes are operations: a cut takes them away."""
    t = with_admins(m)
    good = t.work("Eve")
    deletes = t.work("Eve")
    t.remove("Ann", "Eve", cut=[good[0]])
    same((t.counts(good), t.counts(deletes)), (True, False), "voided")


# ---- flaws found while modelling ------------------------------------------------------------------

def fl01_limited_appointer(m):
    """Who may appoint readers only makes no admins: not by REPLACE, not by REATTACH."""
    t = Team(m)
    t.appoint("Ann", "Lia", LIAISON, 3)
    t.appoint("Lia", "Gil", READER, 5)
    up = t.say("Lia", m.REPLACE, appointment=t.via("Gil"), role=ADMIN, cut=[])
    check(not t.effective(up), "no REPLACE")
    t.appoint("Lia", "Max", ADMIN, 4)
    back = t.say("Lia", m.REATTACH, appointment=t.via("Max"))
    check(not t.effective(back) and not t.active("Max"), "no REATTACH")
    t.appoint("Ann", "Rex", RECRUITER, 3)
    t.appoint("Rex", "Moe", ADMIN, 4)
    t.say("Rex", m.REATTACH, appointment=t.via("Moe"))
    check(not t.active("Moe"), "not by one without a number either")


def fl02_unlink_after_removal(m):
    """A removed owner's root key does not take back what he did before the cut."""
    t = with_admins(m)
    t.meet()
    rm = t.council("Ben", m.RM_OWNER, signers=("Ben", "Cat"), member=0, cut=t.here("Ann"), quorum=2)
    before = t.resolve().effective
    t.meet()
    un = t.say("Eve", m.UNLINK, lane=t.hand("Ann").lane.ix, cut=[], signers={0})
    same(t.resolve().effective - {un.ref}, before, "nothing moved")
    check(t.active("Ada") and rm.ref in before, "Ada stays")


def fl03_history_of_the_chosen(m):
    """A SETTLE keeps what followed its choice."""
    t = with_admins(m)
    t.meet()
    a = t.council("Ann", m.ADD_OWNERS, members=(9,), quorum=3)
    a2 = t.council("Ann", m.RM_OWNER, ("Ann", "Ben", "Ann"), prev=a.state, ok=False, member=2,
                   cut=t.here("Cat"), quorum=2)
    a2 = t.say("Ann", m.COUNCIL, prev=a.state, kind=m.RM_OWNER, member=2, cut=t.here("Cat"),
               quorum=2, signers={0, 1, 9})
    b = t.council("Ben", m.ADD_OWNERS, signers=("Ben", "Cat"), members=(8,), quorum=3)
    later = t.say("Cat", m.DEFINE)
    r = t.resolve()
    check(r.frozen and not t.effective(later) and t.effective(a2), "frozen: still removed")
    t.meet()
    t.council("Ann", m.SETTLE, states=[a.state, b.state])
    r = t.resolve()
    check(r.state == a2.state and r.owners == {0, 1, 9} and not t.effective(later), "settled")
    return t


def fl04_freeze_gives_nothing_back(m):
    """The same chain frozen by the removed himself: he stays removed (see fl03)."""
    t = fl03_history_of_the_chosen(m)
    check(not t.active("Cat"), "still removed")


def fl05_council_corrects_itself(m):
    t = with_admins(m)
    one, two = t.work("Eve"), t.work("Eve")
    other = t.work(t.world.fork(one[0]), t.via("Eve"))
    first = t.council("Ann", m.C_PIN, cut=[other[0]])
    same([t.counts(x) for x in (one, two, other)], [True, False, True], "the first word")
    t.council("Ann", m.C_PIN, prev=first.state, cut=[two[0]])
    same([t.counts(x) for x in (one, two, other)], [True, True, False], "the last word")


def fl06_admission_through_a_void_grant(m):
    """A junior's REATTACH does not bring back whom a senior removed."""
    t = with_admins(m)
    t.appoint("Ann", "Jun", ADMIN, 5)
    t.meet()
    t.remove("Ada", "Eve")
    t.meet()
    cut = t.here("Bob")
    t.appoint("Bob", "Eve", EDITOR, 10)
    t.remove("Ann", "Bob", cut=cut)
    t.meet()
    t.say("Jun", m.REATTACH, appointment=t.people["Eve"].appointments[1])
    check(not t.active("Eve", 1), "still removed")
    t.say("Ada", m.REATTACH, appointment=t.people["Eve"].appointments[1])
    check(t.active("Eve", 1), "by the remover's equal")


def fl07_own_pardon_from_below(m):
    """What somebody said as a senior he does not take back as a junior."""
    t = with_admins(m)
    t.appoint("Ann", "Ada", ADMIN, 5)
    gone = t.work("Eve")
    t.meet()
    own = t.remove("Ada", "Eve", cut=[])
    t.say("Ada", m.PARDON, via=t.people["Ada"].appointments[1], target=own.ref, ok=False)
    t.say("Ada", m.PARDON, target=own.ref)
    check(t.counts(gone), "as what he was then he may")


def fl08_promoted_twice(m):
    """A later change of role that knew of an earlier one takes its place."""
    t = Team(m)
    t.appoint("Ann", "Gus", READER, 3)
    first = t.say("Ann", m.REPLACE, appointment=t.via("Gus"), role=EDITOR, cut=t.here("Gus"))
    t.meet()
    t.say("Ann", m.REPLACE, appointment=t.via("Gus"), role=ADMIN, cut=t.here("Gus"))
    check(t.effective(t.say("Gus", m.DEFINE)), "an admin now")
    t.appoint("Ann", "Ada", ADMIN, 1)
    t.meet("Ann", "Ada")
    t.say("Ada", m.REPLACE, appointment=t.via("Gus"), role=ADMIN, cut=[])
    t.say("Ann", m.REPLACE, appointment=t.via("Gus"), role=READER, cut=[])
    check(not t.effective(t.say("Gus", m.DEFINE)) and first.ref, "unknown to each other: both")
    t.meet()
    t.appoint("Ann", "Hal", ADMIN, 3)
    t.say("Ann", m.REPLACE, appointment=t.via("Hal"), role=READER, cut=[])
    t.meet()
    t.say("Ada", m.REPLACE, appointment=t.via("Hal"), role=ADMIN, cut=[])
    check(not t.effective(t.say("Hal", m.DEFINE)), "a junior's takes no senior's place")


def fl09_power_at_the_last_level(m):
    """Nobody at level 15 holds power: not by REPLACE either."""
    t = Team(m)
    t.say("Ann", m.GRANT, member=77, role=WATCHMAN, level=15, ok=False)
    t.appoint("Ann", "Eve", EDITOR, 15)
    t.say("Ann", m.REPLACE, appointment=t.via("Eve"), role=WATCHMAN, cut=[], ok=False)


def fl10_spoiled_epochs(m):
    """Who has not got a key spoils no epoch by saying that he shared it."""
    t, k = with_admins(m), default_keys
    first = k.write(t.world, t.hand("Ann"), 0, 2, m)       # editors do not read compartment 2
    t.meet()
    t.say("Eve", m.PLAIN, epoch=first[0].epoch, device=t.hand("Eve").lane.device)
    t.meet()
    check(not k.write(t.world, t.hand("Ann"), 0, 2, m)[2], "still clean")
    t.appoint("Ann", "Ada", EDITOR, 10)
    epoch = k.write(t.world, t.hand("Ann"), 0, 1, m)[0]
    t.say("Ann", m.REVOKE, appointment=t.via("Ada"), cut=t.here("Ada"))
    t.meet()
    void = t.say("Ada", m.PLAIN, epoch=epoch.epoch, device=99)
    t.meet()
    check(not t.effective(void) and k.write(t.world, t.hand("Ann"), 0, 1, m)[2],
          "a share without effect gave the key away all the same")


def fl20_key_by_a_reader(m):
    """Who may only read makes no key for others to write under."""
    t, k = with_admins(m), default_keys
    t.appoint("Ann", "Rod", READER, 15)
    t.meet()
    readers = k.Keys(t.world, t.hand("Rod").clock, m).readers(1)
    t.say("Rod", m.EPOCH, compartment=1, epoch=t.world.new_epoch(), number=1, parents=[],
          seals=readers)
    t.meet()
    check(k.write(t.world, t.hand("Ann"), 0, 1, m)[2], "a key of a writer's own")


def fl20_shared_before_it_was_held(m):
    """Who shares a key that is not his yet counts once it is his: then it is not written under."""
    t, k = with_admins(m), default_keys
    t.appoint("Ann", "Hal", EDITOR, 15)
    t.meet()
    t.remove("Ann", "Hal")
    t.meet()
    epoch = k.write(t.world, t.hand("Eve"), t.via("Eve"), 1, m)[0]
    t.appoint("Ann", "Rod", READER, 15)
    t.meet()
    t.say("Rod", m.PLAIN, epoch=epoch.epoch, device=t.hand("Hal").lane.device)
    t.meet()
    other, entry, _ = k.write(t.world, t.hand("Ann"), 0, 1, m)
    check(other.epoch != epoch.epoch, "another key")
    keys = k.Keys(t.world, entry.clock, m)
    check(keys.clean(other) and t.hand("Rod").lane.device in keys.recipients(other), "for readers")


def fl21_who_names_all_branches(m):
    """Who names several branches of a fork says nothing about it."""
    t = with_admins(m)
    one, two = t.work("Eve"), t.work("Eve")
    other = t.work(t.world.fork(one[0]), t.via("Eve"))
    t.say("Ada", m.PIN, cut=[two[0]])
    t.council("Ann", m.SEAL, cut=[two[0], other[0]])
    same([t.counts(x) for x in (two, other)], [True, False], "the one that says something")


def fl22_pardoned_cut(m):
    """A cut that was pardoned names no branch any more."""
    t = with_admins(m)
    one, two = t.work("Eve"), t.work("Eve")
    t.meet()
    t.work("Ann")
    other = t.work(t.world.fork(one[0]), t.via("Eve"))
    cut = t.remove("Ada", "Eve", cut=[other[0]])
    check(not t.counts(two), "cut")
    t.meet()
    t.say("Ann", m.PARDON, target=cut.ref)
    same([t.counts(x) for x in (two, other)], [True, False], "as if never said")


def fl23_suspend_and_levels(m):
    """A SUSPEND stops its author's level and below; what an equal named since does not shield."""
    t = with_admins(m)
    t.appoint("Ann", "Kim", ADMIN, 5)
    t.appoint("Ann", "Bob", EDITOR, 5)
    t.meet()
    t.say("Kim", m.SUSPEND, member=t.number("Bob"))
    low = t.people["Bob"].appointments[1]
    t.work("Bob")
    same((t.counts(t.work("Bob")), t.counts(t.work("Bob", low))), (True, False), "its level")
    t.say("Ada", m.SUSPEND, member=t.number("Bob"))
    late = t.work("Bob")
    t.appoint("Ann", "Zoe", ADMIN, 1)
    t.meet()
    t.say("Zoe", m.CHECKPOINT)
    check(not t.counts(late), "no shield by an equal")
    t.say("Ann", m.CHECKPOINT)
    check(t.counts(late), "by a senior")


def fl11_junior_cuts_a_seniors_device(m):
    """A junior's DEVCUT of an owner's device takes no key from the owner."""
    t, k = with_admins(m), default_keys
    t.say("Ada", m.DEVCUT, lane=t.hand("Ben").lane.ix, cut=[])
    t.meet()
    same(t.hand("Ben").lane.device in k.Keys(t.world, t.hand("Ann").clock, m).readers(1), True,
         "the owner reads")


def fl12_one_name_one_entry(m):
    """Of a fork one branch counts for all appointments of the person, not one for each level."""
    t = with_admins(m)
    t.appoint("Ann", "Ada", EDITOR, 10)
    t.appoint("Ann", "Jun", ADMIN, 5)
    low = t.people["Ada"].appointments[1]
    one, two = t.work("Ada"), t.work("Ada")
    t.meet()
    t.work("Ann")
    thief = t.world.fork(one[0])
    other = t.work(thief, low)
    t.say("Jun", m.PIN, cut=[other[0]])
    same([t.counts(x) for x in (two, other)], [True, False], "one branch")


def fl13_unlink_carried_again(m):
    """A pardoned UNLINK stays pardoned however often somebody carries it."""
    t = with_admins(m)
    done = t.work("Eve")
    t.meet()
    word = {"lane": done[0][0], "cut": [], "signers": {t.number("Eve")}}
    un = t.say("Ada", m.UNLINK, **word)
    check(not t.counts(done), "unlinked")
    t.meet()
    t.say("Eve", m.PARDON, target=un.ref, ok=True)
    t.meet()
    check(not t.counts(done), "not by oneself")
    t.say("Bob", m.PARDON, target=un.ref)
    check(t.counts(done), "pardoned")
    t.say("Ada", m.UNLINK, **word)
    check(t.counts(done), "still")


def fl14_checkpoints_of_equals(m):
    """Two honest CHECKPOINTs that name different branches give way to a PIN of the same level."""
    t = with_admins(m)
    one, two = t.work("Eve"), t.work("Eve")
    other = t.work(t.world.fork(one[0]), t.via("Eve"))
    t.hand("Ada").clock[two[0][0]] = two[0]
    t.hand("Bob").clock[two[0][0]] = other[0]
    t.say("Ada", m.CHECKPOINT)
    same([t.counts(x) for x in (two, other)], [True, False], "one")
    t.say("Bob", m.CHECKPOINT)
    same([t.counts(x) for x in (two, other)], [False, False], "they disagree")
    t.say("Ada", m.PIN, cut=[two[0]])
    same([t.counts(x) for x in (two, other)], [True, False], "settled")


def fl15_reattached_is_out_of_the_cascade(m):
    """A senior's REATTACH ends the line of grantors; an equal of the revoker's does not."""
    t = Team(m)
    t.appoint("Ann", "Top", ADMIN, 1)
    t.appoint("Ann", "Ada", ADMIN, 2)
    t.appoint("Ann", "Zoe", ADMIN, 4)
    t.meet()
    t.appoint("Zoe", "Fay", ADMIN, 6)
    t.appoint("Fay", "Gus", EDITOR, 15)
    t.meet()
    t.say("Ada", m.REVOKE, appointment=t.via("Zoe"), cut=[], cascade=True)
    t.say("Ada", m.REATTACH, appointment=t.via("Fay"))
    same((t.active("Fay"), t.active("Gus")), (False, False), "cascade")
    t.say("Top", m.REATTACH, appointment=t.via("Fay"))
    same((t.active("Fay"), t.active("Gus")), (True, True), "out of it")


def fl16_pardon_by_anybody(m):
    """Only who is senior to what was said, or said it himself, takes it back."""
    t = with_admins(m)
    gone = t.work("Eve")
    r = t.remove("Ada", "Eve", cut=[])
    t.meet()
    t.say("Bob", m.PARDON, target=r.ref, ok=False)
    check(not t.counts(gone), "not by an equal")
    t.say("Ada", m.PARDON, target=r.ref)
    check(t.counts(gone), "by himself")


def fl17_owner_in_again(m):
    """Removed and added again: the new office counts, the old one does not. A junior's GRANT of the
    removed is void, an owner's is not."""
    t = with_admins(m)
    t.meet()
    rm = t.council("Ann", m.RM_OWNER, member=2, cut=t.here("Cat"), quorum=2)
    t.meet()
    t.appoint("Ada", "Cat", EDITOR, 15)
    check(not t.active("Cat", 1), "by a junior")
    t.appoint("Ann", "Cat", EDITOR, 15)
    check(t.active("Cat", 2), "by an owner")
    add = t.council("Ann", m.ADD_OWNERS, prev=rm.state, members=(2,), quorum=2)
    check(t.resolve().active(m.office(add.state, 0)) and not t.active("Cat", 0), "office")


def fl18_suspended_in_their_turn(m):
    """Suspending goes on only among equals: who is suspended from above suspends nobody."""
    t = with_admins(m)
    t.appoint("Ann", "Jun", ADMIN, 5)
    t.appoint("Ann", "Kay", ADMIN, 5)
    t.meet()
    t.say("Ada", m.SUSPEND, member=t.number("Jun"))
    s = t.say("Jun", m.SUSPEND, member=t.number("Kay"))
    check(not t.effective(s) and t.active("Kay"), "void")
    own = t.say("Kay", m.SUSPEND, member=t.number("Kay"))
    check(t.effective(own) and not t.active("Kay"), "oneself")


def fl24_who_gave_takes_back(m):
    """Who may appoint and not remove revokes what hangs on the appointment he speaks under, only that."""
    t = with_admins(m)
    t.appoint("Ann", "Hal", HOST, 3)
    t.appoint("Ann", "Pip", HOST, 3)
    for name in ("Gil", "Lou", "Pam"):
        t.appoint("Hal", name, READER, 15)
    t.appoint("Pip", "Quy", READER, 15)
    t.meet()
    t.appoint("Hal", "Kim", HOST, 5)
    t.appoint("Kim", "Zed", READER, 15)
    t.appoint("Kim", "Wes", READER, 15)
    t.meet()
    done = t.work("Gil")

    def revoke(by, name, via=None, cut=()):
        return t.effective(t.say(by, m.REVOKE, via, appointment=t.via(name), cut=list(cut)))

    same((revoke("Hal", "Eve"), revoke("Hal", "Quy"), revoke("Hal", "Zed"),
          revoke("Hal", "Kim", cut=t.here("Kim"))), (False, False, True, True),
         "whom he let in, and whom these let in")
    same((t.active("Eve"), t.active("Quy"), t.active("Kim"), t.active("Zed"), t.active("Wes")),
         (True, True, False, False, True), "and nobody else")
    check(not t.effective(t.remove("Hal", "Pam")), "a person he does not remove")
    check(revoke("Hal", "Gil", cut=t.here("Gil")) and t.counts(done), "with a cut")
    t.appoint("Ann", "Hal", HOST, 4)
    same(revoke("Hal", "Pam", t.people["Hal"].appointments[1]), False, "under the other appointment")
    t.say("Ada", m.REATTACH, appointment=t.via("Lou"))
    same((revoke("Hal", "Lou"), t.active("Lou")), (False, True), "a senior took it over")


def fl25_taking_back_names_no_branch(m):
    """What one may only take back pins no fork and shields from no SUSPEND: else who may let readers
    in lets a colleague in once more, takes that back, and so chooses among the colleague's histories."""
    t = with_admins(m)
    t.appoint("Ann", "Hal", HOST, 3)
    t.appoint("Ann", "Jun", ADMIN, 5)
    t.appoint("Ann", "Kay", ADMIN, 5)
    t.meet()
    one, two = t.work("Jun"), t.work("Jun")
    t.meet()
    t.work("Ann")
    other = t.work(t.world.fork(one[0]), t.via("Jun"))
    gift = t.appoint("Hal", "Jun", READER, 15)
    for cut in (other, two):
        taken = t.say("Hal", m.REVOKE, appointment=gift.ref * 64, cut=[cut[0]])
        check(t.effective(taken), "taken back")
        same([t.counts(x) for x in (two, other)], [True, False], "the branch others built on")
    late = t.work("Jun")
    t.say("Kay", m.SUSPEND, member=t.number("Jun"))
    taken = t.say("Hal", m.REVOKE, appointment=gift.ref * 64, cut=[late[0]])
    same((t.effective(taken), t.counts(late)), (True, False), "no shield")
    t.meet()
    t.say("Ada", m.REVOKE, appointment=gift.ref * 64, cut=[late[0]])
    check(t.counts(late), "by whoever may remove")


def fl26_checkpoint_of_one_who_was_away(m):
    """A thief shows his history to one administrator who was away, and to nobody else. What he writes
    freezes the fork; a CHECKPOINT of his would decide it for the thief, against all who built on the
    other history. So no program makes one by itself: a person PINs, and that takes it back too."""
    t = with_admins(m)
    one, two = t.work("Eve"), t.work("Eve")
    t.meet("Ann", "Ben", "Cat", "Bob", "Eve")
    for name in ("Ann", "Ben", "Cat", "Bob"):
        t.work(name)
    thief = t.world.fork(one[0])
    other = t.work(thief, t.via("Eve"))
    same([t.counts(x) for x in (two, other)], [True, False], "what all built on")
    t.hand("Ada").learn(thief, t.facts)
    t.work("Ada")
    same([t.counts(x) for x in (two, other)], [False, False], "stopped, and told")
    t.say("Ada", m.CHECKPOINT)
    same([t.counts(x) for x in (two, other)], [False, True], "against everybody")
    t.say("Bob", m.PIN, cut=[two[0]])
    same([t.counts(x) for x in (two, other)], [True, False], "a person decides")


def fl27_invite_while_a_key_is_on_its_way(m):
    """Who lets somebody in while another's key is on its way lets him in under a key he is given."""
    team = default_waiting.Team(["a", "b", "c"])
    team.devices["b"].out = {"c"}
    team.devices["b"].mint()
    team.devices["b"].out = set()
    team.devices["c"].got["b"] = len(team.logs["b"])
    team.devices["c"].settle()
    newcomer = team.devices["c"].invite("d")
    check("d" in newcomer.links(), "he reads the entry that lets him in")


def left_waiting(opens=lambda by, to: True):
    """b made a key without c and spoke under it; then one for all that leads back to it, in an entry
    behind that."""
    team = default_waiting.Team(["a", "b", "c"], opens)
    a, b, c = (team.devices[name] for name in "abc")
    a.mint(), a.mint()
    b.out = {"c"}
    mine = b.mint()
    b.say(mine.ident, [])
    b.got["a"] = len(team.logs["a"])
    b.settle()
    b.out = set()
    b.mint()
    for name in "ab":
        c.got[name] = len(team.logs[name])
    c.settle()
    check(mine.ident not in b.declared() or c.waiting(), "c waits")
    check(mine.ident in b.reached("c"), "and by the log has everything")
    return team, mine


def fl28_what_waits_is_asked_for(m):
    """What everybody takes for given is asked for."""
    team, _ = left_waiting()
    team.exchange(3)
    check(not team.waiting(), "nobody waits")


def fl29_given_by_a_stranger(m):
    """d, whom b let in under a key that c lacks, gives it to c, who knows nothing of d."""
    team = default_waiting.Team(["a", "b", "c"])
    team.devices["b"].out = {"c"}
    key = team.devices["b"].mint()
    team.devices["b"].invite("d")
    team.carry("d", "b")
    team.carry("b", "c")
    check(key.ident in team.devices["c"].keys and not team.devices["c"].waiting(), "taken")


def fl30_answer_to_an_earlier_question(m):
    """b's answer opens nothing; c asks again, and what answered before is no answer to that."""
    failing = {("b", "c")}
    team, mine = left_waiting(lambda by, to: (by, to) not in failing)
    a, b, c = (team.devices[name] for name in "abc")
    team.carry("c", "b")
    team.carry("b", "c")
    c.heal()
    a.got["c"] = len(team.logs["c"])
    a.got["b"] = len(team.logs["b"])
    a.settle()
    check(a.open_question("c", mine.ident), "it stays open")
    team.exchange(3)
    check(not team.waiting(), "nobody waits")


def fl31_key_on_another_history(m):
    """A key made on a branch that its author does not follow is neither written under nor followed."""
    t, k = with_admins(m), default_keys
    one = t.work("Eve")
    t.meet()
    thief = t.world.fork(one[0])
    t.work("Eve")
    t.hand("Ann").learn(t.hand("Eve"), t.facts)
    t.work("Ann")
    theirs = m.Op(m.EPOCH, compartment=1, epoch=t.world.new_epoch(), number=1, parents=[],
                  seals=k.Keys(t.world, thief.clock, m).readers(1))
    t.world.write(thief, t.via("Eve"), [theirs])
    t.hand("Ann").learn(thief, t.facts)
    mine, entry, _ = k.write(t.world, t.hand("Ann"), 0, 1, m)
    check(mine.epoch != theirs.epoch and theirs.epoch not in mine.parents, "another key")


def fl27_pardon_of_an_unlink_reaches_down(m):
    """Anybody who may remove pardons an UNLINK, for those below; a senior's device stays unlinked."""
    t = with_admins(m)
    t.appoint("Ann", "Jun", ADMIN, 5)
    done = t.work("Ada")
    t.meet()
    un = t.say("Eve", m.UNLINK, lane=done[0][0], cut=[], signers={t.number("Ada")})
    t.meet()
    t.say("Jun", m.PARDON, target=un.ref)
    check(not t.counts(done), "not for a senior")
    t.say("Ann", m.PARDON, target=un.ref)
    check(t.counts(done), "by whoever stands above")


def scenarios():
    return [f for name, f in sorted(globals().items())
            if name[:2] in ("ce", "at", "fl") and name[2:4].isdigit()]


def elsewhere_exists():
    unit = pathlib.Path(__file__).resolve().parents[1] / "unit"
    for what, (name, function) in ELSEWHERE.items():
        check(function in (unit / name).read_text(), f"{what}: {name} has no {function}")


def run(m=default_model):
    """Names of the scenarios that fail."""
    failed = []
    for scenario in scenarios():
        try:
            scenario(m)
        except (AssertionError, AttributeError, LookupError, ValueError, TypeError) as problem:
            failed.append((scenario.__name__, problem))
    return failed


def main():
    failed = run()
    for name, problem in failed:
        print(f"{name}: {type(problem).__name__}: {problem}")
    elsewhere_exists()
    print(f"{len(scenarios()) - len(failed)} of {len(scenarios())} scenarios, "
          f"{len(ELSEWHERE)} held by C tests")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
