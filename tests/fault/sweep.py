#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes every change to a vault's files go wrong in turn and looks what is left.

For each flow the number of counted calls is taken from a clean run; then the flow is run once for
each call and each way to fail, and verified without the fault: nothing that was promised ("ack N"
on its output) may be missing, nothing may be half there, and nobody may crash. At the end the
control: with an fsync that promises nothing the same sweep must find damage, or it finds nothing.
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

# (mode, goes on after the first, seed): what happens at call N
WAYS = [
    ("kill", 0, 0),
    ("lose", 0, 0),
    ("lose", 0, 7),
    ("lose", 0, 1234567),
    ("torn", 0, 0),
    ("eio", 0, 0),
    ("eio", 1, 0),
    ("full", 0, 0),
    ("full", 1, 0),
]
OOM_POINTS = 120


class Sweep:
    def __init__(self, shim, folder):
        self.shim = shim
        self.folder = folder
        self.runs = 0
        self.damage = []

    def run(self, command, vault, mode="none", at=0, on=0, seed=0, nosync=0):
        """Exit code (negative: signal), output and number of counted calls."""
        count = os.path.join(self.folder, "count")
        if os.path.exists(count):
            os.unlink(count)
        env = dict(os.environ, LD_PRELOAD=self.shim, VALISE_FAULT_DIR=vault,
                   VALISE_FAULT_MODE=mode, VALISE_FAULT_AT=str(at), VALISE_FAULT_ON=str(on),
                   VALISE_FAULT_SEED=str(seed), VALISE_FAULT_NOSYNC=str(nosync),
                   VALISE_FAULT_COUNT=count)
        done = subprocess.run(command, env=env, capture_output=True, check=False, timeout=300)
        self.runs += 1
        calls = int(open(count).read()) if os.path.exists(count) else 0
        return done, calls

    def one(self, flow, prepared, way, at, nosync=0):
        mode, on, seed = way
        vault = os.path.join(self.folder, "vault")
        shutil.rmtree(vault, ignore_errors=True)
        shutil.copytree(prepared, vault, symlinks=True)
        done, _ = self.run(flow.command(vault), vault, mode, at, on, seed, nosync)
        acks = [int(n) for n in re.findall(rb"^ack (\d+)$", done.stdout, re.M)]
        killed = mode in ("kill", "lose", "torn") and done.returncode == -signal.SIGKILL
        problem = None
        if done.returncode < 0 and not killed:
            problem = f"ended by signal {-done.returncode}"
        elif mode in ("eio", "full", "oom") and done.returncode != 0 and not done.stderr:
            problem = "failed without a word"
        else:
            problem = flow.verify(vault, max(acks, default=0))
        if problem is not None:
            self.damage.append(f"{flow.name}: {mode} on={on} seed={seed} at {at}"
                               f"{' nosync' if nosync else ''}: {problem}")
            print("  damage: " + self.damage[-1], file=sys.stderr)
        return problem

    def flow(self, flow, ways, oom=True):
        prepared = os.path.join(self.folder, "prepared")
        shutil.rmtree(prepared, ignore_errors=True)
        os.mkdir(prepared, 0o700)
        flow.prepare(prepared)
        vault = os.path.join(self.folder, "vault")
        shutil.rmtree(vault, ignore_errors=True)
        shutil.copytree(prepared, vault, symlinks=True)
        done, calls = self.run(flow.command(vault), vault)
        if done.returncode != 0 or calls == 0:
            raise SystemExit(f"{flow.name}: the clean run failed: {done.stderr.decode()}")
        before = self.runs
        for way in ways:
            for at in range(1, calls + 1):
                self.one(flow, prepared, way, at)
        points = self.oom_points(flow, prepared) if oom else []
        for at in points:
            self.one(flow, prepared, ("oom", at % 2, 0), at)
        print(f"{flow.name}: {calls} calls, {len(points)} allocations, "
              f"{self.runs - before} runs")

    def oom_points(self, flow, prepared):
        vault = os.path.join(self.folder, "vault")
        shutil.rmtree(vault, ignore_errors=True)
        shutil.copytree(prepared, vault, symlinks=True)
        _, total = self.run(flow.command(vault), vault, "oom")
        step = max(1, total // OOM_POINTS)
        return range(1, total + 1, step)

    def control(self, flow):
        """True when the sweep finds damage that must be there."""
        prepared = os.path.join(self.folder, "prepared")
        vault = os.path.join(self.folder, "vault")
        shutil.rmtree(vault, ignore_errors=True)
        shutil.copytree(prepared, vault, symlinks=True)
        _, calls = self.run(flow.command(vault), vault)
        kept, self.damage = self.damage, []
        stderr, sys.stderr = sys.stderr, open(os.devnull, "w")
        for at in range(1, calls + 1):
            self.one(flow, prepared, ("lose", 0, 0), at, nosync=1)
        sys.stderr = stderr
        found, self.damage = len(self.damage), kept
        print(f"{flow.name}: control without fsync, damage at {found} of {calls} calls")
        return found > 0


def must(command, **more):
    done = subprocess.run(command, capture_output=True, check=False, **more)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.decode()}")
    return done.stdout.decode()


class RoomFlow:
    """One flow of tests/fault/flow.c."""

    def __init__(self, program, name, before):
        self.program, self.name, self.before = program, name, before

    def prepare(self, vault):
        for step in self.before:
            must([self.program, step, vault])

    def command(self, vault):
        return [self.program, self.name, vault]

    def verify(self, vault, acked):
        done = subprocess.run([self.program, self.name, vault, str(acked)], capture_output=True,
                              check=False)
        if done.returncode == 0:
            return None
        return done.stderr.decode().strip() or f"verify ended with {done.returncode}"


def rooms(sweep, program, only):
    flows = [RoomFlow(program, "make", []), RoomFlow(program, "add", ["make"]),
             RoomFlow(program, "replace", ["place"]),
             RoomFlow(program, "passphrase", ["protect"])]
    for flow in flows:
        if only is not None and flow.name != only:
            continue
        slow = flow.name == "passphrase"  # each run stretches a passphrase
        sweep.flow(flow, WAYS[:2] + WAYS[5:6] + WAYS[7:8] if slow else WAYS, oom=not slow)
        if flow.name in ("add", "replace") and not sweep.control(flow):
            sweep.damage.append(f"{flow.name}: the control found no damage: the sweep is blind")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["rooms"])
    parser.add_argument("--shim", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--flow", help="this flow alone")
    args = parser.parse_args()
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="valise-fault-", dir=base) as folder:
        sweep = Sweep(os.path.realpath(args.shim), os.path.realpath(folder))
        rooms(sweep, os.path.realpath(args.program), args.flow)
        print(f"{sweep.runs} runs, {len(sweep.damage)} with damage")
    return 1 if sweep.damage else 0


if __name__ == "__main__":
    sys.exit(main())
