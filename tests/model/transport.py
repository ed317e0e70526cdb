#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Transport chains: tags, one-time keys, erasure, bounded memory. A small model of its own.

Keys are hashes, so that "can still be opened" is a question one can ask of what is left in memory:
`reach` computes every key that follows from a seized state.
"""
import hashlib

WINDOW, SKIPPED_MAX, AGE_MAX, STEPS_MAX = 1024, 4096, 90, 65536


def derive(secret, word, about=b""):
    return hashlib.blake2b(word + about, key=secret, digest_size=32).digest()


def start(transport, device):
    """CK_0 of a sending device, from the T of a control epoch."""
    return derive(transport, b"chain", device.to_bytes(4, "big"))


def step(chain):
    """(tag, key, next chain key)"""
    return derive(chain, b"tag"), derive(chain, b"key"), derive(chain, b"next")


class Sender:
    def __init__(self, chain):
        self.chain, self.number = chain, 0

    def send(self):
        """A piece: what is seen of it outside is its tag; the key is returned for the test only."""
        tag, key, self.chain = step(self.chain)
        self.number += 1
        return self.number - 1, tag, key


class Receiver:
    """One sender's chain as a receiver keeps it. Time is handed in: there is no clock."""

    def __init__(self, chain, window=WINDOW, skipped_max=SKIPPED_MAX):
        self.chain, self.next = chain, 0
        self.window, self.skipped_max = window, skipped_max
        self.skipped = {}       # number -> (tag, key, day)
        self.tags = {}          # tag -> number, of what may come next
        self.look_ahead(window)

    def look_ahead(self, steps):
        chain, number = self.chain, self.next
        self.tags = {}
        for number in range(self.next, self.next + min(steps, STEPS_MAX)):
            tag, _, chain = step(chain)
            self.tags[tag] = number

    def open(self, tag, day):
        """The key of a piece, once; None: not ours, used, forgotten, or too far ahead."""
        for number, (known, key, _) in self.skipped.items():
            if known == tag:
                del self.skipped[number]
                return key
        if tag not in self.tags:
            return None
        while True:
            found, key, following = step(self.chain)
            number, self.chain, self.next = self.next, following, self.next + 1
            if found == tag:
                break
            self.skipped[number] = (found, key, day)
        while len(self.skipped) > self.skipped_max:
            del self.skipped[min(self.skipped)]
        self.look_ahead(self.window)
        return key

    def grow_old(self, day):
        for number in [n for n, (_, _, since) in self.skipped.items() if day - since > AGE_MAX]:
            del self.skipped[number]

    def reach(self, steps):
        """Every key that whoever takes this state can compute."""
        keys, chain = {key for _, key, _ in self.skipped.values()}, self.chain
        for _ in range(steps):
            _, key, chain = step(chain)
            keys.add(key)
        return keys
