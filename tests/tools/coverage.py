#!/usr/bin/env python3
"""coverage.py LEAST FOLDER... < LCOV: how many lines of each file in the folders ran, and which did not.

Fails when less than LEAST percent of all lines ran. Lines that only ever run while compiling (a
static_assert's) count as not run; templates that nobody instantiates have no lines at all."""

import os
import pathlib
import re
import sys


def read(lcov):
    """{path: {line: runs}} of a trace file; what several programs or instantiations ran adds up."""
    files, lines = {}, {}
    for record in lcov:
        if path := re.match(r"SF:(.*)", record):
            lines = files.setdefault(os.path.relpath(path[1]), {})
        elif counted := re.match(r"DA:(\d+),(\d+)", record):
            line, runs = map(int, counted.groups())
            lines[line] = lines.get(line, 0) + runs
    return files


def holds_code(text):
    """llvm counts blank lines and comments inside of what did not run."""
    return text.strip() != "" and not text.lstrip().startswith("//")


def only_code(path, counts):
    text = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    return {line: runs for line, runs in counts.items() if holds_code(text[line - 1])}


def ranges(numbers):
    """1 2 3 7 -> 1-3, 7"""
    spans = []
    for n in sorted(numbers):
        if spans and n == spans[-1][1] + 1:
            spans[-1][1] = n
        else:
            spans.append([n, n])
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in spans)


def row(name, ran, lines, missed=""):
    print(f"{name:44} {ran:5} of {lines:5} {100 * ran / lines:6.1f} %  {missed}".rstrip())


def main(least, folders):
    files = {path: only_code(path, counts)
             for path, counts in read(sys.stdin).items() if counts and path.startswith(tuple(folders))}
    if not files:
        sys.exit("coverage: no lines")
    print("lines that ran, and those that did not")
    ran = lines = 0
    for path, counts in sorted(files.items()):
        missed = [line for line, runs in counts.items() if runs == 0]
        ran += len(counts) - len(missed)
        lines += len(counts)
        row(path, len(counts) - len(missed), len(counts), ranges(missed))
    row("all", ran, lines)
    return 0 if 100 * ran >= least * lines else 1


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
