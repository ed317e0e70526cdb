# SPDX-License-Identifier: Apache-2.0
"""The real valise-show and valise-eye, started as the vault starts them, and what stands between:
files, the simulated camera, a film, a terminal. For these tests and for those of whole commands.

`build` is the build folder; set it once: programs.BUILD = pathlib.Path(...).
"""
import fcntl
import os
import pathlib
import pty
import select
import struct
import subprocess
import termios
import threading
import time

import messages
import pictures

BUILD = None
SECONDS_MAX = 240


def program(name):
    return str(BUILD / {"valise-show": "offline/show/valise-show", "valise-eye": "offline/eye/valise-eye",
                        "light_see": "tests/light/light_see"}[name])


# ---- the camera between them ---------------------------------------------------------------------


def camera_still(picture, level="fair", camera="1080p30", seed=1, hidden=None):
    """A PNG or PGM file as this camera sees it, as the bytes of a PGM."""
    words = [program("light_see"), "still", level, camera, str(seed)] + ([hidden] if hidden else [])
    return subprocess.run(words + [str(picture)], check=True, capture_output=True).stdout


def camera_film(files, count, fps=20, level="fair", camera="1080p30", seed=1):
    """Starts a film (Y4M on its stdout) of a display that shows these pictures in turn."""
    return subprocess.Popen([program("light_see"), "film", level, camera, str(seed), str(fps), str(count),
                             *map(str, files)], stdout=subprocess.PIPE)


# ---- valise-show ---------------------------------------------------------------------------------


def show_files(parcel, transfer, *options, before=b""):
    """What it makes of a parcel as files: [(name, bytes)], in its order; `before`: messages."""
    return show_message(messages.write("PARCEL", parcel, transfer=transfer), *options, before=before)


def show_message(message, *options, before=b""):
    """The same for any message that can be shown."""
    wire = before + message
    done = subprocess.run([program("valise-show"), *options], input=wire, capture_output=True,
                          timeout=SECONDS_MAX)
    said = messages.read_all(done.stdout)
    assert done.returncode == 0, (done.returncode, [m for m in said if m["kind"] == "ERROR"], done.stderr)
    return [(m["name"], m["body"]) for m in said if m["kind"] == "FILE"]


def save(files, place):
    place = pathlib.Path(place)
    place.mkdir(parents=True, exist_ok=True)
    for name, body in files:
        (place / name).write_bytes(body)
    return [place / name for name, _ in files]


class TerminalShow:
    """valise-show on a pseudo-terminal of columns x rows; `frames` gives finished pictures."""

    def __init__(self, parcel, transfer, columns, rows, *options):
        self.columns, self.rows = columns, rows
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
        # the child wants its terminal as descriptor 3
        def third():
            os.dup2(slave, 3)
            os.set_inheritable(3, True)
        self.child = subprocess.Popen([program("valise-show"), "--to", "terminal", *options],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=third,
                                      close_fds=False)
        os.close(slave)
        self.child.stdin.write(messages.write("PARCEL", parcel, transfer=transfer))
        self.child.stdin.flush()
        self.raw = b""
        self.terminal = pictures.Terminal(columns, rows)

    def frames(self, seconds=30):
        """Yields the terminal after each synchronized update."""
        until, kept = time.monotonic() + seconds, b""
        while time.monotonic() < until:
            if select.select([self.master], [], [], 0.5)[0]:
                kept += os.read(self.master, 1 << 16)
            while b"\x1b[?2026l" in kept:
                update, kept = kept.split(b"\x1b[?2026l", 1)
                self.raw += update + b"\x1b[?2026l"
                self.terminal.feed(update + b"\x1b[?2026l")
                yield self.terminal

    def stop(self):
        """Asks it to end; returns (its messages, what it left on the terminal)."""
        drain = threading.Thread(target=self._drain, daemon=True)
        drain.start()
        out, _ = self.child.communicate(messages.write("STOP"), timeout=30)
        drain.join(5)
        return messages.read_all(out), self.raw

    def _drain(self):
        while True:
            try:
                more = os.read(self.master, 1 << 16)
            except OSError:  # the other side closed
                return
            if not more:
                return
            self.raw += more


# ---- valise-eye ----------------------------------------------------------------------------------


def _heard(child, wire=b""):
    out, err = child.communicate(wire, timeout=SECONDS_MAX)
    said = messages.read_all(out)
    assert child.returncode == 0, (child.returncode, [m for m in said if m["kind"] == "ERROR"], err)
    return said


def eye_images(images, *options, before=b""):
    """What it says to these picture files (bytes), in order, until its end."""
    wire = before + b"".join(messages.write("IMAGE", image) for image in images) + messages.write("END")
    child = subprocess.Popen([program("valise-eye"), *options], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return _heard(child, wire)


def eye_film(film, *options):
    """What it says to a film that comes from a file object's descriptor."""
    read, write = os.pipe()
    def third():
        os.dup2(film.fileno(), 3)
        os.set_inheritable(3, True)
    child = subprocess.Popen([program("valise-eye"), "--stream", *options], stdin=read,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=third,
                             close_fds=False)
    os.close(read)
    film.close()
    try:
        return _heard(child, None)
    finally:
        os.close(write)


def parcels(said):
    return [m["body"] for m in said if m["kind"] == "PARCEL"]
