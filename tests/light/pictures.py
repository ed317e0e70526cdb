# SPDX-License-Identifier: Apache-2.0
"""Grey pictures in Python's standard library: PGM in and out, and a terminal turned into one."""
import pathlib
import re


class Picture:
    def __init__(self, width, height, dots=None):
        self.width, self.height = width, height
        self.dots = bytearray(b"\xff" * (width * height)) if dots is None else bytearray(dots)
        assert len(self.dots) == width * height

    def fill(self, x, y, width, height, grey):
        for row in range(y, y + height):
            at = row * self.width + x
            self.dots[at:at + width] = bytes([grey]) * width

    def pgm(self):
        return b"P5\n%d %d\n255\n" % (self.width, self.height) + bytes(self.dots)

    def save(self, path):
        pathlib.Path(path).write_bytes(self.pgm())
        return path


def read_pgm(data):
    head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", data)
    width, height = int(head[1]), int(head[2])
    return Picture(width, height, data[head.end():head.end() + width * height])


# What a terminal of ours shows for letters: of each place the upper and the lower half's share of
# the letter's own colour. Other letters are blots; a code never needs them.
HALVES = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
BLOT = (0.3, 0.3)
SEQUENCE = re.compile(r"\x1b\[([0-9;?<=>]*)([@-~])|\x1b[_\]P].*?(?:\x1b\\|\x07)|\x1b[=>78cMDE]|"
                      r"\x1b[()][A-Z0-9]", re.S)


def grey_of_256(number):
    if number >= 232:
        return 8 + 10 * (number - 232)
    if number >= 16:
        parts = [(number - 16) // 36, (number - 16) // 6 % 6, (number - 16) % 6]
        red, green, blue = [0 if p == 0 else 55 + 40 * p for p in parts]
        return (299 * red + 587 * green + 114 * blue) // 1000
    return 0 if number == 0 else 255 if number == 15 else 128


class Terminal:
    """As much of a terminal as full-screen programs use, remembered as two greys a place.

    Its own colours are green on blue, so that whoever counts on the defaults is found out.
    """
    LETTERS, GROUND = 150, 29

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.places = {}
        self.x = self.y = 0
        self.colours = [self.LETTERS, self.GROUND]
        self.open = 0  # synchronized updates begun and ended
        self.closed = 0

    def feed(self, data):
        text, at = data.decode(errors="replace"), 0
        while at < len(text):
            if text[at] == "\x1b":
                found = SEQUENCE.match(text, at)
                assert found, "a sequence this terminal does not know: %r" % text[at:at + 20]
                if found[2]:
                    self.command(found[1], found[2])
                at = found.end()
            else:
                self.letter(text[at])
                at += 1
        return self

    def letter(self, letter):
        if letter == "\r":
            self.x = 0
        elif letter == "\n":
            self.y = min(self.y + 1, self.rows - 1)
        elif letter >= " ":
            letters, ground = self.colours
            if self.x < self.columns:
                self.places[self.x, self.y] = [ground + (letters - ground) * share
                                               for share in HALVES.get(letter, BLOT)]
            self.x += 1

    def command(self, numbers, what):
        if numbers[:1] in "?<=>" and numbers:
            self.open += (numbers, what) == ("?2026", "h")
            self.closed += (numbers, what) == ("?2026", "l")
            return
        values = [int(n or 0) for n in numbers.split(";")]
        if what in "Hf":
            self.y = max(values[0], 1) - 1
            self.x = max((values + [1])[1], 1) - 1
        elif what == "J" and values[0] == 2:
            self.places = {}
        elif what == "m":
            self.paint(values)

    def paint(self, values):
        while values:
            value = values.pop(0)
            if value == 0:
                self.colours = [self.LETTERS, self.GROUND]
            elif value in (38, 48) and values[:1] == [5]:
                self.colours[value == 48] = grey_of_256(values[1])
                del values[:2]
            elif value in (38, 48) and values[:1] == [2]:
                red, green, blue = values[1:4]
                self.colours[value == 48] = (299 * red + 587 * green + 114 * blue) // 1000
                del values[:4]

    def picture(self, wide=8, high=16):
        """As on a screen with letters of wide x high dots."""
        drawn = Picture(self.columns * wide, self.rows * high)
        blank = [self.GROUND, self.GROUND]
        for row in range(self.rows):
            for half in (0, 1):
                line = b"".join(bytes([int(self.places.get((column, row), blank)[half])]) * wide
                                for column in range(self.columns))
                start = (row * high + half * high // 2) * drawn.width
                drawn.dots[start:start + drawn.width * (high // 2)] = line * (high // 2)
        return drawn
