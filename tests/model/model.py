#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Authority, executable: what an entry needs to be admitted, and what of it has effect.

The oracle of offline/authority. It is written to be read beside docs/authority.md and to be right, not
to be fast: every question is asked anew, rule by rule. Two parts:

  World       entries with their authors' clocks, and static admission: an operation is judged by its
              entry and by what its author knew, for ever. What admission finds out is kept in Facts.
  Resolution  who has power: a pure function of Facts, one pass over the levels -1, 0..15. Nothing of a
              larger level is ever asked when a smaller one is decided, so there is nothing to iterate.

mutants.py changes single lines of this file and expects a test to notice.
"""
from collections import defaultdict, namedtuple

LINK, GRANT, DEFINE, EPOCH, PLAIN = 65, 66, 67, 68, 69
REVOKE, REMOVE, DEVCUT, REPLACE, SUSPEND, LIFT, PARDON, REATTACH = 72, 73, 74, 75, 76, 77, 78, 79
PIN, CHECKPOINT, COUNCIL, UNLINK = 80, 81, 83, 84
ADD_OWNERS, RM_OWNER, C_PARDON, C_LIFT, C_PIN, SEAL, SETTLE = 1, 2, 3, 4, 5, 6, 7
MAY_APPOINT, MAY_REMOVE, MAY_SUSPEND, ORGANIZATION = 1, 2, 4, 8
POWER = MAY_APPOINT | MAY_REMOVE | MAY_SUSPEND

LEVELS = 16
NOBODY = -1            # the via of the founding entry
ALL = (1 << 64) - 1    # a limit that is none
LANES_MAX, DEVICES_MAX = 4, 16

Role = namedtuple("Role", "rights max grants reads writes")
Lane = namedtuple("Lane", "ix device member parent fork")
Appointment = namedtuple("Appointment", "id member role level by op state")
Point = tuple          # (lane, seq), canonical: seq > the lane's fork


class Op:
    """One authority operation with the static facts admission found."""
    __slots__ = ("verb", "ref", "at", "lamport", "via", "level_said", "member", "role", "level",
                 "appointment", "target", "lane", "compartment", "cascade", "cut", "seen", "state",
                 "prev", "kind", "members", "quorum", "states", "signers", "device", "epoch",
                 "number", "seals", "parents")

    def __init__(self, verb, **fields):
        for name in self.__slots__:
            setattr(self, name, None)
        self.verb, self.cut, self.seen, self.cascade = verb, [], [], False
        for name, value in fields.items():
            setattr(self, name, value)

    def __repr__(self):
        said = ((name, getattr(self, name)) for name in self.__slots__)
        return "Op(" + ", ".join(f"{n}={v}" for n, v in said if v not in (None, [], False)) + ")"


class Facts:
    """What the resolution sees. Any order in; the answers do not depend on it."""

    def __init__(self, roles, owners, quorum, office_role, genesis):
        self.roles, self.owners, self.quorum = roles, owners, quorum
        self.office_role, self.genesis = office_role, genesis
        self.lanes, self.acks, self.ops = {}, set(), []
        self.appointments = {}
        for number, owner in enumerate(owners):
            self.appointments[number] = Appointment(number, owner, office_role, 0, None, None, 0)

    def add(self, op):
        self.ops.append(op)
        if op.verb == GRANT:
            a = Appointment(op.ref * 64, op.member, op.role, op.level, op.via, op, None)
            self.appointments[a.id] = a
        elif op.verb == COUNCIL and op.kind == ADD_OWNERS:
            for number, owner in enumerate(op.members):
                a = Appointment(office(op.state, number), owner, self.office_role, 0, None, None,
                                op.state)
                self.appointments[a.id] = a

    def before(self, x, y):
        """x is y, or before it on one chain."""
        lane, seq = y
        while lane != x[0]:
            step = self.lanes[lane]
            if not step.parent:
                return False
            lane, seq = step.parent, min(seq, step.fork)
        return x[1] <= seq

    def within(self, y, cut):
        return any(self.before(y, c) for c in cut)

    def meet(self, lane, point):
        """How far the chain of a lane is shared with what stands at point and before it."""
        at, seq = point
        while at != lane and self.lanes[at].parent:
            at, seq = self.lanes[at].parent, min(seq, self.lanes[at].fork)
        if at == lane:
            return seq
        step = self.lanes[lane]
        return min(step.fork, self.meet(step.parent, point)) if step.parent else 0

    def positions(self, device):
        return sorted({(lane.parent, lane.fork) for lane in self.lanes.values()
                       if lane.parent and lane.device == device})

    def branch(self, position, point):
        """The branch of a fork position that a point lies in; None when it lies before, or elsewhere."""
        lane, seq = point
        while lane != position[0]:
            step = self.lanes[lane]
            if not step.parent:
                return None
            if (step.parent, step.fork) == position:
                return lane if seq > step.fork else None
            lane, seq = step.parent, min(seq, step.fork)
        return lane if seq > position[1] else None


def office(state, number):
    return -(state * 64 + number) - 2


# ---- resolution ---------------------------------------------------------------------------------

Cut = namedtuple("Cut", "op level points")   # a removal: everything it covers beyond points is void
Pin = namedtuple("Pin", "rank op points")    # rank: (level, CHECKPOINTs last; newest council first)


class Resolution:
    def __init__(self, facts):
        self.facts = facts
        self.effective = set()              # refs
        self.supported = {}                 # appointment -> levels of those it hangs on
        self.cuts, self.replacements, self.pins = [], [], []
        self.pardons = defaultdict(list)    # ref -> levels that pardoned it
        self.lifted = set()
        self.suspends = defaultdict(list)   # member -> SUSPENDs that hold
        self.grants = defaultdict(list)     # appointment -> its effective GRANTs
        self.reattached = defaultdict(list)
        self.unlinks = defaultdict(list)    # device -> UNLINKs
        self.said = defaultdict(list)       # level -> operations
        self.forks = defaultdict(list)
        for op in facts.ops:
            if op.verb == UNLINK:
                self.unlinks[facts.lanes[op.lane].device].append(op)
                self.effective.add(op.ref)
            elif op.verb != COUNCIL:
                self.said[self.level_of(op.via)].append(op)
        for device in {lane.device for lane in facts.lanes.values() if lane.parent}:
            self.forks[device] = facts.positions(device)
        self.council()
        for level in range(LEVELS):
            self.stratum(level)

    def level_of(self, via):
        return 0 if via == NOBODY else self.facts.appointments[via].level

    # -- level -1 ---------------------------------------------------------------------------------

    def council(self):
        """Follow the chain of the owners' common decisions."""
        facts = self.facts
        self.states = {}
        self.carriers = defaultdict(set)
        children = defaultdict(list)
        for op in facts.ops:
            if op.verb == COUNCIL:
                self.carriers[op.state].add(op.ref)
                if op.state not in self.states:
                    self.states[op.state] = op
                    children[op.prev].append(op.state)
        self.state, self.frozen, self.owners = 0, False, set(facts.owners)
        for number in range(len(facts.owners)):
            self.supported[number] = {-1}
        height = 0
        while children[self.state]:
            chosen = self.choose(children[self.state])
            if chosen is None:
                self.frozen = True
                break
            self.state, height = chosen, height + 1
            self.decide(self.states[chosen], height)
        if self.frozen:
            waiting = list(children[self.state])
            for state in waiting:
                waiting.extend(children[state])
                self.take_away(self.states[state], height + 1)

    def choose(self, states):
        if len(states) == 1:
            return states[0]
        settles = [s for s in states if self.states[s].kind == SETTLE
                   and set(states) - {s} <= set(self.states[s].states)]
        if len(settles) != 1:
            return None
        self.effective |= self.carriers[settles[0]]
        return self.states[settles[0]].states[0]

    def decide(self, op, height):
        self.effective |= self.carriers[op.state]
        if op.kind == ADD_OWNERS:
            self.owners |= set(op.members)
            for number in range(len(op.members)):
                self.supported[office(op.state, number)] = {-1}
        elif op.kind == RM_OWNER:
            self.owners.discard(op.member)
        elif op.kind == C_PARDON:
            self.pardons[op.target].append(-1)
        elif op.kind == C_LIFT:
            self.lifted.add(op.target)
        self.take_away(op, height)

    def take_away(self, op, height):
        """What counts of a council decision even while the council is frozen."""
        if op.kind not in (RM_OWNER, C_PIN, SEAL):
            return
        self.effective |= self.carriers[op.state]
        self.pins.append(Pin((-1, -height), op, op.cut))
        if op.kind == RM_OWNER:
            self.cuts.append(Cut(op, -1, op.cut))

    def council_before(self, state, later):
        while later and later != state:
            later = self.states[later].prev
        return later == state

    # -- levels 0 to 15 ---------------------------------------------------------------------------

    def stratum(self, level):
        self.support(level)
        new = [op for op in self.said[level] if self.counts(op.at, op.via) and self.permitted(op)]
        for op in new:
            if op.verb == SUSPEND and op.ref not in self.lifted:
                self.suspends[op.member].append(op)
        new = [op for op in new if op.verb == SUSPEND or not self.suspended(op.at, op.via)]
        self.effective |= {op.ref for op in new}
        for op in new:
            self.collect(op, level)

    def collect(self, op, level):
        if op.verb == GRANT:
            self.grants[op.via].append(op)
        elif op.verb in (REVOKE, REMOVE, DEVCUT):
            self.cuts.append(Cut(op, level, op.cut))
            if self.may_remove(op):
                self.pins.append(Pin((level, 0), op, op.cut))
        elif op.verb == REPLACE:
            self.replacements.append(op)
            self.pins.append(Pin((level, 0), op, op.cut))
        elif op.verb in (PIN, CHECKPOINT):
            self.pins.append(Pin((level, int(op.verb == CHECKPOINT)), op, op.cut))
        elif op.verb == PARDON:
            self.pardons[op.target].append(level)
        elif op.verb == LIFT:
            self.lifted.add(op.target)
        elif op.verb == REATTACH:
            self.reattached[op.appointment].append(level)

    def support(self, level):
        """Which appointments of this level hang on something; and the levels of what they hang on."""
        for a in self.facts.appointments.values():
            if a.level != level or a.op is None:
                continue
            levels = {upper for upper in self.reattached[a.id] if upper < level}
            if a.op.ref in self.effective and self.in_number(a.op):
                levels.add(self.level_of(a.by))
            if levels:
                self.supported[a.id] = levels

    def in_number(self, grant):
        """The first `max` GRANTs through one appointment count, in the order nobody can choose."""
        maxima = [role.max for role in self.roles_at(grant.via, grant.at) if role.max]
        if not maxima:
            return True
        order = sorted(self.grants[grant.via], key=lambda g: (
            g.lamport, self.facts.lanes[g.at[0]].device, g.at[1]))
        return order.index(grant) < min(maxima)

    def counts(self, y, via):
        """Entry y under an appointment, as decided by smaller levels."""
        if via == NOBODY:
            return True
        return (via in self.supported and self.branch_ok(y)
                and not self.cut_off(y, via) and not self.suspended(y, via))

    def suspended(self, y, via):
        if via == NOBODY:
            return False
        a = self.facts.appointments[via]
        return any(s.level_said <= a.level and not self.facts.within(y, self.left(s))
                   for s in self.suspends[a.member])

    def left(self, suspend):
        """What a SUSPEND leaves: its author's past, and what somebody senior to him has named."""
        level = suspend.level_said
        named = [pin.points for pin in self.pins
                 if pin.rank[0] < level and not self.pardoned(pin.op, level)]
        return sum(named, list(suspend.cut))

    # -- removals ---------------------------------------------------------------------------------

    def cut_off(self, y, via):
        covering = self.covering(via, self.facts.lanes[y[0]].device)
        if any(not self.facts.within(y, r.points) for r in covering):
            return True
        return not covering and any(not self.facts.within(y, u.cut)
                                    for u in self.unlinks_of(self.facts.lanes[y[0]].device,
                                                             self.level_of(via)))

    def pardoned(self, op, level):
        """For entries of a level: somebody senior to them said so."""
        return any(said < level for said in self.pardons[op.ref])

    def covering(self, via, device=None):
        """The removals that hold for an appointment (on a device): a smaller level's, not pardoned."""
        a = self.facts.appointments[via]
        return [r for r in self.cuts if r.level < a.level and not self.pardoned(r.op, a.level)
                and self.covers(r.op, r.level, a, device)]

    def covers(self, op, level, a, device):
        if op.verb == REVOKE:
            return op.appointment == a.id or (op.cascade and op.appointment in self.line(a, level))
        if op.verb == REMOVE:
            return a.member == op.member and not self.readmitted(a, {op.ref}, level)
        if op.verb == COUNCIL:
            if a.member != op.member:
                return False
            if a.op is None:
                return not (a.state and self.council_before(op.state, a.state))
            return not self.readmitted(a, self.carriers[op.state], 0)
        return device == self.facts.lanes[op.lane].device

    def line(self, a, level):
        """Whom an appointment hangs on, upwards; a senior's REATTACH ends the line."""
        while a.op is not None and not any(upper < level for upper in self.reattached[a.id]):
            yield a.by
            if a.by == NOBODY:
                return
            a = self.facts.appointments[a.by]

    def readmitted(self, a, removals, level):
        """Appointed again by somebody who knew of the removal and is not junior to it."""
        return (not removals.isdisjoint(a.op.seen)
                and min(self.supported.get(a.id, {LEVELS})) <= level)

    def unlinks_of(self, device, level):
        """The member's own word about a device; whoever is senior may pardon it, whoever carries it."""
        words = self.unlinks[device]
        pardoned = [u.cut for u in words if self.pardoned(u, level)]
        return [u for u in words if u.cut not in pardoned]

    # -- forks ------------------------------------------------------------------------------------

    def branch_ok(self, y):
        for position in self.forks[self.facts.lanes[y[0]].device]:
            branch = self.facts.branch(position, y)
            if branch is not None and self.winner(position) != branch:
                return False
        return True

    def winner(self, position):
        """The branch that counts at a fork position; None: frozen. Decided where the member is most
        senior, so that no name (device, seq) ever stands for two entries."""
        member = self.facts.lanes[position[0]].member
        level = min((self.facts.appointments[via].level for via in self.supported
                     if self.facts.appointments[via].member == member), default=LEVELS)
        named = defaultdict(set)
        for pin in self.pins:
            if pin.rank[0] < level and not self.pardoned(pin.op, level):
                branches = self.reached(position, pin.points)
                if len(branches) == 1:
                    named[pin.rank] |= branches
        branches = named[min(named)] if named else self.reached(position, self.facts.acks)
        return branches.pop() if len(branches) == 1 else None

    def reached(self, position, points):
        return {self.facts.branch(position, p) for p in points} - {None}

    # -- roles ------------------------------------------------------------------------------------

    def roles_at(self, via, y=None):
        """The roles an entry is judged by, all of which must permit; y None: one written now."""
        a = self.facts.appointments[via]
        there = [r for r in self.replacements if r.appointment == via and r.level_said < a.level
                 and not self.pardoned(r, a.level)
                 and (y is None or not self.facts.within(y, r.cut))]
        there = [r for r in there if not any(r.ref in later.seen
                                             and later.level_said <= r.level_said
                                             for later in there)]
        return [self.facts.roles[r.role] for r in there] or [self.facts.roles[a.role]]

    def permitted(self, op):
        return op.via == NOBODY or all(self.permits(role, op)
                                       for role in self.roles_at(op.via, op.at))

    def permits(self, role, op):
        need = {GRANT: MAY_APPOINT, DEFINE: MAY_APPOINT, REVOKE: MAY_REMOVE, REMOVE: MAY_REMOVE,
                DEVCUT: MAY_REMOVE, PARDON: MAY_REMOVE, PIN: MAY_REMOVE, CHECKPOINT: MAY_REMOVE,
                REPLACE: MAY_APPOINT | MAY_REMOVE, REATTACH: MAY_APPOINT | MAY_REMOVE,
                SUSPEND: MAY_SUSPEND, LIFT: MAY_SUSPEND}.get(op.verb, 0)
        if role.rights & need != need:
            return bool(op.verb == REVOKE and role.rights & MAY_APPOINT and self.gave(op))
        if op.verb == EPOCH:
            return op.compartment == 0 or op.compartment in role.writes
        if op.verb in (GRANT, REPLACE):
            return may_give(role, op.role)
        if op.verb == REATTACH:
            return may_give(role, self.facts.appointments[op.appointment].role) and not role.max
        return True

    def gave(self, op):
        """Who gave takes back: the appointment hangs on the very one that this is said under."""
        a = self.facts.appointments[op.appointment]
        return op.via in self.line(a, self.level_of(op.via))

    def may_remove(self, op):
        """By right, and not only because it was his to give: such a cut names no branch."""
        return op.via == NOBODY or all(role.rights & MAY_REMOVE
                                       for role in self.roles_at(op.via, op.at))

    # -- answers ----------------------------------------------------------------------------------

    def has_effect(self, y, via):
        """Any entry, of data too."""
        return self.counts(y, via)

    def limit(self, via, lane):
        """Entries of a lane's chain under an appointment count up to this seq."""
        if via not in self.supported:
            return 0
        facts, a, bound = self.facts, self.facts.appointments[via], ALL
        device = facts.lanes[lane].device
        covering = self.covering(via, device)
        bounds = [r.points for r in covering]
        if not covering:
            bounds += [u.cut for u in self.unlinks_of(device, a.level)]
        bounds += [self.left(s) for s in self.suspends[a.member] if s.level_said <= a.level]
        for points in bounds:
            bound = min(bound, max((facts.meet(lane, p) for p in points), default=0))
        for position in self.forks[device]:
            branch = facts.branch(position, (lane, ALL))
            if branch is not None and self.winner(position) != branch:
                bound = min(bound, position[1])
        return bound

    def active(self, via):
        a = self.facts.appointments[via]
        return (via in self.supported and not self.covering(via)
                and not any(s.level_said <= a.level for s in self.suspends[a.member]))

    def access(self, member, compartment):
        """(reads, writes) by any active appointment of the member."""
        reads = writes = False
        for a in self.facts.appointments.values():
            if a.member == member and self.active(a.id):
                roles = self.roles_at(a.id)
                reads |= compartment == 0 or all(compartment in r.reads for r in roles)
                writes |= compartment == 0 or all(compartment in r.writes for r in roles)
        return reads, writes

    def device_in_use(self, device, via):
        """May a device be given keys for an appointment: not cut off, no fork undecided for it."""
        level = self.level_of(via)
        return not (any(r.op.verb == DEVCUT for r in self.covering(via, device))
                    or self.unlinks_of(device, level)
                    or any(self.winner(p) is None for p in self.forks[device]))


def may_give(role, given):
    return not role.grants or given in role.grants


# ---- admission ----------------------------------------------------------------------------------

Entry = namedtuple("Entry", "at clock lamport via ops")


class Author:
    """Who writes on one lane: where it stands and what it knows (device -> newest point)."""

    def __init__(self, lane, at, clock, lamport):
        self.lane, self.at, self.clock, self.lamport = lane, at, clock, lamport

    def learn(self, other, facts, prefer=None):
        """Take in another's clock. At a fork each keeps the branch it had, unless it prefers it."""
        for device, point in other.clock.items():
            mine = self.clock.get(device)
            if device == self.lane.device:
                continue
            if mine is None or facts.before(mine, point) or (
                    device == prefer and not facts.before(point, mine)):
                self.clock[device] = point
        self.lamport = max(self.lamport, other.lamport)


class World:
    """The log: entries by point, and what admission needs to find of them."""

    def __init__(self, roles, owners, quorum, office_role=0, number=None):
        self.facts = Facts(roles, owners, quorum, office_role, 1)
        self.entries, self.ops, self.links = {}, {}, defaultdict(list)
        self.defined = defaultdict(list)
        self.states = {0: (None, tuple(owners), quorum)}  # state -> (op, owners, quorum)
        self.state_of, self.refused = {}, []
        self.acked, self.owner_of = {}, {}
        self.ref = self.epochs_made = 0
        self.founder = self.device(owners[0], number)
        self.write(self.founder, NOBODY, [Op(LINK, device=self.founder.lane.device)])

    def device(self, member, number=None):
        """A device that somebody has to LINK; its author. The number gives its place among ids."""
        ix = len(self.facts.lanes) + 1
        lane = Lane(ix, ix if number is None else number, member, 0, 0)
        self.facts.lanes[ix] = lane
        self.owner_of[lane.device] = member
        return Author(lane, None, {}, 0)

    def fork(self, point):
        """A second history of a device, from a point on: what its clock said there."""
        ix = len(self.facts.lanes) + 1
        if point[1] == 0:
            first, clock = self.facts.lanes[point[0]], self.entries[point[0], 1].clock
            self.facts.lanes[ix] = Lane(ix, first.device, first.member, first.ix, 0)
            return Author(self.facts.lanes[ix], None, dict(clock),
                          self.entries[first.ix, 1].lamport - 1)
        entry = self.entries[point]
        parent = self.facts.lanes[point[0]]
        lane = Lane(ix, parent.device, parent.member, point[0], point[1])
        self.facts.lanes[ix] = lane
        return Author(lane, point, {**entry.clock, lane.device: point}, entry.lamport)

    def may_fork(self, point):
        device = self.facts.lanes[point[0]].device
        return (sum(lane.device == device for lane in self.facts.lanes.values()) < LANES_MAX
                and (point[0], point[1] + 1) in self.entries)

    def knows(self, clock, point):
        newest = clock.get(self.facts.lanes[point[0]].device)
        return newest is not None and self.facts.before(point, newest)

    def write(self, author, via, ops):
        """One entry; of its operations those that are admitted. None when the entry is not."""
        reason = self.refuse_entry(author, via)
        if reason:
            self.refused.append(reason)
            return None
        seq = author.at[1] + 1 if author.at else 1
        at = (author.lane.ix, seq)
        entry = Entry(at, dict(author.clock), author.lamport + 1, via, [])
        self.entries[at] = entry
        for op in ops:
            op.at, op.via, op.lamport = at, via, entry.lamport
            op.level_said = self.level_of(via)
            reason = self.refuse(op, entry)
            if reason:
                self.refused.append(reason)
                continue
            self.note(op, entry)
            entry.ops.append(op)
        author.at, author.clock[author.lane.device] = at, at
        author.lamport = entry.lamport
        self.acknowledge(entry)
        return entry

    def held(self, clock):
        """Everything somebody with this clock has had to take in: causes of causes included."""
        held, waiting = set(), list(clock.values())
        while waiting:
            point = waiting.pop()
            if point in held or point[1] == 0:
                continue
            held.add(point)
            entry, lane = self.entries[point], self.facts.lanes[point[0]]
            before = (point[0], point[1] - 1)
            waiting.append((lane.parent, lane.fork) if point[1] - 1 == lane.fork else before)
            waiting.extend(entry.clock.values())
            waiting.extend(cut for op in entry.ops for cut in op.cut)
        return held

    def catch_up(self, author):
        """An honest device's clock names all it holds, also what it holds only because a cut names it."""
        for point in self.held(author.clock):
            device = self.facts.lanes[point[0]].device
            mine = author.clock.get(device)
            if device != author.lane.device and (mine is None or self.facts.before(mine, point)):
                author.clock[device] = point
                author.lamport = max(author.lamport, self.entries[point].lamport)

    def view(self, clock):
        """The facts as somebody sees them who has taken in no more than his clock names."""
        facts = Facts(self.facts.roles, self.facts.owners, self.facts.quorum,
                      self.facts.office_role, self.facts.genesis)
        facts.lanes = {ix: lane for ix, lane in self.facts.lanes.items() if not lane.parent}
        held = [self.entries[at] for at in self.entries.keys() & self.held(clock)]
        for entry in held:
            lane = self.facts.lanes[entry.at[0]]
            while lane.ix not in facts.lanes:
                facts.lanes[lane.ix] = lane
                lane = self.facts.lanes.get(lane.parent, lane)
            facts.acks |= {p for p in entry.clock.values()
                           if self.facts.lanes[p[0]].member != self.facts.lanes[entry.at[0]].member}
        for op in sorted((op for entry in held for op in entry.ops), key=lambda op: op.ref):
            if op.lane:
                facts.lanes.setdefault(op.lane, self.facts.lanes[op.lane])
            facts.add(op)
        return facts

    def recipients(self, epoch, shares):
        """Author, seals, and every device a recipient shared it with."""
        devices = {self.facts.lanes[epoch.at[0]].device} | set(epoch.seals)
        mine = [op for op in shares if op.epoch == epoch.epoch]
        while True:
            more = {op.device for op in mine
                    if self.facts.lanes[op.at[0]].device in devices} - devices
            if not more:
                return devices
            devices |= more

    def new_epoch(self):
        self.epochs_made += 1
        return self.epochs_made

    def level_of(self, via):
        return 0 if via == NOBODY else self.facts.appointments[via].level

    def acknowledge(self, entry):
        member = self.facts.lanes[entry.at[0]].member
        for point in entry.clock.values():
            if self.facts.lanes[point[0]].member != member and self.acked.get(
                    point[0], 0) < point[1]:
                self.acked[point[0]] = point[1]
                self.facts.acks.add(point)

    def refuse_entry(self, author, via):
        """[AUTH-12], [AUTH-13]"""
        if via == NOBODY:
            return "a second founding entry" if self.entries else None
        a = self.facts.appointments[via]
        if not any(self.knows(author.clock, op.at) for op in self.links[author.lane.device]):
            return "the device is not linked"
        if a.member != author.lane.member or not self.knows_appointment(author.clock, a):
            return "the appointment is not known"
        return None

    def knows_appointment(self, clock, a):
        if a.op is not None:
            return self.knows(clock, a.op.at)
        return self.knows_state(clock, a.state)

    def knows_state(self, clock, state):
        if state == 0:
            return self.knows(clock, (self.facts.genesis, 1))
        return any(op.state == state and self.knows(clock, op.at)
                   for op in self.facts.ops if op.verb == COUNCIL)

    def past(self, clock, verb):
        """The operations of a verb an author knows."""
        return [op for op in self.facts.ops if op.verb == verb and self.knows(clock, op.at)]

    def appointed(self, clock, member):
        return [a for a in self.facts.appointments.values()
                if a.member == member and self.knows_appointment(clock, a)]

    def note(self, op, entry):
        """The facts an admitted operation carries from its past."""
        self.ref += 1
        op.ref = self.ref
        clock = entry.clock
        if op.verb == GRANT:
            op.seen = [r.ref for r in self.past(clock, REMOVE) + self.past(clock, COUNCIL)
                       if r.member == op.member and (r.verb == REMOVE or r.kind == RM_OWNER)]
        elif op.verb == REPLACE:
            op.seen = [r.ref for r in self.past(clock, REPLACE) if r.appointment == op.appointment]
        elif op.verb == SUSPEND:
            op.cut = [p for p in clock.values() if self.facts.lanes[p[0]].member == op.member]
        elif op.verb == CHECKPOINT:
            op.cut = list(dict.fromkeys([*clock.values(), *op.cut]))
        elif op.verb == LINK:
            self.links[op.device].append(op)
        elif op.verb == COUNCIL:
            self.note_state(op)
        self.ops[op.ref] = op
        self.facts.add(op)

    def note_state(self, op):
        body = (op.prev, op.kind, op.member, op.target, tuple(op.members or ()), op.quorum,
                tuple(op.cut), tuple(op.states or ()))
        if body in self.state_of:
            op.state = self.state_of[body]
            return
        op.state = self.state_of[body] = len(self.states)
        owners, quorum = self.states[op.prev][1:]
        if op.kind == ADD_OWNERS:
            owners, quorum = owners + tuple(op.members), op.quorum
        elif op.kind == RM_OWNER:
            owners, quorum = tuple(o for o in owners if o != op.member), op.quorum
        self.states[op.state] = (op, owners, quorum)

    # -- what is refused, by verb -----------------------------------------------------------------

    def refuse(self, op, entry):
        clock = entry.clock
        if op.verb == COUNCIL:
            return self.refuse_council(op, clock)
        for point in op.cut:
            if point not in self.entries:
                return "a cut that is not held"
        rule = {LINK: self.refuse_link, GRANT: self.refuse_grant, REVOKE: self.refuse_appointment,
                REPLACE: self.refuse_replace, REATTACH: self.refuse_appointment,
                REMOVE: self.refuse_member, SUSPEND: self.refuse_member, DEVCUT: self.refuse_device,
                EPOCH: self.refuse_epoch, UNLINK: self.refuse_unlink, LIFT: self.refuse_undo, PARDON: self.refuse_undo}
        return rule[op.verb](op, entry) if op.verb in rule else None

    def refuse_link(self, op, entry):
        if entry.via == NOBODY:
            return None
        member = self.owner_of[op.device]
        if not self.appointed(entry.clock, member):
            return "LINK: no appointment of the member"
        linked = {o.device for o in self.past(entry.clock, LINK)
                  if self.owner_of[o.device] == member}
        return "LINK: linked" if op.device in linked or len(linked) >= DEVICES_MAX else None

    def refuse_grant(self, op, entry):
        if not 1 <= op.level < LEVELS or op.level <= op.level_said:
            return "GRANT: not below the author"
        if self.facts.roles[op.role].rights & POWER and op.level == LEVELS - 1:
            return "GRANT: power at the last level"
        return "GRANT: a second" if any(o.verb == GRANT for o in entry.ops) else None

    def refuse_appointment(self, op, entry):
        a = self.facts.appointments[op.appointment]
        if a.op is None or not self.knows_appointment(entry.clock, a):
            return "the appointment is not known"
        return "not below the author" if a.level <= op.level_said else None

    def refuse_replace(self, op, entry):
        if (self.facts.roles[op.role].rights & POWER
                and self.facts.appointments[op.appointment].level == LEVELS - 1):
            return "REPLACE: power at the last level"
        return self.refuse_appointment(op, entry)

    def refuse_member(self, op, entry):
        known = self.appointed(entry.clock, op.member)
        if op.verb == SUSPEND:
            known = [a for a in known if a.level >= op.level_said]
        return None if known else "no such member"

    def refuse_device(self, op, entry):
        device = self.facts.lanes[op.lane].device
        known = any(self.knows(entry.clock, o.at) for o in self.links[device])
        return None if known else "the device is not known"

    def refuse_unlink(self, op, entry):
        if op.signers != {self.facts.lanes[op.lane].member}:
            return "UNLINK: not signed by the root"
        return self.refuse_device(op, entry)

    def refuse_epoch(self, op, entry):
        if not op.epoch:
            return None
        known = {e.epoch: e.number for e in self.past(entry.clock, EPOCH)
                 if e.epoch and e.compartment == op.compartment}
        if not set(op.parents) <= set(known):
            return "EPOCH: parents are not known"
        if op.number != 1 + max((known[p] for p in op.parents), default=0):
            return "EPOCH: the number does not follow its parents"
        return None

    def refuse_undo(self, op, entry):
        target = self.ops.get(op.target)
        kinds = (SUSPEND,) if op.verb == LIFT else (REVOKE, REMOVE, DEVCUT, REPLACE, UNLINK)
        if target is None or target.verb not in kinds:
            return "nothing to undo"
        if target.at != entry.at and not self.knows(entry.clock, target.at):
            return "nothing known to undo"
        if target.verb == UNLINK or target.level_said > op.level_said:
            return None
        own = op.verb == PARDON and self.facts.before(target.at, entry.at)
        return None if own and op.level_said <= target.level_said else "not below the author"

    def refuse_council(self, op, clock):
        if op.prev not in self.states or not self.knows_state(clock, op.prev):
            return "COUNCIL: prev is not known"
        before, owners, quorum = self.states[op.prev]
        if before is not None and before.kind == SETTLE:
            return "COUNCIL: nothing follows a SETTLE"
        if len(set(op.signers) & set(owners)) < quorum:
            return "COUNCIL: less than a quorum"
        if any(p not in self.entries for p in op.cut):
            return "COUNCIL: a cut that is not held"
        rule = {ADD_OWNERS: self.refuse_add, RM_OWNER: self.refuse_rm, SETTLE: self.refuse_settle,
                C_PARDON: self.refuse_council_undo, C_LIFT: self.refuse_council_undo}
        return rule[op.kind](op, clock, owners) if op.kind in rule else None

    def refuse_add(self, op, clock, owners):
        count = len(owners) + len(set(op.members) - set(owners))
        if set(op.members) & set(owners) or list(op.members) != sorted(set(op.members)):
            return "COUNCIL: an owner already"
        return None if count / 2 < op.quorum <= count else "COUNCIL: quorum"

    def refuse_rm(self, op, clock, owners):
        if op.member not in owners or len(owners) < 2:
            return "COUNCIL: no such owner"
        return None if (len(owners) - 1) / 2 < op.quorum <= len(owners) - 1 else "COUNCIL: quorum"

    def refuse_settle(self, op, clock, owners):
        for state in op.states:
            if not self.knows_state(clock, state) or self.states[state][0].prev != op.prev:
                return "SETTLE: not a child"
        return "SETTLE: of a SETTLE" if self.states[op.states[0]][0].kind == SETTLE else None

    def refuse_council_undo(self, op, clock, owners):
        target = self.ops.get(op.target)
        kinds = (SUSPEND,) if op.kind == C_LIFT else (REVOKE, REMOVE, DEVCUT, REPLACE, UNLINK)
        if target is None or target.verb not in kinds or not self.knows(clock, target.at):
            return "COUNCIL: nothing to undo"
        return None
