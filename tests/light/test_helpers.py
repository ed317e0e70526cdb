#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The helpers of these tests do what they say: a terminal with known bytes gives known dots, a
message survives its way, and no terminal's default colour passes for black or white."""
import messages
import pictures


def test_terminal():
    terminal = pictures.Terminal(4, 2)
    terminal.feed("\x1b[?2026h\x1b[1;1H\x1b[38;5;231;48;5;16m▀▄ \x1b[2;2H\x1b[38;2;0;0;0;48;5;231m█ "
                  "\x1b[?2026l\x1b_Ga=d\x1b\\".encode())
    seen = terminal.picture(2, 4)
    rows = [list(seen.dots[y * 8:y * 8 + 8:2]) for y in range(0, 8, 2)]
    ground = terminal.GROUND
    assert rows == [[255, 0, 0, ground], [0, 255, 0, ground],
                    [ground, 0, 255, ground], [ground, 0, 255, ground]], rows
    assert terminal.open == 1 and terminal.closed == 1
    assert 0 < terminal.GROUND < terminal.LETTERS < 255


def test_pgm():
    picture = pictures.Picture(3, 2, bytes(range(6)))
    again = pictures.read_pgm(picture.pgm())
    assert (again.width, again.height, again.dots) == (3, 2, picture.dots)


def test_messages():
    wire = messages.write("GOT", transfer=b"12345678", wanted=5) + messages.write("TITLE", b"words")
    got, title = messages.read_all(wire)
    assert got == {"kind": "GOT", "transfer": b"12345678", "wanted": 5, "body": b""}
    assert title == {"kind": "TITLE", "body": b"words"}
    try:
        messages.read_all(wire[:-1])
    except AssertionError:
        return
    raise AssertionError("a message cut short was read")


def main():
    for name, test in sorted(globals().items()):
        if name.startswith("test_"):
            test()
            print("ok", name)


if __name__ == "__main__":
    main()
