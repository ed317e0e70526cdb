# SPDX-License-Identifier: Apache-2.0
"""valise-show as its callers start it, an X server without a screen, and what is seen on either."""
import fcntl
import hashlib
import os
import pathlib
import select
import struct
import subprocess
import tempfile
import termios
import threading
import time

import messages
import pictures

PATIENCE = 60  # seconds for what takes one on an idle machine


class Show:
    """The program with two pipes and, on descriptor 3, a terminal if there is one."""

    def __init__(self, program, *arguments, environment=None, terminal=None):
        third = None if terminal is None else lambda: os.dup2(terminal, 3)
        self.process = subprocess.Popen(
            [program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=dict(environment or {}, ASAN_OPTIONS="detect_leaks=0"), close_fds=terminal is None, preexec_fn=third)
        self.stream = b""

    def send(self, kind, body=b"", **numbers):
        self.process.stdin.write(messages.write(kind, body, **numbers))
        self.process.stdin.flush()
        return self

    def next(self):
        """The next message, or None when there will be none."""
        end = time.monotonic() + PATIENCE
        while True:
            if len(self.stream) >= 5:
                number, length = struct.unpack_from("<BI", self.stream)
                if len(self.stream) >= 5 + length:
                    body, self.stream = self.stream[5:5 + length], self.stream[5 + length:]
                    return messages.read_body(messages.NAMES[number], body)
            ready, _, _ = select.select([self.process.stdout], [], [], end - time.monotonic())
            assert ready, "valise-show says nothing"
            more = os.read(self.process.stdout.fileno(), 1 << 20)
            if not more:
                assert not self.stream, "a message was cut short"
                return None
            self.stream += more

    def until(self, kind, **wanted):
        while True:
            message = self.next()
            assert message is not None, "no %s came" % kind
            if message["kind"] == kind and all(message[k] == v for k, v in wanted.items()):
                return message
            assert message["kind"] != "ERROR", message

    def rest(self):
        found = []
        while (message := self.next()) is not None:
            found.append(message)
        return found

    def end(self, code=0):
        found = self.rest()
        assert self.process.wait(PATIENCE) == code, (
            self.process.returncode, [(m["kind"], m["body"][:300]) for m in found][-3:])
        return found


class Screen:
    """An X server that draws into a file."""

    def __init__(self, width, height):
        self.folder = tempfile.TemporaryDirectory()
        read, write = os.pipe()
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "%dx%dx24" % (width, height),
             "-fbdir", self.folder.name, "-nolisten", "tcp", "-noreset"],
            pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            number = pipe.readline().strip().decode()
        assert number, "Xvfb did not start"
        self.environment = {"DISPLAY": ":" + number, "HOME": self.folder.name,
                            "PATH": os.environ["PATH"]}

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()

    def picture(self):
        """What is on the screen, in grey: an XWD file, of which the green is taken."""
        data = (pathlib.Path(self.folder.name) / "Xvfb_screen0").read_bytes()
        head = struct.unpack(">25I", data[:100])
        size, width, height, stride, colours = head[0], head[4], head[5], head[12], head[19]
        at = size + 12 * colours
        rows = [data[at + y * stride + 1:at + y * stride + 4 * width:4] for y in range(height)]
        return pictures.Picture(width, height, b"".join(rows))

    def press(self, *keys):
        for key in keys:
            subprocess.run(["xdotool", "key", key], env=self.environment, check=True)

    def until(self, seen):
        """The first picture that fits; a screen tells nobody when it has changed."""
        end = time.monotonic() + PATIENCE
        while True:
            picture = self.picture()
            found = seen(picture)
            if found:
                return found
            assert time.monotonic() < end, "it was never seen on the screen"


class Tty:
    """A terminal that is remembered byte by byte; it says who it is when asked."""

    def __init__(self, columns, rows, answer=b"\x1b[?62;c", dots=(0, 0)):
        self.ours, self.theirs = os.openpty()
        self.lock = threading.Lock()
        self.resize(columns, rows, dots)
        self.answer = answer
        self.before = termios.tcgetattr(self.theirs)
        threading.Thread(target=self.remember, daemon=True).start()

    def resize(self, columns, rows, dots=(0, 0)):
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, *dots))
        with self.lock:
            self.columns, self.rows, self.data = columns, rows, b""

    def remember(self):
        asked = False
        while True:
            try:
                more = os.read(self.ours, 1 << 16)
            except OSError:
                return
            with self.lock:
                self.data += more
            if not asked and b"\x1b[c" in self.data:
                asked = True
                os.write(self.ours, self.answer)

    def type(self, keys):
        os.write(self.ours, keys)

    def until(self, words, count=1):
        end = time.monotonic() + PATIENCE
        while self.data.count(words) < count:
            assert time.monotonic() < end, "the terminal never got %r" % words
            select.select([], [], [], 0.005)
        return self.data

    def frame(self):
        """The picture after the last whole frame."""
        data = self.until(b"\x1b[?2026l")
        whole = data[:data.rindex(b"\x1b[?2026l") + 8]
        return pictures.Terminal(self.columns, self.rows).feed(whole).picture()

    def check_given_back(self):
        self.until(b"\x1b[?1049l")
        assert self.data.endswith(b"\x1b[?25h\x1b[?1049l"), self.data[-40:]
        assert termios.tcgetattr(self.theirs) == self.before


class Reader:
    """zbar, by the program light_codes."""

    def __init__(self, program):
        self.program = program

    def codes(self, picture, *parts):
        words = [str(n) for part in parts for n in part]
        out = subprocess.run([self.program, *words], input=picture.pgm(), capture_output=True,
                             check=True)
        return [bytes.fromhex(line) for line in out.stdout.decode().split()]


# ---- the canvas and the symbols, written down a second time from frames.h ----

GAP, MARKER = 4, 14


def canvas(cols, rows, version):
    """Width, height and the places of the codes, in squares."""
    side, edge = 17 + 4 * version, 2 * GAP + MARKER
    codes = rows * side + (rows - 1) * GAP
    width = 2 * edge + cols * side + (cols - 1) * GAP
    height = max(codes + 2 * GAP, 2 * edge - GAP)
    top = (height - codes) // 2
    return width, height, [(edge + c * (side + GAP), top + r * (side + GAP), side, side)
                           for r in range(rows) for c in range(cols)]


def parts_on(width, height, cols, rows, version):
    """Where the codes are on width x height dots, as large as fits, in the middle."""
    wide, high, cells = canvas(cols, rows, version)
    scale = min(width // wide, height // high)
    left, top = (width - wide * scale) // 2, (height - high * scale) // 2
    return [(left + x * scale, top + y * scale, w * scale, h * scale) for x, y, w, h in cells]


def symbol(code):
    """The parts of a symbol whose tag is right."""
    assert code[:2] == b"VQ" and code[2] >> 4 == 1, code[:4]
    transfer = code[4:12]
    tag = hashlib.blake2b(b"valise/symbol\0" + code[:-8], digest_size=32).digest()
    assert tag[:8] == code[-8:], "a tag does not hold"
    total, generation, esi, layout, cell = struct.unpack_from("<IHIBB", code, 12)
    return {"type": code[2] & 15, "transfer": transfer, "total": total, "generation": generation,
            "esi": esi, "cols": layout >> 4, "rows": layout & 15, "cell": cell,
            "data": code[24:-8]}
