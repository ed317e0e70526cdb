# SPDX-License-Identifier: Apache-2.0
"""One offline laptop for the tests: a home with a vault in it, and a way to run `valise` there.

Without a terminal (`run`), or on a pseudo-terminal with somebody who types answers (`type`).
"""
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time

PROGRAM = None  # set by main()
PASSPHRASE = "correct horse battery staple"
# Never for people: names of keys and of clauses about power.
STRANGE = re.compile(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{16,}\b|\[AUTH-")
DATA = pathlib.Path(__file__).resolve().parents[1] / "data"


class Outcome:
    def __init__(self, words, code, out, err):
        self.words, self.code, self.raw, self.raw_err = words, code, out, err
        self.out, self.err = out.decode(errors="replace"), err.decode(errors="replace")

    def lines(self):
        """The JSON lines of stdout."""
        return [json.loads(line) for line in self.out.splitlines()]

    def one(self, kind):
        found = [line for line in self.lines() if line["type"] == kind]
        assert len(found) == 1, (self.words, kind, self.out, self.err)
        return found[0]

    def words_shown(self):
        """The nine words a person reads out."""
        return re.search(r"((?:[a-z-]+ ){8}[a-z-]+)\s*$", self.out, re.M).group(1)

    def record(self):
        return re.search(r"\b[a-z2-7]{2,}-\d+-\d+\b", self.out).group(0)


class Laptop:
    def __init__(self, place, owner):
        self.owner = owner
        self.home = pathlib.Path(place) / owner
        self.home.mkdir(parents=True)
        self.vault = self.home / "vault"
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.home), "NO_COLOR": "1",
                    "XDG_RUNTIME_DIR": str(self.home), "LC_ALL": "C.UTF-8", "TZ": "UTC",
                    "VALISE_VAULT": str(self.vault), "TERM": "dumb",
                    **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
        os.chmod(self.home, 0o700)

    def run(self, *words, code=0, passphrase=None, secrets=None, input=b"", env=None, json=False):
        """Runs `valise WORDS` without a terminal; the exit code must be `code` (None: any)."""
        command, fds = [str(PROGRAM)], []
        for option, lines in (("--passphrase-fd", passphrase), ("--secret-fd", secrets)):
            if lines is not None:
                read, write = os.pipe()
                os.write(write, (lines + "\n").encode())
                os.close(write)
                fds.append(read)
                command += [option, str(read)]
        command += ["--json"] if json else []
        command += [w if isinstance(w, bytes) else str(w) for w in words]
        done = subprocess.run(command, capture_output=True, input=input, cwd=self.home, pass_fds=fds,
                              env={**self.env, **(env or {})}, start_new_session=True, timeout=300)
        for fd in fds:
            os.close(fd)
        assert 0 <= done.returncode < 128, (words, done.returncode, done.stderr)  # no crash, ever
        if code is not None:
            assert done.returncode == code, "%s: 'valise %s' ended with %d, not %d\n%s%s" % (
                self.owner, " ".join(map(str, words)), done.returncode, code,
                done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
        said = Outcome(words, done.returncode, done.stdout, done.stderr)
        if not json and words[0] not in ("generate", "version"):
            strange = STRANGE.search((said.out + said.err).replace(str(self.home.parent), ""))
            assert strange is None, (words, strange.group(0), said.out, said.err)
        return said

    def json(self, *words, **how):
        return self.run(*words, json=True, **how)

    def type(self, *words, answers=(), env=None, columns=80, rows=24, timeout=60):
        """Runs on a pseudo-terminal; answers: (what is asked, what is typed) in order."""
        pid, master = pty.fork()
        if pid == 0:
            os.chdir(self.home)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execve(str(PROGRAM), [str(PROGRAM)] + [str(w) for w in words],
                      {**self.env, "TERM": "xterm", "COLUMNS": str(columns), **(env or {})})
        seen, waiting, end = b"", list(answers), time.monotonic() + timeout
        mark = 0
        while True:
            ready, _, _ = select.select([master], [], [], max(0, end - time.monotonic()))
            if not ready:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                raise AssertionError("no answer to what was asked: %r" % seen)
            try:
                part = os.read(master, 65536)
            except OSError:
                part = b""
            if not part:
                break
            seen += part
            while waiting:
                found = re.search(waiting[0][0].encode(), seen[mark:])
                if not found:
                    break
                mark += found.end()
                answer = waiting.pop(0)[1]
                answer = answer(found) if callable(answer) else answer
                os.write(master, answer.encode() + b"\n")
        os.close(master)
        _, status = os.waitpid(pid, 0)
        return Outcome(words, os.waitstatus_to_exitcode(status), seen, b"")

    def begin(self):
        self.run("init", "--kdf", "floor", passphrase=PASSPHRASE)
        self.run("unlock", passphrase=PASSPHRASE)
        return self

    def found(self, team, member, device=None):
        self.run("team", "new", team, "--member", member, "--device", device or member + "-laptop",
                 "--sheet", self.home / "sheet.txt")
        return self

    def join(self, colleague, member, role="editor"):
        """The two files and both comparisons."""
        mine, welcome = self.home / "me.join", colleague.home / (member + ".invite")
        asked = self.run("join", "--out", mine, "--member", member, "--device", member + "-laptop",
                         "--sheet", self.home / "sheet.txt")
        invited = colleague.run("invite", mine, "--role", role, "--out", welcome,
                                "--words", asked.words_shown())
        self.run("join", welcome, "--words", invited.words_shown())
        return self

    def hash(self):
        return self.json("hash").one("state")["words"]

    def at(self, days):
        """From now on the calendar here is so many days away from the others'; False: not possible."""
        clock = os.environ.get("VALISE_TEST_CLOCK", "")
        if clock:
            self.env.update(LD_PRELOAD=clock, VALISE_TEST_DAYS=str(days))
        return bool(clock)

    def lock(self):
        self.run("lock", code=None)


def main(tests):
    """Runs every function test_* of a dictionary: SCRIPT PROGRAM [NAME ...]"""
    import sys
    global PROGRAM
    PROGRAM = pathlib.Path(sys.argv[1]).resolve()
    failed = 0
    for name, test in list(tests.items()):
        if not name.startswith("test_") or (sys.argv[2:] and name not in sys.argv[2:]):
            continue
        started, laptops = time.monotonic(), []
        with tempfile.TemporaryDirectory(prefix="valise-test-") as place:
            def laptop(owner, place=place, laptops=laptops):
                laptops.append(Laptop(place, owner))
                return laptops[-1]
            try:
                test(laptop)
                print("ok   %-60s %.1f s" % (name, time.monotonic() - started), flush=True)
            except Exception:  # noqa: BLE001: every failure is one line and a trace
                import traceback
                failed += 1
                print("FAIL %s" % name, flush=True)
                traceback.print_exc()
            finally:
                for each in laptops:
                    each.lock()
    sys.exit(1 if failed else 0)
