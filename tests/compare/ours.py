#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The people of compare.mjs under Valise's rules: {"alice": acts, "bob": acts} in, members out.

    ours.py [DIFFER] < ACTS

The answer is the model's (tests/model/model.py). With DIFFER, the built test_authority_diff, the same
history goes through offline/authority in C, in two orders, and has to give the same answers.
"""
import json
import pathlib
import subprocess
import sys
from types import SimpleNamespace

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "model"))
import emit  # noqa: E402
import model as m  # noqa: E402

ADMIN, MEMBER = 0, 1
ROLES = [m.Role(m.POWER, 0, frozenset(), frozenset({0, 1}), frozenset({0, 1})),
         m.Role(0, 0, frozenset(), frozenset({0, 1}), frozenset({0, 1}))]


class Team:
    """alice founds it; whoever is added has one device, linked by alice."""

    def __init__(self):
        self.world = m.World(ROLES, (0,), 1)
        self.number, self.device, self.via = {"alice": 0}, {"alice": self.world.founder}, {"alice": 0}

    def write(self, name, verb, **fields):
        op = m.Op(verb, **fields)
        entry = self.world.write(self.device[name], self.via[name], [op])
        return op if entry is not None and entry.ops else None  # None: every replica refuses it

    def add(self, by, name, role=MEMBER, level=15):
        number = self.number.setdefault(name, len(self.number))
        grant = self.write(by, m.GRANT, member=number, role=role, level=level)
        device = self.world.device(number)
        self.write(by, m.LINK, device=device.lane.device)
        self.device[name], self.via[name] = device, grant.ref * 64
        device.learn(self.device[by], self.world.facts)

    def remove(self, by, name):
        """As the tool does it: the cut accepts all that the remover holds of the removed."""
        known = self.device[by].clock.get(self.device[name].lane.device)
        self.write(by, m.REMOVE, member=self.number[name], cut=[known] if known else [])

    def members(self):
        answer, told = m.Resolution(self.world.facts), []
        for name, via in self.via.items():
            if answer.active(via):
                may = all(role.rights & m.POWER == m.POWER for role in answer.roles_at(via))
                told.append(name + ("*" if may else ""))
        return sorted(told)


def compare_with_c(team, differ):
    for ops in (list(team.world.facts.ops), sorted(team.world.facts.ops, key=lambda o: o.lamport)):
        maker = SimpleNamespace(world=team.world, facts=team.world.facts, members=len(team.number))
        text = emit.Text(maker, 0)
        for op in ops:
            text.operation(op)
        text.expected()
        text.lines.append("X")
        subprocess.run([differ, "1"], input="\n".join(text.lines) + "\n", text=True, check=True,
                       stdout=subprocess.DEVNULL)


def main():
    acts = json.load(sys.stdin)
    team = Team()
    team.add("alice", "bob", ADMIN, 1)
    team.add("alice", "charlie")
    team.add("alice", "dwight")
    team.device["bob"].learn(team.device["alice"], team.world.facts)
    for who in ("alice", "bob"):
        for verb, name in acts[who]:
            team.add(who, name) if verb == "add" else team.remove(who, name)
    if len(sys.argv) > 1:
        compare_with_c(team, sys.argv[1])
    print(json.dumps(team.members()))


if __name__ == "__main__":
    main()
