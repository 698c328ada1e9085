#!/usr/bin/env python3
"""fuzz_coverage.py FILE [--raise] < LCOV: how many lines of each header of include/ the corpora of the fuzz targets run.

FILE has a line for each header: its path, the least percentage, and behind a # the reason where that is below 85. Fails
when fewer lines ran than it says, or a header is missing there, and lists those below 85 without a reason. --raise
writes the percentages of now where they are higher, keeps the others, and adds what is missing."""

import pathlib
import sys

import coverage

LEAST = 85
SLACK = 1  # a line that moves between headers, or a compiler that counts one more


def read(path):
    """{header: (least, reason)}"""
    known = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            fields, _, reason = line.partition("#")
            if fields.strip():
                header, least = fields.split()
                known[header] = int(least), reason.strip()
    return known


def measure(lcov):
    """{header: (lines that ran, lines)}"""
    counted = {}
    for path, counts in coverage.read(lcov).items():
        if not path.startswith("include/floe/"):
            continue
        counts = coverage.only_code(path, counts)
        if counts:
            counted[path] = sum(runs != 0 for runs in counts.values()), len(counts)
    return counted


def faults(counted, known):
    for header, (ran, lines) in sorted(counted.items()):
        now = 100 * ran // lines
        least, reason = known.get(header, (0, ""))
        coverage.row(header, ran, lines, f"least {least}" + (f"  # {reason}" if reason else ""))
        if header not in known:
            yield f"{header}: {now} %, and no line says how many it must be"
        elif now + SLACK < least:
            yield f"{header}: {now} %, and it was {least} %"
    for header in sorted(set(known) - set(counted)):
        yield f"{header}: no corpus runs it any more"


def write(path, counted, known):
    lines = []
    for header, (ran, all_lines) in sorted(counted.items()):
        least, reason = known.get(header, (0, ""))
        least = max(least, 100 * ran // all_lines)
        lines.append(f"{header} {least}" + (f"  # {reason}" if reason and least < LEAST else ""))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(file, *options):
    path = pathlib.Path(file)
    counted = measure(sys.stdin)
    if not counted:
        sys.exit("fuzz_coverage: no lines")
    if "--raise" in options:
        write(path, counted, read(path))
    found = list(faults(counted, read(path)))
    coverage.row("all", sum(r for r, _ in counted.values()), sum(n for _, n in counted.values()))
    low = [header for header, (least, reason) in read(path).items() if least < LEAST and not reason]
    print(f"below {LEAST} % without a reason: {' '.join(sorted(low)) or 'none'}")
    print("\n".join(found), file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
