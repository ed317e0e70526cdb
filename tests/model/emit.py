#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write random histories and what the model says of them, as text, for the differential test.

    emit.py <histories> [<first seed>]

README.md says what the lines mean. Facts come causes first, in the order they were made or in another
one; in a part of the histories a `P` asks for the answers half way, so that a resolver that keeps
something between two questions is compared as well.
"""
import random
import sys

import generate
import model


def listed(items):
    items = list(items)
    return " ".join(str(x) for x in [len(items), *items])


def points(cut):
    return " ".join(str(x) for x in [len(cut), *(n for point in cut for n in point)])


class Text:
    """One history on its way out: what was said so far, and numbers for what it names."""

    def __init__(self, maker, seed):
        self.world, self.all = maker.world, maker.facts
        facts = self.all
        self.facts = model.Facts(facts.roles, facts.owners, facts.quorum, facts.office_role,
                                 facts.genesis)
        self.number = {a: a for a in self.facts.appointments}
        self.number[model.NOBODY] = -1
        self.members = maker.members
        self.lines = [f"H {seed}", f"M {maker.members} {len(facts.roles)} {generate.COMPARTMENTS}"]
        for number, role in enumerate(facts.roles):
            self.lines.append(f"r {number} {role.rights} {role.max} {listed(sorted(role.grants))} "
                              f"{listed(sorted(role.reads))} {listed(sorted(role.writes))}")
        self.lane(facts.genesis)
        self.lines.append(f"F {facts.quorum} {facts.office_role} {facts.genesis} "
                          f"{listed(facts.owners)}")

    def lane(self, ix):
        if ix in self.facts.lanes:
            return
        lane = self.all.lanes[ix]
        if lane.parent:
            self.lane(lane.parent)
        self.facts.lanes[ix] = lane
        self.lines.append(f"L {ix} {lane.member} {lane.parent} {lane.fork} {lane.device}")

    def acknowledged(self, point):
        self.lane(point[0])
        self.facts.acks.add(point)
        self.lines.append(f"A {point[0]} {point[1]}")

    def operation(self, op):
        for ix, _ in [op.at, *op.cut]:
            self.lane(ix)
        if op.lane:
            self.lane(op.lane)
        self.facts.add(op)
        for a in self.facts.appointments:
            self.number.setdefault(a, len(self.number) - 1)
        verb = {model.LINK: 65}.get(op.verb, op.verb)
        self.lines.append(f"O {op.ref} {verb} {op.at[0]} {op.at[1]} {op.lamport} "
                          f"{self.number[op.via]}{self.rest(op)}")

    def rest(self, op):
        m = model
        if op.verb == m.GRANT:
            return f" {op.member} {op.role} {op.level} {listed(op.seen)}"
        if op.verb == m.EPOCH:
            return f" {op.compartment}"
        if op.verb == m.REVOKE:
            return f" {self.number[op.appointment]} {int(op.cascade)} {points(op.cut)}"
        if op.verb in (m.REMOVE, m.SUSPEND):
            return f" {op.member} {points(op.cut)}"
        if op.verb in (m.DEVCUT, m.UNLINK):
            ix, seq = op.cut[0] if op.cut else (op.lane, 0)
            return f" {op.lane} {ix} {seq}"
        if op.verb == m.REPLACE:
            return (f" {self.number[op.appointment]} {op.role} {points(op.cut)} "
                    f"{listed(op.seen)}")
        if op.verb in (m.LIFT, m.PARDON):
            return f" {op.target}"
        if op.verb == m.REATTACH:
            return f" {self.number[op.appointment]}"
        if op.verb == m.PIN:
            return f" {op.cut[0][0]} {op.cut[0][1]}"
        if op.verb == m.CHECKPOINT:
            return f" {points(op.cut)}"
        return self.council(op) if op.verb == m.COUNCIL else ""

    def council(self, op):
        m = model
        head = f" {op.state} {op.prev} {op.kind} "
        if op.kind == m.ADD_OWNERS:
            return head + f"{listed(op.members)} {op.quorum}"
        if op.kind == m.RM_OWNER:
            return head + f"{op.member} {op.quorum} {points(op.cut)}"
        if op.kind in (m.C_PARDON, m.C_LIFT):
            return head + str(op.target)
        if op.kind == m.C_PIN:
            return head + f"{op.cut[0][0]} {op.cut[0][1]}"
        return head + (points(op.cut) if op.kind == m.SEAL else listed(op.states))

    def expected(self):
        facts, say = self.facts, self.lines.append
        r = model.Resolution(facts)
        say(f"E {listed(sorted(r.effective))}")
        numbered = sorted((self.number[a.id], a) for a in facts.appointments.values())
        for number, a in numbered:
            for lane in facts.lanes.values():
                if lane.member == a.member:
                    limit = r.limit(a.id, lane.ix)
                    say(f"T {number} {lane.ix} {'all' if limit == model.ALL else limit}")
        for number, a in numbered:
            say(f"V {number} {int(r.active(a.id))}")
        for member in range(self.members):
            for compartment in range(generate.COMPARTMENTS):
                reads, writes = r.access(member, compartment)
                say(f"Q {member} {compartment} {int(reads)} {int(writes)}")
        for device in sorted(r.forks):
            for position in r.forks[device]:
                say(f"G {position[0]} {position[1]} {r.winner(position) or 0}")
        say(f"C {r.state} {int(r.frozen)} {listed(sorted(r.owners))}")


def emit(seed):
    rng = random.Random(seed)
    steps = rng.choice((4, 8, 8, 12, 12, 16, 24)) if seed % 64 else 90
    maker = generate.study(rng) if seed % 2 else generate.history(rng, steps)
    ops = list(maker.facts.ops)
    if rng.random() < 0.5:
        ops.sort(key=lambda op: (op.lamport, (op.at[0] * 7919 + seed) % 101, op.at, op.ref))
    text = Text(maker, seed)
    stops = sorted(rng.randint(1, len(ops)) for _ in range(rng.choice((0, 0, 1, 1, 3))))
    forked = {lane.device for lane in maker.facts.lanes.values() if lane.parent}
    acks = sorted(point for point in maker.facts.acks
                  if maker.facts.lanes[point[0]].device in forked or rng.random() < 0.1)
    rng.shuffle(acks)
    every = 1 + len(ops) // (len(acks) + 1)
    for number, op in enumerate(ops):
        if acks and number % every == every - 1:
            text.acknowledged(acks.pop())
        text.operation(op)
        if stops and stops[0] == number + 1:
            stops.pop(0)
            text.lines.append("P")
            text.expected()
    for point in acks:
        text.acknowledged(point)
    for ix in maker.facts.lanes:
        text.lane(ix)
    text.expected()
    text.lines.append("X\n")
    return "\n".join(text.lines)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for seed in range(first, first + count):
        sys.stdout.write(emit(seed))


if __name__ == "__main__":
    main()
