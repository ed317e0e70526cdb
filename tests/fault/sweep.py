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

import cli_flows

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
CLI_WAYS = [WAYS[0], WAYS[1], WAYS[3], WAYS[4], WAYS[5], WAYS[8]]
OOM_POINTS = 120


class Sweep:
    def __init__(self, shim, folder, points):
        self.shim = shim
        self.points = points  # at most so many calls for each way; 0: all
        self.folder = folder
        self.runs = 0
        self.damage = []

    def run(self, flow, vault, mode="none", at=0, on=0, seed=0, nosync=0):
        """What became of the flow (returncode, stdout, stderr) and the number of counted calls."""
        count = os.path.join(self.folder, "count")
        if os.path.exists(count):
            os.unlink(count)
        env = dict(os.environ, LD_PRELOAD=self.shim, VALISE_FAULT_DIR=vault,
                   VALISE_FAULT_MODE=mode, VALISE_FAULT_AT=str(at), VALISE_FAULT_ON=str(on),
                   VALISE_FAULT_SEED=str(seed), VALISE_FAULT_NOSYNC=str(nosync),
                   VALISE_FAULT_COUNT=count, **flow.env)
        with open(flow.stdin or os.devnull) as stdin:
            done = subprocess.run(flow.command(vault), env=env, stdin=stdin, capture_output=True,
                                  check=False, timeout=300)
        self.runs += 1
        with open(count) as file:
            calls = int(file.read() or 0)
        return done, calls

    def one(self, flow, prepared, way, at, nosync=0):
        mode, on, seed = way
        vault = os.path.join(self.folder, "vault")
        shutil.rmtree(vault, ignore_errors=True)
        shutil.copytree(prepared, vault, symlinks=True)
        done, _ = self.run(flow, vault, mode, at, on, seed, nosync)
        killed = mode in ("kill", "lose", "torn") and done.returncode == -signal.SIGKILL
        problem = None
        if done.returncode < 0 and not killed:
            problem = f"ended by signal {-done.returncode}"
        elif mode in ("eio", "full") and done.returncode != 0 and not done.stderr:
            problem = "failed without a word"
        else:
            problem = flow.verify(vault, flow.acked(done))
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
        done, calls = self.run(flow, vault)
        if done.returncode != 0 or calls == 0:
            raise SystemExit(f"{flow.name}: the clean run failed ({done.returncode}, {calls} "
                             f"calls): {done.stderr.decode()}")
        before = self.runs
        for shift, way in enumerate(ways):
            for at in self.spread(calls, shift):
                self.one(flow, prepared, way, at)
            if way[0] == "lose":
                self.one(flow, prepared, way, calls + 1)
        points = self.oom_points(flow, prepared) if oom else []
        for at in points:
            self.one(flow, prepared, ("oom", at % 2, 0), at)
        print(f"{flow.name}: {calls} calls, {len(points)} allocations, "
              f"{self.runs - before} runs")

    def oom_points(self, flow, prepared):
        vault = os.path.join(self.folder, "vault")
        shutil.rmtree(vault, ignore_errors=True)
        shutil.copytree(prepared, vault, symlinks=True)
        _, total = self.run(flow, vault, "oom")
        step = max(1, total // min(OOM_POINTS, self.points or OOM_POINTS))
        return range(1, total + 1, step)

    def spread(self, calls, shift):
        """All calls, or some of them evenly; other ones for each way."""
        step = -(-calls // self.points) if self.points else 1
        return range(1 + shift % step, calls + 1, step)

    def control(self, flow):
        """True when the sweep finds damage that must be there."""
        prepared = os.path.join(self.folder, "prepared")
        vault = os.path.join(self.folder, "vault")
        shutil.rmtree(vault, ignore_errors=True)
        shutil.copytree(prepared, vault, symlinks=True)
        _, calls = self.run(flow, vault)
        kept, self.damage = self.damage, []
        stderr, sys.stderr = sys.stderr, open(os.devnull, "w")
        for at in [*self.spread(calls, 0), calls + 1]:
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

    stdin = None

    def __init__(self, program, name, before, **env):
        self.program, self.name, self.before, self.env = program, name, before, env

    def prepare(self, vault):
        for step in self.before:
            must([self.program, step, vault])

    def command(self, vault):
        return [self.program, self.name, vault]

    def acked(self, done):
        return max((int(n) for n in re.findall(rb"^ack (\d+)$", done.stdout, re.M)), default=0)

    def verify(self, vault, acked):
        done = subprocess.run([self.program, self.name, vault, str(acked)], capture_output=True,
                              check=False)
        if done.returncode == 0:
            return None
        return done.stderr.decode().strip() or f"verify ended with {done.returncode}"


def rooms(sweep, program, only):
    flows = [RoomFlow(program, "make", []), RoomFlow(program, "add", ["make"]),
             RoomFlow(program, "replace", ["place"]), RoomFlow(program, "fresh", []),
             RoomFlow(program, "fresh", [], VALISE_FAULT_FAT="1"),
             RoomFlow(program, "passphrase", ["protect"])]
    for flow in flows:
        if only is not None and flow.name != only:
            continue
        slow = flow.name == "passphrase"  # each run stretches a passphrase
        sweep.flow(flow, WAYS[:2] + WAYS[5:6] + WAYS[7:8] if slow else WAYS, oom=not slow)
        if flow.name in ("add", "replace") and not sweep.control(flow):
            sweep.damage.append(f"{flow.name}: the control found no damage: the sweep is blind")


def cli(sweep, program, only):
    for flow in cli_flows.flows(program, sweep.folder):
        if only is not None and flow.name != only:
            continue
        sweep.flow(flow, CLI_WAYS)
        if flow.name == "add" and not sweep.control(flow):
            sweep.damage.append(f"{flow.name}: the control found no damage: the sweep is blind")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["rooms", "cli"])
    parser.add_argument("--shim", required=True)
    parser.add_argument("--program", required=True, help="fault_flow, or valise for cli")
    parser.add_argument("--flow", help="this flow alone")
    parser.add_argument("--points", type=int, default=0,
                        help="at most so many calls for each way to fail (default: all)")
    args = parser.parse_args()
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="valise-fault-", dir=base) as folder:
        sweep = Sweep(os.path.realpath(args.shim), os.path.realpath(folder), args.points)
        work = {"rooms": rooms, "cli": cli}[args.what]
        work(sweep, os.path.realpath(args.program), args.flow)
        print(f"{sweep.runs} runs, {len(sweep.damage)} with damage")
    return 1 if sweep.damage else 0


if __name__ == "__main__":
    sys.exit(main())
