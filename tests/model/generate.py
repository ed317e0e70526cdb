#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random histories of a team: members with devices that know different things, and some who lie.

Everything comes from one random.Random, so a seed is a history. What is made is offered to admission;
what admission refuses is not part of the history (and is counted, so that a test sees that it happens).
"""
import model as default_model

COMPARTMENTS = 3


def roles(m, rng):
    """Number 0 is the owners' office. The others differ in what they may give, and how often."""
    every, data = frozenset(range(COMPARTMENTS)), frozenset({1})
    none = frozenset()
    rows = [m.Role(m.POWER, 0, none, every, every),                       # office
            m.Role(m.POWER, 0, none, every, every),                       # admin
            m.Role(0, 0, none, every, data),                              # editor
            m.Role(0, 0, none, data, none),                               # reader
            m.Role(m.MAY_APPOINT | m.MAY_REMOVE | m.ORGANIZATION, 2, frozenset({2, 3}), data, data),
            m.Role(m.MAY_APPOINT, rng.choice((0, 1)), frozenset({2, 3, 5}), data, none)]
    writes = frozenset(c for c in every if rng.random() < 0.4)
    rows.append(m.Role(rng.randrange(8), rng.choice((0, 0, 1, 2)),
                       frozenset(r for r in range(6) if rng.random() < 0.2),
                       writes | frozenset(c for c in every if rng.random() < 0.5), writes))
    return rows


class Maker:
    """A world under way: whose devices there are, and one random step after another."""

    HONEST = {"grant": 9, "revoke": 4, "remove": 4, "suspend": 3, "lift": 2, "pardon": 3, "replace": 4,
              "reattach": 3, "devcut": 2, "unlink": 1, "pin": 2, "checkpoint": 1, "define": 1,
              "epoch": 2, "plain": 2, "data": 6, "council": 4, "link": 3, "fork": 2}

    # What a history is about: these kinds are said oftener.
    THEMES = ((), (), ("suspend", "lift", "checkpoint"), ("fork", "pin", "checkpoint", "data", "devcut"),
              ("council", "unlink"), ("grant", "reattach", "revoke"), ("replace", "pardon", "epoch"),
              ("remove", "pardon", "grant"), ("unlink", "pardon", "fork"))
    SAID = [kind for kind in HONEST if kind not in ("data", "link", "fork")]

    def __init__(self, rng, members=4, owners=2, m=default_model, weights=None):
        self.m, self.rng = m, rng
        self.numbers = rng.sample(range(1, 60), 59)
        quorum = rng.randint(owners // 2 + 1, owners)
        self.world = m.World(roles(m, rng), tuple(range(owners)), quorum, number=self.numbers.pop())
        self.facts = self.world.facts
        self.members, self.hands = members, [self.world.founder]
        self.weights = dict(self.HONEST, **(weights or {}))
        for kind in rng.choice(self.THEMES):
            self.weights[kind] *= 4
        self.proposals = []
        self.council_kinds = (1, 1, 2, 2, 3, 4, 5, 6, 7, 7, 7)
        self.focus = None               # the member most of it is about
        self.anywhere = 0.1             # how often a cut names what its author did not follow
        self.sources = self.hands       # whom one may learn from
        self.roots = None               # members whose root keys are at hand; None: all
        self.settle_in(owners)

    def settle_in(self, owners):
        """The founder lets the others in; who comes in knows what the founder knew."""
        for member in range(1, self.members):
            founder = self.world.founder
            op = self.m.Op
            if member >= owners:
                level = self.rng.choice((1, 1, 2, 2, 3, 5, 15))
                role = self.rng.choice((1, 1, 1, 2, 4, 6) if level < 15 else (2, 3))
                self.world.write(founder, 0, [op(self.m.GRANT, member=member, role=role, level=level)])
            self.let_in(founder, 0, member)

    def let_in(self, hand, via, member):
        new = self.world.device(member, self.numbers.pop())
        self.world.write(hand, via, [self.m.Op(self.m.LINK, device=new.lane.device)])
        new.clock, new.lamport = dict(hand.clock), hand.lamport
        self.hands.append(new)
        return new

    def may_sign(self, member):
        return self.roots is None or member in self.roots

    def adversaries(self, members, moles=2):
        """From here on only these members act, and moles they bring in; they know all they like."""
        self.sources = list(self.hands)
        self.hands = [hand for hand in self.hands if hand.lane.member in members]
        self.roots = set(members) | set(range(self.members, self.members + moles))
        self.members += moles
        self.weights.update(council=0, fork=8, link=6, grant=12, remove=8, revoke=8, pardon=8,
                            reattach=8, unlink=4, pin=6, checkpoint=3, suspend=6, replace=6)

    # -- choices ----------------------------------------------------------------------------------

    def vias(self, hand):
        return sorted((a for a in self.world.appointed(hand.clock, hand.lane.member)),
                      key=lambda a: a.level)

    def point(self, hand, device):
        """An entry of a device that the author knows; mostly the newest."""
        lane, seq = hand.clock[device]
        if self.rng.random() < self.anywhere:
            lane, seq = self.rng.choice([p for p in self.world.entries
                                         if self.facts.lanes[p[0]].device == device])
        if self.rng.random() < 0.4:
            seq = self.rng.randint(1, seq)
        while seq <= self.facts.lanes[lane].fork:
            lane = self.facts.lanes[lane].parent
        return (lane, seq)

    def cut(self, hand, member):
        devices = sorted({d for d, p in hand.clock.items()
                          if self.facts.lanes[p[0]].member == member})
        return [self.point(hand, d) for d in devices if self.rng.random() < 0.85]

    def target(self, hand, verbs):
        known = [op for op in self.facts.ops if op.verb in verbs and self.world.knows(hand.clock, op.at)]
        return self.rng.choice(known).ref if known else None

    def known_appointment(self, hand, above):
        known = [a.id for a in self.facts.appointments.values()
                 if a.op and a.level > above and self.world.knows(hand.clock, a.op.at)
                 and self.focus in (None, a.member)]
        return self.rng.choice(known) if known else None

    # -- operations -------------------------------------------------------------------------------

    def make(self, kind, hand, via):
        """One operation, or None when there is nothing of the kind to say."""
        m, rng, level = self.m, self.rng, self.world.level_of(via)
        member = rng.randrange(self.members)
        if self.focus is not None and kind != "grant" and rng.random() < 0.8:
            member = self.focus
        if kind == "grant":
            deeper = [x for x in (level + 1, level + 2, level + 4, 14, 15) if level < x < 16]
            return deeper and m.Op(m.GRANT, member=member, role=rng.randrange(1, 7),
                                   level=rng.choice(deeper))
        if kind in ("revoke", "replace", "reattach"):
            appointment = self.known_appointment(hand, level)
            if appointment is None:
                return None
            of = self.facts.appointments[appointment].member
            if kind == "revoke":
                return m.Op(m.REVOKE, appointment=appointment, cut=self.cut(hand, of),
                            cascade=rng.random() < 0.4)
            if kind == "replace":
                return m.Op(m.REPLACE, appointment=appointment, role=rng.randrange(1, 7),
                            cut=self.cut(hand, of))
            return m.Op(m.REATTACH, appointment=appointment)
        if kind == "remove":
            return m.Op(m.REMOVE, member=member, cut=self.cut(hand, member))
        if kind == "suspend":
            return m.Op(m.SUSPEND, member=member)
        if kind in ("lift", "pardon"):
            target = self.target(hand, (m.SUSPEND,) if kind == "lift" else
                                 (m.REVOKE, m.REMOVE, m.DEVCUT, m.REPLACE, m.UNLINK))
            return target and m.Op(m.LIFT if kind == "lift" else m.PARDON, target=target)
        if kind in ("devcut", "unlink", "pin"):
            return self.make_point(kind, hand)
        return {"checkpoint": lambda: m.Op(m.CHECKPOINT, cut=self.beside(hand)), "define": lambda: m.Op(m.DEFINE),
                "epoch": lambda: m.Op(m.EPOCH, compartment=rng.randrange(COMPARTMENTS)),
                "plain": lambda: m.Op(m.PLAIN),
                "council": lambda: self.make_council(hand)}[kind]()

    def beside(self, hand):
        """Sometimes the newest entries of other branches: a past may hold several of a device."""
        lanes = [lane.ix for lane in self.facts.lanes.values() if lane.device in hand.clock
                 and hand.clock[lane.device][0] != lane.ix and (lane.ix, lane.fork + 1)
                 in self.world.entries and self.facts.positions(lane.device)]
        return [max(p for p in self.world.entries if p[0] == ix)
                for ix in lanes if self.rng.random() < 0.3]

    def make_point(self, kind, hand):
        m = self.m
        devices = sorted(hand.clock)
        if not devices:
            return None
        forked = [d for d in devices if self.facts.positions(d) or (
            self.focus is not None and self.world.owner_of[d] == self.focus)]
        device = self.rng.choice(forked or devices)
        point = self.point(hand, device)
        if kind == "pin":
            return m.Op(m.PIN, cut=[point])
        if kind == "unlink" and not self.may_sign(self.facts.lanes[point[0]].member):
            return None
        cut = [point] if self.rng.random() < 0.85 else []
        if kind == "devcut":
            return m.Op(m.DEVCUT, lane=point[0], cut=cut)
        return m.Op(m.UNLINK, lane=point[0], cut=cut, signers={self.facts.lanes[point[0]].member})

    def make_council(self, hand):
        """A decision, or one that was signed before and lay about, said by whoever has it."""
        m, rng = self.m, self.rng
        if self.proposals and rng.random() < 0.35:
            return m.Op(m.COUNCIL, **rng.choice(self.proposals))
        known = [s for s in self.world.states if self.world.knows_state(hand.clock, s)]
        prev = rng.choice(known[-2:] + known)
        before, owners, quorum = self.world.states[prev]
        siblings = [s for s in known if s and self.world.states[s][0].prev == prev]
        fields = {"prev": prev, "signers": owners, "quorum": quorum}
        kind = rng.choice(self.council_kinds)
        if kind == m.SETTLE or len(siblings) > 1 and rng.random() < 0.7:
            rng.shuffle(siblings)
            plain = [s for s in siblings if self.world.states[s][0].kind != m.SETTLE]
            if not plain:
                return None
            kind, fields["states"] = m.SETTLE, [plain[0]] + [s for s in siblings if s != plain[0]]
            if rng.random() < 0.15:
                fields["states"] = fields["states"][:-1] or fields["states"]
        elif kind == m.ADD_OWNERS:
            fields["members"] = tuple(sorted({rng.randrange(self.members)
                                              for _ in range(rng.choice((1, 1, 2)))}))
            fields["quorum"] = (len(owners) + len(fields["members"])) // 2 + 1
        elif kind == m.RM_OWNER:
            fields["member"] = rng.choice(owners)
            fields["quorum"] = (len(owners) - 1) // 2 + 1
            fields["cut"] = self.cut(hand, fields["member"])
        elif kind in (m.C_PARDON, m.C_LIFT):
            fields["target"] = self.target(hand, (m.SUSPEND,) if kind == m.C_LIFT else
                                           (m.REVOKE, m.REMOVE, m.DEVCUT, m.REPLACE, m.UNLINK))
        else:
            devices = sorted(hand.clock)
            rng.shuffle(devices)
            devices.sort(key=lambda d: self.world.owner_of[d] != self.focus)
            points = [self.point(hand, d) for d in devices]
            fields["cut"] = points[:1] if kind == m.C_PIN else points + self.beside(hand)
        fields["kind"] = kind
        self.proposals.append(fields)
        return m.Op(m.COUNCIL, **fields)

    # -- steps ------------------------------------------------------------------------------------

    def step(self):
        rng = self.rng
        hand = rng.choice(self.hands)
        for _ in range(rng.choice((0, 1, 1, 2))):
            hand.learn(rng.choice(self.sources), self.facts,
                       rng.choice(sorted(hand.clock)) if hand.clock and rng.random() < 0.1 else None)
        kind = rng.choices(list(self.weights), list(self.weights.values()))[0]
        if kind == "lift":
            hand = self.who_may_lift() or hand
        if self.focus is not None and kind in ("fork", "grant", "data") and rng.random() < 0.7:
            hand = rng.choice([h for h in self.hands if h.lane.member == self.focus])
        if kind == "fork":
            self.fork(hand)
            return
        vias = self.vias(hand)
        if not vias:
            return
        via = vias[0 if rng.random() < 0.7 else rng.randrange(len(vias))].id
        if kind == "link":
            member = hand.lane.member if rng.random() < 0.5 else rng.randrange(self.members)
            if (len(self.hands) < 3 * self.members and self.may_sign(member)
                    and self.world.appointed(hand.clock, member)):
                self.let_in(hand, via, member)
            return
        ops = [] if kind == "data" else [self.make(kind, hand, via)]
        while ops and rng.random() < 0.15:
            ops.append(self.make(rng.choice([k for k in self.SAID if self.weights[k]]), hand, via))
        self.world.write(hand, via, [op for op in ops if op])

    def who_may_lift(self):
        """Few know of a SUSPEND and stand above it: look for one."""
        said = [op for op in self.facts.ops if op.verb == self.m.SUSPEND and op.level_said > 0]
        hands = [hand for hand in self.hands for op in said
                 if self.world.knows(hand.clock, op.at)
                 and any(a.level < op.level_said for a in self.vias(hand))]
        return self.rng.choice(hands) if hands else None

    def fork(self, hand):
        if hand.at is None:
            return None
        lane = hand.lane.ix
        low = self.facts.lanes[lane].fork
        seq = self.rng.randint(low, hand.at[1])
        if seq == low and low > 0:
            seq += 1
        if seq == 0 and (hand.lane.ix == 1 or self.facts.lanes[lane].parent):
            return None
        point = (lane, seq)
        if not self.world.may_fork(point):
            return None
        thief = self.world.fork(point)
        if self.rng.random() < 0.5:
            thief.learn(self.rng.choice(self.sources), self.facts)
        self.hands.append(thief)
        return thief


def history(rng, steps, m=default_model, members=None, owners=None, weights=None):
    members = members or rng.choice((2, 3, 3, 4, 4, 5, 6, 8))
    owners = owners or rng.randint(1, min(3, members))
    maker = Maker(rng, members, owners, m, weights)
    for _ in range(steps):
        maker.step()
    return maker


def ladder(rng, rungs, m=default_model, owners=1, **weights):
    """Owners, and a member on each rung (level, role); all know all."""
    maker = Maker(rng, owners, owners, m, weights)
    for level, role in rungs:
        member, maker.members = maker.members, maker.members + 1
        maker.world.write(maker.world.founder, 0,
                          [m.Op(m.GRANT, member=member, role=role, level=level)])
        maker.let_in(maker.world.founder, 0, member)
    learn_all(maker)
    return maker


def learn_all(maker):
    for hand in maker.hands:
        for other in maker.hands:
            hand.learn(other, maker.facts)


# Histories about one thing, among people who may do it: what nearly never meets by chance.
STUDIES = {
    "fork": ({"fork": 4, "pin": 8, "checkpoint": 8, "devcut": 3, "remove": 2, "data": 8, "council": 8,
              "pardon": 3}, (5, 5, 5, 6, 2)),
    "unlink": ({"unlink": 8, "pardon": 10, "data": 4, "remove": 3, "devcut": 2, "council": 2},
               (3, 3, 2)),
    "replace": ({"replace": 12, "define": 8, "grant": 4, "pardon": 2, "epoch": 2}, (3,)),
    "max": ({"grant": 16, "data": 3, "replace": 2, "reattach": 2, "link": 1}, (3,)),
    "cuts": ({"remove": 6, "revoke": 6, "devcut": 6, "fork": 3, "pardon": 5, "data": 6, "reattach": 2,
              "grant": 3}, (2, 3)),
    "suspend": ({"suspend": 8, "lift": 4, "checkpoint": 3, "pin": 2, "data": 4, "define": 4,
                 "council": 2}, (4, 4, 6)),
    "council": ({"council": 12, "data": 2, "remove": 2, "suspend": 1}, (1, 2, 2, 3, 4, 5, 6, 7, 7)),
    "cascade": ({"grant": 8, "revoke": 8, "reattach": 8, "pardon": 2}, (3,)),
    "host": ({"grant": 10, "revoke": 12, "reattach": 2, "pardon": 1, "data": 3, "fork": 2, "suspend": 2,
              "replace": 2}, (5,)),
}


def study(rng, m=default_model):
    subject = rng.choice(sorted(STUDIES))
    levels = sorted(rng.choice((1, 1, 2, 3, 4)) for _ in range(rng.choice((2, 3, 4))))
    focus = rng.choice((levels[-1] + rng.choice((0, 1, 2)), 10))
    role = {"max": rng.choice((4, 5, 6)), "replace": 2, "cascade": 1, "host": 5}.get(subject, rng.choice((1, 1, 2)))
    maker = ladder(rng, [(level, 1) for level in levels] + [(focus, role)], m,
                   rng.choice((1, 2, 3)))
    weights, maker.council_kinds = STUDIES[subject]
    maker.weights = {**dict.fromkeys(maker.weights, 0), **weights}
    if subject == "host":
        maker.let_in(maker.world.founder, 0, maker.members - 1)
    if subject not in ("council", "cascade", "host"):
        maker.focus = maker.members - 1
    maker.anywhere = 0.5 if subject in ("fork", "cuts") else 0.1
    if subject == "max":
        maker.let_in(maker.world.founder, 0, maker.focus)
    if maker.anywhere == 0.5:
        begin_fork(maker, rng)
    for _ in range(rng.choice((8, 12, 16, 20))):
        maker.step()
    return maker


def begin_fork(maker, rng):
    """The focus works, and somebody with his keys works beside him."""
    hand = next(h for h in maker.hands if h.lane.member == maker.focus)
    via = maker.vias(hand)[-1].id
    for _ in range(3):
        maker.world.write(hand, via, [])
    thief = maker.world.fork((hand.lane.ix, rng.choice((1, 2))))
    for _ in range(2):
        maker.world.write(thief, via, [])
    maker.hands.append(thief)
    for other in maker.hands:
        other.learn(rng.choice((hand, thief)), maker.facts)
