#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the scenarios and properties notice a wrong rule? Each mutant changes one line of the model.

    mutants.py [<histories> [<name>...]]

A mutant that nothing notices fails the run, unless it stands in EQUIVALENT with the reason why it says
the same thing in other words.
"""
import pathlib
import sys
import types

import keys as keys_now
import model as model_now
import properties
import scenarios
import transport as transport_now
import waiting as waiting_now

HERE = pathlib.Path(__file__).resolve().parent

# name: (file, the line as it stands, as it is changed)
MUTANTS = {
    # removals
    "a cut is not looked at": (
        "model", "if any(not self.facts.within(y, r.points) for r in covering):",
        "if covering:"),
    "a removal takes nothing": (
        "model", "if any(not self.facts.within(y, r.points) for r in covering):",
        "if False:"),
    "of two cuts the last counts": (
        "model", "if any(not self.facts.within(y, r.points) for r in covering):",
        "if any(not self.facts.within(y, r.points) for r in covering[-1:]):"),
    "of two cuts the larger counts": (
        "model", "if any(not self.facts.within(y, r.points) for r in covering):",
        "if covering and not any(self.facts.within(y, r.points) for r in covering):"),
    "cuts compare numbers only": (
        "model", "return any(self.before(y, c) for c in cut)",
        "return any(self.lanes[y[0]].device == self.lanes[c[0]].device and y[1] <= c[1]"
        " for c in cut)"),
    "removals reach equals": (
        "model", "return [r for r in self.cuts if r.level < a.level",
        "return [r for r in self.cuts if r.level <= a.level"),
    "anybody pardons": (
        "model", "return None if own and op.level_said <= target.level_said else \"not below",
        "return None if True else \"not below"),
    "one pardons from a lower place": (
        "model", "return None if own and op.level_said <= target.level_said else \"not below",
        "return None if own else \"not below"),
    "a pardon changes nothing": (
        "model", "return any(said < level for said in self.pardons[op.ref])", "return False"),
    "pardons reach those above": (
        "model", "return any(said < level for said in self.pardons[op.ref])",
        "return bool(self.pardons[op.ref])"),
    "cascade always": ("model", "(op.cascade and op.appointment in self.line",
                       "(op.appointment in self.line"),
    "cascade never": ("model", "(op.cascade and op.appointment in self.line",
                      "(False and op.appointment in self.line"),
    "cascade goes through whom a senior took over": (
        "model", "while a.op is not None and not any(upper < level for upper in self.reattached[a.id]):",
        "while a.op is not None:"),
    "an equal of the revoker ends a cascade": (
        "model", "while a.op is not None and not any(upper < level for upper in self.reattached[a.id]):",
        "while a.op is not None and not any(upper <= level for upper in self.reattached[a.id]):"),
    "in again without knowing": (
        "model", "return (not removals.isdisjoint(a.op.seen)", "return (True"),
    "in again by a junior": (
        "model", "and min(self.supported.get(a.id, {LEVELS})) <= level)", ")"),
    "in again by a void grant": (
        "model", "and min(self.supported.get(a.id, {LEVELS})) <= level)",
        "and self.level_of(a.by) <= level)"),
    "never in again": (
        "model", "return a.member == op.member and not self.readmitted(a, {op.ref}, level)",
        "return a.member == op.member"),
    "a removed owner is never anybody again": (
        "model", "return not self.readmitted(a, self.carriers[op.state], 0)", "return True"),
    "any junior admits a removed owner": (
        "model", "return not self.readmitted(a, self.carriers[op.state], 0)",
        "return not self.readmitted(a, self.carriers[op.state], 99)"),
    "the old office comes back with the new": (
        "model", "return not (a.state and self.council_before(op.state, a.state))",
        "return False"),
    "a device cut hits the member": (
        "model", "return device == self.facts.lanes[op.lane].device", "return True"),
    # unlinks
    "an unlink after all": (
        "model", "return not covering and any(not self.facts.within(y, u.cut)",
        "return any(not self.facts.within(y, u.cut)"),
    "an unlink takes nothing": (
        "model", "return not covering and any(not self.facts.within(y, u.cut)",
        "return False and any(not self.facts.within(y, u.cut)"),
    "a pardoned unlink is said again": (
        "model", "return [u for u in words if u.cut not in pardoned]",
        "return [u for u in words if not self.pardoned(u, level)]"),
    "one unlinks another's device": (
        "model", "if op.signers != {self.facts.lanes[op.lane].member}:", "if False:"),
    # forks
    "both branches count": (
        "model", "if branch is not None and self.winner(position) != branch:\n                return",
        "if False:\n                return"),
    "the branch that came first counts": (
        "model", "return branches.pop() if len(branches) == 1 else None",
        "return min(branches, default=position[0])"),
    "no acknowledgement": (
        "model", "branches = named[min(named)] if named else self.reached(position, self.facts.acks)",
        "branches = named[min(named)] if named else set()"),
    "no pin": (
        "model", "branches = named[min(named)] if named else self.reached(position, self.facts.acks)",
        "branches = self.reached(position, self.facts.acks)"),
    "the most junior pin decides": (
        "model", "branches = named[min(named)] if named else self.reached(position, self.facts.acks)",
        "branches = named[max(named)] if named else self.reached(position, self.facts.acks)"),
    "juniors pin": (
        "model", "if pin.rank[0] < level and not self.pardoned(pin.op, level):\n"
        "                branches", "if not self.pardoned(pin.op, level):\n                branches"),
    "a pardoned cut pins": (
        "model", "if pin.rank[0] < level and not self.pardoned(pin.op, level):\n"
        "                branches", "if pin.rank[0] < level:\n                branches"),
    "checkpoints weigh as much as pins": (
        "model", "self.pins.append(Pin((level, int(op.verb == CHECKPOINT)), op, op.cut))",
        "self.pins.append(Pin((level, 0), op, op.cut))"),
    "one who names all branches names some": (
        "model", "if len(branches) == 1:\n                    named", "if branches:\n                    named"),
    "cuts do not pin": (
        "model", "if self.may_remove(op):\n                self.pins", "if False:\n                self.pins"),
    "a fork is decided where one is most junior": (
        "model", "level = min((self.facts.appointments[via].level for via in self.supported",
        "level = max((self.facts.appointments[via].level for via in self.supported"),
    "a fork is decided by all": (
        "model", "level = min((self.facts.appointments[via].level for via in self.supported",
        "level = 99 if True else min((self.facts.appointments[via].level for via in self.supported"),
    # suspends
    "suspends in sequence": (
        "model", "if op.verb == SUSPEND and op.ref not in self.lifted:\n",
        "if (op.verb == SUSPEND and op.ref not in self.lifted\n"
        "                    and not self.suspended(op.at, op.via)):\n"),
    "the suspended do not suspend": (
        "model", "new = [op for op in new if op.verb == SUSPEND or not self.suspended(op.at, op.via)]",
        "new = [op for op in new if not self.suspended(op.at, op.via)]"),
    "a suspend takes what its author knew": (
        "model", "return sum(named, list(suspend.cut))", "return []"),
    "a suspend takes what seniors named": (
        "model", "return sum(named, list(suspend.cut))", "return list(suspend.cut)"),
    "equals shield from a suspend": (
        "model", "if pin.rank[0] < level and not self.pardoned(pin.op, level)]",
        "if pin.rank[0] <= level and not self.pardoned(pin.op, level)]"),
    "a suspend reaches seniors": (
        "model", "return any(s.level_said <= a.level and not self.facts.within(y, self.left(s))",
        "return any(not self.facts.within(y, self.left(s))"),
    "a suspend spares equals": (
        "model", "return any(s.level_said <= a.level and not self.facts.within(y, self.left(s))",
        "return any(s.level_said < a.level and not self.facts.within(y, self.left(s))"),
    "a lift changes nothing": (
        "model", "self.lifted.add(op.target)\n        elif op.verb == REATTACH",
        "pass\n        elif op.verb == REATTACH"),
    "equals lift": (
        "model", "own = op.verb == PARDON and self.facts.before(target.at, entry.at)",
        "own = True"),
    # power
    "levels need not grow": (
        "model", "if not 1 <= op.level < LEVELS or op.level <= op.level_said:",
        "if not 1 <= op.level < LEVELS or op.level < op.level_said:"),
    "power at the last level": (
        "model", "if self.facts.roles[op.role].rights & POWER and op.level == LEVELS - 1:", "if False:"),
    "power at the last level by REPLACE": (
        "model", "and self.facts.appointments[op.appointment].level == LEVELS - 1):", "and False):"),
    "anybody appoints": (
        "model", "if role.rights & need != need:", "if op.verb != GRANT and role.rights & need != need:"),
    "rights are not looked at": ("model", "if role.rights & need != need:", "if False:"),
    "who appoints revokes anybody": (
        "model", "return op.via in self.line(a, self.level_of(op.via))", "return True"),
    "who gave takes nothing back": (
        "model", "return op.via in self.line(a, self.level_of(op.via))", "return False"),
    "who gave takes back his own gifts only": (
        "model", "return op.via in self.line(a, self.level_of(op.via))", "return op.via == a.by"),
    "who gave takes back what a senior took over": (
        "model", "return op.via in self.line(a, self.level_of(op.via))",
        "return op.via in self.line(a, -1)"),
    "what is taken back pins": (
        "model", "if self.may_remove(op):\n                self.pins", "if True:\n                self.pins"),
    "any role is given": ("model", "return not role.grants or given in role.grants", "return True"),
    "any role by REPLACE": ("model", "if op.verb in (GRANT, REPLACE):", "if op.verb == GRANT:"),
    "any role by REATTACH": (
        "model", "return may_give(role, self.facts.appointments[op.appointment].role) and not role.max",
        "return not role.max"),
    "max is passed by REATTACH": (
        "model", "return may_give(role, self.facts.appointments[op.appointment].role) and not role.max",
        "return may_give(role, self.facts.appointments[op.appointment].role)"),
    "no max": ("model", "if a.op.ref in self.effective and self.in_number(a.op):",
               "if a.op.ref in self.effective:"),
    "max is one more": ("model", "return order.index(grant) < min(maxima)",
                        "return order.index(grant) <= min(maxima)"),
    "a void grant supports": ("model", "if a.op.ref in self.effective and self.in_number(a.op):",
                              "if self.in_number(a.op) if a.op.ref in self.effective else True:"),
    "juniors reattach": (
        "model", "levels = {upper for upper in self.reattached[a.id] if upper < level}",
        "levels = set(self.reattached[a.id])"),
    "one role of several is enough": (
        "model", "return op.via == NOBODY or all(self.permits(role, op)",
        "return op.via == NOBODY or any(self.permits(role, op)"),
    "a change of role judges all": (
        "model", "and (y is None or not self.facts.within(y, r.cut))]", "]"),
    "roles never supersede": (
        "model", "and later.level_said <= r.level_said\n", "and False\n"),
    "juniors supersede a change of role": (
        "model", "and later.level_said <= r.level_said\n", "and True\n"),
    # council
    "the first of two decisions": (
        "model", "if len(settles) != 1:\n            return None", "if len(settles) != 1:\n            return states[0]"),
    "a settle names some": (
        "model", "and set(states) - {s} <= set(self.states[s].states)]", "]"),
    "frozen, nothing counts": (
        "model", "self.take_away(self.states[state], height + 1)", "pass"),
    "frozen, only the next decisions count": (
        "model", "waiting.extend(children[state])", "waiting.extend(())"),
    "frozen, all counts": (
        "model", "self.take_away(self.states[state], height + 1)",
        "self.decide(self.states[state], height + 1)"),
    "a council's first pin stays": (
        "model", "self.pins.append(Pin((-1, -height), op, op.cut))",
        "self.pins.append(Pin((-1, height), op, op.cut))"),
    "the council's pins are equals": (
        "model", "self.pins.append(Pin((-1, -height), op, op.cut))",
        "self.pins.append(Pin((-1, 0), op, op.cut))"),
    "less than a quorum": (
        "model", "if len(set(op.signers) & set(owners)) < quorum:", "if not op.signers:"),
    "half is a quorum": (
        "model", "return None if count / 2 < op.quorum <= count else \"COUNCIL: quorum\"",
        "return None if count / 2 <= op.quorum <= count else \"COUNCIL: quorum\""),
    "a removed owner signs on": (
        "model", "owners, quorum = tuple(o for o in owners if o != op.member), op.quorum",
        "owners, quorum = owners, op.quorum"),
    # keys
    "a shared key is nobody's": ("keys", "return self.world.recipients(epoch, self.shares)",
                                 "return self.world.recipients(epoch, [])"),
    "only effective shares count": (
        "keys", "self.shares = [op for op in self.facts.ops if op.verb == m.PLAIN and op.epoch]",
        "self.shares = [op for op in self.facts.ops if op.verb == m.PLAIN and op.epoch"
        " and op.ref in self.resolution.effective]"),
    "everybody's share counts": (
        "model", "if self.facts.lanes[op.at[0]].device in devices} - devices", "} - devices"),
    "a followed epoch is used": (
        "keys", "return (epoch.ref in self.resolution.effective and epoch in self.leaves",
        "return (epoch.ref in self.resolution.effective and True or epoch in self.leaves"),
    "an epoch without effect is used": (
        "keys", "return (epoch.ref in self.resolution.effective and epoch in",
        "return (epoch in"),
    "an unclean epoch is used": (
        "keys", "and self.recipients(epoch) <= self.readers(epoch.compartment))", ")"),
    "readers are left out": ("keys", "missing = sorted(readers - keys.recipients(epoch))", "missing = []"),
    "a cut device gets keys": (
        "keys", "found |= {d for d in self.devices(a.member) if self.resolution.device_in_use(d, a.id)}",
        "found |= set(self.devices(a.member))"),
    "a junior's cut takes a senior's keys": (
        "model", "return not (any(r.op.verb == DEVCUT for r in self.covering(via, device))",
        "return not (any(r.op.verb == DEVCUT and self.facts.lanes[r.op.lane].device == device"
        " for r in self.cuts)"),
    # waiting
    "what waits is not asked for": (
        "waiting", "and (self.name in self.given(epoch) or epoch.ident in waits)):",
        "and self.name in self.given(epoch)):"),
    "strangers give nothing": (
        "waiting", "more = bool(ready) or any(self.peek(e) for e in self.waiting() if e.under in self.keys)",
        "more = bool(ready) or any(self.peek(e) for e in self.waiting() if e.under in self.keys"
        " and e.author in self.links())"),
    "an invite under a key made in passing": (
        "waiting", "handed = {e.ident for e in self.leaves() if e.ident in self.keys}",
        "handed = {e.ident for e in self.leaves() if e.ident in self.keys} - {under.ident}"),
    "any answer answers": (
        "waiting", "and e.past.get(entry.author, 0) >= last.seq", ""),
    "an answer that waits is one": ("waiting", "answered = answered or count <= self.failed(epoch.ident)", ""),
    # transport
    "a key stays after use": ("transport", "del self.skipped[number]\n                return key",
                              "return key"),
    "skipped keys without a bound": ("transport", "while len(self.skipped) > self.skipped_max:",
                                     "while False:"),
    "skipped keys for ever": ("transport", "if day - since > AGE_MAX]:", "if False]:"),
    "one chain for all senders": ("transport", "return derive(transport, b\"chain\", device.to_bytes(4, \"big\"))",
                                  "return derive(transport, b\"chain\")"),
}

EQUIVALENT = {
    "juniors reattach": "when a level's appointments are judged, only smaller levels have spoken",
}


def mutated(name):
    """The modules with one line changed."""
    file, old, new = MUTANTS[name]
    source = (HERE / f"{file}.py").read_text()
    if source.count(old) != 1:
        raise SystemExit(f"mutants.py: '{name}': its line stands {source.count(old)} times in {file}.py")
    module = types.ModuleType(file)
    exec(compile(source.replace(old, new), f"{file}.py ({name})", "exec"), module.__dict__)
    return file, module


def noticed(name, count):
    """Who notices a mutant: a scenario or a property; None."""
    file, module = mutated(name)
    modules = {"model": model_now, "keys": keys_now, "transport": transport_now,
               "waiting": waiting_now, file: module}
    for asker in (scenarios, properties):
        asker.default_keys, asker.default_transport = modules["keys"], modules["transport"]
        asker.default_waiting = modules["waiting"]
    try:
        failed = scenarios.run(modules["model"])
        if not failed:
            failed = properties.run(count, 1, modules["model"], stop=True)
    finally:
        for asker in (scenarios, properties):
            asker.default_keys, asker.default_transport = keys_now, transport_now
            asker.default_waiting = waiting_now
    return failed[0][0] if failed else None


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    names = sys.argv[2:] or list(MUTANTS)
    survivors = 0
    for name in names:
        by = noticed(name, count)
        if by is None and name not in EQUIVALENT:
            survivors += 1
        reason = EQUIVALENT.get(name)
        print(f"{name}: " + (f"noticed by {by}" if by else
                             f"the same rule: {reason}" if reason else "SURVIVES"), flush=True)
    print(f"{len(names)} mutants, {survivors} unnoticed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
