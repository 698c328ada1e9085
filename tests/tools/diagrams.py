#!/usr/bin/env python3
"""Draws every state table, tests/ROOM/NAME.grid, as a diagram in tests/ROOM/states.md.

A test holds each grid to the table in the header; `--check` holds each page to its grids. So a changed table shows
as a changed line here, and the diagrams are never older than the code."""

import sys

import source


def read(text):
    """(title, [(state, [(event, next state)])]) of a grid."""
    lines = [line.split() for line in text.splitlines()]
    title, *events = lines[0]
    rows = []
    for state, *cells in lines[1:]:
        if len(cells) != len(events):
            raise ValueError(f"{title}: {state} has {len(cells)} cells for {len(events)} events")
        rows.append((state, [(event, to) for event, to in zip(events, cells) if to != "-"]))
    states = {state for state, _ in rows}
    for state, arrows in rows:
        for event, to in arrows:
            if to not in states:
                raise ValueError(f"{title}: {state} on {event}: no state {to}")
    return title, rows


def draw(text):
    title, rows = read(text)
    yield f"## {title}"
    yield ""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"  [*] --> {rows[0][0]}"
    for state, arrows in rows:
        for to in dict.fromkeys(to for _, to in arrows):
            yield f"  {state} --> {to}: {', '.join(event for event, its in arrows if its == to)}"
    yield "```"
    yield ""
    yield "```"
    yield from text.splitlines()
    yield "```"
    yield ""


def pages(grids):
    """{page: text} for {path of a grid: text}."""
    rooms = {}
    for path, text in sorted(grids.items()):
        rooms.setdefault(path.rsplit("/", 1)[0], []).append(text)
    return {
        f"{room}/states.md": "\n".join(
            ["# State tables", "", "Drawn by tests/tools/diagrams.py from the grids beside this page.", ""]
            + [line for text in texts for line in draw(text)]
        )
        for room, texts in rooms.items()
    }


def check(files):
    """Complains about every page that is not what its grids draw."""
    try:
        expected = pages({path: text for path, text in files.items() if path.endswith(".grid")})
    except ValueError as error:
        yield str(error)
        return
    there = {path for path in files if path.endswith("states.md")}
    for page in sorted(expected.keys() | there):
        if files.get(page) != expected.get(page):
            yield f"{page}: is not what the grids draw; run tests/tools/diagrams.py"


def on_disk():
    found = [p for pattern in ("*.grid", "states.md") for p in sorted((source.ROOT / "tests").glob(f"*/{pattern}"))]
    return {path.relative_to(source.ROOT).as_posix(): path.read_text(encoding="utf-8") for path in found}


GRID = {"tests/a/x.grid": "x  on  off\nup  -  down\ndown  up  -\n"}
PAGE = {"tests/a/states.md": pages(GRID)["tests/a/states.md"]}

GOOD = [{}, GRID | PAGE]

BAD = [
    GRID,
    PAGE,
    GRID | {"tests/a/states.md": PAGE["tests/a/states.md"].replace("up --> down: off", "up --> down: on")},
    {"tests/a/x.grid": GRID["tests/a/x.grid"].replace("-  down", "down  -")} | PAGE,
    {"tests/a/x.grid": "x  on  off\nup  -\n"} | PAGE,
    {"tests/a/x.grid": "x  on\nup  sideways\n"} | PAGE,
]

if "--check" in sys.argv or "--self-test" in sys.argv:
    source.run(check, on_disk, GOOD, BAD)
for path, text in pages({path: text for path, text in on_disk().items() if path.endswith(".grid")}).items():
    (source.ROOT / path).write_text(text, encoding="utf-8")
