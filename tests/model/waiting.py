#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who comes to which key of the charter: it is read in order or not at all, so a key that does not
reach somebody stops him. Here waiting is a state: entries arrive, and are taken when they can be read.

Power is not modelled: who is out of whose list of readers for a while is a word of the test's. A key
is who has it. A seal fails when the test says so: it was made to something erased.
"""

ASKS_MAX = 16


class Epoch:
    def __init__(self, ident, number, author, seq, parents, seals, links):
        self.ident, self.number, self.author, self.seq = ident, number, author, seq
        self.parents, self.seals, self.links = parents, seals, links


class Entry:
    """ops: ("epoch", Epoch), ("share", epoch, device, opens), ("ask", epoch), ("link", device)"""

    def __init__(self, author, seq, under, past, ops):
        self.author, self.seq, self.under, self.past, self.ops = author, seq, under, past, ops


class Device:
    def __init__(self, team, name, taken=None, got=None, keys=None):
        self.team, self.name = team, name
        self.taken = dict(taken or {name: 0})   # device -> how many of its entries are taken
        self.got = dict(got or self.taken)      # and how many are here
        self.keys = set(keys or ())
        self.out = set()                        # who is no reader, by what this device knows

    # ---- what its charter says: a function of what is taken ----

    def charter(self):
        return [e for d, n in sorted(self.taken.items()) for e in self.team.logs[d][:n]]

    def said(self, kind):
        return [(e, op) for e in self.charter() for op in e.ops if op[0] == kind]

    def declared(self):
        return {op[1].ident: op[1] for _, op in self.said("epoch")}

    def links(self):
        found = {d: [] for d in self.team.founders}
        for entry, op in self.said("link"):
            found.setdefault(op[1], []).append((entry.author, entry.seq))
        return found

    def readers(self):
        return set(self.links()) - self.out

    def given(self, epoch):
        """By the log's word."""
        return {epoch.author, *epoch.seals} | {op[2] for _, op in self.said("share")
                                               if op[1] == epoch.ident}

    def reached(self, device):
        """What it was given, and what that leads back to."""
        declared, todo = self.declared(), []
        todo = [e.ident for e in declared.values() if device in self.given(e)]
        found = set()
        while todo:
            ident = todo.pop()
            if ident not in found:
                found.add(ident)
                todo += [p for p in declared[ident].links if p in declared] if ident in declared else []
        return found

    def leaves(self):
        declared = self.declared()
        followed = {p for e in declared.values() for p in e.parents}
        return [e for e in declared.values() if e.ident not in followed]

    def clean(self, epoch):
        return epoch in self.leaves() and self.given(epoch) <= self.readers()

    def current(self):
        return max((e for e in self.leaves() if e.ident in self.keys and self.clean(e)),
                   key=lambda e: (e.number, e.ident), default=None)

    def for_keys(self):
        """Entries that bring keys stand under it, clean or not."""
        return self.current() or max((e for e in self.declared().values() if e.ident in self.keys),
                                     key=lambda e: (e.number, e.ident))

    def questions(self):
        """(asker, epoch) -> (how often, under what, answered): by a SHARE whose author knew the last
        one, whatever the order in which they came."""
        asks, found = self.said("ask"), {}
        for entry, op in asks:
            mine = [e for e, o in asks if o == op and e.author == entry.author]
            last = max(mine, key=lambda e: e.seq)
            found[entry.author, op[1]] = (len(mine), last.under, any(
                s[1] == op[1] and s[2] == entry.author and e.past.get(entry.author, 0) >= last.seq
                for e, s in self.said("share")))
        return found

    def neglected(self, epoch, device):
        """Its author has written since he could know of the device; or he is out."""
        log = self.team.logs[epoch.author][:self.taken.get(epoch.author, 0)]
        past = {**log[-1].past, epoch.author: len(log)} if log else {}
        return epoch.author not in self.readers() or device in self.team.founders or any(
            past.get(d, 0) >= seq for d, seq in self.links().get(device, []))

    # ---- saying ----

    def say(self, under, ops):
        log = self.team.logs[self.name]
        past = {d: n for d, n in self.taken.items() if d != self.name}
        log.append(Entry(self.name, len(log) + 1, under, past, ops))
        self.taken[self.name] = self.got[self.name] = len(log)

    def give(self, device, idents, under=None):
        """Of the charter all that it lacks, in an entry that it reads."""
        under = under or max((e for e in self.declared().values() if e.ident in self.keys
                              and device in self.given(e)
                              and not self.open_question(device, e.ident)),
                             key=lambda e: (e.number, e.ident), default=None)
        if under is not None and idents:
            self.say(under.ident, [("share", i, device, self.team.opens(self.name, device))
                                   for i in sorted(idents)])

    def open_question(self, device, ident):
        count, _, answered = self.questions().get((device, ident), (0, None, True))
        return count > 0 and not answered

    def complete(self, epoch):
        for device in sorted(self.readers() - {self.name} - self.given(epoch)):
            self.give(device, set(self.declared()) & self.keys - self.reached(device))

    def mint(self):
        under = self.for_keys()
        self.complete(under)
        leaves = self.leaves()
        epoch = Epoch(self.team.fresh(), 1 + max(e.number for e in leaves), self.name,
                      len(self.team.logs[self.name]) + 1, [e.ident for e in leaves],
                      {d for d in self.readers() - {self.name}},
                      [e.ident for e in leaves if e.ident in self.keys])
        epoch.open = {d for d in epoch.seals if self.team.opens(self.name, d)} | {self.name}
        self.say(under.ident, [("epoch", epoch)])
        self.keys.add(epoch.ident)
        return epoch

    def for_writing(self):
        epoch = self.current()
        if epoch is not None:
            self.complete(epoch)
            epoch = self.current()
        return epoch or self.mint()

    def awaited(self):
        """A key is on its way: its author will give it once he hears of this device."""
        return any(self.clean(e) and e.ident not in self.keys and self.name not in self.given(e)
                   and not self.neglected(e, self.name) for e in self.declared().values())

    def ask(self):
        """For what it was given and cannot open, and for what entries wait here."""
        waits = {e.under for e in self.waiting()}
        asked = []
        for epoch in self.declared().values():
            count, _, answered = self.questions().get((self.name, epoch.ident), (0, None, True))
            answered = answered or count <= self.failed(epoch.ident)
            if (epoch.ident not in self.keys and answered and count < ASKS_MAX
                    and (self.name in self.given(epoch) or epoch.ident in waits)):
                asked.append(("ask", epoch.ident))
        if asked:
            self.say(self.for_keys().ident, asked)

    def failed(self, ident):
        """Answers that wait and open nothing."""
        return sum(op[:3] == ("share", ident, self.name) and not op[3]
                   for e in self.waiting() if e.under in self.keys for op in e.ops)

    def heal(self):
        self.ask()
        for device in sorted(self.readers() - {self.name}):
            lacks = {e.ident: e for e in self.declared().values()
                     if e.ident in self.keys and e.ident not in self.reached(device)}
            if any(e.author == self.name or self.neglected(e, device) for e in lacks.values()):
                self.give(device, set(lacks))
            for (asker, ident), (_, under, answered) in sorted(self.questions().items()):
                if asker == device and ident in self.keys and under in self.keys and not answered:
                    self.give(device, {ident}, self.declared().get(under))
        if not self.awaited():
            self.for_writing()

    def invite(self, name):
        """In one entry that the newcomer reads: he is given the key it stands under."""
        self.heal()
        under = self.for_writing()
        handed = {e.ident for e in self.leaves() if e.ident in self.keys}
        self.say(under.ident, [("link", name)] + [("share", i, name, True) for i in sorted(handed)])
        followed = {p for e in self.declared().values() for p in e.parents}
        newcomer = Device(self.team, name, {name: 0}, {**self.got, name: 0},
                          self.keys & (handed | followed))
        self.team.add(newcomer)
        newcomer.settle()
        return newcomer

    # ---- taking ----

    def waiting(self):
        return [e for d, n in sorted(self.got.items())
                for e in self.team.logs[d][self.taken.get(d, 0):n]]

    def can_take(self, entry):
        knows = entry.author in self.links() or entry.seq == 1 and entry.author in self.team.founders
        return (knows and entry.seq == self.taken.get(entry.author, 0) + 1
                and all(self.taken.get(d, 0) >= n for d, n in entry.past.items())
                and entry.under in self.keys)

    def open_links(self):
        declared, more = self.declared(), True
        while more:
            new = {p for i in self.keys if i in declared for p in declared[i].links} - self.keys
            self.keys |= new
            more = bool(new)

    def take(self, entry):
        self.taken[entry.author] = entry.seq
        for op in entry.ops:
            if op[0] == "epoch" and self.name in op[1].open:
                self.keys.add(op[1].ident)
            elif op[0] == "share" and op[2] == self.name and op[3]:
                self.keys.add(op[1])
        self.open_links()

    def peek(self, entry):
        """A SHARE in what waits, also of somebody not known yet: the epoch's id commits to its key."""
        known = self.declared()
        new = {op[1] for op in entry.ops if op[0] == "share" and op[2] == self.name and op[3]
               and op[1] in known} - self.keys
        self.keys |= new
        return bool(new)

    def settle(self):
        more = True
        while more:
            ready = [e for e in self.waiting() if self.can_take(e)]
            for entry in ready[:1]:
                self.take(entry)
            more = bool(ready) or any(self.peek(e) for e in self.waiting() if e.under in self.keys)
            self.open_links()


class Team:
    def __init__(self, names, opens=lambda by, to: True):
        self.logs, self.devices, self.founders, self.count = {}, {}, list(names), 0
        self.opens = opens      # whether what one seals for another opens
        first = Epoch(self.fresh(), 1, names[0], 1, [], set(names[1:]), [])
        first.open = set(names)
        for name in names:
            self.add(Device(self, name, {n: 0 for n in names}, None, {first.ident}))
        self.devices[names[0]].say(first.ident, [("epoch", first)])
        self.exchange(1)

    def add(self, device):
        self.devices[device.name] = device
        self.logs[device.name] = []

    def fresh(self):
        self.count += 1
        return self.count * 7919 % 10007    # no order of making shows in it

    def carry(self, a, b):
        """What a packs, to b."""
        a, b = self.devices[a], self.devices[b]
        a.heal()
        for device, count in a.got.items():
            b.got[device] = max(b.got.get(device, 0), count)
        b.settle()

    def exchange(self, rounds):
        for _ in range(rounds):
            for a in sorted(self.devices):
                for b in sorted(self.devices):
                    if a != b:
                        self.carry(a, b)

    def waiting(self):
        return {d.name for d in self.devices.values() if d.waiting() or any(
            len(self.logs[x]) > d.got.get(x, 0) for x in self.logs)}
