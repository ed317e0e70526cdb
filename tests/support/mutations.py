# SPDX-License-Identifier: Apache-2.0
"""Mistakes to plant, as the mutations.txt of a folder lists them."""


class Mutation:
    def __init__(self, name, file, before, after):
        self.name, self.file, self.before, self.after = name, file, before, after


def mutations(path):
    """Blocks of: # what is wrong, the file, a line as it is (once in the file), as it becomes."""
    name, block = "", []
    for line in path.read_text().split("\n") + [""]:
        if line.startswith("#"):
            name = line[1:].strip()
        elif line.strip():
            block.append(line)
        elif block:
            file, before, after = block
            yield Mutation(name, file, before, after)
            block = []
