#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is made from the tables is what is committed, and only out*.c print.

usage: test_tables.py PROGRAM [TEST ...]
"""
import pathlib
import re

import laptop

TREE = pathlib.Path(__file__).resolve().parents[2]
CMD = TREE / "offline/cmd"


def test_committed_files_are_what_the_tables_say(new):
    ana = new("ana")
    for words, path in ((("help", "--man"), "docs/man/valise.1"),
                        (("help", "--completion", "bash"), "offline/cmd/completion/valise"),
                        (("help", "--json-reference"), "docs/json.md")):
        made = ana.run(*words).out
        assert made == (TREE / path).read_text(), f"{path}: run `valise {' '.join(words)}` again"


def test_every_verb_has_help_and_a_place_in_the_overview(new):
    ana = new("ana")
    verbs = verbs_of(ana)
    assert len(verbs) > 35
    for verb in verbs:
        for words in (("help", verb), (verb, "--help"), ("--help", verb), (verb, "-h")):
            said = ana.run(*words).out
            assert said.startswith(f"valise {verb}: "), (words, said)
        for line in ana.json("help", verb).lines():
            assert line["name"] == verb and line["usage"]


def verbs_of(ana):
    return [line["name"] for line in ana.json("help").lines()]


def test_a_verb_is_one_file_in_the_build(new):
    words = (CMD / "CMakeLists.txt").read_text()
    for verb in verbs_of(new("ana")):
        assert (CMD / f"cmd-{verb}.c").exists(), verb
        assert re.search(rf"\b{verb}\b", words), verb


def test_only_the_printing_module_prints(new):
    prints = re.compile(r"\b(printf|fprintf|dprintf|vprintf|vfprintf|puts|fputs|putchar|putc|fputc|fwrite|"
                        r"perror|stdout|stderr)\b")
    to_screen = re.compile(r"\bwrite\s*\(\s*(1|2|STDOUT_FILENO|STDERR_FILENO)\b")
    for path in sorted(CMD.glob("*.c")):
        if path.name.startswith("out"):
            continue
        code = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        code = re.sub(r'"(?:[^"\\]|\\.)*"', '""', code)
        for number, line in enumerate(code.split("\n"), 1):
            assert not prints.search(line) and not to_screen.search(line), (path.name, number, line)


def test_arguments_and_environment_hold_no_secret_option(new):
    for line in new("ana").json("help").lines():
        assert not {"passphrase", "password", "secret"} & set(line["options"]), line


if __name__ == "__main__":
    laptop.main(globals())
