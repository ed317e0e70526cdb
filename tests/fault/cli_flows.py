# SPDX-License-Identifier: Apache-2.0
"""The sweep's flows over the program itself: make a vault, add, pack, unpack, change passphrase, lock
it for travel and unlock it again, forget its keys.

Two machines stand side by side in the watched folder, Ana's and Ben's, with a stick between them.
A change was promised when valise ended with 0; then it must be there after the fault.
"""
import json
import os
import re
import subprocess

NO_VAULT, WRONG_PASSPHRASE, DUPLICATE, INTEGRITY = 10, 12, 21, 30
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


class Travel(CliFlow):
    """What opens the vault is looked at from both sides: passphrase and shares, never neither."""

    def prepare(self, root):
        self.found(root)
        self.valise.run(root, "ana", "travel", "lock", "2", "3", "--out", self.shares(root), "--member",
                        "Ana")
        self.set_name = json.loads(self.valise.run(root, "ana", "--json", "travel").stdout)["set"]

    def shares(self, root):
        return os.path.join(root, "shares")

    def passphrase_opens(self, root, secrets=None):
        done = self.valise.run(root, "ana", "team", "list", secrets=secrets,
                               fine=(0, WRONG_PASSPHRASE))
        return done.returncode == 0

    def shares_open(self, root):
        """Uses them up: the last look."""
        v = self.valise
        files = sorted(os.path.join(self.shares(root), f) for f in os.listdir(self.shares(root))
                       if f.endswith(".valise-share"))
        with open(v.changed) as stdin:
            command = [v.program, "--vault", os.path.join(root, "ana"), "travel", "unlock", *files[1:3],
                       "--kdf", "floor", "--new-passphrase-fd", "0"]
            return subprocess.run(command, stdin=stdin, capture_output=True, check=False).returncode == 0

    def leftovers(self, root):
        """Names in the vault's folder that may hold another header."""
        return [f for f in os.listdir(os.path.join(root, "ana"))
                if f not in ("header", "lock", "vault.db", "vault.db-wal", "vault.db-shm")]

    def lock(self, root):
        v = self.valise
        name = json.loads(v.run(root, "ana", "--json", "travel").stdout)["set"]
        v.run(root, "ana", "travel", "lock", "--handed-over", name)
        if self.leftovers(root):
            raise Damage(f"{self.leftovers(root)} outlived the travel lock")
        if self.passphrase_opens(root):
            raise Damage("the passphrase opens a locked vault")


class TravelPrepare(Travel):
    name = "travel-prepare"

    def prepare(self, root):
        self.found(root)

    def command(self, root):
        return self.valise.command(root, "ana", "travel", "lock", "2", "3", "--out", self.shares(root),
                                   "--member", "Ana")

    def look(self, root, acked):
        if not self.passphrase_opens(root):
            raise Damage("the passphrase does not open a vault that was not locked")
        self.valise.run(root, "ana", "check")
        if not acked:
            self.valise.run(root, "ana", "travel", "lock", "2", "3", "--out", self.shares(root),
                            "--member", "Ana", "--force")
            for name in os.listdir(self.shares(root)):  # those of the set that counts
                if self.current(root) not in name:
                    os.unlink(os.path.join(self.shares(root), name))
        self.lock(root)
        if not self.shares_open(root):
            raise Damage("the shares that were promised do not open the vault")

    def current(self, root):
        return json.loads(self.valise.run(root, "ana", "--json", "travel").stdout)["set"]


class TravelLock(Travel):
    name = "travel-lock"

    def command(self, root):
        return self.valise.command(root, "ana", "travel", "lock", "--handed-over", self.set_name)

    def look(self, root, acked):
        opens = self.passphrase_opens(root)
        if acked and (opens or self.leftovers(root)):
            raise Damage(f"the passphrase opens a locked vault, or one of {self.leftovers(root)}")
        if opens:
            self.lock(root)
        if not self.shares_open(root):
            raise Damage("the shares do not open the vault"
                         + ("" if opens else ", and neither does the passphrase"))
        self.valise.run(root, "ana", "check", secrets=self.valise.changed)


class TravelLockFat(TravelLock):
    """Without second names: the old header has none once it is replaced."""

    name = "travel-lock-fat"
    env = {"VALISE_FAULT_FAT": "1"}


class TravelUnlock(Travel):
    name = "travel-unlock"

    def __init__(self, valise):
        super().__init__(valise)
        self.stdin = valise.changed

    def prepare(self, root):
        super().prepare(root)
        self.valise.run(root, "ana", "travel", "lock", "--handed-over", self.set_name)

    def command(self, root):
        files = sorted(os.path.join(self.shares(root), f) for f in os.listdir(self.shares(root)))
        return [self.valise.program, "--vault", os.path.join(root, "ana"), "travel", "unlock", *files[:2],
                "--kdf", "floor", "--new-passphrase-fd", "0"]

    def look(self, root, acked):
        opens = self.passphrase_opens(root, self.valise.changed)
        if self.passphrase_opens(root):
            raise Damage("the old passphrase opens the vault again")
        if acked and not opens:
            raise Damage("the new passphrase does not open the vault")
        if not opens and not self.shares_open(root):
            raise Damage("neither the shares nor the new passphrase open the vault")
        self.valise.run(root, "ana", "check", secrets=self.valise.changed)


class Panic(CliFlow):
    """Openable as before, or forgotten; a second panic completes what a cut left."""

    name = "panic"

    def prepare(self, root):
        self.found(root)
        with open(os.path.join(root, "ana", "header"), "rb") as file:
            self.header = file.read()

    def command(self, root):
        return self.valise.command(root, "ana", "panic", "--now")

    def traces(self, root):
        """Is any 16-byte part of the header's secret half in the vault's folder?"""
        parts = [self.header[at:at + 16] for at in range(25, len(self.header) - 16)]
        for name in os.listdir(os.path.join(root, "ana")):
            with open(os.path.join(root, "ana", name), "rb") as file:
                data = file.read()
            if any(part in data for part in parts):
                return name
        return None

    def look(self, root, acked):
        v = self.valise
        done = v.run(root, "ana", "team", "list", fine=(0, NO_VAULT, INTEGRITY))
        if done.returncode == 0 and acked:
            raise Damage("the keys that were forgotten open the vault")
        if done.returncode == 0:
            v.run(root, "ana", "check")
        elif acked and self.traces(root):
            raise Damage(f"'{self.traces(root)}' still holds a part of the key header")
        v.run(root, "ana", "panic", "--now")
        v.run(root, "ana", "team", "list", fine=(NO_VAULT,))
        if self.traces(root):
            raise Damage(f"'{self.traces(root)}' holds a part of the key header after a second panic")


def flows(program, folder):
    valise = Valise(program, os.path.join(folder, "secrets"))
    return [kind(valise) for kind in (Init, Add, Pack, Unpack, Passphrase,
                                     TravelPrepare, TravelLock, TravelLockFat, TravelUnlock,
                                     Panic)]
