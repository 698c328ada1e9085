#!/usr/bin/env python3
"""Writes the page and the picture of what becomes of sessions behind every pair of NATs.

`page.py PROGRAM` runs the program tests/soak/table and writes benchmarks/nat_table.md and .svg.
`page.py PROGRAM --check K` runs every K-th pair of NATs, and the mixes, and says where the page differs; and draws the
picture from the page's numbers again, which must give the same bytes."""

import math
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "benchmarks/nat_table.md"
PICTURE = ROOT / "benchmarks/nat_table.svg"

FAMILIES = ("IPv4", "IPv6", "both")
LOSSES = (0, 10, 30)
NATS = [mapping + filtering for mapping in "IAP" for filtering in "IAP"]

INTRODUCTION = """\
# Sessions behind every pair of NATs

`./dev table` writes this page and its picture; a second run writes the same bytes. Each cell is 100 sessions between
two floe agents in the simulator (`tests/sim`), each behind one NAT, with every other setting as floe has it by default.
All candidates are known when a session begins, so what gathering and signalling take comes on top. A datagram between
the hosts takes 20 ms, one to a server 15 ms; so does a datagram through a relay to each of its sides. Loss is in
percent, each way. Both NATs translate IPv6 as well, which few do: that way both families are alike, and "both" shows
what it costs to have twice the candidates.

A NAT is two letters, its mapping and its filtering (RFC 4787): **I** independent of the destination, **A** dependent
on its address, **P** dependent on address and port. So II is a full cone, IA a restricted cone, IP a port-restricted
cone, and PP what is called symmetric. The left side controls.

![Heat maps: connected without TURN, relayed with TURN, and the time until both have selected a pair](nat_table.svg)

Data flows from the first valid pair on. A pair is selected later: the controlling agent waits for a better pair that is
still being checked, one and a half round trips since its check left, and between NATs the pair of the hosts' own
addresses is checked in vain.
"""

MIX_COLUMNS = ("dependent", "strict", "blocked", "sessions", "without", "connected", "direct", "translated", "relayed",
               "twice", "valid", "selected", "late", "datagrams")


def times_part(lines):
    *rows, lossy = [line.split("\t") for line in lines]
    _, median, median_aim, late, late_aim = lossy
    return "\n".join([
        "## At a round trip of 100 ms",
        "",
        "Both sides know all candidates and each other's pace. Nothing is lost. *Valid*: milliseconds until a side has",
        "its first valid pair; *settled*: from then until both have selected. A path through a relay has a round trip of",
        "200 ms here. The aims are tests (`tests/scenarios/timing.cpp`).",
        "",
        "| sides | round trip | valid | aim | settled | aim |",
        "| --- | --- | --- | --- | --- | --- |",
        *(f"| {name} | {trip} | {valid} | ≤ {valid_aim} | {settled} | ≤ {settled_aim} |"
          for name, trip, valid, valid_aim, settled, settled_aim in rows),
        "",
        f"Where every tenth datagram is lost, two port-restricted sides both have a valid pair after {median} ms in the",
        f"median of 100 sessions (aim: {median_aim}), 95 of them after {late} ms (aim: {late_aim}).",
        "",
    ])


def mix_part(lines):
    table, at_eight = [], None
    for line in lines:
        row = dict(zip(MIX_COLUMNS, map(int, line.split("\t"))))
        relayed = row["relayed"] + row["twice"]
        # What the last paragraph says of all of them.
        if row["connected"] != row["sessions"] or row["without"] + relayed != row["sessions"]:
            sys.exit(f"the page says of mixes what does not hold of this one: {row}")
        share = f"{100 * relayed / row['sessions']:.1f} %"
        table.append(f"| {row['dependent'] / 10:g} % | {row['strict'] / 10:g} % | {row['blocked'] / 10:g} % "
                     f"| {row['sessions']} | {100 * row['without'] / row['sessions']:.1f} % | 100 % | {share} "
                     f"| {row['valid']} | {row['selected']} |")
        if row["strict"] == 160:
            at_eight = share
    return "\n".join([
        "## Mixes of NATs",
        "",
        "Both sides draw their NAT. That 18 % of NATs map each destination to another port, and so withstand hole",
        "punching, follows from what Ford, Srisuresh and Kegel counted (*Peer-to-Peer Communication Across Network Address",
        "Translators*, 2005: about 82 % support it for UDP). For how many of the others filter by port we have no",
        "published count, so it is varied; the rest filter by address or not at all, half of each. Blocked are hosts that",
        "get no UDP out and reach their TURN server over TCP; their share is assumed. No loss, IPv4. With so many sessions",
        "a share is good to 0.7 percentage points.",
        "",
        "| mapping dependent | of the others, filter by port | blocked | sessions | connected without TURN "
        "| with TURN | relayed then | ms to valid | ms to selected |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *table,
        "",
        "With TURN everybody connects. How many need it hangs mostly on the number for which we have no count: a relay is",
        "needed where a NAT whose mapping depends on address and port meets one that filters by port, or another of its",
        "own kind. With d of these and s of the others strict, that is d² + 2 d (1 − d) s of all pairs: 3 % when no other",
        "NAT filters by port, 33 % when all do. That about 8 % of users need a relay, as we had read before, would take",
        f"s = 16 %, and this row was chosen for that ({at_eight} here); the 22 % of conferences that callstats.io reported",
        "for 2015 and 2016 would take s = 64 %. So this is no forecast: the published shares can all be had from one mix",
        "by turning s. Real networks also have what it leaves out, in both directions: carrier-grade NATs in front of home",
        "routers, peers in one network or without a NAT, and IPv6 that is not translated. What the mix does show is that",
        "without loss floe relays exactly where no direct path exists: the sessions that connect without TURN, and those",
        "that are relayed with it, add up to all in every row.",
        "",
    ])


def relay_part(cells):
    """How many sessions settle on a relay where a direct path is, by loss."""
    table = []
    for loss in LOSSES:
        direct = [cell for (family, at, left, right), cell in cells.items() if family == "IPv4" and at == loss
                  and cells[family, 0, left, right][0] == 100]
        relayed = sum(cell[4] + cell[5] for cell in direct)
        connected = sum(cell[1] for cell in direct)
        late = max(cell[8] for cell in direct)
        table.append(f"| {loss} % | {100 * relayed / connected:.1f} % | {late} |")
    return "\n".join([
        "## Relays that were not needed",
        "",
        "Over the cells of IPv4 in which a direct path exists, both sides with a TURN server: how many sessions selected a",
        "relay all the same, and the milliseconds in which 95 % of the slowest cell's had selected.",
        "",
        "| loss | relayed | 95 % |",
        "| --- | --- | --- |",
        *table,
        "",
    ])


def parts_of(cells, family):
    """The table of one family, a line for each pair of NATs."""
    head = "| left | right |" + "".join(
        f" {loss} %: connected | paths | valid | selected | 95 % | datagrams |" for loss in LOSSES)
    yield head
    yield "| --- " * (2 + 6 * len(LOSSES)) + "|"
    for left in NATS:
        for right in NATS:
            row = [cells.get((family, loss, left, right)) for loss in LOSSES]
            if None not in row:
                yield f"| {left} | {right} |" + "".join(cell_text(c) for c in row)


def cell_text(cell):
    without, connected, *kinds, valid, selected, late, datagrams = cell
    paths = " ".join(f"{letter}{count}" for letter, count in zip(("H", "N", "R", "RR"), kinds) if count)
    return f" {without}/{connected} | {paths or '-'} | {valid} | {selected} | {late} | {datagrams} |"


def cells_of_lines(lines):
    cells = {}
    for line in lines:
        family, loss, left, right, *numbers = line.split("\t")
        cells[family, int(loss), left, right] = list(map(int, numbers))
    return cells


def cells_of_page(text):
    """What parts_of() wrote, read back."""
    cells, family = {}, None
    for line in text.splitlines():
        if line.startswith("## ") and line[3:] in FAMILY_TITLES.values():
            family = next(f for f, title in FAMILY_TITLES.items() if title == line[3:])
        fields = [field.strip() for field in line.strip("|").split("|")]
        if family is None or len(fields) != 2 + 6 * len(LOSSES) or fields[0] not in NATS:
            continue
        for i, loss in enumerate(LOSSES):
            connected, paths, *rest = fields[2 + 6 * i: 8 + 6 * i]
            counts = {p.rstrip("0123456789"): int(p.lstrip("HNR")) for p in paths.split() if p != "-"}
            kinds = [counts.get(letter, 0) for letter in ("H", "N", "R", "RR")]
            cells[family, loss, fields[0], fields[1]] = [*map(int, connected.split("/")), *kinds, *map(int, rest)]
    return cells


FAMILY_TITLES = {"IPv4": "IPv4", "IPv6": "IPv6", "both": "IPv4 and IPv6"}


def page(cells, mixes, times):
    parts = [INTRODUCTION, times_part(times), relay_part(cells), mix_part(mixes), "\n".join([
        "## All cells", "",
        "*Connected*: of 100 sessions, without TURN / with a TURN server for each side. The rest is with TURN. *Paths*: "
        "what was",
        "selected, H between the hosts' own addresses, N through NATs, R through one relay, RR through two. *Valid* and",
        "*selected*: the median of the milliseconds until both sides had a valid pair, and had selected one; 95 % of the",
        "sessions had selected by the time after that. *Datagrams*: the median of all that both agents sent until then.",
        "Where no path exists, or where all seven sends of a request were lost, a session fails by its timer.", "",
        "Loss makes relays of direct paths: when the checks of a better pair are lost, the agent takes what works before",
        "they are repeated often enough. Where that is too hasty, `nomination_config::patience` is the time to change.",
        ""])]
    for family in FAMILIES:
        parts.append("\n".join([f"## {FAMILY_TITLES[family]}", "", *parts_of(cells, family), ""]))
    return "\n".join(parts)


# ---- the picture ---------------------------------------------------------------------------------

CELL_W, CELL_H = 32, 21
LEFT, TOP = 34, 84
PANEL_W, PANEL_H = 9 * CELL_W + 62, 9 * CELL_H + 92

# The same colours by day and by night; the text on them is dark or light as they ask for.
RAMPS = {
    "share": [(178, 55, 48), (232, 160, 100), (240, 226, 180), (120, 180, 160), (24, 110, 110)],
    "relay": [(226, 234, 240), (150, 180, 214), (90, 120, 190), (70, 60, 150)],
    "time": [(224, 238, 220), (150, 200, 150), (70, 150, 130), (30, 95, 120), (30, 45, 95)],
}


def colour(ramp, at):
    stops = RAMPS[ramp]
    at = min(max(at, 0), 1) * (len(stops) - 1)
    i = min(int(at), len(stops) - 2)
    return tuple(round(a + (b - a) * (at - i)) for a, b in zip(stops[i], stops[i + 1]))


def ink(rgb):
    return "#fff" if 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2] < 140 else "#1b1f24"


def time_place(ms):
    """On a logarithmic scale from half a second to 30 seconds."""
    return math.log(max(ms, 500) / 500) / math.log(60)


def seconds(ms):
    return f"{ms / 1000:.1f}" if ms >= 0 else "-"


def rows():
    """(title, family, ramp, value of a cell, its place in the ramp, its text)"""
    yield "Connected without TURN, in percent (IPv4)", "IPv4", "share", lambda c: c[0], lambda v: v / 100, str
    yield ("Relayed, where both sides have a TURN server, in percent (IPv4)", "IPv4", "relay", lambda c: c[4] + c[5],
           lambda v: v / 100, str)
    for family in FAMILIES:
        yield (f"Seconds until both have selected a pair, with TURN, median ({FAMILY_TITLES[family]})", family, "time",
               lambda c: c[7], time_place, seconds)


def picture(cells):
    kinds = list(rows())
    width, height = LEFT + PANEL_W * len(LOSSES), TOP + PANEL_H * len(kinds)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-label="Sessions behind every pair of NATs">',
        "<style>",
        "text { font: 11px system-ui, sans-serif; fill: #1b1f24 } .paper { fill: #fff }",
        ".title { font-size: 18px; font-weight: 600 } .row { font-size: 14px; font-weight: 600 } .note { fill: #57606a }",
        ".mid { text-anchor: middle } .end { text-anchor: end }",
        "@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .paper { fill: #0d1117 } .note { fill: #9aa4af } }",
        "</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
        f'<text class="title" x="{LEFT}" y="30">Sessions behind every pair of NATs</text>',
        f'<text class="note" x="{LEFT}" y="50">Down: the NAT of the controlling side. Across: that of the other. '
        'Mapping and filtering: I independent, A by address, P by address and port.</text>',
    ]
    for r, (title, family, ramp, value, place, text) in enumerate(kinds):
        top = TOP + r * PANEL_H
        out.append(f'<text class="row" x="{LEFT}" y="{top + 12}">{title}</text>')
        for k, loss in enumerate(LOSSES):
            x0, y0 = LEFT + k * PANEL_W + 26, top + 54
            out.append(f'<text class="note mid" x="{x0 + 9 * CELL_W / 2:g}" y="{top + 32}">loss {loss} %</text>')
            for i, nat in enumerate(NATS):
                out.append(f'<text class="mid" x="{x0 + i * CELL_W + CELL_W / 2:g}" y="{y0 - 5}">{nat}</text>')
                out.append(f'<text class="end" x="{x0 - 6}" y="{y0 + i * CELL_H + 15}">{nat}</text>')
            for i, left in enumerate(NATS):
                for j, right in enumerate(NATS):
                    found = value(cells[family, loss, left, right])
                    rgb = colour(ramp, place(found))
                    x, y = x0 + j * CELL_W, y0 + i * CELL_H
                    out.append(f'<rect x="{x}" y="{y}" width="{CELL_W - 1}" height="{CELL_H - 1}" '
                               f'fill="rgb({rgb[0]},{rgb[1]},{rgb[2]})"/>')
                    out.append(f'<text class="mid" style="fill:{ink(rgb)}" x="{x + CELL_W / 2 - 0.5:g}" y="{y + 14}">'
                               f'{text(found)}</text>')
    return "\n".join([*out, "</svg>", ""])


# ---- doors ---------------------------------------------------------------------------------------


def run(program, *words):
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout.splitlines()


def check(program, every):
    text = PAGE.read_text(encoding="utf-8")
    known = cells_of_page(text)
    found = cells_of_lines(run(program, "--every", str(every)))
    wrong = [key for key, cell in found.items() if known.get(key) != cell]
    for key in wrong:
        print(f"{PAGE.name}: {key}: says {known.get(key)}, found {found[key]}")
    if times_part(run(program, "--times")) not in text:
        wrong.append("times")
        print(f"{PAGE.name}: the times at 100 ms have changed")
    if relay_part(known) not in text:
        wrong.append("relays")
        print(f"{PAGE.name}: does not count its relays")
    if mix_part(run(program, "--mix")) not in text:
        wrong.append("mix")
        print(f"{PAGE.name}: the mixes have changed")
    if len(known) != len(FAMILIES) * len(LOSSES) * len(NATS) ** 2 or PICTURE.read_text(encoding="utf-8") != picture(known):
        wrong.append("picture")
        print(f"{PICTURE.name}: is not drawn from {PAGE.name}")
    print(f"{len(found)} cells, {len(wrong)} differences")
    return 1 if wrong else 0


def main():
    program, *words = sys.argv[1:]
    if words[:1] == ["--check"]:
        return check(program, int(words[1]))
    cells = cells_of_lines(run(program))
    PAGE.write_text(page(cells, run(program, "--mix"), run(program, "--times")), encoding="utf-8")
    PICTURE.write_text(picture(cells), encoding="utf-8")
    print(f"{len(cells)} cells in {PAGE.relative_to(ROOT)} and {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
