# SPDX-License-Identifier: Apache-2.0
"""The sweep's flows over the program itself: make a vault, add, pack, unpack, change passphrase.

Two machines stand side by side in the watched folder, Ana's and Ben's, with a stick between them.
A change was promised when valise ended with 0; then it must be there after the fault.
"""
import json
import os
import re
import subprocess

NO_VAULT, WRONG_PASSPHRASE, DUPLICATE = 10, 12, 21
TITLES = ["first", "second", "third"]


class Valise:
    """Runs the program for one of the two machines; the passphrase comes by a descriptor."""

    def __init__(self, program, folder):
        self.program = program
        self.old, self.new = os.path.join(folder, "old"), os.path.join(folder, "new")
        self.runtime = os.path.join(folder, "runtime")  # no agent lives here
        os.makedirs(self.runtime, mode=0o700, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = self.runtime
        with open(self.old, "w") as file:
            file.write("the old passphrase of nine\n")
        with open(self.new, "w") as file:
            file.write("the old passphrase of nine\nthe new passphrase of nine\n")
        self.changed = os.path.join(folder, "changed")
        with open(self.changed, "w") as file:
            file.write("the new passphrase of nine\n")

    def command(self, root, who, *words):
        return [self.program, "--vault", os.path.join(root, who), "--passphrase-fd", "0", *words]

    def run(self, root, who, *words, secrets=None, fine=(0,)):
        with open(secrets or self.old) as stdin:
            done = subprocess.run(self.command(root, who, *words), stdin=stdin,
                                  capture_output=True, check=False)
        if done.returncode not in fine:
            raise Damage(f"'{' '.join(words)}' of {who} ended with {done.returncode}: "
                         f"{done.stderr.decode().strip()}")
        return done

    def titles(self, root, who):
        text = self.run(root, who, "--json", "list", "tickets").stdout.decode()
        return {title for title in TITLES if json.dumps(title) in text}


class Damage(Exception):
    pass


def nine_words(done):
    return re.search(r"((?:[a-z-]+ ){8}[a-z-]+)\s*$", done.stdout.decode(), re.M).group(1)


class CliFlow:
    """prepare(root) once, command(root) under the fault, look(root, acked) raises Damage."""

    name = "?"
    env = {}

    def __init__(self, valise):
        self.valise = valise
        self.stdin = valise.old

    def acked(self, done):
        return 1 if done.returncode == 0 else 0

    def prepare(self, root):
        pass

    def verify(self, root, acked):
        try:
            self.look(root, acked)
        except Damage as damage:
            return str(damage)
        return None

    # steps that several flows begin with
    def found(self, root, titles=()):
        v = self.valise
        v.run(root, "ana", "init", "--kdf", "floor")
        v.run(root, "ana", "team", "new", "Desk", "--member", "Ana", "--sheet",
              os.path.join(root, "ana-sheet"))
        for title in titles:
            v.run(root, "ana", "add", "tickets", f"title={title}")

    def pair(self, root):
        v = self.valise
        self.found(root, TITLES[:1])
        v.run(root, "ben", "init", "--kdf", "floor")
        join, invite = os.path.join(root, "join"), os.path.join(root, "invite")
        done = v.run(root, "ben", "join", "--out", join, "--member", "Ben", "--sheet",
                     os.path.join(root, "ben-sheet"))
        done = v.run(root, "ana", "invite", join, "--role", "editor", "--out", invite, "--words",
                     nine_words(done))
        v.run(root, "ben", "join", invite, "--words", nine_words(done))
        for title in TITLES[1:]:
            v.run(root, "ana", "add", "tickets", f"title={title}")


class Init(CliFlow):
    name = "init"

    def command(self, root):
        return self.valise.command(root, "ana", "init", "--kdf", "floor")

    def look(self, root, acked):
        done = self.valise.run(root, "ana", "team", "list", fine=(0, NO_VAULT))
        if done.returncode == NO_VAULT:
            if acked:
                raise Damage("the vault that was made is not there")
            self.valise.run(root, "ana", "init", "--kdf", "floor")
        self.valise.run(root, "ana", "team", "new", "Desk", "--member", "Ana", "--sheet",
                        os.path.join(root, "ana-sheet"))
        self.valise.run(root, "ana", "check")


class Add(CliFlow):
    name = "add"

    def prepare(self, root):
        self.found(root, TITLES[:1])

    def command(self, root):
        return self.valise.command(root, "ana", "add", "tickets", "title=second")

    def look(self, root, acked):
        self.valise.run(root, "ana", "check")
        there = self.valise.titles(root, "ana")
        if "first" not in there or (acked and "second" not in there):
            raise Damage(f"promised records are missing, there are {sorted(there)}")


class Pack(CliFlow):
    name = "pack"

    def prepare(self, root):
        self.pair(root)

    def command(self, root):
        return self.valise.command(root, "ana", "pack", os.path.join(root, "stick"))

    def look(self, root, acked):
        stick = os.path.join(root, "stick")
        self.valise.run(root, "ana", "check")
        if not acked:
            self.valise.run(root, "ana", "pack", stick)
        self.valise.run(root, "ben", "unpack", stick)
        there = self.valise.titles(root, "ben")
        if there != set(TITLES):
            raise Damage(f"the stick brought only {sorted(there)}")


class Unpack(CliFlow):
    name = "unpack"

    def prepare(self, root):
        self.pair(root)
        self.valise.run(root, "ana", "pack", os.path.join(root, "stick"))

    def command(self, root):
        return self.valise.command(root, "ben", "unpack", os.path.join(root, "stick"))

    def look(self, root, acked):
        self.valise.run(root, "ben", "check")
        if acked and self.valise.titles(root, "ben") != set(TITLES):
            raise Damage("what was taken is not there")
        self.valise.run(root, "ben", "unpack", os.path.join(root, "stick"), fine=(0, DUPLICATE))
        if self.valise.titles(root, "ben") != set(TITLES):
            raise Damage("taking it again did not complete it")
        self.valise.run(root, "ben", "check")


class Passphrase(CliFlow):
    name = "passphrase"

    def __init__(self, valise):
        super().__init__(valise)
        self.stdin = valise.new

    def prepare(self, root):
        self.found(root)

    def command(self, root):
        return self.valise.command(root, "ana", "passphrase", "--new-passphrase-fd", "0", "--kdf",
                                   "floor")

    def look(self, root, acked):
        v = self.valise
        done = v.run(root, "ana", "check", secrets=v.changed, fine=(0, WRONG_PASSPHRASE))
        if done.returncode == WRONG_PASSPHRASE:
            if acked:
                raise Damage("the new passphrase does not open the vault")
            v.run(root, "ana", "check")


def flows(program, folder):
    valise = Valise(program, os.path.join(folder, "secrets"))
    return [kind(valise) for kind in (Init, Add, Pack, Unpack, Passphrase)]
