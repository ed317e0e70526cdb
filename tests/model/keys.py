#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may read: which epoch of a compartment a device writes under, by what it knows.

A key is not modelled as bytes but as who could have it. Two questions are kept apart: `recipients` is
what the rules count from the charter, `holders` is who can open the epoch in truth.
"""
import model as default_model


class Keys:
    """The epochs as one author sees them."""

    def __init__(self, world, clock, m=default_model):
        self.m, self.world = m, world
        self.facts = world.view(clock)
        self.resolution = m.Resolution(self.facts)
        self.epochs = [op for op in self.facts.ops if op.verb == m.EPOCH and op.epoch]
        self.shares = [op for op in self.facts.ops if op.verb == m.PLAIN and op.epoch]

    def readers(self, compartment):
        """Devices in use of members with an active appointment whose roles list the compartment."""
        found = set()
        for a in self.facts.appointments.values():
            roles = self.resolution.roles_at(a.id)
            if self.resolution.active(a.id) and (
                    compartment == 0 or all(compartment in r.reads for r in roles)):
                found |= {d for d in self.devices(a.member) if self.resolution.device_in_use(d, a.id)}
        return found

    def devices(self, member):
        links = sorted((op.lamport, op.device) for op in self.facts.ops
                       if op.verb == self.m.LINK and self.world.owner_of[op.device] == member)
        return list(dict.fromkeys(device for _, device in links))[:self.m.DEVICES_MAX]

    def recipients(self, epoch):
        """By the charter: author, seals, and whom a recipient shared it with, effective or not."""
        return self.world.recipients(epoch, self.shares)

    def clean(self, epoch):
        """Nobody but readers has the key. One that another follows may have been handed on unseen: in
        an invitation, or by backlinks."""
        return (epoch.ref in self.resolution.effective and epoch in self.leaves(epoch.compartment)
                and self.recipients(epoch) <= self.readers(epoch.compartment))

    def best(self, compartment, device):
        """The epoch a device writes under; None: it makes a new one first."""
        usable = [e for e in self.epochs if e.compartment == compartment
                  and device in self.recipients(e) and self.clean(e)]
        return max(usable, key=lambda e: (e.number, e.epoch), default=None)

    def leaves(self, compartment):
        """The epochs that none follows."""
        followed = {p for e in self.epochs for p in e.parents}
        return [e for e in self.epochs if e.compartment == compartment and e.epoch not in followed]

    def may_write(self, lane, via, compartment):
        """Through an appointment under which the device's entries count."""
        roles = self.resolution.roles_at(via)
        return self.resolution.limit(via, lane) == self.m.ALL and self.resolution.active(via) and (
            compartment == 0 or all(compartment in r.writes for r in roles))


def write(world, author, via, compartment, m=default_model):
    """What an honest device does before it seals an entry: (epoch, the entry, was it minted)."""
    world.catch_up(author)
    keys, device = Keys(world, author.clock, m), author.lane.device
    if not keys.may_write(author.lane.ix, via, compartment) or device not in keys.readers(compartment):
        return None
    readers, epoch = keys.readers(compartment), keys.best(compartment, device)
    minted = epoch is None
    if minted:
        leaves = keys.leaves(compartment)
        epoch = m.Op(m.EPOCH, compartment=compartment, epoch=world.new_epoch(),
                     number=1 + max((e.number for e in leaves), default=0),
                     parents=[e.epoch for e in leaves], seals=readers - {device})
        if world.write(author, via, [epoch]) is None:
            return None
    missing = sorted(readers - keys.recipients(epoch))
    if missing:
        world.write(author, via, [m.Op(m.PLAIN, epoch=epoch.epoch, device=d) for d in missing])
        if not Keys(world, author.clock, m).clean(epoch):  # who was given it had shared it before
            return write(world, author, via, compartment, m)
    return epoch, world.write(author, via, []), minted


def holders(world, epoch, clock):
    """Who can have the key in truth, as far as it left a trace in what an author knows: sharing
    needs the key, and a removed member can share as well as anybody."""
    device_of = {ix: lane.device for ix, lane in world.facts.lanes.items()}
    held = world.held(clock)
    said = [op for op in world.ops.values() if op.epoch and op.at in held]
    having = {e.epoch: {device_of[e.at[0]], *e.seals} for e in said
              if e.verb == default_model.EPOCH}
    more = True
    while more:
        more = False
        for op in said:
            new = set()
            if op.verb == default_model.EPOCH:
                for parent in op.parents:      # backlinks, as far as its author had the key
                    if parent in having and device_of[op.at[0]] in having[parent]:
                        new = having[op.epoch] - having[parent]
                        having[parent] |= new
                        more |= bool(new)
            elif op.epoch in having and device_of[op.at[0]] in having[op.epoch]:
                more |= op.device not in having[op.epoch]
                having[op.epoch].add(op.device)
    return having[epoch.epoch]
